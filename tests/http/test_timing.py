"""Where a request's time went: Server-Timing, the trace that a request is part of, and how long the disk takes."""

import re

import contract_session
from test_metrics import metrics
from wire_support import parse
from world import World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"  # of the recommendation's own example
SPAN = "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
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
    """What the log says of requests for the path: (the request's id, the trace and its parent)."""
    return re.findall(rf"event=request request=(\w+) .* path={path} .*? remote=\S+(.*)", server.log())


PARENTS = [(PARENT, "01"), (PARENT[:-2] + "00", "00"), (PARENT[:-2] + "ff", "03"), ("01-" + PARENT[3:] + "-more", "01"), ("01" + PARENT[2:], "01")]
NO_PARENTS = [PARENT + "-more", "ff" + PARENT[2:], PARENT[:-1], PARENT.upper(), PARENT.replace(TRACE, "0" * 32), PARENT.replace(SPAN, "0" * 16),
              PARENT.replace("-", "_"), "", "x" * 55, None]


def test_a_trace_is_continued(start):
    """The same trace, a span of its own, which is the request's id: in the reply and in the log; of a read, one out of the cache, a 304, a
    refusal, a computation and a change."""
    server = start("--loops", "1")
    etag = server.get("/provinces/CN-HB").headers["ETag"]  # now it is in the cache
    wanted = {}
    for parent, flags in PARENTS + [(parent, None) for parent in NO_PARENTS]:
        sent = {} if parent is None else {"traceparent": parent}
        replies = [server.get("/provinces/CN-HB", headers=sent), server.get("/provinces/CN-HB", headers={**sent, "If-None-Match": etag}),
                   server.get("/nowhere", headers=sent), server.request("POST", "/density", json={"values": [1, 2, 4]}, headers=sent),
                   server.put("/organisations/NO SUCH", {"name": "x"}, headers=sent)]
        assert [reply.status_code for reply in replies] == [200, 304, 404, 200, 400]
        for reply in replies:
            span = reply.headers["Request-Id"]
            assert reply.headers.get("traceresponse") == (flags and f"00-{TRACE}-{span}-{flags}"), parent
            wanted[span] = flags and f" trace={TRACE} parent={SPAN}" or ""
        assert "traceresponse" not in server.get("/provinces/CN-HB").headers  # of one request, not of what is kept
    assert server.put("/items/TRACED", {"name": "x", "unit": "piece"}, headers={"traceparent": PARENT}).headers["traceresponse"].startswith(f"00-{TRACE}-")
    assert server.stop() == 0
    told = dict(traces(server, r"\S+"))
    assert {span: told[span] for span in wanted} == wanted and len(told) == len(wanted) + 1 + len(PARENTS + NO_PARENTS) + 1


def test_a_refusal_of_the_guard_continues_the_trace(server):
    head = f"GET /healthz HTTP/1.1\r\nHost: a\r\ntraceparent: {PARENT}\r\n"
    reply, _ = server.raw(head + "Host: b\r\n\r\n")
    status, headers, _ = parse(reply)
    assert status == 400 and headers["traceresponse"] == f"00-{TRACE}-{headers['request-id']}-01"
    reply, _ = server.raw(head + f"traceparent: {PARENT}\r\nConnection: close\r\n\r\n")  # two are none
    status, headers, _ = parse(reply)
    assert status == 200 and "traceresponse" not in headers
