/*
 * Giving freed memory back to the system. Only the C library knows what it still holds, and only glibc can be asked to part with it. When
 * that is due: server/store/janitor.c.
 */
#include "base/memory.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void memory_give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
