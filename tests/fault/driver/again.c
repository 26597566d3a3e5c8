/*
 * Ledgers made by the executor from commands that come from elsewhere: a small genesis, or another ledger. Whatever goes wrong ends the
 * program with a word.
 */
#include "tests/fault/driver/driver.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/node.h"
#include "handlers/present.h"
#include "ledger/entry.h"
#include "ledger/key_file.h"
#include "ledger/signer.h"
#include "rules/answer_keys.h"
#include "rules/block.h"
#include "rules/decode.h"
#include "rules/replay.h"
#include "server/store/anchor.h"
#include "server/store/answer_key_file.h"
#include "server/tokens.h"

static const char genesis[] =
    "{\"origin\":\"test.example/small\",\"time_zone_minutes\":480,\"node_key\":\"%s\",\"checkpoint_key\":\"%s\",\"provinces\":["
    "{\"code\":\"CN-HB\",\"gb_code\":\"420000\",\"name\":{\"en\":\"Hubei\",\"zh\":\"湖北\"},\"belt\":\"central\",\"capital\":\"Wuhan\","
    "\"lat\":30.59,\"lon\":114.31},"
    "{\"code\":\"CN-GD\",\"gb_code\":\"440000\",\"name\":{\"en\":\"Guangdong\",\"zh\":\"广东\"},\"belt\":\"central\","
    "\"capital\":\"Guangzhou\",\"lat\":23.13,\"lon\":113.26},"
    "{\"code\":\"CN-SC\",\"gb_code\":\"510000\",\"name\":{\"en\":\"Sichuan\",\"zh\":\"四川\"},\"belt\":\"western\","
    "\"capital\":\"Chengdu\",\"lat\":30.66,\"lon\":104.06}],"
    "\"indicators\":[{\"id\":\"beds\",\"name\":\"Beds\",\"unit\":\"beds\"}],"
    "\"figures\":[{\"indicator\":\"beds\",\"year\":2019,\"province\":\"CN-HB\",\"value\":10.0}]}";

struct ledger {
    struct signer *signer;
    struct db *db;
    struct answer_keys *answer_keys; /* NULL: none */
    uint64_t key_waits_for;
    struct executor *executor;
};

static void must(enum status status, const char *what)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "driver: %s: %s\n", what, status_name(status));
        exit(1);
    }
}

static const char *path_of(struct arena *arena, const char *dir, const char *name)
{
    return arena_format(arena, "%s/%s", dir, name);
}

static void open_ledger(struct ledger *ledger, struct arena *arena, const char *dir, struct node *node)
{
    must(db_open_writer(path_of(arena, dir, "tallystick.db"), &ledger->db), "opening the database");
    if (node != NULL) {
        must(answer_keys_open(&ledger->answer_keys), "memory for the key of answers");
        must(answer_key_file_begin(node, ledger->db, ledger->answer_keys, &ledger->key_waits_for), "the key of answers");
    }
    must(executor_open(&ledger->executor, ledger->db, ledger->signer, &present_answers, ledger->answer_keys), "opening the executor");
}

static void close_ledger(struct ledger *ledger)
{
    executor_close(ledger->executor);
    answer_keys_close(ledger->answer_keys);
    db_close(ledger->db);
    signer_close(ledger->signer);
}

/* One delivery into an open block; the status of its answer. */
static int deliver(struct ledger *ledger, struct command *command, enum bind_mode mode, const char *body, size_t length)
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    enum status read = command_decode(command, mode, body, length, &arena, faults);
    must(read, faults->count > 0 ? faults->items[0].detail : "reading a body");
    must(block_deliver(ledger->executor, command, &answer, &is_lost), "delivering");
    int status = answer.status;
    command_fini(command);
    answer_fini(&answer);
    arena_fini(&arena);
    return status;
}

static void end_block(struct ledger *ledger)
{
    uint8_t root[DIGEST_BYTES];
    must(block_end(ledger->executor, root), "ending a block");
    must(block_commit(ledger->executor), "committing");
}

