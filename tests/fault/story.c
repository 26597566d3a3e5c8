/*
 * The story's commands, and telling them to the executor as the sequencer does. The texts are made up; nothing in them matters but
 * that they differ.
 */
#include "tests/fault/story.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/text.h"
#include "db/db.h"
#include "db/statement.h"
#include "handlers/present.h"
#include "ledger/key_file.h"
#include "ledger/signer.h"
#include "rules/block.h"
#include "tests/fault/chance.h"
#include "tests/fault/room.h"

enum { START_MS = 1700000000, LONG_BODY_BYTES = 70000 };

#define INTAKE(QUANTITY, NOTE) \
    "{\"site\":\"A1\",\"item\":\"MASK\",\"quantity\":" QUANTITY ",\"source\":\"donation\",\"donor\":\"D\",\"note\":\"" NOTE "\"}"
#define ITEM(NAME) "{\"name\":\"" NAME "\",\"unit\":\"piece\"}"
#define SITE(ORGANISATION, PROVINCE) \
    "{\"name\":\"Site\",\"kind\":\"warehouse\",\"organisation\":\"" ORGANISATION "\",\"province\":\"" PROVINCE "\"}"
#define TRANSFER(SUPPLY, QUANTITY) \
    "{\"destination\":\"B1\",\"lines\":[{\"supply\":\"" SUPPLY "\",\"quantity\":" QUANTITY "}],\"rationale\":\"asked for\",\"note\":\"n\"}"

static const char genesis[] =
    "{\"origin\":\"test.example/story\",\"time_zone_minutes\":480,\"node_key\":\"%s\",\"checkpoint_key\":\"%s\",\"provinces\":["
    "{\"code\":\"CN-HB\",\"gb_code\":\"420000\",\"name\":{\"en\":\"Hubei\",\"zh\":\"湖北\"},\"belt\":\"central\",\"capital\":\"Wuhan\","
    "\"lat\":30.59,\"lon\":114.31},"
    "{\"code\":\"CN-GD\",\"gb_code\":\"440000\",\"name\":{\"en\":\"Guangdong\",\"zh\":\"广东\"},\"belt\":\"central\","
    "\"capital\":\"Guangzhou\",\"lat\":23.13,\"lon\":113.26}],"
    "\"indicators\":[{\"id\":\"beds\",\"name\":\"Beds\",\"unit\":\"beds\"}],"
    "\"figures\":[{\"indicator\":\"beds\",\"year\":2019,\"province\":\"CN-HB\",\"value\":10.0}]}";

static const char figures[] =
    "{\"figures\":[{\"indicator\":\"beds\",\"year\":2020,\"province\":\"CN-HB\",\"value\":11.5},"
    "{\"indicator\":\"beds\",\"year\":2020,\"province\":\"CN-GD\",\"value\":12}]}";

struct told {
    size_t block;
    enum command_kind kind;
    const char *target;
    const char *id; /* also that of what it makes */
    const char *body;
    int status;
    bool is_repeated; /* its key came before */
};

