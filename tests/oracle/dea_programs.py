"""Linear programs by the hundred, and the programs of efficiency analysis as the textbooks have them.

A model is a generator that yields Programs, is sent Solutions and returns its number; together() runs many of them side by
side and solves what they ask for at each step in blocks, one call of scipy's HiGHS for some two hundred programs (a call
for each takes ten times as long). referee() is a simplex in fractions for where two answers differ.
"""

import collections
from fractions import Fraction

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

BLOCKS = 200
TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}

# The least cost . v with upper v <= bound, equal v = at and v >= 0, but free where is_free says so.
Program = collections.namedtuple("Program", "cost upper bound equal at is_free", defaults=(None, None, None))
Solution = collections.namedtuple("Solution", "status v")  # 0 optimal, 2 infeasible, 3 unbounded


def ranges(program):
    free = np.zeros(len(program.cost), bool) if program.is_free is None else program.is_free
    return np.stack([np.where(free, -np.inf, 0), np.full(len(free), np.inf)], axis=1)


def rows_of(program):
    """The equalities, which may be none."""
    return (np.zeros((0, len(program.cost))), np.zeros(0)) if program.equal is None else (program.equal, program.at)


def solve_one(program):
    equal, at = rows_of(program)
    for presolve in (True, False):
        done = linprog(program.cost, program.upper, program.bound, equal, at, bounds=ranges(program), method="highs-ds",
                       options={**TIGHT, "presolve": presolve})
        if done.status in (0, 2, 3):
            return Solution(done.status, done.x)
    raise AssertionError(done.message)


def solve_block(programs):
    """All at once, as the diagonal of one; each by itself where not all have an optimum."""
    equal, at = zip(*map(rows_of, programs))
    done = linprog(np.concatenate([program.cost for program in programs]),
                   sparse.block_diag([program.upper for program in programs], format="csc"), np.concatenate([program.bound for program in programs]),
                   sparse.block_diag(equal, format="csc"), np.concatenate(at), bounds=np.concatenate([ranges(program) for program in programs]),
                   method="highs-ds", options=TIGHT)
    if done.status != 0:
        if len(programs) == 1:
            return [solve_one(programs[0])]
        half = len(programs) // 2
        return solve_block(programs[:half]) + solve_block(programs[half:])
    ends = np.cumsum([len(program.cost) for program in programs])
    return [Solution(0, v) for v in np.split(done.x, ends[:-1])]


def solve_all(programs):
    return [solution for k in range(0, len(programs), BLOCKS) for solution in solve_block(programs[k:k + BLOCKS])]


def together(models):
    """What each generator returns."""
    results, waiting = [None] * len(models), [(k, model, None) for k, model in enumerate(models)]
    while waiting:
        asking = []
        for k, model, solution in waiting:
            try:
                asking.append((k, model, model.send(solution)))
            except StopIteration as end:
                results[k] = end.value
        solutions = solve_all([program for _, _, program in asking])
        waiting = [(k, model, solution) for (k, model, _), solution in zip(asking, solutions)]
    return results


# ---------------------------------------------------------------------------------------------------------- the referee


def exactly(number):
    return number if isinstance(number, Fraction) else Fraction(float(number))


