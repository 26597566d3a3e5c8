"""Keys of organisations and policies: registered, listed, revoked, demanded."""

import pytest

import jose
from world import World, accepted, contents, fresh, problem, unchanged, walk


@pytest.fixture(scope="module")
def world(server):
    return World(server)


KINDS = ["supply.intake", "supply.adjust", "transfer.create", "transfer.dispatch", "transfer.receive", "transfer.cancel", "transfer.return"]


def keys_of(organisation):
    return f"/organisations/{organisation}/keys"


def add(server, organisation, key=None):
    key = key or jose.Key()
    return key, accepted(server.post(keys_of(organisation), key.jwk), 201)


def test_a_key_is_registered(server, world):
    key = jose.Key()
    reply = server.post(keys_of(world.a), {**key.jwk, "use": "sig", "alg": "ES256K", "kid": key.kid, "key_ops": ["verify"], "ext": True})
    made = accepted(reply, 201)
    assert reply.headers["Location"] == f"{keys_of(world.a)}/{key.kid}"
    assert {name: made[name] for name in key.jwk} == key.jwk
    assert made["kid"] == key.kid and made["organisation"] == world.a and made["to_seq"] is None and made["reason"] is None
    seq = reply.json()["ledger"]["seq"]
    assert (made["from_seq"], made["updated_seq"], made["version"]) == (seq + 1, seq, 1)
    found = server.get(reply.headers["Location"])
    assert found.json() == made and found.headers["ETag"] == reply.headers["ETag"]
    entry = server.get(f"/ledger/entries/{seq}").json()
    assert (entry["kind"], entry["target"], entry["new_id"]) == ("organisation_key.add", world.a, key.kid)
    event = server.get(f"/events?after={seq - 1}&limit=1").json()["items"][0]
    assert event["resource"] == f"{keys_of(world.a)}/{key.kid}"


@pytest.mark.parametrize("change, pointer, code", [
    ({"kty": "OKP"}, "/kty", "not_a_choice"), ({"crv": "P-256"}, "/crv", "not_a_choice"), ({"x": None}, "/x", "missing_member"),
    ({"alg": "ES256"}, "/alg", "not_a_choice"), ({"use": "enc"}, "/use", "not_a_choice"), ({"kid": "0123456789abcdef"}, "/kid", "id_mismatch"),
    ({"k": "AAAA"}, "/k", "unknown_member"), ({"d": "AAAA"}, "/d", "private_key_sent"), ({"d": 7}, "/d", "private_key_sent"),
    ({"y": "A" * 42}, "/y", "bad_format"), ({"y": "A" * 44}, "/y", "bad_format"), ({"y": "=" * 43}, "/y", "bad_format"),
    ({"y": "A" * 42 + "B"}, "/y", "bad_format"),  # a bit behind the last byte
    ({"y": "A" * 43}, "/x", "bad_format"), ({"x": "A" * 43, "y": "A" * 43}, "/x", "bad_format"), ({"x": "_" * 42 + "8"}, "/x", "bad_format"),
    ({"x": 7}, "/x", "wrong_type"), ({"kid": 7}, "/kid", "wrong_type")])
