"""Every spoiling of an export that tests/fault/test_export.py and test_export_texts.py take a few of, and sizes: 100,000 entries in constant memory."""

import subprocess
import sys
import time

import test_export
import test_export_texts
from test_backup import binary, environment
from test_export_kill import FILL
from test_export import ledger, plain, scratch, with_texts  # noqa: F401 (fixtures)
from test_verify_size import high_water_kib


def test_members(scratch, plain, with_texts):  # noqa: F811
    test_export.check_all(scratch, list(test_export.spoilt_members(plain)))
    test_export.check_all(scratch, list(test_export.spoilt_texts(with_texts)))


def test_forms(scratch, plain):  # noqa: F811
    test_export.check_all(scratch, list(test_export.other_forms(plain)))


def test_orders(scratch, plain):  # noqa: F811
    test_export.check_all(scratch, list(test_export.spoilt_orders(plain)))


def test_a_cut_is_called_one(scratch, plain, with_texts):  # noqa: F811
    test_export.test_a_cut_is_called_one(scratch, plain, with_texts, pick=list)


def test_texts_at_their_place(scratch, with_texts):  # noqa: F811
    test_export_texts.test_texts_at_their_place(scratch, with_texts, pick=list)


def test_fields(scratch, ledger, plain):  # noqa: F811
    test_export.check_all(scratch, list(test_export.spoilt_fields(plain, ledger.secrets[0][0])))


def test_an_insider(scratch, ledger, plain):
    test_export.test_an_insider_cannot_write_what_others_sign(scratch, ledger, plain, pick=list)


def test_every_bit_counts(scratch, plain, with_texts):  # noqa: F811
    test_export.test_every_bit_counts(scratch, plain, with_texts, count=500)


def measured(out, *words):
    """(seconds, MiB at most) of a sub-command."""
    began, highest = time.monotonic(), 0
    with open(out, "wb") as file:
        process = subprocess.Popen(words, env=environment(), stdout=file)
        while process.poll() is None:  # ru_maxrss at the end would count what this process was before its exec
            highest = max(highest, high_water_kib(process.pid))
            time.sleep(0.01)
    assert process.returncode == 0
    return time.monotonic() - began, highest / 1024


def test_sizes(tmp_path):
    """Memory does not grow with the ledger, but for the 8 MiB in which an export's ids are sorted; verify.py remembers them all, with 100 bytes or so
    for each."""
    growth_mib = {"verify --export": 16, "tools/verify.py": 20}
    peaks = {}
    for entries in (10000, 100000):
        data_dir, lines = tmp_path / f"{entries}", tmp_path / f"{entries}.ndjson"
        subprocess.run([str(FILL), str(data_dir), str(entries)], env=environment(), check=True, stdout=subprocess.DEVNULL)
        nowhere = tmp_path / "out"
        runs = {"export": [binary(), "export", "--data-dir", str(data_dir)], "verify --export": [binary(), "verify", "--export", str(lines)],
                "tools/verify.py": [sys.executable, str(test_export.ROOT / "tools" / "verify.py"), str(lines)],
                "backup": [binary(), "backup", "--data-dir", str(data_dir), "--output", str(tmp_path / f"{entries}.db")]}
        for name, words in runs.items():
            seconds, peaks[name, entries] = measured(lines if name == "export" else nowhere, *words)
            print(f"{name} of {entries}: {seconds:.1f} s, {entries / seconds:.0f} a second, {peaks[name, entries]:.1f} MiB at most")
        print(f"{lines.stat().st_size / entries:.0f} bytes an entry in the export")
    for name in runs:
        assert peaks[name, 100000] < peaks[name, 10000] + growth_mib.get(name, 8), name
