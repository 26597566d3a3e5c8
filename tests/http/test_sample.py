"""`tallystick init --sample`: the small world it makes, and that it is one that the service would have made."""

import subprocess

import pytest

from conftest import binary, environment, run

SUPPLIES = {  # (site, item, condition): (on hand, reserved)
    ("SAMPLE-WH-GZ", "MASK-N95", "good"): (6000, 0),
    ("SAMPLE-WH-GZ", "MASK-SURGICAL", "good"): (40000, 0),
    ("SAMPLE-WH-SH", "GLOVES-NITRILE", "good"): (18000, 0),
    ("SAMPLE-WH-SH", "ETHANOL-75", "quarantine"): (800, 0),  # lots are kept of it, and it came without one
    ("SAMPLE-WH-WUH", "MASK-SURGICAL", "good"): None,  # two lots: below
    ("SAMPLE-WH-WUH", "MASK-N95", "good"): (3990, 0),
    ("SAMPLE-WH-WUH", "MASK-N95", "damaged"): (10, 0),
}


@pytest.fixture
def sample(start, tmp_path):
    data = tmp_path / "data"
    made = run("init", "--data-dir", str(data), "--sample")
    assert made.returncode == 0, made.stderr
    told = run("verify", "--data-dir", str(data))
    assert told.returncode == 0 and told.stdout.startswith("ok: 25 entries verified\n"), told.stdout
    return start(data_dir=data)


def items(server, path):
    document = server.get(path, token=True).json()
    assert document["next"] is None
    return document["items"]


def test_what_it_holds(sample):
    for path, ids in (
            ("/organisations", {"SAMPLE-GD", "SAMPLE-HB", "SAMPLE-SH"}),
            ("/sites", {"SAMPLE-WH-GZ", "SAMPLE-WH-SH", "SAMPLE-WH-WUH", "SAMPLE-HOSP-WUH"}),
            ("/items", {"MASK-N95", "MASK-SURGICAL", "GLOVES-NITRILE", "ETHANOL-75"}),
            ("/transfers", {"SAMPLE-T1", "SAMPLE-T2", "SAMPLE-T3"})):
        assert {row["id"] for row in items(sample, path + "?limit=100")} == ids, path
    assert len(items(sample, "/provinces?limit=100")) == 31
    assert sample.get("/ledger", token=True).json()["size"] == 25


def test_where_the_stock_lies(sample):
    supplies = items(sample, "/supplies?limit=100")
    assert len(supplies) == 8
    lots = {}
    for supply in supplies:
        place = (supply["site"], supply["item"], supply["condition"])
        if SUPPLIES[place] is None:
            lots[supply["lot"]] = (supply["on_hand"], supply["reserved"])
        else:
            assert (supply["on_hand"], supply["reserved"]) == SUPPLIES[place], supply
    assert lots == {"SUR-0": (2750, 1000), "SUR-A": (20000, 0)}


def test_how_the_transfers_stand(sample):
    """One in each state that a newcomer will look for: arrived with a difference, on its way, reserved."""
    states = {name: sample.get(f"/transfers/SAMPLE-{name}", token=True).json() for name in ("T1", "T2", "T3")}
    assert {name: row["state"] for name, row in states.items()} == {"T1": "received", "T2": "in_transit", "T3": "reserved"}
    line = states["T1"]["lines"][0]
    assert [line[name] for name in ("quantity", "received_good", "received_damaged", "lost", "outstanding")] == [4000, 3990, 10, 0, 0]


def test_a_second_time_and_a_data_directory_in_use(sample, tmp_path):
    """Nothing is made twice."""
    assert sample.stop() == 0
    again = run("init", "--data-dir", str(sample.data_dir), "--sample")
    told = subprocess.run([binary(), "verify", "--data-dir", str(sample.data_dir)], env=environment(), capture_output=True,
                          text=True, check=True, timeout=60).stdout
    assert again.returncode in (0, 1) and told.startswith("ok: 25 entries verified\n"), (again, told)
