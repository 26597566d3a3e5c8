/*
 * Entries told as events. The rows come from db/entry.c; how a stream goes on and ends: server/follow.c.
 */
#include "handlers/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/entry.h"
#include "db/signing.h"
#include "db/supply.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "rules/command.h"

enum { RESOURCE_BYTES = 128 };

const char events_columns[] = "id,time,kind,resource,target,new_id,command_id,organisation,role";

/* Where what an event tells of can be read: by the noun of its kind. */
static const struct {
    const char *noun;
    const char *path;
} resources[] = {
    {"genesis", "/ledger"},          {"province.", "/provinces/"}, {"organisation.", "/organisations/"},
    {"site.", "/sites/"},            {"item.", "/items/"},         {"indicator.", "/indicators/"},
    {"figures.", "/figures"},        {"supply.", "/supplies/"},    {"transfer.", "/transfers/"},
    {"node_key.", "/ledger/keys"},
    {"policy.", "/policies/"},
    {"witness.", "/witnesses/"},
};

/* A key lies within its organisation, which is the target where it was added and must be looked up where it was revoked. */
static enum status write_key_resource(struct json_writer *w, struct db *db, struct arena *arena, const struct event_row *event)
{
    char path[RESOURCE_BYTES];
    struct organisation_key key = { .organisation = event->target, .id = event->new_id };
    enum status status = event->new_id[0] != 0 ? STATUS_OK : db_organisation_key_find(db, arena, event->target, &key);
    if (status == STATUS_OK) {
        snprintf(path, sizeof path, "/organisations/%s/keys/%s", key.organisation, key.id);
    }
    json_member_text(w, "resource", status == STATUS_OK ? path : NULL);
    return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
}

/* The id of what the entry tells of. An intake may have been added to another supply than the one that its new_id was for. */
static enum status find_id(struct db *db, struct arena *arena, const struct event_row *event, const char **id)
{
    *id = event->target[0] != 0 ? event->target : event->new_id;
    enum status status = strcmp(event->kind, command_kind_name(COMMAND_SUPPLY_INTAKE)) == 0 ? db_movement_supply(db, arena, event->seq, id)
                                                                                            : STATUS_OK;
    return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
}

static enum status write_resource(struct json_writer *w, struct db *db, struct arena *arena, const struct event_row *event)
{
    char path[RESOURCE_BYTES];
    const char *id = NULL;
    enum status status = find_id(db, arena, event, &id);
    if (status != STATUS_OK) {
        json_member_text(w, "resource", NULL);
        return status;
    }
    if (strncmp(event->kind, "organisation_key.", strlen("organisation_key.")) == 0) {
        return write_key_resource(w, db, arena, event);
    }
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        if (strncmp(event->kind, resources[i].noun, strlen(resources[i].noun)) == 0) {
            bool has_id = resources[i].path[strlen(resources[i].path) - 1] == '/';
            snprintf(path, sizeof path, "%s%s", resources[i].path, has_id ? id : "");
            json_member_text(w, "resource", path);
            return STATUS_OK;
        }
    }
    json_member_text(w, "resource", NULL);
    return STATUS_OK;
}

static const char *or_null(const char *text)
{
    return text[0] != 0 ? text : NULL;
}

static enum status write_event(struct json_writer *w, struct db *db, struct arena *arena, const struct event_row *event)
{
    json_object_begin(w);
    json_member_integer(w, "id", (int64_t)event->seq);
    json_member_instant(w, "time", (int64_t)event->time_ms);
    json_member_text(w, "kind", event->kind);
    enum status status = write_resource(w, db, arena, event);
    json_member_text(w, "target", or_null(event->target));
    json_member_text(w, "new_id", or_null(event->new_id));
    json_member_text(w, "command_id", event->command_id);
    json_member_text(w, "organisation", or_null(event->organisation));
    json_member_text(w, "role", event->role);
    json_object_end(w);
    return status;
}

