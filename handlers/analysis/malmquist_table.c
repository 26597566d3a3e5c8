/* Which rows there are, as data: json/unfold.h. */
#include "handlers/analysis/malmquist_table.h"

#include <stddef.h>

#include "handlers/analysis/malmquist.h"

#define INDICES "1.from,1.to,1.period,1.status,1.effch,1.techch,1.pech,1.sech,1.tfpch,1.distances,1.certificate"
#define MEANS ",count,effch,techch,pech,sech,tfpch"
#define MEANS_OF(LEVEL) LEVEL ".count," LEVEL ".effch," LEVEL ".techch," LEVEL ".pech," LEVEL ".sech," LEVEL ".tfpch"

#define DMUS { "dmus", "dmu" MEANS, { { "summary.dmus[]", "1.dmu," MEANS_OF("1") } }, NULL }

#define PERIODS(GROUP) \
    { "periods", "from,to," GROUP MEANS, \
      { { "summary.periods[]", "1.from,1.to," MEANS_OF("1.mean") }, \
        { "summary.periods[].by_" GROUP ".*", "1.from,1.to," GROUP "=2@," MEANS_OF("2") } }, NULL }

#define MEANS_TABLE(GROUP) \
    { "means", GROUP MEANS, { { "summary.mean?", MEANS_OF("1") }, { "summary.by_" GROUP ".*", GROUP "=1@," MEANS_OF("1") } }, NULL }

#define CERTIFICATE \
    { "certificate", "max_primal_infeasibility,max_dual_infeasibility,max_duality_gap,programs,retries,uncertified", \
      { { "certificate?", "1.max_primal_infeasibility,1.max_dual_infeasibility,1.max_duality_gap,1.programs,1.retries,1.uncertified" } }, NULL }

const struct unfold_table malmquist_tables[] = {
    { "changes", malmquist_columns, { { "results[]", "1.dmu,1.name,1.belt," INDICES } }, NULL },
    DMUS,
    PERIODS("belt"),
    MEANS_TABLE("belt"),
    CERTIFICATE,
    { "left_out", "province,year,missing", { { "left_out[]", "1.province,1.year,1.missing;" } }, NULL },
    { NULL, NULL, { { NULL, NULL } }, NULL },
};

const struct unfold_table malmquist_unit_tables[] = {
    { "changes", malmquist_unit_columns, { { "results[]", "1.dmu,1.group," INDICES } }, NULL },
    DMUS,
    PERIODS("group"),
    MEANS_TABLE("group"),
    CERTIFICATE,
    { NULL, NULL, { { NULL, NULL } }, NULL },
};
