/*
 * Rows of the reference tables to and from structs. One reader a table; the statements
 * are in sql/reference.sql.
 */
#include "db/reference.h"

#include "base/limits.h"
#include "db/rows.h"
#include "db/statement.h"

#define TEXTS(...) (const char **const[]){ __VA_ARGS__, NULL }

enum status db_parameter_insert(struct db *db, const char *name, const char *value)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_parameter_insert);
    statement_bind_text(use, 1, name);
    statement_bind_text(use, 2, value);
    return statement_run(use);
}

static enum status read_text(sqlite3_stmt *use, struct arena *arena, void *row)
{
    return statement_text(use, 0, arena, row);
}

enum status db_parameter_find(struct db *db, struct arena *arena, const char *name, const char **value)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_parameter_find);
    statement_bind_text(use, 1, name);
    return rows_one(use, arena, read_text, value);
}

/* Names stand in three columns from first on. */
static enum status read_name(sqlite3_stmt *use, struct arena *arena, int first, struct name *name)
{
    return rows_texts(use, arena, first, TEXTS(&name->text, &name->en, &name->zh));
}

static void bind_name(sqlite3_stmt *use, int first, const struct name *name)
{
    statement_bind_text(use, first, name->text);
    statement_bind_text(use, first + 1, name->en);
    statement_bind_text(use, first + 2, name->zh);
}

static int64_t read_position(sqlite3_stmt *use, int column)
{
    return statement_is_null(use, column) ? REFERENCE_NOWHERE : statement_integer(use, column);
}

static void bind_position(sqlite3_stmt *use, int index, int64_t position)
{
    if (position == REFERENCE_NOWHERE) {
        statement_bind_null(use, index);
    } else {
        statement_bind_integer(use, index, position);
    }
}

static enum status read_province(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct province *province = row;
    province->lat_e7 = statement_integer(use, 6);
    province->lon_e7 = statement_integer(use, 7);
    province->version = statement_integer(use, 8);
    province->seq = statement_integer(use, 9);
    enum status status = rows_texts(use, arena, 0, TEXTS(&province->code, &province->gb_code, &province->name_en,
                                                         &province->name_zh, &province->belt, &province->capital));
    return status == STATUS_OK ? rows_order_key(use, arena, 10, &province->order_key) : status;
}

enum status db_province_find(struct db *db, struct arena *arena, const char *code, struct province *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_province_find);
    statement_bind_text(use, 1, code);
    return rows_one(use, arena, read_province, out);
}

enum status db_province_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *belt,
                             const struct order *order, struct province **out, size_t *count)
{
    sqlite3_stmt *use = rows_ordered(db, order, STATEMENT_province_list, STATEMENT_province_list_ordered);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    statement_bind_text(use, 3, belt);
    return rows_gather(use, arena, sizeof **out, limit, read_province, (void **)out, count);
}

enum status db_province_put(struct db *db, const struct province *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_province_put);
    statement_bind_text(use, 1, row->code);
    statement_bind_text(use, 2, row->gb_code);
    statement_bind_text(use, 3, row->name_en);
    statement_bind_text(use, 4, row->name_zh);
    statement_bind_text(use, 5, row->belt);
    statement_bind_text(use, 6, row->capital);
    statement_bind_integer(use, 7, row->lat_e7);
    statement_bind_integer(use, 8, row->lon_e7);
    statement_bind_integer(use, 9, row->version);
    statement_bind_integer(use, 10, row->seq);
    return statement_run(use);
}

static enum status read_organisation(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct organisation *organisation = row;
    organisation->version = statement_integer(use, 6);
    organisation->seq = statement_integer(use, 7);
    enum status status = read_name(use, arena, 1, &organisation->name);
    if (status == STATUS_OK) {
        status = statement_text(use, 0, arena, &organisation->id);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 4, TEXTS(&organisation->kind, &organisation->province));
    }
    return status == STATUS_OK ? rows_order_key(use, arena, 8, &organisation->order_key) : status;
}

enum status db_organisation_find(struct db *db, struct arena *arena, const char *id, struct organisation *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_organisation, out);
}

enum status db_organisation_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *kind,
                                 const char *province, const struct order *order, struct organisation **out, size_t *count)
{
    sqlite3_stmt *use = rows_ordered(db, order, STATEMENT_organisation_list, STATEMENT_organisation_list_ordered);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    statement_bind_text(use, 3, kind);
    statement_bind_text(use, 4, province);
    return rows_gather(use, arena, sizeof **out, limit, read_organisation, (void **)out, count);
}

enum status db_organisation_put(struct db *db, const struct organisation *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_put);
    statement_bind_text(use, 1, row->id);
    bind_name(use, 2, &row->name);
    statement_bind_text(use, 5, row->kind);
    statement_bind_text(use, 6, row->province);
    statement_bind_integer(use, 7, row->version);
    statement_bind_integer(use, 8, row->seq);
    return statement_run(use);
}

static enum status read_site(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct site *site = row;
    site->lat_e7 = read_position(use, 7);
    site->lon_e7 = read_position(use, 8);
    site->version = statement_integer(use, 9);
    site->seq = statement_integer(use, 10);
    enum status status = read_name(use, arena, 1, &site->name);
    if (status == STATUS_OK) {
        status = statement_text(use, 0, arena, &site->id);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 4, TEXTS(&site->kind, &site->organisation, &site->province));
    }
    return status == STATUS_OK ? rows_order_key(use, arena, 11, &site->order_key) : status;
}

enum status db_site_find(struct db *db, struct arena *arena, const char *id, struct site *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_site_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_site, out);
}

