"""Inequality against the definitions: double sums in exact fractions, and the reference cases (tests/reference/kde). The
driver is a thin program around analytics/inequality/."""

import json
import math
import os
import pathlib
import random
import subprocess
from fractions import Fraction

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = ROOT / os.environ.get("TALLYSTICK_BUILD", "build/release") / "tests/oracle/inequality_driver"
CASES = sorted(path.name for path in (ROOT / "tests/reference/kde").iterdir())

assert DRIVER.exists(), f"{DRIVER} is not built: make oracles"


def drive(text):
    done = subprocess.run([DRIVER], input=text, text=True, timeout=60, capture_output=True, check=True)
    answer = {}
    for line in done.stdout.splitlines():
        name, *rest = line.split()
        value = [float(v) for v in rest] if rest[0][0] not in "znd" or rest[0] == "nan" else rest[0]
        if name in ("lorenz", "pair", "bound", "cell", "moves", "mobility"):
            answer.setdefault(name, []).append(value if len(value) > 1 else value[0])
        else:
            answer[name] = value if isinstance(value, str) else value[0]
    return answer


def run(values, weights=None, groups=None, epsilon=0.5, alpha=1.3, room=20001):
    names = sorted(set(groups or []))
    lines = [f"{epsilon!r} {alpha!r} {room} {len(values)} {0 if weights is None else 1} {len(names)}"]
    for i, value in enumerate(values):
        lines.append(" ".join([repr(float(value)), *([] if weights is None else [repr(float(weights[i]))]),
                               *([str(names.index(groups[i]))] if groups else [])]))
    return drive("\n".join(lines) + "\n")


def exact(values, weights=None):
    """Values and parts as fractions, and the mean."""
    weights = [1] * len(values) if weights is None else weights
    pairs = [(Fraction(float(x)), Fraction(float(w))) for x, w in zip(values, weights) if w > 0]
    total = sum(w for _, w in pairs)
    parts = [(x, w / total) for x, w in pairs]
    return parts, sum(x * p for x, p in parts)


def gini(parts, mean):
    return float(sum(p * q * abs(x - y) for x, p in parts for y, q in parts) / (2 * mean))


def half(parts, mean):
    """The share of the poorer half."""
    left, share = Fraction(1, 2), Fraction(0)
    for x, p in sorted(parts):
        taken = min(p, left)
        share += taken * x / mean
        left -= taken
    return share


def median(parts):
    below = Fraction(0)
    parts = sorted(parts)
    for i, (x, p) in enumerate(parts):
        below += p
        if below == Fraction(1, 2):
            return (x + parts[i + 1][0]) / 2
        if below > Fraction(1, 2):
            return x
    raise AssertionError


def logs(parts, mean, power):
    return math.fsum(float(p) * float(x / mean) ** power * math.log(float(x / mean)) for x, p in parts if x > 0)


def definitions(values, weights=None, epsilon=0.5, alpha=1.3):
    parts, mean = exact(values, weights)
    wolfson = 4 * mean / median(parts) * (Fraction(1, 2) - half(parts, mean)) if median(parts) else None
    answer = {"gini": gini(parts, mean), "theil_t": logs(parts, mean, 1),
              "cv": math.sqrt(sum(p * (x / mean - 1) ** 2 for x, p in parts)),
              "hhi": float(sum((p * x / mean) ** 2 for x, p in parts)), "mean": float(mean), "median": float(median(parts)),
              "esteban_ray": math.fsum(float(p) ** (1 + alpha) * float(q * abs(x - y) / mean) for x, p in parts for y, q in parts)}
    if wolfson is not None:
        answer["wolfson"] = float(wolfson) - 2 * float(mean / median(parts)) * answer["gini"]
    if min(x for x, _ in parts) > 0:
        answer["theil_l"] = -logs(parts, mean, 0)
        answer["max_min"] = float(max(x for x, _ in parts) / min(x for x, _ in parts))
    if min(x for x, _ in parts) > 0 or epsilon < 1:
        answer["atkinson"] = 1 - math.exp(-answer["theil_l"]) if epsilon == 1 else 1 - math.fsum(
            float(p) * float(x / mean) ** (1 - epsilon) for x, p in parts) ** (1 / (1 - epsilon))
    return answer


def near(answer, wanted, tolerance=2e-14):
    for name, value in wanted.items():
        assert isinstance(answer[name], float), (name, answer[name], value)
        assert abs(answer[name] - value) <= tolerance * max(1, abs(value)), (name, answer[name], value)


