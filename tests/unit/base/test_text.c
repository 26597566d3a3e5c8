/*
 * Tests of base/text.c: against the C library where it has the same function, against
 * searches and exhaustive loops where the domain is small enough.
 */
#include "base/text.h"

#include "base/base64url.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t random_state = 20210112;

static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double random_double(void)
{
    for (;;) {
        uint64_t bits = random_next();
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            return value;
        }
    }
}

/* True where call ends the process by an assertion. */
static bool aborts(void (*call)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) != NULL) {
            call();
        }
        _exit(0);
    }
    int result = 0;
    assert_true(waitpid(child, &result, 0) == child);
    return WIFSIGNALED(result) && WTERMSIG(result) == SIGABRT;
}

/* The number of significant digits of a decimal text. */
static int significant_digits(const char *text)
{
    int count = 0;
    int zeros = 0;
    for (; *text != 0 && *text != 'e'; text++) {
        if (*text == '0') {
            zeros += count > 0;
        } else if (*text >= '1' && *text <= '9') {
            count += zeros + 1;
            zeros = 0;
        }
    }
    return count;
}

/* The fewest digits that read back as value: tries each number of digits, and the three
 * decimals around the value. */
static int fewest_digits(double value)
{
    for (int digits = 1; digits < 17; digits++) {
        char text[40];
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        char *e = strchr(text, 'e');
        int exponent = (int)strtol(e + 1, NULL, 10);
        long long mantissa = 0;
        for (char *at = text; at < e; at++) {
            mantissa = *at >= '0' && *at <= '9' ? mantissa * 10 + (*at - '0') : mantissa;
        }
        for (int step = -1; step <= 1; step++) {
            snprintf(text, sizeof text, "%s%llde%d", value < 0 ? "-" : "", mantissa + step, exponent - digits + 1);
            if (strtod(text, NULL) == value) {
                return digits;
            }
        }
    }
    return 17;
}

static void check_round_trip(double value)
{
    char text[TEXT_DOUBLE_BYTES];
    double again = -1;
    size_t length = text_from_double(text, value);
    if (length != strlen(text) || text_to_double(text, &again) != STATUS_OK || again != value) {
        fail_msg("%.17g was written as %s", value, text);
    }
}

static void check_fewest(double value)
{
    char text[TEXT_DOUBLE_BYTES];
    text_from_double(text, value);
    if (significant_digits(text) != fewest_digits(value)) {
        fail_msg("%.17g was written as %s, %d digits would do", value, text, fewest_digits(value));
    }
}

static void doubles_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        check_round_trip(random_double());
    }
    for (int i = 0; i < 100000; i++) {
        check_round_trip((double)(int64_t)random_next() / 1e4);
        check_round_trip((double)(random_next() % 1000000) / 1000.0);
    }
}

static void doubles_have_the_fewest_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        check_fewest(random_double());
        check_fewest((double)(random_next() % 100000000) / 1000.0);
    }
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1.0, exponent);
        check_round_trip(power);
        check_fewest(power);
        check_fewest(-power);
        check_fewest(nextafter(power, 0.0) > 0 ? nextafter(power, 0.0) : power);
        check_fewest(nextafter(power, INFINITY));
    }
}

