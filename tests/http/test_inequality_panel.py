"""POST /inequality of units over years: the numbers that GET /inequality has for the same figures, which are proved elsewhere
(test_inequality.py), and what only a caller's own units can bring: gaps, weights, groups, faults."""

import csv
import io
import os
import pathlib

import numpy
import pytest

from analysis_support import CODES, assert_problem, assert_same, belts, column, faults
from test_inequality import INDICATOR, QUERY, YEARS, ask, compute, service  # noqa: F401

ORDER = [2018, 2010, 2014]
PANEL = {"years": [2020, 2021], "units": [{"id": "a", "group": "n", "values": [1, 2]}, {"id": "b", "group": "n", "values": [3, None]},
                                          {"id": "c", "group": "s", "values": [4, 8]}, {"id": "d", "group": "s", "values": [2, 1]}]}


def panel(values, weights=None, by_belt=True, order=ORDER, **more):
    """The provinces as units; values(year) and weights(year) as arrays. One weight for all years where it is one array."""
    columns = [values(year) for year in order]
    units = [{"id": code, "values": [float(c[u]) for c in columns]} for u, code in enumerate(CODES)]
    for u, unit in enumerate(units):
        if by_belt:
            unit["group"] = str(belts()[u])
        if weights is not None:
            unit.update({"weights": [float(weights(year)[u]) for year in order]} if callable(weights) else {"weight": float(weights[u])})
    return {"years": order, "units": units, **more}


