/*
 * Fills a data directory with a ledger to measure on: fill DIR ENTRIES [GROUP]
 *
 * Makes the directory where it is new, and adds moves of goods until the ledger has so many entries: transfers with
 * a rationale, dispatched, received in two parts, the second with damage. They go through the rules, in blocks of
 * GROUP commands (64), without HTTP. One line of key=value.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "rules/block.h"
#include "server/store/store.h"

enum { STOCKS = 40, STEPS = 4, BODY_BYTES = 512, ENTRIES_MAX = 100000000 };

struct fill {
    struct store *store;
    struct executor *executor;
    struct arena arena;
    uint64_t number; /* of the next command */
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
    snprintf(key, sizeof key, "b3a5c0de-0000-4000-8000-%012" PRIu64, fill->number++);
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
    check(block_begin(fill->executor, clock_wall_ms()), "begin");
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

int main(int argument_count, char **words)
{
    struct fill fill = { .number = 0 };
    int64_t entries = 0, group = 64;
    if (argument_count < 3 || argument_count > 4 || text_to_integer(words[2], &entries) != STATUS_OK || entries < 1 ||
        entries > ENTRIES_MAX || (argument_count == 4 && (text_to_integer(words[3], &group) != STATUS_OK || group < 1))) {
        fail("usage", "fill DIR ENTRIES [GROUP]");
    }
    const struct store_options options = { .origin = "bench.example/1" };
    int64_t begun_us = clock_steady_us();
    arena_init(&fill.arena);
    check(store_open(words[1], &options, &fill.store), "open");
    if (!store_is_new(fill.store)) {
        fail(words[1], "is not empty");
    }
    fill.executor = store_executor(fill.store);
    furnish(&fill);
    uint64_t before = executor_seq(fill.executor), step = 0;
    while (before + step < (uint64_t)entries) {
        begin(&fill);
        for (int64_t i = 0; i < group && before + step < (uint64_t)entries; i++) {
            move(&fill, step++);
        }
        commit(&fill);
    }
    printf("fill entries=%" PRIu64 " seconds=%.3f\n", executor_seq(fill.executor), (double)(clock_steady_us() - begun_us) / 1e6);
    arena_fini(&fill.arena);
    store_close(fill.store);
    return 0;
}
