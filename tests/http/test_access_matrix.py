"""Who may do what: every operation of the contract by every role of three organisations, as access_table.py states it, on a service that
everybody reads and on a private one; and what a caller could try to be taken for another."""

import contextlib
import os
import tempfile

import pytest

import jose
import test_contract
from access_table import CALLERS, DONE, TABLE, faults_of, read_table
from access_world import NOBODY, AccessWorld, Request, post, put
from conftest import Server, begun
from world import fresh, state

ROWS = read_table(TABLE)
METHODS = {operation.id: operation.method for operation in test_contract.OPERATIONS}
HEADS = [NOBODY, ("operator", "third"), ("auditor", "own")]  # those who ask by HEAD, too: rights do not depend on it
pytestmark = pytest.mark.direct("more than a thousand requests, whose forms other tests hold against the contract")


@pytest.fixture(scope="module", params=["public", "private"])
def world(request):
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        path = os.path.join(scratch, "data")
        server = Server(begun(path) if request.param == "public" else path, *(["--private"] if request.param == "private" else []))
        made = AccessWorld(server)
        made.mode = request.param
        yield made
        made.connection.close()
        assert server.stop() == 0


def test_the_table_has_a_row_for_each_operation_and_a_letter_for_each_caller():
    assert faults_of(ROWS, test_contract.OPERATIONS) == []
    assert all(list(row.cells) == CALLERS and len(CALLERS) == 13 for row in ROWS.values())


def test_what_the_table_lacks_is_told():
    lines = TABLE.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("adjustSupply"))
    without = read_table("\n".join(lines[:at] + lines[at + 1:]))
    assert faults_of(without, test_contract.OPERATIONS) == ["no row for adjustSupply"]
    other = read_table("\n".join([*lines, lines[at].replace("adjustSupply", "takeSupply")]))
    assert faults_of(other, test_contract.OPERATIONS) == ["no operation takeSupply"]
    wider = read_table("\n".join(lines[:at] + [lines[at].replace("RRR     +OO", "+++     +OO")] + lines[at + 1:]))
    assert len(faults_of(wider, test_contract.OPERATIONS)) == 1
    for wrong in ("+OO ", "+O  ", "+OX "):
        with pytest.raises(AssertionError):
            read_table("\n".join(lines[:at] + [lines[at].replace("+OO ", wrong).replace("++++", "+++")] + lines[at + 1:]))


def letter_of(row, caller, mode):
    return row.nobody[mode] if caller is NOBODY else row.cells[caller]


def check_refusal(world, row, caller, reply, letter):
    assert reply.headers["Content-Type"] == "application/problem+json" and not reply.tells(), (row.operation, caller, reply)
    told = reply.json()
    if letter == "U":
        assert (reply.status, told["code"]) == (401, "unauthenticated"), (row.operation, caller, reply)
        assert reply.headers["WWW-Authenticate"] == 'Bearer realm="tallystick"' and "token" in told["detail"]
        return
    assert (reply.status, told["code"], told["role"]) == (403, "forbidden", caller[0]), (row.operation, caller, reply)
    if row.whose == "asker":
        assert told["needed_roles"] == ["admin"] and "another organisation" in told["detail"], (row.operation, caller, reply)
        assert not {"needed_organisation", "organisation", "site", "errors"} & told.keys(), (row.operation, caller, reply)
        return
    assert sorted(told["needed_roles"]) == sorted(row.roles) and "errors" not in told, (row.operation, caller, reply)
    where = [told.get(name) for name in ("needed_organisation", "organisation", "site")]
    if letter == "R":
        assert where == [None, None, None], (row.operation, caller, reply)
    else:
        site = world.a1 if row.whose == "own" else world.b1
        assert where == [world.sides[row.whose], world.sides[caller[1]], site], (row.operation, caller, reply)


