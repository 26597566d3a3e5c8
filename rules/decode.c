/*
 * From bytes to a command. Bodies are bound by the tables of request.c; figures may come
 * as CSV (figure_read.c); personal texts are taken out by personal.c. What the state says
 * to a command is the business of apply.c and the nouns behind it.
 */
#include "rules/decode.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "rules/erasure.h"
#include "rules/figure_read.h"
#include "rules/identifier.h"
#include "rules/jwk.h"
#include "rules/personal.h"
#include "rules/policy_read.h"
#include "rules/request.h"
#include "rules/witness.h"

/* The id that a body names for its object, or NULL. */
static const char *body_id(const struct command *command)
{
    switch (command->kind) {
    case COMMAND_PROVINCE_PUT:     return ((const struct province_request *)command->request)->code;
    case COMMAND_ORGANISATION_PUT: return ((const struct organisation_request *)command->request)->id;
    case COMMAND_SITE_PUT:         return ((const struct site_request *)command->request)->id;
    case COMMAND_ITEM_PUT:         return ((const struct item_request *)command->request)->id;
    case COMMAND_INDICATOR_PUT:    return ((const struct indicator_request *)command->request)->id;
    case COMMAND_SUPPLY_INTAKE:    return ((const struct intake_request *)command->request)->id;
    case COMMAND_TRANSFER_CREATE:  return ((const struct transfer_request *)command->request)->id;
    case COMMAND_POLICY_PUT:       return ((const struct policy_request *)command->request)->organisation;
    case COMMAND_WITNESS_PUT:      return ((const struct witness_request *)command->request)->id;
    case COMMAND_GENESIS:
    case COMMAND_NODE_KEY_ROTATE:
    case COMMAND_FIGURES_PUT:
    case COMMAND_SUPPLY_ADJUST:
    case COMMAND_TRANSFER_DISPATCH:
    case COMMAND_TRANSFER_RECEIVE:
    case COMMAND_TRANSFER_CANCEL:
    case COMMAND_TRANSFER_RETURN:
    case COMMAND_ORGANISATION_KEY_ADD:
    case COMMAND_ORGANISATION_KEY_REVOKE:
    case COMMAND_PRIVACY_ERASE:
    case COMMAND_KINDS:
        break;
    }
    return NULL;
}

/* Where a body names the id of its path. */
static const char *id_pointer(enum command_kind kind)
{
    return kind == COMMAND_PROVINCE_PUT ? "/code" : kind == COMMAND_POLICY_PUT ? "/organisation" : "/id";
}

/* A PUT's body may repeat the id of its path; a POST's may choose the new object's id. */
static void settle_id(struct command *command, enum bind_mode mode, struct faults *faults)
{
    const char *id = body_id(command);
    if (id == NULL) {
        return;
    }
    bool is_create = command->kind == COMMAND_SUPPLY_INTAKE || command->kind == COMMAND_TRANSFER_CREATE;
    if (is_create) {
        command->new_id = id;
        if (mode != BIND_COMMITTED && identifier_is_reserved(id)) { /* a ledger that has such an id is still replayed */
            faults_add(faults, "/id", "reserved_id", "%s stands for another resource in paths: choose another id or leave it out", id);
        }
    } else if (strcmp(id, command->target) != 0) {
        faults_add(faults, id_pointer(command->kind), "id_mismatch",
                   "the body says %s, the path %s: leave it out or let it equal the path", id, command->target);
    }
}

