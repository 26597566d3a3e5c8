"""Where a request's time went: Server-Timing, the trace that a request is part of, and how long the disk takes."""

import re

import pytest

import contract_session
from test_metrics import metrics
from world import World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"  # of the recommendation's own example
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
PARTS = re.compile(r"queue;dur=(\d+\.\d{3}), (\w+);dur=(\d+\.\d{3}), total;dur=(\d+\.\d{3})")


def timing(reply):
    """(name of the work, milliseconds of queue, work and all); its parts are no more than the whole."""
    work = PARTS.fullmatch(reply.headers["Server-Timing"])
    queue, name, took, total = work.groups()
    assert float(queue) + float(took) <= float(total) + 0.002
    return name, float(queue), float(took), float(total)


def test_a_change_waits_for_its_commit(start):
    server = start()
    world = World(server)
    before = metrics(server)["tallystick_sync_duration_seconds_count", ()]
    reply = server.post("/supplies", {"site": world.a1, "item": world.masks, "quantity": 1, "source": "donation", "donation": "D"})
    assert reply.status_code == 201
    name, _, took, total = timing(reply)
    assert name == "commit" and took > 0 and total <= reply.elapsed.total_seconds() * 1000
    refused = server.post("/supplies", {"site": "NOWHERE", "item": world.masks, "quantity": 1, "source": "found"})
    assert refused.status_code == 422 and timing(refused)[0] == "commit"  # the rules have looked at it
    after = metrics(server)
    assert after["tallystick_sync_duration_seconds_count", ()] > before
    assert after["tallystick_sync_duration_seconds_sum", ()] > 0


def test_a_computation(start):
    server = start("--loops", "1")
    first = server.get(contract_session.DENSITY)
    assert timing(first)[0] == "solve"
    for _ in range(2):  # out of the cache: nobody waited for it
        again = server.get(contract_session.DENSITY)
        assert again.content == first.content and "Server-Timing" not in again.headers
    own = server.request("POST", "/efficiency", json=contract_session.UNITS)
    assert own.status_code == 200 and timing(own)[0] == "solve"


def test_what_does_not_wait(server):
    for path in ("/provinces", "/healthz", "/nowhere", "/ledger"):
        assert "Server-Timing" not in server.get(path).headers


def traces(server, path):
    """What the log says of the trace of requests for the path."""
    return re.findall(rf"event=request .* path={path} .*? remote=\S+(.*)", server.log())


@pytest.mark.parametrize("parent, trace", [
    (PARENT, TRACE), ("01-" + PARENT[3:] + "-more", TRACE), ("01" + PARENT[2:], TRACE), (PARENT + "-more", ""),
    ("ff" + PARENT[2:], ""), (PARENT[:-1], ""), (PARENT.upper(), ""), (PARENT.replace(TRACE, "0" * 32), ""),
    (PARENT.replace("00f067aa0ba902b7", "0" * 16), ""), (PARENT.replace("-", "_"), ""), ("", ""), ("x" * 55, "")])
def test_a_trace_is_told_in_the_log(start, parent, trace):
    server = start()
    assert server.get("/provinces/CN-HB", headers={"traceparent": parent}).status_code == 200
    assert server.get("/provinces/CN-GD").status_code == 200
    assert server.stop() == 0
    assert traces(server, "/provinces/{code}") == [f" trace={trace}" if trace else "", ""]
