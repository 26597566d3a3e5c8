"""JSON texts of tests/reference/json, each as the body of a POST: what is no JSON is 400, what is JSON and says nothing that can be computed 422."""

import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "reference" / "json"
TEXTS = sorted(FOLDER.glob("[yni]_*.json"))
NO_JSON = {"invalid_json", "too_deep"}


def test_there_are_texts():
    assert {path.name[0] for path in TEXTS} == set("yni") and len(TEXTS) >= 256


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_text_as_a_body(server, path):
    body = path.read_bytes()
    reply = server.request("POST", "/density", data=body, headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    problem = reply.json()
    codes = {problem["code"], *(fault["code"] for fault in problem.get("errors", []))}
    if path.name.startswith("n_"):
        assert reply.status_code == 400 and problem["code"] in NO_JSON, problem
    elif path.name.startswith("i_refused_"):  # a number too large is named beside all else that is wrong
        is_number = "number" in path.name or "integer" in path.name
        assert (reply.status_code, codes & {"out_of_range"}) == (422, {"out_of_range"}) if is_number else reply.status_code == 400, problem
        assert is_number or problem["code"] in NO_JSON | {"duplicate_member"}, problem
    else:
        assert reply.status_code == 422 and not codes & (NO_JSON | {"duplicate_member", "out_of_range"}), problem
