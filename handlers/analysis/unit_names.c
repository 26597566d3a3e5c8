/* Names of a body's inputs and outputs. Who reads the numbers: efficiency_units.c, malmquist_units.c. */
#include "handlers/analysis/unit_names.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "json/parse.h"
#include "json/unfit.h"

static bool has_name(const struct unit_names *names, const char *name)
{
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_reserved(const char *const *reserved, const char *name)
{
    while (*reserved != NULL && strcmp(*reserved, name) != 0) {
        reserved++;
    }
    return *reserved != NULL;
}

/* One name, or a fault. */
static void read_name(const char *pointer, const char *member, const json_t *value, const struct unit_names_rules *rules,
                      struct unit_names *names, struct faults *faults)
{
    const char *text = json_string_value(value);
    if (json_is_unfit(value, faults)) {
        return;
    }
    if (text == NULL) {
        faults_add(faults, pointer, "wrong_type", "an item of %s is %s; a text is wanted", member, json_type_phrase(value));
        return;
    }
    const char *quoted = faults_quote(faults, text, json_string_length(value));
    if (!text_is_path_id(text)) {
        faults_add(faults, pointer, "bad_format",
                   "%s is no name; it takes 1 to 64 of letters, digits, dot, hyphen and underscore, not . or .. alone",
                   quoted);
    } else if (is_reserved(rules->reserved, text)) {
        faults_add(faults, pointer, "bad_format", "%s is a member of every unit and cannot name a number", quoted);
    } else if (has_name(rules->taken, text) || has_name(names, text)) {
        faults_add(faults, pointer, "duplicate_name", "%s stands twice among inputs and outputs", quoted);
    } else {
        names->items[names->count++] = text;
    }
}

enum status unit_names_read(struct arena *arena, const char *member, const json_t *value,
                            const struct unit_names_rules *rules, struct unit_names *names, struct faults *faults)
{
    const char *pointer = arena_format(arena, "/%s", member);
    *names = (struct unit_names){ arena_array(arena, rules->max, sizeof *names->items), 0 };
    if (names->items == NULL || pointer == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (!json_is_array(value)) {
        faults_add(faults, pointer, "wrong_type", "%s is %s; an array of names is wanted", member, json_type_phrase(value));
        return STATUS_OK;
    }
    size_t count = json_array_size(value);
    if (count == 0 || count > rules->max) {
        faults_add(faults, pointer, count == 0 ? "too_short" : "too_long", "%s has %zu items; 1 to %zu are accepted", member,
                   count, rules->max);
        return STATUS_OK;
    }
    for (size_t i = 0; i < count; i++) {
        const char *place = arena_format(arena, "/%s/%zu", member, i);
        read_name(place != NULL ? place : "", member, json_array_get(value, i), rules, names, faults);
    }
    return STATUS_OK;
}
