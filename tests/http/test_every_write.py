"""Retries of every operation that changes something: the contract gives each of them, and no other, an Idempotency-Key
(tests/unit/server/test_contract.c holds that against the routes). One without a case here fails."""

import collections
import concurrent.futures
import hashlib
import itertools

import pytest
import requests

import jose
import test_contract
from cosign import Witness
from test_idempotency import same
from world import World, accepted, fresh, problem, unchanged

WRITES = {operation.id: operation for operation in test_contract.OPERATIONS
          if any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters)}
COMPUTING = {"computeEfficiency", "computeMalmquist", "computeDensity", "computeInequality"}  # change nothing
KEYLESS = {"addCosignatures", "cancelJob"}  # outside the ledger, and the same however often they come
NUMBERS = itertools.count(1)
AT_ONCE = 8
TEXT = "Gāo's note"

# make(world): (path, body) of a request that is accepted and in the ledger once; other(body): as well formed, but another one;
# refused(world): (path, body, status) of one that is refused for what there is.
Case = collections.namedtuple("Case", "make other refused")


def also(**more):
    return lambda body: {**body, **more}


def province(world):
    number = next(NUMBERS)
    return f"/provinces/X{chr(65 + number // 1000)}-{number % 1000:03d}", {
        "gb_code": str(900000 + number), "name": {"en": "Example province", "zh": "示例省"}, "belt": "eastern", "capital": "Example", "lat": 30.5, "lon": 114.3}


def site(world):
    return f"/sites/{fresh('S')}", {"name": "x", "kind": "port", "organisation": world.a, "province": "CN-GD"}


def witness(world):
    number = next(NUMBERS)
    return f"/witnesses/{fresh('W')}", {"vkey": Witness(f"{number}.example", bytes(30) + number.to_bytes(2, "big")).vkey}


def figures(world):
    indicator = fresh("ind")
    assert world.server.put(f"/indicators/{indicator}", {"name": "x", "unit": "piece"}).status_code == 201
    return "/figures", {"figures": [{"indicator": indicator, "year": 2011, "province": "CN-HB", "value": 0.1}]}


def added_key(world):
    return accepted(world.server.post(f"/organisations/{world.a}/keys", jose.Key().jwk), 201)


def erasure(world):
    reply = world.server.post("/supplies", world.intake_body(1, donation=fresh("D"), note=TEXT))
    [text] = world.server.get(f"/privacy/texts?entry={reply.json()['ledger']['seq']}", token=True).json()["items"]
    return "/privacy/erasures", {"commitments": [text["commitment"]]}


def move(world, quantity=5, **more):
    return "/transfers", {"destination": world.b1, "lines": [{"supply": world.intake(10)["id"], "quantity": quantity}], **more}


def step(action, is_sent, **body):
    """A transition of a transfer, in a state that it is made for; of one that has not come so far, or is beyond it, it is refused."""
    def make(world, fits=True):
        transfer = world.dispatched() if is_sent == fits else world.transfer([(world.intake()["id"], 10)])
        return f"/transfers/{transfer['id']}/{action}", body

    def refuse(world):
        return *make(world, False), 409
    return make, refuse


def taken_province(world):
    path, body = province(world)
    return path, {**body, "gb_code": "420000"}, 409


def taken_witness(world):
    path, body = witness(world)
    accepted(world.server.put(path, body), 201)
    return f"/witnesses/{fresh('W')}", body, 409


def taken_key(world):
    key = jose.Key().jwk
    accepted(world.server.post(f"/organisations/{world.b}/keys", key), 201)
    return f"/organisations/{world.a}/keys", key, 409


def wrong_item(world):
    identifiers = [{"system": "gtin", "value": "4006381333932"}]  # whose last digit is wrong
    return f"/items/{fresh('I')}", {"name": "x", "unit": "piece", "identifiers": identifiers}, 422


def fresh_digest():
    return hashlib.sha256(fresh("nothing").encode()).hexdigest()


def stepping(action, is_sent, other, **body):
    make, refuse = step(action, is_sent, **body)
    return Case(make, other, refuse)