def referee(program):
    """The least cost in fractions, by two phases of the simplex method with Bland's rule; None where there is none."""
    equal, at = rows_of(program)
    width, free = len(program.cost), np.flatnonzero(ranges(program)[:, 0] < 0)
    rows, bound = [], []
    for matrix, side, slack in ((program.upper, program.bound, True), (equal, at, False)):
        for row, limit in zip(matrix, side):
            rows.append(([exactly(a) for a in row] + [-exactly(row[k]) for k in free], slack))
            bound.append(exactly(limit))
    slacks = sum(slack for _, slack in rows)
    table, at_slack = [], 0
    for (row, slack), limit in zip(rows, bound):
        tail = [Fraction(0)] * slacks
        if slack:
            tail[at_slack] = Fraction(1)
            at_slack += 1
        line = row + tail
        table.append(([-a for a in line] if limit < 0 else line) + [abs(limit)])
    columns, height = width + len(free) + slacks, len(table)
    cost = [exactly(c) for c in program.cost] + [-exactly(program.cost[k]) for k in free] + [Fraction(0)] * slacks
    table = [line[:-1] + [Fraction(i == k) for k in range(height)] + line[-1:] for i, line in enumerate(table)]
    basis = list(range(columns, columns + height))
    first = [-sum(line[j] for line in table) for j in range(columns)] + [Fraction(0)] * height + [-sum(line[-1] for line in table)]
    if pivot_all(table, basis, first, columns) is None or first[-1] != 0:
        return None
    for i, line in enumerate(table):  # artificial variables that are left at 0
        if basis[i] >= columns:
            enter = next((j for j in range(columns) if line[j] != 0), None)
            if enter is not None:
                pivot(table, basis, first, i, enter)
    last = cost + [Fraction(0)] * height + [Fraction(0)]
    for i, k in enumerate(basis):
        if k < columns and last[k]:
            last = [a - last[k] * b for a, b in zip(last, table[i])]
    return pivot_all(table, basis, last, columns)


def pivot(table, basis, last, leave, enter):
    factor = table[leave][enter]
    table[leave] = [a / factor for a in table[leave]]
    for i, line in enumerate(table):
        if i != leave and line[enter]:
            table[i] = [a - line[enter] * b if b else a for a, b in zip(line, table[leave])]
    if last[enter]:
        last[:] = [a - last[enter] * b if b else a for a, b in zip(last, table[leave])]
    basis[leave] = enter


def pivot_all(table, basis, last, columns):
    while True:
        enter = next((j for j in range(columns) if last[j] < 0), None)
        if enter is None:
            return -last[-1]
        ratios = [(line[-1] / line[enter], basis[i], i) for i, line in enumerate(table) if line[enter] > 0]
        if not ratios:
            return None
        pivot(table, basis, last, min(ratios)[2], enter)


# ------------------------------------------------------------------------------------------------------------ the models


def sums(returns, row):
    """(equal, at, upper, bound) of the sum of lambda whose coefficients are row."""
    row = np.asarray(row, float)[None, :]
    nothing = np.zeros((0, row.shape[1])), np.zeros(0)
    return {"vrs": (row, np.ones(1), *nothing), "crs": (*nothing, *nothing), "nirs": (*nothing, row, np.ones(1)),
            "ndrs": (*nothing, -row, -np.ones(1))}[returns]


def radial_program(x, y, own_x, own_y, side, returns, fixed=()):
    """The score is the cost's last variable, or 1 over it with outputs."""
    n, m = x.shape
    s = y.shape[1]
    moving = np.array([i not in fixed for i in range(m)])
    if side == "output":
        rows = np.vstack([np.hstack([x.T, np.zeros((m, 1))]), np.hstack([-y.T, own_y[:, None]])])
        bound, sign = np.hstack([own_x, np.zeros(s)]), -1
    else:
        rows = np.vstack([np.hstack([x.T, -(own_x * moving)[:, None]]), np.hstack([-y.T, np.zeros((s, 1))])])
        bound, sign = np.hstack([np.where(moving, 0, own_x), -own_y]), 1
    equal, at, more, limit = sums(returns, np.hstack([np.ones(n), 0]))
    return Program(np.hstack([np.zeros(n), sign]), np.vstack([rows, more]), np.hstack([bound, limit]), equal, at)


def radial(x, y, own_x, own_y, side, returns, fixed=()):
    """None where there is no score."""
    solution = yield radial_program(x, y, own_x, own_y, side, returns, fixed)
    if solution.status != 0:
        return None
    factor = solution.v[-1]
    return factor if side == "input" else 1 / factor if factor > 0 else np.inf


