"""Crowds: ten thousand idle connections, a thousand slow ones beside those that work, floods of what cannot be read, and
clients that do not take their answers. Memory and descriptors come back, and who behaves is served meanwhile."""

import math
import os
import random
import resource
import select
import socket
import statistics
import subprocess
import threading
import time

import pytest

from conftest import ROOT
from wire_support import get, parse, post

BUILD = os.environ.get("TALLYSTICK_BUILD", str(ROOT / "build" / "release"))
IS_SANITIZED = "san" in os.path.basename(os.path.normpath(BUILD))
IDLE = 10_000
SLOW = 1_000
NORMAL = 64
WANTED = 0.9  # of the usual rate
ALLOWED = 1 - 3 * (1 - WANTED)  # by the clock, which other work on the machine moves
WINDOW = 0.3  # seconds
MIB = 1 << 20


def resident(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def need_descriptors(count):
    """Raises the limit on open files, which the service inherits; skips where that may not be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"takes a limit of {count} open files (ulimit -Hn)")
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def close_all(connections):
    for connection in connections:
        connection.close()


def begin_load(server, seconds):
    """64 clients that behave."""
    return subprocess.Popen([os.path.join(BUILD, "bench", "load"), "--address", f"127.0.0.1:{server.port}", "--clients", str(NORMAL),
                             "--seconds", str(seconds), "--path", "/provinces"], stdout=subprocess.PIPE, text=True)


def end_load(load):
    """Their requests a second."""
    said, _ = load.communicate(timeout=120)
    assert load.returncode == 0, said
    return float(said.partition("rate=")[2].split()[0])


def test_ten_thousand_idle_connections(start):
    """Each has sent requests and stands open: of the memory that a request takes nothing is left, and others are served."""
    need_descriptors(IDLE + 2000)
    started = start("--connections", str(IDLE + 100), "--connections-per-address", str(IDLE + 100), "--loops", "2")
    before, files = resident(started), descriptors(started)
    connections = [started.connect(seconds=60) for _ in range(IDLE)]
    used = []
    for target in ("/healthz", "/provinces/CN-HB"):
        for connection in connections:
            connection.sendall(get(target=target).encode())
        for connection in connections:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        used.append(resident(started))
        begun = time.monotonic()
        assert started.get("/provinces").status_code == 200
        print(f"a request among {IDLE} idle connections: {time.monotonic() - begun:.3f} s")
        if not IS_SANITIZED:  # whose memory is their own
            until(lambda: resident(started) - before < 32 * MIB, 20, f"{resident(started) / MIB:.0f} MiB, {before / MIB:.0f} before")
    print(f"resident: {before / MIB:.0f} MiB, {used[-1] / MIB:.0f} with {IDLE} requests just answered, {resident(started) / MIB:.0f} idle")
    assert descriptors(started) >= files + IDLE
    close_all(connections)
    until(lambda: descriptors(started) <= files + 8, 60, "descriptors come back")


class Slow:
    """Connections that send a byte of their header each half second."""

    def __init__(self, server):
        self.stopping = threading.Event()
        self.connections = [server.connect() for _ in range(SLOW)]
        for connection in self.connections:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            connection.setblocking(False)
        self.sent = 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stopping.is_set():
            for number, connection in enumerate(self.connections):
                try:
                    self.sent += connection.send(b"a")
                except OSError:
                    pass
                if number % 100 == 99 and self.stopping.wait(0.05):
                    return

    def stop(self):
        self.stopping.set()
        self.thread.join()
        close_all(self.connections)


def processor_seconds(server):
    """That the service's threads have had, to the nanosecond."""
    tasks, spent = f"/proc/{server.process.pid}/task", 0
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/schedstat", encoding="ascii") as stat:
            spent += int(stat.read().split()[0])
    return spent / 1e9


def rates(servers, seconds):
    """Of each service the requests a second of 64 clients that behave, all at the same time."""
    running = [begin_load(server, seconds) for server in servers]
    return [end_load(load) for load in running]


def cost_of(slow, server):
    """Of slow clients alone: the share of a processor, and the bytes a second."""
    until(lambda: slow.sent >= SLOW, 60, "each slow one is at work")
    used, since, sent = processor_seconds(server), time.monotonic(), slow.sent
    time.sleep(2)
    passed = time.monotonic() - since
    return (processor_seconds(server) - used) / passed, (slow.sent - sent) / passed


def chance(distances):
    """That such distances come of a cause that favours neither side, or more of them above (Wilcoxon's signed ranks, exact)."""
    order = sorted(range(len(distances)), key=lambda at: abs(distances[at]))
    wanted = sum(rank for rank, at in enumerate(order, 1) if distances[at] > 0)
    ways = [1]  # to each sum of ranks
    for rank in range(1, len(distances) + 1):
        ways = [(ways[at] if at < len(ways) else 0) + (ways[at - rank] if at >= rank else 0) for at in range(len(ways) + rank)]
    return sum(ways[wanted:]) / 2 ** len(distances)


def test_the_chance_is_wilcoxons():
    from scipy.stats import wilcoxon
    for seed in range(4):
        distances = [random.Random(seed).gauss(0.3, 1) for _ in range(12)]
        assert abs(chance(distances) - wilcoxon(distances, alternative="greater", method="exact").pvalue) < 1e-12


def compare(servers, blocks):
    """Logarithms of what share of its rate one has beside slow clients, as pairs of windows tell it, beside the other that has none: slow clients
    are with the one, then with the other, in the order ABBA, so that neither what they differ in nor what changes meanwhile counts."""
    found = []
    for _ in range(blocks):
        one, other = [], []
        for burdened, pairs in ((0, one), (1, other), (1, other), (0, one)):
            slow = Slow(servers[burdened])
            until(lambda: slow.sent >= SLOW, 60, "each slow one is at work")
            measured, deadline = [], time.monotonic() + 30
            while len(measured) < 2:
                sent, both = slow.sent, rates(servers, WINDOW)
                if slow.sent > sent:  # else they had no processor
                    measured.append(math.log(both[burdened] / both[1 - burdened]))
                assert time.monotonic() < deadline
            pairs += measured
            slow.stop()
        found += [(with_one + with_other) / 2 for with_one, with_other in zip(one, other)]
    return found


def verdict_of(logarithms, bound):
    """Whether they are proved to be above the bound, or below it; None while they are neither."""
    distances = [each - math.log(bound) for each in logarithms]
    return True if chance(distances) < 0.005 else False if chance([-each for each in distances]) < 0.005 else None


def test_a_thousand_slow_clients(start):
    """64 clients that behave work at 0.9 of their usual rate beside slow ones.

    By the system's account the slow ones take at most a tenth of the one processor that normal clients alone keep busy: that decides.
    By the clock two services are measured at the same time, by 64 clients each; one of them has the slow ones. Whatever else the machine
    does takes from both, and what they differ in otherwise goes out when the slow ones change over: a pair of windows with the slow ones here
    and there gives one ratio, free of both. Wilcoxon's test of the ratios against 0.9 is looked at after 8 and 16 of them, until chance alone
    would have put them so far above, or below, once in 200 times. It is printed; a loss proved to be three times the allowed one fails."""
    need_descriptors(2 * SLOW + 2000)
    servers = [start("--connections-per-address", "4000", "--header-timeout", "60") for _ in range(2)]
    files = [descriptors(server) for server in servers]
    rates(servers, 0.3)
    logarithms = []
    while len(logarithms) < 16 and verdict_of(logarithms, WANTED) is None:
        logarithms += compare(servers, 2)
    for server, before in zip(servers, files):
        until(lambda server=server, before=before: descriptors(server) <= before + 8, 30, "the slow ones are gone")
    slow = Slow(servers[0])
    share, bytes_a_second = cost_of(slow, servers[0])
    slow.stop()
    ratios = sorted(math.exp(each) for each in logarithms)
    word = {True: "proved", False: "refuted", None: "undecided"}[verdict_of(logarithms, WANTED)]
    print(f"{NORMAL} normal clients beside {SLOW} slow ones work at {statistics.median(ratios):.3f} of their rate ({WANTED}: {word}): "
          + " ".join(f"{each:.2f}" for each in ratios) + f". The slow ones take {share:.3f} of a processor for {bytes_a_second:.0f} bytes a second")
    assert share <= 1 - WANTED
    assert verdict_of(logarithms, ALLOWED) is not False


def bad_requests(seed):
    """Bytes of many kinds that are no requests, and some that are, cut somewhere."""
    chance = random.Random(seed)
    chunked = post(None, "Transfer-Encoding: chunked\r\n")
    kinds = [get("no colon\r\n"), get(version="HTTP/3.0"), "\0\xff\r\n\r\n", get("Host: b\r\n"), post("x", "", "{}"), chunked + "2\n{}\n0\n\n",
             chunked + "zz\r\n", get(target="/" + "a" * 9000), get("a: " + "b" * 20000 + "\r\n"), get(target="/%zz"), get(target="/nowhere"),
             post(2, "Transfer-Encoding: chunked\r\n", "{}"), post(9, "", "not json!"), post(10 ** 12), get() * 3 + "G\0"]
    while True:
        text = chance.choice(kinds)
        yield (text[:chance.randrange(1, len(text))] if chance.random() < 0.3 else text).encode("latin-1")


def test_floods_of_bad_requests(start):
    started = start()
    stopping = threading.Event()
    counts = [0] * 4

    def flood(number):
        for data in bad_requests(number):
            if stopping.is_set():
                return
            try:
                with started.connect(seconds=10) as connection:
                    connection.sendall(data)
                    if number % 2:  # half of them wait for what they get
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(65536):
                            pass
            except OSError:
                pass
            counts[number] += 1

    def run(seconds, enough=0):
        stopping.clear()
        threads = [threading.Thread(target=flood, args=(number,)) for number in range(len(counts))]
        for thread in threads:
            thread.start()
        slowest = 0.0
        end = time.monotonic() + seconds
        while time.monotonic() < end or (enough > sum(counts) or not all(counts)) and time.monotonic() < end + 60:
            begun = time.monotonic()
            with socket.create_connection(("127.0.0.1", started.port), 10, ("127.0.0.2", 0)) as probe:  # whoever watches is elsewhere
                probe.sendall(get().encode())
                assert b"alive" in probe.recv(65536)
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.01)
        stopping.set()
        for thread in threads:
            thread.join()
        return slowest

    files = descriptors(started)
    run(1)  # what the first of each kind takes stays
    until(lambda: descriptors(started) <= files + 8, 60, "descriptors come back")
    before = resident(started)
    slowest = run(4, enough=501)
    until(lambda: descriptors(started) <= files + 8, 60, "descriptors come back")
    print(f"{sum(counts)} bad requests; the slowest probe took {slowest:.3f} s; memory {before / MIB:.1f} and {resident(started) / MIB:.1f} MiB")
    assert sum(counts) > 500 and min(counts) > 0 and slowest < 6
    if not IS_SANITIZED:
        until(lambda: resident(started) - before < 8 * MIB, 15, f"{resident(started) / MIB:.1f} MiB, {before / MIB:.1f} before")
    assert started.get("/healthz").status_code == 200


