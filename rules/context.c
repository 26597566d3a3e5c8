/*
 * What every rule works with: derived ids, today's date, the marks of an outcome, and the
 * two questions that all nouns ask: may this actor, and is this the version.
 */
#include "rules/context.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "db/db.h"

static void digest_text(struct digest *digest, const char *text)
{
    uint8_t length[4];
    size_t bytes = strlen(text);
    for (int i = 0; i < 4; i++) {
        length[i] = (uint8_t)(bytes >> (24 - 8 * i));
    }
    digest_update(digest, length, sizeof length);
    digest_update(digest, text, bytes);
}

const char *context_derive_id(struct context *context)
{
    static const char tag[] = "tallystick/derived-id/v1\n";
    uint8_t out[DIGEST_BYTES];
    uint8_t ordinal[4];
    struct digest digest;
    uint32_t number = context->ids_derived++;
    for (int i = 0; i < 4; i++) {
        ordinal[i] = (uint8_t)(number >> (24 - 8 * i));
    }
    digest_init(&digest);
    digest_update(&digest, tag, sizeof tag - 1);
    digest_text(&digest, actor_scope(&context->command->actor));
    digest_text(&digest, context->command->id);
    digest_update(&digest, ordinal, sizeof ordinal);
    digest_final(&digest, out);
    char *id = arena_alloc(context->arena, UUID_BYTES);
    if (id != NULL) {
        uuid_from_digest(id, out);
    }
    return id;
}

const char *context_today(const struct context *context)
{
    char *today = arena_alloc(context->arena, TEXT_DATE_BYTES);
    if (today != NULL) {
        text_from_date(today, (context->time_ms + context->time_zone_minutes * 60000) / 86400000);
    }
    return today;
}

void context_shared_forget(struct context_shared *shared)
{
    arena_reset(&shared->arena);
    shared->site_count = shared->item_count = shared->key_count = 0;
}

bool context_changes_shared(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_SUPPLY_INTAKE:
    case COMMAND_SUPPLY_ADJUST:
    case COMMAND_TRANSFER_CREATE:
    case COMMAND_TRANSFER_DISPATCH:
    case COMMAND_TRANSFER_RECEIVE:
    case COMMAND_TRANSFER_CANCEL:
    case COMMAND_TRANSFER_RETURN:
        return false;
    case COMMAND_GENESIS:
    case COMMAND_NODE_KEY_ROTATE:
    case COMMAND_PROVINCE_PUT:
    case COMMAND_ORGANISATION_PUT:
    case COMMAND_SITE_PUT:
    case COMMAND_ITEM_PUT:
    case COMMAND_INDICATOR_PUT:
    case COMMAND_FIGURES_PUT:
    case COMMAND_ORGANISATION_KEY_ADD:
    case COMMAND_ORGANISATION_KEY_REVOKE:
    case COMMAND_POLICY_PUT:
    case COMMAND_PRIVACY_ERASE: /* a key's reason may be erased */
    case COMMAND_WITNESS_PUT:
    case COMMAND_KINDS:
        break;
    }
    return true;
}

static size_t kept(size_t count)
{
    return count < CONTEXT_ROWS_KEPT ? count : CONTEXT_ROWS_KEPT;
}

enum status context_find_site(struct context *context, const char *id, struct site *out)
{
    struct context_shared *shared = context->shared;
    if (shared == NULL) {
        return db_site_find(context->db, context->arena, id, out);
    }
    for (size_t i = 0; i < kept(shared->site_count); i++) {
        if (strcmp(shared->sites[i].id, id) == 0) {
            *out = shared->sites[i];
            return STATUS_OK;
        }
    }
    enum status status = db_site_find(context->db, &shared->arena, id, out);
    if (status == STATUS_OK) {
        shared->sites[shared->site_count++ % CONTEXT_ROWS_KEPT] = *out;
    }
    return status;
}

enum status context_find_item(struct context *context, const char *id, struct item *out)
{
    struct context_shared *shared = context->shared;
    if (shared == NULL) {
        return db_item_find(context->db, context->arena, id, out);
    }
    for (size_t i = 0; i < kept(shared->item_count); i++) {
        if (strcmp(shared->items[i].id, id) == 0) {
            *out = shared->items[i];
            return STATUS_OK;
        }
    }
    enum status status = db_item_find(context->db, &shared->arena, id, out);
    if (status == STATUS_OK) {
        shared->items[shared->item_count++ % CONTEXT_ROWS_KEPT] = *out;
    }
    return status;
}

enum status context_find_key(struct context *context, const char *id, struct organisation_key *out)
{
    struct context_shared *shared = context->shared;
    if (shared == NULL) {
        return db_organisation_key_find(context->db, context->arena, id, out);
    }
    for (size_t i = 0; i < kept(shared->key_count); i++) {
        if (strcmp(shared->keys[i].id, id) == 0) {
            *out = shared->keys[i];
            return STATUS_OK;
        }
    }
    enum status status = db_organisation_key_find(context->db, &shared->arena, id, out);
    if (status == STATUS_OK) {
        shared->keys[shared->key_count++ % CONTEXT_ROWS_KEPT] = *out;
    }
    return status;
}

