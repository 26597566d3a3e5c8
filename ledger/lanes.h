#ifndef LEDGER_LANES_H
#define LEDGER_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 of many short runs of bytes, for who has many at once. Where the processor has AVX-512, sixteen go side by side, in
 * less than half of the time that nettle takes for them one after the other, SHA instructions or not; elsewhere it is nettle. A
 * digest is the same either way. No failure, no allocation; any thread.
 */
struct lanes_run {
    const void *bytes; /* NULL only where length is 0 */
    size_t length;
    uint8_t *out; /* DIGEST_BYTES */
};

void lanes_digest(const struct lanes_run *runs, size_t count);

/* Whether they go side by side here; and by nettle all the same, to compare with. */
bool lanes_are_wide(void);
void lanes_digest_plain(const struct lanes_run *runs, size_t count);

#endif
