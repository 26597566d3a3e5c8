"""/inequality against the definitions on the real figures, and what it refuses. tests/oracle/test_inequality_oracle.py holds
the functions behind it against exact fractions."""

import fractions
import os
import tempfile

import numpy
import pytest

from analysis_support import CODES, assert_problem, belts, column, faults
from conftest import Server

INDICATOR = "health_personnel_all_per_10k"
YEARS = [2010, 2014, 2018]
BELTS = ["central", "eastern", "western"]
QUERY = {"indicator": INDICATOR, "years": "2018,2010,2014", "by": "belt"}


@pytest.fixture(scope="module")
def service():
    """One of its own: the figures of the shared one may have been changed by other tests."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        yield started
        assert started.stop() == 0


def ask(service, **query):
    reply = service.get("/inequality", params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


def compute(service, **body):
    return service.request("POST", "/inequality", json=body)


def gini(x, w=None):
    w = numpy.ones(len(x)) if w is None else w
    p = w / w.sum()
    return (abs(x[:, None] - x[None, :]) * p[:, None] * p[None, :]).sum() / (2 * p @ x)


def wanted(x, w=None, epsilon=0.5, alpha=1.3):
    """All from the definitions."""
    p = (numpy.ones(len(x)) if w is None else w) / (len(x) if w is None else w.sum())
    mean = p @ x
    r = x / mean
    order = numpy.argsort(x)
    below = numpy.interp(0.5, numpy.append(0, p[order].cumsum()), numpy.append(0, (p * r)[order].cumsum()))
    if w is None:
        median = numpy.median(x)
    else:  # the middle of the values at which one half of the weight lies below or at, and above or at
        upper = numpy.array([(w[x <= v].sum() * 2 >= w.sum()) and (w[x >= v].sum() * 2 >= w.sum()) for v in x])
        median = (x[upper].min() + x[upper].max()) / 2
    return {"n": len(x), "mean": mean, "median": median, "min": x.min(), "max": x.max(), "gini": gini(x, w), "theil_t": p @ (r * numpy.log(r)),
            "theil_l": -p @ numpy.log(r), "cv": numpy.sqrt(p @ (r - 1) ** 2), "max_min": x.max() / x.min(), "hhi": ((p * r) ** 2).sum(),
            "atkinson": 1 - (p @ r ** (1 - epsilon)) ** (1 / (1 - epsilon)), "wolfson": 4 * mean / median * (0.5 - below - gini(x, w) / 2),
            "esteban_ray": (p[:, None] ** (1 + alpha) * p[None, :] * abs(r[:, None] - r[None, :])).sum()}


def near(series, values):
    for name, value in values.items():
        assert series[name] == pytest.approx(value, rel=1e-11, abs=1e-14), name


def test_years_and_belts(service):
    answer = ask(service, **QUERY)
    assert (answer["indicator"], answer["per"], answer["relative_to"]) == (INDICATOR, None, "none")
    assert (answer["epsilon"], answer["alpha"], answer["left_out"]) == (0.5, 1.3, [])
    assert [(s["group"], s["year"]) for s in answer["series"]] == [(b, y) for b in [None, *BELTS] for y in YEARS]
    for series in answer["series"]:
        is_in = numpy.array([series["group"] in (None, belt) for belt in belts()])
        x = column(INDICATOR, series["year"])[is_in]
        near(series, wanted(x))
        assert series["members"] == [code for code, own in zip(CODES, is_in) if own]
        corners = [(0, 0), *zip(numpy.arange(1, len(x) + 1) / len(x), numpy.sort(x).cumsum() / x.sum())]
        assert numpy.array([[c["population"], c["share"]] for c in series["lorenz"]]) == pytest.approx(numpy.array(corners), abs=1e-13)
        assert series["undefined"] == [] and ("dagum" in series) == ("theil" in series) == (series["group"] is None)
    for y, year in enumerate(YEARS):
        whole, parts = answer["series"][y], answer["series"][y + 3::3]
        assert sum(whole["dagum"].values()) == pytest.approx(whole["gini"], rel=1e-13)
        assert whole["theil"]["within"] + whole["theil"]["between"] == pytest.approx(whole["theil_t"], rel=1e-12)
        assert whole["theil"]["l_within"] + whole["theil"]["l_between"] == pytest.approx(whole["theil_l"], rel=1e-12)
        assert whole["theil"]["l_within"] == pytest.approx(sum(s["n"] * s["theil_l"] for s in parts) / 31, rel=1e-12)
        assert whole["dagum"]["within"] == pytest.approx(sum((s["n"] / 31) ** 2 * s["mean"] / whole["mean"] * s["gini"] for s in parts), rel=1e-12)
        assert {(pair["higher"], pair["lower"]) for pair in whole["dagum_pairs"]} <= {(a, b) for a in BELTS for b in BELTS if a != b}
        means = numpy.array([s["mean"] for s in parts]) / whole["mean"]
        p = numpy.array([s["n"] for s in parts]) / 31
        assert whole["esteban_ray_groups"] == pytest.approx((p[:, None] ** 2.3 * p * abs(means[:, None] - means)).sum(), rel=1e-12)


def test_by_population(service):
    """X per person, each province as many as it has people: the same as of the derived indicator with those weights."""
    series = ask(service, indicator="beds", years="2019", per="population_year_end")["series"][0]
    people = column("population_year_end", 2019)
    near(series, wanted(column("beds", 2019) / people, people))
    shares = series["lorenz"]
    rank = numpy.argsort(column("beds", 2019) / people)
    assert [c["share"] for c in shares[1:]] == pytest.approx((column("beds", 2019)[rank] / column("beds", 2019).sum()).cumsum().tolist(), abs=1e-13)
    assert series["gini"] != pytest.approx(ask(service, indicator="beds_per_10k", years="2019")["series"][0]["gini"], rel=1e-3)


def test_by_area(start):
    """Figures of area are the caller's own (made up here): X per area, each province as large as it is."""
    own = start()
    reply = own.request("PUT", "/indicators/area", token=True, json={"name": "Area", "unit": "square-kilometres", "source": "made up for this test"})
    assert reply.status_code in (200, 201), reply.text
    area = numpy.array([1000.0 * (1 + (7 * k) % 31) for k in range(31)])
    area[4] = 0  # left out
    figures = [{"indicator": "area", "year": 2018, "province": code, "value": value} for code, value in zip(CODES, area)]
    assert own.request("PUT", "/figures", token=True, json={"figures": figures}).status_code in (200, 201)
    answer = ask(own, indicator="health_personnel_all", years="2018", per="area", by="belt")
    staff, is_in = column("health_personnel_all", 2018), area > 0
    assert answer["per"] == "area" and answer["left_out"] == [{"province": CODES[4], "year": 2018}]
    for series in answer["series"]:
        kept = is_in & numpy.array([series["group"] in (None, belt) for belt in belts()])
        near(series, wanted(staff[kept] / area[kept], area[kept]))
    whole = answer["series"][0]
    # Gini's index by area from the corners of Lorenz's curve, the provinces in the order of staff per area
    rank = numpy.argsort(staff[is_in] / area[is_in])
    land, share = (numpy.append(0, (column_[is_in][rank] / column_[is_in].sum()).cumsum()) for column_ in (area, staff))
    assert whole["gini"] == pytest.approx(1 - ((share[1:] + share[:-1]) * numpy.diff(land)).sum(), rel=1e-12)
    assert [corner["population"] for corner in whole["lorenz"]] == pytest.approx(land.tolist(), abs=1e-13)
    assert [corner["share"] for corner in whole["lorenz"]] == pytest.approx(share.tolist(), abs=1e-13)
    assert whole["theil"]["within"] + whole["theil"]["between"] == pytest.approx(whole["theil_t"], rel=1e-12)
    parts = {series["group"]: series for series in answer["series"][1:]}
    weight = {belt: staff[is_in & (belts() == belt)].sum() / staff[is_in].sum() for belt in BELTS}
    assert whole["theil"]["within"] == pytest.approx(sum(weight[belt] * parts[belt]["theil_t"] for belt in BELTS), rel=1e-12)


