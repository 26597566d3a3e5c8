/*
 * Filling in a refusal. Texts are cut to their room: they are for people.
 */
#include "rules/refusal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void refusal_init(struct refusal *refusal, struct arena *arena)
{
    memset(refusal, 0, sizeof *refusal);
    faults_init(&refusal->faults, arena);
}

void refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *code, const char *format, ...)
{
    refusal->kind = kind;
    refusal->code = code;
    refusal->member_count = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal->detail, sizeof refusal->detail, format, arguments);
    va_end(arguments);
}

static struct refusal_member *next_member(struct refusal *refusal, const char *name)
{
    assert(refusal->member_count < REFUSAL_MEMBERS);
    struct refusal_member *member = &refusal->members[refusal->member_count++];
    member->name = name;
    return member;
}

void refusal_text(struct refusal *refusal, const char *name, const char *text)
{
    struct refusal_member *member = next_member(refusal, name);
    member->kind = REFUSAL_MEMBER_TEXT;
    snprintf(member->text, sizeof member->text, "%s", text);
}

void refusal_integer(struct refusal *refusal, const char *name, int64_t integer)
{
    struct refusal_member *member = next_member(refusal, name);
    member->kind = REFUSAL_MEMBER_INTEGER;
    member->integer = integer;
}

void refusal_list(struct refusal *refusal, const char *name, const char *words)
{
    struct refusal_member *member = next_member(refusal, name);
    member->kind = REFUSAL_MEMBER_LIST;
    snprintf(member->text, sizeof member->text, "%s", words);
}
