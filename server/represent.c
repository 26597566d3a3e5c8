/*
 * The choice among representations, and what follows from it for the reply.
 */
#include "server/represent.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/gzip.h"
#include "base/log.h"
#include "base/zstd.h"
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "json/sparse.h"
#include "json/table.h"
#include "json/unfold.h"
#include "server/negotiate.h"
#include "server/request.h"

/* Below this the bytes fit into one packet with the header, and compression saves nobody anything. */
enum { CODED_BYTES_MIN = 1024 };

static const char zstd[] = "zstd";

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

const char *represent_list(struct request *request, const char *name, const char *first)
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

/* The table that is asked for by name; NULL: none, or none that there is, which the handler refuses with the rest of the query. */
static const struct unfold_table *find_table(const struct exchange *exchange)
{
    const char *name = exchange->route->tables != NULL ? exchange_query(exchange, "table") : NULL;
    for (size_t i = 0; name != NULL && exchange->route->tables[i].name != NULL; i++) {
        if (strcmp(exchange->route->tables[i].name, name) == 0) {
            return &exchange->route->tables[i];
        }
    }
    return NULL;
}

bool represent_choose(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    exchange->table = find_table(exchange);
    unsigned gives = exchange->table != NULL ? GIVES_CSV : exchange->route->gives != 0 ? exchange->route->gives : GIVES_JSON;
    exchange->wanted = negotiate_accept(represent_list(request, "Accept", request->framing.accept), gives);
    exchange->is_headless = exchange->wanted == GIVES_CSV && negotiate_is_headless(represent_list(request, "Accept", request->framing.accept));
    if (exchange->wanted == 0) {
        problem_members(exchange, "not_acceptable", write_available, &gives,
                        exchange->table == NULL ? "Accept takes nothing that there is of this; representations lists what there is."
                                                : "Accept does not take text/csv, which is all that a table chosen by table= can be had as.");
        return false;
    }
    if (request->framing.has_repeats) {
        request->coding = negotiate_coding(represent_list(request, "Accept-Encoding", request->framing.accept_encoding));
    }
    if (request->coding == CODING_NONE) {
        problem_reply(exchange, "not_acceptable", "Accept-Encoding refuses zstd, gzip and what is not compressed; there is nothing else.");
        return false;
    }
    return true;
}

