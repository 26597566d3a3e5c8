#!/usr/bin/env python3
"""Checks an export of a Tallystick ledger: tools/verify.py [--checkpoint FILE] EXPORT (- for standard input)

Written from docs/ledger.md alone, for whoever does not trust the program that wrote the export: chain, hashes, bodies, seals, the node's keys by
number, the tree, every checkpoint, submitters' signatures, commands carried out twice, and personal texts against their commitments. Whether the
commands lead to the state that the node shows, only `tallystick verify --export` can say. Exit codes: 0 sound, 1 broken (the first broken entry
is named), 2 nothing found out. Needs Python 3.9, cryptography, and 100 MB of memory for each million entries."""
import argparse
import base64
import functools
import hashlib
import json
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

LONG, LINE, SAFE, NOWHERE, ORDER = 65536, 2**27, 2**53 - 1, -1, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NAMES = ["kind", "target", "command_id", "new_id", "organisation", "role", "subject", "submitter_key", "submitter_alg"]
# The fields of an entry behind its tag, and their bytes; 0 where these stand before them.
FIELDS = {"seq": 8, "height": 8, "time_ms": 8, "previous_hash": 32, "rules_version": 4, **dict.fromkeys(NAMES, 0),
          "body_length": 8, "body_digest": 32, "body": 0, "submitter_sig": 0, "effects": 32}
# How a checkpoint begins: origin, size, root. TAGS: what stands before a key where it is hashed for a signature line.
NOTE = r"([!-*,-~]{1,127})\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)"
SIGNATURE = r"\u2014 (\S+) ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?)\n"
TAGS = {"secp256k1": b"\xffsecp256k1-sha256", "ed25519": b"\1"}
# The members of each line: b truth value, i integer, s text, x hexadecimal, B base64; ? behind what may be null.
LINES = {"header": {"format": "s", "version": "i", "origin": "s", "after": "i", "texts": "b"},
         "key": {"algorithm": "s", "key": "s", "public_key": "x", "from_seq": "i"},
         "entry": {"seq": "i", "hash": "x", "key": "s", "seal": "x", "bytes": "B", "body": "B?"},
         "text": {"seq": "i", "pointer": "s", "commitment": "s", "salt": "x?", "text": "s?"},
         "checkpoint": {"height": "i", "size": "i", "note": "s"}, "end": {"seq": "i", "hash": "x"}}

class Broken(Exception):
    """The entry's number (None or 0: the next one) and a code."""

def want(is_good, code="format", seq=None):
    if not is_good:
        raise Broken(seq, code)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def unbase64(text):
    want(base64.b64encode(base64.b64decode(text, validate=True)).decode() == text)
    return base64.b64decode(text)

