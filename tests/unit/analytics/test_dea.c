/* Efficiency: the reference cases, the door, the units that cannot be scored, summaries, threads. */
#include <math.h>
#include <pthread.h>

#include "analytics/dea/dea.h"
#include "tests/unit/analytics/dea_case.h"

#define SCORE 1e-9
#define SLACK 1e-6 /* of the column's maximum */

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static struct dea_case reference;

static struct dea_problem problem_of(const struct dea_case *c)
{
    return (struct dea_problem){
        .unit_count = c->n, .input_count = c->m, .output_count = c->s, .inputs = c->inputs, .outputs = c->outputs};
}

static struct dea_result *solve(const struct dea_problem *problem, const struct dea_options *options)
{
    struct dea_result *result = NULL;
    assert_int_equal(dea_solve(problem, options, &result), STATUS_OK);
    assert_non_null(result);
    return result;
}

/* The slack, target and value of column i, inputs first. */
static double slack_of(const struct dea_unit *unit, size_t m, size_t i)
{
    return i < m ? unit->input_slacks[i] : unit->output_slacks[i - m];
}

static double target_of(const struct dea_unit *unit, size_t m, size_t i)
{
    return i < m ? unit->input_targets[i] : unit->output_targets[i - m];
}

static double value_of(const struct dea_case *c, size_t unit, size_t i)
{
    return i < c->m ? c->inputs[unit * c->m + i] : c->outputs[unit * c->s + i - c->m];
}

static void check_scores(const struct dea_case *c, size_t row, const struct dea_unit *unit)
{
    static const char *const labels[] = {"irs", "-", "drs"};
    assert_int_equal(unit->state, DEA_UNIT_SCORED);
    NEAR(unit->crste, dea_case_number(c, row, "", "crste"), SCORE);
    NEAR(unit->vrste, dea_case_number(c, row, "", "vrste"), SCORE);
    NEAR(unit->nirste, dea_case_number(c, row, "", "nirste"), SCORE);
    NEAR(unit->scale, dea_case_number(c, row, "", "scale"), SCORE);
    assert_string_equal(labels[unit->rts], c->expected.field[row][table_column(&c->expected, "rts")]);
}

/* Slacks against the file, and the peers' X lambda and Y lambda against the targets. */
static void check_slacks(const struct dea_case *c, size_t row, const struct dea_unit *unit, const char *prefix)
{
    for (size_t i = 0; i < c->m + c->s; i++) {
        NEAR(slack_of(unit, c->m, i), dea_case_number(c, row, prefix, c->data.field[0][i + 1]), SLACK * c->maximum[i]);
        double reached = 0;
        for (size_t p = 0; p < unit->peers_length; p++) {
            reached += unit->peers[p].lambda * value_of(c, unit->peers[p].unit, i);
        }
        NEAR(reached, target_of(unit, c->m, i), SCORE * c->maximum[i]);
    }
}

static void check_targets(const struct dea_case *c, size_t row, const struct dea_unit *unit)
{
    for (size_t i = 0; i < c->m + c->s; i++) {
        const double expected = dea_case_number(c, row, "vrs_target_", c->data.field[0][i + 1]);
        NEAR(target_of(unit, c->m, i), expected, SLACK * c->maximum[i]);
    }
}

