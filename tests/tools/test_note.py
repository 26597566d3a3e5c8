"""Checkpoints opened by the library that reads the Go project's checksum database, which knows nothing of ours."""

import json
import random
import subprocess
import urllib.request

from conftest import ROOT, tool

GOLDENS = ROOT / "tests" / "golden" / "ledger" / "vectors.txt"


def opened(note, *vkeys):
    """(known signatures, unknown ones, text), or the exit code."""
    done = subprocess.run([tool("go/verify-note"), *vkeys], input=note, capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        return done.returncode
    counts, text = done.stdout.split(b"\n", 1)
    return *map(int, counts.split()), text


def text_of(note):
    return note.split(b"\n\n")[0] + b"\n"


def get(url, accept="application/json"):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers={"Accept": accept}), timeout=30) as reply:
        return reply.read()


def test_the_golden_note():
    goldens = dict(line.split(" ", 1) for line in GOLDENS.read_text(encoding="utf-8").splitlines())
    note, vkey = bytes.fromhex(goldens["note.both.hex"]), goldens["note.ed25519_vkey"]
    assert opened(note, vkey) == (1, 1, text_of(note))
    chance = random.Random(1969)
    for _ in range(40):  # any byte of the text or of the line that it knows
        bent = bytearray(note)
        at = chance.choice([chance.randrange(len(text_of(note))), chance.randrange(len(note) - 96, len(note) - 3)])
        bent[at] ^= 1 << chance.randrange(6)
        assert opened(bytes(bent), vkey) == 1, (at, bytes(bent))
    assert opened(bytes.fromhex(goldens["note.hex"]), vkey) == 1


def test_what_the_service_signs(server):
    """The keys as they are served, the notes as they are served."""
    vkeys = json.loads(get(server.url + "/ledger"))["vkeys"]
    for path in ("/ledger/checkpoint", "/ledger/checkpoints/1"):
        note = get(server.url + path, "text/plain")
        assert opened(note, vkeys[1]) == (1, 1, text_of(note))
        witnessed = note + "\u2014 witness.example/w ".encode() + b"AAAAAAAA" * 9 + b"AAAA\n"
        assert opened(witnessed, vkeys[1]) == (1, 2, text_of(note))
    assert opened(note, vkeys[0]) == 2  # the first line has no number that others know
