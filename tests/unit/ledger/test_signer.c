/* Who signs: keys in memory, in a variable, and a program that does it well or badly. The program is this one, started anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "ledger/key_source.h"
#include "tests/unit/ledger/golden.h"

enum { LINE_BYTES = 1024 };

/* The other side: reads lines, answers as its mode says. */

static void answer_hex(const uint8_t *bytes, size_t length)
{
    char hex[2 * KEY_SIGNATURE_BYTES + 1];
    text_to_hex(hex, bytes, length);
    printf("%s\n", hex);
}

/* A high s, as half of what an HSM gives. */
static void raise_s(uint8_t signature[KEY_SIGNATURE_BYTES])
{
    uint8_t order[32];
    int borrow = 0;
    if (text_from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", order, sizeof order) != STATUS_OK) {
        return;
    }
    for (int i = 31; i >= 0; i--) {
        int difference = order[i] - signature[32 + i] - borrow;
        borrow = difference < 0;
        signature[32 + i] = (uint8_t)difference;
    }
}

static void answer_public(const struct key *key, bool is_whole)
{
    char hex[2 * KEY_PUBLIC_BYTES + 1];
    text_to_hex(hex, key_public(key), KEY_PUBLIC_BYTES);
    printf("%s", hex);
    if (is_whole) {
        text_to_hex(hex, key_ed25519(key), ED25519_PUBLIC_BYTES);
        printf(" %s", hex);
    }
    printf("\n");
}

static void answer_signature(const struct key *key, const char *line, const char *mode)
{
    uint8_t message[LINE_BYTES / 2], signature[KEY_SIGNATURE_BYTES];
    const char *hex = strchr(line, ' ') + 1;
    size_t length = strlen(hex) / 2;
    bool is_first = line[0] == 's';
    if (text_from_hex(hex, message, length) != STATUS_OK) {
        printf("error not hexadecimal\n");
        return;
    }
    if (is_first) {
        key_sign(key, message, signature);
    } else {
        key_sign_message(key, message, length, signature);
    }
    if (strcmp(mode, "high-s") == 0 && is_first) {
        raise_s(signature);
    }
    if (strcmp(mode, is_first ? "wrong-first" : "wrong-second") == 0) {
        signature[40] ^= 1;
    }
    answer_hex(signature, sizeof signature);
}

/* How a mode answers its numberth line, where it does not do it well; false where it does. */
static bool answer_badly(const char *mode, int number)
{
    static const struct { const char *mode, *text; } texts[] = {
        { "rubbish", "good morning\n" }, { "empty", "\n" }, { "two-lines", "a\nb\n" }, { "no-feed", "abc" }, { "nul", "ab" },
        { "refuses", "error the card is not there\n" },
    };
    const char *at = strchr(mode, '@'); /* MODE@N: badly from the Nth line on */
    int first = at != NULL ? at[1] - '0' : 1;
    size_t length = strcspn(mode, "@");
    if (number < first) {
        return false;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strlen(texts[i].mode) == length && strncmp(texts[i].mode, mode, length) == 0) {
            printf("%s", texts[i].text);
            return true;
        }
    }
    if (strncmp(mode, "long", length) == 0 && length == 4) {
        for (int i = 0; i < 5000; i++) {
            printf("x");
        }
        return true;
    }
    if (strncmp(mode, "ends", length) == 0 && length == 4) {
        exit(3);
    }
    return strncmp(mode, "silent", length) == 0 && length == 6;
}

static int run_program(const char *mode)
{
    char line[LINE_BYTES];
    if (key_library_open() != STATUS_OK) {
        return 1;
    }
    struct key *key = golden_whole_key();
    setvbuf(stdout, NULL, _IOFBF, 8192);
    if (strcmp(mode, "talks-first") == 0) {
        printf("welcome\n");
        fflush(stdout);
    }
    for (int number = 1; fgets(line, sizeof line, stdin) != NULL; number++) {
        line[strcspn(line, "\n")] = 0;
        if (!answer_badly(mode, number)) {
            if (strcmp(line, "public") == 0) {
                answer_public(key, strcmp(mode, "one-half") != 0);
            } else {
                answer_signature(key, line, mode);
            }
        }
        if (strcmp(mode, "nul") == 0) {
            putchar(0);
            putchar('\n');
        }
        fflush(stdout);
    }
    if (strcmp(mode, "stays") == 0) {
        for (;;) {
            pause();
        }
    }
    key_free(key);
    arena_fini(golden_arena());
    return 0;
}

