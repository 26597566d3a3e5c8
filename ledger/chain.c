/*
 * The auditor's side of the ledger. It hashes the fields by code of its own (lanes.c where
 * there are many entries) and not by entry.c, so that a slip of the writer shows here
 * instead of being repeated. What it checks needs no secret and no other entry than
 * the one before. It refuses at the first fault and goes no further.
 */
#include "ledger/chain.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "ledger/lanes.h"

enum { INLINE_BODY_BYTES_MAX = 65536 }; /* of the format, version 1: never to change with limits.h */

enum {
    GROUP = 64,                 /* entries whose digests are made side by side, as far as they fit into */
    GROUP_BYTES = 40 * 1024,    /* so many bytes */
    ENTRY_BYTES_MAX = 4096,     /* a longer one is hashed by itself: the other lanes would stand idle meanwhile */
    BODY_BYTES_MAX = ENTRY_BYTES_MAX
};

/* The bytes of an entry behind a zero: entry_hash and the leaf of the tree are digests of the same bytes but for that one, which
 * RFC 6962 wants. They are gathered first: some thirty small fields into two digests would cost as much as the hashing. What does
 * not fit goes into digests piece by piece. */
struct sink {
    uint8_t *bytes, *at, *end; /* bytes to at are gathered; before bytes stands the zero */
    bool is_long;              /* the digests have begun */
    struct digest entry, leaf;
};

static void begin_sink(struct sink *sink, uint8_t *bytes, size_t room)
{
    assert(room > 1);
    bytes[0] = 0x00;
    sink->bytes = sink->at = bytes + 1;
    sink->end = bytes + room;
    sink->is_long = false;
}

static void flush(struct sink *sink)
{
    if (!sink->is_long) {
        sink->is_long = true;
        digest_init(&sink->entry);
        digest_init(&sink->leaf);
        digest_update(&sink->leaf, sink->bytes - 1, 1);
    }
    digest_update(&sink->entry, sink->bytes, (size_t)(sink->at - sink->bytes));
    digest_update(&sink->leaf, sink->bytes, (size_t)(sink->at - sink->bytes));
    sink->at = sink->bytes;
}

static void feed_on(struct sink *sink, const void *bytes, size_t length)
{
    flush(sink);
    if (length > (size_t)(sink->end - sink->at)) {
        digest_update(&sink->entry, bytes, length);
        digest_update(&sink->leaf, bytes, length);
    } else {
        memcpy(sink->at, bytes, length);
        sink->at += length;
    }
}

static inline void feed(struct sink *sink, const void *bytes, size_t length)
{
    if (length > (size_t)(sink->end - sink->at)) {
        feed_on(sink, bytes, length);
    } else if (length > 0) { /* an empty run may come with a NULL pointer */
        memcpy(sink->at, bytes, length);
        sink->at += length;
    }
}

static inline void feed_u64(struct sink *sink, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    feed(sink, bytes, sizeof bytes);
}

static inline void feed_u32(struct sink *sink, uint32_t value)
{
    uint8_t bytes[4];
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
    feed(sink, bytes, sizeof bytes);
}

static void feed_counted(struct sink *sink, const void *bytes, size_t length)
{
    assert(length <= UINT32_MAX);
    feed_u32(sink, (uint32_t)length);
    feed(sink, bytes, length);
}

static void feed_fields(struct sink *sink, const struct entry *entry)
{
    const char *const texts[] = {
        entry->kind, entry->target, entry->command_id, entry->new_id, entry->organisation,
        entry->role, entry->subject, entry->submitter_key, entry->submitter_alg,
    };
    feed(sink, "tallystick/entry/v1\n", 20);
    feed_u64(sink, entry->seq);
    feed_u64(sink, entry->height);
    feed_u64(sink, entry->time_ms);
    feed(sink, entry->previous_hash, DIGEST_BYTES);
    feed_u32(sink, entry->rules_version);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert(texts[i] != NULL);
        feed_counted(sink, texts[i], strlen(texts[i]));
    }
    feed_u64(sink, entry->body_length);
    feed(sink, entry->body_digest, DIGEST_BYTES);
    feed_counted(sink, entry->body, entry->body_length <= INLINE_BODY_BYTES_MAX ? (size_t)entry->body_length : 0);
    feed_counted(sink, entry->submitter_sig, entry->submitter_sig_length);
    feed(sink, entry->effects, DIGEST_BYTES);
    if (sink->is_long) {
        flush(sink);
    }
}

