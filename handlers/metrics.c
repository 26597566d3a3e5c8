/*
 * Numbers for whoever watches the service. They are gathered by the server.
 */
#include "handlers/metrics.h"

#include <stddef.h>

#include "handlers/query.h"

enum handled metrics_get(struct exchange *exchange)
{
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    exchange->status = 200;
    exchange->content_type = "text/plain; version=0.0.4; charset=utf-8";
    exchange_header(exchange, "Cache-Control", "no-store");
    exchange->service->metrics(exchange->service, &exchange->reply);
    return HANDLED_REPLY;
}
