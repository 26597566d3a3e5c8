/* HMAC-SHA256 by the vectors of RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ledger/mac.h"

struct vector {
    const char *key_hex;
    const char *data_hex;
    const char *mac_hex;
};

static const struct vector vectors[] = {
    /* cases 1, 2, 3 and 4 */
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
      "dddddddddddddddddddddddddddddddddddd",
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t key[64];
        uint8_t data[64];
        uint8_t out[MAC_BYTES];
        char hex[2 * MAC_BYTES + 1];
        size_t key_length = strlen(vectors[i].key_hex) / 2;
        size_t data_length = strlen(vectors[i].data_hex) / 2;
        assert_int_equal(text_from_hex(vectors[i].key_hex, key, key_length), STATUS_OK);
        assert_int_equal(text_from_hex(vectors[i].data_hex, data, data_length), STATUS_OK);
        struct mac mac;
        mac_init(&mac, key, key_length);
        for (size_t at = 0; at < data_length; at++) { /* in pieces as in one */
            mac_update(&mac, data + at, 1);
        }
        mac_update(&mac, NULL, 0);
        mac_final(&mac, out);
        text_to_hex(hex, out, MAC_BYTES);
        assert_string_equal(hex, vectors[i].mac_hex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
