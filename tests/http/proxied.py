"""The tests' requests through a proxy that holds each and its answer against the contract (prism proxy --errors, by tests/tools/test_prism.py).

Prism reads and writes bodies anew, so that a test would see Prism's bytes instead of the program's. So the proxy's upstream is this process:
when a request has passed the proxy, the test's own is made, just as it would have been, and the proxy gets the answer to judge; the test gets
the answer as it came. A request that the proxy refuses is made too, and the program must refuse it; its answer goes through a second
proxy, which lets all requests pass and judges only answers (--validate-request false).

TALLYSTICK_PROXY has both addresses, TALLYSTICK_PROXY_REPORT the file that each process appends its line to.
"""

import atexit
import collections
import http.server
import itertools
import json
import os
import threading
import urllib.parse

import requests

TICKET = "X-Ticket"  # PORT-NUMBER: which process waits for the request, and for which
OF_PRISM = "https://stoplight.io/prism/errors#"
PREPARED = ("data", "json", "params", "cookies", "auth")
OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "trailer", "upgrade"}
SECONDS = 120


def no_constant(name):
    """Python takes NaN and Infinity, which JSON has not."""
    raise ValueError(name)


def unfit(prepared, more):
    """Why a request cannot go through Prism, or None."""
    kind = prepared.headers.get("Content-Type") or ""
    accept = prepared.headers.get("Accept") or ""
    if prepared.method in ("HEAD", "OPTIONS"):
        return "a method that the contract leaves to HTTP"
    if more.get("stream") or "event-stream" in accept or "x-ndjson" in accept:
        return "a stream, whose end Prism would wait for"
    if "zstd" in (prepared.headers.get("Accept-Encoding") or ""):
        return "a coding that the tests' client leaves as it is"
    if urllib.parse.urlsplit(prepared.url).path in ("/openapi.yaml", "/openapi.json"):
        return "the contract itself, half a megabyte each time"
    if prepared.body is None:
        return None
    if not isinstance(prepared.body, (bytes, str)):
        return "a body that is read only once"
    if prepared.method == "GET":
        return "a GET with a body, which Prism cannot forward"
    if "json" in kind:
        try:
            json.loads(prepared.body, parse_constant=no_constant)
        except ValueError:
            return "JSON that is none, on which Prism hangs"
    return None


def is_signed(prepared):
    """Whether the command has in its payload the key that is a header of all others, as OpenAPI cannot say."""
    body = prepared.body or b""
    return "jose" in (prepared.headers.get("Content-Type") or "") or b'"jws"' in (body.encode() if isinstance(body, str) else body)


class Ticket:
    """One request of a test's, which is made once, whoever asks for it first."""

    def __init__(self, send):
        self.send, self.lock = send, threading.Lock()
        self.reply = self.error = None

    def is_used(self):
        return self.reply is not None or self.error is not None

    def use(self):
        with self.lock:
            if not self.is_used():
                try:
                    self.reply = self.send()
                except BaseException as error:  # the test's to see
                    self.error = error
        return self.first()

    def first(self):
        """What the program has answered: where the client followed it, before that."""
        return self.reply.history[0] if self.reply is not None and self.reply.history else self.reply

    def end(self):
        if self.error is not None:
            raise self.error
        return self.reply


def kind_of(said):
    """What Prism says of itself: UNPROCESSABLE_ENTITY and the like of a request, VIOLATIONS of an answer; None: it passed on what it got."""
    try:
        kind = said.json().get("type", "")
    except (ValueError, AttributeError):
        return None
    return kind.removeprefix(OF_PRISM) if isinstance(kind, str) and kind.startswith(OF_PRISM) else None


