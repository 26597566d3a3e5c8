"""/density beyond the curve: bandwidths from pairs, adjust, and what else is told of a distribution."""

import math
import pathlib
import re

import numpy
import pytest
import scipy.stats

from analysis_support import CODES, assert_problem, column, design, faults

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


def mass_below(values, h, x):
    return scipy.stats.norm.cdf((x - numpy.asarray(values)) / h).mean()


def test_quantiles_and_tails(server):
    series, = compute(server, thresholds=[4.0, 100, -100, 8.5], bandwidth=0.7)["series"]
    for quantile in series["quantiles"]:
        assert mass_below(SAMPLE, 0.7, quantile["x"]) == pytest.approx(quantile["share"], abs=1e-12)
    assert [quantile["share"] for quantile in series["quantiles"]] == [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    for tail, x in zip(series["tails"], [4.0, 100, -100, 8.5], strict=True):
        assert tail["x"] == x and tail["below"] == pytest.approx(mass_below(SAMPLE, 0.7, x), abs=1e-12)
        assert tail["above"] == pytest.approx(1 - tail["below"], abs=1e-15)
    answer = ask(server, thresholds="0.8,1.2")
    assert [[tail["x"] for tail in series["tails"]] for series in answer["series"]] == [[0.8, 1.2]] * 9
    assert compute(server)["series"][0]["tails"] == []


def test_quantile_shifts(server):
    answer = ask(server)
    series = {(s["group"], s["year"]): s for s in answer["series"]}
    for change in answer["changes"]:
        first, last = series[change["group"], change["from"]], series[change["group"], change["to"]]
        moved = [b["x"] - a["x"] for a, b in zip(first["quantiles"], last["quantiles"])]
        assert [shift["shift"] for shift in change["quantile_shifts"]] == pytest.approx(moved, abs=1e-12)


def test_which_tests_are_made(server):
    assert set(compute(server)["series"][0]["tests"]) == {"dip"}
    assert compute(server, tests=["none"])["series"][0]["tests"] == {}
    assert set(compute(server, tests=["silverman"])["series"][0]["tests"]) == {"silverman"}
    both = compute(server, tests=["dip", "silverman"])["series"][0]["tests"]
    assert set(both) == {"dip", "silverman"} and both == compute(server, tests=["silverman", "dip"])["series"][0]["tests"]
    assert compute(server, values=SAMPLE * 5)["series"][0]["tests"] == {}
    weighted, = compute(server, weights=[1] * len(SAMPLE), tests=["dip"])["series"]
    assert weighted["tests"] == {} and any("know no weights" in warning for warning in weighted["warnings"])
    many, = compute(server, values=list(range(1001)), tests=["silverman"])["series"]
    assert many["tests"] == {} and any("critical-bandwidth test was left out" in warning for warning in many["warnings"])
    one, = compute(server, values=[5], bandwidth=1, tests=["dip", "silverman"])["series"]
    assert one["tests"]["dip"]["p_value"] == 1 and "silverman" not in one["tests"]
    answer = ask(server, tests="silverman")
    assert all(set(series["tests"]) == {"silverman"} for series in answer["series"])
    assert all(change["tests"] == {} for change in answer["changes"])
    answer = ask(server, tests="permutation")
    assert all(series["tests"] == {} for series in answer["series"])
    assert all(set(change["tests"]) == {"permutation"} for change in answer["changes"])
    plain = ask(server)
    assert [set(part["tests"]) for part in plain["series"] + plain["changes"]] == [{"dip"}] * 9 + [{"permutation"}] * 9


@pytest.mark.parametrize("query, body, place", [
    ("none,dip", ["none", "dip"], "conflicting_values"), ("none,permutation", ["permutation"], "conflicting_values"), ("dip,dip", None, "bad_format"), ("kuiper", ["kuiper"], "not_a_choice"),
    (None, [], "too_short"), (None, "dip", "wrong_type"), (None, [3], "wrong_type")])
def test_tests_that_are_refused(server, query, body, place):
    if query is not None:
        refused = assert_problem(server.get(PATH, params={**QUERY, "tests": query}), 400, "invalid_query")
        assert faults(refused) == {"tests": place}
    if body is not None:
        reply = server.request("POST", PATH, json={"values": SAMPLE, "tests": body})
        assert reply.status_code == 422 and all(name.startswith("/tests") for name in faults(reply.json()))


@pytest.mark.parametrize("query, body", [
    ("1,", [1, "2"]), ("x", "1"), ("1e16", [1e16]), (",".join(["1"] * 17), [1] * 17), ("nan", [None]), ("1,,2", [])])
def test_thresholds_that_are_refused(server, query, body):
    refused = assert_problem(server.get(PATH, params={**QUERY, "thresholds": query}), 400, "invalid_query")
    assert faults(refused) == {"thresholds": "bad_format"}
    reply = server.request("POST", PATH, json={"values": SAMPLE, "thresholds": body})
    assert reply.status_code == 422 and all(name.startswith("/thresholds") for name in faults(reply.json()))


def bare(answer):
    """An answer without its words."""
    for part in answer["series"] + answer["changes"]:
        part.pop("reading")
        part.pop("warnings", None)
    return answer


def test_words_are_told_in_the_callers_language(server):
    replies = {}
    for language in ("en", "zh", "en", "zh"):
        reply = server.get(PATH, params={**QUERY, "tests": "dip,silverman"}, headers={"Accept-Language": language})
        assert reply.headers["Content-Language"] == language
        assert reply.headers["Vary"] == "Accept, Accept-Encoding, Accept-Language"
        assert replies.setdefault(language, reply).content == reply.content
    english, chinese = replies["en"], replies["zh"]
    assert english.headers["ETag"] != chinese.headers["ETag"]
    for reply in (english, chinese):
        same = server.get(PATH, params={**QUERY, "tests": "dip,silverman"},
                          headers={"Accept-Language": reply.headers["Content-Language"], "If-None-Match": reply.headers["ETag"]})
        assert same.status_code == 304
    for ours, theirs in ((english.json(), chinese.json()),
                         (compute(server, tests=["dip"]), server.request(
                             "POST", PATH, json={"values": SAMPLE, "tests": ["dip"]}, headers={"Accept-Language": "zh"}).json())):
        for one, other in zip(ours["series"] + ours["changes"], theirs["series"] + theirs["changes"], strict=True):
            assert len(one["reading"]) == len(other["reading"]) > 0
            assert all(re.search("[\u4e00-\u9fff]", text) for text in other["reading"] + other.get("warnings", []))
            assert not any(re.search("[\u4e00-\u9fff]", text) for text in one["reading"] + one.get("warnings", []))
        assert bare(ours) == bare(theirs)


def of_members(series, year):
    """The values of the members, as multiples of the mean of all provinces."""
    values = dict(zip(CODES, column(QUERY["indicator"], year) / column(QUERY["indicator"], year).mean(), strict=True))
    return [values[code] for code in series["members"]]


def tail_of(series, side):
    """From the median to the quantile of 5 or 95 percent."""
    at = {quantile["share"]: quantile["x"] for quantile in series["quantiles"]}
    return at[0.95] - at[0.5] if side == "right" else at[0.5] - at[0.05]


def test_the_reading_says_what_the_numbers_say(server):
    answer = ask(server, tests="dip,silverman")
    series = {(s["group"], s["year"]): s for s in answer["series"]}
    for one in answer["series"]:
        peaks, words = one["peak_count"], " ".join(one["reading"])
        assert words.startswith("There is one peak" if peaks == 1 else f"There are {peaks} peaks")
        rejects = [one["tests"][name]["holm_p_value"] <= 0.05 for name in ("dip", "silverman")]
        assert words.count(" rejects a single peak") == sum(rejects)
        assert ("The further peaks may be chance" in words) == (peaks > 1 and not any(rejects))
    for change in answer["changes"]:
        words = " ".join(change["reading"])
        mean = series[change["group"], change["from"]]["mean"]
        part = change["mean_shift"] / mean
        moved = re.match(r"The centre moved (right|left) by ([0-9.]+) percent", words)
        if abs(part) < 0.01:
            assert words.startswith("The centre stayed")
        else:
            assert moved.group(1) == ("right" if part > 0 else "left")
            assert float(moved.group(2)) == pytest.approx(abs(100 * part), abs=0.051)
        earlier, later = (dict(zip(series[change["group"], change[end]]["members"], of_members(series[change["group"], change[end]], change[end]))) for end in ("from", "to"))
        assert list(earlier) == list(later)
        tested = scipy.stats.ttest_rel(list(later.values()), list(earlier.values()))
        assert change["mean_shift_error"] == pytest.approx(change["mean_shift"] / tested.statistic, rel=1e-6)
        assert change["mean_shift_p_value"] == pytest.approx(tested.pvalue, abs=1e-12) and change["mean_shift_freedom"] == tested.df
        said = re.search(r"The centre moved [^.]*\.[0-9] percent\. (That .*?\)\.)", words)
        assert (said is None) == (abs(part) < 0.01)
        assert said is None or said.group(1) == chance("That", change["mean_shift_p_value"], change["mean_shift_holm_p_value"])
        tails = {side: {end: tail_of(series[change["group"], change[end]], side) for end in ("from", "to")} for side in ("left", "right")}
        for side, lengths in tails.items():
            assert (f"The {side} tail is longer." in words) == (lengths["to"] > 1.05 * lengths["from"])
            assert (f"The {side} tail is shorter." in words) == (lengths["to"] < 0.95 * lengths["from"])
        assert ("there is no test of tails" in words) == ("tail is" in words)
        assert ("is lower" in words) == (change["height_ratio"] < 0.95)
        assert ("wider" in words) == (change["width_ratio"] > 1.05)
        assert ("is higher" in words) == (change["height_ratio"] > 1.05)
        assert ("narrower" in words) == (change["width_ratio"] < 0.95)
        assert f"share {100 * change['overlap']:.0f} percent" in words
        assert change["tests"] == {} and words.count("was not tested") == (
            (abs(math.log(change["height_ratio"])) > 0.05 or abs(math.log(change["width_ratio"])) > 0.05) + ("The differences" in words))


def chance(what, p_value, corrected):
    said = f"(p = {p_value:.3f}, by Holm's correction {corrected:.3f})."
    return f"{what} is more than chance would make {said}" if corrected <= 0.05 else f"{what} may be chance {said}"


def by_definition(p_values):
    """Holm's correction by its steps: the least first, each as much as the number of those that are left."""
    corrected, most = {}, 0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        most = max(most, min(1, (len(p_values) - rank) * p_values[i]))
        corrected[i] = most
    return [corrected[i] for i in range(len(p_values))]


def test_p_values_are_corrected_for_their_number(server):
    """Of a group's curves together and of a group's changes together, whatever other groups there are."""
    answer = ask(server, tests="dip,silverman,permutation")
    for group in ("western", "central", "eastern"):
        curves = [one["tests"] for one in answer["series"] if one["group"] == group]
        changes = [one["tests"]["permutation"] for one in answer["changes"] if one["group"] == group]
        assert len(curves) == len(changes) == 3
        plain = [test[name] for test in curves for test, name in ((test["dip"], "p_value"), (test["silverman"], "calibrated_p_value"))]
        assert [test[name]["holm_p_value"] for test in curves for name in ("dip", "silverman")] == by_definition(plain)
        plain = [test[f"{name}_p_value"] for test in changes for name in ("height", "width", "sd")]
        assert [test[f"{name}_holm_p_value"] for test in changes for name in ("height", "width", "sd")] == by_definition(plain)
        shifts = [change for change in answer["changes"] if change["group"] == group]
        assert [change["mean_shift_holm_p_value"] for change in shifts] == by_definition([change["mean_shift_p_value"] for change in shifts])
    two = ask(server, tests="permutation", by="none", years="2010,2018")["changes"][0]["tests"]["permutation"]
    assert [two[f"{name}_holm_p_value"] for name in ("height", "width", "sd")] == by_definition([two[f"{name}_p_value"] for name in ("height", "width", "sd")])
    both, = compute(server, tests=["dip", "silverman"])["series"]
    assert [both["tests"][name]["holm_p_value"] for name in ("dip", "silverman")] == by_definition(
        [both["tests"]["dip"]["p_value"], both["tests"]["silverman"]["calibrated_p_value"]])
    alone, = compute(server)["series"]
    assert alone["tests"]["dip"]["holm_p_value"] == alone["tests"]["dip"]["p_value"]


def test_many_years_have_replicates_enough(server):
    """The least p-value there can be must not be lost in the correction of so many; where all are large, fewer do."""
    years = ",".join(map(str, range(2010, 2020)))
    answer = ask(server, by="none", years=years)
    tests = [change["tests"]["permutation"] for change in answer["changes"]]
    small = [min(test[f"{name}_p_value"] for name in ("height", "width", "sd")) <= 0.05 for test in tests]
    assert len(tests) == 10 and [test["replicates"] for test in tests] == [40 * 30 - 1 if is_small else 499 for is_small in small] and any(small)


def test_changes_are_told_with_their_chance(server):
    """Height, width and spread, each where it changed, with the test's verdict; other curves may tell another story."""
    for more in ({}, {"by": "none", "relative_to": "none", "years": "2010,2018"}, {"bandwidth": "0.3"}, {"years": "2010,2011,2012,2018", "by": "none"}):
        for change in ask(server, **more)["changes"]:
            words, test = " ".join(change["reading"]), change["tests"]["permutation"]
            assert (test["replicates"], test["seed"]) == (499, 1937) and test["pairs"] in (10, 11, 31)
            if "bandwidth" not in more:
                assert test["height_ratio"] == pytest.approx(change["height_ratio"], rel=1e-9)
                assert test["width_ratio"] == pytest.approx(change["width_ratio"], rel=1e-6)
            for name in ("height", "width"):
                shown, tested = change[f"{name}_ratio"], test[f"{name}_ratio"]
                sentence = chance(f"The change in {name}", test[f"{name}_p_value"], test[f"{name}_holm_p_value"])
                if (shown > 1) != (tested > 1):
                    sentence = f"The change in {name} may be chance: a Gaussian curve by Silverman's rule shows it the other way."
                assert (sentence in words) == (not 0.95 <= shown <= 1.05), words
            said = re.search(r"The differences (?:shrank|grew)\. (That .*?\)\.)", words)
            assert (said is None) == (0.95 <= test["sd_ratio"] <= 1.05)
            assert said is None or said.group(1) == chance("That", test["sd_p_value"], test["sd_holm_p_value"])
            assert "not tested" not in words


def test_two_groups_are_told_apart(server):
    values = [*numpy.linspace(1, 2, 20), *numpy.linspace(8, 9, 20)]
    series, = compute(server, values=values, tests=["dip", "silverman"])["series"]
    assert series["tests"]["dip"]["p_value"] < 0.001 and series["tests"]["silverman"]["calibrated_p_value"] < 0.01
    assert "The further peaks are more than chance would make." in series["reading"]
    series, = compute(server, values=values, tests=["none"])["series"]
    assert "Whether the further peaks are more than chance was not tested." in series["reading"]


def normal(values, h, x):
    return scipy.stats.norm.pdf((numpy.asarray(x)[:, None] - numpy.asarray(values)) / h).mean(axis=1) / h


def test_weighted_by_an_indicator(server):
    """Curve, means, spread, words: of people in the place of provinces."""
    query = {"by": "none", "relative_to": "none", "points": "64", "weights": "population_year_end"}
    answer, plain = ask(server, **query, bandwidth="9"), ask(server, by="none", relative_to="none", points="64", bandwidth="9")
    assert answer["weights"] == "population_year_end" and "weights" not in plain
    grid = numpy.linspace(answer["grid"]["from"], answer["grid"]["to"], 64)
    spreads = []
    for year, series, bare_series in zip((2010, 2014, 2018), answer["series"], plain["series"], strict=True):
        values, people = column(QUERY["indicator"], year), column("population_year_end", year)
        shares = people / people.sum()
        curve = (shares * scipy.stats.norm.pdf((grid[:, None] - values) / 9)).sum(axis=1) / 9
        assert series["density"] == pytest.approx(curve, rel=1e-9, abs=1e-13)
        assert series["weighted_mean"] == pytest.approx(shares @ values) and series["mean"] == bare_series["mean"] and series["sd"] == bare_series["sd"]
        spreads.append(math.sqrt(31 / 30 * shares @ (values - shares @ values) ** 2))
        assert series["weighted_sd"] == pytest.approx(spreads[-1]) and "weighted_sd" not in bare_series
        assert series["tests"] == {} and not any("know no weights" in warning for warning in series["warnings"])
    spans = {(2010, 2014): (0, 1), (2014, 2018): (1, 2), (2010, 2018): (0, 2)}
    for change in answer["changes"]:
        earlier, later = spans[change["from"], change["to"]]
        assert change["tests"] == {} and change["mean_shift"] == pytest.approx(answer["series"][later]["weighted_mean"] - answer["series"][earlier]["weighted_mean"])
        ratio = spreads[later] / spreads[earlier]
        freedom = math.floor(min(design(dict(enumerate(zip(CODES, column("population_year_end", year)))))[2] for year in (change["from"], change["to"])))
        assert ("The differences shrank." in change["reading"]) == (ratio < 0.95) and ("The differences grew." in change["reading"]) == (ratio > 1.05)
        assert change["mean_shift_freedom"] == freedom < 30
        assert change["mean_shift_p_value"] == pytest.approx(2 * scipy.stats.t.sf(abs(change["mean_shift"]) / change["mean_shift_error"], freedom), abs=1e-12)
        told = [sentence for sentence in change["reading"] if "(p = " in sentence]  # of the centre alone
        assert told == ([] if change["reading"][0].startswith("The centre stayed") else change["reading"][1:2])
    for test in ("dip", "silverman", "permutation"):
        asked = ask(server, **query, tests=test)
        assert all(any("know no weights" in warning for warning in series["warnings"]) and series["tests"] == {} for series in asked["series"])
        assert all(change["tests"] == {} for change in asked["changes"])
    reply = server.get(PATH, params={**QUERY, **query}, headers={"Accept": "image/svg+xml"})
    assert reply.status_code == 200 and "weighted by population at year end" in reply.text and "figures revision 1." in reply.text


def test_provinces_without_a_weight_are_refused(start):
    own = start()
    figures = [{"indicator": "beds", "year": 1999, "province": code, "value": value} for code, value in (("CN-HB", 5), ("CN-HN", 6), ("CN-GD", 7))]
    figures += [{"indicator": "hospitals", "year": 1999, "province": code, "value": value} for code, value in (("CN-HB", 0), ("CN-HN", 0), ("CN-GD", 0))]
    assert own.request("PUT", "/figures", token=True, json={"figures": figures}).status_code in (200, 201)
    query = {"indicator": "beds", "years": "1999", "points": "16"}
    assert_problem(own.get(PATH, params={**query, "weights": "population_year_end"}), 422, "no_figures")
    zero = assert_problem(own.get(PATH, params={**query, "weights": "hospitals"}), 422, "weights_zero")
    assert faults(zero) == {"weights": "weights_zero"}
    assert own.get(PATH, params={**query, "weights": "beds"}).json()["series"][0]["weighted_mean"] == pytest.approx((25 + 36 + 49) / 18)


def test_boundaries(server):
    for lower in (3.0, -1.0):
        answer = compute(server, boundary="reflect", lower=lower, points=64)
        series, grid = answer["series"][0], answer["grid"]
        assert (answer["boundary"], answer["lower"]) == ("reflect", lower) and grid["from"] >= lower
        places, h = numpy.linspace(grid["from"], grid["to"], 64), series["bandwidth"]
        wanted = normal(SAMPLE, h, places) + normal(2 * lower - numpy.array(SAMPLE), h, places)
        assert series["density"] == pytest.approx(wanted.tolist(), abs=1e-12)
    answer = compute(server, boundary="log", points=64)
    series, grid = answer["series"][0], answer["grid"]
    places = numpy.linspace(grid["from"], grid["to"], 64)
    assert answer["lower"] == 0
    assert series["density"] == pytest.approx((normal(numpy.log(SAMPLE), series["bandwidth"], numpy.log(places)) / places).tolist(), abs=1e-11)
    plain = compute(server)
    assert (plain["boundary"], plain["lower"]) == ("none", None)
    answers = [ask(server, boundary=boundary, tests="none") for boundary in ("none", "reflect", "log")]
    assert len({str(answer["series"]) for answer in answers}) == 3
    assert all(answer["grid"]["from"] > 0 for answer in answers)


@pytest.mark.parametrize("query, place, status", [
    ({"boundary": "mirror"}, {"boundary": "not_a_choice"}, 400), ({"lower": "1"}, {"lower": "conflicting_values"}, 400),
    ({"boundary": "log", "kernel": "uniform"}, {"boundary": "conflicting_values"}, 400),
    ({"boundary": "log", "lower": "x"}, {"lower": "wrong_type"}, 400)])
def test_boundaries_that_are_refused(server, query, place, status):
    body = assert_problem(server.get(PATH, params={**QUERY, **query}), status, "invalid_query")
    assert faults(body) == place


def test_values_below_the_boundary_are_refused(server):
    body = assert_problem(server.get(PATH, params={**QUERY, "boundary": "reflect", "lower": "1.2"}), 422, "out_of_range")
    assert set(faults(body)) == {"lower"}
    for boundary, lower in (("reflect", 3.2), ("log", 3.1)):
        body = assert_problem(server.request("POST", PATH, json={"values": SAMPLE, "boundary": boundary, "lower": lower}), 422, "out_of_range")
        assert faults(body) == {"/lower": "out_of_range"}
    assert_problem(server.request("POST", PATH, json={"values": SAMPLE, "lower": 1}), 422, "conflicting_values")
    body = {"values": SAMPLE, "boundary": "log", "kernel": "triangular"}
    assert_problem(server.request("POST", PATH, json=body), 422, "conflicting_values")


@pytest.mark.parametrize("bandwidth", ["0.1", "5", "30"])
def test_a_peak_that_cannot_be_told_from_the_bound_is_refused(server, bandwidth):
    query = {"indicator": "health_personnel_all_per_10k", "years": "2010,2018"}
    least = min(series["min"] for series in server.get(PATH, params=query).json()["series"])
    below = {**query, "boundary": "log", "lower": repr(float(numpy.nextafter(least, 0))), "bandwidth": bandwidth}
    assert_problem(server.get(PATH, params=below), 422, "out_of_range")
    reply = server.get(PATH, params={**below, "boundary": "reflect"})
    assert reply.status_code == 200, reply.text


def test_values_that_differ_by_less_than_can_be_squared_are_refused(server):
    for rule in ("ucv", "bcv", "sj-ste", "sj-dpi"):
        reply = server.request("POST", PATH, json={"values": [1e-300, 2e-300, 5e-300], "bandwidth": rule})
        assert_problem(reply, 422, "no_spread")


def test_no_test_finds_groups_as_the_documentation_says(server):
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "mechanism.md").read_text(encoding="utf-8")
    said = re.search(r"rejects a single peak in any of the nine curves; the least p-values are ([0-9.]+) and ([0-9.]+)\.", text)
    tests = [series["tests"] for series in ask(server, tests="dip,silverman")["series"]]
    assert len(tests) == 9
    said_of_changes = re.search(r"is a p-value of height or width at most 0\.05, the least being ([0-9.]+); the standard deviation alone", text)
    changes = [(change["group"], change["tests"]["permutation"]) for change in ask(server)["changes"]]
    moved = re.search(r"only that of the west from 2010 to 2014, to the right,\s+is more than chance would make \(p = ([0-9.]+), corrected ([0-9.]+)\)", text)
    proved, = [change for change in ask(server)["changes"] if change["mean_shift_holm_p_value"] <= 0.05]
    assert (proved["group"], proved["from"], proved["to"]) == ("western", 2010, 2014) and proved["mean_shift"] > 0
    assert [round(proved[name], 3) for name in ("mean_shift_p_value", "mean_shift_holm_p_value")] == [float(number) for number in moved.groups()]
    assert float(said_of_changes.group(1)) == round(min(min(test["height_p_value"], test["width_p_value"]) for _, test in changes), 2)
    assert {group for group, test in changes if test["sd_p_value"] <= 0.05} == {"central"}
    corrected = re.search(r"with a p-value below 0\.05 \(([0-9.]+)\), and corrected for\nthe nine p-values of a belt \(Holm 1979\) that is ([0-9.]+), so", text)
    central = [test for group, test in changes if group == "central"]
    assert [round(min(test[name] for test in central), 2) for name in ("sd_p_value", "sd_holm_p_value")] == [float(number) for number in corrected.groups()]
    assert all(test[f"{name}_holm_p_value"] > 0.05 for _, test in changes for name in ("height", "width", "sd"))
    assert float(said.group(1)) == round(min(test["dip"]["p_value"] for test in tests), 2)
    assert float(said.group(2)) == round(min(test["silverman"]["calibrated_p_value"] for test in tests), 2)


