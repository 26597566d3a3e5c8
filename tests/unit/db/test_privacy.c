/*
 * Personal texts and their fate as rows: pages of them, erasures, whose command an entry tells of, and answers that are put in the
 * place of others.
 */
#include "db/privacy.h"

#include <inttypes.h>
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
#include "db/statement.h"
#include "db/transfer.h"
#include "tests/unit/support/open_db.h"

#define DIGITS_63 "000000000000000000000000000000000000000000000000000000000000000"
#define A DIGITS_63 "a"
#define B DIGITS_63 "b"
#define C DIGITS_63 "c"
#define D DIGITS_63 "d"

/* Entry seq has the time 1000 * seq, and says of itself which it is. */
static void put_entry(struct fixture *f, uint64_t seq)
{
    const char *number = arena_format(&f->arena, "%d", (int)seq);
    fixture_put_entry(f, (struct entry_row){ .seq = seq, .time_ms = 1000 * seq, .kind = "transfer.dispatch",
                                             .target = arena_format(&f->arena, "T-%s", number),
                                             .command_id = arena_format(&f->arena, "key-%s", number),
                                             .new_id = arena_format(&f->arena, "new-%s", number),
                                             .organisation = arena_format(&f->arena, "O-%s", number),
                                             .subject = arena_format(&f->arena, "tok-%s", number) });
}

static void put_text(struct fixture *f, const char *commitment, int64_t seq, const char *pointer, const char *text)
{
    static const uint8_t salt[DB_SALT_BYTES] = { 1, 2, 3 };
    const struct personal_row row = { commitment, seq, pointer, salt, text };
    assert_int_equal(db_personal_insert(f->db, &row), STATUS_OK);
}

/* Three entries; the second has two texts, the first and the third have one. */
static int set_up(void **state)
{
    struct fixture *f = fixture_make();
    for (uint64_t seq = 1; seq <= 3; seq++) {
        put_entry(f, seq);
    }
    put_text(f, D, 1, "/note", "first");
    put_text(f, B, 2, "/note", "");
    put_text(f, C, 2, "/lines/0/reason", "送");
    put_text(f, A, 3, "/note", "last");
    *state = f;
    return 0;
}

/* The last digits of the commitments that a page has. */
static const char *page(struct fixture *f, int64_t after_seq, const char *after_pointer, int64_t last_seq, int64_t limit)
{
    struct personal_fate *fates = NULL;
    size_t count = 99;
    assert_int_equal(db_personal_list(f->db, &f->arena, after_seq, after_pointer, last_seq, limit, &fates, &count), STATUS_OK);
    char *digits = arena_alloc(&f->arena, count + 1);
    for (size_t i = 0; i < count; i++) {
        digits[i] = fates[i].commitment[63];
    }
    return digits;
}

static void test_pages_of_texts(void **state)
{
    struct fixture *f = *state;
    struct personal_fate *fates = NULL;
    size_t count = 0;
    assert_string_equal(page(f, 0, "", INT64_MAX, 10), "dcba"); /* by entry, then by pointer */
    assert_string_equal(page(f, 0, "", INT64_MAX, 2), "dc");
    assert_string_equal(page(f, 2, "/lines/0/reason", INT64_MAX, 2), "ba");
    assert_string_equal(page(f, 2, "/note", INT64_MAX, 2), "a");
    assert_string_equal(page(f, 2, "", INT64_MAX, 10), "cba");
    assert_string_equal(page(f, 3, "/note", INT64_MAX, 10), "");
    assert_string_equal(page(f, 0, "", 2, 10), "dcb"); /* those that an older state has */
    assert_string_equal(page(f, 0, "", 0, 10), "");
    assert_int_equal(db_personal_list(f->db, &f->arena, 1, "/note", 2, 10, &fates, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(fates[0].commitment, C);
    assert_string_equal(fates[0].pointer, "/lines/0/reason");
    assert_string_equal(fates[0].text, "送");
    assert_string_equal(fates[1].text, ""); /* which is a text */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fates[i].seq, 2);
        assert_int_equal(fates[i].erased_by, 0);
    }
}

