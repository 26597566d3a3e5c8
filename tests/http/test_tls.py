"""TLS without a proxy: versions, ciphers, what a loop sees through it, slow and rude clients, a new certificate."""

import http.client
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import time

import pytest
import requests

import test_jobs
from conftest import environment, key, run
from test_listen import get as get_over_unix
from test_listen import serve
from world import until

pytestmark = pytest.mark.concurrent

def make_certificate(folder, name, *more):
    """(certificate, key): self-signed, for localhost."""
    certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "60",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(private),
                    "-out", str(certificate), *more], check=True, capture_output=True)
    os.chmod(private, 0o600)
    return certificate, private


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), "first")


class Tls:
    def __init__(self, service, certificate, folder):
        self.service, self.certificate, self.folder = service, certificate, folder
        self.url = service.lines(1)[0]
        assert self.url.startswith("https://127.0.0.1:"), self.url
        self.port = int(self.url.rsplit(":", 1)[1])

    @property
    def token(self):
        return (self.folder / "data" / "admin.token").read_text().strip()

    def log(self):
        return self.service.log.read_text()

    def context(self, **more):
        context = ssl.create_default_context(cafile=str(more.get("certificate", self.certificate)))
        return context

    def connect(self, context=None, seconds=20):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        return (context or self.context()).wrap_socket(raw, server_hostname="localhost")

    def client(self):
        return http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self.context())

    def metrics(self):
        client = self.client()
        client.request("GET", "/metrics")
        text = client.getresponse().read().decode()
        client.close()
        return text

    def resident_kib(self):
        with open(f"/proc/{self.service.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.fixture
def begin(tmp_path, certificate):
    started = []

    def starter(*options, files=certificate):
        service = serve(tmp_path, "--listen", "127.0.0.1:0", "--tls-cert", str(files[0]), "--tls-key", str(files[1]), *options)
        started.append(service)
        return Tls(service, files[0], tmp_path)

    yield starter
    for service in started:
        service.__exit__()


@pytest.fixture
def tls(begin):
    return begin()


def everything(connection):
    received = b""
    while True:
        try:
            piece = connection.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return received
        if not piece:
            return received
        received += piece


def test_requests_and_their_links_are_https(tls):
    client = tls.client()
    for _ in range(2):  # the second from the reply cache
        client.request("GET", "/provinces?limit=2")
        reply = client.getresponse()
        assert reply.status == 200 and len(json.loads(reply.read())["items"]) == 2
        assert f'<https://localhost:{tls.port}/provinces?' in reply.headers["Link"]
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"
    for scheme, wanted in (("https", 200), ("http", 421)):  # an absolute target says the connection's own scheme
        client = tls.client()
        client.request("GET", f"{scheme}://relief.example/provinces?limit=2", headers={"Host": "localhost"})
        reply = client.getresponse()
        assert reply.status == wanted and (wanted == 421 or "<https://relief.example/provinces?" in reply.headers["Link"]), reply.read()
        client.close()
    client = tls.client()
    client.request("GET", "/nowhere")
    reply = client.getresponse()
    assert reply.status == 404 and reply.headers["Strict-Transport-Security"] and reply.read()
    client.close()
    assert tls.service.process.poll() is None
    until(lambda: "remote=127.0.0.1" in tls.log())
    assert "remote=127.0.0.1" in tls.log() and "PRIVATE KEY" not in tls.log()


def test_versions_and_protocols(tls):
    for version, name in [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")]:
        context = tls.context()
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2", "http/1.1"])
        with tls.connect(context) as connection:
            assert connection.version() == name and connection.selected_alpn_protocol() == "http/1.1"
            assert "GCM" in connection.cipher()[0] or "CHACHA20" in connection.cipher()[0]
    with tls.connect() as connection:
        assert connection.selected_alpn_protocol() is None
    context = tls.context()
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        tls.connect(context)


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(tls, version):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tls.port}", version, "-cipher", "ALL:@SECLEVEL=0"], input="",
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode != 0 and "protocol version" in done.stderr + done.stdout, done.stderr + done.stdout


def test_old_ciphers_are_refused(tls):
    context = tls.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:AES128-SHA:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        tls.connect(context)


def test_curl(tls):
    done = subprocess.run(["curl", "-sS", "--cacert", str(tls.certificate), "--tlsv1.3", f"https://localhost:{tls.port}/healthz"],
                          capture_output=True, text=True, check=False, env=environment(), timeout=30)
    assert done.returncode == 0 and '"status"' in done.stdout, done.stderr


def test_plain_http_is_told(tls):
    with socket.create_connection(("127.0.0.1", tls.port), timeout=20) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        text = everything(raw).decode()
    head, body = text.split("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400 ") and "Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["code"] == "malformed_request" and "https" in problem["detail"] and problem["status"] == 400
    assert problem["type"] == "/errors/malformed_request" and len(body) == int(head.split("Content-Length: ")[1].split()[0])


def test_large_bodies_both_ways(tls):
    """Eight megabytes in, several out, to a reader that pauses; the service does not keep more than some."""
    client = tls.client()
    values = ",".join(["1"] * 4_000_000)
    body = '{"items":[' + values + "]}"
    client.request("PUT", "/figures", body, {"Authorization": f"Bearer {tls.token}", "Content-Type": "application/json",
                                             "Idempotency-Key": key()})
    reply = client.getresponse()
    problem = json.loads(reply.read())
    assert reply.status in (400, 413, 422) and problem["code"] not in ("malformed_request", "malformed_json"), problem
    client.close()
    client = tls.client()
    client.request("GET", "/openapi.json")
    whole = client.getresponse().read()
    client.close()
    with tls.connect(seconds=100) as connection:
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 40)
        time.sleep(0.5)
        received = bytearray()
        while not (len(received) > 40 * len(whole) and received.count(whole) == 40):
            piece = connection.recv(65536)
            assert piece, len(received)
            received += piece
    assert len(whole) > 100_000 and received.endswith(whole)


