"""How Schemathesis is run here."""

import os
import pathlib
import subprocess

from conftest import tool

HERE = pathlib.Path(__file__).parent


def run_schemathesis(url, token, directory, *options, seconds=900):
    """By all of its checks, with data that fits the contract and data that does not; every answer must be one that the contract describes. A
    fixed seed keeps it repeatable; TALLYSTICK_SEED tries another one. What it says."""
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run([tool("python/bin/schemathesis"), "--config-file", str(HERE / "schemathesis.toml"), "run", f"{url}/openapi.json",
                           "--header", f"Authorization: Bearer {token}", "--checks", "all", "--mode", "all", "--seed", os.environ.get("TALLYSTICK_SEED", "1"),
                           "--request-timeout", "30", "--workers", "1", "--no-color", *options],
                          cwd=directory, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout
