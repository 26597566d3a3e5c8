/*
 * Names for pictures.
 */
#include "handlers/analysis/label.h"

#include <string.h>

#include "db/reference.h"
#include "handlers/analysis/analysis.h"
#include "handlers/chinese.h"

#define PER_PEOPLE " per 10,000 people"

static struct analysis_label take_chinese(struct arena *arena, const struct indicator *indicator, const char *per_people)
{
    char *name = arena_format(arena, "%s%s", per_people, indicator->name.zh);
    return (struct analysis_label){ name, name };
}

static struct analysis_label take(const struct exchange *exchange, const struct indicator *indicator, const char *ending)
{
    struct arena *arena = exchange->arena;
    if (exchange->is_chinese && indicator->name.zh != NULL) {
        return take_chinese(arena, indicator, *ending != 0 ? analysis_label_say(exchange, "per ten thousand people") : "");
    }
    const char *name = indicator->name.en != NULL ? indicator->name.en : indicator->name.text;
    return (struct analysis_label){ arena_format(arena, "%s%s", name != NULL ? name : indicator->id, ending),
                                    arena_format(arena, "%s%s", indicator->unit != NULL ? indicator->unit : "", ending) };
}

struct analysis_label analysis_label_find(struct exchange *exchange, const char *id)
{
    struct arena *arena = exchange->arena;
    struct indicator indicator;
    struct analysis_label label = { NULL, NULL };
    size_t length = strlen(id);
    size_t ending = sizeof ANALYSIS_DERIVED - 1;
    enum status status = db_indicator_find(exchange->db, arena, id, &indicator);
    if (status == STATUS_OK) {
        label = take(exchange, &indicator, "");
    } else if (status == STATUS_ABSENT && length > ending) {
        const char *stored = arena_copy(arena, id, length - ending);
        if (stored != NULL && db_indicator_find(exchange->db, arena, stored, &indicator) == STATUS_OK) {
            label = take(exchange, &indicator, PER_PEOPLE);
        }
    }
    return (struct analysis_label){ label.name != NULL ? label.name : id, label.unit != NULL ? label.unit : "" };
}

const char *analysis_label_capital(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, text);
    if (copy == NULL) {
        return text;
    }
    if (copy[0] >= 'a' && copy[0] <= 'z') {
        copy[0] = (char)(copy[0] - 'a' + 'A');
    }
    return copy;
}

const char *analysis_label_small(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, text);
    if (copy == NULL) {
        return text;
    }
    if (copy[0] >= 'A' && copy[0] <= 'Z' && !(copy[1] >= 'A' && copy[1] <= 'Z')) {
        copy[0] = (char)(copy[0] - 'A' + 'a');
    }
    return copy;
}

const struct analysis_marks *analysis_label_marks(const struct exchange *exchange)
{
    static const struct analysis_marks english = { ", ", "; ", ": ", "." };
    static const struct analysis_marks chinese = { "\xe3\x80\x81", "\xef\xbc\x9b", "\xef\xbc\x9a", "\xe3\x80\x82" };
    return exchange->is_chinese ? &chinese : &english;
}

const char *analysis_label_say(const struct exchange *exchange, const char *english)
{
    struct buffer said;
    size_t steps = CHINESE_STEPS;
    if (english == NULL || !exchange->is_chinese) {
        return english != NULL ? english : "";
    }
    buffer_init(&said);
    const char *kept = chinese_say(english, &said, &steps) && !said.failed ? arena_copy(exchange->arena, said.bytes, said.length) : NULL;
    buffer_fini(&said);
    return kept != NULL ? kept : english;
}

const char *analysis_label_join(const struct exchange *exchange, const char *const *parts, size_t count)
{
    struct buffer text;
    size_t written = 0;
    buffer_init(&text);
    for (size_t i = 0; i < count; i++) {
        if (parts[i] != NULL) {
            buffer_text(&text, written++ == 0 ? "" : analysis_label_marks(exchange)->semicolon);
            buffer_text(&text, analysis_label_say(exchange, parts[i]));
        }
    }
    buffer_text(&text, analysis_label_marks(exchange)->stop);
    const char *kept = text.failed ? NULL : arena_copy(exchange->arena, text.bytes, text.length);
    buffer_fini(&text);
    return kept != NULL ? kept : "";
}

const char *analysis_label_group(const struct exchange *exchange, const char *group, bool is_belt)
{
    static const char *const belts[] = { "Central", "Eastern", "Western" };
    const char *name = group != NULL ? analysis_label_capital(exchange->arena, group) : "All";
    bool is_ours = group == NULL;
    for (size_t i = 0; is_belt && i < sizeof belts / sizeof belts[0]; i++) {
        is_ours = is_ours || strcmp(name, belts[i]) == 0;
    }
    return is_ours ? analysis_label_say(exchange, name) : name;
}
