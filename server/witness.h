#ifndef SERVER_WITNESS_H
#define SERVER_WITNESS_H

#include <stdbool.h>

#include "base/status.h"
#include "server/log_key.h"
#include "server/witness_key.h"

/*
 * A witness: it follows one log, checks that each checkpoint continues the last one that it saw, and cosigns it. In its
 * directory lie
 *
 *   witness.key    its key, and
 *   witness.vkey   its name and public key, as a line (witness_key.h)
 *   log.key        the log's keys: pinned at first sight, or given (log_key.h)
 *   seen           the last checkpoint that was seen and checked: on the disk before it is cosigned, and never going back
 *   cosigned       the last note that was cosigned and delivered
 *   unproven-*     what the log signed and gave no proof for, and withheld, how often (unproven.h)
 *   evidence-*     what does not fit together, once the alarm was raised (evidence.h); with evidence-lost it cosigns nothing
 *
 * So however it is killed, it never cosigns two histories.
 */
struct fetch;

enum witness_round {
    WITNESS_NOTHING_NEW,
    WITNESS_COSIGNED,
    WITNESS_TROUBLE, /* no answer, or one that says nothing about the log: told; the next round tries again */
    WITNESS_ALARM    /* the log contradicts what it showed before, or withholds the proof: told, and the evidence kept */
};

struct witness_watch {
    const char *dir;
    struct fetch *fetch;
    struct witness_key own; /* owned, as log_key is */
    bool delivers; /* a token is there: cosignatures are posted */
    const char *of; /* the log's address, for what people are told */
    struct log_key log_key;
};

/* Reads or makes the key; name NULL: what is there, or one made of the key. log_key_path: a file with the log's keys, NULL: those that
 * were pinned, if any. of: the log's address. What is wrong is told. All texts are borrowed. */
enum status witness_open(struct witness_watch *watch, const char *dir, const char *of, const char *name, const char *log_key_path) NODISCARD;
void witness_close(struct witness_watch *watch);

enum witness_round witness_round(struct witness_watch *watch);

#endif
