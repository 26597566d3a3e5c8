/*
 * The members of a unit are named by the same body that brings the units. So the body is
 * bound twice: first for the names, then with a table of members made from them, so that
 * units are checked by the binder like everything else.
 */
#include "handlers/analysis/efficiency_units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/efficiency_model.h"
#include "handlers/analysis/efficiency_bootstrap.h"
#include "handlers/analysis/groups.h"
#include "handlers/analysis/unit_names.h"
#include "json/bind.h"
#include "json/parse.h"
#include "json/unfit.h"

struct body {
    json_t *inputs, *outputs, *dmus, *fixed, *undesirable, *prices, *restrictions;
    int model, orientation, slacks, frontier, goal, solver;
    bool outliers, weights;
    int64_t bootstrap, seed;
    double level, rts_tolerance;
    bool has_bootstrap; /* something stands there, be it sound or not */
};

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct body, inputs, true),
    BIND_VALUE_ROW(struct body, outputs, true),
    BIND_VALUE_ROW(struct body, dmus, true),
    BIND_CHOICE_ROW(struct body, model, false, efficiency_models),
    BIND_CHOICE_ROW(struct body, orientation, false, efficiency_sides),
    BIND_CHOICE_ROW(struct body, slacks, false, efficiency_slacks),
    BIND_CHOICE_ROW(struct body, frontier, false, efficiency_frontiers),
    BIND_CHOICE_ROW(struct body, goal, false, efficiency_goals),
    BIND_CHOICE_ROW(struct body, solver, false, efficiency_solvers),
    BIND_BOOLEAN_ROW(struct body, outliers, false),
    BIND_BOOLEAN_ROW(struct body, weights, false),
    BIND_NUMBER_ROW(struct body, rts_tolerance, false),
    BIND_VALUE_ROW(struct body, fixed, false),
    BIND_VALUE_ROW(struct body, undesirable, false),
    BIND_VALUE_ROW(struct body, prices, false),
    BIND_VALUE_ROW(struct body, restrictions, false),
    BIND_INTEGER_ROW(struct body, bootstrap, false, DEA_REPLICATIONS_MIN, DEA_REPLICATIONS_MAX),
    BIND_INTEGER_ROW(struct body, seed, false, 0, EFFICIENCY_SEED_MAX),
    BIND_NUMBER_ROW(struct body, level, false),
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0],
                                              sizeof(struct body) };

/* The fixed part of a unit; its numbers follow, inputs first. */
struct unit {
    const char *id, *group;
    double numbers[];
};

static const char *const unit_words[] = { "id", "group", NULL };

/* Where one reading stands. */
struct reading {
    struct arena *arena;
    struct faults *faults;
    bool wants_weights; /* whatever the body says */
    struct unit_names inputs, outputs, prices; /* prices: where each unit has its own */
    char *units; /* unit_count structs of unit_bytes */
    size_t unit_count, unit_bytes;
};

static const struct unit *unit_at(const struct reading *r, size_t u)
{
    return (const struct unit *)(const void *)(r->units + u * r->unit_bytes);
}

/* The name of a unit's number: of an input, an output or a price. */
static const char *number_name(const struct reading *r, size_t i)
{
    if (i < r->inputs.count) {
        return r->inputs.items[i];
    }
    i -= r->inputs.count;
    return i < r->outputs.count ? r->outputs.items[i] : r->prices.items[i - r->outputs.count];
}

static size_t numbers_of(const struct reading *r)
{
    return r->inputs.count + r->outputs.count + r->prices.count;
}

/* The members of a unit: id, group and one number for each name. */
static struct bind_member *make_members(struct reading *r, size_t numbers)
{
    struct bind_member *members = arena_array(r->arena, numbers + 2, sizeof *members);
    if (members == NULL) {
        return NULL;
    }
    members[0] = (struct bind_member)BIND_ID_ROW(struct unit, id, true);
    members[1] = (struct bind_member)BIND_ID_ROW(struct unit, group, false);
    for (size_t i = 0; i < numbers; i++) {
        members[i + 2] = unit_number_row(number_name(r, i), offsetof(struct unit, numbers), i);
    }
    return members;
}

/* Binds the units, once the names are known. */
static enum status bind_units(struct reading *r, json_t *dmus)
{
    struct bind_array units = { NULL, 0 };
    size_t numbers = numbers_of(r);
    struct bind_member *members = make_members(r, numbers);
    if (members == NULL) {
        return STATUS_EXHAUSTED;
    }
    r->unit_bytes = sizeof(struct unit) + numbers * sizeof(double);
    const struct bind_table unit_table = { members, numbers + 2, r->unit_bytes };
    enum status status = unit_rows_bind(r->arena, dmus, &unit_table, DEA_UNITS_MAX, &units, r->faults);
    r->units = units.items;
    r->unit_count = units.count;
    return status;
}

/* A unit's id and where the unit stands. */
struct place_of_id {
    const char *id;
    size_t index;
};

