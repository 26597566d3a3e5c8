"""/efficiency against scipy's linear programs on the real figures, and what it refuses."""

import concurrent.futures
import csv
import fractions
import io
import os
import tempfile

import numpy
import pytest
from scipy.optimize import linprog

from analysis_support import CODES, PROVINCES, assert_problem, belts, column, faults
from conftest import ROOT, Server
from test_async import wait

INPUTS = ["institutions_per_10k", "health_personnel_all_per_10k"]
OUTPUTS = ["hospital_visits", "hospital_admissions"]
PATH = "/efficiency"
QUERY = {"year": "2011", "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS)}
TOLERANCE = 1e-8
CASES = ROOT / "tests" / "reference" / "dea"


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


def solve(x, y, unit, orientation, returns):
    """Score in (0, 1] by HiGHS, and the factor on the side that moves. Columns are scaled by their means."""
    x, y = x / x.mean(axis=0), y / y.mean(axis=0)
    n, m = x.shape
    s = y.shape[1]
    if orientation == "output":
        cost = numpy.r_[numpy.zeros(n), -1]
        rows = numpy.vstack([numpy.c_[x.T, numpy.zeros(m)], numpy.c_[-y.T, y[unit]]])
        bounds = numpy.r_[x[unit], numpy.zeros(s)]
    else:
        cost = numpy.r_[numpy.zeros(n), 1]
        rows = numpy.vstack([numpy.c_[x.T, -x[unit]], numpy.c_[-y.T, numpy.zeros(s)]])
        bounds = numpy.r_[numpy.zeros(m), -y[unit]]
    ones = numpy.r_[numpy.ones(n), 0][None, :]
    equal = (ones, [1]) if returns == "vrs" else (None, None)
    if returns == "nirs":
        rows, bounds = numpy.vstack([rows, ones]), numpy.r_[bounds, 1]
    found = linprog(cost, A_ub=rows, b_ub=bounds, A_eq=equal[0], b_eq=equal[1], method="highs",
                    options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10})
    assert found.status == 0, found.message
    return 1 / found.x[-1] if orientation == "output" else found.x[-1]


def largest_slack_sum(x, y, unit, orientation, score, weights):
    """The second stage: the largest weighted sum of slacks once the unit has moved radially (VRS)."""
    n = len(x)
    goal_x = x[unit] * (score if orientation == "input" else 1)
    goal_y = y[unit] / (score if orientation == "output" else 1)
    table = numpy.c_[x, y]
    scale = table.mean(axis=0)
    signs = numpy.r_[numpy.ones(x.shape[1]), -numpy.ones(y.shape[1])]
    # slack = signs * (goal - lambda table): its weighted sum is largest where lambda's part is smallest
    cost = (table * (signs * weights)).sum(axis=1)
    goal = numpy.r_[goal_x, goal_y]
    found = linprog(cost / abs(cost).max(), A_ub=(table / scale * signs).T, b_ub=goal / scale * signs + 1e-10,
                    A_eq=numpy.ones((1, n)), b_eq=[1], method="highs")
    assert found.status == 0, found.message
    return (signs * weights * (goal - found.x @ table)).sum()


def real_data():
    return (numpy.column_stack([column(name, 2011) for name in INPUTS]),
            numpy.column_stack([column(name, 2011) for name in OUTPUTS]))


def numbers(result, member, names):
    return numpy.array([result[member][name] for name in names])


@pytest.mark.parametrize("orientation", ["output", "input"])
def test_scores_of_2011_are_those_of_scipy(service, orientation):
    x, y = real_data()
    answer = ask(service, orientation=orientation)
    assert [result["dmu"] for result in answer["results"]] == CODES
    assert (answer["year"], answer["orientation"], answer["slacks"]) == (2011, orientation, "multi-stage")
    assert (answer["inputs"], answer["outputs"], answer["frontier"]) == (INPUTS, OUTPUTS, "vrs")
    assert (answer["solver"], answer["model"], answer["tolerance"]) == ("simplex", "radial", 1e-9)
    assert answer["left_out"] == [] and answer["figures_revision"] >= 1
    for unit, result in enumerate(answer["results"]):
        crs, vrs, nirs = (solve(x, y, unit, orientation, returns) for returns in ("crs", "vrs", "nirs"))
        assert result["crste"] == pytest.approx(crs, abs=TOLERANCE)
        assert result["vrste"] == pytest.approx(vrs, abs=TOLERANCE)
        assert result["scale"] == pytest.approx(crs / vrs, abs=TOLERANCE)
        kind = "crs" if abs(crs - vrs) < 1e-7 else "drs" if abs(nirs - vrs) < 1e-7 else "irs"
        assert result["rts"] == kind
        assert result["name"] == PROVINCES[result["dmu"]]["name_en"]
        assert result["belt"] == PROVINCES[result["dmu"]]["belt"]
        assert result["status"] == "scored"
        assert (result["efficient"] == "no") == (vrs < 1 - 1e-7)


