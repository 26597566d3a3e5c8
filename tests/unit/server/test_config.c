/*
 * The table of options: what it accepts, what it refuses, and that help names all of it.
 */
#include "server/config/config.h"
#include "server/config/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "server/config/change.h"
#include "server/config/help.h"

enum { WORDS_MAX = 16 };

/* Parses words and variables, each list ending with NULL. */
static enum status parse(const char *const *words, const char *const *variables, struct config *config,
                         char message[CONFIG_MESSAGE_BYTES])
{
    char *argv[WORDS_MAX] = {(char *)"tallystick"};
    int argc = 1;
    static const char *const none[] = {NULL};
    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = (char *)words[argc - 1];
    }
    return config_parse(argc, argv, (char *const *)(variables != NULL ? variables : none), config, message);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_refused(const char *const *words, const char *const *variables, const char *part)
{
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    memset(&config, 0x5a, sizeof config);
    struct config before = config;
    assert_int_equal(parse(words, variables, &config, message), STATUS_INVALID);
    if (strstr(message, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", message, part);
    }
    assert_memory_equal(&before, &config, sizeof config);
}

static void test_standards(void **state)
{
    (void)state;
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    assert_int_equal(parse(WORDS("serve", "--data-dir", "d"), NULL, &config, message), STATUS_OK);
    assert_int_equal(config.command, RUN_SERVE);
    assert_string_equal(config.data_dir, "d");
    assert_int_equal(config.listen.count, 1);
    assert_string_equal(config.listen.items[0], "127.0.0.1:8080");
    assert_in_range(config.loops, 1, 8);
    assert_in_range(config.job_threads, 4, 8);
    assert_int_equal(config.job_seconds, 30);
    assert_int_equal(config.queue_length, 1024);
    assert_int_equal(config.connections_per_address, 1024);
    assert_int_equal(config.header_timeout_s, 10);
    assert_false(config.is_private);
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_null(config.origin);
}

static void test_forms(void **state)
{
    (void)state;
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    assert_int_equal(parse(WORDS("serve", "--data-dir=d", "--listen", "[::1]:0", "--private", "--log-level=warn",
                                 "--loops", "3"),
                           NULL, &config, message),
                     STATUS_OK);
    assert_int_equal(config.listen.count, 1);
    assert_string_equal(config.listen.items[0], "[::1]:0");
    assert_true(config.is_private);
    assert_int_equal(config.log_level, LOG_LEVEL_WARN);
    assert_int_equal(config.loops, 3);
    assert_int_equal(parse(WORDS("token", "create", "--data-dir", "d", "--organisation", "CRC", "--role", "operator"),
                           NULL, &config, message),
                     STATUS_OK);
    assert_int_equal(config.command, RUN_TOKEN_CREATE);
    assert_string_equal(config.role, "operator");
    assert_int_equal(parse(WORDS("init", "--data-dir", "d", "--sample"), NULL, &config, message), STATUS_OK);
    assert_true(config.with_sample);
    assert_int_equal(parse(WORDS("serve", "--help"), NULL, &config, message), STATUS_OK);
    assert_int_equal(config.command, RUN_HELP);
    assert_int_equal(config.help_for, CONFIG_FOR(RUN_SERVE));
    assert_int_equal(parse(WORDS("--version"), NULL, &config, message), STATUS_OK);
    assert_int_equal(config.command, RUN_VERSION);
}

static void test_origins(void **state)
{
    (void)state;
    static const char *const sound[] = {"*", "https://a.example", "http://localhost:3000,https://b.example:8443", "http://[::1]:80"};
    static const char *const unsound[] = {"https://a.example/", "a.example", "https://", "https://A.example", "*,https://a.example",
                                          "https://a.example,", ",", "https://a.example, https://b.example", "null"};
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_int_equal(parse(WORDS("serve", "--data-dir", "d", "--cors-origin", sound[i]), NULL, &config, message), STATUS_OK);
        assert_string_equal(config.cors_origins, sound[i]);
    }
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++) {
        assert_int_equal(parse(WORDS("serve", "--data-dir", "d", "--cors-origin", unsound[i]), NULL, &config, message),
                         STATUS_INVALID);
        assert_non_null(strstr(message, "--cors-origin"));
    }
}

