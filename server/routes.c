/*
 * Every endpoint, one row each. To add one: a row here, a handler, its place in
 * openapi.yaml, a test.
 */
#include "server/routes.h"

#include "handlers/contract.h"
#include "handlers/health.h"

/* A read that does without the database. */
#define BARE(PATH, HANDLER)                                                                           \
    {                                                                                                 \
        .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_bare = true  \
    }

/* Reads the database on the loop, inside one read transaction. */
#define READ(PATH, HANDLER)                                                           \
    {                                                                                 \
        .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ   \
    }

static const struct route table[] = {
    BARE("/healthz", health_alive),
    READ("/readyz", health_ready),
    BARE("/openapi.yaml", contract_yaml),
    BARE("/openapi.json", contract_json),
};

const struct route *routes_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}
