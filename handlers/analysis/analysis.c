/*
 * From stored figures to arrays. Figures are decimal texts in the database; they become
 * doubles here and nowhere else. Rows and provinces both come in ascending order of the
 * province's code, so that a column is one merge.
 */
#include "handlers/analysis/analysis.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "db/figure.h"
#include "handlers/analysis/groups.h"
#include "handlers/problem.h"
#include "handlers/query.h"

enum { PROVINCES_MAX = 1000, INDICATORS_MAX = 10000, NAMED_MAX = 40 };

#define TEN_THOUSAND 1e4
#define ANALYSIS_UNKNOWN "unknown_indicator"

/* The distinct belts, ascending, and each province's. */
static enum status sort_belts(struct arena *arena, struct analysis_basis *basis)
{
    struct analysis_groups belts;
    const char **labels = arena_array(arena, basis->province_count + 1, sizeof *labels);
    for (size_t p = 0; labels != NULL && p < basis->province_count; p++) {
        labels[p] = basis->provinces[p].belt;
    }
    enum status status = labels == NULL ? STATUS_EXHAUSTED : analysis_groups_sort(arena, labels, basis->province_count, &belts);
    if (status == STATUS_OK) {
        basis->belts = belts.names;
        basis->belt_count = belts.named;
        basis->belt_of = belts.of;
    }
    return status;
}

bool analysis_basis_read(struct exchange *exchange, struct analysis_basis *basis)
{
    struct analysis_basis read = { 0 };
    struct figures_revision revision = { 0 };
    enum status status = db_province_list(exchange->db, exchange->arena, "", PROVINCES_MAX, NULL, NULL, &read.provinces,
                                          &read.province_count);
    if (status == STATUS_OK) {
        status = db_figures_revision_last(exchange->db, exchange->arena, &revision);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = sort_belts(exchange->arena, &read);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return false;
    }
    read.revision = revision.revision;
    for (size_t p = 0; p < read.province_count; p++) {
        if (read.provinces[p].seq > read.provinces_seq) {
            read.provinces_seq = read.provinces[p].seq;
        }
    }
    *basis = read;
    return true;
}

/* Adds one id to the list, or a fault. An empty item and one too many are told of once. */
static void split_one(const char *parameter, const char *id, size_t max, struct analysis_indicators *list,
                      struct faults *faults, bool *has_empty, bool *has_surplus)
{
    if (*id == 0) {
        if (!*has_empty) {
            faults_add_parameter(faults, parameter, "bad_format",
                                 "%s has an empty item; indicators stand between commas, without blanks", parameter);
        }
        *has_empty = true;
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].id, id) == 0) {
            faults_add_parameter(faults, parameter, "bad_format", "%s names %s twice", parameter,
                                 faults_quote(faults, id, strlen(id)));
            return;
        }
    }
    if (list->count == max) {
        if (!*has_surplus) {
            faults_add_parameter(faults, parameter, "too_many", "%s has more than %zu item%s", parameter, max,
                                 max == 1 ? "" : "s");
        }
        *has_surplus = true;
        return;
    }
    list->items[list->count++].id = id;
}

enum status analysis_indicators_split(struct arena *arena, const char *parameter, const char *value, size_t max,
                                      struct analysis_indicators *indicators, struct faults *faults)
{
    bool has_empty = false;
    bool has_surplus = false;
    *indicators = (struct analysis_indicators){ NULL, 0 };
    if (value == NULL) {
        return STATUS_OK;
    }
    struct analysis_indicators list = { arena_array(arena, max, sizeof *list.items), 0 };
    char *at = arena_text(arena, value);
    if (list.items == NULL || at == NULL) {
        return STATUS_EXHAUSTED;
    }
    while (at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma++ = 0;
        }
        split_one(parameter, at, max, &list, faults, &has_empty, &has_surplus);
        at = comma;
    }
    *indicators = list;
    return STATUS_OK;
}

/* The id without the ending of derived ones, or NULL where it has another, or where people would be counted per people. */
static const char *base_of(struct arena *arena, const char *id)
{
    size_t length = strlen(id);
    size_t ending = sizeof ANALYSIS_DERIVED - 1;
    if (length <= ending || strcmp(id + length - ending, ANALYSIS_DERIVED) != 0 || strcmp(id, ANALYSIS_POPULATION ANALYSIS_DERIVED) == 0) {
        return NULL;
    }
    return arena_copy(arena, id, length - ending);
}

