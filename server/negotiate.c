/*
 * Accept and Accept-Encoding: lists of ranges, each with parameters and a weight. Weights are kept in
 * thousandths, which is as fine as they may be written.
 */
#include "server/negotiate.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "handlers/exchange.h"

enum { WEIGHT_MAX = 1000, SPECIFIC_ANY = 1, SPECIFIC_TYPE, SPECIFIC_WHOLE, SPECIFIC_PARAMETER };

struct media_type {
    unsigned gives;
    const char *text;
};

static const char csv[] = "text/csv";

/* In the order that we prefer. */
static const struct media_type types[] = {
    {GIVES_JSON, "application/json"},
    {GIVES_CSV, csv},
    {GIVES_YAML, "application/yaml"},
    {GIVES_TEXT, "text/plain"},
    {GIVES_HTML, "text/html"},
    {GIVES_EVENTS, "text/event-stream"},
    {GIVES_LINES, "application/x-ndjson"},
    {GIVES_SVG, "image/svg+xml"},
};

enum { TYPES = sizeof types / sizeof types[0] };

struct piece {
    const char *at;
    size_t length;
};

/* What a range says about the header line of text/csv. */
enum header { HEADER_UNSAID, HEADER_PRESENT, HEADER_ABSENT, HEADER_OTHER };

/* One element of a list, taken apart. */
struct range {
    struct piece name; /* text/csv, or gzip */
    int weight;
    bool has_parameter;
    bool is_other_charset; /* one that we do not write */
    enum header header;
};

static struct piece trim(const char *at, size_t length)
{
    while (length > 0 && (*at == ' ' || *at == '\t')) {
        at++;
        length--;
    }
    while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) {
        length--;
    }
    return (struct piece){at, length};
}

static bool piece_is(struct piece piece, const char *text)
{
    return strlen(text) == piece.length && strncasecmp(piece.at, text, piece.length) == 0;
}

/* The length of what stands before end, a comma or a semicolon outside of quotes. */
static size_t span(const char *at, const char *ends)
{
    bool is_quoted = false;
    size_t i = 0;
    for (; at[i] != 0 && (is_quoted || strchr(ends, at[i]) == NULL); i++) {
        if (at[i] == '"') {
            is_quoted = !is_quoted;
        } else if (is_quoted && at[i] == '\\' && at[i + 1] != 0) {
            i++;
        }
    }
    return i;
}

/* 0, 1, 0.5, .25: thousandths; -1 where it is no weight. Some write the point without a zero before it. */
static int read_weight(struct piece text)
{
    int weight = 0, scale = WEIGHT_MAX;
    size_t i = 0;
    if (text.length > 0 && (text.at[0] == '0' || text.at[0] == '1')) {
        weight = text.at[0] == '1' ? WEIGHT_MAX : 0;
        i = 1;
    }
    if (i < text.length && text.at[i] == '.') {
        for (i++; i < text.length && text.at[i] >= '0' && text.at[i] <= '9' && scale > 1; i++) {
            scale /= 10;
            weight += (text.at[i] - '0') * scale;
        }
    }
    return i == text.length && i > 0 && weight <= WEIGHT_MAX ? weight : -1;
}

static void take_parameter(struct range *range, struct piece text)
{
    const char *equals = memchr(text.at, '=', text.length);
    size_t name_length = equals != NULL ? (size_t)(equals - text.at) : text.length;
    struct piece name = trim(text.at, name_length);
    struct piece value = equals != NULL ? trim(equals + 1, text.length - name_length - 1) : (struct piece){"", 0};
    if (piece_is(name, "q")) {
        range->weight = read_weight(value);
        return;
    }
    if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"') {
        value = (struct piece){value.at + 1, value.length - 2};
    }
    range->has_parameter = range->has_parameter || name.length > 0;
    if (piece_is(name, "charset") && !piece_is(value, "utf-8") && !piece_is(value, "utf8")) {
        range->is_other_charset = true;
    }
    if (piece_is(name, "header")) {
        range->header = piece_is(value, "present") ? HEADER_PRESENT : piece_is(value, "absent") ? HEADER_ABSENT : HEADER_OTHER;
    }
}