def test_what_is_no_key(server, world, change, pointer, code):
    jwk = {name: value for name, value in {**jose.Key().jwk, **change}.items() if value is not None}
    with unchanged(server):
        [fault] = problem(server.post(keys_of(world.a), jwk), 422, code)["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)


def test_a_private_key_leaves_no_trace(server, world):
    """Neither stored nor repeated, logged nor kept for a retry."""
    secret = "Q1VUUlVTVEVELVNFQ1JFVC1OVU1CRVItT0YtQS1LRVk"
    for more in ({}, {"colour": "red"}):
        reply = server.post(keys_of(world.a), {**jose.Key().jwk, **more, "d": secret})
        assert reply.status_code == 422 and secret not in reply.text
    held = b"".join(contents(server.data_dir).values())
    assert secret.encode() not in held and secret not in server.log()


def test_a_key_is_one_organisations(server, world):
    key, _ = add(server, world.a)
    with unchanged(server):
        for organisation in (world.a, world.b):
            refused = problem(server.post(keys_of(organisation), key.jwk), 409, "already_exists", existing_id=key.kid)
            assert world.a in refused["detail"]
        problem(server.post(keys_of("NO-SUCH"), jose.Key().jwk), 404, "not_found")
        problem(server.get(f"{keys_of(world.b)}/{key.kid}"), 404, "not_found")
        problem(server.post(f"{keys_of(world.b)}/{key.kid}/revoke", {"reason": "x"}), 404, "not_found")


def test_only_administrators(server, world):
    key, _ = add(server, world.b)
    with unchanged(server):
        for role in ("operator", "coordinator", "auditor"):
            token = world.token(role, world.b)
            problem(server.post(keys_of(world.b), jose.Key().jwk, token=token), 403, "forbidden")
            problem(server.post(f"{keys_of(world.b)}/{key.kid}/revoke", {"reason": "x"}, token=token), 403, "forbidden")
            problem(server.put("/policies/default", {"signed_kinds": []}, token=token), 403, "forbidden")


def test_a_key_is_revoked(server, world):
    key, made = add(server, world.b)
    path = f"{keys_of(world.b)}/{key.kid}"
    with unchanged(server):
        problem(server.post(f"{path}/revoke", {}), 422, "reason_required")
        problem(server.post(f"{path}/revoke", {"reason": "x"}, headers={"If-Match": '"7"'}), 412, "version_mismatch", version=1)
        problem(server.post(f"{keys_of(world.b)}/0123456789abcdef/revoke", {"reason": "x"}), 404, "not_found")
    reply = server.post(f"{path}/revoke", {"reason": "The machine was stolen"}, headers={"If-Match": '"1"'})
    revoked, seq = accepted(reply), reply.json()["ledger"]["seq"]
    assert revoked["to_seq"] == seq and revoked["from_seq"] == made["from_seq"] and revoked["version"] == 2
    assert revoked["reason"] == "The machine was stolen" and revoked["withheld"] == []
    with unchanged(server):
        refused = problem(server.post(f"{path}/revoke", {"reason": "again"}), 409, "invalid_transition")
        assert f"entry {seq}" in refused["detail"] and refused["instance"] == f"{path}/revoke"
        refused = problem(server.post(keys_of(world.b), key.jwk), 409, "already_exists")
        assert "does not come back" in refused["detail"]
    entry = server.get(f"/ledger/entries/{seq}").json()
    assert entry["kind"] == "organisation_key.revoke" and "stolen" not in entry["body"] and "commitment" in entry["body"]
    event = server.get(f"/events?after={seq - 1}&limit=1").json()["items"][0]
    assert event["resource"] == path and event["target"] == key.kid


def test_who_reads_why(server, world):
    key, _ = add(server, world.c)
    path = f"{keys_of(world.c)}/{key.kid}"
    accepted(server.post(f"{path}/revoke", {"reason": "Who had it has left"}))
    for token in (True, world.token("operator", world.c), world.token("auditor", world.a)):
        for found in (server.get(path, token=token).json(), server.get(keys_of(world.c), token=token).json()["items"][-1]):
            assert found["reason"] == "Who had it has left" and found["withheld"] == []
    for token in (None, world.token("operator", world.a)):
        for found in (server.get(path, token=token).json(), server.get(keys_of(world.c), token=token).json()["items"][-1]):
            assert found["reason"] is None and found["withheld"] == ["reason"]
    assert "Authorization" in server.get(path).headers["Vary"]


def test_keys_are_listed(server, world):
    organisation = world.organisation(fresh("ORG"))
    assert server.get(keys_of(organisation)).json()["items"] == []
    made = [add(server, organisation)[1] for _ in range(5)]
    assert walk(server, f"{keys_of(organisation)}?limit=2") == made
    assert [key["kid"] for key in server.get(f"{keys_of(organisation)}?fields=kid").json()["items"]] == [key["kid"] for key in made]
    problem(server.get(keys_of("NO-SUCH")), 404, "not_found")


# Policies

@pytest.fixture
def own(server):
    """A world whose policies nobody else meets."""
    return World(server)


def demand(server, organisation, *kinds):
    found = server.get(f"/policies/{organisation}")
    headers = {"If-Match": found.headers["ETag"]} if found.status_code == 200 else {}
    return accepted(server.put(f"/policies/{organisation}", {"signed_kinds": list(kinds)}, headers=headers), 200 if headers else 201)


def test_a_policy_is_kept_in_one_form(server, own):
    path = f"/policies/{own.a}"
    problem(server.get(path), 404, "not_found")
    kinds = ["transfer.receive", "supply.intake", "transfer.receive"]
    made = accepted(server.put(path, {"signed_kinds": kinds, "organisation": own.a}), 201)
    assert made["signed_kinds"] == ["supply.intake", "transfer.receive"] and made["organisation"] == own.a
    with unchanged(server):
        again = accepted(server.put(path, {"signed_kinds": ["supply.intake", "transfer.receive"]}))
        assert again == made
        problem(server.put(path, {"signed_kinds": []}), 428, "version_required")
        problem(server.put(path, {"signed_kinds": []}, headers={"If-Match": '"9"'}), 412, "version_mismatch")
        problem(server.put(path, {"signed_kinds": [], "organisation": own.b}), 422, "id_mismatch")
        problem(server.put("/policies/NO-SUCH", {"signed_kinds": []}), 404, "not_found")
    assert demand(server, own.a, "supply.adjust", "*")["signed_kinds"] == ["*"]
    assert demand(server, own.a)["signed_kinds"] == []
    assert server.get(path).json()["version"] == 3


@pytest.mark.parametrize("kinds, code", [
    (["organisation.put"], "not_a_choice"), (["policy.put"], "not_a_choice"), (["genesis"], "not_a_choice"), (["transfer"], "not_a_choice"),
    ([""], "not_a_choice"), (["*", "x"], "not_a_choice"), ([7], "wrong_type"), ([None], "wrong_type"), ("*", "wrong_type"), ({}, "wrong_type"),
    (None, "missing_member")])
def test_what_no_policy_demands(server, own, kinds, code):
    with unchanged(server):
        [fault] = problem(server.put(f"/policies/{own.a}", {"signed_kinds": kinds}), 422, code)["errors"]
    assert fault["code"] == code
    if kinds == ["transfer"]:
        assert "transfer.create" in fault["detail"]


def test_the_nearest_kind_is_named(server, own):
    [fault] = problem(server.put(f"/policies/{own.a}", {"signed_kinds": ["transfer.recieve"]}), 422, "not_a_choice")["errors"]
    assert fault["nearest"] == "transfer.receive" and fault["pointer"] == "/signed_kinds/0"


def test_policies_are_listed(start):
    server = start()
    names = sorted(f"ORG-{letter}" for letter in "CAB")
    assert server.get("/policies").json()["items"] == []
    for name in names:
        accepted(server.put(f"/organisations/{name}", {"name": name, "kind": "ngo"}), 201)
        accepted(server.put(f"/policies/{name}", {"signed_kinds": ["*"]}), 201)
    assert [policy["organisation"] for policy in walk(server, "/policies?limit=1")] == names
    accepted(server.put("/policies/default", {"signed_kinds": []}), 201)
    assert [policy["organisation"] for policy in walk(server, "/policies?limit=1")] == ["default", *names]
    assert [policy["organisation"] for policy in walk(server, "/policies?limit=2")] == ["default", *names]


def steps(world):
    """Every kind that can be demanded, as a request that would be carried out: (kind, path, body, the organisation of the site)."""
    supply = world.intake(10)["id"]
    ready, away, back, gone = (world.transfer([(world.intake(10)["id"], 4)])["id"] for _ in range(4))
    for transfer in (away, back):
        accepted(world.act(transfer, "dispatch"))
    return [("supply.intake", "/supplies", world.intake_body(3), world.a),
            ("supply.adjust", f"/supplies/{supply}/adjustments", {"delta": -1, "reason": "counted"}, world.a),
            ("transfer.create", "/transfers", {"destination": world.b1, "lines": [{"supply": supply, "quantity": 1}]}, world.a),
            ("transfer.dispatch", f"/transfers/{ready}/dispatch", {}, world.a),
            ("transfer.receive", f"/transfers/{away}/receive", {"lines": [{"line": 1, "good": 1}]}, world.b),
            ("transfer.cancel", f"/transfers/{gone}/cancel", {"reason": "x"}, world.a),
            ("transfer.return", f"/transfers/{back}/return", {"reason": "x"}, world.a)]


def test_each_kind_can_be_demanded(server, own):
    """Of the organisation whose site is concerned: from everybody, administrators without an organisation too, and of no other kind."""
    for kind, path, body, organisation in steps(own):
        other = own.b if organisation == own.a else own.a
        demand(server, other, kind)
        demand(server, organisation, kind)
        with unchanged(server):
            for token in (True, own.token("operator", organisation)):
                refused = problem(server.post(path, body, token=token), 403, "signature_required", policy=organisation, kind=kind)
                assert refused["instance"] == path
        demand(server, organisation, *(named for named in KINDS if named != kind))
        reply = server.post(path, body, token=own.token("operator", organisation))
        assert reply.status_code in (200, 201), (kind, reply.text)
        demand(server, other)
        demand(server, organisation)


def test_whose_policy_counts(server, own):
    """That of the caller's organisation, that of the site's, and everybody's."""
    transfer = own.dispatched(10)["id"]
    path, body = f"/transfers/{transfer}/receive", {"lines": [{"line": 1, "good": 1}]}
    coordinator = own.token("coordinator", own.c)
    assert server.post(path, body, token=coordinator).status_code == 200
    demand(server, own.c, "*")  # the coordinator's
    problem(server.post(path, body, token=coordinator), 403, "signature_required", policy=own.c)
    assert server.post(path, body, token=own.token("operator", own.b)).status_code == 200
    demand(server, own.c)
    demand(server, own.a, "*")  # the sender's has no say at the receiver's site
    assert server.post(path, body, token=coordinator).status_code == 200
    demand(server, own.b, "transfer.receive")
    problem(server.post(path, body, token=coordinator), 403, "signature_required", policy=own.b)


def test_whose_signature_counts(start):
    """A policy of the site's organisation is met by that organisation's own key, and by nobody else's: the receiver signs what arrived, and the
    sender cannot. Everybody's policy and that of the caller's organisation are met by the caller's."""
    server = start()
    world = World(server)
    names = {"sender": world.a, "receiver": world.b, "third": world.c}
    signers = {name: jose.Signer(server, organisation, world.token("coordinator", organisation)) for name, organisation in names.items()}
    transfer = world.dispatched(100)["id"]
    path, body = f"/transfers/{transfer}/receive", {"lines": [{"line": 1, "good": 1}]}
    names["default"] = "default"
    table = [  # (policies that demand it, who acts and signs, the policy that is not met)
        ([], "sender", None), (["receiver"], "sender", "receiver"), (["receiver"], "third", "receiver"), (["receiver"], "receiver", None),
        (["sender"], "sender", None), (["third"], "third", None), (["sender"], "third", None), (["default"], "sender", None), (["default"], "receiver", None),
        (["default", "receiver"], "sender", "receiver"), (["default", "sender", "receiver"], "sender", "receiver"),
        (["default", "sender", "receiver"], "receiver", None)]
    for demanding, who, unmet in table:
        for name, policy in names.items():
            demand(server, policy, *(["transfer.receive"] if name in demanding else []))
        before = server.get(f"/transfers/{transfer}").json()["version"]
        reply = signers[who].receive(transfer, body)
        if unmet is None:
            assert reply.status_code == 200, (demanding, who, reply.text)
            entry = server.get(f"/ledger/entries/{reply.json()['ledger']['seq']}").json()
            assert (entry["organisation"], entry["submitter_key"], entry["rules_version"]) == (names[who], signers[who].key.kid, 2)
            continue
        refused = problem(reply, 403, "signature_required", policy=names[unmet], kind="transfer.receive")
        assert refused["detail"] == (f"the policy of {world.b} demands that transfer.receive at its sites comes signed by a key of its own, and this was "
                                     f"signed by a key of {names[who]}: send it with a token of {world.b}, signed by a key of {world.b}")
        assert server.get(f"/transfers/{transfer}").json()["version"] == before
    # a body that is wrong besides is told the same, and so is a receiver's own JWS that another sends
    demand(server, world.b, "*")
    problem(signers["sender"].receive(transfer, {"lines": [{"line": 1, "good": -1}]}), 403, "signature_required", policy=world.b)
    lent = signers["receiver"].key.jws(signers["receiver"].payload("transfer.receive", body, transfer))
    problem(signers["sender"].send("POST", path, lent), 403, "foreign_key")
    # the receiver's policy has no say where the sender's sites are concerned, and the other way round
    assert world.intake(3)["site"] == world.a1
    demand(server, world.a, "supply.intake")
    jws = signers["receiver"].key.jws(signers["receiver"].payload("supply.intake", world.intake_body(), new_id=fresh("S")))
    problem(signers["receiver"].send("POST", "/supplies", jws, token=world.token("admin", world.b)), 403, "signature_required", policy=world.a)
    jws = signers["sender"].key.jws(signers["sender"].payload("supply.intake", world.intake_body(), new_id=fresh("S")))
    assert signers["sender"].send("POST", "/supplies", jws, token=world.token("operator", world.a)).status_code == 201


def test_the_policy_for_all(start):
    server = start()
    world = World(server)
    transfer = world.dispatched(10)["id"]
    demand(server, "default", "transfer.receive")
    path, body = f"/transfers/{transfer}/receive", {"lines": [{"line": 1, "good": 1}]}
    for token in (True, world.token("operator", world.b), world.token("coordinator", world.c)):
        problem(server.post(path, body, token=token), 403, "signature_required", policy="default", kind="transfer.receive")
    world.intake(3)  # other kinds are as they were
    demand(server, "default", "*")
    problem(server.post("/supplies", world.intake_body()), 403, "signature_required")
    world.item()  # the administration cannot be locked out
    world.organisation(fresh("ORG"))
    demand(server, "default")
    assert server.post(path, body).status_code == 200


def test_a_stranger_learns_nothing_of_policies(server, own):
    """What is not his to do is refused as that; what does not exist is refused as that."""
    demand(server, own.a, "*")
    problem(server.post("/supplies", own.intake_body(), token=own.token("operator", own.b)), 403, "forbidden")
    problem(server.post("/supplies", own.intake_body(site="NO-SUCH")), 422, "unknown_site")
    problem(server.post("/transfers/NO-SUCH/dispatch", {}), 404, "not_found")
    # before anything that is wrong with the body
    problem(server.post("/supplies", own.intake_body(quantity=-1, colour="red")), 403, "signature_required")