static enum status bind_body(struct command *command, enum bind_mode mode, struct arena *arena, struct faults *faults)
{
    const struct bind_table *table = request_table((int)command->kind);
    assert(table != NULL);
    enum status parsed = STATUS_OK;
    if (command->document == NULL) {
        parsed = json_parse(command->body, command->body_length, &command->document, faults);
    }
    if (command->document == NULL) {
        return parsed;
    }
    void *request = arena_alloc(arena, table->size);
    if (request == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = json_bind(command->document, table, mode, "", request, arena, faults);
    if (status != STATUS_EXHAUSTED && json_is_object(command->document)) {
        command->request = request;
    }
    return status != STATUS_OK ? status : parsed;
}

/* More is read of some bodies than their tables bind; what has no body to be read has none of it. */
static enum status read_more(struct command *command, struct arena *arena, struct faults *faults)
{
    /* The tables' structs are ours and not const in truth: bind_body made them. */
    void *request = (void *)(uintptr_t)command->request;
    if (command->kind == COMMAND_FIGURES_PUT || command->kind == COMMAND_GENESIS) {
        return figure_read_decimals(command, arena, faults);
    }
    if (command->kind == COMMAND_ORGANISATION_KEY_ADD) {
        jwk_settle(request, faults);
        command->new_id = ((const struct key_add_request *)request)->id;
    }
    if (command->kind == COMMAND_PRIVACY_ERASE) {
        return erasure_settle(request, arena, faults);
    }
    if (command->kind == COMMAND_WITNESS_PUT) {
        witness_settle(request, faults);
    }
    return command->kind == COMMAND_POLICY_PUT ? policy_settle(request, arena, faults) : STATUS_OK;
}

/* Whether an earlier version would have accepted the command: all that is wrong are characters that nobody sees. */
static bool is_late(const struct command *command, enum status status, const struct faults *faults)
{
    return status == STATUS_INVALID && command->request != NULL && faults->count > 0 && faults->unseen == faults->total;
}

/* Whether it may have been accepted is told by its key, which is looked up with all of the command but its request. */
static enum status refuse_later(struct command *command, struct arena *arena, const struct faults *faults)
{
    struct faults *unseen = arena_alloc(arena, sizeof *unseen);
    if (unseen == NULL) {
        return STATUS_EXHAUSTED;
    }
    *unseen = *faults;
    command->unseen = unseen;
    return faults_part(unseen) ? STATUS_INVALID : STATUS_EXHAUSTED;
}

enum status command_decode_parsed(struct command *command, enum bind_mode mode, const char *body, size_t body_length, json_t *document,
                                  struct arena *arena, struct faults *faults)
{
    command->submitted = command->body = body;
    command->submitted_length = command->body_length = body_length;
    command->personal = NULL;
    command->personal_count = 0;
    command->document = document;
    command->request = NULL;
    command->unseen = NULL;
    if (command->kind == COMMAND_FIGURES_PUT && document == NULL && !figure_body_is_json(body, body_length)) {
        size_t rows_max = mode == BIND_COMMITTED ? SIZE_MAX : LIMIT_FIGURES; /* what was accepted once is replayed */
        return figure_read_csv(command, rows_max, arena, faults);
    }
    enum status status = bind_body(command, mode, arena, faults);
    if (command->request != NULL && (status == STATUS_OK || status == STATUS_INVALID)) {
        status = read_more(command, arena, faults);
    }
    if (command->request != NULL && (status == STATUS_OK || status == STATUS_INVALID)) {
        settle_id(command, mode, faults);
        status = faults->total > 0 ? STATUS_INVALID : STATUS_OK;
    }
    const bool is_refused_later = is_late(command, status, faults);
    if (mode == BIND_CLEAR && (status == STATUS_OK || is_refused_later)) {
        enum status committed = personal_commit(command, arena);
        status = committed != STATUS_OK ? committed : status;
    }
    return status == STATUS_INVALID && is_refused_later ? refuse_later(command, arena, faults) : status;
}

enum status command_decode(struct command *command, enum bind_mode mode, const char *body, size_t body_length,
                           struct arena *arena, struct faults *faults)
{
    return command_decode_parsed(command, mode, body, body_length, NULL, arena, faults);
}

void command_fini(struct command *command)
{
    if (command->document != NULL) {
        json_decref(command->document);
        command->document = NULL;
    }
}
