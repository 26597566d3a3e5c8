"""The dip and the critical bandwidth by definition: a linear program and plain curves in numpy, and what R found for
the reference cases (diptest; a search over curves)."""

import math
import subprocess

import numpy as np
import pytest
from scipy import optimize, stats

from test_kde_oracle import CASES, DRIVER, direct, load

DRAWN = [case for case in CASES if load(case)[1].get("dip_statistic_R_diptest") is not None and "grid" in load(case)[1]]


def ask(values, *words):
    """Lines of the driver by their first word, as lists of numbers."""
    lines = [*words, "bandwidth 1" if len(set(values)) < 2 else "rule silverman", "cover 3 16", f"values {len(values)}",
             *(repr(float(v)) for v in values)]
    done = subprocess.run([DRIVER], input="\n".join(lines) + "\n", text=True, timeout=60, capture_output=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        name, *rest = line.split()
        if name in ("dip", "critical", "below", "share", "scale"):
            found.setdefault(name, []).append([float(v) for v in rest])
    return found


@pytest.mark.parametrize("case", DRAWN)
def test_reference_dips_and_critical_bandwidths(case):
    values, expected = load(case)
    found = ask(values, "tests")
    statistic, p_value = found["dip"][0]
    assert statistic == pytest.approx(expected["dip_statistic_R_diptest"], rel=1e-12)
    assert p_value == pytest.approx(expected["dip_p_value_R_diptest"], abs=0.03)  # both are simulated
    if len(set(values)) > 1:
        assert found["critical"][0][0] == pytest.approx(expected["silverman_critical_bandwidth"]["1"], rel=5e-5)


def dip_by_program(values):
    """The least D such that a distribution function G, convex before a place and concave behind it (with a jump there
    at most), stays within D of the sample's: G's knots are the sample's places, the mode runs over them."""
    x, counts = np.unique(values, return_counts=True)
    k, n = len(x), len(values)
    after = np.cumsum(counts) / n
    before = after - counts / n
    best = math.inf
    for mode in range(k):
        # G at each place from the left and from the right: equal but at the mode, where it may jump; then D.
        rows, bounds = [], []

        def at(i, side):
            return i if i < mode or (i == mode and side == 0) else i + 1

        def bound(terms, limit):
            row = np.zeros(k + 2)
            for column, factor in terms:
                row[column] += factor
            rows.append(row)
            bounds.append(limit)

        for i in range(k):
            for side, target in ((0, before[i]), (1, after[i])):
                bound([(at(i, side), 1), (k + 1, -1)], target)
                bound([(at(i, side), -1), (k + 1, -1)], -target)
        for i in range(1, k - 1):
            if i + 1 <= mode:  # convex: slopes rise
                bound([(at(i, 0), 1 / (x[i] - x[i - 1]) + 1 / (x[i + 1] - x[i])), (at(i - 1, 1), -1 / (x[i] - x[i - 1])),
                       (at(i + 1, 0), -1 / (x[i + 1] - x[i]))], 0)
            if i - 1 >= mode:
                bound([(at(i, 0), -1 / (x[i] - x[i - 1]) - 1 / (x[i + 1] - x[i])), (at(i - 1, 1), 1 / (x[i] - x[i - 1])),
                       (at(i + 1, 0), 1 / (x[i + 1] - x[i]))], 0)
        for i in range(k):
            for side in (0, 1):
                if at(i, side) + 1 <= k:
                    bound([(at(i, side), 1), (at(i, side) + 1, -1)], 0)
        # The convex part begins at 0 and the concave one ends at 1: G may jump nowhere else, so it comes from 0 far away.
        goal = np.zeros(k + 2)
        goal[k + 1] = 1
        solved = optimize.linprog(goal, A_ub=np.array(rows), b_ub=np.array(bounds), bounds=[(0, 1)] * (k + 1) + [(0, 1)])
        best = min(best, solved.fun)
    return best


@pytest.mark.parametrize("seed", range(24))
def test_dips_by_linear_programs(seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(3, 14))
    values = [random.normal(size=n), random.uniform(size=n), random.normal(size=n) + 4 * random.integers(0, 2, n),
              random.integers(0, 5, n).astype(float)][seed % 4]
    if len(set(values)) < 2:
        values[0] += 1
    found = ask(list(values), "tests")["dip"][0][0]
    assert found == pytest.approx(max(dip_by_program(values), 0.5 / n), abs=1e-9)


def modes(values, h):
    places = np.linspace(min(values), max(values), 4001)
    slope = -(stats.norm.pdf((places[:, None] - values) / h) * (places[:, None] - values)).sum(axis=1)
    signs = np.sign(slope[abs(slope) > 1e-300])
    return int(((signs[:-1] > 0) & (signs[1:] < 0)).sum())


@pytest.mark.parametrize("seed", range(6))
def test_critical_bandwidths_part_one_mode_from_two(seed):
    random = np.random.default_rng(seed)
    values = random.normal(size=12) if seed % 2 else np.concatenate([random.normal(size=9), random.normal(5, 0.4, 5)])
    h = ask(list(values * 1e-60), "tests")["critical"][0][0] * 1e60
    assert modes(values, h * 1.0005) == 1 and modes(values, h * 0.998) > 1


PLACES, DRAWS, OURS = 200, 500, 500  # of a curve; samples drawn here; samples that an answer is made of


def is_one(samples, h):
    """Whether each sample's curve, a sum over all its values, has one mode at its bandwidth: f' changes its sign but once on a grid."""
    ends = samples.min(axis=1), samples.max(axis=1)
    apart = (np.linspace(*ends, PLACES, axis=1)[:, :, None] - samples[:, None, :]) / h[:, None, None]
    slope = -(np.exp(-apart**2 / 2) * apart).sum(axis=2)
    return ((slope[:, :-1] > 0) & (slope[:, 1:] <= 0)).sum(axis=1) <= 1


def critical_of(samples):
    """Each sample's critical bandwidth, by halves."""
    high = np.ptp(samples, axis=1)
    low = np.zeros(len(samples)) + high / 1000
    for _ in range(18):
        middle = (low + high) / 2
        one = is_one(samples, middle)
        low, high = np.where(one, low, middle), np.where(one, middle, high)
    return high


def ratio_at(level):
    """Hall and York 2001, equation 4.1: what the ratio of two critical bandwidths is compared with, by level."""
    return np.polyval([0.94029, -1.59914, 0.17695, 0.48971], level) / np.polyval([1, -1.77793, 0.36162, 0.42423], level)


def samples_of():
    random = np.random.default_rng(20010515)
    return {"precip": np.array(load("precip")[0]), "sample31": np.array(load("sample31")[0]), "normal": random.normal(size=40),
            "skewed": random.exponential(size=25), "flat": random.uniform(size=60),
            "two": np.concatenate([random.normal(size=25), random.normal(3.4, 1, 25)]), "far": np.concatenate([random.normal(size=15), random.normal(5, 1, 15)])}


SAMPLES = samples_of()


@pytest.mark.parametrize("name", SAMPLES)
def test_p_values_of_the_critical_bandwidth(name):
    """Both bootstraps again with other random numbers, sums over all values and modes counted on a grid. Two shares of so many samples
    differ by less than four of their standard errors, and by what the bandwidths are sought to."""
    values = SAMPLES[name]
    n, random = len(values), np.random.default_rng(len(values))
    h, p_value, calibrated = ask(list(values), "tests")["critical"][0]
    assert critical_of(values[None, :])[0] == pytest.approx(h, rel=1e-3)
    assert [round(p * (OURS + 1), 9) for p in (p_value, calibrated)] == [round(p * (OURS + 1)) for p in (p_value, calibrated)]
    assert min(p_value, calibrated) >= 1 / (OURS + 1)

    def apart(share, others):
        return 4 * math.sqrt(max(share * (1 - share), 0.002) * (1 / OURS + 1 / others)) + 1 / OURS

    drawn = random.choice(values, (DRAWS, n)) + h * random.normal(size=(DRAWS, n))
    shrunk = values.mean() + (drawn - values.mean()) / math.sqrt(1 + h * h / values.var())
    several = 1 - is_one(shrunk, np.full(DRAWS, h)).mean()
    assert p_value == pytest.approx(several, abs=apart(several, DRAWS) + 0.005)

    def beyond(level):
        """Modes grow fewer as the bandwidth grows, so a critical bandwidth is above where there are several."""
        return 1 - is_one(drawn, np.full(DRAWS, ratio_at(level) * h)).mean()

    sought = critical_of(drawn[:25])
    assert ((sought > 1.05 * h) == ~is_one(drawn[:25], np.full(25, 1.05 * h))).all()
    # At the level that is answered as many lie beyond as it says, so that it is just rejected; at clearly smaller ones it is not.
    assert calibrated < 1 and beyond(calibrated) == pytest.approx(calibrated, abs=apart(calibrated, DRAWS) + 0.01)
    assert all(beyond(level) >= level - apart(level, DRAWS) - 0.01 for level in (0.3 * calibrated, 0.7 * calibrated))


def test_p_values_are_no_finer_than_their_samples():
    """Two heaps, from which no sample of one mode is as far: one of the 501 is the sample itself."""
    found = ask([0.001 * i + 100 * (i % 2) for i in range(60)], "tests")["critical"][0]
    assert found[1:] == pytest.approx([1 / (OURS + 1)] * 2, rel=1e-12)


def test_tests_know_no_unit_and_no_order():
    values = np.array(load("sample31")[0])
    first = ask(list(values), "tests")
    for other in (values[::-1], values * 2.0**-300, values * 2.0**300):
        found = ask(list(other), "tests")
        assert found["dip"] == first["dip"]
        assert found["critical"][0][1:] == pytest.approx(first["critical"][0][1:], abs=0.011)
    assert ask(list(values), "tests") == first


def test_hard_samples():
    assert ask([1.0, 2.0], "tests")["dip"][0] == [0.25, 1.0]
    assert ask([0.0] * 50 + [1.0] * 50, "tests")["dip"][0][0] == 0.25
    lone = ask([0.0] * 30 + [1e150], "tests")
    assert lone["critical"][0][0] > 1e149


@pytest.mark.parametrize("kernel", ["gaussian", "epanechnikov", "triangular", "uniform", "biweight", "triweight", "cosine", "optcosine"])
def test_mass_and_quantiles(kernel):
    """The mass below is the integral of the curve, and quantiles are its inverse."""
    values = load("sample31")[0]
    at = [60.0, 68.11, 71.3, 90.0]
    found = ask(values, f"kernel {kernel}", *(f"below {x}" for x in at), *(f"share {p}" for p in (0.01, 0.5, 0.95)))
    scale = found["scale"][0][0]
    places = np.linspace(min(values) - 9 * scale, max(values) + 9 * scale, 200001)
    curve = direct(kernel, values, scale, places[::40])
    mass = np.concatenate([[0], np.cumsum((curve[1:] + curve[:-1]) / 2)]) * (places[40] - places[0])
    assert [row[0] for row in found["below"]] == pytest.approx(np.interp(at, places[::40], mass), abs=2e-4)
    shares = [row[0] for row in ask(values, f"kernel {kernel}", *(f"below {x[0]!r}" for x in found["share"]))["below"]]
    assert shares == pytest.approx([0.01, 0.5, 0.95], abs=1e-12)
