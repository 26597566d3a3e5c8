/*
 * The nearest of what is stored. A few rows are looked at: an id that begins differently from the one that was meant is
 * found only where it differs in nothing but capitals.
 */
#include "rules/unknown.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "db/reference.h"

enum { ROWS_MAX = 256, PROVINCES_MAX = 1000 };

/* Ids behind after, in their order. */
static enum status list_ids(struct db *db, struct arena *arena, enum reference reference, const char *after,
                            const char **ids, size_t *count)
{
    struct organisation *organisations = NULL;
    struct site *sites = NULL;
    struct item *items = NULL;
    enum status status = STATUS_OK;
    *count = 0;
    switch (reference) {
    case REFERENCE_PROVINCE:
        break; /* find_province */
    case REFERENCE_ORGANISATION:
        status = db_organisation_list(db, arena, after, ROWS_MAX, NULL, NULL, NULL, &organisations, count);
        break;
    case REFERENCE_SITE:
        status = db_site_list(db, arena, after, ROWS_MAX, NULL, NULL, NULL, NULL, &sites, count);
        break;
    case REFERENCE_ITEM:
        status = db_item_list(db, arena, after, ROWS_MAX, NULL, NULL, &items, count);
        break;
    }
    for (size_t i = 0; status == STATUS_OK && i < *count; i++) {
        ids[i] = organisations != NULL ? organisations[i].id : sites != NULL ? sites[i].id : items[i].id;
    }
    return status;
}

enum status unknown_find(struct db *db, struct arena *arena, enum reference reference, const char *id)
{
    struct organisation organisation;
    struct site site;
    struct item item;
    switch (reference) {
    case REFERENCE_PROVINCE:
        break;
    case REFERENCE_ORGANISATION:
        return db_organisation_find(db, arena, id, &organisation);
    case REFERENCE_SITE:
        return db_site_find(db, arena, id, &site);
    case REFERENCE_ITEM:
        return db_item_find(db, arena, id, &item);
    }
    return STATUS_ABSENT;
}

/* In how many letters two codes of one length differ; a great number where the lengths do. */
static size_t difference(const char *a, const char *b)
{
    size_t length = strlen(a), differing = 0;
    if (strlen(b) != length) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < length; i++) {
        differing += strncasecmp(a + i, b + i, 1) != 0;
    }
    return differing;
}

/* Codes are short and much alike: one letter may be another, or the name stands in the code's place. */
static enum status find_province(struct db *db, struct arena *arena, const char *text, const char **nearest)
{
    struct province *rows = NULL;
    size_t count = 0, best = 2;
    enum status status = db_province_list(db, arena, "", PROVINCES_MAX, NULL, NULL, &rows, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *short_code = strchr(rows[i].code, '-');
        bool is_named = strcasecmp(text, rows[i].name_en) == 0 || strcmp(text, rows[i].name_zh) == 0 ||
                        (short_code != NULL && strcasecmp(text, short_code + 1) == 0);
        size_t differing = is_named ? 0 : difference(text, rows[i].code);
        if (differing <= best) {
            *nearest = differing < best ? rows[i].code : NULL; /* of several as near none is probably meant */
            best = differing;
        }
    }
    return status;
}

enum status unknown_nearest(struct db *db, struct arena *arena, enum reference reference, const char *text,
                            const char **nearest)
{
    const char *ids[ROWS_MAX];
    size_t count = 0;
    *nearest = NULL;
    if (reference == REFERENCE_PROVINCE) {
        return find_province(db, arena, text, nearest);
    }
    char *capitals = arena_text(arena, text);
    const char *after = arena_copy(arena, text, strlen(text) / 2); /* what is nearest mostly begins alike */
    if (capitals == NULL || after == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (char *at = capitals; *at != 0; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - ('a' - 'A')) : *at;
    }
    enum status status = unknown_find(db, arena, reference, capitals);
    if (status == STATUS_OK) {
        *nearest = capitals;
    } else if (status == STATUS_ABSENT) {
        status = list_ids(db, arena, reference, after, ids, &count);
        *nearest = status == STATUS_OK ? text_nearest(text, ids, count) : NULL;
    }
    return status;
}

/* Where the ids of a kind are listed. */
static const char *list_of(enum reference reference)
{
    switch (reference) {
    case REFERENCE_PROVINCE:
        return "/provinces";
    case REFERENCE_ORGANISATION:
        return "/organisations";
    case REFERENCE_SITE:
        return "/sites";
    case REFERENCE_ITEM:
        return "/items";
    }
    return "";
}

const char *unknown_code(enum reference reference)
{
    switch (reference) {
    case REFERENCE_PROVINCE:
        return "unknown_province";
    case REFERENCE_ORGANISATION:
        return "unknown_organisation";
    case REFERENCE_SITE:
        return "unknown_site";
    case REFERENCE_ITEM:
        return "unknown_item";
    }
    return "";
}

enum status unknown_say(struct db *db, struct faults *faults, enum reference reference, const char *name, const char *text,
                        const char **detail, const char **nearest)
{
    const char *found = NULL, *said = NULL;
    const char *quoted = faults_quote(faults, text, strlen(text));
    enum status status = unknown_nearest(db, faults->arena, reference, text, &found);
    if (status != STATUS_OK) {
        return status;
    }
    if (reference == REFERENCE_PROVINCE && found == NULL) {
        said = arena_format(faults->arena, "%s is %s; GET /provinces lists the codes, ISO 3166-2 such as CN-HB or GB/T 2260 such as 420000",
                            name, quoted);
    } else if (reference == REFERENCE_PROVINCE) {
        said = arena_format(faults->arena, "%s is %s; GET /provinces lists the codes, ISO 3166-2 such as CN-HB or GB/T 2260 such as 420000; "
                            "did you mean %s?", name, quoted, found);
    } else if (found == NULL) {
        said = arena_format(faults->arena, "%s is %s, which is not known; GET %s lists the ids", name, quoted, list_of(reference));
    } else {
        said = arena_format(faults->arena, "%s is %s, which is not known; GET %s lists the ids; did you mean %s?", name, quoted,
                            list_of(reference), found);
    }
    if (said == NULL) {
        return STATUS_EXHAUSTED;
    }
    *detail = said;
    *nearest = found;
    return STATUS_OK;
}

enum status unknown_suggest(struct db *db, struct faults *faults, enum reference reference, const char *text)
{
    const char *nearest = NULL;
    if (!faults->is_last_kept) {
        return STATUS_OK;
    }
    enum status status = unknown_nearest(db, faults->arena, reference, text, &nearest);
    if (status == STATUS_OK) {
        faults_suggest(faults, nearest);
    }
    return status;
}
