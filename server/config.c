/*
 * The table of options and what is derived from it: the parser for arguments and
 * environment. What --help prints of it: help.c. main.c hands the result to the sub-commands.
 */
#include "server/config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "server/config_file.h"
#include "server/cors.h"
#include "server/endpoint.h"

enum { LOOPS_STANDARD_MAX = 8, NAMES_MAX = CONFIG_OPTIONS_MAX };

#define VARIABLE_PREFIX "TALLYSTICK_"

#define SERVE CONFIG_FOR(RUN_SERVE)
#define INIT CONFIG_FOR(RUN_INIT)
#define TOKEN CONFIG_FOR(RUN_TOKEN_CREATE)
#define TOKENS (TOKEN | CONFIG_FOR(RUN_TOKEN_LIST) | REVOKE)
#define REVOKE CONFIG_FOR(RUN_TOKEN_REVOKE)
#define VERIFY CONFIG_FOR(RUN_VERIFY)
#define RELOADED CONFIG_RELOADED

/* In the order of enum log_level. */
static const char *const log_levels[] = {"debug", "info", "warn", "error", "off", NULL};

#define TEXT(NAME, VARIABLE, MEMBER, STANDARD, COMMANDS, REQUIRED, ARGUMENT, HELP)                        \
    {                                                                                                     \
        NAME, VARIABLE_PREFIX VARIABLE, CONFIG_TEXT, offsetof(struct config, MEMBER), 0, 0, NULL,         \
            STANDARD, COMMANDS, REQUIRED, ARGUMENT, HELP                                                  \
    }
#define INTEGER(NAME, VARIABLE, MEMBER, MIN, MAX, STANDARD, COMMANDS, HELP)                               \
    {                                                                                                     \
        NAME, VARIABLE_PREFIX VARIABLE, CONFIG_INTEGER, offsetof(struct config, MEMBER), MIN, MAX, NULL,  \
            STANDARD, COMMANDS, 0, "N", HELP                                                              \
    }
#define FLAG(NAME, VARIABLE, MEMBER, COMMANDS, HELP)                                                      \
    {                                                                                                     \
        NAME, VARIABLE_PREFIX VARIABLE, CONFIG_FLAG, offsetof(struct config, MEMBER), 0, 0, NULL, NULL,   \
            COMMANDS, 0, NULL, HELP                                                                       \
    }

