/*
 * Finding the node's key at the start. Changing it: command/key.c.
 */
#include "server/node_key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/entry.h"
#include "ledger/key_file.h"
#include "rules/keyring.h"
#include "server/paths.h"
#include "server/tell.h"

enum status node_key_place(struct arena *arena, const char *data_dir, const char *given, struct node_key_place *place)
{
    struct node_key_place found = { { KEY_SOURCE_FILE, data_path(arena, data_dir, "node.key") }, given };
    if (found.source.place == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (given != NULL && !key_source_read(given, &found.source)) {
        tell("--node-key (TALLYSTICK_NODE_KEY) takes file:PATH, env:NAME or command:PROGRAM");
        return STATUS_INVALID;
    }
    *place = found;
    return STATUS_OK;
}

const char *node_key_file_of(struct arena *arena, const char *path, const char *id)
{
    return arena_format(arena, "%s.%s", path, id);
}

static enum status open_source(const struct node_key_place *place, struct signer **signer)
{
    char why[KEY_SOURCE_WHY_BYTES];
    enum status status = key_source_open(&place->source, signer, why);
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    if (place->source.kind != KEY_SOURCE_FILE) {
        tell("%s (--node-key)", why);
    } else if (status == STATUS_ABSENT) {
        tell("%s: without it nothing can be written; put the node's key back", why);
    } else {
        tell("%s", why);
    }
    return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
}

enum status node_key_open_new(const struct node_key_place *place, struct signer **signer)
{
    struct key *key = NULL;
    if (place->source.kind != KEY_SOURCE_FILE) {
        return open_source(place, signer);
    }
    enum status status = key_file_load(place->source.place, &key);
    if (status == STATUS_OK) {
        return signer_of_key(key, signer);
    }
    if (status != STATUS_ABSENT) {
        return open_source(place, signer); /* which tells why not */
    }
    status = key_generate(&key);
    status = status == STATUS_OK ? key_file_save(key, place->source.place) : status;
    if (status != STATUS_OK) {
        key_free(key);
        return status;
    }
    return signer_of_key(key, signer);
}

/* The row of the node's key that is valid for the next entry; NULL where no key is. */
static const struct node_key_row *current_key(const struct keyring *keyring)
{
    for (const struct keyring_node *node = keyring->nodes; node != NULL; node = node->next) {
        if (node->row.to_seq == 0) {
            return &node->row;
        }
    }
    return NULL;
}

static const struct node_key_row *find_key(const struct keyring *keyring, const char *id)
{
    for (const struct keyring_node *node = keyring->nodes; node != NULL; node = node->next) {
        if (strcmp(node->row.id, id) == 0) {
            return &node->row;
        }
    }
    return NULL;
}

/* The id of the key in a file; false where there is none that can be read. */
static bool file_id(const char *path, char id[KEY_ID_BYTES])
{
    struct key *key = NULL;
    if (key_file_load(path, &key) != STATUS_OK) {
        return false;
    }
    memcpy(id, key_id(key), KEY_ID_BYTES);
    key_free(key);
    return true;
}

enum status node_key_find(struct arena *arena, const char *path, struct db *db, const char **file)
{
    struct keyring keyring;
    char id[KEY_ID_BYTES];
    keyring_init(&keyring);
    enum status status = keyring_load(&keyring, db, arena);
    if (status != STATUS_OK) {
        return status;
    }
    const struct node_key_row *current = current_key(&keyring);
    const char *beside = current == NULL ? NULL : node_key_file_of(arena, path, current->id);
    if (beside == NULL) {
        return current == NULL ? STATUS_ABSENT : STATUS_EXHAUSTED;
    }
    const char *const files[] = { path, beside };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (file_id(files[i], id) && strcmp(id, current->id) == 0) {
            *file = files[i];
            return STATUS_OK;
        }
    }
    return STATUS_ABSENT;
}

/* A change of keys is committed in the ledger first and in the file afterwards. Where the file still has the key from before (or,
 * the ledger having lost its last entries, the key from after), the right one lies beside it under its id. */
