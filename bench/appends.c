/*
 * What the log costs beside its bare means:
 *   appends DIR COUNT GROUP (signed | unsigned) [checked]
 * appends COUNT intakes to a new ledger in DIR through the sequencer, as the service does: one thread takes each JWS apart, verifies its
 * signature and reads the command, the sequencer's own carries it out, chains, seals and commits. GROUP commands may wait in the queue; the
 * thread that reads goes on meanwhile, up to SLOTS commands ahead, as the one that verifies beside the bare loop does without a bound.
 * Beside it a loop that has no rules to look at and nothing to read: it writes the very rows that came of it into a copy of the database, in
 * transactions of as many entries as the sequencer's blocks had, hashes each entry's bytes as entry and as leaf and signs once for each;
 * another thread verifies the same signatures meanwhile. The two sides in turn, TURNS times, each in COUNT / TURNS appends.
 * checked: the bare loop verifies what it signed, too, one by one.
 * One line of key=value. The bare side leaves out what a block has beside its entries' rows but for its checkpoint and its tree's frontier.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <secp256k1.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "base/clock.h"
#include "bench/signing.h"
#include "db/db.h"
#include "ledger/jws.h"
#include "ledger/submitter.h"
#include "ledger/tree.h"
#include "rules/block.h"
#include "rules/decode.h"
#include "rules/signed.h"
#include "server/store/sequencer.h"
#include "server/store/store.h"

enum { TURNS = 4, SLOTS = 512, COUNT_MAX = 10000000, TABLES = 5, COLUMNS_MAX = 24, BLOCKS_BETWEEN_CHECKPOINTS = 64, MOMENT_NS = 200000 };

#define ORIGIN "bench.example/1"

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "appends: %s: %s\n", what, why);
    exit(2);
}

static void check(enum status status, const char *what)
{
    if (status != STATUS_OK) {
        fail(what, status_name(status));
    }
}

/* A command on its way through the sequencer. */
struct slot {
    struct pending pending;
    struct command command;
    struct command_signature signature;
    struct answer answer;
    struct arena arena;
    bool is_busy; /* under the lock */
    struct bench *bench;
};

struct text {
    char id[SIGNING_ID_BYTES];
    char body[SIGNING_BODY_BYTES];
    char *jws;
};

struct bench {
    struct store *store;
    struct sequencer *sequencer;
    struct key *key;
    struct submitter_key submitter;
    struct text *texts;
    size_t count;
    bool is_signed, is_checked;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct slot slots[SLOTS];
    size_t refused;
    /* the bare side */
    sqlite3 *bare;
    sqlite3 *source;
    secp256k1_context *library;
};

/* Seconds of processor time of all threads so far. */
static double processor_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct taken {
    double seconds, processor_s;
};

/* --- through the sequencer --- */

static void done(struct pending *pending)
{
    struct slot *slot = pending->context;
    pthread_mutex_lock(&slot->bench->lock);
    slot->is_busy = false;
    slot->bench->refused += pending->delivery != DELIVERY_ANSWERED || pending->answer->is_problem;
    pthread_cond_signal(&slot->bench->freed);
    pthread_mutex_unlock(&slot->bench->lock);
}

/* The place of the command of that number, empty; NULL: the command that has it is not done yet. */
static struct slot *take_slot(struct bench *bench, size_t number)
{
    struct slot *slot = &bench->slots[number % SLOTS];
    pthread_mutex_lock(&bench->lock);
    bool is_free = !slot->is_busy;
    slot->is_busy = true;
    pthread_mutex_unlock(&bench->lock);
    if (!is_free) {
        return NULL;
    }
    command_fini(&slot->command);
    answer_fini(&slot->answer);
    answer_init(&slot->answer);
    arena_reset(&slot->arena);
    return slot;
}

/* Waits until a command is done, or a moment: the queue has room again a little later than the last of a block is done. */
static void wait_a_moment(struct bench *bench)
{
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec = (soon.tv_nsec + MOMENT_NS) % 1000000000;
    soon.tv_sec += soon.tv_nsec < MOMENT_NS;
    pthread_mutex_lock(&bench->lock);
    pthread_cond_timedwait(&bench->freed, &bench->lock, &soon);
    pthread_mutex_unlock(&bench->lock);
}

