#ifndef SERVER_WITNESS_KEY_H
#define SERVER_WITNESS_KEY_H

#include "base/status.h"
#include "ledger/cosignature.h"

/*
 * Who a witness is: its key and the name that goes with it, as they lie in its directory.
 *
 *   witness.key    the key (the second half of ledger/key_file.h); without it there are no cosignatures
 *   witness.vkey   the name and the public key, as a line; the name never changes
 */
struct key;

struct witness_key {
    struct key *key; /* owned; it has a second half */
    struct cosigner cosigner; /* the name, and the public key of that half */
};

/* Reads both, or makes what is absent. name NULL: the one that is there, or one made of the key; it is borrowed for the call.
 * STATUS_INVALID: the files do not belong together, the key has no second half, or the name is none or another than before; that is
 * told, and so is a file that cannot be read or made. Nothing is owned on failure. */
enum status witness_key_open(struct witness_key *out, const char *dir, const char *name) NODISCARD;

/* One that is all zero is nothing to close. */
void witness_key_close(struct witness_key *own);

#endif
