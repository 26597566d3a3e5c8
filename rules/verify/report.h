#ifndef RULES_VERIFY_REPORT_H
#define RULES_VERIFY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/digest.h"

/* What a verification is asked, and what it finds: of a data directory (verify.h) as of an export (export.h). */
struct answer_key_row;
struct verify_mark;

enum { VERIFY_REASON_BYTES = 512, VERIFY_UNFIT_BYTES = 128, VERIFY_CODE_BYTES = 32 };

struct verify_report {
    bool is_ok;
    bool is_export;   /* of an export, which has no state to compare, no answers and no file of a database */
    uint64_t first;   /* the first entry that was looked at: 1, or the one behind the mark */
    uint64_t whole;   /* the last entry that a verification of everything has reached, this one or that of the mark */
    uint64_t entries;
    uint8_t head[DIGEST_BYTES];
    uint8_t root[DIGEST_BYTES];
    uint64_t signatures, checkpoints, replayed; /* how many were good: seals, submitters' signatures and signed notes, notes stored, commands */
    uint64_t unchecked_answers; /* kept for retries, of entries that were looked at, for which there is no key (rules/answer_keys.h) */
    uint64_t first_broken; /* seq; 0 where the finding is not about one entry */
    char code[VERIFY_CODE_BYTES]; /* "" where is_ok */
    char reason[VERIFY_REASON_BYTES];
    char unfit[VERIFY_UNFIT_BYTES]; /* why the mark was not gone on from; "" where it was, or none was given */
};

struct verify_options {
    const char *const *notes; /* signed checkpoints from elsewhere: anchor, exported files */
    size_t note_count;
    bool expects_anchor;      /* no sound note among them is a finding */
    const char *checkpoint;   /* one more note, which must be sound; NULL: none */
    /* Go on from here instead of from the genesis, if it fits: of the entries before nothing is looked at, nor the state, the sums,
     * the schema and the file's integrity, since those rest on all entries. NULL: everything. */
    const struct verify_mark *mark;
    struct verify_mark *reached; /* written where nothing is found and there is a mark to go on from; NULL: not wanted */
    const struct answer_key_row *answer_keys; /* those that node.db has, for the answers kept for retries; this ledger's are used */
    size_t answer_key_count;
    size_t threads; /* that share in the signatures, beside the caller's */
    bool is_quiet;  /* they take only what others leave of the processors */
    /* Called now and then, inside of long statements too, with how far the check is; false ends it with STATUS_BUSY. On any of the
     * threads, by one at a time. NULL: not asked. */
    bool (*progress)(void *context, uint64_t seq, uint64_t size);
    void *context;
};

#endif
