/* Key files: whole or not at all, for their owner alone, and what a change of keys does with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/log.h"
#include "tests/unit/ledger/golden.h"

#define DIGITS_62 "00000000000000000000000000000000000000000000000000000000000000"
#define GROUP_ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define BELOW_ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"

static size_t count_files(const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (const struct dirent *file = readdir(directory); file != NULL; file = readdir(directory)) {
        count += file->d_name[0] != '.';
    }
    closedir(directory);
    return count;
}

static void remove_folder(const char *folder, const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_save_and_load(void **state)
{
    (void)state;
    struct key *key = NULL;
    struct key *read = NULL;
    struct stat about;
    const char *folder = golden_folder();
    const char *path = arena_format(golden_arena(), "%s/node.key", folder);
    assert_int_equal(key_file_load(path, &read), STATUS_ABSENT);
    assert_null(read);
    assert_int_equal(key_generate(&key), STATUS_OK);
    mode_t before = umask(0);
    assert_int_equal(key_file_save(key, path), STATUS_OK);
    umask(before);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(about.st_size, 130);
    assert_int_equal(about.st_nlink, 1);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(key_file_load(path, &read), STATUS_OK);
    assert_memory_equal(key_public(read), key_public(key), KEY_PUBLIC_BYTES);
    assert_memory_equal(key_ed25519(read), key_ed25519(key), ED25519_PUBLIC_BYTES);
    assert_string_equal(key_id(read), key_id(key));
    key_free(read);

    /* A second key never takes the place of the first. */
    struct key *other = NULL;
    assert_int_equal(key_generate(&other), STATUS_OK);
    assert_memory_not_equal(key_public(other), key_public(key), KEY_PUBLIC_BYTES);
    assert_int_equal(key_file_save(other, path), STATUS_CONFLICT);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(key_file_load(path, &read), STATUS_OK);
    assert_memory_equal(key_public(read), key_public(key), KEY_PUBLIC_BYTES);
    key_free(read);
    key_free(other);
    key_free(key);
    remove_folder(folder, path);
}

static void test_save_where_it_cannot(void **state)
{
    (void)state;
    struct key *key = golden_key();
    const char *folder = golden_folder();
    assert_int_equal(key_file_save(key, arena_format(golden_arena(), "%s/none/key", folder)), STATUS_IO);
    assert_int_equal(rmdir(folder), 0);
    key_free(key);
}

/* A write that stops half-way leaves no file, whole or half. */
static void test_interrupted_write_leaves_nothing(void **state)
{
    (void)state;
    struct key *key = golden_key();
    const char *folder = golden_folder();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = { 10, 10 };
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
            _exit(9);
        }
        _exit((int)key_file_save(key, arena_format(golden_arena(), "%s/key", folder)));
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), STATUS_IO);
    assert_int_equal(count_files(folder), 0);
    assert_int_equal(rmdir(folder), 0);
    key_free(key);
}

/* Several processes start on one empty folder: one key is made, the others are told. */
static void test_one_of_many_saves_wins(void **state)
{
    (void)state;
    enum { RACERS = 6 };
    const char *folder = golden_folder();
    const char *path = arena_format(golden_arena(), "%s/key", folder);
    pid_t children[RACERS];
    int winners = 0;
    for (int i = 0; i < RACERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct key *key = NULL;
            _exit(key_generate(&key) != STATUS_OK ? 9 : (int)key_file_save(key, path));
        }
    }
    for (int i = 0; i < RACERS; i++) {
        int result = 0;
        assert_int_equal(waitpid(children[i], &result, 0), children[i]);
        assert_true(WIFEXITED(result));
        assert_true(WEXITSTATUS(result) == STATUS_OK || WEXITSTATUS(result) == STATUS_CONFLICT);
        winners += WEXITSTATUS(result) == STATUS_OK;
    }
    assert_int_equal(winners, 1);
    assert_int_equal(count_files(folder), 1);
    remove_folder(folder, path);
}

static void test_bad_key_files(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "\n", "00\n", GROUP_ORDER "\n", DIGITS_62 "00\n", DIGITS_62 "01", DIGITS_62 "01\r\n",
        DIGITS_62 "01\n\n", DIGITS_62 "0g\n", " " DIGITS_62 "1\n", DIGITS_62 "001\n", "0x" DIGITS_62 "\n",
        DIGITS_62 "01\n" DIGITS_62 "01", DIGITS_62 "01\n" DIGITS_62 "0g\n", DIGITS_62 "01 " DIGITS_62 "01\n",
        DIGITS_62 "01\n" DIGITS_62 "01\n\n", DIGITS_62 "01\n" DIGITS_62 "01\n" DIGITS_62 "01\n",
    };
    const char *folder = golden_folder();
    const char *path = NULL;
    struct key *key = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        path = golden_file(folder, "key", bad[i], 0600);
        assert_int_equal(key_file_load(path, &key), STATUS_INVALID);
        assert_null(key);
    }
    path = golden_file(folder, "key", BELOW_ORDER "\n", 0600);
    assert_int_equal(key_file_load(path, &key), STATUS_OK);
    key_free(key);
    key = NULL;
    static const mode_t open_modes[] = { 0644, 0640, 0620, 0604, 0601, 0700, 02600 };
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(key_file_load(path, &key), STATUS_INVALID);
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(key_file_load(path, &key), STATUS_OK);
    key_free(key);
    key = NULL;
    assert_int_equal(key_file_load(folder, &key), STATUS_INVALID); /* a folder */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(key_file_load(path, &key), STATUS_INVALID); /* and it does not hang */
    remove_folder(folder, path);
}

/* As a change of the node's key does it: the new one beside, the old one kept, then in place. */
static void test_keep_and_replace(void **state)
{
    (void)state;
    struct key *old = NULL, *new = NULL, *read = NULL;
    const char *folder = golden_folder();
    const char *path = arena_format(golden_arena(), "%s/key", folder);
    const char *beside = arena_format(golden_arena(), "%s/key.new", folder);
    const char *kept = arena_format(golden_arena(), "%s/key.old", folder);
    assert_int_equal(key_generate(&old), STATUS_OK);
    assert_int_equal(key_generate(&new), STATUS_OK);
    assert_int_equal(key_file_save(old, path), STATUS_OK);
    assert_int_equal(key_file_save(new, beside), STATUS_OK);
    for (int again = 0; again < 2; again++) { /* the second time one is there */
        assert_int_equal(key_file_keep(path, kept), STATUS_OK);
    }
    assert_int_equal(key_file_replace(beside, path), STATUS_OK);
    assert_int_equal(count_files(folder), 2);
    assert_int_equal(key_file_load(path, &read), STATUS_OK);
    assert_string_equal(key_id(read), key_id(new));
    key_free(read);
    assert_int_equal(key_file_load(kept, &read), STATUS_OK);
    assert_string_equal(key_id(read), key_id(old));
    key_free(read);
    for (int again = 0; again < 2; again++) { /* the second time there is none */
        assert_int_equal(key_file_remove(kept), STATUS_OK);
    }
    assert_int_equal(key_file_replace(beside, path), STATUS_IO); /* it is there no more */
    assert_int_equal(key_file_keep(beside, kept), STATUS_IO);
    key_free(old);
    key_free(new);
    remove_folder(folder, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_save_where_it_cannot),
        cmocka_unit_test(test_interrupted_write_leaves_nothing),
        cmocka_unit_test(test_one_of_many_saves_wins),
        cmocka_unit_test(test_bad_key_files),
        cmocka_unit_test(test_keep_and_replace),
    };
    log_set_level(LOG_LEVEL_OFF); /* refusals are what is tested here */
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
