"""Transfers over HTTP: every rule of dispatching, receiving, cancelling and returning; who may do it; what is
told to whom. What refuses to make one is in test_transfer_create.py."""

import base64

import pytest

from world import World, accepted, fresh, new_token, problem, unchanged, version_of, walk

MOST = 2**53 - 1
ACTIONS = {"dispatch": {}, "receive": {"lines": [{"line": 1, "good": 1}]}, "cancel": {"reason": "x"}, "return": {"reason": "x"}}
LINE = ["line", "supply", "item", "lot", "expiry", "quantity", "dispatched", "received_good", "received_damaged", "lost",
        "returned", "outstanding"]


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def numbers(line):
    """A line's quantities: (quantity, dispatched, good, damaged, lost, returned, outstanding)."""
    return tuple(line[name] for name in LINE[5:])


def receive(world, transfer, *lines, **more):
    return world.act(transfer, "receive", {"lines": list(lines), **more})


# The whole way

def test_a_transfer_from_shelf_to_shelf(server, world):
    """Reserve, dispatch, receive in two parts with damage: the sums after each step."""
    supply = world.intake(10000, lot="L-1", expiry="2032-01-31", donor="A donor")
    body = {"destination": world.b1, "lines": [{"supply": supply["id"], "quantity": 4000}], "reference": "R-1",
            "carrier": "By road"}
    reply = server.post("/transfers", body)
    transfer = accepted(reply, 201)
    path = "/transfers/" + transfer["id"]
    assert reply.headers["Location"] == path and version_of(reply) == "1"
    assert transfer["state"] == "reserved" and transfer["reference"] == "R-1" and transfer["carrier"] == "By road"
    assert (transfer["origin"], transfer["origin_province"], transfer["origin_organisation"]) == (world.a1, "CN-GD", world.a)
    assert (transfer["destination"], transfer["destination_province"],
            transfer["destination_organisation"]) == (world.b1, "CN-HB", world.b)
    assert list(transfer["lines"][0]) == LINE
    assert transfer["lines"][0]["lot"] == "L-1" and transfer["lines"][0]["expiry"] == "2032-01-31"
    assert numbers(transfer["lines"][0]) == (4000, 0, 0, 0, 0, 0, 0)
    assert world.quantities(supply["id"]) == (10000, 4000, 6000)

    sent = accepted(world.act(transfer["id"], "dispatch"))
    assert sent["state"] == "in_transit" and sent["version"] == 2
    assert numbers(sent["lines"][0]) == (4000, 4000, 0, 0, 0, 0, 4000)
    assert world.quantities(supply["id"]) == (6000, 0, 6000)

    first = accepted(receive(world, transfer["id"], {"line": 1, "good": 2500}))
    assert first["state"] == "in_transit" and numbers(first["lines"][0]) == (4000, 4000, 2500, 0, 0, 0, 1500)
    second = accepted(receive(world, transfer["id"], {"line": 1, "good": 1480, "damaged": 10, "lost": 10, "reason": "wet boxes"}))
    assert second["state"] == "received" and numbers(second["lines"][0]) == (4000, 4000, 3980, 10, 10, 0, 0)
    assert server.get(path, token=True).json() == second
    assert [e["kind"] for e in second["events"]] == ["create", "dispatch", "receive", "receive"]
    assert [[tuple(line.values())[1:6] for line in e["lines"]] for e in second["events"]] == [
        [], [(4000, 0, 0, 0, 0)], [(0, 2500, 0, 0, 0)], [(0, 1480, 10, 10, 0)]]
    for event in second["events"]:
        assert server.get(f"/ledger/entries/{event['seq']}").json()["entry_hash"] == event["entry_hash"]

    arrived = {row["condition"]: row for row in walk(server, f"/supplies?site={world.b1}&donor=A%20donor")}
    assert set(arrived) == {"good", "damaged"}
    for condition, quantity in (("good", 3980), ("damaged", 10)):
        row = arrived[condition]
        assert row["on_hand"] == row["available"] == quantity
        assert {name: row[name] for name in ("item", "lot", "expiry", "owner", "donor", "donation", "earmark")} == \
            {name: supply[name] for name in ("item", "lot", "expiry", "owner", "donor", "donation", "earmark")}
    card = walk(server, f"/supplies/{arrived['good']['id']}/movements")
    assert [(m["kind"], m["delta"], m["transfer"], m["reference"]) for m in card] == [
        ("receipt", 2500, transfer["id"], "R-1"), ("receipt", 1480, transfer["id"], "R-1")]


