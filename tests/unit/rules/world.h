#ifndef TESTS_UNIT_RULES_WORLD_H
#define TESTS_UNIT_RULES_WORLD_H

/* A ledger of its own for tests of the rules: blocks at times that the test chooses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "ledger/signer.h"
#include "rules/block.h"
#include "rules/decode.h"
#include "tests/unit/support/scratch.h"

static const char world_genesis[] =
    "{\"origin\":\"test.example/1\",\"time_zone_minutes\":480,\"node_key\":\"%s\",\"checkpoint_key\":\"%s\","
    "\"provinces\":[{\"code\":\"CN-HB\",\"gb_code\":\"420000\",\"name\":{\"en\":\"Hubei\",\"zh\":\"湖北\"},"
    "\"belt\":\"central\",\"capital\":\"Wuhan\",\"lat\":30.59,\"lon\":114.31}],"
    "\"indicators\":[{\"id\":\"beds\",\"name\":\"Beds\",\"unit\":\"beds\"}],"
    "\"figures\":[{\"indicator\":\"beds\",\"year\":2019,\"province\":\"CN-HB\",\"value\":10.0}]}";

enum { WORLD_START_MS = 1000000000 };

struct world {
    char dir[SCRATCH_BYTES];
    char path[96];
    struct db *db;
    struct executor *executor;
};

static struct signer *world_signer;

/* The faults of the last refusal: "pointer code" each, with commas between. */
static char world_faults[512];

/* Answers say what happened and nothing else. */
static inline enum status world_present(void *context, struct db *db, const struct command *command,
                                        const struct outcome *outcome, struct arena *arena, struct answer *answer)
{
    (void)context;
    (void)db;
    (void)command;
    (void)arena;
    static const int statuses[] = { 201, 200, 200, 409 };
    answer->status = outcome->kind == OUTCOME_REFUSED && outcome->refusal.kind == REFUSAL_INVALID ? 422 : statuses[outcome->kind];
    answer->is_problem = outcome->kind == OUTCOME_REFUSED;
    world_faults[0] = 0;
    for (size_t i = 0; answer->is_problem && i < outcome->refusal.faults.count; i++) {
        const struct fault *fault = &outcome->refusal.faults.items[i];
        size_t used = strlen(world_faults);
        snprintf(world_faults + used, sizeof world_faults - used, "%s%s %s", i > 0 ? ", " : "", fault->pointer, fault->code);
    }
    char hash[2 * DIGEST_BYTES + 1];
    text_to_hex(hash, outcome->hash, DIGEST_BYTES);
    buffer_reset(&answer->body);
    if (answer->is_problem) {
        buffer_text(&answer->body, outcome->refusal.code);
    } else {
        buffer_format(&answer->body, "%s\"ledger\":{\"seq\":%llu,\"entry_hash\":\"%s\"}}", outcome->id,
                      (unsigned long long)outcome->seq, hash);
    }
    return STATUS_OK;
}

static const struct presenter world_presenter = { world_present, NULL };

static inline int world_set_up(void **state)
{
    (void)state;
    assert_int_equal(key_library_open(), STATUS_OK);
    struct key *key = NULL;
    assert_int_equal(key_generate(&key), STATUS_OK);
    assert_int_equal(signer_of_key(key, &world_signer), STATUS_OK);
    return 0;
}

static inline int world_tear_down(void **state)
{
    (void)state;
    signer_close(world_signer);
    return 0;
}

static inline void world_open(struct world *world)
{
    assert_int_equal(scratch_make(world->dir), 0);
    snprintf(world->path, sizeof world->path, "%s/t.db", world->dir);
    assert_int_equal(db_open_writer(world->path, &world->db), STATUS_OK);
    assert_int_equal(executor_open(&world->executor, world->db, world_signer, &world_presenter, NULL), STATUS_OK);
}

static inline void world_close(struct world *world)
{
    executor_close(world->executor);
    db_close(world->db);
    assert_int_equal(scratch_remove(world->dir), 0);
}

/* Delivers inside an open block; returns the answer's status, and its body without the
 * receipt in text. */
static inline int world_deliver(struct world *world, enum command_kind kind, const char *target, const char *id,
                                const char *body, char text[64])
{
    struct arena arena;
    struct answer answer;
    bool is_lost = false;
    arena_init(&arena);
    answer_init(&answer);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    faults_init(faults, &arena);
    struct command command = { .kind = kind, .target = target, .id = id, .new_id = id,
                               .actor = { "ORG", ROLE_ADMIN, "tok" }, .if_version = COMMAND_VERSION_NONE };
    if (kind == COMMAND_GENESIS || kind == COMMAND_NODE_KEY_ROTATE) {
        command.actor = (struct actor){ "", ROLE_SYSTEM, "system" };
    }
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_OK);
    assert_int_equal(block_deliver(world->executor, &command, &answer, &is_lost), STATUS_OK);
    if (text != NULL) {
        snprintf(text, 64, "%.*s%s", (int)strcspn(answer.body.bytes, "\""), answer.body.bytes, answer.is_replayed ? " again" : "");
    }
    int status = answer.status;
    command_fini(&command);
    answer_fini(&answer);
    arena_fini(&arena);
    return status;
}

static inline void world_begin(struct world *world)
{
    char body[2048], hex[2 * KEY_PUBLIC_BYTES + 1];
    uint8_t root[DIGEST_BYTES];
    char checkpoint_hex[2 * ED25519_PUBLIC_BYTES + 1];
    text_to_hex(hex, signer_public(world_signer), KEY_PUBLIC_BYTES);
    text_to_hex(checkpoint_hex, signer_ed25519(world_signer), ED25519_PUBLIC_BYTES);
    snprintf(body, sizeof body, world_genesis, hex, checkpoint_hex);
    assert_int_equal(block_begin(world->executor, WORLD_START_MS), STATUS_OK);
    assert_int_equal(world_deliver(world, COMMAND_GENESIS, "", "genesis", body, NULL), 201);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
}

/* One command in a block of its own. */
static inline int world_do(struct world *world, int64_t time_ms, enum command_kind kind, const char *target,
                           const char *id, const char *body, char text[64])
{
    uint8_t root[DIGEST_BYTES];
    assert_int_equal(block_begin(world->executor, time_ms), STATUS_OK);
    int status = world_deliver(world, kind, target, id, body, text);
    assert_int_equal(block_end(world->executor, root), STATUS_OK);
    assert_int_equal(block_commit(world->executor), STATUS_OK);
    return status;
}

#endif
