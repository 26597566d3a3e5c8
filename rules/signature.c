/*
 * Keys of signed commands, by the number of the entry; and that no commitment serves twice. A client chooses the salts of the
 * texts that it commits to, and the same commitment at two places would make one text of two.
 */
#include "rules/signature.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "db/answer.h"

enum signature_fault signature_judge(const struct organisation_key *key, const struct actor *actor, uint64_t seq)
{
    if (key == NULL || (int64_t)seq < key->from_seq) {
        return SIGNATURE_UNKNOWN_KEY;
    }
    if (actor->organisation[0] == 0 || strcmp(key->organisation, actor->organisation) != 0) {
        return SIGNATURE_FOREIGN_KEY;
    }
    return key->to_seq != 0 && (int64_t)seq > key->to_seq ? SIGNATURE_REVOKED_KEY : SIGNATURE_SOUND;
}

static void refuse(struct context *context, enum signature_fault fault, const struct organisation_key *key)
{
    const char *id = context->command->signature->key;
    const char *organisation = context->command->actor.organisation;
    struct refusal *refusal = &context->outcome->refusal;
    switch (fault) {
    case SIGNATURE_SOUND:
        return;
    case SIGNATURE_UNKNOWN_KEY:
        refusal_set(refusal, REFUSAL_INVALID, "unknown_key", "no key %s is registered; an administrator registers it: "
                    "POST /organisations/{id}/keys", id);
        return;
    case SIGNATURE_FOREIGN_KEY:
        refusal_set(refusal, REFUSAL_FORBIDDEN, "foreign_key", "the key %s is one of %s, the token is one of %s: sign with a key of the "
                    "token's organisation", id, key->organisation, organisation[0] != 0 ? organisation : "no organisation");
        return;
    case SIGNATURE_REVOKED_KEY:
        refusal_set(refusal, REFUSAL_FORBIDDEN, "key_revoked", "the key %s was revoked by entry %" PRId64 ": sign with another one", id,
                    key->to_seq);
        refusal_integer(refusal, "revoked_seq", key->to_seq);
        return;
    }
}

/* A commitment that an earlier entry has. */
static enum status check_commitments(struct context *context)
{
    const struct command *command = context->command;
    struct faults *faults = &context->outcome->refusal.faults;
    for (size_t i = 0; i < command->personal_count; i++) {
        struct personal_row row;
        char hex[COMMITMENT_HEX_BYTES];
        text_to_hex(hex, command->personal[i].commitment, DIGEST_BYTES);
        enum status status = db_personal_find(context->db, context->arena, hex, &row);
        if (status == STATUS_OK) {
            faults_add(faults, command->personal[i].pointer, "commitment_reused",
                       "an earlier entry has this commitment: draw a new salt of 32 random bytes for every text");
        } else if (status != STATUS_ABSENT) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status signature_check(struct context *context)
{
    const struct command *command = context->command;
    struct organisation_key key;
    if (command->signature == NULL) {
        return STATUS_OK;
    }
    enum status status = context_find_key(context, command->signature->key, &key);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    enum signature_fault fault = signature_judge(status == STATUS_OK ? &key : NULL, &command->actor, context->seq);
    refuse(context, fault, &key);
    if (fault == SIGNATURE_SOUND) {
        status = check_commitments(context);
        if (status != STATUS_OK || context->outcome->refusal.faults.total == 0) {
            return status;
        }
    }
    status = context_refused(context);
    return status == STATUS_OK ? STATUS_CONFLICT : status;
}
