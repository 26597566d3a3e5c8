/*
 * Rows of a body to a panel: bound like the units of POST /efficiency, then sorted by period and by unit. Units keep the
 * order in which they first come.
 */
#include "handlers/analysis/malmquist_units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/efficiency_units.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/groups.h"
#include "handlers/analysis/unit_names.h"
#include "json/bind.h"

#define PERIOD_MAX ((int64_t)9007199254740991) /* what every JSON reader holds exactly */

struct body {
    json_t *inputs, *outputs, *dmus;
    int orientation, solver;
    bool distances;
};

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct body, inputs, true),
    BIND_VALUE_ROW(struct body, outputs, true),
    BIND_VALUE_ROW(struct body, dmus, true),
    BIND_CHOICE_ROW(struct body, orientation, false, efficiency_orientations),
    BIND_CHOICE_ROW(struct body, solver, false, efficiency_solvers),
    BIND_BOOLEAN_ROW(struct body, distances, false),
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0],
                                              sizeof(struct body) };

/* The fixed part of a row; its numbers follow, inputs first. */
struct row {
    const char *id, *group;
    int64_t period;
    double numbers[];
};

enum { ROW_MEMBERS = 3 };

static const char *const row_words[] = { "id", "group", "period", NULL };

/* A row by its id and period. */
struct place {
    const char *id;
    int64_t period;
    size_t index;
    size_t unit; /* once units are counted */
};

struct reading {
    struct arena *arena;
    struct faults *faults;
    struct unit_names inputs, outputs;
    char *rows; /* row_count structs of row_bytes */
    size_t row_count, row_bytes;
    struct place *places; /* sorted by id, then period, then index */
    int64_t *periods;     /* distinct, ascending */
    size_t period_count, unit_count;
};

static const struct row *row_at(const struct reading *r, size_t index)
{
    return (const struct row *)(const void *)(r->rows + index * r->row_bytes);
}

static size_t number_count(const struct reading *r)
{
    return r->inputs.count + r->outputs.count;
}

static const char *number_name(const struct reading *r, size_t number)
{
    return number < r->inputs.count ? r->inputs.items[number] : r->outputs.items[number - r->inputs.count];
}

/* The place of a fault; "" where nobody would see it. */
static const char *pointer_to(struct reading *r, size_t index, const char *member)
{
    const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "/dmus/%zu/%s", index, member);
    return pointer != NULL ? pointer : "";
}

static struct bind_member *make_members(struct reading *r)
{
    struct bind_member *members = arena_array(r->arena, number_count(r) + ROW_MEMBERS, sizeof *members);
    if (members == NULL) {
        return NULL;
    }
    members[0] = (struct bind_member)BIND_ID_ROW(struct row, id, true);
    members[1] = (struct bind_member)BIND_ID_ROW(struct row, group, false);
    members[2] = (struct bind_member)BIND_INTEGER_ROW(struct row, period, true, -PERIOD_MAX, PERIOD_MAX);
    for (size_t i = 0; i < number_count(r); i++) {
        members[i + ROW_MEMBERS] = unit_number_row(number_name(r, i), offsetof(struct row, numbers), i);
    }
    return members;
}

/* Binds the rows, once the names are known. */
static enum status bind_rows(struct reading *r, json_t *dmus)
{
    struct bind_array rows = { NULL, 0 };
    struct bind_member *members = make_members(r);
    if (members == NULL) {
        return STATUS_EXHAUSTED;
    }
    r->row_bytes = sizeof(struct row) + number_count(r) * sizeof(double);
    const struct bind_table row_table = { members, number_count(r) + ROW_MEMBERS, r->row_bytes };
    enum status status = unit_rows_bind(r->arena, dmus, &row_table, EFFICIENCY_CELLS_MAX, &rows, r->faults);
    r->rows = rows.items;
    r->row_count = rows.count;
    return status;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    int order = strcmp(left->id, right->id);
    if (order == 0 && left->period != right->period) {
        order = left->period < right->period ? -1 : 1;
    }
    return order != 0 ? order : left->index < right->index ? -1 : 1;
}

