"""`tallystick verify` itself: as JSON, from the last run on, and what is kept for that. Which spoiling it finds: test_tamper.py.

TALLYSTICK_GOLDEN=write writes the objects of docs/verify.md anew."""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time

import pytest

from conftest import ROOT, Server, binary, environment, run
from tamper import Ledger, make, told_broken as broken, told_whole as stays_whole
from world import accepted, until

PAGE = ROOT / "docs" / "verify.md"
SHIM = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release")).resolve() / "tests" / "fault" / "shim.so"


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as directory:
        yield directory


@pytest.fixture(scope="module")
def ledger(scratch):
    """Verified once, so that there is a mark; then one more entry."""
    made = make(scratch, "ours")
    assert not (made.path / "verified").exists()
    stays_whole(made)
    made.mark = made.one("SELECT max(seq) FROM entry")
    server = Server(made.path)
    try:
        accepted(server.put("/items/LATER", {"name": "Later", "unit": "piece"}), 201)
    finally:
        assert server.stop() == 0
    return made


@pytest.fixture
def copy(ledger):
    made = ledger.copy()
    made.mark = ledger.mark
    yield made
    made.remove()


def told(ledger, *options):
    """The object, and the exit code."""
    done = ledger.verify("--json", *options)
    assert done.stdout.count("\n") == 1 and done.stdout.endswith("\n"), done.stdout
    return json.loads(done.stdout), done.returncode, done.stderr


def normal(report):
    return report | {"head": "HASH", "root": "HASH", "duration_ms": 0}


def check_example(name, report):
    page = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(rf"(?<=^```json {name}\n).*?(?=^```$)", re.S | re.M)
    [shown] = pattern.findall(page)
    if os.environ.get("TALLYSTICK_GOLDEN") == "write":
        PAGE.write_text(pattern.sub(lambda _: json.dumps(normal(report), indent=2) + "\n", page), encoding="utf-8")
        return
    assert list(json.loads(shown)) == list(report)  # the order of the members is promised too
    assert json.loads(shown) == normal(report)


def test_the_examples_are_what_it_prints(copy, scratch):
    report, code, _ = told(copy, "--incremental")
    assert code == 0
    check_example("incremental", report)
    whole = make(scratch, "whole", is_small=False)
    report, code, _ = told(whole)
    assert code == 0 and re.fullmatch("[0-9a-f]{64}", report["head"]) and re.fullmatch("[0-9a-f]{64}", report["root"])
    assert whole.one("SELECT lower(hex(hash)) FROM entry ORDER BY seq DESC LIMIT 1") == report["head"]
    assert whole.one("SELECT lower(hex(root)) FROM checkpoint ORDER BY height DESC LIMIT 1") == report["root"]
    check_example("ok", report)
    whole.execute("UPDATE seal SET signature = zeroblob(64) WHERE seq IN (40, 45)")
    report, code, _ = told(whole)
    assert code == 1
    assert whole.one("SELECT lower(hex(hash)) FROM entry WHERE seq = 39") == report["head"]
    check_example("broken", report)
    whole.remove()


def test_members_where_nothing_is_found_out(copy, scratch):
    page = PAGE.read_text(encoding="utf-8")
    members = list(json.loads(re.search(r"^```json ok\n(.*?)^```$", page, re.S | re.M)[1]))
    nothing = Ledger(scratch, "nothing")
    report, code, text = told(nothing)
    assert code == 2 and list(report) == members and report["ok"] is None and report["reason"] == "absent" and "there is no ledger" in text
    for version, advice in ((999, "use that one"), (1, "serve brings a data directory there")):  # sound, for all that is known
        other = copy.copy()
        other.execute(f"PRAGMA user_version = {version}")
        report, code, text = told(other)
        assert code == 2 and report["ok"] is None and report["reason"] == "invalid" and advice in text and "damaged" not in text
        other.remove()
    (copy.path / "tallystick.db").write_bytes(b"x" * 8192)
    report, code, _ = told(copy)
    assert code == 1 and list(report) == members and report["ok"] is False and report["code"] == "integrity"
    report, code, text = told(copy, "--checkpoint", "/nowhere")
    assert code == 2 and report["ok"] is None and report["reason"] == "invalid"


