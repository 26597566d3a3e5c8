"""Tokens: scopes, expiry, revocation, last use, guessing. Who may do what: test_access_matrix.py."""

import collections
import concurrent.futures
import contextlib
import os
import re
import sqlite3
import tempfile
import threading
import time

import pytest
import requests

from conftest import Server, run
from test_events import Follower, change, following

ORGANISATION = "CRC-XX"


def make_token(server, role, *more, organisation=ORGANISATION):
    made = run("token", "create", "--data-dir", str(server.data_dir), "--organisation", organisation, "--role", role, *more)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def tokens_of(server):
    """The lines of token list by their ids: {id: {column: text}}."""
    listed = run("token", "list", "--data-dir", str(server.data_dir))
    assert listed.returncode == 0, listed.stderr
    head, *lines = listed.stdout.splitlines()
    names = re.split(r" {2,}", head)
    return {line.split()[0]: dict(zip(names, re.split(r" {2,}", line))) for line in lines}


def refused(*words):
    """What a sub-command says that refuses."""
    done = run(*words)
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


@pytest.fixture(scope="module")
def service():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        assert started.put(f"/organisations/{ORGANISATION}", {"name": "An organisation", "kind": "depot"}).status_code == 201
        yield started
        assert started.stop() == 0


def test_scope(service):
    token = make_token(service, "admin", "--scope", "items,sites")
    assert service.put("/items/SCOPED", {"name": "x", "unit": "piece"}, token=token).status_code == 201
    reply = service.put("/organisations/SCOPED", {"name": "x", "kind": "depot"}, token=token)
    assert (reply.status_code, reply.json()["code"], reply.json()["scope"]) == (403, "forbidden", "items,sites")
    assert "items,sites" in reply.json()["detail"] and "organisations" in reply.json()["detail"]
    assert service.get("/organisations/SCOPED").status_code == 404
    reader = make_token(service, "admin", "--scope", "read")
    assert service.put("/items/SCOPED-2", {"name": "x", "unit": "piece"}, token=reader).status_code == 403
    assert service.get("/items", token=reader).status_code == 200
    assert service.get("/config", token=reader).status_code == service.get("/config", token=token).status_code == 200


def test_expiry(service):
    token = make_token(service, "auditor", "--expires", "2099-12-31")
    assert service.get("/items", token=token).status_code == 200
    day = tokens_of(service)
    assert [row["expires"][:19] for row in day.values()].count("2099-12-31T00:00:00") == 1
    for ahead in (2, 4, 8, 16):
        soon = int(time.time()) + ahead
        short = make_token(service, "auditor", "--expires", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon)))
        status = service.get("/items", token=short).status_code
        if status == 200 or time.time() < soon:
            break  # else the machine took longer than that
    assert status == 200
    time.sleep(max(0, soon + 0.1 - time.time()))
    reply = service.get("/items", token=short)
    assert reply.status_code == 401 and "expired" in reply.json()["detail"]
    assert any(row["state"] == "expired" for row in tokens_of(service).values())


@pytest.mark.parametrize("option, value, said", [
    ("--expires", "2020-01-01", "not in the future"), ("--expires", "0d", "not in the future"),
    ("--expires", "soon", "90d"), ("--expires", "90", "90d"), ("--expires", "9d9", "90d"), ("--expires", "99999999d", "90d"),
    ("--expires", "9999999w", "year 9999"),
    ("--expires", "-5d", "90d"), ("--scope", "density", "supplies,transfers"), ("--scope", "config", "supplies,transfers"), ("--scope", "supplies,", "supplies,transfers"),
    ("--scope", "read,items", "read alone"), ("--role", "king", "coordinator"), ("--organisation", "NOBODY", "NOBODY"),
])
def test_grants_that_are_refused(service, option, value, said):
    words = {"--data-dir": str(service.data_dir), "--organisation": ORGANISATION, "--role": "operator", option: value}
    before = tokens_of(service)
    assert said in refused("token", "create", *[f"{name}={text}" for name, text in words.items()])
    assert tokens_of(service) == before


def test_revoking_ends_a_token_at_once(service):
    before = tokens_of(service)
    token = make_token(service, "operator")
    made = next(name for name in tokens_of(service) if name not in before)
    assert service.get("/items", token=token).status_code == 200
    done = run("token", "revoke", "--data-dir", str(service.data_dir), "--id", made)
    assert done.returncode == 0 and made in done.stdout
    reply = service.get("/items", token=token)
    assert reply.status_code == 401 and "revoked" in reply.json()["detail"]
    assert tokens_of(service)[made]["state"] == "revoked"
    assert "token list" in refused("token", "revoke", "--data-dir", str(service.data_dir), "--id", made)
    assert "token list" in refused("token", "revoke", "--data-dir", str(service.data_dir), "--id", "tok-none")


