#ifndef SERVER_COMMAND_JWK_FILE_H
#define SERVER_COMMAND_JWK_FILE_H

#include "base/buffer.h"
#include "base/status.h"
#include "ledger/key.h"

/*
 * Files in which whoever signs keeps a key: a JWK (RFC 7517) with its private member d, mode 0600. The text goes through
 * locked memory only. What is wrong is told in a sentence (tell.h), never the key.
 */

/* Makes a new key and its file; one that is there already is left as it is: STATUS_CONFLICT. */
enum status jwk_file_make(const char *path, struct key **key) NODISCARD;

/* Reads one that this or another tool wrote. STATUS_INVALID where it is no JWK of a private key on secp256k1, where its public half
 * is another key's, or where others may read it; STATUS_ABSENT, STATUS_IO. */
enum status jwk_file_read(const char *path, struct key **key) NODISCARD;

/* The public half as a JWK, with the id that it has in a ledger: what POST /organisations/{id}/keys takes. */
void jwk_write_public(const struct key *key, struct buffer *out);

#endif
