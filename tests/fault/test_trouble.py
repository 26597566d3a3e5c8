"""The whole program on a disk that fails at its n-th write, flush or cut (shim_disk.c): what clients are told, what /readyz says, that
reading goes on, and what is there after a new start. The executor alone, at every n: test_disk.c. TALLYSTICK_SEED repeats a run."""

import os
import pathlib
import random
import secrets
import shutil
import signal
import tempfile
import time

import pytest

from conftest import Server, key
from test_kill import check_ledger
from test_ready import BUILD, faults
from world import problem

SLOW = "asan" in str(BUILD)
ALL = os.environ.get("TALLYSTICK_CASES") == "0"
KINDS = ["write eio", "write enospc", "write half", "write part", "sync eio"]
CALLS_MAX = {"write": 130, "sync": 9}  # about as many as a run makes


def the_seed():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return seed


class Disk:
    """A data directory on a disk that can be made to fail."""

    def __init__(self, data_dir, trouble):
        self.data_dir, self.trouble = data_dir, trouble
        trouble.mkdir()
        self.env = {"LD_PRELOAD": str(BUILD / "tests/fault/shim.so"), "FAULT_DIR": str(trouble), "FAULT_DATA": str(data_dir),
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def plan(self, kind, number):
        call, how = kind.split()
        made = self.trouble / "plan.unfinished"
        made.write_text(f"{call} {number} {how}")
        made.rename(self.trouble / "plan")

    def mend(self):
        (self.trouble / "plan").unlink(missing_ok=True)

    @property
    def has_failed(self):
        return (self.trouble / "fired").exists()


@pytest.fixture(scope="module")
def ready():
    """{how it was left: a directory with a ledger of a few entries, to be copied}: after a stop there is nothing to recover."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "stopped"))
        for number in range(3):
            assert server.put(f"/items/BEFORE-{number}", {"name": "before", "unit": "piece"}).status_code == 201
        killed = pathlib.Path(scratch, "killed")
        server.process.send_signal(signal.SIGSTOP)
        while (server.data_dir / "tallystick.db-wal").stat().st_size == 0:  # the log was moved just then
            server.process.send_signal(signal.SIGCONT)
            number += 1
            assert server.put(f"/items/BEFORE-{number}", {"name": "before", "unit": "piece"}).status_code == 201
            server.process.send_signal(signal.SIGSTOP)
        shutil.copytree(server.data_dir, killed)  # as a kill at this moment would leave it
        server.process.send_signal(signal.SIGCONT)
        assert server.stop() == 0
        yield {"stopped": server.data_dir, "killed": killed}


@pytest.fixture
def disk(ready, tmp_path):
    made = []

    def make(left="stopped"):
        directory = tmp_path / str(len(made))
        directory.mkdir()
        shutil.copytree(ready[left], directory / "data")
        made.append(Disk(directory / "data", directory / "trouble"))
        return made[-1]
    yield make


class Client:
    """Sends changes of its own, and keeps what it was told."""

    def __init__(self):
        self.done, self.unknown, self.refused = [], [], []

    def send(self, server, name, once=None):
        once = once or key()
        reply = server.put(f"/items/{name}", {"name": name, "unit": "piece"}, idempotency_key=once)
        if reply.status_code == 201:
            self.done.append((name, once))
            return None
        document = reply.json()
        assert (reply.status_code, document["code"]) in {(503, "outcome_unknown"), (503, "not_ready"), (503, "disk_failed"),
                                                         (507, "disk_full")}, reply.text
        (self.unknown if document["code"] == "outcome_unknown" else self.refused).append((name, once))
        return document["code"]


def expect_reading(server, client):
    for name in ["BEFORE-0", *(name for name, _ in client.done[-1:])]:
        assert server.get(f"/items/{name}").status_code == 200
    assert server.get("/ledger").status_code == 200


def expect_said(server, code):
    """What /readyz says fits what the client was told."""
    said = faults(server)
    if code in ("outcome_unknown", "not_ready"):
        assert any(fault.startswith("ledger: ") and "nothing is written until the service is started anew" in fault for fault in said)


def work(server, client, disk):
    """Three changes, a pause in which the log is moved, and two more; returns whether nothing is written any more."""
    has_stopped = False
    for number in range(5):
        if number == 3:
            time.sleep(0.45)
        code = client.send(server, f"ITEM-{number}")
        assert not has_stopped or code == "not_ready", "a change was taken after one whose outcome nobody knows"
        has_stopped = has_stopped or code in ("outcome_unknown", "not_ready")
        if code is not None:
            expect_said(server, code)
            expect_reading(server, client)
    if not has_stopped:
        said = faults(server)
        assert said == [] or (disk.has_failed and [fault.split(":")[0] for fault in said] == ["anchor"]) or has_ledger_fault(said), said
        has_stopped = has_ledger_fault(said)
    return has_stopped


def has_ledger_fault(said):
    return any(fault.startswith("ledger: ") for fault in said)


def fail_once(disk, kind, number):
    """A run with one fault in it; returns whether it came to that."""
    server = Server(disk.data_dir, env=disk.env)
    client = Client()
    disk.plan(kind, number)
    try:
        has_stopped = work(server, client, disk)
        disk.mend()
        after = client.send(server, "AFTER-MENDING")
        has_stopped = has_stopped or has_ledger_fault(faults(server))  # the log may have been moved just now, before that change
        has_failed = disk.has_failed
        if kind.endswith("part") or not has_failed:
            assert not has_stopped and not client.refused and not client.unknown, f"{kind} {number}"
        if kind in ("write enospc", "write half"):
            assert not has_stopped, f"{kind} {number}: a disk that is full for a moment does not stop the writing"
        assert after == ("not_ready" if has_stopped else None)  # that it is well again proves nothing
        assert has_stopped or faults(server) == []
    finally:
        disk.mend()
        assert server.stop() == 0
    expect_after_new_start(disk, client)
    return has_failed


def expect_after_new_start(disk, client):
    server = Server(disk.data_dir)
    try:
        assert faults(server) == []
        for name, once in client.done:
            reply = server.put(f"/items/{name}", {"name": name, "unit": "piece"}, idempotency_key=once)
            assert reply.status_code == 201 and reply.headers.get("Idempotency-Replayed") == "true", f"{name} was acknowledged"
        for name, once in client.unknown + client.refused:
            reply = server.put(f"/items/{name}", {"name": name, "unit": "piece"}, idempotency_key=once)
            assert reply.status_code == 201, reply.text
            assert (name, once) in client.unknown or "Idempotency-Replayed" not in reply.headers, f"{name} was refused, and is there"
    finally:
        assert server.stop() == 0
    check_ledger(disk.data_dir)


@pytest.mark.parametrize("kind", KINDS)
def test_the_nth_call_fails(disk, kind):
    """For every n until nothing fails (in tests/long); else for some."""
    chance = random.Random(the_seed())
    most = CALLS_MAX[kind.split()[0]]
    if not ALL:
        told = [fail_once(disk(), kind, number) for number in chance.sample(range(1, most + 1), 1 if SLOW else 3)]
        print(f"{kind}: {sum(told)} of {len(told)} came to a failure")
        return
    number = 1
    while fail_once(disk(), kind, number):
        number += 1
        assert number < 10 * most
    print(f"{kind}: {number - 1} calls")
    assert number > most // 4


def start_in_trouble(disk, kind, number):
    """serve on a disk that fails while it starts: it comes up, or says why not and ends."""
    disk.plan(kind, number)
    try:
        server = Server(disk.data_dir, env=disk.env)
    except AssertionError:
        log = (disk.data_dir.parent / (disk.data_dir.name + ".log")).read_text()
        assert disk.has_failed and "tallystick: " in log.splitlines()[-1], log
        assert "damaged" not in log.splitlines()[-1], log  # what cannot be written is not broken
    else:
        assert server.stop() == 0
    finally:
        disk.mend()
    expect_after_new_start(disk, Client())
    return disk.has_failed


@pytest.mark.parametrize("left", ["stopped", "killed"])
@pytest.mark.parametrize("kind", ["write eio", "write enospc", "sync eio", "cut eio"])
def test_a_start_fails(disk, kind, left):
    """After a stop a start writes the anchor alone; after a kill it moves the log too."""
    chance = random.Random(the_seed())
    if ALL:
        number = 1
        while start_in_trouble(disk(left), kind, number):
            number += 1
        print(f"{kind}, {left}: {number - 1} calls")
        assert number > (2 if left == "killed" else 1)
        return
    for number in chance.sample(range(1, 9) if kind.startswith("write") else range(1, 3), 1 if SLOW else 2):
        start_in_trouble(disk(left), kind, number)


def test_a_first_start_fails(tmp_path):
    """Whatever the first start had made, the next one completes, with one administrator's token."""
    chance = random.Random(the_seed())
    for round_number in range(2 if SLOW else 12 if ALL else 4):
        directory = tmp_path / str(round_number)
        directory.mkdir()
        made = Disk(directory / "data", directory / "trouble")
        made.plan(chance.choice(["write eio", "write enospc", "write half", "sync eio"]), chance.randint(1, 600 if round_number % 2 else 20))
        try:
            server = Server(made.data_dir, env=made.env)
        except AssertionError:
            assert made.has_failed
        else:
            assert server.stop() == 0
        made.mend()
        server = Server(made.data_dir)
        try:
            assert server.put("/items/I", {"name": "x", "unit": "piece"}).status_code == 201
        finally:
            assert server.stop() == 0
        check_ledger(made.data_dir)


def test_a_read_that_fails_in_a_change_is_said(disk):
    """503 disk_failed, and nothing was changed: the file is cut behind the service's back."""
    made = disk()
    server = Server(made.data_dir)
    path = made.data_dir / "tallystick.db"
    time.sleep(0.5)
    whole = path.read_bytes()
    try:
        os.truncate(path, 4096 * 3)
        told = problem(server.put("/items/NEW", {"name": "x", "unit": "piece"}), 503, "disk_failed")
        assert "Nothing was changed" in told["detail"] and told["request"]
    finally:
        path.write_bytes(whole)
        assert server.stop() == 0
    check_ledger(made.data_dir)
