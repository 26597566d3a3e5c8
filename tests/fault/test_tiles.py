"""The rows of the tree's hashes, from which proofs are made: what was done to them is found by verify, and what is missing
is made again at the start. A ledger from before there were any goes on."""

import base64
import contextlib
import hashlib
import pathlib
import sqlite3
import tarfile
import tempfile

import pytest

from conftest import Server, key, run
from tamper import Ledger, broken, make, stays_whole
from world import accepted

V1 = pathlib.Path(__file__).with_name("ledger-v1.tar.xz")  # by a program that knew migration 1 alone, with something of everything


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as directory:
        yield directory


@pytest.fixture(scope="module")
def ledger(scratch):
    return make(scratch, "ours")


@pytest.fixture
def copy(ledger):
    made = ledger.copy()
    yield made
    made.remove()


@pytest.fixture
def old(scratch):
    """The directory of an older program, unpacked."""
    made = Ledger(scratch, "old")
    made.path.mkdir()
    with tarfile.open(V1) as archive:
        archive.extractall(made.path)
    yield made
    made.remove()


def rows(ledger):
    return {(level, position): bytes(hashes)
            for level, position, hashes in ledger.rows("SELECT level, position, hashes FROM tile")}


def rows_by_definition(leaves):
    """Sixteen hashes a row; each hash above is the root of a full row."""
    made, level = {}, 0
    while leaves:
        made.update({(level, at // 16): b"".join(leaves[at:at + 16]) for at in range(0, len(leaves), 16)})
        above = []
        for at in range(0, len(leaves) - 15, 16):
            row = leaves[at:at + 16]
            while len(row) > 1:
                row = [hashlib.sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2])]
            above += row
        leaves, level = above, level + 1
    return made


def expected_rows(ledger):
    """By the entries' canonical bytes as the service gives them."""
    server = Server(ledger.path)
    items, after = [], 0
    while page := server.get(f"/ledger/entries?after={after}&limit=100").json()["items"]:
        items += page
        after = page[-1]["seq"]
    assert server.stop() == 0
    return rows_by_definition([hashlib.sha256(b"\0" + base64.b64decode(item["bytes"])).digest() for item in items])


def test_rows_are_those_of_the_entries(ledger):
    stays_whole(ledger)
    found = rows(ledger)
    assert found == expected_rows(ledger)
    assert len(found) >= 5 and (1, 0) in found, "the ledger has two levels"


@pytest.mark.parametrize("change", [
    "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 0 AND position = 0",
    "UPDATE tile SET hashes = CAST(substr(hashes, 1, length(hashes) - 32) || zeroblob(32) AS BLOB) WHERE level = 0 AND position = 1",
    "UPDATE tile SET hashes = substr(hashes, 1, length(hashes) - 32) WHERE level = 0 AND position = 0",
    "UPDATE tile SET hashes = substr(hashes, 1, length(hashes) - 32) WHERE level = 1",
    "UPDATE tile SET hashes = CAST(hashes || substr(hashes, 1, 32) AS BLOB) WHERE level = 0 AND length(hashes) < 512",
    "UPDATE tile SET hashes = CAST(hashes || substr(hashes, 1, 32) AS BLOB) WHERE level = 1",
    "UPDATE tile SET hashes = CAST(substr(hashes, 33, 32) || substr(hashes, 1, 32) || substr(hashes, 65) AS BLOB) "
    "WHERE level = 0 AND position = 2",
    "UPDATE tile SET hashes = (SELECT hashes FROM tile WHERE level = 0 AND position = 1) WHERE level = 0 AND position = 0",
    "UPDATE tile SET id = id + 16 WHERE level = 1",
    "UPDATE tile SET id = id + 1 WHERE level = 1",
    "DELETE FROM tile WHERE level = 0 AND position = 0", "DELETE FROM tile WHERE level = 0 AND length(hashes) < 512",
    "DELETE FROM tile WHERE level = 1", "DELETE FROM tile",
    "INSERT INTO tile (id, hashes) VALUES (99 * 16, zeroblob(512))", "INSERT INTO tile (id, hashes) VALUES (2, zeroblob(32))",
    "INSERT INTO tile (id, hashes) VALUES (15, zeroblob(32))", "INSERT INTO tile (id, hashes) VALUES (-1, zeroblob(32))"])
def test_spoilt_rows_are_found(copy, change):
    copy.execute(change)
    first, code, reason = broken(copy)
    assert (first, code) == (None, "tile") and "of the tree's hashes" in reason, (first, code, reason)


def test_two_rows_swapped(copy):
    copy.execute("UPDATE tile SET id = 99 * 16 WHERE id = 0", "UPDATE tile SET id = 0 WHERE id = 16",
                 "UPDATE tile SET id = 16 WHERE id = 99 * 16")
    assert broken(copy)[1] == "tile"


@pytest.mark.parametrize("change", [
    "UPDATE tile SET hashes = 'text' WHERE level = 1", "UPDATE tile SET hashes = NULL WHERE level = 1",
    "UPDATE tile SET hashes = zeroblob(513) WHERE level = 0 AND position = 0",
    "UPDATE tile SET hashes = zeroblob(33) WHERE level = 0 AND position = 0",
    "UPDATE tile SET hashes = zeroblob(0) WHERE level = 0 AND position = 0"])
def test_rows_that_are_none(copy, change):
    copy.execute(change, loosen=True)
    assert broken(copy)[1] in ("tile", "integrity")


def test_the_guards_of_the_table(ledger, copy):
    """A row grows at its end and changes in no other way, whoever has the file open."""
    with contextlib.closing(sqlite3.connect(copy.path / "tallystick.db", isolation_level=None)) as connection:
        for change in ("UPDATE tile SET hashes = zeroblob(length(hashes))", "UPDATE tile SET hashes = substr(hashes, 1, 32)",
                       "UPDATE tile SET hashes = hashes", "UPDATE tile SET id = id + 1600",
                       "UPDATE tile SET id = id + 2 WHERE level = 1", "DELETE FROM tile WHERE level = 1"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(change)
    assert rows(copy) == rows(ledger)


def test_an_entry_that_was_changed_is_named_before_its_row(copy):
    copy.execute("DELETE FROM tile WHERE level = 0 AND position = 0",
                 "UPDATE entry SET role = 'auditor' WHERE seq = 40")
    assert broken(copy)[:2] == (40, "hash")


@pytest.mark.parametrize("change", [
    "UPDATE tile SET hashes = substr(hashes, 1, length(hashes) - 32) WHERE level = 0 AND length(hashes) < 512",
    "UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 1",
    "UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND length(hashes) < 512",
    "INSERT INTO tile (id, hashes) VALUES (99 * 16, zeroblob(512))", "DELETE FROM tile WHERE level = 0 AND position = 0"])
def test_an_incremental_run_goes_on_from_rows_that_fit(copy, change):
    """The ends of the rows up to the mark must be those of the frontier that was verified; their number tells of the others."""
    stays_whole(copy)  # sets the mark
    restart(copy)
    stays_whole(copy, "--incremental")
    restart(copy)
    copy.execute(change)
    assert broken(copy, "--incremental")[1] == "tile"


# Rows that are missing at the end are made again

def restart(ledger):
    """Starts, appends an entry, stops; the log."""
    server = Server(ledger.path)
    accepted(server.put(f"/items/{key()}", {"name": "x", "unit": "piece"}), 201)
    assert server.stop() == 0
    return server.log()


def test_a_ledger_without_rows_gets_them(ledger, copy):
    size = ledger.one("SELECT max(seq) FROM entry")
    copy.execute("DELETE FROM tile")
    log = restart(copy)
    assert f'filling_in="the tree\'s hashes for proofs" from_entry=1 to_entry={size}' in log and f"entries={size}" in log
    stays_whole(copy)
    assert rows(copy) == expected_rows(copy)
    assert restart(copy).count("filling_in") == 1, "once is enough; the log goes on from the start before"


def test_rows_cut_short_are_completed(ledger, copy):
    """As they were with 20 entries."""
    size = ledger.one("SELECT max(seq) FROM entry")
    copy.execute("DELETE FROM tile WHERE level = 0 AND position > 1",
                 "UPDATE tile SET hashes = substr(hashes, 1, 4 * 32) WHERE level = 0 AND position = 1",
                 "UPDATE tile SET hashes = substr(hashes, 1, 32) WHERE level = 1")
    assert f"from_entry=21 to_entry={size}" in restart(copy)
    stays_whole(copy)
    assert rows(copy) == expected_rows(copy)


@pytest.mark.parametrize("change", [
    "DELETE FROM tile WHERE level = 1", "DELETE FROM tile WHERE level = 0 AND position > 0",
    "UPDATE tile SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE level = 0 AND length(hashes) < 512",
    "UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 1", "INSERT INTO tile (id, hashes) VALUES (99 * 16, zeroblob(512))"])
def test_no_start_on_rows_that_contradict_the_rest(copy, change):
    copy.execute(change)
    before = rows(copy)
    refused = run("serve", "--data-dir", str(copy.path), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "run verify" in refused.stderr, refused.stderr
    assert rows(copy) == before, "nothing was written"
    assert broken(copy)[1] == "tile"


def test_no_rows_are_made_of_entries_that_were_changed(copy):
    copy.execute("DELETE FROM tile", "UPDATE entry SET role = 'auditor' WHERE seq = 40")
    refused = run("serve", "--data-dir", str(copy.path), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "the frontier is not that of the entries: run verify" in refused.stderr, refused.stderr
    assert rows(copy) == {}
    assert broken(copy)[:2] == (40, "hash")


def test_a_ledger_of_an_older_program_goes_on(old):
    assert old.one("PRAGMA user_version") == 1
    assert old.one("SELECT count(*) FROM sqlite_schema WHERE name = 'tile'") == 0
    size, head = old.rows("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1")[0]
    note = old.one("SELECT note FROM checkpoint ORDER BY height DESC LIMIT 1")
    (old.path / "note").write_text(note)
    log = restart(old)
    assert f"from_entry=1 to_entry={size}" in log
    assert old.one(f"SELECT hash FROM entry WHERE seq = {size}") == head
    assert old.one("SELECT max(seq) FROM entry") == size + 1
    stays_whole(old, "--checkpoint", str(old.path / "note"))
    assert rows(old) == expected_rows(old)
