#ifndef RULES_VERIFY_SUBMITTERS_H
#define RULES_VERIFY_SUBMITTERS_H

#include "base/status.h"
#include "rules/verify/parts.h"

/*
 * Signatures of those who sent commands. Each key stands in the entry that registered it, before all that it signs: whoever reads ahead
 * notes it, so that the pool can verify what it signed later, in any order. Whether it was the right key at that entry is
 * for the state to say, which is made again while settling; a signature that the pool had no key for is verified then.
 * Inside rules/verify/ only; parts.h says how the parts go together.
 */

/* While reading, in the order of the entries: notes the key that an entry registers, and finds the one that it names. */
enum status verify_submitter_prepare(struct verify *verify, const struct entry_row *row, struct verify_work *work) NODISCARD;

/* Any thread. */
enum verify_signature verify_submitter_check(const struct entry_row *row, const struct verify_work *work);

/* While settling, behind the replay of a signed entry: the finding submitter_signature where it is not good. */
void verify_submitter_settle(struct verify *verify, const struct entry_row *row, const struct verify_work *work,
                             const struct replay_result *result);

#endif
