"""Witnesses against logs that show two histories, vanish, answer nonsense, and against their own death between seeing and cosigning."""

import base64
import contextlib
import http.server
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest

from conftest import Server, binary, environment, run
from contract_session import make_token
from cosign import verify

ALARM = 3


class Watch:
    """A witness in a directory of its own."""

    def __init__(self, scratch, url, *options):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "witness"
        self.url, self.options = url, options

    def arguments(self, *more, url=None):
        return ["witness", "--of", url or self.url, "--data-dir", str(self.path), *self.options, *more]

    def look(self, code=0, url=None, options=()):
        done = run(*self.arguments("--once", *options, url=url))
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    def text(self, name):
        return (self.path / name).read_text()

    def evidence(self, number=1):
        return {path.suffix: path.read_text() for path in self.path.glob(f"evidence-{number:03}.*")}


    def unproven(self):
        return {int(path.name[9:]): path.read_text() for path in self.path.glob("unproven-*")}

    def withheld(self):
        return [int(line.split()[1]) for line in self.text("withheld").splitlines()]


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as path:
        yield path


@contextlib.contextmanager
def served(data_dir):
    server = Server(data_dir)
    try:
        yield server
    finally:
        assert server.stop() == 0


class Proxy(http.server.ThreadingHTTPServer):
    """Stands before a log; before() may answer (status, body) in its place or do something first."""

    daemon_threads = True

    def __init__(self, server, before):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.seen.append((self.command, self.path, body))
                told = before(self.command, self.path)
                if told is None:
                    reply = server.request(self.command, self.path, data=body or None,
                                           headers={name: self.headers[name] for name in ("Accept", "Authorization", "Content-Type") if name in self.headers})
                    told = reply.status_code, reply.content
                if told == "hang up":
                    self.close_connection = True
                    return
                self.send_response(told[0])
                if told[0] in (301, 302, 307, 308):
                    self.send_header("Location", server.url + self.path)
                self.send_header("Content-Length", str(len(told[1])))
                self.end_headers()
                self.wfile.write(told[1])
            do_GET = do_POST = answer
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


def grow(server, name):
    assert server.put(f"/organisations/{name}", {"name": name, "kind": "ngo"}).status_code == 201


def test_follows_and_cosigns(scratch):
    with served(pathlib.Path(scratch) / "plain") as server:
        grow(server, "AUDITORS")
        token = pathlib.Path(scratch) / "auditor.token"
        token.write_text(make_token(server, "AUDITORS", "auditor") + "\n")
        watch = Watch(scratch, server.url, "--name", "witness.example/follower", "--token", str(token))
        refused = watch.look(code=1)  # it is not registered yet
        assert "unknown_key" in refused.stderr and not (watch.path / "cosigned").exists()
        vkey = watch.text("witness.vkey").strip()
        assert vkey.startswith("witness.example/follower+") and (watch.path / "witness.key").stat().st_mode & 0o777 == 0o600
        assert server.put("/witnesses/follower", {"vkey": vkey, "organisation": "AUDITORS"}).status_code == 201
        for name in ("ONE", "TWO"):
            assert "cosigned" in watch.look().stdout
            newest = server.get("/ledger/checkpoint").text
            assert watch.text("seen") == newest
            joined = server.get(f"/ledger/checkpoints/{newest.splitlines()[1]}", headers={"Accept": "text/plain"}).text
            assert joined == watch.text("cosigned") and verify(vkey, joined) > 0
            assert watch.look().stdout == ""  # nothing new
            grow(server, name)
        assert not watch.evidence()
        other = run("witness", "--of", server.url, "--data-dir", str(watch.path), "--once", "--name", "another")
        assert other.returncode == 2 and "a name does not change" in other.stderr
    assert "no answer from the log" in watch.look(code=1).stderr


