/*
 * Walks the finished answer, since it may come from the cache of analyses as a text.
 */
#include "handlers/analysis/inequality_table.h"

#include <stdbool.h>
#include <string.h>

#include "json/walk.h"
#include "json/write.h"

const char inequality_columns[] = "group,year,n,mean,median,min,max,gini,theil_t,theil_l,cv,max_min,atkinson,hhi,wolfson,esteban_ray,"
                                  "theil.within,theil.between,theil.l_within,theil.l_between,dagum.within,dagum.between,dagum.transvariation,"
                                  "esteban_ray_groups,undefined";

static const char *const left_out[] = { "dagum_pairs", "lorenz", "members", NULL };

static bool is_left_out(const struct json_piece *key)
{
    for (size_t i = 0; left_out[i] != NULL; i++) {
        if (strlen(left_out[i]) == key->length && memcmp(left_out[i], key->at, key->length) == 0) {
            return true;
        }
    }
    return false;
}

static bool write_row(struct json_writer *w, struct json_walk series)
{
    if (!json_walk_take(&series, '{')) {
        return false;
    }
    json_object_begin(w);
    for (bool is_first = true; !json_walk_take(&series, '}'); is_first = false) {
        struct json_piece key;
        struct json_piece value;
        char name[64];
        if ((!is_first && !json_walk_take(&series, ',')) || !json_walk_take_key(&series, &key) || !json_walk_take_value(&series, &value) ||
            key.length >= sizeof name) {
            return false;
        }
        if (!is_left_out(&key)) {
            memcpy(name, key.at, key.length);
            name[key.length] = 0;
            json_key(w, name);
            json_raw(w, value.at, value.length);
        }
    }
    json_object_end(w);
    return true;
}

enum status inequality_rows(const char *json, size_t length, struct buffer *out)
{
    struct json_walk document = { json, json + length };
    struct json_writer w;
    bool is_first = true;
    if (!json_walk_to(&document, "series") || !json_walk_take(&document, '[')) {
        return STATUS_INVALID;
    }
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, "items");
    json_array_begin(&w);
    while (!json_walk_take(&document, ']')) {
        struct json_piece whole;
        if ((!is_first && !json_walk_take(&document, ',')) || !json_walk_take_value(&document, &whole) ||
            !write_row(&w, (struct json_walk){ whole.at, whole.at + whole.length })) {
            return STATUS_INVALID;
        }
        is_first = false;
    }
    json_array_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
    return STATUS_OK;
}
