/*
 * Moving bytes between TLS and a loop. Level-triggered: an event moves what can be moved in both directions, and
 * then says what is waited for.
 */
#include "server/wire/link.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/wire/addresses.h"
#include "server/janitor.h"
#include "server/wire/loop.h"
#include "server/wire/peer.h"
#include "server/wire/refusal.h"
#include "server/server.h"
#include "server/wire/tls.h"

enum {
    TURNS = 8,                /* records that one connection moves before others have their turn */
    HANDSHAKE_RECORD = 0x16,  /* the first byte of TLS */
    STOP_GRACE_US = 1000 * 1000 /* a handshake goes on for so long while the service stops */
};

enum stage {
    LINK_NEW,       /* nothing has come yet */
    LINK_HANDSHAKE,
    LINK_OPEN,      /* the loop has its end */
    LINK_BYE,       /* the loop has said all; our end of TLS is on its way */
    LINK_OVER       /* freed behind the events that are at hand */
};

/* Bytes that one side has given and the other has not taken. */
struct held {
    uint8_t *bytes;
    size_t from;
    size_t length;
};

struct link {
    struct link *previous; /* in its worker's list; next in the inbox and the list of those that are over too */
    struct link *next;
    enum stage stage;
    int outer;             /* the client's socket */
    int inner;             /* our end of the pair; -1 before LINK_OPEN */
    uint32_t outer_events; /* waited for */
    uint32_t inner_events; /* 0: not watched at all, since the end of the loop's side is told over and over */
    struct peer peer;
    struct wire *wire;
    gnutls_session_t session;
    struct tls_credentials *credentials;
    struct held in;        /* for the loop */
    struct held out;       /* for the client: what the session has taken and not sent, and what comes behind it */
    bool is_outer_ended;   /* the client's socket has */
    bool has_in_ended;     /* the client has said all */
    bool is_dropping;      /* the loop takes no more */
    int64_t since_us;      /* steady: when it came; when the client last took something */
};

static void drop(struct held *held)
{
    free(held->bytes);
    *held = (struct held){.bytes = NULL};
}

static bool keep(struct held *held, const uint8_t *bytes, size_t length)
{
    held->bytes = malloc(length);
    if (held->bytes == NULL) {
        return false;
    }
    memcpy(held->bytes, bytes, length);
    held->from = 0;
    held->length = length;
    return true;
}

/* Gives up the connection. With lingers what the client still sends is read for a while, so that it sees what it was sent. */
static void end(struct link_place *place, struct link *link, bool lingers)
{
    struct server *server = place->server;
    if (link->stage == LINK_OVER) {
        return;
    }
    link->stage = LINK_OVER;
    if (link->session != NULL) {
        gnutls_deinit(link->session);
    }
    tls_release(link->credentials);
    drop(&link->in);
    drop(&link->out);
    if (link->inner >= 0) {
        close(link->inner);
    }
    epoll_ctl(place->epoll_fd, EPOLL_CTL_DEL, link->outer, NULL); /* the socket may outlive us */
    addresses_leave(server->addresses, link->outer);
    if (lingers) {
        janitor_linger(server->janitor, link->outer);
    } else {
        close(link->outer);
    }
    wire_release(link->wire);
    *(link->previous != NULL ? &link->previous->next : &place->links) = link->next;
    if (link->next != NULL) {
        link->next->previous = link->previous;
    }
    link->next = place->over;
    place->over = link;
}

/* A failure of the session: the client is told by an alert, as far as that goes at once. */
static void fail(struct link_place *place, struct link *link, int error)
{
    char address[PEER_TEXT_BYTES];
    gnutls_alert_send_appropriate(link->session, error);
    peer_text(&link->peer, address);
    log_info("tls_failed", "remote=%s phase=%s error=\"%s\"", address, link->stage == LINK_HANDSHAKE ? "handshake" : "open",
             gnutls_strerror(error));
    end(place, link, link->stage == LINK_HANDSHAKE);
}