def test_insider_is_found(scratch):
    """Whoever holds disk and key lets another history follow an older copy: whole in itself, and a witness has seen the first one."""
    ours, made = pathlib.Path(scratch) / "ours", pathlib.Path(scratch) / "made"
    with served(ours) as server:
        grow(server, "BEFORE")
    shutil.copytree(ours, made)
    with served(ours) as server:
        grow(server, "ONE")
        grow(server, "TWO")
        watches = [Watch(scratch, server.url) for _ in range(3)]
        for watch in watches:
            watch.look()
            assert verify(watch.text("witness.vkey").strip(), watch.text("cosigned")) > 0
        kept = watches[0].text("seen")
    with served(made) as server:
        grow(server, "ONE")
        grow(server, "ANOTHER")
        shown = server.get("/ledger/checkpoint").text
        assert shown.splitlines()[:2] == kept.splitlines()[:2] and shown.splitlines()[2] != kept.splitlines()[2]
        assert "forked: it shows another root" in watches[0].look(code=ALARM, url=server.url).stderr
        evidence = watches[0].evidence()
        assert "forked: it shows another root" in evidence.pop(".why") and evidence == {".seen": kept, ".shown": shown}
        grow(server, "LATER")  # the other history goes on: now a proof is asked for, and none can be given
        assert "no proof leads" in watches[1].look(code=ALARM, url=server.url).stderr
        assert set(watches[1].evidence()) == {".seen", ".shown", ".proof", ".why"}
        for watch in watches[:2]:
            assert watch.text("seen") == kept and watch.text("cosigned").startswith(kept)
    assert run("verify", "--data-dir", str(made)).returncode == 0  # nothing in it says that there was another one
    with served(ours) as server:
        grow(server, "GOES-ON")
        watches[2].look(url=server.url)
        assert watches[2].text("seen") == server.get("/ledger/checkpoint").text


def fork(scratch, name):
    """Two directories with histories of the same log that part after its first entries."""
    ours, made = pathlib.Path(scratch) / name, pathlib.Path(scratch) / f"{name}-made"
    with served(ours):
        pass
    shutil.copytree(ours, made)
    return ours, made


def test_evidence_is_never_overwritten(scratch):
    """Whatever the clock says and however often the witness is started again; and the same evidence is kept once."""
    ours, made = fork(scratch, "evidence")
    with served(ours) as server:
        grow(server, "OURS")
        watch = Watch(scratch, server.url)
        watch.look()
    kept = {}
    with served(made) as server:
        for number in range(1, 6):
            grow(server, f"MADE-{number}")
            found = watch.look(code=ALARM, url=server.url)
            assert f"evidence-{number:03}.*" in found.stderr and "kept already" not in found.stderr
            evidence = watch.evidence(number)
            assert evidence[".shown"] == server.get("/ledger/checkpoint").text and evidence[".seen"] == watch.text("seen")
            kept[number] = evidence
            for _ in range(2):
                assert f"the same is kept already, as {watch.path}/evidence-{number:03}.*" in watch.look(code=ALARM, url=server.url).stderr
            assert {one: watch.evidence(one) for one in kept} == kept and not watch.evidence(number + 1)
        for number in (2, *range(6, 101)):
            for path in watch.path.glob(f"evidence-{number:03}.*"):
                path.unlink()
            (watch.path / f"evidence-{number:03}.shown").write_text("of another time, and short")
        grow(server, "MADE-MORE")
        found = watch.look(code=ALARM, url=server.url)
        assert "holds evidence 100 times already, and this is not kept" in found.stderr
        assert len(list(watch.path.glob("evidence-*.why"))) == 4
        (watch.path / "evidence-050.shown").unlink()
        assert "kept as" in watch.look(code=ALARM, url=server.url).stderr
        assert watch.evidence(50)[".shown"] == server.get("/ledger/checkpoint").text
        for number in (1, 3, 4, 5):
            assert watch.evidence(number) == kept[number]


def test_log_that_goes_back_or_has_another_key(scratch):
    old, new = fork(scratch, "old")
    with served(new) as server:
        grow(server, "ONE")
        watch = Watch(scratch, server.url)
        watch.look()
    with served(old) as server:
        assert "gone back" in watch.look(code=ALARM, url=server.url).stderr
    with served(pathlib.Path(scratch) / "stranger") as server:
        stranger = watch.look(code=ALARM, url=server.url)
        assert "not signed by its keys that were pinned" in stranger.stderr
        keys = pathlib.Path(scratch) / "keys"
        keys.write_text("".join(key["vkey"] + "\n" for key in server.get("/ledger/keys").json()["keys"]))
        first = Watch(scratch, server.url, "--log-key", str(keys))
        first.look()
        assert first.text("log.key") == keys.read_text()
        assert "another name" in watch.look(code=ALARM, url=server.url, options=("--log-key", str(keys))).stderr


