#ifndef RULES_TRANSFER_H
#define RULES_TRANSFER_H

#include "db/transfer.h"
#include "rules/context.h"

/* The transitions but receiving, which is in transfer_receive.h. */
enum status transfer_create_apply(struct context *context) NODISCARD;
enum status transfer_dispatch_apply(struct context *context) NODISCARD;
enum status transfer_cancel_apply(struct context *context) NODISCARD;
enum status transfer_return_apply(struct context *context) NODISCARD;

/* What is wrong with the members of a request that could be read; absent ones are passed over (rules_check). */
enum status transfer_create_check(struct context *context) NODISCARD;
void transfer_reason_check(struct context *context);

/*
 * Inside rules/: what creating, dispatching, receiving and ending a transfer share.
 * States go one way: pending -> reserved -> in_transit -> received; ends also rejected,
 * cancelled, returned.
 */

/* A stored transfer with its lines and the two sites' organisations. */
struct transfer_state {
    struct transfer transfer;
    struct transfer_line *lines;
    size_t count;
};

/* Reads the command's target. STATUS_CONFLICT where it is absent and the refusal is set. */
enum status transfer_load(struct context *context, struct transfer_state *state) NODISCARD;

/* Whether the state allows the action: STATUS_CONFLICT and the refusal set where If-Match names another version,
 * else where the action starts from another state (from and to: states; allowed: actions). */
enum status transfer_check(struct context *context, const struct transfer_state *state, const char *action) NODISCARD;

/* Writes the new state and the event. reason is a commitment or NULL. */
enum status transfer_move(struct context *context, const struct transfer_state *state, const char *to,
                          const char *kind, const char *reason) NODISCARD;

#endif
