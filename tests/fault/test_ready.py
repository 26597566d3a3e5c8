"""GET /readyz names each thing that stands in the way of work, /healthz goes on saying that the process lives, and
what a client is told when its commit fails. The machine's trouble comes from shim.c, preloaded."""

import concurrent.futures
import os
import pathlib
import shutil
import signal
import time

import pytest

import jose
from conftest import ROOT, Server, key
from cosign import Witness
from world import World, accepted, problem, until

BUILD = ROOT / os.environ.get("TALLYSTICK_BUILD", "build/release")
ITEM = {"name": "Test item", "unit": "piece"}


def troubled(data_dir, trouble, *options, **more):
    """A service on a machine whose trouble is a file in the directory trouble."""
    trouble.mkdir(exist_ok=True)
    env = {"LD_PRELOAD": str(BUILD / "tests/fault/shim.so"), "FAULT_DIR": str(trouble), **more}
    # the sanitizer wants to be the first library; it is the second then
    env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return Server(data_dir, *options, env=env)


@pytest.fixture
def machine(tmp_path):
    """(start(options..., environment...), directory of troubles); whatever was started ends in order."""
    servers, log = [], tmp_path / "data" / "tallystick.db-wal"

    def start(*options, **more):
        servers.append(troubled(tmp_path / "data", tmp_path / "trouble", *options, **more))
        until(lambda: not log.exists() or log.stat().st_size == 0)  # a first start's is moved soon, and that flush would meet the trouble before any commit
        return servers[-1]

    yield start, tmp_path / "trouble"
    for name in ("fdatasync-fails", "fdatasync-waits", "node-fails"):
        (tmp_path / "trouble" / name).unlink(missing_ok=True)
    assert all(server.stop() == 0 for server in servers), servers[-1].log()[-3000:]


def faults(server):
    """What /readyz names; [] where it is ready. /healthz says 200 either way."""
    assert server.get("/healthz").status_code == 200
    reply = server.get("/readyz")
    assert reply.headers["Cache-Control"] == "no-store"
    if reply.status_code == 200:
        assert reply.json()["status"] == "ready"
        return []
    found = problem(reply, 503, "not_ready")["faults"]
    assert found
    return found


def test_a_commit_that_fails(machine):
    """The outcome is unknown and said to be; nothing more is written until a new start, and then the same key tells."""
    start, trouble = machine
    for _ in range(5):
        server = start()
        assert server.put("/items/A", ITEM).status_code in (200, 201)
        assert faults(server) == []
        (trouble / "fdatasync-fails").touch()
        once = key()
        reply = server.put("/items/B", ITEM, idempotency_key=once)
        if reply.json()["code"] == "outcome_unknown":
            break
        problem(reply, 503, "not_ready")  # the log of what was there was moved just then, and that flush failed before B's commit
        (trouble / "fdatasync-fails").unlink()
        assert server.stop() == 0
    told = problem(reply, 503, "outcome_unknown")
    assert "same Idempotency-Key" in told["detail"]
    (trouble / "fdatasync-fails").unlink()  # a disk that is well again proves nothing about what it lost
    told = problem(server.put("/items/C", ITEM), 503, "not_ready")
    assert "started anew" in told["detail"]
    assert faults(server) == ["ledger: a commit failed, nothing is written until the service is started anew"]
    assert "tallystick_ledger_is_failed 1" in server.get("/metrics").text
    assert server.get("/items/A").status_code == 200  # reading goes on
    assert server.get("/items/C").status_code == 404
    assert server.stop() == 0
    server = start()
    assert faults(server) == []
    reply = server.put("/items/B", ITEM, idempotency_key=once)
    accepted(reply, 201)
    assert reply.headers.get("Idempotency-Replayed") in (None, "true")
    accepted(server.put("/items/C", ITEM), 201)
    report = server.get("/ledger/verify", token=True)
    while report.status_code == 202:
        time.sleep(0.05)
        report = server.get("/ledger/verify", token=True)
    assert report.json()["ok"] is True


