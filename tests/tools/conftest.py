"""What the tests with foreign tools share: where the tools are, and a server to point them at."""

import importlib.util
import os
import pathlib
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HTTP = ROOT / "tests" / "http"
sys.path.insert(0, str(HTTP))  # contract_session.py

spec = importlib.util.spec_from_file_location("conftest_http", HTTP / "conftest.py")
http = importlib.util.module_from_spec(spec)
spec.loader.exec_module(http)
key, run, environment = http.key, http.run, http.environment
TOOLS = ROOT / "build" / "validators"


def missing(kind):
    """Skips the test whose tools are not here (TOOLS/KIND.missing says why, tools/validators.sh), or fails it where they are due
    (TALLYSTICK_TOOLS_DUE, .ci/run) and it was neither for want of a network nor of what fetches them."""
    note = TOOLS / f"{kind}.missing"
    why = note.read_text(encoding="utf-8").strip() if note.exists() else f"failed: nothing says why the {kind} tools are not here"
    if os.environ.get("TALLYSTICK_TOOLS_DUE") and not why.startswith(("absent:", "offline:")):
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def tool(path):
    """The path of a fetched tool, whose kind the path begins with; the test is skipped where it could not be had."""
    found = TOOLS / path
    if not found.exists():
        missing(path.partition("/")[0])
    return str(found)


def binary():
    return str(pathlib.Path(os.environ.get("TALLYSTICK_BUILD", ROOT / "build" / "release")) / "tallystick")


def without_ours():
    """The environment without names of ours: those that the program does not know stop its start, and they are the tests'."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}


class Server:
    """The real binary on a port of its own, with a fresh data directory."""

    def __init__(self, directory):
        self.log = open(directory / "serve.log", "wb")
        self.process = subprocess.Popen(
            [binary(), "serve", "--data-dir", str(directory / "data"), "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=without_ours())
        line = self.process.stdout.readline().strip()
        assert line.startswith("listening on http://"), (directory / "serve.log").read_text()
        self.data_dir = directory / "data"
        self.url = line.removeprefix("listening on ")
        self.token = (directory / "data" / "admin.token").read_text().strip()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            self.log.close()


@pytest.fixture
def server(tmp_path):
    served = Server(tmp_path)
    yield served
    assert served.stop() == 0, (tmp_path / "serve.log").read_text()[-4000:]
