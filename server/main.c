/*
 * Where the program starts: it reads its configuration and hands over to one
 * sub-command (commands.h).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "server/command/backup.h"
#include "server/command/export.h"
#include "server/command/key.h"
#include "server/command/restore.h"
#include "server/command/verify.h"
#include "server/command/sign.h"
#include "server/command/witness.h"
#include "server/command/commands.h"
#include "server/config/config.h"
#include "server/config/help.h"
#include "server/serve.h"
#include "server/tell.h"
#include "server/tokens.h"
#include "server/version.h"

static int show_help(const struct config *config)
{
    char *help = help_text(config->help_for);
    int code = help == NULL || fputs(help, stdout) == EOF ? 1 : 0;
    free(help);
    return code;
}

static int run(const struct config *config)
{
    switch (config->command) {
    case RUN_HELP:
        return show_help(config);
    case RUN_VERSION:
        puts("tallystick " TALLYSTICK_VERSION);
        return 0;
    case RUN_SERVE:
        return command_serve(config);
    case RUN_INIT:
        return command_init(config);
    case RUN_TOKEN_CREATE:
        return command_token_create(config);
    case RUN_TOKEN_LIST:
        return command_token_list(config);
    case RUN_TOKEN_REVOKE:
        return command_token_revoke(config);
    case RUN_VERIFY:
        return command_verify(config);
    case RUN_EXPORT:
        return command_export(config);
    case RUN_BACKUP:
        return command_backup(config);
    case RUN_RESTORE:
        return command_restore(config);
    case RUN_KEY_ROTATE:
        return command_key_rotate(config);
    case RUN_KEY_NEW:
        return command_key_new(config);
    case RUN_KEY_SHOW:
        return command_key_show(config);
    case RUN_KEY_SIGN:
        return command_key_sign(config);
    case RUN_WITNESS:
        return command_witness(config);
    }
    return 2;
}

/* Started without standard streams, the program would give their numbers to the files that it opens next, and write its log
 * into one of them. */
static bool hold_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) != stream) {
            return false;
        }
    }
    return true;
}

/* An image of the memory would put keys, tokens and personal texts, erased ones as well, into a file that nobody looks after. */
static void leave_no_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur > 0) {
        limit.rlim_cur = 0;
        if (setrlimit(RLIMIT_CORE, &limit) != 0) {
            log_warn("start", "core=%llu", (unsigned long long)limit.rlim_cur);
        }
    }
}

int main(int argc, char *argv[])
{
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    if (!hold_standard_streams()) {
        return 2;
    }
    leave_no_core();
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a disk that takes no more */
    if (config_parse(argc, argv, environ, &config, message) != STATUS_OK) {
        tell("%s", message);
        return 2;
    }
    log_set_level((enum log_level)config.log_level);
    int code = run(&config);
    config_fini(&config);
    return code;
}
