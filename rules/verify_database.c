/*
 * Entries and checkpoints out of a database, some entries at a time so that memory does not grow with the ledger.
 */
#include "rules/verify_database.h"

#include "db/entry.h"

enum { ENTRIES_PER_STEP = 64 };

static enum status entries(void *context, struct arena *arena, uint64_t after, struct verify_item **out, size_t *count,
                           uint64_t *broken)
{
    struct entry_row *rows = NULL;
    size_t found = 0;
    struct verify_item *items = arena_array(arena, ENTRIES_PER_STEP, sizeof *items);
    if (items == NULL) {
        return STATUS_EXHAUSTED;
    }
    /* one more than is given, to see where a block ends */
    enum status status = db_entry_list(context, arena, after, ENTRIES_PER_STEP + 1, &rows, &found, broken);
    if (status != STATUS_OK) {
        return status;
    }
    size_t given = found > ENTRIES_PER_STEP ? ENTRIES_PER_STEP : found;
    for (size_t i = 0; i < given; i++) {
        items[i] = (struct verify_item){ &rows[i], i + 1 >= found || rows[i + 1].height != rows[i].height };
    }
    *out = items;
    *count = given;
    return STATUS_OK;
}

static enum status checkpoint(void *context, struct arena *arena, uint64_t height, struct checkpoint_row *row)
{
    struct checkpoint_row *rows = NULL;
    size_t count = 0;
    enum status status = db_checkpoint_list(context, arena, height - 1, 1, &rows, &count);
    if (status != STATUS_OK) {
        return status;
    }
    if (count == 0 || rows[0].height != height) {
        return STATUS_ABSENT;
    }
    *row = rows[0];
    return STATUS_OK;
}

struct verify_source verify_database(struct db *db)
{
    return (struct verify_source){ db, entries, checkpoint };
}
