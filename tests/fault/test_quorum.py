"""verify --checkpoint FILE --witness-policy FILE: when a checkpoint counts. The note is fetched and the policy written as docs/witness.md says."""

import json
import pathlib
import re
import subprocess

import pytest

from conftest import ROOT, Server, run
from cosign import Witness, vkey

PAGE = ROOT / "docs" / "witness.md"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with a ledger, a cosigned checkpoint of it, and three witnesses of whom two have cosigned."""
    path = tmp_path_factory.mktemp("quorum")
    witnesses = [Witness(f"witness.example/w{number}", seed=bytes([number] * 32)) for number in (1, 2, 3)]
    server = Server(path / "data")
    try:
        for number, witness in enumerate(witnesses, 1):
            assert server.put(f"/witnesses/w{number}", {"vkey": witness.vkey}).status_code == 201
        note = server.get("/ledger/checkpoint").text
        for time, witness in enumerate(witnesses[:2], 1790000000):
            assert server.post("/ledger/cosignatures", {"checkpoint": note + witness.line(note, time)}).status_code == 200
        assert server.put("/organisations/LATER", {"name": "x", "kind": "ngo"}).status_code == 201
        size = server.get("/ledger/cosignatures").json()["items"][-1]["size"]
        [curl] = re.findall(r"^(curl .*text/plain.*checkpoints/.*) > cosigned\.txt$", PAGE.read_text(encoding="utf-8"), re.M)
        words = curl.replace("https://ledger.example", server.url).replace("$SIZE", str(size)).replace("'", "").split(" -H Accept: text/plain ")
        fetched = subprocess.run([*words[0].split(), "-H", "Accept: text/plain", *words[1].split()], capture_output=True, check=True, timeout=30)
        (path / "cosigned.txt").write_bytes(fetched.stdout)
        log = json.loads(subprocess.run(["curl", "-s", f"{server.url}/ledger"], capture_output=True, check=True, timeout=30).stdout)["vkeys"]
    finally:
        assert server.stop() == 0
    return path, witnesses, log


def told(place, lines, *more, note="cosigned.txt"):
    path, witnesses, log = place
    keys = [f"log {key}" for key in log] + [f"witness w{number} {witness.vkey}" for number, witness in enumerate(witnesses, 1)]
    (path / "policy").write_text("".join(line + "\n" for line in keys + lines), encoding="utf-8")
    return run("verify", "--data-dir", str(path / "data"), "--checkpoint", str(path / note), "--witness-policy", str(path / "policy"), *more)


@pytest.mark.parametrize("lines, code", [
    (["quorum none"], 0), (["quorum w1"], 0), (["quorum w3"], 3), (["group g any w1 w2 w3", "quorum g"], 0),
    (["group g 2 w1 w2 w3", "quorum g"], 0), (["group g 3 w1 w2 w3", "quorum g"], 3), (["group g all w1 w2 w3", "quorum g"], 3),
    (["group a any w1 w3", "group b all a w2", "quorum b"], 0)])
def test_when_it_counts(place, lines, code):
    done = told(place, lines)
    assert done.returncode == code and done.stdout.startswith("ok: ") and not done.stderr, (done.stdout, done.stderr)
    assert ("entries counts: quorum " in done.stdout) == (code == 0) == ("NOT COUNTED" not in done.stdout)
    assert "  w1 cosigned it at 2026-09-21T14:13:20.000Z\n  w2 cosigned it at 2026-09-21T14:13:21.000Z\n  w3 has no cosignature on it\n" in done.stdout
    report = json.loads(told(place, lines, "--json").stdout)
    assert report["ok"] is report["counts"] is (code == 0) and report["first_broken"] is None
    assert report["code"] == (None if code == 0 else "quorum") and (report["reason"] is None) == (code == 0)
    assert [(witness["name"], witness["time"]) for witness in report["witnesses"]] == [
        ("w1", "2026-09-21T14:13:20.000Z"), ("w2", "2026-09-21T14:13:21.000Z"), ("w3", None)]


def test_notes_that_do_not_count(place):
    path, witnesses, _ = place
    note = (path / "cosigned.txt").read_text(encoding="utf-8")
    text, lines = note.split("\n\n")
    kept = lines.splitlines(keepends=True)
    line = witnesses[0].line(note)
    bent = line[:-30] + ("A" if line[-30] != "A" else "B") + line[-29:]
    for name, changed, says in [("wrong", text + "\n\n" + "".join(kept[:2]) + bent, "its line of w1"),
                                ("unsigned", text + "\n\n" + "".join(kept[:2]), "0 of 3 witnesses")]:
        (path / name).write_text(changed, encoding="utf-8")
        done = told(place, ["quorum w1"], note=name)
        assert done.returncode == 3 and "NOT COUNTED: " in done.stdout and says in done.stdout, (done.stdout, done.stderr)


def test_another_log(place):
    path, witnesses, log = place
    done = told((path, witnesses, ["other.example+00000000+AAAA"]), ["quorum none"])
    assert done.returncode == 2 and "policy:1: " in done.stderr and "is not the key of a log" in done.stderr
    other = Witness("log.example", seed=bytes(32))
    other.public = b"\x01" + other.public[1:]
    done = told((path, witnesses, [vkey("log.example", other.public)]), ["quorum w1"])
    assert done.returncode == 3 and "no log of the policy signed it" in done.stdout
    assert told((path, witnesses, []), ["quorum w1"]).returncode == 0  # no log listed: whose it is, the ledger says
    assert told((path, witnesses, log[:1]), ["quorum w1"]).returncode == told((path, witnesses, log[1:]), ["quorum w1"]).returncode == 0


def test_policies_that_are_none(place):
    for lines, line, says in [(["quorum w4"], 6, '"w4" is no witness and no group'), (["group g 2 w1", "quorum g"], 6, "wants 2 of 1"), ([], 6, "no quorum")]:
        done = told(place, lines)
        assert done.returncode == 2 and f"policy:{line}: " in done.stderr and says in done.stderr and not done.stdout, done.stderr
        report = json.loads(told(place, lines, "--json").stdout)
        assert report["ok"] is report["counts"] is report["witnesses"] is None
    path = place[0]
    done = run("verify", "--data-dir", str(path / "data"), "--witness-policy", str(path / "policy"))
    assert done.returncode == 2 and "--checkpoint FILE which one" in done.stderr
    done = run("verify", "--data-dir", str(path / "data"), "--checkpoint", str(path / "cosigned.txt"), "--witness-policy", "/nowhere")
    assert done.returncode == 2 and "cannot be read" in done.stderr


def test_a_broken_ledger_comes_first(place):
    """Cosignatures make no ledger whole: where it is broken, that is what is told, and the exit code is 1."""
    path, witnesses, log = place
    ledger = path / "export"
    assert run("export", "--data-dir", str(path / "data"), "--output", str(ledger)).returncode == 0
    lines = ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    told(place, ["quorum w1"])
    words = ["--checkpoint", str(path / "cosigned.txt"), "--witness-policy", str(path / "policy")]
    assert run("verify", "--export", str(ledger), *words).returncode == 0
    ledger.write_text("".join(lines[:4]), encoding="utf-8")
    done = run("verify", "--export", str(ledger), *words, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["ok"] is False and report["code"] == "truncated" and report["counts"] is True


def test_the_example_is_a_policy(place):
    """The page's own, with keys that are some."""
    page = PAGE.read_text(encoding="utf-8")
    [shown] = re.findall(r"^```policy\n(.*?)^```$", page, re.S | re.M)
    path, witnesses, log = place
    names = re.findall(r"^witness (\S+) +", shown, re.M)
    keys = {name: Witness(name, seed=bytes([9 + number] * 32)).vkey for number, name in enumerate(names)}
    text = re.sub(r"^log \S+", f"log {log[1]}", shown, flags=re.M)
    text = re.sub(r"^witness (\S+) +\S+", lambda match: f"witness {match[1]} {keys[match[1]]}", text, flags=re.M)
    pathlib.Path(path / "example").write_text(text, encoding="utf-8")
    done = run("verify", "--data-dir", str(path / "data"), "--checkpoint", str(path / "cosigned.txt"), "--witness-policy", str(path / "example"))
    assert done.returncode == 3 and f"0 of {len(names)} witnesses" in done.stdout, done.stderr
