"""Signed commands over HTTP: what is taken, what is refused and with which words, what is kept, and that it verifies. The JWS are made by
the package cryptography, whose signatures have a high s half of the time."""

import base64
import concurrent.futures
import hashlib
import hmac
import json

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

import jose
from conftest import run
from world import World, accepted, database, fresh, problem, unchanged

RECEIPT = {"lines": [{"line": 1, "good": 1}]}


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


@pytest.fixture
def send(b, transfer):
    """Sends a receipt of that transfer: the payload's members, what to sign it with, headers."""
    def sender(change=None, header=None, key=None, token=None, spoil=lambda jws: jws, high=None, **headers):
        payload = b.payload("transfer.receive", RECEIPT, transfer)
        payload.update(change or {})
        jws = (key or b.key).jws({name: value for name, value in payload.items() if value is not ...}, header, high)
        return b.send("POST", f"/transfers/{transfer}/receive", spoil(jws), token=token, **headers)
    return sender


# What is taken

@pytest.mark.parametrize("high", [False, True])
def test_a_receipt_is_taken_and_kept_byte_for_byte(server, world, b, transfer, high):
    jws = b.key.jws(b.payload("transfer.receive", RECEIPT, transfer), high=high)
    s = int.from_bytes(jose.unb64u(jws.rsplit(".", 1)[1])[32:], "big")
    assert (s > jose.ORDER // 2) == high
    reply = b.send("POST", f"/transfers/{transfer}/receive", jws)
    accepted(reply)
    seq = reply.json()["ledger"]["seq"]
    entry = server.get(f"/ledger/entries/{seq}").json()
    signed, signature = jws.rsplit(".", 1)
    assert entry["jws"] == jws and entry["body"] == signed
    assert (entry["submitter_key"], entry["submitter_alg"]) == (b.key.kid, "ES256K")
    assert entry["signed_body"] == json.dumps(RECEIPT, separators=(",", ":"))
    assert entry["body_digest"] == hashlib.sha256(signed.encode()).hexdigest() and entry["body_length"] == len(signed)
    canonical = base64.b64decode(entry["bytes"])
    assert jose.unb64u(signature) in canonical and signed.encode() in canonical
    assert hashlib.sha256(canonical).hexdigest() == entry["entry_hash"]
    listed = server.get(f"/ledger/entries?after={seq - 1}&limit=1").json()["items"][0]
    assert listed == entry
    event = server.get(f"/events?after={seq - 1}&limit=1").json()["items"][0]
    assert event["kind"] == "transfer.receive" and event["resource"] == f"/transfers/{transfer}"


def test_unsigned_entries_say_so(server):
    entry = server.get("/ledger/entries/2").json()
    assert entry["submitter_key"] is entry["submitter_alg"] is entry["jws"] is entry["signed_body"] is None


def test_what_stands_in_a_payload_stays_as_it_was_written(server, b, transfer):
    """Blanks, the order of members, escapes and null members: what was signed is what is kept."""
    body = b'{ "lines" : [ { "good" : 1 , "line":1 } ],\t"n\\u006fte":null }'
    payload = (b'{"body": ' + body + b' , "id":"' + fresh("id").encode() + b'","new_id":null, "target":"' + transfer.encode() +
               b'",\n"kind":"transfer.receive","log":"' + b.log.encode() + b'"}')
    reply = b.send("POST", f"/transfers/{transfer}/receive", b.key.jws(payload))
    accepted(reply)
    entry = server.get(f"/ledger/entries/{reply.json()['ledger']['seq']}").json()
    assert entry["signed_body"] == body.decode() and jose.unb64u(entry["body"].split(".")[1]) == payload


def test_other_members_of_the_header_mean_nothing(send, b):
    """Above all no key is taken from there."""
    other = jose.Key()
    header = {"typ": "JOSE", "kid": b.key.kid, "cty": "x", "jwk": other.jwk, "x5u": "https://x.example", "alg": "ES256K"}
    accepted(send(header=header))
    problem(send(header=header, key=other), 422, "signature_invalid")


def test_every_kind_comes_signed(server, world, b):
    """An administrator of the organisation signs what is his alone, an operator what happens to goods."""
    admin = world.token("admin", world.b)
    site, item, other = fresh("SITE"), fresh("ITEM"), jose.Key()
    supply, first, second, third = (fresh("id") for _ in range(4))
    organisation, indicator, province = fresh("ORG"), fresh("indicator"), fresh("P")
    put = {"name": "x", "kind": "port", "organisation": world.b, "province": "CN-HB"}
    lines = {"destination": world.a1, "lines": [{"supply": supply, "quantity": 5}]}
    reason, beside = jose.committed("why")
    texts = {"/reason": beside}
    gb_code = str(900000 + int(hashlib.sha256(province.encode()).hexdigest(), 16) % 90000)
    for method, path, kind, target, new_id, body, private in [
            ("PUT", f"/organisations/{organisation}", "organisation.put", organisation, "", {"name": "x", "kind": "ngo"}, None),
            ("PUT", f"/sites/{site}", "site.put", site, "", put, None),
            ("PUT", f"/items/{item}", "item.put", item, "", {"name": "x", "unit": "piece"}, None),
            ("PUT", f"/indicators/{indicator}", "indicator.put", indicator, "", {"name": "x", "unit": "piece"}, None),
            ("PUT", "/figures", "figures.put", "", "", {"figures": [{"indicator": indicator, "year": 2020, "province": "CN-HB", "value": 1.50}]}, None),
            ("PUT", "/policies/" + organisation, "policy.put", organisation, "", {"signed_kinds": ["*"]}, None),
            ("POST", f"/organisations/{organisation}/keys", "organisation_key.add", organisation, other.kid, other.jwk, None),
            ("POST", f"/organisations/{organisation}/keys/{other.kid}/revoke", "organisation_key.revoke", other.kid, "", {"reason": reason}, texts),
            ("POST", "/supplies", "supply.intake", "", supply, {"site": site, "item": item, "quantity": 50, "source": "found"}, None),
            ("POST", f"/supplies/{supply}/adjustments", "supply.adjust", supply, "", {"delta": -1, "reason": "counted"}, None),
            ("POST", "/transfers", "transfer.create", "", first, lines, None),
            ("POST", "/transfers", "transfer.create", "", second, {**lines, "id": second}, None),
            ("POST", "/transfers", "transfer.create", "", third, lines, None),
            ("POST", f"/transfers/{first}/dispatch", "transfer.dispatch", first, "", {}, None),
            ("POST", f"/transfers/{first}/receive", "transfer.receive", first, "", RECEIPT, None),
            ("POST", f"/transfers/{second}/cancel", "transfer.cancel", second, "", {"reason": 0}, 0),
            ("POST", f"/transfers/{third}/dispatch", "transfer.dispatch", third, "", {}, None),
            ("POST", f"/transfers/{third}/return", "transfer.return", third, "", {"reason": 0}, 0),
            ("POST", "/privacy/erasures", "privacy.erase", "", "", {"commitments": [reason["commitment"]]}, None),
            ("PUT", f"/provinces/{province}", "province.put", province, "",
             {"gb_code": gb_code, "name": {"en": "x", "zh": "x"}, "belt": "eastern", "capital": "x", "lat": 1, "lon": 2}, None)]:
        if private == 0:
            commitment, beside = jose.committed("why")
            body, private = {"reason": commitment}, {"/reason": beside}
        jws = b.key.jws(b.payload(kind, body, target, new_id))
        reply = b.send(method, path, jws, private, token=admin)
        assert reply.status_code in (200, 201), (kind, reply.text)
        entry = server.get(f"/ledger/entries/{reply.json()['ledger']['seq']}").json()
        assert (entry["kind"], entry["jws"], entry["new_id"] or "") == (kind, jws, new_id), entry
    assert server.get(f"/transfers/{first}").json()["id"] == first


def test_figures_tried_signed(world, b):
    """A trial of signed figures changes nothing and keeps no key."""
    figures = {"figures": [{"indicator": "beds", "year": 2020, "province": "CN-HB", "value": 1}]}
    jws = b.key.jws(b.payload("figures.put", figures))
    for _ in range(2):
        reply = b.send("PUT", "/figures?dry_run=true", jws, token=world.token("admin", world.b))
        assert reply.status_code == 200 and reply.json()["dry_run"] is True, reply.text


def test_a_long_command(server, world, b):
    """What was signed is longer than an entry holds: it stands beside, and is verified there."""
    admin, indicator = world.token("admin", world.b), fresh("indicator")
    accepted(server.put(f"/indicators/{indicator}", {"name": "x", "unit": "piece"}), 201)
    figures = [{"indicator": indicator, "year": 1950 + n, "province": "CN-HB", "value": n} for n in range(50)]
    payload = jose.compact(b.payload("figures.put", {"figures": figures}))
    payload = payload[:-1] + b" " * 60000 + b"}"
    jws = b.key.jws(payload)
    assert len(jws) > 65536 + 86
    reply = b.send("PUT", "/figures", jws, token=admin)
    assert reply.status_code == 200, reply.text
    entry = server.get(f"/ledger/entries/{reply.json()['ledger']['seq']}").json()
    assert entry["submitter_key"] == b.key.kid and entry["body_length"] == jws.rindex(".")
    told = run("verify", "--data-dir", str(server.data_dir))
    assert told.returncode == 0, told.stdout


# The JWS itself

def forged(alg, secret=b""):
    """A JWS of another algorithm, as a library that has been talked into it would make it."""
    def forge(jws):
        payload = jws.split(".")[1]
        kid = json.loads(jose.unb64u(jws.split(".")[0]))["kid"]
        signed = f"{jose.b64u(jose.compact({'alg': alg, 'kid': kid}))}.{payload}"
        signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if alg == "HS256" else b""
        if alg == "ES256":
            made = ec.generate_private_key(ec.SECP256R1()).sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
            signature = b"".join(number.to_bytes(32, "big") for number in utils.decode_dss_signature(made))
        return f"{signed}.{jose.b64u(signature if alg in ('none', 'HS256', 'ES256') else bytes(64))}"
    return forge


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "ES256k", "es256k", "ES256K ", "RS256", "EdDSA", ""])
def test_other_algorithms(server, send, b, alg):
    with unchanged(server):
        public = jose.unb64u(b.key.jwk["x"])
        refused = problem(send(spoil=forged(alg, public)), 422, "unsupported_algorithm")
    assert refused["errors"][0]["pointer"] == "/header/alg" and "ES256K" in refused["detail"]


