#ifndef RULES_REFERENCE_H
#define RULES_REFERENCE_H

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

/* The columns that a request decides, all but code, version and seq. Texts are borrowed. */
void province_from_request(const struct province_request *request, struct province *row);

#endif
