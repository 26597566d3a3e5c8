/*
 * Problems as bytes. Their code, status and title are those of handlers/problem.c.
 */
#include "server/canned.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/buffer.h"

struct row {
    const char *status_line;
    const char *headers;
    const char *body;
};

static const struct row rows[] = {
    [CANNED_BUSY] = {"503 Service Unavailable", "Retry-After: 1\r\n",
                     "{\"type\":\"/errors/busy\",\"title\":\"The service is busy\",\"status\":503,"
                     "\"detail\":\"There are more connections than the service takes, from this address or in all; "
                     "try again in a moment.\",\"instance\":\"/\",\"code\":\"busy\"}"},
    [CANNED_NOT_TLS] = {"400 Bad Request", "",
                        "{\"type\":\"/errors/malformed_request\",\"title\":\"The request breaks the rules of HTTP\","
                        "\"status\":400,\"detail\":\"This port speaks TLS: the address begins with https.\","
                        "\"instance\":\"/\",\"code\":\"malformed_request\"}"},
};

void canned_send(int fd, enum canned reply)
{
    const struct row *row = &rows[reply];
    struct buffer text;
    buffer_init(&text);
    buffer_format(&text,
                  "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
                  "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Language: en\r\n%sContent-Length: %zu\r\n\r\n%s",
                  row->status_line, row->headers, strlen(row->body), row->body);
    if (!text.failed) {
        ssize_t sent = send(fd, text.bytes, text.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent; /* whoever does not read its refusal goes without */
    }
    buffer_fini(&text);
}
