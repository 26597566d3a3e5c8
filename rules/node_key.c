/*
 * The node's keys as state: the genesis names the first, node_key.rotate the next. Which key is valid where: keyring.c.
 */
#include "rules/node_key.h"

#include <string.h>

#include "base/text.h"
#include "db/entry.h"
#include "rules/keyring.h"
#include "rules/request.h"

static enum status read_node_key(struct context *context, const char *hex, uint8_t key[KEY_PUBLIC_BYTES])
{
    if (text_from_hex(hex, key, KEY_PUBLIC_BYTES) != STATUS_OK) {
        faults_add(&context->outcome->refusal.faults, "/node_key", "bad_format", "a key is 33 bytes in hexadecimal");
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status read_checkpoint_key(struct context *context, const char *hex, uint8_t key[ED25519_PUBLIC_BYTES])
{
    if (text_from_hex(hex, key, ED25519_PUBLIC_BYTES) != STATUS_OK) {
        faults_add(&context->outcome->refusal.faults, "/checkpoint_key", "bad_format", "an Ed25519 key is 32 bytes in hexadecimal");
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status node_key_write(struct context *context, const char *node_key, const char *checkpoint_key, uint64_t from_seq)
{
    char id[KEY_ID_BYTES], checkpoint_id[KEY_ID_BYTES];
    struct node_key_row row = { .id = id, .from_seq = from_seq };
    struct checkpoint_key_row checkpoint = { .id = checkpoint_id, .algorithm = "ed25519", .from_seq = from_seq };
    enum status status = read_node_key(context, node_key, row.public_key);
    if (status == STATUS_OK && checkpoint_key != NULL) {
        status = read_checkpoint_key(context, checkpoint_key, checkpoint.public_key);
    }
    if (status != STATUS_OK) {
        return status;
    }
    key_id_of(id, row.public_key);
    key_ed25519_id_of(checkpoint_id, checkpoint.public_key);
    status = db_node_key_insert(context->db, &row);
    return status == STATUS_OK && checkpoint_key != NULL ? db_checkpoint_key_insert(context->db, &checkpoint) : status;
}

/* Whether a key named is one that the ledger has had: one that came back would be valid in two stretches. */
static bool is_known(const struct keyring *keyring, const struct rotate_request *request)
{
    uint8_t node_key[KEY_PUBLIC_BYTES], checkpoint_key[ED25519_PUBLIC_BYTES];
    bool has_node = text_from_hex(request->node_key, node_key, sizeof node_key) == STATUS_OK;
    bool has_checkpoint = request->checkpoint_key != NULL &&
        text_from_hex(request->checkpoint_key, checkpoint_key, sizeof checkpoint_key) == STATUS_OK;
    for (const struct keyring_node *node = keyring->nodes; has_node && node != NULL; node = node->next) {
        if (memcmp(node->row.public_key, node_key, sizeof node_key) == 0) {
            return true;
        }
    }
    for (const struct keyring_ed25519 *key = keyring->ed25519; has_checkpoint && key != NULL; key = key->next) {
        if (memcmp(key->row.public_key, checkpoint_key, sizeof checkpoint_key) == 0) {
            return true;
        }
    }
    return false;
}

static enum status end_keys(struct context *context, const struct keyring *keyring)
{
    enum status status = STATUS_OK;
    for (const struct keyring_node *node = keyring->nodes; status == STATUS_OK && node != NULL; node = node->next) {
        if (node->row.to_seq == 0) {
            status = db_node_key_end(context->db, node->row.id, context->seq);
        }
    }
    for (const struct keyring_ed25519 *key = keyring->ed25519; status == STATUS_OK && key != NULL; key = key->next) {
        if (key->row.to_seq == 0) {
            status = db_checkpoint_key_end(context->db, key->row.id, context->seq);
        }
    }
    return status;
}

enum status node_key_rotate_apply(struct context *context)
{
    const struct rotate_request *request = context->command->request;
    struct refusal *refusal = &context->outcome->refusal;
    struct keyring keyring;
    if (context->command->actor.role != ROLE_SYSTEM) {
        refusal_set(refusal, REFUSAL_FORBIDDEN, "forbidden", "the node alone changes its keys: tallystick key rotate");
        return context_refused(context);
    }
    keyring_init(&keyring);
    enum status status = keyring_load(&keyring, context->db, context->arena);
    if (status != STATUS_OK) {
        return status;
    }
    if (is_known(&keyring, request)) {
        refusal_set(refusal, REFUSAL_CONFLICT, "already_exists", "a key that this ledger has had is not taken again: make a new one");
        return context_refused(context);
    }
    status = end_keys(context, &keyring);
    if (status == STATUS_OK) {
        status = node_key_write(context, request->node_key, request->checkpoint_key, context->seq + 1);
    }
    if (status == STATUS_INVALID) {
        return context_refused(context);
    }
    return status != STATUS_OK ? status : context_changed(context, "node_key");
}
