"""Every byte that cannot be read in one way alone is refused by the service itself: by a problem document with all that
belongs to a reply, one line in the log and a count in /metrics. The library behind the guard would answer much of this with
HTML, or take it."""

import json
import random
import re
import signal
import socket
import statistics
import time

import pytest

from wire_support import COMPUTE, HOST, check_problem, get, parse, post
from world import until

CHUNKED = post(None, "Transfer-Encoding: chunked\r\n")
SMUGGLED = get(target="/provinces")
HEADER_MAX = 16 * 1024

REFUSED = {
    "length: word": (post("x", "", "{}"), 400, "malformed_request"),
    "length: sign": (post("+2", "", "{}"), 400, "malformed_request"),
    "length: negative": (post("-1", "", "{}"), 400, "malformed_request"),
    "length: list": (post("2, 2", "", "{}"), 400, "malformed_request"),
    "length: hexadecimal": (post("0x2", "", "{}"), 400, "malformed_request"),
    "length: empty": (post("", "", "{}"), 400, "malformed_request"),
    "length: huge": (post("9" * 30, "", "{}"), 413, "payload_too_large"),
    "line without colon": (get("no colon\r\n"), 400, "malformed_request"),
    "line without colon or blank": (get("nothing\r\n"), 400, "malformed_request"),
    "HTTP/2.0": (get(version="HTTP/2.0"), 505, "version_unknown"),
    "HTTP/2 at once": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_unknown"),
    "HTTP/0.9": (get(version="HTTP/0.9"), 505, "version_unknown"),
    "no version": ("GET /healthz\r\n\r\n", 400, "malformed_request"),
    "version in small letters": (get(version="http/1.1"), 400, "malformed_request"),
    "version with more digits": (get(version="HTTP/1.10"), 400, "malformed_request"),
    "blank behind the version": (get(version="HTTP/1.1 "), 400, "malformed_request"),
    "no method": ("\0\xff\r\n\r\n", 400, "malformed_request"),
    "TLS": ("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400, "malformed_request"),
    "blank first": (" " + get(), 400, "malformed_request"),
    "long method": ("G" * 5000 + " / HTTP/1.1\r\n\r\n", 501, "not_implemented"),
    "400 KB header": (get("a: " + "b" * 400_000 + "\r\n"), 431, "header_too_large"),
    "400 KB name": (get("a" * 400_000 + ": b\r\n"), 431, "header_too_large"),
    "400 KB target": (get(target="/" + "a" * 400_000), 414, "target_too_long"),
    "many empty lines": ("\r\n" * 100 + get(), 400, "malformed_request"),
    "line feeds alone": (get().replace("\r\n", "\n"), 400, "malformed_request"),
    "chunk: line feeds alone": (CHUNKED + "2\n{}\n0\n\n", 400, "malformed_request"),
    "chunk: line feed behind data": (CHUNKED + "2\r\n{}\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: line feed at the end": (CHUNKED + "2\r\n{}\r\n0\n\n", 400, "malformed_request"),
    "chunk: bare CR in an extension": (CHUNKED + "2;a\rb\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: line feed in an extension": (CHUNKED + "2;a\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: extension without name": (CHUNKED + "2;\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: long extension": (CHUNKED + "2;" + "a" * 300 + "\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: negative": (CHUNKED + "-2\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: 0x": (CHUNKED + "0x2\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: blank before": (CHUNKED + " 2\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: blank behind": (CHUNKED + "2 \r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: no digit": (CHUNKED + "\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: word": (CHUNKED + "zz\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: many zeros": (CHUNKED + "0" * 30 + "2\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: huge": (CHUNKED + "f" * 16 + "\r\n{}\r\n0\r\n\r\n", 413, "payload_too_large"),
    "chunk: more digits than fit": (CHUNKED + "1" * 17 + "\r\n{}\r\n0\r\n\r\n", 413, "payload_too_large"),
    "chunk: shorter than its data": (CHUNKED + "1\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: longer than its data": (CHUNKED + "3\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunk: folded trailer": (CHUNKED + "2\r\n{}\r\n0\r\na: b\r\n c\r\n\r\n", 400, "malformed_request"),
    "chunk: trailer without colon": (CHUNKED + "2\r\n{}\r\n0\r\na b\r\n\r\n", 400, "malformed_request"),
    "chunk: long trailer": (CHUNKED + "2\r\n{}\r\n0\r\na: " + "b" * 20_000 + "\r\n\r\n", 431, "header_too_large"),
    "chunked in HTTP/1.0": (CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + "2\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
}


def counted(server):
    """Requests that /metrics has counted with these classes of status."""
    text = server.get("/metrics").text
    return sum(int(number) for number in re.findall(r'^tallystick_http_requests_total\{[^}]*status="[45]xx"\} (\d+)$', text, re.M))


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_library_would_answer_is_refused_by_us(server, name):
    data, wanted, code = REFUSED[name]
    begun = time.monotonic()
    reply, is_closed = server.raw(data + SMUGGLED)
    status, headers, body = parse(reply)
    assert (status, len(re.findall(rb"HTTP/1\.1 \d", reply)), is_closed) == (wanted, 1, True)
    assert headers["connection"] == "close" and b"Guangdong" not in reply
    assert check_problem(status, headers, body)["code"] == code
    assert time.monotonic() - begun < 5
    until(lambda: f"request={headers['request-id']} " in server.log())
    lines = [line for line in server.log().splitlines() if f"request={headers['request-id']} " in line]
    assert len(lines) == 1 and f" status={wanted} " in lines[0] and "event=request" in lines[0]


def test_refusals_are_counted(start):
    started = start()
    before = counted(started)
    for data in ("\0\xff\r\n\r\n", get("no colon\r\n"), CHUNKED + "2\n{}\n0\n\n", get(version="HTTP/2.0")):
        assert parse(started.raw(data)[0])[0] >= 400
    until(lambda: counted(started) - before >= 4)
    assert counted(started) - before == 4


def test_no_method_is_refused_at_its_first_byte(server):
    with server.connect() as connection:
        connection.sendall(b"\0")
        begun = time.monotonic()
        assert b" 400 " in connection.recv(65536)
        assert time.monotonic() - begun < 3


def test_the_limits_are_those_that_are_told(server):
    """A target of 8,192 bytes, header fields of 16 KiB and of 100 lines are taken, one more of each is not."""
    def status(data):
        reply, _ = server.raw(data)
        return parse(reply)[0]

    last = "Connection: close\r\n"
    assert status(get(last, "/" + "a" * 8191)) == 404
    assert status(get(last, "/" + "a" * 8192)) == 414
    room = HEADER_MAX - len(HOST + last + "a: \r\n\r\n")
    assert status(get(last + "a: " + "b" * room + "\r\n")) == 200
    assert status(get(last + "a: " + "b" * (room + 1) + "\r\n")) == 431
    assert status(get(last + "a: b\r\n" * 98)) == 200
    assert status(get(last + "a: b\r\n" * 99)) == 431
    assert status(get(last + "Cookie: " + ";=" * 8000 + "\r\n")) == 200  # of which the library would make a list


def fill(extra):
    """Fields that with these, a Host and the empty line are 100, and 16 KiB."""
    count = 100 - 1 - extra.count("\r\n")
    room = HEADER_MAX - len(HOST + extra) - 2 - count * len("a12: \r\n")
    sizes = [room // count + (number < room % count) for number in range(count)]
    text = extra + "".join(f"a{number:02}: " + "b" * size + "\r\n" for number, size in enumerate(sizes))
    assert len(HOST + text) + 2 == HEADER_MAX and (HOST + text).count("\r\n") == 100
    return text


def test_the_largest_request_is_answered_by_us(server):
    """Target and header as long as may be, at once: the library's memory for a connection takes them, and a body and the
    reply's header beside them. Twice on one connection, which gives its memory back between."""
    body = json.dumps({"values": [1.0, 2.0, 3.0] * 3000, "bandwidth": 1})
    fields = fill(f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n")
    large = [get(fill(""), "/" + "a" * 8191), get(fill(""), "/provinces?limit=" + "0" * 8000 + "1"),
             f"POST {COMPUTE} HTTP/1.1\r\n{HOST}{fields}\r\n{body}"]
    for data, wanted in zip(large, (404, None, 200)):
        with server.connect() as connection:
            for _ in range(2):
                connection.sendall(data.encode())
                reply = b""
                while b"\r\n\r\n" not in reply or len(parse(reply)[2]) < int(parse(reply)[1]["content-length"]):
                    piece = connection.recv(65536)
                    assert piece, reply
                    reply += piece
                status, headers, text = parse(reply)
                assert "request-id" in headers and status == (wanted or status) and status in (200, 400, 404)
                if status >= 400:
                    check_problem(status, headers, text)
                time.sleep(3.5 if data is large[0] else 0)


def test_refusals_speak_the_language_that_the_header_asks_for(server):
    for data in (get("Accept-Language: zh\r\n", "/" + "a" * 9000), get("Accept-Language: zh\r\nno colon\r\n"),
                 CHUNKED.replace("\r\n\r\n", "\r\nAccept-Language: zh\r\n\r\n") + "2\n"):
        _, headers, body = parse(server.raw(data)[0])
        assert headers["content-language"] == "zh" and re.search("[\u4e00-\u9fff]", json.loads(body)["detail"])


def test_pages_of_other_origins_may_read_refusals(start):
    started = start("--cors-origin", "https://page.example")
    for data in (get("Origin: https://page.example\r\nno colon\r\n"), get("Origin: https://page.example\r\n", "/" + "a" * 9000),
                 CHUNKED.replace("\r\n\r\n", "\r\nOrigin: https://page.example\r\n\r\n") + "2\n"):
        reply, _ = started.raw(data)
        _, headers, _ = parse(reply)
        assert headers["access-control-allow-origin"] == "https://page.example" and b"\r\nVary: Origin\r\n" in reply
        assert "Request-Id" in headers["access-control-expose-headers"]


def test_a_refusal_comes_behind_the_answers_before_it(server):
    reply, is_closed = server.raw(get() + post(9, "", "{\"a\": 1}\n") + CHUNKED + "2\r\n{}\r\n0\r\n\r\n" + get("no colon\r\n") + get())
    assert is_closed
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", reply)]
    assert len(statuses) == 4 and statuses[0] == 200 and statuses[3] == 400
    assert reply.count(b"application/problem+json") == 3  # the two bodies are understood, and say nothing that can be computed


BODY = {"values": [1.0, 2.0, 3.0, 5.0], "bandwidth": 1}


def chunked(text, random_number, with_more):
    out = ""
    while text:
        size = random_number.randint(1, 20)
        piece, text = text[:size], text[size:]
        more = random_number.choice(["", ";a", " ; a = \"b;\\\"\" ;c=d"]) if with_more else ""
        out += random_number.choice(["{:x}", "{:X}", "{:04x}"]).format(len(piece)) + more + "\r\n" + piece + "\r\n"
    return out + "0\r\n" + ("Trailer-Field: x\r\nContent-Length: 7\r\n" if with_more else "") + "\r\n"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_chunks_in_any_form_and_in_any_pieces(server, piece):
    """Extensions and trailers mean nothing, and where the network cuts the bytes does not either."""
    random_number = random.Random(piece)
    plain = server.request("POST", COMPUTE, json=BODY)
    assert plain.status_code == 200
    requests = [CHUNKED + chunked(json.dumps(BODY), random_number, with_more) for with_more in (False, True)]
    data = ("".join(requests) + get("Connection: close\r\n")).encode()
    with server.connect() as connection:
        for at in range(0, len(data), piece):
            connection.sendall(data[at:at + piece])
        received = b""
        while more := connection.recv(65536):
            received += more
    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"200", b"200"]
    assert received.count(plain.content) == 2


def test_a_header_in_any_pieces(server):
    data = b"\r\n" + get("Cookie: a=b\r\nContent-Length:  0 \r\nConnection: close \r\n").encode()
    for piece in (1, 2, 5):
        with server.connect() as connection:
            for at in range(0, len(data), piece):
                connection.sendall(data[at:at + piece])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("data", [get(), get(target="/provinces"), "GET /heal", CHUNKED + "2\r\n{"])
def test_an_end_that_comes_with_the_request_is_seen_at_once(server, data):
    """The client ends its sending with what it sends: it is answered, if there is something to answer, and the connection
    closed, without waiting for the janitor's look ten times a second."""
    for _ in range(5):
        times = []
        for _ in range(21):
            with server.connect() as connection:
                server.process.send_signal(signal.SIGSTOP)  # so that both are there when it looks
                connection.sendall(data.encode())
                connection.shutdown(socket.SHUT_WR)
                server.process.send_signal(signal.SIGCONT)
                begun = time.monotonic()
                received = b""
                while piece := connection.recv(65536):
                    received += piece
                times.append(time.monotonic() - begun)
            assert received[:12] == (b"HTTP/1.1 200" if data.endswith("\r\n\r\n") else b"")
        if statistics.median(times) < 0.025:
            break  # else another program may have had the processors
    assert statistics.median(times) < 0.025, times


def test_a_client_that_sends_on_gets_its_refusal(server):
    """What comes behind a fault is read and forgotten for a while, so that no reset overtakes the refusal."""
    for data in (CHUNKED + "2\n", get("no colon\r\n"), "\0"):
        with server.connect() as connection:
            connection.sendall(data.encode())
            try:
                for _ in range(20):
                    connection.sendall(b"x" * 65536)
            except OSError:
                pass
            connection.settimeout(5)
            received = b""
            try:
                while piece := connection.recv(65536):
                    received += piece
            except OSError:
                pass
            assert b" 400 " in received[:20]


@pytest.mark.concurrent
def test_whoever_takes_too_long_is_told_as_everybody_is(start):
    started = start("--header-timeout", "1", "--request-timeout", "1", "--cors-origin", "https://page.example")
    page = "Origin: https://page.example\r\nAccept-Language: zh\r\n"
    cases = ["G", "GET /provinces HTT", get(page, "/provinces")[:-2] + "X", get(page)[:-2], post(5, page, "{"),
             CHUNKED[:-2] + page + "\r\n", CHUNKED[:-2] + page + "\r\n5", CHUNKED[:-2] + page + "\r\n5\r\n{",
             CHUNKED[:-2] + page + "\r\n2\r\n{}\r\n0\r\n"]
    connections = []
    for data in cases:
        connections.append(started.connect(seconds=10))
        connections[-1].sendall(data.encode())
    for data, connection in zip(cases, connections):
        received = b""
        while piece := connection.recv(65536):
            received += piece
        connection.close()
        status, headers, body = parse(received)
        assert status == 408 and received.count(b"HTTP/1.1 ") == 1, data
        assert check_problem(status, headers, body)["code"] == "request_timeout" and headers["connection"] == "close"
        if page in data:
            assert headers["access-control-allow-origin"] == "https://page.example" and headers["content-language"] == "zh"
    until(lambda: started.log().count("event=client_cut") >= len(cases) <= started.log().count(" status=408 "))
    log = started.log()
    assert log.count(" status=408 ") == len(cases) and log.count("event=client_cut") == len(cases)
    assert started.get("/healthz").status_code == 200


def test_who_takes_nothing_of_a_reply_is_cut_and_told_of(start):
    """Whichever of the two timers is first."""
    started = start("--idle-timeout", "1")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", started.port))
        connection.sendall((get(target="/openapi.json") * 100).encode())
        until(lambda: "event=client_cut" in started.log(), 30)
        assert started.log().count("event=client_cut") == 1 and "phase=reply" in started.log()


def test_a_late_refusal_does_not_wait_for_a_client_that_ended_its_side(start):
    started = start("--header-timeout", "1")
    with started.connect() as connection:
        connection.sendall(b"GET /healthz HT")
        connection.shutdown(socket.SHUT_WR)
        begun = time.monotonic()
        assert connection.recv(100) == b""  # there is no request and nothing to say
        assert time.monotonic() - begun < 3
    assert started.get("/healthz").status_code == 200
