#ifndef RULES_VERIFY_TILES_H
#define RULES_VERIFY_TILES_H

#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"

/* The rows of the tree's hashes that proofs are made from, against rows of the verification's own.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct verify;

/* Before the first entry. Where the chain does not begin with the genesis, what is stored up to there is taken for
 * right if its frontier is that of the chain. */
enum status verify_tiles_begin(struct verify *verify) NODISCARD;

/* The leaf hash of the entry that the chain has just taken: each row that it fills is compared. */
enum status verify_tiles_entry(struct verify *verify, const uint8_t leaf[DIGEST_BYTES]) NODISCARD;

/* The rows that are not full at the end, that there is none which no entry explains, and what was found before. */
enum status verify_tiles_end(struct verify *verify) NODISCARD;

#endif
