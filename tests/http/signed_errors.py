"""The part of errors_session.py about signed commands: for each of their codes one JWS that is refused with it. The pages show header and
payload in clear, since what a JWS looks like is different each time."""

import hashlib
import json

import jose
from contract_session import HUBEI, make_token

LOG = "(the origin that GET /ledger says)"
PATH = "/transfers/TRANSFER-1/receive"
OURS, THEIRS, OLD, NOBODYS = (jose.Key(number) for number in (1001, 1002, 1003, 1004))
BODY = {"lines": [{"line": 1, "good": 40}]}


def salted(text):
    """A commitment and its text, the same each time: a page is no place for chance, a ledger is no place for this."""
    salt = hashlib.sha256(text.encode()).digest()
    digest = hashlib.sha256(b"tallystick/commitment/v1\n" + salt + text.encode()).hexdigest()
    return {"commitment": digest}, {"text": text, "salt": salt.hex()}


WET, WET_BESIDE = salted("Boxes soaked by rain")
DAMAGED = {"lines": [{"line": 1, "good": 30, "damaged": 10, "reason": WET}]}


def receipt(body=None, **more):
    return {"log": LOG, "kind": "transfer.receive", "target": "TRANSFER-1", "id": "receipt-1", "body": body or BODY, **more}


def header(key=OURS, **more):
    return {"alg": "ES256K", "kid": key.kid, **more}


# code, header, payload, texts beside (None: application/jose), what signs
SIGNED = [
    ("unsupported_algorithm", header(alg="ES256"), receipt(), None, OURS),
    ("critical_extension", header(crit=["exp"], exp=1893456000), receipt(), None, OURS),
    ("missing_kid", {"alg": "ES256K"}, receipt(), None, OURS),
    ("unknown_key", header(NOBODYS), receipt(), None, NOBODYS),
    ("foreign_key", header(THEIRS), receipt(), None, THEIRS),
    ("key_revoked", header(OLD), receipt(), None, OLD),
    ("signature_invalid", header(), receipt(), None, NOBODYS),
    ("payload_mismatch", header(), receipt(target="TRANSFER-2"), None, OURS),
    ("personal_in_clear", header(), receipt({**BODY, "note": "Received at gate 2"}), None, OURS),
    ("missing_text", header(), receipt(DAMAGED), None, OURS),
    ("unneeded_text", header(), receipt(), {"/note": WET_BESIDE}, OURS),
    ("commitment_mismatch", header(), receipt(DAMAGED), {"/lines/0/reason": {**WET_BESIDE, "text": "Boxes soaked by dew"}}, OURS),
    ("commitment_reused", header(), receipt({**DAMAGED, "note": WET}), {"/lines/0/reason": WET_BESIDE, "/note": WET_BESIDE}, OURS),
]


def build(server, organisation):
    for owner, key in [(HUBEI, OURS), (organisation, THEIRS), (HUBEI, OLD)]:
        made = server.post(f"/organisations/{owner}/keys", key.jwk)
        assert made.status_code == 201, made.text
    revoked = server.post(f"/organisations/{HUBEI}/keys/{OLD.kid}/revoke", {"reason": "The machine was stolen"})
    assert revoked.status_code == 200, revoked.text


def told(head, payload, private):
    lines = [f"POST {PATH}", "Authorization: Bearer (a token of DEPOT-HB)",
             f"Content-Type: application/{'jose' if private is None else 'json'}", "",
             "(a JWS)" if private is None else "{\"jws\": (a JWS), \"private\": " + json.dumps(private) + "}",
             f"(its header) {json.dumps(head)}", f"(its payload) {json.dumps(payload)}"]
    return "\n".join(lines)


def play(server):
    """{code: (how the request is told, the problem document)}"""
    token = make_token(server, HUBEI, "operator")
    log = server.get("/ledger").json()["origin"]
    found = {}

    def keep(code, reply, request):
        named = {reply.json()["code"], *(fault["code"] for fault in reply.json().get("errors", []))}
        assert reply.headers["Content-Type"] == "application/problem+json" and code in named, (code, reply.status_code, reply.text[:600])
        found[code] = (request, json.loads(reply.text.replace(log, "ledger.example/depot")))

    def send(data, **more):
        return server.request("POST", PATH, token=token, headers={"Content-Type": "application/jose"} if data else {}, data=data, **more)

    for code, head, payload, private, key in SIGNED:
        jws = key.jws({**payload, "log": log}, head)
        reply = send(jws) if private is None else send(None, json={"jws": jws, "private": private})
        keep(code, reply, told(head, payload, private))
    keep("invalid_jws", send("e30.e30"), f"POST {PATH}\nAuthorization: Bearer (a token of DEPOT-HB)\nContent-Type: application/jose\n\ne30.e30")
    return found
