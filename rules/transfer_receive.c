/*
 * Receiving: in parts, line by line, each part good, damaged or lost. What arrives joins
 * the supply with the same attributes at the destination; what arrives damaged is a
 * supply of its own. The transfer keeps what was sent beside what arrived, for both sides.
 */
#include "rules/transfer_receive.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "rules/precondition.h"
#include "rules/request.h"
#include "rules/stock.h"
#include "rules/transfer.h"

/* A received line: what was sent, and the parts. */
struct part {
    struct transfer_line *line;
    int64_t good, damaged, lost;
    const char *reason; /* commitment or NULL */
};

static int64_t or_zero(int64_t value)
{
    return value == BIND_ABSENT ? 0 : value;
}

/* Whether a part's quantities could be read, so that three zeros are what was sent. */
static bool are_quantities_read(const struct context *context, const char *pointer)
{
    static const char *const names[] = { "good", "damaged", "lost" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *member = pointer != NULL ? arena_format(context->arena, "%s/%s", pointer, names[i]) : NULL;
        if (context_is_faulty(context, member)) {
            return false;
        }
    }
    return true;
}

static void check_part(struct context *context, const struct transfer_state *state, size_t index, const struct part *parts,
                       const struct receive_line_request *row)
{
    struct faults *faults = &context->outcome->refusal.faults;
    const char *pointer = arena_format(context->arena, "/lines/%zu", index);
    const struct part *part = &parts[index];
    if (context_is_unread(context, pointer)) {
        return; /* it is no object */
    }
    if (part->line == NULL && row->line != BIND_ABSENT) {
        faults_add(faults, arena_format(context->arena, "/lines/%zu/line", index), "unknown_line",
                   "the transfer has the lines 1 to %zu", state->count);
    }
    if (part->good == 0 && part->damaged == 0 && part->lost == 0 && are_quantities_read(context, pointer)) {
        faults_add(faults, pointer, "nothing_received", "say how much was good, damaged or lost");
    }
    const char *reason = arena_format(context->arena, "/lines/%zu/reason", index);
    if ((part->damaged > 0 || part->lost > 0) && !request_has_text(&row->reason) && !context_is_faulty(context, reason)) {
        faults_add(faults, reason, "reason_required", "what is damaged or lost needs a reason");
    }
    for (size_t k = 0; k < index; k++) {
        if (part->line != NULL && parts[k].line == part->line) {
            faults_add(faults, pointer, "duplicate_line", "line %" PRId64 " stands twice: add the quantities up", row->line);
            break;
        }
    }
}

/* Reads the request against the stored lines; faults for what does not fit. */
static void read_parts(struct context *context, struct transfer_state *state, const struct receive_request *request,
                       struct part *parts)
{
    const struct receive_line_request *rows = request->lines.items;
    for (size_t i = 0; i < request->lines.count; i++) {
        bool is_known = rows[i].line >= 1 && (uint64_t)rows[i].line <= state->count;
        parts[i] = (struct part){ is_known ? &state->lines[rows[i].line - 1] : NULL, or_zero(rows[i].good),
                                  or_zero(rows[i].damaged), or_zero(rows[i].lost), rows[i].reason.commitment };
        check_part(context, state, i, parts, &rows[i]);
    }
    if (request->lines.count == 0 && !context_is_faulty(context, "/lines")) {
        faults_add(&context->outcome->refusal.faults, "/lines", "no_lines",
                   "name at least one line {line, good, damaged, lost}");
    }
}

/* More than is outstanding cannot arrive: what is found besides is an intake. */
static bool check_outstanding(struct context *context, const struct part *parts, size_t count)
{
    struct refusal *refusal = &context->outcome->refusal;
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        int64_t sum = part->good + part->damaged + part->lost; /* each below 2^53: no overflow */
        if (sum <= part->line->outstanding) {
            continue;
        }
        sum = sum > TEXT_INTEGER_MAX ? TEXT_INTEGER_MAX : sum; /* what an answer can say */
        const char *pointer = arena_format(context->arena, "/lines/%zu", i);
        if (refusal->code == NULL) {
            refusal_set(refusal, REFUSAL_CONFLICT, "over_receipt",
                        "line %" PRId64 ": %" PRId64 " are outstanding, %" PRId64 " would be received; goods found besides are "
                        "an intake with source found", part->line->line, part->line->outstanding, sum);
            refusal_integer(refusal, "line", part->line->line);
            refusal_integer(refusal, "outstanding", part->line->outstanding);
            refusal_integer(refusal, "asked", sum);
        }
        faults_add(&refusal->faults, pointer, "over_receipt", "%" PRId64 " are outstanding", part->line->outstanding);
    }
    return refusal->code == NULL;
}

