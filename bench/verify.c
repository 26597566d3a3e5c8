/*
 * How fast the parts of a verification are, called as functions, each beside what the library does alone:
 *   verify chain COUNT        chain and tree of COUNT entries of about 500 bytes, one thread; beside it SHA-256 of the same bytes
 *   verify signatures COUNT   COUNT seals by the pool, all processors; beside it libsecp256k1's own verifying, one thread
 * One line of key=value each; the two sides in turn, ROUNDS times, and of each the median.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nettle/sha2.h>
#include <secp256k1.h>

#include "base/arena.h"
#include "base/parallel.h"
#include "base/text.h"
#include "ledger/chain.h"

enum { ROUNDS = 5, COUNT_MAX = 1000000, PER_BATCH = 64 };

static const char body[] = "{\"destination\":\"WAREHOUSE-WH\",\"lines\":[{\"supply\":\"STOCK-01\",\"quantity\":40}],"
    "\"rationale\":{\"commitment\":\"1883715c90c146efe9ee266fc4a23defaf0b743cb37a3b2bad2149d5e34c44d8\"}}";

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "verify: %s: %s\n", what, why);
    exit(2);
}

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* Entries that follow from each other; their hashes, and their bytes one behind the other. */
struct ledger {
    struct arena arena;
    struct entry *entries;
    uint8_t (*hashes)[DIGEST_BYTES];
    struct buffer bytes;
    size_t *ends;
    size_t count;
};

static void make_ledger(struct ledger *ledger, size_t count)
{
    uint8_t head[DIGEST_BYTES] = { 0 };
    arena_init(&ledger->arena);
    buffer_init(&ledger->bytes);
    ledger->count = count;
    ledger->entries = arena_array(&ledger->arena, count, sizeof *ledger->entries);
    ledger->hashes = arena_array(&ledger->arena, count, sizeof *ledger->hashes);
    ledger->ends = arena_array(&ledger->arena, count, sizeof *ledger->ends);
    if (ledger->entries == NULL || ledger->hashes == NULL || ledger->ends == NULL) {
        fail("start", "no memory");
    }
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &ledger->entries[i];
        *entry = (struct entry){
            .seq = i + 1, .height = i / PER_BATCH + 1, .time_ms = 1000 + i, .rules_version = 1, .kind = "transfer.create",
            .target = "", .command_id = arena_format(&ledger->arena, "b3a5c0de-0000-4000-8000-%012zu", i),
            .new_id = arena_format(&ledger->arena, "7a11e500-0000-4000-8000-%012zu", i), .organisation = "DEPOT-GD",
            .role = "operator", .subject = "tok_bench_000001", .submitter_key = "", .submitter_alg = "",
            .body_length = sizeof body - 1, .body = body, .submitter_sig = "",
        };
        memcpy(entry->previous_hash, head, sizeof head);
        digest_bytes(entry->body_digest, body, sizeof body - 1);
        memset(entry->effects, (int)(i & 0xff), sizeof entry->effects);
        size_t before = ledger->bytes.length;
        entry_encode(entry, &ledger->bytes);
        if (entry->new_id == NULL || ledger->bytes.failed) {
            fail("start", "no memory");
        }
        digest_bytes(head, ledger->bytes.bytes + before, ledger->bytes.length - before);
        memcpy(ledger->hashes[i], head, sizeof head);
        ledger->ends[i] = ledger->bytes.length;
    }
}

static double time_chain(const struct ledger *ledger)
{
    struct chain chain;
    struct chain_facts facts[PER_BATCH];
    struct chain_item items[PER_BATCH];
    double begun_s = clock_s(CLOCK_THREAD_CPUTIME_ID);
    chain_init(&chain);
    for (size_t at = 0; at < ledger->count; at += PER_BATCH) { /* as a verification does it */
        size_t count = ledger->count - at < PER_BATCH ? ledger->count - at : PER_BATCH;
        for (size_t i = 0; i < count; i++) {
            items[i] = (struct chain_item){ &ledger->entries[at + i], &facts[i] };
        }
        chain_hash(items, count);
        for (size_t i = 0; i < count; i++) {
            if (chain_link(&chain, items[i].entry, &facts[i], ledger->hashes[at + i], CHAIN_SEAL_GOOD) != CHAIN_SOUND) {
                fail("chain", "an entry does not follow");
            }
        }
    }
    return clock_s(CLOCK_THREAD_CPUTIME_ID) - begun_s;
}

static double time_library_hash(const struct ledger *ledger)
{
    struct sha256_ctx context;
    uint8_t hash[DIGEST_BYTES];
    double begun_s = clock_s(CLOCK_THREAD_CPUTIME_ID);
    sha256_init(&context);
    for (size_t i = 0, from = 0; i < ledger->count; from = ledger->ends[i], i++) {
        sha256_update(&context, ledger->ends[i] - from, (const uint8_t *)ledger->bytes.bytes + from);
        sha256_digest(&context, sizeof hash, hash);
        if (memcmp(hash, ledger->hashes[i], sizeof hash) != 0) {
            fail("hash", "another hash");
        }
    }
    return clock_s(CLOCK_THREAD_CPUTIME_ID) - begun_s;
}

