"""Measures the service and its analyses: bench/run.py --build DIR [--part all|smoke|long|NAME...] [--entries N]

Parts: machine, writes, reads, lists, mixed, size, appends, verify, proofs, analytics, frontier, models. `long` is a part of its own: a ledger of N entries,
10 million else. `all` prints the table and keeps it in
bench/RESULTS.md; `smoke` goes through everything in a few seconds and keeps nothing; single
parts, separated by commas, are measured in full and not kept. `make bench` builds what this
needs. Ratios are made within one run, the two sides in turn, since a machine's speed changes.
"""

import argparse
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from appending import measure_appends, measure_long  # noqa: F401: found by name
from frontier import largest_difference, measure_frontier, read_doubles, target_same, units_chosen  # noqa: F401: one is found by name
from models import measure_models  # noqa: F401: the same
from reads import DENSITY, measure_lists, measure_mixed, measure_reads  # noqa: F401: found by name
from service import Service, cpu_seconds, memory_mib, middle, nginx_path, pairs, seconds
from verifying import measure_verify  # noqa: F401: found by name

PARTS = ["machine", "writes", "reads", "lists", "mixed", "size", "appends", "verify", "proofs", "analytics", "frontier", "models"]
MEMORY_FOLDER = "/dev/shm"
CLIENTS = [1, 16, 64]


class Scale:
    """How long and how much: the full measurement, or a try of everything."""

    def __init__(self, is_smoke):
        self.write_s = 0.3 if is_smoke else 4
        self.read_s = 0.2 if is_smoke else 2
        self.rounds = 1 if is_smoke else 5
        self.supplies = 120 if is_smoke else 5000
        self.write_rounds = 1 if is_smoke else 3
        self.syncs = 20 if is_smoke else 1000
        self.signs = 50 if is_smoke else 3000
        self.entries = 300 if is_smoke else 100000
        self.chained, self.seals = (3000, 200) if is_smoke else (200000, 20000)
        self.small_tree, self.large_tree, self.proofs = (300, 3000, 128) if is_smoke else (10000, 1000000, 8000)
        self.appends, self.append_rounds = (400, 1) if is_smoke else (20000, 3)
        self.starts = 2 if is_smoke else 5
        self.units = [(31, 2)] if is_smoke else [(31, 50), (500, 5), (2000, 2)]
        self.values = 20000 if is_smoke else 1000000
        self.frontier = (60, 80, 300) if is_smoke else (2000, 5000, 20000)
        self.models = (300, 60) if is_smoke else (2000, 500)
        self.compared_units = 2 if is_smoke else 31


class Bench:
    def __init__(self, build, is_smoke):
        self.build = os.path.abspath(build)
        self.scale = Scale(is_smoke)
        self.lines = []
        self.targets = []
        self.folder = tempfile.mkdtemp(prefix="bench-", dir=self.build)
        self.memory = tempfile.mkdtemp(prefix="tallystick-bench-",
                                       dir=MEMORY_FOLDER if os.path.isdir(MEMORY_FOLDER) else None)
        self.running = []
        self.load = self.tool("bench/load")

    def tool(self, name):
        return os.path.join(self.build, name)

    def close(self):
        for process in self.running:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.memory, ignore_errors=True)

    def say(self, line=""):
        self.lines.append(line)
        print(line, flush=True)

    def table(self, heads, rows):
        self.say("| " + " | ".join(heads) + " |")
        self.say("| " + " | ".join("---" if i == 0 else "---:" for i in range(len(heads))) + " |")
        for row in rows:
            self.say("| " + " | ".join(row) + " |")
        self.say()

    def target(self, text, is_reached):
        self.targets.append((text, is_reached))

    def service(self, parent, name, *options):
        service = Service(self.tool("tallystick"), os.path.join(parent, name), *options)
        self.running.append(service)
        return service.start()

    def measure(self, *words):
        done = subprocess.run([self.tool("bench/measure"), *map(str, words)], capture_output=True, text=True, check=True)
        return pairs(done.stdout)


# --- the machine ---

def first_match(path, pattern):
    with open(path, encoding="utf-8", errors="replace") as file:
        match = re.search(pattern, file.read(), re.M)
    return match.group(1) if match else "unknown"


def version_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "none"
    match = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return match.group(0) if match else "unknown"


def file_system(folder):
    done = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=False)
    return done.stdout.strip().replace("ext2/ext3", "ext4 or older") or "unknown"


def packages():
    names = ["libmicrohttpd", "sqlite3", "libsecp256k1", "nettle", "jansson"]
    return ", ".join(f"{name} {version_of('pkg-config', '--modversion', name)}" for name in names)


