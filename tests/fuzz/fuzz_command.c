/*
 * Bodies of commands, JSON and CSV. The first byte is the kind. What a client's body decodes to must decode again as a
 * replay of the ledger would read it, else an accepted change could not be replayed.
 */
#include <string.h>

#include "rules/command.h"
#include "rules/decode.h"
#include "tests/fuzz/fuzz.h"

static enum status decode(struct command *command, enum bind_mode mode, const char *body, size_t length, struct arena *arena)
{
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    CHECK(faults != NULL);
    faults_init(faults, arena);
    enum status status = command_decode(command, mode, body, length, arena, faults);
    CHECK(status == STATUS_OK || status == STATUS_INVALID);
    CHECK((status == STATUS_INVALID) == (faults->total > 0));
    for (size_t i = 0; i < faults->count; i++) {
        CHECK(faults->items[i].code != NULL && faults->items[i].detail != NULL);
    }
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    if (length == 0) {
        return 0;
    }
    arena_init(&arena);
    const char *body = arena_copy(&arena, (const char *)bytes + 1, length - 1);
    struct command command = {.kind = (enum command_kind)(bytes[0] % COMMAND_KINDS), .target = "X", .id = "k", .new_id = "n",
                              .actor = {"ORG", ROLE_ADMIN, "tok"}, .if_version = COMMAND_VERSION_NONE};
    struct command again = command;
    CHECK(body != NULL);
    if (decode(&command, BIND_CLEAR, body, length - 1, &arena) == STATUS_OK) {
        CHECK(decode(&again, BIND_COMMITTED, command.body, command.body_length, &arena) == STATUS_OK);
        CHECK(again.body_length == command.body_length && memcmp(again.body, command.body, command.body_length) == 0);
        command_fini(&again);
    }
    command_fini(&command);
    arena_fini(&arena);
    return 0;
}
