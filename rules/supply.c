/*
 * Supplies: what comes in (intake) and what a stock count, use or loss changes
 * (adjustment). Quantities change in stock.c alone.
 */
#include "rules/supply.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "db/reference.h"
#include "rules/precondition.h"
#include "rules/request.h"
#include "rules/stock.h"
#include "rules/unknown.h"

enum { FUTURE_TOLERANCE_MS = 5 * 60 * 1000 };

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* STATUS_OK, and a fault where there is no such row. */
static enum status find_site(struct context *context, const char *id, struct site *site)
{
    enum status status = context_find_site(context, id, site);
    if (status == STATUS_ABSENT) {
        faults_add(&context->outcome->refusal.faults, "/site", "unknown_site", "%s is no site; PUT /sites/%s makes one", id, id);
        return unknown_suggest(context->db, &context->outcome->refusal.faults, REFERENCE_SITE, id);
    }
    return status;
}

static enum status find_item(struct context *context, const char *id, struct item *item)
{
    enum status status = context_find_item(context, id, item);
    if (status == STATUS_ABSENT) {
        faults_add(&context->outcome->refusal.faults, "/item", "unknown_item", "%s is no item; PUT /items/%s makes one", id, id);
        return unknown_suggest(context->db, &context->outcome->refusal.faults, REFERENCE_ITEM, id);
    }
    return status;
}

static enum status check_owner(struct context *context, const char *owner)
{
    struct organisation organisation;
    enum status status = db_organisation_find(context->db, context->arena, owner, &organisation);
    if (status == STATUS_ABSENT) {
        faults_add(&context->outcome->refusal.faults, "/owner", "unknown_organisation",
                   "%s is not an organisation here; PUT /organisations/%s first", owner, owner);
        return unknown_suggest(context->db, &context->outcome->refusal.faults, REFERENCE_ORGANISATION, owner);
    }
    return status;
}

/* An earmark names a site, an organisation or a province. */
static enum status check_earmark(struct context *context, const char *earmark)
{
    struct site site;
    struct organisation organisation;
    struct province province;
    enum status status = db_site_find(context->db, context->arena, earmark, &site);
    if (status == STATUS_ABSENT) {
        status = db_organisation_find(context->db, context->arena, earmark, &organisation);
    }
    if (status == STATUS_ABSENT) {
        status = db_province_find(context->db, context->arena, earmark, &province);
    }
    if (status == STATUS_ABSENT) {
        faults_add(&context->outcome->refusal.faults, "/earmark", "unknown_earmark",
                   "%s is neither a site nor an organisation nor a province", earmark);
        return STATUS_OK;
    }
    return status;
}

