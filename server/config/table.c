/*
 * Every option and every sub-command, one row each: what config.c parses and help.c prints.
 */
#include "server/config/table.h"

#include "base/log.h"
#include "base/text.h"

#define SERVE CONFIG_FOR(RUN_SERVE)
#define INIT CONFIG_FOR(RUN_INIT)
#define TOKEN CONFIG_FOR(RUN_TOKEN_CREATE)
#define TOKENS (TOKEN | CONFIG_FOR(RUN_TOKEN_LIST) | REVOKE)
#define REVOKE CONFIG_FOR(RUN_TOKEN_REVOKE)
#define VERIFY CONFIG_FOR(RUN_VERIFY)
#define EXPORT CONFIG_FOR(RUN_EXPORT)
#define BACKUP CONFIG_FOR(RUN_BACKUP)
#define RESTORE CONFIG_FOR(RUN_RESTORE)
#define SIGN CONFIG_FOR(RUN_KEY_SIGN)
#define SUBMITTER (CONFIG_FOR(RUN_KEY_NEW) | CONFIG_FOR(RUN_KEY_SHOW) | SIGN)
#define COPIES (EXPORT | BACKUP | RESTORE)
#define ROTATE CONFIG_FOR(RUN_KEY_ROTATE)
#define WITNESS CONFIG_FOR(RUN_WITNESS)
#define RELOADED CONFIG_RELOADED

/* In the order of enum log_level. */
static const char *const log_levels[] = {"debug", "info", "warn", "error", "off", NULL};

#define TEXT(NAME, VARIABLE, MEMBER, STANDARD, COMMANDS, REQUIRED, ARGUMENT, HELP)                        \
    {                                                                                                     \
        NAME, CONFIG_VARIABLE_PREFIX VARIABLE, CONFIG_TEXT, offsetof(struct config, MEMBER), 0, 0, NULL,         \
            STANDARD, COMMANDS, REQUIRED, ARGUMENT, HELP                                                  \
    }
#define INTEGER(NAME, VARIABLE, MEMBER, MIN, MAX, STANDARD, COMMANDS, HELP)                               \
    {                                                                                                     \
        NAME, CONFIG_VARIABLE_PREFIX VARIABLE, CONFIG_INTEGER, offsetof(struct config, MEMBER), MIN, MAX, NULL,  \
            STANDARD, COMMANDS, 0, "N", HELP                                                              \
    }
#define FLAG(NAME, VARIABLE, MEMBER, COMMANDS, HELP)                                                      \
    {                                                                                                     \
        NAME, CONFIG_VARIABLE_PREFIX VARIABLE, CONFIG_FLAG, offsetof(struct config, MEMBER), 0, 0, NULL, NULL,   \
            COMMANDS, 0, NULL, HELP                                                                       \
    }

