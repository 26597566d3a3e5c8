/*
 * The sequencer with the executor that it has in the service: as many commands as one block takes, carried out and sealed together, are
 * the ledger that the same commands are when they are carried out one by one, each behind a guard of its own; every one is answered for
 * itself, and what waits beyond them is the next block.
 */
#include "rules/decode.h"
#include "tests/unit/rules/world.h"

#include <stdatomic.h>

#include <sqlite3.h>

#include "rules/verify/verify.h"
#include "server/store/sequencer.h"

enum {
    BLOCK_MAX = 256, /* commands of a block */
    MORE = 44,       /* that wait beyond it */
    FIRST_SEQ = 6,   /* of the commands here: before them are the genesis, organisation, site, item and what holds the writer up */
    NOWHERE = 40, TWICE = 90, REUSED = 120, UNLUCKY = 200 /* commands with a fate of their own; the others are intakes */
};

/* A command in flight. */
struct flight {
    struct pending pending;
    struct arena arena;
    struct command command;
    struct answer answer;
    char key[16];
    char body[160];
    atomic_bool is_done;
};

static struct flight held, flights[BLOCK_MAX + MORE];
static atomic_bool is_held, is_entered;
static bool has_unlucky;
static unsigned presented; /* answers made of intakes; the writer's */

/* Holds the writer up at the command "hold", and has no memory for the unlucky one, whose rows are written then. */
static enum status present(void *context, struct db *db, const struct command *command, const struct outcome *outcome, struct arena *arena,
                           struct answer *answer)
{
    while (strcmp(command->id, "hold") == 0 && atomic_load(&is_held)) {
        atomic_store(&is_entered, true);
        usleep(1000);
    }
    presented++;
    if (has_unlucky && command->id == flights[UNLUCKY].key) {
        return STATUS_EXHAUSTED;
    }
    return world_present(context, db, command, outcome, arena, answer);
}

static void finish(struct pending *pending)
{
    struct flight *flight = pending->context;
    atomic_store(&flight->is_done, true);
}

/* The number-th command; each intake is a lot of its own. */
static void form(struct flight *flight, int number)
{
    char *body = flight->body;
    int of = number == TWICE ? TWICE - 1 : number; /* the very same request as the one before */
    snprintf(flight->key, sizeof flight->key, "k%d", number == REUSED ? REUSED - 1 : of);
    snprintf(body, sizeof flight->body, "{\"site\":\"%s\",\"item\":\"MASK\",\"lot\":\"L%d\",\"quantity\":%d,\"source\":\"found\"}",
             number == NOWHERE ? "NOWHERE" : "A", of, 1 + of);
    arena_init(&flight->arena);
    answer_init(&flight->answer);
    atomic_store(&flight->is_done, false);
    struct faults *faults = arena_alloc(&flight->arena, sizeof *faults);
    faults_init(faults, &flight->arena);
    flight->command = (struct command){ .kind = COMMAND_SUPPLY_INTAKE, .target = "", .id = flight->key, .new_id = flight->key,
                                        .actor = { "ORG", ROLE_ADMIN, "tok" }, .if_version = COMMAND_VERSION_NONE };
    assert_int_equal(command_decode(&flight->command, BIND_CLEAR, body, strlen(body), &flight->arena, faults), STATUS_OK);
    flight->pending = (struct pending){ .command = &flight->command, .answer = &flight->answer, .done = finish, .context = flight };
}

static void let_go(struct flight *flight)
{
    command_fini(&flight->command);
    answer_fini(&flight->answer);
    arena_fini(&flight->arena);
}

static void wait_for(const struct flight *flight)
{
    for (int i = 0; !atomic_load(&flight->is_done); i++) {
        assert_true(i < 120000);
        usleep(500);
    }
}

/* What a number-th command is answered; 0: it has no answer. */
static int wanted_status(int number)
{
    return number == NOWHERE ? 422 : number == REUSED ? 409 : number == UNLUCKY && has_unlucky ? 0 : 201;
}

