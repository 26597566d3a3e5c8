/* The same unit beside the frontiers of constant and of variable returns. Read dea.h for the rule. */
#include "analytics/dea/returns.h"

#include <math.h>

static enum status find(struct dea_model_run *run, size_t unit, enum dea_frontier frontier, const struct dea_move_found *chosen,
                        struct dea_move_found *found)
{
    if (frontier == run->options->frontier) {
        *found = *chosen;
        return STATUS_OK;
    }
    const enum status status = dea_move_under(run, unit, frontier, found);
    return status == STATUS_EXHAUSTED ? STATUS_OK : status; /* found says that nothing was proved; the chosen score stands */
}

static void tell(const struct dea_model_options *options, const struct dea_move_found *crs, const struct dea_move_found *vrs,
                 struct dea_model_unit *out)
{
    struct dea_model_returns *returns = &out->returns;
    const double crste = out->parts[0], vrste = out->parts[1];
    const double doubt = (crs->doubt + vrs->doubt) / vrste;
    returns->is_told = true;
    returns->margin = 1 - crste / vrste;
    returns->kind = DEA_RTS_CRS;
    if (returns->margin > fmax(options->rts_tolerance, doubt)) {
        returns->kind = crs->lambda_sum < 1 ? DEA_RTS_IRS : DEA_RTS_DRS;
    }
    const bool is_apart = returns->margin > fmax(DEA_TOLERANCE, doubt); /* the caller's tolerance is for the label alone */
    returns->nirste = is_apart && crs->lambda_sum > 1 ? vrste : crste;
    returns->ndrste = is_apart && crs->lambda_sum < 1 ? vrste : crste;
    if (options->frontier == DEA_NIRS) {
        returns->nirste = fmin(fmax(out->score, crste), vrste);
    } else if (options->frontier == DEA_NDRS) {
        returns->ndrste = fmin(fmax(out->score, crste), vrste);
    }
}

enum status dea_returns_find(struct dea_model_run *run, size_t unit, const struct dea_move_found *chosen, struct dea_model_unit *out)
{
    struct dea_move_found crs, vrs;
    enum status status = find(run, unit, DEA_CRS, chosen, &crs);
    if (status == STATUS_OK) {
        status = find(run, unit, DEA_VRS, chosen, &vrs);
    }
    if (status != STATUS_OK) {
        return status;
    }
    out->parts[0] = crs.score;
    out->parts[1] = vrs.score;
    if (crs.score > vrs.score) { /* CRS allows all that VRS allows: this is rounding. The chosen score stays. */
        out->parts[0] = out->parts[1] = run->options->frontier == DEA_CRS ? crs.score : vrs.score;
    }
    out->parts[2] = out->parts[0] / out->parts[1];
    if (crs.state == DEA_MODEL_SCORED && vrs.state == DEA_MODEL_SCORED) {
        tell(run->options, &crs, &vrs, out);
    }
    return STATUS_OK;
}