def test_options(service):
    """Another unit changes nothing, other parameters what they are of."""
    plain = ask(service, **QUERY)["series"][0]
    for relative, scale in (("mean", column(INDICATOR, 2010).mean()), (
            "population", column(INDICATOR, 2010) @ column("population_year_end", 2010) / column("population_year_end", 2010).sum())):
        other = ask(service, **QUERY, relative_to=relative)["series"][0]
        near(other, {name: plain[name] / (scale if name in ("mean", "median", "min", "max") else 1) for name in plain
                     if name in wanted(numpy.array([1.0, 2.0]))})
    other = ask(service, **QUERY, epsilon="2", alpha="0.5")
    assert (other["epsilon"], other["alpha"]) == (2, 0.5)
    near(other["series"][0], wanted(column(INDICATOR, 2010), epsilon=2, alpha=0.5))


def states_of(year, bounds):
    return (column(INDICATOR, year)[:, None] > numpy.array(bounds)[None, :]).sum(axis=1)


@pytest.mark.parametrize("more", [{}, {"states": "3"}, {"bounds": "0.8,1,1.25"}])
def test_moves(service, more):
    answer = ask(service, **QUERY, **more)
    states, count = answer["states"], answer["states"]["count"]
    assert states["by"] == ("mean" if "bounds" in more else "quantiles") and count == int(more.get("states", 4))
    state = {}
    for known in states["years"]:
        x = column(INDICATOR, known["year"])
        cuts = x.mean() * numpy.array([0.8, 1, 1.25]) if "bounds" in more else numpy.percentile(x, [100 * s / count for s in range(1, count)])
        assert known["bounds"] == pytest.approx(cuts.tolist(), rel=1e-14)
        state[known["year"]] = states_of(known["year"], known["bounds"])
    spans = [(2010, 2014), (2014, 2018), (2010, 2018)]
    assert [(t["group"], t["from"], t["to"]) for t in answer["transitions"]] == [(b, *span) for b in [None, *BELTS] for span in spans]
    for step in answer["transitions"]:
        counts = numpy.zeros((count, count), int)
        own = numpy.array([step["group"] in (None, belt) for belt in belts()])
        for a, b in zip(state[step["from"]][own], state[step["to"]][own]):
            counts[a, b] += 1
        assert step["counts"] == counts.tolist() and step["n"] == counts.sum() == own.sum()
        rows = counts.sum(axis=1)
        for a in range(count):
            assert step["probabilities"][a] == ([None] * count if rows[a] == 0 else pytest.approx((counts[a] / rows[a]).tolist(), rel=1e-14))
        if all(rows):
            assert step["mobility"] == pytest.approx((count - (counts.diagonal() / rows).sum()) / (count - 1), rel=1e-13)
        else:
            assert step["mobility"] is None


