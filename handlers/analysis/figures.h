#ifndef HANDLERS_ANALYSIS_FIGURES_H
#define HANDLERS_ANALYSIS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/write.h"
#include "handlers/query.h"
#include "json/faults.h"

/*
 * Stored figures of several years and indicators, and the parts of a query that name them. All memory is the arena's.
 */

/* The choices of by= and relative_to=, which end with NULL. */
enum analysis_by { ANALYSIS_BY_NONE, ANALYSIS_BY_BELT };
enum analysis_relative { ANALYSIS_RELATIVE_NONE, ANALYSIS_RELATIVE_MEAN, ANALYSIS_RELATIVE_POPULATION };
extern const char *const analysis_by_choices[];
extern const char *const analysis_relative_choices[];

/* Years as asked for, into ascending order. */
void analysis_years_sort(struct query_integers *years);

/* Parts of a key in the cache: " name=number" and " years=2014,2018,". */
void analysis_key_number(struct buffer *key, const char *name, double number);
void analysis_key_years(struct buffer *key, const struct query_integers *years);

/* The lists inputs= and outputs=. */
struct analysis_sides {
    struct analysis_indicators inputs, outputs;
    struct analysis_indicators all; /* inputs, then outputs; once they are looked up */
};

/* Splits the lists (NULL: none that could be read). Faults: those of analysis_indicators_split, and what stands in both. */
enum status analysis_sides_split(struct arena *arena, const char *inputs, const char *outputs, struct analysis_sides *sides,
                                 struct faults *faults) NODISCARD;
enum status analysis_sides_look_up(struct exchange *exchange, struct analysis_sides *sides, struct faults *faults) NODISCARD;

/* The ids, into names, which has room. */
void analysis_ids_take(const struct analysis_indicators *indicators, const char **names);

/* columns[year * width + indicator] has a number for each province, NAN where there is no figure. */
struct analysis_figures {
    const int64_t *years;
    size_t year_count;
    size_t width;
    double **columns;
};

/* Reads all indicators in all years, which are borrowed. */
enum status analysis_figures_read(struct exchange *exchange, const struct analysis_basis *basis, const struct analysis_indicators *indicators,
                                  const int64_t *years, size_t year_count, struct analysis_figures *figures) NODISCARD;

/* STATUS_INVALID: no_figures (analysis_no_figures) is the reply, for it names each year in which a column is empty. */
enum status analysis_figures_check(struct exchange *exchange, const struct analysis_basis *basis, const struct analysis_figures *figures,
                                   const struct analysis_indicators *indicators, bool is_partial) NODISCARD;

/* Reads and checks. */
enum status analysis_figures_take(struct exchange *exchange, const struct analysis_basis *basis, const struct analysis_indicators *indicators,
                                  const struct query_integers *years, struct analysis_figures *figures) NODISCARD;

/* What a province lacks in a year (an index into the figures') of the indicators, one for each column; missing is NULL where
 * that is nothing. */
enum status analysis_left_out_find(struct arena *arena, const struct analysis_basis *basis, const struct analysis_figures *figures,
                                   const struct analysis_indicators *indicators, size_t year, size_t province,
                                   struct analysis_left_out *left_out) NODISCARD;

/* Of figures with one column: each province and year without a number, by year. */
enum status analysis_left_out_list(struct arena *arena, const struct analysis_basis *basis, const struct analysis_figures *figures,
                                   const struct analysis_left_out **left_out, size_t *count) NODISCARD;

/* The mean of the numbers there are, weighed where weights is not NULL; what has no weight does not count. NAN of nothing. */
double analysis_mean(const double *column, const double *weights, size_t count);

/* Years whose mean is 0: gathered, and refused (zero_mean), each by its name. STATUS_INVALID: the problem is the reply. */
void analysis_zero_mean_add(struct faults *faults, const char *indicator, int64_t year);
enum status analysis_zero_mean_check(struct exchange *exchange, const struct faults *faults) NODISCARD;

#endif
