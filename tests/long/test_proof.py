"""The model and the kills of make test, many times over. TALLYSTICK_SEED repeats a run."""

import os
import secrets

import pytest

import test_kill
import test_tamper
from model import run_model
from test_tamper import ledger, scratch  # noqa: F401 (fixtures)


def the_seed():
    return int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))


@pytest.mark.parametrize("run", range(5))
def test_model(start, run):
    run_model(start(), the_seed() + run, commands=20000, batches=10)


def test_kills():
    test_kill.kill_rounds(the_seed(), rounds=200)


def test_columns(ledger):  # noqa: F811
    test_tamper.check_columns_that_hold_what_no_entry_holds(ledger, list)
