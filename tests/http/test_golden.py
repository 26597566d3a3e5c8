"""Golden replies: the exact bytes that clients get, save what must differ from run to run.

Each step of the session below is a file of tests/golden/replies: request line, status line,
the headers that are part of the contract, body. Ids, hashes, signatures and times are masked,
each by a word and the number of its first appearance, so that equal values stay equal.
TALLYSTICK_GOLDEN=write writes the files anew: read the difference before committing it.
"""

import os
import pathlib
import re
import time

import pytest

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "replies"
HEADERS = ["Allow", "Cache-Control", "Content-Type", "ETag", "Idempotency-Replayed", "Link", "Location", "Retry-After",
           "Tallystick-Seq", "Vary", "WWW-Authenticate", "X-Content-Type-Options"]

MASKS = [
    ("VKEY", re.compile(r"golden\.example/1\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*")),
    ("TAG", re.compile(r"(?m)(?<=^ETag: \")[0-9a-f]{16}(?=\"$)|(?<=\.)[0-9a-f]{16}(?=\"$)")),
    ("URL", re.compile(r"http://127\.0\.0\.1:\d+")),
    ("CURSOR", re.compile(r"(?<=cursor=)[A-Za-z0-9_.-]+|(?<=\"next\":\")[^\"]+")),
    ("NOTE", re.compile(r"(?<=\"checkpoint\":\")[^\"]+")),
    ("BYTES", re.compile(r"(?<=\"bytes\":\")[^\"]+")),
    ("SEAL", re.compile(r"\b[0-9a-f]{128}\b")),
    ("HASH", re.compile(r"\b[0-9a-f]{64}\b")),
    ("UUID", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")),
    ("TOKEN", re.compile(r"\btok-[0-9a-f]{16}\b")),
    ("KEY", re.compile(r"(?<=\")[0-9a-f]{16}(?=\")")),
    ("POINT", re.compile(r"(?<=\"[xy]\":\")[A-Za-z0-9_-]{43}(?=\")")),
    ("TIME", re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z")),
    ("MS", re.compile(r"(?<=\"duration_ms\":)\d+")),
]

ORG = {"name": {"en": "Depot, Hubei", "zh": "仓库"}, "kind": "depot", "province": "420000"}
INTAKE = {"id": "S1", "site": "A", "item": "MASK", "quantity": 100, "source": "donation", "lot": "L1",
          "expiry": "2099-12-31", "note": "from a school"}

# name, method, path, body (dict, text or None), key, token, further headers
STEPS = [
    ("healthz", "GET", "/healthz", None, None, False, {}),
    ("readyz", "GET", "/readyz", None, None, False, {}),
    ("province", "GET", "/provinces/420000", None, None, False, {}),
    ("provinces-page", "GET", "/provinces?limit=2&belt=western", None, None, False, {}),
    ("figures", "GET", "/figures?indicator=beds&year=2019&limit=3", None, None, False, {}),
    ("indicator-derived", "GET", "/indicators/beds_per_10k", None, None, False, {}),
    ("no-token", "PUT", "/organisations/ORG", ORG, None, False, {}),
    ("bad-token", "PUT", "/organisations/ORG", ORG, None, "tly_wrong", {}),
    ("organisation-created", "PUT", "/organisations/ORG", ORG, "k1", True, {}),
    ("organisation-unchanged", "PUT", "/organisations/ORG", ORG, "k2", True, {}),
    ("organisation-unconditioned", "PUT", "/organisations/ORG", {**ORG, "kind": "red-cross"}, "k3", True, {}),
    ("organisation-stale", "PUT", "/organisations/ORG", {**ORG, "kind": "red-cross"}, "k4", True, {"If-Match": '"7"'}),
    ("organisation-changed", "PUT", "/organisations/ORG", {**ORG, "kind": "red-cross"}, "k5", True, {"If-Match": '"1"'}),
    ("site-a", "PUT", "/sites/A", {"name": "A", "kind": "warehouse", "organisation": "ORG", "province": "CN-HB",
                                   "lat": 30.59, "lon": 114.31}, "k6", True, {}),
    ("site-b", "PUT", "/sites/B", {"name": "B", "kind": "hospital", "organisation": "ORG", "province": "CN-SC"}, "k7", True, {}),
    ("site-faults", "PUT", "/sites/C", {"name": "C", "kind": "Port", "organisation": "NONE", "provinze": "CN-HB"}, "k8", True, {}),
    ("item", "PUT", "/items/MASK", {"name": "Mask", "unit": "piece", "identifiers": [
        {"system": "gtin", "value": "4006381333931"}]}, "k9", True, {}),
    ("item-check-digit", "PUT", "/items/M2", {"name": "Mask", "unit": "piece", "identifiers": [
        {"system": "gtin", "value": "4006381333932"}]}, "k10", True, {}),
    ("not-json", "POST", "/supplies", '{"site":"A",', "k11", True, {}),
    ("doubled-member", "POST", "/supplies", '{"site":"A","site":"B"}', "k11", True, {}),
    ("key-missing", "POST", "/supplies", INTAKE, None, True, {}),
    ("media-type", "POST", "/supplies", "<xml/>", "k11", True, {"Content-Type": "text/xml"}),
    ("intake", "POST", "/supplies", INTAKE, "k12", True, {}),
    ("intake-replayed", "POST", "/supplies", INTAKE, "k12", True, {}),
    ("key-reused", "POST", "/supplies", {**INTAKE, "quantity": 101}, "k12", True, {}),
    ("intake-unknown-codes", "POST", "/supplies", {"site": "X", "item": "Y", "quantity": 0, "source": "donation"}, "k13", True, {}),
    ("supplies-public", "GET", "/supplies?province=CN-HB", None, None, False, {}),
    ("transfer-too-much", "POST", "/transfers", {"destination": "B", "lines": [{"supply": "S1", "quantity": 101}]}, "k14", True, {}),
    ("transfer", "POST", "/transfers", {"id": "T1", "destination": "B", "lines": [{"supply": "S1", "quantity": 40}],
                                        "rationale": "B has none"}, "k15", True, {}),
    ("receive-too-early", "POST", "/transfers/T1/receive", {"lines": [{"line": 1, "good": 40}]}, "k16", True, {}),
    ("dispatch", "POST", "/transfers/T1/dispatch", {}, "k17", True, {}),
    ("receive-no-reason", "POST", "/transfers/T1/receive", {"lines": [{"line": 1, "good": 30, "damaged": 10}]}, "k18", True, {}),
    ("receive-too-much", "POST", "/transfers/T1/receive", {"lines": [{"line": 1, "good": 41}]}, "k19", True, {}),
    ("receive", "POST", "/transfers/T1/receive", {"lines": [{"line": 1, "good": 30, "damaged": 10, "reason": "wet"}]}, "k20", True, {}),
    ("transfer-public", "GET", "/transfers/T1", None, None, False, {}),
    ("transfer-party", "GET", "/transfers/T1", None, None, True, {}),
    ("stock-card", "GET", "/supplies/S1/movements", None, None, True, {}),
    ("summary", "GET", "/supplies/summary?by=province,item", None, None, False, {}),
    ("ledger", "GET", "/ledger", None, None, False, {}),
    ("entry", "GET", "/ledger/entries/8", None, None, False, {}),
    ("keys", "GET", "/ledger/keys", None, None, False, {}),
    ("verify", "GET", "/ledger/verify", None, None, True, {}),
    ("unknown-path", "GET", "/provinzes", None, None, False, {}),
    ("malformed-id", "GET", "/supplies/two%20words", None, None, False, {}),
    ("unknown-query", "GET", "/supplies?limt=5", None, None, False, {}),
    ("bad-cursor", "GET", "/supplies?cursor=abc", None, None, False, {}),
    ("method", "DELETE", "/provinces", None, None, False, {}),
    ("efficiency-own", "POST", "/efficiency", {"inputs": ["x"], "outputs": ["y"], "dmus": [
        {"id": "A", "x": 2, "y": 1}, {"id": "B", "x": 4, "y": 3}, {"id": "C", "x": 8, "y": 4}]}, None, False, {}),
    ("efficiency-no-figures", "GET", "/efficiency?year=1999&inputs=beds&outputs=hospitals", None, None, False, {}),
    ("density-one-value", "POST", "/density", {"values": [1]}, None, False, {}),
]


class Mask:
    def __init__(self):
        self.seen = {}

    def __call__(self, text):
        for word, pattern in MASKS:
            text = pattern.sub(lambda match, word=word: self.name(word, match.group(0)), text)
        return text

    def name(self, word, value):
        names = self.seen.setdefault(word, {})
        return names.setdefault(value, f"{word}{len(names) + 1}")


def send(server, step):
    time.sleep(0.002)  # instants of two steps are two, also where a change takes less than a millisecond
    _, method, path, body, key, token, headers = step
    more = {"headers": dict(headers)}
    if key is not None:
        more["headers"]["Idempotency-Key"] = key
    if isinstance(body, str):
        more["data"] = body.encode()
        more["headers"].setdefault("Content-Type", "application/json")
    elif body is not None:
        more["json"] = body
    return server.request(method, path, token=token or None, **more)


def picture(step, reply, mask):
    lines = [f"{step[1]} {step[2]}", f"{reply.status_code}"]
    lines += [f"{name}: {reply.headers[name]}" for name in HEADERS if name in reply.headers]
    return mask("\n".join(lines) + "\n\n" + reply.text + "\n")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    from conftest import Server  # the module's own service: its sequence numbers are part of the replies
    server = Server(tmp_path_factory.mktemp("golden") / "data", "--origin", "golden.example/1")
    mask = Mask()
    try:
        yield {step[0]: picture(step, send(server, step), mask) for step in STEPS}
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("name", [step[0] for step in STEPS])
def test_reply(pictures, name):
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("TALLYSTICK_GOLDEN") == "write":
        path.write_text(pictures[name])
    assert pictures[name] == path.read_text()


def test_no_golden_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {step[0] for step in STEPS}
