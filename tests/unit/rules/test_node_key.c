/*
 * The node's keys by sequence: what a rotation does to them, that it is alone in its block, and that seals and checkpoints are
 * taken from a key where it is valid and nowhere else.
 */
#include "tests/unit/rules/world.h"

#include <sqlite3.h>

#include "rules/decode.h"
#include "rules/keyring.h"
#include "rules/verify/verify.h"

static const char item[] = "{\"name\":\"x\",\"unit\":\"piece\"}";

static struct signer *new_signer(void)
{
    struct key *key = NULL;
    struct signer *signer = NULL;
    assert_int_equal(key_generate(&key), STATUS_OK);
    assert_int_equal(signer_of_key(key, &signer), STATUS_OK);
    return signer;
}

/* The body of a rotation to a signer's keys, the second half where it is wanted. */
static const char *rotation_to(const struct signer *signer, bool with_ed25519, char body[256])
{
    char node[2 * KEY_PUBLIC_BYTES + 1], checkpoint[2 * ED25519_PUBLIC_BYTES + 1];
    text_to_hex(node, signer_public(signer), KEY_PUBLIC_BYTES);
    text_to_hex(checkpoint, signer_ed25519(signer), ED25519_PUBLIC_BYTES);
    snprintf(body, 256, with_ed25519 ? "{\"node_key\":\"%s\",\"checkpoint_key\":\"%s\"}" : "{\"node_key\":\"%s\"}", node, checkpoint);
    return body;
}

/* The world goes on with another signer. */
static enum status reopen(struct world *world, struct signer *signer)
{
    executor_close(world->executor);
    world->executor = NULL;
    return executor_open(&world->executor, world->db, signer, &world_presenter, NULL);
}

static void expect(struct world *world, uint64_t entries, const char *code)
{
    struct db *db = NULL;
    struct verify_report report;
    const struct verify_options options = { .threads = 1 };
    assert_int_equal(db_open_reader(world->path, &db), STATUS_OK);
    assert_int_equal(verify_ledger(db, &options, &report), STATUS_OK);
    db_close(db);
    if (strcmp(report.code, code) != 0) {
        fail_msg("%s: %s", report.code, report.reason);
    }
    assert_int_equal(report.entries, entries);
}

static void load(struct world *world, struct keyring *keyring, struct arena *arena)
{
    arena_init(arena);
    keyring_init(keyring);
    assert_int_equal(keyring_load(keyring, world->db, arena), STATUS_OK);
}

static int rotate(struct world *world, struct signer *signer, bool with_ed25519, const char *id)
{
    char body[256];
    return world_do(world, WORLD_START_MS, COMMAND_NODE_KEY_ROTATE, "", id, rotation_to(signer, with_ed25519, body), NULL);
}

/* Three rotations, one right behind another, one that gives the second half up. */
static void test_keys_by_sequence(void **state)
{
    (void)state;
    struct world world;
    struct keyring keyring;
    struct arena arena;
    struct signer *signers[] = { world_signer, new_signer(), new_signer(), new_signer() };
    world_open(&world);
    world_begin(&world);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "A", "a", item, NULL), 201);
    assert_int_equal(rotate(&world, signers[1], true, "r1"), 200); /* entry 3 */
    assert_int_equal(reopen(&world, signers[1]), STATUS_OK);
    assert_int_equal(rotate(&world, signers[2], true, "r2"), 200); /* entry 4 */
    assert_int_equal(reopen(&world, signers[2]), STATUS_OK);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "B", "b", item, NULL), 201);
    assert_int_equal(rotate(&world, signers[3], false, "r3"), 200); /* entry 6 */
    assert_int_equal(reopen(&world, signers[3]), STATUS_OK);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "C", "c", item, NULL), 201);
    assert_null(strstr(strstr(executor_checkpoint(world.executor), "\n\n") + 2 + 3, "\xe2\x80\x94")); /* one line */
    expect(&world, 7, "");
    static const int holders[] = { -1, 0, 0, 0, 1, 2, 2, 3, 3 }; /* at 0, 1, ... */
    load(&world, &keyring, &arena);
    for (uint64_t seq = 0; seq < sizeof holders / sizeof holders[0]; seq++) {
        struct checkpoint_keys keys = keyring_at(&keyring, seq);
        for (int i = 0; i < 4; i++) {
            const struct keyring_node *node = keyring_seal_key(&keyring, signer_id(signers[i]), seq);
            assert_int_equal(node != NULL, holders[seq] == i);
            assert_int_equal(keys.node != NULL && memcmp(keys.node, signer_public(signers[i]), KEY_PUBLIC_BYTES) == 0, holders[seq] == i);
            assert_int_equal(keys.ed25519 != NULL && memcmp(keys.ed25519, signer_ed25519(signers[i]), ED25519_PUBLIC_BYTES) == 0,
                             holders[seq] == i && i < 3);
        }
    }
    arena_fini(&arena);
    world_close(&world);
    for (int i = 1; i < 4; i++) {
        signer_close(signers[i]);
    }
}