static const struct config_option options[] = {
    TEXT("data-dir", "DATA_DIR", data_dir, NULL, SERVE | INIT | TOKENS | VERIFY, SERVE | INIT | TOKENS | VERIFY, "DIR",
         "directory of database, keys and anchor"),
    TEXT("config", "CONFIG", path, NULL, SERVE, 0, "FILE",
         "variables, NAME=value a line; the environment and the command line count for more; with - before it, the file may be missing"),
    {"listen", VARIABLE_PREFIX "LISTEN", CONFIG_LIST, offsetof(struct config, listen), 0, 0, NULL, "127.0.0.1:8080", SERVE, 0,
     "ADDRESS", "where to listen: HOST:PORT (name, IPv4 or [IPv6]; port 0 picks a free one) or unix:PATH; several with commas "
                "between them, or given several times; http://HOST:PORT stays without TLS"},
    TEXT("unix-mode", "UNIX_MODE", unix_mode, "0660", SERVE, 0, "MODE", "permissions of unix sockets, in octal digits"),
    TEXT("tls-cert", "TLS_CERT", tls_certificate, NULL, SERVE | RELOADED, 0, "FILE",
         "certificate (PEM), then those that signed it: with it TCP addresses speak TLS 1.2 and 1.3; default: plain HTTP"),
    TEXT("tls-key", "TLS_KEY", tls_key, NULL, SERVE | RELOADED | CONFIG_SECRET, 0, "FILE",
         "private key of the certificate (PEM, without a password)"),
    TEXT("cors-origin", "CORS_ORIGIN", cors_origins, NULL, SERVE | RELOADED, 0, "ORIGINS",
         "web pages that may call from a browser: https://a.example,https://b.example, or * for all; default: none"),
    INTEGER("loops", "LOOPS", loops, 1, 64, NULL, SERVE, "HTTP threads; default: one a CPU, at most 8"),
    INTEGER("job-threads", "JOB_THREADS", job_threads, 1, 64, NULL, SERVE,
            "threads for long computations, one of them never for callers' own numbers; default: one a CPU, 2 to 8"),
    INTEGER("queue-length", "QUEUE_LENGTH", queue_length, 1, 65536, "1024", SERVE,
            "changes that may wait; more are answered 503"),
    INTEGER("job-queue-length", "JOB_QUEUE_LENGTH", job_queue_length, 1, 4096, "64", SERVE,
            "computations that may wait, on stored figures and on callers' own numbers each; more are answered 503"),
    INTEGER("job-seconds", "JOB_SECONDS", job_seconds, 1, 3600, "30", SERVE | RELOADED,
            "seconds a computation may take; one that takes longer is given up and answered 422"),
    INTEGER("verify-hours", "VERIFY_HOURS", verify_hours, 0, 8760, "24", SERVE,
            "hours between checks of the whole ledger that the service makes by itself, the first one 5 minutes after the start; 0: none"),
    INTEGER("connections", "CONNECTIONS", connections, 1, 65536, "4096", SERVE, "connections in all"),
    INTEGER("connections-per-address", "CONNECTIONS_PER_ADDRESS", connections_per_address, 1, 65536, "1024", SERVE | RELOADED,
            "connections of one client address"),
    INTEGER("header-timeout", "HEADER_TIMEOUT", header_timeout_s, 1, 3600, "10", SERVE | RELOADED,
            "seconds a request's header may take"),
    INTEGER("request-timeout", "REQUEST_TIMEOUT", request_timeout_s, 1, 3600, "30", SERVE | RELOADED,
            "seconds a whole request may take to arrive"),
    INTEGER("idle-timeout", "IDLE_TIMEOUT", idle_timeout_s, 1, 3600, "75", SERVE,
            "seconds a connection may stand idle"),
    FLAG("private", "PRIVATE", is_private, SERVE | RELOADED, "reading needs a token too"),
    {"log-level", VARIABLE_PREFIX "LOG_LEVEL", CONFIG_CHOICE, offsetof(struct config, log_level), 0, 0, log_levels,
     "info", SERVE | INIT | TOKENS | VERIFY | RELOADED, 0, "LEVEL", "debug, info, warn, error or off"},
    TEXT("origin", "ORIGIN", origin, NULL, SERVE | INIT, 0, "NAME",
         "name of a new ledger, as checkpoints carry it; default: made up"),
    FLAG("new-anchor", "NEW_ANCHOR", begins_anchor, SERVE,
         "begin the anchor file anew where it is lost: entries that were cut off before are not noticed any more"),
    FLAG("sample", "SAMPLE", with_sample, INIT, "add a small world to look at"),
    TEXT("organisation", "ORGANISATION", organisation, NULL, TOKEN, TOKEN, "ID", "whom the token acts for"),
    TEXT("role", "ROLE", role, NULL, TOKEN, TOKEN, "ROLE", "admin, coordinator, operator or auditor"),
    TEXT("scope", "SCOPE", scope, NULL, TOKEN, 0, "WORDS",
         "narrows the token: read alone, or what it may write, as supplies,transfers; default: all that the role may"),
    TEXT("expires", "EXPIRES", expires, NULL, TOKEN, 0, "WHEN",
         "when the token ends: 90d (m minutes, h hours, d days, w weeks from now), a date or an instant; default: never"),
    TEXT("id", "ID", token_id, NULL, REVOKE, REVOKE, "ID", "the token to revoke, as token list shows it"),
    TEXT("checkpoint", "CHECKPOINT", checkpoint_path, NULL, VERIFY, 0, "FILE",
         "a checkpoint kept elsewhere that the ledger must continue"),
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };
_Static_assert((int)OPTION_COUNT <= (int)NAMES_MAX, "names are gathered in arrays of NAMES_MAX");

