"""What a witness keeps where there is little room for it: nobody can fill the places of a fork's evidence, or have a fork forgotten."""

import resource
import shutil
import subprocess

from conftest import binary, environment
from test_witness import ALARM, Watch, between, fork, grow, served


def test_unsigned_notes_leave_room_for_a_fork(tmp_path):
    """Who has no key fills few places; and evidence that finds none stops the witness until somebody has looked."""
    ours, made = fork(tmp_path, "room")
    with served(ours) as server, between(server) as (proxy, told):
        grow(server, "OURS")
        watch = Watch(tmp_path, server.url)
        watch.look()
        seen = watch.text("seen")
        for number in range(1, 13):
            told["/ledger/checkpoint"] = (200, f"x\n{number}\n{'A' * 43}=\n\n".encode())
            found = watch.look(code=ALARM, url=proxy.url)
            assert "not signed by its keys" in found.stderr and ("this is not kept" in found.stderr) == (number > 10)
        watch.look(url=server.url)
    assert len(list(watch.path.glob("evidence-*.why"))) == 10 and not (watch.path / "evidence-lost").exists()
    with served(made) as server:
        grow(server, "MADE")
        shown = server.get("/ledger/checkpoint").text
        assert "kept as" in watch.look(code=ALARM, url=server.url).stderr
        assert watch.evidence(11)[".shown"] == shown and watch.evidence(11)[".seen"] == seen
        for number in range(12, 101):
            (watch.path / f"evidence-{number:03}.shown").write_text("taken")
        grow(server, "MADE-MORE")
        found = watch.look(code=ALARM, url=server.url)
        assert "this is not kept" in found.stderr and (watch.path / "evidence-lost").read_bytes() == b""
    with served(ours) as server:
        for name in ("NO-NEWS", "NEWS"):
            found = watch.look(code=ALARM, url=server.url)
            assert "evidence-lost away" in found.stderr and found.stdout == "" and watch.text("seen") == seen
            grow(server, name)
        (watch.path / "evidence-lost").unlink()
        assert "cosigned" in watch.look(url=server.url).stdout


def test_evidence_on_a_full_disk(tmp_path):
    """What is shown is written first and stays; the rest follows once there is room."""
    ours, made = fork(tmp_path, "disk")
    with served(ours) as server:
        grow(server, "OURS")
        watches = [Watch(tmp_path, server.url) for _ in range(2)]
        for watch in watches:
            watch.look()

    def look_with(watch, url, file_bytes):
        done = subprocess.run([binary(), *watch.arguments("--once", url=url)], env=environment(), capture_output=True, text=True, timeout=60, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes)))
        assert done.returncode == ALARM and "forked: no proof leads" in done.stderr, done.stderr
        return done.stderr
    with served(made) as server, between(server) as (proxy, told):
        grow(server, "MADE-1")
        grow(server, "MADE-2")
        shown, size = server.get("/ledger/checkpoint").text, int(watches[0].text("seen").splitlines()[1])
        told["/ledger/consistency"] = (200, server.get(f"/ledger/consistency?from={size}&to={size + 1}").content + b" " * 5000)
        for _ in range(2):
            assert "not all of it could be kept" in look_with(watches[0], proxy.url, 2000)
            assert watches[0].evidence() == {".shown": shown, ".seen": watches[0].text("seen")} and not watches[0].evidence(2)
        assert "kept as" in watches[0].look(code=ALARM, url=proxy.url).stderr and set(watches[0].evidence()) == {".shown", ".seen", ".proof", ".why"}
        assert "the same is kept already" in watches[0].look(code=ALARM, url=proxy.url).stderr
        assert not watches[0].evidence(2) and not (watches[0].path / "evidence-lost").exists()
        assert "could not be kept" in look_with(watches[1], proxy.url, 100) and not watches[1].evidence()
    with served(ours) as server:
        assert "cosigned" in (grow(server, "ON") or watches[0].look(url=server.url).stdout)
        assert "evidence-lost away" in watches[1].look(code=ALARM, url=server.url).stderr


def test_more_notes_than_can_be_kept(tmp_path):
    """Where the places are taken, a fork that is shown for one look without a proof is an alarm, and so not forgotten."""
    ours, made = fork(tmp_path, "many")
    with served(ours) as server, between(server) as (proxy, told):
        grow(server, "OURS")
        watch = Watch(tmp_path, server.url)
        watch.look()
        seen = watch.text("seen")
        grow(server, "OURS-2")
        told["/ledger/consistency"] = (503, b"no")
        watch.look(code=1, url=proxy.url)
        honest = watch.text("unproven-1")
    for number in range(2, 1024):
        shutil.copy(watch.path / "unproven-1", watch.path / f"unproven-{number}")
    with served(made) as server, between(server) as (proxy, told):
        told["/ledger/consistency"] = (503, b"no")
        for number in range(3):
            grow(server, f"MADE-{number}")
        last, shown = server.get("/ledger/checkpoint").text, None
        for path in (watch.path / "unproven-1024", None):
            found = watch.look(code=1 if path else ALARM, url=proxy.url)
            shown = server.get("/ledger/checkpoint").text
            assert ("signs more checkpoints without a proof than can be kept" in found.stderr) == (path is None)
            grow(server, f"MADE-ON-{found.returncode}")
        assert watch.text("unproven-1024") == last and watch.evidence()[".shown"] == shown and watch.evidence()[".seen"] == seen
    (watch.path / "unproven-1024").unlink()
    with served(ours) as server:
        for number in range(3):
            grow(server, f"OURS-ON-{number}")
        assert watch.text("unproven-1023") == honest
        assert "cosigned" in watch.look(url=server.url).stdout and not watch.unproven() and watch.evidence()[".shown"] == shown


def test_looks_without_news_do_not_end_a_count(tmp_path):
    """It may be of a note that a full disk did not take."""
    with served(tmp_path / "count") as server:
        watch = Watch(tmp_path, server.url)
        watch.look()
        file = watch.path / "withheld"
        file.write_text("refused 1\nunanswered 0\nsince 1\n")
        watch.look()
        assert watch.withheld() == [1, 0, 1]
        grow(server, "NEWS")
        watch.look()
        assert not file.exists()
