"""requests.Session with a shorter way for what nearly all tests ask: the same bytes out, the same requests.Response back, in a quarter of the
time. What the shorter way does not know (streams, hooks, cookies, proxies, TLS, files, headers that are taken out) goes requests' own.
test_slim.py holds both against each other."""

import collections
import datetime
import functools
import re
import select
import socket
import time
import zlib

import requests
from requests.compat import json as complexjson

KEPT = 10  # connections, as urllib3 keeps them
PIECE = 2 ** 18
KNOWN = {"headers", "data", "json", "params", "timeout", "allow_redirects"}
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"|[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?")
STATUS = re.compile(r"HTTP/1\.[01] ([1-5][0-9]{2})(?: (.*))?")
NO_BODY = (204, 304)


@functools.lru_cache(4096)
def whole_address(url):
    """(host, port, what the Host header says, address, target) as requests makes it."""
    return split_address(url, None)


def split_address(url, params):
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, params)
    scheme, _, rest = prepared.url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    host, _, port = authority.rpartition(":")
    if scheme != "http" or not host or "@" in host or not port.isdecimal():
        return None
    return host.strip("[]"), int(port), authority, prepared.url, prepared.path_url


def is_open(connection):
    """Whether nothing has come that nobody asked for, an end either."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return not poll.poll(0)


class Reader:
    """What comes on a connection."""

    def __init__(self, connection):
        self.connection, self.rest = connection, bytearray()

    def more(self):
        piece = self.connection.recv(PIECE)
        self.rest += piece
        return bool(piece)

    def need(self):
        if not self.more():
            raise requests.ConnectionError("the connection was closed in the middle of a reply")

    def take(self, count):
        while len(self.rest) < count:
            self.need()
        taken = bytes(self.rest[:count])
        del self.rest[:count]
        return taken

    def until(self, mark):
        looked = 0
        while (at := self.rest.find(mark, looked)) < 0:
            looked = max(0, len(self.rest) - len(mark))
            self.need()
        return self.take(at + len(mark))[:-len(mark)]

    def chunks(self):
        body = bytearray()
        while size := int(self.until(b"\r\n").partition(b";")[0], 16):
            body += self.take(size)
            if self.take(2) != b"\r\n":
                raise requests.exceptions.ChunkedEncodingError("a chunk without its end")
        while self.until(b"\r\n"):  # trailers
            pass
        return bytes(body)

    def to_end(self):
        while self.more():
            pass
        return self.take(len(self.rest))

    def head(self):
        """(status, reason, headers)"""
        status_line, *lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = STATUS.fullmatch(status_line)
        if not status:
            raise requests.ConnectionError(f"no status line but {status_line!r}")
        fields = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not HEADER.fullmatch(name):
                raise requests.ConnectionError(f"no header but {line!r}")
            fields.setdefault(name.lower(), (name, []))[1].append(value.lstrip(" \t"))
        headers = requests.structures.CaseInsensitiveDict((name, ", ".join(values)) for name, values in fields.values())
        return int(status[1]), status[2] or "", headers

    def reply(self, method):
        """(status, reason, headers, body, whether the connection goes on)"""
        while True:
            status, reason, headers = self.head()
            if status >= 200 or status == 101:
                break
        goes_on = "close" not in headers.get("Connection", "").lower()
        if method == "HEAD" or status in NO_BODY:
            body = b""
        elif "chunked" in headers.get("Transfer-Encoding", "").lower():
            body = self.chunks()
        elif "Content-Length" in headers:
            body = self.take(int(headers["Content-Length"]))
        else:
            body, goes_on = self.to_end(), False
        return status, reason, headers, body, goes_on and not self.rest


def uncoded(headers, body):
    coding = headers.get("Content-Encoding")
    return zlib.decompress(body, 47) if body and coding in ("gzip", "deflate") else body


class Session(requests.Session):
    def __init__(self):
        super().__init__()
        self.idle = collections.deque()  # (place, connection)

    def request(self, method, url, **more):
        made = self.prepared(method.upper(), url, more)
        if made is None:
            return super().request(method, url, **more)
        reply = self.exchange(*made, more.get("timeout"))
        if more.get("allow_redirects", True) and reply.is_redirect:
            if made[0].method not in ("GET", "HEAD"):
                raise NotImplementedError("a redirection of what was sent")
            return super().request(method, url, **more)  # asks again and follows
        return reply

    def prepared(self, method, url, more):
        """(the request, (host, port), its bytes), or None for what requests itself must do."""
        body, headers = more.get("data"), more.get("headers") or {}
        if (more.keys() - KNOWN or self.trust_env or self.cookies or self.proxies or self.auth or self.params or self.cert or self.hooks["response"] or
                not isinstance(more.get("timeout"), (int, float, type(None)))):
            return None
        if isinstance(body, str) and body.isascii():
            body = body.encode()
        elif body is not None and not isinstance(body, bytes):
            return None
        fields = {name.lower(): (name, value) for name, value in self.headers.items()}
        for name, value in headers.items():
            if not isinstance(name, str) or not isinstance(value, str) or not HEADER.fullmatch(name) or not VALUE.fullmatch(value):
                return None
            fields[name.lower()] = (name, value)
        if "accept-encoding" not in fields or "user-agent" not in fields or "transfer-encoding" in fields:
            return None
        address = whole_address(url) if not more.get("params") else split_address(url, more["params"])
        if address is None:
            return None
        is_json = not body and more.get("json") is not None
        if is_json:
            body = complexjson.dumps(more["json"], allow_nan=False).encode()
        if body:
            fields["content-length"] = ("Content-Length", str(len(body)))
        elif method not in ("GET", "HEAD"):
            fields.setdefault("content-length", ("Content-Length", "0"))
        if is_json:
            fields.setdefault("content-type", ("Content-Type", "application/json"))
        host, port, authority, whole, target = address
        lines = [f"{method} {target} HTTP/1.1"] + ([] if "host" in fields else [f"Host: {authority}"])
        lines += [f"{name}: {value}" for name, value in fields.values()]
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, whole, body
        request.headers = requests.structures.CaseInsensitiveDict(fields.values())
        return request, (host, port), ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")

    def connection(self, place, timeout):
        while self.idle:
            try:
                known, connection = self.idle.pop()
            except IndexError:  # another thread has it
                break
            if known == place and is_open(connection):
                connection.settimeout(timeout)
                return connection
            connection.close()
        connection = socket.create_connection(place, timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, request, place, data, timeout):
        began = time.perf_counter()
        try:
            connection = self.connection(place, timeout)
        except TimeoutError as error:
            raise requests.ConnectTimeout(error, request=request) from error
        except OSError as error:
            raise requests.ConnectionError(error, request=request) from error
        is_kept = False
        try:
            try:
                connection.sendall(data)
            except BrokenPipeError:
                pass  # refused while still sending: the reply may have come all the same
            status, reason, headers, body, goes_on = Reader(connection).reply(request.method)
            if goes_on and len(self.idle) < KEPT:
                self.idle.append((place, connection))
                is_kept = True
        except TimeoutError as error:
            raise requests.ReadTimeout(error, request=request) from error
        except (OSError, ValueError) as error:
            raise requests.ConnectionError(error, request=request) from error
        finally:
            if not is_kept:
                connection.close()
        return self.response(request, status, reason, headers, uncoded(headers, body), time.perf_counter() - began)

    @staticmethod
    def response(request, status, reason, headers, body, seconds):
        made = requests.Response()
        made.request, made.url, made.status_code, made.reason, made.headers = request, request.url, status, reason, headers
        made.encoding = requests.utils.get_encoding_from_headers(headers)
        made.elapsed = datetime.timedelta(seconds=seconds)
        made._content, made._content_consumed = body, True
        return made

    def close(self):
        while self.idle:
            self.idle.pop()[1].close()
        super().close()