def test_one_year_has_no_moves(service):
    assert ask(service, indicator="beds", years="2019")["transitions"] == []


def test_own_values(service):
    values, weights = numpy.array([3.1, 2.7, 4.4, 3.9, 3.3, 8.2]), numpy.array([1, 1, 2, 1, 1, 0.5])
    answer = compute(service, values=values.tolist(), weights=weights.tolist(), groups=list("babbaa")).json()
    assert [series["group"] for series in answer["series"]] == [None, "a", "b"] and set(answer) == {"epsilon", "alpha", "series"}
    for series in answer["series"]:
        own = numpy.array([series["group"] in (None, group) for group in "babbaa"])
        near(series, wanted(values[own], weights[own]))
    assert sum(answer["series"][0]["dagum"].values()) == pytest.approx(answer["series"][0]["gini"], rel=1e-14)
    turned = compute(service, values=values[::-1].tolist(), weights=weights[::-1].tolist(), groups=list("babbaa")[::-1])
    assert turned.json() == answer, "the order of the values says nothing"


@pytest.mark.parametrize("values, weights", [([0, 1], [1, 1e-17]), ([10, 1e15], [1e15, 0.1]), ([1, 2, 5], [1, 1e-16, 1e-200])])
def test_weights_that_are_little_beside_the_rest_count(service, values, weights):
    """The Gini index and Esteban and Ray's beside exact rational numbers."""
    x, w = ([fractions.Fraction(number) for number in numbers] for numbers in (values, weights))
    differences = sum(a * b * abs(y - z) for y, a in zip(x, w) for z, b in zip(x, w))
    exact = float(differences / (2 * sum(w) * sum(a * y for y, a in zip(x, w))))
    answer = compute(service, values=values, weights=weights).json()
    whole = sum(a * y for y, a in zip(x, w))
    polarization = sum(float(a / sum(w)) ** (1 + answer["alpha"]) * float(b * abs(y - z) / whole) for y, a in zip(x, w) for z, b in zip(x, w))
    assert answer["series"][0]["gini"] == pytest.approx(exact, rel=1e-12, abs=0)
    assert answer["series"][0]["esteban_ray"] == pytest.approx(polarization, rel=1e-12, abs=0)


