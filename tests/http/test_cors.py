"""Web pages of other origins: only those that were named may read answers; and the headers that keep browsers careful."""

import pytest

OURS, OTHER = "https://dashboard.example.org", "https://elsewhere.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}
PATHS = ["/provinces", "/provinces?limit=2", "/healthz", "/supplies/NOTHING", "/nowhere", "/openapi.json", "/errors/busy"]


def of_cors(reply):
    return {name: value for name, value in reply.headers.items() if name.startswith("Access-Control-")}


def varies(reply):
    return {name.strip() for name in reply.headers.get("Vary", "").split(",")}


@pytest.mark.parametrize("path", PATHS)
def test_nobody_unless_named(server, path):
    for _ in range(2):
        reply = server.get(path, headers={"Origin": OURS})
        assert of_cors(reply) == {} and "Origin" not in varies(reply)
    asked = server.request("OPTIONS", path, headers={"Origin": OURS, **PREFLIGHT})
    assert of_cors(asked) == {}


def test_named_origins(start):
    server = start("--cors-origin", f"{OURS},http://localhost:3000")
    for path in PATHS:
        for _ in range(2):  # the second comes from the reply cache where there is one
            plain = server.get(path)
            for origin, is_allowed in [(OURS, True), (OTHER, False), ("http://localhost:3000", True), (OURS + ":444", False),
                                       ("null", False), (OURS.upper(), False)]:
                reply = server.get(path, headers={"Origin": origin})
                assert reply.status_code == plain.status_code and "Origin" in varies(reply)
                assert reply.headers.get("Access-Control-Allow-Origin") == (origin if is_allowed else None)
                assert ("ETag" in reply.headers.get("Access-Control-Expose-Headers", "")) == is_allowed
                assert "Access-Control-Allow-Credentials" not in reply.headers
            assert of_cors(plain) == {} and "Origin" in varies(plain)
    unchanged = server.get("/provinces", headers={"Origin": OURS, "If-None-Match": server.get("/provinces").headers["ETag"]})
    assert unchanged.status_code == 304 and unchanged.headers["Access-Control-Allow-Origin"] == OURS


def test_preflight(start):
    server = start("--cors-origin", OURS)
    asked = server.request("OPTIONS", "/supplies", headers={"Origin": OURS, **PREFLIGHT})
    assert asked.status_code == 204 and asked.content == b""
    found = of_cors(asked)
    assert found["Access-Control-Allow-Origin"] == OURS and found["Access-Control-Max-Age"] == "600"
    assert {"GET", "POST"} <= set(found["Access-Control-Allow-Methods"].replace(" ", "").split(","))
    allowed = found["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert set(PREFLIGHT["Access-Control-Request-Headers"].split(",")) <= set(allowed)
    for headers in ({"Origin": OTHER, **PREFLIGHT}, PREFLIGHT):
        assert of_cors(server.request("OPTIONS", "/supplies", headers=headers)) == {}
    plain = server.request("OPTIONS", "/supplies", headers={"Origin": OURS})  # not a preflight
    assert set(of_cors(plain)) == {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}


def test_all_origins(start):
    server = start("--cors-origin", "*")
    for _ in range(2):
        reply = server.get("/provinces", headers={"Origin": OTHER})
        assert reply.headers["Access-Control-Allow-Origin"] == "*" and "Origin" not in varies(reply)
    refused = server.post("/supplies", {}, token=None, headers={"Origin": OTHER})
    assert refused.status_code == 401 and refused.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", PATHS)
def test_browsers_are_told_to_be_careful(server, path):
    reply = server.get(path)
    assert reply.headers["X-Content-Type-Options"] == "nosniff" and reply.headers["Referrer-Policy"] == "no-referrer"
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy and "script" not in policy
    assert ("style-src" in policy) == (reply.headers["Content-Type"].startswith("text/html"))
