"""Computations that go on without the request that asked for them: Prefer: respond-async, and requests that have waited for
long; their answers, problems, progress, bounds and end."""

import concurrent.futures
import json
import re
import signal
import socket
import time

import pytest

import contract_session
from analysis_support import assert_problem
from test_jobs import MANY, SHARE, heavy, leave, request_of
from world import World, problem, until

GET_ONE = contract_session.EFFICIENCY.replace("by=belt", "slacks=one-stage")
CASES = [("GET", GET_ONE, None), ("GET", contract_session.MALMQUIST.replace("2018", "2016"), None),
         ("GET", contract_session.DENSITY.replace("2014", "2013"), None),
         ("GET", contract_session.INEQUALITY.replace("2014", "2013"), None), ("POST", "/inequality", contract_session.PARTS), ("POST", "/efficiency", contract_session.UNITS),
         ("POST", "/efficiency/malmquist", contract_session.PANEL), ("POST", "/density", contract_session.SAMPLE)]
BODY = json.loads(heavy())


def ask(server, method, path, body=None, prefer="respond-async", **headers):
    return server.request(method, path, json=body, token=None, headers={"Prefer": prefer, **headers} if prefer else headers)


def begin(server, body=None, **more):
    reply = ask(server, "POST", "/efficiency", body or BODY, **more)
    assert reply.status_code == 202, reply.text
    return reply.json()["href"]


def begin_running(server):
    """A long one, once it has its thread."""
    href = begin(server)
    until(lambda: server.get(href).json()["state"] == "running")
    return href


def wait(server, href, seconds=100, token=None):
    deadline = time.monotonic() + seconds
    while (reply := server.get(href, token=token)).status_code == 202 and time.monotonic() < deadline:
        assert reply.headers["Retry-After"] == "1" and reply.headers["Cache-Control"] == "no-store"
        time.sleep(0.05)
    return reply


def counts(server):
    lines = re.findall(r"^tallystick_async_jobs_(\S+) (\S+)$", server.get("/metrics").text, re.M)
    return {name: float(value) for name, value in lines}


@pytest.mark.concurrent
def test_a_job_answers_as_its_question_would_have(start):
    own, tags = start(), []
    for method, path, body in CASES:
        for accept in ("application/json", "text/csv"):
            path = path.replace("&fields=dmu", "") + ("&fields=dmu" if accept == "text/csv" and "efficiency" in path and body is None else "")
            accepted = ask(own, method, path, body, Accept=accept)
            assert accepted.status_code == (202 if body or accept == "application/json" else accepted.status_code)
            if accepted.status_code == 200:
                continue  # the answers' cache has it, so there is nothing to wait for
            job = accepted.json()
            assert re.fullmatch("[0-9a-f]{32}", job["id"]) and job["href"] == "/jobs/" + job["id"] == accepted.headers["Location"]
            assert accepted.headers["Preference-Applied"] == "respond-async" and accepted.headers["Cache-Control"] == "no-store"
            done = wait(own, job["href"])
            now = ask(own, method, path, body, prefer=None, Accept=accept)
            assert done.status_code == now.status_code == 200
            assert (done.text, done.headers["Content-Type"], done.headers["Tallystick-Seq"]) == \
                (now.text, now.headers["Content-Type"], now.headers["Tallystick-Seq"])
            for wanted in (accept, "*/*", f"text/html, {accept};q=0.1", f"{accept.partition('/')[0]}/*"):  # what the question asked for is kept
                assert own.get(job["href"], headers={"Accept": wanted}).content == done.content
            other = "text/csv" if accept == "application/json" else "application/json"
            for wanted in (other, "image/svg+xml", f"*/*, {accept};q=0"):
                refused = problem(own.get(job["href"], headers={"Accept": wanted}), 406, "not_acceptable")
                assert refused["representations"] == [accept], wanted
                assert own.request("HEAD", job["href"], headers={"Accept": wanted}).status_code == 406
            tag = done.headers["ETag"]
            assert tag == now.headers["ETag"] if method == "GET" else re.fullmatch('"[0-9a-f]+"', tag)
            assert done.headers["Cache-Control"] == "no-cache" and tag not in tags
            tags.append(tag)
            kept = own.get(job["href"], headers={"If-None-Match": f'"x", {tag}'})
            assert kept.status_code == 304 and not kept.content and kept.headers["ETag"] == tag
            assert own.get(job["href"], headers={"If-None-Match": '"x"'}).content == done.content