def exact_stages(x, y, o, side, returns, fixed):
    """Coelli's slacks of a unit in fractions: inputs, then outputs, all of which are above 0 for it; fixed inputs have none."""
    m, s = len(x[0]), len(y[0])
    x, y = [[exactly(v) for v in row] for row in x], [[exactly(v) for v in row] for row in y]
    kinds = {"vrs": (1, -1), "crs": (), "nirs": (1,), "ndrs": (-1,)}[returns]
    columns = [a + [-b for b in c] for a, c in zip(x, y)]  # every row of a column is bound from above
    own = columns[o]
    open_ = [k >= m or k not in fixed for k in range(m + s)]

    def solve(cost, bound, moved=()):
        """The least cost with lambda and a factor that the moved rows' bounds are multiplied by."""
        upper = [[column[k] for column in columns] + [-bound[k] if k in moved else Fraction(0)] for k in range(m + s)]
        upper += [[Fraction(sign)] * len(columns) + [Fraction(0)] for sign in kinds]
        right = [Fraction(0) if k in moved else bound[k] for k in range(m + s)] + [Fraction(sign) for sign in kinds]
        return referee(Program(cost, upper, right, np.zeros((0, len(cost))), np.zeros(0)))

    first = [k for k in range(m + s) if (k >= m if side == "output" else k < m and open_[k])]
    factor = abs(solve([Fraction(0)] * len(columns) + [Fraction(-1 if side == "output" else 1)], own, first))
    bound = [own[k] * factor if k in first else own[k] for k in range(m + s)]
    start = list(bound)
    for rows, sign in ((range(m), 1), (range(m, m + s), -1)):
        while True:
            able = [k for k in rows if open_[k] and bound[k] != 0 and
                    bound[k] > solve([column[k] for column in columns] + [Fraction(0)], bound)]
            if not able:
                break
            t = abs(solve([Fraction(0)] * len(columns) + [Fraction(sign)], bound, able))
            bound = [bound[k] * t if k in able else bound[k] for k in range(m + s)]
    return [before - after for before, after in zip(start, bound)]


def slacks_most(x, y, point, returns, relaxed=0.0):
    """The largest sum of slacks of a point (x, -y) in the technology; columns are to be of one size."""
    rows = np.hstack([x, -y]).T
    equal, at, more, limit = sums(returns, np.ones(len(x)))
    solution = yield Program(rows.sum(axis=0), np.vstack([rows, more]), np.hstack([point + relaxed, limit]), equal, at)
    return None if solution.status != 0 else (point - rows @ solution.v).sum()


def measure(x, y, o, side, returns, undesirable, fixed=()):
    """Tone's fraction by Dinkelbach's method: rho is where the least numerator - rho denominator is 0. Fixed inputs have no term."""
    n, m = x.shape
    s = y.shape[1]
    with np.errstate(divide="ignore"):
        w_in, w_out = np.where((x[o] > 0) & ~np.isin(np.arange(m), fixed), 1 / x[o], 0), np.where(y[o] > 0, 1 / y[o], 0)
    w_in = w_in / max(1, (w_in > 0).sum()) * (side != "output")
    w_out = w_out / max(1, (w_out > 0).sum()) * (side != "input")
    sign = np.array([1 if r in undesirable else -1 for r in range(s)])
    rows = np.vstack([np.hstack([x.T, np.eye(m), np.zeros((m, s))]), np.hstack([y.T, np.zeros((s, m)), np.diag(sign)])])
    equal, at, more, limit = sums(returns, np.hstack([np.ones(n), np.zeros(m + s)]))
    rho = 1.0
    for _ in range(60):
        solution = yield Program(np.hstack([np.zeros(n), -w_in, -rho * w_out]), more, limit, np.vstack([rows, equal]), np.hstack([x[o], y[o], at]))
        assert solution.status == 0
        found = (1 - w_in @ solution.v[n:n + m]) / (1 + w_out @ solution.v[n + m:])
        if abs(found - rho) <= 1e-13:
            break
        rho = found
    return rho


def additive(x, y, o, weight, returns):
    """The largest weighted sum of slacks; weights are of these columns."""
    rows = np.hstack([x, -y]).T
    equal, at, more, limit = sums(returns, np.ones(len(x)))
    solution = yield Program(rows.T @ weight, np.vstack([rows, more]), np.hstack([x[o], -y[o], limit]), equal, at)
    assert solution.status == 0
    return weight @ (np.hstack([x[o], -y[o]]) - rows @ solution.v)