static void test_alone_in_its_block(void **state)
{
    (void)state;
    struct world world;
    char body[256];
    uint8_t root[DIGEST_BYTES];
    bool is_lost = true;
    struct arena arena;
    struct answer answer;
    struct signer *next = new_signer();
    world_open(&world);
    world_begin(&world);
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = COMMAND_NODE_KEY_ROTATE, .target = "", .id = "r", .new_id = "",
                               .actor = { "", ROLE_SYSTEM, "system" }, .if_version = COMMAND_VERSION_NONE };
    rotation_to(next, true, body);
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS), STATUS_OK);
    assert_int_equal(world_deliver(&world, COMMAND_ITEM_PUT, "A", "a", item, NULL), 201);
    assert_int_equal(block_deliver(world.executor, &command, &answer, &is_lost), STATUS_CONFLICT);
    assert_false(is_lost);
    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS), STATUS_OK);
    assert_int_equal(block_deliver(world.executor, &command, &answer, &is_lost), STATUS_OK);
    assert_int_equal(answer.status, 200);
    struct command more = command;
    more.id = "s";
    assert_int_equal(block_deliver(world.executor, &more, &answer, &is_lost), STATUS_CONFLICT);
    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    assert_true(executor_is_failed(world.executor)); /* the next entry is another key's */
    assert_int_equal(block_begin(world.executor, WORLD_START_MS), STATUS_IO);
    expect(&world, 3, "");
    assert_int_equal(reopen(&world, world_signer), STATUS_CORRUPT);
    assert_int_equal(executor_open(&world.executor, world.db, next, &world_presenter, NULL), STATUS_OK);
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
    world_close(&world);
    signer_close(next);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct world world;
    char body[256];
    struct signer *next = new_signer();
    struct signer *third = new_signer();
    world_open(&world);
    world_begin(&world);
    assert_int_equal(rotate(&world, world_signer, true, "same"), 409);
    assert_int_equal(rotate(&world, world_signer, false, "half of it"), 409);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_NODE_KEY_ROTATE, "", "no hex", "{\"node_key\":\"xyz\"}", NULL), 422);
    char half[256];
    rotation_to(next, false, body);
    snprintf(half, sizeof half, "%.*s,\"checkpoint_key\":\"00\"}", (int)strlen(body) - 1, body);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_NODE_KEY_ROTATE, "", "short", half, NULL), 422);
    assert_int_equal(rotate(&world, next, true, "r1"), 200);
    assert_int_equal(reopen(&world, next), STATUS_OK);
    assert_int_equal(rotate(&world, world_signer, true, "back"), 409); /* none comes back */
    /* a new node key with the old second half, and the reverse */
    char node[2 * KEY_PUBLIC_BYTES + 1], checkpoint[2 * ED25519_PUBLIC_BYTES + 1];
    text_to_hex(node, signer_public(third), KEY_PUBLIC_BYTES);
    text_to_hex(checkpoint, signer_ed25519(world_signer), ED25519_PUBLIC_BYTES);
    snprintf(body, sizeof body, "{\"node_key\":\"%s\",\"checkpoint_key\":\"%s\"}", node, checkpoint);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_NODE_KEY_ROTATE, "", "mixed", body, NULL), 409);
    assert_int_equal(executor_seq(world.executor), 2);
    expect(&world, 2, "");
    world_close(&world);
    signer_close(next);
    signer_close(third);
}

