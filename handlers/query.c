/*
 * Reading a query: one pass over what was sent, each value by its row, then one over the
 * table for what is missing. Paging adds two rows of its own: page.h.
 */
#include "handlers/query.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "db/reference.h"
#include "handlers/problem.h"
#include "json/synonym.h"
#include "json/unfold.h"
#include "rules/unknown.h"

enum { PARAMETERS_MAX = 32 };

static const char fields_name[] = "fields";
static const char table_name[] = "table";

const struct query_table query_nothing = { NULL, 0, false };

/* One call of query_read. */
struct reading {
    struct exchange *exchange;
    const struct query_table *table;
    struct faults *faults;
    enum status status; /* a local fault */
};

static const char *quote(struct reading *r, const char *text)
{
    return faults_quote(r->faults, text, strlen(text));
}

static bool has_control(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0)) { /* U+0080 to U+009F too */
            return true;
        }
    }
    return false;
}

static void set_text(void *slot, const char *text)
{
    memcpy(slot, &text, sizeof text);
}

static void read_id(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    if (!text_is_path_id(value)) {
        faults_add_parameter(r->faults, row->name, "bad_format",
                             "%s is %s; an id has 1 to 64 letters, digits, dots, underscores and hyphens, not . or "
                             ".. alone", row->name, quote(r, value));
        return;
    }
    set_text(slot, value);
}

static void read_word(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    if (!text_is_word(value)) {
        faults_add_parameter(r->faults, row->name, "bad_format",
                             "%s is %s; a word begins with a small letter and goes on with small letters, digits, "
                             "underscores and hyphens, 64 in all", row->name, quote(r, value));
        return;
    }
    set_text(slot, value);
}

static void read_text(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    size_t length = strlen(value);
    if (length < (size_t)row->min || length > (size_t)row->max) {
        faults_add_parameter(r->faults, row->name, length == 0 ? "bad_format" : "too_long",
                             "%s has %zu bytes; %" PRId64 " to %" PRId64 " are accepted", row->name, length, row->min,
                             row->max);
    } else if (!text_is_utf8(value, length) || has_control(value)) {
        faults_add_parameter(r->faults, row->name, "bad_format",
                             "%s is not UTF-8 without control characters", row->name);
    } else {
        set_text(slot, value);
    }
}

static void complain_reference(struct reading *r, const struct query_parameter *row, enum reference reference,
                               const char *value)
{
    const char *detail = NULL, *nearest = NULL;
    enum status status = unknown_say(r->exchange->db, r->faults, reference, row->name, value, &detail, &nearest);
    if (status != STATUS_OK) {
        r->status = status;
        return;
    }
    faults_add_parameter(r->faults, row->name, unknown_code(reference), "%s", detail);
    faults_suggest(r->faults, nearest);
}

static void read_province(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    struct province province;
    enum status status = STATUS_ABSENT;
    if (text_is_id(value)) {
        status = db_province_find(r->exchange->db, r->exchange->arena, value, &province);
    }
    if (status == STATUS_OK) {
        set_text(slot, province.code);
    } else if (status == STATUS_ABSENT) {
        complain_reference(r, row, REFERENCE_PROVINCE, value);
    } else {
        r->status = status;
    }
}

/* The id of something that is stored. */
static void read_reference(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    enum reference reference = row->kind == QUERY_SITE ? REFERENCE_SITE
                             : row->kind == QUERY_ITEM ? REFERENCE_ITEM : REFERENCE_ORGANISATION;
    const char *id = NULL;
    read_id(r, row, value, &id);
    if (id == NULL) {
        return;
    }
    enum status status = unknown_find(r->exchange->db, r->exchange->arena, reference, id);
    if (status == STATUS_OK) {
        set_text(slot, id);
    } else if (status == STATUS_ABSENT) {
        complain_reference(r, row, reference, id);
    } else {
        r->status = status;
    }
}

static bool integer_is_sound(struct reading *r, const struct query_parameter *row, const char *value, int64_t *number)
{
    if (text_to_integer(value, number) != STATUS_OK) {
        faults_add_parameter(r->faults, row->name, "wrong_type",
                             "%s is %s; an integer of %" PRId64 " to %" PRId64 " is wanted", row->name,
                             quote(r, value), row->min, row->max);
        return false;
    }
    if (*number < row->min || *number > row->max) {
        faults_add_parameter(r->faults, row->name, "out_of_range",
                             "%s is %" PRId64 "; %" PRId64 " to %" PRId64 " are accepted", row->name, *number,
                             row->min, row->max);
        return false;
    }
    return true;
}

