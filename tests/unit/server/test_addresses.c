/*
 * Counting connections: limits in all and of each address, guests beyond them, and descriptors that come again.
 */
#include "server/wire/addresses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cmocka.h>

static enum status enter(struct addresses *addresses, int fd, uint32_t address, bool is_guest)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    return addresses_enter(addresses, fd, (const struct sockaddr *)(const void *)&peer, is_guest);
}

static void test_limits(void **state)
{
    (void)state;
    struct addresses *addresses = NULL;
    assert_int_equal(addresses_open(5, 3, &addresses), STATUS_OK);
    for (int fd = 0; fd < 3; fd++) {
        assert_int_equal(enter(addresses, fd, 1, false), STATUS_OK);
    }
    assert_int_equal(enter(addresses, 3, 1, false), STATUS_BUSY);
    assert_int_equal(enter(addresses, 3, 2, false), STATUS_OK);
    assert_int_equal(enter(addresses, 4, 3, false), STATUS_OK);
    assert_int_equal(enter(addresses, 5, 4, false), STATUS_BUSY);
    assert_int_equal(addresses_count(addresses), 5);
    addresses_leave(addresses, 0);
    assert_int_equal(enter(addresses, 5, 4, false), STATUS_OK);
    assert_int_equal(enter(addresses, 5, 1, false), STATUS_OK); /* it was closed without a word */
    assert_int_equal(addresses_count(addresses), 5);
    addresses_leave(addresses, 99);
    addresses_leave(addresses, -1);
    assert_int_equal(enter(addresses, -1, 1, false), STATUS_BUSY);
    addresses_set_per_address(addresses, 1);
    addresses_leave(addresses, 5);
    assert_int_equal(enter(addresses, 5, 1, false), STATUS_BUSY);
    addresses_close(addresses);
}

static void test_guests(void **state)
{
    (void)state;
    struct addresses *addresses = NULL;
    assert_int_equal(addresses_open(2, 2, &addresses), STATUS_OK);
    assert_int_equal(enter(addresses, 0, 1, false), STATUS_OK);
    assert_int_equal(enter(addresses, 1, 1, false), STATUS_OK);
    int fd = 2;
    for (int address = 1; fd - 2 < ADDRESSES_GUESTS_MAX; address++) {
        for (int each = 0; each < ADDRESSES_GUESTS_EACH; each++) {
            assert_int_equal(enter(addresses, fd++, (uint32_t)address, true), STATUS_OK);
        }
        assert_int_equal(enter(addresses, fd, (uint32_t)address, true), STATUS_BUSY);
    }
    assert_int_equal(enter(addresses, fd, 999, true), STATUS_BUSY);
    assert_int_equal(addresses_count(addresses), 2 + ADDRESSES_GUESTS_MAX);
    addresses_leave(addresses, 0);
    assert_int_equal(enter(addresses, 0, 1, false), STATUS_OK); /* guests take nobody's place */
    addresses_leave(addresses, 2);
    assert_int_equal(enter(addresses, fd, 999, true), STATUS_OK);
    for (int i = 0; i <= fd; i++) {
        addresses_leave(addresses, i);
    }
    assert_int_equal(addresses_count(addresses), 0);
    addresses_close(addresses);
}

/* Behind a unix socket may stand a proxy with everybody's connections. */
static void test_unix_sockets(void **state)
{
    (void)state;
    struct addresses *addresses = NULL;
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    assert_int_equal(addresses_open(40, 1, &addresses), STATUS_OK);
    for (int fd = 0; fd < 80; fd++) {
        enum status status = addresses_enter(addresses, fd, (const struct sockaddr *)(const void *)&peer, fd >= 40);
        assert_int_equal(status, STATUS_OK);
    }
    addresses_close(addresses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits), cmocka_unit_test(test_guests), cmocka_unit_test(test_unix_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
