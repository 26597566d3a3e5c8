/*
 * The parser for arguments and environment. The options themselves: table.c; what --help prints of
 * them: help.c. main.c hands the result to the sub-commands.
 */
#include "server/config/config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/key_source.h"
#include "server/config/file.h"
#include "server/config/table.h"
#include "server/cors.h"
#include "server/endpoint.h"

enum { LOOPS_STANDARD_MAX = 8, NAMES_MAX = CONFIG_OPTIONS_MAX };

enum config_source config_source(const struct config *config, const char *name)
{
    for (size_t i = 0; config_option_at(i) != NULL; i++) {
        if (strcmp(config_option_at(i)->name, name) == 0) {
            return config->sources[i];
        }
    }
    return CONFIG_BY_DEFAULT;
}

static int64_t cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > LOOPS_STANDARD_MAX ? LOOPS_STANDARD_MAX : count;
}

/* What a parse has found so far. */
struct parse {
    struct config config;
    char *message;
};

#define COMPLAIN(PARSE, ...) \
    (snprintf((PARSE)->message, CONFIG_MESSAGE_BYTES, __VA_ARGS__), STATUS_INVALID)

static bool flag_from_text(const char *text, bool *flag)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off", ""};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(text, yes[i]) == 0) {
            *flag = true;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (strcmp(text, no[i]) == 0) {
            *flag = false;
            return true;
        }
    }
    return false;
}

static enum status add_to_list(struct parse *parse, struct config_list *list, const char *source, const char *value)
{
    if (value[0] == 0) {
        return COMPLAIN(parse, "%s must not be empty", source);
    }
    if (list->count >= CONFIG_LIST_MAX) {
        return COMPLAIN(parse, "%s may be given %d times", source, CONFIG_LIST_MAX);
    }
    list->items[list->count++] = value;
    return STATUS_OK;
}

/* source is how the user wrote it, for messages: --loops or TALLYSTICK_LOOPS. */
static enum status set_option(struct parse *parse, const struct config_option *option, const char *source,
                              const char *value)
{
    void *member = (char *)&parse->config + option->offset;
    int64_t integer = 0;
    switch (option->kind) {
    case CONFIG_TEXT:
        if (value[0] == 0) {
            return COMPLAIN(parse, "%s must not be empty", source);
        }
        *(const char **)member = value;
        return STATUS_OK;
    case CONFIG_LIST:
        return add_to_list(parse, member, source, value);
    case CONFIG_INTEGER:
        if (text_to_integer(value, &integer) != STATUS_OK || integer < option->min || integer > option->max) {
            return COMPLAIN(parse, "%s takes an integer from %lld to %lld, not '%.100s'", source,
                            (long long)option->min, (long long)option->max, value);
        }
        *(int64_t *)member = integer;
        return STATUS_OK;
    case CONFIG_CHOICE:
        for (int i = 0; option->choices[i] != NULL; i++) {
            if (strcmp(option->choices[i], value) == 0) {
                *(int *)member = i;
                return STATUS_OK;
            }
        }
        return COMPLAIN(parse, "%s takes %s, not '%.100s'", source, option->help, value);
    case CONFIG_FLAG:
        if (!flag_from_text(value, (bool *)member)) {
            return COMPLAIN(parse, "%s takes 1 or 0, not '%.100s'", source, value);
        }
        return STATUS_OK;
    }
    return STATUS_INVALID;
}

