"""Proofs over HTTP against an implementation of docs/ledger.md: every entry in every tree, every pair of trees, what is
refused, what may be kept, and receipts with their proof."""

import base64
import concurrent.futures
import itertools
import os
import pathlib
import random
import re
import secrets
import subprocess
import sys

import pytest

import contract_session
import test_contract
from conftest import ROOT, Server, key, run
from world import World, accepted, fresh, problem

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import ledger_model as model  # noqa: E402

PROOF = "return=representation; proof"
SEED = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))


def node_key(server):
    """The compressed point of the key that seals now."""
    [jwk] = [found for found in server.get("/ledger/keys").json()["keys"] if found["kty"] == "EC" and found["to_seq"] is None]
    x, y = (base64.urlsafe_b64decode(jwk[name] + "=") for name in "xy")
    return bytes([2 + y[-1] % 2]) + x


class Log:
    """All that the service has told of its entries."""

    def __init__(self, server):
        self.server, self.public = server, node_key(server)
        self.entries = []
        while page := server.get(f"/ledger/entries?after={len(self.entries)}&limit=1000").json()["items"]:
            self.entries += page
        self.leaves = [model.leaf_hash(base64.b64decode(entry["bytes"])) for entry in self.entries]
        ends = zip(self.entries, [entry["height"] for entry in self.entries[1:]] + [0])
        self.checkpoints = {entry["seq"] for entry, after in ends if entry["height"] != after}
        self.roots = [model.root_of(self.leaves[:size]) for size in range(len(self.leaves) + 1)]

    @property
    def size(self):
        return len(self.leaves)

    def check_note(self, text, size):
        _, signed, root = model.read_note(text, self.public)
        assert (signed, root) == (size, self.roots[size])


