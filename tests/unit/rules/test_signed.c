/*
 * Signed commands below HTTP: what header and payload may say, whose key may sign which entry, what replaying and verifying find
 * in a ledger whose chain and seals are good and whose signatures are not: the executor takes a signature for good, so that this
 * test can have it write what no service would.
 */
#include "tests/unit/rules/world.h"

#include "ledger/entry.h"
#include "ledger/submitter.h"
#include "rules/decode.h"
#include "rules/personal.h"
#include "rules/policy.h"
#include "rules/replay.h"
#include "rules/request.h"
#include "rules/signature.h"
#include "rules/signed_entry.h"
#include "rules/verify/verify.h"

enum { JWS_MAX = 4096 };

static struct key *keys[2];

static int set_up(void **state)
{
    static const uint8_t secrets[2][KEY_SECRET_BYTES] = { { 1 }, { 2 } };
    int code = world_set_up(state);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(key_from_secret(secrets[i], NULL, &keys[i]), STATUS_OK);
    }
    return code;
}

static int tear_down(void **state)
{
    key_free(keys[0]);
    key_free(keys[1]);
    return world_tear_down(state);
}

/* header.payload in base64url. */
static const char *signing_input(struct arena *arena, const char *header, const char *payload)
{
    char *parts[2] = { arena_alloc(arena, JWS_MAX), arena_alloc(arena, JWS_MAX) };
    text_to_base64url(parts[0], header, strlen(header));
    text_to_base64url(parts[1], payload, strlen(payload));
    return arena_format(arena, "%s.%s", parts[0], parts[1]);
}

static struct jws jws_of(struct arena *arena, const char *header, const char *payload)
{
    static const uint8_t none[KEY_SIGNATURE_BYTES];
    struct jws jws;
    const char *input = signing_input(arena, header, payload);
    assert_int_equal(jws_read_input(input, strlen(input), none, &jws), JWS_SOUND);
    return jws;
}

/* "pointer code" of each fault. */
static const char *told(struct arena *arena, const struct faults *faults)
{
    const char *text = "";
    for (size_t i = 0; i < faults->count; i++) {
        text = arena_format(arena, "%s%s%s %s", text, i > 0 ? ", " : "", faults->items[i].pointer, faults->items[i].code);
    }
    return text;
}

