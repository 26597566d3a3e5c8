"""Answers kept for retries, and who alters them in the file: verify finds it, and no retry is told what somebody wrote. The keys by which that is
seen are in node.db: what is said where they are not there, and how they go through erasures, restores and first starts. Each column in turn is
altered by test_sweep.py."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile

import pytest

from conftest import Server, binary, environment, run
from tamper import Ledger, begin, commitment_of, told_broken, told_whole
from test_backup import V1, backup, restore
from world import World, accepted, fresh, problem

NOBODY = 65534
ALTERED = "the answer kept for a retry was altered"


@contextlib.contextmanager
def database(path, name="tallystick.db"):
    with contextlib.closing(sqlite3.connect(pathlib.Path(path) / name, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        yield connection


@contextlib.contextmanager
def serving(path, with_world=False):
    """The service over that directory, stopped at the end; where that is wanted with a world, which is some entries."""
    server = Server(path)
    try:
        yield (server, World(server)) if with_world else server
    finally:
        assert server.stop() == 0


def entry_of(reply, status=201):
    accepted(reply, status)
    return reply.json()["ledger"]["seq"]


def put(server, name):
    """An entry, and its number."""
    return entry_of(server.put(f"/items/{name}", {"name": name, "unit": "piece"}))


def told(ledger, *options):
    """The whole object, of a ledger that is not broken."""
    done = run("verify", "--data-dir", str(ledger.path), "--json", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def unchecked(ledger, *options):
    """How many answers could not be checked, as program and text tell it."""
    count = told(ledger, *options)["unchecked_answers"]
    text = run("verify", "--data-dir", str(ledger.path), *options).stdout
    assert (f"NOT checked: whether {count} of the answers" in text) == (count > 0), text
    return count


def size(ledger):
    return ledger.one("SELECT max(seq) FROM entry")


def answer(path, seq):
    with database(path) as connection:
        cursor = connection.execute("SELECT * FROM answer WHERE seq = ?", (seq,))
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone()))


def alter(path, seq, column, value):
    with database(path) as connection:
        assert connection.execute(f"UPDATE answer SET {column} = ? WHERE seq = ?", (value, seq)).rowcount == 1


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as directory:
        yield pathlib.Path(directory)


@pytest.fixture(scope="module")
def filled(scratch):
    """Some entries, stopped."""
    ledger = Ledger(scratch, "filled")
    begin(ledger.path)
    with serving(ledger.path, True) as (server, world):
        world.intake(5, note="für die Küche")
        ledger.item = put(server, "ONE")
    return ledger


@pytest.fixture
def ledger(filled):
    made = filled.copy()
    made.item = filled.item
    yield made
    made.remove()


def test_a_new_ledger_has_a_key_for_all_of_its_answers(ledger):
    assert ledger.one("SELECT count(*) FROM answer WHERE mac IS NULL") == 0
    assert unchecked(ledger) == 0
    with database(ledger.path, "node.db") as node:
        [(first, place)] = node.execute("SELECT first, hash FROM answer_key").fetchall()
    assert first == 1 and place == ledger.one("SELECT hash FROM entry WHERE seq = 1")


def keys_of(ledger):
    """[(first, bound or not)] of node.db, the oldest first."""
    with database(ledger.path, "node.db") as node:
        return [(first, place is not None) for first, place in node.execute("SELECT first, hash FROM answer_key ORDER BY first, id")]


def test_a_key_is_bound_with_its_first_entry(ledger):
    """By a start alone it is nobody's; the next start takes the same up."""
    before = size(ledger)
    (ledger.path / "node.db").unlink()
    for _ in range(2):
        with serving(ledger.path):
            assert keys_of(ledger) == [(before + 1, False)]
    new_node(ledger)
    with serving(ledger.path) as server:
        assert put(server, "LATER") == before + 1
        assert keys_of(ledger) == [(before + 1, True)]  # when it is answered
        put(server, "AFTER")
    assert keys_of(ledger) == [(before + 1, True)] and unchecked(ledger) == before


