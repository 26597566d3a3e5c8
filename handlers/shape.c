/*
 * One spelling for the same thing everywhere: names, positions, versions.
 */
#include "handlers/shape.h"

#include "base/text.h"
#include "db/reference.h"

void shape_name(struct json_writer *w, const struct name *name)
{
    json_key(w, "name");
    if (name->text != NULL || (name->en == NULL && name->zh == NULL)) {
        json_text(w, name->text);
        return;
    }
    json_object_begin(w);
    if (name->en != NULL) {
        json_member_text(w, "en", name->en);
    }
    if (name->zh != NULL) {
        json_member_text(w, "zh", name->zh);
    }
    json_object_end(w);
}

/* The double nearest to the decimal: division of integers below 2^53 rounds once. */
static void degrees(struct json_writer *w, const char *key, int64_t position_e7)
{
    json_key(w, key);
    if (position_e7 == REFERENCE_NOWHERE) {
        json_value_null(w);
    } else {
        json_double(w, (double)position_e7 / 1e7);
    }
}

void shape_position(struct json_writer *w, int64_t lat_e7, int64_t lon_e7)
{
    degrees(w, "lat", lat_e7);
    degrees(w, "lon", lon_e7);
}

enum status shape_point(struct json_writer *w, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    uint8_t x[32], y[32];
    char text[TEXT_BASE64_BYTES(sizeof x)];
    if (key_coordinates(public_key, x, y) != STATUS_OK) {
        return STATUS_CORRUPT;
    }
    json_member_text(w, "kty", "EC");
    json_member_text(w, "crv", "secp256k1");
    text_to_base64url(text, x, sizeof x);
    json_member_text(w, "x", text);
    text_to_base64url(text, y, sizeof y);
    json_member_text(w, "y", text);
    return STATUS_OK;
}

enum status shape_jwk(struct json_writer *w, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    enum status status = shape_point(w, public_key);
    json_member_text(w, "use", "sig");
    json_member_text(w, "alg", "ES256K");
    return status;
}

void shape_version(struct json_writer *w, int64_t version, int64_t seq)
{
    json_member_integer(w, "version", version);
    json_member_integer(w, "updated_seq", seq);
}
