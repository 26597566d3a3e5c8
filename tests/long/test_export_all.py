"""Every spoiling of an export that tests/fault/test_export.py takes a few of, and sizes: 100,000 entries in constant memory."""

import test_export
from test_export import ledger, plain, scratch, with_texts  # noqa: F401 (fixtures)


def test_members(scratch, plain, with_texts):  # noqa: F811
    test_export.check_all(scratch, list(test_export.spoilt_members(plain)))
    test_export.check_all(scratch, list(test_export.spoilt_texts(with_texts)))


def test_forms(scratch, plain):  # noqa: F811
    test_export.check_all(scratch, list(test_export.other_forms(plain)))


def test_orders(scratch, plain):  # noqa: F811
    test_export.check_all(scratch, list(test_export.spoilt_orders(plain)))


def test_fields(scratch, ledger, plain):  # noqa: F811
    test_export.check_all(scratch, list(test_export.spoilt_fields(plain, test_export.node_secrets(ledger)[0])))


def test_an_insider(scratch, ledger, plain):
    test_export.test_an_insider_cannot_write_what_others_sign(scratch, ledger, plain, pick=list)


def test_every_bit_counts(scratch, plain, with_texts):  # noqa: F811
    test_export.test_every_bit_counts(scratch, plain, with_texts, count=500)
