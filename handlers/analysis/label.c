/*
 * Names for pictures.
 */
#include "handlers/analysis/label.h"

#include <string.h>

#include "db/reference.h"
#include "handlers/analysis/analysis.h"

#define PER_PEOPLE " per 10,000 people"

static struct analysis_label take(struct arena *arena, const struct indicator *indicator, const char *ending)
{
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
        label = take(arena, &indicator, "");
    } else if (status == STATUS_ABSENT && length > ending) {
        const char *stored = arena_copy(arena, id, length - ending);
        if (stored != NULL && db_indicator_find(exchange->db, arena, stored, &indicator) == STATUS_OK) {
            label = take(arena, &indicator, PER_PEOPLE);
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