def test_an_export_as_json(ledger, tmp_path):
    """The same members; what an export has not is said not to have been looked at."""
    path = tmp_path / "export.ndjson"
    assert run("export", "--data-dir", str(ledger.path), "--output", str(path)).returncode == 0
    done = run("verify", "--json", "--export", str(path))
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["ok"] is True and report["entries"] == ledger.mark + 1
    assert report["replayed"] == report["whole"] == ledger.mark + 1 and report["first"] == 1
    assert report["not_looked_at"] == ["state", "sums", "schema", "file", "answers"]
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    done = run("verify", "--json", "--export", str(path))
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["ok"] is False and report["code"] in ("format", "truncated") and report["whole"] == 0
    done = run("verify", "--export", str(path), "--incremental")
    assert done.returncode == 2 and "--incremental goes on in a data directory" in done.stderr and not done.stdout


def test_codes_are_told():
    """Each code that verify can print stands in the text."""
    page = PAGE.read_text(encoding="utf-8")
    names = ["rules/replay.c", "rules/signed_entry.c", "ledger/chain.c"]
    sources = "".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("rules/verify/*.c"), *(ROOT / name for name in names)])
    codes = {code for pattern in (r'find\([^;]*?, "(\w+)",', r'return "([a-z_]+)";', r'"(submitter_\w+)"') for code in re.findall(pattern, sources)}
    codes -= {"sound", "origin", "time_zone_minutes"}
    assert {"seal", "checkpoint", "tile", "state", "integrity", "submitter_form", "format"} <= codes
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_the_mark(copy):
    path = copy.path / "verified"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"\nentries {copy.mark}\n" in path.read_text(encoding="utf-8")
    before = path.read_bytes()
    spoilt = copy.copy()
    spoilt.execute("UPDATE seal SET signature = zeroblob(64) WHERE seq = 3")
    assert broken(spoilt)[:2] == (3, "seal")
    assert (spoilt.path / "verified").read_bytes() == before  # what is broken leaves no mark
    spoilt.remove()
    stays_whole(copy)
    assert f"\nentries {copy.mark + 1}\n" in path.read_text(encoding="utf-8")
    assert f"\nwhole {copy.mark + 1}\n" in path.read_text(encoding="utf-8")
    assert not (copy.path / "verified.unfinished").exists()


def test_it_says_what_it_did_not_look_at(copy):
    done = copy.verify("--incremental")
    assert done.returncode == 0 and not done.stderr
    first, counts, rest, *_ = done.stdout.splitlines()
    assert first == f"ok: entries {copy.mark + 1} to {copy.mark + 1} verified, from where an earlier run ended"
    assert counts == "2 signatures, 1 checkpoints, 0 commands carried out again"
    assert rest.startswith(f"NOT looked at: entries 1 to {copy.mark} and what belongs to them; the state") and rest.endswith(f"reached entry {copy.mark}")
    again = copy.verify("--incremental")
    assert again.returncode == 0 and again.stdout.startswith(f"ok: no entry has come since entry {copy.mark + 1}, where an earlier run ended\n")
    assert again.stdout.splitlines()[2].endswith(f"reached entry {copy.mark}")  # an incremental run is no whole one


SPOILT_BEFORE = [
    ("UPDATE seal SET signature = zeroblob(64) WHERE seq = 20", (20, "seal")),
    ("UPDATE entry SET kind = 'supply.intake' WHERE seq = 21", (21, "hash")),
    ("UPDATE supply SET on_hand = on_hand + 1 WHERE rowid = 1", (None, "balance")),
    ("UPDATE item SET name_en = 'Other' WHERE rowid = 1", (None, "state")),
    ("UPDATE personal SET text = 'other' WHERE rowid = 1", (None, "personal")),
    ("DELETE FROM answer WHERE seq = 22", (22, "answer")),
    ("CREATE VIEW more AS SELECT 1", (None, "schema")),
]


@pytest.mark.parametrize("sql, found", SPOILT_BEFORE)
def test_what_was_spoilt_before_the_mark_is_found_by_a_whole_run_only(copy, sql, found):
    with copy.sql() as connection:
        connection.execute(sql)
    report, code, _ = told(copy, "--incremental")
    assert code == 0 and report["first"] == copy.mark + 1
    assert report["not_looked_at"] == ["entries", "state", "sums", "schema", "file"]  # and so it is not said to hold
    seq, word, _ = broken(copy)
    assert word == found[1] and found[0] in (None, seq)


@pytest.mark.parametrize("sql", [
    "UPDATE seal SET signature = zeroblob(64) WHERE seq = {seq}",
    "UPDATE entry SET kind = 'supply.intake' WHERE seq = {seq}",
    "UPDATE entry SET effects = zeroblob(32) WHERE seq = {seq}",
    "DELETE FROM entry WHERE seq = {seq}",
    "DELETE FROM answer WHERE seq = {seq}",
    "UPDATE checkpoint SET root = zeroblob(32) WHERE size = {seq}",
    "UPDATE frontier SET state = zeroblob(length(state))",
    "DELETE FROM tile WHERE level = 0 AND position = ({seq} - 1) / 16",
])
def test_what_was_spoilt_behind_the_mark_is_found(copy, sql):
    copy.execute(sql.format(seq=copy.mark + 1))
    assert broken(copy, "--incremental")[:2] == broken(copy)[:2]


