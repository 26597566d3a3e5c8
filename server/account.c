/*
 * What is written down of a request. Everything else of the log and the counts: base/log.c, metrics.c.
 */
#include "server/account.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/wire/client.h"
#include "server/metrics.h"
#include "server/request.h"
#include "server/server.h"

enum { QUOTED_PATH_BYTES = 200 /* of a path that no route has */ };

/* The path of the target, quoted: the client's own text. What follows it may hold secrets and stays out. */
static void quote_path(char *quoted, size_t size, const char *target)
{
    char path[QUOTED_PATH_BYTES];
    size_t length = strcspn(target, "?#");
    length = length < sizeof path ? length : sizeof path - 1;
    memcpy(path, target, length);
    path[length] = 0;
    log_quote(quoted, size, path);
}

static void log_line(const struct request *request, int64_t duration_us)
{
    char quoted[QUOTED_PATH_BYTES] = "";
    if (log_get_level() > LOG_LEVEL_INFO) {
        return;
    }
    if (request->route == NULL) {
        quote_path(quoted, sizeof quoted, request->target);
    }
    const char *quote = request->route == NULL ? "\"" : "";
    const struct trace *trace = &request->trace;
    log_request(request->id, "method=%s path=%s%s%s status=%d bytes=%zu duration_us=%lld remote=%s%s%s%s%s", request->method,
                quote, request->route != NULL ? request->route->path : quoted, quote, request->status, request->reply_bytes,
                (long long)duration_us, request->client->address, trace->id[0] != 0 ? " trace=" : "", trace->id,
                trace->id[0] != 0 ? " parent=" : "", trace->parent);
}

void account_request(const struct request *request)
{
    int64_t duration_us = clock_steady_us() - request->started_us;
    log_line(request, duration_us);
    metrics_count_request(request->server->metrics, request->route, request->status, duration_us, request->reply_bytes);
}