static int compare_places(const void *a, const void *b)
{
    const struct place_of_id *left = a;
    const struct place_of_id *right = b;
    int order = strcmp(left->id, right->id);
    return order != 0 ? order : left->index < right->index ? -1 : 1;
}

/* Faults for ids that stand more than once. */
static void complain_of_doubles(struct reading *r, struct place_of_id *places, size_t count)
{
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 1, first = 0; i < count; i++) {
        if (strcmp(places[i].id, places[first].id) != 0) {
            first = i;
            continue;
        }
        const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "/dmus/%zu/id", places[i].index);
        faults_add(r->faults, pointer != NULL ? pointer : "", "duplicate_id", "%s is the id of /dmus/%zu already",
                   places[i].id, places[first].index);
    }
}

/* Only ids that were bound count. */
static enum status check_ids(struct reading *r)
{
    struct place_of_id *places = arena_array(r->arena, r->unit_count, sizeof *places);
    if (places == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t count = 0;
    for (size_t u = 0; u < r->unit_count; u++) {
        if (unit_at(r, u)->id != NULL) {
            places[count++] = (struct place_of_id){ unit_at(r, u)->id, u };
        }
    }
    complain_of_doubles(r, places, count);
    return STATUS_OK;
}

/* The same where the units cannot be bound, since their numbers' names are no good. */
static enum status check_ids_alone(struct reading *r, const json_t *dmus)
{
    struct place_of_id *places = arena_array(r->arena, json_array_size(dmus) + 1, sizeof *places);
    if (places == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t count = 0;
    for (size_t u = 0; u < json_array_size(dmus); u++) {
        const char *id = json_string_value(json_object_get(json_array_get(dmus, u), "id"));
        if (id != NULL && text_is_path_id(id)) {
            places[count++] = (struct place_of_id){ id, u };
        }
    }
    complain_of_doubles(r, places, count);
    return STATUS_OK;
}

/* Each unit's group. */
static enum status sort_groups(struct reading *r, struct efficiency_sheet *sheet)
{
    struct analysis_groups groups;
    const char **labels = arena_array(r->arena, r->unit_count, sizeof *labels);
    for (size_t u = 0; labels != NULL && u < r->unit_count; u++) {
        labels[u] = unit_at(r, u)->group;
    }
    enum status status = labels == NULL ? STATUS_EXHAUSTED : analysis_groups_sort(r->arena, labels, r->unit_count, &groups);
    if (status != STATUS_OK) {
        return status;
    }
    sheet->labels = labels;
    sheet->groups = groups.names;
    sheet->named_groups = groups.named;
    sheet->problem.groups = groups.count > 0 ? groups.of : NULL;
    sheet->problem.group_count = groups.count;
    return STATUS_OK;
}

/* The bound units as arrays. */
static enum status fill_sheet(struct reading *r, struct efficiency_sheet *sheet)
{
    size_t n = r->unit_count;
    size_t m = r->inputs.count;
    size_t s = r->outputs.count;
    const char **ids = arena_array(r->arena, n, sizeof *ids);
    double *inputs = arena_array(r->arena, n * m, sizeof *inputs);
    double *outputs = arena_array(r->arena, n * s, sizeof *outputs);
    double *prices = arena_array(r->arena, n * r->prices.count + 1, sizeof *prices);
    if (ids == NULL || inputs == NULL || outputs == NULL || prices == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < n; u++) {
        const struct unit *unit = unit_at(r, u);
        ids[u] = unit->id;
        memcpy(inputs + u * m, unit->numbers, m * sizeof *inputs);
        memcpy(outputs + u * s, unit->numbers + m, s * sizeof *outputs);
        memcpy(prices + u * r->prices.count, unit->numbers + m + s, r->prices.count * sizeof *prices);
    }
    sheet->ids = ids;
    sheet->inputs = r->inputs.items;
    sheet->outputs = r->outputs.items;
    sheet->problem = (struct dea_problem){ .unit_count = n, .input_count = m, .output_count = s,
                                           .inputs = inputs, .outputs = outputs };
    if (r->prices.count > 0) {
        sheet->model.prices = prices;
        sheet->model.has_own_prices = true;
        sheet->prices = r->prices.items;
    }
    return sort_groups(r, sheet);
}

/* Numbers that are not 0 and yet so small that they would count as 0 beside the largest (dea.h): taken for slips, as the
 * largest are. */
static void check_smallness(struct reading *r)
{
    size_t numbers = numbers_of(r);
    size_t priced = numbers - r->prices.count;
    for (size_t i = 0; i < r->unit_count * numbers; i++) {
        size_t u = i / numbers;
        size_t n = i % numbers;
        double number = unit_at(r, u)->numbers[n];
        if (n >= priced && number < EFFICIENCY_PRICE_MIN) {
            const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "/dmus/%zu/%s", u, number_name(r, n));
            faults_add(r->faults, pointer != NULL ? pointer : "", "out_of_range", "a price is a number of 1e-15 to 1e15");
        } else if (number > 0 && number < EFFICIENCY_NUMBER_MIN) {
            const char *name = number_name(r, n);
            const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "/dmus/%zu/%s", u, name);
            faults_add(r->faults, pointer != NULL ? pointer : "", "out_of_range",
                       "the number is so small that it could not be told from 0; what is not 0 is at least 1e-280");
        }
    }
}

