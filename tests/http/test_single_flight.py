"""Equal questions that are asked while the first of them waits or is computed: one computation, and everybody's answer."""

import concurrent.futures
import json
import re
import socket
import time

import pytest

import contract_session
from analysis_support import assert_problem
from conftest import run
from test_async import BODY, begin, counts
from test_jobs import leave
from test_job_events import CANCELLED, JobFollower, told
from test_events import following

QUESTION = "/efficiency?year=2011&inputs=institutions_per_10k,health_personnel_all_per_10k&outputs=hospital_visits&by=belt"
SAME = "/efficiency?outputs=hospital_visits&inputs=institutions_per_10k,health_personnel_all_per_10k&solver=simplex&by=belt&year=2011"
SLOW = QUESTION + "&solver=glpk&bootstrap=10000"  # minutes of it


def value(server, name):
    return sum(float(found) for found in re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", server.get("/metrics", token=True).text, re.M))


def until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def computed(server):
    text = server.get("/metrics", token=True).text
    return {kind: int(count) for kind, count in re.findall(r'^tallystick_job_duration_seconds_count{kind="(\w+)"} (\d+)$', text, re.M)}


class Asker:
    """One who asks and waits."""

    def __init__(self, server, path, source="127.0.0.1", **headers):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60, source_address=(source, 0))
        lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n{lines}\r\n".encode())

    def answer(self):
        """Status, headers and body."""
        received = b""
        with self.socket:
            while piece := self.socket.recv(65536):
                received += piece
        while received.startswith(b"HTTP/1.1 1"):
            received = received.partition(b"\r\n\r\n")[2]
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body

    def leave(self, how):
        leave(self.socket, how)


def hold(server, **more):
    """A job on the only thread; what is asked behind it waits until it is given up."""
    href = begin(server, **more)
    until(lambda: server.get(href).json()["state"] == "running")
    return href


def plain(server, path, **headers):
    return server.get(path, headers={"Accept-Encoding": "identity", **headers})


def joined(server):
    return value(server, "tallystick_computations_joined_total")


@pytest.mark.concurrent
def test_equal_questions_are_computed_once(start):
    own = start("--job-threads", "1", "--job-queue-length", "1", "--async-after", "600")
    first = hold(own)
    askers = [Asker(own, QUESTION)]
    until(lambda: value(own, "tallystick_jobs_waiting") == 1)
    assert_problem(own.get(QUESTION.replace("2011", "2012")), 503, "busy")  # a computation more is one too many, askers of this one are not
    askers += [Asker(own, SAME if number % 2 else QUESTION, f"127.0.0.{number % 3 + 1}") for number in range(23)]
    until(lambda: joined(own) == 23)
    assert value(own, "tallystick_jobs_waiting") == 1 and value(own, "tallystick_jobs_running") == 1
    own.request("DELETE", first)
    answers = [asker.answer() for asker in askers]
    assert computed(own)["stored"] == 1
    now = plain(own, QUESTION)
    for status, headers, body in answers:
        assert (status, body, headers["ETag"], headers["Tallystick-Seq"]) == (200, now.content, now.headers["ETag"], now.headers["Tallystick-Seq"])
    assert len({headers["Request-Id"] for _, headers, _ in answers}) == 24
    assert computed(own)["stored"] == 1 and joined(own) == 23  # and it is kept


@pytest.mark.concurrent
def test_who_has_ended_its_sending_is_answered_beside_others(start):
    """Those of one loop are resumed together, and none is read before its answer is out."""
    own = start("--job-threads", "1", "--loops", "1", "--async-after", "600")
    first = hold(own)
    askers = [Asker(own, QUESTION) for _ in range(8)]
    for asker in askers:
        asker.socket.shutdown(socket.SHUT_WR)
    until(lambda: joined(own) == 7)
    own.request("DELETE", first)
    assert [asker.answer()[0] for asker in askers] == [200] * 8


@pytest.mark.concurrent
def test_each_gets_the_representation_that_it_asked_for(start):
    own = start("--job-threads", "1", "--async-after", "600")
    first = hold(own)
    wishes = [(QUESTION, {}), (QUESTION, {"Accept": "text/csv"}), (QUESTION, {"Accept": "text/csv; header=absent"}), (QUESTION + "&fields=dmu,crste", {}),
              (QUESTION, {"Accept": "image/svg+xml"}), (contract_session.DENSITY, {"Accept-Language": "zh"}), (contract_session.DENSITY, {}),
              (contract_session.DENSITY + "&table=modes", {})]
    askers = [(wish, Asker(own, wish[0], **wish[1])) for wish in wishes * 2]
    until(lambda: joined(own) == len(wishes))
    assert value(own, "tallystick_jobs_waiting") == len(wishes)
    own.request("DELETE", first)
    for (path, headers), asker in askers:
        status, had, body = asker.answer()
        now = plain(own, path, **headers)
        assert status == 200 and (body, had["Content-Type"], had["ETag"]) == (now.content, now.headers["Content-Type"], now.headers["ETag"])
        assert had.get("Content-Language") == now.headers.get("Content-Language")


