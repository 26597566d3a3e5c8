/*
 * Collects the rows that a command wrote and encodes them. Rows are noted by table and
 * rowid while the command runs and read once at its end, so that a row written twice
 * counts once, with its final content.
 */
#include "db/effects.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/statement.h"

struct business_table {
    const char *name;
    enum statement row;
    enum statement rows;
};

#define TABLE(NAME) { #NAME, STATEMENT_row_##NAME, STATEMENT_rows_##NAME }
static const struct business_table tables[] = {
    TABLE(checkpoint_key), TABLE(erasure), TABLE(figure), TABLE(figures_revision), TABLE(indicator),
    TABLE(item), TABLE(movement), TABLE(node_key), TABLE(organisation), TABLE(organisation_key),
    TABLE(parameter), TABLE(policy), TABLE(province), TABLE(site), TABLE(supply), TABLE(transfer),
    TABLE(transfer_event), TABLE(transfer_event_line), TABLE(transfer_line), TABLE(transfer_person), TABLE(witness),
};
#undef TABLE
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

struct touched {
    size_t table;
    sqlite3_int64 rowid;
};

/* A row's place in the encoded bytes, for sorting. */
struct span {
    const char *bytes;
    size_t length;
};

struct effects {
    struct touched *rows;
    size_t count;
    size_t capacity;
    bool failed; /* without memory, or a row was deleted */
};

static size_t table_index(const char *name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (strcmp(tables[i].name, name) == 0) {
            return i;
        }
    }
    return TABLE_COUNT;
}

static void note(void *context, int operation, const char *database, const char *table, sqlite3_int64 rowid)
{
    struct effects *effects = context;
    (void)database;
    size_t index = table_index(table);
    if (index == TABLE_COUNT) {
        return;
    }
    assert(operation != SQLITE_DELETE);
    if (effects->count > 0 && effects->rows[effects->count - 1].table == index &&
        effects->rows[effects->count - 1].rowid == rowid) {
        return;
    }
    if (effects->count == effects->capacity) {
        size_t capacity = effects->capacity == 0 ? 64 : effects->capacity * 2;
        struct touched *rows = realloc(effects->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            effects->failed = true;
            return;
        }
        effects->rows = rows;
        effects->capacity = capacity;
    }
    effects->rows[effects->count++] = (struct touched){ index, rowid };
}

enum status effects_begin(struct db *db)
{
    assert(db->is_writer);
    assert(db->effects == NULL);
    db->effects = calloc(1, sizeof *db->effects);
    if (db->effects == NULL) {
        return STATUS_EXHAUSTED;
    }
    sqlite3_update_hook(db->handle, note, db->effects);
    return STATUS_OK;
}

void effects_end(struct db *db)
{
    sqlite3_update_hook(db->handle, NULL, NULL);
    if (db->effects != NULL) {
        free(db->effects->rows);
        free(db->effects);
        db->effects = NULL;
    }
}

static int compare_touched(const void *a, const void *b)
{
    const struct touched *x = a;
    const struct touched *y = b;
    if (x->table != y->table) {
        return x->table < y->table ? -1 : 1;
    }
    return (x->rowid > y->rowid) - (x->rowid < y->rowid);
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *x = a;
    const struct span *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->bytes, y->bytes, shorter);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

