#ifndef SERVER_STORE_CONTINUITY_H
#define SERVER_STORE_CONTINUITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/checkpoint.h"

/*
 * Whether a database goes on where the anchor beside it stands (anchor.h). What is wrong is told (tell.h).
 */
struct anchor_notes;
struct db;

struct continuity {
    uint64_t known; /* entries that the newest sound note tells of; 0: no note is sound */
    bool fits_all;  /* the ledger continues each sound note */
    uint64_t told;  /* more entries than the ledger has, by a key that it does not know, which may have come later; 0: no note */
    char foreign[CHECKPOINT_ORIGIN_BYTES]; /* another ledger that a note is of; "": none */
};

/* Holds a ledger against notes that were read before: those of the anchor, or of another one. Tells nothing. */
enum status continuity_hold(struct arena *arena, struct db *db, const struct anchor_notes *notes, struct continuity *held) NODISCARD;

/* What is to be said of an anchor none of whose notes is sound (known: 0). Static. */
const char *continuity_trouble(const struct continuity *held);

/* A ledger that does not continue a checkpoint it signed was cut or put back, whatever has been appended since: nothing may be
 * appended to it before somebody has looked: STATUS_CORRUPT. So is one whose anchor has gone, or tells of more by an unknown key,
 * unless begins_anchor. */
enum status continuity_check(struct arena *arena, const char *data_dir, struct db *db, bool begins_anchor) NODISCARD;

/* An empty database beside an anchor is not a new directory: its ledger has gone: STATUS_CORRUPT. */
enum status continuity_check_new(struct arena *arena, const char *data_dir) NODISCARD;

#endif
