"""The model of docs/ledger.md against published proofs, good and spoilt, and against its own definitions: what the service's
proofs are held against is held against something, too."""

import csv
import pathlib

import ledger_model as model

REFERENCE = pathlib.Path(__file__).resolve().parents[1] / "reference" / "rfc6962"


def published(name):
    with open(REFERENCE / f"{name}.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    assert len(rows) == 99
    for case, first, second, one, other, proof, verdict in rows[1:]:
        hashes = [] if proof == "-" else [bytes.fromhex(text) for text in proof.split(",")]
        yield case, int(first), int(second), bytes.fromhex(one), bytes.fromhex(other), hashes, verdict == "good"


def test_published_proofs_of_inclusion():
    for case, index, size, leaf, root, proof, is_good in published("inclusion"):
        are_hashes = all(len(found) == 32 for found in (leaf, root, *proof))
        assert (are_hashes and model.includes(index, size, leaf, proof, root)) == is_good, case


def test_published_proofs_of_consistency():
    for case, first, second, old_root, new_root, proof, is_good in published("consistency"):
        assert model.continues(first, second, old_root, new_root, proof) == is_good, case


def test_what_is_made_is_taken():
    leaves = [model.leaf_hash(bytes([i])) for i in range(34)]
    for size in range(1, len(leaves) + 1):
        root = model.root_of(leaves[:size])
        for i in range(size):
            proof = model.inclusion_proof(i, leaves[:size])
            assert model.includes(i, size, leaves[i], proof, root)
            assert not model.includes(i, size, leaves[i - 1], proof, root) or size == 1
            assert not model.includes(i, size, leaves[i], proof + [root], root)
            proof = model.consistency_proof(i + 1, leaves[:size])
            assert model.continues(i + 1, size, model.root_of(leaves[:i + 1]), root, proof)
            assert not model.continues(i + 1, size, model.root_of(leaves[:i]), root, proof)
            assert not model.continues(i + 1, size, model.root_of(leaves[:i + 1]), root, proof + [root])