static enum status settle(struct arena *arena, const char *path, const struct keyring *keyring)
{
    char id[KEY_ID_BYTES] = "", other[KEY_ID_BYTES] = "";
    const struct node_key_row *current = current_key(keyring);
    bool has_file = file_id(path, id);
    if (current == NULL || (has_file && strcmp(id, current->id) == 0)) {
        return STATUS_OK;
    }
    const char *right = node_key_file_of(arena, path, current->id);
    const char *wrong = node_key_file_of(arena, path, id);
    if (right == NULL || wrong == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (!file_id(right, other) || strcmp(other, current->id) != 0) {
        return STATUS_OK; /* there is nothing to put right with */
    }
    enum status status = has_file ? key_file_keep(path, wrong) : STATUS_OK;
    if (status == STATUS_OK) {
        status = key_file_replace(right, path);
    }
    const struct node_key_row *ended = has_file ? find_key(keyring, id) : NULL;
    if (status == STATUS_OK && ended != NULL) { /* one that the ledger does not know is kept: it may be needed again */
        status = key_file_remove(wrong);
    }
    if (status == STATUS_OK) {
        log_info("key", "a change of the node's key that was cut short is completed: path=%s key=%s", path, current->id);
    }
    return status;
}

static const char *place_name(const struct node_key_place *place)
{
    return place->source.kind == KEY_SOURCE_FILE ? place->source.place : place->given;
}

static enum status check_node_half(const struct node_key_place *place, const struct signer *signer, const struct keyring *keyring)
{
    const struct node_key_row *current = current_key(keyring);
    const struct node_key_row *ours = find_key(keyring, signer_id(signer));
    if (current == NULL) {
        tell("the ledger says of no key that it is valid: run verify");
        return STATUS_CORRUPT;
    }
    if (ours == current && memcmp(current->public_key, signer_public(signer), KEY_PUBLIC_BYTES) == 0) {
        return STATUS_OK;
    }
    if (ours != NULL && ours != current) {
        tell("the key in %s (%s) was this ledger's up to entry %" PRIu64 "; since then it is %s: put that one there, or name where it "
             "lies by --node-key", place_name(place), signer_id(signer), ours->to_seq, current->id);
    } else {
        tell("the key in %s (%s) is not the key of this ledger, which is %s", place_name(place), signer_id(signer), current->id);
    }
    return STATUS_CORRUPT;
}

static enum status check_ed25519_half(const struct node_key_place *place, const struct signer *signer, const struct keyring *keyring)
{
    const struct checkpoint_key_row *current = NULL;
    const uint8_t *ours = signer_ed25519(signer);
    for (const struct keyring_ed25519 *key = keyring->ed25519; key != NULL; key = key->next) {
        current = key->row.to_seq == 0 ? &key->row : current;
    }
    if (current == NULL && ours != NULL) {
        log_info("key", "the Ed25519 key in %s signs nothing: this ledger has none until key rotate", place_name(place));
    }
    if (current == NULL || (ours != NULL && memcmp(current->public_key, ours, ED25519_PUBLIC_BYTES) == 0)) {
        return STATUS_OK;
    }
    tell("the key in %s has %s Ed25519 key (the second line of a key file) than the one that signs this ledger's checkpoints, %s",
         place_name(place), ours == NULL ? "no other" : "another", current->id);
    return STATUS_CORRUPT;
}

enum status node_key_open(struct arena *arena, const struct node_key_place *place, struct db *db, struct signer **signer)
{
    struct keyring keyring;
    struct signer *opened = NULL;
    keyring_init(&keyring);
    enum status status = keyring_load(&keyring, db, arena);
    if (status == STATUS_OK && place->source.kind == KEY_SOURCE_FILE) {
        status = settle(arena, place->source.place, &keyring);
    }
    if (status == STATUS_OK) {
        status = open_source(place, &opened);
    }
    if (status == STATUS_OK) {
        status = check_node_half(place, opened, &keyring);
    }
    if (status == STATUS_OK) {
        status = check_ed25519_half(place, opened, &keyring);
    }
    if (status != STATUS_OK) {
        signer_close(opened);
        return status;
    }
    *signer = opened;
    return STATUS_OK;
}
