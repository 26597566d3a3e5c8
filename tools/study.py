"""Writes docs/study.md and its pictures out of the service's own answers: tools/study.py [PROGRAM] [FOLDER]

Serves a new database with PROGRAM (build/tallystick), asks it what the page needs, and writes study.md and study/*.svg into
FOLDER (docs). The study's own numbers are those of tests/reference/study. Standard library only; the same bytes each time.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "tests" / "reference" / "study"
INDICATOR = "health_personnel_all_per_10k"
YEARS = [2010, 2014, 2018]
BELTS = ["western", "central", "eastern"]
DENSITY = f"/density?indicator={INDICATOR}&years=2010,2014,2018&by=belt&relative_to=mean"
TESTS = "&tests=dip,silverman,permutation"
EFFICIENCY = "/efficiency?year=2011&inputs=institutions_per_10k,health_personnel_all_per_10k&outputs=hospital_visits,hospital_admissions&by=belt"
INEQUALITY = f"/inequality?indicator={INDICATOR}&years=2010,2014,2018&by=belt"
PEOPLE = "/inequality?indicator=health_personnel_all&per=population_year_end&years=2010,2014,2018&by=belt"
MOVED = 0.05  # of the provinces' mean: what is called a move here


class Service:
    """The program on a new database, until it is left."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tallystick.study.")
        self.process = subprocess.Popen([self.program, "serve", "--data-dir", self.folder.name + "/data", "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()
        if not self.url.startswith("http"):
            raise SystemExit(f"{self.program} does not serve")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.folder.cleanup()

    def get(self, path, accept="application/json"):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers={"Accept": accept}), timeout=60) as reply:
            return reply.read()

    def ask(self, path):
        return json.loads(self.get(path))


def published(name):
    with open(PUBLISHED / name, newline="", encoding="utf-8") as file:
        return {row.pop("province_code"): row for row in csv.DictReader(file)}


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def three(number):
    return "" if number is None else f"{number:.3f}"


def listed(numbers):
    return ", ".join(three(number) for number in numbers)


def true(condition, sentence):
    """A sentence that the numbers must bear out, so that none stays when they change."""
    if not condition:
        raise SystemExit(f"tools/study.py: this is no longer so: {sentence}")
    return sentence


# Figures 1 to 3

def highest(curve):
    return max(curve["modes"], key=lambda mode: mode["height"])


def density_rows(curves):
    for belt in BELTS:
        for year in YEARS:
            curve = curves[belt, year]
            top = highest(curve)
            yield [belt, year, curve["n"], three(curve["mean"]), three(curve["sd"]), three(curve["min"]), three(curve["max"]), three(top["x"]),
                   three(top["height"]), three(top["width"]), len(curve["modes"]), curve["peak_count"]]


