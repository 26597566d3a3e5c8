/*
 * Whose signature meets whose policy: every actor, signed and not, at a site of its own and of another organisation, under each set of
 * policies, by the rules of both versions; and what a refusal says is demanded, came and would do.
 */
#include "tests/unit/rules/world.h"

#include "rules/context.h"
#include "rules/policy.h"

enum { SITE = 1, ACTOR = 2, EVERYBODY = 4 }; /* whose policies demand a signature */

static const char nobody[] = "";

/* What policy_check says of a receipt at a site of DEST. */
static enum status checked(struct world *world, struct arena *arena, const char *organisation, bool is_signed, uint32_t version,
                           struct outcome *outcome)
{
    const struct command_signature signature = { .key = "0123456789abcdef" };
    const struct command command = { .kind = COMMAND_TRANSFER_RECEIVE, .target = "T", .id = "key", .new_id = "",
                                     .actor = { organisation, ROLE_COORDINATOR, "tok" }, .signature = is_signed ? &signature : NULL };
    struct context context = { .db = world->db, .arena = arena, .command = &command, .time_ms = WORLD_START_MS, .rules_version = version,
                               .outcome = outcome };
    memset(outcome, 0, sizeof *outcome);
    refusal_init(&outcome->refusal, arena);
    assert_int_equal(db_read_begin(world->db), STATUS_OK);
    enum status status = policy_check(&context, "DEST");
    db_read_end(world->db);
    return status;
}

/* The policies of DEST, whose the site is, of SENDER, who acts from elsewhere, and everybody's. */
static void demand(struct world *world, unsigned policies)
{
    static const char *const names[] = { "DEST", "SENDER", POLICY_DEFAULT };
    world_open(world);
    world_begin(world);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "DEST", "1", "{\"name\":\"D\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "SENDER", "2", "{\"name\":\"S\",\"kind\":\"depot\"}", NULL), 201);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *kinds = policies >> i & 1 ? "{\"signed_kinds\":[\"transfer.receive\"]}" : "{\"signed_kinds\":[\"supply.intake\"]}";
        assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_POLICY_PUT, names[i], names[i], kinds, NULL), 201);
    }
}

/* Whether a receipt passes: what this file is about, told once more in other words. */
static bool passes(unsigned policies, const char *organisation, bool is_signed, uint32_t version)
{
    bool is_sender = strcmp(organisation, "SENDER") == 0, is_receiver = strcmp(organisation, "DEST") == 0;
    bool is_free = !(policies & SITE) && !(policies & EVERYBODY) && !(is_sender && policies & ACTOR);
    if (!is_signed) {
        return is_free;
    }
    return version == 1 || is_receiver || !(policies & SITE);
}

static void test_whose_signature_meets_whose_policy(void **state)
{
    static const char *const organisations[] = { "DEST", "SENDER", "THIRD", nobody };
    (void)state;
    for (unsigned policies = 0; policies < 8; policies++) {
        struct world world;
        demand(&world, policies);
        for (size_t c = 0; c < 4 * 2 * 2; c++) {
            const char *organisation = organisations[c / 4];
            bool is_signed = c & 1;
            uint32_t version = c & 2 ? 2 : 1;
            struct arena arena;
            struct outcome outcome;
            arena_init(&arena);
            enum status status = checked(&world, &arena, organisation, is_signed, version, &outcome);
            if (status != (passes(policies, organisation, is_signed, version) ? STATUS_OK : STATUS_CONFLICT)) {
                fail_msg("policies %u: %s by %s, version %u: %s", policies, is_signed ? "signed" : "unsigned", organisation, version,
                         status_name(status));
            }
            if (status == STATUS_CONFLICT) {
                assert_int_equal(outcome.kind, OUTCOME_REFUSED);
                assert_int_equal(outcome.refusal.kind, REFUSAL_FORBIDDEN);
                assert_string_equal(outcome.refusal.code, "signature_required");
            }
            arena_fini(&arena);
        }
        world_close(&world);
    }
}

/* The longest that ids can be, a refusal's detail has room for. */
static void test_what_is_said(void **state)
{
    static const struct {
        unsigned policies;
        const char *organisation;
        bool is_signed;
        const char *policy, *detail;
    } cases[] = {
        { SITE | ACTOR | EVERYBODY, "SENDER", true, "DEST",
          "the policy of DEST demands that transfer.receive at its sites comes signed by a key of its own, and this was signed by a key of "
          "SENDER: send it with a token of DEST, signed by a key of DEST" },
        { SITE | ACTOR | EVERYBODY, "SENDER", false, "DEST",
          "the policy of DEST demands that transfer.receive at its sites comes signed by a key of its own, and this came unsigned: "
          "send it with a token of DEST, as a JWS signed by a key of DEST (Content-Type: application/jose)" },
        { SITE, "", false, "DEST",
          "the policy of DEST demands that transfer.receive at its sites comes signed by a key of its own, and this came unsigned: "
          "send it with a token of DEST, as a JWS signed by a key of DEST (Content-Type: application/jose)" },
        { SITE, "DEST", false, "DEST",
          "the policy DEST demands that transfer.receive comes signed by a key of the token's organisation, DEST, and this came unsigned: "
          "send it as a JWS signed by a key of DEST (Content-Type: application/jose)" },
        { ACTOR, "SENDER", false, "SENDER",
          "the policy SENDER demands that transfer.receive comes signed by a key of the token's organisation, SENDER, and this came unsigned: "
          "send it as a JWS signed by a key of SENDER (Content-Type: application/jose)" },
        { EVERYBODY, "", false, "default",
          "the policy default demands that transfer.receive comes signed by a key of the token's organisation, and this came unsigned, with a "
          "token of none: send it with a token of an organisation, as a JWS signed by a key of that (Content-Type: application/jose)" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        struct arena arena;
        struct outcome outcome;
        arena_init(&arena);
        demand(&world, cases[i].policies);
        assert_int_equal(checked(&world, &arena, cases[i].organisation, cases[i].is_signed, 2, &outcome), STATUS_CONFLICT);
        assert_string_equal(outcome.refusal.detail, cases[i].detail);
        assert_int_equal(outcome.refusal.member_count, 2);
        assert_string_equal(outcome.refusal.members[0].text, cases[i].policy);
        assert_string_equal(outcome.refusal.members[1].text, "transfer.receive");
        assert_true(strlen(cases[i].detail) + (size_t)4 * LIMIT_ID_BYTES < REFUSAL_DETAIL_BYTES);
        arena_fini(&arena);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_whose_signature_meets_whose_policy), cmocka_unit_test(test_what_is_said) };
    return cmocka_run_group_tests_name("policy", tests, world_set_up, world_tear_down);
}
