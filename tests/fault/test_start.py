"""What is missing at a start is made only where no ledger was before."""

import fcntl
import os
import pathlib
import re
import resource
import socket
import subprocess
import tempfile
import time

import pytest
import requests

from conftest import Server, binary, environment, run
from world import accepted


@pytest.fixture
def data_dir():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        path = pathlib.Path(scratch) / "data"
        server = Server(path)
        accepted(server.put("/items/I", {"name": "x", "unit": "piece"}), 201)
        assert server.stop() == 0
        yield path


def remove_database(path):
    for name in ("tallystick.db", "tallystick.db-wal", "tallystick.db-shm"):
        (path / name).unlink(missing_ok=True)


@pytest.mark.parametrize("spoil", ["database gone", "database empty", "database and key gone"])
def test_no_new_ledger_beside_an_old_anchor(data_dir, spoil):
    """Else one key would sign two histories, and the anchor, the last witness here, would be overwritten."""
    before = (data_dir / "anchor").read_bytes()
    remove_database(data_dir)
    if spoil == "database empty":
        (data_dir / "tallystick.db").write_bytes(b"")
    if spoil == "database and key gone":
        (data_dir / "node.key").unlink()
    refused = run("serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "anchor" in refused.stderr and "put the database back" in refused.stderr
    assert run("init", "--data-dir", str(data_dir)).returncode == 1
    assert (data_dir / "anchor").read_bytes() == before


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"x" * 2048)],
                         ids=["missing", "empty", "garbage"])
def test_a_lost_anchor_is_not_begun_anew_by_itself(data_dir, spoil):
    """Else a start would hide that entries were cut off. Said once that it is lost, it is begun anew."""
    spoil(data_dir / "anchor")
    assert "anchor_missing" in run("verify", "--data-dir", str(data_dir)).stdout
    sentence = told("serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0")
    assert f"{data_dir}/anchor is missing or damaged" in sentence and "--new-anchor" in sentence
    assert "anchor_missing" in run("verify", "--data-dir", str(data_dir)).stdout
    server = Server(data_dir, "--new-anchor")
    assert "begun anew at entry 2" in server.log()
    assert server.stop() == 0
    assert run("verify", "--data-dir", str(data_dir)).returncode == 0
    server = Server(data_dir)
    assert server.stop() == 0


def test_an_anchor_of_another_ledger_is_called_that(data_dir):
    """Somebody who put back the wrong file looks for the right one; a lost one is not looked for."""
    other = data_dir.parent / "other"
    assert run("init", "--data-dir", str(other)).returncode == 0
    (data_dir / "anchor").write_bytes((other / "anchor").read_bytes())
    sentence = told("serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0")
    assert f"{data_dir}/anchor is of another ledger" in sentence and "--new-anchor" in sentence
    server = Server(data_dir, "--new-anchor")
    assert "of another ledger: it is begun anew at entry 2" in server.log()
    assert server.stop() == 0


def test_a_first_start_that_was_cut_short_is_completed(data_dir):
    """Before the genesis there is no note in the anchor."""
    remove_database(data_dir)
    (data_dir / "anchor").unlink()
    (data_dir / "admin.token").unlink()
    (data_dir / "admin.token.unfinished").write_text("tly_")
    server = Server(data_dir)
    try:
        accepted(server.put("/items/J", {"name": "x", "unit": "piece"}), 201)
        assert not (data_dir / "admin.token.unfinished").exists()
    finally:
        assert server.stop() == 0


def test_verify_of_nothing(data_dir):
    for path in (data_dir / "nowhere", data_dir.parent):
        told = run("verify", "--data-dir", str(path))
        assert told.returncode == 2 and told.stdout == "" and "no ledger" in told.stderr and str(path) in told.stderr
        assert not (data_dir / "nowhere").exists()


# A start that fails says what was wrong, where, and what would work

def told(*words, code=1):
    """The last sentence of a sub-command that fails."""
    done = run(*words)
    assert (done.returncode, done.stdout) == (code, ""), done
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("tallystick: "), done.stderr
    return sentence


def test_the_port_is_taken(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        sentence = told("serve", "--data-dir", str(data_dir), "--listen", address)
        assert f"cannot listen on {address}: Address already in use" in sentence and "--listen HOST:PORT" in sentence


def test_the_address_is_not_ours(data_dir):
    assert "0.0.0.0 everybody" in told("serve", "--data-dir", str(data_dir), "--listen", "192.0.2.1:0")
    assert "as 127.0.0.1:8080" in told("serve", "--data-dir", str(data_dir), "--listen", "nowhere.invalid:0")


@pytest.mark.parametrize("words, part", [
    (("--listen", "8080"), "--listen (TALLYSTICK_LISTEN) takes HOST:PORT"), (("--listen", "::1:80"), "HOST:PORT"),
    (("--loops", "none"), "1 to 64"), (("--job-threads", "0"), "1 to 64"), (("--origin", "a b"), "without space")])
def test_a_wrong_option_is_found_before_anything_is_opened(tmp_path, words, part):
    assert part in told("serve", "--data-dir", str(tmp_path / "data"), *words, code=2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["serve", "init"])
def test_the_directory_cannot_be_used(tmp_path, data_dir, command):
    listen = ["--listen", "127.0.0.1:0"] if command == "serve" else []
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "no" / "where", tmp_path / "file", tmp_path / "file" / "below"):
        sentence = told(command, "--data-dir", str(path), *listen)
        assert f"the data directory {path} cannot be" in sentence and "--data-dir" in sentence
    (data_dir / "node.key").unlink()
    (data_dir / "node.key").mkdir()
    assert f"{data_dir}/node.key cannot be used: it is no file" in told(command, "--data-dir", str(data_dir), *listen)


