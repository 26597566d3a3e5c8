/*
 * Matching a target against the route table (routes.c).
 */
#include "server/route.h"

#include <string.h>

#include "base/text.h"

enum { NAMES_MAX = 128, NEAR_MAX = 2 /* segments that may be misspelt */, BEGINNING_MIN = 4 };

/* Where the template fits, *literals has a bit for each segment that is literal in it,
 * the first segment's the highest, so that a greater number is the better match. */
static bool template_fits(const char *template, const struct target *target, unsigned *literals)
{
    const char *at = template + 1;
    size_t index = 0;
    *literals = 0;
    if (*at == 0) {
        return target->segment_count == 0;
    }
    for (;;) {
        size_t length = strcspn(at, "/");
        if (index == target->segment_count) {
            return false;
        }
        const char *segment = target->segments[index];
        if (at[0] == '{') {
            if (segment[0] == 0 && index + 1 == target->segment_count) {
                return false;
            }
        } else {
            if (strncmp(segment, at, length) != 0 || segment[length] != 0) {
                return false;
            }
            *literals |= 1u << (LIMIT_PATH_SEGMENTS - index);
        }
        index++;
        if (at[length] == 0) {
            return index == target->segment_count;
        }
        at += length + 1;
    }
}

/* Whether value can be what a template calls name: the number of an entry, how many there are, else an id. */
static bool is_well_formed(const char *name, size_t length, const char *value)
{
    if ((length == 3 && strncmp(name, "seq", length) == 0) || (length == 4 && strncmp(name, "size", length) == 0)) {
        return value[0] >= '1' && value[0] <= '9' && value[strspn(value, "0123456789")] == 0;
    }
    return text_is_path_id(value);
}

static void take_parameters(const struct target *target, struct route_found *found)
{
    const char *at = found->path->path;
    size_t index = 0;
    while ((at = strchr(at, '/')) != NULL && index < target->segment_count) {
        at++;
        if (at[0] == '{') {
            const char *name = at + 1;
            size_t length = strcspn(name, "}");
            const char *value = target->segments[index];
            found->parameters[found->parameter_count++] = value;
            if (found->malformed == NULL && !is_well_formed(name, length, value)) {
                found->malformed = value;
                found->malformed_name = name;
                found->malformed_name_length = length;
            }
        }
        index++;
    }
}

void route_find(const struct route *routes, size_t count, const struct target *target, enum method method,
                struct route_found *found)
{
    unsigned best = 0;
    memset(found, 0, sizeof *found);
    if (target->is_asterisk || target->is_too_deep) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned literals = 0;
        if (!template_fits(routes[i].path, target, &literals)) {
            continue;
        }
        if (found->path == NULL || literals > best) {
            found->path = &routes[i];
            found->route = NULL;
            found->methods = 0;
            best = literals;
        } else if (literals < best || strcmp(found->path->path, routes[i].path) != 0) {
            continue;
        }
        found->methods |= ROUTE_METHOD_BIT(routes[i].method);
        if (routes[i].method == method) {
            found->route = &routes[i];
        }
    }
    if (found->path != NULL) {
        take_parameters(target, found);
    }
}

unsigned route_methods(const struct route *routes, size_t count)
{
    unsigned methods = 0;
    for (size_t i = 0; i < count; i++) {
        methods |= ROUTE_METHOD_BIT(routes[i].method);
    }
    return methods;
}

void route_allow(unsigned methods, struct buffer *out)
{
    if ((methods & ROUTE_METHOD_BIT(METHOD_GET)) != 0) {
        buffer_text(out, "GET, HEAD, ");
    }
    if ((methods & ROUTE_METHOD_BIT(METHOD_POST)) != 0) {
        buffer_text(out, "POST, ");
    }
    if ((methods & ROUTE_METHOD_BIT(METHOD_PUT)) != 0) {
        buffer_text(out, "PUT, ");
    }
    if ((methods & ROUTE_METHOD_BIT(METHOD_DELETE)) != 0) {
        buffer_text(out, "DELETE, ");
    }
    buffer_text(out, "OPTIONS");
}

/* A slip of the hand, or another form of the word: entry for entries, supply for supplies. */
static bool is_like(const char *segment, const char *literal)
{
    size_t same = 0, length = strlen(segment);
    while (segment[same] != 0 && segment[same] == literal[same]) {
        same++;
    }
    return (same >= BEGINNING_MIN && 2 * same > length) || text_nearest(segment, &literal, 1) != NULL;
}

/* How far a target is from a template, segment by segment; more than NEAR_MAX where they do not fit. What stands in the
 * place of a parameter is right whatever it is. */
static size_t distance_to(const char *template, const struct target *target)
{
    const char *at = template + 1;
    size_t sum = 0;
    for (size_t index = 0; index < target->segment_count; index++) {
        size_t length = strcspn(at, "/");
        char literal[LIMIT_ID_BYTES + 1];
        if (length == 0 || length > LIMIT_ID_BYTES) {
            return NEAR_MAX + 1;
        }
        memcpy(literal, at, length);
        literal[length] = 0;
        bool is_same = strcmp(literal, target->segments[index]) == 0;
        if (literal[0] != '{' && !is_same && !is_like(target->segments[index], literal)) {
            return NEAR_MAX + 1;
        }
        sum += literal[0] == '{' || is_same ? 0 : 1;
        at += length;
        if (*at == 0) {
            return index + 1 == target->segment_count ? sum : NEAR_MAX + 1;
        }
        at++;
    }
    return NEAR_MAX + 1;
}

/* The collection of that name, or of one much like it. */
static const char *nearest_collection(const struct route *routes, size_t count, const struct target *target)
{
    const char *names[NAMES_MAX];
    size_t used = 0;
    for (size_t i = 0; i < count && used < NAMES_MAX; i++) {
        if (routes[i].path[1] != 0 && strchr(routes[i].path + 1, '/') == NULL) {
            names[used++] = routes[i].path;
        }
    }
    char first[LIMIT_ID_BYTES + 2] = "/";
    size_t length = strlen(target->segments[0]);
    if (length == 0 || length > LIMIT_ID_BYTES) {
        return NULL;
    }
    memcpy(first + 1, target->segments[0], length + 1);
    for (size_t i = 0; i < used; i++) {
        if (strcmp(first, names[i]) == 0) {
            return names[i]; /* the collection is there, what stands behind it is not */
        }
    }
    return text_nearest(first, names, used);
}

const char *route_nearest(const struct route *routes, size_t count, const struct target *target)
{
    const char *best = NULL;
    size_t best_distance = NEAR_MAX + 1;
    if (target->is_asterisk || target->segment_count == 0) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t distance = distance_to(routes[i].path, target);
        if (distance < best_distance) {
            best = routes[i].path;
            best_distance = distance;
        }
    }
    return best != NULL ? best : nearest_collection(routes, count, target);
}
