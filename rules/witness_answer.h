#ifndef RULES_WITNESS_ANSWER_H
#define RULES_WITNESS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"

/* What a witness reads of a log's answers, which come from anybody. Each is STATUS_INVALID for what is no such answer. */

/* The keys of GET /ledger/keys that are valid for a checkpoint of this size. STATUS_ABSENT: there is none. */
enum status witness_answer_keys(const char *json, size_t length, uint64_t size, struct checkpoint_signer *signer) NODISCARD;

/* The hashes of GET /ledger/consistency. */
enum status witness_answer_proof(const char *json, size_t length, struct proof *proof) NODISCARD;

#endif