def hashes(texts):
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in texts)
    return [bytes.fromhex(text) for text in texts]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A ledger with a block of 24 entries and many of one."""
    directory = tmp_path_factory.mktemp("proof") / "data"
    assert run("init", "--data-dir", str(directory), "--sample").returncode == 0
    server = Server(directory)
    for n in range(9):
        accepted(server.put(f"/items/ITEM-{n}", {"name": "x", "unit": "piece"}), 201)
    made = Log(server)
    assert made.size == 34 and made.checkpoints == {1, *range(25, 35)}
    yield made
    assert server.stop() == 0


def check_inclusion(log, told, seq, size):
    proof = hashes(told["proof"])
    assert {name: told[name] for name in ("seq", "entry_hash", "leaf_index", "leaf_hash", "size", "root")} == {
        "seq": seq, "entry_hash": log.entries[seq - 1]["entry_hash"], "leaf_index": seq - 1,
        "leaf_hash": log.leaves[seq - 1].hex(), "size": size, "root": log.roots[size].hex()}
    assert proof == model.inclusion_proof(seq - 1, log.leaves[:size])
    assert model.includes(seq - 1, size, log.leaves[seq - 1], proof, log.roots[size])


def check_checkpoint(log, told, size, name="checkpoint"):
    """The signed note of that size, or null where no block ended there."""
    if size in log.checkpoints:
        log.check_note(told[name], size)
    else:
        assert told[name] is None
        log.check_note(told["newest_checkpoint"], log.size)


def test_every_entry_in_every_tree(log):
    for size in range(1, log.size + 1):
        for seq in range(1, size + 1):
            told = log.server.get(f"/ledger/proof?seq={seq}&size={size}").json()
            check_inclusion(log, told, seq, size)
            check_checkpoint(log, told, size)
            assert ("newest_checkpoint" in told) == (size not in log.checkpoints)


def test_every_pair_of_trees(log):
    for to in range(1, log.size + 1):
        for first in range(1, to + 1):
            told = log.server.get(f"/ledger/consistency?from={first}&to={to}").json()
            proof = hashes(told["proof"])
            assert (told["from"], told["to"]) == (first, to)
            assert [told["from_root"], told["to_root"]] == [log.roots[size].hex() for size in (first, to)]
            assert proof == model.consistency_proof(first, log.leaves[:to])
            assert model.continues(first, to, log.roots[first], log.roots[to], proof)
            check_checkpoint(log, told, first, "from_checkpoint")
            check_checkpoint(log, told, to, "to_checkpoint")
            assert ("newest_checkpoint" in told) == (not {first, to} <= log.checkpoints)


def test_without_a_size_it_is_the_newest_checkpoints(log):
    for seq in (1, 25, log.size):
        check_inclusion(log, log.server.get(f"/ledger/proof?seq={seq}").json(), seq, log.size)
    told = log.server.get("/ledger/consistency?from=25").json()
    assert told == log.server.get(f"/ledger/consistency?from=25&to={log.size}").json() and told["to"] == log.size


def test_an_entry_by_its_hash(log):
    for seq in (1, 30):
        digest = log.entries[seq - 1]["entry_hash"]
        for text in (digest, digest.upper()):
            told = log.server.get(f"/ledger/proof?hash={text}&size=31").json()
            assert told == log.server.get(f"/ledger/proof?seq={seq}&size=31").json()


def fault(reply, parameter, code):
    [found] = problem(reply, 400, "invalid_query")["errors"]
    assert (found["parameter"], found["code"]) == (parameter, code)
    return found["detail"]


def test_what_is_refused(log):
    get, size = log.server.get, log.size
    assert "the number of an entry is wanted, or hash" in fault(get("/ledger/proof"), "seq", "missing_alternative")
    fault(get("/ledger/proof?size=3"), "seq", "missing_alternative")
    fault(get(f"/ledger/proof?seq=1&hash={'0' * 64}"), "hash", "conflicting_values")
    for text, code in (("0" * 63, "bad_format"), ("x" * 64, "bad_format"), ("0" * 65, "too_long")):
        fault(get(f"/ledger/proof?hash={text}"), "hash", code)
    for seq in ("0", "-1", str(2**53)):
        fault(get(f"/ledger/proof?seq={seq}"), "seq", "out_of_range")
    for seq in ("x", "1.0", "%201", str(2**64)):
        fault(get(f"/ledger/proof?seq={seq}"), "seq", "wrong_type")
    assert f"the ledger has {size} entries" in fault(get(f"/ledger/proof?seq=1&size={size + 1}"), "size", "out_of_range")
    assert fault(get("/ledger/proof?seq=9&size=8"), "size", "out_of_range") == "size is 8; entry 9 is in no tree so small"
    fault(get("/ledger/proof?seq=9&size=0"), "size", "out_of_range")
    assert str(size) in problem(get(f"/ledger/proof?seq={size + 1}"), 404, "not_found")["detail"]
    assert "0" * 64 in problem(get(f"/ledger/proof?hash={'0' * 64}"), 404, "not_found")["detail"]
    fault(get("/ledger/consistency"), "from", "missing_parameter")
    fault(get("/ledger/consistency?from=0"), "from", "out_of_range")
    fault(get("/ledger/consistency?from=3&to=0"), "to", "out_of_range")
    fault(get(f"/ledger/consistency?from={size + 1}"), "from", "out_of_range")
    fault(get(f"/ledger/consistency?from=3&to={size + 1}"), "to", "out_of_range")
    assert fault(get("/ledger/consistency?from=9&to=8"), "from", "out_of_range") == "from is 9, more than to, which is 8"
    all_of_it = problem(get(f"/ledger/consistency?from={size + 1}&to={size + 2}&x=1"), 400, "invalid_query")["errors"]
    assert {found["parameter"] for found in all_of_it} == {"from", "to", "x"}
    for path in ("/ledger/proof", "/ledger/consistency"):
        problem(log.server.post(path, {}), 405, "method_not_allowed")


def test_a_proof_for_a_size_never_changes(server):
    World(server).intake(1)
    size = server.get("/ledger").json()["size"]
    paths = [f"/ledger/proof?seq=1&size={size}", f"/ledger/consistency?from=1&to={size}"]
    before = [server.get(path) for path in paths]
    newest = server.get("/ledger/proof?seq=1")
    World(server).intake(1)
    for path, old in zip(paths, before):
        again = server.get(path)
        assert (again.content, again.headers["ETag"]) == (old.content, old.headers["ETag"])
        assert int(again.headers["Tallystick-Seq"]) > int(old.headers["Tallystick-Seq"])
        assert server.get(path, headers={"If-None-Match": old.headers["ETag"]}).status_code == 304
        assert old.headers["Cache-Control"] == "no-cache"
    assert server.get("/ledger/proof?seq=1", headers={"If-None-Match": newest.headers["ETag"]}).status_code == 200


def test_a_private_service_tells_strangers_nothing(start):
    private = start("--private")
    for path in ("/ledger/proof?seq=1", "/ledger/consistency?from=1"):
        problem(private.get(path), 401, "unauthenticated")
        assert private.get(path, token=True).status_code == 200


# Receipts

def check_receipt(server, reply, seq=None):
    """A receipt that needs nobody's word: what it says follows from the entry's bytes and the node's signature alone."""
    receipt = reply.json()["ledger"]
    assert set(receipt) == {"seq", "entry_hash", "leaf_index", "leaf_hash", "size", "proof", "checkpoint"}
    assert reply.text.endswith("}}") and reply.headers["Vary"] == "Prefer"
    entry = base64.b64decode(server.get(f"/ledger/entries/{receipt['seq']}").json()["bytes"])
    assert receipt["entry_hash"] == model.sha256(entry).hex() and receipt["leaf_hash"] == model.leaf_hash(entry).hex()
    _, size, root = model.read_note(receipt["checkpoint"], node_key(server))
    assert receipt["leaf_index"] == receipt["seq"] - 1 and receipt["size"] == size >= receipt["seq"]
    assert model.includes(receipt["leaf_index"], size, model.leaf_hash(entry), hashes(receipt["proof"]), root)
    assert seq is None or receipt["seq"] == seq
    return receipt


