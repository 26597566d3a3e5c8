#ifndef SERVER_EVIDENCE_H
#define SERVER_EVIDENCE_H

#include <stddef.h>

/*
 * What a witness keeps of an alarm, as files of its directory: evidence-NNN.WHAT for each piece, and evidence-NNN.why, a line with the
 * time and the reason, once all of them are on the disk. Nothing is ever written in the place of another: NNN is the first
 * number that no piece has. The same pieces for the same reason are kept once, however often the alarm is raised.
 */

enum {
    EVIDENCE_MAX = 100,              /* sets in one directory: a log that goes on and a witness that is started again do not fill the disk */
    EVIDENCE_PIECE_BYTES_MAX = 65536 /* of each piece; no note and no proof that can be checked is longer */
};

/* A piece without bytes is not kept. */
struct evidence_piece {
    const char *what; /* "seen" */
    const void *bytes;
    size_t length;
};

/* Keeps them and tells where they are; what failed is told. */
void evidence_keep(const char *dir, const char *why, const struct evidence_piece *pieces, size_t count);

#endif
