"""sort=: every key of every list that the contract gives one, both ways, in pages of every size, against Python's own sorting."""

import urllib.parse

import pytest

import test_contract
from test_csv import get, rows_of
from world import World, fresh, problem, walk

SORTED = {operation.path: operation.query()["sort"]["schema"]["enum"] for operation in test_contract.OPERATIONS if "sort" in operation.query()}


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
    return {"/supplies": f"/supplies?site={world.a1}", "/transfers": f"/transfers?origin={world.a1}", "/provinces": "/provinces?belt=eastern",
            "/organisations": f"/organisations?kind={kind}", "/sites": f"/sites?kind={kind}", "/items": f"/items?category={category}",
            "/figures": f"/figures?indicator={indicator}"}


def paths(world):
    return {"/supplies": f"/supplies?site={world.a1}", "/transfers": f"/transfers?origin={world.a1}"}


def text_of(name):
    """The one text of a name that it is sorted by."""
    return name if not isinstance(name, dict) else name.get("en", name.get("zh"))


def in_order(items, sort):
    key = sort.removeprefix("-")

    def value(item):
        last = tuple(item[name] for name in ("id", "code") if name in item) or (item["indicator"], item["year"], item["province"])
        own = text_of(item.get(key)) if key in item else None
        return (own is None, own if own is not None else "", last)
    return sorted(items, key=value, reverse=sort.startswith("-"))


@pytest.mark.parametrize("path, sort", [(path, sort) for path, sorts in SORTED.items() for sort in sorts])
def test_orders(server, lists, path, sort):
    path = lists[path]
    items = walk(server, path)
    assert len(items) == ROWS or path.startswith("/provinces") and len(items) > ROWS
    wanted = in_order(items, sort)
    for limit in (1, 2, 3, 7, 8, 100):
        assert walk(server, f"{path}&sort={sort}&limit={limit}") == wanted, limit
    assert sort.startswith("-") or walk(server, f"{path}&sort=-{sort}") == wanted[::-1]


def test_the_contracts_lists_have_keys():
    assert set(SORTED) == {"/supplies", "/transfers", "/provinces", "/organisations", "/sites", "/items", "/figures"}
    assert all({"id", "code", "indicator"} & set(sorts) and all("-" + sort in sorts for sort in sorts[::2]) for sorts in SORTED.values())


@pytest.mark.parametrize("path", SORTED)
def test_what_is_no_key(server, world, path):
    for sort, nearest in (("recieved_at", "received_at"), ("-creatd_at", "-created_at"), ("vaule", "value"), ("-updatedseq", "-updated_seq"), ("colour", None),
                          ("id,id", None), ("", None), ("ID", None)):
        [fault] = problem(server.get(f"{path}?sort={sort}"), 400, "invalid_query")["errors"]
        assert fault["parameter"] == "sort" and fault["code"] == "not_a_choice"
        assert nearest not in SORTED[path] or fault["nearest"] == nearest
        assert all(name in fault["detail"] for name in SORTED[path])
    [fault] = problem(server.get(f"{path}?sort={SORTED[path][0]}&sort={SORTED[path][0]}"), 400, "invalid_query")["errors"]
    assert fault["code"] == "repeated_parameter"
    problem(server.get("/indicators?sort=id"), 400, "invalid_query")


@pytest.mark.parametrize("path", SORTED)
def test_a_cursor_is_of_its_order(server, lists, path):
    base, sorts = lists[path], SORTED[path]
    cursors = {sort: server.get(f"{base}&sort={sort}&limit=2").json()["next"] for sort in sorts}
    cursors[None] = server.get(f"{base}&limit=2").json()["next"]
    for sort in sorts:
        for other, cursor in cursors.items():
            reply = server.get(f"{base}&sort={sort}&cursor={cursor}")
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