@pytest.mark.parametrize("orientation", ["output", "input"])
@pytest.mark.parametrize("slacks", ["multi-stage", "two-stage", "two-stage-normalised", "one-stage", "none"])
def test_targets_and_peers_hold_together(service, orientation, slacks):
    x, y = real_data()
    position = {code: index for index, code in enumerate(CODES)}
    answer = ask(service, orientation=orientation, slacks=slacks)
    assert answer["slacks"] == slacks
    named = dict.fromkeys(CODES, 0)
    for unit, result in enumerate(answer["results"]):
        target_x, target_y = numbers(result, "input_targets", INPUTS), numbers(result, "output_targets", OUTPUTS)
        slack_x, slack_y = numbers(result, "input_slacks", INPUTS), numbers(result, "output_slacks", OUTPUTS)
        assert (slack_x >= 0).all() and (slack_y >= 0).all()
        factor_x = result["vrste"] if orientation == "input" else 1
        factor_y = 1 / result["vrste"] if orientation == "output" else 1
        assert target_x == pytest.approx(x[unit] * factor_x - slack_x, rel=1e-9, abs=1e-9 * x.max())
        assert target_y == pytest.approx(y[unit] * factor_y + slack_y, rel=1e-9, abs=1e-9 * y.max())
        weights = {position[peer["dmu"]]: peer["lambda"] for peer in result["peers"]}
        assert sum(weights.values()) == pytest.approx(1, abs=1e-9) and min(weights.values()) > 0
        if slacks != "none":
            assert sum(w * x[p] for p, w in weights.items()) == pytest.approx(target_x, rel=1e-7)
            assert sum(w * y[p] for p, w in weights.items()) == pytest.approx(target_y, rel=1e-7)
        for peer in result["peers"]:
            named[peer["dmu"]] += peer["dmu"] != result["dmu"]
    assert {result["dmu"]: result["peer_count"] for result in answer["results"]} == named


@pytest.mark.parametrize("slacks", ["two-stage", "two-stage-normalised"])
def test_two_stage_slacks_are_the_largest(service, slacks):
    x, y = real_data()
    weights = numpy.ones(4) if slacks == "two-stage" else 1 / numpy.r_[x.mean(axis=0), y.mean(axis=0)]
    answer = ask(service, slacks=slacks)
    for unit, result in enumerate(answer["results"]):
        found = numpy.r_[numbers(result, "input_slacks", INPUTS), numbers(result, "output_slacks", OUTPUTS)]
        wanted = largest_slack_sum(x, y, unit, "output", result["vrste"], weights)
        assert (found * weights).sum() == pytest.approx(wanted, rel=1e-6, abs=1e-6 * (weights * numpy.r_[x[unit], y[unit]]).max())


def test_summary(service):
    answer = ask(service, by="belt")
    results, summary = answer["results"], answer["summary"]
    for member in ("crste", "vrste", "scale"):
        values = numpy.array([result[member] for result in results])
        assert summary["mean"][member] == pytest.approx(values.mean(), abs=1e-12)
        for belt in ("central", "eastern", "western"):
            assert summary["by_belt"][belt][member] == pytest.approx(values[belts() == belt].mean(), abs=1e-12)
    assert list(summary["by_belt"]) == ["central", "eastern", "western"]
    assert [summary["by_belt"][belt]["count"] for belt in summary["by_belt"]] == [11, 10, 10]
    assert summary["strong"] == [result["dmu"] for result in results if result["efficient"] == "strong"]
    for kind in ("irs", "crs", "drs"):
        assert summary["rts"][kind] == sum(result["rts"] == kind for result in results)
    assert "by_belt" not in ask(service)["summary"]
    certificate = answer["certificate"]
    for member in ("max_primal_infeasibility", "max_dual_infeasibility", "max_duality_gap"):
        assert 0 <= certificate[member] <= 1e-9
    assert certificate["uncertified"] == 0
    assert_certificates_add_up(answer)


