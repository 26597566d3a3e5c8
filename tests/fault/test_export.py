"""Exports, sound and spoilt in every way there is, before two verifiers that have no line in common: `tallystick verify --export` and
tools/verify.py. Every spoiling is found, and both name the same first broken entry."""

import base64
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import random
import re
import secrets
import sys
import tempfile

import pytest

from conftest import Server, run
from tamper import for_each, make_small, other_value
from world import World, accepted

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import ledger_model as model  # noqa: E402

def load_verifier():
    spec = importlib.util.spec_from_file_location("verify_export", ROOT / "tools" / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verifier = load_verifier()


def verdict(code, told):
    """(whether it is sound, the first broken entry, why). No entry: what is wrong is a checkpoint from elsewhere."""
    assert code in (0, 1), told
    if code == 0:
        assert told.startswith("ok: "), told
        return True, None, ""
    found = re.match(r"BROKEN(?: at entry (\d+))? \((\w+)\)", told)
    assert found, told
    return False, int(found[1]) if found[1] else None, found[2]


def by_python(path, *options):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        code = verifier.main([*options, str(path)])
    return verdict(code, shown.getvalue())


def by_program(path, *options):
    told = run("verify", "--export", str(path), *options)
    assert not told.stderr, told.stderr
    return verdict(told.returncode, told.stdout)


def export(ledger, *options):
    """The lines of an export."""
    made = run("export", "--data-dir", str(ledger.path), *options)
    assert made.returncode == 0, made.stderr
    return made.stdout.encode().splitlines(keepends=True)


def line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as directory:
        yield pathlib.Path(directory)


def node_secrets(ledger):
    words = (ledger.path / "node.key").read_text().split()
    return bytes.fromhex(words[0]), bytes.fromhex(words[1])


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def register(server, organisation, secret):
    """The organisation's key, with which it signs from now on; its id."""
    numbers = model.private_key(secret).public_key().public_numbers()
    key = {"kty": "EC", "crv": "secp256k1", "x": b64url(numbers.x.to_bytes(32, "big")), "y": b64url(numbers.y.to_bytes(32, "big"))}
    return accepted(server.post(f"/organisations/{organisation}/keys", key), 201)["kid"]


def signed(server, kid, secret, is_high, kind, target, body):
    """(idempotency key, compact JWS) of a command; its s in the upper half or the lower one."""
    key = f"signed-{kind}-{target}"
    payload = {"log": server.get("/ledger").json()["origin"], "kind": kind, "target": target, "id": key, "body": body, "new_id": None}
    data = ".".join(b64url(json.dumps(part).encode()) for part in ({"alg": "ES256K", "kid": kid}, payload))
    signature = model.sign(secret, model.sha256(data.encode()))
    if is_high:
        signature = signature[:32] + (model.ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    return key, f"{data}.{b64url(signature)}"


def fill_signed(server, world):
    """A transfer that the sender dispatches and the receiver receives, each signing."""
    transfer = world.dispatched(1)  # something unsigned between
    supply = world.intake(8)["id"]
    transfer = world.transfer([(supply, 8)])["id"]
    for organisation, is_high, action, body in ((world.a, False, "dispatch", {}), (world.b, True, "receive", {"lines": [{"line": 1, "good": 8}]})):
        secret = model.sha256(organisation.encode())
        kid = register(server, organisation, secret)
        key, jws = signed(server, kid, secret, is_high, f"transfer.{action}", transfer, body)
        reply = server.write("POST", f"/transfers/{transfer}/{action}", data=jws, token=world.token("operator", organisation),
                             idempotency_key=key, headers={"Content-Type": "application/jose"})
        assert reply.status_code == 200, reply.text
    accepted(server.post(f"/organisations/{world.a}/keys/{register(server, world.a, model.sha256(b'spare'))}/revoke", {"reason": "not needed"}))


def erase(server):
    """Some texts are gone from now on."""
    texts = server.get("/privacy/texts", token=True).json()["items"]
    reply = server.post("/privacy/erasures", {"commitments": [text["commitment"] for text in texts[3:9:2]], "reference": "as asked"})
    assert reply.status_code in (200, 201), reply.text


@pytest.fixture(scope="module")
def ledger(scratch):
    """With everything in it that an export can tell of: signed commands, erased texts, two pairs of the node's keys."""
    made = make_small(scratch, "ledger")
    server = Server(made.path)
    try:
        fill_signed(server, World(server))
        erase(server)
    finally:
        assert server.stop() == 0
    made.secrets = [node_secrets(made)]
    rotated = run("key", "rotate", "--data-dir", str(made.path))
    assert rotated.returncode == 0, rotated.stderr
    made.secrets.append(node_secrets(made))
    server = Server(made.path)
    try:
        World(server).intake(3, note="under the new keys")
    finally:
        assert server.stop() == 0
    return made


@pytest.fixture(scope="module")
def plain(ledger):
    return export(ledger)


@pytest.fixture(scope="module")
def with_texts(ledger):
    return export(ledger, "--texts")


def the_seed():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return seed


def some(count):
    """Picks so many cases; tests/long takes all."""
    def pick(cases):
        cases = list(cases)
        return random.Random(the_seed()).sample(cases, min(count, len(cases)))
    return pick


def check_all(scratch, cases, *options):
    """cases: (name, bytes). All of them must be found broken, by both."""
    paths = []
    for number, (name, spoilt) in enumerate(cases):
        path = scratch / f"case{number}.ndjson"
        path.write_bytes(spoilt)
        paths.append((name, path))
    ours = for_each(paths, lambda case: by_program(case[1], *options))
    for (name, path), (is_sound, seq, code) in zip(paths, ours):
        theirs = by_python(path, *options)
        assert not is_sound, f"{name}: it was not found"
        is_ours_alone = code == "personal_missing" and theirs[0] and b'"salt":null' in path.read_bytes()  # whether an entry erased it
        assert is_ours_alone or theirs[:2] == (is_sound, seq), f"{name}: the program says {(is_sound, seq, code)}, verify.py {theirs}"
        path.unlink()
    print(f"{len(paths)} spoilt exports")


def check_sound(path, *options):
    assert by_program(path, *options)[0] and by_python(path, *options)[0]


def some_of_each(lines):
    """Indices of a line or two of each type, a long body's among them."""
    seen = {}
    for index, raw in enumerate(lines):
        found = json.loads(raw)
        kind = found["type"] + str(found.get("algorithm", "")) + ("long" if found.get("body") else "")
        seen.setdefault(kind, []).append(index)
    return sorted({index for indices in seen.values() for index in (indices[0], indices[len(indices) // 2])})


def test_sound_ones(scratch, plain, with_texts):
    for lines in (plain, with_texts):
        path = scratch / "sound.ndjson"
        path.write_bytes(b"".join(lines))
        check_sound(path)
        told = run("verify", "--export", str(path)).stdout.splitlines()
        done = io.StringIO()
        with contextlib.redirect_stdout(done):
            verifier.main([str(path)])
        assert done.getvalue().splitlines() == [told[0], told[2], told[3]]
    assert sum(b'"type":"text"' in raw for raw in with_texts) > 30 and not any(b'"type":"text"' in raw for raw in plain)
    assert [raw for raw in with_texts[1:] if b'"type":"text"' not in raw] == plain[1:]
    assert any(json.loads(raw).get("body") for raw in plain), "there is a long body"


def spoilt_members(lines):
    """Each member of a line of each type: another value, none, null, twice, at another place."""
    for index in some_of_each(lines):
        members = json.loads(lines[index])
        for name, value in members.items():
            rest = {other: kept for other, kept in members.items() if other != name}
            ways = {"gone": line(rest), "last": line({**rest, name: value}), "null": line({**members, name: None})}
            if value is not None:
                ways["another"] = line({**members, name: not value if isinstance(value, bool) else other_value(value)})
                ways["twice"] = line(members)[:-2] + b"," + line({name: value})[1:]
            for way, spoilt in ways.items():
                if spoilt != lines[index]:
                    yield f"line {index}, {members['type']}.{name} {way}", b"".join([*lines[:index], spoilt, *lines[index + 1:]])


def spoilt_texts(lines):
    at = [index for index, raw in enumerate(lines) if b'"type":"text"' in raw][3]
    yield from (case for case in spoilt_members(lines) if ", text." in case[0])
    yield "a text more", b"".join([*lines[:at], lines[at], *lines[at:]])
    yield "a text less", b"".join([*lines[:at], *lines[at + 1:]])


def test_members(scratch, plain, with_texts, pick=some(20)):
    check_all(scratch, pick(spoilt_members(plain)))
    check_all(scratch, pick(spoilt_texts(with_texts))[:8])


def other_forms(lines):
    """The same said in another way."""
    for index in some_of_each(lines):
        raw = lines[index]
        members = json.loads(raw)
        ways = [raw.replace(b'":', b'": ', 1), raw.replace(b',"', b', "', 1), b" " + raw, raw[:-1] + b" \n", raw[:-1] + b"\r\n", b"\n" + raw,
                raw[:-1] + b"\n\n", b"\xef\xbb\xbf" + raw, raw.replace(b'"type"', b'"t\\u0079pe"'), raw[:-2] + b',"more":1}\n',
                b"[" + raw[:-1] + b"]\n", raw.replace(b"/", b"\\/", 1), raw[:-1] + b"\0\n", raw.replace(b'"}', b'\xff"}')]
        for name, value in members.items():
            if isinstance(value, int) and not isinstance(value, bool):
                ways += [raw.replace(f'"{name}":{value}'.encode(), f'"{name}":{form}'.encode())
                         for form in (f"0{value}", f"{value}.0", f"{value}e0", f'"{value}"', f"-{value}", str(2**53 + value))]
            if isinstance(value, str) and name in ("hash", "seal", "public_key", "salt"):
                ways += [line({**members, name: value.upper()}), line({**members, name: value[:-1]}), line({**members, name: value + "00"}),
                         line({**members, name: value[:2] + " " + value[2:]})]
            if isinstance(value, str) and name in ("bytes", "body"):
                ways += [line({**members, name: value.rstrip("=") + "=="}), line({**members, name: value + "AA=="}),
                         line({**members, name: value[:4] + "\n" + value[4:]}), line({**members, name: value.replace("+", "-")})]
                if value.endswith("="):
                    # the bits behind the last byte are zero, and may not be otherwise
                    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                    stem = value.rstrip("=")
                    ways.append(line({**members, name: stem[:-1] + alphabet[alphabet.index(stem[-1]) + 1] + value[len(stem):]}))
        for number, spoilt in enumerate(ways):
            if spoilt != raw:
                yield f"line {index}, {members['type']} form {number}: {spoilt[:60]!r}", b"".join([*lines[:index], spoilt, *lines[index + 1:]])


def test_forms(scratch, plain, pick=some(14)):
    check_all(scratch, pick(other_forms(plain)))


def spoilt_orders(lines):
    for index in some_of_each(lines):
        kind = json.loads(lines[index])["type"]
        yield f"line {index} ({kind}) gone", b"".join([*lines[:index], *lines[index + 1:]])
        if kind not in ("header", "key"):  # a part may be empty, and a key listed where a part begins
            yield f"line {index} ({kind}) twice", b"".join([*lines[:index], lines[index], *lines[index:]])
        if index + 1 < len(lines) and kind != "key":
            yield f"line {index} ({kind}) behind the next", b"".join([*lines[:index], lines[index + 1], lines[index], *lines[index + 2:]])
        yield f"cut behind line {index} ({kind})", b"".join(lines[:index + 1][:len(lines) - 1])
        yield f"cut in line {index} ({kind})", b"".join(lines[:index]) + lines[index][:len(lines[index]) // 2]
        yield f"no line feed behind line {index} ({kind})", b"".join(lines[:index]) + lines[index][:-1]
    yield "nothing", b""
    yield "a header alone", lines[0]
    yield "no entry", b"".join([lines[0], lines[-1]])
    yield "something behind the end", b"".join([*lines, lines[1]])
    yield "begun twice", b"".join([*lines, *lines])


def test_orders(scratch, plain, pick=some(14)):
    check_all(scratch, pick(spoilt_orders(plain)))


def cut_exports(lines):
    """Cut behind a line and in one, of each kind of line; with the number of whole entries that are left."""
    for index in some_of_each(lines):
        raw, before = lines[index], b"".join(lines[:index])
        whole = sum(b'"type":"entry"' in other for other in lines[:index])
        for length in sorted({0, 1, 9, 14, len(raw) // 2, len(raw) - 1}):
            yield f"line {index}, {length} bytes of it", before + raw[:length], whole


def test_a_cut_is_called_one(scratch, plain, with_texts, pick=some(8)):
    """Wherever it is: no line is strange, and no text missing, for that its end is."""
    path = scratch / "cut.ndjson"
    texts = [case for case in cut_exports(with_texts) if b'"type":"text"' in with_texts[int(case[0].split()[1].rstrip(","))]]
    for name, cut, whole in [*pick(cut_exports(plain)), *pick(cut_exports(with_texts)), *pick(texts)]:
        path.write_bytes(cut)
        assert by_program(path) == (False, whole + 1, "truncated"), name
        assert by_python(path)[:2] == (False, whole + 1), name
    path.write_bytes(b"".join(plain) + b"x")
    assert by_program(path)[2] == "format", "what is no beginning of a line was not cut off"
    path.write_bytes(b'{"type":"FeatureCollection"}')
    assert by_program(path)[2] == "format"


def fields_of(raw):
    members = json.loads(raw)
    entry = model.decode(base64.b64decode(members["bytes"]))
    if entry["body"] is None:
        entry["body"] = base64.b64decode(members["body"])
    return members, entry


def resealed(members, entry, secret):
    data = model.encode(entry)
    return {**members, "hash": model.sha256(data).hex(), "seal": model.sign(secret, model.sha256(data)).hex(),
            "bytes": base64.b64encode(data).decode(),
            "body": base64.b64encode(entry["body"]).decode() if len(entry["body"]) > 65536 else None}


def other_field(entry, name):
    value = entry[name]
    changed = bytes([value[0] ^ 1]) + value[1:] if isinstance(value, bytes) and value else b"x" if isinstance(value, bytes) else other_value(value)
    return {**entry, name: changed}


def spoilt_fields(lines, secret):
    """Each field of an entry: its bytes alone; its hash too; its hash and a seal, by the key that lies there or by another one."""
    stranger = model.sha256(b"a stranger's key")
    entries = [index for index, raw in enumerate(lines) if b'"type":"entry"' in raw]
    long_one = next(index for index in entries if json.loads(lines[index])["body"])
    for index in (entries[0], entries[len(entries) // 2], long_one):
        members, entry = fields_of(lines[index])
        for name in ("seq", "height", "time_ms", "previous_hash", "rules_version", *model.TEXTS, "body", "submitter_sig", "effects"):
            changed = other_field(entry, name)
            forged = resealed(members, changed, stranger)
            for way, spoilt in (("alone", {**forged, "hash": members["hash"], "seal": members["seal"]}),
                                ("and its hash", {**forged, "seal": members["seal"]}), ("sealed by a stranger", forged),
                                ("sealed by the node", resealed(members, changed, secret))):
                yield f"entry {entry['seq']}, {name} {way}", b"".join([*lines[:index], line(spoilt), *lines[index + 1:]])
    members, entry = fields_of(lines[long_one])
    for way, body in (("cut", entry["body"][:-1]), ("changed", b"x" + entry["body"][1:]), ("none", None), ("longer", entry["body"] + b" ")):
        spoilt = {**members, "body": base64.b64encode(body).decode() if body else None}
        yield f"long body {way}", b"".join([*lines[:long_one], line(spoilt), *lines[long_one + 1:]])


def test_fields(scratch, ledger, plain, pick=some(20)):
    check_all(scratch, pick(spoilt_fields(plain, ledger.secrets[0][0])))


def somebody_else(entry):
    entry["subject"] += "-somebody-else"


def rewritten(lines, secrets_of, first, change=somebody_else):
    """A history that the holder of the keys wrote anew: everything from entry `first` on is another one, and fits."""
    leaves, previous, made, size = [], bytes(32), [], 0
    origin, (secret, seed) = json.loads(lines[0])["origin"], secrets_of[0]
    for raw in lines:
        members = json.loads(raw)
        if members["type"] == "entry":
            members, entry = fields_of(raw)
            entry["previous_hash"] = previous
            if entry["seq"] == first:
                change(entry)
            if entry["seq"] > 1 and members["key"] != model.key_id(model.public_of(secret)):
                secret, seed = secrets_of[1]
            members = resealed(members, entry, secret)
            data = base64.b64decode(members["bytes"])
            previous, size = model.sha256(data), entry["seq"]
            leaves.append(model.leaf_hash(data))
        elif members["type"] == "checkpoint":
            members["note"] = model.note(origin, size, model.root_of(leaves), secret, seed)
        elif members["type"] == "end":
            members["hash"] = previous.hex()
        made.append(line(members))
    return made


def of_rules(version):
    def change(entry):
        entry["rules_version"] = version
    return change


def test_rules_never_go_back(scratch, ledger, plain):
    """Whoever has the keys could else write entries of older rules, which forbid less, behind newer ones. A ledger that began by older ones is whole."""
    lines = plain
    for seq in (1, 2, 3):
        lines = rewritten(lines, ledger.secrets, seq, of_rules(1))
    path = scratch / "rules.ndjson"
    path.write_bytes(b"".join(lines))
    check_sound(path)
    last = sum(b'"type":"entry"' in raw for raw in plain)
    for seq, version in ((3, 0), (3, 3), (5, 0), (5, 1), (5, 3), (last, 1), (last, 3)):
        path.write_bytes(b"".join(rewritten(lines, ledger.secrets, seq, of_rules(version))))
        assert by_program(path) == by_python(path) == (False, seq, "rules_version"), (seq, version)


def test_an_insider_is_found_by_a_checkpoint(scratch, ledger, plain):
    """Whoever has the keys can write another history that fits in itself; a note that somebody kept shows it."""
    entries = [json.loads(raw) for raw in plain if b'"type":"entry"' in raw]
    assert rewritten(plain, ledger.secrets, len(entries) + 1) == plain, "signatures come out again: the model is right"
    path, note = scratch / "forged.ndjson", scratch / "kept.txt"
    path.write_bytes(b"".join(rewritten(plain, ledger.secrets, 30)))
    check_sound(path)
    notes = [json.loads(raw) for raw in plain if b'"type":"checkpoint"' in raw]
    for kept in (notes[5], next(kept for kept in notes if kept["size"] >= 30), notes[-1]):
        note.write_text(kept["note"])
        options = ("--checkpoint", str(note))
        if kept["size"] < 30:
            check_sound(path, *options)
        else:
            check_all(scratch, [(f"held against {kept['size']}", path.read_bytes())], *options)
            assert by_program(path, *options)[1:] == (kept["size"], "checkpoint")
    whole = scratch / "whole.ndjson"
    whole.write_bytes(b"".join(plain))
    check_sound(whole, "--checkpoint", str(note))
    cut = next(index for index, raw in enumerate(plain) if json.loads(raw).get("size") == notes[5]["size"]) + 1
    ends = line({"type": "end", "seq": notes[5]["size"], "hash": entries[notes[5]["size"] - 1]["hash"]})
    check_all(scratch, [("an export of before", b"".join([*plain[:cut], ends]))], "--checkpoint", str(note))
    for way, text in (("another root", notes[-1]["note"].replace("\n", "\n", 1)[:-6] + "AAA=\n"),
                      ("of another ledger", notes[-1]["note"].replace("test.example", "elsewhere.example")),
                      ("signed by nobody", notes[-1]["note"].split("\n\n")[0] + "\n\n")):
        note.write_text(text)
        check_all(scratch, [(way, whole.read_bytes())], "--checkpoint", str(note))


def forgeries(entry):
    """What the node's key alone can make of a command that its submitter signed."""
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in entry["body"].decode().split("."))

    def signing_input(header, payload):
        return b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, payload))

    def other(name):
        return lambda entry: entry.update({name: other_field(entry, name)[name]})

    yield from ((name, other(name)) for name in ("kind", "target", "command_id", "new_id", "organisation", "submitter_key", "submitter_alg"))
    if signing_input(header, payload) != entry["body"]:  # whoever signed it wrote it in the same form otherwise
        yield "the form alone", lambda entry: entry.update(body=signing_input(header, payload))
    yield "another body", lambda entry: entry.update(body=signing_input(header, {**payload, "body": {**payload["body"], "x": 1}}))
    yield "longer", lambda entry: entry.update(body=entry["body"] + b"A")
    yield "a bit of r", lambda entry: entry.update(submitter_sig=bytes([entry["submitter_sig"][0] ^ 1]) + entry["submitter_sig"][1:])
    yield "a bit of s", lambda entry: entry.update(submitter_sig=entry["submitter_sig"][:-1] + bytes([entry["submitter_sig"][-1] ^ 1]))
    yield "no signature", lambda entry: entry.update(submitter_sig=b"")
    yield "a longer signature", lambda entry: entry.update(submitter_sig=entry["submitter_sig"] + b"\0")
    if entry["kind"] != "figures.put":  # whose body, which may be CSV, verify.py does not read
        yield "as if unsigned", lambda entry: entry.update(submitter_key="", submitter_alg="", submitter_sig=b"")
    yield "no key", lambda entry: entry.update(submitter_key="")


def test_an_insider_cannot_write_what_others_sign(scratch, ledger, plain, pick=some(8)):
    """Sealed by the node and whole in itself: the submitters' signatures show it, at the entry."""
    entries = [fields_of(raw)[1] for raw in plain if b'"type":"entry"' in raw]
    signed = [entry for entry in entries if entry["submitter_key"]]
    assert {entry["kind"] for entry in signed} == {"figures.put", "transfer.dispatch", "transfer.receive"} and len(signed) == 8
    cases = [(entry["seq"], name, change) for entry in signed for name, change in forgeries(entry)]
    unsigned = next(entry["seq"] for entry in entries if entry["kind"] == "transfer.create")
    for name, value in (("submitter_key", signed[0]["submitter_key"]), ("submitter_alg", "ES256K"), ("submitter_sig", bytes(64))):
        cases.append((unsigned, f"unsigned, with {name}", lambda entry, name=name, value=value: entry.update({name: value})))
    for seq, name, change in pick(cases):
        path = scratch / "insider.ndjson"
        path.write_bytes(b"".join(rewritten(plain, ledger.secrets, seq, change)))
        assert by_program(path)[:2] == by_python(path)[:2] == (False, seq), (seq, name)


def test_a_command_that_was_carried_out_again(scratch, ledger, plain):
    """Under the key that it came with: the rules see no harm in it, nor does any signature. Another sender may have the same key."""
    entries = [fields_of(raw)[1] for raw in plain if b'"type":"entry"' in raw]
    unsigned = [entry for entry in entries[1:] if not entry["submitter_key"] and entry["kind"] != "node_key.rotate"]

    def sender(entry):
        return entry["organisation"] or entry["subject"]

    def with_key_of(first, second):
        path = scratch / "again.ndjson"
        path.write_bytes(b"".join(rewritten(plain, ledger.secrets, second["seq"], lambda entry: entry.update(command_id=first["command_id"]))))
        return path

    pairs = [(first, second) for second in unsigned for first in entries[1:second["seq"] - 1]]
    again = [pair for pair in pairs if sender(pair[0]) == sender(pair[1])]
    for first, second in (again[0], again[len(again) // 2], again[-1]):
        path = with_key_of(first, second)
        assert by_program(path) == by_python(path) == (False, second["seq"], "command_id"), (first["seq"], second["seq"])
    told = run("verify", "--export", str(path)).stdout
    assert f"entry {second['seq']}: its key {first['command_id']} is one that an earlier command of the same sender had: it was carried out again" in told
    check_sound(with_key_of(*next(pair for pair in pairs if sender(pair[0]) != sender(pair[1]))))


def test_checkpoints_that_are_not_its_own(scratch, plain):
    """Both say the same of them, and neither that the ledger is another than it is."""
    path, kept = scratch / "whole.ndjson", scratch / "kept.txt"
    path.write_bytes(b"".join(plain))
    notes = [json.loads(raw) for raw in plain if b'"type":"checkpoint"' in raw]
    origin, size = notes[0]["note"].split("\n")[0], notes[-1]["size"]
    for note in (notes[3], notes[-1]):
        words, lines = note["note"].split("\n\n")
        of = {"told": note["size"], **{f"of {other}": other for other in (0, size + 1, 2**53)}}
        for name, number in of.items():
            same = note["note"].replace(f"\n{note['size']}\n", f"\n{number}\n")
            at = number if 0 < number <= size else None
            kept.write_text(same.replace(origin, "elsewhere.example/log"))
            assert by_program(path, "--checkpoint", str(kept)) == by_python(path, "--checkpoint", str(kept)) == (False, at, "checkpoint_foreign"), name
            kept.write_text(same if number != note["size"] else f"{words}\n\n")
            ours, theirs = by_program(path, "--checkpoint", str(kept)), by_python(path, "--checkpoint", str(kept))
            assert ours == theirs and ours[2] in ("checkpoint_unsigned", "truncated"), (name, ours, theirs)
        kept.write_text(note["note"] + "x")
        assert by_program(path, "--checkpoint", str(kept)) == by_python(path, "--checkpoint", str(kept)) == (False, note["size"], "checkpoint_unsigned")


def part(ledger, after, to):
    words = ["--after", str(after)] + (["--to", str(to)] if to else [])
    return b"".join(export(ledger, *words))


def test_parts(scratch, ledger, plain):
    """Parts that stand one behind the other are one export; one that is missing, doubled or misplaced is seen."""
    path = scratch / "parts.ndjson"
    for cuts in ((0, 20, 0), (0, 1, 2, 33, 0), (0, 33, 33, 34, 0)):
        parts = [part(ledger, after, to) for after, to in zip(cuts, cuts[1:])]
        path.write_bytes(b"".join(parts))
        check_sound(path)
    first, second, third = part(ledger, 0, 20), part(ledger, 20, 30), part(ledger, 30, 0)
    check_all(scratch, [("missing", first + third), ("doubled", first + second + second + third), ("turned", first + third + second),
                        ("none before", second + third), ("overlapping", first + part(ledger, 19, 0))])
    for raw in (20, 25):  # cut behind a checkpoint, as docs/ledger.md says to go on
        at = [index for index, text in enumerate(plain) if b'"type":"checkpoint"' in text][raw]
        path.write_bytes(b"".join(plain[:at + 1]) + part(ledger, json.loads(plain[at])["size"], 0))
        check_sound(path)


def flipped(lines, chance, count):
    """One bit of one byte, in lines of all kinds alike: most bytes are the genesis'."""
    starts, at = [], 0
    for raw in lines:
        starts.append((at, len(raw)))
        at += len(raw)
    whole = b"".join(lines)
    for _ in range(count):
        begin, length = chance.choice(starts)
        at, bit = begin + chance.randrange(length), 1 << chance.randrange(8)
        yield f"byte {at} ^ {bit}", whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1:]


def test_every_bit_counts(scratch, plain, with_texts, count=10):
    chance = random.Random(the_seed())
    check_all(scratch, list(flipped(plain, chance, count)))
    check_all(scratch, list(flipped(with_texts, chance, count)))
