/*
 * Steps over values; what stands in a text or an array is skipped, not read.
 */
#include "json/walk.h"

#include <string.h>

bool json_walk_take(struct json_walk *walk, char c)
{
    bool is_there = walk->at < walk->end && *walk->at == c;
    walk->at += is_there;
    return is_there;
}

static bool skip_text(struct json_walk *walk)
{
    if (!json_walk_take(walk, '"')) {
        return false;
    }
    while (walk->at < walk->end && *walk->at != '"') {
        walk->at += *walk->at == '\\' && walk->at + 1 < walk->end ? 2 : 1;
    }
    return json_walk_take(walk, '"');
}

static bool skip_nested(struct json_walk *walk)
{
    size_t depth = 0;
    do {
        char c = *walk->at;
        if (c == '"') {
            if (!skip_text(walk)) {
                return false;
            }
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        walk->at++;
    } while (depth > 0 && walk->at < walk->end);
    return depth == 0;
}

bool json_walk_take_value(struct json_walk *walk, struct json_piece *value)
{
    const char *from = walk->at;
    bool is_sound = walk->at < walk->end;
    if (is_sound && *from == '"') {
        is_sound = skip_text(walk);
    } else if (is_sound && (*from == '{' || *from == '[')) {
        is_sound = skip_nested(walk);
    } else {
        while (walk->at < walk->end && strchr(",]}", *walk->at) == NULL) {
            walk->at++;
        }
    }
    *value = (struct json_piece){from, (size_t)(walk->at - from)};
    return is_sound && value->length > 0;
}

bool json_walk_take_key(struct json_walk *walk, struct json_piece *key)
{
    struct json_piece quoted = {walk->at, 0};
    if (!skip_text(walk)) {
        return false;
    }
    quoted.length = (size_t)(walk->at - quoted.at);
    *key = (struct json_piece){quoted.at + 1, quoted.length - 2};
    return json_walk_take(walk, ':');
}

bool json_walk_to(struct json_walk *walk, const char *name)
{
    struct json_piece key, value;
    size_t length = strlen(name);
    if (!json_walk_take(walk, '{')) {
        return false;
    }
    while (json_walk_take_key(walk, &key)) {
        if (key.length == length && memcmp(key.at, name, length) == 0) {
            return true;
        }
        if (!json_walk_take_value(walk, &value) || !json_walk_take(walk, ',')) {
            return false;
        }
    }
    return false;
}