static bool is_stored(const struct indicator *stored, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(stored[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* Names the nearest indicator, stored or derived, or the first NAMED_MAX stored ones. */
static enum status complain_unknown(struct arena *arena, const char *parameter, const char *id,
                                    const struct indicator *stored, size_t count, struct faults *faults)
{
    const char **names = arena_array(arena, 2 * count + 1, sizeof *names);
    const char *all = "";
    if (names == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < count; i++) {
        names[2 * i] = stored[i].id;
        names[2 * i + 1] = strcmp(stored[i].id, ANALYSIS_POPULATION) == 0 /* people per people are offered to nobody */
            ? stored[i].id : arena_format(arena, "%s" ANALYSIS_DERIVED, stored[i].id);
        if (i < NAMED_MAX) {
            all = arena_format(arena, "%s%s%s", all == NULL ? "" : all, i == 0 ? "" : ", ", stored[i].id);
        }
        if (names[2 * i + 1] == NULL || all == NULL) {
            return STATUS_EXHAUSTED;
        }
    }
    const char *nearest = text_nearest(id, names, 2 * count);
    const char *quoted = faults_quote(faults, id, strlen(id));
    if (nearest != NULL) {
        faults_add_parameter(faults, parameter, ANALYSIS_UNKNOWN, "there is no indicator %s: %s?", quoted, nearest);
    } else {
        faults_add_parameter(faults, parameter, ANALYSIS_UNKNOWN,
                             "there is no indicator %s; known are %s, each but " ANALYSIS_POPULATION " also with " ANALYSIS_DERIVED " behind it",
                             quoted, all);
    }
    faults_suggest(faults, nearest);
    return STATUS_OK;
}

enum status analysis_indicators_resolve(struct exchange *exchange, const char *parameter,
                                        struct analysis_indicators *indicators, struct faults *faults)
{
    struct arena *arena = exchange->arena;
    struct indicator *stored = NULL;
    size_t count = 0;
    enum status status = db_indicator_list(exchange->db, arena, "", INDICATORS_MAX, &stored, &count);
    for (size_t i = 0; i < indicators->count && status == STATUS_OK; i++) {
        struct analysis_indicator *item = &indicators->items[i];
        item->is_derived = !is_stored(stored, count, item->id);
        item->stored = item->is_derived ? base_of(arena, item->id) : item->id;
        if (item->stored == NULL || !is_stored(stored, count, item->stored)) {
            status = complain_unknown(arena, parameter, item->id, stored, count, faults);
        }
    }
    return status;
}

void analysis_query_refuse(struct exchange *exchange, const struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (strcmp(faults->items[i].code, ANALYSIS_UNKNOWN) != 0) {
            query_refuse(exchange, faults);
            return;
        }
    }
    if (faults->total == 1 && faults->count == 1) {
        problem_faults(exchange, ANALYSIS_UNKNOWN, faults, "The query is wrong: %s", faults->items[0].detail);
    } else {
        problem_faults(exchange, ANALYSIS_UNKNOWN, faults, "%zu indicators are unknown; errors names them.",
                       faults->total);
    }
}

/* The figures of a stored indicator by province. */
static enum status read_stored(struct exchange *exchange, const struct analysis_basis *basis, const char *indicator,
                               int64_t year, double *values)
{
    struct figure_of_year *rows = NULL;
    size_t count = 0;
    enum status status = db_figure_year(exchange->db, exchange->arena, indicator, year, &rows, &count);
    if (status != STATUS_OK) {
        return status;
    }
    size_t next = 0;
    for (size_t p = 0; p < basis->province_count; p++) {
        values[p] = NAN;
        while (next < count && strcmp(rows[next].province, basis->provinces[p].code) < 0) {
            next++;
        }
        if (next < count && strcmp(rows[next].province, basis->provinces[p].code) == 0 &&
            text_to_double(rows[next].value, &values[p]) != STATUS_OK) {
            return STATUS_CORRUPT; /* the rules let no such figure in */
        }
    }
    return STATUS_OK;
}

enum status analysis_column_read(struct exchange *exchange, const struct analysis_basis *basis,
                                 const struct analysis_indicator *indicator, int64_t year, double *values)
{
    enum status status = read_stored(exchange, basis, indicator->stored, year, values);
    if (status == STATUS_OK && indicator->is_derived) {
        double *population = arena_array(exchange->arena, basis->province_count, sizeof *population);
        status = population == NULL ? STATUS_EXHAUSTED
                                    : read_stored(exchange, basis, ANALYSIS_POPULATION, year, population);
        for (size_t p = 0; p < basis->province_count && status == STATUS_OK; p++) {
            values[p] = values[p] / population[p] * TEN_THOUSAND;
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t p = 0; p < basis->province_count; p++) {
        if (!isfinite(values[p])) {
            values[p] = NAN; /* per head of nobody */
        }
    }
    return STATUS_OK;
}

/* Keeps of years those that others has too; both ascend. */
static size_t intersect(int64_t *years, size_t count, const int64_t *others, size_t other_count)
{
    size_t kept = 0;
    size_t j = 0;
    for (size_t i = 0; i < count; i++) {
        while (j < other_count && others[j] < years[i]) {
            j++;
        }
        if (j < other_count && others[j] == years[i]) {
            years[kept++] = years[i];
        }
    }
    return kept;
}

enum status analysis_years(struct exchange *exchange, const struct analysis_indicator *indicator, int64_t **years,
                           size_t *count)
{
    int64_t *own = NULL;
    int64_t *populated = NULL;
    size_t own_count = 0;
    size_t populated_count = 0;
    enum status status = db_figure_years(exchange->db, exchange->arena, indicator->stored, &own, &own_count);
    if (status == STATUS_OK && indicator->is_derived) {
        status = db_figure_years(exchange->db, exchange->arena, ANALYSIS_POPULATION, &populated, &populated_count);
        if (status == STATUS_OK) {
            own_count = intersect(own, own_count, populated, populated_count);
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    *years = own;
    *count = own_count;
    return STATUS_OK;
}

/* What the problem says besides: the years of each indicator, and those of all. */
struct years_known {
    const struct analysis_indicators *indicators;
    int64_t **years; /* of each indicator */
    size_t *counts;
    int64_t *common;
    size_t common_count;
};

static void write_years(struct json_writer *w, const int64_t *years, size_t count)
{
    json_key(w, "years");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_value_integer(w, years[i]);
    }
    json_array_end(w);
}

static void write_known(struct json_writer *w, const void *context)
{
    const struct years_known *known = context;
    write_years(w, known->common, known->common_count);
    json_key(w, "indicators");
    json_array_begin(w);
    for (size_t i = 0; i < known->indicators->count; i++) {
        json_object_begin(w);
        json_member_text(w, "indicator", known->indicators->items[i].id);
        write_years(w, known->years[i], known->counts[i]);
        json_object_end(w);
    }
    json_array_end(w);
}

/* "2011, 2014 to 2023", or "no year". */
static const char *phrase_years(struct arena *arena, const int64_t *years, size_t count)
{
    const char *phrase = count == 0 ? "no year" : "";
    for (size_t i = 0; i < count && phrase != NULL;) {
        size_t last = i;
        while (last + 1 < count && years[last + 1] == years[last] + 1) {
            last++;
        }
        const char *comma = i == 0 ? "" : ", ";
        phrase = last == i ? arena_format(arena, "%s%s%" PRId64, phrase, comma, years[i])
                           : arena_format(arena, "%s%s%" PRId64 " to %" PRId64, phrase, comma, years[i], years[last]);
        i = last + 1;
    }
    return phrase != NULL ? phrase : "others";
}

/* Fills known; both arrays of it have room for each indicator. */
static enum status gather_years(struct exchange *exchange, struct years_known *known)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < known->indicators->count && status == STATUS_OK; i++) {
        status = analysis_years(exchange, &known->indicators->items[i], &known->years[i], &known->counts[i]);
        if (status != STATUS_OK) {
            break;
        }
        if (i == 0) {
            known->common = arena_array(exchange->arena, known->counts[0] + 1, sizeof *known->common);
            if (known->common == NULL) {
                return STATUS_EXHAUSTED;
            }
            memcpy(known->common, known->years[0], known->counts[0] * sizeof *known->common);
            known->common_count = known->counts[0];
        } else {
            known->common_count = intersect(known->common, known->common_count, known->years[i], known->counts[i]);
        }
    }
    return status;
}

void analysis_no_figures(struct exchange *exchange, const struct analysis_indicators *indicators,
                         const int64_t *missing, size_t missing_count, bool is_partial)
{
    struct arena *arena = exchange->arena;
    struct years_known known = { .indicators = indicators };
    known.years = arena_array(arena, indicators->count, sizeof *known.years);
    known.counts = arena_array(arena, indicators->count, sizeof *known.counts);
    enum status status = known.years == NULL || known.counts == NULL ? STATUS_EXHAUSTED
                                                                     : gather_years(exchange, &known);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return;
    }
    const char *asked = phrase_years(arena, missing, missing_count);
    const char *there = phrase_years(arena, known.common, known.common_count);
    const char *of = indicators->count == 1 ? indicators->items[0].id : "all the indicators";
    if (is_partial) {
        problem_members(exchange, "no_figures", write_known, &known,
                        "In %s no province has figures of %s; there are some in %s.", asked, of, there);
    } else {
        problem_members(exchange, "no_figures", write_known, &known,
                        "There are no figures of %s in %s; there are in %s.", of, asked, there);
    }
}
