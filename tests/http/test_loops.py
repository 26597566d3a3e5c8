"""The HTTP loops: how work comes to them, and that none of it is forgotten."""

import re
import signal
import socket
import statistics
import time

import pytest

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n\r\n"


def read_reply(connection):
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += connection.recv(65536)
    head, _, body = reply.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head


@pytest.mark.concurrent
@pytest.mark.parametrize("loops", [1, 2])
@pytest.mark.parametrize("each", [127, 128, 129, 256])
def test_no_loop_hangs_when_many_connections_are_ready_at_once(start, loops, each):
    """The library asks for 128 events at a time; it must not wait for a 129th that does not come."""
    started = start("--loops", str(loops))
    connections = [started.connect(seconds=10) for _ in range(loops * each)]
    for connection in connections:  # every one is dealt to its loop, which has the same number of them as the others
        connection.sendall(REQUEST)
        read_reply(connection)
    for _ in range(3):
        started.process.send_signal(signal.SIGSTOP)
        for connection in connections:
            connection.sendall(REQUEST)
        started.process.send_signal(signal.SIGCONT)
        begun = time.monotonic()
        for number, connection in enumerate(connections):
            try:
                assert b" 200 " in read_reply(connection)
            except socket.timeout:
                pytest.fail(f"connection {number} had no answer for {time.monotonic() - begun:.0f} s")
    for connection in connections:
        connection.close()


@pytest.mark.concurrent
def test_a_loop_is_woken_when_what_a_request_waits_for_is_there(start):
    """Of the time that a write takes, what is neither its wait in the queue nor its commit is short: one second would be
    that of a loop that sleeps on."""
    started = start("--loops", "1")
    left = []
    for number in range(5):
        reply = started.put(f"/organisations/WOKEN-{number}", {"name": "Woken", "kind": "society"})
        assert reply.status_code == 201
        times = {name: float(duration) for name, duration in re.findall(r"(\w+);dur=([\d.]+)", reply.headers["Server-Timing"])}
        left.append(times["total"] - times["queue"] - times["commit"])
    assert statistics.median(left) < 300, left