def test_several_lines_and_partial_receipts(world):
    supplies = [world.intake(10)["id"] for _ in range(3)]
    transfer = world.transfer([(supply, 10 - n) for n, supply in enumerate(supplies)])["id"]
    world.act(transfer, "dispatch")
    partly = accepted(receive(world, transfer, {"line": 3, "good": 8}, {"line": 1, "good": 1}))
    assert partly["state"] == "in_transit"
    assert [numbers(line)[1:] for line in partly["lines"]] == [(10, 1, 0, 0, 0, 9), (9, 0, 0, 0, 0, 9), (8, 8, 0, 0, 0, 0)]
    back = accepted(world.act(transfer, "return", {"reason": "road closed"}))
    assert back["state"] == "received"  # something was received
    assert [numbers(line)[1:] for line in back["lines"]] == [(10, 1, 0, 0, 9, 0), (9, 0, 0, 0, 9, 0), (8, 8, 0, 0, 0, 0)]
    assert [world.quantities(supply) for supply in supplies] == [(9, 0, 9), (10, 0, 10), (2, 0, 2)]


def test_everything_lost(world):
    transfer = world.dispatched(5)["id"]
    after = accepted(receive(world, transfer, {"line": 1, "lost": 5, "reason": "truck burnt"}))
    assert after["state"] == "received" and numbers(after["lines"][0]) == (5, 5, 0, 0, 5, 0, 0)


def test_cancelling_frees_what_was_reserved(world):
    supply = world.intake(10)["id"]
    transfer = world.transfer([(supply, 10)])["id"]
    assert world.quantities(supply) == (10, 10, 0)
    after = accepted(world.act(transfer, "cancel", {"reason": "no truck"}))
    assert after["state"] == "cancelled" and numbers(after["lines"][0]) == (10, 0, 0, 0, 0, 0, 0)
    assert world.quantities(supply) == (10, 0, 10)


def test_returning_all_that_is_on_its_way(world):
    transfer = world.dispatched(10)
    after = accepted(world.act(transfer["id"], "return", {"reason": "refused"}))
    assert after["state"] == "returned" and numbers(after["lines"][0]) == (10, 10, 0, 0, 0, 10, 0)
    assert world.quantities(after["lines"][0]["supply"]) == (10, 0, 10)


def test_two_hundred_lines(world):
    supplies = [world.intake(1)["id"] for _ in range(200)]
    transfer = world.transfer([(supply, 1) for supply in supplies])
    assert len(transfer["lines"]) == 200
    assert accepted(world.act(transfer["id"], "dispatch"))["state"] == "in_transit"
    parts = [{"line": n + 1, "damaged": 1, "reason": "x"} for n in range(200)]  # grows beyond 64 KiB of committed body or not
    assert accepted(receive(world, transfer["id"], *parts))["state"] == "received"


# Transitions

def in_state(world, state):
    supply = world.intake(2)["id"]
    transfer = world.transfer([(supply, 2)])["id"]
    steps = {"reserved": [], "in_transit": ["dispatch"], "cancelled": ["cancel"], "returned": ["dispatch", "return"]}
    for step in steps.get(state, ["dispatch"]):
        accepted(world.act(transfer, step, ACTIONS[step]))
    if state == "received":
        accepted(receive(world, transfer, {"line": 1, "good": 2}))
    return transfer


ALLOWED = {"reserved": ["dispatch", "cancel"], "in_transit": ["receive", "return"], "received": [], "cancelled": [],
           "returned": []}
LEADS_TO = {"dispatch": "in_transit", "receive": "received", "cancel": "cancelled", "return": "returned"}


