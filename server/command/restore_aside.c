/*
 * What a restore replaces is kept in replaced-N. The folder bears that name once all of it is there; then the mark is set, and only
 * then anything is replaced.
 */
#include "server/command/restore_aside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/kept_file.h"
#include "server/paths.h"
#include "server/store/directory.h"
#include "server/tell.h"

#define NOTHING "-" /* in the mark: there was nothing to set aside */

enum { ASIDE_MAX = 1000 };

static const char *const names[] = { "tallystick.db", "tallystick.db-wal", "anchor", "verified", "node.db", "node.db-journal" };
enum { NAMES = sizeof names / sizeof names[0], NAMES_OF_LEDGER = 4 };

static const char *path_in(struct restore *restore, const char *name)
{
    return data_path(&restore->arena, restore->config->data_dir, name);
}

static enum status tell_errno(const char *path, const char *what)
{
    int error = errno;
    tell("%s cannot be %s: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
}

/* The folder under its first name; one that a broken restore left is filled anew. */
static enum status link_all(struct restore *restore, const char *folder)
{
    size_t count = restore->tokens == TOKENS_KEPT ? NAMES_OF_LEDGER : NAMES;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return tell_errno(folder, "made");
    }
    for (size_t i = 0; i < NAMES; i++) {
        const char *from = path_in(restore, names[i]);
        const char *to = data_path(&restore->arena, folder, names[i]);
        if (from == NULL || to == NULL) {
            return STATUS_EXHAUSTED;
        }
        if (unlink(to) != 0 && errno != ENOENT) {
            return tell_errno(to, "removed");
        }
        if (i < count && link(from, to) != 0 && errno != ENOENT) {
            return tell_errno(to, "made beside the other one");
        }
    }
    return directory_sync(folder) ? STATUS_OK : tell_errno(folder, "synced");
}

/* The first replaced-N that is free; its name in *name. */
static enum status name_folder(struct restore *restore, const char *folder, const char **name)
{
    for (int number = 1; number < ASIDE_MAX; number++) {
        *name = arena_format(&restore->arena, "replaced-%d", number);
        restore->aside = *name != NULL ? path_in(restore, *name) : NULL;
        if (restore->aside == NULL) {
            return STATUS_EXHAUSTED;
        }
        if (access(restore->aside, F_OK) == 0) {
            continue;
        }
        return rename(folder, restore->aside) == 0 && directory_sync(restore->config->data_dir) ? STATUS_OK
                                                                                                : tell_errno(restore->aside, "made");
    }
    tell("%s has a thousand folders of what was replaced: move them away", restore->config->data_dir);
    return STATUS_EXHAUSTED;
}

static enum status set_mark(struct restore *restore, const char *name)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%s %s\n", name, restore->tokens == TOKENS_KEPT ? "kept" : "none");
    return kept_file_write(restore->config->data_dir, RESTORE_MARK, text, (size_t)length);
}

enum status restore_aside_set(struct restore *restore)
{
    const char *name = NOTHING;
    if (restore->is_resumed) {
        return STATUS_OK;
    }
    if (restore->is_occupied) {
        const char *folder = path_in(restore, RESTORE_ASIDE);
        enum status status = folder == NULL ? STATUS_EXHAUSTED : link_all(restore, folder);
        status = status == STATUS_OK ? name_folder(restore, folder, &name) : status;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return set_mark(restore, name);
}

enum status restore_aside_end(struct restore *restore)
{
    const char *path = path_in(restore, RESTORE_MARK);
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    return unlink(path) == 0 && directory_sync(restore->config->data_dir) ? STATUS_OK : tell_errno(path, "removed");
}

/* "replaced-3 kept" or "- none". */
static bool read_mark(struct restore *restore, const char *text)
{
    static const char begin[] = "replaced-";
    size_t length = strcspn(text, " ");
    const char *name = arena_format(&restore->arena, "%.*s", (int)length, text);
    bool is_kept = strcmp(text + length, " kept\n") == 0;
    if (name == NULL || (!is_kept && strcmp(text + length, " none\n") != 0)) {
        return false;
    }
    restore->tokens = is_kept ? TOKENS_KEPT : TOKENS_NONE;
    if (strcmp(name, NOTHING) == 0) {
        return true;
    }
    const char *digits = name + sizeof begin - 1;
    if (strncmp(name, begin, sizeof begin - 1) != 0 || *digits == 0 || digits[strspn(digits, "0123456789")] != 0) {
        return false;
    }
    restore->aside = path_in(restore, name);
    return restore->aside != NULL;
}

enum status restore_aside_find(struct restore *restore)
{
    const char *text;
    size_t length;
    enum status status = kept_file_read(&restore->arena, restore->config->data_dir, RESTORE_MARK, &text, &length);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status;
    }
    restore->is_resumed = true;
    if (!read_mark(restore, text) || (restore->aside != NULL && access(restore->aside, F_OK) != 0)) {
        tell("%s/%s is no mark that a restore made, or the folder that it names is gone: restore into another directory",
             restore->config->data_dir, RESTORE_MARK);
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}
