/*
 * Words for curves. They are made in English and said in Chinese line by line, as problems are.
 */
#include "handlers/analysis/density_reading.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "handlers/chinese.h"

enum { SENTENCE_BYTES = 256, NUMBER_BYTES = 32 };

static const double LEVEL = 0.05;        /* at which a test rejects */
static const double MOVED = 0.01;        /* of the mean */
static const double CHANGED = 0.05;      /* of a height, a width or a tail */
static const double LONGER = 1.25;       /* one tail than the other */

struct reading {
    struct json_writer *w;
    bool is_chinese;
};

void density_reading_say(struct json_writer *w, const char *english, bool is_chinese)
{
    struct buffer said;
    size_t steps = CHINESE_STEPS;
    buffer_init(&said);
    if (is_chinese && chinese_say(english, &said, &steps)) {
        json_text(w, said.bytes);
    } else {
        json_text(w, english);
    }
    buffer_fini(&said);
}

__attribute__((format(printf, 2, 3))) static void say(const struct reading *r, const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    density_reading_say(r->w, sentence, r->is_chinese);
}

/* As few digits as a reader wants. */
struct number {
    char text[NUMBER_BYTES];
};

static struct number number_of(double value, int digits)
{
    struct number number;
    snprintf(number.text, sizeof number.text, "%.*g", digits, value);
    return number;
}

static struct number rounded(double value, int decimals)
{
    struct number number;
    if (fabs(value) < 1e6) {
        snprintf(number.text, sizeof number.text, "%.*f", decimals, value);
    } else {
        number = number_of(value, 3);
    }
    return number;
}

/* How many times; two decimals would say 0 of what is less than half of the last. */
static struct number ratio_of(double ratio)
{
    return ratio > 0 && ratio < 0.005 ? number_of(ratio, 3) : rounded(ratio, 2);
}

/* A p-value is as fine as its replicates are many. */
static struct number level_of(double p_value)
{
    return p_value < 0.001 ? (struct number){ "0.001 or less" } : rounded(p_value, 3);
}

enum verdict { VERDICT_NONE, VERDICT_CHANCE, VERDICT_REAL, VERDICT_MIXED };

static enum verdict verdict_of(const struct density_series *series)
{
    const struct density_more *more = &series->more;
    int made = more->has_dip + more->has_critical;
    int against = (more->has_dip && more->dip_holm <= LEVEL) + (more->has_critical && more->critical_holm <= LEVEL);
    if (made == 0) {
        return VERDICT_NONE;
    }
    return against == 0 ? VERDICT_CHANCE : against == made ? VERDICT_REAL : VERDICT_MIXED;
}

/* What the tests make of further peaks. */
static void say_verdict(const struct reading *r, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_NONE:
        say(r, "Whether the further peaks are more than chance was not tested.");
        break;
    case VERDICT_CHANCE:
        say(r, "The further peaks may be chance: no test rejects a single one.");
        break;
    case VERDICT_REAL:
        say(r, "The further peaks are more than chance would make.");
        break;
    case VERDICT_MIXED:
        say(r, "The tests disagree on whether the further peaks are more than chance.");
        break;
    }
}

static void say_tests(const struct reading *r, const struct density_more *more)
{
    if (more->has_dip) {
        say(r, more->dip_holm <= LEVEL ? "The dip test rejects a single peak (p = %s, by Holm's correction %s)."
                                       : "The dip test does not reject a single peak (p = %s, by Holm's correction %s).",
            level_of(more->dip.p_value).text, level_of(more->dip_holm).text);
    }
    if (more->has_critical) {
        say(r, more->critical_holm <= LEVEL
                   ? "The critical-bandwidth test rejects a single peak (calibrated p = %s, by Holm's correction %s)."
                   : "The critical-bandwidth test does not reject a single peak (calibrated p = %s, by Holm's correction %s).",
            level_of(more->critical.calibrated_p).text, level_of(more->critical_holm).text);
    }
}

static double right_tail(const struct density_series *series)
{
    return series->more.quantiles[DENSITY_QUANTILE_HIGH] - series->more.quantiles[DENSITY_QUANTILE_MEDIAN];
}

static double left_tail(const struct density_series *series)
{
    return series->more.quantiles[DENSITY_QUANTILE_MEDIAN] - series->more.quantiles[DENSITY_QUANTILE_LOW];
}

