"""Somebody who holds disk and key makes another history and seals it again. In itself it is whole; only what others kept of the
first one shows it."""

import contextlib
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from tamper import DRIVER, Ledger, broken, make_small, stays_whole


def again(ledger, name, *change):
    """The ledger's commands delivered once more, into a new directory, by the holder of its key; (ledger, lines of what came out)."""
    made = Ledger(ledger.path.parent, name)
    done = subprocess.run([DRIVER, "again", str(ledger.path), str(made.path), *change], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with contextlib.closing(sqlite3.connect(made.path / "tallystick.db")) as connection:
        connection.execute("ATTACH ? AS theirs", (str(ledger.path / "tallystick.db"),))
        connection.execute("INSERT INTO main.personal SELECT * FROM theirs.personal")  # the commands name commitments alone
        connection.commit()
    return made, done.stdout.splitlines()


@pytest.fixture(scope="module")
def ledger():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        yield make_small(scratch, "ours")


@pytest.fixture
def kept(ledger):
    """Writes the checkpoint of so many entries, or of more, as somebody else has kept it; returns its path."""
    def keep(size):
        note = ledger.one(f"SELECT note FROM checkpoint WHERE size >= {size} ORDER BY size LIMIT 1")
        path = ledger.path.parent / "kept"
        path.write_text(note)
        return str(path), int(note.split("\n")[1])
    return keep


def test_the_same_commands_give_the_same_ledger(ledger):
    """To the last bit: hashes, effects, roots, and, with the same key, seals and notes."""
    made, told = again(ledger, "same")
    entries = ledger.rows("SELECT e.seq, lower(hex(e.hash)), lower(hex(e.effects)), lower(hex(s.signature)) "
                          "FROM entry e JOIN seal s ON s.seq = e.seq ORDER BY e.seq")
    blocks = ledger.rows("SELECT height, size, lower(hex(root)) FROM checkpoint ORDER BY height")
    assert told == [" ".join(map(str, ("entry", *row))) for row in entries] + [" ".join(map(str, ("block", *row))) for row in blocks]
    assert made.rows("SELECT * FROM checkpoint ORDER BY height") == ledger.rows("SELECT * FROM checkpoint ORDER BY height")
    stays_whole(made)
    made.remove()


def test_history_made_again(ledger, kept):
    size = ledger.one("SELECT max(seq) FROM entry")
    seq = ledger.one("SELECT seq FROM entry WHERE kind = 'supply.intake' AND CAST(body AS TEXT) LIKE '%\"quantity\": 100%' ORDER BY seq LIMIT 1")
    made, told = again(ledger, "made", str(seq), '"quantity": 100', '"quantity": 900')
    assert made.one("SELECT max(seq) FROM entry") == size and len(told) > size
    stays_whole(made)  # nothing in it says that there was another one
    # what others kept from before the change fits; whatever they kept from then on does not
    early, _ = kept(seq - 1)
    stays_whole(made, "--checkpoint", early)
    for wanted in (seq, (seq + size) // 2, size):
        path, at = kept(wanted)
        assert broken(made, "--checkpoint", path)[:2] == (at, "checkpoint")
        stays_whole(ledger, "--checkpoint", path)
    # the anchor is such a note too, as long as it is not replaced
    shutil.copy(ledger.path / "anchor", made.path / "anchor")
    assert broken(made)[1] == "checkpoint"
    # a receipt is one as well: the entry that it names has another hash now
    receipts = [ledger.one(f"SELECT lower(hex(hash)) FROM entry WHERE seq = {at}") for at in (seq - 1, seq, size)]
    now = [made.one(f"SELECT lower(hex(hash)) FROM entry WHERE seq = {at}") for at in (seq - 1, seq, size)]
    assert [one == other for one, other in zip(receipts, now)] == [True, False, False]
    made.remove()
