/*
 * Blocks: the same commands give the same hashes, refusals leave nothing, an abandoned
 * block leaves nothing, and what was committed verifies and replays.
 */
#include "tests/unit/rules/world.h"

#include "db/supply.h"
#include "rules/decode.h"
#include "rules/verify/verify.h"

/* A little history in two blocks; root is that of the second. */
static void live(struct world *world, uint8_t root[DIGEST_BYTES])
{
    world_begin(world);
    assert_int_equal(block_begin(world->executor, WORLD_START_MS + 5), STATUS_OK);
    assert_int_equal(world_deliver(world, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"Depot\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_deliver(world, COMMAND_SITE_PUT, "A", "b",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"420000\"}", NULL), 201);
    assert_int_equal(world_deliver(world, COMMAND_SITE_PUT, "B", "c",
        "{\"name\":\"B\",\"kind\":\"hospital\",\"organisation\":\"ORG\",\"province\":\"CN-HB\",\"lat\":30.5,\"lon\":114.3}", NULL), 201);
    assert_int_equal(world_deliver(world, COMMAND_ITEM_PUT, "MASK", "d", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
    assert_int_equal(world_deliver(world, COMMAND_SUPPLY_INTAKE, "", "e",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":100,\"source\":\"opening\"}", NULL), 201);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
    assert_int_equal(block_begin(world->executor, WORLD_START_MS + 1), STATUS_OK); /* a clock that went back */
    assert_int_equal(world_deliver(world, COMMAND_TRANSFER_CREATE, "", "f",
        "{\"destination\":\"B\",\"lines\":[{\"supply\":\"e\",\"quantity\":40}]}", NULL), 201);
    assert_int_equal(world_deliver(world, COMMAND_TRANSFER_DISPATCH, "f", "g", "{}", NULL), 200);
    assert_int_equal(world_deliver(world, COMMAND_TRANSFER_RECEIVE, "f", "h", "{\"lines\":[{\"line\":1,\"good\":40}]}", NULL), 200);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
}

static void expect_verified(struct world *world, uint64_t entries)
{
    struct db *reader = NULL;
    struct verify_report report;
    const char *notes[] = { executor_checkpoint(world->executor) };
    struct verify_options options = { .notes = notes, .note_count = 1, .expects_anchor = true, .threads = 1 };
    assert_int_equal(db_open_reader(world->path, &reader), STATUS_OK);
    assert_int_equal(verify_ledger(reader, &options, &report), STATUS_OK);
    if (!report.is_ok) {
        fail_msg("%s: %s", report.code, report.reason);
    }
    assert_int_equal(report.entries, entries);
    db_close(reader);
}

static void test_same_commands_same_hashes(void **state)
{
    (void)state;
    struct world a, b;
    uint8_t root_a[DIGEST_BYTES], root_b[DIGEST_BYTES];
    world_open(&a);
    world_open(&b);
    live(&a, root_a);
    live(&b, root_b);
    assert_memory_equal(root_a, root_b, DIGEST_BYTES);
    assert_int_equal(executor_seq(a.executor), 9);
    struct entry_head head;
    assert_int_equal(db_entry_head(a.db, &head), STATUS_OK);
    assert_int_equal(head.time_ms, WORLD_START_MS + 5); /* time never goes back */
    expect_verified(&a, 9);
    world_close(&a);
    world_close(&b);
}

static void test_refusals_leave_nothing(void **state)
{
    (void)state;
    struct world world;
    uint8_t root[DIGEST_BYTES], again[DIGEST_BYTES];
    char text[64];
    world_open(&world);
    live(&world, root);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS + 9), STATUS_OK);
    const char *too_much = "{\"destination\":\"B\",\"lines\":[{\"supply\":\"e\",\"quantity\":61}]}";
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", too_much, text), 409);
    assert_string_equal(text, "insufficient_stock");
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", too_much, text), 409);
    assert_string_equal(text, "insufficient_stock again");
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_DISPATCH, "f", "x", "{}", text), 409);
    assert_string_equal(text, "idempotency_key_reused");
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_DISPATCH, "f", "g", "{}", text), 200);
    assert_string_equal(text, "f again");
    assert_int_equal(world_deliver(&world, COMMAND_ITEM_PUT, "MASK", "y", "{\"unit\":\"piece\",\"name\":\"Mask\"}", text), 200);
    assert_int_equal(block_end(world.executor, again), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    assert_memory_equal(root, again, DIGEST_BYTES);
    assert_int_equal(executor_seq(world.executor), 9);
    expect_verified(&world, 9);
    world_close(&world);
}

