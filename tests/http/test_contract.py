"""The contract against the running service: what openapi.json says of requests and answers is
what the service takes and gives. tests/unit/server/test_contract.c compares the route table."""

import collections
import functools
import json
import os
import pathlib
import re
import tempfile
import urllib.parse

import jsonschema
import pytest
import yaml

import contract_session
from conftest import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRACT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "delete")
# HTTP's own, which OpenAPI does not describe or the contract describes once in its introduction.
PLAIN_HEADERS = {"date", "connection", "content-length", "content-type", "x-content-type-options", "referrer-policy",
                 "content-security-policy", "content-encoding", "content-digest", "transfer-encoding", "server-timing", "traceresponse"}
SOMETIMES = {"Link", "Idempotency-Replayed", "Preference-Applied", "X-Accel-Buffering",
             "Content-Language"}  # of successes: on all pages but the last; on replays; where asked for; of streams; of answers that say it in words
UNKNOWN = "zzzzzzzzzzzzzzzzzzzzzzzz"  # near to no name at all
# Needed by the rules, which say so with a code of their own, not by the binding table.
NEEDED_BY_RULES = {"Reason": {"reason"}}
# A check of so few entries never takes five seconds; 64 MiB are announced by test_body_limits alone.
UNREACHED = {("verifyLedger", "202"), ("putFigures", "413"), ("computeEfficiency", "413"), ("computeMalmquist", "413"), ("computeDensity", "413"), ("computeInequality", "413")}


def resolve(value):
    while "$ref" in value:
        at = CONTRACT
        for step in value["$ref"].removeprefix("#/").split("/"):
            at = at[step.replace("~1", "/").replace("~0", "~")]
        value = at
    return value


def validator(schema):
    """References lead into the contract, which therefore stands around the schema."""
    return jsonschema.Draft202012Validator({**schema, "components": CONTRACT["components"]},
                                           format_checker=jsonschema.FormatChecker())


def faults(schema, value):
    return [f"/{'/'.join(str(step) for step in error.absolute_path)}: {error.message[:300]}"
            for error in validator(schema).iter_errors(value)]


class Operation:
    def __init__(self, method, path, item):
        self.method, self.path = method.upper(), path
        self.item = item[method]
        self.id = self.item["operationId"]
        self.parameters = [resolve(parameter) for parameter in item.get("parameters", []) + self.item.get("parameters", [])]
        self.pattern = re.compile(re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(path)) + "$")

    def response(self, status):
        """(the key that describes a status, its description)"""
        responses = self.item["responses"]
        key = str(status) if str(status) in responses else "default"
        return key, resolve(responses[key])

    def query(self):
        return {parameter["name"]: parameter for parameter in self.parameters if parameter["in"] == "query"}

    def body(self):
        """The schema of a JSON body, or None; of what may come signed as well, the one that is the operation's own."""
        schema = self.any_body()
        return schema["anyOf"][0] if schema and "anyOf" in schema else schema

    def any_body(self):
        content = self.item.get("requestBody", {}).get("content", {})
        return content["application/json"]["schema"] if content else None


OPERATIONS = [Operation(method, path, item) for path, item in CONTRACT["paths"].items() for method in METHODS if method in item]
BY_ID = {operation.id: operation for operation in OPERATIONS}


def find(method, path):
    """The operation of a request; literal paths win over those with parameters."""
    fitting = [operation for operation in OPERATIONS if operation.method == method and operation.pattern.match(path)]
    return min(fitting, key=lambda operation: operation.path.count("{"))


@pytest.fixture(scope="module")
def session():
    """Every answer of a session that calls all operations: {name: response}."""
    answers = {}
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"), "--async-after", "60")

        def see(name, response):
            assert name not in answers, name
            answers[name] = response
        try:
            contract_session.play(server, see)
        finally:
            code = server.stop()
    assert code == 0
    return answers


def operation_of(response):
    return find(response.request.method, urllib.parse.urlsplit(response.request.url).path)


