"""PUT and GET /figures: what is wrong with a submission is told at once, whatever it costs to find out; and it costs little."""

import csv
import pathlib
import time
import uuid

import pytest

HEADER = "indicator,year,province,value\n"
GOOD = {"indicator": "beds", "year": 2019, "province": "CN-HB", "value": 1}


def put(server, body, media=None, query="", **more):
    media = media or ("text/csv" if isinstance(body, str) and not body.startswith("{") else "application/json")
    payload = {"json": body} if isinstance(body, dict) else {"data": body}
    return server.request("PUT", "/figures" + query, token=True, headers={"Content-Type": media}, **payload, **more)


def problem(reply, status, code):
    assert reply.status_code == status, reply.text
    assert reply.json()["code"] == code, reply.text
    return reply.json()


def revision(server):
    return server.get("/figures?limit=1").json()["figures_revision"]


def places(refusal):
    return [(e["row"], e.get("column") or e["pointer"].partition("/figures/")[2], e["code"]) for e in refusal["errors"]]


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_all_faults_of_all_rows_as_csv(server, query):
    before = revision(server)
    body = (HEADER + "nope,20x4,CN-ZZ,NaN\nbeds,2019,CN-HB,1\nbeds,2019\n\n\"be ds\",2019,CN-ZZ,2\nbeds,2019,420000,-1\n"
            "beds_per_10k,2019,CN-HB,1e400\nbeds,2019,CN-HB,7\n")
    refusal = problem(put(server, body, query=query), 422, "import_errors")
    assert sorted(places({"errors": [e for e in refusal["errors"] if e["row"] != 4]})) == [
        (2, "indicator", "unknown_indicator"), (2, "province", "unknown_province"), (2, "value", "bad_value"),
        (2, "year", "out_of_range"), (6, "indicator", "bad_format"), (6, "province", "unknown_province"),
        (7, "province", "duplicate_row"), (7, "value", "bad_value"), (8, "indicator", "unknown_indicator"),
        (8, "value", "bad_value"), (9, "province", "duplicate_row")]
    assert [e["code"] for e in refusal["errors"] if e["row"] == 4] == ["wrong_field_count"]
    assert [e["row"] for e in refusal["errors"]] == sorted(e["row"] for e in refusal["errors"])
    assert "computed" in [e["detail"] for e in refusal["errors"] if e["row"] == 8 and e.get("column") == "indicator"][0]
    assert revision(server) == before


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_all_faults_of_all_rows_as_json(server, query):
    before = revision(server)
    rows = [{**GOOD, "indicator": "nope"}, {**GOOD, "province": "CN-ZZ"}, GOOD, {**GOOD, "province": "420000", "value": -1},
            {**GOOD, "year": "2019", "valu": 1}, 7, {**GOOD, "indicator": "nope", "year": 1, "province": None}]
    refusal = problem(put(server, {"figures": rows}, query=query), 422, "import_errors")
    wanted = [(1, "0/indicator", "unknown_indicator"), (2, "1/province", "unknown_province"), (4, "3/province", "duplicate_row"),
              (4, "3/value", "bad_value"), (5, "4/valu", "unknown_member"), (5, "4/year", "wrong_type"), (6, "5", "wrong_type"),
              (7, "6/indicator", "unknown_indicator"), (7, "6/province", "missing_member"), (7, "6/year", "out_of_range")]
    assert sorted(places(refusal)) == wanted and [p[0] for p in places(refusal)] == [p[0] for p in wanted]
    assert all("parameter" not in e and e["detail"] for e in refusal["errors"])
    assert revision(server) == before


def test_faults_of_the_state_alone_have_rows_too(server):
    body = {"figures": [GOOD, {**GOOD, "year": 2020, "indicator": "beds_per_10k"}, GOOD]}
    refusal = problem(put(server, body), 422, "import_errors")
    assert places(refusal) == [(2, "1/indicator", "unknown_indicator"), (3, "2/province", "duplicate_row")]
    assert "computed" in refusal["errors"][0]["detail"]


