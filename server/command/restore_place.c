/*
 * The last step of a restore. From before anything is replaced until all of it is, a mark stands in the directory
 * (restore_aside.c), and serve refuses to begin (store.c).
 */
#include "server/command/restore_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db/node.h"
#include "server/command/restore_aside.h"
#include "server/copy_file.h"
#include "server/store/answer_key_file.h"
#include "server/store/directory.h"
#include "server/paths.h"
#include "server/tell.h"

static enum status tell_errno(const char *path, const char *what)
{
    int error = errno;
    tell("%s cannot be %s: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
}

static const char *path_in(struct restore *restore, const char *name)
{
    return data_path(&restore->arena, restore->config->data_dir, name);
}

/* Whether the tokens that are there can be used: they are newer than the backup's, and what was revoked since stays revoked. */
static bool has_sound_tokens(const char *path)
{
    struct node *node = NULL;
    if (access(path, F_OK) != 0) {
        return false;
    }
    enum status status = node_open(path, true, &node);
    if (status == STATUS_OK) {
        node_close(node);
    }
    return status == STATUS_OK;
}

static enum status copy_tokens(struct restore *restore, const char *from, const char *to)
{
    struct node *node = NULL;
    const char *unfinished = path_in(restore, "node.db.restoring");
    const char *journal = path_in(restore, "node.db-journal");
    if (unfinished == NULL || journal == NULL) {
        return STATUS_EXHAUSTED;
    }
    unlink(unfinished);
    enum status status = node_open(from, false, &node);
    if (status == STATUS_OK) {
        status = node_copy(node, unfinished);
        node_close(node);
    }
    if (status == STATUS_OK) {
        unlink(journal); /* of the damaged one: it would be played into this one */
        status = rename(unfinished, to) == 0 ? STATUS_OK : tell_errno(to, "put in place");
    }
    return status;
}

/* The tokens stay that are there. What the backup's node knew of its answers is known here, too, from now on. */
static enum status bring_answer_keys(const struct restore *restore, const char *to)
{
    struct answer_key_row rows[ANSWER_KEY_ROWS_MAX];
    struct node *node = NULL;
    size_t count = 0;
    enum status status = restore->from_dir != NULL ? answer_key_file_read(restore->from_dir, rows, &count) : STATUS_OK;
    if (status == STATUS_OK && count > 0) {
        status = node_open(to, true, &node);
        status = status == STATUS_OK ? answer_key_file_merge(node, rows, count) : status;
        node_close(node);
    }
    explicit_bzero(rows, sizeof rows);
    return status;
}

static enum status place_tokens(struct restore *restore)
{
    const char *to = path_in(restore, "node.db");
    const char *from = restore->from_dir != NULL ? data_path(&restore->arena, restore->from_dir, "node.db") : NULL;
    if (to == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (restore->tokens == TOKENS_KEPT) {
        return bring_answer_keys(restore, to);
    }
    if (from == NULL || access(from, F_OK) != 0) {
        unlink(to);
        return STATUS_OK;
    }
    enum status status = copy_tokens(restore, from, to);
    restore->tokens = status == STATUS_OK ? TOKENS_RESTORED : TOKENS_NONE;
    return status;
}

/* The directory's own key stays; else the backup's, where it has one. */
static enum status place_key(struct restore *restore)
{
    const char *to = path_in(restore, "node.key");
    const char *from = restore->from_dir != NULL ? data_path(&restore->arena, restore->from_dir, "node.key") : NULL;
    if (to == NULL) {
        return STATUS_EXHAUSTED;
    }
    restore->has_key = access(to, F_OK) == 0;
    if (restore->has_key || from == NULL || access(from, F_OK) != 0) {
        return STATUS_OK;
    }
    enum status status = copy_file(from, to);
    restore->has_key = status == STATUS_OK;
    return status;
}

/* An anchor that knows the copy's last entry and no more; and nothing that tells how far another ledger was verified. */
static enum status place_anchor(struct restore *restore)
{
    struct anchor *anchor = NULL;
    const char *path = path_in(restore, "anchor");
    const char *verified = path_in(restore, "verified");
    if (path == NULL || verified == NULL) {
        return STATUS_EXHAUSTED;
    }
    unlink(verified);
    unlink(path); /* not overwritten: it is set aside under another name */
    enum status status = anchor_open(restore->config->data_dir, &anchor);
    if (status == STATUS_OK) {
        status = anchor_write(anchor, restore->last.note);
    }
    if (status == STATUS_OK) {
        status = anchor_keep(anchor);
    }
    anchor_close(anchor);
    return status;
}

static enum status place_ledger(struct restore *restore)
{
    const char *to = path_in(restore, "tallystick.db");
    const char *wal = path_in(restore, "tallystick.db-wal");
    const char *shared = path_in(restore, "tallystick.db-shm");
    if (to == NULL || wal == NULL || shared == NULL) {
        return STATUS_EXHAUSTED;
    }
    if ((unlink(wal) != 0 && errno != ENOENT) || (unlink(shared) != 0 && errno != ENOENT)) {
        return tell_errno(wal, "removed");
    }
    if (!directory_sync(restore->config->data_dir) || rename(restore->copy, to) != 0 || !directory_sync(restore->config->data_dir)) {
        return tell_errno(to, "put in place");
    }
    return STATUS_OK;
}

enum status restore_place(struct restore *restore)
{
    const char *tokens = path_in(restore, "node.db");
    enum status status = tokens == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK && !restore->is_resumed) {
        restore->tokens = has_sound_tokens(tokens) ? TOKENS_KEPT : TOKENS_NONE;
    }
    static enum status (*const steps[])(struct restore *restore) = {
        restore_aside_set, place_tokens, place_key, place_anchor, place_ledger, restore_aside_end,
    };
    for (size_t i = 0; status == STATUS_OK && i < sizeof steps / sizeof steps[0]; i++) {
        status = steps[i](restore);
    }
    return status;
}