static void test_a_text_goes(void **state)
{
    struct fixture *f = *state;
    struct personal_fate *fates = NULL;
    struct personal_row row;
    size_t count = 0;
    assert_int_equal(db_personal_erase(f->db, 2, C), STATUS_OK);
    assert_int_equal(db_erasure_insert(f->db, C, 3), STATUS_OK);
    assert_int_equal(db_personal_find(f->db, &f->arena, C, &row), STATUS_OK);
    assert_true(row.text == NULL && row.salt == NULL && row.seq == 2);
    assert_int_equal(db_personal_list(f->db, &f->arena, 0, "", INT64_MAX, 10, &fates, &count), STATUS_OK);
    assert_int_equal(count, 4);
    assert_null(fates[1].text);
    assert_int_equal(fates[1].erased_by, 3);
    assert_string_equal(fates[1].pointer, "/lines/0/reason");
    assert_string_equal(fates[0].text, "first"); /* the others stay */
    assert_string_equal(fates[3].text, "last");
    assert_int_equal(db_personal_erase(f->db, 2, C), STATUS_OK); /* again, and what there is not */
    assert_int_equal(db_personal_erase(f->db, 2, DIGITS_63 "0"), STATUS_OK);
    assert_int_equal(db_personal_erase(f->db, fates[3].seq - 1, fates[3].commitment), STATUS_OK);
    assert_int_equal(db_personal_find(f->db, &f->arena, fates[3].commitment, &row), STATUS_OK);
    assert_string_equal(row.text, "last");
    assert_int_equal(db_personal_find_in(f->db, &f->arena, (uint64_t)fates[3].seq, fates[3].commitment, &row), STATUS_OK);
    assert_int_equal(db_personal_find_in(f->db, &f->arena, (uint64_t)fates[3].seq - 1, fates[3].commitment, &row), STATUS_ABSENT);
    assert_string_equal(page(f, 0, "", INT64_MAX, 10), "dcba");
}