def test_a_units_certificate_from_the_figures(service):
    """The weights of the answer limit what any province could be moved to, and a score is that limit: in fractions of the figures themselves, to
    what the province's own certificate says. The table has the same numbers."""
    for orientation in ("output", "input"):
        x, y = ([[fractions.Fraction(value) for value in row] for row in rows.tolist()] for rows in real_data())
        query = {"year": 2011, "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), "weights": "true", "orientation": orientation}
        answer = service.get(PATH, params=query).json()
        table = list(csv.DictReader(io.StringIO(service.get(PATH, params=query, headers={"Accept": "text/csv"}).text)))
        for o, (result, row) in enumerate(zip(answer["results"], table, strict=True)):
            v, u = ([fractions.Fraction(result[member][name]) for name in names] for member, names in (("input_weights", INPUTS), ("output_weights", OUTPUTS)))
            own = dot(u, y[o]) if orientation == "output" else dot(v, x[o])
            room = [dot(v, x[j]) - dot(u, y[j]) for j in range(len(x))]
            if orientation == "output":  # phi <= max over j of u y_j + v (x_o - x_j), where u y_o = 1
                limit = 1 / max((dot(v, x[o]) - left) / own for left in room)
            else:  # theta >= min over j of v x_j + u (y_o - y_j), where v x_o = 1
                limit = min((left + dot(u, y[o])) / own for left in room)
            error = abs(fractions.Fraction(result["score"]) - limit) / limit
            assert error <= result["certificate"]["max_duality_gap"] + 1e-14, (orientation, result["dmu"], float(error), result["certificate"])
            assert {name: float(row["certificate." + name]) for name in result["certificate"]} == result["certificate"]


def dot(weights, values):
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def assert_certificates_add_up(answer):
    """That of all is the worst of the units', and the sum."""
    whole = dict(answer["certificate"])
    assert whole.pop("uncertified") == sum(result["status"] == "uncertified" for result in answer["results"])
    for name, number in whole.items():
        assert number == (max if name.startswith("max_") else sum)(result["certificate"][name] for result in answer["results"]), name
    assert all(result["certificate"]["programs"] > 0 for result in answer["results"] if result["status"] == "scored")


def test_glpk_on_request_agrees(service):
    """Another solver, the same numbers, and the answer says which; a made-up one is refused."""
    ours, theirs = ask(service), ask(service, solver="glpk")
    assert (ours["solver"], theirs["solver"]) == ("simplex", "glpk")
    for one, other in zip(ours["results"], theirs["results"]):
        for name in ("crste", "vrste", "scale"):
            assert one[name] == pytest.approx(other[name], rel=1e-9, abs=0)
        assert (one["rts"], one["efficient"]) == (other["rts"], other["efficient"])
    assert ask(service) == ours


@pytest.mark.parametrize("orientation", ["output", "input"])
def test_tolerance_of_returns_to_scale(service, orientation):
    """It settles the word alone: constant up to it, else what a finer one says; the margin says how clear that is."""
    x, y = real_data()
    units = [{"id": code, **dict(zip(INPUTS + OUTPUTS, map(float, [*x[u], *y[u]])))} for u, code in enumerate(CODES)]
    plain = ask(service, orientation=orientation)
    assert plain["rts_tolerance"] == 1e-9
    margins = sorted(result["rts_margin"] for result in plain["results"])
    for tolerance in (0, (margins[15] + margins[16]) / 2, 0.05, 0.999):
        answer = ask(service, orientation=orientation, rts_tolerance=repr(tolerance))
        assert answer["rts_tolerance"] == tolerance
        sent = compute(service, {"inputs": INPUTS, "outputs": OUTPUTS, "dmus": units, "orientation": orientation, "rts_tolerance": tolerance}).json()
        assert sent["rts_tolerance"] == tolerance
        for result, other, by_post in zip(answer["results"], plain["results"], sent["results"]):
            if result["rts_margin"] > 1e-9 or tolerance > 0:  # below, the lambdas' last digits decide
                assert result["rts"] == ("crs" if result["rts_margin"] <= tolerance else other["rts"]) == by_post["rts"]
            assert {**result, "rts": None} == {**other, "rts": None}
        counts = [result["rts"] for result in answer["results"]]
        assert answer["summary"]["rts"] == {kind: counts.count(kind) for kind in ("irs", "crs", "drs")}
    for bad in (1, -1e-9):
        body = assert_problem(compute(service, {"inputs": INPUTS, "outputs": OUTPUTS, "dmus": units, "rts_tolerance": bad}), 422, "out_of_range")
        assert faults(body) == {"/rts_tolerance": "out_of_range"}


def test_frontier_crs_projects_on_the_other_frontier(service):
    x, y = real_data()
    position = {code: index for index, code in enumerate(CODES)}
    answer = ask(service, frontier="crs")
    assert answer["frontier"] == "crs"
    for unit, result in enumerate(answer["results"]):
        slack = numbers(result, "output_slacks", OUTPUTS)
        target = numbers(result, "output_targets", OUTPUTS)
        assert target == pytest.approx(y[unit] / result["crste"] + slack, rel=1e-9)
        assert sum(p["lambda"] * y[position[p["dmu"]]] for p in result["peers"]) == pytest.approx(target, rel=1e-7)
        assert (result["efficient"] != "no") == (result["crste"] > 1 - 1e-9)


def test_an_answer_is_kept_and_revalidated(service):
    first = service.get(PATH, params=QUERY)
    second = service.get(PATH, params={**QUERY, "slacks": "multi-stage", "orientation": "output", "by": "none"})
    assert first.headers["ETag"] == second.headers["ETag"] and first.content == second.content
    assert first.headers["ETag"].startswith('"') and "no-cache" in first.headers["Cache-Control"]
    again = service.get(PATH, params=QUERY, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == first.headers["ETag"]
    other = service.get(PATH, params={**QUERY, "orientation": "input"})
    assert other.headers["ETag"] != first.headers["ETag"]


@pytest.mark.concurrent
def test_many_ask_at_once(service):
    queries = [{**QUERY, "slacks": slacks, "orientation": orientation} for slacks in ("two-stage", "multi-stage")
               for orientation in ("output", "input")] * 4
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda query: service.request("GET", PATH, params=query), queries))
    assert {reply.status_code for reply in replies} == {200}
    for query, reply in zip(queries, replies):
        assert reply.content == replies[queries.index(query)].content


