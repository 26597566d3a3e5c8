"""Tampering with a ledger's files: whatever changes what the ledger says is found by
`tallystick verify`, which names the first broken entry where there is one, and the reason."""

import contextlib
import json
import os
import pathlib
import random
import secrets
import shutil
import sqlite3
import tempfile
import threading
import time

import pytest

from conftest import Server, run
from tamper import ANSWER_CHECKED, ENTRY, Ledger, broken, for_each, make, other_value, stays_whole
from world import World, accepted


def the_seed():
    return int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))


def some(count):
    """Picks so many cases; tests/long takes all."""
    def pick(cases):
        seed = the_seed()
        print(f"TALLYSTICK_SEED={seed}")
        return random.Random(seed).sample(cases, count)
    return pick


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as directory:
        yield directory


@pytest.fixture(scope="module")
def ledger(scratch):
    made = make(scratch, "ours")
    stays_whole(made)
    return made


@pytest.fixture(scope="module")
def other(scratch):
    return make(scratch, "theirs", is_small=False)  # a node of another name


@pytest.fixture
def copy(ledger):
    made = ledger.copy()
    yield made
    made.remove()


def test_spoiling_nothing_is_no_finding(copy):
    """The way of spoiling alone leaves no trace."""
    for loosen in (False, True):
        with copy.sql(loosen):
            pass
        stays_whole(copy)


# The audit table

def test_every_column_of_the_audit_table(ledger):
    """In the first entry, one in the middle, one that came signed, and the last."""
    last = ledger.one("SELECT max(seq) FROM entry")
    middle = ledger.one("SELECT seq FROM entry WHERE kind = 'transfer.receive' ORDER BY seq LIMIT 1")
    signed = ledger.one("SELECT seq FROM entry WHERE submitter_alg <> '' ORDER BY seq LIMIT 1 OFFSET 1")
    wanted = {"previous_hash": "previous_hash", "body": "body", "body_length": "body", "body_digest": "body"}

    def check(case):
        column, seq = case
        copy = ledger.copy()
        value = ledger.one(f"SELECT {column} FROM entry WHERE seq = {seq}")
        spoilt = last + 5 if column == "seq" else b"x" if column == "body" and value is None else other_value(value)
        copy.execute((f"UPDATE entry SET {column} = ? WHERE seq = {seq}", (spoilt,)))
        first, code, reason = broken(copy)
        assert (first, code) == (seq, "seq" if column == "seq" else wanted.get(column, "hash")) and reason, (case, first, code)
        copy.remove()

    for_each([(column, seq) for column in ENTRY for seq in (1, middle, signed, last)], check)


def test_a_key_given_back_its_life(ledger, copy):
    """A key whose end is taken away, one that another organisation gets, one that never was: the ledger knows better."""
    for change in ("UPDATE organisation_key SET to_seq = NULL WHERE to_seq IS NOT NULL",
                   "UPDATE organisation_key SET organisation = (SELECT id FROM organisation ORDER BY id LIMIT 1)",
                   "INSERT INTO organisation_key SELECT substr(id, 1, 15) || 'x', organisation, randomblob(33), from_seq, NULL, NULL, 1, seq "
                   "FROM organisation_key LIMIT 1"):
        one = ledger.copy()
        one.execute(change)
        first, code, reason = broken(one)
        assert (first, code) == (None, "state") and "organisation_key" in reason
        one.remove()


@pytest.mark.parametrize("change, code", [
    ("UPDATE seal SET signature = zeroblob(64)", "seal"), ("UPDATE seal SET signature = (SELECT signature FROM seal WHERE seq = 8)", "seal"),
    ("UPDATE seal SET key = 'x' || substr(key, 2)", "key"), ("DELETE FROM seal", "seal")])
def test_seals(ledger, change, code):
    """In the first entry, one in the middle, and the last."""
    last = ledger.one("SELECT max(seq) FROM entry")
    for seq in (1, 9, last):
        copy = ledger.copy()
        copy.execute(f"{change} WHERE seq = {seq}")
        assert broken(copy)[:2] == (seq, code)
        copy.remove()


