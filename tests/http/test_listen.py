"""Where the service listens: several addresses at once, unix sockets, sockets that a service manager hands over."""

import http.client
import json
import os
import pathlib
import select
import signal
import socket
import stat
import subprocess
import sys

import pytest

import test_jobs
from conftest import START_SECONDS, begun, binary, environment, run

LAUNCHER = """import os, sys
names, program = sys.argv[1], sys.argv[2:]
os.environ.update(LISTEN_PID=str(os.getpid()) if names != "another" else "1", LISTEN_FDS=sys.argv[1].count(":") and "2" or "1")
os.environ["LISTEN_FDNAMES"] = names
os.execv(program[0], program)
"""


class OverUnix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(path, target="/provinces/CN-HB"):
    connection = OverUnix(path)
    connection.request("GET", target)
    reply = connection.getresponse()
    found = reply.status, json.loads(reply.read() or b"null")
    connection.close()
    return found


class Launched:
    """A process whose standard output says where it listens; ended by SIGTERM."""

    def __init__(self, words, log, **more):
        with open(log, "ab") as file:
            self.process = subprocess.Popen(words, bufsize=0, stdout=subprocess.PIPE, stderr=file,
                                            **{"env": environment(), **more})
        self.log = pathlib.Path(log)

    def lines(self, count):
        found = []
        for _ in range(count):
            ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
            assert ready, self.log.read_text()
            line = self.process.stdout.readline().decode()
            assert line.startswith("listening on "), (line, self.log.read_text())
            found.append(line.removeprefix("listening on ").strip())
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        assert code in (0, -9), self.log.read_text()


def serve(tmp_path, *options, name="data", **more):
    data_dir = begun(tmp_path / name, options) if name == "data" else tmp_path / name
    return Launched([binary(), "serve", "--data-dir", str(data_dir), *options], tmp_path / f"{name}.log", **more)