@pytest.mark.parametrize("header, code, pointer", [
    ({"kid": "KID"}, "unsupported_algorithm", "/header/alg"), ({"kid": "KID", "alg": None}, "unsupported_algorithm", "/header/alg"),
    ({"kid": "KID", "alg": ["ES256K"]}, "unsupported_algorithm", "/header/alg"),
    ({"alg": "ES256K"}, "missing_kid", "/header/kid"), ({"alg": "ES256K", "kid": None}, "missing_kid", "/header/kid"),
    ({"alg": "ES256K", "kid": ""}, "missing_kid", "/header/kid"), ({"alg": "ES256K", "kid": 7}, "missing_kid", "/header/kid"),
    ({"alg": "ES256K", "kid": "0123456789abcdef"}, "unknown_key", "/header/kid"), ({"alg": "ES256K", "kid": "../x\"'"}, "unknown_key", "/header/kid"),
    ({"alg": "ES256K", "kid": "x" * 3000}, "unknown_key", "/header/kid"),
    ({"alg": "ES256K", "kid": "KID", "crit": ["exp"], "exp": 1}, "critical_extension", "/header/crit"),
    ({"alg": "ES256K", "kid": "KID", "crit": []}, "critical_extension", "/header/crit"),
    ({"alg": "ES256K", "kid": "KID", "crit": None}, "critical_extension", "/header/crit"),
    ({"alg": "ES256K", "kid": "KID", "b64": False}, "critical_extension", "/header/b64"),
    ({"alg": "ES256K", "kid": "KID", "b64": False, "crit": ["b64"]}, "invalid_request", None),
    ({}, "invalid_request", None)])
