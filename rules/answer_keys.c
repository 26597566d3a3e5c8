/*
 * MACs of kept answers. Who makes and keeps the keys: server/store/answer_key_file.c; who checks: record.c for a retry, verify/beside.c.
 */
#include "rules/answer_keys.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "db/answer.h"
#include "db/entry.h"
#include "db/privacy.h"
#include "ledger/mac.h"
#include "rules/command.h"

static_assert((int)DB_ANSWER_MAC_BYTES == (int)MAC_BYTES, "the column has the MAC's length");
static_assert((int)ANSWER_KEY_HASH_BYTES == (int)DIGEST_BYTES, "a key is bound by an entry's hash");

/* Invariant: first rises or stays the same; of equal ones the later stands before the earlier, so that the last that fits is the one. */
struct answer_keys {
    size_t count;
    struct {
        uint64_t first;
        struct mac mac; /* begun under the key */
    } items[ANSWER_KEYS_MAX];
};

enum status answer_keys_open(struct answer_keys **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? STATUS_OK : STATUS_EXHAUSTED;
}

void answer_keys_close(struct answer_keys *keys)
{
    if (keys != NULL) {
        explicit_bzero(keys, sizeof *keys);
        free(keys);
    }
}

void answer_keys_add(struct answer_keys *keys, uint64_t first, const uint8_t key[ANSWER_KEY_BYTES])
{
    size_t at = keys->count;
    if (keys->count == ANSWER_KEYS_MAX) {
        return;
    }
    while (at > 0 && keys->items[at - 1].first >= first) {
        keys->items[at] = keys->items[at - 1];
        at--;
    }
    keys->items[at].first = first;
    mac_init(&keys->items[at].mac, key, ANSWER_KEY_BYTES);
    keys->count++;
}

static const struct mac *find(const struct answer_keys *keys, uint64_t seq)
{
    for (size_t i = keys != NULL ? keys->count : 0; i > 0; i--) {
        if (keys->items[i - 1].first <= seq) {
            return &keys->items[i - 1].mac;
        }
    }
    return NULL;
}

bool answer_keys_cover(const struct answer_keys *keys, uint64_t seq)
{
    return find(keys, seq) != NULL;
}