static void check_method(const struct dea_case *c, const struct dea_options *options)
{
    static const char *const prefixes[2][2] = {{"vrs_ms_s_", "crs_ms_s_"}, {"vrs_s_", "crs_s_"}};
    static const char *const unique[2] = {"vrs_slacks_unique", "crs_slacks_unique"};
    const struct dea_problem problem = problem_of(c);
    struct dea_result *result = solve(&problem, options);
    const bool is_two_stage = options->slacks == DEA_SLACKS_TWO_STAGE;
    for (size_t u = 0; u < c->n; u++) {
        const size_t row = dea_case_row(c, u, options->orientation == DEA_INPUT ? "in" : "out");
        check_scores(c, row, &result->units[u]);
        if (is_two_stage && dea_case_number(c, row, "", unique[options->frontier]) < 1) {
            continue;
        }
        check_slacks(c, row, &result->units[u], prefixes[is_two_stage][options->frontier]);
        if (is_two_stage && options->frontier == DEA_VRS) {
            check_targets(c, row, &result->units[u]);
        }
    }
    assert_true(result->certificate.primal_infeasibility_max <= DEA_TOLERANCE);
    assert_true(result->certificate.dual_infeasibility_max <= DEA_TOLERANCE);
    assert_true(result->certificate.duality_gap_max <= DEA_TOLERANCE);
    assert_true(result->certificate.program_count >= 2 * c->n);
    assert_int_equal(result->certificate.uncertified_count, 0);
    dea_result_free(result);
}

static void check_case(const char *folder, const char *name)
{
    if (!dea_case_read(&reference, folder, name)) {
        skip();
    }
    for (unsigned i = 0; i < 8; i++) {
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = i & 1 ? DEA_INPUT : DEA_OUTPUT;
        options.frontier = i & 2 ? DEA_CRS : DEA_VRS;
        options.slacks = i & 4 ? DEA_SLACKS_TWO_STAGE : DEA_SLACKS_MULTI_STAGE;
        check_method(&reference, &options);
    }
}

static void test_reference(void **state)
{
    check_case("tests/reference/dea", *state);
}

/* Cases that are not ours to pass on; they lie beside the clone where the project is worked on. */
static void test_reference_elsewhere(void **state)
{
    check_case("../shared/reference/dea", *state);
}

/* ---- the door ---- */

static void check_fault(const struct dea_problem *problem, struct dea_fault expected)
{
    struct dea_options options;
    struct dea_result *result = NULL;
    struct dea_fault fault = {.kind = DEA_FAULT_SHAPE, .unit = 99, .column = 99};
    dea_options_init(&options);
    assert_int_equal(dea_problem_check(problem, &fault), STATUS_INVALID);
    assert_int_equal(dea_problem_check(problem, NULL), STATUS_INVALID);
    assert_int_equal(fault.kind, expected.kind);
    assert_int_equal(fault.unit, expected.unit);
    assert_int_equal(fault.column, expected.column);
    assert_int_equal(fault.is_output, expected.is_output);
    assert_int_equal(dea_solve(problem, &options, &result), STATUS_INVALID);
    assert_null(result);
}

static void test_bad_values_are_named(void **state)
{
    (void) state;
    static const double bad[] = {NAN, INFINITY, -INFINITY, -1, -0x1p-1074};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double inputs[] = {1, 2, 3, 4};
        double outputs[] = {1, 2};
        const struct dea_problem problem = {
            .unit_count = 2, .input_count = 2, .output_count = 1, .inputs = inputs, .outputs = outputs};
        const enum dea_fault_kind kind = isfinite(bad[i]) ? DEA_FAULT_NEGATIVE : DEA_FAULT_NOT_FINITE;
        inputs[3] = bad[i];
        check_fault(&problem, (struct dea_fault){.kind = kind, .unit = 1, .column = 1});
        inputs[3] = 4;
        outputs[1] = bad[i];
        check_fault(&problem, (struct dea_fault){.kind = kind, .unit = 1, .column = 0, .is_output = true});
    }
}

