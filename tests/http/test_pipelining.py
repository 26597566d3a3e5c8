"""Requests that come before the answers to those before them: each is answered, in order, whatever they are and however they come."""

import json
import random
import socket

import pytest

from conftest import key
from wire_support import HOST, split_replies
from world import World

pytestmark = pytest.mark.concurrent


def request(method, path, body=None, token=None, closes=False, chunks=False, **fields):
    head = f"{method} {path} HTTP/1.1\r\n{HOST}"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    head += "Connection: close\r\n" if closes else ""
    if body is None:
        return (head + "\r\n").encode()
    text = json.dumps(body).encode()
    if chunks:
        middle = len(text) // 2
        parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (text[:middle], text[middle:]) if part)
        return (head + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").encode() + parts + b"0\r\n\r\n"
    return (head + f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n").encode() + text


def conversation(server, name):
    """[(bytes, status, what is wanted of the document)]: changes, computations and reads, each of which depends on its place."""
    token = server.token
    asked = []

    def add(status, wanted, method, path, body=None, **more):
        asked.append((request(method, path, body, **more), status, wanted))
    add(404, lambda d: d["code"] == "not_found", "GET", f"/organisations/{name}")
    add(201, lambda d: d["id"] == name and d["version"] == 1, "PUT", f"/organisations/{name}", {"name": "One", "kind": "society"}, token=token,
        Idempotency_Key=key())
    add(200, lambda d: d["name"] == "One", "GET", f"/organisations/{name}")
    for number in range(5):  # computed elsewhere, in any order there
        values = [0.0, 1.0 + number, 2.0 + 3 * number]
        add(200, lambda d, number=number: abs(d["series"][0]["max"] - (2.0 + 3 * number)) < 1e-12, "POST", "/density", {"values": values, "points": 16},
            chunks=number % 2 == 1)
    add(422, lambda d: d["errors"][0]["pointer"] == "/values", "POST", "/density", {"values": "none"})
    for number in range(3):
        change = {"name": f"Version {number + 2}", "kind": "society"}
        add(200, lambda d, number=number: d["version"] == number + 2, "PUT", f"/organisations/{name}", change, token=token, Idempotency_Key=key(),
            If_Match=f'"{number + 1}"', chunks=number == 1)
        add(200, lambda d, number=number: d["name"] == f"Version {number + 2}", "GET", f"/organisations/{name}")
    add(412, lambda d: d["code"] == "version_mismatch" or d["status"] == 412, "PUT", f"/organisations/{name}", {"name": "Late", "kind": "society"}, token=token,
        Idempotency_Key=key(), If_Match='"1"')
    add(401, lambda d: d["code"] == "unauthenticated", "PUT", f"/organisations/{name}", {"name": "Nobody", "kind": "society"}, Idempotency_Key=key())
    add(405, lambda d: d["status"] == 405, "DELETE", "/provinces")
    add(204, None, "OPTIONS", "/supplies")
    add(200, lambda d: d["code"] == "CN-HB", "GET", "/provinces/CN-HB")
    add(200, lambda d: d["name"] == "Version 4", "GET", f"/organisations/{name}", closes=True)
    return asked


def send(server, pieces, ends=False):
    received = b""
    with server.connect(seconds=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            received += data
    return received


def check(asked, received):
    replies, rest = split_replies(received)
    assert rest == b"" and len(replies) == len(asked), received[-2000:]
    for (sent, status, wanted), (got, headers, body) in zip(asked, replies):
        assert got == status, (sent, got, body)
        assert wanted is None and body == b"" or wanted(json.loads(body)), (sent, body)
        assert headers.get("connection") == ("close" if sent is asked[-1][0] else None)
    assert len({headers["request-id"] for _, headers, _ in replies}) == len(replies)


@pytest.mark.parametrize("way", ["at once", "one by one", "bytes", "pieces"])
def test_mixed_requests_are_answered_in_order(server, way):
    asked = conversation(server, "PIPE-" + way.replace(" ", "-"))
    data = b"".join(sent for sent, _, _ in asked)
    pieces = {"at once": [data], "one by one": [sent for sent, _, _ in asked], "bytes": [data[at:at + 1] for at in range(len(data))]}.get(way)
    if pieces is None:
        chance, at, pieces = random.Random(11), 0, []
        while at < len(data):
            size = chance.randint(1, 700)
            pieces.append(data[at:at + size])
            at += size
    check(asked, send(server, pieces))


@pytest.mark.parametrize("way", ["at once", "one by one"])
def test_changes_of_a_client_that_ends_its_side_are_all_answered(server, way):
    """It says all that it has to say and half closes: each change is answered, in order, and what was acknowledged is there."""
    name, world = "HALF-" + way.replace(" ", "-"), World(server)
    token, size = server.token, server.get("/ledger").json()["size"]
    asked = [(request("PUT", f"/organisations/{name}", {"name": "A", "kind": "society"}, token=token), 201)]
    asked += [(request("PUT", f"/organisations/{name}", {"name": f"Version {number}", "kind": "society"}, token=token, chunks=number % 2 == 0,
                       If_Match=f'"{number - 1}"', Idempotency_Key=key()), 200) for number in range(2, 6)]
    intakes = [request("POST", "/supplies", world.intake_body(100 + number, donation=f"{name}-{number}"), token=token, Idempotency_Key=key(),
                       chunks=number == 1) for number in range(4)]
    asked += [(sent, 201) for sent in intakes]
    asked.append((request("POST", "/supplies", world.intake_body(0), token=token, Idempotency_Key=key()), 422))
    asked.append((request("PUT", f"/organisations/{name}", {"name": "Late", "kind": "society"}, token=token, If_Match='"1"'), 412))
    asked.append((intakes[-1], 201))  # once more: the answer that it had, and no second change
    pieces = [sent for sent, _ in asked]
    replies, rest = split_replies(send(server, [b"".join(pieces)] if way == "at once" else pieces, ends=True))
    assert rest == b"" and [status for status, _, _ in replies] == [status for _, status in asked], [body for _, _, body in replies]
    bodies = [json.loads(body) for _, _, body in replies]
    made = [body for status, _, body in zip(asked, replies, bodies) if status[1] in (200, 201)]
    assert made[-1] == made[-2] and replies[-1][1]["idempotency-replayed"] == "true"
    seqs = [body["ledger"]["seq"] for body in made[:-1]]
    assert seqs == list(range(size + 1, size + 1 + len(seqs))) and server.get("/ledger").json()["size"] == seqs[-1]
    assert server.get(f"/organisations/{name}").json()["name"] == "Version 5"
    for number, body in enumerate(made[-5:-1]):
        there = server.get(f"/supplies/{body['id']}").json()
        assert there["id"] == body["id"] and there["on_hand"] == 100 + number
    for seq in seqs:
        assert server.get(f"/ledger/entries/{seq}").status_code == 200


def test_a_request_that_waits_for_its_body_holds_up_those_behind_it_alone(server):
    """Half a body, then the rest with three requests behind it; another connection is answered meanwhile."""
    first = request("POST", "/density", {"values": [1, 2, 4], "points": 16})
    with server.connect(seconds=30) as connection:
        connection.sendall(request("GET", "/healthz") + first[:-5])
        received = b""
        while not split_replies(received)[0]:
            received += connection.recv(65536)
        assert server.get("/provinces/CN-GD").status_code == 200
        connection.sendall(first[-5:] + request("GET", "/provinces/CN-HB") + request("GET", "/nowhere") + request("GET", "/healthz", closes=True))
        while data := connection.recv(65536):
            received += data
    assert [status for status, _, _ in split_replies(received)[0]] == [200, 200, 200, 404, 200]


def test_many_in_one_packet(server):
    """More than any one buffer holds."""
    asked = [request("GET", f"/provinces/{code}", closes=False) for code in ("CN-HB", "CN-GD", "CN-SC")] * 300
    received = send(server, [b"".join(asked) + request("GET", "/healthz", closes=True)])
    replies, rest = split_replies(received)
    assert rest == b"" and len(replies) == 901
    assert [json.loads(body)["code"] for _, _, body in replies[:-1]] == ["CN-HB", "CN-GD", "CN-SC"] * 300


def test_a_refused_request_ends_the_conversation_and_nothing_behind_it_is_done(server):
    name = "PIPE-REFUSED"
    behind = request("PUT", f"/organisations/{name}", {"name": "Smuggled", "kind": "society"}, token=server.token, Idempotency_Key=key())
    received = send(server, [request("GET", "/healthz") + b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + behind])
    assert [status for status, _, _ in split_replies(received)[0]] == [200, 400]
    assert server.get(f"/organisations/{name}").status_code == 404
