/*
 * Every statement prepares on an empty migrated database, and none reads a whole table
 * but those that are there to do so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "db/migrations.inc"
#include "db/statements.inc"

#define NAME(N, SQL) #N,
static const char *const names[] = { STATEMENTS(NAME) };
#define SQL_OF(N, SQL) SQL,
static const char *const texts[] = { STATEMENTS(SQL_OF) };
enum { COUNT = sizeof names / sizeof names[0] };

/* Statements that read whole tables, each with its reason. */
static const char *const whole[] = {
    "movement_all",                /* verify: every movement is summed */
    "supply_all_quantities",       /* verify */
    "supply_reserved_by_transfers",/* verify */
    "conservation_by_lot",         /* verify */
    "movement_without_entry",      /* verify */
    "transfer_line_check",         /* verify */
    "body_without_entry",          /* verify */
    "seal_without_entry",          /* verify */
    "schema_all",                  /* verify */
    "answer_accepted_count",       /* verify */
    "answer_has_index",            /* verify: the schema's own rows, some dozens */
    "tile_count",                  /* verify */
    "answer_again",                /* verify: all keys are sorted once */
    "personal_unerased",           /* verify, of an export: a scratch database that holds what is missing alone */
    "supply_summary",              /* sums over all supplies */
    "transfer_summary",            /* sums over all transfers */
    "supply_list_up",              /* sort= by a key without an index orders all that the filters leave; the usual list does not */
    "supply_list_down",            /* the same */
    "transfer_list_up",            /* the same */
    "transfer_list_down",          /* the same */
    "province_list_ordered", "organisation_list_ordered", "site_list_ordered", "item_list_ordered", "figure_list_ordered", /* the same */
    "witness_list_ordered", "policy_list_ordered", "indicator_list_ordered", /* the same */
    "node_key_list", "checkpoint_key_list",               /* a handful of keys */
};

static int may_scan(const char *name)
{
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (strcmp(whole[i], name) == 0) {
            return 1;
        }
    }
    return strncmp(name, "rows_", 5) == 0; /* whole tables for a replay's comparison */
}

static sqlite3 *open_empty(void)
{
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
#define APPLY(N, FILE_NAME, SQL) assert_int_equal(sqlite3_exec(handle, SQL, NULL, NULL, NULL), SQLITE_OK);
    MIGRATIONS(APPLY)
    return handle;
}

static void test_all_prepare(void **state)
{
    (void)state;
    sqlite3 *handle = open_empty();
    for (int i = 0; i < COUNT; i++) {
        sqlite3_stmt *use = NULL;
        if (sqlite3_prepare_v2(handle, texts[i], -1, &use, NULL) != SQLITE_OK) {
            fail_msg("%s: %s", names[i], sqlite3_errmsg(handle));
        }
        sqlite3_finalize(use);
    }
    sqlite3_close(handle);
}

static void test_no_full_scan(void **state)
{
    (void)state;
    sqlite3 *handle = open_empty();
    for (int i = 0; i < COUNT; i++) {
        char explain[8192];
        sqlite3_stmt *use = NULL;
        if (strncmp(texts[i], "SELECT", 6) != 0 && strncmp(texts[i], "UPDATE", 6) != 0 &&
            strncmp(texts[i], "DELETE", 6) != 0 && strncmp(texts[i], "WITH RECURSIVE part", 19) != 0) {
            continue;
        }
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", texts[i]);
        assert_int_equal(sqlite3_prepare_v2(handle, explain, -1, &use, NULL), SQLITE_OK);
        while (sqlite3_step(use) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(use, 3);
            int is_scan = strncmp(detail, "SCAN ", 5) == 0 && strncmp(detail, "SCAN CONSTANT", 13) != 0 &&
                strcmp(detail, "SCAN part") != 0 && /* the parts of an index, one after the other */
                strncmp(detail, "SCAN (", 6) != 0;
            /* the newest or oldest row by key reads one row, whatever the plan calls it */
            int is_one = strstr(texts[i], "DESC LIMIT 1") != NULL || strstr(texts[i], "max(seq)") != NULL;
            if (is_scan && !is_one && !may_scan(names[i])) {
                fail_msg("%s: %s", names[i], detail);
            }
        }
        sqlite3_finalize(use);
    }
    sqlite3_close(handle);
}

/* A hash is looked up by both expressions of the index with parts; by one of them alone it would mean all of a part. */
static void test_parts_are_looked_into(void **state)
{
    (void)state;
    sqlite3 *handle = open_empty();
    int found = 0;
    for (int i = 0; i < COUNT; i++) {
        char explain[8192];
        sqlite3_stmt *use = NULL;
        if (strncmp(texts[i], "WITH RECURSIVE part", 19) != 0) {
            continue;
        }
        snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", texts[i]);
        assert_int_equal(sqlite3_prepare_v2(handle, explain, -1, &use, NULL), SQLITE_OK);
        while (sqlite3_step(use) == SQLITE_ROW) {
            found += strstr((const char *)sqlite3_column_text(use, 3), "(<expr>=? AND <expr>=?)") != NULL;
        }
        sqlite3_finalize(use);
    }
    assert_int_equal(found, 2); /* entry_of_hash, personal_find */
    sqlite3_close(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_prepare), cmocka_unit_test(test_no_full_scan),
                                        cmocka_unit_test(test_parts_are_looked_into) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
