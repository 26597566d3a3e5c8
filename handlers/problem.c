/*
 * Every refusal as a problem document. The table is the one list of codes; the contract
 * (openapi.yaml) names the same ones, and a test compares the two.
 */
#include "handlers/problem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { DETAIL_BYTES = 1024, TYPE_BYTES = 96 };

struct row {
    const char *code;
    int status;
    const char *title;
};

static const struct row rows[] = {
    /* the request cannot be read */
    { "malformed_request", 400, "The request breaks the rules of HTTP" },
    { "invalid_json", 400, "The body is not JSON" },
    { "duplicate_member", 400, "A member stands twice in one object" },
    { "too_deep", 400, "The body is nested too deeply" },
    { "bad_csv", 400, "The body is not CSV" },
    { "invalid_jws", 400, "The body is not a JWS" },
    { "malformed_id", 400, "What stands in the path is not an id" },
    { "invalid_query", 400, "The query cannot be read" },
    { "invalid_cursor", 400, "The cursor is not one of this list" },
    { "invalid_if_match", 400, "If-Match cannot be read" },
    { "idempotency_key_missing", 400, "An Idempotency-Key is needed" },
    { "idempotency_key_malformed", 400, "The Idempotency-Key cannot be read" },
    { "digest_mismatch", 400, "The body is not what its digest says" },
    /* the caller, the path, the form */
    { "unauthenticated", 401, "A valid token is needed" },
    { "forbidden", 403, "This is not yours to do" },
    { "signature_required", 403, "A signature is needed" },
    { "foreign_key", 403, "The key is another organisation's" },
    { "key_revoked", 403, "The key was revoked" },
    { "not_found", 404, "There is no such thing" },
    { "method_not_allowed", 405, "The path does not have this method" },
    { "not_acceptable", 406, "There is no such representation" },
    { "request_timeout", 408, "The request took too long to arrive" },
    { "payload_too_large", 413, "The body is too large" },
    { "too_many_values", 413, "The body holds too many values" },
    { "target_too_long", 414, "The request target is too long" },
    { "unsupported_media_type", 415, "The body's media type is not accepted" },
    { "expectation_unknown", 417, "The expectation is not understood" },
    { "misdirected", 421, "The request belongs on another connection" },
    { "rate_limited", 429, "The caller has sent too many requests" },
    { "too_many_attempts", 429, "Too many tokens were wrong" },
    { "header_too_large", 431, "The header is too large" },
    /* the state forbids it */
    { "insufficient_stock", 409, "There is not enough" },
    { "quantity_overflow", 409, "The sum would be too large" },
    { "lot_expired", 409, "The lot has expired" },
    { "quality_not_passed", 409, "The goods have not passed quality control" },
    { "earmark_violation", 409, "The earmark forbids this" },
    { "invalid_transition", 409, "The state does not allow this step" },
    { "over_receipt", 409, "More than is outstanding" },
    { "already_received", 409, "It was received already" },
    { "idempotency_in_progress", 409, "The first request with this key is still under way" },
    { "already_exists", 409, "The id is taken" },
    { "site_in_use", 409, "The site is in use" },
    { "item_in_use", 409, "The item is in use" },
    { "version_mismatch", 412, "The version is not the one named" },
    { "version_required", 428, "The version to replace must be named" },
    /* well-formed but wrong */
    { "invalid_request", 422, "Several things are wrong" },
    { "idempotency_key_reused", 422, "The Idempotency-Key belongs to another request" },
    { "unknown_member", 422, "A member is unknown" },
    { "missing_member", 422, "A member is missing" },
    { "wrong_type", 422, "A value has the wrong type" },
    { "out_of_range", 422, "A number is out of range" },
    { "too_short", 422, "A value is too short" },
    { "too_long", 422, "A value is too long" },
    { "bad_format", 422, "A value has the wrong form" },
    { "not_a_choice", 422, "A value is none of the choices" },
    { "personal_in_clear", 422, "A personal text stands in clear" },
    { "private_key_sent", 422, "A private key was sent" },
    { "unsupported_algorithm", 422, "The JWS has another algorithm" },
    { "critical_extension", 422, "The JWS asks for what is not understood" },
    { "missing_kid", 422, "The JWS does not name its key" },
    { "unknown_key", 422, "There is no such key" },
    { "signature_invalid", 422, "The signature does not fit" },
    { "payload_mismatch", 422, "What was signed is another request" },
    { "missing_text", 422, "A text is missing beside the JWS" },
    { "unneeded_text", 422, "A text stands beside the JWS that nothing asks for" },
    { "commitment_mismatch", 422, "A commitment is not that of its text" },
    { "commitment_reused", 422, "A commitment stands elsewhere already" },
    { "unknown_site", 422, "There is no such site" },
    { "unknown_item", 422, "There is no such item" },
    { "unknown_organisation", 422, "There is no such organisation" },
    { "unknown_province", 422, "There is no such province" },
    { "unknown_indicator", 422, "There is no such indicator" },
    { "unknown_supply", 422, "There is no such supply" },
    { "unknown_line", 422, "There is no such line" },
    { "unknown_need", 422, "There is no such need" },
    { "same_site", 422, "Origin and destination are the same site" },
    { "several_origins", 422, "The supplies lie at different sites" },
    { "no_lines", 422, "There are no lines" },
    { "duplicate_line", 422, "The same thing stands on two lines" },
    { "expiry_without_lot", 422, "An expiry date needs a lot number" },
    { "expiry_implausible", 422, "The expiry date is implausible" },
    { "expiry_conflict", 422, "The lot has another expiry date" },
    { "reason_required", 422, "A reason is needed" },
    { "occurred_in_future", 422, "It cannot have happened yet" },
    { "identifier_check_digit", 422, "An identifier's check digit is wrong" },
    { "id_mismatch", 422, "The id differs from the path's" },
    { "reserved_id", 422, "The id stands for another resource" },
    { "duplicate_row", 422, "The same thing stands in two rows" },
    { "no_rows", 422, "There are no rows" },
    { "no_figures", 422, "There are no such figures" },
    { "zero_mean", 422, "The mean is zero" },
    { "too_few_values", 422, "There are too few values" },
    { "no_spread", 422, "The values do not differ" },
    { "weights_zero", 422, "All weights are zero" },
    { "wrong_length", 422, "Two arrays differ in length" },
    { "unknown_checkpoint", 422, "There is no such checkpoint" },
    { "unknown_commitment", 422, "The commitment is unknown" },
    { "duplicate_id", 422, "An id stands twice" },
    { "duplicate_name", 422, "A name stands twice" },
    { "bad_value", 422, "A figure's value is none" },
    { "missing_column", 422, "A column is missing" },
    { "duplicate_column", 422, "A column stands twice" },
    { "unknown_column", 422, "A column is unknown" },
    { "wrong_field_count", 422, "A row has more or fewer fields than the header" },
    { "nothing_received", 422, "Nothing was received" },
    { "unknown_earmark", 422, "The earmark names nothing known" },
    { "derived_indicator", 422, "A derived indicator cannot be stored" },
    { "import_errors", 422, "Rows are wrong" },
    { "too_much_work", 422, "The computation would take too long" },
    { "conflicting_values", 422, "Two values exclude each other" },
    /* the service */
    { "internal", 500, "The service failed" },
    { "not_implemented", 501, "Not implemented" },
    { "transfer_coding_unknown", 501, "The transfer coding is not understood" },
    { "version_unknown", 505, "This version of HTTP is not spoken here" },
    { "busy", 503, "The service is busy" },
    { "check_failed", 503, "The ledger could not be checked" },
    { "not_ready", 503, "The service is not ready" },
    { "outcome_unknown", 503, "It is not known whether this was written" },
    { "stopping", 503, "The service is stopping" },
    { "disk_failed", 503, "The disk failed" },
    { "disk_full", 507, "There is no room" },
};

