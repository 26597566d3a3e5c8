"""The power goes while the program works: what would be left of its directory is put before a new start, which must come up, and have
all that was acknowledged. The executor alone, at each step of its disk: test_power.c. TALLYSTICK_SEED repeats a run."""

import os
import pathlib
import random
import secrets
import tempfile
import time

import pytest

from blackout import Trace, lose_power
from conftest import ROOT, Server, environment, key, run
from test_kill import check_ledger

BUILD = ROOT / os.environ.get("TALLYSTICK_BUILD", "build/release")
SLOW = "asan" in str(BUILD)
ALL = os.environ.get("TALLYSTICK_CASES") == "0"


def recorded(data_dir, log):
    return {"LD_PRELOAD": str(BUILD / "tests/fault/shim.so"), "FAULT_DATA": str(data_dir), "FAULT_LOG": str(log),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


class Session:
    """A service from its first start on, and what was acknowledged when."""

    def __init__(self, scratch):
        self.data_dir, self.log = pathlib.Path(scratch) / "data", pathlib.Path(scratch) / "record"
        self.acknowledged = []  # (length of the record, path, key, answer)
        self.server = Server(self.data_dir, env=recorded(self.data_dir, self.log))
        self.started_at = self.position()
        self.token = self.server.token
        for number in range(12):
            self.write(number)
        time.sleep(0.5)  # the log is moved into the database
        for number in range(12, 30):
            self.write(number)
        assert self.server.stop() == 0
        self.write_by_a_second_start()
        self.trace = Trace(self.log)

    def position(self):
        return self.log.stat().st_size

    def write(self, number):
        path, once = f"/items/ITEM-{number}", key()
        reply = self.server.put(path, {"name": f"item {number}", "unit": "piece"}, idempotency_key=once, token=self.token)
        assert reply.status_code == 201, reply.text
        self.acknowledged.append((self.position(), path, once, reply.json()))

    def write_by_a_second_start(self):
        self.server = Server(self.data_dir, env=recorded(self.data_dir, self.log))
        for number in range(30, 34):
            self.write(number)
        self.server.kill()


@pytest.fixture(scope="module")
def session():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        yield Session(scratch)


def check(session, count, chance, mode):
    """A new start on what is left after so many deeds."""
    left = lose_power(session.trace, count, str(session.data_dir), chance, mode)
    due = [entry for entry in session.acknowledged if session.trace.at(entry[0]) <= count]
    if left is None:
        assert not due and count <= session.trace.at(session.started_at), "the directory is gone"
        return
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        directory = pathlib.Path(scratch) / "data"
        directory.mkdir(mode=0o700)
        for path, content in left.items():
            place = directory / pathlib.Path(path).relative_to(session.data_dir)
            place.touch(mode=0o600)
            place.write_bytes(content)
        server = Server(directory)
        try:
            for _, path, once, answer in due[-3:] + due[:1]:
                reply = server.put(path, {"name": answer["name"], "unit": "piece"}, idempotency_key=once, token=session.token)
                assert reply.status_code == 201 and reply.headers.get("Idempotency-Replayed") == "true" and reply.json() == answer, path
            assert server.get("/readyz").status_code == 200
            assert server.put("/items/AFTER", {"name": "after", "unit": "piece"}).status_code == 201
        finally:
            assert server.stop() == 0
        check_ledger(directory)


def test_the_power_goes(session):
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    chance = random.Random(seed)
    deeds = len(session.trace.deeds)
    points = list(range(0, deeds + 1)) if ALL else [chance.randint(0, deeds) for _ in range(4 if SLOW else 16)]
    began = session.trace.at(session.started_at)
    points = [point for point in points if not ALL or point % 7 == 0 or point > began]
    for point in points:
        mode = chance.choice(["none", "some", "some", "all"])
        try:
            check(session, point, chance, mode)
        except AssertionError as error:
            raise AssertionError(f"after {point} of {deeds} deeds (started after {began}), of what was not flushed {mode}: {error}") from error
    print(f"{len(points)} losses of power in {deeds} deeds of the disk")
