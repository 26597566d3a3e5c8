#ifndef ANALYTICS_LP_SHORTLIST_H
#define ANALYTICS_LP_SHORTLIST_H

/*
 * Pricing of very many columns: those that gained most when all were priced are priced alone for as long as one of them
 * gains anything (multiple pricing, Orchard-Hays, "Advanced Linear-Programming Computing Techniques" (1968)). That nothing
 * gains is only ever said after all were priced. Internal to analytics/.
 */

#include "analytics/lp/panel.h"

struct lp_shortlist;

/* Returns NULL when memory is short. */
struct lp_shortlist *lp_shortlist_create(void);
void lp_shortlist_free(struct lp_shortlist *list);

/* Forgets everything: to be called before each program, whose path then depends on it alone. */
void lp_shortlist_clear(struct lp_shortlist *list);

/* As lp_panel_price, except that it may be another column above floor that is found; of few columns, or where memory is
 * short, it is the same. */
size_t lp_shortlist_price(struct lp_shortlist *list, const struct lp_panel *all, const double *weight, double floor,
                          int is_first, double *product);

#endif
