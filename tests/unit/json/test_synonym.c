/* Names that others use: slips first, then meanings, then beginnings; nothing that is not known, and nothing where several are meant. */
#include "json/synonym.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const intake[] = { "id", "site", "item", "quantity", "source", "lot", "expiry", "owner", "donor", "donation",
                                      "note", "reference", "occurred_at" };
static const char *const adjustment[] = { "delta", "reason", "note" };

static void expect(const char *const *names, size_t count, const char *sent, const char *meant)
{
    const char *found = synonym_nearest(sent, names, count);
    if ((found == NULL) != (meant == NULL) || (found != NULL && strcmp(found, meant) != 0)) {
        fail_msg("%s: %s", sent, found != NULL ? found : "nothing");
    }
}

static void test_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "quantty", "quantity" }, { "qty", "quantity" }, { "QTY", "quantity" }, { "amount", "quantity" }, { "batch", "lot" },
        { "ref", "reference" }, { "quantity_in_pieces", "quantity" }, { "occurred", "occurred_at" },
        { "do", NULL }, /* donor and donation, and too short to mean anything */
        { "destination", NULL }, { "to", NULL }, { "", NULL }, { "of_another_world", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect(intake, sizeof intake / sizeof intake[0], cases[i][0], cases[i][1]);
    }
}

static void test_a_name_means_what_there_is(void **state)
{
    (void)state;
    expect(adjustment, 3, "quantity", "delta");
    expect(adjustment, 3, "why", "reason");
    expect(adjustment, 3, "qty", NULL);
    expect(adjustment, 0, "qty", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_name_means_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
