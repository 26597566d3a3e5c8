#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

/*
 * One line per event on standard error: time=… level=… event=… request=… and what
 * the format adds as key=value. No body, no secret, no header value. Any thread.
 * Request lines (log_request) are gathered and written together by log_flush, which
 * the server calls several times a second; errors are written at once. Where nobody reads
 * standard error (a terminal that was stopped, a collector that hangs), lines are kept as
 * far as there is room, then dropped and counted: whoever logs does not wait.
 */
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_OFF };

/* Lines below this level are dropped. Default: warn. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_error(const char *event, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A gathered line. request is the request's id, or "-". */
void log_request(const char *request, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same of a text that is made already, without a NUL: there is one for each request. */
void log_request_text(const char *request, const char *text, size_t length);

/* Writes what was gathered. */
void log_flush(void);

/* Copies text as a quoted value: control bytes, quotes and bytes outside ASCII are
 * written as \xNN, so that no input can forge a line. Cut to fit out, which
 * has room for the NUL at least (asserted). */
void log_quote(char *out, size_t out_bytes, const char *text);

#endif