def test_a_failed_commit_tells_all_who_waited_for_it(machine):
    """One flush pays for many: its failure is everybody's, and nobody is told that it was done."""
    start, trouble = machine
    server = start()
    (trouble / "fdatasync-waits").touch()
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        first = pool.submit(server.put, "/items/FIRST", ITEM)
        until(lambda: "tallystick_changes_waiting 1" in server.get("/metrics").text)
        rest = [pool.submit(server.put, f"/items/REST-{number}", ITEM) for number in range(8)]
        until(lambda: "tallystick_changes_waiting 9" in server.get("/metrics").text)
        (trouble / "fdatasync-fails").touch()
        (trouble / "fdatasync-waits").unlink()
        told = [problem(done.result(), 503, done.result().json()["code"])["code"] for done in [first, *rest]]
    assert told[0] == "outcome_unknown" and set(told[1:]) <= {"outcome_unknown", "not_ready"}


def test_a_flush_of_the_nodes_own_file_that_fails(machine):
    """Nothing more is written into it, as into the ledger after a failed commit: a flush that succeeds later proves nothing. The ledger
    is another file and goes on, and so does all reading."""
    start, trouble = machine
    server = start()
    witness = Witness()
    accepted(server.put("/witnesses/w1", {"vkey": witness.vkey}), 201)
    note = server.get("/ledger/checkpoint").text

    def cosign(time):
        return server.post("/ledger/cosignatures", {"checkpoint": note + witness.line(note, time)})

    def times():
        return [item["time"] for item in server.get("/ledger/cosignatures").json()["items"]]

    assert cosign(1790000000).status_code == 200
    before = times()
    (trouble / "node-fails").touch()
    problem(cosign(1790000001), 503, "outcome_unknown")
    (trouble / "node-fails").unlink()
    problem(cosign(1790000002), 503, "not_ready")
    assert faults(server) == ["node: a flush of the node's own database failed, nothing is written into it until the service is started anew"]
    assert times() == before and server.get("/privacy/texts", token=True).status_code == 200
    accepted(server.put("/items/A", ITEM), 201)
    assert server.stop() == 0
    server = start()
    assert faults(server) == [] and times() == before
    assert cosign(1790000003).status_code == 200
    assert times() != before


def test_a_commit_that_hangs(machine):
    """Nobody waits for ever: the first is told that the outcome is unknown yet, a second one with its key that the first is
    under way; when the disk goes on, the change is there once and the same key tells."""
    start, trouble = machine
    server = start("--commit-timeout", "1")
    once, other = key(), key()
    (trouble / "fdatasync-waits").touch()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        first = pool.submit(server.put, "/items/A", ITEM, idempotency_key=once)
        until(lambda: "tallystick_changes_waiting 1" in server.get("/metrics").text)
        same = [pool.submit(server.put, "/items/A", ITEM, idempotency_key=once) for _ in range(2)]
        behind = pool.submit(server.put, "/items/B", ITEM, idempotency_key=other)
        told = problem(first.result(), 503, "outcome_unknown")
        assert "same Idempotency-Key" in told["detail"] and int(first.result().headers["Retry-After"]) >= 1
        for reply in same:
            problem(reply.result(), 409, "idempotency_in_progress")
            assert int(reply.result().headers["Retry-After"]) >= 1
        problem(behind.result(), 503, "outcome_unknown")
    assert faults(server) == ["ledger: a commit takes longer than it should: look at the disk"]
    assert "\ntallystick_commits_late_total 4\n" in server.get("/metrics").text
    assert server.get("/items/A").status_code == 404
    (trouble / "fdatasync-waits").unlink()
    until(lambda: faults(server) == [])
    for name, used in (("A", once), ("B", other)):
        reply = server.put(f"/items/{name}", ITEM, idempotency_key=used)
        accepted(reply, 201)
        assert reply.headers["Idempotency-Replayed"] == "true"
    assert server.get("/items/A").json()["version"] == 1
    assert server.get("/ledger").json()["size"] == 3


