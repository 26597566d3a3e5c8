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

/* STATUS_OK: the set is this one. STATUS_ABSENT: there is none of this number. STATUS_CONFLICT: it is another one. An answer (which
 * bears the time or the number of its request) is not compared: what it is about is. */
static enum status look(unsigned number, const char *dir, const char *why, const struct evidence_piece *pieces, size_t count)
{
    bool is_same = false, is_taken = find_why(number, dir, why, &is_same) != STATUS_ABSENT;
    for (size_t i = 0; i < count; i++) {
        bool is_same_piece = false;
        is_taken = find_piece(number, dir, &pieces[i], &is_same_piece) != STATUS_ABSENT || is_taken;
        is_same = is_same && (is_same_piece || strcmp(pieces[i].what, "proof") == 0);
    }
    return !is_taken ? STATUS_ABSENT : is_same ? STATUS_OK : STATUS_CONFLICT;
}

static void take_back(unsigned number, const char *dir, const struct evidence_piece *pieces, size_t count)
{
    char name[NAME_BYTES];
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0) {
            write_name(name, number, pieces[i].what);
            if (kept_file_remove(dir, name) != STATUS_OK) {
                return; /* told */
            }
        }
    }
}

static enum status add(unsigned number, const char *dir, const char *why, const struct evidence_piece *pieces, size_t count)
{
    char name[NAME_BYTES], line[WHY_BYTES], time[TEXT_INSTANT_BYTES];
    enum status status = STATUS_OK;
    size_t done = 0;
    for (; status == STATUS_OK && done < count; done++) {
        if (pieces[done].length > 0) {
            write_name(name, number, pieces[done].what);
            status = kept_file_add(dir, name, pieces[done].bytes, kept_length(&pieces[done]));
        }
    }
    if (status == STATUS_OK) {
        text_from_instant(time, clock_wall_ms());
        snprintf(line, sizeof line, "%s %s\n", time, why);
        write_name(name, number, "why");
        status = kept_file_add(dir, name, line, strlen(line));
    } else {
        done--; /* kept_file_add leaves nothing of what failed */
    }
    if (status != STATUS_OK) {
        take_back(number, dir, pieces, done); /* else each try of a full disk would take a number */
    }
    return status;
}

void evidence_keep(const char *dir, const char *why, const struct evidence_piece *pieces, size_t count)
{
    unsigned first_free = 0;
    assert(strlen(why) + 1 + TEXT_INSTANT_BYTES < WHY_BYTES);
    for (unsigned number = 1; number <= EVIDENCE_MAX; number++) {
        switch (look(number, dir, why, pieces, count)) {
        case STATUS_OK:
            tell("ALARM: the same is kept already, as %s/evidence-%03u.*", dir, number);
            return;
        case STATUS_ABSENT:
            first_free = first_free == 0 ? number : first_free;
            break;
        case STATUS_CONFLICT:
        case STATUS_INVALID:
        case STATUS_BUSY:
        case STATUS_EXHAUSTED:
        case STATUS_CORRUPT:
        case STATUS_IO:
            break;
        }
    }
    if (first_free == 0) {
        tell("ALARM: %s holds evidence %d times already, and this is not kept: take that to another place", dir, EVIDENCE_MAX);
    } else if (add(first_free, dir, why, pieces, count) == STATUS_OK) {
        tell("ALARM: kept as %s/evidence-%03u.*", dir, first_free);
    } else {
        tell("ALARM: the evidence could not be kept in %s", dir);
    }
}
