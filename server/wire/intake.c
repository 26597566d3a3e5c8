/*
 * recv, between the system and libmicrohttpd. What passes: guard.c.
 */
#include "server/wire/intake.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/wire/client.h"

/* The name by which libmicrohttpd finds it: the program's symbols come before those of the C library. */
ssize_t intake_recv(int fd, void *bytes, size_t room, int flags) __asm__("recv");

static _Thread_local struct intake *here; /* of the loop whose thread this is */

enum status intake_check(void)
{
    if (dlsym(RTLD_DEFAULT, "recv") != (void *)(uintptr_t)intake_recv) {
        log_error("loop_start", "error=guard_not_in_front");
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

void intake_fini(struct intake *intake)
{
    free(intake->clients);
    *intake = (struct intake){.clients = NULL};
}

void intake_enter(struct intake *intake)
{
    here = intake;
}

enum status intake_add(struct intake *intake, int fd, struct client *client)
{
    size_t at = (size_t)fd;
    if (at >= intake->size) {
        size_t size = at + at / 2 + 64;
        struct client **clients = realloc(intake->clients, size * sizeof(struct client *));
        if (clients == NULL) {
            return STATUS_EXHAUSTED;
        }
        memset(clients + intake->size, 0, (size - intake->size) * sizeof(struct client *));
        intake->clients = clients;
        intake->size = size;
    }
    intake->clients[at] = client;
    return STATUS_OK;
}

void intake_forget(struct intake *intake, int fd)
{
    if ((size_t)fd < intake->size) {
        intake->clients[fd] = NULL;
    }
}

/* The clock of a request runs from its first byte on. */
static void note_first_byte(struct client *client)
{
    if (client->guard.requests != client->begun && client_phase(client) == CLIENT_IDLE) {
        atomic_store_explicit(&client->since_us, clock_steady_us(), memory_order_relaxed);
        client_enter(client, CLIENT_HEAD);
    }
}

/* Who is over a limit is told so even where it has said nothing. */
static void refuse_late(struct client *client)
{
    if (client->is_guest) {
        guard_refuse_next(&client->guard, "busy", "There are more connections than the service takes, from this address or in all; try again "
                                                  "in a moment.");
    } else {
        guard_refuse(&client->guard, "request_timeout", "The request was not complete within the time the service allows.");
    }
}

/*
 * A client's end of sending may have come together with what it sent: the library has had the event by then, and would wait
 * for another one. Shutting down makes one. New connections alone are looked at: the janitor sees the others within a beat,
 * but those who come, send and leave by the thousands would be as many until then.
 */
static void look_for_end(const struct client *client)
{
    char byte;
    if (recvfrom(client->fd, &byte, 1, MSG_PEEK, NULL, NULL) == 0) {
        shutdown(client->fd, SHUT_RD);
    }
}

/* Whether its request has come whole and is not answered. Of several suspended connections that are resumed together libmicrohttpd
 * 0.9.75 reads some before it asks for their answers, and closes those that have ended their sending: it hears of the end once
 * the answer is out (the janitor looks at idle connections). Nobody else reads while a request waits. */
static bool is_owed_answer(const struct client *client)
{
    return client_phase(client) == CLIENT_WORKING && !atomic_load_explicit(&client->is_late, memory_order_relaxed);
}

/* As recv(2), of what the guard lets pass. Less than there is room for says that there is no more now: the library then
 * waits for an event. */
static ssize_t receive(struct client *client, char *bytes, size_t room)
{
    struct guard *guard = &client->guard;
    size_t filled = 0;
    ssize_t got = 1;
    if (atomic_load_explicit(&client->is_late, memory_order_relaxed)) {
        refuse_late(client);
    }
    for (bool has_more = true; has_more && filled < room && !guard_has_ended(guard);) {
        got = recvfrom(client->fd, bytes + filled, room - filled, 0, NULL, NULL);
        has_more = got > 0 && (size_t)got == room - filled;
        filled += got > 0 ? guard_feed(guard, bytes + filled, (size_t)got) : 0;
    }
    if (got == 0 && filled == 0 && client->is_guest && (client->begun == 0 || guard_is_amid(guard))) {
        refuse_late(client); /* it was pushed out, or ended its sending without a whole request */
    }
    if (guard_has_ended(guard)) {
        filled += guard_take(guard, bytes + filled, room - filled);
    }
    if (got > 0 && filled < room && client->begun == 0) {
        look_for_end(client);
    }
    if (filled > 0) {
        client->handed = filled < UINT32_MAX - client->handed ? client->handed + (uint32_t)filled : UINT32_MAX;
        note_first_byte(client);
        return (ssize_t)filled;
    }
    if (got > 0 || (got == 0 && is_owed_answer(client))) { /* nothing of it was for the library */
        errno = EAGAIN;
        return -1;
    }
    return got;
}

ssize_t intake_recv(int fd, void *bytes, size_t room, int flags)
{
    struct client *client = here != NULL && fd >= 0 && (size_t)fd < here->size ? here->clients[fd] : NULL;
    return client != NULL ? receive(client, bytes, room) : recvfrom(fd, bytes, room, flags, NULL, NULL);
}