static void wait_for_all(struct bench *bench)
{
    pthread_mutex_lock(&bench->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        while (bench->slots[i].is_busy) {
            pthread_cond_wait(&bench->freed, &bench->lock);
        }
    }
    pthread_mutex_unlock(&bench->lock);
}

static void verify_one(const struct bench *bench, const struct jws *jws)
{
    uint8_t digest[DIGEST_BYTES];
    jws_digest(jws, digest);
    check(submitter_verify(&bench->submitter, digest, jws->signature), "signature");
}

static void read_command(struct slot *slot, const struct text *text)
{
    struct bench *bench = slot->bench;
    struct faults *faults = arena_alloc(&slot->arena, sizeof *faults);
    const char *body = text->body;
    size_t length = strlen(text->body);
    json_t *parsed = NULL;
    if (faults == NULL) {
        fail("start", "no memory");
    }
    faults_init(faults, &slot->arena);
    slot->command = (struct command){ .kind = COMMAND_SUPPLY_INTAKE, .target = "", .id = text->id, .new_id = text->id,
                                      .actor = { "ORG", ROLE_OPERATOR, "tok_bench_000001" }, .if_version = COMMAND_VERSION_NONE };
    if (bench->is_signed) {
        struct jws jws;
        struct signed_payload payload;
        if (jws_read(text->jws, strlen(text->jws), &jws) != JWS_SOUND) {
            fail("jws", "cannot be read");
        }
        check(signed_read_header(&jws, &slot->arena, faults, &slot->signature.key), "header");
        verify_one(bench, &jws);
        check(signed_read_parsed(&jws, &slot->arena, faults, &payload, &parsed), "payload");
        slot->signature.input = jws.input;
        slot->signature.input_length = jws.input_length;
        memcpy(slot->signature.bytes, jws.signature, sizeof jws.signature);
        slot->command.signature = &slot->signature;
        body = payload.body;
        length = payload.body_length;
    }
    check(command_decode_parsed(&slot->command, bench->is_signed ? BIND_SIGNED : BIND_CLEAR, body, length, parsed, &slot->arena, faults), "decode");
}

/* Hands the queue what it has room for of those commands, the first of which is returned that it had none for. */
static size_t submit_ready(struct bench *bench, size_t from, size_t to)
{
    enum status status = STATUS_OK;
    while (from < to && status == STATUS_OK) {
        struct slot *slot = &bench->slots[from % SLOTS];
        slot->pending = (struct pending){ .command = &slot->command, .answer = &slot->answer, .done = done, .context = slot };
        status = sequencer_submit(bench->sequencer, &slot->pending);
        from += status == STATUS_OK;
    }
    if (status != STATUS_BUSY) {
        check(status, "submit");
    }
    return from;
}

static void append(struct bench *bench, size_t from, size_t count, struct taken *taken)
{
    double processor_begun_s = processor_s();
    int64_t begun_us = clock_steady_us();
    size_t read = from, end = from + count;
    for (size_t sent = from; sent < end; sent = submit_ready(bench, sent, read)) {
        struct slot *slot = read < end ? take_slot(bench, read) : NULL;
        if (slot != NULL) {
            read_command(slot, &bench->texts[read++]);
        } else {
            wait_a_moment(bench);
        }
    }
    wait_for_all(bench);
    taken->seconds += (double)(clock_steady_us() - begun_us) / 1e6;
    taken->processor_s += processor_s() - processor_begun_s;
}

/* --- bare --- */

static const char *const tables[TABLES] = { "supply", "movement", "entry", "seal", "answer" };

/* Values of the rows that a turn made, table by table, row by row. */
struct rows {
    size_t count, columns;
    sqlite3_value **values;
    sqlite3_stmt *insert;
};

static void demand(const struct bench *bench, bool is_good, const char *what)
{
    if (!is_good) {
        fail(what, sqlite3_errmsg(bench->bare));
    }
}

static sqlite3_stmt *prepare(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        fail(sql, sqlite3_errmsg(handle));
    }
    return statement;
}

static int64_t integer_of(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = prepare(handle, sql);
    int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return value;
}

