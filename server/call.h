#ifndef SERVER_CALL_H
#define SERVER_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "handlers/exchange.h"

/* Running a handler, on a loop's thread or on one of the job pool. */

/* The reply half as it was before any handler ran. */
void call_reset(struct exchange *exchange);

struct call_report {
    bool shows_state; /* the reply tells of the snapshot exchange->seq */
    int64_t read_us;  /* how long the handler had the database */
};

/* Runs the handler of the exchange's route inside a read transaction of db; the reply is in the form that was asked for. */
enum handled call_handler(struct exchange *exchange, struct db *db, struct call_report *report);

#endif