def measure_machine(bench):
    disk = bench.measure("disk", bench.folder, bench.scale.syncs)
    sign = bench.measure("sign", bench.scale.signs)
    ed25519 = bench.measure("ed25519", bench.scale.signs)
    cores = len(os.sched_getaffinity(0))
    bench.say("## Machine")
    bench.say()
    bench.say(f"- CPU: {first_match('/proc/cpuinfo', r'^model name.*: (.*)$')}, {cores} cores, "
              f"{int(first_match('/proc/meminfo', r'^MemTotal: *([0-9]+)')) // 1048576} GiB; "
              f"load when the measurement began: {os.getloadavg()[0]:.1f}")
    bench.say(f"- Disk ({file_system(bench.folder)}): a write of 4 KiB and its fdatasync take {disk['p50_us']:.0f} µs "
              f"(median; 95 of 100 below {disk['p95_us']:.0f} µs)")
    bench.say(f"- Sealing (secp256k1, signed and verified at once), one thread: {1e6 / sign['mean_us']:.0f} per second; the second line of a "
              f"checkpoint (Ed25519, the same), one a block: {1e6 / ed25519['mean_us']:.0f} per second")
    bench.say(f"- Linux {platform.release().split('-')[0]}, gcc {version_of('gcc', '--version')}, {packages()}, "
              f"nginx {version_of(nginx_path() or 'nginx', '-v')}, Python {platform.python_version()}")
    bench.say()
    bench.sign_rate = 1e6 / sign["mean_us"]


# --- writes ---

def measure_writes(bench):
    scale = bench.scale
    places = {"disk": bench.service(bench.folder, "writes").furnish(),
              "memory": bench.service(bench.memory, "writes").furnish()}
    results = {(place, clients): [] for place in places for clients in CLIENTS}
    intakes = []
    for service in places.values():
        service.write(bench.load, 16, seconds(scale.write_s / 4)) # warm
    for _ in range(scale.write_rounds):
        for place, clients in results:
            results[place, clients].append(places[place].write(bench.load, clients, seconds(scale.write_s)))
        intakes.append(places["disk"].write(bench.load, 64, seconds(scale.write_s), "/supplies"))
    for service in places.values():
        service.stop()
    bench.say("## Durable writes over HTTP")
    bench.say()
    bench.say("One write is one `POST /transfers` of one unit (or one `POST /supplies`) with a key of its own, answered "
              "after its commit was synced. The rows \"in memory\" are the same with the data directory in tmpfs, where "
              "syncing costs nothing: what the processors allow, load generator included.")
    bench.say()
    rows = []
    labelled = [(f"transfers, {clients} client{'s' if clients > 1 else ''}, {'on disk' if place == 'disk' else 'in memory'}", found)
                for (place, clients), found in results.items()] + [("intakes, 64 clients, on disk", intakes)]
    for label, found in labelled:
        rows.append([label, f"{middle(found, 'rate'):.0f}"] +
                    [f"{middle(found, name) / 1000:.1f}" for name in ("p50_us", "p95_us", "p99_us")] +
                    [f"{middle(found, 'server_us'):.0f}"])
    bench.table(["", "per second", "p50 ms", "p95 ms", "p99 ms", "server's CPU µs each"], rows)
    one, many = middle(results["disk", 1], "rate"), middle(results["disk", 64], "rate")
    limit = middle(results["memory", 64], "rate")
    is_slow = 10 * one <= limit / 2
    bench.say(f"64 clients reach {many / one:.1f} times one client's rate and {many / limit:.2f} of the processors' limit "
              f"({limit:.0f} per second).")
    bench.say()
    if is_slow:
        bench.target("slow disk (ten times one client's rate is less than half the processors' limit): 64 clients reach at "
                     f"least 10 times one client's durable writes: {many / one:.1f}", many >= 10 * one)
    else:
        bench.target("fast disk (ten times one client's rate is more than half the processors' limit): 64 clients reach at "
                     f"least half of that limit, taken in tmpfs: {many / limit:.2f}", many >= limit / 2)


# --- memory and start ---

