/*
 * Telling a client that has gone from one that has only said all it has to say. Asked by dispatch.c.
 */
#include "server/wire/hangup.h"

#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { ASK_AGAIN_US = 5 * 1000 * 1000, LOOK_AGAIN_US = 5 * 1000 };

/* What has happened on the socket, of POLLRDHUP, POLLHUP and POLLERR. */
static int look(int fd)
{
    struct pollfd socket = {.fd = fd, .events = POLLRDHUP};
    return poll(&socket, 1, 0) > 0 ? socket.revents : 0;
}

static bool is_down(int events)
{
    return (events & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Sends all of it or nothing: half a response could not be taken back. */
static void ask(int fd)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int unsent = 0;
    if (ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent == 0) {
        ssize_t sent = send(fd, interim, strlen(interim), MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent; /* an error shows in the next look */
    }
}

bool hangup_look(struct hangup *hangup, int fd, int64_t now_us)
{
    if (now_us - hangup->looked_us < LOOK_AGAIN_US) {
        return false;
    }
    hangup->looked_us = now_us;
    int events = look(fd);
    if (is_down(events)) {
        return true;
    }
    if ((events & POLLRDHUP) == 0 || !hangup->may_ask ||
        (hangup->asked_us != 0 && now_us - hangup->asked_us < ASK_AGAIN_US)) {
        return false;
    }
    hangup->asked_us = now_us;
    ask(fd);
    return is_down(look(fd));
}
