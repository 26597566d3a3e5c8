/*
 * MACs of kept answers: which bytes they are of, that no column can be altered, which key is for which entry of which ledger, what becomes of
 * them when a text is taken out, and what the executor does with an answer that was altered.
 */
#include "tests/unit/rules/world.h"

#include <sqlite3.h>

#include "db/answer.h"
#include "db/answer_key.h"
#include "rules/answer_keys.h"
#include "rules/verify/verify.h"

static const uint8_t counted[ANSWER_KEY_BYTES] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                   16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
static const uint8_t other_key[ANSWER_KEY_BYTES] = { 9 };

static struct answer_row example(void)
{
    struct answer_row row = { .scope = "ORG tok", .key = "k-1", .kind = "transfer.dispatch", .target = "T-1", .time_ms = 1234567890123, .seq = 42,
                              .status = 200, .location = "/transfers/T-1", .etag = "\"3\"", .body = "{\"id\":\"T-1\"}", .body_length = 12 };
    memset(row.salt, 7, sizeof row.salt);
    memset(row.fingerprint, 8, sizeof row.fingerprint);
    return row;
}

static struct answer_keys *keys_of(uint64_t first, const uint8_t key[ANSWER_KEY_BYTES])
{
    struct answer_keys *keys = NULL;
    assert_int_equal(answer_keys_open(&keys), STATUS_OK);
    answer_keys_add(keys, first, key);
    return keys;
}

static enum answer_fit fit_of(struct db *db, const struct answer_keys *keys, const struct answer_row *row)
{
    enum answer_fit fit = ANSWER_UNKNOWN;
    assert_int_equal(answer_keys_check(keys, db, row, &fit), STATUS_OK);
    return fit;
}

static void expect_mac(const struct answer_row *row, const char *wanted)
{
    char hex[2 * DB_ANSWER_MAC_BYTES + 1];
    assert_true(row->has_mac);
    text_to_hex(hex, row->mac, sizeof row->mac);
    assert_string_equal(hex, wanted);
}

/* Reckoned elsewhere, by Python's hmac. */
static void test_vectors(void **state)
{
    (void)state;
    struct answer_keys *keys = keys_of(1, counted);
    struct answer_row row = example();
    answer_keys_seal(keys, &row);
    expect_mac(&row, "449d04f69186b15e4d006ab8123edbb569a856e3f4433e38846bb4d16b2f13e6");
    answer_keys_seal_erased(keys, &row, 77, ANSWER_SOUND);
    expect_mac(&row, "f19f4d33c416280fdf840999590abc5ace7c1b6ceaade74343f7ebe9e0597991");
    answer_keys_seal_erased(keys, &row, 77, ANSWER_ALTERED);
    assert_false(row.has_mac);
    answer_keys_seal(NULL, &row);
    assert_false(row.has_mac);
    row.seq = 0; /* a refusal */
    answer_keys_seal(keys, &row);
    assert_false(row.has_mac);
    answer_keys_close(keys);
}

static void test_every_column_counts(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    struct answer_keys *keys = keys_of(1, counted);
    struct answer_row whole = example();
    answer_keys_seal(keys, &whole);
    assert_int_equal(fit_of(world.db, keys, &whole), ANSWER_SOUND);
    assert_int_equal(fit_of(world.db, NULL, &whole), ANSWER_UNKNOWN);
    for (int i = 0; i < 17; i++) {
        struct answer_row row = whole;
        switch (i) {
        case 0: row.scope = "ORH tok"; break;
        case 1: row.key = "k-2"; break;
        case 2: row.kind = "transfer.receive"; break;
        case 3: row.target = ""; break;
        case 4: row.salt[0]++; break;
        case 5: row.salt[DB_ANSWER_SALT_BYTES - 1]++; break;
        case 6: row.fingerprint[DB_FINGERPRINT_BYTES - 1]++; break;
        case 7: row.time_ms++; break;
        case 8: row.seq++; break;
        case 9: row.status = 201; break;
        case 10: row.location = "/transfers/T-2"; break;
        case 11: row.etag = ""; break;
        case 12: row.body = "{\"id\":\"T-2\"}"; break;
        case 13: row.body_length--; break;
        case 14: row.mac[31] ^= 1; break;
        case 15: row.has_mac = false; break;
        case 16: row.scope = "ORG to", row.key = "kk-1"; break; /* what one ends with is not what the next begins with */
        }
        assert_int_equal(fit_of(world.db, keys, &row), ANSWER_ALTERED);
    }
    answer_keys_close(keys);
    world_close(&world);
}

