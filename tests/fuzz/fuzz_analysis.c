/*
 * Bodies of the analyses' POSTs, by the handlers themselves: whatever is sent, the reply is an answer or a problem, well-formed
 * JSON in both cases, and the same again. What has an answer has it as a picture, which is well-formed XML, and as one of its tables,
 * a record for each row. The first byte says which analysis. Work is given up after some steps.
 */
#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "analytics/dea/dea.h"
#include "handlers/analysis/density.h"
#include "handlers/analysis/density_table.h"
#include "handlers/analysis/efficiency.h"
#include "handlers/analysis/efficiency_table.h"
#include "handlers/analysis/inequality.h"
#include "handlers/analysis/inequality_table.h"
#include "handlers/analysis/malmquist.h"
#include "handlers/analysis/malmquist_table.h"
#include "json/table.h"
#include "json/unfold.h"
#include "tests/fuzz/fuzz.h"

enum { STEPS_MAX = 300, DEPTH_MAX = 16 };

static const struct {
    const char *path;
    enum handled (*post)(struct exchange *exchange);
    const struct unfold_table *tables;
} analyses[] = {
    {"/efficiency", efficiency_post, efficiency_unit_tables},
    {"/efficiency/malmquist", malmquist_post, malmquist_unit_tables},
    {"/density", density_post, density_sample_tables},
    {"/inequality", inequality_post, inequality_sample_tables},
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

/* As what an answer is asked for. */
struct form {
    unsigned wanted;
    const struct unfold_table *table;
    bool is_chinese;
};

/* The answer's text, to be freed by buffer_fini; a problem's status where it was none. */
static int answer(size_t which, const struct form *form, const char *bytes, size_t length, struct buffer *text)
{
    static struct service service;
    struct arena arena;
    struct exchange exchange = {.method = METHOD_POST, .is_job = true, .path = analyses[which].path, .target = analyses[which].path,
                                .base_url = "", .request_id = "", .scope = "", .client = "", .service = &service,
                                .caller = {.organisation = "", .role = ROLE_PUBLIC, .subject = ""}, .header = no_header,
                                .is_cancelled = is_cancelled, .job_seconds = 1, .arena = &arena,
                                .wanted = form->wanted, .table = form->table, .is_chinese = form->is_chinese};
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

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
}

/* The reference behind an ampersand; returns what follows. */
static const char *skip_reference(const char *at)
{
    CHECK(*at == '#' || is_name(*at));
    for (at += *at == '#' ? 1 : 0; is_name(*at); at++) {
    }
    CHECK(*at == ';');
    return at + 1;
}

/* Attributes up to the tag's end; returns what follows. */
static const char *skip_attributes(const char *at, bool *is_empty)
{
    *is_empty = false;
    for (; *at != '>'; at++) {
        if (*at == '/') {
            CHECK(at[1] == '>');
            *is_empty = true;
        } else if (*at == '"') {
            for (at++; *at != '"';) {
                CHECK((unsigned char)*at >= ' ' && *at != '<');
                at = *at == '&' ? skip_reference(at + 1) : at + 1;
            }
        } else {
            CHECK(*at == ' ' || *at == '=' || is_name(*at));
        }
    }
    return at + 1;
}

/* Tags are closed in turn, nothing but references begins with an ampersand, no control character stands anywhere. */
static void check_picture(const char *at)
{
    static const char start[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg ";
    const char *names[DEPTH_MAX];
    size_t depth = 0, pictures = 0;
    CHECK(strncmp(at, start, strlen(start)) == 0);
    for (at = strchr(at, '\n'); *at != 0;) {
        if (*at == '&') {
            at = skip_reference(at + 1);
        } else if (*at != '<') {
            CHECK((unsigned char)*at >= ' ' || *at == '\n');
            CHECK(depth > 0 || *at == '\n');
            at++;
        } else {
            bool is_end = at[1] == '/', is_empty = false;
            const char *name = at + (is_end ? 2 : 1);
            size_t length = 0;
            while (is_name(name[length])) {
                length++;
            }
            CHECK(length > 0 && (!is_end || (depth > 0 && strncmp(names[depth - 1], name, length) == 0 && !is_name(names[depth - 1][length]))));
            at = skip_attributes(name + length, &is_empty);
            pictures += depth == 0 ? 1 : 0;
            if (is_end) {
                depth--;
            } else if (!is_empty) {
                CHECK(depth < DEPTH_MAX);
                names[depth++] = name;
            }
        }
    }
    CHECK(depth == 0 && pictures == 1);
}

/* How many records, all with as many cells, quotes closed. */
static size_t count_records(const struct buffer *csv)
{
    size_t records = 0, cells = 1, first = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < csv->length; i++) {
        char c = csv->bytes[i];
        if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == ',' && !is_quoted) {
            cells++;
        } else if (c == '\n' && !is_quoted) {
            first = records == 0 ? cells : first;
            CHECK(cells == first);
            records++;
            cells = 1;
        }
    }
    CHECK(!is_quoted && csv->length > 0 && csv->bytes[csv->length - 1] == '\n');
    return records;
}