static void read_integer(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    int64_t number = 0;
    if (integer_is_sound(r, row, value, &number)) {
        memcpy(slot, &number, sizeof number);
    }
}

/* The size of a page. A greater one than there are pages of is no mistake, but a wish for all there is. */
static void read_limit(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    int64_t limit = LIMIT_PAGE_MAX;
    size_t digits = strspn(value, "0123456789");
    bool is_number = text_to_integer(value, &limit) == STATUS_OK;
    bool is_huge = !is_number && digits > 0 && value[digits] == 0;
    if (!is_number && !is_huge) {
        faults_add_parameter(r->faults, row->name, "wrong_type", "%s is %s; an integer of 1 to %d is wanted", row->name,
                             quote(r, value), LIMIT_PAGE_MAX);
    } else if (limit < 1) {
        faults_add_parameter(r->faults, row->name, "out_of_range",
                             "%s is %" PRId64 "; a page has 1 to %d rows, and what is more counts as %d", row->name, limit,
                             LIMIT_PAGE_MAX, LIMIT_PAGE_MAX);
    } else {
        limit = limit < LIMIT_PAGE_MAX ? limit : LIMIT_PAGE_MAX;
        memcpy(slot, &limit, sizeof limit);
    }
}

static void read_number(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    double number = 0;
    if (text_to_double(value, &number) != STATUS_OK) {
        faults_add_parameter(r->faults, row->name, "wrong_type", "%s is %s; a finite number is wanted", row->name,
                             quote(r, value));
        return;
    }
    if (row->max > row->min && (number < (double)row->min || number > (double)row->max)) {
        faults_add_parameter(r->faults, row->name, "out_of_range",
                             "%s is %s; %" PRId64 " to %" PRId64 " are accepted", row->name, value, row->min, row->max);
        return;
    }
    memcpy(slot, &number, sizeof number);
}

static void read_boolean(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    bool is_true = strcmp(value, "true") == 0;
    if (!is_true && strcmp(value, "false") != 0) {
        faults_add_parameter(r->faults, row->name, "not_a_choice", "%s is %s; true or false is wanted", row->name,
                             quote(r, value));
        return;
    }
    memcpy(slot, &is_true, sizeof is_true);
}

static void read_time(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    int64_t number = 0;
    if (row->kind == QUERY_DATE) {
        if (text_to_date(value, &number) == STATUS_OK) {
            set_text(slot, value);
            return;
        }
        faults_add_parameter(r->faults, row->name, "bad_format", "%s is %s; a date such as 2020-02-03 is wanted",
                             row->name, quote(r, value));
        return;
    }
    if (text_to_instant(value, &number) == STATUS_OK) {
        memcpy(slot, &number, sizeof number);
        return;
    }
    faults_add_parameter(r->faults, row->name, "bad_format",
                         "%s is %s; an instant such as 2020-02-03T06:10:00Z is wanted", row->name, quote(r, value));
}

/* "a, b, c" out of names that end with NULL. */
static const char *phrase_words(struct reading *r, const char *const *names)
{
    const char *phrase = names[0];
    for (size_t i = 1; names[i] != NULL && phrase != NULL; i++) {
        phrase = arena_format(r->exchange->arena, "%s, %s", phrase, names[i]);
    }
    return phrase != NULL ? phrase : "the documented ones";
}

/* The index of a choice, or -1 and a fault. */
static int find_choice(struct reading *r, const struct query_parameter *row, const char *value)
{
    size_t count = 0;
    for (; row->choices[count] != NULL; count++) {
        if (strcmp(row->choices[count], value) == 0) {
            return (int)count;
        }
    }
    const char *nearest = text_nearest(value, row->choices, count);
    const char *choices = phrase_words(r, row->choices);
    if (nearest != NULL) {
        faults_add_parameter(r->faults, row->name, "not_a_choice", "%s is %s; wanted is one of: %s; did you mean %s?", row->name,
                             quote(r, value), choices, nearest);
    } else {
        faults_add_parameter(r->faults, row->name, "not_a_choice", "%s is %s; wanted is one of: %s", row->name,
                             quote(r, value), choices);
    }
    faults_suggest(r->faults, nearest);
    return -1;
}

