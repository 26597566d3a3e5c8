"""What was accepted is judged for ever by the rules by which it was accepted. rules-v1.tar.xz was made by a program of rules version 1: the
receiver's organisation demands that receipts come signed, and the sender's key signed one, which those rules allowed. The ledger is whole, goes on
by newer rules, and what they forbid is no way back."""

import json
import pathlib
import subprocess
import tarfile
import types

import pytest

import jose
from conftest import Server, key, run
from tamper import DRIVER, Ledger, told_broken, told_whole
from test_export import by_program, by_python, export, fields_of, node_secrets, resealed
from world import accepted, problem, unchanged

V1 = pathlib.Path(__file__).with_name("rules-v1.tar.xz")  # with its story: keys, tokens, what was sent and answered


@pytest.fixture
def old(tmp_path):
    """The directory as today's program has brought it to its version, with nothing new in the ledger."""
    made = Ledger(tmp_path, "old")
    made.path.mkdir()
    with tarfile.open(V1) as archive:
        archive.extractall(made.path)
    assert Server(made.path).stop() == 0
    return made


@pytest.fixture
def story(old):
    told = json.loads((old.path / "story.json").read_text())
    return types.SimpleNamespace(**{**told, "sender": types.SimpleNamespace(**told["sender"]), "receiver": types.SimpleNamespace(**told["receiver"])})


def sound_by_both(ledger, tmp_path):
    path = tmp_path / "export.ndjson"
    path.write_bytes(b"".join(export(ledger)))
    assert by_program(path)[0] and by_python(path)[0]


def receive(server, story, who, jws=None):
    if jws is None:
        signer = jose.Key(who.secret)
        payload = {"log": server.get("/ledger").json()["origin"], "kind": "transfer.receive", "target": story.transfer, "id": key(),
                   "body": {"lines": [{"line": 1, "good": 1}]}}
        jws = signer.jws(payload)
    return server.request("POST", f"/transfers/{story.transfer}/receive", token=who.token, data=jws, headers={"Content-Type": "application/jose"})


def by_older_rules(ledger):
    """The last entry says that version 1 made it, and fits: hash and seal are made anew by who has the key."""
    members, entry = [fields_of(raw) for raw in export(ledger) if b'"type":"entry"' in raw][-1]
    made = resealed(members, {**entry, "rules_version": 1}, node_secrets(ledger)[0])
    ledger.execute(f"UPDATE entry SET rules_version = 1, hash = x'{made['hash']}' WHERE seq = {entry['seq']}",
                   f"UPDATE seal SET signature = x'{made['seal']}' WHERE seq = {entry['seq']}")


def test_what_was_accepted_stays(old, story, tmp_path):
    assert old.rows("SELECT DISTINCT rules_version FROM entry") == [(1,)]
    kind, organisation, submitter = old.rows(f"SELECT kind, organisation, submitter_key FROM entry WHERE seq = {story.receipt_seq}")[0]
    assert (kind, organisation, submitter) == ("transfer.receive", story.sender.organisation, jose.Key(story.sender.secret).kid)
    told_whole(old)
    sound_by_both(old, tmp_path)


def test_it_goes_on_by_newer_rules(old, story, tmp_path):
    server = Server(old.path)
    again = receive(server, story, story.sender, story.jws)
    assert again.text == story.answer and again.headers["Idempotency-Replayed"] == "true"
    with unchanged(server):
        refused = problem(receive(server, story, story.sender), 403, "signature_required", policy=story.receiver.organisation)
    assert f"this was signed by a key of {story.sender.organisation}: " in refused["detail"]
    accepted(receive(server, story, story.receiver))
    assert server.stop() == 0
    size = old.one("SELECT max(seq) FROM entry")
    assert old.rows("SELECT rules_version, count(*) FROM entry GROUP BY 1 ORDER BY 1") == [(1, size - 1), (2, 1)]
    told_whole(old)
    sound_by_both(old, tmp_path)


def test_who_goes_on_from_a_mark_knows_the_rules(old, story):
    """Of the entry before, of which the mark of where a verification ended says nothing."""
    told_whole(old)
    server = Server(old.path)
    accepted(receive(server, story, story.receiver))
    assert server.stop() == 0
    told_whole(old, "--incremental")
    size = old.one("SELECT max(seq) FROM entry")
    server = Server(old.path)
    accepted(receive(server, story, story.receiver))
    assert server.stop() == 0
    by_older_rules(old)
    assert told_broken(old)[:2] == told_broken(old, "--incremental")[:2] == (size + 1, "rules_version")


def test_a_ledger_of_rules_to_come(old):
    """A program that knows no such rules writes nothing behind them: its entries would be a step back."""
    old.execute("UPDATE entry SET rules_version = 3 WHERE seq = (SELECT max(seq) FROM entry)")
    told = run("serve", "--data-dir", str(old.path), "--listen", "127.0.0.1:0")
    assert told.returncode == 1 and "rules_version=3" in told.stderr and "a newer version of the program" in told.stderr, told.stderr


def test_the_same_again_needs_the_same_rules(old, tmp_path):
    """The tests' driver, which delivers a ledger's commands once more, says so where the ledger cannot come out the same."""
    done = subprocess.run([DRIVER, "again", str(old.path), str(tmp_path / "again")], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "entry 1 is of rules version 1, this program makes entries of version 2" in done.stderr, done.stderr
