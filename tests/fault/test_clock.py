"""A wall clock that is set while the service runs: forwards, backwards, stopped. The ledger's time never goes back, entries keep their
order, /readyz says where the ledger is ahead of the machine, and nothing else depends on it."""

import concurrent.futures
import time

import pytest

from conftest import key
from test_kill import check_ledger
from test_ready import ITEM, faults, machine  # noqa: F401 (fixture)
from world import World, accepted, database, problem

AHEAD = "clock: the ledger's time is more than 5 minutes ahead of this machine's"


@pytest.fixture
def clock(machine):  # noqa: F811
    """(service, set): set("+600"), set("=1700000000"), set(None) for the true time."""
    start, trouble = machine
    server = start()

    def put(text):
        made = trouble / "clock.unfinished"
        if text is None:
            (trouble / "clock").unlink(missing_ok=True)
            return
        made.write_text(text)
        made.rename(trouble / "clock")
    yield server, put
    put(None)
    assert server.stop() == 0
    check_ledger(server.data_dir)


def times(server):
    """Of all entries, in their order."""
    with database(server.data_dir / "tallystick.db") as connection:
        return [time_ms for (time_ms,) in connection.execute("SELECT time_ms FROM entry ORDER BY seq")]


def write(server, name):
    accepted(server.put(f"/items/{name}", ITEM), 201)
    told = times(server)
    assert told == sorted(told), "the ledger's time went back"
    return told[-1] / 1000


@pytest.mark.parametrize("seconds, is_said", [(240, False), (360, True), (86400 * 365, True)])
def test_forwards_and_back_again(clock, seconds, is_said):
    """While the clock is wrong nobody can tell; once it is right again the ledger is ahead, which is said, and goes on at its time."""
    server, put = clock
    write(server, "BEFORE")
    put(f"+{seconds}")
    ahead = write(server, "AHEAD")
    assert abs(ahead - time.time() - seconds) < 60
    assert faults(server) == []  # by this clock all is well
    put(None)
    assert faults(server) == ([AHEAD] if is_said else [])
    assert write(server, "AFTER") == ahead  # said, not refused; it stands until the clock has caught up
    assert faults(server) == ([AHEAD] if is_said else [])
    put(f"+{seconds + 10}")
    assert write(server, "LATER") > ahead
    assert faults(server) == []


@pytest.mark.parametrize("seconds", [240, 360, 86400 * 365 * 20])
def test_backwards(clock, seconds):
    """A clock that is put back makes the ledger that is there one from the future."""
    server, put = clock
    before = write(server, "BEFORE")
    put(f"-{seconds}")
    assert faults(server) == ([AHEAD] if seconds > 300 else [])
    assert write(server, "AFTER") == before
    put(None)
    assert faults(server) == []
    assert write(server, "LATER") > before


def test_before_the_epoch_and_at_its_end(clock):
    """Times that no clock should show are no harm either."""
    server, put = clock
    before = write(server, "BEFORE")
    for number, text in enumerate(["=0", "=1", "=-5000"]):
        put(text)
        assert faults(server) == [AHEAD]
        assert write(server, f"EARLY-{number}") == before
    put(None)
    assert faults(server) == []


@pytest.mark.parametrize("seconds", [2**31, 253402300799, 253402300800, 9000000000000])
def test_as_far_as_clocks_go(clock, seconds):
    """Behind 2038, at the end of the year 9999 and beyond it: the service lives, and whatever tells of the entry that was written then
    can be read, also once the clock is right again and after the next start."""
    server, put = clock
    write(server, "BEFORE")
    put(f"={seconds}")
    at = write(server, "FAR")
    assert at == min(seconds, 253402128000)
    for _ in range(2):
        for path in ("/events", "/ledger/entries", "/ledger", "/items", "/supplies/summary?by=item"):
            assert server.get(path).status_code == 200
        put(None)
    assert write(server, "AFTER") == at


def test_stopped(clock):
    """Everything goes on: groups, keys, refusals, reads, waiting; all of it at one time."""
    server, put = clock
    world = World(server)
    put(f"={int(time.time()) + 5}")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda number: world.intake(number + 1), range(18)))
    assert len({supply["id"] for supply in made}) == 18
    assert len(set(times(server)[-18:])) == 1
    once = key()
    body = {"destination": world.b1, "lines": [{"supply": made[0]["id"], "quantity": 99}]}
    refused = problem(server.post("/transfers", body, idempotency_key=once), 409, "insufficient_stock")
    again = server.post("/transfers", body, idempotency_key=once)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json() == refused
    assert faults(server) == []
    time.sleep(0.5)  # the log is moved by a clock that cannot be set
    assert server.get("/healthz").status_code == 200


def test_refusals_are_kept_for_a_day_of_the_ledgers_time(clock):
    """A clock that jumps ahead makes a kept refusal lapse, and one that jumps back does not bring it again."""
    server, put = clock
    world = World(server)
    supply = world.intake(5)["id"]
    once, body = key(), {"destination": world.b1, "lines": [{"supply": supply, "quantity": 6}]}
    problem(server.post("/transfers", body, idempotency_key=once), 409, "insufficient_stock")
    world.intake(5)
    accepted(server.post(f"/supplies/{supply}/adjustments", {"delta": 5, "reason": "counted"}))
    problem(server.post("/transfers", body, idempotency_key=once), 409, "insufficient_stock")  # the first answer again
    put(f"+{86400 + 60}")
    accepted(server.post("/transfers", body, idempotency_key=once), 201)
    put(None)
    reply = server.post("/transfers", body, idempotency_key=once)
    accepted(reply, 201)
    assert reply.headers["Idempotency-Replayed"] == "true"
