/*
 * The reply half of an exchange, where no noun is concerned. Problems are made in
 * problem.c; answers to commands come from present.c through the sequencer.
 */
#include "handlers/exchange.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

void exchange_header(struct exchange *exchange, const char *name, const char *value)
{
    assert(exchange->header_count < EXCHANGE_HEADERS_MAX);
    exchange->headers[exchange->header_count++] = (struct exchange_pair){ name, value };
}

void exchange_header_replace(struct exchange *exchange, const char *name, const char *value)
{
    for (size_t i = 0; i < exchange->header_count; i++) {
        if (strcasecmp(exchange->headers[i].name, name) == 0) {
            exchange->headers[i].value = value;
            return;
        }
    }
    exchange_header(exchange, name, value);
}

const char *exchange_header_added(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->header_count; i++) {
        if (strcasecmp(exchange->headers[i].name, name) == 0) {
            return exchange->headers[i].value;
        }
    }
    return NULL;
}

void exchange_json(struct exchange *exchange, int status)
{
    exchange->status = status;
    exchange->content_type = "application/json";
}

const char *exchange_query(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->query_count; i++) {
        if (strcmp(exchange->query[i].name, name) == 0) {
            return exchange->query[i].value;
        }
    }
    return NULL;
}

void exchange_answer(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    assert(answer->status >= 200 && answer->status <= 499);
    exchange->header_count = 0;
    exchange_json(exchange, answer->status);
    if (answer->is_problem) {
        exchange->content_type = "application/problem+json";
    }
    if (answer->location[0] != 0) {
        exchange_header(exchange, "Location", answer->location);
    }
    if (answer->etag[0] != 0) {
        exchange_header(exchange, "ETag", answer->etag);
    }
    if (answer->is_replayed) {
        exchange_header(exchange, "Idempotency-Replayed", "true");
    }
    buffer_fini(&exchange->reply);
    exchange->reply = answer->body; /* moved: the reply owns the bytes now */
    buffer_init(&answer->body);
}
