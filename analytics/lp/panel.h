#ifndef ANALYTICS_LP_PANEL_H
#define ANALYTICS_LP_PANEL_H

/*
 * Columns laid out for pricing: eight side by side, row after row, block after block, so that products of a few weights
 * with all columns run at the speed of the vector unit. Internal to analytics/.
 *
 * Each column's sum is made by itself, in the order of the rows, whatever the width of the vectors: the numbers are the
 * same on every processor.
 */

#include <stddef.h>

#include "base/status.h"

#define LP_PANEL_LANES 8

/* Half a block. Plain C with GCC's and Clang's vector types; no operation joins two lanes. */
typedef double lp_lanes __attribute__((vector_size(32)));
typedef long long lp_masks __attribute__((vector_size(32)));

/*
 * Code that is compiled twice, for any processor and for those with 256-bit vectors, and chosen by what runs it. Products
 * and sums stay two operations in both. A function's body is a static inline one, given as name_body.
 */
#define LP_PANEL_INLINE static inline __attribute__((always_inline))
#if defined(__x86_64__)
#define LP_PANEL_WIDE        __attribute__((target("avx2")))
#define LP_PANEL_IS_WIDE()   __builtin_cpu_supports("avx2")
#else
#define LP_PANEL_WIDE
#define LP_PANEL_IS_WIDE()   0
#endif

struct lp_panel {
    size_t rows;
    size_t count;    /* columns */
    size_t capacity; /* columns that there is room for */
    double *values;  /* block b, row i, lane k: values[(b * rows + i) * LP_PANEL_LANES + k]; lanes beyond count hold 0 */
};

/* An empty panel with room for so many columns. STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status lp_panel_init(struct lp_panel *panel, size_t rows, size_t capacity);

/* Frees what init made; harmless on a zeroed struct. */
void lp_panel_fini(struct lp_panel *panel);

/* Takes all columns out. */
void lp_panel_clear(struct lp_panel *panel);

/* Sets a column below count, or the next one, and counts it then. */
void lp_panel_set(struct lp_panel *panel, size_t column, const double *values);

/* Takes the last column out. */
void lp_panel_pop(struct lp_panel *panel);

void lp_panel_read(const struct lp_panel *panel, size_t column, double *values);

/*
 * The column whose weight . column is largest, and above floor; the lower one of equals. Returns count when none is above
 * floor, else writes the product. is_first: the first above floor instead.
 */
size_t lp_panel_price(const struct lp_panel *panel, const double *weight, double floor, int is_first, double *product);

/* The same without is_first; products gets all the products, room for every column. */
size_t lp_panel_products(const struct lp_panel *panel, const double *weight, double floor, double *products,
                         double *product);

#endif
