/*
 * What is written down of a request. Everything else of the log and the counts: base/log.c, metrics.c.
 */
#include "server/account.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
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

enum { LINE_BYTES = 640 /* more than any has */ };

struct line {
    size_t used;
    char text[LINE_BYTES];
};

static void add_text(struct line *line, const char *name, const char *value)
{
    const char *const parts[] = {name, value};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t length = strlen(parts[i]);
        size_t room = sizeof line->text - line->used;
        length = length < room ? length : room;
        memcpy(line->text + line->used, parts[i], length);
        line->used += length;
    }
}

static void add_number(struct line *line, const char *name, int64_t value)
{
    char digits[TEXT_INTEGER_BYTES];
    text_from_integer(digits, value);
    add_text(line, name, digits);
}

/* Made by hand: printf would be a tenth of what a small read costs. */
static void log_line(const struct request *request, int64_t duration_us)
{
    if (log_get_level() > LOG_LEVEL_INFO) {
        return;
    }
    struct line line;
    line.used = 0;
    add_text(&line, "method=", request->method);
    if (request->route != NULL) {
        add_text(&line, " path=", request->route->path);
    } else {
        char quoted[QUOTED_PATH_BYTES] = "";
        quote_path(quoted, sizeof quoted, request->target);
        add_text(&line, " path=\"", quoted);
        add_text(&line, "\"", "");
    }
    add_number(&line, " status=", request->status);
    add_number(&line, " bytes=", (int64_t)request->reply_bytes);
    add_number(&line, " duration_us=", duration_us);
    add_text(&line, " remote=", request->client->address);
    if (request->trace.id[0] != 0) {
        add_text(&line, " trace=", request->trace.id);
        add_text(&line, " parent=", request->trace.parent);
    }
    log_request_text(request->id, line.text, line.used);
}

void account_request(const struct request *request)
{
    int64_t duration_us = clock_steady_us() - request->started_us;
    log_line(request, duration_us);
    metrics_count_request(request->server->metrics, request->route, request->status, duration_us, request->reply_bytes);
}
