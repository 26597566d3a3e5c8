"""Personal texts are erased for good: from every answer, every kept answer and every file; the ledger stays whole."""

import contextlib
import json
import pathlib
import re
import resource
import sqlite3
import subprocess
import sys

import pytest
import yaml

import jose
from conftest import ROOT, Server, binary, environment, key
from world import World, accepted, contents, fresh, problem, until

NOTE = 'Driver Example, phone "0000", 送到后门'
REASON = "Wet since Example left the door open"


def verify(server, *words):
    return subprocess.run([binary(), "verify", "--data-dir", str(server.data_dir), *words], env=environment(), capture_output=True, text=True)


def commitments(server, token=True, **filters):
    reply = server.get("/privacy/texts", token=token, params=filters)
    assert reply.status_code == 200, reply.text
    return {(row["entry"], row["pointer"]): row for row in reply.json()["items"]}


def erase(server, wanted, **more):
    return server.post("/privacy/erasures", {"commitments": wanted}, **more)


def files_with(server, text):
    """Files of the data directory that hold the text as it is stored, or as JSON has it; or bytes."""
    spellings = [text] if isinstance(text, bytes) else [text.encode(), text.replace('"', '\\"').encode()]
    return [name for name, held in contents(server.data_dir).items() if any(spelling in held for spelling in spellings)]


@pytest.fixture
def moved(start):
    """A transfer with a note and a reason, and the keys of its requests."""
    server = start()
    world = World(server)
    supply = world.intake(100)["id"]
    keys = {name: key() for name in ("create", "dispatch", "receive")}
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 10}], "note": NOTE, "rationale": "Hubei asked"}
    made = accepted(server.post("/transfers", body, idempotency_key=keys["create"]), 201)
    path = f"/transfers/{made['id']}"
    accepted(server.post(f"{path}/dispatch", {}, idempotency_key=keys["dispatch"]), 200)
    accepted(server.post(f"{path}/receive", {"lines": [{"line": 1, "good": 9, "lost": 1, "reason": REASON}]}, idempotency_key=keys["receive"]), 200)
    return server, world, path, keys, body


def test_texts_are_listed_for_those_who_keep_records(moved):
    server, world, path, _, _ = moved
    rows = commitments(server)
    texts = {row["text"]: at for at, row in rows.items()}
    assert {NOTE, REASON, "Hubei asked"} <= set(texts) and texts[NOTE][1] == "/note" and texts[REASON][1] == "/lines/0/reason"
    assert all(row["erased_by"] is None for row in rows.values())
    entry = texts[NOTE][0]
    assert {at for at in commitments(server, entry=entry)} == {(entry, "/note"), (entry, "/rationale")}
    assert commitments(server, entry=entry + 1000) == {}
    body = json.loads(server.get(f"/ledger/entries/{entry}").json()["body"])
    assert body["note"]["commitment"] == rows[entry, "/note"]["commitment"]
    walked, target = {}, "/privacy/texts?limit=1"
    while target:
        reply = server.get(target, token=True)
        walked |= {(row["entry"], row["pointer"]): row for row in reply.json()["items"]}
        target = reply.links["next"]["url"].removeprefix(server.url) if "next" in reply.links else None
    assert walked == rows
    problem(server.get("/privacy/texts"), 401, "unauthenticated")


