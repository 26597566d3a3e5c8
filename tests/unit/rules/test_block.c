/*
 * Blocks: the same commands give the same hashes, refusals leave nothing, an abandoned
 * block leaves nothing, and what was committed verifies and replays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "ledger/key.h"
#include "rules/block.h"
#include "rules/verify.h"
#include "tests/unit/support/scratch.h"

static const char genesis[] =
    "{\"origin\":\"test.example/1\",\"time_zone_minutes\":480,\"node_key\":\"%s\","
    "\"provinces\":[{\"code\":\"CN-HB\",\"gb_code\":\"420000\",\"name\":{\"en\":\"Hubei\",\"zh\":\"湖北\"},"
    "\"belt\":\"central\",\"capital\":\"Wuhan\",\"lat\":30.59,\"lon\":114.31}],"
    "\"indicators\":[{\"id\":\"beds\",\"name\":\"Beds\",\"unit\":\"beds\"}],"
    "\"figures\":[{\"indicator\":\"beds\",\"year\":2019,\"province\":\"CN-HB\",\"value\":10.0}]}";

enum { START_MS = 1000000000 };

struct world {
    char dir[SCRATCH_BYTES];
    char path[96];
    struct db *db;
    struct executor *executor;
};

static struct key *key;

/* Answers say what happened and nothing else. */
static enum status present(void *context, struct db *db, const struct command *command, const struct outcome *outcome,
                           struct arena *arena, struct answer *answer)
{
    (void)context;
    (void)db;
    (void)command;
    (void)arena;
    static const int statuses[] = { 201, 200, 200, 409 };
    answer->status = outcome->kind == OUTCOME_REFUSED && outcome->refusal.kind == REFUSAL_INVALID ? 422 : statuses[outcome->kind];
    answer->is_problem = outcome->kind == OUTCOME_REFUSED;
    buffer_reset(&answer->body);
    buffer_text(&answer->body, outcome->kind == OUTCOME_REFUSED ? outcome->refusal.code : outcome->id);
    return STATUS_OK;
}

static const struct presenter presenter = { present, NULL };

static int group_set_up(void **state)
{
    (void)state;
    assert_int_equal(key_library_open(), STATUS_OK);
    assert_int_equal(key_generate(&key), STATUS_OK);
    return 0;
}

static int group_tear_down(void **state)
{
    (void)state;
    key_free(key);
    return 0;
}

static void world_open(struct world *world)
{
    assert_int_equal(scratch_make(world->dir), 0);
    snprintf(world->path, sizeof world->path, "%s/t.db", world->dir);
    assert_int_equal(db_open_writer(world->path, &world->db), STATUS_OK);
    assert_int_equal(executor_open(&world->executor, world->db, key, &presenter), STATUS_OK);
}

static void world_close(struct world *world)
{
    executor_close(world->executor);
    db_close(world->db);
    assert_int_equal(scratch_remove(world->dir), 0);
}

/* Delivers inside an open block; returns the answer's status, and its body in text. */
static int deliver(struct world *world, enum command_kind kind, const char *target, const char *id, const char *body,
                   char text[64])
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = kind, .target = target, .id = id, .new_id = id,
                               .actor = { "ORG", ROLE_ADMIN, "tok" }, .if_version = COMMAND_VERSION_NONE };
    if (kind == COMMAND_GENESIS) {
        command.actor = (struct actor){ "", ROLE_SYSTEM, "system" };
    }
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_deliver(world->executor, &command, &answer, &is_lost), STATUS_OK);
    if (text != NULL) {
        snprintf(text, 64, "%s%s", answer.body.bytes, answer.is_replayed ? " again" : "");
    }
    int status = answer.status;
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
    return status;
}

static void begin_world(struct world *world)
{
    char body[2048], hex[2 * KEY_PUBLIC_BYTES + 1];
    uint8_t root[DIGEST_BYTES];
    text_to_hex(hex, key_public(key), KEY_PUBLIC_BYTES);
    snprintf(body, sizeof body, genesis, hex);
    assert_int_equal(block_begin(world->executor, START_MS), STATUS_OK);
    assert_int_equal(deliver(world, COMMAND_GENESIS, "", "genesis", body, NULL), 201);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
}

