/* The line that a terminal shows while a ledger is verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/progress.h"

static void test_lines(void **state)
{
    (void)state;
    static const struct {
        uint64_t first, seq, size;
        int64_t elapsed_us;
        const char *line;
    } rows[] = {
        {64, 64, 1000, 0, "verifying entry 64 of 1000"},
        {64, 500, 1000, 500000, "verifying entry 500 of 1000"}, /* no rate worth telling yet */
        {64, 564, 1064, 2000000, "verifying entry 564 of 1064 (53 %), 250 a second, 2 s left"},
        {64, 10064, 100064, 1000000, "verifying entry 10064 of 100064 (10 %), 10000 a second, 9 s left"},
        {0, 100, 1000000, 1000000, "verifying entry 100 of 1000000 (0 %), 100 a second, 2 h 46 min left"},
        {0, 1000, 1000000, 1000000, "verifying entry 1000 of 1000000 (0 %), 1000 a second, 17 min left"},
        {5000, 5000, 6000, 9000000, "verifying entry 5000 of 6000"}, /* standing still: no time is left over */
        {9000, 10000, 10000, 3000000, "verified 10000 entries, looking at what lies beside them"},
        {64, 2064, 0, 2000000, "verifying entry 2064, 1000 a second"}, /* nobody knows how many there are: a pipe */
        {1, UINT64_MAX, UINT64_MAX, INT64_MAX, "verified 18446744073709551615 entries, looking at what lies beside them"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[PROGRESS_LINE_BYTES];
        progress_text(line, rows[i].first, rows[i].seq, rows[i].size, rows[i].elapsed_us);
        assert_string_equal(line, rows[i].line);
    }
}

/* Standard error of a test is no terminal: nothing is shown, and nothing taken away. */
static void test_no_terminal(void **state)
{
    (void)state;
    struct progress progress;
    progress_init(&progress);
    progress.is_shown = false;
    assert_true(progress_show(&progress, 10, 20));
    assert_int_equal(progress.first, 10);
    assert_false(progress.has_line);
    progress_end(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
