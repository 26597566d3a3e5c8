"""GET /ledger/keys, /ledger/checkpoints and /ledger/checkpoint: what auditors, witnesses and stock tools come for. The notes are
verified by code that was written from the formats' texts, the keys being those that are served."""

import base64
import csv
import io
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conftest import ROOT, Server, run
from world import accepted, problem

sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import ledger_model as model  # noqa: E402
import signed_note  # noqa: E402

ITEM = {"name": "x", "unit": "piece"}


def b64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """A service with some entries before and behind a change of its keys; one block has several entries."""
    path = tmp_path_factory.mktemp("checkpoints") / "data"
    assert run("init", "--data-dir", str(path), "--sample").returncode == 0  # one block of many
    server = Server(path)
    accepted(server.put("/items/A", ITEM), 201)
    assert server.stop() == 0
    assert run("key", "rotate", "--data-dir", str(path)).returncode == 0
    server = Server(path)
    for name in "BCD":
        accepted(server.put(f"/items/{name}", ITEM), 201)
    yield server
    assert server.stop() == 0


def keys_at(ledger, size):
    """The node's key and the vkeys that are valid for a size, out of /ledger/keys."""
    valid = [row for row in ledger.get("/ledger/keys").json()["keys"]
             if row["from_seq"] <= size and (row["to_seq"] is None or size <= row["to_seq"])]
    node, = (row for row in valid if row["kty"] == "EC")
    second, = (row for row in valid if row["kty"] == "OKP")
    return node, second


def public_of(row):
    x, y = b64u(row["x"]), b64u(row["y"])
    return bytes([2 + (y[-1] & 1)]) + x


def check_note(ledger, note):
    """By the keys of its size; returns (size, root)."""
    origin, size, root = note.split("\n")[:3]
    node, second = keys_at(ledger, int(size))
    text = signed_note.check(note, [second["vkey"]])
    assert text == f"{origin}\n{size}\n{root}\n" and origin == ledger.get("/ledger").json()["origin"]
    first, other = note.split("\n\n")[1].split("\n")[:2]
    mark = base64.b64decode(first.split(" ")[2])
    assert first.split(" ")[1] == other.split(" ")[1] == origin
    assert mark[:4] == model.note_key_hash(origin, public_of(node))
    assert model.verify(public_of(node), model.sha256(text.encode()), mark[4:])
    return int(size), base64.b64decode(root).hex()


def test_keys(ledger):
    """Both kinds with their stretches; ids and vkeys are made of what stands beside them."""
    rows = ledger.get("/ledger/keys").json()["keys"]
    origin = ledger.get("/ledger").json()["origin"]
    assert [row["kty"] for row in rows] == ["EC", "EC", "OKP", "OKP"]
    for kind in ("EC", "OKP"):
        first, second = (row for row in rows if row["kty"] == kind)
        assert first["from_seq"] == 1 and second["from_seq"] == first["to_seq"] + 1 and second["to_seq"] is None
    for row in rows:
        if row["kty"] == "EC":
            assert (row["crv"], row["alg"], row["use"]) == ("secp256k1", "ES256K", "sig")
            public, algorithm = public_of(row), model.NODE_ALGORITHM
        else:
            assert (row["crv"], row["alg"], row["use"]) == ("Ed25519", "EdDSA", "sig") and "y" not in row
            public, algorithm = b64u(row["x"]), model.ED25519_ALGORITHM
            Ed25519PublicKey.from_public_bytes(public)
        assert row["kid"] == model.key_id(public) and row["vkey"] == model.verifier_key(origin, algorithm, public)
    head = ledger.get("/ledger").json()
    assert head["keys"] == [row["kid"] for row in rows if row["kty"] == "EC"]
    assert head["vkeys"] == [row["vkey"] for row in rows if row["to_seq"] is None]


def test_the_list(ledger):
    """All of them, in pages of any size, and each is sound by the keys of its size."""
    items = ledger.get("/ledger/checkpoints?limit=1000").json()["items"]
    size = ledger.get("/ledger").json()["size"]
    assert [item["height"] for item in items] == list(range(1, len(items) + 1)) and items[-1]["size"] == size > len(items)
    for item in items:
        assert check_note(ledger, item["checkpoint"]) == (item["size"], item["root"])
    for limit in (1, 3):
        seen, path = [], f"/ledger/checkpoints?limit={limit}"
        while path:
            page = ledger.get(path).json()
            assert len(page["items"]) <= limit
            seen += page["items"]
            path = f"/ledger/checkpoints?limit={limit}&cursor={page['next']}" if page["next"] else None
        assert seen == items
    assert ledger.get("/ledger/checkpoints?after=2").json()["items"] == items[2:]
    assert ledger.get(f"/ledger/checkpoints?after={len(items)}").json() == {"items": [], "next": None, "limit": 100}
    table = list(csv.DictReader(io.StringIO(ledger.get("/ledger/checkpoints", headers={"Accept": "text/csv"}).content.decode(), newline="")))
    assert [{**row, "height": int(row["height"]), "size": int(row["size"])} for row in table] == items
    sparse = ledger.get("/ledger/checkpoints?fields=size,root&limit=1").json()["items"]
    assert sparse == [{"size": items[0]["size"], "root": items[0]["root"]}]