static const struct told commands[] = {
    { 0, COMMAND_GENESIS, "", "genesis", genesis, 201, false },
    { 1, COMMAND_ORGANISATION_PUT, "ORG-A", "k1", "{\"name\":\"A\",\"kind\":\"depot\"}", 201, false },
    { 1, COMMAND_ORGANISATION_PUT, "ORG-B", "k2", "{\"name\":\"B\",\"kind\":\"hospital\"}", 201, false },
    { 1, COMMAND_SITE_PUT, "A1", "k3", SITE("ORG-A", "CN-GD"), 201, false },
    { 1, COMMAND_SITE_PUT, "B1", "k4", SITE("ORG-B", "CN-HB"), 201, false },
    { 1, COMMAND_ITEM_PUT, "MASK", "k5", ITEM("Mask"), 201, false },
    { 2, COMMAND_SUPPLY_INTAKE, "", "S-1", INTAKE("100", "behind the kitchen"), 201, false },
    { 3, COMMAND_TRANSFER_CREATE, "", "T-1", TRANSFER("S-1", "60"), 201, false },
    { 3, COMMAND_TRANSFER_CREATE, "", "T-X", TRANSFER("S-1", "61"), 409, false },
    { 4, COMMAND_TRANSFER_DISPATCH, "T-1", "k6", "{\"note\":\"off\"}", 200, false },
    { 5, COMMAND_TRANSFER_RECEIVE, "T-1", "k7",
      "{\"lines\":[{\"line\":1,\"good\":30,\"damaged\":5,\"lost\":2,\"reason\":\"rain\"}],\"note\":\"in\"}", 200, false },
    { 5, COMMAND_SUPPLY_ADJUST, "S-1", "k8", "{\"delta\":-3,\"reason\":\"consumed\",\"note\":\"used\"}", 200, false },
    { 6, COMMAND_FIGURES_PUT, "", "k9", figures, 200, false },
    { 7, COMMAND_SUPPLY_ADJUST, "S-1", "k10", "{\"delta\":-1000,\"reason\":\"consumed\"}", 409, false },
    { 8, COMMAND_SUPPLY_INTAKE, "", "S-1", INTAKE("100", "behind the kitchen"), 201, true },
    { 8, COMMAND_SUPPLY_INTAKE, "", "S-2", "{\"site\":\"B1\",\"item\":\"MASK\",\"quantity\":7,\"source\":\"found\"}", 201, false },
    { 9, COMMAND_ITEM_PUT, "I-1", "k11", ITEM("1"), 201, false },
    { 9, COMMAND_ITEM_PUT, "I-2", "k12", ITEM("2"), 201, false },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k13", "{\"delta\":1,\"reason\":\"counted\"}", 200, false },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k14", "{\"delta\":2,\"reason\":\"counted\"}", 200, false },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k15", "{\"delta\":-99,\"reason\":\"counted\"}", 409, false },
    { 9, COMMAND_SUPPLY_ADJUST, "S-2", "k16", "{\"delta\":3,\"reason\":\"counted\"}", 200, false },
    { 9, COMMAND_ITEM_PUT, "I-3", "k17", ITEM("3"), 201, false },
    { 10, COMMAND_TRANSFER_CREATE, "", "T-2", TRANSFER("S-1", "5"), 201, false },
    { 10, COMMAND_TRANSFER_CANCEL, "T-2", "k18", "{\"reason\":\"not needed\"}", 200, false },
    { 11, COMMAND_TRANSFER_RETURN, "T-1", "k19", "{\"reason\":\"too late\"}", 200, false },
    { 12, COMMAND_INDICATOR_PUT, "nurses", "k20", "{\"name\":\"Nurses\",\"unit\":\"people\"}", 201, false },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* Stands in for the kernel's: the same bytes for the same command. */
static struct chance salts;

ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < length; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)chance_next(&salts);
    }
    return (ssize_t)length;
}

void story_begin(struct story *story)
{
    static const uint8_t secret[KEY_SECRET_BYTES] = { 0xa, 0xce, 0xd5 }, seed[ED25519_SEED_BYTES] = { 5 };
    struct key *key = NULL;
    *story = (struct story){ .db = NULL };
    int failed = scratch_make(story->dir);
    assert(failed == 0);
    snprintf(story->path, sizeof story->path, "%s/t.db", story->dir);
    enum status status = key_library_open();
    assert(status == STATUS_OK);
    status = key_from_secret(secret, seed, &key);
    assert(status == STATUS_OK);
    status = signer_of_key(key, &story->signer);
    assert(status == STATUS_OK);
}

void story_end(struct story *story)
{
    story_close(story);
    signer_close(story->signer);
    int failed = scratch_remove(story->dir);
    assert(failed == 0);
}

enum status story_open(struct story *story)
{
    assert(story->db == NULL);
    story->faults = 0;
    enum status status = db_open_writer(story->path, &story->db);
    if (status == STATUS_OK) {
        status = executor_open(&story->executor, story->db, story->signer, &present_answers);
    }
    if (status != STATUS_OK) {
        story_close(story);
    }
    return status;
}

void story_close(struct story *story)
{
    executor_close(story->executor);
    db_close(story->db);
    story->executor = NULL;
    story->db = NULL;
}

