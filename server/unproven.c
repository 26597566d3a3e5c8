/*
 * A few small files, looked for by name. What they mean to a look: server/witness.c.
 */
#include "server/unproven.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "server/kept_file.h"
#include "server/tell.h"

enum { WITHHELD_BYTES = 128, WITHHELD_NUMBERS = 3 };

static void write_name(char name[UNPROVEN_NAME_BYTES], unsigned number)
{
    snprintf(name, UNPROVEN_NAME_BYTES, "unproven-%u", number);
}

/* STATUS_ABSENT: there is none of this number. */
static enum status load(struct unproven_note *note, struct arena *arena, const char *dir, unsigned number)
{
    struct arena whole; /* as large as any file may be, and given back at once */
    char name[UNPROVEN_NAME_BYTES];
    const char *text = NULL;
    arena_init(&whole);
    *note = (struct unproven_note){ .number = number };
    write_name(name, number);
    enum status status = kept_file_read(&whole, dir, name, &text, &note->length);
    if (status == STATUS_OK && checkpoint_parse(&note->checkpoint, text, note->length) != STATUS_OK) {
        tell("%s/%s is damaged: put it back from a copy, or take it to another place", dir, name);
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        note->text = arena_copy(arena, text, note->length);
        status = note->text == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    }
    arena_fini(&whole);
    return status;
}

enum status unproven_load(struct unproven *out, struct arena *arena, const char *dir)
{
    struct unproven loaded = { .notes = arena_array(arena, UNPROVEN_MAX, sizeof *loaded.notes) };
    if (loaded.notes == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (unsigned number = 1; number <= UNPROVEN_MAX; number++) {
        enum status status = load(&loaded.notes[loaded.count], arena, dir, number);
        if (status != STATUS_OK && status != STATUS_ABSENT) {
            return status;
        }
        loaded.count += status == STATUS_OK;
    }
    *out = loaded;
    return STATUS_OK;
}

enum status unproven_keep(const struct unproven *unproven, const char *dir, const struct checkpoint *checkpoint, const char *text, size_t length,
                          char name[UNPROVEN_NAME_BYTES])
{
    unsigned number = 1; /* the first that is free: the notes are in the order of their numbers */
    for (size_t i = 0; i < unproven->count; i++) {
        const struct unproven_note *note = &unproven->notes[i];
        if (note->checkpoint.size == checkpoint->size && memcmp(note->checkpoint.root, checkpoint->root, DIGEST_BYTES) == 0) {
            write_name(name, note->number);
            return STATUS_OK;
        }
        number += note->number == number;
    }
    if (number > UNPROVEN_MAX) {
        return STATUS_ABSENT;
    }
    write_name(name, number);
    return kept_file_write(dir, name, text, length);
}

enum status unproven_settle(const struct unproven *unproven, const char *dir, bool is_news)
{
    enum status status = STATUS_OK;
    size_t left = 0;
    for (size_t i = 0; status == STATUS_OK && i < unproven->count; i++) {
        char name[UNPROVEN_NAME_BYTES];
        if (unproven->notes[i].is_proven) {
            write_name(name, unproven->notes[i].number);
            status = kept_file_remove(dir, name);
        } else {
            left++;
        }
    }
    bool is_settled = left == 0 && (is_news || unproven->count > 0);
    return status == STATUS_OK && is_settled ? kept_file_remove(dir, "withheld") : status;
}

/* The numbers of a file of lines; all 0 where it is none of ours, so that the count begins again. */
static void read_numbers(const char *text, int64_t numbers[WITHHELD_NUMBERS])
{
    int64_t read[WITHHELD_NUMBERS];
    for (int i = 0; i < WITHHELD_NUMBERS; i++) {
        char word[TEXT_INTEGER_BYTES];
        const char *blank = strchr(text, ' ');
        size_t length = blank == NULL ? 0 : strcspn(blank + 1, "\n");
        if (length == 0 || length >= sizeof word) {
            return;
        }
        memcpy(word, blank + 1, length);
        word[length] = 0;
        if (text_to_integer(word, &read[i]) != STATUS_OK || read[i] < 0 || read[i] > TEXT_INTEGER_MAX) {
            return;
        }
        text = blank + 1 + length;
    }
    memcpy(numbers, read, sizeof read);
}

enum status withheld_count(struct withheld *out, const char *dir, bool is_refused, int64_t now_s)
{
    struct arena arena;
    const char *text = NULL;
    char lines[WITHHELD_BYTES];
    size_t length = 0;
    int64_t numbers[WITHHELD_NUMBERS] = { 0 };
    arena_init(&arena);
    enum status status = kept_file_read(&arena, dir, "withheld", &text, &length);
    if (status == STATUS_OK) {
        read_numbers(text, numbers);
    }
    arena_fini(&arena);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    struct withheld withheld = { numbers[0] + is_refused, numbers[1] + !is_refused, numbers[2] };
    if (withheld.since_s == 0 || withheld.since_s > now_s) { /* the first, or the clock was put back */
        withheld.since_s = now_s;
    }
    snprintf(lines, sizeof lines, "refused %" PRId64 "\nunanswered %" PRId64 "\nsince %" PRId64 "\n", withheld.refused, withheld.unanswered,
             withheld.since_s);
    status = kept_file_write(dir, "withheld", lines, strlen(lines));
    if (status == STATUS_OK) {
        *out = withheld;
    }
    return status;
}