def test_a_trigger_in_the_file_of_tokens_does_nothing(start):
    """One that came with somebody's backup would make of a revocation none, of a lasting token another one."""
    own = start()
    assert own.put(f"/organisations/{ORGANISATION}", {"name": "An organisation", "kind": "depot"}).status_code == 201
    with contextlib.closing(sqlite3.connect(own.data_dir / "node.db", isolation_level=None)) as connection:
        connection.execute("CREATE TRIGGER other BEFORE UPDATE ON token BEGIN SELECT RAISE(IGNORE); END")
        connection.execute("CREATE TRIGGER another AFTER INSERT ON token BEGIN UPDATE token SET role = 'admin' WHERE role = 'operator'; END")
    token = make_token(own, "operator")
    made = [name for name, row in tokens_of(own).items() if row["role"] == "operator"]
    assert len(made) == 1
    assert own.put("/items/OTHER", {"name": "x", "unit": "piece"}, token=token).status_code == 403
    assert run("token", "revoke", "--data-dir", str(own.data_dir), "--id", made[0]).returncode == 0
    assert tokens_of(own)[made[0]]["state"] == "revoked"
    assert own.get("/items", token=token).status_code == 401


def test_who_follows_hears_nothing_of_a_private_service_once_its_token_has_ended(start):
    own = start("--private")
    change(own)
    job = own.post("/efficiency", {"inputs": ["a"], "outputs": ["b"], "dmus": [{"id": "u", "a": 1, "b": 1}]}, headers={"Prefer": "respond-async"})
    assert own.put(f"/organisations/{ORGANISATION}", {"name": "An organisation", "kind": "depot"}).status_code == 201
    lasting, ending = make_token(own, "auditor"), make_token(own, "auditor")
    ended = list(tokens_of(own))[-1]
    with following(Follower(own, token=lasting), Follower(own, token=ending)) as (stays, goes):
        for follower in (stays, goes):
            while "retry" not in follower.body():
                assert follower.read()
        assert run("token", "revoke", "--data-dir", str(own.data_dir), "--id", ended).returncode == 0
        time.sleep(1.5)  # it is looked at once a second
        assert stays.until(change(own))
        while not goes.received.endswith(b"\r\n0\r\n\r\n"):
            assert goes.read()
        assert goes.ids() == []
    with following(Follower(own, job.json()["href"] + "/events", token=ending)) as (late,):
        assert late.read() and b" 401 " in late.received


def test_who_has_no_token_learns_of_a_private_service_that_it_is_ready(start):
    own = start("--private")
    ready = own.get("/readyz")
    assert ready.json()["status"] == "ready" and "Tallystick-Seq" not in ready.headers
    assert own.get("/readyz", token=True).headers["Tallystick-Seq"] == "1"


def test_no_directory_no_tokens(tmp_path):
    for words in (["list"], ["revoke", "--id", "x"], ["create", "--organisation", "X", "--role", "admin"]):
        assert "init" in refused("token", *words, "--data-dir", str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_last_use_is_kept(start):
    server = start()
    assert server.put(f"/organisations/{ORGANISATION}", {"name": "An organisation", "kind": "depot"}).status_code == 201
    used, unused = make_token(server, "auditor"), make_token(server, "operator")
    assert used != unused and server.get("/items", token=used).status_code == 200
    assert server.stop() == 0
    rows = {row["role"]: row for row in tokens_of(server).values()}
    assert rows["operator"]["last used"] == "never"
    for role in ("auditor", "admin"):
        at = time.strptime(rows[role]["last used"][:19], "%Y-%m-%dT%H:%M:%S")
        assert abs(time.mktime(at) - time.mktime(time.gmtime())) < 120


@pytest.mark.concurrent
def test_many_tokens_are_made_beside_a_busy_server(start):
    """Fifty processes write the tokens' file while the server reads it for every request and writes uses of its own."""
    server = start()
    assert server.put(f"/organisations/{ORGANISATION}", {"name": "An organisation", "kind": "depot"}).status_code == 201
    is_over = threading.Event()
    statuses = collections.Counter()

    def ask():
        with requests.Session() as session:
            session.trust_env = False
            while not is_over.is_set():
                statuses[server.get("/items", token=True, session=session).status_code] += 1

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            made = list(pool.map(lambda _: make_token(server, "auditor"), range(50)))
    finally:
        is_over.set()
        for asker in askers:
            asker.join()
    assert set(statuses) == {200} and statuses[200] >= 50, statuses
    assert len(set(made)) == 50 and [server.get("/items", token=token).status_code for token in made] == [200] * 50
    assert server.stop() == 0
    rows = [row for row in tokens_of(server).values() if row["role"] == "auditor"]
    assert len(rows) == 50 and all(row["state"] == "valid" and row["last used"] != "never" for row in rows)
    # Several processes that write and checkpoint one WAL can lose what was committed (SQLite 3.40).
    assert (server.data_dir / "node.db").read_bytes()[18:20] == b"\1\1"
    assert {made.name for made in server.data_dir.glob("node.db*")} == {"node.db"}


def test_guessing_is_slowed(start):
    server = start()
    replies = [server.get("/items", token=f"tly_guess{n}").status_code for n in range(30)]
    assert replies == [401] * 20 + [429] * 10
    reply = server.get("/items", token="tly_guess99")
    assert reply.json()["code"] == "too_many_attempts" and 1 <= int(reply.headers["Retry-After"]) <= 60
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert server.get("/items", token=True).status_code == 200  # a neighbour who was never seen before
    assert server.get("/items").status_code == 200
