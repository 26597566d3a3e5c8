/*
 * The table of options once more, with the values in effect but those that are marked as secret. Keys and tokens lie in files
 * and never in an option.
 */
#include "server/config/options.h"

#include <stddef.h>

#include "base/buffer.h"
#include "handlers/exchange.h"
#include "json/write.h"
#include "server/config/config.h"
#include "server/config/table.h"
#include "server/server.h"

/* As it can be given: with commas. */
static void write_list(struct json_writer *w, const struct config_list *list)
{
    struct buffer text;
    buffer_init(&text);
    for (size_t i = 0; i < list->count; i++) {
        buffer_format(&text, "%s%s", i > 0 ? "," : "", list->items[i]);
    }
    json_text(w, text.failed ? NULL : text.bytes);
    buffer_fini(&text);
}

static void write_value(struct json_writer *w, const struct config *config, const struct config_option *option)
{
    const void *member = (const char *)config + option->offset;
    json_key(w, "value");
    if ((option->commands & CONFIG_SECRET) != 0) {
        json_text(w, NULL);
        return;
    }
    switch (option->kind) {
    case CONFIG_TEXT:
        json_text(w, *(const char *const *)member);
        return;
    case CONFIG_LIST:
        write_list(w, member);
        return;
    case CONFIG_INTEGER:
        json_value_integer(w, *(const int64_t *)member);
        return;
    case CONFIG_CHOICE:
        json_text(w, option->choices[*(const int *)member]);
        return;
    case CONFIG_FLAG:
        json_value_boolean(w, *(const bool *)member);
        return;
    }
}

static const char *source_name(enum config_source source)
{
    static const char *const names[] = {[CONFIG_BY_DEFAULT] = "default", [CONFIG_BY_FILE] = "file", [CONFIG_BY_VARIABLE] = "environment",
                                        [CONFIG_BY_OPTION] = "option"};
    return names[source];
}

void options_write(struct service *service, struct json_writer *w)
{
    const struct server *server = service->server;
    const struct config *config = server->config;
    const struct config_option *option = NULL;
    for (size_t i = 0; (option = config_option_at(i)) != NULL; i++) {
        if ((option->commands & CONFIG_FOR(RUN_SERVE)) == 0) {
            continue;
        }
        json_object_begin(w);
        json_member_text(w, "name", option->name);
        json_member_text(w, "variable", option->variable);
        write_value(w, config, option);
        json_member_text(w, "source", source_name(config->sources[i]));
        if (option->kind == CONFIG_INTEGER) {
            json_member_integer(w, "minimum", option->min);
            json_member_integer(w, "maximum", option->max);
        }
        json_member_boolean(w, "reload", (option->commands & CONFIG_RELOADED) != 0);
        json_member_boolean(w, "secret", (option->commands & CONFIG_SECRET) != 0);
        json_member_text(w, "help", option->help);
        json_object_end(w);
    }
}
