#ifndef HANDLERS_ERRORS_H
#define HANDLERS_ERRORS_H

#include <stddef.h>

#include "handlers/exchange.h"

/* The pages of docs/errors, to which the type of every problem leads. They are built into the
 * program as HTML (tools/pages.awk), in the order of their codes. */
struct error_page {
    const char *code;
    const char *html;
    size_t length;
};

extern const struct error_page error_pages[];
extern const size_t error_page_count;

/* GET /errors: all codes with their statuses and titles. */
enum handled errors_list(struct exchange *exchange);
/* GET /errors/{code} */
enum handled errors_get(struct exchange *exchange);

#endif
