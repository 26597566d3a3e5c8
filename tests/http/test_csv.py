"""Lists as text/csv: the very rows of the JSON, cell for cell, page for page."""

import csv
import io
import json
import os
import tempfile
import time
import urllib.parse

import pytest

import contract_session
import test_contract
from conftest import Server
from world import World, fresh, version_of

TABLES = [operation for operation in test_contract.OPERATIONS if "x-tallystick-columns" in operation.item]
LISTS = [operation for operation in TABLES if operation.method == "GET" and operation.id not in ("getDensity", "getInequality")]
QUERIES = {"getEfficiency": [contract_session.EFFICIENCY.partition("?")[2]], "getMalmquist": [contract_session.MALMQUIST.partition("?")[2], contract_session.MALMQUIST.partition("?")[2].replace("&distances=true", "")], "summariseSupplies": ["", "by=item", "by=province,site"],
           "summariseTransfers": ["", "by=state", "by=origin,destination"], "listFigures": ["", "limit=1000", "year=2011"]}
FORMULA = tuple("=+-@\t\r\n'＝＋－＠")


@pytest.fixture(scope="module")
def played():
    """A service of its own: the session makes a province, which others do not expect."""
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        started = Server(os.path.join(scratch, "data"))
        contract_session.play(started, lambda name, response: None)
        yield started
        assert started.stop() == 0


def tokens_of(operation):
    """Who may ask: everybody and the administrator, or the latter alone."""
    return [True] if operation.item["x-tallystick-roles"] else [None, True]


def address(operation):
    return operation.path.replace("{id}", contract_session.GUANGDONG if operation.path.startswith("/organisations") else "MASKS-1")


def get(server, path, token=None, method="GET", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method, path, token=token, headers={"Accept": "text/csv", **headers})


def rows_of(reply):
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = reply.content.decode("utf-8")
    assert text.endswith("\r\n") and "\0" not in text
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)
    return rows[0], rows[1:]


def spell_out(columns, items):
    """The columns, those that end in .* as one for each member of what the rows have under that name."""
    for column in columns:
        name = column.removesuffix(".*")
        members = next((list(item[name]) for item in items if isinstance(item.get(name), dict)), None) if name != column else None
        yield from [name] if members is None else [f"{name}.{member}" for member in members]


def cell(value):
    """A member's value as its cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(FORMULA) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, (bool, list, dict)) else value


def flat(item, columns, before=""):
    for name, value in item.items():
        path = before + name
        if isinstance(value, dict) and any(column.startswith(path + ".") for column in columns):
            yield from flat(value, columns, path + ".")
        elif path in ("peers", "undefined"):  # of which there is a table
            yield path, ";".join(one.get("dmu") or one["index"] for one in value)
        else:
            yield path, cell(value)


def same(text, value):
    return float(text) == value if isinstance(value, (int, float)) else text == value


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.id)
def test_the_rows_are_those_of_the_json(played, operation):
    for query in QUERIES.get(operation.id, ["", "limit=2"]):
        path = f"{address(operation)}?{query}"
        for token in tokens_of(operation):
            as_csv, as_json = get(played, path, token), played.get(path, token=token)
            header, rows = rows_of(as_csv)
            body = as_json.json()
            items = body.get("items", body.get("results"))
            columns = list(spell_out(operation.item["x-tallystick-columns"], items))
            assert header == columns
            assert len(rows) == len(items) and len(items) > 0
            for row, item in zip(rows, items):
                cells = dict(flat(item, columns))
                assert set(cells) <= set(columns)
                for name, text in zip(columns, row):
                    assert same(text, cells.get(name, "")), (name, text, item)
            assert as_csv.headers.get("Link") == as_json.headers.get("Link")
            assert as_csv.headers["ETag"] != as_json.headers["ETag"]
            for reply in (as_csv, as_json):
                assert "Accept" in reply.headers["Vary"].split(", ")
            assert as_csv.headers["Cache-Control"] == as_json.headers["Cache-Control"]


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.id)
def test_tags_and_head(played, operation):
    path = f"{address(operation)}?{QUERIES.get(operation.id, [''])[0]}"
    token = tokens_of(operation)[0]
    first = get(played, path, token)
    tag = first.headers["ETag"]
    again = get(played, path, token, If_None_Match=tag)
    assert again.status_code == 304 and again.headers["ETag"] == tag and again.headers["Vary"] == first.headers["Vary"]
    assert played.get(path, token=token, headers={"If-None-Match": tag}).status_code == 200, "the tag of the other representation"
    head = get(played, path, token, method="HEAD")
    assert head.headers["Content-Length"] == str(len(first.content)) and head.headers["ETag"] == tag


def members(schema):
    """The names of an answer's members."""
    while "$ref" in schema:
        schema = test_contract.CONTRACT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return set(schema.get("properties", {})).union(*(members(part) for part in schema.get("allOf", [])))