def test_headers(server, send, b, header, code, pointer):
    header = {name: b.key.kid if value == "KID" else value for name, value in header.items()}
    with unchanged(server):
        refused = problem(send(header=header), 422, code)
    if pointer:
        assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


@pytest.mark.parametrize("header, status, code", [
    (b"", 400, "invalid_jws"), (b"x", 400, "invalid_json"), (b"[]", 422, "wrong_type"), (b"null", 422, "wrong_type"), (b"{} ", 422, "invalid_request"),
    (b'{"alg":"ES256K","alg":"ES256K","kid":"KID"}', 400, "duplicate_member"), (b'{"alg":"ES256K","kid":"KID",}', 400, "invalid_json"),
    (b'{"alg":"ES256K","kid":"KID","x":1e999}', 422, "out_of_range"), (b'\xef\xbb\xbf{"alg":"ES256K","kid":"KID"}', 400, "invalid_json"),
    (b'{"alg":"ES256K","kid":"KID","x":"\\ud800"}', 400, "invalid_json"), (b'{"alg":"ES256K","kid":"KID","x":"\xff"}', 400, "invalid_json"),
    (b'{"alg":"ES256K","kid":"KID","x":' + b"[" * 40 + b"]" * 40 + b"}", 400, "too_deep")])
def test_headers_that_cannot_be_read(server, send, b, header, status, code):
    with unchanged(server):
        refused = problem(send(header=header.replace(b"KID", b.key.kid.encode())), status, code)
    assert all(fault["pointer"] in ("", "/header") or fault["pointer"].startswith("/header/") for fault in refused["errors"])


