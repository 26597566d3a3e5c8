/*
 * One entry's commitments are kept at a time. That a text is gone by an entry's order shows only at the end, since the order comes later: those
 * that are gone are kept in the scratch database, so that memory does not grow with them.
 */
#include "rules/export/texts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "json/scan.h"
#include "ledger/commitment.h"
#include "rules/command.h"
#include "rules/replay.h"
#include "rules/signed_entry.h"

static const char member[] = "/commitment";

struct expected {
    const char *pointer; /* of the personal member */
    char hex[COMMITMENT_HEX_BYTES];
    bool is_seen;
    struct expected *next;
};

struct export_texts {
    struct arena arena;
    struct expected *first;
    const char *last; /* pointer of the line before, "" before the first */
    uint64_t seq;     /* of the entry */
    const char *body; /* its command's; while it is scanned */
};

enum status export_texts_open(struct export_texts **texts)
{
    struct export_texts *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    arena_init(&opened->arena);
    *texts = opened;
    return STATUS_OK;
}

void export_texts_close(struct export_texts *texts)
{
    if (texts != NULL) {
        arena_fini(&texts->arena);
        free(texts);
    }
}

static enum status note(void *context, const struct scan_value *value)
{
    struct export_texts *texts = context;
    size_t length = strlen(value->pointer);
    if (value->kind != '"' || strcmp(value->member, member + 1) != 0 || value->length != COMMITMENT_HEX_BYTES + 1 ||
        length < sizeof member - 1) {
        return STATUS_OK;
    }
    struct expected *expected = arena_alloc(&texts->arena, sizeof *expected);
    char *pointer = arena_copy(&texts->arena, value->pointer, length - (sizeof member - 1));
    if (expected == NULL || pointer == NULL) {
        return STATUS_EXHAUSTED;
    }
    *expected = (struct expected){ .pointer = pointer, .next = texts->first };
    memcpy(expected->hex, texts->body + value->offset + 1, sizeof expected->hex - 1);
    texts->first = expected;
    return STATUS_OK;
}

enum status export_texts_expect(struct export_texts *texts, const struct entry_row *row)
{
    arena_reset(&texts->arena);
    texts->first = NULL;
    texts->last = "";
    texts->seq = row->seq;
    if (strcmp(row->kind, command_kind_name(COMMAND_GENESIS)) == 0 || strcmp(row->kind, command_kind_name(COMMAND_FIGURES_PUT)) == 0) {
        return STATUS_OK;
    }
    struct signed_entry entry;
    struct signed_finding finding = { NULL, NULL };
    enum status status = signed_read_entry(row, NULL, &texts->arena, &entry, &finding);
    if (status == STATUS_OK) {
        texts->body = entry.body;
        status = json_scan(entry.body, entry.body_length, note, texts);
    }
    return status == STATUS_INVALID ? STATUS_OK : status; /* told when the entry is settled */
}

enum status export_texts_take(struct export_texts *texts, struct replay *replay, const struct export_line *line, const char **fault)
{
    uint8_t commitment[DIGEST_BYTES];
    char hex[COMMITMENT_HEX_BYTES];
    struct expected *found = NULL;
    for (struct expected *at = texts->first; at != NULL && found == NULL; at = at->next) {
        found = !at->is_seen && strcmp(at->pointer, line->pointer) == 0 && strcmp(at->hex, line->commitment) == 0 ? at : NULL;
    }
    if (found == NULL || line->seq != texts->seq) {
        *fault = "a text stands behind it that it does not commit to";
        return STATUS_OK;
    }
    if (strcmp(found->pointer, texts->last) < 0) {
        *fault = "its texts do not stand in the order of their pointers";
        return STATUS_OK;
    }
    found->is_seen = true;
    texts->last = found->pointer;
    if (line->text == NULL) {
        return replay_note_erased(replay, line->commitment, line->seq, line->pointer);
    }
    commitment_make(commitment, line->salt, line->text, strlen(line->text));
    text_to_hex(hex, commitment, sizeof commitment);
    if (strcmp(hex, line->commitment) != 0) {
        *fault = "a personal text is not the one committed to";
    }
    return STATUS_OK;
}

const char *export_texts_missing(const struct export_texts *texts)
{
    for (const struct expected *at = texts->first; at != NULL; at = at->next) {
        if (!at->is_seen) {
            return at->pointer;
        }
    }
    return NULL;
}
