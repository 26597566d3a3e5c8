"""The golden export, made by the model of docs/ledger.md alone, before tools/verify.py; and what keys and signatures may not be."""

import base64
import contextlib
import importlib.util
import io
import json
import pathlib
import re
import subprocess
import sys

import pytest

import export_model as export
import ledger_model as model

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "ledger" / "export.ndjson"


def load_verifier():
    spec = importlib.util.spec_from_file_location("verify_export", ROOT / "tools" / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verifier = load_verifier()


def told(path, lines, *options):
    """(exit code, first line) of verify.py on lines, each an object."""
    path.write_bytes("".join(export.compact(line) + "\n" for line in lines).encode())
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        code = verifier.main([*options, str(path)])
    return code, shown.getvalue().splitlines()[0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "export.ndjson"


@pytest.fixture
def lines():
    return list(export.lines())


def test_the_golden_is_the_models():
    assert GOLDEN.read_bytes() == export.golden()


def test_the_verifier_is_short_and_stands_alone():
    text = (ROOT / "tools" / "verify.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported == {"argparse", "base64", "functools", "hashlib", "json", "re", "sys", "cryptography"}


def test_sound(path, lines):
    assert told(path, lines) == (0, "ok: 8 entries verified")
    assert told(path, export.lines(with_texts=False)) == (0, "ok: 8 entries verified")
    note = path.with_name("note.txt")
    for line in lines:
        if line["type"] == "checkpoint":  # of the old keys and of the new, by themselves and with a witness's line
            for text in (line["note"], line["note"] + "\n", line["note"] + "\n\n", line["note"] + "\u2014 witness.example " + base64.b64encode(bytes(72)).decode() + "\n"):
                note.write_text(text, encoding="utf-8")
                assert told(path, lines, "--checkpoint", str(note))[0] == 0


def entry_at(lines, seq):
    return next(line for line in lines if line["type"] == "entry" and line["seq"] == seq)


def checkpoint_of(lines, size):
    return next(line for line in lines if line["type"] == "checkpoint" and line["size"] == size)


def reseal(line, secret, **fields):
    """The entry with other fields, hashed and sealed anew."""
    entry = model.decode(base64.b64decode(line["bytes"]))
    entry["body"] = base64.b64decode(line["body"]) if line["body"] else entry["body"]
    data = model.encode({**entry, **fields})
    line.update(hash=model.sha256(data).hex(), seal=model.sign(secret, model.sha256(data)).hex(), bytes=base64.b64encode(data).decode())


def test_seals(path, lines):
    entry = entry_at(lines, 2)
    entry["seal"] = export.high_s(bytes.fromhex(entry["seal"])).hex()
    assert told(path, lines) == (1, "BROKEN at entry 2 (seal)")


@pytest.mark.parametrize("seq,number", [(6, 1), (7, 0), (8, 0), (1, 1)])
def test_keys_are_valid_by_number(path, lines, seq, number):
    """The old key up to the entry that changes it, the new one from the next on; nothing by the other."""
    secret, entry = export.SECRETS[number][0], entry_at(lines, seq)
    reseal(entry, secret)
    assert told(path, lines) == (1, f"BROKEN at entry {seq} (seal)"), "another key's seal under the right id"
    entry["key"] = model.key_id(model.public_of(secret))
    assert told(path, lines) == (1, f"BROKEN at entry {seq} (key)")


def test_keys_are_listed_as_the_entries_tell(path, lines):
    keys = [index for index, line in enumerate(lines) if line["type"] == "key"]
    assert len(keys) == 4
    for index in keys:
        seq = lines[index]["from_seq"]
        assert told(path, [line for at, line in enumerate(lines) if at != index]) == (1, f"BROKEN at entry {seq} (key)")
        for change in ({"from_seq": seq + 1}, {"key": "0" * 16}, {"public_key": "02" + "11" * 32}, {"algorithm": "p256"}):
            assert told(path, [{**line, **change} if at == index else line for at, line in enumerate(lines)]) == (
                1, f"BROKEN at entry {seq} (key)")


def test_checkpoints(path, lines):
    """Exactly the node's two lines, by the keys of the note's size, in their order."""
    for size, number in ((1, 0), (6, 0), (7, 1)):
        found = checkpoint_of(lines, size)
        note = found["note"]
        words, _, rest = note.partition("\n\n")
        first, second = rest.splitlines(keepends=True)
        other = export.SECRETS[1 - number]
        text, root = words + "\n", base64.b64decode(words.splitlines()[2])
        strange = model.note(export.ORIGIN, size, root, *other)
        for spoilt in (f"{text}\n{first}", f"{text}\n{second}", f"{text}\n{second}{first}", f"{text}\n{first}{second}{second}", f"{text}\n",
                       note + "\u2014 witness.example " + base64.b64encode(bytes(72)).decode() + "\n", strange, note[:-1], note + "\n",
                       text + "more\n\n" + rest, model.note(export.ORIGIN, size, bytes(32), *export.SECRETS[number]),
                       model.note("other.example", size, root, *export.SECRETS[number]), words.replace("\n", "\n0", 1) + "\n\n" + rest,
                       f"{text}\n{first}{second[:-3]}9=\n", note + "x", note + "\u2014 x\n"):
            found["note"] = spoilt
            assert told(path, lines) == (1, f"BROKEN at entry {size} (checkpoint)"), spoilt
        found["note"] = note
    assert told(path, lines)[0] == 0


def signed_with(change, secret=model.SUBMITTER_SECRET):
    """Another signing input and its signature: change(header, payload) alters them."""
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in export.signing_input().split("."))
    change(header, payload)
    data = ".".join(export.b64url(export.compact(part).encode()) for part in (header, payload)).encode()
    return {"body": data, "submitter_sig": model.sign(secret, model.sha256(data))}


@pytest.mark.parametrize("name,change", [
    ("another ledger", lambda header, payload: payload.update(log="other.example")),
    ("another kind", lambda header, payload: payload.update(kind="transfer.dispatch")),
    ("another target", lambda header, payload: payload.update(target="T-2")),
    ("another key of idempotency", lambda header, payload: payload.update(id="receipt-2")),
    ("an id of its own", lambda header, payload: payload.update(new_id="x")),
    ("another algorithm", lambda header, payload: header.update(alg="none")),
    ("another key", lambda header, payload: header.update(kid="0" * 16)),
    ("what must be understood", lambda header, payload: header.update(crit=["x"])),
    ("a payload as it stands", lambda header, payload: header.update(b64=False)),
    ("more than is known", lambda header, payload: payload.update(exp=1)),
    ("a body that is no object", lambda header, payload: payload.update(body=[1])),
])
def test_signed_commands_mean_this_entry(path, lines, name, change):
    reseal(entry_at(lines, 4), model.SECRET, **signed_with(change))
    assert told(path, lines) == (1, "BROKEN at entry 4 (submitter)"), name


def test_submitters_signatures(path, lines):
    entry = entry_at(lines, 4)
    for fields in (signed_with(lambda header, payload: None, secret=model.SECRET), {"submitter_sig": bytes(64)}, {"submitter_sig": b""},
                   {"submitter_alg": "ES256"}, {"submitter_key": "0" * 16}, {"organisation": "CRC-GD"}):
        kept = dict(entry)
        reseal(entry, model.SECRET, **fields)
        assert told(path, lines)[1] in ("BROKEN at entry 4 (submitter)", "BROKEN at entry 4 (format)")
        entry.update(kept)
    low = signed_with(lambda header, payload: None)  # the twin with a low s is as good, and another entry
    reseal(entry, model.SECRET, **low)
    assert told(path, lines) == (1, "BROKEN at entry 4 (checkpoint)")


def test_texts(path, lines):
    text = next(line for line in lines if line["type"] == "text")
    for change in ({"text": text["text"] + "x"}, {"salt": "00" * 32}, {"commitment": "00" * 32}, {"seq": 3}):
        assert told(path, [{**line, **change} if line is text else line for line in lines]) == (1, "BROKEN at entry 2 (personal)")
    for change in ({"text": None}, {"salt": None}):
        assert told(path, [{**line, **change} if line is text else line for line in lines]) == (1, "BROKEN at entry 3 (format)")


def test_each_command_once(path, lines):
    """A key of idempotency that an earlier command of the same sender had; another sender may have the same one."""
    entry = entry_at(lines, 5)
    kept = dict(entry)
    reseal(entry, model.SECRET, command_id="key-1")
    assert told(path, lines) == (1, "BROKEN at entry 5 (command_id)")
    for other in ({"command_id": "intake-1"}, {"command_id": "key-1", "subject": "token:2"}, {"command_id": "key-1", "organisation": "CRC-HB"}):
        entry.update(kept)
        reseal(entry, model.SECRET, **other)
        assert told(path, lines) == (1, "BROKEN at entry 5 (checkpoint)"), "it is the entry that another was sealed for, and nothing else"
    entry.update(kept)
    reseal(entry, model.SECRET, command_id="intake-1", organisation="CRC-HB", subject="token:2")
    assert told(path, lines) == (1, "BROKEN at entry 5 (command_id)"), "an organisation is one sender, whoever acts for it"


def test_base64url_has_one_form(path, lines):
    """Characters that are none of it, padding, bits behind the last byte."""
    entry = entry_at(lines, 4)
    kept = dict(entry)
    header, payload = export.signing_input().split(".")
    payload = export.b64url(base64.urlsafe_b64decode(payload) + b" ")  # with bits behind its last byte
    assert len(payload) % 4 == 2
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = payload[:-1] + last[last.index(payload[-1]) + 1]
    for spoilt in (f"{header}!.{payload}", f"{header}.{payload[:8]} {payload[8:]}", f"{header}.{payload}\n", f"{header}.{payload}=", f"{header}.{payload}==",
                   f"{header}.{payload}*", f"{header}.{stray}", f"{header}.{payload}A", f"{header}=.{payload}"):
        data = spoilt.encode()
        reseal(entry, model.SECRET, body=data, submitter_sig=model.sign(model.SUBMITTER_SECRET, model.sha256(data)))
        assert told(path, lines) == (1, "BROKEN at entry 4 (format)"), spoilt
        entry.update(kept)
    entry = entry_at(lines, 3)
    kept, key = dict(entry), export.jwk()
    for spoilt in (key["x"] + "=", key["x"] + "!", key["x"][:9] + "+" + key["x"][9:], ""):
        reseal(entry, model.SECRET, body=export.compact({**key, "x": spoilt, "y": spoilt}).encode())
        assert told(path, lines) == (1, "BROKEN at entry 4 (format)"), spoilt
        entry.update(kept)


def noted(path, lines, note):
    kept = path.with_name("note.txt")
    kept.write_bytes(note if isinstance(note, bytes) else note.encode())
    return told(path, lines, "--checkpoint", str(kept))


def test_checkpoints_of_others(path, lines):
    """They say nothing about this ledger, which is told as what it is; so is one that was altered."""
    for size in (3, 8):
        note = checkpoint_of(lines, size)["note"]
        words, rest = note.split("\n\n")
        foreign = note.replace(export.ORIGIN, "other.log/xyz")
        assert noted(path, lines, foreign) == (1, f"BROKEN at entry {size} (checkpoint_foreign)")
        for other in (0, 9, 10**18):
            grown = note.replace(f"\n{size}\n", f"\n{other}\n", 1)
            assert noted(path, lines, grown.replace(export.ORIGIN, "other.log/xyz")) == (1, "BROKEN (checkpoint_foreign)")
            if other == 0 or size == 8:  # by the key of now, which it names, and it is not what that signed
                assert noted(path, lines, grown) == (1, "BROKEN (checkpoint_unsigned)")
        first, second = rest.splitlines(keepends=True)
        for spoilt in (f"{words}\n\n", note[:-1], note + "x", f"{words}\n\n{first[:-9]}AAAAAAA=\n{second}",
                       note.replace(words.split("\n")[2], base64.b64encode(bytes(32)).decode())):
            assert noted(path, lines, spoilt) == (1, f"BROKEN at entry {size} (checkpoint_unsigned)"), spoilt
        assert noted(path, lines, f"{words}\n\n{second}".replace("\n", "\r\n"))[0] == 0
        number = int(size > 6)
        forged = model.note(export.ORIGIN, size, bytes(32), *export.SECRETS[number])
        assert noted(path, lines, forged) == (1, f"BROKEN at entry {size} (checkpoint)")
    longer = model.note(export.ORIGIN, 9, bytes(32), *export.SECRETS[1])
    assert noted(path, lines, longer) == (1, "BROKEN at entry 9 (truncated)")
    later = model.note(export.ORIGIN, 9, bytes(32), model.sha256(b"later"), model.sha256(b"later too"))
    assert noted(path, lines, later) == (1, "BROKEN at entry 9 (truncated)"), "the key may be one that came later"


def run_verifier(*words, given=b""):
    """As a process: nothing may trace back."""
    ran = subprocess.run([sys.executable, str(ROOT / "tools" / "verify.py"), *map(str, words)], input=given, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False, timeout=60)
    assert b"Traceback" not in ran.stderr, ran.stderr.decode()
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


def test_nobody_reads_what_it_tells():
    """As before `| head -1` that has gone: nothing was found out, as far as anybody knows."""
    for export_of in (GOLDEN.read_bytes(), b"garbage\n"):
        with subprocess.Popen([sys.executable, str(ROOT / "tools" / "verify.py"), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            process.stdin.write(export_of)
            process.stdin.close()
            said = process.stderr.read().decode()
            assert process.wait(60) == 2 and "nothing was found out" in said
            assert "Traceback" not in said and "Exception" not in said, said


NO_CHECKPOINTS = {
    "nothing": b"", "garbage": b"garbage\n", "no UTF-8": b"other.log/xyz\n1\n\xff\xfe\n\n", "binary": bytes(range(256)) * 9, "NUL": bytes(300),
    "no root": b"ledger.example/golden\n3\n\n", "JSON": b'{"size": 3}', "no number": b"a\nb\nc\n\n", "a long number": b"a\n" + b"9" * 5000 + b"\nc\n\n",
    "stray bits": b"a\n3\n" + b"A" * 42 + b"B=\n\n", "a line more": b"a\n3\n" + b"A" * 43 + b"=\nmore\n\n", "no empty line": b"a\n3\n" + b"A" * 43 + b"=\n",
}


@pytest.mark.parametrize("name", NO_CHECKPOINTS)
def test_what_is_no_checkpoint(tmp_path, name):
    path = tmp_path / "note"
    path.write_bytes(NO_CHECKPOINTS[name])
    code, shown, said = run_verifier("--checkpoint", path, GOLDEN)
    assert (code, shown) == (2, "") and "nothing was found out" in said


def test_what_it_cannot_read(tmp_path):
    note = tmp_path / "note"
    note.write_text(checkpoint_of(list(export.lines()), 8)["note"])
    locked = tmp_path / "locked"
    locked.symlink_to(locked)  # it leads nowhere, for whoever looks
    for words in (["--checkpoint", tmp_path / "no-such", GOLDEN], ["--checkpoint", tmp_path, GOLDEN], ["--checkpoint", locked, GOLDEN],
                  [tmp_path / "no-such"], [tmp_path], [locked], ["--checkpoint", note, tmp_path], [], ["--checkpoint"], ["--no-such", GOLDEN]):
        code, shown, said = run_verifier(*words)
        assert (code, shown) == (2, "") and "verify.py: error: " in said, words
    assert run_verifier("--checkpoint", note, "-", given=GOLDEN.read_bytes())[0] == 0


def header_and(line):
    return "".join(export.compact(line) + "\n" for line in (next(export.lines()), line)).encode()


def of_no_entries():
    return header_and({"type": "end", "seq": 0, "hash": "00" * 32})


def before_any_entry(kind):
    return header_and(next(line for line in export.lines() if line["type"] == kind))


NO_EXPORTS = {
    "nothing": (b"", "1 (truncated)"), "garbage": (b"garbage\n", "1 (format)"), "binary": (bytes(range(256)) * 9, "1 (format)"),
    "no UTF-8": (b'{"type":"header","format":"\xff"}\n', "1 (format)"), "half a pair": (b'{"type":"end","seq":0,"hash":"\\ud800"}\n', "1 (format)"),
    "UTF-16": ("{}\n".encode("utf-16"), "1 (format)"), "deep": (b"[" * 200000 + b"\n", "1 (format)"), "a long number": (b"9" * 5000 + b"\n", "1 (format)"),
    "a list": (b"[]\n", "1 (format)"), "a text": (b'"type"\n', "1 (format)"), "null": (b"null\n", "1 (format)"),
    "a type that is a list": (b'{"type":[]}\n', "1 (format)"), "a type that nobody knows": (b'{"type":"x"}\n', "1 (format)"),
    "no entry": (of_no_entries(), "1 (seq)"), "a checkpoint first": (before_any_entry("checkpoint"), "1 (checkpoint)"),
    "a text first": (before_any_entry("text"), "1 (personal)"), "cut": (GOLDEN.read_bytes()[:-40], "9 (truncated)"),
    "cut behind a letter": (GOLDEN.read_bytes()[:3], "1 (truncated)"), "cut garbage": (b"garbage", "1 (format)"),
}


@pytest.mark.parametrize("name", NO_EXPORTS)
def test_what_is_no_export(name):
    data, found = NO_EXPORTS[name]
    code, shown, said = run_verifier("-", given=data)
    assert (code, shown, said) == (1, f"BROKEN at entry {found}\n", "")


def test_bodies_of_another_form(path, lines):
    """What the node's key alone can seal: JSON where something else must be."""
    for seq, number in ((1, 0), (3, 0), (6, 0), (7, 1)):
        for body in (b"[]", b"null", b"1", b'"x"', b"{}", b"", b"\xff", b'{"x":1,"y":[]}', b'{"origin":1}', b'{"node_key":[]}', b'{"node_key":"xy"}'):
            entry = entry_at(lines, seq)
            kept = dict(entry)
            reseal(entry, export.SECRETS[number][0], body=body)
            code, shown = told(path, lines)
            assert code == 1 and re.match(r"BROKEN at entry \d \(", shown)
            entry.update(kept)
