/*
 * Opens a data directory and makes what is missing in an order that a crash at any point
 * leaves good: key, node.db and token first, the genesis last. The ledger's existence is
 * what says that a directory is initialised.
 */
#include "server/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/node.h"
#include "db/reference.h"
#include "handlers/present.h"
#include "ledger/checkpoint.h"
#include "ledger/digest.h"
#include "ledger/key.h"
#include "rules/block.h"
#include "server/command_restore.h"
#include "server/directory.h"
#include "server/start_data.h"
#include "server/paths.h"
#include "server/tell.h"
#include "server/tokens.h"

enum { TIME_ZONE_MINUTES = 480 /* UTC+8, where the provinces' days end */ };

struct store {
    struct arena arena; /* paths */
    const char *data_dir;
    const char *db_path;
    const char *node_path;
    int lock;
    struct db *db;
    struct node *node;
    struct key *key;
    struct executor *executor;
    struct anchor *anchor;
    bool is_new;
};

/* Whether what lies in the directory already may be read and written: a copy made by another user often may not. */
static enum status check_files(struct store *store)
{
    static const char *const names[] = { "tallystick.db", "tallystick.db-wal", "node.db", "node.db-wal", "node.db-journal",
                                         "node.key", "anchor", RESTORE_UNFINISHED };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = data_path(&store->arena, store->data_dir, names[i]);
        if (path == NULL) {
            return STATUS_EXHAUSTED;
        }
        struct stat found = { .st_mode = S_IFREG };
        if (stat(path, &found) != 0 && errno == ENOENT) {
            continue;
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

static enum status open_key(struct store *store, bool has_ledger)
{
    const char *path = data_path(&store->arena, store->data_dir, "node.key");
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = key_load(path, &store->key);
    if (status == STATUS_ABSENT && has_ledger) {
        tell("%s is missing: without it nothing can be written; put the node's key back", path);
        return STATUS_CORRUPT;
    }
    if (status == STATUS_ABSENT) {
        status = key_generate(&store->key);
        status = status == STATUS_OK ? key_save(store->key, path) : status;
    }
    return status;
}

static bool write_whole(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return false;
    }
    size_t length = strlen(text);
    bool is_written = write(file, text, length) == (ssize_t)length && write(file, "\n", 1) == 1 && fsync(file) == 0;
    return close(file) == 0 && is_written;
}

/* The file bears its name only once it is whole. */
static enum status write_private_file(struct store *store, const char *path, const char *text)
{
    const char *unfinished = arena_format(&store->arena, "%s.unfinished", path);
    if (unfinished == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (!write_whole(unfinished, text) || rename(unfinished, path) != 0 || !directory_sync(store->data_dir)) {
        tell("%s could not be written: %s", path, strerror(errno));
        unlink(unfinished);
        return STATUS_IO;
    }
    return STATUS_OK;
}

/* The first administrator's token; a directory whose ledger has begun keeps the one it has. */
static enum status make_admin_token(struct store *store)
{
    const char *path = data_path(&store->arena, store->data_dir, "admin.token");
    const char *token = NULL;
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (access(path, F_OK) == 0) {
        return STATUS_OK;
    }
    const struct token_grant everything = { .organisation = "", .role = "admin", .scope = "" };
    enum status status = tokens_create(store->node, &store->arena, &everything, &token);
    return status != STATUS_OK ? status : write_private_file(store, path, token);
}

/* tallystick.local/ and eight hexadecimal digits, where nobody chose an origin. */
static enum status choose_origin(struct store *store, const struct store_options *options, const char **origin)
{
    uint8_t bytes[4];
    char hex[2 * sizeof bytes + 1];
    if (options->origin != NULL) {
        *origin = options->origin;
        if (!checkpoint_origin_is_valid(*origin)) {
            tell("--origin: an origin is 1 to 127 visible ASCII characters without space and +");
            return STATUS_INVALID;
        }
        return STATUS_OK;
    }
    enum status status = random_bytes(bytes, sizeof bytes);
    if (status != STATUS_OK) {
        return status;
    }
    text_to_hex(hex, bytes, sizeof bytes);
    *origin = arena_format(&store->arena, "tallystick.local/%s", hex);
    return *origin == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

static enum status deliver_genesis(struct store *store, const char *body, size_t length, struct arena *arena)
{
    uint8_t root[DIGEST_BYTES];
    bool is_lost = false;
    struct answer answer;
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, arena);
    answer_init(&answer);
    struct command command = { .kind = COMMAND_GENESIS, .target = "", .id = "genesis", .new_id = "",
                               .actor = { "", ROLE_SYSTEM, "system" }, .if_version = COMMAND_VERSION_NONE };
    enum status status = command_decode(&command, BIND_CLEAR, body, length, arena, faults);
    if (status == STATUS_OK) {
        status = block_begin(store->executor, clock_wall_ms());
    }
    if (status == STATUS_OK) {
        status = block_deliver(store->executor, &command, &answer, &is_lost);
        if (status == STATUS_OK && answer.is_problem) {
            log_error("store", "the genesis is refused: %s", answer.body.bytes);
            status = STATUS_CORRUPT;
        }
        status = status == STATUS_OK ? block_end(store->executor, root) : status;
        if (status == STATUS_OK) {
            status = block_commit(store->executor);
        } else {
            block_abandon(store->executor);
        }
    }
    command_fini(&command);
    answer_fini(&answer);
    return status;
}

static enum status make_genesis(struct store *store, const struct store_options *options)
{
    struct arena arena;
    struct buffer body;
    const char *origin = NULL;
    char hex[2 * KEY_PUBLIC_BYTES + 1];
    arena_init(&arena);
    buffer_init(&body);
    text_to_hex(hex, key_public(store->key), KEY_PUBLIC_BYTES);
    enum status status = choose_origin(store, options, &origin);
    if (status == STATUS_OK) {
        status = start_data_write(origin, TIME_ZONE_MINUTES, hex, &arena, &body);
    }
    if (status == STATUS_OK) {
        status = deliver_genesis(store, body.bytes, body.length, &arena);
    }
    buffer_fini(&body);
    arena_fini(&arena);
    return status;
}

/* The key in the directory must be the one that the ledger is sealed with. */
static enum status check_key(struct store *store)
{
    struct node_key_row *keys = NULL;
    size_t count = 0;
    enum status status = db_node_key_list(store->db, &store->arena, &keys, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (keys[i].to_seq == 0 && strcmp(keys[i].id, key_id(store->key)) == 0 &&
            memcmp(keys[i].public_key, key_public(store->key), KEY_PUBLIC_BYTES) == 0) {
            return STATUS_OK;
        }
    }
    if (status == STATUS_OK) {
        tell("node.key (%s) is not the key of this ledger", key_id(store->key));
    }
    return status == STATUS_OK ? STATUS_CORRUPT : status;
}

/* Whether the ledger continues a checkpoint that this node signed: the block that ended with that entry left the same root. */
static enum status fits_checkpoint(struct store *store, const struct checkpoint *checkpoint, bool *fits)
{
    struct checkpoint_row row;
    enum status status = db_checkpoint_of_size(store->db, &store->arena, checkpoint->size, &row);
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        *fits = status == STATUS_OK && memcmp(row.root, checkpoint->root, DIGEST_BYTES) == 0;
        status = STATUS_OK;
    }
    return status;
}

/* How many entries the newest sound note knows of (0 where none is sound), and whether the ledger continues all of them. */
static enum status read_anchor(struct store *store, uint64_t *known, bool *fits_all)
{
    struct anchor_notes *notes = arena_alloc(&store->arena, sizeof *notes);
    if (notes == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = anchor_read(store->data_dir, notes);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status;
    }
    for (int i = 0; status == STATUS_OK && i < ANCHOR_SLOTS; i++) {
        struct checkpoint checkpoint;
        const char *note = notes->notes[i];
        bool fits = true;
        if (note[0] == 0 || checkpoint_read(&checkpoint, note, strlen(note), key_public(store->key)) != STATUS_OK) {
            continue;
        }
        status = fits_checkpoint(store, &checkpoint, &fits);
        *known = checkpoint.size > *known ? checkpoint.size : *known;
        *fits_all = *fits_all && fits;
    }
    return status;
}

/* A ledger that does not continue a checkpoint it signed was cut or put back, whatever has been appended since: nothing
 * may be appended to it before somebody has looked. */
static enum status check_anchor(struct store *store, const struct store_options *options)
{
    uint64_t size = executor_seq(store->executor);
    uint64_t known = 0;
    bool fits_all = true;
    enum status status = read_anchor(store, &known, &fits_all);
    if (status != STATUS_OK) {
        return status;
    }
    if (!fits_all) {
        tell("the anchor file knows a ledger of %llu entries, the database has %llu or others: "
                  "it was cut or put back; run verify", (unsigned long long)known, (unsigned long long)size);
        return STATUS_CORRUPT;
    }
    if (known == 0 && size > 1 && !options->begins_anchor) { /* with the genesis alone, the first start was cut short */
        tell("%s/anchor is missing or damaged: it shows that no entries were cut off. Put it back from where the database came from; "
             "if it is lost, hold the ledger against a checkpoint or receipt kept elsewhere (verify --checkpoint), then serve once "
             "with --new-anchor", store->data_dir);
        return STATUS_CORRUPT;
    }
    if (known == 0) {
        log_warn("store", "the anchor file is missing or damaged: it is begun anew at entry %llu", (unsigned long long)size);
    }
    return STATUS_OK;
}

/* An empty database beside an anchor is not a new directory: its ledger has gone. */
static enum status check_no_anchor(struct store *store)
{
    struct anchor_notes *notes = arena_alloc(&store->arena, sizeof *notes);
    if (notes == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = anchor_read(store->data_dir, notes);
    for (int i = 0; status == STATUS_OK && i < ANCHOR_SLOTS; i++) {
        if (notes->notes[i][0] != 0) {
            tell("the anchor file in %s tells of a ledger, and tallystick.db holds none: put the database back, "
                      "or begin anew in an empty directory", store->data_dir);
            return STATUS_CORRUPT;
        }
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static enum status open_ledger(struct store *store, const struct store_options *options)
{
    enum status status = executor_open(&store->executor, store->db, store->key, &present_answers);
    if (status == STATUS_OK && store->is_new) {
        status = check_no_anchor(store);
        status = status == STATUS_OK ? make_admin_token(store) : status;
        status = status == STATUS_OK ? make_genesis(store, options) : status;
    } else if (status == STATUS_OK) {
        status = check_key(store);
        status = status == STATUS_OK ? check_anchor(store, options) : status;
    }
    if (status == STATUS_OK) {
        status = anchor_open(store->data_dir, &store->anchor);
    }
    return status != STATUS_OK ? status : anchor_write(store->anchor, executor_checkpoint(store->executor));
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
        status = node_open(store->node_path, true, &store->node);
    }
    if (status == STATUS_OK) {
        status = open_key(store, !store->is_new);
    }
    return status != STATUS_OK ? status : open_ledger(store, options);
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

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    anchor_close(store->anchor);
    executor_close(store->executor);
    key_free(store->key);
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
