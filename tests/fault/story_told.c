/*
 * What is told: the commands of the story. Their texts are made up; nothing in them matters but that they differ. Chance is that of this
 * file, which stands in for getrandom.
 */
#include "tests/fault/story_told.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/text.h"
#include "ledger/commitment.h"
#include "ledger/key.h"
#include "ledger/signer.h"
#include "rules/block.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "tests/fault/chance.h"
#include "tests/fault/story.h"

#define ORIGIN "test.example/story"
#define KEY "<the submitter's key>" /* its id takes the place of this */

enum { LONG_BODY_BYTES = 70000 };

#define INTAKE(QUANTITY, NOTE) \
    "{\"site\":\"A1\",\"item\":\"MASK\",\"quantity\":" QUANTITY ",\"source\":\"donation\",\"donor\":\"D\",\"note\":\"" NOTE "\"}"
#define ITEM(NAME) "{\"name\":\"" NAME "\",\"unit\":\"piece\"}"
#define SITE(ORGANISATION, PROVINCE) \
    "{\"name\":\"Site\",\"kind\":\"warehouse\",\"organisation\":\"" ORGANISATION "\",\"province\":\"" PROVINCE "\"}"
#define TRANSFER(SUPPLY, QUANTITY) \
    "{\"destination\":\"B1\",\"lines\":[{\"supply\":\"" SUPPLY "\",\"quantity\":" QUANTITY "}],\"rationale\":\"asked for\",\"note\":\"n\"}"

static const char genesis[] =
    "{\"origin\":\"" ORIGIN "\",\"time_zone_minutes\":480,\"node_key\":\"%s\",\"checkpoint_key\":\"%s\",\"provinces\":["
    "{\"code\":\"CN-HB\",\"gb_code\":\"420000\",\"name\":{\"en\":\"Hubei\",\"zh\":\"湖北\"},\"belt\":\"central\",\"capital\":\"Wuhan\","
    "\"lat\":30.59,\"lon\":114.31},"
    "{\"code\":\"CN-GD\",\"gb_code\":\"440000\",\"name\":{\"en\":\"Guangdong\",\"zh\":\"广东\"},\"belt\":\"central\","
    "\"capital\":\"Guangzhou\",\"lat\":23.13,\"lon\":113.26}],"
    "\"indicators\":[{\"id\":\"beds\",\"name\":\"Beds\",\"unit\":\"beds\"}],"
    "\"figures\":[{\"indicator\":\"beds\",\"year\":2019,\"province\":\"CN-HB\",\"value\":10.0}]}";

static const char figures[] =
    "{\"figures\":[{\"indicator\":\"beds\",\"year\":2020,\"province\":\"CN-HB\",\"value\":11.5},"
    "{\"indicator\":\"beds\",\"year\":2020,\"province\":\"CN-GD\",\"value\":12}]}";