/* The units of the body and what is wrong with them as a whole. */
static enum status read_units(struct reading *r, json_t *dmus)
{
    enum status status = bind_units(r, dmus);
    if (status == STATUS_OK && r->units != NULL) {
        check_smallness(r);
        status = check_ids(r);
    }
    size_t numbers = numbers_of(r);
    if (status == STATUS_OK && r->unit_count * numbers > EFFICIENCY_CELLS_MAX) {
        faults_add(r->faults, "/dmus", "too_long",
                   "dmus has %zu units of %zu numbers each; units times numbers may be at most %d", r->unit_count,
                   numbers, EFFICIENCY_CELLS_MAX);
    }
    return status;
}

/* Prices that are names: members of each unit, one for each input. They are not those of inputs or outputs. */
static enum status read_price_names(struct reading *r, const struct body *body)
{
    const json_t *first = json_array_get(body->prices, 0);
    if (!json_is_string(first)) {
        return STATUS_OK;
    }
    struct unit_names taken = { arena_array(r->arena, r->inputs.count + r->outputs.count + 1, sizeof *taken.items), 0 };
    if (taken.items == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < r->inputs.count + r->outputs.count; i++) {
        taken.items[taken.count++] = number_name(r, i);
    }
    return unit_names_read(r->arena, "prices", body->prices, &(struct unit_names_rules){ DEA_INPUTS_MAX, unit_words, &taken },
                           &r->prices, r->faults);
}

/* The model and what goes with it, into the sheet's options. */
static enum status settle(const struct reading *r, const struct body *body, struct efficiency_sheet *sheet)
{
    const struct efficiency_wish wish = {
        body->model, body->orientation, body->slacks, body->frontier, body->goal, body->solver, body->outliers,
        body->weights || r->wants_weights, body->rts_tolerance,
        { NULL, body->fixed }, { NULL, body->undesirable }, { NULL, body->prices }, { NULL, body->restrictions } };
    enum status status = efficiency_model_settle(&wish, r->inputs.items, r->inputs.count, r->outputs.items, r->outputs.count, true,
                                                 sheet, r->faults);
    if (status == STATUS_OK) {
        efficiency_bootstrap_settle(&(struct efficiency_bootstrap_wish){ body->bootstrap, body->seed, body->level, body->has_bootstrap }, true, sheet,
                                    r->faults);
    }
    return status;
}

/* All of the body, faults gathered. Where a name is unsound nothing but their ids can be said of the units. */
static enum status read_body(struct reading *r, json_t *document, struct body *body, struct efficiency_sheet *sheet)
{
    enum status status = json_bind(document, &body_table, BIND_CLEAR, "", body, r->arena, r->faults);
    if (status == STATUS_EXHAUSTED) {
        return status;
    }
    const json_t *bootstrap = json_object_get(document, "bootstrap");
    body->has_bootstrap = bootstrap != NULL && !json_is_null(bootstrap);
    size_t before = r->faults->total;
    status = unit_sides_read(r->arena, body->inputs, body->outputs, unit_words, &r->inputs, &r->outputs, r->faults);
    if (status == STATUS_OK) {
        status = read_price_names(r, body);
    }
    const bool is_unsound = r->faults->total > before;
    if (status == STATUS_OK) {
        status = settle(r, body, sheet);
    }
    bool has_names = r->inputs.count > 0 && r->outputs.count > 0 && !is_unsound;
    if (status != STATUS_OK || body->dmus == NULL) {
        return status;
    }
    status = has_names ? read_units(r, body->dmus) : check_ids_alone(r, body->dmus);
    if (status == STATUS_OK) {
        efficiency_bootstrap_check(sheet, r->unit_count, r->faults);
    }
    return status;
}

enum status efficiency_units_read(struct arena *arena, json_t *document, bool wants_weights, struct faults *faults,
                                  struct efficiency_sheet *sheet)
{
    struct reading r = { .arena = arena, .faults = faults, .wants_weights = wants_weights };
    struct body body = { .model = -1, .orientation = -1, .slacks = -1, .frontier = -1, .goal = -1, .solver = -1,
                         .bootstrap = BIND_ABSENT, .seed = BIND_ABSENT, .level = NAN, .rts_tolerance = NAN }; /* also if it is no object */
    enum status status = read_body(&r, document, &body, sheet);
    return status == STATUS_OK && faults->total == 0 ? fill_sheet(&r, sheet) : status;
}
