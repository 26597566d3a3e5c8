/*
 * Provinces, organisations, sites, items, indicators: replaced whole by PUT, with the
 * version as condition. A PUT that would change nothing is answered as it stands, so that a
 * client may repeat itself; a stale condition is refused all the same. Only admins get here (the route).
 */
#include "rules/reference.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "db/reference.h"
#include "json/write.h"
#include "rules/identifier.h"
#include "rules/precondition.h"
#include "rules/request.h"
#include "rules/unknown.h"

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_name(const struct name *a, const struct name *b)
{
    return same_text(a->text, b->text) && same_text(a->en, b->en) && same_text(a->zh, b->zh);
}

static struct name name_of(const struct bind_name *name)
{
    return (struct name){ name->text, name->en, name->zh };
}

/* Degrees to units of 1e-7: one multiplication and one rounding, the same on every IEEE machine. */
static int64_t position_of(double degrees)
{
    return isnan(degrees) ? REFERENCE_NOWHERE : (int64_t)llround(degrees * 1e7);
}

static void check_position(struct context *context, double lat, double lon)
{
    struct faults *faults = &context->outcome->refusal.faults;
    bool is_read = !context_is_faulty(context, "/lat") && !context_is_faulty(context, "/lon");
    if (is_read && isnan(lat) != isnan(lon)) {
        faults_add(faults, isnan(lat) ? "/lat" : "/lon", "missing_member", "lat and lon stand together or not at all");
    }
    if (!isnan(lat) && (lat < -90 || lat > 90)) {
        faults_add(faults, "/lat", "out_of_range", "lat lies from -90 to 90 degrees");
    }
    if (!isnan(lon) && (lon < -180 || lon > 180)) {
        faults_add(faults, "/lon", "out_of_range", "lon lies from -180 to 180 degrees");
    }
}

/* Whether the condition, if there is one, names the version that is stored. */
static bool is_condition_met(const struct command *command, int64_t version)
{
    return (command->if_version == COMMAND_VERSION_NONE || precondition_wants(command, version)) && !precondition_excludes(command, version);
}

enum status reference_settle(struct context *context, bool exists, bool is_same, int64_t version, int64_t seq,
                             enum reference_verdict *verdict)
{
    const struct command *command = context->command;
    *verdict = REFERENCE_DONE;
    if (context->outcome->refusal.faults.total > 0 || context->outcome->refusal.code != NULL) {
        return context_refused(context);
    }
    if (exists && is_same && is_condition_met(command, version)) {
        return context_unchanged(context, command->target, seq);
    }
    if (precondition_check(context, exists, version) != STATUS_OK) {
        return context_refused(context);
    }
    *verdict = REFERENCE_WRITE;
    return STATUS_OK;
}

enum status reference_written(struct context *context, bool exists)
{
    return exists ? context_changed(context, context->command->target)
                  : context_created(context, context->command->target);
}

static enum status add_unknown_province(struct context *context, const char *code)
{
    struct faults *faults = &context->outcome->refusal.faults;
    const char *detail = NULL, *nearest = NULL;
    enum status status = unknown_say(context->db, faults, REFERENCE_PROVINCE, "province", code, &detail, &nearest);
    if (status == STATUS_OK) {
        faults_add(faults, "/province", "unknown_province", "%s", detail);
        faults_suggest(faults, nearest);
    }
    return status;
}

/* STATUS_OK and a fault where code names no province; *code becomes the ISO code. */
static enum status check_province(struct context *context, const char **code)
{
    struct province province;
    enum status status = db_province_find(context->db, context->arena, *code, &province);
    if (status == STATUS_ABSENT) {
        return add_unknown_province(context, *code);
    }
    if (status == STATUS_OK) {
        *code = province.code;
    }
    return status;
}

void province_from_request(const struct province_request *request, struct province *row)
{
    row->gb_code = request->gb_code;
    row->name_en = request->name.en;
    row->name_zh = request->name.zh;
    row->belt = request->belt;
    row->capital = request->capital;
    row->lat_e7 = position_of(request->lat);
    row->lon_e7 = position_of(request->lon);
}