/* The next element of the list at *at, which moves behind it; false at the end. */
static bool next_range(const char **at, struct range *range)
{
    *at += strspn(*at, ", \t");
    if (**at == 0) {
        return false;
    }
    size_t length = span(*at, ",;");
    *range = (struct range){.name = trim(*at, length), .weight = WEIGHT_MAX};
    *at += length;
    while (**at == ';') {
        (*at)++;
        length = span(*at, ",;");
        take_parameter(range, trim(*at, length));
        *at += length;
    }
    return true;
}

/* How closely a range names the type, with or without a header line; 0: not at all. */
static int fit_media(const struct range *range, const char *type, bool is_headless)
{
    size_t major = strcspn(type, "/") + 1;
    if (piece_is(range->name, type)) {
        const bool is_other_table = strcmp(type, csv) == 0 && range->header != HEADER_UNSAID &&
                                    range->header != (is_headless ? HEADER_ABSENT : HEADER_PRESENT);
        return range->is_other_charset || is_other_table ? 0 : range->has_parameter ? SPECIFIC_PARAMETER : SPECIFIC_WHOLE;
    }
    if (piece_is(range->name, "*/*") || piece_is(range->name, "*")) { /* a lone star: some old clients send it */
        return SPECIFIC_ANY;
    }
    bool is_major = range->name.length == major + 1 && strncasecmp(range->name.at, type, major) == 0;
    return is_major && range->name.at[major] == '*' ? SPECIFIC_TYPE : 0;
}

/* The weight of a type, 0 where nothing takes it. Among equally specific ranges the larger weight counts. */
static int weigh_media(const char *accept, const char *type, bool is_headless)
{
    struct range range;
    int best = 0, weight = 0;
    while (next_range(&accept, &range)) {
        int specific = range.weight < 0 ? 0 : fit_media(&range, type, is_headless);
        if (specific > best || (specific == best && specific > 0 && range.weight > weight)) {
            best = specific;
            weight = range.weight;
        }
    }
    return weight;
}

/* Without a word about it the line is there. */
bool negotiate_is_headless(const char *accept)
{
    return accept != NULL && weigh_media(accept, csv, true) > weigh_media(accept, csv, false);
}

const char *negotiate_media(unsigned gives, unsigned index)
{
    for (size_t i = 0; i < TYPES; i++) {
        if ((gives & types[i].gives) != 0 && index-- == 0) {
            return types[i].text;
        }
    }
    return NULL;
}

unsigned negotiate_accept(const char *accept, unsigned gives)
{
    bool takes_all = accept == NULL || accept[strspn(accept, ", \t")] == 0;
    unsigned chosen = 0;
    int weight = 0;
    for (size_t i = 0; i < TYPES; i++) {
        if ((gives & types[i].gives) == 0) {
            continue;
        }
        bool is_headless = !takes_all && types[i].gives == GIVES_CSV && negotiate_is_headless(accept);
        int own = takes_all ? WEIGHT_MAX : weigh_media(accept, types[i].text, is_headless);
        if (own > weight) {
            chosen = types[i].gives;
            weight = own;
        }
    }
    return chosen;
}

enum coding negotiate_coding(const char *accept_encoding)
{
    enum { UNSAID = -1 };
    int gzip = UNSAID, zstd = UNSAID, identity = UNSAID, any = UNSAID;
    struct range range;
    if (accept_encoding == NULL) {
        return CODING_IDENTITY;
    }
    while (next_range(&accept_encoding, &range)) {
        int *weight = piece_is(range.name, "gzip") || piece_is(range.name, "x-gzip") ? &gzip
                      : piece_is(range.name, "zstd")                                 ? &zstd
                      : piece_is(range.name, "identity")                             ? &identity
                      : piece_is(range.name, "*")                                    ? &any
                                                                                     : NULL;
        if (weight != NULL && range.weight > *weight) {
            *weight = range.weight;
        }
    }
    gzip = gzip == UNSAID ? any : gzip;
    const bool is_zstd = zstd == UNSAID ? any > gzip : zstd > 0 && zstd >= gzip;
    const int coded = !is_zstd ? gzip : zstd == UNSAID ? any : zstd;
    const bool takes_identity = identity == UNSAID ? any != 0 : identity > 0; /* unsaid, it is taken */
    if (coded <= 0) {
        return takes_identity ? CODING_IDENTITY : CODING_NONE;
    }
    if (!takes_identity) {
        return is_zstd ? CODING_ZSTD_ALONE : CODING_GZIP_ALONE;
    }
    return coded < identity ? CODING_IDENTITY : is_zstd ? CODING_ZSTD : CODING_GZIP;
}