def test_one(ledger):
    items = ledger.get("/ledger/checkpoints?limit=1000").json()["items"]
    sizes = {item["size"]: item for item in items}
    for size in range(1, items[-1]["size"] + 1):
        reply = ledger.get(f"/ledger/checkpoints/{size}")
        text = ledger.get(f"/ledger/checkpoints/{size}", headers={"Accept": "text/plain"})
        if size in sizes:
            assert reply.json() == sizes[size] and reply.headers["Content-Type"] == "application/json"
            assert text.content.decode() == sizes[size]["checkpoint"] and text.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert reply.headers["ETag"] != text.headers["ETag"] and "Accept" in reply.headers["Vary"].split(", ")
        else:
            over = min(other for other in sizes if other > size)
            assert problem(reply, 404, "not_found")["detail"] == \
                f"No block ended with entry {size}; the one that it is in ended with entry {over}."
            problem(text, 404, "not_found")
    beyond = problem(ledger.get("/ledger/checkpoints/99999999999999999999"), 404, "not_found")["detail"]
    assert beyond == f"There is no checkpoint of 99999999999999999999 entries yet; the ledger has {items[-1]['size']}."
    for wrong in ("0", "-1", "01", "1.0", "x"):
        told = problem(ledger.get(f"/ledger/checkpoints/{wrong}"), 400, "malformed_id")
        assert "a number of entries is wanted" in told["detail"]


def test_the_newest(start):
    """Where tools look for it; it is another one after each change, whatever was kept of the last answer."""
    server = start()
    for name in "AB":
        before = server.get("/ledger/checkpoint")
        assert before.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert before.text.encode() == before.content and before.text == server.get("/ledger").json()["checkpoint"]
        check_note(server, before.text)
        assert server.get("/ledger/checkpoint", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
        accepted(server.put(f"/items/{name}", ITEM), 201)
        after = server.get("/ledger/checkpoint", headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200 and int(after.text.split("\n")[1]) == int(before.text.split("\n")[1]) + 1
    head = server.request("HEAD", "/ledger/checkpoint")
    assert head.status_code == 200 and head.content == b"" and int(head.headers["Content-Length"]) == len(after.content)


def test_with_curl_and_verify(ledger, tmp_path):
    """As the page says: a file made by curl holds the ledger to what it was, with a witness's line in it too."""
    note = tmp_path / "checkpoint.txt"
    subprocess.run(["curl", "-sS", "-o", str(note), f"{ledger.url}/ledger/checkpoint"], check=True, timeout=30)
    told = run("verify", "--data-dir", str(ledger.data_dir), "--checkpoint", str(note))
    assert told.returncode == 0, told.stdout + told.stderr
    with open(note, "a", encoding="utf-8") as file:
        for number in range(10):
            file.write(f"\u2014 witness.example/{number} " + base64.b64encode(bytes([number]) * 4 + bytes(72)).decode() + "\n")
        file.write("\u2014 witness.example/long " + base64.b64encode(bytes(4 + 2420)).decode() + "\n")  # as of a signature after quantum computers
    told = run("verify", "--data-dir", str(ledger.data_dir), "--checkpoint", str(note))
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_longest_name(start, tmp_path):
    """Both lines of a note with an origin of 127 characters fit into the anchor's slots, and the service finds them there."""
    origin = "x" * 127
    server = start("--origin", origin, data_dir=str(tmp_path / "data"))
    for name in "AB":
        accepted(server.put(f"/items/{name}", ITEM), 201)
    note = server.get("/ledger/checkpoint").text
    check_note(server, note)
    assert len(note.encode()) == 626 and note.startswith(origin + "\n3\n")
    assert server.stop() == 0
    slots = (tmp_path / "data" / "anchor").read_bytes()
    assert len(slots) == 2048 and note.encode() in slots
    assert run("verify", "--data-dir", str(tmp_path / "data")).returncode == 0
    server = start("--origin", origin, data_dir=str(tmp_path / "data"))
    accepted(server.put("/items/C", ITEM), 201)


def test_a_private_service(start):
    server = start("--private")
    for path in ("/ledger/checkpoint", "/ledger/checkpoints", "/ledger/checkpoints/1", "/ledger/keys"):
        problem(server.get(path), 401, "unauthenticated")
        assert server.get(path, token=True).status_code == 200

