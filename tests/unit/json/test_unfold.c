/* Tests of json/unfold.c: every kind of step and source, what is not there, and documents that cannot be followed. */
#include "json/unfold.h"

#include "tests/unit/json/support.h"

static void expect(const char *rows, const char *cells, const char *json, const char *wanted)
{
    const struct unfold_table table = { "t", "c", { { rows, cells } }, NULL };
    struct buffer out;
    buffer_init(&out);
    enum status status = unfold_write(&table, json, strlen(json), &out);
    if (status != STATUS_OK) {
        fail_msg("status %d for %s of %s", (int)status, rows, json);
    }
    assert_string_equal(out.bytes, wanted);
    buffer_fini(&out);
}

static const char nested[] = "{\"n\":7,\"a\":[{\"g\":\"x\",\"m\":[[1,2],[3,4]],\"p\":[[5,6],[7,null]]},{\"g\":null,\"m\":[[]],\"p\":[[]]}],"
                             "\"o\":{\"k\":{\"v\":1},\"l\":{\"v\":2.5e-7,\"w\":{\"z\":true}}}}";

static void rows_of_every_kind(void **state)
{
    (void)state;
    expect("", "0.n,z=0.o.l.w.z", nested, "{\"items\":[{\"n\":7,\"z\":true}]}");
    expect("a[]", "0.n,1.g,i=1#", nested, "{\"items\":[{\"n\":7,\"g\":\"x\",\"i\":1},{\"n\":7,\"i\":2}]}");
    expect("o.*", "k=1@,1.v,z=1.w.z", nested, "{\"items\":[{\"k\":\"k\",\"v\":1},{\"k\":\"l\",\"v\":2.5e-7,\"z\":true}]}");
    expect("o.l?", "1.v,t='a b'", nested, "{\"items\":[{\"v\":2.5e-7,\"t\":\"a b\"}]}");
    expect("o.q?", "1.v", nested, "{\"items\":[]}");
    expect("q[].r[]", "1.v", nested, "{\"items\":[]}");
    expect("a[].g?", "1.g", nested, "{\"items\":[{\"g\":\"x\"}]}");
    expect("a[].m[][]", "1.g,a=2#,b=3#,m=3,p=1.p[2][3]", nested,
           "{\"items\":[{\"g\":\"x\",\"a\":1,\"b\":1,\"m\":1,\"p\":5},{\"g\":\"x\",\"a\":1,\"b\":2,\"m\":2,\"p\":6},"
           "{\"g\":\"x\",\"a\":2,\"b\":1,\"m\":3,\"p\":7},{\"g\":\"x\",\"a\":2,\"b\":2,\"m\":4}]}");
}

static void members_by_name_and_lists(void **state)
{
    (void)state;
    expect("s.*", "n=1@,a=1,b=0.t{1}", "{\"s\":{\"x\":1,\"y\":2},\"t\":{\"y\":3}}",
           "{\"items\":[{\"n\":\"x\",\"a\":1},{\"n\":\"y\",\"a\":2,\"b\":3}]}");
    expect("a[]", "p=1.p;d,1.q;",
           "{\"a\":[{\"p\":[{\"d\":\"A\",\"l\":1},{\"l\":2,\"d\":\"B\\\"\"}],\"q\":[\"x\",\"y\"]},{\"p\":[],\"q\":[]},{\"p\":null}]}",
           "{\"items\":[{\"p\":\"A;B\\\"\",\"q\":\"x;y\"},{},{}]}");
}

static void parts_stand_behind_each_other(void **state)
{
    const struct unfold_table table = { "t", "c", { { "", "0.m.v" }, { "g.*", "g=1@,1.v" }, { "h.*", "h=1@" } }, NULL };
    const char json[] = "{\"m\":{\"v\":1},\"g\":{\"a\":{\"v\":2}}}";
    struct buffer out;
    (void)state;
    buffer_init(&out);
    assert_int_equal(unfold_write(&table, json, sizeof json - 1, &out), STATUS_OK);
    assert_string_equal(out.bytes, "{\"items\":[{\"v\":1},{\"g\":\"a\",\"v\":2}]}");
    buffer_fini(&out);
}

static void objects_of_many_members(void **state)
{
    struct buffer json;
    (void)state;
    buffer_init(&json);
    buffer_byte(&json, '{');
    for (int i = 0; i < 100; i++) {
        buffer_format(&json, "%s\"m%d\":%d", i > 0 ? "," : "", i, i);
    }
    buffer_byte(&json, '}');
    expect("", "0.m3,0.m63,0.m64,0.m99,0.m100", json.bytes, "{\"items\":[{\"m3\":3,\"m63\":63,\"m64\":64,\"m99\":99}]}");
    buffer_fini(&json);
}

static void broken_documents_are_not_followed(void **state)
{
    static const char *const rows[] = { "a[]", "a.*", "a[].b[]" };
    const char json[] = "{\"a\":[{\"b\":[1,2],\"c\":{\"d\":1}},{\"b\":[\"x\"]}]}";
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct unfold_table table = { "t", "c", { { rows[i], "1.b;,1.c.d,x=2" } }, NULL };
        for (size_t length = 0; length < sizeof json; length++) { /* whatever is cut off: never a read beyond the end */
            char *cut = test_malloc(length + 1);
            struct buffer out;
            memcpy(cut, json, length);
            buffer_init(&out);
            enum status status = unfold_write(&table, cut, length, &out);
            assert_true(status == STATUS_OK || status == STATUS_INVALID);
            buffer_fini(&out);
            test_free(cut);
        }
    }
    const struct unfold_table wrong = { "t", "c", { { "a.*", "1.b" } }, NULL };
    struct buffer out;
    buffer_init(&out);
    assert_int_equal(unfold_write(&wrong, json, sizeof json - 1, &out), STATUS_INVALID);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_kind),
        cmocka_unit_test(members_by_name_and_lists),
        cmocka_unit_test(parts_stand_behind_each_other),
        cmocka_unit_test(objects_of_many_members),
        cmocka_unit_test(broken_documents_are_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
