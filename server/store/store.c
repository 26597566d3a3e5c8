/*
 * Opens a data directory and makes what is missing in an order that a crash at any point
 * leaves good: key, node.db and token first, the genesis last. The ledger's existence is
 * what says that a directory is initialised.
 */
#include "server/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/node.h"
#include "handlers/present.h"
#include "ledger/signer.h"
#include "rules/answer_keys.h"
#include "rules/block.h"
#include "server/store/answer_key_file.h"
#include "server/store/continuity.h"
#include "server/store/directory.h"
#include "server/store/founding.h"
#include "server/node_key.h"
#include "server/paths.h"
#include "server/tell.h"

enum { FILES = 4 }; /* that stay open */

struct store {
    struct arena arena; /* paths */
    const char *data_dir;
    const char *db_path;
    const char *node_path;
    int lock;
    struct db *db;
    struct node *node;
    struct node_key_place place;
    struct signer *signer;
    struct answer_keys *answer_keys;
    uint64_t key_waits_for; /* the entry that says which ledger the newest of them is for; 0: that is known */
    struct executor *executor;
    struct anchor *anchor;
    bool is_new;
    struct stat files[FILES]; /* as they were opened */
};

/* What must stay in place, and what answers call it: they do not tell of files. */
static const struct {
    const char *name, *title;
} kept[FILES] = {
    { "tallystick.db", "the ledger's database" },
    { "node.db", "the node's own database" },
    { "anchor", "the anchor" },
    { "lock", "the lock" },
};

/* Whether what lies in the directory already may be read and written: a copy made by another user often may not. */
static enum status check_files(struct store *store)
{
    static const char *const names[] = { "tallystick.db", "tallystick.db-wal", "node.db", "node.db-wal", "node.db-journal",
                                         "node.key", "anchor", RESTORE_MARK, RESTORE_UNFINISHED };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = data_path(&store->arena, store->data_dir, names[i]);
        if (path == NULL) {
            return STATUS_EXHAUSTED;
        }
        struct stat found = { .st_mode = S_IFREG };
        if (stat(path, &found) != 0 && errno == ENOENT) {
            continue;
        }
        if (strcmp(names[i], RESTORE_MARK) == 0) {
            tell("a restore into %s was broken off while it replaced files: run it again, with --replace", store->data_dir);
            return STATUS_CORRUPT;
        }
        if (strcmp(names[i], RESTORE_UNFINISHED) == 0) {
            tell("a restore into %s was broken off: run it again, or take %s away if what lies beside it is what is to be served",
                 store->data_dir, path);
            return STATUS_CORRUPT;
        }
        errno = 0;
        if (access(path, R_OK | W_OK) != 0 || !S_ISREG(found.st_mode)) {
            tell("%s cannot be used: %s. The files of a data directory belong to the user that serves it (here uid %u); chown -R "
                 "puts that right", path, errno != 0 ? strerror(errno) : "it is no file", (unsigned)geteuid());
            return STATUS_IO;
        }
    }
    return STATUS_OK;
}

static enum status open_key(struct store *store, const struct store_options *options)
{
    enum status status = node_key_place(&store->arena, store->data_dir, options->node_key, &store->place);
    if (status != STATUS_OK) {
        return status;
    }
    return store->is_new ? node_key_open_new(&store->place, &store->signer)
                         : node_key_open(&store->arena, &store->place, store->db, &store->signer);
}

/* The genesis, and what there must be before it. The key for its answer says afterwards which ledger it is for. */
static enum status found_ledger(struct store *store, const struct store_options *options)
{
    enum status status = continuity_check_new(&store->arena, store->data_dir);
    if (status == STATUS_OK) {
        status = founding_make_token(&store->arena, store->data_dir, store->node);
    }
    if (status == STATUS_OK) {
        status = answer_key_file_begin(store->node, store->db, store->answer_keys, &store->key_waits_for);
    }
    if (status == STATUS_OK) {
        status = founding_make_genesis(store->executor, store->signer, options->origin);
    }
    return status == STATUS_OK ? answer_key_file_bind(store->node, store->db, &store->key_waits_for) : status;
}

static enum status open_ledger(struct store *store, const struct store_options *options)
{
    enum status status = answer_keys_open(&store->answer_keys);
    if (status == STATUS_OK) {
        status = answer_key_file_take(store->node, store->db, store->answer_keys);
    }
    if (status == STATUS_OK) {
        status = executor_open(&store->executor, store->db, store->signer, &present_answers, store->answer_keys);
    }
    if (status == STATUS_OK && store->is_new) {
        status = found_ledger(store, options);
    } else if (status == STATUS_OK) {
        status = continuity_check(&store->arena, store->data_dir, store->db, options->begins_anchor);
        status = status == STATUS_OK ? answer_key_file_begin(store->node, store->db, store->answer_keys, &store->key_waits_for) : status;
    }
    if (status == STATUS_OK) {
        status = anchor_open(store->data_dir, &store->anchor);
    }
    if (status == STATUS_OK) {
        status = anchor_write(store->anchor, executor_checkpoint(store->executor));
    }
    if (status == STATUS_OK) {
        status = anchor_keep(store->anchor);
    }
    if (status == STATUS_OK && options->begins_anchor) { /* in both slots: what was there before is passed over once and for all */
        status = anchor_write(store->anchor, executor_checkpoint(store->executor));
        status = status == STATUS_OK ? anchor_keep(store->anchor) : status;
    }
    return status;
}

