"""Efficiency scores, slacks and labels of analytics/dea/dea.c against an independent solver (scipy's HiGHS).

The C side is tests/oracle/dea_driver, found in the build folder named by TALLYSTICK_BUILD (build/release without it).
Random problems carry what real data and careless clients bring: ties, duplicates, zeros, columns of wildly different
scale, units a thousand times larger than others. The multi-stage slacks are computed here a second time, straight
from Coelli's description and with relaxed bounds, by a method that shares nothing with the one under test.
"""

import collections
import os
import pathlib
import subprocess

import numpy as np
import pytest

from kept import linprog

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release"))
DRIVER = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/oracle/dea_driver"

SCORE = 1e-9
SLACK = 1e-6  # of the column's maximum
RELAXED = 1e-9  # what the oracle gives its bounds, lest a rounding error make its next program infeasible
KINDS = ("plain", "ties", "duplicates", "zeros", "bad-scale", "spread", "equal-column", "proportional")
PROBLEMS_PER_KIND = 8

Problem = collections.namedtuple("Problem", "name orientation slacks frontier x y")
Unit = collections.namedtuple(
    "Unit", "state crste vrste scale nirste rts margin lambda_sum efficiency peer_count ndrste score slacks radial targets peers"
)
Answer = collections.namedtuple("Answer", "units certificate")


# ---------------------------------------------------------------------------------------------- the program under test


def problem_text(problem):
    head = f"{problem.orientation} {problem.slacks} {problem.frontier} {len(problem.x)} "
    head += f"{problem.x.shape[1]} {problem.y.shape[1]}"
    rows = (" ".join(repr(float(v)) for v in row) for row in np.hstack([problem.x, problem.y]))
    return head + "\n" + "\n".join(rows) + "\n"


def unit_parse(head, lines):
    numbers = {}
    for name in ("slacks", "radial", "targets"):
        words = next(lines).split()
        assert words[0] == name
        numbers[name] = np.array([float(word) for word in words[1:]])
    words = next(lines).split()
    peers = {int(words[i]): float(words[i + 1]) for i in range(2, len(words), 2)}
    assert words[0] == "peers" and int(words[1]) == len(peers)
    scores = [float(word) for word in head[3:7]]
    return Unit(head[2], *scores, head[7], float(head[8]), float(head[9]), head[10], int(head[11]), float(head[12]), float(head[13]), **numbers, peers=peers)


def run(problems, **settings):
    """What the driver prints for all problems, in one process; settings as in its head."""
    assert DRIVER.exists(), f"{DRIVER} is missing; `make oracles` builds it"
    text = "".join(f"set {name} {value}\n" for name, value in settings.items())
    text += "".join(problem_text(problem) for problem in problems)
    return subprocess.run([DRIVER], input=text, capture_output=True, text=True, timeout=120, check=True).stdout


def solve(problems, **settings):
    """An Answer, or the status' name, for each problem."""
    lines = iter(run(problems, **settings).splitlines())
    answers, units = [], []
    for line in lines:
        words = line.split()
        if words[0] == "unit":
            units.append(unit_parse(words, lines))
        elif words[0] == "certificate":
            answers.append(Answer(units, [float(word) for word in words[1:]]))
            units = []
        else:
            assert words[0] == "status"
            answers.append(words[1])
    assert len(answers) == len(problems)
    return answers


# -------------------------------------------------------------------------------------------------------- the oracle


def lp(cost, upper, bound, equal=None, at=None):
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    done = linprog(cost, A_ub=upper, b_ub=bound, A_eq=equal, b_eq=at, method="highs", options=options)
    assert done.status == 0, done.message
    return done