static void test_headers(void **state)
{
    static const struct { const char *header, *wanted; } cases[] = {
        { "{\"alg\":\"ES256K\",\"kid\":\"k\"}", "" },
        { " {\"kid\" : \"k\", \"typ\":\"JOSE\", \"jwk\":{}, \"alg\" : \"ES256K\"} ", "" },
        { "{\"\\u0061lg\":\"ES256K\",\"kid\":\"k\"}", "" },
        { "{\"kid\":\"k\"}", "/header/alg unsupported_algorithm" }, { "{\"alg\":\"none\",\"kid\":\"k\"}", "/header/alg unsupported_algorithm" },
        { "{\"alg\":\"ES256K\"}", "/header/kid missing_kid" }, { "{\"alg\":\"ES256K\",\"kid\":\"\"}", "/header/kid missing_kid" },
        { "{\"alg\":\"ES256K\",\"kid\":\"k\",\"crit\":[\"x\"]}", "/header/crit critical_extension" },
        { "{\"alg\":\"ES256K\",\"kid\":\"k\",\"b64\":true}", "/header/b64 critical_extension" },
        { "{\"alg\":7,\"kid\":7,\"crit\":7,\"b64\":7}",
          "/header/alg unsupported_algorithm, /header/crit critical_extension, /header/b64 critical_extension, /header/kid missing_kid" },
        { "{\"alg\":\"ES256K\",\"kid\":\"k\",\"alg\":\"none\"}", "/header duplicate_member" },
        { "{\"alg\":\"ES256K\",\"\\u0061lg\":\"none\",\"kid\":\"k\"}", "/header duplicate_member" },
        { "{\"alg\":\"ES256K\",\"kid\":\"k\"}x", "/header invalid_json" }, { "[]", "/header wrong_type" }, { "\"x\"", "/header wrong_type" },
        { "{\"alg\":\"ES256K\",\"kid\":\"a\\u0000b\"}", "/header invalid_json" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        arena_init(&arena);
        struct faults *faults = arena_alloc(&arena, sizeof *faults);
        const char *key = NULL;
        faults_init(faults, &arena);
        struct jws jws = jws_of(&arena, cases[i].header, "{}");
        enum status status = signed_read_header(&jws, &arena, faults, &key);
        assert_string_equal(told(&arena, faults), cases[i].wanted);
        assert_int_equal(status, cases[i].wanted[0] == 0 ? STATUS_OK : STATUS_INVALID);
        if (status == STATUS_OK) {
            assert_string_equal(key, "k");
        }
        arena_fini(&arena);
    }
}

static void test_payloads(void **state)
{
    static const struct { const char *payload, *wanted; } cases[] = {
        { "{\"log\":\"l\",\"kind\":\"k\",\"target\":\"t\",\"id\":\"i\",\"new_id\":\"n\",\"body\":{}}", "" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"target\":\"t\",\"id\":\"i\",\"new_id\":\"n\",\"b\\u006fdy\":{}}", "" },
        { "{}", "/log missing_member, /kind missing_member, /id missing_member, /body missing_member" },
        { "{\"log\":7,\"kind\":null,\"target\":7,\"id\":\"\",\"new_id\":7,\"body\":7,\"x\":7}",
          "/log wrong_type, /kind missing_member, /id too_short, /x unknown_member" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"target\":7,\"id\":\"i\",\"new_id\":7,\"body\":7}",
          "/target wrong_type, /new_id wrong_type, /body wrong_type" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"id\":\"i\",\"body\":null}", "/body missing_member" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"id\":\"i\",\"body\":{\"x\":1e999}}", "/body/x out_of_range" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"id\":\"i\",\"body\":{\"x\":1,\"x\":2}}", " duplicate_member" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"id\":\"i\",\"body\":{}", " invalid_json" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"id\":\"i\\nj\",\"body\":{}}", "" },
        { "{\"log\":\"l\",\"kind\":\"k\",\"id\":\"i\\u0001\",\"body\":{}}", "/id bad_format" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        arena_init(&arena);
        struct faults *faults = arena_alloc(&arena, sizeof *faults);
        struct signed_payload payload;
        faults_init(faults, &arena);
        struct jws jws = jws_of(&arena, "{}", cases[i].payload);
        enum status status = signed_read_payload(&jws, &arena, faults, &payload);
        assert_string_equal(told(&arena, faults), cases[i].wanted);
        assert_int_equal(status, cases[i].wanted[0] == 0 ? STATUS_OK : STATUS_INVALID);
        if (status == STATUS_OK) {
            assert_string_equal(payload.log, "l");
            assert_string_equal(payload.body, "{}");
            assert_int_equal(payload.body_length, 2);
            bool is_whole = strstr(cases[i].payload, "\"t\"") != NULL;
            assert_string_equal(payload.target, is_whole ? "t" : "");
            assert_string_equal(payload.new_id, is_whole ? "n" : "");
        }
        arena_fini(&arena);
    }
}

static void test_who_may_sign(void **state)
{
    struct organisation_key key = { .organisation = "ORG", .from_seq = 11, .to_seq = 0 };
    struct actor ours = { "ORG", ROLE_OPERATOR, "t" }, theirs = { "OTHER", ROLE_ADMIN, "t" }, nobody = { "", ROLE_ADMIN, "t" };
    (void)state;
    assert_int_equal(signature_judge(NULL, &ours, 11), SIGNATURE_UNKNOWN_KEY);
    for (uint64_t seq = 1; seq < 30; seq++) {
        for (int64_t end = 10; end < 25; end++) { /* 10: not revoked */
            key.to_seq = end == 10 ? 0 : end;
            enum signature_fault wanted = seq < 11                                ? SIGNATURE_UNKNOWN_KEY
                                        : key.to_seq != 0 && seq > (uint64_t)end ? SIGNATURE_REVOKED_KEY
                                                                                  : SIGNATURE_SOUND;
            assert_int_equal(signature_judge(&key, &ours, seq), wanted);
            assert_int_equal(signature_judge(&key, &theirs, seq), seq < 11 ? SIGNATURE_UNKNOWN_KEY : SIGNATURE_FOREIGN_KEY);
            assert_int_equal(signature_judge(&key, &nobody, seq), seq < 11 ? SIGNATURE_UNKNOWN_KEY : SIGNATURE_FOREIGN_KEY);
        }
    }
}

/* How a command that is delivered differs from a sound one. */
struct spoilt {
    const char *header;  /* NULL: names the key */
    const char *payload; /* NULL: what is commanded */
    const char *organisation;
    const struct key *signs;
    const char *kid; /* the command says; NULL: the key's */
    uint8_t flip;    /* in the last byte of s */
    bool is_high;    /* the other s */
};

/* The twin of a signature, by the group's order minus s. */
static void make_high(uint8_t signature[KEY_SIGNATURE_BYTES])
{
    uint8_t order[32];
    int borrow = 0;
    assert_int_equal(text_from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", order, sizeof order), STATUS_OK);
    for (int i = 31; i >= 0; i--) {
        int digit = order[i] - signature[32 + i] - borrow;
        borrow = digit < 0;
        signature[32 + i] = (uint8_t)(digit + 256 * borrow);
    }
}

/* Delivers one signed command in a block of its own: the answer's status, the refusal's code in text. */
static int deliver(struct world *world, enum command_kind kind, const char *target, const char *id, const char *body,
                   const struct spoilt *spoilt, char text[64])
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    uint8_t root[DIGEST_BYTES], digest[DIGEST_BYTES];
    const struct key *key = spoilt->signs != NULL ? spoilt->signs : keys[0];
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    const char *kid = spoilt->kid != NULL ? spoilt->kid : key_id(keys[0]);
    const char *header = spoilt->header != NULL ? spoilt->header : arena_format(&arena, "{\"alg\":\"ES256K\",\"kid\":\"%s\"}", kid);
    const char *payload = spoilt->payload != NULL ? spoilt->payload : arena_format(&arena,
        "{\"log\":\"test.example/1\",\"kind\":\"%s\",\"target\":\"%s\",\"id\":\"%s\",\"new_id\":\"%s\",\"body\":%s}",
        command_kind_name(kind), target, id, id, body);
    const char *input = signing_input(&arena, header, payload);
    struct command_signature signature = { .key = kid, .input = input, .input_length = strlen(input) };
    digest_bytes(digest, input, strlen(input));
    key_sign(key, digest, signature.bytes);
    signature.bytes[63] ^= spoilt->flip;
    if (spoilt->is_high) {
        make_high(signature.bytes);
    }
    struct command command = { .kind = kind, .target = target, .id = id, .new_id = id, .signature = &signature,
                               .actor = { spoilt->organisation != NULL ? spoilt->organisation : "ORG", ROLE_ADMIN, "tok" },
                               .if_version = COMMAND_VERSION_NONE };
    assert_int_equal(command_decode(&command, BIND_SIGNED, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_begin(world->executor, WORLD_START_MS), STATUS_OK);
    assert_int_equal(block_deliver(world->executor, &command, &answer, &is_lost), STATUS_OK);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
    if (text != NULL) {
        snprintf(text, 64, "%.*s%s", (int)strcspn(answer.body.bytes, "\""), answer.body.bytes, answer.is_replayed ? " again" : "");
    }
    int status = answer.status;
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
    return status;
}

static void register_key(struct world *world, const char *organisation, int index)
{
    uint8_t x[32], y[32];
    char body[256], x_text[TEXT_BASE64_BYTES(32)], y_text[TEXT_BASE64_BYTES(32)];
    assert_int_equal(key_coordinates(key_public(keys[index]), x, y), STATUS_OK);
    text_to_base64url(x_text, x, sizeof x);
    text_to_base64url(y_text, y, sizeof y);
    snprintf(body, sizeof body, "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"%s\",\"y\":\"%s\"}", x_text, y_text);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ORGANISATION_KEY_ADD, organisation, key_id(keys[index]), body, NULL), 201);
}

/* Two organisations with a key each, a site and an item: six entries, and the next one is the first of a test. */
enum { FIRST = 7 };

static void begin(struct world *world)
{
    int64_t now = WORLD_START_MS;
    world_open(world);
    world_begin(world);
    assert_int_equal(world_do(world, now, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, now, COMMAND_ORGANISATION_PUT, "OTHER", "b", "{\"name\":\"P\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, now, COMMAND_SITE_PUT, "A", "c",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}", NULL), 201);
    register_key(world, "ORG", 0);
    register_key(world, "OTHER", 1);
}

#define ITEM "{\"name\":\"Mask\",\"unit\":\"piece\"}"

/* What verify finds: "SEQ CODE", or "ok". */
static const char *verified(struct world *world, size_t threads)
{
    static char text[64];
    struct db *reader = NULL;
    struct verify_report report;
    struct verify_options options = { .threads = threads };
    assert_int_equal(db_open_reader(world->path, &reader), STATUS_OK);
    assert_int_equal(verify_ledger(reader, &options, &report), STATUS_OK);
    db_close(reader);
    snprintf(text, sizeof text, "%llu %s", (unsigned long long)report.first_broken, report.code);
    return report.is_ok ? "ok" : text;
}

static void test_a_ledger_with_signed_commands(void **state)
{
    struct world world;
    char text[64];
    (void)state;
    begin(&world);
    assert_int_equal(deliver(&world, COMMAND_SUPPLY_INTAKE, "", "S1",
        "{\"site\":\"A\",\"item\":\"NONE\",\"quantity\":10,\"source\":\"opening\"}", &(struct spoilt){ 0 }, text), 422);
    assert_string_equal(text, "unknown_item");
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "MASK", "m", ITEM, NULL), 201);
    for (int high = 0; high < 2; high++) {
        const char *id = high ? "S2" : "S3";
        const char *body = high ? "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\",\"lot\":\"L\"}"
                                : "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\"}";
        assert_int_equal(deliver(&world, COMMAND_SUPPLY_INTAKE, "", id, body, &(struct spoilt){ .is_high = high != 0 }, NULL), 201);
        assert_int_equal(deliver(&world, COMMAND_SUPPLY_INTAKE, "", id, body, &(struct spoilt){ .is_high = high != 0 }, text), 201);
        assert_string_equal(text + strlen(text) - 6, " again");
    }
    assert_string_equal(verified(&world, 0), "ok");
    assert_string_equal(verified(&world, 2), "ok");
    world_close(&world);
}

