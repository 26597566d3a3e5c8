"""What every read has in common, over all the contract's GETs: gzip and zstd by Accept-Encoding, HEAD, OPTIONS, tags and 304."""

import re
import zlib

import pytest
import zstandard

import contract_session
import test_contract
from test_csv import played  # noqa: F401, a fixture: a service after the contract's session
from world import World, problem

BY_CHANCE = {"getJob", "followJob"}  # have ids by chance: test_async.py, test_job_events.py
READS = [operation for operation in test_contract.OPERATIONS if operation.method == "GET" and operation.id not in BY_CHANCE]
QUERIES = {"getEfficiency": contract_session.EFFICIENCY, "getMalmquist": contract_session.MALMQUIST, "getDensity": contract_session.DENSITY, "getInequality": contract_session.INEQUALITY,
           "getProof": "/ledger/proof?seq=9", "getConsistency": "/ledger/consistency?from=9"}
IDS = {"/supplies": "MASKS-1", "/transfers": "TRANSFER-1", "/organisations": "DEPOT-GD", "/sites": "WAREHOUSE-GZ", "/items": "MASK-N95",
       "/indicators": "ambulances", "/provinces": "CN-HB", "/errors": "busy", "/ledger": "2", "/policies": "DEPOT-HB",
       "/witnesses": "auditor-1", "/jobs": "0" * 32}
FLOOR = 1024
READERS = {"gzip": lambda sent: zlib.decompress(sent, 31), "zstd": lambda sent: zstandard.ZstdDecompressor().decompress(sent), None: lambda sent: sent}
CODINGS = {"gzip": "gzip", "zstd": "zstd", "gzip;q=0.5, *;q=0": "gzip", "zstd;q=0.5, *;q=0": "zstd", "br, gzip": "gzip", "*": "gzip",
           "gzip, deflate, br, zstd": "zstd", "zstd;q=0.8, gzip": "gzip", "gzip;q=0.8, *;q=0.9": "zstd"}
UNKEPT = {"getHealth", "getReadiness", "getMetrics", "verifyLedger"}  # probes and counts of the moment: no-store, so no tag


def address(operation):
    """Something that is there."""
    if operation.id in QUERIES:
        return QUERIES[operation.id]
    path = operation.path.replace("{kid}", "416a623e9853d0ed")  # contract_session.KEY's
    return re.sub(r"\{\w+\}", lambda _: IDS["/" + operation.path.split("/")[1]], path)


def fetch(server, path, coding, token=None, method="GET", **headers):
    """(reply, its body's bytes as they were sent, the text)"""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = server.request(method, path, token=token, headers={"Accept-Encoding": coding, **headers}, stream=True)
    sent = reply.raw.read(decode_content=False)
    reply._content, reply._content_consumed = sent, True
    return reply, sent, READERS[reply.headers.get("Content-Encoding")](sent) if sent else sent


def tag_of(reply, coding):
    return reply.headers["ETag"][:-1] + f'-{coding}"'


every_read = pytest.mark.parametrize("operation", READS, ids=lambda operation: operation.id)


@every_read
def test_codings(played, operation):  # noqa: F811
    path = address(operation)
    personal = "Authorization" in played.get(path, token=True).headers["Vary"]
    for token in (True,) if operation.item["x-tallystick-roles"] else (None, True):
        plain, text, _ = fetch(played, path, "identity", token)
        assert plain.status_code == 200 and "Accept-Encoding" in plain.headers["Vary"].split(", ")
        for coding, chosen in CODINGS.items():
            for _ in range(2):  # the second may come from the reply cache
                reply, sent, read = fetch(played, path, coding, token)
                is_coded = "Content-Encoding" in reply.headers
                assert not is_coded or reply.headers["Content-Encoding"] == chosen
                refuses_plain = coding.endswith("*;q=0")
                if operation.id not in UNKEPT:
                    assert is_coded == (len(text) >= FLOOR and not (personal and token) or refuses_plain), (coding, len(text))
                    assert read == text
                    assert reply.headers["ETag"] == (tag_of(plain, chosen) if is_coded else plain.headers["ETag"])
                assert not is_coded or len(text) < FLOOR or len(sent) < len(text) * (0.8 if re.search(r"hash|root\"", read.decode()) else 0.5)
                assert reply.headers["Content-Length"] == str(len(sent))
                changing = {"Request-Id", "Content-Length", "ETag", "Content-Encoding", "Content-Digest", "Date", "Server-Timing"}
                assert {n: v for n, v in reply.headers.items() if n not in changing} == {
                    n: v for n, v in plain.headers.items() if n not in changing}
        for coding in ("gzip;q=0", "identity", "deflate, br", "gzip;q=0.1, zstd;q=0.1, identity;q=0.2", ""):
            reply, sent, _ = fetch(played, path, coding, token)
            assert "Content-Encoding" not in reply.headers and (operation.id in UNKEPT or sent == text)
        for coding in ("identity;q=0", "*;q=0", "gzip;q=0, zstd;q=0, identity;q=0"):
            problem(fetch(played, path, coding, token)[0], 406, "not_acceptable")


