#ifndef JSON_FAULTS_H
#define JSON_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/limits.h"

/*
 * Everything that is wrong with one input, gathered so that one answer names all of it.
 * At most LIMIT_FAULTS are kept; total counts on.
 */
struct fault {
    const char *pointer; /* JSON Pointer (RFC 6901) of the member; NULL for rows of CSV and for query names */
    const char *code;    /* stable, static: unknown_member, wrong_type, ... */
    const char *detail;  /* a sentence: what is wrong, what would have worked */
    long row;            /* line of a CSV body, the header being 1; of rows in JSON which one, from 1; 0 where none */
    const char *column;  /* name of the CSV column, or NULL */
    const char *parameter; /* name of the query parameter, or NULL */
    const char *nearest;   /* the known name that was probably meant, or NULL */
};

struct faults {
    struct arena *arena; /* borrowed; holds the texts and the items */
    struct fault *items; /* NULL while there are none: most inputs have none */
    size_t capacity;
    size_t count; /* kept, at most LIMIT_FAULTS */
    size_t total; /* found */
    bool is_last_kept; /* the one added last is the last of items */
    size_t unseen; /* of total: texts with characters that nobody sees (json/bind.h), as earlier versions of the program accepted them */
    bool has_unfit; /* numbers too large are among them (json/unfit.h) */
};

void faults_init(struct faults *faults, struct arena *arena);

/* Gives a copy of the struct items of its own, which faults_move and its like then change. False without memory. */
bool faults_part(struct faults *copy);

/* True where further faults are only counted, so that their details need not be made. */
bool faults_is_full(const struct faults *faults);

/* Text of the input in double quotes, fit to stand in a detail: quotes, backslashes,
 * control characters and all beyond ASCII are escaped, and what exceeds 64 bytes is cut
 * ("..."). Lives in the arena; without memory the word "it". Never NULL. */
const char *faults_quote(struct faults *faults, const char *text, size_t length);

/* Adds a fault at a JSON Pointer. pointer is copied. Without memory the fault is counted only.
 * Names and values that the input chose come into a detail by faults_quote. */
void faults_add(struct faults *faults, const char *pointer, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a fault in a row and column of CSV. */
void faults_add_row(struct faults *faults, long row, const char *column, const char *code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Names what was probably meant by the fault added last, if it was kept; nearest is copied, NULL says nothing. */
void faults_suggest(struct faults *faults, const char *nearest);

/* Puts prefix before the pointers of those that are kept from index `from` on: they are about a part of a larger document. */
void faults_move(struct faults *faults, size_t from, const char *prefix);

/* Numbers the faults of rows that came as JSON: one at or below array/N is of row N + 1. */
void faults_number_rows(struct faults *faults, const char *array);

/* Puts those that are kept into the order of their rows, those of no row first. */
void faults_sort_rows(struct faults *faults);

/* Adds a fault of a query parameter. */
void faults_add_parameter(struct faults *faults, const char *parameter, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
