/*
 * Transfers as rows: round trips, every filter, every order page by page, lines, events, sums, and what the tables
 * themselves refuse.
 */
#include "db/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/answer.h"
#include "db/reference.h"
#include "db/supply.h"
#include "tests/unit/support/open_db.h"

#define MOST INT64_C(9007199254740991)

static void put_site(struct db *db, const char *id, const char *organisation, const char *province)
{
    const struct organisation owner = { organisation, { "O", NULL, NULL }, "depot", province, 1, 1, NULL };
    const struct site site = { id, { "S", NULL, NULL }, "warehouse", organisation, province, REFERENCE_NOWHERE, REFERENCE_NOWHERE, 1, 1, NULL };
    assert_int_equal(db_organisation_put(db, &owner), STATUS_OK);
    assert_int_equal(db_site_put(db, &site), STATUS_OK);
}

static void put_supply(struct db *db, const char *id, const char *site, const char *item)
{
    const struct supply supply = { .id = id, .site = site, .item = item, .lot = "L", .expiry = "2031-01-31", .owner = "O-A", .donor = "",
                                   .donation = id, .earmark = "", .condition = "good", .on_hand = MOST, .received_at_ms = 1, .version = 1,
                                   .seq = 1 };
    assert_int_equal(db_supply_insert(db, &supply), STATUS_OK);
}

static void put_entry(struct fixture *f, uint64_t seq)
{
    fixture_put_entry(f, (struct entry_row){ .seq = seq, .time_ms = seq, .kind = "k", .target = "", .command_id = "c", .new_id = "",
                                             .organisation = "", .subject = "s" });
}

/* A in Guangdong, B and C in Hubei, each with an organisation of its own; two items lie at each. */
static int set_up(void **state)
{
    struct fixture *f = fixture_make();
    const struct province provinces[] = { { "CN-GD", "440000", "Guangdong", "广东", "central", "Guangzhou", 1, 1, 1, 1, NULL },
                                          { "CN-HB", "420000", "Hubei", "湖北", "central", "Wuhan", 1, 1, 1, 1, NULL } };
    const struct item items[] = { { "MASK", { "M", NULL, NULL }, "piece", NULL, "[]", false, true, 1, 1, NULL },
                                  { "DRUG", { "D", NULL, NULL }, "vial", NULL, "[]", false, true, 1, 1, NULL } };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(db_province_put(f->db, &provinces[i]), STATUS_OK);
        assert_int_equal(db_item_put(f->db, &items[i]), STATUS_OK);
    }
    put_site(f->db, "A", "O-A", "CN-GD");
    put_site(f->db, "B", "O-B", "CN-HB");
    put_site(f->db, "C", "O-C", "CN-HB");
    put_supply(f->db, "A-MASK", "A", "MASK");
    put_supply(f->db, "A-DRUG", "A", "DRUG");
    put_supply(f->db, "B-MASK", "B", "MASK");
    put_supply(f->db, "C-DRUG", "C", "DRUG");
    *state = f;
    return 0;
}

static void put_transfer(struct db *db, const char *id, const char *origin, const char *destination, const char *state, int64_t created_at_ms)
{
    const struct transfer row = { .id = id, .origin = origin, .destination = destination, .state = state, .created_by = "O-A",
                                  .created_role = "admin", .created_at_ms = created_at_ms, .seq = 1 };
    assert_int_equal(db_transfer_insert(db, &row), STATUS_OK);
}

