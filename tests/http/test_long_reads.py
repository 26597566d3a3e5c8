"""A read that takes long leaves its loop: what else the loop has to do does not wait for it, and its answer is the same."""

import http.client
import json
import os
import signal
import sqlite3
import statistics
import tempfile
import threading
import time

import pytest

from conftest import Server
from test_metrics import metrics
from world import World

ROWS = 150_000
ON_HAND = 100
MOST = 9007199254740991
NONE = f"/supplies?limit=1&min_available={MOST}"  # all rows are looked at
LONG = ["/supplies/summary?by=item", NONE, "/supplies?limit=1&sort=-available", "/supplies?limit=1&expires_before=2001-01-01", "/supplies/summary"]
CLIENTS = 8
# With a limit nothing comes out of the reply cache.
OPTIONS = ("--loops", "1", "--rate-limit", "6000000")


def copy_rows(path):
    """As many supplies like the one that is there. Only how they are read is looked at: the ledger does not know them."""
    database = sqlite3.connect(path)
    columns = [row[1] for row in database.execute("SELECT * FROM pragma_table_info('supply')")]
    values = {"id": "'S' || n", "lot": "'L' || n"}
    chosen = ", ".join(values.get(column, f"t.{column}") for column in columns)
    database.execute(f"""WITH RECURSIVE number(n) AS (SELECT 1000000 UNION ALL SELECT n + 1 FROM number WHERE n < {1000000 + ROWS})
                         INSERT INTO supply SELECT {chosen} FROM number, (SELECT * FROM supply LIMIT 1) t""")
    database.commit()
    database.close()


@pytest.fixture(scope="module")
def directory():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        made = os.path.join(scratch, "data")
        server = Server(made)
        World(server).intake(ON_HAND)
        assert server.stop() == 0
        copy_rows(os.path.join(made, "tallystick.db"))
        yield made


@pytest.fixture
def serve(directory):
    """Starts a service on those rows; what a test that failed left running ends with it."""
    started = []

    def start(*options):
        started.append(Server(directory, *options))
        return started[-1]
    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def moved(server):
    return metrics(server)["tallystick_reads_moved_total", ()]


def timed(call):
    began = time.monotonic()
    reply = call()
    assert reply.status_code == 200, reply.text
    return time.monotonic() - began


class Reader(threading.Thread):
    """Asks for one target after the other until it is told to stop, on one connection: (status, Retry-After, body) of each."""

    def __init__(self, server, targets, count=None):
        super().__init__(daemon=True)
        self.port, self.targets, self.count = server.port, targets, count
        self.is_stopping = threading.Event()
        self.answers = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        while not self.is_stopping.is_set() and len(self.answers) != self.count:
            connection.request("GET", self.targets[len(self.answers) % len(self.targets)])
            reply = connection.getresponse()
            self.answers.append((reply.status, reply.headers["Retry-After"], reply.read()))
        connection.close()


@pytest.mark.concurrent
def test_what_is_short_passes_by_what_is_long(serve):
    """By medians, against what one long read takes alone: on the loop each would wait for some of them."""
    server = serve(*OPTIONS)
    before = moved(server)
    alone = statistics.median(timed(lambda: server.get(LONG[0])) for _ in range(3))
    assert moved(server) == before + 3
    readers = [Reader(server, LONG[first % len(LONG):] + LONG[:first % len(LONG)]) for first in range(CLIENTS)]
    for reader in readers:
        reader.start()
    took = {"probe": [], "short read": []}
    while min(len(times) for times in took.values()) < 40 or min(len(reader.answers) for reader in readers) < 1:
        took["probe"].append(timed(lambda: server.get("/healthz")))
        took["short read"].append(timed(lambda: server.get("/provinces/CN-HB")))
        time.sleep(0.01)
    for reader in readers:
        reader.is_stopping.set()
    for reader in readers:
        reader.join()
    answers = [answer for reader in readers for answer in reader.answers]
    assert all(status == 200 or (status == 503 and int(again) > 0) for status, again, _ in answers)
    assert any(status == 200 for status, _, _ in answers)
    assert moved(server) >= before + 3 + len(answers)
    for name, times in took.items():
        print(f"{name}: {len(times)} times, median {statistics.median(times) * 1000:.1f} ms, longest {max(times) * 1000:.1f} ms; "
              f"a long read alone {alone * 1000:.1f} ms, {len(answers)} beside")
        assert statistics.median(times) < alone / 2, name
    deadline = time.monotonic() + 10
    while metrics(server)["tallystick_requests_waiting", ()] > 0:  # a reply is sent a moment before it is counted out
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert server.stop() == 0


WAYS = [{}, {"Accept": "text/csv"}, {"Accept-Encoding": "gzip"}, {"Prefer": "return=minimal"}, {"Accept-Language": "zh"}]


