/*
 * Marks as text, and whether one fits a ledger. What the mark says is trusted; that it is a mark of this ledger is not.
 */
#include "rules/verify/mark.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rules/verify/checkpoints.h"
#include "rules/verify/parts.h"

static const char title[] = "tallystick verified v1";

void verify_mark_write(const struct verify_mark *mark, struct buffer *out)
{
    const struct chain *chain = &mark->chain;
    uint8_t frontier[TREE_STATE_BYTES_MAX], digest[DIGEST_BYTES];
    char head[2 * DIGEST_BYTES + 1], hex[2 * TREE_STATE_BYTES_MAX + 1];
    size_t before = out->length;
    text_to_hex(head, chain->head, sizeof chain->head);
    text_to_hex(hex, frontier, tree_encode(&chain->tree, frontier));
    buffer_format(out, "%s\nentries %" PRIu64 "\nheight %" PRIu64 "\ntime_ms %" PRIu64 "\nhead %s\nwhole %" PRIu64 "\nfrontier %s\n\n%s",
                  title, chain->seq, chain->height, chain->time_ms, head, mark->whole, hex, mark->note);
    if (out->failed) {
        return;
    }
    digest_bytes(digest, out->bytes + before, out->length - before);
    text_to_hex(hex, digest, sizeof digest);
    buffer_format(out, "sha256 %s\n", hex);
}

/* The text behind "NAME " on the line at *at, which then stands behind that line; NULL where the line is another. */
static char *take_line(char **at, const char *name)
{
    size_t length = strlen(name);
    char *end = strchr(*at, '\n');
    if (end == NULL || strncmp(*at, name, length) != 0 || (*at)[length] != ' ') {
        return NULL;
    }
    char *value = *at + length + 1;
    *end = 0;
    *at = end + 1;
    return value;
}

static bool take_number(char **at, const char *name, uint64_t *out)
{
    int64_t number = 0;
    char *value = take_line(at, name);
    if (value == NULL || text_to_integer(value, &number) != STATUS_OK || number < 0) {
        return false;
    }
    *out = (uint64_t)number;
    return true;
}

static bool take_frontier(char **at, struct tree *tree)
{
    uint8_t bytes[TREE_STATE_BYTES_MAX];
    char *hex = take_line(at, "frontier");
    size_t length = hex != NULL ? strlen(hex) / 2 : 0;
    return hex != NULL && length <= sizeof bytes && text_from_hex(hex, bytes, length) == STATUS_OK &&
        tree_decode(tree, bytes, length) == STATUS_OK;
}

/* What stands between the empty line and the last one. */
static bool take_note(char *at, char note[CHECKPOINT_NOTE_BYTES_MAX + 1])
{
    char *end = strstr(at, "\nsha256 ");
    size_t length = end != NULL ? (size_t)(end - at) + 1 : 0;
    if (at[0] != '\n' || length < 2 || length - 1 > CHECKPOINT_NOTE_BYTES_MAX) {
        return false;
    }
    memcpy(note, at + 1, length - 1);
    note[length - 1] = 0;
    return true;
}

/* Reads leniently: whether it was all as verify_mark_write has it is seen by writing it again. */
static bool read_lines(struct verify_mark *mark, char *at)
{
    struct chain *chain = &mark->chain;
    char *head = NULL;
    if (strncmp(at, title, sizeof title - 1) != 0 || at[sizeof title - 1] != '\n') {
        return false;
    }
    at += sizeof title;
    return take_number(&at, "entries", &chain->seq) && take_number(&at, "height", &chain->height) &&
        take_number(&at, "time_ms", &chain->time_ms) && (head = take_line(&at, "head")) != NULL &&
        text_from_hex(head, chain->head, sizeof chain->head) == STATUS_OK && take_number(&at, "whole", &mark->whole) &&
        take_frontier(&at, &chain->tree) && chain->tree.size == chain->seq && take_note(at, mark->note);
}

