"""What an id may look like, in paths, bodies and queries, and what is said of one that is none."""

import json
import pathlib

import pytest

from world import World, fresh, problem, unchanged

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONG = "a" * 65
MALFORMED = ["a%20b", "a%2Fb", "%C3%A4", "a:b", "a@b", "~", "a,b", LONG, ".", "..", "%2E", "%2e%2E", "%22%3Cb%3E"]
PATHS = [("GET", "/provinces/{}"), ("PUT", "/provinces/{}"), ("GET", "/organisations/{}"), ("PUT", "/organisations/{}"),
         ("GET", "/sites/{}"), ("PUT", "/sites/{}"), ("GET", "/items/{}"), ("PUT", "/items/{}"), ("GET", "/indicators/{}"),
         ("PUT", "/indicators/{}"), ("GET", "/supplies/{}"), ("GET", "/supplies/{}/movements"), ("POST", "/supplies/{}/adjustments"),
         ("GET", "/transfers/{}"), ("POST", "/transfers/{}/dispatch"), ("POST", "/transfers/{}/receive"),
         ("POST", "/transfers/{}/cancel"), ("POST", "/transfers/{}/return")]


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def send(server, method, path, body=None):
    """As it stands: clients would tidy the path up. Returns (status, headers, document)."""
    payload = b"" if body is None else json.dumps(body).encode()
    head = (f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {server.token}\r\n"
            f"Idempotency-Key: {fresh('k')}\r\n")
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
    reply, _ = server.raw(head.encode() + b"\r\n" + payload)
    head, _, text = reply.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    return int(lines[0].split()[1]), headers, json.loads(text) if text else None


@pytest.mark.parametrize("method, path", PATHS, ids=lambda value: value.strip("/").replace("/", "."))
def test_what_is_no_id_in_a_path(server, method, path):
    """400 that says what an id looks like, before anybody asks for a token, a key or a body."""
    name = "code" if path.startswith("/provinces") else "id"
    with unchanged(server):
        for value in MALFORMED:
            status, headers, document = send(server, method, path.format(value), {} if method != "GET" else None)
            assert (status, document["code"]) == (400, "malformed_id"), (value, document)
            assert headers["content-type"] == "application/problem+json" and headers["cache-control"] == "no-store"
            [fault] = document["errors"]
            assert fault["parameter"] == name and fault["code"] == ("too_long" if value == LONG else "bad_format")
            assert "1 to 64 letters" in document["detail"] and "hyphens" in document["detail"] and "nearest" not in document["detail"]
            assert document["instance"] == path.format(value)
    assert "65 bytes" in send(server, method, path.format(LONG))[2]["detail"]
    assert server.request(method, path.format("a%20b")).json()["code"] == "malformed_id"


def test_an_empty_id(server):
    assert send(server, "GET", "/supplies//movements")[2]["code"] == "malformed_id"
    assert "slash" in send(server, "GET", "/supplies/")[2]["detail"]


def test_what_is_no_number_of_an_entry(server):
    for value in ("abc", "1x", "-1", "0", "007", "1.0", "a%20b", "."):
        status, _, document = send(server, "GET", f"/ledger/entries/{value}")
        assert (status, document["code"]) == (400, "malformed_id"), value
        assert document["errors"][0]["parameter"] == "seq" and "number of an entry" in document["detail"]
    for value in ("99999999", "9" * 30):
        status, _, document = send(server, "GET", f"/ledger/entries/{value}")
        assert (status, document["code"]) == (404, "not_found") and "1 to " in document["detail"]


def test_the_method_is_looked_at_first(server):
    status, headers, document = send(server, "DELETE", "/supplies/a%20b")
    assert (status, document["code"]) == (405, "method_not_allowed") and headers["allow"] == "GET, HEAD, OPTIONS"
    assert send(server, "OPTIONS", "/supplies/a%20b")[0] == 204


def test_what_is_an_id_but_nobodys(server):
    for value in ("...", ".a", "a.", "-", "_", "a" * 64, "summary-"):
        status, _, document = send(server, "GET", f"/supplies/{value}")
        assert (status, document["code"]) == (404, "not_found") and value in document["detail"]


def test_ids_that_paths_have_taken(server, world):
    """Where a path has a word in the place of an id, nothing new may be called that: nobody could read it."""
    paths = [path.split("/")[1:] for path in json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))["paths"]]
    with_ids = {path[0] for path in paths if len(path) > 1 and path[1] in ("{id}", "{code}")}
    taken = {(path[0], path[1]) for path in paths if path[0] in with_ids and len(path) > 1 and not path[1].startswith("{")}
    assert {noun for noun, _ in taken} == {"supplies", "transfers"}
    supply = world.intake(5)["id"]
    bodies = {"supplies": world.intake_body(1, donation=fresh("D")),
              "transfers": {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]}}
    for noun, word in taken:
        with unchanged(server):
            refusal = problem(server.post(f"/{noun}", {**bodies[noun], "id": word}), 422, "reserved_id")
            assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [("/id", "reserved_id")] and word in refusal["detail"]
    name = fresh("summary")
    assert server.post("/supplies", {**bodies["supplies"], "id": name}).json()["id"] == name
    assert server.put("/items/summary", {"name": "x", "unit": "piece"}, headers={}).status_code in (200, 201)
    assert server.get("/items/summary").json()["id"] == "summary"


@pytest.mark.parametrize("dots", [".", ".."])
def test_dots_alone_name_nothing_new(server, world, dots):
    """Clients resolve them before they send a path, so nobody could read what is called that."""
    supply = world.intake(5)["id"]
    bodies = [("/supplies", world.intake_body(1, id=dots), "/id"),
              ("/supplies", world.intake_body(1, site=dots), "/site"),
              ("/transfers", {"id": dots, "destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]}, "/id"),
              ("/transfers", {"destination": world.b1, "lines": [{"supply": dots, "quantity": 1}]}, "/lines/0/supply")]
    with unchanged(server):
        for path, body, pointer in bodies:
            refusal = problem(server.post(path, body), 422, "bad_format")
            assert refusal["errors"][0]["pointer"] == pointer and "not . or .. alone" in refusal["detail"]
        for query in (f"/supplies?site={dots}", f"/transfers?organisation={dots}", f"/sites?organisation={dots}"):
            refusal = problem(server.get(query), 400, "invalid_query")
            assert refusal["errors"][0]["code"] == "bad_format" and "not . or .. alone" in refusal["detail"]
    assert server.post("/supplies", world.intake_body(1, id=fresh("..."), donation=fresh("D"))).status_code == 201