def test_a_stop_while_a_commit_hangs(machine):
    """Whoever was told that the outcome is unknown holds up nothing; what waits is finished before the end."""
    start, trouble = machine
    server = start("--commit-timeout", "1")
    once = key()
    (trouble / "fdatasync-waits").touch()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        problem(pool.submit(server.put, "/items/A", ITEM, idempotency_key=once).result(), 503, "outcome_unknown")
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    (trouble / "fdatasync-waits").unlink()
    assert server.stop() == 0
    server = start()
    reply = server.put("/items/A", ITEM, idempotency_key=once)
    accepted(reply, 201)
    assert reply.headers["Idempotency-Replayed"] == "true"


def test_a_full_queue(machine):
    """One commit is under way, one change waits, a third one is sent away; then all goes on."""
    start, trouble = machine
    server = start("--queue-length", "1")
    (trouble / "fdatasync-waits").touch()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(server.put, "/items/A", ITEM)
        until(lambda: "tallystick_changes_waiting 1" in server.get("/metrics").text)
        until(lambda: faults(server) == [])  # the writer has it soon and it waits no longer
        second = pool.submit(server.put, "/items/B", ITEM)
        until(lambda: faults(server) == ["queue: as many changes wait as may"])
        refused = server.put("/items/C", ITEM)
        assert int(refused.headers["Retry-After"]) >= 1
        problem(refused, 503, "busy")
        (trouble / "fdatasync-waits").unlink()
        accepted(first.result(), 201)
        accepted(second.result(), 201)
    assert faults(server) == []
    assert server.get("/items/C").status_code == 404
    accepted(server.put("/items/C", ITEM), 201)


def test_a_signature_is_verified_before_the_queue(machine):
    """What is badly signed takes no place and waits for nothing: it is refused while the writer hangs and the queue is full."""
    start, trouble = machine
    server = start("--queue-length", "1")
    world = World(server)
    signer, transfer = jose.Signer(server, world.b, world.token("operator", world.b)), world.dispatched(10)["id"]
    assert server.stop() == 0
    server = world.server = signer.server = start("--queue-length", "1")  # one that has no log to move, whose flush would be the first to wait
    receipt, path = {"lines": [{"line": 1, "good": 1}]}, f"/transfers/{transfer}/receive"

    def signed(key=None):
        return (key or signer.key).jws(signer.payload("transfer.receive", receipt, transfer), {"alg": "ES256K", "kid": signer.key.kid})

    def refused():
        """All that can be wrong with a signature, by its code."""
        sound, zero = signed(), jose.b64u(bytes(64))
        return [(problem(signer.send("POST", path, jws), 422, code)["code"], code) for jws, code in (
            (signed(jose.Key()), "signature_invalid"), (sound.rsplit(".", 1)[0] + "." + zero, "signature_invalid"),
            (jose.Key().jws(signer.payload("transfer.receive", receipt, transfer)), "unknown_key"))]

    size = server.get("/ledger").json()["size"]
    (trouble / "fdatasync-waits").touch()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(signer.send, "POST", path, signed())
        until(lambda: "tallystick_changes_waiting 1" in server.get("/metrics").text)
        until(lambda: faults(server) == [])  # the writer has it and hangs
        refused()
        second = pool.submit(server.put, "/items/B", ITEM)
        until(lambda: faults(server) == ["queue: as many changes wait as may"])
        refused()
        problem(signer.send("POST", path, signed()), 503, "busy")  # a sound one finds the queue full
        assert not first.done() and not second.done()
        (trouble / "fdatasync-waits").unlink()
        accepted(first.result())
        accepted(second.result(), 201)
    assert server.get("/ledger").json()["size"] == size + 2
    assert server.get(f"/transfers/{transfer}").json()["lines"][0]["received_good"] == 1


