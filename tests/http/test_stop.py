"""A service that is told to stop loses nobody: whoever got in gets an answer, whoever comes too late is not let in."""

import itertools
import json
import socket
import ssl
import threading
import time

import pytest
import requests

from test_listen import serve
from test_tls import begin, certificate  # noqa: F401 (fixtures)
from wire_support import HOST, get, parse
from world import World, until

pytestmark = pytest.mark.concurrent
SENT_SECONDS = 1  # so long a computation on numbers that were sent may go on behind the signal; on a slow machine it may take longer


def answer(connection, data):
    """One request on an open connection: the status, its headers, and whether the connection goes on."""
    connection.sendall(data.encode())
    reply = bytearray()
    while b"\r\n\r\n" not in reply:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed within a header" if reply else "closed without an answer")
        reply += piece
    status, headers, body = parse(bytes(reply))
    length = len(body)
    while length < int(headers["content-length"]):
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed within an answer")
        length += len(piece)
    return status, headers, headers.get("connection") != "close"


def reads(number):
    """For ever: a request's own part of its header, and its target."""
    while True:
        yield "GET", "/provinces" if number % 2 else "/healthz", "", None, (200,)


class Crowd:
    """Clients that ask as fast as they can until nobody lets them in any more. Not to be let in (refused, or no answer to the
    attempt) is no failure; everything else is: whoever was let in gets an answer to what it sends, and the one that it should be.
    ask(number) generates a client's requests, (method, target, header lines, body, statuses), and is sent (status, headers) of each answer."""

    def __init__(self, connect, clients, is_kept, ask=reads):
        self.failures, self.counts, self.ask = [], [0] * clients, ask
        self.stopping, self.stopped = threading.Event(), None
        self.threads = [threading.Thread(target=self.run, args=(connect, number, is_kept)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, connect, number, is_kept):
        connection, asked = None, self.ask(number)
        method, target, lines, body, statuses = next(asked)
        try:
            while True:
                if connection is None:
                    try:
                        connection = connect()
                    except (ConnectionRefusedError, FileNotFoundError, socket.timeout):
                        break
                close = "" if is_kept else "Connection: close\r\n"
                length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body is not None else ""
                status, headers, is_open = answer(connection, f"{method} {target} HTTP/1.1\r\n{HOST}{close}{lines}{length}\r\n{body or ''}")
                is_late = self.stopped is not None and time.monotonic() - self.stopped > SENT_SECONDS
                if status not in statuses and not (status == 503 and method == "POST" and target == "/density" and is_late):
                    self.failures.append((method, target, status))
                self.counts[number] += 1
                method, target, lines, body, statuses = asked.send((status, headers))
                if not is_open:
                    connection.close()
                    connection = None
                    if is_kept and self.stopping.is_set():
                        break
        except Exception as error:  # a thread that ends otherwise would be no failure
            self.failures.append(f"{method} {target}: {error!r} after {self.counts[number]}, stopping: {self.stopping.is_set()}")
        if connection is not None:
            connection.close()

    def end(self, stop):
        time.sleep(1)
        until(lambda: all(count > 0 for count in self.counts) or self.failures)
        self.stopping.set()
        begun = self.stopped = time.monotonic()
        code = stop()
        seconds = time.monotonic() - begun
        for thread in self.threads:
            thread.join()
        assert code == 0 and seconds < 20
        assert self.failures == []
        assert all(count > 0 for count in self.counts), self.counts


class Mix:
    """What a crowd of all kinds asks: reads, writes, computations on numbers that it sends and on stored figures, and jobs, at which it
    looks until they are done."""

    def __init__(self, server):
        world = World(server)
        self.bearer = f"Authorization: Bearer {server.token}\r\n"
        self.supply = world.intake(10 ** 9)["id"]
        self.transfer = json.dumps({"destination": world.b1, "lines": [{"supply": self.supply, "quantity": 1}]})
        self.intake = json.dumps({"site": world.a1, "item": world.masks, "quantity": 1, "source": "found"})

    def ask(self, number):
        """A client's requests: see Crowd."""
        for count in itertools.count():
            key = f"{self.bearer}Idempotency-Key: crowd-{number}-{count}\r\n"
            values = json.dumps({"values": [(number + count) * 7919 % 1009 + n for n in range(50)], "points": 64})
            kind = number % 6
            if kind == 0:
                yield "GET", ("/provinces", f"/supplies/{self.supply}", "/ledger")[count % 3], "", None, (200,)
            elif kind == 1:
                yield "POST", "/transfers", key, self.transfer, (201,)
            elif kind == 2:
                yield "POST", "/supplies", key, self.intake, (201,)
            elif kind == 3:
                yield "POST", "/density", "", values, (200,)
            elif kind == 4:
                year, points = 2010 + count % 9, (number * 31 + count) % 900 + 16  # hardly two the same, so that nothing of it is remembered
                yield "GET", f"/density?indicator=health_personnel_all_per_10k&years={year}&points={points}", "", None, (200,)
            else:
                status, headers = yield "POST", "/density", "Prefer: respond-async, wait=0\r\n", values, (202, 200)
                href = headers.get("location")
                while status == 202:  # what is asked while it stops is answered at once, since nobody could fetch it later
                    status, headers = yield "GET", href, "", None, (200, 202)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "each"])
