/*
 * What a request line asks for. The table itself: routes.c; how its rows are matched: route.c.
 */
#include "server/lookup.h"

#include <string.h>

#include "handlers/problem.h"
#include "json/write.h"
#include "server/config/config.h"
#include "server/cors.h"
#include "server/route.h"
#include "server/server.h"
#include "server/target.h"

/* What a method token is to us. */
enum token {
    TOKEN_KNOWN,   /* one of enum method, or HEAD */
    TOKEN_OPTIONS,
    TOKEN_UNUSED,  /* standard, but no route has it: 405 */
    TOKEN_UNKNOWN  /* 501 */
};

static enum token read_method(const char *text, enum method *method, bool *is_head)
{
    static const struct {
        const char *text;
        enum method method;
    } known[] = {{"GET", METHOD_GET}, {"HEAD", METHOD_GET}, {"POST", METHOD_POST}, {"PUT", METHOD_PUT},
                 {"DELETE", METHOD_DELETE}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(text, known[i].text) == 0) {
            *method = known[i].method;
            *is_head = text[0] == 'H';
            return TOKEN_KNOWN;
        }
    }
    if (strcmp(text, "OPTIONS") == 0) {
        return TOKEN_OPTIONS;
    }
    static const char *const unused[] = {"PATCH", "QUERY", "TRACE"};
    for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++) {
        if (strcmp(text, unused[i]) == 0) {
            return TOKEN_UNUSED;
        }
    }
    return TOKEN_UNKNOWN;
}

/* "GET, HEAD, OPTIONS", in the arena. */
static const char *allow_of(struct request *request, unsigned methods)
{
    struct buffer allow;
    buffer_init(&allow);
    route_allow(methods, &allow);
    const char *text = allow.failed ? NULL : arena_text(&request->arena, allow.bytes);
    buffer_fini(&allow);
    return text != NULL ? text : "OPTIONS";
}

/* A browser asks before it sends for a page of another origin what is more than plain (Fetch standard, CORS-preflight request). */
static bool is_preflight(const struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    return request->framing.origin != NULL && exchange->header(exchange, "Access-Control-Request-Method") != NULL &&
           cors_allowed(request->server->config->cors_origins, request->framing.origin) != NULL;
}

static void allow_page(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    if (is_preflight(request)) {
        exchange_header(exchange, "Access-Control-Allow-Methods", CORS_METHODS);
        exchange_header(exchange, "Access-Control-Allow-Headers", CORS_ACCEPTED);
        exchange_header(exchange, "Access-Control-Max-Age", CORS_MAX_AGE);
        request->is_preflight = true;
    }
}

/* OPTIONS is answered here; it counts as a refusal, since no handler runs. */
static void reply_options(struct request *request, unsigned methods)
{
    request->exchange.status = 204;
    request->is_refused = true;
    exchange_header(&request->exchange, "Allow", allow_of(request, methods));
    allow_page(request);
}

/* Of a target where there is nothing: what the page then sends gets the problem, which it would not see if its browser were told
 * so now. False: nobody asks for a page. */
static bool reply_preflight(struct request *request, enum token token)
{
    if (token != TOKEN_OPTIONS || !is_preflight(request)) {
        return false;
    }
    request->exchange.status = 204;
    request->is_refused = true;
    allow_page(request);
    return true;
}

static void refuse_absent(struct request *request, const struct target *target)
{
    const struct service *service = &request->server->service;
    const char *near = route_nearest(service->routes, service->route_count, target);
    size_t length = strlen(target->path);
    if (length > 1 && target->path[length - 1] == '/') {
        REQUEST_REFUSE(request, "not_found", "There is nothing here; paths do not end in a slash.");
    } else if (near != NULL) {
        problem_nearest(&request->exchange, near, "There is nothing here; the nearest path is %s.", near);
        request->is_refused = true;
    } else {
        REQUEST_REFUSE(request, "not_found", "There is nothing here; /openapi.json lists every path.");
    }
}

