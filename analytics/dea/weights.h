#ifndef ANALYTICS_DEA_WEIGHTS_H
#define ANALYTICS_DEA_WEIGHTS_H

/*
 * The weights that show a unit in its best light: the multipliers of its radial program, Charnes, Cooper and Rhodes' form of the
 * analysis. Internal to analytics/.
 *
 *   input orientation    max u y_o + w   with v x_o = 1,   u Y_j + w <= v X_j for all j      score = u y_o + w
 *   output orientation   min v x_o + w   with u y_o = 1,   u Y_j <= v X_j + w for all j      1 / score = v x_o + w
 *
 * v, u >= 0; w is 0 under constant returns, <= 0 (>= 0) under NIRS, >= 0 (<= 0) under NDRS in input (output) orientation. The
 * best weights need not be unique; these are those of the basis that proved the score.
 */

#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"

struct dea_weights {
    double weight[DEA_ROWS_MAX]; /* v, then u, per unit of the data */
    double free_term;            /* w */
};

/*
 * Takes the weights of a solved radial program (radial.h). What only equals may do without (pins.h) has a weight that keeps all
 * others off, too. Every number is NAN where some reference unit would pass the limit by more than DEA_TOLERANCE of the terms.
 */
void dea_weights_take(const struct dea_work *work, size_t unit, const struct dea_program *program, const struct dea_solution *solution,
                      const struct dea_radial *radial, struct dea_weights *weights);

#endif
