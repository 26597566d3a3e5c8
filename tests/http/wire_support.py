"""Requests and replies as bytes, for the tests of the wire."""

import base64
import gzip
import hashlib
import json
import re

HOST = "Host: example.org\r\n"
COMPUTE = "/density"  # a POST that takes a body and changes nothing
PROBLEM = "application/problem+json"


def parse(text):
    """The first reply of some bytes: (status, headers with lower-case names, body)."""
    head, _, body = text.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(lines[0].split(" ")[1]), headers, body


def check_problem(status, headers, body):
    """What every refusal has, whoever writes it: the problem itself, and what belongs to each reply."""
    assert headers["content-type"] == PROBLEM
    assert re.fullmatch("[0-9a-f]{16}", headers["request-id"])
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert int(headers["content-length"]) == len(body if isinstance(body, bytes) else body.encode())
    assert headers["cache-control"] == "no-store"
    problem = json.loads(body)
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "code"} <= set(problem)
    return problem


def post(length=None, extra="", body=""):
    text = f"POST {COMPUTE} HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
    if length is not None:
        text += f"Content-Length: {length}\r\n"
    return text + extra + "\r\n" + body


def get(extra="", target="/healthz", version="HTTP/1.1"):
    return f"GET {target} {version}\r\n{HOST}{extra}\r\n"


# What every reply has, whatever the service was asked

MEDIA = {"application/json", PROBLEM, "text/csv; charset=utf-8", "text/csv; charset=utf-8; header=absent", "application/x-ndjson", "image/svg+xml", "application/yaml",
         "text/html; charset=utf-8", "text/plain; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8", "text/event-stream"}
STREAMS = ("application/x-ndjson", "text/event-stream")  # whose bytes nobody knows when the header leaves
# What a failure's text must not tell: where files lie, what library or statement it was, where in the memory.
INSIDE = re.compile(r"sqlite|libmicrohttpd|jansson|gnutls|\bSQL\b|errno|\b0x[0-9a-f]{4,}|\.(?:c|h|db|so)\b|/(?:tmp|var|home|etc|proc)/|constraint|"
                    r"No space left|Input/output error|Permission denied|Segmentation|assert", re.I)
# What tells the client of a refusal what to do about it: a field of these, of this form (RFC 9110, 10.2.1, 10.2.3, 11.6.1, 12.5.1 and 12.5.3).
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
MEDIA_TYPE = rf"{TOKEN}/{TOKEN}(?: *; *{TOKEN}=(?:{TOKEN}|\"[^\"]*\"))*"
ADVICE = {401: {"www-authenticate": r"Bearer(?: .+)?"},
          405: {"allow": rf"{TOKEN}(?:, {TOKEN})*"},
          415: {"accept": rf"{MEDIA_TYPE}(?:, {MEDIA_TYPE})*", "accept-encoding": rf"{TOKEN}(?:, {TOKEN})*"},  # whichever is at fault
          429: {"retry-after": "[1-9][0-9]*"},
          503: {"retry-after": "[1-9][0-9]*"}}
MEMBERS = {"type", "title", "status", "detail", "instance", "code"}


def decoded(headers, body):
    """The bytes as they were before the coding."""
    coding = headers.get("content-encoding")
    if coding == "zstd":
        import zstandard  # which hardly any test wants
        return zstandard.ZstdDecompressor().decompress(body)
    return gzip.decompress(body) if coding == "gzip" else body


