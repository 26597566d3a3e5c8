"""Requests and replies as bytes, for the tests of the wire."""

import json
import re

HOST = "Host: example.org\r\n"
COMPUTE = "/density"  # a POST that takes a body and changes nothing
PROBLEM = "application/problem+json"


def parse(text):
    """The first reply of some bytes: (status, headers with lower-case names, body)."""
    head, _, body = text.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(lines[0].split(" ")[1]), headers, body


def check_problem(status, headers, body):
    """What every refusal has, whoever writes it: the problem itself, and what belongs to each reply."""
    assert headers["content-type"] == PROBLEM
    assert re.fullmatch("[0-9a-f]{16}", headers["request-id"])
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert int(headers["content-length"]) == len(body if isinstance(body, bytes) else body.encode())
    assert headers["cache-control"] == "no-store"
    problem = json.loads(body)
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "code"} <= set(problem)
    return problem


def post(length=None, extra="", body=""):
    text = f"POST {COMPUTE} HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
    if length is not None:
        text += f"Content-Length: {length}\r\n"
    return text + extra + "\r\n" + body


def get(extra="", target="/healthz", version="HTTP/1.1"):
    return f"GET {target} {version}\r\n{HOST}{extra}\r\n"
