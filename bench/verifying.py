"""Measures verification: its parts, called as functions, and the sub-command on a ledger."""

import json
import os
import select
import subprocess
import time

from service import memory_mib


def fill(bench, name, entries):
    path = os.path.join(bench.folder, name)
    subprocess.run([bench.tool("bench/fill"), path, str(entries)], check=True, stdout=subprocess.DEVNULL)
    return path


def verify(bench, path, *options):
    """The report, and what it took: seconds, processor seconds, highest MiB."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    began = time.monotonic()
    process = subprocess.Popen([bench.tool("tallystick"), "verify", "--data-dir", path, "--json", *options],
                               stdout=subprocess.PIPE, env=environment)
    highest = 0.0
    while not select.select([process.stdout], [], [], 0.02)[0]:  # the object comes at the end
        highest = max(highest, memory_mib(process.pid, "VmHWM"))
    report = json.loads(process.stdout.read())
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    if process.returncode != 0 or report["ok"] is not True:
        raise SystemExit(f"bench: {path} does not verify: {report}")
    return report, took, usage.ru_utime + usage.ru_stime, highest


def tool_pairs(bench, *words):
    done = subprocess.run([bench.tool("bench/verify"), *map(str, words)], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in (word.split("=", 1) for word in done.stdout.split() if "=" in word)}


def measure_verify(bench):
    scale = bench.scale
    chain = tool_pairs(bench, "chain", scale.chained)
    seals = tool_pairs(bench, "signatures", scale.seals)
    cores = len(os.sched_getaffinity(0))
    path, small = fill(bench, "verify", scale.entries), fill(bench, "verify-small", scale.entries // 5)
    runs = [verify(bench, path) for _ in range(scale.starts if scale.starts < 3 else 3)]
    report, took, cpu, highest = min(runs, key=lambda run: run[1])
    lowest = verify(bench, small)[3]
    _, again, _, _ = verify(bench, path, "--incremental")
    bench.say("## Verification")
    bench.say()
    bench.say(f"Chain and tree: both hashes, body digest and tree of entries of {chain['entry_bytes']:.0f} bytes, one thread; beside it nettle's "
              "SHA-256 of the same bytes, once. Seals: by the pool on all processors; beside it libsecp256k1's own verifying in one "
              "thread, key and signature taken apart before.")
    bench.say()
    bench.table(["", "ours per second", "the library's per second", "ratio"], [
        ["chain and tree, one thread", f"{chain['per_s']:,.0f}", f"{chain['library_sha256_per_s']:,.0f}", f"{chain['ratio']:.2f}"],
        [f"seals, {seals['cores']:.0f} cores", f"{seals['per_s']:,.0f}", f"{seals['library_per_s']:,.0f}", f"{seals['ratio']:.2f} a core"],
    ])
    bench.say(f"`tallystick verify` of a ledger of {report['entries']:,} entries (transfers, 64 to a block), everything, the fastest of "
              f"{len(runs)} runs:")
    bench.say()
    bench.table(["", "value"], [
        ["entries per second", f"{report['entries'] / took:,.0f}"],
        ["seconds; processor seconds", f"{took:.1f}; {cpu:.1f}"],
        ["signatures, checkpoints, commands carried out again", f"{report['signatures']:,}, {report['checkpoints']:,}, {report['replayed']:,}"],
        [f"highest memory, MiB (with {scale.entries // 5:,} entries)", f"{highest:.1f} ({lowest:.1f})"],
        ["`--incremental` where nothing has come since, s", f"{again:.3f}"],
    ])
    bench.target(f"chain and tree at least 1,000,000 entries a second and core: {chain['per_s']:,.0f}", chain["per_s"] >= 1e6)
    bench.target(f"seals at least 0.9 of libsecp256k1's own rate times {cores} cores: {seals['ratio']:.2f}", seals["ratio"] >= 0.9)
    bench.target(f"verification's memory does not grow: {highest:.1f} MiB with {scale.entries:,} entries, {lowest:.1f} with a fifth of them",
                 highest <= 1.2 * lowest or scale.entries < 1000)