def claims(belt, curves):
    """What the study reads from a figure, what is computed here, and whether the two agree: (claim, figures, agrees)."""
    own = [curves[belt, year] for year in YEARS]
    places, heights, widths = ([highest(curve)[name] for curve in own] for name in ("x", "height", "width"))
    means, sds, largest = ([curve[name] for curve in own] for name in ("mean", "sd", "max"))
    spans = [curve["max"] - curve["min"] for curve in own]
    peaks, modes = [curve["peak_count"] for curve in own], [len(curve["modes"]) for curve in own]
    counted = f"peaks {', '.join(map(str, peaks))}; modes {', '.join(map(str, modes))}"
    higher = ("the main peak is higher", f"its height: {listed(heights)}", heights[2] > heights[0])
    narrower = ("the main peak is narrower", f"its width: {listed(widths)}", widths[2] < widths[0])
    right = [("the centre moves to the right after 2010", f"highest mode at {listed(places[:2])}; mean {listed(means[:2])}",
              places[1] - places[0] >= MOVED or means[1] - means[0] >= MOVED),
             ("and then stays", f"highest mode at {listed(places[1:])}; mean {listed(means[1:])}",
              abs(places[2] - places[1]) < MOVED and abs(means[2] - means[1]) < MOVED)]
    tail = ("the right end is shorter", f"the largest value: {listed(largest)}", largest[2] < largest[0])
    if belt == "western":
        return [("no move to the left or right: a stable level", f"highest mode at {listed(places)}; mean {listed(means)}",
                 abs(places[2] - places[0]) < MOVED and abs(means[2] - means[0]) < MOVED),
                ("the curve is shorter", f"from the smallest to the largest value: {listed(spans)}", spans[2] < spans[0]), higher, narrower,
                ("differences shrink", f"standard deviation: {listed(sds)}", sds[2] < sds[0]),
                ("a weak double peak becomes one peak", counted, peaks[0] == 2 and peaks[2] == 1)]
    if belt == "central":
        return right + [higher, narrower, tail, ("clearly two peaks", counted, min(peaks) >= 2), ("tending to several", counted, modes[2] > 2)]
    last = own[2]["modes"]
    weak = len(last) == 2 and last.index(highest(own[2])) == 0
    return right + [higher, narrower, tail, ("two peaks in 2010", counted, peaks[0] == 2),
                    ("in 2018 one peak with a weak further one at the high end", f"modes of 2018 at {listed(mode['x'] for mode in last)}; {counted}",
                     peaks[2] == 1 and weak)]


def tests_section(curves):
    """The tests of one peak and the service's own reading, where its answers have them."""
    some = curves["western", 2018]
    text = ""
    if some.get("tests"):
        rows = []
        for belt in BELTS:
            for year in YEARS:
                tests = curves[belt, year]["tests"]
                dip, silverman = tests.get("dip"), tests.get("silverman")
                rows.append([belt, year, *([three(dip["statistic"]), three(dip["p_value"])] if dip else ["", ""]),
                             *([three(silverman["critical_bandwidth"]), three(silverman["calibrated_p_value"])] if silverman else ["", ""])])
        least = min(float(cell) for row in rows for cell in (row[3], row[5]) if cell)
        text += (f"Two tests ask whether one peak would do, the dip test of Hartigan and Hartigan and the critical-bandwidth test of Silverman (`tests=dip,silverman`). A small p-value would speak against it; the smallest of all in the table is "
                 f"{least:.3f}" + (", so that in no case can a single peak be ruled out at 5 %.\n\n" if least >= 0.05 else ".\n\n"))
        text += table(["belt", "year", "dip", "p", "critical bandwidth", "p (calibrated)"], rows) + "\n"
    if some.get("reading"):
        text += "What the service itself says of the curves of 2018 (`reading`):\n\n"
        text += "".join(f"- {belt}: {' '.join(curves[belt, 2018]['reading'])}\n" for belt in BELTS) + "\n"
    return text


def change_section(changes):
    """Whether the years differ by more than chance, where the answers have that test."""
    rows = []
    for belt in BELTS:
        for change in changes:
            test = change.get("tests", {}).get("permutation")
            if change["group"] == belt and test:
                rows.append([belt, f"{change['from']} to {change['to']}", *(three(test[name]) for name in (
                    f"{what}_{kind}" for what in ("height", "width", "sd") for kind in ("ratio", "p_value", "holm_p_value")))])
    if not rows:
        return ""
    names = ("height", "width", "standard deviation")
    alone, small = ([[f"{row[0]} {row[1]}" for row in rows if float(row[k]) <= 0.05] for k in range(first, 11, 3)] for first in (3, 4))
    told = [", ".join(f"of the {name} {' and '.join(own)}" for name, own in zip(names, found) if own) or "nowhere" for found in (alone, small)]
    text = ("""Did the main peak and the spread change by more than chance? A permutation test (`tests=permutation`) gives each province's two values, less their year's mean, the other way round or not by the toss of a coin, and counts how often
the years then differ at least as much. Nine p-values of a belt are nine occasions for chance, so each is corrected for the nine as Holm does (Scandinavian Journal of Statistics 6, 65, 1979), and the corrected one is what the service's words go
by. Where a p-value by itself is at most 0.05: """ + told[0] + ". Where it still is when it is corrected: " + told[1] + (". " if any(small) else (
        """. So "higher", "narrower" and "the differences shrank" in the tables above say what the curves and the figures show, not what ten or eleven provinces could prove.""")) + "\n\n")
    return text + table(["belt", "years", "height, times", "p", "corrected", "width, times", "p", "corrected", "standard deviation, times", "p", "corrected"], rows) + "\n" + change_words(changes)


