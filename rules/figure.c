/*
 * Figures: replaced and extended all or nothing. Every submission that changes anything
 * makes a new revision, by which analyses are cached.
 */
#include "rules/figure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/figure.h"
#include "db/reference.h"
#include "rules/context.h"
#include "rules/figure_codes.h"
#include "rules/precondition.h"
#include "rules/request.h"
#include "rules/unknown.h"

struct check {
    struct db *db;
    struct arena *arena;
    struct faults *faults;
    struct figure_codes provinces, indicators;
};

bool figure_is_derived(const char *indicator)
{
    static const char ending[] = "_per_10k";
    size_t length = strlen(indicator);
    return length > sizeof ending - 1 && strcmp(indicator + length - (sizeof ending - 1), ending) == 0;
}

/* A fault of a row's member. name, where there is one, begins the sentence, and what goes on with it. */
static void add_fault(struct check *check, const struct figure_request *row, size_t index, const char *member,
                      const char *code, const char *name, const char *what)
{
    const char *blank = name != NULL ? " " : "";
    name = name != NULL ? name : "";
    if (row->row > 0) {
        faults_add_row(check->faults, row->row, member, code, "%s%s%s", name, blank, what);
        return;
    }
    const char *pointer =
        faults_is_full(check->faults) ? NULL : arena_format(check->arena, FIGURE_ROWS "/%zu/%s", index, member);
    faults_add(check->faults, pointer, code, "%s%s%s", name, blank, what);
}

/* What a province's code stands for; its value is NULL where no province has it. */
static enum status find_province(struct check *check, const char *name, const struct figure_code **found)
{
    *found = figure_codes_find(&check->provinces, name);
    if (*found != NULL) {
        return STATUS_OK;
    }
    struct province province = { 0 };
    enum status status = db_province_find(check->db, check->arena, name, &province);
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        status = figure_codes_add(&check->provinces, check->arena, name, province.code);
    }
    *found = figure_codes_find(&check->provinces, name);
    return status;
}

/* The same for an indicator. */
static enum status find_indicator(struct check *check, const char *name, const struct figure_code **found)
{
    *found = figure_codes_find(&check->indicators, name);
    if (*found != NULL) {
        return STATUS_OK;
    }
    struct indicator indicator = { 0 };
    enum status status = db_indicator_find(check->db, check->arena, name, &indicator);
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        status = figure_codes_add(&check->indicators, check->arena, name, indicator.id);
    }
    *found = figure_codes_find(&check->indicators, name);
    return status;
}

/* The province becomes its ISO code. */
static enum status check_province(struct check *check, struct figure_request *row, size_t index)
{
    const struct figure_code *found = NULL;
    enum status status = find_province(check, row->province, &found);
    if (status != STATUS_OK) {
        return status;
    }
    if (found->value != NULL) {
        row->province = found->value;
        return STATUS_OK;
    }
    const char *detail = "", *nearest = NULL;
    if (!faults_is_full(check->faults)) {
        status = unknown_say(check->db, check->faults, REFERENCE_PROVINCE, "province", row->province, &detail, &nearest);
    }
    if (status == STATUS_OK) {
        add_fault(check, row, index, "province", "unknown_province", NULL, detail);
        faults_suggest(check->faults, nearest);
    }
    return status;
}

static enum status check_indicator(struct check *check, const struct figure_request *row, size_t index)
{
    const struct figure_code *found = NULL;
    enum status status = find_indicator(check, row->indicator, &found);
    if (status == STATUS_OK && found->value == NULL) {
        add_fault(check, row, index, "indicator", "unknown_indicator", row->indicator,
                  figure_is_derived(row->indicator)
                      ? "is no stored indicator: it is computed from stored ones; submit the figures of these"
                      : "is no stored indicator; PUT /indicators/{id} makes one");
    }
    return status;
}

static int compare_figures(const void *a, const void *b)
{
    const struct figure_request *x = *(const struct figure_request *const *)a;
    const struct figure_request *y = *(const struct figure_request *const *)b;
    int order = strcmp(x->indicator, y->indicator);
    if (order == 0) {
        order = (x->year > y->year) - (x->year < y->year);
    }
    if (order == 0) {
        order = strcmp(x->province, y->province);
    }
    return order != 0 ? order : (x > y) - (x < y);
}

