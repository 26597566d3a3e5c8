"""Against R, where there is one (the Debian package r-base-core): density() and the bandwidth rules of its package stats."""

import shutil
import subprocess

import numpy as np
import pytest

from test_kde_oracle import load, run

RSCRIPT = shutil.which("Rscript")
pytestmark = pytest.mark.skipif(RSCRIPT is None, reason="there is no R")
SAMPLES = ["sample31", "precip", "faithful_eruptions", "ties_rounded"]
OURS = {"gaussian": "gaussian", "epanechnikov": "epanechnikov", "rectangular": "uniform", "triangular": "triangular",
        "biweight": "biweight", "cosine": "cosine", "optcosine": "optcosine"}
PROGRAM = """
x <- c(%s)
rules <- c(silverman = bw.nrd0(x), scott = bw.nrd(x))
quiet <- function(e) suppressWarnings(e)
rules <- c(rules, ucv = quiet(bw.ucv(x, nb = 1e6, tol = 1e-10)), bcv = quiet(bw.bcv(x, nb = 1e6, tol = 1e-10)),
           "sj-ste" = quiet(bw.SJ(x, nb = 1e6, tol = 1e-12)), "sj-dpi" = quiet(bw.SJ(x, nb = 1e6, method = "dpi")))
for (name in names(rules)) cat("rule", name, sprintf("%%.17g", rules[[name]]), "\\n")
for (kernel in c(%s)) {
    d <- density(x, kernel = kernel, n = 4096, cut = 3)
    cat("curve", kernel, sprintf("%%.17g", c(d$x[1], d$x[4096], d$y[seq(1, 4096, 63)])), "\\n")
}
"""


@pytest.fixture(scope="module", params=SAMPLES)
def told(request):
    values = load(request.param)[0]
    program = PROGRAM % (", ".join(map(repr, values)), ", ".join(f'"{name}"' for name in OURS))
    done = subprocess.run([RSCRIPT, "--vanilla", "-"], input=program, text=True, capture_output=True, timeout=120, check=True)
    return values, [line.split() for line in done.stdout.splitlines()]


def test_rules(told):
    values, lines = told
    for name, wanted in [(rest[0], float(rest[1])) for kind, *rest in lines if kind == "rule"]:
        found = run(values, rule=name, cover=(3.0, 16))
        exact = name in ("silverman", "scott")
        # R's bins are a millionth of the range, its minimiser stops short of an end, and its root finder at 1e-4 of it
        near = 1e-13 if exact else 3e-3 if "at_bound" in found["warnings"] else 2e-5
        assert found["bandwidth"] == pytest.approx(wanted, rel=near), name


def test_curves(told):
    """R bins linearly and takes a Fourier transform: its curves are good to a thousandth of the peak."""
    values, lines = told
    for kernel, *numbers in [rest for kind, *rest in lines if kind == "curve"]:
        low, high, *curve = map(float, numbers)
        found = run(values, kernel=OURS[kernel], grid=(low, high, 4096))["density"][::63]
        off = abs(found - np.array(curve)) / max(curve)
        assert np.median(off) < 1e-3 and off.max() < (2e-3 if kernel != "rectangular" else 0.1), kernel
