#ifndef HANDLERS_LEDGER_PROOF_H
#define HANDLERS_LEDGER_PROOF_H

#include "handlers/exchange.h"

/* Proofs that an entry is in the ledger's tree, and that a tree continues an earlier one (ledger/proof.h), with the signed
 * checkpoints that they lead to. */
enum handled proof_get(struct exchange *exchange);         /* GET /ledger/proof */
enum handled proof_consistency_get(struct exchange *exchange); /* GET /ledger/consistency */

/* Adds to the receipt of a change, at the end of the reply, the proof that its entry is under the newest checkpoint, where
 * Prefer asks for it; and says in Preference-Applied what was done. prefer: all Prefer fields as one list, or NULL. In a
 * read transaction of exchange->db that sees the change. The change stands: where the proof cannot be made, the reply goes without. */
void proof_add_to_receipt(struct exchange *exchange, const char *prefer);

#endif
