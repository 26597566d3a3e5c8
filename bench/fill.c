/*
 * Fills a data directory with a ledger to measure on: fill DIR ENTRIES [GROUP]
 *
 * Makes the directory where it is new, and adds moves of goods until the ledger has so many entries: transfers with
 * a rationale, dispatched, received in two parts, the second with damage, under random keys. They go through the rules, in blocks of
 * GROUP commands (64), without HTTP. One line of key=value.
 *
 *   fill compare SMALL LARGE COUNT [ordered]
 * adds COUNT more to each of two such directories, in blocks of 64, in turns of TURN_BLOCKS blocks, so that both see the same machine: what an
 * entry costs where there are few and where there are many. Of this thread's and the sealing thread's processor time, and of the clock's.
 * With random keys, as in the ledgers, or with keys that grow with time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "db/db.h"
#include "rules/block.h"
#include "rules/decode.h"
#include "server/store/store.h"

enum { STOCKS = 40, STEPS = 4, GROUP = 64, TURN_BLOCKS = 8, BODY_BYTES = 512, ENTRIES_MAX = 100000000 };

struct fill {
    struct store *store;
    struct executor *executor;
    struct arena arena;
    uint64_t number; /* of the next command */
    bool is_ordered; /* its keys */
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "fill: %s: %s\n", what, why);
    exit(2);
}

static void check(enum status status, const char *what)
{
    if (status != STATUS_OK) {
        fail(what, status_name(status));
    }
}

/* A UUID of version 7, which grows with time, or of version 4: no two alike, and in no order (the mixer of SplitMix64 is one to one). */
static void key_format(char *out, size_t size, uint64_t number, bool is_ordered)
{
    if (is_ordered) {
        snprintf(out, size, "%08" PRIx64 "-%04" PRIx64 "-7000-8000-00000000b3a5", UINT64_C(0x01900000) + (number >> 16), number & 0xffff);
        return;
    }
    uint64_t mixed = number + UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    snprintf(out, size, "%08" PRIx64 "-%04" PRIx64 "-4000-8000-0000%04" PRIx64 "b3a5", mixed >> 32, mixed >> 16 & 0xffff, mixed & 0xffff);
}

static void deliver(struct fill *fill, enum command_kind kind, const char *organisation, const char *target, const char *new_id,
                    const char *body)
{
    char key[64];
    bool is_lost = false;
    struct answer answer;
    arena_reset(&fill->arena);
    struct faults *faults = arena_alloc(&fill->arena, sizeof *faults);
    if (faults == NULL) {
        fail("start", "no memory");
    }
    key_format(key, sizeof key, fill->number++, fill->is_ordered);
    faults_init(faults, &fill->arena);
    answer_init(&answer);
    struct command command = { .kind = kind, .target = target, .id = key, .new_id = new_id,
                               .actor = { organisation, organisation[0] == 0 ? ROLE_ADMIN : ROLE_OPERATOR, "tok_bench_000001" },
                               .if_version = COMMAND_VERSION_NONE };
    check(command_decode(&command, BIND_CLEAR, body, strlen(body), &fill->arena, faults), "decode");
    check(block_deliver(fill->executor, &command, &answer, &is_lost), "deliver");
    if (answer.is_problem) {
        fail("refused", answer.body.bytes);
    }
    command_fini(&command);
    answer_fini(&answer);
}

static void begin(struct fill *fill)
{
    check(block_begin_unguarded(fill->executor, clock_wall_ms()), "begin");
}

static void commit(struct fill *fill)
{
    uint8_t root[DIGEST_BYTES];
    check(block_end(fill->executor, root), "end");
    check(block_commit(fill->executor), "commit");
    check(anchor_write(store_anchor(fill->store), executor_checkpoint(fill->executor)), "anchor");
}

/* What moves, and between whom. */
static void furnish(struct fill *fill)
{
    char id[32], body[BODY_BYTES];
    begin(fill);
    deliver(fill, COMMAND_ORGANISATION_PUT, "", "DEPOT-GD", "", "{\"name\":\"Depot, Guangdong\",\"kind\":\"depot\"}");
    deliver(fill, COMMAND_ORGANISATION_PUT, "", "DEPOT-HB", "", "{\"name\":\"Depot, Hubei\",\"kind\":\"depot\"}");
    deliver(fill, COMMAND_SITE_PUT, "", "WAREHOUSE-GZ", "",
            "{\"name\":\"Warehouse in Guangzhou\",\"kind\":\"warehouse\",\"organisation\":\"DEPOT-GD\",\"province\":\"CN-GD\"}");
    deliver(fill, COMMAND_SITE_PUT, "", "WAREHOUSE-WH", "",
            "{\"name\":\"Warehouse in Wuhan\",\"kind\":\"warehouse\",\"organisation\":\"DEPOT-HB\",\"province\":\"CN-HB\"}");
    for (int i = 0; i < STOCKS; i++) {
        snprintf(id, sizeof id, "ITEM-%02d", i);
        deliver(fill, COMMAND_ITEM_PUT, "", id, "", "{\"name\":\"Mask\",\"unit\":\"piece\"}");
        snprintf(body, sizeof body, "{\"site\":\"WAREHOUSE-GZ\",\"item\":\"%s\",\"quantity\":1000000000,\"source\":\"opening\"}", id);
        snprintf(id, sizeof id, "STOCK-%02d", i);
        deliver(fill, COMMAND_SUPPLY_INTAKE, "DEPOT-GD", "", id, body);
    }
    commit(fill);
}

