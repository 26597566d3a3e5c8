/*
 * The way in for whoever has the address and nothing else.
 */
#include "handlers/root.h"

#include <stddef.h>

#include "handlers/query.h"
#include "json/write.h"

static const struct {
    const char *name, *path;
} links[] = {
    { "docs", "/docs" },
    { "openapi", "/openapi.yaml" },
    { "openapi_json", "/openapi.json" },
    { "errors", "/errors" },
    { "provinces", "/provinces" },
    { "organisations", "/organisations" },
    { "sites", "/sites" },
    { "items", "/items" },
    { "indicators", "/indicators" },
    { "figures", "/figures" },
    { "supplies", "/supplies" },
    { "transfers", "/transfers" },
    { "policies", "/policies" },
    { "witnesses", "/witnesses" },
    { "ledger", "/ledger" },
    { "verify", "/ledger/verify" },
    { "events", "/events" },
    { "efficiency", "/efficiency" },
    { "density", "/density" },
    { "inequality", "/inequality" },
    { "metrics", "/metrics" },
    { "config", "/config" },
    { "health", "/healthz" },
    { "readiness", "/readyz" },
};

enum handled root_get(struct exchange *exchange)
{
    struct json_writer w;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_text(&w, "name", "Tallystick");
    json_member_text(&w, "description", "Medical supplies in a signed ledger, and how evenly and efficiently provinces are served.");
    json_member_text(&w, "version", exchange->service->version);
    json_key(&w, "links");
    json_object_begin(&w);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        json_member_text(&w, links[i].name, links[i].path);
    }
    json_object_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
    return HANDLED_REPLY;
}
