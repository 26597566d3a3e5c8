"""/jobs/{id}/events: what becomes of a computation, to those who follow it, lose their connection, read slowly, leave, or come late."""

import concurrent.futures
import json
import re
import time

import pytest

import contract_session
from test_async import BODY, ask, begin, wait
from test_events import STREAM, Follower, following, taken
from test_jobs import MANY
from world import problem

WAITING, RUNNING, SHARE, DONE, FAILED, CANCELLED = 1, 2, 3, 1003, 1004, 1005
ENDS = {DONE: "done", FAILED: "failed", CANCELLED: "cancelled"}
SMALL = contract_session.UNITS


class JobFollower(Follower):
    def __init__(self, server, href, **more):
        super().__init__(server, href + "/events", **more)
        self.href = href

    def events(self):
        """The ids of the whole events so far, each of which says of the job what its id does."""
        ids = []
        for lines in self.blocks():
            (first, number), (second, event), (third, data) = (line.split(": ", 1) for line in lines)
            assert (first, second, third) == ("id", "event", "data"), lines
            job, number = json.loads(data), int(number)
            assert job["href"] == self.href == "/jobs/" + job["id"] and list(job) == ["id", "href", "state", "progress"]
            assert event == ENDS.get(number, "progress")
            assert job["state"] == ENDS.get(number, "waiting" if number == WAITING else "running")
            assert job["progress"] == (1 if number == DONE else (number - SHARE) / 1000 if SHARE <= number < DONE else None)
            ids.append(number)
        return ids

    ids = events

    def to_end(self):
        while not self.received.endswith(b"\r\n0\r\n\r\n"):
            assert self.read(), self.received[-200:]
        return self.ids()


def told(server, href, last=None):
    with following(JobFollower(server, href, last=last)) as (follower,):
        return follower.to_end()


def followers(server):
    return int(re.search(r"^tallystick_followers (\d+)$", server.get("/metrics").text, re.M)[1])


def until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.concurrent
def test_a_job_is_followed_to_its_end(start):
    own = start("--job-threads", "1")
    first = begin(own, {**BODY, "dmus": BODY["dmus"][:MANY]})
    second = begin(own, SMALL)
    with following(JobFollower(own, second), JobFollower(own, first), JobFollower(own, first)) as (behind, one, other):
        assert one.to_end()[-1] == other.to_end()[-1] == DONE
        for ids in (one.ids(), other.ids()):
            assert ids == sorted(set(ids)) and len(ids) > 3  # it is told of what is done, not of the end alone
        ids = behind.to_end()
        assert ids[0] == WAITING and ids[-1] == DONE and ids == sorted(set(ids))
        head = one.received.partition(b"\r\n\r\n")[0].decode() + "\r\n"
        for line in ("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no"):
            assert f"{line}\r\n" in head
        assert one.body().startswith("retry: 3000\n\nid: ")
    assert own.get(second).status_code == 200


