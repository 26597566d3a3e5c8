"""Supplies over HTTP: intake, adjustments, lists, the stock card, sums."""

import datetime

import pytest

from world import World, accepted, fresh, problem, unchanged, version_of, walk

MOST = 2**53 - 1
SUPPLY_MEMBERS = ["id", "site", "province", "item", "lot", "expiry", "owner", "donor", "donation", "condition", "earmark",
                  "on_hand", "reserved", "available", "received_at", "version", "updated_seq"]


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def days_from_today(days):
    """A date in UTC+8, where the days of a new ledger end."""
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return (datetime.datetime.now(zone).date() + datetime.timedelta(days=days)).isoformat()


def adjust(server, supply, delta, reason="consumed", **more):
    return server.post(f"/supplies/{supply}/adjustments", {"delta": delta, "reason": reason}, **more)


# Intake

def test_an_intake_is_answered_with_the_supply(server, world):
    body = world.intake_body(10, lot="L-1", expiry="2031-05-31", donor="A public name", donation="D-1", reference="R/1",
                             earmark=world.b, note="from the back door", occurred_at="2020-02-01T08:00:00+08:00")
    reply = server.post("/supplies", body)
    receipt = reply.json()["ledger"]
    supply = accepted(reply, 201)
    assert list(supply) == SUPPLY_MEMBERS
    assert reply.headers["Location"] == "/supplies/" + supply["id"] and version_of(reply) == "1"
    assert supply["site"] == world.a1 and supply["province"] == "CN-GD" and supply["owner"] == world.a
    assert supply["lot"] == "L-1" and supply["expiry"] == "2031-05-31" and supply["condition"] == "good"
    assert supply["donor"] == "A public name" and supply["donation"] == "D-1" and supply["earmark"] == world.b
    assert (supply["on_hand"], supply["reserved"], supply["available"]) == (10, 0, 10)
    assert supply["received_at"] == "2020-02-01T00:00:00.000Z"
    assert supply["updated_seq"] == receipt["seq"]
    assert world.supply(supply["id"]) == supply
    entry = server.get(f"/ledger/entries/{receipt['seq']}").json()
    assert entry["entry_hash"] == receipt["entry_hash"] and entry["kind"] == "supply.intake"
    assert entry["new_id"] == supply["id"]


def test_the_same_goods_add_up(server, world):
    first = world.intake(10, lot="L", donation="SAME", donor="X")
    reply = server.post("/supplies", world.intake_body(5, lot="L", donation="SAME", donor="X", source="found", reference="other",
                                                       note="other"))
    again = accepted(reply, 201)
    assert again["id"] == first["id"] and reply.headers["Location"] == "/supplies/" + first["id"]
    assert again["on_hand"] == 15 and again["version"] == 2 and again["received_at"] == first["received_at"]


@pytest.mark.parametrize("member, value", [
    ("lot", "OTHER"), ("expiry", "2032-01-01"), ("owner", "b"), ("donor", "Other"), ("donation", "OTHER"), ("earmark", "CN-HB"),
    ("condition", "quarantine"), ("condition", "damaged"), ("condition", "rejected"), ("site", "a2"), ("item", "drug")])
def test_other_goods_are_another_supply(server, world, member, value):
    start = {"lot": fresh("L"), "donation": fresh("D")}
    if member != "expiry":
        start["expiry"] = "2031-01-01"
    if value in ("a2", "drug") or (member, value) == ("owner", "b"):
        value = getattr(world, value)
    first = accepted(server.post("/supplies", world.intake_body(10, **start)), 201)
    other = accepted(server.post("/supplies", world.intake_body(10, **{**start, member: value})), 201) if member != "expiry" \
        else accepted(server.post("/supplies", world.intake_body(10, **{**start, "lot": fresh("L"), member: value})), 201)
    assert other["id"] != first["id"] and other[member] == value
    assert world.quantities(first["id"]) == (10, 0, 10)


def test_a_chosen_id(server, world):
    name, donation = fresh("S"), fresh("D")
    body = world.intake_body(10, id=name, donation=donation)
    assert accepted(server.post("/supplies", body), 201)["id"] == name
    assert accepted(server.post("/supplies", body), 201)["on_hand"] == 20  # another key: more of the same
    with unchanged(server):
        problem(server.post("/supplies", {**body, "donation": "OTHER"}), 409, "already_exists", existing_id=name)
        problem(server.post("/supplies", {**body, "id": fresh("S")}), 409, "already_exists", existing_id=name)


