"""What is missing at a start is made only where no ledger was before."""

import pathlib
import tempfile

import pytest

from conftest import Server, run
from world import accepted


@pytest.fixture
def data_dir():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        path = pathlib.Path(scratch) / "data"
        server = Server(path)
        accepted(server.put("/items/I", {"name": "x", "unit": "piece"}), 201)
        assert server.stop() == 0
        yield path


def remove_database(path):
    for name in ("tallystick.db", "tallystick.db-wal", "tallystick.db-shm"):
        (path / name).unlink(missing_ok=True)


@pytest.mark.parametrize("spoil", ["database gone", "database empty", "database and key gone"])
def test_no_new_ledger_beside_an_old_anchor(data_dir, spoil):
    """Else one key would sign two histories, and the anchor, the last witness here, would be overwritten."""
    before = (data_dir / "anchor").read_bytes()
    remove_database(data_dir)
    if spoil == "database empty":
        (data_dir / "tallystick.db").write_bytes(b"")
    if spoil == "database and key gone":
        (data_dir / "node.key").unlink()
    refused = run("serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "anchor" in refused.stderr and "put the database back" in refused.stderr
    assert run("init", "--data-dir", str(data_dir)).returncode == 1
    assert (data_dir / "anchor").read_bytes() == before


def test_a_first_start_that_was_cut_short_is_completed(data_dir):
    """Before the genesis there is no note in the anchor."""
    remove_database(data_dir)
    (data_dir / "anchor").unlink()
    (data_dir / "admin.token").unlink()
    (data_dir / "admin.token.unfinished").write_text("tly_")
    server = Server(data_dir)
    try:
        accepted(server.put("/items/J", {"name": "x", "unit": "piece"}), 201)
        assert not (data_dir / "admin.token.unfinished").exists()
    finally:
        assert server.stop() == 0


def test_verify_of_nothing(data_dir):
    for path in (data_dir / "nowhere", data_dir.parent):
        told = run("verify", "--data-dir", str(path))
        assert told.returncode == 1 and told.stdout == "" and "no ledger" in told.stderr and str(path) in told.stderr
        assert not (data_dir / "nowhere").exists()
