"""Efficiency scores of analytics/dea/dea.c against a simplex in fractions, on data of wide span.

A score that is given must be right as a share of itself, however small; where no proof was found there is no score, and
that must stay rare. The seed is printed; TALLYSTICK_SEED repeats a run.
"""

import collections
import os
import pathlib
import random
import secrets
import subprocess
from fractions import Fraction

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release"))
DRIVER = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/oracle/dea_driver"

RELATIVE = Fraction(1, 10**7)
SPANS = (1, 2, 3, 4, 5)
KINDS = ("free", "sizes", "zeros")
PROBLEMS = 40  # of each span and kind
UNCERTIFIED = {1: 0, 2: 0, 3: 0.005, 4: 0.03, 5: 0.05}  # at most, of the units, by span

Scores = collections.namedtuple("Scores", "crs output input")
Unit = collections.namedtuple("Unit", "state crs vrs efficiency")


# --------------------------------------------------------------------------------------------------------- the oracle


def simplex(rows, bound, gain):
    """The largest gain . x with rows x <= bound and x >= 0, where bound >= 0; Bland's rule, so that it ends."""
    count, width = len(rows), len(gain)
    table = [row + [Fraction(a == b) for b in range(count)] + [bound[a]] for a, row in enumerate(rows)]
    last = [-value for value in gain] + [Fraction(0)] * (count + 1)
    basis = list(range(width, width + count))
    while True:
        enter = next((j for j in range(width + count) if last[j] < 0), None)
        if enter is None:
            return last[-1]
        leave = min((row[-1] / row[enter], basis[i], i) for i, row in enumerate(table) if row[enter] > 0)[2]
        pivot = table[leave][enter]
        table[leave] = [value / pivot for value in table[leave]]
        for i in range(count):
            if i != leave and table[i][enter]:
                table[i] = subtract(table[i], table[i][enter], table[leave])
        last = subtract(last, last[enter], table[leave])
        basis[leave] = enter


def subtract(row, factor, other):
    return [a - factor * b if b else a for a, b in zip(row, other)]


def exact_scores(inputs, outputs, o):
    """The programs of dea.h. Under VRS lambda_o is what the others leave of 1, which makes 0 a feasible start."""
    x, y = ([[Fraction(value) for value in row] for row in rows] for rows in (inputs, outputs))
    zero, one, units = Fraction(0), Fraction(1), range(len(x))
    m, s = len(x[0]), len(y[0])
    use = [[x[k][i] for k in units] for i in range(m)]
    make = [[-y[k][r] for k in units] for r in range(s)]
    more = [[x[k][i] - x[o][i] for k in units] for i in range(m)]
    less = [[y[o][r] - y[k][r] for k in units] for r in range(s)]
    gain = [one] + [zero] * len(x)
    convex = [[zero] + [one] * len(x)]
    phi = simplex([[zero] + row for row in use] + [[y[o][r]] + make[r] for r in range(s)], x[o] + [zero] * s, gain)
    still = [[zero] + row for row in more] + [[y[o][r]] + less[r] for r in range(s)] + convex
    phi_convex = simplex(still, [zero] * m + y[o] + [one], gain)
    moved = [[x[o][i]] + more[i] for i in range(m)] + [[zero] + row for row in less] + convex
    spared = simplex(moved, [zero] * (m + s) + [one], gain)
    return Scores(1 / phi, 1 / phi_convex, 1 - spared)


# ------------------------------------------------------------------------------------------------------- the problems


def data_make(kind, span, rng):
    n, m, s = rng.randint(2, 8), rng.randint(1, 3), rng.randint(1, 3)
    rows = []
    for _ in range(n):
        size = 10 ** rng.uniform(-span, span)
        row = [size * rng.uniform(0.5, 5) if kind == "sizes" else 10 ** rng.uniform(-span, span) for _ in range(m + s)]
        if kind == "zeros":
            row = [0.0 if rng.random() < 0.25 else value for value in row]
            row[0] = row[0] if any(row[:m]) else size
            row[m] = row[m] if any(row[m:]) else size
        rows.append(row)
    return [row[:m] for row in rows], [row[m:] for row in rows]


