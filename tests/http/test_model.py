"""Thousands of random commands against the model of model.py. TALLYSTICK_SEED repeats a run."""

import os
import secrets

from model import run_model


def test_random_commands(start):
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    driver = run_model(start(), seed, commands=3000, batches=5)
    # the run was worth it: every step was taken, and the commonest refusals were met
    for outcome in ((201, "supplies"), (201, "transfers"), (200, "adjustments"), (200, "dispatch"), (200, "receive"),
                    (200, "cancel"), (200, "return"), (409, "insufficient_stock"), (409, "invalid_transition"),
                    (409, "over_receipt"), (403, "forbidden"), (404, "not_found"), (412, "version_mismatch")):
        assert driver.statuses[outcome] > 0, (outcome, driver.statuses)