def test_new_figures_give_a_new_answer(start):
    own = start()
    before = own.get(PATH, params=QUERY)
    body = {"figures": [{"indicator": "hospital_visits", "year": 2011, "province": "CN-HB", "value": 1}]}
    reply = own.request("PUT", "/figures", token=True, json=body)
    assert reply.status_code in (200, 201), reply.text
    after = own.get(PATH, params=QUERY)
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.json()["figures_revision"] == before.json()["figures_revision"] + 1

    def province(reply):
        return next(result for result in reply.json()["results"] if result["dmu"] == "CN-HB")
    assert province(after)["output_targets"] != province(before)["output_targets"]


def test_a_province_without_a_figure_is_left_out(start):
    own = start()
    figures = [{"indicator": "hospital_visits", "year": 2012, "province": code, "value": value}
               for code, value in (("CN-HB", 5), ("CN-HN", 6), ("CN-GD", 7))]
    figures += [{"indicator": "hospital_admissions", "year": 2012, "province": code, "value": 3}
                for code in ("CN-HB", "CN-GD", "CN-BJ")]
    assert own.request("PUT", "/figures", token=True, json={"figures": figures}).status_code in (200, 201)
    answer = own.get(PATH, params={**QUERY, "year": "2012"}).json()
    assert [result["dmu"] for result in answer["results"]] == ["CN-GD", "CN-HB"]
    left_out = {item["province"]: item["missing"] for item in answer["left_out"]}
    assert len(left_out) == 29
    assert left_out["CN-HN"] == ["hospital_admissions"] and left_out["CN-BJ"] == ["hospital_visits"]
    assert left_out["CN-TJ"] == OUTPUTS


