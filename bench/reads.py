"""Reads: against nginx and a bare server of Node.js, lists of a hundred rows, and beside writes."""

import concurrent.futures
import os
import re
import shutil
import statistics
import subprocess

from service import ITEM, ORIGIN, Nginx, Node, free_ports, middle, nginx_path, seconds

DENSITY = "/density?indicator=health_personnel_all_per_10k&years=2010,2014,2018&by=belt&relative_to=mean"
# What is asked for, and what it is to reach of nginx: a small answer, a list, a computation's curves.
PATHS = {"province": ("/provinces/CN-HB", 0.9), "provinces": ("/provinces", 0.9), "density": (DENSITY, 0.8)}
# Like is measured with like: whoever writes a line of log for each request, and whoever writes none.
OURS, QUIET = "ours", "ours, without access log"
NGINX_SIDES = {"nginx, with access log": OURS, "nginx, without": QUIET}
NODE_LEAST = 1.5


def wrk_rate(address, path):
    done = subprocess.run(["wrk", "-t", "1", "-c", "64", "-d", "2s", f"http://{address}{path}"],
                          capture_output=True, text=True, check=False)
    match = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    return float(match.group(1)) if match else float("nan")


def in_turn(bench, sides):
    """Rounds of the sides, one after the other: results of each side."""
    results = {side: [] for side in sides}
    for _ in range(bench.scale.rounds):
        for side, run in sides.items():
            results[side].append(run())
    return results


def ratio(results, side):
    """Ours to a side, the median of the rounds'."""
    return statistics.median(ours["rate"] / other["rate"] for ours, other in zip(results[NGINX_SIDES.get(side, OURS)], results[side]))


def row(side, found, last):
    return [side, f"{middle(found, 'rate'):.0f}", f"{middle(found, 'p50_us') / 1000:.2f}", f"{middle(found, 'p99_us') / 1000:.2f}",
            f"{middle(found, 'server_us'):.1f}", last]


def report_reads(bench, path, size, results, least):
    bench.say(f"`GET {path}`, {size} bytes:")
    bench.say()
    bench.table(["", "per second", "p50 ms", "p99 ms", "server's CPU µs each", "ours to this"],
                [row(side, found, "" if side in (OURS, QUIET) else f"{ratio(results, side):.2f}") for side, found in results.items()])
    for side, wanted in least.items():
        if side in results:
            bench.target(f"`GET {path.split('?')[0]}` ({size} bytes) at least {wanted} of {side}: {ratio(results, side):.2f}",
                         ratio(results, side) >= wanted)


def start_nodes(bench, content, workers):
    nodes = {}
    if shutil.which("node"):
        for name, count in {"node, one process": 0, f"node, a cluster of {workers}": workers}.items():
            nodes[name] = Node(bench.memory, content, count, free_ports(1)[0])
            bench.running.append(nodes[name])
            nodes[name].start()
    return nodes