NUMBERS = [0, 1, -1, 1.5, 2, 2, 3, 1e15, -1e15, 1e-300, -1e-300, 5e-324, 1e-15, 123456789.125, 0.1]
MEMBERS = {
    "weights": [None, [0, 1, 2], [1] * 12, [0] * 12, [1e15, 1e-300] * 6], "kernel": ["gaussian", "uniform", "triangular", "cosine", "x"],
    "bandwidth": ["silverman", "scott", "eviews", "ucv", "bcv", "sj-ste", "sj-dpi", 1, 1e-12, 1e15, 1e-100, 0, "x"],
    "adjust": [1, 0.001, 1000, 0, 1e-300], "convention": ["sd", "half-width"], "points": [16, 100, 8192], "cut": [0, 3, 1000],
    "from": [0, -1e15], "to": [1, 1e15], "boundary": ["none", "reflect", "log"], "lower": [0, -1e15, 1e15, 0.1, -1],
    "tests": [["none"], ["dip"], ["silverman"], ["dip", "silverman"]], "thresholds": [[0], [1e15, -1e15, 1e-300], [0.5, 1.5]]}


@pytest.mark.parametrize("seed", range(8))
def test_bodies_at_random(server, seed):
    """Hard numbers and odd companies: an answer that holds together or a refusal that names its places, never a failure."""
    random = numpy.random.default_rng(seed)
    answered = 0
    for _ in range(40):
        n = int(random.choice([1, 2, 3, 12]))
        pool = NUMBERS if random.random() < 0.5 else SAMPLE
        body = {"values": [pool[i] for i in random.integers(0, len(pool), n)]}
        for name, choices in MEMBERS.items():
            if random.random() < 0.25:
                body[name] = choices[random.integers(0, len(choices))]
        reply = server.request("POST", PATH, json=body)
        assert reply.status_code in (200, 422), (body, reply.text)
        if reply.status_code == 422:
            assert reply.json()["detail"], body
            continue
        answered += 1
        series, = reply.json()["series"]
        shares = [quantile["x"] for quantile in series["quantiles"]]
        assert shares == sorted(shares), body
        assert all(height is None or height >= 0 for height in series["density"]), body
        assert all(0 <= tail["below"] <= 1 and 0 <= tail["above"] <= 1 for tail in series["tails"]), body
        assert series["bandwidth"] > 0 and series["modes"] and series["reading"], body
    assert answered > 5