@every_read
def test_a_tag_is_of_one_coding(played, operation):  # noqa: F811
    path, token = address(operation), True if operation.item["x-tallystick-roles"] else None
    codings = ("identity", "gzip, identity;q=0", "zstd, identity;q=0")
    replies = [fetch(played, path, coding, token)[0] for coding in codings]
    if operation.id in UNKEPT:
        assert replies[0].headers["Cache-Control"] == "no-store" and not any("ETag" in reply.headers for reply in replies)
        return
    tags = {reply.headers["ETag"] for reply in replies}
    for reply, coding in zip(replies, codings):
        own, others = reply.headers["ETag"], sorted(tags - {reply.headers["ETag"]})
        assert re.fullmatch(r'"([0-9]+|([0-9]+\.)?[0-9a-f]{16})(-gzip|-zstd)?"', own) and len(others) == 2, "strong, and one for each"
        for condition in (own, f"{others[0]}, {own}", f"W/{own}", "*"):
            again, sent, _ = fetch(played, path, coding, token, If_None_Match=condition)
            assert again.status_code == 304 and sent == b""
            for name in ("ETag", "Vary", "Cache-Control", "Tallystick-Seq"):
                assert again.headers.get(name) == reply.headers.get(name), name
        assert fetch(played, path, coding, token, If_None_Match=", ".join(others))[0].status_code == 200


@every_read
def test_head_is_get_without_its_body(played, operation):  # noqa: F811
    path, token = address(operation), True if operation.item["x-tallystick-roles"] else None
    for coding in ("identity", "gzip", "zstd"):
        get, sent, _ = fetch(played, path, coding, token)
        head, nothing, _ = fetch(played, path, coding, token, method="HEAD")
        assert head.status_code == get.status_code == 200 and nothing == b""
        differing = {"Request-Id", "Date", "Server-Timing"} | ({"Content-Length", "Content-Digest"} if operation.id in UNKEPT else set())
        assert {n: v for n, v in head.headers.items() if n not in differing} == {n: v for n, v in get.headers.items() if n not in differing}
        if "ETag" in get.headers:
            assert fetch(played, path, coding, token, method="HEAD", If_None_Match=get.headers["ETag"])[0].status_code == 304


@pytest.mark.parametrize("path", sorted({operation.path for operation in test_contract.OPERATIONS}))
def test_options_lists_the_methods(played, path):  # noqa: F811
    operations = [operation for operation in test_contract.OPERATIONS if operation.path == path]
    methods = {operation.method for operation in operations} | {"OPTIONS"} | ({"HEAD"} if operations[0].method == "GET" else set())
    reply = played.request("OPTIONS", address(operations[0]).partition("?")[0])
    assert reply.status_code == 204 and reply.content == b"" and "Content-Encoding" not in reply.headers
    assert set(reply.headers["Allow"].split(", ")) == methods
    refused = played.request("PATCH", address(operations[0]).partition("?")[0])
    assert problem(refused, 405, "method_not_allowed") and set(refused.headers["Allow"].split(", ")) == methods