void density_reading_write_series(struct json_writer *w, const struct density_series *series, bool is_chinese)
{
    const struct reading r = { w, is_chinese };
    const struct kde_mode *main_peak = &series->modes[series->mode_list.highest];
    size_t peaks = series->mode_list.peaks;
    json_key(w, "reading");
    json_array_begin(w);
    if (peaks == 1) {
        say(&r, "There is one peak, at %s.", number_of(main_peak->x, 4).text);
    } else {
        say(&r, "There are %zu peaks; the highest stands at %s.", peaks, number_of(main_peak->x, 4).text);
    }
    say_tests(&r, &series->more);
    enum verdict verdict = verdict_of(series);
    if (peaks > 1) {
        say_verdict(&r, verdict);
    } else if (verdict == VERDICT_REAL || verdict == VERDICT_MIXED) {
        say(&r, "The curve shows one peak all the same: its bandwidth may hide others.");
    }
    if (right_tail(series) > LONGER * left_tail(series)) {
        say(&r, "The right tail is the longer one.");
    } else if (left_tail(series) > LONGER * right_tail(series)) {
        say(&r, "The left tail is the longer one.");
    }
    json_array_end(w);
}

/* -1, 0 or 1: smaller, the same, larger. */
static int compare(double later, double earlier, double tolerance)
{
    return later > earlier * (1 + tolerance) ? 1 : later < earlier * (1 - tolerance) ? -1 : 0;
}

/* What a test makes of what was just said. */
static void say_certainty(const struct reading *r, double p_value, double corrected)
{
    say(r, corrected <= LEVEL ? "That is more than chance would make (p = %s, by Holm's correction %s)."
                              : "That may be chance (p = %s, by Holm's correction %s).",
        level_of(p_value).text, level_of(corrected).text);
}

static void say_centre(const struct reading *r, const struct density_change *change)
{
    double shift = change->found.mean_shift;
    double part = shift / fabs(change->earlier->curve->summary.weighted_mean);
    if (!(fabs(part) >= MOVED)) {
        say(r, "The centre stayed where it was.");
        return;
    }
    if (shift > 0) {
        say(r, "The centre moved right by %s percent.", rounded(100 * part, 1).text);
    } else {
        say(r, "The centre moved left by %s percent.", rounded(-100 * part, 1).text);
    }
    if (isnan(change->mean_shift_p)) { /* of one value there is no error */
        say(r, "Whether that is more than chance was not tested.");
    } else {
        say_certainty(r, change->mean_shift_p, change->mean_shift_holm);
    }
}

/* A format with two %s. */
static void say_two(const struct reading *r, const char *format, struct number one, struct number other)
{
    char sentence[SENTENCE_BYTES];
    const char *first = strstr(format, "%s");
    const char *second = strstr(first + 2, "%s");
    snprintf(sentence, sizeof sentence, "%.*s%s%.*s%s%s", (int)(first - format), format, one.text,
             (int)(second - first - 2), first + 2, other.text, second + 2);
    density_reading_say(r->w, sentence, r->is_chinese);
}

static void say_main_peak(const struct reading *r, const struct kde_mode *before, const struct kde_mode *after)
{
    static const char *const sentences[3][3] = {
        { "The main peak is lower and narrower (%s times as high, %s times as wide).",
          "The main peak is lower and as wide (%s times as high, %s times as wide).",
          "The main peak is lower and wider (%s times as high, %s times as wide)." },
        { "The main peak is as high and narrower (%s times as high, %s times as wide).",
          "The main peak is as high and as wide (%s times as high, %s times as wide).",
          "The main peak is as high and wider (%s times as high, %s times as wide)." },
        { "The main peak is higher and narrower (%s times as high, %s times as wide).",
          "The main peak is higher and as wide (%s times as high, %s times as wide).",
          "The main peak is higher and wider (%s times as high, %s times as wide)." },
    };
    struct number height = ratio_of(after->height / before->height);
    struct number width = ratio_of(after->width / before->width);
    const char *format = sentences[1 + compare(after->height, before->height, CHANGED)]
                                  [1 + compare(after->width, before->width, CHANGED)];
    say_two(r, format, height, width);
}

