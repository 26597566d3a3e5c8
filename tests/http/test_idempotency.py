"""Idempotency keys: sent again, a request is answered again and done once."""

import concurrent.futures
import json

import pytest
import requests

from world import World, accepted, fresh, problem, state, unchanged, walk


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def same(first, again):
    """The second is the first, replayed."""
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers.get(name) == first.headers.get(name), name
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def send_again(server, path, body, token=True, method="POST", **more):
    """Sends twice under one key; returns the first reply."""
    key = fresh("key")
    first = server.write(method, path, body, token=token, idempotency_key=key, **more)
    with unchanged(server):
        again = server.write(method, path, body, token=token, idempotency_key=key, **more)
    same(first, again)
    return first


def test_everything_that_changes_is_replayed(server, world):
    supply = send_again(server, "/supplies", world.intake_body(10)).json()["id"]
    send_again(server, f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "consumed"})
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 4}]}
    for steps in ([("cancel", {"reason": "x"})], [("dispatch", {}), ("return", {"reason": "x"})],
                  [("dispatch", {}), ("receive", {"lines": [{"line": 1, "good": 3}]}),
                   ("receive", {"lines": [{"line": 1, "lost": 1, "reason": "x"}]})]):
        transfer = send_again(server, "/transfers", body).json()["id"]
        for action, step in steps:
            assert send_again(server, f"/transfers/{transfer}/{action}", step).status_code == 200
    assert world.quantities(supply) == (5, 0, 5)
    site = fresh("SITE")
    body = {"name": site, "kind": "port", "organisation": world.a, "province": "CN-GD"}
    assert send_again(server, f"/sites/{site}", body, method="PUT").status_code == 201
    assert send_again(server, f"/sites/{site}", {**body, "kind": "ward"}, method="PUT",
                      headers={"If-Match": '"1"'}).status_code == 200


def test_the_first_answer_outlives_what_came_after(server, world):
    supply = world.intake(10)["id"]
    key = fresh("key")
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 10}]}
    first = server.post("/transfers", body, idempotency_key=key)
    accepted(world.act(first.json()["id"], "dispatch"))
    same(first, server.post("/transfers", body, idempotency_key=key))
    assert first.json()["state"] == "reserved"


