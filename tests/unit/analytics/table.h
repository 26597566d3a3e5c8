#ifndef TESTS_UNIT_ANALYTICS_TABLE_H
#define TESTS_UNIT_ANALYTICS_TABLE_H

/* Reads the CSV of the reference cases: small files of our own making, so anything odd ends the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TABLE_ROWS_MAX = 320, TABLE_FIELDS_MAX = 64, TABLE_TEXT_MAX = 96 * 1024 };

/* A whole CSV file: row 0 is the head. Fields point into text. */
struct table {
    char text[TABLE_TEXT_MAX];
    char *field[TABLE_ROWS_MAX][TABLE_FIELDS_MAX];
    size_t rows;
    size_t fields;
};

/* Splits the text in place; there are no quotes in these files. */
static void table_split(struct table *table)
{
    char *at = table->text;
    table->rows = 0;
    while (*at != '\0') {
        assert_true(table->rows < TABLE_ROWS_MAX);
        size_t fields = 0;
        for (bool is_last = false; !is_last;) {
            assert_true(fields < TABLE_FIELDS_MAX);
            table->field[table->rows][fields++] = at;
            at += strcspn(at, ",\n");
            is_last = *at != ',';
            if (*at != '\0') {
                *at++ = '\0';
            }
        }
        assert_true(table->rows == 0 || fields == table->fields);
        table->fields = fields;
        table->rows++;
    }
}

static bool table_read(struct table *table, const char *folder, const char *name, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        return false;
    }
    const size_t length = fread(table->text, 1, sizeof table->text - 1, stream);
    fclose(stream);
    assert_true(length > 0 && length < sizeof table->text - 1);
    table->text[length] = '\0';
    table_split(table);
    return true;
}

static double table_number(const struct table *table, size_t row, size_t field)
{
    char *end = NULL;
    const double value = strtod(table->field[row][field], &end);
    assert_true(end != table->field[row][field] && *end == '\0');
    return value;
}

static size_t table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->fields; i++) {
        if (strcmp(table->field[0][i], name) == 0) {
            return i;
        }
    }
    fail_msg("no column %s", name);
    return 0;
}

#endif
