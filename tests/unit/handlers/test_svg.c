/* Pictures: texts that are escaped, numbers, scales and their ticks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "handlers/analysis/dea_svg.h"
#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

static void assert_text(const char *text, size_t letters_max, const char *wanted)
{
    struct buffer out;
    buffer_init(&out);
    svg_text(&out, &(struct svg_text){ 1.256, -0.001, SVG_END, 12, NULL, true, true, letters_max }, text);
    buffer_byte(&out, 0);
    const char *start = strchr(out.bytes, '>') + 1;
    assert_memory_equal(out.bytes, "<text x=\"1.26\" y=\"0\" font-size=\"12\"", 35);
    assert_memory_equal(start, wanted, strlen(wanted));
    assert_string_equal(start + strlen(wanted), "</text>\n");
    buffer_fini(&out);
}

static void test_texts(void **state)
{
    (void)state;
    assert_text("a<b>&\"c\"", 0, "a&lt;b&gt;&amp;&quot;c&quot;");
    assert_text("\x01\x1f\x7f\t", 0, "    ");
    assert_text("\xe6\xb9\x96\xe5\x8c\x97", 0, "\xe6\xb9\x96\xe5\x8c\x97");
    assert_text("\xef\xbf\xbe\xef\xbf\xbf", 0, "  ");
    assert_text("a\xff\xc3", 0, "a  ");
    assert_text("abcdef", 6, "abcdef");
    assert_text("abcdefg", 6, "abcde\xe2\x80\xa6");
    assert_text("\xe6\xb9\x96\xe5\x8c\x97\xe6\xb9\x96", 2, "\xe6\xb9\x96\xe2\x80\xa6");
}

/* Texts are cut where their room ends, so that what stands fits in it by svg_text_width. */
static void test_room(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "i", "WWWWWWWW", "beds per 10,000 people", "\xe6\xb9\x96\xe5\x8c\x97\xe6\xb9\x96\xe5\x8c\x97" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (double room = 24; room < 240; room += 7) {
            size_t letters = svg_letters_within(texts[i], 12, room);
            struct buffer out;
            buffer_init(&out);
            svg_text(&out, &(struct svg_text){ 0, 0, SVG_START, 12, NULL, false, false, letters }, texts[i]);
            buffer_byte(&out, 0);
            char *told = strchr(out.bytes, '>') + 1;
            *strchr(told, '<') = 0;
            assert_true(svg_text_width(told, 12) <= room + 1e-9);
            assert_int_equal(strcmp(told, texts[i]) == 0, svg_text_width(texts[i], 12) <= room + 1e-9);
            buffer_fini(&out);
        }
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct { double number; const char *wanted; } rows[] = {
        { 0, "0" }, { -0.00001 * 0, "0" }, { 0.5, "0.5" }, { 0.25, "0.25" }, { -1.5, "-1.5" }, { 1000, "1,000" }, { -123456.75, "-123,456.75" },
        { 999999999, "999,999,999" }, { 1e15, "1e15" }, { -2.5e-6, "-2.5e-6" }, { 3e-300, "3e-300" }, { 0.1 + 0.2, "0.3" }, { 100, "100" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[SVG_NUMBER_BYTES];
        svg_number(text, rows[i].number);
        assert_string_equal(text, rows[i].wanted);
    }
}

/* Whatever is printed has been rounded before it was decided how. */
static void test_scores(void **state)
{
    (void)state;
    static const struct { double number; const char *wanted; } rows[] = {
        { 0, "0.000" }, { -0.0, "0.000" }, { 1, "1.000" }, { 0.73049, "0.730" }, { -2.5, "-2.500" }, { 999.9994, "999.999" },
        { 999.9997, "1,000" }, { -999.9997, "-1,000" }, { 1000, "1,000" }, { 99999.4, "99,999" }, { 99999.6, "1.00e5" }, { 1e5, "1.00e5" },
        { 999999.96, "1.00e6" }, { 999999, "1.00e6" }, { 994999, "9.95e5" }, { -9.996e9, "-1.00e10" }, { 1.7e308, "1.70e308" },
        { NAN, "-" }, { -INFINITY, "-" },
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(dea_svg_number(&arena, rows[i].number), rows[i].wanted);
    }
    arena_fini(&arena);
}

static void test_ticks(void **state)
{
    (void)state;
    static const double spans[][2] = { { 0, 1 }, { 0.53, 2.05 }, { -3, 7 }, { 1e-9, 3e-9 }, { 1e14, 1e15 }, { 5, 5 }, { 0, 0 }, { -1e15, -1e15 } };
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        double ticks[SVG_TICKS_MAX];
        const struct svg_scale scale = svg_scale_make(spans[i][0], spans[i][1], 100, 300);
        size_t count = svg_ticks(&scale, 6, ticks);
        assert_true(scale.from < scale.to && count >= 3 && count <= 12);
        for (size_t k = 0; k < count; k++) {
            double at = svg_scale_at(&scale, ticks[k]);
            assert_true(at >= 100 - 1e-6 && at <= 300 + 1e-6 && (k == 0 || ticks[k] > ticks[k - 1]));
        }
        const struct svg_scale round = svg_scale_round(spans[i][0], spans[i][1], 300, 100, 6);
        assert_true(round.from <= scale.from && round.to >= scale.to);
    }
}

static void test_colours(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        for (size_t k = 0; k < 7; k++) {
            assert_true(i == k || strcmp(svg_colour(i), svg_colour(k)) != 0);
        }
    }
    for (size_t i = 0; i < 7; i++) { /* the next round has other dashes */
        assert_string_not_equal(svg_dashes(i), svg_dashes(i + 7));
        assert_string_equal(svg_colour(i), svg_colour(i + 7));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_texts), cmocka_unit_test(test_numbers), cmocka_unit_test(test_scores),
                                        cmocka_unit_test(test_room),
                                        cmocka_unit_test(test_ticks), cmocka_unit_test(test_colours) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