def test_refusals_by_the_rules_are_replayed(server, world):
    supply = world.intake(10)["id"]
    transfer = world.dispatched(1)["id"]
    refused = [
        (409, "/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 11}]}),
        (409, f"/transfers/{transfer}/cancel", {"reason": "x"}),
        (404, "/transfers/NO-SUCH/dispatch", {}),
        (404, "/supplies/NO-SUCH/adjustments", {"delta": -1, "reason": "lost"}),
        (422, "/transfers", {"destination": "NOWHERE", "lines": [{"supply": supply, "quantity": 1}]}),
        (422, f"/transfers/{transfer}/return", {}),
        (422, "/supplies", world.intake_body(1, site="NOWHERE")),
    ]
    for status, path, body in refused:
        assert send_again(server, path, body).status_code == status
    # also where the reason is gone by now: the same request keeps its answer, a new key gets a new one
    key = fresh("key")
    body = refused[0][2]
    first = server.post("/transfers", body, idempotency_key=key)
    accepted(server.post(f"/supplies/{supply}/adjustments", {"delta": 5, "reason": "counted"}))
    same(first, server.post("/transfers", body, idempotency_key=key))
    assert server.post("/transfers", body).status_code == 201


def test_what_the_sender_can_mend_is_not_kept(server, world):
    """400, 401, 403, 412, 415 and a body that cannot be bound leave the key free."""
    key = fresh("key")
    transfer = world.transfer([(world.intake(1)["id"], 1)])["id"]
    path = f"/transfers/{transfer}/dispatch"
    problem(server.post(path, {}, idempotency_key=key, token=None), 401, "unauthenticated")
    problem(server.write("POST", path, idempotency_key=key, data=b"{", headers={"Content-Type": "application/json"}), 400,
            "invalid_json")
    assert server.write("POST", path, idempotency_key=key, data=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    problem(server.post(path, {"x": 1}, idempotency_key=key), 422, "unknown_member")
    problem(server.post(path, {}, idempotency_key=key, headers={"If-Match": '"7"'}), 412, "version_mismatch")
    reply = server.post(path, {}, idempotency_key=key, headers={"If-Match": '"1"'})
    assert reply.status_code == 200 and "Idempotency-Replayed" not in reply.headers


def test_a_key_belongs_to_one_request(server, world):
    key = fresh("key")
    supply = world.intake(10)["id"]
    path, body = f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "consumed"}
    accepted(server.post(path, body, idempotency_key=key))
    other = world.intake(10)["id"]
    with unchanged(server):
        for other_path, other_body in ((path, {**body, "delta": -2}), (path, {"reason": "consumed", "delta": -1}),
                                       (f"/supplies/{other}/adjustments", body), ("/supplies", world.intake_body(1))):
            reply = server.post(other_path, other_body, idempotency_key=key)
            problem(reply, 422, "idempotency_key_reused")
            assert "Idempotency-Replayed" not in reply.headers
        problem(server.put(f"/items/{world.masks}", {"name": "x", "unit": "y"}, idempotency_key=key), 422,
                "idempotency_key_reused")
        problem(server.write("POST", path, idempotency_key=key, data=json.dumps(body) + " ",
                             headers={"Content-Type": "application/json"}), 422, "idempotency_key_reused")
        assert server.post(path, body, idempotency_key=key).status_code == 200  # and still is the first one's


def test_a_refused_key_belongs_to_its_request(server, world):
    key = fresh("key")
    problem(server.post("/transfers/NO-SUCH/dispatch", {}, idempotency_key=key), 404, "not_found")
    problem(server.post("/transfers/NO-OTHER/dispatch", {}, idempotency_key=key), 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["a b", "ä", "", '"', '""', '"a', 'a"b"c d', "x" * 256, '"' + "x" * 256 + '"', '"a"b"', "a\tb"])
def test_malformed_keys(server, world, key):
    with unchanged(server):
        reply = server.write("POST", "/supplies", world.intake_body(1), idempotency_key="",
                             headers={"Idempotency-Key": key.encode("latin-1")})
    assert reply.status_code == 400
    problem(reply, 400, "idempotency_key_malformed")


def test_missing_and_repeated_keys(server, world):
    with unchanged(server):
        for path, body in (("/supplies", world.intake_body(1)), ("/transfers", {}), ("/transfers/X/dispatch", {}),
                           ("/transfers/X/receive", {}), ("/transfers/X/cancel", {}), ("/transfers/X/return", {}),
                           ("/supplies/X/adjustments", {})):
            problem(server.post(path, body, idempotency_key=""), 400, "idempotency_key_missing")
        reply, _ = server.raw("POST /supplies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
                              "Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                              % server.token)
        assert reply.startswith(b"HTTP/1.1 400 "), reply


@pytest.mark.parametrize("make", [lambda: fresh("k"), lambda: (fresh("!#$%&'()*+,-./:;<=>?@[]^_`{|}~") + "x" * 255)[:255],
                                  lambda: fresh('a"b')])
def test_all_visible_ascii_is_a_key_quoted_or_not(server, world, make):
    key = make()
    first = server.post("/supplies", world.intake_body(1, donation="Q"), idempotency_key=key)
    assert first.status_code == 201, first.text
    if '"' not in key:
        same(first, server.post("/supplies", world.intake_body(1, donation="Q"), idempotency_key=f'"{key}"'))


def test_keys_are_the_organisations(server, world):
    """Two operators of one organisation share their keys; another organisation has its own."""
    key = fresh("key")
    ours = [world.token("operator", world.a), world.token("admin", world.a)]
    body = world.intake_body(3, donation=key)
    first = server.post("/supplies", body, token=ours[0], idempotency_key=key)
    assert first.status_code == 201
    same(first, server.post("/supplies", body, token=ours[1], idempotency_key=key))
    theirs = server.post("/supplies", {**body, "site": world.b1}, token=world.token("operator", world.b), idempotency_key=key)
    assert theirs.status_code == 201 and theirs.json()["id"] != first.json()["id"]
    mine = server.post("/supplies", body, idempotency_key=key)  # the administrator without organisation
    assert mine.status_code == 201 and mine.json()["on_hand"] == 6 and "Idempotency-Replayed" not in mine.headers


def test_personal_texts_do_not_disturb(server, world):
    """The body that is stored has salted commitments; a retry is recognised all the same."""
    secret = fresh("to Gāo")
    supply = world.intake(10)["id"]
    body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 5}], "note": secret, "rationale": secret}
    transfer = send_again(server, "/transfers", body, token=world.token("operator", world.a)).json()
    assert transfer["note"] == secret
    send_again(server, f"/transfers/{transfer['id']}/dispatch", {"note": secret})
    path = f"/transfers/{transfer['id']}/receive"
    lines = [{"line": 1, "good": 1, "damaged": 1, "reason": secret}]
    key = fresh("key")
    first = server.post(path, {"lines": lines, "note": secret}, idempotency_key=key)
    same(first, server.post(path, {"lines": lines, "note": secret}, idempotency_key=key))
    with unchanged(server):
        problem(server.post(path, {"lines": lines, "note": secret + "x"}, idempotency_key=key), 422, "idempotency_key_reused")