@pytest.mark.parametrize("query, status, code, places", [
    ({"year": "2012"}, 422, "no_figures", None),
    ({"year": "1899"}, 400, "invalid_query", {"year": "out_of_range"}),
    ({"year": "2011.0"}, 400, "invalid_query", {"year": "wrong_type"}),
    ({"year": None}, 400, "invalid_query", {"year": "missing_parameter"}),
    ({"inputs": None, "outputs": None}, 400, "invalid_query",
     {"inputs": "missing_parameter", "outputs": "missing_parameter"}),
    ({"inputs": "institution_per_10k"}, 422, "unknown_indicator", {"inputs": "unknown_indicator"}),
    ({"inputs": "beds_per_100k"}, 422, "unknown_indicator", {"inputs": "unknown_indicator"}),
    ({"inputs": "_per_10k", "outputs": "nothing"}, 422, "unknown_indicator",
     {"inputs": "unknown_indicator", "outputs": "unknown_indicator"}),
    ({"inputs": "institutions,"}, 400, "invalid_query", {"inputs": "bad_format"}),
    ({"inputs": "institutions,institutions"}, 400, "invalid_query", {"inputs": "bad_format"}),
    ({"inputs": "hospital_visits"}, 400, "invalid_query", {"outputs": "bad_format"}),
    ({"orientation": "up"}, 400, "invalid_query", {"orientation": "not_a_choice"}),
    ({"slacks": "three-stage"}, 400, "invalid_query", {"slacks": "not_a_choice"}),
    ({"frontier": "hull"}, 400, "invalid_query", {"frontier": "not_a_choice"}),
    ({"solver": "cplex"}, 400, "invalid_query", {"solver": "not_a_choice"}),
    ({"by": "province"}, 400, "invalid_query", {"by": "not_a_choice"}),
    ({"inputs": "nope,,institutions_per_10k", "outputs": "", "orientation": "x", "foo": "1"}, 400, "invalid_query",
     {"inputs": "unknown_indicator", "outputs": "bad_format", "orientation": "not_a_choice",
      "foo": "unknown_parameter"}),
    ({"outptus": "x"}, 400, "invalid_query", {"outptus": "unknown_parameter"}),
])
def test_queries_that_are_refused(service, query, status, code, places):
    params = {name: value for name, value in {**QUERY, **query}.items() if value is not None}
    body = assert_problem(service.get(PATH, params=params), status, code)
    if places is not None:
        assert faults(body) == places


def test_every_item_of_a_list_is_judged(service):
    params = {**QUERY, "inputs": ",".join(f"i{i}" for i in range(21))}
    body = assert_problem(service.get(PATH, params=params), 400, "invalid_query")
    assert [(fault["parameter"], fault["code"]) for fault in body["errors"]] == [
        ("inputs", "too_many"), *[("inputs", "unknown_indicator")] * 20]


def test_the_nearest_indicator_and_the_known_years_are_named(service):
    body = assert_problem(service.get(PATH, params={**QUERY, "inputs": "institution_per_10k"}), 422, "unknown_indicator")
    assert "institutions_per_10k" in body["errors"][0]["detail"]
    body = assert_problem(service.get(PATH, params={**QUERY, "year": "2012"}), 422, "no_figures")
    assert body["years"] == [2011] and "2011" in body["detail"]
    known = {item["indicator"]: item["years"] for item in body["indicators"]}
    assert known["institutions_per_10k"] == list(range(2005, 2025)) and known["hospital_visits"] == [2011]


def compute(service, body, **more):
    return service.request("POST", PATH, json=body, **more)


UNITS = {"inputs": ["x1"], "outputs": ["y1"],
         "dmus": [{"id": "A", "x1": 2, "y1": 1}, {"id": "B", "x1": 4, "y1": 3}, {"id": "C", "x1": 6, "y1": 3}]}


def test_own_units(service):
    reply = compute(service, UNITS)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert "year" not in answer and "figures_revision" not in answer and "left_out" not in answer
    scores = [(r["dmu"], r["crste"], r["vrste"], r["rts"], r["efficient"]) for r in answer["results"]]
    assert scores[0] == ("A", pytest.approx(2 / 3), 1, "irs", "strong")
    assert scores[1] == ("B", 1, 1, "crs", "strong")
    assert scores[2] == ("C", pytest.approx(2 / 3), 1, "drs", "weak")
    third = answer["results"][2]
    assert third["input_slacks"] == {"x1": 2} and third["input_targets"] == {"x1": 4}
    assert third["peers"] == [{"dmu": "B", "lambda": 1}]
    assert [r["peer_count"] for r in answer["results"]] == [0, 1, 0]
    assert "by_group" not in answer["summary"] and "group" not in third


def test_own_random_units_against_scipy(service):
    random = numpy.random.default_rng(7)
    x, y = random.uniform(1, 100, (60, 3)), random.uniform(1, 1e6, (60, 2))
    dmus = [{"id": f"u{i}", "a": x[i, 0], "b": x[i, 1], "c": x[i, 2], "d": y[i, 0], "e": y[i, 1]} for i in range(60)]
    for orientation in ("output", "input"):
        answer = compute(service, {"inputs": ["a", "b", "c"], "outputs": ["d", "e"], "dmus": dmus,
                                   "orientation": orientation, "slacks": "none"}).json()
        for unit, result in enumerate(answer["results"]):
            assert result["crste"] == pytest.approx(solve(x, y, unit, orientation, "crs"), abs=TOLERANCE)
            assert result["vrste"] == pytest.approx(solve(x, y, unit, orientation, "vrs"), abs=TOLERANCE)


