"""Reference data over HTTP: provinces, organisations, sites, items, indicators, figures."""

import csv
import io
import pathlib
import uuid

import pytest

from conftest import run
from world import World, unchanged, version_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOUNS = ["provinces", "organisations", "sites", "items", "indicators"]


def fresh(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def put(server, path, body=None, version=None, token=None, data=None, media="application/json", **headers):
    headers = {"Content-Type": media, **headers}
    if version is not None:
        headers["If-Match"] = version
    payload = {"data": data} if body is None else {"json": body}
    return server.request("PUT", path, token=token or True, headers=headers, **payload)


def get(server, path, **headers):
    return server.get(path, headers=headers)


def problem(reply, status, code):
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    body = reply.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/errors/{code}"
    assert body["title"] and body["detail"] and body["instance"].startswith("/")
    return body


def walk(server, path):
    """All items of a list, page by page, by the Link header; next must agree with it."""
    url, items = server.url + path, []
    while url:
        reply = server.session.get(url, timeout=10)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        items += body["items"]
        url = reply.links.get("next", {}).get("url")
        assert (url is None) == (body["next"] is None)
        assert url is None or url.startswith(server.url + "/") and url.endswith(body["next"])
    return items


@pytest.fixture(scope="module")
def organisation(server):
    name = fresh("CRC")
    assert put(server, f"/organisations/{name}", {"name": "Red Cross", "kind": "red_cross"}).status_code == 201
    return name


def test_a_new_database_has_the_provinces(server):
    provinces = walk(server, "/provinces")
    with open(ROOT / "data" / "provinces.csv", encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert len(provinces) == 31 and {p["code"] for p in provinces} == set(rows)
    for province in provinces:
        row = rows[province["code"]]
        assert province["name"] == {"en": row["name_en"], "zh": row["name_zh"]}
        assert province["gb_code"] == row["gb_code"] and province["belt"] == row["belt"]
        assert province["lat"] == float(row["lat"]) and province["lon"] == float(row["lon"])


def test_a_province_by_either_code(server):
    by_iso, by_gb = get(server, "/provinces/CN-HB"), get(server, "/provinces/420000")
    assert by_iso.status_code == 200 and by_iso.content == by_gb.content
    assert version_of(by_iso) == str(by_iso.json()["version"])
    assert b'"lat":30.59,"lon":114.31' in by_iso.content
    unchanged = get(server, "/provinces/CN-HB", **{"If-None-Match": by_iso.headers["ETag"]})
    assert unchanged.status_code == 304 and unchanged.headers["ETag"] == by_iso.headers["ETag"]


def test_create_replace_and_read(server, organisation):
    site = fresh("WH")
    body = {"name": {"en": "Warehouse", "zh": "仓库"}, "kind": "warehouse", "organisation": organisation,
            "province": "420000", "lat": 30.5928, "lon": 114.3055}
    created = put(server, f"/sites/{site}", body)
    assert created.status_code == 201
    assert created.headers["Location"] == f"/sites/{site}" and version_of(created) == "1"
    answer = created.json()
    ledger = answer.pop("ledger")
    assert ledger["seq"] > 0 and len(bytes.fromhex(ledger["entry_hash"])) == 32
    assert answer == {**body, "id": site, "province": "CN-HB", "version": 1, "updated_seq": ledger["seq"]}
    read = get(server, created.headers["Location"])
    assert read.json() == answer and int(read.headers["Tallystick-Seq"]) >= ledger["seq"]

    same = put(server, f"/sites/{site}", body)
    assert same.status_code == 200 and same.json()["version"] == 1

    del body["lat"], body["lon"]
    refusal = problem(put(server, f"/sites/{site}", body), 428, "version_required")
    assert refusal["version"] == 1
    replaced = put(server, f"/sites/{site}", body, version='"1"')
    assert replaced.status_code == 200 and version_of(replaced) == "2"
    assert replaced.json()["lat"] is None and replaced.json()["lon"] is None
    problem(put(server, f"/sites/{site}", {**body, "kind": "port"}, version='"1"'), 412, "version_mismatch")
    problem(put(server, f"/sites/{site}", {**body, "kind": "port"}, version='"foreign"'), 412, "version_mismatch")
    assert put(server, f"/sites/{site}", {**body, "kind": "port"}, version="*").json()["version"] == 3


@pytest.mark.parametrize("condition", ["1", '"1', '"1", 2', '""1"', '"1" "2"', '*, "1"', '"1", *', 'w/"1"', ",", ", ".join(['"1"'] * 9)])
def test_a_condition_that_cannot_be_read(server, organisation, condition):
    problem(put(server, f"/organisations/{organisation}", {"name": "x", "kind": "y"}, version=condition), 400,
            "invalid_if_match")


def test_a_condition_of_several_tags(server):
    """RFC 9110, 13.1.1: a list, of which one must be met by the strong comparison, so that a weak tag never is."""
    path = f"/organisations/{fresh('XL')}"
    assert put(server, path, {"name": "x", "kind": "a"}).status_code == 201
    for number, condition in enumerate(['"7", "1"', 'W/"2" ,,"9",\t"2.0123456789abcdef"', ", ".join(f'"{n}"' for n in range(8))]):
        assert put(server, path, {"name": "x", "kind": f"b{number}"}, version=condition).json()["version"] == number + 2, condition
    for condition in ('"1", "2", "3"', 'W/"4"', 'W/"4", "foreign"', '"41"'):
        assert problem(put(server, path, {"name": "x", "kind": "z"}, version=condition), 412, "version_mismatch")["version"] == 4, condition


def test_a_put_that_changes_nothing(start):
    """It is answered as it stands, whatever the condition, unless that is stale: no version, no entry."""
    server, organisation = start(), fresh("O")  # its own: other tests count the provinces
    assert put(server, f"/organisations/{organisation}", {"name": "x", "kind": "y"}).status_code == 201
    bodies = {"provinces": {"gb_code": "990001", "name": {"en": "Here", "zh": "这里"}, "belt": "other", "capital": "There", "lat": 1, "lon": 2},
              "organisations": {"name": "x", "kind": "y"},
              "sites": {"name": "x", "kind": "y", "organisation": organisation, "province": "420000"},
              "items": {"name": "x", "unit": "y", "identifiers": [{"system": "ifrc", "value": "MMASK"}]},
              "indicators": {"name": "x", "unit": "y"}}
    assert sorted(bodies) == sorted(NOUNS)
    for noun, body in bodies.items():
        path = f"/{noun}/{fresh('XA')}"
        made = put(server, path, body)
        assert made.status_code == 201, made.text
        entries = get(server, "/ledger").json()["size"]
        for version in (None, "*", '"1"', made.headers["ETag"]):
            same = put(server, path, body, version=version)
            assert same.status_code == 200 and same.content == made.content and same.headers["ETag"] == made.headers["ETag"]
            assert "Location" not in same.headers
        for version in ('"2"', '"999"', '"foreign"'):
            assert problem(put(server, path, body, version=version), 412, "version_mismatch")["version"] == 1
        for sent in (body, {**body, "name": {"en": "Other", "zh": "别的"}}):  # RFC 9110, 13.1.2: also where nothing would change
            refused = problem(put(server, path, sent, **{"If-None-Match": "*"}), 412, "version_mismatch")
            assert refused["version"] == 1 and "If-None-Match" in refused["detail"]
            problem(put(server, path, sent, version='"1"', **{"If-None-Match": "*"}), 412, "version_mismatch")
        other = f"/{noun}/{fresh('XA')}"
        fitting = {**body, "gb_code": "990002"} if noun == "provinces" else body  # one code is one province's
        assert put(server, other, fitting, **{"If-None-Match": "*"}).status_code == 201
        entries += 1
        assert get(server, "/ledger").json()["size"] == entries
        changed = put(server, path, {**body, "name": {"en": "Other", "zh": "别的"}}, version='"1"')
        assert changed.status_code == 200 and changed.json()["version"] == 2
        problem(put(server, path, body, version='"1"'), 412, "version_mismatch")


def test_faults_of_the_body_and_of_what_it_names(server, organisation):
    """In one answer, and nothing is said of what could not be read."""
    cases = [
        ("organisations", {"name": 5, "kind": "x", "province": "CN-XX"}, {("/name", "wrong_type"), ("/province", "unknown_province")}),
        ("sites", {"name": "x", "kind": "X", "organisation": "NONE", "province": "CN-XX", "lat": 91, "lon": "2"},
         {("/kind", "bad_format"), ("/organisation", "unknown_organisation"), ("/province", "unknown_province"), ("/lat", "out_of_range"),
          ("/lon", "wrong_type")}),
        ("sites", {"id": "OTHER", "organisation": organisation, "province": 5, "lat": 1, "kind": "x"},
         {("/id", "id_mismatch"), ("/name", "missing_member"), ("/province", "wrong_type"), ("/lon", "missing_member")}),
        ("items", {"name": "x", "identifiers": [{"system": "gtin", "value": "96385075"}, {"system": "gln"}, 7, {"value": "1"}]},
         {("/unit", "missing_member"), ("/identifiers/0/value", "identifier_check_digit"), ("/identifiers/1/value", "missing_member"),
          ("/identifiers/2", "wrong_type"), ("/identifiers/3/system", "missing_member")}),
        ("provinces", {"name": {"en": "x"}, "gb_code": "42", "lat": 100, "lon": 0, "belt": "b"},
         {("/name/zh", "missing_member"), ("/gb_code", "bad_format"), ("/lat", "out_of_range"), ("/capital", "missing_member")}),
        ("provinces", {"name": "x"}, {("/name", "missing_member"), ("/gb_code", "missing_member"), ("/belt", "missing_member"),
                                      ("/capital", "missing_member"), ("/lat", "missing_member"), ("/lon", "missing_member")}),
    ]
    for noun, body, wanted in cases:
        refusal = problem(put(server, f"/{noun}/X-1", body), 422, "invalid_request")
        told = [(e["pointer"], e["code"]) for e in refusal["errors"]]
        assert len(told) == len(set(told)) and set(told) == wanted, body
    refusal = problem(put(server, "/indicators/x_per_10k", {"name": "x"}), 422, "invalid_request")
    assert {(e["pointer"], e["code"]) for e in refusal["errors"]} == {("/unit", "missing_member"), ("/id", "derived_indicator")}


@pytest.mark.parametrize("system, value, code", [
    ("gtin", "4006381333931", None), ("gtin", "4006381333932", "identifier_check_digit"), ("gtin", "40063813339", "bad_format"),
    ("gln", "4006381333931", None), ("gln", "4006381333930", "identifier_check_digit"), ("gln", "96385074", "bad_format"),
    ("sscc", "106141412345678908", None), ("sscc", "106141412345678900", "identifier_check_digit"), ("sscc", "1061414123456789X8", "bad_format"),
    ("unspsc", "42131713", None), ("unspsc", "4213171", "bad_format"), ("my-own", "anything goes", None)])
def test_identifiers(server, system, value, code):
    body = {"name": "x", "unit": "piece", "identifiers": [{"system": "ifrc", "value": "1"}, {"system": system, "value": value}]}
    reply = put(server, f"/items/{fresh('I')}", body)
    if code is None:
        assert reply.status_code == 201 and reply.json()["identifiers"] == body["identifiers"]
    else:
        assert [(e["pointer"], e["code"]) for e in problem(reply, 422, code)["errors"]] == [("/identifiers/1/value", code)]


def test_an_item(server):
    item = fresh("MASK")
    body = {"name": "N95", "unit": "piece", "category": "mask", "identifiers": [{"system": "gtin", "value": "4006381333931"}],
            "lot_control": True, "medical_grade": True}
    answer = put(server, f"/items/{item}", body).json()
    assert {name: answer[name] for name in body} == body
    body["identifiers"][0]["value"] = "4006381333932"
    refusal = problem(put(server, f"/items/{item}", body, version="*"), 422, "identifier_check_digit")
    assert refusal["errors"][0]["pointer"] == "/identifiers/0/value"
    plain = put(server, f"/items/{fresh('I')}", {"name": "x", "unit": "piece"}).json()
    assert plain["category"] is None and plain["identifiers"] == []
    assert plain["lot_control"] is False and plain["medical_grade"] is False


def test_who_may_write(server):
    for noun in NOUNS:
        path = f"/{noun}/X-1"
        reply = server.request("PUT", path, json={})
        problem(reply, 401, "unauthenticated")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
        problem(server.request("PUT", path, token="nonsense", json={}), 401, "unauthenticated")
    problem(server.request("PUT", "/figures", json={}), 401, "unauthenticated")


def new_token(server, role, organisation):
    made = run("token", "create", "--data-dir", str(server.data_dir), "--organisation", organisation, "--role", role)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.mark.parametrize("role", ["auditor", "operator", "coordinator"])
def test_only_admins_write(server, organisation, role):
    token = new_token(server, role, organisation)
    refusal = problem(put(server, "/organisations/X-1", {"name": "x", "kind": "y"}, token=token), 403, "forbidden")
    assert refusal["needed_roles"] == ["admin"] and refusal["role"] == role
    assert server.get("/organisations", token=token).status_code == 200


def test_a_private_service_serves_holders_of_tokens(start):
    private = start("--private")
    problem(get(private, "/provinces"), 401, "unauthenticated")
    assert private.get("/provinces", token=True).status_code == 200
    assert get(private, "/healthz").status_code == get(private, "/readyz").status_code == 200


@pytest.mark.parametrize("noun", NOUNS)
def test_all_faults_of_a_body_are_named(server, noun):
    refusal = problem(put(server, f"/{noun}/X-1", {"name": 5, "knd": "x"}), 422, "invalid_request")
    codes = {(e["pointer"], e["code"]) for e in refusal["errors"]}
    assert ("/name", "wrong_type") in codes and ("/knd", "unknown_member") in codes
    assert any(code == "missing_member" for _, code in codes)
    assert all(e["detail"] for e in refusal["errors"])
    problem(get(server, f"/{noun}/X-1"), 404, "not_found")


@pytest.mark.parametrize("body, code", [(b"", "invalid_json"), (b"{", "invalid_json"), (b'{"a":1,"a":2}', "duplicate_member"),
                                        (b"[" * 100 + b"]" * 100, "too_deep"), (b"{} {}", "invalid_json"),
                                        (b'{"name":NaN}', "invalid_json"), (b'{"name":"\xff"}', "invalid_json")])
def test_bodies_that_cannot_be_read(server, body, code):
    problem(put(server, "/organisations/X-1", data=body), 400, code)


def test_one_fault_gives_its_code(server):
    problem(put(server, "/organisations/X-1", {"name": "x", "kind": "y", "unit": "z"}), 422, "unknown_member")
    refusal = problem(put(server, "/organisations/X-1", {"name": "x", "kind": "y", "province": "CN-XX"}), 422, "unknown_province")
    assert refusal["errors"][0]["pointer"] == "/province"
    problem(put(server, "/organisations/X-1", {"id": "X-2", "name": "x", "kind": "y"}), 422, "id_mismatch")
    problem(put(server, "/sites/X-1", {"name": "x", "kind": "y", "organisation": "NONE", "province": "CN-HB"}), 422,
            "unknown_organisation")


def test_lists_filter(server, organisation):
    ids = [fresh("S") for _ in range(3)]
    for i, site in enumerate(ids):
        body = {"name": site, "kind": "ward" if i else "port", "organisation": organisation, "province": ["CN-GD", "CN-SC", "CN-SC"][i]}
        assert put(server, f"/sites/{site}", body).status_code == 201
    def found(query):
        return {s["id"] for s in walk(server, f"/sites?organisation={organisation}&limit=1&{query}")} & set(ids)
    assert found("") == set(ids)
    assert found("kind=port") == {ids[0]}
    assert found("province=CN-SC") == found("province=510000") == set(ids[1:])
    assert found("province=CN-SC&kind=port") == set()
    assert {p["code"] for p in walk(server, "/provinces?belt=eastern&limit=3")} == \
        {p["code"] for p in walk(server, "/provinces") if p["belt"] == "eastern"}
    assert walk(server, "/items?category=no_such") == []


@pytest.mark.parametrize("path, parameter, code", [
    ("/provinces?limt=5", "limt", "unknown_parameter"), ("/provinces?limit=0", "limit", "out_of_range"),
    ("/provinces?limit=x", "limit", "wrong_type"), ("/provinces?limit=1&limit=2", "limit", "repeated_parameter"),
    ("/sites?province=CN-XX", "province", "unknown_province"), ("/figures?year=20x8", "year", "wrong_type"),
    ("/figures?indicator=no%20such", "indicator", "bad_format"), ("/provinces/CN-HB?x=1", "x", "unknown_parameter"),
])
def test_queries_that_cannot_be_read(server, path, parameter, code):
    refusal = problem(get(server, path), 400, "invalid_query")
    assert [(e["parameter"], e["code"]) for e in refusal["errors"]] == [(parameter, code)]
    if parameter == "limt":
        assert "limit?" in refusal["errors"][0]["detail"]


@pytest.mark.parametrize("path", [*("/" + noun for noun in NOUNS), "/figures", "/supplies", "/transfers", "/ledger/entries"])
def test_the_size_of_a_page(server, path):
    """More than the most counts as the most, and the answer says so; what is no size is refused with the bounds."""
    for sent, counted in [("1", 1), ("1000", 1000), ("1001", 1000), ("9223372036854775807", 1000), ("9" * 30, 1000), ("007", 7)]:
        page = get(server, f"{path}?limit={sent}").json()
        assert page["limit"] == counted and len(page["items"]) <= counted
    assert get(server, path).json()["limit"] == 100
    for sent, code in [("0", "out_of_range"), ("-1", "out_of_range"), ("1.5", "wrong_type"), ("", "wrong_type"), ("ten", "wrong_type"),
                       ("%201", "wrong_type"), ("-" + "9" * 30, "wrong_type"), ("1e3", "wrong_type")]:
        refusal = problem(get(server, f"{path}?limit={sent}"), 400, "invalid_query")
        assert [(e["parameter"], e["code"]) for e in refusal["errors"]] == [("limit", code)]
        assert "1 to 1000" in refusal["detail"]
    if path == "/figures":
        page = get(server, "/figures?limit=2000")
        assert len(page.json()["items"]) == 1000 and "limit=1000&" in page.headers["Link"]


def test_cursors(server):
    cursor = get(server, "/provinces?limit=2&belt=eastern").json()["next"]
    assert get(server, f"/provinces?limit=3&belt=eastern&cursor={cursor}").status_code == 200
    for path in ["/provinces?cursor=", "/provinces?belt=western&cursor=", "/sites?cursor="]:
        problem(get(server, path + cursor), 400, "invalid_cursor")
    spoilt = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    problem(get(server, f"/provinces?belt=eastern&cursor={spoilt}"), 400, "invalid_cursor")


def test_pages_lose_nothing_while_rows_are_added(server, organisation):
    kind = fresh("k").lower()
    ids = sorted(fresh("P") for _ in range(6))
    for one in ids[:5]:
        assert put(server, f"/organisations/{one}", {"name": one, "kind": kind}).status_code == 201
    first = get(server, f"/organisations?kind={kind}&limit=2").json()
    put(server, f"/organisations/A{ids[0]}", {"name": "before", "kind": kind})  # before the cursor
    put(server, f"/organisations/{ids[5]}", {"name": "behind", "kind": kind})   # behind it
    rest = walk(server, f"/organisations?kind={kind}&limit=2&cursor={first['next']}")
    assert [o["id"] for o in first["items"] + rest] == ids


def test_indicators_stored_and_derived(server):
    indicators = {i["id"]: i for i in walk(server, "/indicators?limit=2")}
    assert [i["id"] for i in get(server, "/indicators").json()["items"]] == list(indicators)
    beds, derived = indicators["beds"], indicators["beds_per_10k"]
    assert beds["derived"] is False and beds["unit"] == "beds" and beds["years"] == list(range(2014, 2024))
    assert derived["derived"] is True and derived["formula"] == "beds / population_year_end * 10000"
    assert "population_year_end" in indicators and "population_year_end_per_10k" not in indicators
    for one in ["beds", "beds_per_10k"]:
        assert get(server, f"/indicators/{one}").json() == indicators[one]
    problem(get(server, "/indicators/population_year_end_per_10k"), 404, "not_found")
    problem(get(server, "/indicators/no_such_per_10k"), 404, "not_found")
    problem(put(server, "/indicators/x_per_10k", {"name": "x", "unit": "y"}), 422, "derived_indicator")


def test_the_figures_are_those_of_the_file(server):
    with open(ROOT / "data" / "figures.csv", encoding="utf-8", newline="") as file:
        wanted = {(r["indicator"], int(r["year"]), r["province"]): r["value"] for r in csv.DictReader(file)}
    assert len(wanted) == 3813
    figures = walk(server, "/figures?limit=1000")
    stored = {(f["indicator"], f["year"], f["province"]): f["value"] for f in figures}
    assert len(stored) == len(figures)
    assert {key: float(stored[key]) for key in wanted} == {key: float(value) for key, value in wanted.items()}
    some = get(server, "/figures?indicator=beds&year=2018&province=420000").json()
    assert some["items"] == [{"indicator": "beds", "year": 2018, "province": "CN-HB", "value": 393500}]
    assert some["figures_revision"] >= 1 and some["next"] is None


@pytest.fixture
def indicator(server):
    """An indicator of one test's own, so that the real figures stay as they are."""
    name = fresh("test").replace("-", "_")
    assert put(server, f"/indicators/{name}", {"name": {"en": "Test", "zh": "试"}, "unit": "pieces"}).status_code == 201
    return name


def revision(server):
    return get(server, "/figures?limit=1").json()["figures_revision"]


def test_figures_keep_their_digits(server, indicator):
    before = revision(server)
    rows = [("420000", "12.50"), ("CN-GD", "1e3")]
    body = "province,value,indicator,year\r\n" + "".join(f"{p},{v},{indicator},2031\r\n" for p, v in rows)
    dry = put(server, "/figures?dry_run=true", data=body, media="text/csv")
    assert dry.status_code == 200
    assert dry.json() == {"dry_run": True, "revision": before + 1, "figures": 2, "changed": 2, "added": 2, "same": 0}
    assert revision(server) == before and walk(server, f"/figures?indicator={indicator}") == []
    done = put(server, "/figures", data=body, media="text/csv")
    assert done.status_code == 200
    assert {k: v for k, v in done.json().items() if k != "ledger"} == {"revision": before + 1, "figures": 2, "changed": 2}
    text = get(server, f"/figures?indicator={indicator}").text
    assert '"province":"CN-GD","value":1e3' in text and '"province":"CN-HB","value":12.50' in text
    again = put(server, "/figures", data=body, media="text/csv").json()
    assert again["changed"] == 0 and again["revision"] == before + 1 and again["ledger"] == done.json()["ledger"]
    years = get(server, f"/indicators/{indicator}")
    assert years.json()["years"] == [2031]


def test_an_indicators_tag_follows_its_figures(server, indicator):
    before = get(server, f"/indicators/{indicator}").headers["ETag"]
    body = {"figures": [{"indicator": indicator, "year": 2031, "province": "420000", "value": 0.1}]}
    assert put(server, "/figures", body).json()["changed"] == 1
    after = get(server, f"/indicators/{indicator}").headers["ETag"]
    assert after != before
    changed = put(server, f"/indicators/{indicator}", {"name": "x", "unit": "pieces"}, version=before)
    assert changed.status_code == 200, "what PUT replaces has not changed since"


def test_figures_all_or_nothing_with_row_numbers(server, indicator):
    before = revision(server)
    body = f"indicator,year,province,value\n{indicator},2031,CN-HB,1\n{indicator},x,CN-GD,\n{indicator},2031,CN-SC,NaN\n"
    refusal = problem(put(server, "/figures", data=body, media="text/csv"), 422, "import_errors")
    assert {(e["row"], e["column"]) for e in refusal["errors"]} == {(3, "year"), (3, "value"), (4, "value")}
    body = f"indicator,year,province,value\n{indicator},2031,CN-HB,1\nno_such,2031,CN-XX,2\n{indicator},2031,420000,3\n"
    for path in ["/figures", "/figures?dry_run=true"]:
        refusal = problem(put(server, path, data=body, media="text/csv"), 422, "import_errors")
        assert {(e["row"], e["column"], e["code"]) for e in refusal["errors"]} == {
            (3, "indicator", "unknown_indicator"), (3, "province", "unknown_province"), (4, "province", "duplicate_row")}
    body = {"figures": [{"indicator": indicator, "year": 2031, "province": "CN-HB", "value": -1},
                        {"indicator": indicator, "year": 1, "province": "CN-HB", "value": "7"}]}
    refusal = problem(put(server, "/figures", body), 422, "import_errors")
    assert [(e["row"], e["pointer"], e["code"]) for e in refusal["errors"]] == [
        (1, "/figures/0/value", "bad_value"), (2, "/figures/1/year", "out_of_range"), (2, "/figures/1/value", "wrong_type")]
    assert revision(server) == before and walk(server, f"/figures?indicator={indicator}") == []


@pytest.mark.parametrize("media, body, code", [
    ("text/csv", "", "bad_csv"), ("text/csv", "{}", "bad_csv"), ("application/json", "a,b\n1,2\n", "invalid_json"),
    ("text/csv", 'indicator,year,province,value\n"beds,2018,CN-HB,1\n', "bad_csv")])
def test_figures_that_cannot_be_read(server, media, body, code):
    problem(put(server, "/figures", data=body, media=media), 400, code)
    problem(put(server, "/figures?dryrun=true", data=body, media=media), 400, "invalid_query")


def test_a_large_submission(server, indicator):
    """Beyond what a loop reads itself: through the job pool."""
    codes = [p["code"] for p in walk(server, "/provinces")]
    out = io.StringIO()
    out.write("indicator,year,province,value\n")
    for year in range(1900, 2000):
        for code in codes:
            out.write(f"{indicator},{year},{code},{year}.5\n")
    assert len(out.getvalue()) > 64 * 1024
    done = put(server, "/figures", data=out.getvalue(), media="text/csv")
    assert done.status_code == 200 and done.json()["changed"] == 3100
    assert len(walk(server, f"/figures?indicator={indicator}&limit=1000")) == 3100
    out.write(f"{indicator},2000,CN-XX,1\n")
    refusal = problem(put(server, "/figures", data=out.getvalue(), media="text/csv"), 422, "unknown_province")
    assert [(e["row"], e["column"]) for e in refusal["errors"]] == [(3102, "province")]


def test_replaying_a_put(server, organisation):
    one, key = fresh("R"), str(uuid.uuid4())
    body = {"name": "x", "kind": "y"}
    first = put(server, f"/organisations/{one}", body, **{"Idempotency-Key": key})
    again = put(server, f"/organisations/{one}", body, **{"Idempotency-Key": f'"{key}"'})
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert again.headers["Location"] == first.headers["Location"] and again.headers["ETag"] == first.headers["ETag"]
    problem(put(server, f"/organisations/{one}", {"name": "z", "kind": "y"}, **{"Idempotency-Key": key}), 422,
            "idempotency_key_reused")
    problem(put(server, f"/organisations/{one}", body, **{"Idempotency-Key": "a b"}), 400, "idempotency_key_malformed")


# References that name nothing

FILTERS = [("/sites", "organisation", "organisation"), ("/supplies", "site", "site"), ("/supplies", "item", "item"),
           ("/supplies", "owner", "organisation"), ("/supplies/summary", "site", "site"), ("/supplies/summary", "item", "item"),
           ("/transfers", "origin", "site"), ("/transfers", "destination", "site"), ("/transfers", "site", "site"),
           ("/transfers", "organisation", "organisation"), ("/transfers", "item", "item")]


@pytest.mark.parametrize("path, parameter, noun", FILTERS)
def test_filters_by_what_is_not_known_are_refused(server, path, parameter, noun):
    """An empty list would hide a slip of the pen; provinces are refused alike."""
    [fault] = problem(get(server, f"{path}?{parameter}=NOPE"), 400, "invalid_query")["errors"]
    assert (fault["parameter"], fault["code"]) == (parameter, f"unknown_{noun}") and "nearest" not in fault
    assert fault["detail"] == f'{parameter} is "NOPE", which is not known; GET /{noun}s lists the ids'


def test_the_nearest_of_what_is_known_is_offered(server):
    world = World(server)
    names = {"site": world.a1, "item": world.masks, "owner": world.a}
    for parameter, name in names.items():
        for slip in (name[:-1] + ("x" if name[-1] != "x" else "y"), name.lower() if name.upper() == name else name + "Q"):
            [fault] = problem(get(server, f"/supplies?{parameter}={slip}"), 400, "invalid_query")["errors"]
            assert fault["nearest"] == name and fault["detail"].endswith(f"; did you mean {name}?")
    body = world.intake_body(site=world.a1 + "Q", item=world.masks + "Q", owner=world.a + "Q")
    faults = problem(server.post("/supplies", body), 422, "invalid_request")["errors"]
    assert {fault["pointer"]: fault["nearest"] for fault in faults} == {"/site": world.a1, "/item": world.masks, "/owner": world.a}
    supply = world.intake(5)["id"]
    refused = server.post("/transfers", {"destination": world.b1 + "Q", "lines": [{"supply": supply, "quantity": 1}]})
    assert problem(refused, 422, "unknown_site")["errors"][0]["nearest"] == world.b1


@pytest.mark.parametrize("name, nearest", [("CN-XX", None), ("cn-hb", "CN-HB"), ("HB", "CN-HB"), ("Hubei", "CN-HB"), ("CN-HBB", None), ("ZZ", None),
                                           ("CN-YU", "CN-YN")])
def test_provinces_are_told_alike_everywhere(server, name, nearest):
    rows = [{"indicator": "beds", "year": 2018, "province": name, "value": 1}]
    csv = f"indicator,year,province,value\nbeds,2018,{name},1\n"
    documents = [problem(get(server, f"/sites?province={name}"), 400, "invalid_query"),
                 problem(put(server, "/organisations/X-1", {"name": "x", "kind": "y", "province": name}), 422, "unknown_province"),
                 problem(server.put("/figures", {"figures": rows}), 422, "unknown_province"),
                 problem(server.put("/figures", data=csv.encode(), headers={"Content-Type": "text/csv"}), 422, "unknown_province")]
    wanted = f'province is "{name}"; GET /provinces lists the codes, ISO 3166-2 such as CN-HB or GB/T 2260 such as 420000'
    for document in documents:
        [fault] = document["errors"]
        assert fault["detail"] == wanted + (f"; did you mean {nearest}?" if nearest else "")
        assert fault.get("nearest") == nearest and fault["code"] == "unknown_province"


def test_a_province_by_a_name_that_is_no_id(server):
    refused = problem(put(server, "/organisations/X-1", {"name": "x", "kind": "y", "province": "湖北"}), 422, "bad_format")
    assert "GET /provinces lists them" in refused["detail"] and "CN-HB" in refused["detail"]
    assert problem(server.get("/sites?province=%E6%B9%96%E5%8C%97"), 400, "invalid_query")["errors"][0]["nearest"] == "CN-HB"


UNSEEN = {"right to left": "\u202e", "isolate": "\u2066", "mark": "\u200f", "zero width": "\u200b", "soft hyphen": "\u00ad", "byte order mark": "\ufeff",
          "separator": "\u2028", "Hangul filler": "\u3164", "grapheme joiner": "\u034f"}


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN)
def test_no_name_has_what_nobody_sees(server, organisation, unseen):
    """A page that shows a name must not be turned around by it, nor two names look alike that are not: told is which character, and where."""
    world, spoilt = World(server), f"武漢 {unseen}depot"
    named = f"has as its character number 4 one that nobody sees, U+{ord(unseen):04X}; leave it out"
    site = {"name": "S", "kind": "warehouse", "organisation": organisation, "province": "CN-HB"}
    with unchanged(server):
        for path, body, pointer in (("/organisations/UNSEEN", {"name": spoilt, "kind": "relief"}, "/name"),
                                    ("/sites/UNSEEN", {**site, "name": {"en": spoilt, "zh": "x"}}, "/name/en"),
                                    ("/items/UNSEEN", {"name": spoilt, "unit": "piece"}, "/name"),
                                    ("/items/UNSEEN", {"name": "I", "unit": "piece", "identifiers": [{"system": "own", "value": spoilt}]}, "/identifiers/0/value"),
                                    ("/indicators/unseen", {"name": "I", "unit": "piece", "source": spoilt}, "/source")):
            refusal = problem(server.put(path, body), 422, "bad_format")
            assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [(pointer, "bad_format")] and named in refusal["errors"][0]["detail"]
        for member in ("lot", "donor", "donation", "reference"):
            refusal = problem(server.post("/supplies", world.intake_body(**{member: spoilt})), 422, "bad_format")
            assert named in refusal["errors"][0]["detail"] and refusal["errors"][0]["pointer"] == "/" + member
        chinese = server.put("/items/UNSEEN", {"name": spoilt, "unit": "piece"}, headers={"Accept-Language": "zh"}).json()
        assert f"第 4 个字符是看不见的字符 U+{ord(unseen):04X}" in chinese["detail"]
        refusal = problem(server.put("/sites/UNSEEN", {**site, "name": {"en": spoilt, "zh": spoilt}, "organisation": "NONE-SUCH"}), 422, "invalid_request")
        assert refusal["detail"] == "More than one thing is wrong with the body; errors names all of it." and refusal["instance"] == "/sites/UNSEEN"
        assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [
            ("/name/en", "bad_format"), ("/name/zh", "bad_format"), ("/organisation", "unknown_organisation")]
        refusal = problem(server.put("/sites/UNSEEN", {**site, "name": spoilt, "kind": 1}), 422, "invalid_request")
        assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [("/name", "bad_format"), ("/kind", "wrong_type")]
        refusal = problem(server.post("/privacy/erasures", {"commitments": ["0" * 64], "reference": spoilt}), 422, "bad_format")
        assert [e["pointer"] for e in refusal["errors"]] == ["/reference"]
    key = {"Idempotency-Key": f"unseen-{ord(unseen)}"}
    problem(server.put(f"/items/SEEN-{ord(unseen)}", {"name": spoilt, "unit": "piece"}, headers=key), 422, "bad_format")
    assert server.put(f"/items/SEEN-{ord(unseen)}", {"name": "seen", "unit": "piece"}, headers=key).status_code == 201  # the key stayed free
    supply = world.intake(2, lot="می\u200cخواهم", note=spoilt)  # Persian is written so; and a note may have anything
    assert server.get(f"/supplies/{supply['id']}").json()["lot"] == "می\u200cخواهم"
    assert server.get(f"/supplies/{supply['id']}/movements", token=True).json()["items"][0]["note"] == spoilt
