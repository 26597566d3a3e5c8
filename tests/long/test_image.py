"""The container image, built by whatever engine is here, holds a program that serves."""

import os
import pathlib
import signal
import subprocess

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOBODY = "10001:10001"  # USER of docker/Dockerfile


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image's root file system, unpacked."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    directory = tmp_path_factory.mktemp("image")
    for arguments in ([], ["--unpack", str(directory)]):
        done = subprocess.run(["tools/image.sh", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=1500,
                              check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return directory


# As docker/compose.yaml runs it: the root is read-only but for /data. The mounts are those of a
# namespace of its own, which ends with the program.
READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount --bind "$1/data" "$1/data"
mount -o remount,bind,ro "$1"
if touch "$1/written" 2>/dev/null; then exit 1; fi
exec chroot --userspec="$2" "$1" /usr/bin/tallystick serve --data-dir /data --listen 127.0.0.1:0
"""


@pytest.fixture
def served(image):
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(image), NOBODY],
                               stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})
    line = process.stdout.readline().strip()
    assert line.startswith("listening on http://127.0.0.1:"), line
    yield line.removeprefix("listening on ")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_image_serves(image, served):
    assert requests.get(served + "/healthz", timeout=10).status_code == 200
    assert requests.get(served + "/readyz", timeout=10).status_code == 200
    assert requests.get(served + "/provinces/CN-HB", timeout=10).json()["code"] == "CN-HB"
    token = image / "data" / "admin.token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.stat().st_uid == 10001


def test_health_check_tells(image, served):
    check = ["chroot", f"--userspec={NOBODY}", str(image), "/usr/bin/tallystick-healthcheck"]
    port = served.rsplit(":", 1)[1]
    assert subprocess.run([*check, port], timeout=10, check=False).returncode == 0
    assert subprocess.run([*check, "1"], timeout=10, check=False, stderr=subprocess.DEVNULL).returncode != 0


def test_image_holds_what_it_needs_only(image):
    for path in ("usr/bin/gcc", "usr/bin/make", "usr/bin/python3", "src", "usr/include/microhttpd.h"):
        assert not (image / path).exists(), path
    size = sum(path.lstat().st_size for path in image.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < 160 * 2**20
