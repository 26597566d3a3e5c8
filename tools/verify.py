#!/usr/bin/env python3
"""Checks an export of a Tallystick ledger: tools/verify.py [--checkpoint FILE] EXPORT (- for standard input)

Written from docs/ledger.md alone, which says what it checks and in which order, for whoever does not trust the program that wrote the export. Whether
the commands lead to the state that the node shows, only `tallystick verify --export` can say. Exit codes: 0 sound, 1 broken (the first broken entry
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
# FIELDS: bytes of each, 0 where these stand before it. LINES: b truth value, i integer, s text, x hexadecimal, B base64; ? behind what may be null.
FIELDS = {"seq": 8, "height": 8, "time_ms": 8, "previous_hash": 32, "rules_version": 4, **dict.fromkeys(NAMES, 0),
          "body_length": 8, "body_digest": 32, "body": 0, "submitter_sig": 0, "effects": 32}
SIGNATURE = r"\u2014 (\S+) ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?)\n"
TAGS = {"secp256k1": b"\xffsecp256k1-sha256", "ed25519": b"\1"}  # they stand before a key where it is hashed for a signature line
LINES = {"header": {"format": "s", "version": "i", "origin": "s", "after": "i", "texts": "b"}, "end": {"seq": "i", "hash": "x"},
         "key": {"algorithm": "s", "key": "s", "public_key": "x", "from_seq": "i"}, "checkpoint": {"height": "i", "size": "i", "note": "s"},
         "entry": {"seq": "i", "hash": "x", "key": "s", "seal": "x", "bytes": "B", "body": "B?"},
         "text": {"seq": "i", "pointer": "s", "commitment": "s", "salt": "x?", "text": "s?"}}

class Broken(Exception):
    """The entry's number (None or 0: the next one) and a code."""
def want(is_good, code="format", seq=None):
    if not is_good:
        raise Broken(seq, code)
def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
def unbase64(text, is_url=False):
    data = base64.b64decode(text + "==", "-_" if is_url else None)
    want(text == (base64.urlsafe_b64encode(data).decode().rstrip("=") if is_url else base64.b64encode(data).decode()))
    return data
def value_of(kind, value):
    want(type(value) is {"b": bool, "i": int}.get(kind, str) and (kind != "i" or 0 <= value <= SAFE) and (kind in "bi" or "\0" not in value))
    want(kind[0] != "x" or bytes.fromhex(value).hex() == value)
    return bytes.fromhex(value) if kind[0] == "x" else unbase64(value) if kind[0] == "B" else value
def read_line(raw):  # its type and members; there is one way to write a line
    line = json.loads(raw.decode())
    want(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" == raw and list(line) == ["type", *LINES[line["type"]]])
    return line["type"], {name: None if line[name] is None and kind[1:] else value_of(kind, line[name]) for name, kind in LINES[line["type"]].items()}
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
def is_signed(key, data, signature, s_max=ORDER // 2):  # by ECDSA over secp256k1 with SHA-256, r then s, or Ed25519 where the key has 32 bytes
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        if len(key) == 32:
            return ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, data) is None
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key)
        return len(signature) == 64 and s <= s_max and public.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256())) is None
    except (InvalidSignature, ValueError):
        return False
def commitments(value, pointer=""):  # with the pointer of the personal member that each stands for
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if name == "commitment" and isinstance(inner, str) and len(inner) == 64:
            yield pointer, inner
        yield from commitments(inner, pointer + "/" + str(name).replace("~", "~0").replace("/", "~1"))

