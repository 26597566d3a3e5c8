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

/* entry_hash and the leaf of the tree are digests of the same bytes but for one byte in front. */
struct sink {
    struct digest entry;
    struct digest leaf;
};

static void feed(struct sink *sink, const void *bytes, size_t length)
{
    digest_update(&sink->entry, bytes, length);
    digest_update(&sink->leaf, bytes, length);
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

enum status chain_check(struct chain *chain, const struct entry *entry, const uint8_t stored_hash[DIGEST_BYTES],
                        const uint8_t seal[KEY_SIGNATURE_BYTES], const uint8_t *public_key,
                        enum chain_fault *fault)
{
    uint8_t hash[DIGEST_BYTES];
    uint8_t leaf[DIGEST_BYTES];
    assert(chain->tree.size == chain->seq);
    *fault = CHAIN_SOUND;
    if (chain->seq == UINT64_MAX || entry->seq != chain->seq + 1) {
        *fault = CHAIN_SEQ;
    } else if (!is_equal(entry->previous_hash, chain->head)) {
        *fault = CHAIN_PREVIOUS_HASH;
    } else if (!is_body_sound(entry)) {
        *fault = CHAIN_BODY;
    }
    if (*fault != CHAIN_SOUND) {
        return STATUS_OK;
    }
    hash_fields(entry, hash, leaf);
    if (!is_equal(hash, stored_hash)) {
        *fault = CHAIN_HASH;
    } else if (public_key == NULL) {
        *fault = CHAIN_KEY;
    } else if (key_verify(public_key, hash, seal) != STATUS_OK) {
        *fault = CHAIN_SEAL;
    } else if (entry->time_ms < chain->time_ms) {
        *fault = CHAIN_TIME;
    } else if (!is_height_next(chain, entry->height)) {
        *fault = CHAIN_HEIGHT;
    } else if (entry->rules_version < 1 || entry->rules_version > ENTRY_RULES_VERSION) {
        *fault = CHAIN_RULES_VERSION;
    } else {
        chain->seq = entry->seq;
        chain->height = entry->height;
        chain->time_ms = entry->time_ms;
        memcpy(chain->head, hash, sizeof hash);
        memcpy(chain->leaf, leaf, sizeof leaf);
        tree_append(&chain->tree, leaf);
    }
    return STATUS_OK;
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
