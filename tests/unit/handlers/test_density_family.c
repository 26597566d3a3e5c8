/* The tests of an answer of /density: families whose p-values are corrected together, and the share that the tests of changes have of
 * what a job is told. */
#include <math.h>

#include "tests/unit/handlers/fake.h"

#include "analytics/kde/holm.h"
#include "handlers/analysis/density_change.h"
#include "handlers/analysis/density_draw.h"

enum { GROUPS = 2, YEARS = 5, SPANS = 5, MEMBERS = 12 };

static const char *const members[MEMBERS] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
static const size_t units[MEMBERS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

/* What the job heard. */
static struct {
    size_t calls, last, whole;
    bool has_fallen;
} told;

static void hear(void *exchange, size_t done, size_t count)
{
    (void)exchange;
    told.has_fallen = told.has_fallen || done < told.last || done > count || (told.calls > 0 && count != told.whole);
    told.last = done;
    told.whole = count;
    told.calls++;
}

/* Two groups of twelve over four years that become more alike; the second has only ten in its second year. */
static void fill(struct arena *arena, struct density_drawing *drawing)
{
    *drawing = (struct density_drawing){ .series_count = GROUPS * YEARS, .years = YEARS };
    drawing->series = arena_array(arena, GROUPS * YEARS, sizeof *drawing->series);
    drawing->settings.options = kde_options_default();
    drawing->settings.cut = DENSITY_CUT_DEFAULT;
    drawing->settings.points = 64;
    for (size_t i = 0; i < GROUPS * YEARS; i++) {
        const size_t n = i == YEARS + 1 ? 10 : MEMBERS;
        double *values = arena_array(arena, MEMBERS, sizeof *values);
        for (size_t k = 0; k < MEMBERS; k++) {
            const double level = 10 + 3 * sin((double)(k * k + i / YEARS));
            values[k] = level + (10 - level) * 0.17 * (double)(i % YEARS) + 0.2 * cos((double)(7 * k + i));
        }
        drawing->series[i] = (struct density_series){ .group = i < YEARS ? "one" : "other", .year = 2000 + (int64_t)(i % YEARS),
                                                      .sample = { values, NULL, n }, .members = members, .units = units };
    }
}

static void test_families(void **state)
{
    (void)state;
    struct fake fake;
    struct density_drawing drawing;
    struct density_change *changes = NULL;
    size_t count = 0;
    fake_init(&fake);
    fill(&fake.arena, &drawing);
    drawing.settings.wishes = (struct density_wishes){ .is_chosen = true, .wants_dip = true, .wants_critical = true, .wants_permutation = true };
    fake.exchange.arena = &fake.arena;
    assert_true(density_draw(&fake.exchange, &drawing));
    assert_int_equal(density_changes_find(&fake.arena, &drawing, &changes, &count), STATUS_OK);
    assert_int_equal(count, GROUPS * SPANS);
    for (size_t g = 0; g < GROUPS; g++) {
        double p[2 * YEARS + 3 * SPANS], corrected[2 * YEARS + 3 * SPANS];
        for (size_t y = 0; y < YEARS; y++) {
            p[2 * y] = drawing.series[g * YEARS + y].more.dip.p_value;
            p[2 * y + 1] = drawing.series[g * YEARS + y].more.critical.calibrated_p;
        }
        kde_holm(p, 2 * YEARS, corrected);
        for (size_t y = 0; y < YEARS; y++) {
            assert_true(drawing.series[g * YEARS + y].more.dip_holm == corrected[2 * y]);
            assert_true(drawing.series[g * YEARS + y].more.critical_holm == corrected[2 * y + 1]);
        }
        double least = 1;
        for (size_t s = 0; s < SPANS; s++) {
            const struct density_change *change = &changes[g * SPANS + s];
            assert_true(change->has_test);
            assert_int_equal(change->pairs, g == 1 && s < 2 ? 10 : MEMBERS);
            assert_int_equal(change->earlier->year, s < YEARS - 1 ? 2000 + s : 2000);
            assert_int_equal(change->later->year, s < YEARS - 1 ? 2001 + s : 2000 + YEARS - 1);
            p[3 * s] = change->test.height_p;
            p[3 * s + 1] = change->test.width_p;
            p[3 * s + 2] = change->test.sd_p;
            least = fmin(least, change->sd_holm);
        }
        kde_holm(p, 3 * SPANS, corrected);
        for (size_t s = 0; s < SPANS; s++) {
            const struct density_change *change = &changes[g * SPANS + s];
            assert_true(change->height_holm == corrected[3 * s] && change->width_holm == corrected[3 * s + 1]);
            assert_true(change->sd_holm == corrected[3 * s + 2]);
            const double small = fmin(fmin(p[3 * s], p[3 * s + 1]), p[3 * s + 2]);
            assert_int_equal(change->test.replicates, small > 0.05 ? KDE_PERMUTATION_REPLICATES : kde_permutation_replicates(3 * SPANS));
        }
        assert_true(least <= 0.05);
        for (size_t s = 0; s < SPANS; s++) {
            p[s] = changes[g * SPANS + s].mean_shift_p;
        }
        kde_holm(p, SPANS, corrected);
        for (size_t s = 0; s < SPANS; s++) {
            assert_true(changes[g * SPANS + s].mean_shift_holm == corrected[s]);
        }
    }
    density_drawing_fini(&drawing);
    fake_fini(&fake);
}

/* What is told never falls, is short of the whole by the tests of the changes when the curves are there, and comes to its end with them. */
static void test_share(void **state)
{
    (void)state;
    for (int chosen = 0; chosen < 3; chosen++) {
        struct fake fake;
        struct density_drawing drawing;
        struct density_change *changes = NULL;
        size_t count = 0;
        fake_init(&fake);
        fill(&fake.arena, &drawing);
        fake.exchange.arena = &fake.arena;
        fake.exchange.progress = hear;
        memset(&told, 0, sizeof told);
        drawing.settings.wishes = (struct density_wishes){ .is_chosen = chosen > 0, .wants_permutation = chosen == 1, .wants_dip = chosen == 2 };
        drawing.later_share = density_changes_share(&drawing);
        assert_int_equal(drawing.later_share > 0, chosen < 2);
        assert_true(density_draw(&fake.exchange, &drawing));
        const size_t drawn = told.last;
        assert_true(chosen == 2 || (double)drawn <= (double)told.whole - 1000 * (double)drawing.later_share);
        assert_int_equal(density_changes_find(&fake.arena, &drawing, &changes, &count), STATUS_OK);
        assert_true(!told.has_fallen);
        assert_true(chosen == 2 ? told.last == drawn : told.last > drawn + 900 * drawing.later_share);
        assert_true((double)told.last > 0.9 * (double)told.whole || chosen == 2);
        density_drawing_fini(&drawing);
        fake_fini(&fake);
    }
}

/* A peak a thousand million times as wide, and back: no ratio is told of as 0. */
static void test_ratios_far_from_one(void **state)
{
    (void)state;
    struct fake fake;
    struct density_drawing drawing;
    struct density_change *changes = NULL;
    struct json_writer w;
    size_t count = 0;
    fake_init(&fake);
    fill(&fake.arena, &drawing);
    fake.exchange.arena = &fake.arena;
    drawing.series_count = drawing.years = 3;
    double *wide = arena_array(&fake.arena, MEMBERS, sizeof *wide);
    for (size_t k = 0; k < MEMBERS; k++) {
        wide[k] = 1e9 * drawing.series[1].sample.values[k];
    }
    drawing.series[1].sample.values = wide;
    drawing.settings.wishes.is_chosen = true;
    assert_true(density_draw(&fake.exchange, &drawing));
    assert_int_equal(density_changes_find(&fake.arena, &drawing, &changes, &count), STATUS_OK);
    json_writer_init(&w, &fake.exchange.reply);
    json_object_begin(&w);
    density_changes_write(&w, changes, count, false);
    json_object_end(&w);
    buffer_byte(&fake.exchange.reply, 0);
    assert_non_null(strstr(fake.exchange.reply.bytes, "e-09 times as high, "));
    assert_non_null(strstr(fake.exchange.reply.bytes, "e-10 times as wide)"));
    assert_null(strstr(fake.exchange.reply.bytes, "0.00 times"));
    density_drawing_fini(&drawing);
    fake_fini(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_families), cmocka_unit_test(test_share),
                                        cmocka_unit_test(test_ratios_far_from_one) };
    return cmocka_run_group_tests_name("density_family", tests, NULL, NULL);
}
