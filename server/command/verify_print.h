#ifndef SERVER_COMMAND_VERIFY_PRINT_H
#define SERVER_COMMAND_VERIFY_PRINT_H

#include <stdint.h>

#include "base/status.h"

/*
 * What a verification found, on standard output: for people, or as one JSON object on one line, whose members
 * docs/verify.md tells.
 */
struct verify_report;
struct quorum;

/* For people. What stands between quotes of a damaged file is made harmless. */
void verify_print_text(const struct verify_report *report);

/* The object. STATUS_OK: what was found. STATUS_CORRUPT: a file is so damaged that it could not be begun, which is a finding too.
 * Else nothing was found out, and status says why. quorum NULL: no policy was given. */
void verify_print_json(enum status status, const struct verify_report *report, const struct quorum *quorum, int64_t duration_ms);

#endif