class Oracle:
    """The programs as in the textbooks, on columns scaled by their maximum."""

    def __init__(self, x, y):
        self.top = np.hstack([x.max(0), y.max(0)])
        self.top[self.top == 0] = 1
        m = x.shape[1]
        self.m, self.n = m, len(x)
        self.x, self.y = x / self.top[:m], y / self.top[m:]

    def convexity(self, returns, extra):
        """The rows for sum(lambda), with `extra` more variables: equality for vrs, a limit of 1 or -1 for nirs and ndrs."""
        row = np.hstack([np.ones(self.n), np.zeros(extra)])[None, :]
        limit = {"nirs": (row, 1), "ndrs": (-row, -1)}.get(returns)
        return (row, np.ones(1), None) if returns == "vrs" else (None, None, limit)

    def score(self, o, orientation, returns):
        equal, at, upper = self.convexity(returns, 1)
        if orientation == "output":
            rows = np.vstack([np.hstack([self.x.T, np.zeros((self.m, 1))]), np.hstack([-self.y.T, self.y[o][:, None]])])
            bound, sign = np.hstack([self.x[o], np.zeros(self.y.shape[1])]), -1
        else:
            rows = np.vstack([np.hstack([self.x.T, -self.x[o][:, None]]), np.hstack([-self.y.T, np.zeros((self.y.shape[1], 1))])])
            bound, sign = np.hstack([np.zeros(self.m), -self.y[o]]), 1
        if upper is not None:
            rows, bound = np.vstack([rows, upper[0]]), np.hstack([bound, upper[1]])
        cost = np.hstack([np.zeros(self.n), sign])
        factor = lp(cost, rows, bound, equal, at).x[-1]
        return 1 / factor if orientation == "output" else factor

    def radial_point(self, o, orientation, score):
        x, y = self.x[o].copy(), self.y[o].copy()
        if orientation == "output":
            return x, y / score
        return x * score, y

    def slacks_weighted(self, x, y, returns, weight):
        """Maximises the weighted sum of the slacks of the point (x, y), relaxed by a hair; returns all slacks."""
        equal, at, upper = self.convexity(returns, 0)
        rows = np.vstack([self.x.T, -self.y.T])
        bound = np.hstack([x, -y])
        limited = (rows, bound + RELAXED) if upper is None else (np.vstack([rows, upper[0]]), np.hstack([bound + RELAXED, upper[1]]))
        point = lp(rows.T @ weight, *limited, equal, at).x
        return bound - rows @ point

    def factor_common(self, x, y, returns, chosen):
        """The factor t by which the chosen columns of (x, y) can move together: inputs down, outputs up."""
        equal, at, upper = self.convexity(returns, 1)
        point = np.hstack([x, -y])
        is_input = chosen[0] < self.m
        extra = np.zeros(len(point))
        bound = point + RELAXED
        extra[chosen], bound[chosen] = -point[chosen], RELAXED
        rows = np.hstack([np.vstack([self.x.T, -self.y.T]), extra[:, None]])
        if upper is not None:
            rows, bound = np.vstack([rows, upper[0]]), np.hstack([bound, upper[1]])
        cost = np.hstack([np.zeros(self.n), 1 if is_input else -1])
        return lp(cost, rows, bound, equal, at).x[-1]

    def multi_stage(self, o, orientation, returns, score):
        x, y = self.radial_point(o, orientation, score)
        start = np.hstack([x, y])
        width = len(start)
        for kind in (range(self.m), range(self.m, width)):
            for _ in range(width + 1):
                point = np.hstack([x, y])
                chosen = []
                for i in kind:
                    if point[i] > 0:
                        unit = np.eye(width)[i]
                        if self.slacks_weighted(x, y, returns, unit)[i] > 1e-7:
                            chosen.append(i)
                if not chosen:
                    break
                t = self.factor_common(x, y, returns, np.array(chosen))
                point[chosen] *= t
                x, y = point[: self.m], point[self.m :]
        zero = np.hstack([np.zeros(self.m), (y <= 0).astype(float)])
        if zero.any():
            gain = self.slacks_weighted(x, y, returns, zero)[self.m :]
            y = y + np.where(zero[self.m :] > 0, gain, 0)
        return np.abs(np.hstack([x, y]) - start)


# ------------------------------------------------------------------------------------------------------- the problems