def test_keys_survive_a_restart(start):
    server = start()
    world = World(server)
    supply = world.intake(10)["id"]
    sent = []
    for path, body in (("/supplies", world.intake_body(3, note="x")),
                       ("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 4}], "rationale": "y"}),
                       ("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 40}]}),
                       ("/transfers/NO-SUCH/cancel", {"reason": "x"})):
        key = fresh("key")
        sent.append((path, body, key, server.post(path, body, idempotency_key=key)))
    before = state(server)
    assert server.stop() == 0
    again = start(data_dir=server.data_dir)
    for path, body, key, first in sent:
        same(first, again.post(path, body, idempotency_key=key))
        problem(again.post(path, {**body, "reference": "other"} if "reason" not in body else {"reason": "other"},
                           idempotency_key=key), 422, "idempotency_key_reused")
    assert state(again) == before


@pytest.mark.concurrent
@pytest.mark.parametrize("what", ["intake", "transfer", "dispatch", "receive", "refused", "put"])
def test_one_key_thirty_two_times_at_once(server, world, what):
    supply = world.intake(10)["id"]
    site = fresh("SITE")
    method, status = "POST", 200
    if what == "intake":
        path, body, status = "/supplies", world.intake_body(7, donation="ONCE-" + site, note="x"), 201
    elif what == "transfer":
        path, body, status = "/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 3}]}, 201
    elif what == "dispatch":
        path, body = f"/transfers/{world.transfer([(supply, 3)])['id']}/dispatch", {}
    elif what == "receive":
        path, body = f"/transfers/{world.dispatched(10)['id']}/receive", {"lines": [{"line": 1, "good": 4, "damaged": 1, "reason": "x"}]}
    elif what == "refused":
        path, body, status = "/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 30}]}, 409
    else:
        method, path, status = "PUT", f"/sites/{site}", 201
        body = {"name": site, "kind": "port", "organisation": world.a, "province": "CN-GD"}
    key, before = fresh("key"), server.get("/ledger").json()["size"]

    def send(_):
        with requests.Session() as session:
            session.trust_env = False
            return server.write(method, path, body, idempotency_key=key, session=session)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(send, range(32)))
    assert {reply.status_code for reply in replies} == {status}, [reply.text for reply in replies]
    assert len({reply.content for reply in replies}) == 1
    assert len({(reply.headers.get("Location"), reply.headers.get("ETag")) for reply in replies}) == 1
    assert sum("Idempotency-Replayed" not in reply.headers for reply in replies) == 1
    assert server.get("/ledger").json()["size"] == before + (status != 409)
    if what == "intake":
        assert world.quantities(replies[0].json()["id"]) == (7, 0, 7)
        assert len(walk(server, f"/supplies/{replies[0].json()['id']}/movements")) == 1
    elif what == "transfer":
        assert world.quantities(supply) == (10, 3, 7)
    elif what == "dispatch":
        assert world.quantities(supply) == (7, 0, 7)
    elif what == "receive":
        line = replies[0].json()["lines"][0]
        assert (line["received_good"], line["received_damaged"], line["outstanding"]) == (4, 1, 5)
