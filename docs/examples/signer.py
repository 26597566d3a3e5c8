#!/usr/bin/python3
"""An example of a program for `--node-key 'command:signer.py KEYFILE'`: it has the node's keys and is asked line by line.

Each line on standard input is answered by one on standard output, within 5 seconds; docs/configuration.md says which lines
there are. This one reads a key file; one for an HSM asks the device instead. It ends when its input does.
"""

import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

with open(sys.argv[1], encoding="ascii") as file:
    lines = file.read().split()
first = ec.derive_private_key(int(lines[0], 16), ec.SECP256K1())
second = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(lines[1])) if len(lines) > 1 else None


def answer(line):
    word, _, message = line.partition(" ")
    if word == "public":
        point = first.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return " ".join([point.hex()] + ([second.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()] if second else []))
    if word == "secp256k1":
        signature = first.sign(bytes.fromhex(message), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return "".join(f"{number:064x}" for number in utils.decode_dss_signature(signature))  # r and s; s of either height
    if word == "ed25519" and second:
        return second.sign(bytes.fromhex(message)).hex()
    return "error what is that?"


for request in sys.stdin:
    print(answer(request.strip()), flush=True)
