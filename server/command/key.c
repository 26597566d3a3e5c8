/*
 * Changing the node's keys.
 */
#include "server/command/key.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "json/write.h"
#include "ledger/key_file.h"
#include "rules/block.h"
#include "server/store/anchor.h"
#include "server/node_key.h"
#include "server/store/store.h"
#include "server/store/system_block.h"
#include "server/tell.h"

struct rotation {
    struct arena arena;
    struct store *store;
    struct signer *next;
    const char *path; /* the key's file, where the new key is to take its place; NULL: it lies elsewhere */
    const char *beside; /* path, with the new key's id */
    const char *kept;   /* path, with the old key's id */
};

/* The new key: the one that was named, or a new one where the old one lies in a file. */
static enum status open_next(struct rotation *rotation, const struct config *config)
{
    const struct node_key_place *place = store_key_place(rotation->store);
    struct key_source source;
    struct key *key = NULL;
    char why[KEY_SOURCE_WHY_BYTES];
    bool is_file = place->source.kind == KEY_SOURCE_FILE;
    if (config->new_key == NULL) {
        if (!is_file) {
            tell("the node's key does not lie in a file: --new-key says where the new one is, as env:NAME or command:PROGRAM");
            return STATUS_INVALID;
        }
        rotation->path = place->source.place;
        enum status status = key_generate(&key);
        return status == STATUS_OK ? signer_of_key(key, &rotation->next) : status;
    }
    bool is_read = key_source_read(config->new_key, &source);
    if (!is_read) { /* the configuration was checked before */
        return STATUS_INVALID;
    }
    enum status status = key_source_open(&source, &rotation->next, why);
    if (status != STATUS_OK) {
        tell("--new-key: %s", why);
        return status == STATUS_ABSENT ? STATUS_INVALID : status;
    }
    rotation->path = is_file && source.kind == KEY_SOURCE_FILE ? place->source.place : NULL;
    return STATUS_OK;
}