def test_says_what_the_log_says(scratch):
    """A problem's detail and no JSON; whole characters of it; nothing that a terminal would obey."""
    told = []
    with served(pathlib.Path(scratch) / "problems") as server:
        proxy = Proxy(server, lambda method, path: told[0] if told else None)
        watch = Watch(scratch, proxy.url)
        watch.look()
        said = server.get("/ledger/consistency?from=1&to=999999").json()
        for detail in (said["detail"], "\u53e3\u7f69" * 2000, "a\u001b[2Jb\nc"):
            told[:] = [(404, json.dumps({**said, "detail": detail}).encode())]
            line = watch.look(code=1).stderr.split("the log answers 404 to ")[1].splitlines()[0]
            assert f": {said['code']}: " in line and "{" not in line and "\ufffd" not in line and "\u001b" not in line and len(line) < 600
            assert detail in line or line.endswith("\u7f69...") or line.endswith("\u53e3...") or "a [2Jb c" in line
        proxy.close()


def paste(line, directory):
    return subprocess.run(["bash", "-c", f"set -eo pipefail; tallystick() {{ {binary()} \"$@\"; }}; {line}"], cwd=directory, capture_output=True, text=True, timeout=60,
                          env={**environment(), "LC_ALL": "C.UTF-8"}, check=False)


def rotate(data_dir):
    done = run("key", "rotate", "--data-dir", str(data_dir))
    assert done.returncode == 0, done.stderr


def test_keys_were_rotated(scratch, tmp_path):
    """What the page and the messages say to paste works, right behind the rotation and later; old keys sign nothing new."""
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "witness.md").read_text(encoding="utf-8")
    assert "jq -r '.vkeys" not in page  # behind a rotation these are the ended ones
    [block] = re.findall(r"^```sh keys\n(.*?)^```$", page, re.S | re.M)
    log, stolen = pathlib.Path(scratch) / "rotated", pathlib.Path(scratch) / "stolen"
    with served(log) as server:
        before = Watch(scratch, server.url)
        before.look()
        lines = Watch(scratch, server.url)
        lines.look()
        shutil.copy(before.path / "log.key", tmp_path / "old.json")
    shutil.copytree(log, stolen)
    rotate(log)
    with served(log) as server:  # its newest checkpoint is by the old keys, and stays so until somebody writes
        pasted = paste(block.replace("https://ledger.example", server.url), tmp_path)
        assert pasted.returncode == 0 and "cosigned" in pasted.stdout, pasted.stderr
        before.look(url=server.url)
        grow(server, "BEHIND")
        alarm = before.look(code=ALARM, url=server.url)
        assert "not signed by its keys that were pinned" in alarm.stderr
        [command] = re.findall(r"--log-key log-keys.json: (curl .*)$", alarm.stderr, re.M)
        assert paste(command, tmp_path).returncode == 0
        assert "cosigned" in before.look(url=server.url, options=("--log-key", str(tmp_path / "log-keys.json"))).stdout
        grow(server, "LATER")
        before.look(url=server.url)
        assert "cosigned" in paste(block.replace("https://ledger.example", server.url), tmp_path).stdout
        for selected, code in ((".keys[].vkey", 2), (".keys[] | select(.to_seq == null).vkey", 0)):
            assert paste(f"curl -sS {server.url}/ledger/keys | jq -r '{selected}' > lines", tmp_path).returncode == 0
            told = lines.look(code=code, url=server.url + "/", options=("--log-key", str(tmp_path / "lines")))
        assert "cosigned" in told.stdout
        (tmp_path / "lines").write_text("".join(key["vkey"] + "\n" for key in server.get("/ledger/keys").json()["keys"]))
        refused = lines.look(code=2, url=server.url + "/", options=("--log-key", str(tmp_path / "lines")))
        assert "has several keys of a kind" in refused.stderr
        [command] = re.findall(r": (curl -sS http://\S+[^/]/ledger/keys > log-keys.json)$", refused.stderr, re.M)
        assert paste(command, tmp_path).returncode == 0
        lines.look(url=server.url, options=("--log-key", str(tmp_path / "log-keys.json")))
        for nothing in ("", "{}", '{"keys": []}', "no key\n", "<html>"):
            (tmp_path / "nothing").write_text(nothing)
            assert "does not hold the keys of a log" in lines.look(code=2, url=server.url, options=("--log-key", str(tmp_path / "nothing"))).stderr
        lines.look(url=server.url)  # what was pinned stays
    with served(stolen) as server:  # a thief of the old keys, who goes on with them
        for number in range(4):
            grow(server, f"THIEF-{number}")
        thief = Watch(scratch, server.url, "--log-key", str(tmp_path / "log-keys.json"))
        assert "not signed by its keys that were pinned" in thief.look(code=ALARM).stderr
        Watch(scratch, server.url, "--log-key", str(tmp_path / "old.json")).look()  # who knows of no rotation cannot tell


