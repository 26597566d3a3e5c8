"""The ledger's goldens and the C behind them, checked by an implementation of docs/ledger.md."""

import base64
import csv
import hashlib
import json
import os
import pathlib
import random
import re
import subprocess

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

import ledger_model as model
import signed_note

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("TALLYSTICK_BUILD", "build/release")
WYCHEPROOF = ROOT / "tests" / "reference" / "wycheproof"
VECTORS = ROOT / "tests" / "golden" / "ledger" / "vectors.txt"
DOCUMENT = ROOT / "docs" / "ledger.md"


class Driver:
    """The C code, one line in and one line out."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command, *arguments):
        words = [a if isinstance(a, str) else a.hex() or "-" for a in arguments]
        self.process.stdin.write(" ".join([command, *words]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the driver ended"
        return answer.rstrip("\n")


@pytest.fixture(scope="module")
def driver():
    path = BUILD / "tests" / "oracle" / "ledger_driver"
    assert path.exists(), f"{path} is not built: make oracles"
    made = Driver(path)
    yield made
    made.process.stdin.close()
    assert made.process.wait(timeout=10) == 0


@pytest.fixture(scope="module")
def goldens():
    return dict(line.split(" ", 1) for line in VECTORS.read_text(encoding="utf-8").split("\n")[:-1])


def golden_bytes(goldens, name):
    return bytes.fromhex(goldens[name])


# --- the goldens by the model alone ----------------------------------------------------

def test_goldens_are_what_the_document_gives(goldens):
    assert dict(model.golden_lines()) == goldens


def test_golden_bytes_decode_to_the_golden_fields(goldens):
    for entry in model.golden_entries():
        data = golden_bytes(goldens, f"entry{entry['seq']}.bytes")
        read = model.decode(data)
        for field in ("seq", "height", "time_ms", "previous_hash", "rules_version", "submitter_sig", "effects",
                      *model.TEXTS):
            assert read[field] == entry[field], field
        assert read["body_length"] == len(entry["body"])
        assert read["body"] == (entry["body"] if len(entry["body"]) <= 65536 else None)
        assert hashlib.sha256(data).hexdigest() == goldens[f"entry{entry['seq']}.hash"]


def test_golden_seals_verify_with_a_stock_library(goldens):
    public = golden_bytes(goldens, "node.public")
    for seq in range(1, 5):
        digest, seal = (golden_bytes(goldens, f"entry{seq}.{name}") for name in ("hash", "seal"))
        assert model.verify(public, digest, seal)
        assert not model.verify(public, digest, seal[:32] + seal[:31:-1])
    submitter = model.public_of(model.SUBMITTER_SECRET)
    assert model.verify(submitter, model.sha256(golden_bytes(goldens, "entry3.body")),
                        golden_bytes(goldens, "entry3.submitter_sig"))


def test_document_quotes_the_goldens(goldens):
    text = DOCUMENT.read_text(encoding="utf-8")
    quoted = re.search(r"```vectors\n(.*?)```", text, re.S).group(1).splitlines()
    assert len(quoted) >= 20
    for line in quoted:
        name, value = line.split(" ", 1)
        assert goldens[name] == value, name
    assert golden_bytes(goldens, "note.both.hex").decode() in text


def b64u(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def write_answers(folder, goldens, seq, change=0):
    """What the service answers, as two files; change is xored into the last byte of the entry."""
    data = bytearray(golden_bytes(goldens, f"entry{seq}.bytes"))
    data[-1] ^= change
    numbers = model.private_key(model.SECRET).public_key().public_numbers()
    entry = {"seq": seq, "kind": goldens[f"entry{seq}.kind"], "bytes": base64.b64encode(data).decode(),
             "entry_hash": goldens[f"entry{seq}.hash"], "seal": goldens[f"entry{seq}.seal"]}
    key = {"kty": "EC", "crv": "secp256k1", "kid": goldens["node.id"], "from": 1,
           "x": b64u(numbers.x.to_bytes(32, "big")), "y": b64u(numbers.y.to_bytes(32, "big"))}
    compact = (",", ":") if seq % 2 else None  # with and without spaces
    (folder / "entry.json").write_text(json.dumps(entry, separators=compact))
    (folder / "keys.json").write_text(json.dumps({"keys": [key]}, separators=compact))


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_recipe_with_openssl(goldens, tmp_path, seq):
    recipe = re.search(r"```sh recipe\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S).group(1)
    write_answers(tmp_path, goldens, seq)
    done = subprocess.run(["sh", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stderr == "" and done.returncode == 0
    lines = done.stdout.splitlines()
    digest = goldens[f"entry{seq}.hash"]
    assert lines == [f"{digest}  entry.bin", digest, "Verified OK", goldens[f"entry{seq}.previous_hash"]]
    write_answers(tmp_path, goldens, seq, change=1)
    done = subprocess.run(["sh", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "Verification failure" in done.stdout + done.stderr and "Verified OK" not in done.stdout


# --- the C against the model -----------------------------------------------------------

def test_driver_agrees_on_the_goldens(driver, goldens):
    public = golden_bytes(goldens, "node.public")
    for seq in range(1, 5):
        name = f"entry{seq}"
        assert driver.ask("entry", goldens[f"{name}.bytes"]) == f"{goldens[name + '.hash']} {goldens[name + '.leaf']}"
        assert driver.ask("verify", public, goldens[f"{name}.hash"], goldens[f"{name}.seal"]) == "ok"
    told = f"{goldens['note.origin']} 4 {goldens['root4']}"
    assert driver.ask("note", public, goldens["note.hex"]) == told
    assert driver.ask("note", public, goldens["note.both.hex"], goldens["ed25519.public"]) == told
    assert driver.ask("note", public, goldens["note.hex"], goldens["ed25519.public"]) == "invalid"
    assert driver.ask("note", public, goldens["note.both.hex"]) == told


def expected_of(data):
    try:
        model.decode(data)
    except model.Malformed:
        return "invalid"
    return f"{model.sha256(data).hex()} {model.leaf_hash(data).hex()}"


def test_both_readers_accept_the_same_entries(driver):
    """Random entries and random damage: splices, flips, cuts; seed fixed."""
    chance = random.Random(20200203)
    alphabet = "abcdefghij0123456789.-_ \u00e9\u4e8c\U0001f4e6"
    for _ in range(400):
        entry = {name: "".join(chance.choices(alphabet, k=chance.choice((0, 1, 5, 40)))) for name in model.TEXTS}
        entry.update(seq=chance.getrandbits(64), height=chance.getrandbits(64), time_ms=chance.getrandbits(64),
                     rules_version=chance.getrandbits(32), previous_hash=chance.randbytes(32),
                     effects=chance.randbytes(32), submitter_sig=chance.randbytes(chance.choice((0, 64, 72))),
                     body=chance.randbytes(chance.choice((0, 1, 300, 65536, 65537)) if chance.random() < 0.2 else 50))
        data = model.encode(entry)
        assert driver.ask("entry", data) == expected_of(data) != "invalid"
        for _ in range(10):
            damaged = bytearray(data[:2000])
            for _ in range(chance.choice((1, 1, 2, 4))):
                at = chance.randrange(len(damaged))
                action = chance.randrange(4)
                if action == 0:
                    damaged[at] ^= 1 << chance.randrange(8)
                elif action == 1:
                    del damaged[at:at + chance.randrange(1, 5)]
                elif action == 2:
                    damaged[at:at] = chance.randbytes(chance.randrange(1, 5))
                else:
                    damaged[at] = chance.choice((0, 0x7f, 0x80, 0xff))
            assert driver.ask("entry", bytes(damaged)) == expected_of(bytes(damaged))


def test_roots_of_random_trees(driver):
    chance = random.Random(6962)
    for size in [*range(0, 20), 31, 32, 33, 63, 64, 65, 100, 255, 256, 257]:
        leaves = [chance.randbytes(chance.randrange(0, 40)) for _ in range(size)]
        assert driver.ask("root", *leaves) == model.root_of([model.leaf_hash(leaf) for leaf in leaves]).hex()


def test_random_signatures_and_notes(driver):
    chance = random.Random(6979)
    for size in (0, 1, 9, 10, 2**53, 2**64 - 1, *(chance.getrandbits(48) for _ in range(20))):
        secret, digest = chance.randbytes(32), chance.randbytes(32)
        public, signature = model.public_of(secret), model.sign(secret, digest)
        assert driver.ask("verify", public, digest, signature) == "ok"
        assert driver.ask("verify", public, model.sha256(digest), signature) == "invalid"
        text = model.note("ledger.example/x", size, digest, secret)
        assert driver.ask("note", public, text.encode()) == f"ledger.example/x {size} {digest.hex()}"
        assert driver.ask("note", model.public_of(digest), text.encode()) == "invalid"
        seed = chance.randbytes(32)
        both = model.note("ledger.example/x", size, digest, secret, seed).encode()
        told = f"ledger.example/x {size} {digest.hex()}"
        assert driver.ask("note", public, both, model.ed25519_public(seed)) == told
        assert driver.ask("note", public, both, model.ed25519_public(digest)) == "invalid"
        vkey = model.verifier_key("ledger.example/x", model.ED25519_ALGORITHM, model.ed25519_public(seed))
        assert signed_note.check(both.decode(), [vkey]) == both.decode().split("\n\n")[0] + "\n"


# --- Ed25519 against OpenSSL's -----------------------------------------------------------

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def openssl_takes(public, message, signature):
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_ed25519_signs_the_same(driver):
    chance = random.Random(8032)
    for length in [*range(0, 70), 127, 128, 129, 255, 1000]:
        seed, message = chance.randbytes(32), chance.randbytes(length)
        public, signature = model.ed25519_public(seed), model.ed25519_of(seed).sign(message)
        assert driver.ask("ed25519", seed, message) == f"{public.hex()} {signature.hex()}"
        assert driver.ask("ed25519-verify", public, message, signature) == "ok"


def test_ed25519_refuses_the_same(driver):
    """Random damage, and what is hard to tell: s with the order added, points written in a second way, points of small order."""
    chance = random.Random(25519)
    field = 2**255 - 19
    small = [1, field - 1, 0, int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16),
             field, field + 1]  # y of points of small order, the last two in a second way
    for _ in range(60):
        seed, message = chance.randbytes(32), chance.randbytes(chance.randrange(50))
        public, signature = model.ed25519_public(seed), model.ed25519_of(seed).sign(message)
        s = int.from_bytes(signature[32:], "little")
        point = (chance.choice(small) | chance.getrandbits(1) << 255).to_bytes(32, "little")
        bent = [(public, message + b"x", signature), (public, message, signature[:32] + (s + ED25519_ORDER).to_bytes(32, "little")),
                (public, message, signature[:32] + (ED25519_ORDER - s).to_bytes(32, "little")), (public, message, point + signature[32:]),
                (point, message, signature), (public, message, bytes(64))]
        for _ in range(10):
            flipped = bytearray(public + signature)
            flipped[chance.randrange(96)] ^= 1 << chance.randrange(8)
            bent.append((bytes(flipped[:32]), message, bytes(flipped[32:])))
        for key, text, mark in bent:
            assert not openssl_takes(key, text, mark)
            assert driver.ask("ed25519-verify", key, text, mark) == "invalid", (key.hex(), text.hex(), mark.hex())


# --- Signed notes by the words of C2SP ---------------------------------------------------

def test_golden_note_by_the_words_of_signed_note(goldens):
    """Stock tools know the Ed25519 line and skip the other."""
    both = golden_bytes(goldens, "note.both.hex").decode()
    vkey = goldens["note.ed25519_vkey"]
    assert signed_note.check(both, [vkey]) == both.split("\n\n")[0] + "\n"
    for wrong in (both.replace("\n4\n", "\n5\n"), both[:-3] + "A=\n", both.replace("\u2014", "-"), golden_bytes(goldens, "note.hex").decode()):
        with pytest.raises(signed_note.Unverified):
            signed_note.check(wrong, [vkey])
    other = model.verifier_key(goldens["note.origin"], model.ED25519_ALGORITHM, model.ed25519_public(bytes(32)))
    for wrong in (other, vkey.replace("939c8103", "939c8104")):
        with pytest.raises(signed_note.Unverified):
            signed_note.check(both, [wrong])


# --- Wycheproof ------------------------------------------------------------------------

def wycheproof(name):
    """(case, public key in our form, digest) of each."""
    with open(WYCHEPROOF / name, newline="", encoding="ascii") as file:
        for case in csv.DictReader(file, delimiter="\t"):
            point = bytes.fromhex(case["public"])
            assert len(point) == 65 and case["result"] in ("valid", "invalid")
            yield case, bytes([2 + (point[64] & 1)]) + point[1:33], model.sha256(bytes.fromhex(case["msg"]))


def check_signature(driver, case, public, digest, signature):
    """Wycheproof calls a high s valid; key_verify refuses it. For those the twin with
    order - s must verify, so that nothing but the height of s was the reason. Returns
    which of the three kinds the case was."""
    answer = driver.ask("verify", public, digest, signature)
    s = int.from_bytes(signature[32:], "big")
    if case["result"] == "invalid":
        assert answer == "invalid", case["tcId"]
        return "invalid"
    if s <= model.ORDER // 2:
        assert answer == "ok", case["tcId"]
        return "valid"
    assert answer == "invalid", case["tcId"]
    twin = signature[:32] + (model.ORDER - s).to_bytes(32, "big")
    assert driver.ask("verify", public, digest, twin) == "ok", case["tcId"]
    return "valid but for its high s"


def count(kinds):
    return {kind: kinds.count(kind) for kind in set(kinds)}


def test_wycheproof_compact(driver):
    kinds = []
    for case, public, digest in wycheproof("ecdsa_secp256k1_sha256_p1363_test.tsv"):
        signature = bytes.fromhex(case["sig"])
        kinds.append(check_signature(driver, case, public, digest, signature))
    assert count(kinds) == {"valid": 95, "valid but for its high s": 72, "invalid": 85}


def parse_der(data):
    """r and s of a strict DER signature as 64 bytes; None for anything else. Our seals
    have no DER: this only brings the vectors into our form."""
    integers, at = [], 2
    if len(data) < 2 or data[0] != 0x30 or data[1] > 127 or data[1] != len(data) - 2:
        return None
    while at < len(data):
        if len(data) - at < 3 or data[at] != 2 or not 0 < data[at + 1] <= len(data) - at - 2:
            return None
        value = data[at + 2:at + 2 + data[at + 1]]
        if value[0] > 127 or (value[0] == 0 and len(value) > 1 and value[1] < 128):
            return None
        integers.append(int.from_bytes(value, "big"))
        at += 2 + len(value)
    if len(integers) != 2 or max(integers) >= 2**256:
        return None
    return b"".join(number.to_bytes(32, "big") for number in integers)


def test_wycheproof_der(driver):
    kinds = []
    for case, public, digest in wycheproof("ecdsa_secp256k1_sha256_test.tsv"):
        signature = parse_der(bytes.fromhex(case["sig"]))
        if signature is None:
            assert case["result"] == "invalid", case["tcId"]
            kinds.append("no DER of two 256-bit numbers")
        else:
            kinds.append(check_signature(driver, case, public, digest, signature))
    assert count(kinds) == {"valid": 96, "valid but for its high s": 72, "invalid": 74,
                            "no DER of two 256-bit numbers": 234}
