"""Problems in English and Chinese: which one Accept-Language gets, and that there is a line in handlers/chinese.tsv for
every sentence of the program."""

import json
import os
import pathlib
import re
import tempfile

import pytest

import contract_session
import errors_session
from conftest import Server, key

ROOT = pathlib.Path(__file__).resolve().parents[2]
BROWSER = "zh-CN,zh;q=0.9,en;q=0.8"
# Members whose words are the program's own, in every language.
SAME = ["type", "status", "instance", "code"]
# Sources that tell callers nothing.
SILENT = {"handlers/analysis/svg.c", "handlers/root.c", "rules/replay.c", "handlers/metrics.c", "handlers/errors.c", "rules/genesis.c", "rules/growth.c", "rules/node_key.c",
          "rules/signed_entry.c", "rules/tiles.c", *(str(path.relative_to(ROOT)) for room in ("verify", "export") for path in ROOT.glob(f"rules/{room}/*.c"))}
TOLD = [ROOT / "ledger/jws.c", *ROOT.glob("handlers/**/*.c"), *ROOT.glob("json/*.c"), *ROOT.glob("rules/**/*.c"), ROOT / "rules/figure_read.h", ROOT / "analytics/kde/report.c",
        *(ROOT / f"server/{name}.c" for name in ("await", "away", "content_digest", "dispatch", "lookup", "reply", "represent", "target",
                                              "wire/chunk", "wire/framing", "wire/guard", "wire/intake"))]
# Literals that are no sentence told in a problem: logs, headers, answers, keys of caches, jansson's own words that are looked for.
NOT_TOLD = re.compile(r"Bearer realm=| ?[a-z_]+=%|%s revision=|picture seq=|an answer has room for a tag$|as node\.db has them$|"
                      r"operator (?:coordinator )?admin$|application/json(?:, application/jose)?(?:, text/csv)?$|text/csv; charset=utf-8(?:; header=absent)?$|text/html; charset=utf-8$|text/plain; charset=utf-8$|the node's keys were changed: |nothing is wrong$|Nothing is wrong\.$|failed: %s; no more writes|"
                      r"the (?:genesis parameters are damaged|frontier does not fit|rows of the tree's hashes do not lead)|return=representation|"
                      r"HTTP/1\.1 %d|default-src |queue;dur=|%s: %s\r\n|"
                      r"cost eff\.$|%scrste %|%stfpch %|"  # heads and codes of pictures: members of answers
                      r"unable to decode byte$|premature end of input$|end of file expected$|string or|unexpected newline$|control character$|"
                      r"invalid escape$|NUL byte in object key$|too big$|real number overflow$|near end of file$")
# Formats whose pieces are put in beside each other: the lines that say each of what comes of them.
SPELT_OUT = {
    "%s or %s": [], "%s, %s": [], "%s %g %%": [], "%s, %s %s": [], "%s: %s": [], "%s%s%s %s": [], "%s %s": [], "%s%d to %d": [], "%s to %d": [],  # lists, and sentences around others
    ", a coordinator": ["the token is %s of %s; this (%s at %s) needs an operator of %s, a coordinator or an admin"],
    "; what can be done now: ": ["%s; what can be done now: %s"],
    "; nothing more can be done with it": ["%s; nothing more can be done with it"],
    "One thing": ["%s is wrong with the body; errors names all of it."],
    "More than one thing": ["%s is wrong with the body; errors names all of it."],
    "%s is not known here; %s %s": ["%s is not known here; %s are", "%s is not known here; %s is", "%s is not known here; nothing is"],
    "application/json or text/csv": ["Content-Type must be %s."],
    "application/json or application/jose": ["Content-Type must be %s."],
    "application/json, application/jose or text/csv": ["Content-Type must be %s."],
    "The body is sent as text/csv, but ": ["The body is sent as text/csv, but %s."],
    "The body is sent as text/csv but is JSON. Its first line names the columns: indicator,year,province,value": [
        "The body is sent as text/csv but is JSON. Its first line names the columns: indicator,year,province,value."],
    "%s is computed and not stored; the figures that it is computed from are those of %s and ": [
        "%s is computed and not stored; the figures that it is computed from are those of %s and population_year_end"],
}


