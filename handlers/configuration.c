/*
 * The options in effect, for administrators. What they are is the server's to say.
 */
#include "handlers/configuration.h"

#include "handlers/query.h"
#include "json/write.h"

enum handled configuration_get(struct exchange *exchange)
{
    struct json_writer w;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_text(&w, "version", exchange->service->version);
    json_key(&w, "options");
    json_array_begin(&w);
    exchange->service->options(exchange->service, &w);
    json_array_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
    return HANDLED_REPLY;
}