static const struct config_option options[] = {
    TEXT("data-dir", "DATA_DIR", data_dir, NULL, SERVE | INIT | TOKENS | VERIFY | COPIES | ROTATE | WITNESS,
         SERVE | INIT | TOKENS | COPIES | ROTATE | WITNESS, "DIR",
         "directory of database, keys and anchor; witness: of its key and what it has seen"),
    TEXT("config", "CONFIG", path, NULL, SERVE, 0, "FILE",
         "variables, NAME=value a line; the environment and the command line count for more; with - before it, the file may be missing"),
    {"listen", CONFIG_VARIABLE_PREFIX "LISTEN", CONFIG_LIST, offsetof(struct config, listen), 0, 0, NULL, "127.0.0.1:8080", SERVE, 0,
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
            "threads for computations, so that no kind of them and no caller holds up the others: below 4 with limits; default: one a CPU, 4 to 8"),
    INTEGER("queue-length", "QUEUE_LENGTH", queue_length, 1, 65536, "1024", SERVE,
            "changes that may wait; more are answered 503"),
    INTEGER("job-queue-length", "JOB_QUEUE_LENGTH", job_queue_length, 1, 4096, "64", SERVE,
            "computations that may wait, on stored figures, on callers' own numbers and long ones each; more are answered 503"),
    INTEGER("job-seconds", "JOB_SECONDS", job_seconds, 1, 3600, "30", SERVE | RELOADED,
            "seconds a computation may take, or a long read; one that takes longer is given up and answered 422, a read 503"),
    INTEGER("async-after", "ASYNC_AFTER", async_after_s, 1, 3600, "10", SERVE | RELOADED,
            "seconds after which a request that waits for a computation is answered 202, with a job to ask for the rest"),
    INTEGER("background-seconds", "BACKGROUND_SECONDS", background_seconds, 1, 86400, "600", SERVE | RELOADED,
            "seconds a computation may take once it is such a job and has a place among the long ones"),
    INTEGER("jobs-kept", "JOBS_KEPT", jobs_kept, 0, 4096, "64", SERVE | RELOADED,
            "such jobs at most, those that run and those whose answer is kept; 0: none, every request waits for its answer"),
    INTEGER("jobs-kept-seconds", "JOBS_KEPT_SECONDS", jobs_kept_seconds, 1, 86400, "600", SERVE | RELOADED,
            "seconds for which the answer of such a job is kept"),
    INTEGER("verify-hours", "VERIFY_HOURS", verify_hours, 0, 8760, "24", SERVE,
            "hours between checks of the whole ledger that the service makes by itself, the first one 5 minutes after the start; 0: none"),
    INTEGER("connections", "CONNECTIONS", connections, 1, 65536, "4096", SERVE, "connections in all"),
    INTEGER("connections-per-address", "CONNECTIONS_PER_ADDRESS", connections_per_address, 1, 65536, "1024", SERVE | RELOADED,
            "connections of one client address"),
    INTEGER("header-timeout", "HEADER_TIMEOUT", header_timeout_s, 1, 3600, "10", SERVE | RELOADED,
            "seconds a request's header may take"),
    INTEGER("request-timeout", "REQUEST_TIMEOUT", request_timeout_s, 1, 3600, "30", SERVE | RELOADED,
            "seconds a whole request may take to arrive"),
    INTEGER("commit-timeout", "COMMIT_TIMEOUT", commit_timeout_s, 1, 3600, "30", SERVE | RELOADED,
            "seconds a change may wait for its commit before its sender is told that the outcome is unknown yet"),
    INTEGER("idle-timeout", "IDLE_TIMEOUT", idle_timeout_s, 1, 3600, "75", SERVE,
            "seconds a connection may stand idle"),
    INTEGER("rate-limit", "RATE_LIMIT", rate_limit, 0, 6000000, "0", SERVE | RELOADED,
            "requests a minute of one caller, which is a token, or a network without one; more are answered 429; 0: no limit"),
    FLAG("private", "PRIVATE", is_private, SERVE | RELOADED, "reading needs a token too"),
    {"log-level", CONFIG_VARIABLE_PREFIX "LOG_LEVEL", CONFIG_CHOICE, offsetof(struct config, log_level), 0, 0, log_levels,
     "info", SERVE | INIT | TOKENS | VERIFY | COPIES | ROTATE | WITNESS | RELOADED, 0, "LEVEL", "debug, info, warn, error or off"},
    TEXT("node-key", "NODE_KEY", node_key, NULL, SERVE | INIT | ROTATE | CONFIG_SECRET, 0, "SOURCE",
         "where the node's key lies: file:PATH, env:NAME or command:PROGRAM, which signs; default: node.key in the data directory"),
    TEXT("new-key", "NEW_KEY", new_key, NULL, ROTATE, 0, "SOURCE",
         "where the new key lies, as for --node-key; default: one is made and takes the place of the old one's file"),
    TEXT("origin", "ORIGIN", origin, NULL, SERVE | INIT, 0, "NAME",
         "name of a new ledger, as checkpoints carry it; default: made up"),
    FLAG("new-anchor", "NEW_ANCHOR", begins_anchor, SERVE | BACKUP | RESTORE,
         "begin the anchor file anew where it is lost, another ledger's or tells of more than there is, for backup and restore in the "
         "copy: entries that were cut off before are not noticed any more"),
    FLAG("sample", "SAMPLE", with_sample, INIT, "add a small world to look at"),
    TEXT("organisation", "ORGANISATION", organisation, NULL, TOKEN, TOKEN, "ID", "whom the token acts for"),
    TEXT("role", "ROLE", role, NULL, TOKEN, TOKEN, "ROLE", "admin, coordinator, operator or auditor"),
    TEXT("scope", "SCOPE", scope, NULL, TOKEN, 0, "WORDS",
         "narrows the token: read alone, or what it may write, as supplies,transfers; default: all that the role may"),
    TEXT("expires", "EXPIRES", expires, NULL, TOKEN, 0, "WHEN",
         "when the token ends: 90d (m minutes, h hours, d days, w weeks from now), a date or an instant; default: never"),
    TEXT("id", "ID", id, NULL, REVOKE | SIGN, REVOKE | SIGN, "ID",
         "token revoke: the token, as token list shows it. key sign: the command's idempotency key, a UUID for example"),
    TEXT("checkpoint", "CHECKPOINT", checkpoint_path, NULL, VERIFY | RESTORE, 0, "FILE",
         "a checkpoint kept elsewhere that the ledger must continue"),
    TEXT("witness-policy", "WITNESS_POLICY", witness_policy_path, NULL, VERIFY, 0, "FILE",
         "which witnesses must have cosigned that checkpoint for it to count; docs/witness.md has the form"),
    FLAG("incremental", "INCREMENTAL", is_incremental, VERIFY,
         "only what came since the last run that found nothing (DIR/verified); what is not looked at then is told"),
    FLAG("json", "JSON", as_json, VERIFY, "the outcome as one JSON object; docs/verify.md has its members"),
    TEXT("export", "EXPORT", export_path, NULL, VERIFY, 0, "FILE", "an export instead of a data directory; - is standard input"),
    INTEGER("after", "AFTER", after, 0, TEXT_INTEGER_MAX, "0", EXPORT, "begin behind this entry"),
    INTEGER("to", "TO", to, 1, TEXT_INTEGER_MAX, NULL, EXPORT, "end with this entry; default: the last one there is"),
    FLAG("texts", "TEXTS", with_texts, EXPORT, "with the personal texts and their salts, which a reader then has for good, erasures or not"),
    TEXT("output", "OUTPUT", output, NULL, EXPORT | BACKUP, BACKUP, "PATH",
         "export: a file of its own, or an export that was cut or is to go on behind its last checkpoint; default, and -: standard output. "
         "backup: an empty directory, or a file whose name ends in .db for the ledger and its state alone"),
    FLAG("with-key", "WITH_KEY", with_key, BACKUP, "the node's key too: whoever has the backup can then seal in this node's name"),
    TEXT("from", "FROM", from, NULL, RESTORE, RESTORE, "PATH", "the backup: what --output of backup named"),
    FLAG("replace", "REPLACE", replaces, RESTORE, "over a directory that is not empty; what it held is kept in a folder in it"),
    FLAG("accept-loss", "ACCEPT_LOSS", accepts_loss, RESTORE,
         "from a backup that lacks entries which the directory's anchor or --checkpoint know of: those are gone then"),
    TEXT("file", "FILE", file, NULL, SUBMITTER, SUBMITTER, "FILE", "the key with which an organisation signs: a private JWK, mode 0600"),
    TEXT("log", "LOG", log, NULL, SIGN, SIGN, "ORIGIN", "the ledger that the command is for: origin of GET /ledger"),
    TEXT("kind", "KIND", kind, NULL, SIGN, SIGN, "KIND", "what is commanded, as entries call it: transfer.receive"),
    TEXT("target", "TARGET", target, NULL, SIGN, 0, "ID", "the id in the path of the request, the last one of several; default: none"),
    TEXT("new-id", "NEW_ID", new_id, NULL, SIGN, 0, "ID", "the id of what the command makes; default: the body's, else a new UUID"),
    TEXT("body", "BODY", body_path, NULL, SIGN, 0, "FILE", "the body that the request would have, texts in clear; default: standard input"),
    FLAG("compact", "COMPACT", is_compact, SIGN, "print the JWS alone, to be sent as application/jose; not where there are personal texts"),
    TEXT("of", "OF", of, NULL, WITNESS, WITNESS, "URL", "the log to follow: http://HOST:PORT or https://HOST"),
    TEXT("name", "NAME", name, NULL, WITNESS, 0, "NAME", "what a new witness is called, as its lines of notes have it; default: made up"),
    TEXT("log-key", "LOG_KEY", log_key_path, NULL, WITNESS, 0, "FILE",
         "the log's keys: the answer of its GET /ledger/keys as it is, or a line of vkey of each kind; default: those that it showed first"),
    TEXT("token", "TOKEN", token_path, NULL, WITNESS, 0, "FILE",
         "an auditor's token, to deliver cosignatures with; default: they stay in DIR/cosigned"),
    FLAG("once", "ONCE", runs_once, WITNESS, "one look, then exit: 0 all was well, 1 no usable answer, 3 an alarm"),
    INTEGER("interval", "INTERVAL", interval_s, 1, 86400, "60", WITNESS, "seconds from one look to the next"),
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };
_Static_assert((int)OPTION_COUNT <= (int)CONFIG_OPTIONS_MAX, "sources and names are gathered in arrays of CONFIG_OPTIONS_MAX");

