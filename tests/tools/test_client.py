"""A client that a stock generator makes of the contract compiles, and does the README's tour."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import ROOT, TOOLS, binary, tool
from test_contract import run

SEEN = {
    "state": "received", "card": [["intake", 10000, 10000], ["dispatch", -4000, 6000]],
    "wuhan": [["damaged", 10], ["good", 3990]], "withheld": ["rationale"], "size": 11, "entry": "transfer.create",
    "scores": 31, "curves": 9, "refused": "insufficient_stock",
}


@pytest.fixture
def folder(tmp_path):
    """Where the compiler finds the client's source beside its libraries."""
    made = tmp_path / "client"
    shutil.copytree(ROOT / "tests" / "tools" / "client", made)
    (made / "package.json").write_text('{"type": "module"}')
    (made / "node_modules").symlink_to(TOOLS / "node" / "node_modules")
    return made


def token(directory, organisation):
    done = subprocess.run([binary(), "token", "create", "--data-dir", str(directory), "--organisation", organisation, "--role", "operator"],
                          env={name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")},
                          capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def seen(folder, server, *words, **tokens):
    """What the client tells of its part of the tour."""
    done = subprocess.run(["node", "out/tour.js", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
                          env={"PATH": os.environ["PATH"], "BASE_URL": server.url, "ADMIN": server.token, **tokens})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_generated_client_does_the_tour(server, folder, tmp_path):
    """Generated from the contract as it is served; types are all that is checked before it runs."""
    made = run([tool("node/node_modules/.bin/openapi-typescript"), f"{server.url}/openapi.yaml", "--default-non-nullable=false",
                "-o", "schema.d.ts"], 120, folder)
    assert "schema.d.ts" in made
    run([tool("node/node_modules/.bin/tsc"), "-p", "."], 120, folder)
    assert seen(folder, server, "reference") == {"item": "MASK-N95"}
    tokens = {name: token(tmp_path / "data", organisation) for name, organisation in (("GUANGDONG", "DEPOT-GD"), ("HUBEI", "DEPOT-HB"))}
    told = seen(folder, server, **tokens)
    told["wuhan"].sort()
    assert told == SEEN
    assert seen(folder, server, **tokens)["state"] == "received"  # the same keys: nothing moves twice


def test_a_wrong_name_does_not_compile(server, folder):
    """So that the compiler's silence above means something."""
    run([tool("node/node_modules/.bin/openapi-typescript"), f"{server.url}/openapi.yaml", "--default-non-nullable=false",
         "-o", "schema.d.ts"], 120, folder)
    source = folder / "tour.ts"
    source.write_text(source.read_text().replace("quantity: 4000", "quantiti: 4000"))
    refused = subprocess.run([tool("node/node_modules/.bin/tsc"), "-p", "."], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode != 0 and "quantiti" in refused.stdout
