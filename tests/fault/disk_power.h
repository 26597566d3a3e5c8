#ifndef TESTS_FAULT_DISK_POWER_H
#define TESTS_FAULT_DISK_POWER_H

#include "tests/fault/chance.h"
#include "tests/fault/disk.h"

/*
 * The power goes after a trace's first steps steps, in the middle of the next one. What is left:
 *   what was synced, whole;
 *   of what was written since, what chance decides, sector by sector, whatever the order was;
 *   of the write that was under way, some sectors;
 *   of names that were made or removed since the directory was synced, the first some.
 */
enum disk_loss {
    LOSS_OF_ALL,  /* nothing that was not synced was kept */
    LOSS_OF_SOME, /* chance decides */
    LOSS_OF_LAST  /* all was kept but for the write that was under way, whose front is there */
};

enum { DISK_SECTOR_BYTES = 512 };

/* Makes image. */
void disk_lose_power(const struct disk_trace *trace, size_t steps, enum disk_loss loss, struct chance *chance,
                     struct disk_image *image);

#endif
