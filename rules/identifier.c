/*
 * Check digits of item identifiers, and the ids that routes have taken.
 */
#include "rules/identifier.h"

#include <stddef.h>
#include <string.h>

/* The literal segments behind /supplies and /transfers (server/routes.c); a test compares them with the contract. */
static const char *const reserved_ids[] = { "summary" };

enum { LENGTHS_MAX = 4 };

static const struct system {
    const char *name;
    size_t lengths[LENGTHS_MAX]; /* 0 where there are fewer */
    const char *wrong_form;
    const char *wrong_digit; /* NULL: no check digit */
} systems[] = {
    { "gtin", { 8, 12, 13, 14 }, "a GTIN has 8, 12, 13 or 14 digits", "the check digit of the GTIN is wrong" },
    { "gln", { 13 }, "a GLN has 13 digits", "the check digit of the GLN is wrong" },
    { "sscc", { 18 }, "an SSCC has 18 digits", "the check digit of the SSCC is wrong" },
    { "unspsc", { 8 }, "a UNSPSC code has 8 digits", NULL },
};

static bool has_form(const struct system *system, const char *value)
{
    size_t length = strlen(value);
    if (length == 0 || strspn(value, "0123456789") != length) {
        return false;
    }
    for (size_t i = 0; i < LENGTHS_MAX; i++) {
        if (system->lengths[i] == length) {
            return true;
        }
    }
    return false;
}

/* GS1 modulo 10 over the digits before the last. */
static bool has_check_digit(const char *value)
{
    size_t length = strlen(value);
    int sum = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        int weight = (length - 1 - i) % 2 == 1 ? 3 : 1;
        sum += (value[i] - '0') * weight;
    }
    return (10 - sum % 10) % 10 == value[length - 1] - '0';
}

const char *identifier_fault(const char *system, const char *value, const char **code)
{
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        if (strcmp(systems[i].name, system) != 0) {
            continue;
        }
        if (!has_form(&systems[i], value)) {
            *code = "bad_format";
            return systems[i].wrong_form;
        }
        if (systems[i].wrong_digit != NULL && !has_check_digit(value)) {
            *code = "identifier_check_digit";
            return systems[i].wrong_digit;
        }
    }
    return NULL;
}

bool identifier_is_reserved(const char *id)
{
    for (size_t i = 0; i < sizeof reserved_ids / sizeof reserved_ids[0]; i++) {
        if (strcmp(reserved_ids[i], id) == 0) {
            return true;
        }
    }
    return false;
}
