/*
 * Verification over several threads: the first broken entry is named whatever breaks behind it; memory does not grow; from a mark
 * on, only what came behind it is looked at.
 */
#include "tests/unit/rules/world.h"

#include <sqlite3.h>

#include "rules/record.h"
#include "rules/verify/verify.h"
#include "rules/verify/entries.h"
#include "rules/verify/mark.h"
#include "rules/verify/parts.h"

enum { ENTRIES = 205 };

/* More entries than are read at once, in blocks of five. */
static void live(struct world *world)
{
    static const char *const bodies[] = { "{\"delta\":-1,\"reason\":\"consumed\"}", "{\"delta\":1,\"reason\":\"counted\"}" };
    char id[32];
    uint8_t root[DIGEST_BYTES];
    world_open(world);
    world_begin(world);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_SITE_PUT, "A", "b",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ITEM_PUT, "MASK", "c", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_SUPPLY_INTAKE, "", "s",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\",\"note\":\"by lorry\"}", NULL), 201);
    for (int seq = 6; seq <= ENTRIES; seq += 5) {
        assert_int_equal(block_begin(world->executor, WORLD_START_MS + seq), STATUS_OK);
        for (int i = 0; i < 5; i++) {
            snprintf(id, sizeof id, "adjust-%d", seq + i);
            assert_int_equal(world_deliver(world, COMMAND_SUPPLY_ADJUST, "s", id, bodies[(seq + i) % 2], NULL), 200);
        }
        assert_int_equal(block_end(world->executor, root), STATUS_OK);
        assert_int_equal(block_commit(world->executor), STATUS_OK);
    }
    assert_int_equal(executor_seq(world->executor), ENTRIES);
}

