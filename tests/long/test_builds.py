"""The same commands give the same ledger, whatever compiler made the program and however hard it tried: all of a ledger's commands are
delivered again by programs that gcc and clang built with -O0 and -O2, and come out as they went in, to the last bit of hashes, effects,
roots and, with the same key, seals."""

import os
import pathlib
import secrets
import subprocess
import tempfile

import pytest

from conftest import Server
from model import run_model
from tamper import Ledger, make_small

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = {"gcc-O0": ["CC=gcc", "VARIANT=debug"], "gcc-O2": ["CC=gcc", "VARIANT=release"],
          "clang-O0": ["CC=clang", "VARIANT=debug"], "clang-O2": ["CC=clang", "VARIANT=release"]}


@pytest.fixture(scope="module")
def ledgers():
    """One with something of everything, one long one."""
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        small = make_small(scratch, "small")
        long = Ledger(scratch, "long")
        server = Server(long.path)
        try:
            run_model(server, seed, commands=4000, batches=4)
        finally:
            assert server.stop() == 0
        yield small, long


def as_it_is(ledger):
    """What the driver prints of a ledger, of the one that is there."""
    entries = ledger.rows("SELECT e.seq, lower(hex(e.hash)), lower(hex(e.effects)), lower(hex(s.signature)) "
                          "FROM entry e JOIN seal s ON s.seq = e.seq ORDER BY e.seq")
    blocks = ledger.rows("SELECT height, size, lower(hex(root)) FROM checkpoint ORDER BY height")
    return [" ".join(map(str, ("entry", *row))) for row in entries] + [" ".join(map(str, ("block", *row))) for row in blocks]


@pytest.mark.parametrize("build", BUILDS)
def test_the_same_ledger(ledgers, build):
    folder = f"build/replay/{build}"
    driver = f"{folder}/tests/fault/driver/driver"
    made = subprocess.run(["make", "--no-print-directory", f"-j{os.cpu_count()}", f"BUILD={folder}", *BUILDS[build], driver], cwd=ROOT,
                          capture_output=True, text=True, timeout=1800, check=False)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    for ledger in ledgers:
        with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
            done = subprocess.run([ROOT / driver, "again", str(ledger.path), f"{scratch}/again"], capture_output=True, text=True,
                                  timeout=1800, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.splitlines() == as_it_is(ledger)
