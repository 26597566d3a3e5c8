#ifndef LEDGER_KEY_SOURCE_H
#define LEDGER_KEY_SOURCE_H

#include <stdbool.h>

#include "base/status.h"
#include "ledger/signer.h"

/*
 * Where a node's key lies: in a file (key_file.h), in an environment variable, or with a program (signer.h). As text:
 *
 *   file:PATH   env:NAME   command:PROGRAM ARGUMENT...   PATH, where it has no colon
 */

enum key_source_kind { KEY_SOURCE_FILE, KEY_SOURCE_ENVIRONMENT, KEY_SOURCE_COMMAND };

struct key_source {
    enum key_source_kind kind;
    const char *place; /* path, name or command; borrowed from the text */
};

enum { KEY_SOURCE_WHY_BYTES = 512 };

/* False where the text is none of the forms. */
bool key_source_read(const char *text, struct key_source *source);

/* Opens it. A variable is read once: its value is overwritten and it is taken out of the environment, so that neither /proc nor
 * a program started later sees it. On failure why has a sentence for people that names the place and never the key:
 * STATUS_ABSENT where there is no such file or variable, STATUS_INVALID where it holds no key, else what the file or the program
 * made of it. Before other threads run. */
enum status key_source_open(const struct key_source *source, struct signer **signer,
                            char why[KEY_SOURCE_WHY_BYTES]) NODISCARD;

#endif
