"""Personal texts are erased for good: from every answer, every kept answer and every file; the ledger stays whole."""

import json
import pathlib
import subprocess
import time

import pytest

from conftest import Server, binary, environment, key
from world import World, accepted, problem

NOTE = 'Driver Example, phone "0000", 送到后门'
REASON = "Wet since Example left the door open"


def verify(server, *words):
    return subprocess.run([binary(), "verify", "--data-dir", str(server.data_dir), *words], env=environment(), capture_output=True, text=True)


def commitments(server, token=True, **filters):
    reply = server.get("/privacy/texts", token=token, params=filters)
    assert reply.status_code == 200, reply.text
    return {(row["entry"], row["pointer"]): row for row in reply.json()["items"]}


def erase(server, wanted, **more):
    return server.post("/privacy/erasures", {"commitments": wanted}, **more)


def files_with(server, text):
    """Files of the data directory that hold the text as it is stored, or as JSON has it."""
    spellings = [text.encode(), text.replace('"', '\\"').encode()]
    return [path.name for path in pathlib.Path(server.data_dir).iterdir()
            if path.is_file() and any(spelling in path.read_bytes() for spelling in spellings)]


@pytest.fixture
def moved(start):
    """A transfer with a note and a reason, and the keys of its requests."""
    server = start()
    world = World(server)
    supply = world.intake(100)["id"]
    keys = {name: key() for name in ("create", "dispatch", "receive")}
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 10}], "note": NOTE, "rationale": "Hubei asked"}
    made = accepted(server.post("/transfers", body, idempotency_key=keys["create"]), 201)
    path = f"/transfers/{made['id']}"
    accepted(server.post(f"{path}/dispatch", {}, idempotency_key=keys["dispatch"]), 200)
    accepted(server.post(f"{path}/receive", {"lines": [{"line": 1, "good": 9, "lost": 1, "reason": REASON}]}, idempotency_key=keys["receive"]), 200)
    return server, world, path, keys, body


def test_texts_are_listed_for_those_who_keep_records(moved):
    server, world, path, _, _ = moved
    rows = commitments(server)
    texts = {row["text"]: at for at, row in rows.items()}
    assert {NOTE, REASON, "Hubei asked"} <= set(texts) and texts[NOTE][1] == "/note" and texts[REASON][1] == "/lines/0/reason"
    assert all(row["erased_by"] is None for row in rows.values())
    entry = texts[NOTE][0]
    assert {at for at in commitments(server, entry=entry)} == {(entry, "/note"), (entry, "/rationale")}
    assert commitments(server, entry=entry + 1000) == {}
    body = json.loads(server.get(f"/ledger/entries/{entry}").json()["body"])
    assert body["note"]["commitment"] == rows[entry, "/note"]["commitment"]
    walked, target = {}, "/privacy/texts?limit=1"
    while target:
        reply = server.get(target, token=True)
        walked |= {(row["entry"], row["pointer"]): row for row in reply.json()["items"]}
        target = reply.links["next"]["url"].removeprefix(server.url) if "next" in reply.links else None
    assert walked == rows
    problem(server.get("/privacy/texts"), 401, "unauthenticated")


