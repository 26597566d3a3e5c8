#ifndef SERVER_WIRE_INTAKE_H
#define SERVER_WIRE_INTAKE_H

#include <stddef.h>

#include "base/status.h"

/*
 * What a loop's connections receive, on its way to libmicrohttpd: the guard (guard.h) sees it first.
 *
 * The library has no hook in front of its parser. It calls recv(2) through the dynamic linker, so the program defines
 * recv itself: on a loop's thread, for a descriptor of one of its connections, what the system gives goes through the
 * connection's guard; for all others it is the system's recv and nothing more.
 */

struct client;

struct intake {
    struct client **clients; /* by descriptor; NULL: none of ours */
    size_t size;
};

/* STATUS_INVALID where libmicrohttpd would not call us (it was linked in another way): the service must not start. */
enum status intake_check(void) NODISCARD;

void intake_fini(struct intake *intake); /* all zeros before its first use */

/* The loop's thread takes this intake for its own; all below is called there. */
void intake_enter(struct intake *intake);

/* From now on what comes at fd goes through client's guard; intake_forget before it is closed. */
enum status intake_add(struct intake *intake, int fd, struct client *client) NODISCARD;
void intake_forget(struct intake *intake, int fd);

#endif