@pytest.mark.concurrent
def test_several_addresses_at_once(tmp_path):
    path = tmp_path / "a.sock"
    with serve(tmp_path, "--listen", f"127.0.0.1:0,unix:{path}", "--listen", "127.0.0.1:0", "--connections-per-address", "2") as service:
        first, second, third = service.lines(3)
        assert second == f"unix:{path}" and first.startswith("http://127.0.0.1:") and third.startswith("http://127.0.0.1:") and first != third
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
        held = [OverUnix(path) for _ in range(5)]  # no limit per address where all have the same; over TCP the first may not be gone yet when the second comes
        for connection in held:
            connection.request("GET", "/provinces?limit=1")
        for connection in held:
            reply = connection.getresponse()
            assert reply.status == 200 and b'"items"' in reply.read()
            assert 'rel="next"' in reply.headers["Link"] and "http://localhost/" in reply.headers["Link"]
            connection.close()
        for url in (first, third):
            port = int(url.rsplit(":", 1)[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/provinces/CN-HB", headers={"Connection": "close"})
            reply = connection.getresponse()
            assert reply.status == 200 and json.loads(reply.read()) == get(path)[1]
            connection.close()
    log = service.log.read_text()
    assert not path.exists() and "remote=unix" in log and f'address="unix:{path}"' in log


@pytest.mark.concurrent
def test_a_gateway_says_what_scheme_was_asked_for(tmp_path):
    """RFC 9110, 7.4: who comes by a unix socket is a trusted gateway, which may have ended TLS."""
    path = tmp_path / "a.sock"
    with serve(tmp_path, "--listen", f"unix:{path}") as service:
        service.lines(1)
        for scheme in ("https", "http", "https"):
            connection = OverUnix(path)
            connection.request("GET", f"{scheme}://relief.example/provinces?limit=1", headers={"Host": "inner"})
            reply = connection.getresponse()
            assert reply.status == 200 and reply.headers["Link"].startswith(f"<{scheme}://relief.example/provinces?")
            connection.close()


@pytest.mark.concurrent
def test_bodies_and_ends_over_a_unix_socket(tmp_path):
    path = tmp_path / "a.sock"
    with serve(tmp_path, "--listen", f"unix:{path}", "--unix-mode", "600", "--request-timeout", "1") as service:
        service.lines(1)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        token = (tmp_path / "data" / "admin.token").read_text().strip()
        connection = OverUnix(path)
        for number in range(3):
            body = json.dumps({"name": "Depot", "kind": "red-cross", "province": "CN-GD"})
            connection.request("PUT", f"/organisations/O{number}", body, {"Authorization": f"Bearer {token}",
                               "Content-Type": "application/json", "Idempotency-Key": str(number)})
            reply = connection.getresponse()
            assert reply.status == 201, reply.read()
            reply.read()
        connection.close()
        with socket.socket(socket.AF_UNIX) as raw:  # all is said, then the answer is waited for
            raw.connect(str(path))
            raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            raw.shutdown(socket.SHUT_WR)
            assert raw.recv(100).startswith(b"HTTP/1.1 200 ")
        with socket.socket(socket.AF_UNIX) as raw:  # a slow body is cut
            raw.settimeout(20)
            raw.connect(str(path))
            raw.sendall(f"PUT /organisations/X HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: x\r\n"
                        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.concurrent
def test_a_client_of_a_unix_socket_that_leaves_frees_the_thread(tmp_path):
    path = tmp_path / "a.sock"
    with serve(tmp_path, "--listen", f"unix:{path}", "--job-threads", "1", "--job-seconds", "600",
               "--async-after", "60") as service:
        service.lines(1)
        with socket.socket(socket.AF_UNIX) as left, socket.socket(socket.AF_UNIX) as half:
            for raw, body in ((left, test_jobs.BODY), (half, test_jobs.heavy(test_jobs.MANY))):
                raw.settimeout(60)
                raw.connect(str(path))
                raw.sendall(test_jobs.request_of(body))
            half.shutdown(socket.SHUT_WR)  # it wants its answer, and gets it once the other has gone
            left.close()
            status, body = test_jobs.final(test_jobs.read_all(half))
            assert status == 200 and len(json.loads(body)["results"]) == test_jobs.MANY
    assert service.log.read_text().count("status=0") == 1


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path):
    path = tmp_path / "a.sock"
    first = serve(tmp_path, "--listen", f"unix:{path}")
    first.lines(1)
    refused = run("serve", "--data-dir", str(tmp_path / "other"), "--listen", f"unix:{path}")
    assert refused.returncode == 1 and "in use" in refused.stderr and get(path)[0] == 200
    first.process.kill()
    first.process.wait()
    first.process.stdout.close()
    assert path.exists()
    with serve(tmp_path, "--listen", f"unix:{path}", name="second") as second:
        second.lines(1)
        assert get(path)[0] == 200
        path.unlink()  # somebody else's now: it is left alone at the end
        path.write_text("mine")
    assert path.read_text() == "mine"
    refused = run("serve", "--data-dir", str(tmp_path / "other"), "--listen", f"unix:{path}")
    assert refused.returncode == 1 and "exists" in refused.stderr and path.read_text() == "mine"


@pytest.mark.parametrize("address", ["unix:", "unix:/" + "x" * 200, "127.0.0.1:0,", "127.0.0.1:0,,127.0.0.1:0", "unix"])
def test_what_is_no_address(tmp_path, address):
    refused = run("serve", "--data-dir", str(tmp_path / "data"), "--listen", address)
    assert refused.returncode == 2 and "takes HOST:PORT" in refused.stderr and not (tmp_path / "data").exists()


@pytest.mark.parametrize("mode", ["", "66", "0888", "07777", "rw"])
def test_what_is_no_mode(tmp_path, mode):
    refused = run("serve", "--data-dir", str(tmp_path / "data"), "--unix-mode", mode)
    assert refused.returncode == 2 and "--unix-mode" in refused.stderr


def launch(tmp_path, names, sockets, *options, env=None):
    """Starts the program as systemd does: the sockets as descriptors from 3 on, their names in the environment."""
    def place():
        copies = [os.dup(fd) if fd < 10 else fd for fd in [one.fileno() for one in sockets]]
        spare = [os.dup2(fd, 100 + i) for i, fd in enumerate(copies)]
        for i, fd in enumerate(spare):
            os.dup2(fd, 3 + i, inheritable=True)

    words = [sys.executable, "-c", LAUNCHER, names, binary(), "serve", "--data-dir", str(tmp_path / "data"), *options]
    return Launched(words, tmp_path / "data.log", preexec_fn=place, close_fds=False, env=env or environment())


def listening(tmp_path):
    over_tcp = socket.create_server(("127.0.0.1", 0))
    over_unix = socket.socket(socket.AF_UNIX)
    over_unix.bind(str(tmp_path / "given.sock"))
    over_unix.listen()
    return over_tcp, over_unix


def told(channel):
    channel.settimeout(60)
    return channel.recv(1000).decode()


def test_sockets_of_a_service_manager(tmp_path):
    over_tcp, over_unix = listening(tmp_path)
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(str(tmp_path / "notify"))
    url = f"http://127.0.0.1:{over_tcp.getsockname()[1]}"
    with over_tcp, over_unix, channel:
        with launch(tmp_path, "web:local", [over_tcp, over_unix], env={**environment(), "NOTIFY_SOCKET": str(tmp_path / "notify")}) as service:
            assert service.lines(2) == [url, f"unix:{tmp_path / 'given.sock'}"]
            assert told(channel) == "READY=1"
            assert get(tmp_path / "given.sock")[0] == 200
            done = subprocess.run(["curl", "-sS", f"{url}/healthz"], capture_output=True, text=True, check=True, env=environment())
            assert '"status"' in done.stdout
        assert told(channel) == "STOPPING=1"
    assert (tmp_path / "given.sock").exists()  # whoever made it removes it
    log = service.log.read_text()
    assert "inherited=yes" in log and 'name="web"' in log and 'name="local"' in log


def test_ready_is_said_to_an_abstract_name(tmp_path):
    name = f"tallystick-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name)
        with serve(tmp_path, "--listen", "127.0.0.1:0", env={**environment(), "NOTIFY_SOCKET": "@" + name}):
            assert told(channel) == "READY=1"


def test_listen_beside_what_was_handed_over(tmp_path):
    over_tcp, over_unix = listening(tmp_path)
    with over_tcp, over_unix, launch(tmp_path, "web", [over_tcp], "--listen", f"unix:{tmp_path / 'own.sock'}") as service:
        assert len(service.lines(2)) == 2 and get(tmp_path / "own.sock")[0] == 200
        assert get(tmp_path / "own.sock", "/nowhere")[0] == 404


def test_words_for_another_process_are_not_ours(tmp_path):
    over_tcp, over_unix = listening(tmp_path)
    with over_tcp, over_unix, launch(tmp_path, "another", [over_tcp], "--listen", f"unix:{tmp_path / 'own.sock'}") as service:
        assert service.lines(1) == [f"unix:{tmp_path / 'own.sock'}"]
    assert "inherited" not in service.log.read_text()


def test_a_descriptor_that_does_not_listen_is_refused(tmp_path):
    with socket.socket() as idle:
        service = launch(tmp_path, "web", [idle])
        assert service.process.wait(timeout=60) == 1 and "is no stream socket that listens" in service.log.read_text()
        service.process.stdout.close()
