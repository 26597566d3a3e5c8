/* Problem documents: their members, the table, refusals of every kind. */
#include "tests/unit/handlers/fake.h"

#include "handlers/problem.h"

static void test_reply(void **state)
{
    (void)state;
    struct fake fake;
    fake_init(&fake);
    exchange_header(&fake.exchange, "ETag", "\"1\"");
    buffer_text(&fake.exchange.reply, "{\"half\":");
    problem_reply(&fake.exchange, "not_found", "There is no %s.", "\"thing\"\r\n");
    fake_assert_problem(&fake, 404, "not_found");
    assert_string_equal(fake.exchange.reply.bytes,
                        "{\"type\":\"/errors/not_found\",\"title\":\"There is no such thing\",\"status\":404,"
                        "\"detail\":\"There is no \\\"thing\\\"\\r\\n.\",\"instance\":\"/things\",\"code\":\"not_found\"}");
    assert_null(fake_reply_header(&fake, "ETag")); /* of the reply that was given up */
    fake_fini(&fake);
}

static void test_headers_of_problems(void **state)
{
    (void)state;
    struct fake fake;
    fake_init(&fake);
    problem_reply(&fake.exchange, "unauthenticated", "Who are you?");
    assert_non_null(fake_reply_header(&fake, "WWW-Authenticate"));
    problem_status(&fake.exchange, STATUS_BUSY);
    fake_assert_problem(&fake, 503, "busy");
    assert_string_equal(fake_reply_header(&fake, "Retry-After"), "1");
    assert_null(fake_reply_header(&fake, "WWW-Authenticate"));
    fake_fini(&fake);
}

static void test_faults_are_named(void **state)
{
    (void)state;
    struct fake fake;
    struct faults faults;
    fake_init(&fake);
    faults_init(&faults, &fake.arena);
    faults_add(&faults, "/lines/0/quantity", "wrong_type", "quantity is a text");
    faults_add_row(&faults, 17, "value", "bad_value", "value is NaN");
    faults_add_row(&faults, 18, NULL, "bad_csv", "a quote stays open");
    faults_add_parameter(&faults, "limt", "unknown_parameter", "limit?");
    problem_faults(&fake.exchange, "invalid_request", &faults, "four things");
    fake_assert_problem(&fake, 422, "invalid_request");
    char *errors = json_dumps(json_object_get(fake.body, "errors"), JSON_COMPACT);
    assert_string_equal(errors, "[{\"pointer\":\"/lines/0/quantity\",\"code\":\"wrong_type\",\"detail\":\"quantity is a text\"},"
                                "{\"row\":17,\"column\":\"value\",\"code\":\"bad_value\",\"detail\":\"value is NaN\"},"
                                "{\"row\":18,\"code\":\"bad_csv\",\"detail\":\"a quote stays open\"},"
                                "{\"parameter\":\"limt\",\"code\":\"unknown_parameter\",\"detail\":\"limit?\"}]");
    free(errors);
    assert_null(json_object_get(fake.body, "errors_total"));
    for (int i = 0; i < LIMIT_FAULTS; i++) {
        faults_add(&faults, "/x", "wrong_type", "again");
    }
    problem_faults(&fake.exchange, "invalid_request", &faults, "more than are kept");
    assert_int_equal(json_array_size(json_object_get(fake_body(&fake), "errors")), LIMIT_FAULTS);
    assert_int_equal(json_integer_value(json_object_get(fake.body, "errors_total")), LIMIT_FAULTS + 4);
    fake_fini(&fake);
}

static void test_status_of_each_local_fault(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        int http;
        const char *code;
    } cases[] = {
        { STATUS_ABSENT, 404, "not_found" },    { STATUS_CONFLICT, 500, "internal" },
        { STATUS_INVALID, 500, "internal" },    { STATUS_BUSY, 503, "busy" },
        { STATUS_EXHAUSTED, 507, "disk_full" }, { STATUS_CORRUPT, 500, "internal" },
        { STATUS_IO, 500, "internal" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake fake;
        fake_init(&fake);
        problem_status(&fake.exchange, cases[i].status);
        fake_assert_problem(&fake, cases[i].http, cases[i].code);
        if (cases[i].http == 500) {
            assert_string_equal(fake_text(&fake, "request"), "r-1");
        }
        fake_fini(&fake);
    }
}

