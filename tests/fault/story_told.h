#ifndef TESTS_FAULT_STORY_TOLD_H
#define TESTS_FAULT_STORY_TOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "rules/answer.h"
#include "rules/command_kind.h"

/* The story's commands, in their order, and delivering one of them: the same bytes each time. */
struct executor;
struct story;

enum told_how {
    TOLD_AGAIN = 1,    /* its key came before */
    TOLD_SIGNED = 2,   /* as a JWS, by the submitter's key */
    TOLD_FORGOTTEN = 4 /* its text is erased in the same block: its answer is not kept as it was */
};

struct told {
    size_t block;
    enum command_kind kind;
    const char *target;
    const char *id; /* also that of what it makes */
    const char *body;
    int status;
    unsigned how; /* enum told_how */
};

enum { STORY_COMMANDS = 36 };
extern const struct told story_commands[STORY_COMMANDS];

/* One delivery into the open block; *is_lost as block_deliver has it. */
enum status told_deliver(const struct story *story, const struct told *told, struct answer *answer, bool *is_lost) NODISCARD;

#endif
