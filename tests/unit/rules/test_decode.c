/*
 * Commands out of bytes: ids, faults, personal texts, figures with their digits, and the
 * check digits of identifiers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "rules/identifier.h"
#include "rules/request.h"

static struct arena arena;
static struct faults *faults;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static enum status decode(struct command *command, enum command_kind kind, enum bind_mode mode, const char *body)
{
    *command = (struct command){ .kind = kind, .target = "T", .id = "key", .new_id = "new",
                                 .actor = { "ORG", ROLE_OPERATOR, "tok" }, .if_version = COMMAND_VERSION_NONE };
    return command_decode(command, mode, body, strlen(body), &arena, faults);
}

static void expect_fault(const char *pointer, const char *code)
{
    for (size_t i = 0; i < faults->count; i++) {
        bool same_place = faults->items[i].pointer == NULL ? pointer == NULL
                                                           : pointer != NULL && strcmp(faults->items[i].pointer, pointer) == 0;
        if (same_place && strcmp(faults->items[i].code, code) == 0) {
            return;
        }
    }
    fail_msg("no fault %s at %s", code, pointer != NULL ? pointer : "(row)");
}

static void test_kind_names(void **state)
{
    (void)state;
    for (int i = 0; i < COMMAND_KINDS; i++) {
        enum command_kind kind = COMMAND_KINDS;
        assert_int_equal(command_kind_from_name(command_kind_name((enum command_kind)i), &kind), STATUS_OK);
        assert_int_equal(kind, i);
        assert_non_null(request_table(i));
    }
    enum command_kind kind = COMMAND_GENESIS;
    assert_int_equal(command_kind_from_name("supply.steal", &kind), STATUS_ABSENT);
}

static void test_intake(void **state)
{
    (void)state;
    struct command command;
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_CLEAR,
        "{\"site\":\"S\",\"item\":\"I\",\"quantity\":9007199254740991,\"source\":\"found\",\"id\":\"mine\"}"), STATUS_OK);
    const struct intake_request *request = command.request;
    assert_true(request->quantity == TEXT_INTEGER_MAX);
    assert_string_equal(intake_sources[request->source], "found");
    assert_int_equal(request->condition, -1);
    assert_true(request->occurred_at == BIND_ABSENT);
    assert_string_equal(command.new_id, "mine");
    assert_int_equal(command.personal_count, 0);
    command_fini(&command);
}

static void test_all_faults_are_named(void **state)
{
    (void)state;
    struct command command;
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_CLEAR,
        "{\"site\":7,\"quantity\":1.0,\"source\":\"theft\",\"expiry\":\"2020-02-30\",\"quantiti\":1}"), STATUS_INVALID);
    command_fini(&command);
    expect_fault("/site", "wrong_type");
    expect_fault("/item", "missing_member");
    expect_fault("/quantity", "wrong_type");
    expect_fault("/source", "not_a_choice");
    expect_fault("/expiry", "bad_format");
    expect_fault("/quantiti", "unknown_member");
}

static void test_id_must_fit_the_path(void **state)
{
    (void)state;
    struct command command;
    assert_int_equal(decode(&command, COMMAND_SITE_PUT, BIND_CLEAR,
        "{\"id\":\"OTHER\",\"name\":\"n\",\"kind\":\"port\",\"organisation\":\"O\",\"province\":\"CN-HB\"}"), STATUS_INVALID);
    command_fini(&command);
    expect_fault("/id", "id_mismatch");
}

static void test_ids_that_routes_have_taken(void **state)
{
    (void)state;
    struct command command;
    const char *body = "{\"id\":\"summary\",\"site\":\"S\",\"item\":\"I\",\"quantity\":1,\"source\":\"found\"}";
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_CLEAR, body), STATUS_INVALID);
    command_fini(&command);
    expect_fault("/id", "reserved_id");
    faults_init(faults, &arena);
    assert_int_equal(decode(&command, COMMAND_TRANSFER_CREATE, BIND_CLEAR,
        "{\"id\":\"summary\",\"destination\":\"D\",\"lines\":[]}"), STATUS_INVALID);
    command_fini(&command);
    expect_fault("/id", "reserved_id");
    faults_init(faults, &arena);
    /* a ledger that has it is replayed */
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_COMMITTED, body), STATUS_OK);
    command_fini(&command);
    assert_false(identifier_is_reserved("Summary"));
}

