"""The whole ledger over HTTP and by `tallystick export`: the same bytes, whoever asks and however often it breaks off; readers who take
nothing cost next to nothing."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import pytest

from conftest import ROOT, Server, binary, environment, run
from world import World, accepted, fresh, new_token, problem, until

LINES = {"Accept": "application/x-ndjson"}
READERS_MAX = 16
LONG = 5 * 1024 * 1024


def export(server, after=None, token=None, **more):
    path = "/ledger/entries" + (f"?after={after}" if after is not None else "")
    return server.get(path, token=token, headers=LINES, **more)


def by_command(server, *options):
    made = run("export", "--data-dir", str(server.data_dir), *options)
    assert made.returncode == 0, made.stderr
    return made.stdout.encode()


def parsed(text):
    return [json.loads(raw) for raw in text.splitlines()]


def check(text, entries):
    """Both verifiers, from a pipe and from a file."""
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(text)
        file.flush()
        file.seek(0)
        told = subprocess.run([binary(), "verify", "--export", "-"], env=environment(), stdin=file, capture_output=True, text=True,
                              timeout=120, check=False)
        assert told.returncode == 0 and told.stdout.startswith(f"ok: {entries} entries"), told.stdout + told.stderr
        also = subprocess.run([sys.executable, str(ROOT / "tools" / "verify.py"), file.name], capture_output=True, text=True,
                              timeout=120, check=False)
        ours = [line for line in told.stdout.splitlines() if "signatures, " not in line]
        assert also.returncode == 0 and also.stdout.splitlines() == ours, also.stdout + also.stderr


def figures(server, length, value):
    """A change whose body is that long: blanks are part of what was sent."""
    body = json.dumps({"figures": [{"indicator": "beds", "year": 2023, "province": "CN-HB", "value": value}]})
    reply = server.write("PUT", "/figures", data=body + " " * (length - len(body)), headers={"Content-Type": "application/json"})
    assert reply.status_code in (200, 201), reply.text
    return reply.json()["ledger"]["seq"], (body + " " * (length - len(body))).encode()


@pytest.fixture(scope="module")
def server():
    """Of its own: of what there is, all is read."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        own = Server(os.path.join(scratch, "data"))
        world = own.world = World(own)
        supply = world.intake(10, note="für die Küche")["id"]
        accepted(own.post(f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "lost", "note": "fell into the river"}))
        figures(own, 70000, 4711)
        yield own
        assert own.stop() == 0


def test_the_same_bytes_for_everybody(server):
    size = server.get("/ledger").json()["size"]
    text = export(server).content
    assert text == by_command(server)
    for role in ("admin", "auditor"):
        token = True if role == "admin" else new_token(server, role, server.world.a)
        assert export(server, token=token).content == text, "personal texts never leave over HTTP"
    assert "Küche" not in text.decode() and "river" not in text.decode() and b'"texts":false' in text.splitlines()[0]
    with_texts = by_command(server, "--texts")
    assert "für die Küche" in with_texts.decode() and "fell into the river" in with_texts.decode()
    for found in (text, with_texts):
        check(found, size)
    last = parsed(text)[-1]
    assert last == {"type": "end", "seq": size, "hash": server.get("/ledger").json()["head"]}


def test_what_the_lines_say(server):
    """Against what the same service says of each entry, one by one."""
    lines = parsed(export(server).content)
    assert list(lines[0].items()) == [("type", "header"), ("format", "tallystick-export"), ("version", 1),
                                      ("origin", server.get("/ledger").json()["origin"]), ("after", 0), ("texts", False)]
    keys = [key["kid"] for key in server.get("/ledger/keys").json()["keys"] if key["kty"] == "EC"]
    assert [line["key"] for line in lines if line["type"] == "key" and line["algorithm"] == "secp256k1"] == keys
    entries = [line for line in lines if line["type"] == "entry"]
    for line in entries:
        told = server.get(f"/ledger/entries/{line['seq']}").json()
        assert (line["hash"], line["key"], line["seal"], line["bytes"]) == (told["entry_hash"], told["key"], told["seal"], told["bytes"])
        assert hashlib.sha256(base64.b64decode(line["bytes"])).hexdigest() == line["hash"]
        is_long = told["body_length"] > 65536
        assert (line["body"] is not None) == is_long
        if is_long:
            assert base64.b64decode(line["body"]) == told["body"].encode()
    assert sum(line["body"] is not None for line in entries) == 2, "the genesis, and the long one"
    heights = {entry["height"] for entry in (server.get(f"/ledger/entries/{line['seq']}").json() for line in entries)}
    assert [line["height"] for line in lines if line["type"] == "checkpoint"] == sorted(heights)
    assert [line["note"] for line in lines if line["type"] == "checkpoint"][-1] == server.get("/ledger").json()["checkpoint"]


