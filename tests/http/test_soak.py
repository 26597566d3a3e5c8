"""A minute of mixed work at four fifths of capacity; tests/long has ten."""

import os

from soak import soak

SECONDS = int(os.environ.get("TALLYSTICK_SOAK_SECONDS", "60"))


def test_a_minute(start):
    server = start()
    soak(server, SECONDS, "release" not in server.process.args[0])
