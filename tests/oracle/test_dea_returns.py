"""Inputs that cannot be changed and limits on weights: scores beside all four frontiers, scale, the kind of returns, and slacks in
several stages.

The scores are those of scipy's HiGHS, by four programs for each unit; the kind of returns is told as DEAP tells it, by comparing the
NIRS score with the VRS one, where ours goes by the sum of lambda. The stages are held against fractions.
"""

import numpy as np
import pytest

import dea_programs as programs
import test_dea_models as models
from test_dea_hundreds import RETURNS, SIDES, data_make, scaled, turn, with_two

SCORE = 2e-8
APART = 1e-7  # of crste and vrste: nearer than that HiGHS cannot tell who is right
STAGES = 4    # a flag of the driver
PROBLEMS = 120


def check_returns(unit, wanted, returns, place):
    """wanted: the scores beside the four frontiers, None where there is none; returns whether the kind was one to be told."""
    crste, vrste, scale = unit.parts[:3]
    if wanted[returns] is None:
        assert unit.state != "scored" and np.isnan([crste, vrste, scale, *unit.returns[1:]]).all() and unit.returns.kind == "none", place
        return None
    assert unit.state == "scored", place
    for ours, name in ((crste, "crs"), (vrste, "vrs")):
        assert np.isnan(ours) if wanted[name] is None else ours == pytest.approx(wanted[name], rel=SCORE, abs=1e-9), (place, name)
    assert np.isnan(crste) or unit.score >= crste - 1e-12
    assert np.isnan(vrste) or unit.score <= vrste + 1e-12
    if wanted["crs"] is None or wanted["vrs"] is None:
        assert unit.returns.kind == "none" and np.isnan([scale, *unit.returns[1:]]).all(), place
        return None
    assert scale == crste / vrste and 0 < scale <= 1 and unit.returns.margin == 1 - scale, place
    assert crste <= min(unit.returns.nirste, unit.returns.ndrste) and max(unit.returns.nirste, unit.returns.ndrste) <= vrste, place
    assert unit.returns.nirste == pytest.approx(wanted["nirs"], rel=SCORE, abs=1e-9), place
    assert unit.returns.ndrste == pytest.approx(wanted["ndrs"], rel=SCORE, abs=1e-9), place
    if wanted["vrs"] - wanted["crs"] <= APART * max(wanted["vrs"], 0.01):
        return None if unit.returns.margin > 1e-9 else unit.returns.kind == "crs" or place
    is_decreasing = abs(wanted["nirs"] - wanted["vrs"]) < abs(wanted["nirs"] - wanted["crs"])
    assert unit.returns.kind == ("drs" if is_decreasing else "irs"), place
    return unit.returns.kind


def check_all(asked, score_of):
    """score_of(a, x, y, top, o, returns): a generator of a score, None where there is none. Returns how often which kind was told."""
    answers = models.solve(asked)
    places, generators = [], []
    for a, answer in zip(asked, answers):
        assert not isinstance(answer, str), answer
        models.check_answer(answer)
        x, y, top = scaled(a.x, a.y)
        for o, unit in enumerate(answer.units):
            if unit.state != "no-inputs":
                places.append((a, unit, o))
                generators += [score_of(a, x, y, top, o, returns) for returns in RETURNS]
    found = iter(programs.together(generators))
    told = []
    for a, unit, o in places:
        wanted = {returns: next(found) for returns in RETURNS}
        told.append(check_returns(unit, wanted, a.returns, f"{a.side} {a.returns} unit {o} of {a.x.tolist()} {a.y.tolist()} {a.limits}"))
    for answer in answers:  # the means are those of all that are scored
        scored = [unit.parts[:3] for unit in answer.units if unit.state == "scored"]
        assert not scored or not np.isfinite(scored).all() or answer.mean == pytest.approx(np.mean([unit.score for unit in answer.units if unit.state == "scored"]))
    return {kind: told.count(kind) for kind in ("irs", "drs", True)}


