"""The recipe of docs/ledger.md, as it stands there, on what a running service answers. On the golden entries: tests/oracle."""

import re
import subprocess

import pytest

from conftest import ROOT
from world import World

RECIPE = re.search(r"```sh recipe\n(.*?)```", (ROOT / "docs/ledger.md").read_text(encoding="utf-8"), re.S)[1]


def follow(folder):
    return subprocess.run(["sh", "-c", RECIPE], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("which", ["first", "last"])
def test_an_entry(server, tmp_path, which):
    World(server).intake(5)
    seq = 1 if which == "first" else server.get("/ledger").json()["size"]
    entry = server.get(f"/ledger/entries/{seq}", token=True)
    (tmp_path / "entry.json").write_bytes(entry.content)
    (tmp_path / "keys.json").write_bytes(server.get("/ledger/keys").content)
    done = follow(tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    digest = entry.json()["entry_hash"]
    assert done.stdout.splitlines()[:3] == [f"{digest}  entry.bin", digest, "Verified OK"]
    forged = bytearray(entry.content)
    at = forged.index(b'"seal"') + len(b'"seal":"') + 20
    forged[at] = ord("0") if forged[at] != ord("0") else ord("1")
    (tmp_path / "entry.json").write_bytes(forged)
    done = follow(tmp_path)
    assert "Verified OK" not in done.stdout and "Verification failure" in done.stdout + done.stderr