bool represent_kept(struct exchange *exchange, const char *content_type)
{
    struct request *request = exchange->server;
    const char *accept = represent_list(request, "Accept", request->framing.accept);
    for (unsigned i = 0, gives = exchange->route->gives; gives != 0; gives &= gives - 1, i++) {
        const char *media = negotiate_media(exchange->route->gives, i);
        const unsigned kept = negotiate_accept(media, exchange->route->gives);
        if (strncmp(content_type, media, strlen(media)) == 0 && negotiate_accept(accept, kept) == 0) {
            problem_members(exchange, "not_acceptable", write_available, &kept,
                            "The answer is kept as what the question asked for, which Accept does not take; representations lists it.");
            return false;
        }
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

/* The columns of the members that are asked for, or NULL without memory. */
static const char *choose_columns(const struct exchange *exchange, const char *columns)
{
    char *chosen = exchange->fields == NULL ? NULL : arena_text(exchange->arena, columns);
    size_t used = 0;
    if (exchange->fields == NULL || chosen == NULL) {
        return exchange->fields == NULL ? columns : NULL;
    }
    for (const char *at = columns; *at != 0; at += strcspn(at, ","), at += *at == ',') {
        size_t length = strcspn(at, ","), member = strcspn(at, ",.");
        for (size_t i = 0; i < exchange->field_count; i++) {
            if (strlen(exchange->fields[i]) == member && memcmp(exchange->fields[i], at, member) == 0) {
                memcpy(chosen + used, at, length);
                used += length;
                chosen[used++] = ','; /* the copy of columns has a NUL where the last one stands */
            }
        }
    }
    chosen[used > 0 ? used - 1 : 0] = 0;
    return chosen;
}

/* Takes the text that was made of the reply in its place; *text is empty afterwards. */
static void replace_reply(struct exchange *exchange, enum status status, struct buffer *text)
{
    status = exchange->reply.failed || (status == STATUS_OK && text->failed) ? STATUS_EXHAUSTED : status;
    if (status != STATUS_OK) {
        buffer_fini(text);
        log_error("represent_rows", "path=%s fault=%s", exchange->route->path, status == STATUS_INVALID ? "columns" : "memory");
        problem_status(exchange, status);
        return;
    }
    buffer_fini(&exchange->reply);
    exchange->reply = *text; /* moved */
}

static void leave_out(struct exchange *exchange, const char *rows)
{
    struct buffer sparse;
    buffer_init(&sparse);
    enum status status = sparse_write(exchange->reply.bytes, exchange->reply.length, rows,
                                      exchange->fields, exchange->field_count, &sparse);
    replace_reply(exchange, status, &sparse);
}

static void unfold_rows(struct exchange *exchange, const struct unfold_table *table)
{
    struct buffer rows;
    buffer_init(&rows);
    enum status status = unfold_write(table, exchange->reply.bytes, exchange->reply.length, &rows);
    replace_reply(exchange, status, &rows);
}

static void write_table(struct exchange *exchange, const char *rows, const char *all_columns)
{
    struct buffer csv;
    const char *columns = choose_columns(exchange, all_columns);
    buffer_init(&csv);
    enum status status = columns == NULL ? STATUS_EXHAUSTED
                                         : table_write(exchange->reply.bytes, exchange->reply.length, rows, columns, !exchange->is_headless, &csv);
    replace_reply(exchange, status, &csv);
    if (exchange->status == 200) {
        exchange->content_type = exchange->is_headless ? "text/csv; charset=utf-8; header=absent" : "text/csv; charset=utf-8";
    }
}

void represent_rows(struct exchange *exchange)
{
    const struct route *route = exchange->route;
    bool is_table = exchange->wanted == GIVES_CSV, is_sparse = exchange->fields != NULL;
    const struct unfold_table *table = exchange->table != NULL ? exchange->table : route->tables;
    const char *rows = is_table && table != NULL ? "items" : route->rows;
    const char *columns = is_table && table != NULL ? table->columns : route->columns;
    if (exchange->status != 200 || exchange->reply.failed || (!is_table && !is_sparse) ||
        exchange->wanted == GIVES_SVG || columns == NULL) { /* pictures have no rows; a job's answer has them already */
        return;
    }
    if (is_table && table != NULL) {
        unfold_rows(exchange, table);
    }
    if (is_sparse && exchange->status == 200) {
        leave_out(exchange, rows);
    }
    if (is_table && exchange->status == 200) {
        write_table(exchange, rows, columns);
    }
    const char *etag = exchange_header_added(exchange, "ETag");
    if (etag != NULL && exchange->status == 200) {
        tag_reply(exchange, version_of(etag));
    }
}

/* Whether an observer could guess a secret by the length of the compressed text (BREACH): he needs texts of his own
 * beside it. Personal texts stand beside what others wrote, and only who has a token reads them. Answers to writes
 * are short and repeat what was sent. */
static bool may_tell_by_length(const struct exchange *exchange)
{
    return exchange->status < 400 && exchange->route != NULL &&
           (exchange->route->class == CLASS_WRITE || (exchange->route->is_personal && exchange->has_token));
}

/* What Content-Encoding and the tag call the coding that the reply is to get; NULL: none. */
static const char *choose_coding(const struct request *request)
{
    const struct exchange *exchange = &request->exchange;
    const bool is_worth_it = exchange->reply.length >= CODED_BYTES_MIN && !may_tell_by_length(exchange);
    switch (request->coding) {
    case CODING_GZIP:
        return is_worth_it ? "gzip" : NULL;
    case CODING_ZSTD:
        return is_worth_it ? zstd : NULL;
    case CODING_GZIP_ALONE:
        return exchange->reply.length > 0 ? "gzip" : NULL;
    case CODING_ZSTD_ALONE:
        return exchange->reply.length > 0 ? zstd : NULL;
    case CODING_IDENTITY:
    case CODING_NONE:
        break;
    }
    return NULL;
}

/* What else says that these are other bytes: "3.9f86d081884c7d65" becomes "3.9f86d081884c7d65-gzip". False: no memory. */
static bool head_coded(struct exchange *exchange, const char *coding)
{
    const char *etag = exchange_header_added(exchange, "ETag");
    const char *vary = exchange_header_added(exchange, "Vary");
    bool is_said = exchange->status < 400 || vary == NULL; /* of what is read reply.c says it, compressed or not */
    char *coded = etag == NULL ? NULL : arena_format(exchange->arena, "%.*s-%s\"", (int)strlen(etag) - 1, etag, coding);
    char *varied = is_said ? NULL : arena_format(exchange->arena, "%s, Accept-Encoding", vary);
    if ((etag != NULL && coded == NULL) || (!is_said && varied == NULL)) {
        return false;
    }
    if (etag != NULL) {
        exchange_header_replace(exchange, "ETag", coded);
    }
    if (!is_said) {
        exchange_header_replace(exchange, "Vary", varied);
    }
    exchange_header(exchange, "Content-Encoding", coding);
    return true;
}

void represent_coded(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    const char *coding = choose_coding(request);
    struct buffer coded;
    if (coding == NULL) {
        return;
    }
    buffer_init(&coded);
    enum status status = coding == zstd ? zstd_write(exchange->reply.bytes, exchange->reply.length, &coded)
                                        : gzip_write(exchange->reply.bytes, exchange->reply.length, &coded);
    if (status != STATUS_OK || !head_coded(exchange, coding)) {
        buffer_fini(&coded);
        return; /* as it is, it is good enough */
    }
    buffer_fini(&exchange->reply);
    exchange->reply = coded; /* moved */
}
