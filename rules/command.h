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
 * from the same bytes (rules/decode.h).
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
    json_t *document;    /* owned: command_fini (rules/decode.h) */
    const void *request; /* the kind's struct of rules/request.h, in the arena; NULL where nothing could be read */
    const struct faults *unseen; /* what is refused behind the look-up of its key (rules/apply.h), in the arena; NULL: nothing */
};

#endif
