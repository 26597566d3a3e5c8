"""Clients that fight for the same goods at the same time: nobody gets what another has."""

import collections
import concurrent.futures
import threading

import pytest
import requests

from world import World, accepted, fresh, walk

pytestmark = pytest.mark.concurrent
CLIENTS = 24


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def at_once(server, asks):
    """Sends (path, body) each from a thread and connection of its own, all at the same moment."""
    barrier = threading.Barrier(len(asks))

    def send(ask):
        with requests.Session() as session:
            session.trust_env = False
            server.get("/healthz", session=session)  # the connection stands before the race begins
            barrier.wait(timeout=60)
            return server.post(ask[0], ask[1], session=session)

    with concurrent.futures.ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(send, asks))


def codes(replies):
    return collections.Counter((reply.status_code, reply.json().get("code")) for reply in replies)


def test_the_last_unit(server, world):
    """One unit, many that reserve it: one gets it; the others are told that none is left."""
    for _ in range(5):
        supply = world.intake(1)["id"]
        body = {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]}
        replies = at_once(server, [("/transfers", body)] * CLIENTS)
        assert codes(replies) == {(201, None): 1, (409, "insufficient_stock"): CLIENTS - 1}
        assert all(r.json()["available"] == 0 for r in replies if r.status_code == 409)
        assert world.quantities(supply) == (1, 1, 0)


def test_the_last_units_of_two_supplies(server, world):
    """Lines in crossed order neither lock each other out nor give away half."""
    one, two = (world.intake(3)["id"] for _ in range(2))
    def body(*supplies):
        return {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1} for supply in supplies]}
    replies = at_once(server, [("/transfers", body(one, two)), ("/transfers", body(two, one))] * (CLIENTS // 2))
    assert codes(replies) == {(201, None): 3, (409, "insufficient_stock"): CLIENTS - 3}
    assert world.quantities(one) == world.quantities(two) == (3, 3, 0)


def test_reserving_against_consuming(server, world):
    supply = world.intake(10)["id"]
    asks = [("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]}),
            (f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "consumed"})] * (CLIENTS // 2)
    replies = at_once(server, asks)
    won = [ask for ask, reply in zip(asks, replies) if reply.status_code in (200, 201)]
    assert len(won) == 10
    reserved = sum(path == "/transfers" for path, _ in won)
    assert world.quantities(supply) == (reserved, reserved, 0)


@pytest.mark.parametrize("action, body, other", [
    ("dispatch", {}, "invalid_transition"), ("cancel", {"reason": "x"}, "invalid_transition"),
    ("receive", {"lines": [{"line": 1, "good": 3}]}, "already_received"), ("return", {"reason": "x"}, "invalid_transition")])
def test_a_transition_happens_once(server, world, action, body, other):
    transfer = world.dispatched(3)["id"] if action in ("receive", "return") else world.transfer([(world.intake(3)["id"], 3)])["id"]
    replies = at_once(server, [(f"/transfers/{transfer}/{action}", body)] * CLIENTS)
    assert codes(replies) == {(200, None): 1, (409, other): CLIENTS - 1}
    transfer = server.get(f"/transfers/{transfer}").json()
    assert [event["kind"] for event in transfer["events"]].count(action) == 1


def test_dispatch_against_cancel(server, world):
    """Whoever comes first wins; the goods are on the shelf or on the road, never both."""
    for _ in range(5):
        supply = world.intake(2)["id"]
        transfer = world.transfer([(supply, 2)])["id"]
        replies = at_once(server, [(f"/transfers/{transfer}/dispatch", {}), (f"/transfers/{transfer}/cancel", {"reason": "x"})] * 4)
        assert [reply.status_code for reply in replies].count(200) == 1
        after = server.get(f"/transfers/{transfer}").json()["state"]
        assert world.quantities(supply) == ((0, 0, 0) if after == "in_transit" else (2, 0, 2))


def test_receipts_never_exceed_what_was_sent(server, world):
    transfer = world.dispatched(10, reference=fresh("R"))
    body = {"lines": [{"line": 1, "good": 2, "damaged": 1, "reason": "x"}]}
    replies = at_once(server, [(f"/transfers/{transfer['id']}/receive", body)] * CLIENTS)
    assert codes(replies) == {(200, None): 3, (409, "over_receipt"): CLIENTS - 3}
    line = server.get(f"/transfers/{transfer['id']}").json()["lines"][0]
    assert (line["received_good"], line["received_damaged"], line["outstanding"]) == (6, 3, 1)
    last = at_once(server, [(f"/transfers/{transfer['id']}/receive", {"lines": [{"line": 1, "good": 1}]}),
                            (f"/transfers/{transfer['id']}/return", {"reason": "x"})] * 4)
    assert [reply.status_code for reply in last].count(200) == 1
    arrived = [row for row in walk(server, f"/supplies?site={world.b1}&item={world.masks}")
               if any(m["reference"] == transfer["reference"] for m in walk(server, f"/supplies/{row['id']}/movements"))]
    line = server.get(f"/transfers/{transfer['id']}").json()["lines"][0]
    assert sum(row["on_hand"] for row in arrived) == 10 - line["returned"]


def test_the_same_intake_from_many(server, world):
    """Different keys: each counts, into one supply."""
    body = world.intake_body(2, donation=fresh("D"), lot="L")
    replies = at_once(server, [("/supplies", body)] * CLIENTS)
    assert codes(replies) == {(201, None): CLIENTS}
    supply = {reply.json()["id"] for reply in replies}
    assert len(supply) == 1 and world.quantities(supply.pop())[0] == 2 * CLIENTS
    assert sorted(reply.json()["on_hand"] for reply in replies) == [2 * (n + 1) for n in range(CLIENTS)]


def test_one_id_for_many(server, world):
    supply, name = world.intake(CLIENTS)["id"], fresh("T")
    body = {"id": name, "destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]}
    assert codes(at_once(server, [("/transfers", body)] * CLIENTS)) == {(201, None): 1, (409, "already_exists"): CLIENTS - 1}
    assert world.quantities(supply) == (CLIENTS, 1, CLIENTS - 1)


def test_the_ledger_is_whole_afterwards(server):
    reply = server.get("/ledger/verify", token=True)
    while reply.status_code == 202:
        reply = server.get("/ledger/verify", token=True)
    assert reply.json()["ok"] is True, reply.text
    accepted(server.put("/items/" + fresh("I"), {"name": "x", "unit": "y"}), 201)