def test_spoiling_where_the_mark_stands(copy):
    copy.execute(f"UPDATE entry SET hash = zeroblob(32) WHERE seq = {copy.mark}")
    done = copy.verify("--incremental")
    assert f"is not gone on from, entry {copy.mark} is another now: everything was looked at" in done.stderr
    assert done.returncode == 1 and done.stdout.startswith(f"BROKEN at entry {copy.mark} (hash)")


def test_a_mark_that_is_damaged(copy):
    path = copy.path / "verified"
    content = path.read_bytes()
    for bad in (b"", b"x" * 100000, content[:-1], content[:200], content.replace(b"height ", b"height 1"), content + b"\n"):
        path.write_bytes(bad)
        report, code, text = told(copy, "--incremental")
        assert code == 0 and report["first"] == 1 and report["not_looked_at"] == [] and report["not_incremental"] == "it is damaged"
        assert "verified is not gone on from, it is damaged: everything was looked at" in text
        assert b"\nentries %d\n" % (copy.mark + 1) in path.read_bytes()  # the whole run has left a good one
    path.unlink()
    report, code, text = told(copy, "--incremental")
    assert code == 0 and report["first"] == 1 and report["not_incremental"] == "there is none yet"


def test_the_mark_of_another_ledger(copy, scratch):
    other = make(scratch, "theirs")
    stays_whole(other)
    shutil.copy(other.path / "verified", copy.path / "verified")
    report, code, _ = told(copy, "--incremental")
    assert code == 0 and report["not_incremental"] == "its checkpoint is none that a key of this ledger signed"
    other.remove()


def test_an_older_copy_is_put_back(ledger, scratch):
    """Whoever puts the whole directory back but for the mark is told by it."""
    newer = ledger.copy()
    stays_whole(newer)
    older = make_older(newer, ledger.mark)
    report, code, _ = told(older, "--incremental")
    assert code == 1 and report["code"] == "truncated" and report["not_incremental"] == f"it has {ledger.mark + 1} entries, the ledger {ledger.mark}"
    newer.remove()
    older.remove()


def make_older(newer, seq):
    """As the directory was at entry seq, with its anchor of then, but with the mark of now."""
    older = newer.copy()
    note = older.one(f"SELECT note FROM checkpoint WHERE size = {seq}").encode()
    (older.path / "anchor").write_bytes(note.ljust(1024, b"\0") + bytes(1024))
    older.execute(f"DELETE FROM seal WHERE seq > {seq}", f"DELETE FROM entry WHERE seq > {seq}", f"DELETE FROM checkpoint WHERE size > {seq}")
    return older


def test_an_older_checkpoint_needs_a_whole_run(copy, tmp_path):
    note = tmp_path / "note"
    note.write_text(copy.one("SELECT note FROM checkpoint WHERE size = 10"), encoding="utf-8")
    report, code, _ = told(copy, "--incremental", "--checkpoint", str(note))
    assert code == 0 and report["first"] == 1 and report["not_incremental"] == "the checkpoint given is older than it"


def test_a_broken_row_hides_nothing_before_it(copy):
    """Both are read at once."""
    copy.execute("UPDATE entry SET hash = x'00' WHERE seq = 30", "UPDATE seal SET signature = zeroblob(64) WHERE seq = 25", loosen=True)
    assert broken(copy)[:2] == (25, "seal")


# Kept whatever happens

