"""What test_access_matrix.py asks of: a service with three organisations and goods between them, a token for each caller, and for each
operation a request that succeeds where the caller may send it."""

import hashlib
import http.client
import json
import secrets
import sqlite3
import time

import analysis_session
import jose
from access_table import CALLERS
from conftest import key as fresh_key
from conftest import run, see_reply
from contract_session import DENSITY, EFFICIENCY, INEQUALITY, MALMQUIST
from cosign import Witness
from world import World, accepted, fresh

SECRET = "Ask for Ms Ødegård at gate 2"  # in every text that is for the parties alone
SECRET_FORMS = [SECRET, "degård", json.dumps(SECRET)[1:-1]]
NOBODY = None
BAD = ("unknown", "unreadable", "expired", "revoked")
PATHS = {
    "getIndex": "/", "getHealth": "/healthz", "getReadiness": "/readyz", "getMetrics": "/metrics", "getConfig": "/config",
    "getContractYaml": "/openapi.yaml", "getContractJson": "/openapi.json", "getContractPage": "/docs", "listErrors": "/errors",
    "getError": "/errors/forbidden", "listProvinces": "/provinces", "getProvince": "/provinces/CN-HB", "listOrganisations": "/organisations?limit=20",
    "getOrganisation": "/organisations/{a}", "listOrganisationKeys": "/organisations/{a}/keys", "getOrganisationKey": "/organisations/{a}/keys/{kid}",
    "listPolicies": "/policies", "getPolicy": "/policies/{a}", "listWitnesses": "/witnesses", "getWitness": "/witnesses/{witness}",
    "listSites": "/sites", "getSite": "/sites/{a1}", "listItems": "/items", "getItem": "/items/{masks}", "listIndicators": "/indicators",
    "getIndicator": "/indicators/{indicator}", "listFigures": "/figures?limit=2", "listSupplies": "/supplies?limit=20",
    "summariseSupplies": "/supplies/summary?by=province,item", "getSupply": "/supplies/{stock}", "listMovements": "/supplies/{stock}/movements?limit=20",
    "listTransfers": "/transfers?limit=20", "summariseTransfers": "/transfers/summary?by=origin,destination,item,state",
    "getTransfer": "/transfers/{moved}", "listTexts": "/privacy/texts?limit=20", "listErasures": "/privacy/erasures", "listEvents": "/events?limit=20",
    "getLedger": "/ledger", "listEntries": "/ledger/entries?after=1&limit=20", "getEntry": "/ledger/entries/{seq}", "listKeys": "/ledger/keys",
    "getNewestCheckpoint": "/ledger/checkpoint", "listCheckpoints": "/ledger/checkpoints?limit=20", "getCheckpoint": "/ledger/checkpoints/2",
    "listCosignatures": "/ledger/cosignatures", "getProof": "/ledger/proof?seq={seq}", "getConsistency": "/ledger/consistency?from=2",
    "verifyLedger": "/ledger/verify", "getEfficiency": EFFICIENCY, "getMalmquist": MALMQUIST, "getDensity": DENSITY, "getInequality": INEQUALITY,
    "getJob": "{job}", "followJob": "{job}/events",
}


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode()

    def __repr__(self):
        return f"{self.status} {self.text[:600]}"

    def json(self):
        return json.loads(self.body)

    def tells(self):
        """Whether it has a text that is for the parties."""
        return any(form in self.text for form in SECRET_FORMS)


class Request:
    def __init__(self, method, path, body=None, **headers):
        self.method, self.path, self.body = method, path, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def post(path, body, **headers):
    return Request("POST", path, body, **headers)


def put(path, body, **headers):
    return Request("PUT", path, body, **headers)


