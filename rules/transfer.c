/*
 * Transfers: reserving, dispatching, cancelling, returning. Receiving, the longest of the
 * transitions, is in transfer_receive.c; quantities change in stock.c alone.
 */
#include "rules/transfer.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "db/reference.h"
#include "rules/precondition.h"
#include "rules/request.h"
#include "rules/stock.h"
#include "rules/unknown.h"

/* What each action starts from and leads to, done to all that was sent: after a receipt of a part the
 * transfer stays in_transit, and after a receipt and a return it is received. */
static const struct step {
    const char *action, *from, *to;
} steps[] = {
    { "dispatch", "reserved", "in_transit" },
    { "cancel", "reserved", "cancelled" },
    { "receive", "in_transit", "received" },
    { "return", "in_transit", "returned" },
};

static const struct step *step_of(const char *action)
{
    size_t i = 0;
    while (strcmp(steps[i].action, action) != 0) {
        i++;
        assert(i < sizeof steps / sizeof steps[0]);
    }
    return &steps[i];
}

/* Which actions a state allows, for the message of a refused one. */
static const char *allowed_from(struct arena *arena, const char *state)
{
    const char *words = "";
    for (size_t i = 0; words != NULL && i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].from, state) == 0) {
            words = arena_format(arena, "%s%s%s", words, words[0] != 0 ? " " : "", steps[i].action);
        }
    }
    return words;
}

enum status transfer_load(struct context *context, struct transfer_state *state)
{
    const char *id = context->command->target;
    enum status status = context_find_transfer(context, id, &state->transfer);
    if (status == STATUS_ABSENT) {
        refusal_set(&context->outcome->refusal, REFUSAL_ABSENT, "not_found", "there is no transfer %s", id);
        return STATUS_CONFLICT;
    }
    return status != STATUS_OK ? status
                               : db_transfer_lines(context->db, context->arena, id, &state->lines, &state->count);
}

enum status transfer_check(struct context *context, const struct transfer_state *state, const char *action)
{
    const struct step *step = step_of(action);
    const struct transfer *transfer = &state->transfer;
    struct refusal *refusal = &context->outcome->refusal;
    if (precondition_check_optional(context, transfer->version) != STATUS_OK) {
        return STATUS_CONFLICT; /* the caller decided on another state than this one */
    }
    if (strcmp(transfer->state, step->from) == 0) {
        return STATUS_OK;
    }
    const char *allowed = allowed_from(context->arena, transfer->state);
    if (allowed == NULL) {
        return STATUS_EXHAUSTED;
    }
    bool is_double = strcmp(action, "receive") == 0 && strcmp(transfer->state, "received") == 0;
    refusal_set(refusal, REFUSAL_CONFLICT, is_double ? "already_received" : "invalid_transition",
                "transfer %s is %s: %s needs %s%s%s", transfer->id, transfer->state, action, step->from,
                allowed[0] != 0 ? "; what can be done now: " : "; nothing more can be done with it", allowed);
    refusal_text(refusal, "from", transfer->state);
    refusal_text(refusal, "to", step->to);
    refusal_list(refusal, "allowed", allowed);
    return STATUS_CONFLICT;
}

enum status transfer_move(struct context *context, const struct transfer_state *state, const char *to,
                          const char *kind, const char *reason)
{
    const struct actor *actor = &context->command->actor;
    struct transfer_event event = {
        .transfer = state->transfer.id, .seq = (int64_t)context->seq, .kind = kind, .time_ms = context->time_ms,
        .organisation = actor->organisation, .role = role_name(actor->role), .reason = reason,
    };
    enum status status = db_transfer_change(context->db, state->transfer.id, to, context->time_ms, event.seq);
    return status != STATUS_OK ? status : db_transfer_event_insert(context->db, &event);
}

/* One line of a transfer that is to be made, with the supply it takes from. */
struct wanted_line {
    const struct transfer_line_request *request;
    struct supply supply;
    bool is_known;
};

static enum status find_lines(struct context *context, const struct transfer_request *request, struct wanted_line *lines)
{
    struct faults *faults = &context->outcome->refusal.faults;
    const struct transfer_line_request *wanted = request->lines.items;
    if (request->lines.count == 0 && !context_is_faulty(context, "/lines")) {
        faults_add(faults, "/lines", "no_lines", "a transfer needs at least one line {supply, quantity}");
    }
    for (size_t i = 0; i < request->lines.count; i++) {
        lines[i].request = &wanted[i];
        if (wanted[i].supply == NULL) {
            continue; /* it could not be read */
        }
        enum status status = context_find_supply(context, wanted[i].supply, &lines[i].supply);
        lines[i].is_known = status == STATUS_OK;
        if (status != STATUS_OK && status != STATUS_ABSENT) {
            return status;
        }
        if (!lines[i].is_known) {
            faults_add(faults, arena_format(context->arena, "/lines/%zu/supply", i), "unknown_supply",
                       "%s is no supply; GET /supplies lists them", wanted[i].supply);
        }
        for (size_t k = 0; k < i; k++) {
            if (wanted[k].supply != NULL && strcmp(wanted[k].supply, wanted[i].supply) == 0) {
                faults_add(faults, arena_format(context->arena, "/lines/%zu/supply", i), "duplicate_line",
                           "%s stands in line %zu already: add the quantities up", wanted[i].supply, k + 1);
                break;
            }
        }
    }
    return STATUS_OK;
}

