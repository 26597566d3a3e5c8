#ifndef SERVER_COMMAND_RESTORE_STATE_H
#define SERVER_COMMAND_RESTORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/entry.h"
#include "server/store/anchor.h"
#include "server/config/config.h"

/*
 * Inside restore.c, restore_aside.c and restore_place.c only: a restore under way.
 */
struct restore {
    const struct config *config;
    struct arena arena;
    int lock;                 /* of the data directory; -1: not taken yet */
    const char *from_dir;     /* the backup's directory; NULL where it is one file */
    const char *from_db;
    const char *anchor_dir;   /* where the backup's anchor lies, or should; NULL: a file with none beside it */
    const char *copy;         /* DIR/tallystick.db.restoring */
    struct db *db;            /* reads the copy */
    struct entry_head head;   /* of the copy */
    struct checkpoint_row last;
    const char *origin;
    const char *checkpoint;   /* of --checkpoint; NULL: none */
    struct anchor_notes own;  /* of the backup */
    struct anchor_notes there; /* of the directory */
    uint64_t known;           /* entries that somebody knows of, the copy's own at least */
    const char *known_by;
    const char *passed_over;  /* an anchor of another ledger; NULL: none */
    bool is_unattested;       /* nothing in reach shows that the backup was not cut behind its last entry */
    bool is_occupied;         /* the directory holds a ledger or tokens */
    bool is_resumed;          /* an earlier restore was broken off while it replaced them */
    const char *aside;        /* where that is now; NULL: nowhere */
    enum { TOKENS_NONE, TOKENS_KEPT, TOKENS_RESTORED } tokens;
    bool has_key;
};

#endif