def test_numbers_too_large_stand_beside_the_other_faults(server):
    text = ('{"figures":[{"indicator":"nope","year":99999999999999999999999,"province":"CN-HB","value":1e400},'
            '{"indicator":"beds","year":2019,"province":"CN-ZZ","value":-1e400},{"indicator":"beds","value":1e99}],"x":1e400}')
    refusal = problem(put(server, text), 422, "invalid_request")
    at_rows = [e for e in refusal["errors"] if "row" in e]
    assert sorted(places({"errors": at_rows})) == [
        (1, "0/indicator", "unknown_indicator"), (1, "0/value", "out_of_range"), (1, "0/year", "out_of_range"),
        (2, "1/province", "unknown_province"), (2, "1/value", "out_of_range"), (3, "2/province", "missing_member"),
        (3, "2/value", "bad_value"), (3, "2/year", "missing_member")]
    assert {(e["pointer"], e["code"]) for e in refusal["errors"] if "row" not in e} == {("/x", "out_of_range"), ("/x", "unknown_member")}
    one = problem(put(server, '{"figures":[{"indicator":"beds","year":2019,"province":"CN-HB","value":1e400}]}'), 422, "out_of_range")
    assert places(one) == [(1, "0/value", "out_of_range")] and "1e400" in one["detail"]
    for value in ("NaN", "Infinity", "-Infinity", "1e400x", "01e400"):
        problem(put(server, '{"figures":[{"indicator":"beds","value":1e400},{"value":%s}]}' % value), 400, "invalid_json")


def test_numbers_too_large_elsewhere(server):
    text = '{"site":"NONE","item":"NONE","quantity":99999999999999999999999,"source":"found"}'
    reply = server.request("POST", "/supplies", token=True, data=text,
                           headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())})
    found = {(e["pointer"], e["code"]) for e in problem(reply, 422, "invalid_request")["errors"]}
    assert found == {("/quantity", "out_of_range"), ("/site", "unknown_site"), ("/item", "unknown_item")}


@pytest.mark.parametrize("method, path", [("POST", "/supplies"), ("POST", "/density"), ("POST", "/efficiency"), ("PUT", "/figures"),
                                          ("PUT", "/sites/X-1"), ("POST", "/transfers")])
def test_a_number_too_large_and_nothing_else(server, method, path):
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    reply = server.request(method, path, token=True, data="1e400" if path != "/figures" else "[1e400]", headers=headers)
    if path == "/figures":
        assert {e["code"] for e in problem(reply, 422, "invalid_request")["errors"]} == {"out_of_range", "wrong_type"}
    else:
        assert [(e["pointer"], e["code"]) for e in problem(reply, 422, "out_of_range")["errors"]] == [("", "out_of_range")]


def test_more_faults_than_are_named(server):
    for body, first in [({"figures": [{**GOOD, "indicator": "nope", "value": -1}] * 80}, "0/value"),
                        (HEADER + "nope,2019,CN-HB,-1\n" * 80, "value")]:
        refusal = problem(put(server, body), 422, "import_errors")
        assert len(refusal["errors"]) == 100 and refusal["errors_total"] == 80 + 80 + 79
        assert [p[0] for p in places(refusal)] == sorted(p[0] for p in places(refusal))
        assert places(refusal)[0][1] == first


