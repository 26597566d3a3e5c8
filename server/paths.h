#ifndef SERVER_PATHS_H
#define SERVER_PATHS_H

#include "base/arena.h"

/* Where the files of a data directory lie: DIR/name in the arena; NULL without memory. */
const char *data_path(struct arena *arena, const char *data_dir, const char *name);

#endif
