"""Where the node's key lies: files, a variable, a program. It is nowhere else, and what is wrong with it stops the start or the
writing with a sentence, never with a ledger that lacks a signature."""

import os
import pathlib
import subprocess
import time

import pytest

from conftest import ROOT, Server, binary, environment, key, run
from tamper import Ledger, for_each, stays_whole
from world import accepted, problem

EXAMPLE = ROOT / "docs" / "examples" / "signer.py"
BAD = ROOT / "tests" / "fault" / "bad_signer.py"
SECRETS = ("3b6a1f0e" * 8, "77c49d2b" * 8)
ITEM = {"name": "x", "unit": "piece"}


LATE = "did not answer in time"
TRIES = 12


def patiently(start):
    """A program that has not come to its first answer within five seconds, on a machine that does much else, is not what is tested."""
    for left in range(TRIES, -1, -1):
        try:
            return start()
        except AssertionError as failed:
            if left == 0 or LATE not in str(failed):
                raise
    return None


def start_with_program(data_dir, source, env=None):
    return patiently(lambda: Server(data_dir, "--node-key", source, env=env))


def key_file(path, secrets=SECRETS):
    path.write_text("".join(secret + "\n" for secret in secrets))
    path.chmod(0o600)
    return path


@pytest.fixture
def place(tmp_path):
    """A directory for data, and a key file that is not in it."""
    key_file(tmp_path / "key")
    return tmp_path