static void test_bad_shapes_are_refused(void **state)
{
    (void) state;
    const double one[] = {1};
    const size_t group[] = {1};
    const struct dea_problem good = {.unit_count = 1, .input_count = 1, .output_count = 1, .inputs = one, .outputs = one};
    const struct dea_fault shape = {.kind = DEA_FAULT_SHAPE};
    struct dea_problem problem = good;
    assert_int_equal(dea_problem_check(&good, NULL), STATUS_OK);
    problem.unit_count = 0;
    check_fault(&problem, shape);
    problem.unit_count = DEA_UNITS_MAX + 1;
    check_fault(&problem, shape);
    problem = good;
    problem.input_count = DEA_INPUTS_MAX + 1;
    check_fault(&problem, shape);
    problem = good;
    problem.output_count = 0;
    check_fault(&problem, shape);
    problem = good;
    problem.inputs = NULL;
    check_fault(&problem, shape);
    problem = good;
    problem.group_count = 1;
    check_fault(&problem, shape);
    problem.groups = group;
    check_fault(&problem, (struct dea_fault){.kind = DEA_FAULT_GROUP});
}

static void test_bad_options_are_refused(void **state)
{
    (void) state;
    const double one[] = {1};
    const struct dea_problem problem = {.unit_count = 1, .input_count = 1, .output_count = 1, .inputs = one, .outputs = one};
    static const double tolerances[] = {-1e-9, 1, NAN, INFINITY};
    struct dea_result *result = NULL;
    for (size_t i = 0; i < sizeof tolerances / sizeof tolerances[0]; i++) {
        struct dea_options options;
        dea_options_init(&options);
        options.rts_tolerance = tolerances[i];
        assert_int_equal(dea_solve(&problem, &options, &result), STATUS_INVALID);
    }
    struct dea_options options;
    dea_options_init(&options);
    memset(&options.slacks, 0x11, sizeof options.slacks);
    assert_int_equal(dea_solve(&problem, &options, &result), STATUS_INVALID);
    assert_null(result);
}

/* ---- units without inputs or outputs, columns of zeros, absurd sizes ---- */

static void test_units_that_cannot_be_scored(void **state)
{
    (void) state;
    /* A: 2 -> 1, B: 4 -> 3, C: 0 -> 5 (free lunch), D: 1 -> 0 (idle), E: 0 -> 0. */
    const double inputs[] = {2, 4, 0, 1, 0};
    const double outputs[] = {1, 3, 5, 0, 0};
    const struct dea_problem problem = {
        .unit_count = 5, .input_count = 1, .output_count = 1, .inputs = inputs, .outputs = outputs};
    static const enum dea_unit_state expected[] = {
        DEA_UNIT_SCORED, DEA_UNIT_SCORED, DEA_UNIT_NO_INPUTS, DEA_UNIT_NO_OUTPUTS, DEA_UNIT_NO_INPUTS};
    struct dea_options options;
    dea_options_init(&options);
    options.orientation = DEA_INPUT;
    struct dea_result *result = solve(&problem, &options);
    for (size_t u = 0; u < 5; u++) {
        const struct dea_unit *unit = &result->units[u];
        assert_int_equal(unit->state, expected[u]);
        assert_int_equal(isnan(unit->vrste) != 0, u >= 2);
        assert_int_equal(isnan(unit->input_targets[0]) != 0, u >= 2);
        assert_int_equal(unit->peers_length == 0, u >= 2);
    }
    /* D stays in the reference set: A lies on the segment from D to B, at theta (1 + (4 - 1) / 3) / 2. */
    NEAR(result->units[0].vrste, 1.0, SCORE);
    NEAR(result->units[0].crste, 2.0 / 3, SCORE);
    NEAR(result->mean.crste, (2.0 / 3 + 1) / 2, SCORE);
    assert_int_equal(result->mean.count, 2);
    assert_int_equal(result->rts_counts[0] + result->rts_counts[1] + result->rts_counts[2], 2);
    dea_result_free(result);
}

static void test_nobody_can_be_scored(void **state)
{
    (void) state;
    const double zeros[] = {0, 0};
    const struct dea_problem problem = {
        .unit_count = 2, .input_count = 1, .output_count = 1, .inputs = zeros, .outputs = zeros};
    struct dea_options options;
    dea_options_init(&options);
    struct dea_result *result = solve(&problem, &options);
    assert_int_equal(result->units[1].state, DEA_UNIT_NO_INPUTS);
    assert_int_equal(result->mean.count, 0);
    assert_true(isnan(result->mean.scale));
    dea_result_free(result);
}

