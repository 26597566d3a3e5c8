"""Malmquist indices of analytics/dea/malmquist.c against an independent solver (scipy's HiGHS).

The C side is tests/oracle/malmquist_driver. Panels carry ties, duplicates, zeros, columns of different scale, periods
that lie far apart, and units that are missing in a period.
"""

import math
import os
import pathlib
import subprocess

import numpy as np
import pytest
from scipy.optimize import linprog

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release"))
DRIVER = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/oracle/malmquist_driver"
NAMES = ("effch", "techch", "pech", "sech", "tfpch", "from_by_from", "to_by_from", "from_by_to", "to_by_to", "vrs_from", "vrs_to")
KINDS = ("plain", "ties", "duplicates", "zeros", "bad-scale", "growth", "missing")


def panels(kind, count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        p, n, m, s = rng.integers(2, 4), rng.integers(2, 9), rng.integers(1, 4), rng.integers(1, 3)
        x = rng.lognormal(0, 0.7, (p, n, m)) + 0.05
        y = rng.lognormal(0, 0.7, (p, n, s)) + 0.05
        if kind == "ties":
            x, y = np.ceil(3 * x), np.ceil(3 * y)
        if kind == "duplicates":
            x[1], y[1] = x[0], y[0]
        if kind == "zeros":
            x[rng.random(x.shape) < 0.25] = 0
            y[rng.random(y.shape) < 0.25] = 0
        if kind == "bad-scale":
            x, y = x * 10.0 ** rng.integers(-6, 7, m), y * 10.0 ** rng.integers(-6, 7, s)
        if kind == "growth":
            x, y = x * 10.0 ** np.arange(p)[:, None, None], y * 30.0 ** np.arange(p)[:, None, None]
        missing = rng.random((p, n)) < 0.2 if kind == "missing" else np.zeros((p, n), bool)
        yield x, y, missing


def score(own_x, own_y, x, y, orientation, returns):
    """1 / phi or theta of (own_x, own_y) against (x, y); None where there is none. Columns are scaled by what is judged."""
    m, n = len(own_x), len(x)
    top_x = np.where(own_x > 0, own_x, np.maximum(x.max(0), 1e-300))
    top_y = np.where(own_y > 0, own_y, np.maximum(y.max(0), 1e-300))
    x, y, own_x, own_y = x / top_x, y / top_y, own_x / top_x, own_y / top_y
    cost = np.zeros(n + 1)
    if orientation == "input" or returns == "crs":
        cost[n] = 1
        rows = np.vstack([np.hstack([x.T, -own_x[:, None]]), np.hstack([-y.T, np.zeros((len(own_y), 1))])])
        bound = np.hstack([np.zeros(m), -own_y])
    else:
        cost[n] = -1
        rows = np.vstack([np.hstack([x.T, np.zeros((m, 1))]), np.hstack([-y.T, own_y[:, None]])])
        bound = np.hstack([own_x, np.zeros(len(own_y))])
    equal = (np.hstack([np.ones(n), 0])[None, :], np.ones(1)) if returns == "vrs" else (None, None)
    done = linprog(cost, rows, bound, *equal, method="highs",
                   options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10})
    if done.status == 2:
        return None
    assert done.status == 0, done.message
    return done.x[n] if cost[n] > 0 else 1 / done.x[n]


def expected(x, y, missing, orientation):
    for p in range(len(x) - 1):
        sets = [np.flatnonzero(~missing[q] & (x[q].max(1) > 0)) for q in (p, p + 1)]
        for u in range(len(x[0])):
            if missing[p, u] or missing[p + 1, u]:
                yield "missing", {}
            elif x[p, u].max() == 0 or x[p + 1, u].max() == 0:
                yield "no-inputs", {}
            elif y[p, u].max() == 0 or y[p + 1, u].max() == 0:
                yield "no-outputs", {}
            else:
                def d(judged, reference, returns):
                    members = sets[reference]
                    return score(x[p + judged, u], y[p + judged, u], x[p + reference, members], y[p + reference, members],
                                 orientation, returns)
                own, later, to_by_from, from_by_to = d(0, 0, "crs"), d(1, 1, "crs"), d(1, 0, "crs"), d(0, 1, "crs")
                vrs_from, vrs_to = d(0, 0, "vrs"), d(1, 1, "vrs")
                effch, pech = later / own, vrs_to / vrs_from
                found = {"effch": effch, "pech": pech, "sech": effch / pech, "from_by_from": own, "to_by_to": later,
                         "vrs_from": vrs_from, "vrs_to": vrs_to}
                if to_by_from is None or from_by_to is None:
                    yield "infeasible", found
                    continue
                techch = math.sqrt(to_by_from / later * own / from_by_to)
                yield "defined", {**found, "techch": techch, "tfpch": effch * techch, "to_by_from": to_by_from,
                                  "from_by_to": from_by_to}


def solve(problems, orientation):
    text = ""
    for x, y, missing in problems:
        text += f"{orientation} {len(x)} {len(x[0])} {x.shape[2]} {y.shape[2]}\n"
        rows = np.concatenate([np.where(missing[..., None], -1.0, x), y], axis=2).reshape(-1, x.shape[2] + y.shape[2])
        text += "\n".join(" ".join(repr(float(v)) for v in row) for row in rows) + "\n"
    done = subprocess.run([DRIVER], input=text, capture_output=True, text=True, timeout=120, check=True)
    answers, rows = [], []
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "end":
            assert float(words[1]) <= 1e-9
            answers.append(rows)
            rows = []
        else:
            rows.append((words[0], dict(zip(NAMES, map(float, words[1:])))))
    assert len(answers) == len(problems)
    return answers


@pytest.mark.parametrize("orientation", ("output", "input"))
@pytest.mark.parametrize("kind", KINDS)
def test_indices(kind, orientation):
    problems = list(panels(kind, 4, 20 + KINDS.index(kind)))
    seen = set()
    for (x, y, missing), rows in zip(problems, solve(problems, orientation)):
        wanted = list(expected(x, y, missing, orientation))
        assert len(rows) == len(wanted)
        for (state, numbers), (wanted_state, wanted_numbers) in zip(rows, wanted):
            assert state == wanted_state
            seen.add(state)
            for name in NAMES:
                if name in wanted_numbers:
                    assert numbers[name] == pytest.approx(wanted_numbers[name], rel=2e-8), name
                elif state != "infeasible" and name in NAMES[:5]:
                    assert math.isnan(numbers[name]), name
    assert kind != "zeros" or "infeasible" in seen
