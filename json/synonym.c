/*
 * Names that people and other systems use for what ours call otherwise. One that is not among the known names of the
 * object at hand is not offered.
 */
#include "json/synonym.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { BEGINNING_MIN = 3 /* of letters, for a beginning to mean anything */ };

static const char *const synonyms[][2] = {
    { "qty", "quantity" },      { "amount", "quantity" },    { "count", "quantity" },     { "units", "quantity" },
    { "quantity", "delta" },    { "change", "delta" },       { "batch", "lot" },          { "lot_number", "lot" },
    { "expires", "expiry" },    { "expiration", "expiry" },  { "best_before", "expiry" }, { "comment", "note" },
    { "remark", "note" },       { "message", "note" },       { "why", "reason" },         { "type", "kind" },
    { "title", "name" },        { "label", "name" },         { "latitude", "lat" },       { "longitude", "lon" },
    { "lng", "lon" },           { "warehouse", "site" },     { "location", "site" },      { "place", "site" },
    { "product", "item" },      { "sku", "item" },           { "article", "item" },       { "to", "destination" },
    { "target", "destination" }, { "received", "good" },     { "broken", "damaged" },     { "missing", "lost" },
    { "items", "lines" },       { "positions", "lines" },    { "ref", "reference" },      { "region", "province" },
    { "organization", "organisation" }, { "owner", "organisation" }, { "status", "state" }, { "page_size", "limit" },
    { "per_page", "limit" },    { "after", "cursor" },       { "page", "cursor" },        { "group", "by" },
    { "group_by", "by" },
};

static const char *known(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return names[i];
        }
    }
    return NULL;
}

static const char *by_meaning(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        const char *found = strcasecmp(text, synonyms[i][0]) == 0 ? known(synonyms[i][1], names, count) : NULL;
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

/* NULL where several are. */
static const char *by_beginning(const char *text, const char *const *names, size_t count)
{
    const char *found = NULL;
    size_t length = strlen(text);
    for (size_t i = 0; i < count; i++) {
        size_t shorter = strlen(names[i]) < length ? strlen(names[i]) : length;
        if (shorter < BEGINNING_MIN || strncasecmp(text, names[i], shorter) != 0) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = names[i];
    }
    return found;
}

const char *synonym_nearest(const char *text, const char *const *names, size_t count)
{
    const char *found = text_nearest(text, names, count);
    if (found == NULL) {
        found = by_meaning(text, names, count);
    }
    return found != NULL ? found : by_beginning(text, names, count);
}
