#ifndef SERVER_UNPROVEN_H
#define SERVER_UNPROVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/checkpoint.h"

/*
 * What a log owes a witness: the notes that it signed and showed, and for which it gave no proof that they continue what was seen. They
 * are the only trace of another history, so they lie in the witness's directory as unproven-1 to unproven-1024, until a proof is had
 * that covers them; and in the file withheld how often and since when there was none.
 */

enum {
    UNPROVEN_MAX = 1024, /* at a look a minute, a log that grows all the time and gives no proof for 17 hours */
    UNPROVEN_NAME_BYTES = 16
};

struct unproven_note {
    unsigned number; /* of the file */
    struct checkpoint checkpoint;
    const char *text; /* in the arena */
    size_t length;
    bool is_proven;
};

struct unproven {
    size_t count;
    struct unproven_note *notes; /* room for UNPROVEN_MAX, in the arena */
};

/* Those that are kept. STATUS_CORRUPT: one of them is no note; it is told. */
enum status unproven_load(struct unproven *out, struct arena *arena, const char *dir) NODISCARD;

/* Keeps a note, on the disk, unless its checkpoint is kept; name is the file's. STATUS_ABSENT where there are UNPROVEN_MAX others,
 * and STATUS_IO and the like, which are told. */
enum status unproven_keep(const struct unproven *unproven, const char *dir, const struct checkpoint *checkpoint, const char *text, size_t length,
                          char name[UNPROVEN_NAME_BYTES]) NODISCARD;

/* Takes those away that are proven, and the count where none is left; but the count stays where nothing was proven now: it may be of a
 * note that a full disk did not take. is_news: what is shown was proven to continue what was seen. */
enum status unproven_settle(const struct unproven *unproven, const char *dir, bool is_news) NODISCARD;

/* Looks in a row, or with no proof between them, for which the log owes one. */
struct withheld {
    int64_t refused;    /* it answered, and not with a proof */
    int64_t unanswered; /* it did not answer, or said that it could not */
    int64_t since_s;    /* the first of them, by the wall clock */
};

/* One look more, counted on the disk. */
enum status withheld_count(struct withheld *out, const char *dir, bool is_refused, int64_t now_s) NODISCARD;

#endif
