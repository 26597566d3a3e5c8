"""key new, key show, key sign: what they write, print and refuse, and that a service takes what they print."""

import json
import os
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives import hashes

import jose
from conftest import binary, environment, run
from world import World, accepted, fresh, problem


def sign(*words, body, **more):
    return subprocess.run([binary(), "key", "sign", *words], input=body if isinstance(body, str) else json.dumps(body), env=environment(),
                          capture_output=True, text=True, timeout=60, check=False, **more)


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "depot.jwk"
    told = run("key", "new", "--file", str(made))
    assert told.returncode == 0, told.stderr
    return made


def verify(jwk, jws):
    """By the package cryptography: header and payload."""
    public = ec.EllipticCurvePublicNumbers(*(int.from_bytes(jose.unb64u(jwk[name]), "big") for name in "xy"), ec.SECP256K1()).public_key()
    signed, signature = jws.rsplit(".", 1)
    data = jose.unb64u(signature)
    public.verify(utils.encode_dss_signature(int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")), signed.encode(),
                  ec.ECDSA(hashes.SHA256()))
    return tuple(json.loads(jose.unb64u(part)) for part in signed.split("."))


def test_a_new_key(tmp_path):
    path = tmp_path / "depot.jwk"
    old = os.umask(0)
    try:
        told = run("key", "new", "--file", str(path))
    finally:
        os.umask(old)
    assert told.returncode == 0 and told.stderr == ""
    public, private = json.loads(told.stdout), json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = int.from_bytes(jose.unb64u(private.pop("d")), "big")
    assert public == private and jose.Key(secret).jwk == {name: public[name] for name in ("kty", "crv", "x", "y")}
    assert (public["kid"], public["alg"], public["use"]) == (jose.Key(secret).kid, "ES256K", "sig")
    before = path.read_bytes()
    again = run("key", "new", "--file", str(path))
    assert again.returncode == 1 and "never written over" in again.stderr and path.read_bytes() == before
    nowhere = run("key", "new", "--file", str(tmp_path / "no" / "such"))
    assert nowhere.returncode == 1 and "cannot be made" in nowhere.stderr
    assert run("key", "new", "--file", str(tmp_path / "second")).stdout != told.stdout


def test_the_public_half_is_shown(path):
    told = run("key", "show", "--file", str(path))
    private = json.loads(path.read_text())
    secret = private.pop("d")
    assert told.returncode == 0 and json.loads(told.stdout) == private
    assert secret not in told.stdout + told.stderr


@pytest.mark.parametrize("spoil, words", [
    (lambda key: {**key, "kty": "OKP"}, "no JWK of a private key"), (lambda key: {**key, "crv": "P-256"}, "no JWK of a private key"),
    (lambda key: {name: value for name, value in key.items() if name != "d"}, "no JWK of a private key"),
    (lambda key: {**key, "x": key["y"]}, "no JWK of a private key"), (lambda key: {**key, "d": "A" * 43}, "no JWK of a private key"),
    (lambda key: {**key, "d": key["d"] + "="}, "no JWK of a private key"), (lambda key: {**key, "d": 7}, "no JWK of a private key"),
    (lambda key: {**key, "d": "_" * 42 + "8"}, "no JWK of a private key"),  # beyond the order
    (lambda key: [key], "no JWK of a private key"), (lambda key: {"padding": "x" * 5000, **key}, "no JWK of a private key")])
def test_files_that_hold_no_key(path, spoil, words):
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    told = run("key", "show", "--file", str(path))
    assert told.returncode == 1 and told.stdout == "" and words in told.stderr


def test_files_that_cannot_be_read(path, tmp_path):
    for mode in (0o640, 0o604, 0o660, 0o4600):
        path.chmod(mode)
        told = run("key", "show", "--file", str(path))
        assert told.returncode == 1 and "others may use the key" in told.stderr
    path.chmod(0o600)
    told = run("key", "show", "--file", str(tmp_path / "none"))
    assert told.returncode == 1 and "cannot be read: No such file" in told.stderr
    assert "is no file" in run("key", "show", "--file", str(tmp_path)).stderr
    os.mkfifo(tmp_path / "fifo")
    assert "is no file" in run("key", "show", "--file", str(tmp_path / "fifo"), seconds=10).stderr


def test_keys_of_other_tools(path, tmp_path):
    """Members in another order and blanks between, as other programs write them."""
    key = json.loads(path.read_text())
    other = tmp_path / "other.jwk"
    other.touch(0o600)
    other.write_text(json.dumps({"ext": True, "key_ops": ["sign"], **dict(reversed(key.items()))}, indent=2) + "\n")
    assert run("key", "show", "--file", str(other)).stdout == run("key", "show", "--file", str(path)).stdout


def test_what_is_signed(path, tmp_path):
    public = json.loads(run("key", "show", "--file", str(path)).stdout)
    body = '{"lines": [ {"line": 1, "good": 3, "damaged": 1, "reason": "Boxes soaked – 淋湿 \\u00e9"} ], "note": "gate 2"}'
    told = sign("--file", str(path), "--log", "ledger.example/x", "--kind", "transfer.receive", "--target", "T1", "--id", "receipt-1", body=f"\n{body}\n")
    assert told.returncode == 0, told.stderr
    made = json.loads(told.stdout)
    header, payload = verify(public, made["jws"])
    assert header == {"alg": "ES256K", "kid": public["kid"]}
    assert {name: payload[name] for name in ("log", "kind", "target", "id")} == {
        "log": "ledger.example/x", "kind": "transfer.receive", "target": "T1", "id": "receipt-1"} and "new_id" not in payload
    for pointer, holder, name, text in [("/lines/0/reason", payload["body"]["lines"][0], "reason", "Boxes soaked – 淋湿 é"),
                                        ("/note", payload["body"], "note", "gate 2")]:
        beside = made["private"].pop(pointer)
        assert beside["text"] == text and len(bytes.fromhex(beside["salt"])) == 32
        wanted = jose.hashlib.sha256(b"tallystick/commitment/v1\n" + bytes.fromhex(beside["salt"]) + text.encode()).hexdigest()
        assert holder[name] == {"commitment": wanted}
    assert made["private"] == {}
    (tmp_path / "body.json").write_text('{"lines": [{"line": 1, "good": 3}]}\n')
    words = ["--file", str(path), "--log", "x", "--kind", "transfer.receive", "--target", "T1", "--id", "r", "--body", str(tmp_path / "body.json")]
    compact = sign(*words, "--compact", body="")
    assert compact.returncode == 0 and not compact.stdout.endswith("\n")
    assert verify(public, compact.stdout)[1]["body"] == {"lines": [{"line": 1, "good": 3}]}
    assert json.loads(sign(*words, body="").stdout) == {"jws": compact.stdout}  # the same command gives the same signature


def test_ids_of_what_is_made(path):
    public = json.loads(run("key", "show", "--file", str(path)).stdout)
    words = ["--file", str(path), "--log", "x", "--id", "i"]
    intake = {"site": "S", "item": "I", "quantity": 1, "source": "found"}

    def new_id(*more, body=intake, kind="supply.intake"):
        told = sign(*words, "--kind", kind, *more, body=body)
        return verify(public, json.loads(told.stdout)["jws"])[1].get("new_id") if told.returncode == 0 else told.stderr

    assert new_id("--new-id", "M1") == "M1" and new_id(body={**intake, "id": "M2"}) == "M2"
    assert len(new_id()) == 36 and new_id() != new_id()
    assert "the body names the id M2" in new_id("--new-id", "M1", body={**intake, "id": "M2"})
    key = jose.Key()
    assert new_id("--target", "ORG", body=key.jwk, kind="organisation_key.add") == key.kid
    assert new_id("--target", "T1", body={}, kind="transfer.dispatch") is None


@pytest.mark.parametrize("words, body, code, told", [
    (["--kind", "transfer.recieve"], "{}", 1, "did you mean transfer.receive"), (["--kind", "genesis"], "{}", 1, "there is no command genesis"),
    (["--kind", "transfer.receive"], "{", 1, "ends before its JSON value"), (["--kind", "transfer.receive"], "[]", 1, "no JSON object"),
    (["--kind", "transfer.receive"], "", 1, "no JSON object"), (["--kind", "figures.put"], "indicator,year,province,value\n", 1, "no JSON object"),
    (["--kind", "transfer.receive"], '{"lines":[{"line":1,"good":-1,"x":2}]}', 1, "at /lines/0/good: good is -1"),
    (["--kind", "transfer.receive"], '{"lines":[{"line":1,"good":-1,"x":2}]}', 1, "at /lines/0/x: "),
    (["--kind", "transfer.cancel", "--compact"], '{"reason":"x"}', 1, "leave --compact out"),
    (["--kind", "transfer.receive", "--body", "/no/such/file"], "", 1, "cannot be read from /no/such/file"),
    (["--kind", "transfer.receive", "--id", "two words"], "{}", 1, "visible ASCII"), ([], "{}", 2, "needs --kind")])
def test_what_is_not_signed(path, words, body, code, told):
    more = [] if "--id" in words else ["--id", "i"]
    made = sign("--file", str(path), "--log", "x", "--target", "T1", *more, *words, body=body)
    assert (made.returncode, made.stdout) == (code, "") and told in made.stderr, made.stderr


def test_a_receipt_from_the_command_line(server, path, tmp_path):
    """Made, registered, signed, sent, verified: what docs/signing.md tells."""
    world = World(server)
    transfer = world.dispatched(10)["id"]
    public = json.loads(run("key", "show", "--file", str(path)).stdout)
    accepted(server.post(f"/organisations/{world.b}/keys", public), 201)
    log, token, target = server.get("/ledger").json()["origin"], world.token("operator", world.b), f"/transfers/{transfer}/receive"
    words = ["--file", str(path), "--log", log, "--kind", "transfer.receive", "--target", transfer, "--id", fresh("id")]
    told = sign(*words, body={"lines": [{"line": 1, "good": 6, "damaged": 4, "reason": "wet"}]})
    reply = server.request("POST", target, token=token, data=told.stdout.encode(), headers={"Content-Type": "application/json"})
    assert accepted(reply)["state"] == "received" and reply.json()["events"][-1]["lines"][0]["reason"] == "wet"
    again = server.request("POST", target, token=token, data=told.stdout.encode(), headers={"Content-Type": "application/json"})
    assert again.headers["Idempotency-Replayed"] == "true"
    compact = sign(*words[:-1], fresh("id"), "--compact", body={"lines": [{"line": 1, "good": 1}]})
    problem(server.request("POST", target, token=token, data=compact.stdout.encode(), headers={"Content-Type": "application/jose"}), 409,
            "already_received")
