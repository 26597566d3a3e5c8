"""A minute of mixed work at four fifths of capacity, under the thread sanitizer a dozen seconds; tests/long has ten minutes. And what a
check of the ledger leaves behind, which is made beside the work once a day."""

import os

import pytest

from soak import PAGES, resident, soak
from world import until

VARIANT = os.path.basename(os.path.normpath(os.environ.get("TALLYSTICK_BUILD", "release")))
SECONDS = int(os.environ.get("TALLYSTICK_SOAK_SECONDS", "12" if VARIANT == "tsan" else "60"))


@pytest.mark.concurrent
def test_a_soak(start):
    soak(start(), SECONDS, VARIANT != "release")


@pytest.mark.skipif(VARIANT != "release", reason="a sanitizer keeps what was freed")
def test_a_check_of_the_ledger_gives_its_memory_back(start):
    """It makes a copy of the whole state."""
    server = start("--verify-hours", "0")
    before = resident(server)
    until(lambda: server.get("/ledger/verify", token=True).status_code == 200)
    until(lambda: resident(server) <= before + 4 * PAGES)
