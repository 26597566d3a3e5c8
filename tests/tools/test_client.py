"""A client that a stock generator makes of the contract compiles, and does the README's tour: all its requests, and no others."""

import json
import os
import shutil
import subprocess
import urllib.parse

import pytest

import test_readme  # of tests/http
from conftest import ROOT, TOOLS, Server, binary, tool, without_ours
from test_contract import run

SEEN = {
    "state": "received", "card": [["intake", 10000, 10000], ["dispatch", -4000, 6000]],
    "wuhan": [["damaged", 10], ["good", 3990]], "rationale": ["Hubei asked for masks"] * 2 + [None], "withheld": ["rationale"],
    "indicator": "vehicles_example", "tried": [True, 2], "taken": [2, 2, 13], "listed": True,
    "size": 13, "entry": [8, "transfer.create", "DEPOT-GD"], "hash": True, "checkpoint": True, "exported": 13, "end": "end",
    "scores": 31, "curves": 9, "inequality": [2010, 2018], "dagum": True,
}
JOB = {"accepted": [202, True, "respond-async"], "states": True, "same": True, "stale": "version_mismatch", "over": "cancelled", "gone": "not_found"}
# Stands before curl in the README's commands, and writes down how it was called.
CURL = """#!/usr/bin/python3
import json, os, sys
words = sys.argv[1:]
data = words[words.index("--data-binary") + 1] if "--data-binary" in words else ""
with open({log!r}, "a", encoding="utf-8") as log:
    print(json.dumps([words, open(data[1:], encoding="utf-8").read() if data.startswith("@") else data]), file=log)
os.execv({curl!r}, ["curl", *words])
"""


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
                          env=without_ours(), capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def told(folder, server, *words, **tokens):
    """What the client saw in its part of the tour, and its requests."""
    done = subprocess.run(["node", "out/tour.js", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
                          env={"PATH": os.environ["PATH"], "BASE_URL": server.url, "ADMIN": server.token, **tokens})
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said["seen"], said["steps"]


SCHEMA = []


def generate(server, folder):
    """The types, made once of the contract as it is served: every service of one program serves the same."""
    if not SCHEMA:
        made = run([tool("node/node_modules/.bin/openapi-typescript"), f"{server.url}/openapi.yaml", "--default-non-nullable=false",
                    "-o", "schema.d.ts"], 120, folder)
        assert "schema.d.ts" in made
        SCHEMA.append((folder / "schema.d.ts").read_text(encoding="utf-8"))
    (folder / "schema.d.ts").write_text(SCHEMA[0], encoding="utf-8")


def step(method, url, headers, body, senders):
    """What of a request is the same whoever sends it; its sender is the how-manieth who has a token."""
    headers = {name.lower(): value for name, value in headers.items()}
    address = urllib.parse.urlsplit(url)
    query = sorted(urllib.parse.parse_qsl(address.query))
    sender = headers.get("authorization")
    if sender is not None and sender not in senders:
        senders.append(sender)
    accept = headers.get("accept", "*/*")
    kind = headers.get("content-type") if body else None
    return {"method": method, "path": urllib.parse.unquote(address.path), "query": query, "sender": sender and senders.index(sender),
            "key": headers.get("idempotency-key"), "accept": accept, "kind": kind, "body": json.loads(body) if kind == "application/json" else body}


def step_of_curl(words, data, senders):
    """The request that curl makes of such words."""
    method, headers, url = "GET", {}, None
    words = iter(words)
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            said = next(words)
            data = data or said  # what a file had is in data already
        elif not word.startswith("-"):
            url = word
    return step(method, url, headers, data, senders)


def steps_of_readme(directory):
    """The requests that the README's commands make of a service of their own."""
    directory.mkdir()
    log, curl = directory / "curl.log", directory / "curl"
    curl.write_text(CURL.format(log=str(log), curl=shutil.which("curl")))
    curl.chmod(0o755)
    served = Server(directory)
    try:
        text = "".join(test_readme.blocks()).replace(test_readme.SETTINGS, f"{test_readme.SETTINGS}PATH={directory}:$PATH\n")
        printed = test_readme.paste(served, text, directory)
    finally:
        assert served.stop() == 0
    assert "the same bytes" in printed
    senders = []
    return [step_of_curl(*json.loads(line), senders) for line in log.read_text(encoding="utf-8").splitlines()]


def test_a_generated_client_does_the_tour(server, folder, tmp_path):
    """Generated from the contract as it is served; types are all that is checked before it runs."""
    generate(server, folder)
    run([tool("node/node_modules/.bin/tsc"), "-p", "."], 300, folder)
    seen, steps = told(folder, server, "reference")
    assert seen == {"item": "MASK-N95"}
    tokens = {name: token(tmp_path / "data", organisation) for name, organisation in (("GUANGDONG", "DEPOT-GD"), ("HUBEI", "DEPOT-HB"))}
    seen, more = told(folder, server, **tokens)
    seen["wuhan"].sort()
    assert seen == SEEN
    again, _ = told(folder, server, **tokens)  # the same keys: nothing moves twice
    again["wuhan"].sort()
    assert again == SEEN
    assert told(folder, server, "refused", **tokens)[0] == {"refused": "insufficient_stock"}
    seen, asked = told(folder, server, "job", **tokens)
    assert seen == JOB and [each["method"] for each in asked if each["method"] != "GET"] == ["POST", "POST", "DELETE", "DELETE"]

    senders = []
    made = [step(**each, senders=senders) for each in steps + more]
    wanted = steps_of_readme(tmp_path / "readme")
    assert len(wanted) > 25
    for number, (ours, readme) in enumerate(zip(made, wanted)):
        assert ours == readme, f"step {number} of the client's is not the README's"
    assert len(made) == len(wanted)


def test_a_wrong_name_does_not_compile(server, folder):
    """So that the compiler's silence above means something."""
    generate(server, folder)
    source = folder / "tour.ts"
    source.write_text(source.read_text().replace("quantity: 4000", "quantiti: 4000"))
    refused = subprocess.run([tool("node/node_modules/.bin/tsc"), "-p", "."], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert refused.returncode != 0 and "quantiti" in refused.stdout
