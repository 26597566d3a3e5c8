#ifndef TESTS_UNIT_SUPPORT_OPEN_DB_H
#define TESTS_UNIT_SUPPORT_OPEN_DB_H

/* A new database for one test, in a folder of its own and inside a transaction that nobody commits; included after cmocka.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "db/db.h"
#include "db/entry.h"
#include "tests/unit/support/scratch.h"

struct fixture {
    char dir[SCRATCH_BYTES];
    struct db *db;
    struct arena arena;
    uint64_t seq; /* of the next entry, for those that count them; 1 */
};

/* fixture_set_up, for set-ups that go on from there. */
static inline struct fixture *fixture_make(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[SCRATCH_BYTES + 32];
    assert_non_null(f);
    assert_int_equal(scratch_make(f->dir), 0);
    snprintf(path, sizeof path, "%s/t.db", f->dir);
    assert_int_equal(db_open_writer(path, &f->db), STATUS_OK);
    arena_init(&f->arena);
    assert_int_equal(db_begin(f->db), STATUS_OK);
    f->seq = 1;
    return f;
}

static inline int fixture_set_up(void **state)
{
    *state = fixture_make();
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    db_rollback(f->db);
    db_close(f->db);
    arena_fini(&f->arena);
    int failed = scratch_remove(f->dir);
    free(f);
    return failed;
}

/* Puts an entry with what the test does not care for: an empty object for a body, and a hash that begins with its number. */
static inline void fixture_put_entry(struct fixture *f, struct entry_row row)
{
    row.height = row.seq;
    row.rules_version = 1;
    row.role = "admin";
    row.submitter_key = row.submitter_alg = row.submitter_sig = "";
    row.body = "{}";
    row.body_length = row.body_stored_length = 2;
    row.hash[0] = (uint8_t)row.seq;
    assert_int_equal(db_entry_insert(f->db, &row, 65536), STATUS_OK);
}

#endif
