"""The measurement itself: the load generator counts right, and `make bench` goes through."""

import math
import os
import pathlib
import socket
import subprocess
import sys
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import frontier  # noqa: E402: the measurement's own

BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", ROOT / "build" / "release"))
LOAD = BUILD / "bench" / "load"
SECONDS = 300


class Peer:
    """A server that answers what it is told to, in pieces, and keeps the requests."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.requests = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            data = b""
            while piece := client.recv(65536):
                data += piece
                head, end, body = data.partition(b"\r\n\r\n")
                length = int(next((line.split(b":")[1] for line in head.split(b"\r\n")
                                   if line.lower().startswith(b"content-length:")), b"0"))
                if not end or len(body) < length:
                    continue
                assert len(body) == length, "one request at a time"
                with self.lock:
                    self.requests.append(data)
                data = b""
                for answer in self.pieces:
                    client.sendall(answer)


@pytest.fixture
def peer():
    peers = []

    def make(*pieces):
        peers.append(Peer(pieces))
        return peers[-1]

    yield make
    for each in peers:
        each.listener.close()


def load(*words):
    done = subprocess.run([LOAD, *map(str, words)], capture_output=True, text=True, timeout=SECONDS, check=False)
    numbers = {name: float(value) for name, value in (word.split("=") for word in done.stdout.split())}
    return done.returncode, numbers, done.stderr


def test_each_request_is_sent_once_with_a_key_of_its_own(peer):
    server = peer(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")
    code, numbers, _ = load("--address", server.address, "--clients", 7, "--requests", 100, "--method", "POST", "--path", "/x",
                            "--header", "A: b", "--body", '{"a":1}', "--key", "k", "--status", 201)
    assert code == 0 and numbers["requests"] == 100 and numbers["wrong"] == 0
    keys = {next(line for line in request.split(b"\r\n") if line.startswith(b"Idempotency-Key: k-")) for request in server.requests}
    assert len(keys) == 100
    assert all(request.startswith(b"POST /x HTTP/1.1\r\n") and request.endswith(b'\r\n\r\n{"a":1}') and b"\r\nA: b\r\n" in request
               for request in server.requests)


def test_answers_in_pieces(peer):
    body = b"x" * 100000
    server = peer(b"HTTP/1.1 200 OK\r\nX: ", b"y\r\nContent-", b"Length: 100000\r\n\r", b"\n" + body[:50000], body[50000:])
    code, numbers, _ = load("--address", server.address, "--clients", 2, "--requests", 20)
    assert code == 0 and numbers["requests"] == 20
    assert numbers["bytes"] == 20 * len(b"".join(server.pieces))
    assert 0 < numbers["p50_us"] <= numbers["p95_us"] <= numbers["p99_us"] <= numbers["max_us"]


def test_another_status_is_counted_and_fails(peer):
    server = peer(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    code, numbers, error = load("--address", server.address, "--requests", 5)
    assert code == 1 and numbers["wrong"] == 5 and "status 503 instead of 200" in error


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"SSH-2.0-x\r\n\r\n",
                                    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"])
def test_what_is_no_answer_ends_it(peer, answer):
    code, numbers, error = load("--address", peer(answer).address, "--requests", 5)
    assert code == 2 and not numbers and error.startswith("load: answer")


@pytest.mark.parametrize("words", [[], ["--address", "127.0.0.1:1"], ["--address", "localhost:80", "--requests", "1"],
                                   ["--address", "127.0.0.1:0", "--requests", "1"],
                                   ["--address", "127.0.0.1:1", "--requests", "-1"],
                                   ["--address", "127.0.0.1:1", "--requests", "1", "--clients", "100000"]])
def test_wrong_words_are_refused(words):
    assert load(*words)[0] == 2


def test_smoke_goes_through_every_part_and_keeps_nothing():
    kept = ROOT / "bench" / "RESULTS.md"
    before = kept.read_bytes() if kept.exists() else None
    done = subprocess.run([sys.executable, ROOT / "bench" / "run.py", "--build", BUILD, "--part", "smoke"],
                          capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    for part in ("Machine", "Appends", "Durable writes over HTTP", "Reads against nginx", "Memory and start with 300 entries", "Verification", "Proofs with 3,000 entries",
                 "Analyses, called as functions", "Efficiency of many units, called as a function", "Other models of efficiency", "Targets"):
        assert f"## {part}" in done.stdout
    assert "nan" not in done.stdout
    assert (kept.read_bytes() if kept.exists() else None) == before
    assert not list(BUILD.glob("bench-*"))


@pytest.mark.parametrize("ours, theirs, is_same", [([0.5, 1], [0.5, 1], True), ([0.5, 1 + 1e-8], [0.5, 1], False), ([math.nan, 1], [0.5, 1], False),
                                                    ([0.5, 1], [0.5, math.nan], False), ([1, math.nan], [1, math.nan], False),
                                                    ([2e9 + 1, 1], [2e9, 1], True), ([math.inf], [math.inf], False)])
def test_what_is_no_number_reaches_no_target(ours, theirs, is_same):
    class Bench:
        def target(self, text, is_reached):
            self.told = text, is_reached

    bench = Bench()
    frontier.target_same(bench, "two scores", frontier.largest_difference(ours, theirs))
    assert bench.told[0].startswith("two scores differ by at most 1e-09: ") and bench.told[1] == is_same


def test_units_are_chosen_among_all_and_are_always_the_same():
    chosen = frontier.units_chosen(5000, 31)
    assert len(set(chosen)) == 31 and chosen == frontier.units_chosen(5000, 31)
    assert min(chosen) < 1000 and max(chosen) >= 4000 and chosen != list(range(31))
    assert frontier.units_chosen(31, 31) == list(range(31))


def test_a_long_ledger_that_is_short():
    done = subprocess.run([sys.executable, ROOT / "bench" / "run.py", "--build", BUILD, "--part", "long", "--entries", "1500"],
                          capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    assert "## Appends to a ledger of 1,500 entries" in done.stdout and "nan" not in done.stdout
    assert all(f"a whole append, {keys} keys, processor" in done.stdout for keys in ("growing", "random"))
    assert not list(BUILD.glob("bench-*"))


def test_lines_are_sent_once_each(peer, tmp_path):
    server = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    lines = [f"line-{number}" for number in range(50)]
    (tmp_path / "lines").write_text("".join(line + "\n" for line in lines), encoding="ascii")
    code, numbers, _ = load("--address", server.address, "--clients", 7, "--requests", 100, "--method", "POST", "--type", "a/b", "--lines", tmp_path / "lines")
    assert code == 0 and numbers["requests"] == 50
    assert sorted(request.split(b"\r\n\r\n")[1].decode() for request in server.requests) == sorted(lines)
    assert all(b"\r\nContent-Type: a/b\r\n" in request for request in server.requests)


def test_an_unknown_part_is_refused():
    done = subprocess.run([sys.executable, ROOT / "bench" / "run.py", "--build", BUILD, "--part", "nothing"],
                          capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 2 and "nothing" in done.stderr
