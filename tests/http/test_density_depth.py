"""/density beyond the curve: bandwidths from pairs, adjust, and what else is told of a distribution."""

import numpy
import pytest

from analysis_support import assert_problem, faults

PATH = "/density"
QUERY = {"indicator": "health_personnel_all_per_10k", "years": "2010,2014,2018", "by": "belt", "relative_to": "mean"}
SAMPLE = [4.2, 3.9, 5.1, 4.4, 7.9, 8.3, 4.8, 5.0, 8.8, 3.1, 4.4, 6.0]


def ask(server, **more):
    reply = server.get(PATH, params={**QUERY, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def compute(server, **body):
    reply = server.request("POST", PATH, json={"values": SAMPLE, **body})
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize("rule", ["silverman", "scott", "eviews", "ucv", "bcv", "sj-ste", "sj-dpi"])
def test_rules_and_adjust(server, rule):
    whole, half = (ask(server, bandwidth=rule, adjust=adjust)["series"] for adjust in ("1", "0.5"))
    assert [series["rule"] for series in whole] == [rule] * 9
    assert [series["bandwidth"] for series in half] == pytest.approx([series["bandwidth"] / 2 for series in whole])
    series, = compute(server, bandwidth=rule, adjust=0.25)["series"]
    assert series["bandwidth"] == pytest.approx(compute(server, bandwidth=rule)["series"][0]["bandwidth"] / 4)
    values = numpy.array(SAMPLE)
    assert compute(server, bandwidth=2, adjust=0.25)["series"][0]["bandwidth"] == 0.5
    assert series["sd"] == pytest.approx(values.std(ddof=1))


def test_a_minimum_at_a_bound_is_told(server):
    series, = compute(server, bandwidth="bcv")["series"]
    hmax = 1.144 * numpy.std(SAMPLE, ddof=1) * len(SAMPLE) ** -0.2
    assert series["bandwidth"] == pytest.approx(hmax)
    assert any("at an end of the bandwidths" in warning for warning in series["warnings"])


def test_adjust_is_refused(server):
    for adjust in ("-1", "1001", "x"):
        body = assert_problem(server.get(PATH, params={**QUERY, "adjust": adjust}), 400, "invalid_query")
        assert list(faults(body)) == ["adjust"]
    for adjust, code in ((-1, "out_of_range"), (1001, "out_of_range"), ("2", "wrong_type")):
        body = assert_problem(server.request("POST", PATH, json={"values": SAMPLE, "adjust": adjust}), 422, code)
        assert faults(body) == {"/adjust": code}
    assert_problem(server.request("POST", PATH, json={"values": SAMPLE, "adjust": 0}), 422, "out_of_range")
    assert_problem(server.get(PATH, params={**QUERY, "adjust": "0"}), 422, "out_of_range")
