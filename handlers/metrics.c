/*
 * Numbers for whoever watches the service. They are gathered by the server.
 */
#include "handlers/metrics.h"

enum handled metrics_get(struct exchange *exchange)
{
    exchange->status = 200;
    exchange->content_type = "text/plain; version=0.0.4; charset=utf-8";
    exchange_header(exchange, "Cache-Control", "no-store");
    exchange->service->metrics(exchange->service, &exchange->reply);
    return HANDLED_REPLY;
}