/* What one document says. */
struct document {
    const char *code;
    int status;
    const char *title;
    const char *detail;
    const char *instance;
    const struct faults *faults; /* or NULL */
};

static const struct row *find(const char *code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].code, code) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static const struct row *must_find(const char *code)
{
    const struct row *row = find(code);
    if (row == NULL) {
        log_error("problem", "code=%s known=no", code);
    }
    assert(row != NULL);
    return row;
}

bool problem_code_is_known(const char *code)
{
    return find(code) != NULL;
}

int problem_code_status(const char *code)
{
    return must_find(code)->status;
}

const char *problem_code_title(const char *code)
{
    return must_find(code)->title;
}

const char *problem_code_at(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? rows[index].code : NULL;
}

static void write_fault(struct json_writer *w, const struct fault *fault)
{
    json_object_begin(w);
    if (fault->parameter != NULL) {
        json_member_text(w, "parameter", fault->parameter);
    } else if (fault->pointer != NULL) {
        json_member_text(w, "pointer", fault->pointer);
    }
    if (fault->row > 0) {
        json_member_integer(w, "row", fault->row);
    }
    if (fault->column != NULL) {
        json_member_text(w, "column", fault->column);
    }
    json_member_text(w, "code", fault->code);
    json_member_text(w, "detail", fault->detail);
    if (fault->nearest != NULL) {
        json_member_text(w, "nearest", fault->nearest);
    }
    json_object_end(w);
}