def change_words(changes):
    """The service's own reading from the first year to the last."""
    whole = {change["group"]: change for change in changes if (change["from"], change["to"]) == (YEARS[0], YEARS[-1])}
    proved = [f"{change['group']} {change['from']} to {change['to']} (p = {change['mean_shift_p_value']:.3f}, corrected {change['mean_shift_holm_p_value']:.3f})"
              for change in changes if change["mean_shift_holm_p_value"] <= 0.05]
    text = (f"What the service itself says of the changes from {YEARS[0]} to {YEARS[-1]} (`reading`). Of the centre it goes by the mean: each province is compared with itself (the paired t-test), corrected for a belt's three pairs of years. "
            f"Of all moves those that are then more than chance would make at 5 %: {' and '.join(proved) or 'none'}.\n\n")
    return text + "".join(f"- {belt}: {' '.join(whole[belt]['reading'])}\n" for belt in BELTS) + "\n"


def density_section(answer):
    curves = {(curve["group"], curve["year"]): curve for curve in answer["series"]}
    text = f"""## Figures 1 to 3: how health personnel spread

The study draws, for each of its three belts, the density of health personnel per 10,000 people in 2010, 2014 and 2018, as a multiple of the mean (its figures 1, 2 and 3: western, central, eastern). Here they are
from the figures that this program ships with, all three on one scale: `GET {DENSITY}`.

![Density of health personnel by belt, 2010, 2014 and 2018](study/density.svg)

A *mode* is any place where a curve turns down again; a *peak* is a mode that stands out by at least a tenth of the highest; *width* is that of the highest mode at half its prominence.

"""
    text += table(["belt", "year", "provinces", "mean", "standard deviation", "smallest", "largest", "highest mode at", "its height", "its width", "modes",
                   "peaks"], density_rows(curves))
    text += f"""
Beside what the study says of its figures, in our words. "Yes" means that the numbers here say the same, by the plainest rule that we could think of: heights, widths and ranges of 2018 against those of 2010, and a move where the
highest mode or the mean changes by {MOVED} or more.

"""
    rows = [[belt, claim, figures, "yes" if agrees else "no"] for belt in BELTS for claim, figures, agrees in claims(belt, curves)]
    text += table(["belt", "the study", "here: 2010, 2014, 2018", "the same"], rows)
    agreed = sum(row[3] == "yes" for row in rows)
    text += f"""
{agreed} of {len(rows)} statements show here as well. That the others do not need not be anybody's error: the figures are not the same (here: all health personnel, and populations that were revised after the census of 2020, when the study had
been written), and neither is the bandwidth, whose rule the study does not state (here: Silverman's).

**Ten points make second peaks by chance.** Each curve rests on 10 or 11 provinces. Of samples of 10 values from one normal distribution, put through the same rule, more than half show two modes or more and about a fifth two peaks or
more. Neither the study's reading of double peaks nor ours should be taken as proof of groups.

"""
    return text + tests_section(curves) + change_section(answer["changes"])


# Tables 2 and 3

def rounded_alike(row):
    """Whether crste and vrste, anywhere within their rounding, can have the scale that is printed."""
    crste, vrste, scale = (float(row[name]) for name in ("crste", "vrste", "scale"))
    half = 0.0005
    return (crste - half) / (vrste + half) <= scale + half and (crste + half) / (vrste - half) >= scale - half


