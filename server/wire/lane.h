#ifndef SERVER_WIRE_LANE_H
#define SERVER_WIRE_LANE_H

#include "base/status.h"

/*
 * What the requests of one HTTP thread have to themselves: a read-only connection to the
 * database, a connection to node.db, a reply cache, the list of clients on the lane, and a bell.
 * loop.c drives it; dispatch.c, reply.c and janitor.c ask it, and know no loop.
 */

struct cache;
struct client;
struct db;
struct lane;
struct node;
struct patience;
struct request;
struct turn;

/* Opens the connections; no client is on the lane. */
enum status lane_open(const char *db_path, const char *node_path, struct lane **lane) NODISCARD;

/* Closes the connections and frees. No client may be left on the lane, and no request.
 * NULL does nothing. */
void lane_close(struct lane *lane);

/* For requests of this lane, on its thread. */
struct db *lane_db(const struct lane *lane);
struct node *lane_node(const struct lane *lane);
struct cache *lane_cache(const struct lane *lane);
struct turn *lane_turn(struct lane *lane); /* its counters: any thread */
struct patience *lane_patience(struct lane *lane); /* with what runs on lane_db; its counter: any thread */

/* Any thread: the lane's thread is to look what there is to do. It waits until lane_wake_fd can be read, and reads it by
 * lane_take_wake. */
void lane_wake(const struct lane *lane);
int lane_wake_fd(const struct lane *lane);
void lane_take_wake(const struct lane *lane);

/* Puts the client on the lane and takes it off. The client is the caller's: its memory and
 * its socket last until lane_leave has returned. */
void lane_enter(struct lane *lane, struct client *client);
void lane_leave(struct lane *lane, struct client *client);

/* Lists a request that waits for its commit, and takes it off the list, where it stands there. Any thread. The request lasts
 * until lane_waited has returned. */
void lane_wait(struct lane *lane, struct request *request);
void lane_waited(struct lane *lane, struct request *request);

/* Any thread: calls visit for each request that is listed. */
void lane_each_waiting(struct lane *lane, void (*visit)(void *context, struct request *request), void *context);

/* Any thread: calls visit for each client; the client's socket stays open meanwhile. */
void lane_each_client(struct lane *lane, void (*visit)(void *context, struct client *client), void *context);

#endif