@pytest.mark.parametrize("words", [("serve", "--listen", "127.0.0.1:0"), ("init",), ("verify",),
                                   ("token", "create", "--organisation", "A", "--role", "admin")])
def test_the_database_is_none(data_dir, words):
    remove_database(data_dir)
    (data_dir / "tallystick.db").write_bytes(b"nothing that SQLite knows\n" * 1000)
    at = 2 if words[0] == "token" else 1
    sentence = told(*words[:at], "--data-dir", str(data_dir), *words[at:])
    assert f"data directory {data_dir}: a file in it is damaged" in sentence and "docs/backup.md" in sentence


def test_the_tokens_are_damaged(data_dir):
    """Found at the start and not when somebody comes with a token."""
    path = data_dir / "node.db"
    held = path.read_bytes()
    pages = range(4096, len(held), 4096)
    for spoilt in (held[:len(held) // 2], *(held[:page] + bytes(4096) + held[page + 4096:] for page in pages)):
        path.write_bytes(spoilt)
        for words in (("serve", "--listen", "127.0.0.1:0"), ("token", "list")):
            at = 2 if words[0] == "token" else 1
            sentence = told(*words[:at], "--data-dir", str(data_dir), *words[at:])
            assert "a file in it is damaged" in sentence and "docs/backup.md" in sentence
    path.write_bytes(held)
    assert run("token", "list", "--data-dir", str(data_dir)).returncode == 0


def test_the_tokens_are_lost(data_dir):
    """Reading goes on, and the log says why nobody's token is known any more."""
    (data_dir / "node.db").unlink()
    server = Server(data_dir)
    try:
        assert server.get("/items/I").status_code == 200
        assert "node.db was missing" in server.log() and "token create makes one" in server.log()
        assert server.put("/items/J", {"name": "x", "unit": "piece"}).status_code == 401
    finally:
        assert server.stop() == 0
    server = Server(data_dir)
    assert server.stop() == 0 and server.log().count("node.db was missing") == 1


def test_a_token_file_of_a_ledger_that_was_taken_away(data_dir):
    """Whoever begins anew and leaves admin.token behind gets one that is known."""
    before = (data_dir / "admin.token").read_text()
    for made in data_dir.iterdir():
        if made.name != "admin.token":
            made.unlink()
    assert run("init", "--data-dir", str(data_dir)).returncode == 0
    assert (data_dir / "admin.token").read_text() != before
    server = Server(data_dir)
    try:
        accepted(server.put("/items/I", {"name": "x", "unit": "piece"}), 201)
    finally:
        assert server.stop() == 0


def test_the_tokens_are_another_users(data_dir):
    """It is not said that there is no data directory, and that init would make one."""
    (data_dir / "node.db").unlink()
    (data_dir / "node.db").symlink_to("node.db")  # nobody can open it, root neither
    for words in (("token", "list"), ("token", "create", "--organisation", "A", "--role", "admin")):
        sentence = told(*words[:2], "--data-dir", str(data_dir), *words[2:])
        assert f"{data_dir}/node.db cannot be used" in sentence and "init" not in sentence


def test_another_process_serves_it(data_dir):
    server = Server(data_dir)
    try:
        for words in (("serve", "--listen", "127.0.0.1:0"), ("init",)):
            assert "stop it first" in told(words[0], "--data-dir", str(data_dir), *words[1:])
    finally:
        assert server.stop() == 0


def test_files_of_another_user(data_dir):
    """As after a copy by root."""
    if os.geteuid() == 0:
        os.chmod(data_dir.parent, 0o755)
        try:
            subprocess.run([binary(), "--version"], user=65534, check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError):
            pytest.skip("the program lies where no other user may read it")
    for made in data_dir.iterdir():
        os.chmod(made, 0o000 if made.name == "node.db" else 0o666)
    os.chmod(data_dir, 0o777)
    user = {"user": 65534} if os.geteuid() == 0 else {}
    done = subprocess.run([binary(), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"], env=environment(),
                          capture_output=True, text=True, timeout=60, check=False, **user)
    assert done.returncode == 1 and f"{data_dir}/node.db cannot be used: Permission denied" in done.stderr.splitlines()[-1]


# What a process is started with

def begin(data_dir, **more):
    host = f"127.{1 + os.getpid() % 250}.{1 + os.getpid() // 250 % 250}.7"  # where nobody else is given the port meanwhile
    with socket.create_server((host, 0)) as free:
        address = f"{host}:{free.getsockname()[1]}"
    return subprocess.Popen([binary(), "serve", "--data-dir", str(data_dir), "--listen", address], env=environment(), **more), address


def reach(process, address):
    deadline = time.monotonic() + 60
    while True:
        try:
            assert requests.get(f"http://{address}/healthz", timeout=20).status_code == 200
            return
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)


def test_started_without_standard_streams(data_dir):
    """Else the next file or socket that is opened gets their numbers, and the log is written into it."""
    process, address = begin(data_dir, preexec_fn=lambda: [os.close(number) for number in range(3)])
    reach(process, address)
    assert {os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)} == {"/dev/null"}
    process.terminate()
    assert process.wait(60) == 0


@pytest.mark.parametrize("what", ["pipe", "terminal"])
def test_nobody_reads_the_log(data_dir, what):
    """A terminal that was stopped with Ctrl-S, a collector that hangs: the service goes on, and ends when it is told to."""
    reading, writing = os.pipe() if what == "pipe" else os.openpty()
    if what == "pipe":
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    process, address = begin(data_dir, stderr=writing, stdout=subprocess.DEVNULL)
    os.close(writing)
    reach(process, address)
    session = requests.Session()
    for _ in range(400):
        assert session.get(f"http://{address}/healthz", timeout=10).status_code == 200
        time.sleep(0.002)
    process.terminate()
    assert process.wait(60) == 0
    os.close(reading)


def test_a_file_may_not_grow(data_dir):
    """The kernel's signal for that would end the service."""
    bytes_max = 1500000
    process, address = begin(data_dir, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max)))
    reach(process, address)
    headers = {"Authorization": "Bearer " + (data_dir / "admin.token").read_text().strip()}
    for number in range(2000):
        reply = requests.put(f"http://{address}/items/{number}", json={"name": "x" * 180, "unit": "piece"}, headers=headers, timeout=60)
        if reply.status_code != 201:
            break
    assert reply.status_code in (503, 507) and reply.headers["Content-Type"] == "application/problem+json"
    assert requests.get(f"http://{address}/items/I", timeout=60).status_code == 200
    process.terminate()
    assert process.wait(60) == 0
    assert run("verify", "--data-dir", str(data_dir)).returncode == 0


