"""A small world for tests: organisations, sites, items and tokens under names of their own,
so that many tests share one service; and what tests of writes need: problems, walks through
lists, the state as SQLite has it."""

import contextlib
import hashlib
import pathlib
import re
import sqlite3
import time
import uuid

from conftest import run

BUSINESS_SKIPPED = {"figure", "refused", "sqlite_sequence"}  # large and never written here; kept refusals


def fresh(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def until(condition, seconds=120):
    """Waits for what happens, in short looks: how long that takes is the machine's affair."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def contents(directory):
    """{name: bytes} of the files in a directory that is in use: one that goes while it is looked at (a journal, one that was unfinished) is none."""
    found = {}
    for path in pathlib.Path(directory).iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.update({path.name: path.read_bytes()} if path.is_file() else {})
    return found


def new_token(server, role, organisation):
    made = run("token", "create", "--data-dir", str(server.data_dir), "--organisation", organisation, "--role", role)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def problem(reply, status, code, **members):
    """Checks a refusal and returns its document."""
    assert reply.status_code == status, f"{reply.status_code} {reply.text}"
    assert reply.headers["Content-Type"] == "application/problem+json"
    body = reply.json()
    assert body["status"] == status and body["code"] == code, body
    assert body["type"] == f"/errors/{code}" and body["title"] and body["detail"]
    assert body["instance"].startswith("/")
    for name, value in members.items():
        assert body.get(name) == value, (name, body)
    return body


def accepted(reply, status=200):
    """Checks a success and returns its document without the receipt."""
    assert reply.status_code == status, f"{reply.status_code} {reply.text}"
    body = reply.json()
    receipt = body.pop("ledger")
    assert receipt["seq"] >= 1 and len(bytes.fromhex(receipt["entry_hash"])) == 32
    return body


def walk(server, path, token=None, between=None):
    """All items of a list by its cursors; between() runs after each page."""
    items, cursor = [], None
    while True:
        url = path + (("&" if "?" in path else "?") + "cursor=" + cursor if cursor else "")
        reply = server.get(url, token=token)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        items += body["items"]
        cursor = body["next"]
        assert len(body["items"]) <= body["limit"]
        if cursor is None:
            return items
        if between:
            between()


@contextlib.contextmanager
def database(path):
    """A read-only look at a database that may be served at the same time."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        yield connection
    finally:
        connection.close()


def state(server):
    """A digest of all tables but the kept refusals: what a command that is refused must leave alone."""
    digest = hashlib.sha256()
    with database(server.data_dir / "tallystick.db") as connection:
        tables = [name.decode() for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        for table in tables:
            if table not in BUSINESS_SKIPPED:
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                    digest.update(repr((table, row)).encode())
    return digest.hexdigest()


@contextlib.contextmanager
def unchanged(server):
    before = state(server)
    yield
    assert state(server) == before, "the refused command left something behind"


class World:
    """Organisation a has the sites a1 (Guangdong) and a2 (Sichuan), b has b1 (Hubei), c has c1
    (Hubei). masks is an item without lot control, drug one with it."""

    def __init__(self, server):
        self.server = server
        self.tokens = {}
        for letter in "abc":
            setattr(self, letter, self.organisation(fresh("ORG-" + letter.upper())))
        self.a1 = self.site(self.a, "CN-GD")
        self.a2 = self.site(self.a, "CN-SC")
        self.b1 = self.site(self.b, "CN-HB")
        self.c1 = self.site(self.c, "CN-HB")
        self.masks = self.item()
        self.drug = self.item(lot_control=True)

    def put(self, path, body):
        reply = self.server.put(path, body)
        assert reply.status_code == 201, reply.text
        return path.rsplit("/", 1)[1]

    def organisation(self, name):
        return self.put(f"/organisations/{name}", {"name": name, "kind": "red_cross"})

    def site(self, organisation, province, name=None):
        name = name or fresh("SITE")
        return self.put(f"/sites/{name}", {"name": name, "kind": "warehouse", "organisation": organisation,
                                           "province": province})

    def item(self, **more):
        name = fresh("ITEM")
        return self.put(f"/items/{name}", {"name": name, "unit": "piece", **more})

    def token(self, role, organisation):
        """A token of that role, made once."""
        if (role, organisation) not in self.tokens:
            self.tokens[role, organisation] = new_token(self.server, role, organisation)
        return self.tokens[role, organisation]

    def intake_body(self, quantity=10, **more):
        return {"site": self.a1, "item": self.masks, "quantity": quantity, "source": "donation", **more}

    def intake(self, quantity=10, **more):
        """A supply as the service answers it; a donation of its own unless more says one."""
        more.setdefault("donation", fresh("D"))
        return accepted(self.server.post("/supplies", self.intake_body(quantity, **more)), 201)

    def supply(self, supply):
        return self.server.get(f"/supplies/{supply}").json()

    def transfer(self, lines, **more):
        """A reserved transfer; lines are (supply, quantity)."""
        more.setdefault("destination", self.b1)
        body = {"lines": [{"supply": supply, "quantity": quantity} for supply, quantity in lines], **more}
        return accepted(self.server.post("/transfers", body), 201)

    def act(self, transfer, action, body=None, **more):
        return self.server.post(f"/transfers/{transfer}/{action}", {} if body is None else body, **more)

    def dispatched(self, quantity=10, **more):
        """A transfer of one fresh supply that is on its way."""
        supply = self.intake(quantity)
        transfer = self.transfer([(supply["id"], quantity)], **more)
        return accepted(self.act(transfer["id"], "dispatch"))

    def quantities(self, supply):
        row = self.supply(supply)
        return row["on_hand"], row["reserved"], row["available"]


def version_of(reply):
    """The version that a strong ETag begins with, as text; "" where it has none."""
    tag = re.fullmatch(r'"(?:([1-9][0-9]*)\.)?[0-9a-f]{16}"', reply.headers["ETag"])
    assert tag, reply.headers["ETag"]
    return tag.group(1) or ""
