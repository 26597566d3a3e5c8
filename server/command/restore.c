/*
 * The sub-command restore: what is there, what the backup has, whether it is sound, and what would be lost. Putting it in place:
 * restore_place.c. How backups are made: backup.c.
 */
#include "server/command/restore.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parallel.h"
#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/reference.h"
#include "ledger/key.h"
#include "rules/growth.h"
#include "rules/verify/verify.h"
#include "server/copy_file.h"
#include "server/store/answer_key_file.h"
#include "server/store/continuity.h"
#include "server/store/directory.h"
#include "server/note_file.h"
#include "server/paths.h"
#include "server/progress.h"
#include "server/command/restore_aside.h"
#include "server/command/restore_place.h"
#include "server/tell.h"

enum { NOTES_MAX = 2 * ANCHOR_SLOTS };

/* Whoever made the backup need not be who restores it: a pipe would hold the restore up for ever, and a link would have it copy, as the
 * node's key, what the maker may not read. The file that --from itself names may be a link: it was named here. */
static enum status check_files(struct restore *restore)
{
    static const char *const names[] = { "tallystick.db", "tallystick.db-wal", "tallystick.db-shm", "node.db", "node.db-wal", "node.db-shm",
                                         "node.db-journal", "node.key", "anchor", "lock" };
    struct stat found;
    const char *wrong = restore->from_dir == NULL && stat(restore->from_db, &found) == 0 && !S_ISREG(found.st_mode) ? restore->from_db : NULL;
    for (size_t i = 0; restore->from_dir != NULL && i < sizeof names / sizeof names[0]; i++) {
        const char *path = data_path(&restore->arena, restore->from_dir, names[i]);
        if (path == NULL) {
            return STATUS_EXHAUSTED;
        }
        wrong = lstat(path, &found) == 0 && !S_ISREG(found.st_mode) ? path : wrong;
    }
    if (wrong != NULL) {
        tell("--from: %s is no file: a backup has neither links nor pipes nor devices in it", wrong);
    }
    return wrong != NULL ? STATUS_INVALID : STATUS_OK;
}

/* An anchor that lies beside the file that was named speaks of it as a directory's does. */
static enum status find_anchor_beside(struct restore *restore)
{
    struct stat found;
    const char *from = restore->from_db, *slash = strrchr(from, '/');
    const char *dir = slash == NULL ? "." : slash == from ? "/" : arena_copy(&restore->arena, from, (size_t)(slash - from));
    const char *path = dir != NULL ? data_path(&restore->arena, dir, "anchor") : NULL;
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (lstat(path, &found) != 0) {
        return STATUS_OK;
    }
    if (!S_ISREG(found.st_mode)) {
        tell("--from: %s beside it is no file: a backup has neither links nor pipes nor devices in it", path);
        return STATUS_INVALID;
    }
    restore->anchor_dir = dir;
    return STATUS_OK;
}

