/*
 * The sub-command verify: a data directory's ledger, by server/store/verifier.c, or an export, by rules/verify/export.c.
 */
#include "server/command/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "db/db.h"
#include "ledger/key.h"
#include "rules/verify/verify.h"
#include "rules/verify/export.h"
#include "server/note_file.h"
#include "server/progress.h"
#include "server/store/store.h"
#include "server/tell.h"
#include "server/store/verifier.h"
#include "server/command/quorum.h"
#include "server/command/verify_print.h"

enum {
    EXIT_NOT_CHECKED = 2, /* nothing was found out, neither good nor bad */
    EXIT_NOT_COUNTED = 3  /* the ledger holds, and the checkpoint does not count by the policy */
};

/* The export's file, or standard input. Told where it cannot be opened. */
static enum status open_export(const char *path, int *fd)
{
    *fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) {
        tell("--export: %s cannot be read: %s", path, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

/* What would help where it cannot be said whether an export is sound. */
static const char *export_advice(enum status status)
{
    switch (status) {
    case STATUS_EXHAUSTED:
        return "there is no room left on the disk or in memory: make some";
    case STATUS_IO:
        return "the file could not be read, or the state that is made of it could not be written to a temporary file (the line above says more)";
    default:
        return status_name(status);
    }
}

static enum status run_export(const struct config *config, const char *checkpoint, struct progress *progress, struct verify_report *report)
{
    int fd = -1;
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = open_export(config->export_path, &fd);
    }
    if (status == STATUS_OK) {
        struct verify_options options = { .threads = parallel_cores() - 1, .checkpoint = checkpoint,
                                          .progress = progress->is_shown ? progress_show : NULL, .context = progress };
        status = verify_export(fd, &options, report);
        close(fd);
    }
    if (status != STATUS_OK) {
        progress_end(progress);
        tell("the export could not be verified: %s", export_advice(status));
    }
    return status;
}

static enum status run_directory(const struct config *config, const char *checkpoint, struct progress *progress,
                                 struct verify_report *report)
{
    enum status status = store_find_ledger(config->data_dir);
    if (status == STATUS_OK) {
        status = db_set_temporary_directory(config->data_dir);
    }
    if (status == STATUS_OK) {
        struct verifier_job job = { .is_incremental = config->is_incremental, .threads = parallel_cores() - 1, .checkpoint = checkpoint,
                                    .progress = progress->is_shown ? progress_show : NULL, .context = progress };
        status = verifier_run(config->data_dir, &job, report);
    }
    if (status != STATUS_OK) {
        progress_end(progress);
        tell_failure("the ledger could not be verified", config->data_dir, status);
    }
    return status;
}

/* What was given beside the ledger: a checkpoint, and the policy by which it counts. */
static enum status read_given(const struct config *config, struct arena *arena, const char **checkpoint, const struct quorum **quorum)
{
    if (config->checkpoint_path != NULL) {
        *checkpoint = note_file_read(arena, config->checkpoint_path);
        if (*checkpoint == NULL) {
            return STATUS_INVALID;
        }
    }
    if (config->witness_policy_path != NULL && *checkpoint == NULL) {
        tell("--witness-policy says when a checkpoint counts, and --checkpoint FILE which one");
        return STATUS_INVALID;
    }
    if (config->witness_policy_path != NULL) {
        *quorum = quorum_find(arena, config->witness_policy_path, *checkpoint);
        if (*quorum == NULL) {
            return STATUS_INVALID;
        }
    }
    return STATUS_OK;
}

static enum status run(const struct config *config, struct arena *arena, struct verify_report *report, const struct quorum **quorum)
{
    const char *checkpoint = NULL;
    struct progress progress;
    enum status given = read_given(config, arena, &checkpoint, quorum);
    if (given != STATUS_OK) {
        return given;
    }
    if (config->export_path != NULL && config->is_incremental) {
        tell("--incremental goes on in a data directory; an export is always looked at as a whole");
        return STATUS_INVALID;
    }
    progress_init(&progress);
    enum status status = config->export_path != NULL ? run_export(config, checkpoint, &progress, report)
                                                     : run_directory(config, checkpoint, &progress, report);
    progress_end(&progress);
    return status;
}

int command_verify(const struct config *config)
{
    struct arena arena;
    struct verify_report report = { .is_ok = false };
    const struct quorum *quorum = NULL;
    int64_t begun_us = clock_steady_us();
    arena_init(&arena);
    enum status status = run(config, &arena, &report, &quorum);
    if (status == STATUS_OK && report.unfit[0] != 0) {
        tell("--incremental: %s/verified is not gone on from, %s: everything was looked at", config->data_dir, report.unfit);
    }
    if (config->as_json) {
        verify_print_json(status, &report, quorum, (clock_steady_us() - begun_us) / 1000);
    } else if (status == STATUS_OK) {
        verify_print_text(&report);
        if (quorum != NULL) {
            quorum_print(quorum);
        }
    }
    bool counts = quorum == NULL || quorum_counts(quorum);
    arena_fini(&arena);
    if (status != STATUS_OK && status != STATUS_CORRUPT) { /* a damaged file is a finding */
        return EXIT_NOT_CHECKED;
    }
    if (status != STATUS_OK || !report.is_ok) {
        return EXIT_FAILURE;
    }
    return counts ? EXIT_SUCCESS : EXIT_NOT_COUNTED;
}
