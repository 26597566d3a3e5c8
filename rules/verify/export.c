/*
 * An export as a source of entries for a verification (parts.h has the order of things). Lines come from base/lines.c and
 * are taken apart by rules/export/read.c; here is what must stand where. What is wrong with the lines is found out while reading ahead and told
 * when all before it is settled.
 */
#include "rules/verify/export.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "ledger/entry.h"
#include "rules/export/read.h"
#include "rules/export/keys.h"
#include "rules/export/texts.h"
#include "rules/verify/checkpoints.h"
#include "rules/verify/entries.h"
#include "rules/verify/parts.h"

enum { ENTRIES_PER_STEP = 64, BYTES_PER_STEP = 1024 * 1024 /* or one long body */ };

/* Where the reading is. Invariant: entry seq was given last, and all lines that belong to it were taken. */
struct reading {
    struct verify verify;
    struct verify_report report;
    struct lines lines;
    struct arena arena; /* of lines that are no entries */
    struct export_keys *keys;
    struct export_texts *texts;
    char *origin; /* NULL: no header yet */
    bool with_texts, is_over;
    uint64_t seq, height;
    uint8_t hash[DIGEST_BYTES];
    bool is_covered; /* a checkpoint stood behind entry seq */
    struct checkpoint_row checkpoints[ENTRIES_PER_STEP]; /* of the step that is read */
    size_t checkpoint_count;
    bool has_note;    /* options->checkpoint is signed by a key that was known */
    bool has_finding; /* the lines end here */
    uint64_t broken;
    const char *code;
    char reason[VERIFY_REASON_BYTES];
};

/* What is wrong with the lines, at entry seq; always STATUS_CORRUPT. */
__attribute__((format(printf, 4, 5)))
static enum status find(struct reading *reading, uint64_t seq, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reading->reason, sizeof reading->reason, format, arguments);
    va_end(arguments);
    reading->has_finding = true;
    reading->broken = seq > 0 ? seq : 1;
    reading->code = code;
    return STATUS_CORRUPT;
}

static enum status find_no_line(struct reading *reading)
{
    return find(reading, reading->seq + 1, "format", "the line behind entry %" PRIu64 " is none that an export has there", reading->seq);
}

/* The last line, which no line feed ends: cut off where it stands, if it begins as one does there. */
static enum status find_cut(struct reading *reading, const char *text, size_t length)
{
    const char *begins = reading->origin == NULL || reading->is_over ? EXPORT_HEADER_BEGINS : EXPORT_LINE_BEGINS;
    size_t compared = length < strlen(begins) ? length : strlen(begins);
    if (memcmp(text, begins, compared) != 0) {
        return find_no_line(reading);
    }
    return find(reading, reading->seq + 1, "truncated", "the export breaks off behind entry %" PRIu64 ", in the middle of a line", reading->seq);
}

/* The line looked at, of the kind that was expected; its parts in the arena. */
static enum status parse(struct reading *reading, const char *text, size_t length, struct arena *arena, struct export_line *line)
{
    enum status status = export_line_read(line, text, length, arena);
    return status == STATUS_INVALID ? find_no_line(reading) : status;
}

static enum status take_header(struct reading *reading, const struct export_line *line)
{
    if (reading->origin == NULL) {
        reading->origin = strdup(line->origin);
        if (reading->origin == NULL) {
            return STATUS_EXHAUSTED;
        }
    }
    if (strcmp(reading->origin, line->origin) != 0 || line->seq != reading->seq) {
        return find(reading, reading->seq + 1, "format", "a part begins here that goes on behind entry %" PRIu64 " of %s, and it stands "
                    "behind entry %" PRIu64 " of %s: a part before it is missing", line->seq, line->origin, reading->seq, reading->origin);
    }
    reading->with_texts = line->with_texts;
    reading->verify.origin = reading->origin;
    return STATUS_OK;
}

static enum status take_key(struct reading *reading, const struct export_line *line)
{
    const char *fault = NULL;
    enum status status = export_keys_list(reading->keys, line, reading->seq, &fault);
    return status == STATUS_OK && fault != NULL ? find(reading, reading->seq + 1, "key", "%s", fault) : status;
}

