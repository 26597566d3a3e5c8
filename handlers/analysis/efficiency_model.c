/*
 * Models and what goes with them. A table says which parameter goes with which model; lists are read item by item, whether
 * they came between commas or in an array. Read efficiency_model_write.c for the answers.
 */
#include "handlers/analysis/efficiency_model.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "json/parse.h"
#include "json/unfit.h"

const char *const efficiency_models[] = { "radial", "super", "sbm", "additive", "directional", "cross", "cost", NULL };
const char *const efficiency_sides[] = { "output", "input", "none", NULL };
const char *const efficiency_goals[] = { "benevolent", "aggressive", NULL };

#define BIT(MODEL) (1u << (DEA_MODEL_##MODEL))
#define ALL_MODELS (BIT(COST) * 2 - 1)

enum { DETAIL_BYTES = 400 };

/* One settling. */
struct settling {
    const struct efficiency_wish *wish;
    const char *const *inputs, *const *outputs;
    size_t input_count, output_count;
    bool is_body;
    enum dea_model model;
    struct arena *arena;
    struct faults *faults;
};

/* An item of a list, in text; what is no text has NULL. */
struct listed {
    const char *text;
    const json_t *value;
};

struct listing {
    struct listed *all;
    size_t count;
};

static void complain(struct settling *s, const char *name, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void complain(struct settling *s, const char *name, const char *code, const char *format, ...)
{
    char detail[DETAIL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    if (s->is_body) {
        const char *pointer = arena_format(s->arena, "/%s", name);
        faults_add(s->faults, pointer != NULL ? pointer : "", code, "%s", detail);
    } else {
        faults_add_parameter(s->faults, name, code, "%s", detail);
    }
}

static bool is_asked(const struct efficiency_list *list)
{
    return list->text != NULL || list->value != NULL;
}

/* "sbm, directional" */
static const char *models_phrase(struct arena *arena, unsigned models)
{
    const char *phrase = "";
    for (unsigned i = 0; efficiency_models[i] != NULL && phrase != NULL; i++) {
        if ((models & (1u << i)) != 0) {
            phrase = arena_format(arena, "%s%s%s", phrase, *phrase != 0 ? ", " : "", efficiency_models[i]);
        }
    }
    return phrase != NULL ? phrase : "others";
}

/* A parameter (one choice of it), whether it is asked for, and the models that it goes with. */
struct rule {
    const char *parameter, *choice;
    bool is_asked;
    unsigned models;
};

static void check_rules(struct settling *s)
{
    const struct efficiency_wish *wish = s->wish;
    const char *frontier = wish->frontier >= 0 ? efficiency_frontiers[wish->frontier] : NULL;
    const struct rule rules[] = {
        { "orientation", "output", wish->orientation == DEA_SIDE_OUTPUT, BIT(RADIAL) | BIT(SUPER) | BIT(SBM) | BIT(DIRECTIONAL) },
        { "orientation", "input", wish->orientation == DEA_SIDE_INPUT, ALL_MODELS & ~BIT(ADDITIVE) },
        { "orientation", "none", wish->orientation == DEA_SIDE_BOTH, BIT(SBM) | BIT(ADDITIVE) | BIT(DIRECTIONAL) },
        { "frontier", "fdh", wish->frontier == DEA_FDH, BIT(RADIAL) },
        { "frontier", frontier, frontier != NULL && wish->frontier != DEA_CRS && wish->frontier != DEA_FDH,
          ALL_MODELS & ~BIT(CROSS) },
        { "slacks", "multi-stage", wish->slacks == DEA_SLACKS_MULTI_STAGE, BIT(RADIAL) },
        { "slacks", "two-stage", wish->slacks == DEA_SLACKS_TWO_STAGE, BIT(RADIAL) | BIT(ADDITIVE) },
        { "slacks", "two-stage-normalised", wish->slacks == DEA_SLACKS_TWO_STAGE_NORMALISED,
          BIT(RADIAL) | BIT(SUPER) | BIT(ADDITIVE) | BIT(DIRECTIONAL) },
        { "slacks", "one-stage", wish->slacks == DEA_SLACKS_ONE_STAGE, BIT(RADIAL) },
        { "slacks", "none", wish->slacks == DEA_SLACKS_NONE, BIT(RADIAL) },
        { "goal", NULL, wish->goal >= 0, BIT(CROSS) },
        { "outliers", NULL, wish->outliers, BIT(RADIAL) },
        { "weights", NULL, wish->weights, BIT(RADIAL) },
        { "rts_tolerance", NULL, !isnan(wish->rts_tolerance), BIT(RADIAL) },
        { "fixed", NULL, is_asked(&wish->fixed), ALL_MODELS & ~(BIT(CROSS) | BIT(COST)) },
        { "undesirable", NULL, is_asked(&wish->undesirable), BIT(SBM) | BIT(DIRECTIONAL) },
        { "prices", NULL, is_asked(&wish->prices), BIT(COST) },
        { "restrictions", NULL, is_asked(&wish->restrictions), BIT(RADIAL) | BIT(SUPER) },
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].is_asked && (rules[i].models & (1u << s->model)) == 0) {
            const char *said = rules[i].choice == NULL ? rules[i].parameter
                                                       : arena_format(s->arena, "%s=%s", rules[i].parameter, rules[i].choice);
            complain(s, rules[i].parameter, "bad_format", "%s does not go with model %s; it goes with %s",
                     said != NULL ? said : rules[i].parameter, efficiency_models[s->model],
                     models_phrase(s->arena, rules[i].models));
        }
    }
    if (s->model == DEA_MODEL_COST && !is_asked(&wish->prices)) {
        complain(s, "prices", s->is_body ? "missing_member" : "missing_parameter",
                 "prices is missing; model cost wants one for each input, in their order");
    }
}