def test_without_a_lot_what_needs_one_is_quarantined(server, world):
    unknown = world.intake(item=world.drug)
    assert unknown["condition"] == "quarantine" and unknown["lot"] is None
    assert world.intake(item=world.drug, lot="L-1")["condition"] == "good"
    assert world.intake(item=world.drug, condition="damaged")["condition"] == "damaged"
    assert world.intake()["condition"] == "good"


WRONG_INTAKES = {
    "unknown site": ({"site": "NOWHERE"}, "unknown_site", "/site"),
    "unknown item": ({"item": "NOTHING"}, "unknown_item", "/item"),
    "unknown owner": ({"owner": "NOBODY"}, "unknown_organisation", "/owner"),
    "unknown earmark": ({"earmark": "NOBODY"}, "unknown_earmark", "/earmark"),
    "expiry without lot": ({"expiry": "2031-01-01"}, "expiry_without_lot", "/expiry"),
    "expiry long ago": ({"lot": "L", "expiry": "1999-12-31"}, "expiry_implausible", "/expiry"),
    "expiry too far": ({"lot": "L", "expiry": "2100-01-01"}, "expiry_implausible", "/expiry"),
    "no date": ({"lot": "L", "expiry": "2031-02-29"}, "bad_format", "/expiry"),
    "in the future": ({"occurred_at": "2099-01-01T00:00:00Z"}, "occurred_in_future", "/occurred_at"),
    "no instant": ({"occurred_at": "yesterday"}, "bad_format", "/occurred_at"),
    "nothing": ({"quantity": 0}, "out_of_range", "/quantity"),
    "less than nothing": ({"quantity": -1}, "out_of_range", "/quantity"),
    "absurd": ({"quantity": 2**53}, "out_of_range", "/quantity"),
    "half": ({"quantity": 1.5}, "wrong_type", "/quantity"),
    "one as a real": ({"quantity": 1.0}, "wrong_type", "/quantity"),
    "a text": ({"quantity": "1"}, "wrong_type", "/quantity"),
    "true": ({"quantity": True}, "wrong_type", "/quantity"),
    "another source": ({"source": "theft"}, "not_a_choice", "/source"),
    "another condition": ({"condition": "fine"}, "not_a_choice", "/condition"),
    "no id": ({"id": "a b"}, "bad_format", "/id"),
    "long note": ({"note": "x" * 4001}, "too_long", "/note"),
    "note no text": ({"note": {"commitment": "0" * 64}}, "wrong_type", "/note"),
    "unknown member": ({"qty": 1}, "unknown_member", "/qty"),
}


@pytest.mark.parametrize("name", WRONG_INTAKES)
def test_a_wrong_intake(server, world, name):
    change, code, pointer = WRONG_INTAKES[name]
    with unchanged(server):
        refusal = problem(server.post("/supplies", {**world.intake_body(1), **change}), 422, code)
    assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [(pointer, code)] and refusal["errors"][0]["detail"]


@pytest.mark.parametrize("member", ["site", "item", "quantity", "source"])
def test_an_intake_lacks_a_member(server, world, member):
    body = world.intake_body(1)
    del body[member]
    refusal = problem(server.post("/supplies", body), 422, "missing_member")
    assert refusal["errors"][0]["pointer"] == "/" + member


def test_all_faults_of_an_intake_at_once(server, world):
    body = world.intake_body(1, site="NOWHERE", item="NOTHING", owner="NOBODY", earmark="NOBODY", expiry="2031-01-01")
    refusal = problem(server.post("/supplies", body), 422, "invalid_request")
    assert {(e["pointer"], e["code"]) for e in refusal["errors"]} == {
        ("/site", "unknown_site"), ("/item", "unknown_item"), ("/owner", "unknown_organisation"),
        ("/earmark", "unknown_earmark"), ("/expiry", "expiry_without_lot")}


