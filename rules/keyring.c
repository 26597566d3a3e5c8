/*
 * Which key when. The rows are those of node_key and checkpoint_key, which genesis.c and node_key.c write.
 */
#include "rules/keyring.h"

#include <stdbool.h>
#include <string.h>

enum status keyring_load(struct keyring *keyring, struct db *db, struct arena *arena)
{
    struct keyring loaded = { 0 };
    enum status status = db_node_key_list(db, arena, &loaded.node, &loaded.node_count);
    if (status == STATUS_OK) {
        status = db_checkpoint_key_list(db, arena, &loaded.checkpoint, &loaded.checkpoint_count);
    }
    if (status == STATUS_OK) {
        *keyring = loaded;
    }
    return status;
}

static bool is_valid_at(uint64_t from_seq, uint64_t to_seq, uint64_t seq)
{
    return from_seq <= seq && (to_seq == 0 || seq <= to_seq);
}

/* A row whose id is not that of its key was altered, and is nobody's. */
static bool is_valid_node(const struct node_key_row *key, uint64_t seq)
{
    char id[KEY_ID_BYTES];
    key_id_of(id, key->public_key);
    return key->id != NULL && strcmp(id, key->id) == 0 && is_valid_at(key->from_seq, key->to_seq, seq);
}

static bool is_valid_checkpoint(const struct checkpoint_key_row *key, uint64_t seq)
{
    char id[KEY_ID_BYTES];
    key_ed25519_id_of(id, key->public_key);
    return key->id != NULL && key->algorithm != NULL && strcmp(id, key->id) == 0 && strcmp(key->algorithm, "ed25519") == 0 &&
        is_valid_at(key->from_seq, key->to_seq, seq);
}

const uint8_t *keyring_seal_key(const struct keyring *keyring, const char *id, uint64_t seq)
{
    for (size_t i = 0; id != NULL && i < keyring->node_count; i++) {
        const struct node_key_row *key = &keyring->node[i];
        if (key->id != NULL && strcmp(key->id, id) == 0 && is_valid_node(key, seq)) {
            return key->public_key;
        }
    }
    return NULL;
}

struct checkpoint_keys keyring_at(const struct keyring *keyring, uint64_t size)
{
    struct checkpoint_keys keys = { NULL, NULL };
    for (size_t i = 0; keys.node == NULL && i < keyring->node_count; i++) {
        keys.node = is_valid_node(&keyring->node[i], size) ? keyring->node[i].public_key : NULL;
    }
    for (size_t i = 0; keys.ed25519 == NULL && i < keyring->checkpoint_count; i++) {
        keys.ed25519 = is_valid_checkpoint(&keyring->checkpoint[i], size) ? keyring->checkpoint[i].public_key : NULL;
    }
    return keys;
}

enum status keyring_read_note(const struct keyring *keyring, const char *note, size_t length, enum checkpoint_demand demand,
                              struct checkpoint *checkpoint)
{
    struct checkpoint read;
    enum status status = checkpoint_parse(&read, note, length);
    if (status != STATUS_OK) {
        return status;
    }
    struct checkpoint_keys keys = keyring_at(keyring, read.size);
    return checkpoint_read(checkpoint, note, length, &keys, demand);
}
