/*
 * From the members of a JWK to 33 bytes. A private key that somebody sends by mistake is refused before anything is stored
 * of it, and the answer does not repeat it.
 */
#include "rules/jwk.h"

#include <string.h>

#include "base/base64url.h"
#include "ledger/submitter.h"

enum { COORDINATE_CHARACTERS = 43, COORDINATE_BYTES = 32 };

/* STATUS_ABSENT where there is no text; STATUS_INVALID and a fault where it is no coordinate. */
static enum status read_coordinate(const char *text, const char *pointer, uint8_t out[COORDINATE_BYTES], struct faults *faults)
{
    uint8_t bytes[BASE64URL_BYTES_MAX(COORDINATE_CHARACTERS)];
    size_t length = 0;
    if (text == NULL) {
        return STATUS_ABSENT;
    }
    if (strlen(text) != COORDINATE_CHARACTERS || base64url_decode(text, COORDINATE_CHARACTERS, bytes, &length) != STATUS_OK) {
        faults_add(faults, pointer, "bad_format", "%s is not 32 bytes in base64url: 43 letters, digits, - and _, without = at the end",
                   pointer + 1);
        return STATUS_INVALID;
    }
    memcpy(out, bytes, COORDINATE_BYTES);
    return STATUS_OK;
}

void jwk_settle(struct key_add_request *request, struct faults *faults)
{
    uint8_t x[COORDINATE_BYTES], y[COORDINATE_BYTES];
    if (request->d != NULL) {
        faults_add(faults, "/d", "private_key_sent",
                   "d is the private half of the key: whoever has it can sign in your name. Nothing was kept of it here, but it has "
                   "travelled: make a new key and send its public half, without d");
        return;
    }
    enum status status = read_coordinate(request->x, "/x", x, faults);
    enum status other = read_coordinate(request->y, "/y", y, faults);
    if (status != STATUS_OK || other != STATUS_OK) {
        return;
    }
    if (submitter_key_from_coordinates(request->public_key, x, y) != STATUS_OK) {
        faults_add(faults, "/x", "bad_format", "x and y are no point of secp256k1");
        return;
    }
    key_id_of(request->id, request->public_key);
    if (request->kid != NULL && strcmp(request->kid, request->id) != 0) {
        faults_add(faults, "/kid", "id_mismatch", "kid is %s, the key's id here is %s: leave kid out or let it be that",
                   faults_quote(faults, request->kid, strlen(request->kid)), request->id);
    }
}
