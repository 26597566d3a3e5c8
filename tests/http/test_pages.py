"""Page 10,000 of a list costs what page 1 costs: each kind of cursor, with so many rows really there, one to a page."""

import os
import sqlite3
import statistics
import tempfile
import time

import pytest

from conftest import Server, key
from world import World, accepted

PAGE = 10_000
ROWS = PAGE + 50
CONNECTIONS = 32
# One row more of each table for each number, like the one that is there. Only how they are read is looked at: the ledger does not know them.
# That they are alike is the hardest case for a filter, which all of them pass. What decides what a page costs is as it would be if the service had written
# them, and copy_rows() looks: SQLite itself puts each into every index (integrity_check), all that they refer to is there (foreign_key_check), and there
# are no statistics by which the planner could choose another way than in any other file of the service, which gathers none (sqlite_stat1 and its kin).
COPIES = {"supply": {"id": "'S' || n", "lot": "'L' || n"}, "transfer": {"id": "'T' || n"},
          "transfer_line": {"transfer": "'T' || n"}, "movement": {"ordinal": "n"}, "site": {"id": "'W' || n"}}


def make_organisations(server):
    """As many as ROWS in the ledger, by requests that wait for no answers: they are counted at the end."""
    waiting, token, body = [], server.token.encode(), b'{"name":"x","kind":"many"}'
    for first in range(CONNECTIONS):
        connection = server.connect(60)
        text = b"".join(b"PUT /organisations/O%d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
                        b"Idempotency-Key: %s\r\nPrefer: return=minimal\r\nContent-Length: %d\r\n%s\r\n%s"
                        % (number, token, key().encode(), len(body), b"Connection: close\r\n" if number + CONNECTIONS >= ROWS else b"", body)
                        for number in range(first, ROWS, CONNECTIONS))
        waiting.append((connection, memoryview(text), bytearray()))
    for connection, _, _ in waiting:
        connection.setblocking(False)
    while waiting:
        still = []
        for connection, text, answer in waiting:
            try:
                text = text[connection.send(text):] if text else text
            except BlockingIOError:
                pass
            try:
                piece = connection.recv(1 << 20)
                answer += piece
            except BlockingIOError:
                piece = None
            if piece == b"":
                connection.close()
                assert b"HTTP/1.1 4" not in answer and b"HTTP/1.1 5" not in answer, bytes(answer[-1000:])
            else:
                still.append((connection, text, answer))
        waiting = still
        time.sleep(0.002)


def copy_rows(path):
    database = sqlite3.connect(path)
    for table, values in COPIES.items():
        columns = [row[1] for row in database.execute(f"SELECT * FROM pragma_table_info('{table}')")]
        chosen = ", ".join(values.get(column, f"t.{column}") for column in columns)
        database.execute(f"""WITH RECURSIVE number(n) AS (SELECT 100000 UNION ALL SELECT n + 1 FROM number WHERE n < {100000 + ROWS})
                             INSERT INTO {table} SELECT {chosen} FROM number, (SELECT * FROM {table} LIMIT 1) t""")
    database.commit()
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'").fetchall() == []
    database.close()


@pytest.fixture(scope="module")
def many():
    """(server, paths of its lists)"""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        directory = os.path.join(scratch, "data")
        server = Server(directory)
        make_organisations(server)
        world = World(server)
        supply = world.intake(100)["id"]
        accepted(world.act(world.transfer([(supply, 1)])["id"], "dispatch"))
        assert server.put("/indicators/MANY", {"name": "x", "unit": "piece"}).status_code == 201
        assert server.put("/indicators/MORE", {"name": "x", "unit": "piece"}).status_code == 201
        provinces = [row["code"] for row in server.get("/provinces").json()["items"]]
        rows = [{"indicator": indicator, "year": year, "province": province, "value": year}
                for indicator in ("MANY", "MORE") for year in range(1900, 2101) for province in provinces][:ROWS]
        for first in range(0, len(rows), 5000):
            assert server.put("/figures", {"figures": rows[first:first + 5000]}).status_code == 200
        assert server.stop() == 0
        copy_rows(os.path.join(directory, "tallystick.db"))
        server = Server(directory)
        yield server, {"organisations": "/organisations", "supplies": "/supplies", "supplies of a site": f"/supplies?site={world.a1}",
                       "transfers": "/transfers", "transfers by state": "/transfers?state=in_transit",
                       "movements": f"/supplies/{supply}/movements", "sites": "/sites", "figures": "/figures", "entries": "/ledger/entries", "events": "/events",
                       "movements, newest first": f"/supplies/{supply}/movements?sort=-seq", "entries, newest first": "/ledger/entries?sort=-seq",
                       "events, newest first": "/events?sort=-id"}
        assert server.stop() == 0


NAMES = ["organisations", "supplies", "supplies of a site", "transfers", "transfers by state", "movements",
         "sites", "figures", "entries", "events", "movements, newest first", "entries, newest first", "events, newest first"]


@pytest.mark.parametrize("name", NAMES)
def test_page_ten_thousand_costs_what_page_one_costs(many, name):
    """By the medians of many in turn, which decide only beyond three times: another program may have the processor."""
    server, paths = many
    path = paths[name] + ("&" if "?" in paths[name] else "?")
    cursor, left = None, PAGE - 1
    while left > 0:  # a cursor is good for pages of any size
        page = server.get(f"{path}limit={min(left, 1000)}" + (f"&cursor={cursor}" if cursor else "")).json()
        left -= len(page["items"])
        cursor = page["next"]
        assert cursor is not None, f"{left} rows are missing"
    targets = {f"{path}limit=1": [], f"{path}limit=1&cursor={cursor}": []}
    seen = set()
    for number in range(15):
        for target, times in targets.items():
            began = time.monotonic()
            reply = server.get(target, headers={"Accept": f"application/json;q=0.{number + 1}"})  # out of no cache
            times.append((time.monotonic() - began) * 1000)
            assert reply.status_code == 200 and len(reply.json()["items"]) == 1
            seen.add(str(reply.json()["items"]))
    assert len(seen) == 2
    first, late = map(statistics.median, targets.values())
    print(f"{name}: page 1 {first:.2f} ms, page 10,000 {late:.2f} ms")
    assert late < 3 * max(first, 1)
