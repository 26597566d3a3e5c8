/*
 * Delivers data/sample.tsv: a row is kind, target, new id and body, with tabs between.
 */
#include "server/sample.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "rules/block.h"
#include "rules/decode.h"
#include "server/store/store.h"

extern const unsigned char embedded_sample[];
extern const size_t embedded_sample_length;

enum { COLUMNS = 4, KEY_BYTES = 32 };

/* Splits a row in place; our own file, so that a missing column is a fault of the build. */
static void split(char *row, const char *columns[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = row;
        row = i + 1 < COLUMNS ? strchr(row, '\t') : NULL;
        assert(row != NULL || i + 1 == COLUMNS);
        if (row != NULL) {
            *row++ = 0;
        }
    }
}

static enum status deliver(struct executor *executor, const char *const columns[COLUMNS], int number, struct arena *arena)
{
    char key[KEY_BYTES];
    bool is_lost = false;
    struct answer answer;
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    snprintf(key, sizeof key, "sample-%03d", number);
    faults_init(faults, arena);
    answer_init(&answer);
    struct command command = { .target = columns[1], .id = key, .new_id = columns[2],
                               .actor = { "", ROLE_ADMIN, "sample" }, .if_version = COMMAND_VERSION_NONE };
    enum status status = command_kind_from_name(columns[0], &command.kind);
    assert(status == STATUS_OK);
    status = command_decode(&command, BIND_CLEAR, columns[3], strlen(columns[3]), arena, faults);
    if (status == STATUS_OK) {
        status = block_deliver(executor, &command, &answer, &is_lost);
    }
    if (status == STATUS_OK && answer.is_problem) {
        log_error("sample", "row %d is refused: %s", number, answer.body.bytes);
        status = STATUS_CORRUPT;
    }
    command_fini(&command);
    answer_fini(&answer);
    return status;
}

static enum status deliver_rows(struct executor *executor, struct arena *arena)
{
    const char *columns[COLUMNS];
    enum status status = STATUS_OK;
    char *rest = arena_copy(arena, (const char *)embedded_sample, embedded_sample_length);
    if (rest == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (int number = 1; status == STATUS_OK && *rest != 0; number++) {
        char *end = strchr(rest, '\n');
        assert(end != NULL);
        *end = 0;
        split(rest, columns);
        status = deliver(executor, columns, number, arena);
        rest = end + 1;
    }
    return status;
}

enum status sample_deliver(struct store *store)
{
    struct arena arena;
    uint8_t root[DIGEST_BYTES];
    struct executor *executor = store_executor(store);
    arena_init(&arena);
    enum status status = block_begin(executor, clock_wall_ms());
    if (status == STATUS_OK) {
        status = deliver_rows(executor, &arena);
        status = status == STATUS_OK ? block_end(executor, root) : status;
        if (status == STATUS_OK) {
            status = block_commit(executor);
        } else {
            block_abandon(executor);
        }
    }
    if (status == STATUS_OK) {
        status = anchor_write(store_anchor(store), executor_checkpoint(executor));
    }
    arena_fini(&arena);
    return status;
}
