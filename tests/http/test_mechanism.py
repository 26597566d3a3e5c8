"""docs/mechanism.md against what it speaks of: the files and routes that it names exist, nothing in its tables is left
out, and its figures are those of the service and, where the study's tables are at hand, of the study."""

import csv
import os
import pathlib
import re
import tempfile

import numpy
import pytest
import yaml
from scipy.signal import find_peaks, peak_prominences
from scipy.stats import spearmanr

from analysis_support import PROVINCES, column
from conftest import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "mechanism.md").read_text(encoding="utf-8")
PUBLISHED = ROOT / "tests" / "reference" / "study"
DENSITY = {"indicator": "health_personnel_all_per_10k", "years": "2010,2014,2018", "by": "belt", "relative_to": "mean"}
EFFICIENCY = {"year": "2011", "inputs": "institutions_per_10k,health_personnel_all_per_10k",
              "outputs": "hospital_visits,hospital_admissions", "by": "belt"}
BELTS = ["eastern", "central", "western"]
SCORES = ["crste", "vrste", "scale"]


def tables(heading):
    """The tables under a heading: lists of rows of cells, the header row first."""
    section = re.split(r"^#+ ", PAGE.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    blocks = re.findall(r"(?:^\|.*\|\n)+", section, re.M)
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines() if not line.startswith("| ---")]
            for block in blocks]


@pytest.fixture(scope="module")
def service():
    """One of its own: the figures of the shared one may have been changed by other tests."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        yield started
        assert started.stop() == 0


def ask(service, path, query, **more):
    reply = service.get(path, params={**query, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def published(name):
    """A table of the study by province."""
    with open(PUBLISHED / name, newline="", encoding="utf-8") as file:
        return {row.pop("province_code"): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("heading,names", [
    ("The four mechanisms", ["**Storage**", "**Circulation**", "**Supervision**", "**Protection**"]),
    ("The five layers", ["physical", "chain", "network", "collaboration", "application"]),
    ("The four principals", ["medical institutions", "medical practitioners", "patients", "regulators"])])
def test_each_part_says_what_is_not_covered(heading, names):
    [[header, *rows]] = tables(heading)
    assert header[-1] == "not covered yet"
    assert [row[0] for row in rows] == names
    assert all(len(row) == len(header) and all(row) for row in rows)


def test_files_and_routes_named_exist():
    spans = re.findall(r"`([^`\n]+)`", PAGE)
    files = [span for span in spans if re.fullmatch(r"[a-z]+/[\w./]*", span)]
    files += [str(pathlib.Path("docs", target)) for target in re.findall(r"\]\(([^)#:]+)\)", PAGE)]
    assert len(files) > 8
    assert [name for name in files if not (ROOT / name).exists()] == []
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    routes = [span.removeprefix("GET ").split("?")[0] for span in spans if re.match(r"(GET )?/", span)]
    assert len(routes) > 5
    assert [route for route in routes if route not in paths] == []


def test_queries_shown_are_those_asked_here():
    for path, query in (("/density", DENSITY), ("/efficiency", EFFICIENCY)):
        assert f"`GET {path}?{'&'.join(f'{name}={value}' for name, value in query.items())}`" in PAGE


def test_density_table(service):
    """Belts stand in the study's order, the service's numbers beside them."""
    [_, *rows] = tables("Kernel density")[0]
    wanted = []
    for curve in ask(service, "/density", DENSITY)["series"]:
        highest = max(curve["modes"], key=lambda mode: mode["height"])
        numbers = [curve["mean"], curve["sd"], curve["max"], highest["x"], highest["height"], highest["width"]]
        wanted.append([curve["group"], str(curve["year"]), str(curve["n"]), *(f"{number:.3f}" for number in numbers),
                       str(len(curve["modes"])), str(curve["peak_count"])])
        assert any("by chance" in warning for warning in curve["warnings"])
    assert rows == sorted(wanted, key=lambda row: (["western", "central", "eastern"].index(row[0]), row[1]))


def test_what_is_said_of_the_modes(service):
    curves = {(curve["group"], curve["year"]): curve for curve in ask(service, "/density", DENSITY)["series"]}
    values = dict(zip(sorted(PROVINCES), column("health_personnel_all_per_10k", 2018)))
    beijing = values["CN-BJ"] / numpy.mean(list(values.values()))
    assert curves["central", 2018]["modes"][1]["x"] == pytest.approx(beijing, abs=1e-6)
    low, main = curves["eastern", 2018]["modes"]
    assert low["x"] == pytest.approx(0.81, abs=0.005) and low["prominence"] < 0.1 * main["height"]
    wider = ask(service, "/density", DENSITY, bandwidth="0.05")["series"]
    counts = {belt: [curve["peak_count"] for curve in wider if curve["group"] == belt] for belt in BELTS}
    assert counts == {"western": [2, 1, 1], "central": [2, 2, 2], "eastern": [2, 1, 2]}


def test_second_peaks_by_chance():
    random = numpy.random.default_rng(20210106)
    modes, peaks, rounds = 0, 0, 2000
    for _ in range(rounds):
        values = random.standard_normal(10)
        quartiles = numpy.percentile(values, [25, 75])
        bandwidth = 0.9 * min(values.std(ddof=1), (quartiles[1] - quartiles[0]) / 1.34) * 10 ** -0.2
        places = numpy.linspace(values.min() - 3 * bandwidth, values.max() + 3 * bandwidth, 1000)
        curve = numpy.exp(-((places[:, None] - values) / bandwidth) ** 2 / 2).sum(axis=1)
        found, _ = find_peaks(curve)
        modes += len(found) > 1
        peaks += sum(peak_prominences(curve, found)[0] >= 0.1 * curve.max()) > 1
    assert "57 % have two modes or more and 23 % two peaks or more" in PAGE
    assert modes / rounds == pytest.approx(0.57, abs=0.04)
    assert peaks / rounds == pytest.approx(0.23, abs=0.04)


def named(codes):
    return ", ".join(sorted(PROVINCES[code]["name_en"] for code in codes))


def by_belt(scores):
    """The means of crste as the page writes them: east, centre, west."""
    return ", ".join(f"{numpy.mean([s['crste'] for c, s in scores.items() if PROVINCES[c]['belt'] == belt]):.3f}" for belt in BELTS)


def efficiency_column(scores):
    """What the page's table says of scores by province, from the third row on, without the means."""
    lowest = sorted(scores, key=lambda code: scores[code]["crste"])[:3]
    return [by_belt(scores)] + [named(c for c, s in scores.items() if s[score] > 1 - 1e-9) for score in ("crste", "vrste")] + [
        ", ".join(f"{PROVINCES[c]['name_en']} {scores[c]['crste']:.3f}" for c in lowest),
        ", ".join(str(sum(s["rts"] == kind for s in scores.values())) for kind in ("irs", "crs", "drs"))]


