"""Checkpoints opened by the library that reads the Go project's checksum database, which knows nothing of ours."""

import json
import random
import subprocess
import sys
import urllib.request

from conftest import ROOT, binary, tool, without_ours

sys.path.insert(0, str(ROOT / "tests" / "http"))
from cosign import Witness  # noqa: E402

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


def cosigned(note, *vkeys):
    """The cosignatures as (name, time), or the exit code."""
    done = subprocess.run([tool("cosignature/verify-cosignature"), *vkeys], input=note.encode(), capture_output=True, timeout=60, check=False)
    return done.returncode or sorted((name, int(time)) for name, time in (line.split() for line in done.stdout.decode().splitlines()))


def send(server, method, path, body):
    """By the administrator."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}", "Idempotency-Key": path}
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), headers, method=method)
    with opener.open(request, timeout=30) as reply:
        return reply.status


def test_cosigned_notes(server, tmp_path):
    """Notes with the lines of a witness of the tests' own and of `tallystick witness`, as the service gives them out, opened by the library that
    other logs' witnesses use."""
    tool("cosignature/verify-cosignature")
    other = Witness("witness.example/other", seed=bytes(range(1, 33)))
    subprocess.run([binary(), "witness", "--of", server.url, "--data-dir", str(tmp_path / "witness"), "--name", "witness.example/ours", "--once"],
                   check=True, capture_output=True, timeout=60, env=without_ours())
    ours = (tmp_path / "witness" / "witness.vkey").read_text(encoding="utf-8").strip()
    note = (tmp_path / "witness" / "cosigned").read_text(encoding="utf-8")
    [(name, time)] = cosigned(note, ours)
    assert name == "witness.example/ours" and time > 1700000000
    for number, vkey in enumerate((ours, other.vkey)):
        assert send(server, "PUT", f"/witnesses/w{number}", {"vkey": vkey}) == 201
    assert send(server, "POST", "/ledger/cosignatures", {"checkpoint": note + other.line(note, 1790000000)}) == 200
    size = note.split("\n")[1]
    given = get(f"{server.url}/ledger/checkpoints/{size}", "text/plain").decode()
    assert cosigned(given, ours, other.vkey) == sorted([("witness.example/other", 1790000000), (name, time)])
    chance = random.Random(1969)
    for _ in range(20):  # any byte of the text, or of a line that it knows
        at = chance.randrange(len(given.split("\n\n")[0]))
        bent = given[:at] + chr(ord(given[at]) ^ 1) + given[at + 1:]
        assert cosigned(bent, ours, other.vkey) == 1, bent