@pytest.mark.concurrent
def test_a_job_is_given_up_under_a_condition(start):
    """Held against the ETag that GET shows, in whatever coding: what is to be forgotten is the answer that was read."""
    own = start()
    short = {**contract_session.UNITS, "outputs": ["visits"]}
    wrong = begin(own, {**contract_session.UNITS, "outputs": ["visits", "visits"]})
    wait(own, wrong)
    running = begin(own)

    def give_up(href, **conditions):
        return own.delete(href, headers={name.replace("_", "-"): value for name, value in conditions.items()})
    for href in (running, wrong):  # while it is computed, and where its answer is a problem
        for condition in ({"If_Match": '"0123456789abcdef"'}, {"If_Match": 'W/"0123456789abcdef", "3"'}, {"If_None_Match": "*"}):
            assert_problem(give_up(href, **condition), 412, "version_mismatch")
        for name, code in (("If_Match", "invalid_if_match"), ("If_None_Match", "malformed_request")):
            assert_problem(give_up(href, **{name: "x"}), 400, code)
    assert give_up(wrong, If_Match="*").status_code == 200 and give_up(running, If_None_Match='"x"').status_code == 200
    for condition in ({"If_Match": "*"}, {"If_Match": '"x"'}, {"If_None_Match": "*"}, {}):
        assert_problem(give_up(wrong, **condition), 404, "not_found")

    def answered():
        href = begin(own, short)
        return href, wait(own, href).headers["ETag"]
    for make in (lambda tag: f'"x", {tag}', lambda tag: tag[:-1] + '-gzip"', lambda tag: tag[:-1] + '-zstd"', lambda tag: "*"):
        href, tag = answered()
        for refused in ('"x"', f"W/{tag}", tag[:-1] + '0"', tag[:-1] + '-x"', tag[:-2] + '"'):
            assert_problem(give_up(href, If_Match=refused), 412, "version_mismatch")
        for unwanted in (tag, f'"x", W/{tag}', tag[:-1] + '-gzip"', "*"):
            assert_problem(give_up(href, If_None_Match=unwanted), 412, "version_mismatch")
            assert_problem(give_up(href, If_Match=tag, If_None_Match=unwanted), 412, "version_mismatch")
        assert own.get(href).headers["ETag"] == tag
        assert give_up(href, If_Match=make(tag), If_None_Match='"x"').json()["state"] == "cancelled"
        assert own.get(href).status_code == 404


def test_whose_job_it_is_to_give_up(start):
    """Asked for with a token: of the same organisation, or of nobody's (its own token then), and administrators'. Asked for without: whoever has the id."""
    own = start()
    world = World(own)
    panel = {**contract_session.UNITS, "outputs": ["visits"]}
    tokens = {name: world.token(*of) for name, of in {"asker": ("operator", world.a), "colleague": ("auditor", world.a), "stranger": ("coordinator", world.b)}.items()}
    tokens |= {"admin": True, "nobody": None}

    def answered(token):
        reply = own.request("POST", "/efficiency", json=panel, token=tokens[token], headers={"Prefer": "respond-async"})
        href = reply.json()["href"]
        assert wait(own, href).status_code == 200  # by whoever holds the id
        return href
    for asker, mine in {"asker": ("asker", "colleague", "admin"), "stranger": ("stranger", "admin"), "admin": ("admin",), "nobody": tokens}.items():
        for caller in tokens:
            href = answered(asker)
            told = own.delete(href, token=tokens[caller], headers={"If-Match": '"x"'})
            if caller in mine:
                assert_problem(told, 412, "version_mismatch")
                assert own.delete(href, token=tokens[caller]).json()["state"] == "cancelled"
                continue
            refused = assert_problem(told, *((401, "unauthenticated") if caller == "nobody" else (403, "forbidden")))
            assert world.a not in str(refused) and own.get(href, token=tokens[caller]).status_code == 200, (asker, caller)
            assert own.delete(href, token=True).status_code == 200