def hungry(server, target, requests, window=4096):
    """A connection with a small window that asks for much and takes nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(get(target=target).encode() * requests)
    return connection


@pytest.mark.concurrent
@pytest.mark.parametrize("options, takes", [(["--idle-timeout", "2"], False), (["--request-timeout", "2", "--idle-timeout", "600"], True)],
                         ids=["takes nothing", "takes drops"])
def test_clients_that_do_not_take_their_answers_are_cut(start, options, takes):
    """Some take nothing, some a little now and then, over plain HTTP; neither keeps its connection or the answer in memory."""
    started = start(*options)
    files = descriptors(started)
    connections = [hungry(started, "/provinces", 2000) for _ in range(20)]
    begun = time.monotonic()
    until(lambda: descriptors(started) >= files + 20, 60, "they are in")
    if takes:
        while time.monotonic() - begun < 15 and descriptors(started) > files + 8:
            ready, _, _ = select.select(connections, [], [], 0.1)
            for connection in ready:
                try:
                    connection.recv(200)
                except OSError:
                    pass
            time.sleep(0.1)
    until(lambda: descriptors(started) <= files + 8, 60, "they are cut")
    print(f"cut after {time.monotonic() - begun:.1f} s")
    assert time.monotonic() - begun >= 1.5
    assert started.get("/healthz").status_code == 200
    if takes:  # who ends its connection itself is not cut: all are, before any does
        until(lambda: started.log().count("event=client_cut") >= 20, 15, "all are cut")
        assert "phase=reply" in started.log()
    close_all(connections)
    size = len(started.get("/openapi.json").content)
    with started.connect() as patient:  # who takes its answer, however large, gets all of it
        patient.sendall(get("Connection: close\r\n", "/openapi.json").encode())
        received = b""
        while piece := patient.recv(65536):
            received += piece
        assert len(parse(received)[2]) == size