/* All lines at one site, which is not the destination. */
static void check_sites(struct context *context, const struct transfer_request *request,
                        const struct wanted_line *lines, const struct site *destination)
{
    struct faults *faults = &context->outcome->refusal.faults;
    const char *origin = NULL;
    for (size_t i = 0; i < request->lines.count; i++) {
        if (!lines[i].is_known) {
            continue;
        }
        const char *pointer = arena_format(context->arena, "/lines/%zu/supply", i);
        if (origin != NULL && strcmp(lines[i].supply.site, origin) != 0) {
            faults_add(faults, pointer, "several_origins", "%s lies at %s, the first line's supply at %s: make a transfer for each site",
                       lines[i].supply.id, lines[i].supply.site, origin);
        }
        origin = origin == NULL ? lines[i].supply.site : origin;
        if (destination != NULL && strcmp(lines[i].supply.site, destination->id) == 0) {
            faults_add(faults, pointer, "same_site", "%s lies at %s already", lines[i].supply.id, destination->id);
        }
    }
}

/* Adds what stands in the way of one line. The first of all gives the problem its code and says which supply. */
static void add_obstacle(struct context *context, size_t line, const struct supply *supply,
                         const struct stock_obstacle *obstacle)
{
    struct refusal *refusal = &context->outcome->refusal;
    if (refusal->code == NULL) {
        refusal_set(refusal, REFUSAL_CONFLICT, obstacle->code, "%s", obstacle->detail);
        refusal_text(refusal, "supply", supply->id);
        if (supply->lot[0] != 0) {
            refusal_text(refusal, "lot", supply->lot);
        }
    }
    faults_add(&refusal->faults, arena_format(context->arena, "/lines/%zu", line), obstacle->code, "%s", obstacle->detail);
}

/* All that keeps a line's supply from leaving for destination, whatever the quantity. */
static enum status check_line(struct context *context, size_t line, const struct supply *supply,
                              const struct site *destination)
{
    struct stock_obstacle found[STOCK_OBSTACLES_MAX];
    size_t count = 0;
    enum status status = stock_obstacles(context, supply, destination, found, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        add_obstacle(context, line, supply, &found[i]);
    }
    return status;
}

