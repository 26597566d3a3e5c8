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

/* The columns that a request decides, all but code, version and seq. Texts are borrowed. */
void province_from_request(const struct province_request *request, struct province *row);

#endif