NONSENSE = {"error": (500, b"no"), "redirect": (302, b""), "nothing": (200, b""), "page": (200, b"<html>\n\n</html>"),
            "too much": (200, b"x" * 1100000), "hang up": "hang up"}


@pytest.mark.parametrize("path", ["/ledger/checkpoint", "/ledger/keys", "/ledger/consistency"])
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_trouble_is_no_alarm(nonsensical, path, answer):
    nonsensical(path, answer)


@pytest.fixture(scope="module")
def nonsensical(scratch):
    with served(pathlib.Path(scratch) / "nonsense") as server:
        told = {}
        proxy = Proxy(server, lambda method, path: told.get(path.split("?")[0]))
        count = iter(range(1000))

        def play(path, answer):
            watch = Watch(scratch, proxy.url)
            if path != "/ledger/keys":
                watch.look()
                grow(server, f"MORE-{next(count)}")
            told[path] = answer
            try:
                done = watch.look(code=1)
            finally:
                told.clear()
            assert "ALARM" not in done.stderr and not watch.evidence()
            assert watch.unproven() == ({1: server.get("/ledger/checkpoint").text} if path == "/ledger/consistency" else {})
            assert "cosigned" in watch.look().stdout  # and the next look does what this one could not
            assert not watch.unproven() and not (watch.path / "withheld").exists()
        try:
            yield play
        finally:
            proxy.close()


REFUSAL = (404, json.dumps({"code": "not_found", "detail": "Nothing here."}).encode())
LOOKS = 5  # refused ones, until it is an alarm


@contextlib.contextmanager
def between(server):
    """A proxy that answers what told says of a path, or of a path with its query."""
    told = {}
    proxy = Proxy(server, lambda method, path: told.get(path, told.get(path.split("?")[0])))
    try:
        yield proxy, told
    finally:
        proxy.close()


@pytest.mark.parametrize("answer", [REFUSAL, (200, b'{"proof": "none"}'), (302, b""), (401, b"no")], ids=["404", "no proof", "redirect", "401"])
def test_fork_that_withholds_the_proof(scratch, tmp_path, answer):
    """What it signed is kept from the first look on, and after five it is an alarm; growing, or silent in between, makes it none the less one."""
    ours, made = fork(tmp_path, "withheld")
    with served(ours) as server:
        grow(server, "OURS")
        watch = Watch(scratch, server.url)
        watch.look()
        seen, cosigned = watch.text("seen"), watch.text("cosigned")
    notes = {}
    with served(made) as server, between(server) as (proxy, told):
        grow(server, "MADE-1")
        for number in range(1, LOOKS + 1):
            grow(server, f"MADE-{number + 1}")
            notes[number] = server.get("/ledger/checkpoint").text
            told["/ledger/consistency"] = answer
            found = watch.look(code=ALARM if number == LOOKS else 1, url=proxy.url)
            assert f"kept as {watch.path}/unproven-{number}" in found.stderr and watch.unproven() == notes
            assert ("ALARM" in found.stderr) == (number == LOOKS) and bool(watch.evidence()) == (number == LOOKS)
            told["/ledger/checkpoint"] = "hang up"
            assert "no answer from the log" in watch.look(code=1, url=proxy.url).stderr and watch.withheld()[:2] == [number, 0]
            told.clear()
        evidence = watch.evidence()
        assert "withholds the proof" in found.stderr and "withholds the proof" in evidence[".why"]
        assert evidence[".seen"] == seen and evidence[".shown"] == notes[LOOKS]
        told["/ledger/consistency"] = answer
        assert "the same is kept already" in watch.look(code=ALARM, url=proxy.url).stderr
        told.clear()
        assert "forked: no proof leads" in watch.look(code=ALARM, url=proxy.url).stderr  # and without the proxy it is found at once
        assert watch.text("seen") == seen and watch.text("cosigned") == cosigned and watch.unproven() == notes
        assert run("verify", "--data-dir", str(ours), "--checkpoint", str(watch.path / "unproven-1")).returncode != 0


