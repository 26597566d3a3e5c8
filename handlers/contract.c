/*
 * The contract, as openapi.yaml in the source has it.
 */
#include "handlers/contract.h"

#include "handlers/query.h"

static enum handled reply_bytes(struct exchange *exchange, const char *content_type, const char *bytes, size_t length)
{
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    exchange->status = 200;
    exchange->content_type = content_type;
    buffer_append(&exchange->reply, bytes, length);
    return HANDLED_REPLY;
}

enum handled contract_yaml(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    return reply_bytes(exchange, "application/yaml", service->contract_yaml, service->contract_yaml_length);
}

enum handled contract_json(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    return reply_bytes(exchange, "application/json", service->contract_json, service->contract_json_length);
}

enum handled contract_page(struct exchange *exchange)
{
    const struct service *service = exchange->service;
    return reply_bytes(exchange, "text/html; charset=utf-8", service->contract_page, service->contract_page_length);
}
