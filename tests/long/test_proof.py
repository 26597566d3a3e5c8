"""The model, the kills and the flipped bits of make test, many times over. TALLYSTICK_SEED repeats a run."""

import os
import secrets

import pytest

import tamper
import test_kill
import test_tamper
from model import run_model
from test_tamper import ledger, scratch  # noqa: F401 (fixtures)


def the_seed():
    return int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))


@pytest.mark.parametrize("run", range(5))
def test_model(start, run):
    run_model(start(), the_seed() + run, commands=20000, batches=10)


def test_kills():
    test_kill.kill_rounds(the_seed(), rounds=200)


def test_bits(ledger):  # noqa: F811
    tamper.flip_bytes(ledger, the_seed(), 3000)


def test_columns(ledger):  # noqa: F811
    test_tamper.check_every_column_of_every_table(ledger, list)
    test_tamper.check_columns_that_hold_what_no_entry_holds(ledger, list)


def test_null_in_every_column(ledger):  # noqa: F811
    """Nothing of ours writes it, and no reader of ours falls over it."""
    def check(case):
        table, column = case
        copy = ledger.copy()
        last = tamper.last_row(ledger, table)
        copy.execute(f"UPDATE {table} SET {column} = NULL WHERE {last}", loosen=True)
        if copy.one(f"SELECT count(*) FROM {table} WHERE {last} AND {column} IS NULL"):
            tamper.broken(copy)
        copy.remove()
        return None

    cases = [(table, column) for table in [*tamper.BUSINESS, "entry", *tamper.BESIDE]
             for column, _, _ in tamper.table_columns(ledger, table)
             if ledger.one(f"SELECT {column} FROM {table} WHERE {tamper.last_row(ledger, table)}") is not None
             and (table, column) not in {("entry", "seq"), ("seal", "seq"), ("frontier", "id"), ("checkpoint", "height"), ("figures_revision", "revision"),
                                         ("tile", "level"), ("tile", "position")}]
    tamper.for_each(cases, check)