@pytest.mark.parametrize("state", ALLOWED)
def test_states_go_one_way(server, world, state):
    for action, body in ACTIONS.items():
        transfer = in_state(world, state)
        assert server.get(f"/transfers/{transfer}").json()["state"] == state
        if action in ALLOWED[state]:
            accepted(world.act(transfer, action, body))
            continue
        with unchanged(server):
            code = "already_received" if (state, action) == ("received", "receive") else "invalid_transition"
            problem(world.act(transfer, action, body), 409, code, to=LEADS_TO[action], allowed=ALLOWED[state], **{"from": state})


def test_no_such_transfer(server, world):
    with unchanged(server):
        for action, body in ACTIONS.items():
            problem(world.act("NO-SUCH", action, body), 404, "not_found")
    problem(server.get("/transfers/NO-SUCH"), 404, "not_found")


@pytest.mark.parametrize("action", ["cancel", "return"])
def test_a_reason_is_needed(server, world, action):
    transfer = in_state(world, "reserved" if action == "cancel" else "in_transit")
    with unchanged(server):
        refusal = problem(world.act(transfer, action, {}), 422, "reason_required")
        assert refusal["errors"][0]["pointer"] == "/reason"
        problem(world.act(transfer, action, {"reason": ""}), 422, "too_short")
        refusal = problem(world.act(transfer, action, {"why": "x"}), 422, "invalid_request")
        assert {(e["pointer"], e["code"]) for e in refusal["errors"]} == {("/why", "unknown_member"), ("/reason", "reason_required")}
        problem(world.act(transfer, action, {"reason": "x", "why": "x"}), 422, "unknown_member")


def test_wrong_receipts(server, world):
    supplies = [world.intake(10)["id"] for _ in range(2)]
    transfer = world.transfer([(supply, 10) for supply in supplies])["id"]
    accepted(world.act(transfer, "dispatch"))
    wrong = [
        ([], "no_lines", "/lines"),
        ([{"line": 3, "good": 1}], "unknown_line", "/lines/0/line"),
        ([{"line": 0, "good": 1}], "out_of_range", "/lines/0/line"),
        ([{"line": 1}], "nothing_received", "/lines/0"),
        ([{"line": 1, "good": 0, "damaged": 0, "lost": 0}], "nothing_received", "/lines/0"),
        ([{"line": 1, "good": -1}], "out_of_range", "/lines/0/good"),
        ([{"line": 1, "good": 1}, {"line": 1, "good": 1}], "duplicate_line", "/lines/1"),
        ([{"line": 1, "damaged": 1}], "reason_required", "/lines/0/reason"),
        ([{"line": 2, "good": 1, "lost": 1}], "reason_required", "/lines/0/reason"),
        ([{"good": 1}], "missing_member", "/lines/0/line"),
        ([{"line": 1, "good": 1, "stolen": 1}], "unknown_member", "/lines/0/stolen"),
    ]
    with unchanged(server):
        for lines, code, pointer in wrong:
            refusal = problem(receive(world, transfer, *lines), 422, code)
            assert refusal["errors"][0]["pointer"] == pointer, refusal
        refusal = problem(receive(world, transfer, {"line": 9, "lost": 1}, {"line": 1}), 422, "invalid_request")
        assert {(e["pointer"], e["code"]) for e in refusal["errors"]} == {
            ("/lines/0/line", "unknown_line"), ("/lines/0/reason", "reason_required"), ("/lines/1", "nothing_received")}


def test_no_more_than_is_outstanding(server, world):
    supplies = [world.intake(10)["id"] for _ in range(2)]
    transfer = world.transfer([(supply, 10) for supply in supplies])["id"]
    accepted(world.act(transfer, "dispatch"))
    accepted(receive(world, transfer, {"line": 2, "good": 4}))
    with unchanged(server):
        refusal = problem(receive(world, transfer, {"line": 1, "good": 10}, {"line": 2, "good": 7}), 409, "over_receipt", line=2,
                          outstanding=6, asked=7)
        assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [("/lines/1", "over_receipt")]
        problem(receive(world, transfer, {"line": 1, "good": 5, "damaged": 5, "lost": 1, "reason": "x"}), 409, "over_receipt",
                asked=11, outstanding=10)
        problem(receive(world, transfer, {"line": 1, "good": MOST, "damaged": MOST, "lost": MOST, "reason": "x"}), 409,
                "over_receipt")
    accepted(receive(world, transfer, {"line": 2, "good": 6}))
    with unchanged(server):
        problem(receive(world, transfer, {"line": 2, "good": 1}), 409, "over_receipt", outstanding=0)


