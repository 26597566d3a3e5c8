/*
 * The mask is a text of nothing but DEL, which has no line break and no escape. A caller
 * that sends such a text beside a number too large only misses a remark about that text:
 * the body is refused in any case.
 */
#include "json/unfit.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"

enum { MASK = 0x7f, MASK_BYTES_MIN = 3, REAL_BYTES_MIN = 5 /* 1e309 */, INTEGER_DIGITS = 19, SHOWN_BYTES = 40 };

/* How many digits text begins with. Loops instead of strspn here and below: under a sanitizer that checks whole strings
 * it reads to the end of a body of megabytes each time. */
static size_t count_digits(const char *text)
{
    size_t count = 0;
    while (text[count] >= '0' && text[count] <= '9') {
        count++;
    }
    return count;
}

/* The length of the number that text begins with, as RFC 8259 has it; 0 where there is none. */
static size_t number_length(const char *text)
{
    const char *at = text + (*text == '-');
    size_t digits = count_digits(at);
    if (digits == 0) {
        return 0;
    }
    at += *at == '0' ? 1 : digits;
    digits = *at == '.' ? count_digits(at + 1) : 0;
    at += digits > 0 ? digits + 1 : 0;
    if (*at == 'e' || *at == 'E') {
        const char *power = at + 1 + (at[1] == '+' || at[1] == '-');
        digits = count_digits(power);
        at = digits > 0 ? power + digits : at;
    }
    return (size_t)(at - text);
}

/* Whether the number that is all of text is one that the parser takes for too large. */
static bool is_too_large(const char *text, size_t length)
{
    size_t digits = length - (*text == '-');
    if (length < REAL_BYTES_MIN) {
        return false;
    }
    if (memchr(text, '.', length) != NULL || memchr(text, 'e', length) != NULL || memchr(text, 'E', length) != NULL) {
        return isinf(strtod(text, NULL));
    }
    if (digits != INTEGER_DIGITS) {
        return digits > INTEGER_DIGITS;
    }
    errno = 0;
    (void)strtoll(text, NULL, 10);
    return errno == ERANGE;
}

/* A name is a text: a number in its place is no JSON, and a mask would hide that. */
static bool is_name(const char *behind)
{
    while (*behind == ' ' || *behind == '\t' || *behind == '\r' || *behind == '\n') {
        behind++;
    }
    return *behind == ':';
}

void unfit_mask(char *text, size_t length)
{
    assert(text[length] == 0);
    for (size_t i = 0; i < length;) {
        size_t taken = 1;
        if (text[i] == '"') {
            while (i + taken < length && text[i + taken] != '"') {
                taken += text[i + taken] == '\\' ? 2 : 1;
            }
            taken++;
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            size_t number = number_length(text + i);
            const char behind = text[i + number];
            text[i + number] = 0;
            bool is_masked = is_too_large(text + i, number);
            text[i + number] = behind;
            if (is_masked && !is_name(text + i + number)) {
                memset(text + i, MASK, number);
                text[i] = text[i + number - 1] = '"';
            }
            taken = number > 0 ? number : 1;
        }
        i += taken;
    }
}

struct naming {
    const char *bytes, *masked;
    struct faults *faults;
};

static enum status name_number(void *context, const struct scan_value *value)
{
    const struct naming *naming = context;
    if (value->kind != 'n' || naming->masked[value->offset] != '"') {
        return STATUS_OK;
    }
    bool is_cut = value->length > SHOWN_BYTES;
    faults_add(naming->faults, value->pointer, "out_of_range",
               "the number %.*s%s is too large to be read; integers are from -9223372036854775808 to 9223372036854775807, "
               "others from -1.7976931348623157e308 to 1.7976931348623157e308",
               is_cut ? SHOWN_BYTES : (int)value->length, naming->bytes + value->offset, is_cut ? "..." : "");
    return STATUS_OK;
}

void unfit_name(const char *bytes, const char *masked, size_t length, struct faults *faults)
{
    struct naming naming = { bytes, masked, faults };
    size_t before = faults->total;
    enum status status = json_scan(bytes, length, name_number, &naming);
    if (status != STATUS_OK && faults->total == before) { /* it stands deeper than a pointer reaches */
        faults_add(faults, "", "out_of_range", "a number in the body is too large to be read");
    }
    faults->has_unfit = true;
}

bool json_is_unfit(const json_t *value, const struct faults *faults)
{
    if (!faults->has_unfit || !json_is_string(value)) {
        return false;
    }
    static const char mask[] = { MASK, 0 };
    size_t length = json_string_length(value);
    return length >= MASK_BYTES_MIN && strspn(json_string_value(value), mask) == length;
}
