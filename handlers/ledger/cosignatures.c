/*
 * Cosignatures: taken from notes, listed, and joined to the notes that they are of. What one is: ledger/cosignature.h.
 */
#include "handlers/ledger/cosignatures.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "db/entry.h"
#include "db/node.h"
#include "db/witness.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/submit.h"
#include "json/bind.h"
#include "json/parse.h"
#include "json/write.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"

enum { NOTE_BYTES_MAX = 16384, OF_ONE_NOTE_MAX = NOTE_LINES_MAX - 2 /* so that it can be read again */ };

_Static_assert((int)NODE_COSIGNATURE_BYTES == (int)COSIGNATURE_BYTES && (int)NODE_COSIGNER_BYTES == (int)ED25519_PUBLIC_BYTES &&
               (int)DB_WITNESS_KEY_BYTES == (int)ED25519_PUBLIC_BYTES, "as node.db has them");

const char cosignatures_columns[] = "size,root,witness,name,time,line";

static void write_line(struct buffer *out, const struct cosignature_row *row)
{
    struct cosigner cosigner;
    cosigner_init(&cosigner, row->name, row->public_key);
    note_line_write(out, cosigner.name, cosigner.hash, row->signature, COSIGNATURE_BYTES);
}

static void write_cosignature(struct json_writer *w, const struct cosignature_row *row)
{
    struct buffer line;
    buffer_init(&line);
    write_line(&line, row);
    json_object_begin(w);
    json_member_integer(w, "size", row->size);
    json_member_hex(w, "root", row->root, NODE_HASH_BYTES);
    json_member_text(w, "witness", row->witness);
    json_member_text(w, "name", row->name);
    json_member_instant(w, "time", row->time_s * 1000);
    json_key(w, "line");
    json_text_length(w, line.failed ? "" : line.bytes, line.failed ? 0 : line.length - 1); /* without its line feed */
    json_object_end(w);
    if (line.failed) {
        w->out->failed = true;
    }
    buffer_fini(&line);
}

static enum status write_item(struct json_writer *w, const void *row, const struct exchange *exchange)
{
    (void)exchange;
    write_cosignature(w, row);
    return STATUS_OK;
}

enum status cosignatures_append(struct exchange *exchange, uint64_t size, const uint8_t *root, struct buffer *note)
{
    struct cosignature_row *found = NULL;
    size_t count = 0;
    enum status status = node_cosignature_of(exchange->node, exchange->arena, (int64_t)size, root, OF_ONE_NOTE_MAX, &found, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        write_line(note, &found[i]);
    }
    return status == STATUS_OK && note->failed ? STATUS_EXHAUSTED : status;
}

struct filter {
    int64_t limit;
    const char *cursor;
    int64_t size;
    int sort;
};

static const char *const orders[] = { "size", "-size", "time", "-time", NULL };

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_INTEGER_ROW(struct filter, size, false, 1, TEXT_INTEGER_MAX),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table table = QUERY_TABLE(rows);

/* The page in the order that was asked for, by two numbers. */
static enum handled list_ordered(struct page *page, int64_t size, int sort)
{
    struct exchange *exchange = page->exchange;
    struct cosignature_row *found = NULL;
    size_t count = 0;
    struct cosignature_order order = { .is_by_time = sort / 2 == 1, .is_descending = sort % 2 == 1 };
    bool is_sound = page->keys[0][0] == 0 ||
        (text_to_integer(page->keys[0], &order.after) == STATUS_OK && text_to_integer(page->keys[1], &order.after_id) == STATUS_OK);
    enum status status = !is_sound ? STATUS_CORRUPT
        : node_cosignature_list_ordered(exchange->node, exchange->arena, size, &order, page->limit + 1, &found, &count);
    return page_reply_numbered(page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = order.is_by_time ? offsetof(struct cosignature_row, time_s) : offsetof(struct cosignature_row, size),
                               .has_two = true, .second_at = offsetof(struct cosignature_row, id), .write = write_item });
}

