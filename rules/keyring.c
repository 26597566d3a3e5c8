/*
 * Which key when. The rows are those of node_key and checkpoint_key, which node_key.c writes.
 */
#include "rules/keyring.h"

#include <string.h>

void keyring_init(struct keyring *keyring)
{
    *keyring = (struct keyring){ NULL, NULL };
}

enum status keyring_add_node(struct keyring *keyring, struct arena *arena, const struct node_key_row *row)
{
    char id[KEY_ID_BYTES];
    struct keyring_node *node = arena_alloc(arena, sizeof *node);
    if (node == NULL) {
        return STATUS_EXHAUSTED;
    }
    key_id_of(id, row->public_key);
    node->row = *row;
    node->is_named_right = row->id != NULL && strcmp(row->id, id) == 0;
    node->next = keyring->nodes;
    key_verifier_init(&node->verifier, row->public_key);
    keyring->nodes = node;
    return STATUS_OK;
}

enum status keyring_add_ed25519(struct keyring *keyring, struct arena *arena, const struct checkpoint_key_row *row)
{
    char id[KEY_ID_BYTES];
    struct keyring_ed25519 *key = arena_alloc(arena, sizeof *key);
    if (key == NULL) {
        return STATUS_EXHAUSTED;
    }
    key_ed25519_id_of(id, row->public_key);
    key->row = *row;
    key->is_named_right = row->id != NULL && strcmp(row->id, id) == 0 && row->algorithm != NULL && strcmp(row->algorithm, "ed25519") == 0;
    key->next = keyring->ed25519;
    keyring->ed25519 = key;
    return STATUS_OK;
}

enum status keyring_load(struct keyring *keyring, struct db *db, struct arena *arena)
{
    struct node_key_row *nodes = NULL;
    struct checkpoint_key_row *checkpoints = NULL;
    size_t node_count = 0, checkpoint_count = 0;
    enum status status = db_node_key_list(db, arena, &nodes, &node_count);
    if (status == STATUS_OK) {
        status = db_checkpoint_key_list(db, arena, &checkpoints, &checkpoint_count);
    }
    for (size_t i = 0; status == STATUS_OK && i < node_count; i++) {
        status = keyring_add_node(keyring, arena, &nodes[i]);
    }
    for (size_t i = 0; status == STATUS_OK && i < checkpoint_count; i++) {
        status = keyring_add_ed25519(keyring, arena, &checkpoints[i]);
    }
    return status;
}

static bool is_valid_at(uint64_t from_seq, uint64_t to_seq, uint64_t seq)
{
    return from_seq <= seq && (to_seq == 0 || seq <= to_seq);
}

const struct keyring_node *keyring_seal_key(const struct keyring *keyring, const char *id, uint64_t seq)
{
    for (const struct keyring_node *node = keyring->nodes; id != NULL && node != NULL; node = node->next) {
        if (node->is_named_right && strcmp(node->row.id, id) == 0 && is_valid_at(node->row.from_seq, node->row.to_seq, seq)) {
            return node;
        }
    }
    return NULL;
}

struct checkpoint_keys keyring_at(const struct keyring *keyring, uint64_t size)
{
    struct checkpoint_keys keys = { NULL, NULL };
    for (const struct keyring_node *node = keyring->nodes; keys.node == NULL && node != NULL; node = node->next) {
        bool is_valid = node->is_named_right && is_valid_at(node->row.from_seq, node->row.to_seq, size);
        keys.node = is_valid ? node->row.public_key : NULL;
    }
    for (const struct keyring_ed25519 *key = keyring->ed25519; keys.ed25519 == NULL && key != NULL; key = key->next) {
        bool is_valid = key->is_named_right && is_valid_at(key->row.from_seq, key->row.to_seq, size);
        keys.ed25519 = is_valid ? key->row.public_key : NULL;
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