def test_a_client_that_has_said_all_gets_its_answer(tls):
    with tls.connect() as connection:
        connection.sendall(b"GET /provinces HTTP/1.1\r\nHost: a\r\n\r\n")
        socket.socket.shutdown(connection, socket.SHUT_WR)  # TCP's end alone
        assert everything(connection).startswith(b"HTTP/1.1 200 ")
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tls.port}", "-quiet", "-no_ign_eof"],
                          input=b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", capture_output=True, check=False, timeout=30)
    assert done.stdout.startswith(b"HTTP/1.1 200 ") or done.stdout == b""  # it may leave without waiting


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_frees_the_thread(begin, how):
    """As without TLS: its computation ends, and the next one need not wait for it."""
    tls = begin("--job-threads", "1", "--job-seconds", "600", "--async-after", "60")
    connections = [tls.connect() for _ in range(3)]
    for connection in connections:
        connection.sendall(test_jobs.request_of(test_jobs.BODY))
    test_jobs.until_taken(tls.metrics, 3)
    for connection in connections:
        test_jobs.leave(connection, how)
    began = time.monotonic()
    with tls.connect(seconds=60) as connection:
        connection.sendall(test_jobs.request_of(test_jobs.small(1)))
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - began < 50
    tls.service.__exit__()
    assert tls.log().count("status=0") == 3 and "status=503" not in tls.log()


def test_a_half_closed_client_gets_its_computation(begin):
    tls = begin("--async-after", "60")
    with tls.connect(seconds=60) as connection:
        connection.sendall(test_jobs.request_of(test_jobs.heavy(test_jobs.MANY)))
        socket.socket.shutdown(connection, socket.SHUT_WR)
        status, body = test_jobs.final(everything(connection))
    assert status == 200 and len(json.loads(body)["results"]) == test_jobs.MANY


