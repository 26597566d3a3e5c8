/*
 * The figures of the provinces. What is checked of a submission: rules/figure.c. A large
 * one is read in the job pool, so that no loop stands still meanwhile.
 */
#include "handlers/figures.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "db/figure.h"
#include "db/reference.h"
#include "handlers/analysis/analysis.h"
#include "handlers/page.h"
#include "handlers/problem.h"
#include "handlers/submit.h"
#include "handlers/tag.h"
#include "json/parse.h"
#include "rules/figure.h"
#include "rules/figure_read.h"
#include "rules/request.h"

enum { YEAR_DIGITS = 24 };

struct filter {
    int64_t limit;
    const char *cursor;
    const char *indicator;
    int64_t year;
    const char *province;
    int sort;
};

/* In the order of the keys of db_figure_list. */
static const char *const orders[] = { "indicator", "-indicator", "year", "-year", "province", "-province", "value", "-value", NULL };

static const struct query_parameter list_rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_ID_ROW(struct filter, indicator, false),
    QUERY_INTEGER_ROW(struct filter, year, false, 1900, 2100),
    QUERY_PROVINCE_ROW(struct filter, province, false),
    QUERY_CHOICE_ROW(struct filter, sort, false, orders),
};
static const struct query_table list_table = QUERY_TABLE(list_rows);

struct put_query {
    bool dry_run;
};

static const struct query_parameter put_rows[] = { QUERY_BOOLEAN_ROW(struct put_query, dry_run, false) };
static const struct query_table put_table = QUERY_TABLE(put_rows);

