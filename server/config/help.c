/*
 * What --help prints, out of the tables of config.c.
 */
#include "server/config/help.h"

#include <stddef.h>

#include "base/buffer.h"
#include "server/config/config.h"
#include "server/config/table.h"

static void write_usage(struct buffer *out, const char *before, const struct config_command *command)
{
    const struct config_option *option = NULL;
    buffer_format(out, "%stallystick %s", before, config_words(command->command));
    for (size_t i = 0; (option = config_option_at(i)) != NULL; i++) {
        if ((option->required_by & CONFIG_FOR(command->command)) != 0) {
            buffer_format(out, " --%s %s", option->name, option->argument);
        }
    }
    if (command->choice != NULL) {
        buffer_format(out, " %s", command->choice);
    }
    buffer_format(out, " [options]\n      %s\n", command->help);
}

static void write_option(struct buffer *out, const struct config_option *option)
{
    buffer_format(out, "  --%s%s%s   %s\n      %s", option->name, option->argument != NULL ? " " : "",
                  option->argument != NULL ? option->argument : "", option->variable, option->help);
    if (option->kind == CONFIG_INTEGER) {
        buffer_format(out, " (%lld to %lld)", (long long)option->min, (long long)option->max);
    }
    if (option->standard != NULL) {
        buffer_format(out, "; default: %s", option->standard);
    }
    buffer_format(out, "%s%s\n", (option->commands & CONFIG_RELOADED) != 0 ? "; SIGHUP reads it anew" : "",
                  (option->commands & CONFIG_SECRET) != 0 ? "; secret" : "");
}

/* Which sub-commands take the option. */
static void write_takers(struct buffer *out, const struct config_option *option)
{
    const struct config_command *command = NULL;
    buffer_text(out, "      for:");
    for (size_t i = 0; (command = config_command_at(i)) != NULL; i++) {
        if ((option->commands & CONFIG_FOR(command->command)) != 0) {
            buffer_format(out, " %s", config_words(command->command));
        }
    }
    buffer_text(out, "\n");
}

static void write_options(struct buffer *out, unsigned about)
{
    const struct config_option *option = NULL;
    buffer_text(out, "\noptions, each with its environment variable:\n");
    for (size_t i = 0; (option = config_option_at(i)) != NULL; i++) {
        if (about != 0 && (option->commands & about) == 0) {
            continue;
        }
        write_option(out, option);
        if (about == 0 || (about & (about - 1)) != 0) { /* one sub-command alone takes all that is listed */
            write_takers(out, option);
        }
    }
}

char *help_text(unsigned about)
{
    struct buffer out;
    const struct config_command *command = NULL;
    buffer_init(&out);
    if (about == 0) {
        buffer_text(&out, "Tallystick keeps account of medical supplies in a signed ledger and serves it over HTTP.\n\n");
    }
    buffer_text(&out, "usage:\n");
    for (size_t i = 0; (command = config_command_at(i)) != NULL; i++) {
        if (about == 0 || (about & CONFIG_FOR(command->command)) != 0) {
            write_usage(&out, "  ", command);
        }
    }
    if (about == 0) {
        buffer_text(&out, "  tallystick --version | --help\n  tallystick SUB-COMMAND --help\n      its options and an example\n");
    }
    write_options(&out, about);
    if (about != 0) {
        buffer_text(&out, "\nfor example:\n");
    }
    for (size_t i = 0; about != 0 && (command = config_command_at(i)) != NULL; i++) {
        if ((about & CONFIG_FOR(command->command)) != 0) {
            buffer_format(&out, "  %s\n", command->example);
        }
    }
    size_t length = 0;
    char *text = buffer_take(&out, &length);
    buffer_fini(&out);
    return text;
}
