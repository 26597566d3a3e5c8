"""POST /density of units over years: what GET /density has for the same figures, which is proved elsewhere (test_density.py,
test_density_depth.py), and what only a caller's own units can bring: gaps, weights, groups, faults."""

import csv
import io
import math

import numpy
import pytest
import scipy.stats

from analysis_support import CODES, assert_problem, assert_same, belts, column, design, faults

PATH = "/density"
INDICATOR = "health_personnel_all_per_10k"
YEARS = [2010, 2014, 2018]
ORDER = [2018, 2010, 2014]
PANEL = {"years": [2020, 2021], "points": 16, "units": [
    {"id": "a", "group": "n", "values": [1, 2]}, {"id": "b", "group": "n", "values": [3, 5]}, {"id": "c", "group": "n", "values": [2, None]},
    {"id": "d", "group": "s", "values": [4, 8]}, {"id": "e", "group": "s", "values": [2, 1]}]}


def panel(numbers, groups=None, **more):
    """The provinces as units; numbers: an array of provinces and of the years in ORDER."""
    units = [{"id": code, "values": row} for code, row in zip(CODES, numpy.asarray(numbers).tolist(), strict=True)]
    if groups is not None:
        units = [{**unit, "group": str(group)} for unit, group in zip(units, groups, strict=True)]
    return {"years": ORDER, "units": units, **more}


def stored_numbers():
    return numpy.column_stack([column(INDICATOR, year) for year in ORDER])


def compute(server, body, **headers):
    return server.request("POST", PATH, json=body, headers=headers)


