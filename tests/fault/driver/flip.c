/*
 * One bit at a time. The database lies on the disk in memory, so that thousands of turns take seconds. Queries of the test's say
 * whether anybody would be told anything else; then verify, as the program runs it, must find it.
 */
#include "tests/fault/driver/driver.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "ledger/digest.h"
#include "server/store/verifier.h"
#include "tests/fault/chance.h"
#include "tests/fault/disk.h"
#include "tests/fault/room.h"

enum { QUERIES_MAX = 128, WORKERS_MAX = 16, PAGE_BYTES = 4096 };

struct ledger {
    const char *data_dir;
    char path[512], node_path[512];
    struct disk_image image; /* the database, whose bits are turned, and node.db beside it */
    char *queries[QUERIES_MAX];
    size_t query_count;
    uint8_t whole[QUERIES_MAX][DIGEST_BYTES]; /* what they find where nothing was turned */
    size_t every;
};

static unsigned char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    size_t room_bytes = 0;
    *length = 0;
    while (file != NULL && !feof(file) && !ferror(file)) {
        room_bytes = 2 * room_bytes + PAGE_BYTES;
        bytes = room_grown(bytes, room_bytes);
        *length += fread(bytes + *length, 1, room_bytes - *length - 1, file);
    }
    if (file == NULL || fclose(file) != 0) {
        fprintf(stderr, "driver: %s cannot be read\n", path);
        exit(1);
    }
    bytes[*length] = 0;
    return bytes;
}

static void take_ledger(struct ledger *ledger, const char *data_dir, const char *queries_path)
{
    size_t length = 0;
    char *rest = NULL;
    ledger->data_dir = data_dir;
    snprintf(ledger->path, sizeof ledger->path, "%s/tallystick.db", data_dir);
    snprintf(ledger->node_path, sizeof ledger->node_path, "%s/node.db", data_dir);
    char *const names[] = { ledger->path, ledger->node_path };
    ledger->image.count = 2;
    ledger->image.files = room(ledger->image.count * sizeof *ledger->image.files);
    for (size_t i = 0; i < ledger->image.count; i++) {
        struct disk_file *file = &ledger->image.files[i];
        file->name = names[i];
        file->bytes = read_file(names[i], &file->length);
    }
    char *text = (char *)read_file(queries_path, &length);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (ledger->query_count == QUERIES_MAX) {
            exit(1);
        }
        ledger->queries[ledger->query_count++] = line;
    }
}

static void add_row(struct digest *digest, sqlite3_stmt *use)
{
    for (int i = 0; i < sqlite3_column_count(use); i++) {
        unsigned char head[5] = { (unsigned char)sqlite3_column_type(use, i) };
        const void *bytes = sqlite3_column_blob(use, i); /* numbers as their digits */
        uint32_t length = (uint32_t)sqlite3_column_bytes(use, i);
        memcpy(head + 1, &length, sizeof length);
        digest_update(digest, head, sizeof head);
        if (length > 0) {
            digest_update(digest, bytes, length);
        }
    }
}

/* What each query finds. False where one of them cannot be answered. */
static bool look(const struct ledger *ledger, uint8_t out[QUERIES_MAX][DIGEST_BYTES])
{
    sqlite3 *handle = NULL;
    bool is_seen = sqlite3_open_v2(ledger->path, &handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    for (size_t i = 0; is_seen && i < ledger->query_count; i++) {
        struct digest digest;
        sqlite3_stmt *use = NULL;
        digest_init(&digest);
        int code = sqlite3_prepare_v2(handle, ledger->queries[i], -1, &use, NULL);
        while (code == SQLITE_OK && (code = sqlite3_step(use)) == SQLITE_ROW) {
            add_row(&digest, use);
            code = SQLITE_OK;
        }
        is_seen = code == SQLITE_DONE;
        sqlite3_finalize(use);
        digest_final(&digest, out[i]);
    }
    sqlite3_close(handle);
    return is_seen;
}

/* The first query that finds something else than it did, or none. */
static const char *first_other(const struct ledger *ledger)
{
    uint8_t left[QUERIES_MAX][DIGEST_BYTES];
    if (!look(ledger, left)) {
        return "the database, which cannot be read any more";
    }
    for (size_t i = 0; i < ledger->query_count; i++) {
        if (memcmp(ledger->whole[i], left[i], sizeof left[i]) != 0) {
            return ledger->queries[i];
        }
    }
    return NULL;
}

static bool is_found(const struct ledger *ledger)
{
    struct verify_report report = { .is_ok = false };
    struct verifier_job job = { .checkpoint = NULL };
    return verifier_run(ledger->data_dir, &job, &report) != STATUS_OK || !report.is_ok;
}

/* Turns the n-th, n-th plus step, ... Returns whether each was found or changed nothing. Of those that changed nothing, some are
 * verified all the same. */
static bool flip_some(struct ledger *ledger, uint64_t seed, size_t from, size_t step, size_t count)
{
    struct chance chance = { seed };
    struct disk_file *file = ledger->image.files;
    size_t found = 0, changed = 0;
    bool is_good = true;
    disk_restore(&ledger->image);
    if (!look(ledger, ledger->whole) || is_found(ledger)) {
        printf("unseen: the ledger is not whole\n");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        /* every tenth in the header and the schema's first page */
        size_t at = chance_below(&chance, i % 10 > 0 ? file->length : PAGE_BYTES);
        unsigned char bit = (unsigned char)(1u << chance_below(&chance, 8));
        if (i % step != from) {
            continue;
        }
        file->bytes[at] ^= bit;
        disk_restore(&ledger->image);
        const char *other = first_other(ledger);
        bool is_looked_at = other != NULL || i / step % ledger->every == 0;
        if (is_looked_at && is_found(ledger)) {
            found++;
        } else if (other != NULL) {
            printf("unseen: byte %zu ^ %u: %s\n", at, bit, other);
            is_good = false;
        }
        changed += other != NULL;
        file->bytes[at] ^= bit;
    }
    printf("changed %zu found %zu\n", changed, found);
    return is_good;
}

/* As many at a time as there are processors. */
int driver_flip(const char *data_dir, const char *queries_path, const char *seed, const char *count, const char *every)
{
    static struct ledger ledger;
    size_t workers = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    pid_t children[WORKERS_MAX];
    int result = 0;
    workers = workers < 1 ? 1 : workers > WORKERS_MAX ? WORKERS_MAX : workers;
    take_ledger(&ledger, data_dir, queries_path);
    ledger.every = strtoull(every, NULL, 10);
    disk_begin();
    for (size_t i = 0; i < workers; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            bool is_good = flip_some(&ledger, strtoull(seed, NULL, 10), i, workers, strtoull(count, NULL, 10));
            fflush(stdout);
            _exit(is_good ? 0 : 1);
        }
    }
    for (size_t i = 0; i < workers; i++) {
        int ended = 1;
        waitpid(children[i], &ended, 0);
        result |= ended != 0;
    }
    return result;
}