static void write_faults(struct json_writer *w, const struct faults *faults)
{
    if (faults == NULL || faults->count == 0) {
        return;
    }
    json_key(w, "errors");
    json_array_begin(w);
    for (size_t i = 0; i < faults->count; i++) {
        write_fault(w, &faults->items[i]);
    }
    json_array_end(w);
    if (faults->total > faults->count) {
        json_member_integer(w, "errors_total", (int64_t)faults->total);
    }
}

/* Opens the object and writes what every problem has. */
static void begin_document(struct json_writer *w, struct buffer *out, const struct document *document)
{
    char type[TYPE_BYTES];
    snprintf(type, sizeof type, "/errors/%s", document->code);
    buffer_reset(out);
    json_writer_init(w, out);
    json_object_begin(w);
    json_member_text(w, "type", type);
    json_member_text(w, "title", document->title);
    json_member_integer(w, "status", document->status);
    json_member_text(w, "detail", document->detail);
    json_member_text(w, "instance", document->instance);
    json_member_text(w, "code", document->code);
    write_faults(w, document->faults);
}

static void end_document(struct json_writer *w)
{
    json_object_end(w);
    json_writer_finish(w);
}

/* Starts the exchange's reply anew as a problem of that code. */
static void begin_reply(struct exchange *exchange, struct json_writer *w, const struct row *row, const char *detail,
                        const struct faults *faults)
{
    struct document document = {
        .code = row->code,
        .status = row->status,
        .title = row->title,
        .detail = detail,
        .instance = exchange->path != NULL ? exchange->path : "/",
        .faults = faults,
    };
    begin_document(w, &exchange->reply, &document);
    exchange->status = row->status;
    exchange->content_type = "application/problem+json";
    exchange->header_count = 0;
    if (row->status == 401) {
        exchange_header(exchange, "WWW-Authenticate", "Bearer realm=\"tallystick\"");
    } else if (row->status == 503) {
        exchange_header(exchange, "Retry-After", "1");
    }
}

void problem_reply(struct exchange *exchange, const char *code, const char *format, ...)
{
    char detail[DETAIL_BYTES];
    struct json_writer w;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    begin_reply(exchange, &w, must_find(code), detail, NULL);
    end_document(&w);
}

void problem_faults(struct exchange *exchange, const char *code, const struct faults *faults, const char *format, ...)
{
    char detail[DETAIL_BYTES];
    struct json_writer w;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    begin_reply(exchange, &w, must_find(code), detail, faults);
    end_document(&w);
}

void problem_members(struct exchange *exchange, const char *code,
                     void (*members)(struct json_writer *w, const void *context), const void *context,
                     const char *format, ...)
{
    char detail[DETAIL_BYTES];
    struct json_writer w;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    begin_reply(exchange, &w, must_find(code), detail, NULL);
    members(&w, context);
    end_document(&w);
}

void problem_nearest(struct exchange *exchange, const char *nearest, const char *format, ...)
{
    char detail[DETAIL_BYTES];
    struct json_writer w;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    begin_reply(exchange, &w, must_find("not_found"), detail, NULL);
    json_member_text(&w, "nearest", nearest);
    end_document(&w);
}

