"""The look at every reply of this suite (conftest.see_reply) sees what it is there for."""

import json

import pytest

from wire_support import reply_faults, split_replies

SOUND = {"request-id": "0123456789abcdef", "cache-control": "no-cache", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
         "content-security-policy": "default-src 'none'; frame-ancestors 'none'", "content-type": "application/json",
         "content-digest": "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"}
PROBLEM = {"type": "/errors/busy", "title": "t", "status": 503, "detail": "d", "instance": "/", "code": "busy"}
WITHOUT = {"content-encoding": "gzip"}  # and no digest of the bytes as they travelled is looked at


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
    (503, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store"}, problem(), None),
    (503, WITHOUT | {"content-type": "application/problem+json"}, problem(), "stored"),
    (500, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store"}, problem(), "another status"),
    (503, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store"}, problem(code="other"), "another code"),
    (503, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store"}, problem(detail=1), "members"),
    (503, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store"}, problem(detail="near /var/lib/x"), "inside"),
    (503, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store"}, problem(detail="SQL logic error"), "inside"),
    (503, WITHOUT | {"content-type": "application/problem+json", "cache-control": "no-store", "etag": '"1"'}, problem(), "tag")])
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
