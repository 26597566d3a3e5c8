/*
 * Which rows there are, as data (json/unfold.h); only the points of the curves need to be counted out, since the answer gives
 * their grid once for all.
 */
#include "handlers/analysis/density_table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analytics/kde/kde.h"
#include "base/text.h"
#include "json/walk.h"
#include "json/write.h"

enum { NUMBER_BYTES = 40 };

struct curve {
    struct json_piece group, year, density;
};

/* A member of an object; false: it has none of that name. */
static bool find_member(struct json_walk object, const char *name, struct json_piece *value)
{
    return json_walk_to(&object, name) && json_walk_take_value(&object, value);
}

static bool read_number(struct json_walk object, const char *name, double *number)
{
    struct json_piece value;
    char text[NUMBER_BYTES];
    if (!find_member(object, name, &value) || value.length >= sizeof text) {
        return false;
    }
    memcpy(text, value.at, value.length);
    text[value.length] = 0;
    return text_to_double(text, number) == STATUS_OK;
}

static bool read_grid(struct json_walk document, struct kde_grid *grid)
{
    double points = 0;
    if (!json_walk_to(&document, "grid") || !read_number(document, "from", &grid->from) ||
        !read_number(document, "to", &grid->to) || !read_number(document, "points", &points) || points < 2) {
        return false;
    }
    grid->points = (size_t)points;
    return true;
}

static void write_piece(struct json_writer *w, const char *key, const struct json_piece *piece)
{
    json_key(w, key);
    json_raw(w, piece->at, piece->length);
}

static bool write_curve(struct json_writer *w, const struct curve *curve, const struct kde_grid *grid)
{
    struct json_walk values = { curve->density.at, curve->density.at + curve->density.length };
    if (!json_walk_take(&values, '[')) {
        return false;
    }
    for (size_t i = 0; i < grid->points; i++) {
        struct json_piece value;
        if ((i > 0 && !json_walk_take(&values, ',')) || !json_walk_take_value(&values, &value)) {
            return false;
        }
        json_object_begin(w);
        write_piece(w, "group", &curve->group);
        write_piece(w, "year", &curve->year);
        json_member_double(w, "x", kde_grid_at(grid, i));
        write_piece(w, "density", &value);
        json_object_end(w);
    }
    return json_walk_take(&values, ']');
}

static bool write_curves(struct json_writer *w, struct json_walk document, const struct kde_grid *grid)
{
    bool is_first = true;
    if (!json_walk_to(&document, "series") || !json_walk_take(&document, '[')) {
        return false;
    }
    while (!json_walk_take(&document, ']')) {
        struct json_piece whole;
        struct curve curve;
        if ((!is_first && !json_walk_take(&document, ',')) || !json_walk_take_value(&document, &whole)) {
            return false;
        }
        is_first = false;
        const struct json_walk series = { whole.at, whole.at + whole.length };
        if (!find_member(series, "group", &curve.group) || !find_member(series, "year", &curve.year) ||
            !find_member(series, "density", &curve.density) || !write_curve(w, &curve, grid)) {
            return false;
        }
    }
    return true;
}

static enum status density_points(const char *json, size_t length, struct buffer *out)
{
    const struct json_walk document = { json, json + length };
    struct kde_grid grid;
    struct json_writer w;
    if (!read_grid(document, &grid)) {
        return STATUS_INVALID;
    }
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, "items");
    json_array_begin(&w);
    if (!write_curves(&w, document, &grid)) {
        return STATUS_INVALID;
    }
    json_array_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
    return STATUS_OK;
}

#define SERIES "1.group,1.year,"
#define CHANGE "1.group,1.from,1.to,"

#define TABLES_OF_ALL \
    { "curves", "x,density,group,year", { { NULL, NULL } }, density_points }, \
    { "series", "group,year,n,mean,weighted_mean,sd,min,max,bandwidth,rule,peak_count,integral,weighted_sd", \
      { { "series[]", SERIES "1.n,1.mean,1.weighted_mean,1.sd,1.min,1.max,1.bandwidth,1.rule,1.peak_count,1.integral,1.weighted_sd" } }, NULL }, \
    { "modes", "group,year,mode,x,height,prominence,width", \
      { { "series[].modes[]", SERIES "mode=2#,2.x,2.height,2.prominence,2.width" } }, NULL }, \
    { "quantiles", "group,year,share,x", { { "series[].quantiles[]", SERIES "2.share,2.x" } }, NULL }, \
    { "tails", "group,year,x,below,above", { { "series[].tails[]", SERIES "2.x,2.below,2.above" } }, NULL }, \
    { "tests", "group,year,test,statistic,critical_bandwidth,p_value,calibrated_p_value,holm_p_value,replicates,seed", \
      { { "series[].tests.*", SERIES "test=2@,2.statistic,2.critical_bandwidth,2.p_value,2.calibrated_p_value,2.holm_p_value," \
                              "2.replicates,2.seed" } }, NULL }, \
    { "readings", "group,year,from,to,sentence,text", \
      { { "series[].reading[]", SERIES "sentence=2#,text=2" }, { "changes[].reading[]", CHANGE "sentence=2#,text=2" } }, NULL }, \
    { "warnings", "group,year,text", { { "series[].warnings[]", SERIES "text=2" } }, NULL }

/* What the test of a change says of a measure. */
#define TESTED(MEASURE) \
    { "changes[].tests.permutation?", CHANGE "measure='" MEASURE "',ratio=2." MEASURE "_ratio,p_value=2." MEASURE "_p_value," \
                                      "holm_p_value=2." MEASURE "_holm_p_value,2.pairs,2.replicates,2.seed" }

#define TABLES_OF_YEARS \
    { "changes", "group,from,to,mean_shift,mode_shift,height_ratio,width_ratio,overlap,mean_shift_error,mean_shift_p_value,mean_shift_holm_p_value," \
      "mean_shift_freedom", \
      { { "changes[]", CHANGE "1.mean_shift,1.mode_shift,1.height_ratio,1.width_ratio,1.overlap,1.mean_shift_error,1.mean_shift_p_value," \
                                "1.mean_shift_holm_p_value,1.mean_shift_freedom" } }, NULL }, \
    { "shifts", "group,from,to,share,shift", { { "changes[].quantile_shifts[]", CHANGE "2.share,2.shift" } }, NULL }, \
    { "change_tests", "group,from,to,measure,ratio,p_value,holm_p_value,pairs,replicates,seed", \
      { TESTED("height"), TESTED("width"), TESTED("sd") }, NULL }

const struct unfold_table density_tables[] = {
    TABLES_OF_ALL,
    TABLES_OF_YEARS,
    { "left_out", "province,year", { { "left_out[]", "1.province,1.year" } }, NULL },
    { NULL, NULL, { { NULL, NULL } }, NULL },
};

const struct unfold_table density_sample_tables[] = {
    TABLES_OF_ALL,
    TABLES_OF_YEARS,
    { "left_out", "unit,year", { { "left_out[]", "1.unit,1.year" } }, NULL },
    { NULL, NULL, { { NULL, NULL } }, NULL },
};