static void load_rows(struct bench *bench, const char *table, int64_t after, struct rows *rows)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE rowid > %" PRId64 " ORDER BY rowid", table, after);
    sqlite3_stmt *statement = prepare(bench->source, sql);
    rows->columns = (size_t)sqlite3_column_count(statement);
    rows->count = 0;
    size_t room = bench->count * rows->columns;
    rows->values = calloc(room, sizeof(sqlite3_value *));
    while (rows->values != NULL && sqlite3_step(statement) == SQLITE_ROW && (rows->count + 1) * rows->columns <= room) {
        for (size_t i = 0; i < rows->columns; i++) {
            rows->values[rows->count * rows->columns + i] = sqlite3_value_dup(sqlite3_column_value(statement, (int)i));
        }
        rows->count++;
    }
    sqlite3_finalize(statement);
    int used = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table);
    for (size_t i = 1; i < rows->columns; i++) {
        used += snprintf(sql + used, sizeof sql - (size_t)used, ",?");
    }
    snprintf(sql + used, sizeof sql - (size_t)used, ")");
    rows->insert = prepare(bench->bare, sql);
}

static void free_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->count * rows->columns; i++) {
        sqlite3_value_free(rows->values[i]);
    }
    free(rows->values);
    sqlite3_finalize(rows->insert);
}

static void insert_row(const struct bench *bench, const struct rows *rows, size_t row)
{
    sqlite3_reset(rows->insert);
    for (size_t i = 0; i < rows->columns; i++) {
        sqlite3_bind_value(rows->insert, (int)i + 1, rows->values[row * rows->columns + i]);
    }
    demand(bench, sqlite3_step(rows->insert) == SQLITE_DONE, "insert");
}

struct turn {
    struct bench *bench;
    size_t from, count;
};

/* The other core: each submitter's signature. */
static void *verify_all(void *context)
{
    const struct turn *turn = context;
    for (size_t i = turn->from; i < turn->from + turn->count && turn->bench->is_signed; i++) {
        struct jws jws;
        if (jws_read(turn->bench->texts[i].jws, strlen(turn->bench->texts[i].jws), &jws) != JWS_SOUND) {
            fail("jws", "cannot be read");
        }
        verify_one(turn->bench, &jws);
    }
    return NULL;
}

static void hash_and_sign(const struct bench *bench, const void *bytes, size_t length)
{
    static const uint8_t secret[32] = { [31] = 2 };
    uint8_t hash[DIGEST_BYTES], leaf[DIGEST_BYTES], made[KEY_SIGNATURE_BYTES];
    secp256k1_ecdsa_signature signature;
    digest_bytes(hash, bytes, length);
    tree_leaf_hash(leaf, bytes, length);
    if (bench->is_checked) {
        key_sign(bench->key, hash, made);
        return;
    }
    if (secp256k1_ecdsa_sign(bench->library, &signature, hash, secret, NULL, NULL) != 1) {
        fail("sign", "failed");
    }
}

/* The same rows, `group` entries to a transaction. */
static void append_bare(struct bench *bench, const struct rows *rows, const struct turn *turn, size_t group, size_t bytes_each,
                        struct taken *taken)
{
    static char bytes[SIGNING_TEXT_BYTES];
    pthread_t verifier;
    sqlite3_stmt *begin = prepare(bench->bare, "BEGIN IMMEDIATE"), *commit = prepare(bench->bare, "COMMIT");
    sqlite3_stmt *frontier = prepare(bench->bare, "UPDATE frontier SET state = ?1");
    double processor_begun_s = processor_s();
    int64_t begun_us = clock_steady_us();
    if (pthread_create(&verifier, NULL, verify_all, (void *)turn) != 0) {
        fail("thread", "cannot be started");
    }
    for (size_t at = 0, block = 0; at < turn->count; block++) {
        size_t end = at + group < turn->count ? at + group : turn->count;
        demand(bench, sqlite3_step(begin) == SQLITE_DONE, "begin");
        sqlite3_reset(begin);
        for (; at < end; at++) {
            for (size_t table = 0; table < TABLES; table++) {
                insert_row(bench, &rows[table], at);
            }
            hash_and_sign(bench, bytes, bytes_each < sizeof bytes ? bytes_each : sizeof bytes);
        }
        sqlite3_bind_blob(frontier, 1, bytes, 32 * 20, SQLITE_STATIC);
        demand(bench, sqlite3_step(frontier) == SQLITE_DONE, "frontier");
        sqlite3_reset(frontier);
        if (block < rows[TABLES].count) {
            insert_row(bench, &rows[TABLES], block);
        }
        demand(bench, sqlite3_step(commit) == SQLITE_DONE, "commit");
        sqlite3_reset(commit);
        if (block % BLOCKS_BETWEEN_CHECKPOINTS == BLOCKS_BETWEEN_CHECKPOINTS - 1) {
            sqlite3_wal_checkpoint_v2(bench->bare, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        }
    }
    pthread_join(verifier, NULL);
    taken->seconds += (double)(clock_steady_us() - begun_us) / 1e6;
    taken->processor_s += processor_s() - processor_begun_s;
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_finalize(frontier);
}

/* --- both --- */

static void deliver(struct bench *bench, enum command_kind kind, const char *target, const char *new_id, const char *body)
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    char id[SIGNING_BODY_BYTES];
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    if (faults == NULL) {
        fail("start", "no memory");
    }
    faults_init(faults, &arena);
    snprintf(id, sizeof id, "start-%s-%s", target, new_id);
    struct command command = { .kind = kind, .target = target, .id = id, .new_id = new_id, .actor = { "", ROLE_ADMIN, "tok_bench_000000" },
                               .if_version = COMMAND_VERSION_NONE };
    check(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), "decode");
    check(block_deliver(store_executor(bench->store), &command, &answer, &is_lost), "deliver");
    if (answer.is_problem) {
        fail("refused", answer.body.bytes);
    }
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
}

