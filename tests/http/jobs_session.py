"""The part of the contract's session (contract_session.py) about computations that become jobs."""

import time


def play(p, questions, panel, stranger):
    """Each analysis once as a job, and what becomes of jobs. stranger: a token that is no administrator's."""
    for method, path, body in questions:
        accepted = p.ask(f"job of {method} {path.partition('?')[0]}", method, path, body, Prefer="respond-async")
        assert accepted.status_code == 202, accepted.text
        wait_for_job(p, accepted.json()["href"])
        p.get_twice(f"job's answer to {method} {path.partition('?')[0]}", accepted.json()["href"])
    accepted = p.ask("job of a table", "POST", "/efficiency/malmquist", panel, Prefer="respond-async", Accept="text/csv")
    wait_for_job(p, accepted.json()["href"])
    p.get("job's table", accepted.json()["href"])
    picture = p.ask("job of a picture", *questions[-1], Prefer="respond-async", Accept="image/svg+xml")
    wait_for_job(p, picture.json()["href"])
    p.get("job's picture", picture.json()["href"])
    wrong = p.ask("job of a wrong question", "POST", "/efficiency/malmquist", {**panel, "outputs": panel["inputs"]}, Prefer="respond-async")
    wait_for_job(p, wrong.json()["href"])
    p.get("job's refusal", wrong.json()["href"])
    p.get("job followed to its end", picture.json()["href"] + "/events", Accept="text/event-stream")
    p.get("job whose end is known", picture.json()["href"] + "/events", Accept="text/event-stream", Last_Event_ID="1003")
    names = [f"n{i}" for i in range(40)]
    heavy = {"inputs": names[:20], "outputs": names[20:],
             "dmus": [{"id": f"u{u}", **{name: (u * 7919 + i * 104729) % 9973 + 1 for i, name in enumerate(names)}} for u in range(1500)]}
    job = p.ask("heavy job", "POST", "/efficiency", heavy, Prefer="respond-async").json()["href"]
    p.get("job under way", job)
    p.get("job's events of a version", job + "/events", Accept="text/event-stream", If_Match='"0"')
    p.get("job's events with a query", job + "/events?x=1", Accept="text/event-stream")
    p.get("job's events wrong token", job + "/events", Accept="text/event-stream", token="nobody")
    p.get("job's events behind none", job + "/events", Accept="text/event-stream", Last_Event_ID="1006")
    p.get("job with a query", job + "?x=1")
    p.get("job wrong token", job, token="nobody")
    p.ask("job given up under a condition", "DELETE", job, If_Match='"0123456789abcdef"')
    p.ask("job given up with a query", "DELETE", job + "?x=1")
    p.ask("job given up by a wrong token", "DELETE", job, token="nobody")
    p.ask("job given up", "DELETE", job)
    own = p.ask("job of an organisation", "POST", "/efficiency", heavy, token=True, Prefer="respond-async").json()["href"]
    p.ask("job of an organisation given up by nobody", "DELETE", own)
    p.ask("job of an organisation given up by another", "DELETE", own, token=stranger)
    p.ask("job of an organisation given up", "DELETE", own, token=True)
    p.ask("job given up again", "DELETE", job)
    p.get("job gone", job)
    p.get("job gone, followed", job + "/events", Accept="text/event-stream")


def wait_for_job(p, href):
    while p.server.get(href).status_code == 202:
        time.sleep(0.05)