static const struct config_command commands[] = {
    {{"serve", NULL}, RUN_SERVE, "run the service; an empty directory is set up first",
     "tallystick serve --data-dir var --listen 127.0.0.1:8080", NULL},
    {{"init", NULL}, RUN_INIT, "create database, node key and an administrator's token (DIR/admin.token)",
     "tallystick init --data-dir var", NULL},
    {{"token", "create"}, RUN_TOKEN_CREATE, "print a new bearer token once",
     "tallystick token create --data-dir var --organisation DEPOT-GD --role operator --expires 90d", NULL},
    {{"token", "list"}, RUN_TOKEN_LIST, "show every token but its text: who, what, until when, last used",
     "tallystick token list --data-dir var", NULL},
    {{"token", "revoke"}, RUN_TOKEN_REVOKE, "end a token now; a running service refuses it at once",
     "tallystick token revoke --data-dir var --id tok-0123456789abcdef", NULL},
    {{"verify", NULL}, RUN_VERIFY,
     "check everything that the ledger promises; exit 1 where it is broken, 2 where that could not be found out, 3 where --checkpoint does not count",
     "tallystick verify --data-dir var --checkpoint checkpoint.txt", "(--data-dir DIR | --export FILE)"},
    {{"export", NULL}, RUN_EXPORT, "write the ledger out as lines of JSON, beside a running service too; docs/ledger.md has the format",
     "tallystick export --data-dir var --output ledger.ndjson", NULL},
    {{"backup", NULL}, RUN_BACKUP, "copy ledger, state and tokens, beside a running service too and without keeping it waiting",
     "tallystick backup --data-dir var --output backup-1", NULL},
    {{"key", "new"}, RUN_KEY_NEW, "make a key to sign commands with, and print its public half, which an administrator registers",
     "tallystick key new --file depot.jwk", NULL},
    {{"key", "show"}, RUN_KEY_SHOW, "print the public half of such a key, with its id",
     "tallystick key show --file depot.jwk", NULL},
    {{"key", "sign"}, RUN_KEY_SIGN, "sign a command and print what to send as application/json, personal texts beside the JWS",
     "tallystick key sign --file depot.jwk --log ledger.example/depot --kind transfer.receive --target T1 --id 7f9c2ba4 --body receipt.json",
     NULL},
    {{"witness", NULL}, RUN_WITNESS, "follow a log from elsewhere, cosign what continues, raise an alarm (exit 3) where it forked; docs/witness.md",
     "tallystick witness --of https://ledger.example --data-dir witness --token auditor.token", NULL},
    {{"restore", NULL}, RUN_RESTORE, "verify a backup and put it in place; not beside a running service",
     "tallystick restore --data-dir var --from backup-1 --checkpoint checkpoint.txt", NULL},
    {{"key", "rotate"}, RUN_KEY_ROTATE, "end the node's key with an entry of the ledger and begin a new one; not beside a running service",
     "tallystick key rotate --data-dir var", NULL},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };
_Static_assert((int)COMMANDS <= (int)CONFIG_COMMANDS_MAX, "names are gathered in an array of CONFIG_COMMANDS_MAX");

const struct config_option *config_option_at(size_t index)
{
    return index < OPTION_COUNT ? &options[index] : NULL;
}

const struct config_command *config_command_at(size_t index)
{
    return index < COMMANDS ? &commands[index] : NULL;
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
    case RUN_EXPORT: return "export";
    case RUN_BACKUP: return "backup";
    case RUN_RESTORE: return "restore";
    case RUN_KEY_ROTATE: return "key rotate";
    case RUN_KEY_NEW: return "key new";
    case RUN_KEY_SHOW: return "key show";
    case RUN_KEY_SIGN: return "key sign";
    case RUN_WITNESS: return "witness";
    }
    return "";
}