def test_help_of_each_sub_command():
    for words in (["serve"], ["init"], ["verify"], ["token"], ["token", "create"], ["token", "list"], ["token", "revoke"]):
        done = run(*words, "--help")
        assert done.returncode == 0 and done.stderr == ""
        assert f"tallystick {' '.join(words)}" in done.stdout.split("for example:\n", 1)[1]
        assert len(done.stdout) < len(run("--help").stdout)
    assert "verify --data-dir var" in told("verify", "var", code=2)


def begun_with(descriptors, data_dir, *options):
    """A service that may have so many descriptors."""
    return subprocess.Popen([binary(), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0", *options], env=environment(), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)))


@pytest.mark.parametrize("options", [("--loops", "1", "--job-threads", "1"), ("--loops", "3", "--job-threads", "4"), ("--listen", "127.0.0.2:0,127.0.0.3:0")])
def test_too_few_descriptors_are_told_at_once(tmp_path, options):
    """Before anything is opened: which limit, how many there are, how many are needed; and as many as that are enough."""
    data_dir, begun = tmp_path / "data", time.monotonic()
    refused = begun_with(20, data_dir, *options)
    printed, sentence = (text.decode() for text in refused.communicate(timeout=60))
    assert refused.returncode == 1 and printed == "" and time.monotonic() - begun < 5 and not data_dir.exists()
    told = re.fullmatch(r"tallystick: this process may have 20 descriptors open \(RLIMIT_NOFILE\), and (\d+) are the least that it starts with: with .*"
                        r"ulimit -n 5120, LimitNOFILE=.*--loops, --job-threads\)\n", sentence)
    assert told, sentence
    least = int(told[1])
    one_less = begun_with(least - 1, data_dir, *options)
    assert f"{least - 1} descriptors" in one_less.communicate(timeout=60)[1].decode() and one_less.returncode == 1 and not data_dir.exists()
    process = begun_with(least, data_dir, *options)
    try:
        address = process.stdout.readline().decode().removeprefix("listening on ").strip()
        open_now = len(os.listdir(f"/proc/{process.pid}/fd"))
        assert least - 32 <= open_now <= least - 8, (open_now, least)
        session, token = requests.Session(), (data_dir / "admin.token").read_text().strip()
        session.headers["Authorization"] = "Bearer " + token
        for number in range(3):
            made = session.put(f"{address}/items/I{number}", json={"name": "x", "unit": "piece"}, headers={"Idempotency-Key": f"k{number}"}, timeout=60)
            assert made.status_code == 201, made.text
        for path in ("/items", "/metrics", "/ledger/verify", "/efficiency?year=2011&inputs=institutions_per_10k&outputs=hospital_visits", "/readyz"):
            assert session.get(address + path, timeout=60).status_code in (200, 202), path
    finally:
        process.terminate()
        log = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0 and "level=error" not in log and f"descriptors={least} wanted=5120" in log, log
