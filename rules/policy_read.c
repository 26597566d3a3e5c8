/*
 * Reading a policy's body. The kinds that it may name are those of supplies and transfers; they stand in the table as JSON
 * text in the order of enum command_kind, so that two policies that say the same are the same.
 */
#include "rules/policy_read.h"

#include <string.h>

#include "base/text.h"
#include "json/unfit.h"
#include "json/write.h"
#include "rules/command_kind.h"

static const char everything[] = "*";

static bool may_be_demanded(enum command_kind kind)
{
    const char *name = command_kind_name(kind);
    return strncmp(name, "supply.", 7) == 0 || strncmp(name, "transfer.", 9) == 0;
}

/* What is wrong with one item, and what would be accepted. */
static void complain(const json_t *value, size_t index, struct arena *arena, struct faults *faults)
{
    const char *names[COMMAND_KINDS + 1];
    size_t count = 0;
    struct buffer list;
    const char *pointer = arena_format(arena, "/signed_kinds/%zu", index);
    if (json_is_unfit(value, faults)) {
        return;
    }
    buffer_init(&list);
    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        if (may_be_demanded((enum command_kind)kind)) {
            names[count] = command_kind_name((enum command_kind)kind);
            buffer_format(&list, "%s%s", count > 0 ? ", " : "", names[count]);
            count++;
        }
    }
    buffer_text(&list, " or ");
    buffer_text(&list, everything);
    if (pointer == NULL || list.failed) {
        faults_add(faults, "/signed_kinds", "not_a_choice", "one of the kinds is unknown"); /* no memory to name it */
    } else if (!json_is_string(value)) {
        faults_add(faults, pointer, "wrong_type", "signed_kinds has %s; %s is wanted", json_type_phrase(value), list.bytes);
    } else {
        const char *text = json_string_value(value);
        faults_add(faults, pointer, "not_a_choice", "signed_kinds has %s; %s is wanted",
                   faults_quote(faults, text, strlen(text)), list.bytes);
        faults_suggest(faults, text_nearest(text, names, count));
    }
    buffer_fini(&list);
}

/* The array as it is stored. */
static enum status write_kinds(const bool named[COMMAND_KINDS], bool has_all, struct arena *arena, const char **out)
{
    struct json_writer w;
    struct buffer text;
    buffer_init(&text);
    json_writer_init(&w, &text);
    json_array_begin(&w);
    if (has_all) {
        json_text(&w, everything);
    }
    for (int kind = 0; !has_all && kind < COMMAND_KINDS; kind++) {
        if (named[kind]) {
            json_text(&w, command_kind_name((enum command_kind)kind));
        }
    }
    json_array_end(&w);
    const char *copy = text.failed ? NULL : arena_copy(arena, text.bytes, text.length);
    buffer_fini(&text);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    *out = copy;
    return STATUS_OK;
}

enum status policy_settle(struct policy_request *request, struct arena *arena, struct faults *faults)
{
    bool named[COMMAND_KINDS] = { false };
    bool has_all = false;
    bool is_sound = true; /* faults alone do not tell: what the parser could not hold, it has complained of before */
    const json_t *array = request->signed_kinds;
    if (array == NULL || json_is_unfit(array, faults)) {
        return STATUS_OK; /* said already */
    }
    if (!json_is_array(array)) {
        faults_add(faults, "/signed_kinds", "wrong_type", "signed_kinds is %s; an array is wanted", json_type_phrase(array));
        return STATUS_OK;
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *value = json_array_get(array, i);
        const char *text = json_is_string(value) && !json_is_unfit(value, faults) ? json_string_value(value) : "";
        enum command_kind kind = COMMAND_KINDS;
        if (strcmp(text, everything) == 0) {
            has_all = true;
        } else if (command_kind_from_name(text, &kind) == STATUS_OK && may_be_demanded(kind)) {
            named[kind] = true;
        } else {
            complain(value, i, arena, faults);
            is_sound = false;
        }
    }
    return !is_sound ? STATUS_OK : write_kinds(named, has_all, arena, &request->signed_kinds_text);
}
