/*
 * One command, one block. The genesis is one (founding.c), a change of the node's key the other (command/key.c).
 */
#include "server/store/system_block.h"

#include "base/clock.h"
#include "base/log.h"
#include "rules/block.h"
#include "rules/decode.h"

static enum status run_block(struct executor *executor, const struct command *command, struct answer *answer, bool *is_unknown)
{
    uint8_t root[DIGEST_BYTES];
    bool is_lost = false;
    enum status status = block_begin(executor, clock_wall_ms());
    if (status != STATUS_OK) {
        return status;
    }
    status = block_deliver(executor, command, answer, &is_lost);
    if (status == STATUS_OK && answer->is_problem) {
        log_error("system_block", "kind=%s is refused: %s", command_kind_name(command->kind), answer->body.bytes);
        status = STATUS_CONFLICT;
    }
    status = status == STATUS_OK ? block_end(executor, root) : status;
    if (status != STATUS_OK) {
        block_abandon(executor);
        return status;
    }
    status = block_commit(executor);
    *is_unknown = status != STATUS_OK && (status != STATUS_EXHAUSTED || executor_is_failed(executor));
    return status;
}

enum status system_block_deliver(struct executor *executor, enum command_kind kind, const char *id, const struct buffer *body,
                                 struct arena *arena, bool *is_unknown)
{
    struct answer answer;
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    *is_unknown = false;
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, arena);
    answer_init(&answer);
    struct command command = { .kind = kind, .target = "", .id = id, .new_id = "",
                               .actor = { "", ROLE_SYSTEM, "system" }, .if_version = COMMAND_VERSION_NONE };
    enum status status = command_decode(&command, BIND_CLEAR, body->bytes, body->length, arena, faults);
    if (status == STATUS_OK) {
        status = run_block(executor, &command, &answer, is_unknown);
    }
    command_fini(&command);
    answer_fini(&answer);
    return status;
}