enum handled cosignatures_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct page_span span;
    struct cosignature_row *found = NULL;
    size_t count = 0;
    if (!query_read(exchange, &table, &filter) || !page_begin(&page, exchange, filter.limit, filter.cursor, filter.sort < 0 ? 1 : 2)) {
        return HANDLED_REPLY;
    }
    int64_t size = filter.size == QUERY_ABSENT ? 0 : filter.size;
    if (filter.sort >= 0) {
        return list_ordered(&page, size, filter.sort);
    }
    enum status status = page_span(&page, -1, QUERY_ABSENT, &span);
    if (status == STATUS_OK) {
        status = node_cosignature_list(exchange->node, exchange->arena, size, span.after, page.limit + 1, &found, &count);
    }
    return page_reply_numbered(&page, status, &(struct page_numbered){ .rows = found, .count = count, .row_bytes = sizeof *found,
                               .number_at = offsetof(struct cosignature_row, id), .write = write_item });
}

struct body {
    const char *checkpoint;
};

/* Names in lines that are nobody's here are passed over, so what they have must not matter. */
static const struct bind_member body_rows[] = { BIND_PROSE_ROW(struct body, checkpoint, true, NOTE_BYTES_MAX) };
static const struct bind_table body_table = { body_rows, sizeof body_rows / sizeof body_rows[0], sizeof(struct body) };

/* Reads the body; document is the caller's to release in every case. STATUS_INVALID: faults say what is wrong. */
static enum status read_body(struct exchange *exchange, json_t **document, struct body *body, struct faults *faults)
{
    const char *bytes = exchange->body != NULL ? exchange->body : "";
    enum status parsed = json_parse(bytes, exchange->body_length, document, faults);
    if (*document == NULL) {
        return parsed;
    }
    enum status status = json_bind(*document, &body_table, BIND_CLEAR, "", body, exchange->arena, faults);
    return status != STATUS_OK ? status : parsed;
}

/* The checkpoint of this log that the note tells of; its text is the note's, byte for byte. */
static enum status find_checkpoint(struct exchange *exchange, const struct note *note, struct checkpoint_row *row, struct faults *faults)
{
    struct checkpoint checkpoint;
    if (checkpoint_parse(&checkpoint, note->text, note->text_length + 1) != STATUS_OK || checkpoint.size == 0) {
        faults_add(faults, "/checkpoint", "bad_format", "checkpoint is a signed note, but no checkpoint");
        return STATUS_INVALID;
    }
    enum status status = checkpoint.size > exchange->seq
        ? STATUS_ABSENT : db_checkpoint_of_size(exchange->db, exchange->arena, checkpoint.size, row);
    if (status == STATUS_ABSENT) {
        faults_add(faults, "/checkpoint", "unknown_checkpoint", "this log has no checkpoint of %" PRIu64 " entries", checkpoint.size);
        return STATUS_INVALID;
    }
    if (status == STATUS_OK && (strlen(row->note) <= note->text_length || row->note[note->text_length] != '\n' ||
                                memcmp(row->note, note->text, note->text_length) != 0)) {
        faults_add(faults, "/checkpoint", "unknown_checkpoint",
                   "this log's checkpoint of %" PRIu64 " entries is another one: keep both, since one of them may prove a fork",
                   checkpoint.size);
        return STATUS_INVALID;
    }
    return status;
}

/* The witness whose line it is. STATUS_ABSENT: nobody's who may cosign. */
static enum status find_witness(struct exchange *exchange, const struct note_line *line, struct witness *witness,
                                struct cosigner *cosigner)
{
    const char *name = arena_copy(exchange->arena, line->name, line->name_length);
    enum status status = name == NULL ? STATUS_EXHAUSTED : db_witness_find_name(exchange->db, exchange->arena, name, witness);
    if (status != STATUS_OK) {
        return status;
    }
    cosigner_init(cosigner, witness->name, witness->public_key);
    return witness->is_ended || !note_line_is_of(line, cosigner->name, cosigner->hash) ? STATUS_ABSENT : STATUS_OK;
}

