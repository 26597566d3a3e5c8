"""What must not change an answer, or must change it in a known way, where the other files of this folder do not ask: the
limited frontiers and the free disposal hull, the other models, and Malmquist panels."""

import numpy as np
import pytest

import test_malmquist_oracle as malmquist
from test_dea_models import CASES, Case, ask
from test_dea_models import solve as solve_models
from test_dea_oracle import PROBLEMS, SCORE, SLACK, Problem, data_make, labels, printed, run, scores, slacks, solve, tops

LIMITED = ("nirs", "ndrs", "fdh")


@pytest.mark.parametrize("frontier", LIMITED)
def test_a_duplicate_and_a_dominated_unit_change_nobody(frontier):
    kept = [problem._replace(frontier=frontier) for problem in PROBLEMS]
    changed = [problem._replace(x=np.vstack([problem.x, problem.x[:1], problem.x[1:2] * 1.5 + 0.25 * problem.x.max(0)]),
                                y=np.vstack([problem.y, problem.y[:1], problem.y[1:2] * 0.5])) for problem in kept]
    for problem, before, after in zip(kept, solve(kept), solve(changed)):
        n = len(problem.x)
        assert scores(after)[:n] == pytest.approx(scores(before), abs=SCORE)
        assert after.units[n].score == pytest.approx(after.units[0].score, abs=SCORE)
        assert after.units[n + 1].score < 1
        assert labels(after)[:n] == labels(before)
        if frontier != "fdh":  # of two units that reach a score the hull names the one with more slack, and twins both
            assert slacks(after)[:n] / tops(problem) == pytest.approx(slacks(before) / tops(problem), abs=SLACK)


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(12)
    return [Problem(kind, ("output", "input")[k % 2], "multi-stage", frontier, *data_make(kind, rng, 320))
            for frontier in LIMITED for k, kind in enumerate(("plain", "ties", "zeros", "spread"))]


def test_frame_and_threads_do_not_matter(many):
    alone = printed(run(many, threads=1))
    assert printed(run(many, threads=3)) == alone
    whole, frameless = solve(many), solve(many, frame="off")
    for problem, before, after in zip(many, whole, frameless):
        assert [unit.score for unit in after.units] == pytest.approx([unit.score for unit in before.units], abs=SCORE)
        assert slacks(after) / tops(problem) == pytest.approx(slacks(before) / tops(problem), abs=SLACK)
        assert labels(after) == labels(before)


@pytest.mark.parametrize("frontier", LIMITED[:2])
def test_orientations_know_each_other(frontier):
    """Who is efficient one way is so the other way: no input can shrink where no output can grow, but for slack."""
    sides = [solve([problem._replace(orientation=side, frontier=frontier) for problem in PROBLEMS]) for side in ("output", "input")]
    for one, other in zip(*sides):
        for a, b in zip(one.units, other.units):
            assert (a.efficiency == "strong") == (b.efficiency == "strong")


# ----------------------------------------------------------------------------------------------------------------- models


def several(case):
    s = case.y.shape[1]
    bad = (0,) if s > 1 else ()
    return [ask("sbm", "both", "vrs", case), ask("sbm", "both", "crs", case, undesirable=bad), ask("additive", "both", "vrs", case),
            ask("directional", "both", "nirs", case), ask("directional", "both", "vrs", case, undesirable=bad),
            ask("cost", "input", "vrs", case, prices=1 / np.maximum(case.x.max(0), 1e-300))]


def test_a_duplicate_changes_nobody():
    for case in CASES:
        double = Case(case.name, np.vstack([case.x, case.x[:1]]), np.vstack([case.y, case.y[:1]]))
        for before, after in zip(solve_models(several(case)), solve_models(several(double))):
            for one, other in zip([*before.units, before.units[0]], after.units):
                assert one.state == other.state
                assert one.score == pytest.approx(other.score, rel=1e-8, abs=1e-9, nan_ok=True)