def test_faults_of_the_body_and_of_what_it_names(server, world):
    """In one answer, and nothing is said of what could not be read."""
    lot = fresh("L")
    world.intake(item=world.drug, lot=lot, expiry="2031-01-31")
    cases = [
        ({"quantity": 0, "owner": "NOPE", "earmark": "x"},
         {("/quantity", "out_of_range"), ("/owner", "unknown_organisation"), ("/earmark", "unknown_earmark")}),
        ({"expiry": "1990-01-01"}, {("/expiry", "expiry_without_lot"), ("/expiry", "expiry_implausible")}),
        ({"expiry": "1990-01-01", "lot": 5}, {("/expiry", "expiry_implausible"), ("/lot", "wrong_type")}),
        ({"expiry": "soon", "site": "NOWHERE"}, {("/expiry", "bad_format"), ("/site", "unknown_site")}),
        ({"site": None, "item": 7, "source": "theft", "occurred_at": "2099-01-01T00:00:00Z"},
         {("/site", "missing_member"), ("/item", "wrong_type"), ("/source", "not_a_choice"), ("/occurred_at", "occurred_in_future")}),
        ({"quantity": 1.0, "item": world.drug, "lot": lot, "expiry": "2031-02-28"},
         {("/quantity", "wrong_type"), ("/expiry", "expiry_conflict")}),
        ({"quantity": 0, "id": "summary", "item": "NOTHING"},
         {("/quantity", "out_of_range"), ("/id", "reserved_id"), ("/item", "unknown_item")}),
        ({"colour": "red", "condition": "fine"}, {("/colour", "unknown_member"), ("/condition", "not_a_choice")}),
    ]
    with unchanged(server):
        for change, wanted in cases:
            refusal = problem(server.post("/supplies", {**world.intake_body(1), **change}), 422, "invalid_request")
            told = [(e["pointer"], e["code"]) for e in refusal["errors"]]
            assert len(told) == len(set(told)) and set(told) == wanted
        supply = world.intake_body(1)["site"]  # no supply: what is wrong with the body is told before
        for body, wanted in (({"delta": 0, "reason": "eaten", "note": 5},
                              {("/delta", "out_of_range"), ("/reason", "not_a_choice"), ("/note", "wrong_type")}),
                             ({"delta": 5, "reason": "lost", "note": 5}, {("/delta", "out_of_range"), ("/note", "wrong_type")}),
                             ({"delta": 5, "reason": "eaten", "note": 5}, {("/reason", "not_a_choice"), ("/note", "wrong_type")}),
                             ({"delta": "5", "reason": "lost", "note": 5}, {("/delta", "wrong_type"), ("/note", "wrong_type")})):
            refusal = problem(server.post(f"/supplies/{supply}/adjustments", body), 422, "invalid_request")
            assert {(e["pointer"], e["code"]) for e in refusal["errors"]} == wanted


def test_a_body_that_is_no_object(server):
    for body in ("[]", "7", "null", '"x"', "{"):
        reply = server.post("/supplies", data=body, headers={"Content-Type": "application/json"})
        assert reply.status_code in (400, 422) and len(reply.json().get("errors", [0])) == 1, reply.text


def test_what_came_at_the_epoch(server, world):
    """1970 is a time like others; without one it is now."""
    supply = world.intake(1, occurred_at="1970-01-01T00:00:00Z")
    assert supply["received_at"] == "1970-01-01T00:00:00.000Z"
    card = walk(server, f"/supplies/{supply['id']}/movements")
    assert card[0]["occurred_at"] == "1970-01-01T00:00:00.000Z" < card[0]["recorded_at"]
    problem(server.post("/supplies", world.intake_body(1, occurred_at="1969-12-31T23:59:59Z")), 422, "bad_format")
    now = world.intake(1)
    card = walk(server, f"/supplies/{now['id']}/movements")
    assert card[0]["occurred_at"] == card[0]["recorded_at"] == now["received_at"]