def start_verify(ledger, trouble):
    return subprocess.Popen([str(binary()), "verify", "--data-dir", str(ledger.path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment() | {"LD_PRELOAD": str(SHIM), "FAULT_DIR": str(trouble), "ASAN_OPTIONS":
                                                 os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})


def test_killed_while_the_mark_is_written(copy, tmp_path):
    before = (copy.path / "verified").read_bytes()
    (tmp_path / "fdatasync-waits").touch()
    process = start_verify(copy, tmp_path)
    deadline = time.monotonic() + 60
    while not (copy.path / "verified.unfinished").exists() or (copy.path / "verified.unfinished").stat().st_size == 0:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (copy.path / "verified").read_bytes() == before
    report, code, _ = told(copy, "--incremental")  # from the old one, over what was left behind
    assert code == 0 and report["first"] == copy.mark + 1 and report["not_incremental"] is None
    assert not (copy.path / "verified.unfinished").exists()
    assert (copy.path / "verified").read_bytes() != before and stat.S_IMODE((copy.path / "verified").stat().st_mode) == 0o600


def test_killed_at_any_time(copy):
    """The mark is the old one or the new one."""
    began = time.monotonic()
    stays_whole(copy)
    took = time.monotonic() - began
    for part in range(12):
        process = subprocess.Popen([str(binary()), "verify", "--data-dir", str(copy.path)], stdout=subprocess.DEVNULL, env=environment())
        time.sleep(took * part / 10)
        process.send_signal(signal.SIGKILL)
        process.wait()
        report, code, _ = told(copy, "--incremental")
        assert code == 0 and report["not_incremental"] is None


def test_a_disk_that_does_not_take_the_mark(copy, tmp_path):
    before = (copy.path / "verified").read_bytes()
    (tmp_path / "fdatasync-fails").touch()
    process = start_verify(copy, tmp_path)
    out, err = process.communicate()
    assert process.returncode == 0 and out.startswith(b"ok: ")  # the ledger holds all the same
    assert b"event=verified" in err and b"is not noted: io" in err
    assert (copy.path / "verified").read_bytes() == before


@pytest.mark.concurrent
def test_two_at_once(copy):
    """Both verify, one of them notes."""
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "fdatasync-waits").touch()
        first = start_verify(copy, pathlib.Path(directory))
        deadline = time.monotonic() + 60
        while not (copy.path / "verified.unfinished").exists():
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        stays_whole(copy)
        (pathlib.Path(directory) / "fdatasync-waits").unlink()
        out, _ = first.communicate()
        assert first.returncode == 0 and out.startswith(b"ok: ")
    assert told(copy, "--incremental")[0]["not_incremental"] is None


@pytest.mark.concurrent
def test_beside_a_service(ledger):
    """The service's own verification leaves a mark too, and runs behind its requests."""
    copy = ledger.copy()
    (copy.path / "verified").unlink()
    server = Server(copy.path)
    try:
        def nices_of():
            return [int(path.read_text(encoding="ascii").rsplit(")", 1)[1].split()[16])
                    for path in pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/stat")]
        until(lambda: 19 in nices_of())  # a thread steps back itself, once it has begun
        nices = nices_of()
        assert nices.count(19) == 1 and set(nices) <= {0, 19} | {os.getpriority(os.PRIO_PROCESS, 0)}
        reply = server.get("/ledger/verify", token=True)
        while reply.status_code == 202:
            time.sleep(0.05)
            reply = server.get("/ledger/verify", token=True)
        assert reply.json()["ok"] is True
        accepted(server.put("/items/LATEST", {"name": "Latest", "unit": "piece"}), 201)
        report, code, _ = told(copy, "--incremental")
        assert code == 0 and report["first"] == ledger.mark + 2 and report["entries"] == ledger.mark + 2
        assert report["whole"] == ledger.mark + 1
    finally:
        assert server.stop() == 0
    copy.remove()


def on_a_terminal(*words):
    """What the program shows on its standard error where that is a terminal, and what it prints."""
    ours, theirs = pty.openpty()
    shown = bytearray()
    with subprocess.Popen([binary(), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, env=environment()) as process:
        os.close(theirs)
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # nobody has the other end any more
            pass
        finally:
            os.close(ours)
        printed = process.stdout.read().decode()
        assert process.wait(60) == 0
    return shown.decode(), printed


@pytest.mark.parametrize("kind", ["directory", "incremental", "export"])
def test_progress_on_a_terminal(copy, scratch, kind):
    """One line, written over itself, which is gone in the end; the outcome stands alone."""
    words = ["verify", "--data-dir", str(copy.path)]
    if kind == "export":
        path = pathlib.Path(scratch) / "progress.ndjson"
        path.write_text(run("export", "--data-dir", str(copy.path)).stdout)
        words = ["verify", "--export", str(path)]
    elif kind == "incremental":
        words.append("--incremental")
    shown, printed = on_a_terminal(*words)
    lines = re.findall(r"\r([^\r\x1b]*)\x1b\[K", shown)
    assert "".join(f"\r{line}\x1b[K" for line in lines) == shown and lines[-1] == "", shown
    size = copy.one("SELECT max(seq) FROM entry")
    assert len(lines) > 1, shown
    for line in lines[:-1]:
        assert re.fullmatch(rf"verifying entry \d+( of {size})?(, \d+ a second| \(\d+ %\), .* left)?|verified {size} entries, looking at what lies beside them", line), line
    assert printed.startswith("ok: ") and "verifying" not in printed
    assert run(*words).stderr == ""  # a file or a pipe is not written over
