/* Tests of json/csv.c: records, faults with their lines, and a way back for all records. */
#include "json/csv.h"

#include "tests/unit/json/support.h"

/* All records as "line:field|field\n", then "!fault line" where one was found. */
static char *read_all(const char *bytes, size_t length, struct buffer *seen)
{
    struct csv_reader reader;
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    copy[length] = '#'; /* the reader puts its own NUL */
    csv_reader_init(&reader, copy, length);
    enum status status;
    while ((status = csv_read(&reader)) == STATUS_OK) {
        assert_true(reader.count >= 1 && reader.count <= CSV_FIELDS_MAX);
        buffer_format(seen, "%ld:", reader.line);
        for (size_t i = 0; i < reader.count; i++) {
            assert_true(text_is_utf8(reader.fields[i], strlen(reader.fields[i])));
            buffer_format(seen, "%s%s", i == 0 ? "" : "|", reader.fields[i]);
        }
        buffer_byte(seen, '\n');
    }
    if (status == STATUS_INVALID) {
        assert_true(reader.fault != CSV_SOUND);
        assert_true(strlen(csv_fault_text(reader.fault)) > 10);
        buffer_format(seen, "!%d %ld", (int)reader.fault, reader.line);
        assert_int_equal(csv_read(&reader), STATUS_INVALID);
    } else {
        assert_int_equal(status, STATUS_ABSENT);
        assert_int_equal(csv_read(&reader), STATUS_ABSENT);
    }
    return copy;
}

struct text_case { const char *text, *seen; };

static void check_cases(const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer seen;
        buffer_init(&seen);
        buffer_text(&seen, "");
        free(read_all(cases[i].text, strlen(cases[i].text), &seen));
        assert_string_equal(seen.bytes, cases[i].seen);
        buffer_fini(&seen);
    }
}

static void records_are_read(void **state)
{
    static const struct text_case cases[] = {
        { "", "" }, { "a", "1:a\n" }, { "a\n", "1:a\n" }, { "a\r\n", "1:a\n" }, { "a\r", "1:a\n" },
        { "a,b\nc,d\n", "1:a|b\n2:c|d\n" }, { "a,b\r\nc,d", "1:a|b\n2:c|d\n" },
        { "\xef\xbb\xbf" "a,b", "1:a|b\n" }, { "\xef\xbb\xbf", "" },
        { "\n\r\n\na\n\n\nb\n\n", "4:a\n7:b\n" },
        { ",", "1:|\n" }, { "a,", "1:a|\n" }, { ",a\n,", "1:|a\n2:|\n" }, { ",,\n", "1:||\n" },
        { "\"\"", "1:\n" }, { "\"a\"", "1:a\n" }, { "\"a,b\",c", "1:a,b|c\n" }, { "\"a\"\"b\"", "1:a\"b\n" },
        { "\"\"\"\"", "1:\"\n" }, { "\"\"\"\"\"\"\r\n", "1:\"\"\n" },
        { "\"a\nb\",c\nd,e", "1:a\nb|c\n3:d|e\n" }, { "\"a\r\nb\r\n\"\r\nd", "1:a\r\nb\r\n\n4:d\n" },
        { " a , b ", "1: a | b \n" }, { "a\rb,c", "1:a\rb|c\n" }, { "'a','b'", "1:'a'|'b'\n" },
        { "\xe6\xb9\x96\xe5\x8c\x97,1", "1:\xe6\xb9\x96\xe5\x8c\x97|1\n" },
        { "x\n\"\"\ny", "1:x\n2:\n3:y\n" },
    };
    (void)state;
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void faults_are_found(void **state)
{
    static const struct text_case cases[] = {
        { "a\n\"b", "1:a\n!1 2" }, { "a\n\"b\n\nc\"\"", "1:a\n!1 2" }, { "\"", "!1 1" },
        { "a\nb\"c\n", "1:a\n!2 2" }, { "\"a\"b", "!2 1" }, { "\"a\" ,b", "!2 1" }, { "a,b\"\"", "!2 1" }, { "\"a\"\rb", "!2 1" },
        { "a\n\xff,b", "1:a\n!5 2" }, { "\"\xc3\"", "!5 1" }, { "\xff\xfe" "a", "!5 1" }, { "\xe6\xb9,\x96", "!5 1" },
    };
    (void)state;
    check_cases(cases, sizeof cases / sizeof cases[0]);
    static const struct { const char *bytes; size_t length; } zeros[] = { { "a\0b", 3 }, { "\"\0\"", 3 }, { "\0", 1 }, { "a,\0", 3 },
      { "\"a\"\0", 4 } };
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        struct buffer seen;
        buffer_init(&seen);
        free(read_all(zeros[i].bytes, zeros[i].length, &seen));
        assert_string_equal(seen.bytes, "!4 1");
        buffer_fini(&seen);
    }
}