def check_done(row, caller, reply, letter, size):
    said = (row.operation, caller, letter, reply)
    assert reply.status == row.status, said
    assert reply.tells() == (letter == "s"), said
    if letter in "sw" and row.operation != "listTexts":
        rows = reply.json().get("items", [reply.json()])
        assert any(one["withheld"] for one in rows) == (letter == "w"), said
    if letter == "v":
        assert (reply.json()["state"], reply.json()["ok"], reply.json()["entries"]) == ("done", True, size), said
    if letter == "l":
        assert reply.json()["state"] == "none" or reply.json()["entries"] < size, said


def put_to(world, row, caller, request):
    """Asks and looks at what is said; whether it was done."""
    letter = letter_of(row, caller, world.mode)
    size = world.size() if letter in "vl" else None
    reply = world.ask(request, world.callers[caller])
    while letter == "v" and reply.status == 202:
        reply = world.ask(request, world.callers[caller])
    if letter in DONE:
        check_done(row, caller, reply, letter, size)
    else:
        check_refusal(world, row, caller, reply, letter)
    return letter in DONE


@contextlib.contextmanager
def nothing_changes(world, is_change=True):
    """The tables are looked at where they could have changed."""
    def seen():
        return world.size(), world.cosigned(), is_change and state(world.server)
    before = seen()
    yield
    assert seen() == before, "what was refused left something behind"


@pytest.mark.parametrize("operation", ROWS)
def test_who_may(world, operation):
    """Those who may not ask first, all for the same thing; then each who may asks for one of its own."""
    row, method = ROWS[operation], METHODS[operation]
    request = world.request(operation)
    assert request.method == method
    callers = [NOBODY, *CALLERS]
    refused = [caller for caller in callers if letter_of(row, caller, world.mode) not in DONE]
    with nothing_changes(world, method != "GET"):
        for caller in refused:
            assert not put_to(world, row, caller, request)
            assert method != "GET" or caller not in HEADS or world.ask(request, world.callers[caller], method="HEAD").status in (401, 403)
        for name, header in world.bad.items():
            reply = world.ask(request, authorization=header)
            assert (reply.status, reply.json()["code"]) == (401, "unauthenticated"), (operation, name, reply)
            assert reply.headers["WWW-Authenticate"] == 'Bearer realm="tallystick", error="invalid_token"' and not reply.tells()
            assert name not in ("expired", "revoked") or name in reply.json()["detail"]
    size = world.size()
    for caller in callers:
        if caller in refused:
            continue
        if operation == "verifyLedger":
            world.ask(world.request("adjustSupply"), world.server.token)  # so that the latest finding is not of now
        if method != "GET":
            request = world.request(operation)
            size = world.size()
        assert put_to(world, row, caller, request)
        if method != "GET":
            assert world.size() == size + row.entries, (operation, caller)
        elif caller in HEADS:
            assert world.ask(request, world.callers[caller], method="HEAD").status == row.status
    assert method != "GET" or operation == "verifyLedger" or world.size() == size, operation
    if method == "GET":  # what was kept for those who may is not given to others
        for caller in refused:
            assert not put_to(world, row, caller, request)


# Scopes of tokens

WORDS = ("provinces", "organisations", "policies", "witnesses", "sites", "items", "indicators", "figures", "supplies", "transfers", "privacy", "ledger")