def lines():
    text = (ROOT / "handlers" / "chinese.tsv").read_text(encoding="utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#")]


def sentences(path):
    """The text literals of a source that have words in them, as keys of chinese.tsv would be written."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"static_assert\([^;]*;", "", text)  # what a compiler says
    text = re.sub(r"#include.*|'(?:\\.|[^'\\\n])'", "", text).replace("ANALYSIS_DERIVED", '"_per_10k"').replace(
        'each but " ANALYSIS_POPULATION "', 'each but " "population_year_end" "')
    piece = r'"(?:[^"\\\n]|\\.)*"'
    for run in re.findall(rf"{piece}(?:\s*(?:PRI[du]64\s*)?{piece}|\s*PRI[du]64)*", text):
        run = re.sub(r"\s*PRI([du])64\s*", r'"\1"', run)
        joined = "".join(part[1:-1] for part in re.findall(piece, run))
        joined = joined.encode().decode("unicode_escape").encode("latin-1").decode()
        joined = re.sub(r"%(?:z|l|ll)?[du](?![a-z0-9])", "%d", re.sub(r"%\.(?:\*|[0-9]+)s", "%s", joined))
        joined = re.sub(r"(?:%s)+", "%s", joined)
        if re.search(r"[a-z,;:%] ?[ ][a-z%]", joined):
            yield joined


@pytest.mark.parametrize("path", [path for path in TOLD if str(path.relative_to(ROOT)) not in SILENT],
                         ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_has_a_line(path):
    known = {english.replace("%w", "%s") for english, _ in lines()}
    lacking = []
    for text in sentences(path):
        wanted = SPELT_OUT.get(text, [text])
        told = all(line in known or f"%s {line}" in known for line in wanted)
        if not told and not NOT_TOLD.match(text):
            lacking.append(text)
    assert not lacking, "\n".join(lacking)


def test_lines_are_of_sentences_that_are_said():
    """None of a sentence that was changed or taken out since."""
    said = {text for path in TOLD for text in sentences(path)}
    said |= {line for text in said for line in SPELT_OUT.get(text, [])} | {f"%s {text}" for text in said}
    words = " ".join(path.read_text(encoding="utf-8") for path in TOLD)
    lost = [english for english, _ in lines()
            if english.replace("%w", "%s") not in said and not (" " not in english and f'"{english}"' in words)]
    # "is" with the two things that can be missing, and a sentence with the full stop that another file puts behind it
    assert sorted(lost) == sorted([
        "%s is missing; %s is wanted", "%s is null; %s is wanted",
        "%s in the path is %s with its %d bytes; %s.", "%s in the path is %s; %s."])


def told_of(document):
    return [document["title"], document["detail"], *(fault["detail"] for fault in document.get("errors", []))]


def without_texts(document):
    bare = {name: value for name, value in document.items() if name not in ("title", "detail", "errors", "request")}
    bare["instance"] = re.sub("^/jobs/[0-9a-f]{32}", "/jobs/ID", bare["instance"])  # by chance in each session
    return bare, [{name: value for name, value in fault.items() if name != "detail"} for fault in document.get("errors", [])]


@pytest.fixture(scope="module")
def both():
    """The problems of two sessions, asked for in English and in Chinese: [(English, Chinese)]."""
    found = {"en": [], BROWSER: []}
    for language, seen in found.items():
        with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
            for number, module in enumerate([errors_session, contract_session]):
                own = Server(os.path.join(scratch, f"data{number}"))
                own.session.headers["Accept-Language"] = language
                own.session.hooks["response"].append(
                    lambda reply, seen=seen, **_: seen.append(reply) if "problem" in reply.headers.get("Content-Type", "") else None)
                try:
                    errors_session.play(own) if module is errors_session else contract_session.play(own, lambda name, reply: None)
                finally:
                    code = own.stop()
                assert code == 0
    return list(zip(found["en"], found[BROWSER], strict=True))


def test_every_problem_is_told_in_both(both):
    assert len(both) > 300
    for english, chinese in both:
        assert english.headers["Content-Language"] == "en" and chinese.headers["Content-Language"] == "zh", english.text
        assert english.headers["Vary"] == chinese.headers["Vary"]
        assert english.headers["Vary"] == ("Accept, " if english.status_code == 406 else "") + "Accept-Language"
        for text in told_of(chinese.json()):
            assert re.search("[\u4e00-\u9fff]", text), text
            bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
            assert not re.search(r"(?:^| )(?:is|are|the|wanted|wrong|to|of|and|or)(?: |;|$)", bare), text
        assert all(not re.search("[\u4e00-\u9fff]", text) for text in told_of(english.json()))


def test_only_sentences_differ(both):
    for english, chinese in both:
        assert english.status_code == chinese.status_code
        ours, theirs = without_texts(english.json()), without_texts(chinese.json())
        assert ours == theirs
        assert list(english.json()) == list(chinese.json())


@pytest.mark.parametrize("accepted, told", [
    (None, "en"), ("zh", "zh"), ("en", "en"), ("de", "en"), ("zh-TW", "zh"), ("zh;q=0.1, de", "zh"), ("zh;q=0", "en"),
    ("en;q=0.5, zh;q=0.6", "zh"), ("en;q=0.6, zh;q=0.5", "en"), ("*", "en"), ("*, en;q=0", "zh"), ("zh;q=nonsense", "en")])
def test_weights_are_obeyed(server, accepted, told):
    reply = server.get("/supplies/NO-SUCH", headers={"Accept-Language": accepted})
    assert reply.status_code == 404
    assert reply.headers["Content-Language"] == told and reply.headers["Vary"] == "Accept-Language"
    assert reply.json()["detail"].startswith("没有库存" if told == "zh" else "There is no supply")


def test_head_has_the_same_header(server):
    got = server.get("/supplies/NO-SUCH", headers={"Accept-Language": "zh"})
    head = server.request("HEAD", "/supplies/NO-SUCH", headers={"Accept-Language": "zh"})
    for name in ["Content-Language", "Vary", "Content-Length", "Content-Type"]:
        assert got.headers[name] == head.headers[name]


def test_a_kept_refusal_is_told_in_the_language_of_who_asks(server):
    """What is kept is the answer, not its language; for the same reader it is the same bytes."""
    once, body = key(), {"lines": [], "destination": "NO-SUCH"}
    replies = [server.post("/transfers", body, idempotency_key=once, headers={"Accept-Language": language})
               for language in ["en", "zh", "en", "zh"]]
    assert replies[0].content == replies[2].content and replies[1].content == replies[3].content
    assert [reply.headers["Content-Language"] for reply in replies] == ["en", "zh"] * 2
    assert [reply.json()["code"] for reply in replies] == ["invalid_request"] * 4


def test_refusals_that_close_the_connection(server):
    answer, closed = server.raw("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nAccept-Language: zh\r\n\r\n", seconds=2)
    assert closed and b"\r\nContent-Language: zh\r\n" in answer
    head, body = answer.split(b"\r\n\r\n", 1)
    assert int(re.search(rb"Content-Length: (\d+)", head).group(1)) == len(body)
    assert json.loads(body)["title"] == "请求不符合 HTTP 规则"


def test_answers_that_are_no_problems_have_no_language(server):
    reply = server.get("/provinces?limit=1", headers={"Accept-Language": "zh"})
    assert "Content-Language" not in reply.headers and reply.headers["Vary"] == "Accept, Accept-Encoding"