static void test_columns_of_zeros_change_nothing(void **state)
{
    (void) state;
    const double inputs[] = {2, 0, 4, 0, 8, 0};
    const double outputs[] = {0, 1, 0, 3, 0, 5};
    const struct dea_problem problem = {
        .unit_count = 3, .input_count = 2, .output_count = 2, .inputs = inputs, .outputs = outputs};
    for (unsigned method = DEA_SLACKS_MULTI_STAGE; method <= DEA_SLACKS_NONE; method++) {
        struct dea_options options;
        dea_options_init(&options);
        options.slacks = (enum dea_slacks) method;
        struct dea_result *result = solve(&problem, &options);
        NEAR(result->units[0].crste, 2.0 / 3, SCORE);
        NEAR(result->units[2].crste, 5.0 / 6, SCORE);
        for (size_t u = 0; u < 3; u++) {
            NEAR(result->units[u].vrste, 1, 0);
            assert_int_equal(result->units[u].efficiency, DEA_EFFICIENT_STRONG);
            NEAR(result->units[u].output_slacks[0] + result->units[u].input_slacks[1], 0, 0);
        }
        dea_result_free(result);
    }
}

/* Sizes no one measures: each unit is either proved or says that it is not. */
static void test_absurd_sizes_end_in_proof_or_refusal(void **state)
{
    (void) state;
    const double inputs[] = {1e308, 1e-308, 1e300, 5e-324, 1, 2, 1e-5, 1e5};
    const double outputs[] = {1e308, 1e-300, 1e-9, 1e308};
    const struct dea_problem problem = {
        .unit_count = 4, .input_count = 2, .output_count = 1, .inputs = inputs, .outputs = outputs};
    for (unsigned i = 0; i < 4; i++) {
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = i & 1 ? DEA_INPUT : DEA_OUTPUT;
        options.slacks = i & 2 ? DEA_SLACKS_TWO_STAGE : DEA_SLACKS_MULTI_STAGE;
        struct dea_result *result = solve(&problem, &options);
        for (size_t u = 0; u < 4; u++) {
            const struct dea_unit *unit = &result->units[u];
            if (unit->state == DEA_UNIT_SCORED) {
                assert_true(unit->crste > 0 && unit->crste <= unit->vrste && unit->vrste <= 1);
            } else {
                assert_true(isnan(unit->crste));
            }
        }
        assert_true(result->certificate.duality_gap_max <= DEA_TOLERANCE);
        dea_result_free(result);
    }
}

/* ---- wide spans: scores are right as shares of themselves, not of the largest ---- */

static void check_wide(const struct dea_problem *problem, const double *crs, const double *vrs_output,
                       const double *vrs_input)
{
    for (unsigned i = 0; i < 4; i++) {
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = i & 1 ? DEA_INPUT : DEA_OUTPUT;
        options.frontier = i & 2 ? DEA_CRS : DEA_VRS;
        options.slacks = DEA_SLACKS_NONE;
        struct dea_result *result = solve(problem, &options);
        for (size_t u = 0; u < problem->unit_count; u++) {
            const double vrs = (i & 1 ? vrs_input : vrs_output)[u];
            assert_int_equal(result->units[u].state, DEA_UNIT_SCORED);
            NEAR(result->units[u].crste, crs[u], SCORE * crs[u]);
            NEAR(result->units[u].vrste, vrs, SCORE * vrs);
        }
        assert_true(result->certificate.duality_gap_max <= DEA_TOLERANCE);
        dea_result_free(result);
    }
}