static enum status unknown_option(struct parse *parse, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; config_option_at(i) != NULL; i++) {
        if ((config_option_at(i)->commands & CONFIG_FOR(parse->config.command)) != 0) {
            names[count++] = config_option_at(i)->name;
        }
    }
    const char *near = text_nearest(name, names, count);
    return near != NULL
               ? COMPLAIN(parse, "unknown option --%.100s for %s; did you mean --%s?", name,
                          config_words(parse->config.command), near)
               : COMPLAIN(parse, "unknown option --%.100s for %s; see tallystick --help", name,
                          config_words(parse->config.command));
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* One option at argv[*index]; *index moves behind its value. */
static enum status parse_option(struct parse *parse, int argc, char *const argv[], int *index)
{
    const char *word = argv[*index];
    *index += 1;
    if (asks_for_help(word)) {
        parse->config.help_for = CONFIG_FOR(parse->config.command);
        parse->config.command = RUN_HELP;
        return STATUS_OK;
    }
    if (word[0] != '-') {
        const char *command = config_words(parse->config.command);
        return COMPLAIN(parse, "'%.100s' is not an option; a directory is named by --data-dir: tallystick %s --data-dir %.100s",
                        word, command, word);
    }
    if (strncmp(word, "--", 2) != 0 || word[2] == 0) {
        return COMPLAIN(parse, "'%.100s' is not an option; options start with --", word);
    }
    char name[64];
    size_t length = strcspn(word + 2, "=");
    if (length >= sizeof name) {
        return COMPLAIN(parse, "unknown option %.100s", word);
    }
    memcpy(name, word + 2, length);
    name[length] = 0;
    const char *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
    for (size_t i = 0; config_option_at(i) != NULL; i++) {
        const struct config_option *option = config_option_at(i);
        if (strcmp(option->name, name) != 0 || (option->commands & CONFIG_FOR(parse->config.command)) == 0) {
            continue;
        }
        char source[80];
        snprintf(source, sizeof source, "--%s", name);
        if (parse->config.sources[i] != CONFIG_BY_DEFAULT && option->kind != CONFIG_LIST) {
            return COMPLAIN(parse, "%s is given twice", source);
        }
        parse->config.sources[i] = CONFIG_BY_OPTION;
        if (value == NULL && option->kind == CONFIG_FLAG) {
            value = "1";
        } else if (value == NULL) {
            if (*index >= argc) {
                return COMPLAIN(parse, "%s needs a value: %s %s", source, source, option->argument);
            }
            value = argv[*index];
            *index += 1;
        }
        return set_option(parse, option, source, value);
    }
    return unknown_option(parse, name);
}

/* The first word is right and the second is not. */
static enum status complain_second(struct parse *parse, const char *first)
{
    char seconds[120] = "";
    size_t used = 0;
    for (size_t i = 0; config_command_at(i) != NULL; i++) {
        if (strcmp(first, config_command_at(i)->words[0]) == 0 && used < sizeof seconds) {
            used += (size_t)snprintf(seconds + used, sizeof seconds - used, "%s%s", used > 0 ? ", " : "", config_command_at(i)->words[1]);
        }
    }
    return COMPLAIN(parse, "%s is followed by one of: %s", first, seconds);
}

/* CONFIG_FOR of the sub-commands that begin with first and, where it is given, second. */
static unsigned commands_named(const char *first, const char *second)
{
    unsigned named = 0;
    for (size_t i = 0; config_command_at(i) != NULL; i++) {
        const char *const *words = config_command_at(i)->words;
        if (strcmp(words[0], first) == 0 && (second == NULL || (words[1] != NULL && strcmp(words[1], second) == 0))) {
            named |= CONFIG_FOR(config_command_at(i)->command);
        }
    }
    return named;
}

static enum status unknown_command(struct parse *parse, const char *word)
{
    const char *names[CONFIG_COMMANDS_MAX];
    size_t count = 0;
    for (size_t i = 0; config_command_at(i) != NULL; i++) {
        names[count++] = config_command_at(i)->words[0];
    }
    const char *near = text_nearest(word, names, count);
    return near != NULL ? COMPLAIN(parse, "unknown sub-command '%.100s'; did you mean %s?", word, near)
                        : COMPLAIN(parse, "unknown sub-command '%.100s'; see tallystick --help", word);
}

/* help, help verify, help token, help token create. */
static enum status parse_help(struct parse *parse, int argc, char *const argv[])
{
    parse->config.command = RUN_HELP;
    if (argc < 3) {
        return STATUS_OK;
    }
    if (commands_named(argv[2], NULL) == 0) {
        return unknown_command(parse, argv[2]);
    }
    parse->config.help_for = commands_named(argv[2], argc > 3 ? argv[3] : NULL);
    return parse->config.help_for != 0 ? STATUS_OK : complain_second(parse, argv[2]);
}

/* The sub-command's words; *index moves behind them. */
static enum status parse_command(struct parse *parse, int argc, char *const argv[], int *index)
{
    if (argc < 2) {
        return COMPLAIN(parse, "which sub-command? serve, init, token, verify or another one; see tallystick --help");
    }
    const char *word = argv[1];
    *index = 2;
    if (asks_for_help(word) || strcmp(word, "help") == 0) {
        return parse_help(parse, argc, argv);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        parse->config.command = RUN_VERSION;
        return STATUS_OK;
    }
    for (size_t i = 0; config_command_at(i) != NULL; i++) {
        const char *const *words = config_command_at(i)->words;
        if (strcmp(word, words[0]) == 0 && (words[1] == NULL || (argc > 2 && strcmp(argv[2], words[1]) == 0))) {
            *index = words[1] != NULL ? 3 : 2;
            parse->config.command = config_command_at(i)->command;
            return STATUS_OK;
        }
    }
    const unsigned named = commands_named(word, NULL);
    if (named == 0) {
        return unknown_command(parse, word);
    }
    if (argc > 2 && asks_for_help(argv[2])) {
        parse->config.command = RUN_HELP;
        parse->config.help_for = named;
        return STATUS_OK;
    }
    return complain_second(parse, word);
}

