/*
 * Holding the database against the anchor, before anything is appended.
 */
#include "server/store/continuity.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "db/entry.h"
#include "db/reference.h"
#include "rules/keyring.h"
#include "server/store/anchor.h"
#include "server/tell.h"

/* Whether the ledger continues a checkpoint that this node signed: the block that ended with that entry left the same root. */
static enum status fits_checkpoint(struct arena *arena, struct db *db, const struct checkpoint *checkpoint, bool *fits)
{
    struct checkpoint_row row;
    enum status status = db_checkpoint_of_size(db, arena, checkpoint->size, &row);
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        *fits = status == STATUS_OK && memcmp(row.root, checkpoint->root, DIGEST_BYTES) == 0;
        status = STATUS_OK;
    }
    return status;
}

struct holding {
    struct arena *arena;
    struct db *db;
    struct keyring keyring;
    const char *origin; /* NULL: not known */
    uint64_t size;
};

static enum status hold_note(const struct holding *holding, const char *note, struct continuity *found)
{
    struct checkpoint checkpoint;
    size_t length = strlen(note);
    if (checkpoint_parse(&checkpoint, note, length) != STATUS_OK) {
        return STATUS_OK; /* empty or damaged */
    }
    if (holding->origin != NULL && strcmp(checkpoint.origin, holding->origin) != 0) {
        memcpy(found->foreign, checkpoint.origin, sizeof found->foreign);
        return STATUS_OK;
    }
    if (keyring_read_note(&holding->keyring, note, length, CHECKPOINT_OUR_LINES, &checkpoint) == STATUS_OK) {
        bool fits = true;
        enum status status = fits_checkpoint(holding->arena, holding->db, &checkpoint, &fits);
        found->known = checkpoint.size > found->known ? checkpoint.size : found->known;
        found->fits_all = found->fits_all && fits;
        return status;
    }
    const struct checkpoint_keys last = keyring_at(&holding->keyring, holding->size + 1);
    if (checkpoint.size > holding->size && checkpoint.size > found->told && !checkpoint_names(note, length, &last)) {
        found->told = checkpoint.size; /* else one of our own was altered */
    }
    return STATUS_OK;
}

enum status continuity_hold(struct arena *arena, struct db *db, const struct anchor_notes *notes, struct continuity *held)
{
    struct holding holding = { .arena = arena, .db = db };
    struct continuity found = { .known = 0, .fits_all = true };
    keyring_init(&holding.keyring);
    enum status status = keyring_load(&holding.keyring, db, arena);
    if (status == STATUS_OK) {
        status = db_entry_last(db, &holding.size);
    }
    if (status == STATUS_OK) {
        status = db_parameter_find(db, arena, "origin", &holding.origin);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    for (int i = 0; status == STATUS_OK && i < ANCHOR_SLOTS; i++) {
        status = hold_note(&holding, notes->notes[i], &found);
    }
    if (status == STATUS_OK) {
        *held = found;
    }
    return status;
}

const char *continuity_trouble(const struct continuity *held)
{
    return held->foreign[0] != 0 ? "of another ledger" : "missing or damaged";
}

/* The same of the anchor that lies there; without one nothing is known. */
static enum status hold_anchor(struct arena *arena, const char *data_dir, struct db *db, struct continuity *held)
{
    struct anchor_notes *notes = arena_alloc(arena, sizeof *notes);
    if (notes == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = anchor_read(data_dir, notes);
    if (status == STATUS_ABSENT) {
        *held = (struct continuity){ .known = 0, .fits_all = true };
        return STATUS_OK;
    }
    return status == STATUS_OK ? continuity_hold(arena, db, notes, held) : status;
}

/* That the anchor tells of more than the database has, by a key that came later or was never this ledger's. */
static enum status judge_told(const struct continuity *held, uint64_t size, bool begins_anchor)
{
    if (begins_anchor) {
        log_warn("store", "the anchor file told of %" PRIu64 " entries, by a key that this ledger does not know: entries %" PRIu64
                 " to %" PRIu64 " are lost, and it is begun anew at entry %" PRIu64, held->told, size + 1, held->told, size);
        return STATUS_OK;
    }
    tell("the anchor file knows a ledger of %" PRIu64 " entries, by a key that this ledger does not know, and the database has %" PRIu64
         ": an older copy was put back, of before a change of keys, or somebody else made the anchor. Put back something newer; if there "
         "is nothing, serve once with --new-anchor, without entries %" PRIu64 " to %" PRIu64 ", and tell those who have receipts or "
         "checkpoints of them", held->told, size, size + 1, held->told);
    return STATUS_CORRUPT;
}

enum status continuity_check(struct arena *arena, const char *data_dir, struct db *db, bool begins_anchor)
{
    uint64_t size = 0;
    struct continuity held = { .known = 0 };
    enum status status = db_entry_last(db, &size);
    if (status == STATUS_OK) {
        status = hold_anchor(arena, data_dir, db, &held);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!held.fits_all) {
        tell("the anchor file knows a ledger of %llu entries, the database has %llu or others: "
                  "it was cut or put back; run verify", (unsigned long long)(held.told > held.known ? held.told : held.known),
                  (unsigned long long)size);
        return STATUS_CORRUPT;
    }
    if (held.told > 0) {
        return judge_told(&held, size, begins_anchor);
    }
    if (held.known == 0 && size > 1 && !begins_anchor) { /* with the genesis alone, the first start was cut short */
        tell("%s/anchor is %s: it shows that no entries were cut off. Put it back from where the database came from; "
             "if it is lost, hold the ledger against a checkpoint or receipt kept elsewhere (verify --checkpoint), then serve once "
             "with --new-anchor", data_dir, continuity_trouble(&held));
        return STATUS_CORRUPT;
    }
    if (held.known == 0) {
        log_warn("store", "the anchor file is %s: it is begun anew at entry %llu", continuity_trouble(&held), (unsigned long long)size);
    }
    return STATUS_OK;
}

enum status continuity_check_new(struct arena *arena, const char *data_dir)
{
    struct anchor_notes *notes = arena_alloc(arena, sizeof *notes);
    if (notes == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = anchor_read(data_dir, notes);
    for (int i = 0; status == STATUS_OK && i < ANCHOR_SLOTS; i++) {
        if (notes->notes[i][0] != 0) {
            tell("the anchor file in %s tells of a ledger, and tallystick.db holds none: put the database back, "
                      "or begin anew in an empty directory", data_dir);
            return STATUS_CORRUPT;
        }
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}
