"""/density against plain sums in numpy on the real figures, and what it refuses."""

import os
import tempfile

import numpy
import pytest
from scipy.signal import find_peaks, peak_prominences, peak_widths

from analysis_support import CODES, assert_problem, belts, column, faults
from conftest import Server

PATH = "/density"
INDICATOR = "health_personnel_all_per_10k"
YEARS = [2010, 2014, 2018]
BELTS = ["central", "eastern", "western"]
QUERY = {"indicator": INDICATOR, "years": "2010,2014,2018", "by": "belt", "relative_to": "mean"}

# K(u) on |u| < 1 (all u for the Gaussian) and its standard deviation, from the definitions.
KERNELS = {
    "gaussian": (lambda u: numpy.exp(-u * u / 2) / numpy.sqrt(2 * numpy.pi), 1),
    "epanechnikov": (lambda u: 0.75 * (1 - u * u), 1 / numpy.sqrt(5)),
    "triangular": (lambda u: 1 - abs(u), 1 / numpy.sqrt(6)),
    "uniform": (lambda u: 0.5 + 0 * u, 1 / numpy.sqrt(3)),
    "biweight": (lambda u: 15 / 16 * (1 - u * u) ** 2, 1 / numpy.sqrt(7)),
    "triweight": (lambda u: 35 / 32 * (1 - u * u) ** 3, 1 / 3),
    "cosine": (lambda u: (1 + numpy.cos(numpy.pi * u)) / 2, numpy.sqrt(1 / 3 - 2 / numpy.pi ** 2)),
    "optcosine": (lambda u: numpy.pi / 4 * numpy.cos(numpy.pi * u / 2), numpy.sqrt(1 - 8 / numpy.pi ** 2)),
}


