"""Erasures against who alters the file, and against ends in the middle of one."""

import random
import sqlite3
import subprocess

import pytest

from conftest import binary, environment, key
from world import World, accepted, contents


def found(data_dir):
    done = subprocess.run([binary(), "verify", "--data-dir", str(data_dir)], env=environment(), capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.fixture
def erased(start):
    """A stopped service whose ledger has an erased note and another one that was not; (data directory, their commitments)."""
    server = start()
    world = World(server)
    supply = world.intake(10)["id"]
    for note in ("Gone", "Kept"):
        accepted(server.post("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}], "note": note}), 201)
    rows = {row["text"]: row["commitment"] for row in server.get("/privacy/texts", token=True).json()["items"]}
    assert server.post("/privacy/erasures", {"commitments": [rows["Gone"]]}).status_code == 201
    assert server.stop() == 0
    assert found(server.data_dir)[0] == 0
    return server.data_dir, rows["Gone"], rows["Kept"]


@pytest.mark.parametrize("statements, code", [
    (["UPDATE personal SET salt = NULL, text = NULL WHERE commitment = :kept"], "personal_missing"),
    (["DELETE FROM personal WHERE commitment = :gone"], "personal"),
    (["UPDATE personal SET salt = zeroblob(32), text = 'Gone' WHERE commitment = :gone"], "personal"),
    (["DROP TRIGGER erasure_no_delete", "DELETE FROM erasure"], "personal_missing"),
    (["UPDATE personal SET salt = NULL, text = NULL WHERE commitment = :kept", "INSERT INTO erasure (commitment, seq) VALUES (:kept, 1)"], "state"),
    (["DROP TRIGGER erasure_no_update", "UPDATE erasure SET seq = seq - 1"], "answer")])  # its MAC names the erasure
def test_alterations_are_found(erased, statements, code):
    data_dir, gone, kept = erased
    connection = sqlite3.connect(data_dir / "tallystick.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement, {name: value for name, value in (("gone", gone), ("kept", kept)) if f":{name}" in statement})
    connection.close()
    code_seen, told = found(data_dir)
    assert code_seen == 1 and f"({code})" in told, told
    if code == "answer":  # without the keys the table itself is compared
        (data_dir / "node.db").unlink()
        code_seen, told = found(data_dir)
        assert code_seen == 1 and "(state)" in told, told


@pytest.mark.concurrent
def test_killed_while_erasing(start):
    """What was acknowledged is gone from every file after the next start; what was not is whole or gone, never half."""
    chance = random.Random(7)
    server = start()
    world = World(server)
    supply = world.intake(1000)["id"]
    for round_ in range(4):
        notes = [f"Note {round_} {number} Example" for number in range(12)]
        for note in notes:
            accepted(server.post("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}], "note": note}), 201)
        rows = {row["text"]: row["commitment"] for row in server.get("/privacy/texts?limit=1000", token=True).json()["items"]}
        done, stop_at = [], chance.randrange(1, len(notes))
        for number, note in enumerate(notes):
            if number == stop_at:
                server.process.kill()
                server.process.wait()
                break
            accepted_order = server.post("/privacy/erasures", {"commitments": [rows[note]]}, idempotency_key=key())
            assert accepted_order.status_code == 201
            done.append(note)
        server.exit_code = 0
        server = start(data_dir=server.data_dir)
        files = b"".join(contents(server.data_dir).values())
        assert [note for note in done if note.encode() in files] == []
        left = {row["text"] for row in server.get("/privacy/texts?limit=1000", token=True).json()["items"]}
        assert set(notes) - set(done) <= left
    assert server.stop() == 0
    assert found(server.data_dir)[0] == 0
