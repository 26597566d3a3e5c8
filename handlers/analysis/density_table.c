/*
 * Walks the finished answer, since it may come from the cache of analyses as a text.
 */
#include "handlers/analysis/density_table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analytics/kde/kde.h"
#include "base/text.h"
#include "json/walk.h"
#include "json/write.h"

const char density_columns[] = "x,density,group,year";

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

enum status density_points(const char *json, size_t length, struct buffer *out)
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
