"""Ledgers so long that their keys lie in two parts of the index: a retry finds its answer in each, and a key that stands in both is found."""

import subprocess
import tempfile

import pytest

import test_export
from conftest import binary
from tamper import DRIVER, Ledger, told_broken, told_whole
from test_answers import database, entry_of, serving
from test_backup import fill
from world import problem

PART = 32768  # entries to a part; within one the index refuses a key's second answer
pytestmark = pytest.mark.skipif("release" not in str(binary()), reason="long, and the instrumented variants would only repeat it")


BODY = {"name": "First", "unit": "piece"}


@pytest.fixture(scope="module")
def long():
    """A ledger with some entries in its second part, and the answers to the last, by key."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        ledger = Ledger(scratch, "long")
        fill(ledger.path, PART - 20)
        with serving(ledger.path) as server:
            replies = {name: server.put(f"/items/{name}", BODY, idempotency_key=name) for name in (f"I{number}" for number in range(40))}
        seqs = [entry_of(reply) for reply in replies.values()]
        assert seqs[0] < PART - 10 and seqs[-1] > PART + 10
        told_whole(ledger)  # up to here; --incremental goes on from there
        yield ledger, replies


def test_a_command_that_was_carried_out_again(long):
    """Whoever holds disk and key lets a command be done twice: each entry of the two is sound in itself, and so is its answer."""
    ledger = long[0].copy()
    with database(ledger.path) as connection:
        [[seq, key]] = connection.execute("SELECT min(seq), command_id FROM entry WHERE kind = 'supply.intake'")
        [[size]] = connection.execute("SELECT max(seq) FROM entry")
    done = subprocess.run([DRIVER, "twice", ledger.path, str(seq)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with database(ledger.path) as connection:
        assert connection.execute("SELECT seq FROM answer WHERE key = ? ORDER BY seq", (key,)).fetchall() == [(seq,), (size + 1,)]
    wanted = size + 1, "command_id", f"entry {size + 1}: its key {key} is one that an earlier command of the same sender had: it was carried out again"
    assert told_broken(ledger, "--incremental") == wanted
    assert told_broken(ledger) == wanted
    check_export(ledger, size + 1)
    ledger.remove()


def check_export(ledger, seq):
    """Without answers: both verifiers find it, behind a whole beginning, and before what is broken later."""
    lines, path = test_export.export(ledger), ledger.path / "export.ndjson"
    path.write_bytes(b"".join(lines))
    assert test_export.by_program(path) == test_export.by_python(path) == (False, seq, "command_id")
    path.write_bytes(b"".join(lines[:-1]))  # cut behind the entry
    assert test_export.by_program(path) == (False, seq, "command_id")
    path.write_bytes(b"".join([*lines[:-3], lines[-1]]))  # cut before it, and an end that is not there
    assert test_export.by_program(path) == (False, seq, "format")


def test_a_retry_finds_its_answer_in_a_long_ledger(long):
    """Of the part of before and of the one that has begun, and of what came since a start."""
    ledger, replies = long[0].copy(), dict(long[1])
    for _ in range(3):
        with serving(ledger.path) as server:
            for name, reply in replies.items():
                assert server.put(f"/items/{name}", BODY, idempotency_key=name).text == reply.text
                problem(server.put("/items/OTHER", BODY, idempotency_key=name), 422, "idempotency_key_reused")
            replies["MORE"] = server.put("/items/MORE", BODY, idempotency_key="MORE")
    ledger.remove()


def test_an_answer_that_was_moved_to_another_part(long):
    """While the service runs, which knows from before in which part it was: the retry is no new command for that."""
    ledger, replies = long[0].copy(), long[1]
    with serving(ledger.path) as server:
        with database(ledger.path) as connection:
            assert connection.execute("UPDATE answer SET seq = seq - ? WHERE key = 'I39'", (PART,)).rowcount == 1
        problem(server.put("/items/I39", BODY, idempotency_key="I39"), 503, "disk_failed")
        assert server.put("/items/I38", BODY, idempotency_key="I38").text == replies["I38"].text
    ledger.remove()


def test_a_second_answer_under_a_key(long):
    """One that is kept in another part, to no command: nothing was carried out again."""
    ledger = long[0].copy()
    with serving(ledger.path) as server:
        seq = entry_of(server.put("/items/NEW", BODY, idempotency_key="NEW"))
    with database(ledger.path) as connection:
        columns = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(answer)") if row[1] != "seq")
        connection.execute(f"INSERT INTO answer (seq, {columns}) SELECT seq - {PART}, {columns} FROM answer WHERE key = 'NEW'")
    assert told_broken(ledger, "--incremental") == (seq, "answer", f"entry {seq}: a second answer is kept under its key NEW")
    ledger.remove()


def test_without_the_index(long):
    """Each look for an answer would go through all of them: it is told without."""
    ledger = long[0].copy()
    with database(ledger.path) as connection:
        connection.execute("DROP INDEX answer_by_key")
    assert told_broken(ledger, "--incremental") == (None, "schema", "the index answer_by_key is missing")
    assert told_broken(ledger)[1] == "schema"
    ledger.remove()
