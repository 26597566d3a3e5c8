"""The ends of what can be asked, at every analysis, stored figures and bodies alike: one unit, all equal, nothing but zeros,
1e-300 and the largest numbers, 1e300 and NaN. Each gets an answer of finite numbers (or null with a reason) or a refusal that
says what is wrong and where."""

import json
import math
import os
import re
import tempfile

import pytest

from analysis_support import CODES, assert_problem, faults
from conftest import Server

MODELS = ["radial", "super", "sbm", "additive", "directional", "cross"]
YEARS = ("2010", "2011")
# what is stored: {indicator: {year: {province: value}}}
STORED = {
    "alone": [{"CN-HB": 5}, {"CN-HB": 7}],
    "alike": [{code: 4 for code in CODES}, {code: 4 for code in CODES}],
    "nothing": [{code: 0 for code in CODES}, {code: 0 for code in CODES}],
    "tiny": [{code: 1e-300 * (k + 1) for k, code in enumerate(CODES)}, {code: 2e-300 * (31 - k) for k, code in enumerate(CODES)}],
    "vast": [{code: 1e15 - 1 - k for k, code in enumerate(CODES)}, {code: 9e14 / (k + 1) for k, code in enumerate(CODES)}],
    "mixed": [{code: (1e-300, 1, 9e14)[k % 3] for k, code in enumerate(CODES)}, {code: (9e14, 1e-300, 1)[k % 3] for k, code in enumerate(CODES)}],
    "plain": [{code: 1 + k % 7 for k, code in enumerate(CODES)}, {code: 2 + k % 5 for k, code in enumerate(CODES)}],
}


@pytest.fixture(scope="module")
def service():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        for indicator, years in STORED.items():
            reply = started.request("PUT", f"/indicators/{indicator}", token=True, json={"name": indicator, "unit": "units", "source": "made for this test"})
            assert reply.status_code in (200, 201), reply.text
            figures = [{"indicator": indicator, "year": int(year), "province": code, "value": value}
                       for year, column in zip(YEARS, years) for code, value in column.items()]
            reply = started.request("PUT", "/figures", token=True, json={"figures": figures})
            assert reply.status_code in (200, 201), reply.text
        yield started
        assert started.stop() == 0


def no_constant(name):
    raise AssertionError(f"{name} is no JSON")


def clear(reply, refusals):
    """A whole answer without NaN or infinity, or one of the refusals, with its places."""
    body = json.loads(reply.text, parse_constant=no_constant)
    if reply.status_code == 200:
        assert body.get("series") or body.get("results"), reply.text
        return body
    assert reply.status_code in (400, 422) and body["code"] in refusals, reply.text
    assert body["detail"] and (body.get("errors") or body["code"] in ("no_spread", "too_few_values", "zero_mean", "out_of_range")), reply.text
    return None


# -------------------------------------------------------------------------------------------------------- stored figures


@pytest.mark.parametrize("indicator", list(STORED))
@pytest.mark.parametrize("relative_to", ["none", "mean"])
def test_density_of_figures(service, indicator, relative_to):
    for bandwidth in ("silverman", "ucv", "sj-ste", "sj-dpi", "1", "1e-100"):
        query = {"indicator": indicator, "years": ",".join(YEARS), "relative_to": relative_to, "bandwidth": bandwidth, "points": "16"}
        body = clear(service.get("/density", params=query), {"too_few_values", "no_spread", "zero_mean", "out_of_range", "invalid_request"})
        if body is not None:
            for series in body["series"]:
                assert series["n"] == len(STORED[indicator][0]) and series["bandwidth"] > 0 and series["reading"]
            for change in body["changes"]:
                assert all(math.isfinite(value) and value >= 0 for value in change["tests"].get("permutation", {}).values())
    if bandwidth == "silverman" and indicator in ("alone", "alike"):
        assert body is None


@pytest.mark.parametrize("indicator", list(STORED))
def test_inequality_of_figures(service, indicator):
    for more in ({}, {"per": "plain"}, {"per": indicator, "indicator": "plain"}, {"by": "belt"}, {"relative_to": "mean"}):
        query = {"indicator": indicator, "years": ",".join(YEARS), **more}
        body = clear(service.get("/inequality", params=query), {"no_figures", "zero_mean", "conflicting_values", "invalid_query"})
        for series in body["series"] if body is not None else []:
            without = {item["index"] for item in series["undefined"]}
            assert {name for name in ("gini", "theil_t", "theil_l", "cv", "max_min", "hhi", "wolfson", "esteban_ray", "atkinson") if series[name] is None} == without
            assert series["gini"] is None or -1e-15 <= series["gini"] <= 1
            if indicator in ("alone", "alike") and not more:
                assert (series["gini"], series["max_min"], series["cv"]) == (0, 1, 0)