@pytest.mark.concurrent
def test_a_problem_is_the_jobs_answer(start):
    own = start("--background-seconds", "1")
    wrong = wait(own, begin(own, {**contract_session.UNITS, "outputs": ["visits", "visits"]}))
    assert_problem(wrong, 422, "duplicate_name")
    assert wrong.json()["instance"] == "/efficiency"
    late = assert_problem(wait(own, begin(own)), 422, "too_much_work")
    assert "after 1 s" in late["detail"]
    none = ask(own, "GET", GET_ONE.replace("2011", "1999"))
    assert_problem(wait(own, none.json()["href"]), 422, "no_figures")
    assert_problem(ask(own, "GET", GET_ONE + "&x=1"), 400, "invalid_query")  # known before any work


@pytest.mark.concurrent
def test_a_request_that_has_waited_long_enough_is_told_so(start):
    own = start("--async-after", "1", "--job-seconds", "2")
    began = time.monotonic()
    panel = json.loads(heavy(int(2500 * SHARE)))
    panel["dmus"] = [{**unit, "period": period} for period in (1, 2) for unit in panel["dmus"]]
    reply = ask(own, "POST", "/efficiency/malmquist", panel, prefer=None)
    assert reply.status_code == 202 and 1 <= time.monotonic() - began < 15 and "Preference-Applied" not in reply.headers
    shares, looked = [], time.monotonic()
    while len(shares) < 30 or shares[-1]["progress"] == shares[0]["progress"] and time.monotonic() - looked < 120:
        shares.append(own.get(reply.json()["href"]).json())
        time.sleep(0.1)  # in all for longer than --job-seconds, which was the request's
    progress = [share["progress"] or 0 for share in shares]
    assert progress == sorted(progress) and 0 <= progress[0] < progress[-1] < 1 and shares[-1]["state"] == "running"
    assert own.request("DELETE", reply.json()["href"]).status_code == 200


@pytest.mark.concurrent
def test_wait_is_how_long_a_client_wishes_to_wait(start):
    own = start("--async-after", "60")
    assert ask(own, "POST", "/efficiency", contract_session.UNITS, prefer="respond-async, wait=50").status_code == 200
    began = time.monotonic()
    reply = ask(own, "POST", "/efficiency", BODY, prefer="wait=1, respond-async")
    assert reply.status_code == 202 and 1 <= time.monotonic() - began < 50 and reply.headers["Preference-Applied"] == "respond-async"
    own.request("DELETE", reply.json()["href"])