/* One variable NAME=value of ours. */
static enum status parse_variable(struct parse *parse, const char *variable, enum config_source source)
{
    char name[80];
    size_t length = strcspn(variable, "=");
    if (length >= sizeof name) {
        return COMPLAIN(parse, "unknown variable %.100s", variable);
    }
    memcpy(name, variable, length);
    name[length] = 0;
    const char *value = variable[length] == '=' ? variable + length + 1 : "";
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; config_option_at(i) != NULL; i++) {
        names[count++] = config_option_at(i)->variable;
        if (strcmp(config_option_at(i)->variable, name) != 0) {
            continue;
        }
        if (source == CONFIG_BY_FILE && parse->config.sources[i] == CONFIG_BY_FILE) {
            return COMPLAIN(parse, "%s is given twice", name);
        }
        if (parse->config.sources[i] != CONFIG_BY_DEFAULT || (config_option_at(i)->commands & CONFIG_FOR(parse->config.command)) == 0) {
            return STATUS_OK;
        }
        parse->config.sources[i] = source;
        return set_option(parse, config_option_at(i), name, value);
    }
    const char *near = text_nearest(name, names, count);
    return near != NULL ? COMPLAIN(parse, "unknown variable %s; did you mean %s?", name, near)
                        : COMPLAIN(parse, "unknown variable %s; see tallystick --help", name);
}

/* One line of the file: a variable, a remark or nothing. It is changed: quotes around the value are taken off. */
static enum status parse_line(struct parse *parse, char *line)
{
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL) {
        line[--length] = 0;
    }
    if (length == 0 || line[0] == '#') {
        return STATUS_OK;
    }
    char *value = strchr(line, '=');
    if (value == NULL) {
        return COMPLAIN(parse, "neither NAME=value nor a remark that begins with #");
    }
    value++;
    size_t value_length = strlen(value);
    if (value_length >= 2 && (value[0] == '"' || value[0] == '\'') && value[value_length - 1] == value[0]) {
        memmove(value, value + 1, value_length - 2);
        value[value_length - 2] = 0;
    }
    return parse_variable(parse, line, CONFIG_BY_FILE);
}

static enum status parse_file(struct parse *parse)
{
    bool may_miss = parse->config.path[0] == '-';
    const char *path = parse->config.path + may_miss;
    char *text = NULL;
    enum status status = config_file_read(path, &text);
    if (status == STATUS_ABSENT && may_miss) {
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return COMPLAIN(parse, "%.200s cannot be read: %s", path, strerror(errno));
    }
    parse->config.file_text = text;
    size_t number = 1;
    for (char *line = text, *next = NULL; status == STATUS_OK && line != NULL; line = next, number++) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = 0;
        }
        status = parse_line(parse, line);
        if (status != STATUS_OK) {
            char complaint[CONFIG_MESSAGE_BYTES];
            memcpy(complaint, parse->message, sizeof complaint);
            snprintf(parse->message, CONFIG_MESSAGE_BYTES, "%.100s:%zu: %.300s", path, number, complaint);
        }
    }
    return status;
}

/* Where a key lies; a variable of ours would be taken for an option. */
static bool is_key_source(const char *text)
{
    struct key_source source;
    return text == NULL || (key_source_read(text, &source) &&
                            (source.kind != KEY_SOURCE_ENVIRONMENT ||
                             strncmp(source.place, CONFIG_VARIABLE_PREFIX, strlen(CONFIG_VARIABLE_PREFIX)) != 0));
}

/* verify reads a directory or an export. The variable for the directory may stand in an environment that serves all sub-commands. */
static enum status check_verified(struct parse *parse)
{
    const struct config *config = &parse->config;
    if (config->data_dir == NULL && config->export_path == NULL) {
        return COMPLAIN(parse, "verify needs --data-dir DIR (or " CONFIG_VARIABLE_PREFIX "DATA_DIR), or --export FILE");
    }
    if (config->export_path != NULL && config_source(config, "data-dir") == CONFIG_BY_OPTION) {
        return COMPLAIN(parse, "verify takes --data-dir DIR or --export FILE, not both");
    }
    return STATUS_OK;
}