static void doubles_look_as_expected(void **state)
{
    static const struct { double value; const char *text; } cases[] = {
        { 0.0, "0" }, { -0.0, "0" }, { 0.1, "0.1" }, { -0.1, "-0.1" }, { 0.3, "0.3" }, { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0, "1" }, { 100.0, "100" }, { -31.0, "-31" }, { 123456.789, "123456.789" }, { 1e14, "100000000000000" },
        { 1e15, "1e15" }, { 1e21, "1e21" }, { 1e-5, "1e-5" }, { 0.0001, "0.0001" }, { 5e-324, "5e-324" },
        { 1.7976931348623157e308, "1.7976931348623157e308" }, { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 9007199254740991.0, "9007199254740991" }, { 9007199254740993.0, "9007199254740992" },
        { 5.684341886080802e-14, "5.684341886080802e-14" }, { 1.0 / 3.0, "0.3333333333333333" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TEXT_DOUBLE_BYTES];
        text_from_double(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
    }
}

static void write_infinity(void) { char text[TEXT_DOUBLE_BYTES]; text_from_double(text, INFINITY); }
static void write_nan(void) { char text[TEXT_DOUBLE_BYTES]; text_from_double(text, NAN); }

static void promises_are_asserted(void **state)
{
    (void)state;
    assert_true(aborts(write_infinity));
    assert_true(aborts(write_nan));
}

static void numbers_are_strict(void **state)
{
    static const char *const bad[] = {
        "", "-", "+1", ".5", "1.", "01", "-01", "00", "1e", "1e+", "1e5x", " 1", "1 ", "1\t", "0x10", "1,5", "1_000", "nan", "NaN",
        "inf", "-inf", "Infinity", "1e999", "-1e999", "1.5.5", "1e5.5", "--1", "1f", "0b1", "1e5e5", "\xd9\xa1",
    };
    static const char *const good[] = { "0", "-0", "1", "10.50", "1e5", "1E+5", "1e-05", "-1.5e-300", "1e-999", "0.0" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 42;
        if (text_to_double(bad[i], &value) != STATUS_INVALID || value != 42) {
            fail_msg("accepted %s", bad[i]);
        }
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double value = 42;
        assert_int_equal(text_to_double(good[i], &value), STATUS_OK);
        assert_true(value == strtod(good[i], NULL));
    }
}

static void integers_are_strict(void **state)
{
    static const struct { const char *text; bool is_good; int64_t value; } cases[] = {
        { "0", true, 0 }, { "-0", true, 0 }, { "007", true, 7 }, { "-12", true, -12 },
        { "9223372036854775807", true, INT64_MAX }, { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 }, { "99999999999999999999", false, 0 },
        { "", false, 0 }, { "-", false, 0 }, { "+1", false, 0 }, { "1.0", false, 0 }, { "1e3", false, 0 },
        { " 1", false, 0 }, { "1 ", false, 0 }, { "--1", false, 0 }, { "0x1", false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 42;
        enum status status = text_to_integer(cases[i].text, &value);
        assert_int_equal(status, cases[i].is_good ? STATUS_OK : STATUS_INVALID);
        assert_true(value == (cases[i].is_good ? cases[i].value : 42));
    }
}

static void check_integer(int64_t value)
{
    char text[TEXT_INTEGER_BYTES], wanted[TEXT_INTEGER_BYTES];
    int length = snprintf(wanted, sizeof wanted, "%" PRId64, value);
    assert_int_equal(text_from_integer(text, value), length);
    assert_string_equal(text, wanted);
}

static void integers_are_written_as_by_printf(void **state)
{
    (void)state;
    static const int64_t some[] = { 0, 1, -1, 9, 10, -10, 99, 100, INT64_MAX, INT64_MIN, INT64_MIN + 1, TEXT_INTEGER_MAX };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        check_integer(some[i]);
    }
    for (int i = 0; i < 100000; i++) {
        check_integer((int64_t)(random_next() >> (random_next() % 64)));
    }
}

static void hexadecimal_goes_both_ways(void **state)
{
    unsigned char all[256], again[256];
    char text[513];
    (void)state;
    for (int i = 0; i < 256; i++) {
        all[i] = (unsigned char)i;
    }
    text_to_hex(text, all, sizeof all);
    assert_memory_equal(text, "000102", 6);
    assert_string_equal(text + 506, "fdfeff");
    assert_int_equal(text_from_hex(text, again, sizeof again), STATUS_OK);
    assert_memory_equal(all, again, sizeof all);
    assert_int_equal(text_from_hex("aBcD", again, 2), STATUS_OK);
    assert_memory_equal(again, "\xab\xcd", 2);
    assert_int_equal(text_from_hex("", again, 0), STATUS_OK);
    static const char *const bad[] = { "", "a", "abc", "abcde", "abcg", "ab c", "0xab", "ab\xc3\xa9" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        again[0] = 42;
        assert_int_equal(text_from_hex(bad[i], again, 2), STATUS_INVALID);
        assert_int_equal(again[0], 42);
    }
}

static void base64_follows_the_rfc(void **state)
{
    static const struct { const char *plain, *text, *url; } cases[] = { /* RFC 4648, section 10, and the last two letters */
        { "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" },
        { "foob", "Zm9vYg==", "Zm9vYg" }, { "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
        { "\xfb\xff\xfe", "+//+", "-__-" },
    };
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "-__-", "Zm9\xc3", "Zg=g",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TEXT_BASE64_BYTES(8)], plain[8];
        size_t length = 99;
        assert_int_equal(text_to_base64(text, cases[i].plain, strlen(cases[i].plain)), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_int_equal(text_from_base64(text, strlen(text), plain, &length), STATUS_OK);
        assert_int_equal(length, strlen(cases[i].plain));
        assert_memory_equal(plain, cases[i].plain, length);
        assert_int_equal(text_to_base64url(text, cases[i].plain, strlen(cases[i].plain)), strlen(cases[i].url));
        assert_string_equal(text, cases[i].url);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char plain[16];
        size_t length = 99;
        if (text_from_base64(bad[i], strlen(bad[i]), plain, &length) != STATUS_INVALID || length != 99) {
            fail_msg("accepted %s", bad[i]);
        }
    }
    for (size_t length = 0; length < 200; length++) {
        unsigned char bytes[200], again[200];
        char text[TEXT_BASE64_BYTES(200)];
        size_t decoded = 0;
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (unsigned char)random_next();
        }
        size_t written = text_to_base64(text, bytes, length);
        assert_true(written + 1 == TEXT_BASE64_BYTES(length));
        assert_int_equal(text_from_base64(text, written, again, &decoded), STATUS_OK);
        assert_true(decoded == length && memcmp(bytes, again, length) == 0);
    }
}

