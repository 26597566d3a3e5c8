#ifndef RULES_VERIFY_EXPORT_H
#define RULES_VERIFY_EXPORT_H

#include "base/status.h"
#include "rules/verify/report.h"

/*
 * Everything that an export promises (docs/ledger.md, Export), read from a file or a pipe once, from its beginning to its end, with
 * memory that does not grow with it: that its lines are those of an export and end as one does; each entry's number, chain, hash, seal,
 * key, body and time; every checkpoint; the keys that it lists against those that the entries tell of; the checkpoint given; personal
 * texts, where it has them; that no command was carried out twice; and every command, carried out by the rules on an empty state. Several
 * exports one behind the other are one, where each goes on behind the one before.
 *
 * options: checkpoint, threads, is_quiet, progress (its size is 0: unknown). STATUS_OK with a report, be it good or bad; else nothing was found
 * out (the file cannot be read, there is no memory, progress said no).
 */
enum status verify_export(int fd, const struct verify_options *options, struct verify_report *report) NODISCARD;

#endif
