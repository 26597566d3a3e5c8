/*
 * The bounded run of a fuzz driver: every file of its corpus, then mutations of them by a generator with a fixed seed
 * (TALLYSTICK_SEED takes another), so that a failure comes again. What was fed when it failed lies in the file that is
 * named then; it belongs into the corpus.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#ifndef FUZZ_CORPUS
#define FUZZ_CORPUS "tests/fuzz/corpus" /* the build names the driver's own folder */
#endif

enum { FILES_MAX = 256, INPUT_MAX = 4096, ROUNDS = 50000 };

struct input {
    uint8_t bytes[INPUT_MAX];
    size_t length;
};

static struct input corpus[FILES_MAX];
static size_t corpus_count;
static struct input current;
static uint64_t state;

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
    return limit == 0 ? 0 : (size_t)(next() % limit);
}

/* Async-signal-safe: what was fed goes to a file. */
static void keep_input(int number)
{
    static const char path[] = "fuzz-failed-input";
    FILE *file = fopen(path, "wb");
    if (file != NULL) {
        fwrite(current.bytes, 1, current.length, file);
        fclose(file);
        fprintf(stderr, "the input is in %s, %zu bytes\n", path, current.length);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void read_corpus(const char *path)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry = NULL; directory != NULL && (entry = readdir(directory)) != NULL && corpus_count < FILES_MAX;) {
        char name[1024];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(name, "rb") : NULL;
        if (file != NULL) {
            corpus[corpus_count].length = fread(corpus[corpus_count].bytes, 1, INPUT_MAX, file);
            corpus_count++;
            fclose(file);
        }
    }
    CHECK(directory != NULL && corpus_count > 0);
    closedir(directory);
}

static int by_content(const void *a, const void *b)
{
    const struct input *one = a, *other = b;
    size_t shorter = one->length < other->length ? one->length : other->length;
    int order = memcmp(one->bytes, other->bytes, shorter);
    return order != 0 ? order : (one->length > other->length) - (one->length < other->length);
}

static void insert(struct input *input, size_t at, const uint8_t *bytes, size_t length)
{
    if (length <= INPUT_MAX - input->length) {
        memmove(input->bytes + at + length, input->bytes + at, input->length - at);
        memcpy(input->bytes + at, bytes, length);
        input->length += length;
    }
}

static void erase(struct input *input, size_t at, size_t length)
{
    length = length < input->length - at ? length : input->length - at;
    memmove(input->bytes + at, input->bytes + at + length, input->length - at - length);
    input->length -= length;
}

static void mutate(struct input *input)
{
    static const char *const words[] = {"\"", "{", "}", "[", "]", ",", ":", "\\", "\\u0000", "\\ud800", "null", "1e999", "-0", "\r\n",
                                        "\n", "%", "%00", "%2F", "\xff", "\xe6\xb9\x96", "\xef\xbb\xbf", "&", "=", "?", "/", ";", " ", "\t",
                                        "9223372036854775808", "0.1", "Bearer ", "chunked", "Content-Length: 1", "id", "\"\""};
    size_t at = below(input->length + 1);
    const char *word = words[below(sizeof words / sizeof words[0])];
    const struct input *other = &corpus[below(corpus_count)];
    size_t from = below(other->length);
    uint8_t byte = (uint8_t)next();
    switch (below(6)) {
    case 0:
        if (at < input->length) {
            input->bytes[at] = (uint8_t)(input->bytes[at] ^ (1u << below(8)));
        }
        return;
    case 1:
        insert(input, at, &byte, 1);
        return;
    case 2:
        insert(input, at, (const uint8_t *)word, strlen(word));
        return;
    case 3:
        erase(input, at, 1 + below(8));
        return;
    case 4:
        insert(input, at, other->bytes + from, below(other->length - from + 1));
        return;
    default:
        input->length = at;
    }
}

int main(void)
{
    const char *seed = getenv("TALLYSTICK_SEED");
    state = seed != NULL ? strtoull(seed, NULL, 10) : 20200123;
    read_corpus(FUZZ_CORPUS);
    qsort(corpus, corpus_count, sizeof corpus[0], by_content); /* in whatever order the directory gave them */
    signal(SIGABRT, keep_input);
    signal(SIGSEGV, keep_input);
    for (size_t i = 0; i < corpus_count + ROUNDS; i++) {
        current = corpus[i < corpus_count ? i : below(corpus_count)];
        for (size_t changes = i < corpus_count ? 0 : 1 + below(6); changes > 0; changes--) {
            mutate(&current);
        }
        LLVMFuzzerTestOneInput(current.bytes, current.length);
    }
    printf("1..1\nok 1 - %zu inputs\n", corpus_count + (size_t)ROUNDS);
    return 0;
}
