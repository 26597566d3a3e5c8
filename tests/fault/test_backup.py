"""backup and restore: the blocks of docs/backup.md run as they stand; a backup while 16 clients write; both killed at random
moments; and everything that restore refuses."""

import hashlib
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import threading
import time

import pytest

from conftest import Server, binary, environment, run
from test_ready import BUILD
from world import World, accepted

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "backup.md"
V1 = pathlib.Path(__file__).with_name("ledger-v1.tar.xz")  # by a program that knew migration 1 alone
FILL = pathlib.Path(binary()).parent / "bench" / "fill"
SETTINGS = "DATA=var BACKUP=backup TALLYSTICK=build/tallystick\n"
WRITERS = 16


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)


def paste(text, directory):
    variables = {name: value for name, value in os.environ.items() if name.endswith("_OPTIONS")}
    variables.update(PATH="/usr/local/bin:/usr/bin:/bin", LC_ALL="C.UTF-8")
    return subprocess.run(["bash", "-e"], input=text, cwd=directory, text=True, timeout=300, check=False, capture_output=True, env=variables)


def backup(data_dir, output, *more):
    return run("backup", "--data-dir", str(data_dir), "--output", str(output), *more, seconds=300)


def restore(data_dir, origin, *more):
    return run("restore", "--data-dir", str(data_dir), "--from", str(origin), *more, seconds=300)


def verified(data_dir, *more):
    told = run("verify", "--data-dir", str(data_dir), *more, seconds=300)
    assert told.returncode == 0, told.stdout + told.stderr
    return int(re.match(r"ok: (\d+) entries", told.stdout).group(1))


def digests(directory):
    """Of all files but those that SQLite makes to read, which hold nothing."""
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.rglob("*"))
            if path.is_file() and path.name != "tallystick.db-shm" and (path.name != "tallystick.db-wal" or path.stat().st_size)}


class Writers:
    """Clients that take goods in, for ever; which of their keys were acknowledged, and how long the slowest of them waited."""

    def __init__(self, world, count):
        self.world, self.acknowledged, self.slowest, self.lock = world, [], 0.0, threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(count)]

    def write(self, number):
        turn = 0
        while not self.stopping.is_set():
            name = f"W-{number}-{turn}"
            body = self.world.intake_body(1, id=name, donation=name, note=f"for {name}")
            began = time.monotonic()
            reply = self.world.server.post("/supplies", body, idempotency_key=name)
            took = time.monotonic() - began
            assert reply.status_code == 201, reply.text
            with self.lock:
                self.acknowledged.append(name)
                self.slowest = max(self.slowest, took)
            turn += 1

    def so_far(self, count=0):
        """What was acknowledged, once there is as much of it."""
        deadline = time.monotonic() + 60
        while True:
            with self.lock:
                if len(self.acknowledged) >= count:
                    return list(self.acknowledged)
            assert time.monotonic() < deadline, f"only {len(self.acknowledged)} changes in a minute"
            time.sleep(0.05)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def supplies_of(data_dir):
    with sqlite3.connect(f"file:{data_dir}/tallystick.db?mode=ro", uri=True) as connection:
        return {name for (name,) in connection.execute("SELECT id FROM supply")}


def test_the_page_is_right(tmp_path):
    """What docs/backup.md tells people to paste, beside a service that is written to."""
    live, back = blocks()
    server = Server(tmp_path / "data")
    settings = f"DATA={server.data_dir} BACKUP={tmp_path}/backup TALLYSTICK={binary()}\n"
    try:
        world = World(server)
        before = world.intake(7)["id"]
        with Writers(world, 1):
            done = paste(live.replace(SETTINGS, settings), tmp_path)
        assert live.count(SETTINGS) == 1 and done.returncode == 0 and "entries verified" in done.stdout, done.stderr
        assert all(made.stat().st_mode & 0o077 == 0 for made in (tmp_path / "backup").iterdir())
        token = server.token
    finally:
        assert server.stop() == 0
    done = paste(settings + back, tmp_path)
    assert done.returncode == 0 and "entries verified and restored" in done.stdout, done.stderr
    again = Server(tmp_path / "restored")
    try:
        assert again.get(f"/supplies/{before}").json()["on_hand"] == 7
        accepted(again.put("/items/AFTER", {"name": "x", "unit": "piece"}, token=token), 201)
    finally:
        assert again.stop() == 0
    verified(tmp_path / "restored")


