/*
 * The sub-command backup. It reads through a connection of its own, in one read transaction: the service's writer goes on meanwhile and
 * stays the only one that commits and moves the WAL (docs/design.md, Storage). The way back: restore.c.
 */
#include "server/command/backup.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/node.h"
#include "server/store/anchor.h"
#include "server/store/continuity.h"
#include "server/copy_file.h"
#include "server/store/directory.h"
#include "server/node_key.h"
#include "server/paths.h"
#include "server/store/store.h"
#include "server/tell.h"

#define SPARE_BYTES (1 * MIB)
#define UNFINISHED ".unfinished"

struct backup {
    const struct config *config;
    struct arena arena;
    const char *target; /* the directory; for a file the one that it lies in */
    const char *db_path, *db_unfinished;
    bool is_file;
    bool has_tokens;
    struct db *db;
    struct anchor_notes notes;
    struct continuity held; /* against them */
    bool begins_anchor;     /* they show nothing of its last entries, and it was asked for all the same */
    struct entry_head head;
    struct checkpoint_row last;
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* What a backup that was broken off left behind is its own; anything else is somebody's. */
static enum status check_empty(const char *path)
{
    enum status status = STATUS_OK;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        tell("--output: %s cannot be used: %s", path, strerror(errno));
        return STATUS_IO;
    }
    for (struct dirent *found = readdir(directory); found != NULL && status == STATUS_OK; found = readdir(directory)) {
        bool is_ours = strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0 || strstr(found->d_name, UNFINISHED) != NULL;
        if (!is_ours) {
            tell("--output: %s is not empty (%s): a backup goes to a directory of its own", path, found->d_name);
            status = STATUS_CONFLICT;
        }
    }
    closedir(directory);
    return status;
}

