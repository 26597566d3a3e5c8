/*
 * The program's log. A line is formatted by its own thread; only the gathered
 * buffer is shared, under one mutex. See log.h.
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    LINE_BYTES = 1024,
    GATHERED_BYTES = 256 * 1024,
    PIECE_BYTES = 4096, /* PIPE_BUF: what a pipe takes at once where poll says that it takes anything */
    STALL_MS = 200      /* how long whoever logs waits for a reader, once */
};

static atomic_int level_min = LOG_LEVEL_WARN;
static pthread_mutex_t gathered_lock = PTHREAD_MUTEX_INITIALIZER;
static char gathered[GATHERED_BYTES];
static size_t gathered_bytes;
static uint64_t lost_lines; /* since there was no room for them; under gathered_lock, like the two above and the next */
static bool is_stalled;

void log_set_level(enum log_level level)
{
    atomic_store(&level_min, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&level_min);
}

/* How many bytes are dealt with: fewer than length where a terminal takes no more now. */
static size_t write_some(int file, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t written = write(file, bytes + done, length - done);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0 && errno == EAGAIN) {
            return done;
        }
        if (written <= 0) {
            return length; /* nobody can read the log: there is nowhere to say so */
        }
        done += (size_t)written;
    }
    return length;
}

/* A terminal may take less than poll promises. It is written to without waiting, by a description of our own, since other
 * programs share standard error's. -1 where standard error is no terminal. */
static int open_terminal(void)
{
    return isatty(STDERR_FILENO) == 1 ? open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
}

/* Whether standard error takes a piece now. A reader that stopped reading holds nobody up but for STALL_MS, once. */
static bool is_taking(void)
{
    struct pollfd standard_error = { .fd = STDERR_FILENO, .events = POLLOUT };
    int found;
    do {
        found = poll(&standard_error, 1, is_stalled ? 0 : STALL_MS);
    } while (found < 0 && errno == EINTR);
    is_stalled = found == 0;
    return !is_stalled;
}

/* As many whole lines from at on as are a piece. */
static size_t piece_length(size_t at)
{
    size_t end = gathered_bytes - at > PIECE_BYTES ? at + PIECE_BYTES : gathered_bytes;
    while (end < gathered_bytes && gathered[end - 1] != '\n') {
        end--;
    }
    return end - at;
}

/* Writes what is taken; the rest stays. */
static void flush_locked(void)
{
    struct stat about;
    size_t at = 0;
    if (gathered_bytes == 0) {
        return;
    }
    if (fstat(STDERR_FILENO, &about) == 0 && S_ISREG(about.st_mode)) {
        at = write_some(STDERR_FILENO, gathered, gathered_bytes);
    }
    int terminal = open_terminal();
    bool is_whole = true;
    while (at < gathered_bytes && is_whole && is_taking()) {
        size_t length = piece_length(at);
        size_t written = write_some(terminal >= 0 ? terminal : STDERR_FILENO, gathered + at, length);
        is_whole = written == length;
        at += written;
    }
    if (terminal >= 0) {
        close(terminal);
    }
    gathered_bytes -= at;
    memmove(gathered, gathered + at, gathered_bytes);
}

