"""Starts the real program for the tests over HTTP and stops it again.

Fixtures:
  server        one service for all tests of a run, fresh data directory
  start         a factory: start("--private", "--loops", "1", data_dir=path) gives another Server
Helpers of Server: get, post, put, delete, request (a requests.Response each), raw (bytes in,
bytes out on a socket of its own), stop. Everything is stopped by SIGTERM and must exit with 0.
The program is $TALLYSTICK_BUILD/tallystick, build/release/tallystick by default. With TALLYSTICK_PROXY the requests of Server.request
go through a proxy that knows the contract (proxied.py).
"""

import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

import pytest

import proxied
import slim
from wire_support import PROBLEM, decoded, methods_of, reply_faults, split_replies

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 60
REPLY_SECONDS = 60
PROXIES = proxied.from_environment()


def pytest_configure(config):
    config.addinivalue_line("markers", "concurrent: has threads in it; runs under the thread sanitizer too")
    config.addinivalue_line("markers", "direct(reason): not through a proxy that holds requests against the contract (tests/tools/test_prism.py)")


def binary():
    build = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", ROOT / "build" / "release"))
    return str(build / "tallystick")


def environment():
    """The tests' own variables are not the program's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}


def run(*words, seconds=60):
    """Runs a sub-command to its end."""
    return subprocess.run([binary(), *words], env=environment(), capture_output=True, text=True,
                          timeout=seconds, check=False)


def key():
    """A fresh Idempotency-Key."""
    return str(uuid.uuid4())


TYPES_SEEN = set()  # of all problems that any test was answered with


def see_reply(status, headers, body, travelled=None):
    """Every reply to any test that asks by Server.request or Server.raw is looked at here: what each has, whatever was asked, and
    that a problem's type is of a code that has a page, the address that is asked for at the end."""
    headers = {name.lower(): value for name, value in headers.items()}
    faults = reply_faults(status, headers, body, travelled)
    assert not faults, (faults, status, headers, body[:2000])
    if headers.get("content-type") == PROBLEM and body:
        code = json.loads(body)["code"]
        assert (ROOT / "docs" / "errors" / f"{code}.md").is_file(), code
        TYPES_SEEN.add(f"/errors/{code}")


FIRST_START = {"--origin", "--node-key", "--sample"}  # options that only a first start reads


def begun(path, options=()):
    """A data directory as `init` leaves it, where tools/test.py has had one made: a copy of that, else what the start makes itself. Two
    services with one key and one history are the same to whoever looks at both, so a test has one copy at most."""
    made = os.environ.get("TALLYSTICK_BEGUN")
    if made and not os.path.exists(path) and not FIRST_START & set(options):
        shutil.copytree(made, path)
    return path


class Server:
    def __init__(self, data_dir, *options, env=None):
        self.data_dir = pathlib.Path(data_dir)
        self.log_path = self.data_dir.parent / (self.data_dir.name + ".log")
        self.session = slim.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Encoding"] = "identity"  # test_reads.py asks for the other coding
        self.exit_code = None
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binary(), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0", *options],
                env={**environment(), **(env or {})}, stdout=subprocess.PIPE, stderr=log)
        line = self._first_line()
        prefix = "listening on "
        if not line.startswith(prefix + "http://"):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no listening line but {line!r}; log:\n{self.log()[-4000:]}")
        self.url = line[len(prefix):].strip()
        self.port = int(self.url.rsplit(":", 1)[1])

    def _first_line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        return self.process.stdout.readline().decode() if ready else ""

    @property
    def token(self):
        """The administrator's."""
        return (self.data_dir / "admin.token").read_text().strip()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def request(self, method, path, token=None, headers=None, session=None, **more):
        """One request. token=True means the administrator's."""
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = "Bearer " + (self.token if token is True else token)
        more.setdefault("timeout", 60)
        session = session or self.session
        if PROXIES is None:
            response = session.request(method, self.url + path, headers=headers, **more)
        else:
            response = PROXIES.request(session, method, self.url + path, headers=headers, **more)
        if not more.get("stream"):
            if response.headers.get("Content-Encoding") == "zstd" and response.content:  # which requests leaves as it is
                response._content = decoded({"content-encoding": "zstd"}, response.content)
            see_reply(response.status_code, response.headers, response.content)
        return response

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def write(self, method, path, json=None, token=True, idempotency_key=None, headers=None, **more):
        """A change, with a fresh key unless one is given ("" sends none)."""
        headers = dict(headers or {})
        if idempotency_key is None:
            idempotency_key = key()
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if json is not None:
            more["json"] = json
        return self.request(method, path, token=token, headers=headers, **more)

    def post(self, path, json=None, **more):
        return self.write("POST", path, json, **more)

    def put(self, path, json=None, **more):
        return self.write("PUT", path, json, **more)

    def delete(self, path, **more):
        return self.write("DELETE", path, None, **more)

    def connect(self, seconds=10):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def raw(self, data, seconds=10):
        """Sends bytes and reads until the service closes, or has sent nothing for so long behind a whole reply, for which
        a slow machine may take its time. Returns (bytes, whether it was closed)."""
        if isinstance(data, str):
            data = data.encode("latin-1")
        received = b""
        with self.connect(REPLY_SECONDS) as connection:
            try:
                connection.sendall(data)
            except OSError:
                pass  # refused while still sending: the reply may have come all the same
            deadline = time.monotonic() + REPLY_SECONDS + seconds
            is_closed = False
            connection.settimeout(seconds)
            while not is_closed and time.monotonic() < deadline:
                try:
                    piece = connection.recv(65536)
                except socket.timeout:
                    if split_replies(received, methods_of(data))[0]:
                        break
                    continue
                except OSError:
                    break
                is_closed = not piece
                received += piece
        for status, headers, body in split_replies(received, methods_of(data))[0]:
            see_reply(status, headers, decoded(headers, body), body)
        return received, is_closed

    def stop(self, seconds=STOP_SECONDS):
        """SIGTERM; returns the exit code."""
        if self.exit_code is None:
            self.session.close()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.exit_code = self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                self.exit_code = -9
            self.process.stdout.close()
        return self.exit_code

    def kill(self):
        """kill -9, as a loss of the process."""
        self.session.close()
        self.process.kill()
        self.exit_code = self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def start():
    servers = []
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        def starter(*options, data_dir=None):
            directory = data_dir if data_dir is not None else os.path.join(scratch, f"data{len(servers)}")
            started = Server(begun(directory, options) if not servers and data_dir is None else directory, *options)
            servers.append(started)
            return started
        try:
            yield starter
        finally:
            codes = [started.stop() for started in servers if started.exit_code is None]
        assert codes == [0] * len(codes), "\n".join(started.log()[-3000:] for started in servers)


@pytest.fixture(scope="session")
def server():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        yield started
        lost = [address for address in sorted(TYPES_SEEN) if started.get(address).status_code != 200]
        code = started.stop()
        assert not lost, lost
        assert code == 0, f"exit code {code}; log:\n{started.log()[-4000:]}"
