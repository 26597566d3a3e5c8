/*
 * Every endpoint, one row each. To add one: a row here, a handler, its place in
 * openapi.yaml, a test.
 */
#include "server/routes.h"

#include "base/limits.h"
#include "handlers/ledger/checkpoints.h"
#include "handlers/configuration.h"
#include "handlers/contract.h"
#include "handlers/ledger/cosignatures.h"
#include "handlers/analysis/density.h"
#include "handlers/analysis/density_table.h"
#include "handlers/analysis/efficiency.h"
#include "handlers/analysis/efficiency_table.h"
#include "handlers/analysis/inequality.h"
#include "handlers/analysis/inequality_table.h"
#include "handlers/errors.h"
#include "handlers/events.h"
#include "handlers/figures.h"
#include "handlers/health.h"
#include "handlers/indicators.h"
#include "handlers/items.h"
#include "handlers/analysis/malmquist.h"
#include "handlers/analysis/malmquist_table.h"
#include "handlers/jobs.h"
#include "handlers/ledger/ledger.h"
#include "handlers/ledger/keys.h"
#include "handlers/metrics.h"
#include "handlers/organisation_keys.h"
#include "handlers/organisations.h"
#include "handlers/policies.h"
#include "handlers/ledger/proof.h"
#include "handlers/privacy.h"
#include "handlers/provinces.h"
#include "handlers/root.h"
#include "handlers/sites.h"
#include "handlers/summaries.h"
#include "handlers/supplies.h"
#include "handlers/transfers.h"
#include "handlers/ledger/witnesses.h"

#define ADMIN ROLE_BIT(ROLE_ADMIN)
#define KEEPER (ADMIN | ROLE_BIT(ROLE_AUDITOR))
#define OPERATOR (ADMIN | ROLE_BIT(ROLE_OPERATOR))
#define MOVER (OPERATOR | ROLE_BIT(ROLE_COORDINATOR))

/* A read that does without the database. */
#define BARE(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_bare = true }

/* The same for people. */
#define PAGE(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_bare = true, .gives = GIVES_HTML }

/* Reads the database on the loop, inside one read transaction. */
#define READ(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ }

/* The same, and its finished reply is kept while the ledger has not grown. */
#define KEPT(PATH, HANDLER) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true }

/* The same for lists, whose rows there are as CSV, too; PERSONAL with texts that not every caller sees. */
#define AS_ROWS(ROWS, COLUMNS) .gives = GIVES_JSON | GIVES_CSV, .rows = ROWS, .columns = COLUMNS
#define READ_ROWS(PATH, HANDLER, ROWS, COLUMNS) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, AS_ROWS(ROWS, COLUMNS) }
#define KEPT_ROWS(PATH, HANDLER, ROWS, COLUMNS) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true, AS_ROWS(ROWS, COLUMNS) }
#define PERSONAL_ROWS(PATH, HANDLER, ROWS, COLUMNS) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true, .is_personal = true, \
      AS_ROWS(ROWS, COLUMNS) }

/* One object, of whose members fields= can choose. */
#define KEPT_ONE(PATH, HANDLER, MEMBERS) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true, .columns = MEMBERS }

/* Changes go through the sequencer; each may come signed. */
#define POST(PATH, HANDLER, ROLES) \
    { .method = METHOD_POST, .path = PATH, .handler = HANDLER, .body_bytes_max = LIMIT_BODY_DEFAULT, \
      .class = CLASS_WRITE, .roles = ROLES, .takes_jose = true }
#define PUT(PATH, HANDLER) \
    { .method = METHOD_PUT, .path = PATH, .handler = HANDLER, .body_bytes_max = LIMIT_BODY_DEFAULT, \
      .class = CLASS_WRITE, .roles = ADMIN, .takes_jose = true }

/* Computes on stored figures, to several tables and a picture as well: a finished reply is kept, one to come may be a job of its own. */
#define ANALYSIS(PATH, HANDLER, AS, ROWS, COLUMNS) \
    { .method = METHOD_GET, .path = PATH, .handler = HANDLER, .class = CLASS_READ, .is_cached = true, .is_async = true, \
      .gives = GIVES_JSON | GIVES_CSV | GIVES_SVG, .tables = AS, .rows = ROWS, .columns = COLUMNS }