static enum status take_end(struct reading *reading, const struct export_line *line)
{
    if (line->seq != reading->seq || memcmp(line->hash, reading->hash, sizeof reading->hash) != 0) {
        return find(reading, reading->seq + 1, "format", "the last line tells of another end, entry %" PRIu64 ": lines before it are missing or "
                    "were changed", line->seq);
    }
    reading->is_over = true;
    return STATUS_OK;
}

/* A line between two entries' lines. */
static enum status take_between(struct reading *reading, const char *text, size_t length)
{
    struct export_line line;
    arena_reset(&reading->arena);
    enum status status = parse(reading, text, length, &reading->arena, &line);
    if (status != STATUS_OK) {
        return status;
    }
    if ((reading->origin == NULL || reading->is_over) && line.kind != EXPORT_LINE_HEADER) {
        return find_no_line(reading);
    }
    reading->is_over = false;
    switch (line.kind) {
    case EXPORT_LINE_HEADER:
        return take_header(reading, &line);
    case EXPORT_LINE_KEY:
        return take_key(reading, &line);
    case EXPORT_LINE_END:
        return take_end(reading, &line);
    case EXPORT_LINE_CHECKPOINT:
        return find(reading, reading->seq, "checkpoint", "behind entry %" PRIu64 " stands a checkpoint that is not of its block", reading->seq);
    case EXPORT_LINE_TEXT:
        return find(reading, reading->seq, "personal", "behind entry %" PRIu64 " stands a text that is not of it", reading->seq);
    case EXPORT_LINE_ENTRY:
        break;
    }
    return find_no_line(reading);
}

/* Whether the line begins as one of this type does. */
static bool is_of(const char *text, size_t length, const char *begins)
{
    return length >= strlen(begins) && memcmp(text, begins, strlen(begins)) == 0;
}

/* What the blocks before and behind say of each other, as far as heights do. */
static enum status check_block(struct reading *reading, const struct entry *entry)
{
    if (reading->seq > 0 && entry->height != reading->height && !reading->is_covered) {
        return find(reading, reading->seq, "checkpoint", "the checkpoint of block %" PRIu64 " is missing", reading->height);
    }
    if (reading->seq > 0 && entry->height == reading->height && reading->is_covered) {
        return find(reading, reading->seq + 1, "height", "entry %" PRIu64 " is of a block whose checkpoint stands before it", reading->seq + 1);
    }
    return STATUS_OK;
}

static void fill_row(struct entry_row *row, const struct entry *entry, const struct export_line *line)
{
    *row = (struct entry_row){
        .seq = entry->seq, .height = entry->height, .time_ms = entry->time_ms, .rules_version = entry->rules_version,
        .kind = entry->kind, .target = entry->target, .command_id = entry->command_id, .new_id = entry->new_id,
        .organisation = entry->organisation, .role = entry->role, .subject = entry->subject, .submitter_key = entry->submitter_key,
        .submitter_alg = entry->submitter_alg, .body_length = entry->body_length,
        .body = line->body != NULL ? (const void *)line->body : entry->body,
        .body_stored_length = line->body != NULL ? line->body_length : (size_t)entry->body_length,
        .submitter_sig = entry->submitter_sig, .submitter_sig_length = entry->submitter_sig_length, .seal_key = line->key,
    };
    memcpy(row->previous_hash, entry->previous_hash, DB_HASH_BYTES);
    memcpy(row->body_digest, entry->body_digest, DB_HASH_BYTES);
    memcpy(row->effects, entry->effects, DB_HASH_BYTES);
    memcpy(row->hash, line->hash, DB_HASH_BYTES);
    memcpy(row->seal, line->seal, DB_SEAL_BYTES);
}

