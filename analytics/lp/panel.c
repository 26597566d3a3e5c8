/* Columns side by side, and their products with weights. Read simplex.c for who asks. */
#include "analytics/lp/panel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

static size_t blocks_of(size_t columns)
{
    return (columns + LP_PANEL_LANES - 1) / LP_PANEL_LANES;
}

enum status lp_panel_init(struct lp_panel *panel, size_t rows, size_t capacity)
{
    const size_t bytes = (blocks_of(capacity) + 1) * rows * LP_PANEL_LANES * sizeof(double);
    *panel = (struct lp_panel){.rows = rows, .capacity = capacity};
    panel->values = aligned_alloc(ALIGNMENT, bytes);
    if (panel->values == NULL) {
        return STATUS_EXHAUSTED;
    }
    memset(panel->values, 0, bytes);
    return STATUS_OK;
}

void lp_panel_fini(struct lp_panel *panel)
{
    free(panel->values);
    memset(panel, 0, sizeof *panel);
}

void lp_panel_clear(struct lp_panel *panel)
{
    memset(panel->values, 0, blocks_of(panel->count) * panel->rows * LP_PANEL_LANES * sizeof *panel->values);
    panel->count = 0;
}

/* Where a column's first element is; the others follow at intervals of a block's width. */
static double *place(const struct lp_panel *panel, size_t column)
{
    return panel->values + column / LP_PANEL_LANES * panel->rows * LP_PANEL_LANES + column % LP_PANEL_LANES;
}

void lp_panel_set(struct lp_panel *panel, size_t column, const double *values)
{
    assert(column <= panel->count && column < panel->capacity);
    double *at = place(panel, column);
    for (size_t i = 0; i < panel->rows; i++) {
        at[i * LP_PANEL_LANES] = values[i];
    }
    panel->count += column == panel->count;
}

void lp_panel_pop(struct lp_panel *panel)
{
    assert(panel->count > 0);
    panel->count--;
    double *at = place(panel, panel->count);
    for (size_t i = 0; i < panel->rows; i++) {
        at[i * LP_PANEL_LANES] = 0;
    }
}

void lp_panel_read(const struct lp_panel *panel, size_t column, double *values)
{
    const double *at = place(panel, column);
    for (size_t i = 0; i < panel->rows; i++) {
        values[i] = at[i * LP_PANEL_LANES];
    }
}

LP_PANEL_INLINE size_t price_body(const struct lp_panel *panel, const double *weight, double floor, int is_first,
                                  double *product)
{
    const size_t rows = panel->rows;
    const size_t blocks = blocks_of(panel->count);
    double best = floor;
    size_t found = panel->count;
    for (size_t b = 0; b < blocks; b++) {
        const lp_lanes *block = (const lp_lanes *) (const void *) (panel->values + b * rows * LP_PANEL_LANES);
        lp_lanes low = {0, 0, 0, 0};
        lp_lanes high = {0, 0, 0, 0};
        for (size_t i = 0; i < rows; i++) {
            low += weight[i] * block[2 * i];
            high += weight[i] * block[2 * i + 1];
        }
        const lp_masks above = (low > best) | (high > best);
        if ((above[0] | above[1] | above[2] | above[3]) == 0) {
            continue;
        }
        for (size_t k = 0; k < LP_PANEL_LANES; k++) {
            const double value = k < 4 ? low[k] : high[k - 4];
            if (value > best && b * LP_PANEL_LANES + k < panel->count) {
                best = value;
                found = b * LP_PANEL_LANES + k;
                if (is_first) {
                    *product = best;
                    return found;
                }
            }
        }
    }
    *product = best;
    return found;
}

LP_PANEL_INLINE void products_body(const struct lp_panel *panel, const double *weight, double *products)
{
    const size_t rows = panel->rows;
    for (size_t b = 0; b < blocks_of(panel->count); b++) {
        const lp_lanes *block = (const lp_lanes *) (const void *) (panel->values + b * rows * LP_PANEL_LANES);
        lp_lanes half[2] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
        for (size_t i = 0; i < rows; i++) {
            half[0] += weight[i] * block[2 * i];
            half[1] += weight[i] * block[2 * i + 1];
        }
        const size_t left = panel->count - b * LP_PANEL_LANES;
        memcpy(products + b * LP_PANEL_LANES, half, (left < LP_PANEL_LANES ? left : LP_PANEL_LANES) * sizeof *products);
    }
}

LP_PANEL_WIDE static void products_wide(const struct lp_panel *panel, const double *weight, double *products)
{
    products_body(panel, weight, products);
}

static void products_plain(const struct lp_panel *panel, const double *weight, double *products)
{
    products_body(panel, weight, products);
}

LP_PANEL_WIDE static size_t price_wide(const struct lp_panel *panel, const double *weight, double floor, int is_first,
                                       double *product)
{
    return price_body(panel, weight, floor, is_first, product);
}

static size_t price_plain(const struct lp_panel *panel, const double *weight, double floor, int is_first, double *product)
{
    return price_body(panel, weight, floor, is_first, product);
}

size_t lp_panel_price(const struct lp_panel *panel, const double *weight, double floor, int is_first, double *product)
{
    return LP_PANEL_IS_WIDE() ? price_wide(panel, weight, floor, is_first, product)
                              : price_plain(panel, weight, floor, is_first, product);
}

size_t lp_panel_products(const struct lp_panel *panel, const double *weight, double floor, double *products,
                         double *product)
{
    size_t found = panel->count;
    if (LP_PANEL_IS_WIDE()) {
        products_wide(panel, weight, products);
    } else {
        products_plain(panel, weight, products);
    }
    *product = floor;
    for (size_t j = 0; j < panel->count; j++) {
        if (products[j] > *product) {
            *product = products[j];
            found = j;
        }
    }
    return found;
}