/* The backup: a directory, or one file. */
static enum status find_backup(struct restore *restore)
{
    struct stat found;
    const char *from = restore->config->from;
    if (stat(from, &found) != 0) {
        tell("--from: there is no backup %s: %s", from, strerror(errno));
        return STATUS_ABSENT;
    }
    bool is_directory = S_ISDIR(found.st_mode);
    restore->from_dir = is_directory ? from : NULL;
    restore->from_db = is_directory ? data_path(&restore->arena, from, "tallystick.db") : from;
    if (restore->from_db == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (access(restore->from_db, R_OK) != 0) {
        tell("--from: %s is no whole backup: %s: %s", from, restore->from_db, strerror(errno));
        return STATUS_ABSENT;
    }
    enum status status = check_files(restore);
    restore->anchor_dir = restore->from_dir;
    if (status == STATUS_OK && !is_directory) {
        status = find_anchor_beside(restore);
    }
    if (status == STATUS_OK && is_directory && directory_is_locked(from)) {
        tell("--from: %s is being served: two copies of one ledger under one key would go on apart. Make a backup of it, and stop "
             "that service before this one begins", from);
        status = STATUS_BUSY;
    }
    return status;
}

/* Whether anything but a lock, a key and what a broken restore left is there. */
static enum status look_around(struct restore *restore)
{
    static const char *const harmless[] = { ".", "..", "lock", "node.key", RESTORE_UNFINISHED, RESTORE_MARK, RESTORE_MARK ".unfinished",
                                            RESTORE_ASIDE, "node.db.restoring", NULL };
    const char *data_dir = restore->config->data_dir;
    DIR *directory = opendir(data_dir);
    if (directory == NULL) {
        tell("the data directory %s cannot be read: %s", data_dir, strerror(errno));
        return STATUS_IO;
    }
    for (struct dirent *found = readdir(directory); found != NULL; found = readdir(directory)) {
        bool is_harmless = false;
        for (size_t i = 0; harmless[i] != NULL; i++) {
            is_harmless = is_harmless || strcmp(found->d_name, harmless[i]) == 0;
        }
        restore->is_occupied = restore->is_occupied || !is_harmless;
    }
    closedir(directory);
    if (restore->is_occupied && !restore->config->replaces) {
        tell("the data directory %s is not empty: name another one, or add --replace; what it holds is then kept in a folder in it",
             data_dir);
        return STATUS_CONFLICT;
    }
    enum status status = restore_aside_find(restore);
    if (status != STATUS_OK) {
        return status;
    }
    status = anchor_read(restore->aside != NULL ? restore->aside : data_dir, &restore->there);
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/* The copy lies in the data directory from now on. A database at rest is copied as it is; one with a WAL through SQLite. */
static enum status copy_backup(struct restore *restore)
{
    struct stat found = { .st_size = 0 };
    struct db *db = NULL;
    uint64_t seq = 0;
    restore->copy = data_path(&restore->arena, restore->config->data_dir, RESTORE_UNFINISHED);
    const char *wal = arena_format(&restore->arena, "%s-wal", restore->from_db);
    if (restore->copy == NULL || wal == NULL) {
        return STATUS_EXHAUSTED;
    }
    unlink(restore->copy);
    if (stat(wal, &found) != 0 || found.st_size == 0) {
        return copy_file(restore->from_db, restore->copy);
    }
    enum status status = db_open_reader(restore->from_db, &db);
    if (status == STATUS_OK) {
        status = db_read_begin(db);
        status = status == STATUS_OK ? db_entry_last(db, &seq) : status;
        status = status == STATUS_OK ? db_copy(db, restore->copy, NULL, NULL) : status;
        db_read_end(db);
    }
    db_close(db);
    return status;
}

/* A backup by an older program: its copy is brought to what this one needs, as a start would do it. */
static enum status update_copy(struct restore *restore)
{
    struct db *db = NULL;
    struct growth growth;
    uint64_t seq = 0;
    enum status status = db_open_writer(restore->copy, &db);
    if (status != STATUS_OK) {
        return status;
    }
    growth_init(&growth);
    status = db_entry_last(db, &seq);
    if (status == STATUS_OK && seq > 0) {
        status = growth_open(&growth, db, &restore->arena, seq);
        status = status == STATUS_CORRUPT ? STATUS_OK : status; /* verifying the copy names the entry */
    }
    growth_fini(&growth);
    db_close(db);
    return status;
}

static enum status open_copy(struct restore *restore)
{
    enum status status = db_open_reader(restore->copy, &restore->db);
    if (status == STATUS_INVALID) {
        status = update_copy(restore);
        status = status == STATUS_OK ? db_open_reader(restore->copy, &restore->db) : status;
    }
    if (status == STATUS_OK) {
        status = db_entry_head(restore->db, &restore->head);
    }
    if (status == STATUS_OK) {
        status = db_checkpoint_last(restore->db, &restore->arena, &restore->last);
    }
    if (status == STATUS_OK) {
        status = db_parameter_find(restore->db, &restore->arena, "origin", &restore->origin);
    }
    if (status == STATUS_ABSENT || status == STATUS_CORRUPT) {
        tell("--from: %s holds no ledger that can be read", restore->from_db);
        status = STATUS_CORRUPT;
    } else if (status == STATUS_INVALID) {
        tell("--from: %s is of a newer version of this program: restore it with that one", restore->from_db);
    }
    return status;
}

static bool is_foreign(const struct restore *restore, const char *note)
{
    size_t length = strlen(restore->origin);
    return anchor_note_size(note) >= 0 && (strncmp(note, restore->origin, length) != 0 || note[length] != '\n');
}

static enum status refuse_foreign(const struct restore *restore, const char *by, const char *advice)
{
    tell("the backup is of the ledger %s, and %s is of another one: %s", restore->origin, by, advice);
    return STATUS_CONFLICT;
}

/* An anchor of another ledger ends it, or is passed over where that was asked for: then it is as one that is missing. */
static enum status sift_anchor(struct restore *restore, struct anchor_notes *notes, const char *by, const char *advice)
{
    for (int i = 0; i < ANCHOR_SLOTS; i++) {
        if (is_foreign(restore, notes->notes[i])) {
            if (!restore->config->begins_anchor) {
                return refuse_foreign(restore, by, advice);
            }
            notes->notes[i][0] = 0;
            restore->passed_over = by;
        }
    }
    return STATUS_OK;
}

static enum status sift_notes(struct restore *restore)
{
    enum status status = sift_anchor(restore, &restore->there, "the directory's anchor",
                                     "name another directory, or add --new-anchor, which passes over that anchor");
    if (status == STATUS_OK) {
        status = sift_anchor(restore, &restore->own, "the backup's own anchor", "take another backup; if there is none, hold this one against "
                             "a checkpoint or receipt kept elsewhere (verify --checkpoint), and add --new-anchor, which passes over that anchor");
    }
    if (status == STATUS_OK && restore->checkpoint != NULL && is_foreign(restore, restore->checkpoint)) {
        status = refuse_foreign(restore, "the checkpoint given", "give one of this ledger, or take a backup of the other");
    }
    return status;
}

/* Takes note of how much a checkpoint knows. */
static void take_note(struct restore *restore, const char *note, const char *by)
{
    int64_t size = anchor_note_size(note);
    if (size >= 0 && (uint64_t)size > restore->known) {
        restore->known = (uint64_t)size;
        restore->known_by = by;
    }
}

/* How much the database knows that is to be replaced, where it can still be read. */
static uint64_t entries_there(const struct restore *restore)
{
    struct db *db = NULL;
    uint64_t seq = 0;
    struct arena arena;
    arena_init(&arena);
    const char *path = data_path(&arena, restore->aside != NULL ? restore->aside : restore->config->data_dir, "tallystick.db");
    if (path != NULL && access(path, R_OK) == 0) {
        log_set_level(LOG_LEVEL_OFF); /* it may be damaged: that is why it is replaced */
        enum status status = db_open_reader(path, &db);
        status = status == STATUS_OK ? db_entry_last(db, &seq) : status;
        seq = status == STATUS_OK ? seq : 0;
        log_set_level((enum log_level)restore->config->log_level);
    }
    db_close(db);
    arena_fini(&arena);
    return seq;
}

/* What anybody in reach knows of entries that the backup has not. */
static enum status weigh_loss(struct restore *restore)
{
    restore->known = restore->head.seq;
    restore->known_by = "the backup";
    enum status status = sift_notes(restore);
    if (status != STATUS_OK) {
        return status;
    }
    for (int i = 0; i < ANCHOR_SLOTS; i++) {
        take_note(restore, restore->there.notes[i], "the directory's anchor");
        take_note(restore, restore->own.notes[i], "the backup's own anchor");
    }
    if (restore->checkpoint != NULL) {
        take_note(restore, restore->checkpoint, "the checkpoint given");
    }
    uint64_t there = entries_there(restore);
    if (there > restore->known) {
        restore->known = there;
        restore->known_by = "the directory's database";
    }
    if (restore->known == restore->head.seq || restore->config->accepts_loss) {
        return STATUS_OK;
    }
    char time[TEXT_INSTANT_BYTES];
    text_from_instant(time, (int64_t)restore->head.time_ms);
    tell("THE BACKUP IS OLDER: it ends with entry %" PRIu64 " of %s, and %s knows %" PRIu64 " entries. Entries %" PRIu64 " to %" PRIu64
         " would be lost. Take a newer backup; if there is none, add --accept-loss, and tell those who have receipts or checkpoints of "
         "them", restore->head.seq, time, restore->known_by, restore->known, restore->head.seq + 1, restore->known);
    return STATUS_CONFLICT;
}

/* Why the backup's own anchor does not show that nothing was cut off; own: the entries that it knows. */
static enum status refuse_unattested(const struct restore *restore, uint64_t own)
{
    if (own > 0) {
        tell("--from: %s/anchor knows a ledger of %" PRIu64 " entries, and the backup has %" PRIu64 ": the anchor of a backup knows its last "
             "entry, so this one or the database was exchanged, or they are of a service that was killed (serving them once puts "
             "that right). Take another backup; if there is none, hold this one against a checkpoint or receipt kept elsewhere "
             "(verify --checkpoint), and add --new-anchor", restore->anchor_dir, own, restore->head.seq);
    } else {
        tell("--from: %s/anchor is missing or damaged: it shows that no entries were cut off, and what is restored would have a new one. "
             "Put it back, or take another backup; if there is none, hold this one against a checkpoint or receipt kept elsewhere "
             "(verify --checkpoint), and add --new-anchor", restore->anchor_dir);
    }
    return STATUS_CORRUPT;
}

/* Whether anything shows that the backup was not cut before: its own anchor, which names its last entry, or whoever else knows as many.
 * With the genesis alone there need be none. A backup in one file has no anchor, and is put back all the same: the summary says so. */
static enum status check_anchor(struct restore *restore)
{
    struct continuity own = { .known = 0 }, there = { .known = 0 };
    enum status status = continuity_hold(&restore->arena, restore->db, &restore->own, &own);
    if (status == STATUS_OK) {
        status = continuity_hold(&restore->arena, restore->db, &restore->there, &there);
    }
    if (status != STATUS_OK) {
        return status == STATUS_CORRUPT ? STATUS_OK : status; /* verifying the copy names the entry */
    }
    uint64_t size = restore->head.seq;
    bool is_given = restore->checkpoint != NULL && anchor_note_size(restore->checkpoint) == (int64_t)size;
    restore->is_unattested = size > 1 && restore->known == size && own.known != size && there.known != size && !is_given;
    if (restore->is_unattested && restore->anchor_dir != NULL && !restore->config->begins_anchor) {
        return refuse_unattested(restore, own.known);
    }
    bool was_begun_anew = false; /* when the backup was made: its anchor came after whoever may have cut the ledger */
    for (int i = 0; i < ANCHOR_SLOTS; i++) {
        was_begun_anew = was_begun_anew || strcmp(restore->own.notes[i], ANCHOR_BEGUN_ANEW) == 0;
    }
    restore->is_unattested = restore->is_unattested || (was_begun_anew && restore->known == size && there.known != size && !is_given);
    return STATUS_OK;
}

/* The keys for the kept answers: the backup's, and those that are there. */
struct key_rows {
    struct answer_key_row rows[2 * ANSWER_KEY_ROWS_MAX];
    size_t count;
};

static enum status read_answer_keys(const struct restore *restore, struct key_rows *keys)
{
    size_t count = 0;
    enum status status = restore->from_dir != NULL ? answer_key_file_read(restore->from_dir, keys->rows, &keys->count) : STATUS_OK;
    if (status == STATUS_OK) {
        status = answer_key_file_read(restore->config->data_dir, keys->rows + keys->count, &count);
        keys->count += count;
    }
    return status;
}

/* The copy against itself and against each checkpoint that it is old enough for. */
static enum status verify_with(struct restore *restore, const struct key_rows *keys)
{
    const char *notes[NOTES_MAX];
    size_t count = 0;
    struct progress progress;
    struct verify_report report;
    for (int i = 0; i < ANCHOR_SLOTS; i++) {
        const char *const both[] = { restore->there.notes[i], restore->own.notes[i] };
        for (int k = 0; k < 2; k++) {
            int64_t size = anchor_note_size(both[k]);
            if (size > 0 && (uint64_t)size <= restore->head.seq) {
                notes[count++] = both[k];
            }
        }
    }
    bool is_held = restore->checkpoint != NULL && (uint64_t)anchor_note_size(restore->checkpoint) <= restore->head.seq;
    struct verify_options options = { .notes = notes, .note_count = count, .checkpoint = is_held ? restore->checkpoint : NULL,
                                      .answer_keys = keys->rows, .answer_key_count = keys->count, .threads = parallel_cores() - 1,
                                      .context = &progress };
    progress_init(&progress);
    options.progress = progress.is_shown ? progress_show : NULL;
    enum status status = verify_ledger(restore->db, &options, &report);
    progress_end(&progress);
    if (status != STATUS_OK || report.is_ok) {
        return status;
    }
    size_t length = strlen(report.reason);
    text_make_line(report.reason, length);
    if (length > 0 && report.reason[length - 1] == '.') {
        report.reason[length - 1] = 0; /* of a sentence: the next one begins behind it */
    }
    tell("the backup is BROKEN at entry %" PRIu64 " (%s): %s. Nothing was put in place", report.first_broken, report.code,
         report.reason);
    return STATUS_CORRUPT;
}

static enum status verify_copy(struct restore *restore)
{
    struct key_rows keys = { .count = 0 };
    enum status status = read_answer_keys(restore, &keys);
    if (status == STATUS_OK) {
        status = verify_with(restore, &keys);
    }
    explicit_bzero(&keys, sizeof keys);
    return status;
}

static void print_summary(const struct restore *restore)
{
    static const char *const tokens[] = {
        [TOKENS_NONE] = "none: make one with token create", [TOKENS_KEPT] = "those that the directory had",
        [TOKENS_RESTORED] = "those of the backup: what was revoked since is valid again until you revoke it (token list)",
    };
    const char *data_dir = restore->config->data_dir;
    char head[2 * DB_HASH_BYTES + 1], root[2 * DB_HASH_BYTES + 1];
    text_to_hex(head, restore->head.hash, DB_HASH_BYTES);
    text_to_hex(root, restore->last.root, DB_HASH_BYTES);
    printf("ok: %" PRIu64 " entries verified and restored to %s\nhead %s\nroot %s\n", restore->head.seq, data_dir, head, root);
    if (restore->known > restore->head.seq) {
        printf("LOST: entries %" PRIu64 " to %" PRIu64 ", which %s knew of. Whoever has a receipt or a checkpoint of them can show that "
               "this ledger does not continue it: tell them\n", restore->head.seq + 1, restore->known, restore->known_by);
    }
    if (restore->passed_over != NULL) {
        printf("anchor: %s is of another ledger, and was passed over\n", restore->passed_over);
    }
    if (restore->is_unattested) {
        printf("anchor: begun anew; nothing in the backup shows whether entries were cut off behind entry %" PRIu64 ": hold it against a "
               "checkpoint or receipt kept elsewhere (verify --checkpoint)\n", restore->head.seq);
    }
    printf("tokens: %s\n", tokens[restore->tokens]);
    if (!restore->has_key) {
        printf("node.key: missing; put the node's key to %s/node.key (mode 0600), or name its place by --node-key, before it is served\n", data_dir);
    }
    if (restore->aside != NULL) {
        printf("what was there before: %s\n", restore->aside);
    }
}

static enum status prepare(struct restore *restore)
{
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = find_backup(restore);
    }
    if (status == STATUS_OK && restore->config->checkpoint_path != NULL) {
        restore->checkpoint = note_file_read(&restore->arena, restore->config->checkpoint_path);
        status = restore->checkpoint == NULL ? STATUS_INVALID : STATUS_OK;
    }
    if (status == STATUS_OK && restore->anchor_dir != NULL) {
        status = anchor_read(restore->anchor_dir, &restore->own);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = directory_lock(restore->config->data_dir, &restore->lock);
    }
    if (status == STATUS_OK) {
        status = db_set_temporary_directory(restore->config->data_dir);
    }
    return status == STATUS_OK ? look_around(restore) : status;
}

/* Closes the copy; SQLite leaves what it made beside it to read it. */
static void close_copy(struct restore *restore)
{
    db_close(restore->db);
    restore->db = NULL;
    const char *const ends[] = { "-wal", "-shm" };
    for (size_t i = 0; restore->copy != NULL && i < 2; i++) {
        const char *path = arena_format(&restore->arena, "%s%s", restore->copy, ends[i]);
        if (path != NULL) {
            unlink(path);
        }
    }
}

static enum status run(struct restore *restore)
{
    enum status status = prepare(restore);
    if (status != STATUS_OK) {
        return status;
    }
    status = copy_backup(restore);
    if (status == STATUS_OK) {
        status = open_copy(restore);
    }
    if (status == STATUS_OK) {
        status = weigh_loss(restore);
    }
    if (status == STATUS_OK) {
        status = check_anchor(restore);
    }
    if (status == STATUS_OK) {
        status = verify_copy(restore);
    }
    close_copy(restore);
    if (status == STATUS_OK) {
        return restore_place(restore);
    }
    if (restore->copy != NULL) {
        unlink(restore->copy);
    }
    return status;
}

int command_restore(const struct config *config)
{
    struct restore *restore = calloc(1, sizeof *restore);
    if (restore == NULL) {
        return EXIT_FAILURE;
    }
    restore->config = config;
    restore->lock = -1;
    arena_init(&restore->arena);
    enum status status = run(restore);
    if (status == STATUS_OK) {
        print_summary(restore);
    } else {
        tell_failure("nothing was restored", config->data_dir, status);
    }
    if (restore->lock >= 0) {
        close(restore->lock);
    }
    arena_fini(&restore->arena);
    free(restore);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
