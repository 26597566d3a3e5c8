#ifndef RULES_EXPORT_TEXTS_H
#define RULES_EXPORT_TEXTS_H

#include "base/status.h"
#include "db/entry.h"
#include "rules/export/read.h"

/*
 * The personal texts of an export that has them: behind each entry one line for each commitment in it, the text behind it or, where
 * an entry says so, none any more. Inside rules/verify/export.c only. fault: a sentence, static; NULL where all is well.
 */
struct export_texts;
struct replay;

enum status export_texts_open(struct export_texts **texts) NODISCARD;
void export_texts_close(struct export_texts *texts); /* NULL does nothing */

/* What lines must follow the entry. */
enum status export_texts_expect(struct export_texts *texts, const struct entry_row *row) NODISCARD;

/* A line of a text behind it. One without its text is noted beside the state that is made again. */
enum status export_texts_take(struct export_texts *texts, struct replay *replay, const struct export_line *line,
                              const char **fault) NODISCARD;

/* The place of a commitment for which no line came; NULL where each had one. */
const char *export_texts_missing(const struct export_texts *texts);

#endif
