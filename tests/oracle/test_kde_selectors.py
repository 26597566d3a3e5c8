"""The bandwidth selectors that look at pairs: the reference cases, and numpy and scipy from the formulas."""

import math

import numpy as np
import pytest
from scipy import optimize

from test_kde_oracle import CASES, load, run


SELECTORS = ["ucv", "bcv", "sj-ste", "sj-dpi"]


@pytest.mark.parametrize("rule", SELECTORS)
@pytest.mark.parametrize("case", [case for case in CASES if "grid" in load(case)[1]])
def test_reference_selectors(case, rule):
    """Every pair, minimised exactly; at_bound where the reference program met an end, and the fall-back to s."""
    values, expected = load(case)
    if expected["summary"]["sd_n_minus_1"] == 0:
        assert run(values, rule=rule, cover=(3.0, 16))["fault"][0] == "no_spread"
        return
    found = run(values, rule=rule, cover=(3.0, 16))
    wanted = expected["bandwidth"].get(rule.replace("-", "_") + "_exact")
    if wanted is None:  # IQR 0: the reference has none
        assert "iqr_zero" in found["warnings"] and 0.02 < found["bandwidth"] / found["sd"] < 1
        return
    assert found["bandwidth"] == pytest.approx(wanted, rel=1e-5)
    if rule.endswith("cv"):
        assert ("at_bound" in found["warnings"]) == expected["bandwidth"][rule + "_at_bound"]
    assert run(values, rule=rule, adjust=0.5, cover=(3.0, 16))["bandwidth"] == pytest.approx(found["bandwidth"] / 2)


def pair_sums(values):
    """The four selectors once more, over all ordered pairs as a matrix, with scipy's minimiser and root finder."""
    n = len(values)
    d = np.subtract.outer(values, values)[np.triu_indices(n, 1)]
    s = values.std(ddof=1)
    a = min(s, np.subtract(*np.percentile(values, [75, 25])) / 1.349)

    def ucv(h):
        q = (d / h) ** 2
        return (0.5 + (np.exp(-q / 4) - math.sqrt(8) * np.exp(-q / 2)).sum() / n) / (n * h * math.sqrt(math.pi))

    def bcv(h):
        q = (d / h) ** 2
        return (1 + (np.exp(-q / 4) * (q * q - 12 * q + 12)).sum() / (32 * n)) / (2 * n * h * math.sqrt(math.pi))

    def sd(g):
        q = (d / g) ** 2
        return (2 * (np.exp(-q / 2) * (q * q - 6 * q + 3)).sum() + 3 * n) / (n * (n - 1) * g**5 * math.sqrt(2 * math.pi))

    def td(g):
        q = (d / g) ** 2
        return (15 * n - 2 * (np.exp(-q / 2) * (q**3 - 15 * q * q + 45 * q - 15)).sum()) / (
            n * (n - 1) * g**7 * math.sqrt(2 * math.pi))

    c = 1 / (2 * math.sqrt(math.pi) * n)
    t = td(1.23 * a * n ** (-1 / 9))
    factor = 1.357 * (sd(1.24 * a * n ** (-1 / 7)) / t) ** (1 / 7)
    most = 1.144 * n**-0.2
    found = {
        "sj-dpi": (c / sd((2.394 / (n * t)) ** (1 / 7))) ** 0.2,
        "sj-ste": optimize.brentq(lambda h: (c / sd(factor * h ** (5 / 7))) ** 0.2 - h, 0.02 * most * a, 2 * most * a)}
    for name, score in (("ucv", ucv), ("bcv", bcv)):
        found[name] = optimize.minimize_scalar(score, bounds=(0.1 * most * s, most * s), method="bounded",
                                               options={"xatol": 1e-6 * s}).x
    return found


@pytest.mark.parametrize("shape", ["two", "skewed", "outlier"])
def test_selectors_over_bins(shape):
    """Above 2,000 values bins stand for the pairs; an outlier must not make them wide."""
    values = sample(shape, 2100)
    wanted = pair_sums(values)
    for rule in SELECTORS:
        found = run(values, rule=rule, cover=(3.0, 16))["bandwidth"]
        assert found == pytest.approx(wanted[rule], rel=1e-3), rule


def sample(shape, n):
    random = np.random.default_rng(11)
    if shape == "two":
        return np.concatenate([random.normal(0, 1, n // 3), random.normal(6, 0.7, n - n // 3)])
    if shape == "skewed":
        return random.gamma(2, 3, n)
    return np.append(random.normal(0, 1, n - 1), 60.0)


def test_selectors_know_no_unit():
    values = np.array(load("sample31")[0])
    for rule in SELECTORS:
        base = run(values, rule=rule, cover=(3.0, 16))["bandwidth"]
        for factor in (1e-100, 1e100):
            assert run(values * factor, rule=rule, cover=(3.0, 16))["bandwidth"] == pytest.approx(base * factor, rel=1e-6)
        again = run(values[::-1] + 1000, rule=rule, cover=(3.0, 16))
        assert again["bandwidth"] == pytest.approx(base, rel=1e-6)
