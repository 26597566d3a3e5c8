"""The golden export, made by the model of docs/ledger.md alone, before tools/verify.py; and what keys and signatures may not be."""

import base64
import contextlib
import importlib.util
import io
import json
import pathlib

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
    assert imported == {"argparse", "base64", "functools", "hashlib", "json", "re", "struct", "sys", "cryptography"}


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
                       f"{text}\n{first}{second[:-3]}9=\n"):
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


def test_what_it_cannot_read(path, lines):
    note = path.with_name("note.txt")
    note.write_text("no checkpoint")
    for words in (["--checkpoint", str(note), str(GOLDEN)], [str(path.with_name("no-such"))], []):
        with pytest.raises(SystemExit) as ended, contextlib.redirect_stderr(io.StringIO()):
            verifier.main(words)
        assert ended.value.code == 2
