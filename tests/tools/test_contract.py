"""The contract and the program, judged by tools that others wrote."""

import os
import subprocess

from conftest import ROOT, tool
from schemathesis_run import run_schemathesis


def run(command, seconds, directory=ROOT, environment=None):
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_contract_is_valid_openapi():
    run([tool("python/bin/openapi-spec-validator"), "openapi.yaml"], 120)


REDOCLY = """extends: [recommended-strict]
rules:
  no-invalid-media-type-examples: error
  no-invalid-parameter-examples: error
  no-invalid-schema-examples: error
  no-unused-components: error
  operation-4xx-problem-details-rfc7807: error
"""


def redocly(tmp_path, contract):
    config = tmp_path / "redocly.yaml"
    config.write_text(REDOCLY)
    return [tool("node/node_modules/.bin/redocly"), "lint", "--config", str(config), str(contract)]


def test_contract_passes_redocly(tmp_path):
    """Redocly's recommended rules, warnings as errors; examples against their schemas; each 4xx a problem document."""
    run(redocly(tmp_path, "openapi.yaml"), 120)


def test_redocly_sees_a_refusal_that_is_no_problem_document(tmp_path):
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    head, responses = text.split("\n  responses:\n", 1)
    spoilt = tmp_path / "openapi.yaml"
    spoilt.write_text(head + "\n  responses:\n" + responses.replace("application/problem+json", "application/json", 1), encoding="utf-8")
    done = subprocess.run(redocly(tmp_path, spoilt), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0 and "operation-4xx-problem-details-rfc7807" in done.stdout + done.stderr


def test_contract_passes_spectral(tmp_path):
    """Spectral's rules for OpenAPI, warnings as errors."""
    rules = tmp_path / "spectral.yaml"
    rules.write_text('extends: ["spectral:oas"]\n')
    run([tool("node/node_modules/.bin/spectral"), "lint", "--ruleset", str(rules), "--fail-severity", "warn", "openapi.yaml"], 120)


def test_served_contract_is_the_file(server):
    """Both served forms say the same, and are what the tools above have read."""
    program = ("import json, sys, urllib.request, yaml\n"
               "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
               "texts = [opener.open(sys.argv[1] + '/openapi.' + kind).read() for kind in ('json', 'yaml')]\n"
               "assert json.loads(texts[0]) == json.loads(json.dumps(yaml.safe_load(texts[1]), default=str))\n"
               "assert texts[1] == open('openapi.yaml', 'rb').read()\n")
    run(["/usr/bin/python3", "-c", program, server.url], 60)


def test_program_keeps_the_contract(server, tmp_path):
    """Schemathesis: requests of the contract's examples, drawn ones, and those that its links lead to. Few, to keep it short; test_coverage.py has its other phase."""
    run_schemathesis(server.url, server.token, tmp_path, "--phases", "examples,fuzzing,stateful", "--max-examples", os.environ.get("TALLYSTICK_EXAMPLES", "15"))
