"""Refusals of creating a transfer over HTTP, all of them in one answer, and what a site in use keeps."""

import datetime

import pytest

from world import World, accepted, fresh, problem, unchanged

MOST = 2**53 - 1


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def today():
    """The date in UTC+8, where the days of a new ledger end."""
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


def make(server, world, supply, quantity=1, **more):
    return server.post("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": quantity}], **more})


def test_not_enough(server, world):
    supply = world.intake(10, lot="L-9")["id"]
    with unchanged(server):
        refusal = problem(make(server, world, supply, 11), 409, "insufficient_stock", supply=supply, lot="L-9", available=10,
                          asked=11)
        problem(make(server, world, supply, MOST), 409, "insufficient_stock", asked=MOST)
    assert refusal["errors"] == [{"pointer": "/lines/0", "code": "insufficient_stock", "detail": refusal["detail"]}]
    world.transfer([(supply, 4)])
    with unchanged(server):
        problem(make(server, world, supply, 7), 409, "insufficient_stock", available=6, asked=7)
    assert make(server, world, supply, 6).status_code == 201
    with unchanged(server):
        problem(make(server, world, supply, 1), 409, "insufficient_stock", available=0, asked=1)
    assert "lot" not in problem(make(server, world, world.intake(1)["id"], 2), 409, "insufficient_stock")


def test_every_obstacle_is_named(server, world):
    few, damaged = world.intake(1)["id"], world.intake(5, condition="damaged")["id"]
    fine, marked = world.intake(5)["id"], world.intake(5, earmark="CN-SC")["id"]
    body = {"destination": world.b1, "lines": [{"supply": s, "quantity": 5} for s in (few, fine, damaged, marked)]}
    with unchanged(server):
        refusal = problem(server.post("/transfers", body), 409, "insufficient_stock", available=1, asked=5)
    assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [
        ("/lines/0", "insufficient_stock"), ("/lines/2", "quality_not_passed"), ("/lines/3", "earmark_violation")]


@pytest.mark.parametrize("condition", ["damaged", "quarantine", "rejected"])
def test_only_what_is_good_is_sent(server, world, condition):
    supply = world.intake(5, condition=condition)["id"]
    with unchanged(server):
        problem(make(server, world, supply), 409, "quality_not_passed", supply=supply)


def test_a_lot_is_usable_through_its_expiry_day(server, world):
    day = today()
    gone = world.intake(5, lot=fresh("L"), expiry=(day - datetime.timedelta(days=1)).isoformat())["id"]
    last = world.intake(5, lot=fresh("L"), expiry=day.isoformat())["id"]
    with unchanged(server):
        problem(make(server, world, gone), 409, "lot_expired", supply=gone)
    reply = make(server, world, last)
    if today() == day:  # midnight did not pass in between
        accepted(reply, 201)


def test_earmarks(server, world):
    for earmark, allowed in ((world.b, [world.b1]), (world.b1, [world.b1]), ("CN-HB", [world.b1, world.c1]),
                             (world.a, [world.a2]), ("CN-SC", [world.a2])):
        supply = world.intake(10, earmark=earmark)["id"]
        for site in (world.b1, world.c1, world.a2):
            if site in allowed:
                assert make(server, world, supply, destination=site).status_code == 201, (earmark, site)
            else:
                with unchanged(server):
                    refusal = problem(make(server, world, supply, destination=site), 409, "earmark_violation", supply=supply)
                assert earmark in refusal["detail"]


def test_an_earmark_is_checked_again_at_the_door(server, world):
    """The destination does not change hands between reserving and dispatching; that the door looks again is shown
    by tests/unit/rules/test_transfer.c."""
    site = world.site(world.b, "CN-HB")
    supply = world.intake(10, earmark=world.b)["id"]
    transfer = world.transfer([(supply, 10)], destination=site)["id"]
    moved = {"name": site, "kind": "warehouse", "organisation": world.c, "province": "CN-HB"}
    with unchanged(server):
        refusal = problem(server.put(f"/sites/{site}", moved, headers={"If-Match": "*"}), 409, "site_in_use", site=site,
                          supplies=0, transfers=1)
    assert all(word in refusal["detail"] for word in (site, world.b, world.c, "new site", "transfer")) and "errors" not in refusal
    assert accepted(world.act(transfer, "dispatch"))["destination_organisation"] == world.b


