"""bootstrap, seed and level of /efficiency: what is answered, the same from POST and GET, as a job, and what is refused. The
numbers themselves: tests/oracle/test_bootstrap_oracle.py."""

import pytest

import contract_session
from analysis_support import CODES, assert_problem, column, faults
from test_async import ask, wait

QUERY = contract_session.EFFICIENCY.replace("&by=belt", "") + "&bootstrap=200&seed=5&level=0.9"
INPUTS, OUTPUTS = ["institutions_per_10k", "health_personnel_all_per_10k"], ["hospital_visits", "hospital_admissions"]


def body(**more):
    columns = {name: column(name, 2011) for name in INPUTS + OUTPUTS}
    dmus = [{"id": code, **{name: float(values[u]) for name, values in columns.items()}} for u, code in enumerate(CODES)]
    return {"inputs": INPUTS, "outputs": OUTPUTS, "dmus": dmus, "bootstrap": 200, "seed": 5, "level": 0.9, **more}


def intervals(answer):
    return [result["bootstrap"] for result in answer["results"]]


@pytest.mark.concurrent
def test_intervals_of_provinces(start):
    own = start()
    job = ask(own, "GET", QUERY)
    assert job.status_code == 202
    answer = wait(own, job.json()["href"]).json()
    again = own.get(QUERY)  # of the cache, or computed anew: the same
    assert again.json() == answer and again.headers["ETag"]
    assert {name: answer["bootstrap"][name] for name in ("replications", "seed", "level", "units")} == {"replications": 200, "seed": 5, "level": 0.9, "units": 31}
    assert answer["bootstrap"]["bandwidth"] > 0 and answer["bootstrap"]["certificate"]["programs"] == 200 * 31
    for result in answer["results"]:
        found = result["bootstrap"]
        assert found["low"] <= found["corrected"] <= result["vrste"] and found["low"] <= found["high"] <= result["vrste"] + 1e-9
        assert found["bias"] == pytest.approx(result["vrste"] - found["corrected"])
    sent = own.request("POST", "/efficiency", json=body(), token=None).json()
    for ours, theirs in zip(intervals(sent), intervals(answer)):
        assert ours == pytest.approx(theirs, rel=1e-6)
    other = intervals(own.request("POST", "/efficiency", json=body(seed=6), token=None).json())
    assert all(a["low"] != b["low"] for a, b in zip(other, intervals(sent)))
    wide = intervals(own.request("POST", "/efficiency", json=body(level=0.99), token=None).json())
    assert all(a["low"] <= b["low"] and a["high"] >= b["high"] and a["corrected"] == b["corrected"] for a, b in zip(wide, intervals(sent)))
    assert "bootstrap" not in own.get(QUERY.partition("&bootstrap")[0]).json()["results"][0]


@pytest.mark.concurrent
def test_glpk_as_referee(start):
    """The replications' programs too; the ends of the intervals follow from the proved distances."""
    own = start()
    ours, theirs = (own.request("POST", "/efficiency", json=body(bootstrap=100, solver=solver), token=None).json() for solver in ("simplex", "glpk"))
    assert theirs["solver"] == "glpk" and theirs["bootstrap"]["certificate"] != ours["bootstrap"]["certificate"]
    assert theirs["bootstrap"]["certificate"]["programs"] == 100 * 31 and theirs["bootstrap"]["certificate"]["max_duality_gap"] <= 1e-9
    for one, other in zip(intervals(ours), intervals(theirs)):
        assert one == pytest.approx(other, rel=1e-7)


@pytest.mark.concurrent
@pytest.mark.parametrize("frontier, name", [("crs", "crste"), ("nirs", "nirste"), ("ndrs", "ndrste")])
def test_intervals_of_other_frontiers(start, frontier, name):
    """Around the score of the frontier that was chosen."""
    own = start()
    answer = own.request("POST", "/efficiency", json=body(bootstrap=100, frontier=frontier), token=None).json()
    assert answer["bootstrap"]["bandwidth"] > 0 and answer["bootstrap"]["units"] == 31
    for result in answer["results"]:
        found = result["bootstrap"]
        assert result["score"] == result[name] and found["bias"] == pytest.approx(result[name] - found["corrected"])
        assert found["low"] <= found["corrected"] <= result[name] and found["high"] <= result[name] + 1e-9
    assert any(result["score"] != result["vrste"] for result in answer["results"])


@pytest.mark.concurrent
def test_no_intervals_where_nothing_varies(start):
    own = start()
    dmus = [{"id": "A", "staff": 1, "visits": 1}, {"id": "B", "staff": 2, "visits": 2}]
    answer = own.request("POST", "/efficiency", json={**contract_session.UNITS, "dmus": dmus, "bootstrap": 100}, token=None).json()
    assert answer["bootstrap"]["bandwidth"] is None and all(set(found.values()) == {None} for found in intervals(answer))


@pytest.mark.concurrent
def test_refusals(start):
    own = start()

    def refused(more, where, status=422):
        reply = own.request("POST", "/efficiency", json=body(**more), token=None)
        assert reply.status_code == status and faults(reply.json()) == where, reply.text
    refused({"bootstrap": 99}, {"/bootstrap": "out_of_range"})
    refused({"bootstrap": 10001}, {"/bootstrap": "out_of_range"})
    refused({"level": 1}, {"/level": "out_of_range"})
    refused({"bootstrap": None}, {"/bootstrap": "missing_member"})
    refused({"seed": -1, "level": 0}, {"/seed": "out_of_range", "/level": "out_of_range"})
    refused({"frontier": "fdh"}, {"/bootstrap": "bad_format"})
    refused({"model": "super"}, {"/bootstrap": "bad_format"})
    many = [{"id": f"u{u}", "staff": 1 + u, "visits": 1} for u in range(501)]
    reply = own.request("POST", "/efficiency", json={**contract_session.UNITS, "dmus": many, "bootstrap": 10000}, token=None)
    assert "501 units in 10000 replications" in assert_problem(reply, 422, "out_of_range")["detail"]
    assert faults(assert_problem(own.get(QUERY.replace("bootstrap=200&", "")), 400, "invalid_query")) == {"bootstrap": "missing_parameter"}


@pytest.mark.concurrent
def test_as_a_table(start):
    own = start()
    rows = own.get(QUERY, headers={"Accept": "text/csv"}).text.split("\r\n")
    names = rows[0].split(",")
    first = names.index("bootstrap.corrected")
    assert names[first:first + 4] == ["bootstrap.corrected", "bootstrap.bias", "bootstrap.low", "bootstrap.high"]
    assert all(0 < float(cell) <= 1 for row in rows[1:-1] for cell in (row.split(",")[first], row.split(",")[first + 3]))