enum status context_find_supply(struct context *context, const char *id, struct supply *out)
{
    struct context_known *known = &context->known;
    int64_t at = db_changes(context->db);
    if (known->supply.id == NULL || known->supply_at != at || strcmp(known->supply.id, id) != 0) {
        known->supply.id = NULL;
        struct supply found;
        enum status status = db_supply_find(context->db, context->arena, id, &found);
        if (status != STATUS_OK) {
            return status;
        }
        known->supply = found;
        known->supply_at = at;
    }
    *out = known->supply;
    return STATUS_OK;
}

enum status context_find_transfer(struct context *context, const char *id, struct transfer *out)
{
    struct context_known *known = &context->known;
    int64_t at = db_changes(context->db);
    if (known->transfer.id == NULL || known->transfer_at != at || strcmp(known->transfer.id, id) != 0) {
        known->transfer.id = NULL;
        struct transfer found;
        enum status status = db_transfer_find(context->db, context->arena, id, &found);
        if (status != STATUS_OK) {
            return status;
        }
        known->transfer = found;
        known->transfer_at = at;
    }
    *out = known->transfer;
    return STATUS_OK;
}

static enum status mark(struct context *context, int kind, const char *id, uint64_t seq)
{
    const char *copy = arena_text(context->arena, id);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    switch (kind) {
    case OUTCOME_CREATED:   context->outcome->kind = OUTCOME_CREATED; break;
    case OUTCOME_CHANGED:   context->outcome->kind = OUTCOME_CHANGED; break;
    default:                context->outcome->kind = OUTCOME_UNCHANGED; break;
    }
    context->outcome->id = copy;
    context->outcome->seq = seq;
    return STATUS_OK;
}

enum status context_created(struct context *context, const char *id)
{
    return mark(context, OUTCOME_CREATED, id, context->seq);
}

enum status context_changed(struct context *context, const char *id)
{
    return mark(context, OUTCOME_CHANGED, id, context->seq);
}

enum status context_unchanged(struct context *context, const char *id, int64_t seq)
{
    return mark(context, OUTCOME_UNCHANGED, id, (uint64_t)seq);
}

enum status context_refused(struct context *context)
{
    struct refusal *refusal = &context->outcome->refusal;
    context->outcome->kind = OUTCOME_REFUSED;
    context->outcome->seq = 0;
    if (refusal->code == NULL) {
        assert(refusal->faults.total > 0);
        bool is_one = refusal->faults.total == 1 && refusal->faults.count == 1;
        refusal_set(refusal, REFUSAL_INVALID, is_one ? refusal->faults.items[0].code : "invalid_request", "%s",
                    is_one ? refusal->faults.items[0].detail : "several members are wrong: see errors");
    }
    return STATUS_OK;
}

/* Whether a fault stands at the pointer, or (deep) at it or below it. */
static bool has_fault(const struct context *context, const char *pointer, bool is_deep)
{
    const struct faults *faults = &context->outcome->refusal.faults;
    if (pointer == NULL || faults->total > faults->count) {
        return true;
    }
    size_t length = strlen(pointer);
    for (size_t i = 0; i < faults->count; i++) {
        const char *at = faults->items[i].pointer;
        if (at != NULL && strncmp(at, pointer, length) == 0 && (at[length] == 0 || (is_deep && at[length] == '/'))) {
            return true;
        }
    }
    return false;
}

bool context_is_faulty(const struct context *context, const char *pointer)
{
    return has_fault(context, pointer, true);
}

bool context_is_unread(const struct context *context, const char *pointer)
{
    return has_fault(context, pointer, false);
}

bool context_may_act(const struct context *context, const char *organisation, unsigned roles)
{
    const struct actor *actor = &context->command->actor;
    if ((ROLE_BIT(actor->role) & roles) != 0) {
        return true;
    }
    return actor->role == ROLE_OPERATOR && strcmp(actor->organisation, organisation) == 0;
}

enum status context_forbid(struct context *context, const char *what, const char *site, const char *organisation,
                           unsigned roles)
{
    const struct actor *actor = &context->command->actor;
    struct refusal *refusal = &context->outcome->refusal;
    bool has_organisation = actor->organisation[0] != 0;
    bool by_coordinator = (roles & ROLE_BIT(ROLE_COORDINATOR)) != 0;
    assert((roles & ROLE_BIT(ROLE_ADMIN)) != 0); /* may all that the others may */
    refusal_set(refusal, REFUSAL_FORBIDDEN, "forbidden",
                "the token is %s of %s; this (%s at %s) needs an operator of %s%s or an admin", role_name(actor->role),
                has_organisation ? actor->organisation : "no organisation", what, site, organisation,
                by_coordinator ? ", a coordinator" : "");
    refusal_list(refusal, "needed_roles", by_coordinator ? "operator coordinator admin" : "operator admin");
    refusal_text(refusal, "needed_organisation", organisation);
    refusal_text(refusal, "role", role_name(actor->role));
    if (has_organisation) {
        refusal_text(refusal, "organisation", actor->organisation);
    }
    refusal_text(refusal, "site", site);
    return context_refused(context);
}