static void put_line(struct db *db, const char *transfer, int64_t number, const char *supply, int64_t quantity)
{
    const struct transfer_line row = { .transfer = transfer, .line = number, .supply = supply, .quantity = quantity };
    assert_int_equal(db_transfer_line_insert(db, &row), STATUS_OK);
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    static const uint8_t salt[DB_SALT_BYTES] = { 1 };
    char commitment[65] = { 0 }, other[65] = { 0 };
    memset(commitment, 'a', 64);
    memset(other, 'b', 64);
    put_entry(f, 1);
    const struct personal_row personal = { commitment, 1, "/note", salt, "a note" };
    const struct transfer row = { .id = "T", .origin = "A", .destination = "B", .state = "reserved", .need = "N", .reference = "R",
                                  .carrier = "C", .note = commitment, .created_by = "O-A", .created_role = "operator",
                                  .created_at_ms = 77, .seq = 1 };
    struct transfer found;
    assert_int_equal(db_personal_insert(f->db, &personal), STATUS_OK);
    assert_int_equal(db_transfer_find(f->db, &f->arena, "T", &found), STATUS_ABSENT);
    assert_int_equal(db_transfer_insert(f->db, &row), STATUS_OK);
    assert_int_equal(db_transfer_insert(f->db, &row), STATUS_INVALID);
    const struct transfer_event created = { .transfer = "T", .seq = 1, .kind = "create", .time_ms = 77, .organisation = "O-A", .role = "operator" };
    assert_int_equal(db_transfer_event_insert(f->db, &created), STATUS_OK); /* whose entry has the note */
    assert_int_equal(db_transfer_person_insert(f->db, "T", "contact", 2, other), STATUS_INVALID); /* no event told of it */
    assert_int_equal(db_transfer_person_insert(f->db, "T", "gate", 1, other), STATUS_INVALID);
    assert_int_equal(db_transfer_person_insert(f->db, "T", "contact", 1, other), STATUS_OK);
    assert_int_equal(db_transfer_person_insert(f->db, "T", "contact", 1, commitment), STATUS_INVALID);
    assert_int_equal(db_transfer_find(f->db, &f->arena, "T", &found), STATUS_OK);
    const char *const texts[][2] = {
        { found.origin, "A" }, { found.origin_province, "CN-GD" }, { found.origin_organisation, "O-A" }, { found.destination, "B" },
        { found.destination_province, "CN-HB" }, { found.destination_organisation, "O-B" }, { found.state, "reserved" }, { found.need, "N" },
        { found.reference, "R" }, { found.carrier, "C" }, { found.note, commitment }, { found.note_text, "a note" },
        { found.created_by, "O-A" }, { found.created_role, "operator" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(texts[i][0], texts[i][1]);
    }
    assert_string_equal(found.contact, other);
    assert_null(found.contact_text); /* erased */
    assert_null(found.driver);
    assert_null(found.rationale);
    assert_null(found.rationale_text);
    assert_true(found.created_at_ms == 77 && found.updated_at_ms == 77 && found.version == 1 && found.seq == 1);
    assert_int_equal(db_transfer_change(f->db, "T", "in_transit", 99, 8), STATUS_OK);
    assert_int_equal(db_transfer_find(f->db, &f->arena, "T", &found), STATUS_OK);
    assert_string_equal(found.state, "in_transit");
    const struct transfer_event left = { .transfer = "T", .seq = 8, .kind = "dispatch", .time_ms = 99, .organisation = "O-A", .role = "operator" };
    const struct personal_row driver = { commitment, 8, "/driver", salt, "who drives" };
    put_entry(f, 8);
    assert_int_equal(db_transfer_event_insert(f->db, &left), STATUS_OK);
    assert_int_equal(db_personal_insert(f->db, &driver), STATUS_OK);
    assert_int_equal(db_transfer_person_insert(f->db, "T", "driver", 8, commitment), STATUS_OK);
    assert_int_equal(db_transfer_find(f->db, &f->arena, "T", &found), STATUS_OK);
    assert_string_equal(found.driver, commitment);
    assert_string_equal(found.driver_text, "who drives"); /* the same commitment in another entry is another text's */
    assert_string_equal(found.note_text, "a note");
    assert_true(found.created_at_ms == 77 && found.updated_at_ms == 99 && found.version == 2 && found.seq == 8);
}

/* The ids of some rows with blanks between. */
static const char *ids_of(struct fixture *f, const struct transfer *rows, size_t count)
{
    const char *ids = "";
    for (size_t i = 0; i < count; i++) {
        ids = arena_format(&f->arena, "%s%s%s", ids, i > 0 ? " " : "", rows[i].id);
    }
    return ids;
}

static void fill(struct fixture *f)
{
    put_transfer(f->db, "T1", "A", "B", "reserved", 100);
    put_transfer(f->db, "T2", "A", "C", "in_transit", 200);
    put_transfer(f->db, "T3", "B", "A", "received", 150);
    put_transfer(f->db, "T4", "C", "B", "cancelled", 120);
    put_transfer(f->db, "T5", "B", "C", "in_transit", 100);
    put_line(f->db, "T1", 1, "A-MASK", 1);
    put_line(f->db, "T2", 1, "A-DRUG", 2);
    put_line(f->db, "T2", 2, "A-MASK", 3);
    put_line(f->db, "T3", 1, "B-MASK", 4);
    put_line(f->db, "T4", 1, "C-DRUG", 5);
    put_line(f->db, "T5", 1, "B-MASK", 6);
    assert_int_equal(db_transfer_change(f->db, "T1", "reserved", 900, 2), STATUS_OK); /* touched last */
}

static void test_filters(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct transfer_filter filter;
        const char *wanted;
    } rows[] = {
        { { 0 }, "T1 T2 T3 T4 T5" },
        { { .state = "in_transit" }, "T2 T5" }, { { .state = "pending" }, "" },
        { { .origin = "A" }, "T1 T2" }, { { .destination = "A" }, "T3" }, { { .site = "A" }, "T1 T2 T3" }, { { .site = "NONE" }, "" },
        { { .province = "CN-GD" }, "T1 T2 T3" }, { { .province = "CN-HB" }, "T1 T2 T3 T4 T5" }, { { .province = "CN-BJ" }, "" },
        { { .organisation = "O-C" }, "T2 T4 T5" }, { { .organisation = "O-X" }, "" },
        { { .item = "MASK" }, "T1 T2 T3 T5" }, { { .item = "DRUG" }, "T2 T4" }, { { .item = "X" }, "" },
        { { .since_ms = 150 }, "T2 T3" }, { { .since_ms = 151 }, "T2" }, { { .since_ms = 201 }, "" },
        { { .state = "in_transit", .item = "DRUG", .site = "C", .province = "CN-GD", .organisation = "O-A", .origin = "A",
            .destination = "C", .since_ms = 200 }, "T2" },
        { { .state = "in_transit", .item = "MASK", .origin = "B" }, "T5" },
    };
    fill(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int key = 0; key < 3; key++) { /* each order takes the same filters */
            const struct order order = { key, false, "" };
            struct transfer *found = NULL;
            size_t count = 0;
            assert_int_equal(db_transfer_list(f->db, &f->arena, "", 100, &rows[i].filter, &order, &found, &count), STATUS_OK);
            if (key == 0) {
                assert_string_equal(ids_of(f, found, count), rows[i].wanted);
            }
            assert_int_equal(count, (strlen(rows[i].wanted) + 1) / 3);
        }
    }
}

