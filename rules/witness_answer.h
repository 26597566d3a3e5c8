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

enum { WITNESS_PROBLEM_BYTES = 512 };

/* What a problem document says, as one line for people: its code and its detail; the bytes themselves of what is no such document.
 * Whole characters, with "..." behind what did not fit. */
void witness_answer_problem(const char *json, size_t length, char out[WITNESS_PROBLEM_BYTES]);

/* The hashes of GET /ledger/consistency. */
enum status witness_answer_proof(const char *json, size_t length, struct proof *proof) NODISCARD;

#endif
