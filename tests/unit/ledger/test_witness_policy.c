/* Policies of witnesses: which files are one, where the others go wrong, and what the ones say of checkpoints, by every subset of six witnesses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "ledger/witness_policy.h"
#include "tests/unit/ledger/golden.h"

#define TEXT "ledger.example/golden\n4\nzghE3/LH9dU4sPknorLXf3K8wTVDCb4QXcOCN7k1HaE=\n"

enum { WITNESSES = 6 };

/* Of tests/http/cosign.py, which shares nothing with the program: w1's key and its line, as in test_cosignature.c. */
#define W1 "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define W2 "witness.example/w2+0a6fc933+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define LINE1 \
    "\xe2\x80\x94 witness.example/w1 519lMgAAAABqsTuAO3nVjwP+sUOjelBojLgzheI7UVXY5TBz24wkEcrLbrtWeUY8DvCKPJk4Qh2f6ahD2YlqsxPc6cDL9+ZA97V4Aw==\n"
#define LINE2 \
    "\xe2\x80\x94 witness.example/w2 Cm/JMwAAAABqsTuBUEZNYyG6uZl4dCOxhxsEKsj7giEMXg4nfX8woccVgSrQCOpZ7LTi7/3SzFw92FsteSauYde2RjThI+EGQW0CAQ==\n"

static struct key *keys[WITNESSES];
static struct cosigner cosigners[WITNESSES];
static struct buffer vkeys[WITNESSES];
static struct witness_policy policy;
static struct witness_policy_result result;

static int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < WITNESSES; i++) {
        uint8_t seed[ED25519_SEED_BYTES], public_key[ED25519_PUBLIC_BYTES];
        char name[32];
        memset(seed, (int)i + 1, sizeof seed);
        snprintf(name, sizeof name, "witness.example/%zu", i);
        ed25519_public(public_key, seed);
        if (key_library_open() != STATUS_OK || key_from_secret(seed, seed, &keys[i]) != STATUS_OK) {
            return -1;
        }
        cosigner_init(&cosigners[i], name, public_key);
        buffer_init(&vkeys[i]);
        cosigner_write(&vkeys[i], &cosigners[i]);
    }
    return 0;
}

static void read_fine(const char *text)
{
    struct witness_policy_error error = { .line = 0 };
    if (witness_policy_read(&policy, text, strlen(text), &error) != STATUS_OK) {
        fail_msg("line %zu: %s, of\n%s", error.line, error.reason, text);
    }
}

static enum witness_policy_verdict verdict_of(const char *note)
{
    assert_int_equal(witness_policy_apply(&policy, note, strlen(note), &result), STATUS_OK);
    return result.verdict;
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line;
        const char *says;
    } cases[] = {
        { "", 1, "there is no quorum" },
        { "# nothing\n\n", 3, "there is no quorum" },
        { "quorum none", 1, "cut off" },
        { "quorum none\n#", 2, "cut off" },
        { "quorum none\nquorum none\n", 2, "a second quorum" },
        { "quorum\n", 1, "the name is missing: quorum (NAME | none)" },
        { "quorum a\n", 1, "\"a\" is no witness and no group of a line before" },
        { "quorum none none\n", 1, "\"none\" is one word too many" },
        { "Quorum none\n", 1, "\"Quorum\" is none of log, witness, group and quorum" },
        { "\n\nquorum none\r\n", 3, "control character 0x0d" },
        { "#\x7f\nquorum none\n", 1, "control character 0x7f" },
        { "witness\n", 1, "the name is missing" },
        { "witness a\n", 1, "the witness's key is missing" },
        { "witness a x\n", 1, "\"x\" is not the key of a witness" },
        { "witness none " W1 "\n", 1, "\"none\" is taken already" },
        { "witness a " W1 " http://a b\n", 1, "\"b\" is one word too many" },
        { "witness a " W1 "\nwitness a " W2 "\n", 2, "\"a\" is taken already" },
        { "witness a " W1 "\nwitness b " W1 "\n", 2, "this key of a witness is listed twice" },
        { "witness a " W1 "\ngroup a any a\n", 2, "\"a\" is taken already" },
        { "witness a " W1 "\ngroup none any a\n", 2, "\"none\" is taken already" },
        { "group\n", 1, "the name is missing" },
        { "group g\n", 1, "how many of its members is missing" },
        { "group g any\n", 1, "the group has no member" },
        { "group g any g\n", 1, "\"g\" is no witness and no group of a line before" },
        { "group g any none\n", 1, "\"none\" is no witness and no group of a line before" },
        { "witness a " W1 "\ngroup g 0 a\n", 2, "\"0\" is neither all, any nor a number from 1 on" },
        { "witness a " W1 "\ngroup g 01 a\n", 2, "\"01\" is neither" },
        { "witness a " W1 "\ngroup g +1 a\n", 2, "\"+1\" is neither" },
        { "witness a " W1 "\ngroup g 1.0 a\n", 2, "\"1.0\" is neither" },
        { "witness a " W1 "\ngroup g 4294967297 a\n", 2, "\"4294967297\" is neither" },
        { "witness a " W1 "\ngroup g 2 a\n", 2, "the group wants 2 of 1 members" },
        { "witness a " W1 "\ngroup g any a a\n", 2, "\"a\" is a member already" },
        { "witness a " W1 "\ngroup g any a\ngroup h any a\n", 3, "\"a\" is a member already" },
        { "log\n", 1, "the log's key is missing" },
        { "log " W1 "\nquorum none\n", 1, "is not the key of a log" },
        { "log x y z\n", 1, "\"x\" is not the key of a log" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct witness_policy_error error = { .line = 0 };
        assert_int_equal(witness_policy_read(&policy, cases[i].text, strlen(cases[i].text), &error), STATUS_INVALID);
        if (error.line != cases[i].line || strstr(error.reason, cases[i].says) == NULL) {
            fail_msg("line %zu: %s, and not line %zu: %s", error.line, error.reason, cases[i].line, cases[i].says);
        }
    }
}