static int64_t integer_of(const struct world *world, const char *sql)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *use = NULL;
    assert_int_equal(sqlite3_open_v2(world->path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &use, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(use), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(use, 0);
    sqlite3_finalize(use);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    return value;
}

static void open_world(struct world *world)
{
    static const struct presenter presenter = { present, NULL };
    world_open(world);
    executor_close(world->executor);
    assert_int_equal(executor_open(&world->executor, world->db, world_signer, &presenter, NULL), STATUS_OK);
    world_begin(world);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_SITE_PUT, "A", "b",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ITEM_PUT, "MASK", "c", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
}

/* All flights at once behind a command that holds the writer up. */
static void fly(struct world *world)
{
    struct anchor *anchor = NULL;
    struct sequencer *sequencer = NULL;
    assert_int_equal(anchor_open(world->dir, &anchor), STATUS_OK);
    assert_int_equal(sequencer_open(world->executor, world->db, anchor, NULL, BLOCK_MAX + MORE, &sequencer), STATUS_OK);
    form(&held, BLOCK_MAX + MORE);
    held.command.id = held.command.new_id = "hold";
    atomic_store(&is_entered, false);
    atomic_store(&is_held, true);
    assert_int_equal(sequencer_submit(sequencer, &held.pending), STATUS_OK);
    while (!atomic_load(&is_entered)) {
        usleep(500);
    }
    presented = 0;
    for (int i = 0; i < BLOCK_MAX + MORE; i++) {
        form(&flights[i], i);
        assert_int_equal(sequencer_submit(sequencer, &flights[i].pending), STATUS_OK);
    }
    atomic_store(&is_held, false);
    wait_for(&held);
    for (int i = 0; i < BLOCK_MAX + MORE; i++) {
        wait_for(&flights[i]);
    }
    sequencer_close(sequencer);
    anchor_close(anchor);
}

/* Every one is answered as it should be, and in the order of the queue; the first 256 are one block. */
static void check_answers(const struct world *world)
{
    uint64_t seq = FIRST_SEQ;
    char sql[96];
    for (int i = 0; i < BLOCK_MAX + MORE; i++) {
        const struct flight *flight = &flights[i];
        int status = wanted_status(i);
        assert_int_equal(flight->pending.delivery, status == 0 ? DELIVERY_FAULT : DELIVERY_ANSWERED);
        assert_int_equal(flight->answer.status, status);
        assert_int_equal(flight->answer.is_replayed, i == TWICE);
        if (i == TWICE) {
            assert_string_equal(flight->answer.body.bytes, flights[i - 1].answer.body.bytes);
        } else if (status == 201) {
            assert_int_equal(flight->answer.seq, seq);
            snprintf(sql, sizeof sql, "SELECT height FROM entry WHERE seq = %llu", (unsigned long long)seq);
            assert_int_equal(integer_of(world, sql), i < BLOCK_MAX ? FIRST_SEQ : FIRST_SEQ + 1);
            seq++;
        }
    }
    assert_int_equal(executor_seq(world->executor), seq - 1);
    assert_int_equal(integer_of(world, "SELECT count(*) FROM checkpoint"), FIRST_SEQ + 1);
    assert_int_equal(integer_of(world, "SELECT count(*) FROM supply"), seq - FIRST_SEQ + 1);
}

/* The same commands, each behind a guard, in blocks that begin where the sequencer's did and have their times; the last root. */
static void repeat(struct world *world, const struct world *like, uint8_t root[DIGEST_BYTES])
{
    static const int until[] = { 0, BLOCK_MAX, BLOCK_MAX + MORE };
    int next = 0;
    for (int block = 0; block < 3; block++) {
        char sql[96];
        snprintf(sql, sizeof sql, "SELECT time_ms FROM entry WHERE height = %d LIMIT 1", FIRST_SEQ - 1 + block);
        assert_int_equal(block_begin(world->executor, integer_of(like, sql)), STATUS_OK);
        for (; next <= until[block] && next <= BLOCK_MAX + MORE; next++) {
            struct flight *flight = next == 0 ? &held : &flights[next - 1];
            bool is_lost = false;
            if (next == UNLUCKY + 1 && has_unlucky) {
                continue; /* nothing of it remains */
            }
            answer_fini(&flight->answer);
            answer_init(&flight->answer);
            assert_int_equal(block_deliver(world->executor, &flight->command, &flight->answer, &is_lost), STATUS_OK);
            assert_false(is_lost);
        }
        assert_int_equal(block_end(world->executor, root), STATUS_OK);
        assert_int_equal(block_commit(world->executor), STATUS_OK);
    }
}

static void check_verified(const struct world *world)
{
    struct db *reader = NULL;
    struct verify_report report;
    const char *notes[] = { executor_checkpoint(world->executor) };
    struct verify_options options = { .notes = notes, .note_count = 1, .expects_anchor = true, .threads = 1 };
    assert_int_equal(db_open_reader(world->path, &reader), STATUS_OK);
    assert_int_equal(verify_ledger(reader, &options, &report), STATUS_OK);
    assert_string_equal(report.reason, "");
    assert_true(report.is_ok);
    assert_int_equal(report.entries, executor_seq(world->executor));
    db_close(reader);
}

static void compare(bool is_with_unlucky)
{
    struct world world, other;
    uint8_t root[DIGEST_BYTES], other_root[DIGEST_BYTES];
    has_unlucky = is_with_unlucky;
    open_world(&world);
    open_world(&other);
    fly(&world);
    check_answers(&world);
    if (has_unlucky) { /* the block was begun once more: what came before the unlucky one was answered twice */
        assert_true(presented > BLOCK_MAX + MORE);
    } else {
        assert_true(presented <= BLOCK_MAX + MORE);
    }
    check_verified(&world);
    repeat(&other, &world, other_root);
    check_verified(&other);
    assert_int_equal(block_begin(world.executor, 0), STATUS_OK);
    assert_int_equal(block_end(world.executor, root), STATUS_OK); /* of what is there: nothing was added */
    block_abandon(world.executor);
    assert_memory_equal(root, other_root, DIGEST_BYTES);
    let_go(&held);
    for (int i = 0; i < BLOCK_MAX + MORE; i++) {
        let_go(&flights[i]);
    }
    world_close(&world);
    world_close(&other);
}

static void test_a_whole_block(void **state)
{
    (void)state;
    compare(false);
}

static void test_a_whole_block_that_is_made_again(void **state)
{
    (void)state;
    compare(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_whole_block), cmocka_unit_test(test_a_whole_block_that_is_made_again) };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
