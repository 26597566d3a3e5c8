"""Bootstrap intervals of analytics/dea/bootstrap.c against a second implementation: draws by numpy's own Philox, programs by
scipy's HiGHS, the steps from bootstrap.h; and whether intervals cover a frontier that is known.

The C side is tests/oracle/bootstrap_driver.
"""

import os
import pathlib
import subprocess

import numpy as np
import pytest

from kept import linprog

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release"))
DRIVER = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/oracle/bootstrap_driver"


def philox(counter, key):
    """Philox4x32-10 from its paper, on Python's integers."""
    x, k = list(counter), list(key)
    for _ in range(10):
        left, right = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [right >> 32 ^ x[1] ^ k[0], right & 0xffffffff, left >> 32 ^ x[3] ^ k[1], left & 0xffffffff]
        k = [(k[0] + 0x9E3779B9) & 0xffffffff, (k[1] + 0xBB67AE85) & 0xffffffff]
    return x


def test_the_generator_is_that_of_its_paper():
    """Known answers of Random123, the authors' library (file kat_vectors)."""
    assert philox([0] * 4, [0] * 2) == [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
    assert philox([0xffffffff] * 4, [0xffffffff] * 2) == [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
    assert philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]) == \
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]


def distance(own_x, own_y, x, y, orientation, returns):
    """phi or 1 / theta of figures that need not be among the reference units."""
    n, m, s = len(x), x.shape[1], y.shape[1]
    x, y = x / own_x, y / own_y
    if orientation == "output":
        cost = np.r_[np.zeros(n), -1]
        rows = np.vstack([np.c_[x.T, np.zeros(m)], np.c_[-y.T, np.ones(s)]])
        bound = np.r_[np.ones(m), np.zeros(s)]
    else:
        cost = np.r_[np.zeros(n), 1]
        rows = np.vstack([np.c_[x.T, -np.ones(m)], np.c_[-y.T, np.zeros(s)]])
        bound = np.r_[np.zeros(m), -np.ones(s)]
    equal = (np.r_[np.ones(n), 0][None, :], [1]) if returns == "vrs" else (None, None)
    if returns in ("nirs", "ndrs"):  # the program of its definition, unlike ours, which takes the answer of another
        sign = 1 if returns == "nirs" else -1
        rows, bound = np.vstack([rows, sign * np.r_[np.ones(n), 0]]), np.r_[bound, sign]
    done = linprog(cost, rows, bound, *equal, method="highs",
                   options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10})
    assert done.status == 0, done.message
    return done.x[n] if orientation == "output" else 1 / done.x[n]


def bandwidth(d):
    positive = d[d > 1 + 1e-6]
    reflected = np.r_[positive, 2 - positive]
    spread, quartiles = reflected.std(ddof=1), np.subtract(*np.quantile(reflected, [0.75, 0.25])) / 1.349
    least = quartiles if 1e-6 < quartiles < spread else spread
    return 0.9 * least * len(reflected) ** -0.2 * (len(reflected) / len(d)) ** 0.2 * d.std(ddof=1) / spread


def bootstrap(x, y, orientation, returns, replications, seed, level):
    n = len(x)
    d = np.array([max(1, distance(x[i], y[i], x, y, orientation, returns)) for i in range(n)])
    h, both = bandwidth(d), np.r_[d, 2 - d]
    found = np.empty((n, replications))
    for b in range(replications):
        words = [philox([i, b, 0, 0], [seed & 0xffffffff, seed >> 32]) for i in range(n)]
        beta = np.array([both[(w[0] + (w[1] << 32)) * 2 * n >> 64] for w in words])
        z = np.array([np.sqrt(-2 * np.log((w[2] + 0.5) / 2**32)) * np.cos(2 * np.pi * (w[3] + 0.5) / 2**32) for w in words])
        drawn = beta.mean() + (beta + h * z - beta.mean()) / np.sqrt(1 + h**2 / both.var(ddof=1))
        drawn = np.where(drawn < 1, 2 - drawn, drawn)
        moved_x = x if orientation == "output" else x * (drawn / d)[:, None]
        moved_y = y * (d / drawn)[:, None] if orientation == "output" else y
        found[:, b] = [distance(x[i], y[i], moved_x, moved_y, orientation, returns) for i in range(n)]
    low, high = np.quantile(found - d[:, None], [(1 - level) / 2, (1 + level) / 2], axis=1)
    corrected = 2 * d - found.mean(axis=1)
    return h, np.c_[1 / d, 1 / corrected, 1 / d - 1 / corrected, 1 / (d - low), 1 / (d - high)]


