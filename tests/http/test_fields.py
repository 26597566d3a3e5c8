"""fields=: the very members of the whole answer, on every list and object that the contract gives it."""

import csv
import io
import json
import random

import pytest

import test_contract
from test_csv import played, tokens_of  # noqa: F401, a fixture: a service after the contract's session
from test_reads import address, fetch
from world import problem, version_of, walk

SPARSE = [operation for operation in test_contract.OPERATIONS if "fields" in operation.query()]
every_one = pytest.mark.parametrize("operation", SPARSE, ids=lambda operation: operation.id)


def ask(server, operation, fields=None, **more):
    path = address(operation)
    sign = "&" if "?" in path else "?"
    return server.get(path + (f"{sign}fields={','.join(fields)}" if fields else ""), **more)


def rows_of(document):
    return document.get("items", document.get("results", [document]))


def choices(operation, document):
    """Sets of members: each alone, all, and some by chance (the same in every run)."""
    names = list(dict.fromkeys(name.split(".")[0] for name in operation.item.get("x-tallystick-columns", [])))
    names = names or list(document)
    chance = random.Random(operation.id)
    return [[name] for name in names] + [names, names[::-1]] + [chance.sample(names, min(3, len(names))) for _ in range(3)]


@every_one
def test_json(played, operation):  # noqa: F811
    for token in tokens_of(operation):
        whole = ask(played, operation, token=token)
        document = whole.json()
        assert rows_of(document), "there is something to choose from"
        for fields in choices(operation, document):
            reply = ask(played, operation, fields, token=token)
            assert reply.status_code == 200, reply.text
            kept = [{name: value for name, value in row.items() if name in fields} for row in rows_of(document)]
            sparse = reply.json()
            assert [list(row.items()) for row in rows_of(sparse)] == [list(row.items()) for row in kept], "in their order"
            if rows_of(document) != [document]:
                beside = {name: value for name, value in document.items() if name not in ("items", "results")}
                assert {name: value for name, value in sparse.items() if name not in ("items", "results")} == beside
            assert json.dumps(sparse, ensure_ascii=False, separators=(",", ":")).count("{") == reply.text.count("{")
            is_whole = all(set(fields) >= set(row) for row in rows_of(document))
            assert (reply.content == whole.content) == is_whole
            if not is_whole:
                assert reply.headers["ETag"] != whole.headers["ETag"]
            if operation.id != "getEntry":  # whose tag is its number
                assert version_of(reply) == version_of(whole)
            assert ask(played, operation, fields, token=token, headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304
            assert set(reply.headers) - {"Server-Timing"} == set(whole.headers) - {"Server-Timing"}  # which only who waited gets


@pytest.mark.parametrize("operation", [o for o in SPARSE if "x-tallystick-columns" in o.item], ids=lambda operation: operation.id)
def test_tables(played, operation):  # noqa: F811
    def table(fields=None):
        reply = ask(played, operation, fields, token=tokens_of(operation)[0], headers={"Accept": "text/csv"})
        assert reply.status_code == 200, reply.text
        return list(csv.DictReader(io.StringIO(reply.text, newline="")))
    whole = table()
    columns = list(whole[0])  # of which test_csv.py says what they are
    for fields in choices(operation, {}):
        chosen = [column for column in columns if column.split(".")[0] in fields]
        rows = table(fields)
        assert [list(row) for row in rows] == [chosen] * len(whole)
        assert rows == [{name: row[name] for name in chosen} for row in whole]


@every_one
def test_names_that_are_none(played, operation):  # noqa: F811
    token = tokens_of(operation)[0]
    known = choices(operation, ask(played, operation, token=token).json())[0][0]
    refusal = problem(ask(played, operation, [known[:-1] + "zz" if len(known) > 4 else known + "x"], token=token), 400, "invalid_query")
    [fault] = refusal["errors"]
    assert fault["parameter"] == "fields" and fault["code"] == "not_a_choice" and known in fault["detail"]
    path = address(operation) + ("&" if "?" in address(operation) else "?")
    for query, code in ((f"fields={known},{known}", "bad_format"), ("fields=", "bad_format"), (f"fields={known},", "bad_format"),
                        (f"fields={known}&fields={known}", "repeated_parameter"), (f"feilds={known}", "unknown_parameter")):
        [fault] = problem(played.get(path + query, token=token), 400, "invalid_query")["errors"]
        assert fault["code"] == code, query
        assert code != "unknown_parameter" or fault["nearest"] == "fields"


def test_the_nearest_name_is_said(played):  # noqa: F811
    [fault] = problem(played.get("/supplies?fields=id,onhand"), 400, "invalid_query")["errors"]
    assert fault["nearest"] == "on_hand"


def test_a_cursor_goes_on_with_other_members(played):  # noqa: F811
    first = played.get("/provinces?limit=10&fields=code")
    assert "fields=code&" in first.headers["Link"]
    cursor = first.json()["next"]
    assert played.get(f"/provinces?limit=10&cursor={cursor}").json()["items"][0].keys() > {"code", "belt"}
    assert played.get(f"/provinces?limit=10&fields=belt&cursor={cursor}").status_code == 200
    problem(played.get(f"/provinces?limit=10&belt=western&cursor={cursor}"), 400, "invalid_cursor")
    assert [row["code"] for row in walk(played, "/provinces?limit=7&fields=code")] == [row["code"] for row in walk(played, "/provinces?limit=7")]


def test_a_sparse_tag_is_good_for_a_change(played):  # noqa: F811
    body = {"name": "Sparse", "kind": "y"}
    assert played.put("/organisations/SPARSE", body).status_code == 201
    seen = played.get("/organisations/SPARSE?fields=kind")
    assert seen.json() == {"kind": "y"}
    assert played.put("/organisations/SPARSE", {**body, "kind": "z"}, headers={"If-Match": seen.headers["ETag"]}).status_code == 200
    problem(played.put("/organisations/SPARSE", body, headers={"If-Match": seen.headers["ETag"]}), 412, "version_mismatch")


def test_what_is_withheld_stays_so(played):  # noqa: F811
    for fields in ("contact", "driver", "note", "rationale,note", "withheld,note", "events"):
        text = played.get(f"/transfers/TRANSFER-1?fields={fields}").text
        assert not any(secret in text for secret in ("ashore", "Pharmacy", "Team 3"))
    assert played.get("/transfers/TRANSFER-1?fields=note").headers["Vary"] == "Authorization, Accept-Encoding"


def test_compressed_too(played):  # noqa: F811
    plain, _, text = fetch(played, "/figures?limit=1000&fields=province,value", "identity")
    coded, sent, read = fetch(played, "/figures?limit=1000&fields=province,value", "gzip")
    assert read == text and len(sent) < len(text) / 2 and coded.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'


def test_what_is_read_as_a_whole(played):  # noqa: F811
    """All other reads that answer JSON take fields; these, which the contract names, refuse it."""
    whole = {"/", "/healthz", "/readyz", "/config", "/openapi.json", "/ledger", "/ledger/keys", "/ledger/checkpoints/{size}", "/ledger/proof",
             "/ledger/consistency", "/ledger/verify", "/jobs/{id}", "/density", "/inequality"}
    reads = {operation.path for operation in test_contract.OPERATIONS
             if operation.method == "GET" and "application/json" in operation.item["responses"]["200"].get("content", {})}
    assert whole <= reads and {operation.path for operation in SPARSE} == reads - whole
    for path in sorted(whole - {"/jobs/{id}"}):
        refusal = problem(played.get(path.replace("{size}", "1") + "?fields=x", token=True), 400, "invalid_query")
        assert ("fields", "unknown_parameter") in {(fault["parameter"], fault["code"]) for fault in refusal["errors"]}, path


def test_computations_and_writes_take_no_fields(played):  # noqa: F811
    for operation in test_contract.OPERATIONS:
        assert operation.method == "GET" or "fields" not in operation.query()
    problem(played.put("/organisations/SPARSE?fields=id", {"name": "x", "kind": "y"}), 400, "invalid_query")
