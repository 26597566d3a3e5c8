/* Malmquist indices: DEAP's example and the panel beside the project, what is undefined, identities, the door. */
#include <math.h>

#include "analytics/dea/malmquist.h"
#include "tests/unit/analytics/table.h"

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance) * fmax(1, fabs(b)))
#define SCORE 1e-9

static struct table data, expected, distances;
static double inputs[TABLE_ROWS_MAX * 8], outputs[TABLE_ROWS_MAX * 8];

static struct dea_changes *solve(const struct dea_panel *panel, enum dea_orientation orientation)
{
    const struct dea_panel_options options = {.orientation = orientation};
    struct dea_changes *changes = NULL;
    assert_int_equal(dea_malmquist(panel, &options, &changes), STATUS_OK);
    assert_non_null(changes);
    return changes;
}

/* The rows of data.csv are period after period, with the same units in each. */
static struct dea_panel panel_read(void)
{
    struct dea_panel panel = {.inputs = inputs, .outputs = outputs};
    for (size_t f = 2; f < data.fields; f++) {
        *(data.field[0][f][0] == 'x' ? &panel.input_count : &panel.output_count) += 1;
    }
    while (panel.unit_count + 1 < data.rows && strcmp(data.field[panel.unit_count + 1][1], data.field[1][1]) == 0) {
        panel.unit_count++;
    }
    panel.period_count = (data.rows - 1) / panel.unit_count;
    assert_int_equal(panel.period_count * panel.unit_count, data.rows - 1);
    for (size_t row = 0; row + 1 < data.rows; row++) {
        assert_string_equal(data.field[row + 1][0], data.field[row % panel.unit_count + 1][0]);
        for (size_t i = 0; i < panel.input_count; i++) {
            inputs[row * panel.input_count + i] = table_number(&data, row + 1, i + 2);
        }
        for (size_t i = 0; i < panel.output_count; i++) {
            outputs[row * panel.output_count + i] = table_number(&data, row + 1, i + 2 + panel.input_count);
        }
    }
    return panel;
}

static size_t row_find(const struct table *table, const char *orientation, const char *period, const char *dmu)
{
    for (size_t row = 1; row < table->rows; row++) {
        if (strcmp(table->field[row][0], orientation) == 0 && strcmp(table->field[row][1], period) == 0 &&
            strcmp(table->field[row][2], dmu) == 0) {
            return row;
        }
    }
    fail_msg("no row");
    return 0;
}

static double number_of(const struct table *table, size_t row, const char *column)
{
    return table_number(table, row, table_column(table, column));
}

static void check_change(const struct dea_panel *panel, const struct dea_change *change, const char *orientation, size_t step,
                         size_t unit)
{
    const char *dmu = data.field[unit + 1][0];
    const char *from = data.field[step * panel->unit_count + 1][1];
    const char *to = data.field[(step + 1) * panel->unit_count + 1][1];
    const size_t index = row_find(&expected, orientation, to, dmu);
    const size_t first = row_find(&distances, orientation, from, dmu);
    const size_t second = row_find(&distances, orientation, to, dmu);
    assert_int_equal(change->state, DEA_CHANGE_DEFINED);
    NEAR(change->effch, number_of(&expected, index, "effch"), SCORE);
    NEAR(change->techch, number_of(&expected, index, "techch"), SCORE);
    NEAR(change->pech, number_of(&expected, index, "pech"), SCORE);
    NEAR(change->sech, number_of(&expected, index, "sech"), SCORE);
    NEAR(change->tfpch, number_of(&expected, index, "tfpch"), SCORE);
    NEAR(change->from_by_from, number_of(&distances, first, "crs_t"), SCORE);
    NEAR(change->from_by_to, number_of(&distances, first, "crs_tp1"), SCORE);
    NEAR(change->to_by_from, number_of(&distances, second, "crs_tm1"), SCORE);
    NEAR(change->to_by_to, number_of(&distances, second, "crs_t"), SCORE);
    NEAR(change->vrs_from, number_of(&distances, first, "vrs_t"), SCORE);
    NEAR(change->vrs_to, number_of(&distances, second, "vrs_t"), SCORE);
}

static void check_case(const char *folder, const char *name)
{
    if (!table_read(&data, folder, name, "data.csv")) {
        skip();
    }
    assert_true(table_read(&expected, folder, name, "expected.csv"));
    assert_true(table_read(&distances, folder, name, "expected_distances.csv"));
    const struct dea_panel panel = panel_read();
    for (int o = 0; o < 2; o++) {
        struct dea_changes *changes = solve(&panel, o == 0 ? DEA_OUTPUT : DEA_INPUT);
        assert_int_equal(changes->step_count, panel.period_count - 1);
        for (size_t i = 0; i < changes->step_count * panel.unit_count; i++) {
            check_change(&panel, &changes->changes[i], o == 0 ? "out" : "in", i / panel.unit_count, i % panel.unit_count);
        }
        assert_true(changes->certificate.duality_gap_max <= DEA_TOLERANCE && changes->certificate.uncertified_count == 0);
        dea_changes_free(changes);
    }
}

