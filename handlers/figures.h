#ifndef HANDLERS_FIGURES_H
#define HANDLERS_FIGURES_H

#include "handlers/exchange.h"
#include "json/write.h"
#include "rules/block.h"

/*
 * /figures. GET: {indicator, year, province, value} by page, value with the digits as they
 * were submitted, and the list's figures_revision. PUT: JSON or CSV, all or nothing; with
 * dry_run=true it says what would happen.
 */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char figures_columns[];

enum handled figures_list(struct exchange *exchange);
enum handled figures_put(struct exchange *exchange);

/* The members of a PUT's answer: revision, figures (rows in the submission), changed (of
 * them added or altered). command->request is the submission. */
enum status figures_present(struct db *db, struct arena *arena, const struct command *command,
                            const struct outcome *outcome, struct json_writer *w) NODISCARD;

#endif
