/*
 * The line of progress.h. Rates are those since the beginning: a ledger's entries cost much the same.
 */
#include "server/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { SHOWN_EVERY_US = 250000, RATED_AFTER_US = 1000000 };

void progress_init(struct progress *progress)
{
    *progress = (struct progress){ .is_shown = isatty(STDERR_FILENO) != 0, .begun_us = clock_steady_us() };
}

/* "25 s", "3 min", "2 h 5 min" */
static void say_time(char *out, size_t size, double seconds)
{
    unsigned whole = seconds > 1e6 ? 1000000 : (unsigned)(seconds + 0.5);
    if (whole < 100) {
        snprintf(out, size, "%u s", whole);
    } else if (whole < 3600) {
        snprintf(out, size, "%u min", (whole + 30) / 60);
    } else {
        snprintf(out, size, "%u h %u min", whole / 3600, whole % 3600 / 60);
    }
}

void progress_text(char line[PROGRESS_LINE_BYTES], uint64_t first, uint64_t seq, uint64_t size, int64_t elapsed_us)
{
    char left[40];
    double rate = elapsed_us > 0 ? (double)(seq - first) * 1e6 / (double)elapsed_us : 0;
    if (size > 0 && seq >= size) {
        snprintf(line, PROGRESS_LINE_BYTES, "verified %" PRIu64 " entries, looking at what lies beside them", seq);
    } else if (size == 0) {
        snprintf(line, PROGRESS_LINE_BYTES, "verifying entry %" PRIu64 ", %.0f a second", seq, rate);
    } else if (elapsed_us < RATED_AFTER_US || rate < 1) {
        snprintf(line, PROGRESS_LINE_BYTES, "verifying entry %" PRIu64 " of %" PRIu64, seq, size);
    } else {
        say_time(left, sizeof left, (double)(size - seq) / rate);
        snprintf(line, PROGRESS_LINE_BYTES, "verifying entry %" PRIu64 " of %" PRIu64 " (%.0f %%), %.0f a second, %s left", seq, size,
                 100.0 * (double)seq / (double)size, rate, left);
    }
}

bool progress_show(void *context, uint64_t seq, uint64_t size)
{
    struct progress *progress = context;
    char line[PROGRESS_LINE_BYTES];
    int64_t now_us = clock_steady_us();
    if (progress->first == 0) {
        progress->first = seq;
    }
    if (!progress->is_shown || now_us - progress->shown_us < SHOWN_EVERY_US) {
        return true;
    }
    progress->shown_us = now_us;
    progress->has_line = true;
    progress_text(line, progress->first, seq, size, now_us - progress->begun_us);
    fprintf(stderr, "\r%s\033[K", line);
    return true;
}

void progress_end(struct progress *progress)
{
    if (progress->has_line) {
        fputs("\r\033[K", stderr);
        progress->has_line = false;
    }
}
