"""For each problem code one request that the service answers with it, in a world of known names.

play(server) returns {code: (how the request is told, the problem document)}. The pages of docs/errors show just these.
What no request alone can bring about is in ELSEWHERE, with where it is brought about instead.
"""

import json

import signed_errors
from contract_session import DENSITY, GUANGDONG, HUBEI, KEY, SAMPLE, UNITS, make_token

# The documents on these pages are written by hand; test_errors.py looks for their words in the program's source.
ELSEWHERE = {
    "request_timeout": "takes ten seconds of silence: test_wire.py",
    "rate_limited": "takes a service with a limit: test_limits.py",
    "idempotency_in_progress": "takes a disk that hangs: tests/fault/test_ready.py",
    "busy": "takes a full queue: test_jobs.py, test_wire.py",
    "too_much_work": "takes as long as a computation may: test_jobs.py",
    "stopping": "takes a computation that runs while the service is told to stop: test_jobs.py",
    "check_failed": "takes files that cannot be read: tests/fault/test_check.py",
    "not_ready": "takes a failed commit or an implausible clock: tests/fault/test_ready.py",
    "outcome_unknown": "takes a failed commit: tests/fault/test_ready.py",
    "disk_failed": "takes a disk that cannot be read: tests/fault/test_trouble.py",
    "disk_full": "takes a full disk: tests/fault/test_disk_full.py",
    "internal": "takes a fault of the program or the machine",
}

NEW_ITEM = {"name": "Test item", "unit": "piece"}
INTAKE = {"site": "WAREHOUSE-GZ", "item": "MASK-N95", "quantity": 100, "source": "donation"}
HEADER = "indicator,year,province,value\n"


def put(server, path, body):
    reply = server.put(path, body)
    assert reply.status_code == 201, reply.text


def intake(server, name, **more):
    reply = server.post("/supplies", {**INTAKE, "id": name, "donation": name, **more})
    assert reply.status_code == 201, reply.text


def transfer(server, name, *steps):
    lines = [{"supply": "MASKS-1", "quantity": 40}]
    replies = [server.post("/transfers", {"id": name, "destination": "WAREHOUSE-WH", "lines": lines})]
    replies += [server.post(f"/transfers/{name}/{step}", body) for step, body in steps]
    assert [reply.status_code for reply in replies] == [201] + [200] * len(steps), [reply.text for reply in replies]


def build(server):
    for organisation, province in [(GUANGDONG, "CN-GD"), (HUBEI, "CN-HB")]:
        put(server, f"/organisations/{organisation}", {"name": organisation, "kind": "red-cross", "province": province})
    for site, organisation, province in [("WAREHOUSE-GZ", GUANGDONG, "CN-GD"), ("WAREHOUSE-SZ", GUANGDONG, "CN-GD"),
                                         ("WAREHOUSE-WH", HUBEI, "CN-HB")]:
        put(server, f"/sites/{site}", {"name": site, "kind": "warehouse", "organisation": organisation, "province": province})
    put(server, "/items/MASK-N95", {"name": "N95 mask", "unit": "piece"})
    put(server, "/indicators/ambulances", {"name": "Ambulances", "unit": "vehicles", "source": "Own survey"})
    put_figures = server.put("/figures", {"figures": [
        {"indicator": "ambulances", "year": 2023, "province": province, "value": 0} for province in ["CN-HB", "CN-GD", "CN-SC"]]})
    assert put_figures.status_code == 200, put_figures.text
    intake(server, "MASKS-1", quantity=10000)
    intake(server, "MASKS-OLD", lot="L2017-03", expiry="2020-03-31")
    intake(server, "MASKS-WET", condition="damaged")
    intake(server, "MASKS-SC", earmark="CN-SC")
    intake(server, "MASKS-SZ", site="WAREHOUSE-SZ")
    intake(server, "MASKS-MANY", quantity=9007199254740991)
    put(server, f"/policies/{HUBEI}", {"signed_kinds": ["supply.intake"]})
    transfer(server, "TRANSFER-1", ("dispatch", {}))
    transfer(server, "TRANSFER-2")
    signed_errors.build(server, GUANGDONG)
    transfer(server, "TRANSFER-3", ("dispatch", {}), ("receive", {"lines": [{"line": 1, "good": 40}]}))


def move(*supplies, **more):
    """A transfer of one each of these supplies to Wuhan."""
    return {"destination": "WAREHOUSE-WH", "lines": [{"supply": supply, "quantity": 1} for supply in supplies], **more}


def receive(**line):
    return {"lines": [line]}


OPERATOR = "operator"  # in the place of a token