/* The body, in the arena: filled in, or with blanks behind it that make it a long one. */
static const char *body_of(const struct story *story, const struct told *told, struct arena *arena)
{
    if (told->body == genesis) {
        char hex[2 * KEY_PUBLIC_BYTES + 1], ed25519[2 * ED25519_PUBLIC_BYTES + 1];
        text_to_hex(hex, signer_public(story->signer), KEY_PUBLIC_BYTES);
        text_to_hex(ed25519, signer_ed25519(story->signer), ED25519_PUBLIC_BYTES);
        return arena_format(arena, genesis, hex, ed25519);
    }
    return told->body == figures ? arena_format(arena, "%-*s", LONG_BODY_BYTES, figures) : told->body;
}

/* One delivery; *is_lost as block_deliver has it. */
static enum status deliver(struct story *story, const struct told *told, struct answer *answer, bool *is_lost)
{
    struct arena arena;
    arena_init(&arena);
    salts.state = (uint64_t)(told - commands) + 1;
    *is_lost = false;
    struct command command = { .kind = told->kind, .target = told->target, .id = told->id, .new_id = told->id,
                               .actor = { "ORG-A", ROLE_ADMIN, "token" }, .if_version = COMMAND_VERSION_NONE };
    if (told->kind == COMMAND_GENESIS) {
        command.actor = (struct actor){ "", ROLE_SYSTEM, "system" };
    }
    const char *body = body_of(story, told, &arena);
    struct faults *faults = arena_alloc(&arena, sizeof *faults);
    enum status status = body == NULL || faults == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK) {
        faults_init(faults, &arena);
        status = command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults);
    }
    if (status == STATUS_OK) {
        status = block_deliver(story->executor, &command, answer, is_lost);
    }
    command_fini(&command);
    arena_fini(&arena);
    return status;
}

/* What an answer that is due must be; keeps it in the reference where there is none yet. A refusal may be there already, from a block
 * that was not acknowledged. */
static void expect_answer(const struct told *told, const struct answer *answer, char **kept)
{
    bool may_be_repeated = told->is_repeated || told->status >= 400;
    if (answer->status != told->status || answer->is_replayed > may_be_repeated || answer->is_replayed < told->is_repeated) {
        fprintf(stderr, "%s of block %zu: %d%s: %.*s\n", told->id, told->block, answer->status, answer->is_replayed ? " again" : "",
                (int)answer->body.length, answer->body.bytes);
        abort();
    }
    if (kept != NULL && *kept == NULL) {
        *kept = room_copy(answer->body.bytes, answer->body.length);
    }
    assert(kept == NULL || (strlen(*kept) == answer->body.length && memcmp(*kept, answer->body.bytes, answer->body.length) == 0));
}

static bool is_fault(struct story *story, enum status status)
{
    if (status != STATUS_OK) {
        story->faults++;
        story->last_fault = status;
    }
    return status != STATUS_OK;
}

/* One command, and once more where a fault came in between. False: the block is lost, or the fault stays. */
static bool deliver_in_spite(struct story *story, const struct told *told, char **kept)
{
    bool is_done = false, is_lost = false;
    for (int attempt = 0; !is_done && !is_lost && attempt < 2; attempt++) {
        struct answer answer;
        answer_init(&answer);
        is_done = !is_fault(story, deliver(story, told, &answer, &is_lost));
        if (is_done) {
            expect_answer(told, &answer, kept);
        }
        answer_fini(&answer);
    }
    return is_done;
}

/* The block's commands inside an open block. */
static bool deliver_all(struct story *story, size_t block, struct story_reference *fill)
{
    size_t index = 0;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i].block == block) {
            if (!deliver_in_spite(story, &commands[i], fill != NULL ? &fill->answer[block][index] : NULL)) {
                return false;
            }
            index++;
        }
    }
    return true;
}

bool story_deliver(struct story *story, size_t block, struct story_reference *fill)
{
    bool was_failed = executor_is_failed(story->executor);
    if (is_fault(story, block_begin(story->executor, START_MS + (int64_t)block * 1000))) {
        assert(executor_is_failed(story->executor) == was_failed);
        return false;
    }
    assert(!was_failed);
    if (!deliver_all(story, block, fill)) {
        story_abandon(story);
        return false;
    }
    return true;
}

void story_abandon(struct story *story)
{
    uint64_t before = executor_seq(story->executor);
    block_abandon(story->executor);
    assert(executor_seq(story->executor) == before && !executor_is_failed(story->executor));
}

