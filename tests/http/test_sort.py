"""sort=: every key of every list that the contract gives one, both ways, in pages of every size, against Python's own sorting."""

import json
import urllib.parse

import pytest

import jose
import test_contract
from cosign import Witness
from test_csv import get, rows_of
from world import World, accepted, fresh, problem, walk

ALL_SORTED = {operation.path: operation.query()["sort"]["schema"]["enum"] for operation in test_contract.OPERATIONS if "sort" in operation.query()}
SUMS = {operation.path: operation.query()["by"]["schema"]["items"]["enum"] for operation in test_contract.OPERATIONS if operation.id in ("summariseSupplies", "summariseTransfers")}
SORTED = {path: sorts for path, sorts in ALL_SORTED.items() if path not in SUMS}  # what has pages


@pytest.fixture(scope="module")
def world(server):
    """Rows that are often alike in their keys."""
    world = World(server)
    for i, (expiry, quantity) in enumerate([("2031-01-01", 5), (None, 5), ("2030-12-31", 70), ("2031-01-01", 100), (None, 9), ("2032-02-29", 9),
                                            ("2030-12-31", 70), (None, 1000000)]):
        supply = world.intake(quantity, lot=fresh("L"), **({"expiry": expiry} if expiry else {}))
        transfer = world.transfer([(supply["id"], 1 + i % 3)])
        if i % 2:
            world.act(transfer["id"], "dispatch", {})
    return world


ROWS = 8