static void test_refusals_lapse_after_a_day(void **state)
{
    (void)state;
    struct world world;
    uint8_t root[DIGEST_BYTES];
    char text[64];
    world_open(&world);
    live(&world, root);
    const char *all = "{\"destination\":\"B\",\"lines\":[{\"supply\":\"e\",\"quantity\":61}]}";
    assert_int_equal(block_begin(world.executor, WORLD_START_MS + 9), STATUS_OK);
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", all, text), 409);
    assert_int_equal(world_deliver(&world, COMMAND_SUPPLY_INTAKE, "", "more",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":1,\"source\":\"found\"}", text), 201);
    assert_string_equal(text, "e"); /* it joined the supply that is like it */
    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS + 9 + 24 * 3600 * 1000 + 1), STATUS_OK);
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", all, text), 201);
    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    expect_verified(&world, 11);
    world_close(&world);
}

static void test_abandoned_block_leaves_nothing(void **state)
{
    (void)state;
    struct world world;
    uint8_t root[DIGEST_BYTES], after[DIGEST_BYTES];
    const char *body = "{\"destination\":\"B\",\"lines\":[{\"supply\":\"e\",\"quantity\":1}]}";
    world_open(&world);
    live(&world, root);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS + 9), STATUS_OK);
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", body, NULL), 201);
    block_abandon(world.executor);
    assert_int_equal(executor_seq(world.executor), 9);
    expect_verified(&world, 9);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS + 10), STATUS_OK);
    assert_int_equal(world_deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", body, NULL), 201);
    assert_int_equal(block_end(world.executor, after), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    expect_verified(&world, 10);
    executor_close(world.executor);
    assert_int_equal(executor_open(&world.executor, world.db, world_signer, &world_presenter, NULL), STATUS_OK);
    assert_int_equal(executor_seq(world.executor), 10);
    world_close(&world);
}

/* Presents as the world does, but that it has no memory for a command of this id: whose rows are written then. */
static const char *unlucky;

static enum status present_or_fail(void *context, struct db *db, const struct command *command, const struct outcome *outcome,
                                   struct arena *arena, struct answer *answer)
{
    if (unlucky != NULL && strcmp(command->id, unlucky) == 0) {
        return STATUS_EXHAUSTED;
    }
    return world_present(context, db, command, outcome, arena, answer);
}

/* Another intake; its status, and whether the block is lost. */
static enum status deliver_intake(struct world *world, const char *id, const char *site, struct answer *answer, bool *is_lost)
{
    struct arena arena;
    char body[128];
    arena_init(&arena);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    snprintf(body, sizeof body, "{\"site\":\"%s\",\"item\":\"MASK\",\"lot\":\"%s\",\"quantity\":1,\"source\":\"found\"}", site, id);
    struct command command = { .kind = COMMAND_SUPPLY_INTAKE, .target = "", .id = id, .new_id = id, .actor = { "ORG", ROLE_ADMIN, "tok" },
                               .if_version = COMMAND_VERSION_NONE };
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    enum status status = block_deliver(world->executor, &command, answer, is_lost);
    command_fini(&command);
    arena_fini(&arena);
    return status;
}

/* Two blocks of five intakes, of which the second names no site and the fourth is unlucky in the presenter. */
static void intakes(struct world *world, bool is_guarded, uint8_t root[DIGEST_BYTES])
{
    static const char *const ids[2][5] = { { "i1", "i2", "i3", "i4", "i5" }, { "j1", "j2", "j3", "j4", "j5" } };
    static const struct presenter presenter = { present_or_fail, NULL };
    executor_close(world->executor);
    assert_int_equal(executor_open(&world->executor, world->db, world_signer, &presenter, NULL), STATUS_OK);
    for (int block = 0; block < 2; block++) {
        bool is_lost = true;
        unlucky = ids[block][3];
        for (bool is_last = is_guarded; is_lost; is_last = true) {
            assert_int_equal((is_last ? block_begin : block_begin_unguarded)(world->executor, WORLD_START_MS + 10), STATUS_OK);
            is_lost = false;
            for (int i = 0; i < 5 && !is_lost; i++) {
                struct answer answer;
                answer_init(&answer);
                enum status status = deliver_intake(world, ids[block][i], i == 1 ? "NOWHERE" : "A", &answer, &is_lost);
                assert_int_equal(status, i == 3 ? STATUS_EXHAUSTED : STATUS_OK);
                assert_int_equal(answer.status, i == 3 ? 0 : i == 1 ? 422 : 201);
                assert_int_equal(is_lost, i == 3 && !is_last);
                answer_fini(&answer);
            }
            if (is_lost) {
                block_abandon(world->executor);
            }
        }
        assert_int_equal(block_end(world->executor, root), STATUS_OK);
        assert_int_equal(block_commit(world->executor), STATUS_OK);
    }
    unlucky = NULL;
}

/* Without guards a refusal that has written nothing leaves the others alone, a fault that has loses the block; carried out again with
 * guards it is the same ledger. */
static void test_without_guards(void **state)
{
    (void)state;
    struct world a, b;
    uint8_t root_a[DIGEST_BYTES], root_b[DIGEST_BYTES];
    world_open(&a);
    world_open(&b);
    live(&a, root_a);
    live(&b, root_b);
    intakes(&a, true, root_a);
    intakes(&b, false, root_b);
    assert_memory_equal(root_a, root_b, DIGEST_BYTES);
    assert_int_equal(executor_seq(b.executor), 15);
    expect_verified(&a, 15);
    expect_verified(&b, 15);
    world_close(&a);
    world_close(&b);
}

/* Delivers what makes something, or replaces any version; the answer's status. */
static int put(struct world *world, int64_t version, enum command_kind kind, const char *target, const char *id, const char *body)
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = kind, .target = target, .id = id, .new_id = id, .actor = { "ORG", ROLE_ADMIN, "tok" },
                               .if_version = version };
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_deliver(world->executor, &command, &answer, &is_lost), STATUS_OK);
    int status = answer.status;
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
    return status;
}