/* Refuses a code, of either kind, that names another province than the command's: one code may have one meaning. */
static enum status check_province_code(struct context *context, const char *code)
{
    struct province other;
    enum status status = db_province_find(context->db, context->arena, code, &other);
    if (status == STATUS_OK && strcmp(other.code, context->command->target) != 0) {
        struct refusal *refusal = &context->outcome->refusal;
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists", "%s is the GB/T 2260 code of %s", code, other.code);
        refusal_text(refusal, "existing_id", other.code);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

enum status province_put_check(struct context *context)
{
    const struct province_request *request = context->command->request;
    struct faults *faults = &context->outcome->refusal.faults;
    if ((request->name.en == NULL || request->name.zh == NULL) && !context_is_faulty(context, "/name")) {
        faults_add(faults, "/name", "missing_member", "a province's name needs both en and zh");
    }
    check_position(context, request->lat, request->lon);
    if (request->gb_code == NULL) {
        return STATUS_OK;
    }
    if (strlen(request->gb_code) != 6 || strspn(request->gb_code, "0123456789") != 6) {
        faults_add(faults, "/gb_code", "bad_format", "a GB/T 2260 code has 6 digits");
        return STATUS_OK;
    }
    if (faults->total > 0) {
        return STATUS_OK;
    }
    enum status status = check_province_code(context, request->gb_code);
    return status == STATUS_OK && context->outcome->refusal.code == NULL ? check_province_code(context, context->command->target) : status;
}

enum status province_put_apply(struct context *context)
{
    const struct province_request *request = context->command->request;
    struct province old = { 0 };
    struct province row = { 0 };
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = db_province_find(context->db, context->arena, context->command->target, &old);
    bool exists = status == STATUS_OK && strcmp(old.code, context->command->target) == 0;
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    status = province_put_check(context);
    if (status != STATUS_OK) {
        return status;
    }
    province_from_request(request, &row);
    row.code = context->command->target;
    bool is_same = exists && same_text(old.gb_code, row.gb_code) && same_text(old.name_en, row.name_en) &&
        same_text(old.name_zh, row.name_zh) && same_text(old.belt, row.belt) &&
        same_text(old.capital, row.capital) && old.lat_e7 == row.lat_e7 && old.lon_e7 == row.lon_e7;
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    row.version = exists ? old.version + 1 : 1;
    row.seq = (int64_t)context->seq;
    status = db_province_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}

enum status organisation_put_check(struct context *context)
{
    const struct organisation_request *request = context->command->request;
    const char *province = request->province;
    return province != NULL ? check_province(context, &province) : STATUS_OK;
}

enum status organisation_put_apply(struct context *context)
{
    const struct organisation_request *request = context->command->request;
    struct organisation old = { 0 };
    struct organisation row = { context->command->target, name_of(&request->name), request->kind, request->province, 0, 0, NULL };
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = db_organisation_find(context->db, context->arena, context->command->target, &old);
    bool exists = status == STATUS_OK;
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        status = row.province != NULL ? check_province(context, &row.province) : STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool is_same = exists && same_name(&old.name, &row.name) && same_text(old.kind, row.kind) &&
        same_text(old.province, row.province);
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    row.version = exists ? old.version + 1 : 1;
    row.seq = (int64_t)context->seq;
    status = db_organisation_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}

static enum status check_organisation(struct context *context, const char *id)
{
    struct organisation organisation;
    enum status status = db_organisation_find(context->db, context->arena, id, &organisation);
    if (status == STATUS_ABSENT) {
        faults_add(&context->outcome->refusal.faults, "/organisation", "unknown_organisation",
                   "%s is not an organisation here; PUT /organisations/%s first", id, id);
        return unknown_suggest(context->db, &context->outcome->refusal.faults, REFERENCE_ORGANISATION, id);
    }
    return status;
}

/* *province becomes the ISO code. */
static enum status check_site(struct context *context, const struct site_request *request, const char **province)
{
    enum status status = STATUS_OK;
    check_position(context, request->lat, request->lon);
    if (request->province != NULL) {
        status = check_province(context, province);
    }
    if (status == STATUS_OK && request->organisation != NULL) {
        status = check_organisation(context, request->organisation);
    }
    return status;
}

enum status site_put_check(struct context *context)
{
    const struct site_request *request = context->command->request;
    const char *province = request->province;
    return check_site(context, request, &province);
}

/* A site keeps its organisation and province once anything was recorded there: they say whose the goods are,
 * who reads the notes and between whom a transfer went. */
static enum status check_site_in_use(struct context *context, const struct site *old, const struct site *row)
{
    struct refusal *refusal = &context->outcome->refusal;
    int64_t supplies = 0, transfers = 0;
    if (same_text(old->organisation, row->organisation) && same_text(old->province, row->province)) {
        return STATUS_OK;
    }
    enum status status = db_site_uses(context->db, old->id, &supplies, &transfers);
    if (status != STATUS_OK || supplies + transfers == 0) {
        return status;
    }
    refusal_set(refusal, REFUSAL_CONFLICT, "site_in_use",
                "%s is in use (supplies that lie or lay there: %" PRId64 ", transfers from or to it: %" PRId64 "), so it stays "
                "with %s in %s. PUT a new site for %s in %s and transfer to it what lies here", old->id, supplies, transfers,
                old->organisation, old->province, row->organisation, row->province);
    refusal_text(refusal, "site", old->id);
    refusal_integer(refusal, "supplies", supplies);
    refusal_integer(refusal, "transfers", transfers);
    return STATUS_CONFLICT;
}

enum status site_put_apply(struct context *context)
{
    const struct site_request *request = context->command->request;
    struct site old = { 0 };
    struct site row = { context->command->target, name_of(&request->name), request->kind, request->organisation,
                        request->province, position_of(request->lat), position_of(request->lon), 0, 0, NULL };
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = db_site_find(context->db, context->arena, context->command->target, &old);
    bool exists = status == STATUS_OK;
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        status = check_site(context, request, &row.province);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool is_same = exists && same_name(&old.name, &row.name) && same_text(old.kind, row.kind) &&
        same_text(old.organisation, row.organisation) && same_text(old.province, row.province) &&
        old.lat_e7 == row.lat_e7 && old.lon_e7 == row.lon_e7;
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    status = exists ? check_site_in_use(context, &old, &row) : STATUS_OK;
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    row.version = exists ? old.version + 1 : 1;
    row.seq = (int64_t)context->seq;
    status = db_site_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}

void item_put_check(struct context *context)
{
    const struct item_request *request = context->command->request;
    const struct identifier_request *items = request->identifiers.items;
    for (size_t i = 0; i < request->identifiers.count; i++) {
        const char *code = NULL;
        if (items[i].system == NULL || items[i].value == NULL) {
            continue; /* one of them could not be read */
        }
        const char *fault = identifier_fault(items[i].system, items[i].value, &code);
        if (fault != NULL) {
            faults_add(&context->outcome->refusal.faults, arena_format(context->arena, "/identifiers/%zu/value", i), code,
                       "%s", fault);
        }
    }
}

/* The identifiers as the JSON text that is stored. */
static enum status identifiers_text(struct context *context, const struct bind_array *array, const char **out)
{
    const struct identifier_request *items = array->items;
    struct json_writer w;
    struct buffer text;
    buffer_init(&text);
    json_writer_init(&w, &text);
    json_array_begin(&w);
    for (size_t i = 0; i < array->count; i++) {
        json_object_begin(&w);
        json_member_text(&w, "system", items[i].system);
        json_member_text(&w, "value", items[i].value);
        json_object_end(&w);
    }
    json_array_end(&w);
    const char *copy = text.failed ? NULL : arena_copy(context->arena, text.bytes, text.length);
    buffer_fini(&text);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    *out = copy;
    return STATUS_OK;
}

/* The unit and the lot control of an item that lies somewhere stay: they say what its quantities mean. */
static enum status check_item_in_use(struct context *context, const struct item *old, const struct item *row)
{
    bool has_stock = false;
    if (same_text(old->unit, row->unit) && old->lot_control == row->lot_control) {
        return STATUS_OK;
    }
    enum status status = db_item_has_stock(context->db, old->id, &has_stock);
    if (status == STATUS_OK && has_stock) {
        refusal_set(&context->outcome->refusal, REFUSAL_CONFLICT, "item_in_use",
                    "there are supplies of %s: its unit (%s) and lot_control (%s) can no longer change", old->id,
                    old->unit, old->lot_control ? "true" : "false");
        return STATUS_CONFLICT;
    }
    return status;
}

enum status item_put_apply(struct context *context)
{
    const struct item_request *request = context->command->request;
    struct item old = { 0 };
    struct item row = { context->command->target, name_of(&request->name), request->unit, request->category, NULL,
                        request->lot_control, request->medical_grade, 0, 0, NULL };
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = db_item_find(context->db, context->arena, context->command->target, &old);
    bool exists = status == STATUS_OK;
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        item_put_check(context);
        status = identifiers_text(context, &request->identifiers, &row.identifiers);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool is_same = exists && same_name(&old.name, &row.name) && same_text(old.unit, row.unit) &&
        same_text(old.category, row.category) && same_text(old.identifiers, row.identifiers) &&
        old.lot_control == row.lot_control && old.medical_grade == row.medical_grade;
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    status = exists ? check_item_in_use(context, &old, &row) : STATUS_OK;
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    row.version = exists ? old.version + 1 : 1;
    row.seq = (int64_t)context->seq;
    status = db_item_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}

void indicator_put_check(struct context *context)
{
    static const char derived[] = "_per_10k";
    const char *id = context->command->target;
    if (strlen(id) >= sizeof derived - 1 && strcmp(id + strlen(id) - (sizeof derived - 1), derived) == 0) {
        faults_add(&context->outcome->refusal.faults, "/id", "derived_indicator",
                   "ids that end in _per_10k are derived from the indicator before it and cannot be stored");
    }
}

enum status indicator_put_apply(struct context *context)
{
    const struct indicator_request *request = context->command->request;
    const char *id = context->command->target;
    struct indicator old = { 0 };
    struct indicator row = { id, name_of(&request->name), request->unit, request->source, 0, 0 };
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = db_indicator_find(context->db, context->arena, id, &old);
    bool exists = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    indicator_put_check(context);
    bool is_same = exists && same_name(&old.name, &row.name) && same_text(old.unit, row.unit) &&
        same_text(old.source, row.source);
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    row.version = exists ? old.version + 1 : 1;
    row.seq = (int64_t)context->seq;
    status = db_indicator_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}
