#ifndef TESTS_UNIT_SUPPORT_SCRATCH_H
#define TESTS_UNIT_SUPPORT_SCRATCH_H

/* A folder for one test, made under /tmp and removed with all that lies in it. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 64 };

static inline int scratch_make(char dir[SCRATCH_BYTES])
{
    snprintf(dir, SCRATCH_BYTES, "/tmp/tallystick-test-XXXXXX");
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static inline int scratch_forget(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline int scratch_remove(const char *dir)
{
    return nftw(dir, scratch_forget, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
