"""The kills of make test, 200 times. TALLYSTICK_SEED repeats a run."""

import os
import secrets

from test_kill import kill_rounds


def test_kills():
    kill_rounds(int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9)), rounds=200)
