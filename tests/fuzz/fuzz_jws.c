/*
 * Signed commands as they come and as they are read back. The first byte is the kind; the rest is a compact JWS, or, where the
 * second byte is a slash, header and payload in clear with a line feed between, so that mutations reach what is behind base64url.
 * Whatever a JWS is read as, its entry must be read as the same: what is accepted once must be found again by replay and verify.
 */
#include <string.h>

#include "base/text.h"
#include "db/entry.h"
#include "ledger/jws.h"
#include "ledger/submitter.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "rules/personal.h"
#include "rules/signed_entry.h"
#include "tests/fuzz/fuzz.h"

static const char *encoded(struct arena *arena, const char *bytes, size_t length)
{
    char *text = arena_alloc(arena, TEXT_BASE64_BYTES(length));
    CHECK(text != NULL);
    text_to_base64url(text, bytes, length);
    return text;
}

/* header LF payload, as a JWS with a signature of zeros. */
static const char *compact_of(struct arena *arena, const char *bytes, size_t length)
{
    static const char zeros[KEY_SIGNATURE_BYTES];
    const char *end = memchr(bytes, '\n', length);
    size_t header = end != NULL ? (size_t)(end - bytes) : length;
    size_t payload = end != NULL ? length - header - 1 : 0;
    return arena_format(arena, "%s.%s.%s", encoded(arena, bytes, header), encoded(arena, bytes + length - payload, payload),
                        encoded(arena, zeros, sizeof zeros));
}

/* The parts of a JWS that is sound: what they decode to is encoded as it was. */
static void check_parts(const struct jws *jws, struct arena *arena)
{
    const char *header = NULL, *payload = NULL;
    size_t header_length = 0, payload_length = 0;
    struct jws again;
    CHECK(jws_header(jws, arena, &header, &header_length) == STATUS_OK && jws_payload(jws, arena, &payload, &payload_length) == STATUS_OK);
    const char *joined = arena_format(arena, "%s.%s", encoded(arena, header, header_length), encoded(arena, payload, payload_length));
    CHECK(strlen(joined) == jws->input_length && memcmp(joined, jws->input, jws->input_length) == 0);
    CHECK(jws_read_input(jws->input, jws->input_length, jws->signature, &again) == JWS_SOUND && again.header_length == jws->header_length);
}

static void check_body(enum command_kind kind, const struct signed_payload *payload, struct arena *arena)
{
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    struct command command = { .kind = kind, .target = payload->target, .id = payload->id, .new_id = payload->new_id,
                               .actor = { "ORG", ROLE_ADMIN, "tok" }, .if_version = COMMAND_VERSION_NONE };
    struct command again = command;
    CHECK(faults != NULL);
    faults_init(faults, arena);
    enum status status = command_decode(&command, BIND_SIGNED, payload->body, payload->body_length, arena, faults);
    CHECK((status == STATUS_OK || status == STATUS_INVALID) && (status == STATUS_INVALID) == (faults->total > 0));
    if (status == STATUS_OK) { /* replay reads whatever came in */
        CHECK(command_decode(&again, BIND_COMMITTED, payload->body, payload->body_length, arena, faults) == STATUS_OK);
        command_fini(&again);
        struct personal_text none = { "/note", "x", { 0 }, false };
        status = personal_attach(&command, &none, 1, arena, faults);
        CHECK(status == STATUS_INVALID && faults->total > 0); /* that text has no such salt, or was not asked for */
    }
    command_fini(&command);
}

/* The row that an accepted JWS leaves tells the same command. */
static void check_entry(const struct jws *jws, const char *key, const struct signed_payload *payload, struct arena *arena)
{
    struct signed_entry entry;
    struct signed_finding finding = { NULL, NULL };
    struct entry_row row = { .kind = payload->kind, .target = payload->target, .command_id = payload->id, .new_id = payload->new_id,
                             .submitter_key = key, .submitter_alg = SUBMITTER_ALGORITHM, .submitter_sig = jws->signature,
                             .submitter_sig_length = sizeof jws->signature, .body = jws->input, .body_stored_length = jws->input_length };
    CHECK(signed_read_entry(&row, payload->log, arena, &entry, &finding) == STATUS_OK);
    CHECK(strcmp(entry.key, key) == 0 && entry.body_length == payload->body_length &&
          memcmp(entry.body, payload->body, payload->body_length) == 0);
    row.target = "another";
    CHECK(strcmp(payload->target, "another") == 0 || signed_read_entry(&row, payload->log, arena, &entry, &finding) == STATUS_INVALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    struct jws jws;
    if (length < 2) {
        return 0;
    }
    arena_init(&arena);
    const char *text = arena_copy(&arena, (const char *)bytes + 1, length - 1);
    size_t text_length = length - 1;
    CHECK(text != NULL);
    if (text[0] == '/') {
        text = compact_of(&arena, text + 1, text_length - 1);
        text_length = strlen(text);
    }
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    const char *key = NULL;
    struct signed_payload payload;
    CHECK(faults != NULL);
    faults_init(faults, &arena);
    enum jws_fault fault = jws_read(text, text_length, &jws);
    CHECK(fault == JWS_SOUND || jws_fault_text(fault)[0] != 0);
    if (fault == JWS_SOUND) {
        check_parts(&jws, &arena);
        enum status status = signed_read_header(&jws, &arena, faults, &key);
        CHECK((status == STATUS_OK || status == STATUS_INVALID) && (status == STATUS_INVALID) == (faults->total > 0));
        size_t before = faults->total;
        enum status read = signed_read_payload(&jws, &arena, faults, &payload);
        CHECK((read == STATUS_OK || read == STATUS_INVALID) && (read == STATUS_INVALID) == (faults->total > before));
        if (read == STATUS_OK) {
            check_body((enum command_kind)(bytes[0] % COMMAND_KINDS), &payload, &arena);
        }
        if (status == STATUS_OK && read == STATUS_OK) {
            check_entry(&jws, key, &payload, &arena);
        }
    }
    arena_fini(&arena);
    return 0;
}
