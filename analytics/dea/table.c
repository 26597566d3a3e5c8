/* Writing programs column by column, and reading back what lp.h made of them. Read model.h for the programs. */
#include "analytics/dea/table.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/lp/certificate.h"
#include "analytics/lp/twofold.h"

/* As face.c has it: reduced costs and multipliers up to this share are zero. */
#define ZERO 1e-9

/* A unit outside that misses by less than this share joins nobody: it is the rounding of some dozen operations. */
#define MISSED 1e-12

/* What data may differ by without being other data. */
#define UNSEEN 1e-13

/* So many join at once, and so often, before all do. */
#define JOIN_MAX   8
#define ROUNDS_MAX 40

/* As in result.c: a peer shows if its share of what the peers make exceeds this in some row. */
#define SHARE_MIN 1e-9

enum status dea_table_init(struct dea_table *table, const struct dea_work *work, size_t columns_max)
{
    memset(table, 0, sizeof *table);
    table->work = work;
    table->columns_max = columns_max;
    const size_t room = table->columns_max + 1;
    table->member = calloc(room, sizeof *table->member);
    table->matrix = calloc(room * (work->rows + work->outputs + 1), sizeof *table->matrix);
    table->cost = calloc(room, sizeof *table->cost);
    table->is_free = calloc(room, sizeof *table->is_free);
    table->solution.x = calloc(room, sizeof *table->solution.x);
    table->solution.reduced = calloc(room, sizeof *table->solution.reduced);
    table->solver = lp_solver_create(work->rows + work->outputs + 1, room);
    table->is_in = calloc(work->columns + 1, sizeof *table->is_in);
    table->products = calloc(work->columns + LP_PANEL_LANES, sizeof *table->products);
    table->near = calloc(work->columns + 1, sizeof *table->near);
    if (table->member == NULL || table->is_in == NULL || table->products == NULL || table->near == NULL ||
        table->matrix == NULL || table->cost == NULL || table->is_free == NULL || table->solution.x == NULL ||
        table->solution.reduced == NULL || table->solver == NULL) {
        dea_table_fini(table);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

void dea_table_fini(struct dea_table *table)
{
    lp_solver_free(table->solver);
    free(table->solution.reduced);
    free(table->solution.x);
    free(table->is_free);
    free(table->cost);
    free(table->matrix);
    free(table->member);
    free(table->near);
    free(table->products);
    free(table->is_in);
    memset(table, 0, sizeof *table);
}

static enum lp_relation sum_relation(enum dea_frontier frontier)
{
    switch (frontier) {
    case DEA_VRS:
        return LP_ROW_EQUAL;
    case DEA_NIRS:
        return LP_ROW_AT_MOST;
    case DEA_NDRS:
        return LP_ROW_AT_LEAST;
    case DEA_CRS:
    case DEA_FDH:
        break;
    }
    return LP_ROW_FREE;
}

void dea_table_begin(struct dea_table *table, size_t rows, enum dea_frontier frontier)
{
    assert(rows >= table->work->rows && rows <= table->work->rows + table->work->outputs + 1 && rows <= LP_ROWS_MAX);
    table->rows = rows;
    table->columns = 0;
    table->is_whole = true;
    table->near_count = 0;
    for (size_t i = 0; i < table->work->rows; i++) {
        table->unit_scale[i] = 1;
        table->unit_extra[i] = table->unit_cost[i] = 0;
    }
    for (size_t i = 0; i < rows; i++) {
        table->relation[i] = LP_ROW_FREE;
        table->bound[i] = 0;
    }
    table->relation[table->work->rows - 1] = sum_relation(frontier);
    table->bound[table->work->rows - 1] = 1;
}

double *dea_table_column_add(struct dea_table *table, double cost)
{
    assert(table->columns < table->columns_max);
    const size_t j = table->columns++;
    double *column = table->matrix + j * table->rows;
    memset(column, 0, table->rows * sizeof *column);
    table->cost[j] = cost;
    table->is_free[j] = false;
    table->member[j] = DEA_TABLE_NONE;
    return column;
}

/* What a unit's column is; returns its cost. */
static double unit_write(const struct dea_table *table, size_t j, double *column)
{
    const size_t rows = table->work->rows;
    const double *values = table->work->matrix + j * rows;
    double cost = 0;
    double extra = 0;
    for (size_t i = 0; i < rows; i++) {
        column[i] = table->unit_scale[i] * values[i];
        extra += table->unit_extra[i] * values[i];
        cost += table->unit_cost[i] * values[i];
    }
    if (table->rows > rows) {
        column[rows] = extra;
    }
    return cost;
}

static void unit_add(struct dea_table *table, size_t j)
{
    double *column = dea_table_column_add(table, 0);
    table->cost[table->columns - 1] = unit_write(table, j, column);
    table->member[table->columns - 1] = j;
    table->is_in[j] = true;
}

void dea_table_rest_add(struct dea_table *table)
{
    for (size_t j = 0; j < table->work->columns; j++) {
        if (!table->is_in[j]) {
            unit_add(table, j);
        }
    }
    table->is_whole = true;
    table->near_count = 0;
}

void dea_table_units_add(struct dea_table *table, size_t except)
{
    const struct dea_frame *frame = &table->work->frame;
    memset(table->is_in, 0, table->work->columns * sizeof *table->is_in);
    if (except != DEA_TABLE_NONE) {
        table->is_in[except] = true;
    }
    for (size_t k = 0; k < frame->count; k++) {
        if (frame->member[k] != except) {
            unit_add(table, frame->member[k]);
        }
    }
    table->is_whole = frame->count == 0;
    if (table->is_whole) {
        dea_table_rest_add(table);
    }
}

/* An optimum is proved by lp.h. That there is none is believed only if no rounding can have made the proof. */
static enum status problem_solve(struct dea_table *table, const struct lp_problem *problem)
{
    static const enum lp_choice choices[] = {LP_SIMPLEX, LP_GLPK};
    for (size_t i = table->is_glpk ? 1 : 0; i < 2; i++) {
        lp_solver_choose(table->solver, choices[i]);
        const enum status status = lp_solve(table->solver, problem, &table->solution);
        const bool is_proved = table->solution.outcome == LP_OPTIMAL || table->solution.is_certain;
        if (status == STATUS_BUSY || (status == STATUS_OK && is_proved)) {
            return status;
        }
        table->certificate.retry_count += i == 0;
    }
    return STATUS_EXHAUSTED;
}

static struct lp_problem problem_of(const struct dea_table *table)
{
    return (struct lp_problem){
        .rows = table->rows,
        .columns = table->columns,
        .matrix = table->matrix,
        .cost = table->cost,
        .relation = table->relation,
        .bound = table->bound,
        .is_free = table->is_free,
        .worth = 1, /* scores, and shares of what a unit has: about 1 */
    };
}

/* Solves for the units that are in it. */
static enum status program_solve(struct dea_table *table)
{
    const struct lp_problem problem = problem_of(table);
    return problem_solve(table, &problem);
}

/* Whether the multipliers just found prove the same of all units; these are in it then. */
static bool is_infeasible_with_all(struct dea_table *table)
{
    dea_table_rest_add(table);
    const struct lp_problem problem = problem_of(table);
    return lp_certificate_infeasible(&problem, &table->solution) && table->solution.is_certain;
}

/*
 * Weights whose product with a unit's values is at least 0 for whoever's reduced cost is at most ZERO of the largest of its
 * terms: none of these is larger than the sum of all, which the second half of each weight gives twice ZERO of.
 */
static void weights_find(const struct dea_table *table, bool has_cost, double *weight)
{
    const size_t rows = table->work->rows;
    const double last = table->rows > rows ? table->solution.dual[rows] : 0;
    for (size_t i = 0; i < rows; i++) {
        const double own = table->solution.dual[i] * table->unit_scale[i];
        const double extra = last * table->unit_extra[i];
        const double cost = has_cost ? table->unit_cost[i] : 0;
        weight[i] = own + extra - cost + 2 * ZERO * (fabs(own) + fabs(extra) + fabs(cost));
    }
}

/* A unit's reduced cost as a share of the largest of its terms, as lp_check has it. */
static double share_of(const struct dea_table *table, size_t j, bool has_cost)
{
    double column[LP_ROWS_MAX];
    const double cost = unit_write(table, j, column);
    double reduced = has_cost ? cost : 0;
    double largest = fabs(reduced);
    for (size_t i = 0; i < table->rows; i++) {
        const double term = table->solution.dual[i] * column[i];
        reduced -= term;
        largest = fmax(largest, fabs(term));
    }
    return largest > 0 ? reduced / largest : 0;
}

struct priced {
    size_t column;
    double share;
};

/* Puts one among the worst, which stay in order. */
static void worst_keep(struct priced *worst, size_t *count, struct priced one)
{
    if (*count == JOIN_MAX && worst[JOIN_MAX - 1].share <= one.share) {
        return;
    }
    size_t at = *count < JOIN_MAX ? (*count)++ : JOIN_MAX - 1;
    while (at > 0 && worst[at - 1].share > one.share) {
        worst[at] = worst[at - 1];
        at--;
    }
    worst[at] = one;
}

/* Prices the units outside. Of those that the solution does not hold for the worst join; returns how many. Those on its face
 * are near. */
static size_t others_price(struct dea_table *table)
{
    const struct dea_work *work = table->work;
    const bool has_cost = table->solution.outcome == LP_OPTIMAL;
    struct priced worst[JOIN_MAX] = {{0, 0}};
    double weight[DEA_ROWS_MAX];
    double best = 0;
    size_t count = 0;
    weights_find(table, has_cost, weight);
    lp_panel_products(&work->panel, weight, 0, table->products, &best);
    table->near_count = 0;
    for (size_t j = 0; j < work->columns; j++) {
        if (table->is_in[j] || table->products[j] < 0) {
            continue;
        }
        const double share = share_of(table, j, has_cost);
        if (share < -MISSED) {
            worst_keep(worst, &count, (struct priced){j, share});
        } else if (share <= ZERO) {
            table->near[table->near_count++] = j;
        }
    }
    for (size_t k = 0; k < count; k++) {
        unit_add(table, worst[k].column);
    }
    return count;
}

/* Solves, and anew with those who were missed, until nobody is; when that takes too long, with all. */
static enum status units_solve(struct dea_table *table)
{
    for (size_t round = 0; !table->is_whole; round++) {
        const enum status status = program_solve(table);
        if (status == STATUS_BUSY) {
            return status;
        }
        if (status == STATUS_OK && (table->solution.outcome == LP_UNBOUNDED || others_price(table) == 0)) {
            if (table->solution.outcome != LP_INFEASIBLE || is_infeasible_with_all(table)) {
                return STATUS_OK;
            }
            break;
        }
        if (status != STATUS_OK || round == ROUNDS_MAX) {
            dea_table_rest_add(table);
        }
    }
    return program_solve(table);
}

enum status dea_table_solve(struct dea_table *table)
{
    struct dea_certificate *certificate = &table->certificate;
    const struct lp_check *check = &table->solution.check;
    const enum status status = units_solve(table);
    if (status == STATUS_OK) {
        certificate->program_count++;
        certificate->primal_infeasibility_max = fmax(certificate->primal_infeasibility_max, check->primal_infeasibility);
        certificate->dual_infeasibility_max = fmax(certificate->dual_infeasibility_max, check->dual_infeasibility);
        certificate->duality_gap_max = fmax(certificate->duality_gap_max, check->duality_gap);
    }
    return status;
}

void dea_table_fix(struct dea_table *table, size_t column, double value)
{
    for (size_t i = 0; i < table->rows; i++) {
        table->bound[i] -= table->matrix[column * table->rows + i] * value;
    }
    table->columns--;
    for (size_t j = column; j < table->columns; j++) {
        memmove(table->matrix + j * table->rows, table->matrix + (j + 1) * table->rows, table->rows * sizeof *table->matrix);
        table->member[j] = table->member[j + 1];
        table->is_free[j] = table->is_free[j + 1];
    }
    for (size_t j = 0; j < table->columns; j++) {
        table->cost[j] = 0;
    }
    table->near_count = 0;
}

double dea_table_activity(const struct dea_table *table, size_t row)
{
    double sum = 0;
    for (size_t j = 0; j < table->columns; j++) {
        sum += table->matrix[j * table->rows + row] * table->solution.x[j];
    }
    return sum;
}

/* By how much a row is missed, at most. */
static double missed_by(const struct dea_table *table, size_t row, double *size)
{
    struct lp_twofold sum = {0};
    lp_twofold_add(&sum, -1, table->bound[row]);
    for (size_t j = 0; j < table->columns; j++) {
        lp_twofold_add(&sum, table->matrix[j * table->rows + row], table->solution.x[j]);
    }
    *size = sum.size;
    const double above = lp_twofold_value(&sum), rounding = lp_twofold_rounding(&sum);
    switch (table->relation[row]) {
    case LP_ROW_AT_MOST:
        return fmax(above + rounding, 0);
    case LP_ROW_AT_LEAST:
        return fmax(rounding - above, 0);
    default:
        return fabs(above) + rounding;
    }
}

double dea_table_rounding(const struct dea_table *table, const double *weight)
{
    double sum = 0;
    for (size_t i = 0; i < table->rows; i++) {
        double size = 0;
        const double missed = missed_by(table, i, &size);
        const double own = i < table->work->rows ? fabs(weight[i]) : 0;
        sum += table->relation[i] != LP_ROW_FREE ? own * UNSEEN * size + fabs(table->solution.dual[i]) * missed : 0;
    }
    return sum;
}

/* Whether an optimum may use the column: this one does, or its reduced cost is zero beside its terms. */
static bool column_is_optimal(const struct dea_table *table, size_t j)
{
    const double *column = table->matrix + j * table->rows;
    double largest = fabs(table->cost[j]);
    for (size_t i = 0; i < table->rows; i++) {
        largest = fmax(largest, fabs(table->solution.dual[i] * column[i]));
    }
    return table->solution.x[j] > 0 || table->is_free[j] || table->solution.reduced[j] <= ZERO * largest;
}

/* A row with a multiplier that shows in the objective is tight at every optimum. */
static void rows_close(struct dea_table *table)
{
    double share[LP_ROWS_MAX];
    double total = fabs(table->solution.objective);
    for (size_t i = 0; i < table->rows; i++) {
        double largest = fabs(table->bound[i]);
        for (size_t j = 0; j < table->columns; j++) {
            largest = fmax(largest, fabs(table->matrix[j * table->rows + i] * table->solution.x[j]));
        }
        const double miss = fabs(dea_table_activity(table, i) - table->bound[i]);
        share[i] = miss <= ZERO * largest ? fabs(table->solution.dual[i]) * largest : 0;
        total = fmax(total, share[i]);
    }
    for (size_t i = 0; i < table->rows; i++) {
        if (table->relation[i] != LP_ROW_FREE && share[i] > ZERO * total) {
            table->relation[i] = LP_ROW_EQUAL;
        }
    }
}

void dea_table_face(struct dea_table *table, size_t moved)
{
    size_t kept = 0;
    rows_close(table);
    for (size_t k = 0; k < table->near_count; k++) {
        unit_add(table, table->near[k]);
        table->solution.x[table->columns - 1] = 0;
        table->solution.reduced[table->columns - 1] = 0; /* or as good as that */
    }
    table->near_count = 0;
    table->is_whole = true;
    for (size_t j = 0; j < table->columns; j++) {
        const double *column = table->matrix + j * table->rows;
        if (j == moved) {
            for (size_t i = 0; i < table->rows; i++) {
                table->bound[i] -= column[i] * table->solution.x[j];
            }
        } else if (column_is_optimal(table, j)) {
            memmove(table->matrix + kept * table->rows, column, table->rows * sizeof *column);
            table->member[kept] = table->member[j];
            table->is_free[kept] = table->is_free[j];
            table->solution.x[kept] = table->solution.x[j];
            table->cost[kept] = 0;
            kept++;
        }
    }
    table->columns = kept;
}

static bool share_shows(const struct dea_table *table, size_t j, const double *total)
{
    for (size_t i = 0; i < table->work->rows; i++) {
        if (table->matrix[j * table->rows + i] * table->solution.x[j] > SHARE_MIN * total[i]) {
            return true;
        }
    }
    return false;
}

static int peers_compare(const void *a, const void *b)
{
    const struct dea_peer *left = a;
    const struct dea_peer *right = b;
    return left->unit < right->unit ? -1 : left->unit > right->unit;
}

enum status dea_table_peers(const struct dea_table *table, double scale, struct dea_peer *peers, size_t peers_max,
                            size_t *length)
{
    double total[LP_ROWS_MAX] = {0};
    for (size_t j = 0; j < table->columns; j++) {
        for (size_t i = 0; i < table->work->rows && table->member[j] != DEA_TABLE_NONE; i++) {
            total[i] += table->matrix[j * table->rows + i] * table->solution.x[j];
        }
    }
    *length = 0;
    for (size_t j = 0; j < table->columns; j++) {
        if (table->member[j] == DEA_TABLE_NONE || !(table->solution.x[j] > 0) || !share_shows(table, j, total)) {
            continue;
        }
        if (*length == peers_max) {
            *length = 0;
            return STATUS_EXHAUSTED;
        }
        peers[*length].unit = table->work->unit_of[table->member[j]];
        peers[*length].lambda = table->solution.x[j] / scale;
        (*length)++;
    }
    qsort(peers, *length, sizeof *peers, peers_compare);
    return STATUS_OK;
}