def test_a_scope_lets_a_token_write_there_and_nowhere_else(world):
    """An administrator's token of each scope, and of reading alone: every change. What is read, even by a role alone, no scope narrows."""
    tokens = {word: world.narrowed("admin", world.a, "--scope", word) for word in ("read", *WORDS)}
    for operation, row in ROWS.items():
        if METHODS[operation] == "GET" or row.nobody["public"] in DONE or row.whose == "asker":
            continue
        request = world.request(operation)
        own = request.path.split("/")[1]
        with nothing_changes(world):
            for word in tokens.keys() - {own}:
                reply = world.ask(request, tokens[word])
                told = reply.json()
                assert (reply.status, told["code"], told.get("scope")) == (403, "forbidden", word), (operation, word, reply)
                assert "needed_roles" not in told and not reply.tells()
        reply = world.ask(request, tokens[own])
        assert reply.status == row.status, (operation, own, reply)
    for operation, row in ROWS.items():
        if METHODS[operation] == "GET" and (row.nobody["public"] not in DONE or "w" in row.nobody.values()):
            for word in ("read", "items"):
                reply = world.ask(world.request(operation), tokens[word])
                assert reply.status == row.status and reply.tells() == (row.cells["admin", "own"] == "s"), (operation, word, reply)


def test_a_scope_gives_no_right_that_the_role_has_not(world):
    request = world.request("adjustSupply")
    with nothing_changes(world):
        for role, side in (("operator", "third"), ("coordinator", "own"), ("auditor", "own")):
            told = world.ask(request, world.narrowed(role, world.sides[side], "--scope", "supplies")).json()
            assert (told["code"], told["role"]) == ("forbidden", role) and "needed_roles" in told
        told = world.ask(request, world.narrowed("operator", world.a, "--scope", "transfers")).json()
        assert (told["code"], told["scope"]) == ("forbidden", "transfers")


# Being taken for another

def stock_of(world, site, **more):
    return world.made(post("/supplies", world.intake_body(10, site=site, donation=fresh("D"), **more)), 201)["id"]


def attempts(world):
    """(what is tried, the request, who tries, status, code); nothing of it is done."""
    third, own, party = ("operator", "third"), ("operator", "own"), ("operator", "party")
    theirs = stock_of(world, world.c1)
    intake = {**world.intake_body(1), "donation": fresh("D")}
    move = {"destination": world.c1, "lines": [{"supply": world.stock, "quantity": 1}]}
    yield "the owner that is named", post("/supplies", {**intake, "owner": world.c}), third, 403, "forbidden"
    yield "the donor that is named", post("/supplies", {**intake, "donor": world.c}), third, 403, "forbidden"
    for name in ("organisation", "actor", "role"):
        yield f"a member {name}", post("/supplies", {**intake, name: world.a}), third, 403, "forbidden"
        yield f"a member {name} of one's own", post("/supplies", {**intake, name: world.a}), own, 422, "unknown_member"
        yield f"a query {name}", post(f"/supplies?{name}={world.a}", intake), third, 400, "invalid_query"
    yield "another's id for one's own intake", post("/supplies", {**intake, "site": world.c1, "id": world.stock}), third, 409, "already_exists"
    yield "another's goods to oneself", post("/transfers", move), third, 403, "forbidden"
    yield "another's goods behind one's own", post("/transfers", {"destination": world.b1, "lines": [
        {"supply": theirs, "quantity": 1}, {"supply": world.stock, "quantity": 1}]}), third, 422, "several_origins"
    yield "another's goods behind what is none", post("/transfers", {**move, "lines": [{"supply": "NONE", "quantity": 1}, *move["lines"]]}), third, 403, "forbidden"
    yield "an origin that is said", post("/transfers", {**move, "origin": world.c1}), third, 403, "forbidden"
    yield "the receiver sends", post(f"/transfers/{world.reserved()}/dispatch", {}), party, 403, "forbidden"
    yield "the sender receives", post(f"/transfers/{world.on_the_way()}/receive", {"lines": [{"line": 1, "good": 2}]}), own, 403, "forbidden"
    yield "a key for oneself", post(f"/organisations/{world.c}/keys", jose.Key().jwk), third, 403, "forbidden"
    yield "another's key by one's own path", post(f"/organisations/{world.c}/keys/{world.new_key()}/revoke", {"reason": "x"}), ("admin", "third"), 404, "not_found"
    yield "a site taken over", put(f"/sites/{world.a1}", {"name": "A", "kind": "warehouse", "organisation": world.c, "province": "CN-GD"},
                                   If_Match="*"), third, 403, "forbidden"
    yield "a site with goods given away", put(f"/sites/{world.a1}", {"name": "A", "kind": "warehouse", "organisation": world.c, "province": "CN-GD"},
                                              If_Match="*"), ("admin", "third"), 409, "site_in_use"
    yield "a policy against oneself", put(f"/policies/{world.a}", {"signed_kinds": ["*"]}, If_Match="*"), own, 403, "forbidden"


