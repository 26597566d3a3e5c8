#ifndef SERVER_EVIDENCE_H
#define SERVER_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a witness keeps of an alarm, as files of its directory: evidence-NNN.WHAT for each piece, and evidence-NNN.why, a line with the
 * time and the reason, once all of them are on the disk. Nothing is ever written in the place of another: NNN is the first
 * number that no piece has. The same pieces for the same reason are kept once, however often the alarm is raised; a set that a full
 * disk left without its end is completed by the next alarm about the same.
 *
 * Who has not the log's key can raise some alarms as often as he likes, so those take the first numbers only and leave the others for
 * what nobody but the log can have made. Where such evidence finds no place, the empty file evidence-lost says so until somebody
 * takes it away.
 */

enum evidence_kind {
    EVIDENCE_UNSIGNED, /* what is shown is not by the log's keys */
    EVIDENCE_WITHHELD, /* signed, but it may be true; and it lies in unproven-*, so it is no loss */
    EVIDENCE_OLDER,    /* signed, but it may be an old one, shown again by somebody on the way */
    EVIDENCE_SIGNED    /* signed, and it cannot be true beside the rest; or it lies nowhere else */
};

enum {
    EVIDENCE_UNSIGNED_MAX = 10,
    EVIDENCE_DOUBTFUL_MAX = 50,      /* withheld and older */
    EVIDENCE_MAX = 100,              /* sets in one directory: a log that goes on and a witness that is started again do not fill the disk */
    EVIDENCE_PIECE_BYTES_MAX = 65536 /* of each piece; no note and no proof that can be checked is longer */
};

/* A piece without bytes is not kept. What is shown comes first: with the log's signature it is the proof. */
struct evidence_piece {
    const char *what; /* "shown" */
    const void *bytes;
    size_t length;
};

/* Keeps them and tells where they are; what failed is told. */
void evidence_keep(const char *dir, enum evidence_kind kind, const char *why, const struct evidence_piece *pieces, size_t count);

/* Whether evidence-lost is there, or nobody can tell. */
bool evidence_is_lost(const char *dir);

#endif
