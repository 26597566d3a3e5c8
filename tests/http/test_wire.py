"""The wire: framing, methods, limits, deadlines, and a stop that loses nothing."""

import contextlib
import json
import re
import select
import socket
import threading
import time

import pytest

from conftest import key
from wire_support import COMPUTE, HOST, check_problem, get, parse, post
from world import until

REFUSED_AND_CLOSED = {
    "length and chunked": (post(2, "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
    "chunked and length": (post(None, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400),
    "two lengths": (post(2, "Content-Length: 3\r\n", "{}"), 400),
    "two equal lengths": (post(2, "content-length: 2\r\n", "{}"), 400),
    "unknown coding": (post(None, "Transfer-Encoding: gzip\r\n", "x"), 501),
    "coding before chunked": (post(None, "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501),
    "identity": (post(None, "Transfer-Encoding: identity\r\n", "{}"), 501),
    "two codings": (post(None, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
    "chunked in 1.0": (post(None, "Transfer-Encoding: chunked\r\n", "0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400),
    "no host": ("GET /healthz HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get("Host: other\r\n"), 400),
    "host with a path": ("GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "empty host": ("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "space before colon": (post(None, "Content-Length : 2\r\n", "{}"), 400),
    "name is no token": (get("a(b: c\r\n"), 400),
    "bare CR in a value": (get("a: b\rc\r\n"), 400),
    "control in a value": (get("a: b\x01c\r\n"), 400),
    "NUL in a value": (get("a: b\0c\r\n"), 400),
    "NUL in the target": (get(target="/healthz\0x"), 400),
    "folded line": (get("a: b\r\n c\r\n"), 400),
    "bare LF": ("GET /healthz HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
    "two spaces": ("GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "two tokens": (get("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400),
    "two last events": (get("Accept: text/event-stream\r\nLast-Event-ID: 1\r\nLast-Event-ID: 2\r\n", "/events"), 400),
    "two equal last events": (get("Accept: text/event-stream\r\nlast-event-id: 1\r\nLast-Event-ID: 1\r\n", "/events"), 400),
    "two methods of a preflight": (get("Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Method: GET\r\n").replace("GET", "OPTIONS", 1), 400),
    "40 KB header": (get("a: " + "b" * 40960 + "\r\n"), 431),
    "many headers": (get("a: b\r\n" * 120), 431),
    "40 KB target": (get(target="/" + "a" * 40960), 414),
    "unknown expectation": (post(2, "Expect: tea\r\n", "{}"), 417),
}


@pytest.mark.parametrize("name", REFUSED_AND_CLOSED)
def test_framing_is_refused_and_the_connection_closed(server, name):
    data, wanted = REFUSED_AND_CLOSED[name]
    reply, is_closed = server.raw(data + get())  # a smuggled request behind it
    status, headers, body = parse(reply)
    assert status == wanted
    assert is_closed and headers["connection"] == "close"
    assert reply.count(b"HTTP/1.1 ") == 1
    check_problem(status, headers, body)


@pytest.mark.parametrize("target", ["/%00", "/%", "/%4", "/%zz", "/%0d%0a", "/%ff", "/a?b=%00", "/a b", "/\xe4",
                                    "/a#b", "x", "/?" + "a=1&" * 60])
def test_targets_that_cannot_be_read(server, target):
    reply, _ = server.raw(get("Connection: close\r\n", target))
    status, headers, body = parse(reply)
    assert status == 400
    check_problem(status, headers, body)


@pytest.mark.parametrize("target, wanted", [
    ("http://example.org/healthz", 200), ("http://example.org/healthz?x", 400), ("http://example.org/nowhere", 404), ("http://example.org", 200),
    ("http://example.org/", 200), ("HTTP://[::1]:8080/healthz", 200), ("http://user@example.org/healthz", 400),
    ("http://user:word@example.org/healthz", 400), ("http://@example.org/healthz", 400), ("http:///healthz", 400), ("http://", 400),
    ("http://a:b/healthz", 400), ("http://a,b/healthz", 400), ("http://%61/healthz", 400), ("http://" + "a" * 256 + "/healthz", 400),
    ("https://example.org/healthz", 421), ("https://user@example.org/healthz", 400), ("ftp://example.org/healthz", 400)])
def test_an_absolute_target_counts_as_its_path(server, target, wanted):
    """RFC 9112, 3.2.2: its authority is the host, checked as Host is. RFC 9110, 4.2.1 and 4.2.4: no empty host, no user; and 7.4: what is
    https is not answered in the clear."""
    status, headers, body = parse(server.raw(get("Connection: close\r\n", target))[0])
    assert status == wanted, body
    if status >= 400:
        check_problem(status, headers, body)
        assert b"user" not in body or b"no user" in body


def test_the_authority_of_an_absolute_target_wins(server):
    """Over Host (RFC 9112, 3.2.2), for links and for what is kept of answers; but Host must be there, once and sound (3.2)."""
    for _ in range(2):  # the second comes from the reply cache
        for first, host, wanted in (("http://other.example", "x", "http://other.example"), ("", "x", "http://x"),
                                    ("http://other.example:8080", "other.example", "http://other.example:8080"),
                                    ("http://third.example", "other.example", "http://third.example")):
            reply, _ = server.raw(f"GET {first}/provinces?limit=1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            status, headers, _ = parse(reply)
            assert status == 200 and headers["link"].startswith(f"<{wanted}/provinces?"), headers["link"]
    reply, is_closed = server.raw("GET http://other.example/provinces?limit=1 HTTP/1.0\r\n\r\n")
    assert parse(reply)[1]["link"].startswith("<http://other.example/provinces?") and is_closed
    for hosts in ("", "Host: a/b\r\n", "Host: a\r\nHost: a\r\n"):
        reply, is_closed = server.raw(f"GET http://other.example/provinces?limit=1 HTTP/1.1\r\n{hosts}\r\n")
        assert parse(reply)[0] == 400 and is_closed


def test_input_is_never_repeated_raw(server):
    reply, _ = server.raw(get("Connection: close\r\n", "/%22%3Cscript%3E'x"))
    status, headers, body = parse(reply)
    assert status == 404
    assert b"<script>" not in reply and b'"<' not in reply
    assert json.loads(body)["instance"] == "/%22%3Cscript%3E'x"


def test_pipelined_requests_are_answered_in_order(server):
    targets = ["/healthz", "/nowhere", "/openapi.yaml", "/healthz"]
    data = "".join(get(target=target) for target in targets[:-1]) + get("Connection: close\r\n")
    reply, is_closed = server.raw(data)
    assert is_closed
    assert re.findall(rb"HTTP/1\.1 (\d+)", reply) == [b"200", b"404", b"200", b"200"]


def test_a_client_that_ends_its_side_still_gets_its_reply(server):
    with server.connect() as connection:
        connection.sendall(get().encode())
        connection.shutdown(socket.SHUT_WR)
        started = time.monotonic()
        received = b""
        while piece := connection.recv(65536):
            received += piece
        assert b"alive" in received and time.monotonic() - started < 5


def test_http_1_0(server):
    reply, is_closed = server.raw("GET /healthz HTTP/1.0\r\n\r\n")
    assert parse(reply)[0] == 200 and is_closed


# Bodies


def test_a_large_body_is_refused_before_it_is_read(server):
    started = time.monotonic()
    reply, is_closed = server.raw(post(65 * 1024 * 1024))
    status, headers, body = parse(reply)
    assert status == 413 and is_closed and time.monotonic() - started < 5
    check_problem(status, headers, body)


def test_a_large_body_is_refused_instead_of_continued(server):
    reply, _ = server.raw(post(65 * 1024 * 1024, "Expect: 100-continue\r\n"))
    assert parse(reply)[0] == 413


def test_a_refusal_arrives_while_the_client_still_sends(server):
    data = post(65 * 1024 * 1024).encode() + b"x" * (8 * 1024 * 1024)
    status, _, _ = parse(server.raw(data)[0])
    assert status == 413


def test_a_body_that_grows_too_large(server):
    chunk = "4000\r\n" + "x" * 0x4000 + "\r\n"
    head = (f"PUT /organisations/X HTTP/1.1\r\n{HOST}Authorization: Bearer {server.token}\r\n"
            "Content-Type: application/json\r\nIf-None-Match: *\r\nTransfer-Encoding: chunked\r\n\r\n")
    reply, is_closed = server.raw(head + chunk * 40 + "0\r\n\r\n")
    status, headers, body = parse(reply)
    assert status == 413 and is_closed
    check_problem(status, headers, body)


def test_continue_is_sent_for_a_body_that_is_wanted(server):
    with server.connect() as connection:
        connection.sendall(post(2, "Expect: 100-continue\r\nConnection: close\r\n").encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(10000).startswith(b"HTTP/1.1 ")


def test_a_refused_body_is_skipped_and_the_connection_goes_on(server):
    data = post(9, "", "{\"a\": 1}\n").replace("application/json", "text/xml") + get("Connection: close\r\n")
    reply, _ = server.raw(data)
    assert re.findall(rb"HTTP/1\.1 (\d+)", reply) == [b"415", b"200"]


def test_media_types(server):
    for content_type in ("text/xml", "application/json; charset=latin-1", "application/x-www-form-urlencoded", None):
        reply = server.request("POST", COMPUTE, data=b"{}", headers={"Content-Type": content_type})
        assert reply.status_code == 415
        assert "application/json" in reply.headers["Accept"]
    reply = server.request("POST", COMPUTE, data=b"{}", headers={"Content-Type": "application/json;charset=UTF-8"})
    assert reply.status_code not in (415, 500)
    reply = server.request("POST", COMPUTE, data=b"x", headers={"Content-Type": "application/json",
                                                                "Content-Encoding": "gzip"})
    assert reply.status_code == 415


# Methods


def test_every_path_names_its_methods(server):
    paths = server.get("/openapi.json").json().get("paths", {})
    for template, item in paths.items():
        path = re.sub(r"{[^}]*}", "x", template)
        methods = {name.upper() for name in item if name in ("get", "put", "post", "delete")}
        allowed = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        reply = server.request("OPTIONS", path)
        assert reply.status_code == 204 and reply.content == b"", template
        assert set(reply.headers["Allow"].split(", ")) == allowed, template
        for method in {"GET", "PUT", "POST", "DELETE", "PATCH", "QUERY"} - methods:
            reply = server.request(method, path)
            assert reply.status_code == 405, (method, template)
            assert set(reply.headers["Allow"].split(", ")) == allowed, template


@pytest.mark.parametrize("method", ["get", "BREW", "CONNECT", "Get"])
def test_unknown_methods(server, method):
    reply, _ = server.raw(f"{method} /healthz HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n")
    status, headers, body = parse(reply)
    assert status == 501
    check_problem(status, headers, body)


def test_options_of_the_whole(server):
    reply, _ = server.raw(f"OPTIONS * HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n")
    status, headers, _ = parse(reply)
    assert status == 204
    methods = {name.upper() for item in server.get("/openapi.json").json()["paths"].values() for name in item
               if name in ("get", "put", "post", "delete")}
    assert set(headers["allow"].split(", ")) == methods | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/nowhere", "/provinces"])
def test_head_equals_get_without_the_body(server, path):
    got = server.get(path)
    head = server.request("HEAD", path)
    skipped = {"date", "request-id", "server-timing"}
    assert head.status_code == got.status_code and head.content == b""
    assert ({k.lower(): v for k, v in head.headers.items() if k.lower() not in skipped} ==
            {k.lower(): v for k, v in got.headers.items() if k.lower() not in skipped})
    assert int(head.headers["Content-Length"]) == len(got.content)


def test_unknown_paths_have_a_hint(server):
    reply = server.get("/healthzz")
    assert reply.status_code == 404
    assert "/healthz" in check_problem(404, {k.lower(): v for k, v in reply.headers.items()}, reply.text)["detail"]
    assert "slash" in server.get("/healthz/").json()["detail"]


def test_every_reply_has_an_id_of_its_own(server):
    replies = [server.get(path) for path in ("/healthz", "/provinces", "/provinces", "/nowhere")]
    ids = {reply.headers["Request-Id"] for reply in replies}
    assert len(ids) == len(replies)
    assert all(reply.headers["X-Content-Type-Options"] == "nosniff" for reply in replies)
    assert all("Cache-Control" in reply.headers for reply in replies)


def test_unchanged_things_are_not_sent_again(server):
    reply = server.get("/provinces")
    etag = reply.headers["ETag"]
    again = server.get("/provinces", headers={"If-None-Match": f'"other", W/{etag}'})
    assert again.status_code == 304 and again.content == b""
    assert again.headers["ETag"] == etag
    assert again.headers.get("Content-Length") in (None, reply.headers["Content-Length"])
    assert server.get("/provinces", headers={"If-None-Match": '"other"'}).status_code == 200


def test_one_log_line_a_request(start):
    started = start()
    started.get('/no"where\nlevel=error')
    request_id = started.get("/healthz").headers["Request-Id"]
    assert started.stop() == 0
    lines = [line for line in started.log().splitlines() if "event=request" in line]
    assert len(lines) == 2
    assert all("level=info" in line for line in lines)
    assert f"request={request_id} " in lines[1] and "path=/healthz status=200" in lines[1]


def test_the_log_has_no_queries(start):
    started = start()
    secret = "tly_" + "s" * 30
    for target in (f"/nowhere?token={secret}", f"/nowhere#{secret}", f"/%zz?{secret}", f"http://x/nowhere?{secret}",
                   f"/provinces?token={secret}", f"nothing?{secret}"):
        started.raw(get("Connection: close\r\n", target))
    assert started.stop() == 0
    assert started.log().count("event=request") == 6 and "/nowhere" in started.log()
    assert secret not in started.log()


def test_blanks_behind_a_value_are_no_part_of_it(server):
    server.put("/organisations/BLANKS", {"name": "Blanks", "kind": "society"})
    body = b'{"name": "Blanks", "kind": "society"}'
    for number, blank in enumerate((" ", "\t", " \t  ")):
        version = server.get("/organisations/BLANKS").json()["version"]
        fields = {"Host": "example.org", "Authorization": "Bearer " + server.token, "Content-Type": "application/json",
                  "If-Match": f'"{version}"', "Idempotency-Key": key(), "Connection": "close"}
        head = "".join(f"{name}: {value}{blank}\r\n" for name, value in fields.items())
        reply, _ = server.raw(f"PUT /organisations/BLANKS HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
                              + body)
        assert parse(reply)[0] == 200, reply
    reply, is_closed = server.raw(get(f"X: y{blank}\r\nConnection: close{blank}\r\n"))
    assert parse(reply)[0] == 200 and is_closed
    etag = server.get("/provinces").headers["ETag"]
    reply, _ = server.raw(get(f"If-None-Match: {etag} \r\nConnection: close\r\n", "/provinces"))
    assert parse(reply)[0] == 304
    reply, _ = server.raw(get("A:  \t \r\nConnection: close \r\n"))
    assert parse(reply)[0] == 200


def test_a_kept_reply_ends_with_the_state_it_shows(start):
    started = start("--loops", "1")
    before = [started.get("/provinces") for _ in range(3)]
    assert len({reply.text for reply in before}) == 1
    written = started.put("/organisations/KEPT", {"name": "Kept", "kind": "society"})
    assert written.status_code == 201
    after = started.get("/provinces")
    assert int(after.headers["Tallystick-Seq"]) == written.json()["ledger"]["seq"]
    assert int(before[0].headers["Tallystick-Seq"]) < int(after.headers["Tallystick-Seq"])
    other = started.get("/provinces", headers={"Accept": "application/json;q=0.5"})
    assert other.status_code == 200
    with_token = started.get("/provinces", token=True)
    assert with_token.headers["Cache-Control"] == "no-store"


# Deadlines and limits


def trickle(server, first, seconds):
    """Sends a byte now and then; returns what came and after how long the connection closed."""
    started = time.monotonic()
    received = b""
    with server.connect() as connection:
        connection.sendall(first.encode())
        connection.settimeout(0.2)
        while time.monotonic() - started < seconds:
            try:
                piece = connection.recv(65536)
                if not piece:
                    break
                received += piece
            except socket.timeout:
                pass
            except OSError:
                break
            try:
                connection.send(b"a")
            except OSError:
                pass
    return received, time.monotonic() - started


@pytest.mark.concurrent
def test_a_trickling_client_is_cut(start):
    started = start("--header-timeout", "1", "--request-timeout", "2")
    cases = {
        "request line": ("G", 1, 1),
        "header": ("GET /healthz HTTP/1.1\r\nX: ", 1, 1),
        "body": (post(1000), 2, 1),
        "second request": (get() + "GE", 1, 2),
    }
    for name, (first, least, replies) in cases.items():
        received, seconds = trickle(started, first, 10)
        assert least <= seconds < least + 4, name
        assert received.count(b"HTTP/1.1 ") == replies, name
        assert b" 408 " in received, name
    assert started.get("/healthz").status_code == 200


@pytest.mark.concurrent
def test_clients_that_leave_in_the_middle(start):
    started = start("--loops", "2")
    body = json.dumps({"values": [1.0, 2.0, 3.0, 5.0], "bandwidth": 1})
    whole = post(len(body), "", body).encode()
    write = (f"PUT /organisations/X HTTP/1.1\r\n{HOST}Authorization: Bearer {started.token}\r\n"
             f"Idempotency-Key: {key()}\r\nContent-Type: application/json\r\nIf-None-Match: *\r\n"
             "Content-Length: 2\r\n\r\n{}").encode()

    def leave(data, cut):
        for _ in range(20):
            connection = started.connect()
            connection.sendall(data[:cut])
            connection.close()

    threads = [threading.Thread(target=leave, args=(data, cut))
               for data in (whole, write) for cut in (10, len(data) - 1, len(data))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started.get("/healthz").status_code == 200
    begun = time.monotonic()
    assert started.stop() == 0
    assert time.monotonic() - begun < 15, "nothing hangs on clients that are gone"


@pytest.mark.concurrent
def test_a_log_nobody_can_forge(start):
    started = start("--log-level", "debug")
    reply, _ = started.raw(get("Connection: close\r\n", "/a%0alevel=error"))
    assert parse(reply)[0] == 400
    assert started.stop() == 0
    assert "\nlevel=error" not in started.log()


@pytest.mark.concurrent
def test_large_bodies_are_bounded_in_all(start):
    """Five bodies of 60 MiB that never end: the fifth finds no room, a small request does."""
    server = start("--request-timeout", "600")
    piece = b"[" * (1 << 20)
    open_ones = []
    refused = 0
    for _ in range(5):
        connection = server.connect(seconds=30)
        open_ones.append(connection)
        try:
            connection.sendall(b"POST /density HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                               b"Content-Length: %d\r\n\r\n" % (60 << 20))
            for _ in range(59):
                connection.sendall(piece)
        except OSError:
            pass
    until(lambda: select.select(open_ones, [], [], 0)[0])
    time.sleep(0.5)  # and it is the only one
    for connection in select.select(open_ones, [], [], 0)[0]:
        with contextlib.suppress(OSError):
            refused += connection.recv(4096).startswith(b"HTTP/1.1 503")
    assert refused == 1
    assert server.get("/healthz").status_code == 200
    for connection in open_ones:
        connection.close()
    deadline = time.monotonic() + 10
    while server.post("/density", {"values": [1, 2, 3]}).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
