/*
 * What the node signed of the tree: notes that others kept (the anchor among them), the checkpoint of each block, the
 * frontier with which it goes on.
 */
#include "rules/verify_checkpoints.h"

#include <inttypes.h>
#include <string.h>

#include "rules/verify_parts.h"

bool verify_note_take(struct verify *verify, const char *text, struct checkpoint *checkpoint)
{
    struct verify_note *note = &verify->notes[verify->note_count];
    const struct verify_key *key = text[0] != 0 && verify->note_count < VERIFY_NOTES_MAX ? verify->keys : NULL;
    for (; key != NULL; key = key->next) {
        if (checkpoint_read(&note->checkpoint, text, strlen(text), key->row.public_key) == STATUS_OK) {
            note->is_seen = false;
            *checkpoint = note->checkpoint;
            verify->note_count++;
            return true;
        }
    }
    return false;
}

void verify_notes_read(struct verify *verify)
{
    const struct verify_options *options = verify->options;
    struct checkpoint checkpoint;
    bool has_anchor = false;
    verify->oldest_demanded = UINT64_MAX;
    for (size_t i = 0; i < options->note_count; i++) {
        has_anchor = verify_note_take(verify, options->notes[i], &checkpoint) || has_anchor;
    }
    if (options->expects_anchor && !has_anchor) {
        verify_find(verify, 0, "anchor_missing",
                    "the anchor file is missing or holds no checkpoint of this ledger: a ledger that was cut short would not show");
    }
    if (options->checkpoint != NULL && verify_note_take(verify, options->checkpoint, &checkpoint)) {
        verify->oldest_demanded = checkpoint.size;
    } else if (options->checkpoint != NULL) {
        verify_find(verify, 0, "checkpoint_foreign", "the checkpoint given is not a note that a key of this ledger signed");
    }
}

void verify_notes_compare(struct verify *verify)
{
    uint8_t root[DIGEST_BYTES];
    for (size_t i = 0; i < verify->note_count; i++) {
        struct verify_note *note = &verify->notes[i];
        if (note->is_seen || note->checkpoint.size != verify->chain.seq) {
            continue;
        }
        note->is_seen = true;
        tree_root(&verify->chain.tree, root);
        if (memcmp(root, note->checkpoint.root, sizeof root) != 0) {
            verify_find(verify, verify->chain.seq, "checkpoint",
                        "the entries up to %" PRIu64 " are not those of a checkpoint that this node signed: history was rewritten",
                        verify->chain.seq);
        }
    }
}

void verify_notes_reached(struct verify *verify)
{
    for (size_t i = 0; i < verify->note_count; i++) {
        const struct verify_note *note = &verify->notes[i];
        if (!note->is_seen && note->checkpoint.size > verify->chain.seq) {
            verify_find(verify, verify->chain.seq + 1, "truncated",
                        "a checkpoint that this node signed has %" PRIu64 " entries, the ledger only %" PRIu64
                        ": entries were cut off or an old copy was put back", note->checkpoint.size, verify->chain.seq);
        }
    }
}

enum status verify_checkpoint(struct verify *verify, uint64_t height, const struct verify_work *work)
{
    uint8_t root[DIGEST_BYTES];
    if (work->checkpoint_status != STATUS_OK && work->checkpoint_status != STATUS_ABSENT) {
        return work->checkpoint_status;
    }
    tree_root(&verify->chain.tree, root);
    if (work->checkpoint_status == STATUS_ABSENT || work->checkpoint.size != verify->chain.seq ||
        memcmp(work->checkpoint.root, root, sizeof root) != 0 || !work->is_checkpoint_signed) {
        verify_find(verify, verify->chain.seq, "checkpoint",
                    "the checkpoint of block %" PRIu64 " is missing, altered or not signed", height);
        return STATUS_OK;
    }
    verify->report->checkpoints++;
    verify->report->signatures++;
    return STATUS_OK;
}

enum status verify_frontier(struct verify *verify)
{
    const void *state = NULL;
    size_t length = 0;
    uint8_t expected[TREE_STATE_BYTES_MAX];
    struct checkpoint_row last;
    enum status status = db_frontier_find(verify->db, &verify->arena, &state, &length);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    size_t expected_length = tree_encode(&verify->chain.tree, expected);
    if (status == STATUS_ABSENT || length != expected_length || memcmp(state, expected, length) != 0) {
        verify_find(verify, 0, "frontier", "the stored frontier of the tree is not that of the entries");
        return STATUS_OK;
    }
    status = db_checkpoint_last(verify->db, &verify->arena, &last);
    if (status == STATUS_OK && (last.size != verify->chain.seq || last.height != verify->chain.height)) {
        verify_find(verify, 0, "checkpoint", "the last checkpoint is not that of the last entry");
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}
