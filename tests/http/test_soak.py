"""A minute of mixed work at four fifths of capacity, under the thread sanitizer a dozen seconds; tests/long has ten minutes."""

import os

import pytest

from soak import soak

VARIANT = os.path.basename(os.path.normpath(os.environ.get("TALLYSTICK_BUILD", "release")))
SECONDS = int(os.environ.get("TALLYSTICK_SOAK_SECONDS", "12" if VARIANT == "tsan" else "60"))


@pytest.mark.concurrent
def test_a_soak(start):
    soak(start(), SECONDS, VARIANT != "release")