static void test_status_of_a_commands_fault(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        int http;
        const char *code;
    } cases[] = {
        { STATUS_IO, 503, "disk_failed" }, { STATUS_CORRUPT, 503, "disk_failed" }, { STATUS_EXHAUSTED, 507, "disk_full" },
        { STATUS_BUSY, 503, "busy" },      { STATUS_INVALID, 500, "internal" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake fake;
        fake_init(&fake);
        fake.route.class = CLASS_WRITE;
        problem_status(&fake.exchange, cases[i].status);
        fake_assert_problem(&fake, cases[i].http, cases[i].code);
        fake_fini(&fake);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        enum refusal_kind kind;
        int http;
    } cases[] = {
        { REFUSAL_INVALID, 422 },   { REFUSAL_ABSENT, 404 }, { REFUSAL_CONFLICT, 409 },
        { REFUSAL_FORBIDDEN, 403 }, { REFUSAL_STALE, 412 },  { REFUSAL_UNCONDITIONED, 428 },
        { REFUSAL_KEY_REUSED, 422 },
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct refusal refusal;
        struct answer answer;
        refusal_init(&refusal, &arena);
        refusal_set(&refusal, cases[i].kind, "a_code_of_tomorrow", "no");
        refusal_text(&refusal, "from", "reserved");
        refusal_integer(&refusal, "available", 3);
        refusal_list(&refusal, "allowed", "dispatch cancel");
        answer_init(&answer);
        memcpy(answer.etag, "\"1\"", sizeof "\"1\"");
        problem_refusal(&refusal, "/transfers/T/receive", &answer);
        assert_int_equal(answer.status, cases[i].http);
        assert_true(answer.is_problem);
        assert_string_equal(answer.etag, "");
        json_t *body = json_loadb(answer.body.bytes, answer.body.length, 0, NULL);
        assert_string_equal(json_string_value(json_object_get(body, "code")), "a_code_of_tomorrow");
        assert_string_equal(json_string_value(json_object_get(body, "instance")), "/transfers/T/receive");
        assert_string_equal(json_string_value(json_object_get(body, "from")), "reserved");
        assert_int_equal(json_integer_value(json_object_get(body, "available")), 3);
        assert_int_equal(json_array_size(json_object_get(body, "allowed")), 2);
        assert_string_equal(json_string_value(json_array_get(json_object_get(body, "allowed"), 1)), "cancel");
        json_decref(body);
        answer_fini(&answer);
    }
    arena_fini(&arena);
}

static void test_table(void **state)
{
    (void)state;
    size_t count = 0;
    for (; problem_code_at(count) != NULL; count++) {
        int status = problem_code_status(problem_code_at(count));
        assert_in_range(status, 400, 599);
        for (size_t i = 0; i < count; i++) {
            assert_string_not_equal(problem_code_at(i), problem_code_at(count));
        }
    }
    assert_true(count > 50);
    assert_false(problem_code_is_known("a_code_of_tomorrow"));
}

static void test_answer_becomes_reply(void **state)
{
    (void)state;
    struct fake fake;
    fake_init(&fake);
    struct answer *answer = &fake.exchange.answer;
    answer_init(answer);
    answer->status = 201;
    answer->is_replayed = true;
    memcpy(answer->location, "/sites/A", sizeof "/sites/A");
    memcpy(answer->etag, "\"1\"", sizeof "\"1\"");
    buffer_text(&answer->body, "{}");
    exchange_answer(&fake.exchange);
    assert_int_equal(fake.exchange.status, 201);
    assert_string_equal(fake.exchange.content_type, "application/json");
    assert_string_equal(fake.exchange.reply.bytes, "{}");
    assert_string_equal(fake_reply_header(&fake, "Location"), "/sites/A");
    assert_string_equal(fake_reply_header(&fake, "ETag"), "\"1\"");
    assert_string_equal(fake_reply_header(&fake, "Idempotency-Replayed"), "true");
    answer_fini(answer);
    fake_fini(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply),
        cmocka_unit_test(test_headers_of_problems),
        cmocka_unit_test(test_faults_are_named),
        cmocka_unit_test(test_status_of_each_local_fault), cmocka_unit_test(test_status_of_a_commands_fault),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_answer_becomes_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