static bool is_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES])
{
    return memcmp(a, b, DIGEST_BYTES) == 0;
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

/* Runs are taken from the front on: what is long first, so that few lanes stand idle at the end. */
struct group {
    struct lanes_run runs[3 * GROUP];
    size_t longer, shorter; /* runs from the front, and from the end */
    uint8_t bodies[GROUP][DIGEST_BYTES];
    uint8_t bytes[GROUP_BYTES];
    size_t used;
};

static void add_body(struct group *group, size_t i, const struct entry *entry)
{
    if (entry->body_length > BODY_BYTES_MAX) {
        digest_bytes(group->bodies[i], entry->body, (size_t)entry->body_length);
    } else {
        group->shorter++;
        group->runs[3 * GROUP - group->shorter] = (struct lanes_run){ entry->body, (size_t)entry->body_length, group->bodies[i] };
    }
}

/* An entry that is longer than there is room is hashed by itself at once. */
static void add_fields(struct group *group, const struct entry *entry, struct chain_facts *facts)
{
    struct sink sink;
    begin_sink(&sink, group->bytes + group->used, ENTRY_BYTES_MAX);
    feed_fields(&sink, entry);
    if (sink.is_long) {
        digest_final(&sink.entry, facts->hash);
        digest_final(&sink.leaf, facts->leaf);
        return;
    }
    size_t length = (size_t)(sink.at - sink.bytes);
    group->runs[group->longer++] = (struct lanes_run){ sink.bytes, length, facts->hash };
    group->runs[group->longer++] = (struct lanes_run){ sink.bytes - 1, 1 + length, facts->leaf };
    group->used += 1 + length;
}

/* The first of the items; how many they were. */
static size_t hash_group(struct group *group, const struct chain_item *items, size_t count)
{
    size_t taken = 0;
    group->longer = group->shorter = group->used = 0;
    while (taken < count && taken < GROUP && sizeof group->bytes - group->used >= ENTRY_BYTES_MAX) {
        const struct entry *entry = items[taken].entry;
        items[taken].facts->is_body_sound = entry->body != NULL || entry->body_length == 0;
        if (items[taken].facts->is_body_sound) {
            add_fields(group, entry, items[taken].facts);
            add_body(group, taken, entry);
        }
        taken++;
    }
    memmove(group->runs + group->longer, group->runs + 3 * GROUP - group->shorter, group->shorter * sizeof group->runs[0]);
    lanes_digest(group->runs, group->longer + group->shorter);
    for (size_t i = 0; i < taken; i++) {
        items[i].facts->is_body_sound = items[i].facts->is_body_sound && is_equal(group->bodies[i], items[i].entry->body_digest);
    }
    return taken;
}

void chain_hash(const struct chain_item *items, size_t count)
{
    struct group group;
    for (size_t at = 0; at < count;) {
        at += hash_group(&group, items + at, count - at);
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
    if (entry->time_ms < chain->time_ms || entry->time_ms > ENTRY_TIME_MAX) {
        return CHAIN_TIME;
    }
    if (!is_height_next(chain, entry->height)) {
        return CHAIN_HEIGHT;
    }
    if (entry->rules_version < 1 || entry->rules_version < chain->rules_version || entry->rules_version > ENTRY_RULES_VERSION) {
        return CHAIN_RULES_VERSION;
    }
    chain->seq = entry->seq;
    chain->height = entry->height;
    chain->time_ms = entry->time_ms;
    chain->rules_version = entry->rules_version;
    memcpy(chain->head, facts->hash, sizeof chain->head);
    tree_append(&chain->tree, facts->leaf);
    return CHAIN_SOUND;
}

enum chain_fault chain_check(struct chain *chain, const struct entry *entry, const uint8_t stored_hash[DIGEST_BYTES],
                             const uint8_t seal[KEY_SIGNATURE_BYTES], const uint8_t *public_key)
{
    struct chain_facts facts;
    enum chain_seal state = CHAIN_SEAL_WITHOUT_KEY;
    chain_hash(&(struct chain_item){ entry, &facts }, 1);
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
        return "The entry bears an earlier time than the one before, or one beyond the year 9999.";
    case CHAIN_HEIGHT:
        return "The block height went back or skipped a block.";
    case CHAIN_RULES_VERSION:
        return "The entry was made by rules that this program does not know, or by older ones than the entry before.";
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