/* Every text of up to four characters, and what RFC 4648 gives for bytes: decoding takes just what encoding makes. */
static void base64url_has_one_text_for_each_run_of_bytes(void **state)
{
    static const char tried[] = "AQgw_-/+= \n.9z";
    uint8_t bytes[BASE64URL_BYTES_MAX(4)];
    (void)state;
    for (size_t length = 0, count = 1; length <= 4; length++, count *= sizeof tried - 1) {
        for (size_t n = 0; n < count; n++) {
            char text[5] = "", again[TEXT_BASE64_BYTES(sizeof bytes)];
            size_t used = 99, rest = n;
            for (size_t i = 0; i < length; i++, rest /= sizeof tried - 1) {
                text[i] = tried[rest % (sizeof tried - 1)];
            }
            if (base64url_decode(text, length, bytes, &used) != STATUS_OK) {
                assert_int_equal(used, 99);
                continue;
            }
            assert_true(used <= 3 && text_to_base64url(again, bytes, used) == length);
            assert_string_equal(again, text);
        }
    }
    for (size_t length = 0; length < 200; length++) {
        uint8_t plain[200], decoded[BASE64URL_BYTES_MAX(TEXT_BASE64_BYTES(200))];
        char text[TEXT_BASE64_BYTES(200)];
        size_t used = 0;
        for (size_t i = 0; i < length; i++) {
            plain[i] = (uint8_t)(i * 37 + length * 101);
        }
        size_t written = text_to_base64url(text, plain, length);
        assert_true(length <= BASE64URL_BYTES_MAX(written));
        assert_int_equal(base64url_decode(text, written, decoded, &used), STATUS_OK);
        assert_int_equal(used, length);
        assert_memory_equal(decoded, plain, length);
    }
}

static void dates_agree_with_the_library(void **state)
{
    (void)state;
    for (int64_t days = -719528; days <= 2932896; days += days > -135140 && days < 160000 ? 1 : 13) {
        time_t seconds = (time_t)(days * 86400);
        struct tm parts;
        char wanted[40], text[TEXT_DATE_BYTES];
        int64_t again = INT64_MIN;
        assert_non_null(gmtime_r(&seconds, &parts));
        snprintf(wanted, sizeof wanted, "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
        text_from_date(text, days);
        if (strcmp(text, wanted) != 0 || text_to_date(text, &again) != STATUS_OK || again != days || timegm(&parts) != seconds) {
            fail_msg("day %lld is %s, not %s", (long long)days, wanted, text);
        }
    }
}

static void impossible_dates_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "2020", "2020-02", "2020-02-30", "2021-02-29", "1900-02-29", "2020-04-31", "2020-00-01", "2020-13-01", "2020-01-00",
        "2020-01-32", "2020-1-1", "20200101", "2020/01/01", "2020-01-01 ", " 2020-01-01", "2020-01-0x", "-020-01-01", "+020-01-01",
        "2020-01-01T00:00:00Z", "99999-01-01",
    };
    int64_t days = 42;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(text_to_date(bad[i], &days), STATUS_INVALID);
        assert_int_equal(days, 42);
    }
    assert_int_equal(text_to_date("2000-02-29", &days), STATUS_OK);
}