def distance(x, y, o, side, returns, undesirable, fixed=()):
    """Kuosmanen's technology with z = lambda + mu as the second variable: mu = z - lambda >= 0. Fixed inputs have no direction. None where
    nothing has any, so that there is no end to it."""
    n, m = x.shape
    bad = np.array([r in undesirable for r in range(y.shape[1])])
    gx, gy = x[o] * (side != "output") * ~np.isin(np.arange(m), fixed), y[o] * (side != "input")
    zeros, eye = np.zeros((n, 1)), np.eye(n)
    upper = [np.hstack([np.zeros((m, n)), x.T, gx[:, None]]), np.hstack([-y.T[~bad], np.zeros((int((~bad).sum()), n)), gy[~bad][:, None]]),
             np.hstack([eye, -eye, zeros])]
    equal, at = [np.hstack([y.T[bad], np.zeros((int(bad.sum()), n)), gy[bad][:, None]])], [y[o][bad]]
    if not bad.any() or returns == "crs":
        equal.append(np.hstack([eye, -eye, zeros]))
        at.append(np.zeros(n))
    more = sums(returns, np.hstack([np.zeros(n), np.ones(n), 0]))
    solution = yield Program(np.hstack([np.zeros(2 * n), -1]), np.vstack([*upper, more[2]]), np.hstack([x[o], -y[o][~bad], np.zeros(n), more[3]]),
                             np.vstack([*equal, more[0]]), np.hstack([*at, more[1]]))
    assert solution.status == (0 if gx.any() or gy.any() else 3)
    return solution.v[-1] if solution.status == 0 else None


def cost(x, y, o, price, returns):
    """The least cost of the unit's outputs over what it spends."""
    equal, at, more, limit = sums(returns, np.ones(len(x)))
    solution = yield Program(x @ price / (price @ x[o]), np.vstack([-y.T, more]), np.hstack([-y[o], limit]), equal, at)
    assert solution.status == 0
    return x @ price @ solution.v / (price @ x[o])


def limited(x, y, o, side, returns, limits, reference=None):
    """
    The multiplier form with limits (is_output, first, second, least, most) of weight first / weight second as rows:
      inputs   max u y_o + w  where v x_o = 1, u Y + w <= v X      score
      outputs  min v x_o + w  where u y_o = 1, u Y <= v X + w      1 / score
    w is 0 under constant returns, has one sign under NIRS and NDRS. A score of 0: weights that limits leave prove none above it,
    so that the move has no end; infinite: beside the reference (super-efficiency) no move is enough.
    """
    m, s = x.shape[1], y.shape[1]
    is_outward = side == "output"
    sign = {"crs": 0, "vrs": 0, "nirs": -1, "ndrs": 1}[returns] * (-1 if is_outward else 1)  # of w
    kept = np.arange(len(x)) if reference is None else reference
    free = 0.0 if returns == "crs" else 1.0
    rows = [np.hstack([-x[kept], y[kept], np.full((len(kept), 1), -free if is_outward else free)])]
    if sign:
        rows.append(np.hstack([np.zeros(m + s), -sign])[None, :])
    for is_output, first, second, least, most in limits:
        row = np.zeros((2, m + s + 1))
        row[0, [m * is_output + first, m * is_output + second]] = -1, least
        row[1, [m * is_output + first, m * is_output + second]] = 1, -min(most, 1e300)
        rows.append(row[:2 if np.isfinite(most) else 1])
    upper = np.vstack(rows)
    used, made = np.hstack([x[o], np.zeros(s), 0]), np.hstack([np.zeros(m), y[o], 0])
    last = np.hstack([np.zeros(m + s), free])
    cost, own = (used + last, made) if is_outward else (-made - last, used)
    solution = yield Program(cost, upper, np.zeros(len(upper)), own[None, :], np.ones(1), np.arange(m + s + 1) == m + s)
    if solution.status != 0:
        return 0.0 if solution.status == 2 else np.inf
    value = float(cost @ solution.v)
    return -value if not is_outward else 1 / value if value > 1e-12 else np.inf
