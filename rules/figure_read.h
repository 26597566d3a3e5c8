#ifndef RULES_FIGURE_READ_H
#define RULES_FIGURE_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"
#include "rules/command.h"

/*
 * Figures out of JSON and CSV, with the digits as they came: a figure's value is kept as
 * decimal text. Accepted: a JSON number, not negative, below 1e15, at most 32 characters.
 */

/* Whether a body of figures is JSON: its first visible character is '{'. */
bool figure_body_is_json(const char *body, size_t length);

/* command->request becomes a struct figures_request read from CSV. Faults name line and column. */
enum status figure_read_csv(struct command *command, struct arena *arena, struct faults *faults) NODISCARD;

/* Fills figure_request.decimal of a bound figures or genesis body from its bytes. */
enum status figure_read_decimals(struct command *command, struct arena *arena, struct faults *faults) NODISCARD;

#endif