static void read_choice(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    int index = find_choice(r, row, value);
    if (index >= 0) {
        memcpy(slot, &index, sizeof index);
    }
}

/* The items between commas, or NULL and a fault (none, an empty one, too many). */
static const char **split(struct reading *r, const struct query_parameter *row, const char *value, size_t max,
                          size_t *count)
{
    char *copy = arena_text(r->exchange->arena, value);
    const char **items = arena_array(r->exchange->arena, max, sizeof *items);
    if (copy == NULL || items == NULL) {
        r->status = STATUS_EXHAUSTED;
        return NULL;
    }
    *count = 0;
    for (char *at = copy; at != NULL;) {
        char *comma = strchr(at, ',');
        if (*count == max) {
            faults_add_parameter(r->faults, row->name, "too_many", "%s has more than %zu items", row->name, max);
            return NULL;
        }
        if (comma != NULL) {
            *comma++ = 0;
        }
        if (*at == 0) {
            faults_add_parameter(r->faults, row->name, "bad_format",
                                 "%s is %s; items stand between commas, without blanks, none of them empty", row->name,
                                 quote(r, value));
            return NULL;
        }
        items[(*count)++] = at;
        at = comma;
    }
    return items;
}

/* Whether items[i] stands among the items before it. */
static bool stands_before(const char *const *items, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (strcmp(items[i], items[j]) == 0) {
            return true;
        }
    }
    return false;
}

/* Each item that is wrong is named. */
static void read_words(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    assert(row->max >= 1 && row->max <= QUERY_ITEMS_MAX);
    struct query_words words = { NULL, 0 };
    const char **items = split(r, row, value, (size_t)row->max, &words.count);
    if (items == NULL) {
        return;
    }
    if (words.count < (size_t)row->min) {
        faults_add_parameter(r->faults, row->name, "bad_format", "%s has %zu items; at least %" PRId64 " are wanted",
                             row->name, words.count, row->min);
        return;
    }
    size_t before = r->faults->total;
    for (size_t i = 0; i < words.count; i++) {
        const char *ignored = NULL;
        if (stands_before(items, i)) {
            faults_add_parameter(r->faults, row->name, "bad_format", "%s names %s twice", row->name,
                                 quote(r, items[i]));
        } else if (row->choices != NULL) {
            find_choice(r, row, items[i]);
        } else {
            read_word(r, row, items[i], &ignored);
        }
    }
    if (r->faults->total > before) {
        return;
    }
    words.items = items;
    memcpy(slot, &words, sizeof words);
}

/* False, with a fault, where integers[count] stands among the count before it. */
static bool integer_is_new(struct reading *r, const struct query_parameter *row, const int64_t *integers, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        if (integers[count] == integers[j]) {
            faults_add_parameter(r->faults, row->name, "bad_format", "%s names %" PRId64 " twice", row->name,
                                 integers[count]);
            return false;
        }
    }
    return true;
}

/* Each item that is wrong is named. */
static void read_integers(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    struct query_integers integers = { NULL, 0 };
    const char **items = split(r, row, value, QUERY_ITEMS_MAX, &integers.count);
    if (items == NULL) {
        return;
    }
    integers.items = arena_array(r->exchange->arena, integers.count, sizeof *integers.items);
    if (integers.items == NULL) {
        r->status = STATUS_EXHAUSTED;
        return;
    }
    size_t before = r->faults->total;
    size_t sound = 0;
    for (size_t i = 0; i < integers.count; i++) {
        if (integer_is_sound(r, row, items[i], &integers.items[sound]) &&
            integer_is_new(r, row, integers.items, sound)) {
            sound++;
        }
    }
    if (r->faults->total > before) {
        return;
    }
    memcpy(slot, &integers, sizeof integers);
}