def test_one_lot_has_one_expiry(server, world):
    lot = fresh("L")
    world.intake(item=world.drug, lot=lot, expiry="2031-01-31")
    with unchanged(server):
        refusal = problem(server.post("/supplies", world.intake_body(1, item=world.drug, lot=lot, expiry="2031-02-28",
                                                                     site=world.b1)), 422, "expiry_conflict")
    assert "2031-01-31" in refusal["detail"]
    world.intake(item=world.masks, lot=lot, expiry="2031-02-28")  # another item's lot
    # units of the lot whose date nobody knew do not hide the conflict
    world.intake(item=world.drug, lot=lot)
    with unchanged(server):
        problem(server.post("/supplies", world.intake_body(1, item=world.drug, lot=lot, expiry="2031-02-28")), 422, "expiry_conflict")
    world.intake(item=world.drug, lot=lot, expiry="2031-01-31")


def test_quantities_end_at_two_to_the_53(server, world):
    supply = world.intake(MOST, donation="MANY")
    assert supply["on_hand"] == supply["available"] == MOST
    with unchanged(server):
        problem(server.post("/supplies", world.intake_body(1, donation="MANY")), 409, "quantity_overflow", supply=supply["id"])
        problem(adjust(server, supply["id"], 1, "counted"), 409, "quantity_overflow")
    assert accepted(adjust(server, supply["id"], -MOST, "corrected"))["on_hand"] == 0


# Adjustments

@pytest.mark.parametrize("delta, reason", [(-3, "consumed"), (-3, "destroyed"), (-3, "lost"), (-3, "counted"), (-3, "corrected"),
                                           (3, "counted"), (3, "corrected"), (-10, "consumed")])
def test_an_adjustment(server, world, delta, reason):
    supply = world.intake(10)
    reply = adjust(server, supply["id"], delta, reason)
    after = accepted(reply)
    assert after == {**supply, "on_hand": 10 + delta, "available": 10 + delta, "version": 2, "updated_seq": after["updated_seq"]}
    assert version_of(reply) == "2"
    card = walk(server, f"/supplies/{supply['id']}/movements")
    assert [(m["kind"], m["reason"], m["delta"], m["balance"]) for m in card] == [
        ("intake", "donation", 10, 10), ("adjustment", reason, delta, 10 + delta)]


def test_what_is_reserved_cannot_be_taken(server, world):
    supply = world.intake(10)
    world.transfer([(supply["id"], 7)])
    with unchanged(server):
        problem(adjust(server, supply["id"], -4), 409, "insufficient_stock", available=3, asked=4, supply=supply["id"])
        problem(adjust(server, supply["id"], -MOST, "counted"), 409, "insufficient_stock", available=3, asked=MOST)
    assert accepted(adjust(server, supply["id"], -3))["available"] == 0


@pytest.mark.parametrize("body, code, pointer", [
    ({"delta": 0, "reason": "counted"}, "out_of_range", "/delta"),
    ({"delta": 1, "reason": "consumed"}, "out_of_range", "/delta"),
    ({"delta": 1, "reason": "destroyed"}, "out_of_range", "/delta"),
    ({"delta": 1, "reason": "lost"}, "out_of_range", "/delta"),
    ({"delta": -1, "reason": "stolen"}, "not_a_choice", "/reason"),
    ({"delta": -1}, "missing_member", "/reason"),
    ({"reason": "counted"}, "missing_member", "/delta"),
    ({"delta": -2**53, "reason": "counted"}, "out_of_range", "/delta"),
    ({"delta": -(2**63), "reason": "counted"}, "out_of_range", "/delta"),
    ({"delta": -0.5, "reason": "counted"}, "wrong_type", "/delta")])
def test_a_wrong_adjustment(server, world, body, code, pointer):
    supply = world.intake(10)
    with unchanged(server):
        refusal = problem(server.post(f"/supplies/{supply['id']}/adjustments", body), 422, code)
    assert refusal["errors"][0]["pointer"] == pointer


def test_nothing_to_adjust(server):
    with unchanged(server):
        problem(adjust(server, "NO-SUCH", -1), 404, "not_found")
    problem(server.get("/supplies/NO-SUCH"), 404, "not_found")
    problem(server.get("/supplies/NO-SUCH/movements"), 404, "not_found")


def test_an_adjustment_under_a_condition(server, world):
    supply = world.intake(10)["id"]
    assert adjust(server, supply, -1, headers={"If-Match": '"1"'}).status_code == 200
    with unchanged(server):
        problem(adjust(server, supply, -1, headers={"If-Match": '"1"'}), 412, "version_mismatch", version=2)
        # the condition comes before what the state says: the caller decided on an old state
        problem(adjust(server, supply, -100, headers={"If-Match": '"1"'}), 412, "version_mismatch", version=2)
        problem(adjust(server, supply, -1, headers={"If-Match": "1"}), 400, "invalid_if_match")
    assert adjust(server, supply, -1, headers={"If-Match": "*"}).status_code == 200