def test_a_receipt_that_would_overflow(server, world):
    world.intake(MOST, site=world.b1, owner=world.a, donation="FULL")
    supply = world.intake(3, donation="FULL")["id"]
    transfer = world.transfer([(supply, 3)])["id"]
    accepted(world.act(transfer, "dispatch"))
    with unchanged(server):
        problem(receive(world, transfer, {"line": 1, "good": 2, "damaged": 1, "reason": "x"}), 409, "quantity_overflow")
    accepted(receive(world, transfer, {"line": 1, "damaged": 3, "reason": "x"}))


def test_a_refusal_behind_writes_is_no_fault_of_the_service(start):
    """The first line is in before the second one is refused; that the block is made again is told, but not as an error."""
    own = start()
    world = World(own)
    world.intake(MOST, site=world.b1, owner=world.a, donation="FULL")
    supplies = [world.intake(3)["id"], world.intake(3, donation="FULL")["id"]]
    transfer = world.transfer([(supply, 3) for supply in supplies])["id"]
    accepted(world.act(transfer, "dispatch"))
    with unchanged(own):
        problem(receive(world, transfer, {"line": 1, "good": 3}, {"line": 2, "good": 3}), 409, "quantity_overflow")
    assert " step=again guarded=yes" in own.log() and "level=error" not in own.log()
    accepted(receive(world, transfer, {"line": 1, "good": 3}))


def test_a_return_that_would_overflow(server, world):
    supply = world.intake(5, donation="LATER-FULL")["id"]
    transfer = world.transfer([(supply, 5)])["id"]
    accepted(world.act(transfer, "dispatch"))
    world.intake(MOST, donation="LATER-FULL")
    with unchanged(server):
        problem(world.act(transfer, "return", {"reason": "x"}), 409, "quantity_overflow", supply=supply)


def test_conditions(server, world):
    transfer = in_state(world, "reserved")
    with unchanged(server):
        problem(world.act(transfer, "dispatch", headers={"If-Match": '"9"'}), 412, "version_mismatch", version=1)
        problem(world.act(transfer, "dispatch", headers={"If-Match": "9"}), 400, "invalid_if_match")
    reply = world.act(transfer, "dispatch", headers={"If-Match": '"1"'})
    assert version_of(reply) == "2" and accepted(reply)["version"] == 2
    whole = {"lines": [{"line": 1, "good": 2}]}
    assert world.act(transfer, "receive", whole, headers={"If-Match": '"2"'}).status_code == 200
    with unchanged(server):  # received by somebody else in the meantime: told as a stale condition
        problem(world.act(transfer, "receive", whole, headers={"If-Match": '"2"'}), 412, "version_mismatch", version=3)
        problem(world.act(transfer, "receive", {"lines": []}, headers={"If-Match": '"2"'}), 412, "version_mismatch", version=3)
        problem(world.act(transfer, "return", {"reason": "x"}, headers={"If-Match": '"2"'}), 412, "version_mismatch", version=3)
        problem(world.act(transfer, "receive", whole, headers={"If-Match": '"3"'}), 409, "already_received")
        problem(world.act(transfer, "receive", whole, headers={"If-Match": "*"}), 409, "already_received")


# Lists and sums

@pytest.fixture(scope="module")
def traffic(server):
    world = World(server)
    world.found = {
        "reserved": world.transfer([(world.intake(10)["id"], 10)])["id"],
        "cancelled": world.transfer([(world.intake(10)["id"], 10)])["id"],
        "far": world.dispatched(10, destination=world.c1)["id"],
        "drug": world.transfer([(world.intake(7, item=world.drug, lot="L")["id"], 7)], destination=world.a2)["id"],
        "mixed": world.transfer([(world.intake(1, item=world.drug, lot="L")["id"], 1), (world.intake(2)["id"], 2)])["id"],
        "from b": world.transfer([(world.intake(10, site=world.b1)["id"], 10)], destination=world.c1)["id"],
    }
    accepted(world.act(world.found["cancelled"], "cancel", {"reason": "x"}))
    accepted(receive(world, world.found["far"], {"line": 1, "good": 3, "damaged": 1, "lost": 2, "reason": "x"}))
    return world