/* The one that begins last holds; of two for the same entry the one that was added first. */
static void test_ranges(void **state)
{
    (void)state;
    struct world world;
    struct answer_row row = example();
    world_open(&world);
    struct answer_keys *keys = keys_of(40, counted), *first = keys_of(1, counted), *second = keys_of(1, other_key);
    assert_false(answer_keys_cover(keys, 39));
    assert_true(answer_keys_cover(keys, 40) && answer_keys_cover(keys, UINT64_MAX));
    assert_false(answer_keys_cover(NULL, 1));
    answer_keys_add(keys, 43, other_key);
    answer_keys_add(keys, 5, other_key);
    answer_keys_add(keys, 40, other_key);
    for (int64_t seq = 4; seq < 50; seq++) {
        row.seq = seq;
        answer_keys_seal(seq >= 40 && seq < 43 ? first : second, &row);
        assert_int_equal(fit_of(world.db, keys, &row), seq < 5 ? ANSWER_UNKNOWN : ANSWER_SOUND);
    }
    for (uint64_t i = 0; i < ANSWER_KEYS_MAX; i++) { /* more than there is room for are left out */
        answer_keys_add(keys, 1, other_key);
    }
    row.seq = 41;
    answer_keys_seal(first, &row);
    assert_int_equal(fit_of(world.db, keys, &row), ANSWER_SOUND);
    answer_keys_close(keys);
    answer_keys_close(first);
    answer_keys_close(second);
    world_close(&world);
}

static bool belongs(struct world *world, const struct answer_key_row *row)
{
    bool does = false;
    assert_int_equal(answer_keys_belongs(world->db, row, &does), STATUS_OK);
    return does;
}

/* One that does not say yet whose it is: that ledger's whose answer was kept under it, where it begins. */
static void test_whose_key_that_is_not_bound(void **state)
{
    (void)state;
    struct world world;
    struct answer_keys *keys = keys_of(2, counted);
    struct answer_key_row row = { .first = 2 };
    world_open(&world);
    executor_close(world.executor);
    assert_int_equal(executor_open(&world.executor, world.db, world_signer, &world_presenter, keys), STATUS_OK);
    world_begin(&world);
    memcpy(row.key, counted, sizeof row.key);
    assert_false(belongs(&world, &row)); /* that entry has not come */
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_true(belongs(&world, &row));
    row.first = 1; /* whose answer has no MAC */
    assert_false(belongs(&world, &row));
    row.first = 2;
    row.key[0] ^= 1; /* it went on elsewhere under that key, and here under another */
    assert_false(belongs(&world, &row));
    answer_keys_close(keys);
    world.executor = (executor_close(world.executor), NULL);
    world_close(&world);
}

/* Only what names an entry of this very ledger is for it. */
static void test_whose_keys(void **state)
{
    (void)state;
    struct world world;
    struct answer_keys *keys = NULL;
    world_open(&world);
    world_begin(&world);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    struct answer_key_row rows[] = { { .first = 4 }, { .first = 2, .is_bound = true }, { .first = 2, .is_bound = true },
                                     { .first = 1, .is_bound = true } };
    assert_int_equal(db_entry_hash(world.db, 2, rows[1].hash), STATUS_OK);
    assert_int_equal(answer_keys_open(&keys), STATUS_OK);
    assert_int_equal(answer_keys_take(keys, world.db, rows, 4), STATUS_OK);
    assert_true(answer_keys_cover(keys, 2) && !answer_keys_cover(keys, 1));
    rows[1].hash[0] ^= 1;
    rows[0].is_bound = true; /* bound to an entry that there is not */
    answer_keys_close(keys);
    assert_int_equal(answer_keys_open(&keys), STATUS_OK);
    assert_int_equal(answer_keys_take(keys, world.db, rows, 4), STATUS_OK);
    assert_false(answer_keys_cover(keys, UINT64_MAX));
    assert_int_equal(db_entry_hash(world.db, 1, rows[3].hash), STATUS_OK);
    assert_int_equal(answer_keys_take(keys, world.db, rows, 4), STATUS_OK);
    assert_true(answer_keys_cover(keys, 1));
    answer_keys_close(keys);
    world_close(&world);
}

