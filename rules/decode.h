#ifndef RULES_DECODE_H
#define RULES_DECODE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/bind.h"
#include "json/faults.h"
#include "rules/command.h"

/*
 * Reads body into command->request by the kind's table and checks all that needs no
 * state. With BIND_CLEAR (HTTP) personal texts in clear are accepted, salted, replaced
 * in command->body by their commitments and listed in command->personal; with
 * BIND_COMMITTED (replay) and BIND_SIGNED (HTTP, personal.h brings the texts) the body is taken as it is. kind, target, id,
 * new_id, actor, if_version and signature are set by the caller before. STATUS_INVALID with all faults named that the
 * body alone shows; where it was an object (or rows of CSV), command->request then holds what
 * could be read, the rest absent, for rules_check and nothing else. Where all faults are of characters that nobody sees, as earlier
 * versions accepted them, they stand in command->unseen too, and the command may be delivered: it has its first answer if it has been
 * accepted, and is refused else. STATUS_EXHAUSTED,
 * STATUS_IO (no random bytes) else. command_fini is due in every case.
 */
enum status command_decode(struct command *command, enum bind_mode mode, const char *body, size_t body_length,
                           struct arena *arena, struct faults *faults) NODISCARD;

/* The same where the body was parsed as a part of something larger: document is what json_parse without a fault makes of its bytes. It
 * becomes the command's, whatever comes of it. */
enum status command_decode_parsed(struct command *command, enum bind_mode mode, const char *body, size_t body_length, json_t *document,
                                  struct arena *arena, struct faults *faults) NODISCARD;

/* Releases what command_decode took. A zeroed command is allowed. */
void command_fini(struct command *command);

#endif
