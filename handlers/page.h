#ifndef HANDLERS_PAGE_H
#define HANDLERS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/order.h"
#include "handlers/exchange.h"
#include "handlers/query.h"
#include "json/write.h"

/*
 * Pages of lists by keyset: a cursor holds the key of the last row that was shown, so that
 * no row is lost or doubled while rows are added, and page n costs what page 1 costs. It is
 * opaque and authenticated over its list's path and filters: a cursor of another list, of
 * other filters or of another node is refused.
 */

enum { PAGE_KEYS_MAX = 4 };

/* The two parameters that every list has; a filter struct begins with it. */
struct page_query {
    int64_t limit;
    const char *cursor;
};

/* The rows of a table of query parameters for struct T, which has these two members. */
#define PAGE_ROWS(T) \
    QUERY_LIMIT_ROW(T, limit), \
    QUERY_TEXT_ROW(T, cursor, false, 2048)

struct page {
    struct exchange *exchange;
    int64_t limit;                   /* 1..LIMIT_PAGE_MAX */
    const char *keys[PAGE_KEYS_MAX]; /* of the row to go on behind; "" at the start */
    size_t key_count;
    const char *after;               /* page_begin_ordered: the id of that row, "" at the start */
    struct order order;              /* and the order, with that row's key */
    struct json_writer writer;
};

/* Reads the cursor, if any: key_count texts. limit may be QUERY_ABSENT. False: 400
 * invalid_cursor is the reply. Fetch page->limit + 1 rows and show at most limit of them. */
bool page_begin(struct page *page, struct exchange *exchange, int64_t limit, const char *cursor, size_t key_count);

/* The same for a list by ids that has other orders as well; sort: the index of the choice, negative where there was none. */
bool page_begin_ordered(struct page *page, struct exchange *exchange, int64_t limit, const char *cursor, int sort);

/* Opens the reply's object and its array of items; returns the writer for them. */
struct json_writer *page_open(struct page *page);

/* Closes the array and writes next and limit. keys: those of the last row shown where more
 * follow (then the Link header is added too), NULL where none follow. Members of the list's
 * own may follow. */
void page_close(struct page *page, const char *const *keys);

/* Closes the object; the reply is complete: HANDLED_REPLY. */
enum handled page_reply(struct page *page);

/* What rows a query gave, each an object whose key is one text, or two where another order was asked for (page_begin_ordered). */
struct page_rows {
    size_t row_bytes; /* sizeof of a row */
    size_t key_at;    /* offsetof its key, a const char * */
    size_t order_at;  /* offsetof the text that comes before the key in another order */
    void (*write)(struct json_writer *w, const void *row, const struct exchange *exchange); /* members */
};

/* The whole reply: the page of these rows, limit + 1 at most, or status's problem. */
enum handled page_reply_rows(struct page *page, enum status status, const struct page_rows *kind, const void *rows, size_t count);

/* What a list by number has still to show: the rows with after < number < before, from below or, downwards, from above. */
struct page_span {
    int64_t after, before;
    bool is_descending;
};

/* By the cursor's first key. sort: the index of a choice among "number" and "-number", negative where there was none; after: where the
 * list begins, in either direction, QUERY_ABSENT for 0. STATUS_CORRUPT where that key, which this list's own cursor has, is no number. */
enum status page_span(const struct page *page, int sort, int64_t after, struct page_span *span) NODISCARD;

/* Rows in the order of a number, and of a text where several have the same. */
struct page_numbered {
    const void *rows;
    size_t count;     /* limit + 1 at most */
    size_t row_bytes; /* sizeof of a row */
    size_t number_at; /* offsetof the number, 64 bits of either sign, below 2^63 */
    size_t text_at;   /* where the page has two keys: offsetof the second one, a const char *, */
    bool has_two;     /* or a number as well, */
    size_t second_at; /* of which this is the offsetof */
    enum status (*write)(struct json_writer *w, const void *row, const struct exchange *exchange); /* the whole item */
};

/* The whole reply: the page of these rows, or the problem of status or of what could not be written. */
enum handled page_reply_numbered(struct page *page, enum status status, const struct page_numbered *found);

#endif
