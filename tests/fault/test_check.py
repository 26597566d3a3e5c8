"""GET /ledger/verify: what it finds, what it answers where nothing can be found out, and that it holds nobody up."""

import concurrent.futures
import contextlib
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest

from conftest import Server, environment, key, run
from test_disk_full import small_disk
from world import World, new_token, problem, until

ROWS = 30000  # of figures: a state of some megabytes, more than SQLite keeps in memory


def import_figures(server, rows=ROWS):
    """The same few indicators over many years."""
    years = range(1900, 2100)
    provinces = [row["code"] for row in server.get("/provinces?limit=200").json()["items"]]
    places = [(year, province) for year in years for province in provinces]
    text = ["indicator,year,province,value"]
    for number in range(-(-rows // len(places))):
        name = f"long_series_{number}"
        reply = server.put(f"/indicators/{name}", {"name": name, "unit": "pieces", "source": "made for a test"})
        assert reply.status_code == 201, reply.text
        text += [f"{name},{year},{province},{year - 1800}" for year, province in places]
    reply = server.write("PUT", "/figures", headers={"Content-Type": "text/csv"}, data="\n".join(text[:rows + 1]) + "\n")
    assert reply.status_code == 200, reply.text[:500]


def verified(server, token=True, seconds=60):
    """The answer once it is final."""
    deadline = time.monotonic() + seconds
    while True:
        reply = server.get("/ledger/verify", token=token)
        if reply.status_code != 202:
            return reply
        assert reply.json()["state"] == "running" and int(reply.headers["Retry-After"]) >= 1
        assert time.monotonic() < deadline


def metric(server, name):
    lines = server.get("/metrics").text.splitlines()
    return float(next(line.rsplit(" ", 1)[1] for line in lines if line.startswith(name + " ")))


@pytest.fixture(scope="module")
def full():
    """A data directory with a state that does not fit into memory, and no service."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"))
        World(server)
        import_figures(server)
        assert server.stop() == 0
        yield server.data_dir


@contextlib.contextmanager
def serving(data_dir, *options):
    server = Server(data_dir, *options)
    try:
        yield server
    finally:
        assert server.stop() == 0, server.log()[-3000:]


@contextlib.contextmanager
def tampered(data_dir, sql):
    """The directory with its database altered by SQL; afterwards as it was."""
    path = pathlib.Path(data_dir) / "tallystick.db"
    before = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.executescript(sql)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    try:
        yield
    finally:
        for rest in path.parent.glob("tallystick.db-*"):
            rest.unlink()
        path.write_bytes(before)


def test_nobody_without_the_right_starts_a_check(start):
    server = start()
    for _ in range(2):
        reply = server.get("/ledger/verify")
        assert reply.status_code == 200 and reply.json() == {"state": "none"} and reply.headers["Cache-Control"] == "no-store"
    world = World(server)
    operator, auditor = new_token(server, "operator", world.a), new_token(server, "auditor", world.a)
    assert server.get("/ledger/verify", token=operator).json() == {"state": "none"}
    assert metric(server, "tallystick_ledger_check_time_seconds") == 0
    assert verified(server, auditor).json()["ok"] is True
    told = server.get("/ledger/verify").json()
    assert told["state"] == "done" and told["ok"] is True and told["entries"] == server.get("/ledger").json()["size"]
    assert metric(server, "tallystick_ledger_check_time_seconds") > 1.7e9 and metric(server, "tallystick_ledger_is_broken") == 0


def test_a_broken_ledger_is_told(full):
    with tampered(full, "UPDATE entry SET organisation = 'X' WHERE seq = 3"), \
            serving(full) as server:
        told = verified(server)
        assert told.status_code == 200
        told = told.json()
        assert told["ok"] is False and told["code"] == "hash" and told["first_broken"] == 3 and told["reason"]
        assert told["entries"] == told["first_broken"] - 1
        assert {name: told[name] for name in told if name != "duration_ms"}.items() <= server.get("/ledger/verify").json().items()
        assert metric(server, "tallystick_ledger_is_broken") == 1
        until(lambda: "ledger=broken" in server.log())  # said a moment behind its result
        assert f"first_broken={told['first_broken']}" in server.log()
        assert server.get("/readyz").status_code == 200  # it can still do its work, and who looks into it needs it


def test_a_broken_state_is_told(full):
    with tampered(full, "UPDATE organisation SET kind = 'other'"), serving(full) as server:
        told = verified(server).json()
        assert told["ok"] is False and told["code"] == "state" and "first_broken" not in told and "organisation" in told["reason"]


def test_the_copy_of_the_state_lies_beside_the_data(full):
    """Where temporary files go has no room for it, as in a container."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    with small_disk() as place:
        with open(place / "filled", "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 65536):
                pass
        for variable in ("TMPDIR", "SQLITE_TMPDIR"):
            told = subprocess.run([str(pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release")) / "tallystick"), "verify",
                                   "--data-dir", str(full)], env={**environment(), variable: str(place)}, capture_output=True,
                                  text=True, timeout=120, check=False)
            assert told.returncode == 0 and told.stdout.startswith("ok: "), told.stdout + told.stderr
    assert not list(pathlib.Path(full).glob("etilqs*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_check_without_room_is_no_finding():
    with small_disk(40 << 20) as place, serving(place / "data") as server:
        World(server)
        assert verified(server).json()["ok"] is True
        with open(place / "filled", "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 65536):
                pass
        refusals = [server.get("/ledger/verify", token=True) for _ in range(3)]
        for reply in refusals:
            problem(reply, 507, "disk_full")
            assert 1 <= int(reply.headers["Retry-After"]) <= 60
        until(lambda: "the ledger cannot be verified" in server.log())
        assert server.log().count("the ledger cannot be verified") == 1  # the next try is not made at once
        assert metric(server, "tallystick_ledger_check_is_failed") == 1
        assert server.get("/ledger/verify").json()["ok"] is True  # the finding there was
        offline = run("verify", "--data-dir", str(server.data_dir))
        assert offline.returncode == 2 and "MiB" in offline.stderr and not offline.stdout
        (place / "filled").unlink()


def test_a_check_that_cannot_be_made_is_no_finding(start):
    server = start()
    (server.data_dir / "anchor").rename(server.data_dir / "anchor.away")
    (server.data_dir / "anchor").mkdir()
    refusal = problem(server.get("/ledger/verify", token=True), 503, "check_failed")
    assert "says nothing about it" in refusal["detail"]
    problem(server.get("/ledger/verify"), 503, "check_failed")
    assert run("verify", "--data-dir", str(server.data_dir)).returncode == 2
    (server.data_dir / "anchor").rmdir()
    (server.data_dir / "anchor.away").rename(server.data_dir / "anchor")


@pytest.mark.concurrent
def test_waiting_for_a_check_takes_no_computing_thread(full):
    """More wait than there are threads and places in the queue; computations go on meanwhile."""
    with serving(full, "--job-threads", "1", "--job-queue-length", "1") as server:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            checks = [pool.submit(verified, server) for _ in range(14)]
            first = [server.get("/ledger/verify").status_code for _ in range(3)]
            density = server.get("/density?indicator=health_personnel_all_per_10k&years=2014&points=32")
            assert density.status_code == 200
            assert all(check.result().json()["ok"] is True for check in checks)
        assert set(first) <= {200, 202}


@pytest.mark.concurrent
def test_a_stop_does_not_wait_for_a_check(full):
    for pause in (0.0, 0.05, 0.2, 0.4, 0.8):
        server = Server(full)
        asked = threading.Thread(target=lambda: contextlib.suppress(Exception).__enter__() or ask(server))
        asked.start()
        time.sleep(pause)
        assert server.stop() == 0, server.log()[-2000:]
        asked.join()
        assert "could not be made" not in server.log()
    assert run("verify", "--data-dir", str(full)).returncode == 0


def ask(server):
    with contextlib.suppress(Exception):  # the connection may end, or nobody listen any more
        server.get("/ledger/verify", token=True, headers={"X": key()})