class Ledger:
    def __init__(self, given):
        self.given, self.origin, self.has_texts, self.is_over, self.rules = given, None, False, False, 1
        self.seq = self.height = self.time_ms = self.covered = 0  # covered: by the last checkpoint
        self.head, self.tree, self.keys, self.listed, self.submitters, self.commands = bytes(32), [], {0: []}, set(), {}, set()
        self.texts, self.pointer = {}, ""  # commitments of the entry whose texts are to follow, by pointer; the last one's pointer
    def valid(self, seq):  # the node's keys: those of an entry end where the next ones begin
        return self.keys[max(begin for begin in self.keys if begin <= seq)]
    def root(self):
        return functools.reduce(lambda right, left: sha256(b"\1", left, right), self.tree[::-1])
    def signers(self, note, size):  # for each signature line the key of ours whose it is, False where it is wrong, None where it is a stranger's
        text, _, rest = note.partition("\n\n")
        lines = [(name, unbase64(data)) for name, data in re.findall(SIGNATURE, rest)] if re.fullmatch(f"({SIGNATURE})*", rest) else []
        marks = {(self.origin, sha256(self.origin.encode(), b"\n", TAGS[key[0]], key[2])[:4]): key for key in self.valid(size)}
        return [(key := marks.get((name, data[:4]))) and is_signed(key[2], f"{text}\n".encode(), data[4:]) and key for name, data in lines]
    def tells_now(self, note):
        return note.startswith(f"{self.origin}\n{self.seq}\n{base64.b64encode(self.root()).decode()}\n\n")
    def hold_against(self, origin, size, note):  # the checkpoint given, where as many entries are read, or else in the end
        at, signers = size if 0 < size <= self.seq else NOWHERE, self.signers(note, size)
        want(origin == self.origin, "checkpoint_foreign", at)
        want(size <= self.seq or False in signers, "truncated")
        want(any(signers) and False not in signers, "checkpoint_unsigned", at)
        want(self.tells_now(note), "checkpoint", at)
    def learn(self, entry, command, begin):
        if entry["kind"] in ("genesis", "node_key.rotate"):
            keys = [bytes.fromhex(command.get(name, "")) for name in ("node_key", "checkpoint_key")]
            self.keys[begin] = [(name, sha256(key).hex()[:16], key, begin) for name, key in zip(TAGS, keys) if key or name == "secp256k1"]
        elif entry["kind"] == "organisation_key.add":
            public = bytes([2 + (unbase64(command["y"], True)[-1] & 1)]) + unbase64(command["x"], True)
            self.submitters[sha256(public).hex()[:16]] = [entry["target"], public, range(begin, 2**64)]
        elif entry["kind"] == "organisation_key.revoke":
            self.submitters[entry["target"]][2] = range(self.submitters[entry["target"]][2].start, begin)
    def read_command(self, entry, body):  # what the submitter wrote, whose signature is checked where there is one
        if not entry["submitter_key"]:
            want(not entry["submitter_alg"] and not entry["submitter_sig"], "submitter")
            return json.loads(body) if entry["kind"] not in ("genesis", "figures.put") else None  # figures may be CSV
        organisation, public, numbers = self.submitters.get(entry["submitter_key"], [None, b"", []])
        header, payload = (json.loads(unbase64(part, True)) for part in body.decode().split("."))
        names = ["log", "kind", "target", "id", "new_id"]
        is_told = [self.origin, *map(entry.get, NAMES[:4])] == ["" if payload.get(name) is None else payload[name] for name in names]
        want(header["alg"] == entry["submitter_alg"] == "ES256K" and header["kid"] == entry["submitter_key"] and not {"crit", "b64"} & set(header) and
             set(payload) <= {*names, "body"} and isinstance(payload["body"], dict) and organisation == entry["organisation"] and
             entry["seq"] in numbers and is_told and is_signed(public, body, entry["submitter_sig"], ORDER), "submitter")
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
        keys = [public for _, name, public, _ in self.valid(seq) if name == line["key"] and len(public) == 33]
        want(keys and self.listed == {key for valid in self.keys.values() for key in valid}, "key")
        want(is_signed(keys[0], line["bytes"], line["seal"]), "seal")
        want(self.time_ms <= entry["time_ms"] < 253402300800000, "time")
        want(entry["height"] == self.height + (self.covered == self.seq), "height")
        want(self.rules <= entry["rules_version"] <= 2, "rules_version")
        command = self.read_command(entry, body)
        self.texts, self.pointer = dict(commitments(command)) if self.has_texts and entry["kind"] != "figures.put" else {}, ""
        self.commands.add(sha256((entry["organisation"] or entry["subject"]).encode(), b"\0", entry["command_id"].encode())[:16])
        want(len(self.commands) == seq, "command_id")  # each entry brought one of its own
        self.seq, self.head, self.height, self.time_ms, self.rules = seq, line["hash"], entry["height"], entry["time_ms"], entry["rules_version"]
        self.tree.append(sha256(b"\0", line["bytes"]))
        while len(self.tree) > bin(seq).count("1"):
            self.tree[-2:] = [sha256(b"\1", *self.tree[-2:])]
        if self.given and self.given[1] == seq:
            self.hold_against(*self.given)
        if command is not None:
            self.learn(entry, command, seq + 1)
    def take(self, kind, line):
        want(kind == "text" or not self.texts, "personal_missing", self.seq)
        if kind == "header":
            self.origin, self.has_texts = self.origin or line["origin"], line["texts"]
            want((line["format"], line["version"], line["origin"], line["after"]) == ("tallystick-export", 1, self.origin, self.seq))
        want(self.origin and (kind == "header" or not self.is_over))
        self.is_over = kind == "end"
        if kind == "key":
            self.listed.add(tuple(line.values()))
        elif kind == "entry":
            self.take_entry(line)
        elif kind == "text":
            want(line["salt"] is None if line["text"] is None else len(line["salt"] or b"") == 32)
            own = line["commitment"] if line["text"] is None else sha256(b"tallystick/commitment/v1\n", line["salt"], line["text"].encode()).hex()
            is_its_own = line["seq"] == self.seq and self.texts.pop(line["pointer"], None) == line["commitment"] == own
            want(is_its_own and line["pointer"] >= self.pointer, "personal", self.seq)
            self.pointer = line["pointer"]
        elif kind == "checkpoint":
            is_its_own = self.covered < line["size"] == self.seq and line["height"] == self.height and self.tells_now(line["note"])
            want(is_its_own and self.signers(line["note"], self.seq) == self.valid(self.seq), "checkpoint", self.seq)
            self.covered = self.seq
        want(kind != "end" or (line["seq"], line["hash"]) == (self.seq, self.head))
