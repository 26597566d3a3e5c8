"""A model of stock and transfers in a few hundred lines, and a driver that sends random
commands to the service and to the model and demands the same of both.

The model is written from the contract's rules: quantities, states and who may do what; it
knows no HTTP and no SQL. It also predicts the derived ids (UUIDv8 of a digest of the
caller's scope, the key and a counter), so that a supply that a receipt makes is known
before the service has told of it."""

import collections
import copy
import hashlib
import json
import random

from world import accepted, fresh, new_token, walk

MOST = 2**53 - 1
ATTRIBUTES = ["site", "item", "lot", "expiry", "owner", "donor", "donation", "earmark", "condition"]
ALLOWED = {"reserved": ["dispatch", "cancel"], "in_transit": ["receive", "return"]}
NEEDED = {"dispatch": "reserved", "cancel": "reserved", "receive": "in_transit", "return": "in_transit"}


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


def refuse_faults(codes):
    if codes:
        raise Refused(422, codes[0] if len(codes) == 1 else "invalid_request")


def derived_id(scope, key, ordinal):
    digest = hashlib.sha256(b"tallystick/derived-id/v1\n")
    for text in (scope, key):
        digest.update(len(text.encode()).to_bytes(4, "big") + text.encode())
    digest.update(ordinal.to_bytes(4, "big"))
    raw = bytearray(digest.digest()[:16])
    raw[6], raw[8] = 0x80 | raw[6] & 0x0f, 0x80 | raw[8] & 0x3f
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Actor:
    def __init__(self, role, organisation, token, scope):
        self.role, self.organisation, self.token, self.scope = role, organisation, token, scope

    def need(self, roles):
        if self.role not in roles:
            raise Refused(403, "forbidden")

    def act_for(self, organisation, others):
        if self.role not in others and not (self.role == "operator" and self.organisation == organisation):
            raise Refused(403, "forbidden")