/* SQL with no guard in force; the triggers are back afterwards. */
static void meddle(struct world *world, const char *sql)
{
    static const char *const triggers[] = { "entry_no_update", "entry_no_delete", "seal_no_update", "seal_no_delete",
                                            "checkpoint_no_update", "checkpoint_no_delete" };
    sqlite3 *handle = NULL;
    char *made[sizeof triggers / sizeof triggers[0]];
    char text[1024];
    assert_int_equal(sqlite3_open(world->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        sqlite3_stmt *use = NULL;
        snprintf(text, sizeof text, "SELECT sql FROM sqlite_schema WHERE name = '%s'", triggers[i]);
        assert_int_equal(sqlite3_prepare_v2(handle, text, -1, &use, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(use), SQLITE_ROW);
        made[i] = strdup((const char *)sqlite3_column_text(use, 0));
        sqlite3_finalize(use);
        snprintf(text, sizeof text, "DROP TRIGGER %s", triggers[i]);
        assert_int_equal(sqlite3_exec(handle, text, NULL, NULL, NULL), SQLITE_OK);
    }
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    }
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        assert_int_equal(sqlite3_exec(handle, made[i], NULL, NULL, NULL), SQLITE_OK);
        free(made[i]);
    }
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* Another file with the same ledger, which nobody has open. */
static void copy(struct world *world, const struct world *of)
{
    sqlite3 *handle = NULL;
    char text[256];
    assert_int_equal(scratch_make(world->dir), 0);
    snprintf(world->path, sizeof world->path, "%s/t.db", world->dir);
    snprintf(text, sizeof text, "VACUUM INTO '%s'", world->path);
    assert_int_equal(sqlite3_open(of->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static struct verify_report verify_with(struct world *world, const struct verify_options *options)
{
    struct db *reader = NULL;
    struct verify_report report;
    assert_int_equal(db_open_reader(world->path, &reader), STATUS_OK);
    assert_int_equal(verify_ledger(reader, options, &report), STATUS_OK);
    db_close(reader);
    return report;
}

static struct verify_report verify_by(struct world *world, size_t threads)
{
    return verify_with(world, &(struct verify_options){ .threads = threads });
}

static struct world lived; /* which no test changes */

static int set_up(void **state)
{
    world_set_up(state);
    live(&lived);
    return 0;
}

static int tear_down(void **state)
{
    world_close(&lived);
    return world_tear_down(state);
}

static void test_counts(void **state)
{
    (void)state;
    for (size_t threads = 0; threads < 4; threads++) {
        struct verify_report report = verify_by(&lived, threads);
        assert_string_equal(report.reason, "");
        assert_true(report.is_ok);
        assert_int_equal(report.first, 1);
        assert_int_equal(report.entries, ENTRIES);
        assert_int_equal(report.whole, ENTRIES);
        assert_int_equal(report.replayed, ENTRIES);
        assert_int_equal(report.checkpoints, 5 + (ENTRIES - 5) / 5);
        assert_int_equal(report.signatures, report.entries + report.checkpoints);
    }
}

/* Two faults each; what must be told is the first in the order of the entries, and within one entry in the order of the checks. */
static void test_the_first_broken_entry(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        uint64_t seq;
        const char *code;
        uint64_t entries; /* whose chain is sound */
    } cases[] = {
        {"UPDATE seal SET signature = zeroblob(64) WHERE seq IN (100, 150)", 100, "seal", 99},
        {"UPDATE seal SET signature = zeroblob(64) WHERE seq = 150; UPDATE entry SET kind = 'x' WHERE seq = 100", 100, "hash", 99},
        {"UPDATE seal SET signature = zeroblob(64) WHERE seq = 100; UPDATE entry SET kind = 'x' WHERE seq = 150", 100, "seal", 99},
        {"UPDATE seal SET signature = zeroblob(64) WHERE seq = 64; UPDATE entry SET body = x'7b7d' WHERE seq = 65", 64, "seal", 63},
        {"UPDATE seal SET signature = zeroblob(64) WHERE seq = 65; UPDATE entry SET body = x'7b7d' WHERE seq = 64", 64, "body", 63},
        {"UPDATE seal SET key = 'nobody' WHERE seq = 80; DELETE FROM seal WHERE seq = 81", 80, "key", 79},
        {"UPDATE seal SET key = 'nobody' WHERE seq = 81; DELETE FROM seal WHERE seq = 80", 80, "seal", 79},
        {"UPDATE entry SET previous_hash = zeroblob(32), kind = 'x' WHERE seq = 90", 90, "previous_hash", 89},
        {"DELETE FROM entry WHERE seq = 68; UPDATE seal SET signature = zeroblob(64) WHERE seq = 69", 68, "seq", 67},
        {"DELETE FROM entry WHERE seq = 70; UPDATE seal SET signature = zeroblob(64) WHERE seq = 71", 69, "checkpoint", 69},
        {"UPDATE checkpoint SET root = zeroblob(32) WHERE size = 70; UPDATE seal SET signature = zeroblob(64) WHERE seq = 71", 70, "checkpoint", 70},
        {"UPDATE checkpoint SET root = zeroblob(32) WHERE size = 70; UPDATE seal SET signature = zeroblob(64) WHERE seq = 70", 70, "seal", 69},
        {"UPDATE checkpoint SET note = replace(note, 'A', 'B') WHERE size = 130; DELETE FROM checkpoint WHERE size = 125", 125, "checkpoint", 125},
        {"DELETE FROM answer WHERE seq = 66; UPDATE seal SET signature = zeroblob(64) WHERE seq = 67", 66, "answer", 66},
        {"DELETE FROM answer WHERE seq = 67; UPDATE seal SET signature = zeroblob(64) WHERE seq = 66", 66, "seal", 65},
        {"UPDATE entry SET hash = x'00' WHERE seq = 80", 80, "column", 79},
        {"UPDATE entry SET hash = x'00' WHERE seq = 80; UPDATE seal SET signature = zeroblob(64) WHERE seq = 79", 79, "seal", 78},
        {"UPDATE entry SET hash = x'00' WHERE seq = 79; UPDATE seal SET signature = zeroblob(64) WHERE seq = 80", 79, "column", 78},
        {"UPDATE seal SET signature = x'00' WHERE seq = 1; DELETE FROM answer WHERE seq = 1", 1, "column", 0},
        {"UPDATE supply SET on_hand = 11; UPDATE seal SET signature = zeroblob(64) WHERE seq = 205", 205, "seal", 204},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        copy(&world, &lived);
        meddle(&world, cases[i].sql);
        struct verify_report first = verify_by(&world, 0);
        if (first.is_ok || first.first_broken != cases[i].seq || strcmp(first.code, cases[i].code) != 0 || first.entries != cases[i].entries) {
            fail_msg("%s: entry %llu (%s) behind %llu: %s", cases[i].sql, (unsigned long long)first.first_broken, first.code,
                     (unsigned long long)first.entries, first.reason);
        }
        for (size_t threads = 1; threads < 4; threads++) {
            struct verify_report report = verify_by(&world, threads);
            assert_memory_equal(&report, &first, sizeof report);
        }
        assert_int_equal(scratch_remove(world.dir), 0);
    }
}

/* One more entry, in a block of its own. */
static void adjust_later(struct world *world)
{
    assert_int_equal(world_do(world, WORLD_START_MS + 999, COMMAND_SUPPLY_ADJUST, "s", "later", "{\"delta\":-2,\"reason\":\"consumed\"}", NULL),
                     200);
}

static struct verify_mark mark_of(struct world *world, struct verify_report *report)
{
    struct verify_mark mark;
    memset(&mark, 0, sizeof mark);
    *report = verify_with(world, &(struct verify_options){ .threads = 1, .reached = &mark });
    return mark;
}

static void test_from_a_mark_on(void **state)
{
    (void)state;
    struct world world;
    struct verify_report report;
    struct verify_mark again;
    live(&world);
    struct verify_mark mark = mark_of(&world, &report);
    assert_true(report.is_ok);
    assert_int_equal(mark.chain.seq, ENTRIES);
    assert_int_equal(mark.whole, ENTRIES);
    assert_string_equal(mark.note, executor_checkpoint(world.executor));
    adjust_later(&world);

    /* before the mark, beside the entries, in the state: nothing of that is looked at */
    meddle(&world, "UPDATE seal SET signature = zeroblob(64) WHERE seq = 100; UPDATE entry SET kind = 'x' WHERE seq = 50;"
                   "UPDATE supply SET on_hand = 5; DELETE FROM answer WHERE seq = 7; UPDATE personal SET text = 'by ship'");
    report = verify_with(&world, &(struct verify_options){ .threads = 1, .mark = &mark, .reached = &again });
    assert_string_equal(report.reason, "");
    assert_string_equal(report.unfit, "");
    assert_true(report.is_ok);
    assert_int_equal(report.first, ENTRIES + 1);
    assert_int_equal(report.entries, ENTRIES + 1);
    assert_int_equal(report.whole, ENTRIES);
    assert_int_equal(report.replayed, 0);
    assert_int_equal(report.signatures, 2);
    assert_int_equal(again.chain.seq, ENTRIES + 1);
    assert_int_equal(again.whole, ENTRIES);
    assert_string_equal(again.note, executor_checkpoint(world.executor));

    /* who looks at everything finds it */
    report = verify_by(&world, 1);
    assert_int_equal(report.first_broken, 7);
    assert_string_equal(report.code, "answer");

    /* nothing has come since */
    report = verify_with(&world, &(struct verify_options){ .mark = &again });
    assert_true(report.is_ok);
    assert_int_equal(report.first, ENTRIES + 2);
    assert_int_equal(report.entries, ENTRIES + 1);
    assert_int_equal(report.signatures, 0);

    /* behind the mark everything is looked at, but for the state */
    static const char *const spoilt[][2] = {
        {"UPDATE seal SET signature = zeroblob(64) WHERE seq = 206", "seal"},
        {"UPDATE answer SET body = x'7b7d' WHERE seq = 206", "answer"},
        {"UPDATE entry SET body = x'7b7d' WHERE seq = 206", "body"},
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        meddle(&world, spoilt[i][0]);
        report = verify_with(&world, &(struct verify_options){ .threads = 1, .mark = &mark });
        assert_int_equal(report.first_broken, ENTRIES + 1);
        assert_string_equal(report.code, i == 1 ? "seal" : spoilt[i][1]); /* the seal is still spoilt, and comes before the answer */
    }
    world_close(&world);
}

static void expect_unfit(struct world *world, const struct verify_mark *mark, const char *unfit, const char *code)
{
    struct verify_report report = verify_with(world, &(struct verify_options){ .threads = 1, .mark = mark });
    assert_string_equal(report.unfit, unfit);
    assert_int_equal(report.first, 1);
    assert_string_equal(report.code, code);
}

static void test_a_mark_that_does_not_fit(void **state)
{
    (void)state;
    struct world world, other;
    struct verify_report report;
    live(&world);
    live(&other); /* by the same key, but its personal text has another salt */
    const struct verify_mark mark = mark_of(&world, &report), theirs = mark_of(&other, &report);
    struct verify_mark changed = mark;

    changed.note[strlen(changed.note) / 2] ^= 1;
    expect_unfit(&world, &changed, "its checkpoint is none that a key of this ledger signed", "");
    changed = mark;
    changed.chain.tree.hashes[0][0] ^= 1;
    expect_unfit(&world, &changed, "its checkpoint is not that of its tree", "");
    changed = mark;
    changed.chain.head[0] ^= 1;
    expect_unfit(&world, &changed, "entry 205 is another now", "");
    changed = mark;
    changed.chain.time_ms++;
    expect_unfit(&world, &changed, "entry 205 is another now", "");
    expect_unfit(&world, &theirs, "entry 205 is another now", "checkpoint"); /* signed here: history was rewritten */

    struct verify_options older = { .mark = &mark, .checkpoint = executor_checkpoint(other.executor) };
    report = verify_with(&world, &older); /* of the same size */
    assert_string_equal(report.code, "checkpoint");

    meddle(&world, "DELETE FROM seal WHERE seq > 200; DELETE FROM entry WHERE seq > 200; DELETE FROM checkpoint WHERE size > 200");
    expect_unfit(&world, &mark, "it has 205 entries, the ledger 200", "truncated");
    world_close(&world);
    world_close(&other);
}

static void test_a_demanded_checkpoint_that_is_older(void **state)
{
    (void)state;
    struct world world;
    struct verify_report report;
    char older[CHECKPOINT_NOTE_BYTES_MAX + 1];
    live(&world);
    snprintf(older, sizeof older, "%s", executor_checkpoint(world.executor));
    struct verify_mark before = mark_of(&world, &report);
    adjust_later(&world);
    struct verify_mark mark = mark_of(&world, &report);
    report = verify_with(&world, &(struct verify_options){ .mark = &mark, .checkpoint = older });
    assert_true(report.is_ok);
    assert_string_equal(report.unfit, "the checkpoint given is older than it");
    assert_int_equal(report.first, 1);
    report = verify_with(&world, &(struct verify_options){ .mark = &before, .checkpoint = older });
    assert_true(report.is_ok);
    assert_string_equal(report.unfit, "");
    assert_int_equal(report.first, ENTRIES + 1);
    world_close(&world);
}

static void test_marks_as_text(void **state)
{
    (void)state;
    struct verify_report report;
    struct verify_mark again;
    struct buffer text;
    struct verify_mark mark = mark_of(&lived, &report);
    buffer_init(&text);
    verify_mark_write(&mark, &text);
    assert_false(text.failed);
    assert_true(text.length <= VERIFY_MARK_BYTES_MAX);
    memset(&again, 0, sizeof again);
    assert_int_equal(verify_mark_read(&again, text.bytes, text.length), STATUS_OK);
    assert_memory_equal(&again.chain.head, &mark.chain.head, DIGEST_BYTES);
    assert_int_equal(again.chain.seq, mark.chain.seq);
    assert_int_equal(again.chain.tree.count, mark.chain.tree.count);
    assert_memory_equal(again.chain.tree.hashes, mark.chain.tree.hashes, mark.chain.tree.count * DIGEST_BYTES);
    assert_string_equal(again.note, mark.note);
    for (size_t length = 0; length < text.length; length++) { /* cut anywhere */
        assert_int_equal(verify_mark_read(&again, text.bytes, length), STATUS_INVALID);
    }
    for (size_t i = 0; i < text.length; i++) { /* each byte another, by one bit and as another sign */
        const char changed[] = { (char)(text.bytes[i] ^ 1), (char)(text.bytes[i] ^ 0x20), 0, '\n', ' ', '0' };
        char old = text.bytes[i];
        for (size_t k = 0; k < sizeof changed; k++) {
            text.bytes[i] = changed[k];
            assert_int_equal(verify_mark_read(&again, text.bytes, text.length), changed[k] == old ? STATUS_OK : STATUS_INVALID);
        }
        text.bytes[i] = old;
    }
    buffer_byte(&text, '\n');
    assert_int_equal(verify_mark_read(&again, text.bytes, text.length), STATUS_INVALID);
    buffer_fini(&text);
}

/* A source that is no database: entries with long bodies, made when they are asked for. */
struct stream {
    struct signer *signer;
    const struct key *key; /* the signer's */
    struct chain chain;
    uint64_t count;
    size_t body_bytes;
    uint64_t bad; /* the entry with a bad seal */
    uint64_t settled, most_ahead; /* entries: how far verify is, and how many it had read beyond that at most */
};

static bool note_settled(void *context, uint64_t seq, uint64_t size)
{
    struct stream *stream = context;
    assert_int_equal(size, 0);
    stream->settled = seq;
    return true;
}

static enum status stream_entries(void *context, struct arena *arena, uint64_t after, struct verify_item **out, size_t *count,
                                  uint64_t *broken)
{
    struct stream *stream = context;
    enum { PER_CALL = 16 };
    struct verify_item *items = arena_array(arena, PER_CALL, sizeof *items);
    uint64_t height = stream->chain.height + 1; /* each call's entries are a block */
    (void)broken;
    assert_int_equal(after, stream->chain.seq);
    for (*count = 0; *count < PER_CALL && stream->chain.seq < stream->count; ++*count) {
        struct entry_row *row = arena_alloc(arena, sizeof *row);
        struct entry entry;
        char *body = arena_alloc(arena, stream->body_bytes);
        memset(body, 'x', stream->body_bytes);
        *row = (struct entry_row){
            .seq = stream->chain.seq + 1, .height = height, .time_ms = 1, .rules_version = 1, .kind = "k", .target = "",
            .command_id = "c", .new_id = "", .organisation = "", .role = "admin", .subject = "", .submitter_key = "",
            .submitter_alg = "", .body_length = stream->body_bytes, .body = body, .body_stored_length = stream->body_bytes,
            .submitter_sig = "", .seal_key = key_id(stream->key),
        };
        memcpy(row->previous_hash, stream->chain.head, DIGEST_BYTES);
        digest_bytes(row->body_digest, body, stream->body_bytes);
        record_entry_of(row, &entry);
        assert_int_equal(entry_hash(&entry, row->hash), STATUS_OK);
        key_sign(stream->key, row->hash, row->seal);
        assert_int_equal(chain_check(&stream->chain, &entry, row->hash, row->seal, key_public(stream->key)), CHAIN_SOUND);
        row->seal[40] ^= row->seq == stream->bad;
        items[*count] = (struct verify_item){ row, false };
    }
    if (*count > 0) {
        items[*count - 1].ends_block = true;
    }
    uint64_t ahead = stream->chain.seq - stream->settled;
    stream->most_ahead = ahead > stream->most_ahead ? ahead : stream->most_ahead;
    *out = items;
    return STATUS_OK;
}

static enum status stream_checkpoint(void *context, struct arena *arena, uint64_t height, struct checkpoint_row *row)
{
    struct stream *stream = context;
    assert_int_equal(height, stream->chain.height);
    struct checkpoint checkpoint = { .origin = "test.example/1", .size = stream->chain.seq };
    struct buffer note;
    buffer_init(&note);
    tree_root(&stream->chain.tree, checkpoint.root);
    assert_int_equal(checkpoint_write(&checkpoint, stream->signer, false, &note), STATUS_OK);
    *row = (struct checkpoint_row){ .height = stream->chain.height, .size = checkpoint.size, .note = arena_copy(arena, note.bytes, note.length) };
    memcpy(row->root, checkpoint.root, DIGEST_BYTES);
    buffer_fini(&note);
    return STATUS_OK;
}

static struct verify_report verify_stream(struct stream *stream, size_t threads)
{
    struct verify verify;
    struct key *made = NULL;
    struct verify_options options = { .threads = threads, .progress = note_settled, .context = stream };
    struct verify_report report = { .is_ok = true, .first = 1 };
    assert_int_equal(key_generate(&made), STATUS_OK);
    stream->key = made;
    assert_int_equal(signer_of_key(made, &stream->signer), STATUS_OK); /* which takes it */
    struct node_key_row key = { .id = key_id(stream->key), .from_seq = 1 };
    memset(&verify, 0, sizeof verify);
    memcpy(key.public_key, key_public(stream->key), KEY_PUBLIC_BYTES);
    verify.source = (struct verify_source){ stream, stream_entries, stream_checkpoint, NULL };
    verify.options = &options;
    verify.report = &report;
    chain_init(&verify.chain);
    chain_init(&stream->chain);
    stream->settled = 0;
    assert_int_equal(parallel_open(threads, false, &verify.parallel), STATUS_OK);
    assert_int_equal(keyring_add_node(&verify.keyring, &verify.keys_arena, &key), STATUS_OK);
    assert_int_equal(verify_entries(&verify), STATUS_OK);
    parallel_close(verify.parallel);
    arena_fini(&verify.arena);
    arena_fini(&verify.keys_arena);
    signer_close(stream->signer);
    return report;
}

static void test_another_source_than_a_database(void **state)
{
    (void)state;
    for (size_t threads = 0; threads < 4; threads++) {
        struct stream stream = { .count = 100, .body_bytes = 10 };
        struct verify_report report = verify_stream(&stream, threads);
        assert_string_equal(report.reason, "");
        assert_int_equal(report.entries, 100);
        assert_int_equal(report.checkpoints, 7);
        assert_int_equal(report.signatures, 107);
        assert_int_equal(report.replayed, 0);
        for (uint64_t bad = 1; bad <= 100; bad += 9) {
            stream.bad = bad;
            report = verify_stream(&stream, threads);
            assert_int_equal(report.first_broken, bad);
            assert_string_equal(report.code, "seal");
            assert_int_equal(report.entries, bad - 1);
        }
    }
}

/* What is read ahead is bounded by the threads, and where bodies are long by their bytes. */
static void test_memory_does_not_grow(void **state)
{
    (void)state;
    struct stream alone = { .count = 1600, .body_bytes = 100 }, small = alone, large = { .count = 800, .body_bytes = 256 * 1024 };
    assert_int_equal(verify_stream(&alone, 0).entries, 1600);
    assert_int_equal(alone.most_ahead, 16);
    assert_int_equal(verify_stream(&small, 3).entries, 1600);
    assert_in_range(small.most_ahead, 64, 8 * 16);
    assert_int_equal(verify_stream(&large, 8).entries, 800);
    assert_in_range(large.most_ahead, 16, 48); /* three calls of 4 MiB each: 8 MiB, and the one that went over it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_the_first_broken_entry),
        cmocka_unit_test(test_from_a_mark_on),
        cmocka_unit_test(test_a_mark_that_does_not_fit),
        cmocka_unit_test(test_a_demanded_checkpoint_that_is_older),
        cmocka_unit_test(test_marks_as_text),
        cmocka_unit_test(test_another_source_than_a_database),
        cmocka_unit_test(test_memory_does_not_grow),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
