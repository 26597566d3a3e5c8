"""The models of analytics/dea/model.c against scipy's HiGHS.

Each model is written here a second time, in another form where there is one: multipliers where the program has
envelopments (super-efficiency, limits on weights, cross-efficiency), the fractional measure by bisection where the program
transforms it. Cross-efficiency is held against what its weights must be, since several may be best.
"""

import collections
import os
import pathlib
import subprocess

import numpy as np
import pytest

from kept import linprog
from test_dea_oracle import data_make

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release"))
DRIVER = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/oracle/model_driver"

SCORE = 2e-8  # HiGHS' own
KINDS = ("plain", "ties", "duplicates", "zeros", "bad-scale", "spread", "equal-column", "proportional")
RETURNS = ("vrs", "crs", "nirs", "ndrs")

Case = collections.namedtuple("Case", "name x y")
Unit = collections.namedtuple("Unit", "state score parts returns efficiency peer_count slacks targets peers")
Returns = collections.namedtuple("Returns", "kind nirste ndrste margin")
Answer = collections.namedtuple("Answer", "units certificate mean")


class Ask(collections.namedtuple("Ask", "model side returns x y flag fixed undesirable prices limits")):
    def text(self):
        n, m = self.x.shape
        s = self.y.shape[1]
        prices = np.zeros((0, m)) if self.prices is None else np.atleast_2d(self.prices)
        lines = [f"{self.model} {self.side} {self.returns} {int(self.flag)} {n} {m} {s} {len(prices)} {len(self.limits)}"]
        lines.append(" ".join(str(int(i in self.fixed)) for i in range(m)))
        lines.append(" ".join(str(int(r in self.undesirable)) for r in range(s)))
        lines += [" ".join(map(repr, map(float, row))) for row in prices]
        lines += [" ".join(map(str, limit)) for limit in self.limits]
        lines += [" ".join(map(repr, map(float, row))) for row in np.hstack([self.x, self.y])]
        return "\n".join(lines) + "\n"


def ask(model, side, returns, case, flag=False, fixed=(), undesirable=(), prices=None, limits=()):
    return Ask(model, side, returns, case.x, case.y, flag, fixed, undesirable, prices, limits)


def solve(asked):
    assert DRIVER.exists(), f"{DRIVER} is missing; `make oracles` builds it"
    done = subprocess.run([DRIVER], input="".join(a.text() for a in asked), capture_output=True, text=True, timeout=300, check=True)
    answers, units = [], []
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "unit":
            width = asked[len(answers)].x.shape[1] + asked[len(answers)].y.shape[1]
            numbers = np.array(list(map(float, words[14:14 + 2 * width])))
            pairs = words[15 + 2 * width:]
            peers = {int(p): float(w) for p, w in zip(pairs[::2], pairs[1::2])}
            assert len(peers) == int(words[14 + 2 * width])
            units.append(Unit(words[2], float(words[3]), list(map(float, words[4:8])), Returns(words[8], *map(float, words[9:12])), words[12], int(words[13]),
                              numbers[:width], numbers[width:], peers))
        elif words[0] == "outliers":
            numbers = list(map(float, words[1:]))
            answers.append((numbers[0], np.array(numbers[1::2]), np.array(numbers[2::2]) > 0))
        elif words[0] == "certificate":
            answers.append(Answer(units, list(map(float, words[1:4])) + list(map(int, words[4:6])), float(words[6])))
            units = []
        else:
            answers.append(words[1])
    assert len(answers) == len(asked)
    return answers


# ---------------------------------------------------------------------------------------------------------- the oracle


def cases_make(per_kind=2):
    rng = np.random.default_rng(20261129)
    cases = []
    for kind in KINDS:
        for k in range(per_kind):
            x, y = data_make(kind, rng)
            cases.append(Case(f"{kind}-{k}", x, y))
    return cases


CASES = cases_make()
IDS = [case.name for case in CASES]
named = pytest.mark.parametrize("case", CASES, ids=IDS)


def scaled(case):
    top = np.hstack([case.x.max(0), case.y.max(0)])
    top[top == 0] = 1
    m = case.x.shape[1]
    return case.x / top[:m], case.y / top[m:], top


TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def lp(cost, upper, bound, equal=None, at=None, bounds=(0, None)):
    """(status, solution): 0 optimal, 2 infeasible, 3 unbounded."""
    done = linprog(cost, A_ub=upper, b_ub=bound, A_eq=equal, b_eq=at, bounds=bounds, method="highs", options=TIGHT)
    if done.status == 4:
        done = linprog(cost, A_ub=upper, b_ub=bound, A_eq=equal, b_eq=at, bounds=bounds, method="highs-ds", options={**TIGHT, "presolve": False})
    return done.status, done


def sums(returns, row):
    """(equal, at, upper, bound) for the sum of lambda whose coefficients are row."""
    row = np.asarray(row, float)[None, :]
    if returns == "vrs":
        return row, np.ones(1), np.zeros((0, row.shape[1])), np.zeros(0)
    if returns == "nirs":
        return None, None, row, np.ones(1)
    if returns == "ndrs":
        return None, None, -row, -np.ones(1)
    return None, None, np.zeros((0, row.shape[1])), np.zeros(0)


def radial(x, y, o, side, returns, fixed=(), reference=None):
    """The envelopment program in the textbook's form; (status, score)."""
    n, m = x.shape
    keep = np.arange(n) if reference is None else reference
    xr, yr = x[keep], y[keep]
    moving = np.array([i not in fixed for i in range(m)])
    if side == "output":
        rows = np.vstack([np.hstack([xr.T, np.zeros((m, 1))]), np.hstack([-yr.T, y[o][:, None]])])
        bound, sign = np.hstack([x[o], np.zeros(y.shape[1])]), -1
    else:
        rows = np.vstack([np.hstack([xr.T, -(x[o] * moving)[:, None]]), np.hstack([-yr.T, np.zeros((y.shape[1], 1))])])
        bound, sign = np.hstack([np.where(moving, 0, x[o]), -y[o]]), 1
    equal, at, more, limit = sums(returns, np.hstack([np.ones(len(keep)), 0]))
    status, done = lp(np.hstack([np.zeros(len(keep)), sign]), np.vstack([rows, more]), np.hstack([bound, limit]), equal, at)
    if status != 0:
        return status, None
    factor = done.x[-1]
    return 0, (1 / factor if factor > 0 else np.inf) if side == "output" else factor


def check_answer(answer, unproved=0):
    assert max(answer.certificate[:3]) <= 1e-9 and answer.certificate[4] <= unproved
    assert answer.certificate[4] == sum(unit.state == "uncertified" for unit in answer.units)
    counted = collections.Counter(p for u, unit in enumerate(answer.units) for p in unit.peers if p != u)
    assert [unit.peer_count for unit in answer.units] == [counted[u] for u in range(len(answer.units))]
    scored = [unit.score for unit in answer.units if unit.state == "scored"]
    assert not scored or answer.mean == pytest.approx(np.mean(scored), rel=1e-12)


def check_targets(case, answer, is_equal=True):
    """The peers reach the targets."""
    values, top = np.hstack([case.x, case.y]), scaled(case)[2]
    for unit in answer.units:
        if unit.state == "scored":
            reached = sum(weight * values[p] for p, weight in unit.peers.items())
            assert (np.abs(reached - unit.targets) <= 1e-7 * top).all()
            assert (unit.slacks >= 0).all()


# ------------------------------------------------------------------------------------- super-efficiency, fixed inputs


@named
def test_super(case):
    x, y, _ = scaled(case)
    asked = [ask("super", side, returns, case) for side in ("output", "input") for returns in RETURNS]
    for a, answer in zip(asked, solve(asked)):
        check_answer(answer)
        check_targets(case, answer)
        for o, unit in enumerate(answer.units):
            place = f"{a.side} {a.returns} unit {o}"
            others = np.array([j for j in range(len(x)) if j != o])
            status, score = radial(x, y, o, a.side, a.returns, reference=others)
            if status != 0 or not np.isfinite(score) or score > 1e9:
                assert unit.state == "infeasible" and np.isnan(unit.score), place
                continue
            assert unit.state == "scored" and unit.score == pytest.approx(score, rel=SCORE), place
            assert unit.efficiency == "no" or unit.score >= 1 - 1e-9