@pytest.mark.concurrent
def test_a_problem_is_everybodys(start):
    own = start("--job-threads", "1", "--async-after", "600")
    first = hold(own)
    askers = [Asker(own, QUESTION.replace("2011", "1999")) for _ in range(3)]
    until(lambda: joined(own) == 2)
    own.request("DELETE", first)
    assert [json.loads(asker.answer()[2])["code"] for asker in askers] == ["no_figures"] * 3


@pytest.mark.concurrent
def test_figures_that_changed_are_another_question(start):
    own = start("--job-threads", "1", "--async-after", "600")
    first = hold(own)
    old = [Asker(own, QUESTION) for _ in range(2)]
    until(lambda: joined(own) == 1)
    assert own.put("/figures", {"figures": [{"indicator": "hospital_visits", "year": 2011, "province": "CN-BJ", "value": 12345}]}).status_code in (200, 201)
    new = [Asker(own, QUESTION) for _ in range(2)]
    until(lambda: joined(own) == 2)
    assert value(own, "tallystick_jobs_waiting") == 2
    own.request("DELETE", first)
    answers = [asker.answer() for asker in old + new]
    now = plain(own, QUESTION)
    assert all((status, body, headers["Tallystick-Seq"]) == (200, now.content, now.headers["Tallystick-Seq"]) for status, headers, body in answers)


@pytest.mark.concurrent
@pytest.mark.parametrize("how", ["close", "reset"])
def test_who_leaves_takes_nobody_along(start, how):
    """The first who asked, and one of the others, before it is computed and while it is; when all have gone it ends."""
    own = start("--job-threads", "1", "--async-after", "600")
    first = hold(own)
    askers = [Asker(own, QUESTION, f"127.0.0.{number + 1}") for number in range(4)]
    until(lambda: joined(own) == 3)
    askers[0].leave(how)
    askers[2].leave(how)
    time.sleep(0.5)
    own.request("DELETE", first)
    assert [askers[number].answer()[0] for number in (1, 3)] == [200, 200]
    assert computed(own)["stored"] == 1
    askers = [Asker(own, SLOW, f"127.0.0.{number + 1}") for number in range(3)]
    until(lambda: joined(own) == 5 and value(own, "tallystick_jobs_running") == 1)
    for asker in askers[:2]:
        asker.leave(how)
    until(lambda: value(own, "tallystick_requests_waiting") == 2)  # the first one's is the computation's own
    time.sleep(0.5)
    assert value(own, "tallystick_jobs_running") == 1
    askers[2].leave(how)
    until(lambda: value(own, "tallystick_jobs_running") == 0 and value(own, "tallystick_requests_waiting") == 0)
    assert own.get(QUESTION).status_code == 200


@pytest.mark.concurrent
def test_jobs_of_one_computation_have_their_own_names_and_ends(start):
    own = start("--job-threads", "1", "--async-after", "600")

    def as_job(path):
        reply = own.get(path, headers={"Prefer": "respond-async"})
        assert reply.status_code == 202, reply.text
        return reply.json()["href"]

    first = hold(own)
    waiting = [as_job(QUESTION) for _ in range(3)]
    assert len(set(waiting)) == 3 and value(own, "tallystick_jobs_waiting") == 1
    with following(JobFollower(own, waiting[0]), JobFollower(own, waiting[1])) as (given_up, other):
        until(lambda: all(one.ids() or one.read() and one.ids() for one in (given_up, other)))
        own.request("DELETE", waiting[0])  # for which the others' is computed
        assert given_up.to_end()[-1] == CANCELLED
        assert_problem(own.get(waiting[0]), 404, "not_found")
        assert [own.get(href).json()["state"] for href in waiting[1:]] == ["waiting"] * 2
        own.request("DELETE", first)
        assert other.to_end()[-1] == 1003
    assert [own.get(href).content for href in waiting[1:]] == [own.get(QUESTION).content] * 2
    assert computed(own)["long"] == 2 and computed(own)["stored"] == 0
    running = [as_job(SLOW) for _ in range(3)]
    until(lambda: all((own.get(href).json()["progress"] or 0) > 0 for href in running))
    shares = [own.get(href).json() for href in running]
    assert all(share["state"] == "running" for share in shares)
    for href in (running[0], running[2]):
        own.request("DELETE", href)
    seen = own.get(running[1]).json()["progress"]
    late = as_job(SLOW)  # joins what goes on without a name
    for href in (running[1], late):
        until(lambda href=href: own.get(href).json()["progress"] > seen)
        assert own.get(href).json()["state"] == "running" and value(own, "tallystick_jobs_running") == 1
    with following(JobFollower(own, late)) as (follower,):
        until(lambda: follower.read() and follower.ids())
        assert follower.ids()[-1] < 1003
    own.request("DELETE", late)
    own.request("DELETE", running[1])
    until(lambda: value(own, "tallystick_jobs_running") == 0)
    blocked = hold(own)
    pair = [as_job(SLOW) for _ in range(2)]
    for href in pair:
        assert value(own, "tallystick_jobs_waiting") == 1
        own.request("DELETE", href)
    assert value(own, "tallystick_jobs_waiting") == 0 and counts(own)["unfinished"] == 1
    own.request("DELETE", blocked)