def make_records(server, world):
    """Rows of a supply's card, texts, erasures and keys: of each ROWS, of which some are of the same entry where that can be."""
    supply = world.intake(1000, site=world.a2)["id"]
    for i in range(ROWS // 2):
        transfer = world.transfer([(supply, 1)], note=f"note {i}", rationale=f"why {i}")["id"]
        accepted(world.act(transfer, "dispatch", {}))
    for _ in range(ROWS // 2 - 1):
        accepted(server.post(f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "counted"}))
    texts = server.get("/privacy/texts", token=True).json()["items"]
    commitments = [row["commitment"] for row in texts]
    for some in (commitments[:3], commitments[3:4], commitments[4:]):
        accepted(server.post("/privacy/erasures", {"commitments": some}), 201)
    for _ in range(ROWS):
        accepted(server.post(f"/organisations/{world.b}/keys", jose.Key().jwk), 201)
    return supply


def make_witnesses(server, world, names):
    """Witnesses, each of which has cosigned the same checkpoint or a newer one; policies of organisations and of all."""
    makers = [Witness(f"{name}.example", bytes(31) + bytes([i])) for i, name in enumerate(names)]
    for i, maker in enumerate(makers):
        accepted(server.put(f"/witnesses/{fresh('W')}", {"vkey": maker.vkey, **({"organisation": [world.a, world.b][i % 2]} if i % 3 else {})}), 201)
    for first in (4, 0):
        note = server.get("/ledger/checkpoint").text
        for i in (2, 0, 3, 1):
            assert server.post("/ledger/cosignatures", {"checkpoint": note + makers[first + i].line(note, 1790000000 + i % 3)}).status_code == 200
        world.organisation(fresh("NEWER"))  # and so another checkpoint
    for i in (3, 1, 5, 0, 2, 4, 6):
        organisation = world.organisation(f"POLICY-{i}-{fresh('P')}")
        accepted(server.put(f"/policies/{organisation}", {"signed_kinds": []}), 201)
    accepted(server.put("/policies/default", {"signed_kinds": []}), 201)


@pytest.fixture(scope="module")
def lists(server, world):
    """For each path of SORTED a list of ROWS rows of which many are alike in one key or another."""
    kind, category = fresh("kind").lower().replace("-", "_"), fresh("category").lower().replace("-", "_")
    names = ["b", {"en": "b", "zh": "甲"}, {"en": "ba", "zh": "乙"}, "B", "é", "a", {"en": "z", "zh": "a"}, "b"]
    indicator, order = fresh("ind"), [3, 0, 7, 5, 1, 6, 2, 4]
    assert server.put(f"/indicators/{indicator}", {"name": "x", "unit": "piece"}).status_code == 201
    for i in order:
        name, organisation = names[i], fresh(f"O{i}")
        assert server.put(f"/organisations/{organisation}", {"name": name, "kind": kind, **({"province": ["CN-HB", "CN-GD"][i % 2]} if i % 3 else {})}).status_code == 201
        assert server.put(f"/sites/{fresh('S')}", {"name": name, "kind": kind, "organisation": [world.a, organisation][i % 2], "province": ["CN-HB", "CN-BJ"][i // 4]}).status_code == 201
        assert server.put(f"/items/{fresh('I')}", {"name": name, "unit": ["piece", "box"][i % 2], "category": category}).status_code == 201
    values = ["10", "9.5", "9.50", "0", "1e1", "0.1", "1E-1", "2"]
    body = ",".join(f'{{"indicator":"{indicator}","year":{2000 + i % 3},"province":"{["CN-HB", "CN-GD", "CN-BJ"][i // 3]}","value":{value}}}' for i, value in enumerate(values))
    assert server.put("/figures", data=f'{{"figures":[{body}]}}', headers={"Content-Type": "application/json"}).status_code == 200
    for name, unit in zip(names, ["b", "a", "b", "c", "a", "a_b", "a-b", "b"]):
        source = {"source": unit} if unit != "a" else {}
        assert server.put(f"/indicators/{fresh('more')}", {"name": name, "unit": unit, **source}).status_code == 201
    supply = make_records(server, world)
    make_witnesses(server, world, ["b", "a", "c", "B", "ab", "a-b", "d", "e"])
    ledger = server.get("/ledger").json()
    return {"/indicators": "/indicators", "/witnesses": "/witnesses", "/policies": "/policies", "/organisations/{id}/keys": f"/organisations/{world.b}/keys",
            "/supplies/{id}/movements": f"/supplies/{supply}/movements", "/privacy/texts": "/privacy/texts", "/privacy/erasures": "/privacy/erasures",
            "/events": f"/events?after={ledger['size'] - ROWS}", "/ledger/entries": f"/ledger/entries?after={ledger['size'] - ROWS}",
            "/ledger/checkpoints": f"/ledger/checkpoints?after={ledger['height'] - ROWS}", "/ledger/cosignatures": "/ledger/cosignatures",
            "/supplies": f"/supplies?site={world.a1}", "/transfers": f"/transfers?origin={world.a1}", "/provinces": "/provinces?belt=eastern",
            "/organisations": f"/organisations?kind={kind}", "/sites": f"/sites?kind={kind}", "/items": f"/items?category={category}",
            "/figures": f"/figures?indicator={indicator}"}


def paths(world):
    return {"/supplies": f"/supplies?site={world.a1}", "/transfers": f"/transfers?origin={world.a1}"}


def text_of(name):
    """The one text of a name that it is sorted by."""
    return name if not isinstance(name, dict) else name.get("en", name.get("zh"))


LAST = [("id",), ("code",), ("indicator", "year", "province"), ("organisation", "signed_kinds"), ("from_seq",), ("seq", "ordinal"), ("entry", "pointer"),
        ("seq", "commitment"), ("seq",), ("height",)]  # what tells rows of a list from each other


def in_order(items, sort):
    key = sort.removeprefix("-")
    last = next((names for names in LAST if set(names) <= set(items[0])), None)
    came = {str(item): number for number, item in enumerate(items)}  # cosignatures have no such member

    def value(item):
        is_policy = "signed_kinds" in item and item["organisation"] == "default"  # which is before all names
        own = "" if is_policy and key == "organisation" else text_of(item.get(key)) if key in item else None
        return own is None, own if own is not None else "", "" if is_policy else [item[name] for name in last] if last else came[str(item)]
    return sorted(items, key=value, reverse=sort.startswith("-"))


def having(path, query):
    return path + ("&" if "?" in path else "?") + query


@pytest.mark.parametrize("path, sort", [(path, sort) for path, sorts in SORTED.items() for sort in sorts])
def test_orders(server, lists, path, sort):
    path = lists[path]
    items = walk(server, path, token=True)
    assert len(items) == ROWS or path.startswith(("/provinces", "/indicators")) and len(items) > ROWS
    wanted = in_order(items, sort)
    assert len({str(item) for item in items}) == len(items) and (wanted != items or wanted[::-1] != items)
    for limit in (1, 2, 3, 7, 8, 100) if len(items) < 40 else (3, 7, 100):
        assert walk(server, having(path, f"sort={sort}&limit={limit}"), token=True) == wanted, limit
    assert sort.startswith("-") or walk(server, having(path, f"sort=-{sort}"), token=True) == wanted[::-1]


def test_the_contracts_lists_have_keys():
    """All that have pages, and the sums; each key is a member of the rows, both ways, of sums all of them are."""
    paged = {operation.path for operation in test_contract.OPERATIONS if "cursor" in operation.query()}
    columns = {operation.path: operation.item["x-tallystick-columns"] for operation in test_contract.OPERATIONS if operation.path in ALL_SORTED and operation.method == "GET"}
    assert set(SORTED) == paged and set(ALL_SORTED) == paged | set(SUMS)
    for path, sorts in ALL_SORTED.items():
        assert sorts[1::2] == ["-" + sort for sort in sorts[::2]] and set(sorts[::2]) <= set(columns[path])
        assert path not in SUMS or sorts[::2] == columns[path]


@pytest.fixture(scope="module")
def sums(server, lists, world):
    """Of supplies and transfers beside those of world: one sum is beyond what is written as a number, some are zero."""
    most = 2**53 - 1
    for item in (world.masks, world.drug):
        held = [world.intake(most, item=item, lot=lot, site=world.c1)["id"] for lot in "abc"]
    world.transfer([(held[0], 3)])
    for step, body in (("receive", {"lines": [{"line": 1, "good": 1, "damaged": 2, "lost": 3, "reason": "x"}]}), ("return", {"reason": "x"})):
        transfer = world.transfer([(world.intake(10, site=world.c1)["id"], 10)], destination=world.a2)["id"]
        accepted(world.act(transfer, "dispatch"))
        accepted(world.act(transfer, step, body))
    return {path: server.get(f"{path}?by={','.join(groups)}").json()["items"] for path, groups in SUMS.items()}


@pytest.mark.parametrize("path, sort", [(path, sort) for path in SUMS for sort in ALL_SORTED[path]])
def test_sums_in_order(server, sums, path, sort):
    """By the numbers, also those that are written as texts; what is alike goes by its groups, in the same direction."""
    key, items, groups = sort.removeprefix("-"), sums[path], SUMS[path]
    assert len({str(item[key]) for item in items}) > 1 and any(isinstance(item.get("on_hand"), str) for item in items) == (path == "/supplies/summary")
    wanted = sorted(items, key=lambda item: (item[key] if key in groups else int(item[key]), [item[group] for group in groups]), reverse=sort != key)
    assert items == sorted(items, key=lambda item: [item[group] for group in groups])
    query = f"{path}?by={','.join(SUMS[path])}&sort={sort}"
    assert server.get(query).json()["items"] == wanted
    header, rows = rows_of(get(server, query + f"&fields={key}"))
    assert header == [key] and rows == [[str(item[key])] for item in wanted]


@pytest.mark.parametrize("path", SUMS)
def test_sums_go_by_what_they_have(server, sums, path):
    for number, group in enumerate(SUMS[path]):
        others = SUMS[path][:number] + SUMS[path][number + 1:]
        for by in (f"by={','.join(others)}&", ""):
            [fault] = problem(server.get(f"{path}?{by}sort=-{group}"), 400, "invalid_query")["errors"]
            assert (fault["parameter"], fault["code"]) == ("sort", "not_a_choice") and group in fault["detail"] and "by" in fault["detail"]
        assert server.get(f"{path}?by={group}&sort=-{group}").json()["items"] == server.get(f"{path}?by={group}").json()["items"][::-1]
    last = ALL_SORTED[path][-1]
    [one] = server.get(f"{path}?sort={last}").json()["items"]
    assert [one] == server.get(path).json()["items"]
    for sort, nearest in ((last[1:-1], last[1:]), ("colour", None), (f"{last},{last}", None)):
        [fault] = problem(server.get(f"{path}?sort={sort}"), 400, "invalid_query")["errors"]
        assert (fault["parameter"], fault["code"], fault.get("nearest")) == ("sort", "not_a_choice", nearest)
    assert server.get("/supplies/summary?by=item&item=NO-SUCH&sort=-usable").status_code == 400


@pytest.mark.parametrize("path", SORTED)
def test_what_is_no_key(server, lists, path):
    sorts, path = SORTED[path], lists[path]
    for sort, nearest in (("recieved_at", "received_at"), ("-creatd_at", "-created_at"), ("vaule", "value"), ("-updatedseq", "-updated_seq"), ("colour", None),
                          ("id,id", None), ("", None), ("ID", None)):
        [fault] = problem(server.get(having(path, f"sort={sort}"), token=True), 400, "invalid_query")["errors"]
        assert fault["parameter"] == "sort" and fault["code"] == "not_a_choice"
        assert nearest not in sorts or fault["nearest"] == nearest
        assert all(name in fault["detail"] for name in sorts)
    [fault] = problem(server.get(having(path, f"sort={sorts[0]}&sort={sorts[0]}"), token=True), 400, "invalid_query")["errors"]
    assert fault["code"] == "repeated_parameter"


@pytest.mark.parametrize("path, media, only", [("/events", "text/event-stream", "id"), ("/ledger/entries", "application/x-ndjson", "seq")])
def test_what_follows_the_ledger_goes_upwards(server, world, path, media, only):
    """The one order that there is may be named; the other is refused, and what is refused says which would do."""
    [fault] = problem(server.get(f"{path}?sort=-{only}", headers={"Accept": media}), 400, "invalid_query")["errors"]
    assert (fault["parameter"], fault["code"]) == ("sort", "not_a_choice") and f" {only};" in fault["detail"] + ";"
    after = server.get("/ledger").json()["size"] - 3
    with server.get(f"{path}?sort={only}&after={after}", headers={"Accept": media}, stream=True) as reply:
        assert reply.status_code == 200 and reply.headers["Content-Type"].startswith(media)
        lines = (line for line in reply.iter_lines() if line.startswith((b"data: ", b'{"type":"entry"')))
        seen = [json.loads(next(lines).removeprefix(b"data: "))[only] for _ in range(3)]
    assert seen == [after + 1, after + 2, after + 3]


@pytest.mark.parametrize("path, key", [("/events", "id"), ("/ledger/entries", "seq")])
def test_what_comes_during_a_walk_from_the_newest_back(server, world, path, key):
    """Stands before the first page, and so the walk is what there was when it began."""
    after = server.get("/ledger").json()["size"] - 5
    seen = walk(server, f"{path}?after={after}&sort=-{key}&limit=1", between=lambda: world.organisation(fresh("LATE")))
    assert [row[key] for row in seen] == list(range(after + 5, after, -1))
    [newest] = server.get(f"{path}?sort=-{key}&limit=1").json()["items"]
    assert newest[key] == server.get("/ledger").json()["size"]


@pytest.mark.parametrize("path", SORTED)
def test_a_cursor_is_of_its_order(server, lists, path):
    base, sorts = lists[path], SORTED[path]
    cursors = {sort: server.get(having(base, f"sort={sort}&limit=2"), token=True).json()["next"] for sort in sorts}
    cursors[None] = server.get(having(base, "limit=2"), token=True).json()["next"]
    for sort in sorts:
        for other, cursor in cursors.items():
            reply = server.get(having(base, f"sort={sort}&cursor={cursor}"), token=True)
            assert reply.status_code == 200 if other == sort else problem(reply, 400, "invalid_cursor")


def test_tables_and_fields_go_along(server, world):
    path = paths(world)["/supplies"] + "&sort=-on_hand&fields=id,on_hand&limit=3"
    seen, items = [], []
    while path:
        reply = get(server, path)
        header, rows = rows_of(reply)
        assert header == ["id", "on_hand"]
        seen += rows
        items += server.get(path).json()["items"]
        link = reply.links.get("next")
        assert link is None or "sort=-on_hand" in link["url"] and "fields=id,on_hand" in link["url"]
        path = link and "?".join(urllib.parse.urlsplit(link["url"])[2:4])
    assert [[item["id"], str(item["on_hand"])] for item in items] == seen and len(seen) == 8
    assert [item["on_hand"] for item in items] == sorted((item["on_hand"] for item in items), reverse=True)


def test_filters_hold(server, world):
    items = walk(server, f"/supplies?site={world.a1}&sort=-available&min_available=6&limit=2")
    assert items and all(item["available"] >= 6 for item in items)
    assert [item["id"] for item in items] == [item["id"] for item in in_order(walk(server, f"/supplies?site={world.a1}&min_available=6"), "-available")]
    states = walk(server, f"/transfers?origin={world.a1}&state=in_transit&sort=updated_at&limit=1")
    assert len(states) == 4 and {row["state"] for row in states} == {"in_transit"}


def test_a_row_that_comes_is_neither_lost_nor_doubled(server, world):
    """What arrives during a walk by received_at stands behind all that was there."""
    path = f"/supplies?site={world.b1}&sort=received_at&limit=1"
    made = [world.intake(1, site=world.b1, lot=fresh("L"))["id"] for _ in range(3)]
    seen = walk(server, path, between=lambda: len(made) < 6 and made.append(world.intake(1, site=world.b1, lot=fresh("L"))["id"]))
    assert len(seen) == len({row["id"] for row in seen}) and set(made) <= {row["id"] for row in seen}
