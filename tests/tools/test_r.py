"""Against R (the Debian package r-base-core): density() with all kernels and with weights, the bandwidth rules, quantiles, the
states and moves of Markov's matrix, Holm's correction. All that R computes of a sample it computes in one start."""

import json
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

import numpy as np
import pytest

from conftest import ROOT

sys.path.append(str(ROOT / "tests" / "oracle"))
from test_kde_oracle import load, run  # noqa: E402

RSCRIPT = shutil.which("Rscript")
pytestmark = pytest.mark.skipif(RSCRIPT is None, reason="R could not be had")
SAMPLES = ["sample31", "precip", "faithful_eruptions", "ties_rounded", "ties_iqr0"]
OURS = {"gaussian": "gaussian", "epanechnikov": "epanechnikov", "rectangular": "uniform", "triangular": "triangular",
        "biweight": "biweight", "cosine": "cosine", "optcosine": "optcosine"}
PROGRAM = """
x <- c(%s)
w <- seq_along(x) %%%% 4 + seq_along(x) / length(x)
say <- function(...) cat(..., "\\n")
number <- function(v) sprintf("%%.17g", v)
rules <- list(silverman = bw.nrd0, scott = bw.nrd, ucv = function(x) bw.ucv(x, nb = 1e6, tol = 1e-10), bcv = function(x) bw.bcv(x, nb = 1e6, tol = 1e-10),
              "sj-ste" = function(x) bw.SJ(x, nb = 1e6, tol = 1e-12), "sj-dpi" = function(x) bw.SJ(x, nb = 1e6, method = "dpi"))
for (name in names(rules)) say("rule", name, tryCatch(number(suppressWarnings(rules[[name]](x))), error = function(e) "none"))
say("summary", "mean", number(mean(x)))
say("summary", "sd", number(sd(x)))
say("summary", "weighted_mean", number(weighted.mean(x, w)))
say("summary", "quartiles", number(quantile(x, c(0.25, 0.75), type = 7)))
for (kernel in c(%s)) for (weighted in c(FALSE, TRUE)) {
    d <- density(x, kernel = kernel, n = 4096, cut = 3, weights = if (weighted) w / sum(w))
    say(if (weighted) "weighted" else "curve", kernel, number(c(d$x[1], d$x[4096], d$y[seq(1, 4096, 63)])))
}
"""