static void test_keys_that_may_not_sign(void **state)
{
    struct world world;
    char text[64];
    (void)state;
    begin(&world);
    assert_int_equal(deliver(&world, COMMAND_SITE_PUT, "B", "1", "{\"name\":\"B\",\"kind\":\"port\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}",
                             &(struct spoilt){ .organisation = "OTHER" }, text), 409);
    assert_string_equal(text, "foreign_key");
    assert_int_equal(deliver(&world, COMMAND_SITE_PUT, "B", "2", "{\"name\":\"B\",\"kind\":\"port\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}",
                             &(struct spoilt){ .organisation = "" }, text), 409);
    assert_string_equal(text, "foreign_key");
    assert_int_equal(deliver(&world, COMMAND_SITE_PUT, "B", "3", "{\"name\":\"B\",\"kind\":\"port\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}",
                             &(struct spoilt){ .kid = "0123456789abcdef" }, text), 422);
    assert_string_equal(text, "unknown_key");
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ORGANISATION_KEY_REVOKE, key_id(keys[0]), "4", "{\"reason\":\"lost\"}", NULL), 200);
    assert_int_equal(deliver(&world, COMMAND_SITE_PUT, "B", "5", "{\"name\":\"B\",\"kind\":\"port\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}",
                             &(struct spoilt){ 0 }, text), 409);
    assert_string_equal(text, "key_revoked");
    assert_string_equal(verified(&world, 1), "ok");
    world_close(&world);
}

