/*
 * The beginning of an export over HTTP; its lines: rules/export/export.c, how they leave: server/wire/pour.c.
 */
#include "handlers/ledger/export.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "db/entry.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "handlers/tag.h"
#include "ledger/digest.h"
#include "rules/export/export.h"

struct filter {
    int64_t after;
    int sort;
};

/* Whoever checks lines wants them in the order of the chain. */
static const char *const orders[] = { "seq", NULL };

static const struct query_parameter rows[] = {
    QUERY_INTEGER_ROW(struct filter, after, false, 0, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = { rows, sizeof rows / sizeof rows[0], true };

/* What the lines say follows from where they begin and from the last entry, whose hash tells of all before. Without it they go without a tag. */
static void tag_export(struct exchange *exchange, int64_t after)
{
    uint8_t hash[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1], tag[TAG_BYTES];
    if (exchange->seq == 0 || db_entry_hash(exchange->db, exchange->seq, hash) != STATUS_OK) {
        return;
    }
    text_to_hex(hex, hash, sizeof hash);
    const char *subject = arena_format(exchange->arena, "export/%d/%" PRId64 "/%" PRIu64 "/%s", (int)EXPORT_VERSION, after, exchange->seq, hex);
    if (subject == NULL) {
        return;
    }
    tag_make(tag, TAG_NO_VERSION, subject, strlen(subject));
    const char *kept = arena_text(exchange->arena, tag);
    if (kept != NULL) {
        exchange_header(exchange, "ETag", kept);
    }
}

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
    tag_export(exchange, after);
    return HANDLED_STREAM;
}
