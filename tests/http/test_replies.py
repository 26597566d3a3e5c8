"""The look at every reply of this suite (conftest.see_reply) sees what it is there for."""

import json

import pytest

from wire_support import methods_of, reply_faults, split_replies

SOUND = {"request-id": "0123456789abcdef", "cache-control": "no-cache", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
         "content-security-policy": "default-src 'none'; frame-ancestors 'none'", "content-type": "application/json",
         "content-digest": "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"}
PROBLEM = {"type": "/errors/busy", "title": "t", "status": 503, "detail": "d", "instance": "/", "code": "busy"}
WITHOUT = {"content-encoding": "gzip"}  # and no digest of the bytes as they travelled is looked at
REFUSED = WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store", "retry-after": "1"}


def problem(**members):
    return json.dumps({**PROBLEM, **members}).encode()


@pytest.mark.parametrize("status, more, body, fault", [
    (200, {}, b"{}", None),
    (200, {"content-type": "text/plain"}, b"{}", "Content-Type"),
    (200, {"content-type": None}, b"{}", "Content-Type"),
    (200, {"content-digest": "sha-256=:AAAA:"}, b"{}", "Content-Digest"),
    (200, {"content-digest": None}, b"{}", "Content-Digest"),
    (200, {"cache-control": None}, b"{}", "Cache-Control"),
    (200, {"request-id": "x"}, b"{}", "Request-Id"),
    (200, {"x-content-type-options": None}, b"{}", "nosniff"),
    (200, {"content-security-policy": None}, b"{}", "policies"),
    (200, WITHOUT, b"[]", "no object"),
    (200, WITHOUT, b"{", "not JSON"),
    (204, {"content-type": None}, b"", None),
    (204, {}, b"{}", "204"),
    (404, {"cache-control": "no-store"}, b"{}", "no problem document"),
    (401, REFUSED | {"www-authenticate": 'Bearer realm="x", error="invalid_token"'}, problem(status=401), None),
    (401, REFUSED, problem(status=401), "no www-authenticate"),
    (401, REFUSED | {"www-authenticate": "token"}, problem(status=401), "www-authenticate is 'token'"),
    (405, REFUSED | {"allow": "GET, HEAD, OPTIONS"}, problem(status=405), None),
    (405, REFUSED, problem(status=405), "no allow"),
    (405, REFUSED | {"allow": "GET HEAD"}, problem(status=405), "allow is 'GET HEAD'"),
    (415, REFUSED | {"accept": "application/json, text/csv; header=present"}, problem(status=415), None),
    (415, REFUSED | {"accept-encoding": "identity"}, problem(status=415), None),
    (415, REFUSED, problem(status=415), "no accept or accept-encoding"),
    (415, REFUSED | {"accept": "json"}, problem(status=415), "accept is 'json'"),
    (415, REFUSED | {"accept-encoding": ""}, problem(status=415), "accept-encoding is ''"),
    (429, REFUSED | {"retry-after": "60"}, problem(status=429), None),
    (429, REFUSED | {"retry-after": None}, problem(status=429), "no retry-after"),
    (429, REFUSED | {"retry-after": "0"}, problem(status=429), "retry-after is '0'"),
    (503, REFUSED | {"retry-after": None}, problem(), "no retry-after"),
    (503, REFUSED | {"retry-after": "-1"}, problem(), "retry-after is '-1'"),
    (503, REFUSED, problem(), None),
    (503, REFUSED | {"cache-control": "no-cache"}, problem(), "stored"),
    (500, REFUSED, problem(), "another status"),
    (503, REFUSED, problem(code="other"), "another code"),
    (503, REFUSED, problem(detail=1), "members"),
    (503, REFUSED, problem(detail="near /var/lib/x"), "inside"),
    (503, REFUSED, problem(detail="SQL logic error"), "inside"),
    (503, REFUSED | {"etag": '"1"'}, problem(), "tag")])
def test_the_look_at_every_reply_sees(status, more, body, fault):
    headers = {name: value for name, value in {**SOUND, **more}.items() if value is not None}
    faults = reply_faults(status, headers, body)
    assert faults == [] if fault is None else len(faults) == 1 and fault in faults[0], faults


def test_replies_are_told_apart():
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    empty = b"HTTP/1.1 204 No Content\r\n\r\n"
    replies, rest = split_replies(one + b"HTTP/1.1 100 Continue\r\n\r\n" + chunked + empty + one[:-1])
    assert [(status, body) for status, _, body in replies] == [(200, b"{}"), (200, b"abc"), (204, b"")] and rest == one[:-1]
    assert split_replies(chunked[:-3])[0] == []


def test_replies_to_head_are_looked_at_too():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    replies, rest = split_replies(head + b"HTTP/1.1 100 Continue\r\n\r\n" + head + b"[]" + head, ["HEAD", "POST", "HEAD"])
    assert [body for _, _, body in replies] == [b"", b"[]", b""] and rest == b""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert split_replies(chunked + head + b"{}", ["HEAD", "GET"])[0][1][2] == b"{}"


@pytest.mark.parametrize("data, methods", [
    (b"", []),
    (b"GET / HTTP/1.1\r\nHost: HEAD HEAD \r\n\r\n", ["GET"]),  # the word alone is not the method
    (b"GET /HEAD HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\n", ["GET", "HEAD"]),
    (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nHEAD HEADHEAD / HTTP/1.1\r\nHost: x\r\n\r\nGE", ["POST", "HEAD"]),
    (b"POST / HTTP/1.1\r\ncontent-length:9\r\n\r\nHEAD", ["POST"]),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHEAD \r\n0\r\n\r\nHEAD / HTTP/1.1\r\n\r\n", ["POST", "HEAD"]),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHEAD", ["POST"]),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nHEAD / HTTP/1.1\r\n\r\n", ["POST"]),
    (b"POST / HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\nHEAD / HTTP/1.1\r\n\r\n", ["POST"]),
    (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nHEAD / HTTP/1.1\r\n\r\n", ["POST"]),
    (b"HEAD / HTTP/1.1\r\nHost: x", ["HEAD"]),
    (b"\x16\x03\x01 HEAD ", [])])
def test_methods_of_requests(data, methods):
    assert methods_of(data) == methods
