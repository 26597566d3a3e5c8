"""Accept: what a client gets of what there is, on every route."""

import pytest

import test_contract
from world import problem

JSON, YAML, TEXT, HTML = "application/json", "application/yaml", "text/plain; version=0.0.4; charset=utf-8", "text/html; charset=utf-8"
NOTE = "text/plain; charset=utf-8"
GIVEN = {"/errors": HTML, "/errors/{code}": HTML, "/docs": HTML, "/openapi.yaml": YAML, "/metrics": TEXT, "/ledger/checkpoint": NOTE}
STREAMS = {"/jobs/{id}/events": "text/event-stream"}  # that are nothing else
READS = [operation for operation in test_contract.OPERATIONS if operation.method == "GET"]


def ask(server, path, accept=None, method="GET", **more):
    """With that Accept alone; requests sends */* unless told otherwise."""
    return server.request(method, path, headers={"Accept": accept}, **more)


@pytest.mark.parametrize("accept", ["*/*", "application/*", JSON, "text/html, */*;q=0.1", "text/html;q=0.9, APPLICATION/json;q=0.001",
                                    "application/json;q=0.5;v=1", "", None])
def test_json_is_taken(server, accept):
    for path in ("/provinces", "/provinces/CN-HB", "/openapi.json", "/ledger"):
        reply = ask(server, path, accept)
        assert reply.status_code == 200 and reply.headers["Content-Type"] == JSON, reply.text[:300]


@pytest.mark.parametrize("operation", READS, ids=lambda operation: operation.id)
def test_what_is_not_there_is_refused(server, operation):
    path = test_contract.address(operation)
    given = {**GIVEN, **STREAMS}.get(operation.path, JSON)
    for accept in ("image/png", "*/*;q=0", "video/*, application/xml;q=0.5", f"{given.split(';')[0]};q=0, image/png", "json"):
        for token in (True,) if operation.item["x-tallystick-roles"] else (None, True):
            reply = ask(server, path, accept, token=token)
            refusal = problem(reply, 406, "not_acceptable")
            assert given.split(";")[0] in refusal["representations"] and reply.headers["Vary"] == "Accept, Accept-Language"
            assert reply.headers["Cache-Control"] == "no-store" and "ETag" not in reply.headers
    head = ask(server, path, "image/png", "HEAD", token=True)
    assert head.status_code == 406 and head.content == b""


def test_each_text_in_its_own_type(server):
    for path, given in ((path.replace("{code}", "busy"), given) for path, given in GIVEN.items()):
        for accept in (given, given.split(";")[0], "*/*", None):
            assert ask(server, path, accept).headers["Content-Type"] == given
        assert problem(ask(server, path, JSON), 406, "not_acceptable")["representations"] == [given.split(";")[0]]


def test_problems_are_problems_whatever_is_accepted(server):
    problem(ask(server, "/nothing", "text/csv"), 404, "not_found")
    problem(ask(server, "/provinces/CN-XX", "application/json"), 404, "not_found")
    problem(ask(server, "/provinces?limit=0", "application/json"), 400, "invalid_query")
    problem(ask(server, "/provinces", "image/png", "PATCH"), 405, "method_not_allowed")
    problem(ask(server, "/provinces", "image/png", token="nobody"), 401, "unauthenticated")


def test_a_write_whose_answer_nobody_reads_is_not_made(server):
    body = {"name": "x", "kind": "y"}
    reply = server.put("/organisations/NOT-ACCEPTABLE", body, headers={"Accept": "text/html"})
    assert problem(reply, 406, "not_acceptable")["representations"] == [JSON]
    assert server.get("/organisations/NOT-ACCEPTABLE").status_code == 404
    assert server.put("/organisations/NOT-ACCEPTABLE", body, headers={"Accept": "text/html, */*;q=0.1"}).status_code == 201


def test_several_lines_are_one_list(server):
    def get(*lines):
        accept = "".join(f"Accept: {line}\r\n" for line in lines)
        return server.raw(f"GET /provinces?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{accept}\r\n")[0]
    for _ in range(2):  # the second time the reply cache could know the answer to the first line alone
        assert get("image/png").startswith(b"HTTP/1.1 406 ")
        assert get("image/png", "application/json;q=0.1").startswith(b"HTTP/1.1 200 ")
        assert get("application/json", "application/json;q=0").startswith(b"HTTP/1.1 200 ")
        assert get("*/*", "application/json;q=0", "text/*;q=0").startswith(b"HTTP/1.1 406 ")


def test_options_asks_for_nothing(server):
    assert ask(server, "/provinces", "image/png", "OPTIONS").status_code == 204
