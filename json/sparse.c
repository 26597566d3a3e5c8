/*
 * Copies what is wanted and skips the rest, in one walk over the text.
 */
#include "json/sparse.h"

#include <string.h>

#include "json/walk.h"

struct choice {
    const char *const *names;
    size_t count;
};

static bool is_chosen(const struct choice *choice, const struct json_piece *key)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strlen(choice->names[i]) == key->length && memcmp(choice->names[i], key->at, key->length) == 0) {
            return true;
        }
    }
    return false;
}

static bool copy_object(struct json_walk *walk, const struct choice *choice, struct buffer *out)
{
    bool is_first = true, is_first_kept = true;
    if (!json_walk_take(walk, '{')) {
        return false;
    }
    buffer_byte(out, '{');
    while (!json_walk_take(walk, '}')) {
        struct json_piece key, value;
        if ((!is_first && !json_walk_take(walk, ',')) || !json_walk_take_key(walk, &key) ||
            !json_walk_take_value(walk, &value)) {
            return false;
        }
        is_first = false;
        if (is_chosen(choice, &key)) {
            if (!is_first_kept) {
                buffer_byte(out, ',');
            }
            is_first_kept = false;
            buffer_append(out, key.at - 1, (size_t)(value.at + value.length - (key.at - 1))); /* from the key's quote */
        }
    }
    buffer_byte(out, '}');
    return true;
}

static bool copy_rows(struct json_walk *walk, const struct choice *choice, struct buffer *out)
{
    bool is_first = true;
    if (!json_walk_take(walk, '[')) {
        return false;
    }
    buffer_byte(out, '[');
    while (!json_walk_take(walk, ']')) {
        if (!is_first && !json_walk_take(walk, ',')) {
            return false;
        }
        if (!is_first) {
            buffer_byte(out, ',');
        }
        is_first = false;
        if (!copy_object(walk, choice, out)) {
            return false;
        }
    }
    buffer_byte(out, ']');
    return true;
}

enum status sparse_write(const char *json, size_t length, const char *rows, const char *const *names, size_t count,
                         struct buffer *out)
{
    struct json_walk walk = { json, json + length };
    const struct choice choice = { names, count };
    if (rows == NULL) {
        return copy_object(&walk, &choice, out) ? STATUS_OK : STATUS_INVALID;
    }
    if (!json_walk_to(&walk, rows)) {
        return STATUS_INVALID;
    }
    buffer_append(out, json, (size_t)(walk.at - json));
    if (!copy_rows(&walk, &choice, out)) {
        return STATUS_INVALID;
    }
    buffer_append(out, walk.at, (size_t)(walk.end - walk.at));
    return STATUS_OK;
}
