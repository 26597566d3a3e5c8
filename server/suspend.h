#ifndef SERVER_SUSPEND_H
#define SERVER_SUSPEND_H

struct request;

/* The request waits for something: from here on its connection is nobody's but whoever wakes it. On the loop's thread. */
void suspend_begin(struct request *request);

/* A suspended request's wait is over: the loop takes it back. Whoever was waited for calls it, once, and then knows nothing of
 * the request. Any thread. */
void suspend_wake(struct request *request);

#endif
