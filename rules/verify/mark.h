#ifndef RULES_VERIFY_MARK_H
#define RULES_VERIFY_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "ledger/chain.h"
#include "ledger/checkpoint.h"

/*
 * Where a verification that found nothing ended: from there a later one can go on, if it trusts it. As a text, all of it
 * lines that end with a line feed, numbers in decimal, bytes in lower-case hexadecimal digits:
 *
 *   tallystick verified v1
 *   entries N
 *   height N
 *   time_ms N
 *   head HASH        of entry N
 *   whole N          the last entry that a verification of everything reached
 *   frontier BYTES   of the tree (ledger/tree.h)
 *   (an empty line)
 *   the signed checkpoint of N entries
 *   sha256 DIGEST    of all bytes before this line: against accidents, whoever can write here can reckon too
 */
struct verify_mark {
    struct chain chain;
    uint64_t whole;
    char note[CHECKPOINT_NOTE_BYTES_MAX + 1];
};

enum { VERIFY_MARK_BYTES_MAX = 8192 };

void verify_mark_write(const struct verify_mark *mark, struct buffer *out);

/* STATUS_INVALID for bytes that verify_mark_write would not have written. STATUS_EXHAUSTED without memory. */
enum status verify_mark_read(struct verify_mark *mark, const char *bytes, size_t length) NODISCARD;

/* Inside rules/verify/ only. Begin: verify goes on from the mark of its options where that fits the ledger; else it begins with
 * the genesis, and the report says in unfit why. Take: the mark that verify has reached; STATUS_ABSENT, and mark untouched, where the last checkpoint
 * is none or longer than the program writes them. */
struct verify;
enum status verify_mark_begin(struct verify *verify) NODISCARD;
enum status verify_mark_take(struct verify *verify, struct verify_mark *mark) NODISCARD;

#endif
