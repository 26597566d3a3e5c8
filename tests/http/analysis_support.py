"""What the tests of /efficiency and /density share: the figures as the project's data files have them, and
checks of problems. Nothing here asks the service for a number that it is then judged by."""

import csv
import pathlib

import numpy

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
