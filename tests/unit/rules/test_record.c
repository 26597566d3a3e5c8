/*
 * What a command leaves behind: its entry, field by field and with the bytes that hash and leaf are of, its personal
 * texts, and the answer that tells a retry from another command.
 */
#include "rules/decode.h"
#include "rules/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "db/answer.h"
#include "db/db.h"
#include "db/entry.h"
#include "ledger/tree.h"
#include "tests/unit/support/open_db.h"

static struct command decode(struct fixture *f, enum command_kind kind, const char *body, size_t length)
{
    struct faults *faults = arena_alloc(&f->arena, sizeof *faults);
    faults_init(faults, &f->arena);
    struct command command = { .kind = kind, .target = "T-1", .id = "key-1", .new_id = "new-1", .actor = { "ORG", ROLE_OPERATOR, "tok-1" },
                               .if_version = COMMAND_VERSION_NONE };
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, length, &f->arena, faults), STATUS_OK);
    return command;
}

/* The stored entry of seq 2, and that its own bytes lead to hash and leaf. */
static struct entry_row *stored_entry(struct fixture *f, const uint8_t hash[DIGEST_BYTES], const uint8_t leaf[DIGEST_BYTES])
{
    struct entry_row *row = NULL;
    struct entry entry;
    struct buffer bytes;
    size_t count = 0;
    uint64_t broken = 0;
    uint8_t digest[DIGEST_BYTES];
    assert_int_equal(db_entry_list(f->db, &f->arena, 1, 10, &row, &count, &broken), STATUS_OK);
    assert_int_equal(count, 1);
    buffer_init(&bytes);
    record_entry_of(row, &entry);
    entry_encode(&entry, &bytes);
    digest_bytes(digest, bytes.bytes, bytes.length);
    assert_memory_equal(digest, hash, sizeof digest);
    assert_memory_equal(row->hash, hash, sizeof digest);
    tree_leaf_hash(digest, bytes.bytes, bytes.length);
    assert_memory_equal(digest, leaf, sizeof digest);
    buffer_fini(&bytes);
    return row;
}

