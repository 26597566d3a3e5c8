"""The script that every change must pass counts a step that says nothing as failed."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = 5


@pytest.mark.parametrize("make, last, code", [
    ("echo 3 passed, 0 failed", f"{3 * STEPS} passed, 0 failed", 0),
    ("true", f"0 passed, {STEPS} failed", 1),  # ended well and counted nothing
    ("false", f"0 passed, {STEPS} failed", 1),
    ("echo 3 passed, 0 failed; false", f"{3 * STEPS} passed, {STEPS} failed", 1),
    ("echo 3 passed, 2 failed; false", f"{3 * STEPS} passed, {2 * STEPS} failed", 1),
    ('case "$*" in *lint) ;; *) echo 3 passed, 0 failed;; esac', f"{3 * (STEPS - 1)} passed, 1 failed", 1)])
def test_sums(tmp_path, make, last, code):
    fake = tmp_path / "make"
    fake.write_text(f"#!/bin/sh\n{make}\n")
    fake.chmod(0o755)
    done = subprocess.run([ROOT / ".ci" / "run"], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CI_LOGS": str(tmp_path / "logs")})
    assert (done.stdout.splitlines()[-1], done.returncode) == (last, code), done.stdout
