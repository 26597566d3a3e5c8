"""NIRS, NDRS and FDH of analytics/dea/dea.c: scores, slacks and targets, on the problems of test_dea_oracle.py.

NIRS and NDRS against HiGHS with sum(lambda) <= 1 and >= 1 written as rows, which the program never does for scores; the
free disposal hull against the definition, unit by unit.
"""

import numpy as np
import pytest

from test_dea_oracle import IDS, PROBLEMS, SCORE, SLACK, Oracle, data_make, labels, scores, slacks, solve, tops

LIMITED = ("nirs", "ndrs")


@pytest.fixture(scope="module")
def answers():
    problems = [problem._replace(frontier=frontier) for frontier in (*LIMITED, "fdh") for problem in PROBLEMS]
    return {(problem.frontier, problem.name): answer for problem, answer in zip(problems, solve(problems))}


@pytest.mark.parametrize("problem", PROBLEMS, ids=IDS)
def test_limited_sums(problem, answers):
    oracle = Oracle(problem.x, problem.y)
    values = np.hstack([problem.x, problem.y])
    for frontier in LIMITED:
        answer = answers[frontier, problem.name]
        assert max(answer.certificate[:3]) <= 1e-9
        for o, unit in enumerate(answer.units):
            place = f"{frontier} unit {o}"
            want = {returns: oracle.score(o, problem.orientation, returns) for returns in LIMITED}
            assert (unit.nirste, unit.ndrste) == pytest.approx((want["nirs"], want["ndrs"]), abs=SCORE), place
            assert unit.score == (unit.nirste if frontier == "nirs" else unit.ndrste)
            expected = oracle.multi_stage(o, problem.orientation, frontier, unit.score)
            assert unit.slacks / oracle.top == pytest.approx(expected, abs=SLACK), place
            reached = sum(weight * values[p] for p, weight in unit.peers.items())
            assert (np.abs(reached - unit.targets) <= 1e-8 * oracle.top).all(), place
            total = sum(unit.peers.values())
            assert total <= 1 + 1e-9 if frontier == "nirs" else total >= 1 - 1e-9
            assert (unit.efficiency == "no") == (unit.score < 1 - SCORE)
            assert unit.efficiency != "strong" or unit.peers == {o: 1.0}


def hull_score(x, y, o, orientation):
    """The definition, over single units."""
    best = 1.0
    for j in range(len(x)):
        with np.errstate(divide="ignore", invalid="ignore"):
            if orientation == "output" and (x[j] <= x[o]).all():
                best = max(best, np.where(y[o] > 0, y[j] / y[o], np.inf).min())
            if orientation == "input" and (y[j] >= y[o]).all() and (x[j][x[o] == 0] == 0).all():
                best = min(best, np.where(x[o] > 0, x[j] / x[o], 0).max())
    return 1 / best if orientation == "output" else best


@pytest.mark.parametrize("problem", PROBLEMS, ids=IDS)
def test_hull(problem, answers):
    values, m = np.hstack([problem.x, problem.y]), problem.x.shape[1]
    top = np.maximum(values.max(0), 1e-300)
    for o, unit in enumerate(answers["fdh", problem.name].units):
        assert unit.score == pytest.approx(hull_score(problem.x, problem.y, o, problem.orientation), rel=1e-15)
        assert unit.vrste <= unit.score + SCORE
        [(peer, weight)] = unit.peers.items()
        assert weight == 1
        moved = values[o].copy()
        side = slice(None, m) if problem.orientation == "input" else slice(m, None)
        moved[side] *= unit.score if problem.orientation == "input" else 1 / unit.score
        want = np.where(np.arange(len(top)) < m, moved - values[peer], values[peer] - moved)
        assert unit.slacks == pytest.approx(want, abs=1e-9 * top.max(), rel=1e-9) and (unit.slacks >= 0).all()
        assert unit.targets / top == pytest.approx(values[peer] / top, abs=1e-9)
        # No other unit that reaches the score has more slack.
        for j in range(len(values)):
            slack = np.where(np.arange(len(top)) < m, moved - values[j], values[j] - moved) / top
            if (slack >= 0).all():
                assert (unit.slacks / top).sum() >= slack.sum() - 1e-9
        has_slack = (unit.slacks > 0).any()
        assert unit.efficiency == ("no" if unit.score < 1 - SCORE else "weak" if has_slack else "strong")


@pytest.mark.parametrize("frontier", (*LIMITED, "fdh"))
def test_units_and_order_do_not_matter(frontier):
    rng = np.random.default_rng(31)
    kept = [problem._replace(frontier=frontier) for problem in PROBLEMS]
    orders = [rng.permutation(len(problem.x)) for problem in kept]
    changed = [problem._replace(x=(problem.x * 7.3e-7)[order], y=(problem.y * 3.9e8)[order]) for problem, order in zip(kept, orders)]
    for problem, other, order, before, after in zip(kept, changed, orders, solve(kept), solve(changed)):
        assert scores(after) == pytest.approx(scores(before)[order], abs=SCORE)
        assert slacks(after) / tops(other) == pytest.approx(slacks(before)[order] / tops(problem), abs=SLACK)
        assert labels(after) == [labels(before)[o] for o in order]


def test_the_frontiers_are_in_each_other():
    rng = np.random.default_rng(5)
    for kind in ("plain", "ties", "zeros", "spread"):
        x, y = data_make(kind, rng)
        found = {}
        for frontier in ("crs", "nirs", "ndrs", "vrs", "fdh"):
            (answer,) = solve([PROBLEMS[0]._replace(frontier=frontier, slacks="none", x=x, y=y)])
            found[frontier] = np.array([unit.score for unit in answer.units])
        for smaller, larger in (("crs", "nirs"), ("crs", "ndrs"), ("nirs", "vrs"), ("ndrs", "vrs"), ("vrs", "fdh")):
            assert (found[smaller] <= found[larger] + SCORE).all()
        # Where returns do not rise both ways, one of the limited frontiers is that of VRS, the other that of CRS.
        assert np.minimum(found["nirs"], found["ndrs"]) == pytest.approx(found["crs"], abs=SCORE)
        assert np.maximum(found["nirs"], found["ndrs"]) == pytest.approx(found["vrs"], abs=SCORE)