static void test_lists_and_pairs(void **state)
{
    (void)state;
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    assert_int_equal(parse(WORDS("serve", "--data-dir", "d", "--listen", "a:1", "--listen=unix:b,c:2", "--tls-cert", "c", "--tls-key", "k"),
                           NULL, &config, message),
                     STATUS_OK);
    assert_int_equal(config.listen.count, 2);
    assert_string_equal(config.listen.items[0], "a:1");
    assert_string_equal(config.listen.items[1], "unix:b,c:2");
    assert_string_equal(config.unix_mode, "0660");
    assert_int_equal(config_source(&config, "listen"), CONFIG_BY_OPTION);
    assert_int_equal(config_source(&config, "unix-mode"), CONFIG_BY_DEFAULT);
    expect_refused(WORDS("serve", "--data-dir", "d", "--tls-cert", "c"), NULL, "go together");
    expect_refused(WORDS("serve", "--data-dir", "d"), WORDS("TALLYSTICK_TLS_KEY=k"), "go together");
    expect_refused(WORDS("serve", "--data-dir", "d", "--unix-mode", "1777"), NULL, "--unix-mode");
    expect_refused(WORDS("serve", "--data-dir", "d", "--config", "/nowhere/at/all"), NULL, "cannot be read");
    assert_int_equal(parse(WORDS("serve", "--data-dir", "d", "--config", "-/nowhere/at/all"), NULL, &config, message), STATUS_OK);
    struct config other = config;
    const size_t first = 0;
    assert_true(config_is_same(&config, &other, config_option_at(first)));
    other.data_dir = "e";
    assert_false(config_is_same(&config, &other, config_option_at(first)));
    config_keep(&other, &config, first);
    assert_string_equal(other.data_dir, "d");
}

static void test_environment(void **state)
{
    (void)state;
    struct config config;
    char message[CONFIG_MESSAGE_BYTES];
    const char *const *variables =
        WORDS("PATH=/bin", "TALLYSTICK_DATA_DIR=e", "TALLYSTICK_LOOPS=2", "TALLYSTICK_PRIVATE=yes", "TALLYSTICKS=1");
    assert_int_equal(parse(WORDS("serve"), variables, &config, message), STATUS_OK);
    assert_string_equal(config.data_dir, "e");
    assert_int_equal(config.loops, 2);
    assert_true(config.is_private);
    assert_int_equal(parse(WORDS("serve", "--data-dir", "d", "--loops=4"), variables, &config, message), STATUS_OK);
    assert_string_equal(config.data_dir, "d");
    assert_int_equal(config.loops, 4);
    /* one environment serves all sub-commands */
    assert_int_equal(parse(WORDS("init"), variables, &config, message), STATUS_OK);
    assert_string_equal(config.data_dir, "e");
}

static void test_refusals(void **state)
{
    (void)state;
    const char *const *good = WORDS("serve", "--data-dir", "d");
    expect_refused((const char *const[]){NULL}, NULL, "sub-command");
    expect_refused(WORDS("serv"), NULL, "did you mean serve?");
    expect_refused(WORDS("token"), NULL, "create");
    expect_refused(WORDS("serve"), NULL, "--data-dir");
    expect_refused(WORDS("serve", "--data-dirr", "d"), NULL, "did you mean --data-dir?");
    expect_refused(WORDS("init", "--data-dir", "d", "--loops", "2"), NULL, "unknown option");
    expect_refused(WORDS("serve", "--data-dir"), NULL, "needs a value");
    expect_refused(WORDS("serve", "--data-dir", "d", "--data-dir", "e"), NULL, "twice");
    expect_refused(WORDS("serve", "--data-dir", ""), NULL, "empty");
    expect_refused(WORDS("verify", "var"), NULL, "named by --data-dir: tallystick verify --data-dir var");
    expect_refused(WORDS("serve", "-d"), NULL, "not an option");
    expect_refused(WORDS("help", "serv"), NULL, "did you mean serve?");
    expect_refused(WORDS("help", "token", "make"), NULL, "create, list, revoke");
    expect_refused(WORDS("serve", "--data-dir", "d", "--listen", "8080"), NULL, "HOST:PORT");
    expect_refused(WORDS("serve", "--data-dir", "d", "--listen", "::1:8080"), NULL, "[::1]:8080");
    expect_refused(WORDS("serve", "--data-dir", "d", "--listen", "localhost:65536"), NULL, "0 to 65535");
    expect_refused(good, WORDS("TALLYSTICK_LISTEN=localhost"), "TALLYSTICK_LISTEN");
    expect_refused(WORDS("init", "--data-dir", "d", "--origin", "a b"), NULL, "without space");
    expect_refused(WORDS("serve", "--data-dir", "d", "--loops", "0"), NULL, "1 to 64");
    expect_refused(WORDS("serve", "--data-dir", "d", "--loops", "2x"), NULL, "1 to 64");
    expect_refused(WORDS("serve", "--data-dir", "d", "--job-seconds", "0"), NULL, "1 to 3600");
    expect_refused(good, WORDS("TALLYSTICK_JOB_SECONDS=3601"), "TALLYSTICK_JOB_SECONDS");
    expect_refused(WORDS("serve", "--data-dir", "d", "--log-level", "loud"), NULL, "debug, info");
    expect_refused(WORDS("verify"), NULL, "--data-dir");
    expect_refused(good, WORDS("TALLYSTICK_LOPS=2"), "did you mean TALLYSTICK_LOOPS?");
    expect_refused(good, WORDS("TALLYSTICK_PRIVATE=maybe"), "TALLYSTICK_PRIVATE");
    expect_refused(good, WORDS("TALLYSTICK_"), "unknown variable");
}

