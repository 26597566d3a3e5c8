"""A ledger to spoil: a directory with some sixty entries, copies of it, SQL without the
database's own guards, and verifying many of them. Used by test_tamper.py, test_sweep.py and tests/long."""

import atexit
import concurrent.futures
import contextlib
import functools
import hashlib
import itertools
import json
import os
import pathlib
import queue
import re
import shutil
import sqlite3
import subprocess
import threading

import jose
from cosign import Witness
from conftest import ROOT, Server, environment, run
from world import World, accepted, fresh

DRIVER = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", ROOT / "build" / "release")) / "tests/fault/driver/driver"

ENTRY = ["seq", "height", "time_ms", "previous_hash", "rules_version", "kind", "target", "command_id", "new_id", "organisation",
         "role", "subject", "submitter_key", "submitter_alg", "body_length", "body_digest", "body", "submitter_sig", "effects",
         "hash"]
# What a retry is answered with stands beside the ledger; verify checks that each key is taken by its entry.
ANSWER_CHECKED = ["scope", "key", "kind", "target", "seq"]


class Ledger:
    """A stopped service's directory, and copies of it to spoil."""

    def __init__(self, scratch, name):
        self.path = pathlib.Path(scratch) / name
        self.copies = itertools.count(1)

    def copy(self):
        copy = Ledger(self.path.parent, f"{self.path.name}.{next(self.copies)}")
        shutil.copytree(self.path, copy.path)
        return copy

    @contextlib.contextmanager
    def sql(self, loosen=False):
        """A connection for which no trigger, key or check is in force; all are back afterwards."""
        connection = sqlite3.connect(self.path / "tallystick.db", isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        tables = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
        version = connection.execute("PRAGMA schema_version").fetchone()[0]
        if loosen:  # no column is NOT NULL, no table STRICT, while the spoiling goes on
            connection.execute("PRAGMA writable_schema = ON")
            for kind in ("TEXT", "INTEGER", "BLOB"):
                connection.execute(f"UPDATE sqlite_schema SET sql = replace(replace(replace(sql, '{kind} NOT NULL', '{kind}'), "
                                   "') STRICT, ', ') '), ') STRICT', ')') WHERE type = 'table'")
            connection.execute(f"PRAGMA schema_version = {version + 1}")
            connection.close()
            connection = sqlite3.connect(self.path / "tallystick.db", isolation_level=None)
            connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection
        if loosen:
            connection.execute("PRAGMA writable_schema = ON")
            for name, sql in tables:
                connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, name))
            connection.execute(f"PRAGMA schema_version = {version + 2}")
            connection.close()
            connection = sqlite3.connect(self.path / "tallystick.db", isolation_level=None)
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def execute(self, *statements, loosen=False):
        with self.sql(loosen) as connection:
            for statement in statements:
                changed = connection.execute(*(statement if isinstance(statement, tuple) else (statement,))).rowcount
                assert changed != 0, f"nothing was spoilt by {statement}"

    def rows(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}/tallystick.db?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def one(self, query):
        return self.rows(query)[0][0]

    def verify(self, *options):
        return run("verify", "--data-dir", str(self.path), *options)

    def remove(self):
        shutil.rmtree(self.path)


def told_broken(ledger, *options):
    """The finding as the program tells it: (first broken entry or None, code, text). Exit code 1, no crash."""
    told = ledger.verify(*options)
    assert told.returncode == 1, (told.returncode, told.stdout, told.stderr)
    match = re.match(r"BROKEN(?: at entry (\d+))? \((\w+)\): (.+)\n", told.stdout)
    assert match, (told.stdout, told.stderr)
    return int(match[1]) if match[1] else None, match[2], match[3]


def told_whole(ledger, *options):
    told = ledger.verify(*options)
    assert told.returncode == 0 and told.stdout.startswith("ok: "), (told.stdout, told.stderr)


TOLD = set()  # codes whose first finding the program has told, None for a ledger that is whole