def check_columns_that_hold_what_no_entry_holds(ledger, pick):
    """NULL, another type, another length, a NUL and more behind it."""
    seq = ledger.one("SELECT seq FROM entry WHERE kind = 'transfer.create' ORDER BY seq LIMIT 1")

    def check(case):
        column, value, wrong = case
        copy = ledger.copy()
        copy.execute((f"UPDATE entry SET {column} = ? WHERE seq = {seq}", (wrong,)), loosen=True)
        stored = copy.one(f"SELECT {column} FROM entry WHERE seq = {seq}")
        if type(stored) is type(value) and stored == value:
            stays_whole(copy)  # SQLite made the old value of it
        else:
            first, code, reason = broken(copy)
            assert (first == seq or code == "integrity") and reason, (case, first, code, reason)
        copy.remove()

    cases = []
    for column in ENTRY[1:]:
        value = ledger.one(f"SELECT {column} FROM entry WHERE seq = {seq}")
        values = [None]
        if isinstance(value, str):
            values += [value.encode(), value + "\0x"]
        elif isinstance(value, bytes):
            values += ["text", value + b"\0"]
        else:
            values += [value + 0.5, b"1", 2**63 - 1]
        cases += [(column, value, wrong) for wrong in values]
    for_each(pick(cases), check)


def test_columns_that_hold_what_no_entry_holds(ledger):
    check_columns_that_hold_what_no_entry_holds(ledger, some(24))


def spoil_rows(ledger, copy, how):
    last = ledger.one("SELECT max(seq) FROM entry")
    columns = ", ".join(ENTRY[1:])
    if how == "the first deleted":
        copy.execute("DELETE FROM entry WHERE seq = 1")
        return 1, "seq"
    if how == "one deleted":
        copy.execute("DELETE FROM entry WHERE seq = 9")
        return 9, "seq"
    if how == "all deleted":
        copy.execute("DELETE FROM entry")
        return 1, "seq"
    if how == "one inserted":
        for n in range(last, 8, -1):
            copy.execute(f"UPDATE entry SET seq = {n + 1} WHERE seq = {n}")
        copy.execute(f"INSERT INTO entry (seq, {columns.replace(', hash', ', hash')}) SELECT 9, "
                     f"{columns.replace(', hash', ', randomblob(32)')} FROM entry WHERE seq = 8")
        return 9, "previous_hash"
    if how == "one doubled at the end":
        copy.execute(f"INSERT INTO entry (seq, {columns}) SELECT {last + 1}, {columns.replace(', hash', ', randomblob(32)')} "
                     f"FROM entry WHERE seq = {last}")
        return last + 1, "previous_hash"
    if how == "two swapped":
        copy.execute("UPDATE entry SET seq = 1000 WHERE seq = 8", "UPDATE entry SET seq = 8 WHERE seq = 9",
                     "UPDATE entry SET seq = 9 WHERE seq = 1000")
        return 8, "previous_hash"
    if how == "the last deleted":
        copy.execute(f"DELETE FROM entry WHERE seq = {last}")
        return last, "truncated"
    assert how == "the last five deleted"
    copy.execute(f"DELETE FROM entry WHERE seq > {last - 5}")
    return last - 4, "truncated"


@pytest.mark.parametrize("how", ["the first deleted", "one deleted", "all deleted", "one inserted", "one doubled at the end",
                                 "two swapped", "the last deleted", "the last five deleted"])
def test_rows(ledger, copy, how):
    wanted = spoil_rows(ledger, copy, how)
    assert broken(copy)[:2] == wanted


def test_a_cut_made_well_shows_against_the_anchor(ledger, scratch):
    """An old copy of the whole database is sound in itself; only the anchor knows better."""
    young = ledger.copy()
    server = Server(young.path)
    for n in range(3):
        accepted(server.put(f"/items/AFTER-{n}", {"name": "x", "unit": "piece"}), 201)
    note = server.get("/ledger").json()["checkpoint"]
    assert server.stop() == 0
    old = ledger.copy()
    stays_whole(old)
    size = ledger.one("SELECT max(seq) FROM entry")
    slots = (young.path / "anchor").read_bytes()
    for anchor in (slots[1024:] + slots[:1024], slots):  # the newest that the anchor knows is named, in whichever slot it stands
        (old.path / "anchor").write_bytes(anchor)
        first, code, reason = broken(old)
        assert (first, code) == (size + 1, "truncated") and str(size + 3) in reason
    # the same against a checkpoint that somebody kept, with the anchor put back too
    shutil.copy(ledger.path / "anchor", old.path / "anchor")
    (old.path / "kept").write_text(note)
    assert broken(old, "--checkpoint", str(old.path / "kept"))[:2] == (size + 1, "truncated")
    # and serve does not go on from there, and names it too
    for anchor in (slots, slots[1024:] + slots[:1024]):
        (old.path / "anchor").write_bytes(anchor)
        refused = run("serve", "--data-dir", str(old.path), "--listen", "127.0.0.1:0")
        assert refused.returncode == 1
        assert f"the anchor file knows a ledger of {size + 3} entries, the database has {size} or others" in refused.stderr
        assert (old.path / "anchor").read_bytes() == anchor