def test_a_service_that_ended_before_the_key_was_bound(ledger):
    before = size(ledger)
    (ledger.path / "node.db").unlink()
    new_node(ledger)
    with serving(ledger.path) as server:
        later = put(server, "LATER")
    with database(ledger.path, "node.db") as node:
        node.execute("UPDATE answer_key SET hash = NULL")
    assert unchecked(ledger) == before  # its answer says it
    copy = ledger.copy()
    copy.execute(f"UPDATE answer SET etag = '' WHERE seq = {later}")
    assert unchecked(copy) == before + 1
    copy.remove()
    with serving(ledger.path):
        assert keys_of(ledger) == [(before + 1, True)]


@pytest.mark.parametrize("change", ["salt = zeroblob(16)", "fingerprint = zeroblob(32)", "time_ms = time_ms + 1", "status = 202", "location = ''",
                                    "etag = ''", "body = CAST(replace(CAST(body AS TEXT), 'ONE', 'TWO') AS BLOB)", "mac = NULL",
                                    "mac = (SELECT mac FROM answer WHERE seq = 2)"])
def test_altered(ledger, change):
    ledger.execute(f"UPDATE answer SET {change} WHERE seq = {ledger.item}")
    first, code, text = told_broken(ledger)
    assert (first, code) == (ledger.item, "answer") and ALTERED in text


def test_altered_while_it_is_served(ledger):
    with serving(ledger.path) as server:
        body = {"name": "Late", "unit": "piece"}
        reply = server.put("/items/LATE", body, idempotency_key="late")
        seq = entry_of(reply)
        assert server.put("/items/LATE", body, idempotency_key="late").text == reply.text
        altered = reply.content.replace(b'"unit":"piece"', b'"unit":"pound"')
        assert altered != reply.content
        alter(ledger.path, seq, "body", altered)
        retried = server.put("/items/LATE", body, idempotency_key="late")
        assert retried.status_code == 503 and retried.json()["code"] == "disk_failed", retried.text
        assert "pound" not in retried.text and f"seq={seq} {ALTERED}: run verify" in server.log()
        found = server.get("/ledger/verify", token=True).json()
        assert found["ok"] is False and found["first_broken"] == seq and found["code"] == "answer", found
        alter(ledger.path, seq, "fingerprint", bytes(32))  # nor does it pass for another request's
        assert server.put("/items/LATE", {"name": "Other", "unit": "piece"}, idempotency_key="late").status_code == 503
        put(server, "LATER")  # and all else goes on
        alter(ledger.path, seq, "body", reply.content)
        assert server.put("/items/LATE", body, idempotency_key="late").status_code == 503


def test_put_back_it_is_given_again(ledger):
    with serving(ledger.path) as server:
        body = {"name": "Late", "unit": "piece"}
        reply = server.put("/items/LATE", body, idempotency_key="late")
        alter(ledger.path, reply.json()["ledger"]["seq"], "location", "/elsewhere")
        assert server.put("/items/LATE", body, idempotency_key="late").status_code == 503
        alter(ledger.path, reply.json()["ledger"]["seq"], "location", reply.headers["Location"])
        again = server.put("/items/LATE", body, idempotency_key="late")
        assert (again.status_code, again.content) == (201, reply.content)
        found = server.get("/ledger/verify", token=True).json()
        assert found["ok"] is True and found["unchecked_answers"] == 0


def test_without_node_db(ledger):
    """What is not known is said and is no finding; what comes later has a key of its own."""
    before = size(ledger)
    (ledger.path / "node.db").unlink()
    assert unchecked(ledger) == before
    ledger.execute(f"UPDATE answer SET etag = '' WHERE seq = {ledger.item}")
    assert unchecked(ledger) == before
    new_node(ledger)
    with serving(ledger.path) as server:
        later = put(server, "LATER")
        assert server.get("/ledger/verify", token=True).json()["unchecked_answers"] == before
    assert unchecked(ledger) == before
    ledger.execute(f"UPDATE answer SET mac = NULL WHERE seq = {later}")
    assert told_broken(ledger)[:2] == (later, "answer")


def new_node(ledger):
    """A node.db of its own, with an administrator's token in it."""
    with serving(ledger.path):
        made = run("token", "create", "--data-dir", str(ledger.path), "--role", "admin", "--organisation",
                   ledger.one("SELECT min(id) FROM organisation"))
    assert made.returncode == 0, made.stderr
    (ledger.path / "admin.token").write_text(made.stdout)


