#ifndef SERVER_ACCOUNT_H
#define SERVER_ACCOUNT_H

struct request;

/* A request has ended, whatever became of it: its one line in the log, and its counts. Behind metrics_begin_request. */
void account_request(const struct request *request);

#endif
