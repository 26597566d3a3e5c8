"""The script that every change must pass counts a step that says nothing as failed."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS = 5


def ran(tmp_path, make):
    """.ci/run with a make of our own."""
    fake = tmp_path / "make"
    fake.write_text(f"#!/bin/sh\n{make}\n")
    fake.chmod(0o755)
    return subprocess.run([ROOT / ".ci" / "run"], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CI_LOGS": str(tmp_path / "logs")})


@pytest.mark.parametrize("make, last, code", [
    ("echo 3 passed, 0 failed", f"{3 * STEPS} passed, 0 failed", 0),
    ("true", f"0 passed, {STEPS} failed", 1),  # ended well and counted nothing
    ("false", f"0 passed, {STEPS} failed", 1),
    ("echo 3 passed, 0 failed; false", f"{3 * STEPS} passed, {STEPS} failed", 1),
    ("echo 3 passed, 2 failed; false", f"{3 * STEPS} passed, {2 * STEPS} failed", 1),
    ('case "$*" in *lint) ;; *) echo 3 passed, 0 failed;; esac', f"{3 * (STEPS - 1)} passed, 1 failed", 1)])
def test_sums(tmp_path, make, last, code):
    done = ran(tmp_path, make)
    assert (done.stdout.splitlines()[-1], done.returncode) == (last, code), done.stdout


SKIPS = """case "$*" in
*test-tools) echo "  skipped 14: offline: no npm"; echo "  skipped 2: absent: no go here"; echo "16 skipped"; echo "due: $TALLYSTICK_TOOLS_DUE";;
*) echo "  skipped 3: of another step";;
esac
echo 3 passed, 0 failed"""


def test_what_the_tools_did_not_prove_is_told_at_the_end(tmp_path):
    done = ran(tmp_path, SKIPS)
    lines = done.stdout.splitlines()
    assert lines[-5].startswith("== test-tools: 16 skipped, ") and lines[-4:-2] == ["  skipped 14: offline: no npm", "  skipped 2: absent: no go here"]
    assert lines[-1] == f"{3 * STEPS} passed, 0 failed" and done.returncode == 0
    assert "due: 1" in lines  # a missing tool whose registry answers fails
    silent = ran(tmp_path, "echo 3 passed, 0 failed").stdout
    assert "not proved" not in silent


def fetched(tmp_path, npm, *commands):
    """What tools/validators.sh says of the tools of npm, with an npm of our own and nothing else of the machine but what it needs: (what its
    .missing says, whether the tools are there)."""
    path = tmp_path / "path"
    path.mkdir()
    for name in ("sh", "env", "mkdir", "cp", "rm", "cat", "tail", "timeout", "cmp", "grep", *commands):
        (path / name).symlink_to(shutil.which(name))
    if npm is not None:
        (path / "npm").write_text(f"#!/bin/sh\necho npm $* >>{tmp_path}/asked\n{npm}\n")
        (path / "npm").chmod(0o755)
    done = subprocess.run(["/bin/sh", "tools/validators.sh", str(tmp_path / "tools"), "node"], cwd=ROOT, capture_output=True, text=True,
                          check=False, timeout=60, env={"PATH": str(path)})
    note = tmp_path / "tools" / "node.missing"
    found = note.read_text() if note.exists() else None
    assert found is None or found.strip() in done.stderr, done.stderr
    return found, (tmp_path / "tools" / "node").exists()


INSTALLED = 'case "$1" in install) mkdir node_modules;; esac'


@pytest.mark.parametrize("npm, word, tries", [
    (INSTALLED, None, 1),
    ('exit 1', "offline", 1),  # neither brings what is wanted nor answers
    ('case "$1" in install) exit 1;; esac', "failed", 2),
    ('case "$1" in install) echo npm ERR! code EBADENGINE; exit 1;; esac', "absent", 1),
    ('case "$1" in install) [ -f ../once ] || { : >../once; exit 1; }; mkdir node_modules;; esac', None, 2),  # a registry that failed once
    (None, "absent", 0)])
def test_why_a_tool_is_missing(tmp_path, npm, word, tries):
    note, is_there = fetched(tmp_path, npm)
    assert is_there == (word is None) and (note is None if word is None else note.startswith(word + ": ")), note
    asked = (tmp_path / "asked").read_text().splitlines() if tries else []
    assert len([line for line in asked if line.startswith("npm install ")]) == tries


@pytest.mark.parametrize("note, is_due, is_failure", [
    ("failed: the node tools could not be fetched, though their registry answered", True, True),
    ("failed: the node tools could not be fetched, though their registry answered", False, False),
    ("offline: nobody answered", True, False), ("absent: no npm here", True, False), (None, True, True), (None, False, False)])
def test_a_missing_tool_fails_where_it_is_due(tmp_path, monkeypatch, note, is_due, is_failure):
    spec = importlib.util.spec_from_file_location("conftest_tools", ROOT / "tests" / "tools" / "conftest.py")
    tools = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec.loader.exec_module(tools)
    monkeypatch.setattr(tools, "TOOLS", tmp_path)
    monkeypatch.delenv("TALLYSTICK_TOOLS_DUE", raising=False)
    if is_due:
        monkeypatch.setenv("TALLYSTICK_TOOLS_DUE", "1")
    if note is not None:
        (tmp_path / "node.missing").write_text(note + "\n")
    with pytest.raises(pytest.fail.Exception if is_failure else pytest.skip.Exception) as ended:
        tools.tool("node/node_modules/.bin/tsc")
    assert note is None or note in str(ended.value)
    (tmp_path / "go").mkdir()
    (tmp_path / "go" / "verify-note").touch()
    assert tools.tool("go/verify-note") == str(tmp_path / "go" / "verify-note")
