"""The pages of docs/errors: one for each code, served where the type of a problem leads, with a document that the
service really gives. TALLYSTICK_GOLDEN=write writes the examples anew: read the difference before committing it."""

import html.parser
import json
import os
import pathlib
import re
import tempfile

import pytest

import errors_session
from conftest import Server
from world import problem

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "errors"
CONTRACT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
CODES = CONTRACT["components"]["schemas"]["ProblemCode"]["enum"]
HEADINGS = ["When it comes", "What to do", "Example", "Related"]
EXAMPLE = re.compile(r"(?<=^## Example\n\n).*?(?=\n\n## Related$)", re.M | re.S)


def page_of(code):
    return (PAGES / f"{code}.md").read_text(encoding="utf-8")


def shown(request, document):
    """What stands under "Example". The day of the test and its second are none of its matter."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    text = re.sub(r"today is \d{4}-\d\d-\d\d", "today is 2026-07-01", text)
    text = re.sub(r"Try again in \d+ seconds", "Try again in 60 seconds", text)
    return f"```http\n{request}\n```\n\n```json\n{text}\n```"


@pytest.fixture(scope="module")
def examples():
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        own = Server(os.path.join(scratch, "data"))
        try:
            found = errors_session.play(own)
        finally:
            code = own.stop()
    assert code == 0
    if os.environ.get("TALLYSTICK_GOLDEN") == "write":
        for name, (request, document) in found.items():
            text = EXAMPLE.sub(lambda match, block=shown(request, document): block, page_of(name))
            (PAGES / f"{name}.md").write_text(text, encoding="utf-8")
    return found


def test_every_code_has_a_page_and_every_page_a_code():
    """That the contract has the codes of the program's table is tested in tests/unit/server/test_contract.c."""
    assert sorted(CODES) == sorted(path.stem for path in PAGES.iterdir())


@pytest.mark.parametrize("code", CODES)
def test_page(code):
    """Its parts are there and say something; what it refers to exists."""
    text = page_of(code)
    lines = text.splitlines()
    assert lines[0] == f"# {code}"
    assert re.fullmatch(r"\*\*\d{3}\*\* \w.*", lines[2])
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    assert parts[1::2] == HEADINGS
    for part in [parts[0].split("\n\n", 2)[2], *parts[2:5:2]]:
        assert len(part.split()) >= 4, part
    related = re.findall(r"^\* \[([a-z_]+)\]\(([a-z_]+)\.md\)$", parts[-1], re.M)
    assert related and all(name == target and name in CODES and name != code for name, target in related)


@pytest.mark.parametrize("code", [code for code in CODES if code not in errors_session.ELSEWHERE])
def test_example_is_what_the_service_gives(examples, code):
    request, document = examples[code]
    assert EXAMPLE.search(page_of(code)).group(0) == shown(request, document)