@pytest.mark.parametrize("indicator", list(STORED))
@pytest.mark.parametrize("model", MODELS)
def test_efficiency_of_figures(service, indicator, model):
    for inputs, outputs in ((indicator, "plain"), ("plain", indicator), (indicator, "plain,vast")):
        if inputs in outputs.split(","):
            continue
        query = {"year": YEARS[0], "inputs": inputs, "outputs": outputs, "model": model}
        body = clear(service.get("/efficiency", params=query), {"no_figures", "invalid_query"})
        for unit in body["results"] if body is not None else []:
            scores = [unit.get(name) for name in ("crste", "vrste", "scale") if name in unit]
            assert all(score is None or 0 <= score <= 1 for score in scores), unit


@pytest.mark.parametrize("indicator", list(STORED))
def test_malmquist_of_figures(service, indicator):
    for inputs, outputs in ((indicator, "plain"), ("plain", indicator)):
        if inputs == outputs:
            continue
        body = clear(service.get("/efficiency/malmquist", params={"years": ",".join(YEARS), "inputs": inputs, "outputs": outputs}), {"no_figures", "invalid_query"})
        for step in body["results"] if body is not None else []:
            numbers = [step[name] for name in ("effch", "techch", "pech", "sech", "tfpch") if name in step]
            assert all(number is None or number > 0 for number in numbers), step


# ----------------------------------------------------------------------------------------------------------------- bodies


def bodies(values):
    """The same numbers at each of the four analyses; what is not a number goes in as it is written."""
    listed = ", ".join(values)
    units = ", ".join(f'{{"id": "U{k}", "x": {value}, "y": {other}}}' for k, (value, other) in enumerate(zip(values, values[::-1])))
    panel = ", ".join(f'{{"id": "U{k}", "period": {period}, "x": {value}, "y": {other}}}'
                      for period in (1, 2) for k, (value, other) in enumerate(zip(values, values[::-1])))
    return {"/density": f'{{"values": [{listed}], "points": 16}}', "/inequality": f'{{"values": [{listed}]}}',
            "/efficiency": f'{{"inputs": ["x"], "outputs": ["y"], "dmus": [{units}]}}',
            "/efficiency/malmquist": f'{{"inputs": ["x"], "outputs": ["y"], "dmus": [{panel}]}}'}


def post(service, path, body):
    return service.request("POST", path, data=body.encode(), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("path", list(bodies(["1"])))
@pytest.mark.parametrize("name, values", [("one", ["3"]), ("equal", ["2"] * 5), ("zeros", ["0"] * 4), ("one zero", ["0"]), ("least", ["5e-324", "1e-300", "3e-300", "2e-308"]),
                                          ("most", ["1e15", "999999999999999", "1"]), ("both", ["1e-300", "1e15", "1", "0"]), ("minus zero", ["-0.0", "1", "2"])])
def test_bodies_that_are_answered_or_refused_for_what_they_are(service, path, name, values):
    body = clear(post(service, path, bodies(values)[path]), {"too_few_values", "no_spread", "out_of_range", "invalid_request"})
    refused = {"/density": ("one", "equal", "zeros", "one zero", "least"), "/inequality": ()}.get(path, ("least", "both"))
    assert (body is None) == (name in refused), name


@pytest.mark.parametrize("path", list(bodies(["1"])))
@pytest.mark.parametrize("number, status, code", [
    ("1e300", 422, "out_of_range"), ("1e16", 422, "out_of_range"), ("1e999", 422, "out_of_range"), ("NaN", 400, "invalid_json"), ("Infinity", 400, "invalid_json"),
    ("-Infinity", 400, "invalid_json"), ('"NaN"', 422, "wrong_type"), ("null", 422, None), ("true", 422, "wrong_type")])
def test_numbers_that_are_refused_with_their_place(service, path, number, status, code):
    reply = post(service, path, bodies(["1", number, "2"])[path])
    body = reply.json()
    assert reply.status_code == status and (status == 400 or body["errors"]), reply.text
    if status == 400:
        assert_problem(reply, 400, code)
        return
    found = faults(body)
    assert all(re.search(r"^/(values/1|dmus/\d+/[xy])$", place) for place in found), found
    assert code is None or set(found.values()) == {code}, found


@pytest.mark.parametrize("path", ["/efficiency", "/efficiency/malmquist"])
def test_negative_numbers_have_no_efficiency(service, path):
    reply = post(service, path, bodies(["1", "-1e-300", "2"])[path])
    assert reply.status_code == 422 and set(faults(reply.json()).values()) == {"out_of_range"}
