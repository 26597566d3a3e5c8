/*
 * Keys are few, and all of them are kept. Those of the verification never change once threads may look at them: when some end,
 * a new list is made.
 */
#include "rules/export/keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "rules/keyring.h"
#include "rules/request.h"
#include "rules/verify/parts.h"

enum { KEYS_MAX = 4096, EARLY_MAX = 16 /* a key may be listed more than once */, PUBLIC_BYTES_MAX = KEY_PUBLIC_BYTES };

#define NOT_LISTED "the keys that the export lists are not those that its entries tell of"

struct known_key {
    const char *algorithm; /* static */
    char id[KEY_ID_BYTES];
    uint8_t public_key[PUBLIC_BYTES_MAX];
    size_t length;
    uint64_t from_seq, to_seq; /* to_seq 0: it still holds */
    bool is_listed;
};

/* Invariant: early holds lines from before the genesis; none once that was taken. */
struct export_keys {
    struct arena arena;
    struct known_key known[KEYS_MAX];
    size_t count;
    struct known_key early[EARLY_MAX];
    size_t early_count;
};

enum status export_keys_open(struct export_keys **keys)
{
    struct export_keys *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    arena_init(&opened->arena);
    *keys = opened;
    return STATUS_OK;
}

void export_keys_close(struct export_keys *keys)
{
    if (keys != NULL) {
        arena_fini(&keys->arena);
        free(keys);
    }
}

static struct known_key *find(struct export_keys *keys, const struct known_key *wanted)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct known_key *key = &keys->known[i];
        if (strcmp(key->algorithm, wanted->algorithm) == 0 && strcmp(key->id, wanted->id) == 0 && key->length == wanted->length &&
            memcmp(key->public_key, wanted->public_key, key->length) == 0 && key->from_seq == wanted->from_seq) {
            return key;
        }
    }
    return NULL;
}

/* False where it is no key that there can be. */
static bool read_line(const struct export_line *line, struct known_key *key)
{
    static const char *const algorithms[] = { "secp256k1", "ed25519" };
    *key = (struct known_key){ .from_seq = line->seq, .length = line->public_key_length };
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (strcmp(algorithms[i], line->algorithm) == 0) {
            key->algorithm = algorithms[i];
        }
    }
    if (key->algorithm == NULL || strlen(line->key) >= sizeof key->id || key->length > sizeof key->public_key) {
        return false;
    }
    memcpy(key->id, line->key, strlen(line->key) + 1);
    memcpy(key->public_key, line->public_key, key->length);
    return true;
}

enum status export_keys_list(struct export_keys *keys, const struct export_line *line, uint64_t seq, const char **fault)
{
    struct known_key key;
    bool is_key = read_line(line, &key);
    if (is_key && seq == 0 && keys->early_count < sizeof keys->early / sizeof keys->early[0]) {
        keys->early[keys->early_count++] = key;
        return STATUS_OK;
    }
    struct known_key *known = is_key ? find(keys, &key) : NULL;
    if (known == NULL) {
        *fault = NOT_LISTED;
        return STATUS_OK;
    }
    known->is_listed = true;
    return STATUS_OK;
}

static enum status add(struct export_keys *keys, const char *algorithm, const char *hex, size_t length, uint64_t from_seq,
                       const char **fault)
{
    uint8_t digest[DIGEST_BYTES];
    if (keys->count == KEYS_MAX) {
        return STATUS_EXHAUSTED;
    }
    struct known_key *key = &keys->known[keys->count];
    *key = (struct known_key){ .algorithm = algorithm, .length = length, .from_seq = from_seq };
    if (text_from_hex(hex, key->public_key, length) != STATUS_OK) {
        *fault = "a key that the entry tells of is none";
        return STATUS_OK;
    }
    digest_bytes(digest, key->public_key, length);
    text_to_hex(key->id, digest, (sizeof key->id - 1) / 2);
    keys->count++;
    return STATUS_OK;
}

/* The verification's list made anew. */
static enum status give(const struct export_keys *keys, struct verify *verify)
{
    struct keyring keyring;
    enum status status = STATUS_OK;
    keyring_init(&keyring);
    for (size_t i = 0; status == STATUS_OK && i < keys->count; i++) {
        const struct known_key *key = &keys->known[i];
        if (key->length == KEY_PUBLIC_BYTES) {
            struct node_key_row row = { .id = key->id, .from_seq = key->from_seq, .to_seq = key->to_seq };
            memcpy(row.public_key, key->public_key, sizeof row.public_key);
            status = keyring_add_node(&keyring, &verify->keys_arena, &row);
        } else {
            struct checkpoint_key_row row = { .id = key->id, .algorithm = key->algorithm, .from_seq = key->from_seq, .to_seq = key->to_seq };
            memcpy(row.public_key, key->public_key, sizeof row.public_key);
            status = keyring_add_ed25519(&keyring, &verify->keys_arena, &row);
        }
    }
    verify->keyring = keyring;
    return status;
}