def test_numbers_that_could_not_be_told_from_nothing(service):
    """Positive inputs are not taken for none: those beside which the largest that are accepted would make them 0 are refused."""
    dmus = [{"id": "A", "x1": 1e-300, "y1": 2}, {"id": "B", "x1": 1e15, "y1": 1e-281}, {"id": "C", "x1": 5e-324, "y1": 0}]
    body = assert_problem(compute(service, {**UNITS, "dmus": dmus}), 422, "invalid_request")
    assert faults(body) == {"/dmus/0/x1": "out_of_range", "/dmus/1/y1": "out_of_range", "/dmus/2/x1": "out_of_range"}
    assert all("1e-280" in error["detail"] for error in body["errors"])
    dmus = [{"id": "A", "x1": 1e-280, "y1": 2}, {"id": "B", "x1": 1e15, "y1": 1}, {"id": "C", "x1": 2e-280, "y1": 1}]
    answer = compute(service, {**UNITS, "dmus": dmus, "orientation": "input"}).json()
    assert [r["status"] for r in answer["results"]] == ["scored"] * 3
    assert [r["crste"] for r in answer["results"]] == [pytest.approx(score, rel=1e-9) for score in (1, 5e-296, 0.25)]


def test_groups_and_units_without_a_score(service):
    body = {**UNITS, "dmus": [{**UNITS["dmus"][0], "group": "south"}, {**UNITS["dmus"][1], "group": "north"},
                              UNITS["dmus"][2], {"id": "D", "group": "void", "x1": 0, "y1": 3},
                              {"id": "E", "group": "void", "x1": 2, "y1": 0}]}
    answer = compute(service, body).json()
    assert [r["status"] for r in answer["results"]] == ["scored"] * 3 + ["no_inputs", "no_outputs"]
    for result in answer["results"][3:]:
        assert [result[name] for name in ("crste", "vrste", "scale", "rts", "efficient")] == [None] * 5
        assert result["peers"] == [] and result["input_targets"] == {"x1": None} and result["group"] == "void"
    groups = answer["summary"]["by_group"]
    assert list(groups) == ["north", "south", "void"]
    assert groups["south"]["crste"] == pytest.approx(2 / 3) and groups["void"] == {
        "count": 0, "crste": None, "vrste": None, "scale": None, "input_slacks": {"x1": None}, "output_slacks": {"y1": None}}


def test_no_token_and_no_key_are_needed_and_they_do_no_harm(service):
    assert compute(service, UNITS).content == compute(service, UNITS, token=True,
                                                      headers={"Idempotency-Key": "x"}).content


def changed(**members):
    return {**UNITS, **members}


@pytest.mark.parametrize("body, code, places", [
    ([1], "wrong_type", {"": "wrong_type"}),
    ({}, "invalid_request", {"/inputs": "missing_member", "/outputs": "missing_member", "/dmus": "missing_member"}),
    (changed(inputs=[]), "too_short", {"/inputs": "too_short"}),
    (changed(inputs="x1"), "wrong_type", {"/inputs": "wrong_type"}),
    (changed(inputs=["x1", "x1"]), "duplicate_name", {"/inputs/1": "duplicate_name"}),
    (changed(outputs=["x1"]), "duplicate_name", {"/outputs/0": "duplicate_name"}),
    (changed(inputs=["id", 1, "a b", ""]), "invalid_request",
     {"/inputs/0": "bad_format", "/inputs/1": "wrong_type", "/inputs/2": "bad_format", "/inputs/3": "bad_format"}),
    (changed(inputs=[f"x{i}" for i in range(21)]), "too_long", {"/inputs": "too_long"}),
    (changed(dmus=[]), "too_short", {"/dmus": "too_short"}),
    (changed(dmus={}), "wrong_type", {"/dmus": "wrong_type"}),
    (changed(dmus=[UNITS["dmus"][0]] * 2), "duplicate_id", {"/dmus/1/id": "duplicate_id"}),
    (changed(inputs=["id"], dmus=[UNITS["dmus"][0]] * 2), "invalid_request", {"/inputs/0": "bad_format", "/dmus/1/id": "duplicate_id"}),
    (changed(dmus=[{"id": "A", "x1": "2", "y1": -1}, {"id": "a b", "x1": 1e16, "z": 1}, 7]), "invalid_request",
     {"/dmus/0/x1": "wrong_type", "/dmus/0/y1": "out_of_range", "/dmus/1/id": "bad_format",
      "/dmus/1/x1": "out_of_range", "/dmus/1/y1": "missing_member", "/dmus/1/z": "unknown_member",
      "/dmus/2": "wrong_type"}),
    (changed(dmus=[{"x1": None, "y1": True}]), "invalid_request",
     {"/dmus/0/id": "missing_member", "/dmus/0/x1": "missing_member", "/dmus/0/y1": "wrong_type"}),
    (changed(orientation="sideways", slack="none", frontier=1), "invalid_request",
     {"/orientation": "not_a_choice", "/slack": "unknown_member", "/frontier": "wrong_type"}),
    (changed(dmus=[{"id": f"u{i}", "x1": 1, "y1": 1} for i in range(20001)]), "too_long", {"/dmus": "too_long"}),
])
def test_bodies_that_are_refused(service, body, code, places):
    assert faults(assert_problem(compute(service, body), 422, code)) == places


