/* Intervals beside the scores. How they come about: analytics/dea/bootstrap.h. */
#include "handlers/analysis/efficiency_bootstrap.h"

#include <math.h>

#include "handlers/query.h"

static void complain(struct faults *faults, bool is_body, const char *name, const char *code, const char *detail)
{
    const char *pointer = is_body ? arena_format(faults->arena, "/%s", name) : NULL;
    if (is_body) {
        faults_add(faults, pointer != NULL ? pointer : "", code, "%s", detail);
    } else {
        faults_add_parameter(faults, name, code, "%s", detail);
    }
}

void efficiency_bootstrap_settle(const struct efficiency_bootstrap_wish *wish, bool is_body, struct efficiency_sheet *sheet,
                                 struct faults *faults)
{
    const bool is_wished = wish->bootstrap != QUERY_ABSENT;
    sheet->bootstrap.replications = is_wished ? (size_t)wish->bootstrap : 0;
    sheet->bootstrap.seed = wish->seed == QUERY_ABSENT ? EFFICIENCY_SEED_DEFAULT : (uint64_t)wish->seed;
    sheet->bootstrap.level = isnan(wish->level) ? EFFICIENCY_LEVEL_DEFAULT : wish->level;
    if (!(sheet->bootstrap.level > 0 && sheet->bootstrap.level < 1)) {
        complain(faults, is_body, "level", "out_of_range", "level is a share of all cases, above 0 and below 1: 0.95");
    }
    if (!wish->has_bootstrap && (wish->seed != QUERY_ABSENT || !isnan(wish->level))) {
        complain(faults, is_body, "bootstrap", is_body ? "missing_member" : "missing_parameter",
                 "seed and level mean something with bootstrap alone, which is the number of replications");
    }
    if (is_wished && (sheet->has_model || sheet->options.frontier == DEA_FDH)) {
        complain(faults, is_body, "bootstrap", "bad_format", "bootstrap goes with the radial model alone, and with every frontier but fdh");
    }
}

void efficiency_bootstrap_check(const struct efficiency_sheet *sheet, size_t units, struct faults *faults)
{
    size_t replications = sheet->bootstrap.replications;
    if (replications > 0 && units > DEA_BOOTSTRAP_PROGRAMS_MAX / replications) {
        faults_add(faults, "/bootstrap", "out_of_range", "%zu units in %zu replications are too many; units times replications may be at most %d",
                   units, replications, DEA_BOOTSTRAP_PROGRAMS_MAX);
    }
}

enum status efficiency_bootstrap_run(struct arena *arena, const struct efficiency_sheet *sheet, const struct dea_result *result,
                                     struct analysis_watch *watch, struct dea_bootstrap **intervals)
{
    const struct dea_bootstrap_options options = {
        .orientation = sheet->options.orientation,
        .frontier = sheet->options.frontier,
        .solver = sheet->options.solver,
        .replications = sheet->bootstrap.replications,
        .seed = sheet->bootstrap.seed,
        .level = sheet->bootstrap.level,
        .threads = sheet->options.threads,
        .is_cancelled = analysis_watch_is_cancelled,
        .progress = analysis_watch_progress,
        .context = watch,
    };
    double *scores = arena_array(arena, result->unit_count, sizeof *scores);
    if (scores == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < result->unit_count; u++) {
        scores[u] = result->units[u].score;
    }
    return dea_bootstrap_run(&sheet->problem, scores, &options, intervals);
}
