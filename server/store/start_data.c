/*
 * Turns the built-in CSV files into the genesis body. They are our own: anything wrong in
 * them is a fault of the build, and asserted.
 */
#include "server/store/start_data.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "json/csv.h"
#include "json/write.h"

extern const unsigned char embedded_provinces[], embedded_indicators[], embedded_figures[];
extern const size_t embedded_provinces_length, embedded_indicators_length, embedded_figures_length;

enum { COLUMNS_MAX = 8 };

struct table {
    const unsigned char *bytes;
    size_t length;
    const char *columns[COLUMNS_MAX];
    size_t column_count;
    void (*row)(struct json_writer *w, const char *const *fields);
};

static void write_number(struct json_writer *w, const char *key, const char *digits)
{
    json_key(w, key);
    json_raw(w, digits, strlen(digits));
}

static void write_name(struct json_writer *w, const char *en, const char *zh)
{
    json_key(w, "name");
    json_object_begin(w);
    json_member_text(w, "en", en);
    json_member_text(w, "zh", zh);
    json_object_end(w);
}

static void province_row(struct json_writer *w, const char *const *fields)
{
    json_member_text(w, "code", fields[0]);
    json_member_text(w, "gb_code", fields[1]);
    write_name(w, fields[2], fields[3]);
    json_member_text(w, "belt", fields[4]);
    json_member_text(w, "capital", fields[5]);
    write_number(w, "lat", fields[6]);
    write_number(w, "lon", fields[7]);
}

static void indicator_row(struct json_writer *w, const char *const *fields)
{
    json_member_text(w, "id", fields[0]);
    write_name(w, fields[1], fields[2]);
    json_member_text(w, "unit", fields[3]);
    json_member_text(w, "source", "National Bureau of Statistics of China");
}

static void figure_row(struct json_writer *w, const char *const *fields)
{
    json_member_text(w, "indicator", fields[0]);
    write_number(w, "year", fields[1]);
    json_member_text(w, "province", fields[2]);
    write_number(w, "value", fields[3]);
}

static enum status write_table(struct json_writer *w, struct arena *arena, const char *key, const struct table *table)
{
    struct csv_reader reader;
    char *copy = arena_copy(arena, (const char *)table->bytes, table->length);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    csv_reader_init(&reader, copy, table->length);
    enum status status = csv_read(&reader);
    assert(status == STATUS_OK && reader.count == table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        assert(strcmp(reader.fields[i], table->columns[i]) == 0);
    }
    json_key(w, key);
    json_array_begin(w);
    while ((status = csv_read(&reader)) == STATUS_OK) {
        assert(reader.count == table->column_count);
        json_object_begin(w);
        table->row(w, reader.fields);
        json_object_end(w);
    }
    assert(status == STATUS_ABSENT);
    json_array_end(w);
    return STATUS_OK;
}

enum status start_data_write(const struct start_parameters *parameters, struct arena *arena, struct buffer *body)
{
    const struct table provinces = { embedded_provinces, embedded_provinces_length,
        { "code", "gb_code", "name_en", "name_zh", "belt", "capital", "lat", "lon" }, 8, province_row };
    const struct table indicators = { embedded_indicators, embedded_indicators_length,
        { "id", "name_en", "name_zh", "unit" }, 4, indicator_row };
    const struct table figures = { embedded_figures, embedded_figures_length,
        { "indicator", "year", "province", "value" }, 4, figure_row };
    struct json_writer w;
    json_writer_init(&w, body);
    json_object_begin(&w);
    json_member_text(&w, "origin", parameters->origin);
    json_member_integer(&w, "time_zone_minutes", parameters->time_zone_minutes);
    json_member_hex(&w, "node_key", parameters->node_key, KEY_PUBLIC_BYTES);
    if (parameters->checkpoint_key != NULL) {
        json_member_hex(&w, "checkpoint_key", parameters->checkpoint_key, ED25519_PUBLIC_BYTES);
    }
    enum status status = write_table(&w, arena, "provinces", &provinces);
    if (status == STATUS_OK) {
        status = write_table(&w, arena, "indicators", &indicators);
    }
    if (status == STATUS_OK) {
        status = write_table(&w, arena, "figures", &figures);
    }
    json_object_end(&w);
    return status != STATUS_OK ? status : body->failed ? STATUS_EXHAUSTED : STATUS_OK;
}
