#!/usr/bin/env python3
"""Checks an export of a Tallystick ledger: tools/verify.py [--checkpoint FILE] EXPORT (- for standard input)

Written from docs/ledger.md alone, for whoever does not trust the program that wrote the export: chain, hashes, bodies, seals, the node's keys by
number, the tree, every checkpoint, submitters' signatures, and personal texts against their commitments. Whether the commands lead to the state
that the node shows, only `tallystick verify --export` can say. Exit codes: 0 sound, 1 broken (the first broken entry is named), 2 nothing found
out. Needs Python 3.9 and cryptography."""
import argparse
import base64
import functools
import hashlib
import json
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

LONG, SAFE, EVER, ORDER = 65536, 2**53 - 1, 2**64, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NAMES = ["kind", "target", "command_id", "new_id", "organisation", "role", "subject", "submitter_key", "submitter_alg"]
# The members of each line: b truth value, i integer, s text, x hexadecimal, B base64; ? behind what may be null.
LINES = {"header": {"format": "s", "version": "i", "origin": "s", "after": "i", "texts": "b"},
         "key": {"algorithm": "s", "key": "s", "public_key": "x", "from_seq": "i"},
         "entry": {"seq": "i", "hash": "x", "key": "s", "seal": "x", "bytes": "B", "body": "B?"},
         "text": {"seq": "i", "pointer": "s", "commitment": "s", "salt": "x?", "text": "s?"},
         "checkpoint": {"height": "i", "size": "i", "note": "s"}, "end": {"seq": "i", "hash": "x"}}

class Broken(Exception):
    pass
def want(is_good, code="format", seq=None):
    """Ends the check where it is not so: the entry's number (None: the next one) and a code."""
    if not is_good:
        raise Broken(seq, code)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def unbase64(text):
    want(base64.b64encode(base64.b64decode(text, validate=True)).decode() == text)
    return base64.b64decode(text)

def value_of(kind, value):
    want(type(value) is {"b": bool, "i": int}.get(kind, str) and (kind != "i" or 0 <= value <= SAFE) and (kind in "bi" or "\0" not in value))
    want(kind[0] != "x" or bytes.fromhex(value).hex() == value)
    return bytes.fromhex(value) if kind[0] == "x" else unbase64(value) if kind[0] == "B" else value

