/* Policies: storing them and asking them. Reading their bodies: policy_read.c. */
#include "rules/policy.h"

#include <stdio.h>
#include <string.h>

#include "db/reference.h"
#include "db/signing.h"
#include "rules/reference.h"
#include "rules/request.h"

enum { QUOTED_KIND_BYTES = 64, RULES_OF_OWN_SIGNATURE = 2 };

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

static bool is_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool demands(const struct policy *policy, const char *kind)
{
    char quoted[QUOTED_KIND_BYTES];
    snprintf(quoted, sizeof quoted, "\"%s\"", kind);
    return strstr(policy->signed_kinds, quoted) != NULL || strstr(policy->signed_kinds, "\"*\"") != NULL;
}

/* The organisation's that the site is of and the actor is not. */
static bool is_anothers(const struct context *context, const struct policy *policy)
{
    return policy->organisation[0] != 0 && !is_equal(policy->organisation, context->command->actor.organisation);
}

/* A signature is the actor's organisation's. By the rules before version 2 it met every policy, that of others too. */
static bool is_met(const struct context *context, const struct policy *policy)
{
    return context->command->signature != NULL && (context->rules_version < RULES_OF_OWN_SIGNATURE || !is_anothers(context, policy));
}

/* What is demanded, what came instead, and what would do. */
static void say(const struct context *context, const struct policy *policy, const char *kind)
{
    struct refusal *refusal = &context->outcome->refusal;
    const char *name = policy->organisation[0] == 0 ? POLICY_DEFAULT : policy->organisation;
    const char *actor = context->command->actor.organisation;
    if (is_anothers(context, policy) && context->command->signature != NULL) {
        refusal_set(refusal, REFUSAL_FORBIDDEN, "signature_required",
                    "the policy of %s demands that %s at its sites comes signed by a key of its own, and this was signed by a key of %s: "
                    "send it with a token of %s, signed by a key of %s", name, kind, actor, name, name);
    } else if (is_anothers(context, policy)) {
        refusal_set(refusal, REFUSAL_FORBIDDEN, "signature_required",
                    "the policy of %s demands that %s at its sites comes signed by a key of its own, and this came unsigned: "
                    "send it with a token of %s, as a JWS signed by a key of %s (Content-Type: application/jose)", name, kind, name, name);
    } else if (actor[0] == 0) {
        refusal_set(refusal, REFUSAL_FORBIDDEN, "signature_required",
                    "the policy %s demands that %s comes signed by a key of the token's organisation, and this came unsigned, with a token of "
                    "none: send it with a token of an organisation, as a JWS signed by a key of that (Content-Type: application/jose)", name, kind);
    } else {
        refusal_set(refusal, REFUSAL_FORBIDDEN, "signature_required",
                    "the policy %s demands that %s comes signed by a key of the token's organisation, %s, and this came unsigned: "
                    "send it as a JWS signed by a key of %s (Content-Type: application/jose)", name, kind, actor, actor);
    }
    refusal_text(refusal, "policy", name);
    refusal_text(refusal, "kind", kind);
}

/* The policy that is not met. Where several are not it is the one of another organisation, since who meets that meets the others. */
static const struct policy *find_unmet(const struct context *context, const struct policy *policies, size_t count, const char *kind)
{
    const struct policy *unmet = NULL;
    for (size_t i = 0; i < count; i++) {
        if (demands(&policies[i], kind) && !is_met(context, &policies[i]) && (unmet == NULL || is_anothers(context, &policies[i]))) {
            unmet = &policies[i];
        }
    }
    return unmet;
}

enum status policy_check(struct context *context, const char *organisation)
{
    const struct command *command = context->command;
    const char *actor = command->actor.organisation;
    const char *kind = command_kind_name(command->kind);
    struct policy *policies = NULL;
    size_t count = 0;
    if (command->signature != NULL && (context->rules_version < RULES_OF_OWN_SIGNATURE || is_equal(actor, organisation))) {
        return STATUS_OK; /* which meets them all */
    }
    enum status status = db_policy_of(context->db, context->arena, actor, organisation, &policies, &count);
    const struct policy *unmet = status == STATUS_OK ? find_unmet(context, policies, count, kind) : NULL;
    if (unmet == NULL) {
        return status;
    }
    say(context, unmet, kind);
    status = context_refused(context);
    return status == STATUS_OK ? STATUS_CONFLICT : status;
}
