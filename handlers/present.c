/*
 * Answers. One row for each kind of command says where its object is found and which
 * function writes it. present() runs inside the block's transaction, on the writer's
 * connection: what it shows is what the command left.
 */
#include "handlers/present.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "handlers/figures.h"
#include "handlers/indicators.h"
#include "handlers/items.h"
#include "handlers/object.h"
#include "handlers/organisation_keys.h"
#include "handlers/organisations.h"
#include "handlers/policies.h"
#include "handlers/privacy.h"
#include "handlers/problem.h"
#include "handlers/provinces.h"
#include "handlers/sites.h"
#include "handlers/supplies.h"
#include "handlers/tag.h"
#include "handlers/transfers.h"
#include "handlers/ledger/witnesses.h"

enum { INSTANCE_BYTES = 160 };

_Static_assert((int)TAG_BYTES <= (int)ANSWER_ETAG_BYTES, "an answer has room for a tag");

struct kind {
    const char *collection; /* the path of the list */
    const char *action;     /* what follows the target in the request's path */
    bool has_location;      /* a created object has a path of its own */
    bool is_inside;         /* and it lies behind the target and the action */
    object_present present;
};

static const struct kind kinds[COMMAND_KINDS] = {
    [COMMAND_GENESIS] = { "/ledger", "", false, false, NULL },
    [COMMAND_NODE_KEY_ROTATE] = { "/ledger/keys", "", false, false, NULL },
    [COMMAND_PROVINCE_PUT] = { "/provinces", "", true, false, provinces_present },
    [COMMAND_ORGANISATION_PUT] = { "/organisations", "", true, false, organisations_present },
    [COMMAND_SITE_PUT] = { "/sites", "", true, false, sites_present },
    [COMMAND_ITEM_PUT] = { "/items", "", true, false, items_present },
    [COMMAND_INDICATOR_PUT] = { "/indicators", "", true, false, indicators_present },
    [COMMAND_FIGURES_PUT] = { "/figures", "", false, false, NULL }, /* figures_present wants the command */
    [COMMAND_SUPPLY_INTAKE] = { "/supplies", "", true, false, supplies_present },
    [COMMAND_SUPPLY_ADJUST] = { "/supplies", "/adjustments", true, false, supplies_present },
    [COMMAND_TRANSFER_CREATE] = { "/transfers", "", true, false, transfers_present },
    [COMMAND_TRANSFER_DISPATCH] = { "/transfers", "/dispatch", true, false, transfers_present },
    [COMMAND_TRANSFER_RECEIVE] = { "/transfers", "/receive", true, false, transfers_present },
    [COMMAND_TRANSFER_CANCEL] = { "/transfers", "/cancel", true, false, transfers_present },
    [COMMAND_TRANSFER_RETURN] = { "/transfers", "/return", true, false, transfers_present },
    [COMMAND_ORGANISATION_KEY_ADD] = { "/organisations", "/keys", true, true, organisation_keys_present },
    [COMMAND_ORGANISATION_KEY_REVOKE] = { "/organisations", "/revoke", true, false, organisation_keys_present },
    [COMMAND_PRIVACY_ERASE] = { "/privacy/erasures", "", false, false, privacy_present },
    [COMMAND_POLICY_PUT] = { "/policies", "", true, false, policies_present },
    [COMMAND_WITNESS_PUT] = { "/witnesses", "", true, false, witnesses_present },
};

/* The path that the command was sent to. */
static void make_instance(char out[INSTANCE_BYTES], const struct command *command)
{
    const struct kind *kind = &kinds[command->kind];
    bool has_target = command->target[0] != 0;
    const bool has_owner = command->owner != NULL; /* of a key */
    snprintf(out, INSTANCE_BYTES, "%s%s%s%s%s%s%s", kind->collection, has_owner ? "/" : "", has_owner ? command->owner : "",
             has_owner ? "/keys" : "", has_target ? "/" : "", command->target, kind->action);
}

