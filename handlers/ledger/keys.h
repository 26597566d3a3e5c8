#ifndef HANDLERS_LEDGER_KEYS_H
#define HANDLERS_LEDGER_KEYS_H

#include "handlers/exchange.h"
#include "json/write.h"

/* GET /ledger/keys: the node's public keys as a JWK set, those on secp256k1 first, each with the entries that it may seal or the
 * sizes whose checkpoints it may sign, and as verifiers of signed notes take it. */
enum handled ledger_keys(struct exchange *exchange);

/* Of GET /ledger: the ids of all node keys, and the keys of the checkpoint of so many entries as verifiers take them. */
enum status ledger_keys_write(struct exchange *exchange, const char *origin, uint64_t size, struct json_writer *w) NODISCARD;

#endif
