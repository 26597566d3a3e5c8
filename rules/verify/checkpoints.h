#ifndef RULES_VERIFY_CHECKPOINTS_H
#define RULES_VERIFY_CHECKPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* What the node signed of the tree.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct checkpoint;
struct verify;
struct verify_work;

/* Adds a note, if it is a checkpoint signed by a key of this ledger, and gives what it says. */
bool verify_note_take(struct verify *verify, const char *text, struct checkpoint *checkpoint);

/* The notes of the options: read at the beginning, compared when the chain has reached their size, asked for at the end. */
void verify_notes_read(struct verify *verify);
void verify_note_add(struct verify *verify, const struct checkpoint *checkpoint, bool is_given); /* one more, its signatures checked */
void verify_notes_compare(struct verify *verify);
void verify_notes_reached(struct verify *verify);

/* That there is no sound note of the anchor, where the options expect one. Last of all: everything else holds without it. */
void verify_notes_end(struct verify *verify);

/* The checkpoint of the block that ends with the entry just checked. */
enum status verify_checkpoint(struct verify *verify, uint64_t height, const struct verify_work *work) NODISCARD;

/* The frontier and the last checkpoint, against the end of the chain. */
enum status verify_frontier(struct verify *verify) NODISCARD;

#endif
