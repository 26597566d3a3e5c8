/*
 * Writing an export. Reading one: read.c; what is written: docs/ledger.md.
 */
#include "rules/export/export.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "db/answer.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/reference.h"
#include "json/write.h"
#include "ledger/entry.h"
#include "ledger/key.h"
#include "rules/record.h"

enum { SLICE_BYTES = 48 * 1024 /* of a long body; a multiple of three, so that base64 can be joined */ };

/* One call of export_piece. */
struct piece {
    struct export *export;
    struct db *db;
    struct arena arena; /* of the row at hand; keys are in the other one */
    struct arena keys_arena;
    struct node_key_row *node_keys;
    struct checkpoint_key_row *checkpoint_keys;
    size_t node_count, checkpoint_count;
    struct buffer *out;
    size_t enough;
    enum status status;
};

void export_begin(struct export *export, uint64_t after, uint64_t to, bool with_texts)
{
    assert(after <= to);
    *export = (struct export){ .after = after, .to = to, .with_texts = with_texts, .step = EXPORT_HEAD, .seq = after };
}

void export_go_on(struct export *export, uint64_t after, uint64_t to, bool with_texts)
{
    export_begin(export, after, to, with_texts);
    export->step = after < to ? EXPORT_ENTRIES : EXPORT_END;
}

void export_stop(struct export *export)
{
    export->to = export->seq;
}

static void begin_line(struct json_writer *w, struct buffer *out, const char *type)
{
    json_writer_init(w, out);
    json_object_begin(w);
    json_member_text(w, "type", type);
}

static void end_line(struct json_writer *w, struct buffer *out)
{
    json_object_end(w);
    json_writer_finish(w);
    buffer_byte(out, '\n');
}

static void write_key(struct buffer *out, const char *algorithm, const char *id, const void *public_key, size_t length, uint64_t from_seq)
{
    struct json_writer w;
    begin_line(&w, out, "key");
    json_member_text(&w, "algorithm", algorithm);
    json_member_text(&w, "key", id);
    json_member_hex(&w, "public_key", public_key, length);
    json_member_integer(&w, "from_seq", (int64_t)from_seq);
    end_line(&w, out);
}

/* Whether a key is to be listed: where the export begins, those that hold there and began before; else those that begin with seq. */
static bool is_due(uint64_t from_seq, uint64_t to_seq, bool begins, uint64_t seq)
{
    return begins ? from_seq < seq && (to_seq == 0 || to_seq >= seq) : from_seq == seq;
}

/* The keys to be listed before entry seq. */
static void write_keys(const struct piece *piece, bool begins, uint64_t seq)
{
    for (size_t i = 0; i < piece->node_count; i++) {
        const struct node_key_row *key = &piece->node_keys[i];
        if (is_due(key->from_seq, key->to_seq, begins, seq)) {
            write_key(piece->out, "secp256k1", key->id, key->public_key, sizeof key->public_key, key->from_seq);
        }
    }
    for (size_t i = 0; i < piece->checkpoint_count; i++) {
        const struct checkpoint_key_row *key = &piece->checkpoint_keys[i];
        if (is_due(key->from_seq, key->to_seq, begins, seq)) {
            write_key(piece->out, key->algorithm, key->id, key->public_key, sizeof key->public_key, key->from_seq);
        }
    }
}

static enum status write_head(struct piece *piece)
{
    struct json_writer w;
    const char *origin = NULL;
    enum status status = db_parameter_find(piece->db, &piece->arena, "origin", &origin);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
    }
    begin_line(&w, piece->out, "header");
    json_member_text(&w, "format", "tallystick-export");
    json_member_integer(&w, "version", EXPORT_VERSION);
    json_member_text(&w, "origin", origin);
    json_member_integer(&w, "after", (int64_t)piece->export->after);
    json_member_boolean(&w, "texts", piece->export->with_texts);
    end_line(&w, piece->out);
    write_keys(piece, true, piece->export->after + 1);
    piece->export->step = piece->export->after < piece->export->to ? EXPORT_ENTRIES : EXPORT_END;
    return STATUS_OK;
}