def test_an_erased_text_is_gone_everywhere(moved):
    server, world, path, keys, body = moved
    rows = {row["text"]: row for row in commitments(server).values()}
    assert files_with(server, NOTE)
    once = key()
    wanted = [rows[NOTE]["commitment"], rows[REASON]["commitment"]]
    reply = erase(server, wanted, idempotency_key=once)
    told = reply.json()
    assert reply.status_code == 201, reply.text
    assert told["commitments"] == sorted(wanted) and told["erased_at"].endswith("Z") and told["ledger"]["seq"] > 0
    again = erase(server, wanted, idempotency_key=once)
    assert again.status_code == 201 and again.json() == told and again.headers["Idempotency-Replayed"] == "true"
    seen = server.get(path, token=True).json()
    assert seen["note"] is None and "note" in seen["withheld"] and seen["rationale"] == "Hubei asked"
    assert all(event["reason"] is None for event in seen["events"])
    after = {row["commitment"]: row for row in commitments(server).values()}
    for commitment in wanted:
        assert after[commitment]["text"] is None and after[commitment]["erased_by"] == told["ledger"]["seq"]
    listed = server.get("/privacy/erasures").json()["items"]
    assert sorted(row["commitment"] for row in listed) == sorted(wanted)
    for name, kept in (("create", body), ("dispatch", {})):
        target = "/transfers" if name == "create" else f"{path}/{name}"
        retry = server.post(target, kept, idempotency_key=keys[name])
        assert retry.headers["Idempotency-Replayed"] == "true", retry.text
        assert retry.json()["note"] is None and retry.json()["rationale"] == "Hubei asked"
    retry = server.post("/transfers", {**body, "note": "Another guess"}, idempotency_key=keys["create"])
    assert retry.status_code == 201 and retry.headers["Idempotency-Replayed"] == "true"  # what it said cannot be tried out
    assert verify(server).returncode == 0, verify(server).stdout
    for text in (NOTE, REASON):  # a reader may have stood in the WAL's way
        gone(server, text)
    assert files_with(server, "Hubei asked")
    export = subprocess.run([binary(), "export", "--data-dir", str(server.data_dir), "--texts"], env=environment(), capture_output=True)
    assert export.returncode == 0 and NOTE.encode() not in export.stdout
    checked = subprocess.run([binary(), "verify", "--export", "-"], input=export.stdout, env=environment(), capture_output=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


READER = """import sqlite3, sys
reader = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
reader.execute("BEGIN")
print(reader.execute("SELECT count(*) FROM personal").fetchone()[0], flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def reading(server):
    """Another process reads the database, as a backup does, and so keeps the write-ahead log from being emptied."""
    with subprocess.Popen([sys.executable, "-c", READER, str(server.data_dir / "tallystick.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        try:
            assert int(reader.stdout.readline()) > 0
            yield
        finally:
            reader.stdin.close()


def gone(server, text):
    until(lambda: not files_with(server, text))


def test_a_reader_in_the_way_of_an_erasure_keeps_no_change_waiting(start):
    server = start("--commit-timeout", "3")
    world = World(server)
    world.transfer([(world.intake(10)["id"], 1)], note=NOTE)
    commitment = next(row["commitment"] for row in commitments(server).values() if row["text"] == NOTE)
    with reading(server):
        accepted(erase(server, [commitment]), 201)
        for _ in range(3):
            world.intake(1)  # 503 after those three seconds
        assert files_with(server, NOTE)
    gone(server, NOTE)


def test_a_text_goes_after_a_kill_and_a_start_beside_a_reader(start):
    server = start()
    world = World(server)
    world.transfer([(world.intake(10)["id"], 1)], note=NOTE)
    commitment = next(row["commitment"] for row in commitments(server).values() if row["text"] == NOTE)
    with reading(server):
        accepted(erase(server, [commitment]), 201)
        server.kill()
        again = start(data_dir=server.data_dir)
        assert files_with(again, NOTE)
    gone(again, NOTE)


def prints(connection):
    """The salts and digests of the requests whose refusals are kept."""
    return [value for row in connection.execute("SELECT salt, fingerprint FROM refused") for value in row]


def test_what_was_refused_with_the_text_cannot_be_tried_out(start):
    """Refusals go with the text, out of every file: their keys are new, for the same request as for another one, whose answer theirs would not be."""
    server = start()
    world = World(server)
    operator = world.token("operator", world.b)
    supply, refused, foreign = world.intake(10)["id"], [key() for _ in range(3)], key()
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 11}], "note": NOTE}
    for once in refused:
        problem(server.post("/transfers", body, idempotency_key=once), 409, "insufficient_stock")
    absent = {"delta": -1, "reason": "lost"}
    problem(server.post("/supplies/none/adjustments", absent, idempotency_key=foreign, token=operator), 404, "not_found")
    problem(server.post("/transfers", {**body, "note": "A guess"}, idempotency_key=refused[0]), 422, "idempotency_key_reused")
    made = accepted(server.post("/transfers", {**body, "lines": [{"supply": supply, "quantity": 1}]}, idempotency_key=key()), 201)
    with contextlib.closing(sqlite3.connect(f"file:{server.data_dir / 'tallystick.db'}?mode=ro", uri=True)) as connection:
        kept = prints(connection)
    assert len(kept) == 8 and len(set(kept)) == 8 and not any(value in (bytes(16), bytes(32)) for value in kept)
    accepted(erase(server, [row["commitment"] for row in commitments(server).values() if row["text"] == NOTE]), 201)
    for value in kept:
        gone(server, value)
    for once, guess in zip(refused[:2], (NOTE, "A guess"), strict=True):
        retry = server.post("/transfers", {**body, "note": guess}, idempotency_key=once)
        assert problem(retry, 409, "insufficient_stock")["available"] == 9 and "Idempotency-Replayed" not in retry.headers
        again = server.post("/transfers", {**body, "note": guess}, idempotency_key=once)
        assert again.json()["code"] == "insufficient_stock" and again.headers["Idempotency-Replayed"] == "true"
        problem(server.post("/transfers", {**body, "note": "Another"}, idempotency_key=once), 422, "idempotency_key_reused")
    fewer = {**body, "lines": [{"supply": supply, "quantity": 2}]}
    other = accepted(server.post("/transfers", fewer, idempotency_key=refused[2]), 201)
    assert other["id"] != made["id"] and other["lines"][0]["quantity"] == 2
    again = server.post("/transfers", fewer, idempotency_key=refused[2])
    assert again.json()["id"] == other["id"] and again.headers["Idempotency-Replayed"] == "true"
    problem(server.post("/transfers", body, idempotency_key=refused[2]), 422, "idempotency_key_reused")
    retry = server.post("/supplies/none/adjustments", absent, idempotency_key=foreign, token=operator)
    assert problem(retry, 404, "not_found") and "Idempotency-Replayed" not in retry.headers
    assert verify(server).returncode == 0, verify(server).stdout


def test_a_retry_names_the_organisation_of_the_key_that_was_revoked(start):
    """The organisation stands in the path, not in the entry: once the reason is erased it is compared all the same."""
    server = start()
    world = World(server)
    signing, once, reason = jose.Key(), key(), {"reason": REASON}
    accepted(server.post(f"/organisations/{world.a}/keys", signing.jwk), 201)
    own, foreign = (f"/organisations/{one}/keys/{signing.kid}/revoke" for one in (world.a, world.b))
    first = accepted(server.post(own, reason, idempotency_key=once))
    accepted(erase(server, [row["commitment"] for row in commitments(server).values() if row["text"] == REASON]), 201)
    for path in (foreign, "/organisations/NO-SUCH/keys/" + signing.kid + "/revoke"):
        problem(server.post(path, reason, idempotency_key=once), 422, "idempotency_key_reused")
        problem(server.post(path, reason, idempotency_key=key()), 404, "not_found")
    problem(server.post(own, reason, idempotency_key=key()), 409, "invalid_transition")
    again = accepted(server.post(own, reason, idempotency_key=once))
    assert again["kid"] == first["kid"] and again["reason"] is None and again["withheld"] == first["withheld"] == []
    assert verify(server).returncode == 0, verify(server).stdout


def test_a_refusal_that_was_made_forgetful_before_is_none(start):
    """An earlier version took the digests of refusals and left their rows, which then answered whatever came with their key."""
    server = start()
    world = World(server)
    supply, once = world.intake(10)["id"], key()
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 11}]}
    problem(server.post("/transfers", body, idempotency_key=once), 409, "insufficient_stock")
    assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(server.data_dir / "tallystick.db", isolation_level=None)) as connection:
        assert connection.execute("UPDATE refused SET salt = zeroblob(16), fingerprint = zeroblob(32)").rowcount == 1
    server = start(data_dir=server.data_dir)
    fewer = {**body, "lines": [{"supply": supply, "quantity": 1}]}
    made = accepted(server.post("/transfers", fewer, idempotency_key=once), 201)
    again = server.post("/transfers", fewer, idempotency_key=once)
    assert again.json()["id"] == made["id"] and again.headers["Idempotency-Replayed"] == "true"
    problem(server.post("/transfers", body, idempotency_key=once), 422, "idempotency_key_reused")


def test_who_knows_a_key_alone_is_not_told_the_texts_that_are_left(start):
    """What is left of a request is compared once one of its texts is erased: its key alone gives nobody the kept answer, with its other texts."""
    server = start()
    world = World(server)
    coordinator, operator = world.token("coordinator", world.a), world.token("operator", world.a)
    foreign, own, once = world.intake(50, site=world.b1)["id"], world.intake(50)["id"], key()
    body = {"destination": world.c1, "lines": [{"supply": foreign, "quantity": 10}], "note": NOTE, "contact": REASON, "rationale": "Asked by Example"}
    made = accepted(server.post("/transfers", body, idempotency_key=once, token=coordinator), 201)
    assert server.get(f"/transfers/{made['id']}", token=operator).json()["contact"] is None
    problem(server.post("/transfers", body, idempotency_key=once, token=operator), 403, "forbidden")
    accepted(erase(server, [row["commitment"] for row in commitments(server).values() if row["text"] == NOTE]), 201)
    ours = {**body, "lines": [{"supply": own, "quantity": 10}]}
    for other in (ours, {**ours, "note": "x"}, {**body, "contact": "Someone"}, {**body, "rationale": "Asked by Exampl"}, {**body, "destination": world.a1},
                  {name: value for name, value in body.items() if name != "note"}, {**body, "reference": "R"}):
        for token in (coordinator, operator):
            told = server.post("/transfers", other, idempotency_key=once, token=token)
            problem(told, 422, "idempotency_key_reused")
            assert REASON not in told.text and "Asked by Example" not in told.text
    for again in (body, {**body, "note": "Another guess"}):
        problem(server.post("/transfers", again, idempotency_key=once, token=operator), 403, "forbidden")
        told = server.post("/transfers", again, idempotency_key=once, token=coordinator)
        assert told.headers["Idempotency-Replayed"] == "true" and (told.json()["note"], told.json()["contact"]) == (None, REASON)
    accepted(erase(server, [row["commitment"] for row in commitments(server).values() if row["text"] == REASON]), 201)
    told = server.post("/transfers", {**body, "contact": "Someone"}, idempotency_key=once, token=coordinator)
    assert told.status_code == 201 and told.json()["contact"] is None and told.json()["rationale"] == "Asked by Example"
    problem(server.post("/transfers", ours, idempotency_key=once, token=operator), 422, "idempotency_key_reused")


def test_a_signed_request_is_answered_again_once_its_text_is_erased(start):
    server = start()
    world = World(server)
    signer = jose.Signer(server, world.b, world.token("operator", world.b))
    made = world.transfer([(world.intake(10)["id"], 4)])["id"]
    accepted(world.act(made, "dispatch"))
    once = key()

    def receive(text, good):
        reason, beside = jose.committed(text)
        jws = signer.key.jws(signer.payload("transfer.receive", {"lines": [{"line": 1, "good": good, "lost": 4 - good, "reason": reason}]}, made, id=once))
        return jws, {"/lines/0/reason": beside}
    first = receive(REASON, 3)
    accepted(signer.send("POST", f"/transfers/{made}/receive", *first), 200)
    accepted(erase(server, [row["commitment"] for row in commitments(server).values() if row["text"] == REASON]), 201)
    again = signer.send("POST", f"/transfers/{made}/receive", *first)
    assert again.status_code == 200 and again.headers["Idempotency-Replayed"] == "true" and REASON not in again.text
    problem(signer.send("POST", f"/transfers/{made}/receive", *receive(REASON, 2)), 422, "idempotency_key_reused")


def test_erasing_again_changes_nothing(moved):
    server, _, _, _, _ = moved
    rows = {row["text"]: row for row in commitments(server).values()}
    first = erase(server, [rows[NOTE]["commitment"]]).json()
    size = server.get("/ledger").json()["size"]
    again = erase(server, [rows[NOTE]["commitment"]])
    assert again.status_code == 200 and again.json()["ledger"] == first["ledger"]
    assert server.get("/ledger").json()["size"] == size
    both = accepted(erase(server, [rows[NOTE]["commitment"], rows[REASON]["commitment"]]), 201)
    assert both["commitments"] == [rows[REASON]["commitment"]]
    assert verify(server).returncode == 0


@pytest.mark.parametrize("body, pointer, code", [
    ({}, "/commitments", "missing_member"), ({"commitments": []}, "/commitments", "too_short"),
    ({"commitments": ["ab" * 32] * 2}, "/commitments/1", "duplicate_id"), ({"commitments": ["x"]}, "/commitments/0", "bad_format"),
    ({"commitments": ["AB" * 32]}, "/commitments/0", "bad_format"), ({"commitments": [7]}, "/commitments/0", "wrong_type"),
    ({"commitments": "ab" * 32}, "/commitments", "wrong_type"), ({"commitments": ["ab" * 32]}, "/commitments/0", "unknown_commitment"),
    ({"commitments": [f"{n:064x}" for n in range(201)]}, "/commitments", "too_long"), ({"commitments": ["ab" * 32], "note": "x"}, "/note", "unknown_member")])
def test_what_cannot_be_erased(server, body, pointer, code):
    reply = server.post("/privacy/erasures", body)
    faults = problem(reply, 422, reply.json()["code"]).get("errors", [])
    assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in faults], reply.text
    assert server.get("/ledger").json()["size"] == server.get("/ledger").json()["size"]


def test_only_administrators_erase(moved):
    server, world, _, _, _ = moved
    for token in (world.token("operator", world.a), world.token("coordinator", world.b)):
        problem(erase(server, ["ab" * 32], token=token), 403, "forbidden")
        problem(server.get("/privacy/texts", token=token), 403, "forbidden")


CONTRACT = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))


def members(schema, pointer="", told=""):
    """(pointer, description) of each member that a body may have, those of what it holds among them; not of signed ones. What is said of a member
    counts for what it may be one of."""
    told = schema.get("description", told)
    if schema.get("$ref", "").endswith("/SignedCommand"):
        return
    if "$ref" in schema:
        schema = CONTRACT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    yield pointer, told or schema.get("description", ""), schema.get("maxLength", 0)
    for name, member in schema.get("properties", {}).items():
        yield from members(member, f"{pointer}/{name}")
    for other in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        yield from members(other, pointer, told)
    if "items" in schema:
        yield from members(schema["items"], pointer + "/0")


def bodies():
    """(path, member's pointer, what the contract says of it, its greatest length) of all requests that change something."""
    for path, operations in CONTRACT["paths"].items():
        for method in {"post", "put", "patch"} & operations.keys():
            content = operations[method].get("requestBody", {}).get("content", {})
            if "application/json" in content and "admin" in operations[method].get("x-tallystick-roles", []):
                yield from ((path, *member) for member in members(content["application/json"]["schema"]))


class Story:
    """Commands with everything in them that the contract calls personal; each text is one of its own."""

    def __init__(self, server):
        self.server, self.world = server, World(server)
        self.texts = {}  # by (path in the contract, pointer)
        self.sent = []   # (path, body, key)

    def text(self, path, pointer):
        return self.texts.setdefault((path, pointer), f"Example {len(self.texts)}, phone {fresh('0000')}")

    def send(self, path, target, body, *pointers, status=200):
        for pointer in pointers:
            at = body
            *inner, last = pointer.split("/")[1:]
            for name in inner:
                at = at[int(name) if isinstance(at, list) else name]
            at[last] = self.text(path, pointer)
        once = key()
        told = accepted(self.server.post(target, body, idempotency_key=once), status)
        self.sent.append((target, body, once, status))
        return told

    def on_its_way(self):
        supply = self.world.intake(10)["id"]
        lines = {"destination": self.world.b1, "lines": [{"supply": supply, "quantity": 4}]}
        transfer = self.send("/transfers", "/transfers", lines, "/contact", "/note", "/rationale", status=201)["id"]
        self.send("/transfers/{id}/dispatch", f"/transfers/{transfer}/dispatch", {}, "/driver", "/note")
        return transfer

    def tell(self):
        supply = self.send("/supplies", "/supplies", self.world.intake_body(10, donation=fresh("D")), "/note", status=201)["id"]
        self.send("/supplies/{id}/adjustments", f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "consumed"}, "/note")
        self.send("/transfers/{id}/receive", f"/transfers/{self.on_its_way()}/receive", {"lines": [{"line": 1, "good": 3, "lost": 1}]},
                  "/lines/0/reason", "/note")
        self.send("/transfers/{id}/return", f"/transfers/{self.on_its_way()}/return", {}, "/reason")
        reserved = self.world.transfer([(supply, 1)])["id"]
        self.send("/transfers/{id}/cancel", f"/transfers/{reserved}/cancel", {}, "/reason")
        added = self.server.post(f"/organisations/{self.world.a}/keys", jose.Key().jwk)
        assert added.status_code == 201, added.text
        revoke = "/organisations/{id}/keys/{kid}/revoke"
        self.send(revoke, f"/organisations/{self.world.a}/keys/{added.json()['kid']}/revoke", {}, "/reason")
        self.tell_signed()

    def tell_signed(self):
        signer = jose.Signer(self.server, self.world.b, self.world.token("operator", self.world.b))
        reason, beside = jose.committed(self.text("signed", "/lines/0/reason"))
        lines = [{"line": 1, "good": 3, "damaged": 1, "reason": reason}]
        accepted(signer.receive(self.on_its_way(), {"lines": lines}, {"/lines/0/reason": beside}))


def test_every_personal_member_of_every_command(start):
    """What the contract calls personal enters no entry, and an erasure takes it out of every file and every kept answer."""
    server = start()
    story = Story(server)
    story.tell()
    personal = {(path, pointer) for path, pointer, told, _ in bodies() if re.search(r"\bPersonal\b", told)}
    assert personal == story.texts.keys() - {("signed", "/lines/0/reason")}
    rows = commitments(server, limit=1000)
    found = {}
    for (entry, pointer), row in rows.items():
        assert row["text"] not in json.dumps(server.get(f"/ledger/entries/{entry}").json(), ensure_ascii=False)
        found.setdefault(row["text"], set()).add(pointer)
    assert {text: {pointer} for (_, pointer), text in story.texts.items()} == found
    wanted = [row["commitment"] for row in rows.values()]
    assert erase(server, wanted).status_code == 201
    for target, body, once, status in story.sent:
        again = server.post(target, body, idempotency_key=once)
        assert again.status_code == status and again.headers["Idempotency-Replayed"] == "true"
        assert not any(text in again.text for text in found)
    for text in found:
        gone(server, text)
    assert not any(text in server.log() for text in found)
    assert verify(server).returncode == 0, verify(server).stdout
    assert server.stop() == 0
    export = subprocess.run([binary(), "export", "--data-dir", str(server.data_dir), "--texts"], env=environment(), capture_output=True, check=True)
    assert not any(text.encode() in export.stdout for text in found)


def test_no_image_of_the_memory_is_left(start):
    """Texts that were erased may still lie in freed memory, as keys and tokens do in what is used: none of it gets into a core file."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        server = start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 ", limits, re.MULTILINE), limits


def test_every_other_text_says_what_it_is():
    """A member that takes a sentence is personal, or the contract says why nobody's name need stand in it."""
    public = {"/indicators/{id}": {"/source"}, "/ledger/cosignatures": {"/checkpoint"}}  # a publication; a signed note, which is verified
    for path, pointer, told, length in bodies():
        if length >= 1000 and pointer not in public.get(path, ()):
            assert re.search(r"\bPersonal\b", told), (path, pointer)
    told = {(path, pointer): text for path, pointer, text, _ in bodies()}
    assert "no person" in told["/transfers", "/carrier"] and "never a private person's" in told["/supplies", "/donor"]
