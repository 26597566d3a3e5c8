#ifndef SERVER_PROGRESS_H
#define SERVER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How far a verification is, on a terminal: one line on standard error that is written over, with rate and time
 * left. Where standard error is no terminal, nothing is shown. One thread.
 */
struct progress {
    bool is_shown; /* standard error is a terminal */
    bool has_line; /* one stands there now */
    int64_t begun_us, shown_us;
    uint64_t first; /* entry at which it was first asked; 0: not asked yet */
};

enum { PROGRESS_LINE_BYTES = 160 };

void progress_init(struct progress *progress);

/* For verify_options: context is the struct progress. Always true. */
bool progress_show(void *context, uint64_t seq, uint64_t size);

/* Takes the line away. */
void progress_end(struct progress *progress);

/* The line's text: entry seq of size (0: unknown), begun at entry first, elapsed_us ago. */
void progress_text(char line[PROGRESS_LINE_BYTES], uint64_t first, uint64_t seq, uint64_t size, int64_t elapsed_us);

#endif