# code, method, path, body (an object is sent as JSON, bytes as CSV, a text as JSON that it may not be), headers beside
# or in place of the usual ones; None leaves one out
REQUESTS = [
    ("unknown_checkpoint", "POST", "/ledger/cosignatures", {"checkpoint": "elsewhere.example/log\n7\n" + "A" * 43 + "=\n\n"}, {}),
    ("unknown_commitment", "POST", "/privacy/erasures", {"commitments": ["ab" * 32]}, {}),
    ("digest_mismatch", "PUT", "/items/NEW", NEW_ITEM, {"Content-Digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}),
    ("invalid_json", "POST", "/supplies", '{"site": "WAREHOUSE-GZ",}', {}),
    ("duplicate_member", "PUT", "/items/GOWN", '{"name": "Gown", "unit": "piece", "unit": "box"}', {}),
    ("too_deep", "POST", "/density", '{"values": ' + "[" * 40 + "]" * 40 + "}", {}),
    ("bad_csv", "PUT", "/figures", b'{"figures": []}', {}),
    ("malformed_id", "GET", "/supplies/MASKS%201", None, {}),
    ("invalid_query", "GET", "/supplies?limt=5", None, {}),
    ("invalid_cursor", "GET", "/supplies?cursor=abc", None, {}),
    ("invalid_if_match", "PUT", "/items/MASK-N95", NEW_ITEM, {"If-Match": "3"}),
    ("idempotency_key_missing", "POST", "/supplies", INTAKE, {"Idempotency-Key": None}),
    ("idempotency_key_malformed", "POST", "/supplies", INTAKE, {"Idempotency-Key": "two words"}),
    ("unauthenticated", "POST", "/supplies", INTAKE, {"Authorization": None}),
    ("forbidden", "PUT", "/items/GOWN", NEW_ITEM, {"Authorization": OPERATOR}),
    ("signature_required", "POST", "/supplies", {**INTAKE, "site": "WAREHOUSE-WH"}, {}),
    ("not_found", "GET", "/supplies/MASKS-2", None, {}),
    ("method_not_allowed", "DELETE", "/supplies/MASKS-1", None, {}),
    ("payload_too_large", "GET", "/provinces", "{}", {}),
    ("too_many_values", "POST", "/density", '{"values": [' + "[],[],[],[],[],[],[],[],[],[]," * 400000 + "[]]}", {}),
    ("target_too_long", "GET", "/" + "a" * 9000, None, {}),
    ("not_acceptable", "GET", "/provinces", None, {"Accept": "image/png"}),
    ("unsupported_media_type", "POST", "/supplies", INTAKE, {"Content-Type": "text/plain"}),
    ("expectation_unknown", "GET", "/healthz", None, {"Expect": "200-ok"}),
    ("header_too_large", "GET", "/healthz", None, {"X-Long": "a" * 26000}),
    ("insufficient_stock", "POST", "/transfers",
     {"destination": "WAREHOUSE-WH", "lines": [{"supply": "MASKS-1", "quantity": 20000}]}, {}),
    ("quantity_overflow", "POST", "/supplies/MASKS-MANY/adjustments", {"delta": 1, "reason": "counted"}, {}),
    ("lot_expired", "POST", "/transfers", move("MASKS-OLD"), {}),
    ("quality_not_passed", "POST", "/transfers", move("MASKS-WET"), {}),
    ("earmark_violation", "POST", "/transfers", move("MASKS-SC"), {}),
    ("invalid_transition", "POST", "/transfers/TRANSFER-1/cancel", {"reason": "Road closed"}, {}),
    ("over_receipt", "POST", "/transfers/TRANSFER-1/receive", receive(line=1, good=41), {}),
    ("already_received", "POST", "/transfers/TRANSFER-3/receive", receive(line=1, good=1), {}),
    ("already_exists", "POST", "/transfers", move("MASKS-1", id="TRANSFER-1"), {}),
    ("site_in_use", "PUT", "/sites/WAREHOUSE-GZ",
     {"name": "WAREHOUSE-GZ", "kind": "warehouse", "organisation": HUBEI, "province": "CN-GD"}, {"If-Match": "*"}),
    ("item_in_use", "PUT", "/items/MASK-N95", {"name": "N95 mask", "unit": "box"}, {"If-Match": "*"}),
    ("version_mismatch", "PUT", "/items/MASK-N95", NEW_ITEM, {"If-Match": '"7"'}),
    ("version_required", "PUT", "/items/MASK-N95", NEW_ITEM, {}),
    ("invalid_request", "POST", "/supplies", {"site": "WAREHOUSE-GZ", "itm": "MASK-N95", "quantity": 0}, {}),
    ("idempotency_key_reused", "POST", "/supplies", {**INTAKE, "quantity": 200}, {"Idempotency-Key": "intake-7"}),
    ("unknown_member", "PUT", "/items/GOWN", {**NEW_ITEM, "catgory": "ppe"}, {}),
    ("missing_member", "PUT", "/items/GOWN", {"name": "Gown"}, {}),
    ("wrong_type", "POST", "/supplies", {**INTAKE, "quantity": "100"}, {}),
    ("out_of_range", "POST", "/supplies", {**INTAKE, "quantity": 0}, {}),
    ("too_short", "PUT", "/items/GOWN", {"name": "", "unit": "piece"}, {}),
    ("too_long", "PUT", "/items/GOWN", {"name": "Gown" * 51, "unit": "piece"}, {}),
    ("bad_format", "POST", "/supplies", {**INTAKE, "lot": "L7", "expiry": "31.12.2029"}, {}),
    ("not_a_choice", "POST", "/supplies", {**INTAKE, "source": "donated"}, {}),
    ("private_key_sent", "POST", f"/organisations/{GUANGDONG}/keys", {**KEY, "d": "4Z3PFhGTBdD3sSg1qlXdIFKnSPUIqCYI2P2ZUFJ2WXQ"}, {}),
    ("unknown_site", "POST", "/supplies", {**INTAKE, "site": "WAREHOUSE-XX"}, {}),
    ("unknown_item", "POST", "/supplies", {**INTAKE, "item": "MASK-N99"}, {}),
    ("unknown_organisation", "POST", "/supplies", {**INTAKE, "owner": "DEPOT-XX"}, {}),
    ("unknown_province", "PUT", "/organisations/DEPOT-XX", {"name": "A depot", "kind": "red-cross", "province": "CN-XX"}, {}),
    ("unknown_indicator", "GET", "/figures?indicator=bed", None, {}),
    ("unknown_supply", "POST", "/transfers", move("MASKS-2"), {}),
    ("unknown_line", "POST", "/transfers/TRANSFER-1/receive", receive(line=2, good=1), {}),
    ("unknown_need", "POST", "/transfers", move("MASKS-1", need="NEED-1"), {}),
    ("same_site", "POST", "/transfers", move("MASKS-1", destination="WAREHOUSE-GZ"), {}),
    ("several_origins", "POST", "/transfers", move("MASKS-1", "MASKS-SZ"), {}),
    ("no_lines", "POST", "/transfers", move(), {}),
    ("duplicate_line", "POST", "/transfers", move("MASKS-1", "MASKS-1"), {}),
    ("expiry_without_lot", "POST", "/supplies", {**INTAKE, "expiry": "2029-06-30"}, {}),
    ("expiry_implausible", "POST", "/supplies", {**INTAKE, "lot": "L7", "expiry": "2209-06-30"}, {}),
    ("expiry_conflict", "POST", "/supplies", {**INTAKE, "lot": "L2017-03", "expiry": "2029-06-30"}, {}),
    ("reason_required", "POST", "/transfers/TRANSFER-2/cancel", {}, {}),
    ("occurred_in_future", "POST", "/supplies", {**INTAKE, "occurred_at": "2199-01-01T00:00:00Z"}, {}),
    ("identifier_check_digit", "PUT", "/items/GOWN",
     {**NEW_ITEM, "identifiers": [{"system": "gtin", "value": "4006381333932"}]}, {}),
    ("id_mismatch", "PUT", "/items/GOWN", {**NEW_ITEM, "id": "GOWNS"}, {}),
    ("reserved_id", "POST", "/supplies", {**INTAKE, "id": "summary"}, {}),
    ("duplicate_row", "PUT", "/figures", (HEADER + "ambulances,2022,CN-HB,7\nambulances,2022,420000,8\n").encode(), {}),
    ("no_rows", "PUT", "/figures", HEADER.encode(), {}),
    ("no_figures", "GET", "/density?indicator=beds&years=1999", None, {}),
    ("zero_mean", "GET", "/density?indicator=ambulances&years=2023&relative_to=mean", None, {}),
    ("too_few_values", "POST", "/density", {"values": [1]}, {}),
    ("no_spread", "POST", "/density", {"values": [2, 2, 2]}, {}),
    ("weights_zero", "POST", "/density", {"values": [1, 2], "weights": [0, 0]}, {}),
    ("wrong_length", "POST", "/density", {"values": [1, 2], "weights": [1]}, {}),
    ("duplicate_id", "POST", "/efficiency", {**UNITS, "dmus": [dict(unit, id="A") for unit in UNITS["dmus"][:2]]}, {}),
    ("duplicate_name", "POST", "/efficiency", {**UNITS, "outputs": ["visits", "visits"]}, {}),
    ("bad_value", "PUT", "/figures", (HEADER + "ambulances,2022,CN-HB,many\n").encode(), {}),
    ("missing_column", "PUT", "/figures", b"indicator,year,province\nambulances,2022,CN-HB\n", {}),
    ("duplicate_column", "PUT", "/figures", b"indicator,year,province,value,value\nambulances,2022,CN-HB,7,7\n", {}),
    ("unknown_column", "PUT", "/figures", b"indicator,year,province,value,note\nambulances,2022,CN-HB,7,x\n", {}),
    ("wrong_field_count", "PUT", "/figures", (HEADER + "ambulances,2022,CN-HB\n").encode(), {}),
    ("nothing_received", "POST", "/transfers/TRANSFER-1/receive", receive(line=1), {}),
    ("unknown_earmark", "POST", "/supplies", {**INTAKE, "earmark": "NOBODY"}, {}),
    ("derived_indicator", "PUT", "/indicators/beds_per_10k", {"name": "Beds", "unit": "beds", "source": "Own"}, {}),
    ("import_errors", "PUT", "/figures", (HEADER + "ambulances,2022,CN-XX,7\nambulance,2022,CN-HB,8\n").encode(), {}),
    ("conflicting_values", "POST", "/density", {**SAMPLE, "from": 0, "to": 10, "cut": 3}, {}),
    ("not_implemented", "BREW", "/supplies", None, {}),
]
RAW = [
    ("malformed_request", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ("transfer_coding_unknown", "POST /density HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ("misdirected", "GET https://tallystick.example/provinces HTTP/1.1\r\nHost: tallystick.example\r\n\r\n"),
    ("version_unknown", "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n"),
]


def told(method, path, body, headers):
    """The request as a page shows it; what is long is cut."""
    lines = [f"{method} {path if len(path) < 200 else path[:40] + '...'}"]
    if isinstance(body, bytes):
        lines.append("Content-Type: text/csv")
    for name, value in headers.items():
        if value is not None:
            lines.append(f"{name}: " + (value if len(value) < 100 else value[:40] + "..."))
    if body is not None:
        text = body.decode() if isinstance(body, bytes) else body if isinstance(body, str) else json.dumps(body)
        lines += ["", text.rstrip("\n") if len(text) < 500 else text[:60] + "..."]
    return "\n".join(lines)


def send(server, method, path, body, given, number, operator):
    headers = {"Authorization": f"Bearer {server.token}"}
    if method == "POST":
        headers["Idempotency-Key"] = f"example-{number}"
    if body is not None:
        headers["Content-Type"] = "text/csv" if isinstance(body, bytes) else "application/json"
    for name, value in given.items():
        headers.pop(name, None)
        if value is not None:
            headers[name] = f"Bearer {operator}" if value == OPERATOR else value
    data = json.dumps(body) if isinstance(body, (dict, list)) else body
    return server.request(method, path, headers=headers, data=data)


def play(server):
    build(server)
    operator = make_token(server, GUANGDONG, "operator")
    first = server.post("/supplies", INTAKE, idempotency_key="intake-7")
    assert first.status_code in (200, 201), first.text
    found = {}
    for number, (code, method, path, body, headers) in enumerate(REQUESTS):
        reply = send(server, method, path, body, headers, number, operator)
        assert reply.headers["Content-Type"] == "application/problem+json", (code, reply.status_code, reply.text[:300])
        shown = {name: "Bearer (an operator's token)" if value == OPERATOR else value for name, value in headers.items()}
        found[code] = (told(method, path, body, shown), reply.json())
        named = {found[code][1]["code"], *(fault["code"] for fault in found[code][1].get("errors", []))}
        assert code in named, (code, reply.text[:600])
    found.update(signed_errors.play(server))
    for code, request in RAW:
        reply, _ = server.raw(request, seconds=2)
        body = reply[reply.index(b"\r\n\r\n") + 4:]
        found[code] = (request.replace("\r\n", "\n").rstrip("\n"), json.loads(body))
        assert found[code][1]["code"] == code, body
    for number in range(21):
        reply = server.get("/provinces", token=f"guess-{number}")
    assert reply.status_code == 429, reply.text
    found["too_many_attempts"] = ("GET /provinces\nAuthorization: Bearer (the 21st wrong token within a minute)", reply.json())
    return found
