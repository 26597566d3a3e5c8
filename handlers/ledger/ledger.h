#ifndef HANDLERS_LEDGER_LEDGER_H
#define HANDLERS_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "handlers/exchange.h"
#include "rules/verify/report.h"

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char ledger_entry_columns[];

/* What the ledger shows: its head, entries, and whether it holds. */
enum handled ledger_get(struct exchange *exchange);
enum handled ledger_entries(struct exchange *exchange);
enum handled ledger_entry(struct exchange *exchange);
enum handled ledger_verify(struct exchange *exchange);

/* The latest verification and whether one is under way. */
struct verifier_view {
    bool is_running;
    bool has_failed;       /* the last one could not be made: failure says why */
    enum status failure;
    int64_t retry_after_s; /* has_failed: until then none is begun */
    bool has_report;
    struct verify_report report;
    int64_t checked_at_ms; /* when the report's check began */
    int64_t duration_ms;
};

/* What ledger_verify needs of the server: one verification at a time, on a thread of its
 * own. start: begins one unless one runs or the last one has just failed; true where one runs now. Any thread. */
struct verifier {
    bool (*start)(struct verifier *verifier);
    void (*view)(struct verifier *verifier, struct verifier_view *view);
};

#endif