def test_what_has_no_value_says_why(service):
    zeros = compute(service, values=[0, 1, 3]).json()["series"][0]
    assert zeros["theil_l"] is None and zeros["max_min"] is None and zeros["gini"] == pytest.approx(0.5)
    assert zeros["undefined"] == [{"index": "theil_l", "reason": "zero_values"}, {"index": "max_min", "reason": "zero_values"}]
    nothing = compute(service, values=[0, 0]).json()["series"][0]
    assert {item["reason"] for item in nothing["undefined"]} == {"zero_mean"} and nothing["lorenz"] == []
    debts = compute(service, values=[-1, 2, 5], groups=["a", "a", "b"]).json()["series"][0]
    assert {item["index"] for item in debts["undefined"]} == {"gini", "theil_t", "theil_l", "max_min", "atkinson", "hhi", "wolfson"}
    assert {item["reason"] for item in debts["undefined"]} == {"negative_values"} and debts["dagum"]["within"] is None
    light = compute(service, values=[1, 2], groups=["a", "b"], weights=[1, 0]).json()["series"]
    assert light[2]["n"] == 0 and light[2]["undefined"][0] == {"index": "gini", "reason": "no_values"} and light[0]["dagum"]["between"] == 0
    single = compute(service, values=[7]).json()["series"][0]
    assert (single["gini"], single["hhi"], single["max_min"], single["wolfson"]) == (0, 1, 1, 0)


def test_many_values(service):
    values = numpy.random.default_rng(4).lognormal(size=20000)
    series = compute(service, values=values.tolist(), groups=[f"g{i % 100}" for i in range(20000)]).json()["series"]
    assert len(series) == 101 and len(series[0]["lorenz"]) == 1001
    ranks = numpy.sort(values)
    assert series[0]["gini"] == pytest.approx(1 - (2 * ranks.cumsum() - ranks).sum() / (20000 * ranks.sum()), rel=1e-11)
    assert sum(series[0]["dagum"].values()) == pytest.approx(series[0]["gini"], rel=1e-11)
    refused = assert_problem(compute(service, values=[1] * 101, groups=[str(i) for i in range(101)]), 422, "too_long")
    assert faults(refused) == {"/groups": "too_long"}


def test_everything_wrong_is_named(service):
    body = assert_problem(compute(service, values=[1, "x"], weights=[0, 0], groups=["", 3], epsilon=-1, alpha=0, value=1), 422, "invalid_request")
    assert faults(body) == {"/values/1": "wrong_type", "/weights": "weights_zero", "/groups/0": "too_short", "/groups/1": "wrong_type",
                            "/epsilon": "out_of_range", "/alpha": "out_of_range", "/value": "unknown_member"}
    assert faults(assert_problem(compute(service, values=[1, 2], weights=[1], groups=["a"]), 422, "invalid_request")) == {
        "/weights": "wrong_length", "/groups": "wrong_length"}
    assert_problem(compute(service), 422, "missing_member")
    query = {"indicator": "bed", "years": "1800", "by": "province", "per": "people", "epsilon": "101", "alpha": "1.7", "states": "3", "bounds": "1,1"}
    body = assert_problem(service.get("/inequality", params=query), 400, "invalid_query")
    assert [(fault["parameter"], fault["code"]) for fault in body["errors"]] == [
        ("years", "out_of_range"), ("by", "not_a_choice"), ("epsilon", "out_of_range"), ("alpha", "out_of_range"), ("bounds", "conflicting_values"),
        ("bounds", "bad_format"), ("indicator", "unknown_indicator"), ("per", "unknown_indicator")]
    body = assert_problem(service.get("/inequality", params={"indicator": INDICATOR, "years": "2018", "per": "population_year_end"}), 400, "invalid_query")
    assert faults(body) == {"per": "conflicting_values"}
    assert_problem(service.get("/inequality", params={"indicator": "beds", "years": "1999"}), 422, "no_figures")
    assert_problem(service.get("/inequality", params={"indicator": "beds", "years": "1999", "per": "population_year_end"}), 422, "no_figures")


def test_the_same_again_is_kept(service):
    first, again = (service.get("/inequality", params=QUERY) for _ in range(2))
    assert first.content == again.content and first.headers["ETag"] == again.headers["ETag"]
    assert service.get("/inequality", params=QUERY, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert service.get("/inequality", params={**QUERY, "years": "2010,2014,2018"}).headers["ETag"] == first.headers["ETag"]