static bool is_passing(ssize_t error)
{
    return error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED;
}

/* Reading for the session. An end without TLS's own word for it is not told to it: it would refuse to send any more, and
 * a client that has only ended its sending waits for its answer. (Or somebody else has cut the connection: HTTP's
 * lengths tell a request that is not whole.) */
static ssize_t pull(gnutls_transport_ptr_t context, void *bytes, size_t length)
{
    struct link *link = context;
    ssize_t got = recv(link->outer, bytes, length, MSG_DONTWAIT);
    if (got == 0 && link->stage == LINK_OPEN) {
        link->is_outer_ended = true;
        errno = EAGAIN;
        return -1;
    }
    return got;
}

/* The first byte tells TLS from a client that speaks plain HTTP, which gets a plain answer. */
static void begin(struct link_place *place, struct link *link)
{
    uint8_t first = 0;
    ssize_t got = recv(link->outer, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        end(place, link, false);
        return;
    }
    if (first != HANDSHAKE_RECORD) {
        char address[PEER_TEXT_BYTES];
        peer_text(&link->peer, address);
        log_info("tls_failed", "remote=%s phase=first error=\"not TLS\"", address);
        refusal_send(place->server, link->outer, &link->peer, "malformed_request",
                     "This port speaks TLS: the address begins with https.");
        shutdown(link->outer, SHUT_WR);
        end(place, link, true);
        return;
    }
    if (tls_session_open(place->tls, link->outer, &link->session, &link->credentials) != STATUS_OK) {
        log_error("tls", "error=\"no memory for a session\"");
        end(place, link, false);
        return;
    }
    gnutls_transport_set_ptr2(link->session, link, (gnutls_transport_ptr_t)(intptr_t)link->outer);
    gnutls_transport_set_pull_function(link->session, pull);
    link->stage = LINK_HANDSHAKE;
}

/* The handshake is done: a loop gets the other end. */
static void open_inner(struct link_place *place, struct link *link)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        log_warn("tls", "call=socketpair error=\"%s\"", strerror(errno));
        end(place, link, false);
        return;
    }
    link->inner = ends[0];
    link->stage = LINK_OPEN;
    struct peer peer = link->peer;
    peer.wire = link->wire;
    atomic_fetch_add(&link->wire->holders, 1);
    loop_deal(place->server, ends[1], &peer);
}

static void shake(struct link_place *place, struct link *link)
{
    int done = gnutls_handshake(link->session);
    if (done == 0) {
        open_inner(place, link);
    } else if (gnutls_error_is_fatal(done) != 0) {
        fail(place, link, done);
    }
}

/* Gives the loop what is held. False: it takes no more now. */
static bool give_in(struct link *link)
{
    while (link->in.length > 0) {
        ssize_t sent = send(link->inner, link->in.bytes + link->in.from, link->in.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && errno == EAGAIN) {
            return false;
        }
        if (sent < 0) {
            link->is_dropping = true; /* the loop has closed; what it has said before still goes out */
            break;
        }
        link->in.from += (size_t)sent;
        link->in.length -= (size_t)sent;
    }
    drop(&link->in);
    return true;
}

/* What came from the client, to the loop. False without memory. */
static bool pass_in(struct link_place *place, struct link *link, size_t length)
{
    if (link->is_dropping) {
        return true;
    }
    ssize_t sent = send(link->inner, place->scratch, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        link->is_dropping = true;
        return true;
    }
    size_t done = sent > 0 ? (size_t)sent : 0;
    return done == length || keep(&link->in, place->scratch + done, length - done);
}

static void move_in(struct link_place *place, struct link *link)
{
    for (int turn = 0; link->stage == LINK_OPEN && !link->has_in_ended; turn++) {
        if (!give_in(link) || (turn >= TURNS && gnutls_record_check_pending(link->session) == 0)) {
            return;
        }
        ssize_t got = gnutls_record_recv(link->session, place->scratch, LINK_RECORD_BYTES);
        if (got == GNUTLS_E_AGAIN && !link->is_outer_ended) {
            return;
        }
        if (got > 0) {
            if (!pass_in(place, link, (size_t)got)) {
                end(place, link, false);
            }
        } else if (got == 0 || link->is_outer_ended) {
            link->has_in_ended = true;
            shutdown(link->inner, SHUT_WR);
        } else if (got == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)got) != 0) {
            fail(place, link, (int)got);
        }
    }
}

