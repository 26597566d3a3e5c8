"""/efficiency/malmquist against scipy's linear programs on the real figures, DEAP's example, and what it refuses."""

import csv
import math
import os
import pathlib
import tempfile

import numpy
import pytest
from scipy.optimize import linprog

from analysis_support import CODES, PROVINCES, assert_problem, belts, column, faults
from conftest import Server

PATH = "/efficiency/malmquist"
INPUTS = ["institutions_per_10k", "health_personnel_all_per_10k"]
OUTPUTS = ["beds_per_10k"]
QUERY = {"years": "2018,2014", "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS)}
INDICES = ["effch", "techch", "pech", "sech", "tfpch"]
EXAMPLE = pathlib.Path(__file__).resolve().parents[1] / "reference" / "dea" / "deap_eg4_malmquist"
PANEL = {"inputs": ["x"], "outputs": ["y"],
         "dmus": [{"id": "A", "period": 1, "x": 2, "y": 1}, {"id": "A", "period": 2, "x": 2, "y": 2}]}


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


def post(service, body, status=200):
    reply = service.request("POST", PATH, json=body)
    assert reply.status_code == status, reply.text
    return reply.json()


def score(own_x, own_y, x, y, orientation, returns):
    """theta, or 1 / phi, of figures that need not be among the reference units."""
    n, m, s = len(x), x.shape[1], y.shape[1]
    if orientation == "output":
        cost = numpy.r_[numpy.zeros(n), -1]
        rows = numpy.vstack([numpy.c_[(x / own_x).T, numpy.zeros(m)], numpy.c_[-(y / own_y).T, numpy.ones(s)]])
        bounds = numpy.r_[numpy.ones(m), numpy.zeros(s)]
    else:
        cost = numpy.r_[numpy.zeros(n), 1]
        rows = numpy.vstack([numpy.c_[(x / own_x).T, -numpy.ones(m)], numpy.c_[-(y / own_y).T, numpy.zeros(s)]])
        bounds = numpy.r_[numpy.zeros(m), -numpy.ones(s)]
    equal = (numpy.r_[numpy.ones(n), 0][None, :], [1]) if returns == "vrs" else (None, None)
    found = linprog(cost, rows, bounds, *equal, method="highs")
    assert found.status == 0, found.message
    return 1 / found.x[-1] if orientation == "output" else found.x[-1]


def agree(ours, theirs):
    """The same but for the last digits of numbers: each distance is proved to 1e-9, and an index is made of four of them."""
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for name in ours.keys() - {"certificate", "solver"}:
            agree(ours[name], theirs[name])
    elif isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            agree(one, other)
    elif isinstance(ours, float):
        assert ours == pytest.approx(theirs, rel=4e-9, abs=0)
    else:
        assert ours == theirs


@pytest.mark.parametrize("more", [{}, {"orientation": "input", "distances": "true", "by": "belt"}])
def test_glpk_as_referee(service, more):
    ours, theirs = ask(service, **more), ask(service, solver="glpk", **more)
    assert (ours["solver"], theirs["solver"]) == ("simplex", "glpk")
    assert ours["certificate"] != theirs["certificate"]  # another arithmetic was at work
    assert theirs["certificate"]["max_duality_gap"] <= 1e-9 and theirs["certificate"]["uncertified"] == 0
    agree(ours, theirs)
    sent, asked = (post(service, {**PANEL, "solver": solver}) for solver in ("simplex", "glpk"))
    assert asked["solver"] == "glpk" and post(service, PANEL) == sent
    agree(sent, asked)


@pytest.mark.parametrize("orientation", ["output", "input"])
def test_provinces(service, orientation):
    answer = ask(service, orientation=orientation, by="belt", distances="true")
    assert answer["years"] == [2014, 2018] and answer["left_out"] == []
    x = [numpy.column_stack([column(name, year) for name in INPUTS]) for year in (2014, 2018)]
    y = [numpy.column_stack([column(name, year) for name in OUTPUTS]) for year in (2014, 2018)]
    assert [result["dmu"] for result in answer["results"]] == CODES
    for u, result in enumerate(answer["results"]):
        def d(judged, frontier, returns="crs"):
            return score(x[judged][u], y[judged][u], x[frontier], y[frontier], orientation, returns)
        wanted = {"from_by_from": d(0, 0), "to_by_from": d(1, 0), "from_by_to": d(0, 1), "to_by_to": d(1, 1),
                  "vrs_from": d(0, 0, "vrs"), "vrs_to": d(1, 1, "vrs")}
        assert result["distances"] == pytest.approx(wanted, rel=1e-7)
        assert result["status"] == "defined" and (result["from"], result["to"], result["period"]) == (2014, 2018, 2018)
        assert result["name"] == PROVINCES[result["dmu"]]["name_en"] and result["belt"] == PROVINCES[result["dmu"]]["belt"]
        effch, pech = wanted["to_by_to"] / wanted["from_by_from"], wanted["vrs_to"] / wanted["vrs_from"]
        techch = math.sqrt(wanted["to_by_from"] / wanted["to_by_to"] * wanted["from_by_from"] / wanted["from_by_to"])
        assert [result[name] for name in INDICES] == pytest.approx([effch, techch, pech, effch / pech, effch * techch], rel=1e-7)
    logs = numpy.log([[result[name] for name in INDICES] for result in answer["results"]])
    summary = answer["summary"]
    assert [summary["mean"][name] for name in INDICES] == pytest.approx(list(numpy.exp(logs.mean(axis=0))), rel=1e-12)
    for belt in set(belts()):
        assert [summary["by_belt"][belt][name] for name in INDICES] == pytest.approx(list(numpy.exp(logs[belts() == belt].mean(axis=0))), rel=1e-12)
    assert summary["periods"][0]["mean"] == summary["mean"] and summary["periods"][0]["by_belt"] == summary["by_belt"]
    assert answer["certificate"]["max_duality_gap"] <= 1e-9 and answer["certificate"]["uncertified"] == 0


def test_a_changes_certificate(service):
    """Of a single step the sum of programs is that of all, and the worst is; of more, an inner year's own frontiers count for both steps."""
    step = ask(service)
    whole = step["certificate"]
    for name in step["results"][0]["certificate"]:
        assert whole[name] == (max if name.startswith("max_") else sum)(result["certificate"][name] for result in step["results"]), name
    assert {result["certificate"]["programs"] for result in step["results"]} == {6}  # two frontiers of each year, and each year's figures by the other's


def test_a_panel_is_its_steps(service):
    panel = ask(service, years="2014,2018,2022")
    pairs = ask(service)["results"] + ask(service, years="2018,2022")["results"]
    assert panel["results"] == pairs
    changes = numpy.array([[result["tfpch"] for result in panel["results"] if result["dmu"] == code] for code in CODES])
    assert [mean["dmu"] for mean in panel["summary"]["dmus"]] == CODES
    assert [mean["tfpch"] for mean in panel["summary"]["dmus"]] == pytest.approx(list(numpy.sqrt(changes.prod(axis=1))), rel=1e-12)
    assert "distances" not in panel["results"][0] and "by_belt" not in panel["summary"]


def test_deap_example(service):
    def rows(name):
        with open(EXAMPLE / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    dmus = [{"id": row["dmu"], "period": int(row["period"]), "x1": float(row["x1"]), "y1": float(row["y1"])} for row in rows("data.csv")]
    for orientation in ("output", "input"):
        for order in (dmus, dmus[::-1]):
            answer = post(service, {"inputs": ["x1"], "outputs": ["y1"], "dmus": order, "orientation": orientation})
            found = {(result["dmu"], str(result["to"])): result for result in answer["results"]}
            assert answer["periods"] == [1, 2, 3] and len(found) == 10
            for row in rows("expected.csv"):
                if row["orient"] == orientation[:-3]:
                    assert [found[row["dmu"], row["period"]][name] for name in INDICES] == pytest.approx([float(row[name]) for name in INDICES], abs=1e-9)


def test_undefined_is_null_with_a_reason(service):
    dmus = [{"id": "A", "period": 1, "x": 1, "y": 1}, {"id": "A", "period": 2, "x": 1, "y": 2},
            {"id": "late", "period": 2, "x": 1, "y": 1},
            {"id": "idle", "period": 1, "x": 0, "y": 0}, {"id": "idle", "period": 2, "x": 1, "y": 1},
            {"id": "dry", "period": 1, "x": 1, "y": 0}, {"id": "dry", "period": 2, "x": 1, "y": 1}]
    answer = post(service, {**PANEL, "dmus": dmus, "distances": True})
    assert {result["dmu"]: result["status"] for result in answer["results"]} == {"A": "defined", "late": "missing", "idle": "no_inputs", "dry": "no_outputs"}
    for result in answer["results"][1:]:
        assert all(result[name] is None for name in INDICES)
    assert answer["results"][0]["tfpch"] == pytest.approx(2) and answer["summary"]["mean"]["count"] == 1
    assert 0 not in [value for result in answer["results"] for value in result["distances"].values()]


def test_the_other_period_may_have_no_score(service):
    dmus = [{"id": "A", "period": 1, "x": 1, "y": 1, "z": 0}, {"id": "A", "period": 2, "x": 1, "y": 1, "z": 1}]
    result, = post(service, {"inputs": ["x"], "outputs": ["y", "z"], "dmus": dmus, "distances": True})["results"]
    assert result["status"] == "infeasible" and result["tfpch"] is None and result["techch"] is None and result["effch"] == 1
    assert result["distances"]["to_by_from"] is None and result["distances"]["from_by_to"] == 1


def test_get_refusals(service):
    def refused(status, code, **more):
        return assert_problem(service.get(PATH, params={**QUERY, **more}), status, code)
    assert faults(refused(400, "invalid_query", years="2014")) == {"years": "too_short"}
    assert faults(refused(400, "invalid_query", years="2014,2014")) != {}
    assert faults(refused(400, "invalid_query", outputs=INPUTS[0])) == {"outputs": "bad_format"}
    assert faults(refused(400, "invalid_query", distances="yes", by="year")).keys() == {"distances", "by"}
    assert refused(422, "no_figures", years="1999,2014")["years"]
    assert faults(refused(422, "unknown_indicator", outputs="bedz")) == {"outputs": "unknown_indicator"}


@pytest.mark.parametrize("change, code, where", [
    ({"dmus": PANEL["dmus"][:1]}, "too_short", {"/dmus": "too_short"}),
    ({"dmus": PANEL["dmus"] + PANEL["dmus"][:1]}, "duplicate_id", {"/dmus/2/period": "duplicate_id"}),
    ({"dmus": [{**unit, "group": str(unit["period"])} for unit in PANEL["dmus"]]}, "bad_format", {"/dmus/1/group": "bad_format"}),
    ({"dmus": [{**unit, "x": 1e-290} for unit in PANEL["dmus"]]}, "invalid_request", {"/dmus/0/x": "out_of_range", "/dmus/1/x": "out_of_range"}),
    ({"dmus": [{**unit, "period": unit["period"] + 0.5} for unit in PANEL["dmus"]]}, "invalid_request", None),
    ({"dmus": [{"id": "A", "period": period, "x": 1, "y": 1} for period in range(201)]}, "too_long", {"/dmus": "too_long"}),
    ({"inputs": ["period"]}, "bad_format", {"/inputs/0": "bad_format"}),
    ({"slacks": "none"}, "unknown_member", None),
])
def test_post_refusals(service, change, code, where):
    problem = assert_problem(service.request("POST", PATH, json={**PANEL, **change}), 422, code)
    assert where is None or faults(problem) == where


def test_size_is_bounded_before_the_work(service):
    dmus = [{"id": f"u{unit}", "period": 0, "x": 1, "y": 1} for unit in range(1001)]
    dmus += [{"id": "u0", "period": period, "x": 1, "y": 1} for period in range(1, 100)]
    assert "1001 units in 100 periods with 2 numbers" in post(service, {**PANEL, "dmus": dmus}, 422)["detail"]


def test_kept_and_cut(service):
    first, second = (service.get(PATH, params=QUERY) for _ in range(2))
    assert first.headers["ETag"] == second.headers["ETag"] and first.content == second.content
    assert service.get(PATH, params=QUERY, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert ask(service, fields="dmu,tfpch")["results"][0].keys() == {"dmu", "tfpch"}
