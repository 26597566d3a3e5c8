"""The model, the kills and the spoilt proofs of make test, many times over. TALLYSTICK_SEED repeats a run."""

import os
import pathlib
import secrets
import subprocess

import pytest

import test_kill
import test_tamper
from conftest import binary
from model import run_model
from test_tamper import ledger, scratch  # noqa: F401 (fixtures)


def the_seed():
    return int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))


@pytest.mark.parametrize("run", range(5))
def test_model(start, run):
    run_model(start(), the_seed() + run, commands=20000, batches=10)


def test_kills():
    test_kill.kill_rounds(the_seed(), rounds=200)


def test_every_byte_of_every_proof():
    """Of all sizes to 300 by all leaves and all pairs; make test takes some."""
    program = pathlib.Path(binary()).parent / "tests" / "unit" / "ledger" / "test_proof"
    environment = dict(os.environ, TALLYSTICK_LONG="1", TALLYSTICK_SEED=str(the_seed()))
    root = pathlib.Path(__file__).resolve().parents[2]
    done = subprocess.run([program], cwd=root, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    print(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


def test_columns(ledger):  # noqa: F811
    test_tamper.check_columns_that_hold_what_no_entry_holds(ledger, list)