def test_an_entry_of_another_ledger(ledger, other, copy):
    last = ledger.one("SELECT max(seq) FROM entry")
    columns = ", ".join(ENTRY)
    with copy.sql() as connection:
        connection.execute("ATTACH ? AS theirs", (str(other.path / "tallystick.db"),))
        connection.execute("DELETE FROM main.entry WHERE seq = 12")
        connection.execute(f"INSERT INTO main.entry ({columns}) SELECT {columns} FROM theirs.entry WHERE seq = 12")
    assert broken(copy)[:2] == (12, "previous_hash")
    assert last >= 12


def test_another_ledger_under_our_anchor(ledger, other, copy):
    """A whole foreign ledger is sound in itself, but none of our keys signed what the anchor holds."""
    shutil.copy(other.path / "tallystick.db", copy.path / "tallystick.db")
    assert broken(copy)[:2] == (None, "anchor_missing")
    refused = run("serve", "--data-dir", str(copy.path), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "node.key" in refused.stderr


@pytest.mark.parametrize("spoil, whole", [("nothing", True), ("newer", True), ("older", True), ("both", False), ("absent", False)])
def test_the_anchor(copy, spoil, whole):
    path = copy.path / "anchor"
    content = bytearray(path.read_bytes())
    assert len(content) == 2048
    sizes = [int(bytes(content[at:at + 1024]).split(b"\n")[1]) for at in (0, 1024)]
    newer = 0 if sizes[0] > sizes[1] else 1024
    for at in {"newer": [newer], "older": [1024 - newer], "both": [0, 1024]}.get(spoil, []):
        content[at + 40] ^= 1
    path.write_bytes(content)
    if spoil == "absent":
        path.unlink()
    if whole:
        stays_whole(copy)
    else:
        assert broken(copy)[1] == "anchor_missing"


# What is kept beside the entries; every table and column: test_sweep.py

def test_a_balance_that_the_movements_do_not_explain(ledger, copy):
    supply = ledger.one("SELECT id FROM supply WHERE on_hand > 5 LIMIT 1")
    copy.execute(f"UPDATE supply SET on_hand = on_hand + 1 WHERE id = '{supply}'")
    first, code, reason = broken(copy)
    assert code == "balance" and supply in reason


def test_a_balance_with_a_movement_to_match(ledger, copy):
    """Sums that fit are not enough: the ledger is replayed."""
    seq, ordinal, supply = ledger.rows("SELECT seq, ordinal, supply FROM movement WHERE kind = 'adjustment' ORDER BY seq DESC LIMIT 1")[0]
    copy.execute(f"UPDATE movement SET delta = delta + 1, balance = balance + 1 WHERE seq = {seq} AND ordinal = {ordinal}",
                 f"UPDATE supply SET on_hand = on_hand + 1 WHERE id = '{supply}'")
    assert broken(copy)[1] in ("balance", "state")


def test_numbers_that_are_none(ledger):
    """A real number or a blob where a business table has an integer: found, no crash."""
    for value in (1.5, b"5", "five", None):
        copy = ledger.copy()
        copy.execute(("UPDATE supply SET on_hand = ? WHERE on_hand = (SELECT max(on_hand) FROM supply)", (value,)), loosen=True)
        broken(copy)
        copy.remove()


@pytest.mark.parametrize("change, code", [
    ("UPDATE personal SET text = text || '.' WHERE rowid = 3", "personal"),
    ("UPDATE personal SET salt = zeroblob(32) WHERE rowid = 3", "personal"),
    ("UPDATE personal SET text = NULL, salt = NULL WHERE rowid = 3", "personal_missing"),
    ("DELETE FROM personal WHERE rowid = 3", "personal_missing"),
    ("DELETE FROM personal WHERE rowid = (SELECT max(rowid) FROM personal)", "personal_missing"),
    ("UPDATE personal SET text = (SELECT text || 'x' FROM personal WHERE rowid = 4) WHERE rowid = 3", "personal")])
def test_personal_texts(ledger, copy, change, code):
    rowid = ledger.one("SELECT max(rowid) FROM personal") if "max" in change else 3
    seq = ledger.one(f"SELECT seq FROM personal WHERE rowid = {rowid}")
    copy.execute(change)
    assert broken(copy)[:2] == (seq, code)


def test_the_node_key_replaced(other, copy):
    mine = other.rows("SELECT id, public_key FROM node_key")[0]
    copy.execute(("UPDATE node_key SET id = ?, public_key = ?", mine))
    first, code, _ = broken(copy)
    assert code in ("anchor_missing", "key") or first == 1


def test_checkpoints(ledger, other, copy):
    """A note that is well signed, but for another block."""
    first, second = ledger.rows("SELECT height, note FROM checkpoint ORDER BY height LIMIT 2")
    copy.execute(("UPDATE checkpoint SET note = ? WHERE height = ?", (first[1], second[0])))
    assert broken(copy)[:2] == (ledger.one(f"SELECT size FROM checkpoint WHERE height = {second[0]}"), "checkpoint")


@pytest.mark.parametrize("column", ANSWER_CHECKED)
def test_a_key_that_no_longer_remembers(ledger, column):
    """Without its answer an entry's key would be free: a retry would be done a second time."""
    copy = ledger.copy()
    seq = ledger.one("SELECT max(seq) FROM answer")
    value = ledger.one(f"SELECT {column} FROM answer WHERE seq = {seq}")
    copy.execute((f"UPDATE answer SET {column} = ? WHERE seq = {seq}", (other_value(value) if value != "" else "x",)))
    broken(copy)
    copy.execute(f"DELETE FROM answer WHERE {column} IS NOT NULL")
    broken(copy)
    copy.remove()


@pytest.mark.parametrize("change", ["replace(CAST(body AS TEXT), '\"seq\":9,', '\"seq\":8,')", "'{}'", "''",
                                    "(SELECT CAST(body AS TEXT) FROM answer WHERE seq = 8)"])
def test_a_receipt_in_an_answer_kept_for_retries(ledger, copy, change):
    """It is what the submitter keeps: a retry must not be handed a forged one."""
    copy.execute(f"UPDATE answer SET body = CAST({change} AS BLOB) WHERE seq = 9")
    assert broken(copy)[:2] == (9, "answer")


@pytest.mark.parametrize("change", ["DROP TRIGGER entry_no_update", "DROP TRIGGER movement_no_delete", "DROP INDEX supply_by_lot",
                                    "CREATE TABLE own (x)", "CREATE TRIGGER own AFTER INSERT ON movement BEGIN "
                                    "UPDATE supply SET on_hand = 0 WHERE id = new.supply; END"])
def test_a_schema_that_is_not_ours(copy, change):
    """A trigger that is missing or added would spoil what is written from now on."""
    with contextlib.closing(sqlite3.connect(copy.path / "tallystick.db", isolation_level=None)) as connection:
        connection.execute(change)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert broken(copy)[1] == "schema"


# Checkpoints from elsewhere

def test_checkpoints_kept_elsewhere(ledger, other, scratch):
    copy = ledger.copy()
    path = pathlib.Path(scratch) / "note"

    def with_note(text):
        path.write_bytes(text.encode())
        return copy, "--checkpoint", str(path)

    notes = [note for (note,) in ledger.rows("SELECT note FROM checkpoint ORDER BY height")]
    saved = (notes[-1] + "\n", notes[-1] + "\n\n", notes[-1].replace("\n", "\r\n"))  # as jq -r, echo and editors leave it
    for good in (notes[-1], notes[0], notes[len(notes) // 2], *saved):
        stays_whole(*with_note(good))
    stays_whole(*with_note(notes[-1] + "— witness.example/w " + "AAAAAAAA" * 9 + "AAAA\n"))  # a cosignature is skipped
    foreign = other.one("SELECT note FROM checkpoint ORDER BY height DESC LIMIT 1")
    altered = notes[-1].replace("\n", "\n1", 1)
    origin = notes[-1].split("\n")[0]
    _, code, reason = broken(*with_note(foreign))
    assert code == "checkpoint_foreign" and foreign.split("\n")[0] in reason and origin in reason
    *_, first_line, second_line, _ = notes[-1].split("\n")
    stays_whole(*with_note(notes[-1].replace(first_line + "\n", "")))  # one of our lines is enough of a note that was about
    stays_whole(*with_note(notes[-1].replace(second_line + "\n", "")))
    unsigned = notes[-1].replace(first_line + "\n", "").replace(second_line + "\n", "")
    bent = notes[-1].replace(second_line, second_line[:-10] + ("A" if second_line[-10] != "A" else "B") + second_line[-9:])
    for wrong in (altered, notes[-1][:-2], notes[-1] + "x", unsigned, bent, foreign.replace(foreign.split("\n")[0], origin)):
        _, code, reason = broken(*with_note(wrong))
        assert code == "checkpoint_unsigned" and "no sound signature" in reason
    # What is no checkpoint at all is no finding about a ledger.
    for none in ("", "garbage\n", json.dumps({"size": 3, "checkpoint": notes[-1]}), notes[-1].split("\n", 1)[1], "x" * 100000):
        told = copy.verify("--checkpoint", with_note(none)[2])
        assert (told.returncode, told.stdout) == (2, "") and "checkpoint_foreign" not in told.stderr
        assert "cannot be read as a checkpoint; it is what GET /ledger/checkpoint gives" in told.stderr, told.stderr
    for path_of_none in ("/nonexistent/note", scratch):
        told = copy.verify("--checkpoint", path_of_none)
        assert told.returncode == 2 and "cannot be read: " in told.stderr

    # A fork: the same key, the same beginning, another history behind it.
    fork = ledger.copy()
    for branch, names in ((copy, ["A", "B"]), (fork, ["C", "D", "E"])):
        server = Server(branch.path)
        for name in names:
            accepted(server.put(f"/items/{name}", {"name": name, "unit": "piece"}), 201)
        branch.note = server.get("/ledger").json()["checkpoint"]
        assert server.stop() == 0
        stays_whole(branch)
    size = ledger.one("SELECT max(seq) FROM entry")
    path.write_text(copy.note)
    assert broken(fork, "--checkpoint", str(path))[:2] == (size + 2, "checkpoint")
    path.write_text(fork.note)
    assert broken(copy, "--checkpoint", str(path))[:2] == (size + 3, "truncated")
    shutil.copy(copy.path / "anchor", fork.path / "anchor")
    first, code, _ = broken(fork)
    assert code == "checkpoint" and first in (size + 1, size + 2)  # the one before is in the anchor where it was kept
    # Grown beyond the anchor with the same key, it is another ledger all the same; nor does one slot hide behind a sound one.
    held = (fork.path / "anchor").read_bytes()
    slots = [held[:1024], held[1024:]]
    forked = [slot for slot in slots if int(slot.split(b"\n")[1]) > size]  # a note from before the fork is of both histories
    assert forked
    for anchor in (held, b"".join(slots[::-1]), *(slot + bytes(1024) for slot in forked)):
        (fork.path / "anchor").write_bytes(anchor)
        refused = run("serve", "--data-dir", str(fork.path), "--listen", "127.0.0.1:0")
        assert refused.returncode == 1 and f"the database has {size + 3} or others" in refused.stderr, refused.stderr
        assert (fork.path / "anchor").read_bytes() == anchor


# Raw bytes

def spoil_bytes(ledger, old, new):
    """Another text of the same length wherever the file has the old one."""
    path = ledger.path / "tallystick.db"
    held = path.read_bytes()
    assert old in held and len(old) == len(new)
    path.write_bytes(held.replace(old, new))
    for name in ("tallystick.db-wal", "tallystick.db-shm"):
        (ledger.path / name).unlink(missing_ok=True)


@pytest.mark.parametrize("old, new", [
    (b"commitment TEXT", b"commitmeot TEXT"),  # a column that the program asks for
    (b"CREATE TABLE entry", b"CREATE TABLE entrx"), (b"CREATE TABLE entry", b"CREATE TABLE \xe6\xb9try")])
def test_a_schema_that_our_own_words_do_not_fit(copy, old, new):
    """A finding, not a check that could not be made; told in words that any terminal takes."""
    spoil_bytes(copy, old, new)
    told = copy.verify()
    assert told.returncode == 1 and (told.stdout.startswith("BROKEN") or "damaged" in told.stderr), (told.stdout, told.stderr)


# While it runs

@pytest.mark.concurrent
def test_verify_beside_a_running_server(scratch):
    """A check sees one state, whatever is written meanwhile."""
    ledger = Ledger(scratch, "running")
    server = Server(ledger.path)
    try:
        world = World(server)
        is_over = threading.Event()
        sent = []

        def write():
            while not is_over.is_set():
                sent.append(world.intake(1, note="x")["id"])

        writer = threading.Thread(target=write)
        writer.start()
        sizes, deadline = [], time.monotonic() + 100
        try:
            while len(sizes) < 4 or (len(sent) <= 10 or sizes[-1] == sizes[0]) and time.monotonic() < deadline:
                told = ledger.verify()
                assert told.returncode == 0, told.stdout + told.stderr
                sizes.append(int(told.stdout.split()[1]))
                reply = server.get("/ledger/verify", token=True)
                assert reply.status_code in (200, 202) and reply.json().get("ok", True) is True, reply.text
        finally:
            is_over.set()
            writer.join()
        assert sizes == sorted(sizes) and sizes[-1] > sizes[0] and len(sent) > 10
    finally:
        assert server.stop() == 0
