#ifndef TESTS_FAULT_ROOM_H
#define TESTS_FAULT_ROOM_H

/* Memory of the tests themselves, by a function of its own: malloc, calloc, realloc and strdup are what test_memory.c lets fail. Without
 * memory the test ends. */
#include <stdlib.h>
#include <string.h>

static inline void *room_grown(void *old, size_t bytes)
{
    void *memory = reallocarray(old, 1, bytes > 0 ? bytes : 1);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static inline void *room(size_t bytes)
{
    return memset(room_grown(NULL, bytes), 0, bytes > 0 ? bytes : 1);
}

static inline void *room_copy(const void *bytes, size_t length)
{
    char *copy = room(length + 1);
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

static inline char *room_text(const char *text)
{
    return room_copy(text, strlen(text));
}

#endif