/* The entry of the line, as a row of a database would have it. */
static enum status read_entry(struct reading *reading, const struct export_line *line, struct arena *arena, struct entry_row *row)
{
    struct entry entry;
    uint64_t seq = reading->seq + 1;
    enum status status = entry_decode(&entry, line->bytes, line->bytes_length, arena);
    if (status == STATUS_INVALID) {
        return find(reading, seq, "bytes", "entry %" PRIu64 ": its bytes are no entry in its one encoding", seq);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = check_block(reading, &entry);
    if (status != STATUS_OK) {
        return status;
    }
    if (line->seq != seq || entry.seq != seq) {
        return find(reading, seq, "seq", "entry %" PRIu64 ": another number stands here", seq);
    }
    bool is_long = entry.body_length > LIMIT_BODY_INLINE;
    if (is_long != (line->body != NULL) || (is_long && line->body_length != entry.body_length)) {
        return find(reading, seq, "body", "entry %" PRIu64 ": its body is missing or does not have the length that the entry names", seq);
    }
    fill_row(row, &entry, line);
    return STATUS_OK;
}

static enum status take_keys(struct reading *reading, const struct entry_row *row)
{
    const char *fault = NULL;
    enum status status = export_keys_take(reading->keys, &reading->verify, row, reading->origin, &fault);
    return status == STATUS_OK && fault != NULL ? find(reading, row->seq, "key", "%s", fault) : status;
}

/* The checkpoint given, once the keys are known that were valid at its size. */
static enum status take_note(struct reading *reading, uint64_t seq)
{
    const char *note = reading->verify.options->checkpoint;
    struct checkpoint checkpoint;
    if (note == NULL || reading->has_note || checkpoint_parse(&checkpoint, note, strlen(note)) != STATUS_OK || checkpoint.size != seq) {
        return STATUS_OK;
    }
    if (strcmp(checkpoint.origin, reading->origin) != 0) {
        return find(reading, seq, "checkpoint_foreign", "the checkpoint given is one of another ledger: of %s, and this one is %s",
                    checkpoint.origin, reading->origin);
    }
    if (keyring_read_note(&reading->verify.keyring, note, strlen(note), CHECKPOINT_ANY_LINE, &checkpoint) != STATUS_OK) {
        return find(reading, seq, "checkpoint_unsigned", "the checkpoint given has no sound signature of a key that was this ledger's at "
                    "entry %" PRIu64 ": it was altered, or somebody else made it", seq);
    }
    reading->has_note = true;
    verify_note_add(&reading->verify, &checkpoint, true);
    return STATUS_OK;
}

static enum status take_checkpoint(struct reading *reading, const char *text, size_t length, struct arena *arena, struct verify_item *item)
{
    struct export_line line;
    struct checkpoint told;
    enum status status = parse(reading, text, length, arena, &line);
    if (status != STATUS_OK) {
        return status;
    }
    struct checkpoint_row *row = &reading->checkpoints[reading->checkpoint_count];
    *row = (struct checkpoint_row){ .height = line.height, .size = line.seq, .note = line.note };
    if (line.height != reading->height || checkpoint_parse(&told, line.note, strlen(line.note)) != STATUS_OK) {
        return find(reading, reading->seq, "checkpoint", "the checkpoint of block %" PRIu64 " is missing or altered", reading->height);
    }
    memcpy(row->root, told.root, sizeof row->root);
    reading->checkpoint_count++;
    reading->is_covered = true;
    item->ends_block = true;
    return STATUS_OK;
}

/* The lines that belong to the entry: its texts, and its block's checkpoint where it is the last. Where the input ends or is cut here, that
 * is what is wrong, and not that a text is missing: told when the turn of what comes next has come. So is a line that is none. */
static enum status take_tail(struct reading *reading, struct arena *arena, struct verify_item *item)
{
    const char *text = NULL, *fault = NULL;
    size_t length = 0;
    bool is_whole = false;
    struct export_line line;
    enum status status = reading->with_texts ? export_texts_expect(reading->texts, item->row) : STATUS_OK;
    while (status == STATUS_OK) {
        status = lines_look(&reading->lines, &text, &length, &is_whole);
        if (status != STATUS_OK || !is_whole) {
            break;
        }
        if (reading->with_texts && !reading->is_covered && is_of(text, length, EXPORT_TEXT_BEGINS)) {
            arena_reset(&reading->arena);
            status = parse(reading, text, length, &reading->arena, &line);
            status = status == STATUS_OK ? export_texts_take(reading->texts, reading->verify.replay, &line, &fault) : status;
        } else if (!reading->is_covered && is_of(text, length, EXPORT_CHECKPOINT_BEGINS)) {
            status = take_checkpoint(reading, text, length, arena, item);
        } else {
            break;
        }
        if (status == STATUS_OK && fault != NULL) {
            return find(reading, reading->seq, "personal", "%s", fault);
        }
        if (status == STATUS_OK) {
            lines_take(&reading->lines);
        }
    }
    if (status == STATUS_OK && is_whole && reading->with_texts && export_texts_missing(reading->texts) != NULL) {
        arena_reset(&reading->arena);
        status = parse(reading, text, length, &reading->arena, &line);
        return status != STATUS_OK ? status :
            find(reading, reading->seq, "personal_missing", "the text behind %s is missing", export_texts_missing(reading->texts));
    }
    return status == STATUS_ABSENT || status == STATUS_INVALID ? STATUS_OK : status;
}

static enum status take_entry(struct reading *reading, const char *text, size_t length, struct arena *arena, struct verify_item *item)
{
    struct export_line line;
    if (reading->origin == NULL || reading->is_over) {
        return find_no_line(reading);
    }
    struct entry_row *row = arena_alloc(arena, sizeof *row);
    enum status status = row == NULL ? STATUS_EXHAUSTED : parse(reading, text, length, arena, &line);
    if (status == STATUS_OK) {
        status = read_entry(reading, &line, arena, row);
    }
    if (status == STATUS_OK) {
        status = take_keys(reading, row);
    }
    if (status == STATUS_OK) {
        status = take_note(reading, row->seq);
    }
    if (status != STATUS_OK) {
        return status;
    }
    lines_take(&reading->lines);
    reading->seq = row->seq;
    reading->height = row->height;
    reading->is_covered = false;
    memcpy(reading->hash, row->hash, sizeof reading->hash);
    *item = (struct verify_item){ row, false };
    return STATUS_OK;
}

/* The next line, which begins no entry's tail. *is_entry: it was one, and *item is filled in. */
static enum status take_line(struct reading *reading, struct arena *arena, struct verify_item *item, bool *is_entry)
{
    const char *text = NULL;
    size_t length = 0;
    bool is_whole = false;
    enum status status = lines_look(&reading->lines, &text, &length, &is_whole);
    if (status == STATUS_INVALID) {
        return find_no_line(reading);
    }
    if (status == STATUS_ABSENT && !reading->is_over) {
        return find(reading, reading->seq + 1, "truncated", "the export breaks off behind entry %" PRIu64 ": it has no last line", reading->seq);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!is_whole) {
        return find_cut(reading, text, length);
    }
    *is_entry = is_of(text, length, EXPORT_ENTRY_BEGINS);
    if (!*is_entry) {
        status = take_between(reading, text, length);
        if (status == STATUS_OK) {
            lines_take(&reading->lines);
        }
        return status;
    }
    return take_entry(reading, text, length, arena, item);
}

/* One more entry with its tail; STATUS_ABSENT behind the last. */
static enum status next_entry(struct reading *reading, struct arena *arena, struct verify_item *item)
{
    bool is_entry = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !is_entry) {
        status = take_line(reading, arena, item, &is_entry);
    }
    return status;
}