static int compare_integers(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Units counted, rows that stand twice and groups that change named. */
static void check_places(struct reading *r)
{
    const char *group = NULL;
    size_t group_at = 0;
    for (size_t i = 0; i < r->row_count; i++) {
        struct place *place = &r->places[i];
        const struct row *row = row_at(r, place->index);
        bool is_first = i == 0 || strcmp(place[-1].id, place->id) != 0;
        r->unit_count += is_first;
        group = is_first ? NULL : group;
        if (!is_first && place[-1].period == place->period) {
            faults_add(r->faults, pointer_to(r, place->index, "period"), "duplicate_id",
                       "%s has figures of period %" PRId64 " at /dmus/%zu already", place->id, place->period, place[-1].index);
        } else if (group != NULL && row->group != NULL && strcmp(group, row->group) != 0) {
            faults_add(r->faults, pointer_to(r, place->index, "group"), "bad_format",
                       "%s is in another group at /dmus/%zu; a unit has one group", place->id, group_at);
        }
        if (group == NULL && row->group != NULL) {
            group = row->group;
            group_at = place->index;
        }
    }
}

static enum status sort_rows(struct reading *r)
{
    r->places = arena_array(r->arena, r->row_count, sizeof *r->places);
    r->periods = arena_array(r->arena, r->row_count, sizeof *r->periods);
    if (r->places == NULL || r->periods == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < r->row_count; i++) {
        r->places[i] = (struct place){ row_at(r, i)->id, row_at(r, i)->period, i, 0 };
        r->periods[i] = row_at(r, i)->period;
    }
    qsort(r->places, r->row_count, sizeof *r->places, compare_places);
    qsort(r->periods, r->row_count, sizeof *r->periods, compare_integers);
    for (size_t i = 0; i < r->row_count; i++) {
        if (i == 0 || r->periods[i] != r->periods[r->period_count - 1]) {
            r->periods[r->period_count++] = r->periods[i];
        }
    }
    check_places(r);
    return STATUS_OK;
}

static void check_size(struct reading *r)
{
    if (r->period_count < 2 || r->period_count > DEA_PERIODS_MAX) {
        faults_add(r->faults, "/dmus", r->period_count < 2 ? "too_short" : "too_long",
                   "dmus has %zu periods; 2 to %d are accepted", r->period_count, DEA_PERIODS_MAX);
    } else if (r->unit_count > DEA_UNITS_MAX || r->unit_count * r->period_count > EFFICIENCY_CELLS_MAX / number_count(r)) {
        faults_add(r->faults, "/dmus", "too_long",
                   "dmus has %zu units in %zu periods with %zu numbers each; at most %d units are accepted, and units times "
                   "periods times numbers may be at most %d",
                   r->unit_count, r->period_count, number_count(r), DEA_UNITS_MAX, EFFICIENCY_CELLS_MAX);
    }
}

static void check_smallness(struct reading *r)
{
    for (size_t i = 0; i < r->row_count * number_count(r); i++) {
        double number = row_at(r, i / number_count(r))->numbers[i % number_count(r)];
        if (number > 0 && number < EFFICIENCY_NUMBER_MIN) {
            faults_add(r->faults, pointer_to(r, i / number_count(r), number_name(r, i % number_count(r))), "out_of_range",
                       "the number is so small that it could not be told from 0; what is not 0 is at least 1e-280");
        }
    }
}

/* All of the body, faults gathered; rows are looked at together once each is sound. */
static enum status read_body(struct reading *r, json_t *document, struct body *body)
{
    enum status status = json_bind(document, &body_table, BIND_CLEAR, "", body, r->arena, r->faults);
    if (status == STATUS_EXHAUSTED) {
        return status;
    }
    size_t before = r->faults->total;
    status = unit_sides_read(r->arena, body->inputs, body->outputs, row_words, &r->inputs, &r->outputs, r->faults);
    bool has_names = r->inputs.count > 0 && r->outputs.count > 0 && r->faults->total == before;
    if (status != STATUS_OK || body->dmus == NULL || !has_names) {
        return status;
    }
    before = r->faults->total;
    status = bind_rows(r, body->dmus);
    if (status != STATUS_OK || r->faults->total > before) {
        return status;
    }
    check_smallness(r);
    status = sort_rows(r);
    check_size(r);
    return status;
}

/* The arrays of a panel. */
struct filling {
    const char **ids, **labels;
    double *inputs, *outputs;
    bool *is_missing;
};

static bool make_filling(const struct reading *r, struct filling *f)
{
    size_t units = r->unit_count;
    size_t rows = units * r->period_count;
    f->ids = arena_array(r->arena, units, sizeof *f->ids);
    f->labels = arena_array(r->arena, units, sizeof *f->labels);
    f->inputs = arena_array(r->arena, rows * r->inputs.count, sizeof *f->inputs);
    f->outputs = arena_array(r->arena, rows * r->outputs.count, sizeof *f->outputs);
    f->is_missing = arena_array(r->arena, rows, sizeof *f->is_missing);
    return f->ids != NULL && f->labels != NULL && f->inputs != NULL && f->outputs != NULL && f->is_missing != NULL;
}

static int compare_firsts(const void *a, const void *b)
{
    size_t left = ((const struct place *)a)->index;
    size_t right = ((const struct place *)b)->index;
    return left < right ? -1 : left > right;
}

/* Numbers the units in the order in which they first come; places stay sorted by id. */
static enum status number_units(struct reading *r)
{
    struct place *firsts = arena_array(r->arena, r->unit_count, sizeof *firsts);
    if (firsts == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t count = 0;
    for (size_t i = 0; i < r->row_count; i++) {
        if (i == 0 || strcmp(r->places[i].id, r->places[i - 1].id) != 0) {
            firsts[count] = (struct place){ r->places[i].id, 0, r->places[i].index, i };
            count++;
        }
        firsts[count - 1].index = r->places[i].index < firsts[count - 1].index ? r->places[i].index : firsts[count - 1].index;
    }
    qsort(firsts, count, sizeof *firsts, compare_firsts);
    for (size_t unit = 0; unit < count; unit++) {
        for (size_t i = firsts[unit].unit; i < r->row_count && strcmp(r->places[i].id, firsts[unit].id) == 0; i++) {
            r->places[i].unit = unit;
        }
    }
    return STATUS_OK;
}

static void take_rows(const struct reading *r, struct filling *f)
{
    size_t m = r->inputs.count;
    size_t s = r->outputs.count;
    memset(f->labels, 0, r->unit_count * sizeof *f->labels);
    for (size_t i = 0; i < r->unit_count * r->period_count; i++) {
        f->is_missing[i] = true;
    }
    for (size_t i = 0; i < r->row_count; i++) {
        const struct place *place = &r->places[i];
        const struct row *row = row_at(r, place->index);
        const int64_t *period = bsearch(&row->period, r->periods, r->period_count, sizeof *r->periods, compare_integers);
        size_t at = (size_t)(period - r->periods) * r->unit_count + place->unit;
        f->ids[place->unit] = place->id;
        f->labels[place->unit] = row->group != NULL ? row->group : f->labels[place->unit];
        f->is_missing[at] = false;
        memcpy(f->inputs + at * m, row->numbers, m * sizeof *f->inputs);
        memcpy(f->outputs + at * s, row->numbers + m, s * sizeof *f->outputs);
    }
}

static enum status fill_sheet(struct reading *r, struct malmquist_sheet *sheet)
{
    struct filling f;
    if (number_units(r) != STATUS_OK || !make_filling(r, &f)) {
        return STATUS_EXHAUSTED;
    }
    take_rows(r, &f);
    sheet->inputs = r->inputs.items;
    sheet->outputs = r->outputs.items;
    sheet->ids = f.ids;
    sheet->labels = f.labels;
    sheet->periods = r->periods;
    sheet->panel = (struct dea_panel){ .period_count = r->period_count, .unit_count = r->unit_count,
                                       .input_count = r->inputs.count, .output_count = r->outputs.count,
                                       .inputs = f.inputs, .outputs = f.outputs, .is_missing = f.is_missing };
    struct analysis_groups groups;
    enum status status = analysis_groups_sort(r->arena, f.labels, r->unit_count, &groups);
    if (status == STATUS_OK) {
        sheet->groups = groups.names;
        sheet->named_groups = groups.named;
        sheet->panel.groups = groups.count > 0 ? groups.of : NULL;
        sheet->panel.group_count = groups.count;
    }
    return status;
}

enum status malmquist_units_read(struct arena *arena, json_t *document, struct faults *faults, struct malmquist_sheet *sheet)
{
    struct reading r = { .arena = arena, .faults = faults };
    struct body body = { 0 };
    enum status status = read_body(&r, document, &body);
    if (status == STATUS_OK && faults->total == 0) {
        status = fill_sheet(&r, sheet);
        sheet->orientation = body.orientation < 0 ? DEA_OUTPUT : (enum dea_orientation)body.orientation;
        sheet->solver = body.solver < 0 ? DEA_SOLVER_SIMPLEX : (enum dea_solver_kind)body.solver;
        sheet->has_distances = body.distances;
    }
    return status;
}
