/*
 * Adding and revoking keys. That a key is sound in itself was found out when the body was read (jwk.c); who may sign with it
 * is looked at in signature.c. Only admins get here (the route).
 */
#include "rules/organisation_key.h"

#include <inttypes.h>
#include <string.h>

#include "db/reference.h"
#include "db/signing.h"
#include "rules/precondition.h"
#include "rules/request.h"

/* STATUS_CONFLICT and the refusal set where the key is registered already. */
static enum status check_new(struct context *context, const char *id)
{
    struct organisation_key old;
    struct refusal *refusal = &context->outcome->refusal;
    enum status status = db_organisation_key_find(context->db, context->arena, id, &old);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (old.to_seq != 0) {
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists",
                    "the key %s was registered for %s and revoked by entry %" PRId64 "; a revoked key does not come back: make a new one",
                    id, old.organisation, old.to_seq);
    } else {
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists",
                    "the key %s is registered for %s already; each organisation needs keys of its own", id, old.organisation);
    }
    refusal_text(refusal, "existing_id", id);
    return STATUS_CONFLICT;
}

enum status organisation_key_add_apply(struct context *context)
{
    const struct key_add_request *request = context->command->request;
    const char *organisation = context->command->target;
    struct organisation owner;
    enum status status = db_organisation_find(context->db, context->arena, organisation, &owner);
    if (status == STATUS_ABSENT) {
        refusal_set(&context->outcome->refusal, REFUSAL_ABSENT, "not_found",
                    "there is no organisation %s; PUT /organisations/%s first", organisation, organisation);
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = check_new(context, request->id);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    struct organisation_key row = { .id = request->id, .organisation = organisation, .from_seq = (int64_t)context->seq + 1,
                                    .seq = (int64_t)context->seq };
    memcpy(row.public_key, request->public_key, sizeof row.public_key);
    status = db_organisation_key_insert(context->db, &row);
    return status != STATUS_OK ? status : context_created(context, row.id);
}

void organisation_key_revoke_check(struct context *context)
{
    const struct reason_request *request = context->command->request;
    if (!request_has_text(&request->reason) && !context_is_faulty(context, "/reason")) {
        faults_add(&context->outcome->refusal.faults, "/reason", "reason_required",
                   "to revoke a key say why: {\"reason\": \"...\"}");
    }
}

static void refuse_absent(struct refusal *refusal, const char *owner, const char *id)
{
    if (owner == NULL) {
        refusal_set(refusal, REFUSAL_ABSENT, "not_found", "there is no key %s", id);
    } else {
        refusal_set(refusal, REFUSAL_ABSENT, "not_found", "%s has no key %s; GET /organisations/%s/keys lists what there is.", owner, id,
                    owner);
    }
}

enum status organisation_key_revoke_apply(struct context *context)
{
    const struct reason_request *request = context->command->request;
    const char *id = context->command->target;
    struct refusal *refusal = &context->outcome->refusal;
    struct organisation_key key;
    enum status status = db_organisation_key_find(context->db, context->arena, id, &key);
    const char *owner = context->command->owner;
    if (status == STATUS_ABSENT || (status == STATUS_OK && owner != NULL && strcmp(key.organisation, owner) != 0)) {
        refuse_absent(refusal, owner, id);
        return context_refused(context);
    }
    if (status != STATUS_OK) {
        return status;
    }
    organisation_key_revoke_check(context);
    if (refusal->faults.total > 0 || precondition_check_optional(context, key.version) != STATUS_OK) {
        return context_refused(context);
    }
    if (key.to_seq != 0) {
        refusal_set(refusal, REFUSAL_CONFLICT, "invalid_transition", "the key %s was revoked by entry %" PRId64 " already", id,
                    key.to_seq);
        return context_refused(context);
    }
    status = db_organisation_key_revoke(context->db, id, (int64_t)context->seq, request->reason.commitment);
    return status != STATUS_OK ? status : context_changed(context, id);
}