static void test_help_names_all(void **state)
{
    (void)state;
    char *help = help_text(0);
    assert_non_null(help);
    size_t count = 0;
    for (const struct config_option *option; (option = config_option_at(count)) != NULL; count++) {
        char name[80];
        snprintf(name, sizeof name, "--%s", option->name);
        assert_non_null(strstr(help, name));
        assert_non_null(strstr(help, option->variable));
        assert_int_equal(strncmp(option->variable, "TALLYSTICK_", 11), 0);
        for (size_t i = 0; option->name[i] != 0; i++) {
            char upper = option->name[i] == '-' ? '_' : (char)(option->name[i] - ('a' - 'A'));
            assert_int_equal(option->variable[11 + i], upper);
        }
    }
    assert_true(count > 15);
    free(help);
}

static void test_help_of_one(void **state)
{
    (void)state;
    static const unsigned tokens = CONFIG_FOR(RUN_TOKEN_CREATE) | CONFIG_FOR(RUN_TOKEN_LIST) | CONFIG_FOR(RUN_TOKEN_REVOKE);
    const struct {
        const char *const *words;
        unsigned about;
    } asked[] = {
        {WORDS("--help"), 0}, {WORDS("help"), 0}, {WORDS("verify", "-h"), CONFIG_FOR(RUN_VERIFY)},
        {WORDS("init", "--sample", "--help"), CONFIG_FOR(RUN_INIT)}, {WORDS("token", "--help"), tokens},
        {WORDS("token", "list", "--help"), CONFIG_FOR(RUN_TOKEN_LIST)}, {WORDS("help", "token"), tokens},
        {WORDS("help", "token", "create"), CONFIG_FOR(RUN_TOKEN_CREATE)}, {WORDS("help", "serve"), CONFIG_FOR(RUN_SERVE)},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct config config;
        char message[CONFIG_MESSAGE_BYTES];
        assert_int_equal(parse(asked[i].words, NULL, &config, message), STATUS_OK);
        assert_int_equal(config.command, RUN_HELP);
        assert_int_equal(config.help_for, asked[i].about);
    }
    char *verify = help_text(CONFIG_FOR(RUN_VERIFY));
    char *all = help_text(0);
    assert_non_null(strstr(verify, "usage:\n  tallystick verify (--data-dir DIR | --export FILE) [options]\n"));
    assert_non_null(strstr(verify, "--checkpoint FILE"));
    assert_non_null(strstr(verify, "for example:\n  tallystick verify --data-dir var"));
    assert_null(strstr(verify, "--listen"));
    assert_null(strstr(verify, "for: "));
    assert_true(strlen(verify) * 4 < strlen(all));
    free(verify);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standards),       cmocka_unit_test(test_forms),       cmocka_unit_test(test_origins),
        cmocka_unit_test(test_lists_and_pairs), cmocka_unit_test(test_environment), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_help_names_all),
        cmocka_unit_test(test_help_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
