/*
 * The state machine's switch: which noun carries out which kind of command. What the nouns
 * share is in context.c; how a block of commands becomes durable in block.c.
 */
#include "rules/apply.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "db/effects.h"
#include "ledger/entry.h"
#include "rules/erasure.h"
#include "rules/figure.h"
#include "rules/genesis.h"
#include "rules/node_key.h"
#include "rules/organisation_key.h"
#include "rules/permit.h"
#include "rules/policy.h"
#include "rules/reference.h"
#include "rules/signature.h"
#include "rules/supply.h"
#include "rules/transfer.h"
#include "rules/transfer_receive.h"
#include "rules/witness.h"

static enum status apply(struct context *context)
{
    switch (context->command->kind) {
    case COMMAND_GENESIS:           return genesis_apply(context);
    case COMMAND_NODE_KEY_ROTATE:   return node_key_rotate_apply(context);
    case COMMAND_PROVINCE_PUT:      return province_put_apply(context);
    case COMMAND_ORGANISATION_PUT:  return organisation_put_apply(context);
    case COMMAND_SITE_PUT:          return site_put_apply(context);
    case COMMAND_ITEM_PUT:          return item_put_apply(context);
    case COMMAND_INDICATOR_PUT:     return indicator_put_apply(context);
    case COMMAND_FIGURES_PUT:       return figures_put_apply(context);
    case COMMAND_SUPPLY_INTAKE:     return supply_intake_apply(context);
    case COMMAND_SUPPLY_ADJUST:     return supply_adjust_apply(context);
    case COMMAND_TRANSFER_CREATE:   return transfer_create_apply(context);
    case COMMAND_TRANSFER_DISPATCH: return transfer_dispatch_apply(context);
    case COMMAND_TRANSFER_RECEIVE:  return transfer_receive_apply(context);
    case COMMAND_TRANSFER_CANCEL:   return transfer_cancel_apply(context);
    case COMMAND_TRANSFER_RETURN:   return transfer_return_apply(context);
    case COMMAND_ORGANISATION_KEY_ADD:    return organisation_key_add_apply(context);
    case COMMAND_ORGANISATION_KEY_REVOKE: return organisation_key_revoke_apply(context);
    case COMMAND_POLICY_PUT:        return policy_put_apply(context);
    case COMMAND_PRIVACY_ERASE:     return erasure_apply(context);
    case COMMAND_WITNESS_PUT:       return witness_put_apply(context);
    case COMMAND_KINDS:             break;
    }
    abort();
}

static enum status check(struct context *context);

/* What was refused as soon as it was read, but that a retry of what an earlier version accepted has its first answer: in the words that a
 * faulty body has (handlers/submit.c). */
static enum status refuse_unseen(struct context *context)
{
    struct refusal *refusal = &context->outcome->refusal;
    struct faults *faults = &refusal->faults;
    *faults = *context->command->unseen;
    faults->arena = context->arena; /* the command's is another thread's */
    if (!faults_part(faults)) {
        return STATUS_EXHAUSTED;
    }
    enum status status = check(context);
    if (status != STATUS_OK) {
        return status;
    }
    if (faults->total > 1) {
        refusal_set(refusal, REFUSAL_INVALID, "invalid_request", "%s is wrong with the body; errors names all of it.", "More than one thing");
    }
    return context_refused(context);
}

enum status rules_apply(struct context *context)
{
    enum status status = permit_check(context);
    if (status == STATUS_OK && context->command->unseen != NULL) {
        return refuse_unseen(context);
    }
    if (status == STATUS_OK) {
        status = signature_check(context);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? STATUS_OK : status; /* refused */
    }
    return apply(context);
}

static enum status check(struct context *context)
{
    switch (context->command->kind) {
    case COMMAND_PROVINCE_PUT:     return province_put_check(context);
    case COMMAND_ORGANISATION_PUT: return organisation_put_check(context);
    case COMMAND_SITE_PUT:         return site_put_check(context);
    case COMMAND_ITEM_PUT:         item_put_check(context); return STATUS_OK;
    case COMMAND_INDICATOR_PUT:    indicator_put_check(context); return STATUS_OK;
    case COMMAND_FIGURES_PUT:      return figures_put_check(context);
    case COMMAND_SUPPLY_INTAKE:    return supply_intake_check(context);
    case COMMAND_SUPPLY_ADJUST:    supply_adjust_check(context); return STATUS_OK;
    case COMMAND_TRANSFER_CREATE:  return transfer_create_check(context);
    case COMMAND_TRANSFER_RECEIVE: return transfer_receive_check(context);
    case COMMAND_TRANSFER_CANCEL:
    case COMMAND_TRANSFER_RETURN:  transfer_reason_check(context); return STATUS_OK;
    case COMMAND_ORGANISATION_KEY_REVOKE: organisation_key_revoke_check(context); return STATUS_OK;
    case COMMAND_ORGANISATION_KEY_ADD:
    case COMMAND_POLICY_PUT:
    case COMMAND_PRIVACY_ERASE:
    case COMMAND_WITNESS_PUT:
    case COMMAND_TRANSFER_DISPATCH:
    case COMMAND_GENESIS:
    case COMMAND_NODE_KEY_ROTATE:
    case COMMAND_KINDS:
        break;
    }
    return STATUS_OK;
}

enum status rules_check(struct db *db, struct arena *arena, const struct command *command, int64_t time_ms,
                        struct faults *faults, struct refusal *forbidden)
{
    if (command->request == NULL) {
        return STATUS_OK;
    }
    struct outcome *outcome = arena_alloc(arena, sizeof *outcome);
    if (outcome == NULL) {
        return STATUS_EXHAUSTED;
    }
    refusal_init(&outcome->refusal, arena);
    outcome->refusal.faults = *faults;
    struct context context = { .db = db, .arena = arena, .command = command, .time_ms = time_ms, .rules_version = ENTRY_RULES_VERSION,
                               .outcome = outcome };
    enum status status = permit_check(&context);
    if (status == STATUS_CONFLICT) {
        *forbidden = outcome->refusal;
        faults_init(&forbidden->faults, arena); /* what else is wrong is nothing to a stranger */
        return STATUS_CONFLICT;
    }
    status = status == STATUS_OK ? check(&context) : status;
    if (status == STATUS_OK) {
        *faults = outcome->refusal.faults;
    }
    return status;
}

enum status rules_effects_digest(struct db *db, uint8_t out[DIGEST_BYTES])
{
    struct buffer rows;
    buffer_init(&rows);
    enum status status = effects_encode(db, &rows);
    if (status == STATUS_OK) {
        digest_bytes(out, rows.bytes != NULL ? rows.bytes : "", rows.length);
    }
    buffer_fini(&rows);
    return status;
}
