"""A session that calls every operation of the service, with successes and refusals.

play(server, see) makes the requests in order and calls see(name, response) after each; names
are unique. test_contract.py holds the answers against openapi.yaml, whose examples are
answers of this session.
"""

import analysis_session
import jose
from analysis_session import DENSITY, EFFICIENCY, INEQUALITY, MALMQUIST, PANEL, PARTS, SAMPLE, SPREAD, UNITS, YEARS  # noqa: F401 (for those who ask again)
from cosign import Witness
from conftest import run

GUANGDONG, HUBEI = "DEPOT-GD", "DEPOT-HB"


def make_token(server, organisation, role):
    made = run("token", "create", "--data-dir", str(server.data_dir), "--organisation", organisation, "--role", role)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


class Player:
    def __init__(self, server, see):
        self.server = server
        self.see = see

    def ask(self, name, method, path, body=None, token=None, key=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            headers["Idempotency-Key"] = key
        more = {}
        if isinstance(body, (bytes, str)):
            more["data"] = body
        elif body is not None:
            more["json"] = body
        response = self.server.request(method, path, token=token, headers=headers, **more)
        self.see(name, response)
        return response

    def get(self, name, path, **more):
        return self.ask(name, "GET", path, **more)

    def get_twice(self, name, path, **more):
        """The second time it is asked whether it has changed."""
        found = self.get(name, path, **more)
        assert self.get(f"{name} unchanged", path, If_None_Match=found.headers["ETag"], **more).status_code == 304
        assert self.get(f"{name} of another version", path, If_Match='"0"', **more).status_code == 412
        return found


def play_service(p):
    p.get_twice("index", "/")
    p.get("index with a query", "/?x=1")
    p.get("health", "/healthz")
    p.get("ready", "/readyz")
    p.get("metrics", "/metrics")
    for path in ("/healthz", "/readyz", "/metrics", "/ledger/verify"):
        p.get(f"{path} of a version", path, If_Match='"0"')
    p.get("metrics with a query", "/metrics?x=1")
    p.get_twice("config", "/config", token=True)
    p.get("config without token", "/config")
    p.get("config with a query", "/config?x=1", token=True)
    p.get_twice("yaml", "/openapi.yaml")
    p.get_twice("json", "/openapi.json")
    p.get_twice("docs", "/docs")
    for path in ("/docs", "/healthz", "/readyz", "/openapi.yaml", "/openapi.json"):
        p.get(f"{path} with a query", f"{path}?x=1")
    p.get_twice("errors", "/errors")
    p.get("errors with a query", "/errors?x=1")
    p.get_twice("error", "/errors/insufficient_stock")
    p.get("error with a query", "/errors/busy?x=1")
    p.get("error absent", "/errors/of-another-world")
    p.get("error misspelt", "/errors/insufficent_stock")
    for path in ["/", "/healthz", "/readyz", "/metrics", "/openapi.yaml", "/openapi.json", "/docs", "/errors", "/errors/busy"]:
        p.get(f"{path} with a wrong token", path, token="nobody")
        p.get(f"{path} as a picture", path, Accept="image/png")


def play_reference(p):
    for noun, wrong in [("provinces", "belt=9"), ("organisations", "province=XX"), ("sites", "kind=%20"),
                        ("items", "catgory=ppe"), ("indicators", "limit=0"), ("figures", "year=1066")]:
        p.get_twice(f"{noun} page", f"/{noun}?limit=2")
        p.get_twice(f"{noun} page as CSV", f"/{noun}?limit=2", Accept="text/csv")
        p.get(f"{noun} as a picture", f"/{noun}", Accept="image/png, text/csv;q=0")
        p.get(f"{noun} wrong query", f"/{noun}?{wrong}")
        p.get(f"{noun} wrong token", f"/{noun}", token="nobody")
        p.get(f"{noun} wrong cursor", f"/{noun}?cursor=abc")
    for name, path, body in [
            ("organisation", f"/organisations/{GUANGDONG}",
             {"name": "Depot organisation, Guangdong", "kind": "red-cross", "province": "CN-GD"}),
            ("destination's organisation", f"/organisations/{HUBEI}",
             {"name": {"en": "Depot organisation, Hubei", "zh": "湖北省备灾机构"}, "kind": "red-cross", "province": "420000"}),
            ("site", "/sites/WAREHOUSE-GZ",
             {"name": "Warehouse in Guangzhou", "kind": "warehouse", "organisation": GUANGDONG, "province": "CN-GD",
              "lat": 23.13, "lon": 113.26}),
            ("destination", "/sites/WAREHOUSE-WH",
             {"name": "Warehouse in Wuhan", "kind": "warehouse", "organisation": HUBEI, "province": "CN-HB"}),
            ("item", "/items/MASK-N95",
             {"name": {"en": "N95 mask", "zh": "N95口罩"}, "unit": "piece", "category": "ppe", "medical_grade": True,
              "identifiers": [{"system": "gtin", "value": "4006381333931"}]}),
            ("indicator", "/indicators/ambulances",
             {"name": "Ambulances", "unit": "vehicles", "source": "Own survey"})]:
        play_put(p, name, path, body)
    p.ask("item with three faults", "PUT", "/items/NOTHING", {"unit": "Piece", "colour": "red"}, token=True)
    p.get("organisations found", "/organisations?kind=red-cross&province=440000")
    p.get("sites found", f"/sites?organisation={GUANGDONG}&kind=warehouse&province=CN-GD")
    p.get("items found", "/items?category=ppe")


KEY = {"kty": "EC", "crv": "secp256k1", "x": "Sbtv8KWE3uMq59tUnzTtzrQBbudeuebKY4g_MEFVYw8",
       "y": "HTSKdCtpO5c1bHbpzZj49kf0GvDUE6-_DCBBGkFKLWw"}  # of tests/golden/ledger/signed.txt


def play_keys(p, sender):
    keys = f"/organisations/{GUANGDONG}/keys"
    p.ask("key without token", "POST", keys, KEY, key="key-0")
    p.ask("key by an operator", "POST", keys, KEY, token=sender, key="key-1")
    p.ask("key of nobody", "POST", "/organisations/NO-SUCH/keys", KEY, token=True, key="key-2")
    p.ask("key under a condition", "POST", keys, KEY, token=True, key="key-3", If_Match="*")
    p.ask("key with its private half", "POST", keys, {**KEY, "d": "AAAA"}, token=True, key="key-4")
    p.ask("key that is none", "POST", keys, {**KEY, "x": KEY["y"]}, token=True, key="key-5")
    p.ask("key as text", "POST", keys, b"x", token=True, key="key-6", Content_Type="text/plain")
    p.ask("key too large", "POST", keys, b" " * 65537, token=True, key="key-7", Content_Type="application/json")
    p.ask("key without key", "POST", keys, KEY, token=True)
    made = p.ask("key", "POST", keys, KEY, token=True, key="key-8")
    assert made.status_code == 201, made.text
    p.ask("key twice", "POST", keys, KEY, token=True, key="key-9")
    path = f"{keys}/{made.json()['kid']}"
    p.get_twice("key read", path)
    p.get("key absent", f"{keys}/NO-SUCH")
    p.get("key of another organisation", path.replace(GUANGDONG, HUBEI))
    p.get("key with a query", f"{path}?x=1")
    p.get("key wrong token", path, token="nobody")
    revoke = f"{path}/revoke"
    play_post_refusals(p, "revoke", revoke, True)
    p.ask("revoke of nothing", "POST", f"{keys}/NO-SUCH/revoke", {"reason": "lost"}, token=True, key="revoke-1")
    p.ask("revoke of an old version", "POST", revoke, {"reason": "lost"}, token=True, key="revoke-2", If_Match='"9"')
    p.ask("revoke", "POST", revoke, {"reason": "The machine was stolen"}, token=True, key="revoke-3")
    p.ask("revoke twice", "POST", revoke, {"reason": "once more"}, token=True, key="revoke-4")
    p.get_twice("keys page of an organisation", f"{keys}?limit=1")
    p.get("keys seen by the organisation", keys, token=sender)
    p.get_twice("keys page of an organisation as CSV", keys, Accept="text/csv")
    p.get("keys of nobody", "/organisations/NO-SUCH/keys")
    p.get("keys of an organisation with a query", f"{keys}?x=1")
    p.get("keys of an organisation wrong token", keys, token="nobody")


def play_signed(p, sender, receiver):
    """A receipt that the receiver signs, with texts beside it and without."""
    made = p.ask("transfer 4", "POST", "/transfers",
                 {"id": "TRANSFER-4", "destination": "WAREHOUSE-WH", "lines": [{"supply": "MASKS-1", "quantity": 100}]}, token=sender,
                 key="transfer-40")
    assert made.status_code == 201, made.text
    p.ask("dispatch 4", "POST", "/transfers/TRANSFER-4/dispatch", {}, token=sender, key="dispatch-40")
    hubei = jose.Signer(p.server, HUBEI, receiver)
    path = "/transfers/TRANSFER-4/receive"

    def ask(name, payload, token=receiver, key=hubei.key, **more):
        return p.ask(name, "POST", path, key.jws(payload, **more), token=token, Content_Type="application/jose")

    whole = hubei.payload("transfer.receive", {"lines": [{"line": 1, "good": 60}]}, "TRANSFER-4")
    done = ask("receipt signed", whole)
    assert done.status_code == 200, done.text
    reason, beside = jose.committed("Boxes soaked by rain")
    lines = {"lines": [{"line": 1, "good": 35, "damaged": 5, "reason": reason}]}
    wrapped = {"jws": hubei.key.jws(hubei.payload("transfer.receive", lines, "TRANSFER-4")), "private": {"/lines/0/reason": beside}}
    done = p.ask("receipt signed with a text beside it", "POST", path, wrapped, token=receiver)
    assert done.status_code == 200, done.text
    p.get("entry signed", f"/ledger/entries/{done.json()['ledger']['seq']}")
    p.ask("receipt that is no JWS", "POST", path, b"x", token=receiver, Content_Type="application/jose")
    ask("receipt for another ledger and step", {**whole, "log": "ledger.example/other", "kind": "transfer.return"})
    ask("receipt of a stranger's key", whole, token=sender)
    ask("receipt of an unknown key", whole, key=jose.Key())
    ask("receipt by another algorithm", whole, header={"alg": "ES256", "crit": ["exp"]})
    p.ask("receipt without its text", "POST", path, {"jws": wrapped["jws"], "private": {"/note": beside}}, token=receiver)


def play_privacy(p):
    p.get("texts", "/privacy/texts?limit=1", token=True)
    p.get_twice("texts for an auditor", "/privacy/texts", token=p.auditor)
    p.get("texts as CSV", "/privacy/texts", token=True, Accept="text/csv")
    p.get("texts as a picture", "/privacy/texts", token=True, Accept="image/png")
    p.get("texts wrong query", "/privacy/texts?entry=0", token=True)
    p.get("texts without token", "/privacy/texts")
    p.get("texts for a stranger", "/privacy/texts", token=p.stranger)
    found = p.get("texts again", "/privacy/texts", token=True).json()["items"]
    order = {"commitments": [found[0]["commitment"]], "reference": "Request 7 of 2026"}
    p.ask("erase", "POST", "/privacy/erasures", order, token=True, key="erase-1")
    p.ask("erase with its proof", "POST", "/privacy/erasures", {"commitments": [found[1]["commitment"]]}, token=True, key="erase-2", Prefer="proof")
    p.ask("erase again", "POST", "/privacy/erasures", order, token=True, key="erase-3")
    p.ask("erase replayed", "POST", "/privacy/erasures", order, token=True, key="erase-1")
    p.ask("erase under a condition", "POST", "/privacy/erasures", order, token=True, key="erase-10", If_Match="*")
    p.ask("erase without a key", "POST", "/privacy/erasures", order, token=True)
    p.ask("erase by nobody", "POST", "/privacy/erasures", order, token="nobody", key="erase-4")
    p.ask("erase by a stranger", "POST", "/privacy/erasures", order, token=p.stranger, key="erase-5")
    p.ask("erase what is none", "POST", "/privacy/erasures", {"commitments": ["AB", 7]}, token=True, key="erase-6")
    p.ask("erase too much", "POST", "/privacy/erasures", " " * 65537, token=True, key="erase-9")
    p.ask("erase as XML", "POST", "/privacy/erasures", "<erase/>", token=True, key="erase-7", Content_Type="text/xml")
    p.ask("erase as a picture", "POST", "/privacy/erasures", order, token=True, key="erase-8", Accept="image/png")
    p.get_twice("erasures", "/privacy/erasures?limit=1")
    p.get("erasures as CSV", "/privacy/erasures", Accept="text/csv")
    p.get("erasures as a picture", "/privacy/erasures", Accept="image/png")
    p.get("erasures wrong query", "/privacy/erasures?entry=1")
    p.get("erasures wrong token", "/privacy/erasures", token="nobody")


def play_policies(p):
    play_put(p, "policy", f"/policies/{HUBEI}", {"signed_kinds": ["transfer.receive"]}, {"signed_kinds": ["*"]})
    p.ask("policy by an auditor", "PUT", "/policies/default", {"signed_kinds": []}, token=p.auditor)
    p.ask("policy for nobody", "PUT", "/policies/NO-SUCH", {"signed_kinds": []}, token=True)
    p.ask("policy about what it cannot be", "PUT", "/policies/default", {"signed_kinds": ["organisation.put", 7]}, token=True)
    p.ask("policy for all", "PUT", "/policies/default", {"signed_kinds": []}, token=True)
    p.get_twice("policies", "/policies?limit=1")
    p.get_twice("policies as CSV", "/policies", Accept="text/csv")
    p.get("policies wrong query", "/policies?x=1")
    p.get("policies wrong token", "/policies", token="nobody")


def play_witnesses(p, sender):
    first = Witness()
    body = {"vkey": first.vkey, "organisation": HUBEI}
    play_put(p, "witness", "/witnesses/auditor-1", body, dict(body, ended=True))
    p.ask("witness by an auditor", "PUT", "/witnesses/auditor-1", body, token=p.auditor)
    p.ask("witness twice", "PUT", "/witnesses/auditor-2", body, token=True)
    p.ask("witness of nobody", "PUT", "/witnesses/auditor-3", {"vkey": "x", "organisation": "NO-SUCH"}, token=True)
    p.get_twice("witnesses", "/witnesses?limit=1")
    p.get_twice("witnesses as CSV", "/witnesses", Accept="text/csv")
    p.get("witnesses wrong query", "/witnesses?x=1")
    p.get("witnesses wrong token", "/witnesses", token="nobody")
    path = "/ledger/cosignatures"
    note = p.server.get("/ledger/checkpoints/2", headers={"Accept": "text/plain"}).text
    cosigned = {"checkpoint": note + first.line(note)}
    taken = p.ask("cosigned", "POST", path, cosigned, token=p.auditor)
    assert taken.status_code == 200, taken.text
    p.ask("cosigned by nobody", "POST", path, cosigned)
    p.ask("cosigned by an operator", "POST", path, cosigned, token=sender)
    p.ask("cosigned by no witness", "POST", path, {"checkpoint": note}, token=True)
    p.ask("cosigned nothing", "POST", path, {"checkpoint": "x"}, token=True)
    p.ask("cosigned not JSON", "POST", path, b"{", token=True, Content_Type="application/json")
    p.ask("cosigned as text", "POST", path, b"x", token=True, Content_Type="text/plain")
    p.ask("cosigned too large", "POST", path, b" " * 65537, token=True, Content_Type="application/json")
    p.ask("cosigned with a query", "POST", f"{path}?x=1", cosigned, token=True)
    p.ask("cosigned as a picture", "POST", path, cosigned, token=True, Accept="image/png")
    p.get_twice("cosignatures", f"{path}?size=2")
    p.get_twice("cosignatures as CSV", path, Accept="text/csv")
    p.get("cosignatures wrong query", f"{path}?x=1")
    p.get("cosignatures wrong token", path, token="nobody")
    p.get("cosignatures as a picture", path, Accept="image/png")
    p.get("checkpoint cosigned", "/ledger/checkpoints/2", Accept="text/plain")


def play_provinces(p):
    """Last, since analyses group by province: a code that ISO leaves to users."""
    body = {"gb_code": "990000", "name": {"en": "Example province", "zh": "示例省"}, "belt": "eastern", "capital": "Example",
            "lat": 30.5, "lon": 114.3}
    play_put(p, "province", "/provinces/XA-01", body)
    p.ask("province with a taken code", "PUT", "/provinces/XA-02", dict(body, gb_code="420000"), token=True)


def play_forbidden(p):
    """Reference data are the administrators'."""
    for path in ["/provinces/CN-HB", f"/organisations/{HUBEI}", "/sites/WAREHOUSE-WH", "/items/MASK-N95",
                 "/indicators/ambulances", "/figures"]:
        p.ask(f"{path} by an auditor", "PUT", path, {}, token=p.auditor)
    p.get("config by an auditor", "/config", token=p.auditor)


def play_put(p, name, path, body, other=None):
    collection = path.rsplit("/", 1)[0]
    p.ask(f"{name} without token", "PUT", path, body)
    made = p.ask(f"{name} made", "PUT", path, body, token=True)
    assert made.status_code == 201, made.text
    p.ask(f"{name} again", "PUT", path, body, token=True)
    other = other or dict(body, name={"en": "Another name", "zh": "另名"} if name == "province" else "Another name")
    p.ask(f"{name} without version", "PUT", path, other, token=True)
    p.ask(f"{name} with an old version", "PUT", path, other, token=True, If_Match='"999"')
    p.ask(f"{name} with a broken version", "PUT", path, other, token=True, If_Match="3")
    changed = p.ask(f"{name} replaced", "PUT", path, other, token=True, If_Match=made.headers["ETag"])
    assert changed.status_code == 200, changed.text
    p.ask(f"{name} back", "PUT", path, body, token=True, If_Match=changed.headers["ETag"])
    p.ask(f"{name} with unknown members", "PUT", path, dict(body, colour="red", unti=1), token=True)
    p.ask(f"{name} not JSON", "PUT", path, b"{", token=True, Content_Type="application/json")
    p.ask(f"{name} as text", "PUT", path, b"name", token=True, Content_Type="text/plain")
    p.ask(f"{name} too large", "PUT", path, b" " * 65537, token=True, Content_Type="application/json")
    p.get_twice(f"{name} found", path)
    p.get(f"{name} absent", f"{collection}/NO-SUCH")
    p.ask(f"{name} by an id that is none", "PUT", f"{collection}/N%20A", body, token=True)
    p.get(f"{name} with a query", f"{path}?x=1")
    p.get(f"{name} wrong token for one", path, token="nobody")


def play_figures(p):
    row = {"indicator": "ambulances", "year": 2023, "province": "420000", "value": 1250}
    p.ask("figures tried", "PUT", "/figures?dry_run=true", {"figures": [row]}, token=True)
    p.ask("figures put", "PUT", "/figures", {"figures": [row]}, token=True)
    p.ask("figures unchanged", "PUT", "/figures", {"figures": [row]}, token=True)
    p.ask("figures as CSV", "PUT", "/figures", b"indicator,year,province,value\nambulances,2023,CN-GD,2310.5\n",
          token=True, Content_Type="text/csv")
    p.ask("figures wrong rows", "PUT", "/figures",
          b"indicator,year,province,value\nambulances,2023,CN-XX,7\nambulances,1066,CN-HB,many\n",
          token=True, Content_Type="text/csv")
    p.ask("figures wrong", "PUT", "/figures", {"figures": [dict(row, indicator="ambulancs")]}, token=True)
    p.ask("figures wrong in all", "PUT", "/figures",
          b'{"figures": [{"indicator": "ambulancs", "year": 1e400, "province": "CN-XX", "value": -1}, 7]}', token=True,
          Content_Type="application/json")
    p.ask("figures of nothing", "PUT", "/figures", b"", token=True, Content_Type="text/csv")
    p.ask("figures without token", "PUT", "/figures", {"figures": [row]})
    p.ask("figures put with a wrong query", "PUT", "/figures?dry=1", {"figures": [row]}, token=True)
    p.ask("figures under a condition", "PUT", "/figures", {"figures": [dict(row, year=2022)]}, token=True,
          If_Match=p.get("figures read", "/figures?limit=1").headers["ETag"])
    p.ask("figures of an old revision", "PUT", "/figures", {"figures": [dict(row, value=7)]}, token=True, If_Match='"1"')
    p.ask("figures as text", "PUT", "/figures", b"x", token=True, Content_Type="text/plain")
    p.ask("figures not CSV", "PUT", "/figures", b"{}", token=True, Content_Type="text/csv")
    p.get("figures found", "/figures?indicator=ambulances&year=2023")
    p.get("figures computed", "/figures?indicator=ambulances_per_10k")
    p.get("indicator derived", "/indicators/ambulances_per_10k")


def play_supplies(p, sender):
    intake = {"id": "MASKS-1", "site": "WAREHOUSE-GZ", "item": "MASK-N95", "quantity": 10000, "source": "donation",
              "lot": "L2026-07", "expiry": "2029-06-30", "donor": "Anonymous public donor", "reference": "GRN-0001",
              "note": "Received at gate 2"}
    made = p.ask("intake", "POST", "/supplies", intake, token=sender, key="intake-1")
    assert made.status_code == 201, made.text
    p.ask("intake again", "POST", "/supplies", intake, token=sender, key="intake-1")
    p.ask("intake again with its proof", "POST", "/supplies", intake, token=sender, key="intake-1", Prefer="return=representation; proof")
    p.ask("intake again with a preference", "POST", "/supplies", intake, token=sender, key="intake-1", Prefer="respond-async, proof")
    p.ask("intake with a used key", "POST", "/supplies", dict(intake, quantity=1), token=sender, key="intake-1")
    p.ask("intake with a taken id", "POST", "/supplies", dict(intake, lot="L2"), token=sender, key="intake-2")
    p.ask("intake of nothing known", "POST", "/supplies",
          {"site": "NOWHERE", "item": "NOTHING", "quantity": 1, "source": "donation"}, token=sender, key="intake-3")
    p.ask("intake without key", "POST", "/supplies", intake, token=sender)
    p.ask("intake without token", "POST", "/supplies", intake, key="intake-4")
    p.ask("intake under a condition", "POST", "/supplies", dict(intake, id="M3"), token=sender, key="intake-8", If_Match="*")
    p.ask("intake elsewhere", "POST", "/supplies", dict(intake, id="M2", site="WAREHOUSE-WH"), token=sender, key="intake-5")
    p.ask("intake as text", "POST", "/supplies", b"x", token=sender, key="intake-6", Content_Type="text/plain")
    p.ask("intake too large", "POST", "/supplies", b" " * 65537, token=sender, key="intake-7",
          Content_Type="application/json")
    p.ask("intake with a reserved id", "POST", "/supplies", dict(intake, id="summary", lot="L3"), token=sender, key="intake-9")
    p.ask("site's organisation fixed", "PUT", "/sites/WAREHOUSE-GZ",
          {"name": "Warehouse in Guangzhou", "kind": "warehouse", "organisation": HUBEI, "province": "CN-GD"}, token=True, If_Match="*")
    p.ask("item's unit fixed", "PUT", "/items/MASK-N95", {"name": "N95 mask", "unit": "box"}, token=True, If_Match="*")
    p.ask("adjustment", "POST", "/supplies/MASKS-1/adjustments",
          {"delta": -20, "reason": "counted", "note": "Recounted"}, token=sender, key="adjust-1")
    p.ask("adjustment of too much", "POST", "/supplies/MASKS-1/adjustments",
          {"delta": -99999, "reason": "lost"}, token=sender, key="adjust-2")
    p.ask("adjustment of nothing", "POST", "/supplies/NO-SUCH/adjustments",
          {"delta": -1, "reason": "lost"}, token=sender, key="adjust-3")
    p.ask("adjustment of 0", "POST", "/supplies/MASKS-1/adjustments",
          {"delta": 0, "reason": "counted"}, token=sender, key="adjust-4")
    p.ask("adjustment of an old version", "POST", "/supplies/MASKS-1/adjustments",
          {"delta": -1, "reason": "counted"}, token=sender, key="adjust-5", If_Match='"1"')
    play_post_refusals(p, "adjustment", "/supplies/MASKS-1/adjustments", sender)
    p.ask("adjustment back", "POST", "/supplies/MASKS-1/adjustments",
          {"delta": 20, "reason": "corrected"}, token=sender, key="adjust-6")


def play_post_refusals(p, name, path, token):
    """What every change by POST refuses."""
    p.ask(f"{name} by nobody", "POST", path, {}, key="refused-0")
    p.ask(f"{name} by an auditor", "POST", path, {}, token=p.auditor, key="refused-1")
    p.ask(f"{name} by a stranger", "POST", path,
          {"delta": 1, "reason": "counted"} if name == "adjustment" else {"lines": []} if name == "receive" else {"reason": "x"},
          token=p.stranger, key=f"{name}-refused-2")
    p.ask(f"{name} without a key", "POST", path, {}, token=token)
    p.ask(f"{name} unsound", "POST", path, {"colour": "red"}, token=token, key=f"{name}-refused-3")
    p.ask(f"{name} as text", "POST", path, b"x", token=token, key=f"{name}-refused-4", Content_Type="text/plain")
    p.ask(f"{name} too large", "POST", path, b" " * 65537, token=token, key=f"{name}-refused-5",
          Content_Type="application/json")


def play_transfers(p, sender, receiver):
    wanted = {"id": "TRANSFER-1", "destination": "WAREHOUSE-WH", "lines": [{"supply": "MASKS-1", "quantity": 4000}],
              "reference": "WB-0001", "carrier": "Road, two lorries", "contact": "Pharmacy desk, gate 2",
              "rationale": "Hubei asked for masks"}
    made = p.ask("transfer", "POST", "/transfers", wanted, token=sender, key="transfer-1")
    assert made.status_code == 201, made.text
    p.ask("transfer of too much", "POST", "/transfers",
          {"destination": "WAREHOUSE-WH", "lines": [{"supply": "MASKS-1", "quantity": 7000}]}, token=sender, key="transfer-2")
    p.ask("transfer to nowhere", "POST", "/transfers",
          {"destination": "NOWHERE", "lines": [{"supply": "NO-SUCH", "quantity": 1}]}, token=sender, key="transfer-3")
    p.ask("transfer by a stranger", "POST", "/transfers", dict(wanted, id="T9"), token=receiver, key="transfer-4")
    p.ask("transfer under a condition", "POST", "/transfers", dict(wanted, id="T8"), token=sender, key="transfer-8", If_Match='"1"')
    p.ask("transfer by nobody", "POST", "/transfers", wanted, key="transfer-5")
    p.ask("transfer as text", "POST", "/transfers", b"x", token=sender, key="transfer-6", Content_Type="text/plain")
    p.ask("transfer too large", "POST", "/transfers", b" " * 65537, token=sender, key="transfer-7",
          Content_Type="application/json")
    p.ask("transfer without key", "POST", "/transfers", wanted, token=sender)
    for step in ["dispatch", "receive", "cancel", "return"]:
        path = f"/transfers/TRANSFER-1/{step}"
        play_post_refusals(p, step, path, sender)
        body = {"reason": "test"} if step in ("cancel", "return") else {"lines": [{"line": 1, "good": 1}]} if step == "receive" else {}
        p.ask(f"{step} of nothing", "POST", f"/transfers/NO-SUCH/{step}", body, token=True, key=f"{step}-absent")
        p.ask(f"{step} of an old version", "POST", path, body, token=True, key=f"{step}-old", If_Match='"99"')
    p.ask("dispatch", "POST", "/transfers/TRANSFER-1/dispatch", {"driver": "Team 3, on the first lorry", "note": "Left at 06:00"}, token=sender, key="dispatch-1")
    for step in ["receive", "return"]:
        body = {"reason": "test"} if step == "return" else {"lines": [{"line": 1, "good": 1}]}
        p.ask(f"{step} of an old version of what travels", "POST", f"/transfers/TRANSFER-1/{step}", body, token=True,
              key=f"{step}-older", If_Match='"99"')
    p.ask("dispatch twice", "POST", "/transfers/TRANSFER-1/dispatch", {}, token=sender, key="dispatch-2")
    p.ask("cancel too late", "POST", "/transfers/TRANSFER-1/cancel", {"reason": "too late"}, token=sender, key="cancel-1")
    p.ask("receive a part", "POST", "/transfers/TRANSFER-1/receive", {"lines": [{"line": 1, "good": 2500}]},
          token=receiver, key="receive-1")
    p.ask("receive too much", "POST", "/transfers/TRANSFER-1/receive", {"lines": [{"line": 1, "good": 2500}]},
          token=receiver, key="receive-2")
    p.ask("receive without reason", "POST", "/transfers/TRANSFER-1/receive",
          {"lines": [{"line": 1, "damaged": 1}, {"line": 2}]}, token=receiver, key="receive-3")
    p.ask("receive the rest", "POST", "/transfers/TRANSFER-1/receive",
          {"lines": [{"line": 1, "good": 1490, "damaged": 10, "reason": "Boxes soaked by rain"}]},
          token=receiver, key="receive-4")
    p.ask("receive after the end", "POST", "/transfers/TRANSFER-1/receive", {"lines": [{"line": 1, "good": 1}]},
          token=receiver, key="receive-5")
    p.ask("return after the end", "POST", "/transfers/TRANSFER-1/return", {"reason": "no"}, token=sender, key="return-1")
    for number, step in [(2, "cancel"), (3, "return")]:
        p.ask(f"transfer {number}", "POST", "/transfers",
              {"id": f"TRANSFER-{number}", "destination": "WAREHOUSE-WH", "lines": [{"supply": "MASKS-1", "quantity": 50}]},
              token=sender, key=f"transfer-{number}0")
        if step == "return":
            p.ask("dispatch 3", "POST", f"/transfers/TRANSFER-{number}/dispatch", {}, token=sender, key="dispatch-3")
        done = p.ask(step, "POST", f"/transfers/TRANSFER-{number}/{step}", {"reason": "Road closed"}, token=sender,
                     key=f"{step}-done")
        assert done.status_code == 200, done.text


def play_reads(p, sender):
    for name, path in [("supplies", "/supplies"), ("transfers", "/transfers"), ("entries", "/ledger/entries"), ("events", "/events"),
                       ("movements", "/supplies/MASKS-1/movements")]:
        p.get_twice(f"{name} page", f"{path}?limit=1")
        p.get(f"{name} wrong query", f"{path}?limt=1")
        p.get(f"{name} wrong token", path, token="nobody")
    for path in ["/supplies", "/supplies/MASKS-1/movements", "/supplies/summary?by=item", "/transfers", "/transfers/summary?by=state",
                 "/ledger/entries", "/events", EFFICIENCY]:
        p.get_twice(f"{path} as CSV", path, Accept="text/csv")
    p.get("supplies in Hubei", "/supplies?province=CN-HB&item=MASK-N95")
    p.get("supplies filtered", "/supplies?site=WAREHOUSE-GZ&condition=good&min_available=1&include_zero=true")
    p.get_twice("supply", "/supplies/MASKS-1")
    p.get("supply absent", "/supplies/NO-SUCH")
    p.get("supply with a query", "/supplies/MASKS-1?x=1")
    p.get("supply wrong token", "/supplies/MASKS-1", token="nobody")
    p.get_twice("movements seen by the party", "/supplies/MASKS-1/movements", token=sender)
    p.get("movements seen by everybody", "/supplies/MASKS-1/movements")
    p.get("movements absent", "/supplies/NO-SUCH/movements")
    p.get_twice("supplies summed", "/supplies/summary?by=province,item")
    p.get("supplies in one sum", "/supplies/summary")
    p.get("supplies summed wrongly", "/supplies/summary?by=colour")
    p.get("supplies summed wrong token", "/supplies/summary", token="nobody")
    p.get("transfers found", "/transfers?state=received&province=CN-HB")
    p.get("transfer seen by everybody", "/transfers/TRANSFER-1")
    p.get_twice("transfer seen by a party", "/transfers/TRANSFER-1", token=sender)
    p.get("transfer absent", "/transfers/NO-SUCH")
    p.get("transfer with a query", "/transfers/TRANSFER-1?x=1")
    p.get("transfer wrong token", "/transfers/TRANSFER-1", token="nobody")
    p.get_twice("transfers summed", "/transfers/summary?by=origin,destination,item,state")
    p.get("transfers in one sum", "/transfers/summary")
    p.get("transfers summed wrongly", "/transfers/summary?by=colour")
    p.get("transfers summed wrong token", "/transfers/summary", token="nobody")


def play_ledger(p, auditor):
    p.get_twice("ledger", "/ledger")
    p.get_twice("entry", "/ledger/entries/2")
    p.get("genesis", "/ledger/entries/1")
    p.get("events after", "/events?after=1&limit=3")
    p.get("events behind a wrong number", "/events", Accept="text/event-stream", Last_Event_ID="x")
    p.get("events behind the end", "/events?after=99999", Accept="text/event-stream")
    p.get("entries after", "/ledger/entries?after=1&limit=3")
    p.get("entries one", "/ledger/entries?after=8&limit=1")
    p.get("entries as an export", "/ledger/entries?after=8", Accept="application/x-ndjson")
    p.get("entries as an export from behind the end", "/ledger/entries?after=99999", Accept="application/x-ndjson")
    p.get("entry absent", "/ledger/entries/99999")
    proof = p.get_twice("proof", "/ledger/proof?seq=9").json()
    p.get_twice("proof for a size", "/ledger/proof?seq=9&size=12")
    p.get("proof by hash", f"/ledger/proof?hash={proof['entry_hash']}")
    p.get("proof of nothing", "/ledger/proof")
    p.get("proof of no entry", "/ledger/proof?seq=99999")
    p.get_twice("consistency", "/ledger/consistency?from=9")
    p.get_twice("consistency of two", "/ledger/consistency?from=9&to=12")
    p.get("consistency the wrong way", "/ledger/consistency?from=12&to=9")
    p.get_twice("keys", "/ledger/keys")
    p.get_twice("checkpoint newest", "/ledger/checkpoint")
    p.get_twice("checkpoints", "/ledger/checkpoints?limit=2")
    p.get_twice("checkpoints as CSV", "/ledger/checkpoints?limit=2&after=1", Accept="text/csv")
    p.get_twice("checkpoint", "/ledger/checkpoints/2")
    p.get_twice("checkpoint as text", "/ledger/checkpoints/2", Accept="text/plain")
    p.get("checkpoint absent", "/ledger/checkpoints/99999")
    p.get("checkpoint of nothing", "/ledger/checkpoints/0")
    p.get("checkpoints wrong cursor", "/ledger/checkpoints?cursor=abc")
    for path in ["/ledger/checkpoint", "/ledger/checkpoints", "/ledger/checkpoints/2"]:
        p.get(f"{path} as a picture", path, Accept="image/png")
    p.get("verify", "/ledger/verify", token=auditor)
    p.get("verified", "/ledger/verify")
    for name, path in [("ledger", "/ledger"), ("entry", "/ledger/entries/2"), ("keys", "/ledger/keys"),
                       ("checkpoint newest", "/ledger/checkpoint"), ("checkpoints", "/ledger/checkpoints"),
                       ("checkpoint", "/ledger/checkpoints/2"),
                       ("proof", "/ledger/proof?seq=9"), ("consistency", "/ledger/consistency?from=9"),
                       ("verify", "/ledger/verify")]:
        p.get(f"{name} with a query", f"{path}?x=1")
        p.get(f"{name} wrong token", path, token="nobody")


def play(server, see):
    p = Player(server, see)
    play_service(p)
    play_reference(p)
    play_figures(p)
    sender = make_token(server, GUANGDONG, "operator")
    receiver = make_token(server, HUBEI, "operator")
    p.auditor = make_token(server, HUBEI, "auditor")
    made = p.ask("stranger's organisation", "PUT", "/organisations/OTHER", {"name": "Another organisation", "kind": "ngo"}, token=True)
    assert made.status_code in (200, 201), made.text
    p.stranger = make_token(server, "OTHER", "operator")
    play_forbidden(p)
    play_keys(p, sender)
    play_supplies(p, sender)
    play_transfers(p, sender, receiver)
    play_signed(p, sender, receiver)
    play_reads(p, sender)
    play_ledger(p, p.auditor)
    play_privacy(p)
    analysis_session.play(p)
    play_policies(p)
    play_witnesses(p, sender)
    play_provinces(p)
