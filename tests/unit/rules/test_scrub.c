/* Erased texts in kept answers: just these members, just this text, and nothing else of a byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/scrub.h"

struct scrubbed {
    const char *text;   /* to be erased */
    const char *before;
    const char *after;  /* NULL: as before */
};

static const struct scrubbed cases[] = {
    { "x", "{\"note\":\"x\",\"ledger\":{\"seq\":1}}", "{\"note\":null,\"ledger\":{\"seq\":1}}" },
    { "x", "{\"note\":\"x\",\"reference\":\"x\",\"id\":\"x\"}", "{\"note\":null,\"reference\":\"x\",\"id\":\"x\"}" },
    { "x", "{\"note\":\"xx\",\"rationale\":\"X\",\"reason\":null}", NULL },
    { "x", "{\"events\":[{\"reason\":\"x\",\"lines\":[{\"reason\":\"y\"},{\"reason\":\"x\"}]}],\"note\":\"x\"}",
      "{\"events\":[{\"reason\":null,\"lines\":[{\"reason\":\"y\"},{\"reason\":null}]}],\"note\":null}" },
    { "say \"x\"\\\n", "{\"note\":\"say \\\"x\\\"\\\\\\n\"}", "{\"note\":null}" },
    { "送到后门", "{\"rationale\":\"送到后门\",\"note\":\"送到\"}", "{\"rationale\":null,\"note\":\"送到\"}" },
    { "x", "{\"carrier\":\"x\",\"contact\":\"x\",\"driver\":\"x\"}", "{\"carrier\":\"x\",\"contact\":null,\"driver\":null}" },
    { "x", "{\"withheld\":[\"note\"],\"note\":null}", NULL },
    { "note", "{\"withheld\":[\"note\"],\"note\":\"note\"}", "{\"withheld\":[\"note\"],\"note\":null}" },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out;
        bool has_changed = false;
        buffer_init(&out);
        assert_int_equal(scrub_body(cases[i].before, strlen(cases[i].before), cases[i].text, &out, &has_changed), STATUS_OK);
        assert_int_equal(has_changed, cases[i].after != NULL);
        assert_string_equal(out.bytes, cases[i].after != NULL ? cases[i].after : cases[i].before);
        buffer_fini(&out);
    }
}

static void test_what_is_no_json(void **state)
{
    struct buffer out;
    bool has_changed = true;
    (void)state;
    buffer_init(&out);
    assert_int_equal(scrub_body("{\"note\":\"x", 10, "x", &out, &has_changed), STATUS_INVALID);
    assert_true(has_changed); /* untouched */
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_what_is_no_json) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
