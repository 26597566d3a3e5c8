/* Tests of base/log.c: what reaches standard error, and that no input forges a line. */
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"

static FILE *capture;
static int real_stderr;
static char text[1024 * 1024];

static void capture_begin(void)
{
    capture = tmpfile();
    assert_non_null(capture);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fileno(capture), STDERR_FILENO) >= 0);
}

/* What was written since capture_begin, in text; the number of its lines. */
static int capture_end(void)
{
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    rewind(capture);
    size_t length = fread(text, 1, sizeof text - 1, capture);
    fclose(capture);
    text[length] = 0;
    int lines = 0;
    for (char *at = text; *at != 0; at++) {
        lines += *at == '\n';
    }
    return lines;
}

static void levels_are_kept(void **state)
{
    (void)state;
    assert_int_equal(log_get_level(), LOG_LEVEL_WARN);
    capture_begin();
    log_info("start", "dropped=1");
    log_request("r1", "dropped=1");
    log_warn("slow", "ms=%d", 5);
    log_error("disk", "what=%s", "full");
    log_set_level(LOG_LEVEL_INFO);
    log_info("start", "kept=1");
    log_set_level(LOG_LEVEL_OFF);
    log_error("disk", "dropped=1");
    log_set_level(LOG_LEVEL_INFO);
    assert_int_equal(capture_end(), 3);
    assert_null(strstr(text, "dropped"));
    assert_non_null(strstr(text, "level=warn event=slow request=- ms=5\n"));
    assert_non_null(strstr(text, "level=error event=disk request=- what=full\n"));
    assert_non_null(strstr(text, "level=info event=start request=- kept=1\n"));
    assert_memory_equal(text, "time=20", 7);
}

static void lines_are_whole(void **state)
{
    static char wide[3000];
    (void)state;
    memset(wide, 'x', sizeof wide - 1);
    capture_begin();
    log_error("input", "value=%s", "a\nlevel=error event=forged\r\nb");
    log_error("long", "value=%s", wide);
    log_error(wide, "value=%d", 1);
    assert_int_equal(capture_end(), 3);
    assert_null(strstr(text, "\nlevel="));
    assert_null(strchr(text, '\r'));
    for (char *at = text; *at != 0;) {
        char *end = strchr(at, '\n');
        assert_true(end != NULL && end - at < 1024);
        at = end + 1;
    }
}

/* Whatever a damaged file or a client holds: one line of UTF-8 for whoever reads the log. */
static void lines_are_plain_text(void **state)
{
    static char wide[3000];
    (void)state;
    for (size_t i = 0; i + 3 < sizeof wide; i += 3) {
        memcpy(wide + i, "\xe6\xb9\x96", 3);
    }
    capture_begin();
    log_error("bytes", "value=%s", "a\xff\xe6\xb9z\x1b[31m\t\x7f\xe6\xb9\x96");
    log_error("wide", "value=%s", wide); /* cut in the middle of a character */
    log_error("wide", "value=.%s", wide);
    log_error("wide", "value=..%s", wide);
    assert_int_equal(capture_end(), 4);
    assert_non_null(strstr(text, " value=a???z [31m  \xe6\xb9\x96\n"));
    assert_true(text_is_utf8(text, strlen(text)));
}

static void requests_are_gathered(void **state)
{
    (void)state;
    capture_begin();
    log_request("r1", "status=%d", 200);
    log_request("-", "status=%d", 404);
    char many[4096];
    memset(many, 'm', sizeof many);
    log_request_text("r2", "status=201\x1b!", 11);
    log_request_text("r3", many, sizeof many); /* cut */
    assert_int_equal(capture_end(), 0);
    capture_begin();
    log_flush();
    assert_int_equal(capture_end(), 4);
    assert_non_null(strstr(text, "level=info event=request request=r1 status=200\n"));
    assert_non_null(strstr(text, "level=info event=request request=r2 status=201 \n"));
    assert_non_null(strstr(text, "mmm\n"));
    capture_begin();
    log_flush();
    assert_int_equal(capture_end(), 0);
}

static void *write_lines(void *argument)
{
    for (int i = 0; i < 1000; i++) {
        log_request((const char *)argument, "line=%d padding=%060d", i, 0);
    }
    return NULL;
}

static void threads_do_not_mix_lines(void **state)
{
    pthread_t threads[4];
    static char names[4][8] = { "ra", "rb", "rc", "rd" };
    (void)state;
    capture_begin(); /* more than the gathering buffer holds */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    log_flush();
    assert_int_equal(capture_end(), 4000);
    int seen[4] = { 0, 0, 0, 0 };
    for (char *at = text; *at != 0; at = strchr(at, '\n') + 1) {
        char *request = strstr(at, " request=r");
        assert_true(memcmp(at, "time=", 5) == 0 && request != NULL);
        char wanted[32];
        int *count = &seen[request[10] - 'a'];
        snprintf(wanted, sizeof wanted, " line=%d padding=0", (*count)++);
        assert_memory_equal(request + 11, wanted, strlen(wanted));
    }
    assert_int_equal(seen[0] + seen[1] + seen[2] + seen[3], 4000);
}

/* All that stands in the pipe now; the number of its lines. */
static int drain(int pipe_end)
{
    size_t length = 0;
    ssize_t got = 0;
    int lines = 0;
    while (length < sizeof text - 1 && (got = read(pipe_end, text + length, sizeof text - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = 0;
    for (char *at = text; *at != 0; at++) {
        lines += *at == '\n';
    }
    return lines;
}

/* A terminal that was stopped, a collector that hangs: whoever logs goes on, and hears later how many lines are missing. */
static void nobody_reads(void **state)
{
    int ends[2], written = 0, kept = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    for (; written < 20000; written++) { /* more than pipe and buffer hold */
        log_request("r1", "line=%d padding=%060d", written, 0);
    }
    log_error("late", "line=%d", written++);
    while (kept < written) {
        int lines = drain(ends[0]);
        char *lost = strstr(text, " event=log request=- lost=");
        kept += lost != NULL ? lines - 1 + (int)strtol(strstr(lost, "lost=") + 5, NULL, 10) : lines;
        for (char *at = text; *at != 0; at = strchr(at, '\n') + 1) {
            assert_memory_equal(at, "time=", 5); /* no line is torn */
        }
        if (lines == 0) {
            break;
        }
        log_flush();
    }
    log_error("again", "line=1");
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    assert_int_equal(drain(ends[0]), 1);
    assert_non_null(strstr(text, "event=again"));
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(kept, written);
}

static void quoting_escapes(void **state)
{
    char out[64];
    char tight[8];
    (void)state;
    log_quote(out, sizeof out, "plain text");
    assert_string_equal(out, "plain text");
    log_quote(out, sizeof out, "a\n\"\\\x7f\xc3\xa9\x1b");
    assert_string_equal(out, "a\\x0a\\x22\\x5c\\x7f\\xc3\\xa9\\x1b");
    log_quote(tight, sizeof tight, "abcdefghij");
    assert_string_equal(tight, "abcdefg");
    log_quote(tight, sizeof tight, "abcd\n");
    assert_string_equal(tight, "abcd");
    log_quote(tight, 1, "abc");
    assert_string_equal(tight, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_kept),
        cmocka_unit_test(lines_are_whole),
        cmocka_unit_test(lines_are_plain_text),
        cmocka_unit_test(requests_are_gathered),
        cmocka_unit_test(threads_do_not_mix_lines),
        cmocka_unit_test(nobody_reads),
        cmocka_unit_test(quoting_escapes),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