/* This side. */

static const char *command_of(const char *mode)
{
    char self[256] = "";
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    return arena_format(golden_arena(), "%s  program %s ", self, mode);
}

static enum status open_program(const char *mode, struct signer **signer, enum signer_fault *fault)
{
    return signer_of_command(command_of(mode), signer, fault);
}

/* Signs a digest and a text and checks both with the public halves. */
static void check_signing(struct signer *signer)
{
    uint8_t digest[DIGEST_BYTES], signature[KEY_SIGNATURE_BYTES];
    digest_bytes(digest, "x", 1);
    assert_int_equal(signer_sign(signer, digest, signature), STATUS_OK);
    assert_int_equal(key_verify(signer_public(signer), digest, signature), STATUS_OK);
    if (signer_ed25519(signer) != NULL) {
        assert_int_equal(signer_sign_message(signer, "text\n", 5, signature), STATUS_OK);
        assert_int_equal(ed25519_verify(signer_ed25519(signer), "text\n", 5, signature), STATUS_OK);
    }
    assert_int_equal(signer_fault(signer), SIGNER_SOUND);
}

static void check_golden(struct signer *signer, bool is_whole)
{
    assert_memory_equal(signer_public(signer), golden_fixed("node.public", KEY_PUBLIC_BYTES), KEY_PUBLIC_BYTES);
    assert_string_equal(signer_id(signer), golden_text("node.id"));
    if (is_whole) {
        assert_memory_equal(signer_ed25519(signer), golden_fixed("ed25519.public", ED25519_PUBLIC_BYTES), ED25519_PUBLIC_BYTES);
    } else {
        assert_null(signer_ed25519(signer));
    }
    check_signing(signer);
}

static void test_a_key_in_memory(void **state)
{
    (void)state;
    struct signer *signer = golden_signer(golden_whole_key());
    check_golden(signer, true);
    assert_non_null(signer_key(signer));
    signer_close(signer);
    signer = golden_signer(golden_key());
    check_golden(signer, false);
    signer_close(signer);
    signer_close(NULL);
}

static void test_programs_that_sign(void **state)
{
    (void)state;
    static const char *const modes[] = { "well", "high-s", "one-half" };
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct signer *signer = NULL;
        enum signer_fault fault = SIGNER_WRONG;
        assert_int_equal(open_program(modes[i], &signer, &fault), STATUS_OK);
        assert_int_equal(fault, SIGNER_SOUND);
        assert_null(signer_key(signer));
        check_golden(signer, strcmp(modes[i], "one-half") != 0);
        signer_close(signer);
    }
}

static void test_programs_that_cannot_begin(void **state)
{
    (void)state;
    static const struct { const char *mode; enum signer_fault fault; } cases[] = {
        { "rubbish", SIGNER_RUBBISH }, { "empty", SIGNER_RUBBISH }, { "two-lines", SIGNER_RUBBISH }, { "long", SIGNER_RUBBISH },
        { "nul", SIGNER_RUBBISH }, { "ends", SIGNER_ENDED }, { "ends@2", SIGNER_ENDED }, { "ends@3", SIGNER_ENDED },
        { "refuses", SIGNER_REFUSED }, { "refuses@2", SIGNER_REFUSED }, { "rubbish@2", SIGNER_RUBBISH }, { "rubbish@3", SIGNER_RUBBISH },
        { "wrong-first", SIGNER_WRONG }, { "wrong-second", SIGNER_WRONG }, { "talks-first", SIGNER_RUBBISH },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signer *signer = NULL;
        enum signer_fault fault = SIGNER_SOUND;
        assert_int_equal(open_program(cases[i].mode, &signer, &fault), STATUS_IO);
        assert_null(signer);
        if (fault != cases[i].fault) {
            fail_msg("%s: %s", cases[i].mode, signer_fault_text(fault));
        }
    }
    struct signer *signer = NULL;
    enum signer_fault fault = SIGNER_SOUND;
    assert_int_equal(signer_of_command("/nowhere/to/be/found", &signer, &fault), STATUS_IO);
    assert_int_equal(fault, SIGNER_NOT_STARTED);
    assert_int_equal(signer_of_command("true", &signer, &fault), STATUS_IO); /* found in PATH, and ends at once */
    assert_int_equal(fault, SIGNER_ENDED);
}

