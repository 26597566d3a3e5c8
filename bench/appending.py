"""Measures what the log costs when it is written: through the sequencer beside its bare means, over HTTP, and in a very long ledger."""

import json
import os
import statistics
import subprocess
import time

from service import ORGANISATION, pairs, run_load

GROUP, LONG_SMALL = 64, 10000


def appends(bench, name, count, *kind):
    """bench/appends in a directory of its own on the disk."""
    path = os.path.join(bench.folder, name)
    done = subprocess.run([bench.tool("bench/appends"), path, str(count), str(GROUP), *kind], capture_output=True, text=True, check=True)
    return pairs(done.stdout)


def sign(bench, *words):
    return subprocess.run([bench.tool("bench/sign"), *map(str, words)], capture_output=True, text=True, check=True).stdout


class Signing:
    """A service whose measured organisation has the measurement's key, and a token of that organisation."""

    def __init__(self, bench):
        self.bench, self.runs = bench, 0
        self.service = bench.service(bench.folder, "appends").furnish()
        self.origin = json.loads(self.service.call("GET", "/ledger")[2])["origin"]
        self.service.expect(self.service.call("POST", f"/organisations/{ORGANISATION}/keys", json.loads(sign(bench, "jwk")),
                                              **{"Idempotency-Key": "bench-key"}), 201)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
        self.token = subprocess.run([bench.tool("tallystick"), "token", "create", "--data-dir", self.service.data_dir, "--organisation", ORGANISATION,
                                     "--role", "operator"], capture_output=True, text=True, check=True, env=environment).stdout.strip()

    def write(self, count, is_signed):
        """So many intakes by 64 clients, each once."""
        self.runs += 1
        path = os.path.join(self.bench.memory, "lines")
        words = ["lines", self.origin] if is_signed else ["plain"]
        with open(path, "w", encoding="ascii") as file:
            file.write(sign(self.bench, *words, f"r{self.runs}", count))
        key = [] if is_signed else ["--key", f"r{self.runs}"]
        return run_load(self.bench.load, self.service.address, 64, ["--requests", str(count)], [self.service.process.pid], [
            "--method", "POST", "--path", "/supplies", "--status", "201", "--lines", path, *key,
            "--type", "application/jose" if is_signed else "application/json", "--header", "Authorization: Bearer " + self.token])