/* Sends what is held to the client. False: it takes no more now, or the connection is over. */
static bool give_out(struct link_place *place, struct link *link)
{
    bool is_retry = true; /* the session has the first record already */
    while (link->out.length > 0) {
        ssize_t sent = is_retry ? gnutls_record_send(link->session, NULL, 0)
                                : gnutls_record_send(link->session, link->out.bytes + link->out.from, link->out.length);
        if (is_passing(sent)) {
            return false;
        }
        if (sent < 0) {
            end(place, link, false);
            return false;
        }
        is_retry = false;
        link->since_us = place->now_us;
        link->out.from += (size_t)sent;
        link->out.length -= (size_t)sent;
    }
    drop(&link->out);
    return true;
}

/* What came from the loop, to the client. False: it did not take all of it, or the connection is over. */
static bool pass_out(struct link_place *place, struct link *link, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t sent = gnutls_record_send(link->session, place->scratch + done, length - done);
        if (is_passing(sent) && keep(&link->out, place->scratch + done, length - done)) {
            link->since_us = place->now_us;
            return false;
        }
        if (sent < 0) {
            end(place, link, false);
            return false;
        }
        done += (size_t)sent;
    }
    return true;
}

/* TLS's own word for the end, then TCP's. */
static void say_bye(struct link_place *place, struct link *link)
{
    if (!is_passing(gnutls_bye(link->session, GNUTLS_SHUT_WR))) {
        shutdown(link->outer, SHUT_WR);
        end(place, link, !link->has_in_ended);
    }
}

static void move_out(struct link_place *place, struct link *link)
{
    if (link->out.length > 0 && !give_out(place, link)) {
        return;
    }
    for (int turn = 0; link->stage == LINK_OPEN && turn < TURNS; turn++) {
        ssize_t got = recv(link->inner, place->scratch, LINK_RECORD_BYTES, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            link->stage = LINK_BYE;
            link->since_us = place->now_us;
        } else if (!pass_out(place, link, (size_t)got)) {
            return;
        }
    }
    if (link->stage == LINK_BYE) {
        say_bye(place, link);
    }
}

/* Of the client's socket: 0 still tells of its failure, which ends the connection. */
static uint32_t outer_wanted(const struct link *link)
{
    switch (link->stage) {
    case LINK_NEW:
        return EPOLLIN;
    case LINK_HANDSHAKE:
        return gnutls_record_get_direction(link->session) == 0 ? EPOLLIN : EPOLLOUT;
    case LINK_OPEN:
        return (!link->has_in_ended && link->in.length == 0 ? (uint32_t)EPOLLIN : 0u) |
               (link->out.length > 0 ? (uint32_t)EPOLLOUT : 0u);
    case LINK_BYE:
        return EPOLLOUT;
    case LINK_OVER:
        break;
    }
    return 0;
}

static uint32_t inner_wanted(const struct link *link)
{
    if (link->stage != LINK_OPEN) {
        return 0;
    }
    return (link->out.length == 0 ? (uint32_t)EPOLLIN : 0u) | (link->in.length > 0 ? (uint32_t)EPOLLOUT : 0u);
}

