#ifndef SERVER_STORE_SYSTEM_BLOCK_H
#define SERVER_STORE_SYSTEM_BLOCK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "rules/command.h"

/*
 * What the node itself commands before it serves: a command of role system, alone in its block, committed.
 */
struct executor;

/* STATUS_CONFLICT where the rules refuse it (logged); *is_unknown where the commit failed, so that nobody knows. */
enum status system_block_deliver(struct executor *executor, enum command_kind kind, const char *id, const struct buffer *body,
                                 struct arena *arena, bool *is_unknown) NODISCARD;

#endif