enum status verify_mark_read(struct verify_mark *mark, const char *bytes, size_t length)
{
    struct verify_mark read;
    struct buffer again;
    memset(&read, 0, sizeof read);
    if (length > VERIFY_MARK_BYTES_MAX || memchr(bytes, 0, length) != NULL) {
        return STATUS_INVALID;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    memcpy(copy, bytes, length);
    copy[length] = 0;
    enum status status = read_lines(&read, copy) ? STATUS_OK : STATUS_INVALID;
    free(copy);
    if (status != STATUS_OK) {
        return status;
    }
    buffer_init(&again);
    verify_mark_write(&read, &again);
    if (again.failed) {
        status = STATUS_EXHAUSTED;
    } else if (again.length != length || memcmp(again.bytes, bytes, length) != 0) {
        status = STATUS_INVALID;
    }
    buffer_fini(&again);
    if (status == STATUS_OK) {
        *mark = read;
    }
    return status;
}

__attribute__((format(printf, 2, 3)))
static void say_unfit(struct verify *verify, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verify->report->unfit, sizeof verify->report->unfit, format, arguments);
    va_end(arguments);
}

/* Whether entry N is the mark's: its hash, and what the next one must continue. The version of its rules is in no mark. */
static enum status check_head(struct verify *verify, const struct chain *chain, uint32_t *rules_version)
{
    struct entry_run run = { .count = 0 };
    enum status status = db_entry_run(verify->db, &verify->arena, chain->seq - 1, 1, 0, &run);
    if (status != STATUS_OK) {
        return status;
    }
    const struct entry_row *row = run.rows;
    if (run.count == 0 || row->seq != chain->seq || row->height != chain->height || row->time_ms != chain->time_ms ||
        memcmp(row->hash, chain->head, sizeof chain->head) != 0) {
        say_unfit(verify, "entry %" PRIu64 " is another now", chain->seq);
    } else {
        *rules_version = row->rules_version;
    }
    return STATUS_OK;
}

enum status verify_mark_begin(struct verify *verify)
{
    const struct verify_mark *mark = verify->options->mark;
    struct checkpoint note;
    uint8_t root[DIGEST_BYTES];
    uint32_t rules_version = 0;
    enum status status = STATUS_OK;
    if (mark == NULL) {
        return STATUS_OK;
    }
    tree_root(&mark->chain.tree, root);
    if (!verify_note_take(verify, mark->note, &note)) {
        say_unfit(verify, "its checkpoint is none that a key of this ledger signed");
    } else if (note.size != mark->chain.seq || memcmp(note.root, root, sizeof root) != 0 || note.size == 0) {
        say_unfit(verify, "its checkpoint is not that of its tree");
    } else if (mark->chain.seq > verify->size) {
        say_unfit(verify, "it has %" PRIu64 " entries, the ledger %" PRIu64, mark->chain.seq, verify->size);
    } else {
        status = check_head(verify, &mark->chain, &rules_version);
    }
    if (status == STATUS_OK && verify->report->unfit[0] == 0 && verify->oldest_demanded < mark->chain.seq) {
        say_unfit(verify, "the checkpoint given is older than it");
    }
    if (status == STATUS_OK && verify->report->unfit[0] == 0) {
        verify->chain = mark->chain;
        verify->chain.rules_version = rules_version;
        verify->report->first = mark->chain.seq + 1;
        verify->report->whole = mark->whole;
        verify_notes_compare(verify);
    }
    return status;
}

enum status verify_mark_take(struct verify *verify, struct verify_mark *mark)
{
    struct checkpoint_row last;
    enum status status = db_checkpoint_last(verify->db, &verify->arena, &last);
    if (status != STATUS_OK) {
        return status;
    }
    if (strlen(last.note) >= sizeof mark->note) {
        return STATUS_ABSENT;
    }
    mark->chain = verify->chain;
    mark->whole = verify->report->whole;
    memcpy(mark->note, last.note, strlen(last.note) + 1);
    return STATUS_OK;
}