@pytest.mark.concurrent
def test_what_was_acknowledged_before_is_in_it(tmp_path):
    server = Server(tmp_path / "data")
    try:
        world = World(server)
        with Writers(world, WRITERS) as writers:
            for number in range(3):
                before = writers.so_far(60 * (number + 1))
                made = backup(server.data_dir, tmp_path / f"b{number}")
                assert made.returncode == 0, made.stderr
                assert set(before) <= supplies_of(tmp_path / f"b{number}")
                made = backup(server.data_dir, tmp_path / f"b{number}.db")
                assert made.returncode == 0, made.stderr
        print(f"{len(writers.acknowledged)} changes, the slowest took {writers.slowest:.3f} s")
    finally:
        assert server.stop() == 0
    for number in range(3):
        size = verified(tmp_path / f"b{number}")
        restored = restore(tmp_path / f"r{number}", tmp_path / f"b{number}.db")
        assert restored.returncode == 0, restored.stderr
        assert verified(tmp_path / f"r{number}") >= size  # made later


def fill(data_dir, entries):
    assert FILL.exists(), f"{FILL} is not built: make oracles"
    filled = subprocess.run([str(FILL), str(data_dir), str(entries)], env=environment(), capture_output=True, text=True, timeout=300,
                            check=False)
    assert filled.returncode == 0, filled.stderr
    return data_dir