static void test_an_entry(void **state)
{
    struct fixture *f = *state;
    static const char body[] = "{\"note\":\"off it goes\"}";
    struct command command = decode(f, COMMAND_TRANSFER_DISPATCH, body, strlen(body));
    struct record record = { .command = &command, .seq = 2, .height = 7, .time_ms = 123456789, .previous_hash = { 1, 2, 3 }, .effects = { 4, 5 } };
    uint8_t hash[DIGEST_BYTES], leaf[DIGEST_BYTES], digest[DIGEST_BYTES];
    char hex[COMMITMENT_HEX_BYTES];
    struct personal_row personal;
    assert_int_equal(record_write(f->db, &record, hash, leaf), STATUS_OK);
    const struct entry_row *row = stored_entry(f, hash, leaf);
    assert_true(row->seq == 2 && row->height == 7 && row->time_ms == 123456789 && row->rules_version == ENTRY_RULES_VERSION);
    const char *const texts[][2] = {
        { row->kind, "transfer.dispatch" }, { row->target, "T-1" }, { row->command_id, "key-1" }, { row->new_id, "new-1" },
        { row->organisation, "ORG" }, { row->role, "operator" }, { row->subject, "tok-1" }, { row->submitter_key, "" }, { row->submitter_alg, "" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(texts[i][0], texts[i][1]);
    }
    assert_memory_equal(row->previous_hash, record.previous_hash, DIGEST_BYTES);
    assert_memory_equal(row->effects, record.effects, DIGEST_BYTES);
    assert_int_equal(row->body_length, command.body_length);
    assert_memory_equal(row->body, command.body, command.body_length);
    assert_null(strstr(command.body, "off it goes"));
    digest_bytes(digest, command.body, command.body_length);
    assert_memory_equal(row->body_digest, digest, sizeof digest);

    text_to_hex(hex, command.personal[0].commitment, DIGEST_BYTES);
    assert_int_equal(db_personal_find(f->db, &f->arena, hex, &personal), STATUS_OK);
    assert_int_equal(personal.seq, 2);
    assert_string_equal(personal.pointer, "/note");
    assert_string_equal(personal.text, "off it goes");
    assert_memory_equal(personal.salt, command.personal[0].salt, COMMITMENT_SALT_BYTES);
    command_fini(&command);
}

/* A long body stands beside the entry: its bytes name it by length and digest, and what is read back is whole. */
static void test_a_long_body(void **state)
{
    struct fixture *f = *state;
    for (size_t more = 0; more < 2; more++) {
        size_t length = LIMIT_BODY_INLINE + more;
        char *body = arena_alloc(&f->arena, length);
        memset(body, ' ', length);
        memcpy(body, "{}", 2);
        struct command command = decode(f, COMMAND_TRANSFER_DISPATCH, body, length);
        struct record record = { .command = &command, .seq = 2, .height = 2, .time_ms = 5 };
        uint8_t hash[DIGEST_BYTES], leaf[DIGEST_BYTES];
        assert_int_equal(db_savepoint(f->db), STATUS_OK);
        assert_int_equal(record_write(f->db, &record, hash, leaf), STATUS_OK);
        const struct entry_row *row = stored_entry(f, hash, leaf);
        assert_int_equal(row->body_length, length);
        assert_int_equal(row->body_stored_length, length);
        assert_memory_equal(row->body, body, length);
        assert_int_equal(db_savepoint_rollback(f->db), STATUS_OK);
        command_fini(&command);
    }
}

/* ---- answers ---- */

enum { KEPT_MS = 1000 };

static void keep(struct fixture *f, const struct command *command, int status, uint64_t seq)
{
    struct answer answer;
    answer_init(&answer);
    answer.status = status;
    answer.seq = seq;
    if (seq > 0) { /* a refusal makes nothing that could have them */
        snprintf(answer.location, sizeof answer.location, "/transfers/T-1");
        snprintf(answer.etag, sizeof answer.etag, "\"3-abc\"");
    }
    buffer_text(&answer.body, "{\"said\":\"first\"}");
    assert_int_equal(record_answer(f->db, NULL, command, &answer, KEPT_MS), STATUS_OK);
    answer_fini(&answer);
}

static enum record_match find(struct fixture *f, const struct command *command, int64_t lapsed_ms, struct answer *answer)
{
    enum record_match match = RECORD_OTHER;
    answer_init(answer);
    assert_int_equal(record_find_answer(f->db, &f->arena, NULL, command, lapsed_ms, &match, answer), STATUS_OK);
    return match;
}

static void test_what_counts_as_the_same(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *organisation, *subject, *key, *target, *body;
        enum command_kind kind;
        enum record_match wanted;
    } rows[] = {
        { "ORG", "tok-1", "key-1", "T-1", "{\"reason\":\"so\"}",  COMMAND_TRANSFER_CANCEL, RECORD_SAME },
        { "ORG", "tok-2", "key-1", "T-1", "{\"reason\":\"so\"}",  COMMAND_TRANSFER_CANCEL, RECORD_SAME }, /* a colleague's retry */
        { "OTHER", "tok-1", "key-1", "T-1", "{\"reason\":\"so\"}", COMMAND_TRANSFER_CANCEL, RECORD_NEW },
        { "", "tok-1", "key-1", "T-1", "{\"reason\":\"so\"}",     COMMAND_TRANSFER_CANCEL, RECORD_NEW },
        { "", "ORG", "key-1", "T-1", "{\"reason\":\"so\"}",       COMMAND_TRANSFER_CANCEL, RECORD_SAME },
        { "ORG", "tok-1", "key-2", "T-1", "{\"reason\":\"so\"}",  COMMAND_TRANSFER_CANCEL, RECORD_NEW },
        { "ORG", "tok-1", "KEY-1", "T-1", "{\"reason\":\"so\"}",  COMMAND_TRANSFER_CANCEL, RECORD_NEW },
        { "ORG", "tok-1", "key-1", "T-2", "{\"reason\":\"so\"}",  COMMAND_TRANSFER_CANCEL, RECORD_OTHER },
        { "ORG", "tok-1", "key-1", "T-1", "{\"reason\":\"so\"}",  COMMAND_TRANSFER_RETURN, RECORD_OTHER },
        { "ORG", "tok-1", "key-1", "T-1", "{\"reason\":\"so \"}", COMMAND_TRANSFER_CANCEL, RECORD_OTHER },
        { "ORG", "tok-1", "key-1", "T-1", "{\"reason\": \"so\"}", COMMAND_TRANSFER_CANCEL, RECORD_OTHER }, /* bytes are compared, not meanings */
    };
    struct command first = decode(f, COMMAND_TRANSFER_CANCEL, rows[0].body, strlen(rows[0].body));
    keep(f, &first, 200, 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer answer;
        struct command command = decode(f, rows[i].kind, rows[i].body, strlen(rows[i].body)); /* other salts each time */
        command.actor = (struct actor){ rows[i].organisation, ROLE_OPERATOR, rows[i].subject };
        command.id = rows[i].key;
        command.target = rows[i].target;
        if (find(f, &command, 0, &answer) != rows[i].wanted) {
            fail_msg("row %zu", i);
        }
        if (rows[i].wanted == RECORD_SAME) {
            assert_true(answer.is_replayed && !answer.is_problem && answer.status == 200 && answer.seq == 5);
            assert_string_equal(answer.location, "/transfers/T-1");
            assert_string_equal(answer.etag, "\"3-abc\"");
            assert_int_equal(answer.body.length, strlen("{\"said\":\"first\"}"));
            assert_memory_equal(answer.body.bytes, "{\"said\":\"first\"}", answer.body.length);
        } else {
            assert_false(answer.is_replayed);
        }
        answer_fini(&answer);
        command_fini(&command);
    }
    command_fini(&first);
}

