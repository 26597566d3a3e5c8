#ifndef ANALYTICS_DEA_SIFT_H
#define ANALYTICS_DEA_SIFT_H

/*
 * Solves a program with many columns through small ones. Internal to analytics/.
 *
 * An optimum uses at most as many columns as there are rows, so most columns never matter. Sifting solves over a few
 * promising ones, lets the certificate price all others with the multipliers found, adds those that would improve
 * the answer most, and repeats until none would. The last certificate is the proof over all columns. (Bixby et al.,
 * Oper. Res. 40 (1992) 885; the units found are those of the frontier near the judged one.)
 */

#include <stddef.h>

#include "analytics/dea/glpk.h"
#include "analytics/dea/program.h"

/* Up to this many columns sifting gains nothing. */
#define DEA_SIFT_COLUMNS_MIN 64

struct dea_sift;

/* Room for programs with this many rows. Returns NULL when memory is short. */
struct dea_sift *dea_sift_create(size_t rows);
void dea_sift_free(struct dea_sift *sift);

/*
 * Solves program, whose cost is NULL, beginning with the column program->first.
 * Returns STATUS_OK with solution filled and its check made over all columns, for the caller to judge; or
 * STATUS_EXHAUSTED when a small program had no answer or the columns in play became too many. The result depends on
 * the program alone.
 */
NODISCARD enum status dea_sift_solve(struct dea_sift *sift, struct dea_glpk *glpk, const struct dea_program *program,
                                     const struct dea_glpk_way *way, struct dea_solution *solution);

#endif
