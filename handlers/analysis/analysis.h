#ifndef HANDLERS_ANALYSIS_ANALYSIS_H
#define HANDLERS_ANALYSIS_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "db/reference.h"
#include "handlers/analysis/cache.h" /* whoever fills struct service finds the cache here */
#include "handlers/exchange.h"
#include "json/faults.h"

/*
 * What the analytics share when they compute on stored figures: the provinces with their
 * belts, indicators stored and derived, and figures as arrays of numbers, one for each
 * province. How a question goes from request to answer is in driver.h.
 *
 * Functions that return false have made the reply (a problem). All memory is the arena's.
 */

#define ANALYSIS_POPULATION "population_year_end"
#define ANALYSIS_DERIVED "_per_10k" /* X_per_10k = X / population at year end x 10,000, for any X but the population itself */

enum {
    ANALYSIS_YEAR_MIN = 1900,
    ANALYSIS_YEAR_MAX = 2100,
    ANALYSIS_LIST_BYTES = 2000 /* of a list of indicators in a query */
};

/* Larger numbers of a caller's own are taken for slips. Figures stay below it too. */
#define ANALYSIS_NUMBER_MAX ((int64_t)1000000000000000)

/* What every answer on stored figures rests on. Invariants: 1. provinces ascend by code;
 * 2. belts ascend and belt_of[p] < belt_count for each province p. */
struct analysis_basis {
    struct province *provinces;
    size_t province_count;
    const char **belts;
    size_t belt_count;
    size_t *belt_of;
    int64_t revision;      /* of the figures; 0 before the first */
    int64_t provinces_seq; /* entry of the last change of a province */
};

bool analysis_basis_read(struct exchange *exchange, struct analysis_basis *basis);

/* An indicator as asked for; stored is the one that it is, or is derived from. */
struct analysis_indicator {
    const char *id;
    const char *stored;
    bool is_derived;
};

struct analysis_indicators {
    struct analysis_indicator *items;
    size_t count;
};

/* Splits the value of a query parameter (NULL: none that could be read) at its commas into ids;
 * only id is set. Faults of the parameter, all of them: bad_format (an empty item, one that stands
 * twice), too_many. The items that are sound stay, so that they can be looked up all the same. */
enum status analysis_indicators_split(struct arena *arena, const char *parameter, const char *value, size_t max,
                                      struct analysis_indicators *indicators, struct faults *faults) NODISCARD;

/* Fills stored and is_derived. Faults of the parameter: unknown_indicator, with the nearest
 * known one or all of them. */
enum status analysis_indicators_resolve(struct exchange *exchange, const char *parameter,
                                        struct analysis_indicators *indicators, struct faults *faults) NODISCARD;

/* Refuses a query for everything that is wrong with it, faults of its form and indicators that nobody
 * knows together: 400 invalid_query where there is any fault of form, else 422 unknown_indicator. */
void analysis_query_refuse(struct exchange *exchange, const struct faults *faults);

/* values[p] for each province, NAN where there is no figure (for a derived one: of either
 * indicator, or a population of 0). */
enum status analysis_column_read(struct exchange *exchange, const struct analysis_basis *basis,
                                 const struct analysis_indicator *indicator, int64_t year, double *values) NODISCARD;

/* The years that an indicator has figures of, ascending; for a derived one those of both. */
enum status analysis_years(struct exchange *exchange, const struct analysis_indicator *indicator, int64_t **years,
                           size_t *count) NODISCARD;

/* 422 no_figures: the years asked for lack figures (of each single province, where is_partial:
 * each lacks some). Names the years that all the indicators have. */
void analysis_no_figures(struct exchange *exchange, const struct analysis_indicators *indicators,
                         const int64_t *missing, size_t missing_count, bool is_partial);

#endif
