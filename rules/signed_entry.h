#ifndef RULES_SIGNED_ENTRY_H
#define RULES_SIGNED_ENTRY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "rules/signed.h"

/*
 * An entry's command, signed or not: its body, byte for byte, which is what replay, verification and readers look at. For a
 * signed one payload and key are what the JWS says, and it is held against the columns; for others key is NULL. STATUS_INVALID:
 * finding says why the columns tell no command. log: of the ledger; NULL: not compared.
 */
struct signed_finding {
    const char *code; /* "submitter_form": what should be a signed command is none; "submitter_payload": it is another one; static */
    const char *text;
};

struct entry_row;
struct signed_entry {
    const char *key;
    struct signed_payload payload;
    const char *body;
    size_t body_length;
};
enum status signed_read_entry(const struct entry_row *row, const char *log, struct arena *arena, struct signed_entry *out,
                              struct signed_finding *finding) NODISCARD;

#endif
