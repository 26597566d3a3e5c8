"""The weights that show a unit in its best light: what they must be by the theory of linear programs, and no worse than HiGHS' own."""

import numpy as np
import pytest

from dea_programs import Program, together
from test_dea_oracle import KINDS, Problem, data_make, run

NEAR = 1e-8
FRONTIERS = ("vrs", "crs", "nirs", "ndrs")


def problems_make():
    rng = np.random.default_rng(20261130)
    return [Problem(f"{kind}-{side}-{returns}", side, "multi-stage", returns, *data_make(kind, rng))
            for kind in KINDS for side in ("output", "input") for returns in FRONTIERS]


PROBLEMS = problems_make()


def units_of(text):
    """For each problem, for each unit: state, score, slacks, peers, v and u, w."""
    answers, units = [], []
    for line in text.splitlines():
        head, *words = line.split()
        if head == "unit":
            units.append({"state": words[1], "score": float(words[-1])})
        elif head == "peers":
            units[-1][head] = {int(p): float(w) for p, w in zip(words[1::2], words[2::2])}
        elif head in ("slacks", "weights"):
            units[-1][head] = np.array(list(map(float, words)))
        elif head == "free":
            units[-1][head] = float(words[0])
        elif head == "certificate":
            answers.append(units)
            units = []
    return answers


@pytest.fixture(scope="module")
def answers():
    found = units_of(run(PROBLEMS, weights="on"))
    assert len(found) == len(PROBLEMS)
    return found


def scored_units(answers):
    for problem, units in zip(PROBLEMS, answers):
        for o, unit in enumerate(units):
            if unit["state"] == "scored":
                yield problem, o, unit


def test_weights_prove_the_score(answers):
    count = 0
    for problem, o, unit in scored_units(answers):
        m, is_output = problem.x.shape[1], problem.orientation == "output"
        v, u, w = unit["weights"][:m], unit["weights"][m:], unit["free"]
        place = f"{problem.name} {o} {unit}"
        assert (unit["weights"] >= 0).all() and np.isfinite(w), place
        used, made = problem.x[o] @ v, problem.y[o] @ u
        assert (made if is_output else used) == pytest.approx(1, rel=NEAR), place
        assert (used + w if is_output else made + w) == pytest.approx(1 / unit["score"] if is_output else unit["score"], rel=NEAR), place
        room = problem.x @ v - problem.y @ u + (w if is_output else -w)
        with_inputs = (problem.x > 0).any(axis=1)  # who uses nothing is in no reference set
        size = np.maximum(np.maximum((problem.x * v).max(axis=1), (problem.y * u).max(axis=1)), abs(w))
        size = np.maximum(size, 0 if problem.frontier == "crs" else 1 / unit["score"] if is_output else unit["score"])
        assert (room >= -NEAR * size)[with_inputs].all(), place
        sign = {"crs": 0, "vrs": None, "nirs": -1, "ndrs": 1}[problem.frontier]
        assert sign is None or (w == 0 if sign == 0 else (w * sign * (-1 if is_output else 1)) >= -NEAR * max(1, abs(w))), place
        count += 1
    assert count > 400


def test_complementary_slackness(answers):
    """A peer is on the plane of the weights; what has a weight has no slack."""
    count = 0
    for problem, o, unit in scored_units(answers):
        m, is_output = problem.x.shape[1], problem.orientation == "output"
        v, u, w = unit["weights"][:m], unit["weights"][m:], unit["free"] * (-1 if problem.orientation == "output" else 1)
        top = unit["score"] if not is_output else 1 / unit["score"]
        for peer, amount in unit["peers"].items():
            used, made = problem.x[peer] @ v, problem.y[peer] @ u
            size = max((problem.x[peer] * v).max(), (problem.y[peer] * u).max(), abs(w), top)
            if peer != o or is_output or unit["score"] > 1 - 1e-9:
                assert abs(used - made - w) <= 1e-7 * size, (problem.name, o, peer, unit)
            count += 1
        worth = unit["weights"] * unit["slacks"]
        assert (worth <= 1e-7 * max(1, top)).all(), (problem.name, o, unit)
    assert count > 500


def best(problem, o):
    """The multiplier form on columns over their maximum; w has both signs where the frontier lets it."""
    top = np.hstack([problem.x.max(0), problem.y.max(0)])
    top[top == 0] = 1
    n, m = problem.x.shape
    s, is_output = problem.y.shape[1], problem.orientation == "output"
    x, y = problem.x / top[:m], problem.y / top[m:]
    kept = (problem.x > 0).any(axis=1)
    free = np.full((n, 1), float(problem.frontier != "crs"))
    sides = {"crs": 0, "vrs": 0, "nirs": -1, "ndrs": 1}[problem.frontier] * (-1 if is_output else 1)
    sign = -1.0 if is_output else 1.0
    upper = np.hstack([-x, y, sign * free])[kept]
    limit = [np.hstack([np.zeros(m + s), -sides])[None, :]] if sides else []
    own = np.hstack([np.zeros(m), y[o]]) if is_output else np.hstack([x[o], np.zeros(s)])
    cost = np.hstack([x[o], np.zeros(s), free[0]]) if is_output else np.hstack([np.zeros(m), -y[o], -free[0]])
    solution = yield Program(cost, np.vstack([upper, *limit]), np.zeros(len(upper) + len(limit)), np.hstack([own, 0])[None, :], np.ones(1),
                             np.arange(m + s + 1) == m + s)
    return None if solution.status != 0 else float(cost @ solution.v) * (1 if is_output else -1)


def test_no_weights_are_better(answers):
    asked = [(problem, o, unit) for problem, o, unit in scored_units(answers)]
    objectives = together([best(problem, o) for problem, o, _ in asked])
    for (problem, o, unit), objective in zip(asked, objectives):
        m, is_output = problem.x.shape[1], problem.orientation == "output"
        v, u, w = unit["weights"][:m], unit["weights"][m:], unit["free"]
        mine = problem.x[o] @ v + w if is_output else problem.y[o] @ u + w
        assert objective is None or mine == pytest.approx(objective, rel=2e-7), (problem.name, o, unit)
    assert sum(objective is not None for objective in objectives) > 0.95 * len(objectives)
