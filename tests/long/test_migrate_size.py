"""A long ledger of an older program is brought to the newest schema in memory that does not grow with it."""

import os
import pathlib
import random
import secrets
import shutil
import sqlite3
import subprocess

import pytest

from conftest import ROOT, Server, environment, run
from test_verify_size import BUILD, fill, high_water_kib

OURS, OLD = 0x54616c79, 3  # the last schema before the indexes that have a part for each some thousand entries
MIGRATIONS = sorted((ROOT / "db" / "migrations").glob("*.sql"))

# As many rows as the indexes are made of, and no ledger.
ROWS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
INSERT INTO entry SELECT i, 1 + i / 64, i, zeroblob(32), 1, 'k', 't', 'c' || i, 'n', 'o', 'r', 's', '', '', 2, zeroblob(32), x'7b7d', x'',
    zeroblob(32), randomblob(32) FROM n;
INSERT INTO personal SELECT lower(hex(randomblob(32))), seq, '/note', randomblob(32), 'text' FROM entry WHERE seq % 2 = 0;
INSERT INTO answer SELECT 'o s', lower(hex(randomblob(16))), 'k', 't', randomblob(16), randomblob(32), seq, seq, 201, '', '', x'7b7d' FROM entry"""


def older(path):
    """A database such as a program begins one that knows OLD migrations."""
    connection = sqlite3.connect(path, isolation_level=None)
    for migration in MIGRATIONS[:OLD]:
        connection.executescript(migration.read_text(encoding="utf-8"))
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute(f"PRAGMA main.application_id = {OURS}")
    connection.execute(f"PRAGMA main.user_version = {OLD}")
    return connection


def make_older(path):
    """Makes a ledger what that program would have left behind: the same rows under the schema of then."""
    new, old = path / "tallystick.db", path / "older.db"
    connection = older(old)
    connection.execute("ATTACH ? AS new", (str(new),))
    connection.execute("BEGIN")
    tables = connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    for (table,) in tables:
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table} ORDER BY rowid")
    connection.execute("COMMIT")
    connection.close()
    old.rename(new)
    node = sqlite3.connect(path / "node.db", isolation_level=None)
    node.execute("DELETE FROM answer_key")  # answers had no MACs then
    node.close()


def version_of(path):
    connection = sqlite3.connect(path / "tallystick.db")
    [[version]] = connection.execute("PRAGMA user_version")
    connection.close()
    return version


def test_a_ledger_of_then_is_whole_afterwards(tmp_path):
    path = fill(tmp_path / "data", 20000)
    make_older(path)
    assert version_of(path) == OLD
    server = Server(path)
    assert server.stop() == 0
    assert version_of(path) == len(MIGRATIONS)
    told = run("verify", "--data-dir", str(path), seconds=600)
    assert told.returncode == 0, told.stdout + told.stderr


def begin(path, count):
    """The highest KiB of a service that begins with so many rows; it ends behind the migration, since its key is not there."""
    path.mkdir(mode=0o700)
    connection = older(path / "tallystick.db")
    connection.executescript(f"BEGIN; {ROWS.format(count=count)}; COMMIT")
    connection.close()
    process = subprocess.Popen([BUILD / "tallystick", "serve", "--data-dir", path, "--listen", "127.0.0.1:0"], env=environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    highest = 0
    while True:
        highest = max(highest, high_water_kib(process.pid))
        try:
            told = process.communicate(timeout=0.005)[1]
            break
        except subprocess.TimeoutExpired:
            continue
    assert process.returncode == 1 and "node.key is missing" in told, told
    assert version_of(path) == len(MIGRATIONS)
    assert not [name for name in os.listdir(path) if name.startswith("etilqs")]
    return highest


@pytest.mark.skipif("release" not in str(BUILD), reason="the sanitizers' memory is counted, too")
def test_memory_does_not_grow_with_the_ledger(tmp_path):
    """Sorting all of it in memory took 56 bytes an entry."""
    few, many = begin(tmp_path / "small", 1000), begin(tmp_path / "large", 1000000)
    print(f"{few} KiB with 1,000 entries, {many} with 1,000,000")
    assert many < few + 28 * 1024


def start(path, **more):
    """What a service says that begins there; it ends behind the migration at the latest."""
    done = subprocess.run([BUILD / "tallystick", "serve", "--data-dir", path, "--listen", "127.0.0.1:0"], env={**environment(), **more},
                          capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


def content_of(path):
    connection = sqlite3.connect(path / "tallystick.db")
    [[sound]] = connection.execute("PRAGMA integrity_check")
    assert sound == "ok"
    rows = [connection.execute(f"SELECT count(*), sum(seq), max(hex({column})) FROM {table}").fetchall()
            for table, column in (("entry", "hash"), ("personal", "commitment"), ("answer", "key"))]
    connection.close()
    return rows


@pytest.mark.parametrize("kind", ["enospc", "half", "eio"])
def test_a_disk_that_fails_while_a_migration_sorts(tmp_path, kind):
    """At any of its writes, those of the files that it sorts in included: it says so, what was there is whole, and the next start completes it."""
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    chance, (before, path, trouble) = random.Random(seed), (tmp_path / name for name in ("before", "data", "trouble"))
    before.mkdir(mode=0o700)
    trouble.mkdir()
    connection = older(before / "tallystick.db")
    connection.executescript(f"BEGIN; {ROWS.format(count=200000)}; COMMIT")
    connection.close()
    content, shim = content_of(before), pathlib.Path(BUILD) / "tests" / "fault" / "shim.so"
    env = {"LD_PRELOAD": str(shim), "FAULT_DIR": str(trouble), "FAULT_DATA": str(path),
           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    failed, number = 0, 1
    while True:
        shutil.copytree(before, path)
        (trouble / "plan").write_text(f"write {number} {kind}")
        said = start(path, **env)
        is_over = not (trouble / "fired").exists()
        (trouble / "fired").unlink(missing_ok=True)
        if not is_over:
            failed += 1
            assert "node.key is missing" in said or "full" in said or "I/O error" in said, said
            assert version_of(path) <= len(MIGRATIONS) and content_of(path) == content
        assert "node.key is missing" in start(path)
        assert version_of(path) == len(MIGRATIONS) and content_of(path) == content
        assert not [name for name in os.listdir(path) if name.startswith("etilqs")]
        shutil.rmtree(path)
        if is_over:
            break
        number += chance.randint(1, max(2, number // 2))
    print(f"{failed} of some {number} writes failed")
    assert failed > 5
