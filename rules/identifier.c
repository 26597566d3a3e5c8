/*
 * Check digits of item identifiers.
 */
#include "rules/identifier.h"

#include <string.h>

static const char *gtin_fault(const char *value)
{
    size_t length = strlen(value);
    if (strspn(value, "0123456789") != length || (length != 8 && length != 12 && length != 13 && length != 14)) {
        return "a GTIN has 8, 12, 13 or 14 digits";
    }
    int sum = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        int weight = (length - 1 - i) % 2 == 1 ? 3 : 1;
        sum += (value[i] - '0') * weight;
    }
    return (10 - sum % 10) % 10 == value[length - 1] - '0' ? NULL : "the check digit of the GTIN is wrong";
}

const char *identifier_fault(const char *system, const char *value)
{
    if (strcmp(system, "gtin") == 0) {
        return gtin_fault(value);
    }
    if (strcmp(system, "unspsc") == 0 && (strlen(value) != 8 || strspn(value, "0123456789") != 8)) {
        return "a UNSPSC code has 8 digits";
    }
    return NULL;
}
