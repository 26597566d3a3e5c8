/*
 * The beginning of an export over HTTP; its lines: rules/export/export.c, how they leave: server/wire/pour.c.
 */
#include "handlers/ledger/export.h"

#include <inttypes.h>

#include "base/text.h"
#include "handlers/problem.h"
#include "handlers/query.h"

struct filter {
    int64_t after;
};

static const struct query_parameter rows[] = {
    QUERY_INTEGER_ROW(struct filter, after, false, 0, TEXT_INTEGER_MAX),
};
static const struct query_table table = { rows, sizeof rows / sizeof rows[0], true };

enum handled ledger_export(struct exchange *exchange)
{
    struct filter filter = { 0 };
    if (!query_read(exchange, &table, &filter)) {
        return HANDLED_REPLY;
    }
    int64_t after = filter.after == QUERY_ABSENT ? 0 : filter.after;
    if ((uint64_t)after > exchange->seq) {
        problem_reply(exchange, "invalid_cursor",
                      "The ledger has %" PRIu64 " entries, so entry %" PRId64 " is none of its own: it was restored from an older "
                      "copy, or this is another node. Compare checkpoints before you go on.", exchange->seq, after);
        return HANDLED_REPLY;
    }
    exchange->stream = STREAM_EXPORT;
    exchange->follow_after = (uint64_t)after;
    exchange->status = 200;
    exchange->content_type = "application/x-ndjson";
    exchange_header(exchange, "Cache-Control", "no-store");
    return HANDLED_STREAM;
}