/* Puts quantity on the destination's shelf in the condition given. */
static enum status shelve(struct context *context, const struct transfer_state *state, const struct part *part,
                          const char *condition, int64_t quantity)
{
    struct supply like, stored;
    bool is_new = false;
    struct stock_note note = { "receipt", condition, state->transfer.id, part->line->line, state->transfer.reference,
                               part->reason, context->time_ms };
    if (quantity == 0) {
        return STATUS_OK;
    }
    enum status status = db_supply_find(context->db, context->arena, part->line->supply, &like);
    if (status != STATUS_OK) {
        return status;
    }
    like.site = state->transfer.destination;
    like.condition = condition;
    return stock_add(context, &like, NULL, quantity, &note, &stored, &is_new);
}

static enum status receive_part(struct context *context, const struct transfer_state *state, const struct part *part)
{
    struct transfer_line *line = part->line;
    struct transfer_event_line event = {
        .transfer = line->transfer, .seq = (int64_t)context->seq, .line = line->line, .good = part->good,
        .damaged = part->damaged, .lost = part->lost, .reason = part->reason,
    };
    enum status status = shelve(context, state, part, "good", part->good);
    if (status == STATUS_OK) {
        status = shelve(context, state, part, "damaged", part->damaged);
    }
    if (status != STATUS_OK) {
        return status;
    }
    line->received_good += part->good;
    line->received_damaged += part->damaged;
    line->lost += part->lost;
    line->outstanding -= part->good + part->damaged + part->lost;
    assert(line->outstanding >= 0);
    assert(line->dispatched == line->received_good + line->received_damaged + line->lost + line->returned +
           line->outstanding);
    status = db_transfer_line_change(context->db, line);
    return status != STATUS_OK ? status : db_transfer_event_line_insert(context->db, &event);
}

static bool is_complete(const struct transfer_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        if (state->lines[i].outstanding > 0) {
            return false;
        }
    }
    return true;
}

/* The parts are sound: what they leave outstanding decides the new state. */
static enum status receive_parts(struct context *context, struct transfer_state *state, const struct part *parts,
                                 size_t count, const char *note)
{
    struct transfer_line *after = arena_array(context->arena, state->count, sizeof *after);
    if (after == NULL) {
        return STATUS_EXHAUSTED;
    }
    memcpy(after, state->lines, state->count * sizeof *after);
    for (size_t i = 0; i < count; i++) {
        after[parts[i].line->line - 1].outstanding -= parts[i].good + parts[i].damaged + parts[i].lost;
    }
    struct transfer_state later = { state->transfer, after, state->count };
    enum status status = transfer_move(context, state, is_complete(&later) ? "received" : "in_transit", "receive", note);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = receive_part(context, state, &parts[i]);
    }
    return status;
}

enum status transfer_receive_apply(struct context *context)
{
    const struct receive_request *request = context->command->request;
    struct refusal *refusal = &context->outcome->refusal;
    struct transfer_state state;
    enum status status = transfer_load(context, &state);
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    const struct transfer *transfer = &state.transfer;
    if (precondition_check_optional(context, transfer->version) != STATUS_OK) {
        return context_refused(context);
    }
    struct part *parts = arena_array(context->arena, request->lines.count + 1, sizeof *parts);
    if (parts == NULL) {
        return STATUS_EXHAUSTED;
    }
    read_parts(context, &state, request, parts);
    if (refusal->faults.total > 0) {
        return context_refused(context);
    }
    status = transfer_check(context, &state, "receive");
    if (status == STATUS_CONFLICT || (status == STATUS_OK && !check_outstanding(context, parts, request->lines.count))) {
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = receive_parts(context, &state, parts, request->lines.count, request->note.commitment);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? context_refused(context) : status;
    }
    return context_changed(context, transfer->id);
}

enum status transfer_receive_check(struct context *context)
{
    const struct receive_request *request = context->command->request;
    struct transfer_state state;
    enum status status = transfer_load(context, &state);
    if (status != STATUS_OK) {
        return status == STATUS_CONFLICT ? STATUS_OK : status;
    }
    struct part *parts = arena_array(context->arena, request->lines.count + 1, sizeof *parts);
    if (parts == NULL) {
        return STATUS_EXHAUSTED;
    }
    read_parts(context, &state, request, parts);
    return STATUS_OK;
}
