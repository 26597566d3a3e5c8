/*
 * The tree as blocks grow it: after blocks of any size, commands refused or lost on the way, blocks given up and starts in
 * between, the rows are those that verify makes of the entries, and every proof leads to the checkpoint.
 */
#include "tests/unit/rules/world.h"

#include <inttypes.h>
#include <time.h>

#include "ledger/proof.h"
#include "rules/decode.h"
#include "rules/tiles.h"
#include "rules/verify/verify.h"

static uint64_t chance;

/* Knuth's MMIX; the high bits. */
static uint64_t below(uint64_t limit)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (chance >> 33) % limit;
}

/* Answers that cannot be made, for keys that begin with "lost": the entry is taken back when it is written already. */
static enum status present_or_fail(void *context, struct db *db, const struct command *command, const struct outcome *outcome,
                                   struct arena *arena, struct answer *answer)
{
    if (strncmp(command->id, "lost", 4) == 0) {
        return STATUS_EXHAUSTED;
    }
    return world_presenter.present(context, db, command, outcome, arena, answer);
}

static const struct presenter presenter = { present_or_fail, NULL };

static void restart(struct world *world)
{
    executor_close(world->executor);
    assert_int_equal(executor_open(&world->executor, world->db, world_signer, &presenter, NULL), STATUS_OK);
}

static void deliver_lost(struct world *world, const char *id)
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = COMMAND_ITEM_PUT, .target = id, .id = id, .new_id = id,
                               .actor = { "ORG", ROLE_ADMIN, "tok" }, .if_version = COMMAND_VERSION_NONE };
    const char *body = "{\"name\":\"x\",\"unit\":\"piece\"}";
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_deliver(world->executor, &command, &answer, &is_lost), STATUS_EXHAUSTED);
    assert_false(is_lost);
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
}

static void deliver(struct world *world, int number)
{
    char id[32];
    switch (below(8)) {
    case 0:
        snprintf(id, sizeof id, "lost-%d", number);
        deliver_lost(world, id);
        return;
    case 1:
        snprintf(id, sizeof id, "refused-%d", number);
        assert_int_equal(world_deliver(world, COMMAND_TRANSFER_DISPATCH, "NONE", id, "{}", NULL), 409);
        return;
    default:
        snprintf(id, sizeof id, "item-%d", number);
        assert_int_equal(world_deliver(world, COMMAND_ITEM_PUT, id, id, "{\"name\":\"x\",\"unit\":\"piece\"}", NULL), 201);
    }
}

static void expect_verified(struct world *world)
{
    struct db *reader = NULL;
    struct verify_report report;
    const char *notes[] = { executor_checkpoint(world->executor) };
    struct verify_options options = { .notes = notes, .note_count = 1, .expects_anchor = true };
    assert_int_equal(db_open_reader(world->path, &reader), STATUS_OK);
    assert_int_equal(verify_ledger(reader, &options, &report), STATUS_OK);
    if (!report.is_ok) {
        fail_msg("%s: %s", report.code, report.reason);
    }
    assert_int_equal(report.entries, executor_seq(world->executor));
    db_close(reader);
}

static void expect_proofs(struct world *world)
{
    static struct proof_source source;
    struct arena arena;
    struct checkpoint_row last;
    struct proof proof;
    uint8_t leaf[DIGEST_BYTES];
    arena_init(&arena);
    assert_int_equal(db_checkpoint_last(world->db, &arena, &last), STATUS_OK);
    assert_int_equal(last.size, executor_seq(world->executor));
    proof_source_init(&source, tiles_get, world->db);
    for (uint64_t index = 0; index < last.size; index++) {
        assert_int_equal(proof_inclusion(&source, index, last.size, &proof), STATUS_OK);
        assert_int_equal(proof_leaf(&source, index, leaf), STATUS_OK);
        assert_int_equal(proof_inclusion_check(index, last.size, leaf, (const uint8_t (*)[DIGEST_BYTES])proof.hashes, proof.count,
                                               last.root), STATUS_OK);
    }
    arena_fini(&arena);
}

/* So many blocks and commands in them, and further ones until the tree has its third level of tiles: of some, chance takes back so
 * many that it has not (one time in fifty). */
enum { BLOCKS_MIN = 700, THREE_LEVELS = 256 };

static void test_blocks(void **state)
{
    (void)state;
    struct world world;
    uint8_t root[DIGEST_BYTES], before[DIGEST_BYTES];
    const char *seed = getenv("TALLYSTICK_SEED");
    chance = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "TALLYSTICK_SEED=%" PRIu64 "\n", chance);
    world_open(&world);
    restart(&world);
    world_begin(&world);
    for (int number = 0; number < BLOCKS_MIN || (executor_seq(world.executor) <= THREE_LEVELS && number < 10 * BLOCKS_MIN);) {
        assert_int_equal(block_begin(world.executor, WORLD_START_MS + number), STATUS_OK);
        for (uint64_t left = below(3) == 0 ? below(40) : below(4); left > 0; left--) {
            deliver(&world, number++);
        }
        if (below(6) == 0) {
            block_abandon(world.executor);
        } else {
            assert_int_equal(block_end(world.executor, root), STATUS_OK);
            if (below(8) == 0) { /* all is written, and yet nothing is kept */
                block_abandon(world.executor);
                assert_int_equal(block_begin(world.executor, WORLD_START_MS), STATUS_OK);
                assert_int_equal(block_end(world.executor, before), STATUS_OK);
            }
            assert_int_equal(block_commit(world.executor), STATUS_OK);
        }
        if (below(10) == 0) {
            restart(&world);
        }
        number++;
    }
    expect_proofs(&world);
    expect_verified(&world);
    assert_true(executor_seq(world.executor) > THREE_LEVELS);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_blocks) };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
