"""Prism as a proxy in front of the real program, with the whole session of the contract through it: it holds every request and every
answer against openapi.json by code that is not ours, and answers itself where one does not fit (prism proxy --errors)."""

import collections
import json
import socket
import subprocess
import time

import pytest
import requests

import contract_session  # of tests/http
from conftest import ROOT, http, tool


START_SECONDS = 90
OF_PRISM = "https://stoplight.io/prism/errors#"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Proxy(http.Server):
    """What contract_session.play asks: each request goes through the proxy. Where Prism itself refuses it, it goes to the program as well, which
    must refuse it too. What cannot pass Prism goes to the program alone: JSON that is none, on which Prism hangs, a stream, bodies of other
    kinds and answers in YAML, which it would hold against the schema without having read them, and signed commands, which have in their
    payload the key that is a header of all others, as OpenAPI cannot say."""

    def __init__(self, server, port):  # nothing is started
        self.server, self.data_dir = server, server.data_dir
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Encoding"] = "identity"
        self.url = f"http://127.0.0.1:{port}"
        self.counts = collections.Counter()
        self.faults = []

    def send(self, base, method, path, headers, more):
        return self.session.request(method, base + path, headers=headers, timeout=60, **more)

    def request(self, method, path, token=None, headers=None, session=None, **more):
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = "Bearer " + (self.token if token is True else token)
        if not passes(path, headers, more):
            self.counts["not for Prism"] += 1
            return self.send(self.server.url, method, path, headers, more)
        reply = self.send(self.url, method, path, headers, more)
        kind = kind_of(reply)
        if kind is None:
            self.counts["passed"] += 1
            return reply
        direct = self.send(self.server.url, method, path, headers, more)
        self.counts[kind] += 1
        if kind == "VIOLATIONS" or direct.status_code < 400:
            self.faults.append(f"{method} {path} ({direct.status_code}): {reply.text[:1500]}")
        return direct


def passes(path, headers, more):
    data = more.get("data")
    if path.startswith("/openapi.yaml") or "jws" in (more.get("json") or {}):
        return False
    if data is None:
        return "application/x-ndjson" not in headers.get("Accept", "") and "event-stream" not in headers.get("Accept", "")
    if "json" not in headers.get("Content-Type", ""):
        return False
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def kind_of(reply):
    """What Prism says of itself: UNPROCESSABLE_ENTITY and the like of a request, VIOLATIONS of an answer; None: the answer is the program's."""
    try:
        said = reply.json().get("type", "")
    except (ValueError, AttributeError):
        return None
    return said.removeprefix(OF_PRISM) if isinstance(said, str) and said.startswith(OF_PRISM) else None


@pytest.fixture
def proxy(server, tmp_path):
    port = free_port()
    log = tmp_path / "prism.log"
    with open(log, "wb") as out:
        process = subprocess.Popen([tool("node/node_modules/.bin/prism"), "proxy", str(ROOT / "openapi.json"), server.url, "--port", str(port), "--errors"],
                                   stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while b"is listening" not in log.read_bytes():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.1)
        yield Proxy(server, port)
    finally:
        process.terminate()
        process.wait(30)


def test_prism_finds_no_fault(proxy):
    names = []
    contract_session.play(proxy, lambda name, response: names.append(name))
    assert not proxy.faults, f"{len(proxy.faults)} of {len(names)}\n" + "\n".join(proxy.faults[:40])
    assert len(names) <= sum(proxy.counts.values())
    assert proxy.counts["passed"] > len(names) / 2 and proxy.counts["UNPROCESSABLE_ENTITY"] > 50, proxy.counts