static void check_table(const struct unfold_table *table, const struct buffer *text)
{
    struct buffer rows, csv;
    buffer_init(&rows);
    buffer_init(&csv);
    CHECK(unfold_write(table, text->bytes, text->length, &rows) == STATUS_OK && !rows.failed);
    CHECK(table_write(rows.bytes, rows.length, "items", table->columns, true, &csv) == STATUS_OK && !csv.failed);
    json_t *document = json_loadb(rows.bytes, rows.length, 0, NULL);
    CHECK(json_is_object(document));
    CHECK(count_records(&csv) == 1 + json_array_size(json_object_get(document, "items")));
    json_decref(document);
    buffer_fini(&csv);
    buffer_fini(&rows);
}

/* What has an answer may be a longer work as a picture or as this table, or be refused, as weights of a model that has none. */
static void check_forms(size_t which, const char *bytes, size_t length)
{
    const struct unfold_table *tables = analyses[which].tables;
    size_t count = 0;
    struct buffer text;
    while (tables[count].name != NULL) {
        count++;
    }
    int status = answer(which, &(struct form){GIVES_SVG, NULL, length % 2 == 1}, bytes, length, &text);
    CHECK(status == 200 || status == 422);
    if (status == 200) {
        CHECK(!text.failed && strlen(text.bytes) == text.length);
        check_picture(text.bytes);
    }
    buffer_fini(&text);
    const struct unfold_table *table = &tables[length % count];
    status = answer(which, &(struct form){GIVES_CSV, table, length % 3 == 1}, bytes, length, &text);
    CHECK(status == 200 || status == 400 || status == 422);
    if (status == 200) {
        check_table(table, &text);
    }
    buffer_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct form plain = {GIVES_JSON, NULL, false};
    struct buffer first, second;
    if (length == 0) {
        return 0;
    }
    size_t which = (bytes[0] & 0x0f) % ANALYSES;
    int status = answer(which, &plain, (const char *)bytes + 1, length - 1, &first);
    CHECK(status == 200 || status == 400 || status == 413 || status == 422);
    CHECK(!first.failed && first.length > 0);
    json_t *document = json_loadb(first.bytes, first.length, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(document));
    CHECK(status == 200 || json_integer_value(json_object_get(document, "status")) == status);
    CHECK(status != 200 || json_object_get(document, "results") != NULL || json_object_get(document, "series") != NULL);
    json_decref(document);
    CHECK(answer(which, &plain, (const char *)bytes + 1, length - 1, &second) == status);
    CHECK(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0);
    buffer_fini(&first);
    buffer_fini(&second);
    if (status == 200) {
        check_forms(which, (const char *)bytes + 1, length - 1);
    }
    dea_thread_end();
    return 0;
}