static enum status take_file_target(struct backup *backup)
{
    const char *output = backup->config->output;
    const char *slash = strrchr(output, '/');
    backup->target = slash == NULL ? "." : slash == output ? "/" : arena_copy(&backup->arena, output, (size_t)(slash - output));
    backup->db_path = output;
    if (access(output, F_OK) == 0) {
        tell("--output: %s is there already: a backup overwrites nothing", output);
        return STATUS_CONFLICT;
    }
    if (backup->config->with_key) {
        tell("--output: a backup in one file has no place for the node's key: name a directory");
        return STATUS_INVALID;
    }
    return backup->target == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

static enum status take_directory_target(struct backup *backup)
{
    backup->target = backup->config->output;
    if (!directory_make(backup->target)) {
        tell("--output: the directory %s cannot be made: %s", backup->target, strerror(errno));
        return STATUS_IO;
    }
    backup->db_path = data_path(&backup->arena, backup->target, "tallystick.db");
    return backup->db_path == NULL ? STATUS_EXHAUSTED : check_empty(backup->target);
}

static enum status take_target(struct backup *backup)
{
    if (strcmp(backup->config->output, "-") == 0) { /* standard output of export */
        tell("--output: a backup goes to a directory, or to a file whose name ends in .db, and not to standard output (./- is a directory of "
             "that name)");
        return STATUS_INVALID;
    }
    backup->is_file = ends_with(backup->config->output, ".db");
    enum status status = backup->is_file ? take_file_target(backup) : take_directory_target(backup);
    if (status == STATUS_OK) {
        backup->db_unfinished = arena_format(&backup->arena, "%s" UNFINISHED, backup->db_path);
        status = backup->db_unfinished == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    }
    return status;
}

static enum status check_room(const struct backup *backup, const char *path)
{
    struct stat file;
    struct statvfs disk;
    if (stat(path, &file) != 0 || statvfs(backup->target, &disk) != 0) {
        return STATUS_OK; /* what is wrong shows when it is used */
    }
    uint64_t needed = (uint64_t)file.st_size + SPARE_BYTES, there = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (there >= needed) {
        return STATUS_OK;
    }
    tell("there is no room for a backup: %s has %" PRIu64 " MiB free, and it takes %" PRIu64, backup->target, there / MIB,
         needed / MIB + 1);
    return STATUS_EXHAUSTED;
}

/* A ledger that does not continue its anchor was cut or put back: a backup of it, which has an anchor of its own, would pass for the
 * whole. So would one of a ledger whose anchor has gone. With the genesis alone there need not be one yet (continuity.c). */
static enum status check_anchor(struct backup *backup)
{
    const struct continuity *held = &backup->held;
    enum status status = continuity_hold(&backup->arena, backup->db, &backup->notes, &backup->held);
    if (status != STATUS_OK) {
        return status;
    }
    if (!held->fits_all) {
        tell("nothing was backed up: the anchor file knows a ledger of %" PRIu64 " entries, the database has %" PRIu64 " or others: it was "
             "cut or put back to an older copy; run verify", held->told > held->known ? held->told : held->known, backup->head.seq);
        return STATUS_CORRUPT;
    }
    backup->begins_anchor = held->told > 0 || (held->known == 0 && backup->head.seq > 1);
    if (held->told > 0 && !backup->config->begins_anchor) {
        tell("nothing was backed up: the anchor file knows a ledger of %" PRIu64 " entries, by a key that this ledger does not know, and the "
             "database has %" PRIu64 ": an older copy was put back, of before a change of keys, or somebody else made the anchor. Put back "
             "something newer; if there is nothing, back it up with --new-anchor", held->told, backup->head.seq);
        return STATUS_CORRUPT;
    }
    if (backup->begins_anchor && !backup->config->begins_anchor) {
        tell("nothing was backed up: %s/anchor is %s: it shows that no entries were cut off, and the backup would have a "
             "new one. Put it back from where the database came from; if it is lost, hold the ledger against a checkpoint or receipt kept "
             "elsewhere (verify --checkpoint), then back it up with --new-anchor", backup->config->data_dir,
             continuity_trouble(held));
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

/* Opens the ledger and keeps the state that it has now; the anchor, read before, never knows more. */
static enum status open_source(struct backup *backup)
{
    const char *data_dir = backup->config->data_dir;
    const char *path = data_path(&backup->arena, data_dir, "tallystick.db");
    enum status status = path == NULL ? STATUS_EXHAUSTED : check_room(backup, path);
    if (status == STATUS_OK) {
        status = anchor_read(data_dir, &backup->notes);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = db_open_reader(path, &backup->db);
    }
    if (status == STATUS_OK) {
        status = db_read_begin(backup->db);
    }
    if (status == STATUS_OK) {
        status = db_entry_head(backup->db, &backup->head);
    }
    if (status == STATUS_OK) {
        status = db_checkpoint_last(backup->db, &backup->arena, &backup->last);
    }
    if (status == STATUS_ABSENT) {
        tell("the ledger in %s has no entries yet: its first start was cut short; serve completes it", data_dir);
    }
    return status == STATUS_OK ? check_anchor(backup) : status;
}

static bool show_progress(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    fprintf(stderr, "\rcopying page %" PRIu64 " of %" PRIu64, done, total);
    return true;
}

static enum status copy_ledger(struct backup *backup)
{
    bool is_shown = isatty(STDERR_FILENO) != 0;
    unlink(backup->db_unfinished);
    enum status status = db_copy(backup->db, backup->db_unfinished, is_shown ? show_progress : NULL, NULL);
    if (is_shown) {
        fprintf(stderr, "\r\033[K");
    }
    return status;
}

static enum status copy_tokens(struct backup *backup)
{
    struct node *node = NULL;
    const char *from = data_path(&backup->arena, backup->config->data_dir, "node.db");
    const char *to = data_path(&backup->arena, backup->target, "node.db");
    const char *unfinished = data_path(&backup->arena, backup->target, "node.db" UNFINISHED);
    if (from == NULL || to == NULL || unfinished == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (access(from, F_OK) != 0) {
        return STATUS_OK; /* a directory may have lost it; it has no part in the ledger */
    }
    unlink(unfinished);
    enum status status = node_open(from, false, &node);
    if (status == STATUS_OK) {
        status = node_copy(node, unfinished);
        node_close(node);
    }
    if (status == STATUS_OK && rename(unfinished, to) != 0) {
        status = STATUS_IO;
    }
    backup->has_tokens = status == STATUS_OK;
    return status;
}

static enum status copy_key(struct backup *backup, struct arena *arena)
{
    const char *from = data_path(arena, backup->config->data_dir, "node.key");
    const char *to = data_path(arena, backup->target, "node.key");
    if (from == NULL || to == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (access(from, F_OK) != 0) {
        tell("--with-key: there is no node.key in %s: the key lies elsewhere, and is yours to back up", backup->config->data_dir);
        return STATUS_ABSENT;
    }
    enum status status = node_key_find(arena, from, backup->db, &from);
    if (status == STATUS_ABSENT) {
        tell("--with-key: %s is not the key of this ledger: the key lies elsewhere, and is yours to back up", from);
    }
    return status == STATUS_OK ? copy_file(from, to) : status;
}

/* The anchor of a backup knows its last entry: should it be cut later, that shows. */
static enum status write_anchor(const struct backup *backup)
{
    struct anchor *anchor = NULL;
    enum status status = anchor_open(backup->target, &anchor);
    if (status == STATUS_OK) {
        status = anchor_write(anchor, backup->last.note);
    }
    if (status == STATUS_OK) {
        status = anchor_keep(anchor);
    }
    if (status == STATUS_OK && backup->begins_anchor) {
        status = anchor_write(anchor, ANCHOR_BEGUN_ANEW);
        status = status == STATUS_OK ? anchor_keep(anchor) : status;
    }
    anchor_close(anchor);
    return status;
}

static enum status copy_all(struct backup *backup)
{
    enum status status = copy_ledger(backup);
    if (status == STATUS_OK && !backup->is_file) {
        status = copy_tokens(backup);
    }
    if (status == STATUS_OK && !backup->is_file) {
        status = write_anchor(backup);
    }
    if (status == STATUS_OK && backup->config->with_key) {
        status = copy_key(backup, &backup->arena);
    }
    if (status == STATUS_OK && (!directory_sync(backup->target) || rename(backup->db_unfinished, backup->db_path) != 0 ||
                                !directory_sync(backup->target))) {
        tell("%s could not be completed: %s", backup->db_path, strerror(errno));
        status = STATUS_IO;
    }
    return status;
}

static void print_anchor(const struct backup *backup)
{
    const struct continuity *held = &backup->held;
    if (held->foreign[0] != 0 && backup->begins_anchor) {
        printf("anchor: the one that was there is of another ledger (%s), and was passed over\n", held->foreign);
    }
    if (held->told > 0) {
        printf("LOST: entries %" PRIu64 " to %" PRIu64 ", which the anchor told of by a key that this ledger does not know\n",
               backup->head.seq + 1, held->told);
    }
    if (backup->begins_anchor) {
        printf("anchor: begun anew; nothing shows whether entries were cut off behind entry %" PRIu64 ": hold it against a checkpoint or "
               "receipt kept elsewhere (verify --checkpoint)\n", backup->head.seq);
    }
}

static void print_summary(const struct backup *backup)
{
    char head[2 * DB_HASH_BYTES + 1], root[2 * DB_HASH_BYTES + 1];
    text_to_hex(head, backup->head.hash, DB_HASH_BYTES);
    text_to_hex(root, backup->last.root, DB_HASH_BYTES);
    printf("ok: %" PRIu64 " entries backed up to %s\nhead %s\nroot %s\n", backup->head.seq, backup->config->output, head, root);
    print_anchor(backup);
    if (backup->is_file) {
        printf("with: ledger and state; without: tokens (node.db), node.key\n");
    } else {
        printf("with: ledger and state%s, anchor%s; without: %s\n", backup->has_tokens ? ", tokens" : "",
               backup->config->with_key ? ", node.key, which can seal in this node's name" : "",
               backup->config->with_key ? "admin.token" : "node.key, without which nothing can be written, and admin.token");
    }
}

static enum status run(struct backup *backup)
{
    enum status status = store_find_ledger(backup->config->data_dir);
    if (status == STATUS_OK) {
        status = key_library_open();
    }
    if (status == STATUS_OK) {
        status = take_target(backup);
    }
    if (status == STATUS_OK) {
        status = open_source(backup);
    }
    return status == STATUS_OK ? copy_all(backup) : status;
}

int command_backup(const struct config *config)
{
    struct backup backup = { .config = config };
    arena_init(&backup.arena);
    enum status status = run(&backup);
    if (backup.db != NULL) {
        db_read_end(backup.db);
        db_close(backup.db);
    }
    if (status == STATUS_OK) {
        print_summary(&backup);
    } else {
        tell_failure("there is no backup", config->data_dir, status);
    }
    arena_fini(&backup.arena);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