def measure_appends(bench):
    scale = bench.scale
    turns = [{kind: appends(bench, f"appends-{turn}-{kind}", scale.appends, *kind.split()) for kind in ("signed", "signed checked", "unsigned")}
             for turn in range(scale.append_rounds)]
    found = {kind: sorted((turn[kind] for turn in turns), key=lambda run: run["ratio"])[len(turns) // 2] for kind in turns[0]}
    signing = Signing(bench)
    writes = [(signing.write(scale.appends, True), signing.write(scale.appends, False)) for _ in range(scale.append_rounds)]
    signing.service.stop()
    signed, unsigned = (sorted((pair[side] for pair in writes), key=lambda run: run["rate"])[len(writes) // 2] for side in (0, 1))
    log = found["signed"]
    bench.say("## Appends")
    bench.say()
    bench.say(f"Intakes, {GROUP} of them waiting in the queue, synced to the disk block by block. Ours: JWS taken apart, verified and read "
              "by one thread, which goes on while a block is made, carried out, chained, sealed and committed by the sequencer's. Bare: a loop that "
              "writes the very rows that came of it into a copy of the database, as many entries to a transaction, with two SHA-256 and one signature "
              "for each, while another thread verifies the same signatures. Ours verifies what it signed, too, the seals of a block together; "
              "in the second row the bare loop does so one by one, as in the machine's section.")
    bench.say()
    names = {"signed": "signed", "signed checked": "signed, bare seals verified too", "unsigned": "unsigned"}
    bench.table(["", "ours per second", "CPU µs each", "bare per second", "CPU µs each", "ratio", "entries to a block", "bytes each on disk"], [
        [names[kind], *(f"{run[name]:,.0f}" for name in ("per_s", "cpu_us", "bare_per_s", "bare_cpu_us")), f"{run['ratio']:.2f}",
         f"{run['group']:.0f}", f"{run['bytes_each']:,.0f}"] for kind, run in found.items()])
    bench.table(["64 clients over HTTP, on disk", "per second", "p50 ms", "p99 ms", "server's CPU µs each"], [
        [name, f"{run['rate']:,.0f}", f"{run['p50_us'] / 1000:.1f}", f"{run['p99_us'] / 1000:.1f}", f"{run['server_us']:.0f}"]
        for name, run in (("signed", signed), ("unsigned", unsigned))])
    bench.say(f"A signed write reaches {statistics.median(pair[0]['rate'] / pair[1]['rate'] for pair in writes):.2f} of an unsigned one's rate.")
    bench.say()
    checked = found["signed checked"]
    bench.target(f"signed appends through the sequencer at least 0.8 of the bare loop, whose signatures nobody verifies: {log['ratio']:.2f}",
                 log["ratio"] >= 0.8)
    bench.target(f"the same, where the bare loop verifies what it signs: {checked['ratio']:.2f}", checked["ratio"] >= 0.8)
    bench.target(f"the same over HTTP at 64 clients at least 0.5 of the sequencer's: {signed['rate'] / log['per_s']:.2f}", signed["rate"] >= 0.5 * log["per_s"])


def measure_long(bench):
    """In a ledger of bench.long entries, beside one of 10,000. Not part of `make bench`: it takes about an hour and 40 GB."""
    small, large = os.path.join(bench.folder, "long-small"), os.path.join(bench.folder, "long-large")
    count = 20480 if bench.long >= 100000 else 1024
    began = time.monotonic()
    small_ordered = os.path.join(bench.folder, "long-small-ordered")
    for path, entries in ((small, min(LONG_SMALL, bench.long)), (small_ordered, min(LONG_SMALL, bench.long)), (large, bench.long)):
        subprocess.run([bench.tool("bench/fill"), path, str(entries), "256"], check=True, stdout=subprocess.DEVNULL)
    filled_s = time.monotonic() - began
    size = os.path.getsize(os.path.join(large, "tallystick.db"))
    ordered, rows = (pairs(subprocess.run([bench.tool("bench/fill"), "compare", beside, large, str(count), *words],
                                          capture_output=True, text=True, check=True).stdout)
                     for beside, words in ((small_ordered, ["ordered"]), (small, [])))
    done = subprocess.run([bench.tool("bench/tree"), bench.folder, str(min(LONG_SMALL, bench.long)), str(bench.long), "8000"],
                          capture_output=True, text=True, check=True)
    tree = {line.split()[0]: pairs(line.split(" ", 1)[1]) for line in done.stdout.splitlines()}
    bench.say(f"## Appends to a ledger of {bench.long:,} entries")
    bench.say()
    bench.say(f"Two ledgers of transfers, filled by the rules in blocks of 256 ({filled_s:,.0f} s; the large one takes {size / 2 ** 30:.1f} GiB, {size / bench.long:,.0f} bytes "
              f"an entry). Then {count:,} entries more for each, in blocks of 64, in turns of 512: everything that an append is, from reading the command to the synced commit. "
              "Idempotency keys are UUIDs: of version 7, which grow with time, or of version 4, which are random; the ledgers are filled with random ones. "
              "Below it the tree's rows alone, in files of their own.")
    bench.say()
    bench.table(["µs for each entry", f"with {min(LONG_SMALL, bench.long):,}", f"with {bench.long:,}", "ratio"], [
        *([f"a whole append, {keys} keys, {what}", f"{of[f'small_{column}']:.1f}", f"{of[f'large_{column}']:.1f}", f"{of[ratio]:.2f}"]
          for keys, of in (("growing", ordered), ("random", rows))
          for what, column, ratio in (("clock", "us", "ratio"), ("processor", "cpu_us", "cpu_ratio"))),
        ["the tree, processor", f"{tree['append']['small_us']:.2f}", f"{tree['append']['large_us']:.2f}", f"{tree['append']['ratio']:.2f}"],
        ["a proof of inclusion, processor", "", f"{tree['inclusion']['mean_us']:.1f}", ""]])
    for keys, of in (("keys that grow with time", ordered), ("random keys", rows)):
        bench.target(f"an append with {bench.long:,} entries at most 1.1 of one with {LONG_SMALL:,}, {keys}, processor time: {of['cpu_ratio']:.2f}",
                     of["cpu_ratio"] <= 1.1)
    bench.target(f"the tree's share of it, too: {tree['append']['ratio']:.2f}", tree["append"]["ratio"] <= 1.1)
