"""/events: the ledger told page by page and live, to one follower and to thousands, of whom none loses an event."""

import contextlib
import json
import os
import resource
import selectors
import signal
import socket
import tempfile
import threading
import time

import pytest

from conftest import Server
from world import World, accepted, fresh, problem, walk

FOLLOWERS = 5000
STREAM = {"Accept": "text/event-stream"}
PLACES = {"genesis": "/ledger", "figures.put": "/figures", "supply": "/supplies/", "province": "/provinces/",
          "organisation": "/organisations/", "site": "/sites/", "item": "/items/", "indicator": "/indicators/",
          "transfer": "/transfers/"}


def change(server, count=1):
    """That many entries, one after the other; the last one's number."""
    for _ in range(count):
        reply = server.put(f"/organisations/{fresh('EVENTS')}", {"name": "Some hospital", "kind": "hospital", "province": "CN-HB"})
        assert reply.status_code == 201, reply.text
    return reply.json()["ledger"]["seq"]


def size(server):
    return server.get("/ledger").json()["size"]


class Follower:
    """A raw socket that follows; buffer and segment small where it is to be slow."""

    def __init__(self, server, path="/events", last=None, buffer=None, token=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", server.port))
        header = f"Last-Event-ID: {last}\r\n" if last is not None else ""
        header += f"Authorization: Bearer {token}\r\n" if token else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n{header}\r\n".encode())
        self.received = b""
        self.ended = False

    def read(self):
        try:
            piece = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            piece = b""
        self.received += piece
        self.ended = not piece
        return not self.ended

    def body(self):
        """What has come of it, out of its chunks."""
        rest, body = self.received.partition(b"\r\n\r\n")[2], b""
        while b"\r\n" in rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[:int(size, 16)]
            rest = rest[int(size, 16) + 2:]
        return body.decode()

    def blocks(self):
        """The lines of each whole event so far."""
        blocks = self.body().split("\n\n")[:-1]
        told = ([line for line in block.split("\n") if not line.startswith((":", "retry:"))] for block in blocks)
        return [lines for lines in told if lines]

    def events(self):
        """Whole events so far."""
        found = []
        for lines in self.blocks():
            assert [line.partition(": ")[0] for line in lines] == ["id", "data"], lines
            event = json.loads(lines[1].removeprefix("data: "))
            assert event["id"] == int(lines[0].removeprefix("id: "))
            found.append(event)
        return found

    def ids(self):
        return [event["id"] for event in self.events()]

    def until(self, seq, seconds=120):
        deadline = time.monotonic() + seconds
        while not self.ids() or self.ids()[-1] < seq:
            assert time.monotonic() < deadline and self.read(), self.received[-500:]
        return self.ids()

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def following(*followers):
    try:
        yield followers
    finally:
        for follower in followers:
            follower.close()


def taken(follower, pieces):
    """The events that it had whole when it broke off, behind so many pieces or when nothing came in its time."""
    with following(follower), contextlib.suppress(TimeoutError):
        for _ in range(pieces):
            if not follower.read():
                break
    return follower.ids()


@pytest.fixture(scope="module")
def server():
    """Of its own: the many organisations made here would push others off the pages that other tests read."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        own = Server(os.path.join(scratch, "data"))
        yield own
        assert own.stop() == 0


@pytest.fixture(scope="module", autouse=True)
def quiet():
    """A follower to whom nothing happens while the other tests run; the last one asks for it."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"))
        with following(Follower(server)) as (follower,):
            yield follower
        assert server.stop() == 0


