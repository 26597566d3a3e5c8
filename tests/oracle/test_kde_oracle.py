"""Density estimation against other programs: numpy sums with math.fsum, scipy and the
reference cases (tests/reference/kde). The driver is a thin program around analytics/kde/kde.h."""

import json
import math
import os
import pathlib
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from scipy import signal, stats

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TALLYSTICK_BUILD", "build/release")
DRIVER = BUILD / "tests/oracle/kde_driver"
CASES = sorted(path.name for path in (ROOT / "tests/reference/kde").iterdir())
KERNELS = ["gaussian", "epanechnikov", "triangular", "uniform", "biweight", "triweight",
           "cosine", "optcosine"]
# The names under which the reference cases know our kernels.
ALIASES = {"rectangular": "uniform", "cosinus": "optcosine"}

assert DRIVER.exists(), f"{DRIVER} is not built: make oracles"


def run(values, weights=None, **options):
    """One estimate: {name: number, list or text}."""
    lines = []
    for name in ("kernel", "convention", "rule", "bandwidth", "adjust", "grid", "cover"):
        if name in options:
            value = options[name]
            lines.append(f"{name} " + (value if isinstance(value, str) else
                                       " ".join(repr(float(v)) if not isinstance(v, int) else str(v)
                                                for v in np.atleast_1d(np.array(value, dtype=object)))))
    lines.append(f"{'values' if weights is None else 'weighted'} {len(values)}")
    columns = [values] if weights is None else [values, weights]
    lines += [" ".join(repr(float(v)) for v in row) for row in zip(*columns)]
    done = subprocess.run([DRIVER], input="\n".join(lines) + "\n", text=True, timeout=60,
                          capture_output=True, check=True)
    answer = {"modes": []}
    for line in done.stdout.splitlines():
        name, *rest = line.split()
        if name == "mode":
            answer["modes"].append([float(v) for v in rest])
        elif name in ("fault", "warnings", "method"):
            answer[name] = rest
        elif name in ("density", "grid", "quartiles"):
            answer[name] = np.array([float(v) for v in rest])
        elif name == "modes":
            answer["mode_count"] = int(rest[0])
        else:
            answer[name] = float(rest[0])
    return answer


def load(case):
    folder = ROOT / "tests/reference/kde" / case
    values = [float(line) for line in (folder / "data.csv").read_text().split()[1:]]
    return values, json.loads((folder / "expected.json").read_text())


def kernel_value(kernel, u):
    """K(u), straight from the textbook; u in scales."""
    if kernel == "gaussian":
        return np.exp(-u * u / 2) / math.sqrt(2 * math.pi)
    inside = np.abs(u) < 1
    return np.where(inside, {
        "epanechnikov": lambda: 0.75 * (1 - u * u),
        "triangular": lambda: 1 - np.abs(u),
        "uniform": lambda: 0.5 + 0 * u,
        "biweight": lambda: 15 / 16 * (1 - u * u) ** 2,
        "triweight": lambda: 35 / 32 * (1 - u * u) ** 3,
        "cosine": lambda: (1 + np.cos(np.pi * u)) / 2,
        "optcosine": lambda: np.pi / 4 * np.cos(np.pi * u / 2),
    }[kernel](), 0.0)


def direct(kernel, values, scale, places, weights=None):
    """The sum itself, each place added up without rounding by math.fsum."""
    values = np.asarray(values, dtype=float)
    w = np.full(len(values), 1.0) if weights is None else np.asarray(weights, dtype=float)
    total = math.fsum(w.tolist())

    def at(x):
        terms = w * kernel_value(kernel, (x - values) / scale)
        return math.fsum(terms[terms != 0].tolist())  # most are nought
    return np.array([at(x) / (total * scale) for x in places])


def close(found, wanted, tolerance):
    peak = np.max(np.abs(wanted))
    worst = np.max(np.abs(np.asarray(found) - np.asarray(wanted))) / peak
    assert worst <= tolerance, f"off by {worst:.3g} of the peak"


@pytest.mark.parametrize("case", CASES)
def test_reference_summary_and_rules(case):
    values, expected = load(case)
    if expected["n"] < 2:
        assert run(values, cover=(3.0, 16))["fault"][0] == "few_values"
        return
    if expected["summary"]["sd_n_minus_1"] == 0:
        assert run(values, cover=(3.0, 16))["fault"][0] == "no_spread"
        return
    found = run(values, cover=(3.0, 512))
    summary = expected["summary"]
    assert found["mean"] == pytest.approx(summary["mean"], rel=1e-14)
    assert found["sd"] == pytest.approx(summary["sd_n_minus_1"], rel=1e-14)
    assert found["quartiles"] == pytest.approx(summary["quartiles_type7"][::2], rel=1e-15)
    assert (found["min"], found["max"]) == (summary["min"], summary["max"])
    assert found["bandwidth"] == pytest.approx(expected["bandwidth"]["nrd0"], rel=1e-13)
    scott = run(values, rule="scott", cover=(3.0, 512))
    if expected["bandwidth"]["nrd"] > 0:
        assert scott["bandwidth"] == pytest.approx(expected["bandwidth"]["nrd"], rel=1e-13)
    else:
        # R answers 0 where the interquartile range is 0; we fall back to s and say so.
        assert "iqr_zero" in scott["warnings"] and "iqr_zero" in found["warnings"]
        assert scott["bandwidth"] == pytest.approx(1.06 * found["sd"] * len(values) ** -0.2)


