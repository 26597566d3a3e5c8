/* Takes a connection from its loop for as long as its request waits. */
#include "server/suspend.h"

#include <microhttpd.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "server/request.h"
#include "server/server.h"
#include "server/wire/lane.h"

void suspend_begin(struct request *request)
{
    request->stage = STAGE_WAITING;
    request->asked_us = clock_steady_us();
    atomic_fetch_add(&request->server->suspended, 1);
    MHD_suspend_connection(request->connection);
}

/* The request may be gone once its connection goes on. */
void suspend_wake(struct request *request)
{
    struct server *server = request->server;
    request->answered_us = clock_steady_us();
    const struct lane *lane = request->lane;
    MHD_resume_connection(request->connection);
    lane_wake(lane); /* the library wakes threads of its own alone */
    atomic_fetch_sub(&server->suspended, 1);
}