def test_behind_an_entry(server):
    text = export(server).content
    size = server.get("/ledger").json()["size"]
    for after in (1, size // 2, size - 1, size):
        part = export(server, after)
        assert part.content == by_command(server, "--after", str(after))
        kinds = [line["type"] for line in parsed(part.content)]
        assert kinds[0] == "header" and kinds[-1] == "end" and kinds.count("entry") == size - after
        assert [raw for raw in part.content.splitlines() if b'"type":"entry"' in raw] == [
            raw for raw in text.splitlines() if b'"type":"entry"' in raw][after:]
    head = server.request("HEAD", "/ledger/entries", headers=LINES)
    assert head.status_code == 200 and head.headers["Content-Type"] == "application/x-ndjson" and not head.content
    assert head.headers["Cache-Control"] == "no-store" and head.headers["ETag"] == export(server).headers["ETag"]


def test_an_export_that_is_the_same_is_not_sent_again(server):
    host = "Host: t\r\nAccept: application/x-ndjson\r\n"
    for after in (0, 1):
        path = f"/ledger/entries?after={after}"
        first = export(server, after)
        etag = first.headers["ETag"]
        assert etag != export(server, 2).headers["ETag"] and etag != server.get(path).headers["ETag"]
        again = server.get(path, headers={**LINES, "If-None-Match": f'"x", {etag}'})
        assert again.status_code == 304 and again.headers["ETag"] == etag and again.headers["Cache-Control"] == "no-store"
        conditional = f"GET {path} HTTP/1.1\r\n{host}If-None-Match: {etag}\r\n"
        received, was_closed = server.raw(f"{conditional}\r\n", 10)
        assert received.startswith(b"HTTP/1.1 304 ") and received.endswith(b"\r\n\r\n") and was_closed
        assert b"content-length" not in received.lower() and b"transfer-encoding" not in received.lower()
        assert server.get(path, headers={**LINES, "If-Match": etag}).content == first.content
        problem(server.get(path, headers={**LINES, "If-Match": '"x"'}), 412, "version_mismatch")
        server.put(f"/organisations/{fresh('O')}", {"name": "x", "kind": "depot"})
        longer = server.get(path, headers={**LINES, "If-None-Match": etag})
        assert longer.status_code == 200 and longer.headers["ETag"] != etag


def test_what_cannot_be_exported(server):
    size = server.get("/ledger").json()["size"]
    for query in ("fields=seq", "limit=5", "cursor=x", "to=3", "texts=true"):
        refusal = problem(server.get(f"/ledger/entries?{query}", headers=LINES), 400, "invalid_query")
        assert refusal["errors"][0]["code"] == "unknown_parameter"
    for after in ("x", "-1", "1.5", str(2**53)):
        problem(export(server, after), 400, "invalid_query")
    assert str(size + 1) in problem(export(server, size + 1), 400, "invalid_cursor")["detail"]
    told = run("export", "--data-dir", str(server.data_dir), "--after", str(size + 1))
    assert told.returncode == 1 and told.stdout == "" and f"1 to {size}" in told.stderr
    told = run("export", "--data-dir", str(server.data_dir), "--after", "3", "--to", "2")
    assert told.returncode == 1 and "in this order" in told.stderr
    told = run("export", "--data-dir", str(server.data_dir / "no-such"))
    assert told.returncode == 1 and "there is no ledger" in told.stderr


def test_private_exports_need_a_token(start):
    private = start("--private")
    problem(export(private), 401, "unauthenticated")
    assert parsed(export(private, token=True).content)[-1]["type"] == "end"


def unchunked(received):
    at, body = received.index(b"\r\n\r\n") + 4, bytearray()
    while (end := received.find(b"\r\n", at)) >= 0:
        length = int(received[at:end], 16)
        if length == 0:
            return bytes(body), True
        body += received[end + 2:end + 2 + length]
        at = end + 2 + length + 2
    return bytes(body), False


def new_reader(server):
    """A token that may read: (the token, its name)."""
    def names():
        listed = run("token", "list", "--data-dir", str(server.data_dir))
        assert listed.returncode == 0
        return {line.split()[0] for line in listed.stdout.splitlines()}
    organisation, before = fresh("ORG"), names()
    accepted(server.put(f"/organisations/{organisation}", {"name": "An organisation", "kind": "depot"}), 201)
    token = new_token(server, "auditor", organisation)
    name, = names() - before
    return token, name


def revoke(server, name):
    assert run("token", "revoke", "--data-dir", str(server.data_dir), "--id", name).returncode == 0


def expire(server, name):
    """As if its time had come: nobody waits for that."""
    with contextlib.closing(sqlite3.connect(server.data_dir / "node.db", timeout=20, isolation_level=None)) as connection:
        assert connection.execute("UPDATE token SET expires_at_ms = ? WHERE id = ?", (int(time.time() * 1000) - 1, name)).rowcount == 1


def test_an_export_of_a_private_service_breaks_off_when_its_token_has_ended(start):
    """Who may no longer read gets no further line; and what came is not taken for the whole. Another reader goes on."""
    server = start("--private")
    for n in range(2):
        figures(server, LONG + n, n)
    ending = [(*new_reader(server), end) for end in (revoke, expire)]
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(contextlib.closing(Reader(server, token=token))) for token in [token for token, _, _ in ending] + [server.token]]
        assert {reader.head() for reader in readers} == {b"HTTP/1.1 200 OK"}
        for token, name, end in ending:
            end(server, name)
            problem(export(server, token=token), 401, "unauthenticated")
        time.sleep(1.2)  # it is looked at once a second
        (first, first_is_ended), (second, second_is_ended), (whole, is_whole) = [unchunked(reader.rest()) for reader in readers]
    assert is_whole and parsed(whole)[-1]["type"] == "end" and not first_is_ended and not second_is_ended
    for part in (first, second):
        assert whole.startswith(part) and len(part) < len(whole) and b'"type":"end"' not in part