@pytest.mark.parametrize("text, status, code", [
    ('{"inputs":["x"],"outputs":["y"],"dmus":[{"id":"A","x":NaN,"y":1}]}', 400, "invalid_json"),
    ('{"inputs":["x"],"outputs":["y"],"dmus":[{"id":"A","x":1e999,"y":1}]}', 422, "out_of_range"),
    ('{"inputs":["x"],"inputs":["y"]}', 400, "duplicate_member"),
    ("", 400, "invalid_json"),
    ("[" * 100, 400, "too_deep"),
])
def test_texts_that_are_refused(service, text, status, code):
    reply = service.request("POST", PATH, data=text, headers={"Content-Type": "application/json"})
    assert_problem(reply, status, code)


def test_numbers_too_large_are_named_with_the_rest(service):
    text = ('{"inputs":["x"],"outputs":["y"],"slacks":1e999,"dmus":[{"id":1e400,"x":1e999,"y":"1"},{"id":"B","x":-1},'
            '99999999999999999999]}')
    reply = service.request("POST", PATH, data=text, headers={"Content-Type": "application/json"})
    body = assert_problem(reply, 422, "invalid_request")
    assert faults(body) == {"/slacks": "out_of_range", "/dmus/0/id": "out_of_range", "/dmus/0/x": "out_of_range",
                            "/dmus/0/y": "wrong_type", "/dmus/1/x": "out_of_range", "/dmus/1/y": "missing_member",
                            "/dmus/2": "out_of_range"}
    assert len(body["errors"]) == 7


def test_ten_thousand_units(service):
    """Of one input and one output: constant returns are the quotient over the best one, variable returns the line around all points."""
    random = numpy.random.default_rng(8)
    x = random.uniform(1, 100, 10000)
    y = 10 / (1 + numpy.exp(3 - x / 15)) * random.uniform(0.2, 1, 10000)
    dmus = [{"id": f"u{i}", "x1": float(x[i]), "y1": float(y[i])} for i in range(10000)]
    reply = service.request("POST", PATH, json=changed(dmus=dmus, slacks="none"), token=None)
    answer = (wait(service, reply.json()["href"]) if reply.status_code == 202 else reply).json()
    around = []  # from the left, each turn to the right
    for point in sorted(zip(x, y)):
        while len(around) > 1 and ((around[-1][0] - around[-2][0]) * (point[1] - around[-2][1]) >=
                                   (around[-1][1] - around[-2][1]) * (point[0] - around[-2][0])):
            around.pop()
        around.append(point)
    around = around[:1 + max(range(len(around)), key=lambda i: around[i][1])]  # what lies right of the highest takes too much
    highest = numpy.interp(x, *zip(*around))
    assert answer["certificate"]["uncertified"] == 0 and [unit["dmu"] for unit in answer["results"]] == [unit["id"] for unit in dmus]
    assert [unit["crste"] for unit in answer["results"]] == pytest.approx(y / x / (y / x).max(), rel=1e-8)
    assert [unit["vrste"] for unit in answer["results"]] == pytest.approx(y / highest, rel=1e-8)


def test_too_many_cells(service):
    names = [f"x{i}" for i in range(20)]
    dmus = [{"id": f"u{i}", "y": 1, **dict.fromkeys(names, 1)} for i in range(9524)]  # 4 too many
    body = assert_problem(compute(service, {"inputs": names, "outputs": ["y"], "dmus": dmus}), 422, "too_long")
    assert faults(body) == {"/dmus": "too_long"} and "200000" in body["detail"]


