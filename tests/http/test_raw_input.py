"""Whatever a client sends, wherever it puts it: no reply header, no text of a problem and no line of the log repeats its bytes as
they came. A matrix of places by payloads; each reply is read as bytes."""

import itertools
import json
import re
import urllib.parse

import pytest

from conftest import key
from wire_support import parse, split_replies

MARK = "qZxMARK"  # what is looked for; no reply has it of itself
# Each would end a line, a quoted string or a tag where it is repeated as it came.
PAYLOADS = {"cr-lf": "\r\nX-Evil: qZxMARK\r\n\r\nHTTP/1.1 200 OK", "lf": "\nX-Evil: qZxMARK", "cr": "\rX-Evil: qZxMARK", "quote": 'qZxMARK"; x="y', "apostrophe": "qZxMARK'--",
            "backslash": 'qZxMARK\\" x', "tag": "<script>qZxMARK</script>", "nul": "qZxMARK\0x", "bell": "\x07qZxMARK\x1b[31m", "delete": "qZxMARK\x7f",
            "next line": "qZxMARK\x85x", "separator": "qZxMARK\u2028x", "right to left": "qZxMARK\u202ex", "latin": "qZxMARK\xff"}
RAW = {**PAYLOADS, "cr-lf": "x\r\n qZxMARK"}  # in a header a line that ends is the request's own end: what may go on is a folded one
HEADER = re.compile(rb"[A-Za-z-]+: [\x20-\x7e]*")
KNOWN = {"accept", "accept-encoding", "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
         "access-control-expose-headers", "access-control-max-age", "allow", "cache-control", "connection", "content-digest", "content-encoding",
         "content-language", "content-length", "content-security-policy", "content-type", "date", "etag", "idempotency-replayed", "link", "location",
         "preference-applied", "referrer-policy", "request-id", "retry-after", "server-timing", "tallystick-seq", "traceresponse", "transfer-encoding", "vary",
         "www-authenticate", "x-content-type-options"}
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def escaped(payload):
    return urllib.parse.quote(payload, safe="")