def unbase64url(text):
    return unbase64(text.translate(str.maketrans("-_+/=", "+/   ")) + "=" * (-len(text) % 4))

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
    entry, at = {}, 20
    for name, size in FIELDS.items():
        start = at if size else at + 4
        at = start + (size or int.from_bytes(data[at:start], "big"))
        entry[name] = data[start:at].decode() if name in NAMES else int.from_bytes(data[start:at], "big") if size in (4, 8) else data[start:at]
    is_whole = data[:20] == b"tallystick/entry/v1\n" and at == len(data) and not any("\0" in entry[name] for name in NAMES)
    length, body = entry["body_length"], entry["body"]
    want(is_whole and (not body if length > LONG else (length, entry["body_digest"]) == (len(body), sha256(body))), "bytes")
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
        self.given, self.origin, self.keys, self.listed, self.submitters, self.commands = given, None, [], [], {}, set()
        self.seq = self.height = self.time_ms = self.covered = 0  # covered: by the last checkpoint
        self.head, self.tree, self.command, self.has_texts, self.is_over, self.rules = bytes(32), [], None, False, False, 1

    def valid(self, seq):
        """The node's keys: those of an entry end where the next ones begin."""
        begin = max((key["from_seq"] for key in self.keys if key["from_seq"] <= seq), default=0)
        return [key for key in self.keys if key["from_seq"] == begin]

    def root(self):
        return functools.reduce(lambda right, node: sha256(b"\1", node[1], right), self.tree[-2::-1], self.tree[-1][1])

    def signers(self, note, size):
        """For each signature line the key of ours whose it is, False where it is wrong, None where it is a stranger's."""
        text, _, rest = note.partition("\n\n")
        lines = [(name, unbase64(data)) for name, data in re.findall(SIGNATURE, rest)] if re.fullmatch(f"({SIGNATURE})*", rest) else []
        marks = {sha256(self.origin.encode(), b"\n", TAGS[key["algorithm"]], key["public_key"])[:4]: key for key in self.valid(size)}
        named = [(marks.get(data[:4]) if name == self.origin else None, data[4:]) for name, data in lines]
        return [key and is_signed(key["public_key"], f"{text}\n".encode(), signature) and key for key, signature in named]

    def tells_now(self, note):
        return note.startswith(f"{self.origin}\n{self.seq}\n{base64.b64encode(self.root()).decode()}\n\n")

    def hold_against(self, origin, size, note):
        """The checkpoint given, where as many entries are read, or else in the end."""
        at, signers = size if 0 < size <= self.seq else NOWHERE, self.signers(note, size)
        want(origin == self.origin, "checkpoint_foreign", at)
        want(size <= self.seq or False in signers, "truncated")
        want(any(signers) and False not in signers, "checkpoint_unsigned", at)
        want(self.tells_now(note), "checkpoint", at)

    def learn(self, entry, command, following):
        """The keys that are valid from entry `following` on."""
        if entry["kind"] in ("genesis", "node_key.rotate"):
            for name, algorithm in (("node_key", "secp256k1"), ("checkpoint_key", "ed25519")):
                public = bytes.fromhex(command.get(name, ""))
                key = {"algorithm": algorithm, "key": sha256(public).hex()[:16], "public_key": public, "from_seq": following}
                self.keys += [key] if public or name == "node_key" else []
        elif entry["kind"] == "organisation_key.add":
            x, y = unbase64url(command["x"]), unbase64url(command["y"])
            public = bytes([2 + (y[-1] & 1)]) + x
            self.submitters[sha256(public).hex()[:16]] = [entry["target"], public, range(following, 2**64)]
        elif entry["kind"] == "organisation_key.revoke":
            self.submitters[entry["target"]][2] = range(self.submitters[entry["target"]][2].start, following)

    def read_command(self, entry, body):
        """The body that the submitter wrote, whose signature is checked where there is one."""
        if not entry["submitter_key"]:
            want(not entry["submitter_alg"] and not entry["submitter_sig"], "submitter")
            return json.loads(body) if entry["kind"] not in ("genesis", "figures.put") else None  # figures may be CSV
        organisation, public, numbers = self.submitters.get(entry["submitter_key"], [None, b"", []])
        header, payload = (json.loads(unbase64url(part)) for part in body.decode().split("."))
        told = ["" if payload.get(name) is None else payload[name] for name in ("log", "kind", "target", "id", "new_id")]
        want(header["alg"] == entry["submitter_alg"] == "ES256K" and header["kid"] == entry["submitter_key"] and
             not {"crit", "b64"} & set(header) and set(payload) <= {"log", "kind", "target", "id", "new_id", "body"} and
             isinstance(payload["body"], dict) and organisation == entry["organisation"] and entry["seq"] in numbers and
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
        keys = [key["public_key"] for key in self.valid(seq) if key["key"] == line["key"] and len(key["public_key"]) == 33]
        are_listed = all(key in self.keys for key in self.listed) and all(key in self.listed for key in self.keys if key["from_seq"] == seq)
        want(keys and are_listed, "key")
        want(is_signed(keys[0], line["bytes"], line["seal"]), "seal")
        want(self.time_ms <= entry["time_ms"] < 253402300800000, "time")
        want(entry["height"] == self.height + (self.covered == self.seq), "height")
        want(self.rules <= entry["rules_version"] <= 2, "rules_version")
        self.command = self.read_command(entry, body)
        command = sha256((entry["organisation"] or entry["subject"]).encode(), b"\0", entry["command_id"].encode())[:16]
        want(command not in self.commands, "command_id")
        self.commands.add(command)
        self.seq, self.head, self.height, self.time_ms, self.rules = seq, line["hash"], entry["height"], entry["time_ms"], entry["rules_version"]
        node = (1, sha256(b"\0", line["bytes"]))
        while self.tree and self.tree[-1][0] == node[0]:
            node = (2 * node[0], sha256(b"\1", self.tree.pop()[1], node[1]))
        self.tree.append(node)
        if self.given and self.given[1] == seq:
            self.hold_against(*self.given)
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
            is_its_own = self.covered < line["size"] == self.seq and line["height"] == self.height and self.tells_now(line["note"])
            want(is_its_own and self.signers(line["note"], self.seq) == self.valid(self.seq), "checkpoint", self.seq)
            self.covered = self.seq
        want(kind != "end" or (line["seq"], line["hash"]) == (self.seq, self.head))

def read_checkpoint(path):
    """Its origin, size and text, however it was saved: with CR before LF, with empty lines at its end."""
    with open(path, encoding="utf-8", newline="") as file:
        text, _, lines = file.read().replace("\r\n", "\n").partition("\n\n")
    told = re.fullmatch(NOTE, text)
    if told is None:
        raise ValueError(f"{path} is no checkpoint")
    return told[1], int(told[2]), f"{text}\n\n" + re.sub(r"\n+\Z", "\n", lines)

def check(ledger, export):
    """The exit code, and what is told."""
    try:
        for raw in iter(lambda: export.readline(LINE), b""):
            want(raw.endswith(b"\n") or not b'{"type":"'.startswith(raw[:9]), "truncated")
            ledger.take(*read_line(raw))
        want(ledger.is_over, "truncated")
        want(ledger.seq > 0, "seq")
        if ledger.given and ledger.given[1] not in range(1, ledger.seq + 1):
            ledger.hold_against(*ledger.given)
    except (Broken, AttributeError, LookupError, RecursionError, TypeError, ValueError) as fault:
        seq, code = fault.args if isinstance(fault, Broken) else (None, "format")
        where = "" if seq == NOWHERE else f" at entry {seq or ledger.seq + 1}"
        return 1, f"BROKEN{where} ({code})"
    return 0, f"ok: {ledger.seq} entries verified\nhead {ledger.head.hex()}\nroot {ledger.root().hex()}"

def main(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", help="one kept elsewhere, which the ledger must continue")
    parser.add_argument("export", help="- for standard input")
    options = parser.parse_args(arguments)
    try:
        ledger = Ledger(options.checkpoint and read_checkpoint(options.checkpoint))
        with sys.stdin.buffer if options.export == "-" else open(options.export, "rb") as export:
            code, told = check(ledger, export)
    except (MemoryError, OSError, ValueError) as fault:
        parser.error(f"nothing was found out: {fault or 'no memory'}")
    print(told)
    return code

if __name__ == "__main__":
    sys.exit(main())