def test_super_of_the_inefficient_is_radial():
    asked, plain = [], []
    for case in CASES:
        asked.append(ask("super", "input", "vrs", case))
        plain.append(ask("radial", "input", "vrs", case))
    for one, other in zip(solve(asked), solve(plain)):
        for a, b in zip(one.units, other.units):
            if b.score < 1 - 1e-7:
                assert a.score == pytest.approx(b.score, rel=1e-9) and a.slacks == pytest.approx(b.slacks, rel=1e-6, abs=1e-6 * max(1e-300, b.targets.max()))
            else:
                assert a.state == "infeasible" or a.score >= 1 - 1e-9


@pytest.mark.parametrize("case", [case for case in CASES if case.x.shape[1] > 1], ids=lambda case: case.name)
def test_fixed(case):
    """Of one input alone nothing would be left to move."""
    x, y, top = scaled(case)
    asked = [ask("radial", side, returns, case, fixed=(0,)) for side in ("output", "input") for returns in RETURNS]
    for a, answer in zip(asked, solve(asked)):
        check_answer(answer)
        for o, unit in enumerate(answer.units):
            if a.side == "input" and not x[o, 1:].any():
                assert unit.state == "no-inputs"
                continue
            status, score = radial(x, y, o, a.side, a.returns, fixed=(0,))
            assert status == 0
            assert (unit.state == "unbounded") == (score <= 1e-12)
            if unit.state == "scored":
                assert unit.score == pytest.approx(score, rel=SCORE, abs=1e-12), f"{a.side} {a.returns} unit {o}"
                assert unit.slacks[0] == 0 and unit.targets[0] == case.x[o, 0]
                reached = sum(weight * np.hstack([case.x[p], case.y[p]]) for p, weight in unit.peers.items())
                assert reached[0] <= case.x[o, 0] * (1 + 1e-9)
                assert (np.abs(reached - unit.targets) <= 1e-7 * top)[1:].all()


# --------------------------------------------------------------------------------------- slacks-based and additive


def measure(x, y, o, side, returns, undesirable, fixed):
    """Tone's fraction by Dinkelbach's method: rho is where min(numerator - rho denominator) is 0."""
    n, m = x.shape
    s = y.shape[1]
    with np.errstate(divide="ignore"):
        w_in = np.where((x[o] > 0) & np.array([i not in fixed for i in range(m)]), 1 / x[o], 0)
        w_out = np.where(y[o] > 0, 1 / y[o], 0)
    w_in = w_in / max(1, (w_in > 0).sum()) * (side != "output")
    w_out = w_out / max(1, (w_out > 0).sum()) * (side != "input")
    sign = np.array([1 if r in undesirable else -1 for r in range(s)])
    # variables lambda, s-, s+
    rows = np.vstack([np.hstack([x.T, np.eye(m), np.zeros((m, s))]), np.hstack([y.T, np.zeros((s, m)), np.diag(sign)])])
    equal, at, more, limit = sums(returns, np.hstack([np.ones(n), np.zeros(m + s)]))
    a_eq = rows if equal is None else np.vstack([rows, equal])
    b_eq = np.hstack([x[o], y[o]] + ([] if at is None else [at]))
    rho = 1.0
    for _ in range(60):
        cost = np.hstack([np.zeros(n), -w_in, -rho * w_out])
        status, done = lp(cost, more if len(more) else None, limit if len(more) else None, a_eq, b_eq)
        assert status == 0
        found = (1 - w_in @ done.x[n:n + m]) / (1 + w_out @ done.x[n + m:])
        if abs(found - rho) <= 1e-13:
            break
        rho = found
    return rho


