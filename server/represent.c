/*
 * The choice among representations, and what follows from it for the reply.
 */
#include "server/represent.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "json/table.h"
#include "server/negotiate.h"
#include "server/request.h"

struct joined {
    struct buffer text;
    const char *name;
};

static enum MHD_Result join_field(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct joined *joined = context;
    (void)kind;
    if (name != NULL && value != NULL && strcasecmp(name, joined->name) == 0) {
        buffer_format(&joined->text, "%s%s", joined->text.length > 0 ? ", " : "", value);
    }
    return MHD_YES;
}

/* A list field that came in several lines is one list (RFC 9110, 5.3). first is the first line's, or NULL. */
static const char *whole_list(struct request *request, const char *name, const char *first)
{
    struct joined joined = {.name = name};
    if (first == NULL || !request->framing.has_repeats) {
        return first;
    }
    buffer_init(&joined.text);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, join_field, &joined);
    const char *text = joined.text.failed ? NULL : arena_copy(&request->arena, joined.text.bytes, joined.text.length);
    buffer_fini(&joined.text);
    return text != NULL ? text : first;
}

static void write_available(struct json_writer *w, const void *context)
{
    const unsigned *gives = context;
    json_key(w, "representations");
    json_array_begin(w);
    for (unsigned i = 0; negotiate_media(*gives, i) != NULL; i++) {
        json_text(w, negotiate_media(*gives, i));
    }
    json_array_end(w);
}

bool represent_choose(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    unsigned gives = exchange->route->gives != 0 ? exchange->route->gives : GIVES_JSON;
    exchange->wanted = negotiate_accept(whole_list(request, "Accept", request->framing.accept), gives);
    if (exchange->wanted == 0) {
        problem_members(exchange, "not_acceptable", write_available, &gives,
                        "Accept takes nothing that there is of this; representations lists what there is.");
        return false;
    }
    return true;
}

/* The version that a tag begins with: "3.9f86d081884c7d65". */
static int64_t version_of(const char *etag)
{
    char *end = NULL;
    long long version = strtoll(etag + 1, &end, 10);
    return *end == '.' ? version : TAG_NO_VERSION;
}

void represent_rows(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const struct route *route = exchange->route;
    if (exchange->wanted != GIVES_CSV || exchange->status != 200) {
        return;
    }
    struct buffer csv;
    buffer_init(&csv);
    enum status status = exchange->reply.failed
        ? STATUS_EXHAUSTED
        : table_write(exchange->reply.bytes, exchange->reply.length, route->rows, route->columns, &csv);
    status = status == STATUS_OK && csv.failed ? STATUS_EXHAUSTED : status;
    if (status != STATUS_OK) {
        buffer_fini(&csv);
        log_error("represent_rows", "path=%s fault=%s", route->path, status == STATUS_INVALID ? "columns" : "memory");
        problem_status(exchange, status);
        return;
    }
    buffer_fini(&exchange->reply);
    exchange->reply = csv; /* moved */
    exchange->content_type = "text/csv; charset=utf-8";
    const char *etag = exchange_header_added(exchange, "ETag");
    if (etag != NULL) {
        tag_reply(exchange, version_of(etag));
    }
}
