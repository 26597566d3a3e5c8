"""The whole program where the n-th allocation fails, of whatever thread and library (shim_memory.c): it goes on, a client is told of it or
loses its connection, a change is done or not, and nothing is done twice. The executor alone, at every n: test_memory.c.
TALLYSTICK_SEED repeats a run."""

import mmap
import os
import pathlib
import random
import secrets
import struct
import subprocess

import pytest
import requests

from conftest import Server, binary, environment, key, run
from test_kill import check_ledger
from test_ready import BUILD
from world import World

ALL = os.environ.get("TALLYSTICK_CASES") == "0"
ROUNDS = 25  # of each request, at an n of chance's; with ALL at every n until none fails

pytestmark = pytest.mark.skipif("asan" in str(BUILD) or "tsan" in str(BUILD), reason="a sanitizer has an allocator of its own")


class Memory:
    """How many allocations there are until one fails."""

    def __init__(self, path):
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)
        self.env = {"LD_PRELOAD": str(BUILD / "tests/fault/shim_memory.so"), "FAULT_MEMORY": str(path)}

    def lack(self, number):
        self.map[:] = struct.pack("=q", number)

    def has_lacked(self):
        """Ends it."""
        left = struct.unpack("=q", self.map[:])[0]
        self.lack(0)
        return left == 0


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("memory")
    made = Memory(directory / "left")
    made.server = Server(directory / "data", env=made.env)
    made.world = World(made.server)
    yield made
    made.lack(0)
    assert made.server.stop() == 0, made.server.log()[-3000:]
    check_ledger(made.server.data_dir)


@pytest.fixture(scope="module")
def chance():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return random.Random(seed)


def numbers(chance, usual):
    """The n of a run."""
    number = 0
    while True:
        number += 1 if ALL else chance.randint(1, 2 * usual)
        yield number


def expect_told(reply, expected):
    """The answer that is due, or that there was no memory for it."""
    if reply.status_code == expected:
        return True
    document = reply.json()
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (reply.status_code, document["code"]) in {(507, "disk_full"), (503, "outcome_unknown")}, reply.text
    return False


def lacking(memory, send, expected, chance, usual=6):
    """Sends with an allocation that fails, for one n after the other, until it is done without; how often one failed."""
    failed = told = 0
    for number in numbers(chance, usual):
        request = send()
        memory.lack(number)
        try:
            is_done = expect_told(request(), expected)
        except requests.exceptions.RequestException:
            is_done = False
        has_lacked = memory.has_lacked()
        failed, told = failed + has_lacked, told + (not is_done)
        assert is_done or has_lacked
        again = request()
        assert again.status_code == expected, again.text
        if not has_lacked or (not ALL and failed >= ROUNDS):
            break
    print(f"{failed} failed allocations, {told} were noticed")
    return failed


def change(memory, method, path, body, **more):
    """A change under a new key, which is sent with it as often as one likes."""
    once = key()
    return lambda: memory.server.write(method, path, body, idempotency_key=once, timeout=20, **more)


def test_changes(memory, chance):
    world = memory.world
    masks = world.intake(10**6)["id"]
    sent = [0]

    def create():
        sent[0] += 1
        return change(memory, "POST", "/transfers", {"destination": world.b1, "lines": [{"supply": masks, "quantity": 1}],
                                                     "rationale": "asked for", "note": "at the gate"})
    assert lacking(memory, create, 201, chance) > 5
    supply = memory.server.get(f"/supplies/{masks}").json()
    assert supply["reserved"] == sent[0], "each was done once"


def test_refusals(memory, chance):
    world = memory.world
    few = world.intake(1)["id"]
    assert lacking(memory, lambda: change(memory, "POST", "/transfers", {"destination": world.b1, "lines": [{"supply": few, "quantity": 2}]}),
                   409, chance) > 5
    assert lacking(memory, lambda: change(memory, "POST", "/transfers", {"destination": "B", "lines": [{"supply": "none", "quantity": 1.5}],
                                                                         "more": [1], "note": 7}), 422, chance) > 5


def test_reads(memory, chance):
    server = memory.server
    seq = server.get("/ledger").json()["size"]
    failed = 0
    for path in ("/provinces", "/supplies?limit=5", f"/ledger/proof?seq={seq}", "/ledger/entries?limit=3", "/readyz",
                 "/density?variable=beds&year=2015"):
        expected = server.get(path).status_code
        failed += lacking(memory, lambda path=path: lambda: server.get(path, timeout=20), expected, chance, usual=3)
    assert failed > 5


def test_computing(memory, chance):
    body = {"values": [1.0, 2.5, 3.0, 4.75, 9.0]}
    memory.server.write("POST", "/density", body)
    expected = memory.server.write("POST", "/density", body).status_code
    assert lacking(memory, lambda: lambda: memory.server.write("POST", "/density", body, timeout=20), expected, chance) > 5


def test_sub_commands(memory, chance, tmp_path):
    """Where it cannot be done for want of memory, that is what is said: nothing is found to be broken, and nothing half done is left."""
    data, export = str(memory.server.data_dir), tmp_path / "export"
    assert run("export", "--data-dir", data, "--output", str(export)).returncode == 0
    made = tmp_path / "made.db"
    for words, allocations in ((["verify", "--data-dir", data], 70000), (["verify", "--export", str(export)], 50000),
                               (["export", "--data-dir", data, "--output", str(made)], 22000),
                               (["backup", "--data-dir", data, "--output", str(made)], 22000), (["token", "list", "--data-dir", data], 1300)):
        for number in (chance.randrange(1, allocations) for _ in range(40 if ALL else 3)):
            lack = Memory(tmp_path / "left")
            lack.lack(number)
            done = subprocess.run([binary(), *words], env={**environment(), **lack.env}, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode != 0 or not lack.has_lacked():
                assert done.returncode in (1, 2) and done.stderr.rstrip().endswith("there is no room left on the disk or in memory: make some"), done
                assert "level=fatal" not in done.stderr and "broken" not in done.stdout, done
                assert not made.exists() or words[0] == "export"  # which goes on where it was cut
            made.unlink(missing_ok=True)
