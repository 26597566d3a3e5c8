/* Reads the multipliers off a proved program. Read bounds.h for what they are there. */
#include "analytics/dea/weights.h"

#include <math.h>

#include "analytics/lp/sum.h"

/* A free term that is 0 but for rounding is written as 0. */
#define ROUNDING 1e-12

/* One unit's weights in the work's scale. */
struct taking {
    const struct dea_work *work;
    const double *own;
    bool is_output;
    bool is_convex;
    double factor;
    double weight[DEA_ROWS_MAX];
};

/* What a column leaves below the limit: v X_j - u Y_j less the same of the judged unit's radial point, 0 of a peer. Under CRS the latter
 * is 0 by itself. The largest of its terms is at least the score. */
static struct lp_sum room_of(const struct taking *taking, const double *column)
{
    const struct dea_work *work = taking->work;
    struct lp_sum room = {0, taking->is_convex ? taking->factor : 0};
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_input = i < work->inputs;
        const double target = taking->own[i] * (is_input == taking->is_output ? 1 : taking->factor);
        const double from = taking->is_convex ? target : 0;
        lp_sum_add(&room, (is_input ? 1 : -1) * taking->weight[i] * (column[i] - from));
    }
    return room;
}

/*
 * Keeps off who was left out because of a row in which nobody goes below (above) the judged unit: there the weight may be as large as it
 * has to be. It costs the others nothing, who have what the unit has.
 */
static void pinned_raise(struct taking *taking, const struct dea_program *program)
{
    const struct dea_work *work = taking->work;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const double sign = i < work->inputs ? 1 : -1;
        double least = 0;
        for (size_t j = 0; j < work->columns && program->relation[i] == LP_ROW_EQUAL; j++) {
            const double *column = work->matrix + j * work->rows;
            const double beyond = sign * (column[i] - taking->own[i]);
            const struct lp_sum room = room_of(taking, column);
            const bool is_off = room.value < -DEA_TOLERANCE / 2 * room.largest;
            least = beyond > 0 && is_off ? fmax(least, -room.value / beyond) : least;
        }
        taking->weight[i] += least;
    }
}

static bool holds(const struct taking *taking)
{
    for (size_t j = 0; j < taking->work->columns; j++) {
        const struct lp_sum room = room_of(taking, taking->work->matrix + j * taking->work->rows);
        if (!(room.value >= -DEA_TOLERANCE * room.largest) || !isfinite(room.largest)) {
            return false;
        }
    }
    return true;
}

void dea_weights_take(const struct dea_work *work, size_t unit, const struct dea_program *program, const struct dea_solution *solution,
                      const struct dea_radial *radial, struct dea_weights *weights)
{
    struct taking taking = {.work = work, .own = dea_work_column(work, unit), .is_output = work->orientation == DEA_OUTPUT,
                            .is_convex = program->relation[work->rows - 1] == LP_ROW_EQUAL, .factor = radial->factor};
    bool is_pinned = false;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        taking.weight[i] = fabs(solution->dual[i]) * radial->factor;
        is_pinned = is_pinned || program->relation[i] == LP_ROW_EQUAL;
    }
    if (is_pinned) {
        pinned_raise(&taking, program);
    }
    const bool is_good = holds(&taking);
    double still = 0;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        const bool is_moved = (i < work->inputs) != taking.is_output;
        still += is_moved ? 0 : taking.weight[i] * taking.own[i];
        weights->weight[i] = is_good ? ldexp(taking.weight[i], -work->exponent[i]) : NAN;
    }
    const double term = taking.is_convex ? radial->factor - still : 0;
    weights->free_term = !is_good ? NAN : fabs(term) > ROUNDING * radial->factor ? term : 0;
}
