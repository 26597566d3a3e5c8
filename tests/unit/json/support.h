#ifndef TESTS_UNIT_JSON_SUPPORT_H
#define TESTS_UNIT_JSON_SUPPORT_H

/* What the tests of json/ share: repeatable random numbers, assertions expected, and
 * faults found by pointer and code. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "json/faults.h"

static uint64_t random_state = 20210112;

/* A number below bound, the same sequence in every run. */
static inline size_t random_below(size_t bound)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (size_t)((z ^ (z >> 31)) % bound);
}

/* A copy that ends where its allocation ends, so that a sanitizer sees a read beyond. */
static inline char *exact_copy(const char *bytes, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return copy;
}

/* True where call ends the process by an assertion. */
static inline bool aborts(void (*call)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) != NULL) {
            call();
        }
        _exit(0);
    }
    int result = 0;
    assert_true(waitpid(child, &result, 0) == child);
    return WIFSIGNALED(result) && WTERMSIG(result) == SIGABRT;
}

/* Every fault as "pointer code\n", in order; in static storage. */
static inline const char *summary(const struct faults *faults)
{
    static char text[LIMIT_FAULTS * 600];
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *f = &faults->items[i];
        int written = snprintf(text + used, sizeof text - used, "%s %s\n", f->pointer == NULL ? "-" : f->pointer, f->code);
        assert_true(written > 0 && (size_t)written < sizeof text - used);
        used += (size_t)written;
        assert_true(f->detail != NULL && f->detail[0] != 0);
        for (const char *at = f->detail; *at != 0; at++) {
            assert_true(*at >= 0x20 && *at < 0x7f); /* nothing of the input as it came */
        }
    }
    return text;
}

#endif