enum story_end story_commit(struct story *story, size_t block, struct story_reference *fill)
{
    uint8_t root[DIGEST_BYTES];
    uint64_t before = executor_seq(story->executor);
    if (is_fault(story, block_end(story->executor, root))) {
        story_abandon(story);
        return STORY_NOTHING;
    }
    enum status status = block_commit(story->executor);
    bool is_failed = executor_is_failed(story->executor);
    assert(!is_failed || status != STATUS_OK);
    assert(is_failed || status == STATUS_OK || status == STATUS_EXHAUSTED);
    if (is_fault(story, status)) {
        assert(executor_seq(story->executor) == before);
        return is_failed ? STORY_UNKNOWN : STORY_NOTHING;
    }
    if (fill != NULL) {
        snprintf(fill->note[block], sizeof fill->note[block], "%s", executor_checkpoint(story->executor));
        fill->seq[block] = executor_seq(story->executor);
    }
    return STORY_DONE;
}

enum story_end story_tell(struct story *story, size_t block, struct story_reference *fill)
{
    if (!story_deliver(story, block, fill)) {
        return executor_is_failed(story->executor) ? STORY_UNKNOWN : STORY_NOTHING;
    }
    return story_commit(story, block, fill);
}

void story_tell_from(struct story *story, size_t block, struct story_reference *fill)
{
    for (; block < STORY_BLOCKS; block++) {
        enum story_end end = story_tell(story, block, fill);
        assert(end == STORY_DONE);
        if (block % 4 == 3) {
            enum status status = db_checkpoint(story->db);
            assert(status == STATUS_OK);
        }
    }
}

void story_learn(struct story *story, struct story_reference *reference)
{
    memset(reference, 0, sizeof *reference);
    enum status status = story_open(story);
    assert(status == STATUS_OK);
    story_tell_from(story, 0, reference);
    story_close(story);
    story_expect_whole(story, reference->note[STORY_BLOCKS - 1]);
}

void story_forget(struct story_reference *reference)
{
    for (size_t block = 0; block < STORY_BLOCKS; block++) {
        for (size_t i = 0; i < STORY_COMMANDS_MAX; i++) {
            free(reference->answer[block][i]);
        }
    }
}

void story_expect_answers(struct story *story, size_t block, const struct story_reference *reference)
{
    size_t index = 0;
    enum status status = block_begin(story->executor, START_MS + (int64_t)block * 1000);
    assert(status == STATUS_OK);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i].block == block) {
            struct answer answer;
            bool is_lost = false;
            struct told again = commands[i];
            again.is_repeated = true;
            answer_init(&answer);
            status = deliver(story, &commands[i], &answer, &is_lost);
            assert(status == STATUS_OK);
            char *kept = reference->answer[block][index++];
            expect_answer(&again, &answer, &kept);
            answer_fini(&answer);
        }
    }
    block_abandon(story->executor);
}

int story_block_reached(const struct story *story, const struct story_reference *reference)
{
    const char *note = executor_checkpoint(story->executor);
    for (int block = 0; block < STORY_BLOCKS; block++) {
        if (strcmp(reference->note[block], note) == 0) {
            assert(executor_seq(story->executor) == reference->seq[block]);
            return block;
        }
    }
    assert(note[0] == 0 && executor_seq(story->executor) == 0);
    return -1;
}

enum status story_verify(const struct story *story, const char *note, struct verify_report *report)
{
    struct db *db = NULL;
    struct verify_options options = { .notes = &note, .note_count = 1, .expects_anchor = true };
    enum status status = db_open_reader(story->path, &db);
    if (status == STATUS_OK) {
        status = verify_ledger(db, &options, report);
        db_close(db);
    }
    return status;
}

void story_expect_whole(const struct story *story, const char *note)
{
    struct verify_report report;
    enum status status = story_verify(story, note, &report);
    if (status != STATUS_OK || !report.is_ok) {
        fprintf(stderr, "verify: %s, %s %s\n", status_name(status), status == STATUS_OK ? report.code : "",
                status == STATUS_OK ? report.reason : "");
        abort();
    }
}

void story_execute(struct story *story, const char *sql)
{
    int code = sqlite3_exec(story->db->handle, sql, NULL, NULL, NULL);
    assert(code == SQLITE_OK);
}
