"""docs/signing.md: its shell blocks, run as they stand against a service of their own, and the codes that it names. Its other examples
need libraries: tests/tools."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from conftest import binary
from world import new_token, problem

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "signing.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```sh (\w+)\n(.*?)^```$", PAGE, re.S | re.M))


@pytest.fixture
def paste(start, tmp_path):
    """Runs blocks of the page beside what its reader has, and gives the JSON that they print."""
    server = start()
    for path, body in (("/organisations/HOSPITAL-HB", {"name": "x", "kind": "hospital"}), ("/items/MASK", {"name": "x", "unit": "piece"}),
                       ("/sites/WARD", {"name": "x", "kind": "hospital", "organisation": "HOSPITAL-HB", "province": "CN-HB"})):
        assert server.put(path, body).status_code == 201
    supply = server.post("/supplies", {"id": "MASKS", "site": "WARD", "item": "MASK", "quantity": 100, "source": "found"})
    assert supply.status_code == 201, supply.text
    assert server.put("/sites/WARD-2", {"name": "x", "kind": "hospital", "organisation": "HOSPITAL-HB", "province": "CN-HB"}).status_code == 201
    moved = server.post("/transfers", {"id": "TRANSFER-1", "destination": "WARD-2", "lines": [{"supply": "MASKS", "quantity": 100}]})
    assert moved.status_code == 201, moved.text
    assert server.post("/transfers/TRANSFER-1/dispatch", {}).status_code == 200
    (tmp_path / "tallystick").symlink_to(binary())
    environment = {name: value for name, value in os.environ.items() if name.endswith("_OPTIONS")}  # of sanitizers
    environment.update(PATH=f"{tmp_path}:/usr/local/bin:/usr/bin:/bin", LC_ALL="C.UTF-8", U=server.url, ADMIN=server.token,
                       TOKEN=new_token(server, "operator", "HOSPITAL-HB"))

    def paster(*names):
        done = subprocess.run(["bash"], input="".join(BLOCKS[name] for name in names), cwd=tmp_path, text=True, timeout=60, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return server, paster


def test_the_shell_blocks(paste, tmp_path):
    server, run = paste
    assert run("key") is None
    assert (tmp_path / "hospital.jwk").stat().st_mode & 0o777 == 0o600
    kid = json.loads((tmp_path / "hospital.pub.jwk").read_text())["kid"]
    added = run("register")
    assert (added["kid"], added["organisation"], added["from_seq"]) == (kid, "HOSPITAL-HB", added["ledger"]["seq"] + 1)
    received = run("send")
    assert received["id"] == "TRANSFER-1" and received["lines"][0]["received_good"] == 35, received
    entry = server.get(f"/ledger/entries/{received['ledger']['seq']}").json()
    assert (entry["submitter_key"], entry["submitter_alg"], entry["kind"]) == (kid, "ES256K", "transfer.receive")
    assert run("policy")["signed_kinds"] == ["transfer.receive"]
    problem(server.post("/transfers/TRANSFER-1/receive", {"lines": [{"line": 1, "good": 1}]}), 403, "signature_required", policy="HOSPITAL-HB")
    assert run("send")["lines"][0]["received_good"] == 70
    revoked = run("revoke")
    assert (revoked["kid"], revoked["to_seq"]) == (kid, revoked["ledger"]["seq"])
    again = run("send")
    assert (again["status"], again["code"]) == (403, "key_revoked")
    assert set(BLOCKS) == {"key", "register", "send", "policy", "revoke"}


def test_codes_have_their_status(server):
    rows = re.findall(r"^\| (4\d\d) (`.*?) \|", PAGE, re.M)
    named = [(int(status), code) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)]
    assert len(named) >= 15
    for status, code in named:
        page = server.get(f"/errors/{code}")
        assert page.status_code == 200 and f"{status}" in page.text, code
