/* What the analytics' handlers share: the cache, lists of indicators, settings of curves. */
#include "tests/unit/handlers/fake.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/reply.h"
#include "handlers/analysis/density_draw.h"
#include "handlers/analysis/efficiency_write.h"

/* True where the cache has the key, and then with that body. */
static bool has(struct analysis_cache *cache, const char *key, const char *body)
{
    struct buffer out;
    char etag[TAG_BYTES];
    buffer_init(&out);
    enum status status = analysis_cache_find(cache, key, &out, etag);
    if (status == STATUS_OK) {
        assert_int_equal(out.length, strlen(body));
        assert_memory_equal(out.bytes, body, out.length);
        assert_string_equal(etag, "\"tag\"");
    } else {
        assert_int_equal(status, STATUS_ABSENT);
        assert_int_equal(out.length, 0);
    }
    buffer_fini(&out);
    return status == STATUS_OK;
}

static void keep(struct analysis_cache *cache, const char *key, const char *body)
{
    analysis_cache_keep(cache, key, body, strlen(body), "\"tag\"");
}

static void the_one_unused_for_longest_makes_room(void **state)
{
    struct analysis_cache *cache = analysis_cache_create(2, 100000);
    (void)state;
    assert_non_null(cache);
    assert_false(has(cache, "a", ""));
    keep(cache, "a", "1");
    keep(cache, "b", "22");
    assert_true(has(cache, "a", "1"));
    keep(cache, "c", "333");
    assert_false(has(cache, "b", ""));
    assert_true(has(cache, "a", "1"));
    assert_true(has(cache, "c", "333"));
    keep(cache, "a", "another"); /* the first answer stays */
    assert_true(has(cache, "a", "1"));
    analysis_cache_free(cache);
    analysis_cache_free(NULL);
}

static void bytes_are_bounded(void **state)
{
    enum { BYTES = 4000, BODY = 900 };
    struct analysis_cache *cache = analysis_cache_create(100, BYTES);
    size_t entries = 0;
    size_t bytes = 0;
    char body[BYTES + 1];
    (void)state;
    memset(body, 'x', BYTES);
    body[BYTES] = 0;
    for (int i = 0; i < 50; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        analysis_cache_keep(cache, key, body, BODY, "\"tag\"");
        analysis_cache_measure(cache, &entries, &bytes);
        assert_true(bytes <= BYTES && entries >= 1);
    }
    assert_int_equal(entries, 4);
    analysis_cache_keep(cache, "large", body, BYTES / 4 + 1, "\"tag\"");
    assert_false(has(cache, "large", ""));
    keep(cache, body, "a key that is too large");
    assert_false(has(cache, body, ""));
    analysis_cache_measure(cache, &entries, &bytes);
    assert_int_equal(entries, 4);
    analysis_cache_free(cache);
}

static void *work(void *context)
{
    struct analysis_cache *cache = context;
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i * 7 % 23);
        if (!has(cache, key, key)) {
            keep(cache, key, key);
        }
    }
    return NULL;
}

static void threads_share_it(void **state)
{
    pthread_t threads[4];
    struct analysis_cache *cache = analysis_cache_create(8, 100000);
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, cache), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    size_t entries = 0;
    size_t bytes = 0;
    analysis_cache_measure(cache, &entries, &bytes);
    assert_int_equal(entries, 8);
    analysis_cache_free(cache);
}

static void a_reply_is_kept_with_its_etag(void **state)
{
    struct fake first, second, third;
    (void)state;
    fake_init(&first);
    fake_init(&second);
    fake_init(&third);
    first.service.analyses = analysis_cache_create(4, 10000);
    second.service.analyses = first.service.analyses;
    third.service.analyses = NULL;
    buffer_text(&first.exchange.reply, "abc");
    analysis_reply_finish(&first.exchange, "key");
    /* SHA-256 of "abc" begins with ba7816bf 8f01cfea (FIPS 180-4). */
    assert_string_equal(fake_reply_header(&first, "ETag"), "\"ba7816bf8f01cfea\"");
    assert_string_equal(fake_reply_header(&first, "Cache-Control"), "no-cache");
    assert_true(analysis_reply_cached(&second.exchange, "key"));
    assert_int_equal(second.exchange.status, 200);
    assert_string_equal(fake_reply_header(&second, "ETag"), "\"ba7816bf8f01cfea\"");
    assert_int_equal(second.exchange.reply.length, 3);
    assert_false(analysis_reply_cached(&second.exchange, "other"));
    assert_false(analysis_reply_cached(&third.exchange, "key"));
    third.exchange.reply.failed = true;
    analysis_reply_finish(&third.exchange, "key");
    fake_assert_problem(&third, 507, "disk_full");
    analysis_cache_free(first.service.analyses);
    fake_fini(&first);
    fake_fini(&second);
    fake_fini(&third);
}

