/*
 * Making, showing and using a submitter's key. A command's body is read here just as a service would read it, so that what would be
 * refused for itself is not signed; its personal texts become commitments, and stand beside the JWS.
 */
#include "server/command/sign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "json/write.h"
#include "ledger/submitter.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "server/config/table.h"
#include "server/command/jwk_file.h"
#include "server/tell.h"

/* Prints what was written; whatever went wrong is told. */
static int print(const struct buffer *out, const char *end)
{
    if (out->failed || fwrite(out->bytes, 1, out->length, stdout) != out->length || fputs(end, stdout) == EOF || fflush(stdout) != 0) {
        tell("the output could not be written: %s", out->failed ? "there is no memory" : strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/* The public half of a key that was made or read. */
static int print_public(const struct config *config, enum status (*get)(const char *path, struct key **key))
{
    struct buffer out;
    struct key *key = NULL;
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = get(config->file, &key);
    }
    if (status != STATUS_OK) {
        return EXIT_FAILURE;
    }
    buffer_init(&out);
    jwk_write_public(key, &out);
    int code = print(&out, "\n");
    buffer_fini(&out);
    key_free(key);
    return code;
}

int command_key_new(const struct config *config)
{
    return print_public(config, jwk_file_make);
}

int command_key_show(const struct config *config)
{
    return print_public(config, jwk_file_read);
}

/* The body without the blanks around it, such as the line feed at the end of a file. */
static void trim(struct buffer *body, const char **text, size_t *length)
{
    static const char blanks[] = " \t\r\n";
    const char *from = body->bytes != NULL ? body->bytes : "";
    const char *to = from + body->length;
    while (from < to && memchr(blanks, from[0], sizeof blanks - 1) != NULL) {
        from++;
    }
    while (to > from && memchr(blanks, to[-1], sizeof blanks - 1) != NULL) {
        to--;
    }
    *text = from;
    *length = (size_t)(to - from);
}

/* The whole of standard input or of a file, as long as a body may be. */
static enum status read_body(const char *path, struct buffer *out)
{
    char piece[4096];
    size_t got = 0;
    bool is_input = path == NULL || strcmp(path, "-") == 0;
    errno = 0;
    FILE *file = is_input ? stdin : fopen(path, "rb");
    while (file != NULL && out->length <= LIMIT_BODY_LARGE && (got = fread(piece, 1, sizeof piece, file)) > 0) {
        buffer_append(out, piece, got);
    }
    bool is_read = file != NULL && !ferror(file) && !out->failed;
    if (!is_read) {
        tell("the body cannot be read from %s: %s", is_input ? "standard input" : path, strerror(errno));
    } else if (out->length > LIMIT_BODY_LARGE) {
        tell("the body has more than %zu bytes", LIMIT_BODY_LARGE);
        is_read = false;
    }
    if (file != NULL && !is_input) {
        fclose(file);
    }
    return is_read ? STATUS_OK : STATUS_INVALID;
}

static enum status read_kind(const struct config *config, enum command_kind *kind)
{
    const char *names[COMMAND_KINDS];
    if (command_kind_from_name(config->kind, kind) == STATUS_OK && *kind != COMMAND_GENESIS) {
        return STATUS_OK;
    }
    for (int i = 0; i < COMMAND_KINDS; i++) {
        names[i] = command_kind_name((enum command_kind)i);
    }
    const char *near = text_nearest(config->kind, names, COMMAND_KINDS);
    tell("--kind: there is no command %s%s%s; a kind is what an entry calls it, as transfer.receive", config->kind,
         near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    return STATUS_INVALID;
}

/* The id of what the command makes: the body's, else the one given, else a new one. */
static enum status settle_new_id(const struct config *config, struct command *command, char uuid[UUID_BYTES])
{
    bool creates = command->kind == COMMAND_SUPPLY_INTAKE || command->kind == COMMAND_TRANSFER_CREATE;
    if (config->new_id != NULL && command->new_id[0] != 0 && strcmp(command->new_id, config->new_id) != 0) {
        tell("--new-id: the body names the id %s", command->new_id);
        return STATUS_INVALID;
    }
    if (command->new_id[0] != 0) {
        return STATUS_OK;
    }
    if (config->new_id != NULL || !creates) {
        command->new_id = config->new_id != NULL ? config->new_id : "";
        return STATUS_OK;
    }
    command->new_id = uuid;
    return random_uuid(uuid, clock_wall_ms());
}

/* Reads the body into the command, committed; what is wrong with it is told, one line for each thing. */
static enum status decode(struct command *command, struct buffer *body, struct arena *arena)
{
    const char *text = NULL;
    size_t length = 0;
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, arena);
    trim(body, &text, &length);
    if (length == 0 || text[0] != '{') {
        tell("the body is no JSON object: what is signed is {...}, figures too");
        return STATUS_INVALID;
    }
    enum status status = command_decode(command, BIND_CLEAR, text, length, arena, faults);
    for (size_t i = 0; status == STATUS_INVALID && i < faults->count; i++) {
        const char *pointer = faults->items[i].pointer;
        tell("the body%s%s: %s", pointer != NULL && pointer[0] != 0 ? " at " : "", pointer != NULL ? pointer : "", faults->items[i].detail);
    }
    return status;
}

static void write_payload(const struct config *config, const struct command *command, struct buffer *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_member_text(&w, "log", config->log);
    json_member_text(&w, "kind", config->kind);
    if (command->target[0] != 0) {
        json_member_text(&w, "target", command->target);
    }
    json_member_text(&w, "id", command->id);
    if (command->new_id[0] != 0) {
        json_member_text(&w, "new_id", command->new_id);
    }
    json_key(&w, "body");
    json_raw(&w, command->body, command->body_length);
    json_object_end(&w);
    json_writer_finish(&w);
}

static void append_base64url(struct buffer *out, const void *bytes, size_t length)
{
    char *text = malloc(TEXT_BASE64_BYTES(length));
    if (text == NULL) {
        out->failed = true;
        return;
    }
    buffer_append(out, text, text_to_base64url(text, bytes, length));
    free(text);
}

/* The compact JWS. */
static void sign(const struct key *key, const struct buffer *payload, struct buffer *out)
{
    struct buffer header;
    uint8_t digest[DIGEST_BYTES], signature[KEY_SIGNATURE_BYTES];
    buffer_init(&header);
    buffer_format(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", SUBMITTER_ALGORITHM, key_id(key));
    out->failed = out->failed || header.failed || payload->failed;
    if (!out->failed) {
        append_base64url(out, header.bytes, header.length);
        buffer_byte(out, '.');
        append_base64url(out, payload->bytes, payload->length);
    }
    if (!out->failed) {
        digest_bytes(digest, out->bytes, out->length);
        key_sign(key, digest, signature);
        buffer_byte(out, '.');
        append_base64url(out, signature, sizeof signature);
    }
    buffer_fini(&header);
}

/* {"jws": ..., "private": {...}} */
static void wrap(const struct command *command, const struct buffer *jws, struct buffer *out)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, "jws");
    json_text_length(&w, jws->bytes, jws->length);
    if (command->personal_count > 0) {
        json_key(&w, "private");
        json_object_begin(&w);
        for (size_t i = 0; i < command->personal_count; i++) {
            const struct command_personal *personal = &command->personal[i];
            json_key(&w, personal->pointer);
            json_object_begin(&w);
            json_member_text(&w, "text", personal->text);
            json_member_hex(&w, "salt", personal->salt, sizeof personal->salt);
            json_object_end(&w);
        }
        json_object_end(&w);
    }
    json_object_end(&w);
    json_writer_finish(&w);
}

static int sign_and_print(const struct config *config, const struct key *key, const struct command *command)
{
    struct buffer payload, jws, out;
    buffer_init(&payload);
    buffer_init(&jws);
    buffer_init(&out);
    write_payload(config, command, &payload);
    sign(key, &payload, &jws);
    int code = EXIT_FAILURE;
    if (config->is_compact && command->personal_count > 0) {
        tell("--compact: the body has personal texts, which travel beside the JWS: leave --compact out");
    } else if (config->is_compact || jws.failed) {
        code = print(&jws, "");
    } else {
        wrap(command, &jws, &out);
        code = print(&out, "\n");
    }
    buffer_fini(&payload);
    buffer_fini(&jws);
    buffer_fini(&out);
    return code;
}

/* Whether the idempotency key is one. */
static bool is_key(const char *id)
{
    size_t length = strlen(id);
    for (size_t i = 0; i < length; i++) {
        if (id[i] < 0x21 || id[i] > 0x7e) {
            length = 0;
        }
    }
    if (length == 0 || length > LIMIT_KEY_BYTES) {
        tell("--id: the idempotency key has 1 to 255 visible ASCII characters without blanks");
        return false;
    }
    return true;
}

int command_key_sign(const struct config *config)
{
    struct arena arena;
    struct buffer body;
    struct key *key = NULL;
    char uuid[UUID_BYTES];
    struct command command = { .target = config->target != NULL ? config->target : "", .id = config->id, .new_id = "" };
    int code = EXIT_FAILURE;
    arena_init(&arena);
    buffer_init(&body);
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = is_key(config->id) ? read_kind(config, &command.kind) : STATUS_INVALID;
    }
    if (status == STATUS_OK) {
        status = jwk_file_read(config->file, &key);
    }
    if (status == STATUS_OK) {
        status = read_body(config->body_path, &body);
    }
    if (status == STATUS_OK) {
        status = decode(&command, &body, &arena);
    }
    if (status == STATUS_OK) {
        status = settle_new_id(config, &command, uuid);
    }
    if (status == STATUS_OK) {
        code = sign_and_print(config, key, &command);
    }
    command_fini(&command);
    key_free(key);
    buffer_fini(&body);
    arena_fini(&arena);
    return code;
}