def texts_of(value, name=""):
    """The sentences of a document: what people are shown, in logs and terminals too."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from texts_of(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner, name)
    elif isinstance(value, str) and name in ("title", "detail", "instance", "type", "code", "nearest"):
        yield name, value


def check(reply, count=1):
    """The bytes that came back for one request (or count)."""
    replies, rest = split_replies(reply)
    assert len(replies) == count and rest == b"", reply
    at = reply
    for status, headers, body in replies:
        head, _, at = at.partition(b"\r\n\r\n")
        at = at[len(body):]
        lines = head.split(b"\r\n")
        assert re.fullmatch(rb"HTTP/1\.1 \d{3} [A-Za-z -]+", lines[0]), lines[0]
        for line in lines[1:]:
            assert HEADER.fullmatch(line), line
        assert set(headers) <= KNOWN, set(headers) - KNOWN
        assert b"<" not in re.sub(rb'Link: (<[^<>"]*>; rel="[a-z-]+"(, )?)+', b"", head) and b"X-Evil:" not in head, head
        assert status < 400 or not CONTROLS.search(body.decode()), body  # not even as the name of a member
        if headers.get("content-type", "").endswith("json") and body:
            for name, text in texts_of(json.loads(body)):
                assert not CONTROLS.search(text), (name, text)
        yield status, headers, body


def ask(server, method, target, fields="", body=b"", token=False, closing="Connection: close\r\n", host="Host: example.org\r\n"):
    if isinstance(fields, str):
        fields = fields.encode("latin-1")
    head = f"{method} {target} HTTP/1.1\r\n{host}{closing}".encode("latin-1") + fields
    if token:
        head += f"Authorization: Bearer {server.token}\r\n".encode()
    if method in ("POST", "PUT"):
        head += f"Idempotency-Key: {key()}\r\nContent-Length: {len(body)}\r\n".encode() if b"Idempotency-Key" not in fields else \
            f"Content-Length: {len(body)}\r\n".encode()
    reply, _ = server.raw(head + b"\r\n" + body)
    [(status, headers, content)] = check(reply)
    return status, headers, content


@pytest.fixture(scope="module", autouse=True)
def logged(server):
    """No line of the log is the client's either: each is of the program's form, and shows no byte that a terminal obeys."""
    before = len(server.log())
    yield
    for line in server.log()[before:].splitlines():
        assert re.fullmatch(r'\d{4}-\d\d-\d\dT[\d:.]+Z level=\w+ event=\w+( [a-z_]+=("([^"\\]|\\.)*"|[^" ]*))*|time=.*', line), line
        assert not re.search("[\x00-\x1f\x7f-\x9f]", line), line


PATHS = ["/{}", "/supplies/{}", "/errors/{}", "/ledger/entries/{}", "/organisations/{}", "/organisations/{}/keys/{}", "/transfers/{}", "/provinces/{}",
         "/supplies/{}/movements", "/healthz/{}"]


@pytest.mark.parametrize("path", PATHS)
def test_in_a_path(server, path):
    for payload in PAYLOADS.values():
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            status, headers, body = ask(server, method, path.replace("{}", escaped(payload)), "Content-Type: application/json\r\n", b"{}", token=True)
            assert status in (204, 400, 404, 405, 422), body
            assert "location" not in headers
        raw = payload.encode("utf-8").decode("latin-1")
        reply, _ = server.raw(f"GET {path.replace('{}', raw)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        [(status, _, body)] = check(reply)
        assert status in (400, 404), (payload, body)


QUERIES = ["/supplies?item={}", "/supplies?limit={}", "/supplies?cursor={}", "/supplies?sort={}", "/supplies?fields={}", "/supplies?{}=1", "/supplies?province={}",
           "/figures?indicator={}", "/efficiency?year=2011&inputs={}&outputs=hospital_visits", "/density?indicator={}&years=2010", "/density?kernel={}&indicator=x",
           "/density?bandwidth={}&indicator=beds", "/transfers?state={}", "/supplies/summary?by={}", "/ledger/proof?seq={}", "/ledger/consistency?from={}&to=1",
           "/ledger/entries?after={}", "/events?after={}", "/sites?kind={}", "/healthz?{}"]


@pytest.mark.parametrize("query", QUERIES)
def test_in_a_query(server, query):
    for payload in PAYLOADS.values():
        for accept in ("application/json", "text/csv"):
            status, headers, body = ask(server, "GET", query.replace("{}", escaped(payload)), f"Accept: {accept}, */*;q=0.1\r\n")
            assert status in (200, 400, 404, 422), body
            assert status == 200 or MARK not in str(headers)


def test_in_a_link(server):
    """The one header into which queries go on purpose: their bytes stay percent-encoded."""
    for payload in ("qZxMARK\"", "a>b", "a\r\nX-Evil: 1", "qZxMARK;rel=x", "\u540d"):
        target = f"/indicators?limit=1&source={escaped(payload)}"
        status, headers, _ = ask(server, "GET", target)
        assert status in (200, 400)
    status, headers, _ = ask(server, "GET", "/figures?limit=1&province=440000&indicator=population%5Fyear%5fend")
    assert status == 200 and re.fullmatch(r'<http://example\.org/figures\?[A-Za-z0-9._~%&=-]*>; rel="next"', headers["link"])


FIELDS = ["Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "Content-Encoding", "Content-Digest", "Expect", "Idempotency-Key",
          "If-Match", "If-None-Match", "If-Modified-Since", "Last-Event-ID", "Origin", "Prefer", "Range", "Referer", "traceparent", "tracestate", "User-Agent",
          "X-Forwarded-For", "Forwarded", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Connection", "Upgrade", "Cookie", "Want-Content-Digest"]


@pytest.mark.parametrize("field", FIELDS)
def test_in_a_field(server, field):
    """Bytes as they are: what ends a line is a line then, of which a request has no right to make the reply's."""
    for payload, (method, target) in itertools.product(RAW.values(), [("GET", "/provinces?limit=1"), ("PUT", "/items/RAW-INPUT"), ("OPTIONS", "/supplies")]):
        value = payload.encode("utf-8").decode("latin-1")
        head = f"{method} {target} HTTP/1.1\r\nHost: example.org\r\nContent-Length: 2\r\n{field}: {value}\r\n"
        if method != "PUT":
            head = head.replace("Content-Length: 2\r\n", "")
        reply, _ = server.raw(head + ("" if field == "Connection" else "Connection: close\r\n") + "\r\n" + ("{}" if method == "PUT" else ""), seconds=0.3)
        replies = list(check(reply))
        assert replies[0][0] < 500 or replies[0][0] == 501, reply
        assert "location" not in replies[0][1]


