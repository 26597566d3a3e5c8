/* Tests of json/sparse.c: what is kept stays as it was, what cannot be followed is refused. */
#include "json/sparse.h"

#include "tests/unit/json/support.h"

static void expect(const char *json, const char *rows, const char *const *names, size_t count, const char *wanted)
{
    struct buffer out;
    buffer_init(&out);
    enum status status = sparse_write(json, strlen(json), rows, names, count, &out);
    if (wanted == NULL) {
        assert_int_equal(status, STATUS_INVALID);
    } else {
        assert_int_equal(status, STATUS_OK);
        assert_string_equal(out.bytes, wanted);
    }
    buffer_fini(&out);
}

static void test_objects(void **state)
{
    static const char *const names[] = {"b", "d"};
    (void)state;
    expect("{\"a\":1,\"b\":{\"b\":[1,{}],\"c\":2},\"c\":\"}\",\"d\":null}", NULL, names, 2, "{\"b\":{\"b\":[1,{}],\"c\":2},\"d\":null}");
    expect("{\"d\":\"\\\"b\\\":1,\",\"b\":-1e9}", NULL, names, 2, "{\"d\":\"\\\"b\\\":1,\",\"b\":-1e9}");
    expect("{\"a\":1}", NULL, names, 2, "{}");
    expect("{}", NULL, names, 2, "{}");
    expect("{\"bb\":1,\"\":2,\"b\":3}", NULL, names, 1, "{\"b\":3}");
}

static void test_rows(void **state)
{
    static const char *const names[] = {"id"};
    (void)state;
    expect("{\"id\":9,\"items\":[{\"id\":1,\"x\":[2]},{\"x\":3},{\"x\":{\"id\":4},\"id\":\"5\"}],\"next\":null,\"x\":7}", "items", names, 1,
           "{\"id\":9,\"items\":[{\"id\":1},{},{\"id\":\"5\"}],\"next\":null,\"x\":7}");
    expect("{\"items\":[],\"next\":null}", "items", names, 1, "{\"items\":[],\"next\":null}");
}

static void test_what_is_broken(void **state)
{
    static const char *const names[] = {"id"};
    static const char *const broken[] = {"", "{", "[]", "{\"id\"", "{\"id\":", "{\"id\":1", "{\"id\":\"", "{\"id\":[1", "{id:1}"};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        expect(broken[i], NULL, names, 1, NULL);
    }
    expect("{\"rows\":[]}", "items", names, 1, NULL);
    expect("{\"items\":{}}", "items", names, 1, NULL);
    expect("{\"items\":[1]}", "items", names, 1, NULL);
    expect("{\"items\":[{}", "items", names, 1, NULL);
    expect("{\"items\":[{}{}]}", "items", names, 1, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
