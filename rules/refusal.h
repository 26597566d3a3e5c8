#ifndef RULES_REFUSAL_H
#define RULES_REFUSAL_H

#include <stdint.h>

#include "json/faults.h"

/*
 * Why the rules say no, in terms that need no HTTP: a stable code, a sentence, and
 * members that say what stands in the way.
 */
enum refusal_kind {
    REFUSAL_INVALID,       /* well-formed but wrong in itself or against reference data */
    REFUSAL_ABSENT,        /* what is addressed does not exist */
    REFUSAL_CONFLICT,      /* the state forbids it */
    REFUSAL_FORBIDDEN,     /* not yours */
    REFUSAL_STALE,         /* the version wanted is not the version stored */
    REFUSAL_UNCONDITIONED, /* replacing needs the version */
    REFUSAL_KEY_REUSED     /* the idempotency key belongs to another command */
};

enum { REFUSAL_MEMBERS = 8, REFUSAL_DETAIL_BYTES = 512, REFUSAL_TEXT_BYTES = 192 };

struct refusal_member {
    const char *name; /* static */
    char text[REFUSAL_TEXT_BYTES]; /* value, where is_text */
    int64_t integer;
    enum { REFUSAL_MEMBER_TEXT, REFUSAL_MEMBER_INTEGER, REFUSAL_MEMBER_LIST /* words with spaces between */ } kind;
};

struct refusal {
    enum refusal_kind kind;
    const char *code; /* static */
    char detail[REFUSAL_DETAIL_BYTES];
    struct refusal_member members[REFUSAL_MEMBERS];
    size_t member_count;
    struct faults faults; /* where several things are wrong; faults.arena is set by the owner */
};

void refusal_init(struct refusal *refusal, struct arena *arena);

/* Sets kind, code and detail; earlier members are dropped, faults stay. */
void refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void refusal_text(struct refusal *refusal, const char *name, const char *text);
void refusal_integer(struct refusal *refusal, const char *name, int64_t integer);
void refusal_list(struct refusal *refusal, const char *name, const char *words);

#endif
