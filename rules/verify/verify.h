#ifndef RULES_VERIFY_VERIFY_H
#define RULES_VERIFY_VERIFY_H

#include "base/status.h"
#include "rules/verify/report.h"

/*
 * Everything that the ledger promises, checked from what is stored: the database's own
 * integrity; each entry's number, chain, hash, seal, key, body and time; the checkpoints
 * and the frontier; the rows of the tree's hashes; the anchor and other checkpoints given; personal texts against their
 * commitments; that each entry's key is still taken, and by the answer that it was
 * given, as far as there are keys to tell; the sums of stock; the whole business
 * state, made again from the entries by the rules; and the schema. Reads only; repairs nothing. Memory does not grow with the ledger.
 */
struct db;

/* db: a reader outside of any transaction. STATUS_OK with a report, be it good or bad;
 * else the check could not be made. */
enum status verify_ledger(struct db *db, const struct verify_options *options, struct verify_report *report) NODISCARD;

#endif
