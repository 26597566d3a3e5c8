"""Entity tags and the conditions made of them: If-None-Match on everything that is read, by
every kind of reader, and If-Match where something is written."""

import re

import pytest

from world import World, accepted, fresh, new_token, problem, unchanged, version_of

LISTS = ["/provinces", "/provinces?belt=eastern&limit=2", "/organisations", "/sites", "/items", "/indicators", "/figures?limit=3",
         "/supplies", "/supplies/summary?by=item", "/transfers", "/transfers/summary", "/ledger", "/ledger/entries?limit=2", "/events?limit=2",
         "/ledger/keys", "/openapi.json", "/openapi.yaml"]


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.fixture(scope="module")
def secret(server, world):
    """A transfer with personal texts: its paths, and who reads the texts and who does not."""
    supply = world.intake(10, note="a person's name")["id"]
    transfer = world.transfer([(supply, 4)], note="a person's number", rationale="a person's illness")["id"]
    accepted(world.act(transfer, "dispatch", {"note": "a person's door"}))
    paths = [f"/transfers/{transfer}", f"/transfers?origin={world.a1}", f"/supplies/{supply}/movements"]
    may = [True, world.token("operator", world.a), world.token("auditor", world.c), world.token("coordinator", world.c)]
    may_not = [None, world.token("operator", world.c)]
    return paths, may, may_not


def get(server, path, token=None, **headers):
    return server.get(path, token=token, headers={name.replace("_", "-"): value for name, value in headers.items()})


# Who reads what

@pytest.mark.parametrize("which", [0, 1, 2], ids=["transfer", "transfers", "movements"])
def test_the_tag_tells_readers_apart(server, secret, which):
    """What is withheld from one reader is another representation: no 304 may take it for the full one."""
    paths, may, may_not = secret
    path = paths[which]
    full, public = get(server, path, may[0]), get(server, path, may_not[0])
    assert full.headers["ETag"] != public.headers["ETag"] and full.content != public.content
    for readers, seen, other in [(may, full, public), (may_not, public, full)]:
        for token in readers:
            reply = get(server, path, token)
            assert reply.headers["ETag"] == seen.headers["ETag"] and reply.content == seen.content
            assert get(server, path, token, If_None_Match=seen.headers["ETag"]).status_code == 304
            reply = get(server, path, token, If_None_Match=other.headers["ETag"])
            assert reply.status_code == 200 and reply.content == seen.content


@pytest.mark.parametrize("which", [0, 1, 2], ids=["transfer", "transfers", "movements"])
def test_no_cache_gives_one_reader_what_another_one_read(server, secret, which):
    paths, may, may_not = secret
    for token in may_not + may:
        first = get(server, paths[which], token)
        for reply in (first, get(server, paths[which], token, If_None_Match=first.headers["ETag"])):
            assert "Authorization" in reply.headers["Vary"].split(", ")
            assert reply.headers["Cache-Control"] == ("no-cache" if token is None else "no-store")
    head = server.request("HEAD", paths[which])
    assert head.headers["ETag"] == get(server, paths[which]).headers["ETag"] and "Authorization" in head.headers["Vary"].split(", ")


def test_what_everybody_reads_alike_has_one_tag(server, world):
    supply = world.intake(1)["id"]
    for path in (f"/supplies/{supply}", f"/sites/{world.a1}", f"/items/{world.masks}", "/provinces", "/supplies/summary"):
        replies = [get(server, path, token) for token in (None, True, world.token("operator", world.c))]
        assert len({reply.headers["ETag"] for reply in replies}) == 1 and "Authorization" not in replies[0].headers.get("Vary", "")


def test_an_answers_tag_is_that_of_the_same_readers_get(server, world):
    supply = world.intake(10, note="a person's name")["id"]
    operator = world.token("operator", world.a)
    made = server.post("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}], "note": "x"}, token=operator)
    path = made.headers["Location"]
    assert made.headers["ETag"] == get(server, path, operator).headers["ETag"]
    sent = server.post(path + "/dispatch", {}, token=world.token("coordinator", world.c), headers={"If-Match": made.headers["ETag"]})
    assert sent.status_code == 200 and sent.headers["ETag"] == get(server, path, operator).headers["ETag"] != made.headers["ETag"]
    changed = server.post(f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "lost"}, token=operator)
    assert changed.headers["ETag"] == get(server, f"/supplies/{supply}").headers["ETag"]
    for noun, body in [("organisations", {"name": "x", "kind": "y"}), ("items", {"name": "x", "unit": "piece"}),
                       ("indicators", {"name": "x", "unit": "piece"})]:
        put = server.put(f"/{noun}/{fresh('tag')}", body)
        assert put.headers["ETag"] == get(server, put.headers["Location"]).headers["ETag"]


