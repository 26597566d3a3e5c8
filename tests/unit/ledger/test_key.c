/* Keys, their files, signatures. Wycheproof's vectors run in tests/oracle/test_ledger_golden.py. */
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

#if defined(__has_feature) /* how clang says what gcc says by macros */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

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

static void test_golden_key_and_seals(void **state)
{
    (void)state;
    struct key *key = golden_key();
    char id[KEY_ID_BYTES];
    assert_memory_equal(key_public(key), golden_fixed("node.public", KEY_PUBLIC_BYTES), KEY_PUBLIC_BYTES);
    assert_string_equal(key_id(key), golden_text("node.id"));
    key_id_of(id, key_public(key));
    assert_string_equal(id, golden_text("node.id"));
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        uint8_t seal[KEY_SIGNATURE_BYTES];
        const uint8_t *hash = golden_fixed(golden_name(seq, "hash"), DIGEST_BYTES);
        key_sign(key, hash, seal);
        assert_memory_equal(seal, golden_fixed(golden_name(seq, "seal"), KEY_SIGNATURE_BYTES), KEY_SIGNATURE_BYTES);
        assert_int_equal(key_verify(key_public(key), hash, seal), STATUS_OK);
    }
    key_free(key);
    key_free(NULL);
}

static void test_any_changed_bit_is_refused(void **state)
{
    (void)state;
    uint8_t public_key[KEY_PUBLIC_BYTES];
    uint8_t hash[DIGEST_BYTES];
    uint8_t seal[KEY_SIGNATURE_BYTES];
    struct { uint8_t *bytes; size_t length; } parts[] = {
        { public_key, sizeof public_key }, { hash, sizeof hash }, { seal, sizeof seal },
    };
    memcpy(public_key, golden_fixed("node.public", sizeof public_key), sizeof public_key);
    memcpy(hash, golden_fixed("entry2.hash", sizeof hash), sizeof hash);
    memcpy(seal, golden_fixed("entry2.seal", sizeof seal), sizeof seal);
    assert_int_equal(key_verify(public_key, hash, seal), STATUS_OK);
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        for (size_t bit = 0; bit < parts[part].length * 8; bit++) {
            uint8_t mask = (uint8_t)(1u << bit % 8);
            parts[part].bytes[bit / 8] ^= mask;
            assert_int_equal(key_verify(public_key, hash, seal), STATUS_INVALID);
            parts[part].bytes[bit / 8] ^= mask;
        }
    }
}