@named
def test_slacks_based(case):
    x, y, _ = scaled(case)
    asked = [ask("sbm", side, returns, case, undesirable=(0,) if bad else ()) for side in ("both", "output", "input")
             for returns in RETURNS for bad in ((False, True) if y.shape[1] > 1 and side == "both" else (False,))]
    for a, answer in zip(asked, solve(asked)):
        check_answer(answer)
        check_targets(case, answer)
        for o, unit in enumerate(answer.units):
            want = measure(x, y, o, a.side, a.returns, a.undesirable, a.fixed)
            assert unit.state == "scored"
            assert unit.score == pytest.approx(want, rel=2e-7, abs=1e-9), f"{a.side} {a.returns} {a.undesirable} unit {o}"
            assert (unit.efficiency == "strong") == (unit.score >= 1 - 1e-9)
            # what the slacks say is what the score says
            with np.errstate(divide="ignore", invalid="ignore"):
                taken = np.where(case.x[o] > 0, unit.slacks[:x.shape[1]] / case.x[o], np.nan)
                made = np.where(case.y[o] > 0, unit.slacks[x.shape[1]:] / case.y[o], np.nan)
            above = 1 - (np.nanmean(taken) if a.side != "output" else 0)
            below = 1 + (np.nanmean(made) if a.side != "input" and np.isfinite(made).any() else 0)
            assert above / below == pytest.approx(unit.score, rel=1e-7, abs=1e-9)


@named
def test_additive(case):
    x, y = case.x, case.y
    values, m = np.hstack([x, y]), x.shape[1]
    asked = [ask("additive", "both", returns, case, flag=flag) for returns in RETURNS for flag in (False, True)]
    for a, answer in zip(asked, solve(asked)):
        check_answer(answer)
        mean, top = values.mean(0), scaled(case)[2]
        weight = np.where(mean > 0, 1 / np.where(mean > 0, mean, 1), 0) if a.flag else np.ones(len(mean))
        for o, unit in enumerate(answer.units):
            rows = (np.hstack([x, -y]) / top).T
            bound = np.hstack([x[o], -y[o]]) / top
            equal, at, more, limit = sums(a.returns, np.ones(len(x)))
            scale = (weight * top).max()
            status, done = lp(rows.T @ (weight * top / scale), np.vstack([rows, more]), np.hstack([bound, limit]), equal, at)
            assert status == 0
            want = weight @ (np.hstack([x[o], -y[o]]) - (np.hstack([x, -y])).T @ done.x)
            assert unit.score == pytest.approx(want, rel=1e-6, abs=1e-7 * scale), f"{a.returns} unit {o}"
            assert weight @ unit.slacks == pytest.approx(unit.score, rel=1e-9, abs=1e-12 * scale)
            sign = np.where(np.arange(len(mean)) < m, -1, 1)
            assert unit.targets == pytest.approx(values[o] + sign * unit.slacks, rel=1e-12, abs=1e-300)


# ------------------------------------------------------------------------------------------------------ directional


def distance(x, y, o, side, returns, undesirable):
    """Kuosmanen's technology with z = lambda + mu as the second variable: mu = z - lambda >= 0."""
    n, m = x.shape
    s = y.shape[1]
    bad = np.array([r in undesirable for r in range(s)])
    gx = x[o] * (side != "output")
    gy = y[o] * (side != "input")
    is_abated = bad.any() and returns != "crs"
    zeros = np.zeros((n, 1))
    eye = np.eye(n)
    # variables lambda, z, beta; inputs take z, outputs lambda
    upper = [np.hstack([np.zeros((m, n)), x.T, gx[:, None]]), np.hstack([-y.T[~bad], np.zeros((int((~bad).sum()), n)), gy[~bad][:, None]]),
             np.hstack([eye, -eye, zeros])]
    bound = [x[o], -y[o][~bad], np.zeros(n)]
    equal = [np.hstack([y.T[bad], np.zeros((int(bad.sum()), n)), gy[bad][:, None]])]
    at = [y[o][bad]]
    if not is_abated:
        equal.append(np.hstack([eye, -eye, zeros]))
        at.append(np.zeros(n))
    more = sums(returns, np.hstack([np.zeros(n), np.ones(n), 0]))
    if more[0] is not None:
        equal.append(more[0])
        at.append(more[1])
    status, done = lp(np.hstack([np.zeros(2 * n), -1]), np.vstack(upper + [more[2]]), np.hstack(bound + [more[3]]),
                      np.vstack(equal), np.hstack(at))
    assert status == 0, done.message
    return done.x[-1]