@pytest.mark.parametrize("case", CASES)
def test_reference_cases(case):
    folder = ROOT / "tests/reference/kde" / case
    values = [float(line) for line in (folder / "data.csv").read_text().split()[1:]]
    expected = json.loads((folder / "expected.json").read_text())["inequality"]
    if expected is None:
        near(run(values), {"gini": 0, "theil_t": 0, "theil_l": 0, "cv": 0, "hhi": 1, "max_min": 1, "wolfson": 0, "atkinson": 0, "esteban_ray": 0}, 0)
        return
    names = {"gini": "gini", "theil_t": "theil_T", "theil_l": "theil_L_mld", "cv": "cv_population", "hhi": "hhi_shares", "mean": "mean",
             "max_min": "max_min_ratio", "median": "median", "wolfson": "wolfson", "atkinson": "atkinson_0.5"}
    answer = run(values)
    near(answer, {ours: expected[theirs] for ours, theirs in names.items()}, 1e-14)
    near({"half": 0.5 - answer["half_gap"]}, {"half": expected["lorenz_at_half"]}, 1e-14)
    for epsilon, name in ((1, "atkinson_1"), (2, "atkinson_2.0")):
        near(run(values, epsilon=epsilon), {"atkinson": expected[name]}, 1e-14)
    for alpha in (1.0, 1.3, 1.6):
        near(run(values, alpha=alpha), {"esteban_ray": expected[f"esteban_ray_ungrouped_alpha{alpha}_K1_y_over_mean"]}, 1e-14)


def samples(seed, count):
    random.seed(seed)
    for _ in range(count):
        n = random.choice([1, 2, 3, 7, 10, 31])
        values = [random.choice([random.lognormvariate(0, 1), float(random.randint(1, 4)), random.choice([0.0, 3.0])]) for _ in range(n)]
        if sum(values) > 0:
            yield values, [random.choice([1.0, 2.0, random.random() * 1e6, 0.0]) for _ in range(n - 1)] + [1.5]


@pytest.mark.parametrize("weighted", [False, True])
def test_definitions(weighted):
    for values, weights in samples(5, 60):
        weights = weights if weighted else None
        if exact(values, weights)[1] == 0:
            continue
        for epsilon, alpha in ((0.5, 1.3), (1, 1), (2.5, 1.6), (0, 0.2)):
            wanted = definitions(values, weights, epsilon, alpha)
            answer = run(values, weights, epsilon=epsilon, alpha=alpha)
            near(answer, wanted)
            for name in {"theil_l", "max_min", "wolfson"} - set(wanted):
                assert answer[name] == ("zero_median" if name == "wolfson" else "zero_values")


def test_lorenz():
    for values, weights in samples(7, 20):
        parts, mean = exact(values, weights)
        if mean == 0:
            continue
        corners, population, share = [(0, 0)], Fraction(0), Fraction(0)
        for x, p in sorted(parts):
            population, share = population + p, share + p * x / mean
            corners.append((float(population), float(share)))
        found = run(values, weights)["lorenz"]
        assert len(found) == len(corners) and found[0] == [0, 0] and found[-1] == [1, 1]
        for one, other in zip(found, corners):
            assert one == pytest.approx(other, abs=2e-15 * len(values))
    values = [math.exp(math.sin(i)) for i in range(1000)]
    whole, thin = run(values)["lorenz"], run(values, room=101)["lorenz"]
    assert len(whole) == 1001 and len(thin) == 101
    assert all(point in whole for point in thin) and thin[0] == [0, 0] and thin[-1] == [1, 1]
    assert max(b[0] - a[0] for a, b in zip(thin, thin[1:])) < 0.0101


def test_groups():
    """Dagum and Theil from the definitions; the parts sum to the whole."""
    random.seed(11)
    for round_, (values, weights) in enumerate(samples(13, 40)):
        weights = [w if w > 0 else 1.0 for w in weights] if round_ % 2 else None
        groups = [random.choice("abcd"[:1 + round_ % 4]) for _ in values]
        parts, mean = exact(values, weights)
        own = {g: exact([v for v, h in zip(values, groups) if h == g], weights and [w for w, h in zip(weights, groups) if h == g]) for g in groups}
        part = {g: sum(p for (_, p), h in zip(parts, groups) if h == g) for g in own}
        answer = run(values, weights, groups, alpha=1.3)
        within, between, trans, pairs = 0.0, 0.0, 0.0, []
        names = sorted(own)
        for i, g in enumerate(names):
            (xs, mg) = own[g]
            within += gini(xs, mg) * float(part[g] * part[g] * mg / mean) if mg else 0
            for h in names[i + 1:]:
                j, k = (h, g) if own[h][1] > mg else (g, h)
                d = sum(p * q * max(x - y, 0) for x, p in own[j][0] for y, q in own[k][0])
                e = sum(p * q * max(y - x, 0) for x, p in own[j][0] for y, q in own[k][0])
                pair = (d + e) / (own[j][1] + own[k][1]) if own[j][1] + own[k][1] else Fraction(0)
                affluence = (d - e) / (d + e) if d + e else Fraction(0)
                both = part[j] * part[k] * (own[j][1] + own[k][1]) / mean
                between, trans = between + float(pair * both * affluence), trans + float(pair * both * (1 - affluence))
                pairs.append([names.index(j), names.index(k), float(pair), float(affluence)])
        near(answer, {"dagum_within": within, "dagum_between": between, "dagum_transvariation": trans})
        assert within + between + trans == pytest.approx(answer["gini"], abs=1e-14)
        for one, other in zip(answer.get("pair", []), pairs):
            assert one[2:] == pytest.approx(other[2:], abs=1e-13)
            assert one[:2] == other[:2] or abs(other[3]) < 1e-13
        assert answer["t_within"] + answer["t_between"] == pytest.approx(answer["theil_t"], abs=1e-14)
        near(answer, {"t_between": math.fsum(float(part[g] * own[g][1] / mean) * math.log(float(own[g][1] / mean)) for g in own if own[g][1])})
        if min(values) > 0:
            assert answer["l_within"] + answer["l_between"] == pytest.approx(answer["theil_l"], abs=1e-14)
            near(answer, {"l_between": -math.fsum(float(part[g]) * math.log(float(own[g][1] / mean)) for g in own)})
        near(answer, {"esteban_ray_groups": math.fsum(float(part[g]) ** 2.3 * float(part[h] * abs(own[g][1] - own[h][1]) / mean) for g in own for h in own)})


