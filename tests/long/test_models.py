"""The model of make test, many times over. TALLYSTICK_SEED repeats a run."""

import os
import secrets

import pytest

from model import run_model


@pytest.mark.parametrize("run", range(5))
def test_model(start, run):
    run_model(start(), int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9)) + run, commands=20000, batches=10)
