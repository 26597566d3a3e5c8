/*
 * Witnesses to and from structs; the statements are in sql/witness.sql.
 */
#include "db/witness.h"

#include "db/rows.h"
#include "db/statement.h"

static enum status read_witness(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct witness *witness = row;
    const char **const texts[] = { &witness->id, &witness->name, &witness->organisation, NULL };
    witness->is_ended = statement_integer(use, 4) != 0;
    witness->version = statement_integer(use, 5);
    witness->seq = statement_integer(use, 6);
    enum status status = rows_texts(use, arena, 0, texts);
    if (status == STATUS_OK) {
        status = rows_order_key(use, arena, 7, &witness->order_key);
    }
    return status != STATUS_OK ? status : statement_fixed(use, 3, witness->public_key, DB_WITNESS_KEY_BYTES);
}

enum status db_witness_find(struct db *db, struct arena *arena, const char *id, struct witness *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_witness_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_witness, out);
}

enum status db_witness_find_name(struct db *db, struct arena *arena, const char *name, struct witness *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_witness_find_name);
    statement_bind_text(use, 1, name);
    return rows_one(use, arena, read_witness, out);
}

enum status db_witness_find_other(struct db *db, struct arena *arena, const char *id, const char *name,
                                  const uint8_t public_key[DB_WITNESS_KEY_BYTES], struct witness *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_witness_find_other);
    statement_bind_text(use, 1, id);
    statement_bind_text(use, 2, name);
    statement_bind_blob(use, 3, public_key, DB_WITNESS_KEY_BYTES);
    return rows_one(use, arena, read_witness, out);
}

enum status db_witness_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const struct order *order,
                            struct witness **out, size_t *count)
{
    sqlite3_stmt *use = rows_ordered(db, order, STATEMENT_witness_list, STATEMENT_witness_list_ordered);
    statement_bind_text(use, 1, after);
    statement_bind_integer(use, 2, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_witness, (void **)out, count);
}

enum status db_witness_put(struct db *db, const struct witness *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_witness_put);
    statement_bind_text(use, 1, row->id);
    statement_bind_text(use, 2, row->name);
    statement_bind_blob(use, 3, row->public_key, DB_WITNESS_KEY_BYTES);
    if (row->organisation != NULL) {
        statement_bind_text(use, 4, row->organisation);
    }
    statement_bind_integer(use, 5, row->is_ended);
    statement_bind_integer(use, 6, row->version);
    statement_bind_integer(use, 7, row->seq);
    return statement_run(use);
}