/* Each is written into a ledger whose chain and seals are good. */
static void test_what_verify_finds(void **state)
{
    static const char payload[] = "{\"log\":\"%s\",\"kind\":\"%s\",\"target\":\"%s\",\"id\":\"%s\",\"new_id\":\"1\",\"body\":%s}";
    char other[6][512];
    const char *const five[][5] = {
        { "test.example/2", "item.put", "MASK", "1", ITEM }, { "test.example/1", "site.put", "MASK", "1", ITEM },
        { "test.example/1", "item.put", "GOWN", "1", ITEM }, { "test.example/1", "item.put", "MASK", "2", ITEM },
        { "test.example/1", "item.put", "MASK", "1", "{\"name\":\"Masks\",\"unit\":\"piece\"}" },
        { "test.example/1", "item.put", "MASK", "1", "7" },
    };
    for (size_t i = 0; i < sizeof five / sizeof five[0]; i++) {
        snprintf(other[i], sizeof other[i], payload, five[i][0], five[i][1], five[i][2], five[i][3], five[i][4]);
    }
    const struct { struct spoilt spoilt; const char *code; } cases[] = {
        { { .flip = 1 }, "submitter_signature" }, { { .signs = keys[1] }, "submitter_signature" },
        { { .payload = other[0] }, "submitter_payload" }, { { .payload = other[1] }, "submitter_payload" },
        { { .payload = other[2] }, "submitter_payload" }, { { .payload = other[3] }, "submitter_payload" },
        { { .payload = other[4] }, "replay" } /* another body has other effects */, { { .payload = other[5] }, "submitter_form" },
        { { .payload = "{}" }, "submitter_form" }, { { .payload = "x" }, "submitter_form" }, { { .header = "x" }, "submitter_form" },
        { { .header = "{\"alg\":\"none\",\"kid\":\"x\"}" }, "submitter_form" },
        { { .header = "{\"alg\":\"ES256K\",\"kid\":\"0123456789abcdef\"}" }, "submitter_payload" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        char wanted[64];
        begin(&world);
        assert_int_equal(deliver(&world, COMMAND_ITEM_PUT, "MASK", "1", ITEM, &cases[i].spoilt, NULL), 201);
        assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "GOWN", "g", ITEM, NULL), 201);
        snprintf(wanted, sizeof wanted, "%d %s", FIRST, cases[i].code);
        for (size_t threads = 0; threads < 3; threads += 2) {
            const char *found = verified(&world, threads);
            if (strcmp(found, wanted) != 0) {
                fail_msg("case %zu: %s, not %s", i, found, wanted);
            }
        }
        world_close(&world);
    }
}