static void deap_example(void **state)
{
    (void) state;
    check_case("tests/reference/dea", "deap_eg4_malmquist");
    /* What DEAP prints in "Malmquist index summary of annual means", to its three decimals. */
    const struct dea_panel panel = panel_read();
    struct dea_changes *changes = solve(&panel, DEA_OUTPUT);
    NEAR(changes->step_means[0].effch, 0.844, 5e-4);
    NEAR(changes->step_means[0].techch, 1.333, 5e-4);
    NEAR(changes->step_means[0].pech, 0.955, 5e-4);
    NEAR(changes->step_means[0].sech, 0.883, 5e-4);
    NEAR(changes->step_means[0].tfpch, 1.125, 5e-4);
    assert_int_equal(changes->mean.count, 10);
    NEAR(changes->mean.tfpch, sqrt(changes->step_means[0].tfpch * changes->step_means[1].tfpch), 1e-14);
    NEAR(changes->unit_means[3].tfpch, sqrt(0.75), SCORE);
    dea_changes_free(changes);
}

static void provinces(void **state)
{
    (void) state;
    check_case("../shared/reference/dea", "economy_malmquist");
}

/* One input, one output: a score is a unit's ratio over the best one's, which needs no program. */
static void ratios(void **state)
{
    (void) state;
    static const double x[] = {2, 4, 5, 3, 4, 10};
    static const double y[] = {1, 3, 2, 2, 5, 1};
    static const size_t groups[] = {1, 0, 1};
    const struct dea_panel panel = {.period_count = 2, .unit_count = 3, .input_count = 1, .output_count = 1,
                                    .inputs = x, .outputs = y, .groups = groups, .group_count = 3};
    struct dea_changes *changes = solve(&panel, DEA_INPUT);
    double product = 1;
    for (size_t u = 0; u < 3; u++) {
        const struct dea_change *change = &changes->changes[u];
        NEAR(change->tfpch, y[u + 3] / x[u + 3] / (y[u] / x[u]), SCORE);
        NEAR(change->techch, 1.25 / 0.75, SCORE);
        NEAR(change->effch, change->pech * change->sech, 1e-15);
        NEAR(change->tfpch, change->effch * change->techch, 1e-15);
        product *= change->tfpch;
    }
    NEAR(changes->mean.tfpch, cbrt(product), 1e-14);
    NEAR(changes->group_means[1].tfpch, sqrt(changes->changes[0].tfpch * changes->changes[2].tfpch), 1e-14);
    NEAR(changes->step_group_means[0].tfpch, changes->changes[1].tfpch, 1e-14);
    assert_int_equal(changes->group_means[2].count, 0);
    assert_true(isnan(changes->group_means[2].tfpch));
    dea_changes_free(changes);
}

/* Units: there in one period alone; without inputs; without outputs; making in the second what nobody made in the first;
 * and sound ones, whose figures stay as they are. */
static void undefined(void **state)
{
    (void) state;
    static const double x[] = {1, 0, 1, 2, 2, 4, /* then */ 1, 1, 1, 2, 2, 4};
    static const double y[] = {1, 0, 1, 0, 0, 0, 2, 0, 3, 0, 1, 0, /* then */ 1, 0, 1, 0, 1, 0, 2, 1, 1, 0, 5, 0};
    static const bool is_missing[] = {false, false, false, false, false, false, true, false, false, false, false, false};
    const struct dea_panel panel = {.period_count = 2, .unit_count = 6, .input_count = 1, .output_count = 2,
                                    .inputs = x, .outputs = y, .is_missing = is_missing};
    struct dea_changes *changes = solve(&panel, DEA_OUTPUT);
    static const enum dea_change_state states[] = {DEA_CHANGE_MISSING,    DEA_CHANGE_NO_INPUTS, DEA_CHANGE_NO_OUTPUTS,
                                                   DEA_CHANGE_INFEASIBLE, DEA_CHANGE_DEFINED,   DEA_CHANGE_DEFINED};
    for (size_t u = 0; u < 6; u++) {
        const struct dea_change *change = &changes->changes[u];
        assert_int_equal(change->state, states[u]);
        assert_int_equal(isnan(change->tfpch), states[u] != DEA_CHANGE_DEFINED);
        assert_int_equal(isnan(change->effch), u < 3);
        assert_true(!(change->tfpch == 0) && !(change->effch == 0));
    }
    assert_true(isnan(changes->changes[3].to_by_from) && !isnan(changes->changes[3].from_by_to));
    assert_int_equal(changes->mean.count, 2);
    NEAR(changes->changes[4].tfpch, 1.0 / 3, SCORE); /* 1 of 2 after 3 of 2; nothing else counts */
    dea_changes_free(changes);
}

