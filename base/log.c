/*
 * The program's log. A line is formatted by its own thread; only the gathered
 * buffer is shared, under one mutex. See log.h.
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { LINE_BYTES = 1024, GATHERED_BYTES = 256 * 1024 };

static atomic_int level_min = LOG_LEVEL_WARN;
static pthread_mutex_t gathered_lock = PTHREAD_MUTEX_INITIALIZER;
static char gathered[GATHERED_BYTES];
static size_t gathered_bytes;

void log_set_level(enum log_level level)
{
    atomic_store(&level_min, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&level_min);
}

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return; /* nobody reads the log: there is nowhere to say so */
        }
        bytes += written;
        length -= (size_t)written;
    }
}

static void flush_locked(void)
{
    write_all(gathered, gathered_bytes);
    gathered_bytes = 0;
}

void log_flush(void)
{
    pthread_mutex_lock(&gathered_lock);
    flush_locked();
    pthread_mutex_unlock(&gathered_lock);
}

static void emit(const char *line, size_t length, bool at_once)
{
    pthread_mutex_lock(&gathered_lock);
    if (length > GATHERED_BYTES - gathered_bytes) {
        flush_locked();
    }
    memcpy(gathered + gathered_bytes, line, length);
    gathered_bytes += length;
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

static void end_line(char line[LINE_BYTES], size_t used, bool at_once)
{
    if (used > LINE_BYTES - 2) {
        used = LINE_BYTES - 2;
    }
    text_make_line(line, used);
    line[used] = '\n';
    emit(line, used + 1, at_once);
}

__attribute__((format(printf, 5, 0)))
static void log_line(const char *level, const char *event, const char *request, bool at_once,
                     const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    size_t used = begin_line(line, level, event, request);
    int body = vsnprintf(line + used, sizeof line - used, format, arguments);
    end_line(line, used + (body > 0 ? (size_t)body : 0), at_once);
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
    end_line(line, used + length, false);
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
