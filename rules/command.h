#ifndef RULES_COMMAND_H
#define RULES_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/status.h"
#include "json/bind.h"
#include "json/faults.h"
#include "ledger/commitment.h"
#include "ledger/key.h"
#include "rules/actor.h"
#include "rules/command_kind.h"

/*
 * A command: the one way in for every change. HTTP, replay and other nodes make it
 * from the same bytes by command_decode.
 */

/* A personal text taken out of the body: what stands there is its commitment. */
struct command_personal {
    const char *pointer; /* JSON Pointer in the body */
    const char *text;
    uint8_t salt[COMMITMENT_SALT_BYTES];
    uint8_t commitment[DIGEST_BYTES];
    size_t hex_offset; /* of the commitment's 64 digits in body */
};

/* How a command came signed: by a compact JWS (ledger/jws.h), of which the entry keeps every byte. */
struct command_signature {
    const char *key;   /* the id of the key, as the JWS names it */
    const char *input; /* what was signed; it stands in the entry in the place of the body */
    size_t input_length;
    uint8_t bytes[KEY_SIGNATURE_BYTES]; /* as they came */
};

/* Preconditions on the version of what is replaced. */
#define COMMAND_VERSION_ANY ((int64_t)-1)  /* If-Match: * */
#define COMMAND_VERSION_NONE ((int64_t)-2) /* no If-Match */
#define COMMAND_VERSION_ABSENT ((int64_t)-3) /* If-None-Match: * : there must be none yet */
#define COMMAND_VERSION_WEAK ((int64_t)-4) /* If-Match with a weak tag, which no version meets */
#define COMMAND_VERSION_FOREIGN ((int64_t)0) /* If-Match with a tag that is none of ours, likewise */

enum { COMMAND_VERSIONS_MORE = 7 };

struct command {
    enum command_kind kind;
    const char *target; /* id in the path, or "" */
    const char *owner;  /* the organisation that the path says the target is of; NULL: it says none, as of all that is replayed */
    const char *id;     /* idempotency key, 1..255 visible ASCII */
    const char *new_id; /* id of what is created, or "" */
    struct actor actor;
    int64_t if_version; /* COMMAND_VERSION_* or the version wanted */
    int64_t if_more[COMMAND_VERSIONS_MORE]; /* or any of these */
    size_t if_more_count;
    int64_t unless[COMMAND_VERSIONS_MORE + 1]; /* If-None-Match with tags: the versions that must not be there (rules/precondition.h) */
    size_t unless_count;
    const char *submitted; /* the bytes as they came, for telling a retry from another command */
    size_t submitted_length;
    const struct command_signature *signature; /* NULL: it came unsigned */
    const char *body;   /* committed bytes: no personal text in clear; of a signed one, its payload's member body */
    size_t body_length;
    struct command_personal *personal;
    size_t personal_count;
    json_t *document;    /* owned: command_fini */
    const void *request; /* the kind's struct of rules/request.h, in the arena; NULL where nothing could be read */
};

/*
 * Reads body into command->request by the kind's table and checks all that needs no
 * state. With BIND_CLEAR (HTTP) personal texts in clear are accepted, salted, replaced
 * in command->body by their commitments and listed in command->personal; with
 * BIND_COMMITTED (replay) and BIND_SIGNED (HTTP, personal.h brings the texts) the body is taken as it is. kind, target, id,
 * new_id, actor, if_version and signature are set by the caller before. STATUS_INVALID with all faults named that the
 * body alone shows; where it was an object (or rows of CSV), command->request then holds what
 * could be read, the rest absent, for rules_check and nothing else. STATUS_EXHAUSTED,
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