def test_who_says_to_be_another_is_not_taken_for_it(world):
    tried = list(attempts(world))
    with nothing_changes(world):
        for what, request, caller, status, code in tried:
            reply = world.ask(request, world.callers[caller])
            told = reply.json()
            codes = {told["code"]} | {error["code"] for error in told.get("errors", [])}
            assert reply.status == status and code in codes and not reply.tells(), (what, reply)


def test_goods_of_others_are_kept_for_them_at_ones_own_site(world):
    """The owner is written down and has no right for it."""
    reply = world.ask(post("/supplies", {**world.intake_body(1), "owner": world.c, "donation": fresh("D")}), world.callers["operator", "own"])
    assert reply.status == 201 and reply.json()["owner"] == world.c
    with nothing_changes(world):
        path = f"/supplies/{reply.json()['id']}/adjustments"
        assert world.ask(post(path, {"delta": 1, "reason": "counted"}), world.callers["operator", "third"]).status == 403


def test_a_key_of_another_organisation_is_not_found_under_ones_own(world):
    for caller in (NOBODY, *CALLERS) if world.mode == "public" else CALLERS:
        reply = world.ask(Request("GET", f"/organisations/{world.c}/keys/{world.kid}"), world.callers[caller])
        assert (reply.status, reply.json()["code"]) == (404, "not_found") and not reply.tells()


KEPT = ("createSupply", "adjustSupply", "createTransfer", "dispatchTransfer", "cancelTransfer", "returnTransfer", "receiveTransfer")


@pytest.mark.parametrize("operation", KEPT)
def test_a_kept_answer_is_for_those_who_may(world, operation):
    """The same request under the same key: whoever of the organisation may send it is given the first answer, and nobody else, though keys are
    the organisation's. Each in turn is the one who did it."""
    row = ROWS[operation]
    for first in (caller for caller in CALLERS if row.cells[caller] in DONE):
        request, key = world.request(operation), fresh("key")
        done = world.ask(request, world.callers[first], key=key)
        assert done.status == row.status
        with nothing_changes(world):
            for caller in (NOBODY, *CALLERS):
                letter = letter_of(row, caller, world.mode)
                if letter in DONE and caller[1] != first[1]:
                    continue  # another organisation's key, and so a request of its own
                again = world.ask(request, world.callers[caller], key=key)
                if letter in DONE:
                    assert (again.status, again.body) == (done.status, done.body) and again.headers["Idempotency-Replayed"] == "true", (first, caller)
                else:
                    check_refusal(world, row, caller, again, letter)
                    assert not {"Idempotency-Replayed", "Location", "ETag"} & set(again.headers), (first, caller, again)
            assert all(world.ask(request, authorization=header, key=key).status == 401 for header in world.bad.values())


def test_a_kept_refusal_is_for_those_who_may(world):
    request, key = post(f"/transfers/{world.reserved()}/receive", {"lines": [{"line": 1, "good": 1}]}), fresh("key")
    first = world.ask(request, world.callers["coordinator", "third"], key=key)
    assert first.status == 409
    assert world.ask(request, world.callers["coordinator", "third"], key=key).headers["Idempotency-Replayed"] == "true"
    again = world.ask(request, world.callers["operator", "third"], key=key)
    assert (again.status, again.json()["code"]) == (403, "forbidden") and "Idempotency-Replayed" not in again.headers
