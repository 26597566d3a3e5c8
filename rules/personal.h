#ifndef RULES_PERSONAL_H
#define RULES_PERSONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "rules/command.h"

/*
 * Takes the personal texts (contact, driver, note, reason, rationale) out of a command's body: each is
 * replaced in place by {"commitment":"64 hexadecimal digits"}, everything else stays byte
 * for byte; command->personal lists texts and salts, and the bound request's members get
 * the commitment beside the text. STATUS_IO without random bytes.
 */
enum status personal_commit(struct command *command, struct arena *arena) NODISCARD;

/*
 * The other way: the body of a signed command has the commitments already, and its texts come beside it, each with its salt.
 * Fills command->personal as personal_commit does. STATUS_INVALID and faults at /body/POINTER where a commitment
 * has no text (missing_text), is not that of text and salt (commitment_mismatch), stands twice (commitment_reused) or is written
 * with escapes (bad_format), and at /private/POINTER where a text is given and not asked for (unneeded_text).
 */
struct personal_text {
    const char *pointer; /* JSON Pointer in the body, without escapes of its own: as it names a member of "private" */
    const char *text;
    uint8_t salt[COMMITMENT_SALT_BYTES];
    bool is_used;
};
enum status personal_attach(struct command *command, struct personal_text *texts, size_t count, struct arena *arena,
                            struct faults *faults) NODISCARD;

/* How many personal members a body can have: a reason for each line, and a few besides. */
enum { PERSONAL_MAX = LIMIT_LINES + 4 };

#endif