def go_on(server, text):
    """What docs/ledger.md says to do with an export that was cut: (what is kept, where it goes on)."""
    kept = text[:text.rindex(b"\n") + 1]
    while b'{"type":"checkpoint"' not in kept.splitlines()[-1]:
        kept = kept[:kept.rindex(b"\n", 0, -1) + 1]
    return kept, json.loads(kept.splitlines()[-1])["size"]


def test_cut_anywhere_it_goes_on(server):
    whole = export(server).content
    first = whole.index(b'{"type":"checkpoint"')
    behind = whole.index(b"\n", first) + 1
    step = (len(whole) - behind) // 7
    for cut in range(behind, len(whole), step):
        kept, after = go_on(server, whole[:cut])
        rest = export(server, after).content
        lines = rest.splitlines(keepends=True)
        joined = kept + b"".join(raw for raw in lines if not raw.startswith((b'{"type":"header"', b'{"type":"key"')))
        assert joined == whole
        check(kept + rest, server.get("/ledger").json()["size"])  # as two parts, too


def test_a_file_goes_on(server, tmp_path):
    """`export --output` on a file that is there: cut at any place it becomes what it would have been."""
    path = tmp_path / "ledger.ndjson"
    whole = by_command(server)
    for cut in (0, 1, 50, len(whole) // 3, len(whole) // 2, len(whole) - 100, len(whole) - 1):
        path.write_bytes(whole[:cut])
        told = run("export", "--data-dir", str(server.data_dir), "--output", str(path))
        assert told.returncode == 0 and "written" in told.stdout, told.stderr
        assert path.read_bytes() == whole, f"cut at {cut}"
    told = run("export", "--data-dir", str(server.data_dir), "--output", str(path))
    assert told.returncode == 0 and "already" in told.stdout and path.read_bytes() == whole
    World(server)
    told = run("export", "--data-dir", str(server.data_dir), "--output", str(path))
    assert told.returncode == 0 and path.read_bytes() == by_command(server) != whole
    part = tmp_path / "part.ndjson"
    for to in ("3", "7"):  # in the middle of something, then further on
        assert run("export", "--data-dir", str(server.data_dir), "--after", "1", "--to", to, "--output", str(part)).returncode == 0
    assert run("export", "--data-dir", str(server.data_dir), "--output", str(part)).returncode == 0
    assert part.read_bytes() == by_command(server, "--after", "1")
    assert part.stat().st_mode & 0o077 == 0


def test_a_dash_is_standard_output(server, tmp_path):
    """As it is standard input to verify --export: no file of that name is made. A backup is no stream, and says so."""
    told = subprocess.run([binary(), "export", "--data-dir", str(server.data_dir), "--output", "-"], env=environment(), cwd=tmp_path,
                          capture_output=True, timeout=60, check=False)
    assert told.returncode == 0 and told.stdout == by_command(server) and not list(tmp_path.iterdir()), told.stderr
    told = subprocess.run([binary(), "backup", "--data-dir", str(server.data_dir), "--output", "-"], env=environment(), cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1 and "not to standard output" in told.stderr and not list(tmp_path.iterdir()), told


def test_files_that_cannot_go_on(server, tmp_path):
    path = tmp_path / "ledger.ndjson"

    def refused(text, *options):
        path.write_bytes(text)
        told = run("export", "--data-dir", str(server.data_dir), "--output", str(path), *options)
        assert told.returncode == 1 and told.stdout == "" and path.read_bytes() == text
        return told.stderr

    whole = by_command(server)
    lines = whole.splitlines(keepends=True)
    assert "no export" in refused(b"somebody's notes\n") and "no export" in refused(lines[0][:30] + b"x")
    assert "another ledger" in refused(whole.replace(b'"origin":"', b'"origin":"not-', 1))
    assert "no personal texts" in refused(whole, "--texts")
    assert "has the personal texts" in refused(by_command(server, "--texts"))
    assert "begins behind another entry" in refused(whole, "--after", "2")
    cut = b"".join(lines[:-1])
    assert "more than --to says" in refused(cut, "--to", "2")
    last = max(index for index, raw in enumerate(lines) if b'"type":"checkpoint"' in raw)
    forged = json.loads(lines[last])
    forged["note"] = forged["note"].replace("\n\n", "\n\n\u2014 somebody else ", 1)
    other = json.dumps(forged, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    assert "this file is evidence" in refused(b"".join([*lines[:last], other]))
    told = run("export", "--data-dir", str(server.data_dir), "--output", str(tmp_path / "no" / "such"))
    assert told.returncode == 1 and "cannot be opened" in told.stderr


@pytest.fixture(scope="module")
def large():
    """A ledger with bodies far longer than any buffer."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        own = Server(os.path.join(scratch, "data"))
        bodies = dict(figures(own, LONG + n, n) for n in range(2))
        assert own.stop() == 0
        own = Server(own.data_dir)  # with a WAL that is empty
        yield own, bodies
        assert own.stop() == 0


class Reader:
    """A raw socket that asks for an export and reads nothing by itself; its buffer is small."""

    def __init__(self, server, path="/ledger/entries", token=None):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", server.port))
        access = f"Authorization: Bearer {token}\r\n" if token else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\nAccept: application/x-ndjson\r\n{access}Connection: close\r\n\r\n".encode())

    def head(self):
        """Its first line; no more is taken than that."""
        return self.socket.recv(15, socket.MSG_WAITALL)

    def rest(self):
        """All that still comes."""
        pieces = []
        with contextlib.suppress(ConnectionResetError):
            while piece := self.socket.recv(1 << 20):
                pieces.append(piece)
        return b"".join(pieces)

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def reading(count, server):
    readers = [Reader(server) for _ in range(count)]
    try:
        yield readers
    finally:
        for reader in readers:
            reader.close()


def resident(server):
    """Bytes of memory that the process has now."""
    return int(pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_long_bodies_come_as_they_are(large):
    server, bodies = large
    lines = parsed(export(server).content)
    for line in lines:
        if line["type"] == "entry" and line["seq"] in bodies:
            assert base64.b64decode(line["body"]) == bodies[line["seq"]]
    check(by_command(server), server.get("/ledger").json()["size"])


def test_old_clients_get_parts(large):
    """HTTP/1.0 has no chunks: an export of moderate length that ends as one does, and the client comes again."""
    server, _ = large
    whole, after, joined = export(server).content, 0, b""
    for _ in range(4):
        received, was_closed = server.raw(f"GET /ledger/entries?after={after} HTTP/1.0\r\nAccept: application/x-ndjson\r\n\r\n", seconds=60)
        head, _, body = received.partition(b"\r\n\r\n")
        assert was_closed and f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
        last = parsed(body)[-1]
        assert last["type"] == "end" and last["seq"] > after
        joined += body
        after = last["seq"]
        if after == server.get("/ledger").json()["size"]:
            break
    assert b"".join(raw for raw in joined.splitlines(keepends=True) if b'"type":"entry"' in raw) == b"".join(
        raw for raw in whole.splitlines(keepends=True) if b'"type":"entry"' in raw)
    check(joined, after)


@pytest.mark.concurrent
def test_readers_who_take_nothing_cost_little(large):
    server, _ = large
    export(server)
    before = resident(server)
    with reading(15, server) as readers:
        assert {reader.head() for reader in readers} == {b"HTTP/1.1 200 OK"}
        time.sleep(1)
        grown = resident(server) - before
        print(f"15 readers of {2 * LONG >> 20} MiB and more took {grown >> 10} KiB")
        each = 512 * 1024 if "release" in server.process.args[0] else 1536 * 1024  # a sanitizer pads what is allocated and keeps what was freed
        assert grown < 15 * each, "each holds a piece of the lines, not a body"
        assert parsed(export(server).content)[-1]["type"] == "end", "others are not kept waiting"


def is_moved(server):
    """Whether all of the WAL has been moved over: its index (SQLite's file format, section 4) says up to which frame, and which is the last one.
    Not for a process that reads the database itself: that this file is closed again would end its locks."""
    index = (server.data_dir / "tallystick.db-shm").read_bytes()
    return int.from_bytes(index[96:100], sys.byteorder) == int.from_bytes(index[16:20], sys.byteorder)


def wal_grows(server, first, pause, writes=6):
    """How large the WAL becomes by changes of 1 MiB with a pause behind each, in which it is moved over where nobody reads it."""
    path, largest = server.data_dir / "tallystick.db-wal", 0
    for n in range(writes):
        figures(server, 1 << 20, first + n)  # the same body again would not be stored again
        pause()
        largest = max(largest, path.stat().st_size)
    return largest


def test_a_slow_reader_holds_no_transaction(large):
    server, _ = large
    figures(server, 1 << 20, 99)
    with reading(1, server) as readers:
        assert readers[0].head() == b"HTTP/1.1 200 OK"
        assert wal_grows(server, 100, lambda: until(lambda: is_moved(server))) < 5 << 20
    with contextlib.closing(sqlite3.connect(f"file:{server.data_dir}/tallystick.db?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM entry").fetchone()
        assert wal_grows(server, 200, lambda: time.sleep(0.4)) > 5 << 20, "what it would be if it held one"
        connection.execute("COMMIT")


def test_so_many_may_read(large):
    server, _ = large
    with reading(READERS_MAX, server) as readers:
        assert {reader.head() for reader in readers} == {b"HTTP/1.1 200 OK"}
        refusal = export(server)
        problem(refusal, 503, "busy")
        assert refusal.headers["Retry-After"] == "30"
        assert server.get("/ledger/entries?limit=1").status_code == 200
    deadline = time.monotonic() + 30
    while export(server, after=server.get("/ledger").json()["size"]).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_anybody_may_read_goes_on(large):
    """Of a service that is not private: who comes without a token gets the same."""
    server, _ = large
    token, name = new_reader(server)
    with contextlib.closing(Reader(server, token=token)) as reader:
        assert reader.head() == b"HTTP/1.1 200 OK"
        revoke(server, name)
        time.sleep(1.2)
        body, is_ended = unchunked(reader.rest())
    assert is_ended and parsed(body)[-1]["type"] == "end"


def test_a_stop_ends_it_in_good_order(tmp_path):
    """Where the service stops, the export ends with the entry that it is at: whole, and with a last line that says how far."""
    server = Server(tmp_path / "data")
    for n in range(3):
        figures(server, LONG + n, n)
    size = server.get("/ledger").json()["size"]
    reader = Reader(server)
    assert reader.head() == b"HTTP/1.1 200 OK"
    server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 20  # before the stop has begun, nothing more is read
    with pytest.raises(ConnectionError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", server.port), 5).close()
            time.sleep(0.05)
    time.sleep(0.3)
    received = reader.rest()
    reader.close()
    assert server.process.wait(timeout=60) == 0
    server.exit_code = 0
    body, is_ended = unchunked(received)
    lines = parsed(body)
    assert (is_ended, lines[-1]["type"]) == (True, "end") and lines[-1]["seq"] < size, (len(body), lines[-1]["type"], lines[-1].get("seq"), size)
    check(body, lines[-1]["seq"])


def test_damage_ends_without_a_last_line(tmp_path):
    """What cannot be told is not told: the reply breaks off, and the command says where."""
    server = Server(tmp_path / "data")
    World(server)
    assert server.stop() == 0
    with sqlite3.connect(server.data_dir / "tallystick.db") as connection:
        connection.execute("DROP TRIGGER seal_no_delete")
        connection.execute("DELETE FROM seal WHERE seq = 5")
    connection.close()
    told = run("export", "--data-dir", str(server.data_dir))
    assert told.returncode == 1 and "entry 5 cannot be told" in told.stderr
    assert [line["seq"] for line in parsed(told.stdout.encode()) if line["type"] == "entry"] == [1, 2, 3, 4]
    told = run("export", "--data-dir", str(server.data_dir), "--to", "4")
    assert told.returncode == 0 and parsed(told.stdout.encode())[-1]["seq"] == 4
