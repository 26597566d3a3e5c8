"""The machine in trouble, every case of it: what make test takes some of. TALLYSTICK_SEED repeats a run."""

import os
import pathlib
import secrets
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", ROOT / "build" / "release"))


def everything():
    seed = os.environ.get("TALLYSTICK_SEED") or str(secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return {**os.environ, "TALLYSTICK_CASES": "0", "TALLYSTICK_SEED": seed}


@pytest.mark.parametrize("name", ["test_disk", "test_memory", "test_power"])
def test_program(name):
    done = subprocess.run([BUILD / "tests/fault" / name], env={**everything(), "CMOCKA_MESSAGE_OUTPUT": "TAP"}, timeout=3000,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    print(done.stdout.decode(errors="replace"))
    assert done.returncode == 0, done.stderr[-4000:].decode(errors="replace")


@pytest.mark.parametrize("name", ["test_no_memory", "test_sweep"])
def test_suite(name):
    done = subprocess.run([sys.executable, "-s", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", f"tests/fault/{name}.py"],
                          cwd=ROOT, env=everything(), timeout=3000, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:]