def listed(server, traffic, query):
    names = {transfer: name for name, transfer in traffic.found.items()}
    rows = walk(server, "/transfers?" + query)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert all("lines" not in row and "events" not in row for row in rows)
    return {names[row["id"]] for row in rows if row["id"] in names}


def test_filters(server, traffic):
    every = set(traffic.found)
    assert listed(server, traffic, f"origin={traffic.a1}") == every - {"from b"}
    assert listed(server, traffic, f"destination={traffic.c1}") == {"far", "from b"}
    assert listed(server, traffic, f"site={traffic.b1}") == {"reserved", "cancelled", "mixed", "from b"}
    assert listed(server, traffic, f"organisation={traffic.c}") == {"far", "from b"}
    assert listed(server, traffic, f"organisation={traffic.a}") == every - {"from b"}
    assert listed(server, traffic, f"organisation={traffic.a}&province=510000") == {"drug"}
    assert listed(server, traffic, f"organisation={traffic.a}&province=CN-GD") == every - {"from b"}
    assert listed(server, traffic, f"item={traffic.drug}") == {"drug", "mixed"}
    assert listed(server, traffic, f"item={traffic.masks}") == every - {"drug"}
    assert listed(server, traffic, f"organisation={traffic.a}&state=reserved") == {"reserved", "drug", "mixed"}
    assert listed(server, traffic, f"organisation={traffic.a}&state=cancelled") == {"cancelled"}
    assert listed(server, traffic, f"organisation={traffic.a}&state=in_transit&destination={traffic.c1}") == {"far"}
    assert listed(server, traffic, f"site={traffic.a1}&since=2099-01-01T00:00:00Z") == set()
    created = server.get(f"/transfers/{traffic.found['mixed']}").json()["created_at"]
    later = listed(server, traffic, f"origin={traffic.a1}&since={created}")
    assert "mixed" in later and later <= {"far", "drug", "mixed"}
    for query in ("state=lost", "state=", "sate=reserved", "since=soon", "province=CN-XX"):
        problem(server.get("/transfers?" + query), 400, "invalid_query")


def test_pages_lose_and_double_nothing_while_rows_are_added(server, traffic):
    supply = traffic.intake(1000, site=traffic.a2, item=traffic.item())["id"]
    before = [traffic.transfer([(supply, 1)])["id"] for _ in range(8)]

    def add():
        traffic.transfer([(supply, 1)])
        traffic.transfer([(supply, 1)], id=fresh("0"))

    seen = [row["id"] for row in walk(server, f"/transfers?origin={traffic.a2}&limit=3", between=add)]
    assert len(seen) == len(set(seen)) and set(before) <= set(seen)


def test_the_summary(server, traffic):
    def sums(query):
        return {tuple(row.values())[:-8]: tuple(row.values())[-8:] for row in server.get("/transfers/summary?" + query).json()["items"]}

    by_item = sums("by=item,state")
    assert by_item[traffic.drug, "reserved"] == (2, 8, 0, 0, 0, 0, 0, 0)
    assert by_item[traffic.masks, "reserved"] == (3, 22, 0, 0, 0, 0, 0, 0)
    assert by_item[traffic.masks, "in_transit"] == (1, 10, 10, 3, 1, 2, 0, 4)
    assert by_item[traffic.masks, "cancelled"] == (1, 10, 0, 0, 0, 0, 0, 0)
    assert sums("by=origin,destination,item")["CN-GD", "CN-SC", traffic.drug] == (1, 7, 0, 0, 0, 0, 0, 0)
    everything = sums("")[()]
    for by in ("origin", "destination", "item", "state"):
        assert [sum(column) for column in zip(*sums("by=" + by).values())][1:] == list(everything[1:])
    assert sum(row[0] for row in sums("by=state").values()) == everything[0]
    problem(server.get("/transfers/summary?by=carrier"), 400, "invalid_query")


# Who may

