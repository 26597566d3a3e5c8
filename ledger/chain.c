/*
 * The auditor's side of the ledger. It hashes the fields by code of its own (a stream
 * of bytes into two digests) and not by entry.c, so that a slip of the writer shows here
 * instead of being repeated. What it checks needs no secret and no other entry than
 * the one before. It refuses at the first fault and goes no further.
 */
#include "ledger/chain.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { INLINE_BODY_BYTES_MAX = 65536 }; /* of the format, version 1: never to change with limits.h */

/* Room for all fields of an entry but a long body: most entries are hashed by two calls. */
enum { STAGE_BYTES = 2048 };

/* entry_hash and the leaf of the tree are digests of the same bytes but for one byte in front. The bytes are gathered first:
 * some thirty small fields into two digests would cost as much as the hashing. */
struct sink {
    struct digest entry;
    struct digest leaf;
    size_t used;
    uint8_t bytes[STAGE_BYTES];
};

static void flush(struct sink *sink)
{
    digest_update(&sink->entry, sink->bytes, sink->used);
    digest_update(&sink->leaf, sink->bytes, sink->used);
    sink->used = 0;
}

static void feed(struct sink *sink, const void *bytes, size_t length)
{
    if (length > sizeof sink->bytes - sink->used) {
        flush(sink);
    }
    if (length > sizeof sink->bytes) {
        digest_update(&sink->entry, bytes, length);
        digest_update(&sink->leaf, bytes, length);
    } else if (length > 0) { /* an empty run may come with a NULL pointer */
        memcpy(sink->bytes + sink->used, bytes, length);
        sink->used += length;
    }
}

static void feed_integer(struct sink *sink, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    for (size_t i = width; i > 0; i--) {
        bytes[i - 1] = (uint8_t)(value & 0xff);
        value >>= 8;
    }
    feed(sink, bytes, width);
}

static void feed_counted(struct sink *sink, const void *bytes, size_t length)
{
    assert(length <= UINT32_MAX);
    feed_integer(sink, length, 4);
    feed(sink, bytes, length);
}

static void hash_fields(const struct entry *entry, uint8_t hash[DIGEST_BYTES], uint8_t leaf[DIGEST_BYTES])
{
    const char *const texts[] = {
        entry->kind, entry->target, entry->command_id, entry->new_id, entry->organisation,
        entry->role, entry->subject, entry->submitter_key, entry->submitter_alg,
    };
    struct sink sink;
    sink.used = 0;
    digest_init(&sink.entry);
    digest_init(&sink.leaf);
    digest_update(&sink.leaf, (const uint8_t[]) { 0x00 }, 1); /* RFC 6962: this is a leaf */
    feed(&sink, "tallystick/entry/v1\n", 20);
    feed_integer(&sink, entry->seq, 8);
    feed_integer(&sink, entry->height, 8);
    feed_integer(&sink, entry->time_ms, 8);
    feed(&sink, entry->previous_hash, DIGEST_BYTES);
    feed_integer(&sink, entry->rules_version, 4);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert(texts[i] != NULL);
        feed_counted(&sink, texts[i], strlen(texts[i]));
    }
    feed_integer(&sink, entry->body_length, 8);
    feed(&sink, entry->body_digest, DIGEST_BYTES);
    feed_counted(&sink, entry->body, entry->body_length <= INLINE_BODY_BYTES_MAX ? (size_t)entry->body_length : 0);
    feed_counted(&sink, entry->submitter_sig, entry->submitter_sig_length);
    feed(&sink, entry->effects, DIGEST_BYTES);
    flush(&sink);
    digest_final(&sink.entry, hash);
    digest_final(&sink.leaf, leaf);
}

static bool is_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES])
{
    return memcmp(a, b, DIGEST_BYTES) == 0;
}

/* Also guards hash_fields, which reads the body: it must be there. */
static bool is_body_sound(const struct entry *entry)
{
    uint8_t digest[DIGEST_BYTES];
    if (entry->body == NULL && entry->body_length > 0) {
        return false;
    }
    digest_bytes(digest, entry->body, (size_t)entry->body_length);
    return is_equal(digest, entry->body_digest);
}

static bool is_height_next(const struct chain *chain, uint64_t height)
{
    if (chain->seq > 0 && height == chain->height) {
        return true;
    }
    return chain->height < UINT64_MAX && height == chain->height + 1;
}

void chain_init(struct chain *chain)
{
    memset(chain, 0, sizeof *chain);
    tree_init(&chain->tree);
}

