"""An export broken off by kill -9, of the command or of the service, goes on and is in the end what it would have been."""

import os
import pathlib
import random
import secrets
import subprocess
import time

import requests

from conftest import Server, binary, environment, run

FILL = pathlib.Path(binary()).parent / "bench" / "fill"
ENTRIES = 4000


def the_seed():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return seed


def fill(data_dir, entries=ENTRIES):
    assert FILL.exists(), f"{FILL} is not built: make oracles"
    done = subprocess.run([str(FILL), str(data_dir), str(entries)], env=environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return data_dir


def export(data_dir, path):
    return [binary(), "export", "--data-dir", str(data_dir), "--output", str(path)]


def test_kill_the_command(tmp_path):
    chance = random.Random(the_seed())
    data_dir = fill(tmp_path / "data")
    began = time.monotonic()
    whole = tmp_path / "whole.ndjson"
    assert run(*export(data_dir, whole)[1:]).returncode == 0
    takes, wanted = time.monotonic() - began, whole.read_bytes()
    path, broken_off = tmp_path / "export.ndjson", 0
    for _ in range(15):
        if chance.random() < 0.3:
            path.unlink(missing_ok=True)
        with subprocess.Popen(export(data_dir, path), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=chance.uniform(0, takes))
            except subprocess.TimeoutExpired:
                process.kill()
        there = path.read_bytes() if path.exists() else b""
        assert wanted.startswith(there), "what is there is the beginning of it"
        broken_off += there != wanted
    print(f"{broken_off} of 15 broken off")
    done = run(*export(data_dir, path)[1:])
    assert done.returncode == 0 and path.read_bytes() == wanted, done.stderr
    told = run("verify", "--export", str(path))
    assert told.returncode == 0 and told.stdout.startswith(f"ok: {ENTRIES} entries"), told.stdout


def read_some(server, after, most):
    """What came of an export, as far as it came."""
    came = b""
    headers = {"Accept": "application/x-ndjson"}
    try:
        with server.session.get(f"{server.url}/ledger/entries?after={after}", headers=headers, stream=True, timeout=30) as reply:
            for piece in reply.iter_content(4096):
                came += piece
                if len(came) >= most:
                    server.kill()
                    break
    except requests.exceptions.RequestException:
        pass
    return came


def test_kill_the_service(tmp_path):
    """A client that cuts what it has behind the last checkpoint, and asks for the rest, misses nothing."""
    chance = random.Random(the_seed())
    data_dir = fill(tmp_path / "data")
    kept, after, kills = b"", 0, 0
    while True:
        server = Server(data_dir)
        came = read_some(server, after, chance.randrange(200000, 1000000) if kills < 3 else 1 << 62)
        lines = came.splitlines(keepends=True)
        if server.exit_code is None:
            assert server.stop() == 0
            kept += came
            break
        kills += 1
        checkpoints = [index for index, raw in enumerate(lines) if raw.startswith(b'{"type":"checkpoint",') and raw.endswith(b"\n")]
        if checkpoints:
            last = lines[checkpoints[-1]]
            kept += b"".join(lines[:checkpoints[-1] + 1])
            after = int(last.partition(b'"size":')[2].partition(b",")[0])
    assert kills == 3
    (tmp_path / "parts.ndjson").write_bytes(kept)
    told = run("verify", "--export", str(tmp_path / "parts.ndjson"))
    assert told.returncode == 0 and told.stdout.startswith(f"ok: {ENTRIES} entries"), told.stdout
    whole = run(*export(data_dir, "/dev/stdout")[1:-2]).stdout.encode().splitlines()
    assert [raw for raw in kept.splitlines() if raw.startswith(b'{"type":"entry"')] == [raw for raw in whole if raw.startswith(b'{"type":"entry"')]