@pytest.fixture(scope="module")
def service():
    """One of its own: the figures of the shared one may have been changed by other tests."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        yield started
        assert started.stop() == 0


def ask(service, **more):
    reply = service.get(PATH, params={**QUERY, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def compute(service, body):
    return service.request("POST", PATH, json=body)


def density(values, places, scale, kernel="gaussian", weights=None):
    """The plain sum over all values."""
    weights = numpy.ones(len(values)) if weights is None else numpy.asarray(weights, float)
    function = KERNELS[kernel][0]
    u = (places[:, None] - numpy.asarray(values)[None, :]) / scale
    heights = function(u) if kernel == "gaussian" else numpy.where(abs(u) < 1, function(u), 0)
    return heights @ (weights / weights.sum()) / scale


def rule(values, factor):
    quartiles = numpy.percentile(values, [25, 75])
    spread = min(values.std(ddof=1), (quartiles[1] - quartiles[0]) / 1.34)
    return factor * spread * len(values) ** -0.2


def places_of(grid):
    return numpy.linspace(grid["from"], grid["to"], grid["points"])


def relative(year):
    values = column(INDICATOR, year)
    return values / values.mean()


def samples():
    return {(belt, year): relative(year)[belts() == belt] for belt in BELTS for year in YEARS}


def test_curves_by_belt(service):
    answer = ask(service)
    assert (answer["indicator"], answer["relative_to"], answer["kernel"]) == (INDICATOR, "mean", "gaussian")
    assert (answer["convention"], answer["method"], answer["left_out"]) == ("sd", "exact", [])
    assert answer["figures_revision"] >= 1 and answer["grid"]["points"] == 512
    places = places_of(answer["grid"])
    assert [(s["group"], s["year"]) for s in answer["series"]] == [(b, y) for b in BELTS for y in YEARS]
    for series in answer["series"]:
        values = samples()[series["group"], series["year"]]
        assert series["members"] == [c for c, b in zip(CODES, belts()) if b == series["group"]]
        assert series["n"] == len(values)
        for member, value in (("mean", values.mean()), ("sd", values.std(ddof=1)), ("min", values.min()),
                              ("max", values.max()), ("bandwidth", rule(values, 0.9))):
            assert series[member] == pytest.approx(value, rel=1e-12)
        assert series["rule"] == "silverman"
        wanted = density(values, places, series["bandwidth"])
        assert numpy.array(series["density"]) == pytest.approx(wanted, abs=1e-12 * wanted.max())
        assert series["integral"] == pytest.approx(numpy.trapz(wanted, places), abs=1e-9)
        assert any("30 values" in warning for warning in series["warnings"])


def test_the_grid_covers_all_series(service):
    grid = ask(service, cut="2")["grid"]
    ends = [(v.min() - 2 * rule(v, 0.9), v.max() + 2 * rule(v, 0.9)) for v in samples().values()]
    assert grid["from"] == pytest.approx(min(low for low, _ in ends), rel=1e-12)
    assert grid["to"] == pytest.approx(max(high for _, high in ends), rel=1e-12)


def test_modes(service):
    """scipy finds the same peaks on a fine grid; there they are good to a step."""
    for series in ask(service)["series"]:
        values = samples()[series["group"], series["year"]]
        places = numpy.linspace(values.min() - 0.5, values.max() + 0.5, 100001)
        curve = density(values, places, series["bandwidth"])
        peaks, _ = find_peaks(curve)
        prominences, left, right = peak_prominences(curve, peaks)
        widths = peak_widths(curve, peaks, 0.5, (prominences, left, right))[0] * (places[1] - places[0])
        assert [mode["x"] for mode in series["modes"]] == pytest.approx(places[peaks].tolist(), abs=1e-4)
        assert [mode["height"] for mode in series["modes"]] == pytest.approx(curve[peaks].tolist(), rel=1e-6)
        assert [mode["prominence"] for mode in series["modes"]] == pytest.approx(prominences.tolist(), abs=1e-5)
        assert [mode["width"] for mode in series["modes"]] == pytest.approx(widths.tolist(), abs=1e-4)
        assert series["peak_count"] == (prominences >= 0.1 * curve.max()).sum()


def test_changes(service):
    answer = ask(service)
    places = places_of(answer["grid"])
    series = {(s["group"], s["year"]): s for s in answer["series"]}
    pairs = [(2010, 2014), (2014, 2018), (2010, 2018)]
    assert [(c["group"], c["from"], c["to"]) for c in answer["changes"]] == [(b, *p) for b in BELTS for p in pairs]
    for change in answer["changes"]:
        first, last = series[change["group"], change["from"]], series[change["group"], change["to"]]
        high = [max(s["modes"], key=lambda mode: mode["height"]) for s in (first, last)]
        smaller = numpy.minimum(first["density"], last["density"])
        assert change["mean_shift"] == pytest.approx(last["mean"] - first["mean"], abs=1e-12)
        assert change["mode_shift"] == pytest.approx(high[1]["x"] - high[0]["x"], abs=1e-12)
        assert change["height_ratio"] == pytest.approx(high[1]["height"] / high[0]["height"], rel=1e-12)
        assert change["width_ratio"] == pytest.approx(high[1]["width"] / high[0]["width"], rel=1e-12)
        assert change["overlap"] == pytest.approx(numpy.trapz(smaller, places), abs=1e-4)
    assert len(ask(service, years="2010,2018")["changes"]) == 3
    assert ask(service, years="2010")["changes"] == []


@pytest.mark.parametrize("relative_to", ["none", "mean", "population"])
def test_all_provinces_and_what_they_are_relative_to(service, relative_to):
    answer = ask(service, by="none", relative_to=relative_to, years="2018")
    values = column(INDICATOR, 2018)
    if relative_to == "mean":
        values = values / values.mean()
    elif relative_to == "population":
        values = values / numpy.average(values, weights=column("population_year_end", 2018))
    assert answer["relative_to"] == relative_to and len(answer["series"]) == 1
    series = answer["series"][0]
    assert (series["group"], series["year"], series["n"]) == (None, 2018, 31)
    assert series["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert series["max"] == pytest.approx(values.max(), rel=1e-14) and series["members"] == CODES
    wanted = density(values, places_of(answer["grid"]), rule(values, 0.9))
    assert numpy.array(series["density"]) == pytest.approx(wanted, abs=1e-12 * wanted.max())


@pytest.mark.parametrize("convention", ["sd", "half-width"])
@pytest.mark.parametrize("kernel", list(KERNELS))
def test_kernels_and_numeric_bandwidths(service, kernel, convention):
    answer = ask(service, kernel=kernel, bandwidth="0.125", convention=convention, points="64")
    assert answer["kernel"] == kernel and answer["convention"] == convention
    scale = 0.125 if convention == "half-width" else 0.125 / KERNELS[kernel][1]
    for series in answer["series"]:
        values = samples()[series["group"], series["year"]]
        wanted = density(values, places_of(answer["grid"]), scale, kernel)
        assert (series["bandwidth"], series["rule"]) == (0.125, "number")
        assert numpy.array(series["density"]) == pytest.approx(wanted, abs=1e-12 * wanted.max())


def test_scott_and_bounds(service):
    answer = ask(service, bandwidth="scott", years="2018", points="16", **{"from": "0.5", "to": "1.5"})
    assert answer["grid"] == {"from": 0.5, "to": 1.5, "points": 16}
    for series in answer["series"]:
        assert series["rule"] == "scott"
        assert series["bandwidth"] == pytest.approx(rule(samples()[series["group"], 2018], 1.06), rel=1e-12)
    central = answer["series"][0]
    assert any("grid" in warning for warning in central["warnings"])  # Beijing lies beyond 1.5


def test_the_order_of_the_query_does_not_matter(service):
    first = service.get(PATH, params=QUERY)
    other = {"by": "belt", "years": "2018,2010,2014", "points": "512", "cut": "3.0", "bandwidth": "silverman",
             "kernel": "gaussian", "relative_to": "mean", "convention": "sd", "indicator": INDICATOR}
    second = service.get(PATH, params=other)
    assert first.content == second.content and first.headers["ETag"] == second.headers["ETag"]
    assert "no-cache" in first.headers["Cache-Control"]
    again = service.get(PATH, params=other, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.content == b""


def test_new_figures_and_new_belts_give_new_answers(start):
    own = start()
    params = {**QUERY, "points": "16"}
    before = own.get(PATH, params=params)
    figure = {"indicator": "health_personnel_all", "year": 2010, "province": "CN-HB", "value": 1}
    reply = own.request("PUT", "/figures", token=True, json={"figures": [figure]})
    assert reply.status_code in (200, 201), reply.text
    after = own.get(PATH, params=params)
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.json()["figures_revision"] == before.json()["figures_revision"] + 1

    reply = own.get("/provinces/CN-HB")
    province = {name: value for name, value in reply.json().items()
                if name in ("gb_code", "name", "belt", "capital", "lat", "lon")}
    reply = own.request("PUT", "/provinces/CN-HB", token=True, json={**province, "belt": "western"},
                        headers={"If-Match": reply.headers["ETag"]})
    assert reply.status_code == 200, reply.text
    moved = own.get(PATH, params=params)
    assert [s["n"] for s in moved.json()["series"]] == [10] * 6 + [11] * 3
    assert [s["n"] for s in after.json()["series"]] == [11] * 3 + [10] * 6


def test_a_province_without_a_figure_is_left_out(start):
    own = start()
    figures = [{"indicator": "beds", "year": 2005, "province": code, "value": value}
               for code, value in (("CN-HB", 5), ("CN-HN", 6), ("CN-GD", 7))]
    assert own.request("PUT", "/figures", token=True, json={"figures": figures}).status_code in (200, 201)
    params = {"indicator": "beds", "years": "2005,2014", "points": "16"}
    answer = own.get(PATH, params=params).json()
    assert [s["n"] for s in answer["series"]] == [3, 31]
    assert answer["series"][0]["members"] == ["CN-GD", "CN-HB", "CN-HN"]
    assert answer["changes"][0]["tests"]["permutation"]["pairs"] == 3
    assert len(answer["left_out"]) == 28 and answer["left_out"][0] == {"province": "CN-AH", "year": 2005}
    body = assert_problem(own.get(PATH, params={**params, "by": "belt"}), 422, "too_few_values")
    assert "eastern" in body["detail"] and "2005" in body["detail"]


@pytest.mark.parametrize("query, status, code, places", [
    ({"years": "2014,2030"}, 422, "no_figures", None),
    ({"years": None}, 400, "invalid_query", {"years": "missing_parameter"}),
    ({"years": "2014,2014"}, 400, "invalid_query", {"years": "bad_format"}),
    ({"years": "2014-2018"}, 400, "invalid_query", {"years": "wrong_type"}),
    ({"indicator": None, "points": "15"}, 400, "invalid_query",
     {"indicator": "missing_parameter", "points": "out_of_range"}),
    ({"indicator": "health_personel_all"}, 422, "unknown_indicator", {"indicator": "unknown_indicator"}),
    ({"weights": "people"}, 422, "unknown_indicator", {"weights": "unknown_indicator"}),
    ({"weights": "beds,hospitals", "indicator": "nope"}, 400, "invalid_query", {"weights": "too_many", "indicator": "unknown_indicator"}),
    ({"indicator": "beds,hospitals"}, 400, "invalid_query", {"indicator": "too_many"}),
    ({"by": "province"}, 400, "invalid_query", {"by": "not_a_choice"}),
    ({"kernel": "gauss"}, 400, "invalid_query", {"kernel": "not_a_choice"}),
    ({"bandwidth": "silver"}, 400, "invalid_query", {"bandwidth": "not_a_choice"}),
    ({"bandwidth": "number"}, 400, "invalid_query", {"bandwidth": "not_a_choice"}),
    ({"bandwidth": "0"}, 400, "invalid_query", {"bandwidth": "out_of_range"}),
    ({"bandwidth": "-1"}, 400, "invalid_query", {"bandwidth": "out_of_range"}),
    ({"bandwidth": "nan"}, 400, "invalid_query", {"bandwidth": "not_a_choice"}),
    ({"bandwidth": "1e16"}, 400, "invalid_query", {"bandwidth": "out_of_range"}),
    ({"points": "8193"}, 400, "invalid_query", {"points": "out_of_range"}),
    ({"points": "16.5"}, 400, "invalid_query", {"points": "wrong_type"}),
    ({"cut": "-1"}, 400, "invalid_query", {"cut": "out_of_range"}),
    ({"cut": "inf"}, 400, "invalid_query", {"cut": "wrong_type"}),
    ({"from": "1"}, 400, "invalid_query", {"to": "missing_parameter"}),
    ({"to": "1", "cut": "2"}, 400, "invalid_query", {"from": "missing_parameter", "cut": "conflicting_values"}),
    ({"from": "1", "to": "x"}, 400, "invalid_query", {"to": "wrong_type"}),
    ({"kernel": "foo", "bandwidth": "bar", "points": "1", "cut": "-1", "from": "1", "by": "x", "relative_to": "y",
      "indicator": "nope", "years": "1800,x"}, 400, "invalid_query",
     {"kernel": "not_a_choice", "bandwidth": "not_a_choice", "points": "out_of_range", "cut": "conflicting_values",
      "to": "missing_parameter", "by": "not_a_choice", "relative_to": "not_a_choice", "indicator": "unknown_indicator",
      "years": "wrong_type"}),
    ({"indicator": "nope", "kernel": "x"}, 400, "invalid_query",
     {"indicator": "unknown_indicator", "kernel": "not_a_choice"}),
    ({"from": "2", "to": "2"}, 400, "invalid_query", {"to": "out_of_range"}),
    ({"from": "1", "to": "2", "cut": "3"}, 400, "invalid_query", {"cut": "conflicting_values"}),
    ({"convention": "fwhm"}, 400, "invalid_query", {"convention": "not_a_choice"}),
    ({"indicator": "population_year_end_per_10k"}, 422, "unknown_indicator", {"indicator": "unknown_indicator"}),
    ({"bandwidth": "1e-30"}, 422, "out_of_range", None),
])
def test_queries_that_are_refused(service, query, status, code, places):
    params = {name: value for name, value in {**QUERY, **query}.items() if value is not None}
    body = assert_problem(service.get(PATH, params=params), status, code)
    if places is not None:
        assert faults(body) == places


def test_every_year_that_cannot_be_drawn_is_named(start):
    own = start()
    figures = [{"indicator": "beds", "year": year, "province": "CN-HB", "value": value}
               for year, value in ((2098, 5), (2099, 6), (2100, 0))]
    assert own.request("PUT", "/figures", token=True, json={"figures": figures}).status_code in (200, 201)
    params = {"indicator": "beds", "years": "2098,2099,2018"}
    body = assert_problem(own.get(PATH, params=params), 422, "too_few_values")
    assert [fault["parameter"] for fault in body["errors"]] == ["years"] * 2
    assert "2098" in body["errors"][0]["detail"] and "2099" in body["errors"][1]["detail"]
    body = assert_problem(own.get(PATH, params={**params, "relative_to": "population"}), 422, "no_figures")
    assert "2098 to 2099" in body["detail"]
    body = assert_problem(own.get(PATH, params={**params, "years": "2100", "relative_to": "mean"}), 422, "zero_mean")
    assert faults(body) == {"years": "zero_mean"}


def test_the_years_there_are_come_with_the_refusal(service):
    body = assert_problem(service.get(PATH, params={**QUERY, "indicator": "beds_per_10k", "years": "2010,2014"}), 422,
                          "no_figures")
    assert body["years"] == list(range(2014, 2024))
    assert "2010" in body["detail"] and "2014 to 2023" in body["detail"]


def test_a_great_answer_is_refused(service):
    years = ",".join(str(year) for year in range(2005, 2025))
    assert len(ask(service, years=years, points="8192", by="none")["series"]) == 20
    years = ",".join(str(year) for year in range(1950, 2000))
    params = {"indicator": "beds", "years": years, "points": "8192", "by": "belt", "bandwidth": "1"}
    body = assert_problem(service.get(PATH, params=params), 400, "invalid_query")
    assert faults(body) == {"points": "out_of_range"}


def test_own_sample(service):
    values, weights = [3.0, 1, 2.5, 9, 4], [1, 2, 0.5, 1, 3]
    reply = compute(service, {"values": values, "weights": weights, "bandwidth": 0.75, "points": 100, "cut": 4,
                              "kernel": "epanechnikov"})
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert "indicator" not in answer and "figures_revision" not in answer and answer["changes"] == []
    assert answer["grid"] == {"from": 1 - 3.0, "to": 9 + 3.0, "points": 100}
    series, = answer["series"]
    wanted = density(values, places_of(answer["grid"]), 0.75 * numpy.sqrt(5), "epanechnikov", weights)
    assert numpy.array(series["density"]) == pytest.approx(wanted, abs=1e-12 * wanted.max())
    assert series["mean"] == pytest.approx(numpy.mean(values)) and "members" not in series
    assert series["weighted_mean"] == pytest.approx(numpy.average(values, weights=weights))
    assert (series["group"], series["year"], series["n"]) == (None, None, 5)


def test_one_value_with_a_bandwidth(service):
    series, = compute(service, {"values": [5], "bandwidth": 1}).json()["series"]
    assert series["sd"] is None and series["modes"][0]["x"] == 5
    assert series["modes"][0]["height"] == pytest.approx(1 / numpy.sqrt(2 * numpy.pi))


def test_a_large_sample_is_binned(service):
    values = numpy.random.default_rng(3).normal(10, 2, 200000).round(6)
    answer = compute(service, {"values": values.tolist(), "points": 128}).json()
    assert answer["method"] == "binned"
    series, = answer["series"]
    wanted = density(values, places_of(answer["grid"]), rule(values, 0.9))
    assert numpy.array(series["density"]) == pytest.approx(wanted, abs=1e-7 * wanted.max())
    assert series["warnings"] == [] and series["peak_count"] == 1


@pytest.mark.parametrize("body, code, places", [
    (3, "wrong_type", {"": "wrong_type"}),
    ({}, "missing_member", {"/values": "missing_member"}),
    ({"values": []}, "too_short", {"/values": "too_short"}),
    ({"values": "1,2"}, "wrong_type", {"/values": "wrong_type"}),
    ({"values": [1]}, "too_few_values", {"/values": "too_few_values"}),
    ({"values": [2, 2, 2]}, "no_spread", {"/values": "no_spread"}),
    ({"values": [1, "2", None, 1e16, [], True]}, "invalid_request",
     {"/values/1": "wrong_type", "/values/2": "wrong_type", "/values/3": "out_of_range", "/values/4": "wrong_type",
      "/values/5": "wrong_type"}),
    ({"values": [1, 2], "weights": [1]}, "wrong_length", {"/weights": "wrong_length"}),
    ({"values": [1, 2], "weights": [0, 0]}, "weights_zero", {"/weights": "weights_zero"}),
    ({"values": [1, 2], "weights": [1, -1]}, "out_of_range", {"/weights/1": "out_of_range"}),
    ({"values": [1, 2], "bandwidth": 0}, "out_of_range", {"/bandwidth": "out_of_range"}),
    ({"values": [1, 2], "bandwidth": "wide"}, "not_a_choice", {"/bandwidth": "not_a_choice"}),
    ({"values": [1, 2], "bandwidth": []}, "wrong_type", {"/bandwidth": "wrong_type"}),
    ({"values": [1, 2], "points": 16.0}, "wrong_type", {"/points": "wrong_type"}),
    ({"values": [1, 2], "points": 9000, "kernel": "box", "cut": -1, "wieghts": []}, "invalid_request",
     {"/points": "out_of_range", "/kernel": "not_a_choice", "/cut": "out_of_range", "/wieghts": "unknown_member"}),
    ({"values": [1, 2], "from": 1}, "missing_member", {"/to": "missing_member"}),
    ({"values": [1, 2], "from": 2, "to": 1}, "out_of_range", {"/to": "out_of_range"}),
    ({"values": [1, 2], "from": 2, "to": "1"}, "wrong_type", {"/to": "wrong_type"}),
    ({"values": [1, 2], "from": 2, "cut": 1}, "invalid_request",
     {"/to": "missing_member", "/cut": "conflicting_values"}),
    ({"values": [1, 2], "from": 1, "to": 2, "cut": 1}, "conflicting_values", {"/cut": "conflicting_values"}),
    ({"values": [1, 2], "from": 1, "to": 1.0000000000000002}, "out_of_range", None),
    ({"values": [1e15, -1e15], "bandwidth": 1e-3}, "out_of_range", None),
])
def test_bodies_that_are_refused(service, body, code, places):
    found = assert_problem(compute(service, body), 422, code)
    if places is not None:
        assert faults(found) == places


@pytest.mark.parametrize("body", [{"values": [5], "bandwidth": 1, "cut": 0}, {"values": [1e15], "bandwidth": 10, "cut": 3, "points": 8192}])
def test_a_grid_that_cut_does_not_give_is_refused_by_what_was_sent(service, body):
    refused = compute(service, body)
    detail = refused.json()["detail"]
    assert refused.status_code == 422 and f"cut={body['cut']} bandwidths" in detail and "from below to" not in detail, detail


def test_not_a_number_is_no_json(service):
    for text in ('{"values":[1,NaN]}', '{"values":[1,Infinity]}', '{"values":[1e400,NaN]}', '{"values":[1,2]', '{"values":[1e400,2]'):
        reply = service.request("POST", PATH, data=text, headers={"Content-Type": "application/json"})
        assert_problem(reply, 400, "invalid_json")


@pytest.mark.parametrize("text, code, places", [
    ('{"values":[1,1e400]}', "out_of_range", {"/values/1": "out_of_range"}),
    ('{"values":[1,"x",null,1e400],"points":1e999}', "invalid_request",
     {"/values/1": "wrong_type", "/values/2": "wrong_type", "/values/3": "out_of_range", "/points": "out_of_range"}),
    ('{"values":[1,2],"weights":[99999999999999999999999,-1],"bandwidth":-1e400,"cut":9e999}', "invalid_request",
     {"/weights/0": "out_of_range", "/weights/1": "out_of_range", "/bandwidth": "out_of_range", "/cut": "out_of_range"}),
    ('{"values":1e400,"kernel":1e400,"vales":[1]}', "invalid_request",
     {"/values": "out_of_range", "/kernel": "out_of_range", "/vales": "unknown_member"}),
    ('{"years":[1e400,1e400,1e400],"units":[{"id":"a","values":[1,1e400]}]}', "invalid_request",
     {"/years/0": "out_of_range", "/years/1": "out_of_range", "/years/2": "out_of_range", "/units/0/values/1": "out_of_range"}),
    ('{"values":["\x7f\x7f\x7f",2]}', "wrong_type", {"/values/0": "wrong_type"}),
])
def test_numbers_too_large_are_named_with_the_rest(service, text, code, places):
    reply = service.request("POST", PATH, data=text, headers={"Content-Type": "application/json"})
    body = assert_problem(reply, 422, code)
    assert faults(body) == places and len(body["errors"]) == len(places)


@pytest.mark.parametrize("indicator", ["population_year_end_per_10", "nothing_like_it"])
def test_people_per_people_are_offered_to_nobody(server, indicator):
    told = server.get(f"/density?indicator={indicator}&years=2018").text
    assert "unknown_indicator" in told and "population_year_end_per_10k" not in told


@pytest.mark.parametrize("path, parameter", [
    ("/density?years=2018&indicator=", "indicator"), ("/efficiency?year=2018&outputs=beds&inputs=institutions,", "inputs"),
    ("/efficiency?year=2018&inputs=beds&outputs=", "outputs"), ("/figures?indicator=", "indicator")])
def test_people_per_people_are_no_indicator(server, path, parameter):
    """As GET /indicators says, which does not list it."""
    assert server.get("/indicators/population_year_end_per_10k").status_code == 404
    body = assert_problem(server.get(path + "population_year_end_per_10k"), 422, "unknown_indicator")
    assert faults(body) == {parameter: "unknown_indicator"}
