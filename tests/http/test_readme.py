"""The README's tour: its shell blocks, run as they stand but for address, data directory and
program, against a fresh service; what they print must be what the text around them says."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from conftest import Server, binary, environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = "U=http://127.0.0.1:8080 DATA=var TALLYSTICK=build/tallystick\n"


def blocks():
    """The tour's blocks, in order."""
    tour = (ROOT / "README.md").read_text(encoding="utf-8").split("## A tour", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```$", tour, re.S | re.M)


def paste(server, text, directory):
    """What a shell prints that is given the text on its standard input, as by pasting."""
    settings = f"U={server.url} DATA={server.data_dir} TALLYSTICK={binary()}\n"
    assert text.count(SETTINGS) == 1
    environment = {name: value for name, value in os.environ.items() if name.endswith("_OPTIONS")}  # of sanitizers
    environment.update(PATH="/usr/local/bin:/usr/bin:/bin", LC_ALL="C.UTF-8")
    done = subprocess.run(["bash"], input=text.replace(SETTINGS, settings), cwd=directory, text=True, timeout=300, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the tour prints, pasted twice: [lines of the first time, lines of the second]."""
    directory = tmp_path_factory.mktemp("tour")
    server = Server(directory / "data")
    try:
        return [paste(server, "".join(blocks()), directory) for _ in range(2)]
    finally:
        assert server.stop() == 0


def documents(lines):
    """Those lines that are JSON, in order."""
    return [json.loads(line) for line in lines if line[:1] in "[{"]


def test_blocks_are_six():
    assert len(blocks()) == 6


def test_an_export_is_checked(printed):
    for lines in printed:
        begin = lines.index("the same bytes")
        assert lines[begin - 4].startswith("ok: ") and "carried out again" in lines[begin - 3]


def test_reference_data_are_entries_of_their_own(printed):
    assert documents(printed[0])[:5] == [["DEPOT-GD", 2], ["DEPOT-HB", 3], ["WAREHOUSE-GZ", 4], ["WAREHOUSE-WH", 5], ["MASK-N95", 6]]


def test_masks_move(printed):
    steps = documents(printed[0])[5:10]
    assert steps == [
        {"id": "MASKS-1", "on_hand": 10000, "available": 10000},
        {"id": "TRANSFER-1", "state": "reserved"},
        {"id": "TRANSFER-1", "state": "in_transit", "outstanding": 4000},
        {"id": "TRANSFER-1", "state": "in_transit", "outstanding": 1500},
        {"id": "TRANSFER-1", "state": "received", "outstanding": 0}]


def test_stock_card_and_stock(printed):
    intake, dispatch, *stock = documents(printed[0])[10:14]
    assert intake == {"seq": 7, "kind": "intake", "delta": 10000, "balance": 10000, "transfer": None}
    assert dispatch == {"seq": 9, "kind": "dispatch", "delta": -4000, "balance": 6000, "transfer": "TRANSFER-1"}
    assert sorted((supply["site"], supply["condition"], supply["on_hand"]) for supply in stock) == [
        ("WAREHOUSE-WH", "damaged", 10), ("WAREHOUSE-WH", "good", 3990)]


def test_both_sides_see_the_same(printed):
    sender, receiver, public = documents(printed[0])[14:17]
    assert sender == receiver
    assert sender["rationale"] == "Hubei asked for masks"
    assert [(event["kind"], event["organisation"]) for event in sender["events"]] == [
        ("create", "DEPOT-GD"), ("dispatch", "DEPOT-GD"), ("receive", "DEPOT-HB"), ("receive", "DEPOT-HB")]
    [line] = sender["lines"]
    assert (line["quantity"], line["dispatched"], line["received_good"], line["received_damaged"], line["outstanding"]) == (4000, 4000, 3990, 10, 0)
    assert public == {"rationale": None, "withheld": ["rationale"]}


def test_figures_by_csv(printed):
    indicator, tried, taken = documents(printed[0])[17:20]
    assert indicator == ["vehicles_example", 12] and tried == {"dry_run": True, "figures": 2}
    assert taken == {"figures": 2, "changed": 2, "seq": 13}
    shown = printed[0].index("indicator,year,province,value")
    assert printed[0][shown + 1:shown + 3] == ["vehicles_example,2023,CN-GD,120", "vehicles_example,2023,CN-HB,80"]


def test_tokens_of_the_tour_end():
    assert all("--expires 1d" in line for block in blocks() for line in block.splitlines() if "token create" in line)


def test_no_live_copy_is_taught():
    """The databases are in WAL mode: a plain copy of a directory in use is none."""
    for page in (ROOT / "README.md", ROOT / "docs" / "backup.md"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"cp (?:-\w+ )?\$DATA(?: |/\*|/tallystick|/node\.db)|(?:rsync|tar) .*\$DATA", text), page


def test_ledger_and_its_entry(printed):
    ledger, entry = documents(printed[0])[20:22]
    assert ledger["size"] == 13
    assert (entry["seq"], entry["kind"], entry["organisation"]) == (8, "transfer.create", "DEPOT-GD")
    assert json.loads(entry["body"])["lines"] == [{"supply": "MASKS-1", "quantity": 4000}]
    assert "Hubei asked" not in entry["body"]
    assert f"{entry['entry_hash']}  -" in printed[0]  # sha256sum of the canonical bytes


def test_verify_passes_and_names_the_tampered_entry(printed):
    for lines in printed:
        assert lines.count("ok: 13 entries verified") == 3  # the second time against the checkpoint that was kept, the third an export
        [broken] = [line for line in lines if line.startswith("BROKEN")]
        assert broken.startswith("BROKEN at entry 8 (")
        assert lines[lines.index(broken) + 1] == "7 entries before it are sound"
        assert "the copy is broken, as it should be" in lines


def test_output_shown_is_output(printed):
    """The README shows two lines of what verify prints."""
    tour = (ROOT / "README.md").read_text(encoding="utf-8")
    [shown] = [block for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", tour, re.S | re.M) if not kind and "BROKEN" in block]
    assert set(shown.splitlines()) <= set(printed[0])


def test_measures(printed):
    belts, strong, *series, earlier, later = documents(printed[0])[22:]
    assert {name: means["count"] for name, means in belts.items()} == {"central": 11, "eastern": 10, "western": 10}
    assert all(0 < means["crste"] <= means["vrste"] <= 1 for means in belts.values())
    assert "CN-GD" in strong
    assert [(curve["group"], curve["year"]) for curve in series] == [
        (belt, year) for belt in ("central", "eastern", "western") for year in (2010, 2014, 2018)]
    assert all(0.5 < curve["highest"]["x"] < 2 for curve in series)
    heights = [curve["highest"]["height"] for curve in series]
    assert all(heights[belt + 2] > heights[belt] for belt in (0, 3, 6))
    assert (earlier["year"], later["year"]) == (2010, 2018) and later["gini"] < earlier["gini"]
    assert all(abs(sum(year["dagum"].values()) - year["gini"]) < 1e-12 for year in (earlier, later))


def test_pasting_again_moves_nothing(printed):
    first, second = (documents(lines) for lines in printed)
    assert first == second
    assert printed[0] == printed[1]


@pytest.mark.parametrize("listen, shown", [("127.0.0.1:0", "http://127.0.0.1:PORT/ledger"), ("unix:{}/s", "--unix-socket {}/s http://localhost/ledger")])
def test_what_make_run_shows(tmp_path, listen, shown):
    """The commands to try name the address that was asked for, or say where it will be."""
    address = listen.format(tmp_path)
    with subprocess.Popen([ROOT / "tools/run.sh", binary(), tmp_path / "data", address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, env=environment()) as process:
        try:
            lines = []
            while not lines or not lines[-1].startswith("listening on"):
                lines.append(process.stdout.readline())
                assert lines[-1] != "", lines
        finally:
            process.terminate()
    text = "".join(lines)
    assert process.returncode == 0 and f"curl -s {shown.format(tmp_path)}\n" in text and ":0/" not in text
    assert ("PORT being what the last line says" in text) == ("PORT" in shown)