def read_line(raw):
    """Its type and members; there is one way to write a line."""
    line = json.loads(raw.decode())
    want(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" == raw and list(line) == ["type", *LINES[line["type"]]])
    return line["type"], {
        name: None if line[name] is None and kind.endswith("?") else value_of(kind, line[name]) for name, kind in LINES[line["type"]].items()}

def decode(data):
    want(len(data) > 80 and data[:20] == b"tallystick/entry/v1\n", "bytes")
    entry, at = dict(zip(("seq", "height", "time_ms", "previous_hash", "rules_version"), struct.unpack_from(">QQQ32sI", data, 20))), 80
    for name in [*NAMES, "body_length", "body_digest", "body", "submitter_sig", "effects"]:
        size = {"body_length": 8, "body_digest": 32, "effects": 32}.get(name)
        size, at = (size, at) if size else (int.from_bytes(data[at:at + 4], "big"), at + 4)
        want(at + size <= len(data), "bytes")
        entry[name], at = data[at:at + size].decode() if name in NAMES else data[at:at + size], at + size
    want(at == len(data) and not any("\0" in entry[name] for name in NAMES), "bytes")
    length = entry["body_length"] = int.from_bytes(entry["body_length"], "big")
    want(length > LONG and not entry["body"] or length == len(entry["body"]) and sha256(entry["body"]) == entry["body_digest"], "bytes")
    return entry

def is_signed(key, data, signature, may_be_high=False):
    """ECDSA over secp256k1 with SHA-256, r then s, where the key has 33 bytes; Ed25519 where it has 32."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        if len(key) == 32:
            return ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, data) is None
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key)
        is_good = public.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256())) is None
        return is_good and len(signature) == 64 and (may_be_high or s <= ORDER // 2)
    except (InvalidSignature, ValueError):
        return False

class Ledger:
    def __init__(self, given):
        self.given, self.origin, self.keys, self.listed, self.submitters = given, None, [], [], {}
        self.seq = self.height = self.time_ms = self.covered = 0  # covered: by the last checkpoint
        self.head, self.tree, self.command, self.has_texts, self.is_over = bytes(32), [], None, False, False

    def valid(self, seq):
        return [key for key in self.keys if key["from_seq"] <= seq <= key["to_seq"]]

    def root(self):
        return functools.reduce(lambda right, node: sha256(b"\1", node[1], right), self.tree[-2::-1], self.tree[-1][1])

    def is_note(self, note, is_ours=True):
        """Whether it tells the tree of now, signed by all our keys and nobody else (is_ours), or by one of ours at least."""
        words, _, rest = note.partition("\n\n")
        lines = re.findall(r"^\u2014 (\S+) ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?)\n", rest, re.M)
        data = [base64.b64decode(line) for name, line in lines if name == self.origin]
        found = [is_signed(key["public_key"], f"{words}\n".encode(), line[4:]) and key
                 for line in data for key in self.valid(self.seq) if key["mark"] == line[:4]]
        is_told = words == f"{self.origin}\n{self.seq}\n{base64.b64encode(self.root()).decode()}" and rest.count("\n") == len(lines) and all(found)
        return is_told and (found == self.valid(self.seq) and len(lines) == len(found) if is_ours else len(found) > 0)

    def learn(self, entry, command, following):
        """The keys that are valid from entry `following` on."""
        if entry["kind"] in ("genesis", "node_key.rotate"):
            for key in self.valid(following):
                key["to_seq"] = following - 1
            for name, tag in (("node_key", b"\xffsecp256k1-sha256"), ("checkpoint_key", b"\1")):
                public = bytes.fromhex(command.get(name, ""))
                mark = sha256(self.origin.encode(), b"\n", tag, public)[:4]
                self.keys += [{"algorithm": "ed25519" if len(public) == 32 else "secp256k1", "key": sha256(public).hex()[:16], "mark": mark,
                               "public_key": public, "from_seq": following, "to_seq": EVER}] if public else []
        elif entry["kind"] == "organisation_key.add":
            x, y = (base64.urlsafe_b64decode(command[name] + "=") for name in "xy")
            public = bytes([2 + (y[-1] & 1)]) + x
            self.submitters[sha256(public).hex()[:16]] = [entry["target"], public, following, EVER]
        elif entry["kind"] == "organisation_key.revoke":
            self.submitters[entry["target"]][3] = following - 1

    def read_command(self, entry, body):
        """The body that the submitter wrote, whose signature is checked where there is one."""
        if not entry["submitter_key"]:
            want(not entry["submitter_alg"] and not entry["submitter_sig"], "submitter")
            return json.loads(body) if entry["kind"] not in ("genesis", "figures.put") else None  # figures may be CSV
        organisation, public, begin, end = self.submitters.get(entry["submitter_key"], [None, b"", EVER, 0])
        header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in body.decode().split("."))
        told = ["" if payload.get(name) is None else payload[name] for name in ("log", "kind", "target", "id", "new_id")]
        want(header["alg"] == entry["submitter_alg"] == "ES256K" and header["kid"] == entry["submitter_key"] and
             not {"crit", "b64"} & set(header) and set(payload) <= {"log", "kind", "target", "id", "new_id", "body"} and
             isinstance(payload["body"], dict) and organisation == entry["organisation"] and begin <= entry["seq"] <= end and
             told == [self.origin, *(entry[name] for name in NAMES[:4])] and is_signed(public, body, entry["submitter_sig"], True), "submitter")
        return payload["body"]

    def take_entry(self, line):
        seq, entry = self.seq + 1, decode(line["bytes"])
        body = entry["body"] if line["body"] is None else line["body"]
        want(entry["height"] == self.height or self.covered == self.seq, "checkpoint", self.seq)  # of the block before
        want(line["seq"] == entry["seq"] == seq, "seq")
        want(entry["previous_hash"] == self.head, "previous_hash")
        want((line["body"] is None) == (entry["body_length"] <= LONG) and sha256(body) == entry["body_digest"], "body")
        want(sha256(line["bytes"]) == line["hash"], "hash")
        if seq == 1:
            want(json.loads(body)["origin"] == self.origin)
            self.learn(entry, json.loads(body), 1)
        known = [{name: key[name] for name in LINES["key"]} for key in self.keys]
        keys = [key["public_key"] for key in self.valid(seq) if key["key"] == line["key"] and len(key["public_key"]) == 33]
        want(keys and all(key in known for key in self.listed) and all(key in self.listed for key in known if key["from_seq"] == seq), "key")
        want(is_signed(keys[0], line["bytes"], line["seal"]), "seal")
        want(self.time_ms <= entry["time_ms"] < 253402300800000, "time")
        want(entry["height"] == self.height + (self.covered == self.seq), "height")
        want(entry["rules_version"] == 1, "rules_version")
        self.command = self.read_command(entry, body)
        self.seq, self.head, self.height, self.time_ms = seq, line["hash"], entry["height"], entry["time_ms"]
        node = (1, sha256(b"\0", line["bytes"]))
        while self.tree and self.tree[-1][0] == node[0]:
            node = (2 * node[0], sha256(b"\1", self.tree.pop()[1], node[1]))
        self.tree.append(node)
        want(int(self.given[1]) != seq or self.is_note(re.sub(r"\n+\Z", "\n", self.given.string), False), "checkpoint", seq)
        if self.command is not None:
            self.learn(entry, self.command, seq + 1)

    def take(self, kind, line):
        if kind == "header":
            self.origin, self.has_texts = self.origin or line["origin"], line["texts"]
            want((line["format"], line["version"], line["origin"], line["after"]) == ("tallystick-export", 1, self.origin, self.seq))
        want(self.origin and (kind == "header" or not self.is_over))
        self.is_over = kind == "end"
        if kind == "key":
            self.listed.append(line)
        elif kind == "entry":
            self.take_entry(line)
        elif kind == "text":
            want(self.has_texts and (line["salt"] is None) == (line["text"] is None))
            made = line["text"] is not None and sha256(b"tallystick/commitment/v1\n", line["salt"], line["text"].encode()).hex()
            is_its_own = line["seq"] == self.seq and f'"commitment": "{line["commitment"]}"' in json.dumps(self.command)
            want(is_its_own and made in (False, line["commitment"]), "personal", self.seq)
        elif kind == "checkpoint":
            want(self.covered < line["size"] == self.seq and line["height"] == self.height and self.is_note(line["note"]), "checkpoint", self.seq)
            self.covered = self.seq
        want(kind != "end" or (line["seq"], line["hash"]) == (self.seq, self.head))

def main(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", type=argparse.FileType("r", encoding="utf-8"), help="one kept elsewhere, which the ledger must continue")
    parser.add_argument("export", type=argparse.FileType("rb"))
    options = parser.parse_args(arguments)
    ledger = Ledger(re.match(r"\S+\n(\d+)\n", options.checkpoint.read() if options.checkpoint else "-\n0\n") or parser.error("no checkpoint"))
    try:
        for raw in options.export:
            ledger.take(*read_line(raw))
        want(ledger.is_over and int(ledger.given[1]) <= ledger.seq, "truncated")
    except (Broken, ValueError, KeyError, TypeError, RecursionError) as fault:
        seq, code = fault.args if isinstance(fault, Broken) else (None, "format")
        print(f"BROKEN at entry {seq or ledger.seq + 1} ({code})")
        return 1
    print(f"ok: {ledger.seq} entries verified\nhead {ledger.head.hex()}\nroot {ledger.root().hex()}")
    return 0

if __name__ == "__main__":
    sys.exit(main())