@pytest.mark.concurrent
def test_the_contracts_example_of_a_wish_does_what_it_says(start):
    """Of each operation that takes one: what is there in time is answered, and what is not is a job once the example's seconds have passed."""
    own = start()
    document = own.get("/openapi.json").json()
    parameters = document["components"]["parameters"]
    example = parameters["PreferAsync"]["example"]
    seconds = int(re.fullmatch("respond-async, wait=([0-9]+)", example)[1])
    takers = {(method, path) for path, item in document["paths"].items() for method, operation in item.items() if isinstance(operation, dict)
              for parameter in operation.get("parameters", []) if parameter.get("$ref", "").endswith("/PreferAsync")}
    assert takers == {(method.lower(), path.partition("?")[0]) for method, path, _ in CASES}
    applied = document["components"]["headers"]["Preference-Applied"]["schema"]["enum"]
    for method, path, body in CASES:
        began = time.monotonic()
        reply = ask(own, method, path, body, prefer=example)
        if reply.status_code == 202:  # of a machine that is very busy
            assert time.monotonic() - began >= seconds and reply.headers["Preference-Applied"] == "respond-async"
            reply = wait(own, reply.json()["href"])
        assert reply.status_code == 200, reply.text
    began = time.monotonic()
    reply = ask(own, "POST", "/efficiency", BODY, prefer=example)
    assert reply.status_code == 202 and time.monotonic() - began >= seconds and reply.headers["Preference-Applied"] == "respond-async" in applied
    assert own.delete(reply.json()["href"]).status_code == 200
    written = own.put("/organisations/PREFERRED", {"name": "An organisation", "kind": "depot"}, headers={"Prefer": parameters["Prefer"]["example"]})
    assert written.status_code == 201 and written.json()["ledger"]["proof"] and written.headers["Preference-Applied"] in applied


@pytest.mark.concurrent
def test_given_up_frees_the_thread_and_the_id(start):
    own = start("--job-threads", "1", "--async-after", "60")
    running, waiting = begin_running(own), begin(own)
    assert own.get(running).json()["state"] == "running" and own.get(waiting).json()["state"] == "waiting"
    for href in (waiting, running):
        gone = own.request("DELETE", href, token=None)
        assert gone.status_code == 200 and gone.json()["state"] == "cancelled"
        assert_problem(own.get(href), 404, "not_found")
        assert_problem(own.request("DELETE", href), 404, "not_found")
    began = time.monotonic()
    assert ask(own, "POST", "/efficiency", contract_session.UNITS, prefer=None).status_code == 200
    assert time.monotonic() - began < 50
    assert counts(own)["unfinished"] == 0 and counts(own)['forgotten_total{reason="demand"}'] == 2
    assert_problem(own.get("/jobs/" + "0" * 32), 404, "not_found")


@pytest.mark.concurrent
def test_jobs_are_bounded_and_expire(start):
    own = start("--jobs-kept", "2")
    small = contract_session.UNITS
    first, second = begin(own, small), begin(own, small)
    assert ask(own, "POST", "/efficiency", small).status_code == 200  # no room for a third: its request waits
    until(lambda: counts(own)["finished"] == 2)
    assert wait(own, first).status_code == 200 and counts(own)["bytes"] > 0
    third = begin(own, small)  # the answer that was read makes room
    assert_problem(own.get(first), 404, "not_found")
    assert wait(own, third).status_code == 200 == own.get(second).status_code
    assert counts(own).items() >= {"unfinished": 0, "finished": 2, "total": 3, 'forgotten_total{reason="time"}': 0,
                                   'forgotten_total{reason="room"}': 1, 'forgotten_total{reason="demand"}': 0}.items()
    own = start("--jobs-kept", "2", "--jobs-kept-seconds", "1")
    first, second = begin(own, small), begin(own, small)
    until(lambda: counts(own)["total"] == 2 and counts(own)["unfinished"] == counts(own)["finished"] == 0)
    for href in (first, second):
        assert_problem(own.get(href), 404, "not_found")
    assert counts(own) == {"unfinished": 0, "finished": 0, "bytes": 0, "total": 2, 'forgotten_total{reason="time"}': 2,
                           'forgotten_total{reason="room"}': 0, 'forgotten_total{reason="demand"}': 0}
    assert ask(own, "POST", "/efficiency", small).status_code == 202
    none = start("--jobs-kept", "0", "--async-after", "1", "--job-seconds", "2")
    assert ask(none, "POST", "/efficiency", small).status_code == 200
    assert_problem(ask(none, "POST", "/efficiency", BODY), 422, "too_much_work")