@named
def test_directional(case):
    x, y, _ = scaled(case)
    asked = [ask("directional", side, returns, case, undesirable=(0,) if bad else ()) for side in ("both", "output", "input")
             for returns in RETURNS for bad in ((False, True) if y.shape[1] > 1 else (False,))]
    for a, answer in zip(asked, solve(asked)):
        check_answer(answer)
        for o, unit in enumerate(answer.units):
            place = f"{a.side} {a.returns} {a.undesirable} unit {o}"
            assert unit.state == "scored", place
            assert unit.score == pytest.approx(distance(x, y, o, a.side, a.returns, a.undesirable), rel=SCORE, abs=2e-9), place
            assert (unit.efficiency == "no") == (unit.score > 1e-9)
        if not a.undesirable:
            check_targets(case, answer)


def test_directional_of_one_side_is_radial():
    """beta = 1 - theta, or phi - 1."""
    for side in ("input", "output"):
        both = solve([ask("directional", side, "vrs", case) for case in CASES] + [ask("radial", side, "vrs", case) for case in CASES])
        for one, other in zip(both, both[len(CASES):]):
            for a, b in zip(one.units, other.units):
                assert a.score == pytest.approx(1 - b.score if side == "input" else 1 / b.score - 1, rel=1e-9, abs=1e-9)


# ------------------------------------------------------------------------------------------------------------- cost


@named
def test_cost(case):
    rng = np.random.default_rng(8)
    n, m = case.x.shape
    top = scaled(case)[2]
    prices = rng.uniform(1, 4, (n, m)) / top[:m]
    asked = [ask("cost", "input", returns, case, prices=price) for returns in RETURNS for price in (prices, prices[0])]
    for a, answer in zip(asked, solve(asked)):
        check_answer(answer)
        price = np.broadcast_to(a.prices, (n, m)) if np.ndim(a.prices) == 1 else a.prices
        x, y, _ = scaled(case)
        for o, unit in enumerate(answer.units):
            spent = price[o] @ case.x[o]
            equal, at, more, limit = sums(a.returns, np.ones(n))
            status, done = lp(case.x @ price[o] / spent, np.vstack([-y.T, more]), np.hstack([-y[o], limit]), equal, at)
            technical = radial(x, y, o, "input", a.returns)[1]
            assert status == 0 and unit.state == "scored"
            assert unit.score == pytest.approx(done.fun, rel=SCORE, abs=1e-12)
            assert unit.parts == pytest.approx([spent, spent * done.fun, technical, done.fun / technical], rel=1e-7)
            assert price[o] @ unit.targets[:m] == pytest.approx(unit.parts[1], rel=1e-8)
            assert unit.score <= unit.parts[2] + 1e-9


# ---------------------------------------------------------------------------------------------------- limits on weights


@pytest.mark.parametrize("case", [case for case in CASES if case.x.shape[1] > 1 and (case.x > 0).all()], ids=lambda case: case.name)
def test_limits(case):
    """The multiplier form, in which the limits are rows: max u y_o + w where v x_o = 1."""
    n, m = case.x.shape
    s = case.y.shape[1]
    x, y, top = scaled(case)
    ratio = top[0] / top[1]  # weights of scaled columns are those of the data times top
    limits = [(0, 0, 1, 0.4 / ratio, 2.5 / ratio)]
    if s > 1:
        limits.append((1, 0, 1, 0.5 * top[m + 1] / top[m], "inf"))
    for returns in ("vrs", "crs"):
        (answer,) = solve([ask("radial", "input", returns, case, limits=limits)])
        check_answer(answer)
        (free,) = solve([ask("radial", "input", returns, case)])
        for o, unit in enumerate(answer.units):
            # variables v, u, w (free under VRS)
            upper = [np.hstack([-x, y, np.ones((n, 1)) * (returns == "vrs")])]
            row = np.zeros((3, m + s + 1))
            row[0, :2] = -1, 0.4
            row[1, :2] = 1, -2.5
            if s > 1:
                row[2, m:m + 2] = -1, 0.5
            upper.append(row)
            cost = -np.hstack([np.zeros(m), y[o], returns == "vrs"])
            equal = np.hstack([x[o], np.zeros(s + 1)])[None, :]
            status, done = lp(cost, np.vstack(upper), np.zeros(n + 3), equal, [1], bounds=[(0, None)] * (m + s) + [(None, None)])
            assert status == 0
            if -done.fun <= 1e-9:
                assert unit.state in ("unbounded", "uncertified") or unit.score < 1e-8
                continue
            assert unit.state == "scored" and unit.score == pytest.approx(-done.fun, rel=SCORE), f"{returns} unit {o}"
            assert unit.score <= free.units[o].score + 1e-9