static const struct config_command commands[] = {
    {{"serve", NULL}, RUN_SERVE, "run the service; an empty directory is set up first",
     "tallystick serve --data-dir var --listen 127.0.0.1:8080"},
    {{"init", NULL}, RUN_INIT, "create database, node key and an administrator's token (DIR/admin.token)",
     "tallystick init --data-dir var"},
    {{"token", "create"}, RUN_TOKEN_CREATE, "print a new bearer token once",
     "tallystick token create --data-dir var --organisation DEPOT-GD --role operator --expires 90d"},
    {{"token", "list"}, RUN_TOKEN_LIST, "show every token but its text: who, what, until when, last used",
     "tallystick token list --data-dir var"},
    {{"token", "revoke"}, RUN_TOKEN_REVOKE, "end a token now; a running service refuses it at once",
     "tallystick token revoke --data-dir var --id tok-0123456789abcdef"},
    {{"verify", NULL}, RUN_VERIFY, "check everything that the ledger promises; exit 1 where it is broken, 2 where that could not be found out",
     "tallystick verify --data-dir var --checkpoint checkpoint.txt"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

const struct config_option *config_option_at(size_t index)
{
    return index < OPTION_COUNT ? &options[index] : NULL;
}

const struct config_command *config_command_at(size_t index)
{
    return index < COMMANDS ? &commands[index] : NULL;
}

enum config_source config_source(const struct config *config, const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(options[i].name, name) == 0) {
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

const char *config_words(enum config_run command)
{
    switch (command) {
    case RUN_HELP: return "--help";
    case RUN_VERSION: return "--version";
    case RUN_SERVE: return "serve";
    case RUN_INIT: return "init";
    case RUN_TOKEN_CREATE: return "token create";
    case RUN_TOKEN_LIST: return "token list";
    case RUN_TOKEN_REVOKE: return "token revoke";
    case RUN_VERIFY: return "verify";
    }
    return "";
}

static enum status unknown_option(struct parse *parse, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((options[i].commands & CONFIG_FOR(parse->config.command)) != 0) {
            names[count++] = options[i].name;
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
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct config_option *option = &options[i];
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
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(first, commands[i].words[0]) == 0 && used < sizeof seconds) {
            used += (size_t)snprintf(seconds + used, sizeof seconds - used, "%s%s", used > 0 ? ", " : "", commands[i].words[1]);
        }
    }
    return COMPLAIN(parse, "%s is followed by one of: %s", first, seconds);
}

/* CONFIG_FOR of the sub-commands that begin with first and, where it is given, second. */
static unsigned commands_named(const char *first, const char *second)
{
    unsigned named = 0;
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *const *words = commands[i].words;
        if (strcmp(words[0], first) == 0 && (second == NULL || (words[1] != NULL && strcmp(words[1], second) == 0))) {
            named |= CONFIG_FOR(commands[i].command);
        }
    }
    return named;
}

static enum status unknown_command(struct parse *parse, const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].words[0];
    }
    const char *near = text_nearest(word, names, COMMANDS);
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
        return COMPLAIN(parse, "which sub-command? serve, init, token or verify; see tallystick --help");
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
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *const *words = commands[i].words;
        if (strcmp(word, words[0]) == 0 && (words[1] == NULL || (argc > 2 && strcmp(argv[2], words[1]) == 0))) {
            *index = words[1] != NULL ? 3 : 2;
            parse->config.command = commands[i].command;
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
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        names[i] = options[i].variable;
        if (strcmp(options[i].variable, name) != 0) {
            continue;
        }
        if (source == CONFIG_BY_FILE && parse->config.sources[i] == CONFIG_BY_FILE) {
            return COMPLAIN(parse, "%s is given twice", name);
        }
        if (parse->config.sources[i] != CONFIG_BY_DEFAULT || (options[i].commands & CONFIG_FOR(parse->config.command)) == 0) {
            return STATUS_OK;
        }
        parse->config.sources[i] = source;
        return set_option(parse, &options[i], name, value);
    }
    const char *near = text_nearest(name, names, OPTION_COUNT);
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

/* What one option alone cannot say. */
static enum status check_values(struct parse *parse)
{
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
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct config_option *option = &options[i];
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
        parse->config.job_threads = count > 1 ? count : 2; /* with one, callers' own numbers would hold up all else */
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
        if (strncmp(environment[i], VARIABLE_PREFIX, strlen(VARIABLE_PREFIX)) == 0) {
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