# Lists

@pytest.fixture(scope="module")
def stock(server):
    """Supplies that differ in what lists filter by; {name: id}."""
    world = World(server)
    rows = {
        "plain": {},
        "lot": {"lot": "LOT-1", "expiry": "2031-01-31"},
        "drug": {"item": world.drug, "lot": "LOT-1", "expiry": "2031-03-31"},
        "elsewhere": {"site": world.a2},
        "foreign": {"site": world.b1, "owner": world.a},
        "donated": {"donor": "Fund für Hilfe & Co", "quantity": 500},
        "damaged": {"condition": "damaged"},
        "empty": {"donation": "EMPTY", "quantity": 5},
        "held": {"donation": "HELD", "quantity": 50},
    }
    found = {}
    for name, row in rows.items():
        row = dict(row)
        row.setdefault("donation", fresh("D"))
        found[name] = world.intake(row.pop("quantity", 10), **row)["id"]
    accepted(adjust(server, found["empty"], -5))
    world.transfer([(found["held"], 45)])
    world.found = found
    return world


def listed(server, stock, query):
    """Names of the supplies of this world's items that a query finds."""
    names = {supply: name for name, supply in stock.found.items()}
    rows = walk(server, "/supplies?" + query)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    return {names[row["id"]] for row in rows if row["id"] in names}


def test_filters(server, stock):
    every = set(stock.found)
    for item, wanted in ((stock.masks, every - {"empty", "drug"}), (stock.drug, {"drug"})):
        assert listed(server, stock, f"item={item}") == wanted
    here = f"item={stock.masks}&"
    assert listed(server, stock, here + "include_zero=true") == every - {"drug"}
    assert listed(server, stock, here + "include_zero=false") == every - {"drug", "empty"}
    assert listed(server, stock, f"site={stock.a1}") == every - {"elsewhere", "foreign", "empty"}
    assert listed(server, stock, here + "province=CN-SC") == listed(server, stock, here + "province=510000") == {"elsewhere"}
    assert listed(server, stock, f"site={stock.a1}&lot=LOT-1") == {"lot", "drug"}
    assert listed(server, stock, f"owner={stock.a}") == every - {"empty"}
    assert listed(server, stock, f"owner={stock.b}") == set()
    assert listed(server, stock, here + "donor=Fund%20f%C3%BCr%20Hilfe%20%26%20Co") == {"donated"}
    assert listed(server, stock, here + "condition=damaged") == {"damaged"}
    assert listed(server, stock, f"site={stock.a1}&expires_before=2031-02-01") == {"lot"}
    assert listed(server, stock, f"site={stock.a1}&expires_before=2031-01-31") == set()
    assert listed(server, stock, f"site={stock.a1}&expires_before=2031-04-01") == {"lot", "drug"}
    assert listed(server, stock, here + "min_available=6&condition=good") == every - {"damaged", "empty", "held", "drug"}
    assert listed(server, stock, here + "min_available=5&condition=good") == every - {"damaged", "empty", "drug"}
    assert listed(server, stock, here + "min_available=501") == set()
    assert listed(server, stock, here + f"site={stock.a1}&donor=Fund%20f%C3%BCr%20Hilfe%20%26%20Co&min_available=500&condition=good"
                  f"&owner={stock.a}&province=CN-GD") == {"donated"}


@pytest.mark.parametrize("query, code", [
    ("itm=X", "unknown_parameter"), ("lot=X&lot=Y", "repeated_parameter"), ("condition=fine", "not_a_choice"),
    ("expires_before=soon", "bad_format"), ("min_available=-1", "out_of_range"), ("min_available=x", "wrong_type"),
    ("include_zero=maybe", "not_a_choice"), ("province=CN-XX", "unknown_province"), ("site=a%20b", "bad_format"),
    ("limit=0", "out_of_range"), ("item=%00", None), ("lot=%ff", None), ("item=NOPE", "unknown_item"),
    ("site=NOPE", "unknown_site"), ("owner=NOPE", "unknown_organisation")])