static void read_value(struct reading *r, const struct query_parameter *row, const char *value, void *slot)
{
    switch (row->kind) {
    case QUERY_ID:       read_id(r, row, value, slot); return;
    case QUERY_WORD:     read_word(r, row, value, slot); return;
    case QUERY_TEXT:     read_text(r, row, value, slot); return;
    case QUERY_PROVINCE: read_province(r, row, value, slot); return;
    case QUERY_ORGANISATION:
    case QUERY_SITE:
    case QUERY_ITEM:     read_reference(r, row, value, slot); return;
    case QUERY_INTEGER:  read_integer(r, row, value, slot); return;
    case QUERY_LIMIT:    read_limit(r, row, value, slot); return;
    case QUERY_NUMBER:   read_number(r, row, value, slot); return;
    case QUERY_BOOLEAN:  read_boolean(r, row, value, slot); return;
    case QUERY_DATE:
    case QUERY_INSTANT:  read_time(r, row, value, slot); return;
    case QUERY_CHOICE:   read_choice(r, row, value, slot); return;
    case QUERY_WORDS:    read_words(r, row, value, slot); return;
    case QUERY_INTEGERS: read_integers(r, row, value, slot); return;
    }
}

/* The absent value of a row's kind; what is zero already stays. */
static void set_absent(const struct query_parameter *row, void *slot)
{
    if (row->kind == QUERY_INTEGER || row->kind == QUERY_LIMIT || row->kind == QUERY_INSTANT) {
        int64_t absent = QUERY_ABSENT;
        memcpy(slot, &absent, sizeof absent);
    } else if (row->kind == QUERY_NUMBER) {
        double absent = NAN;
        memcpy(slot, &absent, sizeof absent);
    } else if (row->kind == QUERY_CHOICE) {
        int absent = -1;
        memcpy(slot, &absent, sizeof absent);
    }
}

static bool has_fields(const struct reading *r)
{
    const struct exchange *exchange = r->exchange;
    return !r->table->is_whole && exchange->route != NULL && exchange->method == METHOD_GET && exchange->route->columns != NULL;
}

static bool has_tables(const struct reading *r)
{
    return r->exchange->route != NULL && r->exchange->route->tables != NULL;
}

/* table=a: one that there is was found by server/represent.c. */
static void read_table(struct reading *r, const char *value)
{
    const char *names[QUERY_ITEMS_MAX + 1] = { NULL };
    for (size_t i = 0; r->exchange->route->tables[i].name != NULL; i++) {
        assert(i < QUERY_ITEMS_MAX);
        names[i] = r->exchange->route->tables[i].name;
    }
    const struct query_parameter row = { table_name, QUERY_CHOICE, false, 0, 0, 0, names };
    (void)find_choice(r, &row, value);
}

/* The members that columns tell of, each once: name.en and name.zh are members of name. Ends with NULL. */
static const char **list_members(struct reading *r, const char *columns)
{
    size_t count = 0;
    const char **members = arena_array(r->exchange->arena, QUERY_ITEMS_MAX + 1, sizeof *members);
    for (const char *at = columns; *at != 0 && members != NULL; at += strcspn(at, ","), at += *at == ',') {
        const char *name = arena_copy(r->exchange->arena, at, strcspn(at, ",."));
        if (name == NULL) {
            return NULL;
        }
        members[count] = name;
        assert(count < QUERY_ITEMS_MAX);
        count += !stands_before(members, count);
        members[count] = NULL;
    }
    return members;
}

/* fields=a,b: what there is to choose from the route says, and server/represent.c leaves out the rest. */
static void read_fields(struct reading *r, const char *value)
{
    struct exchange *exchange = r->exchange;
    struct query_words chosen = { NULL, 0 };
    const char **members = list_members(r, exchange->table != NULL ? exchange->table->columns : exchange->route->columns);
    if (members == NULL) {
        r->status = STATUS_EXHAUSTED;
        return;
    }
    const struct query_parameter row = { fields_name, QUERY_WORDS, false, 0, 1, QUERY_ITEMS_MAX, members };
    read_words(r, &row, value, &chosen);
    exchange->fields = chosen.items;
    exchange->field_count = chosen.count;
}