/* The methods in Allow's form as an array. */
static void write_methods(struct json_writer *w, const void *context)
{
    const char *at = context;
    json_key(w, "methods");
    json_array_begin(w);
    while (*at != 0) {
        size_t length = strcspn(at, ",");
        json_text_length(w, at, length);
        at += length;
        at += strspn(at, ", ");
    }
    json_array_end(w);
}

static void refuse_method(struct request *request, const char *method, unsigned methods)
{
    struct exchange *exchange = &request->exchange;
    const char *allowed = allow_of(request, methods);
    problem_members(exchange, "method_not_allowed", write_methods, allowed, "There is no %s here; this path takes %s.", method,
                    allowed);
    exchange_header(exchange, "Allow", allowed);
    request->is_refused = true;
}

/* What stands where the path has an id is none, so nothing can be meant by it. */
static void refuse_malformed(struct request *request, const struct route_found *found)
{
    struct exchange *exchange = &request->exchange;
    struct faults faults;
    request->is_refused = true;
    faults_init(&faults, &request->arena);
    const char *name = arena_copy(&request->arena, found->malformed_name, found->malformed_name_length);
    if (name == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return;
    }
    size_t length = strlen(found->malformed);
    const char *quoted = faults_quote(&faults, found->malformed, length);
    const char *wanted = strcmp(name, "seq") == 0
        ? "the number of an entry is wanted, as in /ledger/entries/8"
        : strcmp(name, "size") == 0 ? "a number of entries is wanted, as in /ledger/checkpoints/8"
        : "an id has 1 to 64 letters (A to Z, a to z), digits, dots, underscores and hyphens, not . or .. alone";
    if (length > LIMIT_ID_BYTES) {
        faults_add_parameter(&faults, name, "too_long", "%s in the path is %s with its %zu bytes; %s", name, quoted, length,
                             wanted);
    } else {
        faults_add_parameter(&faults, name, "bad_format", "%s in the path is %s; %s", name, quoted, wanted);
    }
    problem_faults(exchange, "malformed_id", &faults, "%s.", faults.count > 0 ? faults.items[0].detail : wanted);
}

/* Target and route table: 400, 404, 405, OPTIONS. */
static void find_route(struct request *request, const char *method, enum token token)
{
    struct exchange *exchange = &request->exchange;
    const struct service *service = &request->server->service;
    struct target *target = arena_alloc(&request->arena, sizeof *target);
    if (target == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        request->is_refused = true;
        return;
    }
    const char *fault = target_parse(target, request->target, &request->arena);
    if (fault != NULL) {
        if (!reply_preflight(request, token)) {
            REQUEST_REFUSE(request, "malformed_request", "%s", fault);
        }
        return;
    }
    exchange->path = target->path;
    if (target->is_asterisk && token == TOKEN_OPTIONS) {
        reply_options(request, route_methods(service->routes, service->route_count));
        return;
    }
    struct route_found found;
    route_find(service->routes, service->route_count, target, exchange->method, &found);
    if (found.path == NULL) {
        if (!reply_preflight(request, token)) {
            refuse_absent(request, target);
        }
        return;
    }
    request->route = found.path;
    if (token == TOKEN_OPTIONS) {
        reply_options(request, found.methods);
        return;
    }
    if (token == TOKEN_UNUSED || found.route == NULL) {
        refuse_method(request, method, found.methods);
        return;
    }
    if (found.malformed != NULL) {
        refuse_malformed(request, &found);
        return;
    }
    exchange->route = found.route;
    request->route = found.route;
    memcpy(exchange->parameters, found.parameters, sizeof exchange->parameters);
    exchange->parameter_count = found.parameter_count;
    memcpy(exchange->query, target->query, sizeof exchange->query);
    exchange->query_count = target->query_count;
}

void lookup_route(struct request *request, const char *method)
{
    struct exchange *exchange = &request->exchange;
    enum token token = read_method(method, &exchange->method, &exchange->is_head);
    if (token == TOKEN_UNKNOWN) {
        REQUEST_REFUSE(request, "not_implemented", "The methods understood are GET, HEAD, POST, PUT, DELETE and OPTIONS, "
                                                   "in capitals.");
        return;
    }
    find_route(request, method, token);
}