class Model:
    """sites: {id: (organisation, province)}; items: {id: lot_control}."""

    def __init__(self, organisations, sites, items):
        self.organisations, self.sites, self.items = organisations, sites, items
        self.supplies = {}   # id -> {attributes, on_hand, reserved, version}
        self.transfers = {}  # id -> {origin, destination, state, version, lines}
        self.flows = collections.Counter()  # (item, lot, kind) -> units, for the sums at the end

    # helpers

    def same(self, like):
        for name, supply in self.supplies.items():
            if all(supply[attribute] == like[attribute] for attribute in ATTRIBUTES):
                return name
        return None

    def add(self, like, quantity, make_id):
        name = self.same(like)
        if name is None:
            name = make_id()
            self.supplies[name] = {**{a: like[a] for a in ATTRIBUTES}, "on_hand": quantity, "reserved": 0, "version": 1}
            return name
        supply = self.supplies[name]
        if supply["on_hand"] + quantity > MOST:
            raise Refused(409, "quantity_overflow")
        supply["on_hand"] += quantity
        supply["version"] += 1
        return name

    def change(self, name, on_hand, reserved):
        supply = self.supplies[name]
        supply["on_hand"] += on_hand
        supply["reserved"] += reserved
        supply["version"] += 1
        assert 0 <= supply["reserved"] <= supply["on_hand"] <= MOST

    def flow(self, supply, kind, quantity):
        self.flows[supply["item"], supply["lot"], kind] += quantity

    @staticmethod
    def check_version(version, condition):
        if condition is not None and condition != version:
            raise Refused(412, "version_mismatch")

    # commands; each returns the id of what it answers with

    def intake(self, actor, key, body, condition, new_id):
        actor.need(("operator", "admin"))
        if body["site"] in self.sites:  # whose it is comes before all that is wrong with it
            actor.act_for(self.sites[body["site"]][0], ("admin",))
        faults = [] if 1 <= body["quantity"] <= MOST else ["out_of_range"]
        if body["site"] not in self.sites:
            faults.append("unknown_site")
        if body["item"] not in self.items:
            faults.append("unknown_item")
        if body.get("owner", next(iter(self.organisations))) not in self.organisations:
            faults.append("unknown_organisation")
        earmark = body.get("earmark")
        if earmark is not None and earmark not in self.sites and earmark not in self.organisations and not earmark.startswith("CN-"):
            faults.append("unknown_earmark")
        if "expiry" in body:
            if "lot" not in body:
                faults.append("expiry_without_lot")
            elif any(s["item"] == body["item"] and s["lot"] == body["lot"] and s["expiry"] not in (None, body["expiry"])
                     for s in self.supplies.values()):
                faults.append("expiry_conflict")
        refuse_faults(faults)
        organisation = self.sites[body["site"]][0]
        like = {attribute: body.get(attribute) for attribute in ATTRIBUTES}
        like["owner"] = like["owner"] or organisation
        like["condition"] = like["condition"] or "good"
        if self.items[body["item"]] and like["lot"] is None and like["condition"] == "good":
            like["condition"] = "quarantine"
        if "id" in body:
            same = self.same(like)
            if same is not None and same != body["id"] or same is None and body["id"] in self.supplies:
                raise Refused(409, "already_exists")
        name = self.add(like, body["quantity"], lambda: body.get("id", new_id))
        self.flow(like, "in", body["quantity"])
        return name

    def adjust(self, actor, key, name, body, condition):
        actor.need(("operator", "admin"))
        if name not in self.supplies:
            raise Refused(404, "not_found")
        supply = self.supplies[name]
        actor.act_for(self.sites[supply["site"]][0], ("admin",))
        self.check_version(supply["version"], condition)
        delta, reason = body["delta"], body["reason"]
        if delta == 0 or delta > 0 and reason not in ("counted", "corrected"):
            raise Refused(422, "out_of_range")
        if delta < 0 and -delta > supply["on_hand"] - supply["reserved"]:
            raise Refused(409, "insufficient_stock")
        if supply["on_hand"] + delta > MOST:
            raise Refused(409, "quantity_overflow")
        self.change(name, delta, 0)
        self.flow(supply, reason, delta)
        return name

    def obstacle(self, supply, destination, today):
        if supply["condition"] != "good":
            return "quality_not_passed"
        if supply["expiry"] is not None and supply["expiry"] < today:
            return "lot_expired"
        earmark = supply["earmark"]
        if earmark is not None and earmark not in (destination, *self.sites[destination]):
            return "earmark_violation"
        return None

    def create(self, actor, key, body, condition, new_id):
        actor.need(("operator", "coordinator", "admin"))
        destination, lines = body["destination"], body["lines"]
        known = [self.supplies[line["supply"]]["site"] for line in lines if line["supply"] in self.supplies]
        if known:
            actor.act_for(self.sites[known[0]][0], ("coordinator", "admin"))
        faults = ["out_of_range" for line in lines if not 1 <= line["quantity"] <= MOST]
        if not lines:
            faults.append("no_lines")
        if destination not in self.sites:
            faults.append("unknown_site")
        origin, seen = None, set()
        for line in lines:
            supply = self.supplies.get(line["supply"])
            if supply is None:
                faults.append("unknown_supply")
            if line["supply"] in seen:
                faults.append("duplicate_line")
            seen.add(line["supply"])
            if supply is not None:
                origin = origin or supply["site"]
                if supply["site"] != origin:
                    faults.append("several_origins")
                if supply["site"] == destination:
                    faults.append("same_site")
        refuse_faults(faults)
        name = body.get("id", new_id)
        if name in self.transfers:
            raise Refused(409, "already_exists")
        for line in lines:
            supply = self.supplies[line["supply"]]
            code = self.obstacle(supply, destination, self.today)
            if code is None and supply["on_hand"] - supply["reserved"] < line["quantity"]:
                code = "insufficient_stock"
            if code is not None:
                raise Refused(409, code)
        for line in lines:
            self.change(line["supply"], 0, line["quantity"])
        self.transfers[name] = {"origin": origin, "destination": destination, "state": "reserved", "version": 1, "lines": [
            {"supply": line["supply"], "quantity": line["quantity"], "dispatched": 0, "received_good": 0, "received_damaged": 0,
             "lost": 0, "returned": 0, "outstanding": 0} for line in lines]}
        return name

    def find(self, name):
        if name not in self.transfers:
            raise Refused(404, "not_found")
        return self.transfers[name]

    def check_state(self, transfer, action):
        if transfer["state"] != NEEDED[action]:
            double = action == "receive" and transfer["state"] == "received"
            raise Refused(409, "already_received" if double else "invalid_transition")

    def prepare(self, actor, name, action, condition):
        transfer = self.find(name)
        actor.act_for(self.sites[transfer["origin"]][0], ("coordinator", "admin"))
        self.check_version(transfer["version"], condition)
        self.check_state(transfer, action)
        return transfer

    def check_reason(self, actor, name, body):
        if name in self.transfers:
            actor.act_for(self.sites[self.transfers[name]["origin"]][0], ("coordinator", "admin"))
        if "reason" not in body:
            raise Refused(422, "reason_required")

    def move(self, transfer, state):
        transfer["state"] = state
        transfer["version"] += 1

    def dispatch(self, actor, key, name, body, condition):
        actor.need(("operator", "coordinator", "admin"))
        transfer = self.prepare(actor, name, "dispatch", condition)
        for line in transfer["lines"]:
            line["dispatched"] = line["outstanding"] = line["quantity"]
            self.change(line["supply"], -line["quantity"], -line["quantity"])
        self.move(transfer, "in_transit")
        return name

    def cancel(self, actor, key, name, body, condition):
        actor.need(("operator", "coordinator", "admin"))
        self.check_reason(actor, name, body)
        transfer = self.prepare(actor, name, "cancel", condition)
        for line in transfer["lines"]:
            self.change(line["supply"], 0, -line["quantity"])
        self.move(transfer, "cancelled")
        return name

    def give_back(self, actor, key, name, body, condition):
        actor.need(("operator", "coordinator", "admin"))
        self.check_reason(actor, name, body)
        transfer = self.prepare(actor, name, "return", condition)
        arrived = any(line[part] for line in transfer["lines"] for part in ("received_good", "received_damaged", "lost"))
        for line in transfer["lines"]:
            if line["outstanding"]:
                self.add(self.supplies[line["supply"]], line["outstanding"], None)
                line["returned"] += line["outstanding"]
                line["outstanding"] = 0
        self.move(transfer, "received" if arrived else "returned")
        return name

    def receive(self, actor, key, name, body, condition):
        actor.need(("operator", "coordinator", "admin"))
        transfer = self.find(name)
        actor.act_for(self.sites[transfer["destination"]][0], ("coordinator", "admin"))
        self.check_version(transfer["version"], condition)
        faults, seen = [] if body["lines"] else ["no_lines"], set()
        for part in body["lines"]:
            known = part["line"] <= len(transfer["lines"])
            if not known:
                faults.append("unknown_line")
            if not any(part.get(kind, 0) for kind in ("good", "damaged", "lost")):
                faults.append("nothing_received")
            if (part.get("damaged", 0) or part.get("lost", 0)) and "reason" not in part:
                faults.append("reason_required")
            if known and part["line"] in seen:
                faults.append("duplicate_line")
            seen.add(part["line"])
        refuse_faults(faults)
        self.check_state(transfer, "receive")
        for part in body["lines"]:
            if sum(part.get(kind, 0) for kind in ("good", "damaged", "lost")) > transfer["lines"][part["line"] - 1]["outstanding"]:
                raise Refused(409, "over_receipt")
        made = 0

        def make_id():
            nonlocal made
            made += 1
            return derived_id(actor.scope, key, made - 1)

        for part in body["lines"]:
            line = transfer["lines"][part["line"] - 1]
            like = {**self.supplies[line["supply"]], "site": transfer["destination"]}
            for condition_name, kind, total in (("good", "good", "received_good"), ("damaged", "damaged", "received_damaged")):
                if part.get(kind, 0):
                    self.add({**like, "condition": condition_name}, part[kind], make_id)
                    line[total] += part[kind]
            if part.get("lost", 0):
                line["lost"] += part["lost"]
                self.flow(like, "lost on the way", part["lost"])
            line["outstanding"] -= sum(part.get(kind, 0) for kind in ("good", "damaged", "lost"))
        self.move(transfer, "in_transit" if any(line["outstanding"] for line in transfer["lines"]) else "received")
        return name

    def apply(self, command, new_id):
        """(status, code or id); a refused command leaves everything as it was."""
        before = copy.deepcopy((self.supplies, self.transfers, self.flows)) if command.may_half_way else None
        try:
            return command.created and 201 or 200, command.run(self, new_id)
        except Refused as refused:
            if before is not None:
                self.supplies, self.transfers, self.flows = before
            return refused.status, refused.code