/* One that is late, from its start on or later; on a thread of its own, since each takes the whole time. */
struct late {
    const char *command;
    bool is_opened; /* and fails later */
    enum status status;
    enum signer_fault fault;
    int64_t took_ms;
};

static void *wait_for_late(void *context)
{
    struct late *late = context;
    struct signer *signer = NULL;
    int64_t begun_us = clock_steady_us();
    late->status = signer_of_command(late->command, &signer, &late->fault);
    if (late->is_opened && late->status == STATUS_OK) {
        begun_us = clock_steady_us();
        uint8_t digest[DIGEST_BYTES] = { 1 }, signature[KEY_SIGNATURE_BYTES];
        late->status = signer_sign(signer, digest, signature);
        late->fault = signer_fault(signer);
    }
    late->took_ms = (clock_steady_us() - begun_us) / 1000;
    signer_close(signer);
    return NULL;
}

/* True where none was waited for twice the time. */
static bool try_late(void)
{
    enum { LATE = 3 };
    static const char *const modes[LATE] = { "silent", "no-feed", "silent@4" };
    struct late late[LATE];
    pthread_t threads[LATE];
    bool is_once = true;
    for (size_t i = 0; i < LATE; i++) {
        late[i] = (struct late){ command_of(modes[i]), strchr(modes[i], '@') != NULL, STATUS_OK, SIGNER_SOUND, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_late, &late[i]), 0);
    }
    for (size_t i = 0; i < LATE; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(late[i].status, STATUS_IO);
        assert_int_equal(late[i].fault, SIGNER_SILENT);
        assert_true(late[i].took_ms >= LIMIT_KEY_COMMAND_MS);
        is_once = is_once && late[i].took_ms < 2 * LIMIT_KEY_COMMAND_MS;
    }
    return is_once;
}

/* The limit is waited for once. A start and an end are in the time taken, too, which a busy machine may draw out, though not each time. */
static void test_programs_that_are_late(void **state)
{
    (void)state;
    enum { TRIES = 3 };
    bool is_once = false;
    for (int i = 0; !is_once && i < TRIES; i++) {
        is_once = try_late();
    }
    assert_true(is_once);
}

/* The trial takes three lines; what happens later fails for good, and the first fault stays. */
static void test_programs_that_fail_later(void **state)
{
    (void)state;
    static const struct { const char *mode; enum signer_fault fault; } cases[] = {
        { "ends@4", SIGNER_ENDED }, { "refuses@4", SIGNER_REFUSED }, { "rubbish@4", SIGNER_RUBBISH },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signer *signer = NULL;
        enum signer_fault fault = SIGNER_WRONG;
        uint8_t digest[DIGEST_BYTES] = { 1 }, signature[KEY_SIGNATURE_BYTES];
        assert_int_equal(open_program(cases[i].mode, &signer, &fault), STATUS_OK);
        assert_int_equal(signer_sign(signer, digest, signature), STATUS_IO);
        assert_int_equal(signer_fault(signer), cases[i].fault);
        int64_t begun_us = clock_steady_us();
        assert_int_equal(signer_sign(signer, digest, signature), STATUS_IO); /* and is not asked again */
        assert_int_equal(signer_sign_message(signer, "x", 1, signature), STATUS_IO);
        assert_true(clock_steady_us() - begun_us < 1000000);
        assert_int_equal(signer_fault(signer), cases[i].fault);
        signer_close(signer);
    }
}

/* One that does not end with its input is not waited for without end, and leaves no zombie. */
static void test_a_program_that_does_not_end(void **state)
{
    (void)state;
    struct signer *signer = NULL;
    enum signer_fault fault = SIGNER_SOUND;
    assert_int_equal(open_program("stays", &signer, &fault), STATUS_OK);
    int64_t begun_us = clock_steady_us();
    signer_close(signer);
    assert_true(clock_steady_us() - begun_us < 8000000);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_sources(void **state)
{
    (void)state;
    static const struct { const char *text; enum key_source_kind kind; const char *place; } good[] = {
        { "file:/a/b", KEY_SOURCE_FILE, "/a/b" }, { "file:a:b", KEY_SOURCE_FILE, "a:b" }, { "a/b", KEY_SOURCE_FILE, "a/b" },
        { "env:NAME", KEY_SOURCE_ENVIRONMENT, "NAME" }, { "command:a b c", KEY_SOURCE_COMMAND, "a b c" },
    };
    static const char *const bad[] = { "", "file:", "env:", "env:A=B", "command:", "command:  ", "evn:NAME", "http://x" };
    struct key_source source;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(key_source_read(good[i].text, &source));
        assert_int_equal(source.kind, good[i].kind);
        assert_string_equal(source.place, good[i].place);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(key_source_read(bad[i], &source));
    }
}