static enum status check_stock(struct context *context, const struct wanted_line *lines, size_t count,
                               const struct site *destination)
{
    struct refusal *refusal = &context->outcome->refusal;
    for (size_t i = 0; i < count; i++) {
        const struct supply *supply = &lines[i].supply;
        int64_t available = supply->on_hand - supply->reserved, asked = lines[i].request->quantity;
        bool was_clear = refusal->code == NULL;
        enum status status = check_line(context, i, supply, destination);
        if (status == STATUS_OK && available < asked) {
            struct stock_obstacle few = { "insufficient_stock",
                arena_format(context->arena, "supply %s has %" PRId64 " available, %" PRId64 " are asked for", supply->id,
                             available, asked) };
            status = few.detail == NULL ? STATUS_EXHAUSTED : STATUS_OK;
            if (status == STATUS_OK) {
                add_obstacle(context, i, supply, &few);
            }
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (was_clear && refusal->code != NULL) {
            refusal_integer(refusal, "available", available);
            refusal_integer(refusal, "asked", asked);
        }
    }
    return STATUS_OK;
}

/* Behind the event that tells of it. */
static enum status write_person(struct context *context, const char *transfer, const char *member, const struct bind_personal *who)
{
    return who->commitment == NULL ? STATUS_OK
                                   : db_transfer_person_insert(context->db, transfer, member, (int64_t)context->seq, who->commitment);
}

static enum status write_transfer(struct context *context, const struct transfer_request *request,
                                  struct wanted_line *lines)
{
    const struct actor *actor = &context->command->actor;
    struct transfer row = {
        .id = context->command->new_id, .origin = lines[0].supply.site, .destination = request->destination,
        .state = "reserved", .reference = request->reference, .carrier = request->carrier,
        .note = request->note.commitment, .rationale = request->rationale.commitment,
        .created_by = actor->organisation, .created_role = role_name(actor->role),
        .created_at_ms = context->time_ms, .seq = (int64_t)context->seq,
    };
    struct transfer_event event = {
        .transfer = row.id, .seq = row.seq, .kind = "create", .time_ms = context->time_ms,
        .organisation = actor->organisation, .role = row.created_role,
    };
    struct stock_note nothing = { "", "", NULL, 0, NULL, NULL, 0 };
    enum status status = db_transfer_insert(context->db, &row);
    for (size_t i = 0; status == STATUS_OK && i < request->lines.count; i++) {
        struct transfer_line line = { .transfer = row.id, .line = (int64_t)i + 1, .supply = lines[i].supply.id,
                                      .quantity = lines[i].request->quantity };
        status = db_transfer_line_insert(context->db, &line);
        if (status == STATUS_OK) {
            status = stock_change(context, &lines[i].supply, 0, line.quantity, &nothing);
        }
    }
    status = status == STATUS_OK ? db_transfer_event_insert(context->db, &event) : status;
    return status == STATUS_OK ? write_person(context, row.id, "contact", &request->contact) : status;
}

/* Everything that is wrong in the request itself or against reference data. */
static enum status check_request(struct context *context, const struct transfer_request *request,
                                 struct wanted_line *lines, struct site *destination)
{
    struct faults *faults = &context->outcome->refusal.faults;
    enum status status = STATUS_OK;
    bool has_destination = false;
    if (request->destination != NULL) {
        status = context_find_site(context, request->destination, destination);
        has_destination = status == STATUS_OK;
    }
    if (status == STATUS_ABSENT) {
        faults_add(faults, "/destination", "unknown_site", "%s is no site; PUT /sites/%s makes one", request->destination,
                   request->destination);
        status = unknown_suggest(context->db, faults, REFERENCE_SITE, request->destination);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (request->need != NULL) {
        faults_add(faults, "/need", "unknown_need", "there is no need %s", request->need);
    }
    status = find_lines(context, request, lines);
    if (status == STATUS_OK) {
        check_sites(context, request, lines, has_destination ? destination : NULL);
    }
    return status;
}

enum status transfer_create_check(struct context *context)
{
    const struct transfer_request *request = context->command->request;
    struct site destination;
    struct wanted_line *lines = arena_array(context->arena, request->lines.count + 1, sizeof *lines);
    return lines == NULL ? STATUS_EXHAUSTED : check_request(context, request, lines, &destination);
}

static enum status check_id_is_new(struct context *context)
{
    struct transfer other;
    const char *id = context->command->new_id;
    enum status status = db_transfer_find(context->db, context->arena, id, &other);
    if (status == STATUS_OK) {
        refusal_set(&context->outcome->refusal, REFUSAL_CONFLICT, "already_exists",
                    "there is a transfer %s already: choose another id or leave it out", id);
        refusal_text(&context->outcome->refusal, "existing_id", id);
        return STATUS_CONFLICT;
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

enum status transfer_create_apply(struct context *context)
{
    const struct transfer_request *request = context->command->request;
    struct refusal *refusal = &context->outcome->refusal;
    struct site destination;
    struct wanted_line *lines = arena_array(context->arena, request->lines.count + 1, sizeof *lines);
    enum status status = lines == NULL ? STATUS_EXHAUSTED : check_request(context, request, lines, &destination);
    if (status != STATUS_OK) {
        return status;
    }
    if (refusal->faults.total > 0) {
        return context_refused(context);
    }
    status = check_id_is_new(context);
    if (status == STATUS_OK) {
        status = check_stock(context, lines, request->lines.count, &destination);
    }
    if (status == STATUS_CONFLICT || (status == STATUS_OK && refusal->code != NULL)) {
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = write_transfer(context, request, lines);
    }
    return status != STATUS_OK ? status : context_created(context, context->command->new_id);
}

/* Loads and checks the state; the actor was checked before (permit.h). STATUS_CONFLICT: refused. */
static enum status prepare(struct context *context, const char *action, struct transfer_state *state)
{
    enum status status = transfer_load(context, state);
    return status != STATUS_OK ? status : transfer_check(context, state, action);
}

/* Checks again, at the door, what was checked when the goods were reserved. */
static enum status check_dispatch(struct context *context, const struct transfer_state *state, struct supply *supplies)
{
    struct site destination;
    enum status status = context_find_site(context, state->transfer.destination, &destination);
    for (size_t i = 0; status == STATUS_OK && i < state->count; i++) {
        status = db_supply_find(context->db, context->arena, state->lines[i].supply, &supplies[i]);
        if (status == STATUS_OK) {
            status = check_line(context, i, &supplies[i], &destination);
        }
    }
    return status;
}

static enum status dispatch_line(struct context *context, struct transfer_line *line, struct supply *supply)
{
    struct stock_note note = { "dispatch", "", line->transfer, line->line, NULL, NULL, context->time_ms };
    struct transfer_event_line event = { .transfer = line->transfer, .seq = (int64_t)context->seq, .line = line->line,
                                         .dispatched = line->quantity };
    line->dispatched = line->outstanding = line->quantity;
    enum status status = stock_change(context, supply, -line->quantity, -line->quantity, &note);
    if (status == STATUS_OK) {
        status = db_transfer_line_change(context->db, line);
    }
    return status != STATUS_OK ? status : db_transfer_event_line_insert(context->db, &event);
}

enum status transfer_dispatch_apply(struct context *context)
{
    const struct dispatch_request *request = context->command->request;
    struct transfer_state state;
    enum status status = prepare(context, "dispatch", &state);
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    struct supply *supplies = arena_array(context->arena, state.count, sizeof *supplies);
    status = supplies == NULL ? STATUS_EXHAUSTED : check_dispatch(context, &state, supplies);
    if (status == STATUS_OK && context->outcome->refusal.code != NULL) {
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = transfer_move(context, &state, "in_transit", "dispatch", request->note.commitment);
    }
    if (status == STATUS_OK) {
        status = write_person(context, state.transfer.id, "driver", &request->driver);
    }
    for (size_t i = 0; status == STATUS_OK && i < state.count; i++) {
        status = dispatch_line(context, &state.lines[i], &supplies[i]);
    }
    return status != STATUS_OK ? status : context_changed(context, state.transfer.id);
}

/* Cancel and return say why. */
void transfer_reason_check(struct context *context)
{
    const struct reason_request *request = context->command->request;
    bool is_cancel = context->command->kind == COMMAND_TRANSFER_CANCEL;
    if (!request_has_text(&request->reason) && !context_is_faulty(context, "/reason")) {
        faults_add(&context->outcome->refusal.faults, "/reason", "reason_required",
                   "to %s a transfer say why: {\"reason\": \"...\"}", is_cancel ? "cancel" : "return");
    }
}

/* The same as a status: STATUS_CONFLICT where there is none. */
static enum status require_reason(struct context *context)
{
    transfer_reason_check(context);
    return context->outcome->refusal.faults.total == 0 ? STATUS_OK : STATUS_CONFLICT;
}

enum status transfer_cancel_apply(struct context *context)
{
    const struct reason_request *request = context->command->request;
    struct stock_note nothing = { "", "", NULL, 0, NULL, NULL, 0 };
    struct transfer_state state;
    enum status status = require_reason(context);
    if (status == STATUS_OK) {
        status = prepare(context, "cancel", &state);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    status = transfer_move(context, &state, "cancelled", "cancel", request->reason.commitment);
    for (size_t i = 0; status == STATUS_OK && i < state.count; i++) {
        struct supply supply;
        status = db_supply_find(context->db, context->arena, state.lines[i].supply, &supply);
        if (status == STATUS_OK) {
            status = stock_change(context, &supply, 0, -state.lines[i].quantity, &nothing);
        }
    }
    return status != STATUS_OK ? status : context_changed(context, state.transfer.id);
}

/* What is outstanding of a line goes back on the origin's shelf. */
static enum status return_line(struct context *context, struct transfer_line *line)
{
    struct stock_note note = { "return", "", line->transfer, line->line, NULL, NULL, context->time_ms };
    struct transfer_event_line event = { .transfer = line->transfer, .seq = (int64_t)context->seq, .line = line->line,
                                         .returned = line->outstanding };
    struct supply like, stored;
    bool is_new = false;
    enum status status = db_supply_find(context->db, context->arena, line->supply, &like);
    if (status == STATUS_OK && line->outstanding > 0) {
        status = stock_add(context, &like, NULL, line->outstanding, &note, &stored, &is_new);
        assert(status != STATUS_OK || !is_new);
    }
    line->returned += line->outstanding;
    line->outstanding = 0;
    if (status == STATUS_OK) {
        status = db_transfer_line_change(context->db, line);
    }
    return status != STATUS_OK ? status : db_transfer_event_line_insert(context->db, &event);
}

enum status transfer_return_apply(struct context *context)
{
    const struct reason_request *request = context->command->request;
    struct transfer_state state;
    bool has_arrived = false;
    enum status status = require_reason(context);
    if (status == STATUS_OK) {
        status = prepare(context, "return", &state);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    for (size_t i = 0; i < state.count; i++) {
        const struct transfer_line *line = &state.lines[i];
        has_arrived = has_arrived || line->received_good + line->received_damaged + line->lost > 0;
    }
    status = transfer_move(context, &state, has_arrived ? "received" : "returned", "return", request->reason.commitment);
    for (size_t i = 0; status == STATUS_OK && i < state.count; i++) {
        status = return_line(context, &state.lines[i]);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    return context_changed(context, state.transfer.id);
}