static void furnish(struct bench *bench)
{
    struct executor *executor = store_executor(bench->store);
    char jwk[SIGNING_BODY_BYTES];
    uint8_t root[DIGEST_BYTES];
    signing_jwk(bench->key, jwk);
    check(block_begin(executor, clock_wall_ms()), "begin");
    deliver(bench, COMMAND_ORGANISATION_PUT, "ORG", "", "{\"name\":\"Measured organisation\",\"kind\":\"depot\"}");
    deliver(bench, COMMAND_SITE_PUT, "SITE-A", "", "{\"name\":\"Site\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-GD\"}");
    deliver(bench, COMMAND_ITEM_PUT, "MASK", "", "{\"name\":\"Mask\",\"unit\":\"piece\"}");
    deliver(bench, COMMAND_ORGANISATION_KEY_ADD, "ORG", key_id(bench->key), jwk);
    check(block_end(executor, root), "end");
    check(block_commit(executor), "commit");
    check(anchor_write(store_anchor(bench->store), executor_checkpoint(executor)), "anchor");
}

static void make_texts(struct bench *bench)
{
    bench->texts = calloc(bench->count, sizeof *bench->texts);
    for (size_t i = 0; bench->texts != NULL && i < bench->count; i++) {
        struct text *text = &bench->texts[i];
        char jws[SIGNING_TEXT_BYTES];
        signing_intake("b3a5c0de-0000-4000-8000", (long long)i, text->id, text->body);
        if (bench->is_signed) {
            signing_jws(bench->key, ORIGIN, text->id, text->body, jws);
            text->jws = strdup(jws);
        }
    }
    if (bench->texts == NULL) {
        fail("start", "no memory");
    }
}

