/*
 * Names of files, for whoever opens one.
 */
#include "server/paths.h"

const char *data_path(struct arena *arena, const char *data_dir, const char *name)
{
    return arena_format(arena, "%s/%s", data_dir, name);
}
