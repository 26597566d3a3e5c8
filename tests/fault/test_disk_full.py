"""A disk that fills up while clients write, and has room again: what was refused was not done, what was
acknowledged stays, and writing goes on without a restart."""

import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import subprocess
import tempfile

import pytest

from conftest import Server, key
from test_kill import check_ledger
from world import World, accepted

SIZE = 8 << 20
REFUSED = (503, 507)


@contextlib.contextmanager
def small_disk(size=SIZE):
    """A file system of its own, which root may mount."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as place:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", place],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip("a small file system cannot be mounted here: " + mounted.stderr.strip())
        try:
            yield pathlib.Path(place)
        finally:
            subprocess.run(["umount", place], check=True)


def write_until_full(server, world, note):
    """Several clients at once, until each has been refused a few times. Returns (id, key, reply) of all."""
    numbers = itertools.count()

    def client(_):
        told, refused = [], 0
        while refused < 4 and len(told) < 4000:
            name, once = f"S-{next(numbers)}", key()
            reply = server.post("/supplies", intake(world, name, note), idempotency_key=once)
            told.append((name, once, reply))
            refused += reply.status_code in REFUSED
        return told

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        return list(itertools.chain(*pool.map(client, range(6))))


def intake(world, name, note):
    return {"id": name, "site": world.a1, "item": world.masks, "quantity": 1, "source": "donation", "donation": name, "note": note}


@pytest.mark.concurrent
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_full_disk_that_has_room_again():
    note = "x" * 3000
    with small_disk() as place:
        ballast = place / "ballast"
        ballast.write_bytes(bytes(2 << 20))
        server = Server(place / "data")
        try:
            world = World(server)
            told = write_until_full(server, world, note)
            done = [name for name, _, reply in told if reply.status_code == 201]
            refused = [(name, once, reply) for name, once, reply in told if reply.status_code != 201]
            assert done and refused
            for _, _, reply in refused:
                assert (reply.status_code, reply.json()["code"]) == (507, "disk_full"), reply.text
            assert server.get("/healthz").status_code == 200
            assert server.get("/supplies/summary?by=item").json()["items"][0]["on_hand"] == len(done)
            ballast.unlink()
            for name, once, _ in refused:  # the same request again, under its key: now it is done
                accepted(server.post("/supplies", intake(world, name, note), idempotency_key=once), 201)
            assert server.get("/supplies/summary?by=item").json()["items"][0]["on_hand"] == len(told)
            assert server.stop() == 0
            check_ledger(server.data_dir)
        finally:
            if server.exit_code is None:
                server.kill()