/* A key under another name is the same key still. */
static void test_one_key_under_two_names(void **state)
{
    (void)state;
    struct buffer text;
    struct cosigner other;
    struct witness_policy_error error;
    buffer_init(&text);
    cosigner_init(&other, "elsewhere.example/other", cosigners[0].public_key);
    buffer_format(&text, "witness a %s\nwitness b ", vkeys[0].bytes);
    cosigner_write(&text, &other);
    buffer_text(&text, "\nquorum none\n");
    assert_int_equal(witness_policy_read(&policy, text.bytes, text.length, &error), STATUS_INVALID);
    assert_int_equal(error.line, 2);
    buffer_fini(&text);
}

static void test_limits(void **state)
{
    (void)state;
    struct buffer text;
    struct witness_policy_error error;
    buffer_init(&text);
    buffer_format(&text, "witness w %s\ngroup g0 any w\n", vkeys[0].bytes);
    for (int i = 1; i < WITNESS_POLICY_PARTS_MAX - 1; i++) {
        buffer_format(&text, "group g%d all g%d\n", i, i - 1);
    }
    size_t length = text.length;
    buffer_format(&text, "quorum g%d\n", WITNESS_POLICY_PARTS_MAX - 2);
    read_fine(text.bytes);
    assert_int_equal(policy.part_count, WITNESS_POLICY_PARTS_MAX);
    text.length = length;
    buffer_format(&text, "group g%d all g%d\n", WITNESS_POLICY_PARTS_MAX - 1, WITNESS_POLICY_PARTS_MAX - 2);
    assert_int_equal(witness_policy_read(&policy, text.bytes, text.length, &error), STATUS_INVALID);
    assert_int_equal(error.line, WITNESS_POLICY_PARTS_MAX + 1);
    buffer_reset(&text);
    while (text.length <= WITNESS_POLICY_BYTES_MAX) {
        buffer_text(&text, "# more and more and more\n");
    }
    assert_int_equal(witness_policy_read(&policy, text.bytes, text.length, &error), STATUS_INVALID);
    buffer_fini(&text);
}

/* The policy of the format's own example: two of three and one of three others, by every subset of those who cosigned. */
static void test_every_subset(void **state)
{
    (void)state;
    struct buffer text, note;
    buffer_init(&text);
    buffer_init(&note);
    buffer_text(&text, "# two levels\n \t\n");
    for (size_t i = 0; i < WITNESSES; i++) {
        buffer_format(&text, "  witness\t%c%zu  %s%s\n", i < 3 ? 'X' : 'Y', i, vkeys[i].bytes, i == 2 ? " https://w.example/" : "");
    }
    buffer_text(&text, "group X-witnesses 2 X0 X1 X2\ngroup Y-witnesses any Y3 Y4 Y5\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n");
    read_fine(text.bytes);
    for (unsigned set = 0; set < 1u << WITNESSES; set++) {
        unsigned of_x = (set & 1) + (set >> 1 & 1) + (set >> 2 & 1), of_y = set >> 3;
        buffer_reset(&note);
        buffer_text(&note, TEXT "\n");
        for (size_t i = 0; i < WITNESSES; i++) {
            uint8_t signature[COSIGNATURE_BYTES];
            if ((set >> i & 1) != 0) {
                assert_int_equal(cosignature_make(keys[i], TEXT, strlen(TEXT), (int64_t)i + 1, signature), STATUS_OK);
                note_line_write(&note, cosigners[i].name, cosigners[i].hash, signature, sizeof signature);
            }
        }
        assert_int_equal(verdict_of(note.bytes), of_x >= 2 && of_y > 0 ? WITNESS_POLICY_COUNTS : WITNESS_POLICY_TOO_FEW);
        assert_int_equal(result.checkpoint.size, 4);
        for (size_t i = 0; i < WITNESSES; i++) {
            assert_int_equal(result.has_cosigned[i], set >> i & 1);
            assert_int_equal(result.time_s[i], (set >> i & 1) != 0 ? i + 1 : 0);
        }
    }
    buffer_fini(&text);
    buffer_fini(&note);
}

