"""An export as docs/ledger.md describes it, made without a look at the C: every kind of line, two pairs of the node's keys, a signed
command, texts of which one was erased, a long body, a block of two entries.

Run as a program it prints tests/golden/ledger/export.ndjson."""

import base64
import json
import sys

import ledger_model as model

ORIGIN = "ledger.example/golden"
SECRETS = [(model.SECRET, model.SEED), (model.sha256(b"tallystick golden second node key"), model.sha256(b"tallystick golden second checkpoint key"))]
SALTS = [model.sha256(b"tallystick golden salt %d" % n) for n in range(3)]
WORDS = ["\u9001\u5230\u540e\u95e8 \u2013 \"call\" first\n\t\\ \x01\x1f\x7f", "gone", "why it ended"]
COMMITMENTS = [model.commitment(salt, text).hex() for salt, text in zip(SALTS, WORDS)]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwk():
    numbers = model.private_key(model.SUBMITTER_SECRET).public_key().public_numbers()
    return {"kty": "EC", "crv": "secp256k1", "x": b64url(numbers.x.to_bytes(32, "big")), "y": b64url(numbers.y.to_bytes(32, "big"))}


def submitter():
    return model.key_id(model.public_of(model.SUBMITTER_SECRET))


def keys_of(number):
    secret, seed = SECRETS[number]
    return {"node_key": model.public_of(secret).hex(), "checkpoint_key": model.ed25519_public(seed).hex()}


def signing_input():
    payload = {"log": ORIGIN, "kind": "transfer.receive", "target": "T-1", "id": "receipt-1",
               "body": {"lines": [{"line": 1, "good": 9, "damaged": 1, "reason": {"commitment": COMMITMENTS[1]}}]}}
    return b64url(compact({"alg": "ES256K", "kid": submitter()}).encode()) + "." + b64url(compact(payload).encode())


def high_s(signature):
    """The other signature of the same: as half of what stock libraries make."""
    return signature[:32] + (model.ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def story():
    """(height, kind, target, command id, organisation, role, body, signed)"""
    yield 1, "genesis", "", "genesis", "", "system", compact({"origin": ORIGIN, **keys_of(0)}), False
    yield 2, "supply.intake", "", "intake-1", "CRC-HB", "operator", compact({"site": "W", "note": {"commitment": COMMITMENTS[0]}}), False
    yield 2, "organisation_key.add", "CRC-HB", "key-1", "", "admin", compact(jwk()), False
    yield 3, "transfer.receive", "T-1", "receipt-1", "CRC-HB", "operator", signing_input(), True
    yield 4, "figures.put", "", "figures-1", "", "admin", "1" + " " * 65536, False
    yield 5, "node_key.rotate", "", "rotate-1", "", "system", compact(keys_of(1)), False
    yield 6, "organisation_key.revoke", submitter(), "key-2", "", "admin", compact({"reason": {"commitment": COMMITMENTS[2]}}), False
    yield 7, "privacy.erase", "", "erase-1", "", "admin", compact({"commitments": [COMMITMENTS[1]]}), False


def entries():
    previous = bytes(32)
    for seq, (height, kind, target, command_id, organisation, role, body, is_signed) in enumerate(story(), 1):
        data = body.encode()
        entry = {"seq": seq, "height": height, "time_ms": 1580515200000 + 1000 * height, "previous_hash": previous, "rules_version": 1,
                 "kind": kind, "target": target, "command_id": command_id, "new_id": "", "organisation": organisation, "role": role,
                 "subject": "token:1", "submitter_key": submitter() if is_signed else "", "submitter_alg": "ES256K" if is_signed else "",
                 "body": data, "submitter_sig": high_s(model.sign(model.SUBMITTER_SECRET, model.sha256(data))) if is_signed else b"",
                 "effects": model.sha256(b"tallystick golden effects %d" % seq)}
        previous = model.sha256(model.encode(entry))
        yield entry


def texts_of(seq):
    """(pointer, number of the text, whether it was erased)"""
    return {2: [("/note", 0, False)], 4: [("/lines/0/reason", 1, True)], 7: [("/reason", 2, False)]}.get(seq, [])


def key_lines(number, from_seq):
    for algorithm, public in (("secp256k1", model.public_of(SECRETS[number][0])), ("ed25519", model.ed25519_public(SECRETS[number][1]))):
        yield {"type": "key", "algorithm": algorithm, "key": model.key_id(public), "public_key": public.hex(), "from_seq": from_seq}


def lines(with_texts=True):
    yield {"type": "header", "format": "tallystick-export", "version": 1, "origin": ORIGIN, "after": 0, "texts": with_texts}
    made, leaves = list(entries()), []
    for entry, following in zip(made, [*made[1:], None]):
        number = int(entry["seq"] > 6)
        secret, seed = SECRETS[number]
        if entry["seq"] in (1, 7):
            yield from key_lines(number, entry["seq"])
        data = model.encode(entry)
        leaves.append(model.leaf_hash(data))
        is_long = len(entry["body"]) > model.INLINE_BODY_BYTES_MAX
        yield {"type": "entry", "seq": entry["seq"], "hash": model.sha256(data).hex(), "key": model.key_id(model.public_of(secret)),
               "seal": model.sign(secret, model.sha256(data)).hex(), "bytes": base64.b64encode(data).decode(),
               "body": base64.b64encode(entry["body"]).decode() if is_long else None}
        for pointer, text, is_erased in texts_of(entry["seq"]) if with_texts else []:
            yield {"type": "text", "seq": entry["seq"], "pointer": pointer, "commitment": COMMITMENTS[text],
                   "salt": None if is_erased else SALTS[text].hex(), "text": None if is_erased else WORDS[text]}
        if following is None or following["height"] != entry["height"]:
            yield {"type": "checkpoint", "height": entry["height"], "size": entry["seq"],
                   "note": model.note(ORIGIN, entry["seq"], model.root_of(leaves), secret, seed)}
    yield {"type": "end", "seq": len(made), "hash": model.sha256(model.encode(made[-1])).hex()}


def golden(with_texts=True):
    return "".join(compact(line) + "\n" for line in lines(with_texts)).encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(golden())
