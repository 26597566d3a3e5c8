/*
 * The sub-command init; others have files of their own. Results go to standard output, what went wrong to standard error.
 */
#include "server/command/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/sample.h"
#include "server/store/store.h"
#include "server/tell.h"

int command_init(const struct config *config)
{
    struct store_options options = { .origin = config->origin, .node_key = config->node_key };
    struct store *store = NULL;
    enum status status = store_open(config->data_dir, &options, &store);
    if (status != STATUS_OK) {
        tell_failure("the data directory could not be initialised", config->data_dir, status);
        return EXIT_FAILURE;
    }
    status = config->with_sample ? sample_deliver(store) : STATUS_OK;
    if (status != STATUS_OK) {
        tell_failure("the sample could not be added", config->data_dir, status);
        store_close(store);
        return EXIT_FAILURE;
    }
    printf("%s: %s; the administrator's token is in %s/admin.token\n", config->data_dir,
           store_is_new(store) ? "initialised" : "was initialised before, nothing changed", config->data_dir);
    store_close(store);
    return EXIT_SUCCESS;
}