static void write_hex(struct buffer *out, const char *key, const uint8_t *bytes, size_t length)
{
    char hex[2 * DB_SEAL_BYTES + 1];
    assert(2 * length < sizeof hex);
    text_to_hex(hex, bytes, length);
    buffer_text(out, key);
    buffer_append(out, hex, 2 * length);
}

static enum status write_base64(struct buffer *out, struct arena *arena, const void *bytes, size_t length)
{
    char *text = arena_alloc(arena, TEXT_BASE64_BYTES(length));
    if (text == NULL) {
        return STATUS_EXHAUSTED;
    }
    buffer_append(out, text, text_to_base64(text, bytes, length));
    return STATUS_OK;
}

static enum status write_bytes(struct piece *piece, const struct entry_row *row)
{
    struct entry entry;
    struct buffer bytes;
    record_entry_of(row, &entry);
    buffer_init(&bytes);
    entry_encode(&entry, &bytes);
    enum status status = bytes.failed ? STATUS_EXHAUSTED : write_base64(piece->out, &piece->arena, bytes.bytes, bytes.length);
    buffer_fini(&bytes);
    return status;
}

static enum status write_text(struct buffer *out, const struct personal_row *row)
{
    struct json_writer w;
    begin_line(&w, out, "text");
    json_member_integer(&w, "seq", row->seq);
    json_member_text(&w, "pointer", row->pointer);
    json_member_text(&w, "commitment", row->commitment);
    json_key(&w, "salt");
    if (row->salt != NULL) {
        json_hex(&w, row->salt, DB_SALT_BYTES);
    } else {
        json_value_null(&w);
    }
    json_member_text(&w, "text", row->text);
    end_line(&w, out);
    return STATUS_OK;
}

static enum status write_texts(struct piece *piece, uint64_t seq)
{
    struct personal_row *rows = NULL;
    size_t count = 0;
    enum status status = db_personal_of(piece->db, &piece->arena, seq, &rows, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = write_text(piece->out, &rows[i]);
    }
    return status;
}

/* The checkpoint of the block, where the entry is its last one. */
static enum status write_checkpoint(struct piece *piece)
{
    struct json_writer w;
    struct checkpoint_row *row = NULL;
    size_t count = 0;
    const struct export *export = piece->export;
    enum status status = db_checkpoint_list(piece->db, &piece->arena, export->height - 1, 1, &row, &count);
    if (status != STATUS_OK || count == 0 || row->height != export->height || row->size != export->seq) {
        return status;
    }
    begin_line(&w, piece->out, "checkpoint");
    json_member_integer(&w, "height", (int64_t)row->height);
    json_member_integer(&w, "size", (int64_t)row->size);
    json_member_text(&w, "note", row->note);
    end_line(&w, piece->out);
    return STATUS_OK;
}

/* What stands behind an entry's line. */
static enum status write_tail(struct piece *piece)
{
    enum status status = piece->export->with_texts ? write_texts(piece, piece->export->seq) : STATUS_OK;
    return status == STATUS_OK ? write_checkpoint(piece) : status;
}

static enum status write_entry(struct piece *piece, const struct entry_row *row)
{
    struct export *export = piece->export;
    struct buffer *out = piece->out;
    bool is_long = row->body_length > LIMIT_BODY_INLINE;
    bool is_whole = row->seal_key != NULL && (is_long || (row->body != NULL && row->body_stored_length == row->body_length));
    if (row->seq != export->seq + 1 || !is_whole) {
        return STATUS_CORRUPT;
    }
    write_keys(piece, false, row->seq);
    buffer_text(out, "{\"type\":\"entry\",\"seq\":");
    buffer_integer(out, (int64_t)row->seq);
    write_hex(out, ",\"hash\":\"", row->hash, DB_HASH_BYTES);
    buffer_text(out, "\",\"key\":");
    struct json_writer w;
    json_writer_init(&w, out);
    json_text(&w, row->seal_key);
    write_hex(out, ",\"seal\":\"", row->seal, DB_SEAL_BYTES);
    buffer_text(out, "\",\"bytes\":\"");
    enum status status = write_bytes(piece, row);
    buffer_text(out, is_long ? "\",\"body\":\"" : "\",\"body\":null}\n");
    export->seq = row->seq;
    export->height = row->height;
    if (is_long) {
        export->step = EXPORT_BODY;
        export->body_at = 0;
        export->body_length = row->body_length;
        memcpy(export->body_digest, row->body_digest, DIGEST_BYTES);
        return status;
    }
    return status == STATUS_OK ? write_tail(piece) : status;
}

