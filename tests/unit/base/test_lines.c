/*
 * Lines out of files and pipes: at every size of piece, with and without a line feed at the end, and too long.
 */
#include "base/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static int file_of(const char *bytes, size_t length)
{
    char path[] = "/tmp/tallystick.lines.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void expect(struct lines *lines, const char *wanted, bool is_whole)
{
    const char *line = NULL;
    size_t length = 0;
    bool is = !is_whole;
    for (int i = 0; i < 2; i++) { /* looking takes nothing */
        assert_int_equal(lines_look(lines, &line, &length, &is), STATUS_OK);
        assert_int_equal(length, strlen(wanted));
        assert_memory_equal(line, wanted, length);
        assert_true(is == is_whole);
    }
    lines_take(lines);
}

static void expect_end(struct lines *lines, enum status wanted)
{
    const char *line = NULL;
    size_t length = 0;
    bool is_whole = false;
    assert_int_equal(lines_look(lines, &line, &length, &is_whole), wanted);
    assert_int_equal(lines_look(lines, &line, &length, &is_whole), wanted);
}

static void test_small(void **state)
{
    (void)state;
    static const char text[] = "one\n\nthree\nand a half";
    struct lines lines;
    int fd = file_of(text, sizeof text - 1);
    lines_init(&lines, fd, 100);
    expect(&lines, "one", true);
    expect(&lines, "", true);
    expect(&lines, "three", true);
    expect(&lines, "and a half", false);
    expect_end(&lines, STATUS_ABSENT);
    lines_fini(&lines);
    close(fd);
    fd = file_of("", 0);
    lines_init(&lines, fd, 100);
    expect_end(&lines, STATUS_ABSENT);
    lines_fini(&lines);
    close(fd);
}

/* Lines of every length around the sizes of the buffer. */
static void test_lengths(void **state)
{
    (void)state;
    enum { LONGEST = 400000 };
    static const size_t lengths[] = { 1, 65534, 65535, 65536, 65537, 0, 131071, 131072, 131073, 5, LONGEST, 1 };
    enum { COUNT = sizeof lengths / sizeof lengths[0] };
    struct lines lines;
    size_t total = 0, at = 0;
    for (size_t i = 0; i < COUNT; i++) {
        total += lengths[i] + 1;
    }
    char *text = malloc(total);
    char *wanted = malloc(LONGEST + 1);
    assert_true(text != NULL && wanted != NULL);
    for (size_t i = 0; i < COUNT; i++) {
        memset(text + at, 'a' + (int)i, lengths[i]);
        text[at + lengths[i]] = '\n';
        at += lengths[i] + 1;
    }
    int fd = file_of(text, total);
    lines_init(&lines, fd, LONGEST);
    for (size_t i = 0; i < COUNT; i++) {
        memset(wanted, 'a' + (int)i, lengths[i]);
        wanted[lengths[i]] = 0;
        expect(&lines, wanted, true);
    }
    expect_end(&lines, STATUS_ABSENT);
    lines_fini(&lines);
    close(fd);
    free(text);
    free(wanted);
}

static void test_too_long(void **state)
{
    (void)state;
    enum { LONG = 300000 };
    struct lines lines;
    char *text = malloc(LONG);
    assert_non_null(text);
    memset(text, 'x', LONG);
    memcpy(text, "fine\n", 5);
    int fd = file_of(text, LONG);
    lines_init(&lines, fd, 100000);
    expect(&lines, "fine", true);
    expect_end(&lines, STATUS_INVALID);
    assert_true(lines.capacity < LONG); /* it does not read on for what it will not take */
    lines_fini(&lines);
    close(fd);
    free(text);
}

/* A pipe gives what there is, and ends later. */
static void test_pipe(void **state)
{
    (void)state;
    int ends[2];
    struct lines lines;
    assert_int_equal(pipe(ends), 0);
    lines_init(&lines, ends[0], 100);
    assert_int_equal(write(ends[1], "a\nb", 3), 3);
    expect(&lines, "a", true);
    assert_int_equal(write(ends[1], "c\n", 2), 2);
    expect(&lines, "bc", true);
    close(ends[1]);
    expect_end(&lines, STATUS_ABSENT);
    lines_fini(&lines);
    close(ends[0]);
}

static void test_cannot_be_read(void **state)
{
    (void)state;
    struct lines lines;
    lines_init(&lines, -1, 100);
    expect_end(&lines, STATUS_IO);
    lines_fini(&lines);
}

int main(void)
{
    log_set_level(LOG_LEVEL_OFF);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small), cmocka_unit_test(test_lengths), cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_pipe),  cmocka_unit_test(test_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
