"""The blocks of docs/backup.md, run as they stand but for the names of directories, beside a service that is written to."""

import os
import pathlib
import re
import subprocess
import threading

from conftest import Server, binary, run
from world import World, accepted

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "backup.md"
SETTINGS = "DATA=var BACKUP=backup TALLYSTICK=build/tallystick\n"


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)


def paste(text, directory):
    environment = {name: value for name, value in os.environ.items() if name.endswith("_OPTIONS")}
    environment.update(PATH="/usr/local/bin:/usr/bin:/bin", LC_ALL="C.UTF-8")
    return subprocess.run(["bash", "-e"], input=text, cwd=directory, text=True, timeout=300, check=False, capture_output=True, env=environment)


def test_a_backup_of_a_running_service_can_be_put_back(tmp_path):
    live, restore = blocks()
    server = Server(tmp_path / "data")
    settings = f"DATA={server.data_dir} BACKUP={tmp_path}/backup TALLYSTICK={binary()}\n"
    try:
        world = World(server)
        before = world.intake(7)["id"]
        stop = threading.Event()

        def write():
            while not stop.is_set():
                world.intake(1)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            done = paste(live.replace(SETTINGS, settings), tmp_path)
        finally:
            stop.set()
            writer.join()
        assert live.count(SETTINGS) == 1 and done.returncode == 0 and "entries verified" in done.stdout, done.stderr
        assert all(made.stat().st_mode & 0o077 == 0 for made in (tmp_path / "backup").iterdir())
        token = (server.data_dir / "admin.token").read_text().strip()
    finally:
        assert server.stop() == 0
    done = paste(settings + restore, tmp_path)
    assert done.returncode == 0 and "entries verified" in done.stdout, done.stderr
    again = Server(tmp_path / "restored")
    try:
        assert again.get(f"/supplies/{before}").json()["on_hand"] == 7
        accepted(again.put("/items/AFTER", {"name": "x", "unit": "piece"}, token=token), 201)
    finally:
        assert again.stop() == 0
    assert run("verify", "--data-dir", str(tmp_path / "restored")).returncode == 0