def data_make(kind, rng, n=None):
    own, m, s = int(rng.integers(3, 11)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    n = n or own
    x, y = rng.uniform(1, 10, (n, m)), rng.uniform(1, 10, (n, s))
    if kind == "ties":
        x, y = rng.integers(1, 4, (n, m)).astype(float), rng.integers(1, 4, (n, s)).astype(float)
    elif kind == "duplicates":
        pick = rng.integers(0, max(2, n // 2), n)
        x, y = x[pick], y[pick]
    elif kind == "zeros":
        x, y = np.where(rng.random((n, m)) < 0.3, 0, np.round(x)), np.where(rng.random((n, s)) < 0.3, 0, np.round(y))
        x[x.sum(1) == 0, 0] = 1
        y[y.sum(1) == 0, 0] = 1
    elif kind == "bad-scale":
        x, y = x * 10.0 ** rng.integers(-9, 10, m), y * 10.0 ** rng.integers(-9, 10, s)
    elif kind == "spread":
        size = np.exp(rng.normal(0, 2, (n, 1)))
        x, y = x * size, y * size * rng.uniform(0.3, 1, (n, 1))
    elif kind == "equal-column":
        x[:, 0] = 5
        y[:, -1] = np.round(y[:, -1] / 5) * 5 + 5
    elif kind == "proportional":
        factor = rng.integers(1, 4, (n, 1))
        base = rng.integers(0, max(2, n // 3), n)
        x, y = np.round(x)[base] * factor, np.round(y)[base] * factor
    return x, y


def problems_make():
    rng = np.random.default_rng(20210952)
    problems = []
    for kind in KINDS:
        for k in range(PROBLEMS_PER_KIND):
            x, y = data_make(kind, rng)
            problems.append(Problem(f"{kind}-{k}", ("output", "input")[k % 2], "multi-stage", ("vrs", "crs")[k // 2 % 2], x, y))
    return problems


PROBLEMS = problems_make()
IDS = [problem.name for problem in PROBLEMS]


@pytest.fixture(scope="module")
def answers():
    return dict(zip(IDS, solve(PROBLEMS)))


@pytest.fixture(scope="module")
def two_stage():
    methods = ("two-stage", "two-stage-normalised")
    problems = [problem._replace(slacks=method) for method in methods for problem in PROBLEMS]
    return {(problem.slacks, problem.name): answer for problem, answer in zip(problems, solve(problems))}


def check_consistency(problem, answer, is_reached):
    """What must hold of any answer, whatever the method: signs, order, targets, peers, the certificate."""
    assert max(answer.certificate[:3]) <= 1e-9 and answer.certificate[5] == 0
    values = np.hstack([problem.x, problem.y])
    m, top = problem.x.shape[1], np.maximum(values.max(0), 1e-300)
    sign = np.where(np.arange(values.shape[1]) < m, -1, 1)
    for u, unit in enumerate(answer.units):
        assert unit.state == "scored"
        assert 0 < unit.crste <= unit.nirste <= unit.vrste <= 1
        assert unit.scale == pytest.approx(unit.crste / unit.vrste, abs=1e-15)
        assert (unit.slacks >= 0).all() and (unit.radial * sign >= 0).all()
        assert (np.abs(values[u] + unit.radial + sign * unit.slacks - unit.targets) <= 1e-12 * top).all()
        assert all(weight > 0 for weight in unit.peers.values())
        if is_reached:
            reached = sum(weight * values[p] for p, weight in unit.peers.items())
            assert (np.abs(reached - unit.targets) <= 1e-8 * top).all()
        score = unit.vrste if problem.frontier == "vrs" else unit.crste
        if unit.efficiency == "strong":
            assert score >= 1 - SCORE and unit.peers == {u: 1.0}
            assert not unit.slacks.any()
        assert (unit.efficiency == "no") == (score < 1 - SCORE)
    named = collections.Counter(p for u, unit in enumerate(answer.units) for p in unit.peers if p != u)
    assert [unit.peer_count for unit in answer.units] == [named[u] for u in range(len(answer.units))]


@pytest.mark.parametrize("problem", PROBLEMS, ids=IDS)
def test_scores_and_labels(problem, answers):
    answer = answers[problem.name]
    check_consistency(problem, answer, True)
    oracle = Oracle(problem.x, problem.y)
    for o, unit in enumerate(answer.units):
        crs, vrs, nirs = (oracle.score(o, problem.orientation, returns) for returns in ("crs", "vrs", "nirs"))
        assert unit.crste == pytest.approx(crs, abs=SCORE)
        assert unit.vrste == pytest.approx(vrs, abs=SCORE)
        assert unit.nirste == pytest.approx(nirs, abs=SCORE)
        if not 1e-10 < unit.margin < 1e-8:
            label = "crs" if unit.margin <= 1e-9 else "drs" if abs(nirs - vrs) <= 1e-8 else "irs"
            assert unit.rts == label


@pytest.mark.parametrize("problem", PROBLEMS, ids=IDS)
def test_multi_stage_slacks(problem, answers):
    oracle = Oracle(problem.x, problem.y)
    for o, unit in enumerate(answers[problem.name].units):
        score = unit.vrste if problem.frontier == "vrs" else unit.crste
        expected = oracle.multi_stage(o, problem.orientation, problem.frontier, score)
        assert unit.slacks / oracle.top == pytest.approx(expected, abs=SLACK), f"unit {o}"


@pytest.mark.parametrize("method", ("two-stage", "two-stage-normalised"))
@pytest.mark.parametrize("problem", PROBLEMS, ids=IDS)
def test_two_stage_sums(problem, method, two_stage):
    """The sum that is maximised is unique where the slacks need not be."""
    answer = two_stage[method, problem.name]
    check_consistency(problem, answer, True)
    oracle = Oracle(problem.x, problem.y)
    values = np.hstack([problem.x, problem.y])
    if method == "two-stage":
        weight = oracle.top / oracle.top.max()
    else:
        mean = values.mean(0)
        weight = np.where(mean > 0, oracle.top / np.where(mean > 0, mean, 1), 0)
    for o, unit in enumerate(answer.units):
        score = unit.vrste if problem.frontier == "vrs" else unit.crste
        x, y = oracle.radial_point(o, problem.orientation, score)
        expected = weight @ oracle.slacks_weighted(x, y, problem.frontier, weight)
        assert weight @ (unit.slacks / oracle.top) == pytest.approx(expected, abs=SLACK * max(1, weight.max()))


# ------------------------------------------------------------------------------------------------- metamorphic tests


def scores(answer):
    return np.array([(unit.crste, unit.vrste, unit.nirste) for unit in answer.units])


def slacks(answer):
    return np.array([unit.slacks for unit in answer.units])


def labels(answer):
    return [(unit.rts, unit.efficiency) for unit in answer.units]


def tops(problem):
    return np.maximum(np.hstack([problem.x, problem.y]).max(0), 1e-300)


def test_units_of_measurement_do_not_matter(answers):
    factors = [7.3e-7, 12.0, 3.9e8, 0.11]
    changed = []
    for problem in PROBLEMS:
        fx = np.resize(factors, problem.x.shape[1])
        fy = np.resize(factors[::-1], problem.y.shape[1])
        changed.append(problem._replace(x=problem.x * fx, y=problem.y * fy))
    for problem, other, answer in zip(PROBLEMS, changed, solve(changed)):
        before = answers[problem.name]
        assert scores(answer) == pytest.approx(scores(before), abs=SCORE)
        assert slacks(answer) / tops(other) == pytest.approx(slacks(before) / tops(problem), abs=SLACK)
        assert labels(answer) == labels(before)


def test_order_does_not_matter(answers):
    rng = np.random.default_rng(7)
    orders = [rng.permutation(len(problem.x)) for problem in PROBLEMS]
    changed = [problem._replace(x=problem.x[order], y=problem.y[order]) for problem, order in zip(PROBLEMS, orders)]
    for problem, order, answer in zip(PROBLEMS, orders, solve(changed)):
        before = answers[problem.name]
        assert scores(answer) == pytest.approx(scores(before)[order], abs=1e-12)
        assert slacks(answer) / tops(problem) == pytest.approx(slacks(before)[order] / tops(problem), abs=1e-9)
        assert labels(answer) == [labels(before)[o] for o in order]


def test_theta_is_one_over_phi_under_crs():
    """
    Each orientation under constant returns has slacks, targets and peers of its own, so both factors can be read off what was moved, and not
    off the score, which is one number for both. Their product is 1, and neither can be beaten: by HiGHS, which is asked of each in its own form.
    """
    pairs = [solve([problem._replace(orientation=way, frontier="crs") for problem in PROBLEMS[::3]]) for way in ("input", "output")]
    for problem, inward, outward in zip(PROBLEMS[::3], *pairs):
        top = tops(problem)
        x, y, m = problem.x / top[:problem.x.shape[1]], problem.y / top[problem.x.shape[1]:], problem.x.shape[1]
        for o, (one, other) in enumerate(zip(inward.units, outward.units)):
            i, r = int(np.argmax(x[o])), int(np.argmax(y[o]))
            theta = 1 + one.radial[i] / problem.x[o, i]
            phi = 1 + other.radial[m + r] / problem.y[o, r]
            assert theta * phi == pytest.approx(1, rel=SCORE), f"{problem.name} unit {o}"
            assert not np.any(one.radial[m:]) and not np.any(other.radial[:m])
            least = linprog(np.hstack([np.zeros(len(x)), 1]), np.vstack([np.hstack([x.T, -x[o][:, None]]), np.hstack([-y.T, np.zeros((len(y.T), 1))])]),
                            np.hstack([np.zeros(m), -y[o]]), method="highs")
            most = linprog(np.hstack([np.zeros(len(x)), -1]), np.vstack([np.hstack([x.T, np.zeros((m, 1))]), np.hstack([-y.T, y[o][:, None]])]),
                           np.hstack([x[o], np.zeros(y.shape[1])]), method="highs")
            assert theta == pytest.approx(least.fun, rel=SCORE, abs=SCORE) and phi == pytest.approx(-most.fun, rel=SCORE), f"{problem.name} unit {o}"


def test_a_duplicate_and_a_dominated_unit_change_nobody(answers):
    changed = []
    for problem in PROBLEMS:
        x = np.vstack([problem.x, problem.x[:1], problem.x[1:2] * 1.5 + 0.25 * problem.x.max(0)])
        y = np.vstack([problem.y, problem.y[:1], problem.y[1:2] * 0.5])
        changed.append(problem._replace(x=x, y=y))
    for problem, answer in zip(PROBLEMS, solve(changed)):
        n, before = len(problem.x), answers[problem.name]
        after = scores(answer)
        assert after[:n] == pytest.approx(scores(before), abs=SCORE)
        assert after[n] == pytest.approx(after[0], abs=SCORE)
        assert after[n + 1][1] < 1
        assert slacks(answer)[:n] / tops(problem) == pytest.approx(slacks(before) / tops(problem), abs=SLACK)
        assert labels(answer)[:n] == labels(before)


def test_targets_are_strongly_efficient(answers):
    """Replacing every unit by its target, against the original units, leaves nothing to gain."""
    changed = []
    for problem in PROBLEMS:
        targets = np.array([unit.targets for unit in answers[problem.name].units])
        m = problem.x.shape[1]
        changed.append(
            problem._replace(x=np.vstack([problem.x, targets[:, :m]]), y=np.vstack([problem.y, targets[:, m:]]))
        )
    for problem, answer in zip(changed, solve(changed)):
        n = len(problem.x) // 2
        column = 1 if problem.frontier == "vrs" else 0
        assert scores(answer)[n:, column] == pytest.approx(1, abs=1e-8)
        assert slacks(answer)[n:] / tops(problem) == pytest.approx(0, abs=SLACK)


# ------------------------------------------------------------------------------------------------------- large and odd


def many_make():
    """Problems of more than 256 units, whose frontier is found first, one for each kind and some with a curved frontier."""
    rng = np.random.default_rng(11)
    problems = []
    for k, kind in enumerate(KINDS):
        problems.append(Problem(kind, ("output", "input")[k % 2], "multi-stage", ("vrs", "crs")[k // 2 % 2], *data_make(kind, rng, 320)))
    for orientation in ("output", "input"):
        x = rng.uniform(1, 10, (400, 3))
        y = np.stack([x.prod(1) ** 0.3, np.sqrt(x).sum(1)], 1) * np.exp(-np.abs(rng.normal(0, 0.3, (400, 2))))
        problems.append(Problem("curved", orientation, "multi-stage", "vrs", x, y))
    return problems


MANY = many_make()


@pytest.fixture(scope="module")
def many():
    return solve(MANY)


@pytest.mark.parametrize("k", range(len(MANY)), ids=[f"{p.name}-{p.orientation}" for p in MANY])
def test_many_units_are_judged_beside_the_frame(k, many):
    """The scores must not show it: a sample of each problem against HiGHS over all units."""
    problem, answer = MANY[k], many[k]
    check_consistency(problem, answer, True)
    oracle = Oracle(problem.x, problem.y)
    for o in np.random.default_rng(k).choice(len(problem.x), 12, replace=False):
        unit = answer.units[o]
        assert unit.crste == pytest.approx(oracle.score(o, problem.orientation, "crs"), abs=SCORE)
        assert unit.vrste == pytest.approx(oracle.score(o, problem.orientation, "vrs"), abs=SCORE)


@pytest.mark.parametrize("settings", ({"frame": "off"}, {"solver": "glpk"}), ids=("frameless", "glpk"))
def test_frame_and_solver_do_not_matter(settings, many):
    """Beside all units instead of the frame, and by GLPK instead of our simplex: the same numbers."""
    for problem, before, after in zip(MANY, many, solve(MANY, **settings)):
        check_consistency(problem, after, True)
        assert scores(after) == pytest.approx(scores(before), abs=SCORE)
        assert slacks(after) / tops(problem) == pytest.approx(slacks(before) / tops(problem), abs=SLACK)
        assert labels(after) == labels(before)


def test_small_problems_agree_with_glpk(answers):
    for problem, after in zip(PROBLEMS, solve(PROBLEMS, solver="glpk")):
        before = answers[problem.name]
        assert scores(after) == pytest.approx(scores(before), abs=SCORE)
        assert slacks(after) / tops(problem) == pytest.approx(slacks(before) / tops(problem), abs=SLACK)
        assert labels(after) == labels(before)


def test_the_simplex_rarely_needs_help():
    """Columns that only repeat others, and more of them than units in play, once left rounding that passed for pivots."""
    rng = np.random.default_rng(5)
    problems = []
    for k in range(100):
        data = data_make("equal-column", rng, int(rng.integers(3, 60)))
        problems.append(Problem("equal-column", ("output", "input")[k % 2], "multi-stage", ("vrs", "crs")[k // 2 % 2], *data))
    problems.append(Problem("wide", "output", "multi-stage", "vrs", rng.uniform(1, 10, (200, 12)), rng.uniform(1, 10, (200, 12))))
    certificates = np.array([answer.certificate for answer in solve(problems)])
    assert certificates[:, 0].max() <= 1e-10 and certificates[:, 5].sum() == 0
    assert certificates[:, 4].sum() <= certificates[:, 3].sum() / 1000


def printed(text):
    """The driver's words without the seconds, the last of a certificate's."""
    return [line.rsplit(" ", 1)[0] if line.startswith("certificate") else line for line in text.splitlines()]


def test_threads_do_not_matter():
    """Byte by byte, from any number of them and whatever was solved before."""
    alone = printed(run(MANY, threads=1))
    assert printed(run(MANY, threads=2)) == alone
    assert printed(run(MANY, threads=5)) == alone
    backwards = solve(MANY[::-1], threads=3)[::-1]
    assert [repr(answer.units) for answer in backwards] == [repr(answer.units) for answer in solve(MANY)]


def test_one_stage_and_none_keep_scores(answers):
    for method in ("one-stage", "none"):
        changed = [problem._replace(slacks=method) for problem in PROBLEMS]
        for problem, answer in zip(changed, solve(changed)):
            check_consistency(problem, answer, method == "one-stage")
            assert (scores(answer) == scores(answers[problem.name])).all()
            assert labels(answer) == labels(answers[problem.name])


def test_same_bytes_twice():
    first, second = solve(PROBLEMS), solve(PROBLEMS)
    assert repr([answer.units for answer in first]) == repr([answer.units for answer in second])