# All but the sample of one value, which has no density.
@pytest.mark.parametrize("case", [case for case in CASES if "grid" in load(case)[1]])
def test_reference_densities(case):
    values, expected = load(case)
    grid = (expected["grid"]["from_"], expected["grid"]["to"], expected["grid"]["points"])
    sd = expected["density_h_is_kernel_sd"]
    for name, wanted in sd["kernels"].items():
        kernel = ALIASES.get(name, name)
        found = run(values, kernel=kernel, bandwidth=sd["bandwidth"], grid=grid)
        close(found["density"], wanted, 1e-12)
        assert found["integral"] == pytest.approx(expected["integral_trapezoid_of_grid"][name],
                                                  rel=1e-12)
    half = expected["density_h_is_half_width"]
    for name, wanted in half["kernels"].items():
        kernel = ALIASES.get(name, name)
        found = run(values, kernel=kernel, convention="half-width",
                    bandwidth=half["bandwidths"][name], grid=grid)
        close(found["density"], wanted, 1e-12)


# Where all values are equal no rule gives a bandwidth.
@pytest.mark.parametrize("case", [case for case in CASES
                                  if "grid" in load(case)[1] and load(case)[1]["summary"]["sd_n_minus_1"] > 0])
def test_reference_eviews_rule(case):
    values, expected = load(case)
    grid = (expected["grid"]["from_"], expected["grid"]["to"], expected["grid"]["points"])
    half = expected["density_h_is_half_width"]
    for name, wanted in half["kernels"].items():
        kernel = ALIASES.get(name, name)
        found = run(values, kernel=kernel, convention="half-width", rule="eviews", grid=grid)
        assert found["bandwidth"] == pytest.approx(half["bandwidths"][name], rel=1e-13)
        close(found["density"], wanted, 1e-11 if kernel == "uniform" else 1e-12)
        told_as_sd = run(values, kernel=kernel, rule="eviews", grid=grid)
        assert told_as_sd["scale"] == found["scale"]


@pytest.mark.parametrize("case", CASES)
def test_reference_modes(case):
    values, expected = load(case)
    for block in (expected.get("modes_gaussian_h_is_sd") or {}).values():
        found = run(values, bandwidth=block["bandwidth"], cover=(3.0, 64))
        assert found["mode_count"] == block["count"]
        for mode, wanted in zip(found["modes"], block["modes"]):
            assert mode[0] == pytest.approx(wanted["position"], abs=1e-9)
            assert mode[1] == pytest.approx(wanted["height"], rel=1e-12)
            assert mode[2] == pytest.approx(wanted["prominence"], rel=1e-9)
            assert mode[3] == pytest.approx(wanted["width_half_prominence"], rel=1e-7)
            assert mode[4] == pytest.approx(wanted["left_hp"], abs=1e-7)
            assert mode[5] == pytest.approx(wanted["right_hp"], abs=1e-7)
        highest = max(mode["height"] for mode in block["modes"])
        assert found["peaks"] == sum(mode["prominence"] >= 0.1 * highest for mode in block["modes"])


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n", [1, 2, 9, 31, 400])
def test_random_samples_against_direct_sums(kernel, n):
    random = np.random.default_rng(n)
    values = np.round(random.gamma(3.0, 20.0, n) - 30, 3)
    weights = random.random(n) * (random.random(n) < 0.8)
    weights[0] = 1.0
    for w in (None, weights):
        for bandwidth in (0.37, 11.0, 200.0):
            found = run(values, w, kernel=kernel, convention="half-width", bandwidth=bandwidth,
                        cover=(3.0, 129))
            places = np.linspace(found["grid"][0], found["grid"][1], 129)
            close(found["density"], direct(kernel, values, bandwidth, places, w), 1e-12)
            if w is not None:
                assert found["weighted_mean"] == pytest.approx(np.average(values, weights=w))
                assert found["effective_n"] == pytest.approx(w.sum() ** 2 / (w * w).sum())


def test_scipy_gaussian_kde():
    random = np.random.default_rng(7)
    values = random.normal(50, 9, 120)
    weights = random.integers(1, 9, 120)
    for w in (None, weights):
        other = stats.gaussian_kde(values, weights=w)
        h = math.sqrt(other.covariance[0, 0])
        found = run(values, w, bandwidth=h, cover=(3.0, 256))
        places = np.linspace(found["grid"][0], found["grid"][1], 256)
        close(found["density"], other(places), 1e-11)


