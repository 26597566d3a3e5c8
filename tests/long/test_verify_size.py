"""A ledger may be as long as it likes: verifying it takes the same memory, and from the last mark on next to no time."""

import json
import os
import pathlib
import subprocess
import time

from conftest import environment

BUILD = pathlib.Path(os.environ.get("TALLYSTICK_BUILD", "build/release")).resolve()


def fill(path, entries):
    subprocess.run([BUILD / "bench" / "fill", path, str(entries)], check=True, stdout=subprocess.DEVNULL)
    return path


def verify(path, *options):
    """The report, the highest KiB, and the seconds."""
    began = time.monotonic()
    process = subprocess.Popen([BUILD / "tallystick", "verify", "--data-dir", path, "--json", *options], stdout=subprocess.PIPE,
                               env=environment())
    report = json.loads(process.stdout.read())
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and report["ok"] is True, report
    return report, usage.ru_maxrss, time.monotonic() - began


def test_memory_does_not_grow_with_the_ledger(tmp_path):
    small, large = fill(tmp_path / "small", 20000), fill(tmp_path / "large", 100000)
    few, few_kib, _ = verify(small)
    many, many_kib, seconds = verify(large)
    assert (few["entries"], many["entries"]) == (20000, 100000)
    assert many["signatures"] == 100000 + many["checkpoints"] and many["replayed"] == 100000
    assert many_kib < 1.1 * few_kib + 1024, (few_kib, many_kib)
    again, again_kib, moment = verify(large, "--incremental")
    assert again["first"] == 100001 and again_kib < few_kib and moment < seconds / 10, (moment, seconds)