def sent(service, body):  # noqa: F811
    reply = compute(service, **body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def same(ours, theirs):
    assert_same(ours, theirs, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("query, more", [
    ({}, {}), ({"states": "3"}, {"states": 3}), ({"bounds": "0.8,1,1.25"}, {"bounds": [0.8, 1, 1.25]}),
    ({"relative_to": "mean", "epsilon": "1", "alpha": "1"}, {"relative_to": "mean", "epsilon": 1, "alpha": 1})],
    ids=["as it is", "states", "bounds", "relative"])
def test_the_same_as_of_stored_figures(service, query, more):  # noqa: F811
    stored = ask(service, **QUERY, **query)
    answer = sent(service, panel(lambda year: column(INDICATOR, year), **more))
    for member in ("indicator", "per", "figures_revision"):
        del stored[member]
    same(answer, stored)
    assert [series["year"] for series in answer["series"][:3]] == YEARS and len(answer["series"]) == 12


@pytest.mark.parametrize("relative_to", ["none", "mean"])
def test_the_same_by_population(service, relative_to):  # noqa: F811
    stored = ask(service, indicator="beds", years="2014,2016,2018", per="population_year_end", by="belt", relative_to=relative_to)
    people = {year: column("population_year_end", year) for year in (2014, 2016, 2018)}
    answer = sent(service, panel(lambda year: column("beds", year) / people[year], lambda year: people[year], order=[2018, 2014, 2016],
                                 relative_to=relative_to))
    for member in ("indicator", "per", "figures_revision"):
        del stored[member]
    same(answer, stored)


def test_each_year_is_a_sample(service):  # noqa: F811
    """One weight for all years, and gaps: of each year the same as that year's sample alone."""
    numbers = numpy.random.default_rng(3).uniform(1, 9, (31, 3))
    weights = numpy.random.default_rng(4).uniform(0, 5, 31)
    weights[7] = 0
    body = panel(lambda year: numbers[:, ORDER.index(year)], weights)
    gaps = {2018: [3, 11], 2014: [3]}
    for year, units in gaps.items():
        for u in units:
            body["units"][u]["values"][ORDER.index(year)] = None
    answer = sent(service, body)
    assert answer["left_out"] == [{"unit": CODES[u], "year": year} for year in YEARS for u in sorted([7, *gaps.get(year, [])])]
    for y, year in enumerate(YEARS):
        there = [u for u in range(31) if u != 7 and u not in gaps.get(year, [])]
        sample = sent(service, {"values": numbers[there, ORDER.index(year)].tolist(), "weights": weights[there].tolist(),
                                "groups": belts()[there].tolist()})["series"]
        for i, series in enumerate(answer["series"][y::3]):
            assert series.pop("year") == year and sample[i].pop("year") is None
            own = [CODES[u] for u in there if series["group"] in (None, belts()[u])]
            assert series.pop("members") == own
            same(series, sample[i])
    assert [t["n"] for t in answer["transitions"][:3]] == [29, 28, 28]


def test_without_groups_and_of_one_year(service):  # noqa: F811
    answer = sent(service, {"years": [2000], "units": [{"id": str(u), "values": [u + 1]} for u in range(5)]})
    assert [series["group"] for series in answer["series"]] == [None] and answer["transitions"] == [] and answer["left_out"] == []
    assert answer["states"]["years"] == [{"year": 2000, "bounds": [2, 3, 4]}] and answer["relative_to"] == "none"
    assert answer["series"][0]["gini"] == pytest.approx(4 / 15) and "theil" not in answer["series"][0]


@pytest.mark.parametrize("table, columns, count", [
    ("series", "group,year,n,mean", 6), ("states", "year,bound,value", 6), ("transitions", "group,from,to,from_state", 48),
    ("mobility", "group,from,to,n,mobility", 3), ("left_out", "unit,year", 1), ("decomposition", "year,index,part", 14), ("pairs", "year,higher,lower", 2)])
def test_tables(service, table, columns, count):  # noqa: F811
    reply = service.request("POST", f"/inequality?table={table}", json=PANEL)
    rows = list(csv.reader(io.StringIO(reply.text)))
    assert reply.status_code == 200 and reply.text.startswith(columns) and len(rows) == 1 + count, reply.text


def test_picture(service):  # noqa: F811
    reply = service.request("POST", "/inequality", json=PANEL, headers={"Accept": "image/svg+xml"})
    assert reply.status_code == 200 and "2021: Gini" in reply.text


def test_everything_wrong_is_named(service):  # noqa: F811
    def refused(change, where, code="invalid_request"):
        assert faults(assert_problem(compute(service, **{**PANEL, **change}), 422, code)) == where

    refused({"years": [2020, "x"], "states": 11, "relative_to": "population", "epsilon": -1, "alpha": 2, "values": [1]},
            {"/years/1": "wrong_type", "/states": "out_of_range", "/relative_to": "not_a_choice", "/epsilon": "out_of_range", "/alpha": "out_of_range",
             "/values": "unknown_member"})
    refused({"years": [1800, 2101]}, {"/years/0": "out_of_range", "/years/1": "out_of_range"})
    refused({"years": []}, {"/years": "too_short"}, "too_short")
    refused({"years": 2020}, {"/years": "wrong_type"}, "wrong_type")
    refused({"years": [2020, 2020]}, {"/years": "bad_format"}, "bad_format")
    refused({"years": list(range(1900, 1965))}, {"/years": "too_long"}, "too_long")
    refused({"years": [2020, 2021, 2022]}, {f"/units/{u}/values": "wrong_length" for u in range(4)})
    refused({"units": []}, {"/units": "too_short"}, "too_short")
    refused({"units": [{"id": "a b", "values": [1], "x": 1}, 3, {"id": "c"}]},
            {"/units/0/id": "bad_format", "/units/0/x": "unknown_member", "/units/1": "wrong_type", "/units/2/values": "missing_member"})
    refused({"units": [{"id": "a", "values": [1, "x"]}, {"id": "a", "values": [1e16, 2], "group": "n", "weight": 1, "weights": [1, -1]}]},
            {"/units": "duplicate_id", "/units/0/group": "missing_member", "/units/0/values/1": "wrong_type", "/units/0/weight": "missing_member",
             "/units/1/values/0": "out_of_range", "/units/1/weights": "conflicting_values", "/units/1/weights/1": "out_of_range"})
    refused({"units": [{"id": "a", "values": [1, 2], "weights": [1, 0]}, {"id": "b", "values": [None, 3], "weights": [1, None]}]},
            {"/units": "too_few_values"}, "too_few_values")
    refused({"relative_to": "mean", "units": [{"id": "a", "values": [0, 1]}, {"id": "b", "values": [0, 2]}]}, {"/relative_to": "zero_mean"}, "zero_mean")
    refused({"bounds": [1, 1]}, {"/bounds": "bad_format"}, "bad_format")
    refused({"bounds": [1], "states": 2}, {"/bounds": "conflicting_values"}, "conflicting_values")
    refused({"units": [{"id": str(g), "group": f"g{g}", "values": [1, 2]} for g in range(101)]}, {"/units": "too_long"}, "too_long")
    assert faults(assert_problem(compute(service, years=[2020]), 422, "missing_member")) == {"/units": "missing_member"}
    assert faults(assert_problem(compute(service, units=PANEL["units"]), 422, "missing_member")) == {"/years": "missing_member"}


def test_years_too_large_for_a_number_are_named_once(service):  # noqa: F811
    text = '{"years":[1e400,1e400,1e400],"units":[{"id":"a","values":[1,2,3]}]}'
    reply = service.request("POST", "/inequality", data=text, headers={"Content-Type": "application/json"})
    body = assert_problem(reply, 422, "invalid_request")
    assert faults(body) == {f"/years/{i}": "out_of_range" for i in range(3)} and len(body["errors"]) == 3


def test_order_of_units_and_years_does_not_matter(service):  # noqa: F811
    answer = sent(service, PANEL)
    turned = {"years": PANEL["years"][::-1], "units": [{**unit, "values": unit["values"][::-1]} for unit in PANEL["units"]]}
    assert sent(service, turned) == answer
    backwards = sent(service, {**PANEL, "units": PANEL["units"][::-1]})
    for series in answer["series"] + backwards["series"]:
        series.pop("members")
    same(backwards["series"], answer["series"])
    same(backwards["transitions"], answer["transitions"])


def peak_kib(server):
    return int(pathlib.Path(f"/proc/{server.process.pid}/status").read_text().split("VmHWM:")[1].split()[0])


def test_a_panel_of_many_groups_takes_memory_for_its_units_alone(start):
    """Beside those of all units once more, and not once for each group."""
    own = start()
    units = [{"id": f"u{u}", "group": f"g{u % 100}", "values": [u % 97 + year + 1 for year in range(40)], "weight": 1} for u in range(2000)]
    assert own.write("POST", "/inequality", json={"years": PANEL["years"], "units": PANEL["units"]}).status_code == 200
    before = peak_kib(own)
    assert own.write("POST", "/inequality", json={"years": list(range(1980, 2020)), "units": units}).status_code == 200
    grown = peak_kib(own) - before
    print(f"{grown / 1024:.0f} MiB")
    assert grown < (4 if "san" in os.environ.get("TALLYSTICK_BUILD", "") else 1) * 120 * 1024


def test_a_mean_that_nothing_can_be_divided_by(service):  # noqa: F811
    units = [{"id": "a", "values": [1e15], "weight": 1e-300}, {"id": "b", "values": [1e-300], "weight": 1e15}]
    reply = compute(service, years=[2010], units=units, relative_to="mean")
    assert faults(assert_problem(reply, 422, "out_of_range")) == {"/relative_to": "out_of_range"}