/* Reference rows that a block's commands share are read anew once one of them has changed. */
static void test_what_changes_within_a_block(void **state)
{
    (void)state;
    static const char early[] =
        "{\"site\":\"C\",\"item\":\"GOWN\",\"quantity\":1,\"source\":\"found\",\"occurred_at\":\"2099-01-01T00:00:00Z\"}";
    static const char intake[] = "{\"site\":\"C\",\"item\":\"GOWN\",\"quantity\":1,\"source\":\"found\"}";
    for (int guarded = 0; guarded < 2; guarded++) {
        struct world world;
        struct arena arena;
        struct supply supply;
        uint8_t root[DIGEST_BYTES];
        world_open(&world);
        live(&world, root);
        assert_int_equal((guarded ? block_begin : block_begin_unguarded)(world.executor, WORLD_START_MS + 9), STATUS_OK);
        assert_int_equal(put(&world, COMMAND_VERSION_NONE, COMMAND_ORGANISATION_PUT, "ORG2", "n1", "{\"name\":\"Other\",\"kind\":\"depot\"}"), 201);
        assert_int_equal(put(&world, COMMAND_VERSION_NONE, COMMAND_ITEM_PUT, "GOWN", "n2", "{\"name\":\"Gown\",\"unit\":\"piece\"}"), 201);
        assert_int_equal(put(&world, COMMAND_VERSION_NONE, COMMAND_SITE_PUT, "C", "n3",
            "{\"name\":\"C\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}"), 201);
        assert_int_equal(put(&world, COMMAND_VERSION_NONE, COMMAND_SUPPLY_INTAKE, "", "n4", early), 422); /* it has read site and item */
        assert_int_equal(put(&world, COMMAND_VERSION_ANY, COMMAND_ITEM_PUT, "GOWN", "n5",
            "{\"name\":\"Gown\",\"unit\":\"piece\",\"lot_control\":true}"), 200);
        assert_int_equal(put(&world, COMMAND_VERSION_NONE, COMMAND_SUPPLY_INTAKE, "", "n6", early), 422);
        assert_int_equal(put(&world, COMMAND_VERSION_ANY, COMMAND_SITE_PUT, "C", "n7",
            "{\"name\":\"C\",\"kind\":\"warehouse\",\"organisation\":\"ORG2\",\"province\":\"CN-HB\"}"), 200);
        assert_int_equal(put(&world, COMMAND_VERSION_NONE, COMMAND_SUPPLY_INTAKE, "", "n8", intake), 201);
        arena_init(&arena);
        assert_int_equal(db_supply_find(world.db, &arena, "n8", &supply), STATUS_OK);
        assert_string_equal(supply.owner, "ORG2");
        assert_string_equal(supply.condition, "quarantine");
        arena_fini(&arena);
        assert_int_equal(block_end(world.executor, root), STATUS_OK);
        assert_int_equal(block_commit(world.executor), STATUS_OK);
        expect_verified(&world, executor_seq(world.executor)); /* which carries out each command by itself */
        world_close(&world);
    }
}

