#ifndef RULES_VERIFY_DATABASE_H
#define RULES_VERIFY_DATABASE_H

#include "rules/verify/parts.h"

/* A source of entries and checkpoints that is a database.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct db;

/* db: inside of a read transaction for as long as the source is used. */
struct verify_source verify_database(struct db *db);

#endif
