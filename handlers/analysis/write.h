#ifndef HANDLERS_ANALYSIS_WRITE_H
#define HANDLERS_ANALYSIS_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "json/write.h"

/* What the answers of the analyses have in common. */

struct province;

/* A province that lacks figures, or a caller's unit that lacks a number. */
struct analysis_left_out {
    const char *province; /* or NULL, and then */
    const char *unit;
    int64_t year;         /* 0: the answer is of one year and says so above */
    const char **missing; /* of what, where there could be several things; NULL */
    size_t missing_count;
};

/* The member left_out and the end of an answer; left_out NULL: there can be none, and no such member. Writing is over. */
void analysis_answer_close(struct json_writer *w, const struct analysis_left_out *left_out, size_t count);

/* A number that may be missing: null where it is not finite. A member, or an array of them as a value. */
void analysis_number(struct json_writer *w, const char *key, double value);
void analysis_numbers(struct json_writer *w, const double *values, size_t count);

/* Members of one number for each name; or one member, an object of them. */
void analysis_named(struct json_writer *w, const char *const *names, const double *values, size_t count);
void analysis_named_object(struct json_writer *w, const char *key, const char *const *names, const double *values, size_t count);

/* A member that is an array of texts. */
void analysis_texts(struct json_writer *w, const char *key, const char *const *texts, size_t count);

/* A member that is an array of whole numbers. */
void analysis_integers(struct json_writer *w, const char *key, const int64_t *integers, size_t count);

/* A member that is an array of count objects: row writes the members of one. */
void analysis_rows(struct json_writer *w, const char *key, size_t count, void (*row)(struct json_writer *w, const void *context, size_t index),
                   const void *context);

/* An object of one object for each group, by its name: member writes the members of one. */
void analysis_groups_write(struct json_writer *w, const char *key, const char *const *names, size_t count,
                           void (*member)(struct json_writer *w, const void *context, size_t group), const void *context);

/* Units as answers name them: provinces (NULL: a caller's own units), ids, and belts or groups, NULL for a unit without. */
struct analysis_units {
    const struct province *const *provinces;
    const char *const *ids;
    const char *const *labels;
};

/* The first members of a unit's row: which it is, its name and belt, or its group. */
void analysis_unit_head(struct json_writer *w, const struct analysis_units *units, size_t unit);

#endif