/* Columns of a stored row, changed in memory: what a chain would not show, replaying shows. */
static void test_what_replaying_finds(void **state)
{
    struct world world;
    struct arena arena;
    struct entry_row *rows = NULL;
    size_t count = 0;
    uint64_t broken = 0;
    (void)state;
    begin(&world);
    assert_int_equal(deliver(&world, COMMAND_ITEM_PUT, "MASK", "1", ITEM, &(struct spoilt){ 0 }, NULL), 201);
    arena_init(&arena);
    assert_int_equal(db_entry_list(world.db, &arena, 0, 100, &rows, &count, &broken), STATUS_OK);
    assert_int_equal(count, FIRST);
    for (int change = 0; change < 8; change++) {
        static const char *const codes[] = { "submitter_key", "submitter_payload", "submitter_form", "submitter_form", "submitter_form",
                                             "submitter_payload", "submitter_key", "replay" };
        struct replay *replay = NULL;
        struct replay_result result = { .finding = NULL };
        struct entry_row row = rows[FIRST - 1];
        assert_int_equal(replay_open(&replay), STATUS_OK);
        for (size_t i = 0; i + 1 < count; i++) {
            assert_int_equal(replay_entry(replay, &rows[i], &arena, &result), STATUS_OK);
            assert_true(result.finding == NULL && !result.is_signed);
        }
        row.organisation = change == 0 ? "OTHER" : change == 6 ? "" : row.organisation;
        row.submitter_key = change == 1 ? key_id(keys[1]) : row.submitter_key;
        row.submitter_alg = change == 2 ? "" : change == 3 ? "ES256" : row.submitter_alg;
        row.submitter_sig_length = change == 4 ? 63 : row.submitter_sig_length;
        row.command_id = change == 5 ? "2" : row.command_id;
        row.role = change == 7 ? "nobody" : row.role;
        assert_int_equal(replay_entry(replay, &row, &arena, &result), STATUS_OK);
        assert_non_null(result.finding);
        assert_string_equal(result.code, codes[change]);
        replay_close(replay);
    }
    arena_fini(&arena);
    world_close(&world);
}