def solve(problems, orientation, slacks="none", frontier="crs", proofs=False):
    """Runs all problems through one process; returns for each its Units and the largest gap, with proofs its Units, their and its certificates."""
    assert DRIVER.exists(), f"{DRIVER} is missing; `make oracles` builds it"
    text = ["set weights on"] if proofs else []
    for inputs, outputs in problems:
        text.append(f"{orientation} {slacks} {frontier} {len(inputs)} {len(inputs[0])} {len(outputs[0])}")
        text += [" ".join(repr(value) for value in x + y) for x, y in zip(inputs, outputs)]
    done = subprocess.run([DRIVER], input="\n".join(text) + "\n", capture_output=True, text=True, timeout=300, check=True)
    answers, units, proof = [], [], []
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "unit":
            units.append(Unit(words[2], float(words[3]), float(words[4]), words[10]))
        elif words[0] == "proof":
            proof.append([float(word) for word in words[1:]])
        elif words[0] == "certificate":
            answers.append((units, proof, [float(word) for word in words[1:7]]) if proofs else (units, max(float(word) for word in words[1:4])))
            units, proof = [], []
    assert len(answers) == len(problems)
    return answers


@pytest.fixture(scope="module")
def seed():
    value = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={value}")
    return value


def is_right(given, exact):
    return abs(Fraction(given) - exact) <= RELATIVE * exact


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("kind", KINDS)
def test_given_scores_are_right(kind, span, seed):
    rng = random.Random(f"{seed} {kind} {span}")
    problems = [data_make(kind, span, rng) for _ in range(PROBLEMS)]
    exact = [[exact_scores(x, y, o) for o in range(len(x))] for x, y in problems]
    for slacks, frontier in (("none", "crs"), ("multi-stage", "vrs"), ("two-stage", "vrs")):
        found = {way: solve(problems, way, slacks, frontier) for way in ("output", "input")}
        units = missing = 0
        for k, (x, y) in enumerate(problems):
            for o, scores in enumerate(exact[k]):
                output, intake = found["output"][k][0][o], found["input"][k][0][o]
                place = f"TALLYSTICK_SEED={seed} {slacks} {frontier} unit {o} of {x} {y}"
                units += 2
                for unit, vrs in ((output, scores.output), (intake, scores.input)):
                    assert unit.state in ("scored", "uncertified"), place
                    if unit.state == "uncertified":
                        missing += 1
                        continue
                    assert is_right(unit.crs, scores.crs) and is_right(unit.vrs, vrs), f"{place}: {unit} for {scores}"
                if output.state == intake.state == "scored":
                    assert output.crs == pytest.approx(intake.crs, rel=2e-9, abs=0), place
        assert missing <= UNCERTIFIED[span] * units + 1, f"TALLYSTICK_SEED={seed}: {missing} of {units} without proof"
        assert max(gap for answers in found.values() for _, gap in answers) <= 1e-9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["output", "input"])
def test_a_units_certificate_bounds_its_error(kind, way, seed):
    """How far its scores are from the exact ones, in fractions of the data as given, is no more than the unit's own certificate says, but for the
    last digits of a double and the 1e-12 within which a score is written as 1; that of all is the worst and the sum of the units'."""
    rng = random.Random(f"{seed} {kind} {way} certificates")
    problems = [data_make(kind, 1, rng) for _ in range(PROBLEMS // 2)]
    off = []
    for (x, y), (units, proofs, whole) in zip(problems, solve(problems, way, "multi-stage", "vrs", proofs=True), strict=True):
        assert len(units) == len(proofs) == len(x)
        for o, (unit, (primal, dual, gap, programs, _)) in enumerate(zip(units, proofs, strict=True)):
            place = f"TALLYSTICK_SEED={seed} unit {o} of {x} {y}"
            assert unit.state == "scored" and programs >= 2 and max(primal, dual, gap) <= 1e-9, place
            exact = exact_scores(x, y, o)
            room = Fraction(gap) + Fraction(primal) + Fraction(1, 10**15)
            for given, true in ((unit.crs, exact.crs), (unit.vrs, getattr(exact, way))):
                error = abs(Fraction(given) - true) / true
                assert error <= room or (given == 1 and error <= Fraction(1, 10**12)), f"{place}: {float(error)} beside {primal} {gap}"
                off.append(error > Fraction(1, 10**15))
        assert whole[:3] == [max(column) for column in list(zip(*proofs))[:3]] and whole[3:5] == [sum(column) for column in list(zip(*proofs))[3:]]
    assert off
