/*
 * Entry after entry, in the order of their numbers. ledger/chain.c judges what stands in an entry, replay.c what it
 * leads to; what stands beside it is told in the other parts (verify_parts.h lists them).
 */
#include "rules/verify_entries.h"

#include <inttypes.h>
#include <string.h>

#include "rules/record.h"
#include "rules/verify_beside.h"
#include "rules/verify_checkpoints.h"
#include "rules/verify_parts.h"

static enum status check_entry(struct verify *verify, const struct entry_row *row)
{
    struct entry entry;
    enum chain_fault fault = CHAIN_SOUND;
    const char *finding = NULL;
    if (row->body == NULL || row->body_stored_length != row->body_length) {
        verify_find(verify, row->seq, chain_fault_code(CHAIN_BODY), "entry %" PRIu64 ": %s", row->seq, chain_fault_text(CHAIN_BODY));
        return STATUS_OK;
    }
    record_entry_of(row, &entry);
    enum status status = chain_check(&verify->chain, &entry, row->hash, row->seal,
                                     keyring_seal_key(&verify->keyring, row->seal_key, row->seq), &fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (fault == CHAIN_KEY && row->seal_key == NULL) {
        verify_find(verify, row->seq, chain_fault_code(CHAIN_SEAL), "entry %" PRIu64 ": its seal is missing", row->seq);
        return STATUS_OK;
    }
    if (fault != CHAIN_SOUND) {
        uint64_t expected = verify->chain.seq + 1;
        uint64_t broken = fault == CHAIN_SEQ ? expected : row->seq;
        verify_find(verify, broken, chain_fault_code(fault), "entry %" PRIu64 ": %s", broken, chain_fault_text(fault));
        return STATUS_OK;
    }
    verify_notes_compare(verify);
    status = replay_entry(verify->replay, row, &verify->arena, &finding);
    if (status == STATUS_OK && finding != NULL) {
        verify_find(verify, row->seq, "replay", "entry %" PRIu64 ": %s", row->seq, finding);
    }
    return status == STATUS_OK && verify->db != NULL ? verify_entry_beside(verify, row) : status;
}

/* One step of entries; *is_last where there are no more. */
static enum status check_step(struct verify *verify, bool *is_last)
{
    struct verify_item *items = NULL;
    size_t count = 0;
    uint64_t broken = verify->chain.seq + 1;
    arena_reset(&verify->arena);
    enum status status = verify->source.entries(verify->source.context, &verify->arena, verify->chain.seq, &items, &count, &broken);
    if (status == STATUS_CORRUPT) {
        verify_find(verify, broken, "column", "entry %" PRIu64 ": a column has a length or a content that no entry has", broken);
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; status == STATUS_OK && verify->report->is_ok && i < count; i++) {
        status = check_entry(verify, items[i].row);
        if (status == STATUS_OK && verify->report->is_ok && items[i].ends_block) {
            status = verify_checkpoint(verify, items[i].row->height);
        }
    }
    *is_last = count == 0;
    return status;
}

enum status verify_entries(struct verify *verify)
{
    bool is_last = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && verify->report->is_ok && !is_last) {
        status = check_step(verify, &is_last);
        if (status == STATUS_OK && verify->options->progress != NULL &&
            !verify->options->progress(verify->options->context, verify->chain.seq, verify->size)) {
            return STATUS_BUSY;
        }
    }
    verify->report->entries = verify->chain.seq;
    memcpy(verify->report->head, verify->chain.head, DIGEST_BYTES);
    tree_root(&verify->chain.tree, verify->report->root);
    if (status == STATUS_OK && verify->chain.seq == 0) {
        verify_find(verify, 1, "seq", "there is no entry, not even the genesis");
    }
    return status;
}