static enum status entries(void *context, struct arena *arena, uint64_t after, struct verify_item **out, size_t *count,
                           uint64_t *broken)
{
    struct reading *reading = context;
    struct verify_item *items = arena_array(arena, ENTRIES_PER_STEP, sizeof *items);
    enum status status = items == NULL ? STATUS_EXHAUSTED : reading->has_finding ? STATUS_CORRUPT : STATUS_OK;
    size_t used = 0;
    (void)after; /* a pipe has one direction */
    reading->checkpoint_count = 0;
    while (status == STATUS_OK && used < ENTRIES_PER_STEP && (used == 0 || arena->total_bytes < BYTES_PER_STEP)) {
        status = next_entry(reading, arena, &items[used]);
        if (status == STATUS_OK) {
            used++;
            status = take_tail(reading, arena, &items[used - 1]);
        }
    }
    if (status == STATUS_ABSENT || (status == STATUS_CORRUPT && used > 0)) {
        status = STATUS_OK; /* what was read so far comes first */
    }
    *broken = reading->broken;
    *out = items;
    *count = used;
    return status;
}

static enum status checkpoint(void *context, struct arena *arena, uint64_t height, struct checkpoint_row *row)
{
    const struct reading *reading = context;
    (void)arena;
    for (size_t i = 0; i < reading->checkpoint_count; i++) {
        if (reading->checkpoints[i].height == height) {
            *row = reading->checkpoints[i];
            return STATUS_OK;
        }
    }
    return STATUS_ABSENT;
}

