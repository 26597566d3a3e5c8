"""Witnesses of the tests' own: C2SP tlog-cosignature and signed-note, with the package cryptography and none of the program's code."""

import base64
import hashlib
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_hash(name, key):
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def vkey(name, key):
    return f"{name}+{key_hash(name, key).hex()}+{base64.b64encode(key).decode()}"


def note_text(note):
    """What is signed: all before the empty line."""
    return note[:note.rindex("\n\n") + 1]


class Witness:
    def __init__(self, name="witness.example/w1", seed=bytes(range(32))):
        self.name = name
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = b"\x04" + self.key.public_key().public_bytes(*RAW)
        self.vkey = vkey(name, self.public)

    def line(self, note, time=1790000000):
        signature = self.key.sign(f"cosignature/v1\ntime {time}\n{note_text(note)}".encode())
        code = base64.b64encode(key_hash(self.name, self.public) + struct.pack(">Q", time) + signature).decode()
        return f"— {self.name} {code}\n"


def verify(key, note):
    """The time of the cosignature that the holder of this vkey put on a note."""
    name, _, code = key.split("+", 2)
    public = base64.b64decode(code)
    assert public[0] == 4 and key == vkey(name, public)
    for line in note[note.rindex("\n\n") + 2:].splitlines():
        dash, who, code = line.split(" ")
        signature = base64.b64decode(code)
        if dash == "—" and who == name and signature[:4] == key_hash(name, public):
            [time] = struct.unpack(">Q", signature[4:12])
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[12:], f"cosignature/v1\ntime {time}\n{note_text(note)}".encode())
            return time
    raise AssertionError(f"no line of {name}")