def published_section(provinces):
    scores, slacks = published("published-efficiency-2019.csv"), published("published-slacks-2019.csv")
    rows = []
    for code, row in scores.items():
        slack = slacks[code]
        ratio = float(row["crste"]) / float(row["vrste"])
        rows.append([row["belt"], provinces[code], row["crste"], row["vrste"], row["scale"], f"{ratio:.4f}", row["rts"].replace("-", "crs"),
                     *(slack[name] for name in ("X1", "X2", "X3", "Y1", "Y2"))])
    held = sum(rounded_alike(row) for row in scores.values())
    means = [sum(float(row[name]) for row in scores.values()) / len(scores) for name in ("crste", "vrste", "scale")]
    kinds = [sum(row["rts"].replace("-", "crs") == kind for row in scores.values()) for kind in ("irs", "crs", "drs")]
    return f"""## Tables 2 and 3: efficiency in 2019, as published

The study runs an output-oriented analysis (DEAP 2.1) of the 31 provinces in 2019: medical institutions (X1), beds (X2) and health technicians (X3), each per 10,000 people, are to become visits (Y1) and discharges (Y2). These are the numbers that it
prints, in the columns crste, vrste, scale and rts (table 2) and the slacks (table 3); only crste / vrste is ours.

{table(["belt", "province", "crste", "vrste", "scale", "crste / vrste", "rts", "slack X1", "X2", "X3", "Y1", "Y2"], rows)}
- **Scale = crste / vrste** holds in {held} of {len(rows)} rows, within what rounding to three digits allows. The printed tables fit together.
- The means of the columns are {means[0]:.4f}, {means[1]:.4f} and {means[2]:.4f}; the study prints 0.580, 0.702 and 0.809.
- Returns to scale: {kinds[0]} increasing, {kinds[1]} constant, {kinds[2]} decreasing.

**They cannot be recomputed here.** The visits and discharges by province of all institutions in 2019, on which the two tables rest, are not published with the paper, and the figures that this program ships with do not have them: of visits and admissions there are those of hospitals in 2011 alone. So
we show the tables, check what can be checked in them, and claim nothing about the rest. More of what a careful reader notices is in [mechanism.md](mechanism.md#efficiency).

"""


def efficiency_section(answer):
    mean, belts, kinds = answer["summary"]["mean"], answer["summary"]["by_belt"], answer["summary"]["rts"]
    names = {row["dmu"]: row["name"] for row in answer["results"]}
    low = sorted(answer["results"], key=lambda row: row["crste"])[:3]
    rows = [[belt, belts[belt]["count"], *(three(belts[belt][name]) for name in ("crste", "vrste", "scale"))] for belt in ("eastern", "central", "western")]
    rows.append(["all", len(names), *(three(mean[name]) for name in ("crste", "vrste", "scale"))])
    full = sorted(row["name"] for row in answer["results"] if row["vrste"] > 1 - 1e-9)
    scaled = sorted(row["name"] for row in answer["results"] if row["crste"] > 1 - 1e-9)
    order = true(belts["eastern"]["crste"] > belts["central"]["crste"] > belts["western"]["crste"] and {row["name"] for row in low} == {"Tibet", "Ningxia", "Qinghai"},
                 "As in the study, the east comes before the centre and the centre before the west, and Tibet, Ningxia and Qinghai come last.")
    return f"""## A run on figures that there are: hospitals in 2011

A question of the same kind, on other data, so that no number of it can be held against the study's: institutions and all health personnel per 10,000 people in, visits and admissions of hospitals out. `GET {EFFICIENCY}`

![Efficiency of the provinces in 2011](study/efficiency-2011.svg)

{table(["belt", "provinces", "crste", "vrste", "scale"], rows)}
On the frontier of constant returns: {", ".join(scaled)}; of variable returns: {", ".join(full)}. Last: {", ".join(f"{row['name']} {row['crste']:.3f}" for row in low)}. Returns to scale: {kinds["irs"]} increasing,
{kinds["crs"]} constant, {kinds["drs"]} decreasing. {order} Inputs are per head and outputs are totals, in the study as here,
so that small populations make for low scores; how much is worked out in [mechanism.md](mechanism.md#efficiency).

"""