static void instants_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int64_t time_ms = (int64_t)(random_next() % 253402300800000u);
        time_ms -= i % 2 == 0 ? time_ms % 1000 : 0;
        char text[TEXT_INSTANT_BYTES];
        int64_t again = -1;
        size_t length = text_from_instant(text, time_ms);
        assert_int_equal(length, strlen(text));
        assert_int_equal(length, strlen("2020-02-03T06:10:00.000Z"));
        assert_int_equal(text_to_instant(text, &again), STATUS_OK);
        assert_true(again == time_ms);
        struct tm parts;
        memset(&parts, 0, sizeof parts);
        assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%S", &parts));
        assert_true(timegm(&parts) == time_ms / 1000);
    }
}

static void beyond_the_last_year_nothing_ends(void **state)
{
    (void)state;
    static const int64_t after[] = { 253402300800000, 9000000000000000, INT64_MAX }, before[] = { -62167219200001, INT64_MIN };
    char text[TEXT_INSTANT_BYTES], date[TEXT_DATE_BYTES];
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        text_from_instant(text, after[i]);
        text_from_date(date, after[i]);
        assert_string_equal(text, "9999-12-31T23:59:59.999Z");
        assert_string_equal(date, "9999-12-31");
    }
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        text_from_instant(text, before[i]);
        text_from_date(date, before[i]);
        assert_string_equal(text, "0000-01-01T00:00:00.000Z");
        assert_string_equal(date, "0000-01-01");
    }
    text_from_instant(text, 253402300799999);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    text_from_instant(text, -62167219200000);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static void instants_follow_the_rfc(void **state)
{
    static const struct { const char *text; int64_t time_ms; } cases[] = {
        { "1970-01-01T00:00:00Z", 0 }, { "2020-02-03T06:10:00Z", 1580710200000 }, { "2020-02-03T06:10:00.250Z", 1580710200250 },
        { "2020-02-03T14:10:00+08:00", 1580710200000 }, { "2020-02-02T22:10:00-08:00", 1580710200000 },
        { "2020-02-03t06:10:00z", 1580710200000 }, { "2020-02-03T06:10:00.2Z", 1580710200200 },
        { "2020-02-03T06:10:00.250999999Z", 1580710200250 }, { "1970-01-01T08:00:00+08:00", 0 },
        { "9999-12-31T23:59:59.999Z", 253402300799999 }, { "2020-02-29T00:00:00-00:00", 1582934400000 },
    };
    static const char *const bad[] = {
        "", "2020-02-03", "2020-02-03T06:10:00", "2020-02-03 06:10:00Z", "2020-02-30T06:10:00Z", "2020-02-03T24:00:00Z",
        "2020-02-03T06:60:00Z", "2016-12-31T23:59:60Z", "2020-02-03T06:10Z", "2020-02-03T06:10:00.Z", "2020-02-03T06:10:00,5Z",
        "2020-02-03T06:10:00.1234567890Z", "2020-02-03T06:10:00+8:00", "2020-02-03T06:10:00+0800", "2020-02-03T06:10:00+24:00",
        "2020-02-03T06:10:00+08:60", "2020-02-03T06:10:00Zx", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+08:00",
        "2020-02-03T-1:10:00Z", "2020-02-03T06:10:00 Z", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59.5-23:59",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t time_ms = -1;
        assert_int_equal(text_to_instant(cases[i].text, &time_ms), STATUS_OK);
        assert_true(time_ms == cases[i].time_ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t time_ms = 42;
        if (text_to_instant(bad[i], &time_ms) != STATUS_INVALID || time_ms != 42) {
            fail_msg("accepted %s", bad[i]);
        }
    }
}

static void ids_and_words(void **state)
{
    char long_id[66];
    (void)state;
    memset(long_id, 'a', sizeof long_id - 1);
    long_id[65] = 0;
    assert_false(text_is_id(long_id) || text_is_word(long_id));
    assert_true(text_is_id(long_id + 1) && text_is_word(long_id + 1));
    static const char *const ids[] = { "a", "CN-HB", "MASK-N95", "2020.1_x", "-", "0192f0c1-7b1a-7000-8000-000000000000" };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        assert_true(text_is_id(ids[i]));
    }
    static const char *const no_ids[] = { "", " a", "a b", "a/b", "a\n", "\xc3\xa9", "a%20", "a:b", "a~" };
    for (size_t i = 0; i < sizeof no_ids / sizeof no_ids[0]; i++) {
        assert_false(text_is_id(no_ids[i]));
    }
    assert_true(text_is_id(".") && text_is_id("..") && text_is_path_id("...") && text_is_path_id(".a") && text_is_path_id("a."));
    assert_false(text_is_path_id(".") || text_is_path_id("..") || text_is_path_id("") || text_is_path_id("a b"));
    assert_true(text_is_word("warehouse") && text_is_word("a") && text_is_word("field-hospital_2"));
    assert_false(text_is_word("") || text_is_word("Warehouse") || text_is_word("2nd") || text_is_word("-a") || text_is_word("a.b"));
}

