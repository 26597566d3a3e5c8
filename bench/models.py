"""The models of efficiency beside the radial one: with the frame and without, by GLPK, by two threads, and one beside HiGHS."""

import math
import os
import time

from frontier import largest_difference, ours, read_doubles, target_same, units_chosen

KINDS = ["super", "sbm", "additive", "directional", "cross", "cost", "fixed", "restricted", "outliers", "malmquist"]


def scipy_additive(path, n, units):
    """scipy's HiGHS for the additive model's scores alone: seconds for all by those of the units, and the largest difference."""
    import numpy
    from scipy.optimize import linprog
    values = numpy.array(read_doubles(path))
    data, scores = values[:5 * n].reshape(n, 5), values[5 * n:]
    goal = numpy.concatenate([numpy.zeros(n), -numpy.ones(5)])
    slacks = numpy.diag([1.0, 1, 1, -1, -1])
    rows = numpy.vstack([numpy.hstack([data.T, slacks]), numpy.concatenate([numpy.ones(n), numpy.zeros(5)])])
    found, began = [], time.process_time()
    for unit in units:
        solved = linprog(goal, A_eq=rows, b_eq=numpy.append(data[unit], 1.0), method="highs")
        found.append(math.nan if solved.status != 0 else -solved.fun)
    return (time.process_time() - began) * n / len(units), largest_difference(scores[units], found)


def measure_models(bench):
    path = os.path.join(bench.memory, "data")
    n, few = bench.scale.models
    rows, taken = [], {}
    for kind in KINDS:
        framed, pair, whole = (ours(bench, kind + ending, n, 1, path) for ending in ("", "-pair", "-frameless"))
        small, glpk = (ours(bench, kind + ending, few, 1, path)["cpu_s"] for ending in ("", "-glpk"))
        taken[kind] = framed["cpu_s"]
        rows.append([kind, f"{framed['cpu_s'] * 1000:.0f}", f"{whole['cpu_s'] / framed['cpu_s']:.1f}", f"{framed['wall_s'] / pair['wall_s']:.2f}",
                     f"{small * 1000:.0f}", f"{glpk / small:.0f}"])
    bench.say("## Other models of efficiency, called as functions")
    bench.say()
    bench.say(f"{n:,} units made up as before, variable returns (cross: constant), scores, slacks, peers and proofs over all units; cost with "
              "the prices 1, 2, 3; fixed: radial with an input that cannot be changed; restricted: radial with a limit on two inputs' weights; outliers: the scores and leave-one-out; malmquist: as many "
              "units in each of two periods. Processor time of one thread, what it is times without the frame, how much sooner two threads "
              f"are done by the clock; {few:,} units, and what they are times with every program solved by GLPK.")
    bench.say()
    bench.table(["", f"{n:,}: ms", "frameless, times", "two threads, times", f"{few:,}: ms", "GLPK, times"], rows)
    plain = ours(bench, "efficiency", n, 1, path)["cpu_s"]
    bench.say("The radial model with a fixed input, which asks four frontiers for the kind of returns, takes "
              f"{taken['fixed'] / plain:.1f} times the plain one's time, with restrictions {taken['restricted'] / plain:.1f} times.")
    bench.say()
    try:
        import scipy
    except ImportError:
        return
    mine = ours(bench, "additive", n, 1, path)["cpu_s"]
    compared = min(n, bench.scale.compared_units)
    other, worst = scipy_additive(path, n, units_chosen(n, compared))
    target_same(bench, f"additive model, n = {n:,}: the scores of {compared} units chosen by chance, ours and HiGHS's", worst)
    bench.say(f"The additive model's scores alone by a loop of scipy {scipy.__version__} (HiGHS), scaled from {compared} units chosen by chance among all, "
              f"always the same ones: {other * 1000:,.0f} ms, {other / mine:.0f} times ours of all of it; largest difference of those units' scores "
              f"{worst:.0e}.")
    bench.say()
