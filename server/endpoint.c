/*
 * Binding. Who accepts at these sockets: listen.c.
 */
#include "server/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "server/tell.h"

enum { HOST_BYTES = 256, PORT_BYTES = 8, BACKLOG = 4096 /* the system takes less where it is set so */ };

#define UNIX_PREFIX "unix:"
#define PLAIN_PREFIX "http://"

bool endpoint_read_mode(const char *text, mode_t *mode)
{
    mode_t value = 0;
    size_t length = strlen(text);
    if (length < 3 || length > 4 || strspn(text, "01234567") != length || (length == 4 && text[0] != '0')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        value = value * 8 + (mode_t)(text[i] - '0');
    }
    *mode = value;
    return true;
}

/* Splits HOST:PORT or [HOST]:PORT. */
static bool split_address(const char *address, char host[HOST_BYTES], char port[PORT_BYTES])
{
    const char *colon = strrchr(address, ':');
    int64_t number = -1;
    if (colon == NULL || text_to_integer(colon + 1, &number) != STATUS_OK || number < 0 || number > 65535 ||
        strlen(colon + 1) >= PORT_BYTES) {
        return false;
    }
    size_t length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length) != NULL) {
        return false; /* IPv6 stands in brackets */
    }
    if (length == 0 || length >= HOST_BYTES) {
        return false;
    }
    memcpy(host, address, length);
    host[length] = 0;
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static int close_keeping_errno(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int bind_one(const struct addrinfo *info)
{
    int one = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        return close_keeping_errno(fd);
    }
    return fd;
}

static void name_tcp(struct endpoint *endpoint, const char *host)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    unsigned port = 0;
    if (getsockname(endpoint->fd, (struct sockaddr *)&bound, &length) == 0) {
        port = bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port)
                                           : ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    }
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(endpoint->name, sizeof endpoint->name, "%s%s%s:%u", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

bool endpoint_address_is_sound(const char *address)
{
    char host[HOST_BYTES];
    char port[PORT_BYTES];
    if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
        size_t length = strlen(address) - strlen(UNIX_PREFIX);
        return length > 0 && length < ENDPOINT_PATH_BYTES;
    }
    return split_address(address, host, port);
}

bool endpoint_next(const char **at, char address[ENDPOINT_NAME_BYTES], bool *is_plain)
{
    *is_plain = strncmp(*at, PLAIN_PREFIX, strlen(PLAIN_PREFIX)) == 0;
    const char *start = *at + (*is_plain ? strlen(PLAIN_PREFIX) : 0);
    size_t length = strcspn(start, ",");
    *at = start[length] == ',' ? start + length + 1 : NULL;
    if (length >= ENDPOINT_NAME_BYTES) {
        return false;
    }
    memcpy(address, start, length);
    address[length] = 0;
    return true;
}

const char *endpoint_list_fault(const char *addresses)
{
    for (const char *at = addresses; at != NULL;) {
        char address[ENDPOINT_NAME_BYTES];
        bool is_plain = false;
        const char *start = at;
        if (!endpoint_next(&at, address, &is_plain) || !endpoint_address_is_sound(address)) {
            return start;
        }
    }
    return NULL;
}

/* What would work instead of an address that cannot be bound. */
static const char *tcp_advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "Another program, perhaps another Tallystick, listens there: stop it, or take another port by --listen HOST:PORT "
               "(port 0: a free one)";
    case EACCES:
        return "Ports below 1024 are kept for privileged programs: take a greater one by --listen HOST:PORT";
    case EADDRNOTAVAIL:
        return "This machine has no such address: 127.0.0.1 serves this machine alone, 0.0.0.0 everybody who reaches it";
    default:
        return "Another address can be given by --listen HOST:PORT";
    }
}

static const char *path_advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "Another program, perhaps another Tallystick, listens there: stop it, or take another path by --listen unix:PATH";
    case EEXIST:
        return "A file that is no socket has that name: take another path by --listen unix:PATH";
    case ENOENT:
    case ENOTDIR:
        return "The directory of a socket must be there before: make it, or take another path by --listen unix:PATH";
    case EACCES:
    case EPERM:
    case EROFS:
        return "This user may not write in that directory: take another path by --listen unix:PATH";
    default:
        return "Another path can be given by --listen unix:PATH";
    }
}

static enum status open_tcp(const char *address, const char *quoted, struct endpoint *endpoint)
{
    char host[HOST_BYTES];
    char port[PORT_BYTES];
    if (!split_address(address, host, port)) {
        tell("%s is neither HOST:PORT, with [brackets] around IPv6, nor unix:PATH", quoted);
        return STATUS_INVALID;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        tell("cannot listen on %s: %s. Give this machine's name or address by --listen HOST:PORT, as 127.0.0.1:8080", quoted,
             gai_strerror(error));
        return STATUS_INVALID;
    }
    for (const struct addrinfo *info = found; info != NULL && endpoint->fd < 0; info = info->ai_next) {
        endpoint->fd = bind_one(info);
    }
    error = errno;
    freeaddrinfo(found);
    if (endpoint->fd < 0) {
        tell("cannot listen on %s: %s. %s", quoted, strerror(error), tcp_advice(error));
        return STATUS_IO;
    }
    name_tcp(endpoint, host);
    return STATUS_OK;
}