def read_checkpoint(path):  # its origin, size and text, however it was saved: with CR before LF, with empty lines at its end
    with open(path, encoding="utf-8", newline="") as file:
        text, _, lines = file.read().replace("\r\n", "\n").partition("\n\n")
    if not (told := re.fullmatch(r"([!-*,-~]{1,127})\n(0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", text)):
        raise ValueError(f"{path} is no checkpoint")
    return told[1], int(told[2]), f"{text}\n\n" + re.sub(r"\n+\Z", "\n", lines)
def main(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", help="one kept elsewhere, which the ledger must continue")
    parser.add_argument("export", help="- for standard input")
    options = parser.parse_args(arguments)
    try:
        ledger = Ledger(options.checkpoint and read_checkpoint(options.checkpoint))
        with sys.stdin.buffer if options.export == "-" else open(options.export, "rb") as export:
            try:
                for raw in iter(lambda: export.readline(LINE), b""):
                    want(raw.endswith(b"\n") or not b'{"type":"'.startswith(raw[:9]), "truncated")
                    ledger.take(*read_line(raw))
                want(ledger.is_over and ledger.seq > 0, "seq" if ledger.is_over else "truncated")
                if ledger.given and ledger.given[1] not in range(1, ledger.seq + 1):
                    ledger.hold_against(*ledger.given)
                told = f"ok: {ledger.seq} entries verified\nhead {ledger.head.hex()}\nroot {ledger.root().hex()}"
            except (Broken, AttributeError, LookupError, RecursionError, TypeError, ValueError) as fault:
                seq, code = fault.args if isinstance(fault, Broken) else (None, "format")
                told = "BROKEN" + (f" at entry {seq or ledger.seq + 1}" if seq != NOWHERE else "") + f" ({code})"
        print(told, flush=True)
        return int(told.startswith("BROKEN"))
    except (MemoryError, OSError, ValueError) as fault:
        sys.stdout = None  # what could not be told is not told again at the exit
        parser.error(f"nothing was found out: {fault or 'no memory'}")
if __name__ == "__main__":
    sys.exit(main())