def plain_receipt(reply):
    receipt = reply.json()["ledger"]
    assert set(receipt) == {"seq", "entry_hash"} and reply.headers["Vary"] == "Prefer"
    return receipt


class Preferring:
    """A service of which every change is asked for with its proof."""

    def __init__(self, server):
        self.server = server

    def __getattr__(self, name):
        return getattr(self.server, name)

    def request(self, method, path, headers=None, **more):
        headers = dict(headers or {})
        if method in ("PUT", "POST"):
            headers.setdefault("Prefer", PROOF)
        return self.server.request(method, path, headers=headers, **more)


def test_every_kind_of_change(start):
    """Each operation of the contract that changes something: its receipts prove themselves."""
    own, answers = start(), []
    contract_session.play(Preferring(own), lambda _, reply: answers.append(reply))
    changes = {operation.id for operation in test_contract.OPERATIONS
               if any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters)}
    proved = set()
    for reply in answers:
        operation = test_contract.operation_of(reply)
        if operation.id in changes and reply.status_code < 300 and "dry_run" not in reply.request.url:
            check_receipt(own, reply)
            proved.add(operation.id)
    assert proved == changes and len(changes) >= 14


@pytest.mark.parametrize("prefer, applied, is_proved", [
    ("proof", "proof", True), ("respond-async, proof", "proof", True), (PROOF, "return=representation", True),
    ("return=representation, proof", "return=representation, proof", True), ("return=representation", "return=representation", False),
    ("return=minimal; proof", None, False), ("x", None, False), ("proof=no", None, False), ("\"", None, False)])
def test_ways_of_asking(server, prefer, applied, is_proved):
    reply = server.put(f"/items/{fresh('X')}", {"name": "x", "unit": "piece"}, headers={"Prefer": prefer})
    assert reply.status_code == 201 and reply.headers.get("Preference-Applied") == applied
    if is_proved:
        check_receipt(server, reply)
    else:
        plain_receipt(reply)


def test_several_fields_are_one_list(server):
    body = '{"name":"x","unit":"piece"}'
    head = (f"PUT /items/{fresh('X')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {server.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n")
    answer, _ = server.raw(head + "Prefer: handling=lenient\r\nPREFER: proof\r\nPrefer: return=representation\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 201 ") and b"\r\nPreference-Applied: return=representation, proof\r\n" in answer
    assert b'"checkpoint":"' in answer


