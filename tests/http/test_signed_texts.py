"""Personal texts of signed commands: they stand beside the JWS, and must be those that were committed to."""

import json

import pytest

import jose
from conftest import run
from world import World, accepted, database, fresh, problem, unchanged

RECEIPT = {"lines": [{"line": 1, "good": 1}]}
SALT = "00" * 32


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.fixture(scope="module")
def b(server, world):
    """The receiving organisation, which signs."""
    return jose.Signer(server, world.b, world.token("operator", world.b))


@pytest.fixture(scope="module")
def transfer(world):
    """One that is on its way, with enough for all tests."""
    return world.dispatched(1000)["id"]


def with_texts(b, transfer, **spoilt):
    reason, beside_reason = jose.committed("Boxes soaked – 淋湿")
    note, beside_note = jose.committed("gate 2")
    body = {"lines": [{"line": 1, "good": 1, "damaged": 1, "reason": reason}], "note": note}
    private = {"/lines/0/reason": beside_reason, "/note": beside_note}
    private.update(spoilt)
    return b.receive(transfer, body, {name: value for name, value in private.items() if value is not ...}), private


def test_texts_stand_beside_the_jws(server, world, b, transfer):
    reply, private = with_texts(b, transfer)
    accepted(reply)
    event = reply.json()["events"][-1]
    assert event["lines"][0]["reason"] == "Boxes soaked – 淋湿" and event["reason"] == "gate 2"
    seq = reply.json()["ledger"]["seq"]
    entry = server.get(f"/ledger/entries/{seq}").json()
    assert "soaked" not in json.dumps(entry) and "gate" not in json.dumps(entry) and "commitment" in entry["signed_body"]
    with database(server.data_dir / "tallystick.db") as connection:
        rows = connection.execute("SELECT pointer, salt, text FROM personal WHERE seq = ? ORDER BY pointer", (seq,)).fetchall()
    assert rows == [(pointer.encode(), bytes.fromhex(private[pointer]["salt"]), private[pointer]["text"].encode())
                    for pointer in ("/lines/0/reason", "/note")]
    public = server.get(f"/transfers/{transfer}").json()["events"][-1]
    assert public["lines"][0]["reason"] is None and public["withheld"] == ["reason"]


@pytest.mark.parametrize("spoilt, code, pointer", [
    ({"/note": ...}, "missing_text", "/body/note"), ({"/lines/0/reason": ...}, "missing_text", "/body/lines/0/reason"),
    ({"/lines/1/reason": {"text": "x", "salt": SALT}}, "unneeded_text", "/private/~1lines~11~1reason"),
    ({"note": {"text": "x", "salt": SALT}}, "unneeded_text", "/private/note"), ({"": {"text": "x", "salt": SALT}}, "unneeded_text", "/private"),
    ({"/note": {"text": "gate 2", "salt": SALT}}, "commitment_mismatch", "/body/note"),
    ({"/note": {"text": "gate 2"}}, "missing_member", "/private/~1note/salt"), ({"/note": "gate 2"}, "wrong_type", "/private/~1note"),
    ({"/note": {"salt": SALT}}, "missing_member", "/private/~1note/text"), ({"/note": None}, "wrong_type", "/private/~1note"),
    ({"/note": {"text": "", "salt": SALT}}, "too_short", "/private/~1note/text"),
    ({"/note": {"text": "x" * 4001, "salt": SALT}}, "too_long", "/private/~1note/text"),
    ({"/note": {"text": "a\u0007", "salt": SALT}}, "bad_format", "/private/~1note/text"),
    ({"/note": {"text": "x", "salt": "00" * 31}}, "bad_format", "/private/~1note/salt"),
    ({"/note": {"text": "x", "salt": "00" * 33}}, "too_long", "/private/~1note/salt"),
    ({"/note": {"text": "x", "salt": "0g" * 32}}, "bad_format", "/private/~1note/salt"),
    ({"/note": {"text": "x", "salt": SALT, "more": 1}}, "unknown_member", "/private/~1note/more")])
def test_texts_that_do_not_fit(server, b, transfer, spoilt, code, pointer):
    with unchanged(server):
        reply, _ = with_texts(b, transfer, **spoilt)
        refused = problem(reply, 422, code)
    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