static void lists_of_indicators_split(void **state)
{
    static const struct { const char *value; size_t count; const char *code; } cases[] = {
        { "beds", 1, NULL }, { "beds,hospitals", 2, NULL }, { "a,b,c", 3, NULL }, { "a,b,c,d", 0, "too_many" },
        { "", 0, "bad_format" }, { ",", 0, "bad_format" }, { "a,", 0, "bad_format" }, { ",a", 0, "bad_format" },
        { "a,b,a", 0, "bad_format" }, { "a b", 1, NULL },
    };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct analysis_indicators list = { NULL, 0 };
        struct faults faults;
        faults_init(&faults, &arena);
        assert_int_equal(analysis_indicators_split(&arena, "inputs", cases[i].value, 3, &list, &faults), STATUS_OK);
        if (cases[i].code == NULL) {
            assert_int_equal(faults.total, 0);
            assert_int_equal(list.count, cases[i].count);
        } else {
            assert_int_equal(faults.total, 1);
            assert_string_equal(faults.items[0].code, cases[i].code);
            assert_string_equal(faults.items[0].parameter, "inputs");
        }
    }
    arena_fini(&arena);
}

/* The words of the interface stand in the order of the enums that they mean. */
static void words_and_enums_agree(void **state)
{
    (void)state;
    for (int i = 0; i < KDE_KERNEL_COUNT; i++) {
        assert_string_equal(density_kernels[i], kde_kernel_name((enum kde_kernel)i));
    }
    assert_null(density_kernels[KDE_KERNEL_COUNT]);
    for (int i = 0; i < KDE_CONVENTION_COUNT; i++) {
        assert_string_equal(density_conventions[i], kde_convention_name((enum kde_convention)i));
    }
    assert_null(density_conventions[KDE_CONVENTION_COUNT]);
    assert_string_equal(efficiency_orientations[DEA_OUTPUT], "output");
    assert_string_equal(efficiency_orientations[DEA_INPUT], "input");
    assert_string_equal(efficiency_slacks[DEA_SLACKS_MULTI_STAGE], "multi-stage");
    assert_string_equal(efficiency_slacks[DEA_SLACKS_TWO_STAGE], "two-stage");
    assert_string_equal(efficiency_slacks[DEA_SLACKS_TWO_STAGE_NORMALISED], "two-stage-normalised");
    assert_string_equal(efficiency_slacks[DEA_SLACKS_ONE_STAGE], "one-stage");
    assert_string_equal(efficiency_slacks[DEA_SLACKS_NONE], "none");
    assert_string_equal(efficiency_frontiers[DEA_VRS], "vrs");
    assert_string_equal(efficiency_frontiers[DEA_CRS], "crs");
    assert_string_equal(efficiency_frontiers[DEA_NIRS], "nirs");
    assert_string_equal(efficiency_frontiers[DEA_NDRS], "ndrs");
    assert_string_equal(efficiency_frontiers[DEA_FDH], "fdh");
}

static void bandwidths_are_rules_or_numbers(void **state)
{
    struct kde_options options = kde_options_default();
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_true(density_rule_find("scott", &options));
    assert_int_equal(options.rule, KDE_RULE_SCOTT);
    assert_false(density_rule_find("number", &options));
    assert_false(density_rule_find("0.5", &options));
    assert_false(density_bandwidth_set(0, &options));
    assert_false(density_bandwidth_set(-1, &options));
    assert_false(density_bandwidth_set(1.1e15, &options));
    assert_false(density_bandwidth_set((double)NAN, &options));
    assert_int_equal(options.rule, KDE_RULE_SCOTT);
    assert_true(density_bandwidth_set(0.5, &options));
    assert_int_equal(options.rule, KDE_RULE_NUMBER);
    const char *wanted = density_bandwidth_wanted(&arena);
    assert_non_null(strstr(wanted, "a number of 1e-100 to 1e15 or silverman"));
    assert_null(strstr(wanted, "or number"));
    arena_fini(&arena);
}