def test_fixed_inputs():
    def score_of(a, x, y, top, o, returns):
        score = yield from programs.radial(x, y, x[o], y[o], a.side, returns, fixed=a.fixed)
        return None if score is None or score <= 1e-12 else score

    rng = np.random.default_rng(20211201)
    asked = []
    for k in range(PROBLEMS):
        case = with_two(models.Case(str(k), *data_make(k, rng)))
        asked.append(models.ask("radial", turn(k, SIDES), turn(k // 2, RETURNS), case, flag=turn(k // 8, (0, STAGES)), fixed=(0,)))
    told = check_all(asked, score_of)
    assert min(told.values()) >= 30, told


def test_restrictions():
    """Shares of inputs in half of the problems, of outputs too where there are two."""
    def score_of(a, x, y, top, o, returns):
        m = x.shape[1]
        own = [(i, f, g, float(least) * top[m * i + f] / top[m * i + g], float(most) * top[m * i + f] / top[m * i + g]) for i, f, g, least, most in a.limits]
        score = yield from programs.limited(x, y, o, a.side, returns, own)
        return None if score <= 1e-9 or not np.isfinite(score) else score

    rng = np.random.default_rng(20211202)
    asked = []
    for k in range(PROBLEMS):
        case = with_two(models.Case(str(k), *data_make(k, rng, positive=True)))
        top, m = scaled(case.x, case.y)[2], case.x.shape[1]
        limits = [(0, 0, 1, 0.4 * top[1] / top[0], 2.5 * top[1] / top[0])]
        if case.y.shape[1] > 1:
            limits.append((1, 0, 1, 0.5 * top[m + 1] / top[m], "inf"))
        asked.append(models.ask("radial", turn(k, SIDES), turn(k // 2, RETURNS), case, limits=limits))
    told = check_all(asked, score_of)
    assert min(told.values()) >= 20, told


def stage_cases():
    """Small whole numbers, zeros among the inputs, and figures of any size; every output is above 0, so that its slack is one number."""
    rng = np.random.default_rng(20211203)
    for k in range(32):
        n, m, s = int(rng.integers(4, 8)), int(rng.integers(2, 4)), int(rng.integers(1, 3))
        if k % 2 == 0:
            x, y = rng.integers(1, 6, (n, m)).astype(float), rng.integers(1, 6, (n, s)).astype(float)
        else:
            x, y = rng.uniform(1, 10, (n, m)), rng.uniform(1, 10, (n, s))
        if k % 3 == 0:
            x = np.where(rng.random((n, m)) < 0.2, 0, x)
            x[x[:, 1:].sum(axis=1) == 0, 1] = 1
        fixed = (0,) if m == 2 or k % 8 < 4 else (0, m - 1)
        if not x[:, [i for i in range(m) if i not in fixed]].any(axis=1).all():
            fixed = (0,)
        yield models.ask("radial", turn(k // 2, SIDES), turn(k // 4, RETURNS), models.Case(str(k), x, y), flag=STAGES, fixed=fixed)


def test_stages_beside_fixed_inputs():
    asked = list(stage_cases())
    with_slack = 0
    for a, answer in zip(asked, models.solve(asked)):
        models.check_answer(answer)
        top = np.hstack([a.x.max(axis=0), a.y.max(axis=0)])
        for o, unit in enumerate(answer.units):
            place = f"{a.side} {a.returns} {a.fixed} unit {o} of {a.x.tolist()} {a.y.tolist()}"
            if unit.state == "unbounded":
                continue
            assert unit.state == "scored", place
            wanted = np.array(list(map(float, programs.exact_stages(a.x.tolist(), a.y.tolist(), o, a.side, a.returns, a.fixed))))
            assert (np.abs(unit.slacks - wanted) <= 1e-8 * top).all(), (place, unit.slacks, wanted)
            reached = sum(weight * np.hstack([a.x[p], a.y[p]]) for p, weight in unit.peers.items())
            still = [i for i in range(len(top)) if i in a.fixed]
            assert (reached[still] <= unit.targets[still] + 1e-9 * top[still]).all() and (unit.targets[still] == a.x[o, still]).all(), place
            moving = [i for i in range(len(top)) if i not in a.fixed]
            assert (np.abs(reached - unit.targets) <= 1e-8 * top)[moving].all(), place
            with_slack += (wanted > 1e-6 * top).any()
    assert with_slack >= 40


def test_nothing_fixed_is_the_plain_model():
    """The stages of this path beside those of the plain model's own, and its scores and returns."""
    from test_dea_oracle import Problem, solve
    rng = np.random.default_rng(20211204)
    cases = [with_two(models.Case(str(k), *data_make(k, rng))) for k in range(60)]
    plain = solve([Problem(case.name, turn(k, SIDES), "multi-stage", turn(k // 2, RETURNS), case.x, case.y) for k, case in enumerate(cases)])
    other = models.solve([models.ask("radial", turn(k, SIDES), turn(k // 2, RETURNS), case, flag=STAGES) for k, case in enumerate(cases)])
    for case, one, two in zip(cases, plain, other):
        top = np.maximum(np.hstack([case.x.max(axis=0), case.y.max(axis=0)]), 1e-300)
        for a, b in zip(one.units, two.units):
            assert b.state == "scored"
            assert [a.crste, a.vrste, a.scale, a.nirste, a.ndrste] == pytest.approx([*b.parts[:3], b.returns.nirste, b.returns.ndrste], rel=1e-8)
            assert a.margin <= APART or a.rts == b.returns.kind
            assert (np.abs(a.slacks - b.slacks) <= 1e-6 * top).all(), case