/* An input that the unit has none of, and everybody in the other period needs. */
static void without_an_input(void **state)
{
    (void) state;
    static const double x[] = {1, 0, 1, 1, /* then */ 1, 1, 1, 1};
    static const double y[] = {1, 1, /* then */ 1, 2};
    const struct dea_panel panel = {.period_count = 2, .unit_count = 2, .input_count = 2, .output_count = 1,
                                    .inputs = x, .outputs = y};
    struct dea_changes *changes = solve(&panel, DEA_INPUT);
    assert_int_equal(changes->changes[0].state, DEA_CHANGE_INFEASIBLE);
    assert_int_equal(changes->changes[1].state, DEA_CHANGE_DEFINED);
    dea_changes_free(changes);
}

static void empty_period(void **state)
{
    (void) state;
    static const double x[] = {1, 1, 1}, y[] = {1, 1, 1};
    static const bool is_missing[] = {false, true, false};
    const struct dea_panel panel = {.period_count = 3, .unit_count = 1, .input_count = 1, .output_count = 1,
                                    .inputs = x, .outputs = y, .is_missing = is_missing};
    struct dea_changes *changes = solve(&panel, DEA_INPUT);
    assert_int_equal(changes->changes[0].state, DEA_CHANGE_MISSING);
    assert_int_equal(changes->changes[1].state, DEA_CHANGE_MISSING);
    assert_int_equal(changes->mean.count, 0);
    assert_true(isnan(changes->mean.tfpch));
    dea_changes_free(changes);
}

/* Scores are right to a share of themselves, also where a period's figures are a billion times the other's. */
static void far_apart(void **state)
{
    (void) state;
    static const double x[] = {2e-9, 4e-9, 5e-9, 3e6, 4e6, 10e6}, y[] = {1e200, 3e200, 2e200, 2e-30, 5e-30, 1e-30};
    const struct dea_panel panel = {.period_count = 2, .unit_count = 3, .input_count = 1, .output_count = 1,
                                    .inputs = x, .outputs = y};
    struct dea_changes *changes = solve(&panel, DEA_OUTPUT);
    for (size_t u = 0; u < 3; u++) {
        const double wanted = y[u + 3] / x[u + 3] / (y[u] / x[u]);
        assert_int_equal(changes->changes[u].state, DEA_CHANGE_DEFINED);
        assert_true(fabs(changes->changes[u].tfpch / wanted - 1) <= SCORE);
    }
    dea_changes_free(changes);
}

static void door(void **state)
{
    (void) state;
    double x[] = {1, 2}, y[] = {1, 2};
    bool is_missing[] = {false, false};
    struct dea_panel panel = {.period_count = 2, .unit_count = 1, .input_count = 1, .output_count = 1, .inputs = x,
                              .outputs = y, .is_missing = is_missing};
    struct dea_fault fault;
    x[1] = NAN;
    assert_int_equal(dea_panel_check(&panel, &fault), STATUS_INVALID);
    assert_true(fault.kind == DEA_FAULT_NOT_FINITE && fault.unit == 1 && !fault.is_output);
    is_missing[1] = true;
    assert_int_equal(dea_panel_check(&panel, &fault), STATUS_OK);
    y[0] = -1;
    assert_int_equal(dea_panel_check(&panel, &fault), STATUS_INVALID);
    assert_true(fault.kind == DEA_FAULT_NEGATIVE && fault.is_output);
    y[0] = 1;
    panel.period_count = 1;
    assert_int_equal(dea_panel_check(&panel, &fault), STATUS_INVALID);
    assert_int_equal(fault.kind, DEA_FAULT_SHAPE);
}

static bool cancel_later(void *context)
{
    return --*(int *) context < 0;
}

static void cancelled(void **state)
{
    (void) state;
    static const double x[] = {1, 2, 1, 2}, y[] = {1, 2, 2, 1};
    const struct dea_panel panel = {.period_count = 2, .unit_count = 2, .input_count = 1, .output_count = 1,
                                    .inputs = x, .outputs = y};
    for (int asked = 0; asked < 6; asked++) {
        int left = asked;
        struct dea_changes *changes = NULL;
        const struct dea_panel_options options = {.is_cancelled = cancel_later, .context = &left};
        assert_int_equal(dea_malmquist(&panel, &options, &changes), STATUS_BUSY);
        assert_null(changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deap_example), cmocka_unit_test(provinces),        cmocka_unit_test(ratios),
        cmocka_unit_test(undefined),    cmocka_unit_test(without_an_input), cmocka_unit_test(empty_period),
        cmocka_unit_test(far_apart),    cmocka_unit_test(door),             cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
