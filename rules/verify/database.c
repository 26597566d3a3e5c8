/*
 * Entries and checkpoints out of a database, some entries at a time so that memory does not grow with the ledger.
 */
#include "rules/verify/database.h"

#include "db/entry.h"

enum { ENTRIES_PER_STEP = 64, BYTES_PER_STEP = 1024 * 1024 /* or one long body */ };

static enum status entries(void *context, struct arena *arena, uint64_t after, struct verify_item **out, size_t *count,
                           uint64_t *broken)
{
    struct entry_run run;
    struct verify_item *items = arena_array(arena, ENTRIES_PER_STEP, sizeof *items);
    if (items == NULL) {
        return STATUS_EXHAUSTED;
    }
    /* one more than is given, to see where a block ends */
    enum status status = db_entry_run(context, arena, after, ENTRIES_PER_STEP + 1, BYTES_PER_STEP, &run);
    if (status != STATUS_OK) {
        return status;
    }
    if (run.ending == ENTRY_RUN_BROKEN && run.count == 0) {
        *broken = run.broken;
        return STATUS_CORRUPT;
    }
    size_t given = run.ending == ENTRY_RUN_MORE ? run.count - 1 : run.count;
    for (size_t i = 0; i < given; i++) {
        bool ends_block = i + 1 < run.count ? run.rows[i + 1].height != run.rows[i].height : run.ending == ENTRY_RUN_LAST;
        items[i] = (struct verify_item){ &run.rows[i], ends_block };
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
    return (struct verify_source){ db, entries, checkpoint, NULL };
}