def measure_size(bench):
    scale = bench.scale
    service = bench.service(bench.folder, "size").furnish()
    began = time.monotonic()
    filled = service.write(bench.load, 64, ["--requests", str(scale.entries)])
    fill_s = time.monotonic() - began
    resident = memory_mib(service.process.pid, "VmRSS"), memory_mib(service.process.pid, "VmHWM")
    service.stop()
    starts, cpu = [], []
    for _ in range(scale.starts):
        service.start()
        starts.append(service.start_s)
        cpu.append(cpu_seconds(service.process.pid))
        fresh = memory_mib(service.process.pid, "VmRSS")
        service.stop()
    service.start()
    for path in ("/provinces", DENSITY, "/transfers?limit=1000", "/ledger"):
        service.call("GET", path)  # as in reads.py
        service.read(bench.load, 64, ["--requests", "2000" if scale.rounds > 1 else "64"], path)
    service.write(bench.load, 64, ["--requests", "2000" if scale.rounds > 1 else "64"])
    used = memory_mib(service.process.pid, "VmHWM")
    size_mib = os.path.getsize(os.path.join(service.data_dir, "tallystick.db")) / 1048576
    service.stop()
    bench.say(f"## Memory and start with {scale.entries:,} entries")
    bench.say()
    bench.say(f"Filled by 64 clients that post transfers until there are so many ({fill_s:.0f} s, {filled['rate']:.0f} per second). "
              "Starts are from the process's creation to its `listening` line, with the files in the page cache.")
    bench.say()
    bench.table(["", "value"], [
        ["database, MiB", f"{size_mib:.0f}"],
        ["resident after filling, MiB (highest)", f"{resident[0]:.1f} ({resident[1]:.1f})"],
        ["resident after a start, MiB", f"{fresh:.1f}"],
        ["highest after a start, lists of 1,000, densities and writes by 64 clients, MiB", f"{used:.1f}"],
        ["start, s (median; slowest)", f"{statistics.median(starts):.3f}; {max(starts):.3f}"],
        ["start, CPU s", f"{statistics.median(cpu):.3f}"],
    ])
    highest = max(resident[1], used)
    bench.target(f"memory under 64 MiB with {scale.entries:,} entries, at its highest: {highest:.1f} MiB", highest < 64)
    bench.target(f"start under 0.5 s with {scale.entries:,} entries: {statistics.median(starts):.3f} s",
                 statistics.median(starts) < 0.5)


# --- proofs ---

def measure_proofs(bench):
    scale = bench.scale
    done = subprocess.run([bench.tool("bench/tree"), bench.memory, str(scale.small_tree), str(scale.large_tree), str(scale.proofs)],
                          capture_output=True, text=True, check=True)
    found = {line.split()[0]: pairs(line.split(" ", 1)[1]) for line in done.stdout.splitlines()}
    append, size = found["append"], found["size"]
    bench.say(f"## Proofs with {scale.large_tree:,} entries, called as functions, one thread")
    bench.say()
    bench.say("Processor time, with what is read from the database (in memory); half of the proofs are for the whole tree, half for random "
              "smaller sizes. The tree's rows take "
              f"{size['bytes_each']:.0f} bytes of the disk for each entry; writing them, in blocks of 16 entries, "
              f"{append['small_us']:.2f} µs for each with {scale.small_tree:,} entries and {append['large_us']:.2f} µs with "
              f"{scale.large_tree:,}, commit included.")
    bench.say()
    bench.table(["", "µs, mean", "median", "99 of 100 below", "rows read", "µs to check"],
                [[kind, *(f"{found[kind][name]:.1f}" for name in ("mean_us", "p50_us", "p99_us", "rows", "check_us"))]
                 for kind in ("inclusion", "consistency")])
    slowest = max(found[kind]["mean_us"] for kind in ("inclusion", "consistency"))
    bench.target(f"a proof under 50 µs of processor time with {scale.large_tree:,} entries: {slowest:.1f} µs", slowest < 50)
    bench.target(f"the tree's share of an append with {scale.large_tree:,} entries at most 1.1 of that with {scale.small_tree:,}: "
                 f"{append['ratio']:.2f}", append["ratio"] <= 1.1)


# --- analyses ---

def scipy_efficiency(path, n, units):
    """scipy's HiGHS on the same data, CRS and VRS of some units: seconds for all n, largest difference."""
    import numpy
    from scipy.optimize import linprog
    values = numpy.array(read_doubles(path))
    data, scores = values[:5 * n].reshape(n, 5), values[5 * n:].reshape(n, 2)
    found = []
    began = time.process_time()
    for unit in units:
        # Variables: phi and the lambdas; maximise phi.
        above = numpy.hstack([numpy.zeros((3, 1)), data[:, :3].T])
        below = numpy.hstack([data[unit, 3:].reshape(2, 1), -data[:, 3:].T])
        bounds = numpy.concatenate([data[unit, :3], numpy.zeros(2)])
        goal = numpy.zeros(n + 1)
        goal[0] = -1
        for column, convex in ((0, None), (1, numpy.hstack([[0.0], numpy.ones(n)]).reshape(1, n + 1))):
            solved = linprog(goal, A_ub=numpy.vstack([above, below]), b_ub=bounds, A_eq=convex,
                             b_eq=None if convex is None else [1.0], method="highs")
            found.append(math.nan if solved.status != 0 else -1 / solved.fun)
    return (time.process_time() - began) * n / len(units), largest_difference(scores[units].ravel(), found)


