/*
 * Conversions between text and values: numbers, hexadecimal, base64, instants,
 * dates, identifiers. Dates count days of the proleptic Gregorian calendar by the
 * era method (400 years have 146,097 days).
 */
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000 };

/* 9999-12-31T23:59:59.999Z, the last instant that text_from_instant can write. */
static const int64_t instant_max_ms = 253402300799999;
/* 0000-01-01 and 9999-12-31, between which text_from_date can write. */
static const int64_t day_min = -719528, day_max = 2932896;

size_t text_from_integer(char out[TEXT_INTEGER_BYTES], int64_t value)
{
    char digits[TEXT_INTEGER_BYTES];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    size_t length = sizeof digits - at;
    memcpy(out, digits + at, length);
    out[length] = 0;
    return length;
}

/* Rewrites 1e+20 and 1e-05 as 1e20 and 1e-5. */
static size_t tidy_exponent(char *text)
{
    char *e = strchr(text, 'e');
    if (e == NULL) {
        return strlen(text);
    }
    char *from = e + 1;
    char *to = e + 1;
    if (*from == '+') {
        from++;
    } else if (*from == '-') {
        from++;
        to++;
    }
    while (*from == '0' && from[1] != 0) {
        from++;
    }
    memmove(to, from, strlen(from) + 1);
    return strlen(text);
}

/* Adds one to the last of the digits that "%.*e" printed. False where all are nines. */
static bool increment_digits(char *text)
{
    char *digit = strchr(text, 'e');
    while (digit > text) {
        digit--;
        if (*digit == '9') {
            *digit = '0';
        } else if (*digit >= '0' && *digit < '9') {
            ++*digit;
            return true;
        }
    }
    return false;
}

/* Prints value with precision digits; true where they read back as value. Mostly the
 * nearest decimal does if any does. But below a power of two the doubles lie twice as
 * dense as above, and there the next decimal away from zero may do alone. */
static bool print_exact(char out[TEXT_DOUBLE_BYTES], int precision, double value)
{
    int exponent = 0;
    int written = snprintf(out, TEXT_DOUBLE_BYTES, "%.*g", precision, value);
    assert(written > 0 && written < TEXT_DOUBLE_BYTES);
    if (strtod(out, NULL) == value) {
        return true;
    }
    if (fabs(frexp(value, &exponent)) != 0.5) {
        return false;
    }
    char next[TEXT_DOUBLE_BYTES];
    written = snprintf(next, sizeof next, "%.*e", precision - 1, value);
    assert(written > 0 && written < TEXT_DOUBLE_BYTES);
    if (!increment_digits(next) || strtod(next, NULL) != value) {
        return false;
    }
    memcpy(out, next, strlen(next) + 1); /* only far from 1, where "%g" has an exponent too */
    return true;
}

size_t text_from_double(char out[TEXT_DOUBLE_BYTES], double value)
{
    assert(isfinite(value));
    if (value == 0) {
        memcpy(out, "0", 2); /* -0 reads better, and compares equal, as 0 */
        return 1;
    }
    if (fabs(value) < 1e15 && value == floor(value)) {
        int written = snprintf(out, TEXT_DOUBLE_BYTES, "%lld", (long long)value);
        assert(written > 0);
        return (size_t)written;
    }
    /* 15 digits survive any normal double, so the shortest text has 15, 16 or 17
     * digits unless trailing zeros fall away; subnormals may need fewer. */
    int precision = fabs(value) < 1e-290 ? 1 : 15;
    for (; precision < 17; precision++) {
        if (print_exact(out, precision, value)) {
            return tidy_exponent(out);
        }
    }
    bool is_exact = print_exact(out, 17, value);
    assert(is_exact);
    return tidy_exponent(out);
}

enum status text_to_integer(const char *text, int64_t *value)
{
    const char *at = text;
    bool is_negative = *at == '-';
    if (is_negative) {
        at++;
    }
    if (*at == 0) {
        return STATUS_INVALID;
    }
    int64_t sum = 0;
    for (; *at != 0; at++) {
        if (*at < '0' || *at > '9') {
            return STATUS_INVALID;
        }
        int64_t digit = is_negative ? -(*at - '0') : *at - '0';
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, digit, &sum)) {
            return STATUS_INVALID;
        }
    }
    *value = sum;
    return STATUS_OK;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* The end of the JSON number at text, or NULL. */
static const char *number_end(const char *text)
{
    const char *from = *text == '-' ? text + 1 : text;
    const char *at = skip_digits(from);
    if (at == from || (*from == '0' && at > from + 1)) {
        return NULL;
    }
    if (*at == '.') {
        from = at + 1;
        at = skip_digits(from);
        if (at == from) {
            return NULL;
        }
    }
    if (*at == 'e' || *at == 'E') {
        from = at + 1 + (at[1] == '+' || at[1] == '-');
        at = skip_digits(from);
        if (at == from) {
            return NULL;
        }
    }
    return at;
}