def test_fork_shown_once(scratch, tmp_path):
    """A log that shows another history for one look, without a proof, and then goes on with its own: the note is not forgotten."""
    ours, made = fork(tmp_path, "once")
    with served(ours) as server:
        grow(server, "OURS-1")
        watches = [Watch(scratch, server.url) for _ in range(4)]
        for watch in watches:
            watch.look()
        seen = server.get("/ledger/checkpoint").text
    with served(made) as server, between(server) as (proxy, told):
        told["/ledger/consistency"] = REFUSAL
        for number in range(1, 4):
            grow(server, f"MADE-{number}")
        made_note = server.get("/ledger/checkpoint").text
        for watch in watches:
            watch.look(code=1, url=proxy.url)
    size = int(made_note.splitlines()[1])
    with served(ours) as server, between(server) as (proxy, told):
        assert "gone back: it shows fewer entries than in a checkpoint that it signed" in watches[0].look(code=ALARM, url=server.url).stderr
        grow(server, "OURS-2")
        grow(server, "OURS-3")
        assert int(server.get("/ledger/checkpoint").text.splitlines()[1]) == size
        assert "another root than in a checkpoint of the same size" in watches[1].look(code=ALARM, url=server.url).stderr
        grow(server, "OURS-4")
        newest = server.get("/ledger/checkpoint").text
        assert "no proof leads from a checkpoint that it signed before" in watches[2].look(code=ALARM, url=server.url).stderr
        for watch in watches[:3]:
            evidence = watch.evidence()
            assert evidence[".seen"] == seen and evidence[".unproven"] == made_note and evidence[".shown"].startswith(seen.splitlines()[0])
            assert watch.text("seen") == seen and watch.unproven() == {1: made_note} and watch.text("cosigned").startswith(seen)
        told[f"/ledger/consistency?from={size}&to={size + 1}"] = REFUSAL  # it proves its own, and withholds what would show the other one
        watch = watches[3]
        for looks in range(2, LOOKS + 1):
            found = watch.look(code=ALARM if looks == LOOKS else 1, url=proxy.url)
            assert "the log owes the proof" in found.stderr and f"continues {watch.path}/unproven-1" in found.stderr
            assert watch.withheld()[:2] == [looks, 0]
            assert watch.text("seen") == newest and watch.text("cosigned").startswith(seen) and watch.unproven() == {1: made_note}
        assert "withholds the proof" in found.stderr and watch.evidence()[".unproven"] == made_note


def test_honest_outages_are_no_alarm(scratch, tmp_path):
    with served(tmp_path / "honest") as server, between(server) as (proxy, told):
        watch = Watch(scratch, proxy.url)
        watch.look()
        notes, alarms = {}, []
        for number in range(1, 20):  # it signs on, and its proofs do not come; the first notes stay
            grow(server, f"MORE-{number}")
            notes[number] = server.get("/ledger/checkpoint").text
            told["/ledger/consistency"] = [(503, b"no"), (500, b"no"), (429, b"no"), (408, b"no"), "hang up"][number % 5]
            found = watch.look(code=1)
            alarms += ["ALARM"] * ("ALARM" in found.stderr)
            assert watch.unproven() == notes and watch.withheld()[:2] == [0, number]
        assert not alarms and not watch.evidence()
        told["/ledger/consistency"] = REFUSAL
        for _ in range(LOOKS - 1):
            assert "ALARM" not in watch.look(code=1).stderr
        told.clear()
        found = watch.look()  # and one good look settles all of it
        assert "cosigned" in found.stdout and watch.text("seen") == notes[19] and not watch.unproven() and not (watch.path / "withheld").exists()
        grow(server, "AGAIN")
        told["/ledger/consistency"] = REFUSAL
        watch.look(code=1)
        assert watch.withheld()[:2] == [1, 0]  # counted anew