def header_faults(response, described, is_problem):
    headers = {name.lower(): header for name, header in described.get("headers", {}).items()}
    for name, value in response.headers.items():
        if name.lower() in PLAIN_HEADERS:
            continue
        if name.lower() not in headers:
            yield f"the header {name} is not described"
            continue
        schema = resolve(headers[name.lower()])["schema"]
        if resolve(schema).get("type") == "integer":
            value = int(value)
        yield from (f"{name}: {fault}" for fault in faults(schema, value))
    for name in described.get("headers", {}):
        is_stream = response.headers.get("Content-Type") == "application/x-ndjson"
        is_wordless = name == "Content-Language" and response.headers.get("Content-Type") != "image/svg+xml" and urllib.parse.urlsplit(
            response.url).path in ("/efficiency", "/efficiency/malmquist", "/inequality")  # only their pictures have words
        if is_wordless and response.content and not is_problem and name in response.headers:
            yield f"the header {name} is of what has no words in a language"
        if name not in response.headers and not is_problem and name not in SOMETIMES and not (is_stream and name == "ETag") and not is_wordless:
            yield f"the header {name} is described and was not sent"


def body_faults(response, described):
    if not response.content:
        return [] if "content" not in described or response.request.method == "HEAD" else ["there is no body"]
    media = response.headers["Content-Type"]
    if media not in described.get("content", {}):
        return [f"the media type {media} is not described"]
    value = (yaml.safe_load(response.text) if media.endswith("yaml") else response.text if media.startswith("text/") or media == "image/svg+xml" else
             response.content.decode() if media == "application/x-ndjson" else response.json())
    return faults(described["content"][media]["schema"], value)


def linked(link, response):
    """The operation that a link of an answer leads to, and its path by the link's expressions."""
    target = BY_ID[link["operationId"]]
    given = operation_of(response)
    names, values = re.findall(r"{(\w+)}", given.path), urllib.parse.urlsplit(response.request.url).path.split("/")
    path = dict(zip(names, (values[at] for at, step in enumerate(given.path.split("/")) if step.startswith("{"))))
    told = {}
    for name, expression in link.get("parameters", {}).items():
        kind, _, rest = expression.removeprefix("$").partition(".")
        told[name] = path[rest.removeprefix("path.")] if kind == "request" else \
            functools.reduce(lambda value, step: value[step], rest.removeprefix("body#/").split("/"), response.json())
    assert set(told) == set(re.findall(r"{(\w+)}", target.path)), link
    return target, target.path.format(**told)


def test_links_lead_to_what_was_made(session):
    """Each answer that made something, or began it, has links; the first is the operation that reads it, at Location where that is told."""
    seen = collections.Counter()
    for operation in OPERATIONS:
        for status in ("201", "202"):
            assert status not in operation.item["responses"] or operation.response(status)[1].get("links"), (operation.id, status)
    for name, response in session.items():
        links = operation_of(response).response(response.status_code)[1].get("links", {})
        found = [linked(link, response) for link in links.values() if response.content and response.status_code < 300]
        assert all(find(target.method, path) is target for target, path in found), name
        if found and "Location" in response.headers:
            assert (found[0][0].method, found[0][1]) == ("GET", urllib.parse.urlsplit(response.headers["Location"]).path), name
            seen[operation_of(response).id] += 1
    assert len(seen) >= 12, seen


def test_answers_are_as_described(session):
    wrong = []
    for name, response in session.items():
        operation = operation_of(response)
        _, described = operation.response(response.status_code)
        found = list(header_faults(response, described, response.status_code >= 400)) + body_faults(response, described)
        wrong += [f"{name} ({operation.id}, {response.status_code}): {fault}" for fault in found]
    assert not wrong, "\n".join(wrong)