def test_many_idle_connections_in_bounded_memory(begin):
    tls = begin("--idle-timeout", "60")
    before, context, held = tls.resident_kib(), tls.context(), []
    for _ in range(300):
        held.append(tls.connect(context))
    held[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert held[0].recv(100).startswith(b"HTTP/1.1 200 ")
    grown = tls.resident_kib() - before
    print(f"{grown / len(held):.0f} KiB a connection")
    assert "san" in os.environ.get("TALLYSTICK_BUILD", "") or grown / len(held) < 128
    for connection in held:
        connection.close()


def test_the_end_is_said_by_tls(tls):
    with tls.connect() as connection:
        connection.suppress_ragged_eofs = False
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := connection.recv(4096):  # an end without close_notify would raise
            received += piece
        assert received.startswith(b"HTTP/1.1 200 ")


def test_refused_bodies_still_show_why(tls):
    with tls.connect() as connection:
        connection.sendall(b"POST /supplies HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90000000\r\n\r\n" + b"x" * 200_000)
        assert everything(connection).startswith(b"HTTP/1.1 4")


def test_deadlines(begin):
    tls = begin("--header-timeout", "1", "--request-timeout", "2", "--idle-timeout", "3")
    started = time.monotonic()
    silent = socket.create_connection(("127.0.0.1", tls.port), timeout=20)
    half = socket.create_connection(("127.0.0.1", tls.port), timeout=20)
    half.sendall(b"\x16\x03\x01\x02\x00\x01")  # begins a handshake and stops
    line, head, body = tls.connect(), tls.connect(), tls.connect()
    line.sendall(b"GET /he")
    head.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
    body.sendall(b"POST /supplies HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                 + tls.token.encode() + b"\r\nIdempotency-Key: a\r\n\r\n{")
    for part in b"althz HTTP/1.1":  # a byte now and then does not keep it
        time.sleep(0.3)
        try:
            line.sendall(bytes([part]))
        except OSError:
            break
    assert everything(silent) == b"" and len(everything(half)) < 20
    for connection in (line, head, body):
        assert everything(connection).startswith(b"HTTP/1.1 408 "), connection
        connection.close()
    assert time.monotonic() - started < 15
    until(lambda: tls.log().count("phase=handshake") == 2)
    silent.close()
    half.close()


def test_a_client_that_does_not_read_is_cut(begin):
    tls = begin("--idle-timeout", "1")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", tls.port))
    connection = tls.context().wrap_socket(raw, server_hostname="localhost")
    connection.settimeout(1)
    before = tls.resident_kib()
    try:
        for _ in range(200):
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 10)
    except OSError:
        pass
    deadline = time.monotonic() + 20
    while "phase=reply" not in tls.log() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "phase=reply" in tls.log()
    assert "san" in os.environ.get("TALLYSTICK_BUILD", "") or tls.resident_kib() - before < 16 * 1024
    connection.close()


def test_garbage_is_no_harm(tls):
    for number in range(40):
        with socket.create_connection(("127.0.0.1", tls.port), timeout=20) as raw:
            raw.sendall((b"\x16\x03\x01" if number % 2 else b"") + os.urandom(number * 37 + 1))
            if number % 3:
                raw.shutdown(socket.SHUT_WR)
                everything(raw)
    client = tls.client()
    client.request("GET", "/healthz")
    assert client.getresponse().status == 200
    client.close()


def test_limits_count_the_true_address(begin):
    tls = begin("--connections-per-address", "2")

    def status():
        client = tls.client()
        client.request("GET", "/provinces")
        reply = client.getresponse()
        reply.read()
        client.close()
        return reply.status

    held = [tls.connect() for _ in range(2)]
    assert status() == 503
    for connection in held:
        connection.close()
    deadline = time.monotonic() + 10
    while status() != 200:
        assert time.monotonic() < deadline, "the places were not given back"
        time.sleep(0.1)


def test_unix_sockets_and_what_is_asked_for_stay_plain(tmp_path, certificate):
    path = tmp_path / "a.sock"
    with serve(tmp_path, "--listen", f"unix:{path},127.0.0.1:0,http://127.0.0.1:0", "--tls-cert", str(certificate[0]),
               "--tls-key", str(certificate[1])) as service:
        lines = service.lines(3)
        assert lines[0] == f"unix:{path}" and lines[1].startswith("https://") and lines[2].startswith("http://")
        assert get_over_unix(path)[0] == 200
        for _ in range(2):  # plain and TLS do not share what the reply cache has
            plain = requests.get(lines[2] + "/provinces?limit=1", headers={"Host": "a"}, timeout=30)
            secured = requests.get(lines[1] + "/provinces?limit=1", headers={"Host": "a"}, timeout=30, verify=str(certificate[0]))
            assert plain.json() == secured.json() and "Strict-Transport-Security" not in plain.headers
            assert "<http://a/" in plain.headers["Link"] and "<https://a/" in secured.headers["Link"]
            assert "Strict-Transport-Security" in secured.headers


def test_stopping_ends_idle_and_unfinished_connections(begin):
    tls = begin()
    idle, unfinished = tls.connect(), socket.create_connection(("127.0.0.1", tls.port))
    idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert idle.recv(100).startswith(b"HTTP/1.1 200 ")
    unfinished.sendall(b"\x16\x03")
    time.sleep(0.2)
    started = time.monotonic()
    tls.service.process.send_signal(signal.SIGTERM)
    assert tls.service.process.wait(timeout=30) == 0 and time.monotonic() - started < 8
    idle.close()
    unfinished.close()


def test_a_stop_answers_what_was_begun(begin):
    """One whose body is still coming, and a large reply that is still going."""
    tls = begin()
    body = b'{"name": "Late", "unit": "piece"}'
    head = (f"PUT /items/LATE HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {tls.token}\r\nIdempotency-Key: {key()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    client = tls.client()
    client.request("GET", "/openapi.json")
    whole = len(client.getresponse().read())
    client.close()
    late, slow = tls.connect(), tls.connect()
    late.sendall(head + body[:5])
    slow.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n")
    time.sleep(0.3)
    tls.service.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    late.sendall(body[5:])
    assert everything(late).startswith(b"HTTP/1.1 201 ")
    assert len(everything(slow).partition(b"\r\n\r\n")[2]) == whole
    assert tls.service.process.wait(timeout=30) == 0
    late.close()
    slow.close()


SHOWN = {b"K\n": b"KEYUPDATE", b"k\n": b"KEYUPDATE", b"R\n": b"RENEGOTIATING"}  # that s_client has read a command as one


def read_until(pipe, words):
    """What came until the words came, or nothing more."""
    shown = b""
    while words not in shown and select.select([pipe], [], [], 20)[0] and (piece := pipe.read(4096)):
        shown += piece
    return shown


def commands_of(tls, lines, *more):
    """What openssl s_client shows where its own commands are typed between lines of a request."""
    with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{tls.port}", *more], bufsize=0, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            shown = read_until(process.stdout, b"Verify return code")
            for line in lines:
                time.sleep(0.5)
                process.stdin.write(line)
                shown += read_until(process.stdout, SHOWN.get(line, b"HTTP/1.1 "))
            time.sleep(0.5)
        except BrokenPipeError:
            pass  # it has left
        return shown + process.communicate(timeout=30)[0]


def test_keys_are_updated_and_nothing_is_negotiated_anew(tls):
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert b"HTTP/1.1 200 " in commands_of(tls, [b"K\n", b"k\n", request], "-tls1_3")
    assert b"HTTP/1.1 200 " not in commands_of(tls, [b"R\n", request], "-tls1_2")
    until(lambda: "Rehandshake" in tls.log())


def test_files_that_are_no_good(tmp_path, certificate):
    other = make_certificate(tmp_path, "other")
    empty = tmp_path / "empty"
    empty.write_text("")
    for words, code, part in [
            (["--tls-cert", str(certificate[0])], 2, "go together"),
            (["--tls-cert", str(certificate[0]), "--tls-key", str(other[1])], 1, "event=tls"),
            (["--tls-cert", str(empty), "--tls-key", str(certificate[1])], 1, "event=tls"),
            (["--tls-cert", str(tmp_path / "none"), "--tls-key", str(certificate[1])], 1, "event=tls")]:
        refused = run("serve", "--data-dir", str(tmp_path / "data"), "--listen", "127.0.0.1:0", *words)
        assert refused.returncode == code and part in refused.stderr, refused.stderr
        assert not (tmp_path / "data").exists()


def test_a_key_for_everybody_is_warned_of(begin, tmp_path):
    files = make_certificate(tmp_path, "open")
    os.chmod(files[1], 0o644)
    tls = begin(files=files)
    assert "mode=644" in tls.log() and "level=warn" in tls.log()


def test_sessions_are_resumed(tls):
    context = tls.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls.connect(context) as first:
        session = first.session
    raw = socket.create_connection(("127.0.0.1", tls.port), timeout=20)
    with context.wrap_socket(raw, server_hostname="localhost", session=session) as second:
        assert second.session_reused