/* The expected values were found with fractions. B once scored 7.3e-7 here, "proved" to 1e-17. */
static void test_small_units_among_large(void **state)
{
    (void) state;
    const double inputs[] = {0.016, 280, 0.018, 13, 590, 840, 0.0049, 1.2};
    const double outputs[] = {940, 0.0078, 0.012, 980};
    static const double crs[] = {0.29375, 2.1666666666666665e-06, 1.749271137026239e-08, 1};
    static const double vrs_output[] = {0.9591836734693877, 7.959183673469388e-06, 1.2244897959183674e-05, 1};
    static const double vrs_input[] = {0.30625, 0.27222222222222225, 0.0014285714285714286, 1};
    const struct dea_problem problem = {
        .unit_count = 4, .input_count = 2, .output_count = 1, .inputs = inputs, .outputs = outputs};
    check_wide(&problem, crs, vrs_output, vrs_input);
}

/* Ten orders of magnitude in each column. C once scored 0.000175 in input orientation. */
static void test_ten_orders_of_magnitude(void **state)
{
    (void) state;
    const double inputs[] = {
        0.025913823931170893,  0.0027854635067601978, 0.07021726204427631,    /* A */
        49419.73658731143,     8.78092444790765e-05,  147.96717568121468,     /* B */
        1.987976536867599e-05, 5568.9067750659315,    0.002404764693678525,   /* C */
        6.408415587198267e-05, 0.018809757701194956,  1.0183032078997477e-05, /* D */
        0.002706350971284161,  7.387618530814081,     0.00017160612202765673, /* E */
    };
    const double outputs[] = {910.3421642564384, 0.00027938107330509224, 0.005458318698045378, 0.00011846423696416393,
                              0.0028411857146830063};
    static const double crs[] = {1, 9.735304852674292e-06, 0.007815818767463605, 0.0008973242039636941,
                                 0.00127704463822412};
    static const double vrs_output[] = {1, 1, 1, 1, 0.0013573307541555329};
    static const double vrs_input[] = {1, 1, 1, 1, 0.06056318226990996};
    const struct dea_problem problem = {
        .unit_count = 5, .input_count = 3, .output_count = 1, .inputs = inputs, .outputs = outputs};
    check_wide(&problem, crs, vrs_output, vrs_input);
}

static void test_no_score_is_too_small(void **state)
{
    (void) state;
    const double inputs[] = {1, 1, 2};
    const double outputs[] = {1, 1e-12, 1e-200};
    static const double scores[] = {1, 1e-12, 5e-201};
    static const double vrs_output[] = {1, 1e-12, 1e-200};
    static const double vrs_input[] = {1, 1, 0.5};
    const struct dea_problem problem = {
        .unit_count = 3, .input_count = 1, .output_count = 1, .inputs = inputs, .outputs = outputs};
    check_wide(&problem, scores, vrs_output, vrs_input);
}

/* ---- what the numbers mean ---- */

static void test_movements_add_up(void **state)
{
    (void) state;
    assert_true(dea_case_read(&reference, "tests/reference/dea", "zeros14"));
    const struct dea_problem problem = problem_of(&reference);
    for (unsigned i = 0; i < 10; i++) {
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = i & 1 ? DEA_INPUT : DEA_OUTPUT;
        options.slacks = (enum dea_slacks)(i / 2);
        struct dea_result *result = solve(&problem, &options);
        for (size_t u = 0; u < problem.unit_count; u++) {
            const struct dea_unit *unit = &result->units[u];
            for (size_t k = 0; k < 2; k++) {
                const double x = reference.inputs[u * 2 + k];
                const double y = reference.outputs[u * 2 + k];
                NEAR(unit->input_targets[k], x + unit->input_radial[k] - unit->input_slacks[k], 1e-14);
                NEAR(unit->output_targets[k], y + unit->output_radial[k] + unit->output_slacks[k], 1e-14);
                assert_true(i & 1 ? unit->output_radial[k] == 0 : unit->input_radial[k] == 0);
                assert_true(unit->input_slacks[k] >= 0 && unit->output_slacks[k] >= 0);
                assert_true(options.slacks != DEA_SLACKS_NONE || unit->input_slacks[k] + unit->output_slacks[k] == 0);
            }
        }
        dea_result_free(result);
    }
}