def test_the_first_answer_again_has_a_proof_of_today(server):
    """What is kept for retries is the answer without it: the proof is made when it is asked for, for the newest checkpoint."""
    again, path, body = key(), f"/items/{fresh('X')}", {"name": "x", "unit": "piece"}
    first = server.put(path, body, idempotency_key=again, headers={"Prefer": PROOF})
    receipt = check_receipt(server, first)
    server.put(f"/items/{fresh('X')}", body)
    second = server.put(path, body, idempotency_key=again, headers={"Prefer": "proof"})
    assert second.headers["Idempotency-Replayed"] == "true" and second.headers["Preference-Applied"] == "proof"
    later = check_receipt(server, second, receipt["seq"])
    assert later["size"] > receipt["size"]
    third = server.put(path, body, idempotency_key=again)
    assert third.headers["Idempotency-Replayed"] == "true" and "Preference-Applied" not in third.headers
    assert plain_receipt(third) == {name: receipt[name] for name in ("seq", "entry_hash")}
    assert first.headers["ETag"] == second.headers["ETag"] == third.headers["ETag"]


def test_where_there_is_nothing_to_prove(server):
    """Refusals, tries and reads are as they are without it."""
    world = World(server)
    prefer = {"Prefer": "return=representation, proof"}
    refused = server.post("/supplies", {"site": world.a1, "item": "NONE", "quantity": 1, "source": "opening"}, headers=prefer)
    problem(refused, 422, "unknown_item")
    figures = {"figures": [{"indicator": "beds", "year": 1999, "province": "CN-HB", "value": 1}]}
    tried = server.put("/figures?dry_run=true", figures, headers=prefer)
    assert tried.status_code == 200 and "ledger" not in tried.json()
    for reply in (refused, tried, server.get("/ledger", headers=prefer)):
        assert "Preference-Applied" not in reply.headers


@pytest.mark.concurrent
def test_many_at_once_each_get_their_own(server):
    """Blocks of several entries: each receipt proves its own entry, under a checkpoint that continues all the others."""
    def write(_):
        return server.put(f"/items/{fresh('X')}", {"name": "x", "unit": "piece"}, headers={"Prefer": PROOF})

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(write, range(96)))
    receipts = [check_receipt(server, reply) for reply in replies]
    assert len({receipt["seq"] for receipt in receipts}) == 96
    roots = {receipt["size"]: model.read_note(receipt["checkpoint"], node_key(server))[2] for receipt in receipts}
    for first, second in itertools.pairwise(sorted(roots)):
        told = server.get(f"/ledger/consistency?from={first}&to={second}").json()
        assert model.continues(first, second, roots[first], roots[second], hashes(told["proof"]))


# The document's script

@pytest.fixture(scope="module")
def script(tmp_path_factory):
    text = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("script") / "check.py"
    path.write_text(re.search(r"```python proof\n(.*?)```", text, re.S).group(1), encoding="utf-8")
    return path


def run_script(script, url, seq, kept, folder):
    note = pathlib.Path(folder) / "kept.txt"
    note.write_text(kept, encoding="utf-8")
    return subprocess.run([sys.executable, "-I", str(script), url, str(seq), str(note)], capture_output=True, text=True, timeout=60,
                          check=False)


def test_the_documents_script(log, script, tmp_path):
    """It finds every entry, from every checkpoint; and whatever is another note than the one that was kept."""
    print(f"TALLYSTICK_SEED={SEED}")
    chance = random.Random(SEED)
    notes = {size: log.server.get(f"/ledger/proof?seq=1&size={size}").json()["checkpoint"] for size in sorted(log.checkpoints)}
    cases = [(1, 25), (log.size, 25), (log.size, log.size), (1, log.size)]
    cases += [(chance.randint(1, log.size), chance.choice(sorted(notes))) for _ in range(6)]
    for seq, size in cases:
        told = run_script(script, log.server.url, seq, notes[size], tmp_path)
        assert told.returncode == 0, told.stderr
        assert told.stdout == f"entry {seq} is in the tree of {log.size} entries, which continues the one of {size}\n"
    for size in (30, log.size):
        origin, number, root, rest = notes[size].split("\n", 3)
        other = base64.b64encode(model.sha256(root.encode())).decode()
        told = run_script(script, log.server.url, 1, "\n".join([origin, number, other, rest]), tmp_path)
        assert told.returncode == 1 and "the tree does not continue the one that was kept" in told.stderr