/* A little history in two blocks; root is that of the second. */
static void live(struct world *world, uint8_t root[DIGEST_BYTES])
{
    begin_world(world);
    assert_int_equal(block_begin(world->executor, START_MS + 5), STATUS_OK);
    assert_int_equal(deliver(world, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"Depot\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(deliver(world, COMMAND_SITE_PUT, "A", "b",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"420000\"}", NULL), 201);
    assert_int_equal(deliver(world, COMMAND_SITE_PUT, "B", "c",
        "{\"name\":\"B\",\"kind\":\"hospital\",\"organisation\":\"ORG\",\"province\":\"CN-HB\",\"lat\":30.5,\"lon\":114.3}", NULL), 201);
    assert_int_equal(deliver(world, COMMAND_ITEM_PUT, "MASK", "d", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
    assert_int_equal(deliver(world, COMMAND_SUPPLY_INTAKE, "", "e",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":100,\"source\":\"opening\"}", NULL), 201);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
    assert_int_equal(block_begin(world->executor, START_MS + 1), STATUS_OK); /* a clock that went back */
    assert_int_equal(deliver(world, COMMAND_TRANSFER_CREATE, "", "f",
        "{\"destination\":\"B\",\"lines\":[{\"supply\":\"e\",\"quantity\":40}]}", NULL), 201);
    assert_int_equal(deliver(world, COMMAND_TRANSFER_DISPATCH, "f", "g", "{}", NULL), 200);
    assert_int_equal(deliver(world, COMMAND_TRANSFER_RECEIVE, "f", "h", "{\"lines\":[{\"line\":1,\"good\":40}]}", NULL), 200);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
}

static void expect_verified(struct world *world, uint64_t entries)
{
    struct db *reader = NULL;
    struct verify_report report;
    const char *notes[] = { executor_checkpoint(world->executor) };
    struct verify_options options = { notes, 1, true, NULL, NULL, NULL };
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
    assert_int_equal(head.time_ms, START_MS + 5); /* time never goes back */
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
    assert_int_equal(block_begin(world.executor, START_MS + 9), STATUS_OK);
    const char *too_much = "{\"destination\":\"B\",\"lines\":[{\"supply\":\"e\",\"quantity\":61}]}";
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", too_much, text), 409);
    assert_string_equal(text, "insufficient_stock");
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", too_much, text), 409);
    assert_string_equal(text, "insufficient_stock again");
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_DISPATCH, "f", "x", "{}", text), 409);
    assert_string_equal(text, "idempotency_key_reused");
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_DISPATCH, "f", "g", "{}", text), 200);
    assert_string_equal(text, "f again");
    assert_int_equal(deliver(&world, COMMAND_ITEM_PUT, "MASK", "y", "{\"unit\":\"piece\",\"name\":\"Mask\"}", text), 200);
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
    assert_int_equal(block_begin(world.executor, START_MS + 9), STATUS_OK);
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", all, text), 409);
    assert_int_equal(deliver(&world, COMMAND_SUPPLY_INTAKE, "", "more",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":1,\"source\":\"found\"}", text), 201);
    assert_string_equal(text, "e"); /* it joined the supply that is like it */
    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    assert_int_equal(block_begin(world.executor, START_MS + 9 + 24 * 3600 * 1000 + 1), STATUS_OK);
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", all, text), 201);
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
    assert_int_equal(block_begin(world.executor, START_MS + 9), STATUS_OK);
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", body, NULL), 201);
    block_abandon(world.executor);
    assert_int_equal(executor_seq(world.executor), 9);
    expect_verified(&world, 9);
    assert_int_equal(block_begin(world.executor, START_MS + 10), STATUS_OK);
    assert_int_equal(deliver(&world, COMMAND_TRANSFER_CREATE, "", "x", body, NULL), 201);
    assert_int_equal(block_end(world.executor, after), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    expect_verified(&world, 10);
    executor_close(world.executor);
    assert_int_equal(executor_open(&world.executor, world.db, key, &presenter), STATUS_OK);
    assert_int_equal(executor_seq(world.executor), 10);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_commands_same_hashes), cmocka_unit_test(test_refusals_leave_nothing),
        cmocka_unit_test(test_refusals_lapse_after_a_day), cmocka_unit_test(test_abandoned_block_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
