#ifndef SERVER_VERIFIER_H
#define SERVER_VERIFIER_H

#include "base/status.h"
#include "handlers/ledger.h"

/*
 * Runs verifications of the ledger, one at a time, on a thread of its own with a
 * connection of its own, opened for each run.
 */

/* data_dir is borrowed. The thread starts with the first run. */
enum status verifier_open(const char *data_dir, struct verifier **verifier) NODISCARD;

/* Ends a run that is under way and frees. NULL does nothing. */
void verifier_close(struct verifier *verifier);

/* Verifies a data directory: the anchor is read before the database, so that a running
 * server cannot look truncated. checkpoint: one more note that must be sound, or NULL. */
enum status verifier_run(const char *data_dir, const char *checkpoint,
                         bool (*progress)(void *context, uint64_t seq, uint64_t size), void *context,
                         struct verify_report *report) NODISCARD;

#endif
