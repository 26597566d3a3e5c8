/*
 * From a JWS to a command. The bytes: ledger/jws.h; what header and payload say: rules/signed.h. Signatures are verified here, on the
 * loops' threads, so that the one thread that writes never waits for one.
 */
#include "handlers/submit_signed.h"

#include <string.h>

#include "base/text.h"
#include "db/reference.h"
#include "db/signing.h"
#include "handlers/access.h"
#include "json/bind.h"
#include "ledger/submitter.h"
#include "rules/decode.h"
#include "rules/identifier.h"
#include "rules/personal.h"
#include "rules/signed.h"

/* One request on its way. */
struct reading {
    struct exchange *exchange;
    struct command *command;
    struct arena *arena;
    struct faults *faults;
    const char *compact; /* the JWS */
    size_t compact_length;
    struct personal_text *texts;
    size_t text_count;
    struct command_signature *signature;
    struct jws jws;
    struct signed_payload payload;
    json_t *body; /* of the payload, until the command has it */
};

bool submit_is_signed(const struct exchange *exchange)
{
    static const char name[] = "\"jws\"";
    if (exchange->is_jose) {
        return true;
    }
    if (exchange->is_csv || !exchange->route->takes_jose ||
        memmem(exchange->body, exchange->body_length, name, sizeof name - 1) == NULL) {
        return false;
    }
    struct faults *unheard = arena_alloc(exchange->arena, sizeof *unheard);
    json_t *document = NULL;
    bool is_signed = false;
    if (unheard != NULL) {
        faults_init(unheard, exchange->arena);
        (void)(json_parse(exchange->body, exchange->body_length, &document, unheard) == STATUS_OK);
        is_signed = json_object_get(document, "jws") != NULL;
        json_decref(document);
    }
    return is_signed;
}

struct wrapper {
    const char *jws;
    json_t *private;
};

struct wrapped_text {
    struct bind_personal text;
    const char *salt;
};

static const struct bind_member wrapper_rows[] = {
    BIND_TEXT_ROW(struct wrapper, jws, true, INT64_MAX),
    BIND_VALUE_ROW(struct wrapper, private, false),
};
static const struct bind_table wrapper_table = { wrapper_rows, 2, sizeof(struct wrapper) };

static const struct bind_member text_rows[] = {
    BIND_PERSONAL_ROW(struct wrapped_text, text, true, LIMIT_TEXT_BYTES),
    BIND_TEXT_ROW(struct wrapped_text, salt, true, 2 * COMMITMENT_SALT_BYTES),
};
static const struct bind_table text_table = { text_rows, 2, sizeof(struct wrapped_text) };

/* A member's name as it stands in a pointer. */
static const char *escaped(struct arena *arena, const char *name)
{
    struct buffer out;
    buffer_init(&out);
    for (const char *at = name; *at != 0; at++) {
        if (*at == '~' || *at == '/') {
            buffer_text(&out, *at == '~' ? "~0" : "~1");
        } else {
            buffer_byte(&out, *at);
        }
    }
    const char *copy = out.failed ? NULL : arena_text(arena, out.length > 0 ? out.bytes : "");
    buffer_fini(&out);
    return copy;
}