def test_proofs_that_do_not_come_for_a_day(scratch, tmp_path):
    with served(tmp_path / "day") as server, between(server) as (proxy, told):
        watch = Watch(scratch, proxy.url)
        watch.look()
        grow(server, "MORE")
        told["/ledger/consistency"] = (503, b"no")
        watch.look(code=1)
        refused, unanswered, since = watch.withheld()
        file = watch.path / "withheld"
        for looks, ago, code in ((1, 90000, 1), (4, 86000, 1), (4, 90000, ALARM), (4, -5000, 1)):  # the last: the clock was put back
            file.write_text(f"refused {refused}\nunanswered {looks}\nsince {since - ago}\n")
            assert ("withholds the proof" in watch.look(code=code).stderr) == (code == ALARM)
            assert watch.withheld()[1] == looks + 1 and watch.withheld()[2] <= time.time()
        for spoilt in ("", "refused", "refused x\nunanswered 9\nsince 1\n", "refused 99999999999999999999\nunanswered -1\nsince 1"):
            file.write_text(spoilt)
            watch.look(code=1)
        told.clear()
        watch.look()
        assert not watch.unproven() and not file.exists()
        (watch.path / "unproven-3").write_text("no note")
        assert "unproven-3 is damaged" in watch.look(code=1).stderr


def test_refusals_end_a_running_witness(scratch, tmp_path):
    with served(tmp_path / "running") as server, between(server) as (proxy, told):
        watch = Watch(scratch, proxy.url)
        watch.look()
        grow(server, "MORE")
        told["/ledger/consistency"] = REFUSAL
        done = run(*watch.arguments("--interval", "1"))
        assert done.returncode == ALARM and done.stderr.count("the log answers 404") == LOOKS and len(watch.unproven()) == 1
        assert "refused the proof 5 times" in done.stderr and watch.evidence()[".proof"] == REFUSAL[1].decode()


def test_changed_proof_is_an_alarm(scratch):
    with served(pathlib.Path(scratch) / "proofs") as server:
        def before(method, path):
            if path.startswith("/ledger/consistency"):
                reply = server.get(path)
                hashes = reply.json()["proof"]
                return 200, reply.content.replace(hashes[0].encode(), (("1" if hashes[0][0] == "0" else "0") + hashes[0][1:]).encode())
            return None
        proxy = Proxy(server, before)
        watch = Watch(scratch, proxy.url)
        watch.look()
        seen = watch.text("seen")
        grow(server, "ONE")
        grow(server, "TWO")
        assert "no proof leads" in watch.look(code=ALARM).stderr and watch.text("seen") == seen
        proxy.close()


def test_killed_between_seeing_and_cosigning(scratch):
    """What it had seen is on the disk before anybody gets its signature: on another history it signs nothing."""
    first, second = fork(scratch, "killed")
    token = pathlib.Path(scratch) / "admin.copy"
    with served(first) as server:
        grow(server, "ONE")
        note = server.get("/ledger/checkpoint").text
        token.write_text(server.token)
        running = []

        def before(method, path):
            if method == "POST":
                running[0].send_signal(signal.SIGKILL)
                running[0].wait()
                return "hang up"
            return None
        proxy = Proxy(server, before)
        watch = Watch(scratch, proxy.url, "--token", str(token))
        running.append(subprocess.Popen([binary(), *watch.arguments()], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        assert running[0].wait(timeout=60) == -signal.SIGKILL
        proxy.close()
        assert watch.text("seen") == note and not (watch.path / "cosigned").exists()
    with served(second) as server:
        grow(server, "TWO")
        grow(server, "THREE")
        proxy = Proxy(server, lambda method, path: None)
        found = watch.look(code=ALARM, url=proxy.url)
        proxy.close()
        assert "forked" in found.stderr and all(method == "GET" for method, _, _ in proxy.seen)
        assert not (watch.path / "cosigned").exists() and watch.text("seen") == note
        assert base64.b64decode(note.splitlines()[2]).hex() not in server.get("/ledger/checkpoints").text
