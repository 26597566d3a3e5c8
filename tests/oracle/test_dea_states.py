"""Who has no score because others cannot do what it does, or because limits on weights contradict each other: HiGHS and a simplex in
fractions say the same.

Super-efficiency is infeasible where no others together can do what a unit does; on wide data rounding must neither hide that
nor make it up.
"""

import numpy as np
import pytest

from dea_programs import radial_program, referee, solve_all
from test_dea_models import Case, ask, solve
from test_dea_oracle import KINDS, data_make

RETURNS = ("vrs", "crs", "nirs", "ndrs")
SIDES = ("output", "input")
ALWAYS = (("output", "crs"), ("input", "crs"), ("output", "nirs"), ("input", "ndrs"))  # scaling others down or up does it, zeros apart


def programs_of(case, side, returns):
    """Each unit against the others, who use something; None where the unit itself cannot be judged."""
    for o in range(len(case.x)):
        kept = (case.x > 0).any(axis=1) & (np.arange(len(case.x)) != o)
        moving = case.x[o] if side == "input" else case.y[o]
        yield radial_program(case.x[kept], case.y[kept], case.x[o], case.y[o], side, returns) if moving.any() and case.x[o].any() and case.y[o].any() else None


def scaled(case):
    top_x, top_y = case.x.max(0), case.y.max(0)
    return Case(case.name, case.x / np.where(top_x > 0, top_x, 1), case.y / np.where(top_y > 0, top_y, 1))


@pytest.mark.parametrize("returns", RETURNS)
@pytest.mark.parametrize("side", SIDES)
def test_super_efficiency_against_highs(side, returns):
    rng = np.random.default_rng(7)
    cases = [Case(kind, *data_make(kind, rng)) for kind in KINDS for _ in range(4)]
    answers = solve([ask("super", side, returns, case) for case in cases])
    found = {"infeasible": 0, "scored": 0}
    for case, answer in zip(cases, answers):
        programs = list(programs_of(scaled(case), side, returns))
        solutions = iter(solve_all([program for program in programs if program is not None]))
        for unit, program in zip(answer.units, programs):
            if program is None:
                assert unit.state in ("no-inputs", "no-outputs")
                continue
            solution = next(solutions)
            found[unit.state] += 1
            # nothing at all for everything, or everything for nothing, is no score either
            nothing = solution.status == 0 and abs(solution.v[-1]) <= 1e-12
            assert (unit.state == "infeasible") == (solution.status == 2 or nothing), (case, unit)
    assert found["scored"] > 100 and (found["infeasible"] > 20 or (side, returns) in ALWAYS)


@pytest.mark.parametrize("returns", ("vrs", "nirs", "ndrs"))
@pytest.mark.parametrize("side", SIDES)
def test_super_efficiency_on_wide_data_against_fractions(side, returns):
    rng = np.random.default_rng(8)
    cases = []
    for span in (2, 4, 6, 6):
        for _ in range(4):
            n, m, s = rng.integers(3, 9), rng.integers(1, 4), rng.integers(1, 4)
            cases.append(Case(f"span {span}", 10 ** rng.uniform(-span, span, (n, m)), 10 ** rng.uniform(-span, span, (n, s))))
    found = {"infeasible": 0, "scored": 0, "uncertified": 0}
    for case, answer in zip(cases, solve([ask("super", side, returns, case) for case in cases])):
        for unit, program in zip(answer.units, programs_of(case, side, returns)):
            found[unit.state] += 1
            if unit.state != "uncertified":
                assert (unit.state == "infeasible") == (referee(program) is None), (case, unit)
    assert (found["infeasible"] >= 10) != ((side, returns) in ALWAYS) and found["scored"] >= 20 and found["uncertified"] <= 0.03 * sum(found.values()) + 1, found


@pytest.mark.parametrize("returns", ("vrs", "crs"))
def test_limits_that_contradict_each_other(returns):
    """w1 >= 3 w2 and w2 >= w1 / 2 leave no weights but 0; of outputs that is something from nothing. Limits that meet in a point leave scores."""
    rng = np.random.default_rng(9)
    case = Case("limits", rng.uniform(1, 9, (12, 2)), rng.uniform(1, 9, (12, 2)))
    for least, most, states in ((3, 2, {"unbounded"}), (3, 3, {"scored"}), (3, 3 * (1 - 1e-6), {"unbounded"}), (2, 3, {"scored"})):
        limits = ((1, 0, 1, least, "inf"), (1, 1, 0, 1 / most, "inf"))
        (answer,) = solve([ask("radial", "output", returns, case, limits=limits)])
        assert {unit.state for unit in answer.units} == states, (least, most)