static enum status read_text(struct reading *r, const char *name, json_t *value, struct personal_text *out)
{
    struct wrapped_text found = { { NULL, NULL }, NULL };
    const char *inner = escaped(r->arena, name);
    const char *pointer = inner != NULL ? arena_format(r->arena, "/private/%s", inner) : NULL;
    if (pointer == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = json_bind(value, &text_table, BIND_CLEAR, pointer, &found, r->arena, r->faults);
    if (status != STATUS_OK) {
        return status == STATUS_INVALID ? STATUS_OK : status;
    }
    if (text_from_hex(found.salt, out->salt, sizeof out->salt) != STATUS_OK) {
        pointer = arena_format(r->arena, "%s/salt", pointer);
        faults_add(r->faults, pointer != NULL ? pointer : "/private", "bad_format",
                   "salt is not hexadecimal; 64 digits of 0-9 and a-f are wanted");
    }
    out->pointer = arena_text(r->arena, name);
    out->text = arena_text(r->arena, found.text.text);
    return out->pointer != NULL && out->text != NULL ? STATUS_OK : STATUS_EXHAUSTED;
}

static enum status read_texts(struct reading *r, json_t *private)
{
    const char *name = NULL;
    json_t *value = NULL;
    enum status status = STATUS_OK;
    if (private == NULL || json_is_null(private)) {
        return STATUS_OK;
    }
    if (!json_is_object(private)) {
        faults_add(r->faults, "/private", "wrong_type", "private is %s; an object is wanted", json_type_phrase(private));
        return STATUS_OK;
    }
    if (json_object_size(private) > PERSONAL_MAX) {
        faults_add(r->faults, "/private", "too_long", "private has %zu items; at most %d are accepted", json_object_size(private),
                   (int)PERSONAL_MAX);
        return STATUS_OK;
    }
    r->texts = arena_array(r->arena, json_object_size(private), sizeof *r->texts);
    if (r->texts == NULL) {
        return STATUS_EXHAUSTED;
    }
    json_object_foreach(private, name, value) {
        status = status == STATUS_OK ? read_text(r, name, value, &r->texts[r->text_count++]) : status;
    }
    return status;
}

/* {"jws": ..., "private": ...} */
static enum status read_wrapper(struct reading *r)
{
    struct wrapper wrapper = { NULL, NULL };
    json_t *document = NULL;
    enum status status = json_parse(r->exchange->body, r->exchange->body_length, &document, r->faults);
    if (document != NULL) {
        status = json_bind(document, &wrapper_table, BIND_CLEAR, "", &wrapper, r->arena, r->faults);
        if (status == STATUS_OK || status == STATUS_INVALID) {
            enum status read = read_texts(r, wrapper.private);
            status = read != STATUS_OK ? read : status;
        }
    }
    if (status == STATUS_OK && r->faults->total > 0) {
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK) {
        r->compact = arena_text(r->arena, wrapper.jws);
        r->compact_length = strlen(wrapper.jws);
        status = r->compact == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    }
    json_decref(document);
    return status;
}

/* The JWS, and the key that its header names. */
static enum status read_jws(struct reading *r)
{
    struct exchange *exchange = r->exchange;
    if (exchange->is_jose) {
        r->compact = exchange->body;
        r->compact_length = exchange->body_length;
    } else {
        enum status status = read_wrapper(r);
        if (status != STATUS_OK) {
            return status;
        }
    }
    enum jws_fault fault = jws_read(r->compact, r->compact_length, &r->jws);
    enum status status = STATUS_INVALID;
    if (fault == JWS_SOUND || fault == JWS_SIGNATURE) {
        status = signed_read_header(&r->jws, r->arena, r->faults, &r->signature->key);
    }
    if (fault != JWS_SOUND && r->faults->total == 0) {
        faults_add(r->faults, exchange->is_jose ? "" : "/jws", "invalid_jws", "%s", jws_fault_text(fault));
        return STATUS_INVALID;
    }
    if (status == STATUS_OK) {
        r->signature->input = r->jws.input;
        r->signature->input_length = r->jws.input_length;
        memcpy(r->signature->bytes, r->jws.signature, sizeof r->signature->bytes);
        r->command->signature = r->signature;
        r->command->submitted = r->compact;
        r->command->submitted_length = r->compact_length;
    }
    return status;
}

/* The key must be the caller's organisation's, and the signature good. */
static enum status check_signature(struct reading *r)
{
    const char *organisation = r->exchange->caller.organisation;
    struct organisation_key row;
    struct submitter_key key;
    uint8_t digest[DIGEST_BYTES];
    enum status status = db_organisation_key_find(r->exchange->db, r->arena, r->signature->key, &row);
    if (status == STATUS_ABSENT) {
        faults_add(r->faults, "/header/kid", "unknown_key",
                   "no key %s is registered; an administrator registers it: POST /organisations/{id}/keys",
                   faults_quote(r->faults, r->signature->key, strlen(r->signature->key)));
        return STATUS_INVALID;
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (organisation[0] == 0 || strcmp(row.organisation, organisation) != 0) {
        faults_add(r->faults, "/header/kid", "foreign_key",
                   "the key %s is one of %s, the token is one of %s: sign with a key of the token's organisation", row.id,
                   row.organisation, organisation[0] != 0 ? organisation : "no organisation");
        return STATUS_INVALID;
    }
    jws_digest(&r->jws, digest);
    if (submitter_key_read(&key, row.public_key) != STATUS_OK) {
        return STATUS_CORRUPT;
    }
    if (submitter_verify(&key, digest, r->jws.signature) != STATUS_OK) {
        faults_add(r->faults, r->exchange->is_jose ? "" : "/jws", "signature_invalid",
                   "the signature is not one of the key %s over this header and payload: ECDSA over secp256k1 with SHA-256 of the text "
                   "before the second dot, as r and s of 32 bytes each", row.id);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static void differ(struct reading *r, const char *member, const char *said, const char *wanted)
{
    faults_add(r->faults, member, "payload_mismatch", "the payload's %s is %s, this request's is %s", member + 1,
               said[0] != 0 ? faults_quote(r->faults, said, strlen(said)) : "missing",
               wanted[0] != 0 ? faults_quote(r->faults, wanted, strlen(wanted)) : "none: leave it out");
}

static void compare(struct reading *r, const char *member, const char *said, const char *wanted)
{
    if (strcmp(said, wanted) != 0) {
        differ(r, member, said, wanted);
    }
}

/* The idempotency key is the payload's; a header may repeat it. */
static enum status check_id(struct reading *r)
{
    const char *id = r->payload.id;
    for (const char *at = id; *at != 0; at++) {
        if (*at < 0x21 || *at > 0x7e) {
            faults_add(r->faults, "/id", "bad_format", "id has 1 to 255 visible ASCII characters without blanks: it is the idempotency key");
            return STATUS_OK;
        }
    }
    if (r->exchange->header(r->exchange, "Idempotency-Key") != NULL) {
        const char *key = access_key(r->exchange);
        if (key == NULL) {
            return STATUS_CONFLICT; /* the problem is the reply */
        }
        compare(r, "/id", id, key);
    }
    return STATUS_OK;
}

static void check_new_id(struct reading *r, bool is_new)
{
    const char *id = r->payload.new_id;
    bool has_own = r->command->kind == COMMAND_ORGANISATION_KEY_ADD; /* made of the key: compared when the body is read */
    if (is_new && id[0] == 0) {
        faults_add(r->faults, "/new_id", "missing_member",
                   "new_id is missing; the id of what this makes is wanted: the body's, a UUID, or the key's");
    } else if (!is_new) {
        compare(r, "/new_id", id, "");
    } else if (!text_is_path_id(id)) {
        faults_add(r->faults, "/new_id", "bad_format", "new_id is %s; an id (1 to 64 of letters, digits, dot, hyphen and underscore, "
                   "not . or .. alone) is wanted", faults_quote(r->faults, id, strlen(id)));
    } else if (!has_own && identifier_is_reserved(id)) {
        faults_add(r->faults, "/new_id", "reserved_id", "%s stands for another resource in paths: choose another id", id);
    }
}

/* Everything that the payload says besides its body, against the request: all that differs is named. */
static enum status check_payload(struct reading *r, bool is_new)
{
    const char *origin = NULL;
    struct command *command = r->command;
    enum status status = signed_read_parsed(&r->jws, r->arena, r->faults, &r->payload, &r->body);
    if (status == STATUS_OK) {
        status = db_parameter_find(r->exchange->db, r->arena, "origin", &origin);
    }
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
    }
    compare(r, "/log", r->payload.log, origin);
    compare(r, "/kind", r->payload.kind, command_kind_name(command->kind));
    compare(r, "/target", r->payload.target, command->target);
    status = check_id(r);
    check_new_id(r, is_new);
    if (status != STATUS_OK) {
        return status;
    }
    command->id = r->payload.id;
    command->new_id = r->payload.new_id;
    return r->faults->total > 0 ? STATUS_INVALID : STATUS_OK;
}

/* What the payload says beside the body that was read, and the texts of the body's commitments. */
static enum status finish_body(struct reading *r, struct faults *faults)
{
    struct command *command = r->command;
    if (strcmp(command->new_id, r->payload.new_id) != 0) {
        faults_add(faults, "/new_id", "payload_mismatch", "the payload's new_id is %s, its body's id %s",
                   faults_quote(faults, r->payload.new_id, strlen(r->payload.new_id)),
                   faults_quote(faults, command->new_id, strlen(command->new_id)));
        return STATUS_INVALID;
    }
    return personal_attach(command, r->texts, r->text_count, r->arena, faults);
}

/* The same of one whose only faults are refused later (rules/decode.h). STATUS_INVALID: they are refused now, and alone. */
static enum status finish_late(struct reading *r)
{
    struct faults *beside = arena_alloc(r->arena, sizeof *beside);
    if (beside == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(beside, r->arena);
    return finish_body(r, beside);
}

/* The command's own body: read as any, but that it has commitments; then the texts. */
static enum status read_body(struct reading *r, bool *in_body)
{
    struct command *command = r->command;
    const char *submitted = command->submitted;
    size_t length = command->submitted_length;
    enum status status = command_decode_parsed(command, BIND_SIGNED, r->payload.body, r->payload.body_length, r->body, r->arena, r->faults);
    r->body = NULL;
    command->submitted = submitted; /* what tells a retry from another request */
    command->submitted_length = length;
    if (status == STATUS_OK) {
        return finish_body(r, r->faults);
    }
    if (status == STATUS_INVALID && command->unseen != NULL) {
        status = finish_late(r);
    }
    *in_body = status == STATUS_INVALID;
    return status;
}

enum status submit_read_signed(struct exchange *exchange, struct command *command, bool is_new, struct faults *faults,
                               bool *in_body)
{
    struct reading *r = arena_alloc(exchange->arena, sizeof *r);
    *in_body = false;
    if (r == NULL) {
        return STATUS_EXHAUSTED;
    }
    *r = (struct reading){ .exchange = exchange, .command = command, .arena = exchange->arena, .faults = faults,
                           .signature = arena_alloc(exchange->arena, sizeof *r->signature) };
    enum status status = r->signature == NULL ? STATUS_EXHAUSTED : read_jws(r);
    if (status == STATUS_OK) {
        status = check_signature(r);
    }
    if (status == STATUS_OK) {
        status = check_payload(r, is_new);
    }
    if (status == STATUS_OK) {
        status = read_body(r, in_body);
    }
    json_decref(r->body);
    return status;
}