def test_pages_tell_what_the_entries_say(server):
    change(server, 3)
    entries = walk(server, "/ledger/entries?limit=7")
    events = walk(server, "/events?limit=5")[:len(entries)]
    assert [event["id"] for event in events] == [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    for event, entry in zip(events, entries, strict=True):
        assert all(event[name] == entry[name] for name in ("time", "kind", "target", "new_id", "command_id", "organisation", "role"))
        place = PLACES[event["kind"] if event["kind"] in PLACES else event["kind"].partition(".")[0]]
        assert event["resource"] == place + ((event["target"] or event["new_id"]) if place.endswith("/") else "")
        assert server.get(event["resource"]).status_code == 200
    assert server.get("/events?after=2&limit=1").json()["items"][0]["id"] == 3


def test_goods_that_are_added_to_others(server):
    """An intake of goods that are there already: the event leads to the supply that has them now, not to the id that came for another."""
    world = World(server)
    body = world.intake_body(10, lot=fresh("LOT"))
    supplies = [accepted(server.post("/supplies", body), 201)["id"] for _ in range(2)]
    events = server.get(f"/events?after={size(server) - 2}").json()["items"]
    assert supplies[0] == supplies[1] == events[0]["new_id"] != events[1]["new_id"]
    assert [event["resource"] for event in events] == [f"/supplies/{supplies[0]}"] * 2
    assert server.get(f"/supplies/{events[1]['new_id']}").status_code == 404


def test_a_stream_begins_where_it_is_asked_to(server):
    change(server, 3)
    end = size(server)
    with following(Follower(server), Follower(server, "/events?after=1"), Follower(server, "/events?after=1", last=end - 1),
                   Follower(server, "/events?after=0")) as (now, early, last, all_of_it):
        early.until(end)
        assert last.until(end) == [end]
        assert all_of_it.until(end) == list(range(1, end + 1)) and early.ids() == list(range(2, end + 1))
        assert all_of_it.events() == walk(server, "/events?limit=200")[:end]
        seq = change(server)
        for follower in (now, early, last, all_of_it):
            assert follower.until(seq)[-1] == seq
        assert now.ids() == [seq] and now.received.startswith(b"HTTP/1.1 200 OK\r\n")
        head = now.received.partition(b"\r\n\r\n")[0].decode()
        for line in ("Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no", "Vary: Accept, Accept-Encoding"):
            assert f"\r\n{line}\r\n" in head + "\r\n"


def test_what_cannot_be_followed(server):
    for last in ("x", "-1", "1.5", "99999999999999999999"):
        refusal = problem(server.get("/events", headers={**STREAM, "Last-Event-ID": last}), 400, "invalid_query")
        assert refusal["errors"][0]["parameter"] == "Last-Event-ID"
    for query in ("fields=id", "limit=5", "cursor=x"):  # of pages
        refusal = problem(server.get(f"/events?{query}", headers=STREAM), 400, "invalid_query")
        assert refusal["errors"][0]["code"] == "unknown_parameter"
    ahead = size(server) + 1000
    for more in ({"path": f"/events?after={ahead}", "headers": STREAM}, {"path": "/events", "headers": {**STREAM, "Last-Event-ID": str(ahead)}}):
        assert str(ahead) in problem(server.get(**more), 400, "invalid_cursor")["detail"]
    for path in ("/events?limit=3", "/events?cursor=x", "/events?after=x", "/events?kind=genesis"):
        problem(server.get(path, headers=STREAM), 400, "invalid_query")
    head = server.request("HEAD", "/events", headers=STREAM)
    assert head.status_code == 200 and head.headers["Content-Type"] == "text/event-stream" and not head.content


def test_an_old_client_gets_what_there_is(server):
    """HTTP/1.0 has no chunks: the answer ends, and the client comes again as it would after a loss."""
    seq = change(server, 2)
    received, was_closed = server.raw(f"GET /events?after={seq - 2} HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert was_closed and f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    assert body.startswith(b"retry: 3000\n\n") and body.count(b"\n\n") == 3 and f"id: {seq}\n".encode() in body


@pytest.mark.parametrize("path, media", [("/events", "text/event-stream"), ("/ledger/entries", "application/x-ndjson")])
def test_nothing_follows_the_head_of_a_stream(server, path, media):
    """The library sends the end of the chunks all the same: the connection is closed, so that nobody takes it for the next answer."""
    received, was_closed = server.raw(f"HEAD {path} HTTP/1.1\r\nHost: x\r\nAccept: {media}\r\n\r\n")
    head, _, rest = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close" in head and was_closed and rest in (b"", b"0\r\n\r\n")


def test_private_streams_need_a_token(start):
    server = start("--private")
    problem(server.get("/events", headers=STREAM), 401, "unauthenticated")
    with server.session.get(server.url + "/events?after=0", headers={**STREAM, "Authorization": f"Bearer {server.token}"},
                            stream=True, timeout=30) as reply:
        assert reply.status_code == 200 and next(reply.iter_lines()) == b"retry: 3000"


@pytest.mark.concurrent
def test_followers_who_come_and_go_miss_nothing(server):
    """Writers write, followers break off at any byte and come back with the last id that they had whole."""
    begin = size(server)
    done = threading.Event()

    def write():
        change(server, 40)

    def follow(seen):
        step = 1
        while not done.is_set() or seen[-1] < end[0]:
            follower = Follower(server, last=seen[-1])
            follower.socket.settimeout(0.2)
            seen += taken(follower, step % 4 + 1)
            step += 1
    end = [0]
    seen = [[begin] for _ in range(4)]
    writers = [threading.Thread(target=write) for _ in range(3)]
    followers = [threading.Thread(target=follow, args=(one,)) for one in seen]
    for thread in writers + followers:
        thread.start()
    for thread in writers:
        thread.join()
    end[0] = change(server)
    done.set()
    for thread in followers:
        thread.join(300)
        assert not thread.is_alive()
    for one in seen:
        assert one == list(range(begin, end[0] + 1))


@pytest.mark.concurrent
def test_a_stop_ends_streams_at_once(start):
    server = start()
    end = change(server, 3)
    with following(*(Follower(server, "/events?after=0") for _ in range(20))) as followers:
        for follower in followers:
            follower.until(end)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10
        for follower in followers:
            while follower.read():
                pass
            assert follower.ids() == list(range(1, end + 1)) and follower.received.endswith(b"}\n\n\r\n0\r\n\r\n")


def test_a_kill_ends_streams_and_they_go_on_after_it(start):
    server = start()
    end = change(server, 2)
    with following(Follower(server, "/events?after=0")) as (follower,):
        follower.until(end)
        server.kill()
        assert not follower.read()
    server = start(data_dir=server.data_dir)
    with following(Follower(server, last=end)) as (follower,):
            assert follower.until(change(server, 1)) == [end + 1]


def test_a_slow_follower_loses_its_connection_and_no_event(start):
    server = start("--idle-timeout", "2")
    with following(Follower(server, "/events?after=0", buffer=2048), Follower(server, "/events?after=0")) as (slow, quick):
        threads = [threading.Thread(target=change, args=(server, 300)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        end = size(server)
        quick.until(end)
        assert quick.ids() == list(range(1, end + 1))
        deadline = time.monotonic() + 120
        while "tallystick_followers 1\n" not in server.get("/metrics").text:
            assert time.monotonic() < deadline, "the slow one still has its connection"
            time.sleep(0.2)
        while slow.read():
            pass
        had = slow.ids()
        assert 0 < len(had) < end
    with following(Follower(server, last=had[-1])) as (again,):
        assert had + again.until(end) == list(range(1, end + 1))


def resident(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def test_only_half_of_the_connections_follow(start):
    server = start("--connections", "5")
    end = size(server)
    with following(*(Follower(server, "/events?after=0") for _ in range(3))) as followers:
        for follower in followers:
            follower.until(end)
        reply = server.get("/events", headers=STREAM)
        problem(reply, 503, "busy")
        assert reply.headers["Retry-After"] == "30" and reply.headers["Content-Type"] == "application/problem+json"
        assert server.get("/events").status_code == 200


def followed(server, count, seconds=600):
    """So many who follow; whoever is told that the service is busy, which a slow machine's is, comes again shortly."""
    followers, deadline = [], time.monotonic() + seconds
    while len(followers) < count:
        assert time.monotonic() < deadline, len(followers)
        for follower in [Follower(server) for _ in range(min(200, count - len(followers)))]:
            while b"\r\n\r\n" not in follower.received:
                assert follower.read(), follower.received
            if follower.received.startswith(b"HTTP/1.1 503 "):
                follower.close()
                time.sleep(0.01)
            else:
                followers.append(follower)
    return followers


@pytest.mark.concurrent
def test_five_thousand_followers(start):
    """Each gets every event; memory for one is bounded; plain requests go on meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FOLLOWERS + 500:
        pytest.skip(f"{hard} descriptors may be open here; {FOLLOWERS + 500} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FOLLOWERS + 500), hard))
    server = start("--connections", str(2 * FOLLOWERS + 100), "--connections-per-address", str(2 * FOLLOWERS + 100),
                   "--log-level", "warn")
    change(server, 1)
    before = resident(server)
    with following(*followed(server, FOLLOWERS)) as followers, selectors.DefaultSelector() as selector:
        deadline = time.monotonic() + 300
        while f"tallystick_followers {FOLLOWERS}\n" not in (told := server.get("/metrics").text):
            assert time.monotonic() < deadline, [line for line in told.splitlines() if "followers" in line or "connections" in line]
            time.sleep(0.1)
        began = time.monotonic()
        first = change(server, 3) - 2
        each = (resident(server) - before) / FOLLOWERS
        for follower in followers:
            selector.register(follower.socket, selectors.EVENT_READ, follower)
        left = set(followers)
        while left:
            assert time.monotonic() - began < 300, f"{len(left)} wait"
            for key, _ in selector.select(1):
                assert key.data.read()
                if key.data.ids() == [first, first + 1, first + 2]:
                    left.discard(key.data)
                    selector.unregister(key.data.socket)
        print(f"{FOLLOWERS} followers had 3 events after {time.monotonic() - began:.2f} s; {each / 1024:.1f} KiB for each")
        assert server.get("/provinces/CN-HB").status_code == 200
        if server.process.args[0].endswith("release/tallystick"):
            assert each < 64 * 1024
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    server.exit_code = 0


def test_silence_is_filled(quiet):
    """Both sides notice that the other one is gone, at the latest by the next comment."""
    began = time.monotonic()
    while ": nothing new\n\n" not in quiet.body():
        assert quiet.read() and time.monotonic() - began < 25
    assert not quiet.ids()
