/*
 * Connections, migrations, transactions, effects, append-only tables.
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
#include <sqlite3.h>

#include "db/answer.h"
#include "db/check.h"
#include "db/db.h"
#include "db/effects.h"
#include "db/entry.h"
#include "db/figure.h"
#include "db/reference.h"
#include "db/supply.h"
#include "tests/unit/support/scratch.h"

struct fixture {
    char dir[SCRATCH_BYTES];
    char path[96];
    struct db *db;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(scratch_make(f->dir), 0);
    snprintf(f->path, sizeof f->path, "%s/t.db", f->dir);
    assert_int_equal(db_open_writer(f->path, &f->db), STATUS_OK);
    arena_init(&f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    arena_fini(&f->arena);
    int failed = scratch_remove(f->dir);
    free(f);
    return failed;
}

static const struct province hubei = { "CN-HB", "420000", "Hubei", "湖北", "central", "Wuhan", 305900000, 1143100000, 1, 1, NULL };
static const struct organisation depot = { "ORG", { "Depot", NULL, NULL }, "depot", "CN-HB", 1, 1, NULL };
static const struct site warehouse = { "SITE", { "Warehouse", NULL, NULL }, "warehouse", "ORG", "CN-HB",
                                       REFERENCE_NOWHERE, REFERENCE_NOWHERE, 1, 1, NULL };
static const struct item mask = { "MASK", { NULL, "Mask", "口罩" }, "piece", NULL, "[]", false, true, 1, 1, NULL };

static void write_reference(struct db *db)
{
    assert_int_equal(db_province_put(db, &hubei), STATUS_OK);
    assert_int_equal(db_organisation_put(db, &depot), STATUS_OK);
    assert_int_equal(db_site_put(db, &warehouse), STATUS_OK);
    assert_int_equal(db_item_put(db, &mask), STATUS_OK);
}

static void test_reference_round_trip(void **state)
{
    struct fixture *f = *state;
    struct province province;
    struct site site;
    struct item item;
    assert_int_equal(db_begin(f->db), STATUS_OK);
    write_reference(f->db);
    assert_int_equal(db_commit(f->db), STATUS_OK);
    assert_int_equal(db_province_find(f->db, &f->arena, "420000", &province), STATUS_OK);
    assert_string_equal(province.code, "CN-HB");
    assert_string_equal(province.name_zh, "湖北");
    assert_int_equal(db_site_find(f->db, &f->arena, "SITE", &site), STATUS_OK);
    assert_true(site.lat_e7 == REFERENCE_NOWHERE);
    assert_int_equal(db_item_find(f->db, &f->arena, "MASK", &item), STATUS_OK);
    assert_null(item.name.text);
    assert_string_equal(item.name.zh, "口罩");
    assert_true(item.medical_grade);
    assert_int_equal(db_item_find(f->db, &f->arena, "NONE", &item), STATUS_ABSENT);
}

static void test_savepoint_takes_back(void **state)
{
    struct fixture *f = *state;
    struct province province;
    assert_int_equal(db_begin(f->db), STATUS_OK);
    assert_int_equal(db_savepoint(f->db), STATUS_OK);
    assert_int_equal(db_province_put(f->db, &hubei), STATUS_OK);
    assert_int_equal(db_savepoint_rollback(f->db), STATUS_OK);
    assert_true(db_is_in_transaction(f->db));
    assert_int_equal(db_province_find(f->db, &f->arena, "CN-HB", &province), STATUS_ABSENT);
    db_rollback(f->db);
    assert_false(db_is_in_transaction(f->db));
}

static void test_effects_are_canonical(void **state)
{
    struct fixture *f = *state;
    struct buffer first, second;
    buffer_init(&first);
    buffer_init(&second);
    assert_int_equal(db_begin(f->db), STATUS_OK);
    assert_int_equal(effects_begin(f->db), STATUS_OK);
    write_reference(f->db);
    assert_int_equal(effects_encode(f->db, &first), STATUS_OK);
    effects_end(f->db);
    db_rollback(f->db);

    /* another order, and one row written twice: the same effects */
    assert_int_equal(db_begin(f->db), STATUS_OK);
    assert_int_equal(effects_begin(f->db), STATUS_OK);
    struct province other = hubei;
    other.belt = "eastern";
    assert_int_equal(db_item_put(f->db, &mask), STATUS_OK);
    assert_int_equal(db_province_put(f->db, &other), STATUS_OK);
    assert_int_equal(db_organisation_put(f->db, &depot), STATUS_OK);
    assert_int_equal(db_province_put(f->db, &hubei), STATUS_OK);
    assert_int_equal(db_site_put(f->db, &warehouse), STATUS_OK);
    assert_int_equal(effects_encode(f->db, &second), STATUS_OK);
    effects_end(f->db);
    db_rollback(f->db);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    /* u32 4 "item" u32 11 columns, text "MASK" */
    static const unsigned char start[] = { 0, 0, 0, 4, 'i', 't', 'e', 'm', 0, 0, 0, 11, 3, 0, 0, 0, 4, 'M', 'A', 'S', 'K', 5 };
    assert_memory_equal(first.bytes, start, sizeof start);
    buffer_fini(&first);
    buffer_fini(&second);
}