static void explain(void *context, const char **code, const char **reason)
{
    const struct reading *reading = context;
    *code = reading->code;
    *reason = reading->reason;
}

/* A text that the export has not, and that no entry in it orders to be gone. */
static enum status check_erased(struct reading *reading)
{
    uint64_t seq = 0;
    const char *pointer = NULL;
    arena_reset(&reading->arena);
    enum status status = replay_find_unerased(reading->verify.replay, &reading->arena, &seq, &pointer);
    if (status == STATUS_OK) {
        verify_find(&reading->verify, seq, "personal_missing", "the text behind %s is missing, and no entry says that it was erased", pointer);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/* A command carried out again long after the first time shows only here, and may stand before what was found. */
static enum status check_again(struct reading *reading)
{
    struct verify_report *report = reading->verify.report;
    uint64_t seq = 0;
    const char *id = NULL;
    arena_reset(&reading->arena);
    enum status status = replay_find_again(reading->verify.replay, &reading->arena, &seq, &id);
    if (status == STATUS_OK && (report->is_ok || seq < report->first_broken)) {
        report->is_ok = true; /* the later finding gives way */
        verify_find(&reading->verify, seq, "command_id", "entry %" PRIu64 ": " REPLAY_AGAIN, seq, id);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static enum status check_all(struct reading *reading)
{
    struct verify *verify = &reading->verify;
    enum status status = verify_entries(verify);
    if (status == STATUS_OK) {
        status = check_again(reading);
    }
    if (status == STATUS_OK && verify->report->is_ok && !reading->has_note) {
        verify->size = verify->chain.seq;
        verify_notes_read(verify); /* it has more entries than the export */
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        verify_notes_reached(verify);
    }
    return status == STATUS_OK && verify->report->is_ok ? check_erased(reading) : status;
}

static enum status open_parts(struct reading *reading)
{
    struct verify *verify = &reading->verify;
    enum status status = parallel_open(verify->options->threads, verify->options->is_quiet, &verify->parallel);
    if (status == STATUS_OK) {
        status = replay_open(&verify->replay);
    }
    if (status == STATUS_OK) {
        replay_keep_ids(verify->replay);
        status = export_keys_open(&reading->keys);
    }
    if (status == STATUS_OK && verify->options->progress != NULL) {
        replay_watch(verify->replay, verify_may_go_on, verify);
    }
    return status == STATUS_OK ? export_texts_open(&reading->texts) : status;
}

static void close_parts(struct reading *reading)
{
    replay_close(reading->verify.replay);
    parallel_close(reading->verify.parallel);
    export_keys_close(reading->keys);
    export_texts_close(reading->texts);
    lines_fini(&reading->lines);
    arena_fini(&reading->arena);
    arena_fini(&reading->verify.arena);
    arena_fini(&reading->verify.keys_arena);
    free(reading->origin);
    free(reading);
}

enum status verify_export(int fd, const struct verify_options *options, struct verify_report *report)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL) {
        return STATUS_EXHAUSTED;
    }
    reading->report.is_ok = true;
    reading->report.first = 1;
    reading->report.is_export = true;
    reading->verify.options = options;
    reading->verify.report = &reading->report;
    reading->verify.source = (struct verify_source){ reading, entries, checkpoint, explain };
    lines_init(&reading->lines, fd, EXPORT_LINE_BYTES_MAX);
    arena_init(&reading->arena);
    arena_init(&reading->verify.arena);
    arena_init(&reading->verify.keys_arena);
    chain_init(&reading->verify.chain);
    enum status status = open_parts(reading);
    if (status == STATUS_OK) {
        status = check_all(reading);
    }
    if (status == STATUS_OK) {
        *report = reading->report;
        report->whole = report->is_ok ? report->entries : 0;
    }
    close_parts(reading);
    return status;
}
