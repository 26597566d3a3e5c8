/* Which rows there are, as data: json/unfold.h. */
#include "handlers/analysis/inequality_table.h"

#include <stddef.h>

#define SERIES "1.group,1.year,"
#define MOVES "1.group,1.from,1.to,"

#define COLUMNS \
    "group,year,n,mean,median,min,max,gini,theil_t,theil_l,cv,max_min,atkinson,hhi,wolfson,esteban_ray," \
    "theil.within,theil.between,theil.l_within,theil.l_between,dagum.within,dagum.between,dagum.transvariation," \
    "esteban_ray_groups,undefined"

#define INDICES \
    "1.n,1.mean,1.median,1.min,1.max,1.gini,1.theil_t,1.theil_l,1.cv,1.max_min,1.atkinson,1.hhi,1.wolfson,1.esteban_ray,1.theil," \
    "1.dagum,1.esteban_ray_groups,undefined=1.undefined;index"

#define PART(OF, INDEX, NAME, FROM) { "series[]." OF "?", "1.year,index='" INDEX "',part='" NAME "',value=2." FROM }

#define DECOMPOSITION \
    { "decomposition", "year,index,part,value", \
      { PART("theil", "theil_t", "within", "within"), PART("theil", "theil_t", "between", "between"), \
        PART("theil", "theil_l", "within", "l_within"), PART("theil", "theil_l", "between", "l_between"), \
        PART("dagum", "gini", "within", "within"), PART("dagum", "gini", "between", "between"), \
        PART("dagum", "gini", "transvariation", "transvariation") }, NULL }

#define TABLES_OF_ALL \
    { "series", COLUMNS, { { "series[]", SERIES INDICES } }, NULL }, \
    { "lorenz", "group,year,point,population,share", \
      { { "series[].lorenz[]", SERIES "point=2#,2.population,2.share" } }, NULL }, \
    DECOMPOSITION, \
    { "pairs", "year,higher,lower,gini,affluence", { { "series[].dagum_pairs[]", "1.year,2.higher,2.lower,2.gini,2.affluence" } }, NULL }, \
    { "undefined", "group,year,index,reason", { { "series[].undefined[]", SERIES "2.index,2.reason" } }, NULL }

#define TABLES_OF_YEARS \
    { "states", "year,bound,value", { { "states.years[].bounds[]", "1.year,bound=2#,value=2" } }, NULL }, \
    { "transitions", "group,from,to,from_state,to_state,count,probability", \
      { { "transitions[].counts[][]", MOVES "from_state=2#,to_state=3#,count=3,probability=1.probabilities[2][3]" } }, NULL }, \
    { "mobility", "group,from,to,n,mobility", { { "transitions[]", MOVES "1.n,1.mobility" } }, NULL }

const struct unfold_table inequality_tables[] = {
    TABLES_OF_ALL,
    TABLES_OF_YEARS,
    { "left_out", "province,year", { { "left_out[]", "1.province,1.year" } }, NULL },
    { NULL, NULL, { { NULL, NULL } }, NULL },
};

const struct unfold_table inequality_sample_tables[] = {
    TABLES_OF_ALL,
    TABLES_OF_YEARS,
    { "left_out", "unit,year", { { "left_out[]", "1.unit,1.year" } }, NULL },
    { NULL, NULL, { { NULL, NULL } }, NULL },
};