static void bounds_are_cut_or_both_ends(void **state)
{
    const double none = (double)NAN;
    const struct {
        struct density_bounds bounds;
        size_t count;
        const char *name, *code; /* of the first fault */
    } cases[] = {
        { { none, none, none, false, false, false }, 0, NULL, NULL },
        { { none, none, 0, false, false, true }, 0, NULL, NULL },
        { { 1, 2, none, true, true, false }, 0, NULL, NULL },
        { { 1, none, none, true, false, false }, 1, "to", NULL },
        { { none, 1, 3, false, true, true }, 2, "from", NULL },
        { { 1, 1, none, true, true, false }, 1, "to", "out_of_range" },
        { { 1, 2, 3, true, true, true }, 1, "cut", "conflicting_values" },
        { { 2, 1, 3, true, true, true }, 2, "to", "out_of_range" },
        { { 1, none, none, true, true, false }, 0, NULL, NULL }, /* what could not be read is not missing */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct density_settings settings = { .points = 16 };
        struct density_fault faults[DENSITY_BOUND_FAULTS_MAX];
        assert_int_equal(density_bounds_set(&cases[i].bounds, &settings, faults), cases[i].count);
        if (cases[i].count > 0) {
            assert_string_equal(faults[0].name, cases[i].name);
            assert_true((faults[0].code == NULL) == (cases[i].code == NULL));
            if (cases[i].code != NULL) {
                assert_string_equal(faults[0].code, cases[i].code);
            }
        } else if (i < 3) {
            assert_int_equal(settings.has_bounds, i == 2);
            assert_true(settings.cut == (i == 1 ? 0 : DENSITY_CUT_DEFAULT));
        }
    }
}

/* Faults of form and unknown indicators leave together, under the status of the more basic ones. */
static void a_query_is_refused_for_everything_at_once(void **state)
{
    struct fake fake;
    struct faults faults;
    (void)state;
    fake_init(&fake);
    faults_init(&faults, &fake.arena);
    faults_add_parameter(&faults, "inputs", "unknown_indicator", "there is no indicator a");
    faults_add_parameter(&faults, "outputs", "unknown_indicator", "there is no indicator b");
    analysis_query_refuse(&fake.exchange, &faults);
    fake_assert_problem(&fake, 422, "unknown_indicator");
    faults_add_parameter(&faults, "by", "not_a_choice", "by is x");
    analysis_query_refuse(&fake.exchange, &faults);
    fake_assert_problem(&fake, 400, "invalid_query");
    assert_int_equal(json_array_size(json_object_get(fake.body, "errors")), 3);
    fake_fini(&fake);
}

/* A series without a curve does not hide the next one. */
static void every_series_that_cannot_be_drawn_is_named(void **state)
{
    static const double one[] = { 5 };
    static const double same[] = { 5, 5, 5 };
    static const double good[] = { 1, 2, 4 };
    struct density_series series[] = {
        { .year = 2098, .sample = { one, NULL, 1 } },
        { .year = 2099, .sample = { one, NULL, 1 } },
        { .year = 2100, .sample = { good, NULL, 3 } },
        { .year = 2101, .sample = { same, NULL, 3 } },
    };
    struct fake fake;
    (void)state;
    for (size_t count = 2; count <= 4; count++) {
        struct density_drawing drawing = { .settings = { .options = kde_options_default(), .cut = 3, .points = 16 },
                                           .series = series, .series_count = count };
        fake_init(&fake);
        assert_false(density_draw(&fake.exchange, &drawing));
        density_drawing_fini(&drawing);
        fake_assert_problem(&fake, 422, count < 4 ? "too_few_values" : "invalid_request");
        assert_int_equal(json_array_size(json_object_get(fake.body, "errors")), count < 4 ? 2 : 3);
        assert_string_equal(fake_fault(&fake, 0, "years"), "too_few_values");
        assert_string_equal(fake_fault(&fake, 1, "years"), "too_few_values");
        if (count == 4) {
            assert_string_equal(fake_fault(&fake, 2, "years"), "no_spread");
        }
        fake_fini(&fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_unused_for_longest_makes_room),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(threads_share_it),
        cmocka_unit_test(a_reply_is_kept_with_its_etag),
        cmocka_unit_test(lists_of_indicators_split),
        cmocka_unit_test(words_and_enums_agree),
        cmocka_unit_test(bandwidths_are_rules_or_numbers),
        cmocka_unit_test(bounds_are_cut_or_both_ends),
        cmocka_unit_test(a_query_is_refused_for_everything_at_once),
        cmocka_unit_test(every_series_that_cannot_be_drawn_is_named),
    };
    return cmocka_run_group_tests_name("handlers_analysis", tests, NULL, NULL);
}
