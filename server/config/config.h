#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * What the program was told on its command line and in its environment. One table
 * (table.c) holds every option: name, variable, kind, range, default, help and the
 * sub-commands that take it; parser, --help and documentation come from it.
 */
enum config_run {
    RUN_HELP,
    RUN_VERSION,
    RUN_SERVE,
    RUN_INIT,
    RUN_TOKEN_CREATE,
    RUN_TOKEN_LIST,
    RUN_TOKEN_REVOKE,
    RUN_VERIFY,
    RUN_EXPORT,
    RUN_BACKUP,
    RUN_RESTORE,
    RUN_KEY_ROTATE,
    RUN_KEY_NEW,
    RUN_KEY_SHOW,
    RUN_KEY_SIGN,
    RUN_WITNESS
};

#define CONFIG_FOR(COMMAND) (1u << (COMMAND))

enum { CONFIG_OPTIONS_MAX = 64 };

/* Where a value came from. */
enum config_source { CONFIG_BY_DEFAULT, CONFIG_BY_FILE, CONFIG_BY_VARIABLE, CONFIG_BY_OPTION };

enum { CONFIG_LIST_MAX = 16 };

struct config_list {
    const char *items[CONFIG_LIST_MAX];
    size_t count;
};

/* Times are in seconds. */
struct config {
    enum config_source sources[CONFIG_OPTIONS_MAX]; /* of each row of the table */
    enum config_run command;
    unsigned help_for; /* RUN_HELP: CONFIG_FOR of the sub-commands that were asked about; 0: all */
    int argc;                      /* what it was made of, to make it again; borrowed */
    char *const *argv;
    char *const *environment;
    const char *path;              /* the file of --config, or NULL */
    char *file_text;               /* what was read from it; owned */
    const struct config *previous; /* before a reload; it lives on, since threads may still look at it */
    uint64_t generation;           /* counts reloads */
    const char *data_dir;
    struct config_list listen;
    const char *unix_mode; /* octal digits */
    const char *tls_certificate; /* file; NULL: plain HTTP */
    const char *tls_key;         /* file; there where tls_certificate is */
    const char *cors_origins; /* server/cors.h; NULL: none */
    int64_t loops;
    int64_t job_threads;
    int64_t queue_length;
    int64_t job_queue_length;
    int64_t job_seconds;
    int64_t async_after_s;
    int64_t background_seconds;
    int64_t jobs_kept;
    int64_t jobs_kept_seconds;
    int64_t verify_hours;
    int64_t connections;
    int64_t connections_per_address;
    int64_t header_timeout_s;
    int64_t request_timeout_s;
    int64_t commit_timeout_s;
    int64_t idle_timeout_s;
    int64_t rate_limit; /* requests a minute of one caller; 0: none */
    bool is_private;
    int log_level; /* enum log_level */
    const char *origin;
    const char *node_key; /* ledger/key_source.h; NULL: node.key */
    const char *new_key;  /* the same; NULL: a new one is made */
    bool begins_anchor;
    bool with_sample;
    const char *organisation;
    const char *role;
    const char *scope;
    const char *expires;
    const char *id; /* token revoke: the token's; key sign: the idempotency key */
    const char *checkpoint_path;
    const char *witness_policy_path; /* of that checkpoint; NULL: none */
    bool is_incremental;
    bool as_json;
    const char *export_path; /* "-": standard input */
    int64_t after;
    int64_t to; /* 0: the last entry */
    bool with_texts;
    const char *output; /* NULL: standard output */
    bool with_key;
    const char *from;
    bool replaces;
    bool accepts_loss;
    const char *file; /* of a submitter's key */
    const char *log, *kind, *target, *new_id; /* of what is signed; target and new_id NULL where none */
    const char *body_path; /* NULL, "-": standard input */
    bool is_compact;
    const char *of, *name; /* witness: the log's address; its own name, NULL: as before, or made up */
    const char *log_key_path; /* NULL: pinned at first sight */
    const char *token_path; /* NULL: nothing is delivered */
    bool runs_once;
    int64_t interval_s;
};

enum { CONFIG_MESSAGE_BYTES = 512 };

/*
 * Reads arguments (argv[0] is skipped) and environment (NULL-terminated; arguments win)
 * into *config, then the file that --config names, whose values count for less. Texts are borrowed. STATUS_INVALID: message says what is wrong
 * and names the nearest known name; *config stays untouched. Variables of ours that the
 * sub-command does not take are checked for their name only, so that one environment
 * serves all sub-commands.
 */
enum status config_parse(int argc, char *const argv[], char *const environment[], struct config *config,
                         char message[CONFIG_MESSAGE_BYTES]) NODISCARD;

/* Frees what *config owns. */
void config_fini(struct config *config);

/* Where the value of the option of this name came from. */
enum config_source config_source(const struct config *config, const char *name);

#endif