def seen(reply):
    """What does not tell one reply from another with the same answer."""
    return (reply.status_code, reply.content,
            {name: value for name, value in reply.headers.items() if name not in ("Date", "Request-Id", "Server-Timing", "RateLimit")})


def test_the_answer_is_the_same_on_the_loop_and_beside_it(serve):
    """A read that is short, but of the shape of a long one, goes where those go."""
    server = serve(*OPTIONS)
    short = f"/supplies?limit=1&min_available={ON_HAND}"
    count = moved(server)
    asked = [(method, short, way) for method in ("GET", "HEAD") for way in WAYS]
    asked += [("GET", short.replace(f"={ON_HAND}", "=-1"), way) for way in WAYS]  # refused
    on_loop = [seen(server.request(method, path, headers=way)) for method, path, way in asked]
    tag = on_loop[0][2]["ETag"]
    asked.append(("GET", short, {"If-None-Match": tag}))
    asked.append(("GET", short, {"If-Match": '"another"'}))
    on_loop += [seen(server.request(method, path, headers=way)) for method, path, way in asked[-2:]]
    assert [answer[0] for answer in on_loop] == [200] * 10 + [400] * 5 + [304, 412]
    assert moved(server) == count
    for (method, path, way), first in zip(asked, on_loop):
        assert server.get(NONE).json()["items"] == []
        again = server.request(method, path, headers=way)
        count += 2
        assert seen(again) == first, (method, path, way)
        assert moved(server) == count
    assert server.stop() == 0


def test_one_that_takes_too_long_is_given_up(serve):
    server = serve(*OPTIONS, "--job-seconds", "1")
    for _ in range(20):
        count = moved(server)
        reader = Reader(server, LONG[:1], 1)
        reader.start()
        while moved(server) == count:
            pass
        server.process.send_signal(signal.SIGSTOP)  # its time goes on
        time.sleep(1.2)
        server.process.send_signal(signal.SIGCONT)
        reader.join()
        status, again, body = reader.answers[0]
        if status != 200:
            break
    assert (status, again, json.loads(body)["code"]) == (503, "30", "busy")
    assert "given up after 1 s" in json.loads(body)["detail"]
    assert server.get("/supplies?limit=1").status_code == 200
    assert server.stop() == 0


@pytest.mark.concurrent
def test_a_stop_finishes_long_reads(serve):
    server = serve(*OPTIONS)
    readers = [Reader(server, [target], 1) for target in LONG + [NONE]]
    for reader in readers:
        reader.start()
    while moved(server) < len(readers):
        assert all(reader.is_alive() for reader in readers) or moved(server) > 0
    assert server.stop() == 0
    for reader in readers:
        reader.join()
    answers = [answer for reader in readers for answer in reader.answers]
    assert len(answers) == len(readers) and any(status == 200 for status, _, _ in answers)
    assert all(status == 200 or (status == 503 and int(again) > 0) for status, again, _ in answers)  # where it is slow one waits too long


def test_more_than_can_wait_are_refused_at_once(serve):
    """Nobody waits for longer than reads may, and whoever watches the service gets an answer."""
    server = serve(*OPTIONS)
    readers = [Reader(server, [NONE], 1) for _ in range(240)]
    for reader in readers:
        reader.start()
    probes = []
    while any(reader.is_alive() for reader in readers):
        probes.append(timed(lambda: server.get("/healthz")))
        time.sleep(0.05)
    statuses = [reader.answers[0][0] for reader in readers]
    assert statuses.count(200) > 0 and statuses.count(503) > 0 and statuses.count(200) + statuses.count(503) == len(readers)
    for status, again, body in (reader.answers[0] for reader in readers):
        assert status == 200 or (again == "1" and json.loads(body)["code"] == "busy")
    assert metrics(server)["tallystick_reads_refused_total", ()] == statuses.count(503)
    print(f"{statuses.count(200)} answered, {statuses.count(503)} refused; probes: median {statistics.median(probes) * 1000:.1f} ms")
    assert server.stop() == 0


def test_the_summary_is_kept(serve):
    """As long as the ledger has not grown and the day has not passed."""
    server = serve("--loops", "1")
    first = server.get("/supplies/summary?by=item")
    count = moved(server)
    again = server.get("/supplies/summary?by=item")
    assert moved(server) == count and seen(again) == seen(first)
    assert server.put("/items/T-KEPT", {"name": "x", "unit": "piece"}).status_code == 201
    later = server.get("/supplies/summary?by=item")
    assert later.content == first.content and int(later.headers["Tallystick-Seq"]) == int(first.headers["Tallystick-Seq"]) + 1
    assert server.stop() == 0