@pytest.mark.concurrent
def test_a_client_that_left_before_is_no_job(start):
    own = start("--job-threads", "1", "--async-after", "10")
    connection = own.connect()
    connection.sendall(request_of(heavy()))
    until(lambda: "\ntallystick_jobs_running 1\n" in own.get("/metrics").text)
    leave(connection, "reset")
    began = time.monotonic()
    assert ask(own, "POST", "/efficiency", contract_session.UNITS, prefer=None).status_code == 200
    assert time.monotonic() - began < 10 and counts(own)["total"] == 0


@pytest.mark.concurrent
def test_clients_that_left_while_they_waited_are_no_jobs(start):
    """Behind a computation that runs: nobody could name such a job, and it would hold a place."""
    own = start("--job-threads", "1", "--async-after", "2")
    href = begin(own)
    for how in ("close", "reset", "close"):
        connection = own.connect()
        connection.sendall(request_of(heavy()))
        time.sleep(0.3)
        leave(connection, how)
    time.sleep(3.5)
    assert counts(own)["total"] == counts(own)["unfinished"] == 1
    assert own.request("DELETE", href).status_code == 200
    reply = ask(own, "POST", "/efficiency", contract_session.UNITS, prefer=None)
    assert (wait(own, reply.json()["href"]) if reply.status_code == 202 else reply).status_code == 200


@pytest.mark.concurrent
def test_nobody_is_told_of_a_job_that_a_stop_would_end(start):
    for _ in range(5):
        own = start("--job-threads", "2", "--async-after", "3")
        with own.connect(30) as connection:
            connection.sendall(request_of(heavy()))
            time.sleep(2.4)  # a computation may go on for a second behind the signal: the moment of the 202 is among it
            own.process.send_signal(signal.SIGTERM)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert own.stop() == 0
        if b" 202 " not in received:
            break  # else the machine stood still for longer than there was left, and it was told before the stop
    assert b" 503 " in received and b'"stopping"' in received and b" 202 " not in received, received


@pytest.mark.concurrent
def test_a_full_queue_is_busy(start):
    own = start("--job-threads", "1", "--job-queue-length", "1")
    hrefs = [begin_running(own)]
    hrefs.append(begin(own))
    refused = assert_problem(ask(own, "POST", "/efficiency", contract_session.UNITS), 503, "busy")
    assert refused and counts(own)["unfinished"] == 2
    for href in hrefs:
        own.request("DELETE", href)


@pytest.mark.concurrent
def test_one_that_is_given_up_while_it_waits_leaves_its_place(start):
    own = start("--job-threads", "1", "--job-queue-length", "1")
    running = begin_running(own)
    for _ in range(3):
        waiting = begin(own)
        assert_problem(ask(own, "POST", "/efficiency", contract_session.UNITS), 503, "busy")
        assert own.request("DELETE", waiting).status_code == 200
        assert "\ntallystick_jobs_waiting 0\n" in own.get("/metrics").text
    last = begin(own, contract_session.UNITS)
    assert own.request("DELETE", running).status_code == 200
    assert wait(own, last).status_code == 200


@pytest.mark.concurrent
def test_nothing_is_lost_where_ends_meet(start):
    """Answers that come just when their requests have waited long enough, jobs that are given up just when they end."""
    own = start("--async-after", "1", "--job-queue-length", "512", "--jobs-kept", "4096")

    def one(number):
        body = json.loads(heavy(20 + number % 50))
        prefer = (None, "respond-async", "respond-async, wait=1")[number % 3]
        reply = ask(own, "POST", "/efficiency", body, prefer=prefer)
        if reply.status_code == 202 and number % 4 == 3:
            time.sleep(number % 7 / 20)
            assert own.request("DELETE", reply.json()["href"]).status_code == 200
            return "gone"
        if reply.status_code == 202:
            reply = wait(own, reply.json()["href"])
        assert reply.status_code == 200 and len(reply.json()["results"]) == len(body["dmus"])
        return "done"

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ends = list(pool.map(one, range(60)))
    assert ends.count("done") >= 40
    assert counts(own)["unfinished"] == 0


