"""The fixtures of tests/http, for crowds of clients."""

import importlib.util
import pathlib
import sys

HTTP = pathlib.Path(__file__).resolve().parents[1] / "http"
sys.path.insert(0, str(HTTP))  # world.py, model.py

spec = importlib.util.spec_from_file_location("conftest_http", HTTP / "conftest.py")
http = importlib.util.module_from_spec(spec)
spec.loader.exec_module(http)

pytest_configure = http.pytest_configure
ROOT, Server, binary, environment, key, run = http.ROOT, http.Server, http.binary, http.environment, http.key, http.run
server, start = http.server, http.start
