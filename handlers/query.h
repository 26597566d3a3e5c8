#ifndef HANDLERS_QUERY_H
#define HANDLERS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "handlers/exchange.h"
#include "json/bind.h"
#include "json/faults.h"

/*
 * Query parameters to C structs, by tables: one row per parameter, as json/bind.h does for
 * members. All faults are named at once; unknown and repeated names are refused.
 */

enum query_kind {
    QUERY_ID,       /* const char *: text_is_path_id */
    QUERY_WORD,     /* const char *: [a-z][a-z0-9_-]{0,63} */
    QUERY_TEXT,     /* const char *: UTF-8 without control characters, min..max bytes */
    QUERY_PROVINCE, /* const char *: the ISO 3166-2 code, also where a GB/T 2260 code was sent;
                       a province that is not stored is a fault */
    QUERY_ORGANISATION, /* const char *: the id of one that is stored; another is a fault, since an empty list */
    QUERY_SITE,     /*     would hide a slip of the pen */
    QUERY_ITEM,
    QUERY_INTEGER,  /* int64_t: min..max */
    QUERY_LIMIT,    /* int64_t: 1..LIMIT_PAGE_MAX; more, however much, counts as that */
    QUERY_NUMBER,   /* double: finite; min..max apply where max > min */
    QUERY_BOOLEAN,  /* bool: true or false */
    QUERY_DATE,     /* const char *: a real date YYYY-MM-DD */
    QUERY_INSTANT,  /* int64_t: RFC 3339, to milliseconds since 1970 */
    QUERY_CHOICE,   /* int: index into choices */
    QUERY_WORDS,    /* struct query_words: words between commas, min..max of them; with choices: those only */
    QUERY_INTEGERS  /* struct query_integers: integers of min..max between commas */
};

/* Absent parameters: NULL, QUERY_ABSENT, NAN, -1 (choice), no items; a bool stays as it was. */
#define QUERY_ABSENT BIND_ABSENT

enum { QUERY_ITEMS_MAX = 64 /* of one list */ };

struct query_words {
    const char **items;
    size_t count;
};

struct query_integers {
    int64_t *items;
    size_t count;
};

struct query_parameter {
    const char *name;
    enum query_kind kind;
    bool is_required;
    size_t offset;
    int64_t min, max;
    const char *const *choices; /* QUERY_CHOICE, QUERY_WORDS: ends with NULL */
};

struct query_table {
    const struct query_parameter *parameters;
    size_t count;
    bool is_whole; /* fields= is unknown: what is answered cannot be cut */
};

#define QUERY_TABLE(ROWS) { ROWS, sizeof(ROWS) / sizeof(ROWS)[0], false }

#define QUERY_ROW(T, M, KIND, WANTED, REQUIRED, MIN, MAX, CHOICES) \
    { #M, KIND, REQUIRED, BIND_OFFSET(T, M, WANTED), MIN, MAX, CHOICES }
#define QUERY_ID_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_ID, const char *, REQUIRED, 0, 0, NULL)
#define QUERY_WORD_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_WORD, const char *, REQUIRED, 0, 0, NULL)
#define QUERY_TEXT_ROW(T, M, REQUIRED, MAX) QUERY_ROW(T, M, QUERY_TEXT, const char *, REQUIRED, 1, MAX, NULL)
#define QUERY_PROVINCE_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_PROVINCE, const char *, REQUIRED, 0, 0, NULL)
#define QUERY_ORGANISATION_ROW(T, M) QUERY_ROW(T, M, QUERY_ORGANISATION, const char *, false, 0, 0, NULL)
#define QUERY_SITE_ROW(T, M) QUERY_ROW(T, M, QUERY_SITE, const char *, false, 0, 0, NULL)
#define QUERY_ITEM_ROW(T, M) QUERY_ROW(T, M, QUERY_ITEM, const char *, false, 0, 0, NULL)
#define QUERY_INTEGER_ROW(T, M, REQUIRED, MIN, MAX) QUERY_ROW(T, M, QUERY_INTEGER, int64_t, REQUIRED, MIN, MAX, NULL)
#define QUERY_LIMIT_ROW(T, M) QUERY_ROW(T, M, QUERY_LIMIT, int64_t, false, 0, 0, NULL)
#define QUERY_NUMBER_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_NUMBER, double, REQUIRED, 0, 0, NULL)
#define QUERY_BOOLEAN_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_BOOLEAN, bool, REQUIRED, 0, 0, NULL)
#define QUERY_DATE_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_DATE, const char *, REQUIRED, 0, 0, NULL)
#define QUERY_INSTANT_ROW(T, M, REQUIRED) QUERY_ROW(T, M, QUERY_INSTANT, int64_t, REQUIRED, 0, 0, NULL)
#define QUERY_CHOICE_ROW(T, M, REQUIRED, CHOICES) QUERY_ROW(T, M, QUERY_CHOICE, int, REQUIRED, 0, 0, CHOICES)
#define QUERY_WORDS_ROW(T, M, REQUIRED, MIN, MAX, CHOICES) \
    QUERY_ROW(T, M, QUERY_WORDS, struct query_words, REQUIRED, MIN, MAX, CHOICES)
#define QUERY_INTEGERS_ROW(T, M, REQUIRED, MIN, MAX) \
    QUERY_ROW(T, M, QUERY_INTEGERS, struct query_integers, REQUIRED, MIN, MAX, NULL)

/* What a resource without parameters reads, with NULL for the target. */
extern const struct query_table query_nothing;

/* Fills *target (zeroed by the caller). False: the problem (400 invalid_query with
 * errors[] by parameter: unknown_parameter, repeated_parameter, missing_parameter,
 * wrong_type, out_of_range, too_long, bad_format, not_a_choice, too_many,
 * unknown_province, unknown_organisation, unknown_site, unknown_item) is the reply. Texts borrow from the exchange or lie in its arena. */
bool query_read(struct exchange *exchange, const struct query_table *table, void *target);

/* The same where the handler sees more than the table does: what is wrong is added to *faults and nothing is
 * replied, so that the handler can add what it finds and refuse all of it at once. What was wrong is absent in
 * *target. Fails for a local fault alone. */
enum status query_gather(struct exchange *exchange, const struct query_table *table, void *target,
                         struct faults *faults) NODISCARD;

/* For faults that only a handler sees (two parameters that exclude each other): the same
 * problem out of faults that it gathered. */
void query_refuse(struct exchange *exchange, const struct faults *faults);

#endif
