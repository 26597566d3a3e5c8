"""A ledger may be as long as it likes: verifying it takes the same memory, and from the last mark on next to no time."""

import json
import os
import pathlib
import subprocess
import time

from conftest import environment

LIMIT_SECONDS = 1800  # of tools/test.py
BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release")).resolve()


def fill(path, entries):
    subprocess.run([BUILD / "bench" / "fill", path, str(entries)], check=True, stdout=subprocess.DEVNULL)
    return path


def high_water_kib(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except ProcessLookupError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def verify(path, *options):
    """The report, the highest KiB, and the seconds."""
    began = time.monotonic()
    process = subprocess.Popen([BUILD / "tallystick", "verify", "--data-dir", path, "--json", *options], stdout=subprocess.PIPE,
                               env=environment())
    highest = 0
    while process.poll() is None:  # what the system says at the end would count what this process was before its exec
        highest = max(highest, high_water_kib(process.pid))
        time.sleep(0.01)
    report = json.loads(process.stdout.read())
    process.stdout.close()
    assert process.returncode == 0 and report["ok"] is True, report
    return report, highest, time.monotonic() - began


def test_memory_does_not_grow_with_the_ledger(tmp_path):
    small, large = fill(tmp_path / "small", 20000), fill(tmp_path / "large", 100000)
    few, few_kib, _ = verify(small)
    many, many_kib, seconds = verify(large)
    assert (few["entries"], many["entries"]) == (20000, 100000)
    assert many["signatures"] == 100000 + many["checkpoints"] and many["replayed"] == 100000
    assert many_kib < 1.1 * few_kib + 1024, (few_kib, many_kib)
    again, again_kib, moment = verify(large, "--incremental")
    assert again["first"] == 100001 and again_kib < few_kib and moment < seconds / 10, (moment, seconds)