/* The organisation before a key in the path is of the request; what was kept before that was looked at is good for any. */
static void test_whose_target_it_is(void **state)
{
    struct fixture *f = *state;
    static const char *const owners[] = { NULL, "ORG-A", "ORG-B" };
    enum { OWNERS = sizeof owners / sizeof owners[0] };
    for (size_t kept = 0; kept < OWNERS; kept++) {
        struct command command = decode(f, COMMAND_ORGANISATION_KEY_REVOKE, "{\"reason\":\"so\"}", 15);
        command.owner = owners[kept];
        assert_int_equal(db_savepoint(f->db), STATUS_OK);
        keep(f, &command, 404, 0);
        for (size_t asked = 1; asked < OWNERS; asked++) {
            struct answer answer;
            command.owner = owners[asked];
            assert_int_equal(find(f, &command, 0, &answer), kept == 0 || kept == asked ? RECORD_SAME : RECORD_OTHER);
            answer_fini(&answer);
        }
        assert_int_equal(db_savepoint_rollback(f->db), STATUS_OK);
        command_fini(&command);
    }
}

/* Refusals lapse and give way to what the next attempt comes to; what was accepted is kept for ever. */
static void test_what_lapses(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int status;
        uint64_t seq;
        int64_t lapsed_ms;
        enum record_match wanted;
    } rows[] = {
        { 409, 0, 0, RECORD_SAME }, { 409, 0, KEPT_MS, RECORD_SAME }, { 409, 0, KEPT_MS + 1, RECORD_NEW }, { 422, 0, KEPT_MS + 1, RECORD_NEW },
        { 201, 5, KEPT_MS + 1, RECORD_SAME }, { 200, 5, INT64_MAX, RECORD_SAME },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer answer;
        struct command command = decode(f, COMMAND_TRANSFER_DISPATCH, "{}", 2);
        assert_int_equal(db_savepoint(f->db), STATUS_OK);
        keep(f, &command, rows[i].status, rows[i].seq);
        if (find(f, &command, rows[i].lapsed_ms, &answer) != rows[i].wanted) {
            fail_msg("row %zu", i);
        }
        assert_int_equal(answer.is_problem, rows[i].wanted == RECORD_SAME && rows[i].status >= 400);
        answer_fini(&answer);
        if (rows[i].wanted == RECORD_NEW) { /* and the key is free */
            keep(f, &command, 200, 9);
            assert_int_equal(find(f, &command, INT64_MAX, &answer), RECORD_SAME);
            assert_int_equal(answer.seq, 9);
            answer_fini(&answer);
        }
        assert_int_equal(db_savepoint_rollback(f->db), STATUS_OK);
        command_fini(&command);
    }
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_an_entry), CASE(test_a_long_body), CASE(test_what_counts_as_the_same), CASE(test_whose_target_it_is),
        CASE(test_what_lapses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