def test_units_order_and_copies_change_nothing():
    values = [3.5, 1.25, 9.0, 4.0, 4.0, 0.5, 7.75]
    answer = run(values)
    assert run(sorted(values)) == answer == run(values[::-1])
    for scale in (2.0 ** 900, 2.0 ** -1000):
        scaled = run([v * scale for v in values])
        assert {k: v for k, v in scaled.items() if k not in ("mean", "median")} == {k: v for k, v in answer.items() if k not in ("mean", "median")}
    twice = run(values * 2)
    weighed = run(values, [2] * len(values))
    for name in ("gini", "theil_t", "theil_l", "cv", "max_min", "atkinson", "wolfson"):
        assert twice[name] == pytest.approx(answer[name], rel=1e-14) and weighed[name] == answer[name]


def test_ends():
    assert run([0, 0, 0])["gini"] == "zero_mean"
    assert [run([-1, 2, 5])[name] for name in ("gini", "theil_t", "max_min", "wolfson")] == ["negative_values"] * 4
    assert run([-1, 2, 5])["cv"] == pytest.approx(math.sqrt(6) / 2, rel=1e-15)
    assert run([0, 1], epsilon=1)["atkinson"] == 1 and run([0, 1], epsilon=2)["atkinson"] == 1
    assert run([0, 0, 1])["wolfson"] == "zero_median"
    wide = run([1e-300, 1e300], epsilon=2)
    assert wide["gini"] == pytest.approx(0.5, rel=1e-15) and wide["atkinson"] == 1 and wide["max_min"] == "not_finite"
    assert wide["theil_l"] == pytest.approx(600 * math.log(10) / 2 - math.log(2), rel=1e-14)
    for unfit in ([float("nan"), 1], [float("inf"), 1]):
        assert "gini" not in run(unfit)
    assert "gini" not in run([1, 2], [0, 0]) and "gini" not in run([1, 2], [-1, 2])
    assert run([1, 2, 50], [1, 1, 0]) == run([1, 2])
    equal = run([0.1] * 7)
    assert [equal[name] for name in ("gini", "theil_t", "cv", "wolfson", "esteban_ray", "half_gap")] == [0] * 6


def test_moves():
    random.seed(3)
    years = [[random.lognormvariate(0, 1) if random.random() > 0.05 else math.nan for _ in range(31)] for _ in range(3)]
    for states in (2, 4, 10):
        answer = drive(f"0 1 2 0 0 0\n{states} 31 3\n" + "\n".join(" ".join(map(repr, year)) for year in years) + "\n")
        bounds, cells = answer["bound"], answer["cell"]
        classes = []
        for y, year in enumerate(years):
            there = sorted(Fraction(v) for v in year if not math.isnan(v))
            wanted = []
            for s in range(1, states):
                at = Fraction((len(there) - 1) * s, states)
                low = int(at)
                wanted.append(there[low] + (at - low) * (there[min(low + 1, len(there) - 1)] - there[low]))
            assert bounds[y * (states - 1):(y + 1) * (states - 1)] == pytest.approx([float(v) for v in wanted], rel=1e-14)
            classes.append([None if math.isnan(v) else sum(Fraction(v) > b for b in wanted) for v in year])
        for step in (0, 1):
            pairs = [(a, b) for a, b in zip(classes[step], classes[step + 1]) if a is not None and b is not None]
            assert answer["moves"][step] == len(pairs)
            trace = 0
            for a in range(states):
                row = sum(one == a for one, _ in pairs)
                for b in range(states):
                    count, share = cells[step * states * states + a * states + b]
                    assert count == pairs.count((a, b))
                    assert math.isnan(share) if row == 0 else share == pytest.approx(count / row, rel=1e-15)
                    trace += share if a == b else 0
            mobility = (states - trace) / (states - 1)
            assert answer["mobility"][step] == pytest.approx(mobility, rel=1e-14, nan_ok=True)