/* The next command of the transfer that is under way. */
static void move(struct fill *fill, uint64_t step)
{
    char id[64], body[BODY_BYTES];
    uint64_t transfer = step / STEPS;
    snprintf(id, sizeof id, "7a11e500-0000-4000-8000-%012" PRIu64, transfer);
    switch (step % STEPS) {
    case 0:
        snprintf(body, sizeof body, "{\"destination\":\"WAREHOUSE-WH\",\"lines\":[{\"supply\":\"STOCK-%02d\",\"quantity\":40}],"
                 "\"reference\":\"WB-%08" PRIu64 "\",\"rationale\":\"Hubei asked for masks\"}", (int)(transfer % STOCKS), transfer);
        deliver(fill, COMMAND_TRANSFER_CREATE, "DEPOT-GD", "", id, body);
        break;
    case 1:
        deliver(fill, COMMAND_TRANSFER_DISPATCH, "DEPOT-GD", id, "", "{}");
        break;
    case 2:
        deliver(fill, COMMAND_TRANSFER_RECEIVE, "DEPOT-HB", id, "", "{\"lines\":[{\"line\":1,\"good\":25}]}");
        break;
    default:
        deliver(fill, COMMAND_TRANSFER_RECEIVE, "DEPOT-HB", id, "",
                "{\"lines\":[{\"line\":1,\"good\":13,\"damaged\":2,\"reason\":\"Boxes soaked by rain\"}]}");
        break;
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One of two ledgers that are compared. */
struct side {
    struct fill fill;
    uint64_t entries, step;
    double seconds, processor_s;
};

/* The next step in a ledger that was filled before: of a transfer that nobody has had, and so with the keys. */
static uint64_t go_on(struct fill *fill)
{
    uint64_t entries = executor_seq(fill->executor);
    fill->number = 10 * entries;
    return STEPS * entries;
}

static void open_side(struct side *side, const char *directory, bool is_ordered)
{
    side->fill.is_ordered = is_ordered;
    const struct store_options options = { .origin = NULL };
    arena_init(&side->fill.arena);
    check(store_open(directory, &options, &side->fill.store), "open");
    side->fill.executor = store_executor(side->fill.store);
    side->entries = executor_seq(side->fill.executor);
    side->step = go_on(&side->fill);
}

static void take_turn(struct side *side)
{
    double begun_s = seconds_of(CLOCK_MONOTONIC), processor_begun_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (int block = 0; block < TURN_BLOCKS; block++) {
        begin(&side->fill);
        for (int i = 0; i < GROUP; i++) {
            move(&side->fill, side->step++);
        }
        commit(&side->fill);
    }
    check(db_checkpoint(store_db(side->fill.store)), "checkpoint");
    side->seconds += seconds_of(CLOCK_MONOTONIC) - begun_s;
    side->processor_s += seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor_begun_s;
}

static int compare(char **words, bool is_ordered)
{
    static struct side sides[2];
    int64_t count = 0;
    if (text_to_integer(words[4], &count) != STATUS_OK || count < TURN_BLOCKS * GROUP || count > ENTRIES_MAX) {
        fail("usage", "fill compare SMALL LARGE COUNT [ordered]");
    }
    open_side(&sides[0], words[2], is_ordered);
    open_side(&sides[1], words[3], is_ordered);
    int64_t turns = count / (TURN_BLOCKS * GROUP);
    for (int64_t i = 0; i < 2 * turns; i++) {
        take_turn(&sides[i % 2]);
    }
    double each = 1e6 / (double)(turns * TURN_BLOCKS * GROUP);
    printf("compare small=%" PRIu64 " small_us=%.1f small_cpu_us=%.1f large=%" PRIu64 " large_us=%.1f large_cpu_us=%.1f ratio=%.3f cpu_ratio=%.3f\n",
           sides[0].entries, each * sides[0].seconds, each * sides[0].processor_s, sides[1].entries, each * sides[1].seconds,
           each * sides[1].processor_s, sides[1].seconds / sides[0].seconds, sides[1].processor_s / sides[0].processor_s);
    for (int i = 0; i < 2; i++) {
        arena_fini(&sides[i].fill.arena);
        store_close(sides[i].fill.store);
    }
    return 0;
}

int main(int argument_count, char **words)
{
    struct fill fill = { .number = 0 };
    int64_t entries = 0, group = GROUP;
    bool is_ordered = argument_count == 6 && strcmp(words[5], "ordered") == 0;
    if ((argument_count == 5 || is_ordered) && strcmp(words[1], "compare") == 0) {
        return compare(words, is_ordered);
    }
    if (argument_count < 3 || argument_count > 4 || text_to_integer(words[2], &entries) != STATUS_OK || entries < 1 ||
        entries > ENTRIES_MAX || (argument_count == 4 && (text_to_integer(words[3], &group) != STATUS_OK || group < 1))) {
        fail("usage", "fill DIR ENTRIES [GROUP] | fill compare SMALL LARGE COUNT [ordered]");
    }
    const struct store_options options = { .origin = "bench.example/1" };
    int64_t begun_us = clock_steady_us();
    arena_init(&fill.arena);
    check(store_open(words[1], &options, &fill.store), "open");
    fill.executor = store_executor(fill.store);
    uint64_t step = 0;
    if (store_is_new(fill.store)) {
        furnish(&fill);
    } else {
        step = go_on(&fill);
    }
    while (executor_seq(fill.executor) < (uint64_t)entries) {
        uint64_t missing = (uint64_t)entries - executor_seq(fill.executor);
        begin(&fill);
        for (uint64_t i = 0; i < (uint64_t)group && i < missing; i++) {
            move(&fill, step++);
        }
        commit(&fill);
    }
    printf("fill entries=%" PRIu64 " seconds=%.3f\n", executor_seq(fill.executor), (double)(clock_steady_us() - begun_us) / 1e6);
    arena_fini(&fill.arena);
    store_close(fill.store);
    return 0;
}
