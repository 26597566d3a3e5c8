"""All of the ledger's file, by its own schema: columns altered, rows deleted, doubled, swapped, cut off, taken from another node; and
thousands of bits turned over. Found, or provably nobody's content. TALLYSTICK_SEED repeats a run."""

import math
import os
import pathlib
import secrets
import subprocess
import tempfile

import pytest

import sweep
from conftest import environment
from tamper import DRIVER, Verifier, dump, for_each, make_small

SLOW = "asan" in os.environ.get("TALLYSTICK_BUILD", "")
ALL = os.environ.get("TALLYSTICK_CASES") == "0"


def the_seed():
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    return seed


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as directory:
        yield directory


@pytest.fixture(scope="module")
def ledger(scratch):
    return make_small(scratch, "ours")


@pytest.fixture(scope="module")
def other(scratch):
    return make_small(scratch, "theirs")


@pytest.fixture(scope="module")
def verifier():
    made = Verifier()
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(ledger, verifier):
    assert verifier(ledger).startswith("ok ")
    return dump(ledger, sweep.queries(ledger))


def tail(count, share, seen):
    """How likely it is that so many or more of count are seen where that share of all is such."""
    return sum(math.comb(count, k) * share**k * (1 - share)**(count - k) for k in range(seen, count + 1))


def run_cases(ledger, verifier, whole, cases, count):
    """All of them, or so many. At most a twentieth of all may be impossible: of some, only what proves more fails."""
    chosen = sweep.some(cases, None if ALL else count, the_seed())
    told = [what for what in for_each(chosen, lambda case: sweep.check(ledger, verifier, whole, case)) if what is not None]
    impossible = told.count("impossible")
    print(f"{len(chosen)} of {len(cases)} cases, {impossible} of them impossible")
    assert [what for what in told if what != "impossible"] == []
    assert impossible * 20 <= len(chosen) or len(chosen) < len(cases) and tail(len(chosen), 1 / 20, impossible) > 1e-4


def test_each_table_has_a_row(ledger):
    """Else nothing of it could be spoilt: what fills the ledger (tamper.py) uses each table there is."""
    assert {table for table in sweep.tables(ledger) if not ledger.one(f"SELECT count(*) FROM {table}")} == sweep.EMPTY
    assert ledger.one("SELECT count(*) FROM refused") > 0


def test_every_column_of_every_table(ledger, verifier, whole):
    run_cases(ledger, verifier, whole, list(sweep.cases_of_columns(ledger)), 120 if SLOW else None)


def test_every_column_with_what_it_never_holds(ledger, verifier, whole):
    run_cases(ledger, verifier, whole, list(sweep.cases_of_types(ledger)), 40 if SLOW else 150)


def test_rows_of_every_table(ledger, other, verifier, whole):
    run_cases(ledger, verifier, whole, list(sweep.cases_of_rows(ledger, other)), 60 if SLOW else None)


def test_bits(ledger):
    """On a disk in memory, in one process for each processor."""
    path = pathlib.Path(ledger.path.parent) / "queries"
    path.write_text("\n".join(sweep.queries(ledger)))
    count = 3000 if ALL else 200 if SLOW else 1000
    told = subprocess.run([DRIVER, "flip", str(ledger.path), str(path), str(the_seed()), str(count), "1" if ALL else "8"], env=environment(), timeout=1500,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    assert "unseen" not in told.stdout and told.returncode == 0, told.stdout
    changed, found = (sum(int(line.split()[at]) for line in told.stdout.splitlines()) for at in (1, 3))
    print(f"{count} bits, {changed} changed what is told, {found} found in all")
    assert found >= changed > count // 5