/* Computes on what the caller sends and changes nothing: for everybody. */
#define COMPUTE(PATH, HANDLER, AS) \
    { .method = METHOD_POST, .path = PATH, .handler = HANDLER, .body_bytes_max = LIMIT_BODY_LARGE, .class = CLASS_JOB, \
      .is_async = true, .gives = GIVES_JSON | GIVES_CSV | GIVES_SVG, .tables = AS }

static const struct route table[] = {
    BARE("/", root_get),
    BARE("/healthz", health_alive),
    { .method = METHOD_GET, .path = "/readyz", .handler = health_ready, .class = CLASS_READ, .is_watch = true },
    { .method = METHOD_GET, .path = "/metrics", .handler = metrics_get, .class = CLASS_READ, .gives = GIVES_TEXT, .is_watch = true },
    { .method = METHOD_GET, .path = "/config", .handler = configuration_get, .class = CLASS_READ, .roles = ADMIN },
    { .method = METHOD_GET, .path = "/openapi.yaml", .handler = contract_yaml, .class = CLASS_READ, .is_bare = true,
      .gives = GIVES_YAML },
    BARE("/openapi.json", contract_json),
    PAGE("/docs", contract_page),
    PAGE("/errors", errors_list),
    PAGE("/errors/{code}", errors_get),

    KEPT_ROWS("/provinces", provinces_list, "items", provinces_columns),
    KEPT_ONE("/provinces/{code}", provinces_get, provinces_columns),
    PUT("/provinces/{code}", provinces_put),
    KEPT_ROWS("/organisations", organisations_list, "items", organisations_columns),
    KEPT_ONE("/organisations/{id}", organisations_get, organisations_columns),
    PUT("/organisations/{id}", organisations_put),
    PERSONAL_ROWS("/organisations/{id}/keys", organisation_keys_list, "items", organisation_keys_columns),
    POST("/organisations/{id}/keys", organisation_keys_add, ADMIN),
    { .method = METHOD_GET, .path = "/organisations/{id}/keys/{kid}", .handler = organisation_keys_get, .class = CLASS_READ,
      .is_cached = true, .is_personal = true, .columns = organisation_keys_columns },
    POST("/organisations/{id}/keys/{kid}/revoke", organisation_keys_revoke, ADMIN),
    KEPT_ROWS("/policies", policies_list, "items", policies_columns),
    KEPT_ONE("/policies/{organisation}", policies_get, policies_columns),
    PUT("/policies/{organisation}", policies_put),
    KEPT_ROWS("/witnesses", witnesses_list, "items", witnesses_columns),
    KEPT_ONE("/witnesses/{id}", witnesses_get, witnesses_columns),
    PUT("/witnesses/{id}", witnesses_put),
    KEPT_ROWS("/sites", sites_list, "items", sites_columns),
    KEPT_ONE("/sites/{id}", sites_get, sites_columns),
    PUT("/sites/{id}", sites_put),
    KEPT_ROWS("/items", items_list, "items", items_columns),
    KEPT_ONE("/items/{id}", items_get, items_columns),
    PUT("/items/{id}", items_put),
    KEPT_ROWS("/indicators", indicators_list, "items", indicators_columns),
    KEPT_ONE("/indicators/{id}", indicators_get, indicators_columns),
    PUT("/indicators/{id}", indicators_put),
    KEPT_ROWS("/figures", figures_list, "items", figures_columns),
    { .method = METHOD_PUT, .path = "/figures", .handler = figures_put, .body_bytes_max = LIMIT_BODY_LARGE,
      .class = CLASS_WRITE, .roles = ADMIN, .takes_csv = true, .takes_jose = true },

    KEPT_ROWS("/supplies", supplies_list, "items", supplies_columns),
    POST("/supplies", supplies_create, OPERATOR),
    KEPT_ROWS("/supplies/summary", summaries_supplies, "items", summaries_supply_columns),
    KEPT_ONE("/supplies/{id}", supplies_get, supplies_columns),
    PERSONAL_ROWS("/supplies/{id}/movements", supplies_movements, "items", supplies_movement_columns),
    POST("/supplies/{id}/adjustments", supplies_adjust, OPERATOR),

    PERSONAL_ROWS("/transfers", transfers_list, "items", transfers_columns),
    POST("/transfers", transfers_create, MOVER),
    KEPT_ROWS("/transfers/summary", summaries_transfers, "items", summaries_transfer_columns),
    { .method = METHOD_GET, .path = "/transfers/{id}", .handler = transfers_get, .class = CLASS_READ, .is_cached = true,
      .is_personal = true, .columns = transfers_members },
    POST("/transfers/{id}/dispatch", transfers_dispatch, MOVER),
    POST("/transfers/{id}/receive", transfers_receive, MOVER),
    POST("/transfers/{id}/cancel", transfers_cancel, MOVER),
    POST("/transfers/{id}/return", transfers_return, MOVER),

    { .method = METHOD_GET, .path = "/privacy/texts", .handler = privacy_texts, .class = CLASS_READ, .roles = KEEPER,
      AS_ROWS("items", privacy_texts_columns) },
    KEPT_ROWS("/privacy/erasures", privacy_erasures, "items", privacy_erasures_columns),
    POST("/privacy/erasures", privacy_erase, ADMIN),
    { .method = METHOD_GET, .path = "/events", .handler = events_list, .class = CLASS_READ, .is_cached = true,
      .gives = GIVES_JSON | GIVES_CSV | GIVES_EVENTS, .rows = "items", .columns = events_columns },
    KEPT("/ledger", ledger_get),
    { .method = METHOD_GET, .path = "/ledger/entries", .handler = ledger_entries, .class = CLASS_READ,
      .gives = GIVES_JSON | GIVES_CSV | GIVES_LINES, .rows = "items", .columns = ledger_entry_columns },
    KEPT_ONE("/ledger/entries/{seq}", ledger_entry, ledger_entry_columns),
    KEPT("/ledger/keys", ledger_keys),
    { .method = METHOD_GET, .path = "/ledger/checkpoint", .handler = checkpoints_newest, .class = CLASS_READ, .is_cached = true,
      .gives = GIVES_TEXT },
    READ_ROWS("/ledger/checkpoints", checkpoints_list, "items", checkpoints_columns),
    { .method = METHOD_GET, .path = "/ledger/checkpoints/{size}", .handler = checkpoints_get, .class = CLASS_READ,
      .gives = GIVES_JSON | GIVES_TEXT },
    READ_ROWS("/ledger/cosignatures", cosignatures_list, "items", cosignatures_columns),
    { .method = METHOD_POST, .path = "/ledger/cosignatures", .handler = cosignatures_post, .body_bytes_max = LIMIT_BODY_DEFAULT,
      .class = CLASS_JOB, .roles = KEEPER },
    KEPT("/ledger/proof", proof_get),
    KEPT("/ledger/consistency", proof_consistency_get),
    READ("/ledger/verify", ledger_verify),

    { .method = METHOD_GET, .path = "/jobs/{id}", .handler = jobs_get, .class = CLASS_READ, .gives = GIVES_JSON | GIVES_CSV | GIVES_SVG },
    { .method = METHOD_GET, .path = "/jobs/{id}/events", .handler = jobs_follow, .class = CLASS_READ, .gives = GIVES_EVENTS },
    { .method = METHOD_DELETE, .path = "/jobs/{id}", .handler = jobs_delete, .class = CLASS_READ },
    ANALYSIS("/efficiency", efficiency_get, efficiency_tables, "results", efficiency_columns),
    COMPUTE("/efficiency", efficiency_post, efficiency_unit_tables),
    ANALYSIS("/efficiency/malmquist", malmquist_get, malmquist_tables, "results", malmquist_columns),
    COMPUTE("/efficiency/malmquist", malmquist_post, malmquist_unit_tables),
    ANALYSIS("/density", density_get, density_tables, NULL, NULL),
    COMPUTE("/density", density_post, density_sample_tables),
    ANALYSIS("/inequality", inequality_get, inequality_tables, NULL, NULL),
    COMPUTE("/inequality", inequality_post, inequality_sample_tables),
};

const struct route *routes_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}