static void write_request_id(struct json_writer *w, const void *context)
{
    json_member_text(w, "request", context);
}

/* For the sender of a change a file that cannot be read or written is what keeps it from being carried out now. */
static bool is_disk_failure(const struct exchange *exchange, enum status status)
{
    return (status == STATUS_IO || status == STATUS_CORRUPT) && exchange->route != NULL && exchange->route->class == CLASS_WRITE;
}

void problem_status(struct exchange *exchange, enum status status)
{
    const char *request = exchange->request_id != NULL ? exchange->request_id : "-";
    assert(status != STATUS_OK);
    if (is_disk_failure(exchange, status)) {
        problem_members(exchange, "disk_failed", write_request_id, request,
                        "The service could not read or write its files. Nothing was changed: send the same request again with the same "
                        "Idempotency-Key. If it fails again, quote the request %s to whoever runs the service.", request);
        return;
    }
    switch (status) {
    case STATUS_BUSY:
        problem_reply(exchange, "busy", "The service has more to do than it takes at once. Nothing was changed; "
                                        "send the same request again in a moment.");
        return;
    case STATUS_EXHAUSTED:
        problem_members(exchange, "disk_full", write_request_id, request,
                        "The service has no room left on disk or in memory for this request. Nothing was changed.");
        return;
    case STATUS_ABSENT:
        problem_reply(exchange, "not_found", "What was asked for does not exist.");
        return;
    case STATUS_OK:
    case STATUS_CONFLICT:
    case STATUS_INVALID:
    case STATUS_CORRUPT:
    case STATUS_IO:
        problem_members(exchange, "internal", write_request_id, request,
                        "The service could not do this; the request was not at fault. "
                        "Quote the request %s to whoever runs it.", request);
        return;
    }
}

/* Status and title where the table does not have the code. */
static struct row generic_row(enum refusal_kind kind)
{
    switch (kind) {
    case REFUSAL_INVALID:       return (struct row){ "", 422, "The request is well-formed but wrong" };
    case REFUSAL_ABSENT:        return (struct row){ "", 404, "There is no such thing" };
    case REFUSAL_CONFLICT:      return (struct row){ "", 409, "The state forbids this" };
    case REFUSAL_FORBIDDEN:     return (struct row){ "", 403, "This is not yours to do" };
    case REFUSAL_STALE:         return (struct row){ "", 412, "The version is not the one named" };
    case REFUSAL_UNCONDITIONED: return (struct row){ "", 428, "The version to replace must be named" };
    case REFUSAL_KEY_REUSED:    return (struct row){ "", 422, "The Idempotency-Key belongs to another request" };
    }
    assert(false); /* no such kind */
    return (struct row){ "", 422, "" };
}

/* Words with single spaces between, as an array. */
static void write_list(struct json_writer *w, const char *words)
{
    json_array_begin(w);
    for (const char *at = words + strspn(words, " "); *at != 0; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        json_text_length(w, at, length);
        at += length;
    }
    json_array_end(w);
}

static void write_member(struct json_writer *w, const struct refusal_member *member)
{
    json_key(w, member->name);
    switch (member->kind) {
    case REFUSAL_MEMBER_TEXT:    json_text(w, member->text); return;
    case REFUSAL_MEMBER_INTEGER: json_value_integer(w, member->integer); return;
    case REFUSAL_MEMBER_LIST:    write_list(w, member->text); return;
    }
}

void problem_refusal(const struct refusal *refusal, const char *instance, struct answer *answer)
{
    struct row generic = generic_row(refusal->kind);
    const struct row *known = find(refusal->code);
    struct document document = {
        .code = refusal->code,
        .status = generic.status,
        .title = known != NULL ? known->title : generic.title,
        .detail = refusal->detail,
        .instance = instance,
        .faults = &refusal->faults,
    };
    struct json_writer w;
    begin_document(&w, &answer->body, &document);
    for (size_t i = 0; i < refusal->member_count; i++) {
        write_member(&w, &refusal->members[i]);
    }
    end_document(&w);
    answer->status = document.status;
    answer->is_problem = true;
    answer->location[0] = 0;
    answer->etag[0] = 0;
}