def test_wrong_queries(server, query, code):
    reply = server.get("/supplies?" + query)
    assert reply.status_code == 400, reply.text
    if code is not None:
        refusal = problem(reply, 400, "invalid_query")
        assert refusal["errors"][0]["code"] == code and refusal["errors"][0]["parameter"] == query.split("=")[0]


def test_pages_lose_and_double_nothing_while_rows_are_added(server, stock):
    item = stock.item()
    before = [stock.intake(1, item=item)["id"] for _ in range(10)]
    before += [stock.intake(1, item=item, id=f"{mark}-{item}")["id"] for mark in ("0", "M", "z")]
    added = []

    def add():
        for mark in ("", "00", "N", "zz"):
            more = {"id": f"{mark}-{item}-{len(added)}"} if mark else {}
            added.append(stock.intake(1, item=item, **more)["id"])

    seen = [row["id"] for row in walk(server, f"/supplies?item={item}&limit=3", between=add)]
    assert len(seen) == len(set(seen)) and seen == sorted(seen)
    assert set(before) <= set(seen) <= set(before + added)
    assert {row["id"] for row in walk(server, f"/supplies?item={item}")} == set(before + added)


def test_a_cursor_belongs_to_its_list(server, stock):
    page = server.get(f"/supplies?site={stock.a1}&limit=1").json()
    assert page["limit"] == 1 and len(page["items"]) == 1
    cursor = page["next"]
    assert server.get(f"/supplies?limit=2&cursor={cursor}&site={stock.a1}").status_code == 200
    for path in (f"/supplies?cursor={cursor}", f"/supplies?site={stock.a2}&cursor={cursor}", f"/transfers?cursor={cursor}",
                 f"/supplies?site={stock.a1}&cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}", "/supplies?cursor=x"):
        problem(server.get(path), 400, "invalid_cursor")


# The stock card

def test_the_stock_card(server, world):
    supply = world.intake(100, reference="R-1", occurred_at="2020-01-01T00:00:00Z")["id"]
    transfer = world.transfer([(supply, 60)])["id"]
    world.act(transfer, "dispatch")
    world.act(transfer, "receive", {"lines": [{"line": 1, "good": 10}]})
    world.act(transfer, "return", {"reason": "too much"})
    adjust(server, supply, -5)
    card = walk(server, f"/supplies/{supply}/movements")
    assert [(m["kind"], m["delta"], m["balance"], m["transfer"], m["line"]) for m in card] == [
        ("intake", 100, 100, None, None), ("dispatch", -60, 40, transfer, 1), ("return", 50, 90, transfer, 1),
        ("adjustment", -5, 85, None, None)]
    assert card[0]["reference"] == "R-1" and card[0]["occurred_at"] == "2020-01-01T00:00:00.000Z"
    assert card[0]["recorded_at"] > card[0]["occurred_at"] and card[1]["occurred_at"] == card[1]["recorded_at"]
    for movement in card:
        entry = server.get(f"/ledger/entries/{movement['seq']}").json()
        assert entry["entry_hash"] == movement["entry_hash"] and entry["role"] == movement["role"] == "admin"
    page = server.get(f"/supplies/{supply}/movements?limit=3").json()
    assert page["supply"] == supply and page["on_hand"] == 85 and page["limit"] == 3
    rest = server.get(f"/supplies/{supply}/movements?limit=3&cursor={page['next']}").json()
    assert page["items"] + rest["items"] == card and rest["next"] is None
    problem(server.get(f"/supplies/{supply}/movements?kind=x"), 400, "invalid_query")


# Sums