def run_and_kill(seconds, *words):
    """A sub-command, killed after so long; whether it had ended before."""
    with subprocess.Popen([binary(), *words], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            return process.wait(timeout=seconds) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            return False


def the_seed():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return seed


def test_kill_during_a_backup(tmp_path):
    chance = random.Random(the_seed())
    large = fill(tmp_path / "large", 4000)
    began = time.monotonic()
    assert backup(large, tmp_path / "whole").returncode == 0
    takes = time.monotonic() - began
    whole, ended = digests(tmp_path / "whole")["tallystick.db"], 0
    verified(tmp_path / "whole")
    for number in range(12):
        target = tmp_path / f"b{number}"
        if run_and_kill(chance.uniform(0, takes * 1.2), "backup", "--data-dir", str(large), "--output", str(target)):
            ended += 1
        elif (target / "tallystick.db").exists():
            assert digests(target)["tallystick.db"] == whole  # it was killed between its last step and its end
            shutil.rmtree(target)
        else:
            refused = restore(tmp_path / "nowhere", target)
            assert refused.returncode == 1 and ("no whole backup" in refused.stderr or "no backup" in refused.stderr), refused.stderr
            for name in ("anchor", "node.db"):  # whole ones: only what is unfinished gives way
                (target / name).unlink(missing_ok=True)
            again = backup(large, target)
            assert again.returncode == 0, again.stderr
            assert digests(target)["tallystick.db"] == whole
        shutil.rmtree(target, ignore_errors=True)
    print(f"{ended} of 12 had ended before")


def serve_refuses(data_dir):
    done = subprocess.run([binary(), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"], env=environment(),
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode == 1 and "restore into" in done.stderr


def test_kill_during_a_restore(tmp_path):
    """Wherever it was broken off: what was there, what was to come, or a directory that nobody serves by mistake."""
    chance = random.Random(the_seed())
    source, target = tmp_path / "backup", tmp_path / "data"
    assert backup(fill(tmp_path / "filled", 300), source, "--with-key").returncode == 0
    size = verified(source)
    server = Server(target)
    assert server.stop() == 0
    (target / "tallystick.db").unlink()  # the loss
    began = time.monotonic()
    assert restore(tmp_path / "try", source).returncode == 0
    takes = time.monotonic() - began
    refused = 0
    shutil.rmtree(target)
    for _ in range(12):
        words = ["restore", "--data-dir", str(target), "--from", str(source), "--replace"]
        run_and_kill(chance.uniform(0, takes * 1.1), *words)
        if (target / "tallystick.db.restoring").exists() or (target / "restore.mark").exists():
            assert serve_refuses(target)
            refused += 1
        elif (target / "tallystick.db").exists():
            assert verified(target) == size
    done = run(*words, seconds=300)
    assert done.returncode == 0, done.stderr
    assert verified(target) == size and not (target / "tallystick.db.restoring").exists()
    for aside in target.glob("replaced-*"):
        if (aside / "tallystick.db").exists() and (aside / "anchor").exists():
            assert verified(aside) == size
    print(f"{refused} of 12 left a directory that serve refuses")
    server = Server(target)
    try:
        assert server.get("/ledger").json()["size"] == size
    finally:
        assert server.stop() == 0


def step_killed(number, *words):
    """A sub-command, killed before its so manyth link, rename, removal or flush; whether it had ended before."""
    more = {"LD_PRELOAD": str(BUILD / "tests/fault/shim.so"), "FAULT_KILL_AT": str(number),
            "ASAN_OPTIONS": environment().get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    done = subprocess.run([binary(), *map(str, words)], env={**environment(), **more}, capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == 0


def test_kill_at_each_step_of_a_restore(tmp_path):
    """A longer ledger, part of it in the WAL still, is replaced by a backup. Wherever that breaks off: what was there is whole, there or in
    the one folder; no service begins on half of it, not even after a restore of a broken backup; what would be lost is still known."""
    server = Server(tmp_path / "old")
    world = World(server)
    world.intake(1)
    assert backup(server.data_dir, tmp_path / "backup").returncode == 0
    world.intake(2)
    server.kill()
    size, longer = verified(tmp_path / "backup"), verified(tmp_path / "old")
    assert size < longer and (tmp_path / "old" / "tallystick.db-wal").stat().st_size > 0
    shutil.copytree(tmp_path / "backup", tmp_path / "broken")
    with (tmp_path / "broken" / "tallystick.db").open("r+b") as file:
        file.truncate(8192)
    target, number, between = tmp_path / "data", 0, 0
    words = ["restore", "--data-dir", str(target), "--replace", "--from"]
    while True:
        number += 1
        shutil.copytree(tmp_path / "old", target)
        ended = step_killed(number, *words, tmp_path / "backup", "--accept-loss")
        is_marked = (target / "restore.mark").exists()
        between += is_marked
        if is_marked or (target / "tallystick.db.restoring").exists():
            assert serve_refuses(target)
        else:
            assert verified(target) == (size if list(target.glob("replaced-*")) else longer)
        if not ended:
            assert run(*words, str(tmp_path / "broken"), "--accept-loss").returncode == 1
            assert serve_refuses(target) if is_marked else verified(target) in (size, longer)
            if is_marked:
                older = run(*words, str(tmp_path / "backup"))
                assert older.returncode == 1 and f"knows {longer} entries" in older.stderr, older.stderr
        done = run(*words, str(tmp_path / "backup"), "--accept-loss")
        assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in target.glob("rep*") if verified(path) == longer)[:1] == ["replaced-1"]
        assert not is_marked or len(list(target.glob("replaced-*"))) == 1
        assert verified(target) == size and not (target / "restore.mark").exists()
        shutil.rmtree(target)
        if ended:
            break
    print(f"{number} steps, {between} of them beside a mark")
    assert between > 5


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A service that was backed up, went on, and was stopped: its directory, the backup, a checkpoint of before and one of after."""
    tmp_path = tmp_path_factory.mktemp("made")
    server = Server(tmp_path / "data")
    try:
        world = World(server)
        world.intake(1, note="before")
        (tmp_path / "before.txt").write_text(server.get("/ledger").json()["checkpoint"])
        done = backup(server.data_dir, tmp_path / "backup", "--with-key")
        assert done.returncode == 0, done.stderr
        before = server.get("/ledger").json()["size"]
        world.intake(2, note="after")
        world.intake(3)
        (tmp_path / "after.txt").write_text(server.get("/ledger").json()["checkpoint"])
        after = server.get("/ledger").json()["size"]
    finally:
        assert server.stop() == 0
    return tmp_path, before, after


@pytest.fixture
def lost(made, tmp_path):
    """A copy of it to spoil."""
    shutil.copytree(made[0], tmp_path / "lost")
    return tmp_path / "lost", made[1], made[2]


def expect_refused(told, *parts):
    assert told.returncode == 1 and told.stdout == "", told.stdout
    assert all(part in told.stderr for part in parts), told.stderr


def test_an_older_backup_is_told_loudly(lost):
    scratch, before, after = lost
    data_dir, source = scratch / "data", scratch / "backup"
    assert verified(data_dir) == after  # and it is noted how far
    there = digests(data_dir)
    lacks = f"Entries {before + 1} to {after} would be lost"
    expect_refused(restore(data_dir, source), "is not empty")
    expect_refused(restore(data_dir, source, "--replace"), "THE BACKUP IS OLDER", "the directory's anchor knows", lacks)
    expect_refused(restore(scratch / "new", source, "--checkpoint", str(scratch / "after.txt")), "THE BACKUP IS OLDER",
                   "the checkpoint given knows", lacks)
    (data_dir / "anchor").rename(scratch / "anchor")
    expect_refused(restore(data_dir, source, "--replace"), "the directory's database knows", lacks)
    (scratch / "anchor").rename(data_dir / "anchor")
    assert digests(data_dir) == there
    assert not (scratch / "new" / "tallystick.db").exists()
    done = restore(scratch / "new", source, "--checkpoint", str(scratch / "before.txt"))
    assert done.returncode == 0 and "LOST" not in done.stdout, done.stderr
    done = restore(data_dir, source, "--replace", "--accept-loss", "--checkpoint", str(scratch / "after.txt"))
    assert done.returncode == 0 and f"LOST: entries {before + 1} to {after}" in done.stdout, done.stderr
    assert {f"replaced-1/{name}": there[name] for name in ("tallystick.db", "anchor", "verified")}.items() <= digests(data_dir).items()
    assert verified(data_dir, "--incremental") == before
    assert verified(data_dir) == before == verified(data_dir, "--checkpoint", str(scratch / "before.txt"))
    assert verified(data_dir / "replaced-1", "--checkpoint", str(scratch / "after.txt")) == after


def test_a_restored_ledger_that_goes_on_is_another_one(lost):
    """Whoever kept a checkpoint of the lost entries can show it, now and later."""
    scratch, before, after = lost
    done = restore(scratch / "data", scratch / "backup", "--replace", "--accept-loss")
    assert done.returncode == 0, done.stderr
    checkpoint = ["--checkpoint", str(scratch / "after.txt")]
    told = run("verify", "--data-dir", str(scratch / "data"), *checkpoint)
    assert told.returncode == 1 and f"BROKEN at entry {before + 1} (truncated)" in told.stdout
    server = Server(scratch / "data")
    try:
        world = World(server)  # some entries more than were lost
        world.intake(2, note="after")
        assert server.get("/ledger").json()["size"] > after
    finally:
        assert server.stop() == 0
    told = run("verify", "--data-dir", str(scratch / "data"), *checkpoint)
    assert told.returncode == 1 and f"BROKEN at entry {after} (checkpoint)" in told.stdout and "history was rewritten" in told.stdout
    # nor can the old directory's backup pass for one of the ledger that went on
    assert backup(scratch / "data", scratch / "later").returncode == 0
    refused = restore(scratch / "other", scratch / "later", *checkpoint)
    expect_refused(refused, f"BROKEN at entry {after} (checkpoint)", "Nothing was put in place")
    assert not (scratch / "other" / "tallystick.db").exists()


def test_an_older_copy_before_a_checkpoint_of_later_keys(lost):
    """It does not know the key that signed it, and says what that may mean."""
    scratch, before, _ = lost
    rotated = run("key", "rotate", "--data-dir", str(scratch / "data"))
    assert rotated.returncode == 0, rotated.stderr
    server = Server(scratch / "data")
    try:
        World(server)
        (scratch / "later.txt").write_text(server.get("/ledger").json()["checkpoint"])
    finally:
        assert server.stop() == 0
    verified(scratch / "data", "--checkpoint", str(scratch / "later.txt"))
    told = run("verify", "--data-dir", str(scratch / "backup"), "--checkpoint", str(scratch / "later.txt"))
    assert told.returncode == 1 and f"BROKEN at entry {before + 1} (truncated)" in told.stdout and "change of keys" in told.stdout
    expect_refused(restore(scratch / "new", scratch / "backup", "--checkpoint", str(scratch / "later.txt")), "THE BACKUP IS OLDER")


def test_what_cannot_be_restored(lost):
    scratch, _, _ = lost
    data_dir, source = scratch / "data", scratch / "backup"
    expect_refused(restore(data_dir, scratch / "no-such"), "there is no backup")
    (scratch / "empty").mkdir()
    expect_refused(restore(scratch / "new", scratch / "empty"), "is no whole backup")
    (scratch / "text.db").write_text("no database at all\n")
    expect_refused(restore(scratch / "new", scratch / "text.db"), "holds no ledger")
    other = Server(scratch / "other")
    try:
        expect_refused(restore(other.data_dir, source, "--replace"), "another process serves the data directory")
        expect_refused(restore(scratch / "new", other.data_dir), "is being served")
    finally:
        assert other.stop() == 0
    expect_refused(restore(other.data_dir, source, "--replace", "--accept-loss"), "another one: name another directory")
    there = digests(data_dir)
    with sqlite3.connect(source / "tallystick.db") as connection:  # one byte of one sum
        connection.execute("UPDATE supply SET on_hand = on_hand + 1 WHERE rowid = 1")
    connection.close()
    expect_refused(restore(data_dir, source, "--replace", "--accept-loss"), "the backup is BROKEN", "Nothing was put in place")
    assert digests(data_dir) == there


@pytest.mark.parametrize("name", ["tallystick.db", "node.db", "node.key", "anchor", "lock", "tallystick.db-wal"])
def test_pipes_and_links_in_a_backup(lost, name):
    """Nobody waits for a pipe for ever, and nothing is read over a link that whoever made the backup may not read himself."""
    scratch, _, _ = lost
    source, secret = scratch / "backup", scratch / "secret"
    secret.write_text("what others may not read")
    for spoil in (lambda path: os.mkfifo(path), lambda path: path.symlink_to(secret)):
        (source / name).unlink(missing_ok=True)
        spoil(source / name)
        told = run("restore", "--data-dir", str(scratch / "new"), "--from", str(source), seconds=60)
        expect_refused(told, f"{name} is no file")
        assert b"what others" not in b"".join(path.read_bytes() for path in (scratch / "new").rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["tallystick.db", "anchor"])
def test_pipes_in_a_directory_that_is_read(lost, name):
    scratch, _, _ = lost
    data_dir = scratch / "data"
    (data_dir / name).unlink()
    os.mkfifo(data_dir / name)
    for words in (("verify",), ("export",), ("backup", "--output", str(scratch / "b"))):
        told = run(*words, "--data-dir", str(data_dir), seconds=60)
        assert told.returncode in (1, 2) and f"{name} is no file" in told.stderr, told


def test_a_backup_by_an_older_program(tmp_path):
    """Made before the last two migrations. It is brought to today's version on the way; the backup itself stays as it is."""
    with tarfile.open(V1) as archive:
        archive.extractall(tmp_path / "old")
    there = digests(tmp_path / "old")
    told = restore(tmp_path / "new", tmp_path / "old")
    assert told.returncode == 0, told.stderr
    assert digests(tmp_path / "old") == there
    size = verified(tmp_path / "new")
    assert f"ok: {size} entries verified and restored" in told.stdout
    shutil.copy(tmp_path / "old" / "node.key", tmp_path / "new" / "node.key")
    server = Server(tmp_path / "new")
    assert server.stop() == 0
    with sqlite3.connect(tmp_path / "old" / "tallystick.db") as connection:
        connection.execute("DROP TRIGGER entry_no_update")
        connection.execute("UPDATE entry SET role = 'auditor' WHERE seq = 40")
    connection.close()
    refused = restore(tmp_path / "other", tmp_path / "old")
    expect_refused(refused, "the backup is BROKEN at entry 40 (hash)", ". Nothing was put in place")
    assert ".." not in refused.stderr


def test_a_backup_by_a_newer_program(lost):
    scratch, _, _ = lost
    with sqlite3.connect(scratch / "backup" / "tallystick.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    expect_refused(restore(scratch / "new", scratch / "backup"), "is of a newer version of this program: restore it with that one")
    for told in (backup(scratch / "backup", scratch / "b"), run("export", "--data-dir", str(scratch / "backup"))):
        assert told.returncode == 1 and "use that one" in told.stderr and "damaged" not in told.stderr, told.stderr


def test_what_cannot_be_backed_up(lost):
    scratch, before, _ = lost
    data_dir = scratch / "data"
    expect_refused(backup(scratch / "no-such", scratch / "b"), "there is no ledger")
    expect_refused(backup(data_dir, scratch / "backup"), "is not empty")
    expect_refused(backup(data_dir, scratch / "no" / "such"), "cannot be made")
    expect_refused(backup(data_dir, scratch / "b.db", "--with-key"), "no place for the node's key")
    assert backup(data_dir, scratch / "b.db").returncode == 0
    expect_refused(backup(data_dir, scratch / "b.db"), "overwrites nothing")
    shutil.copy(scratch / "backup" / "tallystick.db", data_dir / "tallystick.db")  # an old copy put back by hand
    (data_dir / "tallystick.db-wal").unlink(missing_ok=True)
    expect_refused(backup(data_dir, scratch / "b"), "nothing was backed up", f"the database has {before}")


def test_tokens_revoked_since_stay_revoked(tmp_path):
    server = Server(tmp_path / "data")
    try:
        world = World(server)
        token = world.token("operator", world.a)
        assert server.get("/supplies", token=token).status_code == 200
        assert backup(server.data_dir, tmp_path / "backup").returncode == 0
        shown = run("token", "list", "--data-dir", str(server.data_dir)).stdout
        token_id = next(line for line in shown.splitlines() if world.a in line).split()[0]
        assert run("token", "revoke", "--data-dir", str(server.data_dir), "--id", token_id).returncode == 0
    finally:
        assert server.stop() == 0
    done = restore(server.data_dir, tmp_path / "backup", "--replace")
    assert done.returncode == 0 and "tokens: those that the directory had" in done.stdout, done.stderr
    again = Server(server.data_dir)
    try:
        assert again.get("/supplies", token=token).status_code == 401
    finally:
        assert again.stop() == 0
    (server.data_dir / "node.db").write_bytes(b"damaged" * 1000)
    done = restore(server.data_dir, tmp_path / "backup", "--replace")
    assert done.returncode == 0 and "tokens: those of the backup" in done.stdout, done.stderr
    again = Server(server.data_dir)
    try:
        assert again.get("/supplies", token=token).status_code == 200
    finally:
        assert again.stop() == 0
