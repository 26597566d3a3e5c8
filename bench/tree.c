/*
 * Times the tree's rows and the proofs made from them, in databases of its own:
 *   tree DIR SMALL LARGE COUNT
 * fills DIR/small.db and DIR/large.db with the rows of so many leaf hashes, 256 to a transaction. Then it appends COUNT
 * leaves to each, in transactions of 16, as a busy service's blocks have them, in turns, so that both see the same machine.
 * At last it makes COUNT proofs of inclusion and COUNT of consistency in the larger one, for random leaves, every second
 * time of a random smaller size, each inside a read transaction of its own, and checks each.
 * Processor time of this thread in microseconds; one line of key=value each.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "db/db.h"
#include "db/tile.h"
#include "ledger/proof.h"
#include "ledger/tile.h"
#include "rules/tiles.h"

enum { GROUP = 16, FILL_GROUP = 256, TURNS = 8, LEAVES_MAX = 100000000, COUNT_MAX = 1000000 };

struct bench {
    char path[4096];
    struct db *db;
    struct tile_edge edge;
    uint64_t chance;
    uint64_t rows_read;
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "tree: %s: %s\n", what, why);
    exit(2);
}

static void demand(enum status status, const char *what)
{
    if (status != STATUS_OK) {
        fail(what, status_name(status));
    }
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* splitmix64 (Steele, Lea, Flood 2014): the state is a counter. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static enum status get_row(void *context, unsigned level, uint64_t position, struct tile *tile)
{
    struct bench *bench = context;
    bench->rows_read++;
    return tiles_get(bench->db, level, position, tile);
}

/* One transaction of leaves. */
static void append_group(struct bench *bench, size_t count)
{
    uint64_t from = bench->edge.size;
    uint8_t leaf[DIGEST_BYTES];
    demand(db_begin(bench->db), "begin");
    for (size_t i = 0; i < count; i++) {
        tree_leaf_hash(leaf, &bench->edge.size, sizeof bench->edge.size);
        demand(tile_edge_append(&bench->edge, leaf, tiles_put, bench->db), "append");
    }
    demand(tile_edge_put(&bench->edge, from, tiles_put, bench->db), "put");
    demand(db_commit(bench->db), "commit");
}

static void fill(struct bench *bench, uint64_t size)
{
    while (bench->edge.size < size) {
        uint64_t left = size - bench->edge.size;
        append_group(bench, left < FILL_GROUP ? (size_t)left : FILL_GROUP);
        if (bench->edge.size % (64 * FILL_GROUP) == 0) {
            demand(db_checkpoint(bench->db), "checkpoint");
        }
    }
    demand(db_checkpoint(bench->db), "checkpoint");
}

/* Microseconds for count leaves. */
static double time_append(struct bench *bench, size_t count)
{
    double before_us = cpu_us();
    for (size_t done = 0; done < count; done += GROUP) {
        append_group(bench, GROUP);
    }
    return cpu_us() - before_us;
}

static void measure_append(struct bench *small, struct bench *large, size_t count)
{
    uint64_t small_from = small->edge.size, large_from = large->edge.size;
    double small_us = 0, large_us = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        small_us += time_append(small, count / TURNS);
        large_us += time_append(large, count / TURNS);
    }
    double small_each_us = small_us / (double)(small->edge.size - small_from);
    double large_each_us = large_us / (double)(large->edge.size - large_from);
    printf("append small=%llu small_us=%.3f large=%llu large_us=%.3f ratio=%.2f group=%d\n", (unsigned long long)small_from,
           small_each_us, (unsigned long long)large_from, large_each_us, large_each_us / small_each_us, GROUP);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const struct bench *bench, const char *what, double *times_us, double check_us, size_t count)
{
    double sum_us = 0;
    for (size_t i = 0; i < count; i++) {
        sum_us += times_us[i];
    }
    qsort(times_us, count, sizeof *times_us, compare);
    printf("%s size=%llu count=%zu mean_us=%.1f p50_us=%.1f p99_us=%.1f check_us=%.1f rows=%.1f\n", what,
           (unsigned long long)bench->edge.size, count, sum_us / (double)count, times_us[(count - 1) / 2],
           times_us[(size_t)(0.99 * (double)(count - 1))], check_us / (double)count, (double)bench->rows_read / (double)count);
}