def sent(server, body):
    reply = compute(server, body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def same(ours, theirs):
    assert_same(ours, theirs, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("query, more", [
    ({}, {}), ({"by": "belt", "relative_to": "mean"}, {"relative_to": "mean"}),
    ({"by": "belt", "tests": "dip,silverman,permutation", "thresholds": "20,40.5"}, {"tests": ["dip", "silverman", "permutation"], "thresholds": [20, 40.5]}),
    ({"tests": "none", "kernel": "optcosine", "bandwidth": "sj-ste", "adjust": "0.5", "boundary": "reflect", "lower": "1"},
     {"tests": ["none"], "kernel": "optcosine", "bandwidth": "sj-ste", "adjust": 0.5, "boundary": "reflect", "lower": 1}),
    ({"from": "0", "to": "200", "convention": "half-width", "bandwidth": "9.5"}, {"from": 0, "to": 200, "convention": "half-width", "bandwidth": 9.5})],
    ids=["as it is", "belts", "tests", "curve", "bounds"])
def test_the_same_as_of_stored_figures(server, query, more):
    """Curves, grid, modes, tests, changes, readings: all."""
    reply = server.get(PATH, params={"indicator": INDICATOR, "years": "2010,2014,2018", "points": "64", **query})
    stored = reply.json()
    assert reply.status_code == 200, stored
    answer = sent(server, panel(stored_numbers(), belts() if "by" in query else None, points=64, **more))
    for member in ("indicator", "figures_revision"):
        del stored[member]
    same(answer, stored)
    assert [series["year"] for series in answer["series"][:3]] == YEARS and len(answer["changes"]) == len(answer["series"])


def test_each_year_is_a_sample(server):
    """With gaps and weights: of each year the same as that year's sample alone, on the grid of all."""
    random = numpy.random.default_rng(5)
    numbers, weights = random.uniform(1, 9, (31, 3)), random.uniform(0.1, 5, 31)
    weights[7] = 0
    body = panel(numbers)
    for unit, weight in zip(body["units"], weights.tolist()):
        unit["weight"] = weight
    gaps = {2018: [3, 11], 2014: [3]}
    for year, units in gaps.items():
        for u in units:
            body["units"][u]["values"][ORDER.index(year)] = None
    answer = sent(server, body)
    assert answer["left_out"] == [{"unit": CODES[u], "year": year} for year in YEARS for u in sorted([7, *gaps.get(year, [])])]
    grid = answer["grid"]
    for year, series in zip(YEARS, answer["series"]):
        there = [u for u in range(31) if u != 7 and u not in gaps.get(year, [])]
        alone, = sent(server, {"values": numbers[there, ORDER.index(year)].tolist(), "weights": weights[there].tolist(), "points": grid["points"],
                               "from": grid["from"], "to": grid["to"]})["series"]
        assert series.pop("year") == year and alone.pop("year") is None
        assert series.pop("members") == [CODES[u] for u in there]
        assert series == alone and series["tests"] == {} and "weighted_mean" in series
    assert all(change["tests"] == {} for change in answer["changes"])
    assert answer["changes"][0]["mean_shift"] == answer["series"][1]["weighted_mean"] - answer["series"][0]["weighted_mean"]


def test_units_are_paired_by_their_ids(server):
    """Those of one year only are no pairs; shuffled units are the same ones."""
    numbers = stored_numbers()
    body = panel(numbers, tests=["permutation"])
    whole = sent(server, body)
    assert [change["tests"]["permutation"]["pairs"] for change in whole["changes"]] == [31, 31, 31]
    for u, y in ((0, 0), (5, 1), (6, 1), (30, 2)):
        body["units"][u]["values"][y] = None
    changes = sent(server, body)["changes"]
    assert [change["tests"]["permutation"]["pairs"] for change in changes] == [31 - 3, 31 - 2, 31 - 3]
    backwards = sent(server, {**body, "units": body["units"][::-1]})["changes"]
    for one, other in zip(changes, backwards, strict=True):
        for name in ("height_ratio", "width_ratio", "sd_ratio", "pairs"):
            assert other["tests"]["permutation"][name] == pytest.approx(one["tests"]["permutation"][name], rel=1e-9)
        assert other["mean_shift_error"] == pytest.approx(one["mean_shift_error"], rel=1e-9)


def by_influence(earlier, later):
    """The standard error of a shift of (weighted) means by its definition; of {unit: (value, weight)}."""
    influences, factors = [], [s / trace for s, trace, _ in map(design, (earlier, later))]
    for side in (earlier, later):
        total = sum(weight for _, weight in side.values())
        mean = sum(value * weight for value, weight in side.values()) / total
        influences.append({unit: weight * (value - mean) / total for unit, (value, weight) in side.items()})
    a, b = influences
    return math.sqrt(sum(factors[0] * a[u] ** 2 for u in a if u not in b) + sum(factors[1] * b[u] ** 2 for u in b if u not in a)
                     + sum(max(factors) * (b[u] - a[u]) ** 2 for u in a if u in b))


def test_the_error_of_a_shift_knows_pairs(server):
    """Of all pairs the paired t-test's, of none Welch's; between, and with weights, by its definition, and near what drawing again says."""
    random = numpy.random.default_rng(11)
    level = random.normal(50, 10, 40)
    before, after = level + random.normal(0, 1, 40), level + 1 + random.normal(0, 1, 40)

    def error(units):
        change, = sent(server, {"years": [2001, 2002], "points": 16, "units": [{"id": f"u{i}", **unit} for i, unit in enumerate(units)]})["changes"]
        assert change["mean_shift_holm_p_value"] == change["mean_shift_p_value"]
        return change["mean_shift"], change["mean_shift_error"], change["mean_shift_p_value"], change["reading"]

    paired, found, p_value, words = error([{"values": [x, y]} for x, y in zip(before, after)])
    assert found == pytest.approx(paired / scipy.stats.ttest_rel(after, before).statistic, rel=1e-9)
    assert p_value == pytest.approx(scipy.stats.ttest_rel(after, before).pvalue, abs=1e-12) and p_value < 0.001
    assert words[1] == "That is more than chance would make (p = 0.001 or less, by Holm's correction 0.001 or less)."
    apart, found, p_value, words = error([{"values": [x, None]} for x in before] + [{"values": [None, y]} for y in after])
    assert apart == pytest.approx(paired) and found == pytest.approx(apart / scipy.stats.ttest_ind(after, before, equal_var=False).statistic, rel=1e-9)
    welch = scipy.stats.ttest_ind(after, before, equal_var=False)
    assert p_value == pytest.approx(2 * scipy.stats.t.sf(abs(welch.statistic), 39), abs=1e-12) and p_value >= welch.pvalue
    assert words[1] == f"That may be chance (p = {p_value:.3f}, by Holm's correction {p_value:.3f})."
    weights = random.uniform(0.5, 3, (40, 2))
    units = [{"values": [before[u] if u >= 6 else None, after[u] if u < 32 else None], "weights": weights[u].tolist()} for u in range(40)]
    sides = [{u: (unit["values"][y], unit["weights"][y]) for u, unit in enumerate(units) if unit["values"][y] is not None} for y in (0, 1)]
    shift, found, p_value, _ = error(units)
    assert found == pytest.approx(by_influence(*sides), rel=1e-9)
    freedom = math.floor(min(design(side)[2] for side in sides))
    assert freedom < 31 and p_value == pytest.approx(2 * scipy.stats.t.sf(abs(shift) / found, freedom), abs=1e-12)
    shifts = []
    for _ in range(4000):
        drawn = random.integers(0, 40, 40)
        means = [sum(side[u][0] * side[u][1] for u in drawn if u in side) / sum(side[u][1] for u in drawn if u in side) for side in sides]
        shifts.append(means[1] - means[0])
    assert found == pytest.approx(numpy.std(shifts), rel=0.15)


def test_weights_make_a_sample_smaller(server):
    """Samples of one law, weights apart: the test says "more than chance" in about one of twenty, where 39 degrees of freedom would far more often; and
    weights that are all alike change nothing."""
    random = numpy.random.default_rng(5)
    weights = numpy.exp(random.normal(0, 1.5, 40)).tolist()
    said = bare = 0
    for _ in range(150):
        values = random.normal(50, 10, (40, 2)).tolist()
        units = [{"id": f"u{i}", "values": pair, "weight": weight} for i, (pair, weight) in enumerate(zip(values, weights, strict=True))]
        change, = sent(server, {"years": [2001, 2002], "points": 16, "units": units})["changes"]
        differences, shares = numpy.diff(values)[:, 0], numpy.array(weights) / sum(weights)
        naive = math.sqrt(40 / 39 * (shares ** 2) @ (differences - shares @ differences) ** 2)
        bare += 2 * scipy.stats.t.sf(abs(change["mean_shift"]) / naive, 39) <= 0.05
        said += change["mean_shift_p_value"] <= 0.05
    assert said <= 14 and bare > said  # 7.5 are due: more than 14 by chance once in 150; the draws are always the same
    for unit in units:
        unit["weight"] = 0.3
    alike, = sent(server, {"years": [2001, 2002], "points": 16, "units": units})["changes"]
    plain, = sent(server, {"years": [2001, 2002], "points": 16, "units": [{"id": unit["id"], "values": unit["values"]} for unit in units]})["changes"]
    assert alike["mean_shift_freedom"] == plain["mean_shift_freedom"] == len(units) - 1
    for name in ("mean_shift_error", "mean_shift_p_value"):
        assert alike[name] == pytest.approx(plain[name], rel=1e-9)


def test_few_units_prove_little(server):
    """Two pairs that moved by 2.5 and 3.5 have an error of a sixth of the shift: two in a thousand million by the normal law, one in ten by Student's."""
    two = {"years": [2001, 2002], "points": 16, "units": [{"id": "a", "values": [10, 12.5]}, {"id": "b", "values": [20, 23.5]}]}
    change, = sent(server, two)["changes"]
    assert change["mean_shift"] == 6 * change["mean_shift_error"] == 3 and change["mean_shift_freedom"] == 1
    assert change["mean_shift_p_value"] == pytest.approx(2 * scipy.stats.t.sf(6, 1), abs=1e-15) and change["mean_shift_p_value"] > 0.1
    assert change["reading"][1].startswith("That may be chance (p = 0.105")


def test_order_of_years_does_not_matter(server):
    turned = {**PANEL, "years": PANEL["years"][::-1], "units": [{**unit, "values": unit["values"][::-1]} for unit in PANEL["units"]]}
    assert sent(server, turned) == sent(server, PANEL)


@pytest.mark.parametrize("by", ["none", "belt"])
def test_by_people_as_of_stored_figures(server, by):
    """Weights are another indicator of the same year; relative to the mean of people, which a panel's is by its weights."""
    query = {"indicator": INDICATOR, "years": "2010,2014,2018", "points": "64", "by": by, "weights": "population_year_end", "relative_to": "population"}
    stored = server.get(PATH, params=query).json()
    people = numpy.column_stack([column("population_year_end", year) for year in ORDER])
    body = panel(stored_numbers(), belts() if by == "belt" else None, points=64, relative_to="mean")
    for unit, weights in zip(body["units"], people.tolist()):
        unit["weights"] = weights
    answer = sent(server, body)
    assert (stored.pop("relative_to"), answer.pop("relative_to")) == ("population", "mean") and stored.pop("weights") == "population_year_end"
    for member in ("indicator", "figures_revision"):
        del stored[member]
    same(answer, stored)


def test_of_one_year_without_groups(server):
    answer = sent(server, {"years": [2000], "units": [{"id": str(u), "values": [u + 1]} for u in range(5)]})
    assert [series["group"] for series in answer["series"]] == [None] and answer["changes"] == answer["left_out"] == []
    assert answer["relative_to"] == "none" and "indicator" not in answer


@pytest.mark.parametrize("table, columns, count", [
    ("curves", "x,density,group,year", 64), ("series", "group,year,n,mean", 4), ("changes", "group,from,to,mean_shift", 2), ("shifts", "group,from,to,share", 14),
    ("left_out", "unit,year", 1), ("tests", "group,year,test", 4), ("change_tests", "group,from,to,measure,ratio,p_value", 6)])
def test_tables(server, table, columns, count):
    reply = server.request("POST", f"{PATH}?table={table}", json=PANEL)
    rows = list(csv.reader(io.StringIO(reply.text)))
    assert reply.status_code == 200 and reply.text.startswith(columns) and len(rows) == 1 + count, reply.text


def test_the_reading_is_a_table_in_the_callers_language(server):
    for language in ("en", "zh"):
        document = compute(server, PANEL, **{"Accept-Language": language}).json()
        reply = server.request("POST", f"{PATH}?table=readings", json=PANEL, headers={"Accept-Language": language})
        assert reply.headers["Content-Language"] == language
        rows = list(csv.reader(io.StringIO(reply.content.decode())))
        assert rows[0] == ["group", "year", "from", "to", "sentence", "text"]
        wanted = [[series["group"], str(series["year"]), "", "", str(i), text] for series in document["series"] for i, text in enumerate(series["reading"], 1)]
        wanted += [[change["group"], "", str(change["from"]), str(change["to"]), str(i), text] for change in document["changes"] for i, text in enumerate(change["reading"], 1)]
        assert rows[1:] == wanted and len(wanted) > 12


def test_picture(server):
    drawn = compute(server, {**PANEL, "relative_to": "mean"}, Accept="image/svg+xml")
    assert drawn.status_code == 200
    for text in ("N (3 units)", "S (2 units)", "Density of 9 values", "2021", "multiple of the units' mean", "marks under the axis are the units"):
        assert text in drawn.text.replace("&#39;", "'").replace("&apos;", "'"), text


def test_words_in_chinese(server):
    english, chinese = (compute(server, PANEL, **{"Accept-Language": language}).json() for language in ("en", "zh"))
    for one, other in zip(english["changes"], chinese["changes"], strict=True):
        assert len(one["reading"]) == len(other["reading"]) and not set(one["reading"]) & set(other["reading"])


def test_everything_wrong_is_named(server):
    def refused(change, where, code="invalid_request"):
        assert faults(assert_problem(compute(server, {**PANEL, **change}), 422, code)) == where

    refused({"years": [2020, "x"], "relative_to": "population", "kernel": "gauss", "points": 15, "values": [1], "weights": [1]},
            {"/years/1": "wrong_type", "/relative_to": "not_a_choice", "/kernel": "not_a_choice", "/points": "out_of_range", "/values": "unknown_member",
             "/weights": "unknown_member"})
    refused({"years": [], "tests": ["kuiper"], "thresholds": [], "bandwidth": "wide", "cut": 1, "from": 1},
            {"/years": "too_short", "/tests/0": "not_a_choice", "/thresholds": "too_short", "/bandwidth": "not_a_choice", "/cut": "conflicting_values", "/to": "missing_member"})
    refused({"tests": ["none", "permutation"]}, {"/tests/1": "not_a_choice"}, "not_a_choice")
    refused({"tests": []}, {"/tests": "too_short"}, "too_short")
    refused({"tests": ["dip", "silverman", "dip", "dip"]}, {"/tests/2": "bad_format", "/tests/3": "bad_format"})
    refused({"tests": ["none", "none"]}, {"/tests/1": "not_a_choice"}, "not_a_choice")
    refused({"years": [2020, 2020]}, {"/years": "bad_format"}, "bad_format")
    refused({"years": [2020, 2021, 2022]}, {f"/units/{u}/values": "wrong_length" for u in range(5)})
    refused({"units": [{"id": "a", "values": [1, "x"]}, {"id": "a", "values": [1e16, 2], "group": "n", "weight": 1, "weights": [1, -1]}]},
            {"/units": "duplicate_id", "/units/0/group": "missing_member", "/units/0/values/1": "wrong_type", "/units/0/weight": "missing_member",
             "/units/1/values/0": "out_of_range", "/units/1/weights": "conflicting_values", "/units/1/weights/1": "out_of_range"})
    refused({"relative_to": "mean", "units": [{"id": "a", "values": [0, 1]}, {"id": "b", "values": [0, 2]}]}, {"/relative_to": "zero_mean"}, "zero_mean")
    refused({"units": [{"id": str(g), "group": f"g{g}", "values": [1, 2]} for g in range(101)]}, {"/units": "too_long"}, "too_long")
    refused({"units": [{"id": "a", "values": [None, 1]}]}, {"/units": "too_few_values"}, "too_few_values")
    refused({"points": 8192, "years": list(range(2000, 2040)), "units": [{"id": str(u), "group": str(u % 4), "values": [u * y for y in range(1, 41)]} for u in range(8)]},
            {"/points": "out_of_range"}, "out_of_range")
    for body, missing in (({"years": [2020]}, "/units"), ({"units": PANEL["units"]}, "/years")):
        assert faults(assert_problem(compute(server, body), 422, "missing_member")) == {missing: "missing_member"}


def test_a_series_that_cannot_be_drawn_is_named(server):
    one = {**PANEL, "units": [*PANEL["units"], {"id": "f", "group": "w", "values": [1, None]}]}
    body = assert_problem(compute(server, one), 422, "too_few_values")
    assert [fault["pointer"] for fault in body["errors"]] == ["/units", "/units"]
    assert "the series w of 2020, which has 1 value" in body["errors"][0]["detail"] and "the series w of 2021, which has 0 values" in body["errors"][1]["detail"]
    equal = {**PANEL, "units": [{"id": "a", "values": [3, 1]}, {"id": "b", "values": [3, 2]}]}
    assert faults(assert_problem(compute(server, equal), 422, "no_spread")) == {"/units": "no_spread"}
    assert compute(server, {**equal, "bandwidth": 1}).status_code == 200
    below = {**PANEL, "boundary": "reflect", "lower": 1.5}
    assert set(faults(assert_problem(compute(server, below), 422, "out_of_range"))) == {"/lower"}


def test_many_units_are_paired_in_time(server):
    """As many as are accepted, with weights: two years of 100,000."""
    random = numpy.random.default_rng(9)
    numbers = random.lognormal(0, 1, (100000, 2)).round(4).tolist()
    body = {"years": [2001, 2002], "points": 64, "units": [{"id": f"u{u}", "values": row, "weight": 1} for u, row in enumerate(numbers)]}
    answer = sent(server, body)
    assert [series["n"] for series in answer["series"]] == [100000] * 2 and answer["method"] == "binned"
    body["units"].append({"id": "one", "values": [1, 2], "weight": 1})
    assert faults(assert_problem(compute(server, body), 422, "too_long")) == {"/units": "too_long"}