def test_every_refusal_described_is_a_problem():
    """Of every operation, what begins with 4 or 5 and whatever else may come: a problem document with its members, and nothing else."""
    problem = {"$ref": "#/components/schemas/Problem"}
    for operation in OPERATIONS:
        described = {status: resolve(response) for status, response in operation.item["responses"].items() if status[0] in "45" or status == "default"}
        assert "default" in described, operation.id
        for status, response in described.items():
            assert list(response["content"]) == ["application/problem+json"], (operation.id, status)
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == problem or problem in schema.get("allOf", []), (operation.id, status)
    assert {"type", "title", "status", "detail", "instance", "code"} <= set(resolve(problem)["required"])


def test_every_operation_describes_what_its_kind_is_refused_with():
    """Not by the catch-all alone: what cannot be read, a token that is none, and of reads a condition that does not hold."""
    lacking = [(operation.id, status) for operation in OPERATIONS for status in ("400", "401", "412" if operation.method == "GET" else "400")
               if status not in operation.item["responses"]]
    assert lacking == []


def test_every_answer_described_was_seen(session):
    """What the contract promises beside the catch-all happens, in this session, so that it is checked."""
    described = {(operation.id, status) for operation in OPERATIONS for status in operation.item["responses"]
                 if status != "default"}
    seen = {(operation_of(response).id, str(response.status_code)) for response in session.values()}
    assert sorted(described - seen) == sorted(UNREACHED)


def test_accepted_requests_are_as_described(session):
    wrong = []
    for name, response in session.items():
        operation = operation_of(response)
        names = urllib.parse.parse_qs(urllib.parse.urlsplit(response.request.url).query)
        if response.status_code >= 300:
            continue
        wrong += [f"{name}: the parameter {parameter}" for parameter in names if parameter not in operation.query()]
        if response.request.body and response.request.headers["Content-Type"] == "application/json":
            wrong += [f"{name}: {fault}" for fault in faults(operation.any_body(), json.loads(response.request.body))]
    assert not wrong, "\n".join(wrong)


def examples_of(media):
    for name, example in media.get("examples", {}).items():
        yield name, example["value"]
    if "example" in media:
        yield "example", media["example"]


def all_examples():
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            for name, value in examples_of(parameter):
                yield f"{operation.id} {parameter['name']} {name}", parameter["schema"], value
        contents = [("request", operation.item.get("requestBody", {}).get("content", {}))]
        contents += [(status, resolve(response).get("content", {})) for status, response in operation.item["responses"].items()]
        for place, content in contents:
            for media in content.values():
                for name, value in examples_of(media):
                    yield f"{operation.id} {place} {name}", media["schema"], value


def test_examples_fit_their_schemas():
    wrong = [f"{name}: {fault}" for name, schema, value in all_examples() for fault in faults(schema, value)]
    assert not wrong, "\n".join(wrong)


def test_every_operation_has_examples():
    """Of its body, and of every success that has one; parameters that are needed have one, too."""
    bare = []
    for operation in OPERATIONS:
        contents = [operation.item.get("requestBody", {}).get("content", {})]
        contents += [resolve(response).get("content", {}) for response in operation.item["responses"].values()]
        bare += [operation.id for content in contents for media in content.values() if not list(examples_of(media))]
        bare += [f"{operation.id} {parameter['name']}" for parameter in operation.parameters
                 if parameter.get("required") and not list(examples_of(parameter))]
    assert not bare


def test_schemas_are_schemas():
    for name, schema in CONTRACT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert name in {*re.findall(r'"#/components/schemas/(\w+)', json.dumps(CONTRACT))}, f"{name} is used nowhere"


def address(operation):
    """The path with its parameters filled in: what is there, so that only the query is wrong."""
    values = {"code": "CN-HB", "seq": "1", "size": "1", "id": "NO-SUCH", "kid": "NO-SUCH", "organisation": "NO-SUCH"}
    return re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], operation.path)


def names_in(detail):
    """The names in "... is not known here; a, b and c are", "... known are a, b"."""
    listed = re.search(r"(?:known here; (.*) (?:is|are)|known are (.*))$", detail)
    return set(re.split(r", | and ", listed.group(1) or listed.group(2))) if listed else set()


@pytest.mark.parametrize("operation", OPERATIONS,
                         ids=lambda operation: operation.id)
