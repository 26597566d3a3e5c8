/*
 * Reading header and payload of a JWS, as strictly as any body: members that stand twice, or that nobody knows, are no way to say
 * two things to two readers. The bytes: ledger/jws.c. Whether the signature is good and its key may sign: handlers/submit_signed.c
 * when a command comes, signature.c when it is carried out, verify/submitters.c afterwards.
 */
#include "rules/signed.h"

#include <string.h>

#include "base/limits.h"
#include "json/bind.h"
#include "json/scan.h"
#include "ledger/submitter.h"

enum { LOG_BYTES_MAX = 127 };

/* A part of the JWS as JSON. What cannot be read is a fault at pointer, with the parser's code. */
static enum status parse(const char *bytes, size_t length, const char *what, const char *pointer, json_t **document,
                         struct faults *faults)
{
    struct faults *own = arena_alloc(faults->arena, sizeof *own);
    if (own == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(own, faults->arena);
    enum status status = json_parse(bytes, length, document, own);
    for (size_t i = 0; i < own->count; i++) {
        const struct fault *fault = &own->items[i];
        if (*document == NULL) {
            faults_add(faults, pointer, fault->code, "the %s of the JWS: %s", what, fault->detail);
        } else {
            const char *place = arena_format(faults->arena, "%s%s", pointer, fault->pointer); /* of a number that is too large */
            faults_add(faults, place != NULL ? place : pointer, fault->code, "%s", fault->detail);
        }
    }
    faults->has_unfit = faults->has_unfit || own->has_unfit;
    return status;
}

static void check_algorithm(const json_t *alg, struct faults *faults)
{
    const char *text = json_string_value(alg);
    if (text == NULL) {
        faults_add(faults, "/header/alg", "unsupported_algorithm", "alg is %s; \"ES256K\" is wanted: ECDSA over secp256k1 with SHA-256",
                   alg == NULL ? "missing" : json_type_phrase(alg));
    } else if (strcmp(text, SUBMITTER_ALGORITHM) != 0) {
        faults_add(faults, "/header/alg", "unsupported_algorithm", "alg is %s; \"ES256K\" is wanted: ECDSA over secp256k1 with SHA-256",
                   faults_quote(faults, text, strlen(text)));
    }
}

static void check_extensions(const json_t *header, struct faults *faults)
{
    if (json_object_get(header, "crit") != NULL) {
        faults_add(faults, "/header/crit", "critical_extension",
                   "crit says that what it names must be understood (RFC 7515, 4.1.11), and no extension is: leave crit out");
    }
    if (json_object_get(header, "b64") != NULL) {
        faults_add(faults, "/header/b64", "critical_extension",
                   "b64 (RFC 7797) is not understood: the payload stands in base64url; leave b64 out");
    }
}

/* The text of kid in the arena, or NULL and a fault. */
static const char *read_kid(const json_t *kid, struct arena *arena, struct faults *faults)
{
    const char *text = json_string_value(kid);
    if (text == NULL || text[0] == 0) {
        faults_add(faults, "/header/kid", "missing_kid",
                   "kid is %s; the id of a key that the organisation has registered is wanted: GET /organisations/{id}/keys lists them",
                   kid == NULL ? "missing" : json_type_phrase(kid));
        return NULL;
    }
    return arena_text(arena, text);
}

static enum status check_header(const json_t *header, struct arena *arena, struct faults *faults, const char **key)
{
    size_t before = faults->total;
    if (!json_is_object(header)) {
        faults_add(faults, "/header", "wrong_type", "the header of the JWS is %s; an object is wanted", json_type_phrase(header));
        return STATUS_INVALID;
    }
    check_algorithm(json_object_get(header, "alg"), faults);
    check_extensions(header, faults);
    const char *kid = read_kid(json_object_get(header, "kid"), arena, faults);
    if (faults->total > before) {
        return STATUS_INVALID;
    }
    if (kid == NULL) {
        return STATUS_EXHAUSTED;
    }
    *key = kid;
    return STATUS_OK;
}

/* The kid of a header that is these bytes and no others, as nearly all are; NULL for any other, which is parsed. */
static const char *usual_kid(const char *bytes, size_t length, struct arena *arena)
{
    static const char before[] = "{\"alg\":\"" SUBMITTER_ALGORITHM "\",\"kid\":\"", behind[] = "\"}";
    enum { DIGITS = KEY_ID_BYTES - 1, BEFORE = sizeof before - 1, BEHIND = sizeof behind - 1 };
    if (length != BEFORE + DIGITS + BEHIND || memcmp(bytes, before, BEFORE) != 0 || memcmp(bytes + BEFORE + DIGITS, behind, BEHIND) != 0) {
        return NULL;
    }
    const char *kid = arena_copy(arena, bytes + BEFORE, DIGITS);
    return kid != NULL && strspn(kid, "0123456789abcdef") == DIGITS ? kid : NULL;
}

enum status signed_read_header(const struct jws *jws, struct arena *arena, struct faults *faults, const char **key)
{
    const char *bytes = NULL;
    size_t length = 0;
    json_t *document = NULL;
    enum status status = jws_header(jws, arena, &bytes, &length);
    const char *usual = status == STATUS_OK ? usual_kid(bytes, length, arena) : NULL;
    if (usual != NULL) {
        *key = usual;
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = parse(bytes, length, "header", "/header", &document, faults);
    }
    if (status == STATUS_OK) {
        status = check_header(document, arena, faults, key);
    }
    json_decref(document);
    return status;
}

struct payload_members {
    const char *log, *kind, *id;
    json_t *target, *new_id, *body;
};

static const struct bind_member payload_rows[] = {
    BIND_TEXT_ROW(struct payload_members, log, true, LOG_BYTES_MAX),
    BIND_TEXT_ROW(struct payload_members, kind, true, LIMIT_ID_BYTES),
    BIND_VALUE_ROW(struct payload_members, target, false),
    BIND_TEXT_ROW(struct payload_members, id, true, LIMIT_KEY_BYTES),
    BIND_VALUE_ROW(struct payload_members, new_id, false),
    BIND_VALUE_ROW(struct payload_members, body, true),
};
static const struct bind_table payload_table = { payload_rows, sizeof payload_rows / sizeof payload_rows[0],
                                                 sizeof(struct payload_members) };

/* A member that may be left out, be null or be empty: all three say that there is none. */
static const char *optional(const json_t *value, const char *pointer, struct arena *arena, struct faults *faults)
{
    if (value == NULL || json_is_null(value)) {
        return "";
    }
    if (!json_is_string(value)) {
        faults_add(faults, pointer, "wrong_type", "%s is %s; a text is wanted", pointer + 1, json_type_phrase(value));
        return "";
    }
    return arena_text(arena, json_string_value(value));
}

/* A copy of each text; the body out of the decoded bytes, where scanning finds it. */
static enum status take(const struct payload_members *members, const char *bytes, size_t length, struct arena *arena,
                        struct faults *faults, struct signed_payload *payload)
{
    size_t before = faults->total, offset = 0, body_length = 0;
    struct signed_payload taken = { .log = NULL };
    taken.target = optional(members->target, "/target", arena, faults);
    taken.new_id = optional(members->new_id, "/new_id", arena, faults);
    if (!json_is_object(members->body)) {
        faults_add(faults, "/body", "wrong_type", "the member body of the payload is %s; an object is wanted",
                   json_type_phrase(members->body));
    }
    if (faults->total > before) {
        return STATUS_INVALID;
    }
    enum status status = json_scan_member(bytes, length, "body", &offset, &body_length);
    if (status != STATUS_OK) {
        return STATUS_CORRUPT; /* parsing has seen it */
    }
    taken.log = arena_text(arena, members->log);
    taken.kind = arena_text(arena, members->kind);
    taken.id = arena_text(arena, members->id);
    taken.body = arena_copy(arena, bytes + offset, body_length);
    taken.body_length = body_length;
    if (taken.log == NULL || taken.kind == NULL || taken.id == NULL || taken.target == NULL || taken.new_id == NULL ||
        taken.body == NULL) {
        return STATUS_EXHAUSTED;
    }
    *payload = taken;
    return STATUS_OK;
}

enum status signed_read_parsed(const struct jws *jws, struct arena *arena, struct faults *faults, struct signed_payload *payload,
                               json_t **body)
{
    struct payload_members members = { .log = NULL };
    const char *bytes = NULL;
    size_t length = 0, before = faults->total;
    json_t *document = NULL;
    enum status status = jws_payload(jws, arena, &bytes, &length);
    if (status == STATUS_OK) {
        status = parse(bytes, length, "payload", "", &document, faults);
    }
    if (document != NULL) {
        status = json_bind(document, &payload_table, BIND_CLEAR, "", &members, arena, faults);
        status = status == STATUS_OK && faults->total > before ? STATUS_INVALID : status;
    }
    if (status == STATUS_OK) {
        status = take(&members, bytes, length, arena, faults, payload);
    }
    if (status == STATUS_OK) {
        *body = json_incref(members.body);
    }
    json_decref(document);
    return status;
}

enum status signed_read_payload(const struct jws *jws, struct arena *arena, struct faults *faults,
                                struct signed_payload *payload)
{
    json_t *body = NULL;
    enum status status = signed_read_parsed(jws, arena, faults, payload, &body);
    json_decref(body);
    return status;
}
