#ifndef SERVER_CONFIG_TABLE_H
#define SERVER_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "server/config/config.h"

/*
 * The options and sub-commands as data: the parser (config.c), --help (help.c), GET /config (options.c) and
 * docs/configuration.md come from it.
 */
#define CONFIG_VARIABLE_PREFIX "TALLYSTICK_"

/* Beside them: what SIGHUP reads anew (reload.c), and what GET /config does not show. */
#define CONFIG_RELOADED (1u << 30)
#define CONFIG_SECRET (1u << 31)

enum config_kind {
    CONFIG_TEXT,    /* const char *; NULL where absent */
    CONFIG_LIST,    /* struct config_list: may be given several times */
    CONFIG_INTEGER, /* int64_t: min..max */
    CONFIG_CHOICE,  /* int: index into choices */
    CONFIG_FLAG     /* bool: given or not; the variable takes 1, true, yes, on, 0, false, no, off */
};

struct config_option {
    const char *name;     /* data-dir: the option is --data-dir */
    const char *variable; /* TALLYSTICK_DATA_DIR */
    enum config_kind kind;
    size_t offset;        /* in struct config */
    int64_t min, max;     /* CONFIG_INTEGER */
    const char *const *choices; /* CONFIG_CHOICE; ends with NULL */
    const char *standard; /* the default as text; NULL: none, or worked out at start */
    unsigned commands;    /* CONFIG_FOR of those that take it; CONFIG_RELOADED, CONFIG_SECRET */
    unsigned required_by; /* CONFIG_FOR of those that cannot do without */
    const char *argument; /* DIR: how help names the value */
    const char *help;
};

/* A sub-command, as help tells of it. */
struct config_command {
    const char *words[2]; /* the second NULL where there is one */
    enum config_run command;
    const char *help;
    const char *example;
    const char *choice; /* of options one must be given: how help shows them; NULL: none */
};

enum { CONFIG_COMMANDS_MAX = 24 };

/* Walk the tables: NULL behind the last. */
const struct config_option *config_option_at(size_t index);
const struct config_command *config_command_at(size_t index);

/* "token create": how a sub-command is typed. */
const char *config_words(enum config_run command);

#endif