def test_computations_are_compressed(played):  # noqa: F811
    for path, body in (("/density", {**contract_session.SAMPLE, "points": 512}), ("/efficiency", contract_session.UNITS)):
        plain = played.post(path, body, token=None)
        assert "Content-Encoding" not in plain.headers
        for coding in ("gzip", "zstd"):
            reply = played.request("POST", path, token=None, json=body, headers={"Accept-Encoding": coding}, stream=True)
            assert reply.headers["Content-Encoding"] == coding and READERS[coding](reply.raw.read(decode_content=False)) == plain.content, path
            assert "Accept-Encoding" in reply.headers["Vary"]


def test_long_problems_are_compressed(played):  # noqa: F811
    wrong = "/figures?" + "&".join(f"wrong_name_{i}=1" for i in range(20))
    for coding in ("gzip", "zstd"):
        reply, sent, text = fetch(played, wrong, coding)
        assert reply.status_code == 400 and reply.headers["Content-Encoding"] == coding and len(sent) < len(text) / 2
        assert reply.headers["Content-Type"] == "application/problem+json" and reply.headers["Vary"] == "Accept-Language, Accept-Encoding"
    assert "Content-Encoding" not in fetch(played, "/figures?limit=0", "gzip")[0].headers


def test_writes_are_not_compressed_and_take_either_tag(played):  # noqa: F811
    path = "/items/MASK-N95"
    body = {"name": "x" * 200, "unit": "piece", "identifiers": [{"system": f"s{i}", "value": "1" * 60} for i in range(16)]}
    first = played.get(path)
    for coding in ("gzip", "identity;q=0, gzip", "identity;q=0,zstd", "identity"):
        seen, _, text = fetch(played, path, coding)
        assert len(text) >= FLOOR or coding != "gzip" or seen.headers["ETag"] == first.headers["ETag"]
        body["category"] = f"c{len(coding)}"
        reply = played.put(path, body, headers={"If-Match": seen.headers["ETag"], "Accept-Encoding": "gzip"})
        assert reply.status_code == 200 and len(reply.content) >= FLOOR and "Content-Encoding" not in reply.headers
        problem(played.put(path, {**body, "category": "z"}, headers={"If-Match": seen.headers["ETag"]}), 412, "version_mismatch")
    assert fetch(played, path, "gzip")[0].headers["ETag"].endswith('-gzip"')


def test_personal_texts_are_not_told_by_their_length(played):  # noqa: F811
    world = World(played)
    supply = world.intake(10, note="a person's name, " * 100)["id"]
    path = f"/supplies/{supply}/movements"
    reply, _, text = fetch(played, path, "gzip", world.token("operator", world.a))
    assert b"a person's name" in text and len(text) >= FLOOR and "Content-Encoding" not in reply.headers
    assert fetch(played, "/transfers?limit=100", "gzip", True)[0].headers.get("Content-Encoding") is None


def test_a_refused_coding_changes_nothing(played):  # noqa: F811
    reply = played.put("/organisations/CODED", {"name": "x", "kind": "y"}, headers={"Accept-Encoding": "identity;q=0"})
    problem(reply, 406, "not_acceptable")
    assert played.get("/organisations/CODED").status_code == 404


def test_several_lines_of_codings_are_one_list(played):  # noqa: F811
    def get(*lines):
        fields = "".join(f"Accept-Encoding: {line}\r\n" for line in lines)
        return played.raw(f"GET /provinces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n")[0]
    for _ in range(2):
        assert b"\r\nContent-Encoding: gzip\r\n" in get("br", "gzip")
        assert b"\r\nContent-Encoding: zstd\r\n" in get("zstd", "gzip")
        assert b"\r\nContent-Encoding" not in get("br", "gzip;q=0.1, identity")
        assert get("gzip;q=0", "zstd;q=0, identity;q=0").startswith(b"HTTP/1.1 406 ")


def test_bodies_come_as_they_are(played):  # noqa: F811
    reply = played.put("/organisations/CODED", data=zlib.compress(b"{}", wbits=31),
                       headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    problem(reply, 415, "unsupported_media_type")
    assert reply.headers["Accept-Encoding"] == "identity"