static void run_sql(struct world *world, const char *sql)
{
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(world->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(handle), 1);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void expect_report(struct world *world, const struct answer_key_row *row, bool is_ok, uint64_t number)
{
    struct db *db = NULL;
    struct verify_report report;
    struct verify_options options = { .answer_keys = row, .answer_key_count = row != NULL };
    assert_int_equal(db_open_reader(world->path, &db), STATUS_OK);
    assert_int_equal(verify_ledger(db, &options, &report), STATUS_OK);
    db_close(db);
    assert_int_equal(report.is_ok, is_ok);
    assert_int_equal(is_ok ? report.unchecked_answers : report.first_broken, number);
    assert_string_equal(report.code, is_ok ? "" : "answer");
}

/* What a retry is told: a status, or that the answer is not to be had. */
static enum status retry(struct world *world, const char *name)
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    char body[80];
    arena_init(&arena);
    answer_init(&answer);
    snprintf(body, sizeof body, "{\"name\":\"%s\",\"kind\":\"depot\"}", name);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = COMMAND_ORGANISATION_PUT, .target = "ORG", .id = "a", .new_id = "a", .actor = { "ORG", ROLE_ADMIN, "tok" },
                               .if_version = COMMAND_VERSION_NONE };
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_begin_unguarded(world->executor, WORLD_START_MS + 1), STATUS_OK);
    enum status status = block_deliver(world->executor, &command, &answer, &is_lost);
    assert_false(is_lost);
    assert_true(status != STATUS_OK || answer.is_problem || answer.is_replayed);
    block_abandon(world->executor);
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
    return status;
}

static void test_executor(void **state)
{
    (void)state;
    struct world world;
    struct answer_key_row row = { .first = 1, .is_bound = true };
    struct answer_keys *keys = keys_of(1, counted);
    memcpy(row.key, counted, sizeof row.key);
    world_open(&world);
    executor_close(world.executor);
    assert_int_equal(executor_open(&world.executor, world.db, world_signer, &world_presenter, keys), STATUS_OK);
    world_begin(&world);
    assert_int_equal(world_do(&world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(db_entry_hash(world.db, 1, row.hash), STATUS_OK);
    expect_report(&world, &row, true, 0);
    expect_report(&world, NULL, true, 2);
    assert_int_equal(retry(&world, "O"), STATUS_OK);
    assert_int_equal(retry(&world, "P"), STATUS_OK); /* refused: the key is another request's */
    run_sql(&world, "UPDATE answer SET status = 200 WHERE seq = 2");
    expect_report(&world, &row, false, 2);
    expect_report(&world, NULL, true, 2);
    assert_int_equal(retry(&world, "O"), STATUS_CORRUPT);
    assert_int_equal(retry(&world, "P"), STATUS_CORRUPT);
    run_sql(&world, "UPDATE answer SET status = 201 WHERE seq = 2");
    assert_int_equal(retry(&world, "O"), STATUS_OK);
    expect_report(&world, &row, true, 0);
    run_sql(&world, "UPDATE answer SET mac = NULL WHERE seq = 2");
    expect_report(&world, &row, false, 2);
    assert_int_equal(retry(&world, "O"), STATUS_CORRUPT);
    row.hash[0] ^= 1; /* another ledger's key */
    expect_report(&world, &row, true, 2);
    answer_keys_close(keys);
    world.executor = (executor_close(world.executor), NULL);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_every_column_counts), cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_whose_keys), cmocka_unit_test(test_whose_key_that_is_not_bound), cmocka_unit_test(test_executor),
    };
    return cmocka_run_group_tests_name("answer_keys", tests, world_set_up, world_tear_down);
}
