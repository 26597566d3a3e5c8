#ifndef HANDLERS_ANALYSIS_EFFICIENCY_BOOTSTRAP_H
#define HANDLERS_ANALYSIS_EFFICIENCY_BOOTSTRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/watch.h"
#include "json/faults.h"

/* The parameters bootstrap, seed and level of /efficiency (analytics/dea/bootstrap.h). */

enum { EFFICIENCY_SEED_DEFAULT = 1 };

#define EFFICIENCY_SEED_MAX ((int64_t)9007199254740991) /* what every JSON reader holds exactly */
#define EFFICIENCY_LEVEL_DEFAULT 0.95

/* As they came: QUERY_ABSENT (BIND_ABSENT) and NAN where they did not. */
struct efficiency_bootstrap_wish {
    int64_t bootstrap, seed;
    double level;
    bool has_bootstrap; /* something stands there, be it sound or not */
};

/* Puts them, defaults filled in, into the sheet, whose options are there already. What is wrong is added to *faults, as of a
 * body's members where is_body. */
void efficiency_bootstrap_settle(const struct efficiency_bootstrap_wish *wish, bool is_body, struct efficiency_sheet *sheet,
                                 struct faults *faults);

/* Whether so many units are too many for the replications; a fault then. */
void efficiency_bootstrap_check(const struct efficiency_sheet *sheet, size_t units, struct faults *faults);

/* The intervals of the scores in result, by as many threads as these, to be given to dea_bootstrap_free. */
enum status efficiency_bootstrap_run(struct arena *arena, const struct efficiency_sheet *sheet, const struct dea_result *result,
                                     struct analysis_watch *watch, struct dea_bootstrap **intervals) NODISCARD;

#endif