/* What the plain radial model takes and the one with fixed inputs or restrictions does not. */
static void check_changed_radial(struct settling *s)
{
    if (s->wish->rts_tolerance < 0 || s->wish->rts_tolerance >= 1) {
        complain(s, "rts_tolerance", "out_of_range", "rts_tolerance is a share of the score, from 0 to below 1: 0.001");
    }
    if (s->wish->outliers && s->wish->frontier == DEA_FDH) {
        complain(s, "outliers", "bad_format", "outliers are not looked for on the free disposal hull; another frontier does");
    }
    if (s->wish->weights && s->wish->frontier == DEA_FDH) {
        complain(s, "weights", "bad_format", "the free disposal hull has no weights; another frontier does");
    }
    if (s->model != DEA_MODEL_RADIAL || (!is_asked(&s->wish->fixed) && !is_asked(&s->wish->restrictions))) {
        return;
    }
    if (s->wish->frontier == DEA_FDH) {
        complain(s, "frontier", "bad_format", "frontier fdh does not go with fixed and restrictions");
    }
    if (s->wish->outliers) {
        complain(s, "outliers", "bad_format", "outliers are not looked for with fixed and restrictions");
    }
    if (s->wish->weights) {
        complain(s, "weights", "bad_format", "weights are not given with fixed and restrictions");
    }
    if (s->wish->slacks == DEA_SLACKS_MULTI_STAGE && is_asked(&s->wish->restrictions)) {
        complain(s, "slacks", "bad_format", "with restrictions slacks are found by two-stage-normalised alone");
    } else if (s->wish->slacks >= 0 && s->wish->slacks != DEA_SLACKS_MULTI_STAGE && s->wish->slacks != DEA_SLACKS_TWO_STAGE_NORMALISED) {
        complain(s, "slacks", "bad_format",
                 "with fixed slacks are found by multi-stage and two-stage-normalised, with restrictions by the latter alone");
    }
}

/* The items of a query's list: what stands between the commas. */
static enum status split(struct settling *s, const char *text, struct listing *items)
{
    size_t count = 1;
    for (const char *c = text; *c != 0; c++) {
        count += *c == ',';
    }
    char *copy = arena_format(s->arena, "%s", text);
    items->all = arena_array(s->arena, count, sizeof *items->all);
    if (copy == NULL || items->all == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < count; i++) {
        char *comma = strchr(copy, ',');
        if (comma != NULL) {
            *comma = 0;
        }
        items->all[i] = (struct listed){ copy, NULL };
        copy = comma != NULL ? comma + 1 : copy;
    }
    items->count = count;
    return STATUS_OK;
}

/* A list's items; none where none were sent. A fault where it is too long or no list. */
static enum status read_items(struct settling *s, const char *name, const struct efficiency_list *list, size_t max,
                              struct listing *items)
{
    *items = (struct listing){ NULL, 0 };
    if (list->text != NULL) {
        enum status status = split(s, list->text, items);
        if (status != STATUS_OK) {
            return status;
        }
    } else if (list->value != NULL && !json_is_array(list->value)) {
        complain(s, name, "wrong_type", "%s is %s; an array is wanted", name, json_type_phrase(list->value));
        return STATUS_OK;
    } else if (list->value != NULL) {
        items->count = json_array_size(list->value);
        items->all = arena_array(s->arena, items->count + 1, sizeof *items->all);
        if (items->all == NULL) {
            return STATUS_EXHAUSTED;
        }
        for (size_t i = 0; i < items->count; i++) {
            const json_t *value = json_array_get(list->value, i);
            items->all[i] = (struct listed){ json_string_value(value), value };
        }
    }
    if (is_asked(list) && (items->count == 0 || items->count > max)) {
        complain(s, name, items->count == 0 ? "too_short" : "too_long", "%s has %zu items; 1 to %zu are accepted", name,
                 items->count, max);
        items->count = 0;
    }
    return STATUS_OK;
}

