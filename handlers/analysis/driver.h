#ifndef HANDLERS_ANALYSIS_DRIVER_H
#define HANDLERS_ANALYSIS_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/status.h"
#include "handlers/analysis/analysis.h"
#include "handlers/exchange.h"
#include "handlers/query.h"
#include "json/faults.h"

/*
 * How every analysis goes, on stored figures (GET) and on a caller's own numbers (POST): an analysis is a table of what it
 * does alone. A GET is called twice, on the loop, which looks into the cache, and in the job pool, which computes and keeps
 * the answer; a POST is read and computed in the pool. Refusals name all faults at once. Questions and sheets are zeroed and
 * lie in the arena.
 */

/* What the question of each analysis begins with. */
struct analysis_question {
    struct analysis_basis basis;
};

struct analysis_kind {
    const char *name;      /* of its answers in the cache; no blank in it */
    size_t question_bytes; /* of a struct whose first member is a struct analysis_question; its basis is read after settle */
    struct query_table query;
    size_t query_offset;   /* in the question, of the struct that the table fills */
    size_t sheet_bytes;    /* of what is worked out: made by gather or take, worked out by answer */
    bool is_worded;        /* the answer has sentences in the caller's language */
    bool is_body_kept;     /* the sheet points into the body's document; else that goes before the work begins */

    /* Once the query is read: fills in its defaults and splits its lists. What is wrong is added to *faults; a status is a
     * local fault. */
    enum status (*settle)(struct exchange *exchange, void *question, struct faults *faults);

    /* All but revision and provinces that an answer depends on, in a fixed order; only of a query without faults. */
    void (*distinguish)(const struct exchange *exchange, const void *question, struct buffer *key);

    /* Looks the indicators up; and what else can be wrong once the basis is known. */
    enum status (*look_up)(struct exchange *exchange, void *question, struct faults *faults);

    /* Stored figures into the sheet. STATUS_INVALID: a problem is the reply. */
    enum status (*gather)(struct exchange *exchange, void *question, void *sheet);

    /* The body into the sheet, which is of no use where there are faults; *faults has those of parsing. */
    enum status (*take)(struct exchange *exchange, json_t *document, struct faults *faults, void *sheet);

    /* Works the sheet out and writes the answer into the reply. False: a problem is the reply. What the sheet holds outside
     * the arena is freed either way. */
    bool (*answer)(struct exchange *exchange, void *sheet);
};

enum handled analysis_get(struct exchange *exchange, const struct analysis_kind *kind);
enum handled analysis_post(struct exchange *exchange, const struct analysis_kind *kind);

#endif