static void watch(struct link_place *place, struct link *link)
{
    if (link->stage == LINK_OVER) {
        return;
    }
    uint32_t outer = outer_wanted(link);
    uint32_t inner = inner_wanted(link);
    bool is_well = true;
    if (outer != link->outer_events) {
        struct epoll_event event = {.events = outer, .data.ptr = link};
        is_well = epoll_ctl(place->epoll_fd, EPOLL_CTL_MOD, link->outer, &event) == 0;
        link->outer_events = outer;
    }
    if (inner != link->inner_events) {
        struct epoll_event event = {.events = inner, .data.ptr = (char *)link + 1}; /* odd: the inner one */
        int change = inner == 0 ? EPOLL_CTL_DEL : link->inner_events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
        is_well = epoll_ctl(place->epoll_fd, change, link->inner, &event) == 0 && is_well;
        link->inner_events = inner;
    }
    if (!is_well) {
        log_error("tls", "call=epoll_ctl error=\"%s\"", strerror(errno));
        end(place, link, false);
    }
}

static void move(struct link_place *place, struct link *link)
{
    if (link->stage == LINK_NEW) {
        begin(place, link);
    }
    if (link->stage == LINK_HANDSHAKE) {
        shake(place, link);
    }
    if (link->stage == LINK_OPEN) {
        move_in(place, link);
    }
    if (link->stage == LINK_OPEN || link->stage == LINK_BYE) {
        move_out(place, link);
    }
    watch(place, link);
}

static void cut(struct link_place *place, struct link *link, const char *phase)
{
    char address[PEER_TEXT_BYTES];
    peer_text(&link->peer, address);
    log_warn("client_cut", "remote=%s phase=%s", address, phase);
    end(place, link, false);
}

void link_look_at_time(struct link_place *place)
{
    struct server *server = place->server;
    const struct config *config = server->config;
    for (struct link *link = place->links, *next = NULL; link != NULL; link = next) {
        next = link->next;
        int64_t passed_us = place->now_us - link->since_us;
        bool is_shaking = link->stage == LINK_NEW || link->stage == LINK_HANDSHAKE;
        bool is_sending = link->out.length > 0 || link->stage == LINK_BYE;
        if (is_shaking && passed_us > peer_patience_us(link->peer.is_guest, config->header_timeout_s)) {
            cut(place, link, "handshake");
        } else if (is_shaking && passed_us > STOP_GRACE_US && atomic_load(&server->is_stopping)) {
            end(place, link, false);
        } else if (is_sending && passed_us > config->idle_timeout_s * 1000000) {
            cut(place, link, "reply");
        }
    }
}

void link_free_over(struct link_place *place)
{
    while (place->over != NULL) {
        struct link *link = place->over;
        place->over = link->next;
        free(link);
    }
}

void link_handle(struct link_place *place, const struct epoll_event *event)
{
    bool is_inner = ((uintptr_t)event->data.ptr & 1) != 0;
    struct link *link = (struct link *)(void *)((char *)event->data.ptr - is_inner);
    if (link->stage == LINK_OVER) {
        return;
    }
    if (!is_inner && (event->events & (EPOLLERR | EPOLLHUP)) != 0) {
        end(place, link, false); /* a reset, or both ways down */
        return;
    }
    move(place, link);
}

struct link **link_next(struct link *link)
{
    return &link->next;
}

struct link *link_new(int fd, const struct peer *peer)
{
    struct link *link = calloc(1, sizeof *link);
    struct wire *wire = calloc(1, sizeof *wire);
    if (link == NULL || wire == NULL) {
        free(link);
        free(wire);
        return NULL;
    }
    atomic_init(&wire->holders, 1);
    link->outer = fd;
    link->inner = -1;
    link->wire = wire;
    link->since_us = clock_steady_us();
    link->peer = *peer;
    return link;
}

void link_enter(struct link_place *place, struct link *link)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    link->previous = NULL;
    link->next = place->links;
    if (place->links != NULL) {
        place->links->previous = link;
    }
    place->links = link;
    link->outer_events = EPOLLIN;
    if (epoll_ctl(place->epoll_fd, EPOLL_CTL_ADD, link->outer, &event) != 0) {
        log_error("tls", "call=epoll_ctl error=\"%s\"", strerror(errno));
        end(place, link, false);
    }
}

void link_end_all(struct link_place *place)
{
    while (place->links != NULL) {
        end(place, place->links, false);
    }
    link_free_over(place);
}