/* Verifies the witnesses' lines of a note. STATUS_INVALID: faults say what is wrong. */
static enum status read_lines(struct exchange *exchange, const struct note *note, const struct checkpoint_row *row,
                              struct cosignature_row *out, size_t *count, struct faults *faults)
{
    for (size_t i = 0; i < note->count; i++) {
        struct witness witness;
        struct cosigner cosigner;
        struct cosignature_row *made = &out[*count];
        enum status status = find_witness(exchange, &note->lines[i], &witness, &cosigner);
        if (status == STATUS_ABSENT) {
            continue; /* the node's own lines, and those of others' witnesses */
        }
        if (status != STATUS_OK) {
            return status;
        }
        *made = (struct cosignature_row){ .size = (int64_t)row->size, .witness = witness.id, .name = witness.name };
        memcpy(made->root, row->root, sizeof made->root);
        memcpy(made->public_key, witness.public_key, sizeof made->public_key);
        status = note_line_signature(&note->lines[i], made->signature, sizeof made->signature);
        if (status == STATUS_OK) {
            status = cosignature_verify(&cosigner, note->text, note->text_length, made->signature, &made->time_s);
        }
        if (status == STATUS_INVALID) {
            faults_add(faults, "/checkpoint", "signature_invalid", "the line of %s is not a cosignature of this checkpoint by its key", witness.name);
        }
        if (status != STATUS_OK) {
            return status;
        }
        ++*count;
    }
    if (*count == 0) {
        faults_add(faults, "/checkpoint", "unknown_key",
                   "no line of the note is one of a witness that is registered and has not ended; GET /witnesses lists them");
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static void reply_taken(struct exchange *exchange, const struct cosignature_row *taken, size_t count)
{
    struct json_writer w;
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_key(&w, "items");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        write_cosignature(&w, &taken[i]);
    }
    json_array_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
}

/* Stores and answers them; a disk that fails is answered, too. */
static enum status keep(struct exchange *exchange, const struct cosignature_row *taken, size_t count)
{
    const bool had_lost_disk = node_has_lost_disk();
    enum status status = node_cosignature_put(exchange->node, taken, count);
    if (status == STATUS_OK) {
        reply_taken(exchange, taken, count);
    } else if (status == STATUS_IO && had_lost_disk) {
        problem_reply(exchange, "not_ready", "The disk failed, so this server takes no more cosignatures until it is started anew.");
    } else if (status == STATUS_IO) {
        problem_reply(exchange, "outcome_unknown", "The commit failed: the cosignatures may or may not have been kept. Send them again; "
                                                   "what was kept is not changed by that.");
    }
    return status == STATUS_IO ? STATUS_OK : status;
}

static enum status take(struct exchange *exchange, const char *text, struct faults *faults)
{
    struct checkpoint_row row;
    size_t count = 0;
    struct note *note = arena_alloc(exchange->arena, sizeof *note);
    struct cosignature_row *taken = arena_alloc(exchange->arena, NOTE_LINES_MAX * sizeof *taken);
    if (note == NULL || taken == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (note_read(note, text, strlen(text)) != STATUS_OK) {
        faults_add(faults, "/checkpoint", "bad_format",
                   "checkpoint is no signed note: the lines of the checkpoint, an empty line and signature lines are wanted, "
                   "each with its line feed");
        return STATUS_INVALID;
    }
    enum status status = find_checkpoint(exchange, note, &row, faults);
    if (status == STATUS_OK) {
        status = read_lines(exchange, note, &row, taken, &count, faults);
    }
    return status == STATUS_OK ? keep(exchange, taken, count) : status;
}

enum handled cosignatures_post(struct exchange *exchange)
{
    json_t *document = NULL;
    struct body body = { 0 };
    struct faults faults;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    faults_init(&faults, exchange->arena);
    enum status status = read_body(exchange, &document, &body, &faults);
    if (status == STATUS_OK) {
        status = take(exchange, body.checkpoint, &faults);
    }
    if (status == STATUS_INVALID) {
        submit_refuse(exchange, &faults);
    } else if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    if (document != NULL) {
        json_decref(document);
    }
    return HANDLED_REPLY;
}
