"""Ten minutes of mixed work at four fifths of capacity."""

from soak import soak

LIMIT_SECONDS = 1200  # of tools/test.py


def test_ten_minutes(start):
    server = start()
    soak(server, 600, "release" not in server.process.args[0])
