"""Thousands of random commands on reference data and figures against a model of a page: what stands, in which version,
what is refused and why, how many entries the ledger has. TALLYSTICK_SEED repeats a run."""

import collections
import json
import os
import random
import secrets

from world import walk

COMMANDS, BATCHES = 1500, 5
NAMES = ["Alpha", "Beta", "湖北", "Γάμμα"]
PROVINCES = {"CN-HB": "420000", "CN-GD": "440000", "CN-SC": "510000"}
CANON = {gb: iso for iso, gb in PROVINCES.items()}
YEARS = range(2030, 2034)


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.answer = status, code


def refuse(faults, many="invalid_request"):
    if faults:
        raise Refused(422, faults[0] if len(faults) == 1 else many)


class Model:
    def __init__(self, entries, revision):
        self.rows = {noun: {} for noun in ("organisations", "sites", "items", "indicators")}  # id -> (body, version)
        self.figures = {}  # (indicator, year, province) -> value
        self.entries, self.revision = entries, revision

    def faults(self, noun, body):
        found = []
        if "name" not in body:
            found.append("missing_member")
        if "colour" in body:
            found.append("unknown_member")
        if noun == "sites":
            found += ["unknown_organisation"] * (body["organisation"] not in self.rows["organisations"])
            found += ["unknown_province"] * (CANON.get(body["province"], body["province"]) not in PROVINCES)
        if noun == "items" and body["unit"] == 5:
            found.append("wrong_type")
        return found

    def put(self, noun, name, body, condition):
        """(status, version)"""
        refuse(self.faults(noun, body))
        body = {**body, **({"province": CANON.get(body["province"], body["province"])} if "province" in body else {})}
        old, version = self.rows[noun].get(name, (None, 0))
        if old is None:
            if condition is not None:
                raise Refused(412, "version_mismatch")
        elif condition not in (None, "*", f'"{version}"'):
            raise Refused(412, "version_mismatch")
        elif old == body:
            return 200, version
        elif condition is None:
            raise Refused(428, "version_required")
        self.rows[noun][name] = (body, version + 1)
        self.entries += 1
        return (201 if old is None else 200), version + 1

    def put_figures(self, rows):
        """(status, changed)"""
        faults, seen = [], set()
        for indicator, year, province, value in rows:
            at = (indicator, year, CANON.get(province, province))
            faults += ["unknown_indicator"] * (indicator not in self.rows["indicators"])
            faults += ["unknown_province"] * (at[2] not in PROVINCES)
            faults += ["bad_value"] * (value < 0)
            faults += ["duplicate_row"] * (at in seen)
            seen.add(at)
        refuse(faults, "import_errors")
        changed = {(i, y, CANON.get(p, p)): v for i, y, p, v in rows if self.figures.get((i, y, CANON.get(p, p))) != v}
        self.figures.update(changed)
        self.entries += bool(changed)
        self.revision += bool(changed)
        return 200, len(changed)


