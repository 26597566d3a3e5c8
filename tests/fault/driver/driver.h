#ifndef TESTS_FAULT_DRIVER_DRIVER_H
#define TESTS_FAULT_DRIVER_DRIVER_H

/* What tests in Python call the program's own functions by, without a new process for each call. */

/* One line on standard output a directory named on standard input: "ok ENTRIES", "broken SEQ CODE REASON", or "failed STATUS" where it
 * could not be checked (a damaged file among the reasons). A line may name a file with a checkpoint too, behind a tabulator. */
int driver_verify(void);

/* Makes a data directory whose ledger has a small genesis of ours, for the program to serve, and prints an administrator's token:
 * driver begin DIR */
int driver_begin(const char *data_dir);

/* Turns bits of DIR's database over, one at a time, on a disk in memory. Where the queries (a file, one a line) then find something
 * else, verify must find that; of the others every EVERY-th is verified too. Prints what went unseen, and how many changed something
 * and how many were found: driver flip DIR QUERIES SEED COUNT EVERY */
int driver_flip(const char *data_dir, const char *queries_path, const char *seed, const char *count, const char *every);

/* Delivers the commands of FROM's ledger again, block for block, into the new directory TO, with FROM's key: driver again FROM TO.
 * With SEQ OLD NEW the body of that entry has NEW for OLD: history is rewritten, by somebody who holds the key. Prints what came out,
 * a line an entry and a line a block. A ledger with entries of older rules is none for it: this program's would be of newer ones. */
int driver_again(const char *from, const char *to, const char *seq, const char *old, const char *new);

/* Carries the command of entry SEQ out again at the end of DIR's ledger, under the key that it has, by hiding its answer meanwhile: what
 * somebody can do who holds disk and key: driver twice DIR SEQ */
int driver_twice(const char *data_dir, const char *seq);

#endif
