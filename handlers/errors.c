/*
 * What a code means, for people. Tests demand that every code has a page and every page a code.
 */
#include "handlers/errors.h"

#include <string.h>

#include "base/text.h"
#include "handlers/problem.h"
#include "handlers/query.h"

enum { NAMES_MAX = 256 };

static const char content_type[] = "text/html; charset=utf-8";

static enum handled reply_page(struct exchange *exchange)
{
    exchange->status = 200;
    exchange->content_type = content_type;
    return HANDLED_REPLY;
}

enum handled errors_list(struct exchange *exchange)
{
    struct buffer *out = &exchange->reply;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    buffer_text(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width\"><title>Errors</title></head>\n<body><main>\n"
                     "<h1>Errors</h1>\n<p>Each problem that this service answers with has a code, and each code a page.</p>\n"
                     "<table>\n<tr><th>Status</th><th>Code</th><th>Title</th></tr>\n");
    for (size_t i = 0; problem_code_at(i) != NULL; i++) {
        const char *code = problem_code_at(i);
        buffer_format(out, "<tr><td>%d</td><td><a href=\"/errors/%s\">%s</a></td><td>%s</td></tr>\n",
                      problem_code_status(code), code, code, problem_code_title(code));
    }
    buffer_text(out, "</table>\n</main></body></html>\n");
    return reply_page(exchange);
}

static void refuse_unknown(struct exchange *exchange, const char *code)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    while (count < NAMES_MAX && problem_code_at(count) != NULL) {
        names[count] = problem_code_at(count);
        count++;
    }
    const char *nearest = text_nearest(code, names, count);
    if (nearest != NULL) {
        problem_nearest(exchange, nearest, "There is no error %s; the nearest is %s.", code, nearest);
    } else {
        problem_reply(exchange, "not_found", "There is no error %s; GET /errors lists what there is.", code);
    }
}

enum handled errors_get(struct exchange *exchange)
{
    const char *code = exchange->parameters[0];
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    for (size_t i = 0; i < error_page_count; i++) {
        if (strcmp(error_pages[i].code, code) == 0) {
            buffer_append(&exchange->reply, error_pages[i].html, error_pages[i].length);
            return reply_page(exchange);
        }
    }
    refuse_unknown(exchange, code);
    return HANDLED_REPLY;
}