static void test_orders_page_by_page(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int key;
        bool is_descending;
        const char *wanted;
    } rows[] = {
        { 0, false, "T1 T2 T3 T4 T5" }, { 0, true, "T5 T4 T3 T2 T1" },
        { 1, false, "T1 T5 T4 T3 T2" }, { 1, true, "T2 T3 T4 T5 T1" }, /* created at 100 100 120 150 200; ids decide between equals */
        { 2, false, "T5 T4 T3 T2 T1" }, { 2, true, "T1 T2 T3 T4 T5" }, /* T1 was updated at 900 */
    };
    const struct transfer_filter all = { 0 };
    fill(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int64_t limit = 1; limit <= 6; limit++) {
            const char *after = "", *key = "", *walked = "";
            for (size_t count = (size_t)limit; count == (size_t)limit;) {
                const struct order order = { rows[i].key, rows[i].is_descending, key };
                struct transfer *found = NULL;
                assert_int_equal(db_transfer_list(f->db, &f->arena, after, limit, &all, &order, &found, &count), STATUS_OK);
                if (count > 0) {
                    walked = arena_format(&f->arena, "%s%s%s", walked, walked[0] != 0 ? " " : "", ids_of(f, found, count));
                    after = found[count - 1].id;
                    key = order_is_usual(&order) ? "" : found[count - 1].order_key;
                }
            }
            assert_string_equal(walked, rows[i].wanted);
        }
    }
}

