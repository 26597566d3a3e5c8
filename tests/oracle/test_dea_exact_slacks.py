"""Who is strongly efficient, on data of wide span, against a simplex in fractions.

Beside units ten orders of magnitude larger a lambda that is rounding alone looks like a slack. Whether there is one is asked here
of exact arithmetic: the largest sum of slacks of the unit itself is 0, or it is not. GLPK alone must say the same.
"""

import collections
import math

import numpy as np
import pytest

import test_dea_exact
from dea_programs import Program, referee
from test_dea_models import Case, ask, solve

SPANS = (3, 5, 6)
CASES_OF_EACH = 12
ASKED = (("radial", "output", 0), ("radial", "input", 0), ("directional", "both", 0), ("directional", "output", 0), ("additive", "both", 0),
         ("additive", "both", 1), ("sbm", "both", 0))

Drawn = collections.namedtuple("Drawn", "case strong")


def power_below(value):
    return 2.0 ** -math.frexp(value)[1] if value > 0 else 1.0


def most_slack(case, o, returns):
    """The largest sum of the slacks of a unit, each times a power of two that brings what the unit has near 1."""
    (n, m), s = case.x.shape, case.y.shape[1]
    rows = np.vstack([np.hstack([case.x.T, np.eye(m), np.zeros((m, s))]), np.hstack([case.y.T, np.zeros((s, m)), -np.eye(s)])])
    own = np.hstack([case.x[o], case.y[o]])
    if returns == "vrs":
        rows = np.vstack([rows, np.hstack([np.ones(n), np.zeros(m + s)])])
    cost = np.hstack([np.zeros(n), [-power_below(value) for value in own]])
    return -referee(Program(cost, np.zeros((0, n + m + s)), np.zeros(0), rows, np.hstack([own, 1.0])[:len(rows)]))


def case_make(rng, span):
    """The last unit is like the first but for one input of which it takes half as much again: at best weakly efficient."""
    n, m, s = rng.integers(4, 12), rng.integers(1, 4), rng.integers(1, 4)
    x, y = 10 ** rng.uniform(-span, span, (n, m)), 10 ** rng.uniform(-span, span, (n, s))
    x[-1], y[-1] = x[0], y[0]
    x[-1, rng.integers(m)] *= 1.5
    return Case(f"span {span}", x, y)


@pytest.fixture(scope="module", params=("vrs", "crs"))
def drawn(request):
    rng = np.random.default_rng(20261130)
    cases = [case_make(rng, span) for span in SPANS for _ in range(CASES_OF_EACH)]
    return request.param, [Drawn(case, [most_slack(case, o, request.param) == 0 for o in range(len(case.x))]) for case in cases]


@pytest.mark.parametrize("solver", (0, 2), ids=("simplex", "glpk"))
@pytest.mark.parametrize("model, side, flag", ASKED)
def test_models(model, side, flag, solver, drawn):
    returns, all_drawn = drawn
    answers = solve([ask(model, side, returns, one.case, flag + solver) for one in all_drawn])
    scored = weak = 0
    for one, answer in zip(all_drawn, answers):
        for o, unit in enumerate(answer.units):
            if unit.state == "scored":
                scored += 1
                weak += unit.efficiency == "weak"
                assert (unit.efficiency == "strong") == one.strong[o], (one.case, o, unit)
                assert unit.efficiency != "strong" or not unit.slacks.any(), (one.case, o, unit)
    assert scored >= 0.7 * sum(len(one.strong) for one in all_drawn)
    assert weak >= 5 or model in ("additive", "sbm")


@pytest.mark.parametrize("side", ("output", "input"))
def test_radial_scores(side, drawn):
    """The path of its own that the plain radial model has."""
    returns, all_drawn = drawn
    found = test_dea_exact.solve([(one.case.x.tolist(), one.case.y.tolist()) for one in all_drawn], side, "multi-stage", returns)
    for one, (units, _) in zip(all_drawn, found):
        for o, unit in enumerate(units):
            assert unit.state != "scored" or (unit.efficiency == "strong") == one.strong[o], (one.case, o, unit)
