/* Keeps the columns that looked best. Read dense.c for who asks. */
#include "analytics/lp/shortlist.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Below so many numbers in all, pricing them costs no more than the rest of a pivot. */
#define NUMBERS_MIN 16384

enum { LIST_MAX = 64, ROWS_MAX = 128 };

struct lp_shortlist {
    struct lp_panel panel;
    size_t column[LIST_MAX]; /* where each stands among all */
    double *products;
    size_t capacity;
};

struct lp_shortlist *lp_shortlist_create(void)
{
    return calloc(1, sizeof(struct lp_shortlist));
}

void lp_shortlist_free(struct lp_shortlist *list)
{
    if (list != NULL) {
        free(list->products);
        lp_panel_fini(&list->panel);
        free(list);
    }
}

void lp_shortlist_clear(struct lp_shortlist *list)
{
    if (list->panel.values != NULL) {
        lp_panel_clear(&list->panel);
    }
}

static bool room_make(struct lp_shortlist *list, const struct lp_panel *all)
{
    if (list->panel.rows != all->rows || list->panel.values == NULL) {
        lp_panel_fini(&list->panel);
        if (lp_panel_init(&list->panel, all->rows, LIST_MAX) != STATUS_OK) {
            return false;
        }
    }
    if (list->capacity < all->count) {
        double *products = realloc(list->products, all->count * sizeof *products);
        if (products == NULL) {
            return false;
        }
        list->products = products;
        list->capacity = all->count;
    }
    return true;
}

/* Takes the columns whose product is largest: above half of the best, a quarter and so on, the lower ones first. */
static void list_fill(struct lp_shortlist *list, const struct lp_panel *all, double floor, double best)
{
    double values[ROWS_MAX];
    double above = INFINITY;
    lp_panel_clear(&list->panel);
    for (double least = floor + (best - floor) / 2; list->panel.count < LIST_MAX; least = floor + (least - floor) / 4) {
        const bool is_last = least - floor <= (best - floor) / 1000;
        for (size_t j = 0; j < all->count && list->panel.count < LIST_MAX; j++) {
            if (list->products[j] > least && list->products[j] <= above) {
                lp_panel_read(all, j, values);
                list->column[list->panel.count] = j;
                lp_panel_set(&list->panel, list->panel.count, values);
            }
        }
        above = least;
        if (is_last) {
            break;
        }
    }
}

size_t lp_shortlist_price(struct lp_shortlist *list, const struct lp_panel *all, const double *weight, double floor,
                          int is_first, double *product)
{
    if (is_first || all->rows > ROWS_MAX || all->count * all->rows < NUMBERS_MIN || !room_make(list, all)) {
        return lp_panel_price(all, weight, floor, is_first, product);
    }
    const size_t found = lp_panel_price(&list->panel, weight, floor, 0, product);
    if (found < list->panel.count) {
        return list->column[found];
    }
    const size_t best = lp_panel_products(all, weight, floor, list->products, product);
    if (best < all->count) {
        list_fill(list, all, floor, *product);
    }
    return best;
}
