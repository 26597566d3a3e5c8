#ifndef SERVER_ENDPOINT_H
#define SERVER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/status.h"

/*
 * One listening socket: bound by ourselves to HOST:PORT or to a path (unix:PATH), or inherited from who started us.
 */

enum { ENDPOINT_NAME_BYTES = 320, ENDPOINT_PATH_BYTES = sizeof(((struct sockaddr_un *)0)->sun_path) };

struct endpoint {
    int fd;
    bool is_unix;
    bool is_inherited; /* it outlives us: whoever gave it goes on listening */
    bool is_plain; /* without TLS, whatever the others speak: the caller's to say */
    char name[ENDPOINT_NAME_BYTES]; /* HOST:PORT with the real port, or unix:PATH */
    char path[ENDPOINT_PATH_BYTES]; /* of a socket file that is ours to remove; "" where there is none */
    dev_t device;                   /* of that file, so that nobody else's is removed */
    ino_t inode;
};

/* Whether text says permissions in octal digits (0660). */
bool endpoint_read_mode(const char *text, mode_t *mode);

/* Whether a text has the form HOST:PORT or unix:PATH; the host may be one that nobody knows. */
bool endpoint_address_is_sound(const char *address);

/* The next of a list of addresses with commas between, and whether it is to stay plain (http:// before it, which is left
 * out); *at moves behind it, to NULL at the end. False where it is too long for any. */
bool endpoint_next(const char **at, char address[ENDPOINT_NAME_BYTES], bool *is_plain);

/* Where in such a list something stands that has no address's form; NULL where nothing does. */
const char *endpoint_list_fault(const char *addresses);

/*
 * Binds and listens at HOST:PORT (name, IPv4, [IPv6]; port 0: a free one) or unix:PATH with these permissions. A socket
 * file that nobody listens on is replaced, one with a listener is not. STATUS_INVALID for text that is no address,
 * STATUS_IO where it cannot be bound; both are told. While one thread runs: it sets the umask for a moment.
 */
enum status endpoint_open(const char *address, mode_t mode, struct endpoint *endpoint) NODISCARD;

/* Takes over a socket that listens already. STATUS_INVALID where fd is none, told; it stays open then. */
enum status endpoint_adopt(int fd, struct endpoint *endpoint) NODISCARD;

/*
 * Nobody new gets in from now on, and who is on the way still does: what was accepted by the system so far, and over TCP
 * handshakes that have begun, come to be accepted for a moment. Nothing happens to an inherited one: who comes there waits
 * for the next who listens.
 */
void endpoint_turn_away(const struct endpoint *endpoint);

/* Closes, and removes the socket file. */
void endpoint_close(struct endpoint *endpoint);

#endif
