#ifndef SERVER_PATHS_H
#define SERVER_PATHS_H

#include "base/arena.h"

/* Where the files of a data directory lie: DIR/name in the arena; NULL without memory. */
const char *data_path(struct arena *arena, const char *data_dir, const char *name);

/* What restore calls the ledger's copy until it is verified and in place; the mark that stands there while files are replaced; and
 * the folder of what they replace until all of it is in it. serve does not begin beside the first two. */
#define RESTORE_UNFINISHED "tallystick.db.restoring"
#define RESTORE_MARK "restore.mark"
#define RESTORE_ASIDE "replaced.unfinished"

#endif
