#ifndef DB_ORDER_H
#define DB_ORDER_H

#include <stdbool.h>

/*
 * The order of a list other than that of its ids. Rows that are alike in the key go by their ids, in the same direction.
 */
struct order {
    int key;            /* one of the list's own, of which 0 is the id */
    bool is_descending;
    const char *after;  /* the key of the row to go on behind, as the list gave it; without meaning at the start */
};

/* The index of a choice among "id", "-id", "key", "-key" and so on, as an order; negative (absent) is by id. */
static inline struct order order_of_choice(int choice, const char *after)
{
    return choice < 0 ? (struct order){ 0, false, after } : (struct order){ choice / 2, choice % 2 != 0, after };
}

/* Whether the list's usual statement gives that order. */
static inline bool order_is_usual(const struct order *order)
{
    return order->key == 0 && !order->is_descending;
}

#endif