@pytest.mark.concurrent
def test_a_stop_ends_jobs(start):
    for _ in range(3):
        own = start("--job-threads", "2")
        for _ in range(4):
            begin(own)
        time.sleep(0.5)
        began = time.monotonic()
        assert own.stop() == 0
        took = time.monotonic() - began
        if took < 6:
            break  # else another program may have had the processors
    assert took < 6


@pytest.mark.concurrent
def test_private_services_ask_who_asks(start):
    own = start("--private")
    accepted = own.request("POST", "/efficiency", json=contract_session.UNITS, token=True, headers={"Prefer": "respond-async"})
    href = accepted.json()["href"]
    assert_problem(own.get(href), 401, "unauthenticated")
    assert wait(own, href, token=True).status_code == 200


@pytest.mark.concurrent
def test_a_half_closed_client_is_answered_too(start):
    own = start("--async-after", "1")
    with own.connect(30) as connection:
        connection.sendall(request_of(heavy()))
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert b"HTTP/1.1 202 " in received and b"Location: /jobs/" in received


def share_of(count):
    return int(count * SHARE)


def units_of(count):
    """Units that turn two inputs into two outputs, made up so that few are on the frontier."""
    names = ["x0", "x1", "y0", "y1"]
    return {"inputs": names[:2], "outputs": names[2:],
            "dmus": [{"id": f"u{u}", **{name: (u * 7919 + i * 104729) % 9973 + 1000 for i, name in enumerate(names)}} for u in range(count)]}


LONG = {
    "scores": ("/efficiency", units_of(share_of(1500))),
    "a model": ("/efficiency", {**units_of(share_of(1200)), "model": "sbm"}),
    "cross": ("/efficiency", {**units_of(share_of(800)), "model": "cross"}),
    "outliers": ("/efficiency", {**units_of(share_of(3000)), "outliers": True}),
    "outliers after intervals": ("/efficiency", {**units_of(share_of(1500)), "outliers": True, "bootstrap": 1000}),
    "a panel": ("/efficiency/malmquist", {**units_of(0), "dmus": [{**unit, "period": period, "x0": unit["x0"] + 7 * period} for period in range(3)
                                                                  for unit in units_of(share_of(2000))["dmus"]]}),
    "critical bandwidth": ("/density", {"values": [n * n % 1009 for n in range(share_of(300))], "tests": ["dip", "silverman"]}),
    "a boundary": ("/density", {"values": [n / 30000 for n in range(share_of(30000))] + [1e6], "kernel": "triweight", "bandwidth": 1,
                                "boundary": "reflect", "lower": 0, "from": 0, "to": 1, "points": 4096}),
}


@pytest.mark.concurrent
@pytest.mark.parametrize("what", LONG)
def test_progress_never_falls_and_ends_with_the_answer(server, what):
    path, body = LONG[what]
    accepted = ask(server, "POST", path, body)
    assert accepted.status_code == 202, accepted.text
    began, told = time.monotonic(), []
    while (reply := server.get(accepted.json()["href"])).status_code == 202 and time.monotonic() - began < 100:
        if reply.json()["state"] == "running" and reply.json()["progress"] is not None:
            told.append(reply.json()["progress"])
        time.sleep(0.004)
    assert reply.status_code == 200, reply.text
    assert told == sorted(told) and all(0 <= share < 1 for share in told)
    assert len(set(told)) > 1, told


def quick(server, source):
    """A small computation on numbers sent from an address, and one on stored figures: the seconds that the slower one took."""
    slowest = 0
    small = json.dumps(contract_session.UNITS | {"dmus": contract_session.UNITS["dmus"][:3]}).encode()
    for request in (request_of(small), b"GET /density?indicator=beds&years=2018&points=64 HTTP/1.1\r\nHost: t\r\n\r\n"):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=60, source_address=(source, 0)) as connection:
            connection.sendall(request)
            assert b" 200 " in connection.recv(65536).partition(b"\r\n")[0]
        slowest = max(slowest, time.monotonic() - began)
    return slowest


