/*
 * The costly half of a verification, which needs no order: run by the pool's threads, and by the one that settles
 * while it would otherwise wait.
 */
#include "rules/verify/signatures.h"

#include <string.h>

#include "rules/record.h"
#include "rules/verify/parts.h"
#include "rules/verify/submitters.h"

enum { AT_ONCE = 64 };

/* Of at most AT_ONCE items. */
static void hash(const struct verify_item *items, struct verify_work *works, size_t count)
{
    struct chain_item chained[AT_ONCE];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const struct entry_row *row = items[i].row;
        works[i].has_body = row->body != NULL && row->body_stored_length == row->body_length;
        if (works[i].has_body) {
            record_entry_of(row, &works[i].entry);
            chained[used++] = (struct chain_item){ &works[i].entry, &works[i].facts };
        }
    }
    chain_hash(chained, used);
}

/* Of the stored hash: whether that is the entry's own is asked when the entry is settled. */
static enum chain_seal check_seal(const struct entry_row *row, const struct keyring_node *key)
{
    if (key == NULL) {
        return CHAIN_SEAL_WITHOUT_KEY;
    }
    return key_verifier_check(&key->verifier, row->hash, row->seal) == STATUS_OK ? CHAIN_SEAL_GOOD : CHAIN_SEAL_BAD;
}

/* Whether the note is the one that its block must have: by the keys that were valid then, and with nothing added. */
static bool is_signed(const struct verify_work *work)
{
    const struct checkpoint_row *row = &work->checkpoint;
    struct checkpoint note;
    return row->note != NULL &&
        keyring_read_note(&work->keyring, row->note, strlen(row->note), CHECKPOINT_OUR_LINES, &note) == STATUS_OK &&
        note.size == row->size && memcmp(note.root, row->root, sizeof note.root) == 0 &&
        (work->origin == NULL || strcmp(note.origin, work->origin) == 0);
}

void verify_signatures(const struct verify_item *items, struct verify_work *works, size_t count)
{
    for (size_t at = 0; at < count; at += AT_ONCE) {
        hash(items + at, works + at, count - at < AT_ONCE ? count - at : AT_ONCE);
    }
    for (size_t i = 0; i < count; i++) {
        works[i].seal = check_seal(items[i].row, works[i].seal_key);
        works[i].submitted = verify_submitter_check(items[i].row, &works[i]);
        if (items[i].ends_block && works[i].checkpoint_status == STATUS_OK) {
            works[i].is_checkpoint_signed = is_signed(&works[i]);
        }
    }
}