static bool visit_entry(void *context, const struct entry_row *row)
{
    struct piece *piece = context;
    arena_reset(&piece->arena);
    piece->status = write_entry(piece, row);
    return piece->status == STATUS_OK && piece->export->step == EXPORT_ENTRIES && piece->out->length < piece->enough &&
        !piece->out->failed;
}

static enum status write_entries(struct piece *piece)
{
    struct export *export = piece->export;
    uint64_t from = export->seq, broken = 0;
    enum status status = db_entry_walk(piece->db, export->seq, export->to, visit_entry, piece, &broken);
    status = status == STATUS_OK ? piece->status : status;
    if (status == STATUS_OK && export->step == EXPORT_ENTRIES && export->seq == from && from < export->to) {
        return STATUS_CORRUPT; /* there are none where there should be some */
    }
    if (export->step == EXPORT_ENTRIES && export->seq >= export->to) {
        export->step = EXPORT_END;
    }
    return status;
}

static enum status write_body(struct piece *piece)
{
    uint8_t *slice = arena_alloc(&piece->arena, SLICE_BYTES);
    struct export *export = piece->export;
    uint64_t left = export->body_length - export->body_at;
    size_t length = left < SLICE_BYTES ? (size_t)left : SLICE_BYTES;
    if (slice == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = db_body_read(piece->db, export->body_digest, export->body_at, slice, length);
    if (status == STATUS_OK) {
        status = write_base64(piece->out, &piece->arena, slice, length);
        export->body_at += length;
    }
    if (status == STATUS_OK && export->body_at == export->body_length) {
        buffer_text(piece->out, "\"}\n");
        export->step = export->seq < export->to ? EXPORT_ENTRIES : EXPORT_END;
        status = write_tail(piece);
    }
    return status;
}

static enum status write_end(struct piece *piece)
{
    struct json_writer w;
    uint8_t hash[DB_HASH_BYTES];
    enum status status = db_entry_hash(piece->db, piece->export->seq, hash);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
    }
    begin_line(&w, piece->out, "end");
    json_member_integer(&w, "seq", (int64_t)piece->export->seq);
    json_member_hex(&w, "hash", hash, sizeof hash);
    end_line(&w, piece->out);
    piece->export->step = EXPORT_OVER;
    return STATUS_OK;
}

static enum status write_next(struct piece *piece)
{
    arena_reset(&piece->arena);
    switch (piece->export->step) {
    case EXPORT_HEAD:
        return write_head(piece);
    case EXPORT_ENTRIES:
        return write_entries(piece);
    case EXPORT_BODY:
        return write_body(piece);
    case EXPORT_END:
        return write_end(piece);
    case EXPORT_OVER:
        break;
    }
    return STATUS_OK;
}

enum status export_piece(struct export *export, struct db *db, struct buffer *out)
{
    struct piece piece = { .export = export, .db = db, .out = out, .enough = out->length + EXPORT_PIECE_BYTES };
    arena_init(&piece.arena);
    arena_init(&piece.keys_arena);
    enum status status = db_node_key_list(db, &piece.keys_arena, &piece.node_keys, &piece.node_count);
    if (status == STATUS_OK) {
        status = db_checkpoint_key_list(db, &piece.keys_arena, &piece.checkpoint_keys, &piece.checkpoint_count);
    }
    while (status == STATUS_OK && !out->failed && out->length < piece.enough && !export_is_over(export)) {
        status = write_next(&piece);
    }
    arena_fini(&piece.arena);
    arena_fini(&piece.keys_arena);
    return status == STATUS_OK && out->failed ? STATUS_EXHAUSTED : status;
}
