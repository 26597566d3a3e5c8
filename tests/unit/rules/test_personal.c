/*
 * Personal texts leave a body before it is hashed: nothing else of it changes by a byte, each text has a commitment that
 * its salt opens, and what the rules are given says the same.
 */
#include "rules/decode.h"
#include "rules/personal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "ledger/commitment.h"
#include "rules/request.h"

enum { TEXTS_MAX = 4 };

struct text {
    const char *pointer, *text;
};

/* In the committed body a # stands for each commitment, in the order of texts. */
static const struct row {
    enum command_kind kind;
    const char *body, *committed;
    struct text texts[TEXTS_MAX];
} rows[] = {
    { COMMAND_TRANSFER_DISPATCH, "{}", "{}", { { NULL, NULL } } },
    { COMMAND_TRANSFER_DISPATCH, "{\"note\":\"off\"}", "{\"note\":#}", { { "/note", "off" } } },
    { COMMAND_TRANSFER_DISPATCH, " {\n\t\"note\" : \"off\"\r\n} ", " {\n\t\"note\" : #\r\n} ", { { "/note", "off" } } },
    { COMMAND_TRANSFER_DISPATCH, "{\"no\\u0074e\":\"\\\"\\u9001\\n\\\\\"}", "{\"no\\u0074e\":#}", { { "/note", "\"送\n\\" } } },
    { COMMAND_TRANSFER_DISPATCH, "{\"note\":\"off\",\"driver\":\"B\"}", "{\"note\":#,\"driver\":#}", { { "/note", "off" }, { "/driver", "B" } } },
    { COMMAND_TRANSFER_CREATE, "{\"contact\":\"C\",\"destination\":\"B\",\"carrier\":\"C\",\"lines\":[{\"supply\":\"S\",\"quantity\":1}]}",
      "{\"contact\":#,\"destination\":\"B\",\"carrier\":\"C\",\"lines\":[{\"supply\":\"S\",\"quantity\":1}]}", { { "/contact", "C" } } },
    { COMMAND_TRANSFER_CANCEL, "{\"reason\":\"reason\"}", "{\"reason\":#}", { { "/reason", "reason" } } },
    { COMMAND_SUPPLY_ADJUST, "{\"delta\":-1,\"note\":\"für die Küche\",\"reason\":\"consumed\",\"reference\":\"note\"}",
      "{\"delta\":-1,\"note\":#,\"reason\":\"consumed\",\"reference\":\"note\"}", { { "/note", "für die Küche" } } },
    { COMMAND_TRANSFER_CREATE, /* in the order in which they stand, not that of the table */
      "{\"rationale\":\"why\",\"destination\":\"why\",\"lines\":[{\"supply\":\"why\",\"quantity\":10}],\"note\":\"why\"}",
      "{\"rationale\":#,\"destination\":\"why\",\"lines\":[{\"supply\":\"why\",\"quantity\":10}],\"note\":#}",
      { { "/rationale", "why" }, { "/note", "why" } } },
    { COMMAND_TRANSFER_RECEIVE,
      "{\"lines\":[{\"line\":1,\"lost\":1,\"reason\":\"a\"},{\"line\":2,\"good\":1},{\"reason\":\"b\",\"damaged\":1,\"line\":3}],\"note\":\"c\"}",
      "{\"lines\":[{\"line\":1,\"lost\":1,\"reason\":#},{\"line\":2,\"good\":1},{\"reason\":#,\"damaged\":1,\"line\":3}],\"note\":#}",
      { { "/lines/0/reason", "a" }, { "/lines/2/reason", "b" }, { "/note", "c" } } },
    { COMMAND_TRANSFER_RECEIVE, "{\"note\":\"c\",\"lines\":[{\"line\":1,\"reason\":\"a\",\"damaged\":1}]}",
      "{\"note\":#,\"lines\":[{\"line\":1,\"reason\":#,\"damaged\":1}]}", { { "/note", "c" }, { "/lines/0/reason", "a" } } },
    { COMMAND_SUPPLY_INTAKE, "{\"site\":\"A\",\"item\":\"I\",\"quantity\":1,\"source\":\"found\",\"note\":\"in the cellar\"}",
      "{\"site\":\"A\",\"item\":\"I\",\"quantity\":1,\"source\":\"found\",\"note\":#}", { { "/note", "in the cellar" } } },
    { COMMAND_ITEM_PUT, "{\"name\":\"note\",\"unit\":\"piece\"}", "{\"name\":\"note\",\"unit\":\"piece\"}", { { NULL, NULL } } },
    { COMMAND_FIGURES_PUT, "{\"figures\":[{\"indicator\":\"i\",\"year\":2019,\"province\":\"CN-HB\",\"value\":1.50}]}",
      "{\"figures\":[{\"indicator\":\"i\",\"year\":2019,\"province\":\"CN-HB\",\"value\":1.50}]}", { { NULL, NULL } } },
};