def test_a_finished_job_has_its_end_told_at_once(server):
    done, failed = begin(server, SMALL), begin(server, {**SMALL, "outputs": ["visits", "visits"]})
    assert wait(server, done).status_code == 200 and wait(server, failed).status_code == 422
    assert told(server, done) == told(server, done, last=RUNNING) == told(server, done, last=DONE - 1) == [DONE]
    assert told(server, failed) == told(server, failed, last=DONE - 1) == [FAILED]
    for href in (done, failed):
        known = server.get(href + "/events", headers={**STREAM, "Last-Event-ID": str(DONE)})
        assert known.status_code == 204 and not known.content and "Content-Type" not in known.headers
    received, was_closed = server.raw(f"GET {done}/events HTTP/1.0\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert was_closed and f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n" and body.startswith(b"retry: 3000\n\nid: 1003\nevent: done\n")
    received, was_closed = server.raw(f"HEAD {done}/events HTTP/1.1\r\nHost: x\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close" in received and was_closed


def test_what_cannot_be_followed(server):
    href = begin(server, SMALL)
    for last in ("x", "-1", "1.5", str(CANCELLED + 1), "99999999999999999999"):
        refusal = problem(server.get(href + "/events", headers={**STREAM, "Last-Event-ID": last}), 400, "invalid_query")
        assert refusal["errors"][0]["parameter"] == "Last-Event-ID"
    problem(server.get(href + "/events?after=1", headers=STREAM), 400, "invalid_query")
    problem(server.get(href + "/events", headers={"Accept": "application/json"}), 406, "not_acceptable")
    problem(server.get("/jobs/" + "0" * 32 + "/events", headers=STREAM), 404, "not_found")
    assert server.request("DELETE", href + "/events").status_code == 405


@pytest.mark.concurrent
def test_who_follows_a_job_that_is_given_up_is_told(start):
    own = start("--job-threads", "1")
    running, waiting = begin(own), begin(own)
    with following(JobFollower(own, running), JobFollower(own, waiting)) as both:
        until(lambda: all(one.read() and one.ids() for one in both))
        for href in (waiting, running):
            assert own.request("DELETE", href).status_code == 200
        for one in both:
            ids = one.to_end()
            assert ids[-1] == CANCELLED and ids == sorted(set(ids))
    for href in (waiting, running):
        problem(own.get(href + "/events", headers={**STREAM, "Last-Event-ID": "2"}), 404, "not_found")


@pytest.mark.concurrent
def test_followers_who_come_and_go_are_told_the_end(start):
    """They break off at any byte, and name the last event that they had whole when they come back."""
    own, breaks = start("--job-threads", "2"), []

    def follow(number):
        href = begin(own, {**BODY, "dmus": BODY["dmus"][:MANY // 4 + MANY * 3 // 40 * number]})
        seen, step = [0], number
        while seen[-1] < DONE:
            follower = JobFollower(own, href, last=seen[-1])
            follower.socket.settimeout(0.02 * (step % 3 + 1))
            seen += taken(follower, step % 4 + 1)
            step += 1
            # Ever slower: else those who come back would take the processors from the jobs, which give way to requests.
            time.sleep(min(0.5, 0.01 * (step - number)))
        assert seen == sorted(set(seen)) and seen[-1] == DONE
        breaks.append(step - number)
        return own.get(href).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(follow, range(8))) == [200] * 8
    print(f"broke off {sum(breaks)} times, {min(breaks)} at least")
    until(lambda: followers(own) == 0)


@pytest.mark.concurrent
def test_who_leaves_or_reads_nothing_holds_nothing(start):
    """A client that leaves is noticed when there is something to say, and takes no other's place; one that reads nothing is owed one event, not all."""
    own = start("--connections", "8", "--job-threads", "1")
    href = begin(own)
    with following(*(JobFollower(own, href) for _ in range(3))) as leaving:
        until(lambda: followers(own) == 3)
    until(lambda: followers(own) == 0)
    with following(*(JobFollower(own, href, buffer=2048) for _ in range(4))) as (*slow, quick):
        until(lambda: followers(own) == 4)
        refused = own.get(href + "/events", headers=STREAM)
        problem(refused, 503, "busy")
        assert refused.headers["Retry-After"] == "30" and "job" in refused.json()["detail"]
        problem(own.get("/events", headers=STREAM), 503, "busy")  # they are counted together
        until(lambda: quick.read() and max(quick.ids(), default=0) > SHARE + 5)
        assert own.request("DELETE", href).status_code == 200
        for one in (*slow, quick):
            assert one.to_end()[-1] == CANCELLED


@pytest.mark.concurrent
def test_a_stop_ends_streams_of_jobs_at_once(start):
    for _ in range(3):
        own = start("--job-threads", "2")
        hrefs = [begin(own) for _ in range(3)]
        with following(*(JobFollower(own, href) for href in hrefs for _ in range(4))) as them:
            until(lambda: followers(own) == 12)
            began = time.monotonic()
            assert own.stop() == 0
            took = time.monotonic() - began
            for one in them:
                assert all(number < DONE for number in one.to_end())
        if took < 6:
            break  # else another program may have had the processors
    assert took < 6


@pytest.mark.concurrent
def test_private_services_ask_who_follows(start):
    own = start("--private")
    accepted = own.request("POST", "/efficiency", json=SMALL, token=True, headers={"Prefer": "respond-async"})
    path = accepted.json()["href"] + "/events"
    problem(own.get(path, headers=STREAM), 401, "unauthenticated")
    reply = own.get(path, headers=STREAM, token=True)
    assert reply.status_code == 200 and reply.text.endswith('"state":"done","progress":1}\n\n')


def test_a_request_that_became_a_job_is_followed_too(start):
    own = start("--async-after", "1")
    href = ask(own, "POST", "/efficiency", BODY, prefer=None).json()["href"]
    with following(JobFollower(own, href)) as (follower,):
        until(lambda: follower.read() and len(follower.ids()) > 1)
        own.request("DELETE", href)
        assert follower.to_end()[-1] == CANCELLED
