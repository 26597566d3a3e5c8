#ifndef HANDLERS_PRIVACY_H
#define HANDLERS_PRIVACY_H

#include <stdint.h>

#include "handlers/exchange.h"
#include "json/write.h"

/* Personal texts and their erasure. */

extern const char privacy_texts_columns[];
extern const char privacy_erasures_columns[];

/* GET /privacy/texts: every text with its commitment, entry and pointer; for admins and auditors. */
enum handled privacy_texts(struct exchange *exchange);

/* GET and POST /privacy/erasures. */
enum handled privacy_erasures(struct exchange *exchange);
enum handled privacy_erase(struct exchange *exchange);

/* Members of what the entry that id numbers erased. */
enum status privacy_present(struct db *db, struct arena *arena, const struct actor *viewer, const char *id, struct json_writer *w,
                            int64_t *version) NODISCARD;

#endif