static void test_weak_and_strong(void **state)
{
    (void) state;
    /* B has A's output and input 1, but more of input 2; C is dominated outright; D is A again. */
    const double inputs[] = {1, 1, 1, 2, 2, 2, 1, 1};
    const double outputs[] = {1, 1, 1, 1};
    const struct dea_problem problem = {
        .unit_count = 4, .input_count = 2, .output_count = 1, .inputs = inputs, .outputs = outputs};
    for (unsigned method = DEA_SLACKS_MULTI_STAGE; method <= DEA_SLACKS_NONE; method++) {
        struct dea_options options;
        dea_options_init(&options);
        options.orientation = DEA_INPUT;
        options.slacks = (enum dea_slacks) method;
        struct dea_result *result = solve(&problem, &options);
        const struct dea_unit *units = result->units;
        assert_int_equal(units[0].efficiency, DEA_EFFICIENT_STRONG);
        assert_int_equal(units[1].efficiency, DEA_EFFICIENT_WEAK);
        assert_int_equal(units[2].efficiency, DEA_EFFICIENT_NO);
        assert_int_equal(units[3].efficiency, DEA_EFFICIENT_STRONG);
        assert_int_equal(units[3].peers_length, 1);
        assert_int_equal(units[3].peers[0].unit, 3);
        assert_true(units[3].peers[0].lambda == 1);
        if (method <= DEA_SLACKS_TWO_STAGE_NORMALISED) {
            NEAR(units[1].input_slacks[1], 1, SCORE);
            assert_int_equal(units[0].peer_count + units[3].peer_count, 2);
        }
        dea_result_free(result);
    }
}

static void test_means_by_group(void **state)
{
    (void) state;
    const double inputs[] = {2, 4, 3, 5, 6};
    const double outputs[] = {1, 2, 3, 4, 5};
    const size_t groups[] = {0, 0, 2, 2, 2};
    const struct dea_problem problem = {.unit_count = 5, .input_count = 1, .output_count = 1, .inputs = inputs,
                                        .outputs = outputs, .groups = groups, .group_count = 3};
    struct dea_options options;
    dea_options_init(&options);
    options.orientation = DEA_INPUT;
    struct dea_result *result = solve(&problem, &options);
    NEAR(result->mean.crste, (0.5 + 0.5 + 1 + 0.8 + 5.0 / 6) / 5, SCORE);
    NEAR(result->mean.vrste, (1 + 0.625 + 1 + 0.9 + 1) / 5, SCORE);
    NEAR(result->group_means[0].vrste, 1.625 / 2, SCORE);
    NEAR(result->group_means[2].scale, (1 + 0.8 / 0.9 + 5.0 / 6) / 3, SCORE);
    assert_int_equal(result->group_means[1].count, 0);
    assert_true(isnan(result->group_means[1].crste) && isnan(result->group_means[1].slacks[0]));
    assert_int_equal(result->rts_counts[DEA_RTS_IRS], 2);
    assert_int_equal(result->rts_counts[DEA_RTS_CRS], 1);
    assert_int_equal(result->rts_counts[DEA_RTS_DRS], 2);
    dea_result_free(result);
    /* A tolerance wide enough makes everybody's returns constant. */
    options.rts_tolerance = 0.6;
    result = solve(&problem, &options);
    assert_int_equal(result->rts_counts[DEA_RTS_CRS], 5);
    NEAR(result->units[1].rts_margin, 0.2, SCORE);
    dea_result_free(result);
}

/* ---- cancelling, threads ---- */

static bool count_down(void *context)
{
    size_t *left = context;
    if (*left == 0) {
        return true;
    }
    --*left;
    return false;
}

