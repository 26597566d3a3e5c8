/*
 * By the kind of the option; texts by what they say.
 */
#include "server/config/change.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "server/config/config.h"
#include "server/config/table.h"

static bool is_same_text(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

bool config_is_same(const struct config *one, const struct config *other, const struct config_option *option)
{
    const void *a = (const char *)one + option->offset;
    const void *b = (const char *)other + option->offset;
    switch (option->kind) {
    case CONFIG_TEXT:
        return is_same_text(*(const char *const *)a, *(const char *const *)b);
    case CONFIG_LIST: {
        const struct config_list *list = a;
        const struct config_list *beside = b;
        bool is_same = list->count == beside->count;
        for (size_t i = 0; is_same && i < list->count; i++) {
            is_same = is_same_text(list->items[i], beside->items[i]);
        }
        return is_same;
    }
    case CONFIG_INTEGER:
        return *(const int64_t *)a == *(const int64_t *)b;
    case CONFIG_CHOICE:
        return *(const int *)a == *(const int *)b;
    case CONFIG_FLAG:
        return *(const bool *)a == *(const bool *)b;
    }
    return false;
}

void config_keep(struct config *config, const struct config *other, size_t index)
{
    static const size_t sizes[] = {[CONFIG_TEXT] = sizeof(const char *), [CONFIG_LIST] = sizeof(struct config_list),
                                   [CONFIG_INTEGER] = sizeof(int64_t), [CONFIG_CHOICE] = sizeof(int),
                                   [CONFIG_FLAG] = sizeof(bool)};
    const struct config_option *option = config_option_at(index);
    assert(option != NULL);
    memcpy((char *)config + option->offset, (const char *)other + option->offset, sizes[option->kind]);
    config->sources[index] = other->sources[index];
}