/* Lines from elsewhere, and lines that are wrong. */
static void test_lines(void **state)
{
    (void)state;
    read_fine("witness a " W1 "\nquorum a\n");
    assert_int_equal(verdict_of(TEXT "\n" LINE1), WITNESS_POLICY_COUNTS);
    assert_int_equal(result.time_s[0], 1790000000);
    assert_int_equal(verdict_of(TEXT "\n" LINE2 LINE1), WITNESS_POLICY_COUNTS);
    assert_int_equal(verdict_of(TEXT "\n" LINE2), WITNESS_POLICY_TOO_FEW);
    read_fine("witness a " W1 "\nwitness b " W2 "\ngroup g any a b\nquorum g\n");
    assert_int_equal(verdict_of(TEXT "\n" LINE2), WITNESS_POLICY_COUNTS);
    char bent[] = TEXT "\n" LINE1 LINE2; /* one wrong line of a key that is known spoils it, whatever the others say */
    bent[sizeof bent - 20] ^= 1;
    assert_int_equal(verdict_of(bent), WITNESS_POLICY_WRONG_LINE);
    assert_int_equal(result.wrong, 1);
    read_fine("witness a " W1 "\nquorum a\n");
    assert_int_equal(verdict_of(bent), WITNESS_POLICY_COUNTS); /* nobody knows b here */
    read_fine("witness a " W1 "\nquorum none\n");
    assert_int_equal(verdict_of(TEXT "\n"), WITNESS_POLICY_COUNTS);
    static const char *const none[] = { "", TEXT, "x\n1\n", "ledger.example/golden\n4\nzghE3\n\n" LINE1, TEXT "\nmore\n\n" LINE1 };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(witness_policy_apply(&policy, none[i], strlen(none[i]), &result), STATUS_INVALID);
    }
}

/* The log's own lines: either of its keys will do, under its own name. */
static void test_logs(void **state)
{
    (void)state;
    struct buffer text;
    uint8_t note[1024];
    const char *hex = golden_find("note.both.hex"), *node = golden_find("note.vkey"), *ed25519 = golden_find("note.ed25519_vkey");
    size_t length = strlen(hex) / 2;
    assert_int_equal(text_from_hex(hex, note, length), STATUS_OK);
    note[length] = 0;
    buffer_init(&text);
    const char *const one_each[] = { node, ed25519 };
    for (size_t i = 0; i < 2; i++) {
        buffer_reset(&text);
        buffer_format(&text, "log %s https://ledger.example/\nquorum none\n", one_each[i]);
        read_fine(text.bytes);
        assert_int_equal(verdict_of((char *)note), WITNESS_POLICY_COUNTS);
        assert_int_equal(verdict_of(TEXT "\n" LINE1), WITNESS_POLICY_NOT_LOGGED);
        assert_int_equal(verdict_of("other.example\n4\nzghE3/LH9dU4sPknorLXf3K8wTVDCb4QXcOCN7k1HaE=\n\n"), WITNESS_POLICY_NOT_LOGGED);
    }
    buffer_format(&text, "log %s\n", ed25519);
    struct witness_policy_error error;
    assert_int_equal(witness_policy_read(&policy, text.bytes, text.length, &error), STATUS_INVALID);
    assert_string_equal(error.reason, "this key of a log is listed twice");
    note[length - 20] ^= 1; /* the second line, which the policy knows */
    assert_int_equal(verdict_of((char *)note), WITNESS_POLICY_WRONG_LINE);
    assert_int_equal(result.wrong, WITNESS_POLICY_NONE);
    buffer_fini(&text);
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < WITNESSES; i++) {
        key_free(keys[i]);
        buffer_fini(&vkeys[i]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_one_key_under_two_names), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_every_subset), cmocka_unit_test(test_lines), cmocka_unit_test(test_logs),
    };
    return cmocka_run_group_tests(tests, prepare, end);
}