def test_who_may_move(server, world):
    """Roles x routes x organisations: a is the origin's, b the destination's, c a stranger."""
    callers = {(role, organisation): world.token(role, organisation)
               for role in ("operator", "auditor", "coordinator", "admin") for organisation in (world.a, world.b, world.c)}
    callers["public", ""] = None

    def may(role, organisation, side):
        return role in ("coordinator", "admin") or (role == "operator" and organisation == side)

    def check(reply, role, organisation, side, site):
        if role == "public":
            problem(reply, 401, "unauthenticated")
        elif role == "auditor":
            problem(reply, 403, "forbidden", role="auditor", needed_roles=["operator", "coordinator", "admin"])
        else:
            refusal = problem(reply, 403, "forbidden", needed_roles=["operator", "coordinator", "admin"], needed_organisation=side,
                              role="operator", organisation=organisation, site=site)
            assert refusal["detail"].startswith(f"the token is operator of {organisation}; this (")
            assert f" at {site}) needs an operator of {side}, a coordinator or an admin" in refusal["detail"]
            assert "needed_role" not in refusal

    for (role, organisation), token in callers.items():
        steps = [("create", world.a, world.a1, "reserved"), ("dispatch", world.a, world.a1, "reserved"),
                 ("cancel", world.a, world.a1, "reserved"), ("return", world.a, world.a1, "in_transit"),
                 ("receive", world.b, world.b1, "in_transit")]
        for action, side, site, state in steps:
            if action == "create":
                supply = world.intake(2)["id"]
                def send():
                    return server.post("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]},
                                       token=token)
            else:
                transfer = in_state(world, state)
                def send():
                    return world.act(transfer, action, ACTIONS[action], token=token)
            if may(role, organisation, side):
                body = accepted(send(), 201 if action == "create" else 200)
                assert body["events"][-1]["organisation"] == organisation and body["events"][-1]["role"] == role
            else:
                with unchanged(server):
                    check(send(), role, organisation, side, site)


def test_reading_is_for_everybody(server, world):
    transfer = in_state(world, "received")
    supply = server.get(f"/transfers/{transfer}").json()["lines"][0]["supply"]
    for path in ("/transfers", f"/transfers/{transfer}", "/transfers/summary", "/supplies", f"/supplies/{supply}",
                 f"/supplies/{supply}/movements", "/supplies/summary", "/ledger", "/ledger/entries?limit=2", "/ledger/entries/2",
                 "/ledger/keys"):
        for token in (None, world.token("operator", world.c), world.token("auditor", world.c)):
            assert server.get(path, token=token).status_code == 200
        problem(server.get(path, token="tly_wrong"), 401, "unauthenticated")


def test_a_private_service_hides_them(start):
    private = start("--private")
    world = World(private)
    transfer = world.dispatched(3)["id"]
    for path in ("/transfers", f"/transfers/{transfer}", "/supplies", "/ledger", "/ledger/entries", "/supplies/summary"):
        problem(private.get(path), 401, "unauthenticated")
        assert private.get(path, token=new_token(private, "auditor", world.a)).status_code == 200


# Personal texts