__attribute__((format(printf, 2, 3)))
static void meddle(struct world *world, const char *format, ...)
{
    char sql[1024];
    sqlite3 *handle = NULL;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    assert_int_equal(sqlite3_open(world->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "DROP TRIGGER seal_no_update; DROP TRIGGER checkpoint_no_update", NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s", sqlite3_errmsg(handle));
    }
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void entry_hash(struct world *world, uint64_t seq, uint8_t hash[DIGEST_BYTES])
{
    assert_int_equal(db_entry_hash(world->db, seq, hash), STATUS_OK);
}

/* Who has an old key cannot seal what came later, nor the new key what came before; the same for checkpoints. */
static void test_a_key_out_of_its_range(void **state)
{
    (void)state;
    struct signer *next = new_signer();
    for (int round = 0; round < 4; round++) {
        struct world world;
        uint8_t hash[DIGEST_BYTES], seal[KEY_SIGNATURE_BYTES];
        char hex[2 * KEY_SIGNATURE_BYTES + 1];
        struct signer *thief = round % 2 == 0 ? world_signer : next;
        uint64_t seq = round % 2 == 0 ? 4 : 2;
        world_open(&world);
        world_begin(&world);
        assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "A", "a", item, NULL), 201);
        assert_int_equal(rotate(&world, next, true, "r1"), 200); /* entry 3 */
        assert_int_equal(reopen(&world, next), STATUS_OK);
        assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "B", "b", item, NULL), 201);
        expect(&world, 4, "");
        if (round < 2) {
            entry_hash(&world, seq, hash);
            assert_int_equal(signer_sign(thief, hash, seal), STATUS_OK);
            text_to_hex(hex, seal, sizeof seal);
            meddle(&world, "UPDATE seal SET key = '%s', signature = x'%s' WHERE seq = %d", signer_id(thief), hex, (int)seq);
            expect(&world, seq - 1, "key");
        } else {
            struct arena arena;
            struct checkpoint checkpoint = { .origin = "test.example/1", .size = seq };
            struct checkpoint_row row;
            struct buffer note;
            arena_init(&arena);
            buffer_init(&note);
            assert_int_equal(db_checkpoint_of_size(world.db, &arena, seq, &row), STATUS_OK);
            memcpy(checkpoint.root, row.root, sizeof checkpoint.root);
            assert_int_equal(checkpoint_write(&checkpoint, thief, true, &note), STATUS_OK);
            meddle(&world, "UPDATE checkpoint SET note = '%s' WHERE size = %d", note.bytes, (int)seq);
            expect(&world, seq, "checkpoint");
            buffer_fini(&note);
            arena_fini(&arena);
        }
        world_close(&world);
    }
    signer_close(next);
}

/* A ledger from before there was a second half gets one by a rotation. */
static void test_a_ledger_without_a_second_half(void **state)
{
    (void)state;
    struct world world;
    char body[2048], hex[2 * KEY_PUBLIC_BYTES + 1];
    uint8_t root[DIGEST_BYTES];
    struct signer *next = new_signer();
    world_open(&world);
    text_to_hex(hex, signer_public(world_signer), KEY_PUBLIC_BYTES);
    snprintf(body, sizeof body, world_genesis, hex, "");
    char *member = strstr(body, "\"checkpoint_key\":\"\",");
    assert_non_null(member);
    memmove(member, member + 20, strlen(member + 20) + 1);
    assert_int_equal(block_begin(world.executor, WORLD_START_MS), STATUS_OK);
    assert_int_equal(world_deliver(&world, COMMAND_GENESIS, "", "genesis", body, NULL), 201);
    assert_int_equal(block_end(world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(world.executor), STATUS_OK);
    assert_int_equal(rotate(&world, next, true, "r1"), 200);
    assert_null(strstr(strstr(executor_checkpoint(world.executor), "\n\n") + 2 + 3, "\xe2\x80\x94"));
    assert_int_equal(reopen(&world, next), STATUS_OK);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ITEM_PUT, "A", "a", item, NULL), 201);
    assert_non_null(strstr(strstr(executor_checkpoint(world.executor), "\n\n") + 2 + 3, "\xe2\x80\x94"));
    expect(&world, 3, "");
    world_close(&world);
    signer_close(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_by_sequence),
        cmocka_unit_test(test_alone_in_its_block),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_a_key_out_of_its_range),
        cmocka_unit_test(test_a_ledger_without_a_second_half),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
