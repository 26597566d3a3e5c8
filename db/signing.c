/*
 * Keys of organisations and policies to and from structs; the statements are in sql/signing.sql.
 */
#include "db/signing.h"

#include "db/rows.h"
#include "db/statement.h"

enum status db_organisation_key_insert(struct db *db, const struct organisation_key *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_key_insert);
    statement_bind_text(use, 1, row->id);
    statement_bind_text(use, 2, row->organisation);
    statement_bind_blob(use, 3, row->public_key, DB_PUBLIC_KEY_BYTES);
    statement_bind_integer(use, 4, row->from_seq);
    statement_bind_integer(use, 5, row->seq);
    return statement_run(use);
}

enum status db_organisation_key_revoke(struct db *db, const char *id, int64_t seq, const char *reason)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_key_revoke);
    statement_bind_text(use, 1, id);
    statement_bind_integer(use, 2, seq);
    statement_bind_text(use, 3, reason);
    return statement_run(use);
}

static enum status read_key(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct organisation_key *key = row;
    key->from_seq = statement_integer(use, 3);
    key->to_seq = statement_integer(use, 4);
    key->version = statement_integer(use, 7);
    key->seq = statement_integer(use, 8);
    const char **const first[] = { &key->id, &key->organisation, NULL };
    const char **const second[] = { &key->reason, &key->reason_text, NULL };
    enum status status = rows_texts(use, arena, 0, first);
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 5, second);
    }
    return status != STATUS_OK ? status : statement_fixed(use, 2, key->public_key, DB_PUBLIC_KEY_BYTES);
}

enum status db_organisation_key_find(struct db *db, struct arena *arena, const char *id, struct organisation_key *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_key_find);
    statement_bind_text(use, 1, id);
    return rows_one(use, arena, read_key, out);
}

enum status db_organisation_key_list(struct db *db, struct arena *arena, const char *organisation, int64_t after,
                                     int64_t limit, struct organisation_key **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_key_list);
    statement_bind_text(use, 1, organisation);
    statement_bind_integer(use, 2, after);
    statement_bind_integer(use, 3, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_key, (void **)out, count);
}

enum status db_organisation_key_list_down(struct db *db, struct arena *arena, const char *organisation, int64_t before,
                                          int64_t limit, struct organisation_key **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_organisation_key_list_down);
    statement_bind_text(use, 1, organisation);
    statement_bind_integer(use, 2, before);
    statement_bind_integer(use, 3, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_key, (void **)out, count);
}

static enum status read_policy(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct policy *policy = row;
    const char **const texts[] = { &policy->organisation, &policy->signed_kinds, NULL };
    policy->version = statement_integer(use, 2);
    policy->seq = statement_integer(use, 3);
    enum status status = rows_texts(use, arena, 0, texts);
    return status != STATUS_OK ? status : rows_order_key(use, arena, 4, &policy->order_key);
}

enum status db_policy_find(struct db *db, struct arena *arena, const char *organisation, struct policy *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_policy_find);
    statement_bind_text(use, 1, organisation);
    return rows_one(use, arena, read_policy, out);
}

enum status db_policy_put(struct db *db, const struct policy *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_policy_put);
    statement_bind_text(use, 1, row->organisation);
    statement_bind_text(use, 2, row->signed_kinds);
    statement_bind_integer(use, 3, row->version);
    statement_bind_integer(use, 4, row->seq);
    return statement_run(use);
}

enum status db_policy_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const struct order *order,
                           struct policy **out, size_t *count)
{
    sqlite3_stmt *use = rows_ordered(db, order, STATEMENT_policy_list, STATEMENT_policy_list_ordered);
    statement_bind_text(use, 1, after != NULL ? after : "");
    statement_bind_text(use, 2, after != NULL ? after : "/"); /* which no organisation is called */
    statement_bind_integer(use, 3, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_policy, (void **)out, count);
}

enum status db_policy_of(struct db *db, struct arena *arena, const char *a, const char *b, struct policy **out,
                         size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_policy_of);
    statement_bind_text(use, 1, a);
    statement_bind_text(use, 2, b);
    return rows_gather(use, arena, sizeof **out, DB_POLICIES_OF_MAX, read_policy, (void **)out, count);
}
