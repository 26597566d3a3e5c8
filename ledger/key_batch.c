/*
 * The sums of a batch, in the library's public terms: scalars are multiplied and added as it tweaks secret keys, though none of these
 * is secret. All inverses take one division (P. L. Montgomery, Speeding the Pollard and elliptic curve methods of factorization, 1987),
 * which is a power, by Fermat.
 */
#include "ledger/key_batch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <secp256k1.h>

#include "ledger/key_library.h"

enum { SCALAR = 32 };

/* The order of the group less 2 (SEC 2, 2.4.1), big-endian. */
static const uint8_t order_less_2[SCALAR] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                              0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x3f };
/* Half the order: s is low where it is not above. */
static const uint8_t half_order[SCALAR] = { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0 };

struct scalar {
    uint8_t bytes[SCALAR];
};

/* a = a b. False where one of them is 0 or not below the order. */
static bool multiply(struct scalar *a, const uint8_t b[SCALAR])
{
    return secp256k1_ec_seckey_tweak_mul(key_library(), a->bytes, b) == 1;
}

/* a = 1 / a. */
static bool invert(struct scalar *a)
{
    struct scalar power = *a; /* of the exponent's first bit, which is 1 */
    bool is_good = true;
    for (size_t bit = 1; bit < 8 * SCALAR && is_good; bit++) {
        const struct scalar once = power;
        is_good = multiply(&power, once.bytes);
        if (is_good && (order_less_2[bit / 8] >> (7 - bit % 8) & 1) != 0) {
            is_good = multiply(&power, a->bytes);
        }
    }
    *a = power;
    return is_good;
}

static const uint8_t *r_of(const struct key_batch_item *item)
{
    return item->made->signature;
}

static const uint8_t *s_of(const struct key_batch_item *item)
{
    return item->made->signature + SCALAR;
}

/* 1 / s of each item, all of them low. */
static bool invert_all(const struct key_batch_item *items, size_t count, struct scalar *inverses)
{
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++) { /* inverses[i]: the product of all s up to there */
        memcpy(inverses[i].bytes, i == 0 ? s_of(&items[0]) : inverses[i - 1].bytes, SCALAR);
        is_good = memcmp(s_of(&items[i]), half_order, SCALAR) <= 0 && (i == 0 || multiply(&inverses[i], s_of(&items[i])));
    }
    struct scalar rest = inverses[count - 1];
    is_good = is_good && invert(&rest);
    for (size_t i = count; i-- > 1 && is_good;) { /* rest: one over the product of all s up to there */
        struct scalar inverse = rest;
        is_good = multiply(&inverse, inverses[i - 1].bytes) && multiply(&rest, s_of(&items[i]));
        inverses[i] = inverse;
    }
    inverses[0] = rest;
    return is_good;
}

/* sum += a b; is_first: sum = a b. */
static bool add_product(struct scalar *sum, bool is_first, const struct scalar *a, const uint8_t b[SCALAR])
{
    struct scalar product = *a;
    if (!multiply(&product, b)) {
        return false;
    }
    if (is_first) {
        *sum = product;
        return true;
    }
    return secp256k1_ec_seckey_tweak_add(key_library(), sum->bytes, product.bytes) == 1;
}

/* of_g = sum z / s, of_key = sum r / s. */
static bool sum_scalars(const struct key_batch_item *items, size_t count, struct scalar *inverses, struct scalar *of_g, struct scalar *of_key)
{
    bool is_good = invert_all(items, count, inverses);
    for (size_t i = 0; i < count && is_good; i++) {
        is_good = add_product(of_g, i == 0, &inverses[i], items[i].digest) && add_product(of_key, i == 0, &inverses[i], r_of(&items[i]));
    }
    return is_good;
}

/* of_g G + of_key Q. */
static bool combine(const uint8_t public_key[KEY_PUBLIC_BYTES], const struct scalar *of_g, const struct scalar *of_key, secp256k1_pubkey *sum)
{
    secp256k1_pubkey one, other;
    const secp256k1_pubkey *const both[] = { &one, &other };
    return secp256k1_ec_pubkey_create(key_library(), &one, of_g->bytes) == 1 &&
           secp256k1_ec_pubkey_parse(key_library(), &other, public_key, KEY_PUBLIC_BYTES) == 1 &&
           secp256k1_ec_pubkey_tweak_mul(key_library(), &other, of_key->bytes) == 1 &&
           secp256k1_ec_pubkey_combine(key_library(), sum, both, 2) == 1;
}

struct workplace {
    struct scalar *inverses;
    secp256k1_pubkey *points;
    const secp256k1_pubkey **pointers;
};

static bool sum_points(const struct key_batch_item *items, size_t count, const struct workplace *place, secp256k1_pubkey *sum)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(place->points[i].data, items[i].made->point, sizeof items[i].made->point);
        place->pointers[i] = &place->points[i];
    }
    return secp256k1_ec_pubkey_combine(key_library(), sum, place->pointers, count) == 1;
}

static bool are_equal(const uint8_t public_key[KEY_PUBLIC_BYTES], const struct key_batch_item *items, size_t count, const struct workplace *place)
{
    struct scalar of_g, of_key;
    secp256k1_pubkey left, right;
    return sum_scalars(items, count, place->inverses, &of_g, &of_key) && combine(public_key, &of_g, &of_key, &right) &&
           sum_points(items, count, place, &left) && secp256k1_ec_pubkey_cmp(key_library(), &left, &right) == 0;
}

enum status key_batch_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const struct key_batch_item *items, size_t count)
{
    if (count == 0) {
        return STATUS_OK;
    }
    struct workplace place = { calloc(count, sizeof *place.inverses), calloc(count, sizeof *place.points),
                               calloc(count, sizeof *place.pointers) };
    enum status status = STATUS_EXHAUSTED;
    if (place.inverses != NULL && place.points != NULL && place.pointers != NULL) {
        status = are_equal(public_key, items, count, &place) ? STATUS_OK : STATUS_INVALID;
    }
    free(place.inverses);
    free(place.points);
    free(place.pointers);
    return status;
}
