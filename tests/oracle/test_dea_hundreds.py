"""Hundreds of random problems for analytics/dea/: the radial scores over all frontiers and both orientations, the other
models, Malmquist panels, the free disposal hull and cross-efficiency; against scipy's HiGHS (dea_programs.py) and, where
that is no program, by trying everything.

Problems mix what real data and careless clients bring: ties, duplicates, zeros, equal columns, proportional units, sizes a
thousandfold apart, columns of 1e-6 to 1e6. Where the two differ, a simplex in fractions says who is right; ours must be.
"""

import itertools
import math

import numpy as np
import pytest

import dea_programs as programs
import test_dea_models as models
import test_malmquist_oracle as malmquist
from test_dea_frontiers import hull_score
from test_dea_oracle import Problem, check_consistency, solve

RETURNS = ("crs", "nirs", "ndrs", "vrs")
SIDES = ("output", "input")
SCORE = 1e-9
TRAITS = ("ties", "duplicates", "zeros", "equal", "proportional", "spread", "scales")
RADIAL, MODELS, PANELS, CROSS = 320, 216, 16, 60  # problems; PANELS of each kind


def data_make(k, rng, positive=False):
    """Problem k: each trait alone, each pair, and each with bad scales besides."""
    pairs = [(), *[(trait,) for trait in TRAITS], *itertools.combinations(TRAITS, 2)]
    traits = pairs[k % len(pairs)]
    n, m, s = int(rng.integers(3, 10)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    x, y = rng.uniform(1, 10, (n, m)), rng.uniform(1, 10, (n, s))
    if "ties" in traits:
        x, y = rng.integers(1, 4, (n, m)).astype(float), rng.integers(1, 4, (n, s)).astype(float)
    if "duplicates" in traits:
        pick = rng.integers(0, max(2, n // 2), n)
        x, y = x[pick], y[pick]
    if "proportional" in traits:
        base, factor = rng.integers(0, max(2, n // 3), n), rng.integers(1, 4, (n, 1))
        x, y = x[base] * factor, y[base] * factor
    if "equal" in traits:
        x[:, 0], y[:, -1] = 5, np.round(y[:, -1] / 5) * 5 + 5
    if "zeros" in traits:
        x = x if positive else np.where(rng.random((n, m)) < 0.3, 0, x)
        y = np.where(rng.random((n, s)) < 0.3, 0, y)
        x[x.sum(1) == 0, 0] = 1
        y[y.sum(1) == 0, 0] = 1
    if "spread" in traits:
        size = np.exp(rng.normal(0, 2, (n, 1)))
        x, y = x * size, y * size * rng.uniform(0.3, 1, (n, 1))
    if "scales" in traits:
        x, y = x * 10.0 ** rng.integers(-6, 7, m), y * 10.0 ** rng.integers(-6, 7, s)
    return x, y


def scaled(x, y):
    top = np.maximum(np.hstack([x.max(0), y.max(0)]), 1e-300)
    return x / top[:x.shape[1]], y / top[x.shape[1]:], top


differences = []


def judged(ours, theirs, tolerance, program, value_of, place):
    """Ours is as HiGHS has it, or else as fractions have it; program is None where that has no such form."""
    if ours == pytest.approx(theirs, rel=tolerance, abs=tolerance * 1e-3):
        return
    assert program is not None, f"{place}: {ours} for {theirs}"
    exact = programs.referee(program)
    differences.append((place, ours, theirs, float(value_of(exact))))
    assert ours == pytest.approx(float(value_of(exact)), rel=tolerance, abs=tolerance * 1e-3), f"{place}: {ours}, HiGHS {theirs}, exactly {value_of(exact)}"


# ----------------------------------------------------------------------------------------------------------------- radial


@pytest.fixture(scope="module")
def problems():
    rng = np.random.default_rng(20210112)
    return [Problem(f"{k}", SIDES[k % 2], "multi-stage", RETURNS[k // 2 % 4], *data_make(k // 8 + k % 8 * 5, rng)) for k in range(RADIAL)]


def test_radial_scores(problems):
    """All four frontiers, both orientations, each unit; and crste <= nirste, ndrste <= vrste, theta = 1 / phi under CRS."""
    asked, wanted = [], []
    for problem in problems:
        x, y, _ = scaled(problem.x, problem.y)
        for side, returns, o in itertools.product(SIDES, RETURNS, range(len(x))):
            asked.append(programs.radial(x, y, x[o], y[o], side, returns))
    found = iter(programs.together(asked))
    for problem in problems:
        wanted.append({(side, returns): [next(found) for _ in problem.x] for side, returns in itertools.product(SIDES, RETURNS)})
    answers = {}
    for side in SIDES:
        for returns in ("vrs", "ndrs"):
            turned = [problem._replace(orientation=side, frontier=returns, slacks="none") for problem in problems]
            answers[side, returns] = solve(turned)
            for problem, answer, scores in zip(turned, answers[side, returns], wanted):
                assert max(answer.certificate[:3]) <= 1e-9 and answer.certificate[5] == 0
                x, y, _ = scaled(problem.x, problem.y)
                for o, unit in enumerate(answer.units):
                    names = {"crs": unit.crste, "nirs": unit.nirste, "vrs": unit.vrste, "ndrs": unit.ndrste}
                    for name, ours in names.items():
                        program = programs.radial_program(x, y, x[o], y[o], side, name)
                        judged(ours, scores[side, name][o], SCORE, program, lambda v: 1 / -v if side == "output" else v, f"{problem.name} {side} {name} unit {o}")
                    assert 0 < unit.crste <= min(unit.nirste, unit.ndrste) and max(unit.nirste, unit.ndrste) <= unit.vrste <= 1
                    assert unit.score == names[returns]
    for returns in ("vrs", "ndrs"):  # ours of one orientation against ours of the other
        for inward, outward in zip(answers["input", returns], answers["output", returns]):
            assert [unit.crste for unit in inward.units] == pytest.approx([unit.crste for unit in outward.units], rel=SCORE)


def test_targets_leave_nothing(problems):
    """Each unit's target is reached by its peers, and nothing more can be had there: its slacks are 0 by HiGHS."""
    asked, places = [], []
    for problem, answer in zip(problems, solve(problems)):
        if problem.frontier in ("crs", "vrs"):
            check_consistency(problem, answer, True)
        x, y, top = scaled(problem.x, problem.y)
        m = x.shape[1]
        for o, unit in enumerate(answer.units):
            reached = sum(weight * np.hstack([problem.x[p], problem.y[p]]) for p, weight in unit.peers.items())
            assert (np.abs(reached - unit.targets) <= 1e-8 * top).all()
            total = sum(unit.peers.values())
            assert problem.frontier not in ("vrs", "nirs") or total <= 1 + 1e-9
            assert problem.frontier not in ("vrs", "ndrs") or total >= 1 - 1e-9
            point = unit.targets / top * np.where(np.arange(len(top)) < m, 1, -1)
            asked.append(programs.slacks_most(x, y, point, problem.frontier, 1e-9))
            places.append(f"{problem.name} {problem.orientation} {problem.frontier} unit {o}")
    left = programs.together(asked)
    assert [place for place, most in zip(places, left) if not abs(most) <= 1e-6] == []


def test_hull_by_trying_every_unit(problems):
    for side in SIDES:
        turned = [problem._replace(orientation=side, frontier="fdh", slacks="none") for problem in problems]
        for problem, answer in zip(turned, solve(turned)):
            for o, unit in enumerate(answer.units):
                assert unit.score == pytest.approx(hull_score(problem.x, problem.y, o, side), rel=1e-15), problem.name


def test_the_referee_agrees():
    """The simplex in fractions and HiGHS, on programs of every model: so that it can be trusted where they differ."""
    rng = np.random.default_rng(4)
    for k in range(24):
        x, y, _ = scaled(*data_make(7 * k, rng))
        for side in SIDES:
            program = programs.radial_program(x, y, x[0], y[0], side, RETURNS[k % 4])
            assert float(programs.referee(program)) == pytest.approx(program.cost @ programs.solve_one(program).v, rel=1e-9)
    free = programs.Program(np.array([1.0, 1]), np.array([[-1.0, -2]]), np.array([3.0]), is_free=np.array([False, True]))
    assert programs.referee(free) == -1.5 and programs.solve_one(free).v == pytest.approx([0, -1.5])
    infeasible = programs.Program(np.array([1.0]), np.array([[1.0]]), np.array([-1.0]))
    unbounded = programs.Program(np.array([-1.0]), np.array([[-1.0]]), np.array([1.0]))
    assert programs.referee(infeasible) is programs.referee(unbounded) is None
    assert [solution.status for solution in programs.solve_all([infeasible, free, unbounded])] == [2, 0, 3]


# ------------------------------------------------------------------------------------------------------- the other models


def model_cases():
    rng = np.random.default_rng(20210113)
    return [models.Case(str(k), *data_make(k, rng)) for k in range(MODELS)]


def check_model(make, expect, tolerance, more=lambda a, unit, o, wanted: None, unproved=0):
    """
    make(k, case) is what is asked, or None; expect(a, x, y, o) a generator of what is wanted. unproved: of how many units in all nothing
    need be proved, if they have no score. Returns how many problems.
    """
    asked = [a for k, case in enumerate(model_cases()) if (a := make(k, case)) is not None]
    generators, places = [], []
    for a, answer in zip(asked, models.solve(asked)):
        assert not isinstance(answer, str), f"{a.model} {answer}"
        models.check_answer(answer, unproved)
        unproved -= answer.certificate[4]
        x, y, _ = scaled(a.x, a.y)
        for o, unit in enumerate(answer.units):
            generators.append(expect(a, x, y, o))
            places.append((a, unit, o))
    for (a, unit, o), wanted in zip(places, programs.together(generators)):
        place = f"{a.model} {a.side} {a.returns} unit {o} of {a.x.tolist()} {a.y.tolist()}"
        if more(a, unit, o, wanted):
            continue
        assert unit.state == "scored" and unit.score == pytest.approx(wanted, rel=tolerance, abs=tolerance * 0.1), place
    return len(asked)


def turn(k, choices):
    return choices[k % len(choices)]


def test_super_efficiency():
    def expect(a, x, y, o):
        others = np.arange(len(x)) != o
        return (yield from programs.radial(x[others], y[others], x[o], y[o], a.side, a.returns))

    def infeasible(a, unit, o, wanted):
        if wanted is not None and np.isfinite(wanted) and wanted <= 1e9:
            return False
        assert unit.state == "infeasible" and np.isnan(unit.score)
        return True

    assert check_model(lambda k, case: models.ask("super", turn(k, SIDES), turn(k // 2, RETURNS), case), expect, 2e-8, infeasible) >= 200


def test_fixed_inputs():
    def expect(a, x, y, o):
        return (yield from programs.radial(x, y, x[o], y[o], a.side, a.returns, fixed=a.fixed))

    def still(a, unit, o, wanted):
        if a.side == "input" and not a.x[o, 1:].any():
            assert unit.state == "no-inputs"
            return True
        if wanted <= 1e-12:
            assert unit.state == "unbounded"
            return True
        assert unit.slacks[0] == 0 and unit.targets[0] == a.x[o, 0]
        return False

    def make(k, case):
        return models.ask("radial", turn(k, SIDES), turn(k // 2, RETURNS), with_two(case), fixed=(0,))

    assert check_model(make, expect, 2e-8, still) >= 200


def with_two(case):
    """At least two inputs, so that one is left where one is fixed."""
    return case if case.x.shape[1] > 1 else case._replace(x=np.hstack([case.x, case.x[::-1]]))


def check_fixed(a, unit, o):
    """Whether the unit has nothing that could move; else its fixed input is what it was."""
    if a.side == "input" and not a.x[o, 1:].any():
        assert unit.state == "no-inputs"
        return True
    if unit.state == "scored":
        assert unit.slacks[0] == 0 and unit.targets[0] == a.x[o, 0]
    return False


def test_fixed_inputs_of_super_efficiency():
    def expect(a, x, y, o):
        others = np.arange(len(x)) != o
        return (yield from programs.radial(x[others], y[others], x[o], y[o], a.side, a.returns, fixed=a.fixed))

    def apart(a, unit, o, wanted):
        if check_fixed(a, unit, o):
            return True
        if wanted is None or not wanted <= 1e9:
            assert unit.state == "infeasible" and np.isnan(unit.score)
            return True
        if wanted <= 1e-12:
            assert unit.state == "unbounded"
            return True
        return False

    def make(k, case):
        return models.ask("super", turn(k, SIDES), turn(k // 2, RETURNS), with_two(case), fixed=(0,))

    assert check_model(make, expect, 2e-8, apart) >= 200


def test_fixed_inputs_of_slacks_based():
    def expect(a, x, y, o):
        return (yield from programs.measure(x, y, o, a.side, a.returns, a.undesirable, a.fixed))

    def make(k, case):
        return models.ask("sbm", turn(k, ("both", "output", "input")), turn(k // 3, RETURNS), with_two(case), fixed=(0,))

    assert check_model(make, expect, 2e-7, lambda a, unit, o, wanted: check_fixed(a, unit, o)) >= 200


def test_fixed_inputs_of_additive():
    def expect(a, x, y, o):
        mean, top = np.hstack([a.x, a.y]).mean(0), scaled(a.x, a.y)[2]
        weight = np.where(mean > 0, top / np.where(mean > 0, mean, 1), 0) if a.flag else top / top.max()
        weight[0] = 0
        return (yield from programs.additive(x, y, o, weight, a.returns))

    def relative(a, unit, o, wanted):
        check_fixed(a, unit, o)
        assert unit.score / (1 if a.flag else scaled(a.x, a.y)[2].max()) == pytest.approx(wanted, rel=1e-6, abs=1e-7)
        return True

    def make(k, case):
        return models.ask("additive", "both", turn(k // 2, RETURNS), with_two(case), flag=k % 2 == 1, fixed=(0,))

    assert check_model(make, expect, 1e-6, relative) >= 200


def test_fixed_inputs_of_directional():
    def expect(a, x, y, o):
        return (yield from programs.distance(x, y, o, a.side, a.returns, a.undesirable, a.fixed))

    def make(k, case):
        return models.ask("directional", turn(k, ("both", "output", "input")), turn(k // 3, RETURNS), with_two(case), fixed=(0,))

    assert check_model(make, expect, 2e-8, lambda a, unit, o, wanted: check_fixed(a, unit, o)) >= 200


@pytest.mark.parametrize("is_bad", [False, True], ids=["desirable", "undesirable"])
def test_slacks_based(is_bad):
    def expect(a, x, y, o):
        return (yield from programs.measure(x, y, o, a.side, a.returns, a.undesirable))

    def make(k, case):
        if is_bad and case.y.shape[1] == 1:
            case = case._replace(y=np.hstack([case.y, case.y[::-1]]))
        return models.ask("sbm", turn(k, ("both", "output", "input")) if not is_bad else "both", turn(k // 3, RETURNS), case, undesirable=(0,) if is_bad else ())

    assert check_model(make, expect, 2e-7) >= 200


def test_additive():
    def expect(a, x, y, o):
        values = np.hstack([a.x, a.y])
        mean, top = values.mean(0), scaled(a.x, a.y)[2]
        weight = np.where(mean > 0, top / np.where(mean > 0, mean, 1), 0) if a.flag else top / top.max()
        return (yield from programs.additive(x, y, o, weight, a.returns))

    def relative(a, unit, o, wanted):
        size = 1 if a.flag else scaled(a.x, a.y)[2].max()
        assert unit.score / size == pytest.approx(wanted, rel=1e-6, abs=1e-7)
        return True

    assert check_model(lambda k, case: models.ask("additive", "both", turn(k // 2, RETURNS), case, flag=k % 2 == 1), expect, 1e-6, relative) >= 200


@pytest.mark.parametrize("is_bad", [False, True], ids=["desirable", "undesirable"])
def test_directional(is_bad):
    def expect(a, x, y, o):
        return (yield from programs.distance(x, y, o, a.side, a.returns, a.undesirable))

    def make(k, case):
        if is_bad and case.y.shape[1] == 1:
            case = case._replace(y=np.hstack([case.y, case.y[::-1]]))
        return models.ask("directional", turn(k, ("both", "output", "input")), turn(k // 3, RETURNS), case, undesirable=(0,) if is_bad else ())

    assert check_model(make, expect, 2e-8) >= 200


def test_cost():
    def prices(a, o):
        return a.prices if np.ndim(a.prices) == 1 else a.prices[o]

    def expect(a, x, y, o):
        return (yield from programs.cost(x, y, o, prices(a, o) * scaled(a.x, a.y)[2][:x.shape[1]], a.returns))

    def make(k, case):
        n, m = case.x.shape
        own = np.random.default_rng(k).uniform(1, 4, (n, m)) / scaled(case.x, case.y)[2][:m]
        return models.ask("cost", "input", turn(k // 2, RETURNS), case, prices=own if k % 2 else own[0])

    def spent(a, unit, o, wanted):
        assert unit.parts[0] == pytest.approx(prices(a, o) @ a.x[o], rel=1e-12) and unit.score <= unit.parts[2] + 1e-9
        return False

    assert check_model(make, expect, 2e-8, spent) >= 200


@pytest.mark.parametrize("model", ["radial", "super"])
def test_restrictions(model):
    """Limits on the weights of two inputs and, where there are two, of two outputs; inputs above 0; each side, all returns."""
    def expect(a, x, y, o):
        top = scaled(a.x, a.y)[2]
        m = x.shape[1]
        own = [(i, f, g, float(least) * top[m * i + f] / top[m * i + g], float(most) * top[m * i + f] / top[m * i + g]) for i, f, g, least, most in a.limits]
        others = np.flatnonzero(np.arange(len(x)) != o) if model == "super" else None
        return (yield from programs.limited(x, y, o, a.side, a.returns, own, others))

    def make(k, case):
        rng = np.random.default_rng(1000 + k)
        x, y = data_make(k, rng, positive=True)
        x = x if x.shape[1] > 1 else np.hstack([x, x[::-1]])
        top, m = scaled(x, y)[2], x.shape[1]
        limits = [(0, 0, 1, 0.4 * top[1] / top[0], 2.5 * top[1] / top[0])]
        if y.shape[1] > 1:
            limits.append((1, 0, 1, 0.5 * top[m + 1] / top[m], "inf"))
        return models.ask(model, turn(k, SIDES), turn(k // 2, RETURNS), models.Case(str(k), x, y), limits=limits)

    def without_end(a, unit, o, wanted):
        if wanted > 1e9:
            assert model == "super" and unit.state in ("infeasible", "uncertified") and np.isnan(unit.score)
            return True
        if wanted > 1e-9:
            return False
        assert unit.state in ("unbounded", "uncertified") or unit.score < 1e-8
        return True

    # There is one unit whose like takes in just what it has and makes none of what it makes: a digit more or less decides which proof there is.
    assert check_model(make, expect, 2e-8, without_end, unproved=1 if model == "super" else 0) >= 200


# ------------------------------------------------------------------------------------------------------- cross-efficiency


def best_weights(x, y, o, theta, is_aggressive):
    """All corners of the weights that a judge may choose (Doyle and Green), and of those the best: (v, u) each."""
    n, m = x.shape
    s = y.shape[1]
    others = np.arange(n) != o
    equal = np.vstack([np.hstack([x[others].sum(0), np.zeros(s)]), np.hstack([-theta * x[o], y[o]])])
    limits = np.vstack([np.hstack([-x, y])[others], -np.eye(m + s)])  # <= 0
    corners = []
    for active in itertools.combinations(range(len(limits)), m + s - 2):
        matrix = np.vstack([equal, limits[list(active)]])
        if abs(np.linalg.det(matrix)) > 1e-12:
            corner = np.linalg.solve(matrix, np.eye(m + s)[0])
            if (limits @ corner <= 1e-9).all():
                corners.append(corner)
    corners = np.array(corners)
    goal = corners[:, m:] @ y[others].sum(0) * (1 if is_aggressive else -1)
    return corners[goal <= goal.min() + 1e-9]


def test_cross_efficiency_by_trying_every_corner():
    """A judge's best weights may be many; a mark lies between its least and its most over the corners of those."""
    rng = np.random.default_rng(31)
    cases, single = [], 0
    for k in range(CROSS):
        n, (m, s) = int(rng.integers(3, 7)), turn(k, ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3)))
        x, y = (rng.uniform(1, 10, (n, m)), rng.uniform(1, 10, (n, s))) if k % 3 else (rng.integers(1, 4, (n, m)) * 1.0, rng.integers(1, 4, (n, s)) * 1.0)
        cases.append(models.Case(str(k), x, y))
    asked = [models.ask("cross", "input", "crs", case, flag=k % 2 == 1) for k, case in enumerate(cases)]
    for a, answer in zip(asked, models.solve(asked)):
        x, y, _ = scaled(a.x, a.y)
        n, m = x.shape
        theta = programs.together([programs.radial(x, y, x[o], y[o], "input", "crs") for o in range(n)])
        least, most = np.zeros((n, n)), np.zeros((n, n))
        for o in range(n):
            corners = best_weights(x, y, o, theta[o], a.flag)
            assert len(corners) > 0
            marks = (corners[:, m:] @ y.T) / np.maximum(corners[:, :m] @ x.T, 1e-300)
            least[o], most[o] = marks.min(0), marks.max(0)
        single += int(np.allclose(least, most, rtol=1e-6))
        for u, unit in enumerate(answer.units):
            assert unit.parts[0] == pytest.approx(theta[u], rel=2e-8)
            assert least[:, u].mean() - 1e-6 <= unit.score <= most[:, u].mean() + 1e-6, f"{a.flag} unit {u} of {a.x.tolist()} {a.y.tolist()}"
    assert single >= CROSS // 3


# ---------------------------------------------------------------------------------------------------------------- panels


def panel_numbers(x, y, missing, side):
    """What each unit's step should be, as a generator for each: the six scores, or the state."""
    def step(p, u):
        members = [np.flatnonzero(~missing[q] & (x[q].max(1) > 0)) for q in (p, p + 1)]
        if missing[p, u] or missing[p + 1, u]:
            return "missing", {}
        if x[p, u].max() == 0 or x[p + 1, u].max() == 0:
            return "no-inputs", {}
        if y[p, u].max() == 0 or y[p + 1, u].max() == 0:
            return "no-outputs", {}
        scores = {}
        for name, own, reference, returns in (("from_by_from", 0, 0, "crs"), ("to_by_to", 1, 1, "crs"), ("to_by_from", 1, 0, "crs"),
                                              ("from_by_to", 0, 1, "crs"), ("vrs_from", 0, 0, "vrs"), ("vrs_to", 1, 1, "vrs")):
            own_x, own_y = x[p + own, u], y[p + own, u]
            xr, yr = x[p + reference, members[reference]], y[p + reference, members[reference]]
            top_x = np.where(own_x > 0, own_x, np.maximum(xr.max(0), 1e-300))
            top_y = np.where(own_y > 0, own_y, np.maximum(yr.max(0), 1e-300))
            way = "input" if returns == "crs" else side
            scores[name] = yield from programs.radial(xr / top_x, yr / top_y, own_x / top_x, own_y / top_y, way, returns)
        state = "infeasible" if scores["to_by_from"] is None or scores["from_by_to"] is None else "defined"
        return state, {name: score for name, score in scores.items() if state == "defined" or name not in ("to_by_from", "from_by_to")}

    return [step(p, u) for p in range(len(x) - 1) for u in range(len(x[0]))]


@pytest.mark.parametrize("side", SIDES)
def test_panels(side):
    panels = [panel for kind in malmquist.KINDS for panel in malmquist.panels(kind, PANELS, 400 + malmquist.KINDS.index(kind))]
    assert len(panels) >= 100
    generators = [generator for panel in panels for generator in panel_numbers(*panel, side)]
    found = iter(programs.together(generators))
    for rows in malmquist.solve(panels, side):
        for state, numbers in rows:
            wanted_state, wanted = next(found)
            assert state == wanted_state
            for name, value in wanted.items():
                assert numbers[name] == pytest.approx(value, rel=2e-8), name
            if state == "defined":
                effch = wanted["to_by_to"] / wanted["from_by_from"]
                techch = math.sqrt(wanted["to_by_from"] / wanted["to_by_to"] * wanted["from_by_from"] / wanted["from_by_to"])
                assert (numbers["effch"], numbers["techch"], numbers["tfpch"]) == pytest.approx((effch, techch, effch * techch), rel=1e-7)
                assert numbers["pech"] == pytest.approx(wanted["vrs_to"] / wanted["vrs_from"], rel=1e-7)
                assert numbers["sech"] == pytest.approx(numbers["effch"] / numbers["pech"], rel=1e-12)