def test_if_match_takes_the_tag_of_whoever_sends_it(server, world):
    """The condition is on the version, which all readers have in common."""
    operator, stranger = world.token("operator", world.a), world.token("coordinator", world.c)
    for reader, token in [(None, operator), (operator, operator), (operator, stranger), (stranger, stranger)]:
        supply = world.intake(2)["id"]
        transfer = world.transfer([(supply, 1)], note="a person's name")["id"]
        seen = get(server, f"/transfers/{transfer}", reader)
        assert version_of(seen) == "1"
        reply = world.act(transfer, "dispatch", token=token, headers={"If-Match": seen.headers["ETag"]})
        assert reply.status_code == 200 and version_of(reply) == "2"
        with unchanged(server):
            problem(world.act(transfer, "return", {"reason": "x"}, token=token, headers={"If-Match": seen.headers["ETag"]}), 412,
                    "version_mismatch", version=2)


def test_what_else_is_shown_stays(server, world):
    """A transfer and a supply show their site's organisation and province: these stay, and so does the tag."""
    site = world.site(world.a, "CN-GD")
    supply = world.intake(5, site=site)["id"]
    transfer = world.transfer([(supply, 1)])["id"]
    paths = [f"/transfers/{transfer}", f"/supplies/{supply}"]
    before = [get(server, path) for path in paths]
    moved = server.put(f"/sites/{site}", {"name": site, "kind": "warehouse", "organisation": world.c, "province": "CN-SC"},
                       headers={"If-Match": '"1"'})
    problem(moved, 409, "site_in_use")
    renamed = server.put(f"/sites/{site}", {"name": "Other", "kind": "port", "organisation": world.a, "province": "CN-GD"},
                         headers={"If-Match": '"1"'})
    assert renamed.status_code == 200
    for path, old in zip(paths, before):
        assert get(server, path, If_None_Match=old.headers["ETag"]).status_code == 304


# Everything that is read

@pytest.mark.parametrize("path", LISTS)
def test_whatever_is_read_has_a_strong_tag(server, secret, path):
    for token in (None, True):
        first = get(server, path, token)
        etag = first.headers["ETag"]
        assert version_of(first) == (str(first.json()["figures_revision"]) if path.startswith("/figures") else "")
        again = get(server, path, token, If_None_Match=etag)
        assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers.get("Tallystick-Seq") == first.headers.get("Tallystick-Seq")
        assert get(server, path, token, If_None_Match='"0123456789abcdef"').status_code == 200
        assert server.request("HEAD", path, token=token).headers["ETag"] == etag


def test_a_lists_tag_changes_with_the_list(server, world):
    paths = ["/organisations", f"/supplies?site={world.a2}", "/ledger"]
    before = [get(server, path).headers["ETag"] for path in paths]
    sites = get(server, "/sites").headers["ETag"]
    world.organisation(fresh("TAG"))
    world.intake(1, site=world.a2)
    assert all(get(server, path, If_None_Match=etag).status_code == 200 for path, etag in zip(paths, before))
    assert get(server, "/sites", If_None_Match=sites).status_code == 304, "the ledger has grown, the sites are the same"


def test_probes_are_kept_nowhere(server):
    for path in ("/healthz", "/readyz"):
        reply = server.get(path)
        assert reply.headers["Cache-Control"] == "no-store" and "ETag" not in reply.headers


def test_a_private_service_has_the_same_tags(start):
    private = start("--private")
    world = World(private)
    token = new_token(private, "auditor", world.a)
    first = get(private, "/organisations", token)
    assert get(private, "/organisations", token, If_None_Match=first.headers["ETag"]).status_code == 304
    problem(get(private, "/organisations", If_None_Match=first.headers["ETag"]), 401, "unauthenticated")


# Conditions on what is written