static void test_cancelling(void **state)
{
    (void) state;
    assert_true(dea_case_read(&reference, "tests/reference/dea", "synth31_3x2"));
    const struct dea_problem problem = problem_of(&reference);
    struct dea_options options;
    struct dea_result *result = NULL;
    size_t left = 5;
    dea_options_init(&options);
    options.is_cancelled = count_down;
    options.cancel_context = &left;
    assert_int_equal(dea_solve(&problem, &options, &result), STATUS_BUSY);
    assert_null(result);
    left = 31;
    assert_int_equal(dea_solve(&problem, &options, &result), STATUS_OK);
    assert_int_equal(left, 0);
    dea_result_free(result);
    dea_result_free(NULL);
}

static void *solve_in_thread(void *context)
{
    struct dea_problem problem = problem_of(&reference);
    struct dea_options options;
    struct dea_result **result = context;
    dea_options_init(&options);
    for (int i = 0; i < 3; i++) {
        dea_result_free(*result);
        *result = NULL;
        if (dea_solve(&problem, &options, result) != STATUS_OK) {
            *result = NULL;
        }
        dea_thread_end();
    }
    return NULL;
}

/* Several threads at once, each with GLPK's environment of its own, arrive at the same bytes. */
static void test_threads_agree(void **state)
{
    (void) state;
    assert_true(dea_case_read(&reference, "tests/reference/dea", "synth31_3x2"));
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct dea_result *results[THREADS] = {NULL};
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, solve_in_thread, &results[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_non_null(results[i]);
        assert_memory_equal(results[i]->numbers, results[0]->numbers, 31 * 15 * sizeof(double));
        assert_memory_equal(&results[i]->mean, &results[0]->mean, sizeof results[0]->mean);
        for (size_t u = 0; u < 31; u++) {
            const struct dea_unit *unit = &results[i]->units[u];
            const struct dea_unit *other = &results[0]->units[u];
            assert_true(unit->crste == other->crste && unit->vrste == other->vrste);
            assert_int_equal(unit->peers_length, other->peers_length);
            for (size_t p = 0; p < unit->peers_length; p++) {
                assert_true(unit->peers[p].unit == other->peers[p].unit);
                assert_true(unit->peers[p].lambda == other->peers[p].lambda);
            }
        }
    }
    for (size_t i = 0; i < THREADS; i++) {
        dea_result_free(results[i]);
    }
}

static int thread_end(void **state)
{
    (void) state;
    dea_thread_end();
    dea_thread_end();
    return 0;
}

#define CASE(name) {"reference " name, test_reference, NULL, NULL, name}
#define CASE_ELSEWHERE(name) {"reference " name, test_reference_elsewhere, NULL, NULL, name}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE("zeros14"),
        CASE("degenerate20"),
        CASE("identical6"),
        CASE("badscale31"),
        CASE("single1"),
        CASE("synth31_3x2"),
        CASE("multislack11"),
        CASE("deap_eg1"),
        CASE("deap_eg2"),
        CASE_ELSEWHERE("economy2005"),
        CASE_ELSEWHERE("fls11"),
        cmocka_unit_test(test_bad_values_are_named),
        cmocka_unit_test(test_bad_shapes_are_refused),
        cmocka_unit_test(test_bad_options_are_refused),
        cmocka_unit_test(test_units_that_cannot_be_scored),
        cmocka_unit_test(test_nobody_can_be_scored),
        cmocka_unit_test(test_columns_of_zeros_change_nothing),
        cmocka_unit_test(test_absurd_sizes_end_in_proof_or_refusal),
        cmocka_unit_test(test_small_units_among_large),
        cmocka_unit_test(test_ten_orders_of_magnitude),
        cmocka_unit_test(test_no_score_is_too_small),
        cmocka_unit_test(test_movements_add_up),
        cmocka_unit_test(test_weak_and_strong),
        cmocka_unit_test(test_means_by_group),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_threads_agree),
    };
    return cmocka_run_group_tests(tests, NULL, thread_end);
}