CASES = {
    "putProvince": Case(province, also(capital="Other"), taken_province),
    "putOrganisation": Case(lambda w: (f"/organisations/{fresh('O')}", {"name": "x", "kind": "depot"}), also(kind="other"),
                            lambda w: (f"/organisations/{fresh('O')}", {"name": "x", "kind": "depot", "province": "XX-99"}, 422)),
    "addOrganisationKey": Case(lambda w: (f"/organisations/{w.a}/keys", jose.Key().jwk), lambda body: jose.Key().jwk, taken_key),
    "revokeOrganisationKey": Case(lambda w: (f"/organisations/{w.a}/keys/{added_key(w)['kid']}/revoke", {"reason": TEXT}), also(reason="y"),
                                  lambda w: (f"/organisations/{w.a}/keys/NO-SUCH/revoke", {"reason": TEXT}, 404)),
    "putPolicy": Case(lambda w: (f"/policies/{w.organisation(fresh('O'))}", {"signed_kinds": ["transfer.receive"]}), also(signed_kinds=[]),
                      lambda w: (f"/policies/{fresh('NO')}", {"signed_kinds": ["*"]}, 404)),
    "putWitness": Case(witness, also(ended=True), taken_witness),
    "putSite": Case(site, also(kind="ward"), lambda w: (site(w)[0], {**site(w)[1], "organisation": "NO-SUCH"}, 422)),
    "putItem": Case(lambda w: (f"/items/{fresh('I')}", {"name": "x", "unit": "piece"}), also(unit="box"), wrong_item),
    "putIndicator": Case(lambda w: (f"/indicators/{fresh('i')}", {"name": "x", "unit": "piece"}), also(unit="box"),
                         lambda w: (f"/indicators/{fresh('i')}_per_10k", {"name": "x", "unit": "piece"}, 422)),
    "putFigures": Case(figures, lambda body: {"figures": [{**body["figures"][0], "value": 0.2}]},
                       lambda w: ("/figures", {"figures": [{**figures(w)[1]["figures"][0], "indicator": "no_such"}]}, 422)),
    "createSupply": Case(lambda w: ("/supplies", w.intake_body(3, donation=fresh("D"), note=TEXT)), also(note="other"),
                         lambda w: ("/supplies", w.intake_body(3, site="NOWHERE", note=TEXT), 422)),
    "adjustSupply": Case(lambda w: (f"/supplies/{w.intake()['id']}/adjustments", {"delta": -1, "reason": "counted", "note": TEXT}), also(delta=-2),
                         lambda w: (f"/supplies/{w.intake()['id']}/adjustments", {"delta": -99, "reason": "counted", "note": TEXT}, 409)),
    "createTransfer": Case(lambda w: move(w, note=TEXT, rationale=TEXT), also(rationale="other"), lambda w: (*move(w, 11, note=TEXT), 409)),
    "dispatchTransfer": stepping("dispatch", False, also(note="other"), note=TEXT),
    "receiveTransfer": stepping("receive", True, lambda body: {"lines": [{"line": 1, "good": 7}]}, lines=[{"line": 1, "good": 2, "lost": 1, "reason": TEXT}]),
    "cancelTransfer": stepping("cancel", False, also(reason="other"), reason=TEXT),
    "returnTransfer": stepping("return", True, also(reason="other"), reason=TEXT),
    "eraseTexts": Case(erasure, also(reference="other"), lambda w: ("/privacy/erasures", {"commitments": [fresh_digest()]}, 422)),
}
# What texts there are is known to the node and not to the ledger, so no rule decides it: the key of this refusal is free at once.
FREE = {"eraseTexts"}
every_write = pytest.mark.parametrize("name", WRITES)


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.fixture(scope="module")
def others(world):
    """The token of an administrator whose keys are another organisation's."""
    return world.token("admin", world.c)


@pytest.fixture(scope="module")
def requests_of_all(world):
    """What would be accepted."""
    return {name: case.make(world) for name, case in CASES.items()}


def size(server):
    return server.get("/ledger").json()["size"]