/* An organisation with a policy, and at its site an intake that another one signed, by an administrator of that: FIRST has the policy. */
static void begin_with_policy(struct world *world, const char *kinds)
{
    begin(world);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ITEM_PUT, "MASK", "m", ITEM, NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_POLICY_PUT, "ORG", "p", kinds, NULL), 201);
}

/* What replaying finds where a policy is met by another organisation's signature, in entries of a version: such a ledger is what an
 * executor of version 1 left. This one leaves an intake that no policy forbids; the policy's entry is then taken from another world. */
static const char *replayed(uint32_t version, struct arena *arena)
{
    static const char body[] = "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\"}";
    struct world free, strict;
    struct entry_row *rows = NULL, *policy = NULL;
    size_t count = 0, one = 0;
    uint64_t broken = 0;
    char text[64];
    const struct spoilt by_other = { .organisation = "OTHER", .kid = key_id(keys[1]), .signs = keys[1] };
    struct replay *replay = NULL;
    struct replay_result result = { .finding = NULL };
    begin_with_policy(&strict, "{\"signed_kinds\":[\"supply.intake\"]}");
    assert_int_equal(deliver(&strict, COMMAND_SUPPLY_INTAKE, "", "S1", body, &by_other, text), 409); /* as world_present has it */
    assert_string_equal(text, "signature_required");
    begin_with_policy(&free, "{\"signed_kinds\":[]}");
    assert_int_equal(deliver(&free, COMMAND_SUPPLY_INTAKE, "", "S1", body, &by_other, NULL), 201);
    assert_int_equal(db_entry_list(free.db, arena, 0, 100, &rows, &count, &broken), STATUS_OK);
    assert_int_equal(db_entry_list(strict.db, arena, FIRST, 1, &policy, &one, &broken), STATUS_OK);
    assert_true(count == FIRST + 2 && one == 1 && strcmp(policy->kind, "policy.put") == 0);
    assert_int_equal(rows[FIRST + 1].rules_version, ENTRY_RULES_VERSION);
    rows[FIRST] = *policy;
    assert_int_equal(replay_open(&replay), STATUS_OK);
    for (size_t i = 0; i < count && result.finding == NULL; i++) {
        rows[i].rules_version = version;
        assert_int_equal(replay_entry(replay, &rows[i], arena, &result), STATUS_OK);
        assert_true(result.finding == NULL || i + 1 == count);
    }
    replay_close(replay);
    world_close(&free);
    world_close(&strict);
    return result.finding;
}

