#ifndef SERVER_TOKENS_H
#define SERVER_TOKENS_H

#include "base/arena.h"
#include "base/status.h"
#include "db/node.h"
#include "server/config/config.h"

/*
 * Making, listing and revoking tokens. A token's text is shown once, when it is made; only its hash is kept.
 */

/* What a new token may; scope as handlers/access.h says, expires_at_ms 0: never. */
struct token_grant {
    const char *organisation; /* "" where none */
    const char *role;
    const char *scope;
    int64_t expires_at_ms;
};

/* Prints nothing; the text in the arena. */
enum status tokens_create(struct node *node, struct arena *arena, const struct token_grant *grant, const char **text)
    NODISCARD;

/* The sub-commands token create, token list and token revoke; the exit code of the program. */
int command_token_create(const struct config *config);
int command_token_list(const struct config *config);
int command_token_revoke(const struct config *config);

#endif
