#ifndef SERVER_CANNED_H
#define SERVER_CANNED_H

/*
 * Replies that are sent without a request having been read: fixed bytes, written to a
 * non-blocking socket at once and as far as they go.
 */
enum canned {
    CANNED_BUSY,    /* 503: too many connections */
    CANNED_NOT_TLS  /* 400: plain HTTP where TLS is spoken */
};

/* The caller closes the socket. */
void canned_send(int fd, enum canned reply);

#endif