def test_every_list_can_be_had(played):
    """Whatever answers with items has them as CSV, too."""
    for operation in test_contract.OPERATIONS:
        answer = operation.item["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if operation.method == "GET" and "{" not in operation.path and "items" in members(answer.get("schema", {})):
            assert operation in LISTS, operation.id
    assert len(LISTS) == 22


def columns_of(operation_id):
    return test_contract.BY_ID[operation_id].item["x-tallystick-columns"]


def post(server, path, body):
    return server.request("POST", path, json=body, headers={"Accept": "text/csv"})


def test_every_table_is_tested():
    assert {operation.id for operation in TABLES} - {operation.id for operation in LISTS} == {
        "getDensity", "computeDensity", "computeEfficiency", "computeMalmquist", "getInequality", "computeInequality"}


@pytest.mark.parametrize("body", [None, contract_session.SAMPLE, {"values": [1, 2, 3.5], "points": 17}, {"values": [0.1, 0.2, 0.4], "points": 1000}],
                         ids=["provinces", "sample", "seventeen points", "thousand points"])
def test_curves(played, body):
    """A record for each point of each curve, at the places that the grid says."""
    if body is None:
        as_csv, as_json = get(played, contract_session.DENSITY), played.get(contract_session.DENSITY)
        assert as_csv.headers["ETag"] != as_json.headers["ETag"]
        assert get(played, contract_session.DENSITY, If_None_Match=as_csv.headers["ETag"]).status_code == 304
        assert get(played, contract_session.DENSITY, If_None_Match=as_json.headers["ETag"]).status_code == 200
    else:
        as_csv, as_json = post(played, "/density", body), played.post("/density", body, token=None)
    header, rows = rows_of(as_csv)
    assert header == columns_of("getDensity") == columns_of("computeDensity")
    document = as_json.json()
    start, end, points = (document["grid"][name] for name in ("from", "to", "points"))
    step = (end - start) / (points - 1)
    wanted = [(cell(series["group"]), cell(series["year"]), end if i == points - 1 else start + i * step, density)
              for series in document["series"] for i, density in enumerate(series["density"])]
    assert len(wanted) == len(rows) == points * len(document["series"])
    for row, (group, year, x, density) in zip(rows, wanted):
        assert float(row[0]) == x and float(row[1]) == density and row[2] == group and same(row[3], year)
    assert "Accept" in as_csv.headers["Vary"].split(", ") and as_csv.headers["Cache-Control"] == as_json.headers["Cache-Control"]


def test_scores_of_own_units(played):
    bare = {**contract_session.UNITS, "slacks": "none", "dmus": [{"id": "-1", "staff": 0, "visits": 1}, {"id": "B", "staff": 3, "visits": 4}]}
    for path, operation, body in (("/efficiency", "computeEfficiency", contract_session.UNITS), ("/efficiency", "computeEfficiency", bare),
                                  ("/efficiency/malmquist", "computeMalmquist", {**contract_session.PANEL, "distances": True}),
                                  ("/efficiency/malmquist", "computeMalmquist", contract_session.PANEL)):
        header, rows = rows_of(post(played, path, body))
        results = played.post(path, body, token=None).json()["results"]
        assert header == list(spell_out(columns_of(operation), results))
        assert len(rows) == len(results)
        for row, result in zip(rows, results):
            cells = dict(flat(result, header))
            assert set(cells) <= set(header)
            assert all(same(text, cells.get(name, "")) for name, text in zip(header, row)), row


def test_indices(played):
    """A record for each series; curves, members and pairs are not in it."""
    for body in (None, contract_session.PARTS, {"values": [0, 1, 2]}, {"values": [1, 2], "groups": ["=a", "b"]}):
        if body is None:
            as_csv, as_json = get(played, contract_session.INEQUALITY), played.get(contract_session.INEQUALITY)
            assert get(played, contract_session.INEQUALITY, If_None_Match=as_csv.headers["ETag"]).status_code == 304
        else:
            as_csv, as_json = post(played, "/inequality", body), played.post("/inequality", body, token=None)
        header, rows = rows_of(as_csv)
        assert header == columns_of("getInequality") == columns_of("computeInequality")
        assert len(rows) == len(as_json.json()["series"])
        for row, series in zip(rows, as_json.json()["series"]):
            cells = dict(flat(series, header))
            assert set(cells) - set(header) <= {"lorenz", "members", "dagum_pairs"}
            assert all(same(text, cells.get(name, "")) for name, text in zip(header, row)), row


EFFICIENCY, MALMQUIST, DENSITY, INEQUALITY = (getattr(contract_session, name) for name in ("EFFICIENCY", "MALMQUIST", "DENSITY", "INEQUALITY"))
PERS = ("count", "crste", "vrste", "scale", "score", "cost", "cost_minimum", "technical", "allocative", "own", "maverick")
CHANGES = ("count", "effch", "techch", "pech", "sech", "tfpch")


def of(source, *names):
    return tuple(source.get(name) for name in names)


def grouped(summary):
    """(the group, what is said of it), the whole first."""
    return [(None, summary["mean"]), *(summary.get("by_belt") or summary.get("by_group") or {}).items()]


def slacks_of(source):
    return [value for kind in ("input_slacks", "output_slacks") for value in source.get(kind, {"": None}).values()]


def expected(document, table):
    """The rows that the JSON says a table has."""
    results, series = document.get("results", []), document.get("series", [])
    summary, changes, moves = document.get("summary", {}), document.get("changes", []), document.get("transitions", [])
    label = [name for name in ("name", "belt", "group") if any(name in row for row in results)]
    parts = [("theil", "theil_t", "within", "within"), ("theil", "theil_t", "between", "between"), ("theil", "theil_l", "within", "l_within"),
             ("theil", "theil_l", "between", "l_between"), *(("dagum", "gini", part, part) for part in ("within", "between", "transvariation"))]
    rows = {
        "peers": lambda: [(row["dmu"], peer["dmu"], peer["lambda"]) for row in results for peer in row.get("peers", [])],
        "peer_counts": lambda: [of(row, "dmu", *label, "peer_count") for row in results],
        "movements": lambda: [(row["dmu"], kind, name, row["values"][name], row.get(f"{kind}_radial", {}).get(name), row.get("slack_movements", {}).get(name), target, row.get("directional_movements", {}).get(name))
                              for kind in ("input", "output") for row in results for name, target in row.get(f"{kind}_targets", {}).items()],
        "slacks": lambda: [("unit", row["dmu"], *of(row, *label), *slacks_of(row)) for row in results] +
                          [("mean", None, *[None] * (len(label) - 1), group, *slacks_of(mean)) for group, mean in grouped(summary)],
        "dmus": lambda: [of(row, "dmu", *CHANGES) for row in summary["dmus"]],
        "periods": lambda: [(*of(step, "from", "to"), *row) for is_whole in (True, False) for step in summary["periods"]
                            for row in [(group, *of(mean, *CHANGES)) for group, mean in grouped(step) if (group is None) == is_whole]],
        "means": lambda: [(group, *of(mean, *(CHANGES if "dmus" in summary else PERS))) for group, mean in grouped(summary)],
        "series": lambda: [of(s, "group", "year", "n", "mean", "weighted_mean", "sd", "min", "max", "bandwidth", "rule", "peak_count", "integral", "weighted_sd") for s in series],
        "modes": lambda: [(*of(s, "group", "year"), i, *of(m, "x", "height", "prominence", "width")) for s in series for i, m in enumerate(s["modes"], 1)],
        "quantiles": lambda: [of({**s, **q}, "group", "year", "share", "x") for s in series for q in s["quantiles"]],
        "tails": lambda: [of({**s, **t}, "group", "year", "x", "below", "above") for s in series for t in s["tails"]],
        "tests": lambda: [(*of(s, "group", "year"), name, *of(t, "statistic", "critical_bandwidth", "p_value", "calibrated_p_value", "holm_p_value", "replicates", "seed"))
                          for s in series for name, t in s["tests"].items()],
        "changes": lambda: [of(c, "group", "from", "to", "mean_shift", "mode_shift", "height_ratio", "width_ratio", "overlap", "mean_shift_error", "mean_shift_p_value", "mean_shift_holm_p_value", "mean_shift_freedom") for c in changes],
        "readings": lambda: [(*of(row, "group", "year", "from", "to"), i, text) for row in series + changes for i, text in enumerate(row["reading"], 1)],
        "warnings": lambda: [(*of(s, "group", "year"), text) for s in series for text in s["warnings"]],
        "change_tests": lambda: [(*of(c, "group", "from", "to"), what, *(c["tests"]["permutation"][f"{what}_{number}"] for number in ("ratio", "p_value", "holm_p_value")),
                                  *of(c["tests"]["permutation"], "pairs", "replicates", "seed"))
                                 for what in ("height", "width", "sd") for c in changes if "permutation" in c["tests"]],
        "certificate": lambda: [tuple(document["certificate"].values())],
        "shifts": lambda: [of({**c, **q}, "group", "from", "to", "share", "shift") for c in changes for q in c["quantile_shifts"]],
        "lorenz": lambda: [(*of(s, "group", "year"), i, *of(p, "population", "share")) for s in series for i, p in enumerate(s["lorenz"], 1)],
        "decomposition": lambda: [(s["year"], index, part, s[member][name]) for member, index, part, name in parts for s in series if member in s],
        "pairs": lambda: [(s["year"], *of(p, "higher", "lower", "gini", "affluence")) for s in series for p in s.get("dagum_pairs", [])],
        "undefined": lambda: [(*of(s, "group", "year"), *of(u, "index", "reason")) for s in series for u in s["undefined"]],
        "states": lambda: [(y["year"], i, bound) for y in document.get("states", {"years": []})["years"] for i, bound in enumerate(y["bounds"], 1)],
        "transitions": lambda: [(*of(m, "group", "from", "to"), a, b, count, m["probabilities"][a - 1][b - 1])
                                for m in moves for a, row in enumerate(m["counts"], 1) for b, count in enumerate(row, 1)],
        "mobility": lambda: [of(m, "group", "from", "to", "n", "mobility") for m in moves],
        "left_out": lambda: [of(row, "unit" if "unit" in row else "province", *["year"] * ("year" in row)) + ((";".join(row["missing"]),) if "missing" in row else ())
                             for row in document.get("left_out", [])],
    }
    return rows[table]()


def of_operation(*operations):
    """All but weights, which no other form of the same question has: test_efficiency_models.py."""
    return [(operation, table) for operation in operations for table in test_contract.BY_ID[operation].item["x-tallystick-tables"] if table != "weights"]


READS = {"getEfficiency": [EFFICIENCY, EFFICIENCY + "&model=super&orientation=output", EFFICIENCY + "&model=cross", "/efficiency?year=2018&inputs=beds&outputs=health_personnel_all"],
         "getMalmquist": [MALMQUIST, "/efficiency/malmquist?years=2014,2016,2018&inputs=beds&outputs=health_personnel_all"],
         "getDensity": [DENSITY, "/density?indicator=beds&years=2014,2016,2018&by=belt&thresholds=1000,1e6&tests=dip,silverman&points=16"],
         "getInequality": [INEQUALITY, "/inequality?indicator=beds&years=2014,2016,2018&bounds=0.5,1,2"]}
UNEVEN = {"values": [0, 1, 2, 5], "groups": ["=a", "b", "b", 'c"d,\n']}
SENT = {"computeEfficiency": [("/efficiency", contract_session.UNITS), ("/efficiency", {**contract_session.UNITS, "model": "super"})],
        "computeMalmquist": [("/efficiency/malmquist", contract_session.PANEL)],
        "computeDensity": [("/density", contract_session.SAMPLE), ("/density", {"values": [1, 2, 2, 9], "weights": [1, 2, 1, 1], "thresholds": [1, 3]}), ("/density", {"values": [1, 2, 2, 9], "tests": ["dip", "silverman"]}),
                           ("/density", contract_session.SPREAD)],
        "computeInequality": [("/inequality", contract_session.PARTS), ("/inequality", UNEVEN), ("/inequality", contract_session.YEARS)]}


def hold_against(reply, document, operation, table):
    header, rows = rows_of(reply)
    columns = test_contract.BY_ID[operation].item["x-tallystick-tables"][table]
    first = document["results"][0] if table == "slacks" else {}  # one column for each member, an empty one where a model has none
    assert header == [f"{column[:-2]}.{member}" if member else column.removesuffix(".*") for column in columns for member in first.get(column[:-2], [None])]
    wanted = expected(document, table)
    assert len(rows) == len(wanted)
    for row, values in zip(rows, wanted):
        assert len(row) == len(values) and all(same(text, cell(value)) for text, value in zip(row, values)), (row, values)
    return len(rows)


@pytest.mark.parametrize("operation, table", of_operation(*READS))
def test_tables_of_stored_figures(played, operation, table):
    total = 0
    for path in READS[operation]:
        reply, bare = get(played, f"{path}&table={table}"), get(played, path)
        document = played.get(path)
        total += hold_against(reply, document.json(), operation, table)
        assert len({answer.headers["ETag"] for answer in (reply, bare, document)}) == 3
        again = get(played, f"{path}&table={table}", If_None_Match=reply.headers["ETag"])
        assert again.status_code == 304
        assert get(played, path, If_None_Match=reply.headers["ETag"]).status_code == 200
        for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json, text/*;q=0.1"):
            assert get(played, f"{path}&table={table}", Accept=accept).content == reply.content, "a table is a wish for CSV"
        for accept in ("application/json", "image/svg+xml", "*/*, text/csv;q=0"):
            refused = get(played, f"{path}&table={table}", Accept=accept)
            assert refused.status_code == 406 and refused.json()["representations"] == ["text/csv"], accept
    assert total > 0 or table in ("left_out", "undefined")


@pytest.mark.parametrize("operation, table", of_operation(*SENT))
def test_tables_of_own_numbers(played, operation, table):
    total = 0
    for path, body in SENT[operation]:
        document = played.post(path, body, token=None).json()
        total += hold_against(post(played, f"{path}?table={table}", body), document, operation, table)
        assert played.post(f"{path}?table={table}", body, token=None).headers["Content-Type"] == "text/csv; charset=utf-8"
        refused = played.request("POST", f"{path}?table={table}", json=body, headers={"Accept": "application/json"})
        assert refused.status_code == 406
    assert total > 0 or table == "pairs"


@pytest.mark.parametrize("operation", [*READS, *SENT])
def test_the_first_table_has_a_name_too(played, operation):
    names = test_contract.BY_ID[operation].query()["table"]["schema"]
    assert names["enum"] == [names["default"], *test_contract.BY_ID[operation].item["x-tallystick-tables"]]
    if operation in READS:
        path = READS[operation][0]
        assert get(played, f"{path}&table={names['default']}").content == get(played, path).content
        wrong = get(played, f"{path}&table={names['enum'][-1]}s")
        twice = get(played, f"{path}&table={names['default']}&table={names['default']}")
    else:
        path, body = SENT[operation][0]
        assert post(played, f"{path}?table={names['default']}", body).content == post(played, path, body).content
        wrong = post(played, f"{path}?table={names['enum'][-1]}s", body)
        twice = post(played, f"{path}?table={names['default']}&table={names['default']}", body)
        assert post(played, f"{path}?year=2011", body).json()["errors"][0]["code"] == "unknown_parameter"
    [fault] = wrong.json()["errors"]
    assert wrong.status_code == 400 and fault["code"] == "not_a_choice" and fault["parameter"] == "table" and fault["nearest"] == names["enum"][-1]
    assert all(name in fault["detail"] for name in names["enum"])
    assert twice.status_code == 400 and twice.json()["errors"][0]["code"] == "repeated_parameter"


def test_fields_of_a_table(played):
    """They are those of the table that is asked for."""
    whole, some = (rows_of(get(played, f"{EFFICIENCY}&table=peers{more}")) for more in ("", "&fields=lambda,dmu"))
    assert some == (["dmu", "lambda"], [[row[0], row[2]] for row in whole[1]])
    assert get(played, EFFICIENCY + "&table=peers&fields=crste").status_code == 400
    assert get(played, DENSITY + "&table=modes&fields=x").status_code == 400, "as without a table"


def test_a_job_gives_the_table(played):
    accepted = played.request("POST", "/efficiency?table=means", json=contract_session.UNITS, headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202
    for _ in range(500):
        reply = get(played, accepted.headers["Location"])
        if reply.status_code != 202:
            break
        time.sleep(0.02)
    assert reply.content == post(played, "/efficiency?table=means", contract_session.UNITS).content


def test_refused_computations_stay_problems(played):
    for path in ("/efficiency", "/efficiency/malmquist", "/density", "/inequality"):
        reply = post(played, path, {"valeus": []})
        assert reply.status_code == 422 and reply.headers["Content-Type"] == "application/problem+json"
        assert played.request("POST", path, json={}, headers={"Accept": "image/png"}).status_code == 406


def test_pages_follow_the_link(played):
    path, seen = "/figures?year=2011&limit=100", []
    while path:
        reply = get(played, path)
        seen += rows_of(reply)[1]
        link = reply.links.get("next")
        path = link and "?".join(urllib.parse.urlsplit(link["url"])[2:4])
    items = played.get("/figures?year=2011&limit=1000").json()["items"]
    assert [row[:3] for row in seen] == [[item["indicator"], str(item["year"]), item["province"]] for item in items]
    assert [float(row[3]) for row in seen] == [item["value"] for item in items]


def test_an_empty_list_has_its_header(played):
    header, rows = rows_of(get(played, "/transfers?since=2999-01-01T00:00:00Z"))
    assert rows == [] and header[0] == "id"


def test_without_a_header_line(server):
    """Accept's header=absent (RFC 4180, section 3; RFC 7111): the same records, and the type says so. Of a type that there is not, 406."""
    path = "/provinces?limit=5"
    whole = server.get(path, headers={"Accept": "text/csv"})
    for accept in ("text/csv; header=absent", 'text/csv;charset=utf-8;Header="ABSENT"', "text/csv;header=absent, text/csv;q=0.5, */*;q=0.1",
                   "text/csv;header=present;q=0.3, text/csv;header=absent", "text/csv;header=maybe, text/csv;header=absent"):
        reply = server.get(path, headers={"Accept": accept})
        assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/csv; charset=utf-8; header=absent", accept
        assert reply.content == whole.content.partition(b"\r\n")[2] and reply.headers["ETag"] != whole.headers["ETag"]
        assert "Accept" in reply.headers["Vary"]
        assert server.get(path, headers={"Accept": accept, "If-None-Match": reply.headers["ETag"]}).status_code == 304
        assert server.get(path, headers={"Accept": accept, "If-None-Match": whole.headers["ETag"]}).status_code == 200
    for accept in ("text/csv", "text/csv;header=present", "text/csv, text/csv;header=absent;q=0.5", "text/csv;header=absent;q=0, text/*"):
        assert server.get(path, headers={"Accept": accept}).content == whole.content, accept
    for accept in ("text/csv;header=maybe", "text/csv;header=absent;q=0"):
        refused = server.get(path, headers={"Accept": accept})
        assert refused.status_code == 406 and "text/csv" in refused.json()["representations"], accept
    assert server.get(path, headers={"Accept": "text/csv;header=absent;q=0.5, application/json"}).json()["items"]
    body = {"values": [1, 2, 4], "points": 17}
    table = server.post("/density", body, token=None, headers={"Accept": "text/csv"})
    reply = server.post("/density", body, token=None, headers={"Accept": "text/csv;header=absent"})
    assert table.status_code == 200 and reply.content == table.content.partition(b"\r\n")[2] and reply.headers["Content-Type"].endswith("header=absent")
    sent = server.request("PUT", "/figures", data=b"CN-HB,beds,2018,1\r\n", token=True, headers={"Content-Type": "text/csv; header=absent"})
    assert sent.status_code == 415 and "text/csv" in sent.headers["Accept"] and "header line" in sent.json()["detail"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "＝1", "\t=1", '=HYPERLINK("http://x/?"&A1,"a, b")',
                                  "two\nlines", "\n=1", 'a "word"', "a,b", "plain", "北京"])
def test_texts_are_no_formulas_and_come_back(played, name):
    item = fresh("CSV")
    category = fresh("c").lower()
    put = played.put(f"/items/{item}", {"name": name, "unit": "piece", "category": category})
    if put.status_code == 422:  # the rules do not take it as a name
        return
    header, [row] = rows_of(get(played, f"/items?category={category}"))
    text = row[header.index("name")]
    assert text == ("'" + name if name.startswith(FORMULA) else name)
    assert (text[1:] if text.startswith("'") else text) == name


def test_what_is_withheld_stays_so(played):
    world = World(played)
    supply = world.intake(10, note="=a person's name")["id"]
    path = f"/supplies/{supply}/movements"
    for token, note, withheld in [(None, "", '["note"]'), (world.token("operator", world.a), "'=a person's name", "[]"), (None, "", '["note"]')]:
        header, [row] = rows_of(get(played, path, token))
        assert row[header.index("note")] == note and row[header.index("withheld")] == withheld
        assert get(played, path, token).headers["Vary"] == "Accept, Authorization, Accept-Encoding"


def test_a_page_of_figures_keeps_its_revision(played):
    reply = get(played, "/figures?limit=1")
    assert version_of(reply) == str(played.get("/figures?limit=1").json()["figures_revision"])
    body = {"figures": [{"indicator": "ambulances", "year": 2023, "province": "CN-HB", "value": 77}]}
    assert played.put("/figures", body, headers={"If-Match": reply.headers["ETag"]}).status_code == 200
    assert played.put("/figures", body, headers={"If-Match": reply.headers["ETag"]}).status_code == 412


def test_figures_go_out_and_in_again(played):
    """What /figures gives is what /figures takes."""
    out = get(played, "/figures?indicator=ambulances")
    back = played.put("/figures", data=out.content, headers={"Content-Type": "text/csv"})
    assert back.status_code == 200 and back.json()["changed"] == 0, back.text


def test_objects_are_no_tables(played):
    for path in ("/items/MASK-N95", "/ledger", "/ledger/keys", "/transfers/TRANSFER-1", "/healthz"):
        reply = get(played, path)
        assert reply.status_code == 406 and reply.json()["representations"] == ["application/json"]


def test_a_problem_stays_a_problem(played):
    reply = get(played, "/figures?limit=0")
    assert reply.status_code == 400 and reply.headers["Content-Type"] == "application/problem+json"