def test_a_site_keeps_its_hands_and_province(server, world):
    """Whoever got a site would read the notes written there before, and old transfers would tell of other parties."""
    def put(site, organisation, province="CN-HB", **more):
        return server.put(f"/sites/{site}", {"name": "Other name", "kind": "depot", "organisation": organisation,
                                             "province": province, **more}, headers={"If-Match": "*"})

    empty, origin, destination = (world.site(world.b, "CN-HB") for _ in range(3))
    assert accepted(put(empty, world.c, "CN-SC"))["organisation"] == world.c  # nothing was recorded there yet
    transfer = world.transfer([(world.intake(10, site=origin, note="for b's eyes")["id"], 10)], destination=destination)["id"]
    for step in ("dispatch", "receive", "empty"):
        with unchanged(server):
            for site, supplies in ((origin, 1), (destination, 1 if step == "empty" else 0)):
                for change in ((world.c, "CN-HB"), (world.b, "CN-SC"), (world.b, "510000"), (world.c, "CN-SC")):
                    problem(put(site, *change), 409, "site_in_use", site=site, supplies=supplies, transfers=1)
        if step != "empty":
            accepted(world.act(transfer, step, {"lines": [{"line": 1, "good": 10}]} if step == "receive" else {}))
    # an old version and an unknown organisation are told first; all else may change
    problem(server.put(f"/sites/{origin}", {"name": "x", "kind": "depot", "organisation": world.c, "province": "CN-HB"},
                       headers={"If-Match": '"9"'}), 412, "version_mismatch", version=1)
    problem(put(origin, "NONE"), 422, "unknown_organisation")
    assert accepted(put(origin, world.b, "420000", lat=1, lon=2))["name"] == "Other name"
    told = server.get(f"/transfers/{transfer}").json()
    assert (told["origin_organisation"], told["origin_province"], told["destination_organisation"]) == (world.b, "CN-HB", world.b)


def test_the_item_may_not_change_under_its_stock(server, world):
    item = world.item()
    world.intake(1, item=item)
    with unchanged(server):
        for change in ({"unit": "box"}, {"unit": "piece", "lot_control": True}):
            problem(server.put(f"/items/{item}", {"name": item, **change}, headers={"If-Match": "*"}), 409, "item_in_use")
    assert server.put(f"/items/{item}", {"name": "Other", "unit": "piece"}, headers={"If-Match": "*"}).status_code == 200


def test_wrong_transfers(server, world):
    one, two, there = world.intake(5)["id"], world.intake(5)["id"], world.intake(5, site=world.b1)["id"]
    other = world.intake(5, site=world.a2)["id"]

    def lines(*supplies):
        return [{"supply": supply, "quantity": 1} for supply in supplies]

    wrong = [
        ({"lines": []}, "no_lines", "/lines"),
        ({"lines": lines("NO-SUCH")}, "unknown_supply", "/lines/0/supply"),
        ({"lines": lines(one, two, one)}, "duplicate_line", "/lines/2/supply"),
        ({"lines": lines(one, other)}, "several_origins", "/lines/1/supply"),
        ({"lines": lines(there)}, "same_site", "/lines/0/supply"),
        ({"lines": lines(one), "destination": "NOWHERE"}, "unknown_site", "/destination"),
        ({"lines": lines(one), "destination": world.a1}, "same_site", "/lines/0/supply"),
        ({"lines": lines(one), "need": "N-1"}, "unknown_need", "/need"),
        ({"lines": [{"supply": one, "quantity": 0}]}, "out_of_range", "/lines/0/quantity"),
        ({"lines": [{"supply": one, "quantity": -1}]}, "out_of_range", "/lines/0/quantity"),
        ({"lines": [{"supply": one, "quantity": 2**53}]}, "out_of_range", "/lines/0/quantity"),
        ({"lines": [{"supply": one, "quantity": 1.0}]}, "wrong_type", "/lines/0/quantity"),
        ({"lines": [{"supply": one}]}, "missing_member", "/lines/0/quantity"),
        ({"lines": [{"quantity": 1}]}, "missing_member", "/lines/0/supply"),
        ({"lines": [{"supply": one, "quantity": 1, "item": "x"}]}, "unknown_member", "/lines/0/item"),
        ({"lines": [7]}, "wrong_type", "/lines/0"),
        ({"lines": {}}, "wrong_type", "/lines"),
        ({"lines": lines(one), "rationale": 1}, "wrong_type", "/rationale"),
        ({"lines": lines(one), "note": ""}, "too_short", "/note"),
        ({"lines": lines(one), "contact": ["x"]}, "wrong_type", "/contact"),
        ({"lines": lines(one), "driver": "x"}, "unknown_member", "/driver"),
        ({"lines": lines(one), "state": "received"}, "unknown_member", "/state"),
    ]
    with unchanged(server):
        for change, code, pointer in wrong:
            refusal = problem(server.post("/transfers", {"destination": world.b1, **change}), 422, code)
            assert refusal["errors"][0]["pointer"] == pointer, refusal
        for missing in ("destination", "lines"):
            body = {"destination": world.b1, "lines": lines(one)}
            del body[missing]
            assert problem(server.post("/transfers", body), 422, "missing_member")["errors"][0]["pointer"] == "/" + missing
        refusal = problem(server.post("/transfers", {"destination": "NOWHERE", "lines": lines("X", "X", one), "need": "N"}), 422,
                          "invalid_request")
        assert {(e["pointer"], e["code"]) for e in refusal["errors"]} == {
            ("/destination", "unknown_site"), ("/need", "unknown_need"), ("/lines/0/supply", "unknown_supply"),
            ("/lines/1/supply", "unknown_supply"), ("/lines/1/supply", "duplicate_line")}
        refusal = problem(server.post("/transfers", {"destination": world.b1, "lines": lines(*["X"] * 201)}), 422, "too_long")
        assert refusal["errors"][0]["pointer"] == "/lines"


