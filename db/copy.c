/*
 * Copying a database page by page (https://www.sqlite.org/backup.html). The source is only read: nothing is committed and no
 * WAL is moved, which is the writing connection's alone to do.
 */
#include "db/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db/statement.h"

enum { PAGES_A_STEP = 256, PATH_BYTES = 4096 };

static enum status create(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        log_error("copy", "%s: %s", path, strerror(errno));
        return errno == EEXIST ? STATUS_CONFLICT : errno == ENOSPC || errno == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
    }
    close(file);
    return STATUS_OK;
}

static enum status run(sqlite3 *target, sqlite3_backup *backup, copy_progress *progress, void *context)
{
    int code = SQLITE_OK;
    bool goes_on = true;
    while (code == SQLITE_OK && goes_on) {
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        int total = sqlite3_backup_pagecount(backup);
        goes_on = progress == NULL || progress(context, (uint64_t)(total - sqlite3_backup_remaining(backup)), (uint64_t)total);
    }
    return code == SQLITE_OK ? STATUS_BUSY : statement_status(target, code);
}

static void remove_copy(const char *path)
{
    char journal[PATH_BYTES];
    unlink(path);
    if (snprintf(journal, sizeof journal, "%s-journal", path) < (int)sizeof journal) {
        unlink(journal);
    }
}

enum status copy_pages(sqlite3 *source, const char *path, copy_progress *progress, void *context)
{
    sqlite3 *target = NULL;
    enum status status = create(path);
    if (status != STATUS_OK) {
        return status;
    }
    int code = statement_open(path, SQLITE_OPEN_READWRITE, &target);
    sqlite3_backup *backup = code == SQLITE_OK ? sqlite3_backup_init(target, "main", source, "main") : NULL;
    if (backup == NULL) {
        status = statement_status(target, code == SQLITE_OK ? sqlite3_errcode(target) : code);
        status = status == STATUS_OK ? STATUS_IO : status;
    } else {
        status = run(target, backup, progress, context);
        code = sqlite3_backup_finish(backup); /* the last step has committed, synced */
        status = status == STATUS_OK ? statement_status(target, code) : status;
    }
    sqlite3_close(target);
    if (status != STATUS_OK) {
        remove_copy(path);
    }
    return status;
}