enum status text_to_double(const char *text, double *value)
{
    const char *end = number_end(text);
    if (end == NULL || *end != 0) {
        return STATUS_INVALID;
    }
    double parsed = strtod(text, NULL);
    if (!isfinite(parsed)) {
        return STATUS_INVALID;
    }
    *value = parsed;
    return STATUS_OK;
}

void text_to_hex(char *out, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * length] = 0;
}

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum status text_from_hex(const char *hex, void *bytes, size_t length)
{
    unsigned char *out = bytes;
    if (strlen(hex) != 2 * length) {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < 2 * length; i++) {
        if (text_hex_digit(hex[i]) < 0) {
            return STATUS_INVALID;
        }
    }
    for (size_t i = 0; i < length; i++) {
        out[i] = (unsigned char)(text_hex_digit(hex[2 * i]) * 16 + text_hex_digit(hex[2 * i + 1]));
    }
    return STATUS_OK;
}

static size_t base64_encode(char *out, const void *bytes, size_t length, const char *alphabet, bool is_padded)
{
    const unsigned char *in = bytes;
    size_t used = 0;
    for (size_t i = 0; i < length; i += 3) {
        unsigned left = (unsigned)(length - i < 3 ? length - i : 3);
        unsigned long word = (unsigned long)in[i] << 16;
        word |= left > 1 ? (unsigned long)in[i + 1] << 8 : 0;
        word |= left > 2 ? in[i + 2] : 0;
        for (unsigned k = 0; k < 4; k++) {
            if (k <= left) {
                out[used++] = alphabet[(word >> (18 - 6 * k)) & 63];
            } else if (is_padded) {
                out[used++] = '=';
            }
        }
    }
    out[used] = 0;
    return used;
}

size_t text_to_base64(char *out, const void *bytes, size_t length)
{
    return base64_encode(out, bytes, length,
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

size_t text_to_base64url(char *out, const void *bytes, size_t length)
{
    return base64_encode(out, bytes, length,
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum status text_from_base64(const char *text, size_t length, void *out, size_t *out_length)
{
    unsigned char *bytes = out;
    if (length % 4 != 0) {
        return STATUS_INVALID;
    }
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=') {
        padding++;
    }
    size_t used = 0;
    for (size_t i = 0; i < length; i += 4) {
        unsigned long word = 0;
        for (size_t k = 0; k < 4; k++) {
            bool is_padding = i + k >= length - padding;
            int digit = is_padding ? 0 : base64_digit(text[i + k]);
            if (digit < 0) {
                return STATUS_INVALID;
            }
            word = word << 6 | (unsigned long)digit;
        }
        size_t wanted = i + 4 == length ? 3 - padding : 3;
        if (wanted < 3 && (word & (wanted == 2 ? 0xffu : 0xffffu)) != 0) {
            return STATUS_INVALID; /* bits beyond the end must be zero: one text, one value */
        }
        for (size_t k = 0; k < wanted; k++) {
            bytes[used++] = (unsigned char)(word >> (16 - 8 * k));
        }
    }
    *out_length = used;
    return STATUS_OK;
}

static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* Writes value with exactly count digits; returns the place behind them. */
static char *put_digits(char *out, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + count;
}

/* Instants stand in every log line and most answers: snprintf would take most of their time. */
void text_from_date(char out[TEXT_DATE_BYTES], int64_t days)
{
    int year = 0, month = 0, day = 0;
    civil_from_days(days < day_min ? day_min : days > day_max ? day_max : days, &year, &month, &day);
    char *at = put_digits(out, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at = 0;
}

size_t text_from_instant(char out[TEXT_INSTANT_BYTES], int64_t time_ms)
{
    time_ms = time_ms < day_min * DAY_MS ? day_min * DAY_MS : time_ms > instant_max_ms ? instant_max_ms : time_ms;
    int64_t days = time_ms / DAY_MS - (time_ms % DAY_MS < 0);
    int rest = (int)(time_ms - days * DAY_MS);
    text_from_date(out, days);
    char *at = out + TEXT_DATE_BYTES - 1;
    *at++ = 'T';
    at = put_digits(at, rest / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, rest / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, rest / 1000 % 60, 2);
    *at++ = '.';
    at = put_digits(at, rest % 1000, 3);
    *at++ = 'Z';
    *at = 0;
    return (size_t)(at - out);
}

/* Reads exactly count digits; -1 where there are none. */
static int digits_at(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

enum status text_to_date(const char *text, int64_t *days)
{
    char again[TEXT_DATE_BYTES];
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-') {
        return STATUS_INVALID;
    }
    int year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31) {
        return STATUS_INVALID;
    }
    int64_t parsed = days_from_civil(year, month, day);
    text_from_date(again, parsed);
    if (memcmp(again, text, TEXT_DATE_BYTES) != 0) {
        return STATUS_INVALID; /* 31 February and the like */
    }
    *days = parsed;
    return STATUS_OK;
}

/* Milliseconds of ".250" and the like, rounded down; *at moves behind the digits. */
static int fraction_ms(const char **at)
{
    if (**at != '.') {
        return 0;
    }
    int value = 0;
    int count = 0;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, count++) {
        value = count < 3 ? value * 10 + (**at - '0') : value;
    }
    for (int i = count; i < 3; i++) {
        value *= 10;
    }
    return count == 0 || count > 9 ? -1 : value;
}

/* Minutes east of UTC of "Z" or "+08:00"; STATUS_INVALID else. */
static enum status offset_minutes(const char *text, int *minutes)
{
    if ((text[0] == 'Z' || text[0] == 'z') && text[1] == 0) {
        *minutes = 0;
        return STATUS_OK;
    }
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':') {
        return STATUS_INVALID;
    }
    int hours = digits_at(text + 1, 2), rest = digits_at(text + 4, 2);
    if (hours < 0 || hours > 23 || rest < 0 || rest > 59) {
        return STATUS_INVALID;
    }
    *minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + rest);
    return STATUS_OK;
}