/* Proofs for the whole tree or, every second time, for a smaller size, as a request would have them made. */
static void measure_proofs(struct bench *bench, bool is_consistency, double *times_us, size_t count)
{
    static struct proof_source source;
    static struct proof proof;
    uint8_t leaf[DIGEST_BYTES], from_root[DIGEST_BYTES], root[DIGEST_BYTES];
    double check_us = 0;
    bench->rows_read = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = i % 2 == 0 ? bench->edge.size : 1 + next_random(&bench->chance) % bench->edge.size;
        uint64_t index = next_random(&bench->chance) % size;
        double before_us = cpu_us();
        demand(db_read_begin(bench->db), "read");
        proof_source_init(&source, get_row, bench);
        demand(is_consistency ? proof_consistency(&source, index + 1, size, &proof)
                              : proof_inclusion(&source, index, size, &proof), "proof");
        double made_us = cpu_us();
        demand(is_consistency ? proof_root(&source, index + 1, from_root) : proof_leaf(&source, index, leaf), "leaf");
        demand(proof_root(&source, size, root), "root");
        db_read_end(bench->db);
        double check_from_us = cpu_us();
        demand(is_consistency ? proof_consistency_check(index + 1, size, from_root, root, proof.hashes, proof.count)
                              : proof_inclusion_check(index, size, leaf, proof.hashes, proof.count, root), "check");
        check_us += cpu_us() - check_from_us;
        times_us[i] = made_us - before_us;
    }
    print_times(bench, is_consistency ? "consistency" : "inclusion", times_us, check_us, count);
}

static void print_size(struct bench *bench)
{
    struct stat info;
    uint64_t rows = 0;
    demand(db_tile_count(bench->db, &rows), "count");
    demand(db_checkpoint(bench->db), "checkpoint");
    if (stat(bench->path, &info) != 0) {
        fail(bench->path, strerror(errno));
    }
    printf("size leaves=%llu rows=%llu bytes_each=%.1f\n", (unsigned long long)bench->edge.size, (unsigned long long)rows,
           (double)info.st_size / (double)bench->edge.size);
}

static void open_bench(struct bench *bench, const char *directory, const char *name, int64_t size)
{
    if (snprintf(bench->path, sizeof bench->path, "%s/%s", directory, name) >= (int)sizeof bench->path) {
        fail("usage", "the directory's name is too long");
    }
    demand(db_open_writer(bench->path, &bench->db), "open");
    fill(bench, (uint64_t)size);
}

int main(int argument_count, char **words)
{
    static struct bench small, large;
    int64_t small_size = 0, large_size = 0, count = 0;
    if (argument_count != 5 || text_to_integer(words[2], &small_size) != STATUS_OK ||
        text_to_integer(words[3], &large_size) != STATUS_OK || text_to_integer(words[4], &count) != STATUS_OK || small_size < 1 ||
        large_size < small_size || large_size > LEAVES_MAX || count < TURNS * GROUP || count > COUNT_MAX) {
        fail("usage", "tree DIR SMALL LARGE COUNT");
    }
    double *times_us = calloc((size_t)count, sizeof *times_us);
    if (times_us == NULL) {
        fail("start", "no memory");
    }
    open_bench(&small, words[1], "small.db", small_size);
    open_bench(&large, words[1], "large.db", large_size);
    measure_append(&small, &large, (size_t)count);
    measure_proofs(&large, false, times_us, (size_t)count);
    measure_proofs(&large, true, times_us, (size_t)count);
    print_size(&large);
    db_close(small.db);
    db_close(large.db);
    free(times_us);
    return 0;
}