def reply_faults(status, headers, body, travelled=None):
    """What is wrong with a reply; headers have lower-case names, body is bytes, travelled what it was before a coding was undone."""
    found = []

    def want(holds, fault):
        if not holds:
            found.append(fault)
    want(re.fullmatch("[0-9a-f]{16}", headers.get("request-id", "")), "no Request-Id")
    want(headers.get("cache-control"), "no Cache-Control")
    want(headers.get("x-content-type-options") == "nosniff", "no nosniff")
    want(headers.get("referrer-policy") == "no-referrer" and headers.get("content-security-policy"), "no policies")
    media = headers.get("content-type")
    if body:
        want(media in MEDIA, f"Content-Type {media}")
        digest = base64.b64encode(hashlib.sha256(travelled or body).digest()).decode()
        want(media in STREAMS or headers.get("content-digest") == f"sha-256=:{digest}:" or
             (travelled is None and "content-encoding" in headers), "Content-Digest")
    if status == 204:
        want(not body and media is None, "a body of 204")
    if status >= 400:
        want(media == PROBLEM, "a refusal that is no problem document")
        want(headers.get("cache-control") == "no-store", "a problem that may be stored")
        want("etag" not in headers, "a problem with a tag")
    advice = {name: form for name, form in ADVICE.get(status, {}).items() if name in headers}
    want(status not in ADVICE or advice, f"no {' or '.join(ADVICE.get(status, {}))}")
    for name, form in advice.items():
        want(re.fullmatch(form, headers[name]), f"{name} is {headers[name]!r}")
    if body and media in ("application/json", PROBLEM):
        try:
            document = json.loads(body)
        except ValueError as error:
            return found + [f"not JSON: {error}"]
        want(isinstance(document, dict), "the top level is no object")
        if media == PROBLEM and isinstance(document, dict):
            want(status >= 400 and document.get("status") == status, "another status inside")
            want(MEMBERS <= set(document) and all(isinstance(document[name], str) for name in MEMBERS & set(document) - {"status"}),
                 f"members {sorted(document)}")
            want(status < 500 or not INSIDE.search(body.decode()), "tells of the inside")
            want(document.get("type") == f"/errors/{document.get('code')}", "a type of another code")
    return found


def methods_of(data):
    """The methods of the requests in some bytes, as far as it is clear where each ends: the last one is where it is not."""
    methods = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        method, blank, _ = head.partition(b" ")
        if not blank or not re.fullmatch(TOKEN.encode(), method):
            break
        methods.append(method.decode())
        if not end:
            break
        fields = re.findall(rb"\r\n(content-length|transfer-encoding):[ \t]*([^\r]*)", head, re.I)
        if not fields:
            data = rest
        elif len(fields) > 1:
            break
        elif fields[0][0].lower() == b"transfer-encoding":
            length, _ = unchunked(rest)
            if fields[0][1].strip().lower() != b"chunked" or length is None:
                break
            data = rest[length:]
        elif re.fullmatch(rb"[0-9]+", fields[0][1].strip()):
            data = rest[int(fields[0][1]):]
        else:
            break
    return methods


def split_replies(data, methods=()):
    """All replies in some bytes whose bodies are there: [(status, headers, body)], and what is behind them. Those to HEAD have none:
    methods are of the requests in their order, GET's where nothing is said."""
    replies = []
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end or not data.startswith(b"HTTP/1."):
            return replies, data
        status, headers, _ = parse(head + end)
        if status == 100:
            data = rest
            continue
        is_head = list(methods[len(replies):len(replies) + 1]) == ["HEAD"]
        length = 0 if is_head or status in (204, 304) else int(headers.get("content-length", -1))
        if length < 0:
            length, body = unchunked(rest)
            if length is None:
                return replies, data
        elif len(rest) < length:
            return replies, data
        else:
            body = rest[:length]
        replies.append((status, headers, body))
        data = rest[length:]


def unchunked(data):
    """(bytes that the chunks take, their content); (None, b"") where the end is missing."""
    at, body = 0, b""
    while True:
        line, end, _ = data[at:].partition(b"\r\n")
        if not end or not re.fullmatch(rb"[0-9A-Fa-f]+", line):
            return None, b""
        size = int(line, 16)
        at += len(line) + 2
        body += data[at:at + size]
        at += size + 2
        if at > len(data):
            return None, b""
        if size == 0:
            return at, body
