"""The tests' own client (slim.py) against requests: the same bytes on the wire, the same reply from the same bytes."""

import contextlib
import gzip
import socket
import threading

import pytest
import requests

import slim

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@contextlib.contextmanager
def answering(*replies):
    """A server that keeps each request's bytes and gives the next reply; one that is empty closes. (its address, what came)"""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def serve():
            left = list(replies)
            while left:
                with listening.accept()[0] as connection:
                    while left:
                        data = b""
                        while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < length_of(data):
                            piece = connection.recv(65536)
                            if not piece:
                                break
                            data += piece
                        if not data:
                            break
                        came.append(data)
                        reply = left.pop(0)
                        connection.sendall(reply)
                        if not reply or b"Connection: close" in reply or (b"Content-Length" not in reply and b"chunked" not in reply and b" 204 " not in reply):
                            break
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", came


def length_of(data):
    for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def session_of(kind):
    made = kind()
    made.trust_env = False
    made.headers["Accept-Encoding"] = "identity"
    return made


def both(call, *replies):
    """What call(session, address) makes of each: (bytes, replies), the ports written P, the fast way's taken for sure."""
    told = []
    for kind in (requests.Session, slim.Session):
        with answering(*replies) as (address, came), session_of(kind) as session:
            if kind is slim.Session:
                session.send = None  # requests' own way would call it
            found = call(session, address)
            port = address.rpartition(":")[2]
            told.append(([data.replace(port.encode(), b"P") for data in came], port, found))
    return told


REQUESTS = [
    ("GET", "/a", {}), ("get", "/a?b=c&d=%2F,e", {}), ("GET", "/a b/ü?x=é#f", {}), ("GET", "/%7euser/%e2/../b/./c", {}), ("GET", "", {}), ("GET", "?q", {}),
    ("GET", "/a", {"params": {"x": "1 2", "y": ["3", "4"], "z": None}}), ("GET", "/a?b=c", {"params": [("b", "ü&")]}), ("HEAD", "/a", {}),
    ("DELETE", "/a", {}), ("POST", "/a", {}), ("POST", "/a", {"json": {"a": [1, 2.5, "ü"]}}), ("PUT", "/a", {"json": {}}), ("POST", "/a", {"json": []}),
    ("POST", "/a", {"json": {"a": 1}, "headers": {"content-type": "application/x"}}), ("POST", "/a", {"data": b"\0\xff"}), ("POST", "/a", {"data": "text"}),
    ("POST", "/a", {"data": b""}), ("POST", "/a", {"data": b"x", "json": {"a": 1}}), ("POST", "/a", {"data": b"", "json": {"a": 1}}),
    ("GET", "/a", {"json": {"a": 1}}), ("POST", "/a", {"data": b"abc", "headers": {"Content-Length": "7"}}), ("OPTIONS", "/", {}),
    ("GET", "/a", {"headers": {"accept": "text/csv", "Authorization": "Bearer x", "X": ""}}), ("GET", "/a", {"headers": {"Host": "example.org"}}),
    ("POST", "/a", {"data": b"x" * 300000}), ("GET", "/a", {"headers": {"User-Agent": "ä", "ACCEPT-ENCODING": "gzip"}}), ("PATCH", "/a", {"headers": {"Content-Length": "0"}}),
]


@pytest.mark.parametrize("method, path, more", REQUESTS)
def test_the_same_bytes_go_out(method, path, more):
    reply = OK if method != "HEAD" else b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    (theirs, port, one), (ours, mine, other) = both(lambda session, address: session.request(method, address + path, timeout=10, **more), reply)
    assert ours == theirs and len(ours) == 1
    assert other.url.replace(mine, port) == one.url and other.request.url == other.url and other.request.path_url == one.request.path_url
    assert other.request.method == one.request.method and dict(other.request.headers) == dict(one.request.headers)
    assert (other.request.body or b"") == (one.request.body if isinstance(one.request.body, bytes) else (one.request.body or "").encode())


REPLIES = [
    OK, b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nA: 1\r\na: 2\r\nContent-Length: 4\r\n\r\n{  }",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"HTTP/1.1 204 No Content\r\nE:  x y \t\r\n\r\n", b"HTTP/1.0 200\r\nConnection: close\r\n\r\nto the end",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(b"packed")) +
    gzip.compress(b"packed"), b"HTTP/1.1 200 \xfc\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n\xfc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + bytes(400000), b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\nx",
    b"HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
]


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
def test_the_same_is_made_of_what_comes(reply):
    (_, _, one), (_, _, other) = both(lambda session, address: session.request("GET", address + "/a", timeout=10, allow_redirects=False), reply)
    assert (other.status_code, other.reason, dict(other.headers), other.content, other.text, other.encoding) == \
        (one.status_code, one.reason, dict(one.headers), one.content, one.text, one.encoding)
    assert other.links == one.links and other.ok == one.ok and other.elapsed.total_seconds() > 0


@pytest.mark.parametrize("replies", [[b""], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort"], [b"HTTP/1.1 200 OK\r\nConnection: close\r\n"],
                                     [b"nonsense\r\n\r\n"], [OK, b""]], ids=range(5))
def test_a_reply_that_breaks_off_is_an_error(replies):
    def call(session, address):
        for _ in replies[:-1]:
            assert session.request("GET", address + "/a", timeout=10).text == "hi"
        with pytest.raises(requests.RequestException) as error:
            session.request("POST", address + "/a", data=b"x", timeout=10)
        return error
    for kind in (slim.Session,):
        with answering(*replies) as (address, came), session_of(kind) as session:
            assert isinstance(call(session, address).value, requests.ConnectionError)
            assert len(came) == len(replies)  # none is sent again


def test_connections_are_kept_and_dead_ones_noticed():
    closing = OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
    with answering(OK, OK, closing, OK) as (address, came), session_of(slim.Session) as session:
        for _ in range(4):
            assert session.request("GET", address + "/a", timeout=10).text == "hi"
        assert len(came) == 4 and len(session.idle) == 1
    with answering(OK + b"HTTP/1.1 408 Late\r\n\r\n", OK) as (address, came), session_of(slim.Session) as session:
        session.request("GET", address + "/a", timeout=10)
        assert not session.idle or not slim.is_open(session.idle[0][1])


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as listening, session_of(slim.Session) as session:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(requests.ReadTimeout):
            session.request("GET", address, timeout=0.05)
    with pytest.raises(requests.ConnectionError):
        session.request("GET", address, timeout=1)


def test_a_redirection_is_followed():
    moved = REPLIES[-1].replace(b"Moved\r\n", b"Moved\r\nConnection: close\r\n")
    with answering(moved, moved, OK) as (address, came), session_of(slim.Session) as session:
        reply = session.request("GET", address + "/a", timeout=10)
        assert reply.text == "hi" and reply.history[0].status_code == 301 and reply.url == address + "/b"


@pytest.mark.parametrize("more", [{"stream": True}, {"headers": {"X": None}}, {"headers": {"X": "\u2028"}}, {"headers": {"X": " x"}}, {"headers": {"X": b"x"}}, {"data": "ü"},
                                  {"data": {"a": "b"}}, {"data": iter([b"x"])}, {"files": {"a": b"x"}}, {"auth": ("a", "b")}, {"cookies": {"a": "b"}}, {"timeout": (1, 2)}])
def test_what_it_does_not_know_it_leaves_to_requests(more):
    with session_of(slim.Session) as session:
        assert session.prepared("POST", "http://127.0.0.1:1/", more) is None
        session.hooks["response"].append(print)
        assert session.prepared("GET", "http://127.0.0.1:1/", {}) is None
