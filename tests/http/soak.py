"""A service under mixed work at four fifths of what it can do: what grows, what fails, how long answers take."""

import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import threading
import time

from conftest import ROOT
from world import World

LOAD = ROOT / os.environ.get("TALLYSTICK_BUILD", "build/release") / "bench" / "load"
DENSITY = {"values": [number * 0.37 % 11 for number in range(2000)]}
SHARE = 0.8  # of what it can do
MORE_CLIENTS = 4  # than as many as keep it busy, so that nobody waits for a client to be free
CALIBRATION_SECONDS = 4
PAGES = 2 ** 20  # of memory growth that is none: what caches and allocators have not taken yet


def pairs(line):
    return {name: float(value) for name, value in (word.split("=", 1) for word in line.split() if "=" in word)}


def resident(server):
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


class Work:
    """Kinds of requests, each by a load generator of its own."""

    def __init__(self, server):
        world = World(server)
        supply = world.intake(10 ** 12)["id"]
        bearer = ["--header", f"Authorization: Bearer {server.token}"]
        transfer = json.dumps({"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}], "note": "Soaked through"})
        intake = json.dumps({"site": world.a1, "item": world.masks, "quantity": 1, "source": "found"})
        self.address = f"127.0.0.1:{server.port}"
        self.runs = 0
        self.kinds = {
            "transfers": (4, ["--method", "POST", "--path", "/transfers", "--body", transfer, "--status", "201", *bearer]),
            "intakes": (4, ["--method", "POST", "--path", "/supplies", "--body", intake, "--status", "201", *bearer]),
            "provinces": (4, ["--path", "/provinces"]),
            "transfers read": (4, ["--path", "/transfers?limit=100", *bearer]),
            "summary": (2, ["--path", "/supplies/summary?by=item,province"]),
            "proofs": (2, ["--path", "/ledger/proof?seq=3"]),
            "densities": (2, ["--method", "POST", "--path", "/density", "--body", json.dumps(DENSITY)]),
            "probes": (1, ["--path", "/healthz"]),
        }

    def run_kind(self, name, seconds, rate):
        clients, words = self.kinds[name]
        clients *= MORE_CLIENTS if rate else 1
        if "POST" in words and "/density" not in words:
            words = [*words, "--key", f"soak-{self.runs}-{name}"]
        done = subprocess.run([LOAD, "--address", self.address, "--clients", str(clients), "--seconds", str(seconds), *words,
                               *(["--rate", f"{rate:.3f}"] if rate else [])], capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return pairs(done.stdout)

    def run(self, seconds, rates=None):
        """{kind: what its load generator counted}; every answer had the status that it should have."""
        self.runs += 1
        with concurrent.futures.ThreadPoolExecutor(len(self.kinds)) as pool:
            running = {name: pool.submit(self.run_kind, name, seconds, (rates or {}).get(name)) for name in self.kinds}
            return {name: done.result() for name, done in running.items()}


class Watch(threading.Thread):
    """Samples memory and descriptors while the work is done."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.samples, self.is_over = server, [], threading.Event()

    def run(self):
        while not self.is_over.wait(0.5):
            self.samples.append((resident(self.server), descriptors(self.server)))

    def stop(self):
        self.is_over.set()
        self.join()


def soak(server, seconds, is_instrumented):
    work = Work(server)
    before = descriptors(server)
    capacity = work.run(CALIBRATION_SECONDS)
    rates = {name: max(0.5, SHARE * found["rate"]) for name, found in capacity.items()}
    watch = Watch(server)
    watch.start()
    began = time.monotonic()
    found = work.run(seconds, rates)
    took = time.monotonic() - began
    watch.stop()
    for name, counted in found.items():
        print(f"{name}: {counted['requests']:.0f} requests, {counted['rate']:.1f} a second, median {counted['p50_us'] / 1000:.2f} ms, "
              f"p99 {counted['p99_us'] / 1000:.2f} ms, longest {counted['max_us'] / 1000:.1f} ms")
        assert counted["wrong"] == 0 and counted["requests"] > 0
    third = len(watch.samples) // 3
    middle, last = (statistics.median(memory for memory, _ in part) for part in (watch.samples[third:2 * third], watch.samples[2 * third:]))
    print(f"{took:.0f} s; resident {middle / PAGES:.1f} MiB in the middle, {last / PAGES:.1f} MiB at the end; "
          f"descriptors {before} before, {max(count for _, count in watch.samples)} at most")
    if not is_instrumented:  # a sanitizer keeps what was freed
        assert last <= middle * 1.05 + 2 * PAGES
    deadline = time.monotonic() + 10
    while descriptors(server) > before:
        assert time.monotonic() < deadline, (before, descriptors(server))
        time.sleep(0.1)
    assert " status=5" not in server.log()
