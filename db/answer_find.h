#ifndef DB_ANSWER_FIND_H
#define DB_ANSWER_FIND_H

#include "db/answer.h"

/* Inside db/ only. Before an answer is written: its key is one of those that are looked for from now on. */
enum status answer_key_note(struct db *db, const struct answer_row *row) NODISCARD;

#endif
