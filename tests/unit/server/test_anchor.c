/*
 * The anchor file: two slots in turn, what a reader sees, torn and foreign content.
 */
#include "server/store/anchor.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];
static char path[80];

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/anchor.XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/anchor", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    rmdir(directory);
    return 0;
}

static void write_note(struct anchor *anchor, int size)
{
    char note[100];
    snprintf(note, sizeof note, "tallystick.local/1\n%d\nroot\n\n- signature\n", size);
    assert_int_equal(anchor_write(anchor, note), STATUS_OK);
}

/* The sizes in both slots; -1 for an empty one. */
static void expect_sizes(int first, int second)
{
    static struct anchor_notes notes;
    const int wanted[ANCHOR_SLOTS] = {first, second};
    assert_int_equal(anchor_read(directory, &notes), STATUS_OK);
    for (int i = 0; i < ANCHOR_SLOTS; i++) {
        int size = -1;
        const char *line = strchr(notes.notes[i], '\n');
        if (line != NULL) {
            size = (int)strtol(line + 1, NULL, 10);
        }
        assert_int_equal(size, wanted[i]);
    }
}

static void test_turns(void **state)
{
    (void)state;
    static struct anchor_notes notes;
    struct anchor *anchor = NULL;
    struct stat file;
    assert_int_equal(anchor_read(directory, &notes), STATUS_ABSENT);
    assert_int_equal(anchor_open(directory, &anchor), STATUS_OK);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    expect_sizes(-1, -1);
    assert_int_equal(anchor_keep(anchor), STATUS_OK); /* there is nothing yet */
    write_note(anchor, 1);
    expect_sizes(1, -1);
    assert_int_equal(anchor_keep(anchor), STATUS_OK);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_size, ANCHOR_SLOT_BYTES); /* docs/ledger.md says so: the second slot comes with its first note */
    write_note(anchor, 2);
    expect_sizes(1, 2);
    write_note(anchor, 3); /* the one that was kept stays */
    expect_sizes(1, 3);
    assert_int_equal(anchor_keep(anchor), STATUS_OK);
    assert_int_equal(anchor_keep(anchor), STATUS_OK); /* once is enough */
    write_note(anchor, 5);
    expect_sizes(5, 3);
    anchor_close(anchor);
    /* a new process goes on with the older slot */
    assert_int_equal(anchor_open(directory, &anchor), STATUS_OK);
    write_note(anchor, 9);
    expect_sizes(5, 9);
    anchor_close(anchor);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_size, ANCHOR_SLOTS * ANCHOR_SLOT_BYTES);
}

static void test_shorter_note(void **state)
{
    (void)state;
    static struct anchor_notes notes;
    struct anchor *anchor = NULL;
    assert_int_equal(anchor_open(directory, &anchor), STATUS_OK);
    write_note(anchor, 100000);
    write_note(anchor, 100001);
    assert_int_equal(anchor_write(anchor, "o\n100002\nr\n\ns\n"), STATUS_OK);
    assert_int_equal(anchor_read(directory, &notes), STATUS_OK);
    assert_string_equal(notes.notes[0], "o\n100002\nr\n\ns\n");
    anchor_close(anchor);
}

static void test_limits(void **state)
{
    (void)state;
    static struct anchor_notes notes;
    char note[ANCHOR_SLOT_BYTES + 2];
    struct anchor *anchor = NULL;
    assert_int_equal(anchor_open(directory, &anchor), STATUS_OK);
    memset(note, 'x', sizeof note);
    note[ANCHOR_SLOT_BYTES + 1] = 0;
    assert_int_equal(anchor_write(anchor, note), STATUS_INVALID);
    assert_int_equal(anchor_write(anchor, ""), STATUS_INVALID);
    note[ANCHOR_SLOT_BYTES] = 0;
    assert_int_equal(anchor_write(anchor, note), STATUS_OK);
    assert_int_equal(anchor_read(directory, &notes), STATUS_OK);
    assert_string_equal(notes.notes[0], note);
    assert_string_equal(notes.notes[1], "");
    anchor_close(anchor);
}

/* A slot that a crash tore, or that holds something else, is written over first. */
static void test_torn(void **state)
{
    (void)state;
    struct anchor *anchor = NULL;
    assert_int_equal(anchor_open(directory, &anchor), STATUS_OK);
    write_note(anchor, 7);
    assert_int_equal(anchor_keep(anchor), STATUS_OK);
    write_note(anchor, 8);
    anchor_close(anchor);
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "tallystick.local/1\n12", 21, ANCHOR_SLOT_BYTES), 21);
    assert_int_equal(ftruncate(file, ANCHOR_SLOT_BYTES + 19), 0);
    close(file);
    assert_int_equal(anchor_open(directory, &anchor), STATUS_OK);
    write_note(anchor, 9);
    expect_sizes(7, 9);
    anchor_close(anchor);
}

static void test_no_directory(void **state)
{
    (void)state;
    static struct anchor_notes notes;
    struct anchor *anchor = NULL;
    assert_int_equal(anchor_open("/nonexistent/directory", &anchor), STATUS_IO);
    assert_null(anchor);
    assert_int_equal(anchor_read("/nonexistent/directory", &notes), STATUS_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_turns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shorter_note, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down),
        cmocka_unit_test(test_no_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