static void test_what_was_accepted_is_judged_by_its_own_rules(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_null(replayed(1, &arena));
    const char *finding = replayed(2, &arena);
    assert_non_null(finding);
    assert_string_equal(finding, "the rules refuse the entry's command: the policy of ORG demands that supply.intake at its sites comes signed by "
                        "a key of its own, and this was signed by a key of OTHER: send it with a token of ORG, signed by a key of ORG");
    arena_fini(&arena);
}

/* An unsigned entry that pretends to name a key. */
static void test_what_an_unsigned_entry_may_not_have(void **state)
{
    struct arena arena;
    struct signed_entry out;
    struct signed_finding finding = { NULL, NULL };
    struct entry_row row = { .kind = "item.put", .target = "X", .command_id = "1", .new_id = "", .submitter_key = "", .submitter_alg = "",
                             .submitter_sig = "", .body = "{}", .body_stored_length = 2 };
    (void)state;
    arena_init(&arena);
    assert_int_equal(signed_read_entry(&row, NULL, &arena, &out, &finding), STATUS_OK);
    assert_true(out.key == NULL && out.body == row.body && out.body_length == 2);
    row.submitter_key = "0123456789abcdef";
    assert_int_equal(signed_read_entry(&row, NULL, &arena, &out, &finding), STATUS_INVALID);
    assert_string_equal(finding.code, "submitter_form");
    row.submitter_key = "";
    row.submitter_sig_length = 64;
    assert_int_equal(signed_read_entry(&row, NULL, &arena, &out, &finding), STATUS_INVALID);
    arena_fini(&arena);
}

static void test_policies_are_kept_in_one_form(void **state)
{
    static const struct { const char *kinds, *stored; } cases[] = {
        { "[]", "[]" }, { "[\"*\"]", "[\"*\"]" }, { "[\"transfer.receive\",\"*\",\"supply.intake\"]", "[\"*\"]" },
        { "[\"transfer.receive\",\"supply.intake\",\"transfer.receive\"]", "[\"supply.intake\",\"transfer.receive\"]" },
        { "[\"genesis\"]", NULL }, { "[7]", NULL }, { "7", NULL }, { "[\"transfer.\"]", NULL }, { "[[\"*\"]]", NULL }, { "[1e999]", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        char body[160];
        struct command command = { .kind = COMMAND_POLICY_PUT, .target = "default", .id = "1", .new_id = "" };
        arena_init(&arena);
        struct faults *faults = arena_alloc(&arena, sizeof *faults);
        faults_init(faults, &arena);
        snprintf(body, sizeof body, "{\"signed_kinds\":%s}", cases[i].kinds);
        enum status status = command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults);
        assert_int_equal(status, cases[i].stored != NULL ? STATUS_OK : STATUS_INVALID);
        if (status == STATUS_OK) {
            assert_string_equal(((const struct policy_request *)command.request)->signed_kinds_text, cases[i].stored);
        }
        command_fini(&command);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_payloads),
        cmocka_unit_test(test_who_may_sign),
        cmocka_unit_test(test_a_ledger_with_signed_commands),
        cmocka_unit_test(test_keys_that_may_not_sign),
        cmocka_unit_test(test_what_verify_finds),
        cmocka_unit_test(test_what_replaying_finds),
        cmocka_unit_test(test_what_was_accepted_is_judged_by_its_own_rules),
        cmocka_unit_test(test_what_an_unsigned_entry_may_not_have),
        cmocka_unit_test(test_policies_are_kept_in_one_form),
    };
    return cmocka_run_group_tests_name("signed", tests, set_up, tear_down);
}