static void fields_are_bounded(void **state)
{
    char text[2 * CSV_FIELDS_MAX + 10];
    (void)state;
    for (size_t count = CSV_FIELDS_MAX - 1; count <= CSV_FIELDS_MAX + 1; count++) {
        struct csv_reader reader;
        memset(text, ',', count - 1);
        text[count - 1] = '\n';
        csv_reader_init(&reader, text, count);
        enum status status = csv_read(&reader);
        assert_int_equal(status, count <= CSV_FIELDS_MAX ? STATUS_OK : STATUS_INVALID);
        assert_int_equal(reader.fault, count <= CSV_FIELDS_MAX ? CSV_SOUND : CSV_TOO_MANY_FIELDS);
        assert_true(status != STATUS_OK || reader.count == count);
    }
}

static void fields_live_as_long_as_the_text(void **state)
{
    char text[] = "one,\"t\"\"wo\"\nthree\n";
    struct csv_reader reader;
    (void)state;
    csv_reader_init(&reader, text, strlen(text));
    assert_int_equal(csv_read(&reader), STATUS_OK);
    const char *one = reader.fields[0], *two = reader.fields[1];
    assert_int_equal(csv_read(&reader), STATUS_OK);
    assert_int_equal(csv_read(&reader), STATUS_ABSENT);
    assert_string_equal(one, "one");
    assert_string_equal(two, "t\"wo");
}

static void writing_quotes_where_needed(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out);
    csv_write_field(&out, true, "plain");
    csv_write_field(&out, false, "");
    csv_write_field(&out, false, "a,b");
    csv_write_field(&out, false, "\"q\"");
    csv_write_field(&out, false, "l1\nl2");
    csv_write_field(&out, false, "c\r");
    csv_write_field(&out, false, " space ");
    csv_write_end(&out);
    csv_write_field(&out, true, "");
    csv_write_end(&out);
    assert_string_equal(out.bytes, "plain,,\"a,b\",\"\"\"q\"\"\",\"l1\nl2\",\"c\r\", space \r\n\"\"\r\n");
    buffer_fini(&out);
}

static void records_come_back(void **state)
{
    static const char alphabet[] = "ab,,\"\"\r\n 1";
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct buffer out, wanted, seen;
        buffer_init(&out);
        buffer_init(&wanted);
        buffer_init(&seen);
        long line = 1;
        for (size_t r = random_below(5) + 1; r > 0; r--) {
            buffer_format(&wanted, "%ld:", line);
            for (size_t f = 0, fields = random_below(4) + 1; f < fields; f++) {
                char field[8] = "";
                for (size_t i = random_below(7); i > 0; i--) {
                    field[i - 1] = alphabet[random_below(sizeof alphabet - 1)];
                }
                csv_write_field(&out, f == 0, field);
                buffer_format(&wanted, "%s%s", f == 0 ? "" : "|", field);
                for (const char *at = field; *at != 0; at++) {
                    line += *at == '\n';
                }
            }
            csv_write_end(&out);
            buffer_byte(&wanted, '\n');
            line++;
        }
        free(read_all(out.bytes, out.length, &seen));
        assert_string_equal(seen.bytes, wanted.bytes);
        buffer_fini(&out);
        buffer_fini(&wanted);
        buffer_fini(&seen);
    }
}

static void any_bytes_are_survived(void **state)
{
    static const char alphabet[] = "ab,,,\"\"\"\r\r\n\n\0\xc3\xa9\xef\xbb\xbf";
    (void)state;
    for (int round = 0; round < 50000; round++) {
        char bytes[24];
        size_t length = random_below(sizeof bytes);
        struct buffer seen;
        for (size_t i = 0; i < length; i++) {
            bytes[i] = alphabet[random_below(sizeof alphabet - 1)];
        }
        buffer_init(&seen);
        free(read_all(bytes, length, &seen));
        buffer_fini(&seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read),
        cmocka_unit_test(faults_are_found),
        cmocka_unit_test(fields_are_bounded),
        cmocka_unit_test(fields_live_as_long_as_the_text),
        cmocka_unit_test(writing_quotes_where_needed),
        cmocka_unit_test(records_come_back),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