def send(server, name, path, body, key, **more):
    return server.write(WRITES[name].method, path, body, idempotency_key=key, **more)


def test_every_change_has_a_case():
    """And what is no change takes no key: it computes, or is the same however often it comes."""
    assert set(CASES) == set(WRITES)
    assert {operation.id for operation in test_contract.OPERATIONS if operation.method != "GET"} == set(WRITES) | COMPUTING | KEYLESS


@every_write
def test_sent_again_it_is_answered_again_and_done_once(server, world, others, name):
    path, body = CASES[name].make(world)
    key, before = fresh("key"), size(server)
    first = send(server, name, path, body, key)
    assert first.status_code in (200, 201) and first.json()["ledger"]["seq"] == before + 1 == size(server), first.text
    with unchanged(server):
        for _ in range(2):
            same(first, send(server, name, path, body, key))
        for changed, code in ((CASES[name].other(body), "idempotency_key_reused"), ({**body, "unknown": 1}, "unknown_member")):
            reply = send(server, name, path, changed, key)
            assert problem(reply, 422, code) and "Idempotency-Replayed" not in reply.headers
        same(first, send(server, name, path, body, key))
    assert "Idempotency-Replayed" not in send(server, name, path, body, key, token=others).headers  # which is another caller's key


@every_write
def test_callers_have_keys_of_their_own(server, world, others, name):
    key, replies = fresh("key"), []
    for token in (True, others):
        path, body = CASES[name].make(world)
        before = size(server)
        replies.append(send(server, name, path, body, key, token=token))
        assert replies[-1].status_code in (200, 201) and size(server) == before + 1
        same(replies[-1], send(server, name, path, body, key, token=token))
    assert replies[0].json()["ledger"] != replies[1].json()["ledger"]


@every_write
def test_a_key_is_of_one_operation(server, world, requests_of_all, name):
    """Whatever else it is sent with, it is known."""
    key = fresh("key")
    assert send(server, name, *CASES[name].make(world), key).status_code in (200, 201)
    with unchanged(server):
        for other, (path, body) in requests_of_all.items():
            problem(send(server, other, path, body, key), 422, "idempotency_key_reused")


@every_write
def test_without_a_key(server, world, name):
    """A POST needs one, a PUT does not."""
    path, body = CASES[name].make(world)
    before = size(server)
    reply = send(server, name, path, body, "")
    if WRITES[name].method == "POST":
        problem(reply, 400, "idempotency_key_missing")
        assert size(server) == before
    else:
        assert reply.status_code in (200, 201) and size(server) == before + 1
        assert "Idempotency-Replayed" not in reply.headers
        again = send(server, name, path, body, "")  # as it stands: a change to the same
        assert again.status_code == 200 and "Idempotency-Replayed" not in again.headers and size(server) == before + 1
    problem(send(server, name, path, body, "a b"), 400, "idempotency_key_malformed")


@every_write
def test_a_refusals_key(server, world, others, name):
    path, body, status = CASES[name].refused(world)
    key = fresh("key")
    with unchanged(server):
        first = send(server, name, path, body, key)
        assert problem(first, status, first.json()["code"]) and "Idempotency-Replayed" not in first.headers
        again = send(server, name, path, body, key)
        other = send(server, name, path, CASES[name].other(body), key)
        if name not in FREE:
            same(first, again)
            problem(other, 422, "idempotency_key_reused")
            foreign = send(server, name, path, body, key, token=others)
            assert foreign.status_code == status and "Idempotency-Replayed" not in foreign.headers
        else:
            assert problem(again, status, first.json()["code"]) == first.json() and "Idempotency-Replayed" not in again.headers
    reply = send(server, name, *CASES[name].make(world), key)
    assert reply.status_code in (200, 201) if name in FREE else problem(reply, 422, "idempotency_key_reused")


