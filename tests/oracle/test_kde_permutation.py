"""The permutation test of two samples' shapes (analytics/kde/permutation.c) by definition: the same random numbers in
Python, curves of numpy on a fine grid, and the test of Pitman and Morgan where it has to agree with that."""

import csv
import math
import os
import pathlib
import subprocess

import numpy as np
import pytest
from scipy import stats

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release"))
DRIVER = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/oracle/permutation_driver"
REPLICATES, SEED, WORD = 499, 1937, 2**64 - 1


def ask(problems, replicates=REPLICATES):
    """For each (earlier, later, pairs): height_ratio height_p width_ratio width_p sd_ratio sd_p, or None for a fault."""
    assert DRIVER.exists(), f"{DRIVER} is missing; `make oracles` builds it"
    text = "".join(f"{len(a)} {len(b)} {pairs} {replicates}\n{' '.join(map(repr, map(float, a)))}\n{' '.join(map(repr, map(float, b)))}\n" for a, b, pairs in problems)
    lines = subprocess.run([DRIVER], input=text, capture_output=True, text=True, timeout=120, check=True).stdout.splitlines()
    assert len(lines) == len(problems)
    return [None if line == "fault" else [float(word) for word in line.split()] for line in lines]


class Random:
    """splitmix64, as random.h has it."""

    def __init__(self, stream):
        self.state = (SEED + stream * 0xD1342543DE82EF95) & WORD

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & WORD
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        return z ^ (z >> 31)

    def below(self, n):
        return int(((self.bits() >> 11) + 0.5) / 2**53 * n)


def shape(x):
    """Height and width of the main peak of R's density(x), on a grid of its own, and the standard deviation."""
    quartiles = np.percentile(x, [25, 75])
    sd, middle = np.std(x, ddof=1), (quartiles[1] - quartiles[0]) / 1.34
    h = 0.9 * (min(sd, middle) if middle > 0 else sd) * len(x) ** -0.2
    places = np.linspace(x.min() - 4 * h, x.max() + 4 * h, 2001)
    curve = np.exp(-0.5 * ((places[:, None] - x) / h) ** 2).sum(axis=1)
    top = curve.argmax()
    below = curve <= curve[top] / 2
    ends = []
    for at, step in ((np.flatnonzero(below[top:])[0] + top, -1), (top - np.flatnonzero(below[top::-1])[0], 1)):
        share = (curve[top] / 2 - curve[at]) / (curve[at + step] - curve[at])
        ends.append(places[at] + step * share * (places[1] - places[0]))
    return np.array([curve[top] / (len(x) * h * math.sqrt(2 * math.pi)), ends[0] - ends[1], sd])


def dealt(a, b, pairs, replicate):
    random = Random(replicate)
    swapped = np.array([random.bits() >> 63 == 1 for _ in range(pairs)], bool)
    singles = [*a[pairs:], *b[pairs:]]
    if pairs < len(a) and pairs < len(b):
        for i in range(len(singles), 1, -1):
            k = random.below(i)
            singles[i - 1], singles[k] = singles[k], singles[i - 1]
    rest = len(a) - pairs
    return (np.array([*np.where(swapped, b[:pairs], a[:pairs]), *singles[:rest]]),
            np.array([*np.where(swapped, a[:pairs], b[:pairs]), *singles[rest:]]))


def by_definition(a, b, pairs):
    """The ratios, and bounds of the p-values: a grid tells no smaller difference than the slack."""
    before, after = shape(a), shape(b)
    a, b = a - a.mean(), b - b.mean()
    shown = np.abs(np.log(after / before))
    found = []
    for replicate in range(REPLICATES):
        one, other = dealt(a, b, pairs, replicate)
        found.append(np.abs(np.log(shape(other) / shape(one))))
    found = np.array(found)
    slack = np.array([5e-5, 5e-4, 1e-9])
    low, high = ((1 + (found >= shown + sign * slack).sum(axis=0)) / (1 + REPLICATES) for sign in (1, -1))
    return after / before, low, high