static void measure_chain(size_t count)
{
    struct ledger ledger;
    double ours[ROUNDS], theirs[ROUNDS];
    make_ledger(&ledger, count);
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = time_chain(&ledger);
        theirs[i] = time_library_hash(&ledger);
    }
    double ours_s = median(ours, ROUNDS), theirs_s = median(theirs, ROUNDS);
    printf("chain count=%zu entry_bytes=%.0f per_s=%.0f library_sha256_per_s=%.0f library_mb_per_s=%.0f ratio=%.2f\n", count,
           (double)ledger.bytes.length / (double)count, (double)count / ours_s, (double)count / theirs_s,
           (double)ledger.bytes.length / theirs_s / 1e6, theirs_s / ours_s);
    buffer_fini(&ledger.bytes);
    arena_fini(&ledger.arena);
}

struct signed_hash {
    uint8_t hash[DIGEST_BYTES];
    uint8_t signature[KEY_SIGNATURE_BYTES];
};

struct batch {
    struct parallel_batch batch;
    const struct key_verifier *key;
    const struct signed_hash *first;
    size_t count;
    bool are_good;
};

static void check_batch(struct parallel_batch *of)
{
    struct batch *batch = (struct batch *)of;
    batch->are_good = true;
    for (size_t i = 0; i < batch->count; i++) {
        batch->are_good = batch->are_good &&
            key_verifier_check(batch->key, batch->first[i].hash, batch->first[i].signature) == STATUS_OK;
    }
}

static double time_pool(const struct key_verifier *key, const struct signed_hash *hashes, size_t count, size_t cores)
{
    struct parallel *parallel = NULL;
    size_t batch_count = (count + PER_BATCH - 1) / PER_BATCH;
    struct batch *batches = calloc(batch_count, sizeof *batches);
    if (batches == NULL || parallel_open(cores - 1, false, &parallel) != STATUS_OK) {
        fail("start", "no memory");
    }
    double begun_s = clock_s(CLOCK_MONOTONIC);
    for (size_t i = 0; i < batch_count; i++) {
        size_t first = i * PER_BATCH, left = count - first;
        batches[i] = (struct batch){ { .run = check_batch }, key, hashes + first, left < PER_BATCH ? left : PER_BATCH, false };
        parallel_submit(parallel, &batches[i].batch);
    }
    for (size_t i = 0; i < batch_count; i++) {
        parallel_wait(parallel, &batches[i].batch);
        if (!batches[i].are_good) {
            fail("signatures", "a good one is refused");
        }
    }
    double took_s = clock_s(CLOCK_MONOTONIC) - begun_s;
    parallel_close(parallel);
    free(batches);
    return took_s;
}

/* The library alone: key and signatures are parsed before, which is not its verifying. */
static double time_library_verify(const secp256k1_context *library, const secp256k1_pubkey *point, const struct signed_hash *hashes,
                                  const secp256k1_ecdsa_signature *parsed, size_t count)
{
    double begun_s = clock_s(CLOCK_MONOTONIC);
    for (size_t i = 0; i < count; i++) {
        if (secp256k1_ecdsa_verify(library, &parsed[i], hashes[i].hash, point) != 1) {
            fail("library", "a good one is refused");
        }
    }
    return clock_s(CLOCK_MONOTONIC) - begun_s;
}

static void measure_signatures(size_t count)
{
    struct key *key = NULL;
    size_t cores = parallel_cores();
    double ours[ROUNDS], theirs[ROUNDS];
    struct signed_hash *hashes = calloc(count, sizeof *hashes);
    secp256k1_ecdsa_signature *parsed = calloc(count, sizeof *parsed);
    secp256k1_context *library = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secp256k1_pubkey point;
    struct key_verifier verifier;
    if (hashes == NULL || parsed == NULL || library == NULL || key_library_open() != STATUS_OK || key_generate(&key) != STATUS_OK ||
        secp256k1_ec_pubkey_parse(library, &point, key_public(key), KEY_PUBLIC_BYTES) != 1) {
        fail("start", "no memory");
    }
    key_verifier_init(&verifier, key_public(key));
    for (size_t i = 0; i < count; i++) {
        digest_bytes(hashes[i].hash, &i, sizeof i);
        key_sign(key, hashes[i].hash, hashes[i].signature);
        if (secp256k1_ecdsa_signature_parse_compact(library, &parsed[i], hashes[i].signature) != 1) {
            fail("library", "a good one is refused");
        }
    }
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = time_pool(&verifier, hashes, count, cores);
        theirs[i] = time_library_verify(library, &point, hashes, parsed, count);
    }
    double ours_s = median(ours, ROUNDS), theirs_s = median(theirs, ROUNDS);
    printf("signatures count=%zu cores=%zu per_s=%.0f library_per_s=%.0f ratio=%.2f\n", count, cores, (double)count / ours_s,
           (double)count / theirs_s, theirs_s / ours_s / (double)cores);
    secp256k1_context_destroy(library);
    key_free(key);
    free(parsed);
    free(hashes);
}

int main(int argument_count, char **words)
{
    int64_t count = 0;
    bool is_chain = argument_count == 3 && strcmp(words[1], "chain") == 0;
    bool is_signatures = argument_count == 3 && strcmp(words[1], "signatures") == 0;
    if ((!is_chain && !is_signatures) || text_to_integer(words[2], &count) != STATUS_OK || count < 1 || count > COUNT_MAX) {
        fail("usage", "verify chain COUNT | verify signatures COUNT");
    }
    if (is_chain) {
        measure_chain((size_t)count);
    } else {
        measure_signatures((size_t)count);
    }
    return 0;
}