class AccessWorld(World):
    """World's a is own, b the party, c the third one; stock lies at a1 and some of it is on its way to b1."""

    def __init__(self, server):
        super().__init__(server)
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.sides = {"own": self.a, "party": self.b, "third": self.c}
        self.stock = self.intake(10**6, note=SECRET)["id"]
        self.seq = self.size()
        self.moved = self.reserved()
        accepted(self.act(self.moved, "dispatch", {"note": SECRET}))
        self.kid = self.new_key()
        self.made(post(f"/organisations/{self.a}/keys/{self.kid}/revoke", {"reason": SECRET}), 200)
        self.made(put(f"/policies/{self.a}", {"signed_kinds": []}), 201)
        self.signer, self.witness = self.new_signer(), fresh("WITNESS")
        self.made(put(f"/witnesses/{self.witness}", {"vkey": self.signer.vkey, "organisation": self.a}), 201)
        self.indicator = self.new_name(put("/indicators/{}", {"name": "Vehicles", "unit": "piece"}))
        self.job = self.finished_job()
        self.callers = {NOBODY: None}
        self.callers.update({(role, side): self.token(role, self.sides[side]) if side != "none" else server.token for role, side in CALLERS})
        self.bad = self.bad_tokens()

    def bad_tokens(self):
        """Authorization headers that are none; the tokens that have ended were administrators'."""
        end = {"expired": "UPDATE token SET expires_at_ms = 2 WHERE hash = ?", "revoked": "UPDATE token SET revoked_at_ms = 2 WHERE hash = ?"}
        headers = {"unknown": "Bearer tly_nobody", "unreadable": "Basic b3A6cHc="}
        for name, statement in end.items():
            token = self.narrowed("admin", self.a)
            assert self.ask(Request("GET", "/config"), token).status == 200
            node = sqlite3.connect(self.server.data_dir / "node.db", timeout=60)
            with node:
                assert node.execute(statement, (hashlib.sha256(token.encode()).digest(),)).rowcount == 1
            node.close()
            headers[name] = f"Bearer {token}"
        return headers

    def narrowed(self, role, organisation, *more):
        made = run("token", "create", "--data-dir", str(self.server.data_dir), "--organisation", organisation, "--role", role, *more)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    # Asking

    def ask(self, request, token=None, method=None, authorization=None, key=None):
        """A POST goes with a fresh key unless one is given."""
        method, headers, data = method or request.method, dict(request.headers), None
        if authorization or token:
            headers["Authorization"] = authorization or f"Bearer {token}"
        if request.body is not None:
            data = json.dumps(request.body).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Idempotency-Key"] = key or fresh_key()
        self.connection.request(method, request.path, data, headers)
        answer = self.connection.getresponse()
        reply = Reply(answer.status, answer.headers, answer.read())
        see_reply(reply.status, dict(answer.headers.items()), reply.body)
        return reply

    def made(self, request, status):
        """What the administrator is answered."""
        reply = self.ask(request, self.server.token)
        assert reply.status == status, (request.path, reply)
        return reply.json()

    def size(self):
        return self.made(Request("GET", "/ledger"), 200)["size"]

    def cosigned(self):
        return self.made(Request("GET", "/ledger/cosignatures?limit=1000"), 200)["items"]

    # Things

    def new_name(self, request):
        """The name of what the administrator made of it."""
        name = fresh("MADE")
        self.made(put(request.path.format(name), request.body), 201)
        return name

    def new_key(self):
        key = jose.Key()
        self.made(post(f"/organisations/{self.a}/keys", key.jwk), 201)
        return key.kid

    def new_signer(self):
        return Witness(name=fresh("witness.example/w"), seed=secrets.token_bytes(32))

    def move(self):
        return {"destination": self.b1, "lines": [{"supply": self.stock, "quantity": 2}], "note": SECRET, "rationale": SECRET}

    def reserved(self):
        return self.made(post("/transfers", self.move()), 201)["id"]

    def on_the_way(self):
        made = self.reserved()
        self.made(post(f"/transfers/{made}/dispatch", {}), 200)
        return made

    def job_of(self, body):
        """Asked for by an operator of own."""
        reply = self.ask(post("/inequality", body, Prefer="respond-async"), self.token("operator", self.a))
        assert reply.status == 202, reply
        return reply.json()["href"]

    def finished_job(self):
        job = self.job_of(analysis_session.PARTS)
        while self.ask(Request("GET", job), self.server.token).status == 202:
            time.sleep(0.02)
        return job

    def commitment(self):
        """Of a text that is there."""
        seq = self.made(post("/supplies", self.intake_body(note="To be erased")), 201)["ledger"]["seq"]
        return self.made(Request("GET", f"/privacy/texts?entry={seq}"), 200)["items"][0]["commitment"]

    def province(self):
        """Shaanxi with another capital's name, and so never as it stands."""
        members = ("gb_code", "name", "belt", "lat", "lon")
        found = self.made(Request("GET", "/provinces/CN-SN"), 200)
        return {**{name: found[name] for name in members}, "capital": fresh("Capital")}

    def note(self):
        reply = self.ask(Request("GET", "/ledger/checkpoint"), self.server.token)
        assert reply.status == 200, reply
        return reply.text

    # Requests

    def request(self, operation):
        """One that succeeds, on something that no request of these was about."""
        if operation in PATHS:
            return Request("GET", PATHS[operation].format_map(vars(self)))
        return getattr(self, "_" + operation)()

    def _putProvince(self):
        return put("/provinces/CN-SN", self.province(), If_Match="*")

    def _putOrganisation(self):
        return put(f"/organisations/{fresh('ORG')}", {"name": "An organisation", "kind": "depot"})

    def _addOrganisationKey(self):
        return post(f"/organisations/{self.a}/keys", jose.Key().jwk)

    def _revokeOrganisationKey(self):
        return post(f"/organisations/{self.a}/keys/{self.new_key()}/revoke", {"reason": SECRET})

    def _putPolicy(self):
        name = self.new_name(put("/organisations/{}", {"name": "An organisation", "kind": "depot"}))
        return put(f"/policies/{name}", {"signed_kinds": ["transfer.receive"]})

    def _putWitness(self):
        return put(f"/witnesses/{fresh('WITNESS')}", {"vkey": self.new_signer().vkey, "organisation": self.a})

    def _putSite(self):
        return put(f"/sites/{fresh('SITE')}", {"name": "A site", "kind": "depot", "organisation": self.a, "province": "CN-HB"})

    def _putItem(self):
        return put(f"/items/{fresh('ITEM')}", {"name": "An item", "unit": "piece"})

    def _putIndicator(self):
        return put(f"/indicators/{fresh('INDICATOR')}", {"name": "An indicator", "unit": "piece"})

    def _putFigures(self):
        return put("/figures", {"figures": [{"indicator": self.indicator, "year": 2023, "province": "CN-HB", "value": secrets.randbelow(10**12)}]})

    def _eraseTexts(self):
        return post("/privacy/erasures", {"commitments": [self.commitment()]})

    def _addCosignatures(self):
        note = self.note()
        return post("/ledger/cosignatures", {"checkpoint": note + self.signer.line(note)})

    def _createSupply(self):
        return post("/supplies", self.intake_body(note=SECRET))

    def _adjustSupply(self):
        return post(f"/supplies/{self.stock}/adjustments", {"delta": 1, "reason": "counted", "note": SECRET})

    def _createTransfer(self):
        return post("/transfers", self.move())

    def _dispatchTransfer(self):
        return post(f"/transfers/{self.reserved()}/dispatch", {"note": SECRET})

    def _cancelTransfer(self):
        return post(f"/transfers/{self.reserved()}/cancel", {"reason": SECRET})

    def _returnTransfer(self):
        return post(f"/transfers/{self.on_the_way()}/return", {"reason": SECRET})

    def _receiveTransfer(self):
        return post(f"/transfers/{self.on_the_way()}/receive", {"lines": [{"line": 1, "good": 1, "damaged": 1, "reason": SECRET}]})

    def _computeEfficiency(self):
        return post("/efficiency", analysis_session.UNITS)

    def _computeMalmquist(self):
        return post("/efficiency/malmquist", analysis_session.PANEL)

    def _computeDensity(self):
        return post("/density", analysis_session.SAMPLE)

    def _computeInequality(self):
        return post("/inequality", analysis_session.PARTS)

    def _cancelJob(self):
        return Request("DELETE", self.finished_job())
