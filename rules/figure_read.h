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

#define FIGURE_HEADER_WANTED \
    "the body is empty; its first line names the columns (indicator,year,province,value), and a line for each figure follows"

/* Whether a body of figures is JSON: its first visible character is '{' or '['. So is an
 * empty one, which has no columns. */
bool figure_body_is_json(const char *body, size_t length);

/*
 * command->request becomes a struct figures_request read from CSV. Faults name line and
 * column. STATUS_INVALID where there are any; then the request has the rows with as many
 * fields as the header, and of them what is sound, or is not set, where no row was read:
 *   bad_csv          the text is no CSV; no other fault is named
 *   too_many_values  more than rows_max rows; no other fault is named
 *   unknown_column, duplicate_column, missing_column   the header is wrong
 * Memory grows with the rows that there are, not with the body's lines.
 */
enum status figure_read_csv(struct command *command, size_t rows_max, struct arena *arena, struct faults *faults) NODISCARD;

/* Fills figure_request.decimal of a bound figures or genesis body from its bytes, as far as
 * the values were bound; faults for those that are no figures. STATUS_INVALID where faults
 * has any, those from before included. */
enum status figure_read_decimals(struct command *command, struct arena *arena, struct faults *faults) NODISCARD;

#endif
