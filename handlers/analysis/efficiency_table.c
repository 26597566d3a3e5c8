/* Which rows there are, as data: json/unfold.h. */
#include "handlers/analysis/efficiency_table.h"

#include <stddef.h>
#include <string.h>

#define SCORE_COLUMNS \
    "status,crste,vrste,scale,rts,input_slacks.*,output_slacks.*,input_targets.*,output_targets.*,peers,peer_count,efficient," \
    "score,nirste,ndrste,rts_margin,input_radial.*,output_radial.*,values.*,slack_movements.*,cost,cost_minimum,technical,allocative,own," \
    "maverick,leverage,outlier,bootstrap.corrected,bootstrap.bias,bootstrap.low,bootstrap.high," \
    "certificate.max_primal_infeasibility,certificate.max_dual_infeasibility,certificate.max_duality_gap,certificate.programs,certificate.retries," \
    "directional_movements.*"

const char efficiency_columns[] = "dmu,name,belt," SCORE_COLUMNS;
static const char unit_columns[] = "dmu,group," SCORE_COLUMNS; /* of POST: group in the place of name and belt */

#define SCORES \
    "1.status,1.crste,1.vrste,1.scale,1.rts,1.input_slacks,1.output_slacks,1.input_targets,1.output_targets,peers=1.peers;dmu," \
    "1.peer_count,1.efficient,1.score,1.nirste,1.ndrste,1.rts_margin,1.input_radial,1.output_radial,1.values,1.slack_movements," \
    "1.cost,1.cost_minimum,1.technical,1.allocative,1.own,1.maverick,1.leverage,1.outlier,1.bootstrap,1.certificate,1.directional_movements"

#define MEANS_OF_ONE "1.count,1.crste,1.vrste,1.scale,1.score,1.cost,1.cost_minimum,1.technical,1.allocative,1.own,1.maverick"

#define MEANS ",count,crste,vrste,scale,score,cost,cost_minimum,technical,allocative,own,maverick"

#define PEERS { "peers", "dmu,peer,lambda", { { "results[].peers[]", "1.dmu,peer=2.dmu,2.lambda" } }, NULL }

#define MOVED "slack_movement=1.slack_movements{2},projected=2,directional_movement=1.directional_movements{2}"

/* DEAP's summaries of input and of output slacks beside each other, the means below the units. */
#define SLACKS(LABELS, CELLS, GROUP) \
    { "slacks", "row,dmu," LABELS ",input_slacks.*,output_slacks.*", \
      { { "results[]", "row='unit',1.dmu," CELLS ",1.input_slacks,1.output_slacks" }, \
        { "summary.mean?", "row='mean',1.input_slacks,1.output_slacks" }, \
        { "summary.by_" GROUP ".*", "row='mean'," GROUP "=1@,1.input_slacks,1.output_slacks" } }, NULL }

/* The columns are named as in DEAP's projection summary. */
#define MOVEMENTS \
    { "movements", "dmu,kind,variable,original,radial_movement,slack_movement,projected,directional_movement", \
      { { "results[].input_targets.*", "1.dmu,kind='input',variable=2@,original=1.values{2},radial_movement=1.input_radial{2}," MOVED }, \
        { "results[].output_targets.*", "1.dmu,kind='output',variable=2@,original=1.values{2},radial_movement=1.output_radial{2}," MOVED } }, NULL }

#define CERTIFICATE \
    { "certificate", "max_primal_infeasibility,max_dual_infeasibility,max_duality_gap,programs,retries,uncertified", \
      { { "certificate?", "1.max_primal_infeasibility,1.max_dual_infeasibility,1.max_duality_gap,1.programs,1.retries,1.uncertified" } }, NULL }

#define WEIGHTS(NAMES, CELLS) \
    { "weights", "dmu," NAMES ",score,input_weights.*,output_weights.*,free_term", \
      { { "results[].input_weights?", "1.dmu," CELLS ",1.score,1.input_weights,1.output_weights,1.free_term" } }, NULL }

const struct unfold_table efficiency_tables[] = {
    { "units", efficiency_columns, { { "results[]", "1.dmu,1.name,1.belt," SCORES } }, NULL },
    PEERS,
    { "peer_counts", "dmu,name,belt,peer_count", { { "results[]", "1.dmu,1.name,1.belt,1.peer_count" } }, NULL },
    { "means", "belt" MEANS, { { "summary.mean?", MEANS_OF_ONE }, { "summary.by_belt.*", "belt=1@," MEANS_OF_ONE } }, NULL },
    MOVEMENTS,
    SLACKS("name,belt", "1.name,1.belt", "belt"),
    WEIGHTS("name,belt", "1.name,1.belt"),
    CERTIFICATE,
    { "left_out", "province,missing", { { "left_out[]", "1.province,1.missing;" } }, NULL },
    { NULL, NULL, { { NULL, NULL } }, NULL },
};

const struct unfold_table efficiency_unit_tables[] = {
    { "units", unit_columns, { { "results[]", "1.dmu,1.group," SCORES } }, NULL },
    PEERS,
    { "peer_counts", "dmu,group,peer_count", { { "results[]", "1.dmu,1.group,1.peer_count" } }, NULL },
    { "means", "group" MEANS, { { "summary.mean?", MEANS_OF_ONE }, { "summary.by_group.*", "group=1@," MEANS_OF_ONE } }, NULL },
    MOVEMENTS,
    SLACKS("group", "1.group", "group"),
    WEIGHTS("group", "1.group"),
    CERTIFICATE,
    { NULL, NULL, { { NULL, NULL } }, NULL },
};

bool efficiency_table_is_weights(const struct unfold_table *table)
{
    return table != NULL && strcmp(table->name, "weights") == 0;
}
