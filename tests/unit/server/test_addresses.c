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
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

/* What is closed before it leaves takes nobody's place with it who got the descriptor since. */
static void test_a_descriptor_given_again(void **state)
{
    (void)state;
    struct addresses *addresses = NULL;
    assert_int_equal(addresses_open(2, 1, &addresses), STATUS_OK);
    assert_int_equal(addresses_stamp(addresses, 7), 0);
    assert_int_equal(enter(addresses, 7, 1, false), STATUS_OK);
    const uint64_t first = addresses_stamp(addresses, 7);
    assert_int_not_equal(first, 0);
    assert_int_equal(enter(addresses, 7, 2, false), STATUS_OK); /* closed, and accepted anew by another thread */
    assert_int_not_equal(addresses_stamp(addresses, 7), first);
    addresses_leave_closed(addresses, 7, first);
    assert_int_equal(addresses_count(addresses), 1);
    assert_int_equal(enter(addresses, 8, 2, false), STATUS_BUSY); /* it counts still */
    addresses_leave_closed(addresses, 7, addresses_stamp(addresses, 7));
    assert_int_equal(addresses_count(addresses), 0);
    addresses_leave_closed(addresses, 7, 0);
    addresses_leave_closed(addresses, -1, first);
    addresses_leave_closed(addresses, 1 << 20, first);
    assert_int_equal(addresses_stamp(addresses, -1), 0);
    addresses_close(addresses);
}

static void test_guests(void **state)
{
    (void)state;
    struct addresses *addresses = NULL;
    assert_int_equal(addresses_open(2, 2, &addresses), STATUS_OK);
    assert_int_equal(enter(addresses, 0, 1, false), STATUS_OK);
    assert_int_equal(enter(addresses, 1, 1, false), STATUS_OK);
    const int from = 700; /* descriptors that are not open: nobody is shut down */
    for (int fd = from; fd < from + ADDRESSES_GUESTS_MAX + ADDRESSES_PUSHED_MAX; fd++) {
        assert_int_equal(enter(addresses, fd, (uint32_t)(1 + fd % 3), true), STATUS_OK);
    }
    const int fd = from + ADDRESSES_BEYOND_MAX;
    assert_int_equal(enter(addresses, fd, 1, true), STATUS_BUSY); /* as many have not gone yet as may be */
    for (int i = 0; i < ADDRESSES_PUSHED_NEW; i++) { /* but for who has nobody here */
        assert_int_equal(enter(addresses, fd - ADDRESSES_PUSHED_NEW + i, (uint32_t)(1000 + i), true), STATUS_OK);
    }
    assert_int_equal(enter(addresses, fd, 999, true), STATUS_BUSY);
    assert_int_equal(addresses_count(addresses), 2 + ADDRESSES_BEYOND_MAX);
    addresses_leave(addresses, 0);
    assert_int_equal(enter(addresses, 0, 1, false), STATUS_OK); /* guests take nobody's place */
    addresses_leave(addresses, fd - 1); /* a guest goes: nobody need be pushed out */
    assert_int_equal(enter(addresses, fd, 999, true), STATUS_OK);
    assert_int_equal(enter(addresses, fd + 1, 998, true), STATUS_BUSY);
    addresses_leave(addresses, from); /* one that was pushed out goes */
    assert_int_equal(enter(addresses, fd + 1, 998, true), STATUS_OK);
    assert_int_equal(enter(addresses, fd + 2, 997, true), STATUS_BUSY);
    for (int i = 0; i <= fd + 1; i++) {
        addresses_leave(addresses, i);
    }
    assert_int_equal(addresses_count(addresses), 0);
    assert_int_equal(enter(addresses, fd, 1, true), STATUS_OK);
    addresses_close(addresses);
}

/* Whether nothing more is read from it. */
static bool is_shut(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* The address that has most pays for the next guest, with the one that came first and is not held. */
static void test_who_is_pushed_out(void **state)
{
    enum { LOUD = ADDRESSES_GUESTS_MAX - 4 };
    int fds[ADDRESSES_GUESTS_MAX + 5], others[ADDRESSES_GUESTS_MAX + 5];
    struct addresses *addresses = NULL;
    (void)state;
    assert_int_equal(addresses_open(2000, 1, &addresses), STATUS_OK);
    for (int i = 0; i < ADDRESSES_GUESTS_MAX + 5; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        fds[i] = ends[0];
        others[i] = ends[1];
    }
    for (int i = 0; i < 4; i++) { /* quiet ones, who came first of all */
        assert_int_equal(enter(addresses, fds[i], (uint32_t)(10 + i / 2), true), STATUS_OK);
    }
    for (int i = 4; i < 4 + LOUD; i++) {
        assert_int_equal(enter(addresses, fds[i], 20, true), STATUS_OK);
        assert_false(is_shut(fds[i]));
    }
    addresses_hold(addresses, fds[4], true);
    for (int i = 0; i < 4; i++) { /* the next ones come from anywhere */
        assert_int_equal(enter(addresses, fds[ADDRESSES_GUESTS_MAX + i], i < 2 ? 20 : 30, true), STATUS_OK);
        assert_true(is_shut(fds[5 + i]));
        assert_false(is_shut(fds[6 + i]));
    }
    addresses_hold(addresses, fds[4], false);
    assert_int_equal(enter(addresses, fds[ADDRESSES_GUESTS_MAX + 4], 20, true), STATUS_OK);
    assert_true(is_shut(fds[4]));
    for (int i = 0; i < 4; i++) {
        assert_false(is_shut(fds[i]));
    }
    for (int i = 0; i < ADDRESSES_GUESTS_MAX + 5; i++) {
        close(fds[i]);
        close(others[i]);
    }
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
        cmocka_unit_test(test_limits), cmocka_unit_test(test_a_descriptor_given_again), cmocka_unit_test(test_guests),
        cmocka_unit_test(test_who_is_pushed_out),
        cmocka_unit_test(test_unix_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