enum status events_text(struct db *db, struct arena *arena, uint64_t *after, struct buffer *out)
{
    struct event_row *found = NULL;
    size_t count = 0;
    enum status status = db_event_list(db, arena, *after, EVENTS_BATCH, &found, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct json_writer w;
        buffer_text(out, "id: ");
        buffer_integer(out, (int64_t)found[i].seq);
        buffer_text(out, "\ndata: ");
        json_writer_init(&w, out);
        status = write_event(&w, db, arena, &found[i]);
        json_writer_finish(&w);
        buffer_text(out, "\n\n");
    }
    if (status == STATUS_OK && count > 0) {
        *after = found[count - 1].seq;
    }
    return status == STATUS_OK && out->failed ? STATUS_EXHAUSTED : status;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int64_t after;
    int sort;
};

/* A stream is in the first order alone: what is to come has no end to begin from. */
static const char *const orders[] = { "id", "-id", NULL };
static const char *const stream_orders[] = { "id", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_INTEGER_ROW(struct filter, after, false, 0, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static const struct query_parameter stream_rows[] = {
    QUERY_INTEGER_ROW(struct filter, after, false, 0, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct filter, sort, false, stream_orders),
};
static const struct query_table stream_table = { stream_rows, sizeof stream_rows / sizeof stream_rows[0], true };

bool events_last_seen(struct exchange *exchange, int64_t max, int64_t *seen)
{
    const char *last = exchange->header(exchange, "Last-Event-ID");
    int64_t number = 0;
    if (last == NULL || last[0] == 0) {
        return true;
    }
    if (text_to_integer(last, &number) == STATUS_OK && number >= 0 && number <= max) {
        *seen = number;
        return true;
    }
    struct faults faults;
    faults_init(&faults, exchange->arena);
    faults_add_parameter(&faults, "Last-Event-ID", "wrong_type", "Last-Event-ID is %s; the number of an event is wanted",
                         faults_quote(&faults, last, strlen(last)));
    problem_faults(exchange, "invalid_query", &faults, "The header Last-Event-ID is not a number that this service gave.");
    return false;
}

static enum handled follow(struct exchange *exchange)
{
    struct filter filter = { 0 };
    if (!query_read(exchange, &stream_table, &filter)) {
        return HANDLED_REPLY;
    }
    int64_t after = filter.after == QUERY_ABSENT ? (int64_t)exchange->seq : filter.after;
    if (!events_last_seen(exchange, TEXT_INTEGER_MAX, &after)) { /* it counts more than what a browser's first request said */
        return HANDLED_REPLY;
    }
    if ((uint64_t)after > exchange->seq) {
        problem_reply(exchange, "invalid_cursor",
                      "The ledger has %" PRIu64 " entries, so event %" PRId64 " is none of its own: it was restored from an older "
                      "copy, or this is another node. Compare checkpoints before you follow it again.", exchange->seq, after);
        return HANDLED_REPLY;
    }
    exchange->stream = STREAM_EVENTS;
    exchange->follow_after = (uint64_t)after;
    exchange->status = 200;
    exchange->content_type = "text/event-stream";
    exchange_header(exchange, "Cache-Control", "no-store");
    exchange_header(exchange, "X-Accel-Buffering", "no"); /* a proxy would gather what is to be seen at once */
    return HANDLED_STREAM;
}

static enum status write_item(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    return write_event(w, exchange->db, exchange->arena, row);
}

enum handled events_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct page_span span;
    struct event_row *found = NULL;
    size_t count = 0;
    if (exchange->wanted == GIVES_EVENTS) {
        return follow(exchange);
    }
    if (!query_read(exchange, &table, &filter) || !page_begin(&page, exchange, filter.limit, filter.cursor, 1)) {
        return HANDLED_REPLY;
    }
    enum status status = page_span(&page, filter.sort, filter.after, &span);
    if (status == STATUS_OK && span.is_descending) {
        status = db_event_list_down(exchange->db, exchange->arena, (uint64_t)span.after, (uint64_t)span.before, page.limit + 1, &found, &count);
    } else if (status == STATUS_OK) {
        status = db_event_list(exchange->db, exchange->arena, (uint64_t)span.after, page.limit + 1, &found, &count);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct event_row, seq), .write = write_item });
}