class Command:
    """One request: what is sent, and the model's function for it."""

    def __init__(self, actor, path, body, condition=None):
        self.actor, self.path, self.body, self.condition, self.key = actor, path, body, condition, fresh("key")
        self.created = path in ("/supplies", "/transfers")
        self.may_half_way = path.endswith(("/receive", "/return"))
        # what is wrong with the body alone is told on the spot, and such an answer is not kept
        self.is_kept = all(1 <= part["quantity"] <= MOST for part in (body, *body.get("lines", [])) if "quantity" in part)

    def run(self, model, new_id):
        parts = self.path.split("/")
        if self.path == "/supplies":
            return model.intake(self.actor, self.key, self.body, self.condition, new_id)
        if self.path == "/transfers":
            return model.create(self.actor, self.key, self.body, self.condition, new_id)
        name, action = parts[2], parts[3]
        function = {"adjustments": model.adjust, "dispatch": model.dispatch, "cancel": model.cancel, "return": model.give_back,
                    "receive": model.receive}[action]
        return function(self.actor, self.key, name, self.body, self.condition)


class Driver:
    """Random commands against one service that nobody else writes to."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.statuses, self.sent = collections.Counter(), []
        organisations = [f"O{n}" for n in range(3)]
        for name in organisations:
            accepted(server.put(f"/organisations/{name}", {"name": name, "kind": "ngo"}), 201)
        sites = {"S0": ("O0", "CN-HB"), "S1": ("O0", "CN-GD"), "S2": ("O1", "CN-HB"), "S3": ("O2", "CN-SC")}
        for name, (organisation, province) in sites.items():
            accepted(server.put(f"/sites/{name}", {"name": name, "kind": "depot", "organisation": organisation,
                                                   "province": province}), 201)
        items = {"I0": False, "I1": False, "I2": True}
        for name, lot_control in items.items():
            accepted(server.put(f"/items/{name}", {"name": name, "unit": "piece", "lot_control": lot_control}), 201)
        self.model = Model(organisations, sites, items)
        self.model.today = "2021-01-01"  # dates of the tests lie far before or far behind
        subject = server.get("/ledger/entries/2").json()["subject"]
        self.actors = [Actor("admin", "", server.token, subject)] * 4
        for role, organisation in (("operator", "O0"), ("operator", "O0"), ("operator", "O1"), ("operator", "O2"),
                                   ("coordinator", "O1"), ("auditor", "O0")):
            self.actors.append(Actor(role, organisation, new_token(server, role, organisation), organisation))

    # making commands

    def some(self, things, wrong, chance=0.02):
        return wrong if self.random.random() < chance or not things else self.random.choice(list(things))

    def amount(self, most):
        r = self.random.random()
        if r < 0.02:
            return self.random.choice([0, MOST, MOST - 1, 2**52])
        if r < 0.10:
            return self.random.randint(1, 2 * max(most, 1))
        return self.random.randint(1, max(1, most))

    def make_intake(self, actor):
        body = {"site": self.some(self.model.sites, "S9"), "item": self.some(self.model.items, "I9"),
                "quantity": self.amount(40), "source": self.random.choice(["donation", "purchase", "found"])}
        for member, values, chance in (("lot", ["L0", "L1"], 0.5), ("donor", ["D0"], 0.2), ("donation", ["G0"], 0.1),
                                       ("earmark", ["O1", "S2", "CN-HB", "CN-SC", "X9"], 0.1), ("owner", ["O1", "O9"], 0.1),
                                       ("condition", ["good", "good", "damaged", "quarantine", "rejected"], 0.2),
                                       ("id", [f"N{n}" for n in range(30)], 0.1)):
            if self.random.random() < chance:
                body[member] = self.random.choice(values)
        if self.random.random() < (0.7 if "lot" in body else 0.02):
            # mostly the date of the lot, sometimes one that conflicts
            body["expiry"] = {"L0": "2090-01-31", "L1": "2020-01-31"}[body.get("lot", "L0")] if self.random.random() < 0.95 else "2091-01-01"
        if self.random.random() < 0.3:
            body["note"] = "für " + str(self.random.random())
        return Command(actor, "/supplies", body)

    def make_adjust(self, actor):
        name = self.some(self.model.supplies, "none")
        supply = self.model.supplies.get(name, {"on_hand": 5, "version": 1})
        reason = self.random.choice(["consumed", "consumed", "destroyed", "lost", "counted", "corrected"])
        delta = self.amount(10) * (-1 if self.random.random() < (0.95 if reason in ("consumed", "destroyed", "lost") else 0.4) else 1)
        return Command(actor, f"/supplies/{name}/adjustments", {"delta": delta, "reason": reason}, self.make_condition(supply))

    def make_condition(self, thing):
        r = self.random.random()
        return None if r < 0.8 else thing["version"] if r < 0.95 else thing["version"] + self.random.choice([-1, 1])

    def make_create(self, actor):
        origin = self.some(self.model.sites, None, 0.1)
        here = [name for name, supply in self.model.supplies.items()
                if (origin is None or supply["site"] == origin) and (supply["on_hand"] > supply["reserved"] or self.random.random() < 0.1)
                and (supply["condition"] == "good" or self.random.random() < 0.1)]
        count = self.random.choice([0, 1, 1, 1, 2, 3]) if self.random.random() < 0.3 else self.random.randint(1, 3)
        lines = []
        for name in (self.random.choices(here, k=count) if self.random.random() < 0.1 and here
                     else self.random.sample(here, min(count, len(here)))):
            free = self.model.supplies[name]["on_hand"] - self.model.supplies[name]["reserved"]
            lines.append({"supply": name if self.random.random() < 0.98 else "none", "quantity": self.amount(min(free, 1000))})
        body = {"destination": self.some([site for site in self.model.sites if site != origin], origin or "S9", 0.03), "lines": lines}
        if self.random.random() < 0.1:
            body["id"] = f"T{self.random.randrange(40)}"
        if self.random.random() < 0.3:
            body["rationale"] = "weil " + str(self.random.random())
        if self.random.random() < 0.2:
            body["contact"] = "Tor " + str(self.random.randrange(4))
        return Command(actor, "/transfers", body)

    def make_step(self, actor):
        open_ones = [name for name, transfer in self.model.transfers.items() if transfer["state"] in ALLOWED]
        name = self.some(open_ones if self.random.random() < 0.93 else self.model.transfers, "none", 0.02)
        transfer = self.model.transfers.get(name, {"state": "reserved", "lines": [{"outstanding": 3}], "version": 1})
        choices = ALLOWED.get(transfer["state"], [])
        weights = {"dispatch": 6, "cancel": 1, "receive": 8, "return": 1}
        action = self.random.choice(list(NEEDED)) if not choices or self.random.random() < 0.08 else \
            self.random.choices(choices, [weights[choice] for choice in choices])[0]
        body = {}
        if action in ("cancel", "return"):
            body = {"reason": "x"} if self.random.random() < 0.95 else {}
        elif action == "receive":
            body = {"lines": self.make_parts(transfer)}
        elif action == "dispatch" and self.random.random() < 0.3:
            body = {"driver": "Gruppe 3"}
        return Command(actor, f"/transfers/{name}/{action}", body, self.make_condition(transfer))

    def make_parts(self, transfer):
        numbers = [n + 1 for n, line in enumerate(transfer["lines"]) if line["outstanding"] or self.random.random() < 0.1]
        self.random.shuffle(numbers)
        if self.random.random() < 0.03:
            numbers.append(self.random.choice([1, 9]))
        parts = []
        for number in numbers[:self.random.randint(1, 3)]:
            left = transfer["lines"][number - 1]["outstanding"] if number <= len(transfer["lines"]) else 1
            part = {"line": number}
            if self.random.random() < 0.5:
                part["good"] = left if left and self.random.random() < 0.95 else left + 1
            else:
                for kind, share in (("good", 0.8), ("damaged", 0.3), ("lost", 0.2)):
                    if self.random.random() < share:
                        part[kind] = self.random.randint(0, left) if left else 0
                        left -= part[kind] if self.random.random() < 0.97 else 0
            if part.get("damaged", 0) or part.get("lost", 0):
                if self.random.random() < 0.97:
                    part["reason"] = "naß"
            parts.append(part)
        return parts

    def next_command(self):
        actor = self.random.choice(self.actors)
        make = self.random.choices([self.make_intake, self.make_adjust, self.make_create, self.make_step], [3, 2, 5, 9])[0]
        return make(actor)

    # sending them

    def send(self, command):
        headers = {"If-Match": f'"{command.condition}"'} if command.condition is not None else {}
        return self.server.post(command.path, command.body, token=command.actor.token, idempotency_key=command.key, headers=headers)

    def step(self):
        if self.sent and self.random.random() < 0.03:
            self.repeat()
            return
        command = self.next_command()
        reply = self.send(command)
        body = reply.json()
        status, what = self.model.apply(command, body.get("id"))
        told = (reply.status_code, body["code"] if reply.status_code >= 400 else body["id"])
        assert told == (status, what), f"model {status, what}, service {told}: {command.path} {command.body} {reply.text}"
        self.statuses[status, what if status >= 400 else command.path.rsplit("/", 1)[1]] += 1
        if command.is_kept and (status < 300 or status in (404, 409, 422)):
            self.sent.append((command, reply))

    def repeat(self):
        """A retry, or a misuse, of an older key: nothing changes."""
        command, first = self.random.choice(self.sent)
        if self.random.random() < 0.8:
            again = self.send(command)
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["Idempotency-Replayed"] == "true"
        else:
            other = copy.copy(command)
            other.body = {**command.body, "note": "other"} if command.path.endswith(("dispatch", "receive", "supplies", "transfers",
                                                                                     "adjustments")) else {"reason": "other"}
            reply = self.send(other)
            assert reply.status_code == 422 and reply.json()["code"] == "idempotency_key_reused", reply.text

    # looking at what came of it

    def check(self):
        self.check_supplies()
        self.check_transfers()
        self.check_summaries()
        self.check_conservation()
        reply = self.server.get("/ledger/verify", token=True)
        while reply.status_code == 202:
            reply = self.server.get("/ledger/verify", token=True)
        assert reply.json()["ok"] is True, reply.text

    def check_supplies(self):
        rows = {row["id"]: row for row in walk(self.server, "/supplies?include_zero=true&limit=1000")}
        assert set(rows) == set(self.model.supplies)
        for name, supply in self.model.supplies.items():
            row = rows[name]
            assert all(row[member] == supply[member] for member in [*ATTRIBUTES, "on_hand", "reserved", "version"]), (row, supply)
            assert row["available"] == row["on_hand"] - row["reserved"] >= 0

    def check_transfers(self):
        rows = {row["id"]: row for row in walk(self.server, "/transfers?limit=1000")}
        assert set(rows) == set(self.model.transfers)
        for name, transfer in self.model.transfers.items():
            assert all(rows[name][member] == transfer[member] for member in ("origin", "destination", "state", "version")), rows[name]
        for name in self.random.sample(sorted(rows), min(60, len(rows))):
            whole = self.server.get(f"/transfers/{name}").json()
            for line, told in zip(self.model.transfers[name]["lines"], whole["lines"], strict=True):
                assert all(told[member] == value for member, value in line.items())
                assert told["dispatched"] == sum(told[part] for part in ("received_good", "received_damaged", "lost", "returned",
                                                                         "outstanding"))

    def check_summaries(self):
        wanted = collections.defaultdict(lambda: [0, 0, 0])
        for supply in self.model.supplies.values():
            if supply["on_hand"]:
                group = wanted[supply["site"], supply["item"]]
                group[0] += 1
                group[1] += supply["on_hand"]
                group[2] += supply["reserved"]
        told = {(row["site"], row["item"]): row for row in self.server.get("/supplies/summary?by=site,item").json()["items"]}
        assert set(told) == set(wanted)
        for group, (count, on_hand, reserved) in wanted.items():
            row = told[group]
            assert row["supplies"] == count and int(row["reserved"]) == reserved
            assert int(row["on_hand"]) == on_hand and isinstance(row["on_hand"], str) == (on_hand > MOST), (row, on_hand)
        states = collections.Counter(transfer["state"] for transfer in self.model.transfers.values())
        told = {row["state"]: row for row in self.server.get("/transfers/summary?by=state").json()["items"]}
        assert {state: row["transfers"] for state, row in told.items()} == dict(states)

    def check_conservation(self):
        """The contract's invariants from what the service tells, not from the model."""
        sums, reserved = collections.Counter(), collections.Counter()
        supplies = walk(self.server, "/supplies?include_zero=true&limit=1000")
        for supply in self.random.sample(supplies, min(80, len(supplies))):
            total = 0
            for movement in walk(self.server, f"/supplies/{supply['id']}/movements?limit=1000"):
                total += movement["delta"]
                assert total >= 0 and total == movement["balance"]
            assert total == supply["on_hand"]
        for supply in supplies:
            sums[supply["item"], supply["lot"]] += supply["on_hand"]
        for transfer in self.model.transfers.values():  # equal to the service's by check_transfers
            for line in transfer["lines"]:
                supply = self.model.supplies[line["supply"]]
                sums[supply["item"], supply["lot"]] += line["outstanding"]
                if transfer["state"] == "reserved":
                    reserved[line["supply"]] += line["quantity"]
        flows = collections.Counter()
        for (item, lot, kind), units in self.model.flows.items():
            flows[item, lot] += -units if kind == "lost on the way" else units
        assert {k: v for k, v in sums.items() if v} == {k: v for k, v in flows.items() if v}
        assert all(reserved[supply["id"]] == supply["reserved"] <= supply["on_hand"] for supply in supplies)


def run_model(server, seed, commands, batches):
    """The whole test; the seed is printed so that a failure can be repeated."""
    print(f"TALLYSTICK_SEED={seed}")
    driver = Driver(server, seed)
    for batch in range(batches):
        for _ in range(commands // batches):
            driver.step()
        driver.check()
    print(json.dumps({f"{status} {what}": n for (status, what), n in sorted(driver.statuses.items())}))
    return driver