static bool is_same_key(const struct figure_request *x, const struct figure_request *y)
{
    return x->year == y->year && strcmp(x->indicator, y->indicator) == 0 && strcmp(x->province, y->province) == 0;
}

/* A figure may stand in a submission once. Rows whose key could not be read are left out. */
static enum status check_doubles(struct check *check, struct figure_request *rows, size_t count)
{
    const struct figure_request **sorted = malloc((count + 1) * sizeof *sorted);
    size_t keyed = 0;
    if (sorted == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].indicator != NULL && rows[i].year != BIND_ABSENT && rows[i].province != NULL) {
            sorted[keyed++] = &rows[i];
        }
    }
    qsort(sorted, keyed, sizeof *sorted, compare_figures);
    for (size_t i = 1; i < keyed; i++) {
        if (is_same_key(sorted[i - 1], sorted[i])) {
            add_fault(check, sorted[i], (size_t)(sorted[i] - rows), "province", "duplicate_row",
                      sorted[i]->province, "of that indicator and year stands in an earlier row too");
        }
    }
    free(sorted);
    return STATUS_OK;
}

/* Names what is wrong with the codes and keys of rows, as far as they could be read. */
static enum status check_keys(struct check *check, const struct bind_array *array)
{
    struct figure_request *rows = array->items;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < array->count; i++) {
        if (rows[i].province != NULL) {
            status = check_province(check, &rows[i], i);
        }
        if (status == STATUS_OK && rows[i].indicator != NULL) {
            status = check_indicator(check, &rows[i], i);
        }
    }
    if (status == STATUS_OK) {
        status = check_doubles(check, rows, array->count);
    }
    faults_number_rows(check->faults, FIGURE_ROWS);
    faults_sort_rows(check->faults);
    return status;
}

enum status figures_put_check(struct context *context)
{
    const struct figures_request *request = context->command->request;
    struct check check = { context->db, context->arena, &context->outcome->refusal.faults, { 0 }, { 0 } };
    return check_keys(&check, &request->figures);
}

static enum status count_effect(struct check *check, const struct figure_request *rows, size_t count,
                                int64_t last_revision, struct figures_effect *effect)
{
    struct arena scratch;
    enum status status = STATUS_OK;
    arena_init(&scratch);
    *effect = (struct figures_effect){ (int64_t)count, 0, 0, 0, 0 };
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *stored = NULL;
        arena_reset(&scratch);
        status = db_figure_find(check->db, &scratch, rows[i].indicator, rows[i].year, rows[i].province, &stored);
        if (status == STATUS_ABSENT) {
            effect->added++;
            status = STATUS_OK;
        } else if (status == STATUS_OK && strcmp(stored, rows[i].decimal) != 0) {
            effect->changed++;
        } else if (status == STATUS_OK) {
            effect->same++;
        }
    }
    effect->revision = last_revision + (effect->added + effect->changed > 0 ? 1 : 0);
    arena_fini(&scratch);
    return status;
}

/* The revision that the figures have, 0 before the first. */
static enum status read_revision(struct db *db, struct arena *arena, int64_t *revision)
{
    struct figures_revision last = { 0 };
    enum status status = db_figures_revision_last(db, arena, &last);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    *revision = status == STATUS_OK ? last.revision : 0;
    return STATUS_OK;
}

static bool is_revision_met(const struct command *command, int64_t revision)
{
    return command->if_version == COMMAND_VERSION_ABSENT ? revision == 0 : revision > 0 && precondition_wants(command, revision);
}