/* What one option alone cannot say. */
static enum status check_values(struct parse *parse)
{
    if (!is_key_source(parse->config.node_key) || !is_key_source(parse->config.new_key)) {
        return COMPLAIN(parse, "%s takes file:PATH, env:NAME (no name that begins with " CONFIG_VARIABLE_PREFIX ") or command:PROGRAM",
                        is_key_source(parse->config.node_key) ? "--new-key (TALLYSTICK_NEW_KEY)" : "--node-key (TALLYSTICK_NODE_KEY)");
    }
    if (parse->config.command == RUN_VERIFY) {
        enum status status = check_verified(parse);
        if (status != STATUS_OK) {
            return status;
        }
    }
    const char *origins = parse->config.cors_origins;
    if (origins != NULL && !cors_is_sound(origins)) {
        return COMPLAIN(parse, "--cors-origin (TALLYSTICK_CORS_ORIGIN) takes * or origins with commas between them, as "
                               "https://dashboard.example.org,http://localhost:3000 (small letters, no path), not '%.100s'",
                        origins);
    }
    for (size_t i = 0; parse->config.command == RUN_SERVE && i < parse->config.listen.count; i++) {
        const char *bad = endpoint_list_fault(parse->config.listen.items[i]);
        if (bad != NULL) {
            return COMPLAIN(parse, "--listen (TALLYSTICK_LISTEN) takes HOST:PORT, as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:0 (a port is 0 "
                                   "to 65535), or unix:PATH, several with commas between them, not '%.100s'", bad);
        }
    }
    const char *origin = parse->config.origin;
    if (origin != NULL && !checkpoint_origin_is_valid(origin)) {
        return COMPLAIN(parse, "--origin (TALLYSTICK_ORIGIN) takes 1 to 127 visible ASCII characters without space and +, as "
                               "ledger.example.org/depot, not '%.100s'", origin);
    }
    if ((parse->config.tls_certificate == NULL) != (parse->config.tls_key == NULL)) {
        return COMPLAIN(parse, "--tls-cert and --tls-key (TALLYSTICK_TLS_CERT, TALLYSTICK_TLS_KEY) go together");
    }
    mode_t mode = 0;
    if (parse->config.unix_mode != NULL && !endpoint_read_mode(parse->config.unix_mode, &mode)) {
        return COMPLAIN(parse, "--unix-mode (TALLYSTICK_UNIX_MODE) takes octal digits, as 0660, not '%.100s'", parse->config.unix_mode);
    }
    return STATUS_OK;
}

static enum status fill_standards(struct parse *parse)
{
    for (size_t i = 0; config_option_at(i) != NULL; i++) {
        const struct config_option *option = config_option_at(i);
        if (parse->config.sources[i] != CONFIG_BY_DEFAULT) {
            continue;
        }
        if ((option->required_by & CONFIG_FOR(parse->config.command)) != 0) {
            return COMPLAIN(parse, "%s needs --%s %s (or %s)", config_words(parse->config.command), option->name,
                            option->argument, option->variable);
        }
        if (option->standard != NULL) {
            enum status status = set_option(parse, option, option->name, option->standard);
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    if (parse->config.loops == 0) {
        parse->config.loops = cpu_count();
    }
    if (parse->config.job_threads == 0) {
        int64_t count = cpu_count();
        parse->config.job_threads = count > 4 ? count : 4; /* with fewer, some computations would hold up others: jobs.h */
    }
    return STATUS_OK;
}

enum status config_parse(int argc, char *const argv[], char *const environment[], struct config *config,
                         char message[CONFIG_MESSAGE_BYTES])
{
    struct parse parse = {.message = message, .config = {.argc = argc, .argv = argv, .environment = environment}};
    message[0] = 0;
    int index = 1;
    enum status status = parse_command(&parse, argc, argv, &index);
    while (status == STATUS_OK && index < argc && parse.config.command != RUN_HELP &&
           parse.config.command != RUN_VERSION) {
        status = parse_option(&parse, argc, argv, &index);
    }
    if (status == STATUS_OK && (parse.config.command == RUN_HELP || parse.config.command == RUN_VERSION)) {
        *config = parse.config;
        return STATUS_OK;
    }
    for (size_t i = 0; status == STATUS_OK && environment[i] != NULL; i++) {
        if (strncmp(environment[i], CONFIG_VARIABLE_PREFIX, strlen(CONFIG_VARIABLE_PREFIX)) == 0) {
            status = parse_variable(&parse, environment[i], CONFIG_BY_VARIABLE);
        }
    }
    if (status == STATUS_OK && parse.config.path != NULL) {
        status = parse_file(&parse);
    }
    if (status == STATUS_OK) {
        status = fill_standards(&parse);
    }
    if (status == STATUS_OK) {
        status = check_values(&parse);
    }
    if (status == STATUS_OK) {
        *config = parse.config;
    } else {
        config_fini(&parse.config);
    }
    return status;
}

void config_fini(struct config *config)
{
    free(config->file_text);
    config->file_text = NULL;
}