def test_query_parameters_are_those_described(server, operation):
    """The service names its parameters when it refuses one that it does not know."""
    reply = server.write(operation.method, f"{address(operation)}?{UNKNOWN}=1", token=True,
                         **({} if operation.body() is None else {"json": {}}))
    assert reply.status_code == 400, reply.text
    assert reply.json()["code"] == "invalid_query"
    [unknown] = [fault for fault in reply.json()["errors"] if fault["code"] == "unknown_parameter"]
    missing = {fault["parameter"] for fault in reply.json()["errors"] if fault["code"] == "missing_parameter"}
    assert names_in(unknown["detail"]) == set(operation.query())
    assert missing == {name for name, parameter in operation.query().items() if parameter.get("required")}


@pytest.mark.parametrize("operation, name, schema", [
    (operation, name, schema) for operation in OPERATIONS for name, parameter in operation.query().items()
    for schema in [resolve(parameter["schema"])] if {"minimum", "maximum"} & set(schema)],
    ids=lambda value: getattr(value, "id", value if isinstance(value, str) else ""))
def test_ranges_of_query_parameters(server, operation, name, schema):
    """The bounds themselves are no fault, what lies beyond is."""
    for bound, step in [("minimum", -1), ("maximum", 1)]:
        for value, is_fault in [] if bound not in schema else [(schema[bound], False), (schema[bound] + step, True)]:
            reply = server.get(f"{address(operation)}?{name}={value}", token=True if operation.item["x-tallystick-roles"] else None)
            found = [fault for fault in reply.json().get("errors", []) if fault.get("parameter") == name and fault["code"] == "out_of_range"]
            assert bool(found) == is_fault, (value, reply.text[:500])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_body_limits(server, operation):
    """A body one byte over the limit is refused before it is sent."""
    limit = operation.item["x-body-limit"]
    answer, _ = server.raw(f"{operation.method} {address(operation)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           f"Authorization: Bearer {server.token}\r\nContent-Length: {limit + 1}\r\n\r\n", seconds=2)
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:300]
    assert (b"at most %d bytes" % limit if limit else b"takes no body") in answer


def object_arrays(schema):
    """The members of a body that are arrays of objects with named members: {name: schema of an item}."""
    found = {}
    for name, value in resolve(schema)["properties"].items():
        items = resolve(resolve(value).get("items", {}))
        if "properties" in items and "additionalProperties" in items and items["additionalProperties"] is False:
            found[name] = items
    return found


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body()], ids=lambda operation: operation.id)
def test_request_members_are_those_described(server, operation):
    """Unknown members are refused with the names of the known ones, missing ones by name."""
    schema = resolve(operation.body())
    nested = object_arrays(schema)
    body = {UNKNOWN: 1, **{name: [{UNKNOWN: 1}] for name in nested}}
    reply = server.write(operation.method, address(operation), token=True, json=body)
    assert reply.status_code == 422, reply.text
    known, missing = {}, collections.defaultdict(set)
    for fault in reply.json()["errors"]:
        place, _, name = fault["pointer"].rpartition("/")
        if fault["code"] == "unknown_member":
            known[place] = names_in(fault["detail"])
        elif fault["code"] == "missing_member":
            missing[place].add(name)
    for place, described in [("", schema)] + [(f"/{name}/0", items) for name, items in nested.items()]:
        by_rules = NEEDED_BY_RULES.get(operation.body()["$ref"].rsplit("/", 1)[1], set())
        assert known[place] == set(described["properties"]), place
        assert missing[place] == set(described.get("required", [])) - set(nested if place == "" else []) - by_rules, place


def null_bodies(operation):
    """The schemas of a JSON body, but for that of signed commands."""
    schema = operation.any_body()
    return [one for one in schema.get("anyOf", [schema]) if one != {"$ref": "#/components/schemas/SignedCommand"}] if schema else []


def takes_null(schema):
    return {name for name, member in schema["properties"].items() if not faults(member, None)}


