/*
 * What the node signed of the tree: notes that others kept (the anchor among them), the checkpoint of each block, the
 * frontier with which it goes on.
 */
#include "rules/verify/checkpoints.h"

#include <inttypes.h>
#include <string.h>

#include "rules/verify/parts.h"

void verify_note_add(struct verify *verify, const struct checkpoint *checkpoint, bool is_given)
{
    if (verify->note_count < VERIFY_NOTES_MAX) {
        verify->notes[verify->note_count++] = (struct verify_note){ .checkpoint = *checkpoint, .is_given = is_given };
    }
}

bool verify_note_take(struct verify *verify, const char *text, struct checkpoint *checkpoint)
{
    if (keyring_read_note(&verify->keyring, text, strlen(text), CHECKPOINT_OUR_LINES, checkpoint) != STATUS_OK) {
        return false;
    }
    verify_note_add(verify, checkpoint, false);
    return true;
}

/* A slot of the anchor: a note as the ledger writes it, or nothing. */
static bool take_slot(struct verify *verify, const char *text)
{
    struct checkpoint checkpoint;
    size_t length = strlen(text);
    if (length > 0 && verify_note_take(verify, text, &checkpoint)) {
        return true;
    }
    const struct checkpoint_keys last = keyring_at(&verify->keyring, verify->size + 1);
    if (checkpoint_parse(&checkpoint, text, length) == STATUS_OK && checkpoint.size > verify->size &&
        verify->origin != NULL && strcmp(checkpoint.origin, verify->origin) == 0 && !checkpoint_names(text, length, &last) &&
        verify->note_count < VERIFY_NOTES_MAX) { /* of keys that came after what is left here, perhaps */
        verify->notes[verify->note_count++] = (struct verify_note){ .checkpoint = checkpoint, .is_unknown = true };
    }
    return false;
}

/* The checkpoint that was given, which has been about: others may have signed it too. */
static void take_given(struct verify *verify, const char *text)
{
    struct checkpoint checkpoint;
    const struct checkpoint_keys last = keyring_at(&verify->keyring, verify->size + 1);
    if (checkpoint_parse(&checkpoint, text, strlen(text)) != STATUS_OK) {
        verify_find(verify, 0, "checkpoint_foreign", "what was given as a checkpoint is none");
    } else if (verify->origin != NULL && strcmp(checkpoint.origin, verify->origin) != 0) {
        verify_find(verify, 0, "checkpoint_foreign", "the checkpoint given is one of another ledger: of %s, and this one is %s",
                    checkpoint.origin, verify->origin);
    } else if (keyring_read_note(&verify->keyring, text, strlen(text), CHECKPOINT_ANY_LINE, &checkpoint) == STATUS_OK) {
        verify_note_add(verify, &checkpoint, true);
        verify->oldest_demanded = checkpoint.size;
    } else if (checkpoint.size > verify->size && verify->note_count < VERIFY_NOTES_MAX &&
               !checkpoint_names(text, strlen(text), &last)) { /* of keys that came after what is left here, perhaps */
        verify->notes[verify->note_count++] = (struct verify_note){ .checkpoint = checkpoint, .is_given = true, .is_unknown = true };
    } else {
        verify_find(verify, 0, "checkpoint_unsigned",
                    "the checkpoint given has no sound signature of a key that was this ledger's at entry %" PRIu64
                    ": it was altered, or somebody else made it", checkpoint.size);
    }
}

void verify_notes_read(struct verify *verify)
{
    const struct verify_options *options = verify->options;
    bool has_anchor = false;
    verify->oldest_demanded = UINT64_MAX;
    for (size_t i = 0; i < options->note_count; i++) {
        has_anchor = take_slot(verify, options->notes[i]) || has_anchor;
    }
    verify->lacks_anchor = options->expects_anchor && !has_anchor;
    if (options->checkpoint != NULL) {
        take_given(verify, options->checkpoint);
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
                        "the entries up to %" PRIu64 " are not those of %s: history was rewritten", verify->chain.seq,
                        note->is_given ? "the checkpoint given, which this node signed" : "a checkpoint that this node signed");
        }
    }
}

void verify_notes_reached(struct verify *verify)
{
    const struct verify_note *newest = NULL; /* what it says is missing is at least that much */
    for (size_t i = 0; i < verify->note_count; i++) {
        const struct verify_note *note = &verify->notes[i];
        if (!note->is_seen && note->checkpoint.size > verify->chain.seq &&
            (newest == NULL || note->checkpoint.size > newest->checkpoint.size)) {
            newest = note;
        }
    }
    if (newest != NULL && newest->is_unknown) {
        verify_find(verify, verify->chain.seq + 1, "truncated",
                    "%s has %" PRIu64 " entries, the ledger only %" PRIu64 ", and no key that signed it is known here: "
                    "entries were cut off or an old copy was put back, a change of keys among what is missing, or somebody else made it",
                    newest->is_given ? "the checkpoint given" : "the anchor", newest->checkpoint.size, verify->chain.seq);
    } else if (newest != NULL) {
        verify_find(verify, verify->chain.seq + 1, "truncated",
                    "%s has %" PRIu64 " entries, the ledger only %" PRIu64 ": entries were cut off or an old copy was put back",
                    newest->is_given ? "the checkpoint given, which this node signed," : "a checkpoint that this node signed",
                    newest->checkpoint.size, verify->chain.seq);
    }
}

void verify_notes_end(struct verify *verify)
{
    static const char missing[] = "the anchor file is missing or holds no checkpoint of this ledger";
    if (!verify->lacks_anchor) {
        return;
    }
    if (verify->options->checkpoint != NULL) {
        verify_find(verify, 0, "anchor_missing", "%s: a ledger that was cut short behind entry %" PRIu64 ", up to which it is that of the "
                    "checkpoint given, would not show; all else that was looked at holds", missing, verify->oldest_demanded);
    } else {
        verify_find(verify, 0, "anchor_missing", "%s: a ledger that was cut short would not show; all else that was looked at holds", missing);
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
