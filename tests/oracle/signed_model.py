"""Signed commands as docs/ledger.md and docs/signing.md describe them, in Python, without a look at the C.

Run as a program it prints tests/golden/ledger/signed.txt.
"""

import base64
import json

import ledger_model as model

SALT = model.sha256(b"tallystick golden salt of a reason")
REASON = "\u7bb1\u5b50\u6dcb\u6e7f \u2013 boxes soaked by rain"


def b64u(data):
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unb64u(text):
    """The bytes of base64url without padding; ValueError for any text that b64u does not make."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64u(data) != text:
        raise ValueError("not the one text of these bytes")
    return data


def jwk(secret):
    """The public half, as an organisation registers it."""
    numbers = model.private_key(secret).public_key().public_numbers()
    return {"kty": "EC", "crv": "secp256k1", "x": b64u(numbers.x.to_bytes(32, "big")), "y": b64u(numbers.y.to_bytes(32, "big"))}


def kid_of(secret):
    return model.key_id(model.public_of(secret))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def jws(secret, header, payload):
    """header and payload are bytes, or objects that are written as JSON."""
    parts = [part if isinstance(part, bytes) else compact(part) for part in (header, payload)]
    signed = ".".join(b64u(part) for part in parts)
    return f"{signed}.{b64u(model.sign(secret, model.sha256(signed.encode())))}"


def high(token):
    """The same JWS with the other s, which stock libraries make half of the time."""
    signed, signature = token.rsplit(".", 1)
    signature = unb64u(signature)
    s = model.ORDER - int.from_bytes(signature[32:], "big")
    return f"{signed}.{b64u(signature[:32] + s.to_bytes(32, 'big'))}"


def verify(public, token):
    """Whether a compact JWS is sound in its form and its signature, header and payload aside."""
    try:
        header, payload, signature = token.split(".")
        signature = unb64u(signature)
        if not unb64u(header) or not unb64u(payload) or len(signature) != 64:
            return False
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "big")
    low = signature[:32] + min(s, model.ORDER - s if 0 < s < model.ORDER else s).to_bytes(32, "big")
    return model.verify(public, model.sha256(f"{header}.{payload}".encode()), low)


def golden_lines():
    secret = model.SUBMITTER_SECRET
    key = jwk(secret)
    body = compact({"lines": [{"line": 1, "good": 30, "damaged": 10,
                               "reason": {"commitment": model.commitment(SALT, REASON).hex()}}]})
    header = compact({"alg": "ES256K", "kid": kid_of(secret)})
    payload = (b'{"log":"ledger.example/golden","kind":"transfer.receive","target":"T1","id":"receipt-1","body":' + body + b"}")
    token = jws(secret, header, payload)
    signed, signature = token.rsplit(".", 1)
    entries = model.golden_entries()
    entry = dict(seq=5, height=4, time_ms=1580688700000, previous_hash=model.sha256(model.encode(entries[-1])), rules_version=1,
                 kind="transfer.receive", target="T1", command_id="receipt-1", new_id="", organisation="CRC-SC", role="operator",
                 subject="token:3", submitter_key=kid_of(secret), submitter_alg="ES256K", submitter_sig=unb64u(signature),
                 body=signed.encode(), effects=model.sha256(b"tallystick golden effects 5"))
    yield "secret", secret.hex()
    yield "public", model.public_of(secret).hex()
    yield "kid", kid_of(secret)
    yield "x", key["x"]
    yield "y", key["y"]
    yield "header", header.decode()
    yield "payload", payload.decode()
    yield "body", body.decode()
    yield "reason.text", REASON
    yield "reason.salt", SALT.hex()
    yield "jws", token
    yield "jws_high", high(token)
    yield "digest", model.sha256(signed.encode()).hex()
    yield "entry.bytes", model.encode(entry).hex()
    yield "entry.hash", model.sha256(model.encode(entry)).hex()


if __name__ == "__main__":
    for golden_name, golden_value in golden_lines():
        print(golden_name, golden_value)