@pytest.mark.parametrize("condition", ["*", '"1"', '"1.0123456789abcdef"', '"foreign"'])
def test_what_is_to_be_made_meets_no_condition(server, world, condition):
    """RFC 9110, 13.1.1: a condition on what has no current representation is false."""
    supply = world.intake(5)["id"]
    asks = [("/supplies", world.intake_body(1, id=fresh("S"), donation=fresh("D"))),
            ("/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]})]
    for path, body in asks:
        key = fresh("k")
        with unchanged(server):
            refusal = problem(server.post(path, body, headers={"If-Match": condition}, idempotency_key=key), 412, "version_mismatch")
        assert "leave If-Match out" in refusal["detail"]
        with unchanged(server):
            problem(server.post(path, body, headers={"If-Match": "1"}), 400, "invalid_if_match")
        assert server.post(path, body, idempotency_key=key).status_code == 201, "the refusal is not kept"
    with unchanged(server):
        problem(server.put(f"/organisations/{fresh('O')}", {"name": "x", "kind": "y"}, headers={"If-Match": condition}), 412,
                "version_mismatch")


@pytest.fixture
def figures(server):
    """Puts one figure of an indicator of its own."""
    indicator = fresh("ind")
    assert server.put(f"/indicators/{indicator}", {"name": "x", "unit": "piece"}).status_code == 201

    def put(value, condition=None, path="/figures", rows=1, **more):
        body = {"figures": [{"indicator": indicator, "year": 1900 + row % 200, "value": value,
                             "province": ["CN-HB", "CN-GD", "CN-SC", "CN-BJ", "CN-SH"][row // 200]} for row in range(rows)]}
        return server.put(path, body, headers={} if condition is None else {"If-Match": condition}, **more)

    put.indicator = indicator
    return put


def test_figures_under_a_condition(server, figures):
    read = get(server, f"/figures?indicator={figures.indicator}")
    before, revision = read.headers["ETag"], read.json()["figures_revision"]
    assert version_of(read) == str(revision)
    with unchanged(server):
        assert figures(1, before, path="/figures?dry_run=true").status_code == 200
    assert figures(1, before).json()["revision"] == revision + 1
    with unchanged(server):
        for condition in (before, f'"{revision}"', f'"{revision + 2}"', '"foreign"', '"0"'):
            for path in ("/figures", "/figures?dry_run=true"):
                refusal = problem(figures(2, condition, path=path), 412, "version_mismatch", version=revision + 1)
                names_one = condition.strip('"')[:1] in "123456789"
                assert (f"revision {revision + 1} by now" if names_one else f'is {revision + 1} now, so If-Match: "{revision + 1}"') in refusal["detail"]
        problem(figures(1, before), 412, "version_mismatch")  # also where nothing would change
        problem(figures("x", f'"{revision + 1}"'), 422, "wrong_type")
        problem(figures(2, str(revision + 1)), 400, "invalid_if_match")
    assert get(server, "/figures?limit=1", If_None_Match=before).status_code == 200
    assert figures(2, f'"{revision + 1}"').json()["revision"] == revision + 2
    assert figures(3, "*").json()["revision"] == revision + 3
    assert figures(4).json()["revision"] == revision + 4


def test_a_retry_under_a_condition_gets_the_first_answer(server, figures):
    """The condition held when the change was made; that it no longer does is the change's own doing."""
    for rows, key in [(1, fresh("k")), (1000, fresh("k"))]:  # 64 KiB and more go through the job pool
        condition = get(server, "/figures?limit=1").headers["ETag"]
        first = figures(rows, condition, rows=rows, idempotency_key=key)
        assert first.status_code == 200 and first.json()["changed"] == rows, first.text
        again = figures(rows, condition, rows=rows, idempotency_key=key)
        assert again.status_code == 200 and again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
        with unchanged(server):
            problem(figures(7, condition, rows=rows), 412, "version_mismatch")
        assert (len(first.request.body) > 65536) == (rows > 1)


# Conditions on what is read

@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("path", ["/provinces", "/organisations/{}", "/ledger/entries?limit=3", "/openapi.json"])
def test_if_match_on_a_read(server, world, path, coding):
    """RFC 9110, 13.1.1: by strong comparison, and only where the answer would be a success."""
    path = path.format(world.a)
    for method in ("GET", "HEAD"):
        def ask(condition, **more):
            return server.request(method, path, headers={"Accept-Encoding": coding, "If-Match": condition, **more})
        plain = server.request(method, path, headers={"Accept-Encoding": coding})
        etag = plain.headers["ETag"]
        for condition in ("*", etag, f'"x", {etag}', f',\t{etag} ,"y"', f'W/"x",{etag}'):
            for _ in range(2):  # the second one might come out of the reply cache
                reply = ask(condition)
                assert reply.status_code == 200 and reply.headers["ETag"] == etag and reply.content == plain.content, condition
            assert ask(condition, **{"If-None-Match": etag}).status_code == 304
        for condition in ('"x"', f"W/{etag}", f'"x", W/{etag}', '""', etag[:-1] + '-br"'):
            for more in ({}, {"If-None-Match": etag}):
                reply = ask(condition, **more)
                assert reply.status_code == 412 and "ETag" not in reply.headers and reply.headers["Cache-Control"] == "no-store"
                if method == "GET":
                    assert etag in problem(reply, 412, "version_mismatch")["detail"]
        for condition in ("x", "", ",", '"x', f"{etag} {etag}", f"*, {etag}", f"{etag}, *", ", ".join(["\"x\""] * 9)):
            assert ask(condition).status_code == 400, condition
        assert server.request(method, path, headers={"Accept-Encoding": coding}).content == plain.content, "what is kept is whole"


def test_if_match_where_there_is_no_success_or_no_tag(server, world):
    problem(get(server, f"/organisations/{fresh('NONE')}", If_Match='"x"'), 404, "not_found")
    problem(get(server, "/provinces?limt=1", If_Match='"x"'), 400, "invalid_query")
    assert get(server, "/healthz", If_Match="*").status_code == 200
    assert "no ETag" in problem(get(server, "/healthz", If_Match='"x"'), 412, "version_mismatch")["detail"]
    assert "no ETag" in problem(get(server, "/events", If_Match='"x"', Accept="text/event-stream"), 412, "version_mismatch")["detail"]


def test_a_version_alone_is_a_condition_on_a_read_too(server, world):
    path = f"/organisations/{world.a}"
    version = server.get(path).json()["version"]
    assert get(server, path, If_Match=f'"{version}"').status_code == 200
    problem(get(server, path, If_Match=f'"{version + 1}"'), 412, "version_mismatch")
    problem(get(server, path, If_Match=f'W/"{version}"'), 412, "version_mismatch")


# What is wrong with a condition, where, and what would have worked

@pytest.fixture
def organisation(server):
    """(path, body of another version) of an organisation with version 2."""
    path, body = f"/organisations/{fresh('COND')}", {"name": "x", "kind": "depot"}
    assert server.put(path, body).status_code == 201
    assert server.put(path, {**body, "name": "y"}, headers={"If-Match": '"1"'}).json()["version"] == 2
    return path, {**body, "name": "z"}


@pytest.mark.parametrize("condition, texts", [
    ('"1"', ["has version 2 by now, not 1:"]), ('"1.0123456789abcdef-gzip"', ["has version 2 by now, not 1:"]),
    ('"1", "5.x", "7"', ["has version 2 by now, not 1, 5, 7:"]), ('W/"1", "5", "foreign"', ["has version 2 by now, not 5:"]),
    ('W/"2"', ["weak ETag (W/)", "version is 2 now", 'If-Match: "2"']), ('W/"2", W/"3"', ["weak ETag (W/)", 'If-Match: "2"']),
    ('""', ["no ETag with a version that this service gave", 'If-Match: "2"']), ('"foreign", W/"2"', ["no ETag with a version", 'If-Match: "2"'])])
def test_a_stale_condition_says_why(server, organisation, condition, texts):
    path, body = organisation
    with unchanged(server):
        detail = problem(server.put(path, body, headers={"If-Match": condition}), 412, "version_mismatch", version=2)["detail"]
    assert all(text in detail for text in texts) and "not 0" not in detail, detail
    told = server.put(path, body, headers={"If-Match": condition, "Accept-Language": "zh"})
    assert told.headers["Content-Language"] == "zh"


@pytest.mark.parametrize("field, code", [("If-Match", "invalid_if_match"), ("If-None-Match", "malformed_request")])
@pytest.mark.parametrize("condition, texts", [
    ("2", ["from character 1 on"]), ('"1", 2', ["from character 6 on"]), ('"1" "2"', ["from character 1 on"]), ('"1', ["from character 1 on"]),
    ('w/"1"', ["from character 1 on"]), ("**", ["from character 1 on"]), ("", ["is empty"]), (", ,", ["is empty"]),
    ('*, "5"', ["* and something else", "character 4", "stands alone"]), ('"5", *', ["* and something else", "character 6"]), ("*,*", ["character 3"]),
    (", ".join(f'"{n}"' for n in range(1, 10)), ["may list 8 ETags", "character 41"])])
def test_a_condition_that_cannot_be_read_says_where(server, organisation, field, code, condition, texts):
    path, body = organisation
    with unchanged(server):
        detail = problem(server.put(path, body, headers={field: condition}), 400, code)["detail"]
    assert detail.startswith(field) and all(text in detail for text in texts), detail
    told = server.put(path, body, headers={field: condition, "Accept-Language": "zh"})
    assert told.headers["Content-Language"] == "zh"


def test_the_contract_has_the_conditions_that_there_are(server):
    """Of whatever is no read: a condition that cannot be read is refused where the contract has the field, and passed over elsewhere."""
    document = server.get("/openapi.json").json()

    def named(parameter):
        return document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
    seen = []
    for path, item in document["paths"].items():
        for method in {"put", "post", "delete"} & set(item):
            operation = item[method]
            fields = {parameter["name"] for parameter in map(named, item.get("parameters", []) + operation.get("parameters", []))}
            for field, code in (("If-None-Match", "malformed_request"), ("If-Match", "invalid_if_match")):
                reply = server.request(method.upper(), re.sub("{[a-z]+}", "1" if "{seq}" in path else "NONE", path), token=True,
                                       headers={field: "x", "Idempotency-Key": fresh("K")}, **({"json": {}} if method != "delete" else {}))
                is_read = reply.status_code == 400 and reply.json()["code"] == code and field in reply.json()["detail"]
                is_told = field in fields or (field == "If-Match" and "An `If-Match` is refused (412)" in operation["description"])
                assert is_read == is_told, (method, path, field, reply.text)
                seen += [(method, path)] if is_read and field == "If-None-Match" else []
    assert len(seen) > 15 and ("put", "/figures") in seen and ("post", "/privacy/erasures") in seen and ("delete", "/jobs/{id}") in seen


def test_eight_tags_in_several_lines_are_one_list(server, organisation):
    path, body = organisation
    def put(*lines):
        text = str(body).replace("'", '"')
        fields = "".join(f"{line}\r\n" for line in lines)
        return server.raw(f"PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {server.token}\r\n"
                          f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n{fields}\r\n{text}")[0]
    nine = [f'If-Match: "{number}"' for number in range(10, 19)]
    assert put(*nine).startswith(b"HTTP/1.1 400 ")
    assert put(*nine[:2]).startswith(b"HTTP/1.1 412 ")
    assert put('If-Match: "9"', 'If-None-Match: "1"', 'If-None-Match: "2"').startswith(b"HTTP/1.1 412 ")
    assert put(*nine[:7], 'If-Match: "2"').startswith(b"HTTP/1.1 200 ")


def test_if_none_match_with_tags_on_a_change(server, world, organisation):
    """RFC 9110, 13.1.2: weak comparison; a version that is named must not be there."""
    path, body = organisation
    etag = server.get(path).headers["ETag"]
    with unchanged(server):
        for condition in ('"2"', 'W/"2"', etag, f'"1", {etag}'):
            for more in ({}, {"If-Match": "*"}, {"If-Match": '"2"'}):
                refusal = problem(server.put(path, body, headers={"If-None-Match": condition, **more}), 412, "version_mismatch", version=2)
                assert "If-None-Match forbids" in refusal["detail"]
        problem(server.put(path, body, headers={"If-None-Match": '"1"'}), 428, "version_required")
    assert server.put(path, body, headers={"If-None-Match": '"1", "foreign"', "If-Match": '"2"'}).status_code == 200
    assert server.put(f"/organisations/{fresh('NEW')}", body, headers={"If-None-Match": '"1"'}).status_code == 201
    supply = world.intake(5)["id"]
    adjust = {"delta": -1, "reason": "counted"}
    problem(server.post(f"/supplies/{supply}/adjustments", adjust, headers={"If-None-Match": '"1"'}), 412, "version_mismatch", version=1)
    assert server.post(f"/supplies/{supply}/adjustments", adjust, headers={"If-None-Match": '"2"'}).status_code == 200
    assert server.post("/supplies", world.intake_body(1, id=fresh("S"), donation=fresh("D")), headers={"If-None-Match": '"1"'}).status_code == 201


def test_if_none_match_on_figures(server, figures):
    revision = figures(1).json()["revision"]
    with unchanged(server):
        body = {"figures": [{"indicator": figures.indicator, "year": 2000, "province": "CN-HB", "value": 3}]}
        problem(server.put("/figures", body, headers={"If-None-Match": f'"{revision}"'}), 412, "version_mismatch", version=revision)
    assert server.put("/figures", body, headers={"If-None-Match": f'"{revision - 1}", "x"'}).status_code == 200


def test_what_an_order_to_erase_makes_has_no_version_before(server):
    """A condition that cannot be met is not passed over where something is deleted for good."""
    world = World(server)
    before = {text["commitment"] for text in server.get("/privacy/texts", token=True).json()["items"]}
    world.intake(1, note="to be erased")
    left, = {text["commitment"] for text in server.get("/privacy/texts", token=True).json()["items"]} - before
    order = {"commitments": [left]}
    with unchanged(server):
        for condition in ("*", '"1"'):
            problem(server.post("/privacy/erasures", order, headers={"If-Match": condition}), 412, "version_mismatch")
    assert server.post("/privacy/erasures", order, headers={"If-None-Match": '"1"'}).status_code == 201