def inequality_section(plain, people):
    whole = [series for series in plain["series"] if series["group"] is None]
    weighed = [series for series in people["series"] if series["group"] is None]
    rows = []
    for one, other in zip(whole, weighed):
        rows.append([one["year"], *(f"{value:.4f}" for value in (one["gini"], other["gini"], one["theil_t"], one["theil"]["between"], one["dagum"]["within"],
                                                              one["dagum"]["between"], one["dagum"]["transvariation"], one["cv"], one["wolfson"],
                                                              one["esteban_ray"], one["esteban_ray_groups"]))])
    belts = [[belt, *(f"{series['gini']:.4f}" for series in plain["series"] if series["group"] == belt)] for belt in BELTS]
    first, last = whole[0], whole[-1]
    moves = next(step for step in plain["transitions"] if step["group"] is None and (step["from"], step["to"]) == (2010, 2018))
    stayed = sum(moves["counts"][i][i] for i in range(len(moves["counts"])))
    steps = table(["2010 \\ 2018", "lowest quarter", "second", "third", "highest"],
                  [[name, *counts] for name, counts in zip(("lowest quarter", "second", "third", "highest"), moves["counts"])])
    falls = true(last["gini"] < first["gini"] and weighed[-1]["gini"] < weighed[0]["gini"],
                 "Inequality between the provinces falls from 2010 to 2018, whether provinces or people are counted.")
    inside = true(all(2 * year["theil"]["between"] < year["theil"]["within"] for year in whole),
                  "the belts differ little on average, the provinces within them more.")
    return f"""## Inequality beside it

The study speaks of differences and of polarization by the look of curves; indices put numbers to them. Of health personnel per 10,000 people, `GET {INEQUALITY}`, and for the Gini by population `GET {PEOPLE}`:

![Lorenz curves of health personnel by population](study/lorenz.svg)

{table(["year", "Gini", "Gini by population", "Theil T", "of it between belts", "Dagum: within", "between", "transvariation", "CV", "Wolfson", "Esteban-Ray", "of the belts"], rows)}
{falls} Of Theil's index {100 * first["theil"]["between"] / first["theil_t"]:.0f} % lay between the belts in 2010
and {100 * last["theil"]["between"] / last["theil_t"]:.0f} % in 2018: {inside} The Gini within each belt:

{table(["belt", *YEARS], belts)}
Provinces by quarters of the year's distribution, and where they were in 2018: {stayed} of {moves["n"]} were in the same quarter as in 2010.

{steps}"""


def page(service):
    provinces = {row["code"]: row["name"]["en"] for row in service.ask("/provinces?limit=1000")["items"]}
    return f"""# The study's figures, from the service's own answers

Liu, H.; Liu, Y. Construction of a Medical Resource Sharing Mechanism Based on Blockchain Technology: Evidence from the Medical Resource Imbalance of China. *Healthcare* 2021, 9, 52. [doi:10.3390/healthcare9010052](https://doi.org/10.3390/healthcare9010052) (open access, CC BY)

This page is made by `make study` (`tools/study.py`), which serves a new database and writes down what it answers; a test makes it again and compares, so that it never says what the program does not. It has what of the study's measurements can
be computed with the figures at hand, next to what the study says of its own, and says where the two agree and where they do not. [mechanism.md](mechanism.md) has the study's mechanism, and a closer reading of its tables.

{density_section(service.ask(DENSITY + TESTS))}{published_section(provinces)}{efficiency_section(service.ask(EFFICIENCY))}{inequality_section(service.ask(INEQUALITY), service.ask(PEOPLE))}"""


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "tallystick"
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "docs")
    (folder / "study").mkdir(parents=True, exist_ok=True)
    with Service(program) as service:
        (folder / "study.md").write_text(page(service), encoding="utf-8")
        for name, path in (("density", DENSITY), ("efficiency-2011", EFFICIENCY), ("lorenz", PEOPLE)):
            (folder / "study" / f"{name}.svg").write_bytes(service.get(path, "image/svg+xml"))


if __name__ == "__main__":
    main()
