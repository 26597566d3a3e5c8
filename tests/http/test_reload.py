"""SIGHUP: what changes at once, what needs a restart, and that a mistake changes nothing."""

import signal
import socket
import ssl
import subprocess
import time

import pytest
import requests

from conftest import environment, run
from test_listen import serve
from test_tls import make_certificate
from world import until

pytestmark = pytest.mark.concurrent

ORIGIN = "https://dashboard.example.org"


class Service:
    def __init__(self, tmp_path, text, *options, env=None):
        self.folder, self.file = tmp_path, tmp_path / "settings"
        self.file.write_text(text)
        self.process = serve(tmp_path, "--listen", "127.0.0.1:0", "--config", str(self.file), *options, env=env or environment())
        self.url = self.process.lines(1)[0]
        self.port = int(self.url.rsplit(":", 1)[1])

    def log(self):
        return self.process.log.read_text()

    def reload(self, text=None):
        """Returns what the log says of it."""
        if text is not None:
            self.file.write_text(text)
        before = len(self.log())
        self.process.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            said = [line for line in self.log()[before:].splitlines() if "event=reload" in line]
            if any("certificate=" in line or "changed=no error=" in line for line in said):
                return "\n".join(said)
            time.sleep(0.05)
        raise AssertionError(self.log())

    def get(self, path, **more):
        return requests.get(self.url + path, timeout=30, **more)

    def config(self):
        token = (self.folder / "data" / "admin.token").read_text().strip()
        reply = self.get("/config", headers={"Authorization": f"Bearer {token}"})
        return {option["name"]: (option["value"], option["source"]) for option in reply.json()["options"]}


@pytest.fixture
def begin(tmp_path):
    started = []

    def starter(text="", *options, **more):
        service = Service(tmp_path, text, *options, **more)
        started.append(service)
        return service

    yield starter
    for service in started:
        service.process.__exit__()


def test_the_file_counts_least(begin):
    service = begin("# remark\n\nTALLYSTICK_JOB_SECONDS=11\n  TALLYSTICK_QUEUE_LENGTH = 5 \n".replace(" = ", "=") +
                    "TALLYSTICK_LOOPS=\"3\"\nTALLYSTICK_HEADER_TIMEOUT='7'\r\n", "--loops", "2",
                    env={**environment(), "TALLYSTICK_QUEUE_LENGTH": "6"})
    found = service.config()
    assert found["job-seconds"] == (11, "file") and found["header-timeout"] == (7, "file")
    assert found["queue-length"] == (6, "environment") and found["loops"] == (2, "option") and found["connections"] == (4096, "default")


@pytest.mark.parametrize("text, part", [
    ("TALLYSTICK_LOPS=2\n", ":1: unknown variable TALLYSTICK_LOPS; did you mean TALLYSTICK_LOOPS?"), ("\n\nTALLYSTICK_LOOPS=x\n", ":3: "),
    ("nonsense", ":1: neither NAME=value"), ("PATH=/bin\n", ":1: unknown variable"),
    ("TALLYSTICK_LOOPS=2\nTALLYSTICK_LOOPS=2\n", ":2: TALLYSTICK_LOOPS is given twice")])
def test_a_mistake_stops_the_start_and_is_named(tmp_path, text, part):
    (tmp_path / "settings").write_text(text)
    refused = run("serve", "--data-dir", str(tmp_path / "data"), "--config", str(tmp_path / "settings"))
    assert refused.returncode == 2 and str(tmp_path / "settings") + part in refused.stderr, refused.stderr


def test_files_that_cannot_be_read(tmp_path):
    for path, part in [(tmp_path / "none", "No such file"), (tmp_path, "cannot be read")]:
        refused = run("serve", "--data-dir", str(tmp_path / "data"), "--config", str(path))
        assert refused.returncode == 2 and part in refused.stderr, refused.stderr
    (tmp_path / "large").write_bytes(b"#" * 70_000)
    refused = run("serve", "--data-dir", str(tmp_path / "data"), "--config", f"-{tmp_path / 'large'}")
    assert refused.returncode == 2 and "too large" in refused.stderr
    with serve(tmp_path, "--listen", "127.0.0.1:0", "--config", f"-{tmp_path / 'none'}") as service:
        service.lines(1)


