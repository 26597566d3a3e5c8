/*
 * The ledger in the open: everything that a stranger needs to check it. The bytes of an
 * entry are made from its columns by ledger/entry.c; docs/ledger.md describes them.
 */
#include "handlers/ledger/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/entry.h"
#include "db/reference.h"
#include "handlers/ledger/export.h"
#include "handlers/ledger/keys.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "ledger/entry.h"
#include "rules/record.h"
#include "rules/signed_entry.h"

enum handled ledger_get(struct exchange *exchange)
{
    struct entry_head head;
    struct checkpoint_row checkpoint;
    const char *origin = NULL;
    struct json_writer w;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    enum status status = db_entry_head(exchange->db, &head);
    if (status == STATUS_OK) {
        status = db_checkpoint_last(exchange->db, exchange->arena, &checkpoint);
    }
    if (status == STATUS_OK) {
        status = db_parameter_find(exchange->db, exchange->arena, "origin", &origin);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status == STATUS_ABSENT ? STATUS_CORRUPT : status);
        return HANDLED_REPLY;
    }
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_text(&w, "origin", origin);
    json_member_integer(&w, "size", (int64_t)head.seq);
    json_member_integer(&w, "height", (int64_t)head.height);
    json_member_instant(&w, "time", (int64_t)head.time_ms);
    json_member_hex(&w, "head", head.hash, sizeof head.hash);
    json_member_hex(&w, "root", checkpoint.root, sizeof checkpoint.root);
    json_member_text(&w, "checkpoint", checkpoint.note);
    status = ledger_keys_write(exchange, origin, head.seq, &w);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    json_object_end(&w);
    json_writer_finish(&w);
    return HANDLED_REPLY;
}

static const char *or_null(const char *text)
{
    return text[0] != 0 ? text : NULL;
}

