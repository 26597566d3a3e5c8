"""Curves with a boundary against the definitions: sums with the mirror image, and sums over logarithms carried back."""

import math

import numpy as np
import pytest
from scipy import integrate, signal

from test_kde_oracle import KERNELS, close, direct, kernel_value, run
from test_kde_tests import ask

SMOOTH = [kernel for kernel in KERNELS if kernel not in ("uniform", "triangular")]


def values_of(seed, n=40, lower=2.0):
    random = np.random.default_rng(seed)
    return lower + np.round(random.exponential(1.5, n), 3) + 0.001


def lines(kernel, boundary, lower):
    return f"kernel {kernel}", f"boundary {boundary}", f"lower {lower}"


def run_bounded(values, kernel, boundary, lower, **options):
    return run(values, rule=f"silverman\nboundary {boundary}\nlower {lower}", kernel=kernel, **options)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(3))
def test_reflection(kernel, seed):
    values = values_of(seed)
    found = run_bounded(values, kernel, "reflect", 2.0, grid=(1.5, 12.0, 1051))
    places = np.linspace(1.5, 12.0, 1051)
    scale = found["scale"]
    both = np.concatenate([values, 4.0 - values])
    wanted = np.where(places < 2.0, 0, 2 * direct(kernel, both, scale, places))
    near = 1e-12 if kernel != "uniform" else 1e-3  # a place within a rounding of a jump
    assert (abs(found["density"] - wanted) > near * wanted.max()).sum() <= (0 if kernel != "uniform" else 5)
    assert found["bandwidth"] == pytest.approx(run(values, cover=(3.0, 16))["bandwidth"], rel=1e-14)
    cover = run_bounded(values, kernel, "reflect", 2.0, cover=(3.0, 4001))
    assert cover["grid"][0] == 2.0 and "grid_cuts" not in cover["warnings"]
    assert cover["integral"] == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("kernel", SMOOTH)
@pytest.mark.parametrize("seed", range(3))
def test_logarithms(kernel, seed):
    values = values_of(seed)
    found = run_bounded(values, kernel, "log", 2.0, grid=(1.0, 12.0, 1101))
    places = np.linspace(1.0, 12.0, 1101)[101:]
    inner = direct(kernel, np.log(values - 2.0), found["scale"], np.log(places - 2.0))
    close(found["density"][101:], inner / (places - 2.0), 1e-11)
    assert not found["density"][:101].any()
    assert found["bandwidth"] == pytest.approx(run(np.log(values - 2.0), cover=(3.0, 16))["bandwidth"], rel=1e-9)


@pytest.mark.parametrize("boundary", ["reflect", "log"])
@pytest.mark.parametrize("kernel", SMOOTH)
@pytest.mark.parametrize("seed", range(4))
def test_modes(boundary, kernel, seed):
    """scipy finds the same peaks on a fine grid; a peak at the bound itself, which no grid shows, comes first."""
    values = values_of(seed, 12 + 7 * seed)
    found = run_bounded(values, kernel, boundary, 2.0, cover=(3.0, 16384))
    places, curve = np.linspace(found["grid"][0], found["grid"][1], 16384), found["density"]
    if boundary == "log":  # the grid is fine where the curve is
        h, y = found["scale"], np.log(values - 2.0)
        inner = np.linspace(y.min() - 9 * h, y.max() + 9 * h, 20001)
        places = 2.0 + np.exp(inner)
        curve = kernel_value(kernel, (inner[:, None] - y) / h).sum(axis=1) / (len(y) * h) / (places - 2.0)
    peaks, _ = signal.find_peaks(np.concatenate([[0], curve]))
    at, heights = places[peaks - 1], curve[peaks - 1]
    prominences = signal.peak_prominences(np.concatenate([[0], curve, [0]]), peaks)[0]
    clear = prominences > 1e-3 * curve.max()
    modes = np.array([mode for mode in found["modes"] if mode[2] > 1e-3 * curve.max()])
    assert len(modes) == clear.sum()
    assert modes[:, 0] == pytest.approx(at[clear], abs=0.01)
    assert modes[:, 1] == pytest.approx(heights[clear], rel=1e-3)
    assert modes[:, 2] == pytest.approx(prominences[clear], abs=2e-3 * curve.max())


@pytest.mark.parametrize("boundary", ["reflect", "log"])
def test_mass_is_exact(boundary):
    values = values_of(7)
    at = [1.0, 2.0, 2.2, 3.0, 7.0]
    found = ask(values, *lines("gaussian", boundary, 2.0), *(f"below {x}" for x in at), *(f"share {p}" for p in (0.001, 0.5, 0.9)))
    below = [row[0] for row in found["below"]]
    h = found["scale"][0][0]
    assert below[:2] == [0, 0]
    for x, mass in zip(at[2:], below[2:]):
        if boundary == "reflect":
            def curve(t):
                return direct("gaussian", values, h, [t])[0] + direct("gaussian", 4 - values, h, [t])[0]
        else:
            def curve(t):
                return direct("gaussian", np.log(values - 2), h, [math.log(t - 2)])[0] / (t - 2)
        assert integrate.quad(curve, 2 + 1e-12, x, limit=400)[0] == pytest.approx(mass, abs=1e-6)
    assert [row[0] for row in ask(values, *lines("gaussian", boundary, 2.0), "below 1e9")["below"]] == [1.0]
    again = ask(values, *lines("gaussian", boundary, 2.0), *(f"below {row[0]!r}" for row in found["share"]))
    assert [row[0] for row in again["below"]] == pytest.approx([0.001, 0.5, 0.9], abs=1e-11)


@pytest.mark.parametrize("boundary", ["reflect", "log"])
def test_large_samples_are_binned(boundary):
    values = 2 + np.random.default_rng(4).gamma(2, 1, 40000)
    found = run_bounded(values, "gaussian", boundary, 2.0, grid=(2.0, 9.0, 30))
    assert found["method"] == ["binned"]
    places = np.linspace(2.0, 9.0, 30)
    if boundary == "reflect":
        wanted = 2 * direct("gaussian", np.concatenate([values, 4 - values]), found["scale"], places)
    else:
        wanted = np.concatenate([[0], direct("gaussian", np.log(values - 2), found["scale"], np.log(places[1:] - 2)) / (places[1:] - 2)])
    close(found["density"], wanted, 1e-7)


def test_refusals():
    assert run([1.0, 2.0, 3.0], rule="silverman\nboundary reflect\nlower 1.5", cover=(3.0, 16))["fault"] == ["below_boundary", "0"]
    assert run([2.0, 1.5, 3.0], rule="silverman\nboundary log\nlower 1.5", cover=(3.0, 16))["fault"] == ["below_boundary", "1"]
    assert run([2.0, 3.0], rule="silverman\nboundary log", kernel="uniform", cover=(3.0, 16))["fault"][0] == "boundary_kernel"
    lone = run([3.0], bandwidth=0.5, kernel="gaussian\nboundary log", cover=(3.0, 16))
    assert lone["modes"][0][0] == pytest.approx(3 * math.exp(-0.25), rel=1e-8)  # the mode of a lognormal distribution
    assert run([0.0, 0.0, 1.0], bandwidth=0.2, kernel="gaussian\nboundary reflect", cover=(3.0, 16))["modes"][0][0] == 0