@pytest.mark.parametrize("body", [b"", b" \n\r\n", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n"])
def test_csv_of_nothing(server, body):
    refusal = problem(put(server, body, media="text/csv"), 400, "bad_csv")
    assert "indicator,year,province,value" in refusal["detail"] and "JSON" not in refusal["detail"]
    problem(put(server, body, media="text/csv; charset=utf-8", query="?dry_run=true"), 400, "bad_csv")


def test_json_of_nothing(server):
    assert "JSON" in problem(put(server, b"", media="application/json"), 400, "invalid_json")["detail"]


def test_what_is_no_csv_is_told_as_that_alone(server):
    for end in ['"beds,2019', 'be"ds,1,2,3\n', "beds,\0\n"]:
        refusal = problem(put(server, HEADER + "nope,x,y,z\nbeds\n" + end, media="text/csv"), 400, "bad_csv")
        assert [(e["row"], e["code"]) for e in refusal["errors"]] == [(4, "bad_csv")]


@pytest.mark.parametrize("indicator, says", [("nope", "GET /indicators"), ("nope_per_10k", "GET /indicators"),
                                             ("_per_10k", "GET /indicators"), ("population_year_end_per_10k", "GET /indicators"),
                                             ("health_personnel_all_per_10k", "those of health_personnel_all and population_year_end")])
def test_figures_of_an_indicator_that_is_not_stored(server, indicator, says):
    refusal = problem(server.get(f"/figures?indicator={indicator}"), 422, "unknown_indicator")
    assert [(e["parameter"], e["code"]) for e in refusal["errors"]] == [("indicator", "unknown_indicator")]
    assert indicator in refusal["detail"] and says in refusal["detail"]
    assert ("computed" in refusal["detail"]) == ("those of" in says)


def most_memory(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_a_body_of_line_feeds_takes_no_room_for_rows(start):
    server = start()
    before = most_memory(server)
    refusal = problem(put(server, HEADER + "\n" * 66_000_000), 422, "no_rows")
    assert refusal["errors"][0]["row"] == 1
    assert most_memory(server) - before < 400 * 1024 * 1024, "the body, its copy, and no rows"
    refusal = problem(put(server, HEADER + "\n" * 60_000_000 + "nope,2019,CN-HB,1\n"), 422, "unknown_indicator")
    assert places(refusal) == [(60_000_002, "indicator", "unknown_indicator")]
    assert most_memory(server) - before < 400 * 1024 * 1024


def test_rows_and_faults_without_end(start):
    """Rows that are all wrong, of indicators that are all different, more rows than are taken: counted, in bounded time and room."""
    server = start()
    before = most_memory(server)
    begin = time.monotonic()
    refusal = problem(put(server, HEADER + "a\n" * 30_000_000, timeout=120), 422, "import_errors")
    assert refusal["errors_total"] == 30_000_000 and len(refusal["errors"]) == 100
    refusal = problem(put(server, HEADER + "".join(f"n{i},2019,CN-HB,1\n" for i in range(1_000_000)), timeout=120), 422, "import_errors")
    assert refusal["errors_total"] == 1_000_000
    refusal = problem(put(server, HEADER + "n,2019,CN-HB,1\n" * 2_000_001, timeout=120), 413, "too_many_values")
    assert [e["row"] for e in refusal["errors"]] == [2_000_002] and "2000000" in refusal["detail"]
    refusal = problem(put(server, '{"figures":[' + "7," * 3_000_000 + "7]}", timeout=120), 422, "too_long")
    assert refusal["errors"][0]["pointer"] == "/figures"
    problem(put(server, '{"figures":[' + "1e400," * 9_000_000 + "7]}", timeout=120), 413, "too_many_values")
    assert most_memory(server) - before < 1024 * 1024 * 1024
    assert time.monotonic() - begin < 100


def test_every_row_of_a_file_may_be_wrong_in_its_own_way(server):
    """A file as people make them: read back by the rows that the answer names."""
    rows = [["indicator", "year", "province", "value"]] + [["beds", str(2000 + i), "CN-HB", "12"] for i in range(20)]
    wrong = {3: (2, "CN-ZZ", "unknown_province"), 7: (0, "bedz", "unknown_indicator"), 11: (3, "", "bad_value"), 15: (1, "MMXX", "out_of_range")}
    for line, (column, text, _) in wrong.items():
        rows[line - 1][column] = text
    path = pathlib.Path(server.data_dir) / "figures-of-a-test.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    refusal = problem(put(server, path.read_bytes(), media="text/csv"), 422, "import_errors")
    path.unlink()
    assert places(refusal) == [(line, rows[0][column], code) for line, (column, _, code) in sorted(wrong.items())]