/* No condition is needed, since rows are added and replaced one by one; one that is sent holds for all figures. */
enum status figures_check_condition(struct db *db, const struct command *command, struct arena *arena,
                                    struct refusal *refusal)
{
    int64_t revision = 0;
    if (command->if_version == COMMAND_VERSION_NONE && command->unless_count == 0) {
        return STATUS_OK;
    }
    enum status status = read_revision(db, arena, &revision);
    if (status == STATUS_OK && precondition_excludes(command, revision)) {
        precondition_refuse_excluded(revision, refusal);
        return STATUS_CONFLICT;
    }
    const bool is_met = command->if_version == COMMAND_VERSION_NONE || is_revision_met(command, revision);
    if (status != STATUS_OK || is_met) {
        return status;
    }
    if (command->if_version == COMMAND_VERSION_ABSENT) {
        refusal_set(refusal, REFUSAL_STALE, "version_mismatch",
                    "If-None-Match: * is for what does not exist yet, and the figures have revision %" PRId64, revision);
        refusal_integer(refusal, "version", revision);
        return STATUS_CONFLICT;
    }
    if (revision > 0 && precondition_refuse_unmeetable(command, revision, refusal)) {
        return STATUS_CONFLICT;
    }
    refusal_set(refusal, REFUSAL_STALE, "version_mismatch",
                "the figures have revision %" PRId64 " by now, not the one that If-Match names: read them again", revision);
    refusal_integer(refusal, "version", revision);
    return STATUS_CONFLICT;
}

static enum status check_rows(struct db *db, const struct bind_array *array, int64_t last_revision, struct arena *arena,
                              struct refusal *refusal, struct figures_effect *effect)
{
    struct check check = { db, arena, &refusal->faults, { 0 }, { 0 } };
    enum status status = check_keys(&check, array);
    if (status == STATUS_OK && refusal->faults.total > 0) {
        const struct fault *only = refusal->faults.total == 1 && refusal->faults.count == 1 ? &refusal->faults.items[0] : NULL;
        if (only != NULL) { /* as with every body: one fault is the problem itself */
            refusal_set(refusal, REFUSAL_INVALID, only->code, "%s", only->detail);
        } else {
            refusal_set(refusal, REFUSAL_INVALID, "import_errors", "%zu faults in %zu rows; nothing was written",
                        refusal->faults.total, array->count);
        }
        return STATUS_INVALID;
    }
    return status != STATUS_OK ? status : count_effect(&check, array->items, array->count, last_revision, effect);
}

enum status figures_check(struct db *db, const struct command *command, struct arena *arena, struct refusal *refusal,
                          struct figures_effect *effect)
{
    const struct figures_request *request = command->request;
    int64_t revision = 0;
    enum status status = read_revision(db, arena, &revision);
    return status != STATUS_OK ? status : check_rows(db, &request->figures, revision, arena, refusal, effect);
}

enum status figures_write(struct context *context, const struct bind_array *array, const struct figures_effect *effect)
{
    const struct figure_request *rows = array->items;
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_BYTES * 2 + 1];
    enum status status = STATUS_OK;
    struct arena scratch;
    arena_init(&scratch);
    for (size_t i = 0; status == STATUS_OK && i < array->count; i++) {
        const char *stored = NULL;
        arena_reset(&scratch);
        status = db_figure_find(context->db, &scratch, rows[i].indicator, rows[i].year, rows[i].province, &stored);
        if (status == STATUS_OK && strcmp(stored, rows[i].decimal) == 0) {
            continue;
        }
        if (status == STATUS_OK || status == STATUS_ABSENT) {
            struct figure row = { rows[i].indicator, rows[i].year, rows[i].province, rows[i].decimal, effect->revision };
            status = db_figure_put(context->db, &row);
        }
    }
    arena_fini(&scratch);
    if (status != STATUS_OK) {
        return status;
    }
    digest_bytes(digest, context->command->body, context->command->body_length);
    text_to_hex(hex, digest, sizeof digest);
    struct figures_revision revision = { effect->revision, (int64_t)context->seq, context->time_ms, effect->figures,
                                         effect->added + effect->changed, hex };
    return db_figures_revision_insert(context->db, &revision);
}

enum status figures_put_apply(struct context *context)
{
    const struct figures_request *request = context->command->request;
    struct figures_effect effect = { 0 };
    struct refusal *refusal = &context->outcome->refusal;
    enum status status = figures_check_condition(context->db, context->command, context->arena, refusal);
    if (status == STATUS_OK) {
        status = figures_check(context->db, context->command, context->arena, refusal, &effect);
    }
    if (status != STATUS_OK) {
        return status == STATUS_INVALID || status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    if (effect.added + effect.changed == 0) {
        struct figures_revision last;
        status = db_figures_revision_last(context->db, context->arena, &last);
        return status != STATUS_OK ? status : context_unchanged(context, "", last.seq);
    }
    status = figures_write(context, &request->figures, &effect);
    return status != STATUS_OK ? status : context_changed(context, "");
}
