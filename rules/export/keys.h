#ifndef RULES_EXPORT_KEYS_H
#define RULES_EXPORT_KEYS_H

#include <stdint.h>

#include "base/status.h"
#include "db/entry.h"
#include "rules/export/read.h"

/*
 * The node's keys as the entries of an export tell of them, and whether the export lists the same ones, each before the first entry
 * that it may seal. A verification takes its keys from the entries; the lines are for readers who look a key up.
 * Inside rules/verify/export.c only. fault: a sentence, static; NULL where all is well.
 */
struct export_keys;
struct verify;

enum status export_keys_open(struct export_keys **keys) NODISCARD;
void export_keys_close(struct export_keys *keys); /* NULL does nothing */

/* A line of a key, behind entry seq. */
enum status export_keys_list(struct export_keys *keys, const struct export_line *line, uint64_t seq, const char **fault) NODISCARD;

/* The next entry: learns its keys and gives them to the verification; says what is not listed that should be. origin: of the header. */
enum status export_keys_take(struct export_keys *keys, struct verify *verify, const struct entry_row *row, const char *origin,
                             const char **fault) NODISCARD;

#endif