def test_the_larger_technology_asks_for_more():
    """Additive, directional and slacks-based: CRS allows what NIRS and NDRS do, and those what VRS does."""
    for case in CASES:
        for model, sign in (("sbm", -1), ("additive", 1), ("directional", 1)):
            found = {returns: np.array([unit.score for unit in answer.units]) for returns, answer in zip(
                ("vrs", "nirs", "ndrs", "crs"), solve_models([ask(model, "both", returns, case) for returns in ("vrs", "nirs", "ndrs", "crs")]))}
            for smaller, larger in (("vrs", "nirs"), ("vrs", "ndrs"), ("nirs", "crs"), ("ndrs", "crs")):
                assert (sign * (found[larger] - found[smaller]) >= -1e-8 * np.maximum(1, np.abs(found[larger]))).all(), (model, case.name)


# ----------------------------------------------------------------------------------------------------------------- panels


def panels(kinds=("plain", "ties", "duplicates", "bad-scale", "missing")):
    return [panel for kind in kinds for panel in malmquist.panels(kind, 4, 70 + malmquist.KINDS.index(kind))]


def same(before, after, rel=1e-8):
    for (state, numbers), (other_state, others) in zip(before, after, strict=True):
        assert state == other_state
        for name in malmquist.NAMES:
            assert others[name] == pytest.approx(numbers[name], rel=rel, nan_ok=True), name


@pytest.mark.parametrize("side", ("output", "input"))
def test_units_and_order_of_a_panel_do_not_matter(side):
    rng = np.random.default_rng(6)
    plain = panels()
    for (x, y, missing), before in zip(plain, malmquist.solve(plain, side)):
        order = rng.permutation(len(x[0]))
        fx, fy = np.resize([7.3e-7, 12.0, 3.9e8], x.shape[2]), np.resize([0.11, 5e6], y.shape[2])
        moved, turned = malmquist.solve([(x * fx, y * fy, missing), (x[:, order], y[:, order], missing[:, order])], side)
        same(before, moved)
        same([before[p * len(order) + o] for p in range(len(x) - 1) for o in order], turned)


@pytest.mark.parametrize("side", ("output", "input"))
def test_time_backwards_is_the_reciprocal(side):
    """Every index is a ratio of later to earlier, or a mean of such."""
    plain = [(x[:2], y[:2], missing[:2]) for x, y, missing in panels()]
    back = [(x[::-1], y[::-1], missing[::-1]) for x, y, missing in plain]
    for before, after in zip(malmquist.solve(plain, side), malmquist.solve(back, side)):
        for (state, numbers), (other_state, others) in zip(before, after, strict=True):
            assert state == other_state
            for name in ("effch", "techch", "pech", "sech", "tfpch"):
                assert others[name] == pytest.approx(1 / numbers[name], rel=1e-8, nan_ok=True), name


@pytest.mark.parametrize("side", ("output", "input"))
def test_twins_followers_and_standing_still(side):
    """A duplicate unit and one that is dominated in every period change nobody; a year like the last has no change."""
    plain = [panel for panel in panels() if not panel[2].any()]
    more = [(np.concatenate([x, x[:, :1], x[:, 1:2] * 2 + x.max(axis=(0, 1))], axis=1), np.concatenate([y, y[:, :1], y[:, 1:2] * 0.5], axis=1),
             np.zeros((len(x), len(x[0]) + 2), bool)) for x, y, _ in plain]
    for (x, _, _), before, after in zip(plain, malmquist.solve(plain, side), malmquist.solve(more, side)):
        n = len(x[0])
        same(before, [row for k, row in enumerate(after) if k % (n + 2) < n])
        same(before[::n], after[n::n + 2])
    for rows in malmquist.solve([(x[[0, 0]], y[[0, 0]], missing[[0, 0]]) for x, y, missing in plain], side):
        for state, numbers in rows:
            assert state == "defined" and [numbers[name] for name in malmquist.NAMES[:5]] == pytest.approx([1] * 5, rel=1e-9)
