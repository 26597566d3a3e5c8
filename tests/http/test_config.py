"""The options: one table says it all, GET /config shows it, docs/configuration.md tells it.

TALLYSTICK_GOLDEN=write writes the table of docs/configuration.md anew."""

import os
import pathlib
import re

import conftest
from conftest import run

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
HEAD = "| option | variable | what it is | for | reload | secret |\n| --- | --- | --- | --- | --- | --- |\n"


RELOADED, SECRET = "; SIGHUP reads it anew", "; secret"


def options():
    """[(option with its argument, variable, help, remarks, sub-commands)] as --help has them."""
    found = re.findall(rf"^  (--\S+(?: \S+)?)   (TALLYSTICK_\w+)\n      (.*?)((?:{RELOADED})?(?:{SECRET})?)\n      for: (.*)$",
                       run("--help").stdout, re.M)
    assert len(found) >= 20
    return found


def words(commands):
    return ", ".join(re.findall(r"(?:token|key) \w+|\w+", commands))


def row(option, variable, text, remarks, commands):
    reload, secret = ("yes" if mark in remarks else "" for mark in (RELOADED, SECRET))
    return f"| `{option}` | `{variable}` | {text} | {words(commands)} | {reload} | {secret} |\n"


def table():
    return HEAD + "".join(row(*option) for option in options())


def test_the_page_has_every_option():
    page = PAGE.read_text(encoding="utf-8")
    begin = page.index(HEAD)
    end = page.index("\n\n", begin) + 1
    if os.environ.get("TALLYSTICK_GOLDEN") == "write":
        PAGE.write_text(page[:begin] + table() + page[end:], encoding="utf-8")
        return
    assert page[begin:end] == table()


def by_name(server):
    reply = server.get("/config", token=True)
    assert reply.status_code == 200 and reply.headers["Cache-Control"] == "no-store", reply.text
    return {option["name"]: option for option in reply.json()["options"]}


def test_values_and_where_they_are_from(start, monkeypatch):
    plain = conftest.environment()
    monkeypatch.setattr(conftest, "environment", lambda: {**plain, "TALLYSTICK_JOB_SECONDS": "17", "TALLYSTICK_LOOPS": "3"})
    server = start("--queue-length", "9", "--log-level=warn", "--loops", "2")
    found = by_name(server)
    served = [option[2:].split()[0] for option, _, _, _, commands in options() if "serve" in words(commands).split(", ")]
    assert list(found) == served
    for option, variable, text, _, _ in options():
        shown = found.get(option[2:].split()[0])
        assert shown is None or (shown["variable"] == variable and text.startswith(shown["help"]))
    told = {name: (found[name]["value"], found[name]["source"]) for name in found}
    assert told["queue-length"] == (9, "option") and told["log-level"] == ("warn", "option")
    assert told["loops"] == (2, "option")  # which the command line knows better than the environment
    assert told["job-seconds"] == (17, "environment") and told["connections"] == (4096, "default")
    assert told["private"] == (False, "default") and told["cors-origin"] == (None, "default")
    assert told["job-threads"][0] >= 2 and told["job-threads"][1] == "default"
    assert told["data-dir"] == (str(server.data_dir), "option")
    assert {name for name in found if found[name]["reload"]} == {option[2:].split()[0] for option, _, _, remarks, _ in options() if RELOADED in remarks}
    assert [name for name in found if found[name]["secret"]] == ["tls-key", "node-key"] and found["tls-key"]["value"] is None
    assert (found["job-seconds"]["minimum"], found["job-seconds"]["maximum"]) == (1, 3600)


def test_for_administrators_alone(server):
    assert server.get("/config").json()["code"] == "unauthenticated"
    text = server.get("/config", token=True).text
    assert server.token not in text and "tly_" not in text
