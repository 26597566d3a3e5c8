/*
 * The janitor with clients of the test's own on a lane: whom it calls late and whom it leaves alone, whom a stop
 * closes, and sockets that linger. Nothing waits longer than it has to; limits are generous.
 */
#include "server/janitor.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/node.h"
#include "server/wire/client.h"
#include "server/wire/lane.h"
#include "server/server.h"
#include "server/store/verifier.h"
#include "server/tasks.h"
#include "tests/unit/support/scratch.h"

enum { HEADER_S = 10, REQUEST_S = 40, LONG_MS = 20000, LINGER_MAX = 256 };

static char directory[SCRATCH_BYTES];
static struct server server;
static struct config config;
static struct janitor *janitor;

static int set_up(void **state)
{
    (void)state;
    char db_path[96], node_path[96];
    struct db *db = NULL;
    struct node *node = NULL;
    memset(&server, 0, sizeof server);
    memset(&config, 0, sizeof config);
    config.header_timeout_s = HEADER_S;
    config.request_timeout_s = REQUEST_S;
    server.config = &config;
    assert_int_equal(scratch_make(directory), 0);
    snprintf(db_path, sizeof db_path, "%s/tallystick.db", directory);
    snprintf(node_path, sizeof node_path, "%s/node.db", directory);
    assert_int_equal(db_open_writer(db_path, &db), STATUS_OK);
    assert_int_equal(node_open(node_path, true, &node), STATUS_OK);
    assert_int_equal(lane_open(db_path, node_path, &server.lanes[0]), STATUS_OK);
    db_close(db);
    node_close(node);
    server.loop_count = 1;
    assert_int_equal(verifier_open(directory, 0, &server.service.verifier), STATUS_OK);
    assert_int_equal(tasks_open(&server, &server.tasks), STATUS_OK);
    assert_int_equal(janitor_open(&server, &janitor), STATUS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    janitor_unwatch(janitor);
    janitor_close(janitor);
    janitor_close(NULL);
    tasks_close(server.tasks);
    verifier_close(server.service.verifier);
    lane_close(server.lanes[0]);
    return scratch_remove(directory);
}

/* A connection: ours is the client's, theirs the other end. */
struct pair {
    struct client client;
    int theirs;
};

static void pair_open(struct pair *pair, enum client_phase phase, int64_t age_ms)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    memset(pair, 0, sizeof *pair);
    pair->client.fd = ends[0];
    pair->theirs = ends[1];
    atomic_store(&pair->client.phase, (int)phase);
    atomic_store(&pair->client.since_us, clock_steady_us() - age_ms * 1000);
    lane_enter(server.lanes[0], &pair->client);
}

static void pair_close(struct pair *pair)
{
    lane_leave(server.lanes[0], &pair->client);
    close(pair->client.fd);
    close(pair->theirs);
}

/* Reads to the end, which must come in time; how many bytes. */
static size_t read_to_end(int fd, char *out, size_t size)
{
    size_t length = 0;
    for (;;) {
        struct pollfd socket = { .fd = fd, .events = POLLIN };
        assert_int_equal(poll(&socket, 1, LONG_MS), 1);
        ssize_t got = recv(fd, out + length, size - length, 0);
        assert_true(got >= 0);
        if (got == 0) {
            return length;
        }
        length += (size_t)got;
    }
}

/* Whether our end has been told that nothing more will come. */
static bool is_ended(const struct pair *pair, int ms)
{
    struct pollfd socket = { .fd = pair->client.fd, .events = POLLRDHUP };
    return poll(&socket, 1, ms) == 1 && (socket.revents & POLLRDHUP) != 0;
}

/* Who is late is told so, and its loop is given the end of what comes; the way back stays open for the refusal. */
static void test_who_is_late(void **state)
{
    (void)state;
    static const struct {
        enum client_phase phase;
        int64_t age_ms;
        bool is_late;
    } rows[] = {
        { CLIENT_HEAD, HEADER_S * 1000 + 500, true },    { CLIENT_HEAD, 0, false },
        { CLIENT_BODY, REQUEST_S * 1000 + 500, true },   { CLIENT_BODY, HEADER_S * 1000 + 500, false }, /* a body has longer */
        { CLIENT_WORKING, 100 * 1000, false }, /* ours to do, however long */
        { CLIENT_IDLE, 100 * 1000, false },    /* between requests: the library's own time-out */
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct pair pairs[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        pair_open(&pairs[i], rows[i].phase, rows[i].age_ms);
    }
    assert_false(is_ended(&pairs[0], 300)); /* nobody is looked at before all loops are there */
    janitor_watch(janitor);
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].is_late) {
            assert_true(is_ended(&pairs[i], LONG_MS));
            assert_true(atomic_load(&pairs[i].client.is_late));
            assert_int_equal(send(pairs[i].client.fd, "408", 3, MSG_NOSIGNAL), 3);
        }
    }
    for (size_t i = 0; i < ROWS; i++) { /* a beat has passed since */
        if (!rows[i].is_late) {
            assert_false(atomic_load(&pairs[i].client.is_late));
            assert_false(is_ended(&pairs[i], 0));
        }
        assert_int_equal(client_phase(&pairs[i].client), rows[i].phase); /* which is the loop's to change */
        pair_close(&pairs[i]);
    }
}

