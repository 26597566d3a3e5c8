#ifndef SERVER_WIRE_REFUSAL_H
#define SERVER_WIRE_REFUSAL_H

struct peer;
struct server;

/*
 * A refusal on a connection that no loop has and of which nothing was read: a problem document with all that belongs to a
 * reply, written to the socket at once and as far as it goes, logged and counted. The caller closes the socket. code and
 * detail are those of problem_reply.
 */
void refusal_send(struct server *server, int fd, const struct peer *peer, const char *code, const char *detail);

#endif