static void test_what_could_be_read_of_a_faulty_body(void **state)
{
    (void)state;
    struct command command;
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_CLEAR,
        "{\"site\":\"S\",\"item\":5,\"quantity\":0,\"source\":\"theft\",\"note\":\"n\"}"), STATUS_INVALID);
    const struct intake_request *request = command.request;
    assert_string_equal(request->site, "S");
    assert_null(request->item);
    assert_true(request->quantity == BIND_ABSENT);
    assert_int_equal(request->source, -1);
    assert_true(request_has_text(&request->note));
    command_fini(&command);
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_CLEAR, "[]"), STATUS_INVALID);
    assert_null(command.request);
    command_fini(&command);
    assert_int_equal(decode(&command, COMMAND_SUPPLY_INTAKE, BIND_CLEAR, "{"), STATUS_INVALID);
    assert_null(command.request);
    command_fini(&command);
}

static void test_personal_texts_leave_the_body(void **state)
{
    (void)state;
    struct command command;
    const char *body = "{ \"lines\" : [ {\"line\":1,\"damaged\":2,\"reason\":\"wet \\u5317\"} ],\n \"note\": \"call Li\" }";
    assert_int_equal(decode(&command, COMMAND_TRANSFER_RECEIVE, BIND_CLEAR, body), STATUS_OK);
    assert_int_equal(command.personal_count, 2);
    assert_null(memmem(command.body, command.body_length, "wet", 3));
    assert_null(memmem(command.body, command.body_length, "Li", 2));
    assert_memory_equal(command.body, "{ \"lines\" : [ {\"line\":1,\"damaged\":2,\"reason\":{\"commitment\":\"", 59);
    assert_memory_equal(command.body + command.body_length - 3, "} }", 3);
    assert_string_equal(command.personal[0].pointer, "/lines/0/reason");
    assert_string_equal(command.personal[0].text, "wet 北");
    for (size_t i = 0; i < 2; i++) {
        const struct command_personal *personal = &command.personal[i];
        uint8_t expected[DIGEST_BYTES];
        char hex[COMMITMENT_HEX_BYTES];
        commitment_make(expected, personal->salt, personal->text, strlen(personal->text));
        text_to_hex(hex, expected, sizeof expected);
        assert_memory_equal(command.body + personal->hex_offset, hex, 64);
    }
    const struct receive_request *request = command.request;
    const struct receive_line_request *line = request->lines.items;
    assert_non_null(line->reason.commitment);

    /* what was committed reads back as such, and only as such */
    struct command again;
    char *committed = arena_copy(&arena, command.body, command.body_length);
    assert_int_equal(decode(&again, COMMAND_TRANSFER_RECEIVE, BIND_COMMITTED, committed), STATUS_OK);
    const struct receive_request *reread = again.request;
    assert_string_equal(reread->note.commitment, request->note.commitment);
    assert_null(reread->note.text);
    command_fini(&again);
    assert_int_equal(decode(&again, COMMAND_TRANSFER_RECEIVE, BIND_COMMITTED, body), STATUS_INVALID);
    expect_fault("/note", "personal_in_clear");
    command_fini(&again);
    faults_init(faults, &arena);
    assert_int_equal(decode(&again, COMMAND_TRANSFER_RECEIVE, BIND_CLEAR, committed), STATUS_INVALID);
    expect_fault("/note", "wrong_type");
    command_fini(&again);
    command_fini(&command);
}

static void test_salts_differ(void **state)
{
    (void)state;
    struct command a, b;
    assert_int_equal(decode(&a, COMMAND_TRANSFER_CANCEL, BIND_CLEAR, "{\"reason\":\"same\"}"), STATUS_OK);
    assert_int_equal(decode(&b, COMMAND_TRANSFER_CANCEL, BIND_CLEAR, "{\"reason\":\"same\"}"), STATUS_OK);
    assert_memory_not_equal(a.personal[0].commitment, b.personal[0].commitment, DIGEST_BYTES);
    command_fini(&a);
    command_fini(&b);
}

static void test_figures_keep_their_digits(void **state)
{
    (void)state;
    struct command command;
    const char *bodies[] = {
        "{\"figures\":[{\"indicator\":\"beds\",\"year\":2020,\"province\":\"CN-HB\",\"value\":12.50},"
        "{\"value\":1e3,\"indicator\":\"beds\",\"year\":2021,\"province\":\"420000\"}]}",
        "province,value,year,indicator\r\nCN-HB,12.50,2020,beds\r\n\"420000\",1e3,2021,beds\r\n",
    };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(decode(&command, COMMAND_FIGURES_PUT, BIND_CLEAR, bodies[i]), STATUS_OK);
        const struct figures_request *request = command.request;
        const struct figure_request *rows = request->figures.items;
        assert_int_equal(request->figures.count, 2);
        assert_int_equal(request->is_csv, i);
        assert_string_equal(rows[0].decimal, "12.50");
        assert_string_equal(rows[1].decimal, "1e3");
        assert_true(rows[1].year == 2021);
        assert_string_equal(rows[1].province, "420000");
        command_fini(&command);
    }
}