def told(*words, env=None):
    """The last sentence of a start that fails, and that nothing was made."""
    done = subprocess.run([binary(), *map(str, words)], env={**environment(), **(env or {})}, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 1 and done.stdout == "", done
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("tallystick: "), done.stderr
    assert not any(secret in done.stderr for secret in SECRETS)
    return sentence


def holds_secret(path):
    held = path.read_bytes()
    return any(secret.encode() in held or bytes.fromhex(secret) in held for secret in SECRETS)


def write_and_check(server, name):
    accepted(server.put(f"/items/{name}", ITEM), 201)
    assert server.get("/readyz").status_code == 200
    return server.get("/ledger").json()


SOURCES = {
    "file": lambda place: ([f"file:{place}/key"], {}),
    "path": lambda place: ([f"{place}/key"], {}),
    "variable": lambda place: (["env:KEY_OF_THE_NODE"], {"KEY_OF_THE_NODE": "\n".join(SECRETS) + "\n"}),
    "variable with a blank": lambda place: (["env:KEY_OF_THE_NODE"], {"KEY_OF_THE_NODE": " ".join(SECRETS)}),
    "program": lambda place: ([f"command:{EXAMPLE} {place}/key"], {}),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_that_lies_elsewhere(place, source):
    """From the first start on; and it is in no file of the directory, in no log and in no environment afterwards."""
    option, env = SOURCES[source](place)
    server = start_with_program(place / "data", *option, env=env)
    ledger = write_and_check(server, "A")
    environ = pathlib.Path(f"/proc/{server.process.pid}/environ").read_bytes()
    command = pathlib.Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
    assert not any(secret.encode() in environ + command for secret in SECRETS)
    told_options = {row["name"]: row for row in server.get("/config", token=True).json()["options"]}
    assert told_options["node-key"]["secret"] is True and told_options["node-key"]["value"] is None
    assert server.stop() == 0
    assert not (place / "data" / "node.key").exists()
    assert not any(holds_secret(path) for path in [*(place / "data").iterdir(), server.log_path])
    stays_whole(Ledger(place, "data"))
    for other in SOURCES:  # the same key, wherever it lies
        option, env = SOURCES[other](place)
        if other != source and other in ("file", "variable", "program"):
            server = start_with_program(place / "data", *option, env=env)
            assert write_and_check(server, other.upper())["keys"] == ledger["keys"]
            assert server.stop() == 0
    stays_whole(Ledger(place, "data"))


def test_a_program_gets_no_descriptors_and_ends_with_the_service(place):
    server = start_with_program(place / "data", f"command:{EXAMPLE} {place}/key")
    children = [int(child) for child in pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()]
    assert len(children) == 1
    descriptors = {os.readlink(f"/proc/{children[0]}/fd/{fd}") for fd in os.listdir(f"/proc/{children[0]}/fd")}
    assert not any("tallystick.db" in name or name.startswith("socket:") for name in descriptors), descriptors
    server.kill()
    deadline = time.monotonic() + 20
    while pathlib.Path(f"/proc/{children[0]}").exists() and "Z" not in pathlib.Path(f"/proc/{children[0]}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "the program outlives the service"
        time.sleep(0.05)


def test_starts_that_fail(place):
    """Each says what was wrong and where; no ledger is begun."""
    serve = ("serve", "--listen", "127.0.0.1:0", "--data-dir", place / "data", "--node-key")
    assert "is missing" not in told(*serve, "env:NOWHERE") and "NOWHERE is not set (--node-key)" in told(*serve, "env:NOWHERE")
    assert "KEY_OF_THE_NODE holds no key" in told(*serve, "env:KEY_OF_THE_NODE", env={"KEY_OF_THE_NODE": SECRETS[0][:-1]})
    assert "/nowhere/to, could not be started" in told(*serve, "command:/nowhere/to be/found")
    assert "true, has ended" in told(*serve, "command:true")
    assert "echo, answered what is no answer" in told(*serve, "command:echo hello")
    assert "cat, answered what is no answer" in told(*serve, "command:cat")
    assert "sleep, did not answer in time (5 seconds)" in told(*serve, "command:sleep 60")
    (place / "short").write_text(SECRETS[0])
    (place / "short").chmod(0o600)
    assert f"{place}/short cannot be used" in told(*serve, f"file:{place}/short")
    (place / "key").chmod(0o640)
    assert "mode 0600" in told(*serve, f"file:{place}/key")
    done = run("serve", "--data-dir", str(place / "data"), "--node-key", "evn:KEY")
    assert done.returncode == 2 and "--node-key (TALLYSTICK_NODE_KEY) takes file:PATH, env:NAME" in done.stderr
    done = run("serve", "--data-dir", str(place / "data"), "--node-key", "env:TALLYSTICK_SECRET")
    assert done.returncode == 2 and "no name that begins with TALLYSTICK_" in done.stderr
    for mode, sentence in {"refuses": "answered that it cannot", "wrong": "gave a signature that does not verify"}.items():
        (place / "mode").write_text(mode)
        (place / "key").chmod(0o600)
        for _ in range(TRIES):
            said = told(*serve, f"command:{BAD} {place}/key {place}/mode")
            if LATE not in said:
                break  # else it had not come to its first answer
        assert sentence in said
    assert not (place / "data" / "anchor").exists()
    assert run("verify", "--data-dir", str(place / "data")).returncode == 1  # not even the genesis
    server = Server(place / "data", "--node-key", f"file:{place}/key")
    write_and_check(server, "A")
    assert server.stop() == 0


def test_a_key_that_is_not_the_ledgers(place):
    server = Server(place / "data", "--node-key", f"file:{place}/key")
    assert server.stop() == 0
    serve = ("serve", "--listen", "127.0.0.1:0", "--data-dir", place / "data", "--node-key")
    key_file(place / "other", (SECRETS[1], SECRETS[0]))
    assert "is not the key of this ledger, which is " in told(*serve, f"file:{place}/other")
    key_file(place / "other", (SECRETS[0], SECRETS[0]))
    assert "has another Ed25519 key" in told(*serve, f"file:{place}/other")
    key_file(place / "other", SECRETS[:1])
    assert "has no other Ed25519 key" in told(*serve, f"file:{place}/other")
    assert f"{place}/data/node.key is missing: without it nothing can be written" in told(*serve[:-1])
    assert not (place / "data" / "node.key").exists()


def test_a_ledger_without_a_second_half(place):
    """Its notes have one line; a second half that lies beside is not used before a rotation says so."""
    key_file(place / "one", SECRETS[:1])
    server = Server(place / "data", "--node-key", f"file:{place}/one")
    note = write_and_check(server, "A")["checkpoint"]
    assert note.count("\u2014") == 1
    assert server.stop() == 0
    server = Server(place / "data", "--node-key", f"file:{place}/key")
    assert write_and_check(server, "B")["checkpoint"].count("\u2014") == 1
    assert "signs nothing: this ledger has none until key rotate" in server.log()
    assert server.stop() == 0
    stays_whole(Ledger(place, "data"))


FAILURES = {
    "dies": "has ended", "silent": "did not answer in time", "rubbish": "answered what is no answer",
    "refuses": "answered that it cannot", "wrong": "gave a signature that does not verify"}


def fail_while_running(place, mode):
    """What was acknowledged stands, what met the failure was not done, nothing more is written, reading goes on, all is said."""
    (place / "mode").write_text("well")
    source = f"command:{BAD} {place}/key {place}/mode"
    server = start_with_program(place / "data", source)
    try:
        write_and_check(server, "A")
        (place / "mode").write_text(mode)
        once = key()
        refused = problem(server.put("/items/B", ITEM, idempotency_key=once), 503, "not_ready")
        assert "key signs no more" in refused["detail"]
        (place / "mode").write_text("well")  # a program that is well again is not asked any more
        problem(server.put("/items/C", ITEM), 503, "not_ready")
        faults = problem(server.get("/readyz"), 503, "not_ready")["faults"]
        assert faults == [f"key: the program with the node's key {FAILURES[mode]}, nothing is written until the service is started anew"]
        assert "tallystick_ledger_is_failed 1" in server.get("/metrics").text
        assert server.get("/items/A").status_code == 200 and server.get("/items/B").status_code == 404
        assert "program" in server.log() and FAILURES[mode] in server.log()
        assert server.stop() == 0
        assert not holds_secret(server.log_path)
        stays_whole(Ledger(place, "data"))
        server = start_with_program(place / "data", source)
        accepted(server.put("/items/B", ITEM, idempotency_key=once), 201)
    finally:
        assert server.stop() == 0
    stays_whole(Ledger(place, "data"))


def test_programs_that_fail_while_it_runs(tmp_path):
    def check(mode):
        (tmp_path / mode).mkdir()
        key_file(tmp_path / mode / "key")
        fail_while_running(tmp_path / mode, mode)

    for_each(FAILURES, check)


def test_a_slow_program_is_waited_for(place):
    (place / "mode").write_text("slow")
    server = start_with_program(place / "data", f"command:{BAD} {place}/key {place}/mode")
    write_and_check(server, "A")
    assert server.stop() == 0
    stays_whole(Ledger(place, "data"))


