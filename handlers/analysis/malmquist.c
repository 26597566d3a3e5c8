/*
 * /efficiency/malmquist: a panel is made from stored figures or from a body (malmquist_units.c), solved by
 * analytics/dea/malmquist.h and written by malmquist_write.c.
 */
#include "handlers/analysis/malmquist.h"

#include <stddef.h>

#include "base/buffer.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/driver.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/helpers.h"
#include "handlers/analysis/malmquist_svg.h"
#include "handlers/analysis/malmquist_units.h"
#include "handlers/analysis/malmquist_write.h"
#include "handlers/analysis/panel.h"
#include "handlers/analysis/reply.h"
#include "handlers/analysis/watch.h"
#include "handlers/query.h"

#define INDICES \
    "from,to,period,status,effch,techch,pech,sech,tfpch,distances.from_by_from,distances.to_by_from,distances.from_by_to," \
    "distances.to_by_to,distances.vrs_from,distances.vrs_to," \
    "certificate.max_primal_infeasibility,certificate.max_dual_infeasibility,certificate.max_duality_gap,certificate.programs,certificate.retries"

const char malmquist_columns[] = "dmu,name,belt," INDICES;
const char malmquist_unit_columns[] = "dmu,group," INDICES;

struct malmquist_query {
    struct query_integers years;
    const char *inputs, *outputs;
    int orientation, solver, by;
    bool distances;
};

static const struct query_parameter parameters[] = {
    QUERY_INTEGERS_ROW(struct malmquist_query, years, true, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX),
    QUERY_TEXT_ROW(struct malmquist_query, inputs, true, ANALYSIS_LIST_BYTES),
    QUERY_TEXT_ROW(struct malmquist_query, outputs, true, ANALYSIS_LIST_BYTES),
    QUERY_CHOICE_ROW(struct malmquist_query, orientation, false, efficiency_orientations),
    QUERY_CHOICE_ROW(struct malmquist_query, solver, false, efficiency_solvers),
    QUERY_CHOICE_ROW(struct malmquist_query, by, false, analysis_by_choices),
    QUERY_BOOLEAN_ROW(struct malmquist_query, distances, false),
};

/* One GET on its way. */
struct question {
    struct analysis_question base;
    struct malmquist_query query;
    struct analysis_sides sides;
};

static void fail(struct exchange *exchange, const struct malmquist_sheet *sheet, enum status status)
{
    const struct dea_panel *panel = &sheet->panel;
    const char *work = arena_format(exchange->arena, "%zu units in %zu periods with %zu inputs and %zu outputs",
                                    panel->unit_count, panel->period_count, panel->input_count, panel->output_count);
    analysis_reply_failed(exchange, status, work != NULL ? work : "So many units",
                          sheet->solver == DEA_SOLVER_GLPK
                              ? "solver=simplex, which is many times faster, or fewer units, periods, inputs and outputs"
                              : "fewer units or periods, or fewer inputs and outputs: the time grows with the square of the units "
                                "and with the rest");
}

static bool answer(struct exchange *exchange, void *context)
{
    const struct malmquist_sheet *sheet = context;
    struct dea_changes *changes = NULL;
    struct analysis_watch watch = analysis_watch_begin(exchange, 1);
    size_t helpers = analysis_helpers_take(sheet->panel.period_count * sheet->panel.unit_count);
    const struct dea_panel_options options = { .orientation = sheet->orientation, .solver = sheet->solver,
                                               .threads = 1 + helpers,
                                               .is_cancelled = analysis_watch_is_cancelled,
                                               .progress = analysis_watch_progress, .context = &watch };
    analysis_watch_next(&watch, 1);
    enum status status = dea_malmquist(&sheet->panel, &options, &changes);
    analysis_helpers_give(helpers);
    dea_thread_end(); /* as in efficiency.c */
    if (status != STATUS_OK) {
        fail(exchange, sheet, status);
        return false;
    }
    if (exchange->wanted == GIVES_SVG) {
        malmquist_svg(exchange, sheet, changes);
    } else {
        malmquist_write(&exchange->reply, sheet, changes);
    }
    dea_changes_free(changes);
    return true;
}

