"""What Prometheus' own program says of /metrics, of the rules and of what the dashboard asks."""

import json
import subprocess
import urllib.request

import yaml

from conftest import ROOT, tool


def promtool(*words, text=None):
    done = subprocess.run([tool("debian/usr/bin/promtool"), *words], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_metrics(server):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("/provinces", "/healthz", "/density?indicator=beds&years=2019"):
        opener.open(server.url + path).read()
    said = promtool("check", "metrics", text=opener.open(server.url + "/metrics").read().decode())
    assert said.strip() == "", said  # it has advice, too


def test_rules():
    assert "SUCCESS" in promtool("check", "rules", str(ROOT / "docker/alerts.yaml"))


def test_the_dashboards_queries(tmp_path):
    """As recording rules, which promtool parses; what Grafana fills in is filled in."""
    panels = json.loads((ROOT / "docker/grafana.json").read_text())["panels"]
    asked = [target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*") for panel in panels for target in panel["targets"]]
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": [
        {"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(asked)]}]}))
    assert f"SUCCESS: {len(asked)} rules" in promtool("check", "rules", str(rules))


def test_alerts_ring(tmp_path):
    """Some of them, on made-up series: when they begin, and that they do not without a reason."""
    def series(name, values):
        return {"series": name, "values": values}

    def wanted(minute, name, labels=None):
        return {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": [{"exp_labels": labels}] if labels else []}
    here = 'instance="a"'
    cases = [
        ([series(f"tallystick_ledger_is_broken{{{here}}}", "0x3 1x3")], [wanted(2, "TallystickLedgerBroken"),
                                                                        wanted(5, "TallystickLedgerBroken", {"severity": "critical", "instance": "a"})]),
        ([series(f"tallystick_commits_late_total{{{here}}}", "0x5 2x20")], [wanted(5, "TallystickCommitsLate"),
                                                                           wanted(7, "TallystickCommitsLate", {"severity": "warning", "instance": "a"}),
                                                                           wanted(20, "TallystickCommitsLate")]),
        ([series(f'tallystick_http_requests_total{{{here},status="2xx"}}', "0+100x30"),
          series(f'tallystick_http_requests_total{{{here},status="5xx"}}', "0x10 0+5x20")], [
              wanted(9, "TallystickServerErrors"), wanted(25, "TallystickServerErrors", {"severity": "warning", "instance": "a"})]),
    ]
    rules = yaml.safe_load((ROOT / "docker/alerts.yaml").read_text())
    for rule in rules["groups"][0]["rules"]:
        rule["annotations"] = {}  # their texts are people's
    (tmp_path / "alerts.yaml").write_text(yaml.safe_dump(rules))
    tests = [{"interval": "1m", "input_series": given, "alert_rule_test": told} for given, told in cases]
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump({"rule_files": ["alerts.yaml"], "evaluation_interval": "1m", "tests": tests}))
    promtool("test", "rules", str(tmp_path / "tests.yaml"))