def ask_r(program, seconds=120):
    done = subprocess.run([RSCRIPT, "--vanilla", "-"], input=program, text=True, capture_output=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.fixture(scope="module", params=SAMPLES)
def told(request):
    values = load(request.param)[0]
    return values, ask_r(PROGRAM % (", ".join(map(repr, values)), ", ".join(f'"{name}"' for name in OURS)))


def weights_of(values):
    places = np.arange(1, len(values) + 1)
    return places % 4 + places / len(values)


def test_rules(told):
    values, lines = told
    for name, wanted in [rest for kind, *rest in lines if kind == "rule"]:
        found = run(values, rule=name, cover=(3.0, 16))
        if wanted == "none":  # R gives up where the quartiles are equal
            assert "iqr_zero" in found["warnings"], name
            continue
        exact = name in ("silverman", "scott")
        if "iqr_zero" in found["warnings"] and name != "silverman":
            continue  # R says 0 there, or an end of its search; we go by the standard deviation, and say so
        # R's bins are a millionth of the range, its minimiser stops short of an end, and its root finder at 1e-4 of it
        near = 1e-13 if exact else 3e-3 if "at_bound" in found["warnings"] else 2e-5
        assert found["bandwidth"] == pytest.approx(float(wanted), rel=near), name


def test_summaries(told):
    values, lines = told
    said = {name: [float(number) for number in numbers] for kind, name, *numbers in lines if kind == "summary"}
    found, weighted = run(values, cover=(3.0, 16)), run(values, weights_of(values), cover=(3.0, 16))
    assert [found["mean"], found["sd"], *found["quartiles"]] == pytest.approx([*said["mean"], *said["sd"], *said["quartiles"]], rel=1e-13)
    assert weighted["weighted_mean"] == pytest.approx(said["weighted_mean"][0], rel=1e-13)


def test_curves(told):
    """R bins linearly and takes a Fourier transform: its curves are good to a thousandth of the peak."""
    values, lines = told
    curves = [line for line in lines if line[0] in ("curve", "weighted")]
    assert len(curves) == 2 * len(OURS)
    for kind, kernel, *numbers in curves:
        low, high, *curve = map(float, numbers)
        found = run(values, weights_of(values) if kind == "weighted" else None, kernel=OURS[kernel], grid=(low, high, 4096))["density"][::63]
        off = abs(found - np.array(curve)) / max(curve)
        share = np.mean(off >= 2e-3)  # places beside a jump of the uniform kernel, where all that ties jumps
        assert np.median(off) < 1e-3 and share <= (0.15 if kernel == "rectangular" else 0), (kind, kernel)


def get(server, path, **query):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{server.url}{path}?{urllib.parse.urlencode(query)}") as reply:
        return json.load(reply)


def test_the_service(server):
    """Real figures: Holm's correction of a group's p-values, and of ten years the quantiles that part the states, who is in which, and
    the shares of those who move."""
    density = get(server, "/density", indicator="health_personnel_all_per_10k", years="2010,2014,2018", by="belt", tests="dip,silverman,permutation")
    families = {}
    for one in density["series"]:
        tests = one["tests"]
        families.setdefault(("curves", one["group"]), []).extend(
            [(tests["dip"]["p_value"], tests["dip"]["holm_p_value"]), (tests["silverman"]["calibrated_p_value"], tests["silverman"]["holm_p_value"])])
    for one in density["changes"]:
        test = one["tests"]["permutation"]
        families.setdefault(("changes", one["group"]), []).extend((test[f"{name}_p_value"], test[f"{name}_holm_p_value"]) for name in ("height", "width", "sd"))
    columns = {}
    for year in (2010, 2018):
        figures = get(server, "/figures", indicator="health_personnel_all", year=year, limit=100)["items"]
        columns[year] = {figure["province"]: figure["value"] for figure in figures}
    assert set(columns[2010]) == set(columns[2018]) and len(columns[2010]) == 31
    program = "number <- function(v) sprintf('%.17g', v)\n"
    for family in families.values():
        program += f"cat(number(p.adjust(c({', '.join(repr(p) for p, _ in family)}), 'holm')), '\\n')\n"
    for year, column in columns.items():
        program += f"y{year} <- c({', '.join(repr(column[code]) for code in sorted(column))})\n"
        program += f"b{year} <- quantile(y{year}, 1:3 / 4, type = 7)\ncat(number(b{year}), '\\n')\n"
    program += "in_state <- function(y, b) factor(findInterval(y, b, left.open = TRUE), 0:3)\n"
    program += "moves <- table(in_state(y2010, b2010), in_state(y2018, b2018))\ncat(t(moves), '\\n')\ncat(number(t(prop.table(moves, 1))), '\\n')\n"
    lines = [[float(word) for word in line] for line in ask_r(program)]
    for (name, family), said in zip(families.items(), lines):
        assert [corrected for _, corrected in family] == pytest.approx(said, rel=1e-15), name
    inequality = get(server, "/inequality", indicator="health_personnel_all", years="2010,2018", states=4)
    assert [year["bounds"] for year in inequality["states"]["years"]] == [pytest.approx(said, rel=1e-15) for said in lines[-4:-2]]
    whole, = [one for one in inequality["transitions"] if one["group"] is None]
    assert [count for row in whole["counts"] for count in row] == lines[-2]
    assert [share for row in whole["probabilities"] for share in row] == pytest.approx(lines[-1], rel=1e-15)
