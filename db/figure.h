#ifndef DB_FIGURE_H
#define DB_FIGURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"
#include "db/order.h"

/* Figures by indicator, year and province; texts live in the arena given. */

struct figure {
    const char *indicator;
    int64_t year;
    const char *province;
    const char *value; /* decimal text, as it was submitted */
    int64_t revision;  /* in which it got this value */
};

struct figures_revision {
    int64_t revision, seq, time_ms, figures, changed;
    const char *digest; /* hexadecimal SHA-256 of the submission */
};

/* One province's figure of a year. */
struct figure_of_year {
    const char *province;
    const char *value;
};

struct figure_filter { /* NULL and 0: no filter */
    const char *indicator;
    int64_t year;
    const char *province;
};

/* STATUS_ABSENT where there is none. */
enum status db_figure_find(struct db *db, struct arena *arena, const char *indicator, int64_t year,
                           const char *province, const char **value) NODISCARD;
enum status db_figure_put(struct db *db, const struct figure *row) NODISCARD;

/* Up to limit rows behind the key of `after` (all "" and 0 at the start), by indicator, year, province. order: 0 the same, 1 year,
 * 2 province, 3 value as a number, which is compared first. */
enum status db_figure_list(struct db *db, struct arena *arena, const struct figure *after, int64_t limit,
                           const struct figure_filter *filter, const struct order *order, struct figure **out, size_t *count) NODISCARD;

/* All figures of one indicator and year, by province; none is not a failure. */
enum status db_figure_year(struct db *db, struct arena *arena, const char *indicator, int64_t year,
                           struct figure_of_year **out, size_t *count) NODISCARD;

/* The years that an indicator has figures of, ascending. */
enum status db_figure_years(struct db *db, struct arena *arena, const char *indicator, int64_t **years,
                            size_t *count) NODISCARD;

enum status db_figures_revision_insert(struct db *db, const struct figures_revision *row) NODISCARD;

/* STATUS_ABSENT before the first. */
enum status db_figures_revision_last(struct db *db, struct arena *arena, struct figures_revision *out) NODISCARD;

#endif