static void test_broken_figures(void **state)
{
    (void)state;
    static const struct { const char *body, *code; } cases[] = {
        { "indicator,year,province\nbeds,2020,CN-HB\n", "missing_column" },
        { "indicator,year,province,valu\nbeds,2020,CN-HB,1\n", "unknown_column" },
        { "indicator,year,province,value,value\nbeds,2020,CN-HB,1,1\n", "duplicate_column" },
        { "indicator,year,province,value\nbeds,2020,CN-HB\n", "wrong_field_count" },
        { "indicator,year,province,value\nbeds,2020,CN-HB,\n", "bad_value" },
        { "indicator,year,province,value\nbeds,2020,CN-HB,NaN\n", "bad_value" },
        { "indicator,year,province,value\nbeds,2020,CN-HB,-1\n", "bad_value" },
        { "indicator,year,province,value\nbeds,2020,CN-HB,1e99\n", "bad_value" },
        { "indicator,year,province,value\nbeds,2020,CN-HB,0x10\n", "bad_value" },
        { "indicator,year,province,value\nbeds,twenty,CN-HB,1\n", "out_of_range" },
        { "indicator,year,province,value\nbe ds,2020,CN-HB,1\n", "bad_format" },
        { "indicator,year,province,value\n\"beds,2020,CN-HB,1\n", "bad_csv" },
        { "indicator,year,province,value\n", "no_rows" },
    };
    struct command command;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        faults_init(faults, &arena);
        assert_int_equal(decode(&command, COMMAND_FIGURES_PUT, BIND_CLEAR, cases[i].body), STATUS_INVALID);
        expect_fault(NULL, cases[i].code);
        command_fini(&command);
    }
    faults_init(faults, &arena);
    assert_int_equal(decode(&command, COMMAND_FIGURES_PUT, BIND_CLEAR,
        "{\"figures\":[{\"indicator\":\"beds\",\"year\":2020,\"province\":\"CN-HB\",\"value\":-3}]}"), STATUS_INVALID);
    expect_fault("/figures/0/value", "bad_value");
    command_fini(&command);
}

static void expect_identifier(const char *system, const char *value, const char *code)
{
    const char *found = NULL;
    const char *detail = identifier_fault(system, value, &found);
    assert_int_equal(detail == NULL, code == NULL);
    if (code != NULL) {
        assert_string_equal(found, code);
    }
}

static void test_identifiers(void **state)
{
    (void)state;
    expect_identifier("gtin", "4006381333931", NULL);
    expect_identifier("gtin", "96385074", NULL);
    expect_identifier("gtin", "036000291452", NULL);
    expect_identifier("gtin", "4006381333932", "identifier_check_digit");
    expect_identifier("gtin", "96385075", "identifier_check_digit");
    expect_identifier("gtin", "400638133393", "identifier_check_digit"); /* 12 digits are allowed */
    expect_identifier("gtin", "40063813339", "bad_format");
    expect_identifier("gtin", "", "bad_format");
    expect_identifier("gtin", "40063813339x1", "bad_format");
    expect_identifier("gln", "4006381333931", NULL);
    expect_identifier("gln", "4006381333930", "identifier_check_digit");
    expect_identifier("gln", "96385074", "bad_format");
    expect_identifier("sscc", "106141412345678908", NULL);
    expect_identifier("sscc", "106141412345678907", "identifier_check_digit");
    expect_identifier("sscc", "10614141234567890", "bad_format");
    expect_identifier("sscc", "1061414123456789O8", "bad_format");
    expect_identifier("unspsc", "42131713", NULL);
    expect_identifier("unspsc", "4213171", "bad_format");
    expect_identifier("ifrc", "anything goes", NULL);
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_kind_names), CASE(test_intake), CASE(test_all_faults_are_named), CASE(test_id_must_fit_the_path),
        CASE(test_ids_that_routes_have_taken), CASE(test_what_could_be_read_of_a_faulty_body),
        CASE(test_personal_texts_leave_the_body), CASE(test_salts_differ), CASE(test_figures_keep_their_digits),
        CASE(test_broken_figures), CASE(test_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