@pytest.mark.parametrize("payload, status, code", [
    (b"", 400, "invalid_jws"), (b"x", 400, "invalid_json"), (b"[]", 422, "wrong_type"), (b"{}", 422, "invalid_request"),
    (b'{"log":"x","log":"x"}', 400, "duplicate_member"), (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", 400, "too_deep")])
def test_payloads_that_cannot_be_read(server, b, transfer, payload, status, code):
    with unchanged(server):
        problem(b.send("POST", f"/transfers/{transfer}/receive", b.key.jws(payload)), status, code)


SPOILT = {
    "padding": lambda jws: jws + "=", "padding within": lambda jws: jws.replace(".", "=.", 1), "line feed behind": lambda jws: jws + "\n",
    "blank before": lambda jws: " " + jws, "bytes behind": lambda jws: jws + "A", "a part more": lambda jws: jws + ".AAAA",
    "two parts": lambda jws: jws.rsplit(".", 1)[0], "no payload": lambda jws: jws.split(".")[0] + ".." + jws.split(".")[2],
    "signature cut": lambda jws: jws[:-4], "signature of DER's length": lambda jws: jws + "AAAAAAAA",
    "standard base64": lambda jws: jws.split(".")[0] + "." + jws.split(".")[1] + "." + "+" + jws.split(".")[2][1:],
    "the bits behind": lambda jws: jws[:-1] + chr(ord(jws[-1]) + 1) if jws[-1] in "AQgw" else jws + "=",
    "in JSON": lambda jws: json.dumps(jws), "empty": lambda jws: "", "the JSON form": lambda jws: json.dumps(
        dict(zip(("protected", "payload", "signature"), jws.split(".")))),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_no_jws(server, send, how):
    with unchanged(server):
        reply = send(spoil=SPOILT[how])
        if how == "empty":  # a request without a body is none that could be a JWS
            assert reply.status_code in (400, 415)
        else:
            problem(reply, 400, "invalid_jws")


def test_what_was_changed_after_signing(server, send, b):
    """The body, the header, a bit of the signature: none is what the key signed."""
    def other_payload(jws):
        header, payload, signature = jws.split(".")
        changed = jose.unb64u(payload).replace(b'"good":1', b'"good":2')
        assert changed != jose.unb64u(payload)
        return f"{header}.{jose.b64u(changed)}.{signature}"

    def other_header(jws):
        header, payload, signature = jws.split(".")
        return f"{jose.b64u(jose.compact({'kid': b.key.kid, 'alg': 'ES256K'}))}.{payload}.{signature}"

    def other_signature(jws):
        signed, signature = jws.rsplit(".", 1)
        data = bytearray(jose.unb64u(signature))
        data[17] ^= 1
        return f"{signed}.{jose.b64u(bytes(data))}"

    zero = jose.b64u(bytes(64))
    with unchanged(server):
        for spoil in (other_payload, other_header, other_signature, lambda jws: jws.rsplit(".", 1)[0] + "." + zero):
            problem(send(spoil=spoil), 422, "signature_invalid")


def test_huge(server, b, transfer):
    """Up to the limit of any body; a payload nested or filled beyond reason is refused as any JSON is."""
    path = f"/transfers/{transfer}/receive"
    with unchanged(server):
        for size, status in ((65536 - 200, 422), (65536, 413)):
            jws = b.key.jws(b.payload("transfer.receive", {**RECEIPT, "note": {"x": "y" * (size * 3 // 4 - 600)}}, transfer))
            reply = b.send("POST", path, jws + "A" * (size + (status == 413) - len(jws)) if status == 413 else jws)
            assert reply.status_code == status, reply.text[:300]
    blanks = b" " * (48 * 1024 - 700)
    payload = jose.compact(b.payload("transfer.receive", RECEIPT, transfer))
    jws = b.key.jws(payload[:-1] + blanks + b"}")
    assert 64000 < len(jws) <= 65536
    accepted(b.send("POST", path, jws))


# The payload against the request

@pytest.mark.parametrize("change, pointer", [
    ({"log": "ledger.example/other"}, "/log"), ({"kind": "transfer.return"}, "/kind"), ({"kind": "genesis"}, "/kind"),
    ({"target": "NO-SUCH"}, "/target"), ({"target": ...}, "/target"), ({"target": ""}, "/target"), ({"new_id": "X"}, "/new_id")])
def test_a_payload_about_another_request(server, send, change, pointer):
    with unchanged(server):
        refused = problem(send(change), 422, "payload_mismatch")
    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


def test_all_that_differs_is_named(server, send):
    with unchanged(server):
        refused = problem(send({"log": "x", "kind": "y", "target": "z", "new_id": "n"}, Idempotency_Key="other"), 422, "invalid_request")
    assert [fault["pointer"] for fault in refused["errors"]] == ["/log", "/kind", "/target", "/id", "/new_id"]
    assert {fault["code"] for fault in refused["errors"]} == {"payload_mismatch"}


@pytest.mark.parametrize("change, code, pointer", [
    ({"log": ...}, "missing_member", "/log"), ({"kind": 7}, "wrong_type", "/kind"), ({"id": ...}, "missing_member", "/id"),
    ({"id": ""}, "too_short", "/id"), ({"id": "two words"}, "bad_format", "/id"), ({"id": "x" * 256}, "too_long", "/id"), ({"id": "é"}, "bad_format", "/id"),
    ({"target": 7}, "wrong_type", "/target"), ({"new_id": []}, "wrong_type", "/new_id"), ({"body": ...}, "missing_member", "/body"),
    ({"body": []}, "wrong_type", "/body"), ({"body": "{}"}, "wrong_type", "/body"), ({"exp": 1}, "unknown_member", "/exp"),
    ({"boby": {}}, "unknown_member", "/boby"),
    ({"body": {"lines": [{"line": 1, "good": -1}]}}, "out_of_range", "/body/lines/0/good"),
    ({"body": {"lines": [{"line": 7, "good": 1}]}}, "unknown_line", "/body/lines/0/line"),
    ({"body": {**RECEIPT, "colour": "red"}}, "unknown_member", "/body/colour"), ({"body": {}}, "missing_member", "/body/lines"),
    ({"body": {**RECEIPT, "note": "clear"}}, "personal_in_clear", "/body/note"),
    ({"body": {"lines": [{"line": 1, "damaged": 1, "reason": "wet"}]}}, "personal_in_clear", "/body/lines/0/reason")])
def test_members_of_a_payload(server, send, change, code, pointer):
    with unchanged(server):
        refused = problem(send(change), 422, code)
    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]


def test_the_id_of_what_is_made(server, world, b):
    body = {"destination": world.a1, "lines": [{"supply": world.intake(50, site=world.b1)["id"], "quantity": 1}]}

    def make(body, **more):
        return b.send("POST", "/transfers", b.key.jws(b.payload("transfer.create", body, **more)))

    with unchanged(server):
        assert problem(make(body), 422, "missing_member")["errors"][0]["pointer"] == "/new_id"
        assert problem(make({**body, "id": "X1"}), 422, "missing_member")["errors"][0]["pointer"] == "/new_id"
        assert problem(make({**body, "id": "X1"}, new_id="X2"), 422, "payload_mismatch")["errors"][0]["pointer"] == "/new_id"
        assert problem(make(body, new_id="two words"), 422, "bad_format")["errors"][0]["pointer"] == "/new_id"
        assert problem(make(body, new_id=".."), 422, "bad_format")["errors"][0]["pointer"] == "/new_id"
        assert problem(make(body, new_id="summary"), 422, "reserved_id")["errors"][0]["pointer"] == "/new_id"
        problem(make({**body, "id": "summary"}, new_id="summary"), 422, "reserved_id")
        unseen = problem(make({**body, "carrier": "a\u200bb"}, new_id="X2"), 422, "bad_format")
        assert [(e["pointer"], e["code"]) for e in unseen["errors"]] == [("/body/carrier", "bad_format")]
        unseen = problem(make({**body, "carrier": "a\u200bb", "id": "X1"}, new_id="X2"), 422, "bad_format")
        assert [e["pointer"] for e in unseen["errors"]] == ["/body/carrier"]
        unseen = problem(make({**body, "carrier": "a\u200bb", "destination": "NONE-SUCH"}, new_id="X2"), 422, "invalid_request")
        assert [e["pointer"] for e in unseen["errors"]] == ["/body/carrier", "/body/destination"]
    made = fresh("made")
    assert accepted(make(body, new_id=made), 201)["id"] == made
    problem(make(body, new_id=made), 409, "already_exists")
    key = jose.Key()
    admin = world.token("admin", world.b)
    jws = b.key.jws(b.payload("organisation_key.add", key.jwk, world.b, b.key.kid))
    problem(b.send("POST", f"/organisations/{world.b}/keys", jws, token=admin), 422, "payload_mismatch")


# Keys

def test_a_key_of_another_organisation(server, world, b, send):
    c = jose.Signer(server, world.c, world.token("coordinator", world.c))
    with unchanged(server):
        refused = problem(send(key=c.key, header={"alg": "ES256K", "kid": c.key.kid}), 403, "foreign_key")
        assert refused["errors"][0]["pointer"] == "/header/kid" and world.c in refused["detail"] and world.b in refused["detail"]
        for token in (c.token, world.token("admin", world.c)):
            problem(send(token=token), 403, "foreign_key")
        refused = problem(send(token=True), 403, "foreign_key")  # the administrator is of no organisation
        assert "no organisation" in refused["detail"]
        problem(send(key=c.key, header={"alg": "ES256K", "kid": b.key.kid}), 422, "signature_invalid")  # a good signature under another's name


def test_a_signature_gives_no_rights(server, world, b):
    """It says who; what he may is the token's matter."""
    supply = world.intake(5)
    jws = b.key.jws(b.payload("supply.adjust", {"delta": -1, "reason": "counted"}, supply["id"]))
    with unchanged(server):
        problem(b.send("POST", f"/supplies/{supply['id']}/adjustments", jws), 403, "forbidden")
        problem(b.send("POST", f"/supplies/{supply['id']}/adjustments", jws, token=world.token("auditor", world.b)), 403, "forbidden")
        jws = b.key.jws(b.payload("item.put", {"name": "x", "unit": "piece"}, "X"))
        problem(b.send("PUT", "/items/X", jws), 403, "forbidden")


def test_a_revoked_key(server, world, transfer):
    """It signs no more; what it signed is as good as before, and is answered again."""
    old = jose.Signer(server, world.b, world.token("operator", world.b))
    payload = old.payload("transfer.receive", RECEIPT, transfer)
    jws = old.key.jws(payload)
    path = f"/transfers/{transfer}/receive"
    first = old.send("POST", path, jws)
    accepted(first)
    with unchanged(server):
        problem(old.send("POST", path, old.key.jws({**payload, "id": fresh("id"), "body": {"lines": [{"line": 1, "good": -1}]}})), 422, "out_of_range")
    revoked = server.post(f"/organisations/{world.b}/keys/{old.key.kid}/revoke", {"reason": "stolen"}).json()
    with unchanged(server):
        refused = problem(old.receive(transfer, RECEIPT), 403, "key_revoked", revoked_seq=revoked["to_seq"])
        assert old.key.kid in refused["detail"]
        again = old.send("POST", path, jws)
        assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
        problem(old.send("POST", path, old.key.jws({**payload, "id": fresh("id")}, header={"alg": "ES256K", "kid": "0" * 16})), 422, "unknown_key")
    entry = server.get(f"/ledger/entries/{first.json()['ledger']['seq']}").json()
    assert entry["submitter_key"] == old.key.kid and entry["seq"] < revoked["to_seq"]


def test_a_key_signs_its_own_end(server, world):
    """Whoever has lost a key to somebody ends it with that very key; this is the last entry that it signs."""
    admin = world.token("admin", world.c)
    own = jose.Signer(server, world.c, admin)
    reason, beside = jose.committed("stolen")
    path = f"/organisations/{world.c}/keys/{own.key.kid}/revoke"
    jws = own.key.jws(own.payload("organisation_key.revoke", {"reason": reason}, own.key.kid))
    reply = own.send("POST", path, jws, {"/reason": beside})
    assert accepted(reply)["to_seq"] == reply.json()["ledger"]["seq"]
    problem(own.send("POST", path, own.key.jws(own.payload("organisation_key.revoke", {"reason": reason}, own.key.kid)), {"/reason": beside}),
            403, "key_revoked")


# Retries

def test_the_same_jws_gets_the_first_answer(server, b, transfer):
    path = f"/transfers/{transfer}/receive"
    payload = b.payload("transfer.receive", RECEIPT, transfer)
    jws = b.key.jws(payload)
    first = b.send("POST", path, jws)
    accepted(first)
    with unchanged(server):
        for again in (b.send("POST", path, jws), b.send("POST", path, jws, Idempotency_Key=payload["id"]),
                      b.send("POST", path, jws, Idempotency_Key=f'"{payload["id"]}"'), b.send("POST", path, jws, {})):
            assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
        signed, signature = jws.rsplit(".", 1)
        data = jose.unb64u(signature)
        twin = data[:32] + (jose.ORDER - int.from_bytes(data[32:], "big")).to_bytes(32, "big")
        for other in (b.key.jws({**payload, "body": {"lines": [{"line": 1, "good": 2}]}}), f"{signed}.{jose.b64u(twin)}"):
            problem(b.send("POST", path, other), 422, "idempotency_key_reused")
        problem(b.send("POST", path, jws, Idempotency_Key=fresh("key")), 422, "payload_mismatch")
        problem(b.send("POST", path, jws, Idempotency_Key="two words"), 400, "idempotency_key_malformed")
        problem(server.post(path, RECEIPT, token=b.token, idempotency_key=payload["id"]), 422, "idempotency_key_reused")


def test_a_key_used_unsigned_is_taken(server, b, transfer):
    key = fresh("key")
    accepted(server.post(f"/transfers/{transfer}/receive", RECEIPT, token=b.token, idempotency_key=key))
    with unchanged(server):
        problem(b.receive(transfer, RECEIPT, id=key), 422, "idempotency_key_reused")


def test_a_refusal_is_kept(server, b, transfer):
    """Of the rules, as any other: the same JWS is refused again, whatever has changed."""
    jws = b.key.jws(b.payload("transfer.receive", {"lines": [{"line": 1, "good": 5000}]}, transfer))
    path = f"/transfers/{transfer}/receive"
    first = b.send("POST", path, jws)
    problem(first, 409, "over_receipt")
    again = b.send("POST", path, jws)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"


def test_a_put_needs_no_header(world, b):
    admin, item = world.token("admin", world.b), fresh("ITEM")
    body = {"name": "x", "unit": "piece"}
    jws = b.key.jws(b.payload("item.put", body, item))
    first = b.send("PUT", f"/items/{item}", jws, token=admin)
    made = accepted(first, 201)
    assert b.send("PUT", f"/items/{item}", jws, token=admin).headers["Idempotency-Replayed"] == "true"
    other = b.key.jws(b.payload("item.put", {**body, "category": "ppe"}, item))
    problem(b.send("PUT", f"/items/{item}", other, token=admin), 428, "version_required")
    assert accepted(b.send("PUT", f"/items/{item}", other, token=admin, If_Match=first.headers["ETag"]))["version"] == made["version"] + 1


# Policies

def test_no_organisation_is_everybody(server):
    """Its policy could not be told from the one for all. What is there from before goes on, and so does replaying it."""
    refused = server.put("/organisations/default", {"name": "x", "kind": "ngo"})
    problem(refused, 422, "bad_format")
    assert "/policies/default" in refused.json()["detail"] and server.get("/organisations/default").status_code == 404
    accepted(server.put("/organisations/Default", {"name": "x", "kind": "ngo"}), 201)


def test_a_policy_is_met_by_a_signature(start):
    server = start()
    world = World(server)
    b = jose.Signer(server, world.b, world.token("operator", world.b))
    transfer = world.dispatched(50)["id"]
    accepted(server.put(f"/policies/{world.b}", {"signed_kinds": ["transfer.receive"]}), 201)
    path = f"/transfers/{transfer}/receive"
    with unchanged(server):
        for token in (b.token, True, world.token("coordinator", world.c), world.token("admin", world.b)):
            problem(server.post(path, RECEIPT, token=token), 403, "signature_required", policy=world.b)
        problem(b.send("POST", path, b.key.jws(b.payload("transfer.receive", RECEIPT, transfer)), token=True), 403, "foreign_key")
    accepted(b.receive(transfer, RECEIPT))
    c = jose.Signer(server, world.c, world.token("coordinator", world.c))
    problem(c.receive(transfer, RECEIPT), 403, "signature_required", policy=world.b)  # who may do it signs as who he is, which is not the receiver
    accepted(server.put(f"/policies/{world.b}", {"signed_kinds": []}, headers={"If-Match": "*"}))
    accepted(server.put("/policies/default", {"signed_kinds": ["*"]}), 201)
    accepted(c.receive(transfer, RECEIPT))
    problem(server.post("/supplies", world.intake_body()), 403, "signature_required", policy="default")
    told = run("verify", "--data-dir", str(server.data_dir))
    assert told.returncode == 0, told.stdout


# Races

@pytest.mark.concurrent
def test_one_jws_thirty_two_times_at_once(server, b, transfer):
    jws = b.key.jws(b.payload("transfer.receive", RECEIPT, transfer))
    before = server.get("/ledger").json()["size"]

    def post(_):
        with requests.Session() as session:
            session.trust_env = False
            return server.request("POST", f"/transfers/{transfer}/receive", token=b.token, data=jws.encode(), session=session,
                                  headers={"Content-Type": "application/jose"})

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(post, range(32)))
    assert {reply.status_code for reply in replies} == {200} and len({reply.content for reply in replies}) == 1
    assert sum("Idempotency-Replayed" not in reply.headers for reply in replies) == 1
    assert server.get("/ledger").json()["size"] == before + 1


@pytest.mark.concurrent
def test_revoked_while_it_signs(start):
    """Each receipt is accepted before the key's end or refused behind it; the entries tell which, and verify finds them so."""
    server = start()
    world = World(server)
    transfer = world.dispatched(1000)["id"]
    token = world.token("operator", world.b)
    signers = [jose.Signer(server, world.b, token) for _ in range(4)]
    made = {signer.key.kid: [signer.key.jws(signer.payload("transfer.receive", RECEIPT, transfer)) for _ in range(24)] for signer in signers}

    def post(jws):
        with requests.Session() as session:
            session.trust_env = False
            return server.request("POST", f"/transfers/{transfer}/receive", token=token, data=jws.encode(), session=session,
                                  headers={"Content-Type": "application/jose"})

    def revoke(kid):
        return server.post(f"/organisations/{world.b}/keys/{kid}/revoke", {"reason": "race"}, session=requests.Session())

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        sent = [(kid, pool.submit(post, made[kid][n])) for n in range(12) for kid in made]
        ends = {kid: pool.submit(revoke, kid) for kid in made}
        sent += [(kid, pool.submit(post, made[kid][n])) for n in range(12, 24) for kid in made]
        replies = [(kid, future.result()) for kid, future in sent]
        last = {kid: accepted(future.result())["to_seq"] for kid, future in ends.items()}
    for kid, reply in replies:
        if reply.status_code == 200:
            assert reply.json()["ledger"]["seq"] < last[kid]
        else:
            problem(reply, 403, "key_revoked", revoked_seq=last[kid])
    assert any(reply.status_code == 200 for _, reply in replies) and any(reply.status_code == 403 for _, reply in replies)
    told = run("verify", "--data-dir", str(server.data_dir))
    assert told.returncode == 0, told.stdout


def test_all_of_it_verifies(server):
    """Whatever the tests of this module have left."""
    told = run("verify", "--data-dir", str(server.data_dir))
    assert told.returncode == 0 and told.stdout.startswith("ok: "), told.stdout
