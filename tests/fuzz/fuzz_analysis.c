/*
 * Bodies of the analyses' POSTs, by the handlers themselves: whatever is sent, the reply is an answer or a problem, well-formed
 * JSON in both cases, and the same again. The first byte says which analysis. Work is given up after some steps.
 */
#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "analytics/dea/dea.h"
#include "handlers/analysis/density.h"
#include "handlers/analysis/efficiency.h"
#include "handlers/analysis/inequality.h"
#include "handlers/analysis/malmquist.h"
#include "tests/fuzz/fuzz.h"

enum { STEPS_MAX = 300 };

static const struct {
    const char *path;
    enum handled (*post)(struct exchange *exchange);
} analyses[] = {
    {"/efficiency", efficiency_post},
    {"/efficiency/malmquist", malmquist_post},
    {"/density", density_post},
    {"/inequality", inequality_post},
};

enum { ANALYSES = sizeof analyses / sizeof analyses[0] };

static unsigned steps;

static bool is_cancelled(void *context)
{
    struct exchange *exchange = context;
    exchange->cancelled = ++steps > STEPS_MAX ? CANCELLED_LATE : CANCELLED_NOT;
    return exchange->cancelled != CANCELLED_NOT;
}

static const char *no_header(const struct exchange *exchange, const char *name)
{
    (void)exchange;
    (void)name;
    return NULL;
}

/* The answer's text, to be freed by buffer_fini; a problem's status where it was none. */
static int answer(size_t which, const char *bytes, size_t length, struct buffer *text)
{
    static struct service service;
    struct arena arena;
    struct exchange exchange = {.method = METHOD_POST, .is_job = true, .path = analyses[which].path, .target = analyses[which].path,
                                .base_url = "", .request_id = "", .scope = "", .client = "", .service = &service,
                                .caller = {.organisation = "", .role = ROLE_PUBLIC, .subject = ""}, .header = no_header,
                                .is_cancelled = is_cancelled, .job_seconds = 1, .arena = &arena};
    char *body = calloc(1, length + 1);
    CHECK(body != NULL);
    memcpy(body, bytes, length);
    arena_init(&arena);
    buffer_init(&exchange.reply);
    exchange.body = body;
    exchange.body_length = length;
    steps = 0;
    CHECK(analyses[which].post(&exchange) == HANDLED_REPLY);
    *text = exchange.reply; /* moved */
    arena_fini(&arena);
    free(body);
    return exchange.status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct buffer first, second;
    if (length == 0) {
        return 0;
    }
    size_t which = (bytes[0] & 0x0f) % ANALYSES;
    int status = answer(which, (const char *)bytes + 1, length - 1, &first);
    CHECK(status == 200 || status == 400 || status == 413 || status == 422);
    CHECK(!first.failed && first.length > 0);
    json_t *document = json_loadb(first.bytes, first.length, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(document));
    CHECK(status == 200 || json_integer_value(json_object_get(document, "status")) == status);
    CHECK(status != 200 || json_object_get(document, "results") != NULL || json_object_get(document, "series") != NULL);
    json_decref(document);
    CHECK(answer(which, (const char *)bytes + 1, length - 1, &second) == status);
    CHECK(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0);
    buffer_fini(&first);
    buffer_fini(&second);
    dea_thread_end();
    return 0;
}