def scipy_density(path, n):
    import numpy
    from scipy.stats import gaussian_kde
    values = numpy.array(read_doubles(path))
    sample, (bandwidth, low, high), density = values[:n], values[n:n + 3], values[n + 3:]
    began = time.process_time()
    theirs = gaussian_kde(sample, bw_method=bandwidth / sample.std(ddof=1))(numpy.linspace(low, high, len(density)))
    return time.process_time() - began, float(abs(theirs - density).max() / density.max())


def measure_analytics(bench):
    try:
        import scipy
        theirs = f"scipy {scipy.__version__}"
    except ImportError:
        theirs = None
    path = os.path.join(bench.memory, "data")
    rows = []
    for kind, n, runs in [("efficiency", n, runs) for n, runs in bench.scale.units] + [
            ("density", 31, 1000), ("density", bench.scale.values, 3)]:
        done = subprocess.run([bench.tool("bench/analytics"), kind, str(n), str(runs), path],
                              capture_output=True, text=True, check=True)
        ours = pairs(done.stdout)
        row = [f"{kind}, n = {n:,}", f"{ours['wall_s'] * 1000:.{1 if ours['wall_s'] > 0.001 else 3}f}"]
        if kind == "density" and n == 31:
            bench.target(f"density of 31 values in less than 50 microseconds: {ours['wall_s'] * 1e6:.0f}", ours["wall_s"] < 50e-6)
        if theirs is not None:
            other, worst = (scipy_efficiency(path, n, units_chosen(n, min(n, bench.scale.compared_units))) if kind == "efficiency" else
                            scipy_density(path, n))
            if kind == "efficiency":
                compared = min(n, bench.scale.compared_units)
                target_same(bench, f"efficiency, n = {n:,}: the CRS and VRS scores of {compared} units, ours and HiGHS's", worst)
            if kind == "density" and n == 1000000:
                bench.target(f"density of 1,000,000 values 100 times as fast as scipy's, within 1e-6 of its peak: {other / ours['cpu_s']:.0f} "
                             f"times, {worst:.0e}", other / ours["cpu_s"] >= 100 and worst < 1e-6)
            row += [f"{other * 1000:,.0f}", f"{other / ours['cpu_s']:.0f}", f"{worst:.0e}"]
        rows.append(row)
    bench.say("## Analyses, called as functions, one thread")
    bench.say()
    bench.say("Efficiency: 3 inputs, 2 outputs, CRS, VRS and NIRS scores, multi-stage slacks, targets, peers and certificates. "
              "Density: gaussian, Silverman's bandwidth, 512 points, summary included.")
    if theirs is not None:
        bench.say(f"Beside it {theirs} on the same data, processor time: `linprog` (HiGHS) for the CRS and VRS scores alone, "
                  f"of more than {bench.scale.compared_units} units that many chosen by chance among all, always the same ones, each beside all units, their time "
                  "scaled to all (the difference is that of these); `gaussian_kde` with our bandwidth.")
    bench.say()
    bench.table(["", "ms"] + (["scipy ms", "times", "largest difference"] if theirs else []), rows)


def report_targets(bench):
    bench.say("## Targets")
    bench.say()
    for text, is_reached in bench.targets:
        bench.say(f"- {'reached' if is_reached else '**not reached**'}: {text}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--part", default="all", help="all, smoke, or some of: long, " + ", ".join(PARTS))
    parser.add_argument("--entries", type=int, default=10000000, help="of the part long")
    options = parser.parse_args()
    is_smoke, is_all = options.part == "smoke", options.part == "all"
    parts = PARTS if is_smoke or is_all else options.part.split(",")
    if unknown := set(parts) - {*PARTS, "long"}:
        parser.error(f"no part is named {', '.join(sorted(unknown))}")
    bench = Bench(options.build, is_smoke)
    bench.long = options.entries
    try:
        bench.say("# Measured")
        bench.say()
        bench.say(f"By `make bench` on {time.strftime('%Y-%m-%d', time.gmtime())}. Numbers of one machine and one day: compare "
                  "ratios, or both sides on your own.")
        bench.say()
        for part in parts:
            globals()["measure_" + part](bench)
        report_targets(bench)
        if is_all:
            with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "RESULTS.md"), "w", encoding="utf-8") as file:
                file.write("\n".join(bench.lines) + "\n")
    finally:
        bench.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