def test_a_clock_that_was_ahead(machine):
    """The ledger's time never goes back: after a wrong clock was put right, entries would carry a time to come."""
    start, _ = machine
    server = start(FAULT_CLOCK_SECONDS="3600")
    assert faults(server) == []
    accepted(server.put("/items/A", ITEM), 201)
    ahead = server.get("/ledger", token=True).json()
    assert server.stop() == 0
    server = start(FAULT_CLOCK_SECONDS="3240")  # 6 minutes less
    assert faults(server) == ["clock: the ledger's time is more than 5 minutes ahead of this machine's"]
    accepted(server.put("/items/B", ITEM), 201)  # it is said, not refused
    assert server.get("/ledger", token=True).json()["size"] == ahead["size"] + 1
    assert server.stop() == 0
    server = start(FAULT_CLOCK_SECONDS="3420")  # 3 minutes less
    assert faults(server) == []


def test_a_disk_that_is_nearly_full(machine):
    start, trouble = machine
    server = start()
    (trouble / "disk-is-full").touch()
    assert faults(server) == ["disk: less than 16 MiB are free"]
    accepted(server.put("/items/A", ITEM), 201)  # what fits is still written
    (trouble / "disk-is-full").unlink()
    assert faults(server) == []


def test_a_directory_that_is_gone(machine, tmp_path):
    start, _ = machine
    server = start()
    shutil.move(tmp_path / "data", tmp_path / "elsewhere")
    assert faults(server) == ["disk: the data directory cannot be looked at"]
    shutil.move(tmp_path / "elsewhere", tmp_path / "data")
    assert faults(server) == []


@pytest.mark.parametrize("name, title", [("tallystick.db", "the ledger's database"), ("node.db", "the node's own database"), ("anchor", "the anchor"),
                                         ("lock", "the lock")])
def test_a_file_that_was_taken_away_or_replaced(machine, tmp_path, name, title):
    """What is acknowledged then stands in a file that no next start will find; without the lock a second service would start."""
    start, _ = machine
    server = start()
    path = tmp_path / "data" / name
    path.rename(tmp_path / "held")
    told = f"files: {title} in the data directory is not the one that is in use: it was moved, removed or replaced"
    assert faults(server) == [told]
    shutil.copy(tmp_path / "held", path)
    assert faults(server) == [told]
    (tmp_path / "held").rename(path)
    assert faults(server) == []


def test_a_service_that_stops(machine):
    """Balancers hear of it on the connections that they have, while what was begun is finished."""
    start, trouble = machine
    server = start()
    with server.connect() as probe, concurrent.futures.ThreadPoolExecutor(1) as pool:
        probe.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")  # on its way when the signal comes
        (trouble / "fdatasync-waits").touch()
        written = pool.submit(server.put, "/items/A", ITEM)
        until(lambda: "tallystick_changes_waiting 1" in server.get("/metrics").text)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: "event=stop" in server.log())
        probe.sendall(b"\r\n")
        reply = b""
        while piece := probe.recv(65536):
            reply += piece
        (trouble / "fdatasync-waits").unlink()
        accepted(written.result(), 201)
    assert reply.startswith(b"HTTP/1.1 503 ") and b'"faults":["service: stopping"]' in reply
    assert server.stop() == 0


def test_several_faults_are_all_named(machine):
    start, trouble = machine
    server = start()
    (trouble / "disk-is-full").touch()
    (trouble / "fdatasync-fails").touch()
    problem(server.put("/items/A", ITEM), 503, "outcome_unknown")
    assert [fault.split(":")[0] for fault in faults(server)] == ["ledger", "disk"]


def test_the_world_is_whole_after_a_failed_commit(machine):
    """What was acknowledged is there, and the stock is what the movements explain."""
    start, trouble = machine
    server = start()
    world = World(server)
    world.intake(100)
    assert server.stop() == 0
    server = world.server = start()  # one that has no log to move, whose flush would be the first to fail
    (trouble / "fdatasync-fails").touch()
    problem(server.post("/supplies", {"site": world.a1, "item": world.masks, "quantity": 7, "source": "donation",
                                      "donation": "D"}), 503, "outcome_unknown")
    (trouble / "fdatasync-fails").unlink()
    assert server.stop() == 0
    server = start()
    total = server.get("/supplies/summary?by=item").json()["items"][0]["on_hand"]
    assert total in (100, 107)
    assert pathlib.Path(server.data_dir, "anchor").exists()
