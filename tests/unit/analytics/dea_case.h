#ifndef TESTS_UNIT_ANALYTICS_DEA_CASE_H
#define TESTS_UNIT_ANALYTICS_DEA_CASE_H

/*
 * Reads a reference case: data.csv (dmu, x1.., y1..) and expected.csv (a row for each dmu and orientation, a column
 * for each number), small files of our own making, so anything odd ends the test.
 */

#include "tests/unit/analytics/table.h"

struct dea_case {
    struct table data;
    struct table expected;
    size_t n, m, s;
    double inputs[TABLE_ROWS_MAX * 8];
    double outputs[TABLE_ROWS_MAX * 8];
    double maximum[16]; /* of each column, inputs first */
};

/* Returns false when the case is not there. */
static bool dea_case_read(struct dea_case *c, const char *folder, const char *name)
{
    memset(c, 0, sizeof *c);
    if (!table_read(&c->data, folder, name, "data.csv")) {
        return false;
    }
    assert_true(table_read(&c->expected, folder, name, "expected.csv"));
    c->n = c->data.rows - 1;
    for (size_t i = 1; i < c->data.fields; i++) {
        c->m += c->data.field[0][i][0] == 'x';
        c->s += c->data.field[0][i][0] == 'y';
    }
    assert_true(c->m + c->s + 1 == c->data.fields && c->m <= 8 && c->s <= 8);
    for (size_t u = 0; u < c->n; u++) {
        for (size_t i = 0; i < c->m + c->s; i++) {
            const double value = table_number(&c->data, u + 1, i + 1);
            *(i < c->m ? &c->inputs[u * c->m + i] : &c->outputs[u * c->s + i - c->m]) = value;
            c->maximum[i] = value > c->maximum[i] ? value : c->maximum[i];
        }
    }
    return true;
}

/* The row of expected.csv for a unit and "in" or "out". */
static size_t dea_case_row(const struct dea_case *c, size_t unit, const char *orientation)
{
    for (size_t row = 1; row < c->expected.rows; row++) {
        if (strcmp(c->expected.field[row][0], c->data.field[unit + 1][0]) == 0 &&
            strcmp(c->expected.field[row][1], orientation) == 0) {
            return row;
        }
    }
    fail_msg("no row");
    return 0;
}

static double dea_case_number(const struct dea_case *c, size_t row, const char *prefix, const char *column)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, column);
    return table_number(&c->expected, row, table_column(&c->expected, name));
}

#endif
