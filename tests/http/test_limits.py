"""Quotas of requests a minute, and digests of bodies."""

import base64
import hashlib
import re

import pytest

from conftest import Server

ITEM = {"name": "Test item", "unit": "piece"}


QUOTA = 4  # so few that on a slow machine none comes back while a test uses them up
BACK_SECONDS = 60 // QUOTA


@pytest.fixture
def limited(tmp_path):
    server = Server(tmp_path / "data", "--rate-limit", str(QUOTA))
    yield server
    assert server.stop() == 0


def left(reply):
    assert reply.headers["RateLimit-Policy"] == f'"caller";q={QUOTA};w=60'
    found = re.fullmatch(r'"caller";r=(\d+);t=(\d+)', reply.headers["RateLimit"])
    return int(found[1]), int(found[2])


def test_quota_is_told_and_kept(limited):
    for number in range(QUOTA):
        reply = limited.get("/provinces" if number % 2 else "/no-such-path")  # what is refused counts as well
        remaining, reset = left(reply)
        assert reply.status_code == (200 if number % 2 else 404) and remaining == QUOTA - 1 - number and reset <= BACK_SECONDS * (number + 1)
    reply = limited.get("/provinces")
    assert reply.status_code == 429 and reply.json()["code"] == "rate_limited"
    assert 1 <= int(reply.headers["Retry-After"]) <= BACK_SECONDS and left(reply) == (0, int(reply.headers["Retry-After"]))
    assert limited.get("/provinces", headers={"If-None-Match": "*"}).status_code == 429
    reply = limited.get("/provinces", token=True)  # a token has a quota of its own
    assert reply.status_code == 200 and left(reply)[0] == QUOTA - 1
    for path in ("/healthz", "/readyz"):
        probe = limited.get(path)
        assert probe.status_code == 200 and "RateLimit" not in probe.headers


def test_changes_tell_their_quota(limited):
    reply = limited.put("/items/LIMITED", ITEM)
    assert reply.status_code == 201 and left(reply)[0] == QUOTA - 1
    assert limited.put("/items/LIMITED", {**ITEM, "unit": 7}).status_code == 422
    for _ in range(QUOTA - 2):
        limited.get("/items", token=True)
    reply = limited.put("/items/LIMITED-2", ITEM)
    assert reply.status_code == 429 and limited.get("/items/LIMITED-2").status_code == 404


def test_no_quota_is_told_without_a_limit(server):
    assert not [name for name in server.get("/provinces").headers if name.startswith("RateLimit")]


def digest(body, algorithm="sha-256"):
    return f"{algorithm}=:{base64.b64encode(hashlib.new(algorithm.replace('-', ''), body).digest()).decode()}:"


@pytest.mark.parametrize("path,headers", [("/provinces", {}), ("/provinces", {"Accept-Encoding": "gzip"}), ("/provinces", {"Accept": "text/csv"}),
                                          ("/no-such-path", {}), ("/errors/busy", {}), ("/openapi.json", {})])
def test_replies_have_the_digest_of_their_bytes(server, path, headers):
    for _ in range(2):  # the second one may come out of the cache
        reply = server.get(path, headers=headers, stream=True)
        body = reply.raw.read(decode_content=False)
        assert body and reply.headers["Content-Digest"] == digest(body)


def test_a_read_is_held_against_its_digest_though_its_answer_is_kept(server):
    for _ in range(8):  # until each loop has kept it
        assert server.get("/provinces", headers={"Connection": "close"}).status_code == 200
    for _ in range(4):
        wrong = server.get("/provinces", headers={"Connection": "close", "Content-Digest": digest(b"x")})
        assert wrong.status_code == 400 and wrong.json()["code"] == "digest_mismatch"
        assert server.get("/provinces", headers={"Connection": "close", "Content-Digest": digest(b"")}).status_code == 200


def put(server, name, value):
    return server.put(f"/items/{name}", ITEM, headers={"Content-Digest": value})


def body_of(server, name):
    """The bytes that put sends."""
    return server.put(f"/items/{name}", ITEM).request.body


def test_bodies_are_held_against_their_digest(server):
    body = body_of(server, "DIGEST-0")
    body = body if isinstance(body, bytes) else body.encode()
    sound = digest(body)
    assert put(server, "DIGEST-1", sound).status_code == 201
    assert put(server, "DIGEST-2", "sha-512=:AAAA:, " + sound).status_code == 201
    assert put(server, "DIGEST-3", digest(body, "sha-512")).status_code == 201  # not known to the service
    assert put(server, "DIGEST-4", sound[:-2] + ":").status_code == 201  # without "=": RFC 9651, 4.2.7
    for number, spoilt in enumerate([digest(body + b" "), sound.replace(":", ":A", 1), "sha-256=::", sound[:-3] + ":", sound[:-3] + "=:"]):
        reply = put(server, f"DIGEST-BAD-{number}", spoilt)
        assert reply.status_code == 400 and reply.json()["code"] == "digest_mismatch", spoilt
        assert server.get(f"/items/DIGEST-BAD-{number}").status_code == 404
    for number, malformed in enumerate([sound[:-1], "sha-256=abc", "=:AAAA:", sound + ",", sound + " " + sound, "SHA-256" + sound[7:], "?"]):
        reply = put(server, f"DIGEST-NONE-{number}", malformed)
        assert reply.status_code == 400 and reply.json()["code"] == "malformed_request", malformed
