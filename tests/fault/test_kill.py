"""kill -9 at random moments while several clients write: what was acknowledged is there
once, what was not acknowledged can be sent again under its key and is then there once."""

import base64
import http.client
import json
import os
import pathlib
import random
import secrets
import signal
import subprocess
import tempfile
import threading
import time

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from conftest import Server, binary, environment, run
from tamper import begin
from world import World, accepted

CLIENTS = 6
LOST = (requests.exceptions.RequestException, http.client.HTTPException, OSError)


class Client:
    """Walks supplies of its own through intake, transfer, dispatch and two receipts, for ever.
    All ids are the client's, so that a step can be formed again whatever became of it."""

    STEPS = 6

    def __init__(self, world, number):
        self.world, self.number = world, number
        self.done = 0          # steps that are known to be done, in order
        self.answers = []      # (step, reply) of the round
        self.is_unknown = False
        self.lost = None       # how the round's last request ended

    def request(self, step):
        name, kind = f"{self.number}-{step // self.STEPS}", step % self.STEPS
        transfer = f"/transfers/T-{name}"
        return [
            ("/supplies", {"id": f"S-{name}", "site": self.world.a1, "item": self.world.masks, "quantity": 10,
                           "source": "donation", "donation": name, "note": f"für {name}"}),
            ("/transfers", {"id": f"T-{name}", "destination": self.world.b1, "lines": [{"supply": f"S-{name}", "quantity": 6}],
                            "rationale": "needed"}),
            (transfer + "/dispatch", {}),
            (transfer + "/receive", {"lines": [{"line": 1, "good": 3, "damaged": 1, "reason": "wet"}]}),
            (transfer + "/receive", {"lines": [{"line": 1, "good": 1, "lost": 1, "reason": "gone"}]}),
            (f"/supplies/S-{name}/adjustments", {"delta": -2, "reason": "consumed"}),
        ][kind]

    def send(self, server, session, step):
        path, body = self.request(step)
        return server.post(path, body, idempotency_key=f"key-{self.number}-{step}", session=session)

    def write(self, server):
        """Until the service is gone."""
        self.answers, self.is_unknown = [], False
        with requests.Session() as session:
            session.trust_env = False
            while True:
                try:
                    reply = self.send(server, session, self.done)
                except LOST as error:
                    self.is_unknown, self.lost = True, error
                    return
                assert reply.status_code in self.wants(self.done), reply.text
                self.answers.append((self.done, reply))
                self.done += 1

    def recover(self, server):
        """Sends the round's requests again. Returns whether the unknown one had been done."""
        for step, first in self.answers:
            again = self.send(server, server.session, step)
            assert again.status_code == first.status_code, f"step {step} was acknowledged"
            assert again.content == first.content or not self.is_kept_as_it_was(step), f"step {step} was acknowledged otherwise"
            assert again.headers.get("Idempotency-Replayed") == "true" or self.is_judged_anew(step), (step, again.status_code, again.text)
        if not self.is_unknown:
            return False
        reply = self.send(server, server.session, self.done)
        assert reply.status_code in self.wants(self.done), reply.text
        self.done += 1
        return "Idempotency-Replayed" in reply.headers

    def wants(self, _):
        return {200, 201}

    def is_kept_as_it_was(self, _):
        return True

    def is_judged_anew(self, _):
        return False

    def expected(self, first):
        """(supply's on_hand and reserved, transfer's state and line) of each object from a step on."""
        table = [None, (10, 0, None), (10, 6, ("reserved", 0, 0, 0, 0, 0)), (4, 0, ("in_transit", 6, 0, 0, 0, 6)),
                 (4, 0, ("in_transit", 6, 3, 1, 0, 2)), (4, 0, ("received", 6, 4, 1, 1, 0)),
                 (2, 0, ("received", 6, 4, 1, 1, 0))]
        for number in range(first // self.STEPS, -(-self.done // self.STEPS)):
            yield number, table[min(self.STEPS, self.done - number * self.STEPS)]

    def check(self, server, first):
        for number, (on_hand, reserved, transfer) in self.expected(first):
            name = f"{self.number}-{number}"
            supply = server.get(f"/supplies/S-{name}").json()
            assert (supply["on_hand"], supply["reserved"]) == (on_hand, reserved), name
            if transfer is not None:
                told = server.get(f"/transfers/T-{name}").json()
                line = told["lines"][0]
                assert (told["state"], line["dispatched"], line["received_good"], line["received_damaged"], line["lost"],
                        line["outstanding"]) == transfer, name

    def total(self):
        """Units on shelves and on the road."""
        return sum(row[0] + (sum(row[2][i] for i in (2, 3, 5)) if row[2] else 0) for _, row in self.expected(0))


class Mixer(Client):
    """The rest of what there is to write, refusals among it."""

    STATUSES = [201, 200, 422, 200, 201, 201, 201, 201]
    STEPS = len(STATUSES)
    REFUSED = 2
    ERASED = 5  # a step whose answer is not kept as it was: the next one erases its text

    def __init__(self, world, number):
        super().__init__(world, number)
        self.seqs, self.commitments = {}, {}  # of entries, by step

    def request(self, step):
        name, kind = f"{self.number}-{step // self.STEPS}", step % self.STEPS
        row = {"indicator": self.world.indicator, "year": 2000 + step % 100, "value": step + 0.5,
               "province": ["CN-HB", "CN-GD"][self.number]}  # of its own: what changes nothing is not kept
        return [
            ("PUT", f"/items/M-{name}", {"name": name, "unit": "piece"}),
            ("PUT", f"/items/M-{name}", {"name": f"{name} again", "unit": "piece"}),
            ("POST", "/transfers", {"destination": self.world.b1, "lines": [{"supply": f"NONE-{name}", "quantity": 1}]}),
            ("PUT", "/figures", json.dumps({"figures": [row]}) + " " * 70000),  # too long for its entry
            ("PUT", f"/indicators/M-{name}", {"name": name, "unit": "people"}),
            ("POST", "/supplies", {"site": self.world.a1, "item": self.world.drug, "quantity": 1, "source": "found", "donation": f"M{name}",
                                   "lot": "L", "expiry": "2031-01-31", "note": "to be forgotten"}),
            ("POST", "/privacy/erasures", {"commitments": [self.commitments.get(step - 1)]}),
            ("POST", f"/organisations/{self.world.a}/keys", jwk(7919 * (self.number + 1) + step)),
        ][kind]

    def is_judged_anew(self, step):
        """An erasure drops the refusals that are kept, whoever got them; what is refused for good is refused again."""
        return step % self.STEPS == self.REFUSED

    def send(self, server, session, step):
        if step % self.STEPS == self.ERASED + 1 and step - 1 not in self.commitments:
            texts = server.get(f"/privacy/texts?entry={self.seqs[step - 1]}", token=True, session=session)
            self.commitments[step - 1] = texts.json()["items"][0]["commitment"]
        method, path, body = self.request(step)
        more = {"data": body} if isinstance(body, str) else {"json": body}
        headers = {"Content-Type": "application/json", **({"If-Match": "*"} if step % self.STEPS == 1 else {})}
        reply = server.write(method, path, idempotency_key=f"mix-{self.number}-{step}", session=session, headers=headers, **more)
        if reply.status_code in (200, 201):
            self.seqs[step] = reply.json()["ledger"]["seq"]
        return reply

    def wants(self, step):
        return {self.STATUSES[step % self.STEPS]}

    def is_kept_as_it_was(self, step):
        return step % self.STEPS != self.ERASED

    def check(self, server, first):
        for number in range(first // self.STEPS, self.done // self.STEPS):
            name = f"{self.number}-{number}"
            assert server.get(f"/items/M-{name}").json()["name"] == f"{name} again"
            assert server.get(f"/indicators/M-{name}").status_code == 200

    def total(self):
        return 0


def jwk(secret):
    """The public key that belongs to a number."""
    numbers = ec.derive_private_key(secret, ec.SECP256K1()).public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode() for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "secp256k1", "x": x, "y": y}


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill_while_starting(data_dir, chance):
    """A start that is killed at a random moment, mostly before it listens."""
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen([binary(), "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"],
                                   env=environment(), stdout=nothing, stderr=nothing)
        time.sleep(chance.uniform(0, 0.15))
        kill(process)


def check_ledger(data_dir):
    told = run("verify", "--data-dir", str(data_dir), seconds=300)
    assert told.returncode == 0, told.stdout + told.stderr


def kill_rounds(seed, rounds):
    print(f"TALLYSTICK_SEED={seed}")
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        data_dir = pathlib.Path(scratch) / "data"
        rounds_on(chance, data_dir, rounds)


def rounds_on(chance, data_dir, rounds):
    begin(data_dir)
    server = Server(data_dir)
    try:
        world = World(server)
        world.indicator = world.put("/indicators/mixed", {"name": "mixed", "unit": "people"})
        clients = [Client(world, number) for number in range(CLIENTS - 2)] + [Mixer(world, number) for number in range(2)]
        acknowledged = unknown_done = number = 0
        while number < rounds or (acknowledged <= rounds * CLIENTS and number < 3 * rounds):  # a slow machine has further ones
            number += 1
            first = [client.done for client in clients]
            write_and_kill(server, clients, chance)
            if chance.random() < 0.3:
                kill_while_starting(data_dir, chance)
            check_ledger(data_dir)
            server = world.server = Server(data_dir)
            acknowledged += sum(len(client.answers) for client in clients)
            unknown_done += sum(client.recover(server) for client in clients)
            for client, begun in zip(clients, first):
                client.check(server, begun)
            check_sums(server, world, clients)
        for client in clients:
            client.check(server, 0)
        accepted(server.put("/items/LAST", {"name": "still writes", "unit": "piece"}), 201)
        assert server.stop() == 0
        check_ledger(data_dir)
        print(f"{number} rounds, {acknowledged} acknowledged, {unknown_done} of {number * CLIENTS} unknown ones were done")
        assert acknowledged > rounds * CLIENTS
    finally:
        if server.exit_code is None:
            server.kill()


def write_and_kill(server, clients, chance):
    threads = [threading.Thread(target=client.write, args=(server,)) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.01, 0.4))  # the moment is the point
    wanted, until = chance.randrange(3 * CLIENTS), time.monotonic() + 10  # a slow machine is not to have acknowledged nothing
    while sum(len(client.answers) for client in clients) < wanted and time.monotonic() < until:
        time.sleep(0.002)
    server.kill()
    for thread in threads:
        thread.join()
    assert all(client.is_unknown for client in clients), "a client stopped by itself"


def check_sums(server, world, clients):
    rows = server.get(f"/supplies/summary?by=item&item={world.masks}").json()["items"]
    rows += server.get("/transfers/summary?by=item").json()["items"]
    assert sum(row.get("on_hand", 0) + row.get("outstanding", 0) for row in rows) == sum(client.total() for client in clients)


def the_seed():
    return int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))


@pytest.mark.concurrent
def test_kill_while_writing():
    kill_rounds(the_seed(), rounds=30)


def test_kill_during_the_first_start():
    """Whatever the first start had made, the next one completes."""
    seed = the_seed()
    print(f"TALLYSTICK_SEED={seed}")
    chance = random.Random(seed)
    for _ in range(8):
        with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
            data_dir = pathlib.Path(scratch) / "data"
            for _ in range(3):
                kill_while_starting(data_dir, chance)
            server = Server(data_dir)
            try:
                accepted(server.put("/items/I", {"name": "x", "unit": "piece"}), 201)
                assert len(server.get("/provinces").json()["items"]) == 31
            finally:
                assert server.stop() == 0
            check_ledger(data_dir)
