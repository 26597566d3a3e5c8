#ifndef RULES_FIGURE_H
#define RULES_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "rules/command.h"
#include "rules/refusal.h"

struct db;

/* Where the rows of a JSON body stand. */
#define FIGURE_ROWS "/figures"

/* Whether an id is one of a derived indicator (X_per_10k): computed, and never stored. */
bool figure_is_derived(const char *indicator);

/* What a submission of figures would do, or has done. */
struct figures_effect {
    int64_t figures;  /* rows in the submission */
    int64_t added;    /* of them new */
    int64_t changed;  /* of them with another value than stored */
    int64_t same;     /* of them as stored */
    int64_t revision; /* the revision that results: unchanged where nothing was added or changed */
};

/* Whether the figures have the revision that the command's condition names: STATUS_OK, or
 * STATUS_CONFLICT with the refusal set. Without a condition STATUS_OK. */
enum status figures_check_condition(struct db *db, const struct command *command, struct arena *arena,
                                    struct refusal *refusal) NODISCARD;

/* Checks a decoded figures command against the state and counts; writes nothing and does
 * not look at the condition. STATUS_INVALID with refusal->faults where codes are unknown or
 * rows doubled. */
enum status figures_check(struct db *db, const struct command *command, struct arena *arena, struct refusal *refusal,
                          struct figures_effect *effect) NODISCARD;

/* Writes figures as a new revision; for the genesis and figures.put. rows are struct
 * figure_request that figures_check has passed. digest: of the submission. */
struct context;
struct bind_array;
enum status figures_write(struct context *context, const struct bind_array *rows, const struct figures_effect *effect) NODISCARD;

/* For rules_check: adds the faults of the rows that only the state shows, and numbers and
 * sorts all of them by row. */
enum status figures_put_check(struct context *context) NODISCARD;

/* figures.put: all rows or none. */
enum status figures_put_apply(struct context *context) NODISCARD;

#endif
