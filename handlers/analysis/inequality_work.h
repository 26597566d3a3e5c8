#ifndef HANDLERS_ANALYSIS_INEQUALITY_WORK_H
#define HANDLERS_ANALYSIS_INEQUALITY_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/inequality/dagum.h"
#include "analytics/inequality/gini.h"
#include "analytics/inequality/inequality.h"
#include "analytics/inequality/theil.h"
#include "handlers/exchange.h"

/*
 * What GET and POST /inequality share: from samples to indices, and to the parts within and between groups.
 */

enum {
    INEQUALITY_LORENZ_MAX = 1001, /* corners that are told of one curve */
    INEQUALITY_GROUPS_MAX = 100   /* of a caller's own values */
};

#define INEQUALITY_EPSILON_DEFAULT 0.5
#define INEQUALITY_EPSILON_MAX 100
#define INEQUALITY_ALPHA_DEFAULT 1.3
#define INEQUALITY_ALPHA_MAX 1.6 /* Esteban and Ray: above it their axioms do not hold */

/* What a whole is made of. */
struct inequality_split {
    struct inequality_parts theil_t, theil_l;
    struct inequality_dagum dagum;
    bool has_theil_t, has_theil_l, has_dagum, has_esteban_ray;
    double esteban_ray;            /* of the groups at their means */
    struct inequality_pair *pairs; /* numbers are places in groups */
    size_t pair_count;
    const struct inequality_series **groups; /* those that have values */
    size_t group_count;
};

/* One sample and what is said of it. */
struct inequality_series {
    const char *group; /* NULL: the whole */
    int64_t year;      /* 0: none */
    struct inequality_sample sample; /* n may be 0 */
    const char *const *members;      /* an id for each value, or NULL */
    struct inequality_series **groups; /* of the whole, where there are some: the series that it is made of */
    size_t group_count;

    /* filled by inequality_work */
    struct inequality_order *order; /* NULL: no value that counts */
    struct inequality_result result;
    struct inequality_point *points; /* NULL: no curve */
    size_t point_count;
    struct inequality_split split;
};

struct inequality_drawing {
    struct inequality_options options;
    struct inequality_series *series;
    size_t series_count;
};

/* Fills all series. False: the problem is the reply. Either way the drawing is given to inequality_drawing_fini. */
bool inequality_work(struct exchange *exchange, struct inequality_drawing *drawing);
void inequality_drawing_fini(struct inequality_drawing *drawing);

#endif