@pytest.mark.parametrize("spoil", ["damaged", "no file", "empty"])
def test_a_node_db_that_cannot_be_read(ledger, spoil):
    path = ledger.path / "node.db"
    path.unlink()
    if spoil == "no file":
        path.mkdir()
    else:
        path.write_bytes(b"garbage " * 999 if spoil == "damaged" else b"")
    done = run("verify", "--data-dir", str(ledger.path), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["unchecked_answers"] == size(ledger), done.stdout + done.stderr
    assert f"{path} cannot be read" in done.stderr


def test_another_nodes(scratch, ledger):
    other = Ledger(scratch, "theirs")
    begin(other.path)
    with serving(other.path) as server:
        put(server, "THEIRS")
    shutil.copy(other.path / "node.db", ledger.path)
    before = size(ledger)
    assert unchecked(ledger) == before
    shutil.copy(other.path / "admin.token", ledger.path)
    with serving(ledger.path) as server:
        put(server, "LATER")
    assert unchecked(ledger) == before
    assert told(other)["unchecked_answers"] == 0
    other.remove()


@pytest.mark.parametrize("change", ["UPDATE answer SET seq = 0", "UPDATE answer SET seq = -5",
                                    "INSERT INTO refused SELECT scope, key, kind, target, salt, fingerprint, time_ms, 201, body FROM answer"])
def test_what_names_no_entry_tells_of_nothing_done(ledger, change):
    with serving(ledger.path) as server:
        body = {"name": "Late", "unit": "piece"}
        accepted(server.put("/items/LATE", body, idempotency_key="late"), 201)
        with database(ledger.path) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            assert connection.execute(change + " WHERE key = 'late'").rowcount == 1
            if "refused" in change:
                connection.execute("DELETE FROM answer WHERE key = 'late'")
        problem(server.put("/items/LATE", body, idempotency_key="late"), 503, "disk_failed")
    assert told_broken(ledger)[1] == "answer"


def test_an_answer_that_names_another_entry(ledger):
    """One of before there was a key, so that no MAC is asked for."""
    (ledger.path / "node.db").unlink()
    new_node(ledger)
    with serving(ledger.path) as server:
        body = {"name": "Late", "unit": "piece"}
        seq = entry_of(server.put("/items/LATE", body, idempotency_key="late"))
        with database(ledger.path) as connection:
            connection.execute("UPDATE answer SET seq = 2, mac = NULL, status = 200 WHERE seq = ?", (seq,))
        assert problem(server.put("/items/LATE", body, idempotency_key="late"), 503, "disk_failed")
    assert told_broken(ledger)[1] == "answer"


def test_from_the_last_run_on(ledger):
    told_whole(ledger)
    with serving(ledger.path) as server:
        later = put(server, "LATER")
    kept = ledger.copy()
    assert unchecked(kept, "--incremental") == 0
    kept.remove()
    ledger.execute(f"UPDATE answer SET time_ms = 0 WHERE seq = {later}")
    assert told_broken(ledger, "--incremental")[:2] == (later, "answer")
    ledger.execute(f"UPDATE answer SET time_ms = 0 WHERE seq = {ledger.item}")
    assert told_broken(ledger)[:2] == (ledger.item, "answer")


def test_a_first_start_that_was_cut_short(ledger):
    """Between the genesis and the word in node.db that the key is this ledger's: the next start gives it."""
    with database(ledger.path, "node.db") as node:
        node.execute("UPDATE answer_key SET hash = NULL")
    assert unchecked(ledger) == 0  # the answer to the genesis says it
    with serving(ledger.path) as server:
        put(server, "LATER")
    assert unchecked(ledger) == 0
    with database(ledger.path, "node.db") as node:
        assert node.execute("SELECT count(*) FROM answer_key").fetchone() == (1,)


def test_a_first_start_that_was_cut_short_before_the_genesis(scratch):
    ledger = Ledger(scratch, "cut")
    begin(ledger.path)
    with database(ledger.path, "node.db") as node:
        node.execute("UPDATE answer_key SET hash = NULL")
        kept = node.execute("SELECT key FROM answer_key").fetchall()
    for name in ("tallystick.db", "tallystick.db-wal", "tallystick.db-shm"):
        (ledger.path / name).unlink(missing_ok=True)
    with serving(ledger.path) as server:
        put(server, "ONE")
    assert unchecked(ledger) == 0
    with database(ledger.path, "node.db") as node:
        assert node.execute("SELECT key FROM answer_key").fetchall() == kept
    ledger.remove()


# Erasures

def commitments(server, seq):
    return [item["commitment"] for item in server.get(f"/privacy/texts?entry={seq}", token=True).json()["items"]]


def erase(server, seq):
    reply = server.post("/privacy/erasures", {"commitments": [commitment_of(server, seq)]})
    return entry_of(reply)


def reserve(world, **texts):
    lines = [{"supply": world.intake(9)["id"], "quantity": 3}]
    return world.server.post("/transfers", {"destination": world.b1, "lines": lines, **texts})


def moved(world):
    """A transfer with a text in its first step, and the entries of its steps."""
    made = reserve(world, rationale="Frau Li wartet")
    sent = world.act(made.json()["id"], "dispatch")
    return entry_of(made), entry_of(sent, 200)


def test_after_an_erasure(ledger):
    """All answers that had the text are other ones, with MACs of their own; the old ones fit no more."""
    with serving(ledger.path, True) as (server, world):
        seqs = moved(world)
        before = {seq: answer(ledger.path, seq) for seq in seqs}
        assert all(b"Frau Li" in row["body"] for row in before.values())
        erase(server, seqs[0])
        after = {seq: answer(ledger.path, seq) for seq in seqs}
        found = server.get("/ledger/verify", token=True).json()
        assert found["ok"] is True and found["unchecked_answers"] == 0, found
    for seq in seqs:
        assert b"Frau Li" not in after[seq]["body"] and after[seq]["mac"] not in (None, before[seq]["mac"])
    assert unchecked(ledger) == 0
    for seq in seqs:
        copy = ledger.copy()
        names = list(before[seq])
        with copy.sql() as connection:
            connection.execute(f"UPDATE answer SET {', '.join(f'{name} = ?' for name in names)} WHERE seq = {seq}", list(before[seq].values()))
        first, code, text = told_broken(copy)
        assert (first, code) == (seq, "answer") and ALTERED in text
        copy.remove()


def test_nothing_of_the_old_macs_stays_in_the_files(ledger):
    with serving(ledger.path, True) as (server, world):
        seqs = moved(world)
        old = [answer(ledger.path, seq)["mac"] for seq in seqs]
        erase(server, seqs[0])
    for path in ledger.path.iterdir():
        assert path.is_dir() or not any(mac in path.read_bytes() for mac in old), path
    assert unchecked(ledger) == 0


def test_what_was_altered_before_an_erasure_stays_found(ledger):
    """The service makes no MAC for what is not its own."""
    with serving(ledger.path, True) as (server, world):
        seqs = moved(world)
        altered = answer(ledger.path, seqs[1])["body"].replace(b"dispatched", b"despatched", 1)
        alter(ledger.path, seqs[1], "body", altered)
        erase(server, seqs[0])
        assert b"Frau Li" not in answer(ledger.path, seqs[1])["body"]  # it goes all the same
    assert told_broken(ledger)[:2] == (seqs[1], "answer")


def test_two_texts_of_one_transfer_and_a_step_behind(ledger):
    """One after the other, then both in one order; and the step that comes behind an erasure."""
    with serving(ledger.path, True) as (server, world):
        one, other = (reserve(world, rationale="Frau Li wartet", note="am Tor") for _ in range(2))
        first, last = (commitments(server, entry_of(made)) for made in (one, other))
        assert len(first) == len(last) == 2
        for commitment in first:
            accepted(server.post("/privacy/erasures", {"commitments": [commitment]}), 201)
        accepted(world.act(one.json()["id"], "dispatch", {"driver": "Herr Wu", "note": "links"}))
        accepted(server.post("/privacy/erasures", {"commitments": last}), 201)
        erase(server, entry_of(world.act(other.json()["id"], "dispatch", {"driver": "Herr Wu"}), 200))
    assert unchecked(ledger) == 0


def test_an_erasure_where_there_is_no_key(ledger):
    """Nothing stays of a MAC by a key that somebody may still have."""
    with serving(ledger.path, True) as (server, world):
        seqs = moved(world)
        commitment = commitment_of(server, seqs[0])
    (ledger.path / "node.db").unlink()
    new_node(ledger)
    before = size(ledger)
    with serving(ledger.path) as server:
        accepted(server.post("/privacy/erasures", {"commitments": [commitment]}), 201)
    assert [answer(ledger.path, seq)["mac"] for seq in seqs] == [None, None]
    assert unchecked(ledger) == before


# Older programs, backups

def test_a_ledger_of_an_older_program(tmp_path):
    with tarfile.open(V1) as archive:
        archive.extractall(tmp_path / "old")
    ledger = Ledger(tmp_path, "old")
    before = size(ledger)
    with serving(ledger.path) as server:
        later = put(server, "LATER")
        assert later == before + 1
    assert unchecked(ledger) == before
    ledger.execute(f"UPDATE answer SET status = 202 WHERE seq = {before}")  # which nobody can know
    assert unchecked(ledger) == before
    ledger.execute(f"UPDATE answer SET status = 202 WHERE seq = {later}")
    assert told_broken(ledger)[:2] == (later, "answer")


def test_a_backup_and_its_restore(tmp_path, ledger):
    with serving(ledger.path):  # beside the running service
        assert backup(ledger.path, tmp_path / "all").returncode == 0
        assert backup(ledger.path, tmp_path / "one.db").returncode == 0
    assert restore(tmp_path / "new", tmp_path / "all").returncode == 0
    assert unchecked(Ledger(tmp_path, "new")) == 0
    assert restore(tmp_path / "bare", tmp_path / "one.db").returncode == 0
    assert unchecked(Ledger(tmp_path, "bare")) == size(ledger)
    kept = restore(ledger.path, tmp_path / "one.db", "--replace")  # its own node.db stays
    assert kept.returncode == 0 and "those that the directory had" in kept.stdout
    assert unchecked(ledger) == 0


def test_a_backup_that_was_altered(tmp_path, ledger):
    assert backup(ledger.path, tmp_path / "all").returncode == 0
    assert backup(ledger.path, tmp_path / "one.db").returncode == 0
    for path, name in ((tmp_path / "all", "tallystick.db"), (tmp_path, "one.db")):
        with database(path, name) as connection:
            connection.execute(f"UPDATE answer SET etag = '' WHERE seq = {ledger.item}")
    for origin in ("all", "one.db"):
        refused = restore(ledger.path, tmp_path / origin, "--replace")
        assert refused.returncode == 1 and f"BROKEN at entry {ledger.item} (answer)" in refused.stderr, refused.stderr


def test_an_older_backup_goes_on(tmp_path, ledger):
    """Entries that were lost and others in their place: the key is the same, and each answer names its entry."""
    assert backup(ledger.path, tmp_path / "all").returncode == 0
    with serving(ledger.path) as server:
        lost = put(server, "LOST")
    row = answer(ledger.path, lost)
    assert restore(ledger.path, tmp_path / "all", "--replace", "--accept-loss").returncode == 0
    with serving(ledger.path) as server:
        assert put(server, "OTHER") == lost
    assert unchecked(ledger) == 0
    with ledger.sql() as connection:
        connection.execute(f"UPDATE answer SET {', '.join(f'{name} = ?' for name in row)} WHERE seq = {lost}", list(row.values()))
    assert told_broken(ledger)[:2] == (lost, "answer")


def test_there_and_back(tmp_path, ledger):
    """Gone on elsewhere without its node.db, then brought back to where that is: both keys are known there afterwards."""
    before = size(ledger)
    assert backup(ledger.path, tmp_path / "one.db").returncode == 0
    assert restore(tmp_path / "spare", tmp_path / "one.db").returncode == 0
    spare = Ledger(tmp_path, "spare")
    shutil.copy(ledger.path / "node.key", spare.path)
    new_node(spare)
    with serving(spare.path) as server:
        there = put(server, "THERE")
    assert unchecked(spare) == before
    assert backup(spare.path, tmp_path / "back").returncode == 0
    told_back = restore(ledger.path, tmp_path / "back", "--replace")
    assert told_back.returncode == 0 and "those that the directory had" in told_back.stdout, told_back.stderr
    assert unchecked(ledger) == 0
    with serving(ledger.path) as server:
        back = put(server, "BACK")
    assert unchecked(ledger) == 0
    for seq in (ledger.item, there, back):
        copy = ledger.copy()
        copy.execute(f"UPDATE answer SET mac = NULL WHERE seq = {seq}")
        assert told_broken(copy)[:2] == (seq, "answer")
        copy.remove()


def test_a_spare_that_was_started_and_the_ledger_went_on(tmp_path, ledger):
    """The key that the spare's start made is not for entries that came elsewhere, whichever backup brings them."""
    before = size(ledger)
    assert backup(ledger.path, tmp_path / "one.db").returncode == 0
    assert restore(tmp_path / "spare", tmp_path / "one.db").returncode == 0
    spare = Ledger(tmp_path, "spare")
    shutil.copy(ledger.path / "node.key", spare.path)
    with serving(spare.path):
        assert keys_of(spare) == [(before + 1, False)]
    with serving(ledger.path) as server:
        put(server, "ELSEWHERE")
    assert backup(ledger.path, tmp_path / "two.db").returncode == 0
    assert backup(ledger.path, tmp_path / "all").returncode == 0
    for origin, count in (("two.db", before + 1), ("all", 0)):
        made = restore(spare.path, tmp_path / origin, "--replace")
        assert made.returncode == 0, made.stderr
        assert unchecked(spare) == count
    new_node_keeping_keys(spare)
    with serving(spare.path) as server:
        put(server, "HERE")
    assert unchecked(spare) == 0 and (1, True) in keys_of(spare)


def new_node_keeping_keys(ledger):
    """An administrator's token in the node.db that is there."""
    made = run("token", "create", "--data-dir", str(ledger.path), "--role", "admin", "--organisation", ledger.one("SELECT min(id) FROM organisation"))
    assert made.returncode == 0, made.stderr
    (ledger.path / "admin.token").write_text(made.stdout)


@pytest.mark.parametrize("wrote", [False, True])
def test_another_program_went_on_meanwhile(tmp_path, wrote):
    """One that knows no MACs, over the same node.db: what the key's first entry would have been is another one, of which nothing is known."""
    with tarfile.open(V1) as archive:
        archive.extractall(tmp_path / "old")
    ledger = Ledger(tmp_path, "old")
    before = size(ledger)
    with serving(ledger.path) as server:  # this program's first start
        if wrote:
            put(server, "LOST")
    kept = tmp_path / "node.db"
    shutil.copy(ledger.path / "node.db", kept)
    shutil.rmtree(ledger.path)
    with tarfile.open(V1) as archive:  # brought back to before it, and gone on with as the older program does
        archive.extractall(tmp_path / "old")
    with serving(ledger.path) as server:
        body = {"name": "Theirs", "unit": "piece"}
        seq = entry_of(server.put("/items/THEIRS", body, idempotency_key="theirs"))
        put(server, "THEIRS-2")
    ledger.execute("UPDATE answer SET mac = NULL")
    shutil.copy(kept, ledger.path)
    assert seq == before + 1 and unchecked(ledger) == before + 2
    with serving(ledger.path) as server:
        again = server.put("/items/THEIRS", body, idempotency_key="theirs")
        assert again.status_code == 201 and again.headers["Idempotency-Replayed"] == "true"
        put(server, "OURS")
    assert unchecked(ledger) == before + 2


def without_rights():
    """No locked memory, and no right to have it all the same."""
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def test_verify_needs_no_locked_memory(ledger):
    for path in (ledger.path.parent, ledger.path, *ledger.path.iterdir()):
        if os.geteuid() == 0 and path != ledger.path.parent:
            os.chown(path, NOBODY, NOBODY)
    ledger.path.parent.chmod(0o755)
    done = subprocess.run([binary(), "verify", "--data-dir", str(ledger.path)], capture_output=True, text=True, timeout=60, env=environment(),
                          preexec_fn=without_rights)
    assert done.returncode == 0 and "NOT checked" not in done.stdout, done.stdout + done.stderr