void chain_hash(const struct entry *entry, struct chain_facts *facts)
{
    facts->is_body_sound = is_body_sound(entry);
    if (facts->is_body_sound) {
        hash_fields(entry, facts->hash, facts->leaf);
    }
}

static enum chain_fault check_before_seal(const struct chain *chain, const struct entry *entry, const struct chain_facts *facts,
                                          const uint8_t stored_hash[DIGEST_BYTES])
{
    assert(chain->tree.size == chain->seq);
    if (chain->seq == UINT64_MAX || entry->seq != chain->seq + 1) {
        return CHAIN_SEQ;
    }
    if (!is_equal(entry->previous_hash, chain->head)) {
        return CHAIN_PREVIOUS_HASH;
    }
    if (!facts->is_body_sound) {
        return CHAIN_BODY;
    }
    return is_equal(facts->hash, stored_hash) ? CHAIN_SOUND : CHAIN_HASH;
}

enum chain_fault chain_link(struct chain *chain, const struct entry *entry, const struct chain_facts *facts,
                            const uint8_t stored_hash[DIGEST_BYTES], enum chain_seal seal)
{
    enum chain_fault fault = check_before_seal(chain, entry, facts, stored_hash);
    if (fault != CHAIN_SOUND) {
        return fault;
    }
    if (seal != CHAIN_SEAL_GOOD) {
        return seal == CHAIN_SEAL_WITHOUT_KEY ? CHAIN_KEY : CHAIN_SEAL;
    }
    if (entry->time_ms < chain->time_ms) {
        return CHAIN_TIME;
    }
    if (!is_height_next(chain, entry->height)) {
        return CHAIN_HEIGHT;
    }
    if (entry->rules_version < 1 || entry->rules_version > ENTRY_RULES_VERSION) {
        return CHAIN_RULES_VERSION;
    }
    chain->seq = entry->seq;
    chain->height = entry->height;
    chain->time_ms = entry->time_ms;
    memcpy(chain->head, facts->hash, sizeof chain->head);
    tree_append(&chain->tree, facts->leaf);
    return CHAIN_SOUND;
}

enum chain_fault chain_check(struct chain *chain, const struct entry *entry, const uint8_t stored_hash[DIGEST_BYTES],
                             const uint8_t seal[KEY_SIGNATURE_BYTES], const uint8_t *public_key)
{
    struct chain_facts facts;
    enum chain_seal state = CHAIN_SEAL_WITHOUT_KEY;
    chain_hash(entry, &facts);
    if (public_key != NULL && check_before_seal(chain, entry, &facts, stored_hash) == CHAIN_SOUND) {
        state = key_verify(public_key, stored_hash, seal) == STATUS_OK ? CHAIN_SEAL_GOOD : CHAIN_SEAL_BAD;
    }
    return chain_link(chain, entry, &facts, stored_hash, state);
}

const char *chain_fault_text(enum chain_fault fault)
{
    switch (fault) {
    case CHAIN_SOUND:
        return "The entry is sound.";
    case CHAIN_SEQ:
        return "The entry's number is not the next one: an entry is missing, doubled or moved.";
    case CHAIN_PREVIOUS_HASH:
        return "The entry does not follow from the one before: its previous hash is another.";
    case CHAIN_HASH:
        return "The stored hash is not that of the stored fields: one of them was changed.";
    case CHAIN_SEAL:
        return "The seal is not the node key's signature of the entry's hash.";
    case CHAIN_KEY:
        return "The entry is sealed by a key that is not valid at this number.";
    case CHAIN_BODY:
        return "The body is missing or does not have the length and digest that the entry names.";
    case CHAIN_TIME:
        return "The entry bears an earlier time than the one before.";
    case CHAIN_HEIGHT:
        return "The block height went back or skipped a block.";
    case CHAIN_RULES_VERSION:
        return "The entry was made by rules that this program does not know.";
    }
    assert(false && "a fault without a text");
    return "";
}

const char *chain_fault_code(enum chain_fault fault)
{
    switch (fault) {
    case CHAIN_SOUND:
        return "sound";
    case CHAIN_SEQ:
        return "seq";
    case CHAIN_PREVIOUS_HASH:
        return "previous_hash";
    case CHAIN_HASH:
        return "hash";
    case CHAIN_SEAL:
        return "seal";
    case CHAIN_KEY:
        return "key";
    case CHAIN_BODY:
        return "body";
    case CHAIN_TIME:
        return "time";
    case CHAIN_HEIGHT:
        return "height";
    case CHAIN_RULES_VERSION:
        return "rules_version";
    }
    assert(false && "a fault without a code");
    return "";
}