enum status db_site_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *kind, const char *organisation,
                         const char *province, const struct order *order, struct site **out, size_t *count)
{
    sqlite3_stmt *use = rows_ordered(db, order, STATEMENT_site_list, STATEMENT_site_list_ordered);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    statement_bind_text(use, 3, kind);
    statement_bind_text(use, 4, organisation);
    statement_bind_text(use, 5, province);
    return rows_gather(use, arena, sizeof **out, limit, read_site, (void **)out, count);
}

enum status db_site_put(struct db *db, const struct site *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_site_put);
    statement_bind_text(use, 1, row->id);
    bind_name(use, 2, &row->name);
    statement_bind_text(use, 5, row->kind);
    statement_bind_text(use, 6, row->organisation);
    statement_bind_text(use, 7, row->province);
    bind_position(use, 8, row->lat_e7);
    bind_position(use, 9, row->lon_e7);
    statement_bind_integer(use, 10, row->version);
    statement_bind_integer(use, 11, row->seq);
    return statement_run(use);
}

enum status db_site_uses(struct db *db, const char *id, int64_t *supplies, int64_t *transfers)
{
    bool has_row = false;
    sqlite3_stmt *use = statement_use(db, STATEMENT_site_uses);
    statement_bind_text(use, 1, id);
    enum status status = statement_row(use, &has_row);
    if (status == STATUS_OK && has_row) { /* counts always give a row */
        *supplies = statement_integer(use, 0);
        *transfers = statement_integer(use, 1);
    }
    statement_end(use);
    return status;
}

static enum status read_item(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct item *item = row;
    item->lot_control = statement_integer(use, 7) != 0;
    item->medical_grade = statement_integer(use, 8) != 0;
    item->version = statement_integer(use, 9);
    item->seq = statement_integer(use, 10);
    enum status status = read_name(use, arena, 1, &item->name);
    if (status == STATUS_OK) {
        status = statement_text(use, 0, arena, &item->id);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 4, TEXTS(&item->unit, &item->category, &item->identifiers));
    }
    return status == STATUS_OK ? rows_order_key(use, arena, 11, &item->order_key) : status;
}

enum status db_item_find(struct db *db, struct arena *arena, const char *id, struct item *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_item_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_item, out);
}

enum status db_item_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const char *category,
                         const struct order *order, struct item **out, size_t *count)
{
    sqlite3_stmt *use = rows_ordered(db, order, STATEMENT_item_list, STATEMENT_item_list_ordered);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    statement_bind_text(use, 3, category);
    return rows_gather(use, arena, sizeof **out, limit, read_item, (void **)out, count);
}

enum status db_item_put(struct db *db, const struct item *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_item_put);
    statement_bind_text(use, 1, row->id);
    bind_name(use, 2, &row->name);
    statement_bind_text(use, 5, row->unit);
    statement_bind_text(use, 6, row->category);
    statement_bind_text(use, 7, row->identifiers);
    statement_bind_integer(use, 8, row->lot_control ? 1 : 0);
    statement_bind_integer(use, 9, row->medical_grade ? 1 : 0);
    statement_bind_integer(use, 10, row->version);
    statement_bind_integer(use, 11, row->seq);
    return statement_run(use);
}

enum status db_item_has_stock(struct db *db, const char *id, bool *has_stock)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_item_has_stock);
    statement_bind_text(use, 1, id);
    return rows_any(use, has_stock);
}

static enum status read_indicator(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct indicator *indicator = row;
    indicator->version = statement_integer(use, 6);
    indicator->seq = statement_integer(use, 7);
    enum status status = read_name(use, arena, 1, &indicator->name);
    if (status == STATUS_OK) {
        status = statement_text(use, 0, arena, &indicator->id);
    }
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 4, TEXTS(&indicator->unit, &indicator->source));
    }
    return status;
}

static enum status read_shown_indicator(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct shown_indicator *shown = row;
    shown->is_derived = statement_integer(use, 10) != 0;
    enum status status = read_indicator(use, arena, &shown->indicator);
    return status != STATUS_OK ? status : rows_texts(use, arena, 8, TEXTS(&shown->order_key, &shown->id));
}

enum status db_indicator_list_ordered(struct db *db, struct arena *arena, const char *after, int64_t limit, const struct indicator_derivation *how,
                                      const struct order *order, struct shown_indicator **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_indicator_list_ordered);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    statement_bind_text(use, 3, how->suffix);
    statement_bind_text(use, 4, how->name_suffix);
    statement_bind_text(use, 5, how->denominator);
    statement_bind_integer(use, 6, LIMIT_ID_BYTES);
    statement_bind_integer(use, 7, order->key);
    statement_bind_text(use, 8, order->after);
    statement_bind_integer(use, 9, order->is_descending ? 1 : 0);
    return rows_gather(use, arena, sizeof **out, limit, read_shown_indicator, (void **)out, count);
}

enum status db_indicator_find(struct db *db, struct arena *arena, const char *id, struct indicator *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_indicator_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_indicator, out);
}

enum status db_indicator_list(struct db *db, struct arena *arena, const char *after, int64_t limit,
                              struct indicator **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_indicator_list);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_indicator, (void **)out, count);
}

enum status db_indicator_put(struct db *db, const struct indicator *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_indicator_put);
    statement_bind_text(use, 1, row->id);
    bind_name(use, 2, &row->name);
    statement_bind_text(use, 5, row->unit);
    statement_bind_text(use, 6, row->source);
    statement_bind_integer(use, 7, row->version);
    statement_bind_integer(use, 8, row->seq);
    return statement_run(use);
}