static void test_reader_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct db *reader = NULL;
    assert_int_equal(db_open_reader(f->path, &reader), STATUS_OK);
    assert_int_not_equal(db_province_put(reader, &hubei), STATUS_OK);
    db_close(reader);
    assert_int_not_equal(db_open_reader("/nonexistent/x.db", &reader), STATUS_OK);
}

/* What is prepared at its first use reads as other readers do; what cannot be prepared then fails, as often as it is asked, and the
 * transaction around it ends like any other. */
static void test_a_reader_beside_prepares_at_the_first_use(void **state)
{
    struct fixture *f = *state;
    struct db *reader = NULL;
    struct province found;
    struct item item;
    assert_int_equal(db_open_reader_beside("/nonexistent/x.db", &reader), STATUS_IO);
    assert_int_equal(db_open_reader_beside(f->path, &reader), STATUS_OK);
    assert_int_equal(db_province_put(f->db, &hubei), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_read_begin(reader), STATUS_OK);
        assert_int_equal(db_province_find(reader, &f->arena, "CN-HB", &found), STATUS_OK);
        assert_string_equal(found.name_en, "Hubei");
        assert_int_equal(db_province_find(reader, &f->arena, "CN-XX", &found), STATUS_ABSENT);
        db_read_end(reader);
    }
    assert_int_not_equal(db_province_put(reader, &hubei), STATUS_OK);

    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "ALTER TABLE item RENAME TO elsewhere", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_read_begin(reader), STATUS_OK);
        assert_int_equal(db_item_find(reader, &f->arena, "MASK", &item), STATUS_IO);
        assert_int_equal(db_province_find(reader, &f->arena, "CN-HB", &found), STATUS_OK);
        db_read_end(reader);
        assert_false(db_is_in_transaction(reader));
    }
    db_close(reader);
}

static bool say_no(void *context)
{
    (*(size_t *)context)++;
    return false;
}

/* Who watches the statements ends what takes long, but no transaction in the middle of its beginning or end: after tens of thousands of
 * them their statements, too, have made as many steps as lie between two questions. */
static void test_a_watcher_breaks_off_no_transaction(void **state)
{
    struct fixture *f = *state;
    struct db *reader = NULL;
    size_t asked = 0;
    assert_int_equal(db_open_reader(f->path, &reader), STATUS_OK);
    db_watch(reader, say_no, &asked);
    for (int i = 0; i < 30000; i++) {
        assert_int_equal(db_read_begin(reader), STATUS_OK);
        db_read_end(reader);
        assert_false(db_is_in_transaction(reader));
    }
    assert_int_equal(asked, 0);
    assert_int_equal(db_read_begin(reader), STATUS_OK);
    uint64_t seq = 0;
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < 30000; i++) {
        status = db_entry_last(reader, &seq);
    }
    assert_int_equal(status, STATUS_BUSY);
    assert_int_equal(asked, 1);
    db_read_end(reader);
    assert_int_equal(asked, 1);
    db_close(reader);
}

static void test_foreign_and_future_databases_are_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];
    sqlite3 *handle = NULL;
    struct db *db = NULL;
    snprintf(path, sizeof path, "%s/other.db", f->dir);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "CREATE TABLE other (a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    assert_int_equal(db_open_writer(path, &db), STATUS_CORRUPT);

    assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 999", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
    assert_int_equal(db_open_writer(f->path, &db), STATUS_INVALID);
    assert_int_equal(db_open_reader(f->path, &db), STATUS_INVALID);
}