/* Whether this process's environment, as the kernel shows it to its user's other processes, holds a text. */
static bool environment_holds(const char *text)
{
    static char all[1 << 17];
    FILE *file = fopen("/proc/self/environ", "r");
    assert_non_null(file);
    size_t length = fread(all, 1, sizeof all, file);
    fclose(file);
    return memmem(all, length, text, strlen(text)) != NULL;
}

static void check_variable(const char *value, enum status wanted, bool is_whole)
{
    char why[KEY_SOURCE_WHY_BYTES] = "";
    struct signer *signer = NULL;
    const struct key_source source = { KEY_SOURCE_ENVIRONMENT, "TEST_NODE_KEY" };
    assert_int_equal(setenv("TEST_NODE_KEY", value, 1), 0);
    assert_int_equal(key_source_open(&source, &signer, why), wanted);
    assert_null(getenv("TEST_NODE_KEY"));
    if (wanted == STATUS_OK) {
        check_golden(signer, is_whole);
        signer_close(signer);
    } else {
        assert_non_null(strstr(why, "TEST_NODE_KEY"));
        assert_null(strstr(why, "0123"));
    }
}

static void test_variables(void **state)
{
    (void)state;
    const char *secret = golden_text("node.secret");
    const char *seed = golden_text("ed25519.seed");
    check_variable(arena_format(golden_arena(), "%s\n%s\n", secret, seed), STATUS_OK, true);
    check_variable(arena_format(golden_arena(), "%s %s", secret, seed), STATUS_OK, true);
    check_variable(arena_format(golden_arena(), "%s\n", secret), STATUS_OK, false);
    check_variable(secret, STATUS_OK, false);
    check_variable("", STATUS_INVALID, false);
    check_variable("0123", STATUS_INVALID, false);
    check_variable(arena_format(golden_arena(), "%s  %s", secret, seed), STATUS_INVALID, false);
    check_variable(arena_format(golden_arena(), "%s %s 0123", secret, seed), STATUS_INVALID, false);
    char why[KEY_SOURCE_WHY_BYTES] = "";
    struct signer *signer = NULL;
    const struct key_source source = { KEY_SOURCE_ENVIRONMENT, "TEST_NODE_KEY" };
    assert_int_equal(key_source_open(&source, &signer, why), STATUS_ABSENT);
    assert_string_equal(why, "the environment variable TEST_NODE_KEY is not set");
}

/* A variable that the process was started with lies where the kernel shows it: it is overwritten there. */
static int run_with_variable(void)
{
    char why[KEY_SOURCE_WHY_BYTES];
    struct signer *signer = NULL;
    const struct key_source source = { KEY_SOURCE_ENVIRONMENT, "TEST_NODE_KEY" };
    const char *secret = golden_text("node.secret");
    if (key_library_open() != STATUS_OK || !environment_holds(secret) || key_source_open(&source, &signer, why) != STATUS_OK) {
        return 1;
    }
    bool is_gone = !environment_holds(secret) && getenv("TEST_NODE_KEY") == NULL;
    signer_close(signer);
    arena_fini(golden_arena());
    return is_gone ? 0 : 2;
}

static void test_a_variable_is_wiped(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("TEST_NODE_KEY", golden_text("node.secret"), 1);
        execl("/proc/self/exe", "test_signer", "variable", (char *)NULL);
        _exit(9);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_in_memory),
        cmocka_unit_test(test_programs_that_sign),
        cmocka_unit_test(test_programs_that_cannot_begin),
        cmocka_unit_test(test_programs_that_are_late),
        cmocka_unit_test(test_programs_that_fail_later),
        cmocka_unit_test(test_a_program_that_does_not_end),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_a_variable_is_wiped),
    };
    log_set_level(LOG_LEVEL_OFF); /* refusals are what is tested here */
    if (argc > 2 && strcmp(argv[1], "program") == 0) {
        return run_program(argv[2]);
    }
    if (argc > 1 && strcmp(argv[1], "variable") == 0) {
        return run_with_variable();
    }
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
