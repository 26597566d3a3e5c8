#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * A fuzz driver is one function that takes any bytes. main.c feeds it the corpus and mutations of it for a bounded time,
 * the same ones in every run; `make fuzz` builds it with libFuzzer instead, for as long as one likes.
 */

/* Returns 0; aborts where what must hold does not. The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Holds with NDEBUG too, and says where. */
#define CHECK(CONDITION)                                                            \
    do {                                                                            \
        if (!(CONDITION)) {                                                         \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #CONDITION); \
            abort();                                                                \
        }                                                                           \
    } while (0)

#endif