def test_a_text_changed_by_a_letter(server, b, transfer):
    with unchanged(server):
        reason, beside = jose.committed("wet")
        body = {"lines": [{"line": 1, "damaged": 1, "reason": reason}]}
        for text in ("Wet", "wet ", "we", "wett"):
            problem(b.receive(transfer, body, {"/lines/0/reason": {**beside, "text": text}}), 422, "commitment_mismatch")
        accepted_once = b.receive(transfer, {"lines": [{"line": 1, "damaged": 1, "reason": {"commitment": reason["commitment"].upper()}}]},
                                  {"/lines/0/reason": beside})
        problem(accepted_once, 422, "bad_format")


def test_a_commitment_serves_once(server, b, transfer):
    reason, beside = jose.committed("wet")
    body = {"lines": [{"line": 1, "damaged": 1, "reason": reason}]}
    with unchanged(server):
        refused = problem(b.receive(transfer, {**body, "note": reason}, {"/lines/0/reason": beside, "/note": beside}), 422, "commitment_reused")
        assert [fault["pointer"] for fault in refused["errors"]] == ["/body/note"]
    accepted(b.receive(transfer, body, {"/lines/0/reason": beside}))
    refused = problem(b.receive(transfer, body, {"/lines/0/reason": beside}), 422, "commitment_reused")
    assert [fault["pointer"] for fault in refused["errors"]] == ["/body/lines/0/reason"]


def test_a_commitment_written_with_escapes(server, b, transfer):
    """It is the same text to a parser, and must be the same bytes to whoever looks for it."""
    reason, beside = jose.committed("wet")
    digits = reason["commitment"]
    payload = jose.compact(b.payload("transfer.receive", {"lines": [{"line": 1, "damaged": 1, "reason": reason}]}, transfer))
    escaped = payload.replace(digits.encode(), f"\\u{ord(digits[0]):04x}{digits[1:]}".encode())
    named = payload.replace(b'"commitment"', b'"c\\u006fmmitment"')
    path = f"/transfers/{transfer}/receive"
    with unchanged(server):
        problem(b.send("POST", path, b.key.jws(escaped), {"/lines/0/reason": beside}), 422, "bad_format")
    accepted(b.send("POST", path, b.key.jws(named), {"/lines/0/reason": beside}))


@pytest.mark.parametrize("body, status, code", [
    ({"jws": 7}, 422, "wrong_type"), ({"jws": ""}, 422, "too_short"), ({"jws": "x"}, 400, "invalid_jws"), ({"jws": None}, 422, "missing_member"),
    ({"jws": "JWS", "private": 7}, 422, "wrong_type"), ({"jws": "JWS", "privat": {}}, 422, "unknown_member"),
    ({"jws": "JWS\n"}, 400, "invalid_jws"), ({"jws": "JWS", "private": {f"/{n}": {"text": "x", "salt": SALT} for n in range(205)}}, 422, "too_long")])
def test_wrappers(server, b, transfer, body, status, code):
    jws = b.key.jws(b.payload("transfer.receive", RECEIPT, transfer))
    body = {name: value.replace("JWS", jws) if isinstance(value, str) else value for name, value in body.items()}
    with unchanged(server):
        problem(server.request("POST", f"/transfers/{transfer}/receive", token=b.token, json=body), status, code)


def test_a_wrapper_without_texts(server, b, transfer):
    for private in (..., None, {}):
        body = {"jws": b.key.jws(b.payload("transfer.receive", RECEIPT, transfer)), "private": private}
        body = {name: value for name, value in body.items() if value is not ...}
        accepted(server.request("POST", f"/transfers/{transfer}/receive", token=b.token, json=body))


def test_a_body_that_only_looks_signed(server, world):
    """The word alone makes no JWS of a body, and a key is still needed."""
    accepted(server.post("/supplies", world.intake_body(1, reference="jws", donation=fresh("D"))), 201)
    refused = problem(server.post("/supplies", {**world.intake_body(1), "jws": "x"}), 422, "invalid_request")
    assert {fault["code"] for fault in refused["errors"]} == {"unknown_member"}
    problem(server.request("POST", "/supplies", token=True, json=world.intake_body(1, reference="jws")), 400, "idempotency_key_missing")
    problem(server.request("POST", "/supplies", token=True, data=b'{"jws":', headers={"Content-Type": "application/json"}), 400,
            "idempotency_key_missing")
    problem(server.request("POST", "/density", data=b"x", headers={"Content-Type": "application/jose"}), 415, "unsupported_media_type")


def test_all_of_it_verifies(server):
    """Whatever the tests of this module have left."""
    told = run("verify", "--data-dir", str(server.data_dir))
    assert told.returncode == 0 and told.stdout.startswith("ok: "), told.stdout
