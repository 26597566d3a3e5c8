/*
 * The loop's patience with a read. lane.c asks while the database works, server/away.c before and after.
 */
#include "server/wire/patience.h"

#include <stddef.h>

void patience_begin(struct patience *patience, int64_t now_us)
{
    patience->until_us = now_us + PATIENCE_US;
    patience->is_over = false;
}

bool patience_lasts(struct patience *patience, int64_t now_us)
{
    if (patience->until_us != 0 && now_us >= patience->until_us) {
        patience->is_over = true;
    }
    return !patience->is_over;
}

bool patience_end(struct patience *patience)
{
    const bool was_over = patience->is_over;
    patience->until_us = 0;
    patience->is_over = false;
    return was_over;
}

static size_t place_of(uint64_t shape)
{
    return (size_t)(shape & (PATIENCE_SHAPES - 1));
}

void patience_learn(struct patience *patience, uint64_t shape, int64_t took_us, int64_t now_us)
{
    const size_t place = place_of(shape);
    if (took_us >= PATIENCE_US) {
        patience->known[place].shape = shape;
        patience->known[place].until_us = now_us + PATIENCE_KNOWN_US;
    } else if (took_us <= PATIENCE_US / PATIENCE_SHORT_SHARE && patience->known[place].shape == shape) {
        patience->known[place].until_us = 0;
    }
}

bool patience_knows(const struct patience *patience, uint64_t shape, int64_t now_us)
{
    const size_t place = place_of(shape);
    return patience->known[place].shape == shape && now_us < patience->known[place].until_us;
}