/* Type and number at once: there are some thirty columns to a command. */
static void encode_head(struct buffer *out, uint8_t type, uint64_t number, size_t width)
{
    uint8_t bytes[1 + sizeof number] = { type };
    for (size_t i = 0; i < width; i++) {
        bytes[1 + i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
    buffer_append(out, bytes, 1 + width);
}

static void encode_run(struct buffer *out, uint8_t type, const void *bytes, int length)
{
    encode_head(out, type, (uint32_t)length, 4);
    buffer_append(out, bytes, (size_t)length);
}

static void encode_row(struct buffer *out, const char *table, sqlite3_stmt *use)
{
    int columns = sqlite3_column_count(use);
    buffer_u32(out, (uint32_t)strlen(table));
    buffer_text(out, table);
    buffer_u32(out, (uint32_t)columns);
    for (int i = 0; i < columns; i++) {
        switch (sqlite3_column_type(use, i)) {
        case SQLITE_INTEGER:
            encode_head(out, 1, (uint64_t)sqlite3_column_int64(use, i), 8);
            break;
        case SQLITE_TEXT:
            encode_run(out, 3, sqlite3_column_text(use, i), sqlite3_column_bytes(use, i));
            break;
        case SQLITE_BLOB:
            encode_run(out, 4, sqlite3_column_blob(use, i), sqlite3_column_bytes(use, i));
            break;
        case SQLITE_NULL:
            buffer_byte(out, 5);
            break;
        default: /* a real number, which no business table of ours holds: the digests then differ */
            buffer_byte(out, 2);
            break;
        }
    }
}

/* Appends one touched row to encoded, and the length of its bytes to lengths. */
static enum status encode_touched(struct db *db, const struct touched *touched, struct buffer *encoded, size_t *length)
{
    bool has_row = false;
    const struct business_table *table = &tables[touched->table];
    sqlite3_stmt *use = statement_use(db, table->row);
    statement_bind_integer(use, 1, touched->rowid);
    enum status status = statement_row(use, &has_row);
    if (status != STATUS_OK) {
        return status;
    }
    if (!has_row) { /* rolled back with an inner savepoint: nothing was written */
        *length = 0;
        return STATUS_OK;
    }
    size_t before = encoded->length;
    encode_row(encoded, table->name, use);
    *length = encoded->length - before;
    statement_end(use);
    return encoded->failed ? STATUS_EXHAUSTED : STATUS_OK;
}

/* The rows of one table, [first, last), sorted by their encoded bytes. */
static enum status encode_table(struct db *db, size_t first, size_t last, struct buffer *out)
{
    const struct effects *effects = db->effects;
    enum status status = STATUS_OK;
    struct buffer encoded;
    buffer_init(&encoded);
    struct span *spans = calloc(last - first, sizeof *spans);
    if (spans == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t count = 0;
    for (size_t i = first; status == STATUS_OK && i < last; i++) {
        if (i > first && compare_touched(&effects->rows[i - 1], &effects->rows[i]) == 0) {
            continue;
        }
        status = encode_touched(db, &effects->rows[i], &encoded, &spans[count].length);
        count += spans[count].length > 0;
    }
    if (status == STATUS_OK) {
        size_t at = 0;
        for (size_t i = 0; i < count; i++) { /* only now do the bytes stand still */
            spans[i].bytes = encoded.bytes + at;
            at += spans[i].length;
        }
        qsort(spans, count, sizeof *spans, compare_spans);
        for (size_t i = 0; i < count; i++) {
            buffer_append(out, spans[i].bytes, spans[i].length);
        }
        status = out->failed ? STATUS_EXHAUSTED : STATUS_OK;
    }
    free(spans);
    buffer_fini(&encoded);
    return status;
}

enum status effects_encode(struct db *db, struct buffer *out)
{
    struct effects *effects = db->effects;
    assert(effects != NULL);
    if (effects->failed) {
        return STATUS_EXHAUSTED;
    }
    if (effects->count > 0) {
        qsort(effects->rows, effects->count, sizeof *effects->rows, compare_touched);
    }
    enum status status = STATUS_OK;
    size_t first = 0;
    while (status == STATUS_OK && first < effects->count) {
        size_t last = first;
        while (last < effects->count && effects->rows[last].table == effects->rows[first].table) {
            last++;
        }
        status = encode_table(db, first, last, out);
        first = last;
    }
    return status;
}

const char *effects_table_at(size_t index)
{
    return index < TABLE_COUNT ? tables[index].name : NULL;
}

enum status effects_table_rows(struct db *db, size_t table,
                               enum status (*visit)(void *context, const void *row, size_t length), void *context)
{
    assert(table < TABLE_COUNT);
    struct buffer row;
    bool has_row = true;
    enum status status = STATUS_OK;
    buffer_init(&row);
    sqlite3_stmt *use = statement_use(db, tables[table].rows);
    while (status == STATUS_OK) {
        status = statement_row(use, &has_row);
        if (status != STATUS_OK || !has_row) {
            break;
        }
        buffer_reset(&row);
        encode_row(&row, tables[table].name, use);
        status = row.failed ? STATUS_EXHAUSTED : visit(context, row.bytes, row.length);
        if (status != STATUS_OK) {
            statement_end(use);
        }
    }
    buffer_fini(&row);
    return status;
}
