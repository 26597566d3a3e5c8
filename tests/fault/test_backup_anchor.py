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


def test_cut_behind_a_change_of_keys(lost):
    """The anchor of now is signed by a key that the ledger of before does not know: it is told all the same, and what is lost is named."""
    scratch, before, _ = lost
    data_dir = scratch / "data"
    assert run("key", "rotate", "--data-dir", str(data_dir)).returncode == 0
    for _ in range(2):  # then both slots are of the new key
        server = Server(data_dir)
        World(server).intake(4)
        assert server.stop() == 0
    last = verified(data_dir)
    put_back(scratch)
    shutil.copy(scratch / "backup" / "node.key", data_dir / "node.key")
    knows = f"knows a ledger of {last} entries, by a key that this ledger does not know, and the database has {before}"
    told = run("verify", "--data-dir", str(data_dir))
    assert told.returncode == 1 and f"BROKEN at entry {before + 1} (truncated)" in told.stdout and f"the anchor has {last} entries" in told.stdout
    refused = run("serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0")
    expect_refused(refused, knows, "Put back something newer", "--new-anchor", f"without entries {before + 1} to {last}")
    expect_refused(backup(data_dir, scratch / "b"), knows, "Put back something newer")
    done = backup(data_dir, scratch / "b", "--new-anchor")
    assert done.returncode == 0 and f"LOST: entries {before + 1} to {last}" in done.stdout and "anchor: begun anew" in done.stdout, done.stderr
    server = Server(data_dir, "--new-anchor")
    assert f"told of {last} entries" in server.log() and f"entries {before + 1} to {last} are lost" in server.log()
    assert server.stop() == 0
    server = Server(data_dir)  # once is enough
    assert server.stop() == 0 and verified(data_dir) == before


def test_a_backup_that_was_cut_beside_an_older_anchor(lost):
    """The anchor of a backup names its last entry: one that names less was exchanged."""
    scratch, before, after = lost
    assert backup(scratch / "data", scratch / "b", "--with-key").returncode == 0
    shutil.copy(scratch / "backup" / "anchor", scratch / "b" / "anchor")
    expect_refused(restore(scratch / "new", scratch / "b"), f"/b/anchor knows a ledger of {before} entries, and the backup has {after}",
                   "--new-anchor")
    done = restore(scratch / "held", scratch / "b", "--checkpoint", str(scratch / "after.txt"))
    assert done.returncode == 0 and "anchor: begun anew" not in done.stdout, done.stderr
    done = restore(scratch / "new", scratch / "b", "--new-anchor")
    assert done.returncode == 0 and f"anchor: begun anew; nothing in the backup shows whether entries were cut off behind entry {after}" in done.stdout


def test_that_an_anchor_was_begun_anew_is_said(lost):
    """By backup, and by the restore of what it made."""
    scratch, before, _ = lost
    put_back(scratch)
    (scratch / "data" / "anchor").unlink()
    done = backup(scratch / "data", scratch / "b", "--new-anchor")
    assert done.returncode == 0 and f"anchor: begun anew; nothing shows whether entries were cut off behind entry {before}" in done.stdout
    assert verified(scratch / "b") == before
    done = restore(scratch / "new", scratch / "b")
    assert done.returncode == 0 and f"anchor: begun anew; nothing in the backup shows whether entries were cut off behind entry {before}" in done.stdout
    done = backup(scratch / "new", scratch / "again", "--new-anchor")
    assert done.returncode == 0 and "anchor: begun anew" not in done.stdout


def test_an_anchor_beside_the_file(lost):
    scratch, before, after = lost
    (scratch / "data" / "anchor").replace(scratch / "backup" / "anchor")
    expect_refused(restore(scratch / "new", scratch / "backup" / "tallystick.db"), "THE BACKUP IS OLDER", f"anchor knows {after} entries")
    (scratch / "backup" / "anchor").write_bytes(b"x" * 2048)
    expect_refused(restore(scratch / "new", scratch / "backup" / "tallystick.db"), "anchor is missing or damaged")
    (scratch / "backup" / "anchor").unlink()
    (scratch / "backup" / "anchor").symlink_to(scratch / "no-such")
    expect_refused(restore(scratch / "new", scratch / "backup" / "tallystick.db"), "anchor beside it is no file")


def test_an_anchor_of_another_ledger(lost):
    """It is refused, and passed over with a word where that is asked for."""
    scratch, before, after = lost
    other = Server(scratch / "other")
    World(other).intake(5)
    assert other.stop() == 0
    for path in ("data", "backup"):
        shutil.copy(scratch / "other" / "anchor", scratch / path / "anchor")
    expect_refused(backup(scratch / "data", scratch / "b"), "anchor is of another ledger", "--new-anchor")
    done = backup(scratch / "data", scratch / "b", "--new-anchor")
    assert done.returncode == 0 and "is of another ledger" in done.stdout and "anchor: begun anew" in done.stdout, done.stderr
    expect_refused(restore(scratch / "new", scratch / "backup"), "the backup's own anchor is of another one: take another backup", "--new-anchor")
    done = restore(scratch / "new", scratch / "backup", "--new-anchor")
    assert done.returncode == 0 and "the backup's own anchor is of another ledger, and was passed over" in done.stdout, done.stderr
    assert f"anchor: begun anew; nothing in the backup shows whether entries were cut off behind entry {before}" in done.stdout
    assert verified(scratch / "new") == before
