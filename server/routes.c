/*
 * Every endpoint, one row each. To add one: a row here, a handler, its place in
 * openapi.yaml, a test.
 */
#include "server/routes.h"

#include "base/limits.h"
#include "handlers/contract.h"
#include "handlers/density.h"
#include "handlers/efficiency.h"
#include "handlers/figures.h"
#include "handlers/health.h"
#include "handlers/indicators.h"
#include "handlers/items.h"
#include "handlers/ledger.h"
#include "handlers/metrics.h"
#include "handlers/organisations.h"
#include "handlers/provinces.h"
#include "handlers/sites.h"
#include "handlers/summaries.h"
#include "handlers/supplies.h"
#include "handlers/transfers.h"

#define ADMIN ROLE_BIT(ROLE_ADMIN)
#define OPERATOR (ADMIN | ROLE_BIT(ROLE_OPERATOR))
#define MOVER (OPERATOR | ROLE_BIT(ROLE_COORDINATOR))

/* A read that does without the database. */
#define BARE(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_bare = true }

/* Reads the database on the loop, inside one read transaction. */
#define READ(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ }

/* The same, and its finished reply is kept while the ledger has not grown. */
#define KEPT(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true }

/* The same with texts that not every caller sees. */
#define PERSONAL(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true, .is_personal = true }

/* Changes go through the sequencer. */
#define POST(PATH, HANDLER, ROLES) \
    { .method = METHOD_POST, .path = PATH, .handler = HANDLER, .body_bytes_max = LIMIT_BODY_DEFAULT, \
      .class = CLASS_WRITE, .roles = ROLES }
#define PUT(PATH, HANDLER) \
    { .method = METHOD_PUT, .path = PATH, .handler = HANDLER, .body_bytes_max = LIMIT_BODY_DEFAULT, \
      .class = CLASS_WRITE, .roles = ADMIN }

/* Computes on what the caller sends and changes nothing: for everybody. */
#define COMPUTE(PATH, HANDLER) \
    { .method = METHOD_POST, .path = PATH, .handler = HANDLER, .body_bytes_max = LIMIT_BODY_LARGE, .class = CLASS_JOB }

static const struct route table[] = {
    BARE("/healthz", health_alive),
    READ("/readyz", health_ready),
    { .method = METHOD_GET, .path = "/metrics", .handler = metrics_get, .class = CLASS_READ, .gives = GIVES_TEXT },
    { .method = METHOD_GET, .path = "/openapi.yaml", .handler = contract_yaml, .class = CLASS_READ, .is_bare = true,
      .gives = GIVES_YAML },
    BARE("/openapi.json", contract_json),

    KEPT("/provinces", provinces_list),
    KEPT("/provinces/{code}", provinces_get),
    PUT("/provinces/{code}", provinces_put),
    KEPT("/organisations", organisations_list),
    KEPT("/organisations/{id}", organisations_get),
    PUT("/organisations/{id}", organisations_put),
    KEPT("/sites", sites_list),
    KEPT("/sites/{id}", sites_get),
    PUT("/sites/{id}", sites_put),
    KEPT("/items", items_list),
    KEPT("/items/{id}", items_get),
    PUT("/items/{id}", items_put),
    KEPT("/indicators", indicators_list),
    KEPT("/indicators/{id}", indicators_get),
    PUT("/indicators/{id}", indicators_put),
    KEPT("/figures", figures_list),
    { .method = METHOD_PUT, .path = "/figures", .handler = figures_put, .body_bytes_max = LIMIT_BODY_LARGE,
      .class = CLASS_WRITE, .roles = ADMIN, .takes_csv = true },

    KEPT("/supplies", supplies_list),
    POST("/supplies", supplies_create, OPERATOR),
    READ("/supplies/summary", summaries_supplies),
    KEPT("/supplies/{id}", supplies_get),
    PERSONAL("/supplies/{id}/movements", supplies_movements),
    POST("/supplies/{id}/adjustments", supplies_adjust, OPERATOR),

    PERSONAL("/transfers", transfers_list),
    POST("/transfers", transfers_create, MOVER),
    KEPT("/transfers/summary", summaries_transfers),
    PERSONAL("/transfers/{id}", transfers_get),
    POST("/transfers/{id}/dispatch", transfers_dispatch, MOVER),
    POST("/transfers/{id}/receive", transfers_receive, MOVER),
    POST("/transfers/{id}/cancel", transfers_cancel, MOVER),
    POST("/transfers/{id}/return", transfers_return, MOVER),

    KEPT("/ledger", ledger_get),
    READ("/ledger/entries", ledger_entries),
    KEPT("/ledger/entries/{seq}", ledger_entry),
    KEPT("/ledger/keys", ledger_keys),
    READ("/ledger/verify", ledger_verify),

    KEPT("/efficiency", efficiency_get),
    COMPUTE("/efficiency", efficiency_post),
    KEPT("/density", density_get),
    COMPUTE("/density", density_post),
};

const struct route *routes_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}