class Driver:
    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.model = Model(server.get("/ledger").json()["size"], server.get("/figures?limit=1").json()["figures_revision"])
        self.outcomes = collections.Counter()

    def some(self, often, seldom, chance=0.06):
        return seldom if self.random.random() < chance else often

    def put(self):
        choose = self.random.choice
        noun = choose(list(self.model.rows))
        name = f"M-{noun[:3].upper()}-{self.random.randrange(8)}".lower() if noun == "indicators" else f"M-{self.random.randrange(8)}"
        name = name.replace("-", "_") if noun == "indicators" else name
        body = {"name": choose(NAMES)}
        if noun in ("organisations", "sites"):
            body["kind"] = choose(["depot", "hospital"])
        if noun == "sites":
            body["organisation"] = self.some(f"M-{self.random.randrange(8)}", "NOBODY")
            body["province"] = self.some(choose([*PROVINCES, *CANON]), "CN-XX")
        if noun in ("items", "indicators"):
            body["unit"] = self.some(choose(["piece", "litre"]), 5) if noun == "items" else choose(["piece", "litre"])
        body = self.some(body, {key: value for key, value in body.items() if key != "name"}, 0.04)
        body = self.some(body, {**body, "colour": "red"}, 0.04)
        version = self.model.rows[noun].get(name, (None, 0))[1]
        condition = choose([None, "*", f'"{version}"', f'"{version}"', f'"{version + self.random.randrange(-1, 2)}"'])
        reply = self.server.put(f"/{noun}/{name}", body, headers={} if condition is None else {"If-Match": condition})
        self.compare(reply, lambda: self.model.put(noun, name, body, condition), "version", (noun, name, body, condition))

    def put_figures(self):
        choose = self.random.choice
        rows = [(self.some(f"m_ind_{self.random.randrange(8)}", "no_such", 0.02), choose(YEARS),
                 self.some(choose([*PROVINCES, *CANON]), "CN-XX", 0.02), self.some(self.random.randrange(6), -1, 0.02))
                for _ in range(self.random.randrange(1, 6))]
        if self.random.random() < 0.5:
            names = ("indicator", "year", "province", "value")
            reply = self.server.put("/figures", {"figures": [dict(zip(names, row)) for row in rows]})
        else:
            text = "\n".join(["indicator,year,province,value", *(",".join(map(str, row)) for row in rows)])
            reply = self.server.write("PUT", "/figures", data=text, headers={"Content-Type": "text/csv"})
        self.compare(reply, lambda: self.model.put_figures(rows), "changed", rows)

    def compare(self, reply, expected, member, asked):
        body = reply.json()
        try:
            wanted = expected()
        except Refused as refused:
            wanted = refused.answer
        told = reply.status_code, body["code"] if reply.status_code >= 400 else body[member]
        assert told == wanted, (asked, wanted, reply.text)
        self.outcomes[told if reply.status_code >= 400 else (told[0], reply.request.path_url.split("/")[1])] += 1

    def check(self):
        for noun, rows in self.model.rows.items():
            for row in walk(self.server, f"/{noun}?limit=1000"):
                if row["id"].lower().startswith("m") and not row.get("derived"):
                    body, version = rows[row["id"]]
                    assert row["version"] == version
                    assert all(row[member] == (value if member != "name" else row["name"]) for member, value in body.items()), (row, body)
                    assert body["name"] in json.dumps(row["name"], ensure_ascii=False)
            assert set(rows) <= {row["id"] for row in walk(self.server, f"/{noun}?limit=1000")}
        figures = {(row["indicator"], row["year"], row["province"]): row["value"]
                   for indicator in self.model.rows["indicators"]
                   for row in walk(self.server, f"/figures?limit=1000&indicator={indicator}")}
        assert figures == self.model.figures
        assert self.server.get("/figures?limit=1").json()["figures_revision"] == self.model.revision
        assert self.server.get("/ledger").json()["size"] == self.model.entries
        reply = self.server.get("/ledger/verify", token=True)
        while reply.status_code == 202:
            reply = self.server.get("/ledger/verify", token=True)
        assert reply.json()["ok"] is True, reply.text


def test_random_commands(start):
    seed = int(os.environ.get("TALLYSTICK_SEED") or secrets.randbelow(10**9))
    print(f"TALLYSTICK_SEED={seed}")
    driver = Driver(start(), seed)
    for _ in range(BATCHES):
        for _ in range(COMMANDS // BATCHES):
            driver.some(driver.put, driver.put_figures, 0.4)()
        driver.check()
    print(dict(driver.outcomes))
    for outcome in ((201, "sites"), (200, "items"), (200, "figures"), (412, "version_mismatch"), (428, "version_required"),
                    (422, "import_errors"), (422, "unknown_organisation"), (422, "missing_member"), (422, "unknown_member")):
        assert driver.outcomes[outcome] > 0, (outcome, driver.outcomes)
