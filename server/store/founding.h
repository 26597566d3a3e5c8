#ifndef SERVER_STORE_FOUNDING_H
#define SERVER_STORE_FOUNDING_H

#include "base/arena.h"
#include "base/status.h"
#include "ledger/signer.h"

/*
 * What makes a new data directory: the first administrator's token, then the genesis, whose existence says that the directory
 * is initialised. What is wrong is told (tell.h).
 */
struct executor;
struct node;

/* A directory that has the token already keeps it. */
enum status founding_make_token(struct arena *arena, const char *data_dir, struct node *node) NODISCARD;

/* origin NULL: one is made up. The signer's keys are the ledger's first. */
enum status founding_make_genesis(struct executor *executor, const struct signer *signer, const char *origin) NODISCARD;

#endif