def test_a_stop_under_mixed_load_fails_nobody(start, is_kept):
    """Writes, computations and jobs among it: each that was sent on a connection that was taken is answered, and as it should be."""
    started = start("--rate-limit", "0")
    mix = Mix(started)
    crowd = Crowd(lambda: started.connect(seconds=20), 24, is_kept, mix.ask)
    crowd.end(started.stop)
    print(f"{sum(crowd.counts)} answers")


def stop(service):
    """The exit code of a process that test_listen.py has launched."""
    service.process.terminate()
    return service.process.wait(timeout=60)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "each"])
def test_a_stop_under_load_fails_nobody(start, is_kept):
    """32 clients, on kept-alive connections, and with a connection for each request."""
    started = start()
    Crowd(lambda: started.connect(seconds=5), 32, is_kept).end(started.stop)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "each"])
def test_a_stop_fails_nobody_on_a_unix_socket(tmp_path, is_kept):
    path = tmp_path / "a.sock"

    def connect():
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        connection.connect(str(path))
        return connection

    with serve(tmp_path, "--listen", f"unix:{path}") as service:
        service.lines(1)
        Crowd(connect, 16, is_kept).end(lambda: stop(service))
    assert not path.exists()


def test_a_stop_fails_nobody_over_tls(begin):  # noqa: F811
    """Handshakes that have begun are ended, and their requests answered."""
    tls = begin()

    def connect():
        raw = socket.create_connection(("127.0.0.1", tls.port), timeout=5)
        return context.wrap_socket(raw, server_hostname="localhost")

    context = ssl.create_default_context(cafile=str(tls.certificate))
    Crowd(connect, 8, False).end(lambda: stop(tls.service))


def test_a_stop_keeps_every_acknowledged_write(start, tmp_path):
    started = start(data_dir=tmp_path / "data")
    token = started.token
    outcomes = []

    def write(number):
        with requests.Session() as session:
            session.trust_env = False
            for count in range(10000):
                name = f"O-{number}-{count}"
                try:
                    reply = started.put("/organisations/" + name, {"name": name, "kind": "society"},
                                        token=token, session=session)
                except requests.RequestException:
                    return  # nobody listens any more
                outcomes.append((name, reply.status_code))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    until(lambda: len(outcomes) > 10)
    assert started.stop() == 0
    for thread in threads:
        thread.join()
    assert len(outcomes) > 10 and {status for _, status in outcomes} == {201}
    again = start(data_dir=tmp_path / "data")
    for name, _ in outcomes:
        assert again.get("/organisations/" + name).status_code == 200, name


def test_a_stop_ends_idle_connections_and_only_once(start):
    started = start()
    idle = started.connect()
    used = started.connect()
    used.sendall(get().encode())
    assert b"alive" in used.recv(10000)
    started.process.terminate()
    started.process.terminate()
    begun = time.monotonic()
    assert started.stop() == 0
    assert time.monotonic() - begun < 10
    assert idle.recv(10) == b"" and used.recv(10) == b""
    idle.close()
    used.close()