class Upstream(http.server.BaseHTTPRequestHandler):
    """Where the proxies send what has passed them."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.tickets[self.headers[TICKET]].use()
        self.send_response(502 if reply is None else reply.status_code)
        for name, value in ({} if reply is None else reply.headers).items():
            if name.lower() not in OF_THE_CONNECTION:
                self.send_header(name, value)
        body = b"" if reply is None else reply.content
        if reply is None or reply.status_code not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")  # Prism keeps connections that nobody says this of, and sends on one that is gone
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = answer

    def send_response(self, code, message=None):  # without Date and Server, which the program's own answer has
        self.send_response_only(code, message)

    def log_message(self, *_):
        pass


class Stage(http.server.ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 64


class Proxies:
    def __init__(self, strict, lenient, report):
        self.strict, self.lenient, self.report = strict, lenient, report
        self.counts, self.faults = collections.Counter(), []
        self.numbers, self.tickets = itertools.count(1), {}
        self.stage = Stage(("127.0.0.1", 0), Upstream)
        self.stage.tickets = self.tickets
        threading.Thread(target=self.stage.serve_forever, daemon=True).start()
        self.mine = threading.local()
        atexit.register(self.tell)

    def tell(self):
        with open(self.report, "a", encoding="utf-8") as report:
            report.write(json.dumps({"counts": self.counts, "faults": self.faults}) + "\n")

    def ask(self, proxy, prepared, ticket):
        """Prism's answer to a copy of the request."""
        if not hasattr(self.mine, "session"):
            self.mine.session = requests.Session()
            self.mine.session.trust_env = False
        name = f"{self.stage.server_port}-{next(self.numbers)}"
        self.tickets[name] = ticket
        copied = prepared.copy()
        copied.url = proxy + prepared.path_url
        copied.headers[TICKET] = name
        if is_signed(prepared):
            copied.headers.setdefault("Idempotency-Key", "stands-in-the-payload")
        if proxy == self.lenient:
            copied.headers.setdefault("Authorization", "Bearer x")  # it would miss one for all its lenience
        try:
            return self.mine.session.send(copied, timeout=SECONDS, allow_redirects=False)
        finally:
            del self.tickets[name]

    def fault(self, what, prepared, ticket, said):
        reply = ticket.first()
        status = reply.status_code if reply is not None else repr(ticket.error)
        self.faults.append(f"{what}: {os.environ.get('PYTEST_CURRENT_TEST', '')}: {prepared.method} {prepared.path_url} ({status}): {said.text[:1500]}"
                           + (f" [sent: {prepared.body[:300]!r}]" if prepared.body else ""))

    def judge(self, kind, prepared, ticket, said):
        if ticket.error is not None:
            self.counts["no answer"] += 1
        elif kind is not None or "sl-violations" in said.headers:
            self.fault("the answer", prepared, ticket, said)
        elif said.status_code != ticket.first().status_code:
            self.fault("the proxy's own answer", prepared, ticket, said)
        else:
            self.counts["passed"] += 1

    def request(self, session, method, url, **more):
        """session.request(method, url, **more), judged on the way."""
        def send():
            return session.request(method, url, **more)
        prepared = session.prepare_request(requests.Request(method, url, headers=more.get("headers"),
                                                            **{name: more[name] for name in PREPARED if name in more}))
        reason = unfit(prepared, more)
        if reason is not None:
            self.counts[reason] += 1
            return send()
        ticket = Ticket(send)
        said = self.ask(self.strict, prepared, ticket)
        kind = kind_of(said)
        if ticket.is_used():
            self.judge(kind, prepared, ticket, said)
            return ticket.end()
        reply = ticket.use()
        if ticket.error is not None:
            return ticket.end()
        self.counts[kind or "refused without a word"] += 1
        if reply.status_code == 202:  # a job's answer says what is wrong with it
            self.counts["refused later"] += 1
        elif reply.status_code < 400:
            self.fault("refused by the contract, taken by the program", prepared, ticket, said)
        if kind is not None and not kind.startswith("NO_"):  # what has no operation has no answers described
            said = self.ask(self.lenient, prepared, ticket)
            self.judge(kind_of(said), prepared, ticket, said)
        return ticket.end()


def from_environment():
    """The proxies that the tests are to use, or None."""
    if "TALLYSTICK_PROXY" not in os.environ:
        return None
    return Proxies(*os.environ["TALLYSTICK_PROXY"].split(), os.environ["TALLYSTICK_PROXY_REPORT"])
