"""docs/study.md and its pictures are what tools/study.py makes of the program's answers today."""

import csv
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import binary, environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PUBLISHED = ROOT / "tests" / "reference" / "study"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    subprocess.run([sys.executable, ROOT / "tools/study.py", binary(), folder], check=True, timeout=120, env=environment())
    return folder


def names(folder):
    return ["study.md", *sorted(str(path.relative_to(folder)) for path in (folder / "study").iterdir())]


def test_the_page_is_what_the_service_answers(made):
    """Where this fails the program answers otherwise than before: `make study`, and look at what has changed."""
    assert names(made) == names(DOCS)
    for name in names(made):
        assert (made / name).read_bytes() == (DOCS / name).read_bytes(), name


def rows_under(heading):
    section = re.split(r"^## ", (DOCS / "study.md").read_text(encoding="utf-8").split(f"\n## {heading}", 1)[1], maxsplit=1, flags=re.M)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ") and not line.startswith("| ---")]


def test_published_tables_are_whole():
    """Every number of the study's tables 2 and 3, and the quotient beside them."""
    _, *rows = rows_under("Tables 2 and 3")
    with open(PUBLISHED / "published-efficiency-2019.csv", newline="", encoding="utf-8") as scores, \
            open(PUBLISHED / "published-slacks-2019.csv", newline="", encoding="utf-8") as slacks:
        wanted = [[score["belt"], score["province_en"], score["crste"], score["vrste"], score["scale"], f"{float(score['crste']) / float(score['vrste']):.4f}",
                   score["rts"].replace("-", "crs"), *(slack[name] for name in ("X1", "X2", "X3", "Y1", "Y2"))]
                  for score, slack in zip(csv.DictReader(scores), csv.DictReader(slacks))]
    assert rows == wanted and len(rows) == 31
    assert all(abs(float(row[5]) - float(row[4])) < 0.002 for row in rows)


def test_what_it_points_to_exists():
    page = (DOCS / "study.md").read_text(encoding="utf-8")
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", page) if "://" not in target]
    assert len(targets) >= 5 and [target for target in targets if not (DOCS / target).exists()] == []
    assert "make second peaks by chance" in page and "cannot be recomputed" in page
