"""Witnesses and their cosignatures, made and verified by cosign.py, which is independent of the program."""

import base64
import json

import pytest

from conftest import run
from contract_session import make_token
from cosign import Witness, vkey, verify

POST = "/ledger/cosignatures"


@pytest.fixture(scope="module")
def newest(server):
    """A checkpoint whose witness is registered."""
    first = Witness()
    assert server.put("/witnesses/w1", {"vkey": first.vkey}).status_code in (200, 201)
    return first, server.get("/ledger/checkpoint").text


def post(server, note, **more):
    return server.post(POST, {"checkpoint": note}, **more)


def test_registered(server, newest):
    first, _ = newest
    shown = server.get("/witnesses/w1").json()
    assert shown["vkey"] == first.vkey and shown["name"] == first.name and shown["organisation"] is None and shown["ended"] is False
    taken = server.put("/witnesses/w2", {"vkey": first.vkey})
    assert taken.status_code == 409 and taken.json()["existing_id"] == "w1"
    event = server.get(f"/events?after={shown['updated_seq'] - 1}&limit=1").json()["items"][0]
    assert event["kind"] == "witness.put" and event["resource"] == "/witnesses/w1"


@pytest.mark.parametrize("wrong", [
    "x", "witness.example/w+00000000+AAAA", vkey("a b", b"\x04" + bytes(32)), vkey("w", b"\x01" + bytes(32)),
    vkey("w", b"\x04" + bytes(31)), Witness("w").vkey.replace("w+", "v+"), Witness("w" * 128).vkey, Witness("w").vkey.upper(),
    vkey("w", b"\x04\x01" + bytes(31)), vkey("w", b"\x04" + bytes(31) + b"\x80")],
    ids=["no form", "wrong hash", "blank in the name", "another algorithm", "too short", "another name", "too long a name", "capitals",
         "small order", "small order, the other sign"])
def test_keys_that_are_none(server, wrong):
    reply = server.put("/witnesses/none", {"vkey": wrong})
    assert reply.status_code == 422 and reply.json()["code"] == "bad_format", reply.text


def test_cosignature_is_taken_listed_and_joined(server, newest):
    first, note = newest
    size = int(note.split("\n")[1])
    for time, shown in [(1790000000, 1790000000), (1790000000, 1790000000), (1790000500, 1790000500), (1789999999, 1790000500)]:
        reply = post(server, note + first.line(note, time))
        assert reply.status_code == 200 and len(reply.json()["items"]) == 1, reply.text
        joined = server.get(f"/ledger/checkpoints/{size}", headers={"Accept": "text/plain"}).text
        assert joined.startswith(note) and joined.count("\n") == note.count("\n") + 1
        assert verify(first.vkey, joined) == shown
    [item] = server.get(f"{POST}?size={size}").json()["items"]
    assert item["witness"] == "w1" and item["root"] == base64.b64decode(note.split("\n")[2]).hex()
    assert item["line"] + "\n" == first.line(note, 1790000500)
    assert server.get(f"{POST}?size={size + 1}").json()["items"] == []
    assert post(server, joined).status_code == 200  # with everything that stands on it


def test_pages(server, newest):
    first, note = newest
    second = Witness("witness.example/pages", bytes(31) + b"\x07")
    assert server.put("/witnesses/pages", {"vkey": second.vkey}).status_code == 201
    assert post(server, note + first.line(note) + second.line(note)).status_code == 200
    page = server.get(f"{POST}?limit=1").json()
    rest = server.get(f"{POST}?limit=1&cursor={page['next']}").json()
    assert page["items"][0]["witness"] == "w1" and rest["items"][0]["witness"] == "pages" and rest["next"] is None


def refused(server, note, code):
    reply = post(server, note)
    assert reply.status_code == 422 and reply.json()["code"] == code, reply.text


def test_what_is_none(server, newest):
    first, note = newest
    line = first.line(note)
    refused(server, "x", "bad_format")
    refused(server, "x\n\n" + line, "bad_format")
    refused(server, note, "unknown_key")
    refused(server, note + Witness("witness.example/stranger").line(note), "unknown_key")
    refused(server, note + Witness(seed=bytes(32)).line(note), "unknown_key")
    origin, size, root, _ = note.split("\n", 3)
    other = f"{origin}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n\n"
    refused(server, other + first.line(other), "unknown_checkpoint")
    refused(server, note.replace(origin, "elsewhere") + line, "unknown_checkpoint")
    later = f"{origin}\n999999\n{root}\n\n"
    refused(server, later + first.line(later), "unknown_checkpoint")
    refused(server, note + first.line(later), "signature_invalid")
    refused(server, note + first.line(note, 0), "signature_invalid")
    refused(server, note + first.line(note, 1 << 62), "signature_invalid")


def test_lines_of_others_are_passed_over(server, newest):
    """Whatever is in their names: a log elsewhere may have a witness with a character in its name that nobody sees."""
    first, note = newest
    stranger = Witness("witness.example/stran\u200bger\u202e").line(note)
    refused(server, note + stranger, "unknown_key")
    reply = post(server, note + stranger + first.line(note, 1790000700))
    assert reply.status_code == 200, reply.text


def test_every_byte_counts(server, newest):
    first, note = newest
    line = first.line(note)
    code = bytearray(base64.b64decode(line.split(" ")[2]))
    for at in [*range(4, len(code), 7), len(code) - 1]:
        changed = code.copy()
        changed[at] ^= 1
        refused(server, f"{note}— {first.name} {base64.b64encode(changed).decode()}\n", "signature_invalid")


def test_who_may(server, newest):
    first, note = newest
    body = {"checkpoint": note + first.line(note)}
    server.put("/organisations/WITNESSES", {"name": "Witnesses", "kind": "ngo"})
    assert server.request("POST", POST, json=body).status_code == 401
    for role, status in [("auditor", 200), ("operator", 403), ("coordinator", 403)]:
        token = make_token(server, "WITNESSES", role)
        assert server.request("POST", POST, token=token, json=body).status_code == status
        assert server.request("PUT", "/witnesses/w9", token=token, json={"vkey": first.vkey}).status_code == 403


def test_ended_and_replaced(server):
    old, new = Witness("witness.example/ending", b"o" * 32), Witness("witness.example/ending", b"n" * 32)
    made = server.put("/witnesses/ending", {"vkey": old.vkey})
    note = server.get("/ledger/checkpoint").text
    assert post(server, note + old.line(note)).status_code == 200
    changed = server.put("/witnesses/ending", {"vkey": new.vkey}, headers={"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    refused(server, note + old.line(note), "unknown_key")
    assert post(server, note + new.line(note)).status_code == 200
    joined = server.get(f"/ledger/checkpoints/{note.splitlines()[1]}", headers={"Accept": "text/plain"}).text
    assert verify(old.vkey, joined) == verify(new.vkey, joined) == 1790000000  # what was taken stays
    ended = server.put("/witnesses/ending", {"vkey": new.vkey, "ended": True}, headers={"If-Match": changed.headers["ETag"]})
    assert ended.json()["ended"] is True and ended.json()["version"] == 3
    refused(server, note + new.line(note), "unknown_key")


def test_replayed(server, newest):
    """The registry is state like all other: made again from the entries."""
    checked = run("verify", "--data-dir", str(server.data_dir), "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout.splitlines()[-1])