def solve(problems):
    text = ""
    for x, y, orientation, returns, replications, seed, level, threads in problems:
        text += f"{orientation} {returns} {replications} {seed} {level} {threads} {len(x)} {x.shape[1]} {y.shape[1]}\n"
        text += "\n".join(" ".join(repr(float(v)) for v in row) for row in np.hstack([x, y])) + "\n"
    done = subprocess.run([DRIVER], input=text, capture_output=True, text=True, timeout=300, check=True)
    answers = []
    for line in done.stdout.splitlines():
        words = line.split()
        assert words[0] != "refused"
        if words[0] == "bandwidth":
            answers.append((float(words[1]), []))
        else:
            answers[-1][1].append([float(word) for word in words])
    assert len(answers) == len(problems)
    return done.stdout, [(h, np.array(rows)) for h, rows in answers]


def sample(rng, n, m=1, s=1):
    """Units below a frontier of decreasing returns: y = sum(x)^0.6 * exp(-u), u half-normal."""
    x = rng.uniform(1, 10, (n, m))
    y = x.sum(axis=1)[:, None] ** 0.6 * np.exp(-np.abs(rng.normal(0, 0.3, n)))[:, None] * rng.uniform(0.8, 1.2, (n, s))
    return x, y


def sample_of_all_returns(rng, n):
    """Below a frontier whose returns increase, then decrease: small and large units are far from the best size."""
    x = rng.uniform(1, 10, (n, 2))
    size = x.sum(axis=1)[:, None]
    return x, 10 / (1 + np.exp(3 - size / 3)) * np.exp(-np.abs(rng.normal(0, 0.2, n)))[:, None]


@pytest.mark.parametrize("orientation", ["output", "input"])
@pytest.mark.parametrize("returns", ["vrs", "crs", "nirs", "ndrs"])
def test_intervals(orientation, returns):
    half = returns in ("nirs", "ndrs")
    x, y = sample_of_all_returns(np.random.default_rng(21), 7) if half else sample(np.random.default_rng(7), 6, 2, 1)
    seed = 2**40 + 12345
    _, [(h, rows), *others] = solve([(x, y, orientation, kind, 100, seed, 0.9, 2) for kind in (returns, "vrs", "crs")])
    if half:  # some units have the score of one of the others, some that of the other
        same = [np.isclose(rows[:, 0], other[:, 0], rtol=1e-7, atol=0) for _, other in others]
        assert (same[0] | same[1]).all() and (~same[0]).sum() >= 2 and (~same[1]).sum() >= 2
    wanted_h, wanted = bootstrap(x, y, orientation, returns, 100, seed, 0.9)
    assert h == pytest.approx(wanted_h, rel=1e-7)
    assert rows == pytest.approx(wanted, rel=2e-7, abs=2e-7)
    assert (rows[:, 3] <= rows[:, 4]).all() and (rows[:, 4] <= rows[:, 0] + 1e-9).all() and (rows[:, 2] > 0).all()


def test_same_bytes_from_any_number_of_threads_and_other_seeds_differ():
    x, y = sample(np.random.default_rng(3), 25, 2, 2)
    texts = [solve([(x, y, "output", "vrs", 200, seed, 0.95, threads)])[0] for threads, seed in ((1, 9), (2, 9), (3, 9), (1, 10), (1, 9 + 2**32))]
    assert texts[0] == texts[1] == texts[2] and texts[0] != texts[3] and texts[0] != texts[4]


def test_units_of_measurement_do_not_matter():
    x, y = sample(np.random.default_rng(4), 20, 2, 1)
    _, answers = solve([(x, y, "input", "vrs", 100, 1, 0.95, 1), (x * [1024, 2**-20], y * 4096, "input", "vrs", 100, 1, 0.95, 1)])
    assert answers[0][1] == pytest.approx(answers[1][1], rel=1e-7)


def test_intervals_cover_a_known_frontier():
    """60 samples of 40 units below y = x (constant returns), one of them with the score 0.7 in truth. Its score by the sample is
    never less; correction brings the mean nearer; and the intervals of 95 % hold the truth about as often as they say."""
    rng = np.random.default_rng(11)
    problems = []
    for number in range(60):
        x = rng.uniform(1, 10, (40, 1))
        y = x * np.exp(-np.abs(rng.normal(0, 0.3, 40)))[:, None]
        x[0], y[0] = 5, 0.7 * 5
        problems.append((x, y, "output", "crs", 200, number, 0.95, 2))
    _, answers = solve(problems)
    first = np.array([rows[0] for _, rows in answers])
    assert np.mean((first[:, 3] <= 0.7) & (0.7 <= first[:, 4])) >= 0.85
    assert abs(first[:, 1].mean() - 0.7) < abs(first[:, 0].mean() - 0.7) and (first[:, 0] >= 0.7 - 1e-9).all()