static size_t format_line(char line[LINE_BYTES], const char *level, const char *event, const char *request, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Says, where there is room again, that lines are missing here. */
static void confess_locked(void)
{
    char line[LINE_BYTES];
    if (lost_lines > 0 && GATHERED_BYTES - gathered_bytes >= 2 * LINE_BYTES) {
        size_t length = format_line(line, "warn", "log", "-", "lost=%" PRIu64 " because=\"nobody reads standard error\"", lost_lines);
        memcpy(gathered + gathered_bytes, line, length);
        gathered_bytes += length;
        lost_lines = 0;
        flush_locked();
    }
}

void log_flush(void)
{
    pthread_mutex_lock(&gathered_lock);
    flush_locked();
    confess_locked();
    pthread_mutex_unlock(&gathered_lock);
}

static void emit(const char *line, size_t length, bool at_once)
{
    pthread_mutex_lock(&gathered_lock);
    if (length > GATHERED_BYTES - gathered_bytes) {
        flush_locked();
    }
    confess_locked();
    if (length > GATHERED_BYTES - gathered_bytes) {
        lost_lines++;
    } else {
        memcpy(gathered + gathered_bytes, line, length);
        gathered_bytes += length;
    }
    if (at_once) {
        flush_locked();
    }
    pthread_mutex_unlock(&gathered_lock);
}

/* Appends as much of text as fits, with room left for a NUL. */
static size_t append(char line[LINE_BYTES], size_t used, const char *text)
{
    size_t length = strlen(text);
    size_t room = LINE_BYTES - 1 - used;
    length = length < room ? length : room;
    memcpy(line + used, text, length);
    return used + length;
}

/* What each line begins with; returns its length. */
static size_t begin_line(char line[LINE_BYTES], const char *level, const char *event, const char *request)
{
    char now[TEXT_INSTANT_BYTES];
    text_from_instant(now, clock_wall_ms());
    const char *const head[] = { "time=", now, " level=", level, " event=", event, " request=", request, " " };
    size_t used = 0;
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) {
        used = append(line, used, head[i]);
    }
    return used;
}

/* Cuts what is too long, ends the line with its line feed; its length. */
static size_t end_line(char line[LINE_BYTES], size_t used)
{
    if (used > LINE_BYTES - 2) {
        used = LINE_BYTES - 2;
    }
    text_make_line(line, used);
    line[used] = '\n';
    return used + 1;
}

/* A line with its line feed; its length. */
__attribute__((format(printf, 5, 0)))
static size_t format_line_of(char line[LINE_BYTES], const char *level, const char *event, const char *request, const char *format,
                             va_list arguments)
{
    size_t used = begin_line(line, level, event, request);
    int body = vsnprintf(line + used, LINE_BYTES - used, format, arguments);
    return end_line(line, used + (body > 0 ? (size_t)body : 0));
}

static size_t format_line(char line[LINE_BYTES], const char *level, const char *event, const char *request, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_line_of(line, level, event, request, format, arguments);
    va_end(arguments);
    return length;
}

__attribute__((format(printf, 5, 0)))
static void log_line(const char *level, const char *event, const char *request, bool at_once,
                     const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    emit(line, format_line_of(line, level, event, request, format, arguments), at_once);
}

#define LOG_AT(LEVEL, NAME)                                        \
    if (atomic_load(&level_min) > (LEVEL)) {                       \
        return;                                                    \
    }                                                              \
    va_list arguments;                                             \
    va_start(arguments, format);                                   \
    log_line(NAME, event, "-", true, format, arguments);           \
    va_end(arguments)

void log_error(const char *event, const char *format, ...)
{
    LOG_AT(LOG_LEVEL_ERROR, "error");
}

void log_warn(const char *event, const char *format, ...)
{
    LOG_AT(LOG_LEVEL_WARN, "warn");
}

void log_info(const char *event, const char *format, ...)
{
    LOG_AT(LOG_LEVEL_INFO, "info");
}

void log_request(const char *request, const char *format, ...)
{
    if (atomic_load(&level_min) > LOG_LEVEL_INFO) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    log_line("info", "request", request, false, format, arguments);
    va_end(arguments);
}

void log_request_text(const char *request, const char *text, size_t length)
{
    if (atomic_load(&level_min) > LOG_LEVEL_INFO) {
        return;
    }
    char line[LINE_BYTES];
    size_t used = begin_line(line, "info", "request", request);
    size_t room = sizeof line - used;
    length = length < room ? length : room;
    memcpy(line + used, text, length);
    emit(line, end_line(line, used + length), false);
}

void log_quote(char *out, size_t out_bytes, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    assert(out_bytes > 0);
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        bool is_plain = *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\';
        if (used + (is_plain ? 1u : 4u) >= out_bytes) {
            break;
        }
        if (is_plain) {
            out[used++] = (char)*at;
        } else {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[*at >> 4];
            out[used++] = digits[*at & 15];
        }
    }
    out[used] = 0;
}
