/*
 * The tests look at the values alone: of a weighted sample they are left out, and so is the critical bandwidth of a
 * sample too large for it. density_reading.c makes words of the results.
 */
#include "handlers/analysis/density_more.h"

#include <math.h>
#include <string.h>

#include "analytics/kde/mass.h"
#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/write.h"

/* How long the tests take beside a curve; that of few values next to nothing. */
enum { SHARE_LITTLE = 1, SHARE_DIP = 3, SHARE_CRITICAL = 30 };

const double density_shares[DENSITY_QUANTILES] = { 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 };
const char *const density_tests[] = { "none", "dip", "silverman", "permutation", NULL };

bool density_test_take(const char *word, struct density_wishes *wishes)
{
    bool is_none = strcmp(word, "none") == 0;
    bool is_dip = strcmp(word, "dip") == 0;
    bool is_critical = strcmp(word, "silverman") == 0;
    bool is_permutation = strcmp(word, "permutation") == 0;
    bool is_alone = !wishes->is_chosen ||
                    (!is_none && (wishes->wants_dip || wishes->wants_critical || wishes->wants_permutation));
    wishes->is_chosen = true;
    wishes->wants_dip = wishes->wants_dip || is_dip;
    wishes->wants_critical = wishes->wants_critical || is_critical;
    wishes->wants_permutation = wishes->wants_permutation || is_permutation;
    return is_alone && (is_none || is_dip || is_critical || is_permutation);
}

bool density_thresholds_read(const char *text, struct density_wishes *wishes)
{
    for (const char *at = text;;) {
        size_t length = strcspn(at, ",");
        char number[TEXT_DOUBLE_BYTES + 16];
        double *slot = &wishes->thresholds[wishes->threshold_count];
        if (wishes->threshold_count == DENSITY_THRESHOLDS_MAX || length == 0 || length >= sizeof number) {
            return false;
        }
        memcpy(number, at, length);
        number[length] = 0;
        if (text_to_double(number, slot) != STATUS_OK || !(fabs(*slot) <= (double)ANALYSIS_NUMBER_MAX)) {
            return false;
        }
        wishes->threshold_count++;
        if (at[length] == 0) {
            return true;
        }
        at += length + 1;
    }
}

static size_t dip_share(const struct density_wishes *wishes)
{
    return wishes->is_chosen && wishes->wants_dip ? SHARE_DIP : SHARE_LITTLE;
}

size_t density_more_share(const struct density_wishes *wishes)
{
    return dip_share(wishes) + (wishes->wants_critical ? SHARE_CRITICAL : 0);
}

static enum status test(const struct kde_curve *curve, const struct kde_sample *sample,
                        const struct density_wishes *wishes, struct analysis_watch *watch, struct density_more *more,
                        unsigned *warnings)
{
    bool is_few = sample->n <= DENSITY_FEW_TESTED && sample->weights == NULL;
    bool wants_dip = wishes->is_chosen ? wishes->wants_dip : is_few;
    bool can_be_critical = sample->n <= KDE_CRITICAL_MAX && curve->summary.max > curve->summary.min;
    if (sample->weights != NULL) {
        *warnings |= wants_dip || wishes->wants_critical || wishes->wants_permutation ? KDE_WARNING_TESTS_WEIGHTED : 0u;
        return STATUS_OK;
    }
    if (wishes->wants_critical && !can_be_critical) {
        *warnings |= KDE_WARNING_CRITICAL_LEFT_OUT;
    }
    analysis_watch_next(watch, dip_share(wishes));
    enum status status = wants_dip ? kde_dip_test(sample->values, sample->n, &curve->watch, &more->dip) : STATUS_OK;
    more->has_dip = wants_dip && status == STATUS_OK;
    if (status == STATUS_OK && wishes->wants_critical && can_be_critical) {
        analysis_watch_next(watch, SHARE_CRITICAL);
        status = kde_critical_test(sample->values, sample->n, &curve->watch, &more->critical);
        more->has_critical = status == STATUS_OK;
    }
    return status;
}

enum status density_more_find(const struct kde_curve *curve, const struct kde_sample *sample,
                              const struct density_wishes *wishes, struct analysis_watch *watch, struct density_more *more,
                              unsigned *warnings)
{
    *more = (struct density_more){ .has_dip = false };
    for (size_t i = 0; i < DENSITY_QUANTILES; i++) {
        if (kde_is_cancelled(&curve->watch)) {
            return STATUS_BUSY;
        }
        more->quantiles[i] = kde_curve_quantile(curve, density_shares[i]);
    }
    for (size_t i = 0; i < wishes->threshold_count; i++) {
        more->below[i] = kde_curve_mass_below(curve, wishes->thresholds[i]);
    }
    return test(curve, sample, wishes, watch, more, warnings);
}

static void write_tests(struct json_writer *w, const struct density_more *more)
{
    json_key(w, "tests");
    json_object_begin(w);
    if (more->has_dip) {
        json_key(w, "dip");
        json_object_begin(w);
        analysis_number(w, "statistic", more->dip.statistic);
        analysis_number(w, "p_value", more->dip.p_value);
        analysis_number(w, "holm_p_value", more->dip_holm);
        json_member_integer(w, "replicates", KDE_DIP_REPLICATES);
        json_member_integer(w, "seed", (int64_t)KDE_DIP_SEED);
        json_object_end(w);
    }
    if (more->has_critical) {
        json_key(w, "silverman");
        json_object_begin(w);
        analysis_number(w, "critical_bandwidth", more->critical.bandwidth);
        analysis_number(w, "p_value", more->critical.p_value);
        analysis_number(w, "calibrated_p_value", more->critical.calibrated_p);
        analysis_number(w, "holm_p_value", more->critical_holm);
        json_member_integer(w, "replicates", KDE_CRITICAL_REPLICATES);
        json_member_integer(w, "seed", (int64_t)KDE_CRITICAL_SEED);
        json_object_end(w);
    }
    json_object_end(w);
}

void density_more_write(struct json_writer *w, const struct density_wishes *wishes, const struct density_more *more)
{
    json_key(w, "quantiles");
    json_array_begin(w);
    for (size_t i = 0; i < DENSITY_QUANTILES; i++) {
        json_object_begin(w);
        analysis_number(w, "share", density_shares[i]);
        analysis_number(w, "x", more->quantiles[i]);
        json_object_end(w);
    }
    json_array_end(w);
    json_key(w, "tails");
    json_array_begin(w);
    for (size_t i = 0; i < wishes->threshold_count; i++) {
        json_object_begin(w);
        analysis_number(w, "x", wishes->thresholds[i]);
        analysis_number(w, "below", more->below[i]);
        analysis_number(w, "above", 1 - more->below[i]);
        json_object_end(w);
    }
    json_array_end(w);
    write_tests(w, more);
}