/* The copy, with the settings of the service's own connection. */
static void open_bare(struct bench *bench, const char *directory)
{
    char sql[4200];
    snprintf(sql, sizeof sql, "VACUUM INTO '%s/bare.db'", directory);
    if (sqlite3_open_v2(store_db_path(bench->store), &bench->source, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(bench->source, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail("copy", sqlite3_errmsg(bench->source));
    }
    snprintf(sql, sizeof sql, "%s/bare.db", directory);
    if (sqlite3_open_v2(sql, &bench->bare, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(bench->bare, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                     "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY",
                     NULL, NULL, NULL) != SQLITE_OK) {
        fail("copy", sqlite3_errmsg(bench->bare));
    }
}

static void open_all(struct bench *bench, const char *directory, size_t group)
{
    const struct store_options options = { .origin = ORIGIN };
    bench->key = signing_key();
    bench->library = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    check(submitter_key_read(&bench->submitter, key_public(bench->key)), "key");
    make_texts(bench);
    check(store_open(directory, &options, &bench->store), "open");
    if (!store_is_new(bench->store)) {
        fail(directory, "is not empty");
    }
    furnish(bench);
    open_bare(bench, directory);
    pthread_mutex_init(&bench->lock, NULL);
    pthread_cond_init(&bench->freed, NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        bench->slots[i].bench = bench;
        arena_init(&bench->slots[i].arena);
        answer_init(&bench->slots[i].answer);
    }
    check(sequencer_open(store_executor(bench->store), store_db(bench->store), store_anchor(bench->store), NULL, group, &bench->sequencer),
          "sequencer");
}

/* One turn of each side; what they take is added. */
static void take_turn(struct bench *bench, size_t from, size_t count, struct taken *ours, struct taken *bare)
{
    struct rows rows[TABLES + 1];
    int64_t last[TABLES + 1];
    char sql[128];
    for (size_t i = 0; i <= TABLES; i++) {
        snprintf(sql, sizeof sql, "SELECT max(rowid) FROM %s", i < TABLES ? tables[i] : "checkpoint");
        last[i] = integer_of(bench->source, sql);
    }
    append(bench, from, count, ours);
    if (bench->refused > 0) {
        fail("sequencer", "a command was refused");
    }
    for (size_t i = 0; i <= TABLES; i++) {
        load_rows(bench, i < TABLES ? tables[i] : "checkpoint", last[i], &rows[i]);
        if (i < TABLES && rows[i].count != count) {
            fail(tables[i], "has another number of rows than there were commands");
        }
    }
    size_t blocks = rows[TABLES].count;
    int64_t bytes = integer_of(bench->source, "SELECT avg(length(body)) FROM entry");
    const struct turn turn = { bench, from, count };
    append_bare(bench, rows, &turn, (count + blocks - 1) / blocks, (size_t)bytes + 350, bare);
    for (size_t i = 0; i <= TABLES; i++) {
        free_rows(&rows[i]);
    }
}

static void close_all(struct bench *bench)
{
    sequencer_close(bench->sequencer);
    for (size_t i = 0; i < SLOTS; i++) {
        command_fini(&bench->slots[i].command);
        answer_fini(&bench->slots[i].answer);
        arena_fini(&bench->slots[i].arena);
    }
    for (size_t i = 0; i < bench->count; i++) {
        free(bench->texts[i].jws);
    }
    free(bench->texts);
    sqlite3_close(bench->bare);
    sqlite3_close(bench->source);
    secp256k1_context_destroy(bench->library);
    key_free(bench->key);
}

int main(int argument_count, char **words)
{
    static struct bench bench;
    struct stat before = { .st_size = 0 }, after = before;
    int64_t count = 0, group = 0;
    bool is_checked = argument_count == 6 && strcmp(words[5], "checked") == 0;
    bool is_signed = argument_count >= 5 && strcmp(words[4], "signed") == 0;
    if ((argument_count != 5 && !is_checked) || (!is_signed && strcmp(words[4], "unsigned") != 0) || text_to_integer(words[2], &count) != STATUS_OK ||
        text_to_integer(words[3], &group) != STATUS_OK || count < TURNS || count > COUNT_MAX || group < 1 || group > SLOTS / 2) {
        fail("usage", "appends DIR COUNT GROUP (signed | unsigned) [checked]");
    }
    bench.count = (size_t)count;
    bench.is_signed = is_signed;
    bench.is_checked = is_checked;
    open_all(&bench, words[1], (size_t)group);
    char path[4200];
    snprintf(path, sizeof path, "%s", store_db_path(bench.store));
    check(db_checkpoint(store_db(bench.store)), "checkpoint");
    if (stat(path, &before) != 0) {
        fail(path, "cannot be read");
    }
    struct taken ours = { 0 }, bare = { 0 };
    int64_t blocks = integer_of(bench.source, "SELECT max(height) FROM checkpoint");
    size_t each = bench.count / TURNS;
    for (size_t turn = 0; turn < TURNS; turn++) {
        take_turn(&bench, turn * each, each, &ours, &bare);
    }
    blocks = integer_of(bench.source, "SELECT max(height) FROM checkpoint") - blocks;
    close_all(&bench);
    store_close(bench.store); /* moves the log into the database */
    if (stat(path, &after) != 0) {
        fail(path, "cannot be read");
    }
    double entries = (double)(TURNS * each);
    printf("appends entries=%.0f group=%.1f per_s=%.1f cpu_us=%.1f bare_per_s=%.1f bare_cpu_us=%.1f ratio=%.3f bytes_each=%.0f\n", entries,
           entries / (double)blocks, entries / ours.seconds, 1e6 * ours.processor_s / entries, entries / bare.seconds,
           1e6 * bare.processor_s / entries, bare.seconds / ours.seconds, (double)(after.st_size - before.st_size) / entries);
    return 0;
}