def test_an_erased_text_is_gone_everywhere(moved):
    server, world, path, keys, body = moved
    rows = {row["text"]: row for row in commitments(server).values()}
    assert files_with(server, NOTE)
    once = key()
    wanted = [rows[NOTE]["commitment"], rows[REASON]["commitment"]]
    reply = erase(server, wanted, idempotency_key=once)
    told = reply.json()
    assert reply.status_code == 201, reply.text
    assert told["commitments"] == sorted(wanted) and told["erased_at"].endswith("Z") and told["ledger"]["seq"] > 0
    again = erase(server, wanted, idempotency_key=once)
    assert again.status_code == 201 and again.json() == told and again.headers["Idempotency-Replayed"] == "true"
    seen = server.get(path, token=True).json()
    assert seen["note"] is None and "note" in seen["withheld"] and seen["rationale"] == "Hubei asked"
    assert all(event["reason"] is None for event in seen["events"])
    after = {row["commitment"]: row for row in commitments(server).values()}
    for commitment in wanted:
        assert after[commitment]["text"] is None and after[commitment]["erased_by"] == told["ledger"]["seq"]
    listed = server.get("/privacy/erasures").json()["items"]
    assert sorted(row["commitment"] for row in listed) == sorted(wanted)
    for name, kept in (("create", body), ("dispatch", {})):
        target = "/transfers" if name == "create" else f"{path}/{name}"
        retry = server.post(target, kept, idempotency_key=keys[name])
        assert retry.headers["Idempotency-Replayed"] == "true", retry.text
        assert retry.json()["note"] is None and retry.json()["rationale"] == "Hubei asked"
    retry = server.post("/transfers", {**body, "note": "Another guess"}, idempotency_key=keys["create"])
    assert retry.status_code == 201 and retry.headers["Idempotency-Replayed"] == "true"  # what it said cannot be tried out
    assert verify(server).returncode == 0, verify(server).stdout
    deadline = time.monotonic() + 10  # a reader may have stood in the WAL's way
    while files_with(server, NOTE) or files_with(server, REASON):
        assert time.monotonic() < deadline, files_with(server, NOTE)
        time.sleep(0.1)
    assert files_with(server, "Hubei asked")
    export = subprocess.run([binary(), "export", "--data-dir", str(server.data_dir), "--texts"], env=environment(), capture_output=True)
    assert export.returncode == 0 and NOTE.encode() not in export.stdout
    checked = subprocess.run([binary(), "verify", "--export", "-"], input=export.stdout, env=environment(), capture_output=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_erasing_again_changes_nothing(moved):
    server, _, _, _, _ = moved
    rows = {row["text"]: row for row in commitments(server).values()}
    first = erase(server, [rows[NOTE]["commitment"]]).json()
    size = server.get("/ledger").json()["size"]
    again = erase(server, [rows[NOTE]["commitment"]])
    assert again.status_code == 200 and again.json()["ledger"] == first["ledger"]
    assert server.get("/ledger").json()["size"] == size
    both = accepted(erase(server, [rows[NOTE]["commitment"], rows[REASON]["commitment"]]), 201)
    assert both["commitments"] == [rows[REASON]["commitment"]]
    assert verify(server).returncode == 0


@pytest.mark.parametrize("body, pointer, code", [
    ({}, "/commitments", "missing_member"), ({"commitments": []}, "/commitments", "too_short"),
    ({"commitments": ["ab" * 32] * 2}, "/commitments/1", "duplicate_id"), ({"commitments": ["x"]}, "/commitments/0", "bad_format"),
    ({"commitments": ["AB" * 32]}, "/commitments/0", "bad_format"), ({"commitments": [7]}, "/commitments/0", "wrong_type"),
    ({"commitments": "ab" * 32}, "/commitments", "wrong_type"), ({"commitments": ["ab" * 32]}, "/commitments/0", "unknown_commitment"),
    ({"commitments": [f"{n:064x}" for n in range(201)]}, "/commitments", "too_long"), ({"commitments": ["ab" * 32], "note": "x"}, "/note", "unknown_member")])
def test_what_cannot_be_erased(server, body, pointer, code):
    reply = server.post("/privacy/erasures", body)
    faults = problem(reply, 422, reply.json()["code"]).get("errors", [])
    assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in faults], reply.text
    assert server.get("/ledger").json()["size"] == server.get("/ledger").json()["size"]


def test_only_administrators_erase(moved):
    server, world, _, _, _ = moved
    for token in (world.token("operator", world.a), world.token("coordinator", world.b)):
        problem(erase(server, ["ab" * 32], token=token), 403, "forbidden")
        problem(server.get("/privacy/texts", token=token), 403, "forbidden")
