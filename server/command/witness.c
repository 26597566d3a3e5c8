/*
 * The sub-command witness: rounds of witness.c, one after the other.
 */
#include "server/command/witness.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/key.h"
#include "server/store/directory.h"
#include "server/fetch.h"
#include "server/kept_file.h"
#include "server/tell.h"
#include "server/witness.h"

enum { EXIT_NOT_BEGUN = 2, EXIT_ALARM = 3 };

static enum status open_fetch(const struct config *config, struct arena *arena, struct witness_watch *watch)
{
    const char *text = NULL, *token = NULL;
    size_t length = 0;
    if (config->token_path != NULL) {
        enum status status = kept_file_read(arena, NULL, config->token_path, &text, &length);
        token = status == STATUS_OK ? arena_copy(arena, text, strcspn(text, "\r\n")) : NULL;
        if (token == NULL || token[0] == 0) {
            tell("--token: %s holds no token", config->token_path);
            return STATUS_INVALID;
        }
    }
    enum status status = fetch_open(config->of, token, &watch->fetch);
    if (status == STATUS_INVALID) {
        tell("--of: the log's address is wanted: http://HOST:PORT or https://HOST");
    }
    watch->delivers = token != NULL;
    return status;
}

static int run(const struct config *config, struct witness_watch *watch)
{
    for (;;) {
        enum witness_round result = witness_round(watch);
        if (result == WITNESS_ALARM) {
            return EXIT_ALARM;
        }
        if (config->runs_once) {
            return result == WITNESS_TROUBLE ? EXIT_FAILURE : EXIT_SUCCESS;
        }
        struct timespec rest = { .tv_sec = config->interval_s };
        while (nanosleep(&rest, &rest) != 0) {
        }
    }
}

int command_witness(const struct config *config)
{
    struct arena arena;
    struct witness_watch watch = { .dir = NULL };
    int lock = -1, code = EXIT_NOT_BEGUN;
    arena_init(&arena);
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = directory_lock(config->data_dir, &lock);
    }
    if (status == STATUS_OK) {
        status = witness_open(&watch, config->data_dir, config->of, config->name, config->log_key_path);
    }
    if (status == STATUS_OK) {
        status = open_fetch(config, &arena, &watch);
    }
    if (status == STATUS_OK) {
        code = run(config, &watch);
    }
    fetch_close(watch.fetch);
    witness_close(&watch);
    if (lock >= 0) {
        close(lock);
    }
    arena_fini(&arena);
    return code;
}