static const char *quote_item(struct settling *s, const struct listed *item)
{
    return item->text != NULL ? faults_quote(s->faults, item->text, strlen(item->text)) : json_type_phrase(item->value);
}

static size_t find_name(const char *const *names, size_t count, const char *name, size_t length)
{
    size_t i = 0;
    while (i < count && (strncmp(names[i], name, length) != 0 || names[i][length] != 0)) {
        i++;
    }
    return i;
}

/* Marks the names listed; *marks stays NULL where none are. */
static enum status read_marks(struct settling *s, const char *name, const struct efficiency_list *list,
                              const char *const *names, size_t count, bool **marks)
{
    const char *of = names == s->inputs ? "inputs" : "outputs";
    struct listing items;
    enum status status = read_items(s, name, list, names == s->inputs ? DEA_INPUTS_MAX : DEA_OUTPUTS_MAX, &items);
    if (status != STATUS_OK || items.count == 0 || count == 0) {
        return status;
    }
    *marks = arena_array(s->arena, count, sizeof **marks);
    if (*marks == NULL) {
        return STATUS_EXHAUSTED;
    }
    memset(*marks, 0, count * sizeof **marks);
    size_t marked = 0;
    for (size_t i = 0; i < items.count; i++) {
        const char *text = items.all[i].text;
        const size_t place = text != NULL ? find_name(names, count, text, strlen(text)) : count;
        if (place == count) {
            complain(s, name, "bad_format", "%s names %s, which is none of the %s", name, quote_item(s, &items.all[i]), of);
        } else if ((*marks)[place]) {
            complain(s, name, "bad_format", "%s names %s twice", name, quote_item(s, &items.all[i]));
        } else {
            (*marks)[place] = true;
            marked++;
        }
    }
    if (marked == count) {
        complain(s, name, "bad_format", "%s names all of the %s; one at least must be another", name, of);
    }
    return STATUS_OK;
}

static enum status read_prices(struct settling *s, const double **prices)
{
    struct listing items;
    enum status status = read_items(s, "prices", &s->wish->prices, DEA_INPUTS_MAX, &items);
    if (status != STATUS_OK || items.count == 0) {
        return status;
    }
    const bool has_names = items.all[0].value != NULL && items.all[0].text != NULL; /* the units bring their own */
    double *read = arena_array(s->arena, items.count, sizeof *read);
    if (read == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < items.count && !has_names; i++) {
        const struct listed *item = &items.all[i];
        read[i] = item->value != NULL && json_is_number(item->value) ? json_number_value(item->value) : NAN;
        if (item->value == NULL && text_to_double(item->text, &read[i]) != STATUS_OK) {
            read[i] = NAN;
        }
        if (item->value != NULL && json_is_unfit(item->value, s->faults)) {
            continue;
        }
        if (!(read[i] >= 1e-15) || read[i] > (double)ANALYSIS_NUMBER_MAX) {
            complain(s, "prices", "out_of_range", "the price of input %zu is no number of 1e-15 to 1e15", i + 1);
        }
    }
    if (items.count != s->input_count && s->input_count > 0) {
        complain(s, "prices", "bad_format", "prices has %zu items; one for each of the %zu inputs is wanted, in their order",
                 items.count, s->input_count);
    }
    *prices = read;
    return STATUS_OK;
}

/* A limit as it is written, "" being none. */
static bool read_limit(struct arena *arena, const char *text, size_t length, double absent, double *limit)
{
    *limit = absent;
    if (length == 0) {
        return true;
    }
    const char *copy = arena_format(arena, "%.*s", (int)length, text);
    return copy != NULL && text_to_double(copy, limit) == STATUS_OK && *limit > 0 && *limit >= 1e-15 &&
        *limit <= (double)ANALYSIS_NUMBER_MAX;
}