/* Says what would have worked instead of an indicator that is not stored. */
static enum status complain_indicator(struct exchange *exchange, const char *id, struct faults *faults)
{
    struct indicator base;
    size_t ending = sizeof ANALYSIS_DERIVED - 1;
    enum status status = STATUS_ABSENT;
    const char *stored = figure_is_derived(id) ? arena_copy(exchange->arena, id, strlen(id) - ending) : "";
    if (stored == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (*stored != 0 && strcmp(stored, ANALYSIS_POPULATION) != 0) { /* the population is not related to itself */
        status = db_indicator_find(exchange->db, exchange->arena, stored, &base);
    }
    if (status == STATUS_OK) {
        faults_add_parameter(faults, "indicator", "unknown_indicator",
                             "%s is computed and not stored; the figures that it is computed from are those of %s and "
                             ANALYSIS_POPULATION, id, stored);
    } else if (status == STATUS_ABSENT) {
        faults_add_parameter(faults, "indicator", "unknown_indicator",
                             "%s is not a stored indicator; GET /indicators lists them", id);
        status = STATUS_OK;
    }
    return status;
}

/* Refuses an indicator that is not stored: an empty list would hide a slip. */
static bool indicator_is_known(struct exchange *exchange, const char *id)
{
    struct indicator indicator;
    struct faults faults;
    enum status status = id == NULL ? STATUS_OK : db_indicator_find(exchange->db, exchange->arena, id, &indicator);
    if (status == STATUS_OK) {
        return true;
    }
    faults_init(&faults, exchange->arena);
    status = status == STATUS_ABSENT ? complain_indicator(exchange, id, &faults) : status;
    if (status == STATUS_OK && faults.count > 0) {
        problem_faults(exchange, "unknown_indicator", &faults, "The query is wrong: %s", faults.items[0].detail);
    } else {
        problem_status(exchange, status != STATUS_OK ? status : STATUS_EXHAUSTED);
    }
    return false;
}

/* The row that a cursor names, from keys on; years are digits in it. */
static bool take_after(const char *const *keys, struct figure *after)
{
    *after = (struct figure){ .indicator = keys[0], .province = keys[2] };
    return keys[1][0] == 0 || text_to_integer(keys[1], &after->year) == STATUS_OK;
}

/* Writes next: behind that row, in that order. */
static void close_behind(struct page *page, const struct figure *row, const struct order *order)
{
    char year[YEAR_DIGITS];
    snprintf(year, sizeof year, "%" PRId64, row->year);
    const char *const ordered[] = { "", year, row->province, row->value };
    if (order_is_usual(order)) {
        page_close(page, (const char *[]){ row->indicator, year, row->province });
    } else {
        page_close(page, (const char *[]){ ordered[order->key], row->indicator, year, row->province });
    }
}

const char figures_columns[] = "indicator,year,province,value";

static void write_figure(struct json_writer *w, const struct figure *figure)
{
    json_object_begin(w);
    json_member_text(w, "indicator", figure->indicator);
    json_member_integer(w, "year", figure->year);
    json_member_text(w, "province", figure->province);
    json_key(w, "value");
    json_raw(w, figure->value, strlen(figure->value)); /* a JSON number: the rules took no other */
    json_object_end(w);
}

/* The revision of the state that is read, 0 before the first. */
static enum status read_revision(struct db *db, struct arena *arena, struct figures_revision *last)
{
    enum status status = db_figures_revision_last(db, arena, last);
    if (status == STATUS_ABSENT) {
        *last = (struct figures_revision){ 0 };
        status = STATUS_OK;
    }
    return status;
}

enum handled figures_list(struct exchange *exchange)
{
    struct filter filter = { 0 };
    struct page page;
    struct figure after;
    struct figure *found = NULL;
    struct figures_revision last;
    size_t count = 0;
    if (!query_read(exchange, &list_table, &filter) ||
        !page_begin(&page, exchange, filter.limit, filter.cursor, filter.sort > 0 ? 4 : 3) ||
        !indicator_is_known(exchange, filter.indicator)) {
        return HANDLED_REPLY;
    }
    const struct figure_filter wanted = { filter.indicator, filter.year == QUERY_ABSENT ? 0 : filter.year,
                                          filter.province };
    const struct order order = order_of_choice(filter.sort, page.keys[0]);
    enum status status = take_after(page.keys + (order_is_usual(&order) ? 0 : 1), &after) ? read_revision(exchange->db, exchange->arena, &last)
                                                   : STATUS_CORRUPT; /* the cursor was ours */
    if (status == STATUS_OK) {
        status = db_figure_list(exchange->db, exchange->arena, &after, page.limit + 1, &wanted, &order, &found, &count);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    size_t shown = count > (size_t)page.limit ? (size_t)page.limit : count;
    struct json_writer *w = page_open(&page);
    for (size_t i = 0; i < shown; i++) {
        write_figure(w, &found[i]);
    }
    if (count > shown) {
        close_behind(&page, &found[shown - 1], &order);
    } else {
        page_close(&page, NULL);
    }
    json_member_integer(w, "figures_revision", last.revision);
    enum handled handled = page_reply(&page);
    tag_reply(exchange, last.revision); /* 0 before the first is no version */
    return handled;
}

/* Checks the submission against the state that is read. False: the problem is the reply. The
 * condition is looked at where nothing is written: else the sequencer does, which knows whether
 * this is a retry of what was accepted when it held. */
static bool check(struct exchange *exchange, bool is_dry, struct figures_effect *effect)
{
    struct refusal refusal;
    refusal_init(&refusal, exchange->arena);
    enum status status =
        is_dry ? figures_check_condition(exchange->db, &exchange->command, exchange->arena, &refusal) : STATUS_OK;
    if (status == STATUS_OK) {
        status = figures_check(exchange->db, &exchange->command, exchange->arena, &refusal, effect);
    }
    if (status == STATUS_INVALID || status == STATUS_CONFLICT) {
        answer_init(&exchange->answer);
        problem_refusal(&refusal, exchange->path, &exchange->answer);
        exchange_answer(exchange);
    } else if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return status == STATUS_OK;
}

/* What a submission would do, as the reply. */
static void reply_dry(struct exchange *exchange, const struct figures_effect *effect)
{
    struct json_writer w;
    exchange_json(exchange, 200);
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_boolean(&w, "dry_run", true);
    json_member_integer(&w, "revision", effect->revision);
    json_member_integer(&w, "figures", effect->figures);
    json_member_integer(&w, "changed", effect->added + effect->changed);
    json_member_integer(&w, "added", effect->added);
    json_member_integer(&w, "same", effect->same);
    json_object_end(&w);
    json_writer_finish(&w);
}

static bool is_blank(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (memchr(" \t\r\n", body[i], 4) == NULL) {
            return false;
        }
    }
    return true;
}

/* Whether the request says that its body is CSV; where it has none, nobody else asks. */
static bool is_sent_as_csv(const struct exchange *exchange)
{
    static const char csv[] = "text/csv";
    const char *type = exchange->body_length == 0 ? exchange->header(exchange, "Content-Type") : NULL;
    return exchange->is_csv || (type != NULL && strncasecmp(type, csv, sizeof csv - 1) == 0);
}

/* Whether the body is JSON, but no object: then that is the problem, as it is of every other body. */
static bool is_other_json(struct exchange *exchange)
{
    json_t *document = NULL;
    struct faults *faults = arena_alloc(exchange->arena, sizeof *faults);
    if (faults == NULL) {
        return false;
    }
    faults_init(faults, exchange->arena);
    bool is_json = json_parse(exchange->body, exchange->body_length, &document, faults) == STATUS_OK && document != NULL;
    if (is_json) {
        faults_add(faults, "", "wrong_type", "the body is %s; an object is wanted", json_type_phrase(document));
        submit_refuse(exchange, faults);
    }
    json_decref(document);
    return is_json;
}

/* The media type decides how the body is read; the rules tell the two apart by the body. */
static bool media_fits(struct exchange *exchange)
{
    bool is_json = figure_body_is_json(exchange->body, exchange->body_length);
    bool is_csv = is_sent_as_csv(exchange);
    if (is_csv && is_json) {
        bool is_empty = is_blank(exchange->body, exchange->body_length);
        problem_reply(exchange, "bad_csv", "%s.", is_empty
            ? "The body is sent as text/csv, but " FIGURE_HEADER_WANTED
            : "The body is sent as text/csv but is JSON. Its first line names the columns: "
              "indicator,year,province,value");
        return false;
    }
    if (!is_csv && !is_json && is_other_json(exchange)) {
        return false;
    }
    if (!is_csv && !is_json) {
        problem_reply(exchange, "invalid_json", "The body is sent as JSON but does not begin with {. Rows of CSV are "
                                                "sent as Content-Type: text/csv.");
        return false;
    }
    return true;
}

enum handled figures_put(struct exchange *exchange)
{
    struct put_query query = { false };
    if (!query_read(exchange, &put_table, &query)) {
        return HANDLED_REPLY;
    }
    if (exchange->body_length > LIMIT_BODY_DEFAULT && !exchange->is_job) {
        return HANDLED_JOB;
    }
    if ((!exchange->is_jose && !media_fits(exchange)) || !submit_prepare(exchange, COMMAND_FIGURES_PUT, "", "")) {
        return HANDLED_REPLY;
    }
    struct figures_effect effect = { 0 };
    if (query.dry_run && check(exchange, true, &effect)) {
        reply_dry(exchange, &effect);
    } else if (!query.dry_run && (!exchange->is_job || check(exchange, false, &effect))) {
        return HANDLED_COMMAND; /* checked before where it is large: a wrong one never holds the sequencer */
    }
    submit_drop(exchange);
    return HANDLED_REPLY;
}

enum status figures_present(struct db *db, struct arena *arena, const struct command *command,
                            const struct outcome *outcome, struct json_writer *w)
{
    const struct figures_request *request = command->request;
    struct figures_revision last;
    enum status status = read_revision(db, arena, &last);
    if (status == STATUS_OK) {
        json_member_integer(w, "revision", last.revision);
        json_member_integer(w, "figures", (int64_t)request->figures.count);
        json_member_integer(w, "changed", outcome->kind == OUTCOME_UNCHANGED ? 0 : last.changed);
    }
    return status;
}
