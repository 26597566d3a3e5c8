"""Signed commands as an integrator makes them: keys on secp256k1 and compact JWS, by the package cryptography alone. Its signatures are
as they come: half of them have a high s."""

import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conftest import key as fresh_key

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def b64u(data):
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Key:
    """A key of an organisation; of the number secret, where one is given."""

    def __init__(self, secret=None):
        self.private = ec.derive_private_key(secret, ec.SECP256K1()) if secret else ec.generate_private_key(ec.SECP256K1())
        public = self.private.public_key()
        numbers = public.public_numbers()
        self.jwk = {"kty": "EC", "crv": "secp256k1", "x": b64u(numbers.x.to_bytes(32, "big")), "y": b64u(numbers.y.to_bytes(32, "big"))}
        self.kid = hashlib.sha256(public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)).hexdigest()[:16]

    def sign(self, data, high=None):
        """r and s of 32 bytes each; high says which of the two s is wanted, None: the one that comes."""
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        if high is not None and (s > ORDER // 2) != high:
            s = ORDER - s
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def jws(self, payload, header=None, high=None):
        """header and payload are objects, or bytes that are taken as they are."""
        header = {"alg": "ES256K", "kid": self.kid} if header is None else header
        parts = [part if isinstance(part, bytes) else compact(part) for part in (header, payload)]
        signed = ".".join(b64u(part) for part in parts)
        return f"{signed}.{b64u(self.sign(signed.encode(), high))}"


def committed(text):
    """What stands in the body, and what stands beside it."""
    salt = os.urandom(32)
    digest = hashlib.sha256(b"tallystick/commitment/v1\n" + salt + text.encode()).hexdigest()
    return {"commitment": digest}, {"text": text, "salt": salt.hex()}


class Signer:
    """An organisation's key on a server, and its token: makes payloads, signs and sends them."""

    def __init__(self, server, organisation, token):
        self.server, self.organisation, self.token = server, organisation, token
        self.key = Key()
        self.log = server.get("/ledger").json()["origin"]
        self.added = server.post(f"/organisations/{organisation}/keys", self.key.jwk)
        assert self.added.status_code == 201, self.added.text
        assert self.added.json()["kid"] == self.key.kid

    def payload(self, kind, body, target="", new_id="", **more):
        made = {"log": self.log, "kind": kind, "target": target, "id": fresh_key(), "new_id": new_id, "body": body}
        return {**made, **more}

    def send(self, method, path, jws, private=None, token=None, **headers):
        """As application/jose, or, with texts beside it, as JSON."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        token = self.token if token is None else token
        if private is not None:
            return self.server.request(method, path, token=token, headers=headers, json={"jws": jws, "private": private})
        return self.server.request(method, path, token=token, data=jws.encode() if isinstance(jws, str) else jws,
                                   headers={"Content-Type": "application/jose", **headers})

    def receive(self, transfer, body, private=None, **more):
        jws = self.key.jws(self.payload("transfer.receive", body, transfer, **more))
        return self.send("POST", f"/transfers/{transfer}/receive", jws, private)
