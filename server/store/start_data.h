#ifndef SERVER_STORE_START_DATA_H
#define SERVER_STORE_START_DATA_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "ledger/key.h"

/*
 * The body of the genesis: parameters and what every new ledger starts with, the
 * provinces, indicators and figures that are built into the program (data/).
 */
struct start_parameters {
    const char *origin;
    int64_t time_zone_minutes;
    const uint8_t *node_key;       /* KEY_PUBLIC_BYTES */
    const uint8_t *checkpoint_key; /* ED25519_PUBLIC_BYTES; NULL: none */
};

enum status start_data_write(const struct start_parameters *parameters, struct arena *arena, struct buffer *body) NODISCARD;

#endif
