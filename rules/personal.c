/*
 * Personal texts leave the body before it is hashed. The members to take out are those
 * that the binding tables mark BIND_PERSONAL; their places come from json_scan.
 */
#include "rules/personal.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "json/scan.h"
#include "rules/request.h"

enum { PERSONAL_MAX = LIMIT_LINES + 4 };

/* A personal member of the bound request and where its value stands in the body. */
struct place {
    struct bind_personal *member;
    const char *pointer;
    size_t offset;
    size_t length;
};

struct places {
    struct arena *arena;
    struct place items[PERSONAL_MAX];
    size_t count;
};

/* Notes the personal members that a table finds in a bound struct, in no order. */
static enum status collect(struct places *places, const struct bind_table *table, char *target, const char *prefix)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct bind_member *row = &table->members[i];
        if (row->kind == BIND_PERSONAL) {
            struct bind_personal *member = (struct bind_personal *)(void *)(target + row->offset);
            const char *pointer = arena_format(places->arena, "%s/%s", prefix, row->name);
            if (pointer == NULL) {
                return STATUS_EXHAUSTED;
            }
            if (member->text != NULL) {
                assert(places->count < PERSONAL_MAX);
                places->items[places->count++] = (struct place){ member, pointer, 0, 0 };
            }
        } else if (row->kind == BIND_OBJECTS) {
            struct bind_array *array = (struct bind_array *)(void *)(target + row->offset);
            for (size_t k = 0; k < array->count; k++) {
                const char *inner = arena_format(places->arena, "%s/%s/%zu", prefix, row->name, k);
                enum status status = inner == NULL ? STATUS_EXHAUSTED
                    : collect(places, row->table, (char *)array->items + k * row->table->size, inner);
                if (status != STATUS_OK) {
                    return status;
                }
            }
        }
    }
    return STATUS_OK;
}

static enum status locate(void *context, const struct scan_value *value)
{
    struct places *places = context;
    for (size_t i = 0; value->kind == '"' && i < places->count; i++) {
        if (strcmp(places->items[i].pointer, value->pointer) == 0) {
            places->items[i].offset = value->offset;
            places->items[i].length = value->length;
        }
    }
    return STATUS_OK;
}

static void sort_by_offset(struct places *places)
{
    for (size_t i = 1; i < places->count; i++) {
        struct place place = places->items[i];
        size_t k = i;
        for (; k > 0 && places->items[k - 1].offset > place.offset; k--) {
            places->items[k] = places->items[k - 1];
        }
        places->items[k] = place;
    }
}

/* Salts and commits one text, and writes what stands in its place. */
static enum status commit_one(struct command_personal *personal, struct place *place, struct arena *arena,
                              struct buffer *body)
{
    char *hex = arena_alloc(arena, COMMITMENT_HEX_BYTES);
    enum status status = hex == NULL ? STATUS_EXHAUSTED : random_bytes(personal->salt, sizeof personal->salt);
    if (status != STATUS_OK) {
        return status;
    }
    personal->pointer = place->pointer;
    personal->text = place->member->text;
    commitment_make(personal->commitment, personal->salt, personal->text, strlen(personal->text));
    text_to_hex(hex, personal->commitment, DIGEST_BYTES);
    place->member->commitment = hex;
    buffer_text(body, "{\"commitment\":\"");
    personal->hex_offset = body->length;
    buffer_text(body, hex);
    buffer_text(body, "\"}");
    return STATUS_OK;
}

static enum status rewrite(struct command *command, struct places *places, struct arena *arena)
{
    struct buffer body;
    size_t at = 0;
    enum status status = STATUS_OK;
    buffer_init(&body);
    for (size_t i = 0; status == STATUS_OK && i < places->count; i++) {
        struct place *place = &places->items[i];
        assert(place->length >= 2 && place->offset >= at);
        buffer_append(&body, command->submitted + at, place->offset - at);
        status = commit_one(&command->personal[i], place, arena, &body);
        at = place->offset + place->length;
    }
    if (status == STATUS_OK) {
        buffer_append(&body, command->submitted + at, command->submitted_length - at);
        char *copy = body.failed ? NULL : arena_copy(arena, body.bytes, body.length);
        status = copy == NULL ? STATUS_EXHAUSTED : STATUS_OK;
        if (copy != NULL) {
            command->body = copy;
            command->body_length = body.length;
        }
    }
    buffer_fini(&body);
    return status;
}

enum status personal_commit(struct command *command, struct arena *arena)
{
    struct places *places = arena_alloc(arena, sizeof *places);
    if (places == NULL) {
        return STATUS_EXHAUSTED;
    }
    places->arena = arena;
    /* The tables' structs are ours and not const in truth: command_decode made them. */
    char *request = (char *)(uintptr_t)command->request;
    enum status status = command->kind == COMMAND_FIGURES_PUT || command->kind == COMMAND_GENESIS
        ? STATUS_OK : collect(places, request_table((int)command->kind), request, "");
    if (status != STATUS_OK || places->count == 0) {
        return status;
    }
    status = json_scan(command->submitted, command->submitted_length, locate, places);
    if (status != STATUS_OK) {
        return status;
    }
    sort_by_offset(places);
    command->personal = arena_array(arena, places->count, sizeof *command->personal);
    if (command->personal == NULL) {
        return STATUS_EXHAUSTED;
    }
    command->personal_count = places->count;
    return rewrite(command, places, arena);
}