@pytest.mark.parametrize("operation, body", [(operation, body) for operation in OPERATIONS for body in null_bodies(operation)],
                         ids=lambda value: getattr(value, "id", None) or value["$ref"].rsplit("/", 1)[1])
def test_null_counts_as_absent(server, operation, body):
    """Null fits what is optional and nothing else, by the contract, and to the program it is as good as nothing."""
    schema = resolve(body)
    nested = {name: items for name, value in schema["properties"].items() for items in [resolve(resolve(value).get("items", {}))] if "properties" in items}
    for described in (schema, *nested.values()):
        assert takes_null(described) == set(described["properties"]) - set(described.get("required", []))
    told = []
    for item, more in (({}, {}), (None, dict.fromkeys(schema["properties"]))):
        sent = {**more, **{name: [item if item is not None else dict.fromkeys(items["properties"])] for name, items in nested.items()}}
        reply = server.write(operation.method, address(operation), token=True, json=sent)
        assert reply.status_code in (404, 422), reply.text  # 404 where nothing is required
        told.append((reply.status_code, sorted((fault["pointer"], fault["code"]) for fault in reply.json().get("errors", []))))
    assert told[0] == told[1]


def test_null_counts_as_absent_in_a_signed_command():
    assert takes_null(CONTRACT["components"]["schemas"]["SignedCommand"]) == {"private"}


@pytest.mark.parametrize("name, one, other, value", [("SitePut", "lat", "lon", 1), ("DensityRequest", "from", "to", 1), ("DensityPanel", "from", "to", 1),
                                                    ("Intake", "expiry", "lot", "2030-01-01")])
def test_what_goes_together(server, name, one, other, value):
    """Members of which one needs the other, where both may be null. Of a lot alone there may be supplies."""
    schema = CONTRACT["components"]["schemas"][name]
    needed = {"name": "A", "kind": "a", "organisation": "A", "province": "A", "values": [1, 2], "site": "A", "item": "A", "quantity": 1, "source": "found",
              "years": [2020], "units": [{"id": "A", "values": [1]}, {"id": "B", "values": [2]}]}
    body = {member: needed[member] for member in schema["required"]}
    for first in ({}, {one: None}, {one: value}):
        for second in ({}, {other: None}, {other: value if value != 1 else 2}):
            has_one, has_other = first.get(one) is not None, second.get(other) is not None
            is_sound = has_other or not has_one if name == "Intake" else has_one == has_other
            assert bool(faults(schema, {**body, **first, **second})) != is_sound, (first, second)
            if name.startswith("Density"):
                assert (server.post("/density", {**body, **first, **second}).status_code == 200) == is_sound, (first, second)


@pytest.mark.parametrize("name", ["lot", "donor"])
def test_texts_that_a_query_carries(server, name):
    """Control characters are refused by contract and program alike, and nothing else is."""
    [operation] = [one for one in OPERATIONS if (one.method, one.path) == ("GET", "/supplies")]
    schema = operation.query()[name]["schema"]
    for text in ("\t", "\n", "\x1f", " ", "~", "\x7f", "\x80", "\x9f", "\xa0", "\u4e00"):
        reply = server.get(f"/supplies?{name}=a{urllib.parse.quote(text)}b")
        assert (reply.status_code == 200) == (not faults(schema, f"a{text}b")), (text, reply.text)
        assert reply.status_code in (200, 400), (text, reply.text)


def test_served_contract_is_the_file(server):
    assert server.get("/openapi.json").json() == CONTRACT
    assert server.get("/openapi.yaml").content == (ROOT / "openapi.yaml").read_bytes()


def test_kinds_of_entries_are_those_of_the_rules():
    kinds = re.findall(r'\[COMMAND_\w+\] = "([a-z_.]+)"', (ROOT / "rules" / "command_kind.c").read_text(encoding="utf-8"))
    assert len(kinds) > 15 and sorted(CONTRACT["components"]["schemas"]["Entry"]["properties"]["kind"]["enum"]) == sorted(kinds)
