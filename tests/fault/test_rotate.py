"""`tallystick key rotate`: several times over, broken off at every step, and what verify makes of keys that were meddled with."""

import base64
import contextlib
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tarfile

import pytest

from conftest import ROOT, Server, binary, environment, run
from tamper import Ledger, asked, begin, broken, for_each, other_value, stays_whole, table_columns
from test_keys import BAD, EXAMPLE, ITEM, LATE, SECRETS, TRIES, key_file, patiently
from test_ready import BUILD
from test_tiles import V1
from world import accepted

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import ledger_model as model  # noqa: E402  the formats by the document
import signed_note  # noqa: E402


def rotate(path, *options, env=None, preload=None):
    more = dict(env or {})
    if preload is not None:
        more.update(preload, LD_PRELOAD=str(BUILD / "tests/fault/shim.so"),
                    ASAN_OPTIONS=environment().get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
    for _ in range(TRIES):
        done = subprocess.run([binary(), "key", "rotate", "--data-dir", str(path), *map(str, options)], env={**environment(), **more},
                              capture_output=True, text=True, timeout=60, check=False)
        if LATE not in done.stderr:
            break  # else a program had not come to its first answer, and nothing was changed
    return done


def rotated(path, *options, **more):
    done = rotate(path, *options, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(path, *names, options=()):
    """By a service of few threads: a quarter of what a start costs are those for requests and computations, which are none of these tests' business."""
    server = patiently(lambda: Server(path, "--loops", "1", "--job-threads", "1", *options))
    try:
        for name in names:
            accepted(server.put(f"/items/{name}", ITEM), 201)
        return server.get("/ledger").json(), server.get("/ledger/keys").json()["keys"]
    finally:
        assert server.stop() == 0


def key_ids(path):
    """Of a key file: the ids of both halves, by the document."""
    secrets = [bytes.fromhex(line) for line in path.read_text().split()]
    return [model.key_id(model.public_of(secrets[0])), *(model.key_id(model.ed25519_public(seed)) for seed in secrets[1:])]


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path, "data")
    begin(made.path)
    write(made.path, "A", "B")
    return made


def ranges(ledger, table):
    return {row[0]: row[1:] for row in ledger.rows(f"SELECT id, from_seq, to_seq FROM {table}")}


def test_several_rotations(ledger, tmp_path):
    """Each key with its stretch; old notes and seals go on being good; the files are in order."""
    path = ledger.path
    notes, ids = [], [key_ids(path / "node.key")]
    old_file = (path / "node.key").read_bytes()
    for number in range(3):
        told = rotated(path)
        ids.append(key_ids(path / "node.key"))
        size = 4 + 2 * number
        assert told.startswith(f"the node's key is {ids[-1][0]} from entry {size + 1} on; {ids[-2][0]} ended with entry {size}\n")
        assert sorted(file.name for file in path.iterdir() if "key" in file.name) == ["node.key"]
        assert (path / "node.key").stat().st_mode & 0o777 == 0o600
        head, _ = write(path, f"C{number}")
        notes.append(head["checkpoint"])
    assert rotated(path) and rotated(path)  # one right behind another
    ids += [key_ids(path / "node.key")]
    head, _ = write(path, "LAST")
    stays_whole(ledger)
    nodes, seconds = ranges(ledger, "node_key"), ranges(ledger, "checkpoint_key")
    assert sorted(nodes.values(), key=str) == sorted(seconds.values(), key=str) == sorted(
        [(1, 4), (5, 6), (7, 8), (9, 10), (11, 11), (12, None)], key=str)
    assert [nodes[node] for node, _ in ids[:4]] == [seconds[second] for _, second in ids[:4]] == [(1, 4), (5, 6), (7, 8), (9, 10)]
    for number, note in enumerate(notes):
        (tmp_path / "note").write_text(note)
        stays_whole(ledger, "--checkpoint", str(tmp_path / "note"))
        check_note(note, ledger, number + 1, ids)
    # the first key again, though the ledger has had it
    (tmp_path / "old").write_bytes(old_file)
    (tmp_path / "old").chmod(0o600)
    done = rotate(path, "--new-key", tmp_path / "old")
    assert done.returncode == 1 and "the ledger refuses the new key" in done.stderr.splitlines()[-1]
    done = run("serve", "--data-dir", str(path), "--listen", "127.0.0.1:0", "--node-key", f"file:{tmp_path}/old")
    assert f"was this ledger's up to entry 4; since then it is {ranges_now(ledger)}" in done.stderr.splitlines()[-1]
    assert sorted(file.name for file in path.iterdir() if "key" in file.name) == ["node.key"]
    write(path, "AFTER")
    stays_whole(ledger)


def ranges_now(ledger):
    return next(key for key, (_, end) in ranges(ledger, "node_key").items() if end is None)


def check_note(note, ledger, number, ids):
    """Both lines are by the keys of their time, by the document alone."""
    origin = note.split("\n")[0]
    public, = (row[0] for row in ledger.rows(f"SELECT public_key FROM checkpoint_key WHERE id = '{ids[number][1]}'"))
    vkey = model.verifier_key(origin, model.ED25519_ALGORITHM, public)
    text = signed_note.check(note, [vkey])
    node, = (row[0] for row in ledger.rows(f"SELECT public_key FROM node_key WHERE id = '{ids[number][0]}'"))
    mark = base64.b64decode(note.split("\n\n")[1].split("\n")[0].split(" ")[2])
    assert mark[:4] == model.note_key_hash(origin, node) and model.verify(node, model.sha256(text.encode()), mark[4:])


def test_the_entry(ledger):
    """It is alone in its block, by the node itself, sealed by the key that ends with it, and its body names the new keys."""
    before = key_ids(ledger.path / "node.key")
    rotated(ledger.path)
    (kind, role, subject, body, height, seal_key), = ledger.rows(
        "SELECT kind, role, subject, body, height, key FROM entry JOIN seal USING (seq) WHERE seq = 4")
    assert (kind, role, subject, seal_key) == ("node_key.rotate", "system", "system", before[0])
    assert ledger.one(f"SELECT count(*) FROM entry WHERE height = {height}") == 1
    named = json.loads(body)
    assert set(named) == {"node_key", "checkpoint_key"}
    assert [model.key_id(bytes.fromhex(named[name])) for name in ("node_key", "checkpoint_key")] == key_ids(ledger.path / "node.key")
    write(ledger.path, "C")
    server = Server(ledger.path)
    try:
        event = server.get("/events?after=3").json()["items"][0]
        assert (event["kind"], event["resource"], event["role"]) == ("node_key.rotate", "/ledger/keys", "system")
        assert server.get("/ledger/entries/4").json()["kind"] == "node_key.rotate"
    finally:
        assert server.stop() == 0


def test_to_other_places(ledger, tmp_path):
    """From a file to a variable to a program to a file, and back into the directory."""
    path, secrets = ledger.path, [("1" * 64, "2" * 64), ("3" * 64, "4" * 64), ("5" * 64, "6" * 64)]
    old = (path / "node.key").read_bytes()
    assert "serve with --node-key env:SECOND; nothing wants any more: " in rotated(path, "--new-key", "env:SECOND", env={"SECOND": " ".join(secrets[0])})
    assert (path / "node.key").read_bytes() == old
    refused = run("serve", "--data-dir", str(path), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "was this ledger's up to entry 4" in refused.stderr
    done = rotate(path, "--node-key", "env:SECOND", env={"SECOND": " ".join(secrets[0])})
    assert done.returncode == 1 and "does not lie in a file: --new-key says where the new one is" in done.stderr
    program = f"command:{EXAMPLE} {key_file(tmp_path / 'third', secrets[1])}"
    assert f"serve with --node-key {program}\n" in rotated(path, "--node-key", "env:SECOND", "--new-key", program, env={"SECOND": " ".join(secrets[0])})
    head, keys = write(path, "C", options=("--node-key", program))
    assert head["keys"][-1] == key_ids(tmp_path / "third")[0]
    third = f"file:{key_file(tmp_path / 'fourth', secrets[2])}"
    rotated(path, "--node-key", program, "--new-key", third)
    write(path, "D", options=("--node-key", third))
    rotated(path, "--node-key", third)  # in its own place
    assert sorted(file.name for file in tmp_path.iterdir() if "fourth" in file.name) == ["fourth"]
    assert key_ids(tmp_path / "fourth")[0] == ranges_now(ledger)
    write(path, "E", options=("--node-key", third))
    # a new key that was made elsewhere takes the place of the old one
    fifth = key_file(tmp_path / "fifth", ("7" * 64, "8" * 64))
    rotated(path, "--node-key", third, "--new-key", fifth)
    assert (tmp_path / "fourth").read_bytes() == fifth.read_bytes()
    write(path, "F", options=("--node-key", third))
    stays_whole(ledger)


def test_a_key_without_a_second_half(ledger, tmp_path):
    told = rotated(ledger.path, "--new-key", key_file(tmp_path / "half", SECRETS[:1]))
    assert "it has no Ed25519 half: checkpoints bear one line" in told
    head, keys = write(ledger.path, "C")
    assert head["checkpoint"].count("\u2014") == 1
    rotated(ledger.path)
    head, keys = write(ledger.path, "D")
    assert head["checkpoint"].count("\u2014") == 2
    assert sorted(ranges(ledger, "checkpoint_key").values(), key=str) == [(1, 4), (7, None)]
    stays_whole(ledger)


def test_what_is_refused(ledger, tmp_path):
    server = Server(ledger.path)
    try:
        done = rotate(ledger.path)
        assert done.returncode == 1 and "another process" in done.stderr and "stop it first" in done.stderr
    finally:
        assert server.stop() == 0
    before = {file.name: file.read_bytes() for file in ledger.path.iterdir() if file.name != "lock"}
    for options, sentence in [
            (("--new-key", ledger.path / "node.key"), "that is the key in use"), (("--new-key", tmp_path / "none"), "is missing"),
            (("--new-key", "env:NONE"), "NONE is not set"), (("--new-key", "command:false"), "has ended")]:
        done = rotate(ledger.path, *options)
        assert done.returncode == 1 and sentence in done.stderr.splitlines()[-1], done.stderr
    second = (ledger.path / "node.key").read_text().split()[1]
    done = rotate(ledger.path, "--new-key", key_file(tmp_path / "half new", (SECRETS[0], second)))
    assert done.returncode == 1 and "both halves are to be new" in done.stderr
    assert ledger.one("SELECT count(*) FROM entry") == 3
    assert before["node.key"] == (ledger.path / "node.key").read_bytes()
    assert [file.name for file in ledger.path.iterdir() if "node.key" in file.name] == ["node.key"]
    done = rotate(tmp_path / "nowhere")
    assert done.returncode == 1 and "there is no ledger in" in done.stderr and not (tmp_path / "nowhere").exists()
    assert rotate(ledger.path, "--new-key", "evn:X").returncode == 2
    stays_whole(ledger)


def test_a_program_that_fails_in_the_last_moment(ledger, tmp_path):
    """The old key is with a program that no longer signs: nothing was changed, and the next try does it."""
    (tmp_path / "mode").write_text("well")
    key_file(tmp_path / "key", tuple((ledger.path / "node.key").read_text().split()))
    program = f"command:{BAD} {tmp_path}/key {tmp_path}/mode"
    new = key_file(tmp_path / "new")
    (tmp_path / "mode").write_text("refuses")
    done = rotate(ledger.path, "--node-key", program, "--new-key", new)
    assert done.returncode == 1 and "answered that it cannot" in done.stderr.splitlines()[-1]
    assert ledger.one("SELECT count(*) FROM entry") == 3
    (tmp_path / "mode").write_text("well")
    rotated(ledger.path, "--node-key", program, "--new-key", new)
    write(ledger.path, "C", options=("--node-key", new))
    stays_whole(ledger)


# Broken off

def check_after_kill(copy, before, number):
    """Whatever was done: the ledger is whole, either key is where the start finds it, and a change can be made again."""
    path = copy.path
    stays_whole(copy)
    is_done = copy.one("SELECT count(*) FROM entry WHERE kind = 'node_key.rotate'") == 1
    head, keys = write(path, "AFTER")
    current = key_ids(path / "node.key")
    assert current[0] == ranges_now(copy) == head["keys"][-1], number
    assert (current != before) == is_done, number
    left = sorted(file.name for file in path.iterdir() if file.name.startswith("node.key"))
    extra = set(left) - {"node.key"}
    if is_done:
        assert extra <= {f"node.key.{before[0]}"}, (number, left)  # at most the old one, which the ledger wants no more
    else:
        assert extra <= {name for name in extra if name != f"node.key.{current[0]}"} | {f"node.key.{before[0]}"}, (number, left)
    assert all((path / name).stat().st_mode & 0o777 == 0o600 for name in left)
    rotated(path)
    write(path, "LAST")
    stays_whole(copy)
    return is_done


def test_kill_at_every_step(ledger, tmp_path):
    """At each call that flushes, links, renames or removes a file: killed before it. Until one comes through."""
    before = key_ids(ledger.path / "node.key")
    count = tmp_path / "count"
    whole = ledger.copy()
    rotated(whole.path, preload={"FAULT_COUNT": str(count)})
    steps = int(count.read_text())
    assert steps >= 12, steps

    def check(number):
        copy = ledger.copy()
        done = rotate(copy.path, preload={"FAULT_KILL_AT": str(number)})
        assert done.returncode == -signal.SIGKILL, (number, done)
        outcome = check_after_kill(copy, before, number)
        copy.remove()
        return outcome

    outcomes = for_each(range(1, steps + 1), check)
    print(f"killed at {steps} steps, {sum(outcomes)} times behind the commit")
    assert not outcomes[0] and outcomes[-1] and outcomes == sorted(outcomes)


def test_a_start_that_is_killed_while_it_completes_a_change(ledger, tmp_path):
    """The change was committed and no more; each start that should put the key in place is killed at its next step."""
    before = key_ids(ledger.path / "node.key")
    old = (ledger.path / "node.key").read_bytes()
    rotated(ledger.path)
    new, ids = (ledger.path / "node.key").read_bytes(), key_ids(ledger.path / "node.key")
    for name, held in [("node.key", old), (f"node.key.{ids[0]}", new), (f"node.key.{before[0]}", old)]:
        (ledger.path / name).write_bytes(held)
        (ledger.path / name).chmod(0o600)
    number = 0
    while True:
        number += 1
        copy = ledger.copy()
        env = {**environment(), "LD_PRELOAD": str(BUILD / "tests/fault/shim.so"), "FAULT_KILL_AT": str(number),
               "ASAN_OPTIONS": environment().get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        done = subprocess.run([binary(), "init", "--data-dir", str(copy.path)], env=env, capture_output=True, text=True, timeout=60, check=False)
        write(copy.path, "AFTER")
        assert key_ids(copy.path / "node.key") == ids
        assert sorted(file.name for file in copy.path.iterdir() if "node.key" in file.name) in (["node.key"], ["node.key", f"node.key.{before[0]}"])
        stays_whole(copy)
        copy.remove()
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert number > 4


def test_a_backup_with_the_key_between_commit_and_file(ledger, tmp_path):
    """The change was committed and the file has the old key still: the backup gets the one that its ledger wants."""
    before = (ledger.path / "node.key").read_bytes()
    rotated(ledger.path)
    ids = key_ids(ledger.path / "node.key")
    (ledger.path / "node.key").rename(ledger.path / f"node.key.{ids[0]}")
    (ledger.path / "node.key").write_bytes(before)
    (ledger.path / "node.key").chmod(0o600)
    done = run("backup", "--data-dir", str(ledger.path), "--output", str(tmp_path / "backup"), "--with-key")
    assert done.returncode == 0, done.stderr
    assert key_ids(tmp_path / "backup" / "node.key") == ids
    (ledger.path / f"node.key.{ids[0]}").unlink()  # and where neither has it, none is given for it
    done = run("backup", "--data-dir", str(ledger.path), "--output", str(tmp_path / "other"), "--with-key")
    assert done.returncode == 1 and "is not the key of this ledger" in done.stderr and not (tmp_path / "other" / "tallystick.db").exists()


def test_a_ledger_put_back_to_before_a_change(ledger, tmp_path):
    """The new key's file is no use to it; the old key, put beside under its id, is found by itself."""
    copy = ledger.copy()
    before = key_ids(copy.path / "node.key")
    old = (copy.path / "node.key").read_bytes()
    rotated(ledger.path)
    (copy.path / "node.key").write_bytes((ledger.path / "node.key").read_bytes())
    refused = run("serve", "--data-dir", str(copy.path), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and f"is not the key of this ledger, which is {before[0]}" in refused.stderr
    (copy.path / f"node.key.{before[0]}").write_bytes(old)
    (copy.path / f"node.key.{before[0]}").chmod(0o600)
    write(copy.path, "B2")
    assert key_ids(copy.path / "node.key") == before
    kept = key_ids(ledger.path / "node.key")
    assert key_ids(copy.path / f"node.key.{kept[0]}") == kept  # one that the ledger does not know is not thrown away
    stays_whole(copy)


# A ledger of the program before

def test_an_old_ledger_goes_on(tmp_path):
    """Made before there were second halves: one line a note, until a change of the key brings the other."""
    old = Ledger(tmp_path, "old")
    old.path.mkdir()
    with tarfile.open(V1) as archive:
        archive.extractall(old.path)
    size = old.one("SELECT max(seq) FROM entry")
    assert len((old.path / "node.key").read_bytes()) == 65
    head, keys = write(old.path, "NEW")
    assert head["checkpoint"].count("\u2014") == 1 and [key["kty"] for key in keys] == ["EC"]
    stays_whole(old)
    rotated(old.path)
    assert len((old.path / "node.key").read_bytes()) == 130
    head, keys = write(old.path, "NEWER")
    assert head["checkpoint"].count("\u2014") == 2
    assert ranges(old, "checkpoint_key") == {key_ids(old.path / "node.key")[1]: (size + 3, None)}
    stays_whole(old)


# Meddling

@pytest.fixture
def changed(ledger):
    rotated(ledger.path)
    write(ledger.path, "C")
    rotated(ledger.path)
    write(ledger.path, "D")
    with contextlib.closing(sqlite3.connect(ledger.path / "tallystick.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stays_whole(ledger)
    return ledger


def test_every_column_of_every_key(changed):
    """Values of the same kind, NULL where it may stand, another key's."""
    cases = []
    for table in ("node_key", "checkpoint_key"):
        for rowid, in changed.rows(f"SELECT rowid FROM {table}"):
            for column, kind, _ in table_columns(changed, table):
                value = changed.one(f"SELECT {column} FROM {table} WHERE rowid = {rowid}")
                others = [other_value(value, kind)]
                others += [value - 1] if isinstance(value, int) else []
                others += [None] if column == "to_seq" and value is not None else []
                cases += [(table, rowid, column, other) for other in others]
    assert len(cases) > 30

    def check(case):
        table, rowid, column, value = case
        copy = changed.copy()
        copy.execute((f"UPDATE {table} SET {column} = ? WHERE rowid = {rowid}", (value,)))
        answer = asked(copy)
        copy.remove()
        return None if answer.startswith("broken ") else (case, answer)

    assert [unfound for unfound in for_each(cases, check) if unfound] == []


def test_keys_swapped_or_spliced(changed, tmp_path):
    other = Ledger(tmp_path, "other")
    write(other.path, "X")
    for statements in (
            ["UPDATE node_key SET id = (SELECT id FROM node_key WHERE from_seq = 5), public_key = "
             "(SELECT public_key FROM node_key WHERE from_seq = 5) WHERE from_seq = 1"],
            ["DELETE FROM checkpoint_key WHERE from_seq = 5"], ["DELETE FROM node_key WHERE to_seq IS NULL"],
            ["UPDATE node_key SET to_seq = 5 WHERE from_seq = 1", "UPDATE node_key SET from_seq = 6 WHERE from_seq = 5"]):
        copy = changed.copy()
        with copy.sql() as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                with contextlib.suppress(sqlite3.IntegrityError):
                    connection.execute(statement)
        if copy.rows("SELECT * FROM node_key UNION ALL SELECT id, public_key, from_seq, to_seq FROM checkpoint_key") != \
                changed.rows("SELECT * FROM node_key UNION ALL SELECT id, public_key, from_seq, to_seq FROM checkpoint_key"):
            broken(copy)
        copy.remove()
    copy = changed.copy()
    with copy.sql() as connection:
        connection.execute("ATTACH ? AS theirs", (str(other.path / "tallystick.db"),))
        connection.execute("INSERT INTO main.checkpoint_key SELECT * FROM theirs.checkpoint_key")
    broken(copy)
    copy.remove()


def test_lines_of_stored_notes(changed):
    """A note without a line, with one of somebody else, with both lines turned, with the old key's line: none is the ledger's."""
    size = changed.one("SELECT max(size) FROM checkpoint")
    height = changed.one("SELECT max(height) FROM checkpoint")
    note = changed.one(f"SELECT note FROM checkpoint WHERE height = {height}")
    text, lines = note.split("\n\n")[0], note.split("\n\n")[1].split("\n")[:2]
    bent = {
        "first": [lines[0]], "second": [lines[1]], "turned": lines[::-1], "doubled": [*lines, lines[1]],
        "witness": [*lines, "\u2014 witness.example/w " + "AAAAAAAA" * 9 + "AAAA"]}
    for name, kept in bent.items():
        copy = changed.copy()
        copy.execute(("UPDATE checkpoint SET note = ? WHERE height = ?", (text + "\n\n" + "".join(line + "\n" for line in kept), height)))
        assert broken(copy)[:2] == (size, "checkpoint"), name
        copy.remove()


def test_an_insider_with_an_old_key(ledger, tmp_path):
    """Whoever got the key that has ended can seal nothing with it, and its checkpoints of later sizes are nobody's."""
    path = ledger.path
    secret, seed = (bytes.fromhex(line) for line in (path / "node.key").read_text().split())
    rotated(path)
    head, _ = write(path, "C")
    origin, size, root = head["origin"], head["size"], bytes.fromhex(head["root"])
    (tmp_path / "note").write_text(model.note(origin, size, root, secret, seed))
    _, code, reason = broken(ledger, "--checkpoint", str(tmp_path / "note"))
    assert code == "checkpoint_unsigned" and f"a key that was this ledger's at entry {size}" in reason
    copy = ledger.copy()
    copy.execute(("UPDATE checkpoint SET note = ? WHERE size = ?", (model.note(origin, size, root, secret, seed), size)))
    assert broken(copy)[:2] == (size, "checkpoint")
    copy.remove()
    copy = ledger.copy()
    digest = bytes.fromhex(head["head"])
    copy.execute(("UPDATE seal SET key = ?, signature = ? WHERE seq = ?",
                  (model.key_id(model.public_of(secret)), model.sign(secret, digest), size)))
    assert broken(copy)[:2] == (size, "key")
    copy.remove()
    stays_whole(ledger)


def test_the_anchor_across_a_change(ledger):
    """Its two notes are by two keys, each valid at its size: either alone holds the ledger."""
    rotated(ledger.path)
    write(ledger.path, "C")
    content = (ledger.path / "anchor").read_bytes()
    slots = [content[:1024].rstrip(b"\0").decode(), content[1024:].rstrip(b"\0").decode()]
    assert sorted(int(slot.split("\n")[1]) for slot in slots) == [4, 5]
    for kept in (content[:1024] + bytes(1024), bytes(1024) + content[1024:]):
        copy = ledger.copy()
        (copy.path / "anchor").write_bytes(kept)
        stays_whole(copy)
        write(copy.path, "D")
        stays_whole(copy)
        copy.remove()
    for line in (0, 1):  # a slot without one of its lines is none
        copy = ledger.copy()
        bent = []
        for slot in slots:
            text, lines = slot.split("\n\n")[0], slot.split("\n\n")[1].split("\n")[:2]
            bent.append((text + "\n\n" + lines[line] + "\n").encode().ljust(1024, b"\0"))
        (copy.path / "anchor").write_bytes(b"".join(bent))
        assert broken(copy)[1] == "anchor_missing"
        refused = run("serve", "--data-dir", str(copy.path), "--listen", "127.0.0.1:0")
        assert refused.returncode == 1 and "anchor is missing or damaged" in refused.stderr
        copy.remove()
