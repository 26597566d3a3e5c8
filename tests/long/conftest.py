"""The long tests repeat what tests/http and tests/fault do in small."""

import importlib.util
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "http"), str(TESTS / "fault")]

spec = importlib.util.spec_from_file_location("conftest_http", TESTS / "http" / "conftest.py")
http = importlib.util.module_from_spec(spec)
spec.loader.exec_module(http)

pytest_configure = http.pytest_configure
ROOT, Server, binary, environment, key, run = http.ROOT, http.Server, http.binary, http.environment, http.key, http.run
server, start = http.server, http.start
