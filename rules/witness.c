/*
 * Witnesses: reading and storing. Only admins get here (the route). Next: handlers/ledger/cosignatures.c, which takes what they sign.
 */
#include "rules/witness.h"

#include <string.h>

#include "db/reference.h"
#include "db/witness.h"
#include "rules/reference.h"
#include "rules/unknown.h"

void witness_settle(struct witness_request *request, struct faults *faults)
{
    if (request->vkey != NULL && cosigner_read(&request->cosigner, request->vkey, strlen(request->vkey)) != STATUS_OK) {
        faults_add(faults, "/vkey", "bad_format",
                   "vkey is no witness's key: NAME+HASH+KEY is wanted, where KEY is base64 of the byte 04 and an Ed25519 key, and HASH the first 8 "
                   "hexadecimal digits of SHA-256 of NAME, a line feed and these 33 bytes; tallystick witness prints its own");
    } else if (request->vkey != NULL && ed25519_is_small_order(request->cosigner.public_key)) {
        faults_add(faults, "/vkey", "bad_format", "vkey is a point of small order: anybody can sign for it; take a key that was made of a seed");
    }
}

/* STATUS_OK and a fault where there is no such organisation. */
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

/* Nobody is two witnesses. */
static enum status check_other(struct context *context, const struct witness *row)
{
    struct refusal *refusal = &context->outcome->refusal;
    struct witness other;
    enum status status = db_witness_find_other(context->db, context->arena, row->id, row->name, row->public_key, &other);
    if (status == STATUS_OK) {
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists", "this name or this key is the witness %s's", other.id);
        refusal_text(refusal, "existing_id", other.id);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static bool is_same(const struct witness *a, const struct witness *b)
{
    bool same_organisation = a->organisation == NULL || b->organisation == NULL ? a->organisation == b->organisation
                                                                              : strcmp(a->organisation, b->organisation) == 0;
    return same_organisation && strcmp(a->name, b->name) == 0 && a->is_ended == b->is_ended &&
        memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0;
}

enum status witness_put_apply(struct context *context)
{
    const struct witness_request *request = context->command->request;
    struct witness old = { 0 };
    struct witness row = { .id = context->command->target, .name = request->cosigner.name, .organisation = request->organisation,
                           .is_ended = request->ended, .version = 1, .seq = (int64_t)context->seq };
    enum reference_verdict verdict = REFERENCE_DONE;
    memcpy(row.public_key, request->cosigner.public_key, sizeof row.public_key);
    enum status status = row.organisation != NULL ? check_organisation(context, row.organisation) : STATUS_OK;
    if (status == STATUS_OK) {
        status = check_other(context, &row);
    }
    if (status == STATUS_OK) {
        status = db_witness_find(context->db, context->arena, row.id, &old);
    }
    bool exists = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    status = reference_settle(context, exists, exists && is_same(&old, &row), old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    row.version = exists ? old.version + 1 : 1;
    status = db_witness_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}