def measure_reads(bench):
    service = bench.service(bench.memory, "reads").furnish()
    quiet = bench.service(bench.memory, "quiet", "--log-level", "warn").furnish()
    contents = {name: service.call("GET", path)[2] for name, (path, _) in PATHS.items()}
    for path, _ in PATHS.values():
        quiet.call("GET", path)  # kept answers are measured: 64 callers of one address would be too many for one that is not
    workers = len(os.sched_getaffinity(0))
    limit = seconds(bench.scale.read_s)
    nginx = None
    bench.say("## Reads against nginx and Node.js")
    bench.say()
    if nginx_path() is not None:
        nginx = Nginx(os.path.join(bench.memory, "nginx"), contents, workers, free_ports(2))
        bench.running.append(nginx)
        nginx.start()
        bench.say(f"64 kept-alive clients, no pipelining, our load generator; nginx with {workers} workers serves the same bytes "
                  "from tmpfs (sendfile, open_file_cache), with headers of about the same size. Ours logs one line a request "
                  "to a file, as nginx does with its access log, and none with `--log-level warn`: each is measured with its like. "
                  "The sides run in turn; the ratio is the median of the rounds'.")
    else:
        bench.say("nginx is not installed: our own numbers alone.")
    bench.say()
    nodes = start_nodes(bench, contents["province"], workers)
    for name, (path, least) in PATHS.items():
        sides = {OURS: lambda path=path: service.read(bench.load, 64, limit, path)}
        if nginx is not None:
            sides |= {QUIET: lambda path=path: quiet.read(bench.load, 64, limit, path)}
            sides |= {side: lambda name=name, like=like: nginx.read(bench.load, 64, limit, "/" + name, like == OURS)
                      for side, like in NGINX_SIDES.items()}
        if name == "province":
            sides |= {side: lambda node=node: node.read(bench.load, 64, limit) for side, node in nodes.items()}
        wanted = {side: least for side in NGINX_SIDES} | {side: NODE_LEAST for side in nodes if "one" in side}
        report_reads(bench, path, len(contents[name]), in_turn(bench, sides), wanted)
    if nginx is not None and shutil.which("wrk") and bench.scale.rounds > 1:
        for name, (path, _) in PATHS.items():
            rates = [wrk_rate(service.address, path) / wrk_rate(f"127.0.0.1:{nginx.logging}", "/" + name) for _ in range(3)]
            bench.say(f"The same by `wrk -t1 -c64`, `{path.split('?')[0]}`, nginx with its access log: "
                      f"ratio {statistics.median(rates):.2f}.")
        bench.say()
    for process in [nginx, *nodes.values(), service, quiet]:
        if process is not None:
            process.stop()


def measure_lists(bench):
    """Pages of a hundred supplies. PostgREST is in no registry that a Debian machine has, so they stand alone."""
    service = bench.service(bench.memory, "lists").furnish()
    for number in range(bench.scale.supplies):
        stock = {"id": f"LOT-{number:05}", "site": ORIGIN, "item": ITEM, "quantity": 100, "source": "opening", "lot": f"L{number}"}
        service.expect(service.call("POST", "/supplies", stock, **{"Idempotency-Key": f"list-{number}"}), 201)
    limit = seconds(bench.scale.read_s)
    first = "/supplies?limit=100"
    size = len(service.call("GET", first)[2])
    asked = {"the same page again (kept)": [], "a reader with a token (never kept)": ["--header", "Authorization: Bearer " + service.token()]}
    rows = [row(name, [service.read(bench.load, 64, limit, first, *words) for _ in range(bench.scale.rounds)], "")[:-1]
            for name, words in asked.items()]
    bench.say("## Lists of 100 rows")
    bench.say()
    bench.say(f"`GET {first}` of {bench.scale.supplies} supplies, {size} bytes, 64 kept-alive clients. PostgREST, which this would be measured against, "
              "comes neither with Debian nor with npm or PyPI; the numbers stand without it.")
    bench.say()
    bench.table(["", "per second", "p50 ms", "p99 ms", "server's CPU µs each"], rows)
    service.stop()


def measure_mixed(bench):
    """Everything at once: what one class of requests costs the others."""
    service = bench.service(bench.folder, "mixed").furnish()
    limit = seconds(bench.scale.write_s)
    kinds = {"transfers, 8 clients": lambda: service.write(bench.load, 8, limit),
             "`/provinces`, 32 clients": lambda: service.read(bench.load, 32, limit, "/provinces"),
             "`/supplies/summary`, 8 clients": lambda: service.read(bench.load, 8, limit, "/supplies/summary?by=item,province"),
             "`/healthz`, 1 client": lambda: service.read(bench.load, 1, limit, "/healthz")}
    with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
        running = {name: pool.submit(run) for name, run in kinds.items()}
        rows = [[name, f"{done.result()['rate']:.0f}", f"{done.result()['p50_us'] / 1000:.2f}", f"{done.result()['p99_us'] / 1000:.2f}"]
                for name, done in running.items()]
    bench.say("## All at once")
    bench.say()
    bench.say("Writes, reads that change with every write, and probes beside each other, on disk; the load generators share the processors.")
    bench.say()
    bench.table(["", "per second", "p50 ms", "p99 ms"], rows)
    service.stop()
