"""backup and restore where the anchor tells of more, or has gone: what they make has an anchor of its own, which must not make a whole
ledger of one that was cut."""

import shutil

import pytest

from conftest import Server, run
from test_backup import backup, expect_refused, lost, made, restore, verified  # noqa: F401
from world import World


def put_back(scratch):
    """The database of the backup over the one that went on, by hand."""
    shutil.copy(scratch / "backup" / "tallystick.db", scratch / "data" / "tallystick.db")
    (scratch / "data" / "tallystick.db-wal").unlink(missing_ok=True)


def test_what_is_missing_is_told_by_the_greater_note(lost):
    scratch, before, after = lost
    server = Server(scratch / "data")
    World(server).intake(4)
    assert server.stop() == 0
    last = verified(scratch / "data")
    put_back(scratch)
    path = scratch / "data" / "anchor"
    slots = [path.read_bytes()[:1024], path.read_bytes()[1024:]]
    assert sorted(int(slot.split(b"\n")[1]) for slot in slots) == [after, last]
    for content in (slots, slots[::-1]):
        path.write_bytes(b"".join(content))
        expect_refused(backup(scratch / "data", scratch / "b"), f"knows a ledger of {last} entries, the database has {before}")


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"x" * 2048)],
                         ids=["missing", "empty", "garbage"])
def test_no_backup_of_a_ledger_whose_anchor_has_gone(lost, spoil):
    """A backup has an anchor of its own: of a ledger that was cut it would make a whole one."""
    scratch, before, _ = lost
    data_dir = scratch / "data"
    put_back(scratch)
    spoil(data_dir / "anchor")
    for output in (scratch / "b", scratch / "b.db"):
        expect_refused(backup(data_dir, output), "nothing was backed up", f"{data_dir}/anchor is missing or damaged", "--new-anchor")
    assert not (scratch / "b" / "tallystick.db").exists() and not (scratch / "b.db").exists()
    # what the sentence says to do: a checkpoint kept elsewhere shows it, or all that it can show
    told = run("verify", "--data-dir", str(data_dir), "--checkpoint", str(scratch / "after.txt"))
    assert told.returncode == 1 and f"BROKEN at entry {before + 1} (truncated)" in told.stdout
    told = run("verify", "--data-dir", str(data_dir), "--checkpoint", str(scratch / "before.txt"))
    assert told.returncode == 1 and "BROKEN (anchor_missing)" in told.stdout and f"cut short behind entry {before}, up to which" in told.stdout
    done = backup(data_dir, scratch / "b", "--new-anchor")
    assert done.returncode == 0 and verified(scratch / "b") == before, done.stderr


def test_a_ledger_that_has_no_anchor_yet(tmp_path):
    """A first start that was cut short behind the genesis: backed up, restored and served as it is."""
    data_dir = tmp_path / "data"
    assert run("init", "--data-dir", str(data_dir)).returncode == 0
    (data_dir / "anchor").unlink()
    done = backup(data_dir, tmp_path / "b", "--with-key")
    assert done.returncode == 0 and verified(tmp_path / "b") == 1, done.stderr
    (tmp_path / "b" / "anchor").unlink()
    done = restore(tmp_path / "r", tmp_path / "b")
    assert done.returncode == 0 and "anchor: begun anew" not in done.stdout and verified(tmp_path / "r") == 1, done.stderr
    server = Server(data_dir)
    assert server.stop() == 0


def test_the_anchor_goes_beside_a_running_service(tmp_path):
    server = Server(tmp_path / "data")
    try:
        World(server).intake(1)
        anchor = server.data_dir / "anchor"
        anchor.rename(tmp_path / "anchor")
        expect_refused(backup(server.data_dir, tmp_path / "b"), "anchor is missing or damaged")
        (tmp_path / "anchor").rename(anchor)
        assert backup(server.data_dir, tmp_path / "b").returncode == 0
    finally:
        assert server.stop() == 0
    verified(tmp_path / "b")


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x" * 2048)], ids=["missing", "garbage"])
def test_a_backup_without_an_anchor_is_not_restored_by_itself(lost, spoil):
    """Nothing in it shows that it was not cut; what is restored would have an anchor and pass for whole."""
    scratch, before, _ = lost
    source, new = scratch / "backup", scratch / "new"
    spoil(source / "anchor")
    expect_refused(restore(new, source), f"{source}/anchor is missing or damaged", "--new-anchor")
    assert not (new / "tallystick.db").exists() and not (new / "tallystick.db.restoring").exists()
    done = restore(new, source, "--new-anchor")
    assert done.returncode == 0 and f"anchor: begun anew; nothing in the backup shows whether entries were cut off behind entry {before}" in done.stdout
    assert verified(new) == before
    done = restore(scratch / "held", source, "--checkpoint", str(scratch / "before.txt"))  # which is that of its last entry
    assert done.returncode == 0 and "anchor: begun anew" not in done.stdout, done.stderr
    done = restore(scratch / "data", source, "--replace", "--accept-loss")  # the anchor there knows of more
    assert done.returncode == 0 and "LOST" in done.stdout and "anchor: begun anew" not in done.stdout, done.stderr


def test_a_backup_in_one_file_has_no_anchor(lost):
    scratch, before, _ = lost
    shutil.copy(scratch / "backup" / "tallystick.db", scratch / "one.db")
    done = restore(scratch / "new", scratch / "one.db")
    assert done.returncode == 0 and f"cut off behind entry {before}" in done.stdout, done.stderr
