"""Efficiency on many units: beside scipy's HiGHS, beside our own path through GLPK, with two threads, and how it grows."""

import array
import math
import os
import random
import subprocess
import time

from service import pairs

SAME = 1e-9  # what two solvers' scores may differ by


def ours(bench, kind, n, runs, path):
    done = subprocess.run([bench.tool("bench/analytics"), kind, str(n), str(runs), path],
                          capture_output=True, text=True, check=True)
    return pairs(done.stdout)


def read_doubles(path):
    values = array.array("d")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def units_chosen(n, units):
    """Some of all n, by chance, the same in every run."""
    return sorted(random.Random(n).sample(range(n), units))


def largest_difference(ours, theirs):
    """As a share of theirs where that is above 1. Where one of them is no number, this is none either, and reaches no target."""
    differences = [abs(a - b) / max(1, abs(b)) for a, b in zip(ours, theirs, strict=True)]
    return math.nan if any(map(math.isnan, differences)) else max(differences)


def target_same(bench, what, worst):
    bench.target(f"{what} differ by at most {SAME:.0e}: {worst:.0e}", worst <= SAME)


def scipy_seconds(path, n, units):
    """scipy's HiGHS for the VRS scores alone, no slacks: seconds for all by those of the units, and the largest difference."""
    import numpy
    from scipy.optimize import linprog
    values = numpy.array(read_doubles(path))
    data, scores = values[:5 * n].reshape(n, 5), values[5 * n:].reshape(n, 2)
    found, goal = [], numpy.zeros(n + 1)
    goal[0] = -1
    began = time.process_time()
    above, convex = numpy.hstack([numpy.zeros((3, 1)), data[:, :3].T]), numpy.hstack([[0.0], numpy.ones(n)]).reshape(1, n + 1)
    for unit in units:
        below = numpy.hstack([data[unit, 3:].reshape(2, 1), -data[:, 3:].T])
        solved = linprog(goal, A_ub=numpy.vstack([above, below]), b_ub=numpy.concatenate([data[unit, :3], numpy.zeros(2)]),
                         A_eq=convex, b_eq=[1.0], method="highs")
        found.append(math.nan if solved.status != 0 else -1 / solved.fun)
    return (time.process_time() - began) * n / len(units), largest_difference(scores[units, 1], found)


def measure_frontier(bench):
    try:
        import scipy
        theirs = f"scipy {scipy.__version__}"
    except ImportError:
        theirs = None
    path = os.path.join(bench.memory, "data")
    small, middle, large = bench.scale.frontier
    compared = min(small, bench.scale.compared_units)
    rows, times = [], {}
    for n in (small, middle, large):
        alone = ours(bench, "efficiency", n, 3 if n < large else 1, path)
        pair = ours(bench, "efficiency-pair", n, 3 if n < large else 1, path)
        times[n] = alone["cpu_s"]
        row = [f"{n:,}", f"{alone['cpu_s'] * 1000:.0f}", f"{alone['wall_s'] / pair['wall_s']:.2f}"]
        if n == large:
            bench.target(f"efficiency, n = {large:,}: two threads take at most 1 / 1.7 of the time of one, both by the clock: "
                         f"{alone['wall_s'] / pair['wall_s']:.2f}", alone["wall_s"] >= 1.7 * pair["wall_s"])
            rows.append(row + [""] * (6 if theirs else 3))
            continue
        glpk = ours(bench, "efficiency-glpk", n, 1, path)["cpu_s"]
        by_glpk = read_doubles(path)[5 * n:]
        ours(bench, "efficiency", n, 1, path)
        apart = largest_difference(read_doubles(path)[5 * n:], by_glpk)
        row += [f"{glpk * 1000:,.0f}", f"{glpk / times[n]:.0f}", f"{apart:.0e}"]
        target_same(bench, f"efficiency, n = {n:,}: the CRS and VRS scores of all units by our solver and by GLPK", apart)
        bench.target(f"efficiency, n = {n:,}: at least 15 times faster than our own path through GLPK: {glpk / times[n]:.0f}",
                     glpk >= 15 * times[n])
        if theirs is not None:
            other, worst = scipy_seconds(path, n, units_chosen(n, compared))
            target_same(bench, f"efficiency, n = {n:,}: the VRS scores of {compared} units chosen by chance, ours and HiGHS's", worst)
            wanted = 40 if n == small else 60
            row += [f"{other * 1000:,.0f}", f"{other / times[n]:.0f}", f"{worst:.0e}"]
            bench.target(f"efficiency, n = {n:,}, all of it: at least {wanted} times faster than HiGHS finds VRS scores alone: "
                         f"{other / times[n]:.0f}", other >= wanted * times[n])
        rows.append(row)
    bench.target(f"efficiency, n = {large:,}: at most 12 times the time of n = {middle:,}: {times[large] / times[middle]:.1f}",
                 times[large] <= 12 * times[middle])
    bench.say("## Efficiency of many units, called as a function")
    bench.say()
    bench.say("3 inputs, 2 outputs, output orientation: CRS and VRS scores, multi-stage slacks, peers and certificates over all units, "
              "processor time of one thread; how much sooner two threads are done, by the clock; the same with every program solved "
              "by GLPK, and the largest difference of any unit's CRS and VRS scores between the two" +
              (f"; the VRS scores alone by a loop of {theirs} (HiGHS): {compared} units chosen by chance among all, always the same ones, each "
               "beside all units, their time scaled to all; its difference is the largest of those units' VRS scores." if theirs else "."))
    bench.say()
    bench.table(["n", "ms", "two threads, times", "GLPK ms", "times", "largest difference"] +
                (["scipy ms", "times", "largest difference"] if theirs else []), rows)