static void test_erasures(void **state)
{
    struct fixture *f = *state;
    struct erasure *erasures = NULL;
    size_t count = 99;
    int64_t seq = 77;
    assert_int_equal(db_erasure_find(f->db, &f->arena, A, &seq), STATUS_ABSENT);
    assert_int_equal(seq, 77); /* untouched */
    assert_int_equal(db_erasure_list(f->db, &f->arena, 0, "", 10, &erasures, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(db_erasure_insert(f->db, C, 3), STATUS_OK);
    assert_int_equal(db_erasure_insert(f->db, B, 3), STATUS_OK);
    assert_int_equal(db_erasure_insert(f->db, D, 2), STATUS_OK);
    assert_int_equal(db_erasure_insert(f->db, D, 3), STATUS_INVALID); /* it is gone already */
    assert_int_equal(db_erasure_insert(f->db, "short", 3), STATUS_INVALID);
    assert_int_equal(db_erasure_insert(f->db, A, 0), STATUS_INVALID);
    assert_int_equal(db_erasure_find(f->db, &f->arena, D, &seq), STATUS_OK);
    assert_int_equal(seq, 2);
    assert_int_equal(db_erasure_list(f->db, &f->arena, 0, "", 10, &erasures, &count), STATUS_OK);
    assert_int_equal(count, 3);
    static const struct erasure wanted[] = { { D, 2, 2000 }, { B, 3, 3000 }, { C, 3, 3000 } };
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(erasures[i].commitment, wanted[i].commitment);
        assert_int_equal(erasures[i].seq, wanted[i].seq);
        assert_int_equal(erasures[i].time_ms, wanted[i].time_ms);
    }
    assert_int_equal(db_erasure_list(f->db, &f->arena, 2, D, 1, &erasures, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(erasures[0].commitment, B);
    assert_int_equal(db_erasure_list(f->db, &f->arena, 3, C, 10, &erasures, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(db_erasure_of(f->db, &f->arena, 3, &erasures, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(erasures[0].commitment, B);
    assert_string_equal(erasures[1].commitment, C);
    assert_int_equal(db_erasure_of(f->db, &f->arena, 1, &erasures, &count), STATUS_OK);
    assert_int_equal(count, 0);
}

static void check_command(const struct entry_command *command, const char *target, const char *new_id, const char *organisation,
                          const char *subject, const char *id)
{
    assert_string_equal(command->kind, "transfer.dispatch");
    assert_string_equal(command->target, target);
    assert_string_equal(command->new_id, new_id);
    assert_string_equal(command->organisation, organisation);
    assert_string_equal(command->subject, subject);
    assert_string_equal(command->id, id);
}

/* Two provinces need not be: one site of each end is enough for a transfer. */
static void put_transfer(struct fixture *f, const char *id)
{
    const struct province province = { "CN-HB", "420000", "Hubei", "湖北", "central", "Wuhan", 1, 1, 1, 1, NULL };
    const struct organisation owner = { "O", { "O", NULL, NULL }, "depot", "CN-HB", 1, 1, NULL };
    static const char *const ids[] = { "S-1", "S-2" };
    const struct transfer transfer = { .id = id, .origin = "S-1", .destination = "S-2", .state = "in_transit", .created_by = "O",
                                       .created_role = "admin", .created_at_ms = 1, .seq = 1 };
    assert_int_equal(db_province_put(f->db, &province), STATUS_OK);
    assert_int_equal(db_organisation_put(f->db, &owner), STATUS_OK);
    for (size_t i = 0; i < 2; i++) {
        const struct site site = { ids[i], { "S", NULL, NULL }, "warehouse", "O", "CN-HB", REFERENCE_NOWHERE, REFERENCE_NOWHERE, 1, 1, NULL };
        assert_int_equal(db_site_put(f->db, &site), STATUS_OK);
    }
    assert_int_equal(db_transfer_insert(f->db, &transfer), STATUS_OK);
}

static void test_whose_commands(void **state)
{
    struct fixture *f = *state;
    struct entry_command command = { .kind = "untouched" };
    struct entry_command *commands = NULL;
    size_t count = 99;
    assert_int_equal(db_entry_command(f->db, &f->arena, 4, &command), STATUS_ABSENT);
    assert_int_equal(db_entry_command(f->db, &f->arena, 0, &command), STATUS_ABSENT);
    assert_string_equal(command.kind, "untouched");
    assert_int_equal(db_entry_command(f->db, &f->arena, 2, &command), STATUS_OK);
    check_command(&command, "T-2", "new-2", "O-2", "tok-2", "key-2");
    put_transfer(f, "T");
    assert_int_equal(db_entry_commands_of_transfer(f->db, &f->arena, "T", &commands, &count), STATUS_OK);
    assert_int_equal(count, 0);
    const struct transfer_event later = { .transfer = "T", .seq = 3, .kind = "dispatch", .time_ms = 2, .organisation = "O", .role = "admin" };
    const struct transfer_event sooner = { .transfer = "T", .seq = 1, .kind = "create", .time_ms = 1, .organisation = "O", .role = "admin" };
    assert_int_equal(db_transfer_event_insert(f->db, &later), STATUS_OK);
    assert_int_equal(db_transfer_event_insert(f->db, &sooner), STATUS_OK);
    assert_int_equal(db_entry_commands_of_transfer(f->db, &f->arena, "T", &commands, &count), STATUS_OK);
    assert_int_equal(count, 2); /* in the order of the ledger */
    check_command(&commands[0], "T-1", "new-1", "O-1", "tok-1", "key-1");
    check_command(&commands[1], "T-3", "new-3", "O-3", "tok-3", "key-3");
    assert_int_equal(db_entry_commands_of_transfer(f->db, &f->arena, "T-1", &commands, &count), STATUS_OK);
    assert_int_equal(count, 0);
}

static void find_answer(struct fixture *f, const char *scope, const char *key, struct answer_row *row)
{
    assert_int_equal(db_answer_find(f->db, &f->arena, scope, key, row), STATUS_OK);
}

static void test_answers(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[DB_FINGERPRINT_BYTES];
    struct answer_row found;
    struct answer_row row = { .scope = "O tok", .key = "k", .kind = "transfer.dispatch", .target = "T", .time_ms = 5, .seq = 2, .status = 200,
                              .location = "/transfers/T", .etag = "\"1\"", .body = "{\"note\":\"x\"}", .body_length = 12 };
    memset(row.salt, 7, sizeof row.salt);
    memset(row.fingerprint, 8, sizeof row.fingerprint);
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
    row.key = "other";
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
    find_answer(f, "O tok", "k", &found);
    assert_false(found.has_mac);
    found.etag = "\"2\"";
    found.body = "a\0b";
    found.body_length = 3;
    found.has_mac = true;
    memset(found.mac, 9, sizeof found.mac);
    assert_int_equal(db_answer_rewrite(f->db, &found), STATUS_OK);
    find_answer(f, "O tok", "k", &found);
    assert_string_equal(found.etag, "\"2\"");
    assert_int_equal(found.body_length, 3);
    assert_memory_equal(found.body, "a\0b", 3);
    assert_memory_equal(found.fingerprint, row.fingerprint, sizeof row.fingerprint); /* a retry is still told */
    assert_true(found.status == 200 && found.seq == 2 && found.time_ms == 5);
    assert_string_equal(found.location, "/transfers/T");
    assert_true(found.has_mac && found.mac[0] == 9 && found.mac[DB_ANSWER_MAC_BYTES - 1] == 9);
    memset(found.salt, 0, sizeof found.salt);
    memset(found.fingerprint, 0, sizeof found.fingerprint);
    found.has_mac = false;
    assert_int_equal(db_answer_rewrite(f->db, &found), STATUS_OK);
    find_answer(f, "O tok", "k", &found);
    assert_memory_equal(found.fingerprint, zeros, sizeof found.fingerprint);
    assert_memory_equal(found.salt, zeros, sizeof found.salt);
    assert_memory_equal(found.body, "a\0b", 3);
    assert_false(found.has_mac);
    found.scope = "O";
    found.key = "other";
    assert_int_equal(db_answer_rewrite(f->db, &found), STATUS_OK); /* of another scope: nothing happens */
    assert_int_equal(db_answer_find(f->db, &f->arena, "O", "other", &found), STATUS_ABSENT);
    find_answer(f, "O tok", "other", &found);
    assert_string_equal(found.etag, "\"1\"");
    assert_memory_equal(found.body, row.body, row.body_length);
    assert_memory_equal(found.fingerprint, row.fingerprint, sizeof row.fingerprint);
}

static void test_refusals_are_dropped(void **state)
{
    struct fixture *f = *state;
    struct answer_row found;
    struct answer_row row = { .scope = "O tok", .key = "k", .kind = "transfer.create", .target = "", .time_ms = 5, .status = 409,
                              .location = "", .etag = "", .body = "{}", .body_length = 2 };
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
    row.scope = "P tok";
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
    row.seq = 2;
    row.key = "accepted";
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_INVALID); /* as a 409 */
    row.status = 200;
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
    assert_int_equal(db_answer_of_entry(f->db, &f->arena, 2, "O tok", "k", &found), STATUS_ABSENT);
    find_answer(f, "O tok", "k", &found);
    assert_true(found.seq == 0 && found.status == 409 && !found.has_mac);
    assert_int_equal(db_refused_drop(f->db), STATUS_OK);
    assert_int_equal(db_answer_find(f->db, &f->arena, "O tok", "k", &found), STATUS_ABSENT);
    assert_int_equal(db_answer_find(f->db, &f->arena, "P tok", "k", &found), STATUS_ABSENT);
    find_answer(f, "P tok", "accepted", &found);
}

static struct answer_row accepted(int64_t seq)
{
    struct answer_row row = { .scope = "O tok", .key = "k", .kind = "item.put", .target = "I", .time_ms = 5, .seq = seq, .status = 200,
                              .location = "", .etag = "", .body = "{}", .body_length = 2 };
    return row;
}

static void put_answer(struct fixture *f, int64_t seq)
{
    struct answer_row row = accepted(seq);
    row.key = arena_format(&f->arena, "key-%d", (int)seq);
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
}

static void check_found(struct fixture *f, const int64_t *seqs, size_t count)
{
    struct answer_row found;
    for (size_t i = 0; i < count; i++) {
        const char *key = arena_format(&f->arena, "key-%d", (int)seqs[i]);
        find_answer(f, "O tok", key, &found);
        assert_int_equal(found.seq, seqs[i]);
        for (size_t j = 0; j < count; j++) { /* by the number of any entry of the same part alone */
            const bool is_beside = seqs[i] >> 15 == seqs[j] >> 15;
            assert_int_equal(db_answer_of_entry(f->db, &f->arena, (uint64_t)seqs[j], "O tok", key, &found), is_beside ? STATUS_OK : STATUS_ABSENT);
        }
    }
    assert_int_equal(db_answer_find(f->db, &f->arena, "O tok", "key-5", &found), STATUS_ABSENT);
    assert_int_equal(db_answer_find(f->db, &f->arena, "P tok", "key-1", &found), STATUS_ABSENT);
}

/* Those that were there before anybody looked, and those that come; a key once in a part. */
static void test_answers_of_a_long_ledger(void **state)
{
    struct fixture *f = *state;
    static const int64_t seqs[] = { 1, 2, 32767, 32768, 65535, 65536, 1000000, 1032192, 3000000 };
    enum { COUNT = sizeof seqs / sizeof seqs[0], BEFORE = 5 };
    struct answer_row found, row = accepted(32769);
    for (size_t i = 0; i < BEFORE; i++) {
        put_answer(f, seqs[i]);
    }
    check_found(f, seqs, BEFORE);
    for (size_t i = BEFORE; i < COUNT; i++) {
        put_answer(f, seqs[i]);
        check_found(f, seqs, i + 1);
    }
    row.key = "key-65535";
    assert_int_equal(db_answer_insert(f->db, &row), STATUS_INVALID);
    find_answer(f, "O tok", "key-32768", &found);
    found.body = "null";
    found.body_length = 4;
    found.seq = 1;
    assert_int_equal(db_answer_rewrite(f->db, &found), STATUS_OK); /* of another entry: nothing happens */
    find_answer(f, "O tok", "key-32768", &found);
    assert_int_equal(found.body_length, 2);
    assert_int_equal(found.seq, 32768);
}

/* Somebody gave many answers the numbers of entries that there are not: the filter does not grow with them. */
static void test_answers_of_no_entries(void **state)
{
    struct fixture *f = *state;
    struct answer_row found;
    for (int64_t i = 1; i <= 65; i++) {
        put_answer(f, i << 15);
    }
    put_answer(f, -1); /* the numbers are of the file, and can be anything */
    assert_int_equal(db_answer_prepare(f->db), STATUS_CORRUPT);
    assert_int_equal(db_answer_find(f->db, &f->arena, "O tok", "key--1", &found), STATUS_CORRUPT);
    assert_int_equal(db_answer_of_entry(f->db, &f->arena, 32768, "O tok", "key-32768", &found), STATUS_OK);
}

/* Somebody gives an answer another number while the service runs: it is no new command for that. */
static void test_an_answer_that_was_moved(void **state)
{
    struct fixture *f = *state;
    struct answer_row found;
    sqlite3 *handle = f->db->handle;
    put_answer(f, 1);
    put_answer(f, 2);
    check_found(f, (const int64_t[]){ 1, 2 }, 2);
    static const char *const numbers[] = { "-1", "-9223372036854775808", "32768", "9223372036854775807" };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *sql = arena_format(&f->arena, "UPDATE answer SET seq = %s WHERE key = 'key-2'", numbers[i]);
        assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
        find_answer(f, "O tok", "key-2", &found);
        assert_string_equal(arena_format(&f->arena, "%" PRId64, found.seq), numbers[i]);
        find_answer(f, "O tok", "key-1", &found);
    }
    put_answer(f, 40000);
    put_answer(f, 3000000); /* three parts, and one answer goes to another's */
    assert_int_equal(sqlite3_exec(handle, "UPDATE answer SET seq = 40001 WHERE key = 'key-3000000'", NULL, NULL, NULL), SQLITE_OK);
    find_answer(f, "O tok", "key-3000000", &found);
    assert_int_equal(found.seq, 40001);
}

/* How often a word stands in the database's file, what was freed included. */
static size_t count_in_file(const char *path, const char *word)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t length = (size_t)ftell(file), found = 0;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    rewind(file);
    assert_int_equal(fread(bytes, 1, length, file), length);
    fclose(file);
    for (const char *at = bytes; (at = memmem(at, length - (size_t)(at - bytes), word, strlen(word))) != NULL; at++) {
        found++;
    }
    free(bytes);
    return found;
}

/* The b-tree moves rows to other pages where their neighbours are deleted, and leaves their bytes where they were. */
static void test_no_answer_leaves_its_text_where_refusals_lapsed(void **state)
{
    struct fixture *f = *state;
    enum { ROWS = 1800 };
    char key[24], body[2048], path[SCRATCH_BYTES + 8];
    snprintf(path, sizeof path, "%s/t.db", f->dir);
    struct answer_row row = { .scope = "O tok", .key = key, .kind = "transfer.create", .target = "", .body = body };
    for (uint32_t i = 0, random = 7; i < ROWS; i++) {
        random = random * 1664525 + 1013904223;
        const bool is_refusal = i % 3 == 0;
        const size_t length = 60 + (random >> 8) % 1900;
        memset(body, 'x', sizeof body);
        memcpy(body, is_refusal ? "refused!" : "ZhangSan", 8);
        row.body_length = length;
        row.seq = is_refusal ? 0 : 2;
        row.status = is_refusal ? 409 : 201;
        row.location = is_refusal ? "" : "/transfers/T";
        row.etag = is_refusal ? "" : "\"1\"";
        row.time_ms = is_refusal ? 1 : 2;
        row.has_mac = !is_refusal;
        snprintf(key, sizeof key, "%08x-%u", (unsigned)random, (unsigned)i);
        assert_int_equal(db_answer_insert(f->db, &row), STATUS_OK);
    }
    for (int i = 0; i * 16 < ROWS / 3 + 16; i++) {
        assert_int_equal(db_answer_expire(f->db, 2), STATUS_OK);
    }
    assert_int_equal(db_commit(f->db), STATUS_OK);
    assert_int_equal(db_begin(f->db), STATUS_OK);
    for (uint32_t i = 0, random = 7; i < ROWS; i++) {
        random = random * 1664525 + 1013904223;
        snprintf(key, sizeof key, "%08x-%u", (unsigned)random, (unsigned)i);
        struct answer_row found;
        assert_int_equal(db_answer_find(f->db, &f->arena, "O tok", key, &found), i % 3 == 0 ? STATUS_ABSENT : STATUS_OK);
        if (i % 3 != 0) {
            found.body = "null";
            found.body_length = 4;
            assert_true(found.has_mac);
            assert_int_equal(db_answer_rewrite(f->db, &found), STATUS_OK);
        }
    }
    assert_int_equal(db_commit(f->db), STATUS_OK);
    assert_int_equal(db_checkpoint_truncate(f->db), STATUS_OK);
    assert_int_equal(count_in_file(path, "null"), ROWS / 3 * 2); /* that file, and these rows */
    assert_int_equal(count_in_file(path, "ZhangSan"), 0);
    assert_int_equal(db_begin(f->db), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pages_of_texts, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_a_text_goes, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_erasures, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_whose_commands, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_answers, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_refusals_are_dropped, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_answers_of_a_long_ledger, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_an_answer_that_was_moved, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_answers_of_no_entries, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_no_answer_leaves_its_text_where_refusals_lapsed, set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests_name("privacy", tests, NULL, NULL);
}
