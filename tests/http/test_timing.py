"""Where a request's time went: Server-Timing, the trace that a request is part of, and how long the disk takes."""

import re

import pytest

import contract_session
from test_metrics import metrics
from world import World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"  # of the recommendation's own example
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
PART = re.compile(r"(\w+);dur=(\d+\.\d{3})")


def timing(reply):
    """{name of a part: milliseconds}, in order; the parts are no more than the whole."""
    parts = [PART.fullmatch(part).groups() for part in reply.headers["Server-Timing"].split(", ")]
    took = {name: float(milliseconds) for name, milliseconds in parts}
    assert len(took) == len(parts) and parts[-1][0] == "total"
    assert sum(took.values()) - took["total"] <= took["total"] + 0.005
    return took


def test_a_change_waits_for_its_commit(start):
    server = start()
    world = World(server)
    before = metrics(server)["tallystick_sync_duration_seconds_count", ()]
    reply = server.post("/supplies", {"site": world.a1, "item": world.masks, "quantity": 1, "source": "donation", "donation": "D"})
    assert reply.status_code == 201
    took = timing(reply)
    assert list(took) == ["queue", "db", "sign", "commit", "total"]
    assert min(took["db"], took["sign"], took["commit"]) > 0 and took["total"] <= reply.elapsed.total_seconds() * 1000
    refused = server.post("/supplies", {"site": "NOWHERE", "item": world.masks, "quantity": 1, "source": "found"})
    assert refused.status_code == 422 and "commit" in timing(refused)  # the rules have looked at it
    after = metrics(server)
    assert after["tallystick_sync_duration_seconds_count", ()] > before
    assert after["tallystick_sync_duration_seconds_sum", ()] > 0


def test_a_computation(start):
    server = start("--loops", "1")
    first = server.get(contract_session.DENSITY)
    assert list(timing(first)) == ["queue", "solve", "total"]
    for _ in range(2):  # out of the cache: nobody waited for it
        again = server.get(contract_session.DENSITY)
        assert again.content == first.content and "Server-Timing" not in again.headers
    own = server.request("POST", "/efficiency", json=contract_session.UNITS)
    assert own.status_code == 200 and list(timing(own)) == ["queue", "solve", "total"]


def test_a_read(start):
    server = start("--loops", "1")
    first = server.get("/provinces")
    assert list(timing(first)) == ["db", "total"]
    assert "Server-Timing" not in server.get("/provinces").headers  # out of the cache
    for path in ("/healthz", "/nowhere"):  # no database was asked
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