/* The length of the character at bytes by its definition: decode, then compare with what
 * the code point would be encoded as; 0 where it is none. */
static size_t reference_character(const unsigned char *s, size_t length)
{
    for (size_t size = 1; size <= length && size <= 4; size++) {
        static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
        unsigned long point = s[0] & mask[size];
        bool is_shaped = (s[0] & (unsigned char)~mask[size]) == lead[size];
        for (size_t i = 1; i < size; i++) {
            is_shaped = is_shaped && (s[i] & 0xc0) == 0x80;
            point = point << 6 | (s[i] & 0x3f);
        }
        if (is_shaped && point >= least[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) {
            return size;
        }
    }
    return 0;
}

static bool reference_is_utf8(const unsigned char *s, size_t length)
{
    while (length > 0) {
        size_t size = reference_character(s, length);
        if (size == 0) {
            return false;
        }
        s += size;
        length -= size;
    }
    return true;
}

static void utf8_agrees_with_its_definition(void **state)
{
    (void)state;
    for (unsigned long i = 0; i < 0x1000000ul; i++) { /* every text of three bytes */
        unsigned char s[3] = { (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i };
        if (s[0] < 0x7f) {
            i |= 0xffff; /* ASCII before: one is as good as all */
        }
        if (text_is_utf8((const char *)s, 3) != reference_is_utf8(s, 3) ||
            text_is_utf8((const char *)s, 2) != reference_is_utf8(s, 2)) {
            fail_msg("%02x %02x %02x", s[0], s[1], s[2]);
        }
    }
    static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
    for (unsigned lead = 0xe0; lead <= 0xff; lead++) {
        for (unsigned i = 0; i < 1000; i++) {
            unsigned char s[4] = { (unsigned char)lead, edges[i / 100], edges[i / 10 % 10], edges[i % 10] };
            assert_true(text_is_utf8((const char *)s, 4) == reference_is_utf8(s, 4));
        }
    }
    assert_true(text_is_utf8("", 0));
}

static void nearest_names(void **state)
{
    static const char *const names[] = { "quantity", "site", "item", "expiry", "condition", "id" };
    static const struct { const char *text, *nearest; } cases[] = {
        { "quantity", "quantity" }, { "quantitty", "quantity" }, { "Quantity", "quantity" }, { "qantity", "quantity" },
        { "sites", "site" }, { "sties", NULL }, { "di", NULL }, { "ti", NULL },
        { "quanittyy", "quantity" }, { "itme", "item" }, { "iten", "item" }, { "conditions", "condition" }, { "zzz", NULL },
        { "", NULL }, { "ix", NULL }, { "qty", NULL },
    };
    char long_text[200];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = text_nearest(cases[i].text, names, 6);
        assert_true((nearest == NULL) == (cases[i].nearest == NULL));
        if (nearest != NULL) {
            assert_string_equal(nearest, cases[i].nearest);
        }
    }
    memset(long_text, 'q', sizeof long_text);
    long_text[199] = 0;
    assert_null(text_nearest(long_text, names, 6));
    assert_null(text_nearest("site", names, 0));
}

static void constant_time_comparison(void **state)
{
    (void)state;
    assert_true(text_equal_constant_time("abc", "abc", 3));
    assert_false(text_equal_constant_time("abc", "abd", 3));
    assert_false(text_equal_constant_time("abc", "bbc", 3));
    assert_true(text_equal_constant_time("abc", "xyz", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_read_back),
        cmocka_unit_test(doubles_have_the_fewest_digits),
        cmocka_unit_test(doubles_look_as_expected),
        cmocka_unit_test(promises_are_asserted),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(integers_are_strict),
        cmocka_unit_test(integers_are_written_as_by_printf),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(base64_follows_the_rfc),
        cmocka_unit_test(base64url_has_one_text_for_each_run_of_bytes),
        cmocka_unit_test(dates_agree_with_the_library),
        cmocka_unit_test(impossible_dates_are_refused),
        cmocka_unit_test(instants_go_both_ways),
        cmocka_unit_test(beyond_the_last_year_nothing_ends),
        cmocka_unit_test(instants_follow_the_rfc),
        cmocka_unit_test(ids_and_words),
        cmocka_unit_test(utf8_agrees_with_its_definition),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(constant_time_comparison),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