def literals():
    """The texts of the program's source, adjacent ones joined, without what is filled in."""
    found = []
    for path in [path for folder in ("handlers", "server", "json") for path in ROOT.glob(f"{folder}/**/*.c")]:
        for run in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*(?:PRId64\s*)?"(?:[^"\\\n]|\\.)*")*', path.read_text(encoding="utf-8")):
            found.append("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', run)).replace('\\"', '"'))
    return found


@pytest.mark.parametrize("code", errors_session.ELSEWHERE)
def test_example_that_no_request_brings_about(code):
    """Written by hand, in the program's words."""
    document = json.loads(re.search(r"```json\n(.*?)\n```", page_of(code), re.S).group(1))
    assert document["code"] == code and document["type"] == f"/errors/{code}"
    found = literals()
    patterns = [re.sub(r"%[a-z]*", ".+", re.escape(text)) for text in found if len(text) > 25]
    patterns += [".+ " + re.sub(r"%s", "[^;]+", re.escape(text)) for text in found if text == "is %s; %s is wanted"]
    assert any(re.fullmatch(pattern, document["detail"]) for pattern in patterns) or \
        any(f'"detail":"{document["detail"]}"' in text for text in found), document["detail"]


class Reader(html.parser.HTMLParser):
    """What a page says, and where it leads; every element that is opened is closed again."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.links = [], "", []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_list_of_all(server):
    reply = server.get("/errors")
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert Reader(reply.text).links == [f"/errors/{code}" for code in CODES]
    rows = re.findall(r"<tr><td>(\d{3})</td><td><a [^>]*>(\w+)</a></td><td>(.*?)</td></tr>", reply.text)
    for status, code, title in rows:
        assert page_of(code).splitlines()[2] == f"**{status}** {title}"
    assert len(rows) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_page_is_served(server, code):
    reply = server.get(f"/errors/{code}")
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/html; charset=utf-8"
    reader = Reader(reply.text)
    assert set(reader.links) == {f"/errors/{name}" for name in re.findall(r"\]\((\w+)\.md\)", page_of(code))} | {"/errors"}
    for block in re.findall(r"```\w+\n(.*?)\n```", page_of(code), re.S):
        assert block in reader.text
    assert server.get(f"/errors/{code}", headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304


def test_pages_are_for_everybody(start):
    own = start("--private")
    assert own.get("/errors").status_code == 200
    assert own.get("/errors/unauthenticated").status_code == 200


def test_no_such_page(server):
    refusal = problem(server.get("/errors/insufficent_stock"), 404, "not_found")
    assert refusal["nearest"] == "insufficient_stock"
    problem(server.get("/errors/of-another-world"), 404, "not_found")
    problem(server.get("/errors?x=1"), 400, "invalid_query")
    problem(server.get("/errors/busy?x=1"), 400, "invalid_query")


@pytest.mark.parametrize("path, parameter, nearest", [
    ("/supplies?limti=5", "limti", "limit"), ("/supplies?stie=A", "stie", "site"), ("/supplies?zzzzzzzz=1", "zzzzzzzz", None),
    ("/figures?yaer=2019", "yaer", "year"), ("/density?indicator=beds&years=2019&kernel=guassian", "kernel", "gaussian"),
    ("/density?indicator=bedds&years=2019", "indicator", "beds"), ("/errors?limit=5", "limit", None)])
def test_nearest_in_a_query(server, path, parameter, nearest):
    [fault] = server.get(path).json()["errors"]
    assert (fault["parameter"], fault.get("nearest")) == (parameter, nearest)
    assert nearest is None or nearest in fault["detail"]


def test_nearest_in_a_body(server):
    refusal = problem(server.put("/items/I", {"name": "N", "uint": "piece", "qqqqqqqq": 1}), 422, "invalid_request")
    assert {fault["pointer"]: fault.get("nearest") for fault in refusal["errors"]} == {
        "/unit": None, "/uint": "unit", "/qqqqqqqq": None}
    refusal = problem(server.put("/figures", data=b"indicator,yaer,province,value\nbeds,2019,CN-HB,7\n",
                                 headers={"Content-Type": "text/csv"}), 422, "import_errors")
    assert [(fault["code"], fault.get("nearest")) for fault in refusal["errors"]] == [("unknown_column", "year"), ("missing_column", None)]


def test_nearest_path(server):
    assert problem(server.get("/suplpies"), 404, "not_found")["nearest"] == "/supplies"
    assert "nearest" not in problem(server.get("/of-another-world"), 404, "not_found")
    for path in ("/transfers/T-1/dispach", "/transfer/T-1/dispatch"):
        assert problem(server.post(path, {}), 404, "not_found")["nearest"] == "/transfers/{id}/dispatch"


def test_a_method_that_a_path_does_not_have(server):
    reply = server.request("DELETE", "/provinces")
    refusal = problem(reply, 405, "method_not_allowed", methods=["GET", "HEAD", "OPTIONS"])
    assert reply.headers["Allow"] == ", ".join(refusal["methods"]) and "this path takes GET, HEAD, OPTIONS." in refusal["detail"]


@pytest.mark.parametrize("sent, meant", [("qty", "quantity"), ("batch", "lot"), ("warehouse", "site"), ("expir", "expiry"), ("quantity_in_all", "quantity"),
                                         ("of_another_world", None)])
def test_names_that_others_use(server, sent, meant):
    refusal = problem(server.post("/supplies", {sent: 1}), 422, "invalid_request")
    [fault] = [fault for fault in refusal["errors"] if fault["code"] == "unknown_member"]
    assert fault.get("nearest") == meant


CSV = "indicator,year,province,value\nbeds,2018,CN-HB,1\nbeds,2018,CN-GD,2\n"


@pytest.mark.parametrize("body, says", [
    (CSV.replace(",", ";"), 'the header is "indicator;year;province;value", with semicolons between its columns; commas are wanted'),
    (CSV.replace(",", "\t"), "with tabs between its columns; commas are wanted"),
    (CSV.replace("\n", ""), "its line feeds are gone; curl leaves them in with --data-binary @FILE")])
def test_what_was_done_to_a_whole_file(server, body, says):
    reply = server.put("/figures", data=body.encode(), headers={"Content-Type": "text/csv"})
    assert says in problem(reply, 400, "bad_csv")["detail"]


def test_a_header_is_told_as_it_was_read(server):
    reply = server.put("/figures", data=CSV.replace("year", "Jahr").encode(), headers={"Content-Type": "text/csv"})
    [unknown, missing] = problem(reply, 422, "import_errors")["errors"]
    assert unknown["detail"] == 'column 2 is "Jahr", not one of indicator, year, province, value' and missing["column"] == "year"


def test_the_index(server):
    reply = server.get("/")
    assert reply.status_code == 200 and reply.json()["name"] == "Tallystick" and reply.headers["ETag"]
    links = set(reply.json()["links"].values())
    for path in links:
        answer = server.get(path, token=True)
        assert answer.status_code in (200, 202) or answer.json()["code"] == "invalid_query", path  # what is asked for is to be said
    contract = json.loads((ROOT / "openapi.json").read_text())["paths"]
    roots = {path for path, item in contract.items() if "get" in item and path.count("/") == 1 and path != "/"}
    assert roots <= links