@pytest.mark.concurrent
def test_a_request_becomes_a_job_of_its_own(start):
    """Those that waited long enough are told so, each with a name of its own, and none ends another's."""
    own = start("--async-after", "1", "--job-threads", "1")
    replies = [asker.answer() for asker in [Asker(own, SLOW) for _ in range(3)]]
    assert [status for status, _, _ in replies] == [202] * 3
    hrefs = [json.loads(body)["href"] for _, _, body in replies]
    assert len(set(hrefs)) == 3
    own.request("DELETE", hrefs[0])
    time.sleep(0.3)
    assert [own.get(href).json()["state"] for href in hrefs[1:]] == ["running"] * 2
    for href in hrefs[1:]:
        own.request("DELETE", href)
    until(lambda: value(own, "tallystick_jobs_running") == 0)


@pytest.mark.concurrent
def test_who_may_not_ask_is_not_told(start):
    own = start("--private", "--job-threads", "1", "--async-after", "600")
    tokens = []
    for organisation in ("EAST", "WEST"):
        assert own.put(f"/organisations/{organisation}", {"name": organisation, "kind": "hospital", "province": "CN-HB"}).status_code == 201
        made = run("token", "create", "--data-dir", str(own.data_dir), "--organisation", organisation, "--role", "operator")
        assert made.returncode == 0, made.stderr
        tokens.append(made.stdout.strip())
    first = own.request("POST", "/efficiency", json=BODY, token=tokens[0], headers={"Prefer": "respond-async"}).json()["href"]
    until(lambda: own.get(first, token=True).json()["state"] == "running")
    askers = [Asker(own, QUESTION, Authorization="Bearer " + token) for token in tokens]
    until(lambda: joined(own) == 1)
    assert_problem(own.get(QUESTION), 401, "unauthenticated")
    assert_problem(own.get(QUESTION, token="nobody"), 401, "unauthenticated")
    own.request("DELETE", first, token=tokens[0])
    (status, headers, body), other = (asker.answer() for asker in askers)
    assert (status, body) == (other[0], other[2]) == (200, own.get(QUESTION, token=True).content)
    assert headers["Cache-Control"] == other[1]["Cache-Control"] == "no-store"


@pytest.mark.concurrent
def test_a_stop_while_many_ask_the_same(start):
    own = start("--job-threads", "1", "--async-after", "600")
    hold(own)
    askers = [Asker(own, QUESTION) for _ in range(8)]
    until(lambda: joined(own) == 7)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(own.stop)
        answers = [asker.answer() for asker in askers]
        assert stopped.result() == 0
    assert {status for status, _, _ in answers} <= {200, 503}


@pytest.mark.concurrent
def test_many_who_come_and_go_are_computed_for(start):
    """Where ends meet: questions that begin, end, are joined and left at once; each that stays has the right answer."""
    own = start("--async-after", "1")
    wanted = {}
    paths = [QUESTION + f"&bootstrap=100&seed={seed}" for seed in range(4)]

    def one(number):
        path = paths[number // 12 % len(paths)]
        if number % 5 == 4:
            asker = Asker(own, path)
            time.sleep(number % 7 / 200)
            asker.leave("reset" if number % 2 else "close")
            return None
        if number % 5 == 3:
            reply = own.get(path, headers={"Prefer": "respond-async"})
            if reply.status_code == 202:
                if number % 2:
                    assert own.request("DELETE", reply.json()["href"]).status_code == 200
                    return None
                told(own, reply.json()["href"])
                reply = own.get(reply.json()["href"])
            return path, reply.status_code, reply.content
        status, _, body = Asker(own, path).answer()
        if status == 202:
            href = json.loads(body)["href"]
            assert told(own, href)[-1] == 1003
            reply = own.get(href)
            status, body = reply.status_code, reply.content
        return path, status, body

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for found in pool.map(one, range(96)):
            if found is not None:
                path, status, body = found
                assert status == 200
                assert wanted.setdefault(path, body) == body
    assert all(own.get(path).content == body for path, body in wanted.items()) and len(wanted) == len(paths)
    until(lambda: value(own, "tallystick_requests_waiting") == 0 and value(own, "tallystick_jobs_running") == 0)
    assert counts(own)["unfinished"] == 0