const struct told story_commands[] = {
    { 0, COMMAND_GENESIS, "", "genesis", genesis, 201, 0 },
    { 1, COMMAND_ORGANISATION_PUT, "ORG-A", "k1", "{\"name\":\"A\",\"kind\":\"depot\"}", 201, 0 },
    { 1, COMMAND_ORGANISATION_PUT, "ORG-B", "k2", "{\"name\":\"B\",\"kind\":\"hospital\"}", 201, 0 },
    { 1, COMMAND_SITE_PUT, "A1", "k3", SITE("ORG-A", "CN-GD"), 201, 0 },
    { 1, COMMAND_SITE_PUT, "B1", "k4", SITE("ORG-B", "CN-HB"), 201, 0 },
    { 1, COMMAND_ITEM_PUT, "MASK", "k5", ITEM("Mask"), 201, 0 },
    { 2, COMMAND_SUPPLY_INTAKE, "", "S-1", INTAKE("100", "behind the kitchen"), 201, 0 },
    { 3, COMMAND_TRANSFER_CREATE, "", "T-1", TRANSFER("S-1", "60"), 201, 0 },
    { 3, COMMAND_TRANSFER_CREATE, "", "T-X", TRANSFER("S-1", "61"), 409, 0 },
    { 4, COMMAND_TRANSFER_DISPATCH, "T-1", "k6", "{\"note\":\"off\"}", 200, 0 },
    { 5, COMMAND_TRANSFER_RECEIVE, "T-1", "k7",
      "{\"lines\":[{\"line\":1,\"good\":30,\"damaged\":5,\"lost\":2,\"reason\":\"rain\"}],\"note\":\"in\"}", 200, 0 },
    { 5, COMMAND_SUPPLY_ADJUST, "S-1", "k8", "{\"delta\":-3,\"reason\":\"consumed\",\"note\":\"used\"}", 200, 0 },
    { 6, COMMAND_FIGURES_PUT, "", "k9", figures, 200, 0 },
    { 7, COMMAND_SUPPLY_ADJUST, "S-1", "k10", "{\"delta\":-1000,\"reason\":\"consumed\"}", 409, 0 },
    { 8, COMMAND_SUPPLY_INTAKE, "", "S-1", INTAKE("100", "behind the kitchen"), 201, TOLD_AGAIN },
    { 8, COMMAND_SUPPLY_INTAKE, "", "S-2", "{\"site\":\"B1\",\"item\":\"MASK\",\"quantity\":7,\"source\":\"found\"}", 201, 0 },
    { 9, COMMAND_ITEM_PUT, "I-1", "k11", ITEM("1"), 201, 0 },
    { 9, COMMAND_ITEM_PUT, "I-2", "k12", ITEM("2"), 201, 0 },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k13", "{\"delta\":1,\"reason\":\"counted\"}", 200, 0 },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k14", "{\"delta\":2,\"reason\":\"counted\"}", 200, 0 },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k15", "{\"delta\":-99,\"reason\":\"counted\"}", 409, 0 },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k16", "{\"delta\":3,\"reason\":\"counted\"}", 200, 0 },
    { 9, COMMAND_ITEM_PUT, "I-3", "k17", ITEM("3"), 201, 0 },
    { 10, COMMAND_TRANSFER_CREATE, "", "T-2", TRANSFER("S-1", "5"), 201, 0 },
    { 10, COMMAND_TRANSFER_CANCEL, "T-2", "k18", "{\"reason\":\"not needed\"}", 200, 0 },
    { 11, COMMAND_TRANSFER_RETURN, "T-1", "k19", "{\"reason\":\"too late\"}", 200, 0 },
    { 12, COMMAND_INDICATOR_PUT, "nurses", "k20", "{\"name\":\"Nurses\",\"unit\":\"people\"}", 201, 0 },
    { 13, COMMAND_ORGANISATION_KEY_ADD, "ORG-A", KEY, "", 201, 0 },
    { 13, COMMAND_SUPPLY_INTAKE, "", "S-3",
      "{\"site\":\"A1\",\"item\":\"MASK\",\"quantity\":5,\"source\":\"found\",\"lot\":\"L\",\"note\":\"to be forgotten\"}", 201, TOLD_FORGOTTEN },
    { 13, COMMAND_PRIVACY_ERASE, "", "k21", "", 201, 0 },
    { 13, COMMAND_SUPPLY_ADJUST, "S-3", "k22", "{\"delta\":2,\"reason\":\"counted\"}", 200, 0 },
    { 14, COMMAND_SUPPLY_ADJUST, "S-3", "k23", "{\"delta\":-1,\"reason\":\"consumed\"}", 200, TOLD_SIGNED },
    { 14, COMMAND_ORGANISATION_KEY_REVOKE, KEY, "k24", "{\"reason\":\"lost\"}", 200, 0 },
    { 14, COMMAND_SUPPLY_ADJUST, "S-3", "k25", "{\"delta\":-2,\"reason\":\"consumed\"}", 403, TOLD_SIGNED },
    { 14, COMMAND_SUPPLY_ADJUST, "S-3", "k23", "{\"delta\":-1,\"reason\":\"consumed\"}", 200, TOLD_SIGNED | TOLD_AGAIN },
    { 14, COMMAND_SUPPLY_ADJUST, "S-3", "k26", "{\"delta\":-3,\"reason\":\"consumed\"}", 200, 0 },
};
_Static_assert(sizeof story_commands / sizeof *story_commands == STORY_COMMANDS, "all of them");

/* Stands in for the kernel's: the same bytes for the same command. */
static struct chance salts;

ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)chance_next(&salts);
    }
    return (ssize_t)length;
}

static const char *or_key(const struct story *story, const char *text)
{
    return strcmp(text, KEY) == 0 ? key_id(story->submitter) : text;
}

static const char *key_body(const struct story *story, struct arena *arena)
{
    uint8_t x[32], y[32];
    char x_text[TEXT_BASE64_BYTES(32)], y_text[TEXT_BASE64_BYTES(32)];
    enum status status = key_coordinates(key_public(story->submitter), x, y);
    assert(status == STATUS_OK);
    text_to_base64url(x_text, x, sizeof x);
    text_to_base64url(y_text, y, sizeof y);
    return arena_format(arena, "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"%s\",\"y\":\"%s\"}", x_text, y_text);
}

