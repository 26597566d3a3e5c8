#ifndef DB_EFFECTS_H
#define DB_EFFECTS_H

#include "base/buffer.h"
#include "base/status.h"
#include "db/db.h"

/*
 * What a command wrote. Between begin and end every inserted or updated row of a
 * business table is noted (SQLite's update hook); effects_encode then gives their final
 * content in canonical form, so that its digest can stand in the entry:
 *
 *   for each row, ordered by table name and then by the encoded row:
 *     text table name; u32 number of columns; for each column in declared order
 *     u8 1 and i64 (big-endian, two's complement) for an integer,
 *     u8 3 and text for a text, u8 4 and bytes for a blob, u8 5 for NULL
 *
 * where a text or bytes is a u32 length and then the bytes. The business tables are those
 * of db/sql/rows.sql; rows of other tables are not effects. Rows are never deleted (asserted).
 */

/* Begins on a writer; one at a time. */
enum status effects_begin(struct db *db) NODISCARD;

/* Appends the canonical form of all rows written since effects_begin. */
enum status effects_encode(struct db *db, struct buffer *out) NODISCARD;

/* Stops noting; forgets. */
void effects_end(struct db *db);

/* The business tables by index, in the order of their names; NULL behind the last. */
const char *effects_table_at(size_t index);

/* Appends the canonical form of every row of one business table, ordered by key; for
 * comparing two databases. visit gets each row's bytes. */
enum status effects_table_rows(struct db *db, size_t table,
                               enum status (*visit)(void *context, const void *row, size_t length),
                               void *context) NODISCARD;

#endif