def the_only_one(service):
    """A connection that has the one place there is; one that has none is answered as well, and closed."""
    found = []

    def is_inside():
        found.append(socket.create_connection(("127.0.0.1", service.port), timeout=20))
        found[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        head = found[-1].recv(4096)
        assert head.startswith(b"HTTP/1.1 200")
        return b"\r\nConnection: close" not in head or found[-1].close()
    until(is_inside)
    return found[-1]


def test_origins_and_privacy_and_limits(begin):
    service = begin("TALLYSTICK_CORS_ORIGIN=" + ORIGIN + "\nTALLYSTICK_LOOPS=1\n")
    for _ in range(2):  # the second from the reply cache
        reply = service.get("/provinces", headers={"Origin": ORIGIN})
        assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Vary" in service.get("/provinces").headers
    said = service.reload("TALLYSTICK_LOOPS=1\nTALLYSTICK_JOB_SECONDS=3\n")
    assert "option=cors-origin changed=yes" in said and "option=job-seconds changed=yes" in said and "options=2" in said
    for _ in range(2):
        assert "Access-Control-Allow-Origin" not in service.get("/provinces", headers={"Origin": ORIGIN}).headers
        assert "Origin" not in service.get("/provinces").headers.get("Vary", "")
    assert service.config()["job-seconds"] == (3, "file") and service.config()["cors-origin"] == (None, "default")
    service.reload("TALLYSTICK_LOOPS=1\nTALLYSTICK_PRIVATE=1\nTALLYSTICK_CORS_ORIGIN=*\n")
    reply = service.get("/provinces", headers={"Origin": ORIGIN})
    assert reply.status_code == 401 and reply.headers["Access-Control-Allow-Origin"] == "*"
    service.reload("TALLYSTICK_LOOPS=1\nTALLYSTICK_CONNECTIONS_PER_ADDRESS=1\n")
    until(lambda: service.get("/provinces").status_code == 200)  # once the connections of before are counted out
    with the_only_one(service):
        assert service.get("/provinces").status_code == 503 and service.get("/healthz").status_code == 200


def test_deadlines_change_for_open_connections(begin):
    service = begin("TALLYSTICK_HEADER_TIMEOUT=600\n")
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        time.sleep(1.2)
        service.reload("TALLYSTICK_HEADER_TIMEOUT=1\n")
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def test_the_log_level(begin):
    service = begin("TALLYSTICK_LOG_LEVEL=info\n")
    service.get("/healthz?a")
    service.file.write_text("TALLYSTICK_LOG_LEVEL=error\n")
    service.process.process.send_signal(signal.SIGHUP)
    until(lambda: service.config()["log-level"] == ("error", "file"))
    time.sleep(0.3)
    before = service.log()
    assert service.get("/healthz").status_code == 200
    time.sleep(0.3)
    assert service.log() == before
    assert service.config()["log-level"] == ("error", "file")


def test_what_needs_a_restart_stays(begin):
    service = begin("TALLYSTICK_LOOPS=2\nTALLYSTICK_QUEUE_LENGTH=9\n")
    said = service.reload("TALLYSTICK_LOOPS=3\nTALLYSTICK_JOB_SECONDS=4\nTALLYSTICK_IDLE_TIMEOUT=9\n")
    for option in ("loops", "queue-length", "idle-timeout"):
        assert f'option={option} changed=no reason="it needs a restart"' in said
    found = service.config()
    assert found["loops"] == (2, "file") and found["queue-length"] == (9, "file") and found["job-seconds"] == (4, "file")
    assert found["idle-timeout"] == (75, "default")
    assert "options=0" in service.reload("TALLYSTICK_LOOPS=2\nTALLYSTICK_JOB_SECONDS=4\nTALLYSTICK_QUEUE_LENGTH=9\n")


def test_a_mistake_changes_nothing(begin):
    service = begin("TALLYSTICK_JOB_SECONDS=4\n")
    said = service.reload("TALLYSTICK_JOB_SECONDS=5\nTALLYSTICK_JOB_SECOND=6\n")
    assert "changed=no error=" in said and "JOB_SECOND" in said
    assert service.config()["job-seconds"] == (4, "file")
    service.file.unlink()
    assert "No such file" in service.reload()
    assert service.config()["job-seconds"] == (4, "file") and service.get("/healthz").status_code == 200


def subject(service):
    context = ssl._create_unverified_context()  # pylint: disable=protected-access
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as raw, context.wrap_socket(raw) as connection:
        der = connection.getpeercert(binary_form=True)
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=der, capture_output=True, check=True).stdout.decode()


def test_a_new_certificate(begin, tmp_path):
    first, second = make_certificate(tmp_path, "first"), make_certificate(tmp_path, "second")
    service = begin(f"TALLYSTICK_TLS_CERT={first[0]}\nTALLYSTICK_TLS_KEY={first[1]}\n")
    assert "first" in subject(service)
    raw = socket.create_connection(("127.0.0.1", service.port), timeout=20)
    context = ssl.create_default_context(cafile=str(first[0]))
    with context.wrap_socket(raw, server_hostname="localhost") as open_before:
        for old, new in zip(first, second):  # as a renewal does: the same names
            old.write_bytes(new.read_bytes())
        assert "certificate=read" in service.reload() and "second" in subject(service)
        open_before.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert open_before.recv(100).startswith(b"HTTP/1.1 200")
    first[1].write_text("-----BEGIN PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END PRIVATE KEY-----\n")
    assert "certificate or key is no good" in service.reload() and "second" in subject(service)
    said = service.reload("")
    assert "changed=no error=" in said or "option=tls-cert changed=no" in said
    assert "bm9uc2Vuc2U" not in service.log() and "second" in subject(service)


def test_the_manager_is_told(begin, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(30)
        service = begin("", env={**environment(), "NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert channel.recv(1000) == b"READY=1"
        service.reload()
        began, ended = channel.recv(1000).decode(), channel.recv(1000).decode()
        assert began.startswith("RELOADING=1\nMONOTONIC_USEC=") and ended == "READY=1"


def test_reloads_under_load(begin):
    """Many reloads while clients ask: every answer is one of the two."""
    texts = ["TALLYSTICK_LOG_LEVEL=warn\nTALLYSTICK_CORS_ORIGIN=*\n", f"TALLYSTICK_LOG_LEVEL=warn\nTALLYSTICK_CORS_ORIGIN={ORIGIN}\nTALLYSTICK_JOB_SECONDS=3\n"]
    service = begin(texts[0])
    with requests.Session() as session:
        for turn in range(30):
            (service.folder / "settings.new").write_text(texts[turn % 2])
            (service.folder / "settings.new").replace(service.file)  # else the reload of before could read half of it
            service.process.process.send_signal(signal.SIGHUP)
            for _ in range(5):
                reply = session.get(service.url + "/provinces", headers={"Origin": ORIGIN}, timeout=30)
                assert reply.status_code == 200 and reply.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert service.config()["log-level"][0] == "warn"