static enum status settle(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    struct malmquist_query *query = &q->query;
    query->orientation = query->orientation < 0 ? DEA_OUTPUT : query->orientation;
    query->solver = query->solver < 0 ? DEA_SOLVER_SIMPLEX : query->solver;
    query->by = query->by < 0 ? ANALYSIS_BY_NONE : query->by;
    if (query->years.count == 1) {
        faults_add_parameter(faults, "years", "too_short", "a change needs two years at least: years=2014,2018");
    }
    analysis_years_sort(&query->years);
    return analysis_sides_split(exchange->arena, query->inputs, query->outputs, &q->sides, faults);
}

static void distinguish(const struct exchange *exchange, const void *question, struct buffer *key)
{
    (void)exchange;
    const struct malmquist_query *query = &((const struct question *)question)->query;
    buffer_format(key, " by=%d distances=%d inputs=%s orientation=%d outputs=%s solver=%d", query->by, query->distances, query->inputs,
                  query->orientation, query->outputs, query->solver);
    analysis_key_years(key, &query->years);
}

static enum status look_up(struct exchange *exchange, void *question, struct faults *faults)
{
    return analysis_sides_look_up(exchange, &((struct question *)question)->sides, faults);
}

/* All provinces in all years. */
static enum status fill(struct arena *arena, const struct question *q, const struct analysis_figures *figures, struct malmquist_sheet *sheet)
{
    const struct analysis_basis *basis = &q->base.basis;
    struct analysis_panel panel;
    if (analysis_panel_make(arena, basis, &q->sides, figures, &panel) != STATUS_OK) {
        return STATUS_EXHAUSTED;
    }
    *sheet = (struct malmquist_sheet){ .inputs = panel.inputs, .outputs = panel.outputs, .ids = panel.ids, .labels = panel.labels,
                                       .periods = q->query.years.items, .provinces = panel.provinces, .revision = basis->revision,
                                       .left_out = panel.left_out, .left_out_count = panel.left_out_count,
                                       .has_distances = q->query.distances, .orientation = (enum dea_orientation)q->query.orientation,
                                       .solver = (enum dea_solver_kind)q->query.solver };
    sheet->panel = (struct dea_panel){ .period_count = q->query.years.count, .unit_count = basis->province_count,
                                       .input_count = q->sides.inputs.count, .output_count = q->sides.outputs.count,
                                       .inputs = panel.input_values, .outputs = panel.output_values, .is_missing = panel.is_missing };
    if (q->query.by == ANALYSIS_BY_BELT) {
        sheet->panel.groups = basis->belt_of;
        sheet->panel.group_count = basis->belt_count;
        sheet->groups = basis->belts;
        sheet->named_groups = basis->belt_count;
    }
    return STATUS_OK;
}

static enum status gather(struct exchange *exchange, void *question, void *sheet)
{
    const struct question *q = question;
    struct analysis_figures figures;
    enum status status = analysis_figures_take(exchange, &q->base.basis, &q->sides.all, &q->query.years, &figures);
    return status == STATUS_OK ? fill(exchange->arena, q, &figures, sheet) : status;
}

static enum status take(struct exchange *exchange, json_t *document, struct faults *faults, void *sheet)
{
    return malmquist_units_read(exchange->arena, document, faults, sheet);
}

static const struct analysis_kind kind = {
    .name = "malmquist", .question_bytes = sizeof(struct question), .sheet_bytes = sizeof(struct malmquist_sheet),
    .query = QUERY_TABLE(parameters), .query_offset = offsetof(struct question, query), .is_body_kept = true,
    .settle = settle, .distinguish = distinguish, .look_up = look_up, .gather = gather, .take = take, .answer = answer,
};

enum handled malmquist_get(struct exchange *exchange)
{
    return analysis_get(exchange, &kind);
}

enum handled malmquist_post(struct exchange *exchange)
{
    return analysis_post(exchange, &kind);
}
