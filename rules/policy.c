/* Policies: storing them and asking them. Reading their bodies: policy_read.c. */
#include "rules/policy.h"

#include <stdio.h>
#include <string.h>

#include "db/reference.h"
#include "db/signing.h"
#include "rules/reference.h"
#include "rules/request.h"

enum { QUOTED_KIND_BYTES = 64 };

enum status policy_put_apply(struct context *context)
{
    const struct policy_request *request = context->command->request;
    const char *target = context->command->target;
    bool is_default = strcmp(target, POLICY_DEFAULT) == 0;
    struct policy old = { 0 };
    struct policy row = { .organisation = is_default ? "" : target, .signed_kinds = request->signed_kinds_text, .seq = (int64_t)context->seq };
    struct organisation organisation;
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = is_default ? STATUS_OK : db_organisation_find(context->db, context->arena, target, &organisation);
    if (status == STATUS_ABSENT) {
        refusal_set(&context->outcome->refusal, REFUSAL_ABSENT, "not_found",
                    "there is no organisation %s; PUT /organisations/%s first", target, target);
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = db_policy_find(context->db, context->arena, row.organisation, &old);
    }
    bool exists = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    bool is_same = exists && strcmp(old.signed_kinds, row.signed_kinds) == 0;
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    row.version = exists ? old.version + 1 : 1;
    status = db_policy_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}

static enum status refuse(struct context *context, const struct policy *policy, const char *kind)
{
    struct refusal *refusal = &context->outcome->refusal;
    bool is_default = policy->organisation[0] == 0;
    const char *name = is_default ? POLICY_DEFAULT : policy->organisation;
    refusal_set(refusal, REFUSAL_FORBIDDEN, "signature_required",
                "the policy %s demands that %s comes signed, by a key of the token's organisation: send it as a JWS "
                "(Content-Type: application/jose)", name, kind);
    refusal_text(refusal, "policy", name);
    refusal_text(refusal, "kind", kind);
    enum status status = context_refused(context);
    return status == STATUS_OK ? STATUS_CONFLICT : status;
}

enum status policy_check(struct context *context, const char *organisation)
{
    const struct command *command = context->command;
    const char *kind = command_kind_name(command->kind);
    char quoted[QUOTED_KIND_BYTES];
    struct policy *policies = NULL;
    size_t count = 0;
    if (command->signature != NULL) { /* by a key of the actor's organisation: signature.h */
        return STATUS_OK;
    }
    snprintf(quoted, sizeof quoted, "\"%s\"", kind);
    enum status status = db_policy_of(context->db, context->arena, command->actor.organisation, organisation, &policies, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *kinds = policies[i].signed_kinds;
        if (strstr(kinds, quoted) != NULL || strstr(kinds, "\"*\"") != NULL) {
            return refuse(context, &policies[i], kind);
        }
    }
    return status;
}