def test_the_summary(server):
    world = World(server)
    world.intake(10, lot="L", expiry=days_from_today(-2))
    world.intake(20, condition="damaged")
    kept = world.intake(40, lot="M", expiry=days_from_today(400))["id"]
    world.intake(80, site=world.a2)
    world.intake(160, site=world.b1, item=world.drug, lot="L")
    world.transfer([(kept, 8)])

    def sums(query):
        body = server.get("/supplies/summary?" + query).json()
        assert body["by"] == (query.split("by=")[1].split("&")[0].split(",") if "by=" in query else [])
        return [tuple(row.values()) for row in body["items"]]

    item = f"&item={world.masks}"
    assert sums("by=item" + item) == [(world.masks, 4, 150, 8, 142, 112)]
    assert sums("by=province,item" + item) == [("CN-GD", world.masks, 3, 70, 8, 62, 32), ("CN-SC", world.masks, 1, 80, 0, 80, 80)]
    assert sums(f"by=site&site={world.a1}") == [(world.a1, 3, 70, 8, 62, 32)]
    assert sums("by=organisation" + item) == [(world.a, 4, 150, 8, 142, 112)]
    assert sums("by=organisation&province=420000&item=" + world.drug) == [(world.b, 1, 160, 0, 160, 160)]
    assert sums("by=organisation,site,item,province&item=" + world.drug) == [("CN-HB", world.drug, world.b1, world.b, 1, 160, 0, 160, 160)]
    for query in ("by=lot", "by=item,item", "by="):
        problem(server.get("/supplies/summary?" + query), 400, "invalid_query")


SUMMED = ("on_hand", "reserved", "available")


@pytest.fixture(scope="module")
def mixed(server):
    """A world of supplies that differ in each of what the list can be asked for."""
    world = World(server)
    every = [world.intake(3, lot="S-1", expiry=days_from_today(30)), world.intake(5, lot="S-1", expiry=days_from_today(30), site=world.a2),
             world.intake(7, lot="S-2", expiry=days_from_today(-1), owner=world.b), world.intake(11, donor="Fund für Hilfe & Co", condition="damaged"),
             world.intake(13, site=world.b1, item=world.drug, lot="S-1", expiry=days_from_today(500)), world.intake(17, site=world.c1, donor=world.a),
             world.intake(19, site=world.b1, condition="quarantine"), world.intake(23, owner=world.c, earmark=world.b)]
    world.transfer([(every[0]["id"], 2)])
    adjust(server, every[5]["id"], -17)
    return world


def test_sums_have_the_lists_filters(server, mixed):
    """What is summed is what GET /supplies lists by the same filters."""
    world = mixed
    filters = ["lot=S-1", "lot=S-2", "lot=NONE", "donor=Fund%20f%C3%BCr%20Hilfe%20%26%20Co", f"donor={world.a}", "condition=good", "condition=damaged",
               f"expires_before={days_from_today(0)}", f"expires_before={days_from_today(31)}", "min_available=1", "min_available=2", "min_available=12",
               "include_zero=true", "include_zero=false", "min_available=5&condition=good&lot=S-1", f"include_zero=true&donor={world.a}"]
    filters += [f"owner={one}" for one in (world.a, world.b, world.c)] + [f"item={one}" for one in (world.masks, world.drug)]
    filters += [f"site={one}" for one in (world.a1, world.a2, world.b1, world.c1)] + ["province=420000", f"owner={world.a}&province=CN-GD&include_zero=true"]
    sizes, own = set(), {world.a1: world.a, world.a2: world.a, world.b1: world.b, world.c1: world.c}
    for query in filters:
        listed = [row for site in own for row in walk(server, f"/supplies?{query}&site={site}")] if "site=" not in query else walk(server, f"/supplies?{query}")
        for by, group in (("site,item", lambda row: {"item": row["item"], "site": row["site"]}),
                          ("site,province,organisation", lambda row: {"province": row["province"], "site": row["site"], "organisation": own[row["site"]]})):
            wanted = {}
            for row in listed:
                members = group(row)
                usable = row["available"] if row["condition"] == "good" and (row["expiry"] or "9") >= days_from_today(0) else 0
                one = [1, *[row[name] for name in SUMMED], usable]
                wanted[tuple(members.items())] = [a + b for a, b in zip(wanted.get(tuple(members.items()), [0] * 5), one, strict=True)]
            wanted = [{**dict(members), **dict(zip(("supplies", *SUMMED, "usable"), sums, strict=True))} for members, sums in sorted(wanted.items())]
            told = server.get(f"/supplies/summary?by={by}&{query}").json()["items"]
            assert [row for row in told if row["site"] in own] == wanted, query
            sizes.add(len(wanted))
    assert {0, 1, 2, 3} <= sizes