/* A file is in the way: true where it was a socket that nobody listens on, which is gone now. */
static bool remove_stale(const struct sockaddr_un *address)
{
    struct stat file;
    if (lstat(address->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool is_dead = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(fd);
    if (!is_dead || unlink(address->sun_path) != 0) {
        errno = EADDRINUSE;
        return false;
    }
    log_warn("listen", "replaced=yes reason=\"the socket was left by a process that is gone\"");
    return true;
}

static bool bind_path(int fd, const struct sockaddr_un *address, mode_t mode)
{
    mode_t before = umask(0777 & ~mode); /* the file never has more permissions than that */
    bool is_bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    umask(before);
    return is_bound;
}

static enum status open_path(const char *path, const char *quoted, mode_t mode, struct endpoint *endpoint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) {
        tell("%s: the path of a socket has 1 to %zu bytes", quoted, sizeof address.sun_path - 1);
        return STATUS_INVALID;
    }
    memcpy(address.sun_path, path, length + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_bound = fd >= 0 && bind_path(fd, &address, mode);
    if (fd >= 0 && !is_bound && errno == EADDRINUSE) {
        is_bound = remove_stale(&address) && bind_path(fd, &address, mode);
    }
    struct stat file;
    if (!is_bound || lstat(path, &file) != 0 || listen(fd, BACKLOG) != 0) {
        tell("cannot listen on %s: %s. %s", quoted, strerror(errno), path_advice(errno));
        if (fd >= 0) {
            close(fd);
        }
        return STATUS_IO;
    }
    endpoint->fd = fd;
    endpoint->is_unix = true;
    endpoint->device = file.st_dev;
    endpoint->inode = file.st_ino;
    memcpy(endpoint->path, path, length + 1);
    snprintf(endpoint->name, sizeof endpoint->name, UNIX_PREFIX "%s", path);
    return STATUS_OK;
}

enum status endpoint_open(const char *address, mode_t mode, struct endpoint *endpoint)
{
    char quoted[ENDPOINT_NAME_BYTES];
    struct endpoint opened = {.fd = -1};
    log_quote(quoted, sizeof quoted, address);
    enum status status = strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0
                             ? open_path(address + strlen(UNIX_PREFIX), quoted, mode, &opened)
                             : open_tcp(address, quoted, &opened);
    if (status == STATUS_OK) {
        *endpoint = opened;
    }
    return status;
}

/* An option of the socket itself; -1 where it has none. */
static int option_of(int fd, int option)
{
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

enum status endpoint_adopt(int fd, struct endpoint *endpoint)
{
    union {
        struct sockaddr any;
        struct sockaddr_un path;
        struct sockaddr_storage storage;
    } bound = {.storage = {0}};
    socklen_t length = sizeof bound;
    struct endpoint adopted = {.fd = fd, .is_inherited = true};
    if (option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) != 1 ||
        getsockname(fd, &bound.any, &length) != 0 ||
        (bound.any.sa_family != AF_INET && bound.any.sa_family != AF_INET6 && bound.any.sa_family != AF_UNIX)) {
        tell("descriptor %d, which the service manager gave, is no stream socket that listens: see ListenStream= of its socket unit", fd);
        return STATUS_INVALID;
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
        tell("descriptor %d, which the service manager gave, cannot be used: %s", fd, strerror(errno));
        return STATUS_IO;
    }
    if (bound.any.sa_family == AF_UNIX) {
        adopted.is_unix = true;
        bool is_abstract = bound.path.sun_path[0] == 0;
        snprintf(adopted.name, sizeof adopted.name, UNIX_PREFIX "%s%.*s", is_abstract ? "@" : "",
                 (int)sizeof bound.path.sun_path - 1, bound.path.sun_path + is_abstract);
    } else {
        char host[HOST_BYTES] = "localhost";
        if (getnameinfo(&bound.any, length, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0) {
            log_warn("listen", "descriptor=%d error=\"its address cannot be told\"", fd);
        }
        name_tcp(&adopted, host);
    }
    *endpoint = adopted;
    return STATUS_OK;
}

/* Closing a listening TCP socket resets all that have come by then and were not accepted, and there is no way to stop others
 * from coming first but a filter: it drops the first packet of a connection (SYN without ACK), which the client sends again
 * after a second, when nobody listens any more. Where the kernel takes no filter, the last moment's connections are lost. */
static void drop_first_packets(int fd)
{
    enum { TCP_FLAGS_AT = 13, SYN = 0x02, ACK = 0x10 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS_AT),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog filter = {.len = sizeof code / sizeof code[0], .filter = code};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
        log_warn("listen", "call=setsockopt error=\"%s\"", strerror(errno));
    }
}

void endpoint_turn_away(const struct endpoint *endpoint)
{
    if (endpoint->is_inherited) {
        return;
    }
    if (!endpoint->is_unix) {
        drop_first_packets(endpoint->fd);
    } else if (shutdown(endpoint->fd, SHUT_RD) != 0) { /* connect(2) is refused, what it has brought so far can be accepted */
        log_warn("listen", "call=shutdown error=\"%s\"", strerror(errno));
    }
}

void endpoint_close(struct endpoint *endpoint)
{
    struct stat file;
    if (endpoint->path[0] != 0 && lstat(endpoint->path, &file) == 0 && file.st_dev == endpoint->device &&
        file.st_ino == endpoint->inode && unlink(endpoint->path) != 0) {
        log_warn("listen", "call=unlink error=\"%s\"", strerror(errno));
    }
    close(endpoint->fd);
}
