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
            if (request_has_text(member)) {
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

/* The personal members of a command; where they stand is found by scanning. */
static enum status find_places(struct command *command, struct arena *arena, struct places **out)
{
    struct places *places = arena_alloc(arena, sizeof *places);
    if (places == NULL) {
        return STATUS_EXHAUSTED;
    }
    places->arena = arena;
    *out = places;
    /* The tables' structs are ours and not const in truth: command_decode made them. */
    char *request = (char *)(uintptr_t)command->request;
    return command->kind == COMMAND_FIGURES_PUT || command->kind == COMMAND_GENESIS
        ? STATUS_OK : collect(places, request_table((int)command->kind), request, "");
}

enum status personal_commit(struct command *command, struct arena *arena)
{
    struct places *places = NULL;
    enum status status = find_places(command, arena, &places);
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

/* Where the digits of a commitment stand: its member lies within the place. */
static enum status locate_commitment(void *context, const struct scan_value *value)
{
    struct places *places = context;
    for (size_t i = 0; value->kind == '"' && i < places->count; i++) {
        size_t length = strlen(places->items[i].pointer);
        if (strncmp(value->pointer, places->items[i].pointer, length) == 0 && strcmp(value->pointer + length, "/commitment") == 0) {
            places->items[i].offset = value->offset + 1;
            places->items[i].length = value->length - 2;
        }
    }
    return STATUS_OK;
}

static struct personal_text *find_text(struct personal_text *texts, size_t count, const char *pointer)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i].pointer, pointer) == 0) {
            texts[i].is_used = true;
            return &texts[i];
        }
    }
    return NULL;
}

static bool stands_before(const struct command *command, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (memcmp(command->personal[i].commitment, command->personal[index].commitment, DIGEST_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* One commitment and its text. */
static void attach_one(struct command *command, size_t index, const struct place *place, struct personal_text *text,
                       struct faults *faults)
{
    struct command_personal *personal = &command->personal[index];
    const char *hex = place->member->commitment;
    uint8_t wanted[DIGEST_BYTES];
    personal->pointer = place->pointer;
    personal->hex_offset = place->offset;
    if (text_from_hex(hex, wanted, sizeof wanted) != STATUS_OK || place->length != 2 * DIGEST_BYTES ||
        memcmp(command->body + place->offset, hex, 2 * DIGEST_BYTES) != 0) {
        faults_add(faults, place->pointer, "bad_format", "the commitment's digits are written as they are, without escapes");
    } else if (text == NULL) {
        faults_add(faults, place->pointer, "missing_text",
                   "the text and the salt of this commitment are wanted beside the JWS: {\"jws\": \"...\", \"private\": {%s: "
                   "{\"text\": \"...\", \"salt\": 64 hexadecimal digits}}}", faults_quote(faults, place->pointer, strlen(place->pointer)));
    } else {
        personal->text = text->text;
        memcpy(personal->salt, text->salt, sizeof personal->salt);
        commitment_make(personal->commitment, personal->salt, personal->text, strlen(personal->text));
        if (memcmp(personal->commitment, wanted, sizeof wanted) != 0) {
            faults_add(faults, place->pointer, "commitment_mismatch",
                       "the commitment is not that of the text and the salt given: it is the SHA-256 of "
                       "\"tallystick/commitment/v1\", a line feed, the 32 bytes of the salt and the text");
        } else if (stands_before(command, index)) {
            faults_add(faults, place->pointer, "commitment_reused",
                       "another member of this body has this commitment: draw a new salt of 32 random bytes for every text");
        }
    }
}

/* Texts that nobody asked for. */
static void refuse_unneeded(const struct personal_text *texts, size_t count, struct arena *arena, struct faults *faults)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer pointer;
        buffer_init(&pointer);
        for (const char *at = texts[i].pointer; *at != 0; at++) {
            buffer_append(&pointer, *at == '~' ? "~0" : *at == '/' ? "~1" : at, *at == '~' || *at == '/' ? 2 : 1);
        }
        const char *place = pointer.failed || pointer.length == 0 ? "/private" : arena_format(arena, "/private/%s", pointer.bytes);
        if (!texts[i].is_used) {
            faults_add(faults, place != NULL ? place : "/private", "unneeded_text",
                       "the body of the payload has no commitment at %s: a text is kept only for a commitment that was signed",
                       faults_quote(faults, texts[i].pointer, strlen(texts[i].pointer)));
        }
        buffer_fini(&pointer);
    }
}

enum status personal_attach(struct command *command, struct personal_text *texts, size_t count, struct arena *arena,
                            struct faults *faults)
{
    struct places *places = NULL;
    size_t before = faults->total, first = faults->count;
    enum status status = find_places(command, arena, &places);
    if (status == STATUS_OK && places->count > 0) {
        status = json_scan(command->body, command->body_length, locate_commitment, places);
    }
    if (status != STATUS_OK) {
        return status;
    }
    sort_by_offset(places);
    command->personal = arena_array(arena, places->count, sizeof *command->personal);
    if (command->personal == NULL) {
        return STATUS_EXHAUSTED;
    }
    command->personal_count = places->count;
    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->items[i];
        attach_one(command, i, place, find_text(texts, count, place->pointer), faults);
    }
    faults_move(faults, first, "/body");
    refuse_unneeded(texts, count, arena, faults);
    return faults->total > before ? STATUS_INVALID : STATUS_OK;
}
