/*
 * Changes of stock. Nothing else in the program writes supplies or movements.
 */
#include "rules/stock.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "db/reference.h"

static enum status write_movement(struct context *context, const struct supply *supply, int64_t delta,
                                  const struct stock_note *note)
{
    struct movement movement = {
        .seq = (int64_t)context->seq,
        .ordinal = context->movements++,
        .supply = supply->id,
        .kind = note->kind,
        .reason = note->reason,
        .delta = delta,
        .balance = supply->on_hand,
        .transfer = note->transfer,
        .line = note->line,
        .reference = note->reference,
        .note = note->note,
        .time_ms = context->time_ms,
        .occurred_at_ms = note->occurred_at_ms,
    };
    return db_movement_insert(context->db, &movement);
}

enum status stock_change(struct context *context, struct supply *supply, int64_t delta, int64_t reserved_delta,
                         const struct stock_note *note)
{
    supply->on_hand += delta;
    supply->reserved += reserved_delta;
    supply->version++;
    supply->seq = (int64_t)context->seq;
    assert(supply->on_hand >= 0 && supply->on_hand <= TEXT_INTEGER_MAX);
    assert(supply->reserved >= 0 && supply->reserved <= supply->on_hand);
    enum status status = db_supply_change(context->db, supply->id, supply->on_hand, supply->reserved, supply->seq);
    if (status != STATUS_OK || delta == 0) {
        return status;
    }
    return write_movement(context, supply, delta, note);
}

static enum status make_supply(struct context *context, const struct supply *like, const char *id, int64_t quantity,
                               const struct stock_note *note, struct supply *out)
{
    *out = *like;
    out->id = id != NULL ? id : context_derive_id(context);
    if (out->id == NULL) {
        return STATUS_EXHAUSTED;
    }
    out->on_hand = quantity;
    out->reserved = 0;
    out->received_at_ms = note->occurred_at_ms;
    out->version = 1;
    out->seq = (int64_t)context->seq;
    enum status status = db_supply_insert(context->db, out);
    return status != STATUS_OK ? status : write_movement(context, out, quantity, note);
}

enum status stock_add_to(struct context *context, const struct supply *found, const struct supply *like, const char *id,
                         int64_t quantity, const struct stock_note *note, struct supply *out, bool *is_new)
{
    assert(quantity > 0);
    if (found == NULL) {
        *is_new = true;
        return make_supply(context, like, id, quantity, note, out);
    }
    if (quantity > TEXT_INTEGER_MAX - found->on_hand) {
        struct refusal *refusal = &context->outcome->refusal;
        refusal_set(refusal, REFUSAL_CONFLICT, "quantity_overflow",
                    "supply %s holds %" PRId64 "; %" PRId64 " more would exceed %" PRId64, found->id, found->on_hand,
                    quantity, TEXT_INTEGER_MAX);
        refusal_text(refusal, "supply", found->id);
        return STATUS_CONFLICT;
    }
    *is_new = false;
    *out = *found;
    return stock_change(context, out, quantity, 0, note);
}

enum status stock_add(struct context *context, const struct supply *like, const char *id, int64_t quantity,
                      const struct stock_note *note, struct supply *out, bool *is_new)
{
    struct supply found;
    enum status status = db_supply_find_same(context->db, context->arena, like, &found);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    return stock_add_to(context, status == STATUS_OK ? &found : NULL, like, id, quantity, note, out, is_new);
}

static bool is_earmarked_for(const char *earmark, const struct site *destination)
{
    return strcmp(earmark, destination->id) == 0 || strcmp(earmark, destination->organisation) == 0 ||
        strcmp(earmark, destination->province) == 0;
}

/* Adds an obstacle; false without memory for its words. */
static bool add_obstacle(struct stock_obstacle *out, size_t *count, const char *code, const char *detail)
{
    out[(*count)++] = (struct stock_obstacle){ code, detail };
    return detail != NULL;
}

enum status stock_obstacles(struct context *context, const struct supply *supply, const struct site *destination,
                            struct stock_obstacle out[STOCK_OBSTACLES_MAX], size_t *count)
{
    const char *today = context_today(context);
    bool is_worded = today != NULL;
    *count = 0;
    if (strcmp(supply->condition, "good") != 0) {
        is_worded &= add_obstacle(out, count, "quality_not_passed",
                                  arena_format(context->arena, "supply %s is %s: only what is good can be sent", supply->id,
                                               supply->condition));
    }
    if (today != NULL && supply->expiry[0] != 0 && strcmp(supply->expiry, today) < 0) {
        is_worded &= add_obstacle(out, count, "lot_expired",
                                  arena_format(context->arena, "supply %s, lot %s, was usable through %s; today is %s",
                                               supply->id, supply->lot, supply->expiry, today));
    }
    if (supply->earmark[0] != 0 && !is_earmarked_for(supply->earmark, destination)) {
        is_worded &= add_obstacle(out, count, "earmark_violation",
                                  arena_format(context->arena, "supply %s is earmarked for %s; %s belongs to %s in %s",
                                               supply->id, supply->earmark, destination->id, destination->organisation,
                                               destination->province));
    }
    return is_worded ? STATUS_OK : STATUS_EXHAUSTED;
}
