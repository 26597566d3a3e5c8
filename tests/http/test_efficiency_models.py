"""/efficiency with other models than the radial one: figures against scipy, what each answer has, and what is refused.

The programs themselves are held against HiGHS in tests/oracle/test_dea_models.py; here is what the service makes of them.
"""

import csv
import io

import numpy
import pytest
from scipy.optimize import linprog

from analysis_support import CODES, assert_problem, belts, faults
from test_efficiency import INPUTS, OUTPUTS, PATH, ask, assert_certificates_add_up, numbers, real_data, service  # noqa: F401

PLAIN = {"inputs": ["a", "b"], "outputs": ["c", "d"], "dmus": [
    {"id": "P", "a": 2, "b": 7, "c": 1, "d": 3}, {"id": "Q", "a": 4, "b": 3, "c": 2, "d": 2}, {"id": "R", "a": 9, "b": 9, "c": 1, "d": 1}]}
MODELS = [{"model": "super"}, {"model": "super", "orientation": "input", "frontier": "crs"}, {"model": "sbm"},
          {"model": "sbm", "orientation": "output", "frontier": "nirs"}, {"model": "sbm", "undesirable": OUTPUTS[0]}, {"model": "additive"},
          {"model": "additive", "slacks": "two-stage-normalised", "frontier": "ndrs"}, {"model": "directional"},
          {"model": "directional", "undesirable": OUTPUTS[1], "orientation": "output"}, {"model": "cross"}, {"model": "cross", "goal": "aggressive"},
          {"model": "cost", "prices": "2.5,0.125"}, {"fixed": INPUTS[0], "orientation": "input"},
          {"fixed": INPUTS[0], "orientation": "input", "slacks": "two-stage-normalised", "rts_tolerance": 0.01},
          {"restrictions": f"{INPUTS[0]}/{INPUTS[1]}:0.5:2,{OUTPUTS[1]}/{OUTPUTS[0]}::1000", "orientation": "input"}]
NAMES = ["-".join(f"{key}={value}"[:30] for key, value in more.items()) for more in MODELS]


def body_of(more, x, y):
    """The same question about the same figures, as a caller's own units."""
    body = {**more, "inputs": INPUTS, "outputs": OUTPUTS, "dmus": [
        {"id": code, **dict(zip(INPUTS, map(float, x[u]))), **dict(zip(OUTPUTS, map(float, y[u])))} for u, code in enumerate(CODES)]}
    for name in ("fixed", "undesirable", "restrictions"):
        if name in body:
            body[name] = body[name].split(",")
    if "prices" in body:
        body["prices"] = [float(price) for price in body["prices"].split(",")]
    return body


