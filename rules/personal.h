#ifndef RULES_PERSONAL_H
#define RULES_PERSONAL_H

#include "base/arena.h"
#include "base/status.h"
#include "rules/command.h"

/*
 * Takes the personal texts (note, reason, rationale) out of a command's body: each is
 * replaced in place by {"commitment":"64 hexadecimal digits"}, everything else stays byte
 * for byte; command->personal lists texts and salts, and the bound request's members get
 * the commitment beside the text. STATUS_IO without random bytes.
 */
enum status personal_commit(struct command *command, struct arena *arena) NODISCARD;

#endif
