#ifndef LEDGER_WITNESS_POLICY_H
#define LEDGER_WITNESS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/ed25519.h"
#include "ledger/key.h"

/*
 * When a checkpoint counts, as C2SP tlog-policy says it in a file: who may have signed it, and which of the witnesses must have
 * cosigned it.
 *
 *   log VKEY [URL]
 *   witness NAME VKEY [URL]
 *   group NAME (all | any | K) NAME...
 *   quorum (NAME | none)
 *
 * Logs and witnesses are listed by their verifiers' keys (note.h). Of keys of logs the two kinds of checkpoint.h are known, of witnesses'
 * that of cosignature.h. Names are of any bytes but blanks and control characters, and mean nothing outside of the file; a group's members
 * and the quorum stand on lines before theirs, each name is a member of one group at most, and there is one quorum. Pure.
 */

enum {
    WITNESS_POLICY_LOGS_MAX = 64,  /* the format asks for 32 of each at least */
    WITNESS_POLICY_PARTS_MAX = 256, /* witnesses and groups */
    WITNESS_POLICY_BYTES_MAX = 256 * 1024,
    WITNESS_POLICY_REASON_BYTES = 192,
    WITNESS_POLICY_NONE = -1
};

struct witness_policy_log {
    char origin[CHECKPOINT_ORIGIN_BYTES];
    bool is_node; /* the first key.h kind, else Ed25519 */
    uint8_t key[KEY_PUBLIC_BYTES];
};

/* A witness or a group. */
struct witness_policy_part {
    const char *name; /* borrowed from the file's text; not ended by a NUL */
    size_t name_length;
    bool is_group;
    int group;       /* whose member it is, as an index; WITNESS_POLICY_NONE: of none */
    size_t wanted;   /* of a group: how many of its members must have cosigned */
    struct cosigner cosigner; /* of a witness */
};

struct witness_policy {
    size_t log_count;
    struct witness_policy_log logs[WITNESS_POLICY_LOGS_MAX];
    size_t part_count;
    struct witness_policy_part parts[WITNESS_POLICY_PARTS_MAX]; /* in the order of the file: members before their groups */
    int quorum; /* index; WITNESS_POLICY_NONE: no cosignature is asked for */
};

struct witness_policy_error {
    size_t line; /* from 1 */
    char reason[WITNESS_POLICY_REASON_BYTES]; /* may quote the file's bytes */
};

/* Reads a policy file. text is borrowed for as long as the policy is. STATUS_INVALID with an error: it is none, or goes beyond the limits
 * above. */
enum status witness_policy_read(struct witness_policy *policy, const char *text, size_t length,
                                struct witness_policy_error *error) NODISCARD;

enum witness_policy_verdict {
    WITNESS_POLICY_COUNTS,
    WITNESS_POLICY_NOT_LOGGED,  /* no line of a log that is listed, of this origin */
    WITNESS_POLICY_WRONG_LINE,  /* a line says that it is of a key that is listed, and is not: somebody altered or made up the note */
    WITNESS_POLICY_TOO_FEW      /* the quorum is not met */
};

struct witness_policy_result {
    enum witness_policy_verdict verdict;
    int wrong; /* of WRONG_LINE: whose, as an index among the parts; WITNESS_POLICY_NONE: a log's */
    struct checkpoint checkpoint;
    bool has_cosigned[WITNESS_POLICY_PARTS_MAX]; /* by part, groups too */
    int64_t time_s[WITNESS_POLICY_PARTS_MAX];    /* by part: of a witness's newest cosignature */
};

/* What a policy says of a checkpoint with its lines. A policy that lists no log asks for none: then the caller knows whose it must be.
 * STATUS_INVALID: it is no checkpoint at all; STATUS_EXHAUSTED without memory. */
enum status witness_policy_apply(const struct witness_policy *policy, const char *note, size_t length,
                                 struct witness_policy_result *result) NODISCARD;

#endif