int driver_begin(const char *data_dir)
{
    struct ledger ledger = { .answer_keys = NULL };
    struct arena arena;
    struct node *node = NULL;
    const struct token_grant everything = { .organisation = "", .role = "admin", .scope = "" };
    const char *token = NULL;
    struct key *key = NULL;
    char hex[2 * KEY_PUBLIC_BYTES + 1], checkpoint_hex[2 * ED25519_PUBLIC_BYTES + 1];
    arena_init(&arena);
    mkdir(data_dir, 0700);
    must(key_library_open(), "the library of keys");
    must(key_generate(&key), "making a key");
    must(key_file_save(key, path_of(&arena, data_dir, "node.key")), "saving the key");
    must(signer_of_key(key, &ledger.signer), "the signer");
    must(node_open(path_of(&arena, data_dir, "node.db"), true, &node), "the node's own database");
    must(tokens_create(node, &arena, &everything, &token), "making a token");
    puts(token);
    open_ledger(&ledger, &arena, data_dir, node);
    text_to_hex(hex, signer_public(ledger.signer), KEY_PUBLIC_BYTES);
    text_to_hex(checkpoint_hex, signer_ed25519(ledger.signer), ED25519_PUBLIC_BYTES);
    const char *body = arena_format(&arena, genesis, hex, checkpoint_hex);
    struct command command = { .kind = COMMAND_GENESIS, .target = "", .id = "genesis", .new_id = "",
                               .actor = { "", ROLE_SYSTEM, "system" }, .if_version = COMMAND_VERSION_NONE };
    must(block_begin(ledger.executor, clock_wall_ms()), "beginning a block");
    int status = deliver(&ledger, &command, BIND_CLEAR, body, strlen(body));
    end_block(&ledger);
    must(answer_key_file_bind(node, ledger.db, &ledger.key_waits_for), "binding the key of answers");
    node_close(node);
    close_ledger(&ledger);
    arena_fini(&arena);
    return status == 201 ? 0 : 1;
}

/* The body with new for old, which must stand in it. */
static const char *rewritten(struct arena *arena, const struct entry_row *row, const char *old, const char *new, size_t *length)
{
    const char *body = arena_copy(arena, row->body, row->body_stored_length);
    const char *at = strstr(body, old);
    if (at == NULL) {
        fprintf(stderr, "driver: entry %" PRIu64 " does not hold %s\n", row->seq, old);
        exit(1);
    }
    const char *made = arena_format(arena, "%.*s%s%s", (int)(at - body), body, new, at + strlen(old));
    *length = strlen(made);
    return made;
}

/* The entry's command once more. Whether it replaced something is not in the entry: it is tried as one that does, and then as one
 * that does not. */
static void deliver_entry(struct ledger *ledger, const struct entry_row *row, const struct command_signature *signature,
                          const char *body, size_t length)
{
    int status = 0;
    const int64_t versions[] = { COMMAND_VERSION_ANY, COMMAND_VERSION_NONE };
    for (size_t i = 0; i < 2 && (status < 200 || status > 299); i++) {
        struct command command = { .target = row->target, .id = row->command_id, .new_id = row->new_id, .if_version = versions[i],
                                   .signature = signature };
        command.actor.organisation = row->organisation;
        command.actor.subject = row->subject;
        must(command_kind_from_name(row->kind, &command.kind), "the kind of an entry");
        must(role_from_name(row->role, &command.actor.role), "the role of an entry");
        status = deliver(ledger, &command, BIND_COMMITTED, body, length);
    }
    if (status < 200 || status > 299) {
        fprintf(stderr, "driver: entry %" PRIu64 " is answered with %d now\n", row->seq, status);
        exit(1);
    }
}

static void print_hex(const char *what, const uint8_t *bytes, size_t length)
{
    char hex[2 * 64 + 1];
    text_to_hex(hex, bytes, length);
    printf("%s%s", what, hex);
}

static void print_ledger(struct db *db)
{
    struct arena arena;
    struct entry_row *rows = NULL;
    struct checkpoint_row *notes = NULL;
    size_t count = 0;
    uint64_t after = 0, broken = 0;
    arena_init(&arena);
    do {
        must(db_entry_list(db, &arena, after, 100, &rows, &count, &broken), "reading entries");
        for (size_t i = 0; i < count; i++) {
            printf("entry %" PRIu64, rows[i].seq);
            print_hex(" ", rows[i].hash, DIGEST_BYTES);
            print_hex(" ", rows[i].effects, DIGEST_BYTES);
            print_hex(" ", rows[i].seal, KEY_SIGNATURE_BYTES);
            printf("\n");
            after = rows[i].seq;
        }
        arena_reset(&arena);
    } while (count > 0);
    after = 0;
    do {
        must(db_checkpoint_list(db, &arena, after, 100, &notes, &count), "reading checkpoints");
        for (size_t i = 0; i < count; i++) {
            printf("block %" PRIu64 " %" PRIu64, notes[i].height, notes[i].size);
            print_hex(" ", notes[i].root, DIGEST_BYTES);
            printf("\n");
            after = notes[i].height;
        }
        arena_reset(&arena);
    } while (count > 0);
    arena_fini(&arena);
}

/* The executor makes entries by its own rules alone, so what older ones accepted cannot come out as it went in. */
static void must_be_ours(const struct entry_row *row)
{
    if (row->rules_version != ENTRY_RULES_VERSION) {
        fprintf(stderr, "driver: entry %" PRIu64 " is of rules version %" PRIu32 ", this program makes entries of version %d\n", row->seq,
                row->rules_version, ENTRY_RULES_VERSION);
        exit(1);
    }
}

