/*
 * Evidence is small and there are few sets of it, so it is looked through from the first number on, by names alone. Who
 * calls it: server/witness.c.
 */
#include "server/evidence.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "server/kept_file.h"
#include "server/tell.h"

enum { NAME_BYTES = 64, WHY_BYTES = 512 };

#define LOST "evidence-lost"

static void write_name(char name[NAME_BYTES], unsigned number, const char *what)
{
    snprintf(name, NAME_BYTES, "evidence-%03u.%s", number, what);
}

static size_t kept_length(const struct evidence_piece *piece)
{
    return piece->length < EVIDENCE_PIECE_BYTES_MAX ? piece->length : EVIDENCE_PIECE_BYTES_MAX;
}

/* Looks at a set: whether any file of it is there, and whether it has this reason. */
static enum status find_why(unsigned number, const char *dir, const char *why, bool *is_same)
{
    struct arena arena;
    char name[NAME_BYTES];
    const char *text = NULL;
    size_t length = 0;
    arena_init(&arena);
    write_name(name, number, "why");
    enum status status = kept_file_read(&arena, dir, name, &text, &length);
    const char *blank = status == STATUS_OK ? memchr(text, ' ', length) : NULL; /* behind the time */
    size_t rest = blank == NULL ? 0 : length - (size_t)(blank + 1 - text);
    *is_same = blank != NULL && rest == strlen(why) + 1 && memcmp(blank + 1, why, rest - 1) == 0;
    arena_fini(&arena);
    return status;
}

/* Whether a set has a piece at all, and whether with these bytes. */
static enum status find_piece(unsigned number, const char *dir, const struct evidence_piece *piece, bool *is_same)
{
    struct arena arena;
    char name[NAME_BYTES];
    const char *bytes = NULL;
    size_t length = 0;
    arena_init(&arena);
    write_name(name, number, piece->what);
    enum status status = kept_file_read(&arena, dir, name, &bytes, &length);
    *is_same = status == STATUS_OK ? length == kept_length(piece) && memcmp(bytes, piece->bytes, length) == 0
                                   : status == STATUS_ABSENT && piece->length == 0;
    arena_fini(&arena);
    return status;
}

/* STATUS_OK: the set is this one, or a beginning of it, with what is shown. STATUS_ABSENT: there is none of this number. STATUS_CONFLICT:
 * it is another one. An answer (which bears the time or the number of its request) is not compared: what it is about is. */
static enum status look(unsigned number, const char *dir, const char *why, const struct evidence_piece *pieces, size_t count, bool *is_whole)
{
    bool is_same = false;
    enum status told = find_why(number, dir, why, &is_same);
    bool is_taken = told != STATUS_ABSENT;
    *is_whole = is_taken;
    for (size_t i = 0; i < count; i++) {
        bool is_same_piece = false;
        enum status found = find_piece(number, dir, &pieces[i], &is_same_piece);
        is_taken = is_taken || found != STATUS_ABSENT;
        if (told == STATUS_ABSENT && i == 0) {
            is_same = is_same_piece;
        } else if (strcmp(pieces[i].what, "proof") != 0) {
            is_same = is_same && (is_same_piece || (told == STATUS_ABSENT && found == STATUS_ABSENT));
        }
    }
    return !is_taken ? STATUS_ABSENT : is_same ? STATUS_OK : STATUS_CONFLICT;
}

static enum status add_file(unsigned number, const char *dir, const char *what, const void *bytes, size_t length, bool completes)
{
    char name[NAME_BYTES];
    write_name(name, number, what);
    enum status status = kept_file_add(dir, name, bytes, length);
    return status == STATUS_CONFLICT && completes ? STATUS_OK : status;
}

/* What does not fit ends it, and what was written stays; is_shown: the first piece is on the disk. */
static enum status add(unsigned number, const char *dir, const char *why, const struct evidence_piece *pieces, size_t count, bool completes,
                       bool *is_shown)
{
    char line[WHY_BYTES], time[TEXT_INSTANT_BYTES];
    enum status status = STATUS_OK;
    *is_shown = false;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (pieces[i].length > 0) {
            status = add_file(number, dir, pieces[i].what, pieces[i].bytes, kept_length(&pieces[i]), completes);
        }
        *is_shown = *is_shown || status == STATUS_OK;
    }
    if (status == STATUS_OK) {
        text_from_instant(time, clock_wall_ms());
        snprintf(line, sizeof line, "%s %s\n", time, why);
        status = add_file(number, dir, "why", line, strlen(line), completes);
    }
    return status;
}

static unsigned max_of(enum evidence_kind kind)
{
    switch (kind) {
    case EVIDENCE_UNSIGNED:
        return EVIDENCE_UNSIGNED_MAX;
    case EVIDENCE_WITHHELD:
    case EVIDENCE_OLDER:
        return EVIDENCE_DOUBTFUL_MAX;
    case EVIDENCE_SIGNED:
        break;
    }
    return EVIDENCE_MAX;
}

/* A file without bytes, which a full disk mostly takes. */
static void mark_lost(const char *dir, enum evidence_kind kind)
{
    if (kind == EVIDENCE_UNSIGNED || kind == EVIDENCE_WITHHELD) {
        return;
    }
    enum status status = kept_file_add(dir, LOST, "", 0);
    if (status == STATUS_OK || status == STATUS_CONFLICT) {
        tell("ALARM: nothing will be cosigned while %s/" LOST " is there", dir);
    }
}

static void add_or_tell(unsigned number, const char *dir, enum evidence_kind kind, const char *why, const struct evidence_piece *pieces,
                        size_t count, bool completes)
{
    bool is_shown = false;
    if (add(number, dir, why, pieces, count, completes, &is_shown) == STATUS_OK) {
        tell("ALARM: kept as %s/evidence-%03u.*", dir, number);
    } else if (is_shown) {
        tell("ALARM: not all of it could be kept, as %s/evidence-%03u.*", dir, number);
    } else {
        tell("ALARM: the evidence could not be kept in %s", dir);
        mark_lost(dir, kind);
    }
}

void evidence_keep(const char *dir, enum evidence_kind kind, const char *why, const struct evidence_piece *pieces, size_t count)
{
    unsigned first_free = 0, max = max_of(kind);
    assert(strlen(why) + 1 + TEXT_INSTANT_BYTES < WHY_BYTES);
    for (unsigned number = 1; number <= EVIDENCE_MAX; number++) {
        bool is_whole = false;
        enum status status = look(number, dir, why, pieces, count, &is_whole);
        if (status == STATUS_OK && is_whole) {
            tell("ALARM: the same is kept already, as %s/evidence-%03u.*", dir, number);
            return;
        }
        if (status == STATUS_OK) {
            add_or_tell(number, dir, kind, why, pieces, count, true);
            return;
        }
        if (status == STATUS_ABSENT && first_free == 0 && number <= max) {
            first_free = number;
        }
    }
    if (first_free == 0) {
        tell("ALARM: %s holds evidence %u times already, and this is not kept: take that to another place", dir, max);
        mark_lost(dir, kind);
    } else {
        add_or_tell(first_free, dir, kind, why, pieces, count, false);
    }
}

bool evidence_is_lost(const char *dir)
{
    struct arena arena;
    const char *text = NULL;
    size_t length = 0;
    arena_init(&arena);
    enum status status = kept_file_read(&arena, dir, LOST, &text, &length);
    arena_fini(&arena);
    return status != STATUS_ABSENT;
}