static void complain_unknown(struct reading *r, const char *name)
{
    const char *names[PARAMETERS_MAX + 3] = { NULL };
    size_t count = 0;
    for (; count < r->table->count; count++) {
        names[count] = r->table->parameters[count].name;
    }
    names[count] = fields_name;
    count += has_fields(r);
    names[count] = has_tables(r) ? table_name : NULL;
    count += has_tables(r);
    const char *nearest = synonym_nearest(name, names, count);
    if (nearest != NULL) {
        faults_add_parameter(r->faults, name, "unknown_parameter", "%s is unknown: %s?", quote(r, name), nearest);
    } else if (count > 0) {
        faults_add_parameter(r->faults, name, "unknown_parameter", "%s is unknown; known are %s", quote(r, name),
                             phrase_words(r, names));
    } else {
        faults_add_parameter(r->faults, name, "unknown_parameter", "%s is unknown; this takes no parameters",
                             quote(r, name));
    }
    faults_suggest(r->faults, nearest);
}

static const struct query_parameter *find_row(const struct query_table *table, const char *name, size_t *index)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->parameters[i].name, name) == 0) {
            *index = i;
            return &table->parameters[i];
        }
    }
    return NULL;
}

/* A parameter that no table of parameters has, since it is of the representation. False: it is none. */
static bool read_of_representation(struct reading *r, const struct exchange_pair *pair, unsigned *fields_seen, unsigned *tables_seen)
{
    bool is_fields = has_fields(r) && strcmp(pair->name, fields_name) == 0;
    bool is_table = has_tables(r) && strcmp(pair->name, table_name) == 0;
    unsigned *seen = is_fields ? fields_seen : tables_seen;
    if (!is_fields && !is_table) {
        return false;
    }
    if (++*seen == 2) {
        faults_add_parameter(r->faults, is_fields ? fields_name : table_name, "repeated_parameter", "%s stands more than once", pair->name);
    } else if (*seen == 1 && is_fields) {
        read_fields(r, pair->value);
    } else if (*seen == 1) {
        read_table(r, pair->value);
    }
    return true;
}

/* What was sent, in its order; seen counts each row's parameters. */
static void read_sent(struct reading *r, char *target, unsigned *seen)
{
    unsigned fields_seen = 0, tables_seen = 0;
    for (size_t i = 0; i < r->exchange->query_count && r->status == STATUS_OK; i++) {
        const struct exchange_pair *pair = &r->exchange->query[i];
        size_t index = 0;
        const struct query_parameter *row = find_row(r->table, pair->name, &index);
        if (row == NULL) {
            if (!read_of_representation(r, pair, &fields_seen, &tables_seen)) {
                complain_unknown(r, pair->name);
            }
        } else if (++seen[index] == 1) {
            read_value(r, row, pair->value, target + row->offset);
        } else if (seen[index] == 2) {
            faults_add_parameter(r->faults, row->name, "repeated_parameter", "%s stands more than once", row->name);
        }
    }
}

enum status query_gather(struct exchange *exchange, const struct query_table *table, void *target,
                         struct faults *faults)
{
    struct reading r = { .exchange = exchange, .table = table, .faults = faults, .status = STATUS_OK };
    unsigned seen[PARAMETERS_MAX] = { 0 };
    assert(table->count <= PARAMETERS_MAX);
    for (size_t i = 0; i < table->count; i++) {
        set_absent(&table->parameters[i], (char *)target + table->parameters[i].offset);
    }
    read_sent(&r, target, seen);
    for (size_t i = 0; i < table->count; i++) {
        if (table->parameters[i].is_required && seen[i] == 0) {
            faults_add_parameter(faults, table->parameters[i].name, "missing_parameter", "%s is needed",
                                 table->parameters[i].name);
        }
    }
    return r.status;
}

bool query_read(struct exchange *exchange, const struct query_table *table, void *target)
{
    struct faults faults;
    faults_init(&faults, exchange->arena);
    enum status status = query_gather(exchange, table, target, &faults);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return false;
    }
    if (faults.total > 0) {
        query_refuse(exchange, &faults);
        return false;
    }
    return true;
}

void query_refuse(struct exchange *exchange, const struct faults *faults)
{
    if (faults->total == 1 && faults->count == 1) {
        problem_faults(exchange, "invalid_query", faults, "The query is wrong: %s", faults->items[0].detail);
    } else {
        problem_faults(exchange, "invalid_query", faults, "%zu things are wrong with the query; errors names them.",
                       faults->total);
    }
}