@pytest.mark.parametrize("state", ["damaged", "expired"])
def test_every_obstacle_of_a_line_is_named(server, world, state):
    more = {"condition": "damaged"} if state == "damaged" else {"lot": fresh("L"), "expiry": "2020-01-31"}
    supply = world.intake(50, earmark="CN-SC", **more)["id"]
    code = {"damaged": "quality_not_passed", "expired": "lot_expired"}[state]
    with unchanged(server):
        refusal = problem(make(server, world, supply, 100), 409, code, supply=supply, available=50, asked=100)
    assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [
        ("/lines/0", code), ("/lines/0", "earmark_violation"), ("/lines/0", "insufficient_stock")]


def test_faults_of_the_body_and_of_what_it_names(server, world):
    """In one answer, and nothing is said of what could not be read."""
    supply = world.intake(5)["id"]
    transfer = world.dispatched(2)["id"]
    cases = [
        ("/transfers", {"destination": "NOWHERE", "need": "N", "note": 5, "lines": [
            {"supply": "X", "quantity": 0}, {"supply": supply, "quantity": "1"}, {"supply": 7, "quantity": 1}, 8,
            {"supply": supply, "quantity": 1}]},
         {("/destination", "unknown_site"), ("/need", "unknown_need"), ("/note", "wrong_type"), ("/lines/0/supply", "unknown_supply"),
          ("/lines/0/quantity", "out_of_range"), ("/lines/1/quantity", "wrong_type"), ("/lines/2/supply", "wrong_type"),
          ("/lines/3", "wrong_type"), ("/lines/4/supply", "duplicate_line")}),
        ("/transfers", {"lines": "all", "id": "summary", "need": "N"},
         {("/destination", "missing_member"), ("/lines", "wrong_type"), ("/id", "reserved_id"), ("/need", "unknown_need")}),
        ("/transfers", {"destination": world.a1, "lines": [{"supply": supply}]},
         {("/lines/0/quantity", "missing_member"), ("/lines/0/supply", "same_site")}),
        (f"/transfers/{transfer}/receive", {"note": 5, "lines": [
            {"line": 9, "good": 1}, {"line": 1, "lost": 1, "reason": 5}, {"line": 1, "good": -1}, 8, {"line": "1"},
            {"line": 1, "damaged": 1}]},
         {("/note", "wrong_type"), ("/lines/0/line", "unknown_line"), ("/lines/1/reason", "wrong_type"), ("/lines/2", "duplicate_line"),
          ("/lines/2/good", "out_of_range"), ("/lines/3", "wrong_type"), ("/lines/4", "nothing_received"), ("/lines/4/line", "wrong_type"),
          ("/lines/5", "duplicate_line"), ("/lines/5/reason", "reason_required")}),
        (f"/transfers/{transfer}/receive", {"colour": "red"}, {("/lines", "missing_member"), ("/colour", "unknown_member")}),
        ("/transfers/NO-SUCH/receive", {"lines": [{"line": 1}], "colour": "red"}, {("/colour", "unknown_member")}),
        (f"/transfers/{transfer}/return", {"colour": "red"}, {("/reason", "reason_required"), ("/colour", "unknown_member")}),
        (f"/transfers/{transfer}/return", {"colour": "red", "reason": 5}, {("/reason", "wrong_type"), ("/colour", "unknown_member")}),
        (f"/transfers/{transfer}/return", {"colour": "red", "reason": "x"}, {("/colour", "unknown_member")}),
    ]
    with unchanged(server):
        for path, body, wanted in cases:
            reply = server.post(path, body)
            assert reply.status_code == 422, reply.text
            told = [(e["pointer"], e["code"]) for e in reply.json()["errors"]]
            assert len(told) == len(set(told)) and set(told) == wanted, body


def test_more_faults_than_are_kept(server, world):
    """What comes of the rules is not guessed where the binding's faults are not all at hand."""
    lines = [{"supply": "NO-SUCH", "quantity": 0} for _ in range(200)]
    refusal = problem(server.post("/transfers", {"destination": "NOWHERE", "lines": lines}), 422, "invalid_request")
    assert len(refusal["errors"]) == 100 and refusal["errors_total"] == 200 + 1 + 200 + 199


def test_a_chosen_id_is_taken_once(server, world):
    supply, name = world.intake(10)["id"], fresh("T")
    assert accepted(make(server, world, supply, id=name), 201)["id"] == name
    with unchanged(server):
        problem(make(server, world, supply, id=name), 409, "already_exists", existing_id=name)


def test_lines_are_wanted_from_one_on(server):
    """An empty array is refused by a name of its own (no_lines), so none is offered."""
    world = World(server)
    for path, body in (("/transfers", {"destination": world.b1}), (f"/transfers/{world.dispatched()['id']}/receive", {})):
        [fault] = problem(server.post(path, body), 422, "missing_member")["errors"]
        assert fault["pointer"] == "/lines" and "an array of 1 to 200 objects is wanted" in fault["detail"]
