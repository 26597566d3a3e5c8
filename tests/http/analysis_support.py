"""What the tests of /efficiency and /density share: the figures as the project's data files have them, and
checks of problems. Nothing here asks the service for a number that it is then judged by."""

import csv
import pathlib

import numpy
import pytest

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


def read_rows(name):
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


PROVINCES = {row["code"]: row for row in read_rows("provinces.csv")}
CODES = sorted(PROVINCES)
FIGURES = {}
for _row in read_rows("figures.csv"):
    FIGURES.setdefault((_row["indicator"], int(_row["year"])), {})[_row["province"]] = float(_row["value"])


def column(indicator, year):
    """One number for each province, in the order of CODES."""
    if indicator.endswith("_per_10k"):
        return column(indicator[:-len("_per_10k")], year) / column("population_year_end", year) * 1e4
    return numpy.array([FIGURES[indicator, year][code] for code in CODES])


def belts():
    return numpy.array([PROVINCES[code]["belt"] for code in CODES])


def design(side):
    """Sum of squared shares, and the trace and the degrees of freedom of the quadratic form that the sum of squared influences is
    (Bell and McCaffrey 2002), with its matrix written down."""
    shares = numpy.array([weight for _, weight in side.values()])
    shares = shares / shares.sum()
    residuals = numpy.eye(len(shares)) - numpy.outer(numpy.ones(len(shares)), shares)
    form = residuals.T @ numpy.diag(shares ** 2) @ residuals
    return shares @ shares, numpy.trace(form), numpy.trace(form) ** 2 / numpy.trace(form @ form)


def assert_problem(reply, status, code):
    body = reply.json()
    assert (reply.status_code, body["code"]) == (status, code), body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == status and body["type"] == "/errors/" + code
    assert body["title"] and body["detail"]
    return body


def faults(body):
    """What is wrong where: {place: code}."""
    return {fault.get("pointer", fault.get("parameter")): fault["code"] for fault in body["errors"]}


def assert_same(ours, theirs, rel, abs):  # noqa: A002
    """Equal but for the last digits of what Python divided."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for name in theirs:
            assert_same(ours[name], theirs[name], rel, abs)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            assert_same(one, other, rel, abs)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=rel, abs=abs)
    else:
        assert ours == theirs