@pytest.mark.parametrize("more", MODELS, ids=NAMES)
def test_answers_of_models(service, more):  # noqa: F811
    x, y = real_data()
    answer = ask(service, **more, by="belt")
    assert answer["model"] == more.get("model", "radial") and answer["tolerance"] == 1e-9
    assert answer["certificate"]["uncertified"] == 0
    assert max(answer["certificate"][f"max_{part}"] for part in ("primal_infeasibility", "dual_infeasibility", "duality_gap")) <= 1e-9
    assert_certificates_add_up(answer)
    assert [result["dmu"] for result in answer["results"]] == CODES
    scored = [result for result in answer["results"] if result["status"] == "scored"]
    assert answer["summary"]["mean"]["count"] == len(scored)
    assert answer["summary"]["mean"]["score"] == pytest.approx(numpy.mean([result["score"] for result in scored]), rel=1e-12)
    for kind, names in (("input", INPUTS), ("output", OUTPUTS)):
        wanted = None if answer["model"] in ("cross", "cost") else \
            {name: pytest.approx(numpy.mean([result[f"{kind}_slacks"][name] for result in scored]), rel=1e-12) for name in names}
        assert answer["summary"]["mean"].get(f"{kind}_slacks") == wanted
    assert sorted(answer["summary"]["by_belt"]) == sorted(set(belts()))
    for belt, means in answer["summary"]["by_belt"].items():
        of_belt = [result["score"] for result in scored if result["belt"] == belt]
        assert means["count"] == len(of_belt) and (not of_belt or means["score"] == pytest.approx(numpy.mean(of_belt), rel=1e-12))
    own = service.request("POST", PATH, json=body_of(more, x, y)).json()
    for mine, theirs in zip(answer["results"], own["results"]):
        assert {key: value for key, value in mine.items() if key not in ("name", "belt")} == theirs
    table = list(csv.DictReader(io.StringIO(service.get(PATH, params={
        "year": 2011, "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), **more}, headers={"Accept": "text/csv"}).text)))
    assert [row["score"] for row in table] == ["" if result["score"] is None else row["score"] for row, result in zip(table, answer["results"])]
    assert all(float(row["score"]) == result["score"] for row, result in zip(table, answer["results"]) if result["score"] is not None)


MOVED = [*MODELS, {"model": "super", "frontier": "crs"}, {"model": "directional", "orientation": "input", "frontier": "crs"},
         {"model": "directional", "undesirable": OUTPUTS[0], "frontier": "nirs"}, {"model": "directional", "fixed": INPUTS[0]},
         {"model": "sbm", "undesirable": OUTPUTS[1], "orientation": "output", "frontier": "crs"}, {"fixed": INPUTS[1], "frontier": "crs"}]


@pytest.mark.parametrize("more", MOVED)
def test_movements_add_up(service, more):  # noqa: F811
    """original + what moves it = projected, in every row; and each movement is what its model says of the score."""
    query = {"year": 2011, "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), **more}
    answer = {row["dmu"]: row for row in service.get(PATH, params=query).json()["results"]}
    rows = list(csv.DictReader(io.StringIO(service.get(PATH, params={**query, "table": "movements"}).text)))
    model, side = more.get("model", "radial"), more.get("orientation", "none" if more.get("model") == "directional" else "output")
    assert len(rows) == (0 if model == "cross" else 31 * 4)
    lessened = {*INPUTS, *more.get("undesirable", "").split(",")}
    falling = 0
    for row in rows:
        unit = answer[row["dmu"]]
        if unit["status"] != "scored":
            assert row["projected"] == row["slack_movement"] == row["radial_movement"] == row["directional_movement"] == ""
            continue
        radial, directional, slack = (row[f"{name}_movement"] for name in ("radial", "directional", "slack"))
        original, projected = float(row["original"]), float(row["projected"])
        assert (radial != "") == (model in ("radial", "super")) and (directional != "") == (model == "directional") and (slack != "") == (model != "cost")
        if model == "cost":  # the cheapest inputs, to which nothing moves in steps
            continue
        assert sum(float(cell or 0) for cell in (radial, directional, slack)) + original == pytest.approx(projected, rel=1e-12)
        assert (float(slack) <= 0 if row["variable"] in lessened else float(slack) >= 0) and row["slack_movement"] != "-0.0"
        falling += float(slack) < 0 and row["variable"] == more.get("undesirable")
        moves = row["variable"] != more.get("fixed") and (side == "none" or (side == "input") == (row["kind"] == "input") or
                                                          row["variable"] == more.get("undesirable"))
        if model == "directional":
            assert float(directional) == pytest.approx((-1 if row["variable"] in lessened else 1) * unit["score"] * original * moves, rel=1e-9, abs=1e-9 * original)
        elif radial:
            assert float(radial) == pytest.approx(((unit["score"] if side == "input" else 1 / unit["score"]) - 1) * original * moves, rel=1e-9, abs=1e-9 * original)
    assert falling > 0 or model != "sbm" or "undesirable" not in more


def test_answers_are_cached_by_all_that_they_depend_on(service):  # noqa: F811
    tags = {}
    for more in [{}, *MODELS, {"model": "cost", "prices": "1,2"}, {"fixed": INPUTS[1], "orientation": "input"}]:
        query = {"year": 2011, "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), **more}
        first, second = (service.get(PATH, params=query) for _ in range(2))
        assert first.content == second.content and first.headers["ETag"] == second.headers["ETag"]
        assert service.get(PATH, params=query, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert first.headers["ETag"] not in tags, more
        tags[first.headers["ETag"]] = more


def test_super_efficiency_of_2011(service):  # noqa: F811
    """By linear programs over all but the judged one."""
    x, y = real_data()
    sx, sy = x / x.max(0), y / y.max(0)
    answer = ask(service, model="super", orientation="input", frontier="crs")
    for o, result in enumerate(answer["results"]):
        others = [j for j in range(len(x)) if j != o]
        found = linprog(numpy.r_[numpy.zeros(len(others)), 1],
                        A_ub=numpy.vstack([numpy.c_[sx[others].T, -sx[o]], numpy.c_[-sy[others].T, numpy.zeros(2)]]),
                        b_ub=numpy.r_[0, 0, -sy[o]], method="highs")
        assert result["score"] == pytest.approx(found.fun, rel=1e-7)
    assert max(result["score"] for result in answer["results"]) > 1


def test_cost_is_technical_times_allocative(service):  # noqa: F811
    answer = ask(service, model="cost", prices="2.5,0.125")
    radial = ask(service, orientation="input")
    assert answer["prices"] == dict(zip(INPUTS, (2.5, 0.125)))
    for result, plain in zip(answer["results"], radial["results"]):
        assert result["technical"] == pytest.approx(plain["vrste"], rel=1e-9)
        assert result["score"] == pytest.approx(result["technical"] * result["allocative"], rel=1e-12)
        assert result["cost_minimum"] == pytest.approx(numbers(result, "input_targets", INPUTS) @ [2.5, 0.125], rel=1e-9)


def test_own_prices(service):  # noqa: F811
    """Prices as members of the units: all alike they are those of the list; else a unit's score is that of its own prices."""
    priced = [{**dmu, "wa": wa, "wb": wb} for dmu, wa, wb in zip(PLAIN["dmus"], (1, 2, 5), (1, 0.5, 3))]
    own = service.request("POST", PATH, json={**PLAIN, "model": "cost", "prices": ["wa", "wb"], "dmus": priced}).json()
    assert own["prices"] == ["wa", "wb"]
    for u, dmu in enumerate(priced):
        alike = service.request("POST", PATH, json={**PLAIN, "model": "cost", "prices": [dmu["wa"], dmu["wb"]]}).json()
        mine, theirs = own["results"][u], alike["results"][u]
        assert mine["score"] == pytest.approx(theirs["score"], rel=1e-12)
        assert mine["cost"] == pytest.approx(dmu["wa"] * dmu["a"] + dmu["wb"] * dmu["b"], rel=1e-15)
    for more, places in (
            ({"prices": ["wa"], "dmus": [{key: value for key, value in priced[0].items() if key != "wb"}]}, {"/prices": "bad_format"}), ({"prices": ["a", "wb"]}, {"/prices/0": "duplicate_name"}),
            ({"prices": ["wa", 2]}, {"/prices/1": "wrong_type"}), ({"dmus": [{**priced[0], "wa": 0}]}, {"/dmus/0/wa": "out_of_range"}),
            ({"dmus": [{key: value for key, value in priced[0].items() if key != "wb"}]}, {"/dmus/0/wb": "missing_member"})):
        reply = service.request("POST", PATH, json={**PLAIN, "model": "cost", "prices": ["wa", "wb"], "dmus": priced, **more})
        assert reply.status_code == 422 and {fault["pointer"]: fault["code"] for fault in reply.json()["errors"]} == places


def test_outliers_by_glpk(service):  # noqa: F811
    """Each unit is left out with the solver that is asked for, and moves the others as far."""
    ours, theirs = ([result["leverage"] for result in ask(service, outliers="true", solver=solver)["results"]] for solver in ("simplex", "glpk"))
    assert ours != theirs  # in the last digits: another arithmetic was at work
    assert ours == pytest.approx(theirs, abs=1e-8)


def test_outliers(service):  # noqa: F811
    """A slip of the pen, a thousand times too many outputs, is found; nobody else's row changes but for it."""
    x, y = real_data()
    plain, marked = (ask(service, **more) for more in ({}, {"outliers": "true"}))
    threshold = marked.pop("outlier_threshold")
    leverages = [result["leverage"] for result in marked["results"]]
    assert threshold == pytest.approx(numpy.mean(leverages) * numpy.log(len(CODES)), rel=1e-12)
    for result in marked["results"]:
        assert result.pop("outlier") == (result.pop("leverage") > threshold)
    assert marked == plain
    body = body_of({"outliers": True, "frontier": "crs"}, x, y)
    body["dmus"][11].update({name: 1000 * value for name, value in zip(OUTPUTS, map(float, y[11]))})
    answer = service.request("POST", PATH, json=body).json()
    assert [result["dmu"] for result in answer["results"] if result["outlier"]] == [CODES[11]]


@pytest.mark.parametrize("more", [{}, {"orientation": "input"}, {"frontier": "crs"}, {"frontier": "nirs", "orientation": "input"}],
                         ids=lambda more: "-".join(more.values()) or "default")
def test_weights(service, more):  # noqa: F811
    """They are normalised, prove the score and let nobody pass; nothing else in the answer changes, and the table has them unasked."""
    x, y = real_data()
    plain, weighed = (ask(service, **more, **also) for also in ({}, {"weights": "true"}))
    own = service.request("POST", PATH, json=body_of({**more, "weights": True}, x, y)).json()
    table, sent = (list(csv.DictReader(io.StringIO(reply.text))) for reply in (
        service.get(PATH, params={"year": 2011, "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), "table": "weights", **more}, headers={"Accept": "text/csv"}),
        service.request("POST", PATH + "?table=weights", json=body_of(more, x, y), headers={"Accept": "text/csv"})))
    assert list(table[0]) == ["dmu", "name", "belt", "score", *(f"input_weights.{name}" for name in INPUTS), *(f"output_weights.{name}" for name in OUTPUTS), "free_term"]
    for o, (result, theirs, row, sent_row) in enumerate(zip(weighed["results"], own["results"], table, sent, strict=True)):
        v, u = (numpy.array([result[member][name] for name in names]) for member, names in (("input_weights", INPUTS), ("output_weights", OUTPUTS)))
        del result["input_weights"], result["output_weights"]
        w = result.pop("free_term")
        assert [theirs[member] for member in ("input_weights", "output_weights", "free_term")] == [dict(zip(INPUTS, v)), dict(zip(OUTPUTS, u)), w]
        is_input = more.get("orientation") == "input"
        assert (v @ x[o] if is_input else u @ y[o]) == pytest.approx(1, rel=1e-9)
        assert (u @ y[o] + w if is_input else 1 / (v @ x[o] + w)) == pytest.approx(result["score"], rel=1e-8)
        assert (x @ v - y @ u + (-w if is_input else w) >= -1e-8).all() and (w == 0 or "crs" not in more.values())
        for cells in (row, sent_row):
            assert [float(cells[name]) for name in list(table[0])[3:]] == [result["score"], *v, *u, w] and cells["dmu"] == result["dmu"]
    assert weighed == plain


REFUSED = [
    ({"weights": "true", "frontier": "fdh"}, {"weights": "bad_format"}),
    ({"weights": "true", "fixed": INPUTS[0]}, {"weights": "bad_format"}),
    ({"weights": "true", "model": "super"}, {"weights": "bad_format"}),
    ({"weights": "many"}, {"weights": "not_a_choice"}),
    ({"table": "weights", "model": "sbm"}, {"weights": "bad_format"}),
    ({"outliers": "true", "frontier": "fdh"}, {"outliers": "bad_format"}),
    ({"outliers": "true", "fixed": INPUTS[0]}, {"outliers": "bad_format"}),
    ({"outliers": "true", "model": "cross"}, {"outliers": "bad_format"}),
    ({"rts_tolerance": "0.01", "model": "sbm"}, {"rts_tolerance": "bad_format"}),
    ({"rts_tolerance": "1", "fixed": INPUTS[0]}, {"rts_tolerance": "out_of_range"}),
    ({"slacks": "multi-stage", "restrictions": f"{INPUTS[0]}/{INPUTS[1]}:1:2"}, {"slacks": "bad_format"}),
    ({"slacks": "one-stage", "fixed": INPUTS[0]}, {"slacks": "bad_format"}),
    ({"rts_tolerance": "1"}, {"rts_tolerance": "out_of_range"}),
    ({"rts_tolerance": "-1e-9"}, {"rts_tolerance": "out_of_range"}),
    ({"rts_tolerance": "much"}, {"rts_tolerance": "wrong_type"}),
    ({"model": "sums"}, {"model": "not_a_choice"}),
    ({"orientation": "none"}, {"orientation": "bad_format"}),
    ({"model": "additive", "orientation": "input"}, {"orientation": "bad_format"}),
    ({"model": "sbm", "slacks": "multi-stage"}, {"slacks": "bad_format"}),
    ({"model": "super", "frontier": "fdh"}, {"frontier": "bad_format"}),
    ({"model": "cross", "frontier": "vrs"}, {"frontier": "bad_format"}),
    ({"model": "cross", "orientation": "output", "fixed": INPUTS[0]}, {"orientation": "bad_format", "fixed": "bad_format"}),
    ({"model": "cost"}, {"prices": "missing_parameter"}),
    ({"model": "cost", "prices": "1"}, {"prices": "bad_format"}),
    ({"model": "cost", "prices": "1,0"}, {"prices": "out_of_range"}),
    ({"model": "cost", "prices": "1,x"}, {"prices": "out_of_range"}),
    ({"prices": "1,2", "goal": "aggressive"}, {"prices": "bad_format", "goal": "bad_format"}),
    ({"undesirable": OUTPUTS[0]}, {"undesirable": "bad_format"}),
    ({"model": "sbm", "undesirable": ",".join(OUTPUTS)}, {"undesirable": "bad_format"}),
    ({"model": "sbm", "undesirable": INPUTS[0], "fixed": "beds"}, {"undesirable": "bad_format", "fixed": "bad_format"}),
    ({"fixed": f"{INPUTS[0]},{INPUTS[0]}"}, {"fixed": "bad_format"}),
    ({"fixed": INPUTS[0], "frontier": "fdh", "slacks": "none"}, {"frontier": "bad_format", "slacks": "bad_format"}),
    ({"fixed": INPUTS[0] + ","}, {"fixed": "bad_format"}),
] + [({"restrictions": text}, {"restrictions": "bad_format"}) for text in (
    "x", f"{INPUTS[0]}/{INPUTS[1]}", f"{INPUTS[0]}/{INPUTS[1]}:2:1", f"{INPUTS[0]}/{INPUTS[1]}::", f"{INPUTS[0]}/{INPUTS[0]}:1:2",
    f"{INPUTS[0]}/{OUTPUTS[0]}:1:2", f"{INPUTS[0]}/{INPUTS[1]}:-1:2", f"{INPUTS[0]}/{INPUTS[1]}:0:2", f"{INPUTS[0]}/{INPUTS[1]}:1e400:")]


@pytest.mark.parametrize("more, places", REFUSED, ids=[str(sorted(more.items()))[:60] for more, _ in REFUSED])
def test_what_does_not_go_together(service, more, places):  # noqa: F811
    reply = service.get(PATH, params={"year": "2011", "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), **more})
    found = faults(assert_problem(reply, 400, "invalid_query"))
    assert found == places


@pytest.mark.parametrize("more, places", [
    ({"model": "cost"}, {"/prices": "missing_member"}),
    ({"model": "cost", "prices": 3}, {"/prices": "wrong_type"}),
    ({"model": "cost", "prices": []}, {"/prices": "too_short"}),
    ({"model": "cost", "prices": [1, "2"]}, {"/prices": "out_of_range"}),
    ({"model": "sbm", "undesirable": [7]}, {"/undesirable": "bad_format"}),
    ({"model": "sbm", "undesirable": {"c": 1}, "fixed": ["a", "b"]}, {"/undesirable": "wrong_type", "/fixed": "bad_format"}),
    ({"restrictions": ["a/b:1:2"] * 41}, {"/restrictions": "too_long"}),
    ({"restrictions": [None]}, {"/restrictions": "bad_format"})])
def test_bodies_that_do_not_go_together(service, more, places):  # noqa: F811
    reply = service.request("POST", PATH, json={**PLAIN, **more})
    found = reply.json()
    assert reply.status_code == 422
    assert {fault["pointer"]: fault["code"] for fault in found["errors"]} == places


@pytest.mark.parametrize("more", [{"fixed": INPUTS[0], "orientation": "input"}, {"fixed": INPUTS[1]}, MODELS[-1]], ids=["inward", "outward", "restrictions"])
def test_scale_with_fixed_inputs_and_restrictions(service, more):  # noqa: F811
    """What one answer says of the four frontiers is what each frontier's own answer says; the table has it too."""
    by_frontier = {frontier: ask(service, **more, frontier=frontier) for frontier in ("crs", "vrs", "nirs", "ndrs")}
    answer = by_frontier["vrs"]
    assert answer["slacks"] == ("multi-stage" if "fixed" in more else "two-stage-normalised") and answer["rts_tolerance"] == 1e-9
    table = list(csv.DictReader(io.StringIO(service.get(PATH, params={
        "year": 2011, "inputs": ",".join(INPUTS), "outputs": ",".join(OUTPUTS), **more}, headers={"Accept": "text/csv"}).text)))
    told = {"irs": 0, "crs": 0, "drs": 0}
    for u, (result, row) in enumerate(zip(answer["results"], table)):
        names = {"crste": "crs", "vrste": "vrs", "nirste": "nirs", "ndrste": "ndrs"}
        for name, frontier in names.items():
            assert result[name] == pytest.approx(by_frontier[frontier]["results"][u]["score"], rel=1e-9)
            assert all(other["results"][u][name] == pytest.approx(result[name], rel=1e-9) for other in by_frontier.values())
        assert result["scale"] == result["crste"] / result["vrste"] and result["rts_margin"] == 1 - result["scale"]
        is_decreasing = abs(result["nirste"] - result["vrste"]) < abs(result["nirste"] - result["crste"])
        assert result["rts"] == ("crs" if result["rts_margin"] <= 1e-9 else "drs" if is_decreasing else "irs")
        told[result["rts"]] += 1
        assert [float(row[name]) for name in (*names, "scale", "rts_margin")] == [result[name] for name in (*names, "scale", "rts_margin")]
        assert row["rts"] == result["rts"]
    assert answer["summary"]["rts"] == told and min(told["irs"] + told["drs"], told["crs"]) > 0
    for name in ("crste", "vrste", "scale"):
        assert answer["summary"]["mean"][name] == pytest.approx(numpy.mean([result[name] for result in answer["results"]]), rel=1e-12)
    wide = ask(service, **more, rts_tolerance=0.9)
    assert wide["summary"]["rts"]["crs"] > told["crs"]
    assert [{**result, "rts": None} for result in wide["results"]] == [{**result, "rts": None} for result in answer["results"]]


def test_what_only_some_returns_have_is_null(service):  # noqa: F811
    """Two of P make what Q makes, with less of a and none of b: where P may be doubled there is no end to how much less b would do."""
    units = {"inputs": ["a", "b"], "outputs": ["c"], "fixed": ["a"], "orientation": "input",
             "dmus": [{"id": "P", "a": 1, "b": 0, "c": 1}, {"id": "Q", "a": 3, "b": 2, "c": 2}, {"id": "R", "a": 3, "b": 4, "c": 2}]}
    answers = {frontier: service.request("POST", PATH, json={**units, "frontier": frontier}).json() for frontier in ("vrs", "crs", "nirs", "ndrs")}
    for frontier, wanted in (("vrs", ["no_inputs", 1, 0.5]), ("nirs", ["no_inputs", 1, 0.5]), ("crs", ["no_inputs", *["unbounded"] * 2]),
                             ("ndrs", ["no_inputs", *["unbounded"] * 2])):
        for result, score in zip(answers[frontier]["results"], wanted):
            assert (result["score"] or result["status"]) == score
            assert [result[name] for name in ("crste", "scale", "rts", "nirste", "ndrste", "rts_margin")] == [None] * 6
            assert result["vrste"] == (score if result["score"] else None)
        assert answers[frontier]["summary"]["rts"] == {"irs": 0, "crs": 0, "drs": 0}
        assert answers[frontier]["summary"]["mean"]["crste"] is None
    assert answers["vrs"]["summary"]["mean"]["vrste"] == 0.75


def test_contradictory_restrictions_are_a_result(service):  # noqa: F811
    """a at least 10 of b and b at least 10 of a: no weights but 0."""
    answer = service.request("POST", PATH, json={**PLAIN, "orientation": "input", "restrictions": ["a/b:10:", "b/a:10:"]}).json()
    assert {result["status"] for result in answer["results"]} == {"unbounded"} and answer["summary"]["mean"]["score"] is None
