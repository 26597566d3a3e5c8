"""What docker/ gives to those who run the service: the unit, the rules and the dashboard agree with the program."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import binary, environment
from world import World

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = re.compile(r"\b(?:tallystick|process)_[a-z_]+\b")
LABELS = re.compile(r"(?:by|without) \(([^)]*)\)|[{,]\s*([a-z_]+)=")


def alerts():
    rules = yaml.safe_load((ROOT / "docker/alerts.yaml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"]
    return [rule["expr"] for rule in rules]


def panels():
    return json.loads((ROOT / "docker/grafana.json").read_text())["panels"]


def expressions():
    return alerts() + [target["expr"] for panel in panels() for target in panel["targets"]]


@pytest.fixture
def series(start):
    """(names of families and series, names of labels) after a read, a write and a refusal."""
    server = start()
    World(server).intake(1)
    assert server.get("/nowhere").status_code == 404
    text = server.get("/metrics").text
    names = set(re.findall(r"^([a-z_]+)[{ ]", text, re.M))
    return names, set(re.findall(r'[{,]([a-z_]+)="', text)) | {"instance"}


def test_rules_and_panels_name_what_there_is(series):
    names, labels = series
    for expression in expressions():
        used = set(NAME.findall(expression))
        assert used and used <= names, (expression, used - names)
        for listed, matched in LABELS.findall(expression):
            wanted = {label.strip() for label in listed.split(",")} if listed else {matched}
            assert wanted <= labels, (expression, wanted - labels)


def test_whatever_is_measured_is_shown(series):
    names, _ = series
    used = {name for expression in expressions() for name in NAME.findall(expression)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names if name.startswith("tallystick_")}
    assert families == {re.sub(r"_(bucket|sum|count)$", "", name) for name in used if name.startswith("tallystick_")}


def test_panels_do_not_lie_over_each_other():
    taken = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


def unit():
    """{name: [values]} of all sections."""
    found = {}
    for line in (ROOT / "docker/tallystick.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_starts_what_the_program_takes(tmp_path):
    """Its command line with another directory and a free port, until it listens and stops."""
    words = unit()["ExecStart"][0].split()
    assert words[0] == "/usr/local/bin/tallystick" and words[words.index("--data-dir") + 1] == "/var/lib/tallystick"
    words = [binary(), *words[1:], "--listen", "127.0.0.1:0"]
    words[words.index("--data-dir") + 1] = str(tmp_path / "data")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()) as process:
        try:
            assert process.stdout.readline().startswith("listening on ")
        finally:
            process.terminate()
        assert process.wait(timeout=30) == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_takes_the_units(tmp_path):
    copies = [tmp_path / "tallystick.service", tmp_path / "tallystick.socket"]
    for copy in copies:
        copy.write_text((ROOT / "docker" / copy.name).read_text().replace("/usr/local/bin/tallystick", binary()))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, copies)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "tallystick" in line]
    assert not ours, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_the_unit_is_closed(tmp_path):
    """systemd's own sum of what a service could do beyond its work, of 10: what is left is the network, sockets and the host's directories."""
    copy = tmp_path / "tallystick.service"
    copy.write_text((ROOT / "docker/tallystick.service").read_text().replace("/usr/local/bin/tallystick", binary()))
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=12", str(copy)], capture_output=True, text=True, check=False)
    if "Unknown" in done.stderr or "unrecognized" in done.stderr:
        pytest.skip("this systemd-analyze does not look at files")
    assert done.returncode == 0 and re.search(r"exposure level for tallystick.service: 1\.[0-2]", done.stdout), done.stdout[-300:] + done.stderr


def test_install_puts_everything_in_place(tmp_path):
    made = subprocess.run(["make", "--no-print-directory", "install", f"DESTDIR={tmp_path}", "PREFIX=/opt/tally", f"PROGRAM={binary()}"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    program = tmp_path / "opt/tally/bin/tallystick"
    assert os.access(program, os.X_OK)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert version == subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True).stdout
    service = (tmp_path / "lib/systemd/system/tallystick.service").read_text()
    assert "ExecStart=/opt/tally/bin/tallystick serve" in service and "/usr/local" not in service
    assert "ListenStream=" in (tmp_path / "lib/systemd/system/tallystick.socket").read_text()
    assert (tmp_path / "lib/sysusers.d/tallystick.conf").read_text().startswith("# systemd-sysusers")