@pytest.mark.parametrize("kernel", KERNELS)
def test_modes_against_a_dense_grid(kernel):
    """scipy's find_peaks on 200,001 places sees the modes that we find, and no more prominent
    one that we do not."""
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(0, 1, 14), random.normal(7, 1.5, 17)])
    h = 0.8
    found = run(values, kernel=kernel, convention="half-width" if kernel != "gaussian" else "sd",
                bandwidth=h * (1 if kernel == "gaussian" else 2.3), cover=(4.0, 64))
    low, high = values.min() - 10, values.max() + 10
    places = np.linspace(low, high, 200001)
    curve = np.zeros_like(places)
    for value in values:
        curve += kernel_value(kernel, (places - value) / found["scale"])
    curve = np.round(curve / (len(values) * found["scale"]), 13)  # equal stairs are equal
    tops, facts = signal.find_peaks(curve, prominence=1e-5 * curve.max(), plateau_size=0)
    ours = [mode for mode in found["modes"] if mode[2] > 1.1e-5 * curve.max()]
    assert len(ours) == len(tops)
    step = places[1] - places[0]
    # A stair may lie at the very level of half prominence: it counts as fallen to.
    widths = signal.peak_widths(curve, tops, 0.5 - 1e-9)
    for mode, top, prominence, width in zip(ours, tops, facts["prominences"], widths[0]):
        assert mode[0] == pytest.approx(places[top], abs=3 * step)
        assert mode[1] == pytest.approx(curve[top], rel=1e-5 if kernel == "triangular" else 1e-7)
        assert mode[2] == pytest.approx(prominence, rel=1e-3, abs=1e-7)
        assert mode[3] == pytest.approx(width * step, abs=5 * step, rel=2e-2)


@pytest.mark.parametrize("kernel", KERNELS)
def test_large_samples(kernel):
    """Above 20,000 values nodes stand for the sample; the error stays far below the promise."""
    random = np.random.default_rng(11)
    n = 100_000
    values = np.concatenate([random.normal(0, 1, n // 2), random.normal(4, 0.7, n // 2)])
    found = run(values, kernel=kernel, cover=(3.0, 65))
    places = np.linspace(found["grid"][0], found["grid"][1], 65)
    assert found["method"] == ["exact" if kernel == "uniform" else "binned"]
    close(found["density"], direct(kernel, values, found["scale"], places), 5e-7)
    assert found["quartiles"] == pytest.approx(np.quantile(values, [0.25, 0.75]), rel=1e-13)
    assert found["sd"] == pytest.approx(values.std(ddof=1), rel=1e-12)


def test_large_sample_of_ties():
    """Ties defeat linear binning, whose errors then do not average out; cubic nodes hold."""
    random = np.random.default_rng(5)
    values = np.round(random.normal(0, 1, 50_000), 1) + 0.0123
    found = run(values, bandwidth=0.1, cover=(3.0, 101))
    places = np.linspace(found["grid"][0], found["grid"][1], 101)
    assert found["method"] == ["binned"]
    close(found["density"], direct("gaussian", values, 0.1, places), 2e-7)


def test_large_sample_with_an_outlier_is_summed_itself():
    values = np.concatenate([np.random.default_rng(2).normal(0, 1, 30_000), [1e9]])
    found = run(values, bandwidth=0.1, grid=(-4.0, 4.0, 101))
    assert found["method"] == ["exact"]
    close(found["density"], direct("gaussian", values, 0.1, np.linspace(-4, 4, 101)), 1e-12)
    assert "grid_cuts" in found["warnings"]


def exact_root(square):
    """The root of a fraction as the nearest double, or one beside it."""
    shift = 2 * max(0, 600 - (square.numerator.bit_length() - square.denominator.bit_length()) // 2)
    return math.ldexp(math.isqrt(int(square * 2**shift) >> 480), 240 - shift // 2) if square else 0.0


@pytest.mark.parametrize("power", [0, -300, -398, -399, -400, -410, -500, -530, -600, -900, -1000])
@pytest.mark.parametrize("n", [2, 31, 300])
def test_sd_of_small_values(n, power):
    """By fractions, with a bandwidth given: squares of deviations of about 1e-160 are below the smallest of doubles."""
    rng = np.random.default_rng(n - power)
    for centre in (0, math.ldexp(1, power + 3), 1.0):
        values = [centre + math.ldexp(float(v), power) for v in rng.normal(0, 1, n)]
        if min(values) == max(values):
            continue
        exact = [Fraction(v) for v in values]
        mean = sum(exact) / n
        answer = run(values, bandwidth=0.5, grid=[-1.0, 2.0, 3])
        assert answer["sd"] == pytest.approx(exact_root(sum((v - mean) ** 2 for v in exact) / (n - 1)), rel=1e-13, abs=0)
        assert answer["mean"] == pytest.approx(float(mean), rel=1e-13, abs=float(max(exact) - min(exact)) * 1e-14)


def test_sd_of_the_smallest_doubles():
    """Multiples of the very smallest: exact up to the last of its bits."""
    least = math.ldexp(1, -1074)
    answer = run([least, 3 * least, 1001 * least, 5 * least], bandwidth=1, grid=[-1.0, 1.0, 3])
    assert answer["sd"] == pytest.approx(np.std([1, 3, 1001, 5], ddof=1) * least, rel=1e-2, abs=0) and answer["mean"] in (252 * least, 253 * least)
