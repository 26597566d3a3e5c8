/* Names of a body's inputs and outputs. Who reads the numbers: efficiency_units.c, malmquist_units.c. */
#include "handlers/analysis/unit_names.h"

#include <stdbool.h>
#include <string.h>

#include "analytics/dea/dea.h"
#include "base/text.h"
#include "handlers/analysis/analysis.h"
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

enum status unit_sides_read(struct arena *arena, const json_t *inputs, const json_t *outputs, const char *const *reserved,
                            struct unit_names *input_names, struct unit_names *output_names, struct faults *faults)
{
    const struct unit_names_rules of_inputs = { DEA_INPUTS_MAX, reserved, NULL };
    const struct unit_names_rules of_outputs = { DEA_OUTPUTS_MAX, reserved, input_names };
    enum status status = inputs == NULL ? STATUS_OK : unit_names_read(arena, "inputs", inputs, &of_inputs, input_names, faults);
    if (status == STATUS_OK && outputs != NULL) {
        status = unit_names_read(arena, "outputs", outputs, &of_outputs, output_names, faults);
    }
    return status;
}

struct bind_member unit_number_row(const char *name, size_t offset, size_t index)
{
    return (struct bind_member){ name, BIND_NUMBER, true, offset + index * sizeof(double), 0, ANALYSIS_NUMBER_MAX, NULL, NULL };
}

enum status unit_rows_bind(struct arena *arena, json_t *dmus, const struct bind_table *table, size_t max, struct bind_array *rows,
                           struct faults *faults)
{
    json_t *object = json_object();
    if (object == NULL || json_object_set(object, "dmus", dmus) != 0) {
        json_decref(object);
        return STATUS_EXHAUSTED;
    }
    const struct bind_member member = { "dmus", BIND_OBJECTS, true, 0, 1, (int64_t)max, NULL, table };
    const struct bind_table alone = { &member, 1, sizeof *rows };
    enum status status = json_bind(object, &alone, BIND_CLEAR, "", rows, arena, faults);
    json_decref(object);
    return status == STATUS_EXHAUSTED ? status : STATUS_OK;
}
