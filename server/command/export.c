/*
 * The sub-command export. The lines come from rules/export/export.c, the file that goes on from export_file.c; here is what was
 * asked for held against what is there.
 */
#include "server/command/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/reference.h"
#include "rules/export/export.h"
#include "server/config/table.h"
#include "server/command/export_file.h"
#include "server/paths.h"
#include "server/store/store.h"
#include "server/tell.h"

enum { SHOWN_EVERY = 5000 /* entries */ };

struct job {
    const struct config *config;
    struct arena arena;
    struct db *db;
    uint64_t size, to;
    const char *output; /* NULL: standard output */
    struct export_file file; /* where there is one */
    int fd;
    const char *path;
    struct export export;
    bool is_nothing_new;
};

/* The range that was asked for, against the ledger. */
static enum status take_range(struct job *job)
{
    const struct config *config = job->config;
    enum status status = db_entry_last(job->db, &job->size);
    if (status != STATUS_OK) {
        return status;
    }
    if (job->size == 0) {
        tell("the ledger in %s has no entries yet: its first start was cut short; serve completes it", config->data_dir);
        return STATUS_ABSENT;
    }
    job->to = config->to > 0 ? (uint64_t)config->to : job->size;
    if (job->to > job->size || (uint64_t)config->after > job->to) {
        tell("the ledger in %s has the entries 1 to %" PRIu64 ": --after %" PRId64 " and --to %" PRIu64 " are not among them, in this "
             "order", config->data_dir, job->size, config->after, job->to);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status refuse_file(const struct job *job, const char *why)
{
    tell("--output: %s is there and cannot go on: %s. Name another file, or move this one away", job->path, why);
    return STATUS_CONFLICT;
}

/* What is in the file must be the beginning of the very line that an export begins with. */
static enum status check_beginning(struct job *job)
{
    struct buffer head;
    struct export export;
    buffer_init(&head);
    export_begin(&export, (uint64_t)job->config->after, job->to, job->config->with_texts);
    enum status status = export_piece(&export, job->db, &head);
    bool is_cut = status == STATUS_OK && job->file.bytes == job->file.first_length && job->file.bytes <= head.length &&
        memcmp(head.bytes, job->file.first, job->file.bytes) == 0;
    buffer_fini(&head);
    return status != STATUS_OK ? status : is_cut ? STATUS_OK : refuse_file(job, "it is no export");
}

static enum status check_header(struct job *job)
{
    const struct config *config = job->config;
    const struct export_line *header = &job->file.header;
    const char *origin = NULL;
    enum status status = db_parameter_find(job->db, &job->arena, "origin", &origin);
    if (status != STATUS_OK) {
        return status;
    }
    if (strcmp(header->origin, origin) != 0) {
        return refuse_file(job, "it is an export of another ledger");
    }
    if (header->with_texts != config->with_texts) {
        return refuse_file(job, header->with_texts ? "it has the personal texts (--texts)" : "it has no personal texts (--texts)");
    }
    if (config_source(config, "after") != CONFIG_BY_DEFAULT && header->seq != (uint64_t)config->after) {
        return refuse_file(job, "it begins behind another entry than --after says");
    }
    return header->seq <= job->to ? STATUS_OK : refuse_file(job, "it begins behind what --to says");
}

/* A checkpoint of the file that the ledger does not have: one of the two is not what it was. */
static enum status check_history(struct job *job)
{
    struct checkpoint_row *row = NULL;
    size_t count = 0;
    const struct export_line *last = &job->file.checkpoint;
    enum status status = last->height == 0 ? STATUS_OK
        : db_checkpoint_list(job->db, &job->arena, last->height - 1, 1, &row, &count);
    if (status != STATUS_OK) {
        return status;
    }
    if (count == 0 || row->height != last->height || row->size != last->seq || strcmp(row->note, last->note) != 0) {
        return refuse_file(job, "its last checkpoint is not one of this ledger's. Keep it: one of the two was rewritten or put back "
                                "to an older copy, and this file is evidence");
    }
    return STATUS_OK;
}

/* Where a file that is there goes on. */
static enum status go_on(struct job *job)
{
    struct export_file *file = &job->file;
    size_t kept = 0;
    enum status status = file->has_header ? check_header(job) : check_beginning(job);
    if (status == STATUS_OK && file->has_checkpoint) {
        status = check_history(job);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (file->has_end && file->end.seq >= job->to) {
        job->is_nothing_new = true;
        return STATUS_OK;
    }
    if (file->has_checkpoint && file->checkpoint.seq > job->to) {
        return refuse_file(job, "it has more than --to says");
    }
    if (file->has_checkpoint) {
        export_go_on(&job->export, file->checkpoint.seq, job->to, job->config->with_texts);
        kept = file->checkpoint_end;
    } else if (file->has_header) {
        export_begin(&job->export, file->header.seq, job->to, job->config->with_texts);
    }
    return export_file_cut(job->path, file, kept);
}

static enum status open_output(struct job *job)
{
    job->fd = STDOUT_FILENO;
    job->path = "standard output";
    export_begin(&job->export, (uint64_t)job->config->after, job->to, job->config->with_texts);
    if (job->output == NULL) {
        return STATUS_OK;
    }
    job->path = job->output;
    enum status status = export_file_open(job->path, &job->arena, &job->file);
    if (status != STATUS_OK) {
        return status;
    }
    job->fd = job->file.fd;
    if (job->file.bytes > 0) {
        status = go_on(job);
    }
    if (status != STATUS_OK) {
        close(job->fd);
    }
    return status;
}

static void show_progress(const struct job *job, uint64_t *shown)
{
    if (job->export.seq - *shown >= SHOWN_EVERY) {
        *shown = job->export.seq;
        fprintf(stderr, "\rexporting entry %" PRIu64 " of %" PRIu64, job->export.seq, job->to);
    }
}

/* All pieces. The ledger's rows never change, so without texts no transaction need span them: the writer's log can be emptied
 * however slowly somebody takes the lines. */
static enum status write_pieces(struct job *job)
{
    struct buffer lines;
    enum status status = STATUS_OK;
    bool is_shown = isatty(STDERR_FILENO) && (job->output != NULL || !isatty(STDOUT_FILENO));
    uint64_t shown = job->export.seq;
    buffer_init(&lines);
    while (status == STATUS_OK && !export_is_over(&job->export)) {
        buffer_reset(&lines);
        status = export_piece(&job->export, job->db, &lines);
        if (status == STATUS_OK && !job->config->with_texts) {
            db_read_end(job->db);
        }
        if (status == STATUS_OK) {
            status = export_file_write(job->fd, job->path, lines.bytes, lines.length);
        }
        if (status == STATUS_OK && !job->config->with_texts) {
            status = db_read_begin(job->db);
        }
        if (is_shown) {
            show_progress(job, &shown);
        }
    }
    if (is_shown && shown > 0) {
        fprintf(stderr, "\r\033[K");
    }
    if (status == STATUS_CORRUPT && export_file_write(job->fd, job->path, lines.bytes, lines.length) == STATUS_OK) {
        tell("entry %" PRIu64 " cannot be told: it is not there, or something of it is missing. What was written before it is whole; "
             "run verify", job->export.seq + 1);
    }
    buffer_fini(&lines);
    return status;
}

static enum status run(struct job *job)
{
    enum status status = take_range(job);
    if (status == STATUS_OK) {
        status = open_output(job);
    }
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t from = job->export.seq;
    status = job->is_nothing_new ? STATUS_OK : write_pieces(job);
    if (job->output == NULL) {
        return status;
    }
    enum status closed = export_file_close(job->path, &job->file);
    status = status != STATUS_OK ? status : closed;
    if (status == STATUS_OK && job->is_nothing_new) {
        printf("%s: has the entries up to %" PRIu64 " already\n", job->path, job->file.end.seq);
    } else if (status == STATUS_OK) {
        printf("%s: entries %" PRIu64 " to %" PRIu64 " written\n", job->path, from + 1, job->export.seq);
    }
    return status;
}

int command_export(const struct config *config)
{
    bool is_file = config->output != NULL && strcmp(config->output, "-") != 0;
    struct job job = { .config = config, .output = is_file ? config->output : NULL };
    arena_init(&job.arena);
    const char *path = data_path(&job.arena, config->data_dir, "tallystick.db");
    enum status status = path == NULL ? STATUS_EXHAUSTED : store_find_ledger(config->data_dir);
    if (status == STATUS_OK) {
        status = db_open_reader(path, &job.db);
    }
    if (status == STATUS_OK) {
        status = db_read_begin(job.db);
        status = status == STATUS_OK ? run(&job) : status;
        db_read_end(job.db);
    }
    if (status != STATUS_OK) {
        tell_failure("the ledger could not be exported", config->data_dir, status);
    }
    db_close(job.db);
    arena_fini(&job.arena);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