/* first/second:minimum:maximum */
static bool read_restriction(struct settling *s, const char *text, struct dea_limit *limit)
{
    const char *slash = strchr(text, '/');
    const char *colon = slash != NULL ? strchr(slash, ':') : NULL;
    const char *last = colon != NULL ? strchr(colon + 1, ':') : NULL;
    if (last == NULL) {
        return false;
    }
    const size_t first_length = (size_t)(slash - text);
    const size_t second_length = (size_t)(colon - slash - 1);
    limit->first = find_name(s->inputs, s->input_count, text, first_length);
    limit->second = find_name(s->inputs, s->input_count, slash + 1, second_length);
    limit->is_output = limit->first == s->input_count && limit->second == s->input_count;
    if (limit->is_output) {
        limit->first = find_name(s->outputs, s->output_count, text, first_length);
        limit->second = find_name(s->outputs, s->output_count, slash + 1, second_length);
    }
    const size_t count = limit->is_output ? s->output_count : s->input_count;
    return limit->first < count && limit->second < count && limit->first != limit->second &&
        read_limit(s->arena, colon + 1, (size_t)(last - colon - 1), 0, &limit->minimum) &&
        read_limit(s->arena, last + 1, strlen(last + 1), INFINITY, &limit->maximum) &&
        limit->minimum <= limit->maximum && (limit->minimum > 0 || isfinite(limit->maximum));
}

static enum status read_restrictions(struct settling *s, const struct dea_limit **limits, size_t *count)
{
    struct listing items;
    enum status status = read_items(s, "restrictions", &s->wish->restrictions, DEA_LIMITS_MAX, &items);
    struct dea_limit *read = arena_array(s->arena, items.count + 1, sizeof *read);
    if (status != STATUS_OK || read == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < items.count; i++) {
        if (items.all[i].text == NULL || !read_restriction(s, items.all[i].text, &read[i])) {
            complain(s, "restrictions", "bad_format",
                     "%s is no restriction; wanted is first/second:minimum:maximum with two inputs or two outputs, of which "
                     "one number may be missing", quote_item(s, &items.all[i]));
        }
    }
    *limits = read;
    *count = items.count;
    return STATUS_OK;
}

/* The options that the plain radial model reads. */
static void settle_plain(const struct efficiency_wish *wish, struct dea_options *options)
{
    dea_options_init(options);
    options->orientation = wish->orientation == DEA_SIDE_INPUT ? DEA_INPUT : DEA_OUTPUT;
    options->slacks = wish->slacks < 0 ? DEA_SLACKS_MULTI_STAGE : (enum dea_slacks)wish->slacks;
    options->frontier = wish->frontier < 0 ? DEA_VRS : (enum dea_frontier)wish->frontier;
    options->rts_tolerance = isnan(wish->rts_tolerance) ? options->rts_tolerance : wish->rts_tolerance;
    options->solver = wish->solver < 0 ? DEA_SOLVER_SIMPLEX : (enum dea_solver_kind)wish->solver;
}

enum status efficiency_model_settle(const struct efficiency_wish *wish, const char *const *inputs, size_t input_count,
                                    const char *const *outputs, size_t output_count, bool is_body,
                                    struct efficiency_sheet *sheet, struct faults *faults)
{
    struct settling s = { wish, inputs, outputs, input_count, output_count, is_body,
                          wish->model < 0 ? DEA_MODEL_RADIAL : (enum dea_model)wish->model, faults->arena, faults };
    struct dea_model_options *model = &sheet->model;
    bool *fixed = NULL;
    bool *undesirable = NULL;
    settle_plain(wish, &sheet->options);
    sheet->wants_outliers = wish->outliers;
    sheet->options.wants_weights = wish->weights;
    dea_model_options_init(model, s.model);
    model->side = wish->orientation < 0 ? model->side : (enum dea_side)wish->orientation;
    model->frontier = wish->frontier < 0 ? model->frontier : (enum dea_frontier)wish->frontier;
    model->is_normalised = wish->slacks == DEA_SLACKS_TWO_STAGE_NORMALISED;
    model->is_aggressive = wish->goal == 1;
    model->solver = sheet->options.solver;
    check_rules(&s);
    check_changed_radial(&s);
    enum status status = read_marks(&s, "fixed", &wish->fixed, inputs, input_count, &fixed);
    if (status == STATUS_OK) {
        status = read_marks(&s, "undesirable", &wish->undesirable, outputs, output_count, &undesirable);
    }
    if (status == STATUS_OK) {
        status = read_prices(&s, &model->prices);
    }
    if (status == STATUS_OK) {
        status = read_restrictions(&s, &model->limits, &model->limit_count);
    }
    model->is_fixed = fixed;
    model->is_undesirable = undesirable;
    sheet->has_model = s.model != DEA_MODEL_RADIAL || fixed != NULL || model->limit_count > 0;
    if (s.model == DEA_MODEL_RADIAL && wish->slacks != DEA_SLACKS_TWO_STAGE_NORMALISED && model->limit_count == 0) {
        model->slacks = DEA_SLACKS_MULTI_STAGE;
    }
    model->rts_tolerance = sheet->options.rts_tolerance;
    return status;
}