# ------------------------------------------------------------------------------------------------------------ cross


def ratings(x, y, o, theta, is_aggressive):
    """The weights of judge o by the multiplier program as written by Doyle and Green."""
    n, m = x.shape
    others = [j for j in range(n) if j != o]
    s = y.shape[1]
    goal = np.hstack([np.zeros(m), y[others].sum(0)])
    equal = np.vstack([np.hstack([x[others].sum(0), np.zeros(s)]), np.hstack([-theta * x[o], y[o]])])
    status, done = lp(goal if is_aggressive else -goal, np.hstack([-x, y])[others], np.zeros(n - 1), equal, [1, 0])
    assert status == 0, done.message
    v, u = done.x[:m], done.x[m:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (y @ u) / (x @ v)


@pytest.mark.parametrize("is_aggressive", [False, True], ids=["benevolent", "aggressive"])
def test_cross(is_aggressive):
    """Plain data, where the secondary goal leaves one choice."""
    rng = np.random.default_rng(3)
    for k in range(8):
        n, m, s = int(rng.integers(4, 12)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
        case = Case(f"cross-{k}", rng.uniform(1, 10, (n, m)), rng.uniform(1, 10, (n, s)))
        (answer,) = solve([ask("cross", "input", "crs", case, flag=is_aggressive)])
        check_answer(answer)
        x, y, _ = scaled(case)
        theta = [radial(x, y, o, "input", "crs")[1] for o in range(n)]
        matrix = np.array([ratings(x, y, o, theta[o], is_aggressive) for o in range(n)])
        for u, unit in enumerate(answer.units):
            assert unit.parts[0] == pytest.approx(theta[u], rel=SCORE)
            assert unit.score == pytest.approx(matrix[:, u].mean(), rel=1e-5)
            others = np.delete(matrix[:, u], u).mean()
            assert unit.parts[1] == pytest.approx((theta[u] - others) / others, rel=1e-4, abs=1e-5)


def test_cross_by_hand():
    """One input, one output: all judges have the same weights, so everybody gets his own score."""
    case = Case("hand", np.array([[2.0], [3], [4], [0]]), np.array([[1.0], [3], [2], [1]]))
    case = case._replace(x=case.x[:3], y=case.y[:3])
    for flag in (False, True):
        (answer,) = solve([ask("cross", "input", "crs", case, flag=flag)])
        assert [unit.score for unit in answer.units] == pytest.approx([0.5, 1, 0.5], rel=1e-9)
        assert [unit.parts[1] for unit in answer.units] == pytest.approx([0, 0, 0], abs=1e-9)


@named
def test_cross_of_any_data(case):
    for flag in (False, True):
        (answer,) = solve([ask("cross", "input", "crs", case, flag=flag)])
        assert max(answer.certificate[:3]) <= 1e-9
        for unit in answer.units:
            assert unit.state == "scored"
            assert 0 <= unit.score <= unit.parts[0] + 1e-8 <= 1 + 2e-8


# ---------------------------------------------------------------------------------------------------- leave one out


@named
def test_leave_one_out(case):
    """Every unit left out, every other solved again, by HiGHS."""
    x, y, _ = scaled(case)
    n = len(x)
    for side, returns in (("input", "crs"), ("output", "vrs"), ("input", "nirs")):
        ((threshold, leverage, flagged),) = solve([ask("outliers", side, returns, case)])
        whole = [radial(x, y, o, side, returns)[1] for o in range(n)]
        want = np.zeros(n)
        for k in range(n):
            kept = np.array([j for j in range(n) if j != k])
            change = [radial(x, y, o, side, returns, reference=kept)[1] - whole[o] for o in kept]
            want[k] = np.sqrt(np.square(change).sum() / (n - 1))
        assert leverage == pytest.approx(want, abs=1e-7)
        assert threshold == pytest.approx(want.mean() * np.log(n), abs=1e-7)
        assert (flagged == (leverage > threshold)).all()


def test_an_outlier_is_flagged():
    rng = np.random.default_rng(17)
    x, y = rng.uniform(1, 2, (40, 2)), rng.uniform(1, 2, (40, 2))
    y[7] *= 20
    ((threshold, leverage, flagged),) = solve([ask("outliers", "output", "crs", Case("outlier", x, y))])
    assert flagged.tolist() == [u == 7 for u in range(40)] and leverage[7] > 3 * threshold


# ------------------------------------------------------------------------------------------------------- metamorphic


def every(case):
    m, s = case.x.shape[1], case.y.shape[1]
    asked = [ask("super", "output", "vrs", case), ask("super", "input", "crs", case), ask("sbm", "both", "vrs", case),
             ask("additive", "both", "vrs", case, flag=True), ask("directional", "both", "crs", case),
             ask("directional", "output", "vrs", case, undesirable=(0,) if s > 1 else ()),
             ask("radial", "input", "vrs", case, fixed=(0,) if m > 1 else ()), ask("cross", "input", "crs", case)]
    return asked


def test_order_does_not_matter():
    """To the byte, but for who is named among twins."""
    rng = np.random.default_rng(13)
    for case in CASES[:12]:
        order = rng.permutation(len(case.x))
        moved = Case(case.name, case.x[order], case.y[order])
        for before, after in zip(solve(every(case)), solve(every(moved))):
            for k, o in enumerate(order):
                a, b = before.units[o], after.units[k]
                assert (a.state, repr(a.score), a.efficiency) == (b.state, repr(b.score), b.efficiency)
                assert repr(a.slacks) == repr(b.slacks) and repr(a.targets) == repr(b.targets)


def test_units_of_measurement_do_not_matter():
    for case in CASES:
        fx, fy = np.resize([7.3e-7, 12.0, 3.9e8], case.x.shape[1]), np.resize([0.11, 5e6], case.y.shape[1])
        moved = Case(case.name, case.x * fx, case.y * fy)
        for before, after in zip(solve(every(case))[:-1], solve(every(moved))):
            for a, b in zip(before.units, after.units):
                assert a.state == b.state
                assert a.score == pytest.approx(b.score, rel=1e-8, abs=1e-9, nan_ok=True)


def test_a_dominated_unit_changes_nobody():
    for case in CASES:
        x = np.vstack([case.x, case.x[0] * 2 + case.x.max(0)])
        y = np.vstack([case.y, case.y[0] * 0.5])
        for a in (ask("sbm", "both", "vrs", case), ask("super", "output", "vrs", case), ask("directional", "both", "vrs", case)):
            before, after = solve([a, a._replace(x=x, y=y)])
            # what the first unit dominates counts once that one is left out
            for one, other in list(zip(before.units, after.units))[a.model == "super":]:
                assert one.state == other.state
                assert one.score == pytest.approx(other.score, rel=1e-8, abs=1e-9, nan_ok=True)


def test_refusals():
    case = CASES[0]
    wrong = [ask("radial", "both", "vrs", case), ask("additive", "input", "vrs", case), ask("cost", "input", "vrs", case),
             ask("cross", "input", "vrs", case), ask("radial", "input", "vrs", case, prices=np.ones(case.x.shape[1])),
             ask("cost", "input", "vrs", case, prices=np.zeros(case.x.shape[1])),
             ask("super", "input", "vrs", case, undesirable=(0,)), ask("radial", "input", "vrs", case, limits=[(0, 0, 0, 1, 2)]),
             ask("sbm", "both", "vrs", case, undesirable=tuple(range(case.y.shape[1]))),
             ask("radial", "input", "vrs", case, limits=[(1, 0, 19, 1, 2)])]
    assert set(solve(wrong)) == {"invalid"}


def test_units_that_cannot_be_scored():
    case = Case("odd", np.array([[1.0, 1], [0, 0], [2, 2]]), np.array([[1.0], [1], [0]]))
    for a in every(case):
        (answer,) = solve([a])
        assert answer.units[1].state == "no-inputs"
        assert answer.units[2].state == ("scored" if a.model == "additive" else "no-outputs")


def test_one_unit():
    case = Case("one", np.array([[3.0]]), np.array([[2.0]]))
    answers = solve(every(case))
    assert [a.units[0].state for a in answers] == ["infeasible"] * 2 + ["scored"] * 6
    assert [a.units[0].score for a in answers][2:] == [1, 0, 0, 0, 1, 1]