static void test_extreme_signatures_are_refused(void **state)
{
    (void)state;
    const char *const numbers[] = { DIGITS_62 "00", DIGITS_62 "01", BELOW_ORDER, GROUP_ORDER,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" };
    const uint8_t *public_key = golden_fixed("node.public", KEY_PUBLIC_BYTES);
    const uint8_t *hash = golden_fixed("entry1.hash", DIGEST_BYTES);
    uint8_t signature[KEY_SIGNATURE_BYTES];
    for (size_t r = 0; r < sizeof numbers / sizeof *numbers; r++) {
        for (size_t s = 0; s < sizeof numbers / sizeof *numbers; s++) {
            assert_int_equal(text_from_hex(numbers[r], signature, 32), STATUS_OK);
            assert_int_equal(text_from_hex(numbers[s], signature + 32, 32), STATUS_OK);
            assert_int_equal(key_verify(public_key, hash, signature), STATUS_INVALID);
        }
    }
}

/* order - s verifies mathematically, but would make two signatures of one. */
static void test_high_s_is_refused(void **state)
{
    (void)state;
    uint8_t order[32];
    uint8_t seal[KEY_SIGNATURE_BYTES];
    int borrow = 0;
    assert_int_equal(text_from_hex(GROUP_ORDER, order, sizeof order), STATUS_OK);
    memcpy(seal, golden_fixed("entry1.seal", sizeof seal), sizeof seal);
    for (int i = 31; i >= 0; i--) {
        int difference = order[i] - seal[32 + i] - borrow;
        borrow = difference < 0;
        seal[32 + i] = (uint8_t)(difference + 256 * borrow);
    }
    assert_int_equal(key_verify(golden_fixed("node.public", KEY_PUBLIC_BYTES),
                                golden_fixed("entry1.hash", DIGEST_BYTES), seal), STATUS_INVALID);
}

/* Secret 1 is the generator, whose coordinates SEC 2 publishes. */
static void test_coordinates(void **state)
{
    (void)state;
    uint8_t x[32];
    uint8_t y[32];
    char hex[65];
    uint8_t bad[KEY_PUBLIC_BYTES] = { 0x05 };
    struct key *key = golden_key_of(DIGITS_62 "01");
    assert_int_equal(key_coordinates(key_public(key), x, y), STATUS_OK);
    text_to_hex(hex, x, sizeof x);
    assert_string_equal(hex, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    text_to_hex(hex, y, sizeof y);
    assert_string_equal(hex, "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    assert_int_equal(key_coordinates(bad, x, y), STATUS_INVALID);
    key_free(key);
}

static void test_save_and_load(void **state)
{
    (void)state;
    struct key *key = NULL;
    struct key *read = NULL;
    struct stat about;
    const char *folder = golden_folder();
    const char *path = arena_format(golden_arena(), "%s/node.key", folder);
    assert_int_equal(key_load(path, &read), STATUS_ABSENT);
    assert_null(read);
    assert_int_equal(key_generate(&key), STATUS_OK);
    mode_t before = umask(0);
    assert_int_equal(key_save(key, path), STATUS_OK);
    umask(before);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(about.st_size, 65);
    assert_int_equal(about.st_nlink, 1);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(key_load(path, &read), STATUS_OK);
    assert_memory_equal(key_public(read), key_public(key), KEY_PUBLIC_BYTES);
    assert_string_equal(key_id(read), key_id(key));
    key_free(read);

    /* A second key never takes the place of the first. */
    struct key *other = NULL;
    assert_int_equal(key_generate(&other), STATUS_OK);
    assert_memory_not_equal(key_public(other), key_public(key), KEY_PUBLIC_BYTES);
    assert_int_equal(key_save(other, path), STATUS_CONFLICT);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(key_load(path, &read), STATUS_OK);
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
    assert_int_equal(key_save(key, arena_format(golden_arena(), "%s/none/key", folder)), STATUS_IO);
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
        _exit((int)key_save(key, arena_format(golden_arena(), "%s/key", folder)));
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
            _exit(key_generate(&key) != STATUS_OK ? 9 : (int)key_save(key, path));
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
    };
    const char *folder = golden_folder();
    const char *path = NULL;
    struct key *key = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        path = golden_file(folder, "key", bad[i], 0600);
        assert_int_equal(key_load(path, &key), STATUS_INVALID);
        assert_null(key);
    }
    path = golden_file(folder, "key", BELOW_ORDER "\n", 0600);
    assert_int_equal(key_load(path, &key), STATUS_OK);
    key_free(key);
    key = NULL;
    static const mode_t open_modes[] = { 0644, 0640, 0620, 0604, 0601, 0700, 02600 };
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(key_load(path, &key), STATUS_INVALID);
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(key_load(path, &key), STATUS_OK);
    key_free(key);
    key = NULL;
    assert_int_equal(key_load(folder, &key), STATUS_INVALID); /* a folder */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(key_load(path, &key), STATUS_INVALID); /* and it does not hang */
    remove_folder(folder, path);
}

/* True where the kernel reports the flag for the mapping that holds address. */
static bool has_mapping_flag(const void *address, const char *flag, bool *is_reported)
{
    char line[512];
    bool is_here = false;
    bool is_set = false;
    *is_reported = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            is_here = (unsigned long)address >= from && (unsigned long)address < to;
        } else if (is_here && strncmp(line, "VmFlags:", 8) == 0) {
            *is_reported = true;
            is_set = strstr(line, flag) != NULL;
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return is_set;
}

static void test_secret_is_locked_and_not_dumped(void **state)
{
    (void)state;
    struct key *key = golden_key();
    bool is_reported = false;
    bool is_undumped = has_mapping_flag(key_public(key), " dd", &is_reported);
    bool is_locked = has_mapping_flag(key_public(key), " lo", &is_reported);
    key_free(key);
    if (!is_reported) {
        skip();
    }
    assert_true(is_undumped);
    assert_true(is_locked || IS_SANITIZED); /* the sanitizers turn mlock into nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_key_and_seals),
        cmocka_unit_test(test_any_changed_bit_is_refused),
        cmocka_unit_test(test_extreme_signatures_are_refused),
        cmocka_unit_test(test_high_s_is_refused),
        cmocka_unit_test(test_coordinates),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_save_where_it_cannot),
        cmocka_unit_test(test_interrupted_write_leaves_nothing),
        cmocka_unit_test(test_one_of_many_saves_wins),
        cmocka_unit_test(test_bad_key_files),
        cmocka_unit_test(test_secret_is_locked_and_not_dumped),
    };
    log_set_level(LOG_LEVEL_OFF); /* refusals are what is tested here */
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