def answered(service, **more):
    return {row["dmu"]: row for row in ask(service, "/efficiency", EFFICIENCY, **more)["results"]}


def size_correlation(scores, year):
    population = dict(zip(sorted(PROVINCES), column("population_year_end", year)))
    return spearmanr([scores[code]["crste"] for code in sorted(scores)], [population[code] for code in sorted(scores)])[0]


def test_efficiency_column_of_the_service(service):
    cells = [row[2] for row in tables("Efficiency")[0]][3:]
    scores = answered(service)
    means = ", ".join(f"{numpy.mean([s[score] for s in scores.values()]):.3f}" for score in SCORES)
    assert cells == [means] + efficiency_column(scores)
    assert f"{scores['CN-XJ']['crste']:.3f}" == "0.301"
    assert size_correlation(scores, 2011) == pytest.approx(0.87, abs=0.005)


def test_what_orientation_and_size_do(service):
    scores, turned = answered(service), answered(service, orientation="input")
    assert sum(scores[code]["rts"] != turned[code]["rts"] for code in scores) == 19
    assert efficiency_column(turned)[-1] == "29, 1, 1"
    assert all(scores[code]["crste"] == pytest.approx(turned[code]["crste"], abs=1e-9) for code in scores)
    heads = answered(service, outputs="hospital_visits_per_10k,hospital_admissions_per_10k")
    assert size_correlation(heads, 2011) == pytest.approx(0.18, abs=0.005)
    assert f"{heads['CN-NX']['crste']:.3f}" == "0.853" and heads["CN-XJ"]["crste"] == pytest.approx(1, abs=1e-9)


def study_scores():
    rows = published("published-efficiency-2019.csv")
    return {code: {**{score: float(row[score]) for score in SCORES}, "rts": row["rts"].replace("-", "crs"), "belt": row["belt"]}
            for code, row in rows.items()}


def test_efficiency_column_of_the_study():
    scores = study_scores()
    cells = [row[1] for row in tables("Efficiency")[0]][3:]
    assert cells[0] == "0.580, 0.702, 0.809"
    assert cells[1:] == efficiency_column(scores)
    assert all(PROVINCES[code]["belt"] == row["belt"] for code, row in scores.items())
    assert size_correlation(scores, 2019) == pytest.approx(0.65, abs=0.005)


def test_what_the_printed_tables_say():
    scores = study_scores()
    off = 0
    for row in scores.values():
        crste, vrste, scale = (row[score] for score in SCORES)
        assert (vrste - 0.0005) * (scale - 0.0005) <= crste + 0.0005 and crste - 0.0005 <= (vrste + 0.0005) * (scale + 0.0005)
        thousandths = round(vrste * scale * 1000) - round(crste * 1000)
        assert abs(thousandths) <= 1
        off += thousandths != 0
    assert (len(scores), off) == (31, 6)
    sums = {score: round(sum(row[score] for row in scores.values()), 3) for score in SCORES}
    assert sums["crste"] == 17.999
    assert [f"{sums['crste'] / 31:.4f}"] + [f"{sums[score] / 31:.3f}" for score in SCORES[1:]] == ["0.5806", "0.702", "0.809"]
    assert [scores["CN-XJ"][score] for score in SCORES] == [1, 1, 1]
    belts = {belt: [row for row in scores.values() if row["belt"] == belt] for belt in BELTS}
    assert [len(belts[belt]) for belt in BELTS] == [10, 11, 10]
    assert [f"{numpy.mean([row['scale'] for row in belts[belt]]):.3f}" for belt in BELTS[:2]] == ["0.847", "0.887"]
    assert f"{numpy.mean([row['crste'] for row in belts['eastern'] + [scores['CN-NX']]]):.3f}" == "0.601"


def test_slacks_of_sichuan():
    slacks, scores = published("published-slacks-2019.csv"), study_scores()
    assert slacks["CN-SC"] == {"X1": "1.310", "X2": "0.410", "X3": "0.910", "Y1": "0.190", "Y2": "0.000"}
    whole = [code for code, row in scores.items() if row["vrste"] == 1]
    assert len(whole) == 8
    assert [code for code in whole if any(float(value) for value in slacks[code].values())] == ["CN-SC"]