@pytest.mark.concurrent
def test_long_ones_do_not_hold_up_short_ones(start):
    """By the defaults: several long computations of one address, those that were asked for as such and those that became such while they ran; small ones
    of the same and of another address are answered at once, though nothing of the long ones ends."""
    own = start("--async-after", "2", "--job-seconds", "600")
    hrefs = [begin(own) for _ in range(6)]
    time.sleep(0.5)
    for source in ("127.0.0.1", "127.0.0.2"):
        assert quick(own, source) < 3 * 2, source
    slow = [own.connect(30) for _ in range(3)]
    for connection in slow:
        connection.sendall(request_of(heavy()))
    time.sleep(0.5)
    assert quick(own, "127.0.0.2") < 3 * 2  # the address that sends them has one place less than there are
    received = [connection.recv(65536) for connection in slow]
    assert all(b" 202 " in each for each in received), received
    assert quick(own, "127.0.0.2") < 3 * 2
    states = [own.get(href).json()["state"] for href in hrefs]
    assert states == ["running"] + ["waiting"] * 5
    assert counts(own)["unfinished"] == 9


@pytest.mark.concurrent
def test_jobs_of_one_address_leave_room_for_others(start):
    """In the queue and among the jobs that are kept; and those of others have their turn before the second of the one."""
    own = start("--jobs-kept", "8", "--job-queue-length", "64")
    first = [ask(own, "POST", "/efficiency", BODY) for _ in range(6)]
    assert [reply.status_code for reply in first] == [202] * 6
    hrefs = [reply.json()["href"] for reply in first]
    with own.connect(60) as connection:  # a seventh waits as if jobs were not
        connection.sendall(request_of(heavy()).replace(b"Host", b"Prefer: respond-async\r\nHost", 1))
        connection.settimeout(1)
        with pytest.raises(socket.timeout):
            connection.recv(1000)
    with socket.create_connection(("127.0.0.1", own.port), timeout=30, source_address=("127.0.0.2", 0)) as other:
        other.sendall(request_of(heavy(MANY)).replace(b"Host", b"Prefer: respond-async\r\nHost", 1))
        head, _, body = other.recv(65536).partition(b"\r\n\r\n")
    assert b" 202 " in head
    theirs = json.loads(body)["href"]
    assert own.request("DELETE", hrefs[0]).status_code == 200  # the one that runs
    reply = wait(own, theirs)
    assert reply.status_code == 200 and len(reply.json()["results"]) == MANY
    assert all(own.get(href).json()["state"] in ("waiting", "running") for href in hrefs[1:])
    full = start("--job-threads", "1", "--job-queue-length", "4")
    begin_running(full)
    for _ in range(3):
        begin(full)
    assert_problem(ask(full, "POST", "/efficiency", BODY), 503, "busy")
    with socket.create_connection(("127.0.0.1", full.port), timeout=30, source_address=("127.0.0.2", 0)) as other:
        other.sendall(request_of(heavy(MANY)).replace(b"Host", b"Prefer: respond-async\r\nHost", 1))
        assert b" 202 " in other.recv(65536)


@pytest.mark.concurrent
def test_one_that_finds_no_place_among_the_long_ones_has_the_time_of_a_short_one(start):
    own = start("--async-after", "1", "--job-seconds", "3")
    long = begin_running(own)
    reply = ask(own, "POST", "/efficiency", BODY, prefer=None)
    assert reply.status_code == 202  # its client need not wait
    ended = wait(own, reply.json()["href"])
    assert assert_problem(ended, 422, "too_much_work")["detail"].count("3 s") == 1
    assert own.get(long).json()["state"] == "running"
    assert own.request("DELETE", long).status_code == 200
    reply = ask(own, "POST", "/efficiency", BODY, prefer=None)
    time.sleep(3)
    assert own.get(reply.json()["href"]).json()["state"] == "running"  # it has a place now
    own.request("DELETE", reply.json()["href"])
