/*
 * Where the program starts: it reads its configuration and hands over to one
 * sub-command (commands.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "server/commands.h"
#include "server/config.h"
#include "server/help.h"
#include "server/tell.h"
#include "server/tokens.h"

int main(int argc, char *argv[])
{
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    if (config_parse(argc, argv, environ, &config, message) != STATUS_OK) {
        tell("%s", message);
        return 2;
    }
    log_set_level((enum log_level)config.log_level);
    switch (config.command) {
    case RUN_HELP: {
        char *help = help_text(config.help_for);
        if (help == NULL || fputs(help, stdout) == EOF) {
            free(help);
            return 1;
        }
        free(help);
        return 0;
    }
    case RUN_VERSION:
        puts("tallystick " TALLYSTICK_VERSION);
        return 0;
    case RUN_SERVE:
        return command_serve(&config);
    case RUN_INIT:
        return command_init(&config);
    case RUN_TOKEN_CREATE:
        return command_token_create(&config);
    case RUN_TOKEN_LIST:
        return command_token_list(&config);
    case RUN_TOKEN_REVOKE:
        return command_token_revoke(&config);
    case RUN_VERIFY:
        return command_verify(&config);
    }
    return 2;
}
