#ifndef DB_SIGNING_H
#define DB_SIGNING_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"
#include "db/order.h"
#include "db/entry.h"

/*
 * Keys with which organisations sign commands, and policies that say which commands must be signed. Texts of rows live in
 * the arena given. find is STATUS_ABSENT where there is no such row.
 */

struct organisation_key {
    const char *id; /* 16 hexadecimal digits */
    const char *organisation;
    uint8_t public_key[DB_PUBLIC_KEY_BYTES];
    int64_t from_seq;
    int64_t to_seq;          /* the last entry that it may sign; 0 while it is valid */
    const char *reason;      /* commitment: why it was revoked; NULL where none */
    const char *reason_text; /* NULL where none or erased */
    int64_t version, seq;
};

/* A new key, valid from from_seq on; of the row, only these and id, organisation, public_key and seq are looked at.
 * STATUS_CONFLICT where the key is there already. */
enum status db_organisation_key_insert(struct db *db, const struct organisation_key *row) NODISCARD;

/* The key's last entry is seq, which tells of it. */
enum status db_organisation_key_revoke(struct db *db, const char *id, int64_t seq, const char *reason) NODISCARD;

enum status db_organisation_key_find(struct db *db, struct arena *arena, const char *id, struct organisation_key *out) NODISCARD;

/* Up to limit keys of an organisation with a from_seq behind after. */
enum status db_organisation_key_list(struct db *db, struct arena *arena, const char *organisation, int64_t after,
                                     int64_t limit, struct organisation_key **out, size_t *count) NODISCARD;

/* The same with a from_seq before `before`, the newest first. */
enum status db_organisation_key_list_down(struct db *db, struct arena *arena, const char *organisation, int64_t before,
                                          int64_t limit, struct organisation_key **out, size_t *count) NODISCARD;

struct policy {
    const char *organisation; /* "" stands for every one */
    const char *signed_kinds; /* JSON array, as rules/policy.h writes it */
    int64_t version, seq;
    const char *order_key; /* in lists of another order than that of the organisations; else NULL */
};

enum status db_policy_find(struct db *db, struct arena *arena, const char *organisation, struct policy *out) NODISCARD;
enum status db_policy_put(struct db *db, const struct policy *row) NODISCARD;

/* Up to limit policies behind that of an organisation (NULL: from the start), by organisation, updated_seq. */
enum status db_policy_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const struct order *order,
                           struct policy **out, size_t *count) NODISCARD;

/* The policies for every organisation, for a and for b; at most three. */
enum { DB_POLICIES_OF_MAX = 3 };
enum status db_policy_of(struct db *db, struct arena *arena, const char *a, const char *b, struct policy **out,
                         size_t *count) NODISCARD;

#endif
