"""What holds for every operation of the contract, asked of each: what is read, what is said, and in which form. Who may: test_access_matrix.py."""

import os
import re
import tempfile

import pytest

import contract_session
import test_contract
from conftest import Server
from test_contract import operation_of
from test_csv import played  # noqa: F401, a fixture: a service after the contract's session
from test_reads import address
from world import fresh, problem

OPERATIONS = test_contract.OPERATIONS
GETS = [operation for operation in OPERATIONS if operation.method == "GET" and operation.id != "getJob"]  # which has an id by chance
WITH_BODY = [operation for operation in OPERATIONS if "requestBody" in operation.item]
NOT_JSON = ["{", '{"a":1}x', '{"a":1,"a":2}', '"\\ud800"', "[" * 200 + "]" * 200, "NaN", "{'a':1}", "\ufeff{}", ""]
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")
DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]")

each_get = pytest.mark.parametrize("operation", GETS, ids=lambda operation: operation.id)
each_with_body = pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)


def send(server, operation, data=None, token=True, **headers):
    """The request with an administrator's token, a key and a JSON body, unless told otherwise."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if operation.method != "GET":
        headers = {"Content-Type": "application/json", "Idempotency-Key": fresh("matrix"), **headers}
    return server.request(operation.method, test_contract.address(operation), token=token, headers=headers, data=data)


@each_with_body
def test_what_is_not_json_is_400_and_what_is_wrong_is_422(server, operation):
    for text in NOT_JSON:
        reply = send(server, operation, text.encode())
        assert problem(reply, 400, reply.json()["code"])["code"] in ("invalid_json", "duplicate_member", "too_deep"), (text, reply.text)
    for text in ("[]", "7", "null", '{"no-such-member":1}'):
        reply = send(server, operation, text.encode())
        problem(reply, 422, reply.json()["code"])


@each_with_body
def test_other_media_types_are_415_and_the_right_ones_are_named(server, operation):
    taken = list(operation.item["requestBody"]["content"])
    for media in ("text/xml", "application/x-www-form-urlencoded", "text/plain", "application/json; charset=latin1"):
        reply = send(server, operation, b"{}", Content_Type=media)
        problem(reply, 415, "unsupported_media_type")
        named = [part.strip() for part in reply.headers["Accept"].split(",")]
        assert set(named) == {kind.partition(";")[0] for kind in taken}
    problem(send(server, operation, b"{}", Content_Encoding="gzip"), 415, "unsupported_media_type")


@each_get
def test_a_304_says_no_length_and_no_body(played, operation):  # noqa: F811
    token = True if operation.item["x-tallystick-roles"] else None
    whole = played.get(address(operation), token=token)
    if "ETag" not in whole.headers:
        return
    same = played.get(address(operation), token=token, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304 and same.content == b"" and same.headers.get("Content-Length") in (None, whole.headers.get("Content-Length"))
    for name in ("ETag", "Vary", "Cache-Control"):
        assert same.headers[name] == whole.headers[name]
    assert not {"Content-Type", "Content-Encoding", "Content-Digest"} & set(same.headers)  # there is no content
    again = played.get(address(operation), token=token)
    assert again.content == whole.content and set(again.headers) - {"Server-Timing"} == set(whole.headers) - {"Server-Timing"}


def values_of(value, path=""):
    """(path, name of the member, value) of everything in a document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}/{name}", name, inner
            yield from values_of(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from values_of(inner, f"{path}/{index}")


@pytest.fixture(scope="module")
def answers():
    """Every answer of the contract's session."""
    seen = {}
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"))
        contract_session.play(server, lambda name, response: seen.__setitem__(name, response))
        assert server.stop() == 0
    return seen


def test_every_answer_has_its_form(answers):
    """The top is an object, names are in one style, instants are UTC with Z, and nothing may be kept that depends on the caller."""
    faults = []
    for name, reply in answers.items():
        if "Cache-Control" not in reply.headers or "Request-Id" not in reply.headers:
            faults.append(f"{name}: headers {dict(reply.headers)}")
        if reply.status_code >= 400 and reply.headers["Cache-Control"] != "no-store":
            faults.append(f"{name}: a refusal may be kept")
        if "json" not in reply.headers.get("Content-Type", "") or "ndjson" in reply.headers["Content-Type"] or not reply.content:
            continue
        document = reply.json()
        if not isinstance(document, dict):
            faults.append(f"{name}: the top is no object")
        if reply.request.path_url.startswith("/openapi"):
            continue
        for path, member, value in values_of(document):
            if not SNAKE.match(member) and not re.search(r"/(by_belt|by_group|input_slacks|output_slacks|input_targets|output_targets)/|/errors/", path + "/"):
                faults.append(f"{name}: {path} is named in another style")
            if isinstance(value, str) and DATED.match(value) and not INSTANT.match(value):
                faults.append(f"{name}: {path} is {value}")
    assert not faults, "\n".join(faults[:40])


LISTS = ["organisations", "sites", "items", "indicators", "supplies", "transfers", "events", "ledger/entries"]


@pytest.fixture(scope="module")
def grown():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"))
        server.put("/organisations/ORG", {"name": "An organisation", "kind": "depot"})
        for site in ("SITE-1", "SITE-2"):
            server.put(f"/sites/{site}", {"name": site, "kind": "depot", "organisation": "ORG", "province": "CN-HB"})
        server.put("/items/MASK", {"name": "Mask", "unit": "piece"})
        server.post("/supplies", {"id": "STOCK", "site": "SITE-1", "item": "MASK", "quantity": 1000, "source": "opening"})
        yield server
        assert server.stop() == 0


def grow(server):
    """One more of everything."""
    name = fresh("GROWN")
    for reply in (server.put(f"/organisations/{name}", {"name": name, "kind": "depot"}),
                  server.put(f"/sites/{name}", {"name": name, "kind": "depot", "organisation": "ORG", "province": "CN-HB"}),
                  server.put(f"/items/{name}", {"name": name, "unit": "piece"}),
                  server.put(f"/indicators/{name}", {"name": name, "unit": "piece"}),
                  server.post("/supplies", {"id": name, "site": "SITE-1", "item": name, "quantity": 1, "source": "found"}),
                  server.post("/transfers", {"id": name, "destination": "SITE-2", "lines": [{"supply": "STOCK", "quantity": 1}]})):
        assert reply.status_code == 201, reply.text


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_while_rows_are_added(grown, name):
    """Whatever was there when the walk began is seen once; nothing is seen twice."""
    for _ in range(3):
        grow(grown)

    def key_of(row):
        return row.get("id", row.get("seq"))
    before = {key_of(row) for row in grown.get(f"/{name}?limit=1000").json()["items"]}
    seen, target = [], f"/{name}?limit=2"
    for step in range(2000):
        reply = grown.get(target)
        assert reply.status_code == 200 and len(reply.json()["items"]) <= 2
        seen += [key_of(row) for row in reply.json()["items"]]
        if reply.json()["next"] is None or before <= set(seen):
            break
        assert reply.links["next"]["url"].startswith(grown.url)
        target = reply.links["next"]["url"].removeprefix(grown.url)
        if step < 6:
            grow(grown)
    assert before <= set(seen) and len(seen) == len(set(seen))


def test_what_was_created_is_found_where_it_is_said_to_be():
    """Each 201 of the contract's session: a Location, the object in the body, and the same object to be read there."""
    made = {}
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"))
        contract_session.play(server, lambda name, response: made.__setitem__(name, response) if response.status_code == 201 else None)
        assert [name for name, response in made.items() if "Location" not in response.headers] == []
        for name, response in made.items():
            created = response.json()
            found = server.get(response.headers["Location"], token=True)
            assert found.status_code == 200, (name, found.text)
            if operation_of(response).id == "eraseTexts":  # what there is of an erasure is its entry
                assert found.json()["seq"] == created["ledger"]["seq"]
                continue
            identity = next((member for member in ("id", "kid", "code", "organisation", "name") if member in created), None)
            assert identity is not None, (name, created)
            assert found.json()[identity] == created[identity], name
            assert response.headers["Location"].rsplit("/", 1)[1] == str(created[identity]), name
            assert {"ledger"} >= set(created) - set(found.json()), name
        assert server.stop() == 0
    creating = {operation.id for operation in OPERATIONS if "201" in operation.item["responses"]}
    assert {operation_of(response).id for response in made.values()} == creating
