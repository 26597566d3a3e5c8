"""docs/conformance.md: every point is there, and every test that it names; the points are those of the list, where that is at hand."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
LIST = ROOT.parent / "shared" / "API-CHECKLIST.md"
NAMED = re.compile(r"`([a-z]+/[\w/]+\.(?:py|c))(?:::(\w+))?`")


def rows(text):
    """{number: line} of the tables whose first column is a number."""
    return {int(match.group(1)): match.group(0) for match in re.finditer(r"^\| (\d+) \|.*$", text, re.M)}


def test_every_point_has_its_tests():
    assert sorted(rows(PAGE)) == list(range(1, 59))
    assert [number for number, row in rows(PAGE).items() if not NAMED.search(row)] == []


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED.findall(PAGE)}))
def test_named_tests_are_there(path):
    text = (ROOT / "tests" / path).read_text(encoding="utf-8")
    for name in {name for named, name in NAMED.findall(PAGE) if named == path and name}:
        defined = rf"^def {name}\(" if path.endswith(".py") else rf"^static void {name}\(void \*\*state\)"
        assert re.search(defined, text, re.M), name
        assert path.endswith(".py") or text.count(name) > 1, f"{name} is not run"


@pytest.mark.skipif(not LIST.exists(), reason="the list of points is not at hand")
def test_the_points_are_those_of_the_list():
    assert set(rows(LIST.read_text(encoding="utf-8"))) == set(rows(PAGE))
