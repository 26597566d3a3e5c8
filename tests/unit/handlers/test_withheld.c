/*
 * Who reads personal texts, and what stands there for everybody else.
 */
#include "handlers/withheld.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_who_may_see(void **state)
{
    (void)state;
    static const struct {
        enum role role;
        const char *own, *one, *other;
        bool may_see;
    } rows[] = {
        {ROLE_PUBLIC, "", "ORG", "OTHER", false},
        {ROLE_PUBLIC, "", "", "", false},
        {ROLE_OPERATOR, "ORG", "ORG", NULL, true},
        {ROLE_OPERATOR, "ORG", "OTHER", "ORG", true},
        {ROLE_OPERATOR, "ORG", NULL, "ORG", true},
        {ROLE_OPERATOR, "ORG", "OTHER", "THIRD", false},
        {ROLE_OPERATOR, "ORG", "ORGA", NULL, false},
        {ROLE_OPERATOR, "ORG", NULL, NULL, false},
        {ROLE_OPERATOR, "", "", "", false}, /* no organisation is nobody's */
        {ROLE_AUDITOR, "X", "ORG", NULL, true},
        {ROLE_COORDINATOR, "X", "ORG", NULL, true},
        {ROLE_ADMIN, "", NULL, NULL, true},
        {ROLE_SYSTEM, "", NULL, NULL, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct actor viewer = {rows[i].own, rows[i].role, "tok"};
        if (withheld_may_see(&viewer, rows[i].one, rows[i].other) != rows[i].may_see) {
            fail_msg("row %zu", i);
        }
    }
}

/* An object of one member of each kind: shown or hidden, erased, and without text. */
static void expect(bool may_see, const char *wanted)
{
    struct buffer out;
    struct json_writer w;
    struct withheld withheld = {.may_see = may_see};
    buffer_init(&out);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    withheld_write(&withheld, &w, "note", "c1", "a \"text\"");
    withheld_write(&withheld, &w, "gone", "c2", NULL);
    withheld_write(&withheld, &w, "none", NULL, NULL);
    withheld_write(&withheld, &w, "empty", "c3", "");
    withheld_close(&withheld, &w);
    assert_int_equal(withheld.count, 0); /* ready for the next object */
    json_object_end(&w);
    json_writer_finish(&w);
    assert_int_equal(out.length, strlen(wanted));
    assert_memory_equal(out.bytes, wanted, out.length);
    buffer_fini(&out);
}

static void test_what_is_written(void **state)
{
    (void)state;
    expect(true, "{\"note\":\"a \\\"text\\\"\",\"gone\":null,\"none\":null,\"empty\":\"\",\"withheld\":[\"gone\"]}");
    expect(false, "{\"note\":null,\"gone\":null,\"none\":null,\"empty\":null,\"withheld\":[\"note\",\"gone\",\"empty\"]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_may_see), cmocka_unit_test(test_what_is_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