static void test_lines(void **state)
{
    struct fixture *f = *state;
    struct transfer_line *lines = NULL;
    size_t count = 0;
    fill(f);
    assert_int_equal(db_transfer_lines(f->db, &f->arena, "T2", &lines, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(lines[0].item, "DRUG");
    assert_string_equal(lines[1].supply, "A-MASK");
    assert_string_equal(lines[1].lot, "L");
    assert_string_equal(lines[1].expiry, "2031-01-31");
    assert_true(lines[1].quantity == 3 && lines[1].dispatched == 0 && lines[1].outstanding == 0);

    /* What does not add up the table itself refuses, whatever a rule says. */
    static const struct {
        int64_t dispatched, good, damaged, lost, returned, outstanding;
        enum status wanted;
    } rows[] = {
        { 3, 0, 0, 0, 0, 3, STATUS_OK }, { 3, 1, 1, 0, 0, 1, STATUS_OK }, { 3, 0, 0, 1, 1, 1, STATUS_OK }, { 2, 2, 0, 0, 0, 0, STATUS_OK },
        { 3, 1, 0, 0, 0, 3, STATUS_INVALID }, { 3, 0, 0, 0, 0, 2, STATUS_INVALID }, { 4, 4, 0, 0, 0, 0, STATUS_INVALID },
        { 3, 4, -1, 0, 0, 0, STATUS_INVALID }, { 3, 4, 0, 0, 0, -1, STATUS_INVALID }, { -1, 0, 0, 0, 0, -1, STATUS_INVALID },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct transfer_line line = lines[1];
        line.dispatched = rows[i].dispatched;
        line.received_good = rows[i].good;
        line.received_damaged = rows[i].damaged;
        line.lost = rows[i].lost;
        line.returned = rows[i].returned;
        line.outstanding = rows[i].outstanding;
        assert_int_equal(db_transfer_line_change(f->db, &line), rows[i].wanted);
    }
    const struct transfer_line twice = { .transfer = "T2", .line = 3, .supply = "A-MASK", .quantity = 1 };
    const struct transfer_line nothing = { .transfer = "T1", .line = 2, .supply = "A-DRUG", .quantity = 0 };
    const struct transfer_line nowhere = { .transfer = "T9", .line = 1, .supply = "A-DRUG", .quantity = 1 };
    assert_int_equal(db_transfer_line_insert(f->db, &twice), STATUS_INVALID);
    assert_int_equal(db_transfer_line_insert(f->db, &nothing), STATUS_INVALID);
    assert_int_equal(db_transfer_line_insert(f->db, &nowhere), STATUS_INVALID);
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    struct transfer_event *events = NULL;
    struct transfer_event_line *lines = NULL;
    size_t count = 0;
    fill(f);
    put_entry(f, 1);
    put_entry(f, 2);
    const struct transfer_event second = { .transfer = "T2", .seq = 2, .kind = "dispatch", .time_ms = 20, .organisation = "O-A", .role = "operator" };
    const struct transfer_event first = { .transfer = "T2", .seq = 1, .kind = "create", .time_ms = 10, .organisation = "", .role = "admin" };
    assert_int_equal(db_transfer_event_insert(f->db, &second), STATUS_OK);
    assert_int_equal(db_transfer_event_insert(f->db, &first), STATUS_OK);
    for (int64_t number = 2; number >= 1; number--) {
        const struct transfer_event_line line = { .transfer = "T2", .seq = 2, .line = number, .dispatched = number + 1 };
        assert_int_equal(db_transfer_event_line_insert(f->db, &line), STATUS_OK);
    }
    assert_int_equal(db_transfer_events(f->db, &f->arena, "T2", &events, &count), STATUS_OK);
    assert_int_equal(count, 2); /* in the order of the ledger */
    assert_true(events[0].seq == 1 && events[1].seq == 2 && events[1].time_ms == 20 && events[1].hash[0] == 2);
    assert_string_equal(events[0].kind, "create");
    assert_null(events[1].reason);
    assert_int_equal(db_transfer_event_lines(f->db, &f->arena, "T2", &lines, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_true(lines[0].line == 1 && lines[0].dispatched == 2 && lines[1].line == 2 && lines[1].dispatched == 3);
    const struct transfer_event_line orphan = { .transfer = "T2", .seq = 9, .line = 1 };
    assert_int_equal(db_transfer_event_line_insert(f->db, &orphan), STATUS_INVALID);
    assert_int_equal(db_transfer_events(f->db, &f->arena, "T1", &events, &count), STATUS_OK);
    assert_int_equal(count, 0);
}

static void test_sums(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct transfer_grouping by;
        const char *wanted; /* origin>destination item state: transfers/quantity */
        struct transfer_filter filter;
    } rows[] = {
        { { 0, 0, 0, 0 }, "->- - -: 5/21", { 0 } },
        { { 1, 0, 0, 0 }, "CN-GD>- - -: 2/6, CN-HB>- - -: 3/15", { 0 } },
        { { 0, 1, 0, 0 }, "->CN-GD - -: 1/4, ->CN-HB - -: 4/17", { 0 } },
        { { 0, 0, 1, 0 }, "->- DRUG -: 2/7, ->- MASK -: 4/14", { 0 } },
        { { 0, 0, 0, 1 }, "->- - cancelled: 1/5, ->- - in_transit: 2/11, ->- - received: 1/4, ->- - reserved: 1/1", { 0 } },
        { { 1, 1, 1, 1 }, "CN-GD>CN-HB DRUG in_transit: 1/2, CN-GD>CN-HB MASK in_transit: 1/3, CN-GD>CN-HB MASK reserved: 1/1, "
                          "CN-HB>CN-GD MASK received: 1/4, CN-HB>CN-HB DRUG cancelled: 1/5, CN-HB>CN-HB MASK in_transit: 1/6", { 0 } },
        { { 1, 1, 0, 0 }, "CN-GD>CN-HB - -: 2/4", { .item = "MASK", .origin = "A" } },
        { { 0, 0, 1, 0 }, "->- DRUG -: 1/2, ->- MASK -: 2/9", { .state = "in_transit" } },
        { { 0, 0, 0, 0 }, "", { .since_ms = INT64_MAX } },
    };
    struct transfer_sum *sums = NULL;
    size_t count = 0;
    fill(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *told = "";
        assert_int_equal(db_transfer_summary(f->db, &f->arena, &rows[i].by, &rows[i].filter, &sums, &count), STATUS_OK);
        for (size_t k = 0; k < count; k++) {
            const char *const words[] = { sums[k].origin, sums[k].destination, sums[k].item, sums[k].state };
            const char *shown[4];
            for (size_t w = 0; w < 4; w++) {
                shown[w] = words[w] != NULL ? words[w] : "-";
            }
            told = arena_format(&f->arena, "%s%s%s>%s %s %s: %lld/%lld", told, k > 0 ? ", " : "", shown[0], shown[1], shown[2], shown[3],
                                (long long)sums[k].transfers, (long long)sums[k].quantity.rest);
        }
        assert_string_equal(told, rows[i].wanted);
    }
    for (int number = 0; number < 1100; number++) { /* the sum exceeds 64 bits */
        const char *id = arena_format(&f->arena, "MORE-%d", number);
        put_transfer(f->db, id, "A", "B", "reserved", 1);
        put_line(f->db, id, 1, "A-MASK", MOST);
    }
    assert_int_equal(db_transfer_summary(f->db, &f->arena, &rows[0].by, &rows[0].filter, &sums, &count), STATUS_OK);
    char text[WIDE_TEXT_BYTES];
    wide_to_text(sums[0].quantity, text);
    assert_true(sums[0].transfers == 1105);
    assert_string_equal(text, "9907919180215090121");
}

/* The check finds lines that contradict the state of their transfer. */
static void test_contradictions(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *state;
        int64_t dispatched, good, returned, outstanding;
        bool is_found;
    } rows[] = { /* of a line of 10 */
        { "pending", 0, 0, 0, 0, false }, { "pending", 10, 0, 0, 10, true }, { "reserved", 0, 0, 0, 0, false }, { "reserved", 1, 0, 0, 1, true },
        { "cancelled", 0, 0, 0, 0, false }, { "cancelled", 10, 10, 0, 0, true }, { "rejected", 10, 0, 10, 0, true },
        { "in_transit", 10, 0, 0, 10, false }, { "in_transit", 10, 4, 0, 6, false }, { "in_transit", 0, 0, 0, 0, true },
        { "in_transit", 9, 0, 0, 9, true },
        { "received", 10, 10, 0, 0, false }, { "received", 10, 4, 6, 0, false }, { "received", 10, 9, 0, 1, true }, { "received", 9, 9, 0, 0, true },
        { "returned", 10, 0, 10, 0, false }, { "returned", 10, 0, 9, 1, true }, { "returned", 0, 0, 0, 0, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *id = NULL;
        const struct transfer_line line = { .transfer = "T", .line = 1, .dispatched = rows[i].dispatched, .received_good = rows[i].good,
                                            .returned = rows[i].returned, .outstanding = rows[i].outstanding };
        assert_int_equal(db_savepoint(f->db), STATUS_OK);
        put_transfer(f->db, "T", "A", "B", rows[i].state, 1);
        put_line(f->db, "T", 1, "A-MASK", 10);
        assert_int_equal(db_transfer_line_change(f->db, &line), STATUS_OK);
        if (db_transfer_check(f->db, &f->arena, &id) != (rows[i].is_found ? STATUS_OK : STATUS_ABSENT)) {
            fail_msg("row %zu, %s", i, rows[i].state);
        }
        assert_true(!rows[i].is_found || strcmp(id, "T") == 0);
        assert_int_equal(db_savepoint_rollback(f->db), STATUS_OK);
    }
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_round_trip), CASE(test_filters), CASE(test_orders_page_by_page), CASE(test_lines), CASE(test_events), CASE(test_sums),
        CASE(test_contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