static void add_integer(struct mac *mac, uint64_t value, size_t bytes)
{
    uint8_t big[8];
    for (size_t i = 0; i < bytes; i++) {
        big[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    mac_update(mac, big, bytes);
}

static void add_bytes(struct mac *mac, const void *bytes, size_t length)
{
    add_integer(mac, length, 4);
    mac_update(mac, bytes, length);
}

static void add_text(struct mac *mac, const char *text)
{
    add_bytes(mac, text, strlen(text));
}

static void make(const struct mac *key, const struct answer_row *row, uint64_t erased_by, uint8_t out[MAC_BYTES])
{
    static const char tag[] = "tallystick/answer/v1\n";
    struct mac mac = *key;
    assert(row->seq > 0 && row->body_length <= UINT32_MAX);
    mac_update(&mac, tag, sizeof tag - 1);
    add_text(&mac, row->scope);
    add_text(&mac, row->key);
    add_text(&mac, row->kind);
    add_text(&mac, row->target);
    mac_update(&mac, row->salt, sizeof row->salt);
    mac_update(&mac, row->fingerprint, sizeof row->fingerprint);
    add_integer(&mac, (uint64_t)row->time_ms, 8);
    add_integer(&mac, (uint64_t)row->seq, 8);
    add_integer(&mac, (uint64_t)row->status, 8);
    add_text(&mac, row->location);
    add_text(&mac, row->etag);
    add_bytes(&mac, row->body, row->body_length);
    add_integer(&mac, erased_by, 8);
    mac_final(&mac, out);
}

static bool fits(const struct mac *key, const struct answer_row *row, uint64_t erased_by)
{
    uint8_t made[MAC_BYTES];
    if (!row->has_mac) {
        return false;
    }
    make(key, row, erased_by, made);
    return mac_is_equal(made, row->mac);
}

void answer_keys_seal(const struct answer_keys *keys, struct answer_row *row)
{
    answer_keys_seal_erased(keys, row, 0, ANSWER_SOUND);
}

void answer_keys_seal_erased(const struct answer_keys *keys, struct answer_row *row, uint64_t erased_by, enum answer_fit fit)
{
    const struct mac *key = row->seq > 0 ? find(keys, (uint64_t)row->seq) : NULL;
    row->has_mac = key != NULL && fit == ANSWER_SOUND;
    if (row->has_mac) {
        make(key, row, erased_by, row->mac);
    }
}

static enum status check(const struct answer_keys *keys, struct db *db, const struct answer_row *row, int64_t before, enum answer_fit *fit)
{
    int64_t erased_by = 0;
    const struct mac *key = row->seq > 0 ? find(keys, (uint64_t)row->seq) : NULL;
    enum status status = key != NULL ? db_answer_erased_by(db, row->seq, before, &erased_by) : STATUS_OK;
    if (status == STATUS_OK) {
        *fit = key == NULL ? ANSWER_UNKNOWN : fits(key, row, (uint64_t)erased_by) ? ANSWER_SOUND : ANSWER_ALTERED;
    }
    return status;
}

enum status answer_keys_check(const struct answer_keys *keys, struct db *db, const struct answer_row *row, enum answer_fit *fit)
{
    return check(keys, db, row, INT64_MAX, fit);
}

enum status answer_keys_check_erased(const struct answer_keys *keys, struct db *db, const struct answer_row *row, uint64_t erased_by,
                                     enum answer_fit *fit)
{
    enum status status = check(keys, db, row, (int64_t)erased_by, fit);
    if (status == STATUS_OK && *fit == ANSWER_ALTERED && fits(find(keys, (uint64_t)row->seq), row, erased_by)) {
        *fit = ANSWER_SOUND;
    }
    return status;
}

/* Whether the answer of the entry where the key begins was kept under it. */
static enum status fits_first(struct db *db, struct arena *arena, const struct answer_key_row *row, bool *belongs)
{
    struct entry_command command;
    struct answer_row answer;
    struct answer_keys *trial = NULL;
    enum answer_fit fit = ANSWER_UNKNOWN;
    enum status status = db_entry_command(db, arena, (int64_t)row->first, &command);
    if (status == STATUS_OK) {
        const struct actor actor = { .organisation = command.organisation, .subject = command.subject };
        status = db_answer_of_entry(db, arena, row->first, actor_scope(&actor), command.id, &answer);
    }
    if (status == STATUS_OK) {
        status = answer_keys_open(&trial);
    }
    if (status == STATUS_OK) {
        answer_keys_add(trial, row->first, row->key);
        status = answer_keys_check(trial, db, &answer, &fit);
        answer_keys_close(trial);
    }
    *belongs = status == STATUS_OK && fit == ANSWER_SOUND;
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

enum status answer_keys_belongs(struct db *db, const struct answer_key_row *row, bool *belongs)
{
    *belongs = false;
    if (row->is_bound) {
        uint8_t hash[DIGEST_BYTES];
        enum status status = db_entry_hash(db, row->first, hash);
        *belongs = status == STATUS_OK && memcmp(hash, row->hash, sizeof hash) == 0;
        return status == STATUS_ABSENT ? STATUS_OK : status;
    }
    struct arena arena;
    arena_init(&arena);
    enum status status = fits_first(db, &arena, row, belongs);
    arena_fini(&arena);
    return status;
}

enum status answer_keys_take(struct answer_keys *keys, struct db *db, const struct answer_key_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool belongs = false;
        enum status status = answer_keys_belongs(db, &rows[i], &belongs);
        if (status != STATUS_OK) {
            return status;
        }
        if (belongs) {
            answer_keys_add(keys, rows[i].first, rows[i].key);
        }
    }
    return STATUS_OK;
}