@pytest.mark.parametrize("query", ["owner=NO-SUCH", "item=NO-SUCH", "site=NO-SUCH", "province=CN-XX", "condition=fine", "expires_before=soon", "min_available=-1",
                                   "min_available=x", "include_zero=maybe", "lot=S-1&lot=S-2", "donr=x", "lot=", "owner=NO-SUCH&min_available=x"])
def test_sums_refuse_what_the_list_refuses(server, query):
    of_list, of_sums = [problem(server.get(f"{path}?{query}"), 400, "invalid_query")["errors"] for path in ("/supplies", "/supplies/summary")]
    assert of_list == of_sums


def test_a_sum_that_json_does_not_hold_exactly_is_a_text(server):
    world = World(server)
    asked = f"/supplies/summary?by=item&item={world.masks}"
    first, second = (world.intake(MOST)["id"] for _ in range(2))
    transfer = world.transfer([(first, MOST), (second, 7)])
    row = server.get(asked).json()["items"][0]
    assert (row["on_hand"], row["reserved"], row["available"], row["usable"]) == (str(2 * MOST), str(MOST + 7), MOST - 7, MOST - 7)
    moved = server.get("/transfers/summary?by=item").json()["items"]
    row = next(row for row in moved if row["item"] == world.masks)
    assert (row["quantity"], row["dispatched"], row["outstanding"]) == (str(MOST + 7), 0, 0)
    assert server.get(asked, headers={"Accept": "text/csv"}).text.splitlines()[1].split(",")[5] == str(2 * MOST)
    accepted(world.act(transfer["id"], "cancel", {"reason": "Too much"}))
    row = server.get(asked).json()["items"][0]
    assert (row["on_hand"], row["reserved"], row["available"], row["usable"]) == (str(2 * MOST), 0, str(2 * MOST), str(2 * MOST))


# Who may

def test_who_may_take_in_and_adjust(server, world):
    supply = world.intake(100)["id"]
    asks = [("/supplies", world.intake_body(1)), (f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "consumed"})]
    for path, body in asks:
        for token in (world.token("operator", world.a), world.token("admin", world.c)):
            assert server.post(path, body, token=token).status_code in (200, 201)
        with unchanged(server):
            reply = server.post(path, body, token=None)
            problem(reply, 401, "unauthenticated")
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")
            for role in ("auditor", "coordinator"):
                problem(server.post(path, body, token=world.token(role, world.a)), 403, "forbidden", role=role,
                        needed_roles=["operator", "admin"])
            for stranger in (world.b, world.c):
                refusal = problem(server.post(path, body, token=world.token("operator", stranger)), 403, "forbidden",
                                  needed_roles=["operator", "admin"], needed_organisation=world.a, role="operator",
                                  organisation=stranger, site=world.a1)
                assert refusal["detail"].startswith(f"the token is operator of {stranger}; this (")
                assert f" at {world.a1}) needs an operator of {world.a} or an admin" in refusal["detail"]


def test_a_refusal_for_the_role_is_not_kept(server, world):
    """403 depends on the token, which may change: the same key works once it has."""
    name = fresh("k")
    body = world.intake_body(1)
    problem(server.post("/supplies", body, token=world.token("operator", world.b), idempotency_key=name), 403, "forbidden")
    assert server.post("/supplies", {**body, "site": world.b1}, token=world.token("operator", world.b),
                       idempotency_key=name).status_code == 201


# Notes

def test_notes_are_for_the_site_and_auditors(server, world):
    secret = fresh("Grüße von ") + " 送到后门"
    supply = world.intake(10, note=secret)["id"]
    accepted(adjust(server, supply, -1))
    adjusted = server.post(f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "lost", "note": secret})
    assert adjusted.status_code == 200
    may = [world.token("operator", world.a), world.token("auditor", world.c), world.token("coordinator", world.c), True]
    may_not = [None, world.token("operator", world.b)]
    path = f"/supplies/{supply}/movements"
    for token in may + may_not + may:
        rows = walk(server, path, token=token)
        shown = token in may
        assert [row["note"] for row in rows] == ([secret, None, secret] if shown else [None] * 3)
        assert [row["withheld"] for row in rows] == ([[], [], []] if shown else [["note"], [], ["note"]])
    assert secret not in server.get(path).text