/* All entries of from into the ledger, block for block. */
static void copy_entries(struct db *from, struct ledger *ledger, uint64_t seq, const char *old, const char *new)
{
    struct arena arena;
    struct entry_row *rows = NULL;
    size_t count = 0;
    uint64_t after = 0, broken = 0, height = 0;
    arena_init(&arena);
    do {
        must(db_entry_list(from, &arena, after, 100, &rows, &count, &broken), "reading entries");
        for (size_t i = 0; i < count; i++) {
            struct replay_result told;
            struct command_signature signature = { .key = rows[i].submitter_key, .input = rows[i].body,
                                                   .input_length = rows[i].body_stored_length };
            must_be_ours(&rows[i]);
            must(replay_look(from, NULL, &rows[i], &arena, &told), "looking at an entry");
            const char *body = rows[i].seq == seq ? rewritten(&arena, &rows[i], old, new, &told.body_length) : told.body;
            if (told.is_signed) {
                memcpy(signature.bytes, rows[i].submitter_sig, sizeof signature.bytes);
            }
            if (rows[i].height != height) {
                if (height > 0) {
                    end_block(ledger);
                }
                must(block_begin(ledger->executor, (int64_t)rows[i].time_ms), "beginning a block");
                height = rows[i].height;
            }
            deliver_entry(ledger, &rows[i], told.is_signed ? &signature : NULL, body, told.body_length);
            after = rows[i].seq;
        }
        arena_reset(&arena);
    } while (count > 0);
    end_block(ledger);
    arena_fini(&arena);
}

int driver_again(const char *from, const char *to, const char *seq, const char *old, const char *new)
{
    struct ledger ledger = { .answer_keys = NULL };
    struct arena arena;
    struct db *reader = NULL;
    struct anchor *anchor = NULL;
    struct key *key = NULL;
    arena_init(&arena);
    must(key_library_open(), "the library of keys");
    must(key_file_load(path_of(&arena, from, "node.key"), &key), "the key");
    must(db_open_reader(path_of(&arena, from, "tallystick.db"), &reader), "opening the database");
    mkdir(to, 0700);
    must(key_file_save(key, path_of(&arena, to, "node.key")), "saving the key");
    must(signer_of_key(key, &ledger.signer), "the signer");
    open_ledger(&ledger, &arena, to, NULL);
    copy_entries(reader, &ledger, seq != NULL ? strtoull(seq, NULL, 10) : 0, old, new);
    must(anchor_open(to, &anchor), "opening the anchor");
    must(anchor_write(anchor, executor_checkpoint(ledger.executor)), "writing the anchor");
    anchor_close(anchor);
    print_ledger(ledger.db);
    db_close(reader);
    close_ledger(&ledger);
    arena_fini(&arena);
    return 0;
}

/* By a connection of its own, as anybody could. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;
    bool is_done = sqlite3_open(path, &handle) == SQLITE_OK && sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK;
    if (!is_done) {
        fprintf(stderr, "driver: %s: %s\n", sql, sqlite3_errmsg(handle));
        exit(1);
    }
    sqlite3_close(handle);
}

int driver_twice(const char *data_dir, const char *seq)
{
    struct ledger ledger = { .answer_keys = NULL };
    struct arena arena;
    struct node *node = NULL;
    struct anchor *anchor = NULL;
    struct key *key = NULL;
    struct entry_row *rows = NULL;
    struct replay_result told;
    size_t count = 0;
    uint64_t broken = 0;
    arena_init(&arena);
    must(key_library_open(), "the library of keys");
    must(key_file_load(path_of(&arena, data_dir, "node.key"), &key), "the key");
    must(signer_of_key(key, &ledger.signer), "the signer");
    must(node_open(path_of(&arena, data_dir, "node.db"), true, &node), "the node's own database");
    open_ledger(&ledger, &arena, data_dir, node);
    must(db_entry_list(ledger.db, &arena, strtoull(seq, NULL, 10) - 1, 1, &rows, &count, &broken), "reading the entry");
    must(replay_look(ledger.db, NULL, &rows[0], &arena, &told), "looking at the entry");
    const char *path = path_of(&arena, data_dir, "tallystick.db");
    run_sql(path, arena_format(&arena, "UPDATE answer SET key = 'hidden' WHERE seq = %" PRIu64, rows[0].seq));
    must(block_begin(ledger.executor, clock_wall_ms()), "beginning a block");
    deliver_entry(&ledger, &rows[0], NULL, told.body, told.body_length);
    end_block(&ledger);
    run_sql(path, arena_format(&arena, "UPDATE answer SET key = '%s' WHERE seq = %" PRIu64, rows[0].command_id, rows[0].seq));
    must(anchor_open(data_dir, &anchor), "opening the anchor");
    must(anchor_write(anchor, executor_checkpoint(ledger.executor)), "writing the anchor");
    anchor_close(anchor);
    node_close(node);
    close_ledger(&ledger);
    arena_fini(&arena);
    return 0;
}