static enum status check_lot(struct context *context, const struct intake_request *request)
{
    struct faults *faults = &context->outcome->refusal.faults;
    const char *other = NULL;
    if (request->expiry == NULL) {
        return STATUS_OK;
    }
    if (request->lot == NULL && !context_is_faulty(context, "/lot")) {
        faults_add(faults, "/expiry", "expiry_without_lot", "an expiry date belongs to a lot: name the lot or leave expiry out");
    }
    if (strcmp(request->expiry, "2000-01-01") < 0 || strcmp(request->expiry, "2100-01-01") >= 0) {
        faults_add(faults, "/expiry", "expiry_implausible", "%s: expiry dates lie from 2000 to 2099", request->expiry);
        return STATUS_OK;
    }
    if (request->lot == NULL || request->item == NULL) {
        return STATUS_OK;
    }
    enum status status = db_supply_lot_expiry(context->db, context->arena, request->item, request->lot, request->expiry,
                                              &other);
    if (status == STATUS_OK) {
        faults_add(faults, "/expiry", "expiry_conflict", "lot %s of %s is recorded with expiry %s", request->lot,
                   request->item, other);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/* Checks the request against the state; *site and *item are filled where they are named and exist. */
static enum status check_intake(struct context *context, const struct intake_request *request, struct site *site,
                                struct item *item)
{
    enum status status = request->site != NULL ? find_site(context, request->site, site) : STATUS_OK;
    if (status == STATUS_OK && request->item != NULL) {
        status = find_item(context, request->item, item);
    }
    if (status == STATUS_OK && request->owner != NULL) {
        status = check_owner(context, request->owner);
    }
    if (status == STATUS_OK && request->earmark != NULL) {
        status = check_earmark(context, request->earmark);
    }
    if (status == STATUS_OK) {
        status = check_lot(context, request);
    }
    if (request->occurred_at != BIND_ABSENT && request->occurred_at > context->time_ms + FUTURE_TOLERANCE_MS) {
        faults_add(&context->outcome->refusal.faults, "/occurred_at", "occurred_in_future",
                   "occurred_at lies more than 5 minutes ahead of the ledger's clock");
    }
    return status;
}

enum status supply_intake_check(struct context *context)
{
    struct site site;
    struct item item;
    return check_intake(context, context->command->request, &site, &item);
}

/* A supply that the client wants to name must not have that name already, unless it is the same one. same: the one with the same
 * attributes, NULL where there is none. */
static enum status check_new_id(struct context *context, const char *id, const struct supply *same)
{
    struct supply named;
    struct refusal *refusal = &context->outcome->refusal;
    if (same != NULL && strcmp(same->id, id) != 0) {
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists",
                    "supply %s has the same site, item, lot, expiry, owner, donor, donation, earmark and condition: "
                    "leave id out to add to it", same->id);
        refusal_text(refusal, "existing_id", same->id);
        return STATUS_CONFLICT;
    }
    if (same != NULL) {
        return STATUS_OK;
    }
    enum status status = db_supply_find(context->db, context->arena, id, &named);
    if (status == STATUS_OK) {
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists",
                    "%s is the id of another supply (%s at %s): choose another or leave it out", id, named.item, named.site);
        refusal_text(refusal, "existing_id", id);
        return STATUS_CONFLICT;
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

enum status supply_intake_apply(struct context *context)
{
    const struct intake_request *request = context->command->request;
    struct site site;
    struct item item;
    struct supply stored;
    bool is_new = false;
    enum status status = check_intake(context, request, &site, &item);
    if (status != STATUS_OK) {
        return status;
    }
    if (context->outcome->refusal.faults.total > 0) {
        return context_refused(context);
    }
    const char *condition = supply_conditions[request->condition < 0 ? 0 : request->condition];
    if (item.lot_control && request->lot == NULL && strcmp(condition, "good") == 0) {
        condition = "quarantine"; /* nobody can recall what has no lot */
    }
    struct supply like = {
        .site = site.id, .province = site.province, .item = item.id, .lot = or_empty(request->lot),
        .expiry = or_empty(request->expiry), .owner = request->owner != NULL ? request->owner : site.organisation,
        .donor = or_empty(request->donor), .donation = or_empty(request->donation),
        .earmark = or_empty(request->earmark), .condition = condition,
    };
    struct supply found;
    status = db_supply_find_same(context->db, context->arena, &like, &found);
    const struct supply *same = status == STATUS_OK ? &found : NULL;
    if (status == STATUS_ABSENT) {
        status = STATUS_OK;
    }
    if (status == STATUS_OK && request->id != NULL) {
        status = check_new_id(context, request->id, same);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    struct stock_note note = { "intake", intake_sources[request->source], NULL, 0, request->reference,
                               request->note.commitment,
                               request->occurred_at != BIND_ABSENT ? request->occurred_at : context->time_ms };
    status = stock_add_to(context, same, &like, context->command->new_id, request->quantity, &note, &stored, &is_new);
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    return context_created(context, stored.id);
}

/* Adjustments that take away have reasons that do, and the reverse. */
void supply_adjust_check(struct context *context)
{
    const struct adjust_request *request = context->command->request;
    const char *reason = request->reason >= 0 ? adjust_reasons[request->reason] : "counted";
    bool only_takes = strcmp(reason, "counted") != 0 && strcmp(reason, "corrected") != 0;
    if (request->delta == 0) {
        faults_add(&context->outcome->refusal.faults, "/delta", "out_of_range", "delta is 0: nothing would change");
    } else if (only_takes && request->delta > 0) { /* an absent delta is below 0 */
        faults_add(&context->outcome->refusal.faults, "/delta", "out_of_range",
                   "what is %s is taken away: delta must be negative; what turns up is counted, or an intake with source found",
                   reason);
    }
}

/* What is reserved stays: an adjustment cannot take it. */
static bool fits(struct context *context, const struct supply *supply, int64_t delta)
{
    struct refusal *refusal = &context->outcome->refusal;
    int64_t available = supply->on_hand - supply->reserved;
    if (delta < 0 && -delta > available) {
        refusal_set(refusal, REFUSAL_CONFLICT, "insufficient_stock",
                    "supply %s has %" PRId64 " available (%" PRId64 " on hand, %" PRId64 " reserved), %" PRId64
                    " were to be taken", supply->id, available, supply->on_hand, supply->reserved, -delta);
        refusal_text(refusal, "supply", supply->id);
        refusal_integer(refusal, "available", available);
        refusal_integer(refusal, "asked", -delta);
        return false;
    }
    if (delta > 0 && delta > TEXT_INTEGER_MAX - supply->on_hand) {
        refusal_set(refusal, REFUSAL_CONFLICT, "quantity_overflow", "supply %s would exceed %" PRId64, supply->id,
                    TEXT_INTEGER_MAX);
        return false;
    }
    return true;
}

enum status supply_adjust_apply(struct context *context)
{
    const struct adjust_request *request = context->command->request;
    const char *id = context->command->target;
    struct supply supply;
    enum status status = context_find_supply(context, id, &supply);
    if (status == STATUS_ABSENT) {
        refusal_set(&context->outcome->refusal, REFUSAL_ABSENT, "not_found", "there is no supply %s", id);
        return context_refused(context);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (precondition_check_optional(context, supply.version) != STATUS_OK) {
        return context_refused(context);
    }
    supply_adjust_check(context);
    if (context->outcome->refusal.faults.total > 0 || !fits(context, &supply, request->delta)) {
        return context_refused(context);
    }
    struct stock_note note = { "adjustment", adjust_reasons[request->reason], NULL, 0, request->reference,
                               request->note.commitment, context->time_ms };
    status = stock_change(context, &supply, request->delta, 0, &note);
    return status != STATUS_OK ? status : context_changed(context, supply.id);
}
