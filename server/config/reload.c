/*
 * SIGHUP. Threads read server->config whenever they need a value; so a reload makes a whole new one and then changes the
 * one pointer.
 */
#include "server/config/reload.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "server/wire/addresses.h"
#include "server/config/config.h"
#include "server/config/change.h"
#include "server/config/table.h"
#include "server/server.h"
#include "server/wire/systemd.h"
#include "server/wire/tls.h"

/* A service without a certificate has no threads for TLS, and one with it does not go back to plain HTTP. */
static bool changes_kind(const struct config *before, const struct config *after, const struct config_option *option)
{
    bool is_tls = (const char *const *)(const void *)((const char *)before + option->offset) == &before->tls_certificate ||
                  (const char *const *)(const void *)((const char *)before + option->offset) == &before->tls_key;
    return is_tls && (before->tls_certificate == NULL) != (after->tls_certificate == NULL);
}

/* Takes back what cannot change now. Returns how many options have changed. */
static size_t sort_out(struct config *after, const struct config *before)
{
    const struct config_option *option = NULL;
    const struct config wanted = *after;
    size_t changed = 0;
    for (size_t i = 0; (option = config_option_at(i)) != NULL; i++) {
        if ((option->commands & CONFIG_FOR(RUN_SERVE)) == 0 || config_is_same(before, &wanted, option)) {
            continue;
        }
        if ((option->commands & CONFIG_RELOADED) != 0 && !changes_kind(before, &wanted, option)) {
            log_info("reload", "option=%s changed=yes", option->name);
            changed++;
        } else {
            log_warn("reload", "option=%s changed=no reason=\"it needs a restart\"", option->name);
            config_keep(after, before, i);
        }
    }
    return changed;
}

static void put_into_effect(struct server *server, struct config *after)
{
    log_set_level((enum log_level)after->log_level);
    addresses_set_per_address(server->addresses, (size_t)after->connections_per_address);
    atomic_store(&server->service.is_private, after->is_private);
    atomic_store(&server->config, after);
}

/* False: nothing has changed, and why is in the log. */
static bool take(struct server *server)
{
    const struct config *before = server->config;
    struct config *after = calloc(1, sizeof *after);
    char message[CONFIG_MESSAGE_BYTES];
    char quoted[4 * CONFIG_MESSAGE_BYTES];
    if (after == NULL) {
        log_error("reload", "error=\"no memory\"");
        return false;
    }
    if (config_parse(before->argc, before->argv, before->environment, after, message) != STATUS_OK) {
        log_quote(quoted, sizeof quoted, message);
        log_error("reload", "changed=no error=\"%s\"", quoted);
        free(after);
        return false;
    }
    after->previous = before;
    after->generation = before->generation + 1;
    size_t changed = sort_out(after, before);
    if (server->tls != NULL && tls_reload(server->tls, after->tls_certificate, after->tls_key) != STATUS_OK) {
        log_error("reload", "changed=no error=\"certificate or key is no good\"");
        config_fini(after);
        free(after);
        return false;
    }
    put_into_effect(server, after);
    log_info("reload", "options=%zu certificate=%s", changed, server->tls != NULL ? "read" : "none");
    return true;
}

void reload(struct server *server)
{
    systemd_notify_reloading();
    bool is_done = take(server);
    systemd_notify(is_done ? "READY=1" : "READY=1\nSTATUS=The last reload was refused; see the log");
    log_flush();
}

void reload_forget(struct server *server)
{
    const struct config *config = server->config;
    while (config->previous != NULL) {
        const struct config *previous = config->previous;
        config_fini((struct config *)config); /* made by take: ours to change */
        free((struct config *)config);
        config = previous;
    }
    atomic_store(&server->config, config);
}