/* Without its tokens a ledger is served all the same: its reads need none. */
static enum status open_node(struct store *store)
{
    bool is_there = access(store->node_path, F_OK) == 0;
    enum status status = node_open(store->node_path, true, &store->node);
    if (status == STATUS_OK && !is_there && !store->is_new) {
        log_warn("store", "node.db was missing and is begun anew: no token of before is valid any more; tallystick token create makes one");
    }
    return status;
}

static enum status stat_file(const struct store *store, const char *name, struct stat *found)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", store->data_dir, name);
    return length >= (int)sizeof path || stat(path, found) != 0 ? STATUS_IO : STATUS_OK;
}

static enum status remember_files(struct store *store)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < FILES; i++) {
        status = stat_file(store, kept[i].name, &store->files[i]);
    }
    return status;
}

const char *store_lost_file(const struct store *store)
{
    for (size_t i = 0; i < FILES; i++) {
        struct stat found;
        if (stat_file(store, kept[i].name, &found) != STATUS_OK || found.st_ino != store->files[i].st_ino ||
            found.st_dev != store->files[i].st_dev) {
            return kept[i].title;
        }
    }
    return NULL;
}

static enum status open_files(struct store *store, const struct store_options *options)
{
    uint64_t seq = 0;
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = directory_lock(store->data_dir, &store->lock);
    }
    if (status == STATUS_OK) {
        status = check_files(store);
    }
    if (status == STATUS_OK) {
        status = db_set_temporary_directory(store->data_dir);
    }
    if (status == STATUS_OK) {
        status = db_open_writer(store->db_path, &store->db);
    }
    if (status == STATUS_OK) {
        status = db_entry_last(store->db, &seq);
        store->is_new = seq == 0;
    }
    if (status == STATUS_OK) {
        status = open_node(store);
    }
    if (status == STATUS_OK) {
        status = open_key(store, options);
    }
    status = status != STATUS_OK ? status : open_ledger(store, options);
    return status != STATUS_OK ? status : remember_files(store);
}

enum status store_open(const char *data_dir, const struct store_options *options, struct store **out)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return STATUS_EXHAUSTED;
    }
    arena_init(&store->arena);
    store->lock = -1;
    store->data_dir = arena_text(&store->arena, data_dir);
    store->db_path = data_path(&store->arena, data_dir, "tallystick.db");
    store->node_path = data_path(&store->arena, data_dir, "node.db");
    enum status status = store->data_dir == NULL || store->db_path == NULL || store->node_path == NULL
        ? STATUS_EXHAUSTED : open_files(store, options);
    if (status != STATUS_OK) {
        store_close(store);
        return status;
    }
    *out = store;
    return STATUS_OK;
}

void store_note_commit(struct store *store)
{
    if (store->key_waits_for != 0 && answer_key_file_bind(store->node, store->db, &store->key_waits_for) != STATUS_OK) {
        log_warn("answers", "key=unbound: node.db cannot be written; tried again with the next change");
    }
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    if (store->key_waits_for != 0 && store->executor != NULL) {
        store_note_commit(store);
    }
    anchor_close(store->anchor);
    executor_close(store->executor);
    answer_keys_close(store->answer_keys);
    signer_close(store->signer);
    node_close(store->node);
    db_close(store->db);
    if (store->lock >= 0) {
        close(store->lock);
    }
    arena_fini(&store->arena);
    free(store);
}

struct executor *store_executor(struct store *store)
{
    return store->executor;
}

struct db *store_db(struct store *store)
{
    return store->db;
}

struct signer *store_signer(struct store *store)
{
    return store->signer;
}

const struct node_key_place *store_key_place(const struct store *store)
{
    return &store->place;
}

struct anchor *store_anchor(struct store *store)
{
    return store->anchor;
}

const char *store_db_path(const struct store *store)
{
    return store->db_path;
}

const char *store_node_path(const struct store *store)
{
    return store->node_path;
}

bool store_is_new(const struct store *store)
{
    return store->is_new;
}

enum status store_find_ledger(const char *data_dir)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, data_dir, "tallystick.db");
    enum status status = path == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    if (path != NULL && access(path, R_OK) != 0) {
        tell("there is no ledger in %s: %s: %s. --data-dir is the directory that serve or init was given", data_dir, path,
             strerror(errno));
        status = STATUS_ABSENT;
    }
    static const char *const names[] = { "tallystick.db", "anchor" };
    for (size_t i = 0; status == STATUS_OK && i < sizeof names / sizeof names[0]; i++) {
        struct stat found;
        const char *file = data_path(&arena, data_dir, names[i]);
        status = file == NULL ? STATUS_EXHAUSTED : STATUS_OK;
        if (file != NULL && stat(file, &found) == 0 && !S_ISREG(found.st_mode)) { /* a pipe would be waited for */
            tell("there is no ledger in %s that can be read: %s is no file", data_dir, file);
            status = STATUS_ABSENT;
        }
    }
    arena_fini(&arena);
    return status;
}

enum status store_fill_service(struct store *store, struct service *service)
{
    static const char name[] = "cursor";
    enum status status = node_secret_find(store->node, name, service->cursor_secret);
    if (status != STATUS_ABSENT) {
        return status;
    }
    status = random_bytes(service->cursor_secret, sizeof service->cursor_secret);
    return status != STATUS_OK ? status : node_secret_insert(store->node, name, service->cursor_secret);
}
