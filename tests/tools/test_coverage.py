"""Schemathesis' phase coverage: of each parameter and member the values at its bounds, beyond them, left out, doubled and of other types, each alone,
and each method that a path does not have. All operations take many minutes of a processor: make test takes some of each kind, with TALLYSTICK_LONG
(make test-long) it is all of them."""

import os
import re

import pytest
import yaml

import contract_session  # of tests/http
from conftest import ROOT, http
from schemathesis_run import run_schemathesis

METHODS = {"get", "put", "post", "delete", "patch"}
SOME = ["getIndex", "getConfig", "listErrors", "putProvince", "getOrganisation", "listSites", "putItem", "addOrganisationKey", "createSupply", "adjustSupply",
        "receiveTransfer", "listMovements", "getNewestCheckpoint", "getProof", "addCosignatures", "getJob", "cancelJob"]


def operations():
    """(tag, id) of each."""
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    return [(operation["tags"][0], operation["operationId"]) for path in paths.values() for method, operation in path.items() if method in METHODS]


def parts():
    found = {}
    for tag, name in operations():
        if os.environ.get("TALLYSTICK_LONG"):
            found.setdefault(tag, []).append(name)
        elif name in SOME:
            found.setdefault("some", []).append(name)
    return found


PARTS = parts()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With the state that the contract's examples have names of."""
    served = http.Server(str(tmp_path_factory.mktemp("coverage") / "data"))
    contract_session.play(served, lambda *_: None)
    yield served
    assert served.stop() == 0, served.log()[-4000:]


@pytest.mark.parametrize("part", PARTS)
def test_program_keeps_the_contract_at_every_bound(server, tmp_path, part):
    chosen = [word for name in PARTS[part] for word in ("--include-operation-id", name)]
    said = run_schemathesis(server.url, server.token, tmp_path, "--phases", "coverage", "--continue-on-failure", *chosen, seconds=3600)
    tested = re.search(r"Selected: (\d+)", said)
    assert tested is None or int(tested.group(1)) == len(PARTS[part]), said[-3000:]


def test_the_parts_are_whole():
    chosen = sorted(name for names in PARTS.values() for name in names)
    assert chosen == sorted({name for _, name in operations()} if os.environ.get("TALLYSTICK_LONG") else SOME)
