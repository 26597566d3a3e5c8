#ifndef RULES_UNKNOWN_H
#define RULES_UNKNOWN_H

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"

/*
 * References that name nothing: what was probably meant, and what is said of one in a query; of a province's code, which
 * is said alike wherever it stands, in a body or a row of CSV too.
 */
struct db;

enum reference { REFERENCE_PROVINCE, REFERENCE_ORGANISATION, REFERENCE_SITE, REFERENCE_ITEM };

/* STATUS_ABSENT where nothing has the id. Not for provinces, which have two codes. */
enum status unknown_find(struct db *db, struct arena *arena, enum reference reference, const char *id) NODISCARD;

/* The id that was probably meant by one that is not stored, or NULL: the same in capitals, one of a few that begin alike
 * and differ little, for a province also the one of that name. Ordered reads only. */
enum status unknown_nearest(struct db *db, struct arena *arena, enum reference reference, const char *text,
                            const char **nearest) NODISCARD;

/* What is wrong and what would work: "site is "NOPE"; GET /sites lists the ids; did you mean ...?". name is that of the member
 * or parameter; *nearest as above. Both live in the arena of faults, to which the caller adds it. */
enum status unknown_say(struct db *db, struct faults *faults, enum reference reference, const char *name, const char *text,
                        const char **detail, const char **nearest) NODISCARD;

/* Suggests the nearest for the fault that was added last, if it is kept: of a body's member, which has a sentence of its own. */
enum status unknown_suggest(struct db *db, struct faults *faults, enum reference reference, const char *text) NODISCARD;

/* "unknown_site" and the like: the fault's code. */
const char *unknown_code(enum reference reference);

#endif