/* A request that came in the last moment is worked on, however long that takes. */
static void test_one_that_made_it(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, CLIENT_BODY, REQUEST_S * 1000 - 2000);
    janitor_watch(janitor);
    atomic_store(&pair.client.phase, (int)CLIENT_WORKING);
    assert_false(is_ended(&pair, 2500));
    assert_false(atomic_load(&pair.client.is_late));
    pair_close(&pair);
}

/* What a stop closes: who is between requests, has been for a moment and has sent nothing. */
static void test_a_stop_tells_who_is_idle(void **state)
{
    (void)state;
    static const struct {
        enum client_phase phase;
        int64_t age_ms;
        bool has_sent, is_told;
    } rows[] = {
        { CLIENT_IDLE, 5000, false, true }, { CLIENT_IDLE, 5000, true, false }, { CLIENT_WORKING, 5000, false, false },
        { CLIENT_BODY, 1000, false, false },
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct pair pairs[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        pair_open(&pairs[i], rows[i].phase, rows[i].age_ms);
        if (rows[i].has_sent) {
            assert_int_equal(send(pairs[i].theirs, "GET", 3, 0), 3);
        }
    }
    atomic_store(&server.is_stopping, true);
    janitor_watch(janitor);
    char none[8];
    assert_int_equal(read_to_end(pairs[0].client.fd, none, sizeof none), 0); /* the loop reads the end there, and closes */
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(is_ended(&pairs[i], 0), rows[i].is_told);
        pair_close(&pairs[i]);
    }
}

/* ---- sockets whose last words should still arrive ---- */

static int linger(int *theirs)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    *theirs = ends[1];
    janitor_linger(janitor, ends[0]);
    return ends[0];
}

/* Milliseconds until the other end is closed. */
static int64_t wait_for_close(int theirs)
{
    char byte;
    int64_t began_us = clock_steady_us();
    assert_int_equal(read_to_end(theirs, &byte, 1), 0);
    close(theirs);
    return (clock_steady_us() - began_us) / 1000;
}

static void test_lingering(void **state)
{
    (void)state;
    static const char piece[4096] = { 1 };
    int silent = -1, ended = -1;
    linger(&silent);
    linger(&ended);
    for (int i = 0; i < 200; i++) { /* more than a socket holds: it is read out meanwhile */
        assert_int_equal(send(ended, piece, sizeof piece, 0), sizeof piece);
    }
    assert_int_equal(shutdown(ended, SHUT_WR), 0);
    assert_true(wait_for_close(ended) < 1900); /* at its end, not when its time is up */
    int64_t waited_ms = wait_for_close(silent);
    assert_true(waited_ms < LONG_MS / 2);
}

static void test_one_that_goes_on_is_closed_in_time(void **state)
{
    (void)state;
    int theirs = -1;
    int64_t began_us = clock_steady_us();
    linger(&theirs);
    while (send(theirs, "x", 1, MSG_NOSIGNAL) == 1) { /* a byte now and then earns nothing */
        nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000L }, NULL);
        assert_true(clock_steady_us() - began_us < LONG_MS * 1000);
    }
    assert_true(clock_steady_us() - began_us > 1900 * 1000);
    close(theirs);
}

/* More than it keeps are closed at once, and all that are kept when it ends. */
static void test_how_many_linger(void **state)
{
    (void)state;
    int theirs[LINGER_MAX + 3];
    for (size_t i = 0; i < LINGER_MAX + 3; i++) {
        linger(&theirs[i]);
    }
    for (size_t i = LINGER_MAX; i < LINGER_MAX + 3; i++) {
        assert_true(wait_for_close(theirs[i]) < 1000);
    }
    janitor_close(janitor);
    for (size_t i = 0; i < LINGER_MAX; i++) {
        assert_true(wait_for_close(theirs[i]) < 1000);
    }
    assert_int_equal(janitor_open(&server, &janitor), STATUS_OK);
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_who_is_late), CASE(test_one_that_made_it), CASE(test_a_stop_tells_who_is_idle), CASE(test_lingering),
        CASE(test_one_that_goes_on_is_closed_in_time), CASE(test_how_many_linger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
