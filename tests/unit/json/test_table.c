/* Tests of json/table.c: cells of every kind, formulas, and documents that do not fit their columns. */
#include "json/table.h"

#include "tests/unit/json/support.h"

static void expect(const char *json, const char *columns, const char *csv)
{
    struct buffer out;
    buffer_init(&out);
    enum status status = table_write(json, strlen(json), "items", columns, true, &out);
    if (status != STATUS_OK) {
        fail_msg("status %d for %s", (int)status, json);
    }
    assert_string_equal(out.bytes, csv);
    buffer_fini(&out);
}

static void cells_of_every_kind(void **state)
{
    (void)state;
    expect("{\"items\":[],\"next\":null}", "a,b.c", "a,b.c\r\n");
    expect("{\"before\":[{\"items\":1}],\"items\":[{\"a\":1,\"b\":-2.5e-7,\"c\":true}],\"limit\":3}", "a,b,c", "a,b,c\r\n1,-2.5e-7,true\r\n");
    expect("{\"items\":[{\"a\":null,\"b\":\"\",\"c\":\"x\"},{\"c\":\"y\"}]}", "a,b,c", "a,b,c\r\n\"\",\"\",x\r\n\"\",,y\r\n");
    expect("{\"items\":[{\"n\":{\"en\":\"A\",\"zh\":\"\xe5\x8c\x97\"}},{\"n\":\"B\"},{\"n\":{\"zh\":\"C\"}}]}", "n,n.en,n.zh",
           "n,n.en,n.zh\r\n\"\",A,\xe5\x8c\x97\r\nB,,\r\n\"\",,C\r\n");
    expect("{\"items\":[{\"at\":null},{\"at\":{\"x\":1,\"y\":{\"z\":2}}}]}", "at.x,at.y.z", "at.x,at.y.z\r\n\"\",\r\n1,2\r\n");
    expect("{\"items\":[{\"b\":2,\"a\":1}]}", "a,b", "a,b\r\n1,2\r\n"); /* members in another order */
}

static void members_that_the_rows_name(void **state)
{
    (void)state;
    expect("{\"items\":[{\"a\":1,\"s\":{\"x\":2,\"y.z\":null}},{\"a\":3,\"s\":{\"x\":4,\"y.z\":5}}]}",
           "a,s.*,b", "a,s.x,s.y.z,b\r\n1,2,,\r\n3,4,5,\r\n");
    expect("{\"items\":[{\"a\":1,\"s\":null},{\"a\":3,\"s\":{\"x\":4}}]}", "a,s.*", "a,s.x\r\n1,\r\n3,4\r\n");
    expect("{\"items\":[{\"a\":1,\"s\":null}]}", "a,s.*", "a,s\r\n1,\r\n");
    expect("{\"items\":[]}", "s.*,a", "s,a\r\n");
}

static void what_needs_quotes_has_them(void **state)
{
    (void)state;
    expect("{\"items\":[{\"a\":\"x,y\",\"b\":\"say \\\"hi\\\"\",\"c\":\"1\\n2\","
           "\"d\":\"back\\\\slash\\/\\u001b\"}]}", "a,b,c,d",
           "a,b,c,d\r\n\"x,y\",\"say \"\"hi\"\"\",\"1\n2\",back\\slash/\x1b\r\n");
    expect("{\"items\":[{\"a\":[1,{\"b\":\"],}\\\"\"}],\"c\":[],\"d\":{\"e\":[2]}}]}", "a,c,d",
           "a,c,d\r\n\"[1,{\"\"b\"\":\"\"],}\\\"\"\"\"}]\",[],\"{\"\"e\"\":[2]}\"\r\n");
}

static void formulas_are_texts(void **state)
{
    (void)state;
    expect("{\"items\":[{\"a\":\"=1+1\",\"b\":-1,\"c\":\"-1\",\"d\":\"+x\",\"e\":\"@x\","
           "\"f\":\"'x\",\"g\":\"\\t=x\",\"h\":\"x=1\"}]}", "a,b,c,d,e,f,g,h",
           "a,b,c,d,e,f,g,h\r\n'=1+1,-1,'-1,'+x,'@x,''x,'\t=x,x=1\r\n");
    expect("{\"items\":[{\"a\":\"\xef\xbc\x9d" "1\",\"b\":\"\xef\xbc\x8c" "1\",\"c\":\"=A1,\\\"B\\\"\",\"d\":\"\\r=\",\"e\":\"\\n=\"}]}", "a,b,c,d,e",
           "a,b,c,d,e\r\n'\xef\xbc\x9d" "1,\xef\xbc\x8c" "1,\"'=A1,\"\"B\"\"\",\"'\r=\",\"'\n=\"\r\n");
}

static void nothing_is_left_out_silently(void **state)
{
    static const char *const wrong[] = {
        "", "{", "{}", "[]", "{\"items\":{}}", "{\"items\":[{\"b\":1}]}", "{\"items\":[{\"c\":{\"a\":1}}]}", "{\"items\":[{\"c\":{}}]}",
        "{\"items\":[{\"b\":null}]}",
        "{\"items\":[{\"a\":1}", "{\"items\":[{\"a\":1", "{\"items\":[{\"a\":\"x", "{\"items\":[{\"a\":\"x\\", "{\"items\":[{\"a\":[1,2",
        "{\"items\":[{\"a\"", "{\"items\":[{\"a\":", "{\"items\":[{\"a\":}]}", "{\"items\":[1]}", "{\"items\":[{\"a\":1}{\"a\":1}]}",
        "{\"items\":[{\"a\":\"\\u4e00\"}]}", "{\"items\":[{\"a\":\"\\u00\"}]}", "{\"items\":[{\"a\":\"\\x\"}]}", "{\"items\":[{\"a\":\"\\u0000\"}]}",
        "{\"next\":null}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        char *exact = malloc(strlen(wrong[i]) + 1); /* so that a sanitizer sees a read beyond the end */
        assert_non_null(exact);
        memcpy(exact, wrong[i], strlen(wrong[i]));
        char *shrunk = realloc(exact, strlen(wrong[i]) > 0 ? strlen(wrong[i]) : 1);
        assert_non_null(shrunk);
        if (table_write(shrunk, strlen(wrong[i]), "items", "a", true, &out) != STATUS_INVALID) {
            fail_msg("taken: %s", wrong[i]);
        }
        free(shrunk);
        buffer_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_every_kind),
        cmocka_unit_test(members_that_the_rows_name),
        cmocka_unit_test(what_needs_quotes_has_them),
        cmocka_unit_test(formulas_are_texts),
        cmocka_unit_test(nothing_is_left_out_silently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