/* The first row of a kind. */
static const struct row *row_of(enum command_kind kind)
{
    const struct row *row = rows;
    while (row->kind != kind) {
        row++;
    }
    return row;
}

static void decode(const struct row *row, struct arena *arena, struct command *command)
{
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    faults_init(faults, arena);
    *command = (struct command){ .kind = row->kind, .target = "T", .id = "key", .new_id = "new", .actor = { "ORG", ROLE_OPERATOR, "tok" },
                                 .if_version = COMMAND_VERSION_NONE };
    enum status status = command_decode(command, BIND_CLEAR, row->body, strlen(row->body), arena, faults);
    if (status != STATUS_OK) {
        fail_msg("%s: %s %s", row->body, faults->count > 0 ? faults->items[0].pointer : "", faults->count > 0 ? faults->items[0].code : "");
    }
}

/* The committed body of the table, with what this command's commitments turned out to be. */
static const char *wanted_body(const struct row *row, const struct command *command, struct arena *arena)
{
    struct buffer body;
    size_t next = 0;
    buffer_init(&body);
    for (const char *at = row->committed; *at != 0; at++) {
        char hex[COMMITMENT_HEX_BYTES];
        if (*at != '#') {
            buffer_append(&body, at, 1);
            continue;
        }
        assert_true(next < command->personal_count);
        text_to_hex(hex, command->personal[next++].commitment, DIGEST_BYTES);
        buffer_format(&body, "{\"commitment\":\"%s\"}", hex);
    }
    const char *copy = arena_copy(arena, body.bytes, body.length);
    buffer_fini(&body);
    return copy;
}

static void test_texts_leave_the_body(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct arena arena;
        struct command command;
        size_t count = 0;
        arena_init(&arena);
        decode(&rows[r], &arena, &command);
        while (count < TEXTS_MAX && rows[r].texts[count].pointer != NULL) {
            count++;
        }
        assert_int_equal(command.personal_count, count);
        for (size_t i = 0; i < count; i++) {
            const struct command_personal *personal = &command.personal[i];
            uint8_t opened[DIGEST_BYTES];
            char hex[COMMITMENT_HEX_BYTES];
            assert_string_equal(personal->pointer, rows[r].texts[i].pointer);
            assert_string_equal(personal->text, rows[r].texts[i].text);
            commitment_make(opened, personal->salt, personal->text, strlen(personal->text));
            assert_memory_equal(opened, personal->commitment, sizeof opened);
            text_to_hex(hex, opened, sizeof opened);
            assert_memory_equal(command.body + personal->hex_offset, hex, sizeof hex - 1);
        }
        const char *wanted = wanted_body(&rows[r], &command, &arena);
        assert_int_equal(command.body_length, strlen(wanted));
        assert_memory_equal(command.body, wanted, command.body_length);
        assert_int_equal(command.submitted_length, strlen(rows[r].body));
        assert_memory_equal(command.submitted, rows[r].body, command.submitted_length);
        command_fini(&command);
        arena_fini(&arena);
    }
}

/* What the rules see bears the commitment that the body bears, line by line. */
static void test_the_request_says_the_same(void **state)
{
    (void)state;
    struct arena arena;
    struct command command;
    char hex[3][COMMITMENT_HEX_BYTES];
    arena_init(&arena);
    decode(row_of(COMMAND_TRANSFER_RECEIVE), &arena, &command);
    const struct receive_request *request = command.request;
    const struct receive_line_request *lines = request->lines.items;
    for (size_t i = 0; i < 3; i++) {
        text_to_hex(hex[i], command.personal[i].commitment, DIGEST_BYTES);
    }
    assert_string_equal(lines[0].reason.commitment, hex[0]);
    assert_null(lines[1].reason.commitment);
    assert_string_equal(lines[2].reason.commitment, hex[1]);
    assert_string_equal(request->note.commitment, hex[2]);
    command_fini(&command);
    arena_fini(&arena);
}

/* The same text twice is not the same commitment, in one body or in two: nobody sees that two people wrote the same. */
static void test_no_two_alike(void **state)
{
    (void)state;
    struct arena arena;
    struct command first, second;
    arena_init(&arena);
    decode(row_of(COMMAND_TRANSFER_CREATE), &arena, &first);
    decode(row_of(COMMAND_TRANSFER_CREATE), &arena, &second);
    const uint8_t *const commitments[] = { first.personal[0].commitment, first.personal[1].commitment, second.personal[0].commitment,
                                           second.personal[1].commitment };
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(commitments[i], commitments[k], DIGEST_BYTES);
        }
    }
    command_fini(&first);
    command_fini(&second);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_leave_the_body), cmocka_unit_test(test_the_request_says_the_same), cmocka_unit_test(test_no_two_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
