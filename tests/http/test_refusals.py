"""Each operation of the contract, asked wrongly in every way that HTTP and the contract know: each answer's status, headers, problem and code must be
described for that very operation, and every header that a refusal is described with comes with it, or is one that only some have."""

import json
import os
import re
import tempfile
import urllib.parse

import pytest

import contract_session
import test_contract
from conftest import Server, split_replies
from test_contract import body_faults, header_faults, operation_of
from world import fresh

OPERATIONS = test_contract.OPERATIONS
# Of refusals, those that depend on what is refused: a kept refusal, one after a look at the state, one to be tried again, another method.
SOMETIMES = {"Idempotency-Replayed", "Tallystick-Seq", "Retry-After", "Allow", "Accept", "Accept-Encoding"}
HEADERS = [("Authorization", "Bearer nobody"), ("Authorization", "Basic eDp5"), ("Authorization", "Bearer"), ("Authorization", None), ("Accept", "image/png"),
           ("Accept", "*/*;q=0"), ("Accept", "zzz"), ("Accept-Encoding", "identity;q=0, *;q=0"), ("If-Match", "x"), ("If-Match", '"999999"'), ("If-Match", 'W/"1"'),
           ("If-None-Match", "x"), ("If-None-Match", "*"), ("Prefer", "="), ("Content-Encoding", "gzip"), ("Content-Digest", "sha-256=:AAAA:"), ("Expect", "zzz"),
           ("Idempotency-Key", None), ("Idempotency-Key", "x" * 300), ("Idempotency-Key", "a b"), ("Accept-Language", "zh")]
RAW = ["GET {target} HTTP/3.0\r\nHost: x\r\n\r\n", "{method} {target} HTTP/1.1\r\n\r\n", "{method} {target}{long} HTTP/1.1\r\nHost: x\r\n\r\n",
       "{method} {target} HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n", "{method} {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       "{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
       "PATCH {target} HTTP/1.1\r\nHost: x\r\n\r\n", "TRACE {target} HTTP/1.1\r\nHost: x\r\n\r\n"]
BODIES = [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"[" * 200, b'{"a":"\xff"}', b'{"jws":"a.b.c"}', b'{"zzz":1}']
TYPES = ["text/plain", "", "application/json; charset=latin1", "application/jose"]
STEPS = ["zzz-absent", "a" * 65, "%ff", "99999999999999999999"]
VALUES = ["zzz", "%ff"]


@pytest.fixture(scope="module")
def asked():
    """A service after the contract's session, and of each operation the request of a success: (server, {id: response})"""
    samples = {}

    def see(_, response):
        operation = operation_of(response).id
        is_json = (response.request.headers.get("Content-Type") or "").startswith("application/json")
        if response.status_code < 300 and (is_json or operation not in samples):
            samples[operation] = response
    with tempfile.TemporaryDirectory(prefix="tallystick.") as scratch:
        server = Server(os.path.join(scratch, "data"), "--async-after", "60")
        contract_session.play(server, see)
        yield server, samples
        assert server.stop() == 0


def faults_of(operation, reply):
    """What the contract does not say of an answer to the operation."""
    key, described = operation.response(reply.status_code)
    found = list(header_faults(reply, described, reply.status_code >= 400))
    if reply.status_code >= 400:
        found += body_faults(reply, described)
        found += [f"the header {name} is described and was not sent" for name in described["headers"] if name not in SOMETIMES and name not in reply.headers]
    elif key == "default":
        found.append("is not described")
    return found


class Raw:
    """An answer that came by Server.raw, as header_faults and body_faults look at one."""

    def __init__(self, method, url, answer):
        self.status_code, headers, self.content = answer[0], answer[1], answer[2]
        self.headers = {re.sub(r"\b\w", lambda letter: letter.group().upper(), name).replace("Etag", "ETag").replace("Www-", "WWW-"): value
                        for name, value in headers.items()}
        self.request, self.url, self.text = self, url, self.content.decode("utf-8", "replace")
        self.method = method

    def json(self):
        return json.loads(self.content)


class Asker:
    """One operation, asked as its sample was but for what is wrong."""

    def __init__(self, server, operation, sample):
        self.server, self.operation = server, operation
        self.url = urllib.parse.urlsplit(sample.request.url)
        self.target = self.url.path + ("?" + self.url.query if self.url.query else "")
        kept = {"content-type", "accept"} | ({"authorization"} if operation.item["x-tallystick-roles"] else set())
        self.headers = {name: value for name, value in sample.request.headers.items() if name.lower() in kept}
        self.body = sample.request.body.encode() if isinstance(sample.request.body, str) else sample.request.body
        self.faults, self.statuses = [], set()

    def judge(self, what, reply):
        self.statuses.add(reply.status_code)
        self.faults += [f"{what} ({reply.status_code}): {fault}" for fault in faults_of(self.operation, reply)]

    def ask(self, what, target=None, data=None, **changed):
        headers = {**self.headers, **({} if self.operation.method == "GET" else {"Idempotency-Key": fresh("refused")})}
        headers.update({name.replace("_", "-"): value for name, value in changed.items()})
        reply = self.server.request(self.operation.method, target or self.target, data=self.body if data is None else data, allow_redirects=False,
                                    headers={name: value for name, value in headers.items() if value is not None})
        self.judge(what, reply)

    def ask_raw(self, text):
        sent = text.format(method=self.operation.method, target=self.target, long="x" * 20000)
        answer, _ = self.server.raw(sent.replace("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n"))
        [reply] = split_replies(answer, [self.operation.method])[0]
        self.judge(text[:60], Raw(self.operation.method, self.server.url + self.target, reply))

    def in_path(self, name, step):
        """The target with another step in the place of a parameter of the path."""
        given = self.operation.path.split("/").index("{" + name + "}")
        steps = self.url.path.split("/")
        return "/".join(steps[:given] + [step] + steps[given + 1:]) + self.target[len(self.url.path):]

    def in_query(self, name, value):
        kept = [pair for pair in self.url.query.split("&") if pair and not pair.startswith(name + "=")]
        return self.url.path + "?" + "&".join(kept + [f"{name}={value}"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_refusal_is_described_where_it_happens(asked, operation):
    server, samples = asked
    asker = Asker(server, operation, samples[operation.id])
    for name, value in HEADERS:
        asker.ask(f"{name}: {value}", **{name: value})
    asker.ask("an unknown parameter", asker.target + ("&" if asker.url.query else "?") + "zzz=%ff")
    for parameter in operation.parameters:
        for value in {"path": STEPS, "query": VALUES}.get(parameter["in"], []):
            change = asker.in_path if parameter["in"] == "path" else asker.in_query
            asker.ask(f"{parameter['name']}={value[:20]}", change(parameter["name"], value))
    for data in BODIES if operation.method != "GET" else [b"{}"]:
        asker.ask(f"the body {data[:20]}", data=data)
    for media in TYPES if operation.method != "GET" else []:
        asker.ask(f"a body of type {media}", data=b"{}", **{"Content-Type": media})
    for text in RAW:
        asker.ask_raw(text)
    assert not asker.faults, "\n".join(asker.faults)
    assert {400, 405, 413, 414, 431, 501, 505} <= asker.statuses, asker.statuses