@every_write
def test_what_the_sender_can_mend_leaves_the_key_free(server, world, name):
    path, body = CASES[name].make(world)
    key = fresh("key")
    with unchanged(server):
        problem(send(server, name, path, body, key, token=None), 401, "unauthenticated")
        problem(send(server, name, path, body, key, token=world.token("auditor", world.a)), 403, "forbidden")
        problem(send(server, name, path, None, key, data=b"{", headers={"Content-Type": "application/json"}), 400, "invalid_json")
        problem(send(server, name, path, None, key, data=b"{}", headers={"Content-Type": "text/plain"}), 415, "unsupported_media_type")
        problem(send(server, name, path, {**body, "unknown": 1}, key), 422, "unknown_member")
        problem(send(server, name, f"{path}?x=1", body, key), 400, "invalid_query")
        problem(send(server, name, path, body, key, headers={"Accept": "image/png"}), 406, "not_acceptable")
        if "412" in WRITES[name].item["responses"]:
            problem(send(server, name, path, body, key, headers={"If-Match": '"99"'}), 412, "version_mismatch")
    reply = send(server, name, path, body, key)
    assert reply.status_code in (200, 201) and "Idempotency-Replayed" not in reply.headers


@pytest.mark.concurrent
@every_write
def test_at_once_it_is_done_once(server, world, name):
    path, body = CASES[name].make(world)
    key, before = fresh("key"), size(server)

    def send_one(_):
        with requests.Session() as session:
            session.trust_env = False
            return send(server, name, path, body, key, session=session)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        replies = list(pool.map(send_one, range(AT_ONCE)))
    assert len({(reply.status_code, reply.content, reply.headers.get("Location"), reply.headers.get("ETag")) for reply in replies}) == 1
    assert replies[0].status_code in (200, 201), replies[0].text
    assert sum("Idempotency-Replayed" not in reply.headers for reply in replies) == 1 and size(server) == before + 1


def test_the_organisation_of_a_path_is_part_of_the_request(server, world):
    """A key's id alone says which one is meant; another organisation before it is another request all the same."""
    kid, key = added_key(world)["kid"], fresh("key")
    ours, theirs = (f"/organisations/{organisation}/keys/{kid}/revoke" for organisation in (world.a, world.b))
    first = problem(server.post(theirs, {"reason": "x"}, idempotency_key=key), 404, "not_found")
    assert first["instance"] == theirs and world.b in first["detail"]
    problem(server.post(ours, {"reason": "x"}, idempotency_key=key), 422, "idempotency_key_reused")
    key = fresh("key")
    accepted(server.post(ours, {"reason": "x"}, idempotency_key=key))
    problem(server.post(theirs, {"reason": "x"}, idempotency_key=key), 422, "idempotency_key_reused")


def test_all_are_answered_again_after_a_restart(start):
    server = start()
    world = World(server)
    sent = []
    for name in sorted(CASES, key=lambda name: name != "eraseTexts"):  # an erasure drops the refusals that are kept: it comes before them
        case = CASES[name]
        for path, body, *status in (case.make(world),) if name in FREE else (case.make(world), case.refused(world)):
            key = fresh("key")
            sent.append((name, path, body, key, send(server, name, path, body, key)))
            assert sent[-1][-1].status_code == status[0] if status else sent[-1][-1].status_code in (200, 201)
    before = size(server)
    assert server.stop() == 0
    again = start(data_dir=server.data_dir)
    for name, path, body, key, first in sent:
        same(first, send(again, name, path, body, key))
    assert size(again) == before


def test_what_takes_no_key_is_the_same_however_often_it_comes(server, world):
    maker = Witness("twice.example", bytes(29) + b"two")
    accepted(server.put(f"/witnesses/{fresh('W')}", {"vkey": maker.vkey}), 201)
    note = server.get("/ledger/checkpoint").text
    cosigned = {"checkpoint": note + maker.line(note)}
    before, seen = size(server), []
    for _ in range(3):
        reply = server.request("POST", "/ledger/cosignatures", token=True, json=cosigned)
        assert reply.status_code == 200, reply.text
        seen.append((reply.content, server.get("/ledger/cosignatures").json()))
    assert seen[0][1] == seen[1][1] == seen[2][1] and len(seen[0][1]["items"]) == 1 and size(server) == before
    problem(server.delete(f"/jobs/{'0' * 32}"), 404, "not_found")
