"""Verifying signed notes, written from the text of C2SP signed-note: Ed25519 only, as any stock verifier.

check(note, vkeys) gives the note's text where a key of vkeys signed it, and raises Unverified else. A vkey is
NAME+HASH+KEY: the hash in hexadecimal, the key in base64, its first byte the number of its algorithm.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 1


class Unverified(Exception):
    pass


def decode(text):
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Unverified(f"no base64: {text}") from error


def read_vkey(vkey):
    """(name, hash, public key)"""
    name, digits, code = vkey.split("+", 2)
    key = decode(code)
    if not name or key[:1] != bytes([ED25519]) or len(key) != 33:
        raise Unverified(f"not an Ed25519 key: {vkey}")
    digest = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if digest.hex() != digits:
        raise Unverified("the key's hash is not that of its name and bytes")
    return name, digest, key[1:]


def lines_of(note):
    """The text, and (name, hash, signature) of each line behind it."""
    if any(ord(letter) < 0x20 and letter != "\n" for letter in note):
        raise Unverified("a control character")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n"):
        raise Unverified("no empty line between text and signatures")
    signatures = []
    for line in note[at + 2:].split("\n")[:-1]:
        if not line.startswith("\u2014 "):
            raise Unverified(f"no signature line: {line}")
        name, _, code = line[2:].partition(" ")
        mark = decode(code)
        if not name or "+" in name or any(letter.isspace() for letter in name) or len(mark) < 5:
            raise Unverified(f"no signature line: {line}")
        signatures.append((name, mark[:4], mark[4:]))
    return note[:at + 1], signatures


def check(note, vkeys):
    text, signatures = lines_of(note)
    verified = 0
    for vkey in vkeys:
        wanted, digest, public = read_vkey(vkey)
        for name, mark, signature in signatures:
            if (name, mark) != (wanted, digest):
                continue  # of a key that is not known here
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
            except (InvalidSignature, ValueError) as error:
                raise Unverified(f"a signature of {name} is wrong") from error
            verified += 1
    if verified == 0:
        raise Unverified("no signature by a known key")
    return text