@pytest.mark.parametrize("host", ['a"b', "a<b>", "a'b", "a b", "[::1", "a/b", "a?b", "a#b", "a@b", "a\\b", "a:b:c", "a:99999999", "%0d%0a", "%0d%0aX-Evil:%20qZxMARK", "a,b", "a]", ":80",
                                  "\x07", "\x7f", "\xff", "a\tb", "[::1%25\"]", "a;b", "a\r\n\tb", "a\rb", "-->"])
def test_in_a_host(server, host):
    """It goes into Link and Location: what is no name, address or port is refused."""
    reply, _ = server.raw(f"GET /figures?limit=1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    [(status, headers, body)] = check(reply)
    assert status == 400 and MARK not in str(headers), body


BODIES = [("PUT", "/items/RAW-{n}", {"name": "{}", "unit": "piece"}), ("PUT", "/items/RAW-B{n}", {"name": "x", "unit": "{}"}),
          ("PUT", "/items/RAW-C{n}", {"name": "x", "unit": "piece", "{}": 1}), ("PUT", "/items/RAW-D{n}", {"name": "x", "unit": "piece", "identifiers": [{"system": "{}", "value": "{}"}]}),
          ("PUT", "/sites/RAW-{n}", {"name": "x", "kind": "{}", "organisation": "{}", "province": "{}"}), ("POST", "/supplies", {"site": "{}", "item": "{}", "quantity": "{}", "source": "{}"}),
          ("POST", "/transfers", {"destination": "{}", "lines": [{"supply": "{}", "quantity": 1}], "rationale": "{}"}), ("POST", "/transfers", {"{}": {"{}": []}}),
          ("POST", "/density", {"values": [1, 2, "{}"]}), ("POST", "/density", {"values": [1, 2, 3], "kernel": "{}", "points": "{}"}),
          ("POST", "/efficiency", {"inputs": ["{}"], "outputs": ["y"], "dmus": [{"id": "{}", "{}": 1, "y": 1}]}),
          ("POST", "/organisations/RAW/keys", {"kty": "{}", "crv": "{}", "x": "{}", "y": "{}"}), ("POST", "/supplies", {"jws": "{}", "private": {"{}": {"text": "{}", "salt": "{}"}}})]


def filled(value, payload):
    if isinstance(value, dict):
        return {filled(name, payload): filled(inner, payload) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, payload) for inner in value]
    return value.replace("{}", payload) if isinstance(value, str) else value


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_in_a_body(server, number):
    method, path, body = BODIES[number]
    for at, payload in enumerate(PAYLOADS.values()):
        content = json.dumps(filled(body, payload))
        status, headers, reply = ask(server, method, path.replace("{n}", str(at)), "Content-Type: application/json\r\n", content.encode(), token=True)
        assert status in (200, 201, 400, 404, 409, 422), reply
        assert MARK not in str(headers)
        ask(server, method, path.replace("{n}", str(at)), "Content-Type: application/json\r\n", json.dumps(filled(body, payload), ensure_ascii=False).encode(), token=True)
        broken = content.encode().replace(b"\\", b"")  # the bytes themselves, which is no JSON any more
        ask(server, method, path.replace("{n}", str(at)), "Content-Type: application/json\r\n", broken[:-1], token=True)
        with_accept = "Content-Type: application/json\r\nAccept-Language: zh\r\n"
        ask(server, method, path.replace("{n}", str(at)), with_accept, content.encode(), token=True)


def test_in_a_table(server):
    for payload in PAYLOADS.values():
        cell = '"' + payload.replace('"', '""') + '"'
        for text in (f"indicator,year,province,value\n{cell},2020,CN-HB,1\n", f"indicator,year,province,value\nbeds,{cell},CN-HB,1\n", f"{cell},year,province,value\n",
                     f"indicator,year,province,value\nbeds,2020,{cell},{cell}\n", payload):
            status, _, reply = ask(server, "PUT", "/figures", "Content-Type: text/csv\r\n", text.encode(), token=True)
            assert status in (400, 422), reply


def test_in_a_method_and_a_version(server):
    for payload in RAW.values():
        raw = payload.encode("utf-8").decode("latin-1")
        for line in (f"{raw} /healthz HTTP/1.1", f"GET{raw} /healthz HTTP/1.1", f"GET /healthz HTTP/{raw}", f"GET /healthz HTTP/1.1{raw}"):
            reply, _ = server.raw(f"{line}\r\nHost: x\r\nConnection: close\r\n\r\n", seconds=2)
            [(status, headers, body)] = check(reply)
            assert status in (400, 501, 505) and MARK not in str(headers), (line, body)
