#ifndef SERVER_START_DATA_H
#define SERVER_START_DATA_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"

/*
 * The body of the genesis: parameters and what every new ledger starts with, the
 * provinces, indicators and figures that are built into the program (data/).
 */
enum status start_data_write(const char *origin, int64_t time_zone_minutes, const char *node_key_hex,
                             struct arena *arena, struct buffer *body) NODISCARD;

#endif
