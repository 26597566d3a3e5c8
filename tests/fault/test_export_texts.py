"""The texts of an export, altered, doubled and out of their place, before the two verifiers of test_export.py."""

import json

from conftest import Server
from tamper import for_each, make_small
from test_export import by_program, by_python, check_sound, export, ledger, line, scratch, some, with_texts  # noqa: F401
from world import World, accepted


def moved_texts(lines):
    """(what was done, the lines, the entry and what both must call it) of texts altered, doubled and out of their place."""
    texts = [index for index, raw in enumerate(lines) if b'"type":"text"' in raw]
    of = {index: json.loads(lines[index]) for index in texts}
    first = next(index for index in texts if index + 1 in of and of[index]["seq"] == of[index + 1]["seq"])
    there = next(index for index in texts if of[index]["text"] is not None)
    gone = next(index for index in texts if of[index]["text"] is None)
    behind = next(index for index in range(there, len(lines)) if b'"type":"checkpoint"' in lines[index]) + 1
    without_any = [line({**json.loads(lines[0]), "texts": False}), *lines[1:]]

    def put(index, **change):
        return [*lines[:index], line({**of[index], **change}), *lines[index + 1:]]

    def without(index):
        return [*lines[:index], *lines[index + 1:]]

    for index in (there, gone, first, first + 1, texts[-1]):
        seq = of[index]["seq"]
        for pointer in ("", "/no-such", of[index]["pointer"] + "/0", of[index]["pointer"] + "/commitment", of[index]["pointer"].upper()):
            yield f"the pointer {pointer!r}", put(index, pointer=pointer), seq, "personal"
        yield "doubled", [*lines[:index], lines[index], *lines[index:]], seq, "personal"
        yield "of the entry before", put(index, seq=seq - 1), seq, "personal"
        yield "of no entry", put(index, seq=10**6), seq, "personal"
        yield "another's commitment", put(index, commitment="00" * 32), seq, "personal"
        yield "gone", without(index), seq, "personal_missing"
        yield "no line", [*lines[:index], lines[index].replace(b'":', b'": ', 1), *lines[index + 1:]], seq + 1, "format"
    seq = of[first]["seq"]
    yield "the pointer of the next", put(first, pointer=of[first + 1]["pointer"]), seq, "personal"
    yield "out of order", [*lines[:first], lines[first + 1], lines[first], *lines[first + 2:]], seq, "personal"
    yield "the last one twice, the first gone", [*lines[:first], lines[first + 1], *lines[first + 1:]], seq, "personal"
    seq = of[there]["seq"]
    yield "another text", put(there, text=of[there]["text"] + "."), seq, "personal"
    yield "another salt", put(there, salt="00" * 32), seq, "personal"
    yield "a longer salt", put(there, salt=of[there]["salt"] + "00"), seq + 1, "format"
    yield "behind the checkpoint", [*lines[:there], *lines[there + 1:behind], lines[there], *lines[behind:]], seq, "personal_missing"
    yield "once more behind the checkpoint", [*lines[:behind], lines[there], *lines[behind:]], seq, "personal"
    yield "a text that was erased", put(gone, salt="00" * 32, text="made up"), of[gone]["seq"], "personal"
    yield "texts, and the header has none", without_any, of[texts[0]]["seq"], "personal"


def test_texts_at_their_place(scratch, with_texts, pick=some(24)):
    cases = list(pick(moved_texts(with_texts)))
    for number, (name, spoilt, seq, code) in enumerate(cases):
        path = scratch / f"moved{number}.ndjson"
        path.write_bytes(b"".join(spoilt))
        assert by_python(path) == (False, seq, code), name
    paths = [scratch / f"moved{number}.ndjson" for number in range(len(cases))]
    for (name, _, seq, code), told in zip(cases, for_each(paths, by_program)):
        assert told == (False, seq, code), name


def test_a_text_from_before_it_was_erased(scratch):
    """An export with texts that went on behind a later erasure still has it, and is as sound as before."""
    at = make_small(scratch, "erased")
    server = Server(at.path)
    try:
        World(server).intake(4, note="for a while")
        before = export(at, "--texts")
        size = json.loads(before[-1])["seq"]
        erased = server.get("/privacy/texts", token=True).json()["items"][-1]["commitment"]
        accepted(server.post("/privacy/erasures", {"commitments": [erased], "reference": "as asked"}), 201)
    finally:
        assert server.stop() == 0
    after = export(at, "--texts")
    path = scratch / "both.ndjson"
    path.write_bytes(b"".join([*before, *export(at, "--texts", "--after", str(size))]))
    assert b"".join(before[:-1]) not in b"".join(after), "its text is gone from a new export"
    check_sound(path)
    path.write_bytes(b"".join(after))
    check_sound(path)