/* Canonical bytes in base64. */
static enum status write_bytes(struct json_writer *w, const struct entry_row *row, struct arena *arena)
{
    struct entry entry;
    struct buffer bytes;
    record_entry_of(row, &entry);
    buffer_init(&bytes);
    if (row->body_length <= LIMIT_BODY_INLINE && (row->body == NULL || row->body_stored_length != row->body_length)) {
        return STATUS_CORRUPT;
    }
    entry_encode(&entry, &bytes);
    char *base64 = bytes.failed ? NULL : arena_alloc(arena, TEXT_BASE64_BYTES(bytes.length));
    if (base64 != NULL) {
        text_to_base64(base64, bytes.bytes, bytes.length);
        json_member_text(w, "bytes", base64);
    }
    buffer_fini(&bytes);
    return base64 == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

const char ledger_entry_columns[] =
    "seq,height,time,previous_hash,rules_version,kind,target,command_id,new_id,organisation,role,subject,"
    "body_length,body_digest,body,effects,entry_hash,seal,key,bytes,submitter_key,submitter_alg,jws,signed_body";

/* How the command came signed, if it did: the whole JWS again, and what its payload has for a body. */
static enum status write_signature(struct json_writer *w, const struct entry_row *row, struct arena *arena, bool has_body)
{
    struct signed_entry entry = { .key = NULL };
    struct signed_finding finding = { NULL, NULL };
    char signature[TEXT_BASE64_BYTES(KEY_SIGNATURE_BYTES)];
    bool is_signed = row->submitter_alg[0] != 0 && row->submitter_sig_length == KEY_SIGNATURE_BYTES && has_body;
    enum status status = is_signed ? signed_read_entry(row, NULL, arena, &entry, &finding) : STATUS_OK;
    if (status != STATUS_OK && status != STATUS_INVALID) {
        return status; /* what was damaged is shown as it is: verify says what is wrong with it */
    }
    json_member_text(w, "submitter_key", or_null(row->submitter_key));
    json_member_text(w, "submitter_alg", or_null(row->submitter_alg));
    json_key(w, "jws");
    if (is_signed) {
        text_to_base64url(signature, row->submitter_sig, row->submitter_sig_length);
        const char *jws = arena_format(arena, "%.*s.%s", (int)row->body_stored_length, (const char *)row->body, signature);
        if (jws == NULL) {
            return STATUS_EXHAUSTED;
        }
        json_text(w, jws);
    } else {
        json_value_null(w);
    }
    json_key(w, "signed_body");
    if (entry.key != NULL) {
        json_text_length(w, entry.body, entry.body_length);
    } else {
        json_value_null(w);
    }
    return STATUS_OK;
}

static enum status write_entry(struct json_writer *w, const struct entry_row *row, struct arena *arena, bool with_long_body)
{
    bool has_body = row->body != NULL && (with_long_body || row->body_length <= LIMIT_BODY_INLINE);
    json_object_begin(w);
    json_member_integer(w, "seq", (int64_t)row->seq);
    json_member_integer(w, "height", (int64_t)row->height);
    json_member_instant(w, "time", (int64_t)row->time_ms);
    json_member_hex(w, "previous_hash", row->previous_hash, DB_HASH_BYTES);
    json_member_integer(w, "rules_version", row->rules_version);
    json_member_text(w, "kind", row->kind);
    json_member_text(w, "target", or_null(row->target));
    json_member_text(w, "command_id", row->command_id);
    json_member_text(w, "new_id", or_null(row->new_id));
    json_member_text(w, "organisation", or_null(row->organisation));
    json_member_text(w, "role", row->role);
    json_member_text(w, "subject", row->subject);
    json_member_integer(w, "body_length", (int64_t)row->body_length);
    json_member_hex(w, "body_digest", row->body_digest, DB_HASH_BYTES);
    json_key(w, "body");
    if (has_body) {
        json_text_length(w, row->body, row->body_stored_length);
    } else {
        json_value_null(w); /* over 64 KiB: ask for the one entry */
    }
    json_member_hex(w, "effects", row->effects, DB_HASH_BYTES);
    json_member_hex(w, "entry_hash", row->hash, DB_HASH_BYTES);
    json_key(w, "seal");
    if (row->seal_key != NULL) {
        json_hex(w, row->seal, DB_SEAL_BYTES);
    } else {
        json_value_null(w); /* only who reached into the file can have removed it */
    }
    json_member_text(w, "key", row->seal_key);
    enum status status = write_bytes(w, row, arena);
    if (status == STATUS_OK) {
        status = write_signature(w, row, arena, has_body);
    }
    json_object_end(w);
    return status;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int64_t after;
    int sort;
};

static const char *const orders[] = { "seq", "-seq", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_INTEGER_ROW(struct filter, after, false, 0, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

static enum status write_item(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    return write_entry(w, row, exchange->arena, false);
}

enum handled ledger_entries(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct page_span span;
    struct entry_row *found = NULL;
    size_t count = 0;
    uint64_t broken = 0;
    if (exchange->wanted == GIVES_LINES) {
        return ledger_export(exchange);
    }
    if (!query_read(exchange, &table, &filter) || !page_begin(&page, exchange, filter.limit, filter.cursor, 1)) {
        return HANDLED_REPLY;
    }
    enum status status = page_span(&page, filter.sort, filter.after, &span);
    if (status == STATUS_OK && span.is_descending) {
        status = db_entry_list_down(exchange->db, exchange->arena, (uint64_t)span.after, (uint64_t)span.before, page.limit + 1, &found, &count);
    } else if (status == STATUS_OK) {
        status = db_entry_list(exchange->db, exchange->arena, (uint64_t)span.after, page.limit + 1, &found, &count, &broken);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct entry_row, seq), .write = write_item });
}

enum handled ledger_entry(struct exchange *exchange)
{
    struct entry_row *found = NULL;
    size_t count = 0;
    uint64_t broken = 0;
    int64_t seq = 0;
    struct json_writer w;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    bool is_number = text_to_integer(exchange->parameters[0], &seq) == STATUS_OK && seq >= 1;
    enum status status = !is_number ? STATUS_OK
        : db_entry_list(exchange->db, exchange->arena, (uint64_t)seq - 1, 1, &found, &count, &broken);
    if (status == STATUS_OK && (count == 0 || found[0].seq != (uint64_t)seq)) {
        problem_reply(exchange, "not_found", "There is no entry %s; the ledger has the entries 1 to %" PRIu64 ".",
                      exchange->parameters[0], exchange->seq);
        return HANDLED_REPLY;
    }
    if (status == STATUS_OK) {
        exchange_json(exchange, 200);
        json_writer_init(&w, &exchange->reply);
        status = write_entry(&w, &found[0], exchange->arena, true);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    json_writer_finish(&w);
    exchange_header(exchange, "ETag", arena_format(exchange->arena, "\"%s\"", exchange->parameters[0]));
    return HANDLED_REPLY;
}

static void write_report(struct json_writer *w, const struct verifier_view *view)
{
    const struct verify_report *report = &view->report;
    json_member_text(w, "state", view->is_running ? "running" : view->has_report ? "done" : "none");
    if (!view->has_report) {
        return;
    }
    json_member_boolean(w, "ok", report->is_ok);
    json_member_integer(w, "entries", (int64_t)report->entries);
    json_member_hex(w, "head", report->head, sizeof report->head);
    json_member_hex(w, "root", report->root, sizeof report->root);
    json_member_integer(w, "unchecked_answers", (int64_t)report->unchecked_answers);
    if (!report->is_ok) {
        if (report->first_broken > 0) {
            json_member_integer(w, "first_broken", (int64_t)report->first_broken);
        }
        json_member_text(w, "code", report->code);
        json_member_text(w, "reason", report->reason);
    }
    json_member_instant(w, "checked_at", view->checked_at_ms);
    json_member_integer(w, "duration_ms", view->duration_ms);
}

/* No finding, and why. */
static enum handled reply_failed(struct exchange *exchange, const struct verifier_view *view)
{
    const char *after = arena_format(exchange->arena, "%" PRId64, view->retry_after_s > 0 ? view->retry_after_s : 1);
    if (view->failure == STATUS_EXHAUSTED) {
        problem_reply(exchange, "disk_full", "The ledger could not be checked: the service has no room for the copy of the state that "
                      "it makes beside its data, about half as large as the database, or no memory. Make room and ask again.");
    } else {
        problem_reply(exchange, "check_failed", "The ledger could not be checked, which says nothing about it: its files could not be "
                      "read, or the copy of the state could not be made. The service's log says more.");
    }
    exchange_header_replace(exchange, "Retry-After", after != NULL ? after : "60");
    return HANDLED_REPLY;
}

/* Auditors' rights start a check and wait for it; others see what the latest one found. */
enum handled ledger_verify(struct exchange *exchange)
{
    struct verifier *verifier = exchange->service->verifier;
    struct verifier_view view;
    struct json_writer w;
    bool may_start = exchange->caller.role == ROLE_AUDITOR || exchange->caller.role == ROLE_ADMIN ||
        exchange->caller.role == ROLE_COORDINATOR;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    if (may_start && !exchange->has_waited && verifier->start(verifier)) {
        return HANDLED_WAIT;
    }
    verifier->view(verifier, &view);
    if (!view.is_running && view.has_failed && (may_start || !view.has_report)) {
        return reply_failed(exchange, &view);
    }
    bool is_pending = view.is_running && (may_start || !view.has_report);
    exchange_json(exchange, is_pending ? 202 : 200);
    if (is_pending) {
        exchange_header(exchange, "Retry-After", "5");
    }
    exchange_header(exchange, "Cache-Control", "no-store");
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    write_report(&w, &view);
    json_object_end(&w);
    json_writer_finish(&w);
    return HANDLED_REPLY;
}