def broken(ledger, *options):
    """As told_broken, by a process that stays; the program is asked as well where options are given and for the first of each code."""
    if options:
        return told_broken(ledger, *options)
    answer = asked(ledger)
    found = re.fullmatch(r"broken (\d+) (\w+) (.+)", answer)
    assert found, answer
    finding = int(found[1]) or None, found[2], found[3]
    if finding[1] not in TOLD:
        TOLD.add(finding[1])
        assert told_broken(ledger) == finding
    return finding


def stays_whole(ledger, *options):
    """As told_whole, by a process that stays; by the program where options are given and the first time."""
    if options or None not in TOLD:
        TOLD.add(None)
        told_whole(ledger, *options)
    if not options:
        answer = asked(ledger)
        assert answer.startswith("ok "), answer


@functools.cache
def verifier():
    """The one for this process."""
    made = Verifier()
    atexit.register(made.close)
    return made


def asked(ledger):
    with MAKING:
        made = verifier()
    return made(ledger)


MAKING = threading.Lock()


def fill(server, world):
    """Some forty entries with a bit of everything."""
    for n in range(3):
        supply = world.intake(100, lot=f"L{n}", expiry="2031-01-31", donor="D", earmark=world.b, note="für die Küche",
                              reference="R")["id"]
        transfer = world.transfer([(supply, 60)], contact="gate", note="note", rationale="rationale", reference="R", carrier="C")["id"]
        world.act(transfer, "dispatch", {"driver": "team", "note": "off it goes"})
        world.act(transfer, "receive", {"lines": [{"line": 1, "good": 10, "damaged": 1, "lost": 1, "reason": "wet"}]})
        if n:
            world.act(transfer, "return", {"reason": "too late"})
        accepted(server.post(f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "consumed", "note": "used"}))
    kept = world.transfer([(supply, 1)])["id"]
    world.act(kept, "cancel", {"reason": "not needed"})
    world.transfer([(supply, 2)])
    figures = [{"indicator": "gdp_x", "year": 2010, "province": "CN-HB", "value": 1.25}]
    assert server.put("/indicators/gdp_x", {"name": "x", "unit": "yuan"}).status_code == 201
    assert server.put("/figures", {"figures": figures}).status_code in (200, 201)
    long_text = "x" * 3000
    lines = [world.intake(1)["id"] for _ in range(22)]
    bulk = world.transfer([(line, 1) for line in lines])["id"]
    world.act(bulk, "dispatch")
    # blanks up to the body's limit: with the commitments it no longer fits into the entry
    parts = [{"line": n + 1, "damaged": 1, "reason": f"{n}" if n else long_text} for n in range(22)]
    body = json.dumps({"lines": parts})
    reply = server.write("POST", f"/transfers/{bulk}/receive", data=body + " " * (65536 - len(body)),
                         headers={"Content-Type": "application/json"})
    assert reply.status_code == 200, reply.text


def fill_signing(server, world):
    """Two keys, one of them revoked in the end, what each has signed, and policies."""
    token = world.token("operator", world.b)
    old, new = (jose.Signer(server, world.b, token) for _ in range(2))
    transfer = world.dispatched(30)["id"]
    for signer in (old, new):
        reason, beside = jose.committed("torn")
        accepted(signer.receive(transfer, {"lines": [{"line": 1, "good": 5}]}))
        accepted(signer.receive(transfer, {"lines": [{"line": 1, "damaged": 1, "reason": reason}]}, {"/lines/0/reason": beside}))
    accepted(server.post(f"/organisations/{world.b}/keys/{old.key.kid}/revoke", {"reason": "the machine was stolen"}))
    for name, kinds in (("default", []), (world.b, ["supply.intake"])):
        accepted(server.put(f"/policies/{name}", {"signed_kinds": kinds}), 201)
    accepted(new.receive(transfer, {"lines": [{"line": 1, "good": 5}]}))
    figures = [{"indicator": "gdp_x", "year": 2012, "province": "CN-HB", "value": 2.5}]
    jws = new.key.jws(new.payload("figures.put", {"figures": figures}))
    accepted(new.send("PUT", "/figures", jws, token=world.token("admin", world.b)))


def fill_erased(server, world):
    """Texts that are gone by order."""
    for _ in range(2):
        seq = world.server.post("/supplies", world.intake_body(1, donation=fresh("D"), note="to be forgotten")).json()["ledger"]["seq"]
        accepted(server.post("/privacy/erasures", {"commitments": [commitment_of(server, seq)]}), 201)