def test_faults_beyond_the_list_are_counted(service):
    dmus = [{"id": f"u{i}", "x1": "1", "y1": 1} for i in range(150)]
    body = assert_problem(compute(service, changed(dmus=dmus)), 422, "invalid_request")
    assert len(body["errors"]) == 100 and body["errors_total"] == 150


@pytest.mark.parametrize("frontier", ["crs", "vrs"])
@pytest.mark.parametrize("orientation", ["output", "input"])
@pytest.mark.parametrize("case", ["deap_eg1", "deap_eg2", "multislack11", "synth31_3x2", "zeros14"])
def test_slacks_and_their_means(service, case, orientation, frontier):
    """DEAP's summary of slacks with its row of means, against the multi-stage slacks of the reference cases."""
    with open(CASES / case / "data.csv", encoding="utf-8") as file:
        units = list(csv.DictReader(file))
    with open(CASES / case / "expected.csv", encoding="utf-8") as file:
        wanted = [row for row in csv.DictReader(file) if row["orient"] == orientation[:-3]]
    names = [name for name in units[0] if name != "dmu"]
    slacks = numpy.array([[float(row[f"{frontier}_ms_s_{name}"] or "nan") for name in names] for row in wanted])
    body = {"inputs": [name for name in names if name[0] == "x"], "outputs": [name for name in names if name[0] == "y"], "orientation": orientation,
            "frontier": frontier, "dmus": [{"id": row["dmu"], **{name: float(row[name]) for name in names}} for row in units]}
    assert [row["dmu"] for row in wanted] == [row["dmu"] for row in units]
    rows = list(csv.DictReader(io.StringIO(service.request("POST", f"{PATH}?table=slacks", json=body).text)))
    assert [(row["row"], row["dmu"], row["group"]) for row in rows] == [*(("unit", row["dmu"], "") for row in units), ("mean", "", "")]
    cells = numpy.array([[float(row[f"{'input' if name[0] == 'x' else 'output'}_slacks.{name}"] or "nan") for name in names] for row in rows])
    top = numpy.array([[float(row[name]) for name in names] for row in units]).max(axis=0)
    is_scored = ~numpy.isnan(slacks).any(axis=1)
    assert is_scored.any() and (numpy.isnan(cells[:-1]).any(axis=1) == ~is_scored).all()
    assert (abs(cells[:-1] - slacks)[is_scored] <= 1e-6 * top).all()
    assert (abs(cells[-1] - slacks[is_scored].mean(axis=0)) <= 1e-6 * top).all()


@pytest.mark.parametrize("orientation", ["output", "input"])
def test_frontiers_and_movements(service, orientation):
    """The score is that of the frontier; what a target consists of adds up, as DEAP prints it."""
    x, y = real_data()
    scores = {}
    for frontier in ("vrs", "crs", "nirs", "ndrs", "fdh"):
        answer = ask(service, orientation=orientation, frontier=frontier)
        assert answer["frontier"] == frontier
        for unit, result in enumerate(answer["results"]):
            own = {"vrs": "vrste", "crs": "crste", "nirs": "nirste", "ndrs": "ndrste"}.get(frontier)
            assert own is None or result["score"] == result[own]
            assert result["rts_margin"] == pytest.approx(1 - result["scale"], abs=1e-15)
            for side, names, values, sign in (("input", INPUTS, x, -1), ("output", OUTPUTS, y, 1)):
                radial, slack, target = (numbers(result, f"{side}_{kind}", names) for kind in ("radial", "slacks", "targets"))
                assert (radial * sign >= 0).all() and (orientation == side or not radial.any())
                assert target == pytest.approx(values[unit] + radial + sign * slack, rel=1e-12)
                assert [result["values"][name] for name in names] == list(values[unit])
                assert [result["slack_movements"][name] for name in names] == list(sign * slack)
            if frontier == "nirs":
                assert result["score"] == pytest.approx(solve(x, y, unit, orientation, "nirs"), abs=TOLERANCE)
        scores[frontier] = numpy.array([result["score"] for result in answer["results"]])
    assert (scores["vrs"] <= scores["fdh"] + TOLERANCE).all()
    assert numpy.minimum(scores["nirs"], scores["ndrs"]) == pytest.approx(scores["crs"], abs=TOLERANCE)
    assert numpy.maximum(scores["nirs"], scores["ndrs"]) == pytest.approx(scores["vrs"], abs=TOLERANCE)