/* The path of what the command has created; what has none of its own stands in the ledger. */
static void make_location(struct answer *answer, const struct command *command, const struct outcome *outcome)
{
    const struct kind *kind = &kinds[command->kind];
    if (!kind->has_location) {
        snprintf(answer->location, sizeof answer->location, "/ledger/entries/%" PRIu64, outcome->seq);
        return;
    }
    int length = snprintf(answer->location, sizeof answer->location, "%s%s%s%s/%s", kind->collection, kind->is_inside ? "/" : "",
                          kind->is_inside ? command->target : "", kind->is_inside ? kind->action : "", outcome->id);
    assert(length > 0 && (size_t)length < sizeof answer->location);
}

/* The caller's receipt: which entry tells of this. */
static void write_ledger(struct json_writer *w, const struct outcome *outcome)
{
    json_key(w, "ledger");
    json_object_begin(w);
    json_member_integer(w, "seq", (int64_t)outcome->seq);
    json_member_hex(w, "entry_hash", outcome->hash, sizeof outcome->hash);
    json_object_end(w);
}

static enum status write_object(struct db *db, const struct command *command, const struct outcome *outcome,
                                struct arena *arena, struct json_writer *w, struct answer *answer)
{
    const struct kind *kind = &kinds[command->kind];
    if (command->kind == COMMAND_FIGURES_PUT) {
        return figures_present(db, arena, command, outcome, w);
    }
    if (kind->present == NULL) {
        return STATUS_OK;
    }
    int64_t version = TAG_NO_VERSION;
    size_t start = answer->body.length;
    enum status status = kind->present(db, arena, &command->actor, outcome->id, w, &version);
    if (status == STATUS_OK && version != TAG_NO_VERSION) { /* else there is nothing that a later GET would show */
        object_tag(answer->etag, version, &answer->body, start);
    }
    return status == STATUS_ABSENT ? STATUS_CORRUPT : status; /* it was just written */
}

/* What is wrong with the body of a signed command is told at pointers within its payload, as all that is wrong with it. */
static enum status present_refusal(const struct command *command, const struct outcome *outcome, const char *instance,
                                   struct arena *arena, struct answer *answer)
{
    const struct refusal *refusal = &outcome->refusal;
    if (command->signature != NULL && refusal->faults.count > 0) {
        struct refusal *moved = arena_alloc(arena, sizeof *moved);
        if (moved == NULL) {
            return STATUS_EXHAUSTED;
        }
        *moved = *refusal;
        if (!faults_part(&moved->faults)) {
            return STATUS_EXHAUSTED;
        }
        faults_move(&moved->faults, 0, "/body");
        refusal = moved;
    }
    problem_refusal(refusal, instance, answer);
    return answer->body.failed ? STATUS_EXHAUSTED : STATUS_OK;
}

static enum status present(void *context, struct db *db, const struct command *command, const struct outcome *outcome,
                           struct arena *arena, struct answer *answer)
{
    struct json_writer w;
    (void)context;
    if (outcome->kind == OUTCOME_REFUSED) {
        char instance[INSTANCE_BYTES];
        make_instance(instance, command);
        return present_refusal(command, outcome, instance, arena, answer);
    }
    bool is_created = outcome->kind == OUTCOME_CREATED;
    answer->status = is_created ? 201 : 200;
    answer->is_problem = false;
    answer->seq = outcome->seq;
    if (is_created) {
        make_location(answer, command, outcome);
    }
    buffer_reset(&answer->body);
    json_writer_init(&w, &answer->body);
    json_object_begin(&w);
    enum status status = write_object(db, command, outcome, arena, &w, answer);
    if (status != STATUS_OK) {
        return status;
    }
    write_ledger(&w, outcome);
    json_object_end(&w);
    json_writer_finish(&w);
    return answer->body.failed ? STATUS_EXHAUSTED : STATUS_OK;
}

const struct presenter present_answers = { present, NULL };