def commitment_of(server, seq):
    return server.get(f"/privacy/texts?entry={seq}", token=True).json()["items"][0]["commitment"]


def fill_witnesses(server, world):
    """One of an organisation, and one of nobody, which has ended."""
    accepted(server.put("/witnesses/w1", {"vkey": Witness().vkey, "organisation": world.b}), 201)
    accepted(server.put("/witnesses/w2", {"vkey": Witness("witness.example/w2", bytes(32)).vkey, "ended": True}), 201)


def fill_long(server):
    """A body that is too long for its entry."""
    body = json.dumps({"figures": [{"indicator": "gdp_x", "year": 2011, "province": "CN-HB", "value": 1.5}]})
    reply = server.write("PUT", "/figures", data=body + " " * 70000, headers={"Content-Type": "application/json"})
    assert reply.status_code == 200, reply.text


def refuse(server, world):
    """What is no part of the ledger: an answer kept for a retry of what was refused."""
    reply = server.post("/transfers", {"destination": world.b1, "lines": [{"supply": "NONE", "quantity": 1}]})
    assert reply.status_code in (404, 409, 422), reply.text


def begin(path):
    """A data directory as a first start makes it, but on a genesis of a few lines: each start and verification of it takes a third."""
    token = subprocess.run([DRIVER, "begin", str(path)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    (path / "admin.token").write_bytes(token)


def make_small(scratch, name):
    """As make, with all tables in use: for what is verified thousands of times."""
    ledger = Ledger(scratch, name)
    begin(ledger.path)
    server = Server(ledger.path)
    try:
        world = World(server)
        fill(server, world)
        fill_signing(server, world)
        fill_witnesses(server, world)
        fill_long(server)
        fill_erased(server, world)
        refuse(server, world)
    finally:
        assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(ledger.path / "tallystick.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return ledger


class Verifier:
    """Verifies in processes that stay, as many as there are processors: no start for each. Any thread."""

    def __init__(self):
        self.free = queue.SimpleQueue()
        self.all = [subprocess.Popen([DRIVER, "verify"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     text=True, bufsize=1, env=environment()) for _ in range(os.cpu_count() or 1)]
        for process in self.all:
            self.free.put(process)

    def __call__(self, ledger):
        """ok ENTRIES, broken SEQ CODE REASON, or failed STATUS."""
        process = self.free.get()
        try:
            process.stdin.write(f"{ledger.path}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            assert answer, f"the verifier ended with {process.wait()} at {ledger.path}"
            return answer.rstrip("\n")
        finally:
            self.free.put(process)

    def close(self):
        for process in self.all:
            process.stdin.close()
            assert process.wait(60) == 0


def make(scratch, name, is_small=True):
    """A ledger on a genesis of a few lines, or of all that a node begins with."""
    ledger = Ledger(scratch, name)
    if is_small:
        begin(ledger.path)
    server = Server(ledger.path)
    try:
        world = World(server)
        fill(server, world)
        fill_signing(server, world)
        fill_witnesses(server, world)
    finally:
        assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(ledger.path / "tallystick.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return ledger


def for_each(cases, check):
    """Checks many cases, as many at a time as there are processors: most of the time another process works."""
    with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        return list(pool.map(check, cases))


def other_value(value, column_type="TEXT"):
    """Another value of the same type."""
    if value is None and column_type == "INTEGER":
        return 1000000
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "x"
    return "y" + value[1:] if value[:1] not in ("", "y") else "z" + value[1:]


def table_columns(ledger, table):
    return ledger.rows(f"SELECT name, type, pk FROM pragma_table_info('{table}')")


def dump(ledger, queries):
    """What the queries find. None where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with contextlib.closing(sqlite3.connect(f"file:{ledger.path}/tallystick.db?mode=ro", uri=True)) as connection:
            connection.text_factory = bytes
            for query in queries:
                for row in connection.execute(query):
                    digest.update(repr(row).encode())
                digest.update(b"\n")
    except sqlite3.DatabaseError:
        return None
    return digest.hexdigest()
