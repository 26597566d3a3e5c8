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
    assert "Timing-Allow-Origin" not in server.request("OPTIONS", "/supplies", headers={"Origin": OTHER}).headers
    plain = server.request("OPTIONS", "/supplies", headers={"Origin": OURS})  # not a preflight
    assert set(of_cors(plain)) == {"Access-Control-Allow-Origin", "Access-Control-Expose-Headers"}


# Fetch standard: what a page may read and send whatever the answer says (CORS-safelisted response-header and request-header names)
READ_ANYHOW = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
OURS_UNTOLD = {"server-timing", "traceresponse", "ratelimit", "ratelimit-policy", "content-digest"}  # which the contract has in its text


def of_contract(server):
    """Names of the headers that the contract has: (of answers, of requests)."""
    document = server.get("/openapi.json").json()

    def there(node):
        while "$ref" in node:
            found = document
            for name in node["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            node = found
        return node
    answered, asked = set(), set()
    for item in document["paths"].values():
        for name, operation in item.items():
            if name in ("get", "put", "post", "delete"):
                parameters = [there(parameter) for parameter in item.get("parameters", []) + operation.get("parameters", [])]
                asked |= {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
                for response in operation["responses"].values():
                    answered |= {header.lower() for header in there(response).get("headers", {})}
    assert {"etag", "retry-after"} <= answered and {"prefer", "last-event-id"} <= asked
    return answered, asked


def listed(value):
    return {name.strip().lower() for name in value.split(",")}


def test_pages_may_read_and_send_what_the_contract_has(start):
    server = start("--cors-origin", OURS)
    answered, asked = of_contract(server)
    reply = server.get("/provinces", headers={"Origin": OURS, "traceparent": "00-" + "4" * 32 + "-" + "7" * 16 + "-01"})
    exposed = listed(reply.headers["Access-Control-Expose-Headers"])
    assert answered - READ_ANYHOW - exposed == set() and OURS_UNTOLD <= exposed
    assert reply.headers["traceresponse"] and reply.headers["Server-Timing"]
    assert reply.headers["Timing-Allow-Origin"] == OURS  # without it a browser keeps Server-Timing from the page's script
    assert "Timing-Allow-Origin" not in server.get("/provinces", headers={"Origin": OTHER}).headers
    preflight = server.request("OPTIONS", "/events", headers={"Origin": OURS, **PREFLIGHT})
    assert (asked | {"traceparent", "last-event-id", "authorization", "content-type"}) - listed(preflight.headers["Access-Control-Allow-Headers"]) == set()


def test_a_preflight_is_free_of_quota(start):
    server = start("--cors-origin", OURS, "--rate-limit", "3")
    asks = {"Origin": OURS, **PREFLIGHT}
    for _ in range(4):
        assert server.request("OPTIONS", "/supplies", headers=asks).status_code == 204
    for left in (2, 1, 0):  # nothing of it was used
        assert f"r={left};" in server.get("/provinces", headers={"Origin": OURS}).headers["RateLimit"]
    late = server.get("/provinces", headers={"Origin": OURS})
    assert late.status_code == 429 and late.headers["Access-Control-Allow-Origin"] == OURS
    reply = server.request("OPTIONS", "/supplies", headers=asks)  # else the page would not see the 429, but an error of the network
    assert reply.status_code == 204 and reply.headers["Access-Control-Allow-Headers"] and "RateLimit" not in reply.headers
    for headers in ({}, {"Origin": OURS}, {"Origin": OTHER, **PREFLIGHT}):  # not a preflight, or not one of ours
        assert server.request("OPTIONS", "/supplies", headers=headers).status_code == 429


def test_a_page_sees_why_there_is_nothing(start):
    """A browser that is refused when it asks shows the page an error of the network, not the problem: so it is let through, to the problem."""
    server = start("--cors-origin", OURS)
    cases = [("GET", "/nowhere", 404, "not_found"), ("PUT", "/supplys/1", 404, "not_found"), ("DELETE", "/provinces", 405, "method_not_allowed"),
             ("PATCH", "/supplies/NOTHING", 405, "method_not_allowed"), ("POST", "/supplies/%00", 400, "malformed_request"),
             ("GET", "/supplies/%21", 400, "malformed_id"), ("PUT", "/organisations/NONE", 401, "unauthenticated")]
    for method, path, status, code in cases:
        asked = server.request("OPTIONS", path, headers={"Origin": OURS, **PREFLIGHT, "Access-Control-Request-Method": method})
        assert asked.status_code == 204 and asked.content == b"", (method, path)
        found = of_cors(asked)
        assert found["Access-Control-Allow-Origin"] == OURS and method.lower() in listed(found["Access-Control-Allow-Methods"])
        assert listed(PREFLIGHT["Access-Control-Request-Headers"]) <= listed(found["Access-Control-Allow-Headers"])
        assert ("Allow" in asked.headers) == (status in (401, 405) or code == "malformed_id"), "what a path has, where there is one"
        reply = server.request(method, path, headers={"Origin": OURS, "X-Extra": "1"}, **({"json": {}} if method in ("PUT", "POST") else {}))
        assert reply.status_code == status and reply.json()["code"] == code, (method, path)
        assert reply.headers["Access-Control-Allow-Origin"] == OURS and "Content-Type" in reply.headers
    plain = server.request("OPTIONS", "/nowhere")
    assert plain.status_code == 404 and plain.json()["code"] == "not_found"
    for headers in ({"Origin": OTHER, **PREFLIGHT}, {"Origin": OURS}, PREFLIGHT):  # no preflight of a page that may
        assert server.request("OPTIONS", "/nowhere", headers=headers).status_code == 404
        assert server.request("OPTIONS", "/%00", headers=headers).status_code == 400


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
