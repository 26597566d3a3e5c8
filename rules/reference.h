#ifndef RULES_REFERENCE_H
#define RULES_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/context.h"

struct province;
struct province_request;

/* Replacing one object of reference data whole. */
enum status province_put_apply(struct context *context) NODISCARD;
enum status organisation_put_apply(struct context *context) NODISCARD;
enum status site_put_apply(struct context *context) NODISCARD;
enum status item_put_apply(struct context *context) NODISCARD;
enum status indicator_put_apply(struct context *context) NODISCARD;

/* What is wrong with the members of a request that could be read; absent ones are passed over (rules_check). */
enum status province_put_check(struct context *context) NODISCARD;
enum status organisation_put_check(struct context *context) NODISCARD;
enum status site_put_check(struct context *context) NODISCARD;
void item_put_check(struct context *context);
void indicator_put_check(struct context *context);

/*
 * For whatever is replaced whole by PUT under a version: the common end of the checks. Faults, an unchanged object and a version
 * that forbids it mark the outcome; then there is nothing to be written. exists: there is one, of that version and seq; is_same:
 * the request would leave it as it is.
 */
enum reference_verdict { REFERENCE_WRITE, REFERENCE_DONE };
enum status reference_settle(struct context *context, bool exists, bool is_same, int64_t version, int64_t seq,
                             enum reference_verdict *verdict) NODISCARD;

/* Marks the outcome after the row was written. */
enum status reference_written(struct context *context, bool exists) NODISCARD;

/* The columns that a request decides, all but code, version and seq. Texts are borrowed. */
void province_from_request(const struct province_request *request, struct province *row);

#endif