static enum status check_next(const struct rotation *rotation)
{
    const struct signer *now = store_signer(rotation->store);
    const uint8_t *ed25519 = signer_ed25519(now), *next_ed25519 = signer_ed25519(rotation->next);
    if (strcmp(signer_id(now), signer_id(rotation->next)) == 0) {
        tell("--new-key: that is the key in use, %s", signer_id(now));
        return STATUS_INVALID;
    }
    if (ed25519 != NULL && next_ed25519 != NULL && memcmp(ed25519, next_ed25519, ED25519_PUBLIC_BYTES) == 0) {
        tell("--new-key: its Ed25519 key is the one in use: both halves are to be new");
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* The new key beside the old one, and a second name for the old one; all on the disk. */
static enum status prepare_files(struct rotation *rotation)
{
    struct key *there = NULL;
    if (rotation->path == NULL) {
        return STATUS_OK;
    }
    rotation->beside = node_key_file_of(&rotation->arena, rotation->path, signer_id(rotation->next));
    rotation->kept = node_key_file_of(&rotation->arena, rotation->path, signer_id(store_signer(rotation->store)));
    if (rotation->beside == NULL || rotation->kept == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = key_file_save(signer_key(rotation->next), rotation->beside);
    if (status == STATUS_CONFLICT) { /* it lies there since a change that was cut short, which is now made again */
        status = key_file_load(rotation->beside, &there);
        bool is_it = status == STATUS_OK && strcmp(key_id(there), signer_id(rotation->next)) == 0;
        status = is_it ? STATUS_OK : STATUS_IO;
        key_free(there);
    }
    if (status == STATUS_OK) {
        status = key_file_keep(rotation->path, rotation->kept);
    }
    if (status != STATUS_OK) {
        tell("the new key could not be written beside %s: the log's last line says why. Nothing was changed", rotation->path);
    }
    return status;
}

/* After a change that certainly was not made. */
static void remove_files(const struct rotation *rotation)
{
    if (rotation->path != NULL && (key_file_remove(rotation->beside) != STATUS_OK || key_file_remove(rotation->kept) != STATUS_OK)) {
        tell("%s and %s are left, and of no use", rotation->beside, rotation->kept);
    }
}

static enum status commit(struct rotation *rotation)
{
    struct buffer body;
    struct json_writer w;
    bool is_unknown = false;
    struct executor *executor = store_executor(rotation->store);
    const uint8_t *ed25519 = signer_ed25519(rotation->next);
    const char *id = arena_format(&rotation->arena, "node-key-%s", signer_id(rotation->next));
    buffer_init(&body);
    json_writer_init(&w, &body);
    json_object_begin(&w);
    json_member_hex(&w, "node_key", signer_public(rotation->next), KEY_PUBLIC_BYTES);
    if (ed25519 != NULL) {
        json_member_hex(&w, "checkpoint_key", ed25519, ED25519_PUBLIC_BYTES);
    }
    json_object_end(&w);
    json_writer_finish(&w);
    enum status status = body.failed || id == NULL
        ? STATUS_EXHAUSTED
        : system_block_deliver(executor, COMMAND_NODE_KEY_ROTATE, id, &body, &rotation->arena, &is_unknown);
    buffer_fini(&body);
    if (is_unknown) {
        tell("whether the change of the key was committed is not known: the next start finds out, and takes the key that the ledger says%s",
             rotation->path != NULL ? "" : "; have both at hand, since it names the one that it wants");
    } else if (status == STATUS_CONFLICT) {
        tell("the ledger refuses the new key: the log's last line says why. Nothing was changed");
    }
    if (status != STATUS_OK && !is_unknown) {
        remove_files(rotation);
    }
    return status;
}

/* Nothing that fails here undoes the change: the ledger has it, and a start completes the rest. */
static enum status put_in_place(struct rotation *rotation)
{
    if (anchor_write(store_anchor(rotation->store), executor_checkpoint(store_executor(rotation->store))) != STATUS_OK) {
        tell("the anchor file was not written: the next start does it");
    }
    if (rotation->path == NULL) {
        return STATUS_OK;
    }
    enum status status = key_file_replace(rotation->beside, rotation->path);
    if (status == STATUS_OK) {
        status = key_file_remove(rotation->kept);
    }
    if (status != STATUS_OK) {
        tell("the ledger has the new key, and %s could not be put in place: the log's last line says why; the next start does it",
             rotation->beside);
    }
    return status;
}

static void print_result(const struct rotation *rotation, const struct config *config)
{
    uint64_t seq = executor_seq(store_executor(rotation->store));
    printf("the node's key is %s from entry %" PRIu64 " on; %s ended with entry %" PRIu64 "\n", signer_id(rotation->next), seq + 1,
           signer_id(store_signer(rotation->store)), seq);
    if (rotation->path != NULL) {
        printf("it lies in %s: copy it to where the old one is kept, and keep that one as long as a backup from before\n", rotation->path);
    } else {
        const struct node_key_place *before = store_key_place(rotation->store);
        printf("from now on serve with --node-key %s%s%s\n", config->new_key,
               before->source.kind == KEY_SOURCE_FILE ? "; nothing wants any more: " : "",
               before->source.kind == KEY_SOURCE_FILE ? before->source.place : "");
    }
    if (signer_ed25519(rotation->next) == NULL) {
        printf("it has no Ed25519 half: checkpoints bear one line\n");
    }
}

static enum status rotate(struct rotation *rotation, const struct config *config)
{
    enum status status = open_next(rotation, config);
    if (status == STATUS_OK) {
        status = check_next(rotation);
    }
    if (status == STATUS_OK) {
        status = prepare_files(rotation);
    }
    if (status == STATUS_OK) {
        status = commit(rotation);
    }
    if (status == STATUS_OK) {
        status = put_in_place(rotation);
    }
    if (status == STATUS_OK) {
        print_result(rotation, config);
    }
    return status;
}

int command_key_rotate(const struct config *config)
{
    struct rotation rotation = { .store = NULL };
    struct store_options options = { .node_key = config->node_key };
    arena_init(&rotation.arena);
    enum status status = store_find_ledger(config->data_dir);
    if (status == STATUS_OK) {
        status = store_open(config->data_dir, &options, &rotation.store);
    }
    if (status == STATUS_OK && store_is_new(rotation.store)) { /* an empty database: store_open has begun it just now */
        tell("the ledger in %s has just begun: there was none to change the key of", config->data_dir);
        status = STATUS_ABSENT;
    }
    if (status == STATUS_OK) {
        status = rotate(&rotation, config);
    }
    if (status != STATUS_OK) {
        tell_failure("the node's key was not changed", config->data_dir, status);
    }
    signer_close(rotation.next);
    store_close(rotation.store);
    arena_fini(&rotation.arena);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
