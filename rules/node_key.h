#ifndef RULES_NODE_KEY_H
#define RULES_NODE_KEY_H

#include "rules/context.h"

/* Writes the keys that a node signs with from an entry on: the node's, and, unless it is NULL, an Ed25519 key for checkpoints
 * (both in hexadecimal, members node_key and checkpoint_key of a body). STATUS_INVALID with faults where one is malformed. */
enum status node_key_write(struct context *context, const char *node_key, const char *checkpoint_key, uint64_t from_seq) NODISCARD;

/* The keys in use end with this entry, the ones named are valid from the next. The node's own doing (role system); refused
 * where a key is known already. block.c lets it be alone in its block, so that the keys that end sign its checkpoint. */
enum status node_key_rotate_apply(struct context *context) NODISCARD;

#endif