enum status text_to_instant(const char *text, int64_t *time_ms)
{
    char date[TEXT_DATE_BYTES];
    int64_t days = 0;
    int minutes = 0;
    if (strlen(text) < 20 || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
        return STATUS_INVALID;
    }
    memcpy(date, text, 10);
    date[10] = 0;
    int hour = digits_at(text + 11, 2), minute = digits_at(text + 14, 2), second = digits_at(text + 17, 2);
    if (text_to_date(date, &days) != STATUS_OK || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59) {
        return STATUS_INVALID;
    }
    const char *at = text + 19;
    int milliseconds = fraction_ms(&at);
    if (milliseconds < 0 || offset_minutes(at, &minutes) != STATUS_OK || days < 0) {
        return STATUS_INVALID;
    }
    int64_t parsed = days * DAY_MS + (int64_t)hour * 3600000 + (minute - minutes) * 60000 + second * 1000 + milliseconds;
    if (parsed < 0 || parsed > instant_max_ms) {
        return STATUS_INVALID; /* an offset may lead out of the years that the date is in */
    }
    *time_ms = parsed;
    return STATUS_OK;
}

bool text_is_id(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length >= 1 && length <= 64 && text[length] == 0;
}

bool text_is_path_id(const char *text)
{
    return text_is_id(text) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

bool text_is_word(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length >= 1 && length <= 64 && text[length] == 0 && text[0] >= 'a' && text[0] <= 'z';
}

/* Bytes of the character that starts at s, with room bytes there; 0 where none does. */
static size_t utf8_bytes(const unsigned char *s, size_t room)
{
    unsigned char c = s[0];
    size_t more = c < 0x80 ? 0 : c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2
                : c >= 0xf0 && c <= 0xf4 ? 3 : 9;
    if (more == 9 || room <= more) {
        return 0;
    }
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    for (size_t k = 1; k <= more; k++) {
        if (s[k] < (k == 1 ? low : 0x80) || s[k] > (k == 1 ? high : 0xbf)) {
            return 0;
        }
    }
    return more + 1;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    size_t taken = 0;
    for (size_t i = 0; i < length; i += taken) {
        taken = utf8_bytes((const unsigned char *)bytes + i, length - i);
        if (taken == 0) {
            return false;
        }
    }
    return true;
}

void text_make_line(char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)bytes[i];
        size_t taken = c >= 0x20 && c < 0x7f ? 1 : utf8_bytes((const unsigned char *)bytes + i, length - i);
        if (c < 0x20 || c == 0x7f) {
            bytes[i] = ' ';
        } else if (taken == 0) {
            bytes[i] = '?';
        }
        i += taken > 0 ? taken : 1;
    }
}

bool text_equal_constant_time(const void *a, const void *b, size_t length)
{
    const volatile unsigned char *x = a;
    const volatile unsigned char *y = b;
    unsigned char different = 0;
    for (size_t i = 0; i < length; i++) {
        different = (unsigned char)(different | (x[i] ^ y[i]));
    }
    return different == 0;
}

enum { NEAREST_BYTES = 64 };

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Distance of two short texts by characters put in, left out, mistaken, and by neighbours that changed places,
 * each of which counts as one slip of the hand (Damerau and Levenshtein; no place is changed twice). */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NEAREST_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++) {
        before[j] = row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least_of(above[j - 1] + (a[i - 1] != b[j - 1]), least_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least_of(row[j], before[j - 2] + 1);
            }
        }
    }
    return row[b_length];
}

const char *text_nearest(const char *text, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = 3;
    size_t length = strlen(text);
    if (length > NEAREST_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t name_length = strlen(names[i]);
        if (name_length > NEAREST_BYTES) {
            continue;
        }
        size_t distance = edit_distance(text, length, names[i], name_length);
        if (distance < best_distance && distance * 2 < name_length) {
            best = names[i];
            best_distance = distance;
        }
    }
    return best;
}
