"""Every list that the contract gives a cursor is walked to its end: each of its filters, each of its orders. By Link, of which nothing is
taken but what it says, against the list in one piece, and that against its rows. A list or a filter without a case fails."""

import urllib.parse

import pytest

import test_contract
from test_sort import having, lists, world  # noqa: F401, fixtures: rows of which many are alike
from world import accepted, fresh, problem

PAGED = {operation.path: operation for operation in test_contract.OPERATIONS if "cursor" in operation.query()}
NO_FILTERS = {"limit", "cursor", "sort", "fields"}
LIMIT_MOST = 1000


def alike(member):
    """A filter that names a value of a member, which the row in the middle of those that have it has."""
    def choose(rows):
        values = [row[member] for row in rows if row[member] is not None]
        return values[len(values) // 2]
    return choose, lambda row, value: row[member] == value


def among(*members):
    """A filter for what has the value in any of these members."""
    return alike(members[0])[0], lambda row, value: value in [row[member] for member in members]


def behind(member):
    """A filter for what is behind a number."""
    return lambda rows: sorted(row[member] for row in rows)[len(rows) // 2], lambda row, value: row[member] > value


FILTERS = {
    "/provinces": {"belt": alike("belt")},
    "/organisations": {"kind": alike("kind"), "province": alike("province")},
    "/organisations/{id}/keys": {},
    "/policies": {},
    "/witnesses": {},
    "/sites": {name: alike(name) for name in ("kind", "organisation", "province")},
    "/items": {"category": alike("category")},
    "/indicators": {},
    "/figures": {name: alike(name) for name in ("indicator", "year", "province")},
    "/supplies": {**{name: alike(name) for name in ("province", "site", "item", "lot", "owner", "donor", "condition")},
                  "expires_before": (alike("expiry")[0], lambda row, value: row["expiry"] is not None and row["expiry"] < value),
                  "min_available": (alike("available")[0], lambda row, value: row["available"] >= value),
                  "include_zero": (lambda rows: "false", lambda row, value: row["on_hand"] > 0)},
    "/supplies/{id}/movements": {},
    "/transfers": {**{name: alike(name) for name in ("state", "origin", "destination")}, "site": among("origin", "destination"),
                   "province": among("origin_province", "destination_province"), "organisation": among("origin_organisation", "destination_organisation"),
                   "item": (lambda rows: rows[len(rows) // 2]["items"][0], lambda row, value: value in row["items"]),
                   "since": (alike("created_at")[0], lambda row, value: row["created_at"] >= value)},
    "/privacy/texts": {"entry": alike("entry")},
    "/privacy/erasures": {},
    "/events": {"after": behind("id")},
    "/ledger/entries": {"after": behind("seq")},
    "/ledger/checkpoints": {"after": behind("height")},
    "/ledger/cosignatures": {"size": alike("size")},
}
# What the list is of that is walked: as it is, of one object, or with what it leaves out unless it is asked.
BASES = {"/supplies": "/supplies?include_zero=true"}
every_list = pytest.mark.parametrize("path", PAGED)


def test_every_list_has_a_case():
    assert {path: set(operation.query()) - NO_FILTERS for path, operation in PAGED.items()} == {path: set(filters) for path, filters in FILTERS.items()}


@pytest.fixture(scope="module")
def bases(server, world, lists):  # noqa: F811
    """For each list what to ask for; there is more of what the filters tell apart."""
    made = [world.intake(9, site=world.c1, lot=fresh("L"), expiry="2033-01-01", donor=f"Donor {i % 2}", item=[world.masks, world.drug][i % 2])["id"] for i in range(4)]
    accepted(server.post(f"/supplies/{made[0]}/adjustments", {"delta": -9, "reason": "lost"}))
    for supply, body in zip(made[1:], ({"line": 1, "damaged": 2, "good": 1, "reason": "x"}, {"line": 1, "good": 3}, {"line": 1, "damaged": 3, "reason": "x"})):
        transfer = world.transfer([(supply, 3)], destination=world.a2)["id"]
        accepted(world.act(transfer, "dispatch"))
        accepted(world.act(transfer, "receive", {"lines": [body]}))
    world.transfer([(made[1], 1)])
    return {path: BASES.get(path, lists[path].partition("?")[0]) for path in PAGED}


def rows_of(server, path):
    """The list in as few pages as can be."""
    rows, target = [], having(path, f"limit={LIMIT_MOST}")
    while target is not None:
        reply = server.get(target, token=True)
        assert reply.status_code == 200, reply.text
        rows += reply.json()["items"]
        target = following(server, reply)
    return rows


def following(server, reply):
    """Where Link leads, which is where next leads; None on the last page."""
    cursor = reply.json()["next"]
    if cursor is None:
        assert "Link" not in reply.headers
        return None
    assert set(reply.links) == {"next"} and reply.headers["Link"].count(">") == 1
    url = urllib.parse.urlsplit(reply.links["next"]["url"])
    assert f"{url.scheme}://{url.netloc}" == server.url
    asked = urllib.parse.urlsplit(reply.request.url)
    before, after = (dict(urllib.parse.parse_qsl(part.query, keep_blank_values=True, strict_parsing=True)) for part in (asked, url))
    assert url.path == asked.path and after == {**before, "limit": str(reply.json()["limit"]), "cursor": cursor}
    return f"{url.path}?{url.query}"


def walk(server, path, limit, count):
    """All rows, by pages that are full but for the last one."""
    rows, target, pages = [], having(path, f"limit={limit}"), 0
    while target is not None:
        reply = server.get(target, token=True)
        body = reply.json()
        assert reply.status_code == 200 and body["limit"] == limit, reply.text
        assert len(body["items"]) == min(limit, count - len(rows))
        rows += body["items"]
        target = following(server, reply)
        pages += 1
        assert pages <= count + 1
    return rows


@pytest.fixture(scope="module")
def wholes(server, bases):
    """Each list in one piece, as it is."""
    return {path: rows_of(server, bases[path]) for path in PAGED}


def looked_at(server, path, rows):
    """The rows with what a filter looks at and they do not show."""
    if path != "/transfers":
        return [(row, row) for row in rows]
    held = {row["id"]: row["item"] for row in rows_of(server, "/supplies?include_zero=true")}
    return [(row, {**row, "items": [held[line["supply"]] for line in server.get(f"/transfers/{row['id']}").json()["lines"]]}) for row in rows]


def replaced(path, name, value):
    """The query with a value of its own for a name."""
    base, _, query = path.partition("?")
    return base + "?" + urllib.parse.urlencode({**dict(urllib.parse.parse_qsl(query)), name: value})


@pytest.fixture(scope="module")
def variants(server, bases, wholes):
    """For each list its queries without a filter and with each, and which rows each has, in the usual order."""
    found = {}
    for path, filters in FILTERS.items():
        seen = looked_at(server, path, wholes[path])
        found[path] = {None: (bases[path], wholes[path])}
        for name, (choose, fits) in filters.items():
            value = choose([shown for _, shown in seen])
            found[path][name] = replaced(bases[path], name, value), [row for row, shown in seen if fits(shown, value)]
    return found


@every_list
def test_each_filter_says_which_rows(server, variants, path):
    whole = variants[path][None][1]
    assert len(whole) > 3 and len({str(row) for row in whole}) == len(whole)
    for name, (query, wanted) in variants[path].items():
        assert rows_of(server, query) == wanted, name
        assert name is None or 0 < len(wanted) < len(whole), name


@every_list
def test_walks_to_the_end(server, variants, path):
    """A row to a page, all rows in one, all but one, and what comes out even or does not."""
    for query, wanted in variants[path].values():
        count = len(wanted)
        limits = {max(1, count // 12), count // 3 + 1, max(1, count // 2), max(1, count - 1), count, count + 1}
        for limit in {min(limit, LIMIT_MOST) for limit in limits}:
            assert walk(server, query, limit, count) == wanted, (query, limit)


@every_list
def test_walks_in_each_order(server, variants, path):
    """With each filter: the rows of the whole in that order that the filter has, in pages that part rows that are alike."""
    for sort in PAGED[path].query()["sort"]["schema"]["enum"]:
        whole = rows_of(server, having(variants[path][None][0], f"sort={sort}"))
        for name, (query, wanted) in variants[path].items():
            if name is None and len(wanted) > LIMIT_MOST:
                continue  # which went by Link as well
            kept = {str(row) for row in wanted}
            ordered = [row for row in whole if str(row) in kept]
            assert walk(server, having(query, f"sort={sort}"), min(LIMIT_MOST, max(1, len(wanted) // 3)), len(wanted)) == ordered, (query, sort)


def refused(server, path, cursor):
    reply = server.get(having(path, urllib.parse.urlencode({"limit": 1, "cursor": cursor})), token=True)
    assert reply.status_code == 400, (path, cursor, reply.text)
    return reply.json()["code"] == "invalid_cursor"


@pytest.fixture(scope="module")
def cursors(server, bases):
    return {path: server.get(having(base, "limit=1"), token=True).json()["next"] for path, base in bases.items()}


@every_list
def test_a_cursor_is_of_its_list_and_filters(server, bases, variants, cursors, path):
    assert all(cursors.values()) and len(set(cursors.values())) == len(cursors)
    for other, cursor in cursors.items():
        if other != path:
            assert refused(server, bases[path], cursor), other
    for name, (query, wanted) in list(variants[path].items())[1:]:
        assert refused(server, query, cursors[path]), name
        if len(wanted) > 1:
            own = server.get(having(query, "limit=1"), token=True).json()["next"]
            for other, (another, _) in variants[path].items():
                assert other == name or refused(server, another, own), (name, other)
    cursor = cursors[path]
    shown = PAGED[path].item["x-tallystick-columns"][0]
    rest = variants[path][None][1][1:3]
    cut = server.get(having(bases[path], f"fields={shown}&cursor={cursor}&limit=2"), token=True)  # how much of it is shown does not matter
    assert [row[shown] for row in cut.json()["items"]] == [row[shown] for row in rest]
    table = server.get(having(bases[path], f"cursor={cursor}&limit=2"), token=True, headers={"Accept": "text/csv"})
    assert table.status_code == 200 and table.content.count(b"\r\n") >= 3


@every_list
def test_broken_cursors(server, bases, cursors, path):
    cursor, letters = cursors[path], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    places = sorted(set(range(0, len(cursor), 16)) | set(range(len(cursor) - 3, len(cursor))))
    spoilt = [cursor[:at] + letters[(letters.index(cursor[at]) + 1) % 64] + cursor[at + 1:] for at in places]
    for text in [*spoilt, cursor[:-1], cursor[:-4], cursor[1:], cursor + "A", cursor + "AAAA", cursor + cursor, cursor + "=", cursor + "==", "abc", "A" * 64,
                 "null", "0", " " + cursor, cursor.swapcase()]:
        assert refused(server, bases[path], text), text
    assert not refused(server, bases[path], "")  # no cursor at all, which the query says
    again = problem(server.get(having(bases[path], f"cursor={cursor}&cursor={cursor}"), token=True), 400, "invalid_query")
    assert [fault["code"] for fault in again["errors"]] == ["repeated_parameter"]
    assert server.get(having(bases[path], f"limit=1&cursor={cursor}"), token=True).status_code == 200
