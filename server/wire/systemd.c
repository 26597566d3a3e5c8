/*
 * LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES and NOTIFY_SOCKET.
 */
#include "server/wire/systemd.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum { FIRST_SOCKET = 3, STATE_BYTES = 64 };

/* The number in a variable, or -1. */
static int64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    int64_t number = -1;
    return text != NULL && text_to_integer(text, &number) == STATUS_OK ? number : -1;
}

static void take_names(struct systemd_sockets *sockets)
{
    const char *at = getenv("LISTEN_FDNAMES");
    for (size_t i = 0; at != NULL && i < sockets->count; i++) {
        size_t length = strcspn(at, ":");
        snprintf(sockets->names[i], sizeof sockets->names[i], "%.*s", (int)length, at);
        at = at[length] == ':' ? at + length + 1 : NULL;
    }
}

void systemd_take_sockets(struct systemd_sockets *sockets)
{
    memset(sockets, 0, sizeof *sockets);
    int64_t count = number_of("LISTEN_FDS");
    if (count <= 0 || number_of("LISTEN_PID") != getpid()) {
        return; /* or they are another process's, and we have only inherited the words */
    }
    if (count > SYSTEMD_SOCKETS_MAX) {
        log_warn("listen", "descriptors=%lld taken=%d", (long long)count, SYSTEMD_SOCKETS_MAX);
        count = SYSTEMD_SOCKETS_MAX;
    }
    sockets->count = (size_t)count;
    for (int i = 0; i < count; i++) {
        sockets->fds[i] = FIRST_SOCKET + i;
    }
    take_names(sockets);
}

void systemd_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path != NULL ? strlen(path) : 0;
    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = 0; /* a name without a file */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
        log_warn("notify", "error=\"%s\"", strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
}

void systemd_notify_reloading(void)
{
    struct timespec now;
    char state[STATE_BYTES];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    systemd_notify(state);
}