/* The commitment of the text that a command brings first. */
static void commitment_of(const char *id, const char *text, char hex[COMMITMENT_HEX_BYTES])
{
    uint8_t salt[COMMITMENT_SALT_BYTES], commitment[DIGEST_BYTES];
    size_t index = 0;
    while (strcmp(story_commands[index].id, id) != 0) {
        index++;
    }
    struct chance chance = { index + 1 };
    for (size_t i = 0; i < sizeof salt; i++) {
        salt[i] = (uint8_t)chance_next(&chance);
    }
    commitment_make(commitment, salt, text, strlen(text));
    text_to_hex(hex, commitment, sizeof commitment);
}

/* Erases one text of an earlier block and one of the same block. */
static const char *erasure_body(struct arena *arena)
{
    char early[COMMITMENT_HEX_BYTES], late[COMMITMENT_HEX_BYTES];
    commitment_of("S-1", "behind the kitchen", early);
    commitment_of("S-3", "to be forgotten", late);
    return arena_format(arena, "{\"commitments\":[\"%s\",\"%s\"]}", early, late);
}

/* The body, in the arena: filled in, or with blanks behind it that make it a long one. */
static const char *body_of(const struct story *story, const struct told *told, struct arena *arena)
{
    if (told->body == genesis) {
        char hex[2 * KEY_PUBLIC_BYTES + 1], ed25519[2 * ED25519_PUBLIC_BYTES + 1];
        text_to_hex(hex, signer_public(story->signer), KEY_PUBLIC_BYTES);
        text_to_hex(ed25519, signer_ed25519(story->signer), ED25519_PUBLIC_BYTES);
        return arena_format(arena, genesis, hex, ed25519);
    }
    if (told->kind == COMMAND_ORGANISATION_KEY_ADD) {
        return key_body(story, arena);
    }
    if (told->kind == COMMAND_PRIVACY_ERASE) {
        return erasure_body(arena);
    }
    return told->body == figures ? arena_format(arena, "%-*s", LONG_BODY_BYTES, figures) : told->body;
}

/* header.payload in base64url; NULL without memory. */
static const char *signing_input(const struct story *story, const struct told *told, const char *body, struct arena *arena)
{
    const char *parts[2] = { arena_format(arena, "{\"alg\":\"ES256K\",\"kid\":\"%s\"}", key_id(story->submitter)),
                             arena_format(arena, "{\"log\":\"" ORIGIN "\",\"kind\":\"%s\",\"target\":\"%s\",\"id\":\"%s\",\"new_id\":\"%s\","
                                          "\"body\":%s}", command_kind_name(told->kind), told->target, told->id, told->id, body) };
    for (int i = 0; i < 2 && parts[0] != NULL && parts[1] != NULL; i++) {
        char *text = arena_alloc(arena, TEXT_BASE64_BYTES(strlen(parts[i])));
        if (text == NULL) {
            return NULL;
        }
        text_to_base64url(text, parts[i], strlen(parts[i]));
        parts[i] = text;
    }
    return parts[0] == NULL || parts[1] == NULL ? NULL : arena_format(arena, "%s.%s", parts[0], parts[1]);
}

static enum status sign(const struct story *story, const struct told *told, const char *body, struct arena *arena, struct command_signature *out)
{
    uint8_t digest[DIGEST_BYTES];
    *out = (struct command_signature){ .key = key_id(story->submitter), .input = signing_input(story, told, body, arena) };
    if (out->input == NULL) {
        return STATUS_EXHAUSTED;
    }
    out->input_length = strlen(out->input);
    digest_bytes(digest, out->input, out->input_length);
    key_sign(story->submitter, digest, out->bytes);
    return STATUS_OK;
}

enum status told_deliver(const struct story *story, const struct told *told, struct answer *answer, bool *is_lost)
{
    struct arena arena;
    struct command_signature signature;
    const bool is_signed = (told->how & TOLD_SIGNED) != 0;
    arena_init(&arena);
    salts.state = (uint64_t)(told - story_commands) + 1;
    *is_lost = false;
    const char *id = or_key(story, told->id);
    struct command command = { .kind = told->kind, .target = or_key(story, told->target), .id = id, .new_id = id,
                               .actor = { "ORG-A", ROLE_ADMIN, "token" }, .if_version = COMMAND_VERSION_NONE,
                               .signature = is_signed ? &signature : NULL };
    if (told->kind == COMMAND_GENESIS) {
        command.actor = (struct actor){ "", ROLE_SYSTEM, "system" };
    }
    const char *body = body_of(story, told, &arena);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    enum status status = body == NULL || faults == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK && is_signed) {
        status = sign(story, told, body, &arena, &signature);
    }
    if (status == STATUS_OK) {
        faults_init(faults, &arena);
        status = command_decode(&command, is_signed ? BIND_SIGNED : BIND_CLEAR, body, strlen(body), &arena, faults);
    }
    if (status == STATUS_OK) {
        status = block_deliver(story->executor, &command, answer, is_lost);
    }
    command_fini(&command);
    arena_fini(&arena);
    return status;
}
