"""Prism as a proxy before a part of the tests of tests/http (prism proxy --errors): it holds every request that they make by Server.request, and every
answer that they get, against openapi.json, by code that is not ours. tests/http/proxied.py says how a test gets the program's own answer all the same."""

import collections
import concurrent.futures
import json
import os
import re
import select
import socket
import socketserver
import subprocess
import sys
import threading
import time

import pytest

from conftest import HTTP, ROOT, tool

START_SECONDS = 300  # of processors that others use as well
SUITE_SECONDS = 1200
SUITES = ["test_ledger_export.py", "test_pictures.py", "test_signed.py", "test_supplies.py"]
if os.environ.get("TALLYSTICK_LONG"):  # minutes
    SUITES += ["test_density.py", "test_density_depth.py", "test_efficiency.py", "test_reference.py", "test_tags.py", "test_transfers.py"]


class Dispatch(socketserver.BaseRequestHandler):
    """Hands a request to the process that waits for it, by the port in its ticket, and the answer back."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.request.recv(65536)
            if not piece:
                return
            head += piece
        port = int(re.search(rb"\r\nx-ticket: (\d+)-", head, re.I).group(1))
        with socket.create_connection(("127.0.0.1", port)) as process:
            process.sendall(head)
            ways = {self.request: process, process: self.request}
            while process in ways:
                for source in select.select(list(ways), [], [])[0]:
                    data = source.recv(65536)
                    if data:
                        ways[source].sendall(data)
                    else:
                        del ways[source]


class Dispatcher(socketserver.ThreadingTCPServer):
    """The upstream of the proxies."""
    daemon_threads, request_queue_size = True, 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Dispatch)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Prism:
    def __init__(self, log, upstream, *options):
        self.log, self.port = log, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with open(log, "wb") as out:
            self.process = subprocess.Popen([tool("node/node_modules/.bin/prism"), "proxy", str(ROOT / "openapi.json"), f"http://127.0.0.1:{upstream}",
                                             "--port", str(self.port), "--errors", "--cors", "false", "--verboseLevel", "fatal", *options],
                                            stdout=out, stderr=subprocess.STDOUT)

    def wait(self):
        """Until it listens."""
        deadline = time.monotonic() + START_SECONDS
        with socket.socket() as connection:
            while connection.connect_ex(("127.0.0.1", self.port)) != 0:
                assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text(encoding="utf-8")[-2000:]
                time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Run:
    """Suites, some beside each other, each by a pytest of its own, with proxies that they share."""

    def __init__(self, directory, names):
        self.directory = directory
        self.dispatcher = Dispatcher()
        self.proxies = [Prism(directory / "strict.log", self.dispatcher.port),
                        Prism(directory / "lenient.log", self.dispatcher.port, "--validate-request", "false")]
        self.environment = {**os.environ, "TALLYSTICK_PROXY": " ".join(proxy.url for proxy in self.proxies)}
        for proxy in self.proxies:
            proxy.wait()
        self.pool = concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 1)
        largest_first = sorted(names, key=lambda name: (HTTP / name).stat().st_size, reverse=True)
        self.running = {name: self.pool.submit(self.run, name) for name in largest_first}

    def run(self, name):
        """(exit code, what pytest says, what the proxies said)"""
        report = self.directory / f"{name}.json"
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not direct", f"tests/http/{name}"], cwd=ROOT,
                              env={**self.environment, "TALLYSTICK_PROXY_REPORT": str(report)}, capture_output=True, text=True, timeout=SUITE_SECONDS, check=False)
        return done.returncode, done.stdout[-6000:] + done.stderr[-2000:], json.loads(report.read_text(encoding="utf-8"))

    def stop(self):
        self.pool.shutdown(cancel_futures=True)
        for proxy in self.proxies:
            proxy.stop()
        self.dispatcher.shutdown()
        self.dispatcher.server_close()


@pytest.fixture(scope="module")
def suites(request, tmp_path_factory):
    names = {item.callspec.params["name"] for item in request.session.items if hasattr(item, "callspec")}  # that were asked for
    begun = Run(tmp_path_factory.mktemp("prism"), names)
    yield begun.running
    begun.stop()


@pytest.mark.parametrize("name", SUITES)
def test_prism_finds_no_fault(suites, name):
    code, said, report = suites[name].result()
    print(report["counts"])
    assert not report["faults"], f"{len(report['faults'])} faults\n" + "\n".join(report["faults"][:40])
    assert code in (0, 5), said  # 5: every test of it is direct


def test_most_requests_went_through(suites):
    """So that the silence above means something."""
    counts = collections.Counter()
    for run in suites.values():
        counts.update(run.result()[2]["counts"])
    print(dict(counts))
    assert counts["passed"] > 0.7 * sum(counts.values()) and counts["UNPROCESSABLE_ENTITY"] > 60, counts
