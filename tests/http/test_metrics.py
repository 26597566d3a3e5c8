"""/metrics: well-formed for Prometheus, counts what happened, bounded in its labels."""

import re

from conftest import Server
from world import World

SERIES = re.compile(r'([a-z_]+)(?:\{(.*)\})? ([0-9.e+-]+)\Z')
LABEL = re.compile(r'([a-z_]+)="([^"\\\n]*)"')


def metrics(server):
    """{(name, labels): value}, each line checked: its family's head comes first, series are not doubled."""
    reply = server.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.text.endswith("\n")
    found, kinds = {}, {}
    for line in reply.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            name, labels, value = SERIES.match(line).groups()
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            assert kinds.get(name) in ("counter", "gauge") or kinds.get(family) == "histogram", line
            assert ",".join(f'{n}="{v}"' for n, v in LABEL.findall(labels or "")) == (labels or "")
            key = name, tuple(LABEL.findall(labels or ""))
            assert key not in found, line
            found[key] = float(value)
    check_histograms(found, kinds)
    return found


def check_histograms(found, kinds):
    for family in (name for name, kind in kinds.items() if kind == "histogram"):
        series = {}
        for (name, labels), value in found.items():
            if name == family + "_bucket":
                series.setdefault(labels[:-1], []).append((float(labels[-1][1]), value))
        for labels, buckets in series.items():
            counts = [value for _, value in sorted(buckets)]
            assert counts == sorted(counts) and sorted(buckets)[-1][0] == float("inf")
            assert found[family + "_count", labels] == counts[-1] and (family + "_sum", labels) in found


def requests_of(found, method, route, status):
    return found.get(("tallystick_http_requests_total", (("method", method), ("route", route), ("status", status))), 0)


def test_the_databases_sizes_are_those_on_the_disk(start):
    server = start()
    World(server).intake(1)
    paths = {"ledger": "tallystick.db", "ledger_wal": "tallystick.db-wal", "node": "node.db", "node_wal": "node.db-wal"}
    found = {name: server.data_dir / path for name, path in paths.items()}

    def told_and_there():
        text = server.get("/metrics").text
        told = {name: float(value) for name, value in re.findall(r'^tallystick_database_bytes\{file="(\w+)"\} (\S+)$', text, re.M)}
        return told, {name: path.stat().st_size if path.exists() else 0 for name, path in found.items()}
    seen = [told_and_there() for _ in range(3)]  # the log is moved once behind a change, perhaps between one of these and its look
    told = seen[-1][0]
    assert list(told) == list(paths) and sum(one == other for one, other in seen) >= 2
    assert told["ledger"] + told["ledger_wal"] > 100_000


def test_requests_and_blocks_are_counted(start):
    server = start()
    world = World(server)
    before = metrics(server)
    for _ in range(3):
        world.intake(1)
    for _ in range(5):
        assert server.get("/supplies/nope").status_code == 404
    assert server.get("/no/such/" + "x" * 50).status_code == 404
    after = metrics(server)
    assert requests_of(after, "POST", "/supplies", "2xx") == requests_of(before, "POST", "/supplies", "2xx") + 3
    assert requests_of(after, "GET", "/supplies/{id}", "4xx") == requests_of(before, "GET", "/supplies/{id}", "4xx") + 5
    assert requests_of(after, "", "", "4xx") == requests_of(before, "", "", "4xx") + 1
    entries = ("tallystick_ledger_entries", ())
    assert after[entries] == before[entries] + 3 == server.get("/ledger").json()["size"]
    blocks = ("tallystick_blocks_total", (("outcome", "committed"),))
    assert after[blocks] == before[blocks] + 3
    assert after["tallystick_block_commands_sum", ()] == before["tallystick_block_commands_sum", ()] + 3
    assert after["process_resident_memory_bytes", ()] > 1e6 and after["process_open_fds", ()] > 5
    assert not any("x" * 50 in label for _, labels in after for _, label in labels)


def test_caches_jobs_and_requests_under_way(start):
    server = start("--loops", "1")
    lookups = "tallystick_cache_lookups_total"

    def counted(cache, outcome):
        return metrics(server)[lookups, (("cache", cache), ("outcome", outcome))]
    hits, misses = counted("replies", "hit"), counted("replies", "miss")
    for _ in range(4):
        server.get("/provinces")
    assert counted("replies", "hit") == hits + 3 and counted("replies", "miss") > misses
    density = "/density?indicator=beds_per_10k&years=2019"
    for language in ("text/csv", "application/json"):  # another reply, the same analysis
        assert server.get(density, headers={"Accept": language}).status_code == 200
    assert (counted("analyses", "miss"), counted("analyses", "hit")) == (1, 1)
    found = metrics(server)
    assert found["tallystick_job_duration_seconds_count", (("kind", "stored"),)] == 1
    assert found["tallystick_job_duration_seconds_count", (("kind", "sent"),)] == 0
    assert found["tallystick_http_requests_in_flight", ()] == 1  # this one
    assert found["tallystick_analysis_cache_bytes", ()] > 1000


def test_private(start):
    server = start("--private")
    assert server.get("/metrics").status_code == 401
    assert server.get("/metrics", token=True).status_code == 200