/* Reads the entry's command; *fault where it cannot be read. */
static enum status decode(struct export_keys *keys, enum command_kind kind, const struct entry_row *row, struct command *command,
                          const char **fault)
{
    struct faults *faults = arena_alloc(&keys->arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, &keys->arena);
    *command = (struct command){ .kind = kind, .target = row->target, .id = row->command_id, .new_id = row->new_id,
                                 .if_version = COMMAND_VERSION_ANY };
    enum status status = command_decode(command, BIND_COMMITTED, row->body, row->body_stored_length, &keys->arena, faults);
    if (status == STATUS_INVALID) {
        *fault = "the entry's body cannot be read, and with it the node's keys";
    }
    return status == STATUS_INVALID ? STATUS_OK : status;
}

/* The keys that an entry tells of, from the next one on. */
static enum status learn(struct export_keys *keys, const char *node_key, const char *checkpoint_key, uint64_t from_seq, const char **fault)
{
    for (size_t i = 0; i < keys->count; i++) {
        keys->known[i].to_seq = keys->known[i].to_seq == 0 ? from_seq - 1 : keys->known[i].to_seq;
    }
    enum status status = add(keys, "secp256k1", node_key, KEY_PUBLIC_BYTES, from_seq, fault);
    if (status == STATUS_OK && *fault == NULL && checkpoint_key != NULL) {
        status = add(keys, "ed25519", checkpoint_key, ED25519_PUBLIC_BYTES, from_seq, fault);
    }
    return status;
}

static enum status take_genesis(struct export_keys *keys, struct verify *verify, const struct entry_row *row, const char *origin,
                                const char **fault)
{
    struct command command = { .document = NULL };
    arena_reset(&keys->arena);
    enum status status = decode(keys, COMMAND_GENESIS, row, &command, fault);
    if (status == STATUS_OK && *fault == NULL) {
        const struct genesis_request *request = command.request;
        if (strcmp(request->origin, origin) != 0) {
            *fault = "the genesis is that of another ledger than the header says";
        } else {
            status = learn(keys, request->node_key, request->checkpoint_key, 1, fault);
        }
    }
    command_fini(&command);
    for (size_t i = 0; status == STATUS_OK && *fault == NULL && i < keys->early_count; i++) {
        struct known_key *known = find(keys, &keys->early[i]);
        if (known == NULL) {
            *fault = NOT_LISTED;
        } else {
            known->is_listed = true;
        }
    }
    return status == STATUS_OK ? give(keys, verify) : status;
}

static enum status take_rotation(struct export_keys *keys, struct verify *verify, const struct entry_row *row, const char **fault)
{
    struct command command = { .document = NULL };
    arena_reset(&keys->arena);
    enum status status = decode(keys, COMMAND_NODE_KEY_ROTATE, row, &command, fault);
    if (status == STATUS_OK && *fault == NULL) {
        const struct rotate_request *request = command.request;
        status = learn(keys, request->node_key, request->checkpoint_key, row->seq + 1, fault);
    }
    command_fini(&command);
    return status == STATUS_OK ? give(keys, verify) : status;
}

enum status export_keys_take(struct export_keys *keys, struct verify *verify, const struct entry_row *row, const char *origin,
                             const char **fault)
{
    enum status status = STATUS_OK;
    if (row->seq == 1 && strcmp(row->kind, command_kind_name(COMMAND_GENESIS)) == 0) {
        status = take_genesis(keys, verify, row, origin, fault);
    }
    for (size_t i = 0; status == STATUS_OK && *fault == NULL && i < keys->count; i++) {
        if (keys->known[i].from_seq == row->seq && !keys->known[i].is_listed) {
            *fault = NOT_LISTED;
        }
    }
    if (status == STATUS_OK && *fault == NULL && strcmp(row->kind, command_kind_name(COMMAND_NODE_KEY_ROTATE)) == 0) {
        status = take_rotation(keys, verify, row, fault);
    }
    return status;
}
