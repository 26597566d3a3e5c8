"""The spoilt proofs and columns of make test, all of them. TALLYSTICK_SEED repeats a run."""

import os
import pathlib
import secrets
import subprocess

import test_tamper
from conftest import binary
from test_tamper import ledger, scratch  # noqa: F401 (fixtures)


def test_every_byte_of_every_proof():
    """Of all sizes to 300 by all leaves and all pairs; make test takes some."""
    program = pathlib.Path(binary()).parent / "tests" / "unit" / "ledger" / "test_proof"
    seed = os.environ.get("TALLYSTICK_SEED") or str(secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    environment = dict(os.environ, TALLYSTICK_LONG="1", TALLYSTICK_SEED=seed)
    root = pathlib.Path(__file__).resolve().parents[2]
    done = subprocess.run([program], cwd=root, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    print(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


def test_columns(ledger):  # noqa: F811
    test_tamper.check_columns_that_hold_what_no_entry_holds(ledger, list)
