/*
 * Cursors and the frame of lists. A cursor is base64url of
 *   version (1 byte), then for each key its length (2 bytes, big-endian) and bytes, then
 *   the first 16 bytes of HMAC-SHA256(secret, domain, path, filters, what stands before).
 * Filters are the query's parameters but limit, cursor and fields, sorted, each with its lengths,
 * so that neither their order nor the page's size nor the members shown matter.
 */
#include "handlers/page.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "handlers/problem.h"
#include "ledger/mac.h"

enum { CURSOR_VERSION = 1, TAG_BYTES = 16, CURSOR_BYTES_MAX = 1536, NUMBER_DIGITS = 24 };

static const char domain[] = "tallystick/cursor/v1\n";

static void mac_text(struct mac *mac, const char *text)
{
    size_t length = strlen(text);
    uint8_t prefix[4] = { (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length };
    mac_update(mac, prefix, sizeof prefix);
    mac_update(mac, text, length);
}

/* What the next page's link repeats as it is. */
static bool is_repeated(const struct exchange_pair *pair)
{
    return strcmp(pair->name, "limit") != 0 && strcmp(pair->name, "cursor") != 0;
}

/* What decides which rows there are and in which order. */
static bool is_filter(const struct exchange_pair *pair)
{
    return is_repeated(pair) && strcmp(pair->name, "fields") != 0;
}

/* Indices of the filters, by name; names do not repeat (query_read). */
static size_t sort_filters(const struct exchange *exchange, size_t order[LIMIT_QUERY_PARAMETERS])
{
    size_t count = 0;
    for (size_t i = 0; i < exchange->query_count; i++) {
        if (!is_filter(&exchange->query[i])) {
            continue;
        }
        size_t at = count++;
        while (at > 0 && strcmp(exchange->query[order[at - 1]].name, exchange->query[i].name) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    return count;
}

static void make_tag(const struct exchange *exchange, const void *content, size_t length, uint8_t tag[MAC_BYTES])
{
    size_t order[LIMIT_QUERY_PARAMETERS];
    size_t count = sort_filters(exchange, order);
    struct mac mac;
    mac_init(&mac, exchange->service->cursor_secret, sizeof exchange->service->cursor_secret);
    mac_update(&mac, domain, sizeof domain - 1);
    mac_text(&mac, exchange->path);
    for (size_t i = 0; i < count; i++) {
        mac_text(&mac, exchange->query[order[i]].name);
        mac_text(&mac, exchange->query[order[i]].value);
    }
    mac_update(&mac, content, length);
    mac_final(&mac, tag);
}

/* Base64url without padding to bytes; out has room for CURSOR_BYTES_MAX. */
static bool decode(const char *text, uint8_t *out, size_t *length)
{
    char standard[CURSOR_BYTES_MAX / 3 * 4];
    size_t used = strlen(text);
    if (used == 0 || used % 4 == 1 || used > sizeof standard - 4) {
        return false;
    }
    for (size_t i = 0; i < used; i++) {
        char c = text[i];
        if (c == '+' || c == '/' || c == '=') {
            return false;
        }
        standard[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    while (used % 4 != 0) {
        standard[used++] = '=';
    }
    return text_from_base64(standard, used, out, length) == STATUS_OK;
}

/* The keys out of a cursor's content, copied to the arena. */
static enum status take_keys(struct page *page, const uint8_t *bytes, size_t length)
{
    size_t at = 1;
    if (bytes[0] != CURSOR_VERSION) {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < page->key_count; i++) {
        if (length - at < 2) {
            return STATUS_INVALID;
        }
        size_t key_length = (size_t)bytes[at] << 8 | bytes[at + 1];
        at += 2;
        if (length - at < key_length) {
            return STATUS_INVALID;
        }
        const char *key = arena_copy(page->exchange->arena, (const char *)bytes + at, key_length);
        if (key == NULL) {
            return STATUS_EXHAUSTED;
        }
        page->keys[i] = key;
        at += key_length;
    }
    return at == length ? STATUS_OK : STATUS_INVALID;
}

static enum status read_cursor(struct page *page, const char *cursor)
{
    uint8_t bytes[CURSOR_BYTES_MAX];
    uint8_t tag[MAC_BYTES];
    size_t length = 0;
    if (!decode(cursor, bytes, &length) || length < 1 + TAG_BYTES) {
        return STATUS_INVALID;
    }
    length -= TAG_BYTES;
    make_tag(page->exchange, bytes, length, tag);
    if (!text_equal_constant_time(tag, bytes + length, TAG_BYTES)) {
        return STATUS_INVALID;
    }
    return take_keys(page, bytes, length);
}

bool page_begin(struct page *page, struct exchange *exchange, int64_t limit, const char *cursor, size_t key_count)
{
    assert(key_count >= 1 && key_count <= PAGE_KEYS_MAX);
    memset(page, 0, sizeof *page);
    page->exchange = exchange;
    page->key_count = key_count;
    page->limit = limit == QUERY_ABSENT ? LIMIT_PAGE_DEFAULT : limit;
    assert(page->limit >= 1 && page->limit <= LIMIT_PAGE_MAX);
    for (size_t i = 0; i < key_count; i++) {
        page->keys[i] = "";
    }
    enum status status = cursor == NULL ? STATUS_OK : read_cursor(page, cursor);
    if (status == STATUS_EXHAUSTED) {
        problem_status(exchange, status);
        return false;
    }
    if (status != STATUS_OK) {
        problem_reply(exchange, "invalid_cursor",
                      "The cursor is not one that this list gave for these filters. Take it from next of the page "
                      "before, and leave the other parameters as they were; or begin without it.");
        return false;
    }
    return true;
}

bool page_begin_ordered(struct page *page, struct exchange *exchange, int64_t limit, const char *cursor, int sort)
{
    const struct order order = order_of_choice(sort, "");
    const size_t key_count = order_is_usual(&order) ? 1 : 2;
    if (!page_begin(page, exchange, limit, cursor, key_count)) {
        return false;
    }
    page->order = order;
    page->order.after = page->keys[0];
    page->after = page->keys[key_count - 1];
    return true;
}

struct json_writer *page_open(struct page *page)
{
    exchange_json(page->exchange, 200);
    json_writer_init(&page->writer, &page->exchange->reply);
    json_object_begin(&page->writer);
    json_key(&page->writer, "items");
    json_array_begin(&page->writer);
    return &page->writer;
}

/* The cursor behind a row, or NULL without memory. */
static const char *make_cursor(const struct page *page, const char *const *keys)
{
    uint8_t bytes[CURSOR_BYTES_MAX];
    uint8_t tag[MAC_BYTES];
    size_t used = 0;
    bytes[used++] = CURSOR_VERSION;
    for (size_t i = 0; i < page->key_count; i++) {
        size_t length = strlen(keys[i]);
        assert(used + 2 + length + TAG_BYTES + 8 <= sizeof bytes);
        bytes[used++] = (uint8_t)(length >> 8);
        bytes[used++] = (uint8_t)length;
        memcpy(bytes + used, keys[i], length);
        used += length;
    }
    make_tag(page->exchange, bytes, used, tag);
    memcpy(bytes + used, tag, TAG_BYTES);
    used += TAG_BYTES;
    char *text = arena_alloc(page->exchange->arena, TEXT_BASE64_BYTES(used));
    if (text != NULL) {
        text_to_base64url(text, bytes, used);
    }
    return text;
}

/* Percent-encodes all but the unreserved characters of RFC 3986 and the comma. */
static void encode(struct buffer *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        bool is_plain = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') ||
                        strchr("-._~,", *at) != NULL;
        if (is_plain) {
            buffer_byte(out, (char)*at);
        } else {
            buffer_byte(out, '%');
            buffer_byte(out, digits[*at >> 4]);
            buffer_byte(out, digits[*at & 15]);
        }
    }
}

/* Adds Link: <absolute URI of the next page>; rel="next". Without memory the body alone says it. */
static void add_link(struct page *page, const char *cursor)
{
    struct exchange *exchange = page->exchange;
    struct buffer link;
    buffer_init(&link);
    buffer_format(&link, "<%s%s?", exchange->base_url, exchange->path);
    for (size_t i = 0; i < exchange->query_count; i++) {
        if (is_repeated(&exchange->query[i])) {
            encode(&link, exchange->query[i].name);
            buffer_byte(&link, '=');
            encode(&link, exchange->query[i].value);
            buffer_byte(&link, '&');
        }
    }
    buffer_format(&link, "limit=%lld&cursor=%s>; rel=\"next\"", (long long)page->limit, cursor);
    const char *value = link.failed ? NULL : arena_copy(exchange->arena, link.bytes, link.length);
    buffer_fini(&link);
    if (value != NULL) {
        exchange_header(exchange, "Link", value);
    }
}

void page_close(struct page *page, const char *const *keys)
{
    const char *cursor = keys == NULL ? NULL : make_cursor(page, keys);
    json_array_end(&page->writer);
    if (keys != NULL && cursor == NULL) {
        page->exchange->reply.failed = true; /* a list must not seem to end here */
    }
    if (cursor != NULL) {
        add_link(page, cursor);
    }
    json_member_text(&page->writer, "next", cursor);
    json_member_integer(&page->writer, "limit", page->limit);
}

enum handled page_reply(struct page *page)
{
    json_object_end(&page->writer);
    json_writer_finish(&page->writer);
    return HANDLED_REPLY;
}

enum handled page_reply_rows(struct page *page, enum status status, const struct page_rows *kind, const void *rows, size_t count)
{
    if (status != STATUS_OK) {
        problem_status(page->exchange, status);
        return HANDLED_REPLY;
    }
    assert(page->key_count <= 2);
    size_t shown = count > (size_t)page->limit ? (size_t)page->limit : count;
    const char *row = rows;
    const char *keys[2] = { NULL, NULL };
    struct json_writer *w = page_open(page);
    for (size_t i = 0; i < shown; i++, row += kind->row_bytes) {
        json_object_begin(w);
        kind->write(w, row, page->exchange);
        json_object_end(w);
        memcpy(&keys[page->key_count - 1], row + kind->key_at, sizeof keys[0]);
        if (page->key_count == 2) {
            memcpy(&keys[0], row + kind->order_at, sizeof keys[0]);
        }
    }
    page_close(page, count > shown ? keys : NULL);
    return page_reply(page);
}

enum status page_span(const struct page *page, int sort, int64_t after, struct page_span *span)
{
    struct page_span found = { after == QUERY_ABSENT ? 0 : after, INT64_MAX, sort == 1 };
    int64_t *number = found.is_descending ? &found.before : &found.after;
    if (page->keys[0][0] != 0 && text_to_integer(page->keys[0], number) != STATUS_OK) {
        return STATUS_CORRUPT;
    }
    *span = found;
    return STATUS_OK;
}

static void number_key(char key[NUMBER_DIGITS], const char *at)
{
    int64_t number = 0;
    memcpy(&number, at, sizeof number);
    snprintf(key, NUMBER_DIGITS, "%" PRId64, number);
}

enum handled page_reply_numbered(struct page *page, enum status status, const struct page_numbered *found)
{
    char last[NUMBER_DIGITS], second[NUMBER_DIGITS];
    const char *keys[2] = { last, second };
    size_t shown = found->count > (size_t)page->limit ? (size_t)page->limit : found->count;
    const char *row = found->rows;
    assert(page->key_count <= 2);
    struct json_writer *w = status == STATUS_OK ? page_open(page) : NULL;
    for (size_t i = 0; status == STATUS_OK && i < shown; i++) {
        status = found->write(w, row + i * found->row_bytes, page->exchange);
    }
    if (status != STATUS_OK) {
        problem_status(page->exchange, status);
        return HANDLED_REPLY;
    }
    if (shown > 0) {
        row += (shown - 1) * found->row_bytes;
        number_key(last, row + found->number_at);
        if (found->has_two) {
            number_key(second, row + found->second_at);
        } else if (page->key_count == 2) {
            memcpy(&keys[1], row + found->text_at, sizeof keys[1]);
        }
    }
    page_close(page, found->count > shown ? keys : NULL);
    return page_reply(page);
}