def belt_columns():
    """Health personnel per 10,000 people as a multiple of the mean, by belt, 2010 and 2018."""
    with open(ROOT / "data" / "provinces.csv", newline="", encoding="utf-8") as file:
        belts = {row["code"]: row["belt"] for row in csv.DictReader(file)}
    figures = {}
    with open(ROOT / "data" / "figures.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            figures[row["indicator"], row["year"], row["province"]] = float(row["value"])
    for belt in sorted(set(belts.values())):
        years = []
        for year in ("2010", "2018"):
            column = {code: figures["health_personnel_all", year, code] / figures["population_year_end", year, code] for code in sorted(belts)}
            mean = np.mean(list(column.values()))
            years.append(np.array([column[code] / mean for code in sorted(belts) if belts[code] == belt]))
        yield tuple(years)


def samples():
    rng = np.random.default_rng(1937)
    for n, m, pairs in ((10, 10, 10), (11, 11, 11), (10, 9, 8), (12, 10, 0), (31, 31, 31), (6, 9, 6)):
        level = rng.normal(100, 15, max(n, m))
        yield level[:n] + rng.normal(0, 4, n), 0.7 * level[:m] + rng.normal(0, 3, m), pairs


@pytest.mark.parametrize("k", range(6))
def test_by_definition(k):
    a, b, pairs = list(samples())[k]
    (answer,) = ask([(a, b, pairs)])
    ratios, low, high = by_definition(a, b, pairs)
    assert answer[0::2] == pytest.approx(ratios.tolist(), rel=1e-4)
    for p_value, least, most in zip(answer[1::2], low, high):
        assert least <= p_value <= most and most - least <= 0.05


def test_of_the_real_figures():
    """What /density tells of, by the same definition: belts of the real figures."""
    for earlier, later in belt_columns():
        (answer,) = ask([(earlier, later, len(earlier))])
        ratios, low, high = by_definition(earlier, later, len(earlier))
        assert answer[0::2] == pytest.approx(ratios.tolist(), rel=1e-4)
        for p_value, least, most in zip(answer[1::2], low, high):
            assert least <= p_value <= most


def test_of_large_samples_of_pairs():
    """The swaps make a sum of squares differ by d_i one way or the other, so that in the limit the p-value is the normal
    one of sum(d) / sqrt(sum(d^2)); of normal pairs that is Pitman and Morgan's, by the correlation of sums and differences."""
    rng = np.random.default_rng(39)
    problems, limits, normal = [], [], []
    for ratio in (1.0, 1.03, 1.06, 0.95, 1.0, 0.9):
        common = rng.normal(size=150)
        a, b = common + 0.3 * rng.normal(size=150), ratio * (common + 0.3 * rng.normal(size=150))
        d = (b - b.mean()) ** 2 - (a - a.mean()) ** 2
        problems.append((a, b, 150))
        limits.append(2 * stats.norm.sf(abs(d.sum()) / math.sqrt((d * d).sum())))
        normal.append(stats.pearsonr(a + b, a - b)[1])
    assert min(limits) < 0.05 < max(limits)
    for answer, limit, wanted in zip(ask(problems), limits, normal):
        assert answer[5] == pytest.approx(limit, abs=4 * math.sqrt(limit * (1 - limit) / REPLICATES) + 0.005)
        assert answer[5] == pytest.approx(wanted, abs=0.08)


def test_more_replicates_go_on_where_fewer_ended():
    """The first of them are the same, so that a p-value of many is near that of few, and as fine as its number; where all three are large
    there are no more of them."""
    problems = list(samples())
    few, many = ask(problems), ask(problems, 1999)
    small = [min(one[1::2]) <= 0.05 for one in few]
    assert any(small) and not all(small)
    for one, other, is_small in zip(few, many, small):
        assert other[0::2] == one[0::2]
        if not is_small:
            assert other == one
            continue
        for least, p_value in zip(one[1::2], other[1::2]):
            assert least * 500 <= round(p_value * 2000, 6) == round(p_value * 2000) <= least * 500 + 1500
            assert p_value == pytest.approx(least, abs=4 * math.sqrt(least * (1 - least) / 500) + 0.002)
    assert ask(problems[:1], 1)[0][1::2] in [[p, q, r] for p in (0.5, 1) for q in (0.5, 1) for r in (0.5, 1)]


def test_units_and_places_do_not_matter():
    """Nor which of two years is the earlier, where all are in both."""
    problems = list(samples())
    plain = ask(problems)
    for factor, shift in ((2.0**300, 0), (2.0**-300, 0), (1e3, -7e5)):
        for one, other in zip(plain, ask([(a * factor + shift, b * factor - shift, pairs) for a, b, pairs in problems])):
            assert other == pytest.approx(one, rel=1e-6, abs=0.0021 if shift else 1e-9)
    turned = ask([(b, a, pairs) for a, b, pairs in problems])
    for (a, b, pairs), one, other in zip(problems, plain, turned):
        assert [1 / ratio for ratio in other[0::2]] == pytest.approx(one[0::2], rel=1e-9)
        if pairs == len(a) == len(b):
            assert other[1::2] == one[1::2]


def test_nothing_happened_and_everything_did():
    rng = np.random.default_rng(3)
    a = rng.normal(size=10)
    same, moved, grown = ask([(a, a, 10), (a, a + 5, 10), (a, 1 + 1e-3 * rng.normal(size=10), 10)])
    assert same == [1.0] * 6
    assert moved == pytest.approx([1.0] * 6, rel=1e-6, abs=1e-6)
    assert max(grown[1], grown[3], grown[5]) <= 0.02


def test_hard_samples():
    """No spread is said; ties, a lone value far out and the ends of the number range are answered."""
    a = np.arange(8.0)
    assert ask([(np.ones(8), a, 8), (a, np.zeros(8), 0), (a, 1e-14 * a, 8), (a, a * 1e-300, 8)]) == [None] * 4
    hard = [(a * 1e150, a[::-1] * 1e149, 8), (a * 1e-300, a[::-1] * 2e-300, 8), (np.r_[a, 1e10], np.r_[2 * a, 1e3], 9),
            (np.r_[np.zeros(7), 1], a, 8), (np.r_[0.0, 1], np.r_[0.0, 3], 2), (np.r_[np.zeros(150), np.ones(50)], np.r_[np.ones(100), np.zeros(100)], 200)]
    for answer in ask(hard):
        assert answer is not None and all(math.isfinite(number) and number > 0 for number in answer)
        assert all(p_value <= 1 for p_value in answer[1::2])
    assert ask(hard) == ask(hard)