static void test_append_only(void **state)
{
    struct fixture *f = *state;
    sqlite3 *handle = NULL;
    static const char *const statements[] = {
        "UPDATE entry SET kind = 'x'", "DELETE FROM entry", "UPDATE movement SET delta = 1", "DELETE FROM movement",
        "DELETE FROM checkpoint", "UPDATE checkpoint SET size = 9", "DELETE FROM body", "DELETE FROM seal",
        "UPDATE seal SET key = 'x'",
    };
    uint8_t bytes[64] = { 7 };
    struct entry_row entry = { .seq = 1, .height = 1, .time_ms = 1, .rules_version = 1, .kind = "k", .target = "",
                               .command_id = "c", .new_id = "", .organisation = "", .role = "r", .subject = "s",
                               .submitter_key = "", .submitter_alg = "", .body_length = 2, .body = "{}",
                               .submitter_sig = "" };
    memcpy(entry.hash, bytes, 32);
    struct checkpoint_row checkpoint = { 1, 1, { 0 }, "note" };
    struct supply supply = { .id = "S", .site = "SITE", .item = "MASK", .lot = "", .expiry = "", .owner = "ORG",
                             .donor = "", .donation = "", .earmark = "", .condition = "good", .on_hand = 5 };
    struct movement movement = { .seq = 1, .supply = "S", .kind = "intake", .reason = "opening", .delta = 5,
                                 .balance = 5, .time_ms = 1, .occurred_at_ms = 1 };
    supply.seq = 1;
    assert_int_equal(db_begin(f->db), STATUS_OK);
    write_reference(f->db);
    assert_int_equal(db_entry_insert(f->db, &entry, 1), STATUS_INVALID); /* the tables hold bodies inline up to 64 KiB */
    db_rollback(f->db);
    assert_int_equal(db_begin(f->db), STATUS_OK);
    write_reference(f->db);
    assert_int_equal(db_seal_insert(f->db, 1, "key", bytes), STATUS_INVALID); /* of no entry */
    assert_int_equal(db_entry_insert(f->db, &entry, 65536), STATUS_OK);
    assert_int_equal(db_seal_insert(f->db, 1, "key", bytes), STATUS_OK);
    assert_int_equal(db_checkpoint_insert(f->db, &checkpoint), STATUS_OK);
    assert_int_equal(db_supply_insert(f->db, &supply), STATUS_OK);
    assert_int_equal(db_movement_insert(f->db, &movement), STATUS_OK);
    assert_int_equal(db_commit(f->db), STATUS_OK);
    assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "INSERT INTO body VALUES (zeroblob(32), x'00')", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (sqlite3_exec(handle, statements[i], NULL, NULL, NULL) != SQLITE_CONSTRAINT) {
            fail_msg("not refused: %s", statements[i]);
        }
    }
    sqlite3_close(handle);
}

static void test_check_finds_wrong_balances(void **state)
{
    struct fixture *f = *state;
    struct db_finding finding = { NULL, 0 };
    struct supply supply = { .id = "S", .site = "SITE", .item = "MASK", .lot = "", .expiry = "", .owner = "ORG",
                             .donor = "", .donation = "", .earmark = "", .condition = "good", .on_hand = 5, .seq = 1 };
    struct movement movement = { .seq = 1, .supply = "S", .kind = "intake", .reason = "opening", .delta = 5,
                                 .balance = 5, .time_ms = 1, .occurred_at_ms = 1 };
    assert_int_equal(db_begin(f->db), STATUS_OK);
    write_reference(f->db);
    assert_int_equal(db_supply_insert(f->db, &supply), STATUS_OK);
    assert_int_equal(db_check(f->db, &f->arena, &finding), STATUS_OK);
    assert_non_null(strstr(finding.text, "sum up to 0"));
    assert_int_equal(db_movement_insert(f->db, &movement), STATUS_OK);
    assert_int_equal(db_check(f->db, &f->arena, &finding), STATUS_OK);
    assert_non_null(strstr(finding.text, "entry")); /* the movement names an entry that is not there */
    assert_int_equal(db_supply_change(f->db, "S", 5, 2, 1), STATUS_OK);
    assert_int_equal(db_check(f->db, &f->arena, &finding), STATUS_OK);
    assert_non_null(strstr(finding.text, "open transfers hold 0"));
    db_rollback(f->db);
}

static void test_figures_page_by_key(void **state)
{
    struct fixture *f = *state;
    struct indicator beds = { "beds", { "Beds", NULL, NULL }, "beds", NULL, 1, 1 };
    struct figure after = { "", 0, "", NULL, 0 };
    struct figure_filter all = { NULL, 0, NULL }, one = { "beds", 0, NULL };
    size_t seen = 0;
    assert_int_equal(db_begin(f->db), STATUS_OK);
    write_reference(f->db);
    assert_int_equal(db_indicator_put(f->db, &beds), STATUS_OK);
    for (int64_t year = 2000; year < 2023; year++) {
        struct figure figure = { "beds", year, "CN-HB", "12.50", 1 };
        assert_int_equal(db_figure_put(f->db, &figure), STATUS_OK);
    }
    for (;;) {
        struct figure *rows = NULL;
        size_t count = 0;
        assert_int_equal(db_figure_list(f->db, &f->arena, &after, 5, seen % 2 == 0 ? &one : &all, &(struct order){ 0 }, &rows, &count), STATUS_OK);
        if (count == 0) {
            break;
        }
        assert_true(rows[0].year == 2000 + (int64_t)seen);
        assert_string_equal(rows[0].value, "12.50");
        seen += count;
        after = rows[count - 1];
    }
    assert_int_equal(seen, 23);
    db_rollback(f->db);
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_reference_round_trip), CASE(test_savepoint_takes_back), CASE(test_effects_are_canonical),
        CASE(test_reader_cannot_write), CASE(test_a_reader_beside_prepares_at_the_first_use),
        CASE(test_a_watcher_breaks_off_no_transaction),
        CASE(test_foreign_and_future_databases_are_refused), CASE(test_append_only),
        CASE(test_check_finds_wrong_balances), CASE(test_figures_page_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
