#ifndef RULES_STOCK_H
#define RULES_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "db/supply.h"
#include "rules/context.h"

/*
 * What supplies and transfers share: the one place where a quantity on a shelf changes,
 * always together with the movement that explains it.
 */

/* What a movement says besides its quantity; texts NULL where none. */
struct stock_note {
    const char *kind;   /* of the movement */
    const char *reason; /* "" where none */
    const char *transfer;
    int64_t line;
    const char *reference;
    const char *note; /* commitment */
    int64_t occurred_at_ms;
};

/* Adds delta to on_hand and reserved_delta to reserved of a stored supply, and writes the
 * movement. The caller has checked that the result is legal (asserted); *supply becomes
 * what is stored now. delta 0 writes no movement. */
enum status stock_change(struct context *context, struct supply *supply, int64_t delta, int64_t reserved_delta,
                         const struct stock_note *note) NODISCARD;

/* Adds quantity to the supply with the attributes of like, or makes it (with id, or a
 * derived id where id is NULL). STATUS_CONFLICT and the refusal set where the quantity
 * would overflow. *out is what is stored now; *is_new says whether it was made. */
enum status stock_add(struct context *context, const struct supply *like, const char *id, int64_t quantity,
                      const struct stock_note *note, struct supply *out, bool *is_new) NODISCARD;

/* The same where the caller knows that supply: found is what db_supply_find_same gave, NULL where there is none. */
enum status stock_add_to(struct context *context, const struct supply *found, const struct supply *like, const char *id,
                         int64_t quantity, const struct stock_note *note, struct supply *out, bool *is_new) NODISCARD;

/* One thing that stands in the way: a code, and the same in words. */
struct stock_obstacle {
    const char *code;
    const char *detail;
};

enum { STOCK_OBSTACLES_MAX = 3 };

/* All that forbids that a supply leaves for a site today: not good, expired, earmarked for
 * another. A lot is usable through its expiry day. */
struct site;
enum status stock_obstacles(struct context *context, const struct supply *supply, const struct site *destination,
                            struct stock_obstacle out[STOCK_OBSTACLES_MAX], size_t *count) NODISCARD;

#endif
