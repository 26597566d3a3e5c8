/*
 * Lists of entity tags, read strictly: what cannot be read is refused, since whoever sends a condition must not get
 * what goes without one.
 */
#include "handlers/condition.h"

#include <string.h>

#include "base/text.h"
#include "handlers/problem.h"

/* Digits of a version; 15 are below 2^53. */
enum { VERSION_DIGITS_MAX = 15 };

#define BLANKS " \t"

int64_t condition_version(const struct condition_tag *tag)
{
    char digits[VERSION_DIGITS_MAX + 1];
    const char *at = tag->at + 1;
    int64_t version = 0;
    size_t used = 0;
    while (used < VERSION_DIGITS_MAX && at[used] >= '0' && at[used] <= '9') {
        digits[used] = at[used];
        used++;
    }
    digits[used] = 0;
    if (used == 0 || digits[0] == '0' || (at[used] != '"' && at[used] != '.')) {
        return 0;
    }
    return text_to_integer(digits, &version) == STATUS_OK ? version : 0;
}

/* Takes the tag at *at, which moves behind it and the blanks that follow. */
static bool take_tag(const char **at, struct condition_tag *tag)
{
    const bool is_weak = strncmp(*at, "W/", 2) == 0;
    const char *begin = *at + (is_weak ? 2 : 0);
    const char *end = *begin == '"' ? strchr(begin + 1, '"') : NULL;
    if (end == NULL) {
        return false;
    }
    *tag = (struct condition_tag){.at = begin, .length = (size_t)(end + 1 - begin), .is_weak = is_weak};
    *at = end + 1 + strspn(end + 1, BLANKS);
    return **at == 0 || **at == ',';
}

static bool refuse_place(struct exchange *exchange, const char *name, const char *code, size_t place)
{
    problem_reply(exchange, code, "%s cannot be read from character %zu on: ETags stand in double quotes, with commas between them "
                                  "(%s: \"3\"), or * alone for any version.", name, place, name);
    return false;
}

bool condition_read(struct exchange *exchange, const char *name, const char *code, const char *value, struct condition *condition)
{
    const char *at = value + strspn(value, ", \t");
    *condition = (struct condition){.is_any = false};
    if (*at == 0) {
        problem_reply(exchange, code, "%s is empty: it takes ETags in double quotes (%s: \"3\"), or * for any version.", name, name);
        return false;
    }
    while (*at != 0) {
        struct condition_tag tag;
        const size_t place = (size_t)(at - value) + 1;
        const bool is_star = *at == '*' && (at[1] == 0 || strchr(", \t", at[1]) != NULL);
        if (condition->is_any || (is_star && condition->count > 0)) {
            problem_reply(exchange, code, "%s has * and something else beside it, at character %zu: * means any version and stands alone; "
                                          "leave out the one or the other.", name, place);
            return false;
        }
        if (!is_star && !take_tag(&at, &tag)) {
            return refuse_place(exchange, name, code, place);
        }
        if (!is_star && condition->count == CONDITION_TAGS_MAX) {
            problem_reply(exchange, code, "%s may list %d ETags at the most, and another one stands at character %zu: send that of the "
                                          "version that you have read.", name, (int)CONDITION_TAGS_MAX, place);
            return false;
        }
        if (is_star) {
            condition->is_any = true;
            at++;
        } else {
            condition->tags[condition->count++] = tag;
        }
        at += strspn(at, ", \t");
    }
    return true;
}

static bool tag_is(const struct condition_tag *tag, const char *etag)
{
    const size_t version_bytes = strcspn(etag + 1, ".\"");
    const bool is_whole = tag->length == strlen(etag) && memcmp(tag->at, etag, tag->length) == 0;
    const bool is_version = tag->length == version_bytes + 2 && etag[1 + version_bytes] == '.' &&
                            memcmp(tag->at + 1, etag + 1, version_bytes) == 0;
    return !tag->is_weak && (is_whole || is_version);
}

/* Whether tag is etag itself, or that of the same in a coding ("9f86d081884c7d65-gzip"). */
static bool tag_is_in_coding(const struct condition_tag *tag, const char *etag)
{
    static const char *const endings[] = {"\"", "-gzip\"", "-zstd\""};
    const size_t stem = strlen(etag) > 0 ? strlen(etag) - 1 : 0;
    if (stem == 0 || tag->length <= stem || memcmp(tag->at, etag, stem) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (tag->length == stem + strlen(endings[i]) && memcmp(tag->at + stem, endings[i], tag->length - stem) == 0) {
            return true;
        }
    }
    return false;
}

bool condition_allows(const struct condition *wanted, const struct condition *unwanted, const char *etag)
{
    bool is_met = wanted == NULL || wanted->is_any;
    bool is_forbidden = unwanted != NULL && unwanted->is_any;
    for (size_t i = 0; wanted != NULL && i < wanted->count; i++) {
        is_met = is_met || (!wanted->tags[i].is_weak && tag_is_in_coding(&wanted->tags[i], etag));
    }
    for (size_t i = 0; unwanted != NULL && i < unwanted->count; i++) {
        is_forbidden = is_forbidden || tag_is_in_coding(&unwanted->tags[i], etag);
    }
    return is_met && !is_forbidden;
}

bool condition_is_met(struct exchange *exchange, const char *if_match, const char *etag)
{
    struct condition condition;
    if (if_match == NULL) {
        return true;
    }
    if (!condition_read(exchange, "If-Match", "invalid_if_match", if_match, &condition)) {
        return false;
    }
    bool is_met = condition.is_any, is_strong = false;
    for (size_t i = 0; i < condition.count && etag != NULL; i++) {
        is_met = is_met || tag_is(&condition.tags[i], etag);
    }
    for (size_t i = 0; i < condition.count; i++) {
        is_strong = is_strong || !condition.tags[i].is_weak;
    }
    if (is_met) {
        return true;
    }
    if (etag == NULL) {
        problem_reply(exchange, "version_mismatch", "If-Match names a version, and this answer has no ETag: leave If-Match out.");
    } else if (!is_strong) {
        problem_reply(exchange, "version_mismatch", "A weak ETag (W/) never meets If-Match; that of this answer is %s now.", etag);
    } else {
        problem_reply(exchange, "version_mismatch", "No ETag in If-Match is that of this answer, which is %s now: read it again without "
                                                    "If-Match.", etag);
    }
    return false;
}
