#ifndef SERVER_STORE_VERIFIED_H
#define SERVER_STORE_VERIFIED_H

#include "base/status.h"

/*
 * The file `verified` of a data directory (mode 0600): where the last verification that found nothing ended, from where
 * verify --incremental goes on. rules/verify/mark.h has its form. It is replaced as a whole or not at all.
 */
struct verify_mark;

/* STATUS_ABSENT where there is none; STATUS_INVALID where it is not such a file; STATUS_IO where it cannot be read. */
enum status verified_read(const char *data_dir, struct verify_mark *mark) NODISCARD;

/* STATUS_BUSY where another process is writing it: that one's is as good. STATUS_EXHAUSTED, STATUS_IO (logged) where it cannot be
 * written; what was there before still is. */
enum status verified_write(const char *data_dir, const struct verify_mark *mark) NODISCARD;

#endif