/* What the test makes of a change in height or width, which the curves that are drawn show by shown, its own by tested. */
static void say_chance(const struct reading *r, bool is_height, double shown, double tested, double p_value, double corrected)
{
    static const char *const sentences[2][2] = {
        { "The change in width may be chance (p = %s, by Holm's correction %s).",
          "The change in width is more than chance would make (p = %s, by Holm's correction %s)." },
        { "The change in height may be chance (p = %s, by Holm's correction %s).",
          "The change in height is more than chance would make (p = %s, by Holm's correction %s)." },
    };
    if ((shown > 1) != (tested > 1)) {
        say(r, "%s", is_height ? "The change in height may be chance: a Gaussian curve by Silverman's rule shows it the other way."
                               : "The change in width may be chance: a Gaussian curve by Silverman's rule shows it the other way.");
    } else {
        say_two(r, sentences[is_height][corrected <= LEVEL], level_of(p_value), level_of(corrected));
    }
}

static void say_peak_chance(const struct reading *r, const struct density_change *change)
{
    const struct kde_permutation *test = &change->test;
    bool is_higher = compare(change->found.height_ratio, 1, CHANGED) != 0;
    bool is_wider = compare(change->found.width_ratio, 1, CHANGED) != 0;
    if (!change->has_test && (is_higher || is_wider)) {
        say(r, "Whether the change of the main peak is more than chance was not tested.");
    }
    if (change->has_test && is_higher) {
        say_chance(r, true, change->found.height_ratio, test->height_ratio, test->height_p, change->height_holm);
    }
    if (change->has_test && is_wider) {
        say_chance(r, false, change->found.width_ratio, test->width_ratio, test->width_p, change->width_holm);
    }
}

static void say_spread(const struct reading *r, const struct density_change *change)
{
    int spread = compare(change->later->spread, change->earlier->spread, CHANGED);
    if (spread == 0) {
        return;
    }
    say(r, "%s", spread < 0 ? "The differences shrank." : "The differences grew.");
    if (!change->has_test) {
        say(r, "Whether that is more than chance was not tested.");
    } else {
        say_certainty(r, change->test.sd_p, change->sd_holm);
    }
}

static void say_peaks(const struct reading *r, const struct density_series *earlier,
                      const struct density_series *later)
{
    size_t before = earlier->mode_list.peaks;
    size_t after = later->mode_list.peaks;
    if (before == 1 && after == 1) {
        say(r, "There is one peak before and after.");
        return;
    }
    if (before == after) {
        say(r, "There are %zu peaks before and after.", before);
    } else if (before == 1) {
        say(r, "One peak became %zu.", after);
    } else if (after == 1) {
        say(r, "Of %zu peaks one is left.", before);
    } else {
        say(r, "The number of peaks changed from %zu to %zu.", before, after);
    }
    say_verdict(r, verdict_of(after >= before ? later : earlier));
}

static void say_tails(const struct reading *r, const struct density_series *earlier,
                      const struct density_series *later)
{
    int right = compare(right_tail(later), right_tail(earlier), CHANGED);
    int left = compare(left_tail(later), left_tail(earlier), CHANGED);
    if (right != 0) {
        say(r, "%s", right < 0 ? "The right tail is shorter." : "The right tail is longer.");
    }
    if (left != 0) {
        say(r, "%s", left < 0 ? "The left tail is shorter." : "The left tail is longer.");
    }
    if (right != 0 || left != 0) {
        say(r, "That describes the curves: there is no test of tails.");
    }
}

void density_reading_write_change(struct json_writer *w, const struct density_change *change, bool is_chinese)
{
    const struct reading r = { w, is_chinese };
    const struct density_series *earlier = change->earlier;
    const struct density_series *later = change->later;
    json_key(w, "reading");
    json_array_begin(w);
    say_centre(&r, change);
    say_main_peak(&r, &earlier->modes[earlier->mode_list.highest], &later->modes[later->mode_list.highest]);
    say_peak_chance(&r, change);
    say_peaks(&r, earlier, later);
    say_spread(&r, change);
    say_tails(&r, earlier, later);
    say(&r, "The curves share %s percent of their area.", rounded(100 * change->found.overlap, 0).text);
    json_array_end(w);
}