/* Delivers a PUT as an earlier version read it, which took characters that nobody sees (mode BIND_COMMITTED), or as this one does. */
static void put_unseen(struct world *world, enum bind_mode mode, const char *id, const char *body, struct answer *answer)
{
    struct arena arena;
    bool is_lost = false;
    arena_init(&arena);
    answer_init(answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = COMMAND_SITE_PUT, .target = "U", .id = id, .new_id = "", .actor = { "ORG", ROLE_ADMIN, "tok" },
                               .if_version = COMMAND_VERSION_NONE };
    const enum status decoded = command_decode(&command, mode, body, strlen(body), &arena, faults);
    assert_int_equal(decoded, faults->total > 0 ? STATUS_INVALID : STATUS_OK);
    assert_true((command.unseen != NULL) == (decoded == STATUS_INVALID));
    assert_int_equal(block_deliver(world->executor, &command, answer, &is_lost), STATUS_OK);
    command_fini(&command);
    arena_fini(&arena);
}

/* What an earlier version accepted has its first answer again; under a key that is new it is refused, and the key stays free. */
static void test_what_nobody_sees_is_refused_behind_the_key(void **state)
{
    (void)state;
    static const char spoilt[] =
        "{\"name\":\"a\xe2\x80\x8b" "b\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}";
    static const char homeless[] =
        "{\"name\":\"a\xe2\x80\x8b" "b\",\"kind\":\"warehouse\",\"organisation\":\"NONE\",\"province\":\"CN-HB\"}";
    static const char sound[] = "{\"name\":\"ab\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}";
    struct world world;
    struct answer first, again, answer;
    uint8_t root[DIGEST_BYTES];
    world_open(&world);
    live(&world, root);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS + 9), STATUS_OK);

    put_unseen(&world, BIND_CLEAR, "k0", spoilt, &answer);
    assert_int_equal(answer.status, 422);
    assert_string_equal(answer.body.bytes, "bad_format");
    assert_string_equal(world_faults, "/name bad_format");
    answer_fini(&answer);
    put_unseen(&world, BIND_CLEAR, "k0", homeless, &answer); /* all that is wrong is named */
    assert_int_equal(answer.status, 422);
    assert_false(answer.is_replayed);
    assert_string_equal(answer.body.bytes, "invalid_request");
    assert_string_equal(world_faults, "/name bad_format, /organisation unknown_organisation");
    answer_fini(&answer);

    put_unseen(&world, BIND_COMMITTED, "k1", spoilt, &first);
    assert_int_equal(first.status, 201);
    put_unseen(&world, BIND_CLEAR, "k1", spoilt, &again);
    assert_int_equal(again.status, 201);
    assert_true(again.is_replayed && again.seq == first.seq);
    assert_string_equal(again.body.bytes, first.body.bytes);
    answer_fini(&first);
    answer_fini(&again);
    put_unseen(&world, BIND_CLEAR, "k1", homeless, &answer);
    assert_string_equal(answer.body.bytes, "idempotency_key_reused");
    answer_fini(&answer);
    assert_int_equal(put(&world, COMMAND_VERSION_ANY, COMMAND_SITE_PUT, "U", "k0", sound), 200);

    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    expect_verified(&world, executor_seq(world.executor));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_commands_same_hashes), cmocka_unit_test(test_refusals_leave_nothing),
        cmocka_unit_test(test_refusals_lapse_after_a_day), cmocka_unit_test(test_abandoned_block_leaves_nothing),
        cmocka_unit_test(test_without_guards), cmocka_unit_test(test_what_changes_within_a_block),
        cmocka_unit_test(test_what_nobody_sees_is_refused_behind_the_key),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