def test_personal_texts(server, world):
    """Contact, driver, note, rationale, reasons: for the parties, coordinators, auditors and admins; nowhere else."""
    secret = fresh("Ødegård")
    def text(what):
        return f'{secret} "{what}" 送到后门\n'
    supply = world.intake(100, note=text("intake"))["id"]
    transfer = world.transfer([(supply, 50)], contact=text("contact"), note=text("note"), rationale=text("rationale"))["id"]
    cancelled = world.transfer([(supply, 1)])["id"]
    accepted(world.act(cancelled, "cancel", {"reason": text("cancel")}))
    accepted(world.act(transfer, "dispatch", {"driver": text("driver"), "note": text("dispatch")}))
    accepted(receive(world, transfer, {"line": 1, "good": 1, "damaged": 1, "reason": text("damage")}, note=text("receipt")))
    accepted(world.act(transfer, "return", {"reason": text("return")}))

    members = ["contact", "driver", "note", "rationale"]

    def texts(document):
        found = [document[name] for name in members] + [event["reason"] for event in document["events"]]
        return found + [line["reason"] for event in document["events"] for line in event["lines"]]

    wanted = [*map(text, members), None, text("dispatch"), text("receipt"), text("return"), None, text("damage"), None]
    may = [True] + [world.token(role, organisation) for role, organisation in (
        ("operator", world.a), ("operator", world.b), ("auditor", world.c), ("coordinator", world.c), ("admin", world.c))]
    may_not = [None, world.token("operator", world.c)]
    for token in may_not + may + may_not:  # in turns: no cache may mix them up
        document = server.get("/transfers/" + transfer, token=token)
        row = [t for t in walk(server, f"/transfers?origin={world.a1}", token=token) if t["id"] == transfer][0]
        other = server.get("/transfers/" + cancelled, token=token).json()
        if token in may:
            assert texts(document.json()) == wanted and document.json()["withheld"] == []
            assert [row[name] for name in members] == [*map(text, members)] and row["withheld"] == []
            assert other["events"][-1]["reason"] == text("cancel")
        else:
            assert secret not in document.json().__str__() and "degård" not in document.text
            assert set(texts(document.json())) == {None}
            assert document.json()["withheld"] == row["withheld"] == members
            events = document.json()["events"]
            assert [event["withheld"] for event in events] == [[], ["reason"], ["reason"], ["reason"]]
            assert events[2]["lines"][0]["withheld"] == ["reason"]
            assert other["events"][-1]["reason"] is None and other["note"] is None and other["withheld"] == []

    needles = [secret.encode(), secret.encode("unicode_escape"), secret.split("d")[0].encode() + b"deg"]
    entries = walk(server, "/ledger/entries?after=1&limit=1000")
    told = 0
    for entry in entries:
        canonical = base64.b64decode(entry["bytes"])
        assert not any(needle in canonical for needle in needles), entry
        told += entry["body"] is not None and '{"commitment":"' in entry["body"]
    assert told >= 7
    assert not any(needle in server.log().encode() for needle in needles)


def test_answers_to_the_caller_show_what_the_caller_may_see(server, world):
    """The receiving operator sees in the answer what a GET would show; a foreign admin too."""
    supply = world.intake(10)["id"]
    transfer = world.transfer([(supply, 10)], note="for both sides")["id"]
    sent = accepted(world.act(transfer, "dispatch", token=world.token("operator", world.a)))
    assert sent["note"] == "for both sides"
    got = accepted(world.act(transfer, "receive", {"lines": [{"line": 1, "lost": 10, "reason": "gone"}]},
                             token=world.token("operator", world.b)))
    assert got["note"] == "for both sides" and got["events"][-1]["lines"][0]["reason"] == "gone"
    assert got == server.get("/transfers/" + transfer, token=world.token("operator", world.b)).json()


WRONG = [{}, {"lines": []}, {"reason": 5}, {"lines": [{"line": 0, "good": -1}], "note": 7, "nonsense": 1}, {"quantity": 0}]


@pytest.mark.parametrize("body", WRONG)
def test_a_stranger_learns_that_it_is_not_his_and_nothing_else(server, world, body):
    """403 comes before what is wrong with the body, for all that is done at somebody's site."""
    stranger = world.token("operator", world.c)
    supply = world.intake(5)["id"]
    asked = [(f"/transfers/{in_state(world, state)}/{action}", body) for action, state in (
        ("dispatch", "reserved"), ("cancel", "reserved"), ("receive", "in_transit"), ("return", "in_transit"), ("return", "received"))]
    asked += [(f"/supplies/{supply}/adjustments", body), ("/supplies", {"site": world.a1, **body}),
              ("/transfers", {**body, "lines": [{"supply": supply, "quantity": 0}]})]
    for path, sent in asked:
        with unchanged(server):
            assert "errors" not in problem(server.post(path, sent, token=stranger), 403, "forbidden"), path


def test_the_receiver_does_not_send_and_the_sender_does_not_receive(server, world):
    sender, receiver = world.token("operator", world.a), world.token("operator", world.b)
    transfer = in_state(world, "in_transit")
    problem(world.act(transfer, "return", {}, token=receiver), 403, "forbidden", needed_organisation=world.a)
    problem(world.act(transfer, "receive", {}, token=sender), 403, "forbidden", needed_organisation=world.b)
    problem(world.act(transfer, "return", {}, token=sender), 422, "reason_required")
    problem(world.act(transfer, "receive", {}, token=receiver), 422, "missing_member")


