/*
 * The sub-command verify: a data directory's ledger, by server/verifier.c.
 */
#include "server/command_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "db/db.h"
#include "rules/verify.h"
#include "server/note_file.h"
#include "server/progress.h"
#include "server/store.h"
#include "server/tell.h"
#include "server/verifier.h"
#include "server/verify_print.h"

enum { EXIT_NOT_CHECKED = 2 /* nothing was found out, neither good nor bad */ };

static enum status run(const struct config *config, struct arena *arena, struct verify_report *report)
{
    struct progress progress;
    const char *checkpoint = NULL;
    enum status status = store_find_ledger(config->data_dir);
    if (status == STATUS_OK) {
        status = db_set_temporary_directory(config->data_dir);
    }
    if (status == STATUS_OK && config->checkpoint_path != NULL) {
        checkpoint = note_file_read(arena, config->checkpoint_path);
        status = checkpoint == NULL ? STATUS_INVALID : STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    progress_init(&progress);
    struct verifier_job job = { .is_incremental = config->is_incremental, .threads = parallel_cores() - 1, .checkpoint = checkpoint,
                                .progress = progress.is_shown ? progress_show : NULL, .context = &progress };
    status = verifier_run(config->data_dir, &job, report);
    progress_end(&progress);
    return status;
}

int command_verify(const struct config *config)
{
    struct arena arena;
    struct verify_report report = { .is_ok = false };
    int64_t begun_us = clock_steady_us();
    arena_init(&arena);
    enum status status = run(config, &arena, &report);
    if (status == STATUS_OK && report.unfit[0] != 0) {
        tell("--incremental: %s/verified is not gone on from, %s: everything was looked at", config->data_dir, report.unfit);
    }
    if (config->as_json) {
        verify_print_json(status, &report, (clock_steady_us() - begun_us) / 1000);
    } else if (status == STATUS_OK) {
        verify_print_text(&report);
    }
    if (status != STATUS_OK) {
        tell_failure("the ledger could not be verified", config->data_dir, status);
    }
    arena_fini(&arena);
    if (status != STATUS_OK && status != STATUS_CORRUPT) { /* a damaged file is a finding */
        return EXIT_NOT_CHECKED;
    }
    return status == STATUS_OK && report.is_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
