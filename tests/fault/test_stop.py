"""SIGTERM while clients write: what was sent on a connection that was taken is done and answered, nothing else is done, and
the exit is in order and quick."""

import os
import pathlib
import random
import secrets
import signal
import socket
import tempfile
import threading
import time

import pytest
import urllib3

from conftest import Server, key
from test_kill import Client, check_ledger, check_sums
from world import World

ROUNDS = 6
CLIENTS = 12
STOP_SECONDS = 20


def was_let_in(error):
    """Whether a request failed on a connection that there was: nobody who was let in may lose one."""
    return not isinstance(getattr(error.args[0] if error.args else None, "reason", None), urllib3.exceptions.NewConnectionError)


def stop_while_writing(server, clients, chance):
    threads = [threading.Thread(target=client.write, args=(server,)) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.02, 0.4))  # the moment is the point
    began = time.monotonic()
    assert server.stop() == 0, server.log()[-2000:]
    took = time.monotonic() - began
    for thread in threads:
        thread.join()
    assert [client.lost for client in clients if was_let_in(client.lost)] == []
    return took


@pytest.mark.concurrent
def test_sigterm_while_writing():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        data_dir = pathlib.Path(scratch) / "data"
        server = Server(data_dir)
        try:
            world = World(server)
            clients = [Client(world, number) for number in range(CLIENTS)]
            for _ in range(ROUNDS):
                first = [client.done for client in clients]
                took = stop_while_writing(server, clients, chance)
                print(f"stopped in {took:.2f} s")
                check_ledger(data_dir)
                server = world.server = Server(data_dir)
                # a request that found the service closing was not begun: all that was done was answered
                assert sum(client.recover(server) for client in clients) == 0
                for client, begun in zip(clients, first):
                    client.check(server, begun)
                check_sums(server, world, clients)
        finally:
            if server.exit_code is None:
                server.kill()


def test_a_request_on_its_way_is_answered():
    """One whose body is still coming when the signal arrives; a new connection is refused meanwhile or closed."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(pathlib.Path(scratch) / "data")
        body = b'{"name": "Late", "unit": "piece"}'
        head = (f"PUT /items/LATE HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\nIdempotency-Key: {key()}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        with server.connect(STOP_SECONDS) as connection:
            connection.sendall(head + body[:5])
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            connection.sendall(body[5:])
            connection.shutdown(socket.SHUT_WR)
            reply = b""
            while piece := connection.recv(65536):
                reply += piece
        assert reply.startswith(b"HTTP/1.1 201 "), reply
        assert server.stop() == 0
