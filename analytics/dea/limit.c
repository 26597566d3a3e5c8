/* Prices all units for a proof. Read bounds.c for what is proved. */
#include "analytics/dea/limit.h"

#include <math.h>

/* The bits of a number but for its sign. */
#define SIZE_BITS 0x7fffffffffffffffLL

/* Whether a comparison holds in any lane. */
#define ANY_OF(mask) (((mask)[0] | (mask)[1] | (mask)[2] | (mask)[3]) != 0)

LP_PANEL_INLINE double constant_body(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    const size_t rows = panel->rows;
    const double *weight = what->weight;
    lp_lanes numbers = {0, 0, 0, 0};
    for (size_t h = 0; h < 2 * ((panel->count + LP_PANEL_LANES - 1) / LP_PANEL_LANES); h++) {
        /* Half a block: four columns. */
        const lp_lanes *half =
            (const lp_lanes *) (const void *) (panel->values + h / 2 * rows * LP_PANEL_LANES) + h % 2;
        lp_lanes used = {0, 0, 0, 0};
        lp_lanes made = {0, 0, 0, 0};
        for (size_t i = 0; i < what->inputs; i++) {
            used += weight[i] * half[2 * i];
        }
        for (size_t i = what->inputs; i < what->outputs_end; i++) {
            made += weight[i] * half[2 * i];
        }
        numbers += used + made;
        const lp_masks is_less = used < limit * made;
        if (!ANY_OF(is_less)) {
            continue;
        }
        for (size_t k = 0; k < 4; k++) {
            if (made[k] > 0 && used[k] < limit * made[k]) {
                limit = used[k] / made[k];
            }
        }
    }
    const double sum = numbers[0] + numbers[1] + numbers[2] + numbers[3];
    return isnan(sum) ? NAN : limit;
}

/* A half's value less what rounding may have done to it; gain, loss and terms as in bounds.c. */
#define HALF_LOW(gain, loss, terms) (sign * ((gain) - (loss)) - what->rounding * ((gain) + (terms)))

LP_PANEL_INLINE double variable_body(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    const size_t rows = panel->rows;
    const size_t moved = what->is_output ? what->inputs : 0;
    const size_t moved_end = what->is_output ? what->outputs_end : what->inputs;
    const size_t still = what->is_output ? 0 : what->inputs;
    const size_t still_end = what->is_output ? what->inputs : what->outputs_end;
    const double sign = what->is_output ? -1 : 1;
    const double *weight = what->weight;
    const lp_masks size_bits = {SIZE_BITS, SIZE_BITS, SIZE_BITS, SIZE_BITS};
    lp_lanes numbers = {0, 0, 0, 0};
    for (size_t h = 0; h < 2 * ((panel->count + LP_PANEL_LANES - 1) / LP_PANEL_LANES); h++) {
        const lp_lanes *half =
            (const lp_lanes *) (const void *) (panel->values + h / 2 * rows * LP_PANEL_LANES) + h % 2;
        lp_lanes gain = {0, 0, 0, 0};
        lp_lanes loss = {0, 0, 0, 0};
        lp_lanes terms = {0, 0, 0, 0};
        for (size_t i = moved; i < moved_end; i++) {
            gain += weight[i] * half[2 * i];
        }
        for (size_t i = still; i < still_end; i++) {
            const lp_lanes term = weight[i] * (half[2 * i] - what->own[i]);
            loss += term;
            terms += (lp_lanes) ((lp_masks) term & size_bits);
        }
        const lp_lanes low = HALF_LOW(gain, loss, terms);
        numbers += low;
        const lp_masks is_less = low < limit;
        if (!ANY_OF(is_less)) {
            continue;
        }
        for (size_t k = 0; k < 4; k++) {
            if (low[k] < limit && 4 * h + k < panel->count) {
                limit = low[k];
            }
        }
    }
    const double sum = numbers[0] + numbers[1] + numbers[2] + numbers[3];
    return isnan(sum) ? NAN : limit;
}

LP_PANEL_WIDE static double constant_wide(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    return constant_body(panel, what, limit);
}

LP_PANEL_WIDE static double variable_wide(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    return variable_body(panel, what, limit);
}

static double constant_plain(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    return constant_body(panel, what, limit);
}

static double variable_plain(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    return variable_body(panel, what, limit);
}

double dea_limit_constant(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    return LP_PANEL_IS_WIDE() ? constant_wide(panel, what, limit) : constant_plain(panel, what, limit);
}

double dea_limit_variable(const struct lp_panel *panel, const struct dea_limit *what, double limit)
{
    return LP_PANEL_IS_WIDE() ? variable_wide(panel, what, limit) : variable_plain(panel, what, limit);
}