# Sums

SUMMED = LINE[5:]


@pytest.fixture(scope="module")
def told(server, world):
    """Transfers in several states, of several items and organisations, with their lines: what the sums are held against."""
    stock = {site: [world.intake(100, site=site)["id"], world.intake(100, site=site, item=world.drug, lot="L", expiry="2099-01-01", condition="good")["id"]]
             for site in (world.a1, world.b1)}
    masks, drugs = stock[world.a1]
    world.transfer([(masks, 3), (drugs, 4)])
    moved = world.transfer([(drugs, 5)], destination=world.a2)
    accepted(world.act(moved["id"], "dispatch"))
    accepted(receive(world, moved["id"], {"line": 1, "good": 2, "damaged": 1, "reason": "Wet"}))
    back = world.transfer([(stock[world.b1][0], 6), (stock[world.b1][1], 7)], destination=world.c1)
    accepted(world.act(back["id"], "cancel", {"reason": "Too late"}))
    world.transfer([(stock[world.b1][0], 8)], destination=world.a1)
    found = [server.get(f"/transfers/{row['id']}").json() for row in walk(server, f"/transfers?organisation={world.a}") + walk(server, f"/transfers?organisation={world.c}")]
    return list({row["id"]: row for row in found}.values())


def test_sums_have_the_lists_filters(server, world, told):
    """What is summed is what GET /transfers lists by the same filters; of an item, its lines."""
    instants = sorted(row["created_at"] for row in told)
    filters = [f"state={state}" for state in ("reserved", "in_transit", "cancelled", "received", "pending")]
    filters += [f"{name}={site}" for name in ("origin", "destination", "site") for site in (world.a1, world.a2, world.b1, world.c1)]
    filters += [f"organisation={one}" for one in (world.a, world.b, world.c)] + [f"item={item}" for item in (world.masks, world.drug)]
    filters += [f"since={instants[-1]}", f"origin={world.a1}&item={world.drug}&state=in_transit", f"site={world.b1}&destination={world.a1}", f"organisation={world.a}&province=CN-SC"]
    sizes = set()
    for query in filters:
        listed = {row["id"] for row in walk(server, f"/transfers?{query}")}
        if not query.startswith(("state=", "since=")):
            assert listed <= {row["id"] for row in told}, query
        else:
            query += f"&organisation={world.b}"
            listed = {row["id"] for row in walk(server, f"/transfers?{query}")}
        item = next((part.partition("=")[2] for part in query.split("&") if part.startswith("item=")), None)
        lines = [(row, line) for row in told if row["id"] in listed for line in row["lines"] if item in (None, line["item"])]
        for by, group in (("state,item", lambda row, line: {"item": line["item"], "state": row["state"]}),
                          ("origin", lambda row, _: {"origin": row["origin_province"]})):
            wanted = {}
            for row, line in lines:
                members = group(row, line)
                transfers, *sums = wanted.get(tuple(members.items()), (set(), *[0] * len(SUMMED)))
                wanted[tuple(members.items())] = (transfers | {row["id"]}, *[one + line[name] for one, name in zip(sums, SUMMED)])
            wanted = [{**dict(key), "transfers": len(transfers), **dict(zip(SUMMED, sums))} for key, (transfers, *sums) in sorted(wanted.items())]
            assert server.get(f"/transfers/summary?by={by}&{query}").json()["items"] == wanted, query
            sizes.add(len(wanted))
    assert {0, 1, 2} <= sizes


@pytest.mark.parametrize("query", ["state=moving", "origin=NO-SUCH", "destination=NO-SUCH", "site=NO-SUCH", "province=CN-XX", "organisation=NO-SUCH", "item=NO-SUCH",
                                   "since=yesterday", "origin=%20", "stat=reserved", "item=NO-SUCH&since=x"])
def test_sums_refuse_what_the_list_refuses(server, query):
    of_list, of_sums = [problem(server.get(f"{path}?{query}"), 400, "invalid_query")["errors"] for path in ("/transfers", "/transfers/summary")]
    assert of_list == of_sums
