#ifndef LEDGER_CHAIN_H
#define LEDGER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/entry.h"
#include "ledger/key.h"
#include "ledger/tree.h"

/*
 * Checks entries one after the other, from public data alone and by a code path of its
 * own: numbering, chain, hash, seal, time, height and rules version that never go back, body digest.
 * Constant memory. One thread at a time.
 */

enum chain_fault {
    CHAIN_SOUND,
    CHAIN_SEQ,            /* seq is not the next: an entry is missing, doubled or moved */
    CHAIN_PREVIOUS_HASH,  /* does not follow from the entry before */
    CHAIN_HASH,           /* the stored hash is not that of the stored fields */
    CHAIN_SEAL,           /* the seal is not the node key's signature of the hash */
    CHAIN_KEY,            /* sealed by a key that is not valid at this seq */
    CHAIN_BODY,           /* the body does not have the length and digest named */
    CHAIN_TIME,           /* earlier than the entry before */
    CHAIN_HEIGHT,         /* height went back, or skipped a block */
    CHAIN_RULES_VERSION   /* made by rules that this program does not know, or that ended before */
};

struct chain {
    uint64_t seq;        /* of the last sound entry; 0 before the first */
    uint64_t height;
    uint64_t time_ms;
    uint32_t rules_version;
    uint8_t head[DIGEST_BYTES];
    struct tree tree;
};

void chain_init(struct chain *chain);

/* Checks the next entry. stored_hash, seal and public_key are those kept beside it;
 * public_key is NULL where no key is valid at this seq. entry->body must be given in
 * full, also where it is long; the caller has made sure that it is body_length bytes long
 * (a stored length and a stored body can contradict each other). Faults are looked for in
 * this order: seq, previous hash, body, hash, key, seal, time, height, rules version. Returns CHAIN_SOUND and advances, or
 * the first fault and leaves chain as it was. */
enum chain_fault chain_check(struct chain *chain, const struct entry *entry, const uint8_t stored_hash[DIGEST_BYTES],
                             const uint8_t seal[KEY_SIGNATURE_BYTES], const uint8_t *public_key);

/*
 * chain_check in two parts, so that several threads can share in what is costly. Of each entry by itself, on any thread, first
 * or last: chain_hash, and key_verify of the stored hash against the seal. In the order of the entries, on one thread: chain_link.
 */
struct chain_facts {
    bool is_body_sound; /* the body is there and has the digest named; hash and leaf are there only then */
    uint8_t hash[DIGEST_BYTES];
    uint8_t leaf[DIGEST_BYTES]; /* the entry's leaf in the tree */
};
enum chain_seal { CHAIN_SEAL_WITHOUT_KEY, CHAIN_SEAL_BAD, CHAIN_SEAL_GOOD /* of the stored hash */ };

struct chain_item {
    const struct entry *entry;
    struct chain_facts *facts;
};

/* Fills in the facts of count entries; many at once take less time than one by one (lanes.h). */
void chain_hash(const struct chain_item *items, size_t count);
enum chain_fault chain_link(struct chain *chain, const struct entry *entry, const struct chain_facts *facts,
                            const uint8_t stored_hash[DIGEST_BYTES], enum chain_seal seal);

/* A sentence for people, and a stable code (such as "previous_hash") for programs. */
const char *chain_fault_text(enum chain_fault fault);
const char *chain_fault_code(enum chain_fault fault);

#endif
