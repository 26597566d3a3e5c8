#ifndef SERVER_WIRE_SYSTEMD_H
#define SERVER_WIRE_SYSTEMD_H

#include <stddef.h>

/*
 * The two ways in which a service manager talks with us, as sd_listen_fds(3) and sd_notify(3) describe them: sockets
 * that it opened and hands over, and datagrams that tell it how we are. Both are a few lines, so no library.
 */

enum { SYSTEMD_SOCKETS_MAX = 16 };

/* The sockets that were handed to this very process, and their names. */
struct systemd_sockets {
    size_t count;
    int fds[SYSTEMD_SOCKETS_MAX];
    char names[SYSTEMD_SOCKETS_MAX][64]; /* "" where there is none */
};

void systemd_take_sockets(struct systemd_sockets *sockets);

/* Sends state ("READY=1") where somebody wants to know; else nothing happens. Any thread. */
void systemd_notify(const char *state);

/* The same for the start of a reload, which must say when it began. */
void systemd_notify_reloading(void);

#endif
